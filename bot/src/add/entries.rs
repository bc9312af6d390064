//! What a step of `/add` lists.

use super::city::City;
use super::clinics;
use super::search::{BEGINS, fits, narrow};
use super::state::{Entry, Menu, Step};
use super::view::QUICK;
use crate::context::{Context, Talk};
use crate::texts::{self, Lang, escape, plain, text_with};
use crate::words::Asked;
use chrono::{DateTime, Utc};
use shared::catalogue::{District, Doctor, Lpu, Specialty};
use shared::failure::Failure;
use shared::gorzdrav::menus::MenuError;
use shared::ids::{DistrictId, LpuId};
use std::collections::HashMap;

/// Longest label of a button; longer ones are cut by every client anyway.
const LABEL: usize = 60;

/// Recent choices on top of the first step.
const RECENT: u32 = 3;

/// One line of a list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) entry: Entry,
    pub(super) label: String,
    /// Searched besides the label.
    further: Vec<String>,
}

impl Row {
    /// A row found by its label alone.
    pub(super) fn new(entry: Entry, label: String) -> Self {
        Self {
            entry,
            label,
            further: Vec::new(),
        }
    }
}

/// A step's list, or why there is none.
#[derive(Debug, Clone)]
pub(super) enum Rows {
    /// The rows; when the portal failed, the last good ones with their age.
    Listed {
        rows: Vec<Row>,
        old: Option<DateTime<Utc>>,
    },
    /// The portal has nothing to list (37, 38).
    Nothing,
    /// The portal could not be read and there is no earlier list.
    CouldNotLook(Failure),
}

/// A step's title with its rows, narrowed by what was typed.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) title: String,
    pub(super) rows: Rows,
}

/// Reads the list of the menu's step.
pub(super) async fn list(ctx: &Context, talk: &Talk, menu: &Menu) -> Listing {
    let lang = talk.lang;
    let mut title = title(ctx, lang, menu).await;
    let is_place = matches!(menu.step, Step::District | Step::Lpu { .. });
    let rows = match &menu.step {
        _ if is_place && menu.filter.is_empty() && !menu.carried.lpus.is_empty() => {
            let lpus = ctx.menus.lpus().await;
            lpus.map(|list| {
                let old = list.is_stale.then_some(list.read_at);
                (in_order(&list.value, &menu.carried.lpus), old)
            })
        }
        Step::District => districts(ctx, talk, &menu.filter).await,
        Step::Lpu { district } => {
            let lpus = ctx.menus.lpus_of(district).await;
            lpus.map(|list| (lpu_rows(&list.value), list.is_stale.then_some(list.read_at)))
        }
        Step::Specialty { lpu, .. } => {
            let list = ctx.menus.specialties(*lpu).await;
            list.map(|list| {
                (
                    specialty_rows(&list.value),
                    list.is_stale.then_some(list.read_at),
                )
            })
        }
        Step::Doctor { department, .. } => {
            let list = ctx.menus.doctors(department).await;
            list.map(|list| {
                (
                    doctor_rows(lang, &list.value),
                    list.is_stale.then_some(list.read_at),
                )
            })
        }
        Step::Clinics { .. } => {
            let city = City::read(ctx).await;
            city.map_err(MenuError::Store)
                .map(|city| (clinics::rows(&city, &menu.step), None))
        }
    };
    if let (Step::Clinics { .. }, Ok((rows, _))) = (&menu.step, &rows)
        && let n @ 1.. = clinics::n_unread(rows)
    {
        title.push_str("\n\n");
        title.push_str(&text_with(lang, "add-unread", &[("n", n.into())]));
    }
    let mut rows = judge(rows, &menu.filter, &menu.step);
    if matches!(menu.step, Step::Lpu { .. })
        && matches!(&rows, Rows::Listed { rows, .. } if rows.is_empty())
        && !menu.filter.is_empty()
        && let Ok(lpus) = ctx.menus.lpus().await
    {
        // Not everybody knows in which district their clinic is.
        let old = lpus.is_stale.then_some(lpus.read_at);
        rows = judge(Ok((lpu_rows(&lpus.value), old)), &menu.filter, &menu.step);
        let is_found = matches!(&rows, Rows::Listed { rows, .. } if !rows.is_empty());
        if is_found {
            title = texts::text(lang, "add-lpu-city");
        }
    } else if let (Step::District, Rows::Listed { rows, .. }) = (&menu.step, &rows) {
        let n_lpus = rows.iter().filter(|row| is_lpu(row)).count();
        if n_lpus > 0 {
            let is_all = n_lpus == rows.len();
            title = texts::text(lang, if is_all { "add-lpu-city" } else { "add-place" });
        }
    }
    Listing { title, rows }
}

fn is_lpu(row: &Row) -> bool {
    matches!(row.entry, Entry::Lpu(..))
}

/// Whether typing this narrows the list of the menu's step: whatever fits there is not taken for a phrase. Of districts
/// and clinics only their names count: everything else may be said of a doctor, too.
pub(super) async fn finds(ctx: &Context, talk: &Talk, menu: &Menu, filter: &str) -> bool {
    if menu.is_card() {
        return false;
    }
    let mut typed = menu.clone();
    typed.filter = filter.to_owned();
    // A list that has to be waited for narrows as it comes.
    let Ok(listing) = tokio::time::timeout(QUICK, list(ctx, talk, &typed)).await else {
        return true;
    };
    let Rows::Listed { rows, .. } = listing.rows else {
        return false;
    };
    match menu.step {
        Step::District | Step::Lpu { .. } => rows
            .iter()
            .any(|row| fits(filter, &row.label, &[]).is_some_and(|rank| rank <= BEGINS)),
        _ => !rows.is_empty(),
    }
}

/// Specialties by what people call them: those that are just this first.
fn by_words(typed: &str, rows: Vec<Row>) -> Vec<Row> {
    let asked = Asked::read(typed);
    let fitting = |asked: &Asked| {
        let ranked = rows.iter().filter_map(|row| {
            let name = row.further.first().unwrap_or(&row.label);
            Some((asked.rank(name)?, row.clone()))
        });
        let mut ranked: Vec<(u8, Row)> = ranked.collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, row)| row).collect::<Vec<_>>()
    };
    let found = fitting(&asked);
    if found.is_empty() {
        return fitting(&asked.loosened(true));
    }
    found
}

/// What the person chose lately and does not watch now; nothing when it cannot be read.
async fn recent(ctx: &Context, talk: &Talk) -> Vec<Row> {
    let mut rows = Vec::new();
    let targets = ctx.store.recent_targets(talk.chat, RECENT).await;
    for target in targets.unwrap_or_default() {
        let Ok(state) = ctx.store.target_state(target.clone(), talk.now).await else {
            continue;
        };
        let label = texts::again(talk.lang, &target, &state.place);
        rows.push(Row {
            entry: Entry::Again(target),
            label: plain(&label, LABEL),
            further: Vec::new(),
        });
    }
    rows
}

/// These clinics in this order.
fn in_order(lpus: &[Lpu], order: &[LpuId]) -> Vec<Row> {
    let rows = lpu_rows(lpus);
    let row = |id: &LpuId| {
        let is_it = |row: &&Row| matches!(&row.entry, Entry::Lpu(_, lpu) if lpu == id);
        rows.iter().find(is_it).cloned()
    };
    order.iter().filter_map(row).collect()
}

type Found = Result<(Vec<Row>, Option<DateTime<Utc>>), MenuError>;

fn judge(found: Found, filter: &str, step: &Step) -> Rows {
    match found {
        Ok((rows, old)) if filter.is_empty() => Rows::Listed { rows, old },
        Ok((rows, old)) => {
            let texts = |row: &Row| (row.label.clone(), row.further.clone());
            let mut narrowed = narrow(filter, rows.clone(), texts);
            if narrowed.is_empty() && matches!(step, Step::Specialty { .. }) {
                narrowed = by_words(filter, rows);
            }
            Rows::Listed {
                rows: narrowed,
                old,
            }
        }
        Err(MenuError::Nothing) => Rows::Nothing,
        Err(MenuError::CouldNotLook(failure)) => Rows::CouldNotLook(failure),
        Err(MenuError::Store(error)) => {
            tracing::warn!(%error, "could not read the catalogue");
            Rows::CouldNotLook(Failure {
                kind: shared::failure::FailureKind::Portal,
                code: None,
            })
        }
    }
}

/// Districts; with something typed also the clinics of the whole city, so that "87" works from the first step.
/// What was chosen lately stands on top.
async fn districts(ctx: &Context, talk: &Talk, filter: &str) -> Found {
    let districts = ctx.menus.districts().await?;
    let mut rows = district_rows(&districts.value);
    if filter.is_empty() {
        rows.splice(..0, recent(ctx, talk).await);
    }
    if !filter.is_empty() {
        match ctx.menus.lpus().await {
            Ok(lpus) => rows.extend(lpu_rows(&lpus.value)),
            Err(_) => {
                tracing::info!("typing at the first step finds districts only: no list of clinics")
            }
        }
    }
    Ok((rows, districts.is_stale.then_some(districts.read_at)))
}

fn district_rows(districts: &[District]) -> Vec<Row> {
    districts
        .iter()
        .map(|district| Row {
            entry: Entry::District(district.id.clone()),
            label: plain(&district.name, LABEL),
            further: Vec::new(),
        })
        .collect()
}

/// Clinics of an open booking, in the order people look for them; equal short names are told apart by the address.
pub(super) fn lpu_rows(lpus: &[Lpu]) -> Vec<Row> {
    let mut names = HashMap::<&str, u32>::new();
    for lpu in lpus {
        *names.entry(&lpu.short_name).or_default() += 1;
    }
    let mut shown: Vec<&Lpu> = lpus.iter().filter(|lpu| lpu.is_active).collect();
    shown.sort_by_cached_key(|lpu| natural(&lpu.short_name));
    shown
        .into_iter()
        .map(|lpu| {
            let address = lpu.address.clone().unwrap_or_default();
            let is_shared = names.get(lpu.short_name.as_str()).is_some_and(|&n| n > 1);
            let label = if is_shared && !address.is_empty() {
                plain(&format!("{} · {address}", lpu.short_name), LABEL)
            } else {
                plain(&lpu.short_name, LABEL)
            };
            let entry = Entry::Lpu(lpu.district.clone(), lpu.id);
            Row {
                entry,
                label,
                further: vec![lpu.full_name.clone(), address],
            }
        })
        .collect()
}

fn specialty_rows(specialties: &[Specialty]) -> Vec<Row> {
    let mut rows: Vec<Row> = specialties
        .iter()
        .map(|specialty| Row {
            entry: Entry::Specialty(specialty.id.clone()),
            label: plain(&specialty.name, LABEL),
            further: vec![specialty.name.clone()],
        })
        .collect();
    rows.sort_by_cached_key(|row| natural(&row.label));
    rows
}

fn doctor_rows(lang: Lang, doctors: &[Doctor]) -> Vec<Row> {
    let mut rows: Vec<Row> = doctors
        .iter()
        .map(|doctor| Row {
            entry: Entry::Doctor(doctor.id.clone()),
            label: match &doctor.name {
                Some(name) => plain(name, LABEL),
                None => plain(&texts::text(lang, "doctor-unnamed"), LABEL),
            },
            further: doctor.area.iter().cloned().collect(),
        })
        .collect();
    rows.sort_by_cached_key(|row| natural(&row.label));
    tell_apart(&mut rows);
    rows
}

/// Doctors of one name, or of none, by their area, or else by their number in the list.
fn tell_apart(rows: &mut [Row]) {
    let mut names = HashMap::<String, usize>::new();
    for row in rows.iter() {
        *names.entry(row.label.clone()).or_default() += 1;
    }
    let mut numbers = HashMap::<String, usize>::new();
    for row in rows {
        if names.get(&row.label).is_none_or(|&n| n == 1) {
            continue;
        }
        let number = numbers.entry(row.label.clone()).or_default();
        *number += 1;
        let mark = match row.further.first() {
            Some(area) => format!(" · {}", plain(area, LABEL / 3)),
            None => format!(" ({number})"),
        };
        let room = LABEL - mark.chars().count();
        row.label = plain(&row.label, room) + &mark;
    }
}

/// "ГП №9" before "ГП №27": numbers count as numbers.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut key = Vec::new();
    let (mut letters, mut number) = (String::new(), None::<u64>);
    for c in name.to_lowercase().chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(
                number
                    .unwrap_or(0)
                    .saturating_mul(10)
                    .saturating_add(u64::from(digit)),
            );
        } else {
            if let Some(number) = number.take() {
                key.push((std::mem::take(&mut letters), number));
            }
            letters.push(c);
        }
    }
    key.push((letters, number.unwrap_or(0)));
    key
}

async fn title(ctx: &Context, lang: Lang, menu: &Menu) -> String {
    match &menu.step {
        Step::District => texts::text(lang, "add-district"),
        Step::Lpu { district } => {
            let district = district_name(ctx, district).await;
            text_with(lang, "add-lpu", &[("district", escape(&district).into())])
        }
        Step::Specialty { lpu, .. } => {
            let lpu = lpu_name(ctx, *lpu).await;
            text_with(lang, "add-specialty", &[("lpu", escape(&lpu).into())])
        }
        Step::Doctor { department, .. } => {
            let lpu = lpu_name(ctx, department.lpu).await;
            let specialty = specialty_name(ctx, department).await;
            let args = [
                ("lpu", escape(&lpu).into()),
                ("specialty", escape(&specialty).into()),
            ];
            let key = match menu.ticks {
                None => "add-doctor",
                Some(_) => "add-tick-doctors",
            };
            text_with(lang, key, &args)
        }
        Step::Clinics { district, area, .. } => {
            let district = district_name(ctx, district).await;
            let args = [
                ("district", escape(&district).into()),
                ("specialty", escape(&texts::area_specialty(area)).into()),
            ];
            text_with(lang, "add-tick-clinics", &args)
        }
    }
}

// Names come from the catalogue of the store: the step before has just listed them. A missing one shows as a dash.

async fn district_name(ctx: &Context, id: &DistrictId) -> String {
    let known = ctx.store.districts().await.ok().flatten();
    let found = known.and_then(|list| list.value.into_iter().find(|district| district.id == *id));
    found.map_or_else(|| "—".to_owned(), |district| district.name)
}

async fn lpu_name(ctx: &Context, id: LpuId) -> String {
    let known = ctx.store.lpu(id).await.ok().flatten();
    known.map_or_else(|| "—".to_owned(), |lpu| lpu.value.short_name)
}

async fn specialty_name(ctx: &Context, department: &shared::ids::Department) -> String {
    let known = ctx.store.specialties(department.lpu).await.ok().flatten();
    let found = known.and_then(|list| {
        list.value
            .into_iter()
            .find(|specialty| specialty.id == department.specialty)
    });
    found.map_or_else(|| "—".to_owned(), |specialty| specialty.name)
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn clinics_stand_in_the_order_of_their_numbers() {
        let mut names = ["ГП №100", "ДГП №9", "ГП №27", "ГП №9", "ГП №27 ПО"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["ГП №9", "ГП №27", "ГП №27 ПО", "ГП №100", "ДГП №9"]);
    }
}
