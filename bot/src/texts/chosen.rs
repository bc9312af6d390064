//! What a person has chosen, in one line: one doctor, several of a department, a specialty at several clinics.

use super::clean::escape;
use super::fluent::text_with;
use super::names::{clinic, doctor_or, full, short, target_title};
use super::units;
use shared::ids::{LpuId, Target};
use shared::store::{Lang, Place};
use std::collections::BTreeSet;

/// Room for the names in one line; those that do not fit are counted.
const ROOM: usize = 600;

/// The longest name of a specialty or clinic among others.
const MAX_NAME: usize = 60;

/// "А, Б, В и ещё 4": as many of these as fit, escaped. Empty for none.
pub fn few(lang: Lang, names: Vec<String>) -> String {
    let mut told = String::new();
    let n = names.len();
    for (place, name) in names.into_iter().enumerate() {
        let name = escape(&name);
        if place > 0 && units(&told) + units(&name) > ROOM {
            let args = [("names", told.into()), ("n", (n - place).into())];
            return text_with(lang, "added-more", &args);
        }
        if place > 0 {
            told.push_str(", ");
        }
        told.push_str(&name);
    }
    told
}

/// "Терапевт · Иванова Анна Петровна · ГП №27", "2 врача: Иванова А. П., Петров Б. В. (Терапевт, ГП №27)",
/// "Терапевт в 2 поликлиниках: ГП №27, ГП №5". HTML; empty for no target.
pub fn chosen(lang: Lang, targets: &[(Target, Place)]) -> String {
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
                ("names", few(lang, targets.iter().map(name).collect()).into()),
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

/// What tells one specialty from another for a reader.
fn kind(place: &Place) -> Option<String> {
    let name = place.specialty.as_deref().and_then(full)?;
    Some(name.to_lowercase())
}
