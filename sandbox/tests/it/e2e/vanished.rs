//! A clinic whose ids all changed overnight, days later: whoever waits there hears of it once, and once when it is as it
//! was. The nights before the programs start have gone by in the store.

use super::house::House;
use super::talk::{calm_house, check_says, say, store};
use chrono::{DateTime, TimeDelta, Utc};
use sandbox::Person;
use sandbox::city::Whom;
use shared::catalogue::{Counters, Specialty};
use shared::ids::{Area, SpecialtyId, Target};
use shared::store::{AddOutcome, Lang, Limits, NewWatch, Store};
use shared::wish::Wish;
use std::time::Duration;

/// A fresh start reads names after half a minute; what is to be told is looked for twice a minute.
const PATIENT: Duration = Duration::from_secs(120);

fn days_ago(days: i64) -> DateTime<Utc> {
    Utc::now() - TimeDelta::hours(24 * days + 2)
}

/// A list of the clinic's specialties.
async fn night(store: &Store, whom: &Whom, id: &SpecialtyId, at: DateTime<Utc>) {
    let specialty = Specialty {
        id: id.clone(),
        fer_id: None,
        name: whom.specialty.clone(),
        counters: Counters::default(),
    };
    let lpu = whom.department.lpu;
    let saved = store.save_specialties(lpu, vec![specialty], at).await;
    saved.unwrap();
}

/// Somebody who wrote to the bot long ago and waits for this.
async fn waiting(
    house: &House,
    store: &Store,
    name: &str,
    targets: Vec<Target>,
    areas: Vec<Area>,
) -> Person {
    let person = house.telegram.person(name, "ru").with_patience(PATIENT);
    person.say("/help");
    let met = store.meet(person.chat(), None, Lang::Ru, days_ago(9)).await;
    let new = NewWatch {
        person: met.unwrap().id,
        targets,
        areas,
        wish: Wish::default(),
    };
    let limits = Limits {
        watches: 20,
        targets: 30,
    };
    let added = store.add_watch(new, limits, days_ago(8)).await.unwrap();
    assert!(matches!(added, AddOutcome::Added(_)), "{added:?}");
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_all_changed_overnight_are_told_to_whoever_waits_for_any_doctor() {
    let house = calm_house().await;
    let store = store(&house).await;
    let whom = house.star();
    let old = whom.department.specialty.clone();
    let new = SpecialtyId(format!("n-{old}"));
    // As it was; since the night four days ago under other numbers.
    night(&store, &whom, &old, days_ago(7)).await;
    let any = Target {
        department: whom.department.clone(),
        doctor: None,
    };
    let anna = waiting(&house, &store, "Анна", vec![any], Vec::new()).await;
    let city = Area {
        fer_id: None,
        name: whom.specialty.to_lowercase(),
        district: None,
        is_for_children: None,
    };
    let boris = waiting(&house, &store, "Борис", Vec::new(), vec![city]).await;
    night(&store, &whom, &new, days_ago(4)).await;
    house.city.renumber(whom.department.lpu).unwrap();

    let (bot, pinger) = house.both().await;
    let told = anna.wait_for_text("🚪").await.unwrap();
    check_says(&told, &["любой врач", "Такой специальности", "заново"]);
    assert_eq!(told.button_texts(), ["➕ Выбрать заново", "📋 Мой список"]);
    let status = say(&anna, "/status").await;
    check_says(&status, &["больше не находит"]);
    let list = say(&anna, "/list").await;
    check_says(&list, &["больше не находит"]);
    tokio::join!(bot.stop(), pinger.stop());

    // Neither program forgets that. The whole city has other clinics of the kind, or the same one under its new number.
    let (bot, pinger) = house.both().await;
    say(&anna, "/help").await;
    house.settle().await;
    let n_told = |person: &Person| {
        let messages = person.messages().into_iter();
        messages
            .filter(|message| message.text.contains('🚪'))
            .count()
    };
    assert_eq!((n_told(&anna), n_told(&boris)), (1, 0));
    tokio::join!(bot.stop(), pinger.stop());

    night(&store, &whom, &old, Utc::now()).await;
    let bot = house.bot().await;
    let told = anna.wait_for_text("снова есть на портале").await.unwrap();
    assert!(told.button_texts().is_empty());
    let menu = say(&anna, "/list").await;
    assert!(!menu.text.contains("больше не находит"), "{}", menu.text);
    bot.stop().await;
}
