//! What the pinger records and reads, on a real file.

use chrono::{DateTime, TimeDelta, Utc};
use shared::catalogue::{Counters, Doctor};
use shared::clock::wall;
use shared::failure::{Failure, FailureKind};
use shared::ids::{Department, DoctorId, DoctorRef, EventId, LpuId, Target};
use shared::slot::{Day, Slot};
use shared::store::{
    Lang, Limits, ListLook, ListRecorded, Listed, Look, LookRecorded, NewWatch, Program, Store,
    StoreError, TargetState, TimetableLook,
};
use shared::wish::Wish;
use tempfile::TempDir;

mod lists;
mod planning;

const PASSING: Failure = Failure {
    kind: FailureKind::Clinic,
    code: Some(602),
};
const REFUSED: Failure = Failure {
    kind: FailureKind::Gone,
    code: Some(610),
};

/// A store of its own file, with the clock in hand: noon of 20 November.
struct Bench {
    store: Store,
    now: DateTime<Utc>,
    _folder: TempDir,
}

fn department() -> Department {
    Department {
        lpu: LpuId(30),
        specialty: "35-1".into(),
    }
}

fn target(doctor: &str) -> Target {
    Target {
        department: department(),
        doctor: Some(DoctorId(doctor.into())),
    }
}

fn any() -> Target {
    Target {
        department: department(),
        doctor: None,
    }
}

fn doctor_ref(doctor: &str) -> DoctorRef {
    target(doctor).doctor_ref().unwrap()
}

/// A start of the next day: `10:00`.
fn tomorrow(time: &str) -> DateTime<Utc> {
    format!("2026-11-21T{time}:00+03:00").parse().unwrap()
}

fn slot(start: DateTime<Utc>) -> Slot {
    Slot {
        start,
        end: start,
        id: "1".into(),
        room: None,
        address: None,
        number: None,
        n_places: 1,
    }
}

fn doctor(id: &str, n_free: u32) -> Doctor {
    Doctor {
        id: id.into(),
        name: Some(format!("Врач {id}")),
        area: None,
        comment: None,
        counters: Counters {
            n_free,
            ..Counters::default()
        },
    }
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talon.db");
        Self {
            store: Store::open(&path, Program::Pinger).await.unwrap(),
            now: "2026-11-20T12:00:00+03:00".parse().unwrap(),
            _folder: folder,
        }
    }

    fn after(&mut self, seconds: i64) -> &mut Self {
        self.now += TimeDelta::seconds(seconds);
        self
    }

    /// An answer that took a second.
    async fn record(&self, doctor: &str, outcome: Result<Vec<Slot>, Failure>) -> LookRecorded {
        let look = Look {
            doctor: doctor_ref(doctor),
            begun_at: self.now - TimeDelta::seconds(1),
            outcome,
        };
        self.store.record_look(look, self.now).await.unwrap()
    }

    async fn look(&self, doctor: &str, times: &[&str]) -> LookRecorded {
        let slots = times.iter().map(|time| slot(tomorrow(time))).collect();
        self.record(doctor, Ok(slots)).await
    }

    async fn fail(&self, doctor: &str, failure: Failure) {
        let recorded = self.record(doctor, Err(failure)).await;
        assert_eq!(recorded, LookRecorded::default());
    }

    async fn list_answer(&self, outcome: Result<Option<Vec<Doctor>>, Failure>) -> ListRecorded {
        let look = ListLook {
            department: department(),
            begun_at: self.now - TimeDelta::seconds(1),
            outcome,
        };
        self.store.record_list(look, self.now).await.unwrap()
    }

    async fn list(&self, doctors: &[(&str, u32)]) -> ListRecorded {
        let doctors = doctors.iter().map(|&(id, n_free)| doctor(id, n_free));
        self.list_answer(Ok(Some(doctors.collect()))).await
    }

    /// Adds a watch, without the request that comes with it.
    async fn watch(&self, chat: i64, target: Target) {
        let person = self
            .store
            .meet(chat, None, Lang::Ru, self.now)
            .await
            .unwrap();
        let new = NewWatch {
            person: person.id,
            targets: vec![target],
            areas: Vec::new(),
            wish: Wish::default(),
        };
        let limits = Limits {
            watches: 9,
            targets: 9,
        };
        self.store.add_watch(new, limits, self.now).await.unwrap();
        self.store
            .forget_requests(self.now + TimeDelta::days(1))
            .await
            .unwrap();
    }

    async fn ask(&self, target: Target, in_seconds: i64) {
        let at = self.now + TimeDelta::seconds(in_seconds);
        self.store.ask_looks(vec![target], at).await.unwrap();
    }

    async fn drop_unwatched(&self) -> usize {
        let asked_since = self.now - TimeDelta::minutes(2);
        self.store
            .drop_unwatched(asked_since, self.now)
            .await
            .unwrap()
    }

    async fn state(&self, target: Target) -> TargetState {
        self.store.target_state(target, self.now).await.unwrap()
    }

    async fn free(&self, doctor: &str) -> Vec<String> {
        let state = self.state(target(doctor)).await;
        let show = |start| wall(start).format("%H:%M").to_string();
        state
            .free
            .iter()
            .map(|free| show(free.slot.start))
            .collect()
    }

    /// All events: `found a 10:00`, `doctor_gone a`.
    async fn events(&self) -> Vec<String> {
        let events = self.store.events_after(EventId(0), 100).await.unwrap();
        let show = |event: shared::event::Event| {
            let start = event
                .start
                .map(|start| wall(start).format(" %H:%M").to_string());
            let doctor = event.doctor.unwrap();
            format!(
                "{} {doctor}{}",
                event.kind.as_str(),
                start.unwrap_or_default()
            )
        };
        events.into_iter().map(show).collect()
    }
}

#[tokio::test]
async fn the_first_look_finds_and_later_ones_see_appear() {
    let mut bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    bench.after(600).look("a", &["10:00", "11:00"]).await;
    bench
        .after(601)
        .look("a", &["10:00", "11:00", "12:00"])
        .await;
    let all = ["found a 10:00", "appeared a 11:00", "found a 12:00"];
    assert_eq!(bench.events().await, all);
    let events = bench.store.events_after(EventId(1), 1).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].not_seen_at,
        Some(bench.now - TimeDelta::seconds(1201))
    );
}

#[tokio::test]
async fn a_failure_between_two_looks_does_not_hide_the_gap() {
    let mut bench = Bench::new().await;
    bench.look("a", &[]).await;
    bench.after(400).fail("a", PASSING).await;
    bench.after(400).look("a", &["10:00"]).await;
    assert_eq!(bench.events().await, ["found a 10:00"]);
}

#[tokio::test]
async fn a_slot_is_free_until_it_was_missed_twice() {
    let mut bench = Bench::new().await;
    bench.look("a", &["10:00", "11:00"]).await;
    let missed = bench.after(60).look("a", &["11:00"]).await;
    assert_eq!((missed.n_missed, missed.n_free, missed.n_gone), (1, 2, 0));
    assert_eq!(bench.free("a").await, ["10:00", "11:00"]);
    // A failed look is no second miss.
    bench.after(1).fail("a", PASSING).await;
    assert_eq!(bench.free("a").await, ["10:00", "11:00"]);
    let states = bench
        .store
        .doctor_states(vec![doctor_ref("a")], bench.now)
        .await
        .unwrap();
    assert_eq!(states[0].missed_at, Some(bench.now - TimeDelta::seconds(1)));
    let gone = bench.after(1).look("a", &["11:00"]).await;
    assert_eq!((gone.n_missed, gone.n_free, gone.n_gone), (0, 1, 1));
    assert_eq!(bench.free("a").await, ["11:00"]);
    assert_eq!(bench.events().await[2..], ["gone a 10:00"]);
}

#[tokio::test]
async fn how_far_ahead_slots_reach_and_open_is_known() {
    let mut bench = Bench::new().await;
    let first = bench.look("a", &["10:00", "11:00"]).await;
    assert_eq!(first.last_opened, Some(tomorrow("11:00")));
    let again = bench.after(60).look("a", &["10:00", "11:00"]).await;
    assert_eq!(again.last_opened, None);
    let before = bench
        .after(60)
        .look("a", &["09:30", "10:00", "11:00"])
        .await;
    assert_eq!(before.last_opened, Some(tomorrow("09:30")));
    let doctors = vec![doctor_ref("a"), doctor_ref("b")];
    let states = bench.store.doctor_states(doctors, bench.now).await.unwrap();
    assert_eq!(states[0].last_free, Some(tomorrow("11:00")));
    assert_eq!(states[1].last_free, None);
}

#[tokio::test]
async fn a_slot_that_came_back_after_one_miss_never_left() {
    let mut bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    bench.after(1).look("a", &[]).await;
    bench.after(1).look("a", &["10:00"]).await;
    bench.after(1).look("a", &[]).await;
    assert_eq!(bench.free("a").await, ["10:00"]);
    assert_eq!(bench.events().await, ["found a 10:00"]);
}

#[tokio::test]
async fn a_slot_that_opens_again_is_a_new_one() {
    let mut bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    bench.after(1).look("a", &[]).await;
    bench.after(1).look("a", &[]).await;
    bench.after(1).look("a", &["10:00"]).await;
    let all = ["found a 10:00", "gone a 10:00", "appeared a 10:00"];
    assert_eq!(bench.events().await, all);
    let state = bench.state(target("a")).await;
    assert_eq!(state.free[0].opened_by, EventId(3));
}

#[tokio::test]
async fn a_start_that_passed_is_dropped_silently() {
    let mut bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    bench.after(86_400);
    let recorded = bench.look("a", &[]).await;
    assert_eq!(recorded, LookRecorded::default());
    assert_eq!(bench.events().await, ["found a 10:00"]);
}

#[tokio::test]
async fn details_of_a_slot_follow_the_portal_without_an_event() {
    let mut bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    let mut moved = slot(tomorrow("10:00"));
    moved.room = Some("218".to_owned());
    moved.n_places = 3;
    bench.after(60).record("a", Ok(vec![moved.clone()])).await;
    let state = bench.state(target("a")).await;
    assert_eq!(
        (&state.free[0].slot, state.free[0].opened_by),
        (&moved, EventId(1))
    );
    assert_eq!(bench.events().await.len(), 1);
}

#[tokio::test]
async fn a_start_finer_than_a_millisecond_stays_the_same_slot() {
    let mut bench = Bench::new().await;
    let fine = slot(tomorrow("10:00") + TimeDelta::nanoseconds(123_456));
    bench.record("a", Ok(vec![fine.clone()])).await;
    let again = bench.after(60).record("a", Ok(vec![fine])).await;
    assert_eq!((again.n_opened, again.n_missed, again.n_free), (0, 0, 1));
}

#[tokio::test]
async fn doctors_with_one_id_at_two_clinics_are_two() {
    let bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    let elsewhere = DoctorRef {
        lpu: LpuId(31),
        doctor: "a".into(),
    };
    let look = Look {
        doctor: elsewhere,
        begun_at: bench.now,
        outcome: Ok(Vec::new()),
    };
    bench.store.record_look(look, bench.now).await.unwrap();
    assert_eq!(bench.free("a").await, ["10:00"]);
    let states = bench
        .store
        .doctor_states(vec![doctor_ref("a")], bench.now)
        .await
        .unwrap();
    assert_eq!(states[0].missed_at, None);
}

#[tokio::test]
async fn an_answer_outrun_by_a_later_look_changes_nothing() {
    let bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    let late = Look {
        doctor: doctor_ref("a"),
        begun_at: bench.now - TimeDelta::seconds(30),
        outcome: Ok(Vec::new()),
    };
    let recorded = bench.store.record_look(late, bench.now).await.unwrap();
    assert!(recorded.is_outrun);
    assert_eq!(bench.look("a", &["10:00"]).await.n_free, 1);
}

#[tokio::test]
async fn a_clock_set_back_neither_outruns_nor_dates_the_next_looks() {
    let mut bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    bench.list(&[("a", 1)]).await;
    bench.after(-3600);
    let recorded = bench.look("a", &["10:00", "11:00"]).await;
    assert_eq!((recorded.is_outrun, recorded.n_opened), (false, 1));
    bench.list(&[("a", 1)]).await;
    let begun_at = Some(bench.now - TimeDelta::seconds(1));
    for target in [target("a"), any()] {
        let state = bench.state(target).await;
        assert_eq!(state.begun_at, begun_at);
        assert!(!state.is_read_since(bench.now));
    }
    bench.ask(target("a"), 3600).await;
    bench.ask(target("a"), 0).await;
    let requests = bench.store.look_requests(bench.now).await.unwrap();
    assert_eq!(requests[0].asked_at, bench.now, "the last press counts");
}

#[tokio::test]
async fn a_series_of_failures_is_dated_by_its_first() {
    let mut bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    let good_at = bench.now;
    let first = bench.after(60).now;
    bench.fail("a", REFUSED).await;
    bench.after(60).fail("a", PASSING).await;
    let reading = bench.state(target("a")).await.reading.unwrap();
    assert_eq!(reading.failing, Some((first, PASSING)));
    assert_eq!(
        (reading.good_at, reading.refused_since),
        (Some(good_at), None)
    );
    assert_eq!(reading.read_at, bench.now);
    bench.after(60).look("a", &["10:00"]).await;
    let reading = bench.state(target("a")).await.reading.unwrap();
    assert_eq!(reading.failing, None);
    assert_eq!(bench.events().await, ["found a 10:00"]);
}
