//! Visits people booked themselves: what alerts offered, the bookings, their reminders.

use super::rows::{at, instant, maybe_at, ms};
use super::watches::read_target;
use super::{News, Person, Place, Store, StoreError, news, people};
use crate::ids::{BookingId, PersonId, Target, WatchId};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};

/// Slots kept of one watch in one alert, the soonest: more than any message shows.
const KEPT: usize = 40;

/// What was told or booked is kept so long after its start.
const KEPT_AFTER: TimeDelta = TimeDelta::days(2);

/// When and where a visit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// To whom; `doctor` is always there.
    pub target: Target,
    /// Its names.
    pub place: Place,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// May equal `start`.
    pub end: DateTime<Utc>,
    /// "435".
    pub room: Option<String>,
    /// Where the visit is, when the clinic said so.
    pub address: Option<String>,
}

/// A talon an alert told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldVisit {
    /// Inside its alert; never given to another talon.
    pub number: u32,
    /// Whose news it was; `None` when that watch is no more.
    pub watch: Option<WatchId>,
    /// The talon.
    pub visit: Visit,
}

/// Which reminder of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReminderKind {
    /// The evening before.
    Evening,
    /// Shortly before.
    Soon,
}

impl ReminderKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Evening => "evening",
            Self::Soon => "soon",
        }
    }
}

/// A reminder of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    /// Which.
    pub kind: ReminderKind,
    /// Not before.
    pub due_at: DateTime<Utc>,
    /// When it was told, or passed over for a later one; `None` = still to be sent.
    pub sent_at: Option<DateTime<Utc>>,
}

/// A visit somebody booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// Who keeps it.
    pub person: PersonId,
    /// The watch that told of it; `None` when it is no more.
    pub watch: Option<WatchId>,
    /// When and where.
    pub visit: Visit,
    /// When the person said so.
    pub created_at: DateTime<Utc>,
    /// By time; empty when there never were any or they were cancelled.
    pub reminders: Vec<Reminder>,
}

impl Booking {
    /// Reminders still to be sent at `now`.
    pub fn pending(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Reminder> {
        let is_ahead = self.visit.start > now;
        let all = self.reminders.iter();
        all.filter(move |reminder| is_ahead && reminder.sent_at.is_none())
    }
}

/// A booking to be made.
#[derive(Debug, Clone)]
pub struct NewBooking {
    /// Whose.
    pub person: PersonId,
    /// Which watch told of it.
    pub watch: Option<WatchId>,
    /// When and where.
    pub visit: Visit,
    /// Times to remind at.
    pub reminders: Vec<(ReminderKind, DateTime<Utc>)>,
}

/// Remembers what a message told. The same message told of more keeps its earlier numbers.
pub(super) fn remember(db: &Transaction<'_>, news: &News, message: i32) -> Result<(), StoreError> {
    let mut all: Vec<_> = news
        .doctors
        .iter()
        .flat_map(|doctor| {
            let slots = doctor.slots.iter();
            slots.map(move |(slot, _, watch)| (&doctor.target, slot, *watch))
        })
        .collect();
    all.sort_by_key(|(_, slot, _)| slot.start);
    let mut kept = std::collections::HashMap::<WatchId, usize>::new();
    all.retain(|(.., watch)| {
        let n = kept.entry(*watch).or_default();
        *n += 1;
        *n <= KEPT
    });
    let mut insert = db.prepare_cached(
        "insert into told_slots (person_id, message_id, number, watch_id, lpu_id, specialty_id, doctor_id, start, end, room, address)
         select ?1, ?2, (select ifnull(max(number), 0) + 1 from told_slots where person_id = ?1 and message_id = ?2),
                (select id from watches where id = ?3), ?4, ?5, ?6, ?7, ?8, ?9, ?10
         where not exists (select 1 from told_slots
                           where person_id = ?1 and message_id = ?2 and lpu_id = ?4 and doctor_id = ?6 and start = ?7)",
    )?;
    for (target, slot, watch) in all {
        let Some(doctor) = &target.doctor else {
            continue;
        };
        insert.execute((
            news.person.id.0,
            message,
            watch.0,
            target.department.lpu.0,
            &target.department.specialty.0,
            &doctor.0,
            ms(slot.start),
            ms(slot.end),
            &slot.room,
            &slot.address,
        ))?;
    }
    Ok(())
}

/// The columns of a [`Visit`]; its names are put in by [`named`].
fn read_visit(row: &Row<'_>) -> rusqlite::Result<Visit> {
    Ok(Visit {
        target: read_target(row)?,
        place: Place::default(),
        start: at(row, "start")?,
        end: at(row, "end")?,
        room: row.get("room")?,
        address: row.get("address")?,
    })
}

fn named(db: &Transaction<'_>, visit: &mut Visit) -> Result<(), StoreError> {
    visit.place = news::place(db, &visit.target)?;
    Ok(())
}

fn maybe_watch(row: &Row<'_>) -> rusqlite::Result<Option<WatchId>> {
    Ok(row.get::<_, Option<i64>>("watch_id")?.map(WatchId))
}

fn read_booking(row: &Row<'_>) -> rusqlite::Result<Booking> {
    Ok(Booking {
        id: BookingId(row.get("id")?),
        person: PersonId(row.get("person_id")?),
        watch: maybe_watch(row)?,
        visit: read_visit(row)?,
        created_at: at(row, "created_at")?,
        reminders: Vec::new(),
    })
}

fn read_reminder(row: &Row<'_>) -> rusqlite::Result<Reminder> {
    let kind: String = row.get("kind")?;
    Ok(Reminder {
        kind: match kind.as_str() {
            "evening" => ReminderKind::Evening,
            _ => ReminderKind::Soon,
        },
        due_at: at(row, "due_at")?,
        sent_at: maybe_at(row, "sent_at")?,
    })
}

fn whole(db: &Transaction<'_>, mut booking: Booking) -> Result<Booking, StoreError> {
    named(db, &mut booking.visit)?;
    let mut query =
        db.prepare_cached("select * from reminders where booking_id = ?1 order by due_at")?;
    booking.reminders = query
        .query_map([booking.id.0], read_reminder)?
        .collect::<Result<_, _>>()?;
    Ok(booking)
}

/// A reminder `r` of a booking `b` that may be sent to the person `p` at `:now`. Not after the visit began, not to
/// someone who cannot be reached; /off silences watches, not the visit a person booked.
const WAITING: &str =
    "reminders r join bookings b on b.id = r.booking_id join people p on p.id = b.person_id
     where r.sent_at is null and b.start > :now and p.gone_at is null";

impl Store {
    /// Talons a message of the person told of that are still ahead, soonest first; empty for a message that is no
    /// alert.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn told_visits(
        &self,
        person: PersonId,
        message: i32,
        now: DateTime<Utc>,
    ) -> Result<Vec<ToldVisit>, StoreError> {
        self.read(move |db| {
            let mut query = db.prepare_cached(
                "select * from told_slots where person_id = ?1 and message_id = ?2 and start > ?3
                 order by start, number",
            )?;
            let rows = query.query_map((person.0, message, ms(now)), |row| {
                Ok(ToldVisit {
                    number: row.get("number")?,
                    watch: maybe_watch(row)?,
                    visit: read_visit(row)?,
                })
            })?;
            let mut told = rows.collect::<Result<Vec<_>, _>>()?;
            for one in &mut told {
                named(db, &mut one.visit)?;
            }
            Ok(told)
        })
        .await
    }

    /// Watches whose news a message of the person was, deleted ones left out; `None` for a message that is no alert.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn alert_watches(
        &self,
        person: PersonId,
        message: i32,
    ) -> Result<Option<Vec<WatchId>>, StoreError> {
        self.read(move |db| {
            let mut query = db.prepare_cached(
                "select distinct w.id from told_slots t
                 left join watches w on w.id = t.watch_id and w.person_id = t.person_id and w.deleted_at is null
                 where t.person_id = ?1 and t.message_id = ?2 order by w.id",
            )?;
            let rows = query.query_map((person.0, message), |row| row.get::<_, Option<i64>>(0))?;
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            let is_known = !rows.is_empty();
            let watches = rows.into_iter().flatten().map(WatchId).collect();
            Ok(is_known.then_some(watches))
        })
        .await
    }

    /// Keeps a booking with its reminders. The same visit booked again is the same booking, reminded anew. With the id
    /// it says when the person booked it first.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn book(
        &self,
        new: NewBooking,
        now: DateTime<Utc>,
    ) -> Result<(BookingId, DateTime<Utc>), StoreError> {
        self.write(move |db| {
            let NewBooking { person, watch, visit, reminders } = &new;
            let department = &visit.target.department;
            let doctor = visit.target.doctor.as_ref().map_or("", |doctor| &doctor.0);
            let (id, created_at): (i64, i64) = db
                .prepare_cached(
                    "insert into bookings (person_id, watch_id, lpu_id, specialty_id, doctor_id, start, end, room, address, created_at)
                     values (?1, (select id from watches where id = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                     on conflict (person_id, lpu_id, doctor_id, start) do update
                     set watch_id = excluded.watch_id, room = excluded.room, address = excluded.address
                     returning id, created_at",
                )?
                .query_row(
                    (
                        person.0,
                        watch.map(|watch| watch.0),
                        department.lpu.0,
                        &department.specialty.0,
                        doctor,
                        ms(visit.start),
                        ms(visit.end),
                        &visit.room,
                        &visit.address,
                        ms(now),
                    ),
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?;
            let mut insert = db.prepare_cached(
                "insert or ignore into reminders (booking_id, kind, due_at) values (?1, ?2, ?3)",
            )?;
            for (kind, due_at) in reminders {
                insert.execute((id, kind.as_str(), ms(*due_at)))?;
            }
            Ok((BookingId(id), instant(created_at)))
        })
        .await
    }

    /// A booking of the person; `None` when there is none or it is someone else's.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn booking(
        &self,
        person: PersonId,
        booking: BookingId,
    ) -> Result<Option<Booking>, StoreError> {
        self.read(move |db| {
            let found = db
                .prepare_cached("select * from bookings where id = ?1 and person_id = ?2")?
                .query_row((booking.0, person.0), read_booking)
                .optional()?;
            found.map(|booking| whole(db, booking)).transpose()
        })
        .await
    }

    /// No reminders of this booking any more.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn cancel_reminders(&self, booking: BookingId) -> Result<(), StoreError> {
        self.write(move |db| {
            db.execute("delete from reminders where booking_id = ?1", [booking.0])?;
            Ok(())
        })
        .await
    }

    /// When the next reminder falls due, in the past when one is late; `None` when none waits.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn next_reminder(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(move |db| {
            let sql = format!("select min(r.due_at) from {WAITING}");
            let due: Option<i64> = db
                .prepare_cached(&sql)?
                .query_row(rusqlite::named_params! { ":now": ms(now) }, |row| {
                    row.get(0)
                })?;
            Ok(due.map(instant))
        })
        .await
    }

    /// Bookings with a reminder due at `now`, the longest due first.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn due_bookings(&self, now: DateTime<Utc>) -> Result<Vec<BookingId>, StoreError> {
        self.read(move |db| {
            let sql = format!(
                "select b.id from {WAITING} and r.due_at <= :now group by b.id order by min(r.due_at), b.id"
            );
            let mut query = db.prepare_cached(&sql)?;
            let rows = query.query_map(rusqlite::named_params! { ":now": ms(now) }, |row| {
                row.get(0).map(BookingId)
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The booking and whom to remind of it, if a reminder of it is due at `now` still.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn due_booking(
        &self,
        booking: BookingId,
        now: DateTime<Utc>,
    ) -> Result<Option<(Person, Booking)>, StoreError> {
        self.read(move |db| {
            let sql = format!(
                "select b.* from {WAITING} and r.due_at <= :now and b.id = :booking limit 1"
            );
            let params = rusqlite::named_params! { ":now": ms(now), ":booking": booking.0 };
            let found = db
                .prepare_cached(&sql)?
                .query_row(params, read_booking)
                .optional()?;
            let Some(booking) = found else {
                return Ok(None);
            };
            let person = people::by_id(db, booking.person)?;
            let booking = whole(db, booking)?;
            Ok(person.map(|person| (person, booking)))
        })
        .await
    }

    /// Telegram accepted a reminder: whatever of this booking was due at `through` is done.
    ///
    /// # Errors
    /// When the file fails; then it may be sent again.
    pub async fn reminded(
        &self,
        booking: BookingId,
        through: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "update reminders set sent_at = ?3 where booking_id = ?1 and due_at <= ?2 and sent_at is null",
            )?
            .execute((booking.0, ms(through), ms(now)))?;
            Ok(())
        })
        .await
    }

    /// Forgets what alerts told and what was booked, two days after it began.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn forget_visits(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            let before = ms(now - KEPT_AFTER);
            db.execute("delete from told_slots where start <= ?1", [before])?;
            db.execute("delete from bookings where start <= ?1", [before])?;
            Ok(())
        })
        .await
    }
}
