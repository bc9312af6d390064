//! No alert's send begins after the answer that promises silence, however fast talons open.

use super::house::{House, add, is_alert};
use chrono::TimeDelta;
use sandbox::city::Endpoint;
use sandbox::portal::Request;
use sandbox::telegram::{Call, Limits};
use sandbox::{Person, Portal};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A wait for what comes all the time, on a machine that is busy with other things.
const LONG: Duration = Duration::from_secs(90);
/// How often each person falls silent.
const TIMES: usize = 6;

/// Alerts to somebody who never falls silent, while one is silent.
const N_OTHERS: usize = 2;

/// What people press or say to fall silent, how the bot confirms it, and the way back.
#[derive(Debug, Clone, Copy)]
enum Way {
    Off,
    Pause,
    Delete,
}

/// Alerts alone have links; what opens soon after one is written into it.
fn is_alert_call(call: &Call) -> bool {
    let is_told = matches!(call.method.as_str(), "sendMessage" | "editMessageText");
    is_told && call.params["reply_markup"].to_string().contains("url")
}

/// Returns after so many more looks at the portal.
async fn looks(portal: &Portal, n: usize) {
    let is_look = |request: &Request| request.endpoint == Some(Endpoint::Appointments);
    let from = portal.log().end();
    let looked = portal.log().wait_for_nth(from, n, LONG, |request| {
        is_look(request) && request.answered.is_some()
    });
    looked.await.expect("looks come all the time");
}

/// Falls silent once, when an alert of theirs is about to come; the promise's instant and that of the way back.
async fn fall_silent(
    person: &Person,
    way: Way,
    other: &Person,
    portal: &Portal,
) -> (Instant, Instant) {
    let log = person.telegram().log();
    // Alerts have buttons too: those of the list are meant.
    let list = match way {
        Way::Off => 0,
        Way::Pause | Way::Delete => {
            person.say("/list");
            person.wait_for_text("Ваш список").await.unwrap().id
        }
    };
    // Behind an alert the next one is about a second, a score of looks, away: the dice say how close to it silence
    // begins.
    let from = log.end();
    let is_own = |call: &Call| call.chat == Some(person.chat());
    let alert = log.wait_for(from, LONG, |call| is_alert_call(call) && is_own(call));
    alert.await.expect("alerts come all the time");
    looks(portal, rand::random_range(10..25)).await;
    let from = log.end();
    let promise = match way {
        Way::Off => {
            person.say("/off");
            "молчу"
        }
        Way::Pause => {
            person.press_on(list, "Пауза").unwrap();
            "На паузе"
        }
        Way::Delete => {
            person.press_on(list, "Удалить").unwrap();
            "Удалено"
        }
    };
    let promised = log.wait_for(from, LONG, |call| {
        is_own(call) && call.params["text"].to_string().contains(promise)
    });
    let promised = promised.await;
    assert!(promised.is_some(), "{way:?}: {}", person.screen());
    let promised = promised.unwrap().at;
    // Somebody else is told meanwhile, so often that this one would have been, too.
    let from = log.end();
    let others = log.wait_for_nth(from, N_OTHERS, LONG, |call| {
        is_alert_call(call) && call.chat == Some(other.chat())
    });
    others.await.expect("alerts come all the time");
    let back = Instant::now();
    match way {
        Way::Off => drop(person.say("/on")),
        Way::Pause => drop(person.press_on(list, "Следить снова").unwrap()),
        Way::Delete => drop(person.press_on(list, "Вернуть").unwrap()),
    }
    person.answer().await.unwrap();
    (promised, back)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_send_begins_after_silence_was_promised() {
    let house = House::new()
        .await
        .with("POLL_PERIOD", "50ms")
        .with("REQUESTS_PER_SECOND", "1000")
        .with("ALERTS_PER_SECOND", "1000");
    house.telegram.set_limits(Limits::unhurried());
    let whom = house.star();
    let (bot, pinger) = house.both().await;
    let ways = [Way::Off, Way::Pause, Way::Delete].into_iter().cycle();
    let waiting = async |name: String| {
        let person = house.telegram.person(&name, "ru").with_patience(LONG);
        person.say("/start");
        person.answer().await.unwrap();
        add(&person, &whom).await;
        person
    };
    let other = waiting("Свидетель".into()).await;
    let mut people = Vec::new();
    for (n, way) in ways.take(6).enumerate() {
        people.push((waiting(format!("Анна {n}")).await, way));
    }
    let enough = CancellationToken::new();
    let opening = async {
        let first = house.city.wall(2, 0, 0);
        let mut minutes = 0;
        while !enough.is_cancelled() {
            house.open(&whom, first + TimeDelta::minutes(minutes));
            if minutes >= 100 {
                house.take(&whom, first + TimeDelta::minutes(minutes - 100));
            }
            minutes += 1;
            // Every look finds something new.
            looks(&house.portal, 1).await;
        }
    };
    let falling = async {
        let each = people.iter().map(async |(person, way)| {
            let mut silences = Vec::new();
            for _ in 0..TIMES {
                silences.push(fall_silent(person, *way, &other, &house.portal).await);
            }
            silences
        });
        let silences = futures::future::join_all(each).await;
        enough.cancel();
        silences
    };
    let ((), silences) = tokio::join!(opening, falling);
    let calls = house.telegram.log().all();
    for ((person, way), silences) in people.iter().zip(&silences) {
        let alerts = calls
            .iter()
            .filter(|call| is_alert_call(call) && call.chat == Some(person.chat()));
        let late: Vec<_> = alerts
            .flat_map(|call| silences.iter().map(|silence| (call.at, *silence)))
            .filter(|(at, (promised, back))| at > promised && at < back)
            .map(|(at, (promised, _))| at - promised)
            .collect();
        assert!(late.is_empty(), "{way:?}: told so long after: {late:?}");
        assert!(person.messages().iter().any(is_alert));
    }
    tokio::join!(bot.stop(), pinger.stop());
}
