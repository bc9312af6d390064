//! Who waits for which talon, so that each talon's crowd can take turns.

use super::news::{free_slots_since, last_event};
use super::rows::{doctor_id, lpu_id, ms};
use super::watches::{ACTIVE_WATCH, LISTENING};
use super::{FreeSlot, Store, StoreError};
use crate::ids::{Department, DoctorRef, EventId, PersonId, Target};
use crate::wish::Wish;
use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction, named_params};
use std::collections::{BTreeMap, HashMap};

/// People who have something pending because of one talon, or nothing that suits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crowd {
    /// Whose talon.
    pub doctor: DoctorRef,
    /// The event that opened it. Of several that suit somebody it is the one that suits the fewest people. `None` =
    /// nothing new of the doctor's suits these people: there is nothing to tell, only their cursors are to move.
    pub talon: Option<EventId>,
    /// By id, each once; never empty. The same person may wait for another doctor too.
    pub people: Vec<PersonId>,
}

/// A watch that has not been told all of a doctor.
struct Waiting {
    person: PersonId,
    told_through: EventId,
    /// Which of the wishes.
    wish: usize,
}

/// Doctors with free slots opened after `since`, and the newest opening of each.
fn opened(
    db: &Transaction<'_>,
    since: EventId,
    now: DateTime<Utc>,
) -> Result<Vec<(DoctorRef, EventId)>, StoreError> {
    let mut query = db.prepare_cached(
        "select lpu_id, doctor_id, max(opened_by) as newest from slots
         where opened_by > ?1 and start > ?2 group by lpu_id, doctor_id",
    )?;
    let rows = query.query_map((since.0, ms(now)), |row| {
        let doctor = DoctorRef {
            lpu: lpu_id(row)?,
            doctor: doctor_id(row)?,
        };
        Ok((doctor, EventId(row.get("newest")?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Watches of people who listen that wait for the doctor, by name or by department, and were told less than `newest`;
/// with the different wishes among them.
fn waiting(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
    newest: EventId,
    now: DateTime<Utc>,
) -> Result<(Vec<Waiting>, Vec<Wish>), StoreError> {
    // A target that joined lately is told from its beginning.
    let columns =
        "select w.person_id, iif(t.is_new, 0, w.told_through) as told_through, w.wish from";
    let rest = format!(
        "join watches w on w.id = t.watch_id join people p on p.id = w.person_id
         where (t.is_new = 1 or w.told_through < :newest) and {LISTENING} and {ACTIVE_WATCH}"
    );
    let by_name =
        format!("{columns} watch_targets t {rest} and t.lpu_id = :lpu and t.doctor_id = :doctor");
    let by_department = format!(
        "{columns} department_doctors d
         join watch_targets t on t.lpu_id = d.lpu_id and t.specialty_id = d.specialty_id and t.doctor_id is null
         {rest} and d.lpu_id = :lpu and d.doctor_id = :doctor"
    );
    let mut watches = Vec::new();
    let (mut wishes, mut known) = (Vec::new(), HashMap::<String, usize>::new());
    let mut read = |row: &Row<'_>| -> rusqlite::Result<Waiting> {
        let text = row.get_ref("wish")?.as_str()?;
        let wish = known.get(text).copied().unwrap_or_else(|| {
            wishes.push(serde_json::from_str(text).unwrap_or_default());
            known.insert(text.to_owned(), wishes.len() - 1);
            wishes.len() - 1
        });
        Ok(Waiting {
            person: PersonId(row.get("person_id")?),
            told_through: EventId(row.get("told_through")?),
            wish,
        })
    };
    for sql in [by_name, by_department] {
        let mut query = db.prepare_cached(&sql)?;
        let params = named_params! {
            ":newest": newest.0, ":now": ms(now), ":lpu": doctor.lpu.0, ":doctor": doctor.doctor.0,
        };
        let rows = query.query_map(params, &mut read)?;
        for row in rows {
            watches.push(row?);
        }
    }
    Ok((watches, wishes))
}

/// Divides people among the talons: each to the one they share with the fewest. No clock but `now`, no I/O.
fn divide(
    doctor: &DoctorRef,
    slots: &[FreeSlot],
    watches: &[Waiting],
    wishes: &[Wish],
    now: DateTime<Utc>,
) -> Vec<Crowd> {
    let suits: Vec<Vec<bool>> = wishes
        .iter()
        .map(|wish| {
            let slots = slots.iter();
            slots.map(|free| wish.suits(&free.slot, now)).collect()
        })
        .collect();
    let suiting = |watch: &Waiting| {
        let told_through = watch.told_through;
        let suits = slots.iter().zip(&suits[watch.wish]).enumerate();
        suits.filter_map(move |(n, (free, suits))| {
            (*suits && free.opened_by > told_through).then_some(n)
        })
    };
    let mut n_people = vec![0_usize; slots.len()];
    for watch in watches {
        for slot in suiting(watch) {
            n_people[slot] += 1;
        }
    }
    // The rarest talon of each person, whichever of their watches waits for it.
    let mut rarest = BTreeMap::<PersonId, Option<usize>>::new();
    for watch in watches {
        let own = suiting(watch).min_by_key(|slot| n_people[*slot]);
        let best = rarest.entry(watch.person).or_default();
        *best = best
            .take()
            .into_iter()
            .chain(own)
            .min_by_key(|slot| n_people[*slot]);
    }
    let mut crowds = BTreeMap::<Option<EventId>, Vec<PersonId>>::new();
    for (person, slot) in rarest {
        let talon = slot.map(|slot| slots[slot].opened_by);
        crowds.entry(talon).or_default().push(person);
    }
    let crowds = crowds.into_iter().map(|(talon, people)| Crowd {
        doctor: doctor.clone(),
        talon,
        people,
    });
    crowds.collect()
}

impl Store {
    /// Whoever may have something pending among slots opened after `since`, by talon, and the last event of the
    /// snapshot: the `since` of the next call. `EventId(0)` asks about everything; a call after which nothing
    /// happened costs one look at the last event.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn crowds(
        &self,
        since: EventId,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Crowd>, EventId), StoreError> {
        self.read_aside(move |db| {
            let through = last_event(db)?;
            let mut crowds = Vec::new();
            if through <= since {
                return Ok((crowds, through));
            }
            for (doctor, newest) in opened(db, since, now)? {
                let (watches, wishes) = waiting(db, &doctor, newest, now)?;
                if watches.is_empty() {
                    continue;
                }
                let target = Target {
                    // Asked for by the doctor's id alone.
                    department: Department {
                        lpu: doctor.lpu,
                        specialty: "".into(),
                    },
                    doctor: Some(doctor.doctor.clone()),
                };
                let slots = free_slots_since(db, &target, since, now)?;
                crowds.extend(divide(&doctor, &slots, &watches, &wishes, now));
            }
            Ok((crowds, through))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{DoctorId, LpuId};
    use crate::slot::Slot;
    use crate::wish::Hours;
    use chrono::TimeDelta;

    fn free(hour: i64, opened_by: i64) -> FreeSlot {
        let start = DateTime::UNIX_EPOCH + TimeDelta::hours(hour);
        FreeSlot {
            doctor: who(),
            doctor_name: None,
            slot: Slot {
                start,
                end: start,
                id: "".into(),
                room: None,
                address: None,
                number: None,
                n_places: 1,
            },
            opened_by: EventId(opened_by),
            checked_at: None,
        }
    }

    fn who() -> DoctorRef {
        DoctorRef {
            lpu: LpuId(30),
            doctor: DoctorId("36".into()),
        }
    }

    #[test]
    fn everybody_stands_in_the_smallest_of_their_crowds() {
        // 09:00 and 18:00 by the wall clock.
        let slots = [free(6, 11), free(15, 12)];
        let evening = Wish {
            hours: Hours::new(17 * 60, 24 * 60).unwrap(),
            ..Wish::default()
        };
        let night = Wish {
            hours: Hours::new(0, 60).unwrap(),
            ..Wish::default()
        };
        let morning = Wish {
            hours: Hours::new(9 * 60, 10 * 60).unwrap(),
            ..Wish::default()
        };
        let wishes = [Wish::default(), evening, night, morning];
        let watch = |person, wish, told_through| Waiting {
            person: PersonId(person),
            told_through: EventId(told_through),
            wish,
        };
        let watches = [
            watch(1, 1, 0),
            watch(2, 1, 0),
            watch(3, 1, 0),
            // Both suit; fewer wait for the morning.
            watch(4, 0, 0),
            // The morning was told already.
            watch(5, 0, 11),
            watch(6, 2, 0),
            // Two watches of one person.
            watch(7, 2, 0),
            watch(7, 3, 0),
        ];
        let crowds = divide(&who(), &slots, &watches, &wishes, DateTime::UNIX_EPOCH);
        let shown: Vec<_> = crowds
            .iter()
            .map(|crowd| {
                let people: Vec<_> = crowd.people.iter().map(|person| person.0).collect();
                (crowd.talon.map(|talon| talon.0), people)
            })
            .collect();
        assert_eq!(
            shown,
            [
                (None, vec![6]),
                (Some(11), vec![4, 7]),
                (Some(12), vec![1, 2, 3, 5])
            ]
        );
    }
}
