//! Lists for menus: from memory, else from the store while young, else from the portal, else the last good copy.
//!
//! What these give is for choosing and naming, never a look: it says nothing about what is free.

mod lists;

use self::lists::{Districts, DoctorsOf, List, Lpus, LpusOf, OneLpu, SpecialtiesOf};
use super::{Api, ApiError};
use crate::catalogue::{Dated, District, Doctor, Lpu, Specialty};
use crate::failure::{Failure, FailureKind};
use crate::ids::{Department, DistrictId, LpuId};
use crate::store::{Store, StoreError};
use chrono::{DateTime, Utc};
use moka::Expiry;
use moka::future::Cache;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout_at;

/// How long one press waits for the portal, the limiter's queue included, unless told otherwise.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An empty list may be true (a district the portal does not know); it is asked again soon.
const EMPTY_HOLDS: Duration = Duration::from_secs(60);

/// A list to choose from.
#[derive(Debug)]
pub struct Menu<T> {
    /// The rows: in the portal's order when it was just asked, in the store's order when they come from there.
    pub value: Arc<Vec<T>>,
    /// When the portal said so.
    pub read_at: DateTime<Utc>,
    /// The portal gave no list now (it failed, or answered "nothing free"): this is the last good one.
    pub is_stale: bool,
}

impl<T> Clone for Menu<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            ..*self
        }
    }
}

/// Why there is no list, not even an old one.
#[derive(Debug, thiserror::Error)]
pub enum MenuError {
    /// The portal answered "nothing free" instead of a list: who is listed is not known, "any doctor" can be watched.
    #[error("the portal lists nothing while nothing is free")]
    Nothing,
    /// The portal gave no answer.
    #[error("could not look: {0:?}")]
    CouldNotLook(Failure),
    /// The portal gave no answer, and the last good copy could not be read.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Lists for menus, shared by all who hold a clone. Presses that want the same list wait for one request.
#[derive(Clone)]
pub struct Menus {
    api: Api,
    store: Store,
    patience: Duration,
    districts: Shelf<Districts>,
    lpus: Shelf<Lpus>,
    lpus_of: Shelf<LpusOf>,
    one_lpu: Shelf<OneLpu>,
    specialties: Shelf<SpecialtiesOf>,
    doctors: Shelf<DoctorsOf>,
}

type Shelf<L> = Cache<L, Answer<L>>;

/// A good answer about a list.
#[derive(Debug)]
struct Answer<L: List> {
    rows: Arc<Vec<L::Row>>,
    read_at: DateTime<Utc>,
}

/// Why the portal gave no list; what callers that waited together share.
#[derive(Debug, Clone, Copy)]
enum Miss {
    NothingFree,
    Failed(Failure),
}

impl Menus {
    /// Menus over this client and this store, with nothing in memory yet.
    pub fn new(api: Api, store: Store) -> Self {
        Self {
            api,
            store,
            patience: PATIENCE,
            districts: shelf(),
            lpus: shelf(),
            lpus_of: shelf(),
            one_lpu: shelf(),
            specialties: shelf(),
            doctors: shelf(),
        }
    }

    /// The same menus, waiting at most `patience` for each list.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Reads what every conversation begins with, so that the first person need not wait. Failures are logged.
    pub async fn warm(&self) {
        let _ = self.districts().await;
        let _ = self.lpus().await;
    }

    /// The city's districts.
    ///
    /// # Errors
    /// As [`Menus::specialties`].
    pub async fn districts(&self) -> Result<Menu<District>, MenuError> {
        self.read(&self.districts, Districts, self.deadline()).await
    }

    /// All Lpus of the city.
    ///
    /// # Errors
    /// As [`Menus::specialties`].
    pub async fn lpus(&self) -> Result<Menu<Lpu>, MenuError> {
        self.read(&self.lpus, Lpus, self.deadline()).await
    }

    /// Lpus of a district; empty for one the portal does not know.
    ///
    /// # Errors
    /// As [`Menus::specialties`].
    pub async fn lpus_of(&self, district: &DistrictId) -> Result<Menu<Lpu>, MenuError> {
        let list = LpusOf(district.clone());
        self.read(&self.lpus_of, list, self.deadline()).await
    }

    /// One Lpu.
    ///
    /// # Errors
    /// As [`Menus::specialties`].
    pub async fn lpu(&self, lpu: LpuId) -> Result<Dated<Lpu>, MenuError> {
        let deadline = self.deadline();
        let one = self.read(&self.one_lpu, OneLpu(lpu), deadline).await;
        if !matches!(&one, Ok(menu) if !menu.is_stale) {
            // Nobody ever recorded an answer about one Lpu: what it does not tell, the whole list may.
            let all = self.read(&self.lpus, Lpus, deadline).await;
            let found = all.ok().filter(|all| !all.is_stale);
            if let Some(found) = found.and_then(|all| pick(&all, lpu)) {
                return Ok(found);
            }
        }
        let nothing = MenuError::CouldNotLook(Failure {
            kind: FailureKind::Gone,
            code: None,
        });
        pick(&one?, lpu).ok_or(nothing)
    }

    /// Specialties of an Lpu.
    ///
    /// # Errors
    /// Only when there is not even an old copy: [`MenuError::Nothing`] and [`MenuError::CouldNotLook`] by what the
    /// portal said, [`MenuError::Store`] when the copy cannot be read.
    pub async fn specialties(&self, lpu: LpuId) -> Result<Menu<Specialty>, MenuError> {
        let list = SpecialtiesOf(lpu);
        self.read(&self.specialties, list, self.deadline()).await
    }

    /// Doctors of a department.
    ///
    /// # Errors
    /// As [`Menus::specialties`].
    pub async fn doctors(&self, department: &Department) -> Result<Menu<Doctor>, MenuError> {
        let list = DoctorsOf(department.clone());
        self.read(&self.doctors, list, self.deadline()).await
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.patience
    }

    async fn read<L: List>(
        &self,
        shelf: &Shelf<L>,
        list: L,
        deadline: Instant,
    ) -> Result<Menu<L::Row>, MenuError> {
        let young = shelf.try_get_with(list.clone(), self.young(shelf, &list));
        let miss = match timeout_at(deadline.into(), young).await {
            Ok(Ok(answer)) => {
                return Ok(Menu {
                    value: answer.rows,
                    read_at: answer.read_at,
                    is_stale: false,
                });
            }
            Ok(Err(miss)) => *miss,
            Err(_) => {
                tracing::info!(?list, "a menu waited too long for the portal");
                Miss::Failed(Failure {
                    kind: FailureKind::Unreachable,
                    code: None,
                })
            }
        };
        match (list.stored(&self.store).await?, miss) {
            (Some(Dated { value, read_at }), _) if !value.is_empty() => Ok(Menu {
                value: Arc::new(value),
                read_at,
                is_stale: true,
            }),
            (_, Miss::NothingFree) => Err(MenuError::Nothing),
            (_, Miss::Failed(failure)) => Err(MenuError::CouldNotLook(failure)),
        }
    }

    /// A copy young enough from the store (the other process reads too, and this one may just have started), else
    /// the portal's answer.
    async fn young<L: List>(&self, shelf: &Shelf<L>, list: &L) -> Result<Answer<L>, Miss> {
        match list.stored(&self.store).await {
            Ok(Some(Dated { value, read_at })) if !value.is_empty() => {
                let answer = Answer {
                    rows: Arc::new(value),
                    read_at,
                };
                if answer.holds_for(Utc::now()) > Duration::ZERO {
                    return Ok(answer);
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(?list, %error, "the store's copy of a list cannot be read")
            }
        }
        if self.api.held_until().is_some() {
            // The answer is known: nobody should queue for it.
            return Err(Miss::Failed(Failure {
                kind: FailureKind::TooMany,
                code: None,
            }));
        }
        let turn = self.api.turn().await;
        // From here a task of its own: when nobody waits any longer, the answer still comes and serves the next press.
        let (api, store) = (self.api.clone(), self.store.clone());
        let (shelf, list) = (shelf.clone(), list.clone());
        let asking = tokio::spawn(async move {
            let read_at = Utc::now();
            let rows = list
                .fetch(&api, turn)
                .await
                .map_err(|error| miss(&list, &error))?;
            let answer = keep(&store, &list, rows, read_at).await;
            shelf.insert(list, answer.clone()).await;
            Ok(answer)
        });
        match asking.await {
            Ok(answer) => answer,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime is shutting down.
            Err(_) => Err(Miss::Failed(Failure {
                kind: FailureKind::Unreachable,
                code: None,
            })),
        }
    }
}

impl<L: List> Answer<L> {
    /// How much longer it is as good as a new one; zero when its time lies ahead, left there by a clock that jumped.
    fn holds_for(&self, now: DateTime<Utc>) -> Duration {
        let holds = if self.rows.is_empty() {
            EMPTY_HOLDS
        } else {
            L::HOLDS
        };
        let age = (now - self.read_at).to_std();
        age.map_or(Duration::ZERO, |age| holds.saturating_sub(age))
    }
}

impl<L: List> Clone for Answer<L> {
    fn clone(&self) -> Self {
        Self {
            rows: Arc::clone(&self.rows),
            read_at: self.read_at,
        }
    }
}

/// Keeps an answer in memory as long as it holds; one that came from the store is not young again.
struct WhileYoung;

impl<L: List> Expiry<L, Answer<L>> for WhileYoung {
    fn expire_after_create(&self, _: &L, answer: &Answer<L>, _: Instant) -> Option<Duration> {
        Some(answer.holds_for(Utc::now()))
    }

    fn expire_after_update(
        &self,
        _: &L,
        answer: &Answer<L>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(answer.holds_for(Utc::now()))
    }
}

fn shelf<L: List>() -> Shelf<L> {
    Cache::builder()
        .max_capacity(L::CAPACITY)
        .expire_after(WhileYoung)
        .build()
}

/// Puts a good answer into the store. An empty one is left out: it would hide the last list that says something.
async fn keep<L: List>(
    store: &Store,
    list: &L,
    rows: Vec<L::Row>,
    read_at: DateTime<Utc>,
) -> Answer<L> {
    if !rows.is_empty()
        && let Err(error) = list.save(store, rows.clone(), read_at).await
    {
        tracing::warn!(?list, %error, "a list cannot be kept in the store");
    }
    Answer {
        rows: Arc::new(rows),
        read_at,
    }
}

fn miss<L: List>(list: &L, error: &ApiError) -> Miss {
    match error.failure() {
        None => Miss::NothingFree,
        Some(failure) => {
            let error: &dyn std::error::Error = error;
            tracing::warn!(?list, error, "the portal gave no list");
            Miss::Failed(failure)
        }
    }
}

fn pick(menu: &Menu<Lpu>, lpu: LpuId) -> Option<Dated<Lpu>> {
    let value = menu.value.iter().find(|row| row.id == lpu)?.clone();
    Some(Dated {
        value,
        read_at: menu.read_at,
    })
}
