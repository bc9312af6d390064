//! A watch passed on by a link, and such a link opened.

use super::carried::Carried;
use super::flow::is_full;
use super::state::{Menu, Step};
use super::view::{button, show};
use crate::answers;
use crate::context::{Context, Talk};
use crate::press::Press;
use crate::telegram::in_words;
use crate::texts::{self, escape, text, text_with};
use shared::store::{Shared, StoreError, WatchCard};
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::InlineKeyboardMarkup;

/// Characters Telegram carries in a link to a bot, apart from `_` and `-`.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Longest text Telegram carries in a link to a bot.
const LONGEST: usize = 64;

/// 128 random bits as letters and digits.
fn token() -> String {
    let mut left: u128 = rand::random();
    let mut token = String::new();
    while left > 0 || token.is_empty() {
        let digit = usize::try_from(left % 62).unwrap_or_default();
        token.push(char::from(ALPHABET[digit % ALPHABET.len()]));
        left /= 62;
    }
    token
}

/// Whether a link to the bot may have carried this.
fn is_token(text: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_fine)
}

/// Gives a link by which anybody copies the watch with its wish, and nothing about the person.
pub(crate) async fn share(ctx: &Context, talk: &Talk, card: &WatchCard) -> Result<(), StoreError> {
    let shared = Shared {
        targets: card
            .targets
            .iter()
            .filter(|state| state.area.is_none())
            .map(|state| state.target.clone())
            .collect(),
        areas: card.areas.iter().map(|one| one.area.clone()).collect(),
        wish: card.wish.clone(),
    };
    let found = ctx
        .store
        .share(card.person, shared, token(), talk.now)
        .await?;
    let Some(token) = found else {
        answers::send(ctx, talk, &text(talk.lang, "share-too-many"), None).await;
        return Ok(());
    };
    let me = match ctx.bot.get_me().send().await {
        Ok(me) => me,
        Err(error) => {
            tracing::warn!(
                error = in_words(&error),
                "could not ask our own name for a link"
            );
            answers::send(ctx, talk, &text(talk.lang, "went-wrong"), None).await;
            return Ok(());
        }
    };
    let args = [
        ("title", escape(&texts::card_title(talk.lang, card)).into()),
        (
            "url",
            format!("https://t.me/{}?start={token}", me.username()).into(),
        ),
    ];
    answers::send(ctx, talk, &text_with(talk.lang, "share-link", &args), None).await;
    Ok(())
}

/// Opens a link's watch as a card to confirm. `false` when the text came by no link.
pub(crate) async fn open_shared(
    ctx: &Context,
    talk: &Talk,
    text_of_link: &str,
) -> Result<bool, StoreError> {
    if !is_token(text_of_link) {
        return Ok(false);
    }
    let found = ctx.store.shared(text_of_link.to_owned(), talk.now).await?;
    let Some(shared) = found else {
        let keyboard = InlineKeyboardMarkup::new([[button(talk, "btn-add", Press::Add)]]);
        let html = text(talk.lang, "share-unknown");
        answers::send(ctx, talk, &html, Some(keyboard)).await;
        return Ok(true);
    };
    if is_full(ctx, talk, None).await? {
        return Ok(true);
    }
    let mut step = Step::District;
    if let Some(first) = shared.targets.first()
        && let Some(lpu) = ctx.store.lpu(first.department.lpu).await?
    {
        // Where "change" leads.
        step = Step::Doctor {
            district: lpu.value.district,
            department: first.department.clone(),
        };
    }
    let mut menu = Menu::new(step, talk.now);
    menu.ready = shared.targets;
    menu.areas = shared.areas;
    menu.carried = Carried {
        wish: shared.wish,
        is_shared: true,
        ..Carried::default()
    };
    show(ctx, talk, menu).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_into_a_link_and_is_never_the_same() {
        let tokens: std::collections::BTreeSet<String> = (0..1_000).map(|_| token()).collect();
        assert_eq!(tokens.len(), 1_000);
        for token in tokens {
            assert!(is_token(&token) && token.len() <= 22, "{token}");
        }
        for wrong in ["", "a b", "привет", &"a".repeat(65), "a'b"] {
            assert!(!is_token(wrong), "{wrong}");
        }
    }
}
