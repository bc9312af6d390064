//! Too much at once: from one chat, from many, and after the bot was away.

use super::house::House;
use super::talk::{calm_house, check_says, n_messages, say};
use chrono::TimeDelta;
use sandbox::Person;
use sandbox::telegram::Author;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(120);

/// More than this the bot has not read yet of what is said.
const AHEAD: usize = 300;

fn people(house: &House, n: usize) -> Vec<Person> {
    let person = |n| house.telegram.person(&format!("Борис {n}"), "ru");
    (0..n).map(|n| person(n).with_patience(LONG)).collect()
}

/// Calls about a chat so far.
fn n_calls(house: &House, person: &Person) -> usize {
    let is_theirs = |call: &sandbox::telegram::Call| call.chat == Some(person.chat());
    house.telegram.log().count(is_theirs)
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_answered_while_one_chat_floods() {
    let house = calm_house().await.with_flood_control();
    let bot = house.bot().await;
    let mallory = house.telegram.person("Мэллори", "ru");
    let (n_said, mut said) = watch::channel(0);
    let flood = {
        let (telegram, mallory) = (house.telegram.clone(), mallory.clone());
        tokio::spawn(async move {
            loop {
                // As fast as the bot reads.
                if telegram.n_pending_updates() < AHEAD {
                    mallory.say("/help");
                    n_said.send_modify(|n| *n += 1);
                } else {
                    tokio::task::yield_now().await;
                }
            }
        })
    };
    mallory.wait_for_text("Не успеваю").await.unwrap();
    let boris = house.telegram.person("Борис", "ru").with_patience(LONG);
    for word in ["/help", "/list", "/status", "/settings", "/help"] {
        // The flood goes on from word to word, which it does only as fast as the bot reads it.
        let before = *said.borrow();
        let more = timeout(LONG, said.wait_for(|n| *n > before)).await;
        drop(more.expect("the bot reads on").unwrap());
        say(&boris, word).await;
    }
    flood.abort();
    // Twenty answers, and that it was too fast: nothing else was even looked up.
    assert!(n_messages(&mallory) <= 21);
    let n_calls = n_calls(&house, &mallory);
    assert!(n_calls <= 21, "{n_calls} calls");
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_from_many_are_answered() {
    let house = calm_house().await.with_flood_control();
    let people = people(&house, 200);
    let bot = house.bot().await;
    for n in 0..10 {
        for person in &people {
            match n % 5 {
                4 => drop(person.press_data(1, "nonsense")),
                _ => drop(person.say("/help")),
            }
        }
    }
    // Eight words each.
    let log = house.telegram.log();
    let is_answer = |call: &sandbox::telegram::Call| call.did("sendMessage") && call.is_done();
    let last = log.wait_for_nth(0, 8 * people.len(), LONG, is_answer).await;
    last.expect("everybody is answered");
    for person in &people {
        assert_eq!(n_messages(person), 8);
    }
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_answered_once_a_chat() {
    let house = calm_house().await.with_flood_control();
    let people = people(&house, 20);
    let ago = |n: i64| TimeDelta::minutes(60) - TimeDelta::seconds(n);
    for n in 0..100 {
        for person in &people {
            person.say_ago("/help", ago(n));
        }
    }
    let (anna, boris) = (&people[0], &people[1]);
    let group = house.telegram.group("Семья", &[anna]);
    let family = anna.at(group).with_patience(LONG);
    for person in people.iter().chain([&family]) {
        person.say_ago("/status", ago(200));
    }
    boris.say_ago("/off", ago(201));
    boris.say_ago("/help", ago(202));
    // Not for the bot, and no answer to anybody.
    family.say_ago("Кто забирает Машу?", ago(203));
    let bot = house.bot().await;
    for person in people.iter().chain([&family]) {
        person
            .wait_for(|message| message.from == Author::Bot)
            .await
            .unwrap();
    }
    check_says(&boris.wait_for_text("/on").await.unwrap(), &[]);
    // Whoever speaks now is answered at once, and so is who spoke before.
    check_says(&say(anna, "/help").await, &["Как я работаю"]);
    assert!(house.telegram.all_confirmed(LONG).await);
    let n_answers: Vec<_> = people[1..].iter().map(n_messages).collect();
    assert!(n_answers.iter().all(|n| *n == 1), "{n_answers:?}");
    assert_eq!(n_messages(anna), 2);
    assert_eq!(n_messages(&family), 1);
    bot.stop().await;
}
