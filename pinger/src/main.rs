//! Wires settings, logs and signals to [`pinger::run`].

use pinger::{Command, Config};
use shared::settings::SettingError;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

const PROGRAM: &str = "pinger";

fn main() -> ExitCode {
    let config: Config = shared::settings::load(PROGRAM);
    match &config.command {
        Some(Command::Backup { file }) => return back_up(&config, file.as_deref()),
        Some(Command::Check) => return shared::check::run(PROGRAM, pinger::check(config)),
        None => {}
    }
    if let Err(error) = shared::logging::init(&config.log.rust_log) {
        error.exit(PROGRAM);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the program cannot start");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(config));
    // A name lookup or a locked database on a blocking thread must not hold up the end.
    runtime.shutdown_background();
    code
}

/// The copy's name on stdout; why there is none in one line on stderr.
fn back_up(config: &Config, file: Option<&Path>) -> ExitCode {
    match pinger::back_up(config, file) {
        Ok(made) => {
            let size = made.size.div_ceil(1024);
            let line = format!("{}: {size} KiB, checked", made.path.display());
            // A closed pipe is no failure of the copy.
            let _ = writeln!(std::io::stdout(), "{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{PROGRAM}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> ExitCode {
    let shutdown = CancellationToken::new();
    if let Err(error) = cancel_on_signal(shutdown.clone()) {
        tracing::error!(%error, "signals cannot be heard");
        return ExitCode::FAILURE;
    }
    match pinger::run(config, shutdown).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast::<SettingError>() {
            Ok(setting) => setting.exit(PROGRAM),
            Err(error) => {
                tracing::error!("{error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

/// SIGTERM and Ctrl-C end the program in good order.
fn cancel_on_signal(shutdown: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        shutdown.cancel();
    });
    Ok(())
}
