//! Everything kept about a person: shown by `/export`, erased by `/forget`. Both walk the schema itself, so that a new
//! table can be forgotten by neither.
//!
//! The shape of the export: an object with one array per table that holds something of the person (`people`,
//! `watches`, `watch_targets`, `alerts`, `dialogues`…), each element a row with its columns by name. Instants are
//! RFC 3339 in UTC, JSON kept in a column is JSON here too, ids are as the portal and Telegram gave them, or our own
//! numbers that join the rows: `watch_targets.watch_id` is `watches.id`.

use super::rows::{instant, ms};
use super::{Store, StoreError};
use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{Transaction, named_params};
use serde_json::{Map, Value};

/// Whoever cannot be reached, or left nothing behind, for so long is forgotten.
const FORGOTTEN_AFTER: chrono::TimeDelta = chrono::TimeDelta::days(180);

/// People forgotten in one go: a lock is not held for long.
const AT_ONCE: u32 = 200;

/// A table with the condition that tells a person's rows, by `:chat`.
struct Part {
    table: String,
    condition: String,
    /// Rows go with those of another table.
    is_cascade: bool,
}

/// Every table with something of a person: `people`, what refers to it, what refers to that, and what names a chat
/// or a user. Parents come first.
fn parts(db: &Transaction<'_>) -> Result<Vec<Part>, StoreError> {
    let mut left: Vec<String> = db
        .prepare_cached("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut parts = vec![Part {
        table: "people".to_owned(),
        condition: "chat_id = :chat".to_owned(),
        is_cascade: false,
    }];
    left.retain(|table| table != "people");
    // By reference as far as that reaches; then by name, and by reference again from there.
    let mut is_by_reference = true;
    loop {
        let mut found = Vec::new();
        for table in &left {
            let by_parent = by_parent(db, table, &parts)?;
            let is_cascade = !by_parent.is_empty();
            let by_name = by_name(db, table)?;
            let is_part = is_cascade || (!is_by_reference && !by_name.is_empty());
            let condition = [by_parent, by_name].concat().join(" or ");
            if is_part {
                found.push(Part {
                    table: table.clone(),
                    condition,
                    is_cascade,
                });
            }
        }
        if found.is_empty() {
            if !std::mem::take(&mut is_by_reference) {
                return Ok(parts);
            }
            continue;
        }
        left.retain(|table| found.iter().all(|part| part.table != *table));
        parts.extend(found);
    }
}

fn by_parent(db: &Transaction<'_>, table: &str, known: &[Part]) -> Result<Vec<String>, StoreError> {
    let mut query = db.prepare_cached(
        "select \"table\", \"from\", ifnull(\"to\", 'id') from pragma_foreign_key_list(?1) order by id",
    )?;
    let rows = query.query_map([table], |row| {
        Ok::<(String, String, String), _>((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let mut conditions = Vec::new();
    for row in rows {
        let (parent, from, to) = row?;
        if let Some(part) = known.iter().find(|part| part.table == parent) {
            conditions.push(format!(
                "{from} in (select {to} from {parent} where {})",
                part.condition
            ));
        }
    }
    Ok(conditions)
}

fn by_name(db: &Transaction<'_>, table: &str) -> Result<Vec<String>, StoreError> {
    let mut query = db.prepare_cached(
        "select name || ' = :chat' from pragma_table_info(?1) where name in ('chat_id', 'user_id')",
    )?;
    Ok(query
        .query_map([table], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

fn shown(column: &str, value: ValueRef<'_>) -> Value {
    let is_instant = column.ends_with("_at")
        || matches!(
            column,
            "start" | "end" | "paused_until" | "held_until" | "watching_set" | "expires_at"
        );
    match value {
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(at) if is_instant => instant(at)
            .to_rfc3339_opts(SecondsFormat::Millis, true)
            .into(),
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text).into_owned();
            match column {
                "wish" | "state" | "targets" => {
                    serde_json::from_str(&text).unwrap_or(Value::String(text))
                }
                _ => Value::String(text),
            }
        }
    }
}

fn rows(db: &Transaction<'_>, part: &Part, chat: i64) -> Result<Vec<Value>, StoreError> {
    let mut query = db.prepare(&format!(
        "select * from {} where {}",
        part.table, part.condition
    ))?;
    let columns: Vec<String> = query.column_names().map(str::to_owned).collect();
    let rows = query.query_map(named_params! { ":chat": chat }, |row| {
        let mut object = Map::new();
        for (n, column) in columns.iter().enumerate() {
            object.insert(column.clone(), shown(column, row.get_ref(n)?));
        }
        Ok(Value::Object(object))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Erases all that is kept of a chat.
fn erase(db: &Transaction<'_>, chat: i64) -> Result<(), StoreError> {
    // What names the chat without referring to its person does not go by itself.
    let parts = parts(db)?;
    for part in parts.iter().rev() {
        let sql = format!("delete from {} where {}", part.table, part.condition);
        if !part.is_cascade || part.condition.contains(" or ") {
            db.execute(&sql, named_params! { ":chat": chat })?;
        }
    }
    Ok(())
}

impl Store {
    /// Everything kept about the person of a chat, table by table; an empty object when nothing is.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn export(&self, chat: i64) -> Result<Value, StoreError> {
        self.read(move |db| {
            let mut all = Map::new();
            for part in parts(db)? {
                let rows = rows(db, &part, chat)?;
                if !rows.is_empty() {
                    all.insert(part.table, Value::Array(rows));
                }
            }
            Ok(Value::Object(all))
        })
        .await
    }

    /// `/forget`: erases the person with watches, alerts and conversations; all that [`Store::export`] shows.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn forget_person(&self, chat: i64) -> Result<(), StoreError> {
        self.write(move |db| erase(db, chat)).await
    }

    /// Forgets whoever could not be reached for 180 days, and whoever waited for nothing and said nothing for as long.
    /// Some at a time; returns how many.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn forget_gone(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        self.write(move |db| {
            let chats: Vec<i64> = db
                .prepare_cached(
                    "select chat_id from people p where last_seen_at < ?1 and (gone_at < ?1 or (gone_at is null
                         and not exists (select 1 from watches w where w.person_id = p.id)))
                     limit ?2",
                )?
                .query_map((ms(now - FORGOTTEN_AFTER), AT_ONCE), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for &chat in &chats {
                erase(db, chat)?;
            }
            db.execute("delete from dialogues where updated_at < ?1", [ms(now - FORGOTTEN_AFTER)])?;
            // Facts about doctors and specialties nobody waits for any more, and who took what is long past.
            db.execute(
                "delete from told_facts as f where not exists (
                     select 1 from watches w join watch_targets t on t.watch_id = w.id
                     where w.person_id = f.person_id and t.lpu_id = f.lpu_id and t.specialty_id = f.specialty_id
                           and ifnull(t.doctor_id, '') = f.doctor_id)",
                [],
            )?;
            super::outage_news::forget_told(db)?;
            db.execute("delete from takers where taken_at < ?1", [ms(now - chrono::TimeDelta::days(7))])?;
            Ok(chats.len())
        })
        .await
    }
}
