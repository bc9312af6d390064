//! How often a person's watches are looked at now.

use super::fluent::text_with;
use super::{MAX_MESSAGE, units};
use chrono::TimeDelta;
use shared::store::{Cadence, Lang};

/// Up to this there is nothing to say: it is what everybody is promised.
const USUAL: TimeDelta = TimeDelta::minutes(3);

/// How often the targets of a person are looked at now, by the worst of them; `None` while that is as usual, or while it
/// is not known.
pub fn cadence(lang: Lang, cadences: &[Cadence]) -> Option<String> {
    let asked = cadences
        .iter()
        .filter_map(|cadence| cadence.asked_every)
        .max()?;
    let read = cadences
        .iter()
        .filter_map(|cadence| cadence.read_every)
        .max()?;
    if read.max(asked) <= USUAL {
        return None;
    }
    let args = [
        ("asked", every(lang, asked).into()),
        ("whole", every(lang, read.max(asked)).into()),
    ];
    Some(text_with(lang, "cadence-line", &args))
}

/// A message with a line of this kind below it, when there is one and it fits.
pub fn with_cadence(html: String, line: Option<String>) -> String {
    match line {
        Some(line) if units(&html) + units(&line) + 2 <= MAX_MESSAGE => format!("{html}\n\n{line}"),
        _ => html,
    }
}

fn every(lang: Lang, every: TimeDelta) -> String {
    let seconds = every.num_seconds().max(1);
    let (key, n) = match seconds {
        ..10 => ("cadence-seconds", seconds),
        10..57 => ("cadence-seconds", (seconds + 2) / 5 * 5),
        57..5400 => ("cadence-minutes", (seconds + 30) / 60),
        _ => ("cadence-hours", (seconds + 1800) / 3600),
    };
    text_with(lang, key, &[("n", n.into())])
}
