//! The section on delays as it is written.

use super::{ANSWERS_A_SECOND, N_PEOPLE, Sent};
use crate::figures::command;
use crate::figures::plot::{Axis, Plot, Scale, Series};
use crate::figures::report::{Goal, Home, Section, machine};
use crate::figures::stats::{Summary, distribution, readable};
use std::fmt::Write as _;
use std::time::Duration;

const FILE: &str = "delays.csv.gz";
const COLUMNS: [&str; 7] = [
    "what", "when", "n", "p50, ms", "p95, ms", "p99, ms", "max, ms",
];

/// What came out.
pub(super) struct Figures {
    n_people: usize,
    pub(super) single_idle: Vec<Duration>,
    pub(super) single_crowd: Vec<Duration>,
    pub(super) press_idle: Vec<Duration>,
    pub(super) press_crowd: Vec<Duration>,
    pub(super) answer_crowd: Vec<Duration>,
    /// From the opening of the crowd's talon to its first message.
    pub(super) first: Duration,
    pub(super) phases: Vec<Sent>,
    pub(super) n_refused: usize,
    /// The most messages within any second, to all and to one chat.
    pub(super) most_overall: usize,
    pub(super) most_chat: usize,
}

impl Figures {
    pub(super) fn new(n_people: usize) -> Self {
        Self {
            n_people,
            single_idle: Vec::new(),
            single_crowd: Vec::new(),
            press_idle: Vec::new(),
            press_crowd: Vec::new(),
            answer_crowd: Vec::new(),
            first: Duration::ZERO,
            phases: Vec::new(),
            n_refused: 0,
            most_overall: 0,
            most_chat: 0,
        }
    }

    /// What was timed, when, and the times in milliseconds.
    fn timed(&self) -> [(&'static str, &'static str, Vec<f64>); 5] {
        let ms = |took: &[Duration]| took.iter().map(|took| took.as_secs_f64() * 1e3).collect();
        let (alert, press) = (
            "portal's answer to `sendMessage`",
            "press of a menu to its edit",
        );
        let (idle, crowd) = ("idle", "in the crowd");
        [
            (alert, idle, ms(&self.single_idle)),
            (alert, crowd, ms(&self.single_crowd)),
            (press, idle, ms(&self.press_idle)),
            (press, crowd, ms(&self.press_crowd)),
            ("command to its answer", crowd, ms(&self.answer_crowd)),
        ]
    }

    fn time_rows(&self) -> Vec<Vec<String>> {
        let rows = self.timed().map(|(what, when, ms)| {
            let times = Summary::of(&ms);
            let figures = [times.p50, times.p95, times.p99, times.max].map(readable);
            let head = [what.to_owned(), when.to_owned(), readable(times.n as f64)];
            head.into_iter().chain(figures).collect()
        });
        rows.into()
    }

    fn phase_rows(&self) -> Vec<Vec<String>> {
        let rows = self.phases.iter().map(|sent| {
            let rates = [
                sent.seconds,
                sent.n_alerts as f64 / sent.seconds,
                sent.n_messages as f64 / sent.seconds,
                (sent.n_messages + sent.n_edits) as f64 / sent.seconds,
            ];
            let rates = rates.map(|rate| format!("{rate:.1}"));
            [sent.name.to_owned()].into_iter().chain(rates).collect()
        });
        rows.collect()
    }

    fn csv(&self) -> String {
        let mut text = "what,when,ms\n".to_owned();
        for (what, when, ms) in self.timed() {
            for ms in ms {
                let _ = writeln!(text, "{what},{when},{ms:.2}");
            }
        }
        text
    }

    fn goals(&self) -> Vec<Goal> {
        let [_, single, _, press, answer] = self.timed().map(|(_, _, ms)| Summary::of(&ms));
        let rate = |phase: usize, count: fn(&Sent) -> usize| {
            let sent = self.phases.get(phase);
            sent.map_or(0.0, |sent| count(sent) as f64 / sent.seconds)
        };
        let at_least = |promise: &str, got: f64, limit: f64| Goal {
            promise: promise.to_owned(),
            got: format!("{got:.1}"),
            is_met: got >= limit,
        };
        let answers = format!("messages a second in sum with {ANSWERS_A_SECOND} answers ≥ 27");
        vec![
            Goal::at_most("429 provoked: none", self.n_refused as f64, 0.0, ""),
            at_least(
                "alerts a second alone ≥ 27",
                rate(0, |sent| sent.n_alerts),
                27.0,
            ),
            at_least(&answers, rate(2, |sent| sent.n_messages), 27.0),
            Goal::at_most(
                "answers in the crowd: p99 < 300 ms",
                answer.p99,
                300.0,
                "ms",
            ),
            Goal::at_most(
                "a crowd of one in the crowd: ≤ 2 s",
                single.max / 1e3,
                2.0,
                "s",
            ),
            Goal::at_most("menus in the crowd: p99 ≤ 30 ms", press.p99, 30.0, "ms"),
        ]
    }
}

/// For whoever works on it.
#[expect(clippy::print_stdout, reason = "a try-out for the terminal")]
pub(super) fn print(figures: &Figures) -> anyhow::Result<()> {
    println!("{}", COLUMNS.join("\t"));
    let rows = figures.time_rows().into_iter().chain(figures.phase_rows());
    rows.for_each(|row| println!("{}", row.join("\t")));
    for Goal {
        promise,
        got,
        is_met,
    } in figures.goals()
    {
        println!("{promise}: {got} {}", if is_met { "met" } else { "MISSED" });
    }
    Ok(())
}

pub(super) fn write(home: &Home, figures: &Figures) -> anyhow::Result<()> {
    let title = "From the portal's answer to the message, idle and in a crowd";
    let mut section = Section::new(home, 5, "delays", title, &command("delays"));
    section.say(&format!(
        "The released programs against a Telegram that counts its limits to the letter over sliding windows (30 messages a \
second to all, one a second to a chat, 20 a minute to a group). {} people wait for one doctor, {} have a doctor of their own. Single \
talons open for the latter every 0.7 s, first while nothing else happens, then while the crowd is told of one talon. Times are taken in the \
stand-ins: from the end of the portal's answer that holds the talon to the arrival of `sendMessage`. {}.",
        readable(N_PEOPLE as f64),
        super::N_SINGLES,
        machine()
    ));
    section.keep(FILE, &figures.csv())?;
    section.table("Delays", &COLUMNS, &figures.time_rows(), &[FILE]);
    let columns = [
        "the crowd is told",
        "s",
        "alerts a second",
        "messages a second",
        "with edits",
    ];
    section.table("Pace", &columns, &figures.phase_rows(), &[]);
    section.say(&format!(
        "From the opening of the crowd's talon to its first message: {:.0} ms. The most messages within any second: {} to all, {} \
to one chat.",
        figures.first.as_secs_f64() * 1e3,
        figures.most_overall,
        figures.most_chat
    ));
    let series = figures.timed().map(|(what, when, mut ms)| {
        ms.sort_by(f64::total_cmp);
        Series {
            name: format!("{}, {when}", what.replace('`', "")),
            points: distribution(&ms, 200),
            is_marked: false,
        }
    });
    let plot = Plot {
        title: "Share that took no longer".to_owned(),
        x: Axis {
            label: "ms",
            scale: Scale::Log,
        },
        y: Axis {
            label: "share",
            scale: Scale::Linear,
        },
        series: series.into(),
    };
    section.plot("delays.svg", &plot, &[FILE])?;
    for goal in figures.goals() {
        section.goal(goal);
    }
    debug_assert_eq!(figures.n_people, N_PEOPLE);
    section.publish()
}
