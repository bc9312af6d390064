//! The nightly copy of the database. The pinger makes it, not the bot: what it costs may delay a look, but no person.

use chrono::Utc;
use shared::backups::{BackupError, Backups, Made};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::sleep;

/// The start has its own work to do.
const FIRST: Duration = Duration::from_secs(10);

/// Between two looks whether one is due, and two tries when it could not be made.
const EVERY: Duration = Duration::from_secs(600);

/// Makes them for ever.
pub(crate) async fn make(database: PathBuf) {
    let backups = Backups::of(&database);
    sleep(FIRST).await;
    loop {
        match turn(backups.clone()).await {
            Ok(Some(made)) => tracing::info!(
                file = %made.path.display(),
                bytes = made.size,
                n_removed = made.n_removed,
                "a backup was made"
            ),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "no backup could be made; trying again later"),
        }
        sleep(EVERY).await;
    }
}

async fn turn(backups: Backups) -> Result<Option<Made>, BackupError> {
    let working = tokio::task::spawn_blocking(move || {
        let now = Utc::now();
        let made = backups.make_nightly(now);
        if let Ok(Some(newest)) = backups.newest(now) {
            let age = (now - newest).as_seconds_f64().max(0.0);
            metrics::gauge!("talon_backup_age_seconds").set(age);
        }
        made
    });
    match working.await {
        Ok(made) => made,
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}
