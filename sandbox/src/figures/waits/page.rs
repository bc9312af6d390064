//! What the page says of the simulations.

use super::cases::{N_LEARNED, N_MEASURED, Outcome, Part, SEEDS, Way};
use super::kept;
use crate::figures::command;
use crate::figures::plot::{Axis, Plot, Scale, Series};
use crate::figures::report::{Goal, Home, Section};
use crate::figures::sim::Counts;
use crate::figures::stats::{Summary, distribution, percentile, readable};

const WATCHES: Axis = Axis {
    label: "watches",
    scale: Scale::Log,
};

pub(super) const COLUMNS: [&str; 11] = [
    "watches",
    "way",
    "openings",
    "p50",
    "p95",
    "mean",
    "max",
    "fixed minute p50",
    "window p50",
    "any time p50",
    "talon read p50",
];

/// The line of a case, times in seconds.
pub(super) fn row(outcome: &Outcome) -> Vec<String> {
    let all = Summary::of(&outcome.answered(|_| true));
    let of_habit =
        |habit: &str| readable(Summary::of(&outcome.answered(|wait| wait.habit == habit)).p50);
    vec![
        readable(outcome.case.size.n_watches as f64),
        outcome.case.way.name().to_owned(),
        readable(all.n as f64),
        readable(all.p50),
        readable(all.p95),
        readable(all.mean),
        readable(all.max),
        of_habit("minute"),
        of_habit("window"),
        of_habit("random"),
        readable(Summary::of(&outcome.read()).p50),
    ]
}

/// Writes both sections from the samples that are kept.
pub(super) fn write(home: &Home) -> anyhow::Result<()> {
    let mut spread = Vec::new();
    let mut sharp = Vec::new();
    let mut parts = Vec::new();
    for &part in Part::ALL {
        let outcomes = kept::read(home, part)?;
        if outcomes.is_empty() {
            continue;
        }
        match part {
            Part::Watches(_) => {
                spread.extend(outcomes);
                parts.push(part);
            }
            Part::Sharp => sharp = outcomes,
        }
    }
    waits(home, &parts, &spread, &sharp)?;
    requests(home, &parts, &spread)
}

fn waits(home: &Home, parts: &[Part], spread: &[Outcome], sharp: &[Outcome]) -> anyhow::Result<()> {
    let mut section = Section::new(
        home,
        1,
        "waits",
        "Time from opening to alert",
        &command("waits"),
    );
    section.seeds(&SEEDS);
    section.say(&model());
    let files: Vec<_> = parts.iter().map(|&part| kept::waits_file(part)).collect();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let rows: Vec<_> = spread.iter().map(row).collect();
    section.table(
        "Seconds from an opening to the first answer that covers it",
        &COLUMNS,
        &rows,
        &files,
    );
    let median = |outcome: &Outcome| Summary::of(&outcome.answered(|_| true)).p50;
    section.plot(
        "waits.svg",
        &by_size("Median wait, s", spread, median),
        &files,
    )?;
    let thousand: Vec<_> = spread
        .iter()
        .filter(|outcome| outcome.case.size.n_watches == 1_000)
        .collect();
    if !thousand.is_empty() {
        section.plot("waits-1000.svg", &shares(&thousand), &["waits-1000.csv.gz"])?;
        goals(&mut section, &thousand);
    }
    if !sharp.is_empty() {
        let rows: Vec<_> = sharp.iter().map(row).collect();
        let caption = "The same when all fixed minutes are 08:00 sharp (no goal)";
        section.table(caption, &COLUMNS, &rows, &[&kept::waits_file(Part::Sharp)]);
    }
    let all = spread
        .iter()
        .chain(sharp)
        .flat_map(|outcome| &outcome.samples);
    let n_unanswered: usize = all.map(|sample| sample.n_unanswered).sum();
    section.say(&format!(
        "Openings that no answer ever covered, over all cases: {n_unanswered}."
    ));
    section.publish()
}

fn model() -> String {
    let spread = Part::ALL.iter().filter(|part| **part != Part::Sharp);
    let sizes: Vec<_> = spread
        .map(|part| {
            let size = part.size();
            let [watches, departments, clinics] =
                [size.n_watches, size.n_departments, size.n_clinics].map(|n| readable(n as f64));
            format!("{watches} ({departments}, {clinics})")
        })
        .collect();
    format!(
        "A virtual clock, two requests a second and never more (one each 500 ms), each answered after 150 ms as the portal stood \
when it was sent. Watches (departments, clinics): {}; each watch names one doctor, departments have 1 to 9 doctors, 3.4 on \
average, and watches are dealt out evenly.

Each department opens talons once a working day, a new day two weeks ahead for one of its watched doctors: 30 % at a fixed minute (uniform over \
07:00–20:00) ± 1 min, 30 % in a 20-minute window between 08:00 and 09:00, 40 % at any moment of the 24 hours. At weekends one in five \
opens, at any moment. Other people book 20 places a day in each department (5 at weekends), and counters tell. Monday to \
Sunday, {N_LEARNED} days to learn, {N_MEASURED} to measure. One and ten watches are simulated in 5 and 2 cities per seed, or there would be \
only a handful of openings.

A wait ends with any answer that covers the department, a gate too: its clinic's `specialties`, its `doctors`, or a look at the \
very doctor. \"Talon read\" is the look that holds the talon, from which the message is written.

- *one by one*: what existing bots do: looks at one watched doctor after another, 1 s between them, 60 s between passes.
- *even rounds*: one `doctors` request per department in turn, then looks at watched doctors whose counters moved; a round begins 60 s after \
the last one at the earliest.
- *gated*: the pinger's own planner with gates and without learning; *gated + learned*: as it runs. Default settings.
- *rate oracle*: knows the true rate of opening of every department at every moment (not when it will open, nor whether it has). \
Gates go to clinics in proportion to the root of their departments' summed rates; a clinic with one watched department is asked for \
that list instead. What a gate shows to have moved is read first: list, then looks.

All but the first way look a second time, a second later, where a slot was missed: nothing is gone before two looks say so.",
        sizes.join(", ")
    )
}

fn by_size(label: &'static str, outcomes: &[Outcome], figure: impl Fn(&Outcome) -> f64) -> Plot {
    let line = |way: Way| {
        let of_way = outcomes.iter().filter(|outcome| outcome.case.way == way);
        Series {
            name: way.name().to_owned(),
            points: of_way
                .map(|outcome| (outcome.case.size.n_watches as f64, figure(outcome)))
                .collect(),
            is_marked: true,
        }
    };
    Plot {
        title: label.to_owned(),
        x: WATCHES,
        y: Axis {
            label,
            scale: Scale::Log,
        },
        series: Way::ALL.map(line).into(),
    }
}

fn shares(outcomes: &[&Outcome]) -> Plot {
    const N_POINTS: usize = 200;
    let line = |outcome: &&Outcome| {
        let mut waits = outcome.answered(|_| true);
        waits.sort_by(f64::total_cmp);
        Series {
            name: outcome.case.way.name().to_owned(),
            points: distribution(&waits, N_POINTS),
            is_marked: false,
        }
    };
    Plot {
        title: "Openings answered within a time, 1 000 watches".to_owned(),
        x: Axis {
            label: "seconds from the opening",
            scale: Scale::Log,
        },
        y: Axis {
            label: "share of openings",
            scale: Scale::Linear,
        },
        series: outcomes.iter().map(line).collect(),
    }
}

/// The promises at 1,000 watches.
fn goals(section: &mut Section, thousand: &[&Outcome]) {
    let of = |way: Way| {
        let outcome = thousand.iter().find(|outcome| outcome.case.way == way);
        outcome
            .map(|outcome| Summary::of(&outcome.answered(|_| true)))
            .unwrap_or_default()
    };
    let (even, gated, learned, oracle) = (
        of(Way::EvenRounds),
        of(Way::Gated),
        of(Way::Learned),
        of(Way::Oracle),
    );
    section.goal(Goal::at_most(
        "1 000 watches: gated p50 ≤ 0.4 × even rounds",
        gated.p50 / even.p50,
        0.4,
        "×",
    ));
    section.goal(Goal::at_most(
        "1 000 watches: learned p50 ≤ 1.35 × oracle",
        learned.p50 / oracle.p50,
        1.35,
        "×",
    ));
    section.goal(Goal::at_most(
        "1 000 watches: learned mean ≤ 1.35 × oracle",
        learned.mean / oracle.mean,
        1.35,
        "×",
    ));
    let minutes = thousand
        .iter()
        .find(|outcome| outcome.case.way == Way::Learned)
        .map(|outcome| {
            let mut waits = outcome.answered(|wait| wait.habit == "minute");
            waits.sort_by(f64::total_cmp);
            percentile(&waits, 0.5)
        });
    section.goal(Goal::at_most(
        "1 000 watches: learned p50 of fixed-minute departments ≤ 5 s",
        minutes.unwrap_or(f64::MAX),
        5.0,
        "s",
    ));
}

fn requests(home: &Home, parts: &[Part], spread: &[Outcome]) -> anyhow::Result<()> {
    type Count = fn(&Counts) -> u64;
    let kinds: [Count; 5] = [
        Counts::all,
        |n| n.gates,
        |n| n.lists,
        |n| n.looks,
        |n| n.others,
    ];
    let mut section = Section::new(
        home,
        2,
        "requests",
        "Requests per watched doctor and hour",
        &command("waits"),
    );
    section.seeds(&SEEDS);
    section.say("Of the same runs. Gates are `specialties` of a clinic, lists `doctors` of a department, looks `appointments` of a doctor.");
    let files: Vec<_> = parts
        .iter()
        .map(|&part| kept::requests_file(part))
        .collect();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let rows: Vec<_> = spread
        .iter()
        .map(|outcome| {
            let size = readable(outcome.case.size.n_watches as f64);
            let figures = kinds
                .iter()
                .map(|kind| readable(outcome.requests_per_doctor_hour(kind)));
            [size, outcome.case.way.name().to_owned()]
                .into_iter()
                .chain(figures)
                .collect()
        })
        .collect();
    section.table(
        "Requests per watched doctor and hour",
        &["watches", "way", "all", "gates", "lists", "looks", "others"],
        &rows,
        &files,
    );
    section.plot(
        "requests.svg",
        &by_size("Requests per watched doctor and hour", spread, |outcome| {
            outcome.requests_per_doctor_hour(Counts::all)
        }),
        &files,
    )?;
    section.publish()
}
