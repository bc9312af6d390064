//! A real Chromium, driven as its user would drive it.

use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::future::Future;
use std::io::Cursor;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use thirtyfour::error::WebDriverErrorInner as Inner;
use thirtyfour::extensions::query::ElementPollerWithTimeout;
use thirtyfour::prelude::*;
use thirtyfour::session::http::{Body, HttpClient};
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long something may take to show: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(50);

/// No window, nothing of its own to fetch, a profile that is thrown away.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // Bars would be in the pictures.
    "--hide-scrollbars",
    "--font-render-hinting=none",
    "--accept-lang=ru-RU,ru",
];

/// A browser with one page.
pub(super) struct Browser {
    driver: WebDriver,
    _chromedriver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts one and opens an address in it.
    pub(super) async fn open(url: &str) -> Self {
        let (chromedriver, address) = chromedriver().await;
        let profile = tempfile::tempdir().unwrap();
        let mut wanted = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wanted.add_arg(flag).unwrap();
        }
        let profile_flag = format!("--user-data-dir={}", profile.path().display());
        wanted.add_arg(&profile_flag).unwrap();
        wanted
            .set_browser_log_level(LoggingPrefsLogLevel::All)
            .unwrap();
        let poller = ElementPollerWithTimeout::new(PATIENCE, GLANCE);
        let driver = WebDriver::builder(address, wanted)
            .poller(Arc::new(poller))
            .client(Client::new());
        let driver = driver.await.unwrap();
        driver.goto(url).await.unwrap();
        Self {
            driver,
            _chromedriver: chromedriver,
            _profile: profile,
        }
    }

    /// The newest element like this, waiting for one.
    pub(super) async fn see(&self, css: &str) -> WebElement {
        let query = self.driver.query(By::Css(css)).and_displayed();
        let found = query.all_from_selector_required().await;
        let found = found.unwrap_or_else(|error| panic!("no {css}: {error}"));
        found.into_iter().next_back().unwrap()
    }

    /// The newest bubble with all these words in it, waiting for one.
    pub(super) async fn bubble(&self, words: &[&str]) -> WebElement {
        let holds: String = words
            .iter()
            .map(|word| format!("[contains(., '{word}')]"))
            .collect();
        let path = format!("(//div[@id='log']/div[contains(@class, 'theirs')]{holds})[last()]");
        let found = self.driver.query(By::XPath(path)).first().await;
        found.unwrap_or_else(|error| panic!("no bubble with {words:?}: {error}"))
    }

    /// The newest button of the bot with this text, or holding it, waiting for one.
    pub(super) async fn key(&self, text: &str) -> WebElement {
        let path = format!(
            "(//div[@id='log']//div[@class='keyboard']//*[self::button or self::a][contains(., '{text}')])[last()]"
        );
        let found = self.driver.query(By::XPath(path)).first().await;
        found.unwrap_or_else(|error| panic!("no button {text}: {error}"))
    }

    /// Presses the newest button of the bot with this text. A message edited at that moment has new buttons.
    pub(super) async fn press(&self, text: &str) {
        while let Err(error) = self.key(text).await.click().await {
            assert!(is_redrawn(&error), "{text}: {error}");
        }
    }

    /// Presses the newest element like this, waiting for one. What was drawn anew at that moment is looked for again.
    pub(super) async fn click(&self, css: &str) {
        while let Err(error) = self.see(css).await.click().await {
            assert!(is_redrawn(&error), "{css}: {error}");
        }
    }

    /// Presses a key of the keyboard, wherever the focus is.
    pub(super) async fn key_down(&self, key: Key) {
        let keys = self.driver.action_chain().send_keys(key);
        keys.perform().await.unwrap();
    }

    /// What an expression in the page is worth.
    pub(super) async fn ask(&self, expression: &str) -> Value {
        let script = format!("return {expression}");
        let answer = self.driver.execute(script, vec![]).await.unwrap();
        answer.json().clone()
    }

    /// Waits until an expression in the page is `true`.
    pub(super) async fn until(&self, expression: &str) {
        let asked = tokio::time::timeout(PATIENCE, async {
            while self.ask(expression).await != true {
                tokio::time::sleep(GLANCE).await;
            }
        });
        let asked = asked.await;
        asked.unwrap_or_else(|_| panic!("never: {expression}"));
    }

    pub(super) async fn devtools(&self, method: &str, params: Value) -> Value {
        let answer = self.driver.cdp().send_raw(method, params).await;
        answer.unwrap()
    }

    /// As the screen of a desk.
    pub(super) async fn wide(&self) {
        self.resize(json!({"width": 1320, "height": 800, "deviceScaleFactor": 1, "mobile": false}))
            .await;
    }

    /// As a phone.
    pub(super) async fn narrow(&self) {
        self.resize(json!({"width": 390, "height": 760, "deviceScaleFactor": 1.5, "mobile": true}))
            .await;
    }

    async fn resize(&self, size: Value) {
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
    }

    /// As for one who likes it dark, or light.
    pub(super) async fn dark(&self, is_dark: bool) {
        let scheme = if is_dark { "dark" } else { "light" };
        let wishes = json!({"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.devtools("Emulation.setEmulatedMedia", wishes).await;
    }

    /// Keeps a picture of what is shown, where `PICTURES` says; without it there is none.
    pub(super) async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("PICTURES").map(PathBuf::from) else {
            return;
        };
        // Nothing under the pointer, which would look pressed, and no ring around what was pressed last.
        self.ask("document.activeElement.blur()").await;
        let chain = self.driver.action_chain().move_to(2, 2);
        chain.perform().await.unwrap();
        let taken = self.driver.screenshot_as_png().await.unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), smaller(&taken)).unwrap();
    }

    pub(super) async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    pub(super) async fn quit(self) {
        self.driver.quit().await.unwrap();
    }

    /// What the browser complained of: errors of scripts, what the page's own policy refused.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.unwrap();
        let severe = log.into_iter().filter(|entry| entry.level == "SEVERE");
        severe.map(|entry| entry.message).collect()
    }
}

/// Whether an element was replaced, or moved from under the pointer, between finding and pressing it.
fn is_redrawn(error: &WebDriverError) -> bool {
    matches!(
        error.as_inner(),
        Inner::StaleElementReference(_) | Inner::ElementClickIntercepted(_)
    )
}

/// The same picture in fewer bytes, of 256 colours: those most used, then those least like any other;
/// for another one the nearest of them.
fn smaller(picture: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(Cursor::new(picture)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut bytes).unwrap();
    let pixels = bytes.chunks_exact(frame.color_type.samples());
    let pixels: Vec<[u8; 3]> = pixels.map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut used = BTreeMap::<[u8; 3], usize>::new();
    for pixel in &pixels {
        *used.entry(*pixel).or_default() += 1;
    }
    let far = |a: [u8; 3], b: [u8; 3]| -> u32 {
        let sides = a.iter().zip(b);
        sides.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let mut colours: Vec<_> = used.into_iter().collect();
    colours.sort_by_key(|(_, n)| Reverse(*n));
    let mut palette: Vec<[u8; 3]> = Vec::new();
    // Of each colour: how far the nearest of the palette is, and which.
    let mut nearest = vec![(u32::MAX, 0); colours.len()];
    while palette.len() < 256.min(colours.len()) {
        let place = match palette.len() {
            common @ 0..128 => common,
            _ => (0..colours.len())
                .max_by_key(|place| nearest[*place].0)
                .unwrap(),
        };
        for (nearest, (colour, _)) in nearest.iter_mut().zip(&colours) {
            *nearest = (*nearest).min((far(*colour, colours[place].0), palette.len()));
        }
        palette.push(colours[place].0);
    }
    let nearest = nearest
        .into_iter()
        .map(|(_, place)| u8::try_from(place).unwrap());
    let places: BTreeMap<_, _> = colours
        .iter()
        .map(|(colour, _)| *colour)
        .zip(nearest)
        .collect();
    let indexed: Vec<u8> = pixels.iter().map(|pixel| places[pixel]).collect();
    let mut packed = Vec::new();
    let mut encoder = png::Encoder::new(&mut packed, frame.width, frame.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&indexed).unwrap();
    writer.finish().unwrap();
    packed
}

/// Starts a chromedriver on a free port; its address.
async fn chromedriver() -> (Child, String) {
    let mut child = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("chromedriver is installed: apt-get install chromium chromium-driver");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let started = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return port.trim_end_matches('.').to_owned();
            }
        }
        panic!("chromedriver ended");
    };
    let port = tokio::time::timeout(PATIENCE, started)
        .await
        .expect("chromedriver starts");
    // Read on, or it would stop once nobody takes what it says.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, format!("http://127.0.0.1:{port}"))
}

/// The workspace's HTTP client for the driver's crate, which would bring a newer one.
struct Client(reqwest::Client);

impl Client {
    fn new() -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE * 2);
        Self(client.build().unwrap())
    }
}

type Sent<'a> = WebDriverResult<axum::http::Response<axum::body::Bytes>>;

impl HttpClient for Client {
    fn send<'client, 'body, 'sent>(
        &'client self,
        request: axum::http::Request<Body<'body>>,
    ) -> Pin<Box<dyn Future<Output = Sent<'sent>> + Send + 'sent>>
    where
        'client: 'sent,
        'body: 'sent,
    {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let request = self
                .0
                .request(parts.method, parts.uri.to_string())
                .headers(parts.headers);
            let request = match body {
                Body::Empty => request,
                Body::Json(json) => request.json(json),
            };
            let failed = |error: reqwest::Error| WebDriverError::HttpError(error.to_string());
            let answer = request.send().await.map_err(failed)?;
            let status = answer.status();
            let body = answer.bytes().await.map_err(failed)?;
            let mut response = axum::http::Response::new(body);
            *response.status_mut() = status;
            Ok(response)
        })
    }

    fn new<'client, 'made>(
        &'client self,
    ) -> Pin<Box<dyn Future<Output = Arc<dyn HttpClient>> + Send + 'made>>
    where
        'client: 'made,
    {
        Box::pin(async { Arc::new(Self::new()) as Arc<dyn HttpClient> })
    }
}
