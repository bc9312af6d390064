//! Whatever is written, something sound comes back.

use super::{city, today};
use crate::words::{Asked, Catalogue, read};
use proptest::prelude::*;
use shared::clock::from_wall;
use std::fmt::Write as _;

/// Pieces that rules know, in any order.
const PIECES: &[&str] = &[
    "окулист",
    "лор",
    "детский",
    "после",
    "до",
    "с",
    "по",
    "не",
    "раньше",
    "чем",
    "через",
    "17",
    "9",
    "12",
    "31",
    "24:00",
    "99",
    "000",
    "5",
    "декабря",
    "февраля",
    "пятницы",
    "понедельника",
    "пн",
    "-",
    ",",
    ".",
    ":",
    "/",
    "№",
    "гп",
    "поликлиника",
    "детская",
    "87",
    "приморский",
    "на",
    "этой",
    "неделе",
    "конца",
    "года",
    "завтра",
    "сегодня",
    "и",
    "или",
    "утром",
    "вечером",
    "кроме",
    "выходные",
    "часа",
    "за",
    "next",
    "week",
    "by",
    "pm",
    "am",
    "Дроздова",
    "2026",
    "9999",
    "4294967296",
    "в",
    "ближайшие",
    "дней",
    "the",
    "end",
    "of",
    "🙂",
    "\u{202e}",
];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ];
    (
        prop::collection::vec(piece, 0..600),
        prop::sample::select(vec![" ", "", ", "]),
    )
        .prop_map(|(pieces, between)| pieces.join(between).chars().take(4096).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_strange(text in texts()) {
        let city = city();
        let phrase = city.read(&text);
        for piece in &phrase.not_understood {
            prop_assert!(text.contains(piece.as_str()) && !piece.is_empty());
        }
        let midnight = from_wall(today().and_hms_opt(0, 0, 0).unwrap());
        prop_assert!(phrase.wish.can_suit(midnight), "{:?}", phrase.wish);
        let _ = Asked::read(&text).rank(&text);
    }

    #[test]
    fn any_text_at_all_is_read(text in "\\PC{0,4096}") {
        let _ = city().read(&text);
    }

    /// Days at the ends of the calendar are days too.
    #[test]
    fn any_day_is_a_today(text in texts(), days in -90_000_000_i32..90_000_000) {
        if let Some(today) = chrono::NaiveDate::from_num_days_from_ce_opt(days) {
            let nothing = Catalogue { districts: &[], lpus: &[], specialties: &[] };
            let short: String = text.chars().take(200).collect();
            let _ = read(&short, today, nothing);
        }
    }
}

#[test]
fn the_longest_texts_cost_no_more_than_their_length() {
    // Not timed: one that takes a square of its length would not end in a test's patience.
    let city = city();
    for piece in PIECES.iter().chain(&[
        "a",
        "я",
        "9 ",
        "не раньше чем ",
        "24 и ",
        "с 5 по ",
        "ухо горло ",
    ]) {
        let mut text = String::new();
        while text.chars().count() < 4096 {
            let _ = write!(text, "{piece} ");
        }
        let _ = city.read(&text);
        let solid: String = piece.repeat(4096 / piece.chars().count().max(1));
        let _ = city.read(&solid);
    }
}
