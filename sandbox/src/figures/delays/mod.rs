//! Section 5: from the portal's answer to the message, idle and while ten thousand people are told of one talon.
//!
//! The released programs run as processes of their own against a Telegram that counts its limits to the letter: 30
//! messages to all and one to a chat within any second, 20 to a group within any minute. One talon opens for the crowd.
//! While it is told (first alone, then with presses of menus, then with 5 commands a second) single talons open for
//! single people.

mod acts;
mod page;
mod people;

use self::acts::{ask, leaf, single};
use self::page::Figures;
use self::people::{N_PRESSING, N_SINGLES, Scene};
use super::report::Home;
use crate::telegram::Call;
use anyhow::Context;
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Who waits for the one doctor.
const N_PEOPLE: usize = 10_000;
/// Single alerts and presses measured while nothing else happens.
const N_IDLE: usize = 300;
const N_IDLE_PRESSES: usize = 200;
/// Between two single talons: each person's turn comes after more than the minute in which a further talon would be
/// written into the message that is there.
const SINGLE_EVERY: Duration = Duration::from_millis(700);
const ANSWERS_A_SECOND: u32 = 5;
const PRESSES_A_SECOND: u32 = 10;
const ALERTS_A_SECOND: usize = 28;
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures and writes the section. With a `part`, a number, so many people are the crowd, and what comes out is only
/// printed. The programs must have been built: `cargo build --release -p bot -p pinger`.
///
/// # Errors
/// When a program cannot be run, something never comes, or the section cannot be written.
pub async fn run(home: &Home, part: Option<&str>) -> anyhow::Result<()> {
    let n_people = part.map_or(Ok(N_PEOPLE), str::parse);
    let figures = measure(n_people.context("delays-N: N people")?).await?;
    match part {
        None => page::write(home, &figures),
        Some(_) => page::print(&figures),
    }
}

async fn measure(n_people: usize) -> anyhow::Result<Figures> {
    let scene = Scene::prepare(n_people).await?;
    let (bot, pinger) = scene.start().await?;
    scene.settle().await?;
    let mut figures = Figures::new(n_people);
    let mut n_singles = 0;

    figures.single_idle = singles(&scene, &mut n_singles, N_IDLE, None).await?;
    // Menus are warm once everything in them was shown.
    scene.open_menus().await?;
    leaf(&scene, 2 * N_PRESSING).await?;
    figures.press_idle = leaf(&scene, N_IDLE_PRESSES).await?;

    let from = scene.world.telegram.log().end();
    let opened = Instant::now();
    scene.open_star()?;
    wait_told(&scene, from, 1).await?;
    figures.first = opened.elapsed();

    let tenth = n_people / 10;
    let alone = Phase::begin(&scene);
    wait_told(&scene, from, tenth * 2).await?;
    figures.phases.push(alone.end("alone"));

    let with_menus = Phase::begin(&scene);
    let n_presses = tenth * PRESSES_A_SECOND as usize / ALERTS_A_SECOND;
    let (pressed, told) = tokio::join!(leaf(&scene, n_presses), wait_told(&scene, from, tenth * 3));
    told?;
    figures.press_crowd = pressed?;
    figures.phases.push(with_menus.end("with presses of menus"));

    let with_answers = Phase::begin(&scene);
    let stop = CancellationToken::new();
    let waiting = async {
        // The last ones of the crowd may be told in messages that are not sent at the full pace.
        let told = wait_told(&scene, from, n_people - 20).await;
        stop.cancel();
        told
    };
    let (answers, took, told) = tokio::join!(
        ask(&scene, &stop),
        singles(&scene, &mut n_singles, usize::MAX, Some(&stop)),
        waiting
    );
    told?;
    (figures.answer_crowd, figures.single_crowd) = (answers?, took?);
    figures
        .phases
        .push(with_answers.end("with 5 commands a second and single talons"));

    let refused = |call: &Call| call.refusal() == Some(429);
    figures.n_refused = scene.world.telegram.log().count(refused);
    (figures.most_overall, figures.most_chat) = scene
        .world
        .telegram
        .most_sent_within(0, Duration::from_secs(1));
    tokio::try_join!(bot.terminate(), pinger.terminate())?;
    Ok(figures)
}

/// Talons for single people, one after another: so many measured, or as many as come until `stop`.
async fn singles(
    scene: &Scene,
    next: &mut usize,
    n: usize,
    stop: Option<&CancellationToken>,
) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::new();
    let mut every = interval(SINGLE_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while took.len() < n && !stop.is_some_and(CancellationToken::is_cancelled) {
        every.tick().await;
        let (person, whom) = &scene.singles[*next % N_SINGLES];
        took.extend(single(&scene.world, person.chat(), whom, *next).await?);
        *next += 1;
    }
    Ok(took)
}

/// Alerts alone have links.
fn is_told(call: &Call) -> bool {
    call.did("sendMessage") && call.params["reply_markup"].to_string().contains("url")
}

/// Returns once so many were told since `from`.
async fn wait_told(scene: &Scene, from: u64, n: usize) -> anyhow::Result<()> {
    let within = PATIENCE + Duration::from_secs(n as u64 / 10);
    let log = scene.world.telegram.log();
    let told = log.wait_for_nth(from, n, within, is_told);
    told.await.map(drop).context("alerts stopped coming")
}

/// What was sent in a stretch of the fan-out.
#[derive(Debug, Clone, Copy)]
struct Sent {
    name: &'static str,
    seconds: f64,
    n_alerts: usize,
    n_messages: usize,
    n_edits: usize,
}

/// A stretch of the fan-out.
struct Phase<'a> {
    scene: &'a Scene,
    from: u64,
    begun: Instant,
}

impl<'a> Phase<'a> {
    fn begin(scene: &'a Scene) -> Self {
        Self {
            scene,
            from: scene.world.telegram.log().end(),
            begun: Instant::now(),
        }
    }

    fn end(self, name: &'static str) -> Sent {
        let seconds = self.begun.elapsed().as_secs_f64();
        let calls = self.scene.world.telegram.log().since(self.from);
        let count = |is: &dyn Fn(&Call) -> bool| calls.iter().filter(|call| is(call)).count();
        Sent {
            name,
            seconds,
            n_alerts: count(&is_told),
            n_messages: count(&|call| call.did("sendMessage")),
            n_edits: count(&|call| call.did("editMessageText")),
        }
    }
}
