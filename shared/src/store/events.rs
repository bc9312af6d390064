//! The log of facts, as others follow it.

use super::rows::{at, lpu_id, maybe_at};
use super::{Store, StoreError};
use crate::event::{Event, EventKind};
use crate::ids::{DoctorId, EventId};

impl Store {
    /// Events after the cursor, in their order, at most `limit`; kinds only a newer program knows are left out.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn events_after(
        &self,
        cursor: EventId,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.read(move |db| {
            let mut query = db.prepare_cached(
                "select id, at, kind, lpu_id, doctor_id, start, not_seen_at from events
                 where id > ?1 order by id limit ?2",
            )?;
            let mut events = Vec::new();
            let mut rows = query.query((cursor.0, limit))?;
            while let Some(row) = rows.next()? {
                let kind: String = row.get("kind")?;
                let Some(kind) = EventKind::from_word(&kind) else {
                    continue;
                };
                let doctor: Option<String> = row.get("doctor_id")?;
                events.push(Event {
                    id: EventId(row.get("id")?),
                    at: at(row, "at")?,
                    kind,
                    lpu: lpu_id(row)?,
                    doctor: doctor.map(DoctorId),
                    start: maybe_at(row, "start")?,
                    not_seen_at: maybe_at(row, "not_seen_at")?,
                });
            }
            Ok(events)
        })
        .await
    }
}
