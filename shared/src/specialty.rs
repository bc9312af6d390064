//! What a clinic calls a specialty, made plain, so that the same one is found at other clinics.

use crate::catalogue::{Lpu, Specialty};
use crate::ids::{Area, DistrictId};

/// Words that are one: synonyms, adjectives that stand for a doctor, one form of an adjective.
const SAME: [(&str, &str); 35] = [
    ("окулист", "офтальмолог"),
    ("лор", "оториноларинголог"),
    ("отоларинголог", "оториноларинголог"),
    ("невропатолог", "невролог"),
    ("проктолог", "колопроктолог"),
    ("акушерство", "акушер"),
    ("гинекол", "гинеколог"),
    ("венерол", "венеролог"),
    ("дерматовенерол", "дерматовенеролог"),
    ("нефрологи", "нефролог"),
    ("терапевты", "терапевт"),
    ("терапевтическая", "терапевт"),
    ("терапевтический", "терапевт"),
    ("хирурги", "хирург"),
    ("хирургическая", "хирург"),
    ("хирургический", "хирург"),
    ("ортопедическая", "ортопед"),
    ("ортопедический", "ортопед"),
    ("педиатры", "педиатр"),
    ("детская", "детский"),
    ("детские", "детский"),
    ("медицинская", "медицинский"),
    ("клиническая", "клинический"),
    ("стоматологическая", "стоматологический"),
    ("общ", "общей"),
    ("пр", "практики"),
    ("общая", "общей"),
    ("пркатики", "практики"),
    ("практика", "практики"),
    ("врачи", "врач"),
    ("ультразвуковой", "ультразвуковая"),
    ("функциональной", "функциональная"),
    ("функц", "функциональная"),
    ("диагностики", "диагностика"),
    ("диагност", "диагностика"),
];

/// City-wide codes of doctors for children whose name a clinic for children may shorten: the surgeon, urologist,
/// cardiologist, endocrinologist, dentist.
const CHILDRENS: [&str; 5] = ["11", "42", "81", "83", "174"];

/// "Of my area": most clinics leave it out, and it is the same doctor.
const LOCAL: [&str; 5] = ["участковый", "участковые", "участк", "участ", "уч"];

/// Whole names that are one, word by word as they come out of the rest.
const PHRASES: [(&str, &str); 22] = [
    ("гинеколог", "акушер-гинеколог"),
    ("ортопед", "травматолог-ортопед"),
    ("травматолог", "травматолог-ортопед"),
    ("детский ортопед", "детский травматолог-ортопед"),
    ("дерматолог", "дерматовенеролог"),
    ("венеролог", "дерматовенеролог"),
    ("дерматолог-венеролог", "дерматовенеролог"),
    ("детский дерматолог", "детский дерматовенеролог"),
    ("аллерголог", "аллерголог-иммунолог"),
    ("детский уролог", "детский уролог-андролог"),
    ("инфекционные болезни", "инфекционист"),
    ("стоматолог общей практики", "стоматолог"),
    ("воп", "врач общей практики"),
    ("общей практики", "врач общей практики"),
    ("общей врачебная практики", "врач общей практики"),
    (
        "общей врачебная практики семейная медицина",
        "врач общей практики",
    ),
    ("врач общей практики семейный врач", "врач общей практики"),
    ("врач общей практики семейный", "врач общей практики"),
    ("семейный врач", "врач общей практики"),
    ("семейная медицина", "врач общей практики"),
    ("узи", "ультразвуковая диагностика"),
    (
        "ультразвуковая диагностика узи",
        "ультразвуковая диагностика",
    ),
];

/// The name of a specialty as clinics would write it if they agreed: in lower case, ё as е, without "врач-" and
/// "участковый", the doctor for the science ("офтальмология" → "офтальмолог"), everyday names and halves of an
/// official one as the official one ("лор" → "оториноларинголог", "ортопед" → "травматолог-ортопед"), "детский" first.
///
/// What else a clinic adds ("для справок", "0-12 лет", "по направлению") stays: it narrows who is received, and is
/// another name. Empty when the name holds neither letters nor digits.
pub fn plain_specialty(name: &str) -> String {
    let name = folded(name);
    let mut words: Vec<String> = Vec::new();
    for word in name.split(|c: char| !c.is_alphanumeric()) {
        let word = plain_word(word);
        // "Окулист (офтальмолог)" says it twice; "и" only joins.
        if !word.is_empty() && word != "и" && !words.contains(&word) {
            words.push(word);
        }
    }
    let all = words.clone();
    words.retain(|word| !LOCAL.contains(&word.as_str()));
    if words.is_empty() {
        words = all;
    }
    // "Врач общей практики" is no doctor's name without its first word.
    if let [first, second, ..] = words.as_slice()
        && first == "врач"
        && (is_doctor(second) || second == "детский" || second == "клинический")
    {
        words.remove(0);
    }
    if let Some(place) = words.iter().position(|word| word == "детский") {
        let word = words.remove(place);
        words.insert(0, word);
    }
    if let [first, second, ..] = words.as_slice()
        && first == "врач"
        && (second == "ультразвуковая" || second == "функциональная")
    {
        words.remove(0);
    }
    let plain = joined(&words);
    let known = PHRASES.iter().find(|(phrase, _)| *phrase == plain);
    known.map_or(plain, |(_, same)| (*same).to_owned())
}

/// Lower case, ё as е, without codes in square brackets; "дермато-венеролог" as one word.
fn folded(name: &str) -> String {
    let mut depth = 0_u32;
    let mut folded = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            'ё' if depth == 0 => folded.push('е'),
            _ if depth == 0 => folded.push(c),
            _ => {}
        }
    }
    folded.replace("дермато-вен", "дерматовен")
}

fn plain_word(word: &str) -> String {
    let science = ["ология", "хирургия", "иатрия", "донтия", "педия"];
    let stem = if let Some(stem) = word.strip_suffix("терапия") {
        format!("{stem}терапевт")
    } else if science.iter().any(|end| word.ends_with(end)) {
        word.trim_end_matches("ия").to_owned()
    } else {
        word.to_owned()
    };
    let same = SAME.iter().find(|(other, _)| *other == stem);
    same.map_or(stem, |(_, word)| (*word).to_owned())
}

/// Whether the word names a doctor by itself.
fn is_doctor(word: &str) -> bool {
    let ends = [
        "олог",
        "хирург",
        "терапевт",
        "ортопед",
        "иатр",
        "донт",
        "акушер",
        "логопед",
        "ист",
    ];
    ends.iter().any(|end| word.ends_with(end))
}

/// Two doctors in a row are one with a double name.
fn joined(words: &[String]) -> String {
    let mut name = String::new();
    let mut before: Option<&String> = None;
    for word in words {
        let mark = match before {
            None => "",
            Some(before) if is_doctor(before) && is_doctor(word) => "-",
            Some(_) => " ",
        };
        name.push_str(mark);
        name.push_str(word);
        before = Some(word);
    }
    name
}

impl Area {
    /// The area of a specialty as a clinic lists it, at clinics for children and others; `None` when its name holds
    /// nothing to compare by.
    pub fn of(specialty: &Specialty, district: Option<DistrictId>) -> Option<Self> {
        let name = plain_specialty(&specialty.name);
        (!name.is_empty()).then(|| Self {
            fer_id: specialty.fer_id.clone(),
            name,
            district,
            is_for_children: None,
        })
    }

    /// The same area at clinics that receive whom this one receives: a children's ophthalmologist is called just
    /// "офтальмолог" at a clinic for children, and is of no use to a grown-up. Where the name says it already
    /// ("детский хирург", "педиатр"), every clinic may have them.
    #[must_use]
    pub fn like_at(mut self, lpu: &Lpu) -> Self {
        let says_it = ["детск", "педиатр", "подростк", "взросл"];
        let is_said = says_it.iter().any(|word| self.name.contains(word));
        self.is_for_children = (!is_said).then(|| lpu.is_for_children());
        self
    }

    /// Whether a department with this code and [plain](plain_specialty) name is of the area, wherever it is.
    ///
    /// The name decides. Clinics set codes as they like (one "врач общей практики" has 16, 224 or 27 for one), and tell
    /// something by them only where one name stands for two: a "хирург" with the code of children's surgeons is one.
    pub fn covers(&self, fer_id: Option<&str>, plain_name: &str) -> bool {
        let is_childrens = |code: &str| CHILDRENS.contains(&code);
        let same_code = match (self.fer_id.as_deref(), fer_id) {
            (Some(one), Some(other)) => is_childrens(one) == is_childrens(other),
            _ => true,
        };
        self.name == plain_name && (same_code || self.name.starts_with("детский "))
    }

    /// Whether both stand for the same departments, whatever codes they were made with.
    pub fn is_same(&self, other: &Self) -> bool {
        self.district == other.district
            && self.is_for_children == other.is_for_children
            && self.covers(other.fer_id.as_deref(), &other.name)
    }

    /// Whether the area takes a clinic in, wherever it is.
    pub fn receives_at(&self, lpu: &Lpu) -> bool {
        self.is_for_children
            .is_none_or(|is_for_children| is_for_children == lpu.is_for_children())
    }
}

#[cfg(test)]
mod tests;
