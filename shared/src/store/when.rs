//! When departments open talons, as people are told it, and the folding of old events into counts.

use super::rows::{at, instant, ms};
use super::{Store, StoreError, looks};
use crate::clock::{wall, wall_date};
use crate::event::EventKind;
use crate::ids::{Department, DoctorId, DoctorRef, EventId, Target};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Timelike as _, Utc};
use rusqlite::{OptionalExtension as _, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// Openings this close together are one: a department's doctors are read one after another.
const TOGETHER: TimeDelta = TimeDelta::minutes(5);
/// One that may have been at any time of so long a span tells nothing of the hour.
const TOO_WIDE: TimeDelta = TimeDelta::minutes(30);
/// Fewer openings are not enough to tell anything.
pub const LEAST_OPENINGS: usize = 8;
/// Nor are openings on fewer days.
pub const LEAST_DAYS: usize = 5;
/// A window holds this part of the openings of its kind of day…
const SHARE: f64 = 0.6;
/// …and is no window when it is longer.
const LONGEST_WINDOW: u32 = 3 * 60;
/// Windows are told to the ten minutes.
const STEP: u32 = 10;
/// Fewer ends of slots tell nothing of how long they last.
const LEAST_LIVES: u32 = 6;
/// Beyond the largest bucket of lives: 2^20 minutes are two years.
const MAX_LIFE: u32 = 20;
/// Of each doctor the newest slots so many are read one by one: a department of fifty doctors is then told within a
/// fifth of a second, and nobody else's answer waits longer behind it.
const NEWEST: u32 = 500;

/// Which days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Days {
    /// Monday to Friday.
    Working,
    /// Saturday and Sunday.
    Weekend,
}

impl Days {
    fn of(date: NaiveDate) -> Self {
        match date.weekday().num_days_from_monday() {
            0..5 => Self::Working,
            _ => Self::Weekend,
        }
    }
}

/// The shortest time of the day in which most openings lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// On which days.
    pub days: Days,
    /// From this wall-clock time, to ten minutes…
    pub from: NaiveTime,
    /// …until this one, later than `from`; midnight means the end of the day.
    pub until: NaiveTime,
    /// Which part of the openings of these days lies in it, 0.6 to 1.
    pub share: f64,
}

/// What was seen of talons opening; may be too little to tell anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// Several slots of a department at one moment are one opening. In order.
    openings: Vec<DateTime<Utc>>,
    lives: Vec<TimeDelta>,
    hours: [[u32; 24]; 7],
    old_lives: BTreeMap<u32, u32>,
}

impl Observed {
    /// Openings of one slot each, and how long those slots lasted that were seen to go.
    pub fn of(mut openings: Vec<DateTime<Utc>>, lives: Vec<TimeDelta>) -> Self {
        openings.sort_unstable();
        let mut hours = [[0; 24]; 7];
        for at in &openings {
            count_hour(&mut hours, *at);
        }
        Self {
            openings,
            lives,
            hours,
            ..Self::default()
        }
    }

    /// Openings that were seen; several slots at one moment are one.
    pub fn n_openings(&self) -> usize {
        self.openings.len()
    }

    /// Days on which there was one.
    pub fn n_days(&self) -> usize {
        self.days().len()
    }

    /// When the first of them was; `None` before it.
    pub fn first_at(&self) -> Option<DateTime<Utc>> {
        self.openings.first().copied()
    }

    /// Both together: of departments that differ, since a doctor of both would count twice.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.openings.extend(other.openings);
        self.openings.sort_unstable();
        self.lives.extend(other.lives);
        let theirs = other.hours.iter().flatten();
        for (n, more) in self.hours.iter_mut().flatten().zip(theirs) {
            *n += more;
        }
        for (place, n) in other.old_lives {
            *self.old_lives.entry(place).or_default() += n;
        }
        self
    }

    /// When talons open; `None` when too little was seen to say so: fewer than [`LEAST_OPENINGS`], or on fewer than
    /// [`LEAST_DAYS`] days.
    pub fn when(&self) -> Option<When> {
        let days = self.days();
        if self.openings.len() < LEAST_OPENINGS || days.len() < LEAST_DAYS {
            return None;
        }
        let of = |kind: Days| {
            let mut minutes: Vec<_> = self
                .openings
                .iter()
                .map(|at| wall(*at))
                .filter(|at| Days::of(at.date_naive()) == kind)
                .map(|at| at.hour() * 60 + at.minute())
                .collect();
            let n_days = days.iter().filter(|day| Days::of(**day) == kind).count();
            window(kind, &mut minutes, n_days)
        };
        Some(When {
            windows: [Days::Working, Days::Weekend]
                .into_iter()
                .filter_map(of)
                .collect(),
            n_openings: self.openings.len(),
            n_days: days.len(),
            half_gone_in: self.half_gone_in(),
            hours: self.hours,
        })
    }

    fn days(&self) -> BTreeSet<NaiveDate> {
        self.openings.iter().map(|at| wall_date(*at)).collect()
    }

    fn half_gone_in(&self) -> Option<TimeDelta> {
        let mut buckets = self.old_lives.clone();
        for life in &self.lives {
            *buckets.entry(bucket(*life)).or_default() += 1;
        }
        let total: u32 = buckets.values().sum();
        if total < LEAST_LIVES {
            return None;
        }
        let half = total.div_ceil(2);
        let mut before = 0;
        let mut sum = 0;
        for (&place, &n) in &buckets {
            sum += n;
            if sum >= half {
                let mut here: Vec<_> = self
                    .lives
                    .iter()
                    .copied()
                    .filter(|life| bucket(*life) == place)
                    .collect();
                here.sort_unstable();
                let of_old = TimeDelta::minutes(1_i64 << place);
                let wanted = usize::try_from(half - before - 1).unwrap_or_default();
                return Some(
                    here.get(wanted.min(here.len().saturating_sub(1)))
                        .copied()
                        .unwrap_or(of_old),
                );
            }
            before = sum;
        }
        None
    }
}

/// When talons of a watch open, from enough observations.
#[derive(Debug, Clone, PartialEq)]
pub struct When {
    /// Working days before weekends; empty when they open at any time.
    pub windows: Vec<Window>,
    /// Slots that appeared, by weekday (0 = Monday) and hour of the wall clock; those folded away included.
    pub hours: [[u32; 24]; 7],
    /// Openings it is drawn from: several slots at one moment are one.
    pub n_openings: usize,
    /// Days on which there was one.
    pub n_days: usize,
    /// Half of the slots that were seen both to open and to go had gone after so long; `None` when too few were.
    pub half_gone_in: Option<TimeDelta>,
}

/// A slot that appeared.
struct Appeared {
    department: usize,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

fn count_hour(hours: &mut [[u32; 24]; 7], at: DateTime<Utc>) {
    let at = wall(at);
    let (day, hour) = (at.weekday().num_days_from_monday(), at.hour());
    let day = hours.get_mut(day as usize);
    if let Some(n) = day.and_then(|day| day.get_mut(hour as usize)) {
        *n += 1;
    }
}

/// How long a slot that appeared lasted; `None` when it was not seen to go.
fn life(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
    start: DateTime<Utc>,
    id: i64,
    appeared_at: DateTime<Utc>,
) -> Result<Option<TimeDelta>, StoreError> {
    let next: Option<(String, i64)> = db
        .prepare_cached(
            "select kind, at from events
             where lpu_id = ?1 and doctor_id = ?2 and at >= ?3 and start = ?4 and id > ?5 order by id limit 1",
        )?
        .query_row((doctor.lpu.0, &doctor.doctor.0, ms(appeared_at), ms(start), id), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let gone = next.filter(|(kind, _)| EventKind::from_word(kind) == Some(EventKind::Gone));
    Ok(gone.map(|(_, at)| instant(at) - appeared_at))
}

/// Doctors a target covers now.
fn doctors(db: &Transaction<'_>, target: &Target) -> Result<Vec<DoctorRef>, StoreError> {
    if let Some(doctor) = target.doctor_ref() {
        return Ok(vec![doctor]);
    }
    let lpu = target.department.lpu;
    let listed = looks::listed(db, &target.department)?;
    Ok(listed
        .into_iter()
        .map(|doctor| DoctorRef { lpu, doctor })
        .collect())
}

fn folded(
    db: &Transaction<'_>,
    department: &Department,
    what: &str,
) -> Result<Vec<(u32, u32)>, StoreError> {
    let mut query = db.prepare_cached(
        "select place, n from opened where lpu_id = ?1 and specialty_id = ?2 and what = ?3",
    )?;
    let rows = query.query_map((department.lpu.0, &department.specialty.0, what), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What was seen of some departments.
#[derive(Default)]
struct Seen {
    appeared: Vec<Appeared>,
    lives: Vec<TimeDelta>,
    hours: [[u32; 24]; 7],
    old_lives: BTreeMap<u32, u32>,
}

impl Seen {
    fn take(
        &mut self,
        db: &Transaction<'_>,
        number: usize,
        doctor: &DoctorRef,
        since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut query = db.prepare_cached(
            "select id, at, start, not_seen_at from events
             where lpu_id = ?1 and doctor_id = ?2 and at >= ?3 and kind = 'appeared' and start is not null
             order by at desc limit ?4",
        )?;
        let mut rows = query.query((doctor.lpu.0, &doctor.doctor.0, ms(since), NEWEST))?;
        while let Some(row) = rows.next()? {
            let (id, until, start) = (row.get("id")?, at(row, "at")?, at(row, "start")?);
            let not_seen: Option<i64> = row.get("not_seen_at")?;
            let from = not_seen.map_or(until, instant).min(until);
            self.appeared.push(Appeared {
                department: number,
                from,
                until,
            });
            count_hour(&mut self.hours, until);
            self.lives.extend(life(db, doctor, start, id, until)?);
        }
        Ok(())
    }

    fn take_old(
        &mut self,
        db: &Transaction<'_>,
        department: &Department,
    ) -> Result<(), StoreError> {
        for (place, n) in folded(db, department, "hour")? {
            let place = place as usize;
            if let Some(day) = self.hours.get_mut(place / 24) {
                day[place % 24] += n;
            }
        }
        for (place, n) in folded(db, department, "life")? {
            *self.old_lives.entry(place).or_default() += n;
        }
        Ok(())
    }

    /// Several slots of a department at one moment become one opening.
    fn observed(mut self) -> Observed {
        self.appeared
            .sort_by_key(|appeared| (appeared.department, appeared.until));
        let mut openings = Vec::new();
        let mut last: Option<(usize, DateTime<Utc>)> = None;
        for Appeared {
            department,
            from,
            until,
        } in &self.appeared
        {
            let is_same =
                last.is_some_and(|(before, at)| before == *department && *until - at <= TOGETHER);
            last = Some((*department, *until));
            if !is_same && *until - *from <= TOO_WIDE {
                openings.push(*from + (*until - *from) / 2);
            }
        }
        openings.sort_unstable();
        Observed {
            openings,
            lives: self.lives,
            hours: self.hours,
            old_lives: self.old_lives,
        }
    }
}

/// 0 = under a minute, 1 = under two, 2 = under four…
fn bucket(life: TimeDelta) -> u32 {
    let minutes = life.num_minutes().max(0).unsigned_abs();
    (u64::BITS - minutes.leading_zeros()).min(MAX_LIFE)
}

/// The shortest window that holds most of these minutes of the day; `None` when there is none worth telling.
fn window(days: Days, minutes: &mut [u32], n_days: usize) -> Option<Window> {
    if minutes.len() < LEAST_OPENINGS || n_days < LEAST_DAYS {
        return None;
    }
    minutes.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a count"
    )]
    let wanted = (minutes.len() as f64 * SHARE).ceil() as usize;
    let narrowest = minutes
        .windows(wanted)
        .min_by_key(|window| window[wanted - 1] - window[0])?;
    let from = narrowest[0] / STEP * STEP;
    let until = (narrowest[wanted - 1] / STEP + 1) * STEP;
    if until - from > LONGEST_WINDOW {
        return None;
    }
    let n = minutes
        .iter()
        .filter(|minute| (from..until).contains(minute))
        .count();
    let time = |minute: u32| NaiveTime::from_hms_opt(minute / 60 % 24, minute % 60, 0);
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let share = n as f64 / minutes.len() as f64;
    Some(Window {
        days,
        from: time(from)?,
        until: time(until)?,
        share,
    })
}

/// Departments that list a doctor, or did.
fn departments_of(db: &Transaction<'_>, doctor: &DoctorRef) -> Result<Vec<Department>, StoreError> {
    let mut query = db.prepare_cached(
        "select specialty_id from department_doctors where lpu_id = ?1 and doctor_id = ?2 order by specialty_id",
    )?;
    let rows = query.query_map((doctor.lpu.0, &doctor.doctor.0), |row| {
        Ok(Department {
            lpu: doctor.lpu,
            specialty: super::rows::specialty_id(row)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn count(
    db: &Transaction<'_>,
    department: &Department,
    what: &str,
    place: u32,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert into opened (lpu_id, specialty_id, what, place, n) values (?1, ?2, ?3, ?4, 1)
         on conflict (lpu_id, specialty_id, what, place) do update set n = n + 1",
    )?
    .execute((department.lpu.0, &department.specialty.0, what, place))?;
    Ok(())
}

/// What a batch of folding did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// Go on after this one.
    pub through: EventId,
    /// Events dropped.
    pub n_dropped: usize,
    /// Whether there is nothing older left.
    pub is_all: bool,
}

impl Store {
    /// What was seen of talons of these targets opening. Of "any doctor" all who are listed now count, a doctor of two
    /// targets once; of each doctor the newest 500 talons, and counts of what is older than [`EVENTS_KEPT`](super::EVENTS_KEPT).
    ///
    /// # Errors
    /// When the file fails.
    pub async fn observed(
        &self,
        targets: Vec<Target>,
        now: DateTime<Utc>,
    ) -> Result<Observed, StoreError> {
        self.read(move |db| {
            let mut seen = Seen::default();
            let mut known = BTreeSet::new();
            let mut numbers = BTreeMap::new();
            for target in &targets {
                let next = numbers.len();
                let is_new = !numbers.contains_key(&target.department);
                let number = *numbers.entry(target.department.clone()).or_insert(next);
                if is_new {
                    seen.take_old(db, &target.department)?;
                }
                for doctor in doctors(db, target)? {
                    if known.insert(doctor.clone()) {
                        seen.take(db, number, &doctor, now - super::EVENTS_KEPT)?;
                    }
                }
            }
            Ok(seen.observed())
        })
        .await
    }

    /// Folds events of slots recorded before `before`, from the one after `after` on, at most `limit`, into counts by
    /// department, and drops them; those that opened a slot which is still free stay.
    ///
    /// # Errors
    /// When the file fails; then nothing was folded.
    pub async fn fold_events(
        &self,
        after: EventId,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Folded, StoreError> {
        self.write(move |db| {
            let mut query = db.prepare_cached(
                "select id, at, kind, lpu_id, doctor_id, start from events where id > ?1 order by id limit ?2",
            )?;
            let mut rows = query.query((after.0, limit))?;
            let mut through = after;
            let mut n_read = 0;
            let mut is_all = false;
            let mut n_dropped = 0;
            while let Some(row) = rows.next()? {
                let appeared_at = at(row, "at")?;
                if appeared_at >= before {
                    is_all = true;
                    break;
                }
                n_read += 1;
                let id: i64 = row.get("id")?;
                through = EventId(id);
                let kind: String = row.get("kind")?;
                let doctor: Option<String> = row.get("doctor_id")?;
                let start: Option<i64> = row.get("start")?;
                let (Some(kind), Some(doctor), Some(start)) = (EventKind::from_word(&kind), doctor, start) else {
                    continue;
                };
                let doctor = DoctorRef { lpu: super::rows::lpu_id(row)?, doctor: DoctorId(doctor) };
                // First what is dropped, then what is counted: one that stays would be counted again.
                let n = db
                    .prepare_cached(
                        "delete from events where id = ?1 and not exists (select 1 from slots where opened_by = ?1)",
                    )?
                    .execute([id])?;
                n_dropped += n;
                if n > 0 && kind == EventKind::Appeared {
                    fold(db, &doctor, instant(start), id, appeared_at)?;
                }
            }
            is_all |= n_read < limit;
            Ok(Folded { through, n_dropped, is_all })
        })
        .await
    }
}

fn fold(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
    start: DateTime<Utc>,
    id: i64,
    appeared_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let local = wall(appeared_at);
    let hour = local.weekday().num_days_from_monday() * 24 + local.hour();
    let life = life(db, doctor, start, id, appeared_at)?;
    for department in departments_of(db, doctor)? {
        count(db, &department, "hour", hour)?;
        if let Some(life) = life {
            count(db, &department, "life", bucket(life))?;
        }
    }
    Ok(())
}
