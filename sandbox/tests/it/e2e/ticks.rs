//! Several doctors or clinics ticked in one list.

use super::house::{House, is_alert};
use super::talk::{
    calm_house, check_keeps_silent_about, check_says, entries, n_messages, newest, say, tap, walk,
};
use sandbox::Person;
use sandbox::telegram::Message;
use shared::clock::wall;

/// Writes, and reads what the bot has to say when all is looked up.
async fn read(person: &Person, text: &str) -> Message {
    person.say(text);
    let done = |message: &Message| !message.text.contains("Спрашиваю портал");
    person.wait_for(done).await.unwrap()
}

/// Presses, and reads what the bot has to say when all is looked up.
async fn press(person: &Person, button: &str) -> Message {
    person.press(button).await.unwrap();
    let done = |message: &Message| !message.text.contains("Спрашиваю портал");
    person.wait_for(done).await.unwrap()
}

/// Names whose boxes are full.
fn ticked(message: &Message) -> Vec<String> {
    let full = |entry: String| entry.strip_prefix("☑ ").map(str::to_owned);
    entries(message).into_iter().filter_map(full).collect()
}

/// Opens the doctors of a department as a list of boxes.
async fn boxes(person: &Person, way: &[&str]) -> Message {
    say(person, "/add").await;
    walk(person, way).await;
    tap(person, "Выбрать нескольких").await
}

const EYES: [&str; 3] = ["Приморский", "ГП №287", "Офтальмолог"];
const CHILDREN: [&str; 3] = ["Приморский", "ДГП №312", "Педиатр"];

#[tokio::test(flavor = "multi_thread")]
async fn several_doctors_are_ticked_and_each_of_them_is_told() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    let menu = boxes(&anna, &EYES).await;
    check_says(&menu, &["Кто вам подойдёт?", "ГП №287", "Офтальмолог"]);
    assert_eq!(
        entries(&menu),
        ["☐ Дроздова Мария Львовна", "☐ Чижов Антон Павлович"]
    );
    for other in ["Любой врач", "Готово", "Выбрать"] {
        assert!(menu.button(other).is_none(), "{other}");
    }
    let menu = tap(&anna, "Чижов").await;
    check_says(&menu, &["Отмечено: 1 (Чижов Антон Павлович)"]);
    assert_eq!(ticked(&menu), ["Чижов Антон Павлович"]);
    // A second press takes the tick away.
    assert!(ticked(&tap(&anna, "Чижов").await).is_empty());
    tap(&anna, "Чижов").await;
    let menu = tap(&anna, "Дроздова").await;
    assert!(menu.button("Готово (2)").is_some());
    let done = tap(&anna, "Готово (2)").await;
    check_says(
        &done,
        &[
            "Готово, слежу",
            "2 врача: ",
            "Чижов А. П.",
            "Дроздова М. Л.",
            "Офтальмолог",
            "ГП №287",
        ],
    );
    assert_eq!(n_messages(&anna), 1, "one message all the way");
    // Чижов has talons now; Дроздова's open later.
    let first = anna.wait_for(is_alert).await.unwrap();
    check_says(&first, &["Чижов"]);
    house.open(&house.star(), house.city.wall(3, 18, 20));
    let second = anna.wait_for(|message| is_alert(message) && message.text.contains("18:20"));
    check_says(&second.await.unwrap(), &["Дроздова"]);
    check_says(&say(&anna, "/list").await, &["1 пункт"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_typing_hours_and_a_restart_leave_the_ticks_alone() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    boxes(&anna, &CHILDREN).await;
    tap(&anna, "Бузина").await;
    let second = tap(&anna, "▶").await;
    check_says(&second, &["Страница 2 из 2", "Отмечено: 1 (Бузина"]);
    assert_eq!(entries(&second).len(), 3);
    tap(&anna, "Орехова").await;
    let typed = say(&anna, "грушин").await;
    assert_eq!(entries(&typed).len(), 1);
    assert_eq!(ticked(&tap(&anna, "Грушин").await).len(), 1);
    bot.stop().await;
    let bot = house.bot().await;
    let all = tap(&anna, "Показать все").await;
    assert_eq!(ticked(&all).len(), 2, "{:?}", entries(&all));
    check_says(&all, &["Отмечено: 3"]);
    // Hours are taken, a text that is nobody's name narrows, and neither costs a tick.
    let hours = read(&anna, "после 17").await;
    check_says(&hours, &["Понял: после 17:00", "Отмечено: 3"]);
    check_says(
        &read(&anna, "невролог").await,
        &["ничего не нашлось", "Отмечено: 3"],
    );
    tap(&anna, "Показать все").await;
    let done = tap(&anna, "Готово (3)").await;
    check_says(
        &done,
        &["3 врача: ", "Бузина", "Орехова", "Грушин", "после 17:00"],
    );
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tap_is_a_press_away_and_a_button_of_before_does_nothing() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let menu = boxes(&anna, &EYES).await;
    let first = menu.button("Дроздова").unwrap().action.clone();
    let sandbox::telegram::Action::Callback(data) = first else {
        panic!("{first:?}");
    };
    assert!(data.len() <= 64);
    tap(&anna, "Дроздова").await;
    // The same rendering pressed twice: the second press changes nothing.
    anna.press_data(menu.id, &data);
    anna.press_data(menu.id, &data);
    let menu = tap(&anna, "Чижов").await;
    assert_eq!(ticked(&menu).len(), 2);
    // Back to one tap; nothing stays ticked.
    let one_tap = tap(&anna, "Назад").await;
    check_says(&one_tap, &["К кому именно?"]);
    check_keeps_silent_about(&one_tap, &["Отмечено"]);
    assert!(one_tap.button("Любой врач").is_some());
    let menu = tap(&anna, "Выбрать нескольких").await;
    assert!(ticked(&menu).is_empty());
    // One ticked is a watch like any other.
    tap(&anna, "Чижов").await;
    let done = tap(&anna, "Готово (1)").await;
    check_says(&done, &["Офтальмолог · Чижов Антон Павлович · ГП №287"]);
    // Its buttons are of a menu that is no more.
    anna.press_data(menu.id, &data);
    check_says(
        &anna.wait_for_text("устарело").await.unwrap(),
        &["Это меню"],
    );
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_one_watch_holds_is_refused_kindly() {
    let house: House = calm_house().await.with("MAX_TARGETS", "2");
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    boxes(&anna, &CHILDREN).await;
    walk(&anna, &["Бузина", "Дубов"]).await;
    let full = tap(&anna, "Грушин").await;
    check_says(
        &full,
        &["Больше отметить нельзя", "не больше 2", "Отмечено: 2"],
    );
    assert_eq!(ticked(&full).len(), 2);
    // One goes, another comes.
    let menu = walk(&anna, &["Дубов", "Грушин"]).await;
    check_keeps_silent_about(&menu, &["нельзя"]);
    check_says(&tap(&anna, "Готово (2)").await, &["2 врача: ", "Грушин"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_ticks_nothing_in_somebody_elses_menu() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let (anna, boris) = (
        house.telegram.person("Анна", "ru"),
        house.telegram.person("Борис", "ru"),
    );
    let family = house.telegram.group("Семья", &[&anna, &boris]);
    let (anna, boris) = (anna.at(family), boris.at(family));
    boxes(&anna, &EYES).await;
    let menu = tap(&anna, "Чижов").await;
    for button in ["Дроздова", "Готово", "Назад"] {
        let press = boris.press_on(menu.id, button).unwrap();
        let toast = boris.toast(&press).await.unwrap();
        assert!(toast.text.contains("открыл другой человек"), "{toast:?}");
    }
    assert_eq!(anna.message(menu.id).unwrap().text, menu.text);
    check_says(&tap(&anna, "Готово (1)").await, &["Чижов"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_without_a_name_keeps_the_number_he_was_chosen_by() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Центральный", "ГП №355", "Терапевт"]).await;
    let done = tap(&anna, "врач без имени (2)").await;
    check_says(&done, &["Терапевт · врач без имени (2) · ГП №355"]);
    boxes(&anna, &["Центральный", "ГП №355", "Терапевт"]).await;
    walk(&anna, &["имени (1)", "имени (2)"]).await;
    let done = tap(&anna, "Готово (2)").await;
    check_says(&done, &["2 врача: врач без имени (1), врач без имени (2)"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_specialty_is_ticked_at_several_clinics_of_the_district() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Адмиралтейский", "ГП №315", "Врач-терапевт"]).await;
    let menu = press(&anna, "В других поликлиниках").await;
    check_says(
        &menu,
        &["В каких поликлиниках?", "Терапевт", "Адмиралтейский"],
    );
    assert_eq!(ticked(&menu), ["ГП №315"], "where one came from");
    // Typing narrows here, too.
    assert_eq!(entries(&say(&anna, "каштан").await).len(), 1);
    tap(&anna, "Показать все").await;
    // Whatever is known of the other clinic by now, a press ticks it: there it is a «Терапевт участковый».
    let menu = press(&anna, "Каштан").await;
    assert_eq!(ticked(&menu), ["ГП №315", "Поликлиника «Каштан»"]);
    let done = tap(&anna, "Готово (2)").await;
    check_says(
        &done,
        &["Врач-терапевт в 2 поликлиниках: ГП №315, Поликлиника «Каштан»"],
    );
    for (doctor, minute) in [("Липатов", 11), ("Кедров", 22)] {
        let whom = house.city.doctor_named(doctor).unwrap();
        house.open(&whom, house.city.wall(2, 11, minute));
        let time = format!("11:{minute}");
        let told = anna.wait_for(|message| is_alert(message) && message.text.contains(&time));
        check_says(&told.await.unwrap(), &[doctor]);
    }
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_nobody_has_read_is_said_so_and_asked_on_a_press() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Адмиралтейский", "Каштан", "Инфекционист"]).await;
    let menu = press(&anna, "В других поликлиниках").await;
    check_says(&menu, &["со знаком ❔", "(1)"]);
    assert_eq!(entries(&menu), ["☑ Поликлиника «Каштан»", "❔ ГП №315"]);
    let menu = press(&anna, "ГП №315").await;
    check_says(&menu, &["ГП №315: такого врача там сейчас нет"]);
    check_keeps_silent_about(&menu, &["❔"]);
    assert_eq!(entries(&menu), ["☑ Поликлиника «Каштан»"]);
    // Back to the doctors of the clinic, where one tap chooses.
    check_says(
        &tap(&anna, "Назад").await,
        &["К кому именно?", "Инфекционист"],
    );
    check_says(
        &tap(&anna, "Любой врач").await,
        &["Инфекционист · любой врач · Поликлиника «Каштан»"],
    );
    // A clinic for children is no other clinic of a grown-up's doctor.
    say(&anna, "/add").await;
    walk(&anna, &["Приморский", "ГП №287", "Оториноларинголог"]).await;
    let menu = press(&anna, "В других поликлиниках").await;
    assert_eq!(entries(&menu), ["☑ ГП №287"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_surnames_of_one_phrase_are_both_on_the_card() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let card = read(&anna, "/add окулист 287 Дроздова и Чижов завтра").await;
    let tomorrow = wall(house.city.wall(1, 12, 0)).format("%-d").to_string();
    check_says(
        &card,
        &["Дроздова Мария Львовна", "Чижов Антон Павлович", &tomorrow],
    );
    check_keeps_silent_about(&card, &["Не понял"]);
    check_says(&tap(&anna, "Следить").await, &["2 врача: "]);
    // One of them is nobody here: said.
    let menu = read(&anna, "/add окулист 287 Дроздова и Иванов").await;
    check_says(&menu, &["«дроздова иванов»"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clinics_of_one_phrase_are_both_on_the_card() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let card = read(&anna, "/add терапевт гп 315 и гп 355 после 17").await;
    check_says(
        &card,
        &[
            "Врач-терапевт · любой врач · ГП №315",
            "Терапевт · любой врач · ГП №355",
            "после 17:00",
        ],
    );
    let done = tap(&anna, "Следить").await;
    check_says(&done, &["в 2 поликлиниках: ГП №315, ГП №355"]);
    // One of them has no such doctor: the person chooses.
    let menu = read(&anna, "/add невролог гп 315 и гп 287").await;
    check_says(&menu, &["Подходит несколько", "невролог"]);
    assert_eq!(entries(&menu), ["ГП №315", "ГП №287"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english_too() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let john = house.telegram.person("John", "en");
    say(&john, "/settings").await;
    tap(&john, "English").await;
    say(&john, "/add").await;
    walk(&john, &EYES).await;
    let menu = tap(&john, "Choose several").await;
    check_says(&menu, &["Who would suit you?"]);
    walk(&john, &["Дроздова", "Чижов"]).await;
    check_says(&newest(&john), &["Ticked: 2 ("]);
    check_says(&tap(&john, "Done (2)").await, &["2 doctors: "]);
    say(&john, "/add").await;
    walk(&john, &EYES).await;
    let menu = press(&john, "At other clinics").await;
    check_says(&menu, &["At which clinics?"]);
    check_says(
        &tap(&john, "The whole city").await,
        &["the whole city: 1 clinic now"],
    );
    bot.stop().await;
}
