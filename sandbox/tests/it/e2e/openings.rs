//! `/when`: when talons of a watch open, told from what was recorded, as words and as a picture.

use super::house::{House, add};
use super::talk::{calm_house, check_keeps_silent_about, check_says, say, store, tap};
use chrono::{DateTime, TimeDelta, Utc};
use sandbox::Person;
use sandbox::city::Whom;
use sandbox::telegram::{Calls, Message, Trouble};
use shared::clock::{from_wall, wall_date};
use shared::slot::Slot;
use shared::store::{Look, Program, Store};

/// Somebody who waits for the star.
async fn waiting(house: &House, name: &str) -> Person {
    let person = house.telegram.person(name, "ru");
    say(&person, "/start").await;
    add(&person, &house.star()).await;
    person.look_away();
    person
}

/// Records talons of this doctor, one on each of these days before today at 08:37, each taken six minutes later: as the
/// pinger would have.
async fn record(house: &House, whom: &Whom, days: std::ops::Range<i64>) {
    let path = house.folder.path().join("talon.db");
    let store = Store::open(&path, Program::Pinger).await.unwrap();
    let today = wall_date(house.city.now());
    for day in days.rev() {
        let date = today - TimeDelta::days(day);
        let at = from_wall(date.and_hms_opt(8, 37, 0).unwrap());
        let start = house.city.now() + TimeDelta::days(20);
        for (minutes, is_free) in [(-2, false), (0, true), (5, false), (6, false)] {
            let at = at + TimeDelta::minutes(minutes);
            look(&store, whom, at, is_free.then_some(start)).await;
        }
    }
}

async fn look(store: &Store, whom: &Whom, at: DateTime<Utc>, start: Option<DateTime<Utc>>) {
    let slot = |start| Slot {
        start,
        end: start,
        id: "1".into(),
        room: None,
        address: None,
        number: None,
        n_places: 1,
    };
    let look = Look {
        doctor: whom.doctor.clone(),
        begun_at: at,
        outcome: Ok(start.into_iter().map(slot).collect()),
    };
    store.record_look(look, at).await.unwrap();
}

/// The next message with a picture.
async fn picture(person: &Person) -> Message {
    let photo = person.wait_for(|message| message.attachment.is_some());
    photo.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_talons_open_is_told_with_a_picture() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = waiting(&house, "Анна").await;
    let early = say(&anna, "/when").await;
    check_says(
        &early,
        &["Когда открываются", "Пока мало наблюдений", "ни разу"],
    );
    assert!(early.attachment.is_none());

    // Few days are too few, and how many are missing is said.
    record(&house, &house.star(), 12..15).await;
    let few = say(&anna, "/when").await;
    check_says(
        &few,
        &["Пока мало наблюдений: 3 из 8", "разных дней 3 из 5"],
    );

    record(&house, &house.star(), 1..12).await;
    anna.say("/when");
    let told = picture(&anna).await;
    check_says(
        &told,
        &[
            house
                .star()
                .name
                .as_deref()
                .unwrap()
                .split(' ')
                .next()
                .unwrap(),
            "Обычно открываются в будни 08:30–08:40",
            "половина уходит за 6 минут",
            "Видел 14 открытий в 14 разных дней",
        ],
    );
    check_keeps_silent_about(&told, &["Пока мало", "<b>"]);
    let file = told.attachment.as_ref().unwrap();
    assert!(file.is_photo && file.file_name.as_deref() == Some("talons.png"));
    let (width, height) = file.size.unwrap();
    assert!(
        width == 960 && (560..800).contains(&height),
        "{width}x{height}"
    );

    // From the card of the watch, too.
    say(&anna, "/list").await;
    tap(&anna, "Изменить").await;
    anna.press("Когда открываются").await.unwrap();
    let again = picture(&anna).await;
    assert!(again.id > told.id);
    assert_eq!(again.text, told.text);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_watches_one_is_chosen_and_a_list_may_be_empty() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let empty = say(&anna, "/when").await;
    check_says(&empty, &["список пуст"]);
    assert!(empty.button("Добавить врача").is_some());
    let (one, other) = (house.star(), house.city.doctor_named("Скворцов").unwrap());
    add(&anna, &one).await;
    add(&anna, &other).await;
    anna.look_away();
    record(&house, &other, 1..15).await;
    let which = say(&anna, "/when").await;
    check_says(&which, &["Для кого показать"]);
    assert_eq!(which.button_texts().len(), 2);
    anna.press_on(which.id, "Скворцов").unwrap();
    check_says(&picture(&anna).await, &["Скворцов", "08:30–08:40"]);
    // Somebody else's watch is nobody's business.
    let vera = waiting(&house, "Вера").await;
    let sandbox::telegram::Action::Callback(data) = &which.keyboard[0][0].action else {
        panic!("no callback");
    };
    vera.press_data(vera.messages().last().unwrap().id, data);
    check_says(&vera.answer().await.unwrap(), &["устарел"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_refused_leaves_the_words() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = waiting(&house, "Анна").await;
    record(&house, &house.star(), 1..15).await;
    let photos = Calls::of("sendPhoto").in_chat(anna.chat());
    for refusal in [
        Trouble::Refuse(
            400,
            "Bad Request: not enough rights to send photos to the chat".into(),
        ),
        Trouble::Refuse(400, "Bad Request: IMAGE_PROCESS_FAILED".into()),
        Trouble::Cut,
    ] {
        house.telegram.trouble_times(photos.clone(), refusal, 1);
        let words = say(&anna, "/when").await;
        assert!(words.attachment.is_none());
        check_says(&words, &["Обычно открываются в будни 08:30–08:40"]);
    }
    // Markup that is refused comes plain, with its picture.
    let refusal = Trouble::Refuse(400, "Bad Request: can't parse entities: oops".into());
    house.telegram.trouble_times(photos, refusal, 1);
    anna.say("/when");
    let plain = picture(&anna).await;
    assert!(plain.entities.is_empty());
    check_says(&plain, &["Обычно открываются"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_told_in_its_topic() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let forum = house.telegram.forum("Дом", &[&anna]);
    let topic = house.telegram.topic(forum, "Талоны");
    let there = anna.at_topic(forum, topic);
    add(&there, &house.star()).await;
    there.look_away();
    record(&house, &house.star(), 1..15).await;
    there.say("/when");
    let told = picture(&there).await;
    assert_eq!(told.thread, Some(topic));
    check_says(&told, &["Обычно открываются"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_doctor_of_the_department_counts_when_one_is_too_little() {
    let house = calm_house().await;
    let star = house.star();
    let doctors = house.city.doctors(star.doctor.lpu).into_iter();
    let mut colleagues =
        doctors.filter(|whom| whom.department == star.department && whom.doctor != star.doctor);
    record(&house, &colleagues.next().unwrap(), 1..15).await;
    let bot = house.bot().await;
    let pinger = house.pinger().await;
    let anna = waiting(&house, "Анна").await;
    // Everybody's watch of the specialty has the department's doctors listed.
    let vera = house.telegram.person("Вера", "ru");
    say(&vera, "/add").await;
    for button in [&star.district, &star.clinic, &star.specialty] {
        tap(&vera, button).await;
    }
    tap(&vera, "Любой врач").await;
    vera.look_away();
    let kept = store(&house).await;
    let department = star.department.clone();
    let listed = async || {
        let states = kept.list_states(vec![department.clone()]).await.unwrap();
        states.iter().any(|state| state.doctors.len() > 1)
    };
    let mut changes = kept.changes().await.unwrap();
    while !listed().await {
        changes.next().await;
    }
    pinger.stop().await;
    anna.say("/when");
    let told = picture(&anna).await;
    check_says(
        &told,
        &["обо всех врачах этой специальности", "08:30–08:40"],
    );
    vera.say("/when");
    let told = picture(&vera).await;
    check_says(&told, &["любой врач", "08:30–08:40"]);
    check_keeps_silent_about(&told, &["обо всех врачах"]);
    bot.stop().await;
}
