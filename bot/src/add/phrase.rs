//! From a phrase to a filled card, or to the step where a person has to choose.

use super::area::whole;
use super::carried::{Carried, Note};
use super::city::{City, best, is_named};
use super::flow::is_full;
use super::lead::lead;
use super::state::{Menu, Step};
use super::view::show;
use crate::context::{Context, Talk};
use crate::words::{Asked, Phrase, Reach};
use shared::catalogue::Lpu;
use shared::ids::{Department, LpuId, Target};
use shared::store::StoreError;
use shared::wish::Wish;
use std::collections::BTreeSet;

/// Clinics to choose among at most: a longer list is no choice.
const MOST_CLINICS: usize = 40;

/// When a text may be a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// After `/add`: a place alone narrows the list as it always did.
    Command,
    /// Out of the blue: anything that names a place or a doctor.
    Said,
    /// At a step of an open menu whose list has nothing like it.
    Typed,
}

/// Takes a text for a phrase and goes where it leads, in the menu's message when one is open. `false`, and nothing was
/// done, when it is none.
pub(super) async fn take(
    ctx: &Context,
    talk: &Talk,
    open: Option<Menu>,
    text: &str,
    when: When,
) -> Result<bool, StoreError> {
    let city = City::read(ctx).await?;
    let phrase = city.phrase(text, talk);
    let doctors = match &phrase.doctor {
        Some(doctor) if when != When::Command || !phrase.lpus.is_empty() => {
            named(ctx, doctor).await?
        }
        _ => Vec::new(),
    };
    let is_where = phrase.district.is_some() || !phrase.lpus.is_empty();
    let is_whom = phrase.specialty.is_some() || !doctors.is_empty();
    let is_when = phrase.wish != Wish::default();
    let is_phrase = match when {
        When::Command | When::Typed => phrase.says_whom_or_when() || is_whom,
        When::Said => is_whom || is_where,
    };
    if !is_phrase {
        return Ok(false);
    }
    let mut menu = Menu::new(Step::District, talk.now);
    if let Some(open) = open {
        menu.message = open.message;
        // A card that is open, and only days and hours said: the same card with them.
        if open.is_card() && is_when && !is_whom && !is_where {
            menu = open;
            menu.carried.wish = phrase.wish;
            menu.carried.not_understood = phrase.not_understood;
            menu.turn();
            show(ctx, talk, menu).await?;
            return Ok(true);
        }
        menu.step = match open.step {
            Step::Clinics { district, .. } => Step::Lpu { district },
            step => step,
        };
        menu.carried.wish = open.carried.wish;
    }
    if menu.message == 0 && is_full(ctx, talk, None).await? {
        return Ok(true);
    }
    begin(&city, &mut menu, phrase, doctors);
    lead(ctx, talk, menu).await?;
    Ok(true)
}

/// Takes days and hours for what is being ticked. `false`, and nothing was done, when the text says none.
pub(super) async fn take_wish(
    ctx: &Context,
    talk: &Talk,
    mut menu: Menu,
    text: &str,
) -> Result<bool, StoreError> {
    let phrase = City::read(ctx).await?.phrase(text, talk);
    let is_more = phrase.says_whom() || phrase.district.is_some() || !phrase.lpus.is_empty();
    if phrase.wish == Wish::default() || is_more {
        return Ok(false);
    }
    menu.carried.wish = phrase.wish;
    menu.carried.not_understood = phrase.not_understood;
    menu.filter.clear();
    menu.turn();
    show(ctx, talk, menu).await?;
    Ok(true)
}

/// Puts what was said into the menu: the furthest step it names, and what is to be found on the way.
fn begin(city: &City, menu: &mut Menu, phrase: Phrase, doctors: Vec<Target>) {
    let said_wish = Some(phrase.wish).filter(|wish| *wish != Wish::default());
    let known = std::mem::take(&mut menu.carried.wish);
    let mut carried = Carried {
        wish: said_wish.unwrap_or(known),
        whom: phrase.specialty,
        doctor: phrase.doctor,
        not_understood: phrase.not_understood,
        ..Carried::default()
    };
    let reach = phrase.reach;
    let step = match (phrase.lpus.as_slice(), phrase.district) {
        ([], None) if let Some((reach, _)) = &reach => match menu.step.district() {
            // Of the district that is open, unless the city was named.
            Some(district) if *reach == Reach::Any => Step::Lpu { district },
            _ => Step::District,
        },
        ([], None) => match (&carried.whom, menu.step.clone()) {
            // Another specialty of the clinic that is open.
            (
                Some(_),
                Step::Doctor {
                    district,
                    department,
                },
            ) => Step::Specialty {
                district,
                lpu: department.lpu,
            },
            (_, step) => step,
        },
        ([], Some(district)) => Step::Lpu { district },
        ([only], Some(district)) => Step::Specialty {
            district,
            lpu: *only,
        },
        (several, district) => {
            carried.lpus = several.to_vec();
            carried.note = Some(Note::Several);
            carried.is_each = phrase.is_each && carried.doctor.is_none();
            district.map_or(Step::District, |district| Step::Lpu { district })
        }
    };
    menu.carried = carried;
    menu.go_on(step);
    clinics(city, menu);
    by_surname(city, menu, doctors);
    // A surname is looked for wherever it may be; a doctor found is no area.
    let is_area = menu.carried.doctor.is_none() && !menu.is_card();
    match (reach.filter(|_| is_area), menu.carried.whole.clone()) {
        (Some(_), Some(whole)) => {
            menu.carried.whom = None;
            menu.carried.note = None;
            menu.carried.lpus.clear();
            menu.areas = vec![whole.area];
        }
        (Some((_, said)), None) => menu.carried.not_understood.push(said),
        (None, _) => only_clinic(city, menu),
    }
}

/// Puts the clinics that have what is asked for first, and leaves out those known not to.
fn clinics(city: &City, menu: &mut Menu) {
    let district = match &menu.step {
        Step::Lpu { district } => Some(district.clone()),
        _ => None,
    };
    if let (Some(whom), Step::District | Step::Lpu { .. }) = (&menu.carried.whom, &menu.step)
        && menu.carried.lpus.is_empty()
    {
        menu.carried.whole = whole(city, whom, district.as_ref());
    }
    if let (Some(whom), Step::Lpu { district }) = (&menu.carried.whom, &menu.step) {
        let is_here = |lpu: &&Lpu| lpu.is_active && lpu.district == *district;
        let among: Vec<LpuId> = match menu.carried.lpus.as_slice() {
            [] => city.lpus.iter().filter(is_here).map(|lpu| lpu.id).collect(),
            several => several.to_vec(),
        };
        let (having, unknown) = city.having(&Asked::read(whom), among.into_iter());
        let (n, n_unknown) = (having.len(), unknown.len());
        if n + n_unknown == 0 {
            menu.carried.note = Some(Note::NoClinic);
        } else {
            menu.carried.note = Some(Note::Clinics { n, n_unknown });
            menu.carried.lpus = having.into_iter().chain(unknown).collect();
        }
    }
    menu.carried.lpus.truncate(MOST_CLINICS);
}

/// After a choice at a step: goes on with what was carried there.
pub(super) async fn onward(ctx: &Context, talk: &Talk, mut menu: Menu) -> Result<(), StoreError> {
    if menu.carried.whom.is_some() && matches!(menu.step, Step::Lpu { .. }) {
        let city = City::read(ctx).await?;
        clinics(&city, &mut menu);
        only_clinic(&city, &mut menu);
    }
    lead(ctx, talk, menu).await
}

/// A surname alone finds its doctor wherever the catalogue knows one.
fn by_surname(city: &City, menu: &mut Menu, mut doctors: Vec<Target>) {
    let of_clinic = |target: &Target| city.lpu(target.department.lpu);
    doctors.retain(|target| match &menu.step {
        Step::District => {
            menu.carried.lpus.is_empty() || menu.carried.lpus.contains(&target.department.lpu)
        }
        Step::Lpu { district } => of_clinic(target).is_some_and(|lpu| lpu.district == *district),
        Step::Specialty { lpu, .. } => *lpu == target.department.lpu,
        Step::Doctor { department, .. } => *department == target.department,
        Step::Clinics { .. } => false,
    });
    if let Some(whom) = &menu.carried.whom {
        let asked = Asked::read(whom);
        doctors.retain(|target| {
            let Department { lpu, specialty } = &target.department;
            let list = city.specialties.get(lpu).into_iter().flatten();
            let name = list
                .filter(|known| known.id == *specialty)
                .map(|known| &known.name);
            let is_childrens = city.lpu(*lpu).is_some_and(Lpu::is_for_children);
            !best(&asked, is_childrens, name.map(String::as_str)).is_empty()
        });
    }
    match doctors.as_slice() {
        [] => {}
        [only] => {
            if let Some(lpu) = of_clinic(only) {
                menu.carried.whom = None;
                menu.carried.doctor = None;
                menu.carried.lpus.clear();
                menu.carried.note = None;
                menu.go_on(Step::Doctor {
                    district: lpu.district.clone(),
                    department: only.department.clone(),
                });
                menu.ready = vec![only.clone()];
            }
        }
        several => {
            let lpus: BTreeSet<LpuId> =
                several.iter().map(|target| target.department.lpu).collect();
            if matches!(menu.step, Step::District | Step::Lpu { .. }) {
                menu.carried.lpus = lpus.into_iter().take(MOST_CLINICS).collect();
                menu.carried.note = Some(Note::Several);
            }
        }
    }
}

/// One clinic left of a list that is wholly known is chosen.
fn only_clinic(city: &City, menu: &mut Menu) {
    let [only] = menu.carried.lpus.as_slice() else {
        return;
    };
    let is_known = !matches!(menu.carried.note, Some(Note::Clinics { n: 0, .. }));
    if let Some(lpu) = city
        .lpu(*only)
        .filter(|_| is_known && menu.ready.is_empty())
    {
        let step = Step::Specialty {
            district: lpu.district.clone(),
            lpu: lpu.id,
        };
        menu.carried.lpus.clear();
        menu.carried.note = None;
        menu.go_on(step);
    }
}

/// Doctors of the catalogue with this surname, each once.
async fn named(ctx: &Context, said: &str) -> Result<Vec<Target>, StoreError> {
    let said = said.to_owned();
    let found = ctx
        .store
        .doctors_where(move |name| is_named(name, &said))
        .await?;
    let mut targets: Vec<Target> = found
        .into_iter()
        .map(|(department, doctor, _)| Target {
            department,
            doctor: Some(doctor),
        })
        .collect();
    targets.sort();
    targets.dedup();
    Ok(targets)
}
