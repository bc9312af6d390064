//! An area follows the city: clinics join it as they become known, and their talons are told.

use super::house::{House, is_alert};
use super::talk::{calm_house, check_says, store};
use chrono::Utc;
use sandbox::Person;
use sandbox::city::Whom;
use sandbox::telegram::Message;
use shared::ids::{Area, LpuId};
use shared::store::{AddOutcome, Lang, Limits, NewWatch};
use shared::wish::Wish;
use std::time::Duration;

/// Areas follow the catalogue by the bot's clock, every ten seconds.
const GROWTH: Duration = Duration::from_secs(40);

/// A doctor for ears in Приморский: each of its two clinics has its own name for them.
fn ears(house: &House, lpu: u32) -> Whom {
    let doctors = house.city.doctors(LpuId(lpu)).into_iter();
    let mut ears =
        doctors.filter(|whom| ["Оториноларинголог", "ЛОР"].contains(&whom.specialty.as_str()));
    ears.next().unwrap()
}

/// Waits for ears anywhere in Приморский, before anybody has read one clinic of it.
async fn waiting(house: &House, name: &str) -> Person {
    let person = house.telegram.person(name, "ru");
    person.say("/help");
    let store = store(house).await;
    let now = Utc::now();
    let met = store.meet(person.chat(), None, Lang::Ru, now).await;
    let new = NewWatch {
        person: met.unwrap().id,
        targets: Vec::new(),
        areas: vec![Area {
            fer_id: Some("19".to_owned()),
            name: "оториноларинголог".to_owned(),
            district: Some("15".into()),
            is_for_children: None,
        }],
        wish: Wish::default(),
    };
    let limits = Limits {
        watches: 1,
        targets: 1,
    };
    let outcome = store.add_watch(new, limits, now).await.unwrap();
    assert!(matches!(outcome, AddOutcome::Added(_)), "{outcome:?}");
    person
}

/// Somebody else opens the clinic in a menu: now the bot knows what it has.
async fn open_clinic(person: &Person, whom: &Whom) {
    person.say("/add");
    for text in ["Приморский", whom.clinic.trim(), &whom.specialty] {
        person.press(text).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_talon_at_a_clinic_that_became_known_later_is_told_once() {
    let house = calm_house().await;
    let anna = waiting(&house, "Анна").await;
    let boris = house.telegram.person("Борис", "ru");
    let (bot, pinger) = house.both().await;
    anna.say("/list");
    let list = anna.wait_for_text("Пока не знаю здесь").await.unwrap();
    check_says(&list, &["Оториноларинголог — Приморский район"]);

    let patient = anna.with_patience(GROWTH);
    let told = async |whom: &Whom, minute: u32| {
        let time = format!("07:{minute:02}");
        anna.look_away();
        house.open(whom, house.city.wall(1, 7, minute));
        open_clinic(&boris, whom).await;
        let is_it = |message: &Message| is_alert(message) && message.text.contains(&time);
        let alert = patient.wait_for(is_it).await.unwrap();
        check_says(&alert, &[whom.name.as_deref().unwrap()]);
        time
    };
    // The second clinic was unknown when the first one was watched and told already.
    let first = told(&ears(&house, 287), 3).await;
    let second = told(&ears(&house, 312), 7).await;

    anna.say("/list");
    let list = anna.wait_for_text("Сейчас это 2 поликлиники");
    check_says(&list.await.unwrap(), &["07:03"]);
    house.settle().await;
    for time in [first, second] {
        assert_eq!(house.n_told(&anna, &time), 1, "{time}");
    }
    pinger.stop().await;
    bot.stop().await;
}
