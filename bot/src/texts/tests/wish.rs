//! Wishes in words, and the card, both languages side by side.

use super::super::fluent::sources;
use super::super::*;
use super::html::check_html;
use super::world::*;
use chrono::{Days, NaiveDate, Weekday};
use insta::assert_snapshot;
use proptest::prelude::*;
use shared::wish::{Day, Hours, Wish};

const IVANOVA: &str = "Иванова Анна Петровна";

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn hours(from: u16, to: u16) -> Hours {
    Hours::new(from * 60, to * 60).unwrap()
}

fn days(off: &[Weekday]) -> Wish {
    let mut wish = Wish::default();
    off.iter().for_each(|day| wish.set_day(*day, Day::Off));
    wish
}

fn until(wish: Wish, last: &str) -> Wish {
    Wish {
        not_after: Some(date(last)),
        ..wish
    }
}

fn since(wish: Wish, first: &str) -> Wish {
    Wish {
        not_before: Some(date(first)),
        ..wish
    }
}

/// Weekdays after five, until a date, with two hours to get there.
fn picky() -> Wish {
    Wish {
        hours: hours(17, 24),
        notice_min: 120,
        ..until(days(&[Weekday::Sat, Weekday::Sun]), "2026-11-28")
    }
}

fn samples() -> Vec<Wish> {
    let any = Wish::default;
    let own = |own: &[(Weekday, Hours)], mut wish: Wish| {
        own.iter()
            .for_each(|(day, hours)| wish.set_day(*day, Day::Own(*hours)));
        wish
    };
    let notice = |notice_min| Wish {
        notice_min,
        ..any()
    };
    let skipped = |days: &[&str]| Wish {
        skipped: days.iter().map(|day| date(day)).collect(),
        ..any()
    };
    let (sat, sun) = (Weekday::Sat, Weekday::Sun);
    vec![
        any(),
        picky(),
        until(any(), "2026-11-20"),
        since(until(any(), "2026-11-21"), "2026-11-21"),
        since(until(any(), "2027-01-15"), "2026-11-21"),
        since(any(), "2026-11-25"),
        days(&[
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
        ]),
        days(&[Weekday::Tue, Weekday::Sun]),
        days(&[Weekday::Thu, Weekday::Fri, sat, sun]),
        Wish {
            hours: hours(9, 12),
            ..any()
        },
        Wish {
            hours: hours(0, 12),
            ..any()
        },
        own(
            &[(sat, hours(0, 12)), (sun, hours(0, 12))],
            Wish {
                hours: hours(17, 24),
                ..any()
            },
        ),
        own(
            &[(sat, hours(9, 12))],
            until(days(&[sun, Weekday::Wed]), "2026-12-05"),
        ),
        notice(30),
        notice(60),
        notice(300),
        notice(24 * 60),
        notice(90),
        Wish {
            sooner_than: Some(at("2026-12-01 00:00:00")),
            ..any()
        },
        Wish {
            sooner_than: Some(at("2026-12-01 10:30:00")),
            ..any()
        },
        skipped(&["2026-11-18", "2026-11-25"]),
        skipped(&[
            "2026-11-21",
            "2026-11-22",
            "2026-11-23",
            "2026-11-24",
            "2026-11-25",
        ]),
        skipped(&[
            "2026-11-21",
            "2026-11-22",
            "2026-11-23",
            "2026-11-24",
            "2026-11-25",
            "2026-12-01",
        ]),
        skipped(&["2026-11-18"]),
        until(any(), "2026-11-19"),
        Wish {
            days: [Day::Off; 7],
            ..any()
        },
        Wish {
            sooner_than: Some(at("2026-12-01 00:00:00")),
            skipped: [date("2026-11-23"), date("2026-11-24")].into(),
            ..since(picky(), "2026-11-21")
        },
    ]
}

#[test]
fn wishes_in_words() {
    let told = samples().into_iter().map(|wish| {
        let lines = Lang::ALL.map(|lang| {
            let line = wish_line(lang, &wish, now());
            check_html(&line);
            line
        });
        lines.join("\n")
    });
    assert_snapshot!(told.collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn the_card_of_a_wish() {
    let one = |wish, free: &str| {
        let state = quiet(&gp27(), Some(IVANOVA));
        let state = match free {
            "" => state,
            free => with_free(state, IVANOVA, free),
        };
        let mut card = card_of(vec![state]);
        card.wish = wish;
        card
    };
    let mut none = one(picky(), "");
    none.targets[0].n_unsuiting = 3;
    let mut paused = one(Wish::default(), "11-21 09:40");
    paused.paused_until = Some(at("9999-12-31 00:00:00"));
    let cards = [
        (
            one(picky(), "11-23 18:00, 11-24 17:20 x2"),
            true,
            PingerSign::Alive,
        ),
        (none, true, PingerSign::Alive),
        (paused, true, PingerSign::NeverRan),
        (one(days(&WEEK), ""), false, PingerSign::Alive),
    ];
    let told = cards.map(|(card, is_watching, pinger)| {
        both(|lang| {
            let ask = text(lang, "wish-ask-card");
            let view = WishView {
                card: &card,
                is_watching,
                pinger,
                ask: &ask,
            };
            let html = wish_card(lang, &view, now());
            check_html(&html);
            html
        })
    });
    assert_snapshot!(told.join("\n\n\n"));
}

#[test]
fn the_list_tells_the_wish() {
    let mut of = card_of(vec![quiet(&gp27(), Some(IVANOVA))]);
    of.wish = picky();
    let html = card(Lang::Ru, &of, true, now());
    check_html(&html);
    let wish = "🎯 Подойдёт: только будни после 17:00, до 28 ноября включительно, не раньше чем через 2 часа.";
    assert!(html.ends_with(wish), "{html}");
}

#[test]
fn labels_and_questions_side_by_side() {
    let keys = sources(Lang::Ru).iter().flat_map(|file| file.lines());
    let keys = keys.filter(|line| {
        line.starts_with("wish-btn-")
            || line.starts_with("wish-ask-")
            || line.starts_with("btn-edit")
    });
    let told = keys.map(|line| {
        let key = line.split(' ').next().unwrap();
        let said = Lang::ALL.map(|lang| {
            let weekday = text(lang, "weekday-1");
            let args: [(&str, Arg); 6] = [
                ("n", 2_u32.into()),
                ("hour", 9_u32.into()),
                ("weekday", weekday.into()),
                ("label", "пн".into()),
                ("first", "24 сентября 2027".into()),
                ("last", "28 октября 2027".into()),
            ];
            let said = text_with(lang, key, &args);
            check_html(&said);
            if key.contains("btn-") {
                assert!((1..=36).contains(&said.chars().count()), "{key}: {said}");
                assert!(!said.contains(['<', '>', '&', '\n']), "{key}: {said}");
            }
            said
        });
        format!("{key}\n    {}\n    {}", said[0], said[1])
    });
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

fn some_wish() -> impl Strategy<Value = Wish> {
    let some_date =
        || prop::option::of((0_u64..800).prop_map(|days| date("2026-01-01") + Days::new(days)));
    let some_hours = || {
        (0_u16..1440, 1_u16..=1440)
            .prop_map(|(from, n)| Hours::new(from, (from + n).min(1440)).unwrap())
    };
    let day = prop_oneof![
        Just(Day::Common),
        Just(Day::Off),
        some_hours().prop_map(Day::Own)
    ];
    let skipped = prop::collection::btree_set(
        (0_u64..800).prop_map(|days| date("2026-01-01") + Days::new(days)),
        0..200,
    );
    (
        some_date(),
        some_date(),
        some_hours(),
        prop::array::uniform7(day),
        any::<u32>(),
        some_date(),
        skipped,
    )
        .prop_map(
            |(not_before, not_after, hours, days, notice_min, mine, skipped)| Wish {
                not_before,
                not_after,
                hours,
                days,
                notice_min,
                sooner_than: mine.map(|mine| mine.and_time(chrono::NaiveTime::MIN).and_utc()),
                skipped,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_wished_the_sentence_is_short_and_sound(wish in some_wish()) {
        for lang in Lang::ALL {
            let line = wish_line(lang, &wish, now());
            check_html(&line);
            prop_assert!(line.chars().count() < 600, "{}", line);
        }
    }

    #[test]
    fn a_card_full_of_talons_fits(wish in some_wish(), n in 0_usize..200, n_targets in 1_usize..30) {
        let times: Vec<_> = (0..n).map(|n| format!("11-{:02} {:02}:{:02}", 21 + n / 96, n % 96 / 4, n % 4 * 15)).collect();
        let state = quiet(&gp27(), Some(IVANOVA));
        let state = if n > 0 { with_free(state, IVANOVA, &times.join(", ")) } else { state };
        let mut card = card_of(vec![state; n_targets]);
        card.wish = wish;
        for lang in Lang::ALL {
            let ask = text(lang, "wish-ask-notice");
            let view = WishView { card: &card, is_watching: false, pinger: PingerSign::NeverRan, ask: &ask };
            let html = wish_card(lang, &view, now());
            check_html(&html);
            prop_assert!(html.ends_with(&ask));
        }
    }
}
