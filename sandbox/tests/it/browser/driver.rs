//! A real Chromium, driven as its user would drive it, by the protocol of W3C WebDriver: a dozen calls, JSON over HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long something may take to show: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(50);

/// Keys of the keyboard, as WebDriver writes them.
pub(super) const BACKSPACE: char = '\u{e003}';
pub(super) const TAB: char = '\u{e004}';
pub(super) const ENTER: char = '\u{e007}';
pub(super) const CONTROL: char = '\u{e009}';
pub(super) const ESCAPE: char = '\u{e00c}';
pub(super) const HOME: char = '\u{e011}';
pub(super) const UP: char = '\u{e013}';
pub(super) const DOWN: char = '\u{e015}';

/// Under this name WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

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

/// One session of a chromedriver; clones share it.
#[derive(Clone)]
struct Session {
    client: Client,
    url: String,
}

impl Session {
    async fn begin(address: &str, flags: Vec<String>) -> Self {
        let client = Client::builder().no_proxy().timeout(PATIENCE * 2);
        let mut session = Self {
            client: client.build().unwrap(),
            url: format!("{address}/session"),
        };
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": flags},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let begun = session.call(Method::POST, "", wanted).await.unwrap();
        session.url = format!("{}/{}", session.url, begun["sessionId"].as_str().unwrap());
        session
    }

    /// One command; an error by its name ("stale element reference") and message.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<Value, (String, String)> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.url));
        if method == Method::POST {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let mut answer: Value = answer.json().await.unwrap();
        let value = answer["value"].take();
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        match value["error"].is_string() {
            true => Err((text("error"), text("message"))),
            false => Ok(value),
        }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let done = self.call(Method::POST, path, body).await;
        done.unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    /// The last element found so that is displayed, waiting for one.
    async fn find(&self, using: &str, path: &str) -> Element {
        let search = async {
            loop {
                let found = self
                    .post("/elements", json!({"using": using, "value": path}))
                    .await;
                for found in found.as_array().unwrap().iter().rev() {
                    let element = Element {
                        session: self.clone(),
                        path: format!("/element/{}", found[ELEMENT].as_str().unwrap()),
                    };
                    let shown = format!("{}/displayed", element.path);
                    if self.call(Method::GET, &shown, Value::Null).await == Ok(json!(true)) {
                        return element;
                    }
                }
                tokio::time::sleep(GLANCE).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.unwrap_or_else(|_| panic!("never seen: {path}"))
    }
}

/// An element of the page; it may be gone by the time it is used.
pub(super) struct Element {
    session: Session,
    path: String,
}

impl Element {
    /// Whether it was still there to be pressed, with nothing before it.
    async fn click(&self) -> bool {
        let path = format!("{}/click", self.path);
        match self.session.call(Method::POST, &path, json!({})).await {
            Ok(_) => true,
            Err((error, _))
                if ["stale element reference", "element click intercepted"].contains(&&*error) =>
            {
                false
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Writes into it, or presses keys while it has the focus.
    pub(super) async fn write(&self, text: impl ToString) {
        let path = format!("{}/value", self.path);
        self.session
            .post(&path, json!({"text": text.to_string()}))
            .await;
    }
}

/// A browser with one page.
pub(super) struct Browser {
    session: Session,
    _chromedriver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts one and opens an address in it.
    pub(super) async fn open(url: &str) -> Self {
        let (chromedriver, address) = chromedriver().await;
        let profile = tempfile::tempdir().unwrap();
        let mut flags = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let session = Session::begin(&address, flags).await;
        session.post("/url", json!({"url": url})).await;
        Self {
            session,
            _chromedriver: chromedriver,
            _profile: profile,
        }
    }

    /// The newest element like this, waiting for one.
    pub(super) async fn see(&self, css: &str) -> Element {
        self.session.find("css selector", css).await
    }

    /// The newest bubble with all these words in it, waiting for one.
    pub(super) async fn bubble(&self, words: &[&str]) -> Element {
        let holds: String = words
            .iter()
            .map(|word| format!("[contains(., '{word}')]"))
            .collect();
        let path = format!("//div[@id='log']/div[contains(@class, 'theirs')]{holds}");
        self.session.find("xpath", &path).await
    }

    /// The newest button of the bot with this text, or holding it, waiting for one.
    pub(super) async fn key(&self, text: &str) -> Element {
        let keys = "//div[@id='log']//div[@class='keyboard']//*[self::button or self::a]";
        self.session
            .find("xpath", &format!("{keys}[contains(., '{text}')]"))
            .await
    }

    /// Presses the newest button of the bot with this text. A message edited at that moment has new buttons.
    pub(super) async fn press(&self, text: &str) {
        while !self.key(text).await.click().await {}
    }

    /// Presses the newest element like this, waiting for one. What was drawn anew at that moment is looked for again.
    pub(super) async fn click(&self, css: &str) {
        while !self.see(css).await.click().await {}
    }

    /// Presses a key of the keyboard, wherever the focus is.
    pub(super) async fn key_down(&self, key: char) {
        let presses = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": presses});
        self.session
            .post("/actions", json!({"actions": [keyboard]}))
            .await;
    }

    /// What an expression in the page is worth.
    pub(super) async fn ask(&self, expression: &str) -> Value {
        let script = format!("return {expression}");
        self.session
            .post("/execute/sync", json!({"script": script, "args": []}))
            .await
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
        let command = json!({"cmd": method, "params": params});
        self.session.post("/goog/cdp/execute", command).await
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
        let away = json!([{"type": "pointerMove", "x": 2, "y": 2}]);
        let mouse = json!({"type": "pointer", "id": "mouse", "actions": away});
        self.session
            .post("/actions", json!({"actions": [mouse]}))
            .await;
        let taken = self
            .session
            .call(Method::GET, "/screenshot", Value::Null)
            .await
            .unwrap();
        let taken = BASE64.decode(taken.as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), smaller(&taken)).unwrap();
    }

    pub(super) async fn reload(&self) {
        self.session.post("/refresh", json!({})).await;
    }

    pub(super) async fn quit(self) {
        self.session
            .call(Method::DELETE, "", Value::Null)
            .await
            .unwrap();
    }

    /// What the browser complained of: errors of scripts, what the page's own policy refused.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self
            .session
            .post("/se/log", json!({"type": "browser"}))
            .await;
        let severe = log
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }
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
