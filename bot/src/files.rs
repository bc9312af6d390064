//! Photos and documents to people, at once, as answers are.

use crate::answers::{gone, moved, strip_tags};
use crate::context::{Context, Talk};
use crate::telegram::{Refusal, in_words};
use std::time::Duration;
use teloxide::RequestError;
use teloxide::payloads::{SendDocumentSetters as _, SendPhotoSetters as _};
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{ChatId, InlineKeyboardMarkup, InputFile, MessageId, ParseMode, ThreadId};

/// The longest caption Telegram takes, in UTF-16 units of what is left when the markup is read. We count the markup too.
pub(crate) const MAX_CAPTION: usize = 1024;

/// A person waits for a file no longer than this when Telegram asks us to wait.
const PATIENCE: Duration = Duration::from_secs(20);

enum File {
    Photo {
        png: Vec<u8>,
        caption: Option<String>,
    },
    Document {
        name: String,
        bytes: Vec<u8>,
        caption: String,
    },
}

/// Sends a PNG.
pub(crate) async fn photo(ctx: &Context, talk: &Talk, png: Vec<u8>) {
    let caption = None;
    send(ctx, talk, &File::Photo { png, caption }, None).await;
}

/// Sends a PNG with an HTML caption of at most [`MAX_CAPTION`]. `false` when the chat is there but did not take it: its
/// words are to be sent without it then.
pub(crate) async fn captioned(
    ctx: &Context,
    talk: &Talk,
    png: Vec<u8>,
    caption: String,
    keyboard: Option<InlineKeyboardMarkup>,
) -> bool {
    let caption = Some(caption);
    send(ctx, talk, &File::Photo { png, caption }, keyboard).await
}

/// Sends a file with an HTML caption.
pub(crate) async fn document(
    ctx: &Context,
    talk: &Talk,
    name: String,
    bytes: Vec<u8>,
    caption: String,
) {
    let file = File::Document {
        name,
        bytes,
        caption,
    };
    send(ctx, talk, &file, None).await;
}

async fn send_once(
    ctx: &Context,
    chat: i64,
    topic: Option<i32>,
    file: &File,
    keyboard: Option<InlineKeyboardMarkup>,
    is_plain: bool,
) -> Result<(), RequestError> {
    let thread = topic.map(|topic| ThreadId(MessageId(topic)));
    match file {
        File::Photo { png, caption } => {
            let photo = InputFile::memory(png.clone()).file_name("talons.png");
            let mut request = ctx.bot.send_photo(ChatId(chat), photo);
            request = match caption {
                Some(caption) if is_plain => request.caption(strip_tags(caption)),
                Some(caption) => request.caption(caption.clone()).parse_mode(ParseMode::Html),
                None => request,
            };
            if let Some(keyboard) = keyboard {
                request = request.reply_markup(keyboard);
            }
            if let Some(thread) = thread {
                request = request.message_thread_id(thread);
            }
            request.send().await?;
        }
        File::Document {
            name,
            bytes,
            caption,
        } => {
            let document = InputFile::memory(bytes.clone()).file_name(name.clone());
            let mut request = ctx
                .bot
                .send_document(ChatId(chat), document)
                .caption(caption.clone())
                .parse_mode(ParseMode::Html);
            if let Some(thread) = thread {
                request = request.message_thread_id(thread);
            }
            request.send().await?;
        }
    }
    Ok(())
}

/// What could not be delivered is logged and dealt with here. `false` when it is worth saying something else instead.
async fn send(
    ctx: &Context,
    talk: &Talk,
    file: &File,
    keyboard: Option<InlineKeyboardMarkup>,
) -> bool {
    let (mut chat, mut topic, mut is_plain) = (talk.chat, talk.topic, false);
    for _ in 0..4 {
        let Some(counted) = ctx.pace.answer(chat).await else {
            crate::routes::dropped("crowd");
            return true;
        };
        let sent = send_once(ctx, chat, topic, file, keyboard.clone(), is_plain).await;
        drop(counted);
        let Err(error) = sent else {
            return true;
        };
        match Refusal::of(&error) {
            Refusal::Wait(wait) if wait <= PATIENCE => tokio::time::sleep(wait).await,
            Refusal::NoTopic if topic.is_some() => topic = None,
            Refusal::Moved(to) => {
                moved(ctx, chat, to.0).await;
                chat = to.0;
            }
            Refusal::BadText if !is_plain => {
                tracing::error!(
                    error = in_words(&error),
                    "a caption's markup was refused; sent plain"
                );
                is_plain = true;
            }
            Refusal::Gone => {
                gone(ctx, chat).await;
                return true;
            }
            _ => {
                tracing::warn!(error = in_words(&error), "a file was not delivered");
                return false;
            }
        }
    }
    false
}
