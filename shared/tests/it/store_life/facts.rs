//! Facts about doctors: no longer listed, back, under a new id.

use super::*;

#[tokio::test]
async fn a_vanished_doctor_is_told_once_and_the_return_too() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.watch(ANNA, &[Some("a")]).await;
    bench.list(&[IVANOVA, PETROV]).await;
    bench.list(&[PETROV]).await;
    assert_eq!(bench.kinds(anna).await, [], "missing once is not gone");
    bench.lists(&[PETROV]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::Gone]);
    bench.tell(anna).await;
    assert_eq!(bench.kinds(anna).await, []);
    bench.list(&[IVANOVA, PETROV]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::Back]);
    bench.tell(anna).await;
    assert_eq!(bench.kinds(anna).await, []);
    bench.lists(&[PETROV]).await;
    assert_eq!(
        bench.kinds(anna).await,
        [FactKind::Gone],
        "gone once more is news"
    );
}

#[tokio::test]
async fn a_fact_that_is_no_longer_true_is_not_told() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.watch(ANNA, &[Some("a")]).await;
    bench.list(&[IVANOVA, PETROV]).await;
    bench.lists(&[PETROV]).await;
    bench.list(&[IVANOVA, PETROV]).await;
    assert_eq!(bench.kinds(anna).await, []);
    bench.lists(&[PETROV]).await;
    bench.pass(30);
    assert_eq!(
        bench.kinds(anna).await,
        [],
        "an old list says nothing of today"
    );
}

#[tokio::test]
async fn facts_wait_for_whoever_is_silent() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    let watch = bench.watch(ANNA, &[Some("a")]).await;
    bench.list(&[IVANOVA]).await;
    bench.lists(&[PETROV]).await;
    let store = bench.store.clone();
    store.switch_off(anna, bench.now).await.unwrap();
    assert_eq!(bench.kinds(anna).await, []);
    store.switch_on(anna, bench.now).await.unwrap();
    assert_eq!(bench.kinds(anna).await, [FactKind::Gone]);
    store.pause_watch(watch, None).await.unwrap();
    assert_eq!(bench.kinds(anna).await, []);
    store.resume_watch(watch, bench.now).await.unwrap();
    store.set_gone(ANNA, bench.now).await.unwrap();
    assert_eq!(bench.kinds(anna).await, []);
    bench.person(ANNA).await;
    store.delete_watch(watch, bench.now).await.unwrap();
    assert_eq!(bench.kinds(anna).await, []);
    store.undo_delete(watch, bench.now).await.unwrap();
    // Quiet from 12:00 to 13:00; it is past noon in St. Petersburg.
    let path = bench.folder.path().join("talon.db");
    let quiet = |from: u32, to: u32| {
        let db = Connection::open(&path).unwrap();
        db.execute(
            "update people set quiet_from = ?1, quiet_to = ?2",
            (from, to),
        )
        .unwrap();
    };
    let minute = {
        use chrono::Timelike as _;
        let wall = shared::clock::wall(bench.now);
        wall.hour() * 60 + wall.minute()
    };
    quiet(minute, minute + 1);
    assert_eq!(bench.kinds(anna).await, []);
    quiet(minute + 1, minute);
    assert_eq!(bench.kinds(anna).await, [FactKind::Gone]);
    quiet(minute, minute - 1);
    assert_eq!(bench.kinds(anna).await, [], "quiet over midnight");
}

#[tokio::test]
async fn a_doctor_under_a_new_id_is_told_at_once_and_followed() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    let watch = bench.watch(ANNA, &[Some("a")]).await;
    bench.list(&[IVANOVA, PETROV]).await;
    bench.list(&["c ИВАНОВА АННА ПЕТРОВНА", PETROV]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::Renumbered("c".into())]);
    bench.tell(anna).await;
    assert_eq!(bench.kinds(anna).await, []);
    let start = bench.now + TimeDelta::hours(48);
    bench.look("c", &[start]).await;
    assert!(bench.news(anna).await.is_empty());
    let n = bench
        .store
        .retie_watch(anna, watch, bench.now)
        .await
        .unwrap();
    assert_eq!(n, Some(1));
    assert_eq!(bench.targets(anna, watch).await, [Some("c".to_owned())]);
    assert_eq!(
        bench.news(anna).await,
        [start],
        "what is free there already is news"
    );
    let asked = bench.store.look_requests(bench.now).await.unwrap();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].target, target(Some("c")));
    let again = bench
        .store
        .retie_watch(anna, watch, bench.now)
        .await
        .unwrap();
    assert_eq!(again, Some(0));
    let foreign = bench.person(200).await;
    let refused = bench
        .store
        .retie_watch(foreign, watch, bench.now)
        .await
        .unwrap();
    assert_eq!(refused, None);
}

#[tokio::test]
async fn two_doctors_of_one_name_are_nobodys_new_id() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    let watch = bench.watch(ANNA, &[Some("a")]).await;
    bench.list(&[IVANOVA, PETROV]).await;
    bench
        .list(&["c Иванова Анна Петровна", "d Иванова Анна Петровна"])
        .await;
    assert_eq!(bench.kinds(anna).await, []);
    let n = bench
        .store
        .retie_watch(anna, watch, bench.now)
        .await
        .unwrap();
    assert_eq!(n, Some(0));
}

#[tokio::test]
async fn widening_tells_the_new_doctors_talons_and_repeats_no_others() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    let other = Target {
        department: Department {
            lpu: LpuId(31),
            specialty: "35-1".into(),
        },
        doctor: Some("z".into()),
    };
    let new = NewWatch {
        person: anna,
        targets: vec![target(Some("a")), other],
        areas: Vec::new(),
        wish: Wish::default(),
    };
    let limits = Limits {
        watches: 20,
        targets: 30,
    };
    let added = bench.store.add_watch(new, limits, bench.now).await.unwrap();
    let AddOutcome::Added(watch) = added else {
        panic!("{added:?}");
    };
    let ahead = bench.now + TimeDelta::hours(90);
    // The other clinic's talon opens and is told; then the doctor vanishes.
    let look = Look {
        doctor: DoctorRef {
            lpu: LpuId(31),
            doctor: "z".into(),
        },
        begun_at: bench.now,
        outcome: Ok(vec![slot(ahead)]),
    };
    bench.store.record_look(look, bench.now).await.unwrap();
    let news = bench.store.news(anna, bench.now).await.unwrap().unwrap();
    bench.store.told(news, Some(1), bench.now).await.unwrap();
    bench.list(&[IVANOVA, PETROV]).await;
    bench.lists(&[PETROV]).await;
    let mine = ahead + TimeDelta::hours(1);
    bench.look("b", &[mine]).await;
    let news = bench.store.news(anna, bench.now).await.unwrap().unwrap();
    bench.store.told(news, None, bench.now).await.unwrap();
    let n = bench
        .store
        .widen_watch(anna, watch, Widen::Gone, bench.now)
        .await
        .unwrap();
    assert_eq!(n, Some(1));
    assert_eq!(bench.news(anna).await, [mine]);
    let n = bench
        .store
        .widen_watch(anna, watch, Widen::Gone, bench.now)
        .await
        .unwrap();
    assert_eq!(n, Some(0));
    let n = bench
        .store
        .widen_watch(anna, watch, Widen::All, bench.now)
        .await
        .unwrap();
    assert_eq!(n, Some(1));
    assert_eq!(bench.targets(anna, watch).await, [None, None]);
}

#[tokio::test]
async fn whoever_the_portal_refuses_for_three_days_is_gone_and_may_come_back() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.watch(ANNA, &[Some("a"), None]).await;
    bench.list(&[IVANOVA, PETROV]).await;
    for _ in 0..3 {
        bench.refuse("a", FailureKind::Gone).await;
        assert_eq!(bench.kinds(anna).await, [], "a refusal may pass");
        bench.pass(23);
    }
    // One try that fails otherwise begins the count anew.
    bench.fail("a").await;
    for _ in 0..3 {
        bench.pass(30);
        bench.refuse("a", FailureKind::Gone).await;
    }
    assert_eq!(bench.kinds(anna).await, [], "60 hours are no three days");
    bench.pass(12);
    bench.refuse("a", FailureKind::Gone).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::Gone]);
    bench.tell(anna).await;
    bench.list(&[IVANOVA, PETROV]).await;
    assert_eq!(bench.kinds(anna).await, [], "told, and still refused");
    bench.look("a", &[]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::Back]);
    bench.tell(anna).await;
    assert_eq!(bench.kinds(anna).await, []);
}

#[tokio::test]
async fn a_department_refused_for_three_days_takes_its_doctors_along() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.watch(ANNA, &[Some("a"), Some("b")]).await;
    bench.list(&[IVANOVA, PETROV]).await;
    for _ in 0..4 {
        bench.pass(25);
        bench.refuse_list().await;
    }
    assert_eq!(
        bench.kinds(anna).await,
        [FactKind::PlaceGone, FactKind::PlaceGone]
    );
    bench.tell(anna).await;
    assert_eq!(bench.kinds(anna).await, []);
}
