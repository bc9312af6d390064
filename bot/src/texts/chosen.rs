//! What a person has chosen, in one line: one doctor, several of a department, a specialty at several clinics or in
//! a whole district.

use super::clean::{escape, plain};
use super::fluent::{text, text_with};
use super::names::{area_title, clinic, doctor_or, full, short, target_title};
use super::units;
use shared::ids::{Area, LpuId, Target};
use shared::specialty::plain_specialty;
use shared::store::{AreaExtent, Lang, Place};
use std::collections::BTreeSet;

/// Room for the names in one line; those that do not fit are counted.
const ROOM: usize = 600;

/// Room for the clinics of an area: the whole city would tire.
const FEW: usize = 300;

/// The longest name of a specialty or clinic among others.
const MAX_NAME: usize = 60;

/// "А, Б, В и ещё 4": as many of these as fit, escaped. Empty for none.
pub fn few(lang: Lang, names: Vec<String>) -> String {
    let escaped = names.iter().map(|name| escape(name)).collect();
    joined(lang, escaped, ", ", ROOM)
}

/// As many of these pieces of HTML as fit, the others counted.
fn joined(lang: Lang, pieces: Vec<String>, between: &str, room: usize) -> String {
    let mut told = String::new();
    let n = pieces.len();
    for (place, piece) in pieces.into_iter().enumerate() {
        if place > 0 && units(&told) + units(&piece) > room {
            let args = [("names", told.into()), ("n", (n - place).into())];
            return text_with(lang, "sum-more", &args);
        }
        if place > 0 {
            told.push_str(between);
        }
        told.push_str(&piece);
    }
    told
}

/// "Офтальмолог": the specialty of an area. Plain text.
pub fn area_specialty(area: &Area) -> String {
    let mut letters = area.name.chars();
    let first = letters.next();
    let upper = first.into_iter().flat_map(char::to_uppercase);
    upper.chain(letters).collect()
}

/// "Офтальмолог — Приморский район: сейчас 12 поликлиник". HTML.
pub(super) fn area_line(lang: Lang, area: &Area, extent: &AreaExtent) -> String {
    let title = escape(&area_title(lang, area, extent.district.as_deref()));
    let args = [("title", title.into()), ("n", extent.n_clinics().into())];
    text_with(lang, "area-line", &args)
}

/// What an area covers now, what nobody knows yet, and that it grows; a paragraph each. HTML.
pub(super) fn area_paragraphs(lang: Lang, area: &Area, extent: &AreaExtent) -> Vec<String> {
    let mut told: BTreeSet<LpuId> = BTreeSet::new();
    let departments = extent.departments.iter();
    let clinics: Vec<String> = departments
        .filter(|one| told.insert(one.lpu.id))
        .map(|one| plain(&one.lpu.short_name, MAX_NAME))
        .collect();
    let clinics: Vec<String> = clinics.iter().map(|name| escape(name)).collect();
    let clinics = (!clinics.is_empty()).then(|| joined(lang, clinics, ", ", FEW));
    let n = extent.n_lpus_unread;
    let unread = (n > 0).then(|| text_with(lang, "area-unread", &[("n", n.into())]));
    let grown_up = (area.is_for_children == Some(false)).then(|| text(lang, "area-grown-up"));
    let grows = Some(text(lang, "area-grows"));
    let told = [clinics, unread, grown_up, grows];
    told.into_iter().flatten().collect()
}

/// "Терапевт · Иванова Анна Петровна · ГП №27", "2 врача: Иванова А. П., Петров Б. В. (Терапевт, ГП №27)",
/// "Терапевт в 2 поликлиниках: ГП №27, ГП №5", "Терапевт — Приморский район: сейчас 2 поликлиники". HTML; empty for
/// nothing.
pub fn chosen(lang: Lang, targets: &[(Target, Place)], areas: &[(Area, AreaExtent)]) -> String {
    let areas = areas
        .iter()
        .map(|(area, extent)| area_line(lang, area, extent));
    let by_hand = Some(by_hand(lang, targets)).filter(|told| !told.is_empty());
    joined(lang, by_hand.into_iter().chain(areas).collect(), "; ", ROOM)
}

fn by_hand(lang: Lang, targets: &[(Target, Place)]) -> String {
    let Some(((first, place), more)) = targets.split_first() else {
        return String::new();
    };
    if more.is_empty() {
        return escape(&target_title(lang, first, place));
    }
    let is_same_kind = more
        .iter()
        .all(|(_, other)| kind(other).is_some() && kind(other) == kind(place));
    let is_any = targets.iter().all(|(target, _)| target.doctor.is_none());
    let is_one_department = more
        .iter()
        .all(|(target, _)| target.department == first.department);
    let specialty = place.specialty.as_deref().and_then(full);
    match specialty {
        Some(specialty) if is_any && is_same_kind => {
            let mut told: BTreeSet<LpuId> = BTreeSet::new();
            let clinics: Vec<String> = targets
                .iter()
                .filter(|(target, _)| told.insert(target.department.lpu))
                .map(|(target, place)| clinic(lang, target, place, MAX_NAME))
                .collect();
            let args = [
                ("specialty", escape(&specialty).into()),
                ("n", clinics.len().into()),
                ("clinics", few(lang, clinics).into()),
            ];
            text_with(lang, "added-clinics", &args)
        }
        Some(specialty) if is_one_department => {
            let name = |(target, place): &(Target, Place)| {
                doctor_or(lang, target, place.doctor.as_deref(), short)
            };
            let args = [
                ("n", targets.len().into()),
                (
                    "names",
                    few(lang, targets.iter().map(name).collect()).into(),
                ),
                ("specialty", escape(&specialty).into()),
                ("lpu", escape(&clinic(lang, first, place, MAX_NAME)).into()),
            ];
            text_with(lang, "added-doctors", &args)
        }
        _ => {
            let title = |(target, place): &(Target, Place)| target_title(lang, target, place);
            few(lang, targets.iter().map(title).collect())
        }
    }
}

/// What clinics call differently and is the same.
fn kind(place: &Place) -> Option<String> {
    let name = plain_specialty(place.specialty.as_deref()?);
    Some(name).filter(|name| !name.is_empty())
}
