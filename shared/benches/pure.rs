//! The pure parts every answer passes: reading a body, comparing slots, matching wishes.
//!
//! ```text
//! cargo bench -p shared
//! ```

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use divan::{Bencher, black_box};
use shared::clock::from_wall;
use shared::diff::{Known, diff};
use shared::gorzdrav::{Endpoint, wire};
use shared::ids::SlotId;
use shared::slot::Slot;
use shared::wish::{Hours, Wish};
use std::path::{Path, PathBuf};

fn main() {
    divan::main();
}

/// A Friday noon.
fn now() -> DateTime<Utc> {
    "2026-11-20T09:00:00Z".parse().expect("an instant")
}

fn slots(n: i64) -> Vec<Slot> {
    let first = now() + TimeDelta::hours(21);
    let starts = (0..n).map(|number| first + TimeDelta::minutes(15 * number));
    let slots = starts.map(|start| Slot {
        start,
        end: start + TimeDelta::minutes(15),
        id: SlotId(format!("{};п100.136", start.format("%d.%m.%Y;%H:%M"))),
        room: Some("435".to_owned()),
        address: None,
        number: None,
        n_places: 1,
    });
    slots.collect()
}

/// A recorded body when recordings lie beside the project, else one of ours.
fn body(recorded: &str, ours: &str) -> (PathBuf, Vec<u8>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let recorded = root.join("../shared/recorded").join(recorded);
    let ours = root.join("data/api").join(ours);
    let read = |path: PathBuf| std::fs::read(&path).ok().map(|body| (path, body));
    read(recorded)
        .or_else(|| read(ours))
        .expect("data/api is part of the project")
}

#[divan::bench]
fn read_all_clinics_of_the_city(bencher: Bencher) {
    let (path, body) = body("shared_lpus__2024-03.json", "lpus.json");
    let lpus = wire::read_lpus(Endpoint::Lpus, &body);
    assert!(lpus.is_ok(), "{}", path.display());
    bencher
        .counter(divan::counter::BytesCount::new(body.len()))
        .bench(|| wire::read_lpus(Endpoint::Lpus, black_box(&body)));
}

#[divan::bench]
fn read_a_long_list_of_doctors(bencher: Bencher) {
    let (path, body) = body(
        "doctors_lpu200_spec38__svmed-bang-id-50-doctors__2024-03.json",
        "doctors_svmed.json",
    );
    assert!(wire::read_doctors(&body).is_ok(), "{}", path.display());
    bencher
        .counter(divan::counter::BytesCount::new(body.len()))
        .bench(|| wire::read_doctors(black_box(&body)));
}

#[divan::bench]
fn read_the_slots_of_a_doctor(bencher: Bencher) {
    let (path, body) = body(
        "appointments_lpu1174_doctor-p100.136__svmed__2025-02.json",
        "slots_svmed.json",
    );
    assert!(wire::read_slots(&body).is_ok(), "{}", path.display());
    bencher
        .counter(divan::counter::BytesCount::new(body.len()))
        .bench(|| wire::read_slots(black_box(&body)));
}

#[divan::bench(args = [70, 3_000])]
fn compare_unchanged_slots(bencher: Bencher, n: i64) {
    let seen = slots(n);
    let known = Known {
        free: seen.iter().map(|slot| slot.start).collect(),
        ..Known::default()
    };
    bencher.bench(|| diff(black_box(&known), black_box(&seen), now()));
}

#[divan::bench(args = [70, 3_000])]
fn compare_new_slots(bencher: Bencher, n: i64) {
    let seen = slots(n);
    bencher.bench(|| diff(black_box(&Known::default()), black_box(&seen), now()));
}

#[divan::bench]
fn match_a_wish_with_70_slots(bencher: Bencher) {
    let slots = slots(70);
    let today = shared::clock::wall_date(now());
    let wish = Wish {
        not_before: Some(today),
        not_after: today.checked_add_days(chrono::Days::new(14)),
        hours: Hours::new(17 * 60, 21 * 60).expect("hours"),
        notice_min: 90,
        sooner_than: today
            .and_time(NaiveTime::MIN)
            .checked_add_days(chrono::Days::new(10))
            .map(from_wall),
        ..Wish::default()
    };
    bencher.bench(|| {
        slots
            .iter()
            .filter(|slot| black_box(&wish).suits(slot, now()))
            .count()
    });
}
