//! Whatever the portal calls things, people read just that: in menus, cards, lists, alerts, pictures and files.

use super::house::{House, is_alert};
use super::talk::{calm_house, check_says, say, tap, walk};
use icalendar::CalendarComponent;
use sandbox::telegram::{Call, Message};

/// Behind every name of the city: markup, half an entity, quotes, and a line that would begin a calendar's alarm.
const FOREIGN: &str = " <b>&lt;\"'\nBEGIN:VALARM";
/// The same as people read it.
const READ: &str = "<b>&lt;\"'";

/// The house, with names that are hostile.
async fn hostile_house() -> House {
    let house = calm_house().await;
    house.city.spoil_names(FOREIGN);
    house
}

/// None of it was refused as markup, none was sent as markup, and nothing was escaped twice.
fn check_calls(house: &House) {
    let calls = house.telegram.log().all();
    assert!(calls.len() > 10);
    let refused: Vec<&Call> = calls
        .iter()
        .filter(|call| call.refusal() == Some(400))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    let texts = calls.iter().filter_map(|call| {
        let text = call.params.get("text").or(call.params.get("caption"))?;
        (call.params.get("parse_mode")? == "HTML").then(|| text.as_str())?
    });
    let mut n_foreign = 0;
    for text in texts {
        assert!(
            !text.contains("<b>&") && !text.contains("amp;amp;"),
            "{text}"
        );
        n_foreign += usize::from(text.contains("&lt;b&gt;&amp;lt;"));
    }
    assert!(n_foreign > 5, "{n_foreign}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_names_on_the_whole_way() {
    let house = hostile_house().await;
    let (bot, pinger) = house.both().await;
    let whom = house.star();
    house.open(&whom, house.city.wall(2, 9, 40));
    let anna = house.telegram.person("Анна <i>", "ru");
    say(&anna, "/start").await;
    say(&anna, "/add").await;
    for (button, title) in [
        ("Приморский", "Приморский"),
        ("ГП №287", "ГП №287"),
        ("Офтальмолог", "Офтальмолог"),
    ] {
        let menu = tap(&anna, button).await;
        check_says(&menu, &[&format!("{title} {READ}")]);
        let buttons = menu.button_texts();
        assert!(
            buttons.iter().any(|label| label.contains("<b>")),
            "{buttons:?}"
        );
    }
    anna.press("Дроздова").await.unwrap();
    let card = anna.wait_for_text("Готово").await.unwrap();
    check_says(&card, &[READ]);
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["Дроздова Мария Львовна", READ, "09:40"]);

    anna.press_on(alert.id, "Все времена").unwrap();
    check_says(&anna.wait_for_text("Все свободные").await.unwrap(), &[READ]);
    anna.press_on(alert.id, "Картинка").unwrap();
    let is_file = |message: &Message| message.attachment.is_some();
    let picture = anna.wait_for(is_file).await.unwrap();
    let bytes = picture.attachment.unwrap().bytes;
    png::Decoder::new(std::io::Cursor::new(&bytes[..]))
        .read_info()
        .unwrap();

    anna.press_on(alert.id, "Я записался").unwrap();
    anna.wait_for_text("На какое время").await.unwrap();
    anna.press("09:40").await.unwrap();
    check_says(&anna.wait_for_text("Вы записаны").await.unwrap(), &[READ]);
    let is_calendar = |message: &Message| {
        let file = message.attachment.as_ref();
        file.is_some_and(|file| !file.is_photo)
    };
    let file = anna
        .wait_for(is_calendar)
        .await
        .unwrap()
        .attachment
        .unwrap();
    let text = String::from_utf8(file.bytes.to_vec()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(
        !lines.contains(&"BEGIN:VALARM\"")
            && lines
                .iter()
                .filter(|line| line.starts_with("BEGIN:VEVENT"))
                .count()
                == 1
    );
    let calendar: icalendar::Calendar = text.parse().unwrap();
    let [CalendarComponent::Event(_)] = &calendar.components[..] else {
        panic!("{calendar:?}");
    };
    assert!(text.replace("\r\n ", "").contains("<b>"), "{text}");

    check_says(&say(&anna, "/list").await, &[READ]);
    check_says(&tap(&anna, "Изменить").await, &[READ]);
    check_says(&tap(&anna, "Поделиться").await, &["t.me", READ]);
    say(&anna, "/export").await;
    check_calls(&house);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_area_is_a_name_too() {
    let house = hostile_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Адмиралтейский", "ГП №315", "Врач-терапевт"]).await;
    tap(&anna, "В других поликлиниках").await;
    let card = tap(&anna, "Весь район").await;
    check_says(&card, &[READ]);
    let done = tap(&anna, "Следить").await;
    check_says(&done, &["Готово", READ]);
    let whom = house.city.doctor_named("Кедров").unwrap();
    house.open(&whom, house.city.wall(2, 11, 22));
    let told = anna.wait_for(|message| is_alert(message) && message.text.contains("11:22"));
    check_says(&told.await.unwrap(), &["Кедров", READ]);
    check_says(&say(&anna, "/list").await, &[READ]);
    check_says(&say(&anna, "/status").await, &[READ]);
    check_calls(&house);
    tokio::join!(bot.stop(), pinger.stop());
}
