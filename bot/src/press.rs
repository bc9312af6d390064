//! What a button says back: at most 64 bytes, no id of the portal, checked for its owner where it is pressed.

use crate::life::Life;
use crate::visit::VisitPress;
use crate::wish::Touch;
use shared::ids::WatchId;
use shared::store::Lang;
use std::fmt;

/// A pressed button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Press {
    /// Open a fresh menu of `/add`.
    Add,
    /// A button of a menu of `/add`.
    Menu {
        /// Who opened it.
        owner: i64,
        /// Which menu; drawn by lot when it was opened.
        menu: u32,
        /// Which rendering of it.
        version: u32,
        /// What was pressed.
        act: Act,
    },
    /// Show `/list`, at this page.
    List(usize),
    /// A button of a watch.
    Watch(WatchId, Verb),
    /// A button of an alert or of a booked visit.
    Visit(VisitPress),
    /// A button of the card of a watch.
    Wish(WatchId, Touch),
    /// Look again for `/status`.
    Status,
    /// Choose a language.
    Lang(Lang),
    /// Change a setting.
    Set(Setting),
    /// Choose a language where we say hello.
    Hello(Lang),
    /// Living with the list: facts, weeks, groups, operators.
    Life(Life),
    /// Answer of `/forget`, for the one who asked.
    Forget {
        /// Who asked.
        owner: i64,
        /// Yes, erase.
        is_sure: bool,
    },
}

/// What a button of a menu does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Picks the entry at this place of the page.
    Pick(usize),
    /// Any doctor of the specialty.
    Any,
    /// The page before.
    Prev,
    /// The page after.
    Next,
    /// The step before.
    Back,
    /// Closes the menu.
    Cancel,
    /// Clears what was typed.
    All,
    /// Tries the portal again.
    Retry,
    /// Confirms the card.
    Watch,
    /// Changes what the card says.
    Change,
    /// Turns the list into one where several are ticked.
    Tick,
    /// Takes all that is ticked.
    Done,
    /// The same specialty at other clinics.
    Elsewhere,
    /// The specialty in the whole district.
    District,
    /// The specialty in the whole city.
    City,
}

/// What a button of `/settings` changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Switches the quiet hours on or off.
    Quiet,
    /// They begin earlier.
    FromEarlier,
    /// They begin later.
    FromLater,
    /// They end earlier.
    ToEarlier,
    /// They end later.
    ToLater,
    /// Whether a talon that begins within a day breaks them.
    QuietSoon,
    /// Whether a watch pauses after its alert.
    OneAlert,
}

const SETTINGS: [(Setting, &str); 7] = [
    (Setting::Quiet, "q"),
    (Setting::FromEarlier, "f-"),
    (Setting::FromLater, "f+"),
    (Setting::ToEarlier, "t-"),
    (Setting::ToLater, "t+"),
    (Setting::QuietSoon, "s"),
    (Setting::OneAlert, "1"),
];

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SETTINGS
            .iter()
            .filter(|(setting, _)| setting == self)
            .try_for_each(|(_, word)| f.write_str(word))
    }
}

/// What a button of a watch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Tells what is free now.
    Now,
    /// Silences it.
    Pause,
    /// Ends the pause.
    Resume,
    /// Deletes it.
    Delete,
    /// Any doctor instead of those who are no longer listed.
    Widen,
    /// Brings it back.
    Undo,
    /// Gives a link that passes it on.
    Share,
}

const VERBS: [(Verb, &str); 7] = [
    (Verb::Now, "n"),
    (Verb::Pause, "p"),
    (Verb::Resume, "r"),
    (Verb::Delete, "d"),
    (Verb::Undo, "u"),
    (Verb::Share, "s"),
    (Verb::Widen, "w"),
];

const ACTS: [(Act, &str); 14] = [
    (Act::Any, "a"),
    (Act::Prev, "p"),
    (Act::Next, "n"),
    (Act::Back, "b"),
    (Act::Cancel, "x"),
    (Act::All, "l"),
    (Act::Retry, "r"),
    (Act::Watch, "w"),
    (Act::Change, "c"),
    (Act::Tick, "t"),
    (Act::Done, "d"),
    (Act::Elsewhere, "e"),
    (Act::District, "D"),
    (Act::City, "C"),
];

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pick(place) => write!(f, "i{place}"),
            other => ACTS
                .iter()
                .filter(|(act, _)| act == other)
                .try_for_each(|(_, word)| f.write_str(word)),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        VERBS
            .iter()
            .filter(|(verb, _)| verb == self)
            .try_for_each(|(_, word)| f.write_str(word))
    }
}

impl fmt::Display for Press {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add => f.write_str("a"),
            Self::Menu {
                owner,
                menu,
                version,
                act,
            } => write!(f, "m.{owner}.{menu}.{version}.{act}"),
            Self::List(page) => write!(f, "l.{page}"),
            Self::Watch(watch, verb) => write!(f, "w.{watch}.{verb}"),
            Self::Visit(press) => write!(f, "v.{press}"),
            Self::Wish(watch, touch) => write!(f, "e.{watch}.{touch}"),
            Self::Status => f.write_str("s"),
            Self::Life(life) => write!(f, "y.{life}"),
            Self::Set(setting) => write!(f, "c.{setting}"),
            Self::Lang(lang) => write!(f, "g.{}", lang.as_str()),
            Self::Hello(lang) => write!(f, "h.{}", lang.as_str()),
            Self::Forget { owner, is_sure } => write!(f, "f.{owner}.{}", u8::from(*is_sure)),
        }
    }
}

impl Press {
    /// Whether it may change the list of a chat, which a group may keep to its administrators.
    pub(crate) fn is_change(self) -> bool {
        match self {
            Self::Add | Self::Menu { .. } | Self::Forget { is_sure: true, .. } => true,
            Self::Wish(..) | Self::Set(_) => true,
            Self::Watch(_, verb) => verb != Verb::Now,
            Self::Life(life) => life.is_change(),
            _ => false,
        }
    }

    /// Reads what a button said back; `None` for nonsense and for buttons of an older program.
    pub(crate) fn read(data: &str) -> Option<Self> {
        let mut parts = data.split('.');
        let kind = parts.next()?;
        let mut next = || parts.next();
        let press = match kind {
            "a" => Self::Add,
            "m" => Self::Menu {
                owner: next()?.parse().ok()?,
                menu: next()?.parse().ok()?,
                version: next()?.parse().ok()?,
                act: read_act(next()?)?,
            },
            "l" => Self::List(next()?.parse().ok()?),
            "w" => {
                let watch = WatchId(next()?.parse().ok()?);
                let word = next()?;
                Self::Watch(watch, VERBS.iter().find(|(_, known)| *known == word)?.0)
            }
            "v" => Self::Visit(VisitPress::read(&mut next)?),
            "e" => Self::Wish(WatchId(next()?.parse().ok()?), Touch::read(next()?)?),
            "s" => Self::Status,
            "y" => Self::Life(Life::read(&mut next)?),
            "c" => {
                let word = next()?;
                Self::Set(SETTINGS.iter().find(|(_, known)| *known == word)?.0)
            }
            "g" => Self::Lang(Lang::from_code(next()?)?),
            "h" => Self::Hello(Lang::from_code(next()?)?),
            "f" => Self::Forget {
                owner: next()?.parse().ok()?,
                is_sure: next()? == "1",
            },
            _ => return None,
        };
        parts.next().is_none().then_some(press)
    }
}

fn read_act(word: &str) -> Option<Act> {
    if let Some(place) = word.strip_prefix('i') {
        return place.parse().ok().map(Act::Pick);
    }
    ACTS.iter()
        .find(|(_, known)| *known == word)
        .map(|(act, _)| *act)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wish::View;
    use proptest::prelude::*;

    #[test]
    fn every_button_reads_back_and_fits() {
        let watch = WatchId(i64::MAX);
        let mut all = vec![
            Press::Add,
            Press::List(0),
            Press::List(usize::MAX),
            Press::Status,
            Press::Forget {
                owner: i64::MIN,
                is_sure: true,
            },
            Press::Forget {
                owner: 1,
                is_sure: false,
            },
        ];
        all.extend(Lang::ALL.map(Press::Lang));
        all.extend(VisitPress::samples().into_iter().map(Press::Visit));
        all.extend(Life::all().map(Press::Life));
        all.push(Press::Wish(watch, Touch::Show(View::Card)));
        all.extend(SETTINGS.map(|(setting, _)| Press::Set(setting)));
        all.extend(Lang::ALL.map(Press::Hello));
        all.extend(VERBS.map(|(verb, _)| Press::Watch(watch, verb)));
        let acts = ACTS
            .into_iter()
            .map(|(act, _)| act)
            .chain([Act::Pick(7), Act::Pick(99_999)]);
        all.extend(acts.map(|act| Press::Menu {
            owner: i64::MIN,
            menu: u32::MAX,
            version: u32::MAX,
            act,
        }));
        for press in all {
            let data = press.to_string();
            assert!(data.len() <= 64, "{data}");
            assert_eq!(Press::read(&data), Some(press), "{data}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn nonsense_is_no_button_and_never_panics(data in "\\PC{0,80}") {
            if let Some(press) = Press::read(&data) {
                prop_assert!(press.to_string().len() <= 64);
            }
        }
    }
}
