//! Wires settings, logs and signals to [`pinger::run`].

use pinger::Config;
use shared::settings::SettingError;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

const PROGRAM: &str = "pinger";

fn main() -> ExitCode {
    let config: Config = shared::settings::load(PROGRAM);
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
