//! `bot check` and `pinger check`: what they say, and that they change nothing.

use super::house::House;
use super::processes::{start, waiting};
use super::refused::AS_ANYBODY;
use super::webhook::{hooked, polling};
use rusqlite::Connection;
use sandbox::telegram::{Calls, TOKEN, Trouble};
use sandbox::{Binary, Fault, Scope};
use shared::store::{Program, Store, inspect, known_version};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// What a check ended with, and its lines.
struct Checked {
    code: i32,
    said: String,
}

impl Checked {
    /// The line about something begins so, and says all of this.
    #[track_caller]
    fn says(&self, mark: &str, what: &str, parts: &[&str]) {
        let begin = format!("{mark}  {what:<10}  ");
        let line = self
            .said
            .lines()
            .find(|line| line.starts_with(&begin) && parts.iter().all(|part| line.contains(part)));
        assert!(line.is_some(), "no {begin}{parts:?} in:\n{}", self.said);
    }

    /// Nothing but `ok`, save about these.
    #[track_caller]
    fn is_well_but(&self, troubles: &[&str]) {
        for line in self.said.lines() {
            let (mark, rest) = line.split_at(4);
            let what = rest.split_whitespace().next().unwrap();
            let want = if troubles.contains(&what) {
                "!!  "
            } else {
                "ok  "
            };
            assert_eq!(mark, want, "{}", self.said);
        }
    }
}

/// `bot check` or `pinger check`, as an operator calls it.
async fn check(house: &House, name: &'static str) -> Checked {
    check_through(house, name, &[]).await
}

async fn check_through(house: &House, name: &'static str, through: &[&str]) -> Checked {
    let mut command = through.to_vec();
    command.extend(["sh", "-c", "exec \"$0\" check"]);
    let folder = house.folder.path();
    let settings = house.settings();
    let program = Binary::start_through(name, &settings, folder, &command);
    let (status, said) = program.await.unwrap().ends(LONG).await.unwrap();
    let (_, secret) = TOKEN.split_once(':').unwrap();
    assert!(!said.contains(secret), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    Checked {
        code: status.code().unwrap(),
        said,
    }
}

fn database(house: &House) -> PathBuf {
    house.folder.path().join("talon.db")
}

/// A good file that nobody uses, in a house whose programs have never run.
async fn file(house: &House) {
    drop(Store::open(&database(house), Program::Bot).await.unwrap());
    let db = Connection::open(database(house)).unwrap();
    db.execute_batch("pragma wal_checkpoint(truncate)").unwrap();
}

/// Every file in the folder with its content and the time it was changed, the index of the log aside: locks are in it.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let named = files.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    named
        .filter(|(name, _)| !name.ends_with("-shm"))
        .map(|(name, path)| {
            let changed = fs::metadata(&path).unwrap().modified().unwrap();
            (name, (fs::read(path).unwrap(), changed))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_the_running_programs_all_is_well_and_nothing_is_disturbed() {
    let house = House::new().await;
    let operator = house.telegram.acquaintance("Оператор", "ru");
    let house = house.with("ADMIN_CHATS", &operator.chat().to_string());
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let anna = waiting(&house).await;
    let (asked, requested) = (house.telegram.log().end(), house.portal.log().end());

    let checked = check(&house, "bot").await;
    assert_eq!(checked.code, 0, "{}", checked.said);
    checked.is_well_but(&[]);
    checked.says(
        "ok",
        "database",
        &["talon.db", "sound", &format!("schema {}", known_version())],
    );
    checked.says("ok", "settings", &["read"]);
    checked.says("ok", "disk", &["MiB free"]);
    checked.says("ok", "bot", &["running for"]);
    checked.says("ok", "pinger", &["running for"]);
    checked.says("ok", "portal", &["districts in"]);
    checked.says("ok", "telegram", &["@talon_sandbox_bot answers in"]);
    checked.says("ok", "clock", &["Telegram's"]);
    checked.says("ok", "updates", &["long polls"]);
    checked.says("ok", "commands", &["in the menu"]);
    checked.says("ok", "admins", &["can be reached (private)"]);
    checked.says("ok", "metrics", &["BOT_METRICS_ADDR is not set"]);
    // By its own words it asks for no update: the only polls are the bot's, and none of them was ended.
    let calls = house.telegram.log().since(asked);
    assert!(
        calls.iter().all(|call| call.refusal() != Some(409)),
        "{calls:?}"
    );
    let n_asked = calls.iter().filter(|call| call.method == "getMe").count();
    assert_eq!(n_asked, 1);

    let checked = check(&house, "pinger").await;
    assert_eq!(checked.code, 0, "{}", checked.said);
    checked.is_well_but(&[]);
    assert!(!checked.said.contains("telegram"), "{}", checked.said);
    let requests = house.portal.log().since(requested);
    let n_districts = requests
        .iter()
        .filter(|request| request.path.ends_with("/shared/districts"))
        .count();
    assert!(n_districts <= 2, "{n_districts}");

    // And the programs go on as if nobody had looked.
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let patient = anna.with_patience(LONG);
    let told = patient.wait_for(|message| message.text.contains("09:40"));
    told.await.unwrap();
    let said = bot.terminate().await.unwrap() + pinger.terminate().await.unwrap().as_str();
    for trouble in ["WARN", "ERROR"] {
        assert!(!said.contains(trouble), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_stays_as_it_was_to_the_byte() {
    let house = House::new().await;
    file(&house).await;
    let folder = house.folder.path();
    // Whole and unused; then as a kill leaves it, with a log beside it.
    for is_killed in [false, true] {
        if is_killed {
            let db = Connection::open(database(&house)).unwrap();
            db.execute_batch("create table note (text); drop table note")
                .unwrap();
            let other = folder.join("copy");
            fs::create_dir(&other).unwrap();
            for name in ["talon.db", "talon.db-wal"] {
                fs::copy(folder.join(name), other.join(name)).unwrap();
            }
            drop(db);
            for name in ["talon.db", "talon.db-wal"] {
                fs::rename(other.join(name), folder.join(name)).unwrap();
            }
        }
        let before = files(folder);
        assert_eq!(before.contains_key("talon.db-wal"), is_killed);
        for name in ["bot", "pinger"] {
            let checked = check(&house, name).await;
            checked.says("ok", "database", &["sound"]);
            assert_eq!(checked.code, 1, "the other has never run: {}", checked.said);
            assert!(files(folder) == before, "{name}, {is_killed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_the_database_is_named() {
    let house = House::new().await;
    let path = database(&house);
    let both = async |parts: &[&str], through: &[&str]| {
        let before = files(house.folder.path());
        for name in ["bot", "pinger"] {
            let checked = check_through(&house, name, through).await;
            checked.says("!!", "database", parts);
            assert_eq!(checked.code, 1, "{}", checked.said);
            checked.says("ok", "portal", &["districts"]);
        }
        assert!(files(house.folder.path()) == before, "{parts:?}");
    };
    both(&["is not there", "first start"], &[]).await;
    assert!(!path.exists());

    file(&house).await;
    let good = fs::read(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    both(&["read but not written to", "DATABASE_PATH"], &AS_ANYBODY).await;
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();

    let mut torn = good.clone();
    let middle = torn.len() / 2 / 4096 * 4096;
    torn[middle..middle + 4096].fill(0xa5);
    fs::write(&path, torn).unwrap();
    both(&["damaged, restore a backup"], &[]).await;

    fs::write(&path, "people and doctors\n".repeat(500)).unwrap();
    both(&["not a database of the talon watcher"], &[]).await;

    fs::write(&path, &good).unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch(&format!("pragma user_version = {}", known_version() + 1))
        .unwrap();
    drop(db);
    both(&["newer program"], &[]).await;

    fs::write(&path, &good).unwrap();
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("begin exclusive").unwrap();
    both(&["locked by somebody else"], &[]).await;
    holder.execute_batch("rollback").unwrap();
    drop(holder);

    // An older one is brought up to date by the programs, not by this.
    let db = Connection::open(&path).unwrap();
    db.execute_batch(&format!("pragma user_version = {}", known_version() - 1))
        .unwrap();
    drop(db);
    let before = files(house.folder.path());
    let checked = check(&house, "pinger").await;
    checked.says(
        "ok",
        "database",
        &["the next start brings it to", "pinger backup"],
    );
    assert!(files(house.folder.path()) == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_the_portal_is_told_apart() {
    let house = House::new().await;
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let _anna = waiting(&house).await;
    for (fault, parts) in [
        (
            Fault::Status(403),
            &[
                "refuses this address",
                "GORZDRAV_PROXY",
                "REQUESTS_PER_SECOND",
            ][..],
        ),
        (Fault::Html, &["web page", "GORZDRAV_PROXY"]),
        (Fault::Silent, &["silent", "REQUEST_TIMEOUT"]),
        (Fault::Status(502), &["in trouble (HTTP 502)"]),
    ] {
        let id = house.city.fault(Scope::all(), fault);
        for name in ["bot", "pinger"] {
            let checked = check(&house, name).await;
            checked.says("!!", "portal", parts);
            assert_eq!(checked.code, 1, "{}", checked.said);
            checked.is_well_but(&["portal"]);
        }
        house.city.clear(id);
    }
    house.portal.down().await.unwrap();
    check(&house, "pinger")
        .await
        .says("!!", "portal", &["cannot be reached", "refused"]);
    house.portal.up().await.unwrap();

    // Once it asks to be left alone nobody asks, this one neither.
    house
        .city
        .fault(Scope::all(), Fault::TooManyRequests(Some("600".into())));
    let mut tries = tokio::time::interval(Duration::from_millis(50));
    let held = async {
        while inspect(&database(&house)).unwrap().hold.is_none() {
            tries.tick().await;
        }
    };
    tokio::time::timeout(LONG, held).await.unwrap();
    let asked = house.portal.log().end();
    for name in ["bot", "pinger"] {
        let checked = check(&house, name).await;
        checked.says("!!", "portal", &["not asked", "no request before"]);
    }
    assert!(house.portal.log().since(asked).is_empty());
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_telegram_is_told_apart() {
    let house = House::new().await;
    let taken = house.telegram.api_url.replace("http://", "");
    let house = house
        .with("ADMIN_CHATS", "4815162342")
        .with("BOT_METRICS_ADDR", &taken);
    file(&house).await;
    let checked = check(&house, "bot").await;
    checked.says("!!", "admins", &["4815162342", "chat not found", "/start"]);
    checked.says(
        "!!",
        "metrics",
        &["served by another program", "BOT_METRICS_ADDR"],
    );
    checked.says("ok", "commands", &["not in the menu yet"]);
    assert_eq!(checked.code, 1, "{}", checked.said);

    for (trouble, parts) in [
        (Trouble::Garbage, &["something else than Telegram"][..]),
        (
            Trouble::Refuse(502, "Bad Gateway".into()),
            &["in trouble", "Bad Gateway"],
        ),
        (Trouble::TooMany(Some(7)), &["asks to wait"]),
        (Trouble::Cut, &["cannot be reached", "TELOXIDE_PROXY"]),
    ] {
        let id = house.telegram.trouble(Calls::of("getMe"), trouble);
        let checked = check(&house, "bot").await;
        checked.says("!!", "telegram", parts);
        assert_eq!(checked.code, 1, "{}", checked.said);
        house.telegram.clear(id);
    }
    house.telegram.down().await.unwrap();
    let checked = check(&house, "bot").await;
    checked.says("!!", "telegram", &["cannot be reached", "refused"]);
    checked.says("ok", "portal", &["districts"]);
    house.telegram.up().await.unwrap();

    let house = house.with("TELOXIDE_TOKEN", "1000:a-token-of-nobody-at-all");
    let checked = check(&house, "bot").await;
    checked.says("!!", "telegram", &["TELOXIDE_TOKEN", "@BotFather"]);
    assert!(!checked.said.contains("of-nobody"), "{}", checked.said);
    assert_eq!(checked.code, 2, "{}", checked.said);
    let house = house.with("TELOXIDE_TOKEN", "");
    let checked = check(&house, "bot").await;
    assert_eq!(
        checked.said.trim(),
        "bot: TELOXIDE_TOKEN: it is not set; put it into the environment or into .env"
    );
    assert_eq!(checked.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_running_is_missed() {
    let house = House::new().await;
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let _anna = waiting(&house).await;
    pinger.terminate().await.unwrap();
    let checked = check(&house, "bot").await;
    checked.is_well_but(&["pinger"]);
    checked.says("!!", "pinger", &["was ended", "start it"]);
    assert_eq!(checked.code, 1);
    check(&house, "pinger")
        .await
        .says("ok", "pinger", &["not running"]);
    bot.terminate().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_has_the_file_open_sees_no_change() {
    let house = House::new().await;
    file(&house).await;
    let db = Connection::open(database(&house)).unwrap();
    let version = || db.query_row("pragma data_version", [], |row| row.get::<_, i64>(0));
    let before = (version().unwrap(), files(house.folder.path()));
    for name in ["bot", "pinger"] {
        check(&house, name).await.says("ok", "database", &["sound"]);
    }
    assert!((version().unwrap(), files(house.folder.path())) == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_webhook_mode_it_says_whether_updates_arrive() {
    let (house, address) = hooked().await;
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let anna = house.telegram.person("Анна", "ru").with_patience(LONG);
    anna.say("/start");
    anna.answer().await.unwrap();
    bot.says("Telegram sends updates by webhook", LONG)
        .await
        .unwrap();
    let checked = check(&house, "bot").await;
    checked.is_well_but(&[]);
    checked.says("ok", "updates", &["by webhook at 127.0.0.1"]);
    checked.says("ok", "webhook", &[&address.to_string(), "running program"]);

    // The bot is away, and Telegram says that nothing arrives.
    bot.kill().await.unwrap();
    anna.say("/help");
    let mut tries = tokio::time::interval(Duration::from_millis(50));
    let refused = async {
        while house.telegram.webhook_error().is_none() {
            tries.tick().await;
        }
    };
    tokio::time::timeout(LONG, refused).await.unwrap();
    let checked = check(&house, "bot").await;
    checked.says(
        "!!",
        "updates",
        &["1 wait", "Connection refused", "reverse proxy"],
    );
    assert_eq!(checked.code, 1);
    assert_eq!(house.telegram.n_pending_updates(), 1);

    // Long polls next: the webhook goes at the start of the bot, not by this.
    let house = polling(house);
    check(&house, "bot")
        .await
        .says("!!", "updates", &["a webhook is set"]);
    assert!(!house.telegram.webhook().is_empty());
    pinger.terminate().await.unwrap();
}
