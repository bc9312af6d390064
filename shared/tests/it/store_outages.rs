//! Clinics that are silent, a portal that is down: what is recorded and who is told, with given instants.

use chrono::{DateTime, TimeDelta, Utc};
use shared::catalogue::{Counters, Lpu, Specialty};
use shared::event::EventKind;
use shared::failure::{Failure, FailureKind};
use shared::ids::{Area, Department, DoctorRef, EventId, LpuId, PersonId, Target, WatchId};
use shared::store::{
    AddOutcome, GateLook, Judged, Lang, Limits, Look, NewWatch, OutageKind, Program, Store,
};
use shared::wish::Wish;
use std::collections::BTreeMap;
use tempfile::TempDir;

const ANNA: i64 = 100;
const BORIS: i64 = 200;

struct Bench {
    store: Store,
    start: DateTime<Utc>,
    /// Minutes since the start.
    minute: i64,
    folder: TempDir,
    /// How each clinic answers from now on; those left out are not tried.
    clinics: BTreeMap<u32, Answer>,
}

#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Good,
    Fails,
    Refuses,
}
use Answer::{Fails, Good, Refuses};

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talon.db");
        let bench = Self {
            store: Store::open(&path, Program::Bot).await.unwrap(),
            start: "2026-11-20T04:40:00Z".parse().unwrap(),
            minute: 0,
            folder,
            clinics: BTreeMap::new(),
        };
        bench.judge().await;
        bench
    }

    fn now(&self) -> DateTime<Utc> {
        self.start + TimeDelta::minutes(self.minute)
    }

    /// Both programs begin anew on the file.
    async fn restart(&mut self) {
        let path = self.folder.path().join("talon.db");
        self.store = Store::open(&path, Program::Pinger).await.unwrap();
    }

    async fn watch(&self, chat: i64, lpus: &[u32]) -> (PersonId, WatchId) {
        self.watch_with(chat, lpus, Vec::new()).await
    }

    /// A watch of these clinics, which are all of a city, as an area.
    async fn watch_area(&self, chat: i64, lpus: &[u32]) -> (PersonId, WatchId) {
        let specialty = Specialty {
            id: "1".into(),
            fer_id: Some("20".to_owned()),
            name: "Офтальмолог".to_owned(),
            counters: Counters::default(),
        };
        let clinic = |&id: &u32| Lpu {
            id: LpuId(id),
            district: "1".into(),
            short_name: format!("ГП №{id}"),
            full_name: String::new(),
            kind: None,
            address: None,
            phone: None,
            mis: None,
            is_active: true,
        };
        let (store, now) = (&self.store, self.now());
        let lpu_rows = lpus.iter().map(clinic).collect();
        store.save_lpus(lpu_rows, now).await.unwrap();
        for &lpu in lpus {
            let list = vec![specialty.clone()];
            store.save_specialties(LpuId(lpu), list, now).await.unwrap();
        }
        let area = Area::of(&specialty, None).unwrap();
        self.watch_with(chat, &[], vec![area]).await
    }

    async fn watch_with(&self, chat: i64, lpus: &[u32], areas: Vec<Area>) -> (PersonId, WatchId) {
        let person = self.store.meet(chat, None, Lang::Ru, self.now()).await;
        let person = person.unwrap().id;
        let new = NewWatch {
            person,
            targets: lpus.iter().map(|&lpu| target(lpu)).collect(),
            areas,
            wish: Wish::default(),
        };
        let limits = Limits {
            watches: 20,
            targets: 30,
        };
        match self.store.add_watch(new, limits, self.now()).await.unwrap() {
            AddOutcome::Added(watch) => (person, watch),
            other => panic!("{other:?}"),
        }
    }

    fn answer(&mut self, lpus: &[u32], answer: Answer) {
        for &lpu in lpus {
            self.clinics.insert(lpu, answer);
        }
    }

    async fn look(&self, lpu: u32, answer: Answer) {
        let failure = |kind, code| Failure {
            kind,
            code: Some(code),
        };
        let look = Look {
            doctor: DoctorRef {
                lpu: LpuId(lpu),
                doctor: "a".into(),
            },
            begun_at: self.now(),
            outcome: match answer {
                Good => Ok(Vec::new()),
                Fails => Err(failure(FailureKind::Clinic, 602)),
                Refuses => Err(failure(FailureKind::Gone, 645)),
            },
        };
        self.store.record_look(look, self.now()).await.unwrap();
    }

    /// As the pinger does every few seconds.
    async fn judge(&self) -> Judged {
        let beat = self.store.beat(Program::Pinger, self.now(), self.now());
        beat.await.unwrap();
        self.store.judge_outages(self.now()).await.unwrap()
    }

    /// Minutes go by; each clinic is tried in each of them.
    async fn pass(&mut self, minutes: i64) {
        for _ in 0..minutes {
            self.minute += 1;
            for (&lpu, &answer) in &self.clinics {
                self.look(lpu, answer).await;
            }
            self.judge().await;
        }
    }

    /// What the person is to hear: "silent 1 since 1", "back 1", "down since 1", "held since 1", "up".
    async fn pending(&self, person: PersonId) -> Vec<String> {
        let news = self
            .store
            .outage_news(person, 20, self.now())
            .await
            .unwrap();
        let people = self.store.people_with_outages(self.now()).await.unwrap();
        assert_eq!(people.contains(&person), news.is_some());
        let facts = news.into_iter().flat_map(|news| news.facts);
        let minute = |at: DateTime<Utc>| (at - self.start).num_minutes();
        let shown = facts.map(|fact| {
            let lpu = fact.lpu.map_or(0, |lpu| lpu.0);
            match fact.kind {
                OutageKind::PortalDown {
                    since,
                    is_held: false,
                } => format!("down since {}", minute(since)),
                OutageKind::PortalDown { since, .. } => format!("held since {}", minute(since)),
                OutageKind::PortalBack => "up".to_owned(),
                OutageKind::ClinicSilent { since, why } => {
                    assert_eq!(why, FailureKind::Clinic);
                    format!("silent {lpu} since {}", minute(since))
                }
                OutageKind::ClinicBack => format!("back {lpu}"),
            }
        });
        shown.collect()
    }

    /// What the person is told; Telegram accepts it.
    async fn tell(&self, person: PersonId) -> Vec<String> {
        let shown = self.pending(person).await;
        if let Some(news) = self
            .store
            .outage_news(person, 20, self.now())
            .await
            .unwrap()
        {
            self.store.outages_told(news, self.now()).await.unwrap();
        }
        assert_eq!(self.pending(person).await, [""; 0], "told once");
        shown
    }

    async fn events(&self) -> Vec<(EventKind, u32)> {
        let events = self.store.events_after(EventId(0), 100).await.unwrap();
        events
            .into_iter()
            .map(|event| (event.kind, event.lpu.0))
            .collect()
    }
}

fn target(lpu: u32) -> Target {
    Target {
        department: Department {
            lpu: LpuId(lpu),
            specialty: "ent".into(),
        },
        doctor: Some("a".into()),
    }
}

const SILENT: EventKind = EventKind::ClinicSilent;
const BACK: EventKind = EventKind::ClinicBack;

#[tokio::test]
async fn a_silent_clinic_is_told_once_and_its_return_once() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1]).await;
    let (boris, _) = bench.watch(BORIS, &[2]).await;
    bench.answer(&[1, 2], Good);
    bench.pass(3).await;
    bench.answer(&[1], Fails);
    bench.pass(15).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "fourteen minutes");
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["silent 1 since 4"]);
    bench.pass(60).await;
    bench.restart().await;
    bench.pass(1).await;
    assert_eq!(
        bench.pending(anna).await,
        [""; 0],
        "a restart repeats nothing"
    );
    bench.answer(&[1], Good);
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["back 1"]);
    bench.pass(3).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
    assert_eq!(bench.pending(boris).await, [""; 0], "it is not his clinic");
    assert_eq!(bench.events().await, [(SILENT, 1), (BACK, 1)]);
    // And again, another day.
    bench.answer(&[1], Fails);
    bench.pass(16).await;
    assert_eq!(bench.tell(anna).await, ["silent 1 since 85"]);
}

#[tokio::test]
async fn an_area_is_told_of_when_all_of_it_is_silent_and_of_those_it_was_told_of_when_they_are_back()
 {
    let mut bench = Bench::new().await;
    // The others keep the portal from being down.
    bench.answer(&[1, 2, 3, 4, 5, 6, 7], Good);
    let (anna, _) = bench.watch_area(ANNA, &[1, 2]).await;
    let (boris, _) = bench.watch(BORIS, &[1]).await;
    bench.pass(1).await;
    bench.answer(&[1], Fails);
    bench.pass(20).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "the other one answers");
    assert_eq!(bench.pending(boris).await, ["silent 1 since 2"]);
    bench.tell(boris).await;
    bench.answer(&[2], Fails);
    bench.pass(14).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "not for long enough");
    bench.pass(6).await;
    let both = ["silent 1 since 2", "silent 2 since 22"];
    assert_eq!(bench.pending(anna).await, both);
    bench.tell(anna).await;
    bench.pass(20).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "told once");
    bench.answer(&[2], Good);
    bench.pass(1).await;
    assert_eq!(bench.pending(anna).await, ["back 2"]);
    bench.tell(anna).await;
    // One of the two is silent still: nothing new for the area.
    bench.pass(20).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
    bench.answer(&[1], Good);
    bench.pass(1).await;
    assert_eq!(bench.pending(anna).await, ["back 1"]);
    assert_eq!(bench.pending(boris).await, ["back 1"]);
}

#[tokio::test]
async fn a_single_failure_tells_nobody() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1, 2, 3]).await;
    bench.answer(&[1, 2, 3], Good);
    for _ in 0..10 {
        bench.look(1, Fails).await;
        bench.pass(4).await;
        assert_eq!(bench.pending(anna).await, [""; 0]);
    }
    assert_eq!(bench.events().await, []);
}

#[tokio::test]
async fn the_return_is_told_only_to_whoever_was_told_and_still_watches() {
    let mut bench = Bench::new().await;
    let (anna, watch) = bench.watch(ANNA, &[1]).await;
    let (boris, _) = bench.watch(BORIS, &[1]).await;
    bench.answer(&[1], Fails);
    bench.pass(20).await;
    assert_eq!(bench.tell(anna).await, ["silent 1 since 1"]);
    bench.store.delete_watch(watch, bench.now()).await.unwrap();
    bench.answer(&[1], Good);
    bench.pass(1).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "watches no more");
    assert_eq!(bench.pending(boris).await, [""; 0], "never heard of it");
    bench.watch(ANNA, &[1]).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "that was another watch");
}

#[tokio::test]
async fn silence_waits_for_whoever_is_off_and_ends_with_it() {
    let mut bench = Bench::new().await;
    let (anna, watch) = bench.watch(ANNA, &[1]).await;
    bench.answer(&[1], Fails);
    bench.pass(20).await;
    let store = bench.store.clone();
    store.switch_off(anna, bench.now()).await.unwrap();
    assert_eq!(bench.pending(anna).await, [""; 0]);
    store.switch_on(anna, bench.now()).await.unwrap();
    bench.pass(1).await;
    store.pause_watch(watch, None).await.unwrap();
    assert_eq!(bench.pending(anna).await, [""; 0]);
    store.resume_watch(watch, bench.now()).await.unwrap();
    assert_eq!(bench.tell(anna).await, ["silent 1 since 1"]);
    store.switch_off(anna, bench.now()).await.unwrap();
    bench.answer(&[1], Good);
    bench.pass(1).await;
    bench.pass(1).await;
    store.switch_on(anna, bench.now()).await.unwrap();
    assert_eq!(bench.pending(anna).await, [""; 0], "back long before /on");
    bench.answer(&[1], Fails);
    bench.pass(17).await;
    assert_eq!(bench.tell(anna).await, ["silent 1 since 24"], "a new one");
}

#[tokio::test]
async fn silence_of_one_night_is_never_told() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1]).await;
    // 07:40 by the wall clock is the start.
    let quiet = |from, to| shared::quiet::Quiet::new(from, to);
    let night = quiet(7 * 60, 9 * 60).unwrap();
    bench
        .store
        .set_quiet(anna, Some(night), true)
        .await
        .unwrap();
    bench.answer(&[1], Fails);
    bench.pass(20).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
    bench.answer(&[1], Good);
    bench.pass(60).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "the day began");
    assert_eq!(bench.events().await, [(SILENT, 1), (BACK, 1)]);
}

#[tokio::test]
async fn a_refused_clinic_is_neither_silent_nor_back() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1]).await;
    bench.answer(&[1], Refuses);
    bench.pass(30).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
    bench.answer(&[1], Fails);
    bench.pass(16).await;
    assert_eq!(bench.tell(anna).await, ["silent 1 since 31"]);
    bench.answer(&[1], Refuses);
    bench.pass(5).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
}

#[tokio::test]
async fn a_gate_tells_of_no_talon_and_ends_no_silence_of_looks() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1]).await;
    bench.answer(&[1], Fails);
    for _ in 0..17 {
        bench.pass(1).await;
        let gate = GateLook {
            lpu: LpuId(1),
            begun_at: bench.now(),
            outcome: Ok(Some(Vec::new())),
        };
        bench.store.record_gate(gate, bench.now()).await.unwrap();
        bench.judge().await;
    }
    assert_eq!(bench.tell(anna).await, ["silent 1 since 1"]);
}

#[tokio::test]
async fn a_break_in_our_trying_is_nobodys_silence() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1]).await;
    bench.answer(&[1], Fails);
    bench.pass(5).await;
    // Away for ten minutes; what a pinger says that finds itself so.
    bench.minute += 10;
    bench.store.begin_trying_anew(bench.now()).await.unwrap();
    bench.pass(10).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
    bench.pass(6).await;
    assert_eq!(bench.tell(anna).await, ["silent 1 since 16"]);
    // A break forgets no silence and nobody who was told.
    bench.minute += 600;
    bench.store.begin_trying_anew(bench.now()).await.unwrap();
    bench.pass(30).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
    bench.answer(&[1], Good);
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["back 1"]);
    assert_eq!(bench.events().await, [(SILENT, 1), (BACK, 1)]);
}

#[tokio::test]
async fn nothing_is_told_while_nobody_tries() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1]).await;
    bench.answer(&[1], Fails);
    bench.pass(20).await;
    bench.minute += 5;
    assert_eq!(
        bench.pending(anna).await,
        [""; 0],
        "the pinger is silent itself"
    );
    bench.judge().await;
    let stopped = bench.store.stopped(Program::Pinger, bench.now());
    stopped.await.unwrap();
    assert_eq!(bench.pending(anna).await, [""; 0]);
    bench.judge().await;
    assert_eq!(bench.tell(anna).await, ["silent 1 since 1"]);
}

#[tokio::test]
async fn a_portal_that_is_down_is_one_notice() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1, 2, 3]).await;
    let (boris, _) = bench.watch(BORIS, &[4]).await;
    bench.answer(&[1, 2, 3, 4], Good);
    bench.pass(10).await;
    bench.answer(&[1, 2, 3], Fails);
    bench.pass(4).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "four minutes");
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["down since 11"]);
    assert_eq!(bench.pending(boris).await, [""; 0], "his clinic answers");
    bench.restart().await;
    bench.pass(60).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "not one per clinic");
    assert_eq!(bench.events().await, []);
    // Two of them answer again: the portal does, one clinic is silent by itself.
    bench.answer(&[1, 2], Good);
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["up", "silent 3 since 11"]);
    bench.answer(&[3], Good);
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["back 3"]);
    assert_eq!(bench.pending(boris).await, [""; 0]);
}

#[tokio::test]
async fn the_portals_return_is_told_when_ones_own_clinics_have_answered() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1, 2]).await;
    bench.watch(BORIS, &[3]).await;
    bench.answer(&[1, 2, 3], Good);
    bench.pass(10).await;
    bench.answer(&[1, 2, 3], Fails);
    bench.pass(6).await;
    assert_eq!(bench.tell(anna).await, ["down since 11"]);
    bench.answer(&[2, 3], Good);
    bench.pass(1).await;
    assert_eq!(
        bench.pending(anna).await,
        [""; 0],
        "one of hers does not yet"
    );
    bench.answer(&[1], Good);
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["up"]);
}

#[tokio::test]
async fn whoever_knows_of_all_their_silent_clinics_hears_nothing_of_the_portal() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1]).await;
    let (boris, _) = bench.watch(BORIS, &[1, 2]).await;
    bench.answer(&[1], Fails);
    bench.answer(&[2, 3], Good);
    bench.pass(16).await;
    assert_eq!(bench.tell(anna).await, ["silent 1 since 1"]);
    assert_eq!(bench.tell(boris).await, ["silent 1 since 1"]);
    bench.answer(&[2, 3], Fails);
    bench.pass(6).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
    assert_eq!(bench.tell(boris).await, ["down since 17"]);
    bench.answer(&[1, 2, 3], Good);
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["back 1"]);
    assert_eq!(bench.tell(boris).await, ["up", "back 1"]);
}

#[tokio::test]
async fn one_or_two_clinics_are_no_portal() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1, 2]).await;
    bench.answer(&[1, 2], Fails);
    bench.pass(15).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
    bench.pass(1).await;
    assert_eq!(
        bench.tell(anna).await,
        ["silent 1 since 1", "silent 2 since 1"],
        "in one message"
    );
}

#[tokio::test]
async fn a_429_that_lasts_is_the_portals() {
    let mut bench = Bench::new().await;
    let (anna, _) = bench.watch(ANNA, &[1]).await;
    bench.answer(&[1], Good);
    bench.pass(3).await;
    bench.answer(&[], Good);
    bench.clinics.clear();
    let until = bench.now() + TimeDelta::minutes(20);
    bench.store.hold_portal(until).await.unwrap();
    bench.pass(5).await;
    assert_eq!(bench.pending(anna).await, [""; 0], "a hold may pass");
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["held since 4"]);
    bench.pass(15).await;
    assert_eq!(
        bench.pending(anna).await,
        [""; 0],
        "over, and not answered yet"
    );
    bench.answer(&[1], Good);
    bench.pass(1).await;
    assert_eq!(bench.tell(anna).await, ["up"]);
    // A short one tells nobody.
    let until = bench.now() + TimeDelta::minutes(2);
    bench.store.hold_portal(until).await.unwrap();
    bench.pass(10).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
}

#[tokio::test]
async fn an_outage_nobody_can_judge_any_more_ends_without_a_word() {
    let mut bench = Bench::new().await;
    let (anna, watch) = bench.watch(ANNA, &[1, 2, 3]).await;
    bench.answer(&[1, 2, 3], Fails);
    bench.pass(7).await;
    assert_eq!(bench.tell(anna).await, ["down since 1"]);
    bench.store.delete_watch(watch, bench.now()).await.unwrap();
    bench.clinics.clear();
    bench.pass(30).await;
    assert_eq!(bench.pending(anna).await, [""; 0]);
    assert_eq!(bench.store.outage().await.unwrap(), None);
}
