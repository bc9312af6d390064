//! Since when each thread of the store is at its present question.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The writer and the two readers.
const THREADS: usize = 3;

/// Of all threads; clones share it.
#[derive(Clone, Default)]
pub(super) struct Busy(Arc<[Mutex<Option<Instant>>; THREADS]>);

impl Busy {
    /// What one thread says of itself.
    pub(super) fn of(&self, thread: usize) -> BusyThread {
        BusyThread {
            busy: self.clone(),
            thread,
        }
    }

    pub(super) fn longest(&self) -> Duration {
        let now = Instant::now();
        let since = self.0.iter().filter_map(|since| *lock(since));
        let ages = since.map(|since| now.saturating_duration_since(since));
        ages.max().unwrap_or_default()
    }
}

/// One thread's.
pub(super) struct BusyThread {
    busy: Busy,
    thread: usize,
}

impl BusyThread {
    /// At a question, until dropped.
    pub(super) fn begin(&self) -> AtWork<'_> {
        self.next();
        AtWork(self)
    }

    /// Another question now.
    pub(super) fn next(&self) {
        self.set(Some(Instant::now()));
    }

    fn set(&self, since: Option<Instant>) {
        *lock(&self.busy.0[self.thread]) = since;
    }
}

/// See [`BusyThread::begin`].
pub(super) struct AtWork<'a>(&'a BusyThread);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

fn lock(since: &Mutex<Option<Instant>>) -> std::sync::MutexGuard<'_, Option<Instant>> {
    since.lock().unwrap_or_else(PoisonError::into_inner)
}
