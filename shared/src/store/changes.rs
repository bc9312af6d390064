//! Hearing of commits: `PRAGMA data_version` on a connection that stays open, and a datagram as a hint.
//!
//! The version is asked every [`NAP`], which alone is enough; the datagram, sent after each commit to the other
//! program's socket beside the file, only shortens the nap. Lost, late or forged hints do no harm.

use super::{Program, StoreError};
use crate::supervise::supervise_thread;
use rusqlite::Connection;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;

/// Longest time a commit stays unheard of.
const NAP: Duration = Duration::from_millis(50);

/// Where hints go and come from.
pub(super) struct Hints {
    program: Program,
    socket: Option<UnixDatagram>,
    own: PathBuf,
    others: Vec<PathBuf>,
}

impl Hints {
    pub(super) fn new(database: &Path, program: Program) -> Self {
        let path = |program: Program| {
            let mut name = database.as_os_str().to_owned();
            name.push(format!("-{}.sock", program.as_str()));
            PathBuf::from(name)
        };
        let others = Program::ALL
            .into_iter()
            .filter(|&other| other != program)
            .map(path)
            .collect();
        let socket = UnixDatagram::unbound().ok();
        if let Some(socket) = &socket {
            // A full or dead peer must not hold up a commit.
            let _ = socket.set_nonblocking(true);
        }
        Self {
            program,
            socket,
            own: path(program),
            others,
        }
    }

    /// Says "something was committed" to the others. Nobody listening is the ordinary case.
    pub(super) fn send(&self) {
        if let Some(socket) = &self.socket {
            for other in &self.others {
                let _ = socket.send_to(b"!", other);
            }
        }
    }
}

/// Wakes on commits of anyone. Commits between two waits are seen as one. Clones share the watcher and wake
/// each for itself.
#[derive(Clone)]
pub struct Changes {
    seen: watch::Receiver<u64>,
    _alive: Arc<()>,
}

impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

impl Changes {
    pub(super) fn watch(db: Connection, hints: &Hints) -> Result<Self, StoreError> {
        db.busy_timeout(Duration::from_secs(5))?;
        let inbox = listen(&hints.own);
        let own = hints.own.clone();
        let program = hints.program;
        let (tell, seen) = watch::channel(0);
        let alive = Arc::new(());
        let watched = Arc::downgrade(&alive);
        std::thread::Builder::new()
            .name("store-changes".to_owned())
            .spawn(move || {
                supervise_thread(program, "store-changes", || {
                    follow(&db, inbox.as_ref(), &watched, &tell);
                });
                if inbox.is_some() {
                    let _ = std::fs::remove_file(own);
                }
            })
            .map_err(|error| StoreError::Failed(error.into()))?;
        Ok(Self {
            seen,
            _alive: alive,
        })
    }

    /// Returns at the first commit after the previous call returned; for ever pending when the watcher died.
    pub async fn next(&mut self) {
        if self.seen.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn listen(own: &Path) -> Option<UnixDatagram> {
    // Left over by a killed process; the path may also be too long for a socket, then the naps alone serve.
    let _ = std::fs::remove_file(own);
    let inbox = UnixDatagram::bind(own).ok()?;
    inbox.set_read_timeout(Some(NAP)).ok()?;
    Some(inbox)
}

fn follow(
    db: &Connection,
    inbox: Option<&UnixDatagram>,
    alive: &Weak<()>,
    tell: &watch::Sender<u64>,
) {
    let mut last = 0_i64;
    while alive.strong_count() > 0 {
        // A busy moment is no news; the next turn asks again.
        if let Ok(version) = version(db)
            && version != last
        {
            last = version;
            tell.send_modify(|n| *n += 1);
        }
        match inbox.map(|inbox| inbox.recv(&mut [0; 8])) {
            Some(Ok(_)) => {}
            Some(Err(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            _ => std::thread::sleep(NAP),
        }
    }
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached("pragma data_version")?
        .query_row([], |row| row.get(0))
}
