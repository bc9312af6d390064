//! Each program watches over the other, and the service manager over both: silence is noticed and told once.

use super::house::{House, add, is_alert};
use super::talk::{calm_house, say, store};
use chrono::Utc;
use rusqlite::{Connection, TransactionBehavior};
use sandbox::telegram::{Calls, Trouble};
use sandbox::{Binary, Person};
use shared::store::{Program, Store};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::UnixDatagram;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(120);

/// A pinger of its own process.
async fn pinger(house: &House) -> Binary {
    let folder = house.folder.path();
    Binary::start("pinger", &house.settings(), folder)
        .await
        .unwrap()
}

fn n_saying(person: &Person, part: &str) -> usize {
    let messages = person.messages().into_iter();
    messages
        .filter(|message| message.text.contains(part))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_hear_once_that_nobody_checks_and_once_that_somebody_does() {
    const SILENT: &str = "Проверка талонов ещё ни разу не запускалась";
    const BACK: &str = "Проверка талонов снова работает";
    let house = calm_house().await;
    let [anna, boris] = ["Анна", "Борис"].map(|name| {
        let person = house.telegram.person(name, "ru");
        person.with_patience(LONG)
    });
    // One who never wrote to the bot cannot be told, and stands in nobody's way.
    let stranger = house.telegram.person("Виктор", "ru").chat();
    let admins = format!("{stranger},{}", anna.chat());
    let house = house
        .with("ADMIN_CHATS", &admins)
        .with_silence(Duration::from_secs(5));
    let bot = house.bot().await;
    say(&anna, "/start").await;
    let told = anna.wait_for_text(SILENT).await.unwrap();
    assert!(told.text.contains("Люди не узнают"), "{}", told.text);
    bot.stop().await;

    // Started anew it tells who has not heard of it, and nobody twice.
    let admins = format!("{admins},{}", boris.chat());
    let house = house.with("ADMIN_CHATS", &admins);
    let bot = house.bot().await;
    say(&boris, "/start").await;
    boris.wait_for_text(SILENT).await.unwrap();
    assert_eq!(n_saying(&anna, SILENT), 1);

    let pinger = house.pinger().await;
    anna.wait_for_text(BACK).await.unwrap();
    boris.wait_for_text(BACK).await.unwrap();
    tokio::join!(bot.stop(), pinger.stop());
    assert_eq!([n_saying(&anna, SILENT), n_saying(&anna, BACK)], [1, 1]);
    let noticed = store(&house).await.silence_notices().await.unwrap();
    assert_eq!(noticed, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_pinger_is_told_to_operators_as_status_tells_it_to_everybody() {
    let house = calm_house().await;
    let anna = house.telegram.person("Анна", "ru").with_patience(LONG);
    let boris = house.telegram.person("Борис", "ru");
    let house = house
        .with("ADMIN_CHATS", &anna.chat().to_string())
        // More than the time between two signs of life, and than three of them on a slow machine.
        .with_silence(Duration::from_secs(35));
    // Nothing is told because the bot came first.
    let bot = house.bot().await;
    say(&anna, "/start").await;
    say(&boris, "/start").await;
    let pinger = pinger(&house).await;
    add(&boris, &house.star()).await;
    house.open(&house.star(), house.city.wall(2, 9, 40));
    boris.wait_for(is_alert).await.unwrap();
    pinger.kill().await.unwrap();
    let told = anna.wait_for_text("Проверка талонов не работает с").await;
    let told = told.unwrap().text;
    let since = told.lines().next().unwrap();
    let status = say(&boris, "/status").await;
    assert!(status.text.contains(since), "{} / {since}", status.text);
    assert_eq!(n_saying(&anna, "Проверка талонов"), 1);
    bot.stop().await;
}

/// One metric of a program, as Prometheus reads it; `None` while it is not there.
async fn metric(address: &str, name: &str) -> Option<f64> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://{address}/metrics")).send();
    let text = answer.await.ok()?.text().await.ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}

async fn until(address: &str, name: &str, is_so: impl Fn(f64) -> bool) {
    let asking = async {
        while !metric(address, name).await.is_some_and(&is_so) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let asked = timeout(LONG, asking).await;
    assert!(asked.is_ok(), "{name}: {:?}", metric(address, name).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pinger_measures_what_a_bot_that_is_away_owes_people() {
    const OLDEST: &str = "talon_undelivered_oldest_seconds";
    const AGE: &str = "talon_bot_heartbeat_age_seconds";
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let house = House::new().await.with("PINGER_METRICS_ADDR", &address);
    let pinger = pinger(&house).await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/start").await;
    add(&anna, &house.star()).await;
    house.open(&house.star(), house.city.wall(2, 9, 40));
    anna.wait_for(is_alert).await.unwrap();
    until(&address, OLDEST, |age| age == 0.0).await;
    bot.stop().await;
    house.open(&house.star(), house.city.wall(2, 10, 20));
    until(&address, OLDEST, |age| age > 5.0).await;
    until(&address, AGE, |age| age > 5.0).await;
    let bot = house.bot().await;
    anna.wait_for_text("10:20").await.unwrap();
    until(&address, OLDEST, |age| age == 0.0).await;
    until(&address, AGE, |age| age < 5.0).await;
    tokio::join!(bot.stop(), async { pinger.terminate().await.unwrap() });
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_owed_what_telegram_asked_to_hold_back() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/start").await;
    add(&anna, &house.star()).await;
    let sends = Calls::of("sendMessage").in_chat(anna.chat());
    let hold = Trouble::TooMany(Some(3_600));
    house.telegram.trouble_times(sends, hold, 1);
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let path = house.folder.path().join("talon.db");
    let store = Store::open(&path, Program::Pinger).await.unwrap();
    let held = async {
        while store.export(anna.chat()).await.unwrap()["people"][0]["held_until"].is_null() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LONG, held).await.expect("the bot notes it");
    let person = store.person(anna.chat()).await.unwrap().unwrap().id;
    let news = store.news(person, Utc::now()).await.unwrap().unwrap();
    assert!(!news.doctors.is_empty(), "it is pending all the same");
    assert_eq!(store.may_be_owed(Utc::now()).await.unwrap(), []);
    tokio::join!(bot.stop(), pinger.stop());
}

/// What a program tells the service manager.
struct Systemd {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Systemd {
    fn new(house: &House, name: &str) -> Self {
        let path = house.folder.path().join(format!("{name}.notify"));
        let socket = UnixDatagram::bind(&path).unwrap();
        Self { socket, path }
    }

    async fn start(&self, house: &House, name: &'static str) -> Binary {
        let mut settings = house.settings();
        for (key, value) in [
            ("NOTIFY_SOCKET", self.path.to_str().unwrap()),
            ("WATCHDOG_USEC", "600000"),
        ] {
            settings.push((key.to_owned(), value.to_owned()));
        }
        let folder = house.folder.path();
        Binary::start(name, &settings, folder).await.unwrap()
    }

    async fn hears(&self, word: &str) {
        let hearing = async {
            let mut said = [0; 256];
            loop {
                let n = self.socket.recv(&mut said).await.unwrap();
                if String::from_utf8_lossy(&said[..n]).trim() == word {
                    return;
                }
            }
        };
        let heard = timeout(LONG, hearing).await;
        assert!(heard.is_ok(), "{word} was never said");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_hears_of_both_programs_even_while_the_database_is_locked() {
    let house = House::new().await;
    for name in ["pinger", "bot"] {
        let systemd = Systemd::new(&house, name);
        let program = systemd.start(&house, name).await;
        systemd.hears("READY=1").await;
        systemd.hears("WATCHDOG=1").await;
        let mut other = Connection::open(house.folder.path().join("talon.db")).unwrap();
        other.busy_timeout(LONG).unwrap();
        let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive);
        let lock = lock.unwrap();
        // Six times as long as the service manager would wait for the next word.
        for _ in 0..18 {
            systemd.hears("WATCHDOG=1").await;
        }
        lock.rollback().unwrap();
        let (said, ()) = tokio::join!(program.terminate(), systemd.hears("STOPPING=1"));
        said.unwrap();
    }
    let beat = store(&house).await.heartbeat(Program::Bot).await.unwrap();
    assert!(beat.unwrap().stopped_at.is_some_and(|at| at <= Utc::now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_takes_long_asks_the_service_manager_for_time() {
    let house = House::new().await;
    drop(store(&house).await);
    let mut other = Connection::open(house.folder.path().join("talon.db")).unwrap();
    let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive);
    let lock = lock.unwrap();
    let systemd = Systemd::new(&house, "pinger");
    let pinger = systemd.start(&house, "pinger").await;
    systemd.hears("EXTEND_TIMEOUT_USEC=60000000").await;
    lock.rollback().unwrap();
    systemd.hears("READY=1").await;
    pinger.terminate().await.unwrap();
}
