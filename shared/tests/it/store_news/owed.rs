//! Who may be owed something, as the program that does not deliver sees it.

use super::*;
use shared::quiet::Quiet;
use shared::store::Lang;

impl Bench {
    /// Chats of whoever may be owed something, with the lowest cursor of theirs.
    async fn owed(&self) -> Vec<(i64, i64)> {
        let chats = [ANNA, BORIS];
        let mut owed = Vec::new();
        for (person, cursor) in self.store.may_be_owed(self.now).await.unwrap() {
            for chat in chats {
                if self.store.person(chat).await.unwrap().map(|known| known.id) == Some(person) {
                    owed.push((chat, cursor.0));
                }
            }
        }
        owed
    }
}

#[tokio::test]
async fn whoever_was_not_told_is_owed_until_they_are() {
    let mut bench = Bench::new().await;
    bench.list(&["36"]).await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.watch(BORIS, &[any()]).await;
    assert_eq!(bench.owed().await, []);
    bench.look("36", &[5]).await;
    assert_eq!(bench.owed().await, [(ANNA, 0), (BORIS, 0)]);
    bench.tell(ANNA).await;
    assert_eq!(bench.owed().await, [(BORIS, 0)]);
    bench.tell(BORIS).await;
    bench.look("36", &[5, 6]).await;
    let cursor = bench.owed().await[0].1;
    assert!(
        cursor > 0,
        "what they were told through is what is compared"
    );
    // Taken before they heard of it.
    bench.look("36", &[5]).await;
    bench.look("36", &[5]).await;
    assert_eq!(bench.owed().await, []);
}

#[tokio::test]
async fn nobody_is_owed_what_could_not_be_sent_to_them_now() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    let person = bench.person(ANNA).await;
    let (store, now) = (bench.store.clone(), bench.now);
    let owed = [(ANNA, 0)];
    assert_eq!(bench.owed().await, owed);

    store.switch_off(person, now).await.unwrap();
    assert_eq!(bench.owed().await, []);
    store.switch_on(person, now).await.unwrap();
    assert_eq!(bench.owed().await, owed);

    store.set_gone(ANNA, now).await.unwrap();
    assert_eq!(bench.owed().await, []);
    store.meet(ANNA, None, Lang::Ru, now).await.unwrap();
    assert_eq!(bench.owed().await, owed);

    store.pause_watch(watch, None).await.unwrap();
    assert_eq!(bench.owed().await, []);
    store.resume_watch(watch, now).await.unwrap();
    assert_eq!(bench.owed().await, owed);

    // The bench begins at noon by the wall clock.
    let quiet = |from: u16, to: u16| store.set_quiet(person, Quiet::new(from * 60, to * 60), false);
    quiet(11, 14).await.unwrap();
    assert_eq!(bench.owed().await, []);
    quiet(14, 15).await.unwrap();
    assert_eq!(bench.owed().await, owed);

    store
        .hold_chat(ANNA, now + TimeDelta::minutes(5))
        .await
        .unwrap();
    assert_eq!(bench.owed().await, []);
    bench.now += TimeDelta::minutes(5);
    assert_eq!(bench.owed().await, owed);
    // Left behind by a clock that was set back.
    store
        .hold_chat(ANNA, now + TimeDelta::days(30))
        .await
        .unwrap();
    assert_eq!(bench.owed().await, owed);

    // Nobody has read it for long: the bot withholds it.
    bench.now += TimeDelta::minutes(10);
    assert_eq!(bench.owed().await, []);
}
