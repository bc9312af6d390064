//! The clinics of a district that have a specialty, to tick several, and those of which nobody knows.

use super::carried::Note;
use super::city::City;
use super::entries::{Row, lpu_rows};
use super::lead::lead;
use super::state::{Entry, Menu, Step};
use super::ticks::{Tick, Ticks, stands_for};
use crate::context::{Context, Talk};
use shared::catalogue::{Lpu, Specialty};
use shared::gorzdrav::menus::MenuError;
use shared::ids::{Area, Department, DistrictId, LpuId, SpecialtyId};
use shared::specialty::plain_specialty;
use shared::store::StoreError;

/// From the doctors of a department to the clinics of its district that have the same specialty, this one ticked; or
/// from the clinics of a district, with none.
pub(super) async fn open(ctx: &Context, mut menu: Menu) -> Result<Menu, StoreError> {
    let (district, area, department) = match (menu.step.clone(), menu.carried.whole.take()) {
        (
            Step::Doctor {
                district,
                department,
            },
            _,
        ) => {
            let area = area_of(ctx, &district, &department).await?;
            (district, area, Some(department))
        }
        (Step::Lpu { district }, Some(whole)) => (district, Some(whole.area), None),
        _ => {
            menu.turn();
            return Ok(menu);
        }
    };
    let Some(area) = area else {
        // A specialty without a name is at no other clinic.
        menu.carried.note = Some(Note::NowhereElse);
        menu.turn();
        return Ok(menu);
    };
    let here = department.as_ref().map(|department| department.lpu);
    menu.carried.whom = None;
    menu.go(Step::Clinics {
        district,
        area,
        department,
    });
    menu.ticks = Some(Ticks::default());
    let city = City::read(ctx).await?;
    let rows = rows(&city, &menu.step);
    let row = rows
        .iter()
        .find(|row| here.is_some() && lpu_of(&row.entry) == here);
    tick(ctx, &mut menu, row);
    Ok(menu)
}

async fn area_of(
    ctx: &Context,
    district: &DistrictId,
    department: &Department,
) -> Result<Option<Area>, StoreError> {
    let known = ctx.store.specialties(department.lpu).await?;
    let known = known.map_or_else(Vec::new, |list| list.value);
    let specialty = known.iter().find(|known| known.id == department.specialty);
    let area = specialty.and_then(|specialty| Area::of(specialty, Some(district.clone())));
    let lpu = ctx.store.lpu(department.lpu).await?;
    Ok(match lpu {
        Some(lpu) => area.map(|area| area.like_at(&lpu.value)),
        None => area,
    })
}

/// The clinics that have the step's specialty, then those nobody has read yet.
pub(super) fn rows(city: &City, step: &Step) -> Vec<Row> {
    let Step::Clinics { district, area, .. } = step else {
        return Vec::new();
    };
    let is_here = |lpu: &&Lpu| lpu.is_active && lpu.district == *district && area.receives_at(lpu);
    let here: Vec<Lpu> = city.lpus.iter().filter(is_here).cloned().collect();
    let (mut having, mut unknown) = (Vec::new(), Vec::new());
    for mut row in lpu_rows(&here) {
        let Some(lpu) = lpu_of(&row.entry) else {
            continue;
        };
        match city.specialties.get(&lpu) {
            None => unknown.push(row),
            Some(list) => {
                let ids = covered(area, list);
                if !ids.is_empty() {
                    row.entry = Entry::Clinic(lpu, ids);
                    having.push(row);
                }
            }
        }
    }
    having.into_iter().chain(unknown).collect()
}

/// How many of the rows are of clinics nobody has read.
pub(super) fn n_unread(rows: &[Row]) -> usize {
    let is_unread = |row: &&Row| matches!(row.entry, Entry::Lpu(..));
    rows.iter().filter(is_unread).count()
}

/// Ids that the area's specialty has among these.
fn covered(area: &Area, list: &[Specialty]) -> Vec<SpecialtyId> {
    let is_it = |specialty: &&Specialty| {
        area.covers(
            specialty.fer_id.as_deref(),
            &plain_specialty(&specialty.name),
        )
    };
    let found = list.iter().filter(is_it);
    found.map(|specialty| specialty.id.clone()).collect()
}

fn lpu_of(entry: &Entry) -> Option<LpuId> {
    match entry {
        Entry::Clinic(lpu, _) | Entry::Lpu(_, lpu) => Some(*lpu),
        _ => None,
    }
}

fn tick(ctx: &Context, menu: &mut Menu, row: Option<&Row>) {
    let max = ctx.config.args.max_targets;
    let targets = row.and_then(|row| stands_for(&menu.step, &row.entry));
    if let (Some(row), Some(targets), Some(ticks)) = (row, targets, &mut menu.ticks) {
        let label = row.label.clone();
        if !ticks.has(&targets) && !ticks.toggle(Tick { label, targets }, max as usize) {
            menu.carried.note = Some(Note::TooMany { max });
        }
    }
}

/// A press on a clinic nobody has read: it is asked now, and ticked when it has the specialty.
pub(super) async fn ask(
    ctx: &Context,
    talk: &Talk,
    mut menu: Menu,
    place: usize,
) -> Result<(), StoreError> {
    if let Some(lpu) = menu.shown.get(place).and_then(lpu_of) {
        let label = menu.labels.get(place).cloned().unwrap_or_default();
        menu.asked = Some((lpu, label));
    }
    menu.carried.note = None;
    menu.turn();
    lead(ctx, talk, menu).await
}

/// Asks the clinic that was pressed; `None` in the menu when none was.
pub(super) async fn answer(ctx: &Context, menu: &mut Menu) -> Result<(), StoreError> {
    let Some((lpu, clinic)) = menu.asked.take() else {
        return Ok(());
    };
    let Step::Clinics { area, .. } = &menu.step else {
        return Ok(());
    };
    let note = match ctx.menus.specialties(lpu).await {
        Ok(list) => {
            let ids = covered(area, &list.value);
            if !ids.is_empty() {
                let row = Row::new(Entry::Clinic(lpu, ids), clinic);
                tick(ctx, menu, Some(&row));
                return Ok(());
            }
            Note::NotThere { clinic }
        }
        Err(MenuError::Nothing) => Note::NotThere { clinic },
        Err(MenuError::CouldNotLook(_)) => Note::Unread { clinic },
        Err(MenuError::Store(error)) => return Err(error),
    };
    menu.carried.note = Some(note);
    Ok(())
}
