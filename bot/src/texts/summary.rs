//! A watch of many departments or doctors in a few sentences: what is free and where, how many were looked at, how
//! many do not answer.

use super::clean::{fit, tidy};
use super::fluent::{text, text_with};
use super::free::n_talons;
use super::names::{clinic, doctor_or, short};
use super::state::{OLD, Rank, Waiting, is_unknown};
use super::when::{ago, day_of, since, time};
use chrono::{DateTime, Utc};
use shared::ids::LpuId;
use shared::store::{FreeSlot, Lang, Listed, TargetState, WatchCard};

/// A watch of more targets than this is told as a whole.
const EACH: usize = 5;

/// Places named one by one; of more only their number is told.
const NAMED: usize = 3;

/// The longest name of a place.
const MAX_NAME: usize = 24;

/// Whether a watch is told as a whole, not target by target.
pub(super) fn is_summed(card: &WatchCard) -> bool {
    !card.areas.is_empty() || card.targets.len() > EACH
}

/// What is known of a watch as a whole.
pub(super) struct Summary {
    /// How far its areas reach; `None` for a watch put together by hand.
    pub(super) reach: Option<String>,
    /// What is free, and where.
    pub(super) free: String,
    /// How much was looked at, what does not answer, what is no more.
    pub(super) looked: String,
    /// How much it matters.
    pub(super) rank: Rank,
}

impl Summary {
    /// All of it.
    pub(super) fn full(&self) -> String {
        let parts = [self.reach.as_deref(), Some(&self.free), Some(&self.looked)];
        join(&parts.map(Option::unwrap_or_default))
    }

    /// The least that is still true.
    pub(super) fn brief(&self) -> String {
        join(&[&self.free, &self.looked])
    }
}

fn join(parts: &[&str]) -> String {
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts.copied().collect::<Vec<_>>().join("\n")
}

/// One clinic of a watch, or one doctor when all are of one clinic.
struct Place<'a> {
    states: Vec<&'a TargetState>,
}

impl Place<'_> {
    fn is_gone(&self) -> bool {
        self.states
            .iter()
            .all(|state| state.listed == Listed::Gone && state.free.is_empty())
    }

    fn is_failing(&self) -> bool {
        self.states
            .iter()
            .any(|state| state.reading.is_some() && is_unknown(state))
    }

    fn is_read(&self) -> bool {
        self.states.iter().all(|state| state.good_at.is_some())
    }

    fn n_free(&self) -> u64 {
        let free = self.states.iter().flat_map(|state| &state.free);
        n_talons(free.map(|free| &free.slot))
    }

    fn name(&self, lang: Lang, is_doctor: bool) -> Option<String> {
        let state = self.states.first()?;
        let name = match is_doctor {
            true => doctor_or(lang, &state.target, state.place.doctor.as_deref(), short),
            false => clinic(lang, &state.target, &state.place, MAX_NAME),
        };
        fit(&name, MAX_NAME)
    }
}

/// Tells a watch as a whole.
pub(super) fn summary(
    lang: Lang,
    card: &WatchCard,
    waiting: Waiting,
    now: DateTime<Utc>,
) -> Summary {
    let mut clinics: Vec<(LpuId, Place<'_>)> = Vec::new();
    for state in &card.targets {
        let lpu = state.target.department.lpu;
        match clinics.iter_mut().find(|(id, _)| *id == lpu) {
            Some((_, clinic)) => clinic.states.push(state),
            None => clinics.push((
                lpu,
                Place {
                    states: vec![state],
                },
            )),
        }
    }
    let is_one_clinic = clinics.len() == 1;
    let places: Vec<_> = match is_one_clinic {
        true => card
            .targets
            .iter()
            .map(|state| Place {
                states: vec![state],
            })
            .collect(),
        false => clinics.into_iter().map(|(_, place)| place).collect(),
    };
    let (gone, places): (Vec<_>, Vec<_>) = places.into_iter().partition(Place::is_gone);
    let teller = Teller {
        lang,
        now,
        is_doctor: is_one_clinic && card.areas.is_empty(),
        places,
        gone,
    };
    let is_failing = teller.places.iter().any(Place::is_failing);
    let rank = match () {
        () if teller.states().any(|state| !state.free.is_empty()) => Rank::Free,
        () if is_failing && !teller.places.iter().any(Place::is_read) => Rank::Failing,
        () => Rank::Quiet,
    };
    Summary {
        reach: (!card.areas.is_empty()).then(|| reach(lang, card, now)),
        free: teller.free(waiting),
        looked: teller.looked(),
        rank,
    }
}

/// "Сейчас это 12 поликлиник.", or since when there are none any more.
fn reach(lang: Lang, card: &WatchCard, now: DateTime<Utc>) -> String {
    let gone_at = card.areas.iter().filter_map(|area| area.gone_at).max();
    if let Some(gone_at) = gone_at.filter(|_| card.targets.is_empty()) {
        let args = [("since", since(lang, gone_at, now).into())];
        return text_with(lang, "sum-area-gone", &args);
    }
    let mut lpus: Vec<_> = card
        .targets
        .iter()
        .map(|state| state.target.department.lpu)
        .collect();
    lpus.sort();
    lpus.dedup();
    text_with(lang, "sum-reach", &[("n", lpus.len().into())])
}

struct Teller<'a> {
    lang: Lang,
    now: DateTime<Utc>,
    /// Places are named by their doctors.
    is_doctor: bool,
    places: Vec<Place<'a>>,
    /// No longer on the portal: told apart, and no part of the rest.
    gone: Vec<Place<'a>>,
}

impl<'a> Teller<'a> {
    fn states(&self) -> impl Iterator<Item = &'a TargetState> {
        self.places
            .iter()
            .flat_map(|place| place.states.iter().copied())
    }

    /// The oldest good reading of all that was ever read.
    fn oldest(&self) -> Option<DateTime<Utc>> {
        self.states().filter_map(|state| state.good_at).min()
    }

    fn free(&self, waiting: Waiting) -> String {
        if self.places.is_empty() {
            return String::new();
        }
        let free: Vec<&FreeSlot> = self.states().flat_map(|state| &state.free).collect();
        if let Some(nearest) = free.iter().min_by_key(|free| free.slot.start) {
            return self.nearest(&free, nearest);
        }
        if self.states().all(|state| state.reading.is_none()) {
            return text(
                self.lang,
                match waiting {
                    Waiting::Look => "state-never",
                    Waiting::Answer => "state-asking",
                    Waiting::On => "state-never-off",
                },
            );
        }
        let is_whole = self
            .states()
            .all(|state| state.good_at.is_some() && state.n_failing == 0 && !is_unknown(state));
        let is_old = self.oldest().is_some_and(|at| self.now - at > OLD);
        let n_unsuiting: usize = self.states().map(|state| state.n_unsuiting).sum();
        match (is_whole, is_old) {
            (true, is_old) if n_unsuiting > 0 => {
                let key = match is_old {
                    true => "state-none-suiting-old",
                    false => "state-none-suiting",
                };
                text_with(self.lang, key, &[("n", n_unsuiting.into())])
            }
            (true, true) => text(self.lang, "state-none-old"),
            (true, false) => text(self.lang, "state-none"),
            (false, _) => text(self.lang, "state-none-seen"),
        }
    }

    /// "✅ Свободно 7 талонов, ближайший — завтра, 09:40 (ГП №27). Где: ГП №27 (4), ДГП №5 (3)."
    fn nearest(&self, free: &[&FreeSlot], nearest: &FreeSlot) -> String {
        let is_its = |state: &TargetState| state.free.iter().any(|one| one == nearest);
        let having: Vec<_> = self
            .places
            .iter()
            .filter(|place| place.n_free() > 0)
            .collect();
        let place = having.iter().find(|place| {
            let mut states = place.states.iter().copied();
            states.any(is_its)
        });
        let place = place.and_then(|place| place.name(self.lang, self.is_doctor));
        let args = [
            (
                "day",
                day_of(self.lang, nearest.slot.start, self.now).into(),
            ),
            ("time", time(nearest.slot.start).into()),
            ("doctor", place.clone().unwrap_or_default().into()),
        ];
        let when = match place {
            Some(_) => text_with(self.lang, "state-when-doctor", &args),
            None => text_with(self.lang, "state-when", &args),
        };
        let is_old = nearest.checked_at.is_some_and(|at| self.now - at > OLD);
        let key = match is_old {
            true => "state-free-old",
            false => "state-free",
        };
        let n = n_talons(free.iter().map(|free| &free.slot));
        let told = text_with(self.lang, key, &[("n", n.into()), ("when", when.into())]);
        if having.len() < 2 {
            return told;
        }
        let named = having.iter().filter_map(|place| {
            let args = [
                ("place", place.name(self.lang, self.is_doctor)?.into()),
                ("n", place.n_free().into()),
            ];
            Some(text_with(self.lang, "sum-place", &args))
        });
        let places = self.few(named.collect());
        let place = text_with(self.lang, "sum-where", &[("places", places.into())]);
        format!("{told} {place}")
    }

    /// "Проверено 10 из 12, самая давняя проверка — 4 минуты назад."
    fn looked(&self) -> String {
        let mut told = Vec::new();
        let n_read = self.places.iter().filter(|place| place.is_read()).count();
        if let Some(oldest) = self.oldest() {
            let key = match n_read == self.places.len() {
                true => "sum-checked-all",
                false => "sum-checked-some",
            };
            let args = [
                ("read", n_read.into()),
                ("n", self.places.len().into()),
                ("ago", ago(self.lang, oldest, self.now).into()),
            ];
            told.push(text_with(self.lang, key, &args));
        }
        let names = |places: Vec<&Place<'_>>| {
            let n = places.len();
            let names = places
                .iter()
                .filter_map(|place| place.name(self.lang, self.is_doctor));
            let names = self.few(names.collect());
            (n > 0).then(|| [("n", n.into()), ("places", names.into())])
        };
        let failing = self.places.iter().filter(|place| place.is_failing());
        for (key, places) in [
            ("sum-failing", failing.collect()),
            ("sum-gone", self.gone.iter().collect()),
        ] {
            told.extend(names(places).map(|args| text_with(self.lang, key, &args)));
        }
        told.join("\n")
    }

    /// The first of the names, and how many more there are. HTML.
    fn few(&self, names: Vec<String>) -> String {
        let n_more = match names.len() {
            n if n <= NAMED + 1 => 0,
            n => n - NAMED,
        };
        let named = names[..names.len() - n_more].join(", ");
        match n_more {
            0 => named,
            n => text_with(
                self.lang,
                "sum-more",
                &[("names", named.into()), ("n", n.into())],
            ),
        }
    }
}

/// The names a summed watch begins with: each of its areas and of the few targets chosen by hand. Plain text.
pub(super) fn names_of(lang: Lang, card: &WatchCard) -> Vec<String> {
    let areas = card
        .areas
        .iter()
        .map(|area| super::names::area_title(lang, &area.area, area.district.as_deref()));
    let by_hand: Vec<_> = card
        .targets
        .iter()
        .filter(|state| state.area.is_none())
        .collect();
    let titles = by_hand
        .iter()
        .map(|state| super::names::short_title(lang, &state.target, &state.place));
    let names: Vec<String> = areas.chain(titles).collect();
    if names.len() <= NAMED + 1 {
        return names;
    }
    let title = super::names::card_title(lang, card);
    vec![tidy(&title, 200).unwrap_or(title)]
}
