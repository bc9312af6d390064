//! Properties over invented cities, on a virtual clock with a budget and answers that take time.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Departments of a city: (clinic, number of doctors watched by name, somebody waits for any).
type Plan = Vec<(u32, usize, bool)>;

struct City {
    desk: Desk,
    doctors: BTreeMap<Task, Vec<DoctorId>>,
    /// What is answered when; the clock is the order.
    under_way: BTreeMap<(DateTime<Utc>, u64), Task>,
    n_sent: u64,
    broken: BTreeSet<u32>,
    read_at: HashMap<Task, DateTime<Utc>>,
    worst_gap: HashMap<Task, TimeDelta>,
    n_looks: HashMap<Task, u32>,
    dice: u64,
}

impl City {
    fn new(plan: &Plan, requests_per_second: f64, seed: u64) -> Self {
        Self::with_gates(plan, requests_per_second, seed, true)
    }

    fn with_gates(plan: &Plan, requests_per_second: f64, seed: u64, gates: bool) -> Self {
        let mut desk = Desk::new();
        desk.planner = Planner::new(PlanSettings {
            poll_period: Duration::from_secs(60),
            requests_per_second,
            gates,
            learning: true,
        });
        let mut doctors = BTreeMap::new();
        let mut watched = Vec::new();
        for (number, &(lpu, n_doctors, any)) in plan.iter().enumerate() {
            let path = format!("{lpu}/d{number}");
            let ids: Vec<_> = (0..n_doctors).map(|i| format!("d{number}-{i}")).collect();
            watched.extend(ids.iter().map(|id| format!("{path}/{id}")));
            if any {
                watched.push(path.clone());
            }
            let ids = ids.iter().map(|id| id.as_str().into()).collect();
            doctors.insert(task(&format!("list {path}")), ids);
        }
        let watched: Vec<_> = watched.iter().map(String::as_str).collect();
        desk.watch(&watched);
        Self {
            desk,
            doctors,
            under_way: BTreeMap::new(),
            n_sent: 0,
            broken: BTreeSet::new(),
            read_at: HashMap::new(),
            worst_gap: HashMap::new(),
            n_looks: HashMap::new(),
            dice: seed | 1,
        }
    }

    /// A small generator of our own, so that a failing case repeats.
    fn dice(&mut self) -> f64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        f64::from(u32::try_from(self.dice >> 40).unwrap()) / f64::from(1_u32 << 24)
    }

    fn chance(&mut self, of: f64) -> bool {
        self.dice() < of
    }

    /// One turn of the limiter: what is answered by then, then one request.
    fn turn(&mut self, requests_per_second: f64, n_answers_late_s: f64) {
        self.desk.after(1.0 / requests_per_second);
        let now = self.desk.now;
        while let Some((&(at, number), _)) = self.under_way.first_key_value() {
            if at > now {
                break;
            }
            let task = self.under_way.remove(&(at, number)).unwrap();
            self.answer(&task);
        }
        let woken = self.desk.planner.wakes_at(now).is_some_and(|at| at <= now);
        let Some(task) = self.desk.planner.next(now) else {
            assert!(!woken, "woken for nothing");
            return;
        };
        assert!(woken, "not woken for {task:?}");
        let busy = self
            .under_way
            .values()
            .any(|other| other.lpu() == task.lpu());
        assert!(!busy, "two at a time to a clinic: {task:?}");
        let late = n_answers_late_s * self.dice();
        #[expect(clippy::cast_possible_truncation, reason = "test seconds")]
        let answered = now + TimeDelta::milliseconds((late * 1000.0) as i64);
        self.under_way.insert((answered, self.n_sent), task.clone());
        self.n_sent += 1;
        if matches!(task, Task::Look(_)) {
            *self.n_looks.entry(task.clone()).or_default() += 1;
        }
        let before = self.read_at.insert(task.clone(), now);
        if let Some(before) = before {
            let gap = self.worst_gap.entry(task).or_default();
            *gap = (now - before).max(*gap);
        }
    }

    fn answer(&mut self, task: &Task) {
        let is_broken = task.lpu().is_some_and(|lpu| self.broken.contains(&lpu.0));
        let outcome = if is_broken {
            failed(FailureKind::Clinic)
        } else {
            match task {
                Task::List(_) => {
                    let listed = self.doctors[task].clone();
                    let moved = listed.clone().into_iter().filter(|_| self.chance(0.02));
                    Outcome::Listed {
                        moved: moved.collect(),
                        listed,
                    }
                }
                Task::Look(_) if self.chance(0.02) => MISSED,
                Task::Look(_) if self.chance(0.5) => EMPTY,
                Task::Look(_) => GOOD,
                Task::Timetable(_) => Outcome::Days,
                Task::Gate(_) => Outcome::Gated { moved: Vec::new() },
                Task::Districts | Task::Lpus => Outcome::Names,
            }
        };
        let dice = self.dice();
        self.desk.planner.done(task, outcome, self.desk.now, dice);
    }

    fn n_doctors(&self) -> usize {
        self.doctors.values().map(Vec::len).sum()
    }
}

fn plans() -> impl Strategy<Value = Plan> {
    prop::collection::vec((1_u32..12, 1_usize..9, any::<bool>()), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    /// Whatever the load: lists and late doctors take turns, so a round of everything bounds the longest wait.
    #[test]
    fn nobody_starves(plan in plans(), seed in any::<u64>(), slow in any::<bool>(), asked in any::<bool>(), gates in any::<bool>()) {
        let rate = if slow { 0.5 } else { 2.0 };
        let mut city = City::with_gates(&plan, rate, seed, gates);
        let n_doctors = city.n_doctors();
        // Answers come before the next turn: a clinic is never the bottleneck.
        for n_turn in 0..4000 {
            city.turn(rate, 0.4);
            if asked && n_turn % 10 == 0 {
                let now = city.desk.now;
                city.desk.requests.retain(|request| now - request.asked_at < TimeDelta::minutes(2));
                city.desk.ask("99/x/y");
                let again = city.desk.requests.len() - 1;
                city.desk.requests[again].target.doctor = Some(format!("{n_turn}").as_str().into());
                let requests = city.desk.requests.clone();
                city.desk.planner.set_requests(&requests, now);
            }
        }
        // A turn in two is a request's; of the rest every other a late doctor's, three more for moved and missed.
        let n_turns = (n_doctors + plan.len()) as f64 * 2.0 * 2.0 * 1.5;
        let mut bound = 300.0 + n_turns / rate + 10.0;
        let load = (n_doctors + plan.len()) as f64 / (60.0 * rate);
        if gates && load > 1.0 {
            // The stated maximum, and the round that everything may be ahead in.
            bound += 600.0 * load;
        }
        for (list, doctors) in &city.doctors {
            for doctor in doctors {
                let look = Task::Look(DoctorRef { lpu: list.lpu().unwrap(), doctor: doctor.clone() });
                let last = city.read_at.get(&look).copied();
                prop_assert!(last.is_some(), "{look:?} was never read");
                let open = (city.desk.now - last.unwrap()).as_seconds_f64();
                let gap = city.worst_gap.get(&look).copied().unwrap_or_default().as_seconds_f64().max(open);
                prop_assert!(gap <= bound, "{look:?} waited {gap} s, more than {bound}");
            }
        }
    }

    /// Work that fits the budget: nobody waits five minutes, and nobody is read more often than they should.
    #[test]
    fn few_watches_are_read_about_once_a_period(seed in any::<u64>(), n_departments in 1_usize..15) {
        let plan: Plan = (0..n_departments).map(|i| (u32::try_from(i).unwrap(), 3, false)).collect();
        let mut city = City::new(&plan, 2.0, seed);
        let n_turns = 2 * 1200;
        for _ in 0..n_turns {
            city.turn(2.0, 2.0);
        }
        for (task, gap) in &city.worst_gap {
            if !matches!(task, Task::Timetable(_)) {
                prop_assert!(*gap <= TimeDelta::minutes(2), "{task:?} waited {gap}");
            }
        }
        for (look, n) in &city.n_looks {
            // Twenty periods, and what moved or was missed on top.
            prop_assert!((15..=40).contains(n), "{look:?} was read {n} times in 20 periods");
        }
    }

    /// Half the clinics are down and slow to say so: the others are read as if they were alone.
    #[test]
    fn clinics_in_trouble_slow_only_themselves(seed in any::<u64>()) {
        let plan: Plan = (0..12).map(|i| (i, 2, true)).collect();
        let mut city = City::new(&plan, 2.0, seed);
        city.broken = (0..6).collect();
        for _ in 0..2400 {
            city.turn(2.0, 3.0);
        }
        for (task, gap) in &city.worst_gap {
            if task.lpu().is_some_and(|lpu| lpu.0 >= 6) && !matches!(task, Task::Timetable(_)) {
                prop_assert!(*gap <= TimeDelta::minutes(2), "{task:?} waited {gap}");
            }
        }
        let n_to_broken = city.n_looks.iter().filter(|(task, _)| task.lpu().is_some_and(|lpu| lpu.0 < 6)).map(|(_, n)| n).sum::<u32>();
        prop_assert!(n_to_broken < 6 * 60, "{n_to_broken} looks at clinics that are down");
    }

    /// The clock may be set at any time, by hours: work goes on, and a period later all is as it was.
    #[test]
    fn clocks_that_jump_stall_nothing(plan in plans(), seed in any::<u64>(), jumps in prop::collection::vec(-3600.0..3600.0, 1..5)) {
        let mut city = City::new(&plan, 10.0, seed);
        for jump in jumps {
            for _ in 0..900 {
                city.turn(10.0, 0.5);
            }
            // Answers under way come after the jump.
            let late: Vec<_> = std::mem::take(&mut city.under_way).into_values().collect();
            city.desk.after(jump);
            for task in late {
                city.answer(&task);
            }
            city.read_at.clear();
            let n_tasks = city.n_doctors() + plan.len();
            // A full period and a round on top of it.
            for _ in 0..600 + 20 * n_tasks {
                city.turn(10.0, 0.0);
            }
            let n_read = city.read_at.keys().filter(|task| !matches!(task, Task::Timetable(_))).count();
            prop_assert!(n_read == n_tasks, "{n_read} of {n_tasks} read after a jump of {jump} s");
        }
    }
}

/// Ten thousand doctors, a hundred turns a second: the planner itself must not be what is waited for.
#[test]
fn ten_thousand_doctors_are_planned() {
    let plan: Plan = (0..2500).map(|i| (i % 500, 4, true)).collect();
    let mut city = City::new(&plan, 100.0, 7);
    for _ in 0..20_000 {
        city.turn(100.0, 0.3);
    }
    let n_read = city
        .read_at
        .keys()
        .filter(|task| matches!(task, Task::Look(_)))
        .count();
    assert_eq!(n_read, 10_000);
}
