//! What the portal has: districts, Lpus, specialties, doctors. Values, already checked.

use crate::ids::{DistrictId, DoctorId, LpuId, SpecialtyId};
use chrono::{DateTime, Utc};

/// One of the city's 18 districts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct District {
    /// Id.
    pub id: DistrictId,
    /// "Адмиралтейский".
    pub name: String,
}

/// A medical institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lpu {
    /// Id.
    pub id: LpuId,
    /// District it stands in.
    pub district: DistrictId,
    /// "ГП №27"; not unique. Trimmed, never empty.
    pub short_name: String,
    /// Official name. Trimmed, may be empty.
    pub full_name: String,
    /// "Поликлиника взрослая"; the taxonomy changes between years.
    pub kind: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// Free text.
    pub phone: Option<String>,
    /// Vendor of the clinic's information system: the portal's `description`.
    pub mis: Option<String>,
    /// `false` = not open for booking on the portal.
    pub is_active: bool,
}

impl Lpu {
    /// Whether it receives children alone, by its kind ("Поликлиника детская"), or by its name where the kind does not
    /// say whom it receives.
    pub fn is_for_children(&self) -> bool {
        let says = |text: &str, word: &str| text.to_lowercase().contains(word);
        match self.kind.as_deref() {
            Some(kind) if says(kind, "детск") => true,
            Some(kind) if says(kind, "взросл") || says(kind, "женск") => false,
            _ => says(&self.full_name, "детск") || says(&self.short_name, "детск"),
        }
    }
}

/// A specialty at an Lpu, with its counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specialty {
    /// Id, inside its Lpu.
    pub id: SpecialtyId,
    /// City-wide code of the specialty; set by clinics and not clean. `None` when absent, empty or `"0"`.
    pub fer_id: Option<String>,
    /// Trimmed, never empty.
    pub name: String,
    /// What its row says is free.
    pub counters: Counters,
}

/// A doctor of a department, with the row's counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doctor {
    /// Id, inside its Lpu.
    pub id: DoctorId,
    /// Trimmed; `None` at some Lpus. Often not a person ("Дежурный врач").
    pub name: Option<String>,
    /// List of served areas ("10, 18, 19").
    pub area: Option<String>,
    /// Free text with HTML entities, up to 3,426 characters seen; may be a whole street list.
    pub comment: Option<String>,
    /// What its row says is free.
    pub counters: Counters,
}

/// The cheap signal in a row of a list. Says where to look first, never what is free: it lies both ways.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Places of the quota open to the internet (`…ParticipantCount`).
    pub n_free: u32,
    /// All free tickets of the clinic, bookable here or not (`…TicketCount`). May be below `n_free`.
    pub n_tickets: u32,
    /// Midnight means "date only". `None` when absent or when the portal put its clock there.
    pub nearest: Option<DateTime<Utc>>,
    /// As `nearest`; may lie before it.
    pub last: Option<DateTime<Utc>>,
}

/// One value with the time it was read from the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    /// The value.
    pub value: T,
    /// When the portal said so.
    pub read_at: DateTime<Utc>,
}
