//! Answers to people: sent at once, through a plain `Bot`, never behind anyone's alerts, which yield what they take;
//! given up when more is asked than Telegram lets us answer (`pace`).

use crate::context::{Context, Talk};
use crate::telegram::{Refusal, in_words};
use std::time::Duration;
use teloxide::RequestError;
use teloxide::payloads::{EditMessageTextSetters as _, SendMessageSetters as _};
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{
    ChatId, InlineKeyboardMarkup, LinkPreviewOptions, MessageId, ParseMode, ThreadId,
};

/// A person waits for an answer no longer than this when Telegram asks us to wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// Before an answer that did not reach Telegram is sent again.
const BREATH: Duration = Duration::from_millis(500);

/// No link previews: they would push the text off a small screen.
pub(crate) fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

/// The text without its tags, for a chat that refused our markup.
pub(crate) fn strip_tags(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    let mut is_tag = false;
    for c in html.chars() {
        match c {
            '<' => is_tag = true,
            '>' if is_tag => is_tag = false,
            _ if !is_tag => plain.push(c),
            _ => {}
        }
    }
    plain
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Sends once and says how that went.
pub(crate) async fn send_once(
    ctx: &Context,
    chat: i64,
    topic: Option<i32>,
    html: &str,
    keyboard: Option<InlineKeyboardMarkup>,
    is_plain: bool,
) -> Result<MessageId, RequestError> {
    let text = if is_plain {
        strip_tags(html)
    } else {
        html.to_owned()
    };
    let mut request = ctx
        .bot
        .send_message(ChatId(chat), text)
        .link_preview_options(no_preview());
    if !is_plain {
        request = request.parse_mode(ParseMode::Html);
    }
    if let Some(topic) = topic {
        request = request.message_thread_id(ThreadId(MessageId(topic)));
    }
    if let Some(keyboard) = keyboard {
        request = request.reply_markup(keyboard);
    }
    request.send().await.map(|message| message.id)
}

/// Sends an answer; `None` when it could not be delivered, which is logged and dealt with here, or when more is asked
/// than can be answered.
pub(crate) async fn send(
    ctx: &Context,
    talk: &Talk,
    html: &str,
    keyboard: Option<InlineKeyboardMarkup>,
) -> Option<MessageId> {
    let (mut topic, mut is_plain, mut chat) = (talk.topic, false, talk.chat);
    let mut was_unreached = false;
    for _ in 0..4 {
        let Some(counted) = ctx.pace.answer(chat).await else {
            crate::routes::dropped("crowd");
            return None;
        };
        let sent = send_once(ctx, chat, topic, html, keyboard.clone(), is_plain).await;
        drop(counted);
        let error = match sent {
            Ok(message) => return Some(message),
            Err(error) => error,
        };
        match Refusal::of(&error) {
            Refusal::Wait(wait) if wait <= PATIENCE => tokio::time::sleep(wait).await,
            Refusal::NoTopic if topic.is_some() => topic = None,
            Refusal::BadText if !is_plain => {
                tracing::error!(
                    error = in_words(&error),
                    "an answer's markup was refused; sent plain"
                );
                is_plain = true;
            }
            Refusal::Moved(to) => {
                moved(ctx, chat, to.0).await;
                chat = to.0;
            }
            // Once more: a broken connection is the most common of all troubles. If the answer had arrived all the
            // same, the person reads it twice, which is better than not at all.
            Refusal::Later if !was_unreached => {
                was_unreached = true;
                tokio::time::sleep(BREATH).await;
            }
            Refusal::Gone => {
                gone(ctx, chat).await;
                return None;
            }
            _ => {
                tracing::warn!(error = in_words(&error), "an answer was not delivered");
                return None;
            }
        }
    }
    None
}

/// Edits a message of ours; sends a new one when the old one is no more. Returns the id of the message that now
/// shows the text.
pub(crate) async fn edit(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    html: &str,
    keyboard: Option<InlineKeyboardMarkup>,
) -> Option<MessageId> {
    let (mut is_plain, mut was_unreached) = (false, false);
    for _ in 0..4 {
        let text = if is_plain {
            strip_tags(html)
        } else {
            html.to_owned()
        };
        let mut request = ctx
            .bot
            .edit_message_text(ChatId(talk.chat), message, text)
            .link_preview_options(no_preview());
        if !is_plain {
            request = request.parse_mode(ParseMode::Html);
        }
        if let Some(keyboard) = keyboard.clone() {
            request = request.reply_markup(keyboard);
        }
        let counted = ctx.pace.answer_edit(talk.chat);
        let edited = request.send().await;
        drop(counted);
        let error = match edited {
            Ok(_) => return Some(message),
            Err(error) => error,
        };
        match Refusal::of(&error) {
            Refusal::Unchanged => return Some(message),
            Refusal::NoMessage => return send(ctx, talk, html, keyboard).await,
            Refusal::Wait(wait) if wait <= PATIENCE => tokio::time::sleep(wait).await,
            Refusal::BadText if !is_plain => {
                tracing::error!(
                    error = in_words(&error),
                    "an edit's markup was refused; sent plain"
                );
                is_plain = true;
            }
            Refusal::Later if !was_unreached => {
                was_unreached = true;
                tokio::time::sleep(BREATH).await;
            }
            // Old messages stay behind in the old group.
            Refusal::Moved(_) => return send(ctx, talk, html, keyboard).await,
            Refusal::Gone => {
                gone(ctx, talk.chat).await;
                return None;
            }
            _ => {
                tracing::warn!(error = in_words(&error), "an edit was not delivered");
                return None;
            }
        }
    }
    None
}

/// The chat cannot be reached: silence until they write again.
pub(crate) async fn gone(ctx: &Context, chat: i64) {
    match ctx.store.set_gone(chat, chrono::Utc::now()).await {
        Ok(()) => tracing::info!("a chat cannot be reached any more; silent until it writes"),
        Err(error) => tracing::warn!(%error, "could not note that a chat cannot be reached"),
    }
}

/// The group has a new id; whether that could be noted.
pub(crate) async fn moved(ctx: &Context, old: i64, new: i64) -> bool {
    let migrated = ctx.store.migrate_chat(old, new).await;
    match &migrated {
        Ok(()) => tracing::info!("a group became a supergroup; its watches moved"),
        Err(error) => tracing::warn!(%error, "could not move a group to its new id"),
    }
    migrated.is_ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn plain_text_keeps_what_the_markup_held() {
        let html = "<b>ГП №1</b> &lt;x&gt; &amp;amp; <a href=\"u\">т</a> 2 &gt; 1";
        assert_eq!(super::strip_tags(html), "ГП №1 <x> &amp; т 2 > 1");
    }
}
