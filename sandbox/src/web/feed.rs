//! What a page is told, by server-sent events: first all there is, then what changed.
//!
//! Nothing queues up for a page that reads slowly: what it missed meanwhile is worked out when it reads on, from where
//! it was.

use super::{Desk, chat, trail};
use crate::telegram::State as Talk;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};

/// Messages of a chat a page begins with.
const MAX_MESSAGES: usize = 200;
/// Changes this close together are told as one.
const TOGETHER: Duration = Duration::from_millis(30);

pub(super) async fn events(State(desk): State<Arc<Desk>>) -> Response {
    let Ok(place) = desk.feeds.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages are open\n").into_response();
    };
    let feed = Feed::new(desk, place);
    let events = stream::unfold(feed, |mut feed| async move {
        let events = feed.next().await;
        Some((
            stream::iter(events.into_iter().map(Ok::<_, Infallible>)),
            feed,
        ))
    });
    Sse::new(events.flatten())
        .keep_alive(KeepAlive::default())
        .into_response()
}

/// One page, and what it was told.
struct Feed {
    desk: Arc<Desk>,
    telegram: watch::Receiver<u64>,
    city: watch::Receiver<u64>,
    portal: watch::Receiver<u64>,
    trail: watch::Receiver<Arc<trail::Trail>>,
    stirred: watch::Receiver<u64>,
    /// `None` before the first telling.
    told: Option<Told>,
    _place: OwnedSemaphorePermit,
}

struct Told {
    tabs: Value,
    /// Newest revision of a message.
    revision: u64,
    /// How often the bot was typing, by chat.
    n_actions: HashMap<i64, u64>,
}

impl Feed {
    fn new(desk: Arc<Desk>, place: OwnedSemaphorePermit) -> Self {
        Self {
            telegram: desk.telegram.stirrings(),
            city: desk.city.changes(),
            portal: desk.portal.log().changes(),
            trail: desk.trail.subscribe(),
            stirred: desk.stirred.subscribe(),
            told: None,
            desk,
            _place: place,
        }
    }

    async fn next(&mut self) -> Vec<Event> {
        let Some(told) = self.told.take() else {
            let (events, told) = self.all();
            self.told = Some(told);
            return events;
        };
        let (mut of_city, mut of_portal, mut of_trail) = (false, false, false);
        // Those that end never: the desk holds their other ends.
        tokio::select! {
            _ = self.telegram.changed() => {}
            _ = self.stirred.changed() => {}
            _ = self.city.changed() => of_city = true,
            _ = self.portal.changed() => of_portal = true,
            _ = self.trail.changed() => of_trail = true,
        }
        tokio::time::sleep(TOGETHER).await;
        self.telegram.mark_unchanged();
        self.stirred.mark_unchanged();
        let mut events = Vec::new();
        let told = self.talk(told, &mut events);
        self.told = Some(told);
        if is_new(&mut self.city) || of_city {
            events.push(event("city", &Value::Null));
        }
        if is_new(&mut self.portal) || of_portal {
            events.push(event("asked", &trail::asked(&self.desk)));
        }
        if is_new(&mut self.trail) || of_trail {
            let trail = self.trail.borrow().to_json();
            events.push(event("learned", &trail));
        }
        events
    }

    /// Everything, as it is now.
    fn all(&mut self) -> (Vec<Event>, Told) {
        for seen in [
            &mut self.telegram,
            &mut self.city,
            &mut self.portal,
            &mut self.stirred,
        ] {
            seen.mark_unchanged();
        }
        let tabs = chat::tabs(&self.desk);
        let (messages, told) = {
            let state = self.desk.telegram.lock();
            let mut messages = Vec::new();
            for chat in chats(&tabs) {
                let all = state.chats.get(&chat).map(|chat| chat.messages.values());
                let newest = all.into_iter().flatten().rev().take(MAX_MESSAGES);
                let newest: Vec<_> = newest.filter(|message| !message.is_deleted).collect();
                messages.extend(newest.iter().rev().map(|each| chat::message(&state, each)));
            }
            let told = Told {
                n_actions: n_actions(&state, &tabs),
                revision: state.revision,
                tabs: tabs.clone(),
            };
            (messages, told)
        };
        let trail = self.trail.borrow_and_update().to_json();
        let events = vec![
            event("tabs", &tabs),
            event("messages", &json!({"all": true, "list": messages})),
            event("city", &Value::Null),
            event("asked", &trail::asked(&self.desk)),
            event("learned", &trail),
        ];
        (events, told)
    }

    /// What changed in the chats.
    fn talk(&self, mut told: Told, events: &mut Vec<Event>) -> Told {
        let tabs = chat::tabs(&self.desk);
        if tabs != told.tabs {
            events.push(event("tabs", &tabs));
        }
        let state = self.desk.telegram.lock();
        let now = n_actions(&state, &tabs);
        for (chat, n) in &now {
            if told.n_actions.get(chat).is_some_and(|before| before < n) {
                events.push(event("typing", &json!({"chat": chat})));
            }
        }
        let mut changed = Vec::new();
        for chat in chats(&tabs) {
            let all = state.chats.get(&chat).map(|chat| chat.messages.values());
            let all = all.into_iter().flatten();
            changed.extend(all.filter(|message| message.revision > told.revision));
        }
        changed.sort_by_key(|message| message.revision);
        if !changed.is_empty() {
            let list = changed.iter().map(|each| chat::message(&state, each));
            let list: Value = list.collect();
            events.push(event("messages", &json!({"all": false, "list": list})));
        }
        told.revision = state.revision;
        told.n_actions = now;
        told.tabs = tabs;
        told
    }
}

fn is_new<T>(seen: &mut watch::Receiver<T>) -> bool {
    let is_new = seen.has_changed().unwrap_or(false);
    seen.mark_unchanged();
    is_new
}

fn chats(tabs: &Value) -> impl Iterator<Item = i64> {
    let tabs = tabs["chats"].as_array().into_iter().flatten();
    tabs.filter_map(|tab| tab["chat"].as_i64())
}

fn n_actions(state: &Talk, tabs: &Value) -> HashMap<i64, u64> {
    let n = |chat: i64| Some((chat, state.chats.get(&chat)?.n_actions));
    chats(tabs).filter_map(n).collect()
}

fn event(name: &str, data: &Value) -> Event {
    // JSON on one line, as an event's data must be.
    Event::default().event(name).data(data.to_string())
}
