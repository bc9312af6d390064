//! "По всему городу", "любая поликлиника", "весь район": whoever says so leaves the clinic open.

use super::dates::{is_any, number, word};
use super::fold::{Token, is_form};
use super::places;
use shared::catalogue::District;

/// How far a person would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Anywhere in the city.
    City,
    /// To any clinic of the district that is named, or else of the city.
    Any,
}

/// "весь", "whole"
const WHOLE: [&str; 11] = [
    "весь",
    "всего",
    "всему",
    "всем",
    "вся",
    "все",
    "всех",
    "всей",
    "whole",
    "entire",
    "all",
];

/// "любой", "any"
const OPEN: [&str; 12] = [
    "любой",
    "любая",
    "любую",
    "любом",
    "любые",
    "любых",
    "каждой",
    "каждую",
    "разных",
    "разные",
    "any",
    "every",
];

/// Reads it at the beginning of the tokens; with the number of tokens taken.
pub(super) fn read(tokens: &[Token], districts: &[District]) -> Option<(usize, Reach)> {
    let mut n = passed(tokens, 0, &["по", "в", "во", "на", "из", "in", "at", "the"]);
    if is_any(tokens, n, &["citywide"]) {
        return Some((n + 1, Reach::City));
    }
    if is_any(tokens, n, &["везде", "всюду", "anywhere", "everywhere"]) {
        return Some(to_city(tokens, n + 1));
    }
    if is_clinic(tokens, n) && is_any(tokens, n + 1, &OPEN) {
        return Some(to_city(tokens, n + 2));
    }
    let is_open = is_any(tokens, n, &OPEN);
    let is_whole = is_any(tokens, n, &WHOLE) || is_any(tokens, n, &["across", "throughout"]);
    if !is_open && !is_whole {
        return None;
    }
    n = passed(tokens, n + 1, &["over", "of", "the"]);
    // "Любая поликлиника 27" is no other than the 27th.
    if is_clinic(tokens, n) && number(tokens, n + 1).is_none() {
        return Some(to_city(tokens, n + 1));
    }
    if is_city(tokens, n) {
        return Some((n + 1, Reach::City));
    }
    if is(tokens, n, &["район", "district", "районы"]) {
        let reach = if is_open { Reach::City } else { Reach::Any };
        return Some((n + 1, reach));
    }
    // "Весь Приморский район": which one is read next.
    let is_named = is_whole && places::district(tokens.get(n..)?, districts).is_some();
    is_named.then_some((n, Reach::Any))
}

/// The place after these words.
fn passed(tokens: &[Token], mut n: usize, words: &[&str]) -> usize {
    while is_any(tokens, n, words) {
        n += 1;
    }
    n
}

fn is(tokens: &[Token], n: usize, known: &[&str]) -> bool {
    word(tokens, n).is_some_and(|word| known.iter().any(|known| is_form(known, word)))
}

fn is_city(tokens: &[Token], n: usize) -> bool {
    is(
        tokens,
        n,
        &["город", "city", "town", "спб", "питер", "петербург"],
    )
}

fn is_clinic(tokens: &[Token], n: usize) -> bool {
    let begins = ["поликлиник", "клиник", "polyclinic", "clinic"];
    word(tokens, n).is_some_and(|word| begins.iter().any(|known| word.starts_with(known)))
}

/// What was read up to here is of the city when "города" or "in the city" follows.
fn to_city(tokens: &[Token], n: usize) -> (usize, Reach) {
    let end = passed(tokens, n, &["in", "of", "the", "в", "по"]);
    match is_city(tokens, end) {
        true => (end + 1, Reach::City),
        false => (n, Reach::Any),
    }
}
