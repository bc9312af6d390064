//! Whose card is on its way: no alert leaves for them meanwhile, so that nothing is told on both.

use shared::ids::PersonId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// People whose changed card is on its way, no more than presses under way; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Cards(Arc<Mutex<HashMap<PersonId, usize>>>);

/// Holds a person's alerts back until it is dropped.
pub(crate) struct Hold {
    cards: Cards,
    person: PersonId,
}

impl Cards {
    pub(crate) fn hold(&self, person: PersonId) -> Hold {
        *self.lock().entry(person).or_default() += 1;
        Hold {
            cards: self.clone(),
            person,
        }
    }

    pub(crate) fn is_held(&self, person: PersonId) -> bool {
        self.lock().contains_key(&person)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PersonId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = self.cards.lock();
        if let Some(n) = held.get_mut(&self.person) {
            *n -= 1;
            if *n == 0 {
                held.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_held_until_the_last_card_has_arrived() {
        let cards = Cards::default();
        let (anna, boris) = (PersonId(1), PersonId(2));
        let first = cards.hold(anna);
        let second = cards.hold(anna);
        assert!(cards.is_held(anna) && !cards.is_held(boris));
        drop(first);
        assert!(cards.is_held(anna));
        drop(second);
        assert!(!cards.is_held(anna));
    }
}
