//! How far long work is, as the log of the real programs says it.

use super::crowd::crowd;
use super::house::House;
use super::processes::start;
use rusqlite::Connection;
use shared::store::known_version;
use std::path::Path;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(120);

/// The number in this field of the first line with these words.
#[track_caller]
fn field(said: &str, words: &str, name: &str) -> u64 {
    let line = said.lines().find(|line| line.contains(words)).unwrap();
    let (_, value) = line.split_once(&format!("{name}=")).unwrap();
    let digits = value.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    digits.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_and_a_message_to_everybody_say_how_far_they_are() {
    let house = House::new().await.with("ALERTS_PER_SECOND", "8");
    let operator = house.telegram.person("Оператор", "ru").known();
    let house = house.with("ADMIN_CHATS", &operator.chat().to_string());
    let people = crowd(&house, &house.star(), 80).await;
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let words = "a crowd is being told";
    bot.says(words, LONG).await.unwrap();
    let said = bot.said();
    let (n_told, n_left) = (field(&said, words, "n_told"), field(&said, words, "n_left"));
    let n = u64::try_from(people.len()).unwrap();
    assert!(n_told > 0 && n_left > 0 && n_told + n_left <= n, "{said}");
    let words = "the crowd has been told";
    bot.says(words, LONG).await.unwrap();
    assert_eq!(field(&bot.said(), words, "n_told"), n);

    let operator = operator.with_patience(LONG);
    operator.say("/start");
    operator.answer().await.unwrap();
    operator.say("/broadcast Завтра бот полчаса не работает");
    operator.press("Отправить всем").await.unwrap();
    let words = "sending to everybody";
    bot.says(words, LONG).await.unwrap();
    let said = bot.said();
    assert!(field(&said, words, "n_sent") > 0, "{said}");
    assert_eq!(field(&said, words, "n_people"), n + 1, "{said}");
    assert!(!said.contains("полчаса"), "{said}");
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_reading_of_the_catalogue_says_how_far_it_is() {
    let house = House::new().await;
    let pinger = start(&house, "pinger").await;
    let words = "reading the specialties of every clinic for the first time";
    pinger.says(words, LONG).await.unwrap();
    let n = field(&pinger.said(), words, "n_clinics");
    assert!(n > 0);
    let words = "the specialties of every clinic have been read";
    pinger.says(words, LONG).await.unwrap();
    assert_eq!(field(&pinger.said(), words, "n_clinics"), n);
    pinger.terminate().await.unwrap();
}

/// A file as the program of this schema made it.
fn older(path: &Path, schema: u32) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/src/store/schema");
    let db = Connection::open(path).unwrap();
    db.execute_batch("pragma journal_mode = wal; pragma application_id = 0x74616c6e")
        .unwrap();
    for number in 1..=schema {
        let sql = std::fs::read_to_string(folder.join(format!("{number:04}.sql")));
        db.execute_batch(&sql.unwrap()).unwrap();
    }
    db.pragma_update(None, "user_version", schema).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_brought_up_to_date_says_each_step() {
    let house = House::new().await;
    let known = known_version();
    older(&house.folder.path().join("talon.db"), known - 2);
    let bot = start(&house, "bot").await;
    bot.says("the database is up to date", LONG).await.unwrap();
    let said = bot.terminate().await.unwrap();
    for (step, schema) in [(1, known - 1), (2, known)] {
        let words = format!("bringing the database to schema {schema}");
        assert_eq!(field(&said, &words, "step"), step, "{said}");
        assert_eq!(field(&said, &words, "n_steps"), 2, "{said}");
    }
}
