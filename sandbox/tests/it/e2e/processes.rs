//! The real programs as processes of their own: started in any order, ended, killed, started again.

use super::house::{House, PERIOD, add, is_alert};
use sandbox::telegram::{Calls, TOKEN, Trouble};
use sandbox::{Binary, Fault, Person, Scope};
use serde_json::json;
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

#[tokio::test(flavor = "multi_thread")]
async fn nothing_private_reaches_the_logs_of_any_level() {
    const TYPED: [&str; 4] = ["щёголев", "kvakushkin", "тютелька", "zagogulina"];
    let house = House::new().await.with(
        "RUST_LOG",
        "trace,hyper=trace,hyper_util=trace,reqwest=trace,h2=trace,rustls=trace,teloxide=trace,teloxide_core=trace",
    );
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let anna = waiting(&house).await;
    let typed = |n: usize| TYPED[n];

    // Words that narrow a menu, words after a command, words about nothing.
    anna.say("/add");
    anna.wait_for_text("В каком районе").await.unwrap();
    anna.say(typed(0));
    anna.wait_for_text(typed(0)).await.unwrap();
    anna.say(&format!("/add {}", typed(1)));
    anna.answer().await.unwrap();
    let chat = anna.chat();
    for trouble in [
        Trouble::Garbage,
        Trouble::Cut,
        Trouble::LoseAnswer,
        Trouble::Refuse(400, "Bad Request: can't parse entities: oops".into()),
        Trouble::Refuse(403, "Forbidden: bot was blocked by the user".into()),
    ] {
        let calls = Calls::all().in_chat(chat);
        house.telegram.trouble_times(calls, trouble, 1);
        let from = house.telegram.log().end();
        anna.say(&format!("/add {}", typed(2)));
        let log = house.telegram.log();
        let met = log.wait_for(from, LONG, |call| {
            call.chat == Some(chat) && call.outcome.is_some()
        });
        met.await.unwrap();
    }
    // An update nobody can read, an answer to getUpdates nobody can read, Telegram gone.
    let odd =
        json!({"message_id": "one", "text": typed(3), "chat": {"id": chat, "title": typed(3)}});
    house.telegram.push_raw_update("message", odd);
    house
        .telegram
        .trouble_times(Calls::of("getUpdates"), Trouble::Garbage, 1);
    house.city.fault(Scope::all(), Fault::Html);
    anna.say("/help");
    anna.wait_for_text("/forget").await.unwrap();
    house.telegram.down().await.unwrap();
    bot.says("updates could not be read", LONG).await.unwrap();

    let (bot, pinger) = tokio::join!(bot.terminate(), pinger.terminate());
    let secret = TOKEN.split(':').next_back().unwrap();
    for said in [bot.unwrap(), pinger.unwrap()] {
        assert!(said.contains("TRACE"), "the finest level is on: {said}");
        for private in TYPED.into_iter().chain([secret]) {
            let line = said.lines().find(|line| line.contains(private));
            assert_eq!(line, None, "«{private}» is in the log");
        }
    }
}
