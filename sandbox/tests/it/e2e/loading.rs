//! A portal that is slow, or silent, while somebody chooses.

use super::talk::{calm_house, check_says, entries, n_messages, newest, say, store, tap, walk};
use chrono::{TimeDelta, Utc};
use sandbox::city::{Endpoint, Fault, Scope};
use sandbox::telegram::{Calls, Trouble};
use shared::catalogue::{Counters, Specialty};
use shared::ids::LpuId;
use std::time::Duration;

const LONG: Duration = Duration::from_millis(1500);

#[tokio::test(flavor = "multi_thread")]
async fn a_press_is_answered_at_once_and_loading_is_shown() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    tap(&anna, "Приморский").await;
    house
        .city
        .fault(Scope::endpoint(Endpoint::Specialties), Fault::Slow(LONG));
    let from = house.telegram.log().end();
    let press = anna.press("ГП №287").await.unwrap();
    anna.toast(&press).await.unwrap();
    let asked = house.portal.log().count(|request| {
        request.endpoint == Some(Endpoint::Specialties) && request.answered.is_some()
    });
    assert_eq!(asked, 0, "answered before the portal was");
    let loading = anna.wait_for_text("Спрашиваю портал").await.unwrap();
    assert_eq!(loading.button_texts(), ["Назад", "Отмена"]);
    anna.wait_for_text("К какому врачу?").await.unwrap();
    let calls = house.telegram.log().since(from);
    let methods = calls
        .iter()
        .map(|call| call.method.as_str())
        .filter(|method| *method != "getUpdates");
    assert_eq!(
        methods.collect::<Vec<_>>(),
        ["answerCallbackQuery", "editMessageText", "editMessageText"]
    );
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_is_answered_while_an_earlier_one_still_waits_for_telegram() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    let edits = Calls::of("editMessageText");
    house
        .telegram
        .trouble_times(edits, Trouble::TooMany(Some(2)), 1);
    let from = house.telegram.log().end();
    anna.press("Приморский").await.unwrap();
    let patience = Duration::from_secs(10);
    let log = house.telegram.log();
    let refused = log.wait_for(from, patience, |call| call.refusal() == Some(429));
    refused.await.unwrap();
    let second = anna.press("Выборгский").await.unwrap();
    anna.toast(&second).await.unwrap();
    let calls = log.since(from);
    assert!(!calls.iter().any(|call| call.did("editMessageText")));
    // What was pressed first is served first; the second was pressed on what is no longer shown.
    anna.wait_for_text("Какая поликлиника?").await.unwrap();
    check_says(&say(&anna, "287").await, &["Район: Приморский"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_can_leave_while_a_list_is_loading() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let slow = house
        .city
        .fault(Scope::endpoint(Endpoint::Specialties), Fault::Slow(LONG));
    say(&anna, "/add").await;
    check_says(
        &walk(&anna, &["Приморский", "ГП №287"]).await,
        &["Спрашиваю портал"],
    );
    check_says(&tap(&anna, "Назад").await, &["Какая поликлиника?"]);
    check_says(&tap(&anna, "ДГП №312").await, &["Спрашиваю портал"]);
    check_says(&tap(&anna, "Отмена").await, &["ничего не добавляю"]);
    // Both lists have come by the time somebody else reads a third.
    let boris = house.telegram.person("Борис", "ru");
    say(&boris, "/add").await;
    walk(&boris, &["Центральный", "ГП №355"]).await;
    boris.wait_for_text("К какому врачу?").await.unwrap();
    house.city.clear(slow);
    check_says(&newest(&anna), &["ничего не добавляю"]);
    // Typing while a list is loading narrows it when it comes.
    say(&anna, "/add").await;
    house
        .city
        .fault(Scope::endpoint(Endpoint::Doctors), Fault::Slow(LONG));
    walk(&anna, &["Приморский", "ГП №287", "Офтальмолог"]).await;
    anna.say("чиж");
    let narrowed = anna.wait_for_text("«чиж»").await.unwrap();
    assert_eq!(entries(&narrowed), ["Чижов Антон Павлович"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_fails_is_said_so_and_can_be_asked_again() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    tap(&anna, "Приморский").await;
    for (fault, why) in [
        (Fault::Refusal(1), "на портале сейчас неполадки"),
        (Fault::Refusal(602), "поликлиника не отвечает порталу"),
        (Fault::Status(502), "неполадки"),
        (Fault::Html, "портал ответил непонятно"),
        (Fault::Truncated, "портал ответил непонятно"),
        (Fault::Cut, "портал не отвечает"),
    ] {
        let failing = house
            .city
            .fault(Scope::endpoint(Endpoint::Specialties), fault.clone());
        anna.press("ГП №287").await.unwrap();
        let failed = anna.wait_for_text("Не получилось узнать").await;
        let failed = failed.unwrap_or_else(|error| panic!("{fault:?}: {error:#}"));
        check_says(&failed, &[why]);
        for button in ["Попробовать ещё раз", "Назад", "Отмена"] {
            assert!(failed.button(button).is_some(), "{fault:?}");
        }
        house.city.clear(failing);
        tap(&anna, "Назад").await;
    }
    house
        .city
        .fault_times(Scope::endpoint(Endpoint::Specialties), Fault::Refusal(1), 1);
    anna.press("ГП №287").await.unwrap();
    anna.wait_for_text("Не получилось узнать").await.unwrap();
    anna.press("Попробовать ещё раз").await.unwrap();
    anna.wait_for_text("К какому врачу?").await.unwrap();
    assert_eq!(n_messages(&anna), 1);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_portal_the_last_list_is_shown_with_its_age() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    tap(&anna, "Приморский").await;
    bot.stop().await;
    // Read an hour ago: too long ago to serve as fresh.
    let store = store(&house).await;
    let specialty = Specialty {
        id: "2106".into(),
        name: "Офтальмолог".into(),
        fer_id: None,
        counters: Counters::default(),
    };
    let read_at = Utc::now() - TimeDelta::hours(1);
    let saved = store.save_specialties(LpuId(287), vec![specialty], read_at);
    saved.await.unwrap();
    drop(store);
    house.portal.down().await.unwrap();
    let bot = house.bot().await;
    anna.press("ГП №287").await.unwrap();
    let old = anna.wait_for_text("К какому врачу?").await.unwrap();
    check_says(
        &old,
        &["Портал сейчас не отвечает", "список, который получил"],
    );
    assert!(entries(&old).iter().any(|text| text == "Офтальмолог"));
    bot.stop().await;
}
