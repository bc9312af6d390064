//! Parameters of a call, however they were sent.

use super::Refusal;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};
use std::collections::HashMap;
use url::form_urlencoded;

/// What Telegram takes in one upload.
const MAX_BODY: usize = 50 << 20;

/// A file that came with a call.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) name: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) bytes: Bytes,
}

/// Fields by name, and the files among them.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pub(crate) fields: Map<String, Value>,
    files: HashMap<String, Upload>,
}

impl Params {
    /// Reads the query and the body: JSON, form or multipart.
    pub(crate) async fn read(request: Request) -> Result<Self, Refusal> {
        let mut params = Self::default();
        params.read_form(request.uri().query().unwrap_or_default().as_bytes());
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            params.read_multipart(request).await?;
            return Ok(params);
        }
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        let body = axum::body::to_bytes(request.into_body(), MAX_BODY).await;
        let body = body.map_err(|_| Refusal::new(413, "Request Entity Too Large"))?;
        if is_form {
            params.read_form(&body);
        } else if !body.is_empty() {
            let Ok(Value::Object(fields)) = serde_json::from_slice(&body) else {
                return Err(Refusal::bad("can't parse JSON object"));
            };
            params.fields.extend(fields);
        }
        Ok(params)
    }

    fn read_form(&mut self, form: &[u8]) {
        let pairs = form_urlencoded::parse(form);
        let fields =
            pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
        self.fields.extend(fields);
    }

    async fn read_multipart(&mut self, request: Request) -> Result<(), Refusal> {
        let broken = |_| Refusal::bad("can't parse multipart form data");
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|_| Refusal::bad("can't parse multipart form data"))?;
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let field = part.name().unwrap_or_default().to_owned();
            let name = part.file_name().map(str::to_owned);
            let mime = part.content_type().map(str::to_owned);
            let bytes = part.bytes().await.map_err(broken)?;
            match (&name, std::str::from_utf8(&bytes)) {
                (None, Ok(text)) if mime.is_none() => {
                    self.fields.insert(field, Value::String(text.to_owned()));
                }
                _ => {
                    self.files.insert(field, Upload { name, mime, bytes });
                }
            }
        }
        Ok(())
    }

    /// A text; `None` when absent or null.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// A whole number, also when sent as text.
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        let value = self.fields.get(name)?;
        value
            .as_i64()
            .or_else(|| value.as_str()?.trim().parse().ok())
    }

    /// A flag, also when sent as text; absent = `false`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "True" | "1"),
            _ => false,
        }
    }

    /// An object or array, also when sent as its text.
    ///
    /// # Errors
    /// When a text is not JSON.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, Refusal> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(|_| {
                Refusal::bad(format!(
                    "can't parse {} JSON object",
                    name.replace('_', " ")
                ))
            }),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// The chat a call is about.
    pub(crate) fn chat(&self) -> Option<i64> {
        self.int("chat_id")
    }

    /// A file: a part of this name, or the part its field names as `attach://…`.
    pub(crate) fn file(&self, name: &str) -> Option<&Upload> {
        let attached = self
            .text(name)
            .and_then(|text| text.strip_prefix("attach://"));
        self.files.get(attached.unwrap_or(name))
    }

    /// As the log keeps them: files by their sizes.
    pub(crate) fn to_json(&self) -> Value {
        let mut fields = self.fields.clone();
        for (name, file) in &self.files {
            fields.insert(
                name.clone(),
                Value::String(format!("file of {} bytes", file.bytes.len())),
            );
        }
        Value::Object(fields)
    }
}
