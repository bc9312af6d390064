//! The portal of the city: eight reads over HTTP, answered as gorzdrav answers them, faults included.

mod answer;
mod route;
mod spoil;

use crate::city::{City, Endpoint, Fault};
use crate::journal::{Entry, Journal, most_within};
use crate::net::{Line, Server};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::header::{CONTENT_TYPE, USER_AGENT};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use shared::ids::LpuId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const JSON: &str = "application/json; charset=utf-8";

/// A running portal; clones share it. It ends with the last of them.
#[derive(Debug, Clone)]
pub struct Portal {
    /// What programs are given as `GORZDRAV_API_URL`.
    pub base_url: String,
    city: City,
    desk: Arc<Desk>,
    server: Arc<Server>,
}

/// One request, as the portal saw it.
#[derive(Debug, Clone)]
pub struct Request {
    /// When it came.
    pub at: Instant,
    /// What it asked; `None` when the portal has no such page.
    pub endpoint: Option<Endpoint>,
    /// Of which clinic.
    pub lpu: Option<LpuId>,
    /// District, specialty or doctor, decoded.
    pub id: Option<String>,
    /// Path as it was sent, encoded.
    pub path: String,
    /// `User-Agent`, as sent.
    pub user_agent: Option<String>,
    /// When the answer was ready. `None` while it is not, and for ever when the client left or was left without one.
    pub answered: Option<Instant>,
    /// HTTP status of the answer; `None` without one.
    pub status: Option<u16>,
    /// `errorCode` of the answer, 0 when all was well; `None` when the answer was not the city's own.
    pub code: Option<i32>,
    /// Whether nothing more will happen to it.
    pub is_over: bool,
}

impl Entry for Request {
    fn is_final(&self) -> bool {
        self.is_over
    }
}

#[derive(Debug)]
struct Desk {
    city: City,
    log: Journal<Request>,
    in_flight: Mutex<HashMap<LpuId, Flights>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Flights {
    now: usize,
    most: usize,
}

impl Portal {
    /// Opens the portal of a city on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn start(city: City) -> anyhow::Result<Self> {
        let desk = Arc::new(Desk {
            city: city.clone(),
            log: Journal::new(),
            in_flight: Mutex::default(),
        });
        let router = Router::new().fallback(serve).with_state(desk.clone());
        let server = Server::start(router).await?;
        Ok(Self {
            base_url: format!("http://{}{}", server.addr, route::BASE),
            city,
            desk,
            server: Arc::new(server),
        })
    }

    /// The city behind it.
    pub fn city(&self) -> &City {
        &self.city
    }

    /// Every request since the start, in the order they came.
    pub fn log(&self) -> &Journal<Request> {
        &self.desk.log
    }

    /// The most requests at once about one clinic since the start.
    pub fn most_in_flight(&self, lpu: LpuId) -> usize {
        self.desk.flights().get(&lpu).map_or(0, |count| count.most)
    }

    /// The most requests at once about any single clinic since the start.
    pub fn most_in_flight_anywhere(&self) -> usize {
        let flights = self.desk.flights();
        flights.values().map(|count| count.most).max().unwrap_or(0)
    }

    /// The most requests that came within any window of this length, from a position of the log on.
    pub fn most_requests_within(&self, from: u64, length: Duration) -> usize {
        let requests = self.log().since(from);
        most_within(requests.iter().map(|request| request.at).collect(), length)
    }

    /// Refuses connections, cutting those there are, until [`Portal::up`].
    ///
    /// # Errors
    /// When the system does not let go of the port.
    pub async fn down(&self) -> anyhow::Result<()> {
        Ok(self.server.shut().await?)
    }

    /// Accepts connections again, at the same address.
    ///
    /// # Errors
    /// When the system does not give the port back.
    pub async fn up(&self) -> anyhow::Result<()> {
        Ok(self.server.open().await?)
    }
}

impl Desk {
    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<LpuId, Flights>> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a request as under way and closes its line in the log, also when the client leaves before the answer.
struct Visit {
    desk: Arc<Desk>,
    lpu: Option<LpuId>,
    position: u64,
}

impl Visit {
    fn begin(desk: Arc<Desk>, request: Request) -> Self {
        let lpu = request.lpu;
        if let Some(lpu) = lpu {
            let mut flights = desk.flights();
            let count = flights.entry(lpu).or_default();
            count.now += 1;
            count.most = count.most.max(count.now);
        }
        let position = desk.log.push(request);
        Self {
            desk,
            lpu,
            position,
        }
    }

    fn answered(&self, status: StatusCode, code: Option<i32>) {
        self.desk.log.update(self.position, |request| {
            request.answered = Some(Instant::now());
            request.status = Some(status.as_u16());
            request.code = code;
        });
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(lpu) = self.lpu
            && let Some(count) = self.desk.flights().get_mut(&lpu)
        {
            count.now -= 1;
        }
        self.desk
            .log
            .update(self.position, |request| request.is_over = true);
    }
}

async fn serve(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: HttpRequest,
) -> Response {
    let path = request.uri().path();
    let route = route::read(path);
    let user_agent = request.headers().get(USER_AGENT);
    let visit = Visit::begin(
        desk.clone(),
        Request {
            at: Instant::now(),
            endpoint: route.as_ref().map(|route| route.endpoint),
            lpu: route.as_ref().and_then(|route| route.lpu),
            id: route.as_ref().and_then(|route| route.id.clone()),
            path: path.to_owned(),
            user_agent: user_agent.and_then(|value| Some(value.to_str().ok()?.to_owned())),
            answered: None,
            status: None,
            code: None,
            is_over: false,
        },
    );
    let Some(route) = route else {
        visit.answered(StatusCode::NOT_FOUND, None);
        return spoil::page(StatusCode::NOT_FOUND);
    };
    if request.method() != Method::GET {
        visit.answered(StatusCode::METHOD_NOT_ALLOWED, None);
        return spoil::page(StatusCode::METHOD_NOT_ALLOWED);
    }
    let fault = {
        let mut city = desk.city.lock();
        city.faults
            .meet(route.endpoint, route.lpu, route.id.as_deref())
    };
    match &fault {
        // The client's leaving ends this handler, and the visit with it.
        Some(Fault::Silent) => std::future::pending().await,
        Some(Fault::Slow(pause)) => tokio::time::sleep(*pause).await,
        Some(Fault::Cut) => {
            line.cut();
            return StatusCode::OK.into_response();
        }
        _ => {}
    }
    let right = answer::answer(&desk.city.lock(), &route);
    let (response, code) = match fault {
        Some(fault) => spoil::spoiled(&fault, right),
        None => (
            spoil::envelope(&right),
            right.as_ref().err().copied().or(Some(0)),
        ),
    };
    visit.answered(response.status(), code);
    response
}

fn json_response(body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, JSON)], body.into()).into_response()
}
