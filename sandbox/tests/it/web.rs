//! The page over HTTP, without a browser: who may ask, what is told, what a press does.

use futures::StreamExt as _;
use reqwest::{Client, Method, StatusCode};
use sandbox::telegram::TOKEN;
use sandbox::{Options, Programs, Web, World};
use serde_json::{Value, json};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// A world with its page.
struct Bench {
    world: World,
    web: Web,
    client: Client,
}

impl Bench {
    async fn start() -> Self {
        let city = sandbox::City::invented().unwrap();
        let world = World::start(city, Options::default()).await.unwrap();
        let web = Web::start(&world, Some("127.0.0.1:0".parse().unwrap()));
        Self {
            web: web.await.unwrap(),
            world,
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn programs(&self) -> Programs {
        self.web.programs().unwrap()
    }

    fn origin(&self) -> String {
        format!("http://{}", self.web.addr)
    }

    /// Presses something as the page does.
    async fn act(&self, what: &str, body: Value) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}/act/{what}", self.origin()));
        let answer = request
            .header("origin", self.origin())
            .json(&body)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn city(&self, query: &str) -> Value {
        let answer = self.client.get(format!("{}/city?{query}", self.origin()));
        answer.send().await.unwrap().json().await.unwrap()
    }

    async fn listen(&self) -> Feed {
        let answer = self.client.get(format!("{}/events", self.origin()));
        let answer = answer.send().await.unwrap().error_for_status().unwrap();
        Feed {
            bytes: answer.bytes_stream().boxed(),
            read: Vec::new(),
        }
    }
}

/// The events a page is told.
struct Feed {
    bytes: futures::stream::BoxStream<'static, reqwest::Result<axum::body::Bytes>>,
    read: Vec<u8>,
}

impl Feed {
    /// The next event: its name and data.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\n\n") {
                let event = String::from_utf8(self.read.drain(..end + 2).collect()).unwrap();
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                if let (Some(name), Some(data)) = (field("event: "), field("data: ")) {
                    return (name.to_owned(), serde_json::from_str(data).unwrap());
                }
                continue; // a sign of life
            }
            let more = tokio::time::timeout(LONG, self.bytes.next()).await;
            self.read
                .extend(more.expect("told in time").expect("goes on").unwrap());
        }
    }

    async fn named(&mut self, wanted: &str) -> Value {
        loop {
            let (name, data) = self.next().await;
            if name == wanted {
                return data;
            }
        }
    }

    /// The next message like this.
    async fn message(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let told = self.named("messages").await;
            let list = told["list"].as_array().unwrap();
            if let Some(found) = list.iter().rev().find(|message| is_wanted(message)) {
                return found.clone();
            }
        }
    }
}

fn from_bot(message: &Value) -> bool {
    message["from"] == "bot"
}

/// Data of the button with this text in it.
fn data(message: &Value, text: &str) -> String {
    let rows = message["keyboard"].as_array().unwrap().iter();
    let mut buttons = rows.flat_map(|row| row.as_array().unwrap());
    let wanted = buttons.find(|button| button["text"].as_str().unwrap().contains(text));
    wanted.unwrap_or_else(|| panic!("no {text} in {message}"))["data"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn what_is_pressed_reaches_the_bot_and_what_it_writes_reaches_the_page() {
    let bench = Bench::start().await;
    let mut feed = bench.listen().await;
    let tabs = feed.named("tabs").await;
    let chat = &tabs["chats"][0];
    assert_eq!(
        (&chat["title"], &chat["is_started"]),
        (&json!("Анна"), &json!(false))
    );
    let who = json!({"person": chat["people"][0]["id"], "chat": chat["chat"]});
    let with = |more: Value| {
        let mut body = who.clone();
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let programs = bench.programs();

    let (status, _) = bench.act("say", with(json!({"text": "/start"}))).await;
    assert_eq!(status, 200);
    let greeting = feed.message(from_bot).await;

    let press = json!({"message": greeting["id"], "data": data(&greeting, "Добавить врача")});
    let (status, toast) = bench.act("press", with(press)).await;
    assert_eq!((status, &toast["alert"]), (StatusCode::OK, &json!(false)));
    let menu = feed
        .message(|message| {
            message["text"]
                .as_str()
                .is_some_and(|text| text.contains("район"))
        })
        .await;
    data(&menu, "Приморский");
    // Markup comes apart from the text.
    assert_eq!(menu["entities"][0]["type"], "bold", "{menu}");
    assert!(!menu["text"].as_str().unwrap().contains('<'), "{menu}");

    // Whoever comes later is told all there is, as it is now.
    let again = bench.listen().await.named("messages").await;
    assert_eq!(again["all"], true);
    let list = again["list"].as_array().unwrap();
    let texts: Vec<_> = list
        .iter()
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        (texts[0], texts.last()),
        ("/start", menu["text"].as_str().as_ref())
    );
    programs.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_but_the_page_may_press_or_look() {
    let bench = Bench::start().await;
    let own = bench.origin();
    let host = bench.web.addr.to_string();
    let port = bench.web.addr.port();
    let ask = async |method: Method, path: &str, host: &str, origin: Option<&str>| {
        let mut request = bench.client.request(method, format!("{own}{path}"));
        request = request
            .header("host", host)
            .header("content-type", "application/json");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let body = r#"{"lpu": 287, "mood": "broken"}"#;
        request.body(body).send().await.unwrap().status().as_u16()
    };
    let local = format!("localhost:{port}");
    for (method, path, host, origin, want) in [
        (Method::POST, "/act/mood", &*host, Some(&*own), 200),
        (
            Method::POST,
            "/act/mood",
            &local,
            Some(&*format!("http://{local}")),
            200,
        ),
        (Method::POST, "/act/mood", &host, None, 403),
        (Method::POST, "/act/mood", &host, Some("null"), 403),
        (
            Method::POST,
            "/act/mood",
            &host,
            Some("https://example.org"),
            403,
        ),
        (
            Method::POST,
            "/act/mood",
            &host,
            Some(&*format!("https://{host}")),
            403,
        ),
        (
            Method::POST,
            "/act/mood",
            "example.org",
            Some("http://example.org"),
            403,
        ),
        (Method::GET, "/city", &host, None, 200),
        (Method::GET, "/", &local, None, 200),
        (Method::GET, "/city", "example.org", None, 403),
        (
            Method::GET,
            "/events",
            &*format!("example.org:{port}"),
            None,
            403,
        ),
        (Method::GET, "/act/mood", &host, Some(&*own), 405),
    ] {
        let got = ask(method.clone(), path, host, origin).await;
        assert_eq!(got, want, "{method} {path} of {host} from {origin:?}");
    }
    let page = bench.client.get(bench.web.url()).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let open = Web::start(&bench.world, Some("0.0.0.0:0".parse().unwrap())).await;
    assert!(open.unwrap_err().to_string().contains("this machine alone"));
}

#[tokio::test]
async fn a_photo_is_shown_and_a_file_is_kept() {
    let bench = Bench::start().await;
    let tabs = bench.listen().await.named("tabs").await;
    let chat = tabs["chats"][0]["chat"].as_i64().unwrap();
    let person = &tabs["chats"][0]["people"][0]["id"];
    bench
        .act(
            "say",
            json!({"person": person, "chat": chat, "text": "/start"}),
        )
        .await;
    let mut feed = bench.listen().await;
    feed.named("messages").await;
    let png = {
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, 2, 1);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[0, 255]).unwrap();
        writer.finish().unwrap();
        png
    };
    // A file that would be a page of this very address, if it were opened.
    let page = b"<script>alert(1)</script>".to_vec();
    let send = async |method: &str, field: &'static str, name: &'static str, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes)
            .file_name(name)
            .mime_str("text/html");
        let form = reqwest::multipart::Form::new().text("chat_id", chat.to_string());
        let url = format!("{}/bot{TOKEN}/{method}", bench.world.telegram.api_url);
        let sent = bench
            .client
            .post(url)
            .multipart(form.part(field, part.unwrap()))
            .send();
        assert_eq!(sent.await.unwrap().status(), 200);
    };
    send("sendPhoto", "photo", "а.png", png.clone()).await;
    let shown = feed.message(from_bot).await;
    send(
        "sendDocument",
        "document",
        "список \"1\".html",
        page.clone(),
    )
    .await;
    let kept = feed.message(from_bot).await;
    assert_eq!(
        (&shown["file"]["width"], &kept["file"]["size"]),
        (&json!(2), &json!(page.len()))
    );
    for (message, kind, disposition, bytes) in [
        (shown, "image/png", None, png),
        (
            kept,
            "application/octet-stream",
            Some(
                "attachment; filename*=UTF-8''%D1%81%D0%BF%D0%B8%D1%81%D0%BE%D0%BA%20%221%22%2Ehtml",
            ),
            page,
        ),
    ] {
        let url = format!(
            "{}{}",
            bench.origin(),
            message["file"]["url"].as_str().unwrap()
        );
        let got = bench.client.get(url).send().await.unwrap();
        assert_eq!(got.headers()["content-type"], kind);
        assert_eq!(got.headers()["x-content-type-options"], "nosniff");
        let wanted = got
            .headers()
            .get("content-disposition")
            .map(|value| value.to_str().unwrap());
        assert_eq!(wanted, disposition);
        assert_eq!(got.bytes().await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn several_people_and_their_group_are_tabs() {
    let bench = Bench::start().await;
    let mut feed = bench.listen().await;
    feed.named("tabs").await;
    let (status, boris) = bench
        .act("person", json!({"name": " Борис ", "language": "en"}))
        .await;
    assert_eq!(status, 200);
    let (_, group) = bench.act("group", json!({"title": "Семья"})).await;
    let tabs = loop {
        let tabs = feed.named("tabs").await;
        if tabs["chats"].as_array().unwrap().len() == 3 {
            break tabs;
        }
    };
    let titles = [0, 1, 2].map(|n| tabs["chats"][n]["title"].as_str().unwrap());
    assert_eq!(titles, ["Анна", "Борис", "Семья"]);
    let person = &tabs["chats"][1]["people"][0]["id"];
    let say = async |chat: &Value, text: &str| {
        let (status, _) = bench
            .act("say", json!({"person": person, "chat": chat, "text": text}))
            .await;
        status.as_u16()
    };
    assert_eq!(say(&group["chat"], "/start").await, 200);
    let told = feed.message(|message| message["from"] == "person").await;
    assert_eq!(
        (&told["chat"], &told["name"]),
        (&group["chat"], &json!("Борис"))
    );
    assert_eq!(say(&tabs["chats"][0]["chat"], "не мой чат").await, 404);
    assert_eq!(say(&boris["chat"], &"я".repeat(4097)).await, 400);
    assert_eq!(say(&boris["chat"], " ").await, 400);
    for _ in 0..30 {
        bench
            .act("person", json!({"name": "Ещё", "language": "ru"}))
            .await;
    }
    let (status, refused) = bench
        .act("person", json!({"name": "Ещё", "language": "ru"}))
        .await;
    assert_eq!(
        (status.as_u16(), refused),
        (400, json!({"refused": "enough"}))
    );
}

#[tokio::test]
async fn talons_open_go_and_come_back() {
    let bench = Bench::start().await;
    let drozdova = async || {
        let city = bench.city("q=дроздова").await;
        let clinics = city["clinics"].as_array().unwrap();
        assert_eq!(clinics.len(), 1, "{city}");
        clinics[0]["doctors"][0].clone()
    };
    assert_eq!(drozdova().await["times"], json!([]));
    let talon = json!({"lpu": 287, "doctor": "418"});
    let (_, first) = bench.act("open", talon.clone()).await;
    let (_, second) = bench.act("open", talon.clone()).await;
    let quarter = second["start"].as_i64().unwrap() - first["start"].as_i64().unwrap();
    assert_eq!(quarter, 15 * 60 * 1000);
    let at = |start: &Value| json!({"lpu": 287, "doctor": "418", "start": start});
    for (what, start, want) in [
        ("take", &first["start"], 200),
        ("take", &first["start"], 409),
        ("cancel", &second["start"], 409),
        ("cancel", &first["start"], 200),
        ("take", &second["start"], 200),
        ("open", &json!(0), 400),
        ("open", &json!(i64::MAX), 400),
    ] {
        let (status, _) = bench.act(what, at(start)).await;
        assert_eq!(status, want, "{what} {start}");
    }
    let now = drozdova().await;
    assert_eq!(
        (&now["times"], &now["taken"]),
        (&json!([[first["start"], 1]]), &json!([second["start"]]))
    );
    let (status, refused) = bench
        .act("open", json!({"lpu": 287, "doctor": "nobody"}))
        .await;
    assert_eq!(
        (status, refused),
        (StatusCode::NOT_FOUND, json!({"refused": "no-doctor"}))
    );
}

#[tokio::test]
async fn time_passes_in_the_city() {
    let bench = Bench::start().await;
    let vera = async || {
        let city = bench.city("q=соколова").await;
        let times = city["clinics"][0]["doctors"][0]["times"]
            .as_array()
            .unwrap()
            .clone();
        let starts = times.iter().map(|time| time[0].as_i64().unwrap());
        (city["shift"].as_i64().unwrap(), starts.collect::<Vec<_>>())
    };
    let (_, before) = vera().await;
    for _ in 0..2 {
        assert_eq!(bench.act("step", json!({"hours": 24})).await.0, 200);
    }
    let (shift, after) = vera().await;
    assert_eq!(shift, 2 * 86_400);
    assert!(!after.contains(&before[0]), "yesterday's are gone");
    let day = 86_400_000;
    assert_eq!(
        after.last(),
        Some(&(before.last().unwrap() + 2 * day)),
        "new days have opened"
    );
    assert_eq!(bench.act("step", json!({"hours": 1000})).await.0, 400);
}

#[tokio::test]
async fn the_page_tells_what_the_pinger_asks_and_learns() {
    let bench = Bench::start().await;
    let whom = bench.world.city.star().unwrap();
    let anna = bench.world.telegram.person("Вера", "ru");
    let mut feed = bench.listen().await;
    let programs = bench.programs();
    anna.say("/start");
    anna.answer().await.unwrap();
    sandbox::scene::add(&anna, &whom).await.unwrap();
    let watched = loop {
        let told = feed.named("learned").await;
        if let Some(first) = told["watched"].get(0) {
            break first.clone();
        }
    };
    assert_eq!(
        (&watched["clinic"], &watched["doctor"]),
        (&json!("ГП №287"), &json!("Дроздова Мария Львовна"))
    );
    let asked = loop {
        let told = feed.named("asked").await;
        let lines = told.as_array().unwrap();
        if let Some(line) = lines
            .iter()
            .find(|line| line["what"] == "appointments" && line["took"].is_number())
        {
            break line.clone();
        }
    };
    assert_eq!(
        (&asked["whom"], &asked["status"]),
        (&json!("Дроздова Мария Львовна"), &json!(200))
    );
    bench
        .act("open", json!({"lpu": 287, "doctor": "418"}))
        .await;
    let fact = loop {
        let told = feed.named("learned").await;
        if let Some(first) = told["learned"].get(0) {
            break first.clone();
        }
    };
    assert_eq!(fact["doctor"], "Дроздова Мария Львовна");
    assert!(
        ["found", "appeared"].contains(&fact["kind"].as_str().unwrap()),
        "{fact}"
    );
    // The menus were asked by the bot, and are not the pinger's.
    let log = bench.world.portal.log().all();
    assert!(
        log.iter()
            .all(|request| request.endpoint != Some(sandbox::Endpoint::Districts))
    );
    programs.stop().await.unwrap();
}

#[test]
fn the_page_says_everything_in_both_languages() {
    let texts: Value = serde_json::from_str(include_str!("../../src/web/texts.json")).unwrap();
    let keys = |lang: &str| {
        texts[lang]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys("ru"), keys("en"));
    let has = |key: &str| texts["ru"].get(key).is_some();
    let page = include_str!("../../src/web/page.html");
    for mark in ["data-text=\"", "data-label=\"", "data-hint=\""] {
        for rest in page.split(mark).skip(1) {
            let key = rest.split('"').next().unwrap();
            assert!(has(key), "page.html: {key}");
        }
    }
    for script in [
        include_str!("../../src/web/chat.js"),
        include_str!("../../src/web/city.js"),
        include_str!("../../src/web/page.js"),
    ] {
        for rest in script.split("say(\"").skip(1) {
            let key = rest.split('"').next().unwrap();
            assert!(has(key) || has(&format!("{key}-one")), "{key}");
        }
    }
}
