//! Reads the invented city of `data/city.json`.

use super::{Clinic, Desk, DistrictRow, Faults, LpuRow, Opening, Row, State, VISIT_MINUTES, Ward};
use anyhow::Context;
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use serde::Deserialize;
use shared::clock::{from_wall, wall_date};
use shared::ids::{DoctorId, DoctorRef, LpuId, SpecialtyId};
use std::collections::{BTreeMap, HashMap};

const CITY: &str = include_str!("../../../data/city.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCity {
    star: FileStar,
    districts: Vec<DistrictRow>,
    clinics: Vec<FileClinic>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileStar {
    lpu: u32,
    doctor: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileClinic {
    id: u32,
    district: String,
    mis: String,
    short: String,
    full: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    address: Option<String>,
    phone: Option<String>,
    /// Code its list of specialties always answers.
    refusal: Option<i32>,
    #[serde(default)]
    departments: Vec<FileDepartment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDepartment {
    id: String,
    fer: Option<String>,
    name: String,
    refusal: Option<i32>,
    #[serde(default)]
    doctors: Vec<FileDoctor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDoctor {
    id: String,
    name: Option<String>,
    area: Option<String>,
    comment: Option<String>,
    room: Option<String>,
    /// Tickets the internet cannot book.
    #[serde(default)]
    hidden: i64,
    deny: Option<String>,
    /// "+2 09:00", "+1 09:00-11:00/15", "+3 10:00 x2": days from today, a time or times in steps of minutes, places.
    #[serde(default)]
    free: Vec<String>,
}

/// The invented city with its slots counted from `now`.
pub(super) fn load(now: DateTime<Utc>) -> anyhow::Result<State> {
    let file: FileCity = serde_json::from_str(CITY).context("reading data/city.json")?;
    let mut clinics = BTreeMap::new();
    for clinic in file.clinics {
        let id = clinic.id;
        let read = read_clinic(clinic, &file.districts, now)
            .with_context(|| format!("clinic {id} of data/city.json"))?;
        clinics.insert(read.id(), read);
    }
    Ok(State {
        districts: file.districts,
        clinics,
        faults: Faults::default(),
        star: Some(DoctorRef {
            lpu: LpuId(file.star.lpu),
            doctor: DoctorId(file.star.doctor),
        }),
        shift: TimeDelta::zero(),
    })
}

fn read_clinic(
    file: FileClinic,
    districts: &[DistrictRow],
    now: DateTime<Utc>,
) -> anyhow::Result<Clinic> {
    let district = districts.iter().find(|row| row.id == file.district);
    let district = district.with_context(|| format!("district {}", file.district))?;
    let number: i64 = district.id.parse().context("a district's id")?;
    let mut desks = HashMap::new();
    let mut departments = Vec::new();
    for department in file.departments {
        let mut rows = Vec::new();
        for doctor in department.doctors {
            let id = DoctorId(doctor.id);
            let mut desk = Desk {
                n_hidden: doctor.hidden,
                deny_cause: doctor.deny,
                room: doctor.room,
                ..Desk::default()
            };
            for pattern in &doctor.free {
                let openings = read_pattern(pattern, now)
                    .with_context(|| format!("free times {pattern:?} of doctor {id}"))?;
                desk.openings.extend(openings);
            }
            desks.entry(id.clone()).or_insert(desk);
            rows.push(Row {
                doctor: id,
                name: doctor.name,
                area: doctor.area,
                comment: doctor.comment,
                n_lines: 1,
            });
        }
        departments.push(Ward {
            id: SpecialtyId(department.id),
            fer_id: department.fer,
            name: department.name,
            rows,
            refusal: department.refusal,
            recorded_free: 0,
        });
    }
    Ok(Clinic {
        row: LpuRow {
            covid_vaccination_ticket_count: None,
            covid_vaccination_ticket_receive_time: None,
            id: file.id,
            description: Some(file.mis),
            district: number,
            district_id: number,
            district_name: district.name.clone(),
            is_active: true,
            lpu_full_name: file.full,
            lpu_short_name: file.short,
            lpu_type: file.kind,
            oid: None,
            part_of: None,
            head_organization: Some(guid(file.id, 1)),
            organization: Some(guid(file.id, 2)),
            address: file.address,
            phone: file.phone,
            email: Some(format!("clinic{}@example.org", file.id)),
            longitude: None,
            latitude: None,
            covid_vaccination: false,
            in_depth_examination: false,
        },
        departments,
        desks,
        refusal: file.refusal,
    })
}

fn guid(id: u32, part: u32) -> String {
    format!("{id:08x}-0000-4000-8000-{part:012x}")
}

fn read_pattern(
    pattern: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<(DateTime<Utc>, Opening)>> {
    let mut words = pattern.split_whitespace();
    let days = words.next().and_then(|word| word.strip_prefix('+'));
    let days: u64 = days.context("no day")?.parse()?;
    let times = words.next().context("no time")?;
    let n_places = match words.next() {
        Some(word) => word.strip_prefix('x').context("not a count")?.parse()?,
        None => 1,
    };
    let (from, to, step) = match times.split_once('-') {
        Some((from, rest)) => {
            let (to, step) = rest.split_once('/').context("no step")?;
            (from, to, step.parse()?)
        }
        None => (times, times, VISIT_MINUTES),
    };
    anyhow::ensure!(step > 0 && n_places > 0, "nothing in it");
    let date = wall_date(now) + Days::new(days);
    let at = |time: &str| -> anyhow::Result<DateTime<Utc>> {
        Ok(from_wall(
            date.and_time(NaiveTime::parse_from_str(time, "%H:%M")?),
        ))
    };
    let (mut start, end) = (at(from)?, at(to)?);
    let mut openings = Vec::new();
    while start <= end {
        let opening = Opening {
            n_places,
            minutes: step,
        };
        openings.push((start, opening));
        start += TimeDelta::minutes(i64::from(step));
    }
    Ok(openings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_tells_days_times_and_places() {
        let now = "2026-03-02T21:30:00Z".parse().unwrap(); // 3 March, half past midnight, in St. Petersburg
        let show = |pattern: &str| {
            let read = read_pattern(pattern, now).unwrap();
            let shown = read
                .into_iter()
                .map(|(at, opening)| format!("{} x{}", at.format("%d %H:%M"), opening.n_places));
            shown.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(show("+1 09:00"), "04 06:00 x1");
        assert_eq!(
            show("+0 10:00-10:30/15 x2"),
            "03 07:00 x2, 03 07:15 x2, 03 07:30 x2"
        );
        for wrong in [
            "",
            "1 09:00",
            "+1",
            "+1 25:00",
            "+1 09:00-10:00",
            "+1 09:00-10:00/0",
        ] {
            assert!(read_pattern(wrong, now).is_err(), "{wrong}");
        }
    }
}
