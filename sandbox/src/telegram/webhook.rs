//! Updates sent to the bot, as Telegram sends them: one POST each, again and again until it is taken.

use super::{Inner, State};
use chrono::Utc;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Weak;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use url::Url;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// After the first failure; doubling up to [`LONGEST_PAUSE`]. The real one begins with a second or so.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the real one begins with when it is not told.
pub(crate) const CONNECTIONS: usize = 40;

/// Where updates are sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Webhook {
    /// Empty = nowhere: the bot asks for them.
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
    /// So many at once.
    pub(crate) max_connections: usize,
    /// Grows with each setting: whoever waits after failures begins anew.
    pub(crate) n_set: u64,
    /// The last failure, by the calendar, and what it was.
    pub(crate) last_error: Option<(i64, String)>,
}

impl Webhook {
    /// Where it can really be sent: this machine. The real addresses of the world are none of the stand-in's business.
    fn reachable(&self) -> Option<Url> {
        Url::parse(&self.url).ok().filter(is_local)
    }
}

/// Plain HTTP to this machine, as a Bot API server of one's own allows it.
pub(crate) fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "http" && ["127.0.0.1", "localhost", "[::1]"].contains(&host)
}

/// Updates of one line are sent one after the other, each line beside the others: the messages of a chat are one, the
/// presses of a person another.
type LineOf = (&'static str, i64);

fn line(update: &Value) -> LineOf {
    let id = |value: &Value| value.as_i64().unwrap_or_default();
    for kind in ["message", "edited_message", "my_chat_member", "chat_member"] {
        if let Some(payload) = update.get(kind) {
            return ("chat", id(&payload["chat"]["id"]));
        }
    }
    match update.get("callback_query") {
        Some(press) => ("presses", id(&press["from"]["id"])),
        None => ("others", 0),
    }
}

/// A line that waits after failures.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    n_failures: u32,
    until: Instant,
}

/// One update on its way.
struct Sent {
    line: LineOf,
    update: i64,
    n_set: u64,
    result: Result<(), String>,
}

/// Sends as long as the stand-in lives.
pub(super) async fn deliver(inner: Weak<Inner>) {
    let Some(mut changed) = inner.upgrade().map(|inner| inner.polls.subscribe()) else {
        return;
    };
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    let Ok(client) = client.build() else {
        return;
    };
    let mut sending = JoinSet::new();
    let mut busy = HashMap::<LineOf, i64>::new();
    let mut waiting = HashMap::<LineOf, Waiting>::new();
    let mut n_set = 0;
    loop {
        let now = Instant::now();
        {
            let Some(inner) = inner.upgrade() else {
                return;
            };
            let state = inner.lock();
            if state.webhook.n_set != n_set {
                n_set = state.webhook.n_set;
                waiting.clear();
            }
            for (line, id, body) in next(&state, &busy, &waiting, now) {
                busy.insert(line, id);
                let (client, webhook) = (client.clone(), state.webhook.clone());
                let n_times = 1 + usize::from(state.repeats_updates);
                sending.spawn(async move {
                    let mut result = Ok(());
                    for _ in 0..n_times {
                        result = result.and(send(&client, &webhook, &body).await);
                    }
                    Sent {
                        line,
                        update: id,
                        n_set: webhook.n_set,
                        result,
                    }
                });
            }
        }
        let soonest = waiting.values().map(|waiting| waiting.until);
        let soonest = soonest.filter(|until| *until > now).min();
        let sent = tokio::select! {
            changed = changed.changed() => match changed {
                Ok(()) => None,
                Err(_) => return,
            },
            Some(sent) = sending.join_next() => sent.ok(),
            () = sleep_until(soonest.unwrap_or(now + PATIENCE)) => None,
        };
        let (Some(sent), Some(inner)) = (sent, inner.upgrade()) else {
            continue;
        };
        busy.remove(&sent.line);
        match sent.result {
            Ok(()) => {
                waiting.remove(&sent.line);
                inner
                    .lock()
                    .updates
                    .retain(|update| update.id != sent.update);
                inner.wake_polls();
            }
            Err(why) => {
                let state = &mut *inner.lock();
                state.webhook.last_error = Some((Utc::now().timestamp(), why));
                if sent.n_set == n_set {
                    let n_failures = waiting.get(&sent.line).map_or(0, |line| line.n_failures);
                    let pause = FIRST_PAUSE * 2_u32.pow(n_failures.min(10));
                    let line = Waiting {
                        n_failures: n_failures + 1,
                        until: Instant::now() + pause.min(LONGEST_PAUSE),
                    };
                    waiting.insert(sent.line, line);
                }
            }
        }
    }
}

/// What can be sent now: the first update of each line that neither waits nor has one on its way.
fn next(
    state: &State,
    busy: &HashMap<LineOf, i64>,
    waiting: &HashMap<LineOf, Waiting>,
    now: Instant,
) -> Vec<(LineOf, i64, String)> {
    let webhook = &state.webhook;
    if webhook.url.is_empty() || state.is_away {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for update in &state.updates {
        if busy.len() + found.len() >= webhook.max_connections {
            break;
        }
        let line = line(&update.body);
        let waits = waiting.get(&line).is_some_and(|line| line.until > now);
        if !waits && !busy.contains_key(&line) && !seen.contains(&line) {
            found.push((line, update.id, update.body.to_string()));
            seen.push(line);
        }
    }
    found
}

/// One POST; why it was not taken, in Telegram's words.
async fn send(client: &reqwest::Client, webhook: &Webhook, body: &str) -> Result<(), String> {
    let Some(url) = webhook.reachable() else {
        return Err("Failed to resolve host: No address associated with hostname".to_owned());
    };
    let mut request = client
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_owned());
    if let Some(secret) = &webhook.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!(
            "Wrong response from the webhook: {}",
            answer.status()
        )),
        Err(error) if error.is_timeout() => Err("Read timeout expired".to_owned()),
        Err(error) if error.is_connect() => Err("Connection refused".to_owned()),
        Err(_) => Err("Connection reset by peer".to_owned()),
    }
}

/// What `getWebhookInfo` answers.
pub(crate) fn info(state: &State) -> Value {
    let webhook = &state.webhook;
    let mut info = json!({
        "url": webhook.url,
        "has_custom_certificate": false,
        "pending_update_count": state.updates.len(),
    });
    if webhook.url.is_empty() {
        return info;
    }
    info["max_connections"] = json!(webhook.max_connections);
    if !state.allowed.is_empty() {
        info["allowed_updates"] = json!(state.allowed);
    }
    if let Some((at, why)) = &webhook.last_error {
        info["last_error_date"] = json!(at);
        info["last_error_message"] = json!(why);
    }
    info
}
