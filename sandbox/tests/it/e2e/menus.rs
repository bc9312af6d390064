//! `/add` by menu: the way there, back and out, pages, typing.

use super::talk::{calm_house, check_says, entries, n_messages, newest, say, tap, walk};

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way_is_one_message() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let menu = say(&anna, "/add").await;
    check_says(&menu, &["В каком районе поликлиника?"]);
    assert_eq!(
        entries(&menu),
        ["Адмиралтейский", "Выборгский", "Приморский", "Центральный"]
    );
    assert!(
        menu.button("Назад").is_none(),
        "nothing lies before the first step"
    );
    for (button, title, parts) in [
        (
            "Приморский",
            "Какая поликлиника?",
            &["Район: Приморский"][..],
        ),
        ("ГП №287", "К какому врачу?", &["ГП №287"]),
        ("Офтальмолог", "К кому именно?", &["ГП №287", "Офтальмолог"]),
    ] {
        let menu = tap(&anna, button).await;
        check_says(&menu, &[title]);
        check_says(&menu, parts);
        assert!(menu.button("Назад").is_some() && menu.button("Отмена").is_some());
    }
    let done = tap(&anna, "Дроздова").await;
    check_says(
        &done,
        &["Готово", "Офтальмолог", "Дроздова Мария Львовна", "ГП №287"],
    );
    assert_eq!(done.id, menu.id);
    assert_eq!(n_messages(&anna), 1);
    assert!(done.button("Мой список").is_some());
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn back_leads_to_each_step_before() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Приморский", "ГП №287", "Офтальмолог"]).await;
    check_says(&tap(&anna, "Назад").await, &["К какому врачу?", "ГП №287"]);
    check_says(
        &tap(&anna, "Назад").await,
        &["Какая поликлиника?", "Приморский"],
    );
    check_says(&tap(&anna, "Назад").await, &["В каком районе"]);
    // And on again by another way.
    let done = walk(
        &anna,
        &["Выборгский", "ГП №402", "Врач общей практики", "Пихтин"],
    )
    .await;
    check_says(&done, &["Готово", "Пихтин"]);
    assert_eq!(n_messages(&anna), 1);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_can_be_given_up() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let way = ["Приморский", "ГП №287", "Офтальмолог"];
    for n in 0..=way.len() {
        let menu = say(&anna, "/add").await;
        for button in &way[..n] {
            tap(&anna, button).await;
        }
        let end = tap(&anna, "Отмена").await;
        assert_eq!(end.id, menu.id);
        check_says(&end, &["ничего не добавляю"]);
    }
    check_says(&say(&anna, "/list").await, &["пуст"]);
    // What is typed now narrows nothing.
    check_says(&say(&anna, "тростник").await, &["Я не понял"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_turned_in_pages_of_eight() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    let first = walk(&anna, &["Приморский", "ГП №287"]).await;
    assert_eq!(entries(&first).len(), 8);
    check_says(&first, &["Страница 1 из 2"]);
    assert!(first.button("◀").is_none());
    let second = tap(&anna, "▶").await;
    assert_eq!(entries(&second), ["Хирург", "Эндокринолог"]);
    check_says(&second, &["Страница 2 из 2"]);
    assert!(second.button("▶").is_none());
    assert_eq!(entries(&tap(&anna, "◀").await), entries(&first));
    // A department of eleven doctors; the last page is chosen from.
    tap(&anna, "Назад").await;
    let doctors = walk(&anna, &["ДГП №312", "Педиатр"]).await;
    assert_eq!(entries(&doctors).len(), 8);
    let rest = tap(&anna, "▶").await;
    assert_eq!(entries(&rest).len(), 3);
    assert!(rest.button("Любой врач").is_some());
    check_says(&tap(&anna, "Орехова").await, &["Готово", "Орехова"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_narrows_every_step() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let menu = say(&anna, "/add").await;
    // At the first step districts, and clinics of the whole city.
    for (typed, found) in [
        ("примор", &["Приморский"][..]),
        ("402", &["ГП №402"]),
        ("гп315", &["ГП №315"]),
        ("20", &["Стоматология №20"]),
        ("каштан", &["Поликлиника «Каштан»"]),
        ("яблочная", &["Центр здоровья «Ива»"]),
        ("КЛЕНОВ", &["ДГП №312"]),
        ("детская", &["ДГП №312"]),
    ] {
        let menu = say(&anna, typed).await;
        assert_eq!(entries(&menu), found, "{typed}");
        check_says(&menu, &[typed]);
    }
    let nothing = say(&anna, "абракадабра").await;
    check_says(&nothing, &["абракадабра", "ничего не нашлось"]);
    let all = tap(&anna, "Показать все").await;
    assert_eq!(entries(&all).len(), 4);
    assert!(all.button("Показать все").is_none());
    // A clinic found so is chosen at once; back leads to its district.
    say(&anna, "287").await;
    check_says(&tap(&anna, "ГП №287").await, &["К какому врачу?"]);
    assert_eq!(entries(&say(&anna, "окул офт").await), Vec::<String>::new());
    assert_eq!(entries(&say(&anna, "офт").await), ["Офтальмолог"]);
    tap(&anna, "Офтальмолог").await;
    assert_eq!(
        entries(&say(&anna, "чижов").await),
        ["Чижов Антон Павлович"]
    );
    assert!(newest(&anna).button("Любой врач").is_some());
    tap(&anna, "Назад").await;
    let clinics = tap(&anna, "Назад").await;
    check_says(&clinics, &["Какая поликлиника?", "Приморский"]);
    assert_eq!(entries(&say(&anna, "тростник").await), ["ГП №287"]);
    // A clinic of another district is found all the same.
    assert_eq!(entries(&say(&anna, "402").await), ["ГП №402"]);
    assert_eq!(n_messages(&anna), 1);
    assert_eq!(newest(&anna).id, menu.id);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_after_the_command_narrow_the_first_list() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    assert_eq!(entries(&say(&anna, "/add 355").await), ["ГП №355"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_what_is_typed_is_only_text() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    let menu = say(&anna, "<b>гп</b> & <i>").await;
    check_says(&menu, &["<b>гп</b> & <i>"]);
    let long = "я".repeat(4000);
    check_says(&say(&anna, &long).await, &["яяя…", "ничего не нашлось"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctors_of_one_name_can_be_told_apart() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    for way in [["ГП №411", "Психиатр"], ["ГП №355", "Терапевт"]] {
        let mut all = vec!["Центральный"];
        all.extend(way);
        let doctors = entries(&walk(&anna, &all).await);
        assert_eq!(doctors.len(), 2);
        assert_ne!(doctors[0], doctors[1]);
        walk(&anna, &["Назад"]).await;
        walk(&anna, &["Назад"]).await;
        walk(&anna, &["Назад"]).await;
    }
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_closed_for_booking_is_said_so() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    let closed = walk(&anna, &["Центральный", "ГП №445"]).await;
    check_says(&closed, &["не открыла запись ни к одному врачу"]);
    assert_eq!(closed.button_texts(), ["Назад", "Отмена"]);
    tap(&anna, "Назад").await;
    let nobody = walk(&anna, &["ГП №355", "запись по телефону"]).await;
    check_says(&nobody, &["ни одного врача", "Любой врач"]);
    check_says(&tap(&anna, "Любой врач").await, &["Готово", "любой врач"]);
    tokio::join!(bot.stop(), pinger.stop());
}
