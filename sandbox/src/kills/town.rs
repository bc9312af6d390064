//! Who waits for whom.

use crate::city::Whom;
use crate::person::Person;
use crate::world::World;
use anyhow::Context;
use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use rand::RngExt as _;
use rand::rngs::StdRng;
use shared::clock::wall;
use shared::ids::{LpuId, Target};
use shared::store::{Lang, Limits, NewWatch, Program, Store};
use shared::wish::{Day, Hours, Wish};

pub(super) const N_CLINICS: u32 = 6;
pub(super) const N_DEPARTMENTS: u32 = 12;
pub(super) const N_DOCTORS: u32 = 36;

const N_PEOPLE: usize = 60;
/// Doctors of one person, about at most. With more, a message of a minute would tell more times than it shows.
const MAX_DOCTORS: usize = 3;

/// People, and the doctors they wait for.
pub(super) struct Town {
    pub(super) people: Vec<Waiting>,
    /// Doctors whose talons open: of all clinics but the last.
    pub(super) doctors: Vec<Whom>,
    /// Doctors of the last clinic, where nothing opens: people add them by menu.
    pub(super) quiet: Vec<Whom>,
}

/// A person, and what they wait for.
pub(super) struct Waiting {
    pub(super) person: Person,
    watches: Vec<(Target, Taste)>,
}

/// Which talons a watch is for: said here in words of the bench, and to the store as a [`Wish`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taste {
    Any,
    /// From this hour until before that one.
    Hours(u32, u32),
    /// Not on this weekday.
    Without(Weekday),
    /// On this weekday in the morning only, on others whenever.
    Morning(Weekday),
}

impl Taste {
    fn suits(self, start: DateTime<Utc>) -> bool {
        let start = wall(start);
        match self {
            Self::Any => true,
            Self::Hours(from, to) => (from..to).contains(&start.hour()),
            Self::Without(weekday) => start.weekday() != weekday,
            Self::Morning(weekday) => start.weekday() != weekday || start.hour() < 12,
        }
    }

    fn wish(self) -> Option<Wish> {
        let mut wish = Wish::default();
        match self {
            Self::Any => {}
            Self::Hours(from, to) => {
                let minutes = |hour: u32| u16::try_from(hour * 60).ok();
                wish.hours = Hours::new(minutes(from)?, minutes(to)?)?;
            }
            Self::Without(weekday) => wish.set_day(weekday, Day::Off),
            Self::Morning(weekday) => wish.set_day(weekday, Day::Own(Hours::new(0, 12 * 60)?)),
        }
        Some(wish)
    }

    fn any(dice: &mut StdRng) -> Self {
        let weekday = Weekday::try_from(dice.random_range(0..7_u8)).unwrap_or(Weekday::Mon);
        match dice.random_range(0..6) {
            0 => Self::Hours(8, 12),
            1 => Self::Hours(11, 18),
            2 => Self::Without(weekday),
            3 => Self::Morning(weekday),
            _ => Self::Any,
        }
    }
}

impl Waiting {
    /// Whether a doctor's talon at this time is news for them.
    pub(super) fn suits(&self, whom: &Whom, start: DateTime<Utc>) -> bool {
        self.watches.iter().any(|(target, taste)| {
            let is_whom = target
                .doctor
                .as_ref()
                .is_none_or(|doctor| *doctor == whom.doctor.doctor);
            target.department == whom.department && is_whom && taste.suits(start)
        })
    }
}

impl Town {
    /// People with watches that overlap, written into the database before the programs know of it.
    pub(super) async fn found(world: &World, dice: &mut StdRng) -> anyhow::Result<Self> {
        let all = |clinics: std::ops::RangeInclusive<u32>| -> Vec<Whom> {
            clinics
                .flat_map(|lpu| world.city.doctors(LpuId(lpu)))
                .collect()
        };
        let doctors = all(1..=N_CLINICS - 1);
        let store = Store::open(&world.settings.database, Program::Bot).await?;
        let mut people = Vec::new();
        for n in 0..N_PEOPLE {
            let person = world.telegram.acquaintance(&format!("Ждущий {n}"), "ru");
            let mut watches = Vec::new();
            let whom = &doctors[dice.random_range(0..doctors.len())];
            let is_any = dice.random_bool(0.3);
            if is_any {
                watches.push((target(whom, false), Taste::any(dice)));
            }
            // A doctor of the department beside it, or a few from anywhere.
            let n = if is_any { 1 } else { MAX_DOCTORS };
            for n in 0..dice.random_range(1..=n) {
                let other = &doctors[dice.random_range(0..doctors.len())];
                let target = target(if n == 0 { whom } else { other }, true);
                // The same target twice would be one watch with the later wish.
                if watches.iter().all(|(known, _)| *known != target) {
                    watches.push((target, Taste::any(dice)));
                }
            }
            let now = Utc::now();
            let met = store.meet(person.chat(), None, Lang::Ru, now).await?;
            for (target, taste) in &watches {
                let watch = NewWatch {
                    person: met.id,
                    targets: vec![target.clone()],
                    areas: Vec::new(),
                    wish: taste.wish().context("no such hours")?,
                };
                let limits = Limits {
                    watches: 20,
                    targets: 30,
                };
                store.add_watch(watch, limits, now).await?;
            }
            people.push(Waiting { person, watches });
        }
        Ok(Self {
            people,
            quiet: all(N_CLINICS..=N_CLINICS),
            doctors,
        })
    }
}

fn target(whom: &Whom, is_doctor: bool) -> Target {
    Target {
        department: whom.department.clone(),
        doctor: is_doctor.then(|| whom.doctor.doctor.clone()),
    }
}
