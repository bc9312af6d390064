//! What `bot check` and `pinger check` share: the lines, and what both programs depend on.
//!
//! A check changes nothing and disturbs nobody: it may run beside the running programs at any time.

mod database;
mod metrics;
mod portal;

pub use database::{check_database, check_programs};
pub use metrics::{check_listener, check_metrics};
pub use portal::check_portal;

use crate::settings::SettingError;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

/// How it stands with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Well,
    Broken,
    /// Broken by a setting, which only somebody's hand mends.
    WrongSetting,
}

/// The lines of a check. Each is written as soon as it is known.
#[derive(Debug)]
pub struct Report {
    worst: Standing,
    is_colored: bool,
}

impl Report {
    /// To stdout.
    #[expect(
        clippy::new_without_default,
        reason = "it looks at the process's stdout"
    )]
    pub fn new() -> Self {
        let has_no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            worst: Standing::Well,
            is_colored: io::stdout().is_terminal() && !has_no_color,
        }
    }

    /// This works.
    pub fn ok(&mut self, what: &str, text: impl fmt::Display) {
        self.line(Standing::Well, what, &text.to_string());
    }

    /// This does not, and what to do.
    pub fn bad(&mut self, what: &str, text: impl fmt::Display) {
        self.line(Standing::Broken, what, &text.to_string());
    }

    /// This setting is wrong.
    pub fn wrong(&mut self, what: &str, text: impl fmt::Display) {
        self.line(Standing::WrongSetting, what, &text.to_string());
    }

    fn line(&mut self, standing: Standing, what: &str, text: &str) {
        self.worst = self.worst.max(standing);
        let mark = match (standing, self.is_colored) {
            (Standing::Well, false) => "ok",
            (Standing::Well, true) => "\x1b[32mok\x1b[0m",
            (_, false) => "!!",
            (_, true) => "\x1b[31m!!\x1b[0m",
        };
        // What others wrote may hold anything: one line stays one line.
        let text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        // A closed pipe is no failure of what is checked.
        let _ = writeln!(io::stdout(), "{mark}  {what:<10}  {text}");
    }

    /// What the program ends with: 0 when all is well, 1 when something does not work, 2 when a setting is wrong.
    pub fn exit_code(&self) -> u8 {
        match self.worst {
            Standing::Well => 0,
            Standing::Broken => 1,
            Standing::WrongSetting => 2,
        }
    }
}

/// Runs a program's check from beginning to end; a setting that cannot be used is one more line.
pub fn run(program: &str, check: impl Future<Output = Result<Report, SettingError>>) -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{program}: the check cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let checked = runtime.block_on(check);
    // A name lookup on a blocking thread must not hold up the end.
    runtime.shutdown_background();
    match checked {
        Ok(report) => ExitCode::from(report.exit_code()),
        Err(setting) => setting.exit(program),
    }
}

/// A short time in words: `50 ms`, `1.5 s`, `12 s`, `3 min`, `5 h`, `2 days`.
pub fn short(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        1..10 => format!("{:.1} s", time.as_secs_f64()),
        seconds @ 10..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_line_decides_the_exit_code() {
        let mut report = Report::new();
        report.ok("portal", "answers");
        assert_eq!(report.exit_code(), 0);
        report.bad("database", "is locked");
        assert_eq!(report.exit_code(), 1);
        report.wrong("telegram", "the token is unknown");
        report.bad("portal", "is silent");
        assert_eq!(report.exit_code(), 2);
    }

    #[test]
    fn times_are_said_in_the_unit_people_use() {
        for (seconds, want) in [
            (0.05, "50 ms"),
            (1.5, "1.5 s"),
            (12.4, "12 s"),
            (200.0, "3 min"),
            (18_000.0, "5 h"),
            (200_000.0, "2 days"),
        ] {
            assert_eq!(short(Duration::from_secs_f64(seconds)), want);
        }
    }
}
