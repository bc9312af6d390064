//! A person's own words read by rules: «окулист приморский после 17 до пятницы».
//!
//! Nothing is guessed silently: what no rule knows is handed back as not understood.

mod dates;
mod everywhere;
mod fold;
mod hours;
mod little;
mod places;
mod plan;
mod reader;
mod specialties;
mod when;

#[cfg(test)]
mod tests;

pub(crate) use everywhere::Reach;
pub(crate) use fold::{is_form, is_slip, words};
pub(crate) use specialties::Asked;

use chrono::NaiveDate;
use shared::catalogue::{District, Lpu};
use shared::ids::{DistrictId, LpuId};
use shared::wish::Wish;

/// What the portal has, as far as we know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Catalogue<'a> {
    /// Districts.
    pub(crate) districts: &'a [District],
    /// Clinics of the whole city; empty = not known yet.
    pub(crate) lpus: &'a [Lpu],
    /// Names of specialties known anywhere, each once; empty = not known yet.
    pub(crate) specialties: &'a [String],
}

/// What a text says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// The district named, or the one of the only clinic that fits.
    pub(crate) district: Option<DistrictId>,
    /// Clinics that fit what was said of one; empty when none was named.
    pub(crate) lpus: Vec<LpuId>,
    /// Several clinics were named one by one: all of them are meant.
    pub(crate) is_each: bool,
    /// Whom to see, in the person's words: [`Asked::read`] compares them with the portal's names.
    pub(crate) specialty: Option<String>,
    /// What may be a doctor's surname: only a list of doctors can tell.
    pub(crate) doctor: Option<String>,
    /// Said when no clinic in particular is meant, with the words; only beside whom to see, and no clinic.
    pub(crate) reach: Option<(Reach, String)>,
    /// Which slots suit.
    pub(crate) wish: Wish,
    /// What no rule knows, as it was written, in its order.
    pub(crate) not_understood: Vec<String>,
}

impl Phrase {
    /// Whether it says to whom, or may say so.
    pub(crate) fn says_whom(&self) -> bool {
        self.specialty.is_some() || self.doctor.is_some()
    }

    /// Whether it says more than a place: a doctor of some kind or name, or days and hours.
    pub(crate) fn says_whom_or_when(&self) -> bool {
        self.specialty.is_some() || self.wish != Wish::default()
    }
}

/// Reads a text said on the day `today`.
pub(crate) fn read(text: &str, today: NaiveDate, catalogue: Catalogue<'_>) -> Phrase {
    reader::read(text, today, catalogue)
}
