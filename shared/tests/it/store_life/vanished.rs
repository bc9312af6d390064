//! A specialty that vanished: whoever waits for any doctor of it is told.

use super::*;
use shared::catalogue::Specialty;
use shared::store::{About, Listed};

const EYES: &str = "35-1";
const EARS: &str = "40";

impl Bench {
    /// The clinic's list of specialties, as it is read at night.
    async fn night(&mut self, ids: &[&str]) {
        self.now += TimeDelta::minutes(1);
        let specialties = ids.iter().map(|id| Specialty {
            id: (*id).into(),
            fer_id: None,
            name: format!("Специальность {id}"),
            counters: Counters::default(),
        });
        let saved = self
            .store
            .save_specialties(LpuId(30), specialties.collect(), self.now)
            .await;
        saved.unwrap();
    }

    async fn nights(&mut self, n: usize, ids: &[&str]) {
        for _ in 0..n {
            self.pass(24);
            self.night(ids).await;
        }
    }

    async fn listed(&self) -> Listed {
        let state = self.store.target_state(target(None), self.now).await;
        state.unwrap().listed
    }
}

#[tokio::test]
async fn a_specialty_missing_for_three_days_is_told_once_and_its_return_too() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    let watch = bench.watch(ANNA, &[None]).await;
    let second = bench.watch(ANNA, &[None, Some("a")]).await;
    assert_eq!(bench.listed().await, Listed::Unknown);
    bench.night(&[EYES, EARS]).await;
    assert_eq!(bench.listed().await, Listed::Yes);
    bench.nights(1, &[EARS]).await;
    let since = bench.now;
    assert_eq!(bench.listed().await, Listed::MissingSince(since));
    bench.nights(2, &[EARS]).await;
    assert_eq!(bench.kinds(anna).await, [], "two days may pass");
    bench.nights(1, &[EARS]).await;
    assert_eq!(bench.listed().await, Listed::Gone);
    let facts = bench.store.facts(anna, 10, bench.now).await.unwrap();
    let [fact] = facts.unwrap().facts.try_into().unwrap();
    assert_eq!(fact.kind, FactKind::PlaceGone);
    assert_eq!(fact.since, Some(since));
    assert_eq!(fact.watches, [watch, second]);
    let About::Target { target: of, place } = fact.about else {
        panic!("{fact:?}")
    };
    assert_eq!(of, target(None));
    assert_eq!(place.specialty.as_deref(), Some("Специальность 35-1"));
    bench.tell(anna).await;
    bench.nights(5, &[EARS]).await;
    assert_eq!(bench.kinds(anna).await, [], "told once");
    bench.nights(1, &[EYES, EARS]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::Back]);
    bench.tell(anna).await;
    assert_eq!(bench.kinds(anna).await, []);
    bench.nights(4, &[EARS]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::PlaceGone], "once more");
}

#[tokio::test]
async fn a_list_of_doctors_that_names_somebody_outweighs_a_short_list_of_specialties() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.watch(ANNA, &[None]).await;
    bench.night(&[EYES, EARS]).await;
    bench.nights(2, &[EARS]).await;
    bench.list(&[IVANOVA]).await;
    bench.nights(2, &[EARS]).await;
    assert_eq!(
        bench.kinds(anna).await,
        [],
        "there were doctors two days ago"
    );
    bench.nights(2, &[EARS]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::PlaceGone]);
}

#[tokio::test]
async fn a_list_refused_for_three_days_is_a_specialty_that_is_gone() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.watch(ANNA, &[None]).await;
    bench.night(&[EYES]).await;
    bench.list(&[IVANOVA]).await;
    for _ in 0..3 {
        bench.pass(23);
        bench.refuse_list().await;
        assert_eq!(bench.kinds(anna).await, [], "a refusal may pass");
    }
    // One good answer begins the count anew.
    bench.list(&[IVANOVA]).await;
    for _ in 0..4 {
        bench.pass(25);
        bench.refuse_list().await;
    }
    assert_eq!(bench.kinds(anna).await, [FactKind::PlaceGone]);
    assert_eq!(bench.listed().await, Listed::Gone);
    bench.pass(25);
    assert_eq!(bench.kinds(anna).await, [], "a try long ago says nothing");
    bench.refuse_list().await;
    bench.tell(anna).await;
    bench.night(&[EYES]).await;
    assert_eq!(bench.kinds(anna).await, [], "still refused");
    bench.list(&[IVANOVA]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::Back]);
}

#[tokio::test]
async fn doctors_of_a_specialty_that_is_gone_go_with_it() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.watch(ANNA, &[Some("a"), None]).await;
    bench.night(&[EYES, EARS]).await;
    bench.list(&[IVANOVA]).await;
    for _ in 0..5 {
        bench.nights(1, &[EARS]).await;
        bench.refuse("a", FailureKind::Gone).await;
    }
    assert_eq!(
        bench.kinds(anna).await,
        [FactKind::PlaceGone, FactKind::PlaceGone],
        "any other doctor there would be no better"
    );
    bench.tell(anna).await;
    assert_eq!(bench.kinds(anna).await, []);
    bench.nights(1, &[EYES, EARS]).await;
    bench.list(&[IVANOVA]).await;
    bench.look("a", &[]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::Back, FactKind::Back]);
}

#[tokio::test]
async fn a_vanished_specialty_waits_for_whoever_is_silent_and_for_a_list_that_is_newer_than_the_watch()
 {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    bench.night(&[EYES, EARS]).await;
    bench.nights(4, &[EARS]).await;
    bench.pass(1);
    let watch = bench.watch(ANNA, &[None]).await;
    assert_eq!(bench.kinds(anna).await, [], "that list is older");
    bench.nights(1, &[EARS]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::PlaceGone]);
    bench.store.pause_watch(watch, None).await.unwrap();
    assert_eq!(bench.kinds(anna).await, []);
    bench.store.resume_watch(watch, bench.now).await.unwrap();
    bench.store.switch_off(anna, bench.now).await.unwrap();
    assert_eq!(bench.kinds(anna).await, []);
    bench.pass(1);
    bench.store.switch_on(anna, bench.now).await.unwrap();
    assert_eq!(bench.kinds(anna).await, [], "read again first");
    bench.nights(1, &[EARS]).await;
    assert_eq!(bench.kinds(anna).await, [FactKind::PlaceGone]);
    bench.pass(24 * 4);
    assert_eq!(
        bench.kinds(anna).await,
        [],
        "an old list says nothing of today"
    );
}

#[tokio::test]
async fn what_was_told_of_a_specialty_is_kept_while_somebody_waits() {
    let mut bench = Bench::new().await;
    let anna = bench.person(ANNA).await;
    let watch = bench.watch(ANNA, &[None]).await;
    bench.night(&[EYES, EARS]).await;
    bench.nights(4, &[EARS]).await;
    bench.tell(anna).await;
    bench.store.forget_gone(bench.now).await.unwrap();
    assert_eq!(bench.kinds(anna).await, [], "told, and not forgotten");
    bench.store.delete_watch(watch, bench.now).await.unwrap();
    bench.pass(1);
    bench.store.purge_deleted(bench.now).await.unwrap();
    bench.store.forget_gone(bench.now).await.unwrap();
    bench.watch(ANNA, &[None]).await;
    bench.nights(1, &[EYES, EARS]).await;
    assert_eq!(
        bench.kinds(anna).await,
        [],
        "a new watch knows of no absence"
    );
}
