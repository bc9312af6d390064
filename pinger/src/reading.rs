//! One task from the request to the record.

use crate::planner::{Outcome, Task};
use chrono::{DateTime, Utc};
use shared::failure::{Failure, FailureKind};
use shared::gorzdrav::{Api, ApiError, Endpoint, Passing, Turn};
use shared::ids::{Department, DoctorRef, LpuId};
use shared::store::{GateLook, ListLook, Look, Store, StoreError, TimetableLook};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A busy database is tried again for so long; then the answer is old, and a new one is due.
const RECORD_FOR: Duration = Duration::from_secs(30);
const RECORD_PAUSE: Duration = Duration::from_millis(200);
/// An answer that changed shape is told once in so long: it comes with every look.
const TELL_ODD_EVERY: Duration = Duration::from_secs(3600);
/// A portal that says "too many" time after time is told once in so long.
const TELL_HOLD_EVERY: Duration = Duration::from_secs(60);

/// What became of a task, and whether the store took it.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    pub(crate) is_store_well: bool,
}

/// Counts a reading by how it went.
fn count(what: &'static str, failure: Option<&Failure>) {
    let outcome = failure.map_or("good", |failure| failure.kind.as_str());
    metrics::counter!("talon_readings_total", "what" => what, "outcome" => outcome).increment(1);
}

/// Sends requests and records their answers.
pub(crate) struct Reader {
    pub(crate) api: Api,
    pub(crate) store: Store,
    /// When an odd answer was last told of; one entry an endpoint.
    odd_told: Mutex<HashMap<Endpoint, Instant>>,
    hold_told: Mutex<Option<Instant>>,
}

impl Reader {
    pub(crate) fn new(api: Api, store: Store) -> Self {
        Self {
            api,
            store,
            odd_told: Mutex::default(),
            hold_told: Mutex::default(),
        }
    }

    /// Reads and records one task. `unmoved_at` as for [`Store::record_gated_look`].
    pub(crate) async fn read(
        &self,
        turn: Turn,
        task: &Task,
        unmoved_at: Option<DateTime<Utc>>,
        begun_at: DateTime<Utc>,
    ) -> Done {
        let recorded = match task {
            Task::List(department) => self.list(turn, department, begun_at).await,
            Task::Look(doctor) => self.look(turn, doctor, unmoved_at, begun_at).await,
            Task::Timetable(doctor) => self.timetable(turn, doctor).await,
            Task::Gate(lpu) => self.gate(turn, *lpu, begun_at).await,
            Task::Districts => self.districts(turn).await,
            Task::Lpus => self.lpus(turn).await,
        };
        let is_store_well = recorded.is_ok();
        let outcome = recorded.unwrap_or_else(|error| {
            tracing::error!(%error, ?task, "an answer could not be recorded");
            Outcome::Void
        });
        Done {
            outcome,
            is_store_well,
        }
    }

    async fn look(
        &self,
        turn: Turn,
        doctor: &DoctorRef,
        unmoved_at: Option<DateTime<Utc>>,
        begun_at: DateTime<Utc>,
    ) -> Result<Outcome, StoreError> {
        let sent = Instant::now();
        let (outcome, refused) = match self.api.slots(turn, doctor).await {
            Ok(slots) => (Ok(slots), None),
            Err(error) => match self.judge(&error).await {
                Verdict::Nothing => (Ok(Vec::new()), None),
                Verdict::NotAsked => return Ok(Outcome::Void),
                Verdict::Failed(refused) => (Err(refused.failure), Some(refused)),
            },
        };
        count("look", outcome.as_ref().err());
        let elapsed_ms = sent.elapsed().as_millis();
        let n_slots = outcome.as_ref().ok().map(Vec::len);
        let failure = outcome.as_ref().err().copied();
        tracing::debug!(lpu = %doctor.lpu, doctor = %doctor.doctor, n_slots, ?failure, elapsed_ms, "look");
        let look = Look {
            doctor: doctor.clone(),
            begun_at,
            outcome,
        };
        let recorded = patiently(|| {
            self.store
                .record_gated_look(look.clone(), unmoved_at, Utc::now())
        })
        .await?;
        if recorded.n_opened + recorded.n_gone > 0 {
            metrics::counter!("talon_slots_opened_total").increment(recorded.n_opened as u64);
            metrics::counter!("talon_slots_gone_total").increment(recorded.n_gone as u64);
            let (n_opened, n_gone) = (recorded.n_opened, recorded.n_gone);
            tracing::info!(lpu = %doctor.lpu, doctor = %doctor.doctor, n_opened, n_gone, "slots changed");
        }
        Ok(refused.map_or(
            Outcome::Looked {
                n_free: recorded.n_free,
                n_missed: recorded.n_missed,
                last_opened: recorded.last_opened,
            },
            Refused::outcome,
        ))
    }

    async fn list(
        &self,
        turn: Turn,
        department: &Department,
        begun_at: DateTime<Utc>,
    ) -> Result<Outcome, StoreError> {
        let sent = Instant::now();
        let (outcome, refused) = match self.api.doctors(turn, department).await {
            Ok(doctors) => (Ok(Some(doctors)), None),
            Err(error) => match self.judge(&error).await {
                Verdict::Nothing => (Ok(None), None),
                Verdict::NotAsked => return Ok(Outcome::Void),
                Verdict::Failed(refused) => (Err(refused.failure), Some(refused)),
            },
        };
        count("list", outcome.as_ref().err());
        let elapsed_ms = sent.elapsed().as_millis();
        let n_doctors = outcome
            .as_ref()
            .ok()
            .map(|list| list.as_ref().map(Vec::len));
        let failure = outcome.as_ref().err().copied();
        let (lpu, specialty) = (department.lpu, &department.specialty);
        tracing::debug!(%lpu, %specialty, ?n_doctors, ?failure, elapsed_ms, "list");
        let look = ListLook {
            department: department.clone(),
            begun_at,
            outcome,
        };
        let recorded = patiently(|| self.store.record_list(look.clone(), Utc::now())).await?;
        Ok(refused.map_or(
            Outcome::Listed {
                listed: recorded.listed,
                moved: recorded.moved,
            },
            Refused::outcome,
        ))
    }

    async fn gate(
        &self,
        turn: Turn,
        lpu: LpuId,
        begun_at: DateTime<Utc>,
    ) -> Result<Outcome, StoreError> {
        let sent = Instant::now();
        let (outcome, refused) = match self.api.specialties(turn, lpu).await {
            Ok(list) => (Ok(Some(list)), None),
            Err(error) => match self.judge(&error).await {
                Verdict::Nothing => (Ok(None), None),
                Verdict::NotAsked => return Ok(Outcome::Void),
                Verdict::Failed(refused) => (Err(refused.failure), Some(refused)),
            },
        };
        count("gate", outcome.as_ref().err());
        let elapsed_ms = sent.elapsed().as_millis();
        let failure = outcome.as_ref().err().copied();
        tracing::debug!(%lpu, ?failure, elapsed_ms, "gate");
        let look = GateLook {
            lpu,
            begun_at,
            outcome,
        };
        let moved = patiently(|| self.store.record_gate(look.clone(), Utc::now())).await?;
        Ok(refused.map_or(Outcome::Gated { moved }, Refused::outcome))
    }

    async fn districts(&self, turn: Turn) -> Result<Outcome, StoreError> {
        let districts = match self.names(self.api.districts(turn).await).await {
            Ok(districts) => districts,
            Err(outcome) => return Ok(outcome),
        };
        patiently(|| self.store.save_districts(districts.clone(), Utc::now())).await?;
        Ok(Outcome::Names)
    }

    async fn lpus(&self, turn: Turn) -> Result<Outcome, StoreError> {
        let lpus = match self.names(self.api.lpus(turn).await).await {
            Ok(lpus) => lpus,
            Err(outcome) => return Ok(outcome),
        };
        patiently(|| self.store.save_lpus(lpus.clone(), Utc::now())).await?;
        Ok(Outcome::Names)
    }

    /// A list of names, or what became of asking for it. An empty one is no list: the city has districts and clinics.
    async fn names<T>(&self, answer: Result<Vec<T>, ApiError>) -> Result<Vec<T>, Outcome> {
        let outcome = match answer {
            Ok(rows) if !rows.is_empty() => Ok(rows),
            Ok(_) => Err(Refused::empty().outcome()),
            Err(error) => match self.judge(&error).await {
                Verdict::Nothing => Err(Refused::empty().outcome()),
                Verdict::NotAsked => Err(Outcome::Void),
                Verdict::Failed(refused) => Err(refused.outcome()),
            },
        };
        let failure = match &outcome {
            Err(Outcome::Failed { failure, .. }) => Some(failure),
            _ => None,
        };
        count("names", failure);
        outcome
    }

    async fn timetable(&self, turn: Turn, doctor: &DoctorRef) -> Result<Outcome, StoreError> {
        let days = match self.api.timetable(turn, doctor).await {
            Ok(days) => days,
            Err(error) => match self.judge(&error).await {
                Verdict::Nothing => Vec::new(),
                Verdict::NotAsked => return Ok(Outcome::Void),
                Verdict::Failed(refused) => return Ok(refused.outcome()),
            },
        };
        tracing::debug!(lpu = %doctor.lpu, doctor = %doctor.doctor, n_days = days.len(), "timetable");
        let look = TimetableLook {
            doctor: doctor.clone(),
            days,
        };
        patiently(|| self.store.record_timetable(look.clone(), Utc::now())).await?;
        Ok(Outcome::Days)
    }

    /// What an error means here; tells the other program of a hold, and people of an answer that changed shape.
    async fn judge(&self, error: &ApiError) -> Verdict {
        let retry_after = match error {
            ApiError::TryLater {
                cause: Passing::Held,
                ..
            } => return Verdict::NotAsked,
            ApiError::TryLater {
                cause: Passing::Status(429),
                ..
            } => {
                self.share_hold().await;
                None
            }
            ApiError::TryLater { retry_after, .. } => *retry_after,
            ApiError::Unexpected { endpoint, .. } => {
                self.tell_odd(*endpoint, error);
                None
            }
            _ => None,
        };
        match error.failure() {
            None => Verdict::Nothing,
            Some(failure) => Verdict::Failed(Refused {
                failure,
                retry_after,
            }),
        }
    }

    async fn share_hold(&self) {
        let Some(until) = self.api.held_until() else {
            return;
        };
        if self.hold_is_news() {
            tracing::warn!(%until, "the portal asks for a pause (429); further ones are not logged for a minute");
        }
        if let Err(error) = patiently(|| self.store.hold_portal(until)).await {
            tracing::error!(%error, "the pause could not be recorded");
        }
    }

    fn hold_is_news(&self) -> bool {
        let mut told = self
            .hold_told
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_news = told.is_none_or(|at| at.elapsed() >= TELL_HOLD_EVERY);
        if is_news {
            *told = Some(Instant::now());
        }
        is_news
    }

    fn tell_odd(&self, endpoint: Endpoint, error: &ApiError) {
        let mut told = self.odd_told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = told
            .get(&endpoint)
            .is_none_or(|at| at.elapsed() >= TELL_ODD_EVERY);
        if is_news {
            told.insert(endpoint, Instant::now());
            tracing::error!(%error, "the portal's answers changed shape; further ones like it are not logged for an hour");
        }
    }
}

enum Verdict {
    /// An answer: there is nothing.
    Nothing,
    /// A hold is in force: nothing was sent.
    NotAsked,
    Failed(Refused),
}

struct Refused {
    failure: Failure,
    retry_after: Option<Duration>,
}

impl Refused {
    /// An answer that holds nothing where there is always something.
    fn empty() -> Self {
        Self {
            failure: Failure {
                kind: FailureKind::Unreadable,
                code: None,
            },
            retry_after: None,
        }
    }

    fn outcome(self) -> Outcome {
        Outcome::Failed {
            failure: self.failure,
            retry_after: self.retry_after,
        }
    }
}

/// Tries again while someone else holds the database's lock.
async fn patiently<T, F>(mut job: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let begun = Instant::now();
    loop {
        match job().await {
            Err(StoreError::Busy(_)) if begun.elapsed() < RECORD_FOR => sleep(RECORD_PAUSE).await,
            done => return done,
        }
    }
}
