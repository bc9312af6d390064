//! What the pinger records of clinics that fail, and what it concludes: a clinic is silent, the portal is down. The rules
//! are [`crate::outage`]'s.

use super::looks::emit;
use super::rows::{at, failure, instant, maybe_at, ms};
use super::{Store, StoreError};
use crate::event::EventKind;
use crate::failure::{Failure, FailureKind};
use crate::ids::{EventId, LpuId};
use crate::outage::{self, Portal, Series, Tries, Try, WINDOW};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};

/// No hold is longer: one further ahead was left behind by a clock that was set back.
const LONGEST_HOLD: TimeDelta = TimeDelta::hours(1);
/// After a hold, nobody asks for so long: nobody watches anything.
const IDLE: TimeDelta = TimeDelta::minutes(10);

/// What one judgement changed, and how things stand after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// Clinics that are silent from now on, with the first failure.
    pub silent: Vec<(LpuId, DateTime<Utc>)>,
    /// The portal is down from now on: since when it has failed.
    pub is_down: Option<DateTime<Utc>>,
    /// The portal was down since then, and is no more.
    pub is_back: Option<DateTime<Utc>>,
    /// Clinics silent now.
    pub n_silent: usize,
    /// Whether the portal is down now.
    pub portal_is_down: bool,
}

/// The portal as a whole does not answer, or did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// Since when.
    pub since: DateTime<Utc>,
    /// A 429 keeps us from asking.
    pub is_held: bool,
    /// When it ended; `None` = it goes on.
    pub back_at: Option<DateTime<Utc>>,
}

/// How a clinic stands.
pub(super) struct Clinic {
    pub(super) tries: Tries,
    /// The last silence that was recorded, gone on or ended.
    pub(super) silence: Option<EventId>,
    pub(super) back_at: Option<DateTime<Utc>>,
}

impl Clinic {
    /// A silence was recorded and no end of it.
    pub(super) fn is_silent(&self) -> bool {
        self.silence.is_some() && self.back_at.is_none()
    }
}

/// A row of `clinic_tries`.
pub(super) fn read_clinic(row: &Row<'_>) -> rusqlite::Result<Clinic> {
    let since = maybe_at(row, "failing_since")?;
    let failing = match (since, maybe_at(row, "failed_at")?) {
        (Some(since), Some(failed_at)) => Some(Series {
            since,
            failed_at,
            n_failed: row.get("n_failed")?,
            has_looks: row.get("has_looks")?,
            last: failure(row)?.unwrap_or(Failure {
                kind: FailureKind::Portal,
                code: None,
            }),
        }),
        _ => None,
    };
    Ok(Clinic {
        tries: Tries {
            tried_at: at(row, "tried_at")?,
            good_at: maybe_at(row, "good_at")?,
            failing,
        },
        silence: row.get::<_, Option<i64>>("silence")?.map(EventId),
        back_at: maybe_at(row, "back_at")?,
    })
}

fn clinic(db: &Transaction<'_>, lpu: LpuId) -> Result<Option<Clinic>, StoreError> {
    let found = db
        .prepare_cached("select * from clinic_tries where lpu_id = ?1")?
        .query_row([lpu.0], read_clinic)
        .optional()?;
    Ok(found)
}

fn save(db: &Transaction<'_>, lpu: LpuId, tries: &Tries) -> Result<(), StoreError> {
    let series = tries.failing.as_ref();
    db.prepare_cached(
        "insert into clinic_tries (lpu_id, tried_at, good_at, failing_since, failed_at, n_failed, has_looks,
                                   failure_kind, failure_code)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         on conflict (lpu_id) do update set tried_at = excluded.tried_at, good_at = excluded.good_at,
             failing_since = excluded.failing_since, failed_at = excluded.failed_at, n_failed = excluded.n_failed,
             has_looks = excluded.has_looks, failure_kind = excluded.failure_kind, failure_code = excluded.failure_code",
    )?
    .execute(rusqlite::params![
        lpu.0,
        ms(tries.tried_at),
        tries.good_at.map(ms),
        series.map(|series| ms(series.since)),
        series.map(|series| ms(series.failed_at)),
        series.map_or(0, |series| series.n_failed),
        series.is_some_and(|series| series.has_looks),
        series.map(|series| series.last.kind.as_str()),
        series.and_then(|series| series.last.code),
    ])?;
    Ok(())
}

/// Notes one try at a clinic, in the transaction that records its answer. A silence ends with the answer itself.
pub(super) fn tried(
    db: &Transaction<'_>,
    lpu: LpuId,
    one: Try,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let before = clinic(db, lpu)?;
    let is_silent = before.as_ref().is_some_and(Clinic::is_silent);
    let refused = |failure: Failure| failure.kind == FailureKind::Gone;
    if is_silent && one.failure.is_some_and(refused) {
        // "Unknown to the portal" is not "back".
        return Ok(());
    }
    let Some(tries) = outage::after(before.map(|before| before.tries), one, now) else {
        return Ok(());
    };
    save(db, lpu, &tries)?;
    if is_silent && tries.failing.is_none() {
        emit(db, EventKind::ClinicBack, lpu, None, None, None, now)?;
        db.prepare_cached("update clinic_tries set back_at = ?2 where lpu_id = ?1")?
            .execute((lpu.0, ms(now)))?;
    }
    Ok(())
}

/// Since when we have been trying, and been held.
struct Trying {
    since: DateTime<Utc>,
    held_since: Option<DateTime<Utc>>,
}

fn trying(db: &Transaction<'_>, now: DateTime<Utc>) -> Result<Trying, StoreError> {
    let found = db
        .prepare_cached("select since, held_since from trying")?
        .query_row([], |row| {
            Ok(Trying {
                since: at(row, "since")?,
                held_since: maybe_at(row, "held_since")?,
            })
        })
        .optional()?;
    match found {
        Some(found) => Ok(found),
        None => {
            save_trying(db, now, None)?;
            Ok(Trying {
                since: now,
                held_since: None,
            })
        }
    }
}

fn save_trying(
    db: &Transaction<'_>,
    since: DateTime<Utc>,
    held_since: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    db.prepare_cached("insert or replace into trying (one, since, held_since) values (1, ?1, ?2)")?
        .execute((ms(since), held_since.map(ms)))?;
    Ok(())
}

/// The last "not before" of the portal, in force or passed.
fn hold(db: &Transaction<'_>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let found: Option<i64> = db
        .prepare_cached("select not_before from holds where name = 'portal'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found
        .map(instant)
        .filter(|&until| until <= now + LONGEST_HOLD))
}

/// The outage that goes on, with its number.
pub(super) fn open(db: &Transaction<'_>) -> Result<Option<(i64, Outage)>, StoreError> {
    let found = db
        .prepare_cached("select * from outages where back_at is null order by id desc limit 1")?
        .query_row([], |row| Ok((row.get("id")?, read_outage(row)?)))
        .optional()?;
    Ok(found)
}

/// A row of `outages`.
pub(super) fn read_outage(row: &Row<'_>) -> rusqlite::Result<Outage> {
    Ok(Outage {
        since: at(row, "since")?,
        is_held: row.get("is_held")?,
        back_at: maybe_at(row, "back_at")?,
    })
}

fn clinics(db: &Transaction<'_>) -> Result<Vec<(LpuId, Clinic)>, StoreError> {
    let mut query = db.prepare_cached("select * from clinic_tries order by lpu_id")?;
    let rows = query.query_map([], |row| Ok((super::rows::lpu_id(row)?, read_clinic(row)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Since when a 429 has kept us from every good answer.
fn held_since(
    trying: &Trying,
    hold: Option<DateTime<Utc>>,
    good_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let since = trying.held_since.filter(|&since| since <= now);
    match hold {
        Some(until) if until > now => Some(since.unwrap_or(now)),
        Some(until) => since
            .filter(|&since| now - until < IDLE && good_at.is_none_or(|good_at| good_at <= since)),
        None => None,
    }
}

impl Store {
    /// The pinger was away, or the clock jumped: failures before `now` make no series with those after it. Silences
    /// and outages already recorded stay.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn begin_trying_anew(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.execute(
                "update clinic_tries set failing_since = null, failed_at = null, n_failed = 0, has_looks = 0,
                     failure_kind = null, failure_code = null
                 where silence is null or back_at is not null",
                [],
            )?;
            save_trying(db, now, None)
        })
        .await
    }

    /// Concludes from the tries recorded so far: which clinics are silent, whether the portal is down. Each is recorded
    /// once, a clinic's silence as an event; none while the portal is down, which says it for all.
    ///
    /// # Errors
    /// When the file fails; then nothing was recorded.
    pub async fn judge_outages(&self, now: DateTime<Utc>) -> Result<Judged, StoreError> {
        self.write(move |db| {
            let clinics = clinics(db)?;
            let mut judged = Judged::default();
            judged.portal_is_down = judge_portal(db, &clinics, &mut judged, now)?;
            for (lpu, clinic) in &clinics {
                let silence = clinic.tries.failing.filter(Series::is_silence);
                if clinic.is_silent() {
                    judged.n_silent += 1;
                } else if let Some(series) = silence.filter(|_| !judged.portal_is_down) {
                    let kind = EventKind::ClinicSilent;
                    let not_seen_at = clinic.tries.good_at;
                    let event = emit(db, kind, *lpu, None, None, not_seen_at, now)?;
                    db.prepare_cached(
                        "update clinic_tries set silence = ?2, back_at = null where lpu_id = ?1",
                    )?
                    .execute((lpu.0, event.0))?;
                    judged.silent.push((*lpu, series.since));
                    judged.n_silent += 1;
                }
            }
            Ok(judged)
        })
        .await
    }

    /// The outage of the whole portal that goes on; `None` while it answers.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn outage(&self) -> Result<Option<Outage>, StoreError> {
        self.read(|db| Ok(open(db)?.map(|(_, outage)| outage)))
            .await
    }
}

/// Begins or ends the portal's outage; whether it is down now.
fn judge_portal(
    db: &Transaction<'_>,
    clinics: &[(LpuId, Clinic)],
    judged: &mut Judged,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let trying = trying(db, now)?;
    let hold = hold(db, now)?;
    let good_at = clinics
        .iter()
        .filter_map(|(_, clinic)| clinic.tries.good_at);
    let held = held_since(&trying, hold, good_at.max(), now);
    if held != trying.held_since {
        save_trying(db, trying.since, held)?;
    }
    let held_long = held.filter(|&since| now - since >= WINDOW);
    // What was not asked during a hold did not fail.
    let since = hold
        .filter(|&until| until <= now)
        .map_or(trying.since, |until| until.max(trying.since));
    let tries = clinics.iter().map(|(_, clinic)| clinic.tries);
    let portal = outage::judge(tries, since, now);
    let open = open(db)?;
    let (since, is_held) = match (portal, held_long) {
        (Portal::Down(since), _) => (since, false),
        (_, Some(since)) => (since, true),
        (Portal::Up, None) if held.is_none() => {
            if let Some((id, outage)) = open {
                db.prepare_cached("update outages set back_at = ?2 where id = ?1")?
                    .execute((id, ms(now)))?;
                judged.is_back = Some(outage.since);
            }
            return Ok(false);
        }
        _ => return Ok(open.is_some()),
    };
    if open.is_none() {
        db.prepare_cached("insert into outages (since, is_held, found_at) values (?1, ?2, ?3)")?
            .execute((ms(since), is_held, ms(now)))?;
        judged.is_down = Some(since);
    }
    Ok(true)
}
