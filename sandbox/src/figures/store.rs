//! Section 3: what the store takes for its most frequent work, as the log of events grows.

use super::command;
use super::plot::{Axis, Plot, Scale, Series};
use super::report::{Goal, Home, Section, machine};
use super::stats::{Summary, readable};
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use shared::catalogue::{Counters, Doctor, Lpu, Specialty};
use shared::ids::{
    Department, DistrictId, DoctorId, DoctorRef, EventId, LpuId, SlotId, SpecialtyId, Target,
};
use shared::slot::Slot;
use shared::store::{ListLook, Look, Program, Store};
use std::fmt::Write as _;
use std::time::Instant;

const N_EVENTS: [u64; 3] = [1_000, 100_000, 10_000_000];
/// Every 99th percentile must stay below.
const PROMISE_MS: f64 = 10.0;

const N_CLINICS: usize = 100;
const N_DEPARTMENTS: usize = 500;
const DOCTORS_EACH: usize = 4;
const N_PEOPLE: usize = 500;
const WATCHES_EACH: usize = 20;
const N_SLOTS: usize = 70;
/// Samples of each kind of work.
const N_SAMPLES: usize = 400;
/// Doctors whose slots are recorded again and again unchanged.
const N_UNCHANGED: usize = 50;
const DAYS_OF_EVENTS: i64 = 180;

/// What is measured, in the order of the page.
const WORK: [&str; 5] = [
    "70 new slots of a doctor recorded",
    "70 unchanged slots of a doctor recorded",
    "50 × 70 unchanged slots of doctors recorded, handed over at once",
    "who must be told found",
    "`/status` of 20 watches read",
];

/// Milliseconds of each kind of work at one size.
struct Measured {
    n_events: u64,
    file_mib: f64,
    took: [Vec<f64>; WORK.len()],
}

/// Measures all sizes and writes the section.
///
/// # Errors
/// When a database cannot be made or the section cannot be written.
pub async fn run(home: &Home) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for n_events in N_EVENTS {
        all.push(measure(n_events, N_SAMPLES).await?);
    }
    write(home, &all)
}

async fn measure(n_events: u64, n_samples: usize) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir().context("making a folder for the database")?;
    let path = folder.path().join("talon.db");
    let store = Store::open(&path, Program::Pinger).await?;
    let now = Utc::now();
    let doctors = settle(&store, now).await?;
    let since = now - TimeDelta::days(DAYS_OF_EVENTS);
    store
        .fill_events(n_events, doctors.clone(), since, now)
        .await?;
    let file_mib = std::fs::metadata(&path)?.len() as f64 / f64::from(1 << 20);
    // One connection that has served no request yet would pay for reading the schema.
    let (_, through) = store.crowds(EventId(0), now).await?;
    let mut took: [Vec<f64>; WORK.len()] = Default::default();
    let mut through = through;
    let (unchanged, new) = doctors.split_at(N_UNCHANGED);
    for doctor in new.iter().take(n_samples) {
        took[0].push(record(&store, doctor, now).await?);
        let begun = Instant::now();
        let (crowds, last) = store.crowds(through, now).await?;
        took[3].push(ms(begun));
        anyhow::ensure!(!crowds.is_empty(), "nobody waits for {doctor:?}");
        through = last;
    }
    for doctor in unchanged {
        record(&store, doctor, now).await?;
    }
    for _ in 0..n_samples / 2 {
        for doctor in unchanged {
            took[1].push(record(&store, doctor, now).await?);
        }
        let begun = Instant::now();
        let all = unchanged.iter().map(|doctor| record(&store, doctor, now));
        futures::future::try_join_all(all).await?;
        took[2].push(ms(begun));
    }
    for number in 0..n_samples {
        let begun = Instant::now();
        let person = store
            .person(chat(number % N_PEOPLE))
            .await?
            .context("a person")?;
        let cards = store.watches(person.id, now).await?;
        store.heartbeat(Program::Pinger).await?;
        store.portal_hold().await?;
        took[4].push(ms(begun));
        anyhow::ensure!(cards.len() == WATCHES_EACH, "{} watches", cards.len());
    }
    Ok(Measured {
        n_events,
        file_mib,
        took,
    })
}

/// Records a look with all its slots; milliseconds.
async fn record(store: &Store, doctor: &DoctorRef, now: DateTime<Utc>) -> anyhow::Result<f64> {
    let slots = (0..N_SLOTS).map(|number| slot(number, now)).collect();
    let look = Look {
        doctor: doctor.clone(),
        begun_at: now,
        outcome: Ok(slots),
    };
    let begun = Instant::now();
    store.record_look(look, now).await?;
    Ok(ms(begun))
}

/// A city with its names, and people who wait in it. Its doctors; somebody waits for each of them.
async fn settle(store: &Store, now: DateTime<Utc>) -> anyhow::Result<Vec<DoctorRef>> {
    let mut targets = Vec::new();
    let lpus = (0..N_CLINICS).map(|number| Lpu {
        id: lpu(number),
        district: DistrictId("1".to_owned()),
        short_name: format!("ГП №{number}"),
        full_name: format!("Городская поликлиника №{number}"),
        kind: None,
        address: None,
        phone: None,
        mis: None,
        is_active: true,
    });
    store.save_lpus(lpus.collect(), now).await?;
    for number in 0..N_CLINICS {
        let wards = (number..N_DEPARTMENTS)
            .step_by(N_CLINICS)
            .map(|ward| Specialty {
                id: specialty(ward),
                fer_id: None,
                name: format!("Отделение {ward}"),
                counters: Counters::default(),
            });
        store
            .save_specialties(lpu(number), wards.collect(), now)
            .await?;
    }
    for ward in 0..N_DEPARTMENTS {
        let department = Department {
            lpu: lpu(ward % N_CLINICS),
            specialty: specialty(ward),
        };
        let doctors = (0..DOCTORS_EACH).map(|place| Doctor {
            id: DoctorId(format!("{}", ward * DOCTORS_EACH + place)),
            name: Some(format!("Доктор {place} отделения {ward}")),
            area: None,
            comment: None,
            counters: Counters::default(),
        });
        let doctors: Vec<_> = doctors.collect();
        targets.extend(doctors.iter().map(|doctor| Target {
            department: department.clone(),
            doctor: Some(doctor.id.clone()),
        }));
        let list = ListLook {
            department,
            begun_at: now,
            outcome: Ok(Some(doctors)),
        };
        store.record_list(list, now).await?;
    }
    let people = (0..N_PEOPLE).map(|person| {
        let watches = (0..WATCHES_EACH).map(|watch| person * WATCHES_EACH + watch);
        let targets = watches.map(|watch| targets[watch % targets.len()].clone());
        (chat(person), targets.collect())
    });
    store.fill_watches(people.collect(), now).await?;
    Ok(targets.iter().filter_map(Target::doctor_ref).collect())
}

fn lpu(number: usize) -> LpuId {
    LpuId(u32::try_from(number).unwrap_or(u32::MAX))
}

fn specialty(number: usize) -> SpecialtyId {
    SpecialtyId(number.to_string())
}

fn chat(person: usize) -> i64 {
    i64::try_from(person).unwrap_or(i64::MAX).saturating_add(1)
}

fn slot(number: usize, now: DateTime<Utc>) -> Slot {
    let minutes = i64::try_from(number).unwrap_or_default() * 15;
    let start = now + TimeDelta::days(3) + TimeDelta::minutes(minutes);
    Slot {
        start,
        end: start + TimeDelta::minutes(15),
        id: SlotId(format!("slot-{number}")),
        room: Some("435".to_owned()),
        address: None,
        number: Some(number.to_string()),
        n_places: 1,
    }
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

fn write(home: &Home, all: &[Measured]) -> anyhow::Result<()> {
    let mut section = Section::new(
        home,
        3,
        "store",
        "The store as its log grows",
        &command("store"),
    );
    let n_watches = readable((N_PEOPLE * WATCHES_EACH) as f64);
    let n_doctors = readable((N_DEPARTMENTS * DOCTORS_EACH) as f64);
    section.say(&format!(
        "One real file with {n_watches} watches of {N_PEOPLE} people for {n_doctors} doctors, and an event log of each size spread over \
{DAYS_OF_EVENTS} days; every write is a transaction with `synchronous=FULL`. {}. \"Who must be told\" asks for the people who wait for the 70 talons \
recorded just before; `/status` reads what the bot does for its message. Samples that the disk held up are in it.",
        machine()
    ));
    let mut text = "events,work,ms\n".to_owned();
    let mut rows = Vec::new();
    for measured in all {
        for (work, took) in WORK.iter().zip(&measured.took) {
            for took in took {
                let _ = writeln!(text, "{},{work},{took:.3}", measured.n_events);
            }
            rows.push(row(measured, work, took));
        }
    }
    section.keep("store.csv.gz", &text)?;
    let samples = ["store.csv.gz"];
    let columns = [
        "events",
        "file, MiB",
        "work",
        "n",
        "p50, ms",
        "p99, ms",
        "mean, ms",
        "max, ms",
    ];
    section.table("Milliseconds", &columns, &rows, &samples);
    let line = |number: usize| Series {
        name: WORK[number].replace('`', ""),
        points: all
            .iter()
            .map(|measured| {
                (
                    measured.n_events as f64,
                    Summary::of(&measured.took[number]).p99,
                )
            })
            .collect(),
        is_marked: true,
    };
    let plot = Plot {
        title: "99th percentile by the number of events".to_owned(),
        x: Axis {
            label: "events",
            scale: Scale::Log,
        },
        y: Axis {
            label: "ms",
            scale: Scale::Linear,
        },
        series: (0..WORK.len()).map(line).collect(),
    };
    section.plot("store.svg", &plot, &samples)?;
    goals(&mut section, all);
    section.publish()
}

fn row(measured: &Measured, work: &str, took: &[f64]) -> Vec<String> {
    let of = Summary::of(took);
    let figures = [of.p50, of.p99, of.mean, of.max].map(readable);
    let head = [
        readable(measured.n_events as f64),
        readable(measured.file_mib),
        work.to_owned(),
        readable(of.n as f64),
    ];
    head.into_iter().chain(figures).collect()
}

fn goals(section: &mut Section, all: &[Measured]) {
    let (Some(small), Some(large)) = (all.first(), all.last()) else {
        return;
    };
    let allowed = (large.n_events as f64).ln() / (small.n_events as f64).ln();
    for (number, work) in WORK.iter().enumerate() {
        let (small, large) = (
            Summary::of(&small.took[number]),
            Summary::of(&large.took[number]),
        );
        section.goal(Goal::at_most(
            &format!("{work}: p99 < 10 ms at 10⁷ events"),
            large.p99,
            PROMISE_MS,
            "ms",
        ));
        let promise = format!(
            "{work}: p50 at 10⁷ events ≤ {} × that at 10³ (logarithmic)",
            readable(allowed)
        );
        section.goal(Goal::at_most(&promise, large.p50 / small.p50, allowed, "×"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_small_log_is_measured() {
        let measured = measure(2_000, 10).await.unwrap();
        let n = measured.took.each_ref().map(Vec::len);
        assert_eq!(n, [10, 5 * N_UNCHANGED, 5, 10, 10]);
        assert!(measured.took.iter().flatten().all(|took| *took > 0.0));
    }
}
