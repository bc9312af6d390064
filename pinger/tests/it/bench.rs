//! A pinger on an invented portal and a fresh store, with a person who watches.

use super::PATIENCE;
use super::portal::Portal;
use chrono::{DateTime, Utc};
use pinger::Config;
use shared::clock::wall;
use shared::event::EventKind;
use shared::ids::{Department, EventId, LpuId, PersonId, Target};
use shared::store::{AddOutcome, Heartbeat, Lang, Limits, NewWatch, Program, Store, TargetState};
use shared::wish::Wish;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub(crate) struct Bench {
    pub(crate) portal: Portal,
    /// The bot's side of the store.
    pub(crate) store: Store,
    pub(crate) settings: Vec<(&'static str, String)>,
    person: PersonId,
    folder: TempDir,
}

/// A pinger that runs.
pub(crate) struct Running {
    pub(crate) shutdown: CancellationToken,
    run: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Tells it to end and waits until it has.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        let ended = timeout(PATIENCE, self.run).await;
        ended.expect("ends").unwrap().unwrap();
    }
}

/// `1/ent` = any doctor, `1/ent/a` = that one.
pub(crate) fn target(path: &str) -> Target {
    let mut parts = path.split('/');
    let lpu = parts.next().unwrap().parse().unwrap();
    Target {
        department: Department {
            lpu: LpuId(lpu),
            specialty: parts.next().unwrap().into(),
        },
        doctor: parts.next().map(Into::into),
    }
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("talon.db"), Program::Bot)
            .await
            .unwrap();
        let person = store.meet(1, None, Lang::Ru, Utc::now()).await.unwrap().id;
        Self {
            portal: Portal::start().await,
            store,
            settings: vec![
                ("POLL_PERIOD", "1s".to_owned()),
                ("REQUESTS_PER_SECOND", "100".to_owned()),
                ("REQUEST_TIMEOUT", "2s".to_owned()),
            ],
            person,
            folder,
        }
    }

    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.settings.push((name, value.to_owned()));
    }

    pub(crate) fn run(&self) -> Running {
        let path = self.folder.path().join("talon.db").display().to_string();
        let mut pairs = vec![
            ("GORZDRAV_API_URL", self.portal.address.as_str()),
            ("DATABASE_PATH", &path),
        ];
        pairs.extend(
            self.settings
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        let config: Config = shared::settings::from_pairs(&pairs).unwrap();
        let shutdown = CancellationToken::new();
        let run = tokio::spawn(pinger::run(config, shutdown.clone()));
        Running { shutdown, run }
    }

    /// The person of the bench watches.
    pub(crate) async fn watch(&self, path: &str) {
        self.watch_as(self.person, path).await;
    }

    /// Someone else watches.
    pub(crate) async fn another_watches(&self, path: &str) {
        let other = self
            .store
            .meet(2, None, Lang::Ru, Utc::now())
            .await
            .unwrap();
        self.watch_as(other.id, path).await;
    }

    async fn watch_as(&self, person: PersonId, path: &str) {
        let new = NewWatch {
            person,
            targets: vec![target(path)],
            areas: Vec::new(),
            wish: Wish::default(),
        };
        let limits = Limits {
            watches: 100,
            targets: 100,
        };
        let added = self.store.add_watch(new, limits, Utc::now()).await.unwrap();
        assert!(matches!(added, AddOutcome::Added(_)));
    }

    pub(crate) async fn off(&self) {
        self.store
            .switch_off(self.person, Utc::now())
            .await
            .unwrap();
    }

    pub(crate) async fn ask(&self, path: &str, at: DateTime<Utc>) {
        self.store.ask_looks(vec![target(path)], at).await.unwrap();
    }

    /// What is known of a target.
    pub(crate) async fn state(&self, path: &str) -> TargetState {
        self.store
            .target_state(target(path), Utc::now())
            .await
            .unwrap()
    }

    /// Waits for the pinger's first sign of life.
    pub(crate) async fn until_alive(&self) -> Heartbeat {
        let beat = || async { self.store.heartbeat(Program::Pinger).await.unwrap() };
        self.until(beat, Option::is_some).await.unwrap()
    }

    /// All events so far: `appeared a 03-01T10:00`.
    pub(crate) async fn events(&self) -> Vec<String> {
        let events = self.store.events_after(EventId(0), 1000).await.unwrap();
        let show = |event: shared::event::Event| {
            let kind: EventKind = event.kind;
            let doctor = event.doctor.unwrap();
            let start = wall(event.start.unwrap()).format("%m-%dT%H:%M");
            format!("{} {doctor} {start}", kind.as_str())
        };
        events.into_iter().map(show).collect()
    }

    /// Waits, woken by commits, until what `look` reads suits.
    pub(crate) async fn until<T, F>(
        &self,
        mut look: impl FnMut() -> F,
        suits: impl Fn(&T) -> bool,
    ) -> T
    where
        F: Future<Output = T>,
        T: std::fmt::Debug,
    {
        let mut changes = self.store.changes().await.unwrap();
        let mut last = look().await;
        let waiting = async {
            while !suits(&last) {
                // Time changes answers too, hence the limit.
                let _ = timeout(Duration::from_millis(100), changes.next()).await;
                last = look().await;
            }
        };
        let waited = timeout(PATIENCE, waiting).await;
        assert!(
            waited.is_ok(),
            "never came: {last:?}\n{:?}",
            self.portal.asked()
        );
        last
    }

    /// Waits until the events are these.
    pub(crate) async fn until_events(&self, want: &[&str]) {
        self.until(|| self.events(), |events| events == want).await;
    }
}
