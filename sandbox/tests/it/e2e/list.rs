//! `/list`: each watch with its buttons.

use super::house::is_alert;
use super::talk::{
    calm_house, check_keeps_silent_about, check_says, n_messages, newest, say, store, tap, walk,
};
use sandbox::Person;
use shared::ids::LpuId;

async fn add(person: &Person, way: &[&str]) {
    say(person, "/add").await;
    check_says(&walk(person, way).await, &["Готово"]);
}

/// Watches so many pediatricians, by pasted links.
async fn add_children_doctors(house: &super::house::House, person: &Person, n: usize) {
    for whom in house.city.doctors(LpuId(312)).into_iter().take(n) {
        let (lpu, specialty) = (whom.department.lpu, &whom.department.specialty);
        let doctor = &whom.doctor.doctor;
        let steps = format!(
            r#"[{{"lpu":"{lpu}"}},{{"speciality":"{specialty}"}},{{"doctor":"{doctor}"}}]"#
        );
        person.say(&format!("gorzdrav.spb.ru/service-free-schedule#{steps}"));
        person.wait_for_text("Готово").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_watch_has_its_buttons_without_numbers() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add_children_doctors(&house, &anna, 1).await;
    let list = say(&anna, "/list").await;
    check_says(
        &list,
        &["1 пункт", "Абрикосова", "Педиатр участковый", "ДГП №312"],
    );
    assert_eq!(
        list.button_texts(),
        [
            "🔎 Сейчас",
            "⚙ Изменить",
            "⏸ Пауза",
            "🗑 Удалить",
            "➕ Добавить врача"
        ]
    );
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_numbered_and_turned_in_pages() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add_children_doctors(&house, &anna, 7).await;
    let first = say(&anna, "/list").await;
    check_says(&first, &["7 пунктов", "1. ", "5. ", "Дубов"]);
    check_keeps_silent_about(&first, &["Ежевикин"]);
    for button in ["1. 🔎 Сейчас", "5. 🗑 Удалить", "▶"] {
        assert!(first.button(button).is_some(), "{button}");
    }
    let second = tap(&anna, "▶").await;
    check_says(&second, &["6. ", "Ежевикин", "7. ", "Жасминова"]);
    assert_eq!(second.id, first.id);
    // Deleting stays on the page; deleting its last ones goes to the page before.
    let left = tap(&anna, "7. 🗑 Удалить").await;
    check_says(&left, &["6 пунктов", "6. ", "Удалено", "Жасминова"]);
    check_keeps_silent_about(&left, &["7. "]);
    let left = tap(&anna, "6. 🗑 Удалить").await;
    check_says(&left, &["5 пунктов", "1. ", "Абрикосова"]);
    // Both deletions can still be taken back, each by its own button.
    tap(&anna, "Вернуть: Педиатр участковый · Жасминова").await;
    let back = tap(&anna, "Вернуть").await;
    check_says(&back, &["7 пунктов", "Ежевикин", "Жасминова"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn now_tells_what_is_free_as_just_read() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    add(&anna, &["Приморский", "ГП №287", "Терапевт", "Соколова"]).await;
    anna.wait_for(is_alert).await.unwrap();
    let list = say(&anna, "/list").await;
    let n = n_messages(&anna);
    let press = anna.press("Сейчас").await.unwrap();
    anna.toast(&press).await.unwrap();
    let now = anna
        .wait_for(|message| message.id > list.id && !message.text.contains("Спрашиваю"))
        .await
        .unwrap();
    check_says(&now, &["Соколова", "09:00", "14:45"]);
    assert_eq!(
        now.links().len(),
        1,
        "what is free can be taken from here too"
    );
    assert_eq!(n_messages(&anna), n + 1, "the list stays as it is");
    // It is no alert, and moves nothing: the next talon is told as ever.
    house.open(
        &house.city.doctor_named("Соколова").unwrap(),
        house.city.wall(3, 12, 12),
    );
    let alert = anna.wait_for(|message| is_alert(message) && message.text.contains("12:12"));
    alert.await.unwrap();
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_watch_is_silent_and_a_resumed_one_tells_what_is_free() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    let whom = house.star();
    add(&anna, &["Приморский", "ГП №287", "Офтальмолог", "Дроздова"]).await;
    say(&anna, "/list").await;
    let paused = tap(&anna, "Пауза").await;
    check_says(&paused, &["На паузе"]);
    assert!(paused.button("Пауза").is_none());
    house.open(&whom, house.city.wall(2, 9, 9));
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:09"), 0);
    check_says(&say(&anna, "/list").await, &["На паузе"]);
    anna.press("Следить снова").await.unwrap();
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["09:09"]);
    // A second tap on the same button, late, tells nothing twice.
    let list = say(&anna, "/list").await;
    let pause = list.button("Пауза").unwrap().action.clone();
    let sandbox::telegram::Action::Callback(pause) = pause else {
        panic!("no callback");
    };
    anna.press_data(list.id, &pause.replace(".p", ".r"));
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:09"), 1);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_watch_is_silent_and_comes_back_by_undo() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    let whom = house.star();
    add(&anna, &["Приморский", "ГП №287", "Офтальмолог", "Дроздова"]).await;
    say(&anna, "/list").await;
    // A double tap deletes once, and the way back stays on the screen.
    let delete = anna.press("Удалить").await.unwrap();
    let again = anna.press_data(delete.message, &delete.data);
    anna.toast(&again).await.unwrap();
    let deleted = anna.wait_for_text("Удалено").await.unwrap();
    check_says(&deleted, &["Дроздова", "в течение минуты", "список пуст"]);
    assert!(deleted.button("Вернуть").is_some());
    house.open(&whom, house.city.wall(2, 9, 9));
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:09"), 0);
    // Also the list called anew offers to take it back.
    check_says(&say(&anna, "/list").await, &["Удалено"]);
    let undo = anna.press("Вернуть").await.unwrap();
    let again = anna.press_data(undo.message, &undo.data);
    anna.toast(&again).await.unwrap();
    let back = anna.wait_for_text("1 пункт").await.unwrap();
    assert!(back.button("Пауза").is_some());
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["09:09"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_comes_too_late_says_so() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add_children_doctors(&house, &anna, 1).await;
    say(&anna, "/list").await;
    let list = tap(&anna, "Удалить").await;
    bot.stop().await;
    let store = store(&house).await;
    let soon = chrono::Utc::now() + chrono::TimeDelta::seconds(1);
    assert_eq!(store.purge_deleted(soon).await.unwrap(), 1);
    drop(store);
    let bot = house.bot().await;
    anna.press_on(list.id, "Вернуть").unwrap();
    let late = anna.answer().await.unwrap();
    check_says(&late, &["Минута прошла", "список пуст"]);
    assert!(late.button("Вернуть").is_none());
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_of_an_older_list_act_on_their_own_watch_or_say_they_are_old() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add_children_doctors(&house, &anna, 3).await;
    let old = say(&anna, "/list").await;
    say(&anna, "/list").await;
    tap(&anna, "1. 🗑 Удалить").await;
    // In the older list number 1 is still the deleted one, number 2 the one it always was.
    anna.press_on(old.id, "1. ⏸ Пауза").unwrap();
    let said = anna.answer().await.unwrap();
    check_says(&said, &["Это меню устарело"]);
    anna.press_on(old.id, "Открыть заново").unwrap();
    let list = anna.answer().await.unwrap();
    check_says(&list, &["2 пункта", "1. Педиатр участковый · Бузина"]);
    // Of a third message.
    anna.press_on(newest(&anna).id, "2. 🗑 Удалить").unwrap();
    check_says(&anna.answer().await.unwrap(), &["1 пункт", "Бузина"]);
    bot.stop().await;
}
