//! The store: one SQLite file, two processes. All SQL of the project lives under here.
//!
//! Calls never block the executor: writes run on one thread of the store, reads on another, each with its
//! own connection. Every write is one `BEGIN IMMEDIATE` transaction, every read one snapshot.

mod alerts;
mod catalogue;
mod changes;
mod dialogues;
mod events;
mod export;
mod facts;
mod fill;
mod gates;
mod groups;
mod heartbeats;
mod learned;
mod looks;
mod news;
mod operators;
mod people;
mod readings;
mod recents;
mod requests;
mod rows;
mod schema;
mod shares;
mod tallies;
mod visits;
mod watches;
mod wishes;

pub use alerts::{Alert, LivingAlert};
pub use changes::Changes;
pub use facts::{Fact, FactKind, Facts, Widen};
pub use gates::GateLook;
pub use heartbeats::{Heartbeat, Program};
pub use looks::{ListLook, ListRecorded, Look, LookRecorded, TimetableLook};
pub use news::{DoctorNews, FreeSlot, News, Place};
pub use operators::{Broadcast, Stats};
pub use people::{Lang, Person};
pub use readings::{DoctorState, ListState, Listed, Reading, TargetState, Timetable};
pub use requests::LookRequest;
pub use schema::known_version;
pub use shares::{MAX_SHARES, SHARE_LIVES, Shared};
pub use tallies::{Tally, Week, Weekly};
pub use visits::{Booking, NewBooking, Reminder, ReminderKind, ToldVisit, Visit};
pub use watches::{AddOutcome, Limits, NewWatch, WatchCard, Watched};
pub use wishes::Listing;

use changes::Hints;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Calls that may wait for a thread of the store before callers wait for a place.
const QUEUE: usize = 256;

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
    /// Disk full, read-only file, corruption and the like.
    #[error("the database failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A thread of the store has ended: only after a panic inside a query.
    #[error("the store's thread has stopped")]
    Stopped,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error.into()),
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            _ => Self::Failed(error.into()),
        }
    }
}

fn busy(error: &StoreError) -> bool {
    matches!(error, StoreError::Busy(_))
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle on the database; clones share its threads, which end with the last of them.
#[derive(Clone)]
pub struct Store {
    writer: mpsc::Sender<Job>,
    reader: mpsc::Sender<Job>,
    hints: Arc<Hints>,
    path: Arc<PathBuf>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the file, creating it (mode 0600) and its folder when absent, and brings its schema up to date.
    /// `program` says whose store it is, for the hints between the two.
    ///
    /// # Errors
    /// [`StoreError::Newer`] and [`StoreError::Foreign`] leave the file untouched; [`StoreError::Open`],
    /// [`StoreError::NoWal`], [`StoreError::Failed`] as they say.
    pub async fn open(path: &Path, program: Program) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || {
            let mut writer = connect(&path)?;
            schema::prepare(&mut writer)?;
            let reader = connect(&path)?;
            reader.busy_timeout(std::time::Duration::from_secs(5))?;
            reader.execute_batch("pragma query_only = on;")?;
            Ok(Self {
                writer: serve("store-writer", writer)?,
                reader: serve("store-reader", reader)?,
                hints: Arc::new(Hints::new(&path, program)),
                path: Arc::new(path),
            })
        });
        opening.await.map_err(|_| StoreError::Stopped)?
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
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
        let hints = Arc::clone(&self.hints);
        call(&self.writer, move |db| {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = job(&tx)?;
            tx.commit()?;
            hints.send();
            Ok(value)
        })
        .await
    }

    async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        call(&self.reader, move |db| {
            let snapshot = db.transaction()?;
            job(&snapshot)
        })
        .await
    }
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
    answered.await.map_err(|_| StoreError::Stopped)?
}

fn serve(name: &str, mut db: Connection) -> Result<mpsc::Sender<Job>, StoreError> {
    let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            while let Some(job) = queue.blocking_recv() {
                job(&mut db);
            }
        })
        .map_err(|error| StoreError::Failed(error.into()))?;
    Ok(jobs)
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
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.set_prepared_statement_cache_capacity(128);
        Ok(db)
    };
    open().map_err(|source| StoreError::Open {
        path: path.to_owned(),
        source,
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
