//! Who is to be told, in which order, and not before when. No clock, no I/O.
//!
//! Each talon has its crowd. Doctors take turns, the talons of a doctor take turns, and one person of the crowd whose
//! turn it is gets one message, so that a crowd of one does not wait behind ten thousand. Who begins a crowd moves on
//! from crowd to crowd: nobody is always last.
//!
//! Memory holds ids only, and only of whoever has something pending: about 150 bytes a person and 8 for each of at
//! most [`MAX_PLACES`] crowds they stand in; for 10,000 people under 2 MB. Losing it costs one full scan.

use shared::ids::{DoctorRef, EventId, PersonId};
use shared::store::Crowd;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// First wait after Telegram could not be reached; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A sleeper is looked at again after this time at the latest: clocks jump, and machines sleep too.
const LONGEST_SLEEP: Duration = Duration::from_secs(300);

/// Crowds one person stands in at once; one message tells of all of them anyway.
const MAX_PLACES: usize = 4;

/// The golden section: steps of it around a circle never come back to where they began, and no stretch is left out.
const STEP: f64 = 0.618_033_988_749_895;

/// What became of one person's turn.
pub(super) enum Turn {
    /// Nothing pending, or told.
    Done {
        /// Telegram accepted a message.
        was_sent: bool,
        /// Something is left for another message.
        has_more: bool,
    },
    /// Try again after this time.
    After(Duration),
    /// Telegram did not answer: try again, later each time.
    Unreached,
    /// The person's quiet hours: try again after this time, or when there is more news.
    Quiet(Duration),
}

impl Turn {
    pub(super) const NOTHING: Self = Self::Done {
        was_sent: false,
        has_more: false,
    };
}

/// Which crowd: of one talon of one doctor. No doctor: people named one by one. Event 0: nothing of the doctor's suits
/// them, only their cursors are to move.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    doctor: Option<Arc<DoctorRef>>,
    talon: EventId,
}

/// Somebody who is named.
#[derive(Debug)]
enum Place {
    /// Stands in these crowds.
    Queued(Vec<Key>),
    /// On their way; taken from the first of these crowds, named for the others meanwhile.
    InFlight(Vec<Key>),
    /// Not before this time; then in these crowds.
    Waiting {
        until: Instant,
        crowds: Vec<Key>,
        why: Why,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Asked,
    Unreached,
    Quiet,
}

/// A doctor's crowds, in turn.
#[derive(Debug)]
struct Round {
    doctor: Option<Arc<DoctorRef>>,
    crowds: VecDeque<(EventId, VecDeque<PersonId>)>,
}

/// The loop's memory: everybody once, in [`MAX_PLACES`] crowds at most, so never more than people with news.
#[derive(Default)]
pub(super) struct Queue {
    /// Some of those in a crowd may have been told already, through another crowd: passed over when their turn comes.
    rounds: VecDeque<Round>,
    people: HashMap<PersonId, Place>,
    waiting: BTreeSet<(Instant, PersonId)>,
    unreached: BTreeSet<PersonId>,
    failures: HashMap<PersonId, u32>,
    /// Since when each could have been told but for us, Telegram or their place in the line.
    since: HashMap<PersonId, Instant>,
    n_crowds: u32,
}

impl Queue {
    /// Names people for a talon. `is_news` = it has just happened, so that whoever sleeps may be woken by it.
    pub(super) fn add(&mut self, crowd: Crowd, is_news: bool, now: Instant) {
        let key = Key {
            doctor: Some(self.known(crowd.doctor)),
            talon: crowd.talon.unwrap_or(EventId(0)),
        };
        let mut people = crowd.people;
        let n = people.len();
        if n > 0 {
            let begin = (f64::from(self.n_crowds) * STEP).fract() * n as f64;
            people.rotate_left((begin as usize).min(n - 1));
            self.n_crowds = self.n_crowds.wrapping_add(1);
        }
        for person in people {
            self.name(person, &key, is_news, now);
        }
    }

    /// Names one person, for whatever they have pending.
    pub(super) fn poke(&mut self, person: PersonId, now: Instant) {
        let key = Key {
            doctor: None,
            talon: EventId(0),
        };
        self.name(person, &key, true, now);
    }

    /// One name for each doctor, however many wait for them.
    fn known(&self, doctor: DoctorRef) -> Arc<DoctorRef> {
        let mut known = self.rounds.iter().filter_map(|round| round.doctor.as_ref());
        known
            .find(|known| ***known == doctor)
            .map_or_else(|| Arc::new(doctor), Arc::clone)
    }

    fn name(&mut self, person: PersonId, key: &Key, is_news: bool, now: Instant) {
        match self.people.get_mut(&person) {
            None => {
                self.since.insert(person, now);
                self.stand(person, vec![key.clone()]);
            }
            Some(Place::Queued(crowds)) => {
                if crowds.len() < MAX_PLACES && !crowds.contains(key) {
                    crowds.push(key.clone());
                    self.push(person, key);
                }
            }
            Some(Place::InFlight(crowds)) => {
                if is_news && crowds.len() < MAX_PLACES {
                    crowds.push(key.clone());
                }
            }
            Some(Place::Waiting { crowds, why, until }) => {
                if crowds.len() < MAX_PLACES && !crowds.contains(key) {
                    crowds.push(key.clone());
                }
                if *why == Why::Quiet && is_news {
                    let (until, crowds) = (*until, std::mem::take(crowds));
                    self.waiting.remove(&(until, person));
                    self.since.insert(person, now);
                    self.stand(person, crowds);
                }
            }
        }
    }

    /// Puts somebody into these crowds.
    fn stand(&mut self, person: PersonId, crowds: Vec<Key>) {
        for key in &crowds {
            self.push(person, key);
        }
        self.people.insert(person, Place::Queued(crowds));
    }

    fn push(&mut self, person: PersonId, key: &Key) {
        let known = self
            .rounds
            .iter()
            .position(|round| round.doctor == key.doctor);
        let place = known.unwrap_or_else(|| {
            self.rounds.push_back(Round {
                doctor: key.doctor.clone(),
                crowds: VecDeque::new(),
            });
            self.rounds.len() - 1
        });
        let crowds = &mut self.rounds[place].crowds;
        match crowds.iter_mut().find(|(talon, _)| *talon == key.talon) {
            Some((_, people)) => people.push_back(person),
            None => crowds.push_back((key.talon, VecDeque::from([person]))),
        }
    }

    /// The next person whose time has come; they are in flight then.
    pub(super) fn take(&mut self, now: Instant) -> Option<PersonId> {
        self.wake(now);
        while let Some(mut round) = self.rounds.pop_front() {
            let taken = self.take_of(&mut round);
            if !round.crowds.is_empty() {
                self.rounds.push_back(round);
            }
            if taken.is_some() {
                return taken;
            }
        }
        None
    }

    /// The next person of the doctor's crowds.
    fn take_of(&mut self, round: &mut Round) -> Option<PersonId> {
        while let Some((talon, mut crowd)) = round.crowds.pop_front() {
            let mut taken = None;
            while let Some(person) = crowd.pop_front() {
                let key = Key {
                    doctor: round.doctor.clone(),
                    talon,
                };
                if let Some(Place::Queued(crowds)) = self.people.get(&person)
                    && crowds.contains(&key)
                {
                    self.people.insert(person, Place::InFlight(vec![key]));
                    taken = Some(person);
                    break;
                }
            }
            if !crowd.is_empty() {
                round.crowds.push_back((talon, crowd));
            }
            if taken.is_some() {
                return taken;
            }
        }
        None
    }

    /// Whoever has waited long enough stands in their crowds again.
    fn wake(&mut self, now: Instant) {
        while let Some(&(until, person)) = self.waiting.first().filter(|(until, _)| *until <= now) {
            self.waiting.remove(&(until, person));
            self.since.entry(person).or_insert(now);
            self.rouse(person);
        }
    }

    fn rouse(&mut self, person: PersonId) {
        self.unreached.remove(&person);
        if let Some(Place::Waiting { crowds, .. }) = self.people.get_mut(&person) {
            let crowds = std::mem::take(crowds);
            self.stand(person, crowds);
        }
    }

    /// The turn of somebody who was taken is over. When they were told: how long they had been waiting, their quiet
    /// hours left out.
    pub(super) fn done(&mut self, person: PersonId, turn: &Turn, now: Instant) -> Option<Duration> {
        let Some(Place::InFlight(crowds)) = self.people.remove(&person) else {
            return None;
        };
        let is_named_again = crowds.len() > 1;
        let (wait, why) = match turn {
            Turn::Done { was_sent, has_more } => {
                self.failures.remove(&person);
                let since = self.since.remove(&person);
                if *was_sent {
                    self.telegram_is_there();
                }
                if *has_more || is_named_again {
                    let skip = usize::from(is_named_again);
                    self.since.insert(person, now);
                    self.stand(person, crowds.into_iter().skip(skip).collect());
                }
                return since.filter(|_| *was_sent).map(|since| now - since);
            }
            Turn::Quiet(_) if is_named_again => {
                self.stand(person, crowds.into_iter().skip(1).collect());
                return None;
            }
            Turn::Quiet(wait) => {
                self.since.remove(&person);
                ((*wait).min(LONGEST_SLEEP), Why::Quiet)
            }
            Turn::After(wait) => (*wait, Why::Asked),
            Turn::Unreached => {
                let n = self.failures.entry(person).or_default();
                *n += 1;
                self.unreached.insert(person);
                let wait = FIRST_WAIT * 2_u32.pow((*n - 1).min(6));
                (wait.min(LONGEST_WAIT), Why::Unreached)
            }
        };
        let until = now + wait;
        let mut crowds = crowds;
        crowds.dedup();
        self.waiting.insert((until, person));
        let waits = Place::Waiting { until, crowds, why };
        self.people.insert(person, waits);
        None
    }

    /// Whoever waits for Telegram to come back need not wait longer.
    fn telegram_is_there(&mut self) {
        while let Some(person) = self.unreached.pop_first() {
            if let Some(Place::Waiting { until, .. }) = self.people.get(&person) {
                self.waiting.remove(&(*until, person));
            }
            self.rouse(person);
        }
    }

    /// Whether somebody could be taken now.
    pub(super) fn is_ready(&self, now: Instant) -> bool {
        !self.rounds.is_empty() || self.next_at().is_some_and(|at| at <= now)
    }

    /// When the next waiting person's time comes; `None` when nobody waits.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.waiting.first().map(|(until, _)| *until)
    }

    /// How many people stand in a crowd or are on their way.
    pub(super) fn n_standing(&self) -> usize {
        self.people.len().saturating_sub(self.waiting.len())
    }

    /// How many people are named, whatever they wait for.
    pub(super) fn n_people(&self) -> usize {
        self.people.len()
    }
}

#[cfg(test)]
#[path = "queue/tests.rs"]
mod tests;
