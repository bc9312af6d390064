//! The program `bot`.

use bot::Config;
use shared::settings::{SettingError, load_with};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    let config = load_with("bot", Config::read);
    if let Err(error) = shared::logging::init(&config.args.log.rust_log) {
        error.exit("bot");
    }
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
