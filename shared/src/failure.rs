//! Why a reading failed, in the few ways people and operators need to tell apart.

use serde::{Deserialize, Serialize};

/// A look or a list that could not be read. Says nothing about slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// Who failed and how.
    pub kind: FailureKind,
    /// The portal's error code or the HTTP status, when there was one.
    pub code: Option<i32>,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The clinic's own system did not answer the portal (602, 603, 616).
    Clinic,
    /// The portal answered that it is in trouble (1, 660, other codes, HTTP errors).
    Portal,
    /// The portal does not know the Lpu or its schedule (610, 645).
    Gone,
    /// The answer changed shape.
    Unreadable,
    /// No answer: connection refused, reset, timed out.
    Unreachable,
    /// 429: too many requests.
    TooMany,
}

impl FailureKind {
    /// The word kept in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clinic => "clinic",
            Self::Portal => "portal",
            Self::Gone => "gone",
            Self::Unreadable => "unreadable",
            Self::Unreachable => "unreachable",
            Self::TooMany => "too_many",
        }
    }

    /// Reads the word back; an unknown one (of a newer program) is trouble of the portal.
    pub fn from_word(word: &str) -> Self {
        match word {
            "clinic" => Self::Clinic,
            "gone" => Self::Gone,
            "unreadable" => Self::Unreadable,
            "unreachable" => Self::Unreachable,
            "too_many" => Self::TooMany,
            _ => Self::Portal,
        }
    }
}
