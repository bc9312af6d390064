//! Buttons pressed too late, twice, by somebody else, or never shown at all; and a bot restarted in between.

use super::talk::{calm_house, check_says, entries, n_messages, newest, say, store, tap, walk};
use serde_json::Value;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn an_older_menu_says_so_and_opens_anew() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let old = say(&anna, "/add").await;
    let new = say(&anna, "/add").await;
    assert_ne!(old.id, new.id);
    anna.press_on(old.id, "Приморский").unwrap();
    let said = anna.answer().await.unwrap();
    assert_eq!(said.id, old.id);
    check_says(&said, &["Это меню устарело"]);
    assert_eq!(said.button_texts(), ["Открыть заново"]);
    anna.press_on(old.id, "Открыть заново").unwrap();
    check_says(&anna.answer().await.unwrap(), &["В каком районе"]);
    anna.press_on(old.id, "Приморский").unwrap();
    check_says(&anna.answer().await.unwrap(), &["Какая поликлиника?"]);
    // Now the other one is out of date.
    anna.press_on(new.id, "Выборгский").unwrap();
    check_says(&anna.answer().await.unwrap(), &["Это меню устарело"]);
    assert_eq!(n_messages(&anna), 2);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_menu_cannot_be_replayed() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Приморский", "ГП №287", "Офтальмолог"]).await;
    let press = anna.press("Дроздова").await.unwrap();
    anna.wait_for_text("Готово").await.unwrap();
    anna.look_away();
    anna.press_data(press.message, &press.data);
    check_says(&anna.answer().await.unwrap(), &["Это меню устарело"]);
    check_says(&say(&anna, "/list").await, &["1 пункт"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tap_goes_no_further_than_the_first() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    // The first entry of each list, tapped thrice: a blind second tap would choose the first entry of the next one.
    let press = anna.press("Адмиралтейский").await.unwrap();
    let again = [
        anna.press_data(press.message, &press.data),
        anna.press_data(press.message, &press.data),
    ];
    for press in again {
        anna.toast(&press).await.unwrap();
    }
    check_says(&say(&anna, "каштан").await, &["Какая поликлиника?"]);
    assert_eq!(n_messages(&anna), 1);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_presses_do_no_harm() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Приморский", "ГП №287", "Офтальмолог", "Дроздова"]).await;
    say(&anna, "/list").await;
    let delete = newest(&anna).button("Удалить").unwrap().clone();
    let sandbox::telegram::Action::Callback(delete) = delete.action else {
        panic!("no callback");
    };
    let mallory = house.telegram.person("Мэллори", "ru");
    let hello = say(&mallory, "/start").await;
    let (anna_id, own_id) = (anna.user().id, mallory.user().id);
    for data in [
        delete.clone(),
        delete.replace(".d", ".p"),
        delete.replace(".d", ".n"),
        delete.replace(".d", ".u"),
        "w.9223372036854775807.d".into(),
        "w.-1.d".into(),
        "w.99999999999999999999.d".into(),
        format!("f.{anna_id}.1"),
        format!("m.{anna_id}.1.0.i0"),
        format!("m.{own_id}.1.0.i0"),
        format!("m.{own_id}.4294967295.4294967295.i18446744073709551615"),
        "l.18446744073709551615".into(),
        "g.xx".into(),
        "".into(),
        ".....".into(),
        "a.a".into(),
        "\u{0}".into(),
        "Ж".repeat(32),
    ] {
        let press = mallory.press_data(hello.id, &data);
        mallory.toast(&press).await.unwrap();
    }
    // Under a message that is not there.
    let press = mallory.press_data(999_999, "l.0");
    mallory.toast(&press).await.unwrap();
    check_says(&say(&mallory, "/help").await, &["/add"]);
    let list = say(&anna, "/list").await;
    check_says(&list, &["1 пункт", "Дроздова"]);
    assert!(list.button("Пауза").is_some());
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_too_old_to_be_answered_is_still_served() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    bot.stop().await;
    anna.press("Приморский").await.unwrap();
    house.telegram.expire_presses();
    let bot = house.bot().await;
    anna.wait_for_text("Какая поликлиника?").await.unwrap();
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_goes_on_where_it_was() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Приморский", "ГП №287"]).await;
    let narrowed = say(&anna, "невро").await;
    assert_eq!(entries(&narrowed), ["Невролог"]);
    bot.stop().await;
    let bot = house.bot().await;
    // The filter is still there; so are the button's meaning and the message.
    let all = tap(&anna, "Показать все").await;
    assert_eq!(all.id, narrowed.id);
    assert_eq!(entries(&all).len(), 8);
    bot.stop().await;
    let bot = house.bot().await;
    tap(&anna, "Невролог").await;
    bot.stop().await;
    let bot = house.bot().await;
    assert_eq!(entries(&say(&anna, "журав").await).len(), 1);
    check_says(&tap(&anna, "Журавлёв").await, &["Готово"]);
    assert_eq!(n_messages(&anna), 1);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_menu_deleted_from_the_chat_comes_back_below() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let menu = say(&anna, "/add").await;
    house.telegram.trouble_times(
        sandbox::telegram::Calls::of("editMessageText"),
        sandbox::telegram::Trouble::Refuse(400, "Bad Request: message to edit not found".into()),
        1,
    );
    let below = tap(&anna, "Приморский").await;
    assert_ne!(below.id, menu.id);
    check_says(&below, &["Какая поликлиника?"]);
    anna.press_on(below.id, "ГП №287").unwrap();
    let step = anna.wait_for_text("К какому врачу?").await.unwrap();
    assert_eq!(step.id, below.id);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_long_after_a_menu_is_not_for_it() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let menu = say(&anna, "/add").await;
    bot.stop().await;
    // The menu was last touched a day ago.
    let store = store(&house).await;
    let (chat, user) = (anna.chat(), anna.user().id);
    let state = store.dialogue(chat, user).await.unwrap().unwrap();
    let mut state: Value = serde_json::from_str(&state).unwrap();
    let now = chrono::Utc::now();
    state["touched"] = serde_json::to_value(now - Duration::from_secs(86_400)).unwrap();
    let kept = store.set_dialogue(chat, user, Some(state.to_string()), now);
    kept.await.unwrap();
    drop(store);
    let bot = house.bot().await;
    let answer = say(&anna, "спасибо").await;
    check_says(&answer, &["Я не понял"]);
    assert_ne!(answer.id, menu.id);
    // Its buttons go on all the same.
    anna.press_on(menu.id, "Приморский").unwrap();
    check_says(&anna.answer().await.unwrap(), &["Какая поликлиника?"]);
    bot.stop().await;
}
