//! What the planner asks the store: what is dropped, requests, timetables, states, holds.

use super::*;

#[tokio::test]
async fn what_nobody_watches_is_dropped_and_found_anew() {
    let mut bench = Bench::new().await;
    bench.list(&[("a", 1), ("b", 1)]).await;
    bench.look("a", &["10:00"]).await;
    bench.look("b", &["10:00"]).await;
    bench.watch(1, target("a")).await;
    assert_eq!(bench.drop_unwatched().await, 1, "b's");
    bench.watch(2, any()).await;
    bench.after(60).look("b", &["10:00"]).await;
    assert_eq!(
        bench.drop_unwatched().await,
        0,
        "any doctor is everyone listed"
    );
    let all = ["found a 10:00", "found b 10:00", "found b 10:00"];
    assert_eq!(bench.events().await, all);
    let person = bench.store.person(1).await.unwrap().unwrap();
    bench.store.set_gone(2, bench.now).await.unwrap();
    assert_eq!(bench.drop_unwatched().await, 1, "nobody tells the gone");
    bench.store.switch_off(person.id, bench.now).await.unwrap();
    assert_eq!(bench.drop_unwatched().await, 1);
    assert!(
        !bench
            .state(target("a"))
            .await
            .is_read_since(DateTime::UNIX_EPOCH)
    );
}

#[tokio::test]
async fn slots_somebody_asked_about_are_kept_a_while() {
    let mut bench = Bench::new().await;
    bench.list(&[("a", 1), ("b", 1)]).await;
    for doctor in ["a", "b", "x"] {
        bench.look(doctor, &["10:00"]).await;
    }
    bench.ask(target("x"), 0).await;
    bench.ask(any(), 0).await;
    assert_eq!(bench.after(120).drop_unwatched().await, 0);
    assert_eq!(bench.after(1).drop_unwatched().await, 3);
}

#[tokio::test]
async fn a_request_stands_once_and_the_oldest_comes_first() {
    let mut bench = Bench::new().await;
    bench.ask(target("a"), 0).await;
    bench.after(1).ask(any(), 0).await;
    bench.after(1).ask(target("a"), 0).await;
    let since = bench.now - TimeDelta::minutes(2);
    let requests = bench.store.look_requests(since).await.unwrap();
    let targets: Vec<_> = requests.iter().map(|request| &request.target).collect();
    assert_eq!(targets, [&any(), &target("a")]);
    assert_eq!(bench.store.look_requests(bench.now).await.unwrap().len(), 1);
    assert_eq!(bench.store.forget_requests(bench.now).await.unwrap(), 1);
}

#[tokio::test]
async fn a_timetable_counts_the_days_ahead() {
    let mut bench = Bench::new().await;
    let day = |start: &str, hours: i64, cause: Option<&str>| {
        let start: DateTime<Utc> = format!("{start}T09:00:00+03:00").parse().unwrap();
        Day {
            start,
            end: start + TimeDelta::hours(hours),
            is_recordable: true,
            deny_cause: cause.map(str::to_owned),
            n_slots: 0,
        }
    };
    let days = vec![
        day("2026-11-19", 6, Some("прошло")),
        day("2026-11-20", 6, None),
        day("2026-11-23", 0, Some("нет приёма")),
        day("2026-11-24", 6, Some("Талоны закончились")),
    ];
    let look = TimetableLook {
        doctor: doctor_ref("a"),
        days,
    };
    bench.look("a", &[]).await;
    bench.after(1);
    bench.store.record_timetable(look, bench.now).await.unwrap();
    let state = bench.state(target("a")).await;
    let timetable = state.timetable.unwrap();
    assert_eq!((timetable.read_at, timetable.n_days), (bench.now, 2));
    assert_eq!(timetable.deny_cause.as_deref(), Some("Талоны закончились"));
    let last = timetable
        .last_day
        .map(|day| wall(day).format("%d").to_string());
    assert_eq!(last.as_deref(), Some("24"));
}

#[tokio::test]
async fn the_planner_learns_states_in_the_order_it_asks() -> Result<(), StoreError> {
    let bench = Bench::new().await;
    bench.look("a", &["10:00", "11:00"]).await;
    let doctors = vec![doctor_ref("x"), doctor_ref("a")];
    let states = bench
        .store
        .doctor_states(doctors.clone(), bench.now)
        .await?;
    let asked: Vec<_> = states.iter().map(|state| state.doctor.clone()).collect();
    assert_eq!(asked, doctors);
    assert!(states[0].reading.is_none());
    assert_eq!((states[0].n_free, states[1].n_free), (0, 2));
    let lists = bench.store.list_states(vec![department()]).await?;
    assert!(lists[0].reading.is_none() && lists[0].doctors.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_hold_of_before_the_clock_was_set_back_gives_way() {
    let bench = Bench::new().await;
    let minutes = |n| bench.now + TimeDelta::minutes(n);
    for (said, want) in [(90, 90), (1, 1), (5, 5), (2, 5)] {
        bench.store.hold_portal(minutes(said)).await.unwrap();
        let held = bench.store.portal_hold().await.unwrap();
        assert_eq!(held, Some(minutes(want)), "after {said}");
    }
}
