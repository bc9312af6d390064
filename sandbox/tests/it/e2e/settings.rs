//! `/off`, `/on`, the language, and being forgotten.

use super::house::is_alert;
use super::talk::{
    calm_house, check_keeps_silent_about, check_says, n_messages, newest, say, store, tap, walk,
};
use sandbox::Person;
use sandbox::telegram::Message;

const STAR: [&str; 4] = ["Приморский", "ГП №287", "Офтальмолог", "Дроздова"];

async fn add_star(person: &Person) {
    say(person, "/add").await;
    check_says(&walk(person, &STAR).await, &["Готово"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn off_and_on_say_how_things_are() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    check_says(&say(&anna, "/on").await, &["список пуст"]);
    add_star(&anna).await;
    check_says(&say(&anna, "/off").await, &["молчу", "/on"]);
    check_says(&say(&anna, "/off").await, &["и так молчу"]);
    check_says(&say(&anna, "/list").await, &["Слежение выключено"]);
    check_says(&say(&anna, "/on").await, &["Слежу снова", "1 пункт"]);
    check_says(&say(&anna, "/on").await, &["и так слежу"]);
    tokio::join!(bot.stop(), pinger.stop());
}

fn check_english(message: &Message) {
    let is_cyrillic = |c: char| ('а'..='я').contains(&c.to_lowercase().next().unwrap_or(c));
    // What the portal says stays as it is.
    let words = [
        "Дроздова Мария Львовна",
        "Дроздова",
        "Офтальмолог",
        "ГП №287",
        "Санкт-Петербург, ул. Тростниковая, д. 4",
        "Русский",
    ];
    let mut text = sandbox::person::show(message);
    for word in words {
        text = text.replace(word, "");
    }
    assert!(!text.contains(is_cyrillic), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_is_spoken_from_then_on() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    add_star(&anna).await;
    let settings = say(&anna, "/settings").await;
    assert!(settings.button_texts().ends_with(&["✓ Русский", "English"]));
    let settings = tap(&anna, "English").await;
    assert!(settings.button_texts().ends_with(&["Русский", "✓ English"]));
    // The one in use changes nothing and breaks nothing.
    let press = anna.press("English").await.unwrap();
    anna.toast(&press).await.unwrap();
    for words in [
        "/start",
        "/help",
        "/list",
        "/status",
        "/on",
        "/off",
        "/settings",
        "/forget",
        "hm",
    ] {
        check_english(&say(&anna, words).await);
    }
    say(&anna, "/on").await;
    let whom = house.star();
    house.open(&whom, house.city.wall(2, 9, 40));
    let alert = anna.wait_for(is_alert).await.unwrap();
    let about_clinic = ["ГП №287", "197000"];
    check_says(&alert, &["checked at", "09:40"]);
    let told = alert.text.lines();
    let ours: Vec<_> = told
        .filter(|line| !about_clinic.iter().any(|part| line.contains(part)))
        .collect();
    assert!(!ours.join("\n").contains("талон"), "{}", alert.text);
    // And back.
    say(&anna, "/settings").await;
    check_says(&tap(&anna, "Русский").await, &["Настройки"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_forgotten_by_mistake() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add_star(&anna).await;
    let ask = say(&anna, "/forget").await;
    check_says(&ask, &["1 пункт", "/off"]);
    let kept = tap(&anna, "Нет, оставить").await;
    check_says(&kept, &["ничего не стираю"]);
    assert!(kept.keyboard.is_empty());
    check_says(&say(&anna, "/list").await, &["Дроздова"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_person_leaves_nothing_and_old_buttons_do_no_harm() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    add_star(&anna).await;
    let list = say(&anna, "/list").await;
    let status = say(&anna, "/status").await;
    let menu = say(&anna, "/add").await;
    say(&anna, "/forget").await;
    let done = tap(&anna, "Да, стереть всё").await;
    check_says(&done, &["всё стёр", "/start"]);
    assert!(done.keyboard.is_empty());
    let n = n_messages(&anna);
    for (message, button) in [
        (&list, "Сейчас"),
        (&list, "Открыть заново"),
        (&status, "Обновить"),
        (&menu, "Приморский"),
    ] {
        let press = anna.press_on(message.id, button).unwrap();
        anna.toast(&press).await.unwrap();
        anna.answer().await.unwrap();
    }
    assert_eq!(n_messages(&anna), n);
    check_says(&anna.message(list.id).unwrap(), &["пуст"]);
    check_says(&anna.message(status.id).unwrap(), &["пуст"]);
    check_says(&anna.message(menu.id).unwrap(), &["устарело"]);
    house.open(&house.star(), house.city.wall(2, 9, 9));
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:09"), 0);
    check_keeps_silent_about(&newest(&anna), &["Дроздова"]);
    tokio::join!(bot.stop(), pinger.stop());
    let store = store(&house).await;
    let (chat, user) = (anna.chat(), anna.user().id);
    assert!(store.person(chat).await.unwrap().is_none());
    assert!(store.dialogue(chat, user).await.unwrap().is_none());
    let watched = store.watched(chrono::Utc::now()).await.unwrap();
    assert!(watched.is_empty());
}
