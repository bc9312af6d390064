//! Who is answered first when more is asked than Telegram lets us answer: in every other turn whoever asked least of
//! late, and of those the one who asked last; in the others whoever has waited longest. Somebody who writes one word is
//! answered at once beside any crowd, and a thousand who write at once are all answered within the minute.
//!
//! Among equals the last one goes first: in a line that only grows, the first one would make everybody wait as long as
//! anybody waits at all. The other turns are for those whom that would leave waiting for ever.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Answers that wait at once, half a minute of them. Beyond that one of those who asked most is given up.
const MOST_WAITING: usize = 1_024;

/// Nobody waits for an answer longer than this: it is given up.
const LONGEST: Duration = Duration::from_secs(120);

/// In one of so many turns whoever has waited longest goes first.
const TURNS: u64 = 2;

/// What a chat asked counts half as much after so long.
const HALF_LIFE: Duration = Duration::from_secs(300);

/// Chats remembered at once, 1 MB. Beyond that newcomers count as such, rather than anyone known let go.
const MOST_CHATS: usize = 20_000;

/// A chat that asked so little is forgotten.
const LITTLE: f32 = 0.25;

/// The place in line: the least comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Answers the chat asked for of late.
    n_asked: u32,
    number: Reverse<u64>,
}

/// One that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) chat: i64,
    since: Instant,
    /// Given the number of its sending; dropped when it is given up.
    pub(super) go: oneshot::Sender<u64>,
}

/// Answers that wait. No clock of its own.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: BTreeMap<Place, Waiting>,
    /// The same, longest waiting first.
    by_age: BTreeMap<u64, Place>,
    turn: u64,
    asked: HashMap<i64, (f32, Instant)>,
    number: u64,
}

impl Line {
    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Counts that a chat asks for an answer; how many it asked for before, of late.
    pub(super) fn ask(&mut self, chat: i64, now: Instant) -> u32 {
        let left = |(n, at): &(f32, Instant)| {
            let halves = now.saturating_duration_since(*at).as_secs_f32() / HALF_LIFE.as_secs_f32();
            n * (-halves).exp2()
        };
        if self.asked.len() >= MOST_CHATS && !self.asked.contains_key(&chat) {
            self.asked.retain(|_, asked| left(asked) >= LITTLE);
            if self.asked.len() >= MOST_CHATS {
                return 0;
            }
        }
        let n = self.asked.get(&chat).map_or(0.0, left);
        self.asked.insert(chat, (n + 1.0, now));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive count, and a cast that saturates"
        )]
        let n = n.round() as u32;
        n
    }

    /// Stands in line. Whoever has the last place of a full line is given up, which may be this one.
    pub(super) fn stand(
        &mut self,
        chat: i64,
        n_asked: u32,
        now: Instant,
    ) -> oneshot::Receiver<u64> {
        let (go, gone) = oneshot::channel();
        self.number += 1;
        let place = Place {
            n_asked,
            number: Reverse(self.number),
        };
        let since = now;
        self.by_age.insert(self.number, place);
        self.waiting.insert(place, Waiting { chat, since, go });
        if self.waiting.len() > MOST_WAITING
            && let Some((place, _)) = self.waiting.pop_last()
        {
            self.by_age.remove(&place.number.0);
        }
        gone
    }

    /// Who is next. Those who have waited too long, or left, are not.
    pub(super) fn next(&mut self, now: Instant) -> Option<Waiting> {
        self.turn += 1;
        loop {
            let place = if self.turn.is_multiple_of(TURNS) {
                *self.by_age.first_key_value()?.1
            } else {
                *self.waiting.first_key_value()?.0
            };
            self.by_age.remove(&place.number.0);
            let waiting = self.waiting.remove(&place)?;
            let is_late = now.saturating_duration_since(waiting.since) >= LONGEST;
            if !is_late && !waiting.go.is_closed() {
                return Some(waiting);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Between two answers, while alerts have their share.
    const SECOND_OF_24: Duration = Duration::from_nanos(1_000_000_000 / 24);

    fn seconds(n: f64) -> Duration {
        Duration::from_secs_f64(n)
    }

    /// Everybody who stands in line, first ones first.
    fn chats(line: &mut Line, now: Instant) -> Vec<i64> {
        std::iter::from_fn(|| line.next(now).map(|waiting| waiting.chat)).collect()
    }

    #[test]
    fn whoever_asked_least_goes_first_of_equals_the_last_and_in_other_turns_the_oldest() {
        let (mut line, now) = (Line::default(), Instant::now());
        let mut gone = Vec::new();
        for chat in [1, 1, 1, 2, 3, 2, 4] {
            let n = line.ask(chat, now);
            gone.push(line.stand(chat, n, now));
        }
        // In turns with those who have waited longest: the three words of 1.
        assert_eq!(chats(&mut line, now), [4, 1, 3, 1, 2, 1, 2]);
        assert!(line.is_empty());
    }

    #[test]
    fn what_was_asked_is_forgotten_by_and_by() {
        let (mut line, now) = (Line::default(), Instant::now());
        for n in 0..8 {
            assert_eq!(line.ask(1, now), n);
        }
        assert_eq!(line.ask(1, now + HALF_LIFE), 4);
        assert_eq!(line.ask(1, now + HALF_LIFE * 20), 0);
    }

    #[test]
    fn a_full_line_gives_up_those_who_asked_most_and_nobody_waits_for_ever() {
        let (mut line, now) = (Line::default(), Instant::now());
        let mut flooder = line.stand(1, 30, now);
        let others: Vec<_> = (0..MOST_WAITING)
            .map(|n| line.stand(100 + i64::try_from(n).unwrap(), 0, now))
            .collect();
        assert!(
            flooder
                .try_recv()
                .is_err_and(|error| error == oneshot::error::TryRecvError::Closed)
        );
        assert_eq!(line.waiting.len(), MOST_WAITING);
        let late = now + LONGEST;
        let mut newcomer = line.stand(7, 9, late - seconds(0.1));
        assert!(newcomer.try_recv().is_err(), "there was no room for it");
        let _last = line.stand(8, 0, late - seconds(0.1));
        assert_eq!(chats(&mut line, late), [8]);
        assert!(line.by_age.is_empty());
        drop(others);
    }

    #[test]
    fn a_thousand_who_ask_at_once_are_all_answered() {
        let (mut line, mut now) = (Line::default(), Instant::now());
        // Each of them asks again as soon as it was answered, five times, and others come beside them.
        let mut left: HashMap<i64, u32> = (0..1_000).map(|chat| (chat, 5)).collect();
        let mut gone: Vec<_> = left.keys().map(|chat| (*chat, 0)).collect();
        let (mut n_done, mut longest) = (0, Duration::ZERO);
        let mut receivers = Vec::new();
        while let Some((chat, _)) = gone.pop() {
            let n = line.ask(chat, now);
            receivers.push(line.stand(chat, n, now));
        }
        while !line.is_empty() {
            now += SECOND_OF_24;
            let Some(next) = line.next(now) else { break };
            longest = longest.max(now - next.since);
            n_done += 1;
            let left = left.get_mut(&next.chat).unwrap();
            *left -= 1;
            if *left > 0 {
                let n = line.ask(next.chat, now);
                receivers.push(line.stand(next.chat, n, now));
            }
        }
        assert_eq!(n_done, 5_000, "all words of all of them");
        assert!(longest < LONGEST, "{longest:?}");
    }

    #[test]
    fn memory_is_bounded() {
        let (mut line, now) = (Line::default(), Instant::now());
        let most = i64::try_from(MOST_CHATS).unwrap();
        for chat in 0..most + 5 {
            assert_eq!(line.ask(chat, now), 0);
        }
        assert_eq!(line.asked.len(), MOST_CHATS);
        line.ask(-1, now + HALF_LIFE * 3);
        assert_eq!(line.asked.len(), 1);
    }
}
