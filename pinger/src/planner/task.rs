//! What the planner asks for, what it hears back, and what it must know of the settings.

use chrono::{DateTime, Utc};
use shared::failure::Failure;
use shared::ids::{Department, DoctorId, DoctorRef, LpuId, SpecialtyId};
use std::time::Duration;

/// What the planner must know of the settings.
#[derive(Debug, Clone, Copy)]
pub struct PlanSettings {
    /// How often each watched list and doctor is read while the budget allows.
    pub poll_period: Duration,
    /// The budget; the limiter keeps it, the planner only shares it.
    pub requests_per_second: f64,
    /// Whether one request about a clinic may stand for reading all its watched departments when the budget is short.
    /// The program always says yes.
    pub gates: bool,
    /// Whether the planner learns when departments open talons and looks more often then. The program always says yes.
    pub learning: bool,
}

/// One request to the portal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    /// The doctors of a department.
    List(Department),
    /// The free slots of a doctor.
    Look(DoctorRef),
    /// The working days of a doctor.
    Timetable(DoctorRef),
    /// The specialties of a clinic with their counters: one answer for all its departments.
    Gate(LpuId),
    /// The city's districts: names only.
    Districts,
    /// All clinics of the city: names only.
    Lpus,
}

impl Task {
    /// Which clinic it asks; `None` when the portal answers by itself.
    pub fn lpu(&self) -> Option<LpuId> {
        match self {
            Self::List(department) => Some(department.lpu),
            Self::Look(doctor) | Self::Timetable(doctor) => Some(doctor.lpu),
            Self::Gate(lpu) => Some(*lpu),
            Self::Districts | Self::Lpus => None,
        }
    }
}

/// What became of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A list was recorded.
    Listed {
        /// Doctors of the department now.
        listed: Vec<DoctorId>,
        /// Those whose counters moved.
        moved: Vec<DoctorId>,
    },
    /// A look was recorded.
    Looked {
        /// Free slots after it, missed ones included.
        n_free: usize,
        /// Slots it missed for the first time.
        n_missed: usize,
        /// Start of the latest slot it held that the last look did not; of all of them when it was the first. `None` =
        /// nothing opened.
        last_opened: Option<DateTime<Utc>>,
    },
    /// A clinic's specialties were recorded.
    Gated {
        /// Those whose counters moved since the last [`Task::Gate`], new and vanished ones included; all of them when
        /// it was the first.
        moved: Vec<SpecialtyId>,
    },
    /// A timetable was recorded.
    Days,
    /// A list of names was recorded.
    Names,
    /// It failed, and that was recorded (of a timetable nothing is).
    Failed {
        /// How.
        failure: Failure,
        /// The clinic or the portal asked for a pause.
        retry_after: Option<Duration>,
    },
    /// Nothing was asked or nothing could be recorded: as if it had not been tried.
    Void,
}

/// What a log should tell of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A clinic begins to back off.
    ClinicFails(LpuId, Failure),
    /// It answers again, after so many failures since then.
    ClinicAnswers(LpuId, u32, DateTime<Utc>),
}
