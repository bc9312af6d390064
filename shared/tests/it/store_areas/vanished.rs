//! An area of which nothing is left: told once, and once when something is there again.

use super::*;
use shared::failure::{Failure, FailureKind};
use shared::store::{About, FactKind};

const EYES: &str = "20 Офтальмолог 20";
const NONE: &str = "14 Невролог 14";

impl Bench {
    async fn kinds(&self) -> Vec<FactKind> {
        let person = self.person(ANNA).await;
        let facts = self.store.facts(person, 10, self.now).await.unwrap();
        let listed = self.store.people_with_facts(self.now).await.unwrap();
        assert_eq!(listed.contains(&person), facts.is_some());
        let facts = facts.map(|facts| facts.facts).unwrap_or_default();
        for fact in &facts {
            let About::Area { area, district } = &fact.about else {
                panic!("{fact:?}")
            };
            assert!(area.is_same(&eyes("1")));
            assert_eq!(district.as_deref(), Some("Адмиралтейский"));
        }
        facts.into_iter().map(|fact| fact.kind).collect()
    }

    async fn tell_fact(&self) {
        let person = self.person(ANNA).await;
        let facts = self.store.facts(person, 10, self.now).await.unwrap();
        let told = self.store.facts_told(facts.unwrap(), self.now).await;
        told.unwrap();
    }

    /// Lists of 10 and 11, night after night.
    async fn nights(&mut self, n: usize, ten: &str, eleven: &str) {
        for _ in 0..n {
            self.now += TimeDelta::days(1);
            self.list(10, &[ten]).await;
            self.list(11, &[eleven]).await;
            self.expand().await;
        }
    }

    async fn refuse(&mut self, lpu: u32, specialty: &str) {
        self.now += TimeDelta::minutes(1);
        let look = ListLook {
            department: department(lpu, specialty),
            begun_at: self.now,
            outcome: Err(Failure {
                kind: FailureKind::Gone,
                code: Some(610),
            }),
        };
        self.store.record_list(look, self.now).await.unwrap();
    }
}

#[tokio::test]
async fn a_clinic_that_leaves_an_area_is_no_news_and_the_last_one_is() {
    let mut bench = Bench::with_city().await;
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    bench.nights(5, NONE, "77-1 ВРАЧ-ОФТАЛЬМОЛОГ -").await;
    assert_eq!(bench.covered(ANNA, watch).await, ["11/77-1"]);
    assert_eq!(bench.kinds().await, [], "the area goes on");
    assert_eq!(bench.card(ANNA, watch).await.areas[0].gone_at, None);
    bench.nights(1, NONE, NONE).await;
    let last = bench.now;
    bench.nights(2, NONE, NONE).await;
    assert_eq!(bench.kinds().await, [], "a list may be short for a night");
    bench.nights(1, NONE, NONE).await;
    assert_eq!(bench.kinds().await, [FactKind::PlaceGone]);
    let card = bench.card(ANNA, watch).await;
    assert_eq!(card.areas[0].gone_at, Some(last));
    assert!(card.targets.is_empty());
    bench.tell_fact().await;
    bench.nights(3, NONE, NONE).await;
    assert_eq!(bench.kinds().await, [], "told once");
    bench.nights(1, EYES, NONE).await;
    assert_eq!(bench.kinds().await, [FactKind::Back]);
    bench.tell_fact().await;
    assert_eq!(bench.kinds().await, []);
    assert_eq!(bench.card(ANNA, watch).await.areas[0].gone_at, None);
    bench.nights(4, NONE, NONE).await;
    assert_eq!(bench.kinds().await, [FactKind::PlaceGone], "once more");
}

#[tokio::test]
async fn an_area_whose_every_list_is_refused_for_three_days_is_gone() {
    let mut bench = Bench::with_city().await;
    bench.watch(ANNA, &[eyes("1")]).await;
    for n in 0..5 {
        bench.refuse(10, "20").await;
        if n > 0 {
            bench.refuse(11, "77-1").await;
        }
        let want: &[_] = match n {
            4 => &[FactKind::PlaceGone],
            _ => &[],
        };
        assert_eq!(bench.kinds().await, want, "day {n}");
        bench.now += TimeDelta::hours(24);
    }
    bench.refuse(10, "20").await;
    bench.refuse(11, "77-1").await;
    bench.tell_fact().await;
    let look = ListLook {
        department: department(10, "20"),
        begun_at: bench.now,
        outcome: Ok(None),
    };
    bench.store.record_list(look, bench.now).await.unwrap();
    assert_eq!(bench.kinds().await, [FactKind::Back]);
}

#[tokio::test]
async fn whoever_chooses_an_area_that_is_gone_hears_only_of_its_return() {
    let mut bench = Bench::with_city().await;
    bench.nights(4, NONE, NONE).await;
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    assert!(bench.card(ANNA, watch).await.areas[0].gone_at.is_some());
    bench.nights(2, NONE, NONE).await;
    assert_eq!(bench.kinds().await, []);
    bench.nights(1, EYES, NONE).await;
    assert_eq!(bench.kinds().await, [FactKind::Back]);
}

#[tokio::test]
async fn an_area_nobody_ever_had_is_not_gone() {
    let mut bench = Bench::new().await;
    bench.city(&[10, 11]).await;
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    bench.nights(5, NONE, NONE).await;
    assert_eq!(bench.kinds().await, []);
    assert_eq!(bench.card(ANNA, watch).await.areas[0].gone_at, None);
}
