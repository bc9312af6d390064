//! Calls of all shapes, limits, trouble.

use super::Bench;
use reqwest::multipart::{Form, Part};
use sandbox::telegram::{Calls, Limits, Outcome, Rate, TOKEN, Trouble};
use serde_json::{Value, json};
use std::time::Duration;

fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend(width.to_be_bytes());
    png.extend(height.to_be_bytes());
    png
}

#[tokio::test]
async fn a_body_may_be_json_a_form_or_multipart_and_the_method_in_any_case() {
    let bench = Bench::start().await;
    let chat = bench.anna.chat().to_string();
    let markup = r#"{"inline_keyboard":[[{"text":"Да","callback_data":"y"}]]}"#;
    let form = [
        ("chat_id", chat.as_str()),
        ("text", "форма"),
        ("reply_markup", markup),
    ];
    let sent = bench
        .client
        .post(bench.url("SENDMESSAGE"))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
    let parts = Form::new()
        .text("chat_id", chat)
        .text("text", "части")
        .text("reply_markup", markup);
    let sent = bench
        .client
        .post(bench.url("SendMessage"))
        .multipart(parts)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
    let texts: Vec<_> = bench
        .anna
        .messages()
        .into_iter()
        .map(|message| (message.text.clone(), message.keyboard.len()))
        .collect();
    assert_eq!(texts, [("форма".to_owned(), 1), ("части".to_owned(), 1)]);
    assert_eq!(
        bench.telegram.log().count(|call| call.did("sendMessage")),
        2
    );
}

#[tokio::test]
async fn a_wrong_token_and_a_wrong_path_are_told_apart() {
    let bench = Bench::start().await;
    let get = async |path: &str| {
        let url = format!("{}{path}", bench.telegram.api_url);
        let body: Value = bench
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        body["description"].as_str().unwrap().to_owned()
    };
    assert_eq!(get("/bot1:other/getMe").await, "Unauthorized");
    assert_eq!(get("/getMe").await, "Not Found");
    assert_eq!(get(&format!("/bot{TOKEN}/getSomething")).await, "Not Found");
    let me = bench.ok("getme", json!({})).await;
    for field in [
        "can_join_groups",
        "can_connect_to_business",
        "has_main_web_app",
    ] {
        assert!(me[field].is_boolean(), "{field}");
    }
}

#[tokio::test]
async fn files_come_as_parts_and_are_checked() {
    let bench = Bench::start().await;
    let chat = bench.anna.chat().to_string();
    let send = async |method: &str, field: &str, bytes: Vec<u8>, caption: &str| {
        let part = Part::bytes(bytes).file_name("a.png");
        let parts = Form::new()
            .text("chat_id", chat.clone())
            .text("caption", caption.to_owned())
            .text("parse_mode", "HTML")
            .text(field.to_owned(), "attach://f1")
            .part("f1", part);
        let sent = bench
            .client
            .post(bench.url(method))
            .multipart(parts)
            .send()
            .await
            .unwrap();
        sent.json::<Value>().await.unwrap()
    };
    let sent = send("sendPhoto", "photo", picture(800, 400), "<b>неделя</b>").await;
    assert_eq!(sent["result"]["photo"][0]["width"], 800, "{sent}");
    assert_eq!(sent["result"]["caption"], "неделя");
    let sent = send("sendDocument", "document", b"BEGIN:VCALENDAR".to_vec(), "").await;
    assert_eq!(sent["result"]["document"]["file_name"], "a.png", "{sent}");
    for (method, field, bytes, caption, want) in [
        (
            "sendPhoto",
            "photo",
            b"text".to_vec(),
            String::new(),
            "Bad Request: IMAGE_PROCESS_FAILED",
        ),
        (
            "sendPhoto",
            "photo",
            picture(9000, 100),
            String::new(),
            "Bad Request: IMAGE_PROCESS_FAILED",
        ),
        (
            "sendDocument",
            "document",
            Vec::new(),
            String::new(),
            "Bad Request: file must be non-empty",
        ),
        (
            "sendDocument",
            "document",
            vec![1],
            "я".repeat(1025),
            "Bad Request: message caption is too long",
        ),
    ] {
        assert_eq!(
            send(method, field, bytes, &caption).await["description"],
            want
        );
    }
    assert_eq!(
        bench.anna.messages()[1].attachment.as_ref().unwrap().bytes,
        "BEGIN:VCALENDAR"
    );
}

#[tokio::test]
async fn an_edit_keeps_how_the_message_was() {
    let bench = Bench::start().await;
    let chat = bench.anna.chat();
    let id = bench.send("раз").await;
    let params = json!({
        "chat_id": chat, "message_id": id, "text": "<s>раз</s> два", "parse_mode": "HTML",
        "reply_markup": {"inline_keyboard": [[{"text": "Да", "callback_data": "y"}]]},
    });
    let edited = bench.ok("editMessageText", params).await;
    assert_eq!(edited["text"], "раз два");
    assert!(edited["edit_date"].is_i64());
    let message = bench.anna.message(id).unwrap();
    assert_eq!(message.marked("strikethrough"), ["раз"]);
    assert_eq!(message.editions[0].text, "раз");
    assert_eq!(message.button_texts(), ["Да"]);
    // Without reply_markup the buttons go.
    bench
        .ok(
            "editMessageText",
            json!({"chat_id": chat, "message_id": id, "text": "три"}),
        )
        .await;
    assert!(bench.anna.message(id).unwrap().keyboard.is_empty());
    bench
        .ok("deleteMessage", json!({"chat_id": chat, "message_id": id}))
        .await;
    assert!(bench.anna.messages().is_empty());
    let again = bench
        .call(
            "editMessageText",
            json!({"chat_id": chat, "message_id": id, "text": "x"}),
        )
        .await;
    assert_eq!(
        again["description"],
        "Bad Request: message to edit not found"
    );
}

#[tokio::test]
async fn too_many_messages_a_second_are_refused_with_the_time_to_wait() {
    let limits = Limits {
        private: Some(Rate::per(2, 3600)),
        ..Limits::unhurried()
    };
    let bench = Bench::start_with(limits).await;
    let id = bench.send("раз").await;
    bench.send("два").await;
    let params = json!({"chat_id": bench.anna.chat(), "text": "три"});
    let refused = bench.call("sendMessage", params).await;
    assert_eq!(refused["error_code"], 429);
    let seconds = refused["parameters"]["retry_after"].as_i64().unwrap();
    assert!((1..=3600).contains(&seconds));
    assert_eq!(
        refused["description"],
        format!("Too Many Requests: retry after {seconds}")
    );
    // Edits are counted apart, and another person has a window of their own.
    bench
        .ok(
            "editMessageText",
            json!({"chat_id": bench.anna.chat(), "message_id": id, "text": "x"}),
        )
        .await;
    let peter = bench.telegram.person("Пётр", "");
    peter.say("/start");
    bench
        .ok(
            "sendMessage",
            json!({"chat_id": peter.chat(), "text": "раз"}),
        )
        .await;
    assert_eq!(
        bench
            .telegram
            .most_sent_within(0, Duration::from_secs(3600)),
        (3, 2)
    );
    assert_eq!(
        bench
            .telegram
            .log()
            .count(|call| call.refusal() == Some(429)),
        1
    );
}

#[tokio::test]
async fn trouble_meets_the_calls_it_is_meant_for() {
    let bench = Bench::start().await;
    let chat = bench.anna.chat();
    let peter = bench.telegram.person("Пётр", "");
    peter.say("/start");
    let send = async |chat: i64| {
        let params = json!({"chat_id": chat, "text": "x"});
        let sent = bench
            .client
            .post(bench.url("sendMessage"))
            .json(&params)
            .send()
            .await;
        let Ok(answer) = sent else {
            return "no answer".to_owned();
        };
        let status = answer.status().as_u16();
        match answer.json::<Value>().await {
            Ok(body) => format!("{status} {} {}", body["description"], body["parameters"]),
            Err(_) => format!("{status} garbage"),
        }
    };
    let fine = "200 null null";
    for (trouble, want, is_sent) in [
        (
            Trouble::TooMany(Some(3)),
            "429 \"Too Many Requests: retry after 3\" {\"retry_after\":3}",
            false,
        ),
        (
            Trouble::TooMany(None),
            "429 \"Too Many Requests\" null",
            false,
        ),
        (
            Trouble::Refuse(502, "Bad Gateway".to_owned()),
            "502 \"Bad Gateway\" null",
            false,
        ),
        (Trouble::Garbage, "200 garbage", false),
        (Trouble::Cut, "no answer", false),
        (Trouble::LoseAnswer, "no answer", true),
        (Trouble::Slow(Duration::from_millis(1)), fine, true),
    ] {
        let n_before = bench.anna.messages().len();
        bench
            .telegram
            .trouble_times(Calls::of("sendmessage").in_chat(chat), trouble.clone(), 1);
        assert_eq!(send(peter.chat()).await, fine, "{trouble:?} spreads");
        assert_eq!(send(chat).await, want, "{trouble:?}");
        assert_eq!(
            bench.anna.messages().len() - n_before,
            usize::from(is_sent),
            "{trouble:?}"
        );
        assert_eq!(send(chat).await, fine, "{trouble:?} lasts");
    }
    let lost = bench
        .telegram
        .log()
        .count(|call| call.outcome == Some(Outcome::AnswerLost));
    assert_eq!(lost, 1);
    // Late: carried out long before it is answered, if the client waits for that.
    let late = Trouble::Late(Duration::from_secs(3600));
    let late = bench.telegram.trouble(Calls::all(), late);
    bench.anna.look_away();
    tokio::select! {
        answer = send(chat) => panic!("{answer}"),
        sent = bench.anna.answer() => drop(sent.unwrap()),
    }
    bench.telegram.clear(late);
    let trouble = bench.telegram.trouble(Calls::all(), Trouble::Cut);
    assert_eq!(send(chat).await, "no answer");
    bench.telegram.clear(trouble);
    assert_eq!(send(chat).await, fine);
    bench.telegram.down().await.unwrap();
    assert_eq!(send(chat).await, "no answer");
    bench.telegram.up().await.unwrap();
    assert_eq!(send(chat).await, fine);
}

#[tokio::test]
async fn commands_are_kept_by_scope_and_language() {
    let bench = Bench::start().await;
    let set = |command: &str, language: &str| json!({"commands": [{"command": command, "description": "x"}], "language_code": language});
    bench.ok("setMyCommands", set("add", "")).await;
    bench.ok("setMyCommands", set("list", "en")).await;
    let get = async |language: &str| {
        bench
            .ok("getMyCommands", json!({ "language_code": language }))
            .await
    };
    assert_eq!(get("").await[0]["command"], "add");
    assert_eq!(get("en").await[0]["command"], "list");
    assert_eq!(get("de").await, json!([]));
    assert_eq!(
        bench.telegram.commands("en"),
        [("list".to_owned(), "x".to_owned())]
    );
    bench
        .ok("deleteMyCommands", json!({"language_code": "en"}))
        .await;
    assert_eq!(get("en").await, json!([]));
}
