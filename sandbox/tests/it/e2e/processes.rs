//! The real programs as processes of their own: started in any order, ended, killed, started again.

use super::house::{House, PERIOD, add, is_alert};
use sandbox::telegram::{Calls, Trouble};
use sandbox::{Binary, Fault, Person, Scope};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);
/// Beside the period, an alert may take so long on a shared machine; the promise itself is for the bench.
const SLACK: Duration = Duration::from_secs(5);

pub(super) async fn start(house: &House, name: &'static str) -> Binary {
    Binary::start(name, &house.settings(), house.folder.path())
        .await
        .unwrap()
}

/// A house whose database lies in folders that do not exist yet.
async fn fresh_house() -> House {
    let house = House::new().await;
    let path = house.folder.path().join("not/yet/there/talon.db");
    house.with("DATABASE_PATH", path.to_str().unwrap())
}

/// Somebody who waits for the star, added by menu.
pub(super) async fn waiting(house: &House) -> Person {
    let person = house.telegram.person("Анна", "ru").with_patience(LONG);
    person.say("/start");
    person.answer().await.unwrap();
    add(&person, &house.star()).await;
    person.look_away();
    person
}

async fn told(person: &Person, time: &str) {
    let patient = person.with_patience(PERIOD + SLACK);
    let alert = patient.wait_for(|message| is_alert(message) && message.text.contains(time));
    alert.await.unwrap();
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Terminated,
    Killed,
}

async fn end(programs: [Binary; 2], how: End) {
    for program in programs {
        match how {
            End::Terminated => drop(program.terminate().await.unwrap()),
            End::Killed => drop(program.kill().await.unwrap()),
        }
    }
}

async fn all_the_way(order: [&'static str; 2], how: End) {
    let house = fresh_house().await;
    let run = async || {
        let (first, second) = tokio::join!(start(&house, order[0]), start(&house, order[1]));
        [first, second]
    };
    let programs = run().await;
    let anna = waiting(&house).await;
    let whom = house.star();

    house.open(&whom, house.city.wall(2, 9, 40));
    told(&anna, "09:40").await;
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 1);

    anna.say("/off");
    anna.wait_for_text("молчу").await.unwrap();
    house.open(&whom, house.city.wall(3, 11, 20));
    house.settle().await;
    assert_eq!(house.n_told(&anna, "11:20"), 0);
    anna.say("/on");
    told(&anna, "11:20").await;
    // So that the cursor has moved too: a kill between the two may repeat the message on its way.
    house.settle().await;

    end(programs, how).await;
    house.open(&whom, house.city.wall(4, 12, 30));
    anna.look_away();
    let programs = run().await;
    told(&anna, "12:30").await;
    house.settle().await;
    for (time, n) in [("09:40", 2), ("11:20", 1), ("12:30", 1)] {
        assert_eq!(house.n_told(&anna, time), n, "{time}"); // 09:40 before /off and at /on
    }
    end(programs, how).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_and_started_again_nothing_is_lost_or_repeated() {
    all_the_way(["bot", "pinger"], End::Terminated).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_and_started_again_nothing_is_lost_or_repeated() {
    all_the_way(["pinger", "bot"], End::Killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_end_in_time_while_everything_hangs() {
    let house = fresh_house().await.with("REQUEST_TIMEOUT", "60s");
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let anna = waiting(&house).await;
    // An alert and an answer hang, and so do polls and looks.
    house
        .telegram
        .trouble(Calls::of("sendMessage"), Trouble::Hang);
    let from = house.telegram.log().end();
    let log = house.telegram.log();
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let sending = log.wait_for(from, LONG, |call| call.method == "sendMessage");
    sending.await.unwrap();
    house.city.fault(Scope::all(), Fault::Silent);
    let asked = house.portal.log().end();
    let asked = house.portal.log().wait_for(asked, LONG, |_| true);
    asked.await.unwrap();
    house.telegram.trouble(Calls::all(), Trouble::Hang);
    let from = log.end();
    anna.say("/help");
    let polling = log.wait_for(from, LONG, |call| call.method == "getUpdates");
    polling.await.unwrap();
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();

    // And when nothing has answered since the start.
    let from = log.end();
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let greeting = log.wait_for(from, LONG, |call| call.method == "getMe");
    greeting.await.unwrap();
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();

    // Nor does a webhook's deletion that hangs hold the end up, and Telegram away altogether.
    house.telegram.clear_troubles();
    house
        .telegram
        .trouble(Calls::of("getWebhookInfo"), Trouble::Hang);
    let from = log.end();
    let bot = start(&house, "bot").await;
    let asking = log.wait_for(from, LONG, |call| call.method == "getWebhookInfo");
    asking.await.unwrap();
    bot.terminate().await.unwrap();
    house.telegram.down().await.unwrap();
    let bot = start(&house, "bot").await;
    bot.says("Telegram cannot be reached", LONG).await.unwrap();
    bot.terminate().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_bot_with_the_same_token_is_told_of_and_ends_nobody() {
    let house = House::new().await;
    let first = start(&house, "bot").await;
    let anna = house.telegram.person("Анна", "ru").with_patience(LONG);
    anna.say("/start");
    anna.answer().await.unwrap();
    let mut settings = house.settings();
    let path = house.folder.path().join("second.db");
    settings.push(("DATABASE_PATH".into(), path.to_str().unwrap().into()));
    let second = Binary::start("bot", &settings, house.folder.path())
        .await
        .unwrap();
    let said = "a second bot runs with the same token";
    first.says(said, LONG).await.unwrap();
    second.terminate().await.unwrap();
    anna.say("/help");
    anna.wait_for_text("/forget").await.unwrap();
    first.terminate().await.unwrap();
}
