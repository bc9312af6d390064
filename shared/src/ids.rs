//! Ids. Each has its own type, so that arguments cannot be swapped.

use serde::{Deserialize, Serialize};

/// A text id of the portal: opaque. Never parsed, trimmed or lower-cased; means something only
/// inside its [`LpuId`] (districts excepted).
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, derive_more::Display,
        )]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    };
}

/// A number id given by our own store.
macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, derive_more::Display,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);
    };
}

text_id! {
    /// District id: `"1"`..`"18"` in every recording.
    DistrictId
}
text_id! {
    /// Specialty id inside one Lpu: `2105`, `35-1`, a UUID, Base64 with `/`.
    SpecialtyId
}
text_id! {
    /// Doctor id inside one Lpu: `47,1`, `д26.114`, `-990000669`.
    DoctorId
}
text_id! {
    /// The portal's own id of a slot: `18.02.2025;13:00;п100.136`, digits, a GUID. Its stability is not promised.
    SlotId
}

/// Institution id: a small integer, as in `/schedule/lpu/{id}/specialties`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    derive_more::Display,
)]
#[serde(transparent)]
pub struct LpuId(pub u32);

row_id! {
    /// A person (or a group) of the store; the Telegram chat id is only an attribute of it.
    PersonId
}
row_id! {
    /// One watch of a person.
    WatchId
}
row_id! {
    /// One visit a person booked.
    BookingId
}
row_id! {
    /// Position in the log of events; everyone's cursor. `EventId(0)` stands before every event.
    EventId
}

/// One specialty at one Lpu: what one `doctors` request covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Department {
    /// Institution.
    pub lpu: LpuId,
    /// Specialty inside it.
    pub specialty: SpecialtyId,
}

/// A doctor with the Lpu that gives the id its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DoctorRef {
    /// Institution.
    pub lpu: LpuId,
    /// Doctor inside it.
    pub doctor: DoctorId,
}

/// Whom a watch waits for: one doctor of a department, or any doctor of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// Specialty at an Lpu.
    pub department: Department,
    /// The doctor; `None` = any doctor of the department.
    pub doctor: Option<DoctorId>,
}

impl Target {
    /// The doctor with the Lpu; `None` when the target is any doctor.
    pub fn doctor_ref(&self) -> Option<DoctorRef> {
        let doctor = self.doctor.clone()?;
        Some(DoctorRef {
            lpu: self.department.lpu,
            doctor,
        })
    }
}

/// One specialty wherever it is received: in a district, or in the whole city. As a target it counts as one, and
/// covers the departments the catalogue knows now and those it will know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Area {
    /// City-wide code of the specialty; `None` = the department it was made from had none.
    pub fer_id: Option<String>,
    /// Its name as [`plain_specialty`](crate::specialty::plain_specialty) makes it; never empty.
    pub name: String,
    /// Where; `None` = the whole city.
    pub district: Option<DistrictId>,
    /// Only clinics for children, or only the others; `None` = both.
    #[serde(default)]
    pub is_for_children: Option<bool>,
}
