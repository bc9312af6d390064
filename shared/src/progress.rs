//! How far long work is, said now and then: to a terminal and in the log alike, as plain lines.

use std::time::{Duration, Instant};

/// What is worth a line now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It goes on.
    UnderWay,
    /// It is over, after so long; only when something was said of it before.
    Over(Duration),
}

/// Work that may be short: then nothing is said at all.
#[derive(Debug)]
pub struct Progress {
    first: Duration,
    every: Duration,
    work: Option<Work>,
}

#[derive(Debug)]
struct Work {
    begun_at: Instant,
    /// When something was said last, and how much was done then.
    said: Option<(Instant, usize)>,
}

impl Progress {
    /// Something is said once work has lasted for `first`, and then each `every`.
    pub fn new(first: Duration, every: Duration) -> Self {
        Self {
            first,
            every,
            work: None,
        }
    }

    /// So much is done and so much is left at `now`: what to say of it. Work begins with the first that is left, and is
    /// over with the last. While nothing gets done nothing is said: the trouble behind it has lines of its own.
    pub fn at(&mut self, n_done: usize, n_left: usize, now: Instant) -> Option<Said> {
        if n_left == 0 {
            let work = self.work.take()?;
            return work.said.map(|_| Said::Over(now - work.begun_at));
        }
        let work = self.work.get_or_insert(Work {
            begun_at: now,
            said: None,
        });
        let is_due = match work.said {
            None => now - work.begun_at >= self.first,
            Some((at, n)) => n != n_done && now - at >= self.every,
        };
        if !is_due {
            return None;
        }
        work.said = Some((now, n_done));
        Some(Said::UnderWay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_work_is_said_now_and_then_and_short_work_never() {
        let second = Duration::from_secs(1);
        let begin = Instant::now();
        let mut progress = Progress::new(second * 5, second * 10);
        for n in 0..5 {
            assert_eq!(progress.at(n, 5 - n, begin + second), None);
        }
        assert_eq!(progress.at(5, 0, begin + second), None, "it was short");

        let said = (0..60).filter_map(|n: u32| {
            let done = usize::try_from(n).unwrap();
            progress
                .at(done, 60 - done, begin + second * n)
                .map(|said| (n, said))
        });
        let want = [5, 15, 25, 35, 45, 55].map(|n| (n, Said::UnderWay));
        assert_eq!(said.collect::<Vec<_>>(), want);
        let over = progress.at(60, 0, begin + second * 60);
        assert_eq!(over, Some(Said::Over(second * 60)));
        assert_eq!(progress.at(60, 0, begin + second * 61), None);
    }

    #[test]
    fn nothing_is_said_of_what_does_not_move() {
        let second = Duration::from_secs(1);
        let begin = Instant::now();
        let mut progress = Progress::new(Duration::ZERO, second);
        assert_eq!(progress.at(7, 3, begin), Some(Said::UnderWay));
        assert_eq!(progress.at(7, 3, begin + second * 60), None);
        assert_eq!(progress.at(8, 2, begin + second * 61), Some(Said::UnderWay));
    }
}
