//! Who may change the list of a group, asked of Telegram at most once a minute for each member.

use crate::context::{Context, Talk};
use crate::telegram::in_words;
use moka::future::Cache;
use shared::store::StoreError;
use std::time::Duration;
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{ChatId, UserId};

/// What Telegram said of a member is believed for so long.
const BELIEVED: Duration = Duration::from_secs(60);
const MAX_MEMBERS: u64 = 10_000;

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// First name.
    pub(crate) name: String,
    /// Rules the group.
    pub(crate) is_admin: bool,
}

/// Members of groups, by chat and user.
pub(crate) struct Members(Cache<(i64, i64), Member>);

impl Members {
    pub(crate) fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(MAX_MEMBERS)
            .time_to_live(BELIEVED);
        Self(cache.build())
    }
}

/// A member as Telegram knows them; `None` when it does not say.
pub(crate) async fn member(ctx: &Context, chat: i64, user: i64) -> Option<Member> {
    let id = UserId(u64::try_from(user).ok()?);
    let asked = ctx.members.0.try_get_with((chat, user), async {
        let member = ctx.bot.get_chat_member(ChatId(chat), id).send().await?;
        Ok::<_, teloxide::RequestError>(Member {
            is_admin: member.is_privileged(),
            name: member.user.first_name,
        })
    });
    match asked.await {
        Ok(member) => Some(member),
        Err(error) => {
            tracing::warn!(
                error = in_words(&error),
                "Telegram does not say who a member is"
            );
            None
        }
    }
}

/// Why this user may not rule here, as the key of a text; `None` when they may. In a private chat everybody rules.
pub(crate) async fn no_ruler(ctx: &Context, talk: &Talk) -> Option<&'static str> {
    if talk.chat >= 0 {
        return None;
    }
    match member(ctx, talk.chat, talk.user).await {
        Some(Member { is_admin: true, .. }) => None,
        Some(_) => Some("only-admins"),
        None => Some("rights-unknown"),
    }
}

/// Why this user may not change the list here, as the key of a text; `None` when they may.
pub(crate) async fn refusal(
    ctx: &Context,
    talk: &Talk,
) -> Result<Option<&'static str>, StoreError> {
    if talk.chat >= 0 || !ctx.store.only_admins(talk.chat).await? {
        return Ok(None);
    }
    Ok(no_ruler(ctx, talk).await)
}
