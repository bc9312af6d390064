//! Alerts live on after they are sent; nights are quiet; one alert may be enough.

use super::house::{House, add, is_alert};
use super::talk::{say, store};
use chrono::{TimeDelta, Timelike, Utc};
use sandbox::Person;
use sandbox::city::Whom;
use sandbox::telegram::Message;
use shared::clock::wall;
use shared::ids::{PersonId, Target};
use shared::quiet::Quiet;
use shared::store::{Lang, Limits, NewWatch, Store};
use shared::wish::Wish;

/// The times that are struck out in a message.
fn struck(message: &Message) -> Vec<String> {
    message.marked("strikethrough")
}

async fn start(house: &House, name: &str) -> Person {
    let person = house.telegram.person(name, "ru");
    person.say("/start");
    person.answer().await.unwrap();
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_edited_as_talons_go_and_return() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = start(&house, "Анна").await;
    let whom = house.star();
    let (nine, ten) = (house.city.wall(2, 9, 40), house.city.wall(2, 10, 20));
    house.open(&whom, nine);
    house.open(&whom, ten);
    add(&anna, &whom).await;
    let alert = anna.wait_for(is_alert).await.unwrap();
    assert_eq!(struck(&alert), [""; 0]);

    anna.look_away();
    house.take(&whom, nine);
    let edited = anna
        .wait_for(|message| struck(message) == ["09:40"])
        .await
        .unwrap();
    assert_eq!(edited.id, alert.id, "the same message");
    assert!(
        edited.text.lines().next().unwrap().contains("10:20"),
        "{}",
        edited.text
    );

    anna.look_away();
    house.take(&whom, ten);
    let all_gone = anna
        .wait_for(|message| struck(message).len() == 2)
        .await
        .unwrap();
    assert!(
        all_gone.text.contains("Все разобрали, слежу дальше"),
        "{}",
        all_gone.text
    );

    // One returns: that is news, within a minute of the alert, and the same message tells the truth again.
    anna.look_away();
    house.open(&whom, ten);
    anna.wait_for(|message| message.id == alert.id && struck(message) == ["09:40"])
        .await
        .unwrap();
    house.settle().await;
    assert_eq!(house.n_told(&anna, "10:20"), 1);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_tells_the_truth_after_a_restart() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = start(&house, "Анна").await;
    let whom = house.star();
    let nine = house.city.wall(2, 9, 40);
    house.open(&whom, nine);
    add(&anna, &whom).await;
    let alert = anna.wait_for(is_alert).await.unwrap();
    bot.stop().await;
    house.take(&whom, nine);
    let bot = house.bot().await;
    let edited = anna.wait_for(|message| message.id == alert.id && !struck(message).is_empty());
    edited.await.unwrap();
    tokio::join!(bot.stop(), pinger.stop());
}

/// Switches the quiet on and moves it around the present hour.
async fn be_quiet_now(person: &Person) {
    person.say("/settings");
    person.press("Не писать ночью").await.unwrap();
    let now = wall(Utc::now());
    let (begin, end) = (now.hour(), (now.hour() + 2) % 24);
    // 22:00–08:00 is what it begins with; an hour a press.
    let mut screen = person
        .wait_for_text("Молчу с 22:00 до 08:00")
        .await
        .unwrap();
    let (mut from, mut to) = (22, 8);
    while from != begin {
        from = (from + 23) % 24;
        if from == to {
            from = (from + 23) % 24;
        }
        let label = format!("Тишина с {from:02}:00");
        person.press_on(screen.id, &label).unwrap();
        screen = person
            .wait_for_text(&format!("Молчу с {from:02}:00"))
            .await
            .unwrap();
    }
    while to != end {
        to = (to + 1) % 24;
        if to == from {
            to = (to + 1) % 24;
        }
        let label = format!("Тишина до {to:02}:00");
        person.press_on(screen.id, &label).unwrap();
        screen = person
            .wait_for_text(&format!("до {to:02}:00"))
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_morning_brings_one_message_of_what_is_left() {
    let house = House::new().await;
    let anna = house.telegram.person("Анна", "ru");
    let (one, other) = (house.star(), house.city.doctor_named("Скворцов").unwrap());
    {
        let store = store(&house).await;
        let now = Utc::now();
        let person = store
            .meet(anna.chat(), None, Lang::Ru, now)
            .await
            .unwrap()
            .id;
        for whom in [&one, &other] {
            watch(&store, person, whom).await;
        }
        // Quiet for one or two minutes more: time enough for a night.
        let morning = wall(now + TimeDelta::seconds(130));
        let to = morning.hour() * 60 + morning.minute();
        let from = (to + 22 * 60) % (24 * 60);
        let quiet = Quiet::new(from.try_into().unwrap(), to.try_into().unwrap());
        store.set_quiet(person, quiet, false).await.unwrap();
    }
    let (bot, pinger) = house.both().await;
    say(&anna, "/start").await;
    house.open(&one, house.city.wall(4, 12, 0));
    house.open(&one, house.city.wall(4, 12, 20));
    house.open(&other, house.city.wall(4, 12, 40));
    house.settle().await;
    house.take(&one, house.city.wall(4, 12, 20));
    house.settle().await;
    assert!(!anna.messages().iter().any(is_alert), "{}", anna.screen());
    let digest = anna
        .with_patience(std::time::Duration::from_secs(200))
        .wait_for(is_alert)
        .await
        .unwrap();
    for (part, is_there) in [("12:00", true), ("12:20", false), ("12:40", true)] {
        assert_eq!(
            digest.text.contains(part),
            is_there,
            "{part} in {}",
            digest.text
        );
    }
    house.settle().await;
    for time in ["12:00", "12:40"] {
        assert_eq!(house.n_told(&anna, time), 1, "{time}");
    }
    tokio::join!(bot.stop(), pinger.stop());
}

/// Waits for this doctor, as pressing through the menu would.
async fn watch(store: &Store, person: PersonId, whom: &Whom) {
    let target = Target {
        department: whom.department.clone(),
        doctor: Some(whom.doctor.doctor.clone()),
    };
    let new = NewWatch {
        person,
        targets: vec![target],
        areas: Vec::new(),
        wish: Wish::default(),
    };
    let limits = Limits {
        watches: 20,
        targets: 30,
    };
    store.add_watch(new, limits, Utc::now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_is_quiet_but_for_what_cannot_wait() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = start(&house, "Анна").await;
    let whom = house.star();
    add(&anna, &whom).await;
    be_quiet_now(&anna).await;

    // Far enough ahead to wait.
    house.open(&whom, house.city.wall(3, 9, 40));
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 0);

    // Within a day: tells everything pending.
    let soon = house.city.now() + TimeDelta::hours(5);
    let soon = soon
        .with_minute(35)
        .unwrap()
        .with_second(0)
        .unwrap()
        .with_nanosecond(0)
        .unwrap();
    anna.look_away();
    house.open(&whom, soon);
    let alert = anna.wait_for(is_alert).await.unwrap();
    assert!(
        alert.text.contains(":35") && alert.text.contains("09:40"),
        "{}",
        alert.text
    );

    // Strictly quiet: not even that.
    anna.say("/settings");
    anna.press("Ночью не писать совсем").await.unwrap();
    anna.answer().await.unwrap();
    house.open(&whom, soon + TimeDelta::minutes(10));
    house.settle().await;
    assert_eq!(house.n_told(&anna, ":45"), 0);

    // Unless the watch is urgent: then what has been waiting comes as well.
    say(&anna, "/list").await;
    anna.press("Изменить").await.unwrap();
    anna.look_away();
    anna.press("Писать и в тихие часы").await.unwrap();
    let alert = anna.wait_for(is_alert).await.unwrap();
    assert!(alert.text.contains(":45"), "{}", alert.text);
    let card = anna.wait_for_text("и в тихие часы").await.unwrap();
    anna.press_on(card.id, "Ждать конца тихих часов").unwrap();
    anna.wait_for(|message| message.id == card.id && !message.text.contains("и в тихие часы"))
        .await
        .unwrap();
    house.open(&whom, soon + TimeDelta::minutes(15));
    house.settle().await;
    assert_eq!(house.n_told(&anna, ":50"), 0);

    // The end of the quiet brings what came meanwhile.
    anna.say("/settings");
    anna.press("Писать и ночью").await.unwrap();
    let alert = anna.wait_for(is_alert).await.unwrap();
    assert!(
        alert.text.contains(":50") && alert.text.contains("09:40"),
        "within a minute of it, the same alert: {}",
        alert.text
    );
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_alert_may_be_enough() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = start(&house, "Анна").await;
    anna.say("/settings");
    anna.press("Одно сообщение").await.unwrap();
    anna.wait_for_text("После первого сообщения").await.unwrap();
    let whom = house.star();
    add(&anna, &whom).await;
    house.open(&whom, house.city.wall(2, 9, 40));
    let alert = anna.wait_for(is_alert).await.unwrap();
    assert!(
        alert.text.contains("Больше об этом не пишу"),
        "{}",
        alert.text
    );
    house.open(&whom, house.city.wall(2, 10, 20));
    house.settle().await;
    assert_eq!(house.n_told(&anna, "10:20"), 0);
    anna.say("/list");
    anna.wait_for_text("На паузе").await.unwrap();
    anna.press("Следить снова").await.unwrap();
    // Told anew what is free, once.
    let again = anna
        .wait_for(|message| is_alert(message) && message.id != alert.id)
        .await
        .unwrap();
    assert!(
        again.text.contains("Больше об этом не пишу"),
        "{}",
        again.text
    );
    tokio::join!(bot.stop(), pinger.stop());
}
