//! Several chosen in one list: boxes before the names, and what they stand for.

use super::carried::Note;
use super::finish::{Chosen, finish};
use super::state::{Entry, Menu, Step};
use super::view::show;
use crate::context::{Context, Talk};
use serde::{Deserialize, Serialize};
use shared::ids::{Department, Target};
use shared::store::StoreError;
use teloxide::types::MessageId;

/// What has been ticked so far, in that order. Kept with the menu: pages, typing and restarts leave it alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Ticks {
    /// The ticked rows.
    pub(crate) chosen: Vec<Tick>,
}

/// A ticked row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tick {
    /// As the person read it.
    pub(crate) label: String,
    /// What it stands for: one doctor; any doctor of each department of that specialty a clinic has.
    pub(crate) targets: Vec<Target>,
}

impl Ticks {
    /// Whether the row that stands for these is ticked.
    pub(super) fn has(&self, targets: &[Target]) -> bool {
        self.chosen.iter().any(|tick| tick.targets == targets)
    }

    /// All that is ticked.
    pub(super) fn targets(&self) -> Vec<Target> {
        let targets = self.chosen.iter().flat_map(|tick| &tick.targets);
        targets.cloned().collect()
    }

    /// Ticks a row, or takes its tick away. `false`, and nothing is changed, when that would be more than `max`
    /// targets.
    pub(super) fn toggle(&mut self, tick: Tick, max: usize) -> bool {
        if self.has(&tick.targets) {
            self.chosen.retain(|known| known.targets != tick.targets);
            return true;
        }
        let has_room = self.targets().len() + tick.targets.len() <= max;
        if has_room {
            self.chosen.push(tick);
        }
        has_room
    }
}

/// What the box of a row stands for; `None` = the row has none.
pub(super) fn stands_for(step: &Step, entry: &Entry) -> Option<Vec<Target>> {
    match (step, entry) {
        (Step::Doctor { department, .. }, Entry::Doctor(doctor)) => Some(vec![Target {
            department: department.clone(),
            doctor: Some(doctor.clone()),
        }]),
        (_, Entry::Clinic(lpu, specialties)) => {
            let any = |specialty: &_| Target {
                department: Department {
                    lpu: *lpu,
                    specialty: Clone::clone(specialty),
                },
                doctor: None,
            };
            Some(specialties.iter().map(any).collect())
        }
        _ => None,
    }
}

/// A press on the row at this place of a list with boxes. `false`, and nothing is done, when the row has none.
pub(super) fn toggle(ctx: &Context, menu: &mut Menu, place: usize) -> bool {
    let max = ctx.config.args.max_targets;
    let targets = menu.shown.get(place);
    let targets = targets.and_then(|entry| stands_for(&menu.step, entry));
    let Some(targets) = targets else {
        return false;
    };
    let label = menu.labels.get(place).cloned().unwrap_or_default();
    menu.carried.note = None;
    if let Some(ticks) = &mut menu.ticks
        && !ticks.toggle(Tick { label, targets }, max as usize)
    {
        menu.carried.note = Some(Note::TooMany { max });
    }
    menu.turn();
    true
}

/// All that is ticked is chosen; nothing ticked chooses nothing.
pub(super) async fn done(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    mut menu: Menu,
) -> Result<(), StoreError> {
    let ticks = menu.ticks.clone().unwrap_or_default();
    let label = |tick: &Tick| vec![tick.label.clone(); tick.targets.len()];
    let chosen = Chosen {
        targets: ticks.targets(),
        areas: Vec::new(),
        labels: ticks.chosen.iter().flat_map(label).collect(),
    };
    if chosen.targets.is_empty() {
        menu.turn();
        return show(ctx, talk, menu).await;
    }
    finish(ctx, talk, Some(message), chosen, menu.carried.wish).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ids::{DoctorId, LpuId};

    fn tick(n_targets: usize, name: &str) -> Tick {
        let target = |n: usize| Target {
            department: Department {
                lpu: LpuId(1),
                specialty: "2".into(),
            },
            doctor: Some(DoctorId(format!("{name}{n}"))),
        };
        Tick {
            label: name.to_owned(),
            targets: (0..n_targets).map(target).collect(),
        }
    }

    #[test]
    fn a_second_press_takes_the_tick_away_and_the_order_is_that_of_ticking() {
        let mut ticks = Ticks::default();
        for name in ["б", "а", "в", "а"] {
            assert!(ticks.toggle(tick(1, name), 30));
        }
        let labels: Vec<&str> = ticks.chosen.iter().map(|tick| &*tick.label).collect();
        assert_eq!(labels, ["б", "в"]);
        assert!(ticks.has(&tick(1, "б").targets) && !ticks.has(&tick(1, "а").targets));
    }

    #[test]
    fn no_more_than_the_limit_is_ticked_and_a_tick_can_always_be_taken_away() {
        let mut ticks = Ticks::default();
        assert!(ticks.toggle(tick(2, "а"), 3));
        assert!(!ticks.toggle(tick(2, "б"), 3));
        assert!(ticks.toggle(tick(1, "в"), 3));
        assert_eq!(ticks.targets().len(), 3);
        assert!(ticks.toggle(tick(2, "а"), 3) && ticks.toggle(tick(2, "б"), 3));
    }
}
