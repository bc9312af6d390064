//! Delivery by cursor, on a real file.

use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::{Department, DoctorId, DoctorRef, EventId, LpuId, PersonId, Target, WatchId};
use shared::slot::Slot;
use shared::store::{AddOutcome, Lang, Limits, Look, NewWatch, Program, Store};
use shared::wish::Wish;
use tempfile::TempDir;

mod joins;
mod owed;
mod silence;
mod waiting;
mod wish;

const LIMITS: Limits = Limits {
    watches: 3,
    targets: 2,
};
const ANNA: i64 = 100;
const BORIS: i64 = 200;
const NOTHING: [i64; 0] = [];

/// A store of its own file, with the clock in hand.
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

fn doctor(id: &str) -> Target {
    Target {
        department: department(),
        doctor: Some(DoctorId(id.into())),
    }
}

fn any() -> Target {
    Target {
        department: department(),
        doctor: None,
    }
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("talon.db"), Program::Bot)
            .await
            .unwrap();
        Self {
            store,
            now: "2026-11-20T09:00:00Z".parse().unwrap(),
            _folder: folder,
        }
    }

    fn at(&self, hours: i64) -> DateTime<Utc> {
        self.now + TimeDelta::hours(hours)
    }

    async fn person(&self, chat: i64) -> PersonId {
        self.store
            .meet(chat, None, Lang::Ru, self.now)
            .await
            .unwrap()
            .id
    }

    async fn watch(&self, chat: i64, targets: &[Target]) -> WatchId {
        let person = self.person(chat).await;
        let new = NewWatch {
            person,
            targets: targets.to_vec(),
            areas: Vec::new(),
            wish: Wish::default(),
        };
        match self.store.add_watch(new, LIMITS, self.now).await.unwrap() {
            AddOutcome::Added(watch) | AddOutcome::Already(watch) => watch,
            refused => panic!("{refused:?}"),
        }
    }

    /// A good look at the doctor: free at these hours from the start of the bench.
    async fn look(&mut self, id: &str, hours: &[i64]) {
        self.now += TimeDelta::seconds(60);
        let base: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let slot = |hour: &i64| Slot {
            start: base + TimeDelta::hours(*hour),
            end: base + TimeDelta::hours(*hour) + TimeDelta::minutes(15),
            id: hour.to_string().as_str().into(),
            room: None,
            address: None,
            number: None,
            n_places: 1,
        };
        let doctor = DoctorRef {
            lpu: LpuId(30),
            doctor: DoctorId(id.into()),
        };
        let outcome = Ok(hours.iter().map(slot).collect());
        let look = Look {
            doctor,
            begun_at: self.now,
            outcome,
        };
        self.store.record_look(look, self.now).await.unwrap();
    }

    /// Lists the doctors, so that "any doctor" covers them.
    async fn list(&self, ids: &[&str]) {
        let doctors = ids.iter().map(|id| shared::catalogue::Doctor {
            id: DoctorId((*id).into()),
            name: Some(format!("Врач {id}")),
            area: None,
            comment: None,
            counters: shared::catalogue::Counters::default(),
        });
        let outcome = Ok(Some(doctors.collect()));
        let look = shared::store::ListLook {
            department: department(),
            begun_at: self.now,
            outcome,
        };
        self.store.record_list(look, self.now).await.unwrap();
    }

    /// Hours pending for the person, without telling them.
    async fn pending(&self, chat: i64) -> Vec<i64> {
        let base: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
        let person = self.person(chat).await;
        let Some(news) = self.store.news(person, self.now).await.unwrap() else {
            return Vec::new();
        };
        let slots = news.doctors.iter().flat_map(|doctor| &doctor.slots);
        slots
            .map(|(slot, ..)| (slot.start - base).num_hours())
            .collect()
    }

    /// Tells the person what is pending, as a message that Telegram accepted.
    async fn tell(&self, chat: i64) -> Vec<i64> {
        let told = self.pending(chat).await;
        let person = self.person(chat).await;
        if let Some(news) = self.store.news(person, self.now).await.unwrap() {
            self.store.told(news, Some(7), self.now).await.unwrap();
        }
        told
    }

    async fn with_news(&self, since: EventId) -> Vec<PersonId> {
        let (crowds, _) = self.store.crowds(since, self.now).await.unwrap();
        crowds.into_iter().flat_map(|crowd| crowd.people).collect()
    }
}

#[tokio::test]
async fn a_slot_is_told_once() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5, 6]).await;
    assert_eq!(bench.tell(ANNA).await, [5, 6]);
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    bench.look("36", &[5, 6, 7]).await;
    assert_eq!(bench.tell(ANNA).await, [7]);
}

#[tokio::test]
async fn what_was_not_accepted_stays_pending() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    assert_eq!(bench.pending(ANNA).await, [5]);
    bench.look("36", &[5, 6]).await;
    assert_eq!(bench.pending(ANNA).await, [5, 6]);
}

#[tokio::test]
async fn news_that_came_while_a_message_was_on_its_way_are_told_next() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    let person = bench.person(ANNA).await;
    let on_its_way = bench.store.news(person, bench.now).await.unwrap().unwrap();
    bench.look("36", &[5, 6]).await;
    bench
        .store
        .told(on_its_way, Some(7), bench.now)
        .await
        .unwrap();
    assert_eq!(bench.pending(ANNA).await, [6]);
}

#[tokio::test]
async fn somebody_forgotten_while_a_message_was_on_its_way_leaves_nothing_behind() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    let person = bench.person(ANNA).await;
    let on_its_way = bench.store.news(person, bench.now).await.unwrap().unwrap();
    bench.store.forget_person(ANNA).await.unwrap();
    let told = bench.store.told(on_its_way, Some(7), bench.now).await;
    told.unwrap();
    assert_eq!(bench.store.alerts(person).await.unwrap(), []);
}

#[tokio::test]
async fn a_second_person_is_told_what_is_free_from_the_start() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    bench.tell(ANNA).await;
    bench.watch(BORIS, &[doctor("36")]).await;
    assert_eq!(bench.pending(BORIS).await, [5]);
    assert_eq!(bench.pending(ANNA).await, NOTHING);
}

#[tokio::test]
async fn what_one_watch_told_is_no_news_from_another() {
    let mut bench = Bench::new().await;
    bench.list(&["36", "37"]).await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    assert_eq!(bench.tell(ANNA).await, [5]);
    bench.watch(ANNA, &[any()]).await;
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    bench.look("37", &[6]).await;
    assert_eq!(bench.tell(ANNA).await, [6]);
}

#[tokio::test]
async fn two_watches_for_one_slot_make_one_line() {
    let mut bench = Bench::new().await;
    bench.list(&["36"]).await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.watch(ANNA, &[any()]).await;
    bench.look("36", &[5]).await;
    assert_eq!(bench.tell(ANNA).await, [5]);
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    let person = bench.person(ANNA).await;
    bench.store.switch_off(person, bench.now).await.unwrap();
    bench.store.switch_on(person, bench.now).await.unwrap();
    assert_eq!(
        bench.tell(ANNA).await,
        [5],
        "a fresh start tells all of it, once"
    );
}

#[tokio::test]
async fn the_same_start_that_was_gone_and_opened_again_is_news() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    bench.tell(ANNA).await;
    bench.look("36", &[]).await;
    bench.look("36", &[5]).await;
    assert_eq!(
        bench.pending(ANNA).await,
        NOTHING,
        "missed once is still free"
    );
    bench.look("36", &[]).await;
    bench.look("36", &[]).await;
    bench.look("36", &[5]).await;
    assert_eq!(bench.pending(ANNA).await, [5]);
}

#[tokio::test]
async fn a_start_that_has_passed_is_no_news() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[1]).await;
    bench.now = bench.at(1);
    assert_eq!(bench.pending(ANNA).await, NOTHING);
}

#[tokio::test]
async fn the_gone_are_not_told_and_are_told_late_when_they_write_again() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.store.set_gone(ANNA, bench.now).await.unwrap();
    bench.look("36", &[5]).await;
    assert_eq!(bench.with_news(EventId(0)).await, []);
    assert_eq!(bench.pending(ANNA).await, [5], "meeting them again ends it");
}

#[tokio::test]
async fn only_people_with_news_since_the_last_scan_are_named() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.watch(BORIS, &[doctor("37")]).await;
    bench.look("36", &[5]).await;
    let (first, through) = bench.store.crowds(EventId(0), bench.now).await.unwrap();
    let named: Vec<_> = first.into_iter().flat_map(|crowd| crowd.people).collect();
    assert_eq!(named, [bench.person(ANNA).await]);
    bench.look("37", &[6]).await;
    assert_eq!(bench.with_news(through).await, [bench.person(BORIS).await]);
}

#[tokio::test]
async fn limits_are_kept() {
    let bench = Bench::new().await;
    let person = bench.person(ANNA).await;
    let add = async |targets: Vec<Target>| {
        let new = NewWatch {
            person,
            targets,
            areas: Vec::new(),
            wish: Wish::default(),
        };
        bench.store.add_watch(new, LIMITS, bench.now).await.unwrap()
    };
    let too_many = vec![doctor("1"), doctor("2"), doctor("3")];
    assert_eq!(add(too_many).await, AddOutcome::TooManyTargets);
    assert_eq!(add(vec![]).await, AddOutcome::TooManyTargets);
    for id in ["1", "2", "3"] {
        assert!(matches!(add(vec![doctor(id)]).await, AddOutcome::Added(_)));
    }
    assert_eq!(add(vec![doctor("4")]).await, AddOutcome::TooManyWatches);
    assert!(matches!(
        add(vec![doctor("3")]).await,
        AddOutcome::Already(_)
    ));
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_keeps_its_watches() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.store.migrate_chat(ANNA, -1000).await.unwrap();
    bench.look("36", &[5]).await;
    assert_eq!(bench.pending(-1000).await, [5]);
    assert_eq!(bench.store.person(ANNA).await.unwrap(), None);
}

#[tokio::test]
async fn a_supergroup_known_before_its_group_takes_over_the_watches() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.watch(-1000, &[doctor("37")]).await;
    bench.store.migrate_chat(ANNA, -1000).await.unwrap();
    bench.look("36", &[5]).await;
    bench.look("37", &[6]).await;
    assert_eq!(bench.pending(-1000).await, [5, 6]);
    assert_eq!(bench.store.person(ANNA).await.unwrap(), None);
}

#[tokio::test]
async fn the_forgotten_leave_nothing() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    bench.tell(ANNA).await;
    bench
        .store
        .set_dialogue(ANNA, ANNA, Some("{}".into()), bench.now)
        .await
        .unwrap();
    bench.store.forget_person(ANNA).await.unwrap();
    assert_eq!(bench.store.person(ANNA).await.unwrap(), None);
    assert_eq!(bench.store.dialogue(ANNA, ANNA).await.unwrap(), None);
    assert_eq!(bench.store.watched(bench.now).await.unwrap(), []);
}

impl Bench {
    /// As [`Bench::look`], a moment later.
    async fn soon_look(&mut self, id: &str, hours: &[i64]) {
        self.now -= TimeDelta::seconds(50);
        self.look(id, hours).await;
    }

    async fn news_of(&self, chat: i64) -> shared::store::News {
        let person = self.person(chat).await;
        self.store.news(person, self.now).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn writes_that_wait_together_are_each_done_or_not() {
    let bench = Bench::new().await;
    let people = (0..200).map(|n| bench.person(1_000 + n));
    let people = futures::future::join_all(people).await;
    let watches = people.iter().enumerate().map(|(n, person)| {
        // Every third is of somebody who is not there, and fails alone.
        let person = if n % 3 == 0 { PersonId(-1) } else { *person };
        let new = NewWatch {
            person,
            targets: vec![doctor("36")],
            areas: Vec::new(),
            wish: Wish::default(),
        };
        bench.store.add_watch(new, LIMITS, bench.now)
    });
    let added = futures::future::join_all(watches).await;
    for (n, (person, added)) in people.iter().zip(added).enumerate() {
        assert_eq!(added.is_ok(), n % 3 != 0, "{added:?}");
        let kept = bench.store.watches(*person, bench.now).await.unwrap().len();
        assert_eq!(kept, usize::from(n % 3 != 0));
    }
}

#[tokio::test]
async fn people_are_named_by_talon_in_the_smallest_crowd_they_stand_in() {
    let mut bench = Bench::new().await;
    bench.list(&["36", "37"]).await;
    let anna = bench.watch(ANNA, &[doctor("36")]).await;
    bench.watch(BORIS, &[any()]).await;
    let evening = Wish {
        hours: shared::wish::Hours::new(17 * 60, 24 * 60).unwrap(),
        ..Wish::default()
    };
    let person = bench.person(ANNA).await;
    let wish = bench.store.set_wish(person, anna, evening, bench.now).await;
    wish.unwrap().unwrap();
    // 14:00 and 18:00 by the wall clock: both suit Boris, nobody else the first.
    bench.look("36", &[2, 6]).await;
    let (crowds, through) = bench.store.crowds(EventId(0), bench.now).await.unwrap();
    let named: Vec<_> = crowds
        .iter()
        .map(|crowd| (crowd.talon, crowd.people.len()))
        .collect();
    assert_eq!(named, [(Some(EventId(1)), 1), (Some(EventId(2)), 1)]);
    assert_eq!(crowds[0].people, [bench.person(BORIS).await]);
    assert_eq!(crowds[1].people, [person]);
    // Nothing has happened since.
    assert_eq!(bench.with_news(through).await, []);
    // What suits nobody has a crowd too: cursors are to move.
    bench.look("36", &[2, 3, 6]).await;
    let (crowds, _) = bench.store.crowds(through, bench.now).await.unwrap();
    let named: Vec<_> = crowds
        .iter()
        .map(|crowd| (crowd.talon, &crowd.people[..]))
        .collect();
    let boris = bench.person(BORIS).await;
    assert_eq!(
        named,
        [(None, &[person][..]), (Some(EventId(3)), &[boris][..])]
    );
}
