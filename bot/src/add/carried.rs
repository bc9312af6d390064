//! What a phrase or a shared link said beyond the step it led to; kept until the watch is made.

use serde::{Deserialize, Serialize};
use shared::ids::{Area, LpuId};
use shared::wish::Wish;

/// Carried through the steps of a menu. The default: nothing, a menu opened by `/add` alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Carried {
    /// Which slots suit.
    pub(crate) wish: Wish,
    /// Whom to see, in the person's words; gone once a specialty was found by them.
    pub(crate) whom: Option<String>,
    /// A surname; gone once it was looked for.
    pub(crate) doctor: Option<String>,
    /// The clinics to choose among, in this order; empty = all.
    pub(crate) lpus: Vec<LpuId>,
    /// All of these clinics were named: none is left to choose.
    pub(crate) is_each: bool,
    /// The specialty that was said, as a whole: of the district whose clinics are listed, or of the city.
    pub(crate) whole: Option<Whole>,
    /// What nobody understood, as it was written.
    pub(crate) not_understood: Vec<String>,
    /// Why the menu stops where it does.
    pub(crate) note: Option<Note>,
    /// Somebody else's watch, come by a link.
    pub(crate) is_shared: bool,
}

/// A specialty that can be chosen everywhere at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Whole {
    /// The specialty, and where.
    pub(crate) area: Area,
    /// Name of the district; empty for the city.
    pub(crate) district: String,
}

/// Why a menu stops at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Note {
    /// Several of its entries fit.
    Several,
    /// The clinic lists nothing of that kind; here is what it lists.
    NoSuchSpecialty,
    /// The surname is on no list here.
    NoSuchDoctor,
    /// Of the listed clinics the first `n` have such a specialty; of the other `n_unknown` nobody knows yet.
    Clinics {
        /// Known to have it.
        n: usize,
        /// Never read.
        n_unknown: usize,
    },
    /// No clinic here is known to have it, and all were read.
    NoClinic,
    /// One watch has no room for more targets.
    TooMany {
        /// As many as it may have.
        max: u32,
    },
    /// The specialty has no name by which other clinics could be found.
    NowhereElse,
    /// The clinic was asked just now, and has no such specialty.
    NotThere {
        /// As the person read it.
        clinic: String,
    },
    /// The clinic could not be asked.
    Unread {
        /// As the person read it.
        clinic: String,
    },
}

impl Carried {
    /// Whether there is anything to tell of it.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
