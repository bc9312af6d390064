//! Updates that Telegram sends to the bot, instead of being asked for them.

use super::house::{House, add, is_alert};
use super::processes::start;
use reqwest::StatusCode;
use sandbox::telegram::{Calls, Trouble};
use sandbox::{Binary, Person};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);

/// A house whose bot is sent its updates, and where.
pub(super) async fn hooked() -> (House, SocketAddr) {
    // Given back at once, and nobody else's for a while: the system hands out the next ones first.
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = free.local_addr().unwrap();
    let url = format!("http://{address}/from/telegram");
    let house = House::new().await;
    let house = house
        .with("BOT_WEBHOOK_URL", &url)
        .with("BOT_WEBHOOK_ADDR", &address.to_string());
    (house, address)
}

/// The same house with a bot that asks for its updates.
pub(super) fn polling(house: House) -> House {
    house
        .with("BOT_WEBHOOK_URL", "")
        .with("BOT_WEBHOOK_ADDR", "")
}

async fn newcomer(house: &House, name: &str) -> Person {
    let person = house.telegram.person(name, "ru").with_patience(LONG);
    person.say("/start");
    person.answer().await.unwrap();
    person
}

async fn told(person: &Person, time: &str) {
    let told = person.wait_for(|message| is_alert(message) && message.text.contains(time));
    told.await.unwrap();
}

/// How often a method was called so far.
fn n_calls(house: &House, method: &str) -> usize {
    let calls = house.telegram.log().since(0);
    calls.iter().filter(|call| call.method == method).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way_by_webhook() {
    let (house, address) = hooked().await;
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let anna = newcomer(&house, "Анна").await;
    add(&anna, &house.star()).await;
    house.open(&house.star(), house.city.wall(2, 9, 40));
    told(&anna, "09:40").await;
    anna.say("/off");
    anna.wait_for_text("молчу").await.unwrap();
    house.open(&house.star(), house.city.wall(3, 11, 20));
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 1);
    assert_eq!(house.n_told(&anna, "11:20"), 0);
    assert_eq!(n_calls(&house, "getUpdates"), 0);
    assert!(house.telegram.all_confirmed(LONG).await);

    // Telegram was told what it is told by long polls, and a secret.
    let log = house.telegram.log().since(0);
    let set = log.iter().find(|call| call.did("setWebhook")).unwrap();
    let mut kinds = house.telegram.allowed_updates();
    kinds.sort();
    assert_eq!(kinds, ["callback_query", "message"]);
    let secret = set.params["secret_token"].as_str().unwrap().to_owned();
    assert!(secret.len() >= 32, "{}", secret.len());

    // The webhook stays when the bot ends: what comes meanwhile is kept, and neither program wrote the secret down.
    let url = house.telegram.webhook();
    assert_eq!(url, format!("http://{address}/from/telegram"));
    let said = bot.terminate().await.unwrap() + pinger.terminate().await.unwrap().as_str();
    assert_eq!(house.telegram.webhook(), url);
    assert_eq!(n_calls(&house, "deleteWebhook"), 0);
    assert!(!said.contains(&secret), "{said}");
}

/// The status, when the answer came before the connection was closed.
async fn post(address: SocketAddr, secret: Option<&str>, body: String) -> Option<StatusCode> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.post(format!("http://{address}/from/telegram"));
    if let Some(secret) = secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    let answer = request.body(body).send().await;
    answer.map(|answer| answer.status()).ok()
}

/// An update in which somebody says `/start`.
fn forged(from: i64) -> Value {
    let from = json!({"id": from, "is_bot": false, "first_name": "Мэлори"});
    let mut chat = from.clone();
    chat["type"] = json!("private");
    let message = json!({
        "message_id": 1, "date": chrono::Utc::now().timestamp(), "from": from, "chat": chat,
        "text": "/start",
    });
    json!({"update_id": 77, "message": message})
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_know_the_secret_is_refused() {
    let (house, address) = hooked().await;
    let bot = start(&house, "bot").await;
    let anna = newcomer(&house, "Анна").await;
    let victim = house.telegram.acquaintance("Борис", "ru");
    let log = house.telegram.log().since(0);
    let set = log.iter().find(|call| call.did("setWebhook")).unwrap();
    let secret = set.params["secret_token"].as_str().unwrap().to_owned();
    let update = forged(victim.chat()).to_string();
    let mut short = secret.clone();
    short.pop();
    for guess in [None, Some(""), Some("wrong"), Some(short.as_str())] {
        let status = post(address, guess, update.clone()).await;
        assert_eq!(status, Some(StatusCode::UNAUTHORIZED), "{guess:?}");
    }
    // Nor does it matter what they send: it is not read.
    let huge = "x".repeat(64 << 20);
    let refused = [None, Some(StatusCode::UNAUTHORIZED)];
    assert!(refused.contains(&post(address, None, huge.clone()).await));

    // With the secret: what is no update is passed over, what is too large is read no further.
    let passed_over = post(address, Some(&secret), "{]".into()).await;
    assert_eq!(passed_over, Some(StatusCode::OK));
    let refused = [None, Some(StatusCode::PAYLOAD_TOO_LARGE)];
    assert!(refused.contains(&post(address, Some(&secret), huge).await));
    anna.say("/help");
    anna.wait_for_text("/forget").await.unwrap();
    assert_eq!(victim.messages().len(), 0);
    let taken = post(address, Some(&secret), update).await;
    assert_eq!(taken, Some(StatusCode::OK));
    victim.with_patience(LONG).answer().await.unwrap();
    let said = bot.terminate().await.unwrap();
    assert!(said.contains("a forged update was refused"), "{said}");
    for hidden in ["Мэлори", &secret, "{]"] {
        assert!(!said.contains(hidden), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_the_bot_was_away_is_sent_again() {
    let (house, _) = hooked().await;
    let mut bot = start(&house, "bot").await;
    let anna = newcomer(&house, "Анна").await;
    for is_killed in [false, true] {
        assert!(house.telegram.all_confirmed(LONG).await);
        match is_killed {
            true => drop(bot.kill().await.unwrap()),
            false => drop(bot.terminate().await.unwrap()),
        }
        anna.look_away();
        anna.say("/help");
        assert_eq!(house.telegram.n_pending_updates(), 1);
        bot = start(&house, "bot").await;
        anna.wait_for_text("/forget").await.unwrap();
    }
    assert!(house.telegram.all_confirmed(LONG).await);
    bot.terminate().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn from_webhook_to_long_polls_and_back_nothing_is_lost() {
    let (house, _) = hooked().await;
    let bot = start(&house, "bot").await;
    let anna = newcomer(&house, "Анна").await;
    bot.terminate().await.unwrap();
    anna.look_away();
    anna.say("/help");

    let settings = house.settings();
    let house = polling(house);
    let bot = start(&house, "bot").await;
    anna.wait_for_text("/forget").await.unwrap();
    assert_eq!(house.telegram.webhook(), "");
    assert!(n_calls(&house, "getUpdates") > 0);
    bot.terminate().await.unwrap();
    anna.look_away();
    anna.say("/help");

    let n_polls = n_calls(&house, "getUpdates");
    let bot = Binary::start("bot", &settings, house.folder.path());
    let bot = bot.await.unwrap();
    anna.wait_for_text("/forget").await.unwrap();
    assert!(house.telegram.all_confirmed(LONG).await);
    assert_eq!(n_calls(&house, "getUpdates"), n_polls);
    bot.terminate().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_away_at_the_start_is_waited_for_and_the_end_is_in_time() {
    let (house, _) = hooked().await;
    house.telegram.down().await.unwrap();
    let bot = start(&house, "bot").await;
    bot.says("Telegram cannot be reached", LONG).await.unwrap();
    house.telegram.up().await.unwrap();
    let anna = newcomer(&house, "Анна").await;
    bot.terminate().await.unwrap();

    // A webhook that cannot be set yet is set as soon as it can; and one that hangs does not hold up the end.
    let refusal = "Bad Request: bad webhook: Failed to resolve host".to_owned();
    let trouble = Trouble::Refuse(400, refusal);
    let trouble = house.telegram.trouble(Calls::of("setWebhook"), trouble);
    let bot = start(&house, "bot").await;
    bot.says("Failed to resolve host", LONG).await.unwrap();
    anna.look_away();
    anna.say("/help");
    house.telegram.clear(trouble);
    anna.wait_for_text("/forget").await.unwrap();
    bot.terminate().await.unwrap();
    house
        .telegram
        .trouble(Calls::of("setWebhook"), Trouble::Hang);
    let from = house.telegram.log().end();
    let bot = start(&house, "bot").await;
    let log = house.telegram.log();
    let setting = log.wait_for(from, LONG, |call| call.method == "setWebhook");
    setting.await.unwrap();
    bot.terminate().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit_together_are_named() {
    let official = "https://api.telegram.org";
    for (settings, words) in [
        (
            &[("BOT_WEBHOOK_URL", "https://example.org/x")][..],
            "BOT_WEBHOOK_ADDR: it is not set",
        ),
        (
            &[("BOT_WEBHOOK_ADDR", "127.0.0.1:8081")],
            "BOT_WEBHOOK_URL: it is not set",
        ),
        (
            &[
                ("BOT_WEBHOOK_URL", "http://example.org/x"),
                ("BOT_WEBHOOK_ADDR", "127.0.0.1:8081"),
                ("TELOXIDE_API_URL", official),
            ],
            "BOT_WEBHOOK_URL: Telegram takes https:// only",
        ),
        (
            &[
                ("BOT_WEBHOOK_URL", "https://example.org:9000/x"),
                ("BOT_WEBHOOK_ADDR", "127.0.0.1:8081"),
                ("TELOXIDE_API_URL", official),
            ],
            "BOT_WEBHOOK_URL: Telegram sends to the ports",
        ),
        (
            &[
                ("BOT_WEBHOOK_URL", "https://example.org/x"),
                ("BOT_WEBHOOK_ADDR", "203.0.113.7:8081"),
            ],
            "BOT_WEBHOOK_ADDR: it cannot be listened on",
        ),
    ] {
        let mut house = House::new().await;
        for (name, value) in settings {
            house = house.with(name, value);
        }
        let bot = start(&house, "bot").await;
        let (status, said) = bot.ends(LONG).await.unwrap();
        assert_eq!(status.code(), Some(2), "{said}");
        let last = said.lines().last().unwrap();
        assert!(last.starts_with(&format!("bot: {words}")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_somebody_removes_is_set_again() {
    let (house, _) = hooked().await;
    let bot = start(&house, "bot").await;
    let anna = newcomer(&house, "Анна").await;
    let url = format!(
        "{}/bot{}/deleteWebhook",
        house.telegram.api_url,
        sandbox::telegram::TOKEN
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.post(url).send().await.unwrap();
    anna.look_away();
    anna.say("/help");
    let patient = anna.with_patience(LONG * 3);
    patient.wait_for_text("/forget").await.unwrap();
    let said = bot.terminate().await.unwrap();
    assert!(
        said.contains("the webhook was removed or replaced"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_messages_that_waited_are_each_heard() {
    let (house, _) = hooked().await;
    house
        .telegram
        .set_limits(sandbox::telegram::Limits::unhurried());
    let house = house.with("ALERTS_PER_SECOND", "500");
    let bot = start(&house, "bot").await;
    let anna = newcomer(&house, "Анна").await;
    bot.terminate().await.unwrap();
    anna.look_away();
    let people: Vec<_> = (0..500)
        .map(|n| house.telegram.person(&format!("Анна {n}"), "ru"))
        .collect();
    for person in &people {
        person.say("/start");
    }
    let bot = start(&house, "bot").await;
    assert!(house.telegram.all_confirmed(LONG).await);
    for person in people {
        person.with_patience(LONG).answer().await.unwrap();
    }
    bot.terminate().await.unwrap();
}
