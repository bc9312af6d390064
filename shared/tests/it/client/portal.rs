//! A portal that answers what a test says, on a real socket.

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Router, serve};
use shared::gorzdrav::{Api, ApiSettings};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use url::Url;

/// What the portal answers.
#[derive(Clone)]
pub(super) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// The request is taken and never answered.
    Silence,
    /// The answer leaves once the gate lets it.
    Behind(Arc<Semaphore>, Box<Reply>),
}

impl Reply {
    /// A good answer by its HTTP part.
    pub(super) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer {
            status: 200,
            headers: vec![("content-type", "application/json; charset=utf-8".to_owned())],
            body: body.into(),
        }
    }

    pub(super) fn status(status: u16) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn with_status(mut self, code: u16) -> Self {
        if let Self::Answer { status, .. } = &mut self {
            *status = code;
        }
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value.into()));
        }
        self
    }

    pub(super) fn body(mut self, text: impl Into<Vec<u8>>) -> Self {
        if let Self::Answer { body, .. } = &mut self {
            *body = text.into();
        }
        self
    }
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Path (or, through a proxy, the whole address) exactly as sent.
    pub(super) uri: String,
    pub(super) headers: HeaderMap,
}

/// A running portal.
pub(super) struct Portal {
    pub(super) url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Portal {
    /// Answers everything alike.
    pub(super) async fn saying(reply: Reply) -> Self {
        Self::start(move |_| reply.clone()).await
    }

    /// Answers by the path as it was sent.
    pub(super) async fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let log = Arc::clone(&seen);
        let app = Router::new().fallback(move |request: Request| {
            let uri = request.uri().to_string();
            let reply = answer(&uri);
            log.lock().unwrap().push(Seen {
                uri,
                headers: request.headers().clone(),
            });
            respond(reply)
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { serve(listener, app).await });
        Self { url, seen }
    }

    /// Requests so far, oldest first.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Paths of the requests so far.
    pub(super) fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.uri).collect()
    }

    /// Returns once `n` requests have come.
    pub(super) async fn asked(&self, n: usize) {
        while self.seen().len() < n {
            tokio::task::yield_now().await;
        }
    }

    /// A client of this portal.
    pub(super) fn api(&self) -> Api {
        Api::new(&settings(self.url.clone())).unwrap()
    }
}

async fn respond(reply: Reply) -> Response {
    match reply {
        Reply::Answer {
            status,
            headers,
            body,
        } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).unwrap()
        }
        Reply::Silence => std::future::pending().await,
        Reply::Behind(gate, reply) => {
            gate.acquire().await.unwrap().forget();
            Box::pin(respond(*reply)).await
        }
    }
}

/// Takes one request after another, writes `bytes` as they are and closes.
pub(super) async fn raw(bytes: &'static [u8]) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(bytes).await;
        }
    });
    url
}

/// Settings under which no test waits for the limiter, and none fails because the machine is slow.
pub(super) fn settings(base_url: Url) -> ApiSettings {
    ApiSettings {
        base_url,
        proxy: None,
        ca_file: None,
        timeout: Duration::from_secs(60),
        requests_per_second: 10_000.0,
    }
}
