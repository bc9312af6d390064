//! In groups: who is spoken to, whose menu it is, topics, and a group that becomes a supergroup.

use super::house::is_alert;
use super::talk::{calm_house, check_says, entries, n_messages, newest, say, tap, walk};
use sandbox::telegram::{Author, BOT_NAME};

const STAR: [&str; 4] = ["Приморский", "ГП №287", "Офтальмолог", "Дроздова"];

#[tokio::test(flavor = "multi_thread")]
async fn commands_reach_us_by_name_and_those_of_others_do_not() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let (anna, boris) = (
        house.telegram.person("Анна", "ru"),
        house.telegram.person("Борис", "ru"),
    );
    let family = house.telegram.group("Семья", &[&anna, &boris]);
    let (anna, boris) = (anna.at(family), boris.at(family));
    check_says(
        &say(&anna, &format!("/start@{BOT_NAME}")).await,
        &["Здравствуйте"],
    );
    check_says(&say(&boris, "/help").await, &["Как я работаю"]);
    // None of ours: another bot's command, chatter, thanks.
    boris.say("/help@other_bot");
    boris.say("кто забирает Петю?");
    boris.reply(newest(&boris).id, "спасибо!");
    check_says(&say(&boris, "/list").await, &["пуст"]);
    assert_eq!(n_messages(&boris), 3);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_menu_belongs_to_who_opened_it() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let (anna, boris) = (
        house.telegram.person("Анна", "ru"),
        house.telegram.person("Борис", "ru"),
    );
    let family = house.telegram.group("Семья", &[&anna, &boris]);
    let (anna, boris) = (anna.at(family), boris.at(family));
    let menu = say(&anna, "/add").await;
    for button in ["Приморский", "Отмена"] {
        let press = boris.press_on(menu.id, button).unwrap();
        let toast = boris.toast(&press).await.unwrap();
        assert!(toast.text.contains("открыл другой человек"), "{toast:?}");
    }
    assert_eq!(anna.message(menu.id).unwrap().text, menu.text);
    // His own beside hers; each goes on alone.
    let own = say(&boris, "/add").await;
    anna.press_on(menu.id, "Выборгский").unwrap();
    check_says(&anna.answer().await.unwrap(), &["Выборгский"]);
    boris.press_on(own.id, "Центральный").unwrap();
    check_says(&boris.answer().await.unwrap(), &["Центральный"]);
    // In a group we hear only what is said to us: by an answer, or by name.
    anna.reply(menu.id, "402");
    let narrowed = anna.wait_for_text("«402»").await.unwrap();
    assert_eq!(
        (narrowed.id, entries(&narrowed)),
        (menu.id, vec!["ГП №402".to_owned()])
    );
    anna.say(&format!("@{BOT_NAME} ива"));
    let narrowed = anna.wait_for_text("«ива»").await.unwrap();
    assert_eq!(entries(&narrowed), ["Центр здоровья «Ива»"]);
    // Erasing everything needs the word of who asked.
    let ask = say(&anna, "/forget").await;
    let press = boris.press_on(ask.id, "Да, стереть всё").unwrap();
    assert!(!boris.toast(&press).await.unwrap().text.is_empty());
    check_says(&anna.message(ask.id).unwrap(), &["Стереть всё"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_forum_everything_stays_in_its_topic() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    let forum = house.telegram.forum("Соседи", &[&anna]);
    let topic = house.telegram.topic(forum, "Врачи");
    let anna = anna.at_topic(forum, topic);
    say(&anna, "/add").await;
    check_says(&walk(&anna, &STAR).await, &["Готово"]);
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let alert = anna.wait_for(is_alert).await.unwrap();
    assert_eq!(alert.thread, Some(topic));
    anna.say("/status");
    anna.wait_for_text("Слежение включено").await.unwrap();
    let list = say(&anna, "/list").await;
    anna.press("Сейчас").await.unwrap();
    // What `/status` shows may be renewed just then.
    let now = anna.wait_for(|message| message.id > list.id);
    now.await.unwrap();
    let messages = house.telegram.messages(forum);
    let of_bot = messages
        .iter()
        .filter(|message| message.from == Author::Bot);
    assert!(of_bot.clone().count() >= 5);
    for message in of_bot {
        assert_eq!(message.thread, Some(topic), "{}", message.text);
    }
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_becomes_a_supergroup_keeps_its_watches() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    let family = house.telegram.group("Семья", &[&anna]);
    let before = anna.at(family);
    say(&before, "/add").await;
    check_says(&walk(&before, &STAR).await, &["Готово"]);
    let open = say(&before, "/add").await;
    let family = house.telegram.upgrade_group(family);
    let after = anna.at(family);
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let alert = after.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["09:40"]);
    check_says(&say(&after, "/list").await, &["Дроздова"]);
    // The menu of the old chat goes on in the new one.
    let press = open.button("Приморский").unwrap().action.clone();
    let sandbox::telegram::Action::Callback(data) = press else {
        panic!("no callback");
    };
    after.look_away();
    after.press_data(open.id, &data);
    after.wait_for_text("Какая поликлиника?").await.unwrap();
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_of_a_group_is_everybodys_there_and_nobody_elses() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let (anna, boris) = (
        house.telegram.person("Анна", "ru"),
        house.telegram.person("Борис", "ru"),
    );
    let family = house.telegram.group("Семья", &[&anna, &boris]);
    let (in_family, boris) = (anna.at(family), boris.at(family));
    say(&in_family, "/add").await;
    walk(&in_family, &STAR).await;
    say(&boris, "/list").await;
    check_says(&tap(&boris, "Пауза").await, &["На паузе"]);
    check_says(&say(&anna, "/list").await, &["пуст"]);
    bot.stop().await;
}
