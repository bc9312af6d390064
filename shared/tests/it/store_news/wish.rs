//! Wishes decide what is told, and the card of a changed wish tells what is free under it.

use super::*;
use chrono::NaiveDate;
use shared::store::{Listing, WatchCard};
use shared::wish::Hours;

/// Hours of the tests' day that begin at the bench's noon: 0 is 12:00 in St. Petersburg, 20 November.
fn hours(from: u16, to: u16) -> Wish {
    Wish {
        hours: Hours::new((12 + from) * 60, (12 + to) * 60).unwrap(),
        ..Wish::default()
    }
}

fn free(card: &WatchCard) -> Vec<i64> {
    let base: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
    let free = card.targets.iter().flat_map(|state| &state.free);
    free.map(|free| (free.slot.start - base).num_hours())
        .collect()
}

impl Bench {
    /// Changes the wish; its card is on its way still.
    async fn wish(&self, watch: WatchId, wish: Wish) -> Listing {
        let person = self.person(ANNA).await;
        let listing = self.store.set_wish(person, watch, wish, self.now).await;
        listing.unwrap().unwrap()
    }

    /// Changes the wish and shows its card; the hours it lists.
    async fn wish_and_show(&self, watch: WatchId, wish: Wish) -> Vec<i64> {
        let listing = self.wish(watch, wish).await;
        let shown = free(&listing.card);
        self.store.listed(listing, self.now).await.unwrap();
        shown
    }
}

#[tokio::test]
async fn what_does_not_suit_is_not_told() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    assert_eq!(bench.wish_and_show(watch, hours(5, 7)).await, NOTHING);
    bench.look("36", &[4, 5, 6, 7]).await;
    assert_eq!(bench.tell(ANNA).await, [5, 6]);
    bench.look("36", &[4, 5, 6, 7, 8]).await;
    assert_eq!(bench.pending(ANNA).await, NOTHING);
}

#[tokio::test]
async fn a_wider_wish_lists_what_newly_suits_on_its_card_and_does_not_tell_it_again() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.wish_and_show(watch, hours(5, 6)).await;
    bench.look("36", &[5, 6, 7]).await;
    assert_eq!(bench.tell(ANNA).await, [5]);
    assert_eq!(bench.wish_and_show(watch, hours(5, 7)).await, [5, 6]);
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    bench.look("36", &[5, 6, 7]).await;
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    assert_eq!(
        bench.wish_and_show(watch, Wish::default()).await,
        [5, 6, 7],
        "what opened long ago is on the card when it begins to suit"
    );
    assert_eq!(bench.pending(ANNA).await, NOTHING);
}

#[tokio::test]
async fn what_opens_after_the_card_was_made_is_told() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    let listing = bench.wish(watch, hours(0, 8)).await;
    bench.look("36", &[5, 6]).await;
    bench.store.listed(listing, bench.now).await.unwrap();
    assert_eq!(bench.tell(ANNA).await, [6]);
    assert_eq!(bench.pending(ANNA).await, NOTHING);
}

#[tokio::test]
async fn a_card_that_never_arrived_loses_nothing() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.wish_and_show(watch, hours(0, 6)).await;
    bench.look("36", &[5, 6]).await;
    assert_eq!(bench.tell(ANNA).await, [5]);
    let _never_shown = bench.wish(watch, hours(0, 7)).await;
    assert_eq!(
        bench.with_news(EventId(0)).await,
        [bench.person(ANNA).await]
    );
    assert_eq!(bench.tell(ANNA).await, [6], "and repeats nothing");
    assert_eq!(bench.pending(ANNA).await, NOTHING);
}

#[tokio::test]
async fn an_alert_under_the_old_wish_moves_no_cursor_past_what_newly_suits() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    let person = bench.person(ANNA).await;
    // Each time with the cursor where the last unseen card left it.
    for (old, new) in [(6, 7), (7, 8)] {
        let _never_shown = bench.wish(watch, hours(5, old)).await;
        bench.look("36", &[5, 6, 7, 8]).await;
        let on_its_way = bench.store.news(person, bench.now).await.unwrap().unwrap();
        let _never_shown = bench.wish(watch, hours(5, new)).await;
        let told = bench.store.told(on_its_way, Some(7), bench.now);
        told.await.unwrap();
        assert_eq!(bench.pending(ANNA).await, [i64::from(old)]);
    }
}

#[tokio::test]
async fn an_older_card_does_not_speak_for_a_newer_one() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5, 6]).await;
    let older = bench.wish(watch, hours(5, 6)).await;
    let _newer = bench.wish(watch, hours(5, 7)).await;
    bench.store.listed(older, bench.now).await.unwrap();
    assert_eq!(bench.pending(ANNA).await, [6]);
}

#[tokio::test]
async fn what_was_read_long_ago_is_told_again_when_it_has_been_read() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5, 6]).await;
    bench.now = bench.at(1);
    assert_eq!(bench.wish_and_show(watch, hours(5, 7)).await, [5, 6]);
    bench.look("36", &[5, 7]).await;
    assert_eq!(bench.tell(ANNA).await, [5, 6], "missed once is still free");
    assert_eq!(bench.pending(ANNA).await, NOTHING);
}

#[tokio::test]
async fn what_a_card_listed_is_no_news_from_another_watch() {
    let mut bench = Bench::new().await;
    bench.list(&["36"]).await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.wish_and_show(watch, hours(0, 1)).await;
    bench.look("36", &[5, 6]).await;
    bench.tell(ANNA).await;
    assert_eq!(bench.wish_and_show(watch, hours(5, 6)).await, [5]);
    bench.watch(ANNA, &[any()]).await;
    assert_eq!(bench.tell(ANNA).await, [6]);
    bench.store.resume_watch(watch, bench.now).await.unwrap();
    assert_eq!(
        bench.pending(ANNA).await,
        [5],
        "a fresh start tells it again"
    );
    bench.wish_and_show(watch, hours(5, 6)).await;
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    let person = bench.person(ANNA).await;
    bench.store.switch_on(person, bench.now).await.unwrap();
    assert_eq!(bench.pending(ANNA).await, [5, 6]);
}

#[tokio::test]
async fn a_talon_that_closed_and_opened_again_is_news_after_a_card() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    assert_eq!(bench.wish_and_show(watch, hours(0, 8)).await, [5]);
    bench.look("36", &[]).await;
    bench.look("36", &[]).await;
    bench.look("36", &[5]).await;
    assert_eq!(bench.pending(ANNA).await, [5]);
}

#[tokio::test]
async fn a_card_says_how_many_do_not_suit() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5, 6, 7]).await;
    let listing = bench.wish(watch, hours(6, 7)).await;
    assert_eq!(listing.card.targets[0].n_unsuiting, 2);
    assert_eq!(listing.card.wish, hours(6, 7));
    let cards = bench.store.watches(bench.person(ANNA).await, bench.now);
    assert_eq!(cards.await.unwrap()[0].wish, hours(6, 7));
}

#[tokio::test]
async fn a_wish_of_somebody_elses_or_a_deleted_watch_is_not_changed() {
    let bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    let (anna, boris) = (bench.person(ANNA).await, bench.person(BORIS).await);
    let until = Wish {
        not_after: NaiveDate::from_ymd_opt(2026, 11, 21),
        ..Wish::default()
    };
    let set = async |person| {
        let set = bench
            .store
            .set_wish(person, watch, until.clone(), bench.now);
        set.await.unwrap().is_some()
    };
    assert!(!set(boris).await);
    let card = bench.store.watch(anna, watch, bench.now).await.unwrap();
    assert_eq!(card.unwrap().wish, Wish::default());
    bench.store.delete_watch(watch, bench.now).await.unwrap();
    assert!(!set(anna).await);
}

#[tokio::test]
async fn what_cards_listed_is_forgotten_when_it_has_passed() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5, 30]).await;
    bench.wish_and_show(watch, hours(0, 8)).await;
    bench.now = bench.at(6);
    bench.store.forget_passed(bench.now).await.unwrap();
    let path = bench.store.path().to_owned();
    let n: u32 = rusqlite::Connection::open(path)
        .unwrap()
        .query_row("select count(*) from card_slots", [], |row| row.get(0))
        .unwrap();
    assert_eq!(n, 1);
}
