//! Names of doctors, clinics and watches, short enough to read at a glance. Everything here is plain text.

use super::clean::tidy;
use super::fluent::{text, text_with};
use shared::ids::{Area, Target};
use shared::store::{Lang, Place, TargetState, WatchCard};

/// The longest name of a doctor or clinic, in characters; clinics put leaves and street lists into names.
const MAX_NAME: usize = 90;
/// The longest part of a short title.
const MAX_SHORT: usize = 32;

/// Ends of patronymics, in lower case.
const PATRONYMICS: [&str; 7] = ["вич", "вна", "ична", "ич", "кызы", "оглы", "угли"];

/// "Терапевт · Иванова Анна Петровна · ГП №27". Plain text: escape it for a message.
pub fn target_title(lang: Lang, target: &Target, place: &Place) -> String {
    title(lang, target, place, MAX_NAME, |name| tidy(name, MAX_NAME))
}

/// "Терапевт · Иванова · ГП №27", short enough for a button. Plain text.
pub(super) fn short_title(lang: Lang, target: &Target, place: &Place) -> String {
    title(lang, target, place, MAX_SHORT, surname)
}

/// "Терапевт · Иванова, Петров · ГП №27" of targets of one department; of any doctor among them "любой врач". Plain text:
/// escape it for a message.
pub fn part_title(lang: Lang, states: &[&TargetState]) -> String {
    let any = states.iter().find(|state| state.target.doctor.is_none());
    let (first, rest) = match (any, states.split_first()) {
        (Some(any), _) => (*any, &[][..]),
        (None, Some((first, rest))) => (*first, rest),
        (None, None) => return text(lang, "doctor-any"),
    };
    if rest.is_empty() {
        return target_title(lang, &first.target, &first.place);
    }
    let named = states
        .iter()
        .map(|state| doctor_or(lang, &state.target, state.place.doctor.as_deref(), surname));
    let named = named.collect::<Vec<_>>().join(", ");
    title(lang, &first.target, &first.place, MAX_NAME, |_| {
        tidy(&named, MAX_NAME)
    })
}

/// "Офтальмолог — Приморский район", "Офтальмолог — весь город, детские поликлиники"; `district` is the name of the
/// area's district. Plain text: escape it for a message.
pub fn area_title(lang: Lang, area: &Area, district: Option<&str>) -> String {
    let mut letters = area.name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let name: String = first.chain(letters).collect();
    let name = tidy(&name, MAX_NAME / 2).unwrap_or_else(|| text(lang, "doctor-any"));
    let title = match &area.district {
        None => text_with(lang, "title-in-city", &[("name", name.into())]),
        Some(id) => {
            let known = district.and_then(|name| tidy(name, MAX_SHORT));
            let district = known.or_else(|| tidy(&id.0, MAX_SHORT)).unwrap_or_default();
            let args = [("name", name.into()), ("district", district.into())];
            text_with(lang, "title-in-district", &args)
        }
    };
    match area.is_for_children {
        Some(true) => text_with(lang, "title-for-children", &[("title", title.into())]),
        _ => title,
    }
}

/// "Терапевт · Иванова · ГП №27" or "Терапевт — Приморский район", with "(+2)" when the watch has more targets, an area
/// being one. Plain text: escape it for a message.
pub fn card_title(lang: Lang, card: &WatchCard) -> String {
    let by_hand = || card.targets.iter().filter(|state| state.area.is_none());
    let title = match (card.areas.first(), by_hand().next()) {
        (Some(area), _) => area_title(lang, &area.area, area.district.as_deref()),
        (None, Some(first)) => title(lang, &first.target, &first.place, MAX_SHORT, surname),
        (None, None) => return text(lang, "doctor-any"),
    };
    match card.areas.len() + by_hand().count() {
        1 => title,
        n => text_with(
            lang,
            "title-more",
            &[("title", title.into()), ("n", (n - 1).into())],
        ),
    }
}

fn title(
    lang: Lang,
    target: &Target,
    place: &Place,
    max: usize,
    doctor: impl Fn(&str) -> Option<String>,
) -> String {
    let specialty = place.specialty.as_deref().and_then(|name| tidy(name, max));
    let doctor = doctor_or(lang, target, place.doctor.as_deref(), doctor);
    let parts = [
        specialty,
        Some(doctor),
        Some(clinic(lang, target, place, max)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The doctor's name, "любой врач", or "врач без имени".
pub(super) fn doctor_or(
    lang: Lang,
    target: &Target,
    name: Option<&str>,
    shape: impl Fn(&str) -> Option<String>,
) -> String {
    if target.doctor.is_none() {
        return text(lang, "doctor-any");
    }
    name.and_then(shape)
        .unwrap_or_else(|| text(lang, "doctor-unnamed"))
}

/// The clinic's short name, or what stands for it while the catalogue does not have it.
pub(super) fn clinic(lang: Lang, target: &Target, place: &Place, max: usize) -> String {
    let name = place
        .lpu
        .as_ref()
        .and_then(|lpu| tidy(&lpu.short_name, max));
    name.unwrap_or_else(|| {
        let id = target.department.lpu.to_string();
        text_with(lang, "lpu-unnamed", &[("id", id.into())])
    })
}

/// The whole name.
pub(super) fn full(name: &str) -> Option<String> {
    tidy(name, MAX_NAME)
}

/// "Иванова А. П."; what is not a person's name ("Дежурный врач") stays as it is, cut.
pub(super) fn short(name: &str) -> Option<String> {
    match person(name) {
        Some((surname, initials)) => Some(format!("{surname} {initials}")),
        None => tidy(name, MAX_SHORT),
    }
}

/// "Иванова"; what is not a person's name stays as it is, cut.
pub(super) fn surname(name: &str) -> Option<String> {
    match person(name) {
        Some((surname, _)) => Some(surname),
        None => tidy(name, MAX_SHORT),
    }
}

/// Surname and initials of "Иванова Анна Петровна", "ИВАНОВА А.П., 12 уч.", "Иванова АП (гинеколог)".
fn person(name: &str) -> Option<(String, String)> {
    let name = tidy(name, MAX_NAME)?;
    let (surname, rest) = name.split_once(' ')?;
    let surname = surname.trim_end_matches(',');
    let is_word = |word: &str| word.chars().all(|c| c.is_alphabetic() || c == '-');
    if surname.chars().count() < 2 || !is_word(surname) || !surname.starts_with(char::is_uppercase)
    {
        return None;
    }
    let (first, second) = of_words(rest).or_else(|| of_initials(rest))?;
    let initials = match second {
        Some(second) => format!("{first}. {second}."),
        None => format!("{first}."),
    };
    Some((calm(surname), initials))
}

/// Initials of "Анна Петровна …".
fn of_words(rest: &str) -> Option<(char, Option<char>)> {
    let (first, rest) = rest.split_once(' ')?;
    let patronymic: String = rest
        .chars()
        .take_while(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect();
    let ends_so = |word: &str| PATRONYMICS.iter().any(|end| word.ends_with(end));
    // "Шукюр Кызы": the mark of a patronymic may be a word of its own.
    let next: String = rest.split(' ').nth(1).unwrap_or_default().to_lowercase();
    if !first.chars().all(|c| c.is_alphabetic() || c == '-')
        || !(ends_so(&patronymic) || PATRONYMICS[4..].contains(&next.as_str()))
    {
        return None;
    }
    Some((first.chars().next()?, rest.chars().next()))
}

/// Initials of "А.П., 12 уч.", "А . П.", "АП".
fn of_initials(rest: &str) -> Option<(char, Option<char>)> {
    let mut chars = rest.chars().peekable();
    let first = chars.next().filter(|c| c.is_uppercase())?;
    let is_dotted = {
        while chars.next_if_eq(&' ').is_some() {}
        let is_dotted = chars.next_if_eq(&'.').is_some();
        while chars.next_if_eq(&' ').is_some() {}
        is_dotted
    };
    let second = chars.next().filter(|c| c.is_uppercase());
    if !is_dotted {
        // "ПРИЕМ НА ЗАРЕЧНОЙ" is no person: two bare letters are initials only where the words end.
        while chars.next_if_eq(&' ').is_some() {}
    }
    let is_end = chars.next().is_none_or(|c| !c.is_alphabetic());
    match second {
        Some(second) if is_end => Some((first, Some(second))),
        _ if is_dotted => Some((first, None)),
        _ => None,
    }
}

/// "ИВАНОВА-ПЕТРОВА" → "Иванова-Петрова"; a surname written quietly stays as it is.
fn calm(surname: &str) -> String {
    if surname.chars().any(char::is_lowercase) {
        return surname.to_owned();
    }
    let calm = |part: &str| {
        let mut chars = part.chars();
        let first = chars.next();
        first
            .into_iter()
            .chain(chars.flat_map(char::to_lowercase))
            .collect::<String>()
    };
    surname.split('-').map(calm).collect::<Vec<_>>().join("-")
}
