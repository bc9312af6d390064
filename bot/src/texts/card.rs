//! One watch: its card in `/list`, and what is free in it now.

use super::clean::{escape, fit};
use super::fluent::{text, text_with};
use super::free::{Found, fitting, lines};
use super::names::{card_title, target_title};
use super::state::{Known, Waiting, known};
use super::status::paused;
use super::summary::{is_summed, names_of, summary};
use super::wish::wish_line;
use super::{MAX_MESSAGE, units};
use chrono::{DateTime, Utc};
use shared::ids::DoctorRef;
use shared::store::{Lang, TargetState, WatchCard};

/// Kept free below the slots of a watch for targets that could not be read, in UTF-16 units.
const ROOM_FOR_OTHERS: usize = 800;

/// One watch in `/list`: names, what is known of each target, why it is silent, which talons suit. A watch of an area or
/// of many targets is told as a whole.
pub fn card(lang: Lang, card: &WatchCard, is_watching: bool, now: DateTime<Utc>) -> String {
    match is_summed(card) {
        true => summed(lang, card, names_of(lang, card), is_watching, now),
        false => one_by_one(lang, card, is_watching, now),
    }
}

/// As [`card`], in at most `room` units: target by target, else as a whole, else its title alone.
pub fn card_in(
    lang: Lang,
    room: usize,
    watch: &WatchCard,
    is_watching: bool,
    now: DateTime<Utc>,
) -> String {
    let full = card(lang, watch, is_watching, now);
    if units(&full) <= room {
        return full;
    }
    let title = card_title(lang, watch);
    if watch.targets.len() > 1 {
        let whole = summed(lang, watch, vec![title.clone()], is_watching, now);
        if units(&whole) <= room {
            return whole;
        }
    }
    format!("<b>{}</b>", escape(&title))
}

/// Why a watch is silent.
fn silent(lang: Lang, card: &WatchCard, is_watching: bool, now: DateTime<Utc>) -> Vec<String> {
    let off = (!is_watching).then(|| text(lang, "card-off"));
    off.into_iter().chain(paused(lang, card, now)).collect()
}

/// A watch as a whole, under these names.
fn summed(
    lang: Lang,
    card: &WatchCard,
    names: Vec<String>,
    is_watching: bool,
    now: DateTime<Utc>,
) -> String {
    let silent = silent(lang, card, is_watching, now);
    let mut told: Vec<String> = names
        .into_iter()
        .map(|name| format!("<b>{}</b>", escape(&name)))
        .collect();
    let is_told = silent.is_empty() || card.targets.iter().any(|state| state.reading.is_some());
    let known = summary(lang, card, Waiting::Look, now);
    told.push(match is_told {
        true => known.full(),
        false => known.reach.unwrap_or_default(),
    });
    told.extend(silent);
    told.push(wish_line(lang, &card.wish, now));
    told.retain(|line| !line.is_empty());
    told.join("\n")
}

fn one_by_one(lang: Lang, card: &WatchCard, is_watching: bool, now: DateTime<Utc>) -> String {
    let silent = silent(lang, card, is_watching, now);
    let targets: Vec<_> = card
        .targets
        .iter()
        .map(|state| {
            let known = known(lang, state, Waiting::Look, now);
            // While nobody looks, "not checked yet" would only puzzle beside the line that says so.
            let is_told = silent.is_empty() || state.reading.is_some();
            target(lang, state, is_told.then_some(&known))
        })
        .collect();
    let mut tail = silent;
    tail.push(wish_line(lang, &card.wish, now));
    stacked(lang, String::new(), &targets, Some(tail.join("\n")))
}

fn target(lang: Lang, state: &TargetState, known: Option<&Known>) -> String {
    let title = escape(&target_title(lang, &state.target, &state.place));
    let mut told = vec![format!("<b>{title}</b>")];
    let address = state
        .place
        .lpu
        .as_ref()
        .and_then(|lpu| fit(lpu.address.as_deref()?, 120));
    let address =
        address.map(|address| text_with(lang, "address-line", &[("address", address.into())]));
    told.extend(address);
    told.extend(known.map(|known| known.full.clone()));
    told.join("\n")
}

/// The blocks that fit between head and tail, and how many do not.
fn stacked(lang: Lang, head: String, blocks: &[String], tail: Option<String>) -> String {
    let more = |n: usize| text_with(lang, "card-more", &[("n", n.into())]);
    let mut used = units(&head) + tail.as_deref().map_or(0, |tail| units(tail) + 2);
    let reserve = units(&more(blocks.len())) + 2;
    let mut told = vec![head];
    for (n, block) in blocks.iter().enumerate() {
        let is_last = n + 1 == blocks.len();
        used += units(block) + 2;
        let reserve = if is_last { 0 } else { reserve };
        if used + reserve > MAX_MESSAGE {
            told.push(more(blocks.len() - n));
            break;
        }
        told.push(block.clone());
    }
    told.extend(tail);
    told.retain(|block| !block.is_empty());
    told.join("\n\n")
}

/// What is free in a watch now, with its age; what could not be learnt is said too.
pub fn free_now(lang: Lang, card: &WatchCard, now: DateTime<Utc>) -> String {
    let title = escape(&card_title(lang, card));
    let mut head = vec![format!("<b>{title}</b>")];
    head.extend(paused(lang, card, now));
    free_under(lang, &head.join("\n"), card, None, now)
}

/// What is free in a watch now, between a head and a tail of at most [`ROOM_FOR_OTHERS`] units together.
pub(super) fn free_under(
    lang: Lang,
    head: &str,
    card: &WatchCard,
    tail: Option<&str>,
    now: DateTime<Utc>,
) -> String {
    let found = found(card, now);
    let others: Vec<_> = if is_summed(card) {
        let known = summary(lang, card, Waiting::Look, now);
        // What is free is listed already.
        let free = Some(known.free).filter(|_| found.is_empty());
        let parts = [known.reach, free, Some(known.looked)];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        vec![parts.collect::<Vec<_>>().join("\n")]
    } else {
        each(lang, card, now)
    };
    if found.is_empty() {
        return stacked(lang, head.to_owned(), &others, tail.map(str::to_owned));
    }
    let room = MAX_MESSAGE - tail.map_or(0, |tail| units(tail) + 2);
    let room = match others.len() {
        0 => room,
        _ => room - ROOM_FOR_OTHERS,
    };
    let head = fitting(room, |size| {
        format!("{head}\n\n{}", lines(lang, &found, size, now))
    });
    stacked(lang, head, &others, tail.map(str::to_owned))
}

/// What is to be said of each target beside its free slots.
fn each(lang: Lang, card: &WatchCard, now: DateTime<Utc>) -> Vec<String> {
    card.targets
        .iter()
        .filter_map(|state| {
            let mut known = known(lang, state, Waiting::Look, now);
            if !state.free.is_empty() {
                // What is free is listed already: only what was not learnt is left to say.
                known.full = known.caveat.take()?;
            }
            Some(match card.targets.len() {
                1 => known.full,
                _ => target(lang, state, Some(&known)),
            })
        })
        .collect()
}

/// The free slots of a watch by doctor, each once, the doctor with the nearest one first.
fn found(card: &WatchCard, now: DateTime<Utc>) -> Vec<Found<'_>> {
    let mut doctors: Vec<(&DoctorRef, Found<'_>)> = Vec::new();
    for state in &card.targets {
        for free in &state.free {
            if let Some((_, found)) = doctors
                .iter_mut()
                .find(|(doctor, _)| **doctor == free.doctor)
            {
                if found.slots.iter().all(|slot| slot.start != free.slot.start) {
                    found.slots.push(&free.slot);
                }
                continue;
            }
            let mut target = state.target.clone();
            target.doctor = Some(free.doctor.doctor.clone());
            let found = Found {
                target,
                place: &state.place,
                name: free.doctor_name.as_deref(),
                slots: vec![&free.slot],
                checked_at: free.checked_at.or(state.good_at).unwrap_or(now),
            };
            doctors.push((&free.doctor, found));
        }
    }
    let mut found: Vec<_> = doctors.into_iter().map(|(_, found)| found).collect();
    for doctor in &mut found {
        doctor.slots.sort_by_key(|slot| slot.start);
    }
    found.sort_by_key(|doctor| doctor.slots.first().map(|slot| slot.start));
    found
}
