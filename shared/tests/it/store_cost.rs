//! What it costs at size, printed: `cargo test --release -p shared --test it store_cost -- --ignored --nocapture`.

use chrono::{TimeDelta, Utc};
use shared::backups::Backups;
use shared::ids::{Department, DoctorId, DoctorRef, LpuId, Target};
use shared::slot::Slot;
use shared::store::{Lang, Look, Program, Store};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn doctors() -> Vec<DoctorRef> {
    let doctor = |n: u32| DoctorRef {
        lpu: LpuId(n / 20),
        doctor: DoctorId(n.to_string()),
    };
    (0..2_000).map(doctor).collect()
}

fn target(doctor: &DoctorRef) -> Target {
    Target {
        department: Department {
            lpu: doctor.lpu,
            specialty: "35".into(),
        },
        doctor: Some(doctor.doctor.clone()),
    }
}

/// A million events.
async fn history(path: &Path) -> Store {
    let store = Store::open(path, Program::Bot).await.unwrap();
    let now = Utc::now();
    let since = now - TimeDelta::days(170);
    let filling = store.fill_events(1_000_000, doctors(), since, now);
    filling.await.unwrap();
    store
}

/// 50,000 people with two watches each, who were told all there was.
async fn crowd(store: &Store) {
    let doctors = doctors();
    let watches = |n: usize| {
        [n, n + 7]
            .map(|n| target(&doctors[n % doctors.len()]))
            .to_vec()
    };
    let people = (0..50_000).map(|n| (n as i64 + 1, watches(n))).collect();
    store.fill_watches(people, Utc::now()).await.unwrap();
}

/// Each doctor has so many talons.
async fn look(store: &Store, n_slots: i64) {
    let now = Utc::now();
    let slot = |n| Slot {
        start: now + TimeDelta::days(n),
        end: now + TimeDelta::days(n) + TimeDelta::minutes(15),
        id: "1".into(),
        room: None,
        address: None,
        number: None,
        n_places: 1,
    };
    for doctor in doctors() {
        let look = Look {
            doctor,
            begun_at: now,
            outcome: Ok((1..=n_slots).map(slot).collect()),
        };
        store.record_look(look, now).await.unwrap();
    }
}

fn told(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!(
        "{} writes: p50 {:?}, p99 {:?}, longest {:?}",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    )
}

/// What a person's press writes, over and over.
async fn press_while(store: &Store, is_over: &AtomicBool) -> Vec<Duration> {
    let mut times = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let chat = times.len() as i64 % 50_000 + 1;
        store.meet(chat, None, Lang::Ru, Utc::now()).await.unwrap();
        times.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: it prints, and takes minutes"]
async fn a_backup_of_a_million_rows_and_what_presses_feel_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    let store = history(&path).await;
    crowd(&store).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let pressing = |is_over: &Arc<AtomicBool>| {
        let (store, is_over) = (store.clone(), Arc::clone(is_over));
        tokio::spawn(async move { press_while(&store, &is_over).await })
    };
    let alone = pressing(&is_over);
    tokio::time::sleep(Duration::from_secs(5)).await;
    is_over.store(true, Ordering::Relaxed);
    eprintln!("without a backup, {}", told(alone.await.unwrap()));
    is_over.store(false, Ordering::Relaxed);
    let beside = pressing(&is_over);
    let begun = Instant::now();
    let backups = Backups::of(&path);
    let made = tokio::task::spawn_blocking(move || backups.make_nightly(Utc::now()));
    let made = made.await.unwrap().unwrap().unwrap();
    eprintln!(
        "a backup of {} MB took {:?}",
        made.size / 1_000_000,
        begun.elapsed()
    );
    is_over.store(true, Ordering::Relaxed);
    eprintln!("beside it, {}", told(beside.await.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: it prints, and takes minutes"]
async fn who_is_owed_something_among_a_hundred_thousand_watches() {
    let folder = tempfile::tempdir().unwrap();
    let store = history(&folder.path().join("talon.db")).await;
    look(&store, 1).await;
    crowd(&store).await;
    let ask = async || {
        let begun = Instant::now();
        let n = store.may_be_owed(Utc::now()).await.unwrap().len();
        eprintln!("{n} people owed something: {:?}", begun.elapsed());
    };
    for _ in 0..3 {
        ask().await;
    }
    look(&store, 2).await;
    for _ in 0..3 {
        ask().await;
    }
}
