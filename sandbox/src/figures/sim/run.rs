//! One policy in one city, from the first midnight to the end of the last day.

use super::portal::{Answer, Portal, Request};
use super::town::Town;
use super::{HOUR, LATENCY, Ms, TURN};

/// After the last day, what opened late in it may still be answered.
const AFTERWARDS: Ms = 6 * HOUR;

/// A way of spending the requests.
pub trait Policy {
    /// What to ask at `now`, when a request may leave.
    fn next(&mut self, now: Ms) -> Next;

    /// The answer to what it asked last, which is always there before the next request.
    fn answered(&mut self, request: Request, answer: &Answer, now: Ms);
}

/// What a policy does with its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Asks.
    Ask(Request),
    /// Has nothing to ask before then.
    Wait(Ms),
}

/// How long one opening waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The department's habit.
    pub habit: &'static str,
    /// From the opening to the first answer that covers it, the answer's way included. The end of the run when none came.
    pub answered: Ms,
    /// From the opening to the look that holds it; the end of the run when none came.
    pub read: Ms,
}

/// Requests by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Specialties of a clinic.
    pub gates: u64,
    /// Doctors of a department.
    pub lists: u64,
    /// Slots of a doctor.
    pub looks: u64,
    /// Days of a doctor, names.
    pub others: u64,
}

impl Counts {
    fn note(&mut self, request: Request) {
        match request {
            Request::Gate(_) => self.gates += 1,
            Request::List(_) => self.lists += 1,
            Request::Look(_) => self.looks += 1,
            Request::Timetable(_) | Request::Names => self.others += 1,
        }
    }

    /// Of all kinds.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.gates + self.lists + self.looks + self.others
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.gates += more.gates;
        self.lists += more.lists;
        self.looks += more.looks;
        self.others += more.others;
    }
}

/// What came out.
#[derive(Debug, Clone)]
pub struct Run {
    /// Of all openings that count.
    pub waits: Vec<Wait>,
    /// Requests of the days that count.
    pub requests: Counts,
    /// Openings that were never answered: more than none is a policy that forgets.
    pub n_unanswered: usize,
}

/// Lets a policy ask through all days of a city, one request each [`TURN`].
pub fn run(town: &Town, policy: &mut dyn Policy) -> Run {
    let mut portal = Portal::new(town);
    let mut requests = Counts::default();
    let counted = town.plan.measured_from()..town.plan.ends_at();
    let end = counted.end + AFTERWARDS;
    let mut now = 0;
    let mut may_send_at = 0;
    while now < end {
        match policy.next(now) {
            Next::Ask(request) => {
                let answer = portal.ask(request, now);
                if counted.contains(&now) {
                    requests.note(request);
                }
                may_send_at = now + TURN;
                policy.answered(request, &answer, now + LATENCY);
                now = may_send_at;
            }
            // Never twice at one moment: a policy that cannot make up its mind must not stop the clock.
            Next::Wait(until) => now = until.max(may_send_at).max(now + 1),
        }
    }
    let mut n_unanswered = 0;
    let waits = town.measured().map(|(number, opening)| {
        let answered = portal.answered(number);
        n_unanswered += usize::from(answered.is_none());
        Wait {
            habit: town.departments[town.doctors[opening.doctor].department]
                .habit
                .name(),
            answered: answered.unwrap_or(end) - opening.at,
            read: portal.read(number).unwrap_or(end) - opening.at,
        }
    });
    Run {
        waits: waits.collect(),
        requests,
        n_unanswered,
    }
}
