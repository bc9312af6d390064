//! Talons that open within a minute of an alert, and what becomes of an alert.

use super::*;

#[tokio::test]
async fn an_alert_lives_as_its_slots_go_and_return() {
    let mut bench = Bench::new().await;
    bench.list(&["36"]).await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5, 6]).await;
    bench.tell(ANNA).await;
    let (_, through) = bench.store.crowds(EventId(0), bench.now).await.unwrap();
    let alerts = bench
        .store
        .touched_alerts(EventId(0), bench.now)
        .await
        .unwrap();
    let [(alert, _)] = alerts[..] else {
        panic!("{alerts:?}")
    };
    let living = async |bench: &Bench| {
        let living = bench.store.living_alert(alert, bench.now).await.unwrap()?;
        bench.store.alert_shown(alert, living.shown).await.unwrap();
        let slots = living.doctors.iter().flat_map(|doctor| &doctor.slots);
        Some(slots.map(|(slot, ..)| slot.n_places).collect::<Vec<_>>())
    };
    assert_eq!(living(&bench).await, None, "nothing has changed");
    let touched = async |bench: &Bench| {
        let touched = bench.store.touched_alerts(through, bench.now).await;
        let ids = touched.unwrap().into_iter().map(|(alert, _)| alert);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(touched(&bench).await, [0; 0]);
    bench.look("36", &[6]).await;
    assert_eq!(living(&bench).await, None, "missed once is still free");
    bench.look("36", &[6]).await;
    assert_eq!(touched(&bench).await, [alert]);
    assert_eq!(living(&bench).await, Some(vec![0, 1]));
    assert_eq!(living(&bench).await, None, "shown");
    bench.look("36", &[5, 6]).await;
    assert_eq!(living(&bench).await, Some(vec![1, 1]));
    let person = bench.person(ANNA).await;
    bench.store.switch_off(person, bench.now).await.unwrap();
    bench.look("36", &[]).await;
    bench.look("36", &[]).await;
    assert_eq!(living(&bench).await, None, "off is silence for edits too");
}

/// One alert of Anna's about doctor 36, just told; the clock has moved by a minute at each look.
async fn alerted(ids: &[&str]) -> Bench {
    let mut bench = Bench::new().await;
    bench.list(ids).await;
    let targets: Vec<_> = ids.iter().map(|id| doctor(id)).collect();
    bench.watch(ANNA, &targets).await;
    bench.look("36", &[5]).await;
    assert_eq!(bench.tell(ANNA).await, [5]);
    bench
}

/// Hours and whether they are free, of everything the joined message shows.
fn joined(news: &shared::store::News) -> Option<Vec<(i64, bool)>> {
    let base: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
    let doctors = news.joins.as_ref()?.doctors.iter();
    let slots = doctors.flat_map(|doctor| &doctor.slots);
    let shown = slots.map(|(slot, ..)| ((slot.start - base).num_hours(), slot.n_places > 0));
    Some(shown.collect())
}

#[tokio::test]
async fn a_talon_that_opens_within_a_minute_joins_the_alert() {
    let mut bench = alerted(&["36"]).await;
    bench.soon_look("36", &[5, 6]).await;
    let news = bench.news_of(ANNA).await;
    assert_eq!(joined(&news), Some(vec![(5, true), (6, true)]));
    assert_eq!(bench.pending(ANNA).await, [6], "nothing is told twice");
    bench.store.told(news, Some(7), bench.now).await.unwrap();
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    let person = bench.person(ANNA).await;
    let alerts = bench.store.alerts(person).await.unwrap();
    assert_eq!((alerts.len(), alerts[0].n_slots), (1, 2));
    // It lives on with both, and its message is known to say so.
    let living = bench.store.living_alert(1, bench.now).await.unwrap();
    assert_eq!(living, None);
}

#[tokio::test]
async fn what_went_and_came_back_within_a_minute_is_in_its_old_place() {
    let mut bench = alerted(&["36"]).await;
    bench.soon_look("36", &[]).await;
    bench.soon_look("36", &[]).await;
    bench.soon_look("36", &[4, 5]).await;
    let news = bench.news_of(ANNA).await;
    assert_eq!(joined(&news), Some(vec![(4, true), (5, true)]));
    assert_eq!(bench.pending(ANNA).await, [4, 5]);
}

#[tokio::test]
async fn after_a_minute_it_is_a_new_message() {
    let mut bench = alerted(&["36"]).await;
    bench.look("36", &[5, 6]).await;
    let news = bench.news_of(ANNA).await;
    assert_eq!((joined(&news), news.has_more), (None, false));
}

#[tokio::test]
async fn another_doctor_is_a_message_of_its_own_and_goes_first() {
    let mut bench = alerted(&["36", "37"]).await;
    bench.soon_look("36", &[5, 6]).await;
    bench.soon_look("37", &[7]).await;
    let news = bench.news_of(ANNA).await;
    assert_eq!((joined(&news), news.has_more), (None, true));
    assert_eq!(bench.pending(ANNA).await, [7]);
    bench.store.told(news, Some(8), bench.now).await.unwrap();
    let news = bench.news_of(ANNA).await;
    assert_eq!(joined(&news), Some(vec![(5, true), (6, true)]));
    assert_eq!(news.joins.as_ref().map(|join| join.message), Some(7));
    bench.store.told(news, Some(7), bench.now).await.unwrap();
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    // An alert about several doctors takes talons of any of them in.
    bench.now += TimeDelta::seconds(10);
    bench.soon_look("37", &[7, 8]).await;
    let news = bench.news_of(ANNA).await;
    assert_eq!(joined(&news), Some(vec![(7, true), (8, true)]));
}

#[tokio::test]
async fn what_is_told_anew_or_for_the_first_time_joins_nothing() {
    let mut bench = alerted(&["36"]).await;
    let person = bench.person(ANNA).await;
    bench.store.switch_off(person, bench.now).await.unwrap();
    bench.store.switch_on(person, bench.now).await.unwrap();
    bench.soon_look("36", &[5, 6]).await;
    bench.soon_look("36", &[5, 6]).await;
    let news = bench.news_of(ANNA).await;
    assert_eq!(joined(&news), None, "/on tells everything anew");

    let mut bench = alerted(&["36"]).await;
    bench.soon_look("36", &[5, 6]).await;
    assert_eq!(bench.tell(ANNA).await, [6]);
    bench.watch(BORIS, &[doctor("36")]).await;
    bench.soon_look("36", &[5, 6]).await;
    assert_eq!(joined(&bench.news_of(BORIS).await), None, "somebody else's");
    bench.watch(ANNA, &[doctor("36"), doctor("37")]).await;
    bench.soon_look("36", &[5, 6, 7]).await;
    let news = bench.news_of(ANNA).await;
    assert_eq!(joined(&news), Some(vec![(5, true), (6, true), (7, true)]));
}
