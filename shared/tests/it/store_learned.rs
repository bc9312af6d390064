//! Counters of clinics, what is learned of openings, and what becomes of old events.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use shared::catalogue::{Counters, District, Lpu, Specialty};
use shared::event::EventKind;
use shared::failure::{Failure, FailureKind};
use shared::ids::{Department, DistrictId, DoctorId, DoctorRef, EventId, LpuId, Target};
use shared::slot::Slot;
use shared::store::{Days, EVENTS_KEPT, GateLook, ListLook, Look, Program, Store};

struct Bench {
    store: Store,
    path: std::path::PathBuf,
    now: DateTime<Utc>,
    _folder: tempfile::TempDir,
}

fn ent() -> Department {
    Department {
        lpu: LpuId(1),
        specialty: "ent".into(),
    }
}

fn target(doctor: Option<&str>) -> Target {
    Target {
        department: ent(),
        doctor: doctor.map(DoctorId::from),
    }
}

fn specialty(id: &str, n_free: u32) -> Specialty {
    Specialty {
        id: id.into(),
        fer_id: None,
        name: format!("Врач {id}"),
        counters: Counters {
            n_free,
            ..Counters::default()
        },
    }
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

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talon.db");
        Self {
            store: Store::open(&path, Program::Pinger).await.unwrap(),
            path,
            // A Monday.
            now: "2026-03-02T00:00:00+03:00".parse().unwrap(),
            _folder: folder,
        }
    }

    /// The moment of this wall-clock time so many days later.
    fn at(&self, day: i64, time: &str) -> DateTime<Utc> {
        let time: NaiveTime = format!("{time}:00").parse().unwrap();
        self.now + TimeDelta::days(day) + (time - NaiveTime::MIN)
    }

    async fn gate(&self, outcome: Result<Option<Vec<Specialty>>, Failure>) -> Vec<String> {
        let look = GateLook {
            lpu: LpuId(1),
            begun_at: self.now,
            outcome,
        };
        let moved = self.store.record_gate(look, self.now).await.unwrap();
        moved.into_iter().map(|id| id.0).collect()
    }

    async fn look(&self, at: DateTime<Utc>, starts: &[DateTime<Utc>]) {
        self.gated_look(at, None, starts).await;
    }

    async fn gated_look(
        &self,
        at: DateTime<Utc>,
        unmoved_at: Option<DateTime<Utc>>,
        starts: &[DateTime<Utc>],
    ) {
        let look = Look {
            doctor: DoctorRef {
                lpu: LpuId(1),
                doctor: "a".into(),
            },
            begun_at: at,
            outcome: Ok(starts.iter().copied().map(slot).collect()),
        };
        self.store
            .record_gated_look(look, unmoved_at, at)
            .await
            .unwrap();
    }

    async fn listed(&self) {
        let doctor = shared::catalogue::Doctor {
            id: "a".into(),
            name: None,
            area: None,
            comment: None,
            counters: Counters::default(),
        };
        let look = ListLook {
            department: ent(),
            begun_at: self.now,
            outcome: Ok(Some(vec![doctor])),
        };
        self.store.record_list(look, self.now).await.unwrap();
    }

    /// A slot for `start` appears about this time of that day and goes `lasts` minutes later.
    async fn opens(&self, day: i64, time: &str, lasts: i64) {
        let at = self.at(day, time);
        let start = at + TimeDelta::days(10);
        self.look(at - TimeDelta::minutes(2), &[]).await;
        self.look(at, &[start]).await;
        self.look(at + TimeDelta::minutes(lasts) - TimeDelta::seconds(5), &[])
            .await;
        self.look(at + TimeDelta::minutes(lasts), &[]).await;
    }

    async fn kinds(&self) -> Vec<EventKind> {
        let events = self.store.events_after(EventId(0), 1000).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }
}

#[tokio::test]
async fn a_gate_tells_what_moved_since_the_last_one() {
    let mut bench = Bench::new().await;
    let gate =
        |rows: &[(&str, u32)]| Ok(Some(rows.iter().map(|(id, n)| specialty(id, *n)).collect()));
    assert_eq!(
        bench.gate(gate(&[("ent", 1), ("eye", 0)])).await,
        ["ent", "eye"],
        "all are new"
    );
    assert_eq!(bench.gate(gate(&[("ent", 1), ("eye", 0)])).await, [""; 0]);
    assert_eq!(bench.gate(gate(&[("ent", 1), ("eye", 2)])).await, ["eye"]);
    // The menus write the same names and counters: that is no gate.
    let menu = vec![specialty("ent", 7), specialty("eye", 2)];
    bench
        .store
        .save_specialties(LpuId(1), menu, bench.now)
        .await
        .unwrap();
    assert_eq!(bench.gate(gate(&[("ent", 7), ("eye", 2)])).await, ["ent"]);
    let failure = Failure {
        kind: FailureKind::Clinic,
        code: None,
    };
    assert_eq!(bench.gate(Err(failure)).await, [""; 0]);
    bench.now += TimeDelta::minutes(1);
    assert_eq!(
        bench.gate(gate(&[("ent", 7)])).await,
        ["eye"],
        "vanished with something free"
    );
    assert_eq!(
        bench.gate(Ok(None)).await,
        ["ent"],
        "nothing is free any more"
    );
    assert_eq!(bench.gate(Ok(None)).await, [""; 0]);
    let names = bench.store.specialties(LpuId(1)).await.unwrap().unwrap();
    assert_eq!(names.value.len(), 1, "the catalogue has the last good list");
}

#[tokio::test]
async fn the_catalogue_tells_its_age() {
    let bench = Bench::new().await;
    assert_eq!(
        bench.store.catalogue_ages().await.unwrap(),
        Default::default()
    );
    let lpu = |id, is_active| Lpu {
        id: LpuId(id),
        district: DistrictId("1".into()),
        short_name: "ГП".into(),
        full_name: String::new(),
        kind: None,
        address: None,
        phone: None,
        mis: None,
        is_active,
    };
    let district = District {
        id: "1".into(),
        name: "Адмиралтейский".into(),
    };
    bench
        .store
        .save_districts(vec![district], bench.now)
        .await
        .unwrap();
    bench
        .store
        .save_lpus(vec![lpu(1, true), lpu(2, true), lpu(3, false)], bench.now)
        .await
        .unwrap();
    bench.gate(Ok(Some(vec![specialty("ent", 0)]))).await;
    let ages = bench.store.catalogue_ages().await.unwrap();
    assert_eq!(
        (ages.districts, ages.lpus),
        (Some(bench.now), Some(bench.now))
    );
    assert_eq!(
        ages.clinics,
        [(LpuId(1), Some(bench.now)), (LpuId(2), None)],
        "the closed one is left out"
    );
}

#[tokio::test]
async fn what_was_learned_survives() {
    let bench = Bench::new().await;
    bench
        .store
        .save_learned(vec![(ent(), vec![1, 2, 3])])
        .await
        .unwrap();
    bench
        .store
        .save_learned(vec![(ent(), vec![4])])
        .await
        .unwrap();
    let again = Store::open(&bench.path, Program::Pinger).await.unwrap();
    let states = again.list_states(vec![ent()]).await.unwrap();
    assert_eq!(states[0].learned.as_deref(), Some(&[4][..]));
}

#[tokio::test]
async fn counters_that_stood_still_stand_for_looks() {
    let bench = Bench::new().await;
    let day = |time| bench.at(0, time);
    let (first, second, third) = (day("18:00"), day("19:00"), day("20:00"));
    bench
        .gated_look(day("09:00"), Some(day("08:59")), &[first])
        .await;
    bench
        .gated_look(day("10:00"), Some(day("09:59")), &[first, second])
        .await;
    bench
        .gated_look(day("11:00"), None, &[first, second, third])
        .await;
    use EventKind::{Appeared, Found};
    assert_eq!(
        bench.kinds().await,
        [Found, Appeared, Found],
        "never for a first look"
    );
    let events = bench.store.events_after(EventId(1), 1).await.unwrap();
    assert_eq!(events[0].not_seen_at, Some(day("09:59")));
}

#[tokio::test]
async fn when_it_opens_is_told_from_enough_openings_only() {
    let bench = Bench::new().await;
    bench.listed().await;
    let days = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11];
    for (number, day) in days.into_iter().enumerate() {
        let when = bench
            .store
            .observed(vec![target(None)], bench.at(day, "07:00"))
            .await
            .unwrap()
            .when();
        assert_eq!(when.is_some(), number >= 8, "after {number} openings");
        bench
            .opens(day, if number % 5 == 4 { "15:40" } else { "08:37" }, 6)
            .await;
    }
    let observed = bench
        .store
        .observed(vec![target(Some("a"))], bench.at(12, "07:00"))
        .await
        .unwrap();
    assert_eq!(
        observed.first_at(),
        Some(bench.at(0, "08:36")),
        "between the look without it and the one with it"
    );
    let when = observed.when().unwrap();
    assert_eq!((when.n_openings, when.n_days), (10, 10));
    let twice = observed.clone().and(observed);
    assert_eq!((twice.n_openings(), twice.n_days()), (20, 10));
    let twice = twice.when().unwrap();
    assert_eq!(
        (&twice.windows, twice.half_gone_in),
        (&when.windows, when.half_gone_in)
    );
    assert_eq!(twice.hours[0][8], 2 * when.hours[0][8]);
    let [window] = &when.windows[..] else {
        panic!("{when:?}");
    };
    let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    assert_eq!(
        (window.days, window.from, window.until),
        (Days::Working, time(8, 30), time(8, 40))
    );
    assert!((window.share - 0.8).abs() < 0.01);
    assert_eq!(when.half_gone_in, Some(TimeDelta::minutes(6)));
    assert_eq!((when.hours[0][8], when.hours[4][15]), (2, 2));
}

#[tokio::test]
async fn openings_at_any_time_have_no_window() {
    let bench = Bench::new().await;
    bench.listed().await;
    let times = [
        "00:20", "03:10", "06:40", "09:00", "12:10", "14:30", "17:20", "19:00", "21:30", "23:00",
    ];
    for (day, time) in [0, 1, 2, 3, 4, 7, 8, 9, 10, 11].into_iter().zip(times) {
        bench.opens(day, time, 30).await;
    }
    let when = bench
        .store
        .observed(vec![target(None)], bench.at(12, "07:00"))
        .await
        .unwrap()
        .when()
        .unwrap();
    assert_eq!(when.windows, []);
}

#[tokio::test]
async fn old_events_are_folded_into_counts_a_few_at_a_time() {
    let bench = Bench::new().await;
    bench.listed().await;
    for day in 0..10 {
        bench.opens(day, "08:37", 6).await;
    }
    let free = bench.at(300, "10:00");
    bench.look(bench.at(10, "08:35"), &[]).await;
    bench.look(bench.at(10, "08:37"), &[free]).await;
    let before = bench
        .store
        .observed(vec![target(None)], bench.at(11, "00:00"))
        .await
        .unwrap()
        .when()
        .unwrap();
    let n_events = bench.kinds().await.len();
    let kept_from = bench.at(5, "00:00");
    let mut through = EventId(0);
    let mut n_dropped = 0;
    loop {
        let folded = bench
            .store
            .fold_events(through, kept_from, 3)
            .await
            .unwrap();
        assert!(folded.n_dropped <= 3);
        (through, n_dropped) = (folded.through, n_dropped + folded.n_dropped);
        if folded.is_all {
            break;
        }
    }
    assert_eq!((n_dropped, bench.kinds().await.len()), (10, n_events - 10));
    let after = bench
        .store
        .observed(vec![target(None)], bench.at(11, "00:00"))
        .await
        .unwrap()
        .when();
    assert_eq!(after, None, "six openings are left, too few for a window");
    // All the rest but the one that is free.
    let later = bench.at(11, "00:00") + EVENTS_KEPT;
    for _ in 0..2 {
        bench
            .store
            .fold_events(EventId(0), later, 1000)
            .await
            .unwrap();
    }
    assert_eq!(bench.kinds().await.len(), 1);
    for day in 200..210 {
        bench.opens(day, "08:37", 6).await;
    }
    let when = bench
        .store
        .observed(vec![target(None)], bench.at(211, "00:00"))
        .await
        .unwrap()
        .when()
        .unwrap();
    let sum = |hours: &[[u32; 24]; 7]| hours.iter().flatten().sum::<u32>();
    assert_eq!(sum(&before.hours), 11);
    assert_eq!(
        sum(&when.hours),
        20,
        "the counts of old ones stay; the free one is older than events are kept"
    );
}

#[tokio::test]
async fn how_often_a_target_is_looked_at_is_told_from_its_readings() {
    let mut bench = Bench::new().await;
    bench.listed().await;
    let cadence = async |bench: &Bench, now| {
        bench
            .store
            .cadences(vec![target(Some("a"))], now)
            .await
            .unwrap()[0]
    };
    let none = cadence(&bench, bench.now).await;
    assert_eq!((none.asked_every, none.read_every), (None, None));
    let begun = bench.now;
    for minute in 0..30 {
        bench.now = begun + TimeDelta::seconds(20 * minute);
        bench.gate(Ok(Some(vec![specialty("ent", 0)]))).await;
    }
    bench.look(begun, &[]).await;
    bench.look(begun + TimeDelta::minutes(9), &[]).await;
    let told = cadence(&bench, bench.now).await;
    assert_eq!(told.asked_every, Some(TimeDelta::seconds(20)));
    assert_eq!(told.read_every, Some(TimeDelta::minutes(9)));
    // Silence counts, too.
    let late = cadence(&bench, bench.now + TimeDelta::hours(2)).await;
    assert_eq!(late.asked_every, Some(TimeDelta::hours(2)));
}
