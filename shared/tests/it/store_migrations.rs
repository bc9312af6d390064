//! Files of every older schema, with something in every table, opened by the programs of today.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use rusqlite::types::Value;
use shared::store::{Program, Store, StoreError, known_version};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The migrations as they were released, by number. Frozen: only ever added to.
fn released() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/schema");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect()
}

/// Far enough ahead that nobody drops it as past: 2099.
const AHEAD: i64 = 4_070_908_800_000;

/// One row for every table there ever was, in the words of the version that brought it. In an order that keeps to the
/// references. A migration that adds a table adds its line here, or the test fails.
const ROWS: &[(&str, &str)] = &[
    ("people", "(id, chat_id, topic_id, lang, watching, watching_set, quiet_from, quiet_to, created_at, last_seen_at)
        values (7, 70, 5, 'en', 1, 1700000000000, 1380, 420, 1700000000000, 1700000000000),
               (8, -80, null, 'ru', 0, null, null, null, 1700000000000, 1700000000000)"),
    ("watches", r#"(id, person_id, wish, paused_until, is_urgent, told_through, created_at)
        values (5, 7, '{"weekdays":[0,1],"note":"«ё»"}', null, 1, 3, 1700000000000),
               (6, 8, '{}', 9223372036854, 0, 0, 1700000000000)"#),
    ("watch_targets", "(watch_id, lpu_id, specialty_id, doctor_id)
        values (5, 30, '35-1', 'д26.114,1'), (5, 31, '35-1', null), (6, 30, '35-1', 'д26.114,1')"),
    ("alerts", "(id, person_id, message_id, sent_at, shown) values (1, 7, 11, 1700000000000, '10')"),
    ("alert_slots", "(alert_id, lpu_id, specialty_id, doctor_id, start, opened_by, room, person_id, watch_id, is_told)
        values (1, 30, '35-1', 'д26.114,1', 4070908800000, 2, '312', 7, 5, 1)"),
    ("look_requests", "(lpu_id, specialty_id, doctor_id, asked_at) values (30, '35-1', '', 1700000000000)"),
    ("dialogues", r#"(chat_id, user_id, state, updated_at) values (70, 70, '{"any":"thing"}', 1700000000000)"#),
    ("catalogue_lists", "(name, read_at) values ('districts', 1700000000000), ('specialties/30', 1700000000001)"),
    ("districts", "(id, name, read_at) values ('1', 'Приморский', 1700000000000)"),
    ("lpus", "(id, district_id, short_name, full_name, address, phone, is_active, read_at)
        values (30, '1', 'ГП №287', 'Поликлиника', 'ул. Тростниковая', '(812) 000-02-87', 1, 1700000000000),
               (31, '1', 'ГП №1', 'Другая', null, null, 0, 1700000000000)"),
    ("departments", "(lpu_id, specialty_id, name, fer_id, n_free, n_tickets, nearest, last, read_at)
        values (30, '35-1', 'Офтальмолог', '35', 1, 2, 4070908800000, 4070908800000, 1700000000000)"),
    ("doctors", "(lpu_id, specialty_id, doctor_id, name, n_free, n_tickets, read_at)
        values (30, '35-1', 'д26.114,1', 'Дроздова Мария Львовна', 1, 1, 1700000000000)"),
    ("department_doctors", "(lpu_id, specialty_id, doctor_id, listed_since, n_missing, n_free, n_tickets)
        values (30, '35-1', 'д26.114,1', 1700000000000, 0, 1, 1)"),
    ("department_readings", "(lpu_id, specialty_id, begun_at, read_at, good_at, failing_since, failure_kind, failure_code)
        values (30, '35-1', 1700000000000, 1700000000001, 1700000000001, null, null, null),
               (31, '35-1', 1700000000000, 1700000000001, null, 1700000000001, 'clinic', 603)"),
    ("doctor_readings", "(lpu_id, doctor_id, begun_at, read_at, first_good_at, good_at, timetable_at, n_days)
        values (30, 'д26.114,1', 1700000000000, 1700000000001, 1700000000001, 1700000000001, 1700000000002, 3)"),
    ("slots", "(lpu_id, doctor_id, start, end, slot_id, room, number, n_places, opened_by)
        values (30, 'д26.114,1', 4070908800000, 4070909700000, 'a-1', '312', '7', 2, 2)"),
    ("events", "(id, at, kind, lpu_id, doctor_id, start, not_seen_at)
        values (2, 1700000000000, 'slot_appeared', 30, 'д26.114,1', 4070908800000, 1699999999000),
               (9, 1700000000001, 'doctor_gone', 30, 'д26.114,1', null, null)"),
    ("heartbeats", "(program, started_at, at, stopped_at) values ('pinger', 1700000000000, 1700000000001, null)"),
    ("holds", "(name, not_before) values ('portal', 1700000000000)"),
    ("recent_targets", "(person_id, lpu_id, specialty_id, doctor_id, used_at) values (8, 31, '35-1', '', 1700000000000)"),
    ("shares", "(token, targets, wish, expires_at) values ('abc', '[]', '{}', 4070908800000)"),
    ("shares_made", "(id, person_id, made_at) values (1, 7, 1700000000000)"),
    ("told_facts", "(person_id, lpu_id, specialty_id, doctor_id, told_at) values (7, 30, '35-1', 'x', 1700000000000)"),
    ("takers", "(person_id, message_id, user_id, taken_at) values (8, 11, 70, 1700000000000)"),
    ("broadcasts", "(id, chat_id, text, made_at, through) values (1, 70, 'Завтра не работаем', 1700000000000, 7)"),
    ("looks_daily", "(lpu_id, doctor_id, day, n_looks, n_failed) values (30, 'д26.114,1', '2026-11-20', 5, 1)"),
    ("requests_hourly", "(hour, n_good, n_failed) values (1700000000000, 9, 1)"),
    ("card_slots", "(watch_id, lpu_id, doctor_id, start, opened_by) values (6, 30, 'д26.114,1', 4070908800000, 2)"),
    ("told_slots", "(person_id, message_id, number, watch_id, lpu_id, specialty_id, doctor_id, start, end)
        values (7, 11, 0, 5, 30, '35-1', 'д26.114,1', 4070908800000, 4070909700000)"),
    ("bookings", "(id, person_id, watch_id, lpu_id, specialty_id, doctor_id, start, end, created_at)
        values (1, 7, 5, 30, '35-1', 'д26.114,1', 4070908800000, 4070909700000, 1700000000000)"),
    ("reminders", "(booking_id, kind, due_at, sent_at) values (1, 'evening', 4070900000000, null)"),
    ("watch_areas", "(id, watch_id, fer_id, name, district_id, is_for_children) values (1, 6, '35', 'офтальмолог', '1', null)"),
    ("gates", "(lpu_id, specialty_id, n_free, n_tickets, nearest, last) values (30, '35-1', 1, 2, null, null)"),
    ("gate_readings", "(lpu_id, begun_at, read_at, good_at, every_ms) values (30, 1700000000000, 1700000000001, null, 60000)"),
    ("learned", "(lpu_id, specialty_id, profile) values (30, '35-1', x'00ff10')"),
    ("opened", "(lpu_id, specialty_id, what, place, n) values (30, '35-1', 'hour', 9, 4)"),
    ("clinic_tries", "(lpu_id, tried_at, good_at, failing_since, failed_at, n_failed, failure_kind, silence)
        values (30, 1700000000000, null, 1700000000000, 1700000000000, 1, 'clinic', null)"),
    ("outages", "(id, since, is_held, found_at, back_at) values (1, 1700000000000, 0, 1700000000001, 1700000000002)"),
    ("trying", "(one, since, held_since) values (1, 1700000000000, null)"),
    ("told_outages", "(person_id, lpu_id, silence, told_at) values (7, 0, 1, 1700000000001)"),
    ("silence_notices", "(chat_id, silent_at, told_at) values (70, 1700000000000, 1700000000001)"),
    ("told_areas", "(area_id, told_at) values (1, 1700000000001)"),
];

/// Rows by table and column, in the order of the table.
type Contents = BTreeMap<String, BTreeMap<String, Vec<Value>>>;

fn tables(db: &Connection) -> Vec<String> {
    let sql = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
    let mut query = db.prepare(sql).unwrap();
    let names = query.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

fn columns(db: &Connection, table: &str) -> Vec<String> {
    let mut query = db
        .prepare("select name from pragma_table_info(?1)")
        .unwrap();
    let names = query.query_map([table], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

fn contents(db: &Connection) -> Contents {
    let of_column = |table: &str, column: &str| {
        let sql = format!("select {column} from {table} order by 1");
        let mut query = db.prepare(&sql).unwrap();
        let values = query.query_map([], |row| row.get(0)).unwrap();
        values.map(Result::unwrap).collect::<Vec<Value>>()
    };
    let of_table = |table: &String| {
        let columns = columns(db, table).into_iter();
        columns
            .map(|column| (column.clone(), of_column(table, &column)))
            .collect()
    };
    let tables = tables(db).into_iter();
    tables
        .map(|table| (table.clone(), of_table(&table)))
        .collect()
}

fn version(db: &Connection) -> u32 {
    db.query_row("pragma user_version", [], |row| row.get(0))
        .unwrap()
}

/// As a program of that version left it: each migration in its time, and a row for each table it brought, so that
/// those after it find something to work on.
fn file_of(number: usize, folder: &Path) -> PathBuf {
    let path = folder.join(format!("{number}.db"));
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.pragma_update(None, "foreign_keys", true).unwrap();
    for (migration, n) in released().iter().take(number).zip(1_u32..) {
        let before = tables(&db);
        db.execute_batch(migration).unwrap();
        let new: Vec<_> = tables(&db)
            .into_iter()
            .filter(|table| !before.contains(table))
            .collect();
        for (table, row) in ROWS
            .iter()
            .filter(|(table, _)| new.iter().any(|new| new == table))
        {
            db.execute_batch(&format!("insert into {table} {row}"))
                .unwrap();
        }
        db.pragma_update(None, "user_version", n).unwrap();
    }
    db.pragma_update(None, "application_id", 0x7461_6c6e)
        .unwrap();
    path
}

fn check_is_sound(db: &Connection) {
    let found: String = db
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, "ok");
    let sql = "select count(*) from pragma_foreign_key_check";
    let n_orphans: u32 = db.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(n_orphans, 0);
}

#[tokio::test]
async fn a_file_of_every_older_schema_is_brought_up_to_date_with_all_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let newest = released().len();
    assert_eq!(newest, known_version() as usize);
    for number in 1..=newest {
        let path = file_of(number, folder.path());
        let before = contents(&Connection::open(&path).unwrap());
        for (table, columns) in &before {
            let is_empty = columns.values().all(Vec::is_empty);
            assert!(!is_empty, "schema {number} has nothing in {table}");
        }
        drop(Store::open(&path, Program::Bot).await.unwrap());
        let db = Connection::open(&path).unwrap();
        assert_eq!(version(&db), known_version());
        check_is_sound(&db);
        let after = contents(&db);
        for (table, columns) in &before {
            for (column, values) in columns {
                let kept = &after[table][column];
                assert_eq!(kept, values, "{table}.{column} of schema {number}");
            }
        }
        check_is_read(&path).await;
    }
}

/// What people would miss, asked of the store.
async fn check_is_read(path: &Path) {
    let now: DateTime<Utc> = "2026-11-21T09:00:00Z".parse().unwrap();
    let store = Store::open(path, Program::Bot).await.unwrap();
    let anna = store.person(70).await.unwrap().unwrap();
    assert!(anna.is_watching && anna.quiet.is_some());
    let watches = store.watches(anna.id, now).await.unwrap();
    assert_eq!(watches.len(), 1);
    assert_eq!(watches[0].targets.len(), 2);
    assert_eq!(store.alerts(anna.id).await.unwrap()[0].n_slots, 1);
    let group = store.person(-80).await.unwrap().unwrap();
    let cards = store.watches(group.id, now).await.unwrap();
    assert!(cards[0].is_paused(now), "its pause is kept");
    let looks = store
        .look_requests(now - TimeDelta::days(2000))
        .await
        .unwrap();
    assert_eq!(looks.len(), 1);
    let later = DateTime::from_timestamp_millis(AHEAD).unwrap() - TimeDelta::days(1);
    let news = store.news(anna.id, later).await.unwrap().unwrap();
    assert_eq!(news.cursors[0].1.0, 3);
    assert_eq!(news.through.0, 9);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_old_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    // In the way of each later migration: a table of the name it is about to make.
    let in_the_way = |after: usize| {
        let made = released()[after].clone();
        let name = made.split("create table ").nth(1).unwrap();
        name.split([' ', '(']).next().unwrap().to_owned()
    };
    for number in 1..released().len() {
        for after in number..released().len() {
            let own = folder.path().join(format!("{number}-{after}"));
            std::fs::create_dir(&own).unwrap();
            let path = file_of(number, &own);
            let table = in_the_way(after);
            let db = Connection::open(&path).unwrap();
            db.execute(&format!("create table {table} (mine)"), [])
                .unwrap();
            let before = contents(&db);
            drop(db);
            let opened = Store::open(&path, Program::Bot).await;
            assert!(matches!(opened, Err(StoreError::Failed(_))), "{opened:?}");
            let db = Connection::open(&path).unwrap();
            assert_eq!(version(&db) as usize, number);
            assert_eq!(contents(&db), before, "{number} to {after}");
            check_is_sound(&db);
            // Out of the way, it goes on from there.
            db.execute(&format!("drop table {table}"), []).unwrap();
            drop(db);
            drop(Store::open(&path, Program::Bot).await.unwrap());
        }
    }
}
