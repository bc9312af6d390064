//! `/status`: at once from the store, then as just read; and what it says when nobody can know.

use super::house::is_alert;
use super::talk::{
    calm_house, check_keeps_silent_about, check_says, n_messages, newest, say, store, tap, walk,
};
use sandbox::Person;
use sandbox::city::{Endpoint, Fault, Scope};
use shared::ids::LpuId;
use std::time::Duration;

const STAR: [&str; 4] = ["Приморский", "ГП №287", "Офтальмолог", "Дроздова"];

async fn add(person: &Person, way: &[&str]) {
    say(person, "/add").await;
    check_says(&walk(person, way).await, &["Готово"]);
}

/// The status when the fresh reading has landed.
async fn fresh(person: &Person) -> sandbox::telegram::Message {
    let landed = person.wait_for(|message| {
        message.text.contains("Слежение") && !message.text.contains("Спрашиваю")
    });
    landed.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_comes_at_once_and_is_edited_when_the_reading_lands() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    add(&anna, &STAR).await;
    add(&anna, &["Приморский", "ГП №287", "Терапевт", "Соколова"]).await;
    anna.wait_for(is_alert).await.unwrap();
    // The portal thinks for a while: the answer does not wait for it.
    house.city.fault(
        Scope::lpu(LpuId(287)),
        Fault::Slow(Duration::from_millis(300)),
    );
    anna.say("/status");
    let first = anna.wait_for_text("Слежение включено").await.unwrap();
    check_says(&first, &["Дроздова", "Соколова", "Спрашиваю портал"]);
    let landed = fresh(&anna).await;
    assert_eq!(landed.id, first.id);
    check_says(
        &landed,
        &[
            "Дроздова Мария Львовна",
            "Талонов нет.",
            "Соколова Вера Андреевна",
            "✅ Свободно",
            "09:00",
            "Проверено",
        ],
    );
    assert_eq!(landed.button_texts(), ["🔄 Обновить", "📋 Мой список"]);
    // Again by its button, in the same message.
    let n = n_messages(&anna);
    tap(&anna, "Обновить").await;
    assert_eq!(fresh(&anna).await.id, first.id);
    assert_eq!(n_messages(&anna), n);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_reading_does_not_take_away_what_was_opened_meanwhile() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add(&anna, &STAR).await;
    let status = say(&anna, "/status").await;
    let list = tap(&anna, "Мой список").await;
    assert_eq!(list.id, status.id);
    check_says(&list, &["Ваш список"]);
    // Somebody else asks for the same doctor and is answered: so was the first question.
    let pinger = house.pinger().await;
    let boris = house.telegram.person("Борис", "ru");
    add(&boris, &STAR).await;
    say(&boris, "/status").await;
    fresh(&boris).await;
    house.settle().await;
    check_says(&newest(&anna), &["Ваш список"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_nobody_checks_and_since_when() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add(&anna, &STAR).await;
    let never = say(&anna, "/status").await;
    check_says(&never, &["Проверка талонов ещё ни разу не запускалась"]);
    let pinger = house.pinger().await;
    anna.wait_for_text("Талонов нет").await.unwrap();
    pinger.stop().await;
    let clock = shared::clock::wall(chrono::Utc::now())
        .format("с %H:")
        .to_string();
    let stopped = say(&anna, "/status").await;
    check_says(&stopped, &["Проверка талонов остановлена", &clock]);
    check_says(&stopped, &["Талонов нет", "Проверено"]);
    check_keeps_silent_about(&stopped, &["Спрашиваю"]);
    check_says(
        &tap(&anna, "Мой список").await,
        &["Дроздова", "Талонов нет"],
    );
    let now = tap(&anna, "Сейчас").await;
    check_says(&now, &["Проверка талонов остановлена"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_that_fails_is_never_told_as_no_talons() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    house.city.fault(
        Scope::lpu(LpuId(287)).at(Endpoint::Appointments),
        Fault::Refusal(603),
    );
    house.city.fault(
        Scope::lpu(LpuId(287)).at(Endpoint::Timetable),
        Fault::Refusal(603),
    );
    add(&anna, &STAR).await;
    house.city.fault(
        Scope::lpu(LpuId(287)).at(Endpoint::Doctors),
        Fault::Refusal(603),
    );
    anna.say("/status");
    let landed = fresh(&anna).await;
    check_says(&landed, &["⚠️", "Не удаётся узнать", "Дроздова"]);
    check_keeps_silent_about(&landed, &["Талонов нет"]);
    let list = say(&anna, "/list").await;
    check_says(&list, &["Не удаётся узнать"]);
    check_keeps_silent_about(&list, &["Талонов нет"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_and_silence_are_said() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    add(&anna, &STAR).await;
    add(&anna, &["Приморский", "ГП №287", "Невролог", "Журавлёв"]).await;
    say(&anna, "/list").await;
    tap(&anna, "1. ⏸ Пауза").await;
    anna.say("/status");
    let landed = fresh(&anna).await;
    check_says(&landed, &["На паузе: пока не слежу", "Талонов нет"]);
    // Why there is none is read after whether there is.
    let explained = async {
        while !fresh(&anna).await.text.contains("«Занят»") {
            anna.press("Обновить").await.unwrap();
        }
    };
    let patience = Duration::from_secs(10);
    tokio::time::timeout(patience, explained).await.unwrap();
    say(&anna, "/off").await;
    anna.say("/status");
    let off = anna.wait_for_text("Слежение выключено").await.unwrap();
    check_says(&off, &["Включить: /on"]);
    // Asked for by hand, the portal is read all the same.
    let landed = fresh(&anna).await;
    check_says(&landed, &["Слежение выключено", "Талонов нет"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_empty_list_it_offers_to_begin_and_keeps_nothing() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let empty = say(&anna, "/status").await;
    check_says(&empty, &["Ваш список пуст"]);
    assert_eq!(empty.button_texts(), ["➕ Добавить врача"]);
    check_says(&say(&anna, "/list").await, &["Ваш список пуст"]);
    check_says(&tap(&anna, "Добавить врача").await, &["В каком районе"]);
    bot.stop().await;
    assert!(
        store(&house)
            .await
            .person(anna.chat())
            .await
            .unwrap()
            .is_none()
    );
}
