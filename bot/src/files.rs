//! Photos and documents to people, at once, as answers are.

use crate::answers::{gone, moved};
use crate::context::{Context, Talk};
use crate::telegram::{Refusal, in_words};
use std::time::Duration;
use teloxide::RequestError;
use teloxide::payloads::{SendDocumentSetters as _, SendPhotoSetters as _};
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{ChatId, InputFile, MessageId, ParseMode, ThreadId};

/// A person waits for a file no longer than this when Telegram asks us to wait.
const PATIENCE: Duration = Duration::from_secs(20);

enum File {
    Photo(Vec<u8>),
    Document {
        name: String,
        bytes: Vec<u8>,
        caption: String,
    },
}

/// Sends a PNG.
pub(super) async fn photo(ctx: &Context, talk: &Talk, png: Vec<u8>) {
    send(ctx, talk, &File::Photo(png)).await;
}

/// Sends a file with an HTML caption.
pub(super) async fn document(
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
    send(ctx, talk, &file).await;
}

async fn send_once(
    ctx: &Context,
    chat: i64,
    topic: Option<i32>,
    file: &File,
) -> Result<(), RequestError> {
    let thread = topic.map(|topic| ThreadId(MessageId(topic)));
    match file {
        File::Photo(png) => {
            let photo = InputFile::memory(png.clone()).file_name("talons.png");
            let mut request = ctx.bot.send_photo(ChatId(chat), photo);
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

/// What could not be delivered is logged and dealt with here.
async fn send(ctx: &Context, talk: &Talk, file: &File) {
    let (mut chat, mut topic) = (talk.chat, talk.topic);
    for _ in 0..4 {
        let counted = ctx.pace.answer(chat).await;
        let sent = send_once(ctx, chat, topic, file).await;
        drop(counted);
        let Err(error) = sent else {
            return;
        };
        match Refusal::of(&error) {
            Refusal::Wait(wait) if wait <= PATIENCE => tokio::time::sleep(wait).await,
            Refusal::NoTopic if topic.is_some() => topic = None,
            Refusal::Moved(to) => {
                moved(ctx, chat, to.0).await;
                chat = to.0;
            }
            Refusal::Gone => return gone(ctx, chat).await,
            _ => {
                tracing::warn!(error = in_words(&error), "a file was not delivered");
                return;
            }
        }
    }
}
