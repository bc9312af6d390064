//! Who goes first.

use super::*;

#[test]
fn nothing_watched_is_nothing_to_do() {
    let mut desk = Desk::new();
    assert_eq!(desk.next(), None);
    assert_eq!(desk.planner.wakes_at(desk.now), None);
}

#[test]
fn everything_watched_is_read_once_a_period() {
    let mut desk = Desk::watching(&["1/ent/a", "2/eye/b"]);
    let all = ["list 1/ent", "list 2/eye", "look 1/a", "look 2/b"];
    assert_eq!(desk.settle(), all);
    desk.quiet_for(60.0);
    assert_eq!(desk.after(59.0).settle(), [""; 0]);
    assert_eq!(desk.after(1.0).settle(), all);
}

#[test]
fn any_doctor_is_everyone_listed() {
    let mut desk = Desk::watching(&["1/ent"]);
    desk.answer("list 1/ent", listed(&["a", "b"], &["a", "b"]));
    assert_eq!(desk.settle(), ["look 1/a", "look 1/b"]);
    desk.after(60.0)
        .answer("list 1/ent", listed(&["b", "c"], &["c"]));
    assert_eq!(
        desk.settle(),
        ["look 1/c", "look 1/b"],
        "the new one first, a no more"
    );
}

#[test]
fn a_named_doctor_is_read_though_no_list_holds_them() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.answer("list 1/ent", listed(&["b"], &["b"]));
    assert_eq!(desk.settle(), ["look 1/a"]);
}

#[test]
fn one_request_at_a_time_to_a_clinic() {
    let mut desk = Desk::watching(&["1/ent/a", "1/eye/b", "2/ent/c"]);
    assert_eq!(desk.next().as_deref(), Some("list 1/ent"));
    assert_eq!(desk.next().as_deref(), Some("list 2/ent"));
    assert_eq!(desk.next(), None);
    desk.done("list 2/ent", listed(&[], &[]));
    assert_eq!(desk.next().as_deref(), Some("look 2/c"));
    assert_eq!(desk.next(), None);
    desk.done("list 1/ent", listed(&[], &[]));
    assert_eq!(desk.next().as_deref(), Some("list 1/eye"));
}

#[test]
fn the_one_who_waits_longest_goes_first() {
    let mut desk = Desk::watching(&["1/ent/a", "1/ent/b", "1/ent/c"]);
    desk.answer("list 1/ent", listed(&[], &[]));
    for doctor in ["a", "b", "c"] {
        desk.after(1.0).answer(&format!("look 1/{doctor}"), GOOD);
    }
    desk.after(58.0).answer("list 1/ent", listed(&[], &["b"]));
    desk.answer("look 1/b", GOOD);
    desk.after(60.0);
    assert_eq!(
        desk.settle(),
        ["list 1/ent", "look 1/a", "look 1/c", "look 1/b"]
    );
}

#[test]
fn counters_that_moved_say_where_to_look_first() {
    let mut desk = Desk::watching(&["1/ent/a", "1/ent/z", "2/eye/b"]);
    desk.settle();
    desk.after(60.0)
        .answer("list 1/ent", listed(&["a", "z"], &["z"]));
    assert_eq!(
        desk.settle(),
        ["look 1/z", "list 2/eye", "look 1/a", "look 2/b"]
    );
}

#[test]
fn a_miss_is_confirmed_before_everything_else() {
    let mut desk = Desk::watching(&["1/ent/a", "2/eye/b"]);
    desk.answer("list 1/ent", listed(&[], &[]));
    desk.answer("list 2/eye", listed(&[], &[]));
    desk.answer("look 1/a", MISSED);
    desk.after(1.0);
    desk.ask("2/eye/b");
    assert_eq!(desk.settle(), ["look 1/a", "look 2/b"]);
}

#[test]
fn a_miss_is_read_again_within_five_seconds() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.answer("list 1/ent", listed(&[], &[]));
    desk.answer("look 1/a", MISSED);
    desk.quiet_for(1.0);
    desk.after(1.0).answer("look 1/a", GOOD);
    desk.quiet_for(59.0);
}

#[test]
fn a_portal_that_flickers_does_not_take_every_turn() {
    let mut desk = Desk::watching(&["1/ent/a", "1/ent/b", "2/eye/c"]);
    desk.settle();
    desk.after(60.0);
    let mut order = Vec::new();
    for _ in 0..20 {
        let words = desk.next().unwrap();
        let outcome = match words.as_str() {
            "look 1/a" | "look 1/b" => MISSED,
            "look 2/c" => GOOD,
            _ => listed(&[], &["a", "b"]),
        };
        desk.done(&words, outcome);
        desk.after(1.0);
        order.push(words);
    }
    assert!(order.iter().any(|words| words == "list 2/eye"), "{order:?}");
    assert!(order.iter().any(|words| words == "look 2/c"), "{order:?}");
}

#[test]
fn lists_and_late_doctors_take_turns() {
    let paths = ["1/a/x", "2/a/x", "3/a/x", "4/a/x"];
    let mut desk = Desk::watching(&paths);
    desk.settle();
    desk.after(299.0);
    let lists = ["list 1/a", "list 2/a", "list 3/a", "list 4/a"];
    assert_eq!(desk.settle()[..4], lists, "not late yet");
    let mut desk = Desk::watching(&paths);
    desk.settle();
    desk.after(300.0);
    let turns = ["list 1/a", "look 1/x", "list 2/a", "look 2/x"];
    assert_eq!(desk.settle()[..4], turns);
}

#[test]
fn timetables_take_only_turns_nobody_else_wants() {
    let mut desk = Desk::watching(&["1/ent/a", "2/eye/b"]);
    learn_nothing(&mut desk);
    desk.answer("list 1/ent", listed(&[], &[]));
    desk.answer("list 2/eye", listed(&[], &[]));
    desk.answer("look 1/a", EMPTY);
    desk.answer("look 2/b", EMPTY);
    desk.answer("days 1/a", Outcome::Days);
    desk.quiet_for(5.0);
    desk.after(5.0).answer("days 2/b", Outcome::Days);
    desk.quiet_for(55.0);
}

#[test]
fn a_timetable_is_read_again_after_six_hours_or_when_asked_after_ten_minutes() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    learn_nothing(&mut desk);
    desk.answer("list 1/ent", listed(&[], &[]));
    desk.answer("look 1/a", EMPTY);
    desk.answer("days 1/a", Outcome::Days);
    let settle = |desk: &mut Desk| {
        let mut order = Vec::new();
        while let Some(words) = desk.next() {
            let outcome = match task(&words) {
                Task::List(_) => listed(&[], &[]),
                Task::Look(_) => EMPTY,
                _ => Outcome::Days,
            };
            desk.done(&words, outcome);
            order.push(words);
        }
        order
    };
    let days = "days 1/a".to_owned();
    desk.after(599.0).ask("1/ent/a");
    assert!(!settle(&mut desk).contains(&days), "asked, but fresh");
    assert!(
        settle(desk.after(1.0)).contains(&days),
        "asked, and ten minutes old"
    );
    assert!(!settle(desk.after(6.0 * 3600.0 - 1.0)).contains(&days));
    assert!(settle(desk.after(1.0)).contains(&days), "six hours old");
}

#[test]
fn a_timetable_that_fails_delays_nothing() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    learn_nothing(&mut desk);
    desk.answer("list 1/ent", listed(&[], &[]));
    desk.answer("look 1/a", EMPTY);
    desk.answer("days 1/a", failed(FailureKind::Clinic));
    desk.quiet_for(60.0);
    desk.after(60.0).answer("list 1/ent", listed(&[], &[]));
    desk.answer("look 1/a", EMPTY);
    desk.quiet_for(60.0);
}

#[test]
fn what_nobody_watches_any_more_is_forgotten() {
    let mut desk = Desk::watching(&["1/ent", "2/eye/b"]);
    desk.answer("list 1/ent", listed(&["a"], &["a"]));
    desk.watch(&["2/eye/b"]);
    assert_eq!(desk.settle(), ["list 2/eye", "look 2/b"]);
    assert_eq!(
        (desk.planner.lists.len(), desk.planner.doctors.len()),
        (1, 1)
    );
    let (lists, doctors) = desk.planner.unlearned();
    assert_eq!((lists.len(), doctors.len()), (1, 1));
}

#[test]
fn a_doctor_watched_through_two_departments_is_read_once() {
    let mut desk = Desk::watching(&["1/ent/a", "1/eye"]);
    desk.answer("list 1/ent", listed(&["a"], &[]));
    desk.answer("list 1/eye", listed(&["a"], &[]));
    assert_eq!(desk.settle(), ["look 1/a"]);
    desk.watch(&["1/eye"]);
    assert_eq!(desk.after(60.0).settle(), ["list 1/eye", "look 1/a"]);
}

/// The store knows none of them.
fn learn_nothing(desk: &mut Desk) {
    let (lists, doctors) = desk.planner.unlearned();
    let (lists, doctors) = (
        lists.into_iter().map(time::no_list).collect(),
        doctors.into_iter().map(time::no_doctor).collect(),
    );
    desk.planner.learn(lists, doctors, desk.now);
}
