//! Small cities, all ways of asking.

use super::town::What;
use super::*;
use pinger::planner::PlanSettings;
use std::time::Duration;

const SIZE: Size = Size {
    n_watches: 120,
    n_departments: 90,
    n_clinics: 30,
};

fn town(n_days: u32) -> Town {
    Town::new(Plan {
        size: SIZE,
        n_days,
        n_measured: 1,
        is_sharp: false,
        seed: 7,
    })
}

fn settings() -> PlanSettings {
    PlanSettings {
        poll_period: Duration::from_secs(60),
        requests_per_second: 2.0,
        gates: true,
        learning: true,
    }
}

/// Notes when a policy asks.
struct Noting<'a> {
    inner: Box<dyn Policy + 'a>,
    asked_at: Vec<Ms>,
}

impl Policy for Noting<'_> {
    fn next(&mut self, now: Ms) -> Next {
        let next = self.inner.next(now);
        if matches!(next, Next::Ask(_)) {
            self.asked_at.push(now);
        }
        next
    }

    fn answered(&mut self, request: Request, answer: &Answer, now: Ms) {
        self.inner.answered(request, answer, now);
    }
}

fn ways(town: &Town) -> Vec<(&'static str, Box<dyn Policy + '_>)> {
    vec![
        ("one by one", Box::new(OneByOne::new(town))),
        ("even rounds", Box::new(EvenRounds::new(town))),
        ("planner", Box::new(RealPlanner::new(town, settings()))),
        ("oracle", Box::new(RateOracle::new(town))),
    ]
}

fn mean(run: &Run) -> f64 {
    let sum: Ms = run.waits.iter().map(|wait| wait.answered).sum();
    sum as f64 / run.waits.len() as f64 / SECOND as f64
}

#[test]
fn every_way_keeps_the_budget_and_forgets_nobody() {
    let town = town(1);
    let mut means = Vec::new();
    for (name, inner) in ways(&town) {
        let mut noting = Noting {
            inner,
            asked_at: Vec::new(),
        };
        let run = run(&town, &mut noting);
        assert_eq!(
            run.waits.len(),
            SIZE.n_departments,
            "{name}: one opening per department"
        );
        assert_eq!(run.n_unanswered, 0, "{name}");
        assert!(
            run.waits
                .iter()
                .all(|wait| LATENCY <= wait.answered && wait.answered <= wait.read),
            "{name}"
        );
        let is_within = |pair: &[Ms]| pair[1] - pair[0] >= TURN;
        assert!(
            noting.asked_at.windows(2).all(is_within),
            "{name}: two a second, never more"
        );
        assert!(run.requests.all() > 1_000, "{name}: {:?}", run.requests);
        means.push(mean(&run));
    }
    let [one_by_one, even, planner, oracle] = means[..] else {
        unreachable!("four ways")
    };
    assert!(oracle < even && even < one_by_one, "{means:?}");
    assert!(oracle < planner && planner < one_by_one, "{means:?}");
}

#[test]
fn the_same_seed_gives_the_same_waits() {
    let town = town(1);
    let waits = || run(&town, &mut RateOracle::new(&town)).waits;
    assert_eq!(waits(), waits());
}

#[test]
fn the_oracle_is_there_when_a_fixed_minute_comes() {
    let town = town(1);
    let run = run(&town, &mut RateOracle::new(&town));
    let minutes: Vec<_> = run
        .waits
        .iter()
        .filter(|wait| wait.habit == "minute")
        .collect();
    let n_soon = minutes
        .iter()
        .filter(|wait| wait.answered <= 10 * SECOND)
        .count();
    assert!(n_soon * 10 >= minutes.len() * 9, "{minutes:?}");
}

#[test]
fn an_answer_covers_what_opened_before_it_was_asked_for() {
    let town = town(1);
    let (number, opening) = town.openings.iter().enumerate().next().expect("openings");
    let department = town.doctors[opening.doctor].department;
    let clinic = town.departments[department].clinic;
    let cases = [
        (Request::Gate(clinic), false),
        (Request::List(department), false),
        (Request::Look(opening.doctor), true),
    ];
    for (request, is_read) in cases {
        let mut portal = Portal::new(&town);
        portal.ask(request, opening.at - 1);
        assert_eq!(portal.answered(number), None, "{request:?}: not open yet");
        portal.ask(request, opening.at + SECOND);
        portal.ask(request, opening.at + MINUTE);
        let first = Some(opening.at + SECOND + LATENCY);
        assert_eq!(portal.answered(number), first, "{request:?}");
        assert_eq!(
            portal.read(number),
            first.filter(|_| is_read),
            "{request:?}"
        );
    }
    let other = (opening.doctor + 1) % town.doctors.len();
    let mut portal = Portal::new(&town);
    portal.ask(Request::Look(other), opening.at + SECOND);
    assert_eq!(
        portal.answered(number),
        None,
        "a look covers its doctor alone"
    );
}

#[test]
fn moved_counters_are_news_once_and_bookings_are_missed_once() {
    let town = town(1);
    let all = &town.departments[0].changes;
    let booking = all
        .iter()
        .find(|change| change.what == What::Booking)
        .expect("bookings");
    let mut portal = Portal::new(&town);
    portal.ask(Request::List(0), booking.at - 1);
    let Answer::Look { n_free, .. } = portal.ask(Request::Look(booking.doctor), booking.at - 1)
    else {
        unreachable!("asked for a look");
    };
    assert_eq!(
        portal.ask(Request::List(0), booking.at - 1),
        Answer::List(Vec::new())
    );
    let clinic = town.departments[0].clinic;
    let moved = |answer: Answer| matches!(answer, Answer::Gate(moved) if moved.contains(&0));
    assert!(moved(portal.ask(Request::Gate(clinic), booking.at)));
    assert!(!moved(portal.ask(Request::Gate(clinic), booking.at)));
    assert_eq!(
        portal.ask(Request::List(0), booking.at),
        Answer::List(vec![booking.doctor])
    );
    assert_eq!(
        portal.ask(Request::List(0), booking.at),
        Answer::List(Vec::new())
    );
    let missed = Answer::Look {
        n_free,
        n_missed: 1,
        n_opened: 0,
    };
    assert_eq!(
        portal.ask(Request::Look(booking.doctor), booking.at),
        missed
    );
    let gone = Answer::Look {
        n_free: n_free - 1,
        n_missed: 0,
        n_opened: 0,
    };
    assert_eq!(portal.ask(Request::Look(booking.doctor), booking.at), gone);
}
