//! A step of the menu as text and buttons.

use super::area;
use super::carried::{Carried, Note};
use super::entries::{Listing, Row, Rows};
use super::state::{Menu, Step};
use super::ticks;
use super::view::could_not_look;
use crate::context::Talk;
use crate::press::{Act, Press};
use crate::texts::{self, Lang, escape, text, text_with};
use chrono::Utc;
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};

/// Entries of one page.
const PAGE: usize = 8;

/// The menu as text and buttons; the menu keeps what the buttons stand for.
pub(super) fn render(
    talk: &Talk,
    menu: &mut Menu,
    listing: Listing,
) -> (String, InlineKeyboardMarkup) {
    let mut html = listing.title;
    let mut keyboard: Vec<Vec<InlineKeyboardButton>> = Vec::new();
    let lang = talk.lang;
    if !menu.carried.is_empty() {
        let said = texts::understood(lang, &said(menu), Utc::now());
        said.into_iter()
            .chain(note(lang, menu))
            .for_each(|paragraph| append(&mut html, &paragraph));
    }
    if let Some(ticked) = ticked(lang, menu) {
        append(&mut html, &ticked);
    }
    let is_read = !matches!(listing.rows, Rows::CouldNotLook(_));
    let is_one_tap = matches!(menu.step, Step::Doctor { .. }) && menu.ticks.is_none();
    if is_one_tap && is_read {
        keyboard.push(vec![act(talk, menu, "btn-any-doctor", Act::Any)]);
    }
    let mut n_rows = 0;
    match listing.rows {
        Rows::Listed { rows, old } => {
            if !menu.filter.is_empty() {
                let query = escape(&menu.filter);
                let key = if rows.is_empty() {
                    "add-nothing-found"
                } else {
                    "add-filter"
                };
                let args = [("query", query.into()), ("n", rows.len().into())];
                append(&mut html, &text_with(lang, key, &args));
            } else if rows.is_empty() {
                append(&mut html, &text(lang, empty_key(&menu.step)));
            }
            n_rows = rows.len();
            page_of(talk, menu, &rows, &mut html, &mut keyboard);
            if let Some(read_at) = old {
                let ago = texts::ago(lang, read_at, Utc::now());
                append(
                    &mut html,
                    &text_with(lang, "add-old-copy", &[("ago", ago.into())]),
                );
            }
        }
        Rows::Nothing => append(&mut html, &text(lang, empty_key(&menu.step))),
        Rows::CouldNotLook(failure) => {
            append(&mut html, &could_not_look(talk, failure.kind));
            keyboard.push(vec![act(talk, menu, "btn-retry", Act::Retry)]);
        }
    }
    if !menu.filter.is_empty() || !menu.carried.lpus.is_empty() {
        keyboard.push(vec![act(talk, menu, "btn-all", Act::All)]);
    }
    if is_one_tap && n_rows > 1 {
        keyboard.push(vec![act(talk, menu, "btn-tick", Act::Tick)]);
    }
    if is_one_tap && is_read {
        keyboard.push(vec![act(talk, menu, "btn-elsewhere", Act::Elsewhere)]);
    }
    keyboard.extend(area::buttons(talk, menu));
    if let Some(n) = menu.ticks.as_ref().map(|ticks| ticks.chosen.len())
        && n > 0
    {
        let label = text_with(lang, "btn-ticked", &[("n", n.into())]);
        let press = data(talk, menu, Act::Done);
        keyboard.push(vec![InlineKeyboardButton::callback(label, press)]);
    }
    keyboard.push(nav(talk, menu));
    (html, InlineKeyboardMarkup::new(keyboard))
}

/// "Отмечено: 2 (Дроздова, Чижов)": what other pages and typing hide.
fn ticked(lang: Lang, menu: &Menu) -> Option<String> {
    let chosen = &menu.ticks.as_ref()?.chosen;
    let labels = chosen.iter().map(|tick| tick.label.clone()).collect();
    let names = texts::few(lang, labels);
    let args = [("n", chosen.len().into()), ("names", names.into())];
    (!chosen.is_empty()).then(|| text_with(lang, "add-ticked", &args))
}

/// The buttons of the menu's page, and what they stand for.
fn page_of(
    talk: &Talk,
    menu: &mut Menu,
    rows: &[Row],
    html: &mut String,
    keyboard: &mut Vec<Vec<InlineKeyboardButton>>,
) {
    let n_pages = rows.len().div_ceil(PAGE).max(1);
    menu.page = menu.page.min(n_pages - 1);
    let page = rows.iter().skip(menu.page * PAGE).take(PAGE);
    menu.shown = page.clone().map(|row| row.entry.clone()).collect();
    menu.labels = page.clone().map(|row| row.label.clone()).collect();
    for (place, row) in page.enumerate() {
        let label = boxed(talk.lang, menu, row);
        let data = data(talk, menu, Act::Pick(place));
        keyboard.push(vec![InlineKeyboardButton::callback(label, data)]);
    }
    if n_pages > 1 {
        let args = [("page", (menu.page + 1).into()), ("pages", n_pages.into())];
        append(html, &text_with(talk.lang, "add-page", &args));
        let mut turns = Vec::new();
        if menu.page > 0 {
            turns.push(act(talk, menu, "btn-prev", Act::Prev));
        }
        if menu.page + 1 < n_pages {
            turns.push(act(talk, menu, "btn-next", Act::Next));
        }
        keyboard.push(turns);
    }
}

/// The row's label; with its box where several are ticked.
fn boxed(lang: Lang, menu: &Menu, row: &Row) -> String {
    let Some(ticks) = &menu.ticks else {
        return row.label.clone();
    };
    let key = match ticks::stands_for(&menu.step, &row.entry) {
        Some(targets) if ticks.has(&targets) => "add-box-full",
        Some(_) => "add-box-empty",
        None => "add-box-unknown",
    };
    text_with(lang, key, &[("name", row.label.as_str().into())])
}

/// What was said of the menu's watch.
pub(super) fn said(menu: &Menu) -> texts::Said<'_> {
    let Carried {
        wish,
        whom,
        doctor,
        not_understood,
        is_shared,
        ..
    } = &menu.carried;
    texts::Said {
        whom: whom.as_deref(),
        doctor: doctor.as_deref(),
        wish,
        not_understood,
        is_shared: *is_shared,
    }
}

/// Why the menu stops here.
fn note(lang: Lang, menu: &Menu) -> Option<String> {
    let named = |key, clinic: &str| {
        let args = [("lpu", escape(clinic).into())];
        Some(text_with(lang, key, &args))
    };
    let key = match menu.carried.note.as_ref()? {
        Note::Several => "words-several",
        Note::NoSuchSpecialty => "words-no-specialty",
        Note::NoSuchDoctor => "words-no-doctor",
        Note::NoClinic => "words-no-clinic",
        Note::NowhereElse => "add-nowhere-else",
        Note::NotThere { clinic } => return named("add-not-there", clinic),
        Note::Unread { clinic } => return named("add-not-read", clinic),
        Note::TooMany { max } => {
            return Some(text_with(lang, "add-tick-full", &[("max", (*max).into())]));
        }
        Note::Clinics { n: 0, .. } => "words-clinics-unknown",
        Note::Clinics { n, n_unknown: 0 } => {
            return Some(text_with(lang, "words-clinics", &[("n", (*n).into())]));
        }
        Note::Clinics { n, n_unknown } => {
            let args = [("n", (*n).into()), ("unknown", (*n_unknown).into())];
            return Some(text_with(lang, "words-clinics-some", &args));
        }
    };
    Some(text(lang, key))
}

fn append(html: &mut String, paragraph: &str) {
    html.push_str("\n\n");
    html.push_str(paragraph);
}

fn empty_key(step: &Step) -> &'static str {
    match step {
        Step::District | Step::Lpu { .. } => "add-empty-lpus",
        Step::Specialty { .. } => "add-empty-specialties",
        Step::Doctor { .. } => "add-empty-doctors",
        Step::Clinics { .. } => "add-empty-clinics",
    }
}

/// What a button of this rendering says back.
pub(super) fn data(talk: &Talk, menu: &Menu, act: Act) -> String {
    Press::Menu {
        owner: talk.user,
        menu: menu.id,
        version: menu.version,
        act,
    }
    .to_string()
}

/// A button of this rendering.
pub(super) fn act(talk: &Talk, menu: &Menu, key: &str, act: Act) -> InlineKeyboardButton {
    InlineKeyboardButton::callback(text(talk.lang, key), data(talk, menu, act))
}

/// Back and out.
pub(super) fn nav(talk: &Talk, menu: &Menu) -> Vec<InlineKeyboardButton> {
    let mut row = Vec::new();
    if menu.step.back().is_some() {
        row.push(act(talk, menu, "btn-back", Act::Back));
    }
    row.push(act(talk, menu, "btn-cancel", Act::Cancel));
    row
}
