//! Telegram in trouble: alerts come late or twice, never not at all, and nobody waits for somebody else's trouble.

use super::house::{House, add, is_alert};
use sandbox::Person;
use sandbox::telegram::{Calls, Message, Trouble};
use std::time::Duration;

/// Longer than any pause of the programs that a test meets.
const LONG: Duration = Duration::from_secs(40);

/// Somebody who waits for the star, with nothing told so far.
async fn waiting(house: &House, name: &str) -> Person {
    let person = house.telegram.person(name, "ru").with_patience(LONG);
    person.say("/start");
    person.answer().await.unwrap();
    add(&person, &house.star()).await;
    person.look_away();
    person
}

fn sends_to(person: &Person) -> Calls {
    Calls::of("sendMessage").in_chat(person.chat())
}

fn tells(time: &str) -> impl Fn(&Message) -> bool + '_ {
    move |message| is_alert(message) && message.text.contains(time)
}

/// Instants at which the bot tried to send into this chat, from a position of the log on.
fn tries(house: &House, from: u64, chat: i64) -> Vec<std::time::Instant> {
    let calls = house.telegram.log().since(from).into_iter();
    calls
        .filter(|call| call.method == "sendMessage" && call.chat == Some(chat))
        .map(|call| call.at)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_chat_told_to_wait_holds_up_nobody_else() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна").await;
    let vera = waiting(&house, "Вера").await;
    let boris = waiting(&house, "Борис").await;
    house
        .telegram
        .trouble_times(sends_to(&anna), Trouble::TooMany(Some(4)), 1);
    house
        .telegram
        .trouble_times(sends_to(&vera), Trouble::TooMany(None), 1);
    let from = house.telegram.log().end();
    house.open(&house.star(), house.city.wall(2, 9, 40));
    boris.wait_for(tells("09:40")).await.unwrap();
    assert_eq!(house.n_told(&anna, "09:40"), 0);
    assert_eq!(house.n_told(&vera, "09:40"), 0);
    for (person, wait) in [(&anna, 4), (&vera, 5)] {
        person.wait_for(tells("09:40")).await.unwrap();
        let tries = tries(&house, from, person.chat());
        assert_eq!(tries.len(), 2);
        assert!(tries[1] - tries[0] >= Duration::from_secs(wait));
    }
    house.settle().await;
    for person in [&anna, &vera, &boris] {
        assert_eq!(house.n_told(person, "09:40"), 1);
    }
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_survives_what_passes() {
    let house = House::new().await;
    let bot = house.bot().await;
    let troubles = [
        Trouble::TooMany(Some(1)),
        Trouble::TooMany(None),
        Trouble::Refuse(502, "Bad Gateway".into()),
        Trouble::Garbage,
        Trouble::Cut,
        Trouble::Refuse(400, "Bad Request: can't parse entities: oops".into()),
    ];
    let house = &house;
    let answers = troubles.map(|trouble| async move {
        let person = house.telegram.person("Анна", "ru").with_patience(LONG);
        house
            .telegram
            .trouble_times(sends_to(&person), trouble.clone(), 1);
        person.say("/help");
        person.wait_for_text("/forget").await.unwrap();
        assert_eq!(person.messages().len(), 1, "{trouble:?}");
    });
    futures::future::join_all(answers).await;
    // Nobody knows whether it arrived: twice is better than not at all.
    let person = house.telegram.person("Борис", "ru").with_patience(LONG);
    house
        .telegram
        .trouble_times(sends_to(&person), Trouble::LoseAnswer, 1);
    let from = house.telegram.log().end();
    person.say("/help");
    let repeated = house.telegram.log().wait_for_nth(from, 2, LONG, |call| {
        call.did("sendMessage") && call.chat == Some(person.chat())
    });
    assert!(repeated.await.is_some());
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_survives_what_passes_and_is_told_once() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let mut people = Vec::new();
    for (trouble, n_told) in [
        (Trouble::Refuse(500, "Internal Server Error".into()), 1),
        (Trouble::Refuse(502, "Bad Gateway".into()), 1),
        (Trouble::Garbage, 1),
        (Trouble::Cut, 1),
        (Trouble::Slow(Duration::from_secs(2)), 1),
        // It was accepted, and nobody knows: one repeat, not more.
        (Trouble::LoseAnswer, 2),
    ] {
        let person = waiting(&house, &format!("{trouble:?}")).await;
        house
            .telegram
            .trouble_times(sends_to(&person), trouble.clone(), 1);
        people.push((person, trouble, n_told));
    }
    house.open(&house.star(), house.city.wall(2, 9, 40));
    for (person, trouble, _) in &people {
        let told = person.wait_for(tells("09:40")).await;
        assert!(told.is_ok(), "{trouble:?}: {told:?}");
    }
    house.settle().await;
    for (person, trouble, n_told) in &people {
        assert_eq!(house.n_told(person, "09:40"), *n_told, "{trouble:?}");
    }
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_reached_is_left_alone_until_they_write() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна").await;
    let boris = waiting(&house, "Борис").await;
    let vera = waiting(&house, "Вера").await;
    let group = house.telegram.group("Семья", &[&vera]);
    let family = vera.at(group);
    add(&family, &house.star()).await;
    let chats = [anna.chat(), boris.chat(), group];

    anna.block();
    let lost = Trouble::Refuse(400, "Bad Request: chat not found".into());
    let lost = house.telegram.trouble(sends_to(&boris), lost);
    house.telegram.kick_bot(group);
    let from = house.telegram.log().end();
    house.open(&house.star(), house.city.wall(2, 9, 40));
    vera.wait_for(tells("09:40")).await.unwrap();
    house.settle().await;
    house.open(&house.star(), house.city.wall(3, 11, 20));
    house.settle().await;
    for chat in chats {
        assert_eq!(tries(&house, from, chat).len(), 1);
    }

    house.telegram.clear(lost);
    house.telegram.invite_bot(group);
    for person in [&anna, &boris, &family] {
        person.say("/help");
        let both = |message: &Message| tells("09:40")(message) && message.text.contains("11:20");
        person.wait_for(both).await.unwrap();
    }
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_moved_during_an_alert_is_told_at_its_new_place() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru").with_patience(LONG);
    let group = house.telegram.group("Семья", &[&anna]);
    add(&anna.at(group), &house.star()).await;

    // The bot does not hear of the move before it sends: its polls hang, the one under way ends with a message.
    let deaf = house
        .telegram
        .trouble(Calls::of("getUpdates"), Trouble::Hang);
    anna.say("/help");
    anna.answer().await.unwrap();
    let new = anna.at(house.telegram.upgrade_group(group));
    house.open(&house.star(), house.city.wall(2, 9, 40));
    new.wait_for(tells("09:40")).await.unwrap();
    house.telegram.clear(deaf);
    let from = house.telegram.log().end();
    let heard = house
        .telegram
        .log()
        .wait_for(from, LONG, |call| call.method == "getUpdates");
    heard.await.unwrap();
    house.settle().await;
    assert_eq!(house.n_told(&new, "09:40"), 1);
    // And so it goes on there.
    house.open(&house.star(), house.city.wall(3, 11, 20));
    new.wait_for(tells("11:20")).await.unwrap();
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_whose_form_is_refused_arrives_in_another() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна").await;
    let boris = house.telegram.person("Борис", "ru").with_patience(LONG);
    let forum = house.telegram.forum("Дом", &[&boris]);
    let topic = house.telegram.topic(forum, "Талоны");
    add(&boris.at_topic(forum, topic), &house.star()).await;

    let refusal = "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 3";
    house
        .telegram
        .trouble_times(sends_to(&anna), Trouble::Refuse(400, refusal.into()), 1);
    house.telegram.close_topic(forum, topic, true);
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let plain = anna.wait_for_text("09:40").await.unwrap();
    assert!(plain.entities.is_empty() && plain.keyboard.is_empty());
    assert!(!plain.text.contains("<b>"), "{}", plain.text);
    assert!(
        plain
            .text
            .contains("https://gorzdrav.spb.ru/service-free-schedule#"),
        "{}",
        plain.text
    );
    let outside = boris.at(forum).wait_for(tells("09:40")).await.unwrap();
    assert_eq!(outside.thread, None);
    house.settle().await;
    let n_plain = anna
        .messages()
        .iter()
        .filter(|message| message.text.contains("09:40"))
        .count();
    assert_eq!(n_plain, 1);
    assert_eq!(house.n_told(&boris.at(forum), "09:40"), 1);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_away_loses_nothing() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна").await;
    bot.stop().await;

    // Away when the bot starts.
    house.telegram.down().await.unwrap();
    let bot = house.bot().await;
    missed(&house, 9).await;
    house.telegram.up().await.unwrap();
    anna.wait_for(tells("09:40")).await.unwrap();
    anna.say("/help");
    anna.wait_for_text("/forget").await.unwrap();

    // And for a while later.
    anna.look_away();
    house.telegram.down().await.unwrap();
    missed(&house, 11).await;
    house.telegram.up().await.unwrap();
    anna.wait_for(tells("11:40")).await.unwrap();
    anna.say("/help");
    anna.wait_for_text("/forget").await.unwrap();
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 1);
    assert_eq!(house.n_told(&anna, "11:40"), 1);
    tokio::join!(bot.stop(), pinger.stop());
}

/// A talon opens at this hour and is read, three times over.
async fn missed(house: &House, hour: u32) {
    let whom = house.star();
    house.open(&whom, house.city.wall(2, hour, 40));
    let from = house.portal.log().end();
    let read = house.portal.log().wait_for_nth(from, 3, LONG, |request| {
        request.id.as_deref() == Some(&whom.doctor.doctor.0) && request.is_over
    });
    read.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_hangs_holds_no_answer_up() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна").await;
    house
        .telegram
        .trouble_times(sends_to(&anna), Trouble::Hang, 1);
    let from = house.telegram.log().end();
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let begun = house.telegram.log().wait_for(from, LONG, |call| {
        call.method == "sendMessage" && call.chat == Some(anna.chat())
    });
    begun.await.unwrap();
    anna.say("/off");
    let soon = anna.with_patience(Duration::from_secs(10));
    soon.wait_for_text("молчу").await.unwrap();
    // The alert was given up with Telegram's silence, and is not tried again now.
    house.settle().await;
    assert_eq!(tries(&house, from, anna.chat()).len(), 2);
    assert_eq!(house.n_told(&anna, "09:40"), 0);
    tokio::join!(bot.stop(), pinger.stop());
}
