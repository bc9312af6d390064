//! "Look now".

use super::*;

#[test]
fn a_request_is_looked_at_at_once() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.settle();
    desk.after(20.0).ask("1/ent/a");
    assert_eq!(desk.settle(), ["look 1/a"]);
}

#[test]
fn a_reading_under_fifteen_seconds_old_is_the_answer() {
    for (age, want) in [(15.0, vec![]), (15.001, vec!["look 1/a"])] {
        let mut desk = Desk::watching(&["1/ent/a"]);
        desk.settle();
        desk.after(age).ask("1/ent/a");
        assert_eq!(desk.settle(), want, "{age}");
    }
}

#[test]
fn a_failed_reading_is_an_answer_too() {
    let mut desk = Desk::new();
    desk.ask("1/ent/a");
    desk.answer("look 1/a", failed(FailureKind::Clinic));
    assert_eq!(desk.next(), None);
}

#[test]
fn a_look_begun_too_early_is_no_answer() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.answer("list 1/ent", listed(&[], &[]));
    assert_eq!(desk.next().as_deref(), Some("look 1/a"));
    desk.after(16.0).ask("1/ent/a");
    assert_eq!(desk.next(), None, "under way");
    desk.done("look 1/a", GOOD);
    assert_eq!(desk.settle(), ["look 1/a"]);
}

#[test]
fn a_department_is_its_list_and_then_every_doctor() {
    let mut desk = Desk::new();
    desk.ask("1/ent");
    desk.answer("list 1/ent", listed(&["a", "b"], &["a", "b"]));
    assert_eq!(desk.settle(), ["look 1/a", "look 1/b"]);
}

#[test]
fn a_list_that_fails_answers_for_its_department() {
    let mut desk = Desk::watching(&["1/ent"]);
    desk.answer("list 1/ent", listed(&["a"], &["a"]));
    desk.settle();
    desk.after(20.0).ask("1/ent");
    desk.answer("list 1/ent", failed(FailureKind::Clinic));
    assert_eq!(desk.next(), None);
}

#[test]
fn a_doctor_asked_for_does_not_wait_for_a_whole_department() {
    let mut desk = Desk::new();
    desk.ask("1/ent");
    desk.answer("list 1/ent", listed(&["a", "b", "c", "d"], &[]));
    desk.answer("look 1/a", GOOD);
    desk.after(0.5).ask("2/eye/x");
    assert_eq!(
        desk.settle(),
        ["look 2/x", "look 1/b", "look 1/c", "look 1/d"]
    );
}

#[test]
fn requests_take_every_other_turn_while_others_wait() {
    let mut desk = Desk::watching(&["11/a/x", "12/a/x", "13/a/x"]);
    for path in ["1/a/x", "2/a/x", "3/a/x"] {
        desk.ask(path);
    }
    let order = desk.settle();
    let first = [
        "look 1/x",
        "list 11/a",
        "look 2/x",
        "list 12/a",
        "look 3/x",
        "list 13/a",
    ];
    assert_eq!(order[..6], first);
}

#[test]
fn requests_take_every_turn_when_nothing_else_waits() {
    let mut desk = Desk::new();
    desk.ask("1/a/x");
    desk.ask("2/a/x");
    assert_eq!(desk.settle(), ["look 1/x", "look 2/x"]);
    assert!(desk.planner.wakes_at(desk.now).is_none());
}

#[test]
fn a_request_counts_for_two_minutes() {
    let mut desk = Desk::new();
    desk.ask("1/ent/a");
    desk.after(121.0);
    assert_eq!(desk.next(), None);
    assert!(desk.planner.doctors.is_empty(), "and is forgotten");
}

#[test]
fn a_request_goes_through_a_back_off_every_fifteen_seconds() {
    let mut desk = Desk::watching(&["1/ent/a", "1/ent/b", "1/ent/c"]);
    desk.answer("list 1/ent", failed(FailureKind::Clinic));
    desk.answer("look 1/a", failed(FailureKind::Clinic));
    desk.quiet_for(5.0);
    desk.ask("1/ent/b");
    desk.answer("look 1/b", failed(FailureKind::Clinic));
    desk.after(1.0).ask("1/ent/c");
    assert_eq!(desk.next(), None, "broken a second ago");
    desk.quiet_for(9.0);
    desk.after(9.0)
        .answer("list 1/ent", failed(FailureKind::Clinic));
    // The clinic's own pause is twenty seconds by now; the request waits for five of them.
    desk.quiet_for(5.0);
    desk.after(5.0)
        .answer("look 1/c", failed(FailureKind::Clinic));
}

#[test]
fn requests_of_a_clinic_in_a_long_back_off_come_one_in_fifteen_seconds() {
    let mut desk = Desk::new();
    let long = Outcome::Failed {
        failure: Failure {
            kind: FailureKind::Portal,
            code: None,
        },
        retry_after: Some(Duration::from_secs(600)),
    };
    for doctor in ["a", "b", "c"] {
        desk.ask(&format!("1/ent/{doctor}"));
    }
    desk.answer("look 1/a", long.clone());
    desk.answer("look 1/b", long.clone());
    desk.quiet_for(15.0);
    desk.after(15.0).answer("look 1/c", long);
    assert_eq!(desk.next(), None);
}

#[test]
fn a_good_answer_to_a_request_ends_the_back_off() {
    let mut desk = Desk::watching(&["1/ent/a", "1/ent/b", "1/ent/c"]);
    desk.answer("list 1/ent", failed(FailureKind::Clinic));
    desk.answer("look 1/a", failed(FailureKind::Clinic));
    desk.ask("1/ent/b");
    desk.answer("look 1/b", GOOD);
    assert_eq!(desk.settle(), ["look 1/c"]);
}
