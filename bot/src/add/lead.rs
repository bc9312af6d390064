//! As far as carried words lead without a choice.

use super::carried::Note;
use super::city::{best, is_named};
use super::clinics;
use super::state::{Menu, Step};
use super::view::{QUICK, is_current, show, show_loading};
use crate::answers;
use crate::context::{Context, Talk};
use crate::texts::text;
use crate::words::Asked;
use shared::catalogue::Specialty;
use shared::gorzdrav::menus::MenuError;
use shared::ids::{Department, DistrictId, DoctorId, LpuId, Target};
use shared::store::StoreError;

/// Goes on to where the carried words lead, and shows it; "loading" meanwhile when the portal is slow.
pub(super) async fn lead(ctx: &Context, talk: &Talk, mut menu: Menu) -> Result<(), StoreError> {
    let mut leading = {
        let (ctx, menu) = (ctx.clone(), menu.clone());
        Box::pin(async move { advance(&ctx, menu).await })
    };
    if let Ok(led) = tokio::time::timeout(QUICK, &mut leading).await {
        return show(ctx, talk, led?).await;
    }
    show_loading(ctx, talk, &mut menu).await?;
    let (late, talk) = (ctx.clone(), talk.clone());
    ctx.spawn(async move {
        let led = async {
            let mut led = leading.await?;
            if is_current(&late, &talk, &menu).await? {
                led.message = menu.message;
                led.turn();
                show(&late, &talk, led).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = led.await {
            tracing::error!(%error, "could not follow a phrase");
            answers::send(&late, &talk, &text(talk.lang, "went-wrong"), None).await;
        }
    });
    Ok(())
}

/// The menu as far as the carried words lead without a choice.
async fn advance(ctx: &Context, mut menu: Menu) -> Result<Menu, StoreError> {
    if menu.is_card() {
        return Ok(menu);
    }
    clinics::answer(ctx, &mut menu).await?;
    if std::mem::take(&mut menu.carried.is_each) {
        each(ctx, &mut menu).await?;
    }
    let is_asked = menu.carried.whom.is_some();
    if let Step::Specialty { district, lpu } = menu.step.clone() {
        specialty(ctx, &mut menu, district, lpu).await?;
    }
    let is_found = is_asked && menu.carried.whom.is_none();
    if let Step::Doctor { department, .. } = menu.step.clone()
        && (is_found || menu.carried.doctor.is_some())
    {
        doctor(ctx, &mut menu, department).await?;
    }
    Ok(menu)
}

/// Any doctor of the specialty said at each of the clinics named; where one of them has none such, or several, they
/// are listed to choose among.
async fn each(ctx: &Context, menu: &mut Menu) -> Result<(), StoreError> {
    let Some(asked) = menu.carried.whom.as_deref().map(Asked::read) else {
        return Ok(());
    };
    let mut targets = Vec::new();
    for lpu in menu.carried.lpus.clone() {
        let list = match ctx.menus.specialties(lpu).await {
            Ok(list) => list.value,
            Err(MenuError::Nothing | MenuError::CouldNotLook(_)) => return Ok(()),
            Err(MenuError::Store(error)) => return Err(error),
        };
        let known = ctx.store.lpu(lpu).await?;
        let is_childrens = known.is_some_and(|lpu| lpu.value.is_for_children());
        let names = list.iter().map(|specialty| specialty.name.as_str());
        let found = best(&asked, is_childrens, names);
        let [only] = found.as_slice() else {
            return Ok(());
        };
        let specialty = list.get(*only).map(|specialty| specialty.id.clone());
        targets.extend(specialty.map(|specialty| Target {
            department: Department { lpu, specialty },
            doctor: None,
        }));
    }
    menu.carried.whom = None;
    menu.carried.note = None;
    menu.carried.lpus.clear();
    menu.ready = targets;
    Ok(())
}

async fn specialty(
    ctx: &Context,
    menu: &mut Menu,
    district: DistrictId,
    lpu: LpuId,
) -> Result<(), StoreError> {
    let Some(whom) = menu.carried.whom.clone() else {
        return Ok(());
    };
    let list = match ctx.menus.specialties(lpu).await {
        Ok(list) => list,
        // The step itself says why there is no list.
        Err(MenuError::Nothing | MenuError::CouldNotLook(_)) => return Ok(()),
        Err(MenuError::Store(error)) => return Err(error),
    };
    let known = ctx.store.lpu(lpu).await?;
    let is_childrens = known.is_some_and(|lpu| lpu.value.is_for_children());
    let names = list.value.iter().map(|specialty| specialty.name.as_str());
    let found: Vec<&Specialty> = best(&Asked::read(&whom), is_childrens, names)
        .into_iter()
        .filter_map(|place| list.value.get(place))
        .collect();
    match found.as_slice() {
        [] => {
            menu.carried.note = Some(Note::NoSuchSpecialty);
            menu.carried.whom = None;
            menu.carried.not_understood.push(whom);
        }
        [only] => {
            menu.carried.whom = None;
            let specialty = only.id.clone();
            menu.go_on(Step::Doctor {
                district,
                department: Department { lpu, specialty },
            });
        }
        _ => {
            menu.carried.note = Some(Note::Several);
            menu.filter = whom;
        }
    }
    Ok(())
}

async fn doctor(ctx: &Context, menu: &mut Menu, department: Department) -> Result<(), StoreError> {
    let Some(said) = menu.carried.doctor.take() else {
        menu.ready = vec![Target {
            department,
            doctor: None,
        }];
        return Ok(());
    };
    let listed = match ctx.menus.doctors(&department).await {
        Ok(list) => list.value.to_vec(),
        Err(MenuError::Nothing | MenuError::CouldNotLook(_)) => Vec::new(),
        Err(MenuError::Store(error)) => return Err(error),
    };
    let named = |said: &str| -> Vec<DoctorId> {
        let fits = |name: &Option<String>| name.as_deref().is_some_and(|name| is_named(name, said));
        let fitting = listed.iter().filter(|doctor| fits(&doctor.name));
        fitting.map(|doctor| doctor.id.clone()).collect()
    };
    let found = named(&said);
    if found.is_empty()
        && let Some(several) = each_named(&said, named)
    {
        let target = |doctor| Target {
            department: department.clone(),
            doctor: Some(doctor),
        };
        menu.ready = several.into_iter().map(target).collect();
        return Ok(());
    }
    match found.as_slice() {
        [] => {
            menu.carried.note = Some(Note::NoSuchDoctor);
            menu.carried.not_understood.push(said);
        }
        [only] => {
            menu.ready = vec![Target {
                department,
                doctor: Some(only.clone()),
            }];
        }
        _ => {
            menu.carried.note = Some(Note::Several);
            menu.filter = said;
        }
    }
    Ok(())
}

/// "Дроздова, Чижов": when each word names one doctor, all of them.
fn each_named(said: &str, named: impl Fn(&str) -> Vec<DoctorId>) -> Option<Vec<DoctorId>> {
    let mut several = Vec::new();
    for word in said.split(' ') {
        match named(word).as_slice() {
            [only] if !several.contains(only) => several.push(only.clone()),
            _ => return None,
        }
    }
    (several.len() > 1).then_some(several)
}
