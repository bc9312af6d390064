//! What the process was given (environment, `.env`, command line), and a program's settings made of it.

use super::env_file;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use secrecy::SecretString;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fmt, io,
};

/// The end of `--help`, unless the program has its own.
const AFTER_HELP: &str = "Each flag is also an environment variable, or a line of .env in the working directory: \
    --database-path is DATABASE_PATH. The flag wins over the environment, the environment over .env; an empty value \
    counts as not set.";

/// Why a program does not start.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// A setting is wrong or missing; shown as one line, which never holds a secret.
    #[error("{place}: {problem}")]
    Wrong {
        /// The variable (`POLL_PERIOD`), or where else the fault is (`.env, line 3`, `--typo`).
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Nothing is wrong: `--help` or `--version` was asked for, and this is the answer.
    #[error("{0}")]
    Asked(clap::Error),
}

impl SettingError {
    /// A setting that is found wrong later than its text, for example a file whose content does not fit.
    pub fn wrong(place: impl Into<String>, problem: impl Into<String>) -> Self {
        let (place, problem) = (place.into(), problem.into());
        Self::Wrong { place, problem }
    }

    /// Says it the way a program does and ends the process: the answer that was asked for with exit code 0,
    /// a wrong setting as one line on stderr with exit code 2.
    pub fn exit(self, program: &str) -> ! {
        match self {
            // clap itself: it prints help to stdout and ends with 0.
            Self::Asked(answer) => answer.exit(),
            Self::Wrong { .. } => {
                eprintln!("{program}: {self}");
                std::process::exit(2)
            }
        }
    }
}

/// The settings of this process as the clap struct `C`. Ends the process when they are wrong (exit code 2) or
/// when help or the version was asked for (exit code 0); see [`SettingError::exit`].
pub fn load<C: clap::Parser>(program: &str) -> C {
    load_with(program, Variables::parse::<C>)
}

/// As [`load`], for a program that reads more than flags: `read` makes its config, for example with the token
/// taken by [`Variables::secret`]. The same `read` serves tests, with [`Variables::from_pairs`].
pub fn load_with<C>(program: &str, read: impl FnOnce(&Variables) -> Result<C, SettingError>) -> C {
    match Variables::from_process().and_then(|variables| read(&variables)) {
        Ok(config) => config,
        Err(error) => error.exit(program),
    }
}

/// The settings as the clap struct `C` from these variables alone: no environment, no `.env`, no flags.
///
/// # Errors
/// [`SettingError::Wrong`] when one is wrong or missing.
pub fn from_pairs<C: clap::Parser>(pairs: &[(&str, &str)]) -> Result<C, SettingError> {
    Variables::from_pairs(pairs.iter().copied()).parse()
}

/// Everything the process was given. An empty variable is not in it. `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Variables {
    values: BTreeMap<String, OsString>,
    args: Vec<OsString>, // without the program's name
}

impl Variables {
    /// The environment of this process, `.env` of the working directory (optional), and the command line.
    ///
    /// # Errors
    /// [`SettingError::Wrong`] when `.env` is there and cannot be read; it names the line and never shows it.
    pub fn from_process() -> Result<Self, SettingError> {
        let file = match std::fs::read_to_string(".env") {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(SettingError::wrong(
                    ".env",
                    format!("cannot read it: {error}"),
                ));
            }
        };
        let variables = Self::layered(&file, std::env::vars_os())?;
        Ok(variables.with_args(std::env::args_os().skip(1)))
    }

    /// Exactly these variables; a later pair replaces an earlier one of the same name.
    pub fn from_pairs<K: Into<String>, V: Into<OsString>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let mut variables = Self::default();
        for (name, value) in pairs {
            variables.set(name.into(), value.into());
        }
        variables
    }

    /// The same with this command line (without the program's name).
    #[must_use]
    pub fn with_args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// The text of a `.env` file, with nothing laid over it.
    ///
    /// # Errors
    /// [`SettingError::Wrong`] with the number of the broken line, which is never shown.
    pub fn from_file(text: &str) -> Result<Self, SettingError> {
        Self::layered(text, [])
    }

    /// The text of `.env` with the environment laid over it.
    pub(super) fn layered(
        file: &str,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingError> {
        let mut variables = Self::from_pairs(env_file::read(file)?);
        for (name, value) in environment {
            // Our names are ASCII: a name that is not UTF-8 is nobody's setting.
            if let Ok(name) = name.into_string() {
                variables.set(name, value);
            }
        }
        Ok(variables)
    }

    fn set(&mut self, name: String, value: OsString) {
        if !value.is_empty() {
            self.values.insert(name, value);
        }
    }

    /// The text of a variable; `None` when it is not set or empty.
    ///
    /// # Errors
    /// [`SettingError::Wrong`] when it is not UTF-8.
    pub fn get(&self, name: &str) -> Result<Option<&str>, SettingError> {
        let value = self.values.get(name).map(|value| value.to_str());
        match value {
            Some(None) => Err(SettingError::wrong(name, "its value is not UTF-8")),
            other => Ok(other.flatten()),
        }
    }

    /// A required secret: from the environment or `.env`, there is no flag for it. Spaces around it are cut.
    ///
    /// # Errors
    /// [`SettingError::Wrong`] when it is missing.
    pub fn secret(&self, name: &str) -> Result<SecretString, SettingError> {
        match self.get(name)?.map(str::trim) {
            None | Some("") => Err(SettingError::wrong(
                name,
                "it is not set; put it into the environment or into .env",
            )),
            Some(value) => Ok(SecretString::from(value)),
        }
    }

    /// The settings as the clap struct `C`: for each of its long flags that was not given on the command line,
    /// the variable of the same name stands in.
    ///
    /// # Errors
    /// [`SettingError::Wrong`] when one is wrong or missing, [`SettingError::Asked`] for help and version.
    pub fn parse<C: clap::Parser>(&self) -> Result<C, SettingError> {
        let mut command = C::command();
        if command.get_after_help().is_none() {
            command = command.after_help(AFTER_HELP);
        }
        let flags: BTreeSet<&str> = command
            .get_arguments()
            .filter(|arg| arg.get_action().takes_values())
            .filter_map(|arg| arg.get_long())
            .collect();
        let (given, args) = self.given(&flags);
        let mut line = vec![OsString::from(command.get_name())];
        for flag in flags.difference(&given) {
            if let Some(value) = self.get(&variable(flag))? {
                line.push(format!("--{flag}={value}").into());
            }
        }
        line.extend(args.into_iter().cloned());
        let matches = command.clone().try_get_matches_from(line);
        let config = matches.and_then(|matches| C::from_arg_matches(&matches));
        config.map_err(refusal)
    }

    /// Which of `flags` the command line names, and the command line without those given an empty value.
    fn given<'a>(&'a self, flags: &BTreeSet<&'a str>) -> (BTreeSet<&'a str>, Vec<&'a OsString>) {
        let (mut given, mut kept) = (BTreeSet::new(), Vec::new());
        let mut args = self.args.iter().peekable();
        while let Some(arg) = args.next() {
            let text = arg.to_str().and_then(|arg| arg.strip_prefix("--"));
            let inside = text.and_then(|text| text.split_once('='));
            let name = inside.map(|(name, _)| name).or(text);
            let Some(flag) = name.and_then(|name| flags.get(name).copied()) else {
                kept.push(arg);
                continue;
            };
            given.insert(flag);
            match inside {
                Some((_, "")) => {}
                Some(_) => kept.push(arg),
                // The value is the next argument: both go when it is empty.
                None if args.next_if(|next| next.is_empty()).is_some() => {}
                None => kept.push(arg),
            }
        }
        (given, kept)
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// `poll-period` -> `POLL_PERIOD`.
fn variable(flag: &str) -> String {
    flag.replace('-', "_").to_ascii_uppercase()
}

/// clap's refusal in one line that names the variable. Its own text would repeat values.
fn refusal(error: clap::Error) -> SettingError {
    let arg = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(arg)) => arg.as_str(),
        Some(ContextValue::Strings(args)) => args.first().map_or("", String::as_str),
        _ => "",
    };
    let flag = arg.strip_prefix("--").map(|arg| {
        let end = arg.find([' ', '=']).unwrap_or(arg.len());
        &arg[..end]
    });
    let place = flag.map_or_else(|| "command line".to_owned(), variable);
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => SettingError::Asked(error),
        ErrorKind::UnknownArgument => unknown(flag, &error),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(&error);
            let why = why.map_or_else(|| "its value is wrong".to_owned(), ToString::to_string);
            SettingError::wrong(place, why)
        }
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(valid)) if !valid.is_empty() => {
                SettingError::wrong(place, format!("expected one of: {}", valid.join(", ")))
            }
            _ => SettingError::wrong(place, "its flag needs a value"),
        },
        ErrorKind::MissingRequiredArgument => SettingError::wrong(place, "it is not set"),
        ErrorKind::ArgumentConflict => SettingError::wrong(place, "its flag is given twice"),
        // The kind's own words hold no value.
        kind => SettingError::wrong(place, kind.to_string()),
    }
}

/// An argument nobody knows. Only what looks like a flag's name is repeated: the rest may be anything.
fn unknown(flag: Option<&str>, error: &clap::Error) -> SettingError {
    let is_name = |flag: &&str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        flag.len() <= 32 && flag.bytes().all(known)
    };
    let Some(flag) = flag.filter(is_name) else {
        return SettingError::wrong("command line", "an argument that is no flag; see --help");
    };
    if flag.ends_with("-token") {
        let why = "it has no flag, so that no process list shows it; put it into the environment or into .env";
        return SettingError::wrong(variable(flag), why);
    }
    let problem = match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(near)) => format!("no such flag; did you mean {near}?"),
        _ => "no such flag; see --help".to_owned(),
    };
    SettingError::wrong(format!("--{flag}"), problem)
}
