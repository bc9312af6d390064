//! Areas: one specialty in a district or the whole city, one target of a watch.
//!
//! `watch_areas` holds what the person chose; the departments it covers now stand in `watch_targets` beside those
//! chosen by hand, so that whoever asks what is watched need not know of areas. [`Store::expand_areas`] keeps the two
//! in step with the catalogue.

use super::rows::{at, lpu_id, maybe_at, ms, specialty_id};
use super::watches::{ACTIVE_WATCH, LISTENING};
use super::{Store, StoreError, catalogue, requests};
use crate::catalogue::Lpu;
use crate::ids::{Area, Department, DistrictId, LpuId, PersonId, Target, WatchId};
use crate::specialty::plain_specialty;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, Row, Transaction, named_params};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A department leaves an area, and is told to be gone where it was chosen by hand, when its clinic's good lists have
/// been without it for so long: a list may be short for a night.
pub(super) const MISSING_TIME: TimeDelta = TimeDelta::days(3);

/// A department of an area, with its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaDepartment {
    /// Which.
    pub department: Department,
    /// The specialty as the clinic writes it.
    pub specialty: String,
    /// The clinic.
    pub lpu: Lpu,
}

/// How far an area reaches, as far as the catalogue knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaExtent {
    /// Name of the district; `None` for the whole city, or while the catalogue does not have it.
    pub district: Option<String>,
    /// Departments it covers now, by clinic and name; empty when none is known.
    pub departments: Vec<AreaDepartment>,
    /// Clinics open for booking where the area is, that receive whom it is for, whatever they have.
    pub n_lpus: usize,
    /// Those of them whose specialties were never read: they may have it too.
    pub n_lpus_unread: usize,
}

impl AreaExtent {
    /// Clinics with at least one of the departments.
    pub fn n_clinics(&self) -> usize {
        let clinics: BTreeSet<_> = self.departments.iter().map(|one| one.lpu.id).collect();
        clinics.len()
    }
}

/// An area of a watch with what it covers in that watch now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedArea {
    /// The area.
    pub area: Area,
    /// Name of its district; `None` for the whole city, or while the catalogue does not have it.
    pub district: Option<String>,
    /// Clinics it brought.
    pub n_lpus: usize,
    /// Departments it brought; those chosen by hand or by an earlier area of the watch do not count.
    pub n_departments: usize,
    /// Since when none of what it covers has been listed; `None` while some of it is, or none was ever known.
    pub gone_at: Option<DateTime<Utc>>,
}

/// What an expansion changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expanded {
    /// Departments that joined, over all watches.
    pub n_joined: usize,
    /// Departments that left.
    pub n_left: usize,
    /// Whose watches grew, of people and watches that may tell now: what is free there is news to them.
    pub people: Vec<PersonId>,
}

/// How a department stands in the lists of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// In the last good list of an open clinic.
    Listed,
    /// Not there, but not for long.
    Missing,
    /// Not there for [`MISSING_TIME`].
    Gone,
}

impl Standing {
    /// By absences, each since when and until when it is known to last; `None` = there. With the beginning of the first
    /// of them.
    fn of(absences: [Option<(DateTime<Utc>, DateTime<Utc>)>; 3]) -> (Self, Option<DateTime<Utc>>) {
        let mut standing = Self::Listed;
        for (since, until) in absences.into_iter().flatten() {
            standing = match standing {
                Self::Gone => Self::Gone,
                _ if until - since >= MISSING_TIME => Self::Gone,
                _ => Self::Missing,
            };
        }
        let since = absences.into_iter().flatten().map(|(since, _)| since);
        (standing, since.min())
    }
}

/// A clinic of the catalogue, with its absences: closed, and left out of the list of the whole city.
struct Clinic {
    lpu: Lpu,
    is_for_children: bool,
    closed: Option<(DateTime<Utc>, DateTime<Utc>)>,
    left: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// When its specialties were read last.
    list_read_at: Option<DateTime<Utc>>,
}

impl Clinic {
    fn is_of(&self, area: &Area) -> bool {
        let is_here = area
            .district
            .as_ref()
            .is_none_or(|here| *here == self.lpu.district);
        is_here
            && area
                .is_for_children
                .is_none_or(|is| is == self.is_for_children)
    }
}

/// A department of the catalogue.
struct Known {
    department: Department,
    name: String,
    plain: String,
    fer_id: Option<String>,
    standing: Standing,
    /// Since when it has not been listed.
    absent_since: Option<DateTime<Utc>>,
}

/// Clinics and departments of the catalogue.
struct Catalogue {
    clinics: BTreeMap<LpuId, Clinic>,
    /// By plain name.
    departments: HashMap<String, Vec<Known>>,
}

fn read_clinic(row: &Row<'_>) -> rusqlite::Result<Clinic> {
    let lpu = catalogue::read_lpu(row)?;
    let read_at = at(row, "read_at")?;
    let city_read_at = maybe_at(row, "city_read_at")?;
    Ok(Clinic {
        is_for_children: lpu.is_for_children(),
        lpu,
        closed: maybe_at(row, "closed_since")?.map(|since| (since, read_at)),
        left: city_read_at
            .filter(|city_read_at| read_at < *city_read_at)
            .map(|city_read_at| (read_at, city_read_at)),
        list_read_at: maybe_at(row, "list_read_at")?,
    })
}

impl Catalogue {
    fn read(db: &Transaction<'_>) -> Result<Self, StoreError> {
        let mut query = db.prepare_cached(
            "select l.*, c.read_at as list_read_at,
                    (select read_at from catalogue_lists where name = 'lpus') as city_read_at
             from lpus l left join catalogue_lists c on c.name = 'specialties/' || l.id",
        )?;
        let clinics: BTreeMap<_, _> = query
            .query_map([], |row| {
                let clinic = read_clinic(row)?;
                Ok((clinic.lpu.id, clinic))
            })?
            .collect::<Result<_, _>>()?;
        let mut query = db.prepare_cached(
            "select lpu_id, specialty_id, name, fer_id, missing_since from departments
             order by lpu_id, name, specialty_id",
        )?;
        let mut departments = HashMap::<String, Vec<Known>>::new();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let department = Department {
                lpu: lpu_id(row)?,
                specialty: specialty_id(row)?,
            };
            let Some(clinic) = clinics.get(&department.lpu) else {
                continue;
            };
            let missing = maybe_at(row, "missing_since")?.zip(clinic.list_read_at);
            let name: String = row.get("name")?;
            let plain = plain_specialty(&name);
            let (standing, absent_since) = Standing::of([missing, clinic.closed, clinic.left]);
            let known = Known {
                department,
                name,
                plain: plain.clone(),
                fer_id: row.get("fer_id")?,
                standing,
                absent_since,
            };
            departments.entry(plain).or_default().push(known);
        }
        Ok(Self {
            clinics,
            departments,
        })
    }

    /// Departments of the area, listed or not, by clinic and name.
    fn covered(&self, area: &Area) -> impl Iterator<Item = (&Clinic, &Known)> {
        let named = self.departments.get(&area.name).into_iter().flatten();
        named.filter_map(|known| {
            let clinic = self.clinics.get(&known.department.lpu)?;
            let is_covered =
                clinic.is_of(area) && area.covers(known.fer_id.as_deref(), &known.plain);
            is_covered.then_some((clinic, known))
        })
    }

    /// Since when none of what the area covers has been listed: when the last of it went. `None` while some of it is
    /// listed or has not been missing for long, and when nothing of the kind was ever known there.
    fn gone_at(&self, area: &Area) -> Option<DateTime<Utc>> {
        let mut last = None;
        for (_, known) in self.covered(area) {
            if known.standing != Standing::Gone {
                return None;
            }
            last = last.max(known.absent_since);
        }
        last
    }
}

pub(super) fn read_area(row: &Row<'_>) -> rusqlite::Result<Area> {
    let (fer_id, district): (String, String) = (row.get("fer_id")?, row.get("district_id")?);
    Ok(Area {
        fer_id: Some(fer_id).filter(|id| !id.is_empty()),
        name: row.get("name")?,
        district: Some(district).filter(|id| !id.is_empty()).map(DistrictId),
        is_for_children: row.get("is_for_children")?,
    })
}

/// A row of `watch_areas`.
struct Chosen {
    watch: WatchId,
    id: i64,
    area: Area,
    gone_at: Option<DateTime<Utc>>,
}

/// Areas of one watch, or of all when `None`, in the order they were chosen.
fn areas(db: &Transaction<'_>, watch: Option<WatchId>) -> Result<Vec<Chosen>, StoreError> {
    let mut query = db.prepare_cached(
        "select watch_id, id, fer_id, name, district_id, is_for_children, gone_at from watch_areas
         where ?1 is null or watch_id = ?1 order by watch_id, id",
    )?;
    let rows = query.query_map([watch.map(|watch| watch.0)], |row| {
        Ok(Chosen {
            watch: WatchId(row.get("watch_id")?),
            id: row.get("id")?,
            area: read_area(row)?,
            gone_at: maybe_at(row, "gone_at")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The areas of a watch.
pub(super) fn of_watch(db: &Transaction<'_>, watch: WatchId) -> Result<Vec<Area>, StoreError> {
    let areas = areas(db, Some(watch))?.into_iter();
    Ok(areas.map(|chosen| chosen.area).collect())
}

/// The areas without repetitions, in their order.
pub(super) fn distinct(areas: Vec<Area>) -> Vec<Area> {
    let mut distinct: Vec<Area> = Vec::new();
    for area in areas {
        if !distinct.iter().any(|known| known.is_same(&area)) {
            distinct.push(area);
        }
    }
    distinct
}

/// Whether these are the same areas in any order; none of either twice.
pub(super) fn are_same(some: &[Area], others: &[Area]) -> bool {
    let is_there = |area: &Area| others.iter().any(|other| other.is_same(area));
    some.len() == others.len() && some.iter().all(is_there)
}

pub(super) fn district_name(
    db: &Transaction<'_>,
    district: Option<&DistrictId>,
) -> Result<Option<String>, StoreError> {
    let Some(district) = district else {
        return Ok(None);
    };
    let found = db
        .prepare_cached("select name from districts where id = ?1")?
        .query_row([&district.0], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// The areas of a watch as its card shows them, each with the id of its row.
pub(super) fn watched(
    db: &Transaction<'_>,
    watch: WatchId,
) -> Result<Vec<(i64, WatchedArea)>, StoreError> {
    let mut count = db.prepare_cached(
        "select count(distinct lpu_id), count(*) from watch_targets where area_id = ?1",
    )?;
    let areas = areas(db, Some(watch))?.into_iter();
    areas
        .map(
            |Chosen {
                 id, area, gone_at, ..
             }| {
                let (n_lpus, n_departments): (u32, u32) =
                    count.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let watched = WatchedArea {
                    district: district_name(db, area.district.as_ref())?,
                    area,
                    n_lpus: n_lpus as usize,
                    n_departments: n_departments as usize,
                    gone_at,
                };
                Ok((id, watched))
            },
        )
        .collect()
}

/// Gives a watch its areas and the departments they cover now.
pub(super) fn insert(
    db: &Transaction<'_>,
    watch: WatchId,
    areas: &[Area],
) -> Result<(), StoreError> {
    let mut insert = db.prepare_cached(
        "insert into watch_areas (watch_id, fer_id, name, district_id, is_for_children)
         values (?1, ?2, ?3, ?4, ?5)",
    )?;
    for area in areas {
        let fer_id = area.fer_id.as_deref().unwrap_or_default();
        let district = area.district.as_ref().map_or("", |district| &district.0);
        insert.execute((watch.0, fer_id, &area.name, district, area.is_for_children))?;
    }
    if areas.is_empty() {
        return Ok(());
    }
    let plan = plan(db, Some(watch))?;
    for change in &plan.changes {
        apply(db, change, false)?;
    }
    for (area, gone_at) in plan.ends {
        end(db, area, gone_at)?;
        // Whoever chose what is gone has read that there is nothing: its return alone is news.
        if let Some(gone_at) = gone_at {
            told(db, area, gone_at)?;
        }
    }
    Ok(())
}

/// Since when nothing an area covers has been listed.
fn end(db: &Transaction<'_>, area: i64, gone_at: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    db.prepare_cached("update watch_areas set gone_at = ?2 where id = ?1")?
        .execute((area, gone_at.map(ms)))?;
    Ok(())
}

/// The person was told that all of an area is gone.
fn told(db: &Transaction<'_>, area: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    // Whose watch was deleted meanwhile is told no more.
    db.prepare_cached(
        "insert or replace into told_areas (area_id, told_at) select id, ?2 from watch_areas where id = ?1",
    )?
    .execute((area, ms(now)))?;
    Ok(())
}

/// Notes that a person was told that this area of a watch is gone, or is back.
pub(super) fn note_told(
    db: &Transaction<'_>,
    watch: WatchId,
    area: &Area,
    is_gone: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for chosen in areas(db, Some(watch))? {
        if !chosen.area.is_same(area) {
            continue;
        }
        if is_gone {
            told(db, chosen.id, now)?;
        } else {
            db.prepare_cached("delete from told_areas where area_id = ?1")?
                .execute([chosen.id])?;
        }
    }
    Ok(())
}

/// What an expansion has to do.
#[derive(Default)]
struct Plan {
    changes: Vec<Change>,
    /// Areas that ended, or are there again: since when nothing of them is listed.
    ends: Vec<(i64, Option<DateTime<Utc>>)>,
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.ends.is_empty()
    }
}

/// What an expansion does to one department of one watch.
struct Change {
    watch: WatchId,
    department: Department,
    what: What,
}

enum What {
    /// Covered by this area now.
    Join(i64),
    /// Another area of the watch covers it now.
    Pass(i64),
    /// Covered no more.
    Leave,
}

/// What has to change so that the areas cover what the catalogue has now. Empty when all is well.
fn plan(db: &Transaction<'_>, watch: Option<WatchId>) -> Result<Plan, StoreError> {
    let areas = areas(db, watch)?;
    if areas.is_empty() {
        return Ok(Plan::default());
    }
    let catalogue = Catalogue::read(db)?;
    // Which departments a watch has already, each with the area that brought it; `None` = chosen by hand.
    let mut has = BTreeMap::<(WatchId, Department), Option<i64>>::new();
    let mut query = db.prepare_cached(
        "select watch_id, lpu_id, specialty_id, area_id from watch_targets
         where doctor_id is null and watch_id in (select watch_id from watch_areas) and (?1 is null or watch_id = ?1)",
    )?;
    let mut rows = query.query([watch.map(|watch| watch.0)])?;
    while let Some(row) = rows.next()? {
        let department = Department {
            lpu: lpu_id(row)?,
            specialty: specialty_id(row)?,
        };
        has.insert(
            (WatchId(row.get("watch_id")?), department),
            row.get("area_id")?,
        );
    }
    let mut covers = BTreeMap::<(WatchId, Department), Vec<i64>>::new();
    let mut changes = Vec::new();
    let mut ends = Vec::new();
    for chosen in &areas {
        let Chosen {
            watch, id, area, ..
        } = chosen;
        let gone_at = catalogue.gone_at(area);
        // What was gone stays so since then, whatever else goes.
        if gone_at.is_some() != chosen.gone_at.is_some() {
            ends.push((*id, gone_at));
        }
        for (_, known) in catalogue.covered(area) {
            let key = (*watch, known.department.clone());
            let is_there = has.contains_key(&key);
            if known.standing == Standing::Gone
                || (known.standing == Standing::Missing && !is_there)
            {
                continue;
            }
            let by = covers.entry(key).or_default();
            if !is_there && by.is_empty() {
                changes.push(Change {
                    watch: *watch,
                    department: known.department.clone(),
                    what: What::Join(*id),
                });
            }
            by.push(*id);
        }
    }
    for ((watch, department), by) in has {
        let Some(by) = by else { continue };
        let covering = covers.get(&(watch, department.clone()));
        let what = match covering.and_then(|areas| areas.first()) {
            Some(_) if covering.is_some_and(|areas| areas.contains(&by)) => continue,
            Some(&other) => What::Pass(other),
            None => What::Leave,
        };
        changes.push(Change {
            watch,
            department,
            what,
        });
    }
    Ok(Plan { changes, ends })
}

fn apply(db: &Transaction<'_>, change: &Change, is_new: bool) -> Result<(), StoreError> {
    let watch = change.watch.0;
    let Department { lpu, specialty } = &change.department;
    match change.what {
        What::Join(area) => db
            .prepare_cached(
                "insert into watch_targets (watch_id, lpu_id, specialty_id, area_id, is_new)
                 values (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((watch, lpu.0, &specialty.0, area, is_new))?,
        What::Pass(area) => db
            .prepare_cached(
                "update watch_targets set area_id = ?4
                 where watch_id = ?1 and lpu_id = ?2 and specialty_id = ?3 and doctor_id is null",
            )?
            .execute((watch, lpu.0, &specialty.0, area))?,
        What::Leave => db
            .prepare_cached(
                "delete from watch_targets where watch_id = ?1 and lpu_id = ?2 and specialty_id = ?3
                 and doctor_id is null and area_id is not null",
            )?
            .execute((watch, lpu.0, &specialty.0))?,
    };
    Ok(())
}

/// Who would be told of what is free in the watch; `None` while it or its person is silent.
fn listener(
    db: &Transaction<'_>,
    watch: WatchId,
    now: DateTime<Utc>,
) -> Result<Option<PersonId>, StoreError> {
    let sql = format!(
        "select w.person_id from watches w join people p on p.id = w.person_id
         where w.id = :watch and {LISTENING} and {ACTIVE_WATCH}"
    );
    let params = named_params! { ":watch": watch.0, ":now": ms(now) };
    let found = db
        .prepare_cached(&sql)?
        .query_row(params, |row| row.get(0).map(PersonId))
        .optional()?;
    Ok(found)
}

impl Store {
    /// How far an area reaches now, watched or not: what a person confirms.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn area_extent(&self, area: Area) -> Result<AreaExtent, StoreError> {
        self.read(move |db| {
            let catalogue = Catalogue::read(db)?;
            let listed = catalogue
                .covered(&area)
                .filter(|(_, known)| known.standing == Standing::Listed);
            let departments = listed.map(|(clinic, known)| AreaDepartment {
                department: known.department.clone(),
                specialty: known.name.clone(),
                lpu: clinic.lpu.clone(),
            });
            let is_open = |clinic: &&Clinic| {
                clinic.is_of(&area) && clinic.closed.is_none() && clinic.left.is_none()
            };
            let open: Vec<_> = catalogue.clinics.values().filter(is_open).collect();
            let unread = open.iter().filter(|clinic| clinic.list_read_at.is_none());
            Ok(AreaExtent {
                district: district_name(db, area.district.as_ref())?,
                departments: departments.collect(),
                n_lpus: open.len(),
                n_lpus_unread: unread.count(),
            })
        })
        .await
    }

    /// When a list of clinics or of a clinic's specialties was read last: areas may cover something else since then.
    /// `None` while there is no such list.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn catalogue_read_at(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(|db| {
            // Both ranges of the key: '0' comes right after '/'.
            let found = db
                .prepare_cached(
                    "select max(read_at) as read_at from catalogue_lists
                     where name >= 'specialties/' and name < 'specialties0' or name >= 'lpus' and name < 'lpus0'",
                )?
                .query_row([], |row| maybe_at(row, "read_at"))?;
            Ok(found)
        })
        .await
    }

    /// Brings what areas cover in step with the catalogue: departments that came join their watches, those which their
    /// clinic has not listed for three days leave. What is free in one that joined is news, however long ago it
    /// opened; a look is asked for. Nothing is written when nothing changed.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn expand_areas(&self, now: DateTime<Utc>) -> Result<Expanded, StoreError> {
        // Nearly always there is nothing to do, and a lock would be in somebody's way.
        if self.read(|db| Ok(plan(db, None)?.is_empty())).await? {
            return Ok(Expanded::default());
        }
        self.write(move |db| {
            let mut expanded = Expanded::default();
            let mut to_ask = Vec::new();
            let mut people = BTreeSet::new();
            let plan = plan(db, None)?;
            for (area, gone_at) in plan.ends {
                end(db, area, gone_at)?;
            }
            for change in plan.changes {
                apply(db, &change, true)?;
                match change.what {
                    What::Join(_) => expanded.n_joined += 1,
                    What::Leave => expanded.n_left += 1,
                    What::Pass(_) => {}
                }
                if let What::Join(_) = change.what
                    && let Some(person) = listener(db, change.watch, now)?
                {
                    people.insert(person);
                    to_ask.push(Target {
                        department: change.department,
                        doctor: None,
                    });
                }
            }
            requests::ask(db, &to_ask, now)?;
            expanded.people = people.into_iter().collect();
            Ok(expanded)
        })
        .await
    }
}
