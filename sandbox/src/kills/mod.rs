//! The real programs, killed again and again under load: whatever stayed open must have been told.
//!
//! SIGKILL comes at random moments and on purpose at the worst ones: right after Telegram accepted a message, before
//! its answer, while a program starts. Talons open and are taken all the while, people press buttons. After each kill
//! the database is checked; at the end everybody must have been told of every talon that suits them and stayed open,
//! and a talon may have been told twice only by the one message of its chat that was on its way at a kill.

mod ledger;
mod load;
mod talkers;
mod town;

use crate::binaries::Binary;
use crate::city::City;
use crate::telegram::{Call, Calls, Outcome, Trouble, TroubleId};
use crate::world::{Options, World};
use anyhow::Context;
use chrono::{DateTime, Utc};
use ledger::Ledger;
use load::Load;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use talkers::Talkers;
use town::Town;

/// A dead program is started again within this time.
const DEAD: Duration = Duration::from_millis(500);
/// A kill at a random moment comes within this time.
const ALIVE: Duration = Duration::from_millis(2_000);
/// A kill while a program starts comes within this time: it takes a debug build about as long.
const STARTING: Duration = Duration::from_millis(250);
/// After a message was accepted, its cursor is moved within about this time.
const NOTING: Duration = Duration::from_millis(15);
/// A message to kill by comes within this time, or the kill comes without one.
const PATIENCE: Duration = Duration::from_secs(6);
/// An answer held back so long never arrives: the kill comes first.
const HELD: Duration = Duration::from_secs(20);
/// Everything is told so long after the last kill, at the latest.
const LAST: Duration = Duration::from_secs(120);

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How often something is killed: a program or both.
    pub times: usize,
    /// Decides what is killed and when, and what opens.
    pub seed: u64,
    /// Where the database is left for inspection; `None` = in a folder that goes.
    pub database: Option<PathBuf>,
}

/// Whom a kill hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Bot,
    Pinger,
    Both,
}

/// When a kill comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    /// Whenever.
    AtRandom,
    /// Right after Telegram answered an alert.
    Answered,
    /// After Telegram took an alert and before it answered.
    Unanswered,
    /// While a program starts.
    Starting,
}

const MOMENTS: [(Moment, &str); 4] = [
    (Moment::AtRandom, "at a random moment"),
    (Moment::Answered, "right after an alert was answered"),
    (Moment::Unanswered, "before an alert was answered"),
    (Moment::Starting, "while starting"),
];

/// When the bot was killed: not before the first, dead by the second.
type Death = (DateTime<Utc>, DateTime<Utc>);

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The seed of the plan.
    pub seed: u64,
    /// How long it took.
    pub took: Duration,
    /// Kills of the bot, alone or with the pinger.
    pub n_bot: usize,
    /// Kills of the pinger, alone or with the bot.
    pub n_pinger: usize,
    /// Kills by the moment they came at.
    n_at: [usize; MOMENTS.len()],
    /// People who waited.
    pub n_people: usize,
    /// Talons that opened.
    pub n_opened: usize,
    /// Of them those nobody took.
    pub n_stayed: usize,
    /// Pairs of a talon that stayed open and a person it suits.
    pub n_owed: usize,
    /// Of them those told.
    pub n_told: usize,
    /// Messages that told something again.
    pub n_repeats: usize,
    /// Of them to the one chat that got the most.
    pub n_repeats_of_one: usize,
    /// Checks of the database, all of them well or `broken` says so.
    pub n_checks: usize,
    /// Doctors added by menu while programs died.
    pub n_dialogues: usize,
    /// Steps of those.
    pub n_steps: usize,
    /// Steps a person had to take again because a kill swallowed them.
    pub n_steps_again: usize,
    /// Promises that did not hold; empty when all is well.
    pub broken: Vec<String>,
}

/// Carries a plan out with the programs built beside this executable; every line goes to `tell`.
///
/// # Errors
/// When the bench itself fails: a program cannot be built or started, a port or a folder is not to be had.
pub async fn run(plan: Plan, mut tell: impl FnMut(&str)) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let world = World::start(
        City::grown(town::N_CLINICS, town::N_DEPARTMENTS, town::N_DOCTORS),
        Options {
            database: plan.database,
            requests_per_second: 60,
            ..Options::default()
        },
    )
    .await?;
    let mut dice = StdRng::seed_from_u64(plan.seed);
    let town = Town::found(&world, &mut dice).await?;
    let mut report = Report {
        seed: plan.seed,
        n_people: town.people.len(),
        ..Report::default()
    };
    let mut house = House::start(&world).await?;
    let load = Load::start(world.city.clone(), town.doctors.clone(), dice.random());
    let talkers = Talkers::start(&world.telegram, &town, dice.random());
    for n in 1..=plan.times {
        let moment = MOMENTS[pick(&mut dice, &[40, 25, 20, 15])].0;
        let victim = match moment {
            // An alert on its way is the bot's.
            Moment::Answered | Moment::Unanswered => {
                [Victim::Bot, Victim::Both][pick(&mut dice, &[80, 20])]
            }
            _ => [Victim::Bot, Victim::Pinger, Victim::Both][pick(&mut dice, &[35, 45, 20])],
        };
        house.kill(victim, moment, &mut dice, &mut report).await?;
        if n % 10 == 0 || n == plan.times {
            let line = format!(
                "{n} of {}: {} talons opened, {} messages from the bot, {:.0?}",
                plan.times,
                load.n_opened(),
                world.telegram.log().count(|call| call.did("sendMessage")),
                begun.elapsed()
            );
            tell(&line);
        }
    }
    let talons = load.stop().await?;
    talkers.stop(&mut report).await?;
    let ledger = Ledger::new(&world.telegram, &town, &talons);
    ledger.wait_until_told(LAST).await;
    house.end(&mut report).await;
    report.check(&world).await;
    ledger.judge(&house.deaths, &mut report);
    report.took = begun.elapsed();
    Ok(report)
}

/// Index of a share, by weight.
fn pick(dice: &mut StdRng, weights: &[u32]) -> usize {
    let mut left = dice.random_range(0..weights.iter().sum());
    for (index, weight) in weights.iter().enumerate() {
        if left < *weight {
            return index;
        }
        left -= weight;
    }
    0
}

/// The two programs, and how they died.
struct House<'a> {
    world: &'a World,
    bot: Option<Binary>,
    pinger: Option<Binary>,
    deaths: Vec<Death>,
}

impl<'a> House<'a> {
    async fn start(world: &'a World) -> anyhow::Result<Self> {
        let mut house = Self {
            world,
            bot: None,
            pinger: None,
            deaths: Vec::new(),
        };
        house.revive().await?;
        Ok(house)
    }

    /// Starts whoever is dead.
    async fn revive(&mut self) -> anyhow::Result<()> {
        let folder = self.world.settings.database.parent();
        let folder = folder.context("the database lies in a folder")?;
        let variables = &self.world.settings.variables;
        if self.pinger.is_none() {
            self.pinger = Some(Binary::start("pinger", variables, folder).await?);
        }
        if self.bot.is_none() {
            self.bot = Some(Binary::start("bot", variables, folder).await?);
        }
        Ok(())
    }

    /// Kills at such a moment and starts again what was killed.
    async fn kill(
        &mut self,
        victim: Victim,
        moment: Moment,
        dice: &mut StdRng,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let held = self.wait_for(moment, dice).await;
        let moment = if held.is_some() {
            moment
        } else {
            Moment::AtRandom
        };
        let before = Utc::now();
        if victim != Victim::Pinger
            && let Some(bot) = self.bot.take()
        {
            report.buried("bot", bot).await;
            report.n_bot += 1;
            self.deaths.push((before, Utc::now()));
        }
        if victim != Victim::Bot
            && let Some(pinger) = self.pinger.take()
        {
            report.buried("pinger", pinger).await;
            report.n_pinger += 1;
        }
        for held in held.unwrap_or_default() {
            self.world.telegram.clear(held);
        }
        let at = MOMENTS.iter().position(|(known, _)| *known == moment);
        report.n_at[at.unwrap_or_default()] += 1;
        let again = tokio::time::sleep(up_to(DEAD, dice));
        // As the dead left it, before anybody mends it at a start.
        report.check(self.world).await;
        again.await;
        self.revive().await
    }

    /// `None` = no alert came to kill by. Otherwise what was done to Telegram for it.
    async fn wait_for(&self, moment: Moment, dice: &mut StdRng) -> Option<Vec<TroubleId>> {
        let telegram = &self.world.telegram;
        let from = telegram.log().end();
        let is_alert = |call: &Call| call.is_done() && ledger::is_alert(call);
        match moment {
            Moment::AtRandom => tokio::time::sleep(up_to(ALIVE, dice)).await,
            Moment::Starting => tokio::time::sleep(up_to(STARTING, dice)).await,
            Moment::Answered => {
                telegram.log().wait_for(from, PATIENCE, is_alert).await?;
                tokio::time::sleep(up_to(NOTING, dice)).await;
            }
            Moment::Unanswered => {
                // What is new, and what joins an alert of the last minute.
                let methods = ["sendMessage", "editMessageText"];
                let held =
                    methods.map(|method| telegram.trouble(Calls::of(method), Trouble::Late(HELD)));
                let is_held = |call: &Call| {
                    call.outcome == Some(Outcome::AnswerLost) && ledger::is_alert(call)
                };
                let came = telegram.log().wait_for(from, PATIENCE, is_held).await;
                if came.is_some() {
                    tokio::time::sleep(up_to(NOTING, dice)).await;
                    return Some(held.to_vec());
                }
                for held in held {
                    telegram.clear(held);
                }
                return None;
            }
        }
        Some(Vec::new())
    }

    /// Ends both in good order.
    async fn end(&mut self, report: &mut Report) {
        for program in [self.bot.take(), self.pinger.take()].into_iter().flatten() {
            if let Err(error) = program.terminate().await {
                report.broken.push(format!("{error:#}"));
            }
        }
    }
}

fn up_to(longest: Duration, dice: &mut StdRng) -> Duration {
    longest.mul_f64(dice.random())
}

impl Report {
    /// Kills it; it must not have ended before by itself, nor panicked.
    async fn buried(&mut self, name: &str, program: Binary) {
        let said = program.said();
        if let Some(line) = said.lines().find(|line| line.contains("panicked")) {
            self.broken.push(format!("{name}: {line}"));
        }
        if let Err(error) = program.kill().await {
            self.broken.push(format!("{error:#}"));
        }
    }

    async fn check(&mut self, world: &World) {
        self.n_checks += 1;
        match shared::store::integrity(&world.settings.database).await {
            Ok(wrong) if wrong.is_empty() => {}
            Ok(wrong) => self.broken.push(format!("the database: {wrong:?}")),
            // Killed before there was one.
            Err(_) if !world.settings.database.exists() => {}
            Err(error) => self.broken.push(format!("the database: {error}")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |what: &str, n: &dyn fmt::Display| writeln!(f, "| {what} | {n} |");
        row("", &format_args!("seed {}, {:.0?}", self.seed, self.took))?;
        row("---", &"---:")?;
        row("kills of the bot", &self.n_bot)?;
        row("kills of the pinger", &self.n_pinger)?;
        for ((_, when), n) in MOMENTS.iter().zip(self.n_at) {
            row(&format!("… {when}"), &n)?;
        }
        row("checks of the database", &self.n_checks)?;
        row("people waiting", &self.n_people)?;
        row("talons opened", &self.n_opened)?;
        row("… stayed open", &self.n_stayed)?;
        row("owed: such a talon to a person it suits", &self.n_owed)?;
        row("… told", &self.n_told)?;
        row("messages that repeated something", &self.n_repeats)?;
        row("… to one chat at most", &self.n_repeats_of_one)?;
        row("doctors added by menu meanwhile", &self.n_dialogues)?;
        row("… steps", &self.n_steps)?;
        row(
            "… steps swallowed by a kill, taken again",
            &self.n_steps_again,
        )?;
        row("promises broken", &self.broken.len())?;
        for broken in &self.broken {
            writeln!(f, "\n{broken}")?;
        }
        Ok(())
    }
}
