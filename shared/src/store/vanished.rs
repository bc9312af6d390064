//! Specialties that vanished from the portal: one of a clinic that somebody waits for any doctor of, all of an area.
//!
//! A department is gone when its clinic's good lists of specialties, read each night, have been without it for three days
//! and no list of its own doctors named anybody meanwhile; or when the portal refused its list of doctors (610, 645) at
//! every try for three days. Three days and not the one of a doctor, because lists of specialties are short for a night
//! now and then, and because the whole clinic is affected: what is told must not have to be taken back. An area is gone
//! when all it covers is.

use super::areas::{MISSING_TIME, district_name, read_area};
use super::facts::{About, FactKind, NOT_QUIET, News, REFUSED, STALE_LIST, minute};
use super::readings::{Listed, REFUSED_TIME};
use super::rows::{at, lpu_id, maybe_at, ms, specialty_id};
use super::watches::{ACTIVE_WATCH, LISTENING};
use super::{StoreError, news};
use crate::ids::{Area, Department, PersonId, Target, WatchId};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, Row, Transaction, named_params};

/// A clinic's specialties are read each night, and a night may fail.
const STALE_SPECIALTIES: TimeDelta = TimeDelta::days(3);

/// How a department stands in its clinic's lists of specialties. `d` is its row of the catalogue, `c` the age of the
/// clinic's list.
const LISTING: &str = "d.missing_since, c.read_at as list_at,
     iif(d.missing_since is null, null, (select max(n.read_at) from doctors n
         where n.lpu_id = d.lpu_id and n.specialty_id = d.specialty_id)) as named_at";

/// Since when a department is missing, and the last list that says so.
#[derive(Debug, Clone, Copy)]
struct Missing {
    since: DateTime<Utc>,
    list_at: DateTime<Utc>,
}

impl Missing {
    /// A row with [`LISTING`]; `None` = in the last list of specialties, or in none yet.
    fn read(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let since = maybe_at(row, "missing_since")?;
        // A list of its doctors that named somebody: the list of specialties was short.
        let named_at = maybe_at(row, "named_at")?;
        let list_at = maybe_at(row, "list_at")?;
        Ok(since.zip(list_at).map(|(since, list_at)| Self {
            since: since.max(named_at.unwrap_or(since)),
            list_at,
        }))
    }

    fn is_gone(self) -> bool {
        self.list_at - self.since >= MISSING_TIME
    }
}

/// How a department stands in its clinic's lists of specialties; what the portal answers for it is another question.
pub(super) fn listing(db: &Transaction<'_>, department: &Department) -> Result<Listed, StoreError> {
    let sql = format!(
        "select {LISTING} from departments d
              left join catalogue_lists c on c.name = 'specialties/' || d.lpu_id
         where d.lpu_id = ?1 and d.specialty_id = ?2"
    );
    let found = db
        .prepare_cached(&sql)?
        .query_row((department.lpu.0, &department.specialty.0), Missing::read)
        .optional()?;
    Ok(match found {
        None => Listed::Unknown,
        Some(None) => Listed::Yes,
        Some(Some(missing)) if missing.is_gone() => Listed::Gone,
        Some(Some(missing)) => Listed::MissingSince(missing.since),
    })
}

/// Whether waiting for anybody of this department is waiting for nothing.
pub(super) fn is_gone(db: &Transaction<'_>, department: &Department) -> Result<bool, StoreError> {
    if listing(db, department)? == Listed::Gone {
        return Ok(true);
    }
    let sql = format!(
        "select 1 from department_readings x where lpu_id = :lpu and specialty_id = :specialty and {REFUSED}"
    );
    let params = named_params! {
        ":lpu": department.lpu.0,
        ":specialty": department.specialty.0,
        ":gone": REFUSED_TIME.num_milliseconds(),
    };
    let found = db
        .prepare_cached(&sql)?
        .query_row(params, |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// How a department stands, and what of that was told.
struct Standing {
    missing: Option<Missing>,
    /// When the list of specialties last held it.
    listed_at: Option<DateTime<Utc>>,
    /// Refusals of its list of doctors, and the last try.
    refused_since: Option<DateTime<Utc>>,
    read_at: Option<DateTime<Utc>>,
    good_at: Option<DateTime<Utc>>,
    told_at: Option<DateTime<Utc>>,
    /// Since when the watch listens.
    since: DateTime<Utc>,
}

impl Standing {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let created_at = at(row, "created_at")?;
        let switched = maybe_at(row, "watching_set")?;
        Ok(Self {
            missing: Missing::read(row)?,
            listed_at: maybe_at(row, "listed_at")?,
            refused_since: maybe_at(row, "refused_since")?,
            read_at: maybe_at(row, "read_at")?,
            good_at: maybe_at(row, "good_at")?,
            told_at: maybe_at(row, "told_at")?,
            since: created_at.max(switched.unwrap_or(created_at)),
        })
    }

    /// What is to be told; what an old answer said, or one from before they listened, may have changed.
    fn fact(&self, now: DateTime<Utc>) -> Option<(FactKind, Option<DateTime<Utc>>)> {
        let is_fresh = |at: DateTime<Utc>, age: TimeDelta| at >= now - age && at >= self.since;
        let missing = self
            .missing
            .filter(|missing| missing.is_gone() && is_fresh(missing.list_at, STALE_SPECIALTIES));
        let refused = self
            .refused_since
            .zip(self.read_at)
            .filter(|(since, at)| *at - *since >= REFUSED_TIME && is_fresh(*at, STALE_LIST));
        let since = [
            missing.map(|missing| missing.since),
            refused.map(|(since, _)| since),
        ];
        let since = since.into_iter().flatten().min();
        match (since, self.told_at) {
            (Some(since), None) => Some((FactKind::PlaceGone, Some(since))),
            (None, Some(told_at)) if self.missing.is_none() && self.refused_since.is_none() => {
                let listed = self.listed_at.filter(|at| is_fresh(*at, STALE_SPECIALTIES));
                let good = self.good_at.filter(|at| is_fresh(*at, STALE_LIST));
                let is_back = listed.max(good).is_some_and(|at| at >= told_at);
                is_back.then_some((FactKind::Back, None))
            }
            _ => None,
        }
    }
}

fn who() -> String {
    format!(
        "{LISTENING} and {ACTIVE_WATCH} and {NOT_QUIET} and (:person is null or w.person_id = :person)"
    )
}

/// What is to be told of departments that are watched as a whole.
pub(super) fn of_departments(
    db: &Transaction<'_>,
    person: Option<PersonId>,
    now: DateTime<Utc>,
) -> Result<Vec<News>, StoreError> {
    let who = who();
    let sql = format!(
        "with known as (
             select lpu_id, specialty_id from departments where missing_since is not null
             union select lpu_id, specialty_id from department_readings where refused_since is not null
             union select lpu_id, specialty_id from told_facts where doctor_id = '')
         select w.person_id, w.id, w.created_at, p.watching_set, k.lpu_id, k.specialty_id, {LISTING},
                d.read_at as listed_at, x.refused_since, x.read_at, x.good_at, f.told_at
         from known k
              join watch_targets t on t.lpu_id = k.lpu_id and t.specialty_id = k.specialty_id
                   and t.doctor_id is null and t.area_id is null
              join watches w on w.id = t.watch_id join people p on p.id = w.person_id
              left join departments d on d.lpu_id = k.lpu_id and d.specialty_id = k.specialty_id
              left join catalogue_lists c on c.name = 'specialties/' || k.lpu_id
              left join department_readings x on x.lpu_id = k.lpu_id and x.specialty_id = k.specialty_id
              left join told_facts f on f.person_id = w.person_id and f.lpu_id = k.lpu_id
                   and f.specialty_id = k.specialty_id and f.doctor_id = ''
         where {who} order by w.person_id, k.lpu_id, k.specialty_id, w.id"
    );
    let mut query = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":now": ms(now), ":minute": minute(now), ":person": person.map(|person| person.0),
    };
    let mut rows = query.query(params)?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        let Some((kind, since)) = Standing::read(row)?.fact(now) else {
            continue;
        };
        let target = Target {
            department: Department {
                lpu: lpu_id(row)?,
                specialty: specialty_id(row)?,
            },
            doctor: None,
        };
        told.push(News {
            person: PersonId(row.get("person_id")?),
            watch: WatchId(row.get("id")?),
            about: About::Target {
                place: news::place(db, &target)?,
                target,
            },
            kind,
            since,
        });
    }
    Ok(told)
}

/// What is to be told of areas: that nothing of one is left, which no single clinic is news of, and that something is
/// there again.
pub(super) fn of_areas(
    db: &Transaction<'_>,
    person: Option<PersonId>,
    now: DateTime<Utc>,
) -> Result<Vec<News>, StoreError> {
    let who = who();
    let sql = format!(
        "with known as (
             select id from watch_areas where gone_at is not null
             union select area_id from told_areas
             union select t.area_id from department_readings x
                   join watch_targets t on t.lpu_id = x.lpu_id and t.specialty_id = x.specialty_id
                   where t.area_id is not null and {REFUSED}),
         departments_of as (
             select t.area_id, count(*) as n,
                    sum(ifnull({REFUSED} and x.read_at >= :fresh, 0)) as n_refused, max(x.refused_since) as refused_since,
                    max(iif(d.missing_since is null and x.refused_since is null,
                            max(ifnull(x.good_at, 0), ifnull(d.read_at, 0)), 0)) as seen_at
             from known k join watch_targets t on t.area_id = k.id
                  left join department_readings x on x.lpu_id = t.lpu_id and x.specialty_id = t.specialty_id
                  left join departments d on d.lpu_id = t.lpu_id and d.specialty_id = t.specialty_id
             group by t.area_id)
         select w.person_id, w.id, a.fer_id, a.name, a.district_id, a.is_for_children, a.gone_at, o.told_at,
                ifnull(s.n, 0) as n, s.n_refused, s.refused_since, s.seen_at
         from known k join watch_areas a on a.id = k.id
              join watches w on w.id = a.watch_id join people p on p.id = w.person_id
              left join told_areas o on o.area_id = a.id left join departments_of s on s.area_id = a.id
         where {who} order by w.person_id, a.name, a.district_id, w.id"
    );
    let mut query = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":now": ms(now), ":minute": minute(now), ":person": person.map(|person| person.0),
        ":gone": REFUSED_TIME.num_milliseconds(), ":fresh": ms(now - STALE_LIST),
    };
    let mut rows = query.query(params)?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        let n: u32 = row.get("n")?;
        let told_at = maybe_at(row, "told_at")?;
        let gone = match n {
            0 => maybe_at(row, "gone_at")?,
            n if row.get::<_, u32>("n_refused")? == n => maybe_at(row, "refused_since")?,
            _ => None,
        };
        let seen_at = maybe_at(row, "seen_at")?;
        let (kind, since) = match (gone, told_at) {
            (Some(since), None) => (FactKind::PlaceGone, Some(since)),
            (None, Some(told_at)) if seen_at.is_some_and(|at| at >= told_at) => {
                (FactKind::Back, None)
            }
            _ => continue,
        };
        let area: Area = read_area(row)?;
        told.push(News {
            person: PersonId(row.get("person_id")?),
            watch: WatchId(row.get("id")?),
            about: About::Area {
                district: district_name(db, area.district.as_ref())?,
                area,
            },
            kind,
            since,
        });
    }
    Ok(told)
}
