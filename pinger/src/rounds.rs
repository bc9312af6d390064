//! The loop: waits for work and for a turn, chooses at that very moment, reads, hears what came of it.

use crate::meter::Meter;
use crate::planner::{LONGEST_HOLD, Notice, Outcome, PlanSettings, Planner, Task};
use crate::reading::{Done, Reader};
use crate::wishes::Wishes;
use chrono::{DateTime, TimeDelta, Utc};
use shared::failure::{Failure, FailureKind};
use shared::gorzdrav::Turn;
use shared::ids::Department;
use shared::progress::{Progress, Said};
use shared::store::{CatalogueAges, DoctorState, ListState, Program, StoreError, Watched};
use shared::supervise::broke;
use shared::watchdog::{self, Pulse};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Requests under way at once; each clinic has at most one of them.
const MAX_UNDER_WAY: usize = 64;
/// The clock may be set while we sleep: no sleep is longer.
const LONGEST_NAP: Duration = Duration::from_secs(1);
/// Requests under way at the end have so long; abandoned, they record nothing.
const LAST_ANSWERS: Duration = Duration::from_secs(3);
/// What was learned is kept so often, so many departments at once…
const KEEP_EVERY: TimeDelta = TimeDelta::seconds(30);
const KEPT_AT_ONCE: usize = 50;
/// …and the ages of the catalogue, which the bot renews too, are read so often.
const NAMES_EVERY: TimeDelta = TimeDelta::minutes(30);
/// Between two measurements of how the looking goes.
const MEASURE_EVERY: TimeDelta = TimeDelta::seconds(10);
/// What was learned of late is kept at the end, if it takes no longer.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Between two lines on how far the first reading of the catalogue is, and two looks at that.
const CATALOGUE_EVERY: Duration = Duration::from_secs(30);
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);
/// Longest pause while the store takes nothing: looking without recording is no use.
const STORE_PAUSE_CAP: TimeDelta = TimeDelta::seconds(30);

/// What was done beside the loop.
enum Job {
    Read(Task, Done),
    Learned(Result<(Vec<ListState>, Vec<DoctorState>), StoreError>),
    Names(Result<CatalogueAges, StoreError>),
    Kept(Vec<Department>, Result<(), StoreError>),
}

type Waiting = Pin<Box<dyn Future<Output = Turn> + Send>>;

/// Looks until `stop`, then waits a little for what is under way.
pub(crate) async fn run(
    settings: PlanSettings,
    reader: Arc<Reader>,
    wishes: watch::Receiver<Option<Wishes>>,
    pulse: Pulse,
    stop: CancellationToken,
) {
    let mut rounds = Rounds::new(settings, reader);
    rounds.go_on(wishes, &pulse, &stop).await;
    watchdog::stopping();
    rounds.finish().await;
}

struct Rounds {
    reader: Arc<Reader>,
    planner: Planner,
    jobs: JoinSet<Job>,
    under_way: HashMap<Id, Task>,
    is_learning: bool,
    n_store_failures: u32,
    /// When what goes on beside the looking is due.
    keep_at: Option<DateTime<Utc>>,
    names_at: Option<DateTime<Utc>>,
    is_keeping: bool,
    meter: Meter,
    /// Of the first reading of the catalogue, and when it was looked at last.
    progress: Progress,
    catalogue_at: Option<Instant>,
    /// The wishes the planner knows.
    told: Option<Wishes>,
}

impl Rounds {
    fn new(settings: PlanSettings, reader: Arc<Reader>) -> Self {
        Self {
            reader,
            planner: Planner::new(settings),
            jobs: JoinSet::new(),
            under_way: HashMap::new(),
            is_learning: false,
            n_store_failures: 0,
            keep_at: None,
            names_at: None,
            is_keeping: false,
            meter: Meter::new(settings.requests_per_second),
            progress: Progress::new(Duration::ZERO, CATALOGUE_EVERY),
            catalogue_at: None,
            told: None,
        }
    }

    async fn go_on(
        &mut self,
        mut wishes: watch::Receiver<Option<Wishes>>,
        pulse: &Pulse,
        stop: &CancellationToken,
    ) {
        // A fresh receiver has seen nothing, even when this loop starts anew.
        wishes.mark_changed();
        let mut turn: Option<Waiting> = None;
        loop {
            pulse.beat();
            let now = Utc::now();
            if let Some(until) = self.reader.api.held_until() {
                self.planner.hold(until, now);
            }
            self.tidy(now);
            let has_room = self.under_way.len() < MAX_UNDER_WAY && !self.is_learning;
            let nap = match self.planner.wakes_at(now).filter(|_| has_room) {
                Some(at) if at <= now => {
                    turn.get_or_insert_with(|| {
                        let reader = Arc::clone(&self.reader);
                        Box::pin(async move { reader.api.turn().await })
                    });
                    LONGEST_NAP
                }
                Some(at) => (at - now).to_std().unwrap_or_default().min(LONGEST_NAP),
                None => LONGEST_NAP,
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(job) = self.jobs.join_next_with_id() => self.take_in(job),
                changed = wishes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let wishes = wishes.borrow_and_update().clone();
                    self.hear(wishes);
                }
                granted = granted(&mut turn) => {
                    turn = None;
                    self.begin(granted);
                }
                () = sleep(nap) => {}
            }
        }
    }

    /// Chooses what to ask with this turn and asks it. A turn with nothing to ask goes unused.
    fn begin(&mut self, turn: Turn) {
        let begun_at = Utc::now();
        if let Some(task) = self.planner.next(begun_at) {
            self.meter.asked();
            let unmoved_at = match &task {
                Task::Look(doctor) => self.planner.unmoved_at(doctor),
                _ => None,
            };
            let reader = Arc::clone(&self.reader);
            let asked = task.clone();
            let job = self.jobs.spawn(async move {
                let done = reader.read(turn, &asked, unmoved_at, begun_at).await;
                Job::Read(asked, done)
            });
            self.under_way.insert(job.id(), task);
        }
    }

    fn hear(&mut self, wishes: Option<Wishes>) {
        let now = Utc::now();
        let Some(wishes) = wishes else {
            return;
        };
        let told = self.told.as_ref();
        if told.is_none_or(|told| !Arc::ptr_eq(&told.watched, &wishes.watched)) {
            let n_people = wishes
                .watched
                .iter()
                .map(|Watched { n_people, .. }| n_people);
            tracing::info!(
                n_targets = wishes.watched.len(),
                n_waiting = n_people.sum::<u32>(),
                "what is watched"
            );
            self.planner.set_watched(&wishes.watched, now);
        }
        if told.is_none_or(|told| told.requests != wishes.requests) {
            self.planner.set_requests(&wishes.requests, now);
        }
        // One further ahead was left behind by a clock that was set back.
        let in_force = |&until: &DateTime<Utc>| now < until && until <= now + LONGEST_HOLD;
        if let Some(until) = wishes.hold.filter(in_force) {
            self.reader.api.hold_until(until);
        }
        self.told = Some(wishes);
        self.learn();
    }

    /// Fetches what the store knows of newly planned doctors and lists; they wait for it, it is quick.
    fn learn(&mut self) {
        let (lists, doctors) = self.planner.unlearned();
        if self.is_learning || (lists.is_empty() && doctors.is_empty()) {
            return;
        }
        self.is_learning = true;
        let reader = Arc::clone(&self.reader);
        self.jobs.spawn(async move {
            let learned = async {
                let lists = reader.store.list_states(lists).await?;
                let doctors = reader.store.doctor_states(doctors, Utc::now()).await?;
                Ok((lists, doctors))
            };
            Job::Learned(learned.await)
        });
    }

    /// What goes on beside the looking: keeping what was learned, the ages of the catalogue, measurements.
    fn tidy(&mut self, now: DateTime<Utc>) {
        let is_due = |at: Option<DateTime<Utc>>, every: TimeDelta| {
            at.is_none_or(|at| at <= now || at > now + every)
        };
        if is_due(self.keep_at, KEEP_EVERY) && !self.is_keeping {
            self.keep_at = Some(now + KEEP_EVERY);
            self.keep();
        }
        if is_due(self.names_at, NAMES_EVERY) {
            self.names_at = Some(now + NAMES_EVERY);
            let reader = Arc::clone(&self.reader);
            self.jobs
                .spawn(async move { Job::Names(reader.store.catalogue_ages().await) });
        }
        if is_due(self.meter.due_at, MEASURE_EVERY) {
            self.meter.due_at = Some(now + MEASURE_EVERY);
            self.meter.tell(&self.planner.figures(now), now);
        }
        if self
            .catalogue_at
            .is_none_or(|at| at.elapsed() >= LOOKED_AT_EVERY)
        {
            self.catalogue_at = Some(Instant::now());
            self.tell_of_catalogue();
        }
    }

    /// How far the first reading of the catalogue is.
    fn tell_of_catalogue(&mut self) {
        let (n_read, n_clinics) = self.planner.clinics_read();
        match self.progress.at(n_read, n_clinics - n_read, Instant::now()) {
            Some(Said::UnderWay) => tracing::info!(
                n_read,
                n_clinics,
                "reading the specialties of every clinic for the first time"
            ),
            Some(Said::Over(took)) => tracing::info!(
                n_clinics,
                elapsed_s = took.as_secs(),
                "the specialties of every clinic have been read"
            ),
            None => {}
        }
    }

    fn keep(&mut self) {
        let learned = self.planner.take_learned(KEPT_AT_ONCE);
        if learned.is_empty() {
            return;
        }
        self.is_keeping = true;
        let reader = Arc::clone(&self.reader);
        self.jobs.spawn(async move {
            let departments = learned
                .iter()
                .map(|(department, _)| department.clone())
                .collect();
            Job::Kept(departments, reader.store.save_learned(learned).await)
        });
    }

    fn take_in(&mut self, job: Result<(Id, Job), JoinError>) {
        let now = Utc::now();
        match job {
            Ok((id, Job::Read(task, done))) => {
                self.under_way.remove(&id);
                self.mind_store(done.is_store_well, now);
                if !matches!(done.outcome, Outcome::Failed { .. } | Outcome::Void) {
                    self.meter.good(now);
                }
                if task == Task::Lpus && done.outcome == Outcome::Names {
                    // New clinics are to be read, too.
                    self.names_at = None;
                }
                self.note(&task, done.outcome, now);
                // A list may have brought new doctors.
                self.learn();
            }
            Ok((_, Job::Learned(Ok((lists, doctors))))) => {
                self.is_learning = false;
                self.planner.learn(lists, doctors, now);
                // A learned list brings doctors that are to be learned in turn.
                self.learn();
            }
            Ok((_, Job::Learned(Err(error)))) => {
                // They are planned as never read; the next wish or list tries again.
                self.is_learning = false;
                tracing::warn!(%error, "the last readings could not be fetched");
            }
            Ok((_, Job::Names(Ok(ages)))) => self.planner.set_names(&ages, now),
            Ok((_, Job::Names(Err(error)))) => {
                tracing::warn!(%error, "the age of the catalogue could not be read");
            }
            Ok((_, Job::Kept(departments, kept))) => {
                self.is_keeping = false;
                if let Err(error) = kept {
                    tracing::warn!(%error, "what was learned could not be kept; trying again");
                    self.planner.not_kept(departments);
                }
            }
            Err(error) => self.broke(&error, now),
        }
    }

    fn broke(&mut self, error: &JoinError, now: DateTime<Utc>) {
        let Some(task) = self.under_way.remove(&error.id()) else {
            (self.is_learning, self.is_keeping) = (false, false);
            broke(Program::Pinger, "job");
            return;
        };
        broke(Program::Pinger, "reading");
        tracing::error!(?task, "its clinic is asked again later");
        let failure = Failure {
            kind: FailureKind::Unreadable,
            code: None,
        };
        let outcome = Outcome::Failed {
            failure,
            retry_after: None,
        };
        self.note(&task, outcome, now);
    }

    fn note(&mut self, task: &Task, outcome: Outcome, now: DateTime<Utc>) {
        match self.planner.done(task, outcome, now, rand::random()) {
            Some(Notice::ClinicFails(lpu, failure)) => {
                tracing::warn!(%lpu, ?failure, "the clinic does not answer; asking it less often");
            }
            Some(Notice::ClinicAnswers(lpu, n_failures, since)) => {
                tracing::info!(%lpu, n_failures, %since, "the clinic answers again");
            }
            None => {}
        }
    }

    /// Looks less while answers cannot be recorded.
    fn mind_store(&mut self, is_well: bool, now: DateTime<Utc>) {
        if is_well {
            self.n_store_failures = 0;
            return;
        }
        let pause = TimeDelta::seconds(1) * 2_i32.pow(self.n_store_failures.min(5));
        self.n_store_failures = self.n_store_failures.saturating_add(1);
        self.planner.hold(now + pause.min(STORE_PAUSE_CAP), now);
    }

    async fn finish(mut self) {
        let n_under_way = self.under_way.len();
        let answers = async { while self.jobs.join_next().await.is_some() {} };
        if timeout(LAST_ANSWERS, answers).await.is_err() {
            tracing::info!(n_under_way, "requests under way were abandoned");
        }
        self.jobs.shutdown().await;
        let learned = self.planner.take_learned(usize::MAX);
        if !learned.is_empty() {
            let kept = timeout(LAST_WORDS, self.reader.store.save_learned(learned)).await;
            if !matches!(kept, Ok(Ok(()))) {
                tracing::warn!("what was learned of late could not be kept");
            }
        }
    }
}

/// The turn waited for; for ever pending when none is.
async fn granted(turn: &mut Option<Waiting>) -> Turn {
    match turn {
        Some(turn) => turn.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::gorzdrav::{Api, ApiSettings};
    use shared::ids::{Department, LpuId, Target};
    use shared::store::Store;

    async fn rounds(folder: &std::path::Path) -> Rounds {
        let settings = ApiSettings {
            base_url: "http://127.0.0.1:1/api".parse().unwrap(),
            proxy: None,
            ca_file: None,
            timeout: Duration::from_secs(1),
            requests_per_second: 2.0,
        };
        let path = folder.join("talon.db");
        let store = Store::open(&path, Program::Pinger).await.unwrap();
        let reader = Reader::new(Api::new(&settings).unwrap(), store);
        let settings = PlanSettings {
            poll_period: Duration::from_secs(60),
            requests_per_second: 2.0,
            gates: true,
            learning: true,
        };
        Rounds::new(settings, Arc::new(reader))
    }

    fn wishes(hold: Option<DateTime<Utc>>) -> Option<Wishes> {
        let department = Department {
            lpu: LpuId(1),
            specialty: "ent".into(),
        };
        let target = Target {
            department,
            doctor: Some("a".into()),
        };
        Some(Wishes {
            watched: Arc::new(vec![Watched {
                target,
                n_people: 1,
            }]),
            requests: Vec::new(),
            hold,
        })
    }

    #[tokio::test]
    async fn a_reading_that_breaks_counts_as_failed_and_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut rounds = rounds(folder.path()).await;
        rounds.hear(wishes(None));
        let learned = rounds.jobs.join_next_with_id().await.unwrap();
        rounds.take_in(learned);
        let broken = rounds.planner.next(Utc::now()).unwrap();
        let job = rounds.jobs.spawn(async { panic!("on purpose") });
        rounds.under_way.insert(job.id(), broken.clone());
        let joined = rounds.jobs.join_next_with_id().await.unwrap();
        rounds.take_in(joined);
        assert!(rounds.under_way.is_empty());
        let next = rounds.planner.next(Utc::now());
        assert!(
            next.is_some_and(|task| task != broken),
            "it backs off, the other does not"
        );
    }

    #[tokio::test]
    async fn a_hold_left_behind_by_a_clock_set_back_is_void() {
        let folder = tempfile::tempdir().unwrap();
        let mut rounds = rounds(folder.path()).await;
        rounds.hear(wishes(Some(Utc::now() + TimeDelta::minutes(90))));
        assert_eq!(rounds.reader.api.held_until(), None);
        let until = Utc::now() + TimeDelta::minutes(5);
        rounds.hear(wishes(Some(until)));
        assert_eq!(rounds.reader.api.held_until(), Some(until));
    }
}
