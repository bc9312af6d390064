//! The city as the page lists it.

use super::Desk;
use crate::city::{City, Clinic, Fault, Row, Ward};
use axum::Json;
use axum::extract::{Query, State};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::ids::{DoctorId, DoctorRef, LpuId, Target};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Clinics listed at once; whoever looks for another one types its name.
const MAX_CLINICS: usize = 40;
/// Doctors listed at a clinic.
const MAX_DOCTORS: usize = 60;
/// Times listed of a doctor.
const MAX_TIMES: usize = 24;
/// Taken talons that can still be given back.
const MAX_TAKEN: usize = 200;
/// How late a slow clinic answers: long enough to be seen, short enough for the programs to wait.
const SLOW: Duration = Duration::from_secs(4);

/// How a clinic answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mood {
    /// As usual.
    Well,
    /// Takes requests and never answers.
    Silent,
    /// Answers late.
    Slow,
    /// Answers with an error.
    Broken,
}

impl Mood {
    pub(super) fn fault(self) -> Option<Fault> {
        match self {
            Self::Well => None,
            Self::Silent => Some(Fault::Silent),
            Self::Slow => Some(Fault::Slow(SLOW)),
            Self::Broken => Some(Fault::Status(502)),
        }
    }

    fn of(faults: &[Fault]) -> Self {
        match faults.last() {
            None => Self::Well,
            Some(Fault::Silent) => Self::Silent,
            Some(Fault::Slow(_)) => Self::Slow,
            Some(_) => Self::Broken,
        }
    }
}

/// Talons taken in the page, oldest first.
#[derive(Debug, Default)]
pub(super) struct Taken(VecDeque<(LpuId, DoctorId, DateTime<Utc>)>);

impl Taken {
    pub(super) fn add(&mut self, lpu: LpuId, doctor: DoctorId, start: DateTime<Utc>) {
        self.0.push_back((lpu, doctor, start));
        if self.0.len() > MAX_TAKEN {
            self.0.pop_front();
        }
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, lpu: LpuId, doctor: &DoctorId, start: DateTime<Utc>) -> bool {
        let mut all = self.0.iter();
        let place = all.position(|taken| (taken.0, &taken.1, taken.2) == (lpu, doctor, start));
        place.and_then(|place| self.0.remove(place)).is_some()
    }

    fn of(&self, lpu: LpuId, doctor: &DoctorId, now: DateTime<Utc>) -> BTreeSet<i64> {
        let theirs = self.0.iter();
        let theirs = theirs.filter(|taken| taken.0 == lpu && &taken.1 == doctor && taken.2 > now);
        theirs.map(|taken| taken.2.timestamp_millis()).collect()
    }
}

/// When a talon opens if nobody says: the day after tomorrow, from 10:20 on, at a time that is not free yet.
pub(super) fn usual_start(city: &City, lpu: LpuId, doctor: &DoctorId) -> DateTime<Utc> {
    let free = city.free(lpu, doctor);
    let mut start = city.wall(2, 10, 20);
    while free.contains(&start) {
        start += TimeDelta::minutes(15);
    }
    start
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Words that names must hold.
    #[serde(default)]
    q: String,
    /// Clinics shown with their doctors: ids with commas between them.
    #[serde(default)]
    open: String,
}

pub(super) async fn city(State(desk): State<Arc<Desk>>, Query(asked): Query<Asked>) -> Json<Value> {
    let watched = desk.store.watched(Utc::now()).await.unwrap_or_default(); // busy: the next look shows it
    let watched: BTreeSet<Target> = watched.into_iter().map(|watched| watched.target).collect();
    let view = View {
        words: words(&asked.q),
        open: asked
            .open
            .split(',')
            .filter_map(|id| id.parse().ok().map(LpuId))
            .collect(),
        watched,
    };
    Json(view.show(&desk))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

fn holds(words: &[String], texts: &[&str]) -> bool {
    let texts = texts.join(" ").to_lowercase();
    words.iter().all(|word| texts.contains(word))
}

/// What of the city is shown.
struct View {
    words: Vec<String>,
    open: BTreeSet<LpuId>,
    watched: BTreeSet<Target>,
}

impl View {
    fn show(&self, desk: &Desk) -> Value {
        let star = desk.city.star().ok();
        let state = desk.city.lock();
        let now = state.now();
        let (mut shown, mut n_more) = (Vec::new(), 0);
        // Where somebody waits comes first.
        let mut clinics: Vec<_> = state
            .clinics
            .values()
            .filter(|clinic| self.has(clinic))
            .collect();
        clinics.sort_by_key(|clinic| !self.is_watched(clinic.id()));
        for clinic in clinics {
            if shown.len() == MAX_CLINICS {
                n_more += 1;
                continue;
            }
            let mood = Mood::of(&state.faults.of_lpu(clinic.id()));
            shown.push(self.clinic(desk, clinic, mood, now));
        }
        json!({
            "shift": state.shift.num_seconds(),
            "clinics": shown,
            "more": n_more,
            "star": star.map(|star| json!({
                "district": star.district, "clinic": star.clinic, "specialty": star.specialty,
                "name": star.name, "lpu": star.doctor.lpu,
            })),
        })
    }

    fn is_watched(&self, lpu: LpuId) -> bool {
        self.watched
            .iter()
            .any(|target| target.department.lpu == lpu)
    }

    fn has(&self, clinic: &Clinic) -> bool {
        let row = &clinic.row;
        let own = [&*row.district_name, &row.lpu_short_name, &row.lpu_full_name];
        holds(&self.words, &own) || self.found(clinic).next().is_some()
    }

    /// Doctors who are looked for, each once.
    fn found<'a>(&'a self, clinic: &'a Clinic) -> impl Iterator<Item = (&'a Ward, &'a Row)> {
        let wards = clinic.departments.iter();
        let rows = wards.flat_map(|ward| ward.rows.iter().map(move |row| (ward, row)));
        rows.filter(|(ward, row)| {
            let texts = [
                &*clinic.row.lpu_short_name,
                &ward.name,
                row.name.as_deref().unwrap_or_default(),
            ];
            !self.words.is_empty() && holds(&self.words, &texts)
        })
    }

    fn clinic(&self, desk: &Desk, clinic: &Clinic, mood: Mood, now: DateTime<Utc>) -> Value {
        let row = &clinic.row;
        let n_free: u32 = clinic.desks.values().map(|desk| desk.n_free(now)).sum();
        let n_doctors = clinic.desks.len();
        let is_open = self.open.contains(&clinic.id());
        let mut listed: Vec<(&Ward, &Row)> = match is_open {
            true => {
                let wards = clinic.departments.iter();
                wards
                    .flat_map(|ward| ward.rows.iter().map(move |row| (ward, row)))
                    .collect()
            }
            false => self.found(clinic).collect(),
        };
        listed.retain(|(_, row)| row.n_lines > 0);
        let n_listed = listed.len();
        listed.truncate(MAX_DOCTORS);
        let doctors = listed
            .into_iter()
            .map(|(ward, row)| self.doctor(desk, clinic, ward, row, now));
        json!({
            "id": row.id,
            "name": row.lpu_short_name.trim(),
            "full": row.lpu_full_name.trim(),
            "district": row.district_name.trim(),
            "mood": mood,
            "refusal": clinic.refusal,
            "free": n_free,
            "n_doctors": n_doctors,
            "watched": self.is_watched(clinic.id()),
            "open": is_open,
            "doctors": doctors.collect::<Vec<_>>(),
            "more": n_listed.saturating_sub(MAX_DOCTORS),
        })
    }

    fn doctor(
        &self,
        desk: &Desk,
        clinic: &Clinic,
        ward: &Ward,
        row: &Row,
        now: DateTime<Utc>,
    ) -> Value {
        let free = clinic.desks.get(&row.doctor);
        let n_free = free.map_or(0, |desk| desk.n_free(now));
        let times = free.into_iter().flat_map(|desk| desk.ahead(now));
        let times: Vec<_> = times
            .take(MAX_TIMES)
            .map(|(start, opening)| json!([start.timestamp_millis(), opening.n_places]))
            .collect();
        let target = |doctor| Target {
            department: shared::ids::Department {
                lpu: clinic.id(),
                specialty: ward.id.clone(),
            },
            doctor,
        };
        let watched = self.watched.contains(&target(Some(row.doctor.clone())))
            || self.watched.contains(&target(None));
        json!({
            "id": row.doctor.0,
            "name": row.name.as_deref().map(str::trim),
            "specialty": ward.name.trim(),
            "free": n_free,
            "times": times,
            "taken": desk.taken().of(clinic.id(), &row.doctor, now),
            "watched": watched,
        })
    }
}

/// The names a doctor is listed under: clinic, and the doctor's own; each empty when there is none.
pub(super) fn names(city: &City, doctor: &DoctorRef) -> (String, String) {
    let state = city.lock();
    let Some(clinic) = state.clinics.get(&doctor.lpu) else {
        return Default::default();
    };
    let rows = clinic.departments.iter().flat_map(|ward| &ward.rows);
    let mut theirs = rows.filter(|row| row.doctor == doctor.doctor);
    let name = theirs.next().and_then(|row| row.name.as_deref());
    let name = name.unwrap_or_default().trim().to_owned();
    (clinic.row.lpu_short_name.trim().to_owned(), name)
}

/// The name of a specialty at a clinic; empty when there is none.
pub(super) fn specialty(city: &City, lpu: LpuId, id: &str) -> String {
    let state = city.lock();
    let ward = state.clinics.get(&lpu).and_then(|clinic| clinic.ward(id));
    ward.map(|ward| ward.name.trim().to_owned())
        .unwrap_or_default()
}

/// The short name of a clinic; empty when there is none.
pub(super) fn clinic(city: &City, lpu: LpuId) -> String {
    let state = city.lock();
    let clinic = state.clinics.get(&lpu);
    clinic
        .map(|clinic| clinic.row.lpu_short_name.trim().to_owned())
        .unwrap_or_default()
}
