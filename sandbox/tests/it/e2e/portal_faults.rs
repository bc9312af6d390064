//! The portal in trouble: what was told stays told, what could not be read is never "gone", and nobody else waits.

use super::house::{House, add, is_alert};
use futures::StreamExt as _;
use sandbox::telegram::Message;
use sandbox::{Endpoint, Fault, Person, Portal, Scope, Whom};
use std::time::{Duration, Instant};

/// Longer than any back-off a test meets.
const LONG: Duration = Duration::from_secs(40);
/// Houses at once: each runs two programs and a city.
const AT_ONCE: usize = 6;

fn faults() -> Vec<Fault> {
    let mut faults = vec![
        Fault::Status(404),
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Html,
        Fault::WrongContentType,
        Fault::Truncated,
        Fault::Empty,
        Fault::WrongTypes,
        Fault::NullResult,
        Fault::NotUtf8,
        Fault::Silent,
        Fault::Cut,
        Fault::CutShort,
        Fault::TooManyRequests(Some("1".into())),
    ];
    faults.extend([1, 602, 603, 610, 616, 645, 660].map(Fault::Refusal));
    faults
}

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

/// Returns when so many requests of a kind about the doctor, or their department, have come and gone.
async fn asked(house: &House, endpoint: Endpoint, whom: &Whom, n: usize) {
    let from = house.portal.log().end();
    let id = match endpoint {
        Endpoint::Doctors => &whom.department.specialty.0,
        _ => &whom.doctor.doctor.0,
    };
    let asked = house.portal.log().wait_for_nth(from, n, LONG, |request| {
        request.endpoint == Some(endpoint)
            && request.lpu == Some(whom.doctor.lpu)
            && request.id.as_ref() == Some(id)
            && request.is_over
    });
    asked.await.expect("the doctor is asked about");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_portal_changes_nothing_and_repeats_nothing() {
    let rows = faults().into_iter().map(|fault| {
        let name = format!("{fault:?}");
        (name, tokio::spawn(changes_nothing(fault)))
    });
    let mut rows = futures::stream::iter(rows)
        .map(async |(name, row)| (name, row.await))
        .buffer_unordered(AT_ONCE);
    let mut failed = Vec::new();
    while let Some((name, row)) = rows.next().await {
        if row.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

async fn changes_nothing(fault: Fault) {
    let house = House::new().await.with("REQUEST_TIMEOUT", "700ms");
    let whom = house.star();
    let (bot, pinger) = house.both().await;
    let anna = waiting(&house, "Анна", &whom).await;
    house.open(&whom, house.city.wall(2, 9, 40));
    anna.wait_for(tells("09:40")).await.unwrap();

    let clinic = || Scope::lpu(whom.doctor.lpu);
    house
        .city
        .fault(clinic().at(Endpoint::Appointments), fault.clone());
    // Missing twice would be gone, had these been answers.
    asked(&house, Endpoint::Appointments, &whom, 3).await;
    house
        .city
        .fault(clinic().at(Endpoint::Doctors), fault.clone());
    asked(&house, Endpoint::Doctors, &whom, 1).await;
    anna.say("/status");
    let is_hold = matches!(fault, Fault::TooManyRequests(_));
    let why = if is_hold {
        "пореже"
    } else {
        "Не удаётся узнать"
    };
    let status = anna.wait_for_text(why).await.unwrap();
    let shown = status.editions.iter().map(|edition| &edition.text);
    for text in shown.chain([&status.text]) {
        assert!(!text.contains("Талонов"), "{fault:?}: {text}");
        assert!(text.contains("09:40"), "{fault:?}: {text}");
    }
    house.city.clear_faults();
    house.open(&whom, house.city.wall(3, 11, 20));
    anna.wait_for(tells("11:20")).await.unwrap();
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 1, "{fault:?}");
    assert_eq!(house.n_told(&anna, "11:20"), 1, "{fault:?}");
    tokio::join!(bot.stop(), pinger.stop());
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
