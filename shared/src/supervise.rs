//! Parts that break: a panic ends nothing but the run it happened in, is counted, and the part begins anew.

use crate::store::Program;
use futures::FutureExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Before a part that broke begins anew; doubles with each time in a row, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A part that ran so long before it broke has done well: the next pause is the first one again.
const DID_WELL: Duration = Duration::from_secs(60);

/// Runs a part until it ends by itself, and tells how. After a panic it is made and run once more, after a pause.
/// `None` when it broke and `stop` came before it was begun anew; a part that runs is left to notice `stop` itself.
///
/// What the part keeps in its own future is lost with it: what must outlive a panic belongs to the closure.
pub async fn supervise<F: Future>(
    program: Program,
    task: &'static str,
    stop: &CancellationToken,
    mut part: impl FnMut() -> F,
) -> Option<F::Output> {
    let mut pauses = Pauses::default();
    loop {
        let begun = Instant::now();
        // Made inside as well: what breaks may be the making.
        let run = AssertUnwindSafe(async { part().await }).catch_unwind();
        if let Ok(ended) = run.await {
            return Some(ended);
        }
        broke(program, task);
        let pause = pauses.next(begun.elapsed());
        stop.run_until_cancelled(tokio::time::sleep(pause)).await?;
    }
}

/// The same for a part that would run for ever: `stop` ends it wherever it is.
pub async fn supervise_until<F: Future>(
    program: Program,
    task: &'static str,
    stop: &CancellationToken,
    part: impl FnMut() -> F,
) -> Option<F::Output> {
    let kept = supervise(program, task, stop, part);
    stop.run_until_cancelled(kept).await.flatten()
}

/// The same for a thread of its own, which must end by itself.
pub fn supervise_thread<T>(program: Program, task: &'static str, mut part: impl FnMut() -> T) -> T {
    let mut pauses = Pauses::default();
    loop {
        let begun = Instant::now();
        if let Some(ended) = unbroken(program, task, &mut part) {
            return ended;
        }
        std::thread::sleep(pauses.next(begun.elapsed()));
    }
}

/// One piece of work of a part that goes on after it, whatever comes of the piece. `None` when it broke.
pub fn unbroken<T>(program: Program, task: &'static str, work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    if done.is_none() {
        broke(program, task);
    }
    done
}

/// Counts that a part, or a piece of its work, broke, and says so.
pub fn broke(program: Program, task: &'static str) {
    let program = program.as_str();
    metrics::counter!("talon_task_restarts_total", "program" => program, "task" => task)
        .increment(1);
    // The panic itself was printed by the hook, with its place.
    tracing::error!(program, task, "a part of the program broke; it goes on");
}

/// How long to wait between runs.
#[derive(Default)]
struct Pauses(u32);

impl Pauses {
    /// After a run that broke when it was so old.
    fn next(&mut self, lived: Duration) -> Duration {
        if lived >= DID_WELL {
            self.0 = 0;
        }
        let pause = FIRST_PAUSE * 2_u32.pow(self.0.min(5));
        self.0 += 1;
        pause.min(LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn begun(n_starts: &AtomicU32) -> u32 {
        n_starts.fetch_add(1, Ordering::Relaxed) + 1
    }

    #[tokio::test]
    async fn a_part_that_breaks_begins_anew_and_tells_how_it_ended() {
        let n_starts = AtomicU32::new(0);
        let part = || async {
            assert!(begun(&n_starts) > 1, "on purpose");
            "done"
        };
        let stop = CancellationToken::new();
        let ended = supervise(Program::Bot, "part", &stop, part).await;
        assert_eq!(ended, Some("done"));
        assert_eq!(n_starts.into_inner(), 2);
    }

    #[tokio::test]
    async fn what_breaks_while_it_is_made_counts_too() {
        let n_starts = AtomicU32::new(0);
        let part = || {
            assert!(begun(&n_starts) > 1, "on purpose");
            std::future::ready(())
        };
        let stop = CancellationToken::new();
        supervise(Program::Bot, "part", &stop, part).await;
        assert_eq!(n_starts.into_inner(), 2);
    }

    #[tokio::test]
    async fn nothing_begins_anew_after_the_end() {
        let stop = CancellationToken::new();
        let part = || async {
            stop.cancel();
            panic!("on purpose");
        };
        let ended: Option<()> = supervise(Program::Bot, "part", &stop, part).await;
        assert_eq!(ended, None);
    }

    #[tokio::test]
    async fn a_part_that_would_run_for_ever_ends_when_told_to() {
        let stop = CancellationToken::new();
        stop.cancel();
        let part = std::future::pending::<()>;
        let ended = supervise_until(Program::Pinger, "part", &stop, part).await;
        assert_eq!(ended, None);
    }

    #[test]
    fn a_thread_goes_on_after_a_panic() {
        let n_starts = AtomicU32::new(0);
        let part = || assert!(begun(&n_starts) > 1, "on purpose");
        supervise_thread(Program::Bot, "thread", part);
        assert_eq!(n_starts.into_inner(), 2);
    }

    #[test]
    fn pauses_grow_until_a_run_did_well() {
        let mut pauses = Pauses::default();
        let mut after = |seconds| pauses.next(Duration::from_secs(seconds)).as_secs();
        let grown = [0; 7].map(&mut after);
        assert_eq!(grown, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(after(60), 1);
        assert_eq!(after(59), 2);
    }
}
