//! When departments open, and looking at them then.

use super::super::habits::{DAY, Habits, Opening, Step};
use super::*;
use chrono::NaiveDate;
use proptest::prelude::*;
use shared::clock::from_wall;

/// A Monday, counted from 1970.
const MONDAY: u16 = 20_514;

fn opening(day: u16, from: u32, until: u32) -> Opening {
    Opening {
        day,
        from,
        until,
        is_new_day: true,
    }
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

/// Another opening than that of a new day.
fn taken_back(day: u16, from: u32, until: u32) -> Opening {
    Opening {
        is_new_day: false,
        ..opening(day, from, until)
    }
}

#[test]
fn a_day_of_the_week_has_times_of_its_own() {
    // At eight, but at three in the afternoon on Thursdays.
    let mut habits = Habits::default();
    for day in (0..42_u16).filter(|day| day % 7 < 5) {
        let hour = if day % 7 == 3 { 15 } else { 8 };
        let second = hour * 3600 + u32::from(day * 37 % 60);
        habits.note(opening(MONDAY + day, second - 20, second));
    }
    let around = |day: u16, hour: u32| {
        let steps = habits.rates(MONDAY + 42 + day);
        expected(&steps, hour * 3600 - 120, hour * 3600 + 180)
    };
    for day in [0, 1, 2, 4] {
        assert!(around(day, 8) > 0.7 && around(day, 15) < 0.1, "{day}");
    }
    assert!(around(3, 15) > 0.7 && around(3, 8) < 0.1);
}

#[test]
fn days_of_the_week_on_which_nothing_opens_are_left_alone() {
    // On Mondays only, at any time.
    let mut habits = Habits::default();
    habits.begin(MONDAY);
    for week in 0..5_u16 {
        let second = u32::from(week) * 31_415 % (DAY - 60);
        habits.note(opening(MONDAY + 7 * week, second, second + 40));
    }
    let in_all = |day: u16| expected(&habits.rates(MONDAY + 35 + day), 0, DAY);
    assert!(in_all(0) > 0.6, "{}", in_all(0));
    for day in 1..5 {
        assert!(in_all(day) < 0.35, "{day}: {}", in_all(day));
    }
}

#[test]
fn the_new_day_is_awaited_whatever_was_taken_back_before() {
    // Every day people give back talons, most of them before the new day opens at eight.
    let mut habits = Habits::default();
    for day in (0..28_u16).filter(|day| day % 7 < 5) {
        for n in 0..5_u32 {
            let second = (6 + 2 * n) * 3600 + u32::from(day) * 1_237 % 3_000;
            habits.note(taken_back(MONDAY + day, second, second + 60));
        }
        habits.note(opening(MONDAY + day, 8 * 3600 - 20, 8 * 3600));
    }
    let at_eight = |habits: &Habits| {
        let steps = habits.rates(MONDAY + 28);
        expected(&steps, 8 * 3600 - 120, 8 * 3600 + 180)
    };
    let before = at_eight(&habits);
    assert!(before > 0.7, "{before}");
    habits.note(taken_back(MONDAY + 28, 7 * 3600, 7 * 3600 + 60));
    let after = at_eight(&habits);
    assert!(after > 0.9 * before, "{before} {after}");
    // And once it has opened, talons may still be given back.
    habits.note(opening(MONDAY + 28, 8 * 3600 - 20, 8 * 3600));
    let rest = expected(&habits.rates(MONDAY + 28), 9 * 3600, DAY);
    assert!(rest > 1.5, "{rest}");
}

#[test]
fn rare_new_days_are_not_pushed_out_by_what_is_taken_back() {
    let mut habits = at_eight(3);
    for n in 0..400_u32 {
        let second = n % 100 * 800;
        let day = 21 + u16::try_from(n / 100).unwrap();
        habits.note(taken_back(MONDAY + day, second, second + 30));
    }
    let steps = habits.rates(MONDAY + 28);
    let around = expected(&steps, 8 * 3600 - 60, 8 * 3600 + 180);
    assert!(around > 0.5, "{around}");
    assert!(habits.encode().len() <= 321);
}

#[test]
fn what_was_learned_before_new_days_were_told_apart_is_read() {
    let mut bytes = vec![1];
    bytes.extend(MONDAY.to_le_bytes());
    for day in [0, 1, 2, 3, 4, 7, 8, 9] {
        for number in [MONDAY + day, 14_390, 14_400] {
            bytes.extend(number.to_le_bytes());
        }
    }
    let habits = Habits::decode(&bytes).unwrap();
    assert_eq!(habits.n_openings(), 8);
    let around = expected(&habits.rates(MONDAY + 10), 8 * 3600 - 120, 8 * 3600 + 120);
    assert!(around > 0.5, "{around}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    /// Whatever was seen: rates are good numbers, a day's sum is about what a day saw, and a few hundred bytes keep it.
    #[test]
    fn habits_stay_sane_and_small(seen in prop::collection::vec((0_u16..60, 0..DAY, 0_u32..7200, any::<bool>()), 0..120)) {
        let mut seen = seen;
        seen.sort();
        let mut habits = Habits::default();
        for (day, from, width, is_new_day) in seen {
            let opening = opening(MONDAY + day, from, (from + width).min(DAY));
            habits.note(Opening { is_new_day, ..opening });
        }
        let bytes = habits.encode();
        prop_assert!(bytes.len() <= 321, "{} bytes", bytes.len());
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
            last_opened: Some(desk.now),
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
fn a_day_further_ahead_than_any_before_is_a_new_one() {
    /// Whether slots that open, the latest of them so many days after today, are told as a new day.
    fn check(horizon: Option<u16>, opened: &[(u16, bool)]) {
        const TODAY: u16 = 20_514;
        let mut unit = super::super::units::DoctorUnit::new(DateTime::UNIX_EPOCH);
        unit.horizon = horizon.map(|ahead| TODAY + ahead);
        for (number, (ahead, is_new)) in opened.iter().enumerate() {
            let seen = unit.reaches(TODAY + ahead, TODAY);
            assert_eq!(seen, *is_new, "{horizon:?}: {number} of {opened:?}");
        }
    }
    check(Some(13), &[(14, true), (14, false), (3, false), (15, true)]);
    // Nobody knows how far it reached, or everything was taken long ago.
    for horizon in [None, Some(2)] {
        check(
            horizon,
            &[(3, false), (5, false), (6, true), (6, false), (14, true)],
        );
    }
}

#[test]
fn the_horizon_is_known_after_a_restart() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    let place = target("1/ent/a");
    let doctor = place.doctor_ref().unwrap();
    let mut state = time::no_doctor(doctor.clone());
    let last = desk.now + TimeDelta::days(13);
    state.last_free = Some(last);
    let list = time::no_list(place.department);
    desk.planner.learn(vec![list], vec![state], desk.now);
    let horizon = desk.planner.doctors[&doctor].horizon;
    assert_eq!(horizon, Some(super::super::learning::day_of(last)));
}

#[test]
fn a_first_look_teaches_nothing() {
    let mut desk = Desk::new();
    desk.watch(&["1/ent/a"]);
    turn(&mut desk, true);
    turn(&mut desk, true);
    assert_eq!(desk.planner.take_learned(10), []);
}
