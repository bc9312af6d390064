//! The real `bot` and `pinger`, started in this process.

use crate::world::Settings;
use anyhow::{Context, anyhow};
use shared::settings::Variables;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a program promises to end within.
const END_WITHIN: Duration = Duration::from_secs(5);

/// A program that runs. Dropped, it is asked to end and not waited for; see [`Program::stop`].
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Program {
    /// Starts a `bot`.
    ///
    /// # Errors
    /// When the settings do not read.
    pub fn bot(settings: &Settings) -> anyhow::Result<Self> {
        let config = bot::Config::read(&variables(settings))?;
        Ok(Self::start("bot", |shutdown| bot::run(config, shutdown)))
    }

    /// Starts a `pinger`.
    ///
    /// # Errors
    /// When the settings do not read.
    pub fn pinger(settings: &Settings) -> anyhow::Result<Self> {
        let config = variables(settings).parse::<pinger::Config>()?;
        Ok(Self::start("pinger", |shutdown| {
            pinger::run(config, shutdown)
        }))
    }

    fn start<F>(name: &'static str, run: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(run(shutdown.clone()));
        Self {
            name,
            shutdown,
            task,
        }
    }

    /// How it ended without being asked; waits for ever while it runs.
    pub async fn ended(&mut self) -> anyhow::Error {
        let ended = match (&mut self.task).await {
            Ok(Ok(())) => anyhow!("it was not asked to"),
            Ok(Err(error)) => error,
            Err(error) => error.into(),
        };
        ended.context(format!("{} ended", self.name))
    }

    /// Asks it to end, in good order, and waits for that.
    ///
    /// # Errors
    /// When it fails, or does not end in the time it promises.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let ended = tokio::time::timeout(END_WITHIN, &mut self.task).await;
        let ended = ended.with_context(|| format!("{} did not end in time", self.name))?;
        let ended = ended.with_context(|| format!("{} broke", self.name))?;
        ended.with_context(|| format!("{} failed", self.name))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Both programs.
#[derive(Debug)]
pub struct Programs {
    /// Talks with people.
    pub bot: Program,
    /// Looks at the portal.
    pub pinger: Program,
}

impl Programs {
    /// Starts both.
    ///
    /// # Errors
    /// When the settings do not read.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            bot: Program::bot(settings)?,
            pinger: Program::pinger(settings)?,
        })
    }

    /// How one of them ended without being asked; waits for ever while both run.
    pub async fn ended(&mut self) -> anyhow::Error {
        tokio::select! {
            error = self.bot.ended() => error,
            error = self.pinger.ended() => error,
        }
    }

    /// Asks both to end, in good order, and waits for it.
    ///
    /// # Errors
    /// When one fails, or does not end in the time it promises.
    pub async fn stop(self) -> anyhow::Result<()> {
        let (bot, pinger) = tokio::join!(self.bot.stop(), self.pinger.stop());
        bot.and(pinger)
    }
}

fn variables(settings: &Settings) -> Variables {
    Variables::from_pairs(settings.variables.iter().cloned())
}
