//! What `/when` says.

use super::super::*;
use super::html::check_html;
use super::world::{at, both, now};
use chrono::{DateTime, TimeDelta, Utc};
use insta::assert_snapshot;
use shared::store::Observed;

/// One opening a day at these times, ten weeks before now; each talon gone after so many minutes.
fn openings(days: impl IntoIterator<Item = i64>, time: &str, lasts: i64) -> Observed {
    let monday = at(&format!("2026-09-07 {time}:00"));
    let openings: Vec<DateTime<Utc>> = days
        .into_iter()
        .map(|day| monday + TimeDelta::days(day))
        .collect();
    let lives = vec![TimeDelta::minutes(lasts); openings.len()];
    Observed::of(openings, lives)
}

/// Working days of so many weeks.
fn working(weeks: i64) -> impl Iterator<Item = i64> {
    (0..weeks * 7).filter(|day| day % 7 < 5)
}

fn mornings() -> Observed {
    let rare = openings([3, 11], "15:40", 40);
    openings(working(2), "08:37", 6).and(rare)
}

fn part(title: &str, observed: Observed) -> Part {
    Part {
        title: title.to_owned(),
        observed,
        whole: None,
    }
}

fn watch(parts: Vec<Part>) -> Openings {
    Openings {
        title: "Терапевт · Иванова А. П. · ГП №27".to_owned(),
        parts,
        is_picky: false,
    }
}

#[track_caller]
fn told(openings: &Openings, now: DateTime<Utc>) -> String {
    both(|lang| {
        let html = openings.tell(lang, now);
        check_html(&html);
        assert!(units(&html) <= MAX_MESSAGE);
        html
    })
}

#[test]
fn when_talons_open() {
    let weekend = openings([5, 6, 12, 13, 19, 20, 26, 27], "23:55", 0);
    let any_time = (0..10).map(|n| openings([n], &format!("{:02}:10", 2 * n), 3_000));
    let any_time = any_time.fold(Observed::default(), Observed::and);
    let two = watch(vec![
        part("Терапевт · Иванова · ГП №27", mornings()),
        part(
            "Невролог · любой врач · <ДГП №5>",
            openings([0, 2], "10:00", 5),
        ),
    ]);
    let mut whole = watch(vec![part("", openings([0, 1], "08:37", 6))]);
    whole.parts[0].whole = Some(mornings());
    let mut picky = watch(vec![part("", mornings())]);
    picky.is_picky = true;
    let many = (0..9).map(|n| {
        let observed = match n {
            0..6 => openings(working(n + 2), "08:37", 6),
            _ => openings([n], "12:00", 1),
        };
        part(&format!("Терапевт · любой врач · ГП №{n}"), observed)
    });
    let few = openings([0, 1], "08:37", 6);
    let samples = [
        ("one", watch(vec![part("", mornings())])),
        (
            "at weekends too",
            watch(vec![part("", mornings().and(weekend))]),
        ),
        ("at any time", watch(vec![part("", any_time)])),
        ("one doctor is too little", whole),
        ("not all suit", picky),
        ("two", two),
        ("many", watch(many.collect())),
        (
            "two of too little",
            watch(vec![part("", few.clone()), part("", few)]),
        ),
    ];
    let told = samples.map(|(name, openings)| format!("##### {name}\n{}", told(&openings, now())));
    assert_snapshot!(told.join("\n\n\n"));
}

#[test]
fn too_little_says_how_much_is_missing() {
    let soon = at("2026-09-10 12:00:00");
    let samples = [
        ("nothing", Observed::default()),
        ("one", openings([0], "08:37", 6)),
        ("some", openings([0, 1, 2], "08:37", 6)),
        (
            "many on few days",
            openings([0; 20], "08:37", 6).and(openings([1], "08:37", 6)),
        ),
        ("few on many days", openings([0, 1, 2, 3, 4, 5], "08:37", 6)),
    ];
    let told = samples.map(|(name, observed)| {
        let openings = watch(vec![part("", observed)]);
        assert_eq!(openings.shown(), None, "{name}");
        format!("##### {name}\n{}", told(&openings, soon))
    });
    assert_snapshot!(told.join("\n\n\n"));
    // Nothing for ten weeks since: nobody knows when.
    let openings = watch(vec![part("", openings([0, 1], "08:37", 6))]);
    let html = openings.tell(Lang::Ru, now() + TimeDelta::days(30));
    assert!(!html.contains("примерно"), "{html}");
    let empty = watch(Vec::new());
    assert!(empty.tell(Lang::Ru, now()).contains("Пока мало"));
}

#[test]
fn the_picture_is_told_in_its_caption() {
    let openings = watch(vec![
        part("", mornings()),
        part("", openings(working(2), "08:37", 6)),
    ]);
    let when = openings.shown().unwrap();
    for (lang, words) in [
        (
            Lang::Ru,
            ["будни 08:30–08:40", "пн с 8 до 9 (4)", "22 открытия"],
        ),
        (
            Lang::En,
            ["weekdays 08:30–08:40", "Mon from 8 to 9 (4)", "22 openings"],
        ),
    ] {
        let caption = openings.caption(lang, &when);
        check_html(&caption);
        for words in words {
            assert!(caption.contains(words), "no «{words}» in {caption}");
        }
        assert!(units(&caption) <= 1024);
    }
}
