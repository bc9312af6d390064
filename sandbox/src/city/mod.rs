//! The city: districts, clinics, doctors, and the talons that open and go.

mod clinic;
mod fault;
mod grown;
mod invented;
mod recorded;

pub(crate) use clinic::{Clinic, Desk, Mis, Opening, Row, Ward};
pub use clinic::{DistrictRow, LpuRow};
pub(crate) use fault::Faults;
pub use fault::{Endpoint, Fault, FaultId, Scope};

use anyhow::Context;
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use shared::clock::{from_wall, wall_date};
use shared::ids::{Department, DoctorId, DoctorRef, LpuId, SpecialtyId};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How long a visit lasts when nobody says.
const VISIT_MINUTES: u16 = 15;

/// A handle to one city; clones share it.
#[derive(Debug, Clone)]
pub struct City(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) districts: Vec<DistrictRow>,
    pub(crate) clinics: BTreeMap<LpuId, Clinic>,
    pub(crate) faults: Faults,
    /// Whom the scene waits for.
    star: Option<DoctorRef>,
    /// How far the city's clock is ahead of ours.
    pub(crate) shift: TimeDelta,
}

/// A doctor with the names a person sees on the way to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whom {
    /// District's name.
    pub district: String,
    /// Clinic's short name, trimmed.
    pub clinic: String,
    /// Specialty's name, trimmed.
    pub specialty: String,
    /// Doctor's name, trimmed; `None` at some clinics.
    pub name: Option<String>,
    /// Where they are listed.
    pub department: Department,
    /// Who they are.
    pub doctor: DoctorRef,
    /// Free places now.
    pub n_free: u32,
}

impl City {
    /// The small invented city.
    ///
    /// # Errors
    /// When the embedded `data/city.json` does not read, a mistake of ours.
    pub fn invented() -> anyhow::Result<Self> {
        Ok(Self::of(invented::load(Utc::now())?))
    }

    /// The real clinics as recorded in `dir`, with slots invented within the recorded counters; `seed` decides where they fall.
    ///
    /// # Errors
    /// When a recording is missing or does not read.
    pub fn recorded(dir: &Path, seed: u64) -> anyhow::Result<Self> {
        Ok(Self::of(recorded::load(dir, seed, Utc::now())?))
    }

    /// A city of any size, with departments and doctors dealt out evenly and nothing free; for measurements.
    pub fn grown(n_clinics: u32, n_departments: u32, n_doctors: u32) -> Self {
        Self::of(grown::grow(n_clinics, n_departments, n_doctors))
    }

    fn of(state: State) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            changed: watch::Sender::new(0),
        }))
    }

    /// The city's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.lock().now()
    }

    /// Moves the city's clock. The programs' clocks stay where they are.
    pub fn step_time(&self, by: TimeDelta) {
        self.change(|state| state.shift += by);
    }

    /// Lets time pass in the city: talons whose time has come are free no more, and with every midnight each doctor who
    /// has talons ahead opens one more day, like their last one. The programs' clocks stay where they are.
    pub fn pass(&self, by: TimeDelta) {
        self.change(|state| {
            let today = wall_date(state.now());
            state.shift += by;
            let now = state.now();
            let n_days = (wall_date(now) - today).num_days();
            let desks = state.clinics.values_mut();
            for desk in desks.flat_map(|clinic| clinic.desks.values_mut()) {
                for _ in 0..n_days {
                    desk.open_day();
                }
                desk.openings = desk.openings.split_off(&now);
            }
        });
    }

    /// An instant so many days from the city's today, at a wall-clock time of St. Petersburg.
    pub fn wall(&self, days: u64, hour: u32, minute: u32) -> DateTime<Utc> {
        let date = wall_date(self.now()) + Days::new(days);
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or(NaiveTime::MIN);
        from_wall(date.and_time(time))
    }

    /// A number that grows with every change; for those who show the city live.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// One more free place at this start: a new talon, or somebody cancelled theirs.
    ///
    /// # Errors
    /// When there is no such doctor.
    pub fn open_slot(
        &self,
        lpu: LpuId,
        doctor: &DoctorId,
        start: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        self.desk(lpu, doctor, |desk| {
            let opening = desk.openings.entry(start).or_insert(Opening {
                n_places: 0,
                minutes: VISIT_MINUTES,
            });
            opening.n_places += 1;
        })
    }

    /// Somebody books one place at this start; whether there was one.
    ///
    /// # Errors
    /// When there is no such doctor.
    pub fn take_slot(
        &self,
        lpu: LpuId,
        doctor: &DoctorId,
        start: DateTime<Utc>,
    ) -> anyhow::Result<bool> {
        self.desk(lpu, doctor, |desk| {
            let Some(opening) = desk.openings.get_mut(&start) else {
                return false;
            };
            opening.n_places -= 1;
            if opening.n_places == 0 {
                desk.openings.remove(&start);
            }
            true
        })
    }

    /// Somebody cancels their visit: the place is free again.
    ///
    /// # Errors
    /// When there is no such doctor.
    pub fn cancel(
        &self,
        lpu: LpuId,
        doctor: &DoctorId,
        start: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        self.open_slot(lpu, doctor, start)
    }

    /// Everything of a doctor is booked at once.
    ///
    /// # Errors
    /// When there is no such doctor.
    pub fn take_all(&self, lpu: LpuId, doctor: &DoctorId) -> anyhow::Result<()> {
        self.desk(lpu, doctor, |desk| desk.openings.clear())
    }

    /// Starts that are free and ahead, soonest first; empty also when there is no such doctor.
    pub fn free(&self, lpu: LpuId, doctor: &DoctorId) -> Vec<DateTime<Utc>> {
        let state = self.lock();
        let now = state.now();
        let desk = state
            .clinics
            .get(&lpu)
            .and_then(|clinic| clinic.desks.get(doctor));
        desk.map(|desk| desk.ahead(now).map(|(start, _)| *start).collect())
            .unwrap_or_default()
    }

    /// Makes the lists show this counter for a doctor, whatever is free; `None` = the truth again.
    ///
    /// # Errors
    /// When there is no such doctor.
    pub fn set_counter(
        &self,
        lpu: LpuId,
        doctor: &DoctorId,
        shown: Option<u32>,
    ) -> anyhow::Result<()> {
        self.desk(lpu, doctor, |desk| desk.shown = shown)
    }

    /// Closes every day of a doctor's timetable with these words; `None` opens them.
    ///
    /// # Errors
    /// When there is no such doctor.
    pub fn deny(&self, lpu: LpuId, doctor: &DoctorId, cause: Option<&str>) -> anyhow::Result<()> {
        self.desk(lpu, doctor, |desk| {
            desk.deny_cause = cause.map(str::to_owned);
        })
    }

    /// Lists a doctor so many times in every department they work in; 0 = not at all, 1 = as usual.
    ///
    /// # Errors
    /// When there is no such doctor.
    pub fn list_times(&self, lpu: LpuId, doctor: &DoctorId, n_lines: u8) -> anyhow::Result<()> {
        self.rows(lpu, doctor, |row| row.n_lines = n_lines)
    }

    /// Changes the name a doctor is listed under.
    ///
    /// # Errors
    /// When there is no such doctor.
    pub fn rename(&self, lpu: LpuId, doctor: &DoctorId, name: Option<&str>) -> anyhow::Result<()> {
        self.rows(lpu, doctor, |row| row.name = name.map(str::to_owned))
    }

    /// Puts this behind every name, address, telephone number and remark of the city.
    pub fn spoil_names(&self, with: &str) {
        let spoil = |text: &mut String| text.push_str(with);
        self.change(|state| {
            for district in &mut state.districts {
                spoil(&mut district.name);
            }
            for clinic in state.clinics.values_mut() {
                let row = &mut clinic.row;
                spoil(&mut row.district_name);
                spoil(&mut row.lpu_short_name);
                spoil(&mut row.lpu_full_name);
                let more = [&mut row.lpu_type, &mut row.address, &mut row.phone];
                more.into_iter().flatten().for_each(spoil);
                for ward in &mut clinic.departments {
                    spoil(&mut ward.name);
                    let rows = ward.rows.iter_mut();
                    rows.flat_map(|row| [&mut row.name, &mut row.area, &mut row.comment])
                        .flatten()
                        .for_each(spoil);
                }
                let desks = clinic.desks.values_mut();
                desks
                    .flat_map(|desk| [&mut desk.room, &mut desk.deny_cause])
                    .flatten()
                    .for_each(spoil);
            }
        });
    }

    /// The clinic changed its information system overnight: every specialty and doctor has another id.
    ///
    /// # Errors
    /// When there is no such clinic.
    pub fn renumber(&self, lpu: LpuId) -> anyhow::Result<()> {
        self.clinic(lpu, |clinic| {
            let renamed = |id: &str| format!("n-{id}");
            for ward in &mut clinic.departments {
                ward.id = SpecialtyId(renamed(&ward.id.0));
                for row in &mut ward.rows {
                    row.doctor = DoctorId(renamed(&row.doctor.0));
                }
            }
            let desks = std::mem::take(&mut clinic.desks);
            clinic.desks = desks
                .into_iter()
                .map(|(id, desk)| (DoctorId(renamed(&id.0)), desk))
                .collect();
        })
    }

    /// Makes a department refuse its list with this code; `None` = it answers again.
    ///
    /// # Errors
    /// When there is no such department.
    pub fn refuse(&self, department: &Department, code: Option<i32>) -> anyhow::Result<()> {
        self.clinic(department.lpu, |clinic| {
            let ward = clinic.ward_mut(&department.specialty);
            ward.map(|ward| ward.refusal = code)
        })?
        .context("no such department in the city")
    }

    /// Spoils answers in this scope until it is cleared. Of two faults that fit, the one set last is met.
    pub fn fault(&self, scope: Scope, fault: Fault) -> FaultId {
        self.change(|state| state.faults.add(scope, fault, None))
    }

    /// Spoils the next `n` answers in this scope.
    pub fn fault_times(&self, scope: Scope, fault: Fault, n: usize) -> FaultId {
        self.change(|state| state.faults.add(scope, fault, Some(n)))
    }

    /// Ends one fault.
    pub fn clear(&self, fault: FaultId) {
        self.change(|state| state.faults.clear(fault));
    }

    /// Ends the faults set for one clinic.
    pub fn clear_lpu(&self, lpu: LpuId) {
        self.change(|state| state.faults.clear_lpu(lpu));
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.change(|state| state.faults.clear_all());
    }

    /// Faults set for this clinic.
    pub fn faults_of(&self, lpu: LpuId) -> Vec<Fault> {
        self.lock().faults.of_lpu(lpu)
    }

    /// The districts, as the portal lists them.
    pub fn districts(&self) -> Vec<DistrictRow> {
        self.lock().districts.clone()
    }

    /// The clinics, by id.
    pub fn clinics(&self) -> Vec<LpuRow> {
        let state = self.lock();
        state
            .clinics
            .values()
            .map(|clinic| clinic.row.clone())
            .collect()
    }

    /// Doctors listed at a clinic, in its order; one listed in two departments comes twice.
    pub fn doctors(&self, lpu: LpuId) -> Vec<Whom> {
        let state = self.lock();
        let clinic = state.clinics.get(&lpu);
        clinic
            .map(|clinic| whom(clinic, state.now()).collect())
            .unwrap_or_default()
    }

    /// Whom the scene waits for: a doctor with nothing free at a clinic that answers.
    ///
    /// # Errors
    /// When everybody in the city has something free.
    pub fn star(&self) -> anyhow::Result<Whom> {
        let state = self.lock();
        let now = state.now();
        let mut all = state.clinics.values().flat_map(|clinic| whom(clinic, now));
        let wanted = |found: &Whom| match &state.star {
            Some(star) => &found.doctor == star,
            // Names are also rooms, notices and lists of streets.
            None => found.n_free == 0 && found.name.as_ref().is_some_and(|name| is_person(name)),
        };
        all.find(wanted)
            .context("no doctor of the city has nothing free")
    }

    /// A listed doctor whose name holds this text.
    ///
    /// # Errors
    /// When there is none.
    pub fn doctor_named(&self, part: &str) -> anyhow::Result<Whom> {
        let state = self.lock();
        let now = state.now();
        let mut all = state.clinics.values().flat_map(|clinic| whom(clinic, now));
        all.find(|whom| whom.name.as_deref().is_some_and(|name| name.contains(part)))
            .with_context(|| format!("no doctor named {part} in the city"))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.0.changed.send_modify(|n| *n += 1);
        result
    }

    fn clinic<T>(&self, lpu: LpuId, change: impl FnOnce(&mut Clinic) -> T) -> anyhow::Result<T> {
        self.change(|state| state.clinics.get_mut(&lpu).map(change))
            .with_context(|| format!("no clinic {lpu} in the city"))
    }

    fn desk<T>(
        &self,
        lpu: LpuId,
        doctor: &DoctorId,
        change: impl FnOnce(&mut Desk) -> T,
    ) -> anyhow::Result<T> {
        self.clinic(lpu, |clinic| clinic.desks.get_mut(doctor).map(change))?
            .with_context(|| format!("no doctor {doctor} at clinic {lpu}"))
    }

    fn rows(
        &self,
        lpu: LpuId,
        doctor: &DoctorId,
        mut change: impl FnMut(&mut Row),
    ) -> anyhow::Result<()> {
        let n_changed = self.clinic(lpu, |clinic| {
            let rows = clinic
                .departments
                .iter_mut()
                .flat_map(|ward| &mut ward.rows);
            rows.filter(|row| &row.doctor == doctor)
                .map(&mut change)
                .count()
        })?;
        anyhow::ensure!(n_changed > 0, "no doctor {doctor} at clinic {lpu}");
        Ok(())
    }
}

impl State {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.shift
    }
}

fn is_person(name: &str) -> bool {
    name.split(' ').count() == 3 && name.chars().all(|c| c == ' ' || c.is_alphabetic())
}

fn whom(clinic: &Clinic, now: DateTime<Utc>) -> impl Iterator<Item = Whom> {
    let wards = clinic.departments.iter();
    let wards = wards.filter(move |ward| clinic.refusal.is_none() && ward.refusal.is_none());
    wards.flat_map(move |ward| {
        let rows = ward.rows.iter().filter(|row| row.n_lines > 0);
        rows.map(move |row| Whom {
            district: clinic.row.district_name.trim().to_owned(),
            clinic: clinic.row.lpu_short_name.trim().to_owned(),
            specialty: ward.name.trim().to_owned(),
            name: row.name.as_deref().map(|name| name.trim().to_owned()),
            department: Department {
                lpu: clinic.id(),
                specialty: ward.id.clone(),
            },
            doctor: DoctorRef {
                lpu: clinic.id(),
                doctor: row.doctor.clone(),
            },
            n_free: clinic
                .desks
                .get(&row.doctor)
                .map_or(0, |desk| desk.n_free(now)),
        })
    })
}
