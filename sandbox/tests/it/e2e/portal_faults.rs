//! The portal in trouble: nobody else waits, and a 429 holds everybody. What each fault stores, tells and logs:
//! `portal_table.rs`.

use super::house::{House, add, is_alert};
use sandbox::telegram::Message;
use sandbox::{Endpoint, Fault, Person, Portal, Scope, Whom};
use std::time::{Duration, Instant};

/// Longer than any back-off a test meets.
const LONG: Duration = Duration::from_secs(40);
fn tells(time: &str) -> impl Fn(&Message) -> bool + '_ {
    move |message| is_alert(message) && message.text.contains(time)
}

/// Somebody new who waits for this doctor.
async fn waiting(house: &House, name: &str, whom: &Whom) -> Person {
    let person = house.telegram.person(name, "ru").with_patience(LONG);
    person.say("/start");
    person.answer().await.unwrap();
    add(&person, whom).await;
    person.look_away();
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_that_hangs_delays_nobody_elses_alert() {
    let house = House::new().await.with("REQUEST_TIMEOUT", "60s");
    let (slow, well) = (house.star(), house.city.doctor_named("Рябинин").unwrap());
    let (bot, pinger) = house.both().await;
    let _anna = waiting(&house, "Анна", &slow).await;
    let boris = waiting(&house, "Борис", &well).await;
    house.city.fault(Scope::lpu(slow.doctor.lpu), Fault::Silent);
    let from = house.portal.log().end();
    let log = house.portal.log();
    let hung = log.wait_for(from, LONG, |request| request.lpu == Some(slow.doctor.lpu));
    hung.await.unwrap();
    house.open(&well, house.city.wall(2, 9, 40));
    boris.wait_for(tells("09:40")).await.unwrap();
    let hangs = house.portal.log().since(from).into_iter();
    let mut hangs = hangs.filter(|request| request.lpu == Some(slow.doctor.lpu));
    assert!(
        hangs.all(|request| !request.is_over),
        "it hung all the while"
    );
    tokio::join!(bot.stop(), pinger.stop());
}

/// What the portal asks for in the tests of the hold, seconds.
const HOLD: u64 = 5;
/// The other program hears of a hold within this.
const SPREADS: Duration = Duration::from_secs(1);

/// Waits for the 429, then until requests come again: none came in between, of either program.
async fn nobody_asks_during_the_hold(house: &House, from: u64) {
    let log = house.portal.log();
    let refused = log.wait_for(from, LONG, |request| request.status == Some(429));
    let held = refused.await.unwrap().answered.unwrap();
    let end = held + Duration::from_secs(HOLD);
    let again = log.wait_for(from, LONG, |request| request.at > end);
    again.await.expect("requests come again after the hold");
    let early: Vec<Duration> = log
        .since(from)
        .iter()
        .filter(|request| request.at > held + SPREADS && request.at < end)
        .map(|request| request.at - held)
        .collect();
    assert!(early.is_empty(), "asked during the hold: {early:?}");
}

/// Clicks until the menu needs the portal for a clinic nobody looked into yet.
async fn open_a_fresh_menu(person: &Person) {
    person.say("/add");
    person.press("Выборгский").await.unwrap();
    let menu = person.wait_for_text("Какая поликлиника").await.unwrap();
    let clinic = menu
        .button_texts()
        .into_iter()
        .find(|text| text.contains('№'))
        .unwrap()
        .to_owned();
    person.press(&clinic).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_to_the_pinger_holds_both_programs() {
    let house = House::new().await;
    let whom = house.star();
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна", &whom).await;
    let from = house.portal.log().end();
    let too_many = Fault::TooManyRequests(Some(HOLD.to_string()));
    house.city.fault_times(
        Scope::lpu(whom.doctor.lpu).at(Endpoint::Appointments),
        too_many,
        1,
    );
    let log = house.portal.log();
    let refused = log.wait_for(from, LONG, |request| request.status == Some(429));
    let held = refused.await.unwrap().answered.unwrap();
    // A menu in the middle of it asks nobody.
    tokio::time::sleep_until((held + SPREADS).into()).await;
    open_a_fresh_menu(&anna).await;
    nobody_asks_during_the_hold(&house, from).await;
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_to_the_bot_holds_both_programs() {
    let house = House::new().await;
    let whom = house.star();
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна", &whom).await;
    let from = house.portal.log().end();
    let too_many = Fault::TooManyRequests(Some(HOLD.to_string()));
    house
        .city
        .fault_times(Scope::endpoint(Endpoint::Specialties), too_many, 1);
    open_a_fresh_menu(&anna).await;
    nobody_asks_during_the_hold(&house, from).await;
    // A restart does not end it.
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pinger_keeps_to_its_rate_and_asks_a_clinic_one_thing_at_a_time() {
    const RATE: usize = 5;
    let mut house = House::new()
        .await
        .with("REQUESTS_PER_SECOND", &RATE.to_string());
    let bot = house.bot().await;
    for (n, name) in ["Дроздова", "Скворцов", "Рябинин", "Тополев", "Бузина"]
        .into_iter()
        .enumerate()
    {
        let whom = house.city.doctor_named(name).unwrap();
        waiting(&house, &n.to_string(), &whom).await;
    }
    bot.stop().await;
    // A portal of the pinger's own; slow, so that anything at once would show.
    house.portal = Portal::start(house.city.clone()).await.unwrap();
    house
        .city
        .fault(Scope::all(), Fault::Slow(Duration::from_millis(150)));
    let begun = Instant::now();
    let pinger = house.pinger().await;
    let log = house.portal.log();
    let enough = log.wait_for_nth(0, 40, LONG, |request| request.is_over);
    enough.await.expect("forty requests");
    // A hair less than a second: what left a second apart arrives a little closer at times.
    let most = house
        .portal
        .most_requests_within(0, Duration::from_millis(950));
    assert!(
        most <= RATE,
        "{most} within a second, {:?}",
        begun.elapsed()
    );
    assert_eq!(house.portal.most_in_flight_anywhere(), 1);
    pinger.stop().await;
}
