//! Trouble slows only whom it concerns.

use super::*;

const CLINIC: FailureKind = FailureKind::Clinic;

#[test]
fn a_broken_doctor_backs_off_alone() {
    let mut desk = Desk::watching(&["1/ent/a", "1/ent/b"]);
    desk.answer("list 1/ent", listed(&[], &[]));
    desk.answer("look 1/a", failed(CLINIC));
    desk.answer("look 1/b", GOOD);
    desk.quiet_for(5.0);
    desk.after(5.0).answer("look 1/a", failed(CLINIC));
    desk.quiet_for(10.0);
    desk.after(10.0).answer("look 1/a", GOOD);
    desk.quiet_for(45.0);
}

#[test]
fn a_clinic_backs_off_after_two_failures_in_a_row_whoever_they_concern() {
    let mut desk = Desk::watching(&["1/ent/a", "1/ent/b", "2/eye/x"]);
    assert_eq!(desk.next().as_deref(), Some("list 1/ent"));
    assert_eq!(desk.done("list 1/ent", failed(CLINIC)), None);
    desk.answer("list 2/eye", listed(&[], &[]));
    assert_eq!(desk.next().as_deref(), Some("look 1/a"));
    let failure = Failure {
        kind: CLINIC,
        code: None,
    };
    let notice = desk.done("look 1/a", failed(CLINIC));
    assert_eq!(
        notice,
        Some(Notice::ClinicFails(LpuId(1), failure)),
        "told once"
    );
    desk.answer("look 2/x", GOOD);
    desk.quiet_for(5.0);
    let since = desk.now;
    desk.after(5.0).answer("list 1/ent", failed(CLINIC));
    desk.quiet_for(10.0);
    assert_eq!(desk.after(10.0).next().as_deref(), Some("list 1/ent"));
    let notice = desk.done("list 1/ent", listed(&[], &[]));
    assert_eq!(notice, Some(Notice::ClinicAnswers(LpuId(1), 3, since)));
    assert_eq!(desk.settle(), ["look 1/b", "look 1/a"]);
}

#[test]
fn passing_faults_pause_two_minutes_at_most_and_refusals_fifteen() {
    for (kind, cap) in [(CLINIC, 96.0), (FailureKind::Gone, 720.0)] {
        let mut desk = Desk::watching(&["1/ent/a"]);
        let mut longest: f64 = 0.0;
        for _ in 0..40 {
            if let Some(words) = desk.next() {
                desk.done(&words, failed(kind));
            }
            let wakes_at = desk.planner.wakes_at(desk.now).unwrap().max(desk.now);
            longest = longest.max((wakes_at - desk.now).as_seconds_f64());
            desk.now = wakes_at;
        }
        // The dice showed zero: a quarter is still to be had.
        assert_eq!(longest, cap, "{kind:?}");
    }
}

#[test]
fn retry_after_is_obeyed_within_reason() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    let busy = |pause| Outcome::Failed {
        failure: Failure {
            kind: FailureKind::Portal,
            code: None,
        },
        retry_after: Some(Duration::from_secs(pause)),
    };
    desk.answer("list 1/ent", busy(30));
    desk.quiet_for(30.0);
    desk.after(30.0).answer("list 1/ent", busy(1_000_000));
    desk.quiet_for(900.0);
}

#[test]
fn a_429_is_nobodys_fault_and_is_made_up_for() {
    let mut desk = Desk::watching(&["1/ent/a", "2/eye/b"]);
    desk.answer("list 1/ent", failed(FailureKind::TooMany));
    desk.planner
        .hold(desk.now + TimeDelta::seconds(30), desk.now);
    desk.quiet_for(30.0);
    assert_eq!(desk.after(30.0).settle().len(), 4);
}

#[test]
fn whoever_met_a_429_is_not_first_again() {
    let mut desk = Desk::watching(&["1/ent/a", "1/ent/b"]);
    desk.answer("list 1/ent", listed(&[], &["a"]));
    desk.after(1.0)
        .answer("look 1/a", failed(FailureKind::TooMany));
    desk.answer("look 1/b", GOOD);
    desk.answer("look 1/a", GOOD);
}

#[test]
fn an_answer_that_was_not_recorded_counts_for_nothing() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.answer("list 1/ent", listed(&[], &[]));
    desk.answer("look 1/a", Outcome::Void);
    desk.answer("look 1/a", GOOD);
    desk.quiet_for(60.0);
}

#[test]
fn a_failed_look_keeps_the_miss_to_confirm() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.answer("list 1/ent", listed(&[], &[]));
    desk.answer("look 1/a", MISSED);
    desk.after(1.0).answer("look 1/a", failed(CLINIC));
    desk.quiet_for(5.0);
    desk.after(5.0).answer("look 1/a", GOOD);
    desk.quiet_for(54.0);
}
