//! More work than budget: clinics are asked before their departments.

use super::*;

/// So many clinics with three departments of three watched doctors each: far more than two requests a second can read.
fn city(n_clinics: u32) -> Vec<String> {
    let paths = (1..=n_clinics)
        .flat_map(|lpu| (0..9).map(move |number| format!("{lpu}/s{}/d{number}", number / 3)));
    paths.collect()
}

fn crowded(n_clinics: u32) -> Desk {
    let paths = city(n_clinics);
    let mut desk = Desk::watching(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    settle_down(&mut desk);
    desk
}

/// Two hours of quiet at the pace of the budget: everything was read once.
fn settle_down(desk: &mut Desk) {
    for _ in 0..2 * 7200 {
        turn(desk, &[]);
    }
}

/// One turn; gates answer with these specialties moved.
fn turn(desk: &mut Desk, moved: &[&str]) -> Option<String> {
    desk.after(0.5);
    let words = desk.next()?;
    let outcome = match task(&words) {
        Task::Gate(_) => gated(moved),
        Task::List(department) => {
            let covers = &desk.planner.lists[&department].covers;
            Outcome::Listed {
                listed: covers.iter().cloned().collect(),
                moved: Vec::new(),
            }
        }
        Task::Look(_) => GOOD,
        _ => Outcome::Days,
    };
    desk.done(&words, outcome);
    Some(words)
}

fn gated(moved: &[&str]) -> Outcome {
    Outcome::Gated {
        moved: moved.iter().map(|&id| id.into()).collect(),
    }
}

/// Turns until this is asked, others' turns aside.
#[track_caller]
fn until(desk: &mut Desk, words: &str) -> Vec<String> {
    let mut order = Vec::new();
    for _ in 0..2000 {
        let asked = turn(desk, &[]).unwrap_or_default();
        if asked == words {
            return order;
        }
        order.push(asked);
    }
    panic!("{words} was never asked: {:?}", &order[..40]);
}

#[test]
fn with_budget_enough_nothing_is_gated() {
    let mut desk = Desk::watching(&["1/ent/a", "1/eye/b", "2/ent/c"]);
    for _ in 0..1000 {
        let words = turn(&mut desk, &[]).unwrap_or_default();
        assert!(!words.starts_with("gate"));
    }
}

#[test]
fn gates_take_what_the_full_readings_leave() {
    let mut desk = crowded(40);
    let asked: Vec<_> = (0..7200).filter_map(|_| turn(&mut desk, &[])).collect();
    let n = |verb: &str| asked.iter().filter(|words| words.starts_with(verb)).count();
    assert_eq!(asked.len(), 7200, "no turn goes unused");
    let n_full = n("list") + n("look");
    assert!(
        (700..=1900).contains(&n_full),
        "a share of the turns reads everything: {n_full}"
    );
    for lpu in 1..=40 {
        let gate = format!("gate {lpu}");
        let n = asked.iter().filter(|words| **words == gate).count();
        assert!((90..=210).contains(&n), "{gate}: {n}");
    }
}

#[test]
fn what_moved_is_read_next() {
    let mut desk = crowded(40);
    until(&mut desk, "gate 7");
    // The gate of seven answers that one department moved.
    let asked = loop {
        desk.after(0.5);
        let words = desk.next().unwrap();
        let is_seven = words == "gate 7";
        desk.done(
            &words,
            if is_seven {
                gated(&["s1"])
            } else {
                quiet(&desk, &words)
            },
        );
        if is_seven {
            break turn(&mut desk, &[]).unwrap();
        }
    };
    assert_eq!(asked, "list 7/s1");
}

fn quiet(desk: &Desk, words: &str) -> Outcome {
    match task(words) {
        Task::Gate(_) => gated(&[]),
        Task::List(department) => {
            let covers = &desk.planner.lists[&department].covers;
            Outcome::Listed {
                listed: covers.iter().cloned().collect(),
                moved: Vec::new(),
            }
        }
        Task::Look(_) => GOOD,
        _ => Outcome::Days,
    }
}

#[test]
fn a_lone_department_is_asked_by_its_list_and_a_lone_doctor_by_a_look() {
    let mut paths = city(40);
    paths.extend(["90/ent/a", "91/ent/a", "91/ent/b", "91/ent/c"].map(str::to_owned));
    let mut desk = Desk::watching(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    settle_down(&mut desk);
    let asked: Vec<_> = (0..1200).filter_map(|_| turn(&mut desk, &[])).collect();
    let n = |want: &str| asked.iter().filter(|words| *words == want).count();
    assert_eq!((n("gate 90"), n("gate 91")), (0, 0));
    assert!(n("look 90/a") > 5, "{}", n("look 90/a"));
    assert!(n("list 91/ent") > 5, "{}", n("list 91/ent"));
}

#[test]
fn counters_that_move_for_nothing_all_the_time_are_no_gate() {
    // Two departments of one doctor each: two looks tell what a gate that always moves tells with three requests.
    let mut paths = city(40);
    paths.extend(["90/ent/a", "90/eye/b"].map(str::to_owned));
    let mut desk = Desk::watching(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    settle_down(&mut desk);
    for _ in 0..30_000 {
        desk.after(0.5);
        let words = desk.next().unwrap();
        let outcome = if words == "gate 90" {
            gated(&["ent", "eye"])
        } else {
            quiet(&desk, &words)
        };
        desk.done(&words, outcome);
    }
    let asked: Vec<_> = (0..1200).filter_map(|_| turn(&mut desk, &[])).collect();
    assert!(!asked.iter().any(|words| words == "gate 90"));
    assert!(
        asked.iter().any(|words| words == "gate 1"),
        "the others are still gated"
    );
}

#[test]
fn a_department_whose_openings_no_counter_tells_of_is_looked_at() {
    let mut desk = crowded(40);
    let mut n_looks = 0;
    for _ in 0..60_000 {
        desk.after(0.5);
        let words = desk.next().unwrap();
        let is_liar = words == "look 5/d0";
        n_looks += u32::from(is_liar);
        let opened = Outcome::Looked {
            n_free: 1,
            n_missed: 0,
            last_opened: Some(desk.now),
        };
        let outcome = if is_liar && n_looks <= 12 {
            opened
        } else {
            quiet(&desk, &words)
        };
        desk.done(&words, outcome);
    }
    let asked: Vec<_> = (0..1200).filter_map(|_| turn(&mut desk, &[])).collect();
    let n = |want: &str| asked.iter().filter(|words| *words == want).count();
    assert!(
        n("look 5/d0") >= 3,
        "looked at as often as others are gated: {}",
        n("look 5/d0")
    );
    assert!(n("gate 5") >= 3, "its other departments are still gated");
}

#[test]
fn a_clinic_whose_specialties_cannot_be_read_is_asked_directly() {
    let mut desk = crowded(40);
    let mut n_failed = 0;
    let mut direct = 0;
    for _ in 0..1200 {
        desk.after(0.5);
        let words = desk.next().unwrap();
        let outcome = if words == "gate 3" {
            n_failed += 1;
            failed(FailureKind::Clinic)
        } else {
            direct += u32::from(words.starts_with("list 3/"));
            quiet(&desk, &words)
        };
        desk.done(&words, outcome);
    }
    assert!((3..=8).contains(&n_failed), "{n_failed}");
    assert!(direct > 12, "{direct}");
    // Ten minutes later it is tried again.
    until(&mut desk, "gate 3");
}

#[test]
fn more_people_are_looked_at_more_often() {
    let paths = city(40);
    let mut watching = watched(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    for one in watching
        .iter_mut()
        .filter(|one| one.target.department.lpu == LpuId(9))
    {
        one.n_people = 16;
    }
    let mut desk = Desk::new();
    desk.planner.set_watched(&watching, desk.now);
    settle_down(&mut desk);
    let asked: Vec<_> = (0..7200).filter_map(|_| turn(&mut desk, &[])).collect();
    let n = |want: &str| asked.iter().filter(|words| *words == want).count() as f64;
    let times = n("gate 9") / n("gate 10");
    assert!(
        (3.0..5.0).contains(&times),
        "sixteen people, four times as often: {times}"
    );
    let full = |lpu: u32| {
        asked
            .iter()
            .filter(|words| words.contains(&format!("look {lpu}/")))
            .count() as f64
    };
    assert!(full(9) > 2.0 * full(10), "{} {}", full(9), full(10));
}

#[test]
fn a_clock_set_back_leaves_gates_as_they_were() {
    let mut desk = crowded(40);
    desk.after(-7200.0);
    let asked: Vec<_> = (0..3600).filter_map(|_| turn(&mut desk, &[])).collect();
    assert_eq!(asked.len(), 3600);
    for lpu in 1..=40 {
        assert!(asked.contains(&format!("gate {lpu}")), "{lpu}");
    }
}
