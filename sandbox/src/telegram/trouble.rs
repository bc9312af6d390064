//! What can go wrong at Telegram, and where.

use std::time::Duration;

/// What happens to a call instead of, or besides, what should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// 429, with `retry_after` in seconds or without.
    TooMany(Option<u32>),
    /// A refusal in these words, `ok: false`: 400, 403, 500 and such.
    Refuse(u16, String),
    /// Accepted, never answered, not carried out.
    Hang,
    /// Carried out and answered rightly, this much later.
    Slow(Duration),
    /// Carried out at once and answered rightly, this much later; see [`Outcome::AnswerLost`](super::Outcome).
    Late(Duration),
    /// Answered with something that is not JSON; not carried out.
    Garbage,
    /// The connection breaks; not carried out.
    Cut,
    /// Carried out, but the connection breaks before the answer.
    LoseAnswer,
}

/// Which calls trouble meets; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// This method only, in any case of letters.
    pub method: Option<String>,
    /// This chat only.
    pub chat: Option<i64>,
}

impl Calls {
    /// Every call.
    pub fn all() -> Self {
        Self::default()
    }

    /// Calls of a method.
    pub fn of(method: &str) -> Self {
        Self {
            method: Some(method.to_owned()),
            chat: None,
        }
    }

    /// Calls about a chat.
    pub fn to(chat: i64) -> Self {
        Self {
            method: None,
            chat: Some(chat),
        }
    }

    /// Narrowed to one chat.
    #[must_use]
    pub fn in_chat(self, chat: i64) -> Self {
        Self {
            chat: Some(chat),
            ..self
        }
    }

    fn covers(&self, method: &str, chat: Option<i64>) -> bool {
        let method_fits = |wanted: &String| wanted.eq_ignore_ascii_case(method);
        self.method.as_ref().is_none_or(method_fits)
            && self.chat.is_none_or(|wanted| Some(wanted) == chat)
    }
}

/// Names a trouble, to clear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TroubleId(u64);

#[derive(Debug, Default)]
pub(crate) struct Troubles {
    next: u64,
    rules: Vec<(u64, Calls, Trouble, Option<usize>)>,
}

impl Troubles {
    pub(crate) fn add(&mut self, calls: Calls, trouble: Trouble, left: Option<usize>) -> TroubleId {
        self.next += 1;
        self.rules.push((self.next, calls, trouble, left));
        TroubleId(self.next)
    }

    pub(crate) fn clear(&mut self, TroubleId(id): TroubleId) {
        self.rules.retain(|rule| rule.0 != id);
    }

    pub(crate) fn clear_all(&mut self) {
        self.rules.clear();
    }

    /// The trouble this call meets: the one set last. Uses it up by one.
    pub(crate) fn meet(&mut self, method: &str, chat: Option<i64>) -> Option<Trouble> {
        let fits =
            |(_, calls, _, _): &(u64, Calls, Trouble, Option<usize>)| calls.covers(method, chat);
        let index = self.rules.iter().rposition(fits)?;
        let (_, _, trouble, left) = &mut self.rules[index];
        let trouble = trouble.clone();
        if let Some(left) = left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.rules.remove(index);
            }
        }
        Some(trouble)
    }
}
