//! What people hear of clinics that are silent and of a portal that is down. Each is told once to whoever waits there,
//! and its end once to whoever was told; only while it is true, and only while the pinger tries.
//!
//! - While the portal is down, people whose clinics fail hear that, once, and of no clinic by itself. Whoever was told of all
//!   their failing clinics already hears nothing more.
//! - Its return is told when each of the person's clinics has answered or is known to be silent: both then in one message.
//! - A clinic that only an area brought is told of when all clinics of that area are silent; else the others are looked at.
//! - Quiet hours hold it back, urgent watches or not: nobody can do anything about it at night. What began and ended in
//!   them is never told. So is an end that came while the person was off.
//! - Talons wait for none of this and are told by themselves.

use super::facts::{NOT_QUIET, minute};
use super::outages::{self, Clinic, Outage, read_clinic};
use super::rows::{at, lpu_id, maybe_at, ms};
use super::watches::{ACTIVE_WATCH, LISTENING};
use super::{Person, Program, Store, StoreError, catalogue, people};
use crate::catalogue::Lpu;
use crate::failure::FailureKind;
use crate::ids::{LpuId, PersonId};
use crate::outage;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Row, Transaction, named_params};
use std::collections::BTreeMap;

/// A pinger without a sign of life for so long tries nothing.
const ALIVE: TimeDelta = TimeDelta::seconds(60);

/// What a told row of the portal is kept under.
const PORTAL: u32 = 0;

/// What happened to a clinic, or to the portal as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutageKind {
    /// The portal does not answer, or asks us to wait.
    PortalDown {
        /// Since when.
        since: DateTime<Utc>,
        /// A 429 keeps us from asking.
        is_held: bool,
    },
    /// The portal answers again, after the person was told otherwise.
    PortalBack,
    /// Every try at the clinic has failed.
    ClinicSilent {
        /// The first failure.
        since: DateTime<Utc>,
        /// How the last one failed.
        why: FailureKind,
    },
    /// The clinic answers again, after the person was told otherwise.
    ClinicBack,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutageFact {
    /// What happened.
    pub kind: OutageKind,
    /// To which clinic; `None` = to the portal as a whole.
    pub lpu: Option<LpuId>,
    /// The clinic as the catalogue has it; `None` when it does not, or for the portal.
    pub known: Option<Lpu>,
    /// Which silence or outage it was; means nothing to anybody else.
    pub number: i64,
}

/// What a person is to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutageNews {
    /// To whom; on, reachable and outside their quiet hours at the time of the snapshot.
    pub person: Person,
    /// The portal first, then clinics by id; never empty.
    pub facts: Vec<OutageFact>,
}

/// One clinic somebody waits at that fails, or that they were told of.
struct AtClinic {
    lpu: LpuId,
    clinic: Clinic,
    /// It is theirs to hear of: chosen by hand, or all of its area is silent.
    is_own: bool,
    since: Listening,
    told: Option<Told>,
}

/// Since when somebody has been waiting.
#[derive(Clone, Copy)]
struct Listening {
    /// The oldest of their active watches there.
    oldest_watch: DateTime<Utc>,
    /// `/on` or `/off` was said last.
    switched: Option<DateTime<Utc>>,
}

impl Listening {
    /// They were waiting at this moment.
    fn covers(&self, at: DateTime<Utc>) -> bool {
        self.oldest_watch <= at && self.heard(at)
    }

    /// They had not switched off since.
    fn heard(&self, at: DateTime<Utc>) -> bool {
        self.switched.is_none_or(|switched| switched <= at)
    }
}

/// What somebody was told.
struct Told {
    number: i64,
    at: DateTime<Utc>,
}

/// What somebody was told of the portal, if anything.
struct OfPortal {
    since: Listening,
    told: Option<(Told, Outage)>,
}

/// All that matters for one person.
#[derive(Default)]
struct Rows {
    clinics: Vec<AtClinic>,
    portal: Option<OfPortal>,
}

fn clinic_fact(at: &AtClinic, kind: OutageKind) -> OutageFact {
    OutageFact {
        kind,
        lpu: Some(at.lpu),
        known: None,
        number: at.clinic.silence.map_or(0, |event| event.0),
    }
}

/// What one person is to hear, by how things are and what they were told.
fn decide(rows: &Rows, open: Option<&(i64, Outage)>, now: DateTime<Utc>) -> Vec<OutageFact> {
    let portal = of_portal(rows, open, now);
    let is_down = open.is_some();
    let clinics = rows.clinics.iter().filter_map(|at| {
        let is_told = at
            .told
            .as_ref()
            .is_some_and(|told| Some(told.number) == at.clinic.silence.map(|event| event.0));
        if at.clinic.is_silent() {
            let series = at.clinic.tries.failing;
            let series =
                series.filter(|series| series.is_silence() && at.since.covers(series.failed_at))?;
            let kind = OutageKind::ClinicSilent {
                since: series.since,
                why: series.last.kind,
            };
            let is_news = at.is_own && !is_told && !is_down;
            return is_news.then(|| clinic_fact(at, kind));
        }
        let told = at.told.as_ref()?;
        let back_at = at.clinic.back_at?;
        let still_waits = at.since.oldest_watch <= told.at && at.since.heard(back_at);
        still_waits.then(|| clinic_fact(at, OutageKind::ClinicBack))
    });
    portal.into_iter().chain(clinics).collect()
}

fn of_portal(rows: &Rows, open: Option<&(i64, Outage)>, now: DateTime<Utc>) -> Option<OutageFact> {
    // An outage they were told of and not of its end, unless that came while they were not there.
    let told = rows.portal.as_ref().and_then(|portal| {
        let (told, outage) = portal.told.as_ref()?;
        let heard = outage.back_at.is_none_or(|at| portal.since.heard(at));
        (heard && portal.since.oldest_watch <= told.at).then_some(told)
    });
    let fact = |kind, number| OutageFact {
        kind,
        lpu: None,
        known: None,
        number,
    };
    match (open, told) {
        (Some(_), Some(_)) => None,
        (Some((number, outage)), None) => {
            let is_news = |at: &AtClinic| {
                let knows = at.told.is_some() && at.clinic.is_silent();
                let tries = &at.clinic.tries;
                !knows && outage::fails(tries, now) && at.since.covers(tries.tried_at)
            };
            let is_hit = match outage.is_held {
                true => rows.portal.is_some(),
                false => rows.clinics.iter().any(is_news),
            };
            let kind = OutageKind::PortalDown {
                since: outage.since,
                is_held: outage.is_held,
            };
            is_hit.then(|| fact(kind, *number))
        }
        (None, Some(told)) => {
            let is_open =
                |at: &AtClinic| at.clinic.tries.failing.is_some() && !at.clinic.is_silent();
            let is_back = !rows.clinics.iter().any(is_open);
            is_back.then(|| fact(OutageKind::PortalBack, told.number))
        }
        (None, None) => None,
    }
}

fn read_told(row: &Row<'_>) -> rusqlite::Result<Option<Told>> {
    let number: Option<i64> = row.get("told")?;
    Ok(number
        .zip(maybe_at(row, "told_at")?)
        .map(|(number, at)| Told { number, at }))
}

fn read_listening(row: &Row<'_>) -> rusqlite::Result<Listening> {
    Ok(Listening {
        oldest_watch: at(row, "oldest_watch")?,
        switched: maybe_at(row, "watching_set")?,
    })
}

/// Everything that matters, by person. Empty while the pinger is not there: what it found may no longer be so.
fn rows(
    db: &Transaction<'_>,
    person: Option<PersonId>,
    open: Option<&(i64, Outage)>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<PersonId, Rows>, StoreError> {
    let mut people = BTreeMap::<PersonId, Rows>::new();
    let is_alive: bool = db
        .prepare_cached(
            "select exists (select 1 from heartbeats where program = ?1 and stopped_at is null and at between ?2 and ?3)",
        )?
        .query_row(
            (Program::Pinger.as_str(), ms(now - ALIVE), ms(now + ALIVE)),
            |row| row.get(0),
        )?;
    if !is_alive {
        return Ok(people);
    }
    let who = format!(
        "{LISTENING} and {ACTIVE_WATCH} and {NOT_QUIET} and (:person is null or w.person_id = :person)"
    );
    let sql = format!(
        "select c.*, w.person_id, min(w.created_at) as oldest_watch, p.watching_set, o.silence as told, o.told_at,
                max(t.area_id is null or not exists (
                    select 1 from watch_targets u left join clinic_tries x on x.lpu_id = u.lpu_id
                    where u.area_id = t.area_id and (x.silence is null or x.back_at is not null))) as is_own
         from clinic_tries c join watch_targets t on t.lpu_id = c.lpu_id
              join watches w on w.id = t.watch_id join people p on p.id = w.person_id
              left join told_outages o on o.person_id = w.person_id and o.lpu_id = c.lpu_id
         where ((c.failing_since is not null and (:portal or (c.silence is not null and c.back_at is null)))
                or o.silence is not null) and {who}
         group by w.person_id, c.lpu_id"
    );
    // One failure in a row is the ordinary case of many clinics: it matters only beside the portal.
    let portal_matters = open.is_some()
        || db
            .prepare_cached("select exists (select 1 from told_outages where lpu_id = ?1)")?
            .query_row([PORTAL], |row| row.get(0))?;
    let mut query = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":now": ms(now), ":minute": minute(now), ":person": person.map(|person| person.0),
        ":portal": portal_matters,
    };
    let found = query.query_map(params, |row| {
        let at = AtClinic {
            lpu: lpu_id(row)?,
            clinic: read_clinic(row)?,
            is_own: row.get("is_own")?,
            since: read_listening(row)?,
            told: read_told(row)?,
        };
        Ok((PersonId(row.get("person_id")?), at))
    })?;
    for row in found {
        let (person, at) = row?;
        people.entry(person).or_default().clinics.push(at);
    }
    // Of a hold everybody is to hear, of anything else whoever was told before.
    let sql = format!(
        "select w.person_id, min(w.created_at) as oldest_watch, p.watching_set, o.silence as told, o.told_at,
                x.since, x.is_held, x.back_at
         from watches w join people p on p.id = w.person_id
              left join told_outages o on o.person_id = w.person_id and o.lpu_id = {PORTAL}
              left join outages x on x.id = o.silence
         where (o.silence is not null or :held) and {who}
         group by w.person_id"
    );
    let mut query = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":now": ms(now), ":minute": minute(now), ":person": person.map(|person| person.0),
        ":held": open.is_some_and(|(_, outage)| outage.is_held),
    };
    let found = query.query_map(params, |row| {
        let told = match read_told(row)? {
            Some(told) if row.get::<_, Option<i64>>("since")?.is_some() => {
                Some((told, outages::read_outage(row)?))
            }
            _ => None,
        };
        let portal = OfPortal {
            since: read_listening(row)?,
            told,
        };
        Ok((PersonId(row.get("person_id")?), portal))
    })?;
    for row in found {
        let (person, portal) = row?;
        people.entry(person).or_default().portal = Some(portal);
    }
    Ok(people)
}

fn pending(
    db: &Transaction<'_>,
    person: Option<PersonId>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<PersonId, Vec<OutageFact>>, StoreError> {
    let open = outages::open(db)?;
    let mut pending = BTreeMap::new();
    for (person, rows) in rows(db, person, open.as_ref(), now)? {
        let facts = decide(&rows, open.as_ref(), now);
        if !facts.is_empty() {
            pending.insert(person, facts);
        }
    }
    Ok(pending)
}

/// Forgets what was told to people who wait there no more.
pub(super) fn forget_told(db: &Transaction<'_>) -> Result<(), StoreError> {
    db.execute(
        "delete from told_outages as o where not exists (
             select 1 from watches w left join watch_targets t on t.watch_id = w.id
             where w.person_id = o.person_id and (o.lpu_id = 0 or t.lpu_id = o.lpu_id))",
        [],
    )?;
    Ok(())
}

impl Store {
    /// People who are to hear of a clinic or of the portal now.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn people_with_outages(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<PersonId>, StoreError> {
        self.read_aside(move |db| Ok(pending(db, None, now)?.into_keys().collect()))
            .await
    }

    /// What one person is to hear now, at most `limit` facts; `None` when there is nothing, or they are off, gone, quiet
    /// or forgotten.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn outage_news(
        &self,
        person: PersonId,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Option<OutageNews>, StoreError> {
        self.read_aside(move |db| {
            let Some(mut facts) = pending(db, Some(person), now)?.remove(&person) else {
                return Ok(None);
            };
            facts.truncate(limit);
            for fact in &mut facts {
                if let Some(lpu) = fact.lpu {
                    fact.known = catalogue::lpu(db, lpu)?.map(|lpu| lpu.value);
                }
            }
            let person = people::by_id(db, person)?;
            Ok(person.map(|person| OutageNews { person, facts }))
        })
        .await
    }

    /// Telegram accepted the message made of this: none of it is told again.
    ///
    /// # Errors
    /// When the file fails; then the message may be sent again.
    pub async fn outages_told(
        &self,
        news: OutageNews,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let person = news.person.id.0;
            for fact in &news.facts {
                let lpu = fact.lpu.map_or(PORTAL, |lpu| lpu.0);
                match fact.kind {
                    OutageKind::PortalBack | OutageKind::ClinicBack => db
                        .prepare_cached(
                            "delete from told_outages where person_id = ?1 and lpu_id = ?2",
                        )?
                        .execute((person, lpu))?,
                    // Whoever was forgotten meanwhile stays so.
                    OutageKind::PortalDown { .. } | OutageKind::ClinicSilent { .. } => db
                        .prepare_cached(
                            "insert or replace into told_outages (person_id, lpu_id, silence, told_at)
                             select id, ?2, ?3, ?4 from people where id = ?1",
                        )?
                        .execute((person, lpu, fact.number, ms(now)))?,
                };
            }
            Ok(())
        })
        .await
    }
}
