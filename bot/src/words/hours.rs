//! Hours of a day and stretches of time: "17:30", "5pm", "девяти вечера", "2 часа", "неделю".

use super::dates::{is_any, is_mark, number, word};
use super::fold::Token;

/// Minutes of an hour.
pub(super) const HOUR: u16 = 60;
/// Minutes of a day.
pub(super) const DAY: u16 = 24 * HOUR;

/// How an hour without more words is meant: nobody sees a doctor at five in the morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// "после 7" is 19:00, "с 7" is not.
    Late,
    Early,
}

/// An hour of the day in minutes, with the number of tokens taken.
pub(super) fn time(tokens: &[Token], hint: Hint) -> Option<(usize, u16)> {
    if is_any(
        tokens,
        0,
        &["полдень", "полудня", "полудню", "noon", "midday"],
    ) {
        return Some((1, 12 * HOUR));
    }
    let spelled = word(tokens, 0).and_then(numeral);
    let hour = number(tokens, 0).or(spelled).filter(|hour| *hour <= 24)?;
    let is_padded = tokens
        .first()
        .is_some_and(|token| token.text.starts_with('0'));
    let mut n = 1;
    let mut minute = 0;
    let mut is_exact = is_padded;
    let two = |place: usize| {
        let token = tokens.get(place).filter(|token| token.text.len() == 2);
        token
            .and_then(|_| number(tokens, place))
            .filter(|minute| *minute < 60)
    };
    if is_mark(tokens, 1, ":") || is_mark(tokens, 1, ".") {
        if let Some(said) = two(2) {
            (n, minute, is_exact) = (3, said, true);
        }
    } else if let Some(said) = two(1).filter(|minute| [0, 15, 30, 45].contains(minute)) {
        (n, minute, is_exact) = (2, said, true);
    }
    if is_any(
        tokens,
        n,
        &["час", "часа", "часов", "часам", "ч", "h", "hrs", "hours"],
    ) {
        n += 1;
    } else if is_any(tokens, n, &["o"]) && is_any(tokens, n + 1, &["clock"]) {
        n += 2;
    } else if is_exact && is_any(tokens, n, &["мин", "минут"]) {
        n += 1;
    }
    let hour = match word(tokens, n) {
        Some("pm" | "вечера" | "p") if hour <= 12 => {
            n += 1;
            if hour == 12 { 12 } else { hour + 12 }
        }
        Some("am" | "утра") if hour <= 12 => {
            n += 1;
            hour % 12
                + if hour == 12 && is_any(tokens, n - 1, &["утра"]) {
                    12
                } else {
                    0
                }
        }
        Some("дня") if (1..=6).contains(&hour) || hour == 12 => {
            n += 1;
            if hour == 12 { 12 } else { hour + 12 }
        }
        // What a clinic never has is meant after noon: "после 5" is 17:00.
        _ if !is_exact && (1..=6).contains(&hour) => hour + 12,
        _ if !is_exact && hour == 7 && hint == Hint::Late => 19,
        _ => hour,
    };
    let minutes = u16::try_from(hour * 60 + minute).ok()?;
    (minutes <= DAY).then_some((n, minutes))
}

const NUMERALS: [&[&str]; 12] = [
    &["один", "одного", "часа", "час", "one"],
    &["два", "две", "двух", "пару", "two", "couple"],
    &["три", "трех", "three"],
    &["четыре", "четырех", "four"],
    &["пять", "пяти", "five"],
    &["шесть", "шести", "six"],
    &["семь", "семи", "seven"],
    &["восемь", "восьми", "eight"],
    &["девять", "девяти", "nine"],
    &["десять", "десяти", "ten"],
    &["одиннадцать", "одиннадцати", "eleven"],
    &["двенадцать", "двенадцати", "twelve"],
];

fn numeral(word: &str) -> Option<u32> {
    (1..)
        .zip(NUMERALS)
        .find(|(_, names)| names.contains(&word))
        .map(|(n, _)| n)
}

/// A stretch of time in minutes: "2 часа", "полчаса", "неделю", "a week".
pub(super) fn amount(tokens: &[Token]) -> Option<(usize, u32)> {
    if is_any(tokens, 0, &["полчаса"]) {
        return Some((1, 30));
    }
    if is_any(tokens, 0, &["полтора"]) && is_any(tokens, 1, &["часа"]) {
        return Some((2, 90));
    }
    if let Some(unit) = word(tokens, 0).and_then(unit) {
        return Some((1, unit));
    }
    let n = match word(tokens, 0) {
        Some("a" | "an") => 1,
        Some(word) => numeral(word)?,
        None => number(tokens, 0)?,
    };
    let of = usize::from(is_any(tokens, 1, &["of"]));
    let unit = word(tokens, 1 + of).and_then(unit)?;
    let minutes = n.checked_mul(unit).filter(|minutes| *minutes > 0)?;
    // Nobody plans further than a year, and a number beyond that is something else.
    (minutes <= 366 * u32::from(DAY)).then_some((2 + of, minutes))
}

pub(super) fn unit(word: &str) -> Option<u32> {
    let day = u32::from(DAY);
    Some(match word {
        "минута" | "минуту" | "минуты" | "минут" | "мин" | "minute" | "minutes" | "min" => {
            1
        }
        "час" | "часа" | "часов" | "ч" | "hour" | "hours" | "h" | "hr" | "hrs" => 60,
        "день" | "дня" | "дней" | "сутки" | "суток" | "day" | "days" => day,
        "неделя" | "неделю" | "недели" | "недель" | "week" | "weeks" => {
            7 * day
        }
        "месяц" | "месяца" | "месяцев" | "month" | "months" => 30 * day,
        _ => return None,
    })
}
