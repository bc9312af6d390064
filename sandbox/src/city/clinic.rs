//! Clinics, departments, doctors and their free times, as the city keeps them.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::clock::wall_date;
use shared::ids::{DoctorId, LpuId, SpecialtyId};
use std::collections::{BTreeMap, HashMap};

/// A district, as the portal writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistrictRow {
    /// `"1"`..`"18"`.
    pub id: String,
    /// "Приморский".
    pub name: String,
    /// Code of the territory.
    pub okato: i64,
}

/// A clinic, as the portal writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LpuRow {
    /// Always null in the recordings.
    #[serde(default)]
    pub covid_vaccination_ticket_count: Option<i64>,
    /// Always null in the recordings.
    #[serde(default)]
    pub covid_vaccination_ticket_receive_time: Option<String>,
    /// Id.
    pub id: u32,
    /// Vendor of the clinic's information system.
    pub description: Option<String>,
    /// As `district_id`.
    pub district: i64,
    /// District, a number here, though districts themselves have text ids.
    pub district_id: i64,
    /// "Приморский".
    pub district_name: String,
    /// `true` in all recordings.
    pub is_active: bool,
    /// Official name.
    pub lpu_full_name: String,
    /// "ГП №27".
    pub lpu_short_name: String,
    /// "Поликлиника взрослая".
    pub lpu_type: Option<String>,
    /// Rarely set.
    pub oid: Option<String>,
    /// A number in older recordings.
    pub part_of: Option<i64>,
    /// GUID.
    pub head_organization: Option<String>,
    /// GUID.
    pub organization: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// Free text.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// A number as text.
    pub longitude: Option<String>,
    /// A number as text.
    pub latitude: Option<String>,
    /// Not used here.
    pub covid_vaccination: bool,
    /// Not used here.
    pub in_depth_examination: bool,
}

/// The habits of a clinic's information system that show in its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mis {
    Ariadna,
    SvMed,
    Samson,
    VistaMed,
    PetroMs,
    Narkologia,
    Itworks,
    Avicenna,
    Sparm,
    MedIs,
    Medialog,
    VitaSoft,
    Other,
}

impl Mis {
    pub(crate) fn named(name: Option<&str>) -> Self {
        match name.unwrap_or_default().trim() {
            "Ариадна" => Self::Ariadna,
            "СВ-Мед" => Self::SvMed,
            "Самсон" => Self::Samson,
            "Виста-Мед" => Self::VistaMed,
            "ПетроМС" => Self::PetroMs,
            "Наркология" => Self::Narkologia,
            "ИТВОРКС" => Self::Itworks,
            "Авиценна" => Self::Avicenna,
            "СПАРМ" => Self::Sparm,
            "МедИС" => Self::MedIs,
            "Медиалог" => Self::Medialog,
            "ВитаСофт" => Self::VitaSoft,
            _ => Self::Other,
        }
    }

    /// Whether its nearest and last dates carry no time of day.
    pub(crate) fn tells_days_only(self) -> bool {
        matches!(
            self,
            Self::SvMed | Self::Samson | Self::VistaMed | Self::VitaSoft
        )
    }
}

/// A clinic with everything in it.
#[derive(Debug)]
pub(crate) struct Clinic {
    pub(crate) row: LpuRow,
    pub(crate) departments: Vec<Ward>,
    /// Free times by doctor: a doctor may be listed under two specialties.
    pub(crate) desks: HashMap<DoctorId, Desk>,
    /// What its list of specialties always answers instead.
    pub(crate) refusal: Option<i32>,
}

impl Clinic {
    pub(crate) fn id(&self) -> LpuId {
        LpuId(self.row.id)
    }

    pub(crate) fn mis(&self) -> Mis {
        Mis::named(self.row.description.as_deref())
    }

    pub(crate) fn ward(&self, id: &str) -> Option<&Ward> {
        self.departments.iter().find(|ward| ward.id.0 == id)
    }

    pub(crate) fn ward_mut(&mut self, id: &SpecialtyId) -> Option<&mut Ward> {
        self.departments.iter_mut().find(|ward| &ward.id == id)
    }
}

/// One specialty at a clinic.
#[derive(Debug)]
pub(crate) struct Ward {
    pub(crate) id: SpecialtyId,
    pub(crate) fer_id: Option<String>,
    pub(crate) name: String,
    pub(crate) rows: Vec<Row>,
    /// What its list of doctors always answers instead.
    pub(crate) refusal: Option<i32>,
    /// Counter shown by the specialty while its doctors cannot be read: what was recorded.
    pub(crate) recorded_free: u32,
}

/// One doctor's line in a department's list.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) doctor: DoctorId,
    pub(crate) name: Option<String>,
    pub(crate) area: Option<String>,
    pub(crate) comment: Option<String>,
    /// Times the line is repeated; 0 = not listed now.
    pub(crate) n_lines: u8,
}

/// What a doctor has.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) openings: BTreeMap<DateTime<Utc>, Opening>,
    /// Tickets the internet cannot book, shown in the counters only. Negative at one real clinic.
    pub(crate) n_hidden: i64,
    /// The counter the lists show, whatever there is. `None` = the truth.
    pub(crate) shown: Option<u32>,
    /// Why no day of the timetable is open for booking.
    pub(crate) deny_cause: Option<String>,
    pub(crate) room: Option<String>,
}

impl Desk {
    /// Free times still ahead, soonest first.
    pub(crate) fn ahead(
        &self,
        now: DateTime<Utc>,
    ) -> impl DoubleEndedIterator<Item = (&DateTime<Utc>, &Opening)> {
        self.openings.range(now..)
    }

    /// Opens one more day, like the last one there is; none without one.
    pub(crate) fn open_day(&mut self) {
        let last = self.openings.keys().next_back().copied().map(wall_date);
        let like = self.openings.iter();
        let like = like.filter(|(start, _)| Some(wall_date(**start)) == last);
        let next: Vec<_> = like
            .map(|(start, opening)| (*start + TimeDelta::days(1), *opening))
            .collect();
        self.openings.extend(next);
    }

    pub(crate) fn n_free(&self, now: DateTime<Utc>) -> u32 {
        self.ahead(now).map(|(_, opening)| opening.n_places).sum()
    }

    pub(crate) fn n_shown(&self, now: DateTime<Utc>) -> u32 {
        self.shown.unwrap_or_else(|| self.n_free(now))
    }
}

/// A free time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) n_places: u32,
    pub(crate) minutes: u16,
}

impl Opening {
    pub(crate) fn end(self, start: DateTime<Utc>) -> DateTime<Utc> {
        start + TimeDelta::minutes(i64::from(self.minutes))
    }
}
