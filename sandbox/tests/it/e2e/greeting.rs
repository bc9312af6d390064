//! Greeting, help, and whatever a person writes that is nothing we know.

use super::talk::{calm_house, check_says, n_messages, say, tap, walk};
use sandbox::Person;
use serde_json::{Value, json};

/// A message of this person that is no text.
fn post(person: &Person, what: &str, content: Value) {
    let user = person.user();
    person.look_away();
    person.telegram().push_raw_update(
        "message",
        json!({
            "message_id": 900_001, "date": 1_760_000_000,
            "chat": {"id": person.chat(), "type": "private", "first_name": user.name},
            "from": {"id": user.id, "is_bot": false, "first_name": user.name},
            what: content,
        }),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_says_what_this_is_and_offers_to_begin() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let hello = say(&anna, "/start").await;
    check_says(&hello, &["Здравствуйте", "талон", "gorzdrav.spb.ru"]);
    assert_eq!(hello.button_texts(), ["➕ Добавить врача"]);
    let menu = tap(&anna, "Добавить врача").await;
    check_says(&menu, &["В каком районе"]);
    assert_eq!(n_messages(&anna), 1);
    check_says(&say(&anna, "/help").await, &["/add", "/off", "/forget"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_is_greeted_in_russian_and_offered_english_when_their_phone_speaks_it() {
    let house = calm_house().await;
    let bot = house.bot().await;
    for (language, is_offered) in [
        ("ru", false),
        ("en", true),
        ("en-GB", true),
        ("de", false),
        ("", false),
    ] {
        let person = house.telegram.person("Гость", language);
        let hello = say(&person, "/start").await;
        check_says(&hello, &["Здравствуйте"]);
        assert_eq!(hello.button("English").is_some(), is_offered, "{language}");
    }
    // Whoever accepts reads the greeting itself in English, and everything after it.
    let john = house.telegram.person("John", "en");
    say(&john, "/start").await;
    let hello = tap(&john, "English").await;
    check_says(&hello, &["Hello", "appointment"]);
    assert!(hello.button("Add a doctor").is_some());
    assert_eq!(n_messages(&john), 1);
    let menu = tap(&john, "Add a doctor").await;
    assert!(menu.button("Cancel").is_some(), "{}", john.screen());
    check_says(&say(&john, "/start").await, &["Hello"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn start_destroys_nothing() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Приморский", "ГП №287", "Офтальмолог", "Дроздова"]).await;
    say(&anna, "/add").await;
    let menu = tap(&anna, "Приморский").await;
    let hello = say(&anna, "/start").await;
    check_says(&hello, &["1 пункт"]);
    check_says(&say(&anna, "/list").await, &["Дроздова"]);
    // The menu above still goes on where it was.
    anna.press_on(menu.id, "ГП №287").unwrap();
    let menu = anna.answer().await.unwrap();
    check_says(&menu, &["К какому врачу?", "ГП №287"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_answered_kindly() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    for words in ["добрый день", "/nonsense", "/", "😀", "..."] {
        let answer = say(&anna, words).await;
        check_says(&answer, &["Я не понял", "/add", "/help"]);
        assert!(answer.button("Добавить врача").is_some());
    }
    let file = json!({"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1});
    let mut sticker = file.clone();
    for (field, value) in [
        ("type", json!("regular")),
        ("is_animated", json!(false)),
        ("is_video", json!(false)),
    ] {
        sticker[field] = value;
    }
    let voice = json!({"file_id": "a", "file_unique_id": "b", "duration": 3});
    for (what, content) in [
        ("photo", json!([file])),
        ("sticker", sticker),
        ("voice", voice),
    ] {
        post(&anna, what, content);
        check_says(&anna.answer().await.unwrap(), &["Я не понял"]);
    }
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_is_told_our_commands_and_asked_for_messages_and_presses_only() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let registered = |call: &sandbox::telegram::Call| call.did("setMyCommands");
    let patience = std::time::Duration::from_secs(10);
    let log = house.telegram.log();
    log.wait_for_nth(0, 3, patience, registered).await.unwrap();
    let names = [
        "add", "list", "status", "when", "on", "off", "settings", "help", "forget", "start",
    ];
    for (language, word) in [
        ("", "Добавить врача"),
        ("ru", "Добавить врача"),
        ("en", "Add a doctor"),
    ] {
        let commands = house.telegram.commands(language);
        let known: Vec<&str> = commands.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(known, names, "{language}");
        assert_eq!(commands[0].1, word);
    }
    say(&anna, "/start").await; // updates are asked for now
    let mut kinds = house.telegram.allowed_updates();
    kinds.sort();
    assert_eq!(kinds, ["callback_query", "message"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_turned_away_politely_where_the_bot_is_not_for_everyone() {
    let house = calm_house().await;
    let boris = house.telegram.person("Борис", "ru");
    let house = house.with("ALLOWED_CHATS", &boris.chat().to_string());
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    for words in ["/start", "/add", "окулист"] {
        check_says(&say(&anna, words).await, &["не для всех"]);
    }
    let hello = say(&boris, "/start").await;
    check_says(&hello, &["Здравствуйте"]);
    let press = anna.press_data(1, "a");
    assert_eq!(anna.toast(&press).await.unwrap().text, "Это меню устарело");
    assert_eq!(n_messages(&anna), 3);
    bot.stop().await;
}
