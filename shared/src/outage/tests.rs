use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
}

fn failure(kind: FailureKind) -> Option<Failure> {
    Some(Failure { kind, code: None })
}

const LOOK: bool = true;
const LIST: bool = false;

/// Tries at these minutes: `+` answered, `-` failed, `l` a list answered, `f` a list failed, `r` refused (645), `m` 429.
fn tried(tries: &[(i64, char)]) -> Option<Tries> {
    tries.iter().fold(None, |before, &(minute, how)| {
        let (is_look, failure) = match how {
            '+' => (LOOK, None),
            'l' => (LIST, None),
            '-' => (LOOK, failure(FailureKind::Clinic)),
            'f' => (LIST, failure(FailureKind::Portal)),
            'r' => (LOOK, failure(FailureKind::Gone)),
            _ => (LOOK, failure(FailureKind::TooMany)),
        };
        after(before, Try { is_look, failure }, at(minute)).or(before)
    })
}

/// Since which minute the clinic is silent after these tries.
#[track_caller]
fn check(tries: &[(i64, char)], silent_since: Option<i64>) {
    let series = tried(tries).and_then(|tries| tries.failing);
    let silent = series.filter(Series::is_silence);
    assert_eq!(
        silent.map(|series| series.since),
        silent_since.map(at),
        "{tries:?}"
    );
}

#[test]
fn a_clinic_is_silent_when_every_try_failed_for_long() {
    check(&[], None);
    check(&[(0, '+'), (1, '-')], None);
    check(&[(0, '+'), (1, '-'), (8, '-'), (16, '-')], Some(1));
    check(&[(0, '-'), (7, '-'), (14, '-')], None);
    check(&[(0, '-'), (15, '-')], None);
    check(&[(0, '-'), (7, '-'), (15, '-')], Some(0));
    check(&[(0, '-'), (7, '+'), (8, '-'), (15, '-'), (16, '-')], None);
    check(&[(0, '-'), (7, '-'), (15, '-'), (16, '+')], None);
}

#[test]
fn a_list_says_nothing_of_talons_that_cannot_be_looked_for() {
    check(
        &[(0, '-'), (3, 'l'), (7, '-'), (11, 'l'), (15, '-')],
        Some(0),
    );
    // Where only lists are read, a good one is all there is to know.
    check(&[(0, 'f'), (7, 'l'), (8, 'f'), (15, 'f')], None);
    check(&[(0, 'f'), (7, 'f'), (15, 'f')], Some(0));
    // The doctor whose looks failed is watched no more.
    check(&[(0, '-'), (7, '-'), (15, '-'), (30, 'l')], Some(0));
    check(&[(0, '-'), (7, '-'), (15, '-'), (36, 'l')], None);
}

#[test]
fn refusals_and_429_are_no_silence() {
    check(&[(0, 'r'), (7, 'r'), (15, 'r')], None);
    check(&[(0, 'm'), (7, 'm'), (15, 'm')], None);
    check(&[(0, '-'), (7, 'm'), (15, '-')], None);
    check(&[(0, '-'), (7, 'r'), (8, '-'), (15, '-')], None);
}

#[test]
fn a_gap_in_our_trying_is_nobodys_silence() {
    check(&[(0, '-'), (1, '-'), (22, '-')], None);
    check(&[(0, '-'), (1, '-'), (61, '-'), (62, '-')], None);
    // The portal's own Retry-After of a quarter of an hour is no gap.
    check(&[(0, '-'), (16, '-'), (32, '-')], Some(0));
    // The clock was set back by an hour.
    check(&[(60, '-'), (61, '-'), (2, '-'), (3, '-')], None);
}

fn judged(clinics: &[&[(i64, char)]], trying_since: i64, now: i64) -> Portal {
    let clinics = clinics.iter().filter_map(|tries| tried(tries));
    judge(clinics, at(trying_since), at(now))
}

const WELL: &[(i64, char)] = &[(0, '+'), (10, '+'), (15, '+')];
const ILL: &[(i64, char)] = &[(0, '+'), (10, '-'), (12, '-'), (15, '-')];
const LATER: &[(i64, char)] = &[(0, '+'), (11, '-'), (12, '-'), (15, '-')];

#[test]
fn the_portal_is_down_when_over_half_of_the_clinics_fail() {
    assert_eq!(judged(&[ILL, LATER, WELL], 0, 15), Portal::Down(at(11)));
    assert_eq!(judged(&[ILL, ILL, WELL, WELL], 0, 15), Portal::Up, "half");
    assert_eq!(
        judged(&[ILL, LATER, LATER, WELL, WELL], 0, 15),
        Portal::Down(at(11))
    );
    assert_eq!(judged(&[WELL, WELL, WELL], 0, 15), Portal::Up);
    assert_eq!(judged(&[], 0, 15), Portal::Up);
}

#[test]
fn one_or_two_clinics_speak_for_themselves() {
    assert_eq!(judged(&[ILL], 0, 15), Portal::Unknown);
    assert_eq!(judged(&[ILL, ILL], 0, 15), Portal::Unknown);
    assert_eq!(judged(&[WELL, ILL], 0, 15), Portal::Up);
}

#[test]
fn the_portal_is_not_down_before_it_was_tried_for_long() {
    let fresh: &[(i64, char)] = &[(14, '-'), (15, '-')];
    assert_eq!(judged(&[fresh, fresh, fresh], 14, 15), Portal::Unknown);
    let fresh: &[(i64, char)] = &[(10, '-'), (15, '-')];
    assert_eq!(judged(&[fresh, fresh, fresh], 10, 15), Portal::Down(at(10)));
    // A good answer of late.
    let brief: &[(i64, char)] = &[(11, '+'), (12, '-'), (15, '-')];
    assert_eq!(judged(&[brief, brief, brief], 0, 15), Portal::Up);
}

#[test]
fn one_failure_of_each_clinic_counts_when_it_stands() {
    let one: &[(i64, char)] = &[(0, '+'), (15, '-')];
    assert_eq!(judged(&[one, one, one], 0, 15), Portal::Up);
    assert_eq!(judged(&[one, one, one], 0, 16), Portal::Down(at(15)));
    // Not tried for long: nobody watches them any more.
    assert_eq!(judged(&[one, one, one], 0, 36), Portal::Up);
}
