//! Facts in the order they were seen.

use crate::ids::{DoctorId, EventId, LpuId};
use chrono::{DateTime, Utc};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A slot was free at the first look, or at the first after a long gap: when it opened is unknown.
    Found,
    /// A slot opened between two looks.
    Appeared,
    /// A slot was missing twice in a row.
    Gone,
    /// A doctor is no longer listed.
    DoctorGone,
    /// A doctor is listed again.
    DoctorBack,
    /// Every try at a clinic has failed for long.
    ClinicSilent,
    /// A silent clinic answers again.
    ClinicBack,
}

impl EventKind {
    /// The word kept in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Appeared => "appeared",
            Self::Gone => "gone",
            Self::DoctorGone => "doctor_gone",
            Self::DoctorBack => "doctor_back",
            Self::ClinicSilent => "clinic_silent",
            Self::ClinicBack => "clinic_back",
        }
    }

    /// Reads the word back; `None` for a word of a newer program.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Found,
            Self::Appeared,
            Self::Gone,
            Self::DoctorGone,
            Self::DoctorBack,
            Self::ClinicSilent,
            Self::ClinicBack,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Position in the log.
    pub id: EventId,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: EventKind,
    /// At which Lpu.
    pub lpu: LpuId,
    /// To which doctor; `None` when it concerns the whole clinic.
    pub doctor: Option<DoctorId>,
    /// Which slot; `None` when it concerns the doctor or the clinic.
    pub start: Option<DateTime<Utc>>,
    /// The last good reading without it; `None` when there was none.
    pub not_seen_at: Option<DateTime<Utc>>,
}
