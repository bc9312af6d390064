//! Instants are UTC everywhere; the wall clock of St. Petersburg is applied at the edges, here.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Utc};

/// Europe/Moscow: UTC+3 all year round since 2014.
pub const WALL: FixedOffset = match FixedOffset::east_opt(3 * 3600) {
    Some(offset) => offset,
    None => panic!("three hours are a valid offset"),
};

/// The instant as people in St. Petersburg read it.
pub fn wall(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&WALL)
}

/// The day people in St. Petersburg have at this instant.
pub fn wall_date(at: DateTime<Utc>) -> NaiveDate {
    wall(at).date_naive()
}

/// A wall-clock time of St. Petersburg as an instant.
pub fn from_wall(local: NaiveDateTime) -> DateTime<Utc> {
    // A fixed offset maps every local time to exactly one instant.
    WALL.from_local_datetime(&local).single().map_or_else(
        || Utc.from_utc_datetime(&local),
        |at| at.with_timezone(&Utc),
    )
}
