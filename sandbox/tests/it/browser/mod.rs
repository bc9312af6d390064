//! The page in a real browser. With `PICTURES` naming a folder, the pictures of the README are kept there.

mod driver;

use driver::Browser;
use sandbox::telegram::Limits;
use sandbox::{Options, Programs, Web, World};
use thirtyfour::prelude::*;

/// A world with its page and the real programs behind it.
struct Show {
    _world: World,
    web: Web,
    programs: Programs,
}

impl Show {
    async fn start() -> Self {
        let options = Options {
            limits: Limits::unhurried(),
            ..Options::default()
        };
        let city = sandbox::City::invented().unwrap();
        let world = World::start(city, options).await.unwrap();
        let web = Web::start(&world, Some("127.0.0.1:0".parse().unwrap()))
            .await
            .unwrap();
        let programs = web.programs().unwrap();
        Self {
            _world: world,
            web,
            programs,
        }
    }
}

#[tokio::test]
#[ignore = "needs chromium and chromedriver"]
async fn a_person_waits_for_a_doctor_in_the_page() {
    let show = Show::start().await;
    let browser = Browser::open(&show.web.url(), 1360, 860).await;
    browser.darken(false).await;

    browser.see("#start").await.click().await.unwrap();
    browser.key("Добавить врача").await;
    phone(&browser, "greeting").await;

    // One press of the way by the keyboard alone.
    browser
        .key("Добавить врача")
        .await
        .send_keys(Key::Enter)
        .await
        .unwrap();
    for text in ["Приморский", "ГП №287", "Офтальмолог"] {
        browser.press(text).await;
    }
    browser.key("Дроздова").await;
    phone(&browser, "menu").await;
    browser.press("Дроздова").await;
    browser.bubble(&["Готово", "Дроздова"]).await;
    browser.see("#watched b").await;
    phone(&browser, "card").await;

    browser
        .see("#search")
        .await
        .send_keys("Дроздова")
        .await
        .unwrap();
    browser
        .see(".doctor [aria-label^='Открыть талон: Дроздова']")
        .await
        .click()
        .await
        .unwrap();
    browser.bubble(&["Дроздова", "10:20"]).await;
    browser.see("#learned .appeared").await;
    browser.picture("overview").await;
    browser.darken(true).await;
    browser.picture("overview-dark").await;
    browser.darken(false).await;
    phone(&browser, "alert").await;

    browser
        .see(".doctor .time[aria-label^='Занять']")
        .await
        .click()
        .await
        .unwrap();
    browser.until("return [...document.querySelectorAll('#log s')].some((s) => s.textContent.includes('10:20'))").await;
    phone(&browser, "taken").await;
    browser.resize(390, 844, 2.0).await;
    browser.darken(true).await;
    browser.picture("taken-dark").await;

    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.driver.clone().quit().await.unwrap();
    show.programs.stop().await.unwrap();
}

/// A picture of the chat alone, as a phone shows it.
async fn phone(browser: &Browser, name: &str) {
    browser.resize(390, 700, 2.0).await;
    browser
        .until("return document.documentElement.scrollWidth <= innerWidth")
        .await;
    browser.picture(name).await;
    browser.resize(1360, 860, 1.0).await;
}
