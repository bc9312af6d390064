//! The message of an alert, and its send.

use crate::answers::{no_preview, strip_tags};
use crate::context::Context;
use crate::texts::{self, Message};
use chrono::Utc;
use shared::catalogue::Lpu;
use shared::ids::Target;
use shared::store::News;
use teloxide::RequestError;
use teloxide::payloads::{EditMessageTextSetters as _, SendMessageSetters as _};
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{
    ChatId, InlineKeyboardButton, InlineKeyboardMarkup, MessageId, ParseMode, ThreadId,
};

/// How a message is sent: as it should be, then without what was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) has_topic: bool,
    pub(super) has_markup: bool,
    /// Whether what may join an alert does.
    pub(super) may_join: bool,
}

impl Form {
    /// As it should be.
    pub(super) const FIRST: Self = Self {
        has_topic: true,
        has_markup: true,
        may_join: true,
    };

    /// Whether nothing of the turn was refused yet.
    pub(super) fn is_first(self) -> bool {
        self == Self::FIRST
    }
}

/// The message; of an alert these news join, all of it with them. `taken` = who of the group takes what it tells.
pub(super) fn compose(ctx: &Context, news: &News, taken: Option<&str>) -> Message {
    let (lang, now) = (news.person.lang, Utc::now());
    let mut message = match &news.joins {
        None => texts::alert(lang, news, &links(ctx), now),
        Some(join) => {
            let mut all = news.clone();
            all.doctors.clone_from(&join.doctors);
            let mut message = texts::alert(lang, &all, &links(ctx), now);
            message.html = crate::life::with_line(&message.html, taken);
            message
        }
    };
    message
        .buttons
        .extend(crate::visit::buttons(news.person.lang));
    message
        .buttons
        .extend(crate::life::group_buttons(&news.person));
    message
}

/// Where a doctor's talons are taken.
pub(crate) fn links(ctx: &Context) -> impl Fn(&Target, Option<&Lpu>) -> String {
    |target, lpu| ctx.link(target, lpu.map(|lpu| &lpu.district))
}

/// The keyboard of a message; a button whose address does not parse is left out rather than losing the alert.
pub(crate) fn keyboard(message: &Message) -> InlineKeyboardMarkup {
    let rows = message.buttons.iter().map(|row| {
        row.iter().filter_map(|button| match button {
            texts::Button::Url { label, url } => {
                Some(InlineKeyboardButton::url(label.clone(), url.parse().ok()?))
            }
            texts::Button::Press { label, data } => {
                Some(InlineKeyboardButton::callback(label.clone(), data.clone()))
            }
        })
    });
    InlineKeyboardMarkup::new(rows.map(Iterator::collect::<Vec<_>>))
}

/// The message without markup and buttons: their addresses follow the text, as many as fit.
fn plain(message: &Message) -> String {
    let mut text = strip_tags(&message.html);
    for button in message.buttons.iter().flatten() {
        let texts::Button::Url { label, url } = button else {
            continue;
        };
        let line = format!("\n{label}: {url}");
        if texts::units(&text) + texts::units(&line) > texts::MAX_MESSAGE {
            break;
        }
        text.push_str(&line);
    }
    text
}

pub(super) async fn send(
    ctx: &Context,
    news: &News,
    message: &Message,
    form: Form,
) -> Result<MessageId, RequestError> {
    if let Some(join) = &news.joins {
        let message_id = MessageId(join.message);
        let request = ctx
            .bot
            .edit_message_text(ChatId(news.person.chat), message_id, &message.html)
            .parse_mode(ParseMode::Html)
            .link_preview_options(no_preview())
            .reply_markup(keyboard(message));
        return request.send().await.map(|_| message_id);
    }
    let text = if form.has_markup {
        message.html.clone()
    } else {
        plain(message)
    };
    let mut request = ctx
        .bot
        .send_message(ChatId(news.person.chat), text)
        .link_preview_options(no_preview());
    if form.has_markup {
        request = request
            .parse_mode(ParseMode::Html)
            .reply_markup(keyboard(message));
    }
    if let Some(topic) = news.person.topic.filter(|_| form.has_topic) {
        request = request.message_thread_id(ThreadId(MessageId(topic)));
    }
    request.send().await.map(|message| message.id)
}
