//! Nothing private reaches a log or a refusal: no token, nothing people wrote, no link that is a key, nobody's name.

use super::house::{House, add, is_alert};
use super::processes::start;
use sandbox::telegram::{Calls, Outcome, TOKEN, Trouble};
use sandbox::{Binary, Fault, Person, Scope};
use serde_json::json;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Words of no text and no name of the city.
const TYPED: [&str; 6] = [
    "щёголев",
    "kvakushkin",
    "тютелька",
    "zagogulina",
    "фуфырь",
    "shmyndrik",
];
const NAMES: [&str; 3] = ["Гюльчатай", "Пантелеймон", "Семейство Щукиных"];
const PROXY: [&str; 2] = ["storozh", "abrakadabra"];
/// Written in Latin or Cyrillic, a secret may also be shown percent-encoded, or as JSON and `Debug` escape it.
fn forms(private: &str) -> [String; 3] {
    let encoded = private.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let escaped = private
        .encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect();
    [private.to_owned(), encoded, escaped]
}

#[track_caller]
fn keeps_to_itself(said: &str, private: &[String]) {
    for private in private {
        for form in forms(private) {
            let line = said.lines().find(|line| line.contains(&form));
            assert_eq!(line, None, "«{private}» is in the log");
        }
    }
}

/// The proxy is the stand-in itself: asked as a proxy, it answers all the same.
fn through_itself(address: &str) -> String {
    let (_, rest) = address.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap();
    format!("http://{}:{}@{host}", PROXY[0], PROXY[1])
}

async fn says_hello(person: &Person) {
    person.say("/start");
    person.wait_for_text("Здравствуйте").await.unwrap();
}

/// Says it and waits for whatever is answered.
async fn say(person: &Person, text: &str) {
    person.say(text);
    person.answer().await.unwrap();
}

/// Every command, with words that are nobody's business; the key of a shared watch.
async fn talk(house: &House, anna: &Person, boris: &Person) -> String {
    for command in [
        "/help",
        "/list",
        "/status",
        "/off",
        "/on",
        "/settings",
        "/export",
    ] {
        say(anna, command).await;
        say(anna, &format!("{command} {}", TYPED[4])).await;
    }
    say(anna, &format!("/broadcast {}", TYPED[4])).await;
    say(anna, &format!("/nonsense {}", TYPED[4])).await;
    // Words that narrow a menu, words after a command, words about nothing.
    anna.say("/add");
    anna.wait_for_text("В каком районе").await.unwrap();
    anna.say(TYPED[0]);
    anna.wait_for_text(TYPED[0]).await.unwrap();
    say(anna, &format!("/add {}", TYPED[1])).await;
    anna.say(&format!("/add окулист 287 Дроздова {} после 17", TYPED[3]));
    anna.press("Следить").await.unwrap();
    anna.wait_for_text("Это уже есть").await.unwrap();
    say(
        anna,
        &format!("https://gorzdrav.spb.ru/service-free-schedule#{}", TYPED[5]),
    )
    .await;
    // A watch passed on, by a key that opens it to whoever has it.
    anna.say("/list");
    anna.press("Изменить").await.unwrap();
    anna.press("Поделиться").await.unwrap();
    let shared = anna.wait_for_text("?start=").await.unwrap();
    let (_, key) = shared.text.split_once("?start=").unwrap();
    let key = key.trim().to_owned();
    boris.say(&format!("/start {key}"));
    boris.press("Следить").await.unwrap();
    boris.wait_for_text("Готово").await.unwrap();
    say(boris, &format!("/start {key}x")).await;
    // Settings, and a group.
    boris.say("/settings");
    boris.press("Не писать ночью").await.unwrap();
    boris.answer().await.unwrap();
    let group = house.telegram.group(NAMES[2], &[anna, boris]);
    say(&anna.at(group), "/list").await;
    key
}

/// Telegram answers wrongly, late, or not at all.
async fn telegram_fails(house: &House, bot: &Binary, anna: &Person) {
    let chat = anna.chat();
    for trouble in [
        Trouble::Garbage,
        Trouble::Cut,
        Trouble::LoseAnswer,
        Trouble::TooMany(Some(1)),
        Trouble::Refuse(400, "Bad Request: can't parse entities: oops".into()),
        Trouble::Refuse(401, "Unauthorized".into()),
        Trouble::Refuse(500, "Internal Server Error".into()),
        Trouble::Refuse(403, "Forbidden: bot was blocked by the user".into()),
    ] {
        let calls = Calls::all().in_chat(chat);
        house.telegram.trouble_times(calls, trouble, 1);
        let from = house.telegram.log().end();
        anna.say(&format!("/add {}", TYPED[2]));
        let log = house.telegram.log();
        let met = log.wait_for(from, LONG, |call| {
            call.chat == Some(chat) && call.outcome.is_some()
        });
        met.await.unwrap();
    }
    // An update nobody can read, and an answer to getUpdates nobody can read.
    let odd =
        json!({"message_id": "one", "text": TYPED[3], "chat": {"id": chat, "title": TYPED[3]}});
    house.telegram.push_raw_update("message", odd);
    let polls = Calls::of("getUpdates");
    for trouble in [Trouble::Garbage, Trouble::Refuse(502, "Bad Gateway".into())] {
        let from = house.telegram.log().end();
        house.telegram.trouble_times(polls.clone(), trouble, 1);
        anna.say(TYPED[3]);
        let polled = house
            .telegram
            .log()
            .wait_for(from, LONG, |call| call.did("getUpdates"));
        polled.await.unwrap();
    }
    bot.says("updates could not be read", LONG).await.unwrap();
}

/// The portal too, asked by both.
async fn portal_fails(house: &House, anna: &Person) {
    for fault in [
        Fault::Silent,
        Fault::Html,
        Fault::WrongTypes,
        Fault::Truncated,
        Fault::NotUtf8,
        Fault::Cut,
        Fault::Status(401),
        Fault::Status(500),
        Fault::TooManyRequests(Some("1".into())),
    ] {
        let fault = house.city.fault(Scope::all(), fault);
        let from = house.portal.log().end();
        let met = house
            .portal
            .log()
            .wait_for(from, LONG, |request| request.is_over);
        met.await.unwrap();
        house.city.clear(fault);
        // So that the pinger asks as often as before.
        let from = house.portal.log().end();
        let well = house
            .portal
            .log()
            .wait_for(from, LONG, |request| request.code == Some(0));
        well.await.unwrap();
    }
    house.portal.down().await.unwrap();
    anna.say("/add");
    anna.wait_for_text("В каком районе").await.unwrap();
    anna.press("Адмиралтейский").await.unwrap();
    anna.answer().await.unwrap();
    house.portal.up().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_private_reaches_the_logs_of_any_level() {
    let house = House::new().await;
    let (telegram, portal) = (
        house.telegram.api_url.clone(),
        house.portal.base_url.clone(),
    );
    let house = house
        .with("TELOXIDE_PROXY", &through_itself(&telegram))
        .with("GORZDRAV_PROXY", &through_itself(&portal))
        .with(
            "RUST_LOG",
            "trace,hyper=trace,hyper_util=trace,reqwest=trace,h2=trace,rustls=trace,teloxide=trace,teloxide_core=trace",
        );
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let [anna, boris] =
        [NAMES[0], NAMES[1]].map(|name| house.telegram.person(name, "ru").with_patience(LONG));
    says_hello(&anna).await;
    says_hello(&boris).await;
    add(&anna, &house.star()).await;
    let key = talk(&house, &anna, &boris).await;
    house.open(&house.star(), house.city.wall(2, 18, 40));
    anna.wait_for(|message| is_alert(message) && message.text.contains("18:40"))
        .await
        .unwrap();

    // An answer that never comes is given up at last, beside everything else.
    let hangs = Calls::of("sendMessage").in_chat(boris.chat());
    house.telegram.trouble_times(hangs, Trouble::Hang, 1);
    let from = house.telegram.log().end();
    boris.say(&format!("/help {}", TYPED[5]));
    telegram_fails(&house, &bot, &anna).await;
    portal_fails(&house, &anna).await;
    let given_up = house.telegram.log().wait_for(from, LONG, |call| {
        call.chat == Some(boris.chat()) && call.outcome == Some(Outcome::Broken)
    });
    given_up.await.unwrap();
    anna.say("/forget");
    anna.press("Да").await.unwrap();
    anna.answer().await.unwrap();
    house.telegram.down().await.unwrap();
    bot.says("cannot connect", LONG).await.unwrap();

    let (bot, pinger) = tokio::join!(bot.terminate(), pinger.terminate());
    let secret = TOKEN.split(':').next_back().unwrap().to_owned();
    let mut private: Vec<String> = TYPED
        .into_iter()
        .chain(NAMES)
        .chain(PROXY)
        .map(str::to_owned)
        .collect();
    private.extend([
        secret,
        key,
        anna.chat().to_string(),
        boris.chat().to_string(),
    ]);
    for said in [bot.unwrap(), pinger.unwrap()] {
        assert!(said.contains("TRACE"), "the finest level is on: {said}");
        keeps_to_itself(&said, &private);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_is_refused_without_its_secret() {
    let house = House::new().await;
    let secret = TOKEN.split(':').next_back().unwrap();
    let password = format!("{}:{}", PROXY[0], PROXY[1]);
    let rows = [
        (
            "bot",
            "TELOXIDE_PROXY",
            format!("ftp://{password}@proxy.example"),
        ),
        ("bot", "TELOXIDE_PROXY", format!("http://{password}@")),
        (
            "pinger",
            "GORZDRAV_PROXY",
            format!("{password}@proxy.example:1080"),
        ),
        (
            "bot",
            "TELOXIDE_API_URL",
            format!("https://{password}@telegram.example"),
        ),
        (
            "bot",
            "TELOXIDE_API_URL",
            format!("https://telegram.example/?{secret}"),
        ),
        (
            "pinger",
            "GORZDRAV_API_URL",
            format!("https://{password}@portal.example"),
        ),
        // A token in the wrong line.
        ("bot", "ADMIN_CHATS", TOKEN.to_owned()),
        ("bot", "ALERTS_PER_SECOND", TOKEN.to_owned()),
        ("bot", "LINK_DEPTH", TOKEN.to_owned()),
        ("bot", "BOT_METRICS_ADDR", TOKEN.to_owned()),
        ("pinger", "POLL_PERIOD", TOKEN.to_owned()),
        ("pinger", "REQUESTS_PER_SECOND", TOKEN.to_owned()),
        ("pinger", "GORZDRAV_CA_FILE", TOKEN.to_owned()),
        ("pinger", "RUST_LOG", format!("info,{TOKEN}=={TOKEN}")),
    ];
    let private = [secret, PROXY[1]].map(str::to_owned);
    let folder = house.folder.path();
    let refused = async |name, settings: &[(String, String)], through: &[&str]| {
        let program = Binary::start_through(name, settings, folder, through);
        let (status, said) = program.await.unwrap().ends(LONG).await.unwrap();
        assert_eq!(status.code(), Some(2), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        keeps_to_itself(&said, &private);
        said
    };
    for (program, name, value) in rows {
        let mut settings = house.settings();
        settings.push((name.to_owned(), value));
        let said = refused(program, &settings, &[]).await;
        assert!(said.contains(name), "{said}");
    }
    // As a flag, though there is none.
    let flag = format!("exec \"$0\" --teloxide-token={TOKEN}");
    let said = refused("bot", &house.settings(), &["sh", "-c", &flag]).await;
    assert!(said.contains("TELOXIDE_TOKEN"), "{said}");
    // A token Telegram does not know, of an odd shape besides.
    let mut settings = house.settings();
    let odd = format!("1000:{secret}/../?#%zz {}", PROXY[1]);
    settings.push(("TELOXIDE_TOKEN".to_owned(), odd));
    let program = Binary::start("bot", &settings, folder).await.unwrap();
    let (status, said) = program.ends(LONG).await.unwrap();
    assert_eq!(status.code(), Some(2), "{said}");
    keeps_to_itself(&said, &private);
    // A broken line of `.env`.
    std::fs::write(
        folder.join(".env"),
        format!("A=1\nTELOXIDE_TOKEN=\"{TOKEN}\n"),
    )
    .unwrap();
    let said = refused("bot", &house.settings(), &[]).await;
    assert!(said.contains(".env, line 2"), "{said}");
}
