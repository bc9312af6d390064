//! The nightly catalogue.

use super::*;
use chrono::NaiveDate;
use shared::clock::from_wall;
use shared::store::CatalogueAges;

fn wall_time(day: u32, hour: u32) -> DateTime<Utc> {
    let date = NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
    from_wall(date.and_hms_opt(hour, 0, 0).unwrap())
}

fn ages(n_clinics: u32, read_at: Option<DateTime<Utc>>) -> CatalogueAges {
    CatalogueAges {
        districts: read_at,
        lpus: read_at,
        clinics: (1..=n_clinics).map(|lpu| (LpuId(lpu), read_at)).collect(),
    }
}

/// What is asked in so many turns of half a second.
fn turns(desk: &mut Desk, n: usize) -> Vec<String> {
    let mut asked = Vec::new();
    for _ in 0..n {
        desk.after(0.5);
        if let Some(words) = desk.next() {
            let outcome = match task(&words) {
                Task::Gate(_) => Outcome::Gated { moved: Vec::new() },
                Task::Districts | Task::Lpus => Outcome::Names,
                Task::List(_) => listed(&[], &[]),
                Task::Look(_) => GOOD,
                Task::Timetable(_) => Outcome::Days,
            };
            desk.done(&words, outcome);
            asked.push(words);
        }
    }
    asked
}

#[test]
fn what_was_never_read_is_read_soon_after_the_start() {
    let mut desk = Desk::new();
    desk.now = wall_time(2, 15);
    desk.planner.set_names(&ages(40, None), desk.now);
    assert_eq!(
        turns(&mut desk, 59),
        [""; 0],
        "people's first menus go before"
    );
    let asked = turns(&mut desk, 200);
    assert_eq!(asked.len(), 42);
    assert!(asked.contains(&"districts".to_owned()) && asked.contains(&"gate 40".to_owned()));
    assert_eq!(turns(&mut desk, 1200), [""; 0], "once");
}

#[test]
fn every_night_everything_is_read_again() {
    let mut desk = Desk::new();
    desk.now = wall_time(2, 15);
    desk.planner.set_names(&ages(40, Some(desk.now)), desk.now);
    assert_eq!(turns(&mut desk, 7200), [""; 0]);
    for day in 3..5 {
        desk.now = wall_time(day, 1) - TimeDelta::minutes(5);
        assert_eq!(turns(&mut desk, 590), [""; 0], "not before one o'clock");
        let asked = turns(&mut desk, 1200);
        assert_eq!(asked.len(), 42, "{asked:?}");
    }
}

#[test]
fn looks_are_not_delayed_by_names() {
    let mut desk = Desk::watching(&["1/ent/a", "2/eye/b"]);
    desk.planner.set_names(&ages(300, None), desk.now);
    desk.settle();
    desk.after(59.5);
    for _ in 0..10 {
        let asked = turns(&mut desk, 120);
        let due: Vec<_> = asked.iter().take(4).collect();
        assert_eq!(due, ["list 1/ent", "list 2/eye", "look 1/a", "look 2/b"]);
    }
}

#[test]
fn names_that_fail_are_tried_again_later() {
    let mut desk = Desk::new();
    desk.planner.set_names(&ages(0, None), desk.now);
    desk.after(30.0)
        .answer("districts", failed(FailureKind::Portal));
    desk.after(1.0).answer("lpus", Outcome::Names);
    desk.quiet_for(299.0);
    desk.after(299.0)
        .answer("districts", failed(FailureKind::Portal));
    desk.quiet_for(600.0);
    desk.after(600.0).answer("districts", Outcome::Names);
}

#[test]
fn with_a_short_budget_a_few_turns_are_taken_for_names() {
    let paths: Vec<_> = (1..=300)
        .flat_map(|lpu| [format!("{lpu}/a/x"), format!("{lpu}/b/y")])
        .collect();
    let mut desk = Desk::watching(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    desk.now = wall_time(2, 15);
    desk.planner.set_names(&ages(400, Some(desk.now)), desk.now);
    turns(&mut desk, 7200);
    desk.now = wall_time(3, 1);
    let asked = turns(&mut desk, 4 * 7200);
    // Clinics nobody watches: only their names are read, once a night.
    for lpu in 301..=400 {
        let gate = format!("gate {lpu}");
        assert_eq!(
            asked.iter().filter(|words| **words == gate).count(),
            1,
            "{gate}"
        );
    }
    assert_eq!(asked.len(), 4 * 7200);
}

#[test]
fn a_clock_set_back_does_not_put_names_off() {
    let mut desk = Desk::new();
    desk.now = wall_time(20, 15);
    desk.planner.set_names(&ages(5, Some(desk.now)), desk.now);
    desk.now = wall_time(2, 15);
    assert_eq!(turns(&mut desk, 10), [""; 0]);
    desk.now = wall_time(3, 2);
    assert!(turns(&mut desk, 1200).len() <= 7);
    desk.now = wall_time(4, 2);
    assert_eq!(turns(&mut desk, 1200).len(), 7);
}
