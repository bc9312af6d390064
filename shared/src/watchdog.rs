//! What the service manager (systemd) hears: that the program is ready, that it ends, and that it is not stuck.
//!
//! "Not stuck" is said only while every loop that matters has gone round lately. A loop that waits for the store is
//! not judged by that: the store is, by how long its threads have been at one question. So a file that someone else
//! keeps locked for minutes gets nobody restarted, a loop that hangs does, and so does a runtime that runs nothing:
//! then nobody is left to say it. Without a service manager all this is silent, save for the log.

use crate::store::Store;
use sd_notify::NotifyState;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Loops go round every 30 seconds at the latest, and a broken one begins anew within as long.
const LOOP_PATIENCE: Duration = Duration::from_secs(90);

/// A question to the store takes seconds at worst.
const STORE_PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks when nobody asks for them.
const EVERY: Duration = Duration::from_secs(10);

/// While a program starts, which takes as long as others keep the file locked or the schema is brought up to date.
const START_STEP: Duration = Duration::from_secs(10);
const START_EXTENSION_US: u32 = 60_000_000;

/// Goes round with a loop; clones are the same one.
#[derive(Debug, Clone)]
pub struct Pulse {
    name: &'static str,
    /// When the loop went round last; `None` while it waits for the store.
    at: Arc<Mutex<Option<Instant>>>,
}

impl Pulse {
    /// Of a loop that is about to begin.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            at: Arc::new(Mutex::new(Some(Instant::now()))),
        }
    }

    /// The loop goes round.
    pub fn beat(&self) {
        self.set(Some(Instant::now()));
    }

    /// Waits for an answer of the store, which is judged by itself.
    pub async fn at_store<T>(&self, asked: impl Future<Output = T>) -> T {
        /// Also when the loop breaks or is dropped here.
        struct Waiting<'a>(&'a Pulse);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.beat();
            }
        }
        self.set(None);
        let _waiting = Waiting(self);
        asked.await
    }

    fn set(&self, at: Option<Instant>) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    fn age(&self) -> Duration {
        let at = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.map(|at| at.elapsed()).unwrap_or_default()
    }
}

/// Runs the beginning of a program, and asks the service manager for more time while it lasts.
pub async fn starting<T>(beginning: impl Future<Output = T>) -> T {
    let ask = async {
        loop {
            tell(&[NotifyState::ExtendTimeoutUsec(START_EXTENSION_US)]);
            sleep(START_STEP).await;
        }
    };
    tokio::select! {
        biased;
        begun = beginning => begun,
        () = ask => unreachable!("it asks for ever"),
    }
}

/// The program serves.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The program is about to end.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says that the program is not stuck for as long as that is true, for ever.
pub async fn watch(pulses: &[Pulse], store: &Store) {
    // Three times within what the service manager waits for, so that one late turn does no harm.
    let every = sd_notify::watchdog_enabled().map_or(EVERY, |within| (within / 3).min(EVERY));
    let watch = Watch {
        every,
        loop_patience: LOOP_PATIENCE,
        store_patience: STORE_PATIENCE,
    };
    watch
        .go_on(pulses, store, || tell(&[NotifyState::Watchdog]))
        .await;
}

fn tell(state: &[NotifyState<'_>]) {
    // Nobody to tell is the ordinary case and no error.
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

struct Watch {
    every: Duration,
    loop_patience: Duration,
    store_patience: Duration,
}

impl Watch {
    async fn go_on(&self, pulses: &[Pulse], store: &Store, say_well: impl Fn()) {
        let mut was_stuck = None;
        loop {
            let stuck = self.stuck(pulses, store);
            if stuck.is_none() {
                say_well();
            }
            if stuck != was_stuck {
                match stuck {
                    Some(part) => tracing::error!(part, "the program is stuck"),
                    None => tracing::info!("the program is not stuck any more"),
                }
                was_stuck = stuck;
            }
            sleep(self.every).await;
        }
    }

    /// What is stuck.
    fn stuck(&self, pulses: &[Pulse], store: &Store) -> Option<&'static str> {
        let stuck = pulses
            .iter()
            .find(|pulse| pulse.age() > self.loop_patience)
            .map(|pulse| pulse.name);
        stuck.or_else(|| (store.at_one_question() > self.store_patience).then_some("store"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Program;
    use chrono::Utc;
    use rusqlite::{Connection, TransactionBehavior};
    use tokio::net::UnixDatagram;
    use tokio::time::timeout;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// As short as it gets: a loop may sleep a little, a locked file makes one question take five seconds.
    const WATCH: Watch = Watch {
        every: Duration::from_millis(50),
        loop_patience: Duration::from_secs(2),
        store_patience: Duration::from_secs(20),
    };

    struct House {
        folder: tempfile::TempDir,
        store: Store,
        /// As systemd listens.
        systemd: UnixDatagram,
    }

    impl House {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("talon.db");
            Self {
                store: Store::open(&path, Program::Bot).await.unwrap(),
                systemd: UnixDatagram::bind(folder.path().join("notify")).unwrap(),
                folder,
            }
        }

        fn watch(&self, pulse: &Pulse) -> tokio::task::JoinHandle<()> {
            let to = self.folder.path().join("notify");
            let socket = UnixDatagram::unbound().unwrap();
            let (pulses, store) = ([pulse.clone()], self.store.clone());
            tokio::spawn(async move {
                let say = || drop(socket.try_send_to(b"WATCHDOG=1\n", &to));
                WATCH.go_on(&pulses, &store, say).await;
            })
        }

        async fn heard(&self) -> bool {
            self.heard_within(PATIENCE).await
        }

        async fn heard_within(&self, patience: Duration) -> bool {
            let mut said = [0; 64];
            timeout(patience, self.systemd.recv(&mut said))
                .await
                .is_ok()
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_said_while_the_loop_goes_round_and_not_when_it_hangs() {
        let house = House::new().await;
        let pulse = Pulse::new("loop");
        let goes_round = tokio::spawn({
            let pulse = pulse.clone();
            async move {
                loop {
                    pulse.beat();
                    sleep(Duration::from_millis(100)).await;
                }
            }
        });
        let watch = house.watch(&pulse);
        for _ in 0..60 {
            assert!(house.heard().await);
        }
        // As if it waited for ever for something that never comes.
        goes_round.abort();
        let a_while = WATCH.loop_patience;
        let silent = async { while house.heard_within(a_while).await {} };
        timeout(PATIENCE, silent)
            .await
            .expect("nothing is said any more");
        // Somebody freed it after all.
        pulse.beat();
        assert!(house.heard().await);
        watch.abort();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_that_someone_else_keeps_locked_is_not_a_loop_that_hangs() {
        let house = House::new().await;
        let mut other = Connection::open(house.store.path()).unwrap();
        let lock = other.transaction_with_behavior(TransactionBehavior::Exclusive);
        let lock = lock.unwrap();
        let pulse = Pulse::new("loop");
        let (store, beating) = (house.store.clone(), pulse.clone());
        let refused = tokio::spawn(async move {
            let beat = store.beat(Program::Bot, Utc::now(), Utc::now());
            beating.at_store(beat).await.is_err()
        });
        let watch = house.watch(&pulse);
        // Until the store gives the question up, which is after the loop's patience.
        while !refused.is_finished() {
            assert!(house.heard().await);
        }
        assert!(refused.await.unwrap());
        drop(lock);
        watch.abort();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_loop_that_is_dropped_while_it_waits_is_judged_again() {
        let pulse = Pulse::new("loop");
        let waiting = pulse.at_store(std::future::pending::<()>());
        let waiting = timeout(Duration::from_millis(10), waiting);
        assert!(waiting.await.is_err());
        sleep(Duration::from_millis(10)).await;
        assert!(!pulse.age().is_zero());
    }
}
