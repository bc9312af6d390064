//! Lists of doctors: who moved, who is gone, who was refused.

use super::*;

#[tokio::test]
async fn refused_at_every_try_for_three_days_is_gone() {
    let mut bench = Bench::new().await;
    bench.fail("a", REFUSED).await;
    bench.after(3 * 86_400 - 1).fail("a", REFUSED).await;
    assert_eq!(bench.state(target("a")).await.listed, Listed::Unknown);
    bench.after(1).fail("a", REFUSED).await;
    assert_eq!(bench.state(target("a")).await.listed, Listed::Gone);
    bench.after(1).fail("a", PASSING).await;
    assert_eq!(bench.state(target("a")).await.listed, Listed::Unknown);
}

#[tokio::test]
async fn a_list_tells_who_moved() {
    let mut bench = Bench::new().await;
    let first = bench.list(&[("a", 0), ("b", 2)]).await;
    assert_eq!(first.moved, ["a".into(), "b".into()], "all are new");
    let second = bench.after(60).list(&[("a", 0), ("b", 1), ("c", 0)]).await;
    assert_eq!(second.moved, ["b".into(), "c".into()]);
    assert_eq!(second.listed, ["a".into(), "b".into(), "c".into()]);
    let third = bench.after(60).list(&[("b", 1)]).await;
    assert_eq!((third.moved, third.listed), (vec![], vec!["b".into()]));
}

#[tokio::test]
async fn nothing_free_and_failures_say_nothing_about_who_is_listed() {
    let mut bench = Bench::new().await;
    bench.list(&[("a", 1)]).await;
    for outcome in [Ok(None), Err(PASSING), Err(REFUSED)] {
        let recorded = bench.after(86_400).list_answer(outcome).await;
        assert_eq!(
            (recorded.listed, recorded.moved),
            (vec!["a".into()], vec![])
        );
    }
    assert_eq!(bench.state(target("a")).await.listed, Listed::Yes);
    let states = bench.store.list_states(vec![department()]).await.unwrap();
    assert_eq!(states[0].doctors, ["a".into()]);
    let reading = states[0].reading.clone().unwrap();
    assert_eq!(reading.failing.unwrap().1, REFUSED);
}

#[tokio::test]
async fn a_doctor_is_gone_after_three_lists_over_a_day_and_may_come_back() {
    let mut bench = Bench::new().await;
    bench.list(&[("a", 1), ("b", 1)]).await;
    let since = bench.after(60).now;
    bench.list(&[("b", 1)]).await;
    bench.after(60).list(&[("b", 1)]).await;
    bench.after(60).list(&[("b", 1)]).await;
    assert_eq!(
        bench.state(target("a")).await.listed,
        Listed::MissingSince(since)
    );
    bench.after(86_400).list(&[("b", 1)]).await;
    bench.after(60).list(&[("b", 1)]).await;
    assert_eq!(bench.state(target("a")).await.listed, Listed::Gone);
    bench.after(60).list(&[("a", 1), ("b", 1)]).await;
    assert_eq!(bench.state(target("a")).await.listed, Listed::Yes);
    assert_eq!(
        bench.events().await,
        ["doctor_gone a", "doctor_back a"],
        "each told once"
    );
}

#[tokio::test]
async fn a_list_touches_no_slot() {
    let mut bench = Bench::new().await;
    bench.look("a", &["10:00"]).await;
    bench.after(60).list(&[("a", 0)]).await;
    bench.after(60).list(&[]).await;
    assert_eq!(bench.free("a").await, ["10:00"]);
    assert_eq!(bench.events().await.len(), 1);
}

#[tokio::test]
async fn any_doctor_is_read_when_the_list_and_everyone_on_it_are() {
    let mut bench = Bench::new().await;
    let since = bench.now;
    bench.after(60).list(&[("a", 0), ("b", 0)]).await;
    assert!(!bench.state(any()).await.is_read_since(since));
    bench.after(1).look("a", &[]).await;
    assert!(!bench.state(any()).await.is_read_since(since));
    bench.after(1).fail("b", PASSING).await;
    let state = bench.state(any()).await;
    assert!(state.is_read_since(since), "a failure is an answer");
    assert_eq!(
        (state.n_doctors, state.n_failing, state.good_at),
        (2, 1, None)
    );
    // When the list fails, nobody on it needs to be read anew.
    let asked_at = bench.after(60).now - TimeDelta::seconds(1);
    assert!(!bench.state(any()).await.is_read_since(asked_at));
    bench.list_answer(Err(PASSING)).await;
    assert!(bench.state(any()).await.is_read_since(asked_at));
}
