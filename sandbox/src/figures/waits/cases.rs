//! What is simulated: sizes, ways of asking, seeds.

use crate::figures::sim::{
    Counts, DAY, EvenRounds, HOUR, OneByOne, Plan, Policy, RateOracle, RealPlanner, Run, Size,
    Town, Wait, run,
};
use pinger::planner::PlanSettings;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Every case is simulated with each.
pub(super) const SEEDS: [u64; 3] = [1, 2, 3];
/// Days to learn from, two weeks, and days that count.
pub(super) const N_LEARNED: u32 = 14;
pub(super) const N_MEASURED: u32 = 7;

/// The size with so many watches.
const fn size(n_watches: usize) -> Size {
    let (n_departments, n_clinics) = match n_watches {
        0..=1 => (1, 1),
        2..=10 => (8, 6),
        11..=100 => (60, 35),
        101..=1_000 => (300, 80),
        _ => (2_000, 500),
    };
    Size {
        n_watches,
        n_departments,
        n_clinics,
    }
}

/// What is simulated together and kept in files of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// So many watches.
    Watches(usize),
    /// A thousand, with all fixed minutes at 08:00.
    Sharp,
}

impl Part {
    /// All, in the order of the page.
    pub const ALL: &[Self] = &[
        Self::Watches(1),
        Self::Watches(10),
        Self::Watches(100),
        Self::Watches(1_000),
        Self::Watches(10_000),
        Self::Sharp,
    ];

    /// Its name in files and commands.
    pub fn name(self) -> String {
        match self {
            Self::Watches(n_watches) => n_watches.to_string(),
            Self::Sharp => "sharp".to_owned(),
        }
    }

    /// How much is watched in it.
    pub fn size(self) -> Size {
        match self {
            Self::Watches(n_watches) => size(n_watches),
            Self::Sharp => size(1_000),
        }
    }

    /// One way of asking in it.
    pub fn case(self, way: Way) -> Case {
        Case {
            size: self.size(),
            way,
            is_sharp: self == Self::Sharp,
        }
    }
}

/// A way of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// One doctor after another, 1 s between doctors, 60 s between passes.
    OneByOne,
    /// The list of each department in turn, doctors where counters moved.
    EvenRounds,
    /// The real planner with gates, without learning.
    Gated,
    /// The real planner as it runs.
    Learned,
    /// Gates by the square-root law of the true rates.
    Oracle,
}

impl Way {
    /// All, in the order of the tables.
    pub const ALL: [Self; 5] = [
        Self::OneByOne,
        Self::EvenRounds,
        Self::Gated,
        Self::Learned,
        Self::Oracle,
    ];

    /// Its name in tables and samples.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneByOne => "one by one",
            Self::EvenRounds => "even rounds",
            Self::Gated => "gated",
            Self::Learned => "gated + learned",
            Self::Oracle => "rate oracle",
        }
    }

    fn policy<'a>(self, town: &'a Town) -> Box<dyn Policy + 'a> {
        match self {
            Self::OneByOne => Box::new(OneByOne::new(town)),
            Self::EvenRounds => Box::new(EvenRounds::new(town)),
            Self::Gated | Self::Learned => {
                Box::new(RealPlanner::new(town, settings(self == Self::Learned)))
            }
            Self::Oracle => Box::new(RateOracle::new(town)),
        }
    }
}

/// The pinger's defaults.
fn settings(learning: bool) -> PlanSettings {
    PlanSettings {
        poll_period: Duration::from_secs(60),
        requests_per_second: 2.0,
        gates: true,
        learning,
    }
}

/// One case: simulated in a few cities per seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// How much is watched.
    pub size: Size,
    /// How it is asked for.
    pub way: Way,
    /// All fixed minutes are 08:00.
    pub is_sharp: bool,
}

impl Case {
    /// Cities per seed: a few watches see few openings.
    fn n_towns(&self) -> u64 {
        match self.size.n_watches {
            0..=1 => 5,
            2..=10 => 2,
            _ => 1,
        }
    }

    fn plan(&self, seed: u64) -> Plan {
        Plan {
            size: self.size,
            n_days: N_LEARNED + N_MEASURED,
            n_measured: N_MEASURED,
            is_sharp: self.is_sharp,
            seed,
        }
    }
}

/// What came out of one case and seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The seed.
    pub seed: u64,
    /// Of all its cities.
    pub waits: Vec<Wait>,
    /// Of all its cities.
    pub requests: Counts,
    /// Doctors somebody waits for, of all its cities together.
    pub n_doctors: usize,
    /// Openings no answer ever covered.
    pub n_unanswered: usize,
}

/// What came out of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub case: Case,
    /// By seed.
    pub samples: Vec<Sample>,
}

impl Outcome {
    /// Seconds from opening to answer of the waits that are chosen.
    pub fn answered(&self, choose: impl Fn(&Wait) -> bool) -> Vec<f64> {
        let waits = self.samples.iter().flat_map(|sample| &sample.waits);
        waits
            .filter(|wait| choose(wait))
            .map(|wait| wait.answered as f64 / 1000.0)
            .collect()
    }

    /// Seconds from opening to the look that holds the talons.
    pub fn read(&self) -> Vec<f64> {
        let waits = self.samples.iter().flat_map(|sample| &sample.waits);
        waits.map(|wait| wait.read as f64 / 1000.0).collect()
    }

    /// Requests per watched doctor and hour.
    pub fn requests_per_doctor_hour(&self, count: impl Fn(&Counts) -> u64) -> f64 {
        let n_requests: u64 = self
            .samples
            .iter()
            .map(|sample| count(&sample.requests))
            .sum();
        let n_doctors: usize = self.samples.iter().map(|sample| sample.n_doctors).sum();
        let hours = (DAY * i64::from(N_MEASURED) / HOUR) as f64;
        n_requests as f64 / n_doctors as f64 / hours
    }
}

/// Simulates all cases with all seeds, on all cores.
pub fn measure(cases: &[Case], seeds: &[u64]) -> Vec<Outcome> {
    let towns = |case: &Case| {
        let n_towns = case.n_towns();
        let seeds = seeds.iter().copied();
        // Cities of one seed differ, and no two seeds share one.
        let towns: Vec<_> = seeds
            .flat_map(|seed| (0..n_towns).map(move |town| (seed, seed + 1_000 * town)))
            .collect();
        towns
    };
    let jobs: Vec<_> = cases
        .iter()
        .enumerate()
        .flat_map(|(number, case)| towns(case).into_iter().map(move |town| (number, town)))
        .collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        while let Some(&(number, (seed, of_town))) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let case = &cases[number];
            let town = Town::new(case.plan(of_town));
            let ran = run(&town, case.way.policy(&town).as_mut());
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((number, seed, of_town, town.watched().count(), ran));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|&(number, seed, of_town, ..)| (number, seed, of_town));
    let mut outcomes: Vec<_> = cases
        .iter()
        .map(|&case| Outcome {
            case,
            samples: Vec::new(),
        })
        .collect();
    for (number, seed, _, n_doctors, ran) in done {
        add(&mut outcomes[number].samples, seed, n_doctors, ran);
    }
    outcomes
}

fn add(samples: &mut Vec<Sample>, seed: u64, n_doctors: usize, ran: Run) {
    if samples.last().is_none_or(|sample| sample.seed != seed) {
        samples.push(Sample {
            seed,
            waits: Vec::new(),
            requests: Counts::default(),
            n_doctors: 0,
            n_unanswered: 0,
        });
    }
    if let Some(sample) = samples.last_mut() {
        sample.waits.extend(ran.waits);
        sample.requests += ran.requests;
        sample.n_doctors += n_doctors;
        sample.n_unanswered += ran.n_unanswered;
    }
}
