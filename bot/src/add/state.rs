//! Where a person is in `/add`. Kept in the store, so that a restart in the middle goes on.

use super::carried::Carried;
use super::ticks::Ticks;
use crate::context::{Context, Talk};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::ids::{Area, Department, DistrictId, DoctorId, LpuId, SpecialtyId, Target};
use shared::store::StoreError;

/// What is written so long after a menu was last touched is not meant for it: it is far up in the chat by then, and
/// whoever writes would see no answer.
const LISTENS: TimeDelta = TimeDelta::minutes(30);

/// One open menu. Written as JSON; what a newer or older program cannot read counts as no menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Menu {
    /// Drawn by lot when it was opened: tells its buttons from those of older menus.
    pub(crate) id: u32,
    /// Grows with every change: tells the buttons of this rendering from earlier ones.
    pub(crate) version: u32,
    /// The message that shows it.
    pub(crate) message: i32,
    /// What is asked.
    pub(crate) step: Step,
    /// Page of the list, from 0.
    pub(crate) page: usize,
    /// What was typed to narrow the list; empty = nothing.
    pub(crate) filter: String,
    /// What the buttons of the shown page stand for, in their order.
    pub(crate) shown: Vec<Entry>,
    /// What those buttons say, in the same order.
    #[serde(default)]
    pub(crate) labels: Vec<String>,
    /// Several are ticked in the step's list; `None` = one tap chooses.
    #[serde(default)]
    pub(crate) ticks: Option<Ticks>,
    /// What was said beyond the step.
    #[serde(default)]
    pub(crate) carried: Carried,
    /// All that is asked has been said: the card to confirm is shown. Empty = the step is.
    #[serde(default)]
    pub(crate) ready: Vec<Target>,
    /// Areas to confirm beside `ready`.
    #[serde(default)]
    pub(crate) areas: Vec<Area>,
    /// A clinic that was pressed before anybody had read what it has, as the person read it.
    #[serde(default)]
    pub(crate) asked: Option<(LpuId, String)>,
    /// When the person last did something with it.
    #[serde(default)]
    pub(crate) touched: DateTime<Utc>,
}

/// What is asked, with what is known so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Which district.
    District,
    /// Which clinic of it.
    Lpu {
        /// Chosen.
        district: DistrictId,
    },
    /// Which specialty there.
    Specialty {
        /// Chosen; where "back" leads.
        district: DistrictId,
        /// Chosen.
        lpu: LpuId,
    },
    /// Which doctor.
    Doctor {
        /// Chosen; where "back" leads.
        district: DistrictId,
        /// Chosen.
        department: Department,
    },
    /// At which clinics of the district; several are ticked.
    Clinics {
        /// Where.
        district: DistrictId,
        /// The specialty, in this district.
        area: Area,
        /// Whose doctors were listed before; where "back" leads. `None` = the clinics of the district were.
        department: Option<Department>,
    },
}

impl Step {
    /// The district that was chosen; `None` before one was.
    pub(crate) fn district(&self) -> Option<DistrictId> {
        match self {
            Self::District => None,
            Self::Lpu { district }
            | Self::Specialty { district, .. }
            | Self::Doctor { district, .. }
            | Self::Clinics { district, .. } => Some(district.clone()),
        }
    }

    /// The step before; `None` at the first.
    pub(crate) fn back(&self) -> Option<Self> {
        match self {
            Self::District => None,
            Self::Lpu { .. } => Some(Self::District),
            Self::Specialty { district, .. } => Some(Self::Lpu {
                district: district.clone(),
            }),
            Self::Doctor {
                district,
                department,
            } => Some(Self::Specialty {
                district: district.clone(),
                lpu: department.lpu,
            }),
            Self::Clinics {
                district,
                department: Some(department),
                ..
            } => Some(Self::Doctor {
                district: district.clone(),
                department: department.clone(),
            }),
            Self::Clinics { district, .. } => Some(Self::Lpu {
                district: district.clone(),
            }),
        }
    }
}

/// What one button of a page stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// A district.
    District(DistrictId),
    /// A clinic, with its district.
    Lpu(DistrictId, LpuId),
    /// A specialty.
    Specialty(SpecialtyId),
    /// A doctor.
    Doctor(DoctorId),
    /// What was chosen lately, offered again.
    Again(Target),
    /// A clinic with the ids its specialty has there: any doctor of it.
    Clinic(LpuId, Vec<SpecialtyId>),
}

impl Menu {
    /// A menu of its own, shown nowhere yet.
    pub(crate) fn new(step: Step, now: DateTime<Utc>) -> Self {
        Self {
            id: rand::random(),
            version: 0,
            message: 0,
            step,
            page: 0,
            filter: String::new(),
            shown: Vec::new(),
            labels: Vec::new(),
            ticks: None,
            carried: Carried::default(),
            ready: Vec::new(),
            areas: Vec::new(),
            asked: None,
            touched: now,
        }
    }

    /// Whether it shows a card to confirm, and no list.
    pub(crate) fn is_card(&self) -> bool {
        !self.ready.is_empty() || !self.areas.is_empty()
    }

    /// From the card back to the list before it.
    pub(crate) fn leave_card(&mut self) {
        self.ready.clear();
        self.areas.clear();
        self.turn();
    }

    /// Whether what is written now is meant for it.
    pub(crate) fn listens(&self, now: DateTime<Utc>) -> bool {
        now - self.touched <= LISTENS
    }

    /// The next rendering: another step, from its first page, with nothing typed.
    pub(crate) fn go(&mut self, step: Step) {
        self.carried.note = None;
        self.carried.lpus.clear();
        self.carried.whole = None;
        self.go_on(step);
    }

    /// As [`Menu::go`], with the clinics to choose among and the reason kept.
    pub(crate) fn go_on(&mut self, step: Step) {
        self.step = step;
        self.page = 0;
        self.filter.clear();
        self.ready.clear();
        self.areas.clear();
        self.ticks = None;
        self.asked = None;
        self.turn();
    }

    /// The next rendering of the same step.
    pub(crate) fn turn(&mut self) {
        self.version += 1;
        self.shown.clear();
        self.labels.clear();
    }
}

/// The person's open menu; `None` when there is none, or none we can read.
pub(crate) async fn load(ctx: &Context, talk: &Talk) -> Result<Option<Menu>, StoreError> {
    let state = ctx.store.dialogue(talk.chat, talk.user).await?;
    Ok(state.and_then(|state| serde_json::from_str(&state).ok()))
}

/// Keeps the menu.
pub(crate) async fn save(ctx: &Context, talk: &Talk, menu: &Menu) -> Result<(), StoreError> {
    let state = serde_json::to_string(menu).map_err(|error| StoreError::Failed(error.into()))?;
    ctx.store
        .set_dialogue(talk.chat, talk.user, Some(state), talk.now)
        .await
}

/// Keeps the menu unless the person has moved on since it was `seen`; whether it was kept.
pub(crate) async fn save_over(
    ctx: &Context,
    talk: &Talk,
    seen: &Menu,
    menu: &Menu,
) -> Result<bool, StoreError> {
    let write =
        |menu| serde_json::to_string(menu).map_err(|error| StoreError::Failed(error.into()));
    ctx.store
        .replace_dialogue(talk.chat, talk.user, write(seen)?, write(menu)?, talk.now)
        .await
}

/// Ends the conversation.
pub(crate) async fn close(ctx: &Context, talk: &Talk) -> Result<(), StoreError> {
    ctx.store
        .set_dialogue(talk.chat, talk.user, None, talk.now)
        .await
}
