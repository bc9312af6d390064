//! The page in a real browser. With `PICTURES` naming a folder, the pictures of the README are kept there.

mod driver;

use driver::{BACKSPACE, Browser, CONTROL, DOWN, ENTER, ESCAPE, HOME, TAB, UP};
use sandbox::telegram::{Limits, TOKEN};
use sandbox::{City, Options, Programs, Web, World};
use serde_json::{Value, json};

/// A world with its page and the real programs behind it.
struct Show {
    world: World,
    web: Web,
    programs: Programs,
}

impl Show {
    async fn start() -> Self {
        let options = Options {
            limits: Limits::unhurried(),
            ..Options::default()
        };
        let world = World::start(City::invented().unwrap(), options)
            .await
            .unwrap();
        let web = Web::start(&world, Some("127.0.0.1:0".parse().unwrap()))
            .await
            .unwrap();
        let programs = web.programs().unwrap();
        Self {
            world,
            web,
            programs,
        }
    }

    async fn end(self, browser: Browser) {
        assert_eq!(browser.complaints().await, Vec::<String>::new());
        browser.quit().await;
        self.programs.stop().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_person_waits_for_a_doctor_in_the_page() {
    let show = Show::start().await;
    let browser = Browser::open(&show.web.url()).await;
    browser.wide().await;

    browser.click("#start").await;
    browser.key("Добавить врача").await;
    picture_of_chat(&browser, "greeting", ":last-child").await;
    // One press of the way by the keyboard alone.
    let add = browser.key("Добавить врача").await;
    add.write(ENTER).await;
    for text in ["Приморский", "ГП №287", "Офтальмолог"] {
        browser.press(text).await;
    }
    browser.key("Дроздова").await;
    picture_of_chat(&browser, "menu", ":last-child").await;
    browser.press("Дроздова").await;
    browser.bubble(&["Готово", "Дроздова"]).await;
    browser.see("#watched b").await;
    picture_of_chat(&browser, "card", ":last-child").await;

    // Somebody else's chat is in front when the talon opens.
    browser.click("#add").await;
    let name = browser.see("#new-name").await;
    name.write(format!("Борис{ENTER}")).await;
    browser
        .until("document.querySelector('#tabs [aria-selected=true]').textContent === 'Борис'")
        .await;
    browser.see("#search").await.write("Дроздова").await;
    browser
        .click(".doctor [aria-label^='Открыть талон: Дроздова']")
        .await;
    browser.click("#tabs [data-unread='1']").await;
    browser.bubble(&["Дроздова", "10:20"]).await;
    browser.see("#learned .appeared").await;

    let search = browser.see("#search").await;
    search.write(format!("{CONTROL}a")).await;
    search.write(BACKSPACE).await;
    browser
        .until("document.querySelectorAll('.clinic').length > 5")
        .await;
    browser.click(".clinic:first-child .title").await; // where somebody waits stands first
    browser
        .until("document.querySelectorAll('.doctor').length > 3")
        .await;
    check_names(&browser).await;
    check_order(&browser).await;
    browser.picture("overview").await;
    browser.dark(true).await;
    browser.picture("overview-dark").await;
    browser.dark(false).await;
    picture_of_chat(&browser, "alert", ":last-child").await;

    browser.press("Картинка").await;
    browser
        .until(
            "[...document.querySelectorAll('#log img')].some((image) => image.naturalWidth > 100)",
        )
        .await;
    picture_of_chat(&browser, "photo", ":last-child").await;

    browser
        .click(".time[aria-label^='Занять'][aria-label$='Дроздова Мария Львовна']")
        .await;
    browser
        .until(
            "[...document.querySelectorAll('#log s')].some((s) => s.textContent.includes('10:20'))",
        )
        .await;
    browser.see(".time.taken[aria-label^='Отменить']").await;
    picture_of_chat(&browser, "taken", ".message:has(s)").await;
    browser.dark(true).await;
    picture_of_chat(&browser, "taken-dark", ".message:has(s)").await;
    browser.dark(false).await;
    check_menu(&browser).await;
    check_city(&browser).await;

    browser.click("#block").await;
    browser
        .until("document.querySelector('#start').textContent === 'Разблокировать'")
        .await;
    browser.click("#start").await;
    browser.see("#text").await;
    browser.click("#language").await;
    browser.until("document.querySelector('#send').ariaLabel === 'Send' && document.documentElement.lang === 'en'").await;
    show.end(browser).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn foreign_texts_stay_texts() {
    let show = Show::start().await;
    let trick = "<img src=x onerror=\"document.title='caught'\">";
    show.world.city.spoil_names(trick);
    let browser = Browser::open(&show.web.url()).await;
    browser.wide().await;
    browser.click("#start").await;
    browser.key("Добавить врача").await;
    let text = browser.see("#text").await;
    text.write(format!("{trick}{ENTER}")).await;
    browser
        .until(
            "[...document.querySelectorAll('.ours')].some((it) => it.textContent.includes('<img'))",
        )
        .await;
    browser.press("Добавить врача").await;
    browser.key("<img").await;
    browser
        .until("document.querySelector('.clinic')?.textContent.includes('<img')")
        .await;
    assert_eq!(
        browser.ask("document.querySelectorAll('img').length").await,
        0
    );
    assert_ne!(browser.ask("document.title").await, "caught");
    // However long they are, nothing sticks out on a phone.
    browser.click(".clinic:first-child .title").await;
    browser
        .until("document.querySelectorAll('.doctor').length > 2")
        .await;
    browser.narrow().await;
    for view in ["city", "chat", "trail"] {
        browser.click(&format!(".views [data-view='{view}']")).await;
        let fits = format!("document.querySelector('#{view}').scrollWidth <= innerWidth");
        browser.until(&fits).await;
    }
    show.end(browser).await;
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn messages_look_as_they_were_written_and_presses_are_answered() {
    let show = Show::start().await;
    let browser = Browser::open(&show.web.url()).await;
    browser.wide().await;
    browser.click("#start").await;
    browser.key("Добавить врача").await;
    let tab = browser
        .ask("Number(document.querySelector('#tabs button').id.slice(3))")
        .await;
    let html = "<b>жирно <i>и косо</i></b> <s>нет</s> <a href=\"https://example.org/?a=1&amp;b=2\">сюда</a> \
                <a href=\"javascript:alert(1)\">никуда</a> 😀<code>1 &lt; 2</code> <tg-spoiler>тайна</tg-spoiler> /help";
    let message = json!({
        "chat_id": tab, "text": html, "parse_mode": "HTML",
        "reply_markup": {"inline_keyboard": [[{"text": "Давнее", "callback_data": "zzz"}]]},
    });
    // As the bot would, with what it never writes itself.
    let url = format!("{}/bot{TOKEN}/sendMessage", show.world.telegram.api_url);
    let sent = reqwest::Client::new()
        .post(url)
        .json(&message)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
    browser.key("Давнее").await;
    let shown = "[...document.querySelectorAll('#log .theirs .text')].at(-1).innerHTML";
    assert_eq!(
        browser.ask(shown).await,
        "<strong>жирно <em>и косо</em></strong> <s>нет</s> \
         <a href=\"https://example.org/?a=1&amp;b=2\" target=\"_blank\" rel=\"noopener noreferrer\">сюда</a> \
         <span>никуда</span> 😀<code>1 &lt; 2</code> <button type=\"button\" class=\"spoiler\">тайна</button> \
         <button type=\"button\" class=\"command\">/help</button>"
    );
    browser.press("Давнее").await;
    browser
        .until("document.querySelector('#toast').textContent === 'Это меню устарело'")
        .await;

    browser.click("#add").await;
    browser.click("#new-group").await;
    browser
        .until("document.querySelector('#bot-name').textContent === 'Группа'")
        .await;
    browser.see("#speaker select").await;
    check_names(&browser).await;
    browser
        .see("#text")
        .await
        .write(format!("/start{ENTER}"))
        .await;
    browser.key("Добавить врача").await;
    // Connected anew, the page is told everything again, and nothing twice.
    let n_shown = "document.querySelectorAll('#log > .message').length";
    let before = browser.ask(n_shown).await;
    browser.reload().await;
    browser.click("#tabs [role=tab]:last-child").await;
    browser.key("Добавить врача").await;
    assert_eq!(browser.ask(n_shown).await, before);
    show.end(browser).await;
}

/// Whatever can be pressed or written in has a name that a screen reader says, as the browser works it out.
async fn check_names(browser: &Browser) {
    const ABOUT: [&str; 9] = [
        "button",
        "link",
        "textbox",
        "searchbox",
        "combobox",
        "tab",
        "menuitem",
        "log",
        "region",
    ];
    let tree = browser
        .devtools("Accessibility.getFullAXTree", json!({}))
        .await;
    let nodes = tree["nodes"].as_array().unwrap();
    let role = |node: &Value| {
        node["role"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let is_told = |node: &&Value| node["ignored"] == false && ABOUT.contains(&&*role(node));
    let told: Vec<_> = nodes.iter().filter(is_told).collect();
    assert!(told.len() > 20, "{} of {}", told.len(), nodes.len());
    for node in told {
        let name = node["name"]["value"].as_str().unwrap_or_default().trim();
        assert!(!name.is_empty(), "a {} has no name: {node}", role(node));
    }
}

/// The Tab key leads from the people to the messages, their buttons, the line to write in, and the city.
async fn check_order(browser: &Browser) {
    browser
        .until("document.querySelector('#tabs [aria-selected=true]').focus() ?? true")
        .await;
    let mut passed = Vec::new();
    while passed.len() < 40 {
        browser.key_down(TAB).await;
        let focused = browser
            .ask("document.activeElement.dataset.key ?? document.activeElement.id")
            .await;
        passed.push(focused.as_str().unwrap_or_default().to_owned());
        if passed.last().is_some_and(|last| last.starts_with("clinic")) {
            break;
        }
    }
    let mut rest = passed.iter();
    for wanted in [
        "add", "block", "log", "k", "commands", "text", "send", "search", "clinic",
    ] {
        let is_passed = rest.any(|key| key.starts_with(wanted));
        assert!(is_passed, "no {wanted} in {passed:?}");
    }
}

/// The menu of commands opens, is walked and is left by the keyboard.
async fn check_menu(browser: &Browser) {
    let focused = |name: &str| format!("document.activeElement.dataset.key === 'c{name}'");
    browser.click("#commands").await;
    browser.until(&focused("add")).await;
    let last =
        "document.activeElement.closest('li') === document.querySelector('#menu li:last-child')";
    for (key, wanted) in [
        (DOWN, &*focused("list")),
        (UP, &*focused("add")),
        (UP, last),
        (HOME, &*focused("add")),
    ] {
        browser.key_down(key).await;
        browser.until(wanted).await;
    }
    check_names(browser).await;
    browser.key_down(ESCAPE).await;
    browser
        .until("document.activeElement.id === 'text' && document.querySelector('#menu').hidden")
        .await;
    // A command that is being written is one of them, too.
    browser.see("#text").await.write("/he").await;
    browser
        .until("document.querySelectorAll('#menu li').length === 1")
        .await;
    browser.key_down(DOWN).await;
    browser.until(&focused("help")).await;
    browser.key_down(ENTER).await;
    browser
        .until("[...document.querySelectorAll('.ours')].at(-1).textContent.includes('/help')")
        .await;
}

/// A clinic falls silent and recovers, and time passes; whoever pressed keeps the focus where it was.
async fn check_city(browser: &Browser) {
    for mood in ["silent", "slow", "broken", "well"] {
        let button = format!(".clinic:first-child .moods [data-key$='{mood}']");
        browser.click(&button).await;
        browser
            .until(&format!(
                "document.activeElement.matches(\"{button}[aria-pressed='true']\")"
            ))
            .await;
    }
    browser
        .until("document.querySelector('#shift').textContent === ''")
        .await;
    browser.click(".steps [data-hours='24']").await;
    browser
        .until("document.querySelector('#shift').textContent.includes('1\u{a0}дн')")
        .await;
}

/// A picture of the chat alone, as a phone shows it, with a message of it in sight. Nothing sticks out on the right.
async fn picture_of_chat(browser: &Browser, name: &str, message: &str) {
    browser.narrow().await;
    browser
        .until("document.documentElement.scrollWidth <= innerWidth")
        .await;
    let message = format!("document.querySelector('#log > {message}')");
    browser
        .ask(&format!("{message}.scrollIntoView({{block: 'end'}})"))
        .await;
    browser.picture(name).await;
    browser.wide().await;
}
