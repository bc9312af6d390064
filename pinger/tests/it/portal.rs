//! A small portal on a real socket: doctors, slots, and whatever trouble a test wants.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, header};
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What a clinic answers instead of the truth.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// Takes the request and never answers.
    Hangs,
    /// HTTP status, with `Retry-After`.
    Status(u16, Option<&'static str>),
    /// The portal's own refusal.
    Code(i32),
    /// A good status with this type and body.
    Body(&'static str, &'static str),
    /// Promises more bytes than it sends.
    Truncated,
}

#[derive(Default)]
struct City {
    /// (Lpu, specialty) -> doctors.
    lists: BTreeMap<(u32, String), Vec<String>>,
    /// (Lpu, doctor) -> starts, `2027-03-01T10:00:00`.
    slots: BTreeMap<(u32, String), BTreeSet<String>>,
    troubles: BTreeMap<u32, Trouble>,
    /// `doctors 1/ent`, `slots 1/a`, `timetable 1/a`, in the order they came.
    asked: Vec<String>,
}

/// The portal; ends with its runtime.
#[derive(Clone)]
pub(crate) struct Portal {
    city: Arc<Mutex<City>>,
    n_asked: watch::Sender<usize>,
    pub(crate) address: String,
}

impl Portal {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let portal = Self {
            city: Arc::default(),
            n_asked: watch::Sender::new(0),
            address: format!("http://{}/api", listener.local_addr().unwrap()),
        };
        let router = Router::new()
            .route(
                "/api/schedule/lpu/{lpu}/speciality/{id}/doctors",
                get(doctors),
            )
            .route(
                "/api/schedule/lpu/{lpu}/doctor/{id}/appointments",
                get(slots),
            )
            .route(
                "/api/schedule/lpu/{lpu}/doctor/{id}/timetable",
                get(timetable),
            )
            .with_state(portal.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        portal
    }

    pub(crate) fn list(&self, lpu: u32, specialty: &str, doctors: &[&str]) {
        let doctors = doctors.iter().map(ToString::to_string).collect();
        let key = (lpu, specialty.to_owned());
        self.city.lock().unwrap().lists.insert(key, doctors);
    }

    /// Free times of a doctor in 2027: `03-01T10:00`.
    pub(crate) fn set_slots(&self, lpu: u32, doctor: &str, starts: &[&str]) {
        let starts = starts
            .iter()
            .map(|start| format!("2027-{start}:00"))
            .collect();
        let key = (lpu, doctor.to_owned());
        self.city.lock().unwrap().slots.insert(key, starts);
    }

    pub(crate) fn trouble(&self, lpu: u32, trouble: impl Into<Option<Trouble>>) {
        let mut city = self.city.lock().unwrap();
        match trouble.into() {
            Some(trouble) => city.troubles.insert(lpu, trouble),
            None => city.troubles.remove(&lpu),
        };
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.city.lock().unwrap().asked.clone()
    }

    pub(crate) fn n_asked(&self, what: &str) -> usize {
        let city = self.city.lock().unwrap();
        city.asked.iter().filter(|asked| *asked == what).count()
    }

    /// Waits until `what` was asked `n` times in all.
    pub(crate) async fn wait_asked(&self, what: &str, n: usize) {
        let mut asked = self.n_asked.subscribe();
        let enough = asked.wait_for(|_| self.n_asked(what) >= n);
        let waited = tokio::time::timeout(super::PATIENCE, enough).await;
        assert!(
            waited.is_ok(),
            "{what} not asked {n} times: {:?}",
            self.asked()
        );
    }

    fn note(&self, what: String, lpu: u32) -> Option<Trouble> {
        let trouble = {
            let mut city = self.city.lock().unwrap();
            city.asked.push(what);
            city.troubles.get(&lpu).cloned()
        };
        self.n_asked.send_modify(|n| *n += 1);
        trouble
    }
}

async fn doctors(
    State(portal): State<Portal>,
    Path((lpu, id)): Path<(u32, String)>,
) -> Response<Body> {
    let trouble = portal.note(format!("doctors {lpu}/{id}"), lpu);
    let rows = {
        let city = portal.city.lock().unwrap();
        let doctors = city.lists.get(&(lpu, id)).cloned().unwrap_or_default();
        let row = |doctor: String| {
            let n = city
                .slots
                .get(&(lpu, doctor.clone()))
                .map_or(0, BTreeSet::len);
            json!({"id": doctor, "name": format!("Врач {doctor}"), "freeParticipantCount": n,
                   "freeTicketCount": n, "nearestDate": null, "lastDate": null})
        };
        doctors.into_iter().map(row).collect()
    };
    answer(trouble, rows).await
}

async fn slots(
    State(portal): State<Portal>,
    Path((lpu, id)): Path<(u32, String)>,
) -> Response<Body> {
    let trouble = portal.note(format!("slots {lpu}/{id}"), lpu);
    let starts = {
        let city = portal.city.lock().unwrap();
        city.slots.get(&(lpu, id)).cloned().unwrap_or_default()
    };
    let row = |start: String| json!({"id": start, "visitStart": start, "visitEnd": start});
    let rows: Vec<_> = starts.into_iter().map(row).collect();
    let nothing = rows.is_empty().then_some(Trouble::Code(39));
    answer(trouble.or(nothing), rows).await
}

async fn timetable(
    State(portal): State<Portal>,
    Path((lpu, id)): Path<(u32, String)>,
) -> Response<Body> {
    let trouble = portal.note(format!("timetable {lpu}/{id}"), lpu);
    let day = json!({"visitStart": "2027-03-01T09:00:00", "visitEnd": "2027-03-01T15:00:00",
                     "recordableDay": true, "denyCause": "Талоны закончились", "appointments": []});
    answer(trouble, vec![day]).await
}

async fn answer(trouble: Option<Trouble>, rows: Vec<Value>) -> Response<Body> {
    let good = json!({"result": rows, "success": true, "errorCode": 0, "message": null});
    match trouble {
        None => body("application/json", good.to_string()),
        Some(Trouble::Hangs) => std::future::pending().await,
        Some(Trouble::Status(status, retry_after)) => {
            let mut answer = Response::builder().status(status);
            if let Some(pause) = retry_after {
                answer = answer.header(header::RETRY_AFTER, pause);
            }
            answer.body(Body::empty()).unwrap()
        }
        Some(Trouble::Code(code)) => {
            let refusal = json!({"success": false, "errorCode": code, "message": "-"});
            body("application/json", refusal.to_string())
        }
        Some(Trouble::Body(kind, text)) => body(kind, text.to_owned()),
        Some(Trouble::Truncated) => {
            let bytes = Bytes::from(good.to_string());
            let half = bytes.slice(..bytes.len() / 2);
            Response::builder()
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::CONTENT_LENGTH, bytes.len())
                .body(Body::from_stream(futures::stream::iter([
                    Ok(half),
                    Err(std::io::Error::other("cut")),
                ])))
                .unwrap()
        }
    }
}

fn body(kind: &str, text: String) -> Response<Body> {
    Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(text))
        .unwrap()
}
