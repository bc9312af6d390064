//! What is pressed in the page.

use super::Desk;
use super::town::{self, Mood};
use crate::city::Scope;
use crate::person::Person;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::{DoctorId, LpuId};
use std::sync::Arc;
use std::time::Duration;

/// A message no longer than Telegram's, in UTF-16 units.
const MAX_TEXT: usize = 4096;
const MAX_NAME: usize = 64;
const MAX_PEOPLE: usize = 20;
const MAX_GROUPS: usize = 10;
/// How long a pressed button glows without an answer.
const GLOWS: Duration = Duration::from_secs(15);

type Answer = Result<Json<Value>, Refused>;
type Ours = State<Arc<Desk>>;

/// Why something cannot be done: a word the page has a sentence for.
pub(super) struct Refused(StatusCode, &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"refused": self.1}))).into_response()
    }
}

const fn bad(why: &'static str) -> Refused {
    Refused(StatusCode::BAD_REQUEST, why)
}

const NOBODY: Refused = Refused(StatusCode::NOT_FOUND, "nobody");
const NO_DOCTOR: Refused = Refused(StatusCode::NOT_FOUND, "no-doctor");

fn done() -> Answer {
    Ok(Json(json!({})))
}

/// Who acts, and in which chat.
#[derive(Deserialize)]
pub(super) struct Who {
    person: i64,
    chat: i64,
}

impl Who {
    fn find(&self, desk: &Desk) -> Result<Person, Refused> {
        let people = desk.people();
        let mut all = people.people.iter();
        let person = all.find(|person| person.user().id == self.person);
        let person = person.ok_or(NOBODY)?;
        match self.chat {
            chat if chat == person.chat() => Ok(person.clone()),
            chat if people.groups.contains(&chat) => Ok(person.at(chat)),
            _ => Err(NOBODY),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Say {
    #[serde(flatten)]
    who: Who,
    text: String,
    reply_to: Option<i64>,
}

pub(super) async fn say(State(desk): Ours, Json(say): Json<Say>) -> Answer {
    let person = say.who.find(&desk)?;
    let text = say.text.trim();
    let length = text.encode_utf16().count();
    if length == 0 || length > MAX_TEXT {
        return Err(bad("text"));
    }
    match say.reply_to {
        Some(message) => person.reply(message, text),
        None => person.say(text),
    };
    done()
}

#[derive(Deserialize)]
pub(super) struct Press {
    #[serde(flatten)]
    who: Who,
    message: i64,
    data: String,
}

/// Answered when the bot has answered: the button glows until then.
pub(super) async fn press(State(desk): Ours, Json(press): Json<Press>) -> Answer {
    let person = press.who.find(&desk)?.with_patience(GLOWS);
    let pressed = person.press_data(press.message, &press.data);
    let toast = person.toast(&pressed).await;
    let toast = toast.map_err(|_| Refused(StatusCode::GATEWAY_TIMEOUT, "no-answer"))?;
    Ok(Json(json!({"text": toast.text, "alert": toast.is_alert})))
}

#[derive(Deserialize)]
pub(super) struct NewPerson {
    name: String,
    language: String,
}

pub(super) async fn person(State(desk): Ours, Json(new): Json<NewPerson>) -> Answer {
    let name = named(&new.name)?;
    if !matches!(new.language.as_str(), "ru" | "en") {
        return Err(bad("language"));
    }
    let person = {
        let mut people = desk.people();
        if people.people.len() >= MAX_PEOPLE {
            return Err(bad("enough"));
        }
        let person = desk.telegram.person(name, &new.language);
        people.people.push(person.clone());
        person
    };
    desk.stir();
    Ok(Json(json!({"chat": person.chat()})))
}

#[derive(Deserialize)]
pub(super) struct NewGroup {
    title: String,
}

/// A group of everybody there is.
pub(super) async fn group(State(desk): Ours, Json(new): Json<NewGroup>) -> Answer {
    let title = named(&new.title)?;
    let chat = {
        let mut people = desk.people();
        if people.groups.len() >= MAX_GROUPS {
            return Err(bad("enough"));
        }
        let members: Vec<_> = people.people.iter().collect();
        let chat = desk.telegram.group(title, &members);
        people.groups.push(chat);
        chat
    };
    desk.stir();
    Ok(Json(json!({"chat": chat})))
}

fn named(name: &str) -> Result<&str, Refused> {
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().count() <= MAX_NAME;
    is_name.then_some(name).ok_or(bad("name"))
}

#[derive(Deserialize)]
pub(super) struct Block {
    #[serde(flatten)]
    who: Who,
    blocked: bool,
}

pub(super) async fn block(State(desk): Ours, Json(block): Json<Block>) -> Answer {
    let person = block.who.find(&desk)?;
    if block.blocked {
        person.block();
    } else {
        person.unblock();
    }
    done()
}

#[derive(Deserialize)]
pub(super) struct Talon {
    lpu: LpuId,
    doctor: DoctorId,
    /// Milliseconds since 1970; without it a new talon opens at the next usual time.
    start: Option<i64>,
}

impl Talon {
    fn start(&self) -> Result<Option<DateTime<Utc>>, Refused> {
        let Some(ms) = self.start else {
            return Ok(None);
        };
        let start = DateTime::from_timestamp_millis(ms);
        start.map(Some).ok_or(bad("time"))
    }
}

pub(super) async fn open(State(desk): Ours, Json(talon): Json<Talon>) -> Answer {
    let start = match talon.start()? {
        Some(start) => start,
        None => town::usual_start(&desk.city, talon.lpu, &talon.doctor),
    };
    let now = desk.city.now();
    if start <= now || start > now + TimeDelta::days(366) {
        return Err(bad("time"));
    }
    let opened = desk.city.open_slot(talon.lpu, &talon.doctor, start);
    opened.map_err(|_| NO_DOCTOR)?;
    Ok(Json(json!({"start": start.timestamp_millis()})))
}

pub(super) async fn take(State(desk): Ours, Json(talon): Json<Talon>) -> Answer {
    let start = talon.start()?.ok_or(bad("time"))?;
    let taken = desk.city.take_slot(talon.lpu, &talon.doctor, start);
    if !taken.map_err(|_| NO_DOCTOR)? {
        return Err(Refused(StatusCode::CONFLICT, "gone"));
    }
    desk.taken().add(talon.lpu, talon.doctor, start);
    done()
}

/// Who took a talon in this page gives it back.
pub(super) async fn cancel(State(desk): Ours, Json(talon): Json<Talon>) -> Answer {
    let start = talon.start()?.ok_or(bad("time"))?;
    if !desk.taken().remove(talon.lpu, &talon.doctor, start) {
        return Err(Refused(StatusCode::CONFLICT, "gone"));
    }
    let opened = desk.city.cancel(talon.lpu, &talon.doctor, start);
    opened.map_err(|_| NO_DOCTOR)?;
    done()
}

#[derive(Deserialize)]
pub(super) struct NewMood {
    lpu: LpuId,
    mood: Mood,
}

pub(super) async fn mood(State(desk): Ours, Json(new): Json<NewMood>) -> Answer {
    desk.city.clear_lpu(new.lpu);
    if let Some(fault) = new.mood.fault() {
        desk.city.fault(Scope::lpu(new.lpu), fault);
    }
    done()
}

#[derive(Deserialize)]
pub(super) struct Step {
    hours: i64,
}

pub(super) async fn step(State(desk): Ours, Json(step): Json<Step>) -> Answer {
    if !(1..=24).contains(&step.hours) {
        return Err(bad("time"));
    }
    desk.city.pass(TimeDelta::hours(step.hours));
    done()
}
