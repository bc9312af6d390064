//! What people read: domain values turned into sentences.
//!
//! Every sentence lives in `bot/locales/{ru,en}/*.ftl`; here it is only chosen and filled. Texts are Telegram HTML
//! unless a function says "plain". Whatever comes from the portal or from a person is cleaned, cut and escaped
//! before it enters a text.

mod alert;
mod cadence;
mod card;
mod chosen;
mod clean;
mod fluent;
mod free;
mod life;
mod names;
mod openings;
mod outage;
pub(crate) mod picture_words;
mod state;
mod status;
mod summary;
pub(crate) mod visit;
mod when;
mod wish;
mod words;

#[cfg(test)]
mod tests;

pub use alert::{alert, living};
pub use cadence::{cadence, with_cadence};
pub use card::{card, card_in, free_now};
pub use chosen::{area_specialty, chosen, few};

pub use clean::{escape, plain};
pub use fluent::{Arg, text, text_with};
pub use life::{broadcast, facts, stats, taken_by, taken_line, weekly};
pub use names::{area_title, card_title, part_title, target_title};
pub use openings::{Openings, Part};
pub use outage::outages;
pub use shared::store::Lang;
pub use state::why;
pub use status::{Phase, PingerSign, StatusView, pinger_warning, status};
pub(crate) use when::since;
pub use when::{ago, clock, day, time};
pub use wish::{WEEK, WishView, wish_card, wish_line, wish_words};
pub(crate) use wish::{date_label, weekday};
pub use words::{Said, again, to_confirm, understood};

/// The longest message Telegram takes, in UTF-16 units of what is left when the markup is read. We count the
/// markup too: never too long, at times a little shorter than it could be.
pub const MAX_MESSAGE: usize = 4096;

/// A message ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Telegram HTML, at most [`MAX_MESSAGE`], never empty.
    pub html: String,
    /// Rows of buttons; may be empty.
    pub buttons: Vec<Vec<Button>>,
}

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Button {
    /// Opens a page.
    Url {
        /// Plain text, never empty.
        label: String,
        /// As the caller gave it.
        url: String,
    },
    /// Says something back to the bot.
    Press {
        /// Plain text, never empty.
        label: String,
        /// At most 64 bytes.
        data: String,
    },
}

/// Length as Telegram counts it, markup included.
pub(crate) fn units(html: &str) -> usize {
    html.encode_utf16().count()
}
