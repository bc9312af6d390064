//! Every text of the conversation, both languages side by side.

use super::super::fluent::sources;
use super::super::*;
use super::html::check_html;
use super::world::both;
use insta::assert_snapshot;

/// Something to put into every variable; numbers twice, for the plural.
fn args(n: u32) -> Vec<(&'static str, Arg)> {
    vec![
        ("n", n.into()),
        ("max", n.into()),
        ("page", 2_u32.into()),
        ("pages", n.into()),
        ("query", "87".into()),
        ("district", "Ягодный".into()),
        ("lpu", "ГП №27".into()),
        ("specialty", "Терапевт".into()),
        ("title", "Терапевт · Иванова · ГП №27".into()),
        ("why", text(Lang::Ru, "failure-clinic").into()),
        ("ago", "12:05".into()),
        ("since", "с 12:05".into()),
        ("lasted", "".into()),
        ("name", "Анна".into()),
        ("names", "Иванова А. П., Петров Б. В.".into()),
        ("clinic", "ГП №27".into()),
        ("clinics", "ГП №27, ДГП №5".into()),
        ("read", "12 секунд назад".into()),
        ("bot", "с 12:05".into()),
        ("from", "22:00".into()),
        ("to", "08:00".into()),
        ("time", "21:00".into()),
        ("said", "окулист · только будни после 17:00".into()),
        ("piece", "срочно".into()),
        ("unknown", 3_u32.into()),
        ("url", "https://t.me/a_bot?start=3fJ0".into()),
        ("clock", "12:05:29".into()),
        ("day", "сб".into()),
        ("date", "21 ноября".into()),
        ("month", "ноября".into()),
        ("until", "до 08:00 завтрашнего дня".into()),
        ("who", "Терапевт, Иванова А. П.".into()),
        ("when", "завтра, сб 21 ноября, 09:40".into()),
        ("first", "в 19:00".into()),
        ("second", "завтра в 07:40".into()),
        ("asked", "раз в минуту".into()),
        ("whole", "раз в час".into()),
        ("windows", "в будни 08:30–08:50".into()),
        ("half", "за 6 минут".into()),
        ("peaks", "пн с 8 до 9 (12)".into()),
        ("weekday", "пн".into()),
        ("days", n.into()),
        ("need", 8_u32.into()),
        ("needdays", 5_u32.into()),
        ("room", "435".into()),
        ("phone", "(812) 000-00-27".into()),
    ]
}

/// Counts of the texts for operators and of the weekly line; the plural goes by each of them.
const COUNTS: [&str; 14] = [
    "looks",
    "failed",
    "seen",
    "unsuiting",
    "sent",
    "people",
    "on",
    "gone",
    "watches",
    "active",
    "departments",
    "alerts",
    "requests",
    "failing",
];

fn keys(file: usize) -> Vec<&'static str> {
    let is_key = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
    let lines = sources(Lang::Ru)[file].lines();
    lines
        .filter(is_key)
        .map(|line| line.split(' ').next().unwrap())
        .collect()
}

fn side_by_side(file: usize) -> String {
    let sample = |key: &str| {
        let [one, many] = [1, 5].map(|n| {
            both(|lang| {
                let mut args = args(n);
                args.extend(COUNTS.map(|name| (name, n.into())));
                let sample = text_with(lang, key, &args);
                check_html(&sample);
                assert!(!sample.contains('{'), "{key}: {sample}");
                sample
            })
        });
        let many = if one == many {
            String::new()
        } else {
            format!("\n\n{many}")
        };
        format!("##### {key}\n{one}{many}")
    };
    keys(file)
        .into_iter()
        .map(sample)
        .collect::<Vec<_>>()
        .join("\n\n\n")
}

#[test]
fn settings() {
    assert_snapshot!(side_by_side(4));
}

#[test]
fn words() {
    assert_snapshot!(side_by_side(8));
}

#[test]
fn visits() {
    assert_snapshot!(side_by_side(5));
}

#[test]
fn adding() {
    assert_snapshot!(side_by_side(0));
}

#[test]
fn talking() {
    assert_snapshot!(side_by_side(1));
}

#[test]
fn openings() {
    assert_snapshot!(side_by_side(10));
}

#[test]
fn living() {
    assert_snapshot!(side_by_side(7));
}

#[test]
fn outages() {
    assert_snapshot!(side_by_side(11));
}

#[test]
fn labels_and_toasts_are_short_and_plain() {
    for lang in Lang::ALL {
        for key in (0..11).filter(|file| *file != 9).flat_map(keys) {
            let max = match key {
                _ if key.starts_with("cmd-") => 60,
                _ if key.starts_with("btn-") => 30,
                _ if key.contains("toast") || key.starts_with("menu-") => 190,
                _ => continue,
            };
            let label = text_with(lang, key, &[("who", "".into())]);
            assert!((1..=max).contains(&label.chars().count()), "{key}: {label}");
            assert!(!label.contains(['<', '>', '&', '\n']), "{key}: {label}");
        }
    }
}
