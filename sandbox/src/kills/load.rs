//! Talons that open and are taken while programs die.

use crate::city::{City, Whom};
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Between two things that happen, at most. Twice as fast, and a person's message of a minute would hold more times
/// than are shown.
const PAUSE: Duration = Duration::from_millis(600);
/// Of the things that happen, so many are somebody taking a talon.
const TAKEN: f64 = 0.35;
/// A talon is on one of so many days from the second one on.
const N_DAYS: usize = 24;
/// Minutes of a day on which a talon begins.
const N_MINUTES: usize = 839;
const FIRST_MINUTE: usize = 7 * 60;

/// A talon that opened.
#[derive(Debug, Clone)]
pub(super) struct Talon {
    pub(super) whom: Whom,
    /// No two talons share it.
    pub(super) start: DateTime<Utc>,
    pub(super) was_taken: bool,
}

/// What goes on in the city.
pub(super) struct Load {
    n_opened: Arc<AtomicUsize>,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<Vec<Talon>>>,
}

impl Load {
    pub(super) fn start(city: City, doctors: Vec<Whom>, seed: u64) -> Self {
        let (n_opened, stop) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
        Self {
            task: tokio::spawn(go_on(city, doctors, seed, n_opened.clone(), stop.clone())),
            n_opened,
            stop,
        }
    }

    pub(super) fn n_opened(&self) -> usize {
        self.n_opened.load(Ordering::Relaxed)
    }

    /// All that opened.
    pub(super) async fn stop(self) -> anyhow::Result<Vec<Talon>> {
        self.stop.cancel();
        self.task.await?
    }
}

async fn go_on(
    city: City,
    doctors: Vec<Whom>,
    seed: u64,
    n_opened: Arc<AtomicUsize>,
    stop: CancellationToken,
) -> anyhow::Result<Vec<Talon>> {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut talons = Vec::<Talon>::new();
    let pause = |dice: &mut StdRng| tokio::time::sleep(PAUSE.mul_f64(dice.random()));
    while stop.run_until_cancelled(pause(&mut dice)).await.is_some() {
        let free: Vec<usize> = (0..talons.len())
            .filter(|&n| !talons[n].was_taken)
            .collect();
        if dice.random_bool(TAKEN) && !free.is_empty() {
            let talon = &mut talons[free[dice.random_range(0..free.len())]];
            let (lpu, doctor) = (talon.whom.doctor.lpu, &talon.whom.doctor.doctor);
            talon.was_taken = city.take_slot(lpu, doctor, talon.start)?;
            continue;
        }
        let whom = doctors[dice.random_range(0..doctors.len())].clone();
        let start = start(&city, talons.len());
        city.open_slot(whom.doctor.lpu, &whom.doctor.doctor, start)?;
        n_opened.fetch_add(1, Ordering::Relaxed);
        let was_taken = false;
        talons.push(Talon {
            whom,
            start,
            was_taken,
        });
    }
    Ok(talons)
}

/// A time of its own for each talon, on any day and at any hour.
fn start(city: &City, n: usize) -> DateTime<Utc> {
    let minute = FIRST_MINUTE + n * 31 % N_MINUTES;
    let day = 2 + n % N_DAYS; // minutes are a prime number: the two meet again only after all of them
    city.wall(day as u64, (minute / 60) as u32, (minute % 60) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_talons_share_a_time() {
        let city = City::grown(1, 1, 1);
        let starts: BTreeSet<_> = (0..N_MINUTES * N_DAYS).map(|n| start(&city, n)).collect();
        assert_eq!(starts.len(), N_MINUTES * N_DAYS);
    }
}
