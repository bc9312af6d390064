//! The sandbox as a page: a chat beside the city, for a browser on this machine.
//!
//! The page only shows and presses. What it shows are the Telegram stand-in's chats, the city, the portal's log and the
//! programs' own database; what it presses goes the way a person's press goes.

mod act;
mod chat;
mod feed;
mod guard;
mod town;
mod trail;

use self::town::Taken;
use self::trail::Trail;
use crate::city::City;
use crate::person::Person;
use crate::portal::Portal;
use crate::programs::{Program, Programs};
use crate::telegram::Telegram;
use crate::world::{Settings, World};
use anyhow::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use shared::store::{Program as Owner, Store};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Where the page is when nobody names an address and nobody else is there.
pub const PORT: u16 = 8287;
/// What a press or a text may weigh.
const MAX_BODY: usize = 64 * 1024;
/// Pages open at once.
const MAX_FEEDS: usize = 64;

/// The page under way; it ends when dropped.
#[derive(Debug)]
pub struct Web {
    /// Where it is served.
    pub addr: SocketAddr,
    bot: Settings,
    pinger: Settings,
    _alive: DropGuard,
}

/// What every request of the page works with.
struct Desk {
    city: City,
    telegram: Telegram,
    /// The pinger's way into the city, and nobody else's.
    portal: Portal,
    /// The bot's.
    _menus: Portal,
    /// The programs' database, read and never written.
    store: Store,
    people: Mutex<People>,
    taken: Mutex<Taken>,
    trail: watch::Sender<Arc<Trail>>,
    /// Grows with what neither Telegram nor the city tells of.
    stirred: watch::Sender<u64>,
    feeds: Arc<Semaphore>,
}

/// Who talks in the page, and where.
#[derive(Debug, Default)]
struct People {
    people: Vec<Person>,
    groups: Vec<i64>,
}

impl Desk {
    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stir(&self) {
        self.stirred.send_modify(|n| *n += 1);
    }
}

impl Web {
    /// Serves the page of a world, with one person in it who has not written yet. Without an address it is
    /// [`PORT`] of this machine, or any free port when that is taken.
    ///
    /// # Errors
    /// When the address is not of this machine or is taken, or the database cannot be used.
    pub async fn start(world: &World, addr: Option<SocketAddr>) -> anyhow::Result<Self> {
        let listener = listen(addr).await?;
        let addr = listener.local_addr()?;
        // The two programs name themselves alike; by different doors it is seen who asks what.
        let menus = Portal::start(world.city.clone()).await?;
        let bot = world.settings.clone();
        let bot = bot.with("GORZDRAV_API_URL", &menus.base_url);
        let store = Store::open_unlocked(&world.settings.database, Owner::Pinger).await;
        let desk = Arc::new(Desk {
            city: world.city.clone(),
            telegram: world.telegram.clone(),
            portal: world.portal.clone(),
            _menus: menus,
            store: store.context("opening the database")?,
            people: Mutex::default(),
            taken: Mutex::default(),
            trail: watch::Sender::default(),
            stirred: watch::Sender::new(0),
            feeds: Arc::new(Semaphore::new(MAX_FEEDS)),
        });
        let anna = world.telegram.person("Анна", "ru");
        desk.people().people.push(anna);
        let alive = CancellationToken::new();
        let following = trail::follow(desk.clone());
        tokio::spawn(alive.clone().run_until_cancelled_owned(following));
        let app = router(desk, addr);
        let serving = async move { axum::serve(listener, app).await };
        tokio::spawn(alive.clone().run_until_cancelled_owned(serving));
        Ok(Self {
            addr,
            bot,
            pinger: world.settings.clone(),
            _alive: alive.drop_guard(),
        })
    }

    /// The address for a browser.
    pub fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }

    /// Starts both programs, each with a portal of its own: the page shows what the pinger asks, without the bot's menus.
    ///
    /// # Errors
    /// When the settings do not read.
    pub fn programs(&self) -> anyhow::Result<Programs> {
        Ok(Programs {
            bot: Program::bot(&self.bot)?,
            pinger: Program::pinger(&self.pinger)?,
        })
    }
}

async fn listen(addr: Option<SocketAddr>) -> anyhow::Result<TcpListener> {
    if let Some(addr) = addr {
        anyhow::ensure!(
            addr.ip().is_loopback(),
            "the page is for this machine alone, and {addr} is open to others"
        );
        let listener = TcpListener::bind(addr).await;
        return listener.with_context(|| format!("listening on {addr}"));
    }
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    match TcpListener::bind(usual).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            Ok(TcpListener::bind(any).await?)
        }
        bound => bound.with_context(|| format!("listening on {usual}")),
    }
}

fn router(desk: Arc<Desk>, addr: SocketAddr) -> Router {
    Router::new()
        .route("/", asset("text/html", include_str!("page.html")))
        .route("/page.css", asset("text/css", include_str!("page.css")))
        .route(
            "/page.js",
            asset("text/javascript", include_str!("page.js")),
        )
        .route("/dom.js", asset("text/javascript", include_str!("dom.js")))
        .route(
            "/chat.js",
            asset("text/javascript", include_str!("chat.js")),
        )
        .route(
            "/city.js",
            asset("text/javascript", include_str!("city.js")),
        )
        .route(
            "/texts.json",
            asset("application/json", include_str!("texts.json")),
        )
        .route("/events", get(feed::events))
        .route("/city", get(town::city))
        .route("/file/{chat}/{message}", get(chat::file))
        .route("/act/say", post(act::say))
        .route("/act/press", post(act::press))
        .route("/act/person", post(act::person))
        .route("/act/group", post(act::group))
        .route("/act/block", post(act::block))
        .route("/act/open", post(act::open))
        .route("/act/take", post(act::take))
        .route("/act/cancel", post(act::cancel))
        .route("/act/mood", post(act::mood))
        .route("/act/step", post(act::step))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(addr, guard::guard))
        .with_state(desk)
}

/// A part of the page, as it was built in.
fn asset(kind: &'static str, body: &'static str) -> axum::routing::MethodRouter<Arc<Desk>> {
    let kind = format!("{kind}; charset=utf-8");
    get(move || async move {
        // An upgraded sandbox at the same address must not meet yesterday's script.
        (
            [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store".to_owned())],
            body,
        )
            .into_response()
    })
}
