//! What the pinger asks, from the log of its portal, and what it learned, from its database.

use super::{Desk, town};
use crate::city::Endpoint;
use crate::portal::Request;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::event::Event;
use shared::ids::{DoctorId, DoctorRef, EventId, Target};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Requests shown.
const MAX_ASKED: u64 = 30;
/// Facts shown.
const MAX_LEARNED: usize = 30;
/// Targets shown.
const MAX_WATCHED: usize = 30;
/// Facts read at once.
const BATCH: u32 = 1000;
/// How often the database is read while somebody looks.
const TICK: Duration = Duration::from_millis(300);

/// What the pinger's database says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Trail {
    /// Facts, oldest first.
    learned: VecDeque<Value>,
    /// What is watched, and how often it is looked at.
    watched: Vec<Value>,
}

impl Trail {
    pub(super) fn to_json(&self) -> Value {
        json!({"learned": self.learned, "watched": self.watched})
    }
}

/// Reads the database while a page is open.
pub(super) async fn follow(desk: Arc<Desk>) {
    let mut cursor = EventId(0);
    loop {
        tokio::time::sleep(TICK).await;
        if desk.trail.is_closed() {
            continue; // nobody looks; what was missed is read when somebody does
        }
        let mut trail = Trail::clone(&desk.trail.borrow());
        // A busy database is asked again at the next turn.
        while let Ok(events) = desk.store.events_after(cursor, BATCH).await {
            let Some(last) = events.last() else { break };
            cursor = last.id;
            trail
                .learned
                .extend(events.iter().map(|event| fact(&desk, event)));
            let n_old = trail.learned.len().saturating_sub(MAX_LEARNED);
            trail.learned.drain(..n_old);
        }
        if let Ok(watched) = watched(&desk).await {
            trail.watched = watched;
        }
        desk.trail.send_if_modified(|old| {
            let is_new = **old != trail;
            *old = Arc::new(trail);
            is_new
        });
    }
}

fn fact(desk: &Desk, event: &Event) -> Value {
    let (clinic, doctor) = match &event.doctor {
        Some(doctor) => town::names(
            &desk.city,
            &DoctorRef {
                lpu: event.lpu,
                doctor: doctor.clone(),
            },
        ),
        None => (town::clinic(&desk.city, event.lpu), String::new()),
    };
    json!({
        "id": event.id.0,
        "at": event.at.timestamp_millis(),
        "kind": event.kind.as_str(),
        "clinic": clinic,
        "doctor": doctor,
        "start": event.start.map(|start| start.timestamp_millis()),
        // How long before it was seen it may have happened.
        "within": event.not_seen_at.map(|before| (event.at - before).num_milliseconds()),
    })
}

async fn watched(desk: &Desk) -> Result<Vec<Value>, shared::store::StoreError> {
    let now = Utc::now();
    let watched = desk.store.watched(now).await?;
    let n_people: Vec<u32> = watched.iter().map(|watched| watched.n_people).collect();
    let targets: Vec<Target> = watched.into_iter().map(|watched| watched.target).collect();
    let targets: Vec<Target> = targets.into_iter().take(MAX_WATCHED).collect();
    let cadences = desk.store.cadences(targets.clone(), now).await?;
    let lines = targets.iter().zip(cadences).zip(n_people);
    Ok(lines
        .map(|((target, cadence), n_people)| {
            let lpu = target.department.lpu;
            let doctor = target.doctor_ref();
            let doctor = doctor.map(|doctor| town::names(&desk.city, &doctor).1);
            json!({
                "clinic": town::clinic(&desk.city, lpu),
                "specialty": town::specialty(&desk.city, lpu, &target.department.specialty.0),
                "doctor": doctor,
                "people": n_people,
                "asked_every": cadence.asked_every.map(rounded),
                "read_every": cadence.read_every.map(rounded),
            })
        })
        .collect())
}

/// To the tenth of a second: what is shown, and no change where none is seen.
fn rounded(length: TimeDelta) -> i64 {
    (length.num_milliseconds() + 50) / 100 * 100
}

/// The newest requests, oldest first.
pub(super) fn asked(desk: &Desk) -> Value {
    let log = desk.portal.log();
    let newest = log.since(log.end().saturating_sub(MAX_ASKED));
    newest.iter().map(|request| line(desk, request)).collect()
}

fn line(desk: &Desk, request: &Request) -> Value {
    let at: DateTime<Utc> = Utc::now() - request.at.elapsed();
    let lpu = request.lpu;
    let id = request.id.as_deref();
    let whom = match (request.endpoint, lpu, id) {
        (Some(Endpoint::Doctors), Some(lpu), Some(id)) => town::specialty(&desk.city, lpu, id),
        (Some(Endpoint::Appointments | Endpoint::Timetable), Some(lpu), Some(id)) => {
            let doctor = DoctorId::from(id);
            town::names(&desk.city, &DoctorRef { lpu, doctor }).1
        }
        _ => String::new(),
    };
    let took = request
        .answered
        .map(|answered| answered.duration_since(request.at).as_millis());
    json!({
        "at": at.timestamp_millis(),
        "what": request.endpoint.map(word),
        "clinic": lpu.map(|lpu| town::clinic(&desk.city, lpu)),
        "whom": whom,
        "took": took,
        "status": request.status,
        "code": request.code,
        "is_over": request.is_over,
    })
}

fn word(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Districts => "districts",
        Endpoint::DistrictLpus => "district-lpus",
        Endpoint::Lpus => "lpus",
        Endpoint::Lpu => "lpu",
        Endpoint::Specialties => "specialties",
        Endpoint::Doctors => "doctors",
        Endpoint::Appointments => "appointments",
        Endpoint::Timetable => "timetable",
    }
}
