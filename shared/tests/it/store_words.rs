//! What a person chose lately, links that pass a watch on, and files of the first schema.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use shared::ids::{Department, DoctorId, LpuId, PersonId, Target};
use shared::store::{
    AddOutcome, Lang, Limits, MAX_SHARES, NewWatch, Program, SHARE_LIVES, Shared, Store,
};
use shared::wish::Wish;
use tempfile::TempDir;

const LIMITS: Limits = Limits {
    watches: 100,
    targets: 5,
};
const ANNA: i64 = 100;

async fn open() -> (Store, DateTime<Utc>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("talon.db"), Program::Bot)
        .await
        .unwrap();
    (store, "2026-11-20T09:00:00Z".parse().unwrap(), folder)
}

fn target(lpu: u32, doctor: Option<&str>) -> Target {
    Target {
        department: Department {
            lpu: LpuId(lpu),
            specialty: "35-1".into(),
        },
        doctor: doctor.map(DoctorId::from),
    }
}

async fn person(store: &Store, chat: i64, now: DateTime<Utc>) -> PersonId {
    store.meet(chat, None, Lang::Ru, now).await.unwrap().id
}

async fn add(store: &Store, person: PersonId, targets: &[Target], now: DateTime<Utc>) {
    let new = NewWatch {
        person,
        targets: targets.to_vec(),
        areas: Vec::new(),
        wish: Wish::default(),
    };
    let outcome = store.add_watch(new, LIMITS, now).await.unwrap();
    assert!(matches!(
        outcome,
        AddOutcome::Added(_) | AddOutcome::Already(_)
    ));
}

#[tokio::test]
async fn choices_of_late_come_newest_first_without_what_is_watched() {
    let (store, now, _folder) = open().await;
    assert!(store.recent_targets(ANNA, 3).await.unwrap().is_empty());
    let anna = person(&store, ANNA, now).await;
    for lpu in 1..=5 {
        let at = now + TimeDelta::minutes(i64::from(lpu));
        add(&store, anna, &[target(lpu, None)], at).await;
    }
    assert!(store.recent_targets(ANNA, 3).await.unwrap().is_empty());
    for card in store.watches(anna, now).await.unwrap() {
        store.delete_watch(card.id, now).await.unwrap();
    }
    store.purge_deleted(now + TimeDelta::days(1)).await.unwrap();
    let want = [5, 4, 3].map(|lpu| target(lpu, None));
    assert_eq!(store.recent_targets(ANNA, 3).await.unwrap(), want);

    add(&store, anna, &[target(4, None)], now + TimeDelta::hours(1)).await;
    let want = [5, 3, 2].map(|lpu| target(lpu, None));
    assert_eq!(store.recent_targets(ANNA, 3).await.unwrap(), want);
    assert!(store.recent_targets(200, 3).await.unwrap().is_empty());

    store.forget_person(ANNA).await.unwrap();
    person(&store, ANNA, now).await;
    assert!(store.recent_targets(ANNA, 3).await.unwrap().is_empty());
}

#[tokio::test]
async fn choices_move_with_a_group_that_became_a_supergroup() {
    let (store, now, _folder) = open().await;
    let old = person(&store, -1, now).await;
    add(&store, old, &[target(1, Some("7"))], now).await;
    for card in store.watches(old, now).await.unwrap() {
        store.delete_watch(card.id, now).await.unwrap();
    }
    person(&store, -100, now).await;
    store.migrate_chat(-1, -100).await.unwrap();
    assert_eq!(
        store.recent_targets(-100, 3).await.unwrap(),
        [target(1, Some("7"))]
    );
}

#[tokio::test]
async fn only_so_many_choices_are_kept() {
    let (store, now, _folder) = open().await;
    let anna = person(&store, ANNA, now).await;
    for lpu in 0..60 {
        let at = now + TimeDelta::minutes(i64::from(lpu));
        add(&store, anna, &[target(lpu, None)], at).await;
    }
    for card in store.watches(anna, now).await.unwrap() {
        store.delete_watch(card.id, now).await.unwrap();
    }
    let kept = store.recent_targets(ANNA, 100).await.unwrap();
    assert_eq!((kept.len(), &kept[0]), (30, &target(59, None)));
}

#[tokio::test]
async fn a_link_passes_targets_and_wish_on_until_it_expires() {
    let (store, now, _folder) = open().await;
    let anna = person(&store, ANNA, now).await;
    let shared = Shared {
        targets: vec![target(1, Some("7")), target(2, None)],
        areas: Vec::new(),
        wish: Wish::default(),
    };
    let share =
        |token: &str, shared: &Shared, at| store.share(anna, shared.clone(), token.to_owned(), at);
    let token = share("one", &shared, now).await.unwrap().unwrap();
    assert_eq!(token, "one");
    assert_eq!(
        store.shared(token.clone(), now).await.unwrap(),
        Some(shared.clone())
    );
    // The same again is the same link, alive for longer.
    let later = now + TimeDelta::days(60);
    let again = share("two", &shared, later).await.unwrap();
    assert_eq!(again.as_deref(), Some("one"));
    let find = |at| store.shared("one".to_owned(), at);
    let end = later + SHARE_LIVES;
    assert!(find(end - TimeDelta::seconds(1)).await.unwrap().is_some());
    assert_eq!(find(end).await.unwrap(), None);
    assert_eq!(store.shared("two".to_owned(), now).await.unwrap(), None);

    // Nobody stands behind it: the link outlives whoever made it.
    store.forget_person(ANNA).await.unwrap();
    assert!(find(later).await.unwrap().is_some());
    store.forget_shares(end).await.unwrap();
    assert_eq!(find(later).await.unwrap(), None);
}

#[tokio::test]
async fn one_person_makes_only_so_many_links_and_none_to_nothing() {
    let (store, now, _folder) = open().await;
    let anna = person(&store, ANNA, now).await;
    let share = |n: u32, at| {
        let targets = if n == 0 {
            Vec::new()
        } else {
            vec![target(n, None)]
        };
        let wish = Wish::default();
        let areas = Vec::new();
        let shared = Shared {
            targets,
            areas,
            wish,
        };
        store.share(anna, shared, format!("t{n}"), at)
    };
    assert_eq!(share(0, now).await.unwrap(), None);
    for n in 1..=MAX_SHARES {
        assert!(share(n, now).await.unwrap().is_some());
    }
    assert_eq!(share(MAX_SHARES + 1, now).await.unwrap(), None);
    assert!(share(1, now).await.unwrap().is_some(), "an old one again");
    let later = now + SHARE_LIVES;
    assert!(share(MAX_SHARES + 1, later).await.unwrap().is_some());
}

/// A file as the first version left it, with a person who waits.
fn first_version(path: &std::path::Path) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(include_str!("../../src/store/schema/0001.sql"))
        .unwrap();
    db.execute_batch(
        "insert into people (chat_id, lang, watching, watching_set, created_at, last_seen_at)
             values (100, 'ru', 1, 1000, 1000, 1000);
         insert into watches (person_id, wish, told_through, created_at) values (1, '{}', 0, 2000);
         insert into watch_targets values (1, 1, '35-1', '7'), (1, 2, '35-1', null);
         pragma user_version = 1;
         pragma application_id = 1952541806;",
    )
    .unwrap();
}

#[tokio::test]
async fn a_file_of_the_first_version_goes_on_with_its_watches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    first_version(&path);
    let store = Store::open(&path, Program::Bot).await.unwrap();
    let now = Utc::now();
    let anna = store.person(ANNA).await.unwrap().unwrap();
    assert!(anna.is_watching);
    let cards = store.watches(anna.id, now).await.unwrap();
    assert_eq!((cards.len(), cards[0].targets.len()), (1, 2));
    assert_eq!(cards[0].wish, Wish::default());
    // What was watched then is offered once it is deleted.
    store.delete_watch(cards[0].id, now).await.unwrap();
    assert_eq!(
        store.recent_targets(ANNA, 3).await.unwrap(),
        [target(1, Some("7")), target(2, None)]
    );
}

#[tokio::test]
async fn the_specialties_of_all_clinics_are_those_of_their_last_lists() {
    use shared::catalogue::{Counters, Specialty};
    let (store, now, _folder) = open().await;
    let specialty = |id: &str, name: &str| Specialty {
        id: id.into(),
        fer_id: None,
        name: name.to_owned(),
        counters: Counters::default(),
    };
    assert!(store.known_specialties().await.unwrap().is_empty());
    let both = vec![specialty("1", "Хирург"), specialty("2", "ЛОР")];
    store.save_specialties(LpuId(1), both, now).await.unwrap();
    store
        .save_specialties(LpuId(2), Vec::new(), now)
        .await
        .unwrap();
    let later = now + TimeDelta::hours(1);
    let one = vec![specialty("2", "ЛОР")];
    store.save_specialties(LpuId(1), one, later).await.unwrap();
    let known = store.known_specialties().await.unwrap();
    let show: Vec<(u32, Vec<&str>)> = known
        .iter()
        .map(|(lpu, list)| (lpu.0, list.iter().map(|one| one.name.as_str()).collect()))
        .collect();
    assert_eq!(show, [(1, vec!["ЛОР"]), (2, vec![])]);
}
