//! Who is to be told, in which order, and not before when. No clock, no I/O.

use shared::ids::PersonId;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// Telegram takes about one message a second in one chat.
const PER_CHAT: Duration = Duration::from_millis(1_050);

/// First wait after Telegram could not be reached; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What became of one person's turn.
pub(super) enum Turn {
    /// Nothing pending, or told: more may have come since.
    Done { was_sent: bool },
    /// Try again after this time.
    After(Duration),
    /// Telegram did not answer: try again, later each time.
    Unreached,
    /// The person's quiet hours: try again after this time, or when there is more news.
    Quiet(Duration),
}

/// The loop's memory.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) ready: VecDeque<PersonId>,
    queued: HashSet<PersonId>,
    in_flight: HashSet<PersonId>,
    /// Named again while their message was on its way.
    again: HashSet<PersonId>,
    not_before: HashMap<PersonId, Instant>,
    /// Those of `not_before` who sleep: news may be worth waking them.
    quiet: HashSet<PersonId>,
    failures: HashMap<PersonId, u32>,
}

impl Queue {
    pub(super) fn add(&mut self, person: PersonId) {
        if self.quiet.remove(&person) {
            self.not_before.remove(&person);
        }
        if self.in_flight.contains(&person) {
            self.again.insert(person);
        } else if self.queued.insert(person) {
            self.ready.push_back(person);
        }
    }

    /// The next person whose time has come, in the order they were named; they are in flight then.
    pub(super) fn take(&mut self, now: Instant) -> Option<PersonId> {
        let place = self.ready.iter().position(|person| {
            self.not_before
                .get(person)
                .is_none_or(|&not_before| not_before <= now)
        })?;
        let person = self.ready.remove(place)?;
        self.queued.remove(&person);
        self.not_before.remove(&person);
        self.quiet.remove(&person);
        self.in_flight.insert(person);
        Some(person)
    }

    pub(super) fn done(&mut self, person: PersonId, turn: &Turn, now: Instant) {
        self.in_flight.remove(&person);
        let wait = match turn {
            Turn::Done { was_sent } => {
                self.failures.remove(&person);
                if *was_sent {
                    // Telegram is there: whoever waits for it to come back need not wait longer.
                    for unreached in self.failures.keys() {
                        self.not_before.remove(unreached);
                    }
                }
                was_sent.then_some(PER_CHAT)
            }
            Turn::After(wait) | Turn::Quiet(wait) => Some(*wait),
            Turn::Unreached => {
                let n = self.failures.entry(person).or_default();
                *n += 1;
                Some((FIRST_WAIT * 2_u32.pow((*n - 1).min(6))).min(LONGEST_WAIT))
            }
        };
        if let Some(wait) = wait {
            self.not_before.insert(person, now + wait);
        }
        if self.again.remove(&person) || !matches!(turn, Turn::Done { .. }) {
            self.add(person);
            if matches!(turn, Turn::Quiet(_)) {
                self.quiet.insert(person);
            }
        }
    }

    /// When the next waiting person's time comes; `None` when nobody waits.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.ready
            .iter()
            .filter_map(|person| self.not_before.get(person))
            .min()
            .copied()
    }

    /// Forgets waits that have passed, so that memory follows who is waiting.
    pub(super) fn tidy(&mut self, now: Instant) {
        let queued = &self.queued;
        self.not_before
            .retain(|person, &mut at| at > now || queued.contains(person));
        let in_flight = &self.in_flight;
        self.failures
            .retain(|person, _| queued.contains(person) || in_flight.contains(person));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: PersonId = PersonId(1);
    const BORIS: PersonId = PersonId(2);

    #[test]
    fn one_message_per_person_is_on_its_way() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.add(ANNA);
        assert_eq!(queue.take(now), Some(ANNA));
        queue.add(ANNA);
        assert_eq!(queue.take(now), None);
        queue.done(ANNA, &Turn::Done { was_sent: false }, now);
        assert_eq!(
            queue.take(now),
            Some(ANNA),
            "news that came meanwhile is not forgotten"
        );
    }

    #[test]
    fn one_chat_told_to_wait_holds_up_nobody_else() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.add(ANNA);
        queue.add(BORIS);
        assert_eq!(queue.take(now), Some(ANNA));
        queue.done(ANNA, &Turn::After(Duration::from_secs(9)), now);
        assert_eq!(queue.take(now), Some(BORIS));
        assert_eq!(queue.take(now + Duration::from_secs(8)), None);
        assert_eq!(queue.next_at(), Some(now + Duration::from_secs(9)));
        assert_eq!(queue.take(now + Duration::from_secs(9)), Some(ANNA));
    }

    #[test]
    fn tries_grow_rarer_while_telegram_is_away() {
        let (mut queue, mut now) = (Queue::default(), Instant::now());
        queue.add(ANNA);
        let mut waits = Vec::new();
        for _ in 0..8 {
            queue.take(now).unwrap();
            queue.done(ANNA, &Turn::Unreached, now);
            let next = queue.next_at().unwrap();
            waits.push((next - now).as_secs());
            now = next;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn whoever_was_not_reached_is_tried_when_somebody_else_was() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for person in [ANNA, BORIS] {
            queue.add(person);
            queue.take(now).unwrap();
        }
        queue.done(ANNA, &Turn::Unreached, now);
        assert_eq!(queue.take(now), None);
        queue.done(BORIS, &Turn::Done { was_sent: true }, now);
        assert_eq!(queue.take(now), Some(ANNA));
    }
}
