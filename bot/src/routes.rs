//! Every route an update can take.

use crate::answers;
use crate::backlog::{self, Kept, Place};
use crate::commands::{self, Command};
use crate::context::{Context, Talk};
use crate::flood::Flow;
use crate::press::Press;
use crate::texts::{Lang, text};
use crate::turns::PER_CHAT;
use crate::{add, life, list, rights, settings, status, visit, wish};
use anyhow::anyhow;
use chrono::Utc;
use futures::FutureExt as _;
use shared::store::{Person, Program, StoreError};
use shared::supervise::broke;
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use teloxide::dispatching::{DpHandlerDescription, UpdateFilterExt as _, UpdateHandler};
use teloxide::dptree::{self, HandlerDescription as _, HandlerSignature};
use teloxide::payloads::AnswerCallbackQuerySetters as _;
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{CallbackQuery, Me, Message, MessageId, Update};
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

/// Messages and presses, nothing else: what this tree filters is what Telegram is asked for.
pub(crate) fn schema() -> UpdateHandler<anyhow::Error> {
    guarded(
        dptree::entry()
            .branch(Update::filter_message().filter(is_new).endpoint(message))
            .branch(
                Update::filter_callback_query()
                    .filter(is_new)
                    .endpoint(press),
            ),
    )
}

/// Telegram may hand an update over twice: after a broken connection, or to a bot that was not there to say thanks.
fn is_new(ctx: Context, update: Update) -> bool {
    ctx.backlog.came();
    ctx.updates.is_new(update.id.0)
}

/// A panic in a handler ends that update only. Without this the chat's worker dies, and the next update of the
/// chat takes the whole dispatcher down.
fn guarded(inner: UpdateHandler<anyhow::Error>) -> UpdateHandler<anyhow::Error> {
    dptree::from_fn_with_description(
        DpHandlerDescription::entry(),
        |deps, cont: dptree::Cont<'static, Result<(), anyhow::Error>>| async move {
            match AssertUnwindSafe(cont(deps)).catch_unwind().await {
                Ok(flow) => flow,
                Err(_) => {
                    broke(Program::Bot, "update");
                    ControlFlow::Break(Err(anyhow!("a handler panicked")))
                }
            }
        },
        HandlerSignature::Entry,
    )
    .chain(inner)
}

/// Runs what a handler has to do, beside it. It may end in the program's grace; a panic ends nothing else.
fn serve(ctx: &Context, work: impl Future<Output = ()> + Send + 'static) {
    ctx.tasks.spawn(shielded(work));
}

async fn shielded(work: impl Future<Output = ()>) {
    if AssertUnwindSafe(work).catch_unwind().await.is_err() {
        broke(Program::Bot, "update");
    }
}

/// Handlers, and what they left to be done beside them, at once. An update that comes on top of so many is dropped:
/// nobody would wait for its answer, and each takes memory.
const MOST_UNDER_WAY: usize = 4_096;

/// From so many on a chat gets no second one: the rest of the room is for those who have none yet.
const MANY_UNDER_WAY: usize = MOST_UNDER_WAY / 2;

/// A turn of the chat, if there is room for what it says.
async fn turn(
    ctx: &Context,
    chat: i64,
) -> Option<impl Future<Output = OwnedMutexGuard<()>> + Send + 'static> {
    let n_under_way = ctx.tasks.len();
    if n_under_way >= MOST_UNDER_WAY {
        dropped("busy");
        return None;
    }
    let is_much = n_under_way >= MANY_UNDER_WAY;
    let most = if is_much { 1 } else { PER_CHAT };
    let turn = ctx.turns.queue(chat, most).await;
    if turn.is_none() {
        dropped("chat busy");
    }
    turn
}

/// Counts an update that nobody will be served for, or answered.
pub(crate) fn dropped(why: &'static str) {
    metrics::counter!("talon_updates_dropped_total", "why" => why).increment(1);
}

async fn message(ctx: Context, me: Me, message: Message) -> anyhow::Result<()> {
    let chat = message.chat.id.0;
    let is_move = message.migrate_to_chat_id().is_some();
    if !is_move && ctx.backlog.is_old(message.date, Utc::now()) {
        if let Some(command) = to_us(&me, &message) {
            keep(&ctx, me, message, command).await;
        }
        return Ok(());
    }
    let flow = ctx.flood.admit(chat, Instant::now());
    if flow == Flow::Dropped {
        dropped("flood");
        return Ok(());
    }
    if let Some(kept) = ctx.backlog.overtaken(chat) {
        pass_over(&ctx, kept).await;
    }
    serve_in_turn(&ctx, me, message, flow).await;
    Ok(())
}

/// Has a message answered in its turn, if there is room for it.
pub(crate) async fn serve_in_turn(ctx: &Context, me: Me, message: Message, flow: Flow) {
    let chat = message.chat.id.0;
    let Some(turn) = turn(ctx, chat).await else {
        return;
    };
    if message.chat.is_private() {
        ctx.pace.heard(chat);
    }
    let late = ctx.clone();
    serve(ctx, async move {
        let _turn = turn.await;
        answer(late, me, message, flow).await;
    });
}

/// Keeps a message that has waited for us, as the last of its chat.
async fn keep(ctx: &Context, me: Me, message: Message, command: Option<Command>) {
    let chat = message.chat.id.0;
    let kept = Kept {
        me,
        message,
        command,
    };
    match ctx.backlog.keep(chat, kept, Instant::now()) {
        Place::Kept {
            instead_of,
            is_first,
        } => {
            if is_first {
                ctx.spawn(backlog::release(ctx.clone()));
            }
            if let Some(kept) = instead_of {
                pass_over(ctx, kept).await;
            }
        }
        Place::Full(kept) => {
            if ctx.flood.admit(chat, Instant::now()) == Flow::Admitted {
                serve_in_turn(ctx, kept.me, kept.message, Flow::Admitted).await;
            }
        }
    }
}

/// Does what a message asks that the chat has said something after, without a word.
async fn pass_over(ctx: &Context, kept: Kept) {
    let is_on = match kept.command {
        Some(Command::On) => true,
        Some(Command::Off) => false,
        _ => return,
    };
    let Some(turn) = turn(ctx, kept.message.chat.id.0).await else {
        return;
    };
    let late = ctx.clone();
    serve(ctx, async move {
        let _turn = turn.await;
        let Some((talk, _)) = talk(&late, &kept.message).await else {
            return;
        };
        if !late.config.allows(talk.chat)
            || !matches!(rights::refusal(&late, &talk).await, Ok(None))
        {
            return;
        }
        if let Err(error) = commands::switch(&late, &talk, is_on).await {
            tracing::error!(%error, "a person was not served");
        }
    });
}

/// Who is talking, and what we know of the chat; `None` for posts of channels, other bots and service messages, who have nobody to answer to.
async fn talk(ctx: &Context, message: &Message) -> Option<(Talk, Option<Person>)> {
    let user = message.from.as_ref().filter(|user| !user.is_bot)?;
    let chat = message.chat.id.0;
    let known = ctx.store.person(chat).await.ok().flatten();
    let topic = message
        .thread_id
        .filter(|_| message.is_topic_message)
        .map(|thread| thread.0.0);
    let talk = Talk {
        chat,
        topic,
        user: i64::try_from(user.id.0).unwrap_or(i64::MAX),
        lang: known.as_ref().map_or(Lang::Ru, |person| person.lang),
        speaks: user.language_code.as_deref().and_then(Lang::from_code),
        now: Utc::now(),
    };
    Some((talk, known))
}

/// The command of a message that speaks to us, if it is one we know; `None` when it is none of ours.
fn to_us(me: &Me, message: &Message) -> Option<Option<Command>> {
    let words = message.text().or(message.caption());
    match words.and_then(|words| Command::read(words, me.username())) {
        Some(Ok((command, _))) => Some(command),
        Some(Err(_)) => None,
        None => (message.chat.is_private() || is_to(me, message)).then_some(None),
    }
}

/// Answers a message; `flow` = as the flood control has it.
async fn answer(ctx: Context, me: Me, message: Message, flow: Flow) {
    let chat = message.chat.id.0;
    if let Some(new) = message.migrate_to_chat_id() {
        answers::moved(&ctx, chat, new.0).await;
        return;
    }
    let is_private = message.chat.is_private();
    let words = message.text().or(message.caption());
    let command = words.and_then(|words| Command::read(words, me.username()));
    let is_ours = command.is_some() || is_private || is_to(&me, &message);
    if matches!(command, Some(Err(_))) || !is_ours {
        return;
    }
    let said = words.map(|words| without_mention(words, me.username()));
    let Some((talk, known)) = talk(&ctx, &message).await else {
        return;
    };
    if !ctx.config.allows(chat) {
        if is_private || command.is_some() {
            answers::send(&ctx, &talk, &text(talk.lang, "not-allowed"), None).await;
        }
        return;
    }
    if flow == Flow::Warned {
        answers::send(&ctx, &talk, &text(talk.lang, "too-fast"), None).await;
        return;
    }
    // Whoever writes is there again. Strangers are met by the commands that keep something.
    if known.is_some_and(|person| person.gone_at.is_some()) {
        let back = ctx.store.meet(chat, talk.topic, talk.lang, talk.now).await;
        if let Ok(person) = back {
            ctx.poke(person.id);
        }
    }
    let is_change = match &command {
        Some(Ok((Some(command), _))) => command.is_change(),
        _ => command.is_none() && said.is_some(),
    };
    let refusal = match is_change {
        true => rights::refusal(&ctx, &talk).await,
        false => Ok(None),
    };
    let done = match (command, &said) {
        _ if !matches!(refusal, Ok(None)) => refused(&ctx, &talk, refusal).await,
        (Some(Ok((Some(command), rest))), _) => commands::run(&ctx, &talk, command, rest).await,
        (None, Some(said)) => commands::other(&ctx, &talk, said, is_private).await,
        _ if is_private => commands::unknown(&ctx, &talk).await,
        _ => Ok(()),
    };
    if let Err(error) = done {
        went_wrong(&ctx, &talk, &error).await;
    }
}

/// Whether a message of a group speaks to us. An administrator's bot hears everything said there; the rest of it is
/// none of ours.
fn is_to(me: &Me, message: &Message) -> bool {
    let answered = message
        .reply_to_message()
        .and_then(|answered| answered.from.as_ref());
    let words = message.text().or(message.caption()).unwrap_or_default();
    answered.is_some_and(|author| author.id == me.id)
        || words
            .split_whitespace()
            .any(|word| is_mention(word, me.username()))
}

fn is_mention(word: &str, me: &str) -> bool {
    let name = word.strip_prefix('@');
    name.is_some_and(|name| name.eq_ignore_ascii_case(me))
}

/// What is said besides our name.
fn without_mention(words: &str, me: &str) -> String {
    if !words.split_whitespace().any(|word| is_mention(word, me)) {
        return words.to_owned();
    }
    let words = words.split_whitespace();
    words
        .filter(|word| !is_mention(word, me))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Says why this user may not change the list.
async fn refused(
    ctx: &Context,
    talk: &Talk,
    refusal: Result<Option<&'static str>, StoreError>,
) -> Result<(), StoreError> {
    if let Some(key) = refusal? {
        answers::send(ctx, talk, &text(talk.lang, key), None).await;
    }
    Ok(())
}

/// Our own failure: the person hears it, the operator reads it.
async fn went_wrong(ctx: &Context, talk: &Talk, error: &StoreError) {
    tracing::error!(%error, "a person was not served");
    answers::send(ctx, talk, &text(talk.lang, "went-wrong"), None).await;
}

async fn press(ctx: Context, query: CallbackQuery) -> anyhow::Result<()> {
    // Queued for its turn first, answered without waiting for it.
    let chat = query.message.as_ref().map(|message| message.chat().id.0);
    let flow = ctx.flood.admit(chat.unwrap_or_default(), Instant::now());
    if flow == Flow::Dropped {
        dropped("flood");
        return Ok(());
    }
    let Some(turn) = turn(&ctx, chat.unwrap_or_default()).await else {
        return Ok(());
    };
    let late = ctx.clone();
    serve(&ctx, async move {
        let Some((talk, id, press)) = accept(&late, &query, flow).await else {
            return;
        };
        if let Press::Life(life) = press {
            let _turn = turn.await;
            if let Err(error) = life::press(&late, &talk, &query, life).await {
                went_wrong(&late, &talk, &error).await;
            }
            return;
        }
        let work = async {
            let _turn = turn.await;
            // Whatever this message was waiting to show, it shows something else from here on.
            late.awaiting.leave(talk.chat, id);
            let now = Utc::now();
            act(&late, &Talk { now, ..talk }, id, press).await;
        };
        // In this order of being begun; a slow Telegram does not hold the work up.
        futures::join!(toast(&late, &query, None), work);
    });
    Ok(())
}

/// Who presses what, and where; `None` when it is not for them, which they have been told.
async fn accept(
    ctx: &Context,
    query: &CallbackQuery,
    flow: Flow,
) -> Option<(Talk, MessageId, Press)> {
    let Some(message) = &query.message else {
        toast(ctx, query, None).await;
        return None;
    };
    let chat = message.chat().id.0;
    let known = ctx.store.person(chat).await.ok().flatten();
    let topic = message
        .regular_message()
        .filter(|message| message.is_topic_message)
        .and_then(|message| message.thread_id)
        .map(|thread| thread.0.0);
    let talk = Talk {
        chat,
        topic,
        user: i64::try_from(query.from.id.0).unwrap_or(i64::MAX),
        lang: known.map_or(Lang::Ru, |person| person.lang),
        speaks: query
            .from
            .language_code
            .as_deref()
            .and_then(Lang::from_code),
        now: Utc::now(),
    };
    let press = query.data.as_deref().and_then(Press::read);
    let Some(press) = press.filter(|_| ctx.config.allows(chat)) else {
        toast(ctx, query, Some((talk.lang, "toast-old"))).await;
        return None;
    };
    if let Press::Menu { owner, .. } | Press::Forget { owner, .. } = press
        && owner != talk.user
    {
        toast(ctx, query, Some((talk.lang, "menu-foreign"))).await;
        return None;
    }
    if flow == Flow::Warned {
        toast(ctx, query, Some((talk.lang, "too-fast"))).await;
        return None;
    }
    if press.is_change() {
        let refusal = match rights::refusal(ctx, &talk).await {
            Ok(None) => None,
            Ok(Some(key)) => Some(key),
            Err(error) => {
                tracing::error!(%error, "could not read who may change a list");
                Some("went-wrong")
            }
        };
        if let Some(key) = refusal {
            toast(ctx, query, Some((talk.lang, key))).await;
            return None;
        }
    }
    Some((talk, message.id(), press))
}

/// Does what a button says.
async fn act(ctx: &Context, talk: &Talk, id: MessageId, press: Press) {
    let done = match press {
        Press::Add => add::reopen(ctx, talk, id).await.map(|()| true),
        Press::Menu {
            menu, version, act, ..
        } => add::press(ctx, talk, id, menu, version, act)
            .await
            .map(|()| true),
        Press::List(page) => list::show(ctx, talk, Some(id), page).await.map(|()| true),
        Press::Wish(watch, touch) => wish::press(ctx, talk, id, watch, touch).await,
        Press::Watch(watch, verb) => list::press(ctx, talk, id, watch, verb).await,
        Press::Visit(press) => visit::press(ctx, talk, id, press).await,
        Press::Status => status::show(ctx, talk, Some(id)).await.map(|()| true),
        Press::Set(setting) => settings::set(ctx, talk, id, setting).await.map(|()| true),
        Press::Lang(lang) => settings::set_lang(ctx, talk, id, lang).await.map(|()| true),
        Press::Hello(lang) => commands::hello(ctx, talk, id, lang).await.map(|()| true),
        // Served where its press is answered.
        Press::Life(_) => Ok(true),
        Press::Forget { is_sure, .. } => commands::forget(ctx, talk, id, is_sure)
            .await
            .map(|()| true),
    };
    match done {
        Ok(true) => {}
        // Only buttons of a watch can be so: the fresh menu is the list.
        Ok(false) => add::say_old(ctx, talk, id, Press::List(0)).await,
        Err(error) => went_wrong(ctx, talk, &error).await,
    }
}

/// Answers a press, with a short notice or none. A press too old to be answered harms nobody.
async fn toast(ctx: &Context, query: &CallbackQuery, notice: Option<(Lang, &str)>) {
    say_toast(ctx, query, notice.map(|(lang, key)| text(lang, key))).await;
}

/// As [`toast`], in words.
pub(crate) async fn say_toast(ctx: &Context, query: &CallbackQuery, notice: Option<String>) {
    let mut request = ctx.bot.answer_callback_query(query.id.clone());
    if let Some(notice) = notice {
        request = request.text(notice);
    }
    let answered = request.send().await;
    if let Err(error) = answered {
        tracing::debug!(
            error = crate::telegram::in_words(&error),
            "a press was not answered"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::response::IntoResponse as _;
    use serde_json::{Value, json};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use teloxide::Bot;
    use teloxide::dispatching::Dispatcher;
    use teloxide::error_handlers::IgnoringErrorHandler;
    use teloxide::update_listeners::Polling;
    use tokio::sync::Notify;

    /// A Telegram that knows who it is and hands two messages of one chat over, one by one.
    async fn telegram() -> url::Url {
        let n_polls = AtomicUsize::new(0);
        let answer = move |path: &str| -> Value {
            if path.to_lowercase().ends_with("getme") {
                return json!({
                    "id": 1, "is_bot": true, "first_name": "Bot", "username": "a_bot",
                    "can_join_groups": true, "can_read_all_group_messages": false,
                    "supports_inline_queries": false, "can_connect_to_business": false,
                    "has_main_web_app": false,
                });
            }
            let n = n_polls.fetch_add(1, Ordering::Relaxed);
            if n > 1 {
                return json!([]);
            }
            let anna = json!({"id": 5, "is_bot": false, "first_name": "Anna"});
            let chat = json!({"id": 5, "type": "private", "first_name": "Anna"});
            let message =
                json!({"message_id": n, "date": 0, "chat": chat, "from": anna, "text": "/help"});
            json!([{"update_id": n + 1, "message": message}])
        };
        let serve = async move |request: axum::extract::Request| {
            axum::Json(json!({"ok": true, "result": answer(request.uri().path())})).into_response()
        };
        let serve = Arc::new(serve);
        let router = Router::new().fallback(move |request| {
            let serve = Arc::clone(&serve);
            async move { serve(request).await }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url.parse().unwrap()
    }

    #[tokio::test]
    async fn a_panic_gives_the_turn_to_what_was_said_next() {
        let turns = crate::turns::Turns::default();
        let first = turns.queue(5, PER_CHAT).await.unwrap();
        let second = turns.queue(5, PER_CHAT).await.unwrap();
        let panicking = tokio::spawn(shielded(async move {
            let _turn = first.await;
            panic!("as handlers do");
        }));
        drop(second.await);
        panicking.await.unwrap();
    }

    #[tokio::test]
    async fn a_panicking_handler_ends_neither_its_chat_nor_the_bot() {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let bot = Bot::with_client("1:token", client).set_api_url(telegram().await);
        let served = Arc::new(Notify::new());
        let n_served = Arc::new(AtomicUsize::new(0));
        let handler = {
            let (served, n_served) = (Arc::clone(&served), Arc::clone(&n_served));
            move || {
                if n_served.fetch_add(1, Ordering::Relaxed) == 1 {
                    served.notify_one();
                }
                async { panic!("as handlers do") }
            }
        };
        let tree = guarded(dptree::entry().branch(Update::filter_message().endpoint(handler)));
        let mut dispatcher = Dispatcher::builder(bot.clone(), tree)
            .error_handler(Arc::new(IgnoringErrorHandler))
            .build();
        let token = dispatcher.shutdown_token();
        let listener = Polling::builder(bot).build();
        let mut dispatching = tokio::spawn(async move {
            let ignore = Arc::new(IgnoringErrorHandler);
            dispatcher
                .try_dispatch_with_listener(listener, ignore)
                .await
        });
        let both = tokio::time::timeout(Duration::from_secs(20), served.notified());
        tokio::select! {
            both = both => both.expect("the second message is served"),
            ended = &mut dispatching => panic!("the dispatcher ended: {ended:?}"),
        }
        token.shutdown().unwrap().await;
        dispatching.await.unwrap().unwrap();
        assert_eq!(n_served.load(Ordering::Relaxed), 2);
    }
}
