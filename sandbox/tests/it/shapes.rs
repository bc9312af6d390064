//! Everything the stand-in says reads as the bot's library reads the real thing.

use sandbox::Telegram;
use sandbox::telegram::{BOT_NAME, Limits, Role, TOKEN};
use teloxide::payloads::{EditMessageTextSetters, SendMessageSetters, SendPhotoSetters};
use teloxide::prelude::{Bot, ChatId, Requester};
use teloxide::types::{
    ChatMemberKind, InlineKeyboardButton, InlineKeyboardMarkup, InputFile,
    MaybeInaccessibleMessage, MessageId, ParseMode, ReplyParameters, UpdateKind, UserId,
};
use teloxide::{ApiError, RequestError};

async fn start() -> (Telegram, Bot) {
    let telegram = Telegram::start_with(Limits::unhurried()).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let api_url = telegram.api_url.parse().unwrap();
    let bot = Bot::with_client(TOKEN, client).set_api_url(api_url);
    (telegram, bot)
}

#[tokio::test]
async fn every_update_reads() {
    let (telegram, bot) = start().await;
    let anna = telegram.person("Анна", "ru");
    anna.say("/start");
    let group = telegram.group("Семья", &[&anna]);
    let forum = telegram.forum("Дом", &[&anna]);
    let topic = telegram.topic(forum, "Врачи");
    anna.at_topic(forum, topic).say("/list");
    let keyboard = InlineKeyboardMarkup::new([[InlineKeyboardButton::callback("Да", "y")]]);
    bot.send_message(ChatId(anna.chat()), "Точно?")
        .reply_markup(keyboard)
        .await
        .unwrap();
    anna.press("Да").await.unwrap();
    anna.press_data(999, "y");
    anna.block();
    telegram.kick_bot(group);
    telegram.invite_bot(group);
    telegram.upgrade_group(group);
    let updates = bot.get_updates().await.unwrap();
    let kinds: Vec<_> = updates
        .iter()
        .map(|update| match &update.kind {
            UpdateKind::Message(message) => format!("message {:?}", message.text().unwrap_or("-")),
            UpdateKind::CallbackQuery(query) => match &query.message {
                Some(MaybeInaccessibleMessage::Regular(message)) => {
                    format!("press under {:?}", message.text())
                }
                Some(MaybeInaccessibleMessage::Inaccessible(_)) => {
                    "press under what is gone".to_owned()
                }
                None => "press nowhere".to_owned(),
            },
            UpdateKind::MyChatMember(change) => format!("{:?}", change.new_chat_member.status()),
            other => format!("unread: {other:?}"),
        })
        .collect();
    let want = [
        "message \"/start\"",
        "Member",
        "message \"-\"",
        "Member",
        "message \"-\"",
        "message \"/list\"",
        "press under Some(\"Точно?\")",
        "press under what is gone",
        "Banned",
        "Banned",
        "Member",
        "message \"-\"",
        "message \"-\"",
    ];
    assert_eq!(kinds, want);
}

#[tokio::test]
async fn every_answer_reads() {
    let (telegram, bot) = start().await;
    let anna = telegram.person("Анна", "ru");
    anna.say("/start");
    let chat = ChatId(anna.chat());
    assert_eq!(bot.get_me().await.unwrap().username(), BOT_NAME);
    assert!(bot.get_webhook_info().await.unwrap().url.is_none());
    let sent = bot
        .send_message(chat, "<b>x</b> &amp; <a href=\"https://a.b\">y</a>")
        .parse_mode(ParseMode::Html)
        .await
        .unwrap();
    assert_eq!(sent.entities().unwrap().len(), 2);
    let reply = bot
        .send_message(chat, "ответ")
        .reply_parameters(ReplyParameters::new(sent.id))
        .await
        .unwrap();
    assert_eq!(reply.reply_to_message().unwrap().id, sent.id);
    let keyboard = InlineKeyboardMarkup::new([[InlineKeyboardButton::url(
        "Сайт",
        "https://a.b".parse().unwrap(),
    )]]);
    let edited = bot
        .edit_message_text(chat, sent.id, "z")
        .reply_markup(keyboard)
        .await
        .unwrap();
    assert!(edited.reply_markup().is_some());
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 3, 32, 0, 0, 1, 144]);
    let photo = bot
        .send_photo(chat, InputFile::memory(png).file_name("a.png"))
        .caption("две недели")
        .await
        .unwrap();
    assert_eq!(photo.photo().unwrap()[0].width, 800);
    assert_eq!(photo.caption(), Some("две недели"));
    let file = InputFile::memory("BEGIN:VCALENDAR").file_name("visit.ics");
    let file = bot.send_document(chat, file).await.unwrap();
    assert_eq!(
        file.document().unwrap().file_name.as_deref(),
        Some("visit.ics")
    );
    bot.delete_message(chat, sent.id).await.unwrap();
    bot.get_chat(chat).await.unwrap();
    let peter = telegram.person("Пётр", "ru");
    let group = telegram.group("Семья", &[&anna, &peter]);
    telegram.set_role(group, &peter, Role::Admin);
    let kind = async |id: i64| {
        let user = UserId(u64::try_from(id).unwrap());
        bot.get_chat_member(ChatId(group), user).await.unwrap().kind
    };
    assert!(matches!(
        kind(anna.user().id).await,
        ChatMemberKind::Owner(_)
    ));
    assert!(matches!(
        kind(peter.user().id).await,
        ChatMemberKind::Administrator(_)
    ));
    assert_eq!(
        bot.get_chat_administrators(ChatId(group))
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn refusals_are_recognised() {
    let (telegram, bot) = start().await;
    let anna = telegram.person("Анна", "ru");
    anna.say("/start");
    let chat = ChatId(anna.chat());
    let sent = bot.send_message(chat, "x").await.unwrap();
    let same = bot.edit_message_text(chat, sent.id, "x").await.unwrap_err();
    assert!(
        matches!(same, RequestError::Api(ApiError::MessageNotModified)),
        "{same:?}"
    );
    let missing = bot
        .edit_message_text(chat, MessageId(999), "x")
        .await
        .unwrap_err();
    assert!(
        matches!(missing, RequestError::Api(ApiError::MessageToEditNotFound)),
        "{missing:?}"
    );
    let nobody = bot.send_message(ChatId(1), "x").await.unwrap_err();
    assert!(
        matches!(nobody, RequestError::Api(ApiError::ChatNotFound)),
        "{nobody:?}"
    );
    let empty = bot.send_message(chat, "").await.unwrap_err();
    assert!(
        matches!(empty, RequestError::Api(ApiError::MessageTextIsEmpty)),
        "{empty:?}"
    );
    let bad = bot
        .send_message(chat, "<b>")
        .parse_mode(ParseMode::Html)
        .await
        .unwrap_err();
    assert!(
        matches!(bad, RequestError::Api(ApiError::CantParseEntities(_))),
        "{bad:?}"
    );
    anna.block();
    let blocked = bot.send_message(chat, "x").await.unwrap_err();
    assert!(
        matches!(blocked, RequestError::Api(ApiError::BotBlocked)),
        "{blocked:?}"
    );
    let group = telegram.group("Семья", &[&anna]);
    let new = telegram.upgrade_group(group);
    let moved = bot.send_message(ChatId(group), "x").await.unwrap_err();
    assert!(
        matches!(moved, RequestError::MigrateToChatId(id) if id == ChatId(new)),
        "{moved:?}"
    );
    let limits = Limits {
        group: Some(sandbox::telegram::Rate::per(0, 60)),
        ..Limits::unhurried()
    };
    telegram.set_limits(limits);
    let many = bot.send_message(ChatId(new), "x").await.unwrap_err();
    assert!(
        matches!(many, RequestError::RetryAfter(after) if after.seconds() == 60),
        "{many:?}"
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let stranger =
        Bot::with_client("1:other", client).set_api_url(telegram.api_url.parse().unwrap());
    let unknown = stranger.get_me().await.unwrap_err();
    assert!(
        matches!(unknown, RequestError::Api(ApiError::InvalidToken)),
        "{unknown:?}"
    );
}
