//! Silence is impossible: a clinic or a portal that does not answer is told once, and its return once. What takes a
//! quarter of an hour has already gone on when the programs start.

use super::house::{House, is_alert};
use super::talk::{calm_house, check_says, say, store, tap, walk};
use chrono::{DateTime, TimeDelta, Utc};
use sandbox::city::Whom;
use sandbox::telegram::{Author, Message};
use sandbox::{Fault, Person, Scope};
use shared::clock::wall;
use shared::failure::{Failure, FailureKind};
use shared::ids::Target;
use shared::store::{AddOutcome, Lang, Limits, Look, NewWatch, Program, Store};
use shared::wish::Wish;
use std::time::Duration;

/// Notices are looked for twice a minute, and wait for their turn.
const PATIENT: Duration = Duration::from_secs(80);

/// Somebody who wrote to the bot long ago and waits for these doctors.
async fn waiting(house: &House, store: &Store, name: &str, whom: &[&Whom]) -> Person {
    let person = house.telegram.person(name, "ru").with_patience(PATIENT);
    person.say("/help");
    let long_ago = Utc::now() - TimeDelta::hours(5);
    let met = store.meet(person.chat(), None, Lang::Ru, long_ago).await;
    let new = NewWatch {
        person: met.unwrap().id,
        targets: whom.iter().map(|whom| target(whom)).collect(),
        areas: Vec::new(),
        wish: Wish::default(),
    };
    let limits = Limits {
        watches: 20,
        targets: 30,
    };
    let added = store.add_watch(new, limits, long_ago).await.unwrap();
    assert!(matches!(added, AddOutcome::Added(_)), "{added:?}");
    person
}

fn target(whom: &Whom) -> Target {
    Target {
        department: whom.department.clone(),
        doctor: Some(whom.doctor.doctor.clone()),
    }
}

/// A look of a pinger that ran so many seconds before `now`.
async fn looked(store: &Store, whom: &Whom, now: DateTime<Utc>, seconds: i64, is_good: bool) {
    let at = now - TimeDelta::seconds(seconds);
    let failure = Failure {
        kind: FailureKind::Clinic,
        code: Some(602),
    };
    let look = Look {
        doctor: whom.doctor.clone(),
        begun_at: at,
        outcome: if is_good {
            Ok(Vec::new())
        } else {
            Err(failure)
        },
    };
    store.record_look(look, at).await.unwrap();
}

/// That pinger was killed just now, after it had been trying for long.
async fn killed_just_now(store: &Store) {
    let long_ago = Utc::now() - TimeDelta::hours(5);
    store.begin_trying_anew(long_ago).await.unwrap();
    let beat = store.beat(Program::Pinger, long_ago, Utc::now());
    beat.await.unwrap();
}

/// "с 07:40" of so many seconds before `now`.
fn since(now: DateTime<Utc>, seconds: i64) -> String {
    let at = now - TimeDelta::seconds(seconds);
    wall(at).format("с %H:%M").to_string()
}

fn doctor(house: &House, name: &str) -> Whom {
    house.city.doctor_named(name).unwrap()
}

/// Whether this is a notice of silence or of its end.
fn is_notice(message: &Message) -> bool {
    message.from == Author::Bot && (message.text.contains('🔇') || message.text.contains('🔊'))
}

fn notices(person: &Person) -> Vec<String> {
    let messages = person.messages().into_iter();
    let notices = messages.filter(is_notice);
    notices.map(|message| message.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_clinic_is_told_once_and_once_when_it_is_back() {
    let house = calm_house().await;
    let store = store(&house).await;
    let (ill, well) = (house.star(), doctor(&house, "Рябинин"));
    killed_just_now(&store).await;
    let anna = waiting(&house, &store, "Анна", &[&ill]).await;
    let boris = waiting(&house, &store, "Борис", &[&well]).await;
    let vera = waiting(&house, &store, "Вера", &[&ill]).await;
    // Seconds short of silence: the programs cross the line themselves.
    let now = Utc::now();
    let from = since(now, 890);
    looked(&store, &ill, now, 960, true).await;
    for seconds in [890, 600, 300, 60] {
        looked(&store, &ill, now, seconds, false).await;
    }
    house
        .city
        .fault(Scope::lpu(ill.doctor.lpu), Fault::Refusal(602));
    let judged = store.judge_outages(Utc::now()).await.unwrap();
    assert_eq!(judged.silent, []);
    let (bot, pinger) = house.both().await;
    let told = anna.wait_for_text("🔇").await.unwrap();
    check_says(&told, &[&ill.clinic, "Поликлиника не отвечает", &from]);
    vera.wait_for_text("🔇").await.unwrap();
    vera.say("/off");
    vera.wait_for_text("молчу").await.unwrap();

    // Neither program forgets that, or whom it told.
    tokio::join!(bot.stop(), pinger.stop());
    let (bot, pinger) = house.both().await;
    anna.say("/status");
    let status = anna.wait_for_text("Не удаётся узнать").await.unwrap();
    check_says(&status, &[&from]);

    house.city.clear_faults();
    let told = anna.wait_for_text("🔊").await.unwrap();
    check_says(&told, &[&ill.clinic, "снова отвечает"]);
    house.settle().await;
    assert_eq!(notices(&anna).len(), 2, "{:?}", notices(&anna));
    assert_eq!(notices(&boris), [""; 0]);
    assert_eq!(notices(&vera).len(), 1, "she is off");
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_is_down_is_one_notice_and_talons_wait_for_none() {
    let house = calm_house().await;
    let store = store(&house).await;
    let doctors = ["Дроздова", "Рябинин", "Берёзкин"].map(|name| doctor(&house, name));
    killed_just_now(&store).await;
    let anna = waiting(&house, &store, "Анна", &doctors.each_ref()).await;
    let boris = waiting(&house, &store, "Борис", &[&doctors[0]]).await;
    let lpus: std::collections::BTreeSet<_> = doctors.iter().map(|whom| whom.doctor.lpu).collect();
    assert_eq!(lpus.len(), 3, "three clinics");
    let now = Utc::now();
    let from = since(now, 300);
    for whom in &doctors {
        looked(&store, whom, now, 360, true).await;
        for seconds in [300, 180, 60] {
            looked(&store, whom, now, seconds, false).await;
        }
    }
    house.city.fault(Scope::all(), Fault::Status(502));
    let (bot, pinger) = house.both().await;
    let told = anna.wait_for_text("🔇").await.unwrap();
    check_says(&told, &["Портал записи не отвечает", &from]);
    boris.wait_for_text("🔇").await.unwrap();
    anna.say("/status");
    let status = anna.wait_for_text("Слежение").await.unwrap();
    check_says(&status, &["Портал записи не отвечает", &from]);
    tokio::join!(bot.stop(), pinger.stop());

    let (bot, pinger) = house.both().await;
    let time = house.city.wall(2, 9, 40);
    house.open(&doctors[0], time);
    house.city.clear_faults();
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["09:40"]);
    let told = anna.wait_for_text("🔊").await.unwrap();
    check_says(&told, &["Портал записи снова отвечает"]);
    boris.wait_for_text("🔊").await.unwrap();
    house.settle().await;
    for person in [&anna, &boris] {
        assert_eq!(notices(person).len(), 2, "{:?}", notices(person));
    }
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinger_that_was_away_takes_its_own_silence_for_nobodys() {
    let house = calm_house().await;
    let store = store(&house).await;
    let ill = house.star();
    let anna = waiting(&house, &store, "Анна", &[&ill]).await;
    let now = Utc::now();
    for seconds in [890, 600, 300] {
        looked(&store, &ill, now, seconds, false).await;
    }
    let long_ago = Utc::now() - TimeDelta::minutes(4);
    let beat = store.beat(Program::Pinger, long_ago, long_ago);
    beat.await.unwrap();
    house
        .city
        .fault(Scope::lpu(ill.doctor.lpu), Fault::Refusal(602));
    let pinger = house.pinger().await;
    let from = house.portal.log().end();
    let log = house.portal.log();
    // The fourth one comes after three pauses: the first of these tries is recorded, and judged, by then.
    let tried = log.wait_for_nth(from, 4, PATIENT, |request| request.is_over);
    tried.await.unwrap();
    let judged = store
        .judge_outages(Utc::now() + TimeDelta::minutes(2))
        .await;
    assert_eq!(judged.unwrap().silent, []);
    assert_eq!(notices(&anna), [""; 0]);
    pinger.stop().await;
}

/// A district of two clinics is told of when both are silent; the city around it answers, and whoever watches all of it
/// hears nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_area_is_told_of_when_all_of_its_clinics_are_silent() {
    let house = calm_house().await;
    let store = store(&house).await;
    let ill = ["Липатов", "Кедров"].map(|name| doctor(&house, name));
    let bot = house.bot().await;
    let [anna, boris] = ["Анна", "Борис"].map(|name| {
        let person = house.telegram.person(name, "ru");
        person.with_patience(PATIENT)
    });
    for way in [["Адмиралтейский", "Каштан"], ["Приморский", "ГП №287"]]
    {
        say(&anna, "/add").await;
        walk(&anna, &way).await;
    }
    for (person, area) in [(&anna, "Весь район"), (&boris, "Весь город")] {
        say(person, "/add").await;
        walk(person, &["Адмиралтейский", "ГП №315", "Врач-терапевт"]).await;
        tap(person, "В других поликлиниках").await;
        tap(person, area).await;
        check_says(&tap(person, "Следить").await, &["Готово"]);
    }
    bot.stop().await;
    killed_just_now(&store).await;
    // Most of the city answers: the portal is not down.
    let now = Utc::now();
    for name in ["Дроздова", "Рябинин", "Берёзкин"] {
        looked(&store, &doctor(&house, name), now, 30, true).await;
    }
    // Seconds short of silence: the programs cross the line themselves.
    for whom in &ill {
        looked(&store, whom, now, 960, true).await;
        for seconds in [890, 600, 300, 60] {
            looked(&store, whom, now, seconds, false).await;
        }
        let clinic = Scope::lpu(whom.doctor.lpu);
        house.city.fault(clinic, Fault::Refusal(602));
    }
    let (bot, pinger) = house.both().await;
    let names = ill.each_ref().map(|whom| whom.clinic.as_str());
    let told = anna.wait_for_text("🔇").await.unwrap();
    check_says(&told, &names);
    check_says(&told, &["не отвеча"]);
    house.city.clear_faults();
    let told = anna.wait_for_text("🔊").await.unwrap();
    check_says(&told, &["снова отвеча"]);
    house.settle().await;
    assert_eq!(notices(&boris), [""; 0]);
    tokio::join!(bot.stop(), pinger.stop());
}
