//! What a store keeps beside talons: facts about doctors, how a week went, what operators see, what is forgotten.

mod facts;
mod vanished;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use shared::catalogue::{Counters, Doctor};
use shared::failure::{Failure, FailureKind};
use shared::ids::{Department, DoctorId, DoctorRef, LpuId, PersonId, Target, WatchId};
use shared::slot::Slot;
use shared::store::{
    AddOutcome, FactKind, Lang, Limits, ListLook, Look, NewWatch, Program, Store, Widen,
    known_version,
};
use shared::wish::Wish;
use tempfile::TempDir;

const ANNA: i64 = 100;
const FAMILY: i64 = -500;

struct Bench {
    store: Store,
    now: DateTime<Utc>,
    folder: TempDir,
}

fn department() -> Department {
    Department {
        lpu: LpuId(30),
        specialty: "35-1".into(),
    }
}

fn target(doctor: Option<&str>) -> Target {
    Target {
        department: department(),
        doctor: doctor.map(DoctorId::from),
    }
}

fn doctor(id: &str) -> DoctorRef {
    DoctorRef {
        lpu: LpuId(30),
        doctor: id.into(),
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
            store: Store::open(&path, Program::Bot).await.unwrap(),
            now: "2026-11-20T09:00:00Z".parse().unwrap(),
            folder,
        }
    }

    fn pass(&mut self, hours: i64) {
        self.now += TimeDelta::hours(hours);
    }

    async fn person(&self, chat: i64) -> PersonId {
        let met = self.store.meet(chat, None, Lang::Ru, self.now).await;
        met.unwrap().id
    }

    async fn watch(&self, chat: i64, doctors: &[Option<&str>]) -> WatchId {
        let new = NewWatch {
            person: self.person(chat).await,
            targets: doctors.iter().map(|doctor| target(*doctor)).collect(),
            areas: Vec::new(),
            wish: Wish::default(),
        };
        let limits = Limits {
            watches: 20,
            targets: 30,
        };
        match self.store.add_watch(new, limits, self.now).await.unwrap() {
            AddOutcome::Added(watch) => watch,
            other => panic!("{other:?}"),
        }
    }

    /// A good list of "id name".
    async fn list(&mut self, doctors: &[&str]) {
        self.now += TimeDelta::minutes(1);
        let doctors = doctors.iter().map(|line| {
            let (id, name) = line.split_once(' ').unwrap();
            Doctor {
                id: id.into(),
                name: Some(name.into()),
                area: None,
                comment: None,
                counters: Counters::default(),
            }
        });
        let look = ListLook {
            department: department(),
            begun_at: self.now,
            outcome: Ok(Some(doctors.collect())),
        };
        self.store.record_list(look, self.now).await.unwrap();
    }

    /// A list the portal does not know.
    async fn refuse_list(&mut self) {
        self.now += TimeDelta::minutes(1);
        let look = ListLook {
            department: department(),
            begun_at: self.now,
            outcome: Err(Failure {
                kind: FailureKind::Gone,
                code: Some(610),
            }),
        };
        self.store.record_list(look, self.now).await.unwrap();
    }

    /// Three good lists over more than a day.
    async fn lists(&mut self, doctors: &[&str]) {
        for _ in 0..3 {
            self.pass(13);
            self.list(doctors).await;
        }
    }

    async fn look(&mut self, id: &str, starts: &[DateTime<Utc>]) {
        self.now += TimeDelta::minutes(1);
        let look = Look {
            doctor: doctor(id),
            begun_at: self.now,
            outcome: Ok(starts.iter().copied().map(slot).collect()),
        };
        self.store.record_look(look, self.now).await.unwrap();
    }

    async fn fail(&mut self, id: &str) {
        self.refuse(id, FailureKind::Clinic).await;
    }

    async fn refuse(&mut self, id: &str, kind: FailureKind) {
        self.now += TimeDelta::minutes(1);
        let look = Look {
            doctor: doctor(id),
            begun_at: self.now,
            outcome: Err(Failure { kind, code: None }),
        };
        self.store.record_look(look, self.now).await.unwrap();
    }

    /// What the person is to hear now.
    async fn kinds(&self, person: PersonId) -> Vec<FactKind> {
        let facts = self.store.facts(person, 10, self.now).await.unwrap();
        let listed = self.store.people_with_facts(self.now).await.unwrap();
        assert_eq!(listed.contains(&person), facts.is_some());
        let facts = facts.map(|facts| facts.facts).unwrap_or_default();
        facts.into_iter().map(|fact| fact.kind).collect()
    }

    async fn tell(&self, person: PersonId) {
        let facts = self.store.facts(person, 10, self.now).await.unwrap();
        self.store
            .facts_told(facts.unwrap(), self.now)
            .await
            .unwrap();
    }

    async fn targets(&self, person: PersonId, watch: WatchId) -> Vec<Option<String>> {
        let card = self.store.watch(person, watch, self.now).await.unwrap();
        let targets = card.unwrap().targets.into_iter();
        targets
            .map(|state| state.target.doctor.map(|doctor| doctor.0))
            .collect()
    }

    /// Talons that are news to the person, by hour from noon of the first day.
    async fn news(&self, person: PersonId) -> Vec<DateTime<Utc>> {
        let news = self.store.news(person, self.now).await.unwrap().unwrap();
        let slots = news.doctors.iter().flat_map(|doctor| &doctor.slots);
        slots.map(|(slot, ..)| slot.start).collect()
    }
}

const IVANOVA: &str = "a Иванова Анна Петровна";
const PETROV: &str = "b Петров Пётр Ильич";

#[tokio::test]
async fn a_week_is_counted_and_told_once() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.watch(ANNA, &[Some("a")]).await;
    let start = bench.now + TimeDelta::days(20);
    bench.look("a", &[]).await;
    bench.look("a", &[start]).await;
    bench.look("a", &[]).await;
    bench.look("a", &[]).await;
    bench.fail("a").await;
    let mark = bench.now;
    let due = async |bench: &Bench| {
        bench
            .store
            .people_due_weekly(mark, bench.now)
            .await
            .unwrap()
    };
    assert_eq!(due(&bench).await, [], "the watch is too young");
    bench.pass(24 * 6);
    assert_eq!(due(&bench).await, [anna]);
    let weekly = bench.store.weekly(anna, bench.now).await.unwrap().unwrap();
    let week = &weekly.weeks[0];
    assert_eq!((week.n_looks, week.n_failed), (5, 1));
    assert_eq!(week.tally.n_seen, 1);
    assert_eq!(week.tally.lasted, Some(TimeDelta::minutes(2)));
    bench.store.weekly_told(anna, bench.now).await.unwrap();
    assert_eq!(due(&bench).await, []);
    bench.store.switch_off(anna, bench.now).await.unwrap();
    assert!(bench.store.weekly(anna, bench.now).await.unwrap().is_none());
}

#[tokio::test]
async fn what_a_person_may_export_is_what_is_forgotten() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    let family = bench.person(FAMILY).await;
    bench.watch(ANNA, &[Some("a")]).await;
    bench.watch(FAMILY, &[Some("a")]).await;
    bench.list(&[IVANOVA]).await;
    let start = bench.now + TimeDelta::hours(100);
    bench.look("a", &[start]).await;
    for (person, message) in [(anna, 7), (family, 8)] {
        let news = bench.store.news(person, bench.now).await.unwrap().unwrap();
        bench
            .store
            .told(news, Some(message), bench.now)
            .await
            .unwrap();
    }
    bench.lists(&[PETROV]).await;
    bench.tell(anna).await;
    let store = bench.store.clone();
    let now = bench.now;
    store
        .set_dialogue(ANNA, ANNA, Some("{\"step\":1}".into()), now)
        .await
        .unwrap();
    assert_eq!(store.take(family, 8, ANNA, now).await.unwrap(), Some(ANNA));
    store
        .draft_broadcast(ANNA, None, "всем".into(), now)
        .await
        .unwrap();

    let all = store.export(ANNA).await.unwrap();
    let tables: Vec<_> = all.as_object().unwrap().keys().cloned().collect();
    for table in [
        "alert_slots",
        "alerts",
        "broadcasts",
        "dialogues",
        "people",
        "takers",
        "told_facts",
        "watch_targets",
        "watches",
    ] {
        assert!(
            tables.contains(&table.to_owned()),
            "no {table} in {tables:?}"
        );
    }
    assert_eq!(all["people"][0]["chat_id"], ANNA);
    assert_eq!(all["people"].as_array().unwrap().len(), 1);
    assert_eq!(all["watches"].as_array().unwrap().len(), 1);
    assert_eq!(all["watches"][0]["created_at"], "2026-11-20T09:00:00.000Z");
    assert_eq!(all["dialogues"][0]["state"]["step"], 1);

    store.forget_person(ANNA).await.unwrap();
    assert_eq!(store.export(ANNA).await.unwrap(), serde_json::json!({}));
    let rest = store.export(FAMILY).await.unwrap();
    assert_eq!(rest["watches"].as_array().unwrap().len(), 1);
    assert_eq!(store.taker(family, 8).await.unwrap(), None);
}

#[tokio::test]
async fn whoever_was_gone_for_180_days_is_forgotten() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[Some("a")]).await;
    bench.watch(200, &[Some("a")]).await;
    bench.person(300).await;
    bench.store.set_gone(ANNA, bench.now).await.unwrap();
    bench.pass(24 * 179);
    assert_eq!(bench.store.forget_gone(bench.now).await.unwrap(), 0);
    bench.pass(24 * 2);
    assert_eq!(bench.store.forget_gone(bench.now).await.unwrap(), 2);
    for (chat, is_known) in [(ANNA, false), (200, true), (300, false)] {
        let person = bench.store.person(chat).await.unwrap();
        assert_eq!(person.is_some(), is_known, "{chat}");
    }
}

#[tokio::test]
async fn the_first_taker_keeps_it_until_they_give_it_back() {
    let bench = Bench::new().await;
    let family = bench.person(FAMILY).await;
    let take = async |user| bench.store.take(family, 8, user, bench.now).await.unwrap();
    assert_eq!(take(1).await, Some(1));
    assert_eq!(take(2).await, Some(1));
    assert_eq!(take(1).await, None);
    assert_eq!(take(2).await, Some(2));
    assert_eq!(bench.store.taker(family, 8).await.unwrap(), Some(2));
}

#[tokio::test]
async fn operators_see_how_things_are() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.watch(ANNA, &[Some("a"), Some("b")]).await;
    bench.watch(200, &[Some("a")]).await;
    bench.watch(300, &[None]).await;
    bench.store.set_gone(200, bench.now).await.unwrap();
    bench.list(&[IVANOVA]).await;
    bench.look("a", &[bench.now + TimeDelta::hours(1)]).await;
    bench.fail("b").await;
    let news = bench.store.news(anna, bench.now).await.unwrap().unwrap();
    bench.store.told(news, Some(1), bench.now).await.unwrap();
    let stats = bench.store.stats(bench.now).await.unwrap();
    assert_eq!((stats.n_people, stats.n_on, stats.n_gone), (3, 2, 1));
    assert_eq!(
        (stats.n_watches, stats.n_active, stats.n_departments),
        (3, 2, 1)
    );
    assert_eq!(
        (stats.n_alerts, stats.n_requests, stats.n_failed),
        (1, 3, 1)
    );
    assert_eq!((stats.read_at, stats.n_failing_lpus), (Some(bench.now), 1));
    bench.pass(24);
    let stats = bench.store.stats(bench.now).await.unwrap();
    assert_eq!((stats.n_alerts, stats.n_requests), (0, 0));
}

#[tokio::test]
async fn a_message_to_everybody_goes_on_where_it_stopped() {
    let bench = Bench::new().await;
    for chat in [1, 2, 3] {
        bench.person(chat).await;
    }
    let (store, now) = (&bench.store, bench.now);
    store.set_gone(2, now).await.unwrap();
    let (id, n) = store
        .draft_broadcast(1, None, "всем".into(), now)
        .await
        .unwrap();
    assert_eq!(n, 2);
    assert_eq!(
        store.next_receiver(id).await.unwrap(),
        None,
        "nobody confirmed it"
    );
    assert_eq!(
        store.start_broadcast(id, 3, 9, now).await.unwrap(),
        None,
        "not theirs"
    );
    assert!(
        store
            .start_broadcast(id, 1, 9, now)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        store.start_broadcast(id, 1, 9, now).await.unwrap(),
        None,
        "twice"
    );
    let first = store.next_receiver(id).await.unwrap().unwrap();
    store.received(id, first.id, Some(true)).await.unwrap();
    let path = bench.folder.path().join("talon.db");
    let later = Store::open(&path, Program::Bot).await.unwrap();
    assert_eq!(later.unfinished_broadcasts().await.unwrap().len(), 1);
    let next = later.next_receiver(id).await.unwrap().unwrap();
    assert_eq!((first.chat, next.chat), (1, 3));
    later.received(id, next.id, Some(false)).await.unwrap();
    assert_eq!(later.next_receiver(id).await.unwrap(), None);
    let done = later.end_broadcast(id, 1, now).await.unwrap().unwrap();
    assert_eq!((done.n_people, done.n_sent, done.n_failed), (2, 1, 1));
}

#[tokio::test]
async fn a_file_of_the_first_version_keeps_its_people() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(include_str!("../../../src/store/schema/0001.sql"))
        .unwrap();
    db.execute_batch(
        "pragma user_version = 1; pragma application_id = 0x74616c6e;
         insert into people (chat_id, lang, watching, created_at, last_seen_at) values (100, 'en', 1, 1, 1);
         insert into watches (person_id, wish, told_through, created_at) values (1, '{}', 5, 1);
         insert into watch_targets values (1, 30, '35-1', 'a');",
    )
    .unwrap();
    drop(db);
    let store = Store::open(&path, Program::Bot).await.unwrap();
    let now = Utc::now();
    let anna = store.person(ANNA).await.unwrap().unwrap();
    assert_eq!(anna.lang, Lang::En);
    let watches = store.watches(anna.id, now).await.unwrap();
    assert_eq!(watches[0].targets[0].target, target(Some("a")));
    assert!(!store.only_admins(ANNA).await.unwrap());
    assert!(store.weekly(anna.id, now).await.unwrap().is_some());
    let version: u32 = Connection::open(&path)
        .unwrap()
        .query_row("pragma user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, known_version());
}
