//! A talon that opens within a minute of an alert naming its doctor is written into that alert.

use super::house::{House, add, is_alert, names};
use sandbox::Person;
use sandbox::telegram::{Calls, Message, Trouble};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Somebody who was just told of 09:40 with the star, and the alert.
async fn told(house: &House, name: &str) -> (Person, Message) {
    let person = house.telegram.person(name, "ru").with_patience(LONG);
    person.say("/start");
    person.wait_for_text("Здравствуйте").await.unwrap();
    add(&person, &house.star()).await;
    person.look_away();
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let alert = person.wait_for(tells("09:40")).await.unwrap();
    (person, alert)
}

fn tells(time: &str) -> impl Fn(&Message) -> bool + '_ {
    move |message| is_alert(message) && message.text.contains(time)
}

fn n_alerts(person: &Person) -> usize {
    person.messages().iter().filter(|m| is_alert(m)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn talons_that_open_one_after_another_are_in_one_alert() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let (anna, alert) = told(&house, "Анна").await;
    for (hour, time) in [(10, "10:20"), (11, "11:20"), (12, "12:20")] {
        house.open(&house.star(), house.city.wall(2, hour, 20));
        let joined = anna.wait_for(tells(time)).await.unwrap();
        assert_eq!(joined.id, alert.id, "{}", joined.text);
        assert!(joined.text.contains("09:40"), "{}", joined.text);
    }
    house.settle().await;
    assert_eq!(n_alerts(&anna), 1);
    let first = anna.message(alert.id).unwrap();
    assert_eq!(first.button_texts(), alert.button_texts());
    assert!(first.text.lines().next().unwrap().contains("+3"));

    // One goes: struck out where it stands.
    house.take(&house.star(), house.city.wall(2, 11, 20));
    let edited = anna.wait_for(|message| message.marked("strikethrough") == ["11:20"]);
    assert_eq!(edited.await.unwrap().id, alert.id);
    // And what joined can be booked as what was told first.
    anna.press("Я записал").await.unwrap();
    let is_question = |message: &Message| {
        message.id != alert.id
            && ["09:40", "12:20"]
                .iter()
                .all(|time| message.button(time).is_some())
    };
    anna.wait_for(is_question).await.unwrap();
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_doctor_is_a_message_of_its_own() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let (anna, alert) = told(&house, "Анна").await;
    let other = house.city.doctor_named("Скворцов").unwrap();
    add(&anna, &other).await;
    anna.look_away();
    // The first doctor's and the other's at once.
    house.open(&house.star(), house.city.wall(2, 10, 20));
    house.open(&other, house.city.wall(3, 13, 50));
    let joined = anna.wait_for(tells("10:20")).await.unwrap();
    assert_eq!(joined.id, alert.id);
    let own = anna.wait_for(tells("13:50")).await.unwrap();
    assert!(own.id != alert.id && !names(&own, "10:20"), "{}", own.text);
    // Each goes on in its own.
    anna.look_away();
    house.open(&other, house.city.wall(3, 14, 50));
    assert_eq!(anna.wait_for(tells("14:50")).await.unwrap().id, own.id);
    house.settle().await;
    assert_eq!(n_alerts(&anna), 2);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_is_refused_is_a_new_message() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let mut people = Vec::new();
    for refusal in [
        "Bad Request: message to edit not found",
        "Bad Request: message can't be edited",
        "Bad Request: message is not modified",
        "Bad Request: something new",
    ] {
        let person = house.telegram.person(refusal, "ru").with_patience(LONG);
        person.say("/start");
        person.wait_for_text("Здравствуйте").await.unwrap();
        add(&person, &house.star()).await;
        people.push((person, refusal));
    }
    // Nobody was reached: tried again, and it is an edit all the same.
    let vera = house.telegram.person("Вера", "ru").with_patience(LONG);
    vera.say("/start");
    vera.wait_for_text("Здравствуйте").await.unwrap();
    add(&vera, &house.star()).await;

    house.open(&house.star(), house.city.wall(2, 9, 40));
    let everybody = people.iter().map(|(person, _)| person).chain([&vera]);
    for person in everybody {
        person.wait_for(tells("09:40")).await.unwrap();
    }
    // What was edited when they began to wait has been.
    house.settle().await;
    let edits = |person: &Person| Calls::of("editMessageText").in_chat(person.chat());
    for (person, refusal) in &people {
        let refused = Trouble::Refuse(400, (*refusal).into());
        house.telegram.trouble_times(edits(person), refused, 1);
    }
    house.telegram.trouble_times(edits(&vera), Trouble::Cut, 1);
    house.open(&house.star(), house.city.wall(2, 10, 20));
    for (person, refusal) in &people {
        let new = person.wait_for(tells("10:20")).await.unwrap();
        assert!(!names(&new, "09:40"), "{refusal}: {}", new.text);
    }
    vera.wait_for(tells("10:20")).await.unwrap();
    house.settle().await;
    for (person, refusal) in &people {
        assert_eq!(house.n_told(person, "10:20"), 1, "{refusal}");
        assert_eq!(n_alerts(person), 2, "{refusal}");
    }
    assert_eq!((n_alerts(&vera), house.n_told(&vera, "10:20")), (1, 1));
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_it_stays_in_the_alert_of_a_group() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let boris = house.telegram.person("Борис", "ru");
    let family = boris.at(house.telegram.group("Семья", &[&boris]));
    let family = family.with_patience(LONG);
    add(&family, &house.star()).await;
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let alert = family.wait_for(tells("09:40")).await.unwrap();
    family.press("Записываю я").await.unwrap();
    family.wait_for_text("Записывает Борис").await.unwrap();
    family.look_away();
    house.open(&house.star(), house.city.wall(2, 10, 20));
    let joined = family.wait_for(tells("10:20")).await.unwrap();
    assert_eq!(joined.id, alert.id);
    assert!(joined.text.contains("Записывает Борис"), "{}", joined.text);
    tokio::join!(bot.stop(), pinger.stop());
}
