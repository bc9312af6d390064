//! More is watched than the budget can read in turns: clinics are asked for their counters, and what opens is still told.

use super::house::{House, is_alert};
use chrono::{TimeDelta, Utc};
use sandbox::city::Endpoint;
use shared::ids::Target;
use shared::store::{AddOutcome, Lang, Limits, NewWatch, Program, Store};
use shared::wish::Wish;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn a_small_budget_goes_into_gates_and_finds_the_talon() {
    let house = House::new().await.with("REQUESTS_PER_SECOND", "10");
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    anna.say("/start");
    anna.answer().await.unwrap();
    let store = Store::open(&house.folder.path().join("talon.db"), Program::Bot)
        .await
        .unwrap();
    let person = store
        .meet(anna.chat(), None, Lang::Ru, Utc::now())
        .await
        .unwrap();
    // Every doctor of the city, as if they had been watched for a while: no look is asked for.
    let clinics = house.city.clinics().into_iter();
    let doctors = clinics.flat_map(|clinic| house.city.doctors(shared::ids::LpuId(clinic.id)));
    let targets: Vec<_> = doctors
        .map(|whom| Target {
            department: whom.department,
            doctor: Some(whom.doctor.doctor),
        })
        .collect();
    assert!(
        targets.len() > 40,
        "five times what the budget can read in a period"
    );
    let limits = Limits {
        watches: 10,
        targets: 1000,
    };
    let new = NewWatch {
        person: person.id,
        targets,
        areas: Vec::new(),
        wish: Wish::default(),
    };
    let long_ago = Utc::now() - TimeDelta::minutes(10);
    let added = store.add_watch(new, limits, long_ago).await.unwrap();
    assert!(matches!(added, AddOutcome::Added(_)), "{added:?}");

    let log = house.portal.log();
    let from = log.end();
    let pinger = house.pinger().await;
    // Everything is read for the first time; then the star's clinic, of many departments, is asked by its gate.
    let whom = house.star();
    let clinic = Some(whom.doctor.lpu);
    let gates = log.wait_for_nth(from, 20, LONG, |request| {
        request.endpoint == Some(Endpoint::Specialties) && request.lpu == clinic
    });
    gates.await.expect("twenty gates");
    let asked = log.since(from);
    let asked: Vec<_> = asked
        .iter()
        .rev()
        .filter(|request| request.lpu == clinic)
        .take(15)
        .collect();
    let gates = asked
        .iter()
        .filter(|request| request.endpoint == Some(Endpoint::Specialties));
    let n_gates = gates.count();
    assert!(
        n_gates > 7,
        "{n_gates} gates of 15 requests stand for reading twenty lists and doctors"
    );

    let start = house.city.wall(4, 11, 20);
    anna.look_away();
    house.open(&whom, start);
    let told = anna.wait_for(|message| is_alert(message) && message.text.contains("11:20"));
    told.await.expect("the talon is told");
    assert_eq!(house.portal.most_in_flight_anywhere(), 1);
    pinger.stop().await;
    bot.stop().await;
}
