//! A whole house for one test: city, stand-in, database file, the real programs in this process.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use sandbox::city::Whom;
use sandbox::{City, Person, Portal, Telegram};
use shared::clock::wall;
use shared::settings::Variables;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often the pinger of a test looks.
pub(super) const PERIOD: Duration = Duration::from_secs(1);

/// A program under way.
pub(super) struct Running {
    stop: CancellationToken,
    ended: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Ends it in good order.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(5), self.ended)
            .await
            .expect("ends within 5 s")
            .unwrap()
            .unwrap();
    }
}

pub(super) struct House {
    pub(super) city: City,
    pub(super) portal: Portal,
    pub(super) telegram: Telegram,
    pub(super) folder: TempDir,
    more: Vec<(String, String)>,
    /// Updates of one chat served within ten seconds.
    burst: usize,
    /// When the weekly message is sent, if not when people get it.
    weekly: Option<bot::Weekly>,
    /// How long the pinger may be silent before operators hear of it, if not as long as people's.
    silence: Option<Duration>,
    /// Of the next talon for a witness.
    minute: AtomicU32,
}

impl House {
    pub(super) async fn new() -> Self {
        let _ =
            shared::logging::init(&std::env::var("RUST_LOG").unwrap_or_else(|_| "error".into()));
        let city = City::invented().unwrap();
        Self {
            portal: Portal::start(city.clone()).await.unwrap(),
            city,
            telegram: Telegram::start().await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
            more: Vec::new(),
            // Tests press faster than people do.
            burst: 100_000,
            weekly: None,
            silence: None,
            minute: AtomicU32::new(0),
        }
    }

    /// With one more setting, or another value of one.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.more.push((name.into(), value.into()));
        self
    }

    /// With the flood control people meet.
    pub(super) fn with_flood_control(mut self) -> Self {
        self.burst = 20;
        self
    }

    /// With the weekly message due since the hour began.
    pub(super) fn with_week_ending_now(mut self) -> Self {
        let now = wall(self.city.now());
        self.weekly = Some(bot::Weekly {
            day: now.weekday(),
            hour: now.hour(),
            by_day: 0..24,
        });
        self
    }

    /// With operators who hear of a pinger that has been silent for so long.
    pub(super) fn with_silence(mut self, silence: Duration) -> Self {
        self.silence = Some(silence);
        self
    }

    /// Settings as an operator writes them, DESIGN's names.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let path = self.folder.path().join("talon.db");
        let mut settings: Vec<(String, String)> = [
            ("TELOXIDE_TOKEN", sandbox::telegram::TOKEN),
            ("TELOXIDE_API_URL", &self.telegram.api_url),
            ("GORZDRAV_API_URL", &self.portal.base_url),
            ("DATABASE_PATH", path.to_str().unwrap()),
            ("POLL_PERIOD", "1s"),
            ("REQUESTS_PER_SECOND", "100"),
            ("REQUEST_TIMEOUT", "2s"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        settings.extend(self.more.clone());
        settings
    }

    pub(super) async fn bot(&self) -> Running {
        let mut config = bot::Config::read(&Variables::from_pairs(self.settings())).unwrap();
        config.burst = self.burst;
        if let Some(weekly) = &self.weekly {
            config.weekly = weekly.clone();
        }
        if let Some(silence) = self.silence {
            config.silence = silence;
        }
        let stop = CancellationToken::new();
        Running {
            ended: tokio::spawn(bot::run(config, stop.clone())),
            stop,
        }
    }

    pub(super) async fn pinger(&self) -> Running {
        let config = Variables::from_pairs(self.settings())
            .parse::<pinger::Config>()
            .unwrap();
        let stop = CancellationToken::new();
        Running {
            ended: tokio::spawn(pinger::run(config, stop.clone())),
            stop,
        }
    }

    /// Both programs.
    pub(super) async fn both(&self) -> (Running, Running) {
        (self.bot().await, self.pinger().await)
    }

    /// The doctor the tests wait for: listed, with nothing free at first.
    pub(super) fn star(&self) -> Whom {
        self.city.star().unwrap()
    }

    /// Opens a talon of this doctor.
    pub(super) fn open(&self, whom: &Whom, start: DateTime<Utc>) {
        self.city
            .open_slot(whom.doctor.lpu, &whom.doctor.doctor, start)
            .unwrap();
    }

    /// Somebody takes it.
    pub(super) fn take(&self, whom: &Whom, start: DateTime<Utc>) {
        assert!(
            self.city
                .take_slot(whom.doctor.lpu, &whom.doctor.doctor, start)
                .unwrap()
        );
    }

    /// Returns when whatever was on its way to anybody must have come: somebody else has meanwhile been told twice,
    /// each time of a talon opened after this was called, found by a whole round of looks.
    pub(super) async fn settle(&self) {
        let witness = self.telegram.person("Свидетель", "ru");
        let whom = self.city.doctor_named("Скворцов").unwrap();
        witness.say("/start");
        witness.answer().await.unwrap();
        add(&witness, &whom).await;
        for _ in 0..2 {
            // A time of its own each: an earlier one may still be free, or on its way out.
            let minute = self.minute.fetch_add(1, Ordering::Relaxed);
            witness.look_away();
            self.open(&whom, self.city.wall(5, 7, minute));
            let time = format!("07:{minute:02}");
            let told =
                witness.wait_for(|message| is_alert(message) && message.text.contains(&time));
            told.await.unwrap();
        }
        witness.say("/off");
        witness.answer().await.unwrap();
    }

    /// How many messages the bot has sent to this person so far that name this time.
    pub(super) fn n_told(&self, person: &Person, time: &str) -> usize {
        let alert =
            |message: &&sandbox::telegram::Message| is_alert(message) && names(message, time);
        person.messages().iter().filter(alert).count()
    }
}

/// Whether a message names this time as a talon's: "checked at 14:45:09" is none.
pub(super) fn names(message: &sandbox::telegram::Message, time: &str) -> bool {
    let mut lines = message.text.lines();
    lines.any(|line| !line.contains('🕒') && line.contains(time))
}

/// Whether this is an alert: the only messages with a link button.
pub(super) fn is_alert(message: &sandbox::telegram::Message) -> bool {
    !message.links().is_empty()
}

/// Adds a doctor by pressing what a person reads.
pub(super) async fn add(person: &Person, whom: &Whom) {
    person.say("/add");
    for text in [&whom.district, &whom.clinic, &whom.specialty] {
        person.press(text).await.unwrap();
    }
    person.press(whom.name.as_deref().unwrap()).await.unwrap();
    person.wait_for_text("Готово").await.unwrap();
}
