//! When departments open, and looking at them then.

use super::super::habits::{DAY, Habits, Opening, Step};
use super::*;
use chrono::NaiveDate;
use proptest::prelude::*;
use shared::clock::from_wall;

/// A Monday, counted from 1970.
const MONDAY: u16 = 20_514;

fn opening(day: u16, from: u32, until: u32) -> Opening {
    Opening { day, from, until }
}

/// Openings on the working days of so many weeks, in that minute after eight.
fn at_eight(n_weeks: u16) -> Habits {
    let mut habits = Habits::default();
    for day in (0..7 * n_weeks).filter(|day| day % 7 < 5) {
        let second = 8 * 3600 + u32::from(day * 37 % 120);
        habits.note(opening(MONDAY + day, second - 20, second));
    }
    habits
}

/// Openings expected between two seconds of a day.
fn expected(steps: &[Step], from: u32, until: u32) -> f64 {
    let ends = steps.iter().skip(1).map(|step| step.from).chain([DAY]);
    let parts = steps.iter().zip(ends).map(|(step, end)| {
        let common = end.min(until).saturating_sub(step.from.max(from));
        f64::from(step.rate) * f64::from(common)
    });
    parts.sum()
}

#[test]
fn nothing_known_is_once_a_day_at_any_time() {
    let habits = Habits::default();
    let steps = habits.rates(MONDAY);
    assert!((expected(&steps, 0, DAY) - 1.0).abs() < 0.01, "{steps:?}");
    assert!(!habits.is_learned(MONDAY));
}

#[test]
fn a_fixed_minute_is_learned_in_a_week_and_belongs_to_working_days() {
    let habits = at_eight(1);
    let monday = habits.rates(MONDAY + 7);
    let around = expected(&monday, 8 * 3600 - 180, 8 * 3600 + 300);
    assert!(around > 0.6, "{around}");
    assert!(expected(&monday, 12 * 3600, 13 * 3600) < 0.05);
    let saturday = habits.rates(MONDAY + 12);
    assert!(expected(&saturday, 8 * 3600 - 180, 8 * 3600 + 300) < 0.01);
    assert!(habits.is_learned(MONDAY + 7) && !habits.is_learned(MONDAY + 12));
}

#[test]
fn openings_at_any_time_are_not_taken_for_a_habit() {
    let mut habits = Habits::default();
    for day in (0..21_u16).filter(|day| day % 7 < 5) {
        let second = u32::from(day) * 31_415 % (DAY - 60);
        habits.note(opening(MONDAY + day, second, second + 40));
    }
    assert!(!habits.is_learned(MONDAY + 21));
    let steps = habits.rates(MONDAY + 21);
    for hour in 0..24 {
        let expected = expected(&steps, hour * 3600, (hour + 1) * 3600);
        assert!((0.005..0.35).contains(&expected), "{hour}: {expected}");
    }
}

#[test]
fn what_opened_today_is_hardly_expected_again() {
    let mut habits = at_eight(2);
    let day = MONDAY + 14;
    let before = expected(&habits.rates(day), 8 * 3600 + 60, 8 * 3600 + 180);
    habits.note(opening(day, 8 * 3600 + 40, 8 * 3600 + 50));
    let after = expected(&habits.rates(day), 8 * 3600 + 60, 8 * 3600 + 180);
    assert!(after < before / 3.0, "{before} {after}");
}

#[test]
fn doctors_of_a_department_that_open_together_are_one_opening() {
    let mut habits = Habits::default();
    assert!(habits.note(opening(MONDAY, 1000, 1060)));
    assert!(!habits.note(opening(MONDAY, 1010, 1064)));
    assert!(habits.note(opening(MONDAY, 5000, 5040)));
    assert_eq!(habits.n_openings(), 2);
}

#[test]
fn a_habit_that_changed_is_forgotten_within_weeks() {
    let mut habits = at_eight(6);
    for day in (42..70_u16).filter(|day| day % 7 < 5) {
        habits.note(opening(MONDAY + day, 15 * 3600, 15 * 3600 + 20));
    }
    let steps = habits.rates(MONDAY + 70);
    let (new, old) = (
        expected(&steps, 15 * 3600 - 120, 15 * 3600 + 180),
        expected(&steps, 8 * 3600 - 120, 8 * 3600 + 300),
    );
    assert!(new > old, "{new} {old}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    /// Whatever was seen: rates are good numbers, a day's sum is about what a day saw, and a few hundred bytes keep it.
    #[test]
    fn habits_stay_sane_and_small(seen in prop::collection::vec((0_u16..60, 0..DAY, 0_u32..7200), 0..120)) {
        let mut seen = seen;
        seen.sort();
        let mut habits = Habits::default();
        for (day, from, width) in seen {
            habits.note(opening(MONDAY + day, from, (from + width).min(DAY)));
        }
        let bytes = habits.encode();
        prop_assert!(bytes.len() <= 300, "{} bytes", bytes.len());
        let kept = Habits::decode(&bytes).unwrap();
        prop_assert_eq!(kept.n_openings(), habits.n_openings());
        for day in [MONDAY + 60, MONDAY + 65] {
            let steps = kept.rates(day);
            prop_assert_eq!(steps[0].from, 0);
            prop_assert!(steps.is_sorted_by_key(|step| step.from));
            prop_assert!(steps.iter().all(|step| step.rate.is_finite() && step.rate > 0.0));
            prop_assert!(expected(&steps, 0, DAY) < 60.0);
        }
    }

    /// A damaged blob is nothing learned, never a panic.
    #[test]
    fn damaged_blobs_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Some(habits) = Habits::decode(&bytes) {
            let _ = habits.rates(MONDAY);
        }
    }
}

/// A desk at this wall-clock time of the Monday so many days later.
fn desk_at(desk: &mut Desk, day: u64, hour: u32, minute: u32) {
    let date = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap() + chrono::Days::new(day);
    desk.now = from_wall(date.and_hms_opt(hour, minute, 0).unwrap());
}

/// One turn of half a second, answered quietly; slots of a doctor open when told to.
fn turn(desk: &mut Desk, opens: bool) -> Option<String> {
    desk.after(0.5);
    let words = desk.next()?;
    let outcome = match task(&words) {
        Task::List(department) => {
            let covers = &desk.planner.lists[&department].covers;
            Outcome::Listed {
                listed: covers.iter().cloned().collect(),
                moved: Vec::new(),
            }
        }
        Task::Look(_) if opens => Outcome::Looked {
            n_free: 1,
            n_missed: 0,
            n_opened: 1,
        },
        Task::Look(_) => GOOD,
        Task::Gate(_) => Outcome::Gated { moved: Vec::new() },
        _ => Outcome::Days,
    };
    desk.done(&words, outcome);
    Some(words)
}

/// A department that opened at ten on five days; then a few minutes of the next working day around it.
fn taught() -> Desk {
    let mut desk = Desk::new();
    desk_at(&mut desk, 0, 9, 50);
    desk.watch(&["1/ent/a", "2/eye/b"]);
    for day in [0, 1, 2, 3, 4] {
        desk_at(&mut desk, day, 9, 55);
        for n in 0..1200 {
            // The first look after ten finds it.
            let looks_after = (600..720).contains(&n);
            turn(&mut desk, looks_after);
        }
    }
    desk
}

#[test]
fn with_budget_to_spare_a_learned_minute_is_looked_at_every_few_seconds() {
    let mut desk = taught();
    let count = |desk: &mut Desk, n_turns: usize| {
        let asked: Vec<_> = (0..n_turns).filter_map(|_| turn(desk, false)).collect();
        asked.iter().filter(|words| words.contains(" 1/")).count()
    };
    desk_at(&mut desk, 7, 9, 30);
    let calm = count(&mut desk, 480);
    desk_at(&mut desk, 7, 9, 59);
    let busy = count(&mut desk, 480);
    assert!(calm <= 12, "four minutes of calm: {calm}");
    assert!(busy >= 40, "four minutes around the hour: {busy}");
    desk_at(&mut desk, 12, 9, 59);
    let saturday = count(&mut desk, 480);
    assert!(saturday <= 12, "{saturday}");
}

#[test]
fn what_was_learned_is_handed_out_once_and_taken_back_after_a_restart() {
    let mut desk = taught();
    let learned = desk.planner.take_learned(10);
    assert_eq!(learned.len(), 2, "both doctors opened in this story");
    assert_eq!(desk.planner.take_learned(10), []);
    desk.planner.not_kept(vec![learned[0].0.clone()]);
    assert_eq!(desk.planner.take_learned(10).len(), 1);
    let mut again = Desk::new();
    desk_at(&mut again, 7, 9, 59);
    again.watch(&["1/ent/a", "2/eye/b"]);
    let states = learned
        .into_iter()
        .map(|(department, profile)| shared::store::ListState {
            learned: Some(profile),
            ..time::no_list(department)
        });
    again.planner.learn(states.collect(), vec![], again.now);
    let asked: Vec<_> = (0..480).filter_map(|_| turn(&mut again, false)).collect();
    assert!(asked.len() > 80, "{}", asked.len());
    assert_eq!(again.planner.figures(again.now).n_learned, 2);
}

#[test]
fn a_first_look_teaches_nothing() {
    let mut desk = Desk::new();
    desk.watch(&["1/ent/a"]);
    turn(&mut desk, true);
    turn(&mut desk, true);
    assert_eq!(desk.planner.take_learned(10), []);
}
