//! A whole district or the whole city as one target, and the card where a person confirms what was chosen.

use super::carried::Whole;
use super::city::City;
use super::page::{act, data, said};
use super::state::{Menu, Step};
use crate::context::{Context, Talk};
use crate::press::Act;
use crate::texts::{self, text_with};
use crate::words::Asked;
use shared::ids::{Area, DistrictId};
use shared::store::{AreaExtent, StoreError};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};

/// Room for a district's name in a button; the longest is "Красногвардейский".
const MAX_DISTRICT: usize = 17;

/// What the specialty said is called in the catalogue, as a whole: of this district, or of the city. `None` when
/// nothing the catalogue knows is called so, nor anything we know.
pub(super) fn whole(city: &City, whom: &str, district: Option<&DistrictId>) -> Option<Whole> {
    let area = city.area(&Asked::read(whom), district)?;
    let known = city
        .districts
        .iter()
        .find(|known| Some(&known.id) == district);
    Some(Whole {
        area,
        district: known.map_or_else(String::new, |known| known.name.clone()),
    })
}

/// The area that this step offers to watch, without its district when the city is meant.
fn offered(menu: &Menu, is_city: bool) -> Option<Area> {
    let mut area = match (&menu.step, &menu.carried.whole) {
        (Step::Clinics { area, .. }, _) => area.clone(),
        (Step::Lpu { .. } | Step::District, Some(whole)) => whole.area.clone(),
        _ => return None,
    };
    if is_city {
        area.district = None;
    }
    (is_city || area.district.is_some()).then_some(area)
}

/// A press on "the whole district" or "the whole city": the card, to be confirmed.
pub(super) fn choose(menu: &mut Menu, is_city: bool) {
    menu.carried.note = None;
    menu.areas.extend(offered(menu, is_city));
    menu.turn();
}

/// Buttons that choose more than one clinic at once.
pub(super) fn buttons(talk: &Talk, menu: &Menu) -> Vec<Vec<InlineKeyboardButton>> {
    if let Step::Clinics { .. } = menu.step {
        return vec![vec![
            act(talk, menu, "btn-district", Act::District),
            act(talk, menu, "btn-city", Act::City),
        ]];
    }
    let mut rows = Vec::new();
    let Some(whole) = &menu.carried.whole else {
        return rows;
    };
    if offered(menu, false).is_some() {
        let district = texts::plain(&whole.district, MAX_DISTRICT);
        let label = text_with(talk.lang, "btn-all-of", &[("district", district.into())]);
        let press = data(talk, menu, Act::District);
        rows.push(vec![InlineKeyboardButton::callback(label, press)]);
        rows.push(vec![act(talk, menu, "btn-tick-lpus", Act::Elsewhere)]);
    }
    if offered(menu, true).is_some() {
        rows.push(vec![act(talk, menu, "btn-city", Act::City)]);
    }
    rows
}

/// How far the areas reach now.
pub(super) async fn extents(
    ctx: &Context,
    areas: &[Area],
) -> Result<Vec<(Area, AreaExtent)>, StoreError> {
    let mut extents = Vec::new();
    for area in areas {
        let extent = ctx.store.area_extent(area.clone()).await?;
        extents.push((area.clone(), extent));
    }
    Ok(extents)
}

/// The card of what was chosen or said: one tap and it is watched.
pub(super) async fn card(
    ctx: &Context,
    talk: &Talk,
    menu: &Menu,
) -> Result<(String, InlineKeyboardMarkup), StoreError> {
    let mut targets = Vec::new();
    for target in &menu.ready {
        let state = ctx.store.target_state(target.clone(), talk.now).await?;
        targets.push((target.clone(), state.place));
    }
    let areas = extents(ctx, &menu.areas).await?;
    let html = texts::to_confirm(talk.lang, &targets, &areas, &said(menu), talk.now);
    let back = match menu.areas.is_empty() {
        true => act(talk, menu, "btn-edit", Act::Change),
        false => act(talk, menu, "btn-back", Act::Back),
    };
    let keyboard = InlineKeyboardMarkup::new([
        vec![act(talk, menu, "btn-watch", Act::Watch)],
        vec![back, act(talk, menu, "btn-cancel", Act::Cancel)],
    ]);
    Ok((html, keyboard))
}
