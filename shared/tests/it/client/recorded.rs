//! Every recorded body reads to its right outcome. The recordings lie beside the project and are no part of it.

#![expect(
    clippy::print_stdout,
    reason = "the counts are for whoever runs the test"
)]

use super::outcome;
use serde_json::Value;
use shared::gorzdrav::{Endpoint, wire};
use shared::ids::LpuId;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Counts = BTreeMap<String, usize>;

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recorded");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("no recordings beside the project: nothing was checked against them");
    None
}

#[test]
fn the_crawl_reads_to_its_outcomes() {
    let Some(folder) = folder() else { return };
    let specialties = crawl(&folder.join("crawl/specialties.ndjson"), |body| {
        outcome(&wire::read_specialties(body))
    });
    println!("specialties: {specialties:?}");
    let want = [
        ("gone: 610", 1),
        ("gone: 645", 1),
        ("later: code 1", 14),
        ("later: code 602", 9),
        ("later: code 603", 1),
        ("nothing free", 4),
        ("ok", 254),
    ];
    assert_eq!(specialties, counts(&want));

    let doctors = crawl(&folder.join("crawl/doctors.ndjson"), |body| {
        outcome(&wire::read_doctors(body))
    });
    println!("doctors: {doctors:?}");
    assert_eq!(doctors, counts(&[("later: code 1", 40), ("ok", 1303)]));
}

#[test]
fn a_clock_reading_is_never_a_date_of_a_visit() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("crawl/doctors.ndjson")).unwrap();
    let (mut n_rows, mut n_clocks) = (0, 0);
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let body = line["response"].to_string();
        let Ok(doctors) = wire::read_doctors(body.as_bytes()) else {
            continue;
        };
        n_rows += doctors.len();
        for row in line["response"]["result"].as_array().unwrap() {
            let Some(date) = row["nearestDate"]
                .as_str()
                .filter(|date| date.contains('+'))
            else {
                continue;
            };
            n_clocks += 1;
            let doctor = doctors
                .iter()
                .find(|doctor| doctor.id.0 == row["id"])
                .unwrap();
            assert_eq!(doctor.counters.nearest, None, "{date}");
        }
    }
    println!("{n_rows} doctors, {n_clocks} of them with the clinic's clock for a date");
    assert!(n_clocks > 0);
}

#[test]
fn every_single_recording_reads_to_its_outcome() {
    let Some(folder) = folder() else { return };
    let mut counts = Counts::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let body = std::fs::read(&path).unwrap();
        let (kind, read) = read_by_name(&name, &body);
        let want = wanted(&name);
        assert_eq!(read, want, "{name}");
        *counts.entry(format!("{kind}: {read}")).or_default() += 1;
    }
    println!("{counts:?}");
}

/// The outcome the name of a recording tells.
fn wanted(name: &str) -> &'static str {
    match name {
        _ if name.contains("err39") => "0 rows",
        _ if name.contains("unknown-district") => "0 rows",
        _ if name.contains("err610") => "gone: 610",
        _ if name.contains("err1_") => "later: code 1",
        _ if name.contains("err602") => "later: code 602",
        _ if name.contains("660") => "later: code 660",
        _ if name.contains("676") => "later: code 676",
        _ if name.starts_with("patient") || name.starts_with("appointment_") => "never read",
        _ if name.contains("50-doctors") => "50 rows",
        _ if name.starts_with("shared_districts") => "18 rows",
        _ if name.starts_with("shared_lpus") => "551 rows",
        _ if name.starts_with("appointments_lpu1174") => "68 rows",
        _ if name.starts_with("timetable_lpu1174") => "22 rows",
        _ => "some rows",
    }
}

fn read_by_name(name: &str, body: &[u8]) -> (&'static str, String) {
    fn told<T: std::fmt::Debug>(read: &Result<Vec<T>, shared::gorzdrav::ApiError>) -> String {
        match read {
            Ok(rows) if [0, 18, 22, 50, 68, 551].contains(&rows.len()) => {
                format!("{} rows", rows.len())
            }
            Ok(_) => "some rows".to_owned(),
            failed => outcome(failed),
        }
    }
    if name.starts_with("patient") || name.starts_with("appointment_") {
        // Answers about persons and bookings: no read of ours asks for them.
        ("person", "never read".to_owned())
    } else if name.starts_with("shared_districts") {
        ("districts", told(&wire::read_districts(body)))
    } else if name.starts_with("shared_") {
        ("lpus", told(&wire::read_lpus(Endpoint::Lpus, body)))
    } else if name.starts_with("doctors") {
        ("doctors", told(&wire::read_doctors(body)))
    } else if name.starts_with("appointments") {
        ("slots", told(&wire::read_slots(body)))
    } else if name.starts_with("timetable") {
        ("timetable", told(&wire::read_timetable(body)))
    } else {
        ("specialties", told(&wire::read_specialties(body)))
    }
}

#[test]
fn each_clinic_of_a_list_reads_alone_too() {
    let Some(folder) = folder() else { return };
    let body = std::fs::read(folder.join("shared_lpus__2024-03.json")).unwrap();
    let lpus = wire::read_lpus(Endpoint::Lpus, &body).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    for (row, lpu) in body["result"].as_array().unwrap().iter().zip(lpus) {
        let alone = serde_json::json!({"success": true, "result": row}).to_string();
        let LpuId(id) = lpu.id;
        assert_eq!(
            wire::read_lpu(alone.as_bytes(), lpu.id).unwrap(),
            lpu,
            "{id}"
        );
    }
}

fn crawl(file: &Path, read: impl Fn(&[u8]) -> String) -> Counts {
    let mut counts = Counts::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let body = line["response"].to_string();
        *counts.entry(read(body.as_bytes())).or_default() += 1;
    }
    counts
}

fn counts(want: &[(&str, usize)]) -> Counts {
    want.iter().map(|&(name, n)| (name.to_owned(), n)).collect()
}
