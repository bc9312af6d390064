//! What can come instead of an answer, one variant per different reaction.

use crate::failure::{Failure, FailureKind};
use crate::settings::SettingError;
use std::time::Duration;

/// A read that brought no values.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Codes 37, 38, 39: an answer, not a failure. Says nothing about who is listed.
    #[error("nothing free")]
    NothingFree,
    /// The portal or the clinic is in trouble that passes; this clinic backs off.
    #[error("try later: {cause}")]
    TryLater {
        /// Whose trouble.
        cause: Passing,
        /// How long the portal asked to wait; `None` when it did not say.
        retry_after: Option<Duration>,
    },
    /// Codes 610 and 645: the clinic or its schedule is unknown. Believed only when it stays so for days.
    #[error("gone (code {code})")]
    Gone {
        /// The portal's code.
        code: i32,
    },
    /// The answer cannot be read in full: a person should look at it.
    #[error("the answer of {endpoint} cannot be read at {field}: {sample:?}")]
    Unexpected {
        /// Which read.
        endpoint: Endpoint,
        /// Where in the answer: `result[3].nearestDate`, `content-type`.
        field: String,
        /// The first 200 characters of the body. No endpoint we read answers about persons who seek help.
        sample: String,
    },
    /// No connection, or it broke before the answer was complete.
    #[error("the portal is unreachable")]
    Unreachable(#[source] reqwest::Error),
}

/// The passing troubles behind [`ApiError::TryLater`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, derive_more::Display)]
pub enum Passing {
    /// The portal's own error code; unknown ones too.
    #[display("code {_0}")]
    Code(i32),
    /// An HTTP status other than success.
    #[display("HTTP status {_0}")]
    Status(u16),
    /// No complete answer within the time-out.
    #[display("timed out")]
    TimedOut,
    /// A hold is in force ([`Api::hold_until`](super::Api::hold_until)): nothing was asked.
    #[display("held by an earlier 429")]
    Held,
}

/// The reads of the portal, named as in metrics, logs and errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, derive_more::Display)]
pub enum Endpoint {
    /// All districts.
    #[display("districts")]
    Districts,
    /// Lpus of one district.
    #[display("lpus_of")]
    LpusOf,
    /// All Lpus of the city.
    #[display("lpus")]
    Lpus,
    /// One Lpu.
    #[display("lpu")]
    Lpu,
    /// Specialties of an Lpu.
    #[display("specialties")]
    Specialties,
    /// Doctors of a department.
    #[display("doctors")]
    Doctors,
    /// Free times of a doctor.
    #[display("slots")]
    Slots,
    /// Working days of a doctor.
    #[display("timetable")]
    Timetable,
}

impl ApiError {
    /// The failure to keep in the store; `None` for [`ApiError::NothingFree`], which is an answer.
    pub fn failure(&self) -> Option<Failure> {
        let (kind, code) = match *self {
            Self::NothingFree => return None,
            Self::TryLater { cause, .. } => match cause {
                Passing::Code(code @ (602 | 603 | 616)) => (FailureKind::Clinic, Some(code)),
                Passing::Code(code) => (FailureKind::Portal, Some(code)),
                Passing::Status(429) => (FailureKind::TooMany, Some(429)),
                Passing::Status(status) => (FailureKind::Portal, Some(i32::from(status))),
                Passing::Held => (FailureKind::TooMany, None),
                Passing::TimedOut => (FailureKind::Unreachable, None),
            },
            Self::Gone { code } => (FailureKind::Gone, Some(code)),
            Self::Unexpected { .. } => (FailureKind::Unreadable, None),
            Self::Unreachable(_) => (FailureKind::Unreachable, None),
        };
        Some(Failure { kind, code })
    }
}

/// A client that cannot be made from its settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Not an address requests can be sent to.
    #[error("the portal's address is not an http or https address")]
    BaseUrl,
    /// Not an http, https or socks proxy.
    #[error("the proxy's address cannot be used")]
    Proxy(#[source] Option<reqwest::Error>),
    /// The extra root certificates cannot be read.
    #[error("the file of root certificates cannot be read")]
    CaFile(#[source] std::io::Error),
    /// The file holds no certificate in PEM, or a broken one.
    #[error("the file of root certificates holds none that can be used")]
    CaContent(#[source] Option<reqwest::Error>),
    /// Not a positive number of requests a second that makes sense.
    #[error("requests per second must lie between 0.001 and 1000000")]
    Rate,
    /// The HTTP client refuses the whole.
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Names the setting behind it, the way every wrong setting is told.
impl From<SetupError> for SettingError {
    fn from(error: SetupError) -> Self {
        let place = match error {
            SetupError::BaseUrl => "GORZDRAV_API_URL",
            SetupError::Proxy(_) => "GORZDRAV_PROXY",
            SetupError::CaFile(_) | SetupError::CaContent(_) => "GORZDRAV_CA_FILE",
            SetupError::Rate => "REQUESTS_PER_SECOND",
            SetupError::Client(_) => "the HTTP client",
        };
        Self::wrong(place, error.to_string())
    }
}
