//! Reads the real city from recordings: every clinic, with slots invented within the recorded counters.

use super::{Clinic, Desk, DistrictRow, Faults, LpuRow, Opening, Row, State, Ward};
use anyhow::Context;
use chrono::{DateTime, Days, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::clock::{from_wall, wall_date};
use shared::ids::{DoctorId, LpuId, SpecialtyId};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// What is answered where nothing was recorded: the clinic did not answer.
const NOT_RECORDED: i32 = 602;
/// Slots are spread no further ahead than this.
const HORIZON_DAYS: u64 = 30;
/// A reception day: 09:00 to 19:00 in steps of ten minutes.
const STEPS_A_DAY: u64 = 60;

#[derive(Deserialize)]
struct Answer<T> {
    result: Option<Vec<T>>,
    #[serde(rename = "errorCode", default)]
    code: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpecialtiesLine {
    lpu_id: u32,
    response: Answer<SpecialtyRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpecialtyRow {
    id: String,
    fer_id: Option<String>,
    name: String,
    count_free_participant: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DoctorsLine {
    lpu_id: u32,
    speciality_id: String,
    response: Answer<DoctorRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DoctorRow {
    id: String,
    name: Option<String>,
    aria_number: Option<String>,
    comment: Option<String>,
    free_participant_count: u32,
    free_ticket_count: u32,
    nearest_date: Option<String>,
    last_date: Option<String>,
}

/// The recorded city with its slots counted from `now`.
pub(super) fn load(dir: &Path, seed: u64, now: DateTime<Utc>) -> anyhow::Result<State> {
    let districts: Answer<DistrictRow> = read(&dir.join("shared_districts__2024-03.json"))?;
    let lpus: Answer<LpuRow> = read(&dir.join("shared_lpus__2024-03.json"))?;
    let mut clinics: BTreeMap<LpuId, Clinic> = BTreeMap::new();
    for row in lpus.result.context("no clinics recorded")? {
        let clinic = Clinic {
            row,
            departments: Vec::new(),
            desks: HashMap::new(),
            refusal: Some(NOT_RECORDED),
        };
        clinics.insert(clinic.id(), clinic);
    }
    for line in read_lines::<SpecialtiesLine>(&dir.join("crawl/specialties.ndjson"))? {
        if let Some(clinic) = clinics.get_mut(&LpuId(line.lpu_id)) {
            put_specialties(clinic, line.response);
        }
    }
    for line in read_lines::<DoctorsLine>(&dir.join("crawl/doctors.ndjson"))? {
        if let Some(clinic) = clinics.get_mut(&LpuId(line.lpu_id)) {
            put_doctors(clinic, &line.speciality_id, line.response, seed, now);
        }
    }
    Ok(State {
        districts: districts.result.context("no districts recorded")?,
        clinics,
        faults: Faults::default(),
        star: None,
        shift: TimeDelta::zero(),
    })
}

fn put_specialties(clinic: &mut Clinic, answer: Answer<SpecialtyRow>) {
    let Some(rows) = answer.result else {
        clinic.refusal = Some(answer.code);
        return;
    };
    clinic.refusal = None;
    clinic.departments = rows
        .into_iter()
        .map(|row| Ward {
            id: SpecialtyId(row.id),
            fer_id: row.fer_id,
            name: row.name,
            rows: Vec::new(),
            refusal: Some(NOT_RECORDED),
            recorded_free: row.count_free_participant,
        })
        .collect();
}

fn put_doctors(
    clinic: &mut Clinic,
    specialty: &str,
    answer: Answer<DoctorRow>,
    seed: u64,
    now: DateTime<Utc>,
) {
    let lpu = clinic.row.id;
    let ward = clinic
        .departments
        .iter_mut()
        .find(|ward| ward.id.0 == specialty);
    let Some(ward) = ward else { return };
    let Some(rows) = answer.result else {
        ward.refusal = Some(answer.code);
        return;
    };
    ward.refusal = None;
    for row in rows {
        let id = DoctorId(row.id.clone());
        clinic.desks.entry(id.clone()).or_insert_with(|| Desk {
            openings: invent(lpu, &row, seed, now),
            n_hidden: i64::from(row.free_ticket_count) - i64::from(row.free_participant_count),
            shown: None,
            deny_cause: None,
            room: None,
        });
        match ward.rows.iter_mut().find(|known| known.doctor == id) {
            Some(known) => known.n_lines += 1, // two real answers list a doctor twice
            None => ward.rows.push(Row {
                doctor: id,
                name: row.name,
                area: row.aria_number,
                comment: row.comment,
                n_lines: 1,
            }),
        }
    }
}

/// As many places as were counted, over as many days as lay between the first and the last one, from tomorrow on.
fn invent(
    lpu: u32,
    row: &DoctorRow,
    seed: u64,
    now: DateTime<Utc>,
) -> BTreeMap<DateTime<Utc>, Opening> {
    let n_places = u64::from(row.free_participant_count);
    let date = |text: &Option<String>| {
        let text = text.as_deref()?.get(..19)?;
        text.parse::<NaiveDateTime>().ok()
    };
    let n_days = match (date(&row.nearest_date), date(&row.last_date)) {
        (Some(first), Some(last)) => (last - first).num_days().unsigned_abs() + 1,
        _ => 1,
    };
    let n_steps = n_days.min(HORIZON_DAYS) * STEPS_A_DAY;
    let mut hash = DefaultHasher::new();
    (seed, lpu, &row.id).hash(&mut hash);
    let offset = hash.finish() % STEPS_A_DAY;
    let mut openings = BTreeMap::new();
    for place in 0..n_places {
        // Spread evenly; when places outnumber the steps, several share a start.
        let step = match n_places > n_steps {
            true => place % n_steps,
            false => place * n_steps / n_places,
        };
        let (day, step) = (step / STEPS_A_DAY, (step + offset) % STEPS_A_DAY);
        let date = wall_date(now) + Days::new(1 + day);
        let minutes = 9 * 60 + step as u32 * 10;
        let time = NaiveTime::from_num_seconds_from_midnight_opt(minutes * 60, 0);
        let start = from_wall(date.and_time(time.unwrap_or(NaiveTime::MIN)));
        openings
            .entry(start)
            .or_insert(Opening {
                n_places: 0,
                minutes: 10,
            })
            .n_places += 1;
    }
    openings
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("opening {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("opening {}", path.display()))?;
    let lines = text.lines().enumerate();
    lines
        .map(|(n, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("reading line {} of {}", n + 1, path.display()))
        })
        .collect()
}
