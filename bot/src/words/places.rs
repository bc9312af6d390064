//! Districts and clinics as people name them: "в приморском", "поликлиника 27", "детская 87", "на Дыбенко".

use super::dates::{is_any, is_mark, number, word};
use super::fold::{Kind as TokenKind, Token, is_form, length, words};
use super::specialties::Name;
use shared::catalogue::{District, Lpu};
use shared::ids::{DistrictId, LpuId};
use std::sync::LazyLock;

/// A district's other names: the beginning of the portal's name, and what people say.
static DISTRICTS: LazyLock<Vec<(&str, Vec<Name>)>> = LazyLock::new(|| {
    include_str!("districts.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .map(|(beginning, names)| (beginning.trim(), names.split(',').map(Name::read).collect()))
        .collect()
});

/// The district that the words begin to name, with the number of tokens taken. "примор" will do, "крас" will not.
pub(super) fn district<'a>(
    tokens: &[Token],
    districts: &'a [District],
) -> Option<(usize, &'a District)> {
    let first = word(tokens, 0)?;
    let is_named = |district: &&District| {
        let name = words(&district.name);
        let name = name.first().map(String::as_str).unwrap_or_default();
        is_form(name, first) || (length(first) >= 5 && name.starts_with(first))
    };
    let mut found = districts.iter().filter(is_named);
    if let (Some(district), None) = (found.next(), found.next()) {
        return Some((1, district));
    }
    let said: Vec<&str> = (0..3).map_while(|place| word(tokens, place)).collect();
    let alias = DISTRICTS.iter().find_map(|(beginning, names)| {
        let taken = names.iter().filter_map(|name| name.take(&said)).max()?;
        Some((taken, *beginning))
    });
    let (taken, beginning) = alias?;
    let known = |district: &&District| {
        words(&district.name)
            .first()
            .is_some_and(|name| name.starts_with(beginning))
    };
    Some((taken, districts.iter().find(known)?))
}

/// What kind of clinic was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClinicKind {
    /// Not said.
    Any,
    /// "поликлиника"
    Clinic,
    /// "гп"
    Adult,
    /// "детская", "дгп"
    Child,
    /// "женская консультация", "жк"
    Women,
    /// "стоматология"
    Dental,
    /// "больница"
    Hospital,
    /// A short name of the portal's own: "квд", "пнд", "птд".
    Own(&'static str),
}

/// A clinic as named: its number, or only its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clinic {
    pub(super) kind: ClinicKind,
    pub(super) number: Option<u32>,
}

const OWN: [&str; 5] = ["квд", "квпд", "пнд", "птд", "кабинет"];

/// Reads a clinic that is said to be one: by its kind, or a sign before its number.
pub(super) fn clinic(tokens: &[Token]) -> Option<(usize, Clinic)> {
    let (mut n, kind) = kind(tokens)?;
    let sign = is_mark(tokens, n, "№") || is_any(tokens, n, &["n", "номер", "no", "number"]);
    n += usize::from(sign);
    n += usize::from(is_any(tokens, n - usize::from(sign), &["no"]) && is_mark(tokens, n, "."));
    let number = number(tokens, n);
    if number.is_none() && sign {
        return None;
    }
    n += usize::from(number.is_some());
    let is_kind_alone = matches!(
        kind,
        ClinicKind::Child | ClinicKind::Women | ClinicKind::Clinic
    );
    // "детский", "стоматолог" or "кабинет" alone are no clinics.
    if number.is_none() && !(is_kind_alone && n > 1) && kind != ClinicKind::Women {
        return None;
    }
    Some((n, Clinic { kind, number }))
}

/// The kind of clinic after its number: only a word that needs no number to be one.
pub(super) fn kind_word(tokens: &[Token]) -> Option<(usize, ClinicKind)> {
    let (n, kind) = kind(tokens)?;
    let is_clinic = match kind {
        ClinicKind::Any | ClinicKind::Own(_) | ClinicKind::Dental => false,
        ClinicKind::Child => {
            n > 1 || is_any(tokens, 0, &["дгп", "дпо", "детская", "детскую", "детской"])
        }
        _ => true,
    };
    is_clinic.then_some((n, kind))
}

fn kind(tokens: &[Token]) -> Option<(usize, ClinicKind)> {
    let clinic = |place: usize| -> usize {
        if is_any(tokens, place, &["п"]) && is_mark(tokens, place + 1, "-") {
            return 3; // "п-ка", "п-ке"
        }
        let begins = word(tokens, place).is_some_and(|word| {
            ["поликлиник", "polyclinic", "clinic", "поликл"]
                .iter()
                .any(|known| word.starts_with(known))
        });
        usize::from(begins)
    };
    let is = |place: usize, known: &[&str]| {
        word(tokens, place).is_some_and(|word| known.iter().any(|known| is_form(known, word)))
    };
    if is_mark(tokens, 0, "№") {
        return Some((0, ClinicKind::Any));
    }
    if is(0, &["детская", "детский", "childrens", "children"]) {
        let n = clinic(1) + usize::from(clinic(1) == 0 && is(1, &["больница"]));
        return Some((1 + n, ClinicKind::Child));
    }
    if is_any(tokens, 0, &["children", "kids"]) && is_any(tokens, 1, &["s"]) && clinic(2) > 0 {
        return Some((2 + clinic(2), ClinicKind::Child));
    }
    if is(0, &["женская"]) && is(1, &["консультация", "консультации", "консультацию"])
    {
        return Some((2, ClinicKind::Women));
    }
    if is(0, &["городская", "взрослая", "районная"]) && clinic(1) > 0 {
        return Some((1 + clinic(1), ClinicKind::Clinic));
    }
    let dental = ["стоматология", "стоматологии", "стоматологию"];
    if word(tokens, 0).is_some_and(|word| word.starts_with("стоматологическ")) && clinic(1) > 0
    {
        return Some((1 + clinic(1), ClinicKind::Dental));
    }
    if clinic(0) > 0 {
        return Some((clinic(0), ClinicKind::Clinic));
    }
    let kind = match word(tokens, 0)? {
        "гп" => ClinicKind::Adult,
        "дгп" | "дпо" | "дп" => ClinicKind::Child,
        "жк" => ClinicKind::Women,
        "сп" | "дсп" => ClinicKind::Dental,
        "гб" | "больница" | "больницы" | "больнице" | "больницу" | "hospital" => {
            ClinicKind::Hospital
        }
        word if dental.contains(&word) => ClinicKind::Dental,
        word => ClinicKind::Own(OWN.iter().find(|own| is_form(own, word))?),
    };
    Some((1, kind))
}

/// A clinic as people name it: folded once for all that is asked of it.
#[derive(Debug, Clone)]
struct Known {
    lpu: LpuId,
    district: DistrictId,
    /// "ГП №122 ДПО №67" is ("гп", 122), ("дпо", 67).
    pairs: Vec<(String, u32)>,
    /// The name says more than that.
    has_more: bool,
    kind: String,
    is_child: bool,
    /// Words of its own name that tell it from others.
    name: Vec<String>,
    address: Vec<String>,
}

/// Words of clinics' names that say nothing about which clinic it is.
const COMMON: [&str; 12] = [
    "поликлиника",
    "центр",
    "отделение",
    "кабинет",
    "филиал",
    "района",
    "клиники",
    "детское",
    "врача",
    "общей",
    "практики",
    "здоровья",
];

impl Known {
    fn of(lpu: &Lpu) -> Self {
        let mut pairs = Vec::new();
        let mut last = String::new();
        let mut has_more = false;
        for word in words(&lpu.short_name) {
            match word.parse() {
                Ok(number) if !last.is_empty() => pairs.push((std::mem::take(&mut last), number)),
                Ok(_) => {}
                Err(_) => {
                    has_more |= !last.is_empty();
                    last = word;
                }
            }
        }
        let kind = lpu.kind.as_deref().unwrap_or_default().to_lowercase();
        let own = |text: &str| -> Vec<String> {
            let is_own = |word: &String| length(word) >= 3 && !COMMON.contains(&word.as_str());
            words(text).into_iter().filter(is_own).collect()
        };
        Self {
            lpu: lpu.id,
            district: lpu.district.clone(),
            pairs,
            has_more: has_more || !last.is_empty(),
            is_child: kind.contains("детск") || lpu.full_name.to_lowercase().contains("детск"),
            kind,
            name: own(&lpu.short_name),
            address: own(lpu.address.as_deref().unwrap_or_default()),
        }
    }

    /// How well it fits what was named; smaller is better, `None` = not at all.
    fn rank(&self, named: Clinic) -> Option<u8> {
        let no_clinic = ["жк", "пнд", "птд", "квд", "квпд", "гб", "кабинет", "рд"];
        let fits_short = |short: &str| match named.kind {
            ClinicKind::Any => true,
            ClinicKind::Clinic => !no_clinic.contains(&short),
            ClinicKind::Adult => matches!(short, "гп" | "агп"),
            ClinicKind::Child => short.starts_with('д') || self.is_child,
            ClinicKind::Women => short == "жк",
            ClinicKind::Dental => {
                matches!(short, "сп" | "дсп" | "гсп" | "дгсп") || self.kind.contains("стоматолог")
            }
            ClinicKind::Hospital => matches!(short, "гб" | "дгб" | "больница"),
            ClinicKind::Own(own) => short == own,
        };
        let Some(number) = named.number else {
            let fits = match named.kind {
                ClinicKind::Child => self.kind.contains("поликлиника") && self.is_child,
                ClinicKind::Women => {
                    self.kind.contains("женская")
                        || self.pairs.iter().any(|(short, _)| short == "жк")
                }
                _ => false,
            };
            return fits.then_some(0);
        };
        let fits = |(short, known): &(String, u32)| *known == number && fits_short(short);
        let place = self.pairs.iter().position(fits)?;
        // The clinic itself, then what is part of one of that number, then what has the number further on.
        Some(match (place, self.pairs.len(), self.has_more) {
            (0, 1, false) => 0,
            (place, n, _) if place + 1 == n => 1,
            (0, ..) => 2,
            _ => 3,
        })
    }
}

/// Clinics of an open booking, folded.
#[derive(Debug, Clone)]
pub(super) struct Index(Vec<Known>);

impl Index {
    pub(super) fn of(lpus: &[Lpu]) -> Self {
        let open = lpus.iter().filter(|lpu| lpu.is_active);
        Self(open.map(Known::of).collect())
    }

    fn best(
        &self,
        district: Option<&DistrictId>,
        rank: impl Fn(&Known) -> Option<u8>,
    ) -> Vec<LpuId> {
        let here = |lpu: &&Known| district.is_none_or(|id| lpu.district == *id);
        let ranked: Vec<(u8, LpuId)> = self
            .0
            .iter()
            .filter(here)
            .filter_map(|lpu| Some((rank(lpu)?, lpu.lpu)))
            .collect();
        let best = ranked.iter().map(|(rank, _)| *rank).min();
        let is_best = |(rank, _): &(u8, LpuId)| Some(*rank) == best;
        ranked
            .into_iter()
            .filter(is_best)
            .map(|(_, lpu)| lpu)
            .collect()
    }

    /// The clinics that fit best, of a district when one is given; empty when none does.
    pub(super) fn find(&self, named: Clinic, district: Option<&DistrictId>) -> Vec<LpuId> {
        self.best(district, |lpu| lpu.rank(named))
    }

    /// Clinics with this word in their own name, or, when it is said to be a street, in their address.
    pub(super) fn find_named(
        &self,
        token: &Token,
        is_street: bool,
        district: Option<&DistrictId>,
    ) -> Vec<LpuId> {
        let word = token.text.as_str();
        if token.kind != TokenKind::Word || length(word) < 3 || COMMON.contains(&word) {
            return Vec::new();
        }
        let has = |words: &[String]| words.iter().any(|known| is_form(known, word));
        self.best(district, |lpu| {
            match (has(&lpu.name), is_street && has(&lpu.address)) {
                (true, _) => Some(0),
                (_, true) => Some(1),
                _ => None,
            }
        })
    }
}
