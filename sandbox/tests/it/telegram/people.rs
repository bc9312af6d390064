//! People in the stand-in: what they do reaches the bot, what the bot does reaches them.

use super::{Bench, SOON};
use sandbox::telegram::{Role, Toast};
use serde_json::{Value, json};
use std::time::Duration;

impl Bench {
    /// Updates since the last time, by kind.
    async fn updates(&self) -> Vec<(String, Value)> {
        let updates = self.ok("getUpdates", json!({})).await;
        let Some(last) = updates.as_array().unwrap().last() else {
            return Vec::new();
        };
        let offset = last["update_id"].as_i64().unwrap() + 1;
        self.ok("getUpdates", json!({ "offset": offset })).await;
        let updates = updates.as_array().unwrap().iter().map(|update| {
            let fields = update.as_object().unwrap();
            let (kind, payload) = fields.iter().find(|(key, _)| *key != "update_id").unwrap();
            (kind.clone(), payload.clone())
        });
        updates.collect()
    }
}

#[tokio::test]
async fn a_command_is_marked_as_one() {
    let bench = Bench::start().await;
    bench.updates().await;
    bench.anna.say("/add окулист");
    bench.anna.say("😀 https://gorzdrav.spb.ru/x");
    let updates = bench.updates().await;
    let (kind, message) = &updates[0];
    assert_eq!(kind, "message");
    assert_eq!(message["from"]["language_code"], "ru");
    assert_eq!(
        message["entities"],
        json!([{"type": "bot_command", "offset": 0, "length": 4}])
    );
    assert_eq!(
        updates[1].1["entities"],
        json!([{"type": "url", "offset": 3, "length": 25}])
    );
}

#[tokio::test]
async fn a_press_brings_the_whole_message_and_waits_for_its_answer() {
    let bench = Bench::start().await;
    bench.updates().await;
    let pressed = bench.anna.press("Приморский");
    let answers = async {
        let rows = json!([[{"text": "◀", "callback_data": "p0"}], [{"text": "Приморский район", "callback_data": "d15"}]]);
        let params = json!({"chat_id": bench.anna.chat(), "text": "Район?", "reply_markup": {"inline_keyboard": rows}});
        bench.ok("sendMessage", params).await
    };
    let (press, sent) = tokio::join!(pressed, answers);
    let press = press.unwrap();
    assert_eq!(press.data, "d15");
    let (kind, query) = bench.updates().await.remove(0);
    assert_eq!(kind, "callback_query");
    assert_eq!(query["data"], "d15");
    assert_eq!(query["message"]["message_id"], sent["message_id"]);
    assert_eq!(query["message"]["reply_markup"], sent["reply_markup"]);
    let params = json!({"callback_query_id": query["id"], "text": "Готово"});
    let (toast, _) = tokio::join!(
        bench.anna.toast(&press),
        bench.ok("answerCallbackQuery", params)
    );
    let want = Toast {
        text: "Готово".to_owned(),
        is_alert: false,
    };
    assert_eq!(toast.unwrap(), want);
    bench.telegram.expire_presses();
    let late = bench
        .call(
            "answerCallbackQuery",
            json!({"callback_query_id": query["id"]}),
        )
        .await;
    assert_eq!(late["error_code"], 400);
}

#[tokio::test]
async fn a_press_may_be_replayed_or_forged() {
    let bench = Bench::start().await;
    bench.updates().await;
    bench.anna.press_data(12345, "чужое");
    let (_, query) = bench.updates().await.remove(0);
    assert_eq!(query["message"]["date"], 0); // gone: only where it was
    assert_eq!(query["data"], "чужое");
}

#[tokio::test]
async fn waiting_hears_only_what_came_after_the_last_act() {
    let bench = Bench::start().await;
    let send = async |text: &str| {
        bench
            .ok(
                "sendMessage",
                json!({"chat_id": bench.anna.chat(), "text": text}),
            )
            .await
    };
    send("старое").await;
    assert_eq!(bench.anna.answer().await.unwrap().text, "старое");
    bench.anna.say("/status");
    let hasty = bench.anna.with_patience(Duration::ZERO);
    let error = hasty.answer().await.unwrap_err();
    assert!(error.to_string().contains("старое"), "{error}"); // the screen is shown
    let (answer, _) = tokio::join!(bench.anna.wait_for_text("нов"), send("новое"));
    assert_eq!(answer.unwrap().text, "новое");
    let edited = bench.anna.messages()[0].id;
    bench.anna.look_away();
    let params = json!({"chat_id": bench.anna.chat(), "message_id": edited, "text": "обновлённое"});
    let (answer, _) = tokio::join!(bench.anna.answer(), bench.ok("editMessageText", params));
    assert_eq!(answer.unwrap().text, "обновлённое"); // an edit is an answer too
}

#[tokio::test]
async fn who_blocks_the_bot_comes_back_by_any_message() {
    let bench = Bench::start().await;
    bench.updates().await;
    bench.anna.block();
    bench.anna.say("/start");
    let shown: Vec<_> = bench
        .updates()
        .await
        .into_iter()
        .map(|(kind, update)| (kind, update["new_chat_member"]["status"].clone()))
        .collect();
    assert_eq!(
        shown,
        [
            ("my_chat_member".to_owned(), json!("kicked")),
            ("my_chat_member".to_owned(), json!("member")),
            ("message".to_owned(), Value::Null),
        ]
    );
    bench
        .ok(
            "sendMessage",
            json!({"chat_id": bench.anna.chat(), "text": "снова"}),
        )
        .await;
}

#[tokio::test]
async fn in_a_group_the_bot_hears_what_is_meant_for_it() {
    let bench = Bench::start().await;
    let peter = bench.telegram.person("Пётр", "ru");
    let group = bench.telegram.group("Семья", &[&bench.anna, &peter]);
    bench.updates().await;
    let sent = bench
        .ok(
            "sendMessage",
            json!({"chat_id": group, "text": "Кого ждём?"}),
        )
        .await;
    let peter = peter.at(group);
    peter.say("просто разговор");
    peter.say("/status");
    peter.say("/status@talon_sandbox_bot");
    peter.say("/status@other_bot");
    peter.reply(sent["message_id"].as_i64().unwrap(), "окулиста");
    let heard: Vec<_> = bench
        .updates()
        .await
        .into_iter()
        .map(|(_, message)| message["text"].clone())
        .collect();
    assert_eq!(heard, ["/status", "/status@talon_sandbox_bot", "окулиста"]);
    let role = async |person: &sandbox::Person| {
        let params = json!({"chat_id": group, "user_id": person.user().id});
        bench.ok("getChatMember", params).await["status"].clone()
    };
    assert_eq!(role(&bench.anna).await, "creator");
    assert_eq!(role(&peter).await, "member");
    bench.telegram.set_role(group, &peter, Role::Admin);
    assert_eq!(role(&peter).await, "administrator");
    let rulers = bench
        .ok("getChatAdministrators", json!({ "chat_id": group }))
        .await;
    assert_eq!(rulers.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_group_that_moved_tells_where() {
    let bench = Bench::start().await;
    let group = bench.telegram.group("Семья", &[&bench.anna]);
    bench.updates().await;
    let new = bench.telegram.upgrade_group(group);
    let refused = bench
        .call("sendMessage", json!({"chat_id": group, "text": "x"}))
        .await;
    assert_eq!(refused["parameters"]["migrate_to_chat_id"], new);
    assert_eq!(
        refused["description"],
        "Bad Request: group chat was upgraded to a supergroup chat"
    );
    bench
        .ok("sendMessage", json!({"chat_id": new, "text": "x"}))
        .await;
    let updates = bench.updates().await;
    assert_eq!(updates[0].1["migrate_to_chat_id"], new);
    assert_eq!(updates[1].1["migrate_from_chat_id"], group);
}

#[tokio::test]
async fn a_thousand_people_have_a_thousand_chats() {
    let bench = Bench::start().await;
    let people: Vec<_> = (0..1000)
        .map(|n| bench.telegram.person(&format!("Человек {n}"), "ru"))
        .collect();
    for person in &people {
        person.say("/start");
    }
    assert_eq!(bench.telegram.n_pending_updates(), 1001);
    let from = bench.telegram.log().end();
    let all = bench
        .telegram
        .log()
        .wait_for_nth(from, people.len(), SOON, |call| call.did("sendMessage"));
    let sends = async {
        for person in &people {
            bench
                .ok(
                    "sendMessage",
                    json!({"chat_id": person.chat(), "text": "x"}),
                )
                .await;
        }
    };
    let (last, ()) = tokio::join!(all, sends);
    assert_eq!(last.unwrap().chat, Some(people[999].chat()));
}
