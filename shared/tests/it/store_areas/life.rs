//! Areas and the rest of a watch's life: the same one again, links, undoing, widening, exporting, forgetting.

use super::*;
use rusqlite::Connection;
use shared::store::Widen;

#[tokio::test]
async fn the_same_area_again_is_the_same_watch() {
    let mut bench = Bench::with_city().await;
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    assert_eq!(
        bench.add(ANNA, &[], &[eyes("1"), eyes("1")]).await,
        AddOutcome::Already(watch)
    );
    // A clinic's code, or none, makes no other area of it.
    let uncoded = Area {
        fer_id: None,
        ..eyes("1")
    };
    assert_eq!(
        bench.add(ANNA, &[], &[uncoded, eyes("1")]).await,
        AddOutcome::Already(watch)
    );
    let card = bench.card(ANNA, watch).await;
    assert_eq!(card.areas.len(), 1);
    // Grown meanwhile, it is still the same.
    bench.now += TimeDelta::hours(1);
    bench.list(13, &["3 Офтальмолог 20"]).await;
    bench.expand().await;
    assert_eq!(
        bench.add(ANNA, &[], &[eyes("1")]).await,
        AddOutcome::Already(watch)
    );
    let asked = bench.store.look_requests(bench.now).await.unwrap();
    assert_eq!(asked.len(), 3, "all of it is looked at again");
    for (targets, areas) in [
        (vec![], vec![eyes("")]),
        (vec![], vec![eyes("2")]),
        (vec![any(12, "30")], vec![eyes("1")]),
        (vec![any(10, "20"), any(11, "77-1")], vec![]),
    ] {
        let outcome = bench.add(ANNA, &targets, &areas).await;
        assert!(matches!(outcome, AddOutcome::Added(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_deleted_area_comes_back_as_it_was() {
    let mut bench = Bench::with_city().await;
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    bench.store.delete_watch(watch, bench.now).await.unwrap();
    // It goes on growing in the dark.
    bench.list(13, &["3 Офтальмолог 20"]).await;
    assert!(bench.expand().await.people.is_empty());
    let since = bench.now - TimeDelta::seconds(60);
    assert!(bench.store.undo_delete(watch, since).await.unwrap());
    assert_eq!(bench.covered(ANNA, watch).await.len(), 3);
    bench.store.delete_watch(watch, bench.now).await.unwrap();
    bench.now += TimeDelta::minutes(2);
    bench.store.purge_deleted(bench.now).await.unwrap();
    let db = Connection::open(bench.folder.path().join("talon.db")).unwrap();
    for table in ["watches", "watch_areas", "watch_targets"] {
        let n: u32 = db
            .query_row(&format!("select count(*) from {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(n, 0, "{table}");
    }
}

#[tokio::test]
async fn a_link_passes_areas_on() {
    let bench = Bench::with_city().await;
    let anna = bench.person(ANNA).await;
    let shared = Shared {
        targets: vec![any(12, "30")],
        areas: vec![eyes("1"), eyes("").like_at(&clinic(10, "1"))],
        wish: Wish::default(),
    };
    let share = |token: &str, shared: &Shared| {
        bench
            .store
            .share(anna, shared.clone(), token.to_owned(), bench.now)
    };
    let token = share("one", &shared).await.unwrap().unwrap();
    let mut found = bench.store.shared(token, bench.now).await.unwrap().unwrap();
    found.areas.sort();
    let mut want = shared.clone();
    want.areas.sort();
    assert_eq!(found, want);
    // The same again has the same token; without the areas it is another.
    assert_eq!(share("two", &shared).await.unwrap().as_deref(), Some("one"));
    let alone = Shared {
        areas: Vec::new(),
        ..shared.clone()
    };
    assert_eq!(
        share("three", &alone).await.unwrap().as_deref(),
        Some("three")
    );
    let area_alone = Shared {
        targets: Vec::new(),
        ..shared
    };
    assert_eq!(
        share("four", &area_alone).await.unwrap().as_deref(),
        Some("four")
    );
}

#[tokio::test]
async fn a_link_made_before_there_were_areas_still_works() {
    let bench = Bench::new().await;
    let db = Connection::open(bench.folder.path().join("talon.db")).unwrap();
    db.execute(
        "insert into shares (token, targets, wish, expires_at) values ('old',
             '[{\"department\":{\"lpu\":12,\"specialty\":\"30\"},\"doctor\":null}]', '{}', ?1)",
        [(bench.now + TimeDelta::days(1)).timestamp_millis()],
    )
    .unwrap();
    let found = bench.store.shared("old".to_owned(), bench.now).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.targets, [any(12, "30")]);
    assert!(found.areas.is_empty());
}

#[tokio::test]
async fn an_area_is_exported_and_forgotten_with_its_person() {
    let bench = Bench::with_city().await;
    bench.watch(ANNA, &[eyes("1")]).await;
    bench.watch(BORIS, &[eyes("")]).await;
    let all = bench.store.export(ANNA).await.unwrap();
    let areas = all["watch_areas"].as_array().unwrap();
    assert_eq!(areas.len(), 1);
    assert_eq!(areas[0]["name"], "офтальмолог");
    assert_eq!(areas[0]["district_id"], "1");
    assert_eq!(all["watch_targets"].as_array().unwrap().len(), 2);
    bench.store.forget_person(ANNA).await.unwrap();
    let left = bench.store.export(ANNA).await.unwrap();
    assert!(left.as_object().unwrap().is_empty(), "{left}");
    let others = bench.store.export(BORIS).await.unwrap();
    assert_eq!(others["watch_targets"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_was_chosen_lately_holds_no_departments_of_areas() {
    let bench = Bench::with_city().await;
    bench.add(ANNA, &[any(12, "30")], &[eyes("1")]).await;
    let person = bench.person(ANNA).await;
    let watches = bench.store.watches(person, bench.now).await.unwrap();
    bench
        .store
        .delete_watch(watches[0].id, bench.now)
        .await
        .unwrap();
    let recent = bench.store.recent_targets(ANNA, 10).await.unwrap();
    assert_eq!(recent, [any(12, "30")]);
}

#[tokio::test]
async fn a_doctor_widened_into_a_department_of_an_area_is_chosen_by_hand() {
    let mut bench = Bench::with_city().await;
    let doctor = Target {
        doctor: Some(DoctorId::from("д1")),
        ..any(10, "20")
    };
    let AddOutcome::Added(watch) = bench.add(ANNA, &[doctor], &[eyes("1")]).await else {
        panic!("not added")
    };
    let person = bench.person(ANNA).await;
    let widened = bench
        .store
        .widen_watch(person, watch, Widen::All, bench.now)
        .await;
    assert_eq!(widened.unwrap(), Some(1));
    let card = bench.card(ANNA, watch).await;
    let by_hand = card.targets.iter().filter(|state| state.area.is_none());
    assert_eq!(by_hand.count(), 1);
    bench.now += TimeDelta::days(9);
    bench.list(10, &["20 Офтальмолог (платно) 20"]).await;
    bench.expand().await;
    assert_eq!(bench.covered(ANNA, watch).await, ["10/20", "11/77-1"]);
}
