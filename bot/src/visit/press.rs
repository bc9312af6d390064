//! What the buttons about visits say back.

use shared::ids::BookingId;
use std::fmt;
use std::str::FromStr;

/// A pressed button. An alert is named by its message in the same chat, a booking by its own id: both are looked up
/// among what belongs to the chat of the press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VisitPress {
    /// Under an alert: all free times.
    All,
    /// Under an alert: the picture of two weeks.
    Picture,
    /// Under an alert: silence till tomorrow.
    Pause,
    /// Under an alert: the person booked.
    Booked,
    /// Under an alert: the watch's card.
    Change,
    /// Ends the silence of an alert's watches.
    Again(i32),
    /// Another page of an alert's talons.
    Page(i32, usize),
    /// This talon of an alert was booked.
    Took(i32, u32),
    /// Something the alert did not tell was booked.
    Other(i32),
    /// Stops the alert's watches.
    StopAll(i32),
    /// Nothing is to change.
    Keep,
    /// The booking's watch stops.
    Stop(BookingId),
    /// The booking's watch looks for something sooner.
    Sooner(BookingId),
    /// The booking's watch goes on as it is.
    GoOn(BookingId),
    /// The booking's watch watches again.
    Resume(BookingId),
    /// No reminders of the booking.
    Quiet(BookingId),
}

impl fmt::Display for VisitPress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("a"),
            Self::Picture => f.write_str("i"),
            Self::Pause => f.write_str("z"),
            Self::Booked => f.write_str("b"),
            Self::Change => f.write_str("c"),
            Self::Again(alert) => write!(f, "r.{alert}"),
            Self::Page(alert, page) => write!(f, "p.{alert}.{page}"),
            Self::Took(alert, number) => write!(f, "t.{alert}.{number}"),
            Self::Other(alert) => write!(f, "o.{alert}"),
            Self::StopAll(alert) => write!(f, "x.{alert}"),
            Self::Keep => f.write_str("k"),
            Self::Stop(booking) => write!(f, "s.{booking}"),
            Self::Sooner(booking) => write!(f, "l.{booking}"),
            Self::GoOn(booking) => write!(f, "g.{booking}"),
            Self::Resume(booking) => write!(f, "w.{booking}"),
            Self::Quiet(booking) => write!(f, "q.{booking}"),
        }
    }
}

impl VisitPress {
    /// Reads the parts of what a button said back; `None` for nonsense.
    pub(crate) fn read<'a>(mut next: impl FnMut() -> Option<&'a str>) -> Option<Self> {
        let word = next()?;
        Some(match word {
            "a" => Self::All,
            "i" => Self::Picture,
            "z" => Self::Pause,
            "b" => Self::Booked,
            "c" => Self::Change,
            "r" => Self::Again(number(next()?)?),
            "p" => Self::Page(number(next()?)?, number(next()?)?),
            "t" => Self::Took(number(next()?)?, number(next()?)?),
            "o" => Self::Other(number(next()?)?),
            "x" => Self::StopAll(number(next()?)?),
            "k" => Self::Keep,
            "s" => Self::Stop(BookingId(number(next()?)?)),
            "l" => Self::Sooner(BookingId(number(next()?)?)),
            "g" => Self::GoOn(BookingId(number(next()?)?)),
            "w" => Self::Resume(BookingId(number(next()?)?)),
            "q" => Self::Quiet(BookingId(number(next()?)?)),
            _ => return None,
        })
    }

    /// One of each, for tests of what they say back.
    #[cfg(test)]
    pub(crate) fn samples() -> Vec<Self> {
        let booking = BookingId(i64::MAX);
        vec![
            Self::All,
            Self::Picture,
            Self::Pause,
            Self::Booked,
            Self::Change,
            Self::Again(i32::MIN),
            Self::Page(i32::MAX, usize::MAX),
            Self::Took(i32::MAX, u32::MAX),
            Self::Other(7),
            Self::StopAll(7),
            Self::Keep,
            Self::Stop(booking),
            Self::Sooner(booking),
            Self::GoOn(booking),
            Self::Resume(booking),
            Self::Quiet(booking),
        ]
    }
}

fn number<T: FromStr>(word: &str) -> Option<T> {
    word.parse().ok()
}
