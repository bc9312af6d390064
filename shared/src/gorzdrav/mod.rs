//! The client of gorzdrav.spb.ru: reads of its unofficial JSON API, one request each.

mod answer;
mod error;
mod hold;
pub mod menus;
pub mod wire;

pub use self::error::{ApiError, Endpoint, Passing, SetupError};

use self::answer::{Body, Room};
use self::hold::Hold;
use crate::catalogue::{District, Doctor, Lpu, Specialty};
use crate::ids::{Department, DistrictId, DoctorRef, LpuId};
use crate::settings::PortalSettings;
use crate::slot::{Day, Slot};
use chrono::{DateTime, Utc};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Certificate, Client, Proxy, redirect};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

/// How to reach the portal. No `Debug`: the proxy's address may hold a password.
#[derive(Clone)]
pub struct ApiSettings {
    /// Base address, with or without a slash at its end: `https://gorzdrav.spb.ru/_api/api/v2`.
    pub base_url: Url,
    /// Proxy for these requests; `HTTP_PROXY` and its kin are never inherited.
    pub proxy: Option<Url>,
    /// PEM file of further root certificates; the built-in ones stay.
    pub ca_file: Option<PathBuf>,
    /// For one whole request, from the connection to the last byte.
    pub timeout: Duration,
    /// Of this process, all reads together.
    pub requests_per_second: f64,
}

impl From<&PortalSettings> for ApiSettings {
    fn from(settings: &PortalSettings) -> Self {
        Self {
            base_url: settings.gorzdrav_api_url.clone(),
            proxy: settings
                .gorzdrav_proxy
                .as_ref()
                .map(|proxy| proxy.0.clone()),
            ca_file: settings.gorzdrav_ca_file.clone(),
            timeout: settings.request_timeout,
            requests_per_second: settings.requests_per_second,
        }
    }
}

/// The portal's client. A clone is cheap and shares the connections, the limiter and the hold.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

struct Shared {
    client: Client,
    base_url: Url,
    limiter: DefaultDirectRateLimiter,
    /// The limiter wakes its waiters in no order; this queue lets them in one by one, so that none starves. As long as
    /// the callers are many: the pinger has 64 reads under way, the bot one for each list somebody waits for.
    queue: tokio::sync::Mutex<()>,
    hold: Hold,
    room: Room,
}

/// The right to send one request. [`Api::turn`] gives it when the limiter allows, a read uses it up.
#[derive(Debug)]
#[must_use = "a turn not used is a request not sent"]
pub struct Turn(());

impl Api {
    /// A client of the portal at `settings.base_url`. Reads the file of certificates, sends nothing.
    ///
    /// # Errors
    /// One variant per setting that cannot be used.
    pub fn new(settings: &ApiSettings) -> Result<Self, SetupError> {
        let mut base_url = settings.base_url.clone();
        if !matches!(base_url.scheme(), "http" | "https") {
            return Err(SetupError::BaseUrl);
        }
        base_url.set_query(None);
        base_url.set_fragment(None);
        Ok(Self(Arc::new(Shared {
            client: client(settings)?,
            base_url,
            limiter: limiter(settings.requests_per_second)?,
            queue: tokio::sync::Mutex::default(),
            hold: Hold::default(),
            room: Room::default(),
        })))
    }

    /// Waits until one more request may leave this process; those who wait are served in the order they came.
    pub async fn turn(&self) -> Turn {
        let _first_in_queue = self.0.queue.lock().await;
        self.0.limiter.until_ready().await;
        Turn(())
    }

    /// The city's districts.
    ///
    /// # Errors
    /// As [`Api::specialties`].
    pub async fn districts(&self, turn: Turn) -> Result<Vec<District>, ApiError> {
        let body = self
            .get(turn, Endpoint::Districts, &["shared", "districts"])
            .await?;
        answer::read(body, wire::read_districts).await
    }

    /// Lpus of a district; empty for a district the portal does not know.
    ///
    /// # Errors
    /// As [`Api::specialties`].
    pub async fn lpus_of(&self, turn: Turn, district: &DistrictId) -> Result<Vec<Lpu>, ApiError> {
        let path = ["shared", "district", &district.0, "lpus"];
        let body = self.get(turn, Endpoint::LpusOf, &path).await?;
        answer::read(body, |body| wire::read_lpus(Endpoint::LpusOf, body)).await
    }

    /// All Lpus of the city, about half a megabyte.
    ///
    /// # Errors
    /// As [`Api::specialties`].
    pub async fn lpus(&self, turn: Turn) -> Result<Vec<Lpu>, ApiError> {
        let body = self.get(turn, Endpoint::Lpus, &["shared", "lpus"]).await?;
        answer::read(body, |body| wire::read_lpus(Endpoint::Lpus, body)).await
    }

    /// One Lpu.
    ///
    /// # Errors
    /// As [`Api::specialties`].
    pub async fn lpu(&self, turn: Turn, lpu: LpuId) -> Result<Lpu, ApiError> {
        let path = ["shared", "lpu", &lpu.to_string()];
        let body = self.get(turn, Endpoint::Lpu, &path).await?;
        answer::read(body, move |body| wire::read_lpu(body, lpu)).await
    }

    /// Specialties of an Lpu.
    ///
    /// # Errors
    /// [`ApiError::NothingFree`] when the portal lists none for booking, which says nothing about who works there;
    /// [`ApiError::TryLater`] when the clinic or the portal fails or a hold is in force, [`ApiError::Gone`] when the
    /// portal does not know the clinic, [`ApiError::Unexpected`] when the answer changed shape,
    /// [`ApiError::Unreachable`] when none came.
    pub async fn specialties(&self, turn: Turn, lpu: LpuId) -> Result<Vec<Specialty>, ApiError> {
        let path = ["schedule", "lpu", &lpu.to_string(), "specialties"];
        let body = self.get(turn, Endpoint::Specialties, &path).await?;
        answer::read(body, wire::read_specialties).await
    }

    /// Doctors of a department, those with nothing free too.
    ///
    /// # Errors
    /// As [`Api::specialties`].
    pub async fn doctors(
        &self,
        turn: Turn,
        department: &Department,
    ) -> Result<Vec<Doctor>, ApiError> {
        let lpu = department.lpu.to_string();
        // "speciality" here, "specialties" above: the portal's own spellings.
        let path = [
            "schedule",
            "lpu",
            &lpu,
            "speciality",
            &department.specialty.0,
            "doctors",
        ];
        let body = self.get(turn, Endpoint::Doctors, &path).await?;
        answer::read(body, wire::read_doctors).await
    }

    /// Free times of a doctor, soonest first; empty when there are none.
    ///
    /// # Errors
    /// As [`Api::specialties`], without [`ApiError::NothingFree`].
    pub async fn slots(&self, turn: Turn, doctor: &DoctorRef) -> Result<Vec<Slot>, ApiError> {
        let lpu = doctor.lpu.to_string();
        let path = [
            "schedule",
            "lpu",
            &lpu,
            "doctor",
            &doctor.doctor.0,
            "appointments",
        ];
        let body = self.get(turn, Endpoint::Slots, &path).await?;
        answer::read(body, wire::read_slots).await
    }

    /// Working days of a doctor, soonest first; empty when the portal shows none. Tells why a day has nothing, never
    /// what is free: it has shown 66 of 68 slots.
    ///
    /// # Errors
    /// As [`Api::slots`].
    pub async fn timetable(&self, turn: Turn, doctor: &DoctorRef) -> Result<Vec<Day>, ApiError> {
        let lpu = doctor.lpu.to_string();
        let path = [
            "schedule",
            "lpu",
            &lpu,
            "doctor",
            &doctor.doctor.0,
            "timetable",
        ];
        let body = self.get(turn, Endpoint::Timetable, &path).await?;
        answer::read(body, wire::read_timetable).await
    }

    /// Lets no request leave before `at`, at most an hour ahead; only ever extends. A 429 met here does this by
    /// itself; call it for one met by the other process. Reads under a hold fail at once with [`Passing::Held`].
    pub fn hold_until(&self, at: DateTime<Utc>) {
        self.0.hold.extend(at, Utc::now());
    }

    /// Returns when a hold began or grew since the previous call returned. For one listener: whoever tells the other
    /// process.
    pub async fn hold_grew(&self) {
        self.0.hold.extended().await;
    }

    /// The end of the hold in force; `None` when requests may leave.
    pub fn held_until(&self) -> Option<DateTime<Utc>> {
        self.0.hold.until(Utc::now())
    }

    /// Sends one request and takes the body of a good answer: status, content type and size are judged here.
    async fn get(&self, _turn: Turn, endpoint: Endpoint, path: &[&str]) -> Result<Body, ApiError> {
        let now = Utc::now();
        if let Some(until) = self.0.hold.until(now) {
            return Err(ApiError::TryLater {
                cause: Passing::Held,
                retry_after: (until - now).to_std().ok(),
            });
        }
        let Some(url) = address(&self.0.base_url, path) else {
            return Err(wire::unexpected(
                endpoint,
                "(path)",
                path.join("/").as_bytes(),
            ));
        };
        let begun = Instant::now();
        let body = match self.0.client.get(url).send().await {
            Ok(answer) => answer::body(endpoint, answer, &self.0.room).await,
            Err(error) => Err(answer::broken(error)),
        };
        let result = if body.is_ok() { "answered" } else { "failed" };
        metrics::counter!("talon_portal_requests_total", "endpoint" => endpoint.to_string(), "result" => result)
            .increment(1);
        metrics::histogram!("talon_portal_request_seconds", "endpoint" => endpoint.to_string())
            .record(begun.elapsed());
        tracing::debug!(
            %endpoint,
            elapsed_ms = begun.elapsed().as_millis(),
            n_bytes = body.as_ref().ok().map(Body::len),
            "the portal was asked"
        );
        if let Err(ApiError::TryLater {
            cause: Passing::Status(429),
            retry_after: Some(pause),
        }) = body
        {
            let now = Utc::now();
            self.0.hold.extend(now + pause, now);
        }
        body
    }
}

fn client(settings: &ApiSettings) -> Result<Client, SetupError> {
    const USER_AGENT: &str = concat!("talon-watcher/", env!("CARGO_PKG_VERSION"));
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    /// Connections kept for the next request. Each keeps the buffer of the largest answer it brought, up to 400 KiB.
    const IDLE: usize = 8;

    let mut client = Client::builder()
        .use_rustls_tls()
        .no_proxy()
        .user_agent(USER_AGENT)
        // A redirect is no answer of this API: followed, it would bring a page of who knows what.
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(IDLE)
        .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
        .timeout(settings.timeout);
    if let Some(proxy) = &settings.proxy {
        // reqwest takes any scheme and quietly goes without a proxy when it is one it does not know.
        if !matches!(
            proxy.scheme(),
            "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h"
        ) {
            return Err(SetupError::Proxy(None));
        }
        let proxy = Proxy::all(proxy.clone()).map_err(|error| SetupError::Proxy(Some(error)))?;
        client = client.proxy(proxy);
    }
    if let Some(file) = &settings.ca_file {
        let pem = std::fs::read(file).map_err(SetupError::CaFile)?;
        let roots = Certificate::from_pem_bundle(&pem);
        let roots = roots.map_err(|error| SetupError::CaContent(Some(error)))?;
        if roots.is_empty() {
            return Err(SetupError::CaContent(None));
        }
        client = roots
            .into_iter()
            .fold(client, |client, root| client.add_root_certificate(root));
    }
    client.build().map_err(SetupError::Client)
}

/// Requests leave one by one at the given pace: a burst of one, since the default burst doubles the rate of a second.
fn limiter(requests_per_second: f64) -> Result<DefaultDirectRateLimiter, SetupError> {
    if !(0.001..=1_000_000.0).contains(&requests_per_second) {
        return Err(SetupError::Rate);
    }
    let period = Duration::from_secs_f64(1.0 / requests_per_second);
    let quota = Quota::with_period(period).ok_or(SetupError::Rate)?;
    Ok(RateLimiter::direct(
        quota.allow_burst(std::num::NonZeroU32::MIN),
    ))
}

/// `base` and one segment after another. `None` when a segment is a dot segment, however written: an address cannot
/// carry one, it would be resolved away and another resource asked.
fn address(base: &Url, path: &[&str]) -> Option<Url> {
    /// The unreserved characters of RFC 3986: everything else is encoded, since ids hold `/`, `%`, `+`, Cyrillic.
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');

    let mut full = base.path().trim_end_matches('/').to_owned();
    for segment in path {
        if matches!(*segment, "" | "." | "..") {
            return None;
        }
        full.push('/');
        full.extend(utf8_percent_encode(segment, ENCODED));
    }
    let mut url = base.clone();
    url.set_path(&full);
    Some(url)
}
