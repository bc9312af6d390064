//! `/export`: a JSON file of everything kept about the person.
//!
//! `{"format": 1, "exported_at": …, "kept": {…}}`, where `kept` has one array of rows for each table that holds
//! something of them; `shared::store::Store::export` tells the shape of a row.

use crate::answers;
use crate::context::{Context, Talk};
use crate::telegram::{Refusal, in_words};
use crate::texts::text;
use chrono::SecondsFormat;
use serde_json::json;
use shared::store::StoreError;
use teloxide::payloads::SendDocumentSetters as _;
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{ChatId, InputFile, MessageId, ThreadId};

/// Number of the shape of the file.
const FORMAT: u32 = 1;

/// Sends the file, or says that there is nothing to put into it.
pub(crate) async fn run(ctx: &Context, talk: &Talk) -> Result<(), StoreError> {
    let kept = ctx.store.export(talk.chat).await?;
    if kept.as_object().is_none_or(serde_json::Map::is_empty) {
        answers::send(ctx, talk, &text(talk.lang, "export-empty"), None).await;
        return Ok(());
    }
    let file = json!({
        "format": FORMAT,
        "exported_at": talk.now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "kept": kept,
    });
    let file = InputFile::memory(format!("{file:#}")).file_name("talons.json");
    let mut request = ctx
        .bot
        .send_document(ChatId(talk.chat), file)
        .caption(text(talk.lang, "export-caption"));
    if let Some(topic) = talk.topic {
        request = request.message_thread_id(ThreadId(MessageId(topic)));
    }
    let Some(counted) = ctx.pace.answer(talk.chat).await else {
        crate::routes::dropped("crowd");
        return Ok(());
    };
    let sent = request.send().await;
    drop(counted);
    if let Err(error) = sent {
        match Refusal::of(&error) {
            Refusal::Gone => answers::gone(ctx, talk.chat).await,
            _ => {
                tracing::warn!(error = in_words(&error), "an export was not delivered");
                answers::send(ctx, talk, &text(talk.lang, "went-wrong"), None).await;
            }
        }
    }
    Ok(())
}
