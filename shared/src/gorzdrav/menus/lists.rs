//! The lists behind menus: where each comes from, where it is kept, for how long it holds.

use crate::catalogue::{Dated, District, Doctor, Lpu, Specialty};
use crate::gorzdrav::{Api, ApiError, Turn};
use crate::ids::{Department, DistrictId, LpuId};
use crate::store::{Store, StoreError};
use chrono::{DateTime, Utc};
use std::fmt::Debug;
use std::hash::Hash;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// One list of the portal; the value names it.
pub(super) trait List: Clone + Debug + Eq + Hash + Send + Sync + 'static {
    /// What the list holds.
    type Row: Clone + Send + Sync + 'static;
    /// How long an answer is as good as a new one.
    const HOLDS: Duration;
    /// Lists of this kind kept in memory.
    const CAPACITY: u64;

    fn fetch(
        &self,
        api: &Api,
        turn: Turn,
    ) -> impl Future<Output = Result<Vec<Self::Row>, ApiError>> + Send;

    fn save(
        &self,
        store: &Store,
        rows: Vec<Self::Row>,
        read_at: DateTime<Utc>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    fn stored(
        &self,
        store: &Store,
    ) -> impl Future<Output = Result<Option<Dated<Vec<Self::Row>>>, StoreError>> + Send;
}

/// The city's districts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Districts;

impl List for Districts {
    type Row = District;
    const HOLDS: Duration = DAY;
    const CAPACITY: u64 = 1;

    async fn fetch(&self, api: &Api, turn: Turn) -> Result<Vec<District>, ApiError> {
        api.districts(turn).await
    }

    async fn save(
        &self,
        store: &Store,
        rows: Vec<District>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        store.save_districts(rows, read_at).await
    }

    async fn stored(&self, store: &Store) -> Result<Option<Dated<Vec<District>>>, StoreError> {
        store.districts().await
    }
}

/// All Lpus of the city.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Lpus;

impl List for Lpus {
    type Row = Lpu;
    const HOLDS: Duration = DAY;
    const CAPACITY: u64 = 1;

    async fn fetch(&self, api: &Api, turn: Turn) -> Result<Vec<Lpu>, ApiError> {
        api.lpus(turn).await
    }

    async fn save(
        &self,
        store: &Store,
        rows: Vec<Lpu>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        store.save_lpus(rows, read_at).await
    }

    async fn stored(&self, store: &Store) -> Result<Option<Dated<Vec<Lpu>>>, StoreError> {
        store.lpus().await
    }
}

/// Lpus of one district. What the store has of them comes from the list of the whole city too.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LpusOf(pub(super) DistrictId);

impl List for LpusOf {
    type Row = Lpu;
    const HOLDS: Duration = DAY;
    const CAPACITY: u64 = 100;

    async fn fetch(&self, api: &Api, turn: Turn) -> Result<Vec<Lpu>, ApiError> {
        api.lpus_of(turn, &self.0).await
    }

    async fn save(
        &self,
        store: &Store,
        rows: Vec<Lpu>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        store.save_lpus_of(self.0.clone(), rows, read_at).await
    }

    async fn stored(&self, store: &Store) -> Result<Option<Dated<Vec<Lpu>>>, StoreError> {
        store.lpus_of(&self.0).await
    }
}

/// One Lpu: a list of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct OneLpu(pub(super) LpuId);

impl List for OneLpu {
    type Row = Lpu;
    const HOLDS: Duration = DAY;
    const CAPACITY: u64 = 2_000;

    async fn fetch(&self, api: &Api, turn: Turn) -> Result<Vec<Lpu>, ApiError> {
        Ok(vec![api.lpu(turn, self.0).await?])
    }

    async fn save(
        &self,
        store: &Store,
        rows: Vec<Lpu>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for lpu in rows {
            store.save_lpu(lpu, read_at).await?;
        }
        Ok(())
    }

    async fn stored(&self, store: &Store) -> Result<Option<Dated<Vec<Lpu>>>, StoreError> {
        let lpu = store.lpu(self.0).await?;
        Ok(lpu.map(|Dated { value, read_at }| Dated {
            value: vec![value],
            read_at,
        }))
    }
}

/// Specialties of one Lpu.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SpecialtiesOf(pub(super) LpuId);

impl List for SpecialtiesOf {
    type Row = Specialty;
    const HOLDS: Duration = Duration::from_secs(10 * 60);
    const CAPACITY: u64 = 2_000;

    async fn fetch(&self, api: &Api, turn: Turn) -> Result<Vec<Specialty>, ApiError> {
        api.specialties(turn, self.0).await
    }

    async fn save(
        &self,
        store: &Store,
        rows: Vec<Specialty>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        store.save_specialties(self.0, rows, read_at).await
    }

    async fn stored(&self, store: &Store) -> Result<Option<Dated<Vec<Specialty>>>, StoreError> {
        store.specialties(self.0).await
    }
}

/// Doctors of one department. The pinger reads them too, and the store has what it read last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct DoctorsOf(pub(super) Department);

impl List for DoctorsOf {
    type Row = Doctor;
    const HOLDS: Duration = Duration::from_secs(2 * 60);
    const CAPACITY: u64 = 2_000;

    async fn fetch(&self, api: &Api, turn: Turn) -> Result<Vec<Doctor>, ApiError> {
        api.doctors(turn, &self.0).await
    }

    async fn save(
        &self,
        store: &Store,
        rows: Vec<Doctor>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        store.save_doctors(self.0.clone(), rows, read_at).await
    }

    async fn stored(&self, store: &Store) -> Result<Option<Dated<Vec<Doctor>>>, StoreError> {
        store.doctors(&self.0).await
    }
}
