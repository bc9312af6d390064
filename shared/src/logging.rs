//! Logs: compact lines on stderr, filtered by `RUST_LOG`.

use crate::settings::SettingError;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Targets that would drown everything else at `info` and below, and two that quote what people wrote when they cannot
/// read it. A filter that names one of them itself wins.
const QUIET: &str = "h2=warn,hyper=warn,hyper_util=warn,reqwest=warn,rustls=warn,\
    teloxide::dispatching=off,teloxide::update_listeners=off";

/// Starts logging for the whole process. A second call changes nothing: `sandbox` runs several programs in one.
///
/// # Errors
/// [`SettingError::Wrong`] naming `RUST_LOG` when the filter cannot be read.
pub fn init(filter: &str) -> Result<(), SettingError> {
    let filter = read_filter(filter)?;
    let stderr_is_terminal = std::io::stderr().is_terminal();
    let has_no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let lines = tracing_subscriber::fmt()
        .compact()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(stderr_is_terminal && !has_no_color);
    let _ = lines.try_init(); // an error = already started
    Ok(())
}

fn read_filter(filter: &str) -> Result<EnvFilter, SettingError> {
    let wrong = |problem| SettingError::wrong("RUST_LOG", problem);
    let filter = crate::settings::parse_log_filter(filter).map_err(wrong)?;
    // Of two directives for one target the later wins.
    EnvFilter::builder()
        .parse(format!("{QUIET},{filter}"))
        .map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noisy_targets_are_muted_unless_named() {
        let shown = |filter| read_filter(filter).unwrap().to_string();
        assert!(shown("debug").contains("hyper=warn"));
        assert!(shown("debug,hyper=trace").contains("hyper=trace"));
        assert!(!shown("debug,hyper=trace").contains("hyper=warn"));
    }

    #[test]
    fn a_bad_filter_names_its_variable() {
        let error = read_filter("info,pinger=loud").unwrap_err().to_string();
        assert_eq!(
            error,
            r#"RUST_LOG: expected a log filter such as info or "info,pinger=debug", found "info,pinger=loud""#
        );
    }
}
