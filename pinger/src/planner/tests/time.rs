//! Holds, restarts, and clocks that jump.

use super::*;
use shared::store::{DoctorState, ListState, Reading};

pub(super) fn no_list(department: Department) -> ListState {
    ListState {
        department,
        reading: None,
        doctors: Vec::new(),
        learned: None,
    }
}

pub(super) fn no_doctor(doctor: DoctorRef) -> DoctorState {
    DoctorState {
        doctor,
        reading: None,
        n_free: 0,
        last_free: None,
        missed_at: None,
        timetable_at: None,
    }
}

fn reading(begun_at: DateTime<Utc>) -> Reading {
    Reading {
        begun_at,
        read_at: begun_at,
        good_at: Some(begun_at),
        failing: None,
        refused_since: None,
    }
}

/// Learns that list and doctor of `1/ent/a` were read at these ages, in seconds; negative = in the future.
fn learned(list_age: i64, doctor: impl FnOnce(&mut DoctorState), doctor_age: i64) -> Desk {
    let mut desk = Desk::watching(&["1/ent/a"]);
    let ago = |seconds| desk.now - TimeDelta::seconds(seconds);
    let place = target("1/ent/a");
    let mut list = no_list(place.department.clone());
    list.reading = Some(reading(ago(list_age)));
    list.doctors = vec!["a".into()];
    let mut state = no_doctor(place.doctor_ref().unwrap());
    state.reading = Some(reading(ago(doctor_age)));
    state.n_free = 1;
    doctor(&mut state);
    desk.planner.learn(vec![list], vec![state], desk.now);
    assert_eq!(desk.planner.unlearned(), (vec![], vec![]));
    desk
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let mut desk = learned(20, |_| {}, 10);
    desk.quiet_for(40.0);
    assert_eq!(desk.after(40.0).settle(), ["list 1/ent"]);
    assert_eq!(desk.after(10.0).settle(), ["look 1/a"]);
}

#[test]
fn a_miss_from_before_the_restart_is_confirmed_at_once() {
    let mut desk = learned(
        0,
        |doctor| doctor.missed_at = doctor.reading.as_ref().map(|r| r.read_at),
        1,
    );
    assert_eq!(desk.settle(), ["look 1/a"]);
}

#[test]
fn a_failure_from_before_the_restart_is_tried_again_at_once() {
    let failure = Failure {
        kind: FailureKind::Clinic,
        code: Some(602),
    };
    let failing = |doctor: &mut DoctorState| {
        let reading = doctor.reading.as_mut().unwrap();
        reading.failing = Some((reading.read_at, failure));
    };
    let mut desk = learned(0, failing, 1);
    assert_eq!(desk.settle(), ["look 1/a"]);
}

#[test]
fn learning_never_replaces_what_was_read_since() {
    let mut desk = Desk::watching(&["1/ent"]);
    desk.answer("list 1/ent", listed(&["a"], &[]));
    desk.answer("look 1/a", GOOD);
    let place = target("1/ent/a");
    let mut list = no_list(place.department.clone());
    list.doctors = vec!["z".into()];
    let mut doctor = no_doctor(place.doctor_ref().unwrap());
    doctor.missed_at = Some(desk.now);
    desk.planner.learn(vec![list], vec![doctor], desk.now);
    desk.quiet_for(60.0);
}

#[test]
fn a_restart_knows_the_doctors_of_the_last_list() {
    let mut desk = Desk::watching(&["1/ent"]);
    let mut list = no_list(target("1/ent").department);
    list.reading = Some(reading(desk.now));
    list.doctors = vec!["a".into(), "b".into()];
    desk.planner.learn(vec![list], vec![], desk.now);
    let (_, doctors) = desk.planner.unlearned();
    assert_eq!(doctors.len(), 2, "to be learned in turn");
    assert_eq!(desk.settle(), ["look 1/a", "look 1/b"]);
}

#[test]
fn a_hold_holds_everything_but_never_longer_than_an_hour() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.ask("1/ent/a");
    desk.planner
        .hold(desk.now + TimeDelta::minutes(1), desk.now);
    desk.planner
        .hold(desk.now + TimeDelta::seconds(10), desk.now);
    desk.quiet_for(60.0);
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.planner
        .hold(desk.now + TimeDelta::minutes(61), desk.now);
    assert_eq!(desk.settle().len(), 2);
}

#[test]
fn a_clock_set_back_makes_everything_due_now() {
    let mut desk = Desk::watching(&["1/ent/a", "2/eye/b"]);
    desk.settle();
    desk.after(-3600.0);
    assert_eq!(desk.settle().len(), 4);
    desk.quiet_for(60.0);
}

#[test]
fn a_clock_set_back_ends_pauses_and_holds() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.answer("list 1/ent", failed(FailureKind::Clinic));
    desk.answer("look 1/a", failed(FailureKind::Clinic));
    desk.planner
        .hold(desk.now + TimeDelta::minutes(30), desk.now);
    desk.after(-3600.0);
    assert_eq!(desk.settle().len(), 2);
}

#[test]
fn a_request_from_before_the_clock_was_set_back_is_met_once() {
    let mut desk = Desk::new();
    desk.ask("1/ent/a");
    desk.after(-3600.0);
    desk.planner.set_requests(&desk.requests.clone(), desk.now);
    desk.answer("look 1/a", GOOD);
    desk.after(1.0);
    desk.planner.set_requests(&desk.requests.clone(), desk.now);
    assert_eq!(desk.next(), None);
}

#[test]
fn a_look_under_way_when_the_clock_is_set_back_ends_well() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    assert_eq!(desk.next().as_deref(), Some("list 1/ent"));
    desk.after(-3600.0).done("list 1/ent", listed(&[], &[]));
    assert_eq!(desk.settle(), ["look 1/a"]);
    desk.quiet_for(60.0);
}

#[test]
fn a_clock_set_forward_makes_due_what_waits() {
    let mut desk = Desk::watching(&["1/ent/a"]);
    desk.settle();
    assert_eq!(desk.after(3600.0).settle().len(), 2);
    desk.quiet_for(60.0);
}

#[test]
fn readings_of_the_future_are_due_now() {
    let mut desk = learned(-3600, |_| {}, -3600);
    assert_eq!(desk.settle(), ["list 1/ent", "look 1/a"]);
}
