//! What every handler has in hand.

use crate::config::Config;
use crate::flood::Flood;
use crate::fresh::Awaiting;
use crate::late::Late;
use crate::pace::Pace;
use crate::rights::Members;
use crate::silence::Silence;
use crate::texts::Lang;
use crate::turns::Turns;
use crate::vigil::Pinger;
use crate::wish::Cards;
use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use shared::gorzdrav::menus::Menus;
use shared::ids::{PersonId, Target};
use shared::link::link;
use shared::store::{Changes, Program, Store};
use shared::supervise::{broke, supervise};
use shared::watchdog::Pulse;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use teloxide::Bot;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Shared by all handlers and loops; a clone is cheap. No `Debug`: a `Bot` prints its token.
#[derive(Clone)]
pub(crate) struct Context(Arc<Parts>);

/// The parts of a [`Context`].
pub(crate) struct Parts {
    /// Settings.
    pub(crate) config: Config,
    /// Telegram. Answers to people go through it without waiting for anyone.
    pub(crate) bot: Bot,
    /// Everything that leaves is counted here; what goes out unasked waits for its turn: alerts, facts, messages to
    /// everybody.
    pub(crate) pace: Pace,
    /// How fast each chat writes.
    pub(crate) flood: Flood,
    /// Members of groups.
    pub(crate) members: Members,
    /// Names for menus.
    pub(crate) menus: Menus,
    /// The database.
    pub(crate) store: Store,
    /// Wakes on commits; cloned by whoever waits.
    pub(crate) changes: Changes,
    /// No send begins after the commit of a silence (rule 5).
    pub(crate) silence: Silence,
    /// People to be told at once, without waiting for an event.
    pub(crate) pokes: mpsc::Sender<PersonId>,
    /// Whose card is on its way; alerts wait for it.
    pub(crate) cards: Cards,
    /// Messages that will be edited when a fresh reading lands.
    pub(crate) awaiting: Awaiting,
    /// In which order what a chat says is served.
    pub(crate) turns: Turns,
    /// Whether anybody is checking.
    pub(crate) pinger: Pinger,
    /// The delivery's progress, for the watchdog.
    pub(crate) delivering: Pulse,
    /// And that of what the bot does by the clock.
    pub(crate) keeping_house: Pulse,
    /// What was said while the bot was away.
    pub(crate) late: Late,
    /// Work that outlives its handler: slow menus, edits that wait for a fresh reading.
    pub(crate) tasks: TaskTracker,
    /// Ends everything.
    pub(crate) shutdown: CancellationToken,
}

impl std::ops::Deref for Context {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Context {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Has the person told at once of what is free. A full queue is no loss: the loop looks for itself too.
    pub(crate) fn poke(&self, person: PersonId) {
        let _ = self.pokes.try_send(person);
    }

    /// The link where a person takes a talon of this target.
    pub(crate) fn link(
        &self,
        target: &Target,
        district: Option<&shared::ids::DistrictId>,
    ) -> String {
        link(district, target, self.config.args.link_depth)
    }

    /// Runs a part of the program until it ends by itself, which it does when the program does; anew whenever it
    /// breaks. It has the program's grace to finish in.
    pub(crate) fn keep<F>(
        &self,
        task: &'static str,
        mut part: impl FnMut(Self) -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send,
    {
        let ctx = self.clone();
        self.tasks.spawn(async move {
            let stop = &ctx.shutdown;
            supervise(Program::Bot, task, stop, || part(ctx.clone())).await;
        });
    }

    /// Runs work that may outlive the handler and ends with the program.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            let work = AssertUnwindSafe(work).catch_unwind();
            if let Some(Err(_)) = shutdown.run_until_cancelled(work).await {
                broke(Program::Bot, "work");
            }
        });
    }
}

/// Who is talking, where, and how to answer.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    /// Chat to answer in.
    pub(crate) chat: i64,
    /// Topic to answer in.
    pub(crate) topic: Option<i32>,
    /// Who wrote or pressed.
    pub(crate) user: i64,
    /// Language of the answer.
    pub(crate) lang: Lang,
    /// Language of their Telegram, when it is one of ours. Only a hint: many here have their phone in English.
    pub(crate) speaks: Option<Lang>,
    /// When.
    pub(crate) now: DateTime<Utc>,
}
