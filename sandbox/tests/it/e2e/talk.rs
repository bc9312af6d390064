//! What the tests of the conversation share: a person writes or presses, and reads what came of it.

use super::house::House;
use sandbox::Person;
use sandbox::telegram::{Author, Limits, Message};
use shared::store::{Program, Store};

/// A house whose Telegram counts no messages: for tests about anything but its limits.
pub(super) async fn calm_house() -> House {
    let house = House::new().await;
    house.telegram.set_limits(Limits::unhurried());
    house
}

/// The database, as the bot opens it; while no bot runs.
pub(super) async fn store(house: &House) -> Store {
    let path = house.folder.path().join("talon.db");
    Store::open(&path, Program::Bot).await.unwrap()
}

/// Writes, and reads the first thing that comes of it. A command is answered by a new message: an older one that
/// happens to be edited just then is not its answer, nor is an alert.
pub(super) async fn say(person: &Person, text: &str) -> Message {
    let said = person.say(text);
    let is_answer = |message: &Message| {
        let is_alert = ["Все времена", "All times"].map(|label| message.button(label).is_some());
        !text.starts_with('/') || (message.id > said && !is_alert.contains(&true))
    };
    person.wait_for(is_answer).await.unwrap()
}

/// Presses, and reads the first thing that comes of it.
pub(super) async fn tap(person: &Person, button: &str) -> Message {
    person.press(button).await.unwrap();
    person.answer().await.unwrap()
}

/// Presses one button after the other; what the last of them brought.
pub(super) async fn walk(person: &Person, buttons: &[&str]) -> Message {
    let (first, more) = buttons.split_first().unwrap();
    let mut shown = tap(person, first).await;
    for button in more {
        shown = tap(person, button).await;
    }
    shown
}

/// The bot's message that a person sees last.
pub(super) fn newest(person: &Person) -> Message {
    person.messages().pop().expect("the bot has written")
}

/// Buttons of a menu's list, without those that lead about.
pub(super) fn entries(message: &Message) -> Vec<String> {
    let about = [
        "Назад",
        "Отмена",
        "◀",
        "▶",
        "Показать все",
        "Любой врач",
        "Выбрать нес",
        "В других поликлиниках",
        "Весь ",
        "Готово",
        "Back",
        "Cancel",
    ];
    let texts = message.button_texts().into_iter();
    texts
        .filter(|text| !about.iter().any(|word| text.contains(word)))
        .map(str::to_owned)
        .collect()
}

/// How many messages of the bot are still there.
pub(super) fn n_messages(person: &Person) -> usize {
    let messages = person.messages();
    messages
        .iter()
        .filter(|message| message.from == Author::Bot)
        .count()
}

/// All parts are in the text.
#[track_caller]
pub(super) fn check_says(message: &Message, parts: &[&str]) {
    for part in parts {
        assert!(
            message.text.contains(part),
            "no «{part}» in:\n{}",
            sandbox::person::show(message)
        );
    }
}

/// None of the parts is in the text.
#[track_caller]
pub(super) fn check_keeps_silent_about(message: &Message, parts: &[&str]) {
    for part in parts {
        // With seconds behind it, it is the time of the check: "18:10:29".
        let ends = message
            .text
            .match_indices(part)
            .map(|(at, _)| at + part.len());
        let mut behind = ends.map(|end| &message.text[end..]);
        assert!(
            behind.all(|rest| rest.starts_with(':')),
            "«{part}» in:\n{}",
            sandbox::person::show(message)
        );
    }
}
