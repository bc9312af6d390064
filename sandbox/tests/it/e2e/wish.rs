//! Which talons suit: said by buttons on the card of a watch, and kept to.

use super::house::{House, add, is_alert};
use super::talk::{
    calm_house, check_keeps_silent_about, check_says, n_messages, newest, say, tap, walk,
};
use chrono::{DateTime, Datelike as _, Utc};
use sandbox::Person;
use sandbox::telegram::{Action, Calls, Message, Trouble};
use shared::clock::wall;
use std::time::Duration;

/// Opens the card of the only watch from a fresh list.
async fn open_card(person: &Person, edit: &str) -> Message {
    say(person, "/list").await;
    tap(person, edit).await
}

/// Presses one button after the other on the card, and goes back to the whole of it.
async fn change(person: &Person, buttons: &[&str]) -> Message {
    let mut shown = walk(person, buttons).await;
    check_fits(&shown);
    while !shown.text.contains("Что изменить?") {
        shown = tap(person, "Назад").await;
    }
    shown
}

/// Telegram's limits, which its stand-in holds to as well.
#[track_caller]
fn check_fits(message: &Message) {
    assert!(message.keyboard.iter().flatten().count() <= 100);
    for button in message.keyboard.iter().flatten() {
        if let Action::Callback(data) = &button.action {
            assert!(data.len() <= 64, "{data}");
        }
    }
    for row in &message.keyboard {
        assert!((1..=8).contains(&row.len()), "{row:?}");
    }
}

/// The label of a day in the calendar.
fn cell(day: DateTime<Utc>) -> String {
    wall(day).day().to_string()
}

fn weekday(day: DateTime<Utc>) -> &'static str {
    let names = ["пн", "вт", "ср", "чт", "пт", "сб", "вс"];
    names[wall(day).weekday().num_days_from_monday() as usize]
}

/// A person who waits for the star, with nothing free.
async fn waiting(house: &House, name: &str) -> Person {
    let person = house.telegram.person(name, "ru");
    person.say("/start");
    person.answer().await.unwrap();
    add(&person, &house.star()).await;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_narrows_by_buttons_and_hears_only_what_suits() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна").await;
    let list = say(&anna, "/list").await;
    check_says(&list, &["Подойдёт любой талон"]);
    let card = tap(&anna, "Изменить").await;
    check_says(
        &card,
        &["Дроздова", "Подойдёт любой талон", "Что изменить?"],
    );
    assert_eq!(card.id, list.id, "the card opens in place");
    let card = change(&anna, &["Часы", "Вечер"]).await;
    check_says(&card, &["Подойдёт: после 17:00."]);
    assert_eq!(card.id, list.id);

    let star = house.star();
    anna.look_away();
    house.open(&star, house.city.wall(2, 9, 40));
    house.open(&star, house.city.wall(2, 18, 10));
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["18:10"]);
    check_keeps_silent_about(&alert, &["09:40"]);
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 0);
    assert_eq!(house.n_told(&anna, "18:10"), 1);

    // Wider: the card lists what is free, and that is telling it.
    let card = open_card(&anna, "Изменить").await;
    check_says(&card, &["18:10"]);
    check_keeps_silent_about(&card, &["09:40"]);
    let card = change(&anna, &["Часы", "Любое время"]).await;
    check_says(&card, &["Подойдёт любой талон", "09:40", "18:10"]);
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 0);
    assert_eq!(house.n_told(&anna, "18:10"), 1);

    // What opens later is told, and a fresh start tells everything that suits.
    anna.look_away();
    house.open(&star, house.city.wall(3, 10, 20));
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["10:20"]);
    check_keeps_silent_about(&alert, &["09:40"]);
    say(&anna, "/off").await;
    anna.say("/on");
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["09:40", "18:10", "10:20"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_limit_keeps_its_talons_away_and_the_card_says_so() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна").await;
    let star = house.star();
    let (near, far) = (house.city.wall(2, 9, 40), house.city.wall(4, 18, 10));
    house.open(&star, near);
    house.open(&star, far);
    anna.wait_for(|message| is_alert(message) && message.text.contains("09:40"))
        .await
        .unwrap();
    anna.wait_for(|message| is_alert(message) && message.text.contains("18:10"))
        .await
        .unwrap();
    open_card(&anna, "Изменить").await;

    let (near_cell, far_cell) = (cell(near), cell(far));
    let kept = format!("✓ {}", weekday(near));
    let own = weekday(near);
    let ways: [(&[&str], &str); 8] = [
        (&["Когда", "С какого дня", &far_cell], "начиная с"),
        (&["Дни недели", &kept], "только"),
        (&["Часы", "Вечер"], "после 17:00"),
        (&["Часы", "Точнее", "с 12", "до 19"], "с 12:00 до 19:00"),
        (&["Часы", own, "Вечер"], "после 17:00"),
        (&["Пропустить дни", &near_cell], "любой день, кроме"),
        (
            &["Дни недели", "Все дни", "Пропустить дни", &near_cell],
            "любой день, кроме",
        ),
        (&["Часы", own, "Точнее", "с 10"], "после 10:00"),
    ];
    for (way, words) in ways {
        let card = change(&anna, way).await;
        check_says(&card, &["Подойдёт: ", words, "18:10"]);
        check_keeps_silent_about(&card, &["09:40"]);
        let card = tap(&anna, "Сбросить всё").await;
        check_says(&card, &["Подойдёт любой талон", "09:40", "18:10"]);
        check_keeps_silent_about(&card, &["Сбросить"]);
        assert!(card.button("Сбросить").is_none());
    }
    let ways: [(&[&str], &str); 3] = [
        (&["Когда", "По какой день", &near_cell], "включительно"),
        (&["Раньше моей записи", &far_cell], "раньше вашей записи на"),
        (&["Пропустить дни", &far_cell], "любой день, кроме"),
    ];
    for (way, words) in ways {
        let card = change(&anna, way).await;
        check_says(&card, &["Подойдёт: ", words, "09:40"]);
        check_keeps_silent_about(&card, &["18:10"]);
        tap(&anna, "Сбросить всё").await;
    }
    // Enough notice for both, and a limit that leaves nothing.
    let card = change(&anna, &["Запас времени", "1 день"]).await;
    check_says(&card, &["не раньше чем через 1 день", "09:40", "18:10"]);
    let card = change(&anna, &["Когда", "Завтра"]).await;
    check_says(
        &card,
        &["только", "Подходящих талонов нет, других свободно: 2"],
    );
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_outlives_a_restart_and_so_does_its_card() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = waiting(&house, "Анна").await;
    open_card(&anna, "Изменить").await;
    tap(&anna, "Дни недели").await;
    let days = tap(&anna, "Будни").await;
    check_says(&days, &["только будни"]);
    bot.stop().await;
    let bot = house.bot().await;
    tap(&anna, "Часы").await;
    let card = tap(&anna, "Утро").await;
    check_says(&card, &["только будни до 12:00"]);
    let list = tap(&anna, "Назад").await;
    check_says(&list, &["Ваш список", "только будни до 12:00"]);
    // The card of a watch that is no more says so.
    tap(&anna, "Изменить").await;
    let old = newest(&anna);
    say(&anna, "/list").await;
    tap(&anna, "Удалить").await;
    anna.press_on(old.id, "Часы").unwrap();
    anna.wait_for_text("устарело").await.unwrap();
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_telegram_did_not_take_loses_nothing() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна").await;
    open_card(&anna, "Изменить").await;
    change(&anna, &["Часы", "Вечер"]).await;
    let star = house.star();
    house.open(&star, house.city.wall(2, 9, 40));
    house.open(&star, house.city.wall(2, 18, 10));
    anna.wait_for(is_alert).await.unwrap();
    house.settle().await;
    open_card(&anna, "Изменить").await;
    tap(&anna, "Часы").await;
    let edits = Calls::of("editMessageText").in_chat(anna.chat());
    let trouble = house.telegram.trouble(edits, Trouble::Garbage);
    anna.press("Любое время").await.unwrap();
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["09:40"]);
    check_keeps_silent_about(&alert, &["18:10"]);
    house.telegram.clear(trouble);
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 1);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_alert_overtakes_a_slow_card_that_tells_the_same() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна").await;
    open_card(&anna, "Изменить").await;
    change(&anna, &["Часы", "Вечер"]).await;
    house.open(&house.star(), house.city.wall(2, 9, 40));
    house.settle().await;
    tap(&anna, "Часы").await;
    let edits = Calls::of("editMessageText").in_chat(anna.chat());
    let slow = Trouble::Slow(Duration::from_secs(4));
    house.telegram.trouble_times(edits, slow, 1);
    anna.press("Любое время").await.unwrap();
    // Something else opens meanwhile: its alert waits for the card, and leaves to it what the card lists.
    house.open(&house.star(), house.city.wall(3, 10, 20));
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["10:20"]);
    check_keeps_silent_about(&alert, &["09:40"]);
    check_says(&open_card(&anna, "Изменить").await, &["09:40", "10:20"]);
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 0);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_in_a_chat_edits_its_watches_and_nobody_else_does() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let (anna, boris) = (
        house.telegram.person("Анна", "ru"),
        house.telegram.person("Борис", "ru"),
    );
    let family = house.telegram.group("Семья", &[&anna, &boris]);
    let alone = waiting(&house, "Вера").await;
    let (anna, boris) = (anna.at(family), boris.at(family));
    add(&anna, &house.star()).await;
    open_card(&anna, "Изменить").await;
    boris.press("Часы").await.unwrap();
    boris.answer().await.unwrap();
    let press = boris.press("Вечер").await.unwrap();
    check_says(
        &boris.wait_for_text("Что изменить").await.unwrap(),
        &["после 17:00"],
    );
    // The same button, said under a message of another chat.
    let list = say(&alone, "/list").await;
    alone.press_data(list.id, &press.data);
    alone.wait_for_text("устарело").await.unwrap();
    check_says(&say(&alone, "/list").await, &["Подойдёт любой талон"]);
    // Nonsense under a card changes nothing.
    let n = n_messages(&alone);
    for data in ["e.1", "e.1.", "e.1.Z", "e.1.H9-1-2", "e.x.c", "e.1.c.c"] {
        let press = alone.press_data(list.id, data);
        assert!(alone.toast(&press).await.unwrap().text.contains("устарело"));
    }
    assert_eq!(n_messages(&alone), n);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_part_of_the_card_opens_in_both_languages() {
    let house = calm_house().await;
    let bot = house.bot().await;
    for (name, lang, words) in [
        ("Анна", "Русский", ["Изменить", "Что изменить?", "Назад"]),
        ("Ann", "English", ["Change", "What would you like", "Back"]),
    ] {
        let [edit, whole, back] = words;
        let person = waiting(&house, name).await;
        if lang == "English" {
            say(&person, "/settings").await;
            tap(&person, lang).await;
        }
        let card = open_card(&person, edit).await;
        check_says(&card, &[whole]);
        check_fits(&card);
        let texts = card.button_texts().into_iter();
        // A link to share and when talons open are messages of their own.
        let is_part = |text: &&str| *text != back && !text.contains(['🔗', '📊']);
        for part in texts.filter(is_part) {
            let shown = tap(&person, part).await;
            check_fits(&shown);
            check_keeps_silent_about(&shown, &[whole]);
            // Calendars turn their pages to the last one.
            while newest(&person).button("▶").is_some() {
                check_fits(&tap(&person, "▶").await);
            }
            check_says(&tap(&person, back).await, &[whole]);
        }
    }
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn english_reads_as_well() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let ann = waiting(&house, "Ann").await;
    say(&ann, "/settings").await;
    tap(&ann, "English").await;
    let star = house.star();
    open_card(&ann, "Change").await;
    walk(&ann, &["Hours", "Evening"]).await;
    let card = walk(&ann, &["Notice", "2 hours"]).await;
    check_says(
        &card,
        &["Suits you: after 17:00, not sooner than in 2 hours."],
    );
    ann.look_away();
    house.open(&star, house.city.wall(2, 9, 40));
    house.open(&star, house.city.wall(2, 18, 10));
    let alert = ann.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["18:10"]);
    check_keeps_silent_about(&alert, &["09:40"]);
    tokio::join!(bot.stop(), pinger.stop());
}
