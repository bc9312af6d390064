//! The stand-in takes what Telegram takes, and refuses the rest in its words.

mod calls;
mod people;
mod polls;
mod refusals;
mod webhook;

use reqwest::Client;
use sandbox::telegram::{Limits, TOKEN};
use sandbox::{Person, Telegram};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

struct Bench {
    telegram: Telegram,
    anna: Person,
    client: Client,
}

impl Bench {
    async fn start() -> Self {
        Self::start_with(Limits::unhurried()).await
    }

    async fn start_with(limits: Limits) -> Self {
        let telegram = Telegram::start_with(limits).await.unwrap();
        let anna = telegram.person("Анна", "ru");
        anna.say("/start");
        let client = Client::builder().no_proxy().timeout(SOON).build().unwrap();
        Self {
            telegram,
            anna,
            client,
        }
    }

    fn url(&self, method: &str) -> String {
        format!("{}/bot{TOKEN}/{method}", self.telegram.api_url)
    }

    /// A call and the whole body of its answer.
    async fn call(&self, method: &str, params: Value) -> Value {
        let sent = self
            .client
            .post(self.url(method))
            .json(&params)
            .send()
            .await;
        let answer = sent.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            body["error_code"].as_u64().unwrap_or(200),
            u64::from(status),
            "{body}"
        );
        body
    }

    /// A call that must succeed; its result.
    async fn ok(&self, method: &str, params: Value) -> Value {
        let body = self.call(method, params).await;
        assert_eq!(body["ok"], true, "{method}: {body}");
        body["result"].clone()
    }

    /// A message to Anna; its id.
    async fn send(&self, text: &str) -> i64 {
        let params = json!({"chat_id": self.anna.chat(), "text": text});
        let sent = self.ok("sendMessage", params).await;
        sent["message_id"].as_i64().unwrap()
    }
}
