//! `/settings`: language, quiet hours, and what happens after an alert.

use crate::add::button;
use crate::answers;
use crate::context::{Context, Talk};
use crate::life;
use crate::press::{Press, Setting};
use crate::texts::{Lang, text, text_with};
use shared::quiet::Quiet;
use shared::store::{Person, StoreError};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup, MessageId};

/// The quiet offered first: ten in the evening to eight in the morning.
const NIGHT: (u16, u16) = (22 * 60, 8 * 60);

/// One press moves a border of the quiet by so many minutes.
const STEP: u16 = 60;

const DAY: u16 = 24 * 60;

/// Shows the settings as a new message, or in the place of `message`.
pub(crate) async fn show(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
) -> Result<(), StoreError> {
    let person = ctx
        .store
        .meet(talk.chat, talk.topic, talk.lang, talk.now)
        .await?;
    put(ctx, talk, message, &person).await;
    Ok(())
}

/// Changes the language and shows the settings in it.
pub(crate) async fn set_lang(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    lang: Lang,
) -> Result<(), StoreError> {
    let talk = in_lang(ctx, talk, lang).await?;
    show(ctx, &talk, Some(message)).await
}

/// The same talk in another language, kept for the person.
pub(crate) async fn in_lang(ctx: &Context, talk: &Talk, lang: Lang) -> Result<Talk, StoreError> {
    let person = ctx
        .store
        .meet(talk.chat, talk.topic, lang, talk.now)
        .await?;
    ctx.store.set_lang(person.id, lang).await?;
    Ok(Talk {
        lang,
        ..talk.clone()
    })
}

/// Changes one setting and shows them all.
pub(crate) async fn set(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    setting: Setting,
) -> Result<(), StoreError> {
    let mut person = ctx
        .store
        .meet(talk.chat, talk.topic, talk.lang, talk.now)
        .await?;
    match setting {
        Setting::OneAlert => {
            person.one_alert = !person.one_alert;
            ctx.store.set_one_alert(person.id, person.one_alert).await?;
        }
        Setting::QuietSoon => person.quiet_soon = !person.quiet_soon,
        other => person.quiet = moved(person.quiet, other),
    }
    if setting != Setting::OneAlert {
        ctx.store
            .set_quiet(person.id, person.quiet, person.quiet_soon)
            .await?;
        // What was waiting for the morning may not have to any more.
        ctx.poke(person.id);
    }
    put(ctx, talk, Some(message), &person).await;
    Ok(())
}

/// The quiet after a press. A border never meets the other one: it steps over it.
fn moved(quiet: Option<Quiet>, setting: Setting) -> Option<Quiet> {
    let Some(quiet) = quiet else {
        return Quiet::new(NIGHT.0, NIGHT.1);
    };
    let (from, to) = quiet.minutes();
    let later = |minute: u16| (minute + STEP) % DAY;
    let earlier = |minute: u16| (minute + DAY - STEP) % DAY;
    let step = |(from, to): (u16, u16)| match setting {
        Setting::FromEarlier => (earlier(from), to),
        Setting::FromLater => (later(from), to),
        Setting::ToEarlier => (from, earlier(to)),
        Setting::ToLater => (from, later(to)),
        _ => (0, 0),
    };
    let mut borders = step((from, to));
    if borders.0 == borders.1 && !matches!(setting, Setting::Quiet) {
        borders = step(borders);
    }
    Quiet::new(borders.0, borders.1)
}

/// "22:00"
fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

async fn put(ctx: &Context, talk: &Talk, message: Option<MessageId>, person: &Person) {
    let lang = talk.lang;
    let quiet = match person.quiet.map(Quiet::minutes) {
        None => text(lang, "settings-quiet-off"),
        Some((from, to)) => {
            let args = [("from", clock(from).into()), ("to", clock(to).into())];
            let key = if person.quiet_soon {
                "settings-quiet-soon"
            } else {
                "settings-quiet"
            };
            text_with(lang, key, &args)
        }
    };
    let after = text(
        lang,
        if person.one_alert {
            "settings-one-alert"
        } else {
            "settings-all-alerts"
        },
    );
    let html = [
        text(lang, "settings-title"),
        quiet,
        after,
        text(lang, "settings-lang"),
    ]
    .join("\n\n");
    let mut keyboard = keyboard(talk, person);
    match life::who_row(ctx, talk).await {
        Ok(row) => keyboard.inline_keyboard.extend(row),
        Err(error) => tracing::warn!(%error, "could not read who may change a list"),
    }
    match message {
        Some(message) => answers::edit(ctx, talk, message, &html, Some(keyboard)).await,
        None => answers::send(ctx, talk, &html, Some(keyboard)).await,
    };
}

fn keyboard(talk: &Talk, person: &Person) -> InlineKeyboardMarkup {
    let set = |key: &str, setting| button(talk, key, Press::Set(setting));
    let border = |key: &str, minute: u16, setting| {
        let label = text_with(talk.lang, key, &[("time", clock(minute).into())]);
        InlineKeyboardButton::callback(label, Press::Set(setting).to_string())
    };
    let mut rows = Vec::new();
    match person.quiet.map(Quiet::minutes) {
        None => rows.push(vec![set("btn-quiet-on", Setting::Quiet)]),
        Some((from, to)) => {
            let after = |setting| moved(person.quiet, setting).map_or((from, to), Quiet::minutes);
            rows.push(vec![
                border(
                    "btn-quiet-from",
                    after(Setting::FromEarlier).0,
                    Setting::FromEarlier,
                ),
                border(
                    "btn-quiet-from",
                    after(Setting::FromLater).0,
                    Setting::FromLater,
                ),
            ]);
            rows.push(vec![
                border(
                    "btn-quiet-to",
                    after(Setting::ToEarlier).1,
                    Setting::ToEarlier,
                ),
                border("btn-quiet-to", after(Setting::ToLater).1, Setting::ToLater),
            ]);
            let soon = if person.quiet_soon {
                "btn-quiet-strict"
            } else {
                "btn-quiet-soon"
            };
            rows.push(vec![set(soon, Setting::QuietSoon)]);
            rows.push(vec![set("btn-quiet-off", Setting::Quiet)]);
        }
    }
    let after = if person.one_alert {
        "btn-all-alerts"
    } else {
        "btn-one-alert"
    };
    rows.push(vec![set(after, Setting::OneAlert)]);
    rows.push(vec![
        lang_button(talk, "btn-lang-ru", Lang::Ru),
        lang_button(talk, "btn-lang-en", Lang::En),
    ]);
    InlineKeyboardMarkup::new(rows)
}

/// A language to choose, with a mark on the one in use.
fn lang_button(talk: &Talk, key: &str, lang: Lang) -> InlineKeyboardButton {
    let mut button = button(talk, key, Press::Lang(lang));
    if talk.lang == lang {
        button.text = format!("✓ {}", button.text);
    }
    button
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: Option<(u16, u16)>, setting: Setting, want: Option<(u16, u16)>) {
        let hours = |(from, to): (u16, u16)| Quiet::new(from * 60, to * 60).unwrap();
        assert_eq!(
            moved(before.map(hours), setting),
            want.map(hours),
            "{before:?} {setting:?}"
        );
    }

    #[test]
    fn quiet_is_switched_on_as_a_night_and_off_again() {
        check(None, Setting::Quiet, Some((22, 8)));
        check(Some((22, 8)), Setting::Quiet, None);
    }

    #[test]
    fn borders_move_by_an_hour_around_the_clock() {
        check(Some((22, 8)), Setting::FromLater, Some((23, 8)));
        check(Some((23, 8)), Setting::FromLater, Some((0, 8)));
        check(Some((0, 8)), Setting::FromEarlier, Some((23, 8)));
        check(Some((22, 8)), Setting::ToEarlier, Some((22, 7)));
        check(Some((22, 23)), Setting::ToLater, Some((22, 0)));
    }

    #[test]
    fn borders_never_meet() {
        check(Some((22, 23)), Setting::ToEarlier, Some((22, 21)));
        check(Some((7, 8)), Setting::FromLater, Some((9, 8)));
    }
}
