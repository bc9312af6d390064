//! Facts about doctors, and how a week went.

use super::super::*;
use super::html::check_html;
use super::world::*;
use chrono::TimeDelta;
use insta::assert_snapshot;
use shared::ids::Area;
use shared::ids::WatchId;
use shared::store::{About, Fact, FactKind, Facts, Tally, TargetState, Week, Weekly};

fn facts_of(states: &[(TargetState, FactKind)]) -> Facts {
    let fact = |(state, kind): &(TargetState, FactKind)| Fact {
        about: About::Target {
            target: state.target.clone(),
            place: state.place.clone(),
        },
        kind: kind.clone(),
        since: (*kind != FactKind::Back).then(|| at("2026-11-18 09:00:00")),
        watches: vec![WatchId(1)],
    };
    Facts {
        person: person(),
        facts: states.iter().map(fact).collect(),
    }
}

fn week_of(state: TargetState, n_seen: u32, lasted: Option<i64>) -> Week {
    Week {
        card: card_of(vec![state]),
        n_looks: 10_074,
        n_failed: if n_seen > 1 { 12 } else { 0 },
        tally: Tally {
            n_seen,
            n_suiting: n_seen.min(3),
            lasted: lasted.map(TimeDelta::seconds),
        },
    }
}

fn weekly_of(weeks: Vec<Week>) -> Weekly {
    Weekly {
        person: person(),
        weeks,
    }
}

#[test]
fn facts_about_doctors() {
    let doctor = |name| quiet(&gp27(), Some(name));
    let told = facts_of(&[
        (doctor("Иванова Анна Петровна"), FactKind::Gone),
        (doctor("Петров П.И."), FactKind::Renumbered("new".into())),
        (doctor("Зимин Олег Ильич"), FactKind::Back),
    ]);
    assert_snapshot!(both(|lang| facts(lang, &told, now())));
}

#[test]
fn facts_about_specialties() {
    let area = |kind: FactKind| Fact {
        about: About::Area {
            area: Area {
                fer_id: Some("20".to_owned()),
                name: "офтальмолог".to_owned(),
                district: Some("10".into()),
                is_for_children: None,
            },
            district: Some("Приморский".to_owned()),
        },
        since: (kind != FactKind::Back).then(|| at("2026-11-16 01:20:00")),
        kind,
        watches: vec![WatchId(2)],
    };
    let mut told = facts_of(&[
        (quiet(&gp27(), None), FactKind::PlaceGone),
        (quiet(&gp27(), Some("Петров П.И.")), FactKind::PlaceGone),
        (quiet(&dgp5(), None), FactKind::Back),
    ]);
    told.facts.push(area(FactKind::PlaceGone));
    told.facts.push(area(FactKind::Back));
    assert_snapshot!(both(|lang| {
        let html = facts(lang, &told, now());
        check_html(&html);
        html
    }));
}

#[test]
fn the_week_of_each_watch() {
    let state = || quiet(&gp27(), Some("Иванова Анна Петровна"));
    let told = weekly_of(vec![
        week_of(state(), 0, None),
        week_of(state(), 1, Some(30)),
        week_of(state(), 5, Some(240)),
        week_of(quiet(&dgp5(), None), 2, Some(9_000)),
        week_of(state(), 0, None),
    ]);
    assert_snapshot!(both(|lang| {
        let (html, n) = weekly(lang, &told, 4);
        assert_eq!(n, 4);
        html
    }));
}

#[test]
fn names_of_any_length_leave_room_for_what_is_told() {
    let mut clinic = gp27();
    clinic.short_name = "&<b>".repeat(900);
    let monster = || {
        let mut state = quiet(&clinic, Some(&"<&>\u{202e}😀".repeat(900)));
        state.place.specialty = Some("&".repeat(900));
        state
    };
    let kinds = [
        FactKind::Gone,
        FactKind::Renumbered("x".into()),
        FactKind::PlaceGone,
    ];
    let told = facts_of(&kinds.map(|kind| (monster(), kind)));
    let weeks = (0..20).map(|_| week_of(monster(), 7, Some(60)));
    let told_weeks = weekly_of(weeks.collect());
    for lang in Lang::ALL {
        check_html(&facts(lang, &told, now()));
        let (html, n) = weekly(lang, &told_weeks, 20);
        check_html(&html);
        assert!((1..20).contains(&n));
        check_html(&taken_line(lang, &"<b>\u{202e}&".repeat(100)));
        check_html(&taken_line(lang, ""));
    }
}
