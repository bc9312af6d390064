//! Every refusal in Telegram's words, and what must not be refused.

use super::Bench;
use serde_json::{Value, json};

fn with_buttons(rows: Value) -> Value {
    json!({"text": "x", "reply_markup": {"inline_keyboard": rows}})
}

#[tokio::test]
async fn what_telegram_refuses_is_refused_in_its_words() {
    let bench = Bench::start().await;
    let silent = bench.telegram.person("Пётр", "ru").chat();
    let blocker = bench.telegram.person("Ольга", "ru");
    blocker.say("/start");
    blocker.block();
    let gone = bench.telegram.person("Иван", "ru");
    gone.say("/start");
    gone.delete_account();
    let group = bench.telegram.group("Семья", &[&bench.anna]);
    let kicked = bench.telegram.group("Чужие", &[&bench.anna]);
    bench.telegram.kick_bot(kicked);
    let forum = bench.telegram.forum("Дом", &[&bench.anna]);
    let topic = bench.telegram.topic(forum, "Врачи");
    bench.telegram.close_topic(forum, topic, true);
    let theirs = bench.anna.say("привет");
    let mine = bench.send("было").await;
    let chat = bench.anna.chat();
    let long = "я".repeat(4097);
    let emoji = "😀".repeat(2049); // two units each
    let row = |n: usize| vec![json!({"text": "x", "callback_data": "x"}); n];
    let many: Vec<_> = (0..13).map(|_| row(8)).collect();
    let huge: Vec<_> = (0..20)
        .map(|_| vec![json!({"text": "x".repeat(600), "callback_data": "x"})])
        .collect();
    let bad_data = "Bad Request: BUTTON_DATA_INVALID";
    let bad_url = "Bad Request: BUTTON_URL_INVALID";
    let not_modified = "Bad Request: message is not modified: specified new message content and reply markup are exactly the \
                        same as a current content and reply markup of the message";
    let stale = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    for (method, params, want) in [
        ("nothing", json!({}), "Not Found"),
        (
            "sendMessage",
            json!({"text": ""}),
            "Bad Request: message text is empty",
        ),
        (
            "sendMessage",
            json!({"text": " \n "}),
            "Bad Request: message text is empty",
        ),
        (
            "sendMessage",
            json!({"text": "<b> </b>", "parse_mode": "HTML"}),
            "Bad Request: message text is empty",
        ),
        (
            "sendMessage",
            json!({"text": long}),
            "Bad Request: message is too long",
        ),
        (
            "sendMessage",
            json!({"text": emoji}),
            "Bad Request: message is too long",
        ),
        (
            "sendMessage",
            json!({"text": "<b>x", "parse_mode": "HTML"}),
            "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            "sendMessage",
            json!({"text": "x", "parse_mode": "BBCode"}),
            "Bad Request: unsupported parse_mode",
        ),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": 1}),
            "Bad Request: chat not found",
        ),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": null}),
            "Bad Request: chat_id is empty",
        ),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": silent}),
            "Forbidden: bot can't initiate conversation with a user",
        ),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": blocker.chat()}),
            "Forbidden: bot was blocked by the user",
        ),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": gone.chat()}),
            "Forbidden: user is deactivated",
        ),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": kicked}),
            "Forbidden: bot was kicked from the group chat",
        ),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": group, "message_thread_id": 7}),
            "Bad Request: message thread not found",
        ),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": forum, "message_thread_id": topic}),
            "Bad Request: TOPIC_CLOSED",
        ),
        (
            "sendMessage",
            json!({"text": "x", "reply_parameters": {"message_id": 999}}),
            "Bad Request: message to be replied not found",
        ),
        (
            "sendMessage",
            with_buttons(json!([[{"text": "x", "callback_data": ""}]])),
            bad_data,
        ),
        (
            "sendMessage",
            with_buttons(json!([[{"text": "x", "callback_data": "x".repeat(65)}]])),
            bad_data,
        ),
        (
            "sendMessage",
            with_buttons(json!([[{"text": "x", "callback_data": "я".repeat(33)}]])),
            bad_data,
        ),
        (
            "sendMessage",
            with_buttons(json!([[{"text": "x", "url": "nowhere"}]])),
            bad_url,
        ),
        (
            "sendMessage",
            with_buttons(json!([[{"text": "x", "url": "ftp://a.b"}]])),
            bad_url,
        ),
        (
            "sendMessage",
            with_buttons(json!([[{"text": " ", "callback_data": "x"}]])),
            "Bad Request: BUTTON_TEXT_INVALID",
        ),
        (
            "sendMessage",
            with_buttons(json!([[{"text": "x"}]])),
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            "sendMessage",
            with_buttons(json!(many)),
            "Bad Request: reply markup is too long",
        ),
        (
            "sendMessage",
            with_buttons(json!([row(9)])),
            "Bad Request: reply markup is too long",
        ),
        (
            "sendMessage",
            with_buttons(json!(huge)),
            "Bad Request: reply markup is too long",
        ),
        (
            "editMessageText",
            json!({"message_id": mine, "text": "было"}),
            not_modified,
        ),
        (
            "editMessageText",
            json!({"message_id": mine, "text": " было<b></b>", "parse_mode": "HTML"}),
            not_modified,
        ),
        (
            "editMessageText",
            json!({"message_id": mine, "text": long}),
            "Bad Request: MESSAGE_TOO_LONG",
        ),
        (
            "editMessageText",
            json!({"message_id": 999, "text": "x"}),
            "Bad Request: message to edit not found",
        ),
        (
            "editMessageText",
            json!({"message_id": theirs, "text": "x"}),
            "Bad Request: message can't be edited",
        ),
        (
            "editMessageReplyMarkup",
            json!({"message_id": mine}),
            not_modified,
        ),
        (
            "editMessageCaption",
            json!({"message_id": mine, "caption": "x"}),
            "Bad Request: there is no caption in the message to edit",
        ),
        (
            "deleteMessage",
            json!({"message_id": 999}),
            "Bad Request: message to delete not found",
        ),
        (
            "answerCallbackQuery",
            json!({"callback_query_id": "1"}),
            stale,
        ),
        (
            "sendPhoto",
            json!({}),
            "Bad Request: there is no photo in the request",
        ),
        (
            "setMyCommands",
            json!({"commands": [{"command": "Add", "description": "x"}]}),
            "Bad Request: BOT_COMMAND_INVALID",
        ),
        (
            "setMyCommands",
            json!({"commands": [{"command": "add", "description": ""}]}),
            "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID",
        ),
        (
            "getChatMember",
            json!({"chat_id": group, "user_id": 1}),
            "Bad Request: user not found",
        ),
    ] {
        let mut whole = json!({ "chat_id": chat });
        whole
            .as_object_mut()
            .unwrap()
            .extend(params.as_object().unwrap().clone());
        let body = bench.call(method, whole.clone()).await;
        assert_eq!(
            body["description"],
            want,
            "{method} {}",
            params.to_string().chars().take(200).collect::<String>()
        );
        assert_eq!(body["ok"], false);
    }
    assert_eq!(bench.anna.messages().len(), 1, "nothing refused was sent");
}

#[tokio::test]
async fn what_telegram_takes_is_taken() {
    let bench = Bench::start().await;
    let forum = bench.telegram.forum("Дом", &[&bench.anna]);
    let topic = bench.telegram.topic(forum, "Врачи");
    let row = |n: usize| vec![json!({"text": "x", "callback_data": "x"}); n];
    let mut hundred: Vec<_> = (0..12).map(|_| row(8)).collect();
    hundred.push(row(4));
    for params in [
        json!({"text": "я".repeat(4096)}),
        json!({"text": format!("<b>{}</b>", "я".repeat(4096)), "parse_mode": "HTML"}),
        json!({"text": "5 < 6"}), // no parse_mode, no markup
        json!({"text": "x", "link_preview_options": {"is_disabled": true}}),
        json!({"text": "x", "reply_parameters": {"message_id": 999, "allow_sending_without_reply": true}}),
        json!({"text": "x", "chat_id": forum, "message_thread_id": topic}),
        json!({"text": "x", "reply_markup": {"remove_keyboard": true}}),
        with_buttons(json!([[{"text": "x", "callback_data": "x".repeat(64)}]])),
        with_buttons(json!([[{"text": "x", "url": "https://gorzdrav.spb.ru/a#%5B%5D"}]])),
        with_buttons(json!(hundred)),
    ] {
        let mut whole = json!({ "chat_id": bench.anna.chat() });
        whole
            .as_object_mut()
            .unwrap()
            .extend(params.as_object().unwrap().clone());
        bench.ok("sendMessage", whole).await;
    }
    let in_topic = bench.anna.at_topic(forum, topic).messages();
    assert_eq!(in_topic.len(), 1);
}
