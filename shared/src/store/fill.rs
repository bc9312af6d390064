//! Rows in bulk, so that a benchmark can measure a large database without living through it. No program calls this.

use super::news::last_event;
use super::rows::ms;
use super::watches::print_wish;
use super::{Lang, Store, StoreError};
use crate::event::EventKind;
use crate::ids::{DoctorRef, Target};
use crate::wish::Wish;
use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension as _;

/// Events of one transaction.
const BATCH: u64 = 500_000;

impl Store {
    /// People by chat, each with one watch per target; nothing that happened before is news to them.
    ///
    /// # Errors
    /// When the file fails, or a chat is known already.
    #[doc(hidden)]
    pub async fn fill_watches(
        &self,
        people: Vec<(i64, Vec<Target>)>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let through = last_event(db)?;
            let wish = print_wish(&Wish::default())?;
            let mut person = db.prepare(
                "insert into people (chat_id, lang, watching, watching_set, created_at, last_seen_at)
                 values (?1, ?2, 1, ?3, ?3, ?3) returning id",
            )?;
            let mut watch = db.prepare(
                "insert into watches (person_id, wish, told_through, created_at) values (?1, ?2, ?3, ?4) returning id",
            )?;
            let mut aim = db.prepare(
                "insert into watch_targets (watch_id, lpu_id, specialty_id, doctor_id) values (?1, ?2, ?3, ?4)",
            )?;
            for (chat, targets) in people {
                let id = (chat, Lang::Ru.as_str(), ms(now));
                let id: i64 = person.query_row(id, |row| row.get(0))?;
                for target in targets {
                    let row = (id, &wish, through.0, ms(now));
                    let watch: i64 = watch.query_row(row, |row| row.get(0))?;
                    let department = target.department;
                    let doctor = target.doctor.map(|doctor| doctor.0);
                    aim.execute((watch, department.lpu.0, department.specialty.0, doctor))?;
                }
            }
            Ok(())
        })
        .await
    }

    /// So many events of these doctors in turn, evenly from `since` to `until`: talons that appeared and went.
    ///
    /// # Errors
    /// When the file fails; then some of them may be there.
    #[doc(hidden)]
    pub async fn fill_events(
        &self,
        n: u64,
        doctors: Vec<DoctorRef>,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let doctors = std::sync::Arc::new(doctors);
        // A million entries at random places of an index cost more than one sort at the end.
        let indexes = self.write(|db| {
            let mut query = db.prepare(
                "select name, sql from sqlite_schema where type = 'index' and tbl_name = 'events' and sql is not null",
            )?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let indexes: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
            for (name, _) in &indexes {
                db.execute_batch(&format!("drop index {name}"))?;
            }
            Ok(indexes)
        });
        let indexes = indexes.await?;
        let step = (until - since).num_milliseconds() as f64 / n.max(1) as f64;
        let mut from = 0;
        while from < n {
            let to = n.min(from + BATCH);
            let doctors = std::sync::Arc::clone(&doctors);
            self.write(move |db| {
                let mut insert = db.prepare(
                    "insert into events (at, kind, lpu_id, doctor_id, start, not_seen_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
                )?;
                let len = doctors.len().max(1) as u64;
                for number in from..to {
                    let place = usize::try_from(number % len).unwrap_or_default();
                    let Some(doctor) = doctors.get(place) else {
                        break;
                    };
                    let is_gone = number / len % 2 == 1;
                    let kind = if is_gone { EventKind::Gone } else { EventKind::Appeared };
                    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of years")]
                    let at = ms(since) + (number as f64 * step) as i64;
                    let start = at + 7 * 24 * 3_600_000;
                    let row = (at, kind.as_str(), doctor.lpu.0, &doctor.doctor.0, start, at - 60_000);
                    insert.execute(row)?;
                }
                Ok(())
            })
            .await?;
            from = to;
        }
        self.write(move |db| {
            for (_, sql) in &indexes {
                db.execute_batch(sql)?;
            }
            Ok(())
        })
        .await?;
        // Readers may checkpoint. As the programs find it: without a log of a gigabyte to read through.
        super::call(&self.reader, |db| {
            db.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
                .optional()?;
            Ok(())
        })
        .await
    }
}
