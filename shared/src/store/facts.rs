//! Facts about doctors and specialties: no longer listed, listed again, listed under a new id. Each is told once to
//! whoever waits for them, and only while it is true: what is pending is read from how things are, not from the log.

use super::news::{Place, free_slots, place};
use super::readings::REFUSED_TIME;
use super::rows::{doctor_id, instant, ms};
use super::watches::{ACTIVE_WATCH, LISTENING, read_target, targets};
use super::{Person, Store, StoreError, areas, catalogue, people, requests, vanished};
use crate::clock::wall;
use crate::ids::{Area, Department, DoctorId, PersonId, Target, WatchId};
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use rusqlite::{OptionalExtension as _, Transaction, named_params};
use std::collections::HashMap;

/// A list older than this says nothing about who is listed now.
pub(super) const STALE_LIST: TimeDelta = TimeDelta::hours(24);

/// A doctor or a list the portal has refused to know at every try for three days. The alias of its readings is `x`.
pub(super) const REFUSED: &str =
    "x.refused_since is not null and x.read_at - x.refused_since >= :gone";

/// A person whose quiet hours are over at `:minute` of the wall-clock day. Their alias is `p`.
pub(super) const NOT_QUIET: &str = "(p.quiet_from is null or p.quiet_to is null or not iif(p.quiet_from <= p.quiet_to,
     :minute >= p.quiet_from and :minute < p.quiet_to, :minute >= p.quiet_from or :minute < p.quiet_to))";

/// The minute of the wall-clock day.
pub(super) fn minute(now: DateTime<Utc>) -> u32 {
    wall(now).num_seconds_from_midnight() / 60
}

/// What became of what somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind {
    /// A doctor is no longer listed, or unknown to the portal at every try for three days.
    Gone,
    /// A specialty is no longer listed by its clinic, or unknown to the portal at every try, for three days, and its
    /// doctors with it; of an area, by all of its clinics.
    PlaceGone,
    /// Missing under the known id, listed under this one with the same name.
    Renumbered(DoctorId),
    /// Listed again, after the person was told otherwise.
    Back,
}

/// What a fact is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A doctor, or any doctor of a specialty at a clinic.
    Target {
        /// Which.
        target: Target,
        /// Its names.
        place: Place,
    },
    /// A specialty in a district or the whole city.
    Area {
        /// Which.
        area: Area,
        /// Name of its district; `None` for the whole city, or while the catalogue does not have it.
        district: Option<String>,
    },
}

/// One fact about what somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub about: About,
    /// What became of it.
    pub kind: FactKind,
    /// The first list without it, or the first refusal; `None` when it is back.
    pub since: Option<DateTime<Utc>>,
    /// The person's active watches that wait for it, oldest first; never empty.
    pub watches: Vec<WatchId>,
}

/// A fact that concerns one watch.
pub(super) struct News {
    pub(super) person: PersonId,
    pub(super) watch: WatchId,
    pub(super) about: About,
    pub(super) kind: FactKind,
    pub(super) since: Option<DateTime<Utc>>,
}

/// What a person is to hear about doctors and specialties they wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// To whom; on and reachable at the time of the snapshot.
    pub person: Person,
    /// The facts; never empty.
    pub facts: Vec<Fact>,
}

/// Which targets of a watch become "any doctor".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Widen {
    /// Doctors who are no longer listed.
    Gone,
    /// All.
    All,
}

/// One row of the question below: a watch, its doctor, how the doctor is listed, what was told.
struct Row {
    person: PersonId,
    watch: WatchId,
    target: Target,
    missing_since: Option<i64>,
    is_gone: bool,
    /// Told that the doctor is missing, with the new id that was offered.
    told: Option<Option<DoctorId>>,
}

/// What is to be told, by how things are and what was told before.
fn decide(row: &Row, successor: Option<DoctorId>) -> Option<FactKind> {
    match (row.missing_since, successor, &row.told) {
        (None, _, Some(_)) => Some(FactKind::Back),
        (None, _, None) => None,
        (Some(_), Some(new), told) if told.as_ref().and_then(Option::as_ref) != Some(&new) => {
            Some(FactKind::Renumbered(new))
        }
        (Some(_), None, None) if row.is_gone => Some(FactKind::Gone),
        _ => None,
    }
}

/// Rows that may make a fact: doctors missing from the last good list, told to be, or refused. The list must have been read
/// since the watch was made and its person switched on: what an old list said may have changed.
fn rows(
    db: &Transaction<'_>,
    person: Option<PersonId>,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, StoreError> {
    let doctor =
        "d.lpu_id = t.lpu_id and d.specialty_id = t.specialty_id and d.doctor_id = t.doctor_id";
    let told =
        "f.person_id = w.person_id and f.lpu_id = t.lpu_id and f.specialty_id = t.specialty_id
                and f.doctor_id = t.doctor_id";
    let columns =
        "select w.person_id, w.id, t.lpu_id, t.specialty_id, t.doctor_id, d.missing_since,
                          d.gone_by is not null as is_gone, f.told_at, f.successor";
    let rest = "join watches w on w.id = t.watch_id join people p on p.id = w.person_id
         join department_readings r on r.lpu_id = t.lpu_id and r.specialty_id = t.specialty_id
              and r.good_at >= :fresh and r.good_at >= w.created_at and r.good_at >= ifnull(p.watching_set, 0)";
    let which = format!(
        "{LISTENING} and {ACTIVE_WATCH} and {NOT_QUIET} and (:person is null or w.person_id = :person)"
    );
    // The portal knows them no more, whatever the last good list said; tried since the watch was made.
    let refused =
        "select w.person_id, w.id, t.lpu_id, t.specialty_id, t.doctor_id, x.refused_since as missing_since,
                          1 as is_gone, f.told_at, f.successor";
    let tried = format!(
        "join watches w on w.id = t.watch_id join people p on p.id = w.person_id left join told_facts f on {told}
         where {REFUSED} and x.read_at >= :fresh and x.read_at >= w.created_at
             and x.read_at >= ifnull(p.watching_set, 0) and {which}"
    );
    let sql = format!(
        "{columns} from department_doctors d join watch_targets t on {doctor} {rest} left join told_facts f on {told}
         where d.missing_since is not null and {which}
         union all
         {columns} from told_facts f join watch_targets t on {told} join department_doctors d on {doctor} {rest}
         where d.missing_since is null and {which} and not exists (
             select 1 from doctor_readings x
             where x.lpu_id = t.lpu_id and x.doctor_id = t.doctor_id and {REFUSED})
         union
         {refused} from doctor_readings x join watch_targets t on t.lpu_id = x.lpu_id and t.doctor_id = x.doctor_id {tried}
         union
         {refused} from department_readings x join watch_targets t
              on t.lpu_id = x.lpu_id and t.specialty_id = x.specialty_id and t.doctor_id is not null {tried}
         order by 1, 3, 4, 5, 2"
    );
    let mut query = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":now": ms(now),
        ":fresh": ms(now - STALE_LIST),
        ":gone": REFUSED_TIME.num_milliseconds(),
        ":minute": minute(now),
        ":person": person.map(|person| person.0),
    };
    let rows = query.query_map(params, |row| {
        let told_at: Option<i64> = row.get("told_at")?;
        let successor: Option<String> = row.get("successor")?;
        Ok(Row {
            person: PersonId(row.get("person_id")?),
            watch: WatchId(row.get("id")?),
            target: read_target(row)?,
            missing_since: row.get("missing_since")?,
            is_gone: row.get("is_gone")?,
            told: told_at.map(|_| successor.map(DoctorId)),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What is to be told, by person.
fn pending(
    db: &Transaction<'_>,
    person: Option<PersonId>,
    now: DateTime<Utc>,
) -> Result<Vec<News>, StoreError> {
    let mut pending = Vec::new();
    for (row, kind) in of_doctors(db, person, now)? {
        let kind = match kind {
            // Nobody else of the specialty can be waited for instead.
            FactKind::Gone if vanished::is_gone(db, &row.target.department)? => FactKind::PlaceGone,
            kind => kind,
        };
        pending.push(News {
            person: row.person,
            watch: row.watch,
            about: About::Target {
                place: place(db, &row.target)?,
                target: row.target,
            },
            kind,
            since: row.missing_since.map(instant),
        });
    }
    pending.extend(vanished::of_departments(db, person, now)?);
    pending.extend(vanished::of_areas(db, person, now)?);
    pending.sort_by_key(|news| news.person);
    Ok(pending)
}

/// Rows of doctors with what is to be told of each.
fn of_doctors(
    db: &Transaction<'_>,
    person: Option<PersonId>,
    now: DateTime<Utc>,
) -> Result<Vec<(Row, FactKind)>, StoreError> {
    let mut known = HashMap::<Target, Option<DoctorId>>::new();
    let mut pending = Vec::new();
    for row in rows(db, person, now)? {
        let new = match known.get(&row.target) {
            Some(new) => new.clone(),
            None => {
                let new = successor(db, &row.target)?;
                known.insert(row.target.clone(), new.clone());
                new
            }
        };
        // Missing and refused are one fact.
        let is_same = |(last, _): &(Row, FactKind)| {
            (last.person, last.watch, &last.target) == (row.person, row.watch, &row.target)
        };
        if let Some(kind) = decide(&row, new)
            && !pending.last().is_some_and(is_same)
        {
            pending.push((row, kind));
        }
    }
    Ok(pending)
}

/// A name to compare by: letters and digits in lower case, ё as е. `None` when it names nobody in particular.
fn key(name: &str) -> Option<String> {
    let fold = |c: char| c.to_lowercase().map(|c| if c == 'ё' { 'е' } else { c });
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().flat_map(fold).collect())
        .collect();
    (words.len() > 1).then(|| words.join(" "))
}

/// The one doctor of the department with the same name under another id, when the known id is missing: listed since
/// it went missing, or at all once it is gone. `None` also when several would do.
fn successor(db: &Transaction<'_>, target: &Target) -> Result<Option<DoctorId>, StoreError> {
    let Department { lpu, specialty } = &target.department;
    let Some(doctor) = &target.doctor else {
        return Ok(None);
    };
    let missing: Option<(Option<i64>, bool)> = db
        .prepare_cached(
            "select missing_since, gone_by is not null from department_doctors
             where lpu_id = ?1 and specialty_id = ?2 and doctor_id = ?3",
        )?
        .query_row((lpu.0, &specialty.0, &doctor.0), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((Some(since), is_gone)) = missing else {
        return Ok(None);
    };
    let name = catalogue::doctor_name(db, *lpu, doctor)?;
    let Some(name) = name.as_deref().and_then(key) else {
        return Ok(None);
    };
    let mut query = db.prepare_cached(
        "select d.doctor_id, n.name from department_doctors d
         join doctors n on n.lpu_id = d.lpu_id and n.specialty_id = d.specialty_id and n.doctor_id = d.doctor_id
         where d.lpu_id = ?1 and d.specialty_id = ?2 and d.missing_since is null and (?3 or d.listed_since >= ?4)",
    )?;
    let listed = query.query_map((lpu.0, &specialty.0, is_gone, since), |row| {
        Ok((doctor_id(row)?, row.get::<_, Option<String>>("name")?))
    })?;
    let mut same = Vec::new();
    for row in listed {
        let (id, other) = row?;
        if other.as_deref().and_then(key).as_ref() == Some(&name) {
            same.push(id);
        }
    }
    let first = same.pop();
    Ok(first.filter(|_| same.is_empty()))
}

fn is_gone(db: &Transaction<'_>, target: &Target, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let state = super::readings::target_state(db, target.clone(), now)?;
    Ok(target.doctor.is_some() && state.listed == super::Listed::Gone)
}

/// Puts new targets in the place of old ones. What is free of the new ones is news: the cursor goes back as far as
/// that needs and no further, so that the other targets' talons are not told again.
fn replace(
    db: &Transaction<'_>,
    watch: WatchId,
    changes: &[(Target, Target)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for (old, new) in changes {
        let key = |target: &Target| {
            let doctor = target.doctor.as_ref().map(|doctor| doctor.0.clone());
            let Department { lpu, specialty } = &target.department;
            (watch.0, lpu.0, specialty.0.clone(), doctor)
        };
        db.prepare_cached(
            "delete from watch_targets where watch_id = ?1 and lpu_id = ?2 and specialty_id = ?3 and doctor_id is ?4",
        )?
        .execute(key(old))?;
        db.prepare_cached(
            "insert into watch_targets (watch_id, lpu_id, specialty_id, doctor_id) values (?1, ?2, ?3, ?4)
             on conflict (watch_id, lpu_id, specialty_id, ifnull(doctor_id, '')) do update set area_id = null",
        )?
        .execute(key(new))?;
    }
    let new: Vec<Target> = changes.iter().map(|(_, new)| new.clone()).collect();
    let mut oldest = None;
    for target in &new {
        let opened = free_slots(db, target, now)?
            .into_iter()
            .map(|free| free.opened_by.0);
        oldest = oldest.into_iter().chain(opened).min();
    }
    let all_new = targets(db, watch)?
        .iter()
        .all(|target| new.contains(target));
    let back_to = if all_new {
        Some(0)
    } else {
        oldest.map(|event: i64| event - 1)
    };
    if let Some(back_to) = back_to {
        db.prepare_cached("update watches set told_through = min(told_through, ?2) where id = ?1")?
            .execute((watch.0, back_to))?;
    }
    requests::ask(db, &new, now)
}

fn owned(db: &Transaction<'_>, person: PersonId, watch: WatchId) -> Result<bool, StoreError> {
    let n: u32 = db
        .prepare_cached(
            "select count(*) from watches where id = ?1 and person_id = ?2 and deleted_at is null",
        )?
        .query_row((watch.0, person.0), |row| row.get(0))?;
    Ok(n > 0)
}

impl Store {
    /// People who are to hear a fact now: on, reachable, outside their quiet hours, with an active watch it concerns.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn people_with_facts(&self, now: DateTime<Utc>) -> Result<Vec<PersonId>, StoreError> {
        self.read(move |db| {
            let mut people: Vec<_> = pending(db, None, now)?
                .into_iter()
                .map(|news| news.person)
                .collect();
            people.dedup();
            Ok(people)
        })
        .await
    }

    /// What one person is to hear now, at most `limit` facts; `None` when there is nothing, or they are off, gone,
    /// quiet or forgotten.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn facts(
        &self,
        person: PersonId,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Option<Facts>, StoreError> {
        self.read(move |db| {
            let mut facts: Vec<Fact> = Vec::new();
            for news in pending(db, Some(person), now)? {
                if let Some(fact) = facts.last_mut().filter(|fact| fact.about == news.about) {
                    fact.watches.push(news.watch);
                    continue;
                }
                if facts.len() == limit {
                    break;
                }
                facts.push(Fact {
                    about: news.about,
                    kind: news.kind,
                    since: news.since,
                    watches: vec![news.watch],
                });
            }
            let person = people::by_id(db, person)?.filter(|_| !facts.is_empty());
            Ok(person.map(|person| Facts { person, facts }))
        })
        .await
    }

    /// Telegram accepted the message made of these facts: none of them is told again while it stays as it is.
    ///
    /// # Errors
    /// When the file fails; then the message may be sent again.
    pub async fn facts_told(&self, facts: Facts, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            for fact in &facts.facts {
                let target = match &fact.about {
                    About::Target { target, .. } => target,
                    About::Area { area, .. } => {
                        let is_gone = fact.kind != FactKind::Back;
                        for watch in &fact.watches {
                            areas::note_told(db, *watch, area, is_gone, now)?;
                        }
                        continue;
                    }
                };
                let Department { lpu, specialty } = &target.department;
                // Any doctor is '' there.
                let doctor = target.doctor.as_ref().map_or("", |doctor| &doctor.0);
                let successor = match &fact.kind {
                    FactKind::Back => {
                        db.prepare_cached(
                            "delete from told_facts
                             where person_id = ?1 and lpu_id = ?2 and specialty_id = ?3 and doctor_id = ?4",
                        )?
                        .execute((facts.person.id.0, lpu.0, &specialty.0, doctor))?;
                        continue;
                    }
                    FactKind::Gone | FactKind::PlaceGone => None,
                    FactKind::Renumbered(new) => Some(&new.0),
                };
                // Whoever was forgotten meanwhile stays so.
                db.prepare_cached(
                    "insert or replace into told_facts (person_id, lpu_id, specialty_id, doctor_id, successor, told_at)
                     select id, ?2, ?3, ?4, ?5, ?6 from people where id = ?1",
                )?
                .execute((facts.person.id.0, lpu.0, &specialty.0, doctor, successor, ms(now)))?;
            }
            Ok(())
        })
        .await
    }

    /// Follows doctors of a watch to their new ids, as far as they have one now; what is free there is news, and a
    /// look is asked for. Returns how many were re-tied; `None` when the person has no such watch.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn retie_watch(
        &self,
        person: PersonId,
        watch: WatchId,
        now: DateTime<Utc>,
    ) -> Result<Option<usize>, StoreError> {
        self.write(move |db| {
            if !owned(db, person, watch)? {
                return Ok(None);
            }
            let mut changes = Vec::new();
            for old in targets(db, watch)? {
                if let Some(doctor) = successor(db, &old)? {
                    let new = Target {
                        doctor: Some(doctor),
                        ..old.clone()
                    };
                    changes.push((old, new));
                }
            }
            if !changes.is_empty() {
                replace(db, watch, &changes, now)?;
            }
            Ok(Some(changes.len()))
        })
        .await
    }

    /// Makes doctors of a watch "any doctor" of their specialty; what is free there is news, and a look is asked for.
    /// Returns how many were widened; `None` when the person has no such watch.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn widen_watch(
        &self,
        person: PersonId,
        watch: WatchId,
        which: Widen,
        now: DateTime<Utc>,
    ) -> Result<Option<usize>, StoreError> {
        self.write(move |db| {
            if !owned(db, person, watch)? {
                return Ok(None);
            }
            let mut changes = Vec::new();
            for old in targets(db, watch)? {
                let is_meant = match which {
                    Widen::All => old.doctor.is_some(),
                    Widen::Gone => is_gone(db, &old, now)?,
                };
                if is_meant {
                    let new = Target {
                        doctor: None,
                        ..old.clone()
                    };
                    changes.push((old, new));
                }
            }
            if !changes.is_empty() {
                replace(db, watch, &changes, now)?;
            }
            Ok(Some(changes.len()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_however_they_are_written() {
        let same = key("ИВАНОВА  Алёна Петровна");
        assert_eq!(key("Иванова Алена\u{a0}Петровна "), same);
        assert_eq!(key("Иванова А.П., 12 уч."), key("иванова а. п. 12 УЧ"));
        assert_ne!(key("Иванова А.П., 12 уч."), key("Иванова А.П., 14 уч."));
        for nobody in ["", "Врач", "—", "  . "] {
            assert_eq!(key(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn each_fact_is_told_once_and_only_while_it_is_true() {
        let check =
            |missing: bool, is_gone: bool, successor: Option<&str>, told: Option<Option<&str>>| {
                let department = Department {
                    lpu: crate::ids::LpuId(1),
                    specialty: "1".into(),
                };
                let row = Row {
                    person: PersonId(1),
                    watch: WatchId(1),
                    target: Target {
                        department,
                        doctor: Some("a".into()),
                    },
                    missing_since: missing.then_some(1),
                    is_gone,
                    told: told.map(|offered| offered.map(DoctorId::from)),
                };
                decide(&row, successor.map(DoctorId::from))
            };
        let renumbered = || Some(FactKind::Renumbered("b".into()));
        assert_eq!(check(false, false, None, None), None);
        assert_eq!(
            check(true, false, None, None),
            None,
            "missing is not gone yet"
        );
        assert_eq!(check(true, true, None, None), Some(FactKind::Gone));
        assert_eq!(check(true, true, None, Some(None)), None);
        assert_eq!(check(true, false, Some("b"), None), renumbered());
        assert_eq!(
            check(true, true, Some("b"), Some(None)),
            renumbered(),
            "gone was told, a new id is news"
        );
        assert_eq!(check(true, true, Some("b"), Some(Some("b"))), None);
        assert_eq!(check(true, true, Some("b"), Some(Some("c"))), renumbered());
        assert_eq!(check(true, true, None, Some(Some("b"))), None);
        assert_eq!(check(false, false, None, Some(None)), Some(FactKind::Back));
        assert_eq!(
            check(false, false, None, Some(Some("b"))),
            Some(FactKind::Back)
        );
    }
}
