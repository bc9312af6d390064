//! How often we looked and what was seen: for the weekly line and for operators.

use super::facts::{NOT_QUIET, minute};
use super::rows::{at, ms};
use super::watches::{ACTIVE_WATCH, LISTENING};
use super::{Person, Store, StoreError, WatchCard, people, watches};
use crate::clock::{from_wall, wall_date};
use crate::event::EventKind;
use crate::ids::{DoctorId, DoctorRef, PersonId, SlotId, Target};
use crate::slot::Slot;
use crate::wish::Wish;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use rusqlite::{Transaction, named_params};
use std::collections::{BTreeSet, HashMap};

/// A watch younger than this has no week to tell of.
const YOUNG: TimeDelta = TimeDelta::days(6);

/// Counts of looks older than this are dropped.
const KEPT: TimeDelta = TimeDelta::days(60);

/// What was seen of free slots in some time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Slots that opened, or were found free.
    pub n_seen: u32,
    /// Those of them that suited the watch.
    pub n_suiting: u32,
    /// How long half of them lasted at most, of those seen both to open and to go; `None` when there was none.
    pub lasted: Option<TimeDelta>,
}

/// A watch and how its last seven days went.
#[derive(Debug, Clone)]
pub struct Week {
    /// The watch.
    pub card: WatchCard,
    /// Looks: at each doctor, or rounds of a department for "any doctor", over all targets.
    pub n_looks: u64,
    /// Those of them that failed.
    pub n_failed: u64,
    /// What was seen.
    pub tally: Tally,
}

/// What a person is told once a week.
#[derive(Debug, Clone)]
pub struct Weekly {
    /// To whom; on and reachable at the time of the snapshot.
    pub person: Person,
    /// Their active watches that are old enough, oldest first; never empty.
    pub weeks: Vec<Week>,
}

/// A slot that opened or went.
#[derive(Debug, Clone)]
struct Seen {
    doctor: DoctorRef,
    start: DateTime<Utc>,
    kind: EventKind,
    at: DateTime<Utc>,
}

/// Counts openings, each once, and how long they lasted. `seen` is in the order of the log.
fn tally(seen: &[Seen], wish: &Wish) -> Tally {
    let mut open = HashMap::new();
    let mut lives = Vec::new();
    let mut tally = Tally::default();
    for event in seen {
        let key = (&event.doctor, event.start);
        match event.kind {
            EventKind::Gone => {
                // When a found one opened nobody knows.
                if let Some((EventKind::Appeared, opened_at)) = open.remove(&key) {
                    lives.push(event.at - opened_at);
                }
            }
            // Found again after a pause in looking: the same one.
            EventKind::Found if open.contains_key(&key) => {}
            EventKind::Found | EventKind::Appeared => {
                open.insert(key, (event.kind, event.at));
                tally.n_seen += 1;
                tally.n_suiting += u32::from(suits(wish, event));
            }
            _ => {}
        }
    }
    lives.sort_unstable();
    tally.lasted = lives.get(lives.len().saturating_sub(1) / 2).copied();
    tally
}

fn suits(wish: &Wish, event: &Seen) -> bool {
    let slot = Slot {
        start: event.start,
        end: event.start,
        id: SlotId(String::new()),
        room: None,
        address: None,
        number: None,
        n_places: 1,
    };
    wish.suits(&slot, event.at)
}

/// The first day of the seven that end now.
fn first_day(now: DateTime<Utc>) -> String {
    wall_date(now - TimeDelta::days(6)).to_string()
}

/// Counts one look at a doctor.
pub(super) fn count_look(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
    is_good: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert into looks_daily (lpu_id, doctor_id, day, n_looks, n_failed) values (?1, ?2, ?3, 1, ?4)
         on conflict (lpu_id, doctor_id, day) do update
         set n_looks = n_looks + 1, n_failed = n_failed + excluded.n_failed",
    )?
    .execute((doctor.lpu.0, &doctor.doctor.0, wall_date(now).to_string(), !is_good))?;
    count_request(db, is_good, now)
}

/// Counts one request about a doctor or a list.
pub(super) fn count_request(
    db: &Transaction<'_>,
    is_good: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert into requests_hourly (hour, n_good, n_failed) values (?1, ?2, ?3)
         on conflict (hour) do update set n_good = n_good + excluded.n_good, n_failed = n_failed + excluded.n_failed",
    )?
    .execute((hour(now), is_good, !is_good))?;
    Ok(())
}

/// The first instant of the hour.
pub(super) fn hour(now: DateTime<Utc>) -> i64 {
    now.duration_trunc(TimeDelta::hours(1)).map_or(0, ms)
}

fn doctors_of(db: &Transaction<'_>, target: &Target) -> Result<Vec<DoctorRef>, StoreError> {
    if let Some(doctor) = target.doctor_ref() {
        return Ok(vec![doctor]);
    }
    let department = &target.department;
    let mut query = db.prepare_cached(
        "select doctor_id from department_doctors where lpu_id = ?1 and specialty_id = ?2 order by doctor_id",
    )?;
    let rows = query.query_map((department.lpu.0, &department.specialty.0), |row| {
        Ok(DoctorRef {
            lpu: department.lpu,
            doctor: DoctorId(row.get(0)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn looks(db: &Transaction<'_>, doctor: &DoctorRef, from: &str) -> Result<(u64, u64), StoreError> {
    let (n_looks, n_failed): (i64, i64) = db
        .prepare_cached(
            "select ifnull(sum(n_looks), 0), ifnull(sum(n_failed), 0) from looks_daily
             where lpu_id = ?1 and doctor_id = ?2 and day >= ?3",
        )?
        .query_row((doctor.lpu.0, &doctor.doctor.0, from), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok((n_looks.unsigned_abs(), n_failed.unsigned_abs()))
}

fn seen(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
    from: DateTime<Utc>,
    into: &mut Vec<Seen>,
) -> Result<(), StoreError> {
    let mut query = db.prepare_cached(
        "select kind, start, at from events
         where lpu_id = ?1 and doctor_id = ?2 and at >= ?3 and start is not null order by id",
    )?;
    let rows = query.query_map((doctor.lpu.0, &doctor.doctor.0, ms(from)), |row| {
        let kind: String = row.get("kind")?;
        Ok((
            EventKind::from_word(&kind),
            at(row, "start")?,
            at(row, "at")?,
        ))
    })?;
    for row in rows {
        if let (Some(kind), start, at) = row? {
            into.push(Seen {
                doctor: doctor.clone(),
                start,
                kind,
                at,
            });
        }
    }
    Ok(())
}

fn week(db: &Transaction<'_>, card: WatchCard, now: DateTime<Utc>) -> Result<Week, StoreError> {
    let from_day = first_day(now);
    let from = (now - TimeDelta::days(7)).max(card.created_at);
    let (mut n_looks, mut n_failed) = (0, 0);
    let mut doctors = BTreeSet::new();
    for state in &card.targets {
        let mut rounds = (0, 0);
        for doctor in doctors_of(db, &state.target)? {
            rounds = rounds.max(looks(db, &doctor, &from_day)?);
            doctors.insert(doctor);
        }
        n_looks += rounds.0;
        n_failed += rounds.1;
    }
    let mut events = Vec::new();
    for doctor in &doctors {
        seen(db, doctor, from, &mut events)?;
    }
    let tally = tally(&events, &card.wish);
    Ok(Week {
        card,
        n_looks,
        n_failed,
        tally,
    })
}

impl Store {
    /// People who were not told of their week since `mark`: on, reachable, outside their quiet hours, with an active
    /// watch that is old enough.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn people_due_weekly(
        &self,
        mark: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<PersonId>, StoreError> {
        self.read(move |db| {
            let sql = format!(
                "select p.id from people p where {LISTENING} and {NOT_QUIET} and ifnull(p.weekly_at, 0) < :mark
                 and exists (select 1 from watches w where w.person_id = p.id and w.created_at <= :young and {ACTIVE_WATCH})
                 order by p.id"
            );
            let mut query = db.prepare_cached(&sql)?;
            let params = named_params! {
                ":mark": ms(mark), ":now": ms(now), ":young": ms(now - YOUNG), ":minute": minute(now),
            };
            let people = query.query_map(params, |row| row.get(0).map(PersonId))?;
            Ok(people.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// How the last seven days of a person's watches went, told already or not; `None` when they are off, gone or
    /// forgotten, or no active watch is old enough.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn weekly(
        &self,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<Option<Weekly>, StoreError> {
        self.read(move |db| {
            let person = people::by_id(db, person)?;
            let Some(person) =
                person.filter(|person| person.is_watching && person.gone_at.is_none())
            else {
                return Ok(None);
            };
            let mut weeks = Vec::new();
            for card in watches::cards(db, person.id, now)? {
                if !card.is_paused(now) && card.created_at <= now - YOUNG {
                    weeks.push(week(db, card, now)?);
                }
            }
            Ok((!weeks.is_empty()).then_some(Weekly { person, weeks }))
        })
        .await
    }

    /// Telegram accepted the weekly message.
    ///
    /// # Errors
    /// When the file fails; then it may be sent again.
    pub async fn weekly_told(
        &self,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("update people set weekly_at = ?2 where id = ?1")?
                .execute((person.0, ms(now)))?;
            Ok(())
        })
        .await
    }

    /// Drops counts nobody asks for any more.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn forget_counts(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            let day = wall_date(now - KEPT);
            db.execute("delete from looks_daily where day < ?1", [day.to_string()])?;
            let midnight = from_wall(day.and_time(chrono::NaiveTime::MIN));
            db.execute(
                "delete from requests_hourly where hour < ?1",
                [ms(midnight)],
            )?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LpuId;

    fn minutes(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(n)
    }

    /// "5+a" = a appeared at minute 5; `*` = was found, `-` = went.
    #[track_caller]
    fn check(log: &[&str], n_seen: u32, lasted: Option<i64>) {
        let seen: Vec<_> = log
            .iter()
            .map(|word| {
                let sign = word.find(['+', '*', '-']).unwrap();
                let kind = match &word[sign..=sign] {
                    "+" => EventKind::Appeared,
                    "*" => EventKind::Found,
                    _ => EventKind::Gone,
                };
                let start = i64::from(word.as_bytes()[sign + 1]);
                Seen {
                    doctor: DoctorRef {
                        lpu: LpuId(1),
                        doctor: "d".into(),
                    },
                    start: minutes(100_000 + start),
                    kind,
                    at: minutes(word[..sign].parse().unwrap()),
                }
            })
            .collect();
        let want = Tally {
            n_seen,
            n_suiting: n_seen,
            lasted: lasted.map(TimeDelta::minutes),
        };
        assert_eq!(tally(&seen, &Wish::default()), want);
    }

    #[test]
    fn openings_are_counted_and_their_lives_measured() {
        check(&[], 0, None);
        check(&["1+a", "4-a"], 1, Some(3));
        check(&["1+a", "4-a", "5+a", "6-a", "7+b", "27-b"], 3, Some(3));
        check(&["1*a", "4-a"], 1, None);
        check(&["1*a", "90*a", "95-a"], 1, None);
        check(&["4-a", "5+a"], 1, None);
        check(&["1+a", "1+b", "2-a", "11-b"], 2, Some(1));
    }
}
