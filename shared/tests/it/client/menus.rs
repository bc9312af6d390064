//! Menus over a real store and an invented portal.

use super::portal::{Portal, Reply};
use super::sample;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use shared::catalogue::{District, Doctor};
use shared::failure::FailureKind;
use shared::gorzdrav::menus::{Menu, MenuError, Menus};
use shared::ids::{Department, DistrictId, LpuId};
use shared::store::{Program, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Semaphore;

const LPU: LpuId = LpuId(9002);

fn department() -> Department {
    Department {
        lpu: LPU,
        specialty: "35-1".into(),
    }
}

async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("talon.db"), Program::Bot)
        .await
        .unwrap();
    (folder, store)
}

/// A portal with the samples, which fails while it is not `well`.
async fn moody(well: &Arc<AtomicBool>) -> Portal {
    let well = Arc::clone(well);
    Portal::start(move |path| {
        if well.load(Ordering::SeqCst) {
            good(path)
        } else {
            Reply::json(sample("error_602"))
        }
    })
    .await
}

fn good(path: &str) -> Reply {
    Reply::json(match path {
        "/shared/districts" => sample("districts"),
        "/shared/lpus" | "/shared/district/11/lpus" => sample("lpus"),
        "/shared/lpu/9002" => sample("lpu"),
        _ if path.ends_with("/specialties") => sample("specialties_svmed"),
        _ if path.ends_with("/doctors") => sample("doctors_svmed"),
        _ => return Reply::status(404),
    })
}

async fn good_portal() -> Portal {
    Portal::start(good).await
}

fn long_ago() -> DateTime<Utc> {
    (Utc::now() - TimeDelta::days(3)).trunc_subsecs(3)
}

fn failure<T: std::fmt::Debug>(read: Result<Menu<T>, MenuError>) -> FailureKind {
    match read {
        Err(MenuError::CouldNotLook(failure)) => failure.kind,
        other => panic!("{other:?}"),
    }
}

fn an_old_doctor() -> Doctor {
    Doctor {
        id: "1".into(),
        name: Some("Давнов Прошлый Примерович".to_owned()),
        area: None,
        comment: None,
        counters: shared::catalogue::Counters::default(),
    }
}

#[tokio::test]
async fn a_young_list_is_asked_for_once() {
    let (portal, (_folder, store)) = (good_portal().await, store().await);
    let menus = Menus::new(portal.api(), store);
    for _ in 0..3 {
        assert_eq!(menus.districts().await.unwrap().value.len(), 18);
        assert_eq!(menus.lpus().await.unwrap().value.len(), 12);
        assert_eq!(menus.specialties(LPU).await.unwrap().value.len(), 4);
        let doctors = menus.doctors(&department()).await.unwrap();
        assert_eq!(doctors.value.len(), 7);
        assert!(!doctors.is_stale);
    }
    assert_eq!(portal.seen().len(), 4);
}

#[tokio::test]
async fn presses_at_once_share_one_request() {
    let gate = Arc::new(Semaphore::new(0));
    let reply = Reply::Behind(
        Arc::clone(&gate),
        Box::new(Reply::json(sample("specialties_svmed"))),
    );
    let (portal, (_folder, store)) = (Portal::saying(reply).await, store().await);
    let menus = Menus::new(portal.api(), store);
    let open = async {
        portal.asked(1).await;
        gate.add_permits(100);
    };
    let (a, b, c, ()) = tokio::join!(
        menus.specialties(LPU),
        menus.specialties(LPU),
        menus.specialties(LPU),
        open
    );
    for menu in [a, b, c] {
        assert_eq!(menu.unwrap().value.len(), 4);
    }
    assert_eq!(portal.seen().len(), 1);
}

#[tokio::test]
async fn presses_at_once_share_a_failure_and_the_next_one_asks_again() {
    let gate = Arc::new(Semaphore::new(0));
    let reply = Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(500)));
    let (portal, (_folder, store)) = (Portal::saying(reply).await, store().await);
    let menus = Menus::new(portal.api(), store);
    let open = async {
        portal.asked(1).await;
        gate.add_permits(100);
    };
    let (a, b, ()) = tokio::join!(menus.specialties(LPU), menus.specialties(LPU), open);
    assert_eq!(
        (failure(a), failure(b)),
        (FailureKind::Portal, FailureKind::Portal)
    );
    assert_eq!(portal.seen().len(), 1);
    assert_eq!(failure(menus.specialties(LPU).await), FailureKind::Portal);
    assert_eq!(portal.seen().len(), 2);
}

#[tokio::test]
async fn a_failing_clinic_leaves_the_last_good_copy_with_its_age() {
    let well = Arc::new(AtomicBool::new(false));
    let (portal, (_folder, store)) = (moody(&well).await, store().await);
    let menus = Menus::new(portal.api(), store.clone());
    assert_eq!(
        failure(menus.doctors(&department()).await),
        FailureKind::Clinic
    );

    let read_at = long_ago();
    store
        .save_doctors(department(), vec![an_old_doctor()], read_at)
        .await
        .unwrap();
    let menu = menus.doctors(&department()).await.unwrap();
    assert_eq!((menu.is_stale, menu.read_at), (true, read_at));
    assert_eq!(*menu.value, [an_old_doctor()]);

    well.store(true, Ordering::SeqCst);
    let menu = menus.doctors(&department()).await.unwrap();
    assert_eq!((menu.is_stale, menu.value.len()), (false, 7));
    let kept = store.doctors(&department()).await.unwrap().unwrap();
    assert_eq!(kept.value.len(), 7, "the newer answer wins");
}

#[tokio::test]
async fn nothing_free_says_nothing_about_who_is_listed() {
    let portal = Portal::saying(Reply::json(sample("error_38"))).await;
    let (_folder, store) = store().await;
    let menus = Menus::new(portal.api(), store.clone());
    let read = menus.doctors(&department()).await;
    assert!(matches!(read, Err(MenuError::Nothing)), "{read:?}");

    store
        .save_doctors(department(), vec![an_old_doctor()], long_ago())
        .await
        .unwrap();
    let menu = menus.doctors(&department()).await.unwrap();
    assert!(menu.is_stale);
    assert_eq!(*menu.value, [an_old_doctor()]);
}

#[tokio::test]
async fn a_restart_asks_for_nothing_the_store_has_young() {
    let (portal, (_folder, store)) = (good_portal().await, store().await);
    Menus::new(portal.api(), store.clone()).warm().await;
    assert_eq!(portal.paths(), ["/shared/districts", "/shared/lpus"]);

    let menus = Menus::new(portal.api(), store.clone());
    menus.warm().await;
    assert!(!menus.lpus().await.unwrap().is_stale);
    let of_a_district = menus.lpus_of(&"11".into()).await.unwrap();
    assert_eq!(
        of_a_district.value.len(),
        1,
        "out of the list of the whole city"
    );
    assert_eq!(menus.lpu(LPU).await.unwrap().value.id, LPU);
    assert_eq!(portal.seen().len(), 2);

    // What the pinger read a moment ago serves a menu too.
    store
        .save_doctors(department(), vec![an_old_doctor()], Utc::now())
        .await
        .unwrap();
    let doctors = menus.doctors(&department()).await.unwrap();
    assert_eq!((doctors.value.len(), doctors.is_stale), (1, false));
    assert_eq!(portal.seen().len(), 2);
}

#[tokio::test]
async fn a_copy_from_the_future_is_not_young() {
    let (portal, (_folder, store)) = (good_portal().await, store().await);
    let ahead = Utc::now() + TimeDelta::days(1);
    store
        .save_doctors(department(), vec![an_old_doctor()], ahead)
        .await
        .unwrap();
    let menus = Menus::new(portal.api(), store);
    let menu = menus.doctors(&department()).await.unwrap();
    assert_eq!((menu.is_stale, menu.value.len()), (false, 7));
}

#[tokio::test]
async fn an_empty_list_hides_no_earlier_one() {
    let portal = Portal::saying(Reply::json(sample("lpus_of_unknown_district"))).await;
    let (_folder, store) = store().await;
    let menus = Menus::new(portal.api(), store.clone());
    let unknown = menus.lpus_of(&"19".into()).await.unwrap();
    assert_eq!((unknown.value.len(), unknown.is_stale), (0, false));

    let district = District {
        id: DistrictId("1".to_owned()),
        name: "Учебный".to_owned(),
    };
    store
        .save_districts(vec![district.clone()], long_ago())
        .await
        .unwrap();
    assert_eq!(menus.districts().await.unwrap().value.len(), 0);
    assert_eq!(store.districts().await.unwrap().unwrap().value, [district]);
}

#[tokio::test]
async fn an_answer_nobody_waits_for_any_longer_serves_the_next_press() {
    let gate = Arc::new(Semaphore::new(0));
    let reply = Reply::Behind(
        Arc::clone(&gate),
        Box::new(Reply::json(sample("doctors_svmed"))),
    );
    let (portal, (_folder, store)) = (Portal::saying(reply).await, store().await);
    let mut changes = store.changes().await.unwrap();
    let menus = Menus::new(portal.api(), store.clone());
    let department = department();
    tokio::select! {
        read = menus.doctors(&department) => panic!("{read:?}"),
        () = portal.asked(1) => {}
    }
    gate.add_permits(100);
    while store.doctors(&department).await.unwrap().is_none() {
        changes.next().await;
    }
    let menu = menus.doctors(&department).await.unwrap();
    assert_eq!((menu.is_stale, menu.value.len()), (false, 7));
    assert_eq!(portal.seen().len(), 1);
}

#[tokio::test]
async fn a_press_that_lost_patience_is_shown_the_last_copy() {
    let (portal, (_folder, store)) = (Portal::saying(Reply::Silence).await, store().await);
    let read_at = long_ago();
    store
        .save_doctors(department(), vec![an_old_doctor()], read_at)
        .await
        .unwrap();
    let menus = Menus::new(portal.api(), store).with_patience(Duration::from_millis(50));
    let menu = menus.doctors(&department()).await.unwrap();
    assert_eq!((menu.is_stale, menu.read_at), (true, read_at));
}

#[tokio::test]
async fn a_press_without_patience_or_a_copy_says_it_could_not_look() {
    let (portal, (_folder, store)) = (Portal::saying(Reply::Silence).await, store().await);
    let menus = Menus::new(portal.api(), store).with_patience(Duration::from_millis(50));
    assert_eq!(
        failure(menus.specialties(LPU).await),
        FailureKind::Unreachable
    );
}

#[tokio::test]
async fn a_held_portal_is_not_asked_and_nobody_queues() {
    let (portal, (_folder, store)) = (good_portal().await, store().await);
    let api = portal.api();
    api.hold_until(Utc::now() + TimeDelta::minutes(10));
    let menus = Menus::new(api, store.clone());
    assert_eq!(failure(menus.specialties(LPU).await), FailureKind::TooMany);
    store
        .save_doctors(department(), vec![an_old_doctor()], long_ago())
        .await
        .unwrap();
    assert!(menus.doctors(&department()).await.unwrap().is_stale);
    assert_eq!(portal.seen().len(), 0);
}

#[tokio::test]
async fn one_clinic_is_asked_for_alone() {
    let (portal, (_folder, store)) = (good_portal().await, store().await);
    let menus = Menus::new(portal.api(), store);
    for _ in 0..2 {
        assert_eq!(menus.lpu(LPU).await.unwrap().value.short_name, "УП №2");
    }
    assert_eq!(portal.paths(), ["/shared/lpu/9002"]);
}

#[tokio::test]
async fn one_clinic_is_found_in_the_list_when_it_cannot_be_asked_for_alone() {
    let (portal, (_folder, store)) = (good_portal().await, store().await);
    let menus = Menus::new(portal.api(), store);
    for _ in 0..2 {
        assert_eq!(
            menus.lpu(LpuId(9003)).await.unwrap().value.short_name,
            "УП №3"
        );
    }
    assert_eq!(portal.paths(), ["/shared/lpu/9003", "/shared/lpus"]);
    let unknown = menus.lpu(LpuId(1)).await;
    assert!(
        matches!(unknown, Err(MenuError::CouldNotLook(_))),
        "{unknown:?}"
    );
}
