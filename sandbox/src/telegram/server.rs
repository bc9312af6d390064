//! The Bot API's HTTP side: token, method, trouble, answer, log.

use super::methods::{self, Done};
use super::params::Params;
use super::trouble::Trouble;
use super::{Inner, Refusal, TOKEN};
use crate::journal::Entry;
use crate::net::Line;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// One call, as the stand-in saw it.
#[derive(Debug, Clone)]
pub struct Call {
    /// When it came.
    pub at: Instant,
    /// The same by the calendar.
    pub wall: DateTime<Utc>,
    /// Method as the Bot API spells it (`sendMessage`); as it was sent when there is no such method.
    pub method: String,
    /// `chat_id`, if it had one.
    pub chat: Option<i64>,
    /// Parameters, as sent; texts in forms stay texts.
    pub params: Value,
    /// How it ended; `None` while it has not.
    pub outcome: Option<Outcome>,
    /// When the answer was ready.
    pub answered: Option<Instant>,
    /// Id of the message it sent or changed.
    pub message: Option<i64>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Carried out, and the answer sent.
    Done,
    /// Refused with this `error_code` and `description`.
    Refused(u16, String),
    /// Carried out, the answer lost, or not sent yet.
    AnswerLost,
    /// Not carried out, no answer, or not one in JSON.
    Broken,
}

impl Call {
    /// Whether the call was carried out, whatever became of the answer.
    pub fn is_done(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Done | Outcome::AnswerLost))
    }

    /// Whether this is a carried out call of a method.
    pub fn did(&self, method: &str) -> bool {
        self.is_done() && self.method.eq_ignore_ascii_case(method)
    }

    /// `error_code`, when it was refused.
    pub fn refusal(&self) -> Option<u16> {
        match self.outcome {
            Some(Outcome::Refused(code, _)) => Some(code),
            _ => None,
        }
    }
}

impl Entry for Call {
    fn is_final(&self) -> bool {
        self.outcome.is_some()
    }
}

/// A line of the log, closed as broken when the client leaves before the answer.
struct Record {
    inner: Arc<Inner>,
    position: u64,
    is_closed: bool,
}

impl Record {
    fn close(&mut self, outcome: Outcome, message: Option<i64>) {
        self.is_closed = true;
        self.inner.log.update(self.position, |call| {
            call.outcome = Some(outcome);
            call.answered = Some(Instant::now());
            call.message = message;
        });
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.is_closed {
            let broken = |call: &mut Call| call.outcome = Some(Outcome::Broken);
            self.inner.log.update(self.position, broken);
        }
    }
}

pub(super) async fn serve(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let Some(asked) = asked_method(request.uri().path()) else {
        return refused(&Refusal::new(404, "Not Found"));
    };
    let Ok(asked) = asked else {
        return refused(&Refusal::new(401, "Unauthorized"));
    };
    let method = methods::named(&asked);
    let params = Params::read(request).await;
    let mut record = Record {
        position: inner.log.push(Call {
            at: Instant::now(),
            wall: Utc::now(),
            method: method.map_or(asked, str::to_owned),
            chat: params.as_ref().ok().and_then(Params::chat),
            params: params.as_ref().map(Params::to_json).unwrap_or_default(),
            outcome: None,
            answered: None,
            message: None,
        }),
        inner: inner.clone(),
        is_closed: false,
    };
    let (method, params) = match (method, params) {
        (Some(method), Ok(params)) => (method, params),
        (None, _) => return refuse(&mut record, &Refusal::new(404, "Not Found")),
        (_, Err(refusal)) => return refuse(&mut record, &refusal),
    };
    let trouble = inner.lock().troubles.meet(method, params.chat());
    match &trouble {
        Some(Trouble::Hang) => std::future::pending().await,
        Some(Trouble::Slow(pause)) => tokio::time::sleep(*pause).await,
        Some(Trouble::Cut) => {
            line.cut();
            record.close(Outcome::Broken, None);
            return StatusCode::OK.into_response();
        }
        Some(Trouble::Garbage) => {
            record.close(Outcome::Broken, None);
            return "<html><body>502 Bad Gateway</body></html>".into_response();
        }
        Some(Trouble::Refuse(code, text)) => {
            return refuse(&mut record, &Refusal::new(*code, text.as_str()));
        }
        Some(Trouble::TooMany(Some(seconds))) => {
            return refuse(&mut record, &Refusal::too_many(u64::from(*seconds)));
        }
        Some(Trouble::TooMany(None)) => {
            return refuse(&mut record, &Refusal::new(429, "Too Many Requests"));
        }
        Some(Trouble::LoseAnswer | Trouble::Late(_)) | None => {}
    }
    match methods::call(&inner, method, &params).await {
        Err(refusal) => refuse(&mut record, &refusal),
        Ok(Done { result, message }) => {
            match trouble {
                Some(Trouble::LoseAnswer) => {
                    line.cut();
                    record.close(Outcome::AnswerLost, message);
                }
                Some(Trouble::Late(pause)) => {
                    // A client that leaves meanwhile has lost the answer.
                    record.close(Outcome::AnswerLost, message);
                    tokio::time::sleep(pause).await;
                    record.close(Outcome::Done, message);
                }
                _ => record.close(Outcome::Done, message),
            }
            answer(StatusCode::OK, &json!({"ok": true, "result": result}))
        }
    }
}

/// Method of `/bot<token>/<method>`; an error when the token is wrong, `None` when the path is no such path.
fn asked_method(path: &str) -> Option<Result<String, ()>> {
    let (bot, method) = path.strip_prefix("/bot")?.split_once('/')?;
    let bot = percent_decode_str(bot).decode_utf8().ok()?;
    let method = percent_decode_str(method).decode_utf8().ok()?;
    Some(if bot == TOKEN {
        Ok(method.into_owned())
    } else {
        Err(())
    })
}

fn refuse(record: &mut Record, refusal: &Refusal) -> Response {
    let outcome = Outcome::Refused(refusal.code, refusal.description.clone());
    record.close(outcome, None);
    refused(refusal)
}

fn refused(refusal: &Refusal) -> Response {
    let mut body = json!({
        "ok": false,
        "error_code": refusal.code,
        "description": refusal.description,
    });
    if let Some(seconds) = refusal.retry_after {
        body["parameters"] = json!({ "retry_after": seconds });
    }
    if let Some(chat) = refusal.migrate_to {
        body["parameters"] = json!({ "migrate_to_chat_id": chat });
    }
    let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::BAD_REQUEST);
    answer(status, &body)
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}
