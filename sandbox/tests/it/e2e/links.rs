//! Pasted links of the portal, and ids that only opaque text can hold.

use super::house::is_alert;
use super::talk::{calm_house, check_says, entries, n_messages, newest, say, tap, walk};
use sandbox::city::{Endpoint, Fault, Scope};
use shared::ids::Target;
use shared::link::{LinkDepth, link};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn any_id_works_through_the_menu_and_through_the_link() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    // `/`, `+` and `=`, Cyrillic, a comma, a minus, a UUID, an exclamation mark, leading zeros.
    for (n, part) in [
        "Вязов",
        "Черёмухина",
        "Тополев",
        "Пломбирова",
        "Пихтин",
        "Сиренев",
    ]
    .into_iter()
    .enumerate()
    {
        let whom = house.city.doctor_named(part).unwrap();
        let person = house.telegram.person("По меню", "ru");
        say(&person, "/add").await;
        let done = walk(
            &person,
            &[&whom.district, &whom.clinic, &whom.specialty, part],
        )
        .await;
        check_says(&done, &["Готово", part]);
        let minute = u32::try_from(n).unwrap();
        house.open(&whom, house.city.wall(2, 8, minute));
        let time = format!("08:0{minute}");
        let alert = person.wait_for(|message| is_alert(message) && message.text.contains(&time));
        let link = alert.await.unwrap().links().remove(0);
        // The alert's own link, pasted by somebody else.
        let friend = house.telegram.person("По ссылке", "ru");
        friend.say(&link);
        friend.wait_for_text("Готово").await.unwrap();
        let alert = friend.wait_for(|message| is_alert(message) && message.text.contains(&time));
        assert_eq!(alert.await.unwrap().links(), [link]);
    }
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_understood_however_it_is_pasted() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let raw = "gorzdrav.spb.ru/service-free-schedule#[{\"district\":\"15\"},{\"lpu\":\"287\"},{\"speciality\":\"2106\"},{\"schedule\":\"418\"},{\"doctor\":\"418\"}]";
    let star = house.star();
    let target = Target {
        department: star.department.clone(),
        doctor: Some(star.doctor.doctor.clone()),
    };
    let encoded = link(Some(&"15".into()), &target, LinkDepth::Doctor);
    for pasted in [
        raw.to_owned(),
        format!("https://{raw}"),
        format!("https://www.{raw}"),
        format!("Смотрите: {encoded} — сюда"),
        format!("/add {encoded}"),
        encoded.replace("%22:%22", "%22%3A%22"),
    ] {
        let anna = house.telegram.person("Анна", "ru");
        let done = say(&anna, &pasted).await;
        check_says(&done, &["Готово", "Дроздова", "ГП №287"]);
    }
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_link_opens_the_menu_where_it_ends() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let page = "https://gorzdrav.spb.ru/service-free-schedule#";
    for (fragment, title) in [
        ("[{\"district\":\"15\"}]", "Какая поликлиника?"),
        (
            "[{\"district\":\"15\"},{\"lpu\":\"287\"}]",
            "К какому врачу?",
        ),
        ("[{\"lpu\":287}]", "К какому врачу?"),
        (
            "[{\"district\":\"15\"},{\"lpu\":\"287\"},{\"speciality\":\"2106\"}]",
            "К кому именно?",
        ),
    ] {
        let menu = say(&anna, &format!("{page}{fragment}")).await;
        check_says(&menu, &[title]);
    }
    // It is the open menu that went on, and it still works.
    assert_eq!(n_messages(&anna), 1);
    check_says(&tap(&anna, "Дроздова").await, &["Готово"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_pasted_into_an_open_menu_ends_it() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let menu = say(&anna, "/add").await;
    let done = say(
        &anna,
        "gorzdrav.spb.ru/service-free-schedule#[{\"lpu\":\"287\"},{\"speciality\":\"2106\"},{\"doctor\":\"418\"}]",
    )
    .await;
    check_says(&done, &["Готово"]);
    assert_eq!(done.id, menu.id);
    assert!(entries(&done).iter().all(|text| text != "Приморский"));
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leads_nowhere_is_said_so_and_a_list_offered() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let page = "https://gorzdrav.spb.ru/service-free-schedule#";
    for (fragment, title) in [
        (
            "[{\"district\":\"15\"},{\"lpu\":\"99999\"}]",
            "В каком районе",
        ),
        (
            "[{\"lpu\":\"287\"},{\"speciality\":\"nope\"},{\"doctor\":\"1\"}]",
            "К какому врачу?",
        ),
        (
            "[{\"lpu\":\"287\"},{\"speciality\":\"2106\"},{\"doctor\":\"<b>\"}]",
            "К кому именно?",
        ),
    ] {
        let anna = house.telegram.person("Анна", "ru");
        anna.say(&format!("{page}{fragment}"));
        anna.wait_for_text("такой поликлиники, специальности или врача")
            .await
            .unwrap();
        let menu = anna.wait_for_text(title).await.unwrap();
        assert!(menu.button("Отмена").is_some());
    }
    // No page of the portal at all.
    let anna = house.telegram.person("Анна", "ru");
    check_says(
        &say(&anna, "https://example.org/doctor").await,
        &["Я не понял"],
    );
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_followed_slowly_says_so_and_can_be_given_up() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/start").await;
    let link = "gorzdrav.spb.ru/service-free-schedule#[{\"lpu\":\"287\"},{\"speciality\":\"2106\"},{\"doctor\":\"418\"}]";
    let slow = Fault::Slow(Duration::from_millis(1500));
    house
        .city
        .fault(Scope::endpoint(Endpoint::Specialties), slow);
    check_says(&say(&anna, link).await, &["Спрашиваю портал"]);
    check_says(&tap(&anna, "Отмена").await, &["ничего не добавляю"]);
    // What comes late changes nothing: somebody who waits is served meanwhile.
    let boris = house.telegram.person("Борис", "ru");
    boris.say(link);
    boris.wait_for_text("Готово").await.unwrap();
    check_says(&newest(&anna), &["ничего не добавляю"]);
    check_says(&say(&anna, "/list").await, &["пуст"]);
    bot.stop().await;
}
