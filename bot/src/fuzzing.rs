//! What people write, press and set, one function per reader that takes any text: for `sandbox/fuzz` and property
//! tests.
//!
//! Each panics when a reader breaks its word: then the text is kept as a case.

use crate::add::fits;
use crate::commands::Command;
use crate::config::Config;
use crate::press::Press;
use crate::words::{Asked, Catalogue, is_form, is_slip, read, words as words_of};
use chrono::NaiveDate;
use shared::catalogue::{District, Lpu};
use shared::clock::from_wall;
use shared::gorzdrav::{Endpoint, wire};
use shared::settings::Variables;
use std::sync::LazyLock;

/// Telegram's longest message, in UTF-16 units, which are at least as many as characters.
const LONGEST: usize = 4096;

/// The invented portal, as `data/api` has it.
struct City {
    districts: Vec<District>,
    lpus: Vec<Lpu>,
    specialties: Vec<String>,
}

static CITY: LazyLock<City> = LazyLock::new(|| {
    let districts = wire::read_districts(include_bytes!("../../data/api/districts.json"));
    let lpus = wire::read_lpus(Endpoint::Lpus, include_bytes!("../../data/api/lpus.json"));
    let specialties = [
        include_bytes!("../../data/api/specialties_ariadna.json").as_slice(),
        include_bytes!("../../data/api/specialties_vistamed.json").as_slice(),
    ];
    let specialties = specialties.into_iter().flat_map(wire::read_specialties);
    City {
        districts: districts.unwrap_or_default(),
        lpus: lpus.unwrap_or_default(),
        specialties: specialties.flatten().map(|known| known.name).collect(),
    }
});

/// A message: a command, words of `/add`, an answer to a menu. The first byte chooses the day it is said on.
pub fn words(data: &[u8]) {
    let (day, text) = data.split_first().unwrap_or((&0, &[]));
    let text: String = String::from_utf8_lossy(text)
        .chars()
        .take(LONGEST)
        .collect();
    // Two days a week over three years and a half, the 29th of February among them.
    let first = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap_or_default();
    let today = first + chrono::Days::new(u64::from(*day) * 5);
    let catalogue = Catalogue {
        districts: &CITY.districts,
        lpus: &CITY.lpus,
        specialties: &CITY.specialties,
    };
    let text = match Command::read(&text, "talon_bot") {
        Some(Ok((_, rest))) => rest,
        _ => &text,
    };
    let phrase = read(text, today, catalogue);
    for piece in &phrase.not_understood {
        assert!(
            !piece.is_empty() && text.contains(piece.as_str()),
            "{piece:?}"
        );
    }
    for lpu in &phrase.lpus {
        assert!(CITY.lpus.iter().any(|known| known.id == *lpu));
    }
    let midnight = today.and_hms_opt(0, 0, 0).map(from_wall);
    assert!(
        midnight.is_some_and(|now| phrase.wish.can_suit(now)),
        "{:?}",
        phrase.wish
    );
    let asked = Asked::read(text);
    for name in &CITY.specialties {
        let _ = (asked.rank(name), fits(text, name, &[]));
    }
    let said = words_of(text);
    for pair in said.windows(2) {
        assert_eq!(is_slip(&pair[0], &pair[1]), is_slip(&pair[1], &pair[0]));
        let _ = is_form(&pair[0], &pair[1]);
    }
}

/// What a button says back. What is read of it is written the same way, and fits into a button again.
pub fn press(data: &str) {
    let Some(press) = Press::read(data) else {
        return;
    };
    let written = press.to_string();
    assert!(written.len() <= 64, "{written}");
    assert_eq!(Press::read(&written), Some(press), "{written}");
}

/// A `.env` file, as the bot reads it. A refusal is one line.
pub fn env_file(text: &str) {
    let read = Variables::from_file(text).and_then(|variables| Config::read(&variables));
    match read {
        // Shown in logs at a start.
        Ok(config) => drop(format!("{config:?}")),
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::path::Path;

    /// The seeds of `sandbox/fuzz`, each read as its target reads it.
    #[test]
    fn every_seed_is_read() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sandbox/fuzz/seeds");
        for (target, read) in [
            ("words", super::words as fn(&[u8])),
            ("press", |data| super::press(&String::from_utf8_lossy(data))),
            ("env_file", |data| {
                super::env_file(&String::from_utf8_lossy(data))
            }),
        ] {
            let mut n = 0;
            for seed in std::fs::read_dir(seeds.join(target)).unwrap() {
                read(&std::fs::read(seed.unwrap().path()).unwrap());
                n += 1;
            }
            assert!(n > 0, "{target}");
        }
    }

    /// Parts of presses, sound ones and others, in any order.
    const PARTS: &[&str] = &[
        "a",
        "m",
        "l",
        "w",
        "v",
        "e",
        "s",
        "y",
        "c",
        "g",
        "h",
        "f",
        "0",
        "1",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "4294967295",
        "00",
        "+1",
        "i0",
        "i99999",
        "i18446744073709551616",
        "ru",
        "en",
        "x",
        "F20260101",
        "T99999999",
        "H1-8-24",
        "E0-24-0",
        "k7",
        "D8",
        "N15",
        "",
        " ",
        "я",
        "٣",
    ];

    /// Lines of a `.env`, sound ones and others.
    const LINES: &[&str] = &[
        "TELOXIDE_TOKEN=1:a",
        "TELOXIDE_TOKEN=\"1:a\"",
        "TELOXIDE_TOKEN=",
        "ALERTS_PER_SECOND=28",
        "ALERTS_PER_SECOND=-1",
        "ALERTS_PER_SECOND=NaN",
        "ALERTS_PER_SECOND=1e999",
        "POLL_PERIOD=60s",
        "REQUEST_TIMEOUT=99999999999999999999y",
        "REQUEST_TIMEOUT=0s",
        "REQUESTS_PER_SECOND=0",
        "MAX_WATCHES=99999999999",
        "LINK_DEPTH=doctor",
        "LINK_DEPTH=",
        "ADMIN_CHATS=1,-2,",
        "ADMIN_CHATS=,,",
        "ALLOWED_CHATS=9223372036854775808",
        "TELOXIDE_PROXY=socks5://u:p@h:1",
        "GORZDRAV_API_URL=file:///etc/passwd",
        "GORZDRAV_API_URL=http://",
        "BOT_METRICS_ADDR=127.0.0.1:9101",
        "BOT_METRICS_ADDR=[::1",
        "RUST_LOG=info,bot=debug",
        "RUST_LOG==",
        "# a comment",
        "export A=1",
        "A='",
        "B=\"",
        "C=$A${A}",
        "=",
        "A",
        "\u{feff}",
        "A=\\",
        "A=\"\\n\"",
        "DATABASE_PATH=\u{0}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn no_parts_of_a_press_break_the_reader(parts in prop::collection::vec(prop::sample::select(PARTS), 0..7)) {
            super::press(&parts.join("."));
        }

        #[test]
        fn no_bytes_break_a_reader(data in prop::collection::vec(any::<u8>(), 0..300)) {
            super::words(&data);
            let text = String::from_utf8_lossy(&data);
            super::press(&text);
            super::env_file(&text);
        }

        #[test]
        fn no_settings_break_the_reader(
            lines in prop::collection::vec(prop_oneof![prop::sample::select(LINES).prop_map(str::to_owned), "[A-Z_]{1,8}=\\PC{0,20}"], 0..12),
            end in prop::sample::select(vec!["\n", "\r\n"]),
        ) {
            super::env_file(&lines.join(end));
        }
    }
}
