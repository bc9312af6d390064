//! The program `bot`.

use bot::{Command, Config};
use shared::settings::{SettingError, load_with};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let config = load_with("bot", Config::read);
    if let Some(Command::Check) = config.args.command {
        return shared::check::run("bot", bot::check(config));
    }
    if let Err(error) = shared::logging::init(&config.args.log.rust_log) {
        error.exit("bot");
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
    shared::signals::cancel_on_signal(shutdown.clone());
    match bot::run(config, shutdown).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast::<SettingError>() {
            Ok(setting) => setting.exit("bot"),
            Err(error) => {
                tracing::error!("{error:#}");
                ExitCode::FAILURE
            }
        },
    }
}
