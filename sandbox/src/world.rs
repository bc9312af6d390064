//! A city, its portal and the Telegram stand-in together, with the settings that lead programs to them.

use crate::city::{City, Endpoint};
use crate::portal::Portal;
use crate::telegram::{Limits, TOKEN, Telegram};
use anyhow::Context;
use shared::ids::DoctorRef;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Everything the programs need around them.
#[derive(Debug)]
pub struct World {
    /// What happens there is seen at the portal.
    pub city: City,
    /// Where the programs look.
    pub portal: Portal,
    /// Where they write.
    pub telegram: Telegram,
    /// What they are started with.
    pub settings: Settings,
    /// Keeps the database's folder while the world lasts, when it is of our making.
    _folder: Option<TempDir>,
}

/// How a world differs from the usual.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the database lies; `None` = in a folder that goes with the world.
    pub database: Option<PathBuf>,
    /// `POLL_PERIOD`.
    pub poll_period: Duration,
    /// `REQUESTS_PER_SECOND`.
    pub requests_per_second: u32,
    /// What the Telegram stand-in puts up with.
    pub limits: Limits,
}

impl Default for Options {
    /// A second between looks, requests in plenty, Telegram's usual limits.
    fn default() -> Self {
        Self {
            database: None,
            poll_period: Duration::from_secs(1),
            requests_per_second: 100,
            limits: Limits::default(),
        }
    }
}

/// The settings both programs are started with, in this process or as binaries.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The database file.
    pub database: PathBuf,
    /// Between two looks at a department.
    pub poll_period: Duration,
    /// By name, as in the environment; a later pair replaces an earlier one of the same name.
    pub variables: Vec<(String, String)>,
}

impl Settings {
    /// The same with one more variable, for instance `ADMIN_CHATS`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.variables.push((name.to_owned(), value.to_string()));
        self
    }
}

impl World {
    /// Builds a world around a city.
    ///
    /// # Errors
    /// When the system gives no port or no folder.
    pub async fn start(city: City, options: Options) -> anyhow::Result<Self> {
        let portal = Portal::start(city.clone()).await?;
        let telegram = Telegram::start_with(options.limits).await?;
        let (folder, database) = match options.database {
            Some(database) => (None, database),
            None => {
                let folder = tempfile::tempdir().context("making a folder for the database")?;
                let database = folder.path().join("talon.db");
                (Some(folder), database)
            }
        };
        let variables = [
            ("TELOXIDE_TOKEN", TOKEN.to_owned()),
            ("TELOXIDE_API_URL", telegram.api_url.clone()),
            ("GORZDRAV_API_URL", portal.base_url.clone()),
            ("DATABASE_PATH", database.display().to_string()),
            (
                "POLL_PERIOD",
                format!("{}ms", options.poll_period.as_millis()),
            ),
            (
                "REQUESTS_PER_SECOND",
                options.requests_per_second.to_string(),
            ),
        ];
        let settings = Settings {
            database,
            poll_period: options.poll_period,
            variables: variables
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
        };
        Ok(Self {
            city,
            portal,
            telegram,
            settings,
            _folder: folder,
        })
    }

    /// The invented city with the usual options.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn invented() -> anyhow::Result<Self> {
        Self::start(City::invented()?, Options::default()).await
    }

    /// When the portal first answered about a doctor's slots, from a position of its log on, waiting for it a period and `patience`.
    ///
    /// # Errors
    /// When nobody asks in that time.
    pub async fn looked(
        &self,
        doctor: &DoctorRef,
        from: u64,
        patience: Duration,
    ) -> anyhow::Result<Instant> {
        let within = self.settings.poll_period + patience;
        let log = self.portal.log();
        let request = log.wait_for(from, within, |request| {
            request.endpoint == Some(Endpoint::Appointments)
                && request.lpu == Some(doctor.lpu)
                && request.id.as_deref() == Some(&doctor.doctor.0)
                && request.answered.is_some()
        });
        let request = request.await;
        let answered = request.and_then(|request| request.answered);
        answered.with_context(|| format!("nobody asked for the slots of {doctor:?}"))
    }
}
