//! The store: one SQLite file, two processes. All SQL of the project lives under here.
//!
//! Calls never block the executor: writes run on one thread of the store, reads on two others, each with its own
//! connection: what a crowd of alerts reads does not hold up what a person waits for. Every read is one snapshot, every
//! write is atomic. Writes that wait together are committed together, in one `BEGIN IMMEDIATE` transaction: a commit
//! costs a sync of the disk, and so a person's write waits for one of them, not for one of each alert before it.

mod ages;
mod alerts;
mod areas;
pub(crate) mod backup;
mod busy;
mod cadence;
mod catalogue;
mod changes;
mod crowds;
mod dialogues;
mod events;
mod export;
mod facts;
mod fill;
mod gates;
mod groups;
mod heartbeats;
mod inspect;
mod integrity;
mod joins;
mod learned;
mod looks;
mod news;
mod operators;
mod outage_news;
mod outages;
mod people;
mod readings;
mod recents;
mod requests;
mod rows;
mod schema;
mod shares;
mod silence;
mod slots;
mod tallies;
mod undelivered;
mod vanished;
mod visits;
mod watches;
mod when;
mod wishes;

pub use ages::CatalogueAges;
pub use alerts::{Alert, LivingAlert};
pub use areas::{AreaDepartment, AreaExtent, Expanded, WatchedArea};
pub use cadence::Cadence;
pub use changes::Changes;
pub use crowds::Crowd;
pub use facts::{About, Fact, FactKind, Facts, Widen};
pub use gates::GateLook;
pub use heartbeats::{Heartbeat, Program};
pub use inspect::{Inspection, inspect};
pub use integrity::integrity;
pub use joins::Join;
pub use looks::{ListLook, ListRecorded, Look, LookRecorded, TimetableLook};
pub use news::{DoctorNews, FreeSlot, News, Place};
pub use operators::{Broadcast, Stats};
pub use outage_news::{OutageFact, OutageKind, OutageNews};
pub use outages::{Judged, Outage};
pub use people::{Lang, Person};
pub use readings::{DoctorState, ListState, Listed, Reading, TargetState, Timetable};
pub use requests::LookRequest;
pub use schema::known_version;
pub use shares::{MAX_SHARES, SHARE_LIVES, Shared};
pub use tallies::{Tally, Week, Weekly};
pub use visits::{Booking, NewBooking, Reminder, ReminderKind, ToldVisit, Visit};
pub use watches::{AddOutcome, Limits, NewWatch, WatchCard, Watched};
pub use when::{Days, Folded, LEAST_DAYS, LEAST_OPENINGS, Observed, When, Window};
pub use wishes::Listing;

use crate::supervise::unbroken;
use busy::{Busy, BusyThread};
use changes::Hints;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Events of slots are kept for so long, then folded into counts.
pub const EVENTS_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(180);
/// Calls that may wait for a thread of the store before callers wait for a place.
const QUEUE: usize = 256;

/// Between two tries to open a file that someone else keeps locked.
const LOCKED_PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// What can go wrong with the file. One variant per reaction.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A newer program wrote the file: an operator upgrades or restores a backup.
    #[error(
        "the database has schema {found}, this program knows up to {known}: run the newer program or restore a backup"
    )]
    Newer {
        /// Schema number of the file.
        found: u32,
        /// Newest number this program knows.
        known: u32,
    },
    /// Some other program's database, or no database at all: an operator corrects `DATABASE_PATH`.
    #[error("the file is not a database of the talon watcher; it was left untouched")]
    Foreign,
    /// The file was damaged: an operator restores a backup.
    #[error("the database file is damaged, restore a backup: {0}")]
    Damaged(String),
    /// The file, or the disk it is on, cannot be written to: an operator mends that.
    #[error("the database cannot be written to: {0}")]
    ReadOnly(String),
    /// The file system cannot hold a WAL database.
    #[error("the database cannot use a write-ahead log (journal mode {0}): put it on a local disk")]
    NoWal(String),
    /// Someone else holds the lock: try again.
    #[error("the database is busy")]
    Busy(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The folder or the file cannot be created or opened.
    #[error("cannot open {path}")]
    Open {
        /// What was to be opened.
        path: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Disk full and the like.
    #[error("the database failed: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
    /// The query panicked, and only it: nothing of it was written, whoever asks next is answered.
    #[error("a query broke")]
    Broke,
    /// The store has ended, or what was asked for cannot be there.
    #[error("the store has stopped")]
    Stopped,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error.into()),
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            Some(ErrorCode::ReadOnly) => Self::ReadOnly(error.to_string()),
            _ => Self::Failed(error.into()),
        }
    }
}

fn busy(error: &StoreError) -> bool {
    matches!(error, StoreError::Busy(_))
}

/// Writes committed together, at most: the other process waits meanwhile.
const TOGETHER: usize = 64;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A write inside a transaction, or without one when it could not begin. What it gives back is told how that ended.
type Write = Box<dyn FnOnce(Result<&Transaction<'_>, StoreError>) -> Settle + Send>;
type Settle = Box<dyn FnOnce(Result<(), StoreError>)>;

/// A handle on the database; clones share its threads, which end with the last of them.
#[derive(Clone)]
pub struct Store {
    writer: mpsc::Sender<Write>,
    reader: mpsc::Sender<Job>,
    /// For what nobody waits for with a finger on a button.
    aside: mpsc::Sender<Job>,
    hints: Arc<Hints>,
    path: Arc<PathBuf>,
    busy: Busy,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the file, creating it and its folder when absent, and brings its schema up to date. The file and what
    /// SQLite puts beside it are for their owner alone (mode 0600), also when they were not before.
    /// `program` says whose store it is, for the hints between the two.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Foreign`] and [`StoreError::Damaged`] leave the file untouched;
    /// [`StoreError::Open`], [`StoreError::ReadOnly`], [`StoreError::NoWal`], [`StoreError::Failed`] as they say.
    pub async fn open(path: &Path, program: Program) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || {
            let mut writer = connect(&path)?;
            schema::prepare(&mut writer)?;
            keep_private(&path);
            let hints = Arc::new(Hints::new(&path, program));
            let busy = Busy::default();
            let serve = |name, n| serve(name, program, reading(&path)?, busy.of(n));
            Ok(Self {
                writer: serve_writes(writer, program, Arc::clone(&hints), busy.of(0))?,
                reader: serve("store-reader", 1)?,
                aside: serve("store-aside", 2)?,
                hints,
                path: Arc::new(path.clone()),
                busy,
            })
        });
        opening.await.map_err(|_| StoreError::Stopped)?
    }

    /// As [`Store::open`], however long someone else keeps the file locked; the log says so.
    ///
    /// # Errors
    /// As [`Store::open`], save [`StoreError::Busy`].
    pub async fn open_unlocked(path: &Path, program: Program) -> Result<Self, StoreError> {
        loop {
            match Self::open(path, program).await {
                Err(StoreError::Busy(_)) => {
                    tracing::warn!("the database is locked by someone else; waiting");
                    tokio::time::sleep(LOCKED_PAUSE).await;
                }
                opened => return opened,
            }
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// For how long the slowest of its threads has been at one and the same question; zero when none is at work. A
    /// file that someone else keeps locked does not make it grow: each question is given up after a few seconds then.
    pub fn at_one_question(&self) -> Duration {
        self.busy.longest()
    }

    /// Wakes whenever anyone, here or in the other process, has committed.
    ///
    /// # Errors
    /// When one more connection cannot be opened.
    pub async fn changes(&self) -> Result<Changes, StoreError> {
        let path = Arc::clone(&self.path);
        let hints = Arc::clone(&self.hints);
        let opening = tokio::task::spawn_blocking(move || Changes::watch(connect(&path)?, &hints));
        opening.await.map_err(|_| StoreError::Stopped)?
    }

    async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let write: Write = Box::new(move |tx| {
            let done = tx.and_then(|tx| atomic(tx, job));
            // A caller that went away does not need the answer; what was written stays written.
            Box::new(move |committed| {
                let _ = answer.send(done.and_then(|value| committed.map(|()| value)));
            })
        });
        let queued = self.writer.send(write).await;
        queued.map_err(|_| StoreError::Stopped)?;
        answered.await.map_err(|_| StoreError::Broke)?
    }

    async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        snapshot(&self.reader, job).await
    }

    /// As [`Store::read`], beside it: what alerts read.
    async fn read_aside<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        snapshot(&self.aside, job).await
    }
}

async fn snapshot<T, F>(thread: &mpsc::Sender<Job>, job: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
{
    call(thread, move |db| {
        let snapshot = db.transaction()?;
        job(&snapshot)
    })
    .await
}

/// Does all of it or nothing, inside a transaction that goes on.
fn atomic<T>(
    tx: &Transaction<'_>,
    job: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    tx.prepare_cached("savepoint one")?.execute([])?;
    let done = catch_unwind(AssertUnwindSafe(|| job(tx)));
    // After a failure that has rolled everything back there is nothing to go back to.
    if !matches!(done, Ok(Ok(_))) && !tx.is_autocommit() {
        tx.prepare_cached("rollback to one")?.execute([])?;
    }
    if !tx.is_autocommit() {
        tx.prepare_cached("release one")?.execute([])?;
    }
    done.unwrap_or_else(|panic| resume_unwind(panic))
}

async fn call<T, F>(thread: &mpsc::Sender<Job>, job: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move |db| {
        // A caller that went away does not need the answer; what was written stays written.
        let _ = answer.send(job(db));
    });
    thread.send(job).await.map_err(|_| StoreError::Stopped)?;
    answered.await.map_err(|_| StoreError::Broke)?
}

/// Commits what is waiting, again and again.
fn serve_writes(
    mut db: Connection,
    program: Program,
    hints: Arc<Hints>,
    busy: BusyThread,
) -> Result<mpsc::Sender<Write>, StoreError> {
    const THREAD: &str = "store-writer";
    let (writes, mut queue) = mpsc::channel::<Write>(QUEUE);
    let serve = move || {
        while let Some(first) = queue.blocking_recv() {
            let _busy = busy.begin();
            let mut settles = Vec::new();
            let committed = match db.transaction_with_behavior(TransactionBehavior::Immediate) {
                Ok(tx) => {
                    let (mut next, mut n) = (Some(first), 0);
                    while let Some(write) = next.take() {
                        busy.next();
                        // One that breaks takes neither its neighbours nor the thread with it.
                        settles.extend(unbroken(program, THREAD, || write(Ok(&tx))));
                        n += 1;
                        if n < TOGETHER && !tx.is_autocommit() {
                            next = queue.try_recv().ok();
                        }
                    }
                    tx.commit().map_err(StoreError::from)
                }
                Err(error) => {
                    let error = StoreError::from(error);
                    // All that waited while it could not begin: one after the other, each would wait as long again.
                    while let Ok(next) = queue.try_recv() {
                        settles.extend(unbroken(program, THREAD, || next(Err(again(&error)))));
                    }
                    settles.extend(unbroken(program, THREAD, || first(Err(error))));
                    Ok(())
                }
            };
            hints.send();
            for settle in settles {
                settle(committed.as_ref().map_err(again).copied());
            }
        }
    };
    std::thread::Builder::new()
        .name(THREAD.to_owned())
        .spawn(serve)
        .map_err(|error| StoreError::Failed(error.into()))?;
    Ok(writes)
}

/// The same failure for everybody it hit.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Busy(source) => StoreError::Busy(source.to_string().into()),
        StoreError::Damaged(source) => StoreError::Damaged(source.clone()),
        StoreError::ReadOnly(source) => StoreError::ReadOnly(source.clone()),
        StoreError::Failed(source) => StoreError::Failed(source.to_string().into()),
        other => StoreError::Failed(other.to_string().into()),
    }
}

fn serve(
    name: &'static str,
    program: Program,
    mut db: Connection,
    busy: BusyThread,
) -> Result<mpsc::Sender<Job>, StoreError> {
    let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            while let Some(job) = queue.blocking_recv() {
                let _busy = busy.begin();
                unbroken(program, name, || job(&mut db));
            }
        })
        .map_err(|error| StoreError::Failed(error.into()))?;
    Ok(jobs)
}

/// A connection that only reads.
fn reading(path: &Path) -> Result<Connection, StoreError> {
    let reader = connect(path)?;
    reader.busy_timeout(Duration::from_secs(5))?;
    reader.execute_batch("pragma query_only = on;")?;
    Ok(reader)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let open = || -> Result<Connection, Box<dyn std::error::Error + Send + Sync>> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder)?;
        }
        create_private(path)?;
        // SQLite would open a file that may only be read, and leave an empty log beside it.
        std::fs::OpenOptions::new().write(true).open(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.set_prepared_statement_cache_capacity(128);
        Ok(db)
    };
    use std::io::{Error, ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem};
    open().map_err(|source| {
        let why = source.downcast_ref::<Error>().map(Error::kind);
        match why {
            Some(PermissionDenied | ReadOnlyFilesystem) => StoreError::ReadOnly(source.to_string()),
            _ => StoreError::Open {
                path: path.to_owned(),
                source,
            },
        }
    })
}

/// Creates the file for its owner alone; SQLite gives its `-wal` and `-shm` the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let create = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match create {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Takes from others what an older program, a restored copy or a hand has given them. Only once the file is known to be
/// ours.
fn keep_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for suffix in ["", "-wal", "-shm"] {
        let mut path = path.as_os_str().to_owned();
        path.push(suffix);
        let Ok(file) = std::fs::metadata(&path) else {
            continue;
        };
        if file.permissions().mode() & 0o077 != 0
            && let Err(error) =
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        {
            tracing::warn!(%error, "the database can be read by others on this machine");
        }
    }
}

#[cfg(test)]
mod tests;
