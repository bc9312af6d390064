//! How many messages a second Telegram takes, counted over sliding windows.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// At most `n` in any window of `length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub n: usize,
    /// In how long.
    pub length: Duration,
}

impl Rate {
    /// At most `n` in any window of so many seconds.
    pub const fn per(n: usize, seconds: u64) -> Self {
        Self {
            n,
            length: Duration::from_secs(seconds),
        }
    }
}

/// What the stand-in puts up with; beyond it, 429. `None` = no limit. Only what was accepted counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// New messages to everybody.
    pub overall: Option<Rate>,
    /// New messages to one private chat.
    pub private: Option<Rate>,
    /// New messages to one group.
    pub group: Option<Rate>,
    /// Edits of everybody's messages.
    pub edits_overall: Option<Rate>,
    /// Edits in one chat.
    pub edits_chat: Option<Rate>,
    /// How long a press can be answered.
    pub answer_within: Duration,
    /// Length of the JSON of a keyboard, bytes.
    pub keyboard_bytes: usize,
}

impl Default for Limits {
    /// As Telegram documents them, with the short bursts to one chat it is known to let through: 3 in 3 seconds instead of 1 a second.
    fn default() -> Self {
        Self {
            private: Some(Rate::per(3, 3)),
            ..Self::strict()
        }
    }
}

impl Limits {
    /// As Telegram documents them, to the letter: 30 a second to all, 1 a second to a chat, 20 a minute to a group.
    pub fn strict() -> Self {
        Self {
            overall: Some(Rate::per(30, 1)),
            private: Some(Rate::per(1, 1)),
            group: Some(Rate::per(20, 60)),
            edits_overall: Some(Rate::per(60, 1)),
            edits_chat: Some(Rate::per(30, 10)),
            answer_within: Duration::from_secs(15 * 60),
            keyboard_bytes: 10_000,
        }
    }

    /// No limit on how fast anything comes, for tests about other things.
    pub fn unhurried() -> Self {
        Self {
            overall: None,
            private: None,
            group: None,
            edits_overall: None,
            edits_chat: None,
            ..Self::strict()
        }
    }
}

/// What a call adds to the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    Send { chat: i64, is_group: bool },
    Edit { chat: i64 },
}

/// The windows as they stand.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) limits: Limits,
    sent: Times,
    edited: Times,
    sent_to: HashMap<i64, Times>,
    edited_in: HashMap<i64, Times>,
}

type Times = VecDeque<Instant>;

impl Flow {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            sent: Times::new(),
            edited: Times::new(),
            sent_to: HashMap::new(),
            edited_in: HashMap::new(),
        }
    }

    /// Counts a call that is about to be accepted.
    ///
    /// # Errors
    /// How many seconds to wait, when it would be too many.
    pub(crate) fn admit(&mut self, traffic: Traffic, now: Instant) -> Result<(), u64> {
        let limits = &self.limits;
        let (all, all_rate, own, own_rate) = match traffic {
            Traffic::Send { chat, is_group } => {
                let rate = if is_group {
                    limits.group
                } else {
                    limits.private
                };
                let own = self.sent_to.entry(chat).or_default();
                (&mut self.sent, limits.overall, own, rate)
            }
            Traffic::Edit { chat } => {
                let own = self.edited_in.entry(chat).or_default();
                let rate = limits.edits_chat;
                (&mut self.edited, limits.edits_overall, own, rate)
            }
        };
        let wait = wait(all, all_rate, now).max(wait(own, own_rate, now));
        if wait > Duration::ZERO {
            return Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        }
        all.push_back(now);
        own.push_back(now);
        Ok(())
    }
}

/// How long until one more fits; forgets what no longer counts.
fn wait(times: &mut Times, rate: Option<Rate>, now: Instant) -> Duration {
    let Some(rate) = rate else {
        times.clear();
        return Duration::ZERO;
    };
    while times
        .front()
        .is_some_and(|time| now.duration_since(*time) >= rate.length)
    {
        times.pop_front();
    }
    if times.len() < rate.n {
        return Duration::ZERO;
    }
    let frees = times.get(times.len() - rate.n);
    frees.map_or(rate.length, |time| rate.length - now.duration_since(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: Traffic = Traffic::Send {
        chat: 1,
        is_group: false,
    };
    const FAMILY: Traffic = Traffic::Send {
        chat: -1,
        is_group: true,
    };

    /// Milliseconds at which a message is sent -> `.` or the seconds to wait.
    #[track_caller]
    fn check(limits: Limits, traffic: impl Fn(usize) -> Traffic, at_ms: &[u64], want: &str) {
        let mut flow = Flow::new(limits);
        let start = Instant::now();
        let shown = at_ms.iter().enumerate().map(|(n, ms)| {
            let now = start + Duration::from_millis(*ms);
            match flow.admit(traffic(n), now) {
                Ok(()) => ".".to_owned(),
                Err(seconds) => seconds.to_string(),
            }
        });
        assert_eq!(shown.collect::<String>(), want);
    }

    #[test]
    fn windows_slide() {
        check(
            Limits::strict(),
            |_| ANNA,
            &[0, 1, 999, 1000, 1999, 2000],
            ".11.1.",
        );
        check(
            Limits::default(),
            |_| ANNA,
            &[0, 1, 2, 3, 2999, 3000, 3001],
            "...31..",
        );
        check(Limits::unhurried(), |_| ANNA, &[0; 40], &".".repeat(40));
        let to_many = |n| Traffic::Send {
            chat: n as i64,
            is_group: false,
        };
        let times: Vec<u64> = (0..32).map(|n| n * 20).collect();
        check(
            Limits::strict(),
            to_many,
            &times,
            &format!("{}11", ".".repeat(30)),
        );
        let times: Vec<u64> = (0..21).map(|n| n * 1000).collect();
        check(
            Limits::strict(),
            |_| FAMILY,
            &times,
            &format!("{}40", ".".repeat(20)),
        );
    }

    #[test]
    fn edits_have_their_own_looser_windows() {
        let edit = |_| Traffic::Edit { chat: 1 };
        check(
            Limits::strict(),
            edit,
            &[0; 31],
            &format!("{}10", ".".repeat(30)),
        );
    }
}
