//! Section 4: what each program takes of memory and processor, by the number of watches.
//!
//! The real programs run as processes of their own, released builds with the default settings, against a city of the
//! real one's size. `/proc` is read: Linux only.

use super::plot::{Axis, Plot, Scale, Series};
use super::report::{Goal, Home, Section, machine};
use super::stats::readable;
use super::{command, watching};
use crate::{Binary, City, Options, World};
use anyhow::Context;
use chrono::Utc;
use shared::ids::{DoctorRef, LpuId};
use shared::store::{Program, Store};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const FILE: &str = "processes.csv";
const N_WATCHES: [usize; 4] = [10, 100, 10_000, 100_000];
const WATCHES_EACH: usize = 10;
/// The size of St. Petersburg on the portal.
const N_CLINICS: u32 = 551;
const N_DEPARTMENTS: u32 = 2_500;
const N_DOCTORS: u32 = 8_500;
/// One doctor in so many has talons from the start, so that there is something to tell.
const WITH_TALONS: usize = 20;
/// The start is not the usual state…
const SETTLING: Duration = Duration::from_secs(20);
/// …which is measured so long, with a sample each so often.
const MEASURED: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(60);

const PINGER_MIB: f64 = 64.0;
const BOT_MIB: f64 = 96.0;
/// With ten watches, each.
const FEW_MIB: f64 = 30.0;
const FEW_PERCENT: f64 = 1.0;

/// A program with so many watches.
struct Taken {
    n_watches: usize,
    program: &'static str,
    resident_mib: f64,
    most_mib: f64,
    percent: f64,
    /// (seconds, MiB resident, seconds of processor so far).
    samples: Vec<(f64, f64, f64)>,
}

/// Measures all sizes and writes the section. The programs must have been built: `cargo build --release -p bot -p pinger`.
///
/// # Errors
/// When a program cannot be run or the section cannot be written.
pub async fn run(home: &Home) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for n_watches in N_WATCHES {
        all.extend(measure(n_watches).await?);
    }
    write(home, &all)
}

async fn measure(n_watches: usize) -> anyhow::Result<[Taken; 2]> {
    let city = City::grown(N_CLINICS, N_DEPARTMENTS, N_DOCTORS);
    let world = World::start(city, Options::default()).await?;
    wait_for_talons(&world, n_watches).await?;
    let is_default = |name: &str| !matches!(name, "POLL_PERIOD" | "REQUESTS_PER_SECOND");
    let variables = world
        .settings
        .variables
        .iter()
        .filter(|(name, _)| is_default(name));
    let variables: Vec<_> = variables.cloned().collect();
    let folder = world
        .settings
        .database
        .parent()
        .context("the database lies in a folder")?;
    let bot = Binary::start("bot", &variables, folder).await?;
    let pinger = Binary::start("pinger", &variables, folder).await?;
    let asked = world
        .portal
        .log()
        .wait_for(0, PATIENCE, |request| request.answered.is_some())
        .await;
    asked.context("the pinger never asked the portal")?;
    tokio::time::sleep(SETTLING).await;

    let programs = [("pinger", &pinger), ("bot", &bot)];
    let before = programs.map(|(_, program)| Usage::of(program));
    let begun = Instant::now();
    let ticks = ticks_a_second()?;
    let mut samples: [Vec<_>; 2] = Default::default();
    while begun.elapsed() < MEASURED {
        tokio::time::sleep(EVERY).await;
        for ((_, program), samples) in programs.iter().zip(&mut samples) {
            let usage = Usage::of(program)?;
            samples.push((
                begun.elapsed().as_secs_f64(),
                usage.resident_mib(),
                usage.n_ticks as f64 / ticks,
            ));
        }
    }
    let elapsed = begun.elapsed().as_secs_f64();
    let mut taken = Vec::new();
    for (((name, program), before), samples) in programs.into_iter().zip(before).zip(samples) {
        let (before, after) = (before?, Usage::of(program)?);
        taken.push(Taken {
            n_watches,
            program: name,
            resident_mib: after.resident_mib(),
            most_mib: after.most_resident_kib as f64 / 1024.0,
            percent: 100.0 * (after.n_ticks - before.n_ticks) as f64 / ticks / elapsed,
            samples,
        });
    }
    tokio::try_join!(bot.terminate(), pinger.terminate())?;
    taken
        .try_into()
        .map_err(|_| anyhow::anyhow!("two programs"))
}

/// So many watches, spread evenly over the doctors of the city, of people who have nothing to be told yet.
async fn wait_for_talons(world: &World, n_watches: usize) -> anyhow::Result<()> {
    let clinics = world.city.clinics().into_iter();
    let doctors: Vec<_> = clinics
        .flat_map(|row| world.city.doctors(LpuId(row.id)))
        .collect();
    for whom in doctors.iter().step_by(WITH_TALONS) {
        let DoctorRef { lpu, doctor } = &whom.doctor;
        world
            .city
            .open_slot(*lpu, doctor, world.city.wall(3, 9, 0))?;
    }
    let target = |number: usize| watching(&doctors[number % doctors.len()]);
    let people = (0..n_watches).step_by(WATCHES_EACH).map(|first| {
        let person = world.telegram.acquaintance("Анна", "ru");
        let watches = first..n_watches.min(first + WATCHES_EACH);
        (person.chat(), watches.map(target).collect())
    });
    let store = Store::open(&world.settings.database, Program::Bot).await?;
    store.fill_watches(people.collect(), Utc::now()).await?;
    Ok(())
}

/// What a process has taken so far.
struct Usage {
    n_ticks: u64,
    resident_kib: u64,
    most_resident_kib: u64,
}

impl Usage {
    fn of(program: &Binary) -> anyhow::Result<Self> {
        let pid = program
            .pid()
            .with_context(|| format!("it ended: {}", program.said()))?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let field = |name: &str| -> anyhow::Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let value = line.and_then(|line| line.split_whitespace().next());
            Ok(value.with_context(|| format!("no {name}"))?.parse()?)
        };
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // Behind the name in parentheses, which may hold anything: utime and stime are the 14th and 15th of all.
        let behind = stat.rsplit(')').next().unwrap_or_default();
        let times = behind.split_whitespace().skip(11).take(2);
        let times: Result<Vec<u64>, _> = times.map(str::parse).collect();
        Ok(Self {
            n_ticks: times?.iter().sum(),
            resident_kib: field("VmRSS:")?,
            most_resident_kib: field("VmHWM:")?,
        })
    }

    fn resident_mib(&self) -> f64 {
        self.resident_kib as f64 / 1024.0
    }
}

fn ticks_a_second() -> anyhow::Result<f64> {
    let said = std::process::Command::new("getconf")
        .arg("CLK_TCK")
        .output();
    Ok(String::from_utf8(said?.stdout)?.trim().parse()?)
}

fn write(home: &Home, all: &[Taken]) -> anyhow::Result<()> {
    let mut section = Section::new(
        home,
        4,
        "processes",
        "Memory and processor of each program",
        &command("processes"),
    );
    let size = [N_CLINICS, N_DEPARTMENTS, N_DOCTORS].map(|n| readable(f64::from(n)));
    section.say(&format!(
        "The released programs with their default settings (two requests a second) in a city of {} clinics, {} departments and {} doctors; people with \
{WATCHES_EACH} watches each, spread evenly over the doctors, one of {WITH_TALONS} of whom has a talon to tell. Measured for {} s from {} s after the \
first request on. \"At most\" is the peak since the start. The processor is one core's. {}.",
        size[0],
        size[1],
        size[2],
        MEASURED.as_secs(),
        SETTLING.as_secs(),
        machine()
    ));
    let mut text = "watches,program,at_s,resident_mib,processor_s\n".to_owned();
    for taken in all {
        for (at, mib, seconds) in &taken.samples {
            let _ = writeln!(
                text,
                "{},{},{at:.1},{mib:.1},{seconds:.2}",
                taken.n_watches, taken.program
            );
        }
    }
    section.keep(FILE, &text)?;
    let rows = all.iter().map(|taken| {
        let figures = [taken.resident_mib, taken.most_mib, taken.percent].map(readable);
        let head = [
            readable(taken.n_watches as f64),
            format!("`{}`", taken.program),
        ];
        head.into_iter().chain(figures).collect()
    });
    let columns = [
        "watches",
        "program",
        "resident, MiB",
        "at most, MiB",
        "processor, %",
    ];
    section.table(
        "Memory and processor",
        &columns,
        &rows.collect::<Vec<_>>(),
        &[FILE],
    );
    let line = |program: &str| Series {
        name: program.to_owned(),
        points: all
            .iter()
            .filter(|taken| taken.program == program)
            .map(|taken| (taken.n_watches as f64, taken.most_mib))
            .collect(),
        is_marked: true,
    };
    let plot = Plot {
        title: "Memory at most, by watches".to_owned(),
        x: Axis {
            label: "watches",
            scale: Scale::Log,
        },
        y: Axis {
            label: "MiB",
            scale: Scale::Linear,
        },
        series: ["pinger", "bot"].map(line).into(),
    };
    section.plot("processes.svg", &plot, &[FILE])?;
    goals(&mut section, all);
    section.publish()
}

fn goals(section: &mut Section, all: &[Taken]) {
    let largest = N_WATCHES.into_iter().max().unwrap_or_default();
    let smallest = N_WATCHES.into_iter().min().unwrap_or_default();
    for taken in all {
        let limit = if taken.program == "bot" {
            BOT_MIB
        } else {
            PINGER_MIB
        };
        if taken.n_watches == largest {
            let promise = format!(
                "100 000 watches: `{}` ≤ {limit} MiB, the peak included",
                taken.program
            );
            section.goal(Goal::at_most(&promise, taken.most_mib, limit, "MiB"));
        }
        if taken.n_watches == smallest {
            let promise = format!("10 watches: `{}` < {FEW_MIB} MiB", taken.program);
            section.goal(Goal::at_most(&promise, taken.resident_mib, FEW_MIB, "MiB"));
            let promise = format!(
                "10 watches: `{}` < {FEW_PERCENT} % of a core",
                taken.program
            );
            section.goal(Goal::at_most(&promise, taken.percent, FEW_PERCENT, "%"));
        }
    }
}
