//! A specialty in a whole district or in the whole city: the card, the tap, the alert.

use super::house::is_alert;
use super::talk::{calm_house, check_keeps_silent_about, check_says, entries, say, tap, walk};
use sandbox::Person;
use sandbox::telegram::Message;

/// Writes, and reads what the bot has to say when all is looked up.
async fn read(person: &Person, text: &str) -> Message {
    person.say(text);
    let done = |message: &Message| !message.text.contains("Спрашиваю портал");
    person.wait_for(done).await.unwrap()
}

/// Buttons of the card to confirm.
#[track_caller]
fn check_card(message: &Message) {
    assert_eq!(
        message.button_texts(),
        ["🔔 Следить", "Назад", "Отмена"],
        "{}",
        sandbox::person::show(message)
    );
}

/// Has the bot read what these clinics have, as anybody does who looks there.
async fn visit(person: &Person, clinics: &[[&str; 2]]) {
    for way in clinics {
        say(person, "/add").await;
        walk(person, way).await;
    }
    tap(person, "Отмена").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_district_is_confirmed_with_its_clinics_and_each_of_them_is_told() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    visit(&anna, &[["Адмиралтейский", "Каштан"]]).await;
    say(&anna, "/add").await;
    walk(&anna, &["Адмиралтейский", "ГП №315", "Врач-терапевт"]).await;
    let menu = tap(&anna, "В других поликлиниках").await;
    let boxes = ["☑ ГП №315", "☐ Поликлиника «Каштан»"];
    assert_eq!(entries(&menu), boxes);
    let card = tap(&anna, "Весь район").await;
    check_says(
        &card,
        &[
            "Терапевт — Адмиралтейский район: сейчас 2 поликлиники",
            "Поликлиника «Каштан», ГП №315",
            "присоединятся сами",
            "Детские поликлиники не в счёт",
            "Следить",
        ],
    );
    check_keeps_silent_about(&card, &["пока не знаю"]);
    check_card(&card);
    // Back to the clinics, ticks and all; and on again.
    assert_eq!(entries(&tap(&anna, "Назад").await), boxes);
    tap(&anna, "Весь район").await;
    // Hours said while the card is open are put into it.
    let card = read(&anna, "до 16").await;
    check_says(&card, &["Адмиралтейский район", "до 16:00"]);
    let pinger = house.pinger().await;
    let done = tap(&anna, "Следить").await;
    check_says(
        &done,
        &[
            "Готово",
            "Терапевт — Адмиралтейский район",
            "2 поликлиники",
            "до 16:00",
        ],
    );
    for (doctor, minute) in [("Липатов", 11), ("Кедров", 22)] {
        let whom = house.city.doctor_named(doctor).unwrap();
        house.open(&whom, house.city.wall(2, 11, minute));
        let time = format!("11:{minute}");
        let told = anna.wait_for(|message| is_alert(message) && message.text.contains(&time));
        check_says(&told.await.unwrap(), &[doctor]);
    }
    check_says(&say(&anna, "/list").await, &["1 пункт"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phrase_of_the_whole_city_is_a_card_a_tap_and_an_alert() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    let known = [["Приморский", "ГП №287"], ["Центральный", "ГП №355"]];
    visit(&anna, &known).await;
    let card = read(&anna, "/add терапевт по всему городу до 16").await;
    check_says(
        &card,
        &[
            "Понял так",
            "Терапевт — весь город",
            "ГП №287",
            "ГП №355",
            "до 16:00",
        ],
    );
    check_keeps_silent_about(&card, &["Не понял"]);
    check_card(&card);
    let done = tap(&anna, "Следить").await;
    check_says(&done, &["Готово", "Терапевт — весь город"]);
    let told = anna.wait_for(|message| is_alert(message) && message.text.contains("ГП №355"));
    check_says(&told.await.unwrap(), &["14:00"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_passes_an_area_on() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    read(&anna, "/add терапевт весь город после 17").await;
    tap(&anna, "Следить").await;
    say(&anna, "/list").await;
    tap(&anna, "Изменить").await;
    anna.press("Поделиться").await.unwrap();
    let shared = anna.wait_for_text("?start=").await.unwrap();
    let (_, token) = shared.text.split_once("?start=").unwrap();
    let boris = house.telegram.person("Борис", "ru");
    let card = say(&boris, &format!("/start {}", token.trim())).await;
    check_says(
        &card,
        &["Вам прислали", "Терапевт — весь город", "после 17:00"],
    );
    check_card(&card);
    check_says(
        &tap(&boris, "Следить").await,
        &["Готово", "Терапевт — весь город"],
    );
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_read_is_said_and_may_be_watched_all_the_same() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let card = read(&anna, "окулист в любой поликлинике приморского района").await;
    check_says(
        &card,
        &[
            "Офтальмолог — Приморский район: пока не знаю ни одной поликлиники",
            "Про 1 поликлинику пока не знаю",
        ],
    );
    check_card(&card);
    bot.stop().await;
    let bot = house.bot().await;
    let done = tap(&anna, "Следить").await;
    check_says(&done, &["Офтальмолог — Приморский район"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phrase_with_a_district_offers_its_clinics_and_the_whole_of_it() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let known = [["Адмиралтейский", "Каштан"], ["Адмиралтейский", "ГП №315"]];
    visit(&anna, &known).await;
    let menu = read(&anna, "/add терапевт адмиралтейский после 9").await;
    assert_eq!(entries(&menu), ["Поликлиника «Каштан»", "ГП №315"]);
    let card = tap(&anna, "Весь Адмиралтейский район").await;
    check_says(
        &card,
        &["Терапевт — Адмиралтейский район: сейчас 2", "после 09:00"],
    );
    check_card(&card);
    // Back to the list; there several can be ticked, too.
    tap(&anna, "Назад").await;
    let menu = tap(&anna, "Выбрать несколько").await;
    assert_eq!(entries(&menu), ["☐ ГП №315", "☐ Поликлиника «Каштан»"]);
    walk(&anna, &["ГП №315", "Каштан"]).await;
    let done = tap(&anna, "Готово (2)").await;
    check_says(
        &done,
        &[
            "в 2 поликлиниках: ГП №315, Поликлиника «Каштан»",
            "после 09:00",
        ],
    );
    // No district said: the city is one tap, too.
    read(&anna, "/add терапевт").await;
    let card = tap(&anna, "Весь город").await;
    check_says(&card, &["Терапевт — весь город: сейчас 2"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_childs_doctor_is_looked_for_at_clinics_for_children() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let known = [["Приморский", "ГП №287"], ["Приморский", "ДГП №312"]];
    visit(&anna, &known).await;
    let card = read(&anna, "/add детский лор любая поликлиника").await;
    check_says(
        &card,
        &[
            "Оториноларинголог — весь город, детские поликлиники: сейчас 1",
            "ДГП №312",
        ],
    );
    check_card(&card);
    let card = read(&anna, "/add лор весь город").await;
    check_says(
        &card,
        &[
            "Оториноларинголог — весь город: сейчас 1",
            "ГП №287",
            "Детские поликлиники не в счёт",
        ],
    );
    check_keeps_silent_about(&card, &["ДГП"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_beside_the_whole_city_is_said_not_guessed() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let card = read(&anna, "/add окулист 287 весь город").await;
    check_says(
        &card,
        &[
            "Офтальмолог · любой врач · ГП №287",
            "Не понял: «весь город»",
        ],
    );
    let john = house.telegram.person("John", "en");
    say(&john, "/settings").await;
    tap(&john, "English").await;
    let card = read(&john, "/add eye doctor anywhere in the city after 5pm").await;
    check_says(
        &card,
        &["Офтальмолог — the whole city: 1 clinic now", "17:00"],
    );
    assert_eq!(card.button_texts(), ["🔔 Watch", "Back", "Cancel"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clinics_of_the_whole_city_are_titled_so() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    check_says(
        &say(&anna, "402").await,
        &["Какая поликлиника?", "По всему городу"],
    );
    tap(&anna, "Показать все").await;
    tap(&anna, "Приморский").await;
    check_says(&say(&anna, "287").await, &["Район: Приморский"]);
    let elsewhere = say(&anna, "402").await;
    check_says(&elsewhere, &["По всему городу"]);
    check_keeps_silent_about(&elsewhere, &["Район:"]);
    bot.stop().await;
}
