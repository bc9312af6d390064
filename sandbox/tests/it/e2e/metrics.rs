//! What an operator reads from each program's own address.

use super::house::{House, add, is_alert};
use sandbox::Binary;
use std::collections::BTreeMap;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Where a program serves, as its log says.
async fn address(program: &Binary) -> String {
    program.says("serving /metrics", LONG).await.unwrap();
    let said = program.said();
    let line = said.lines().find(|line| line.contains("serving /metrics"));
    let address = line.and_then(|line| line.split("address=").nth(1));
    let address = address.and_then(|rest| rest.split_whitespace().next());
    address.expect("the line names it").to_owned()
}

async fn get(address: &str, path: &str) -> String {
    let url = format!("http://{address}{path}");
    let answer = reqwest::get(url).await.unwrap().error_for_status().unwrap();
    answer.text().await.unwrap()
}

/// Values by name with labels: `talon_alerts_total{outcome="told"}`.
async fn metrics(address: &str) -> BTreeMap<String, f64> {
    let text = get(address, "/metrics").await;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let values = lines.filter_map(|line| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    values.collect()
}

/// Until what is measured every few seconds was measured.
async fn metrics_with(address: &str, name: &str) -> BTreeMap<String, f64> {
    let found = tokio::time::timeout(LONG, async {
        loop {
            let values = metrics(address).await;
            if values.contains_key(name) {
                return values;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    found
        .await
        .unwrap_or_else(|_| panic!("{name} was never measured"))
}

#[tokio::test]
async fn an_operator_reads_how_it_goes() {
    let house = House::new().await;
    let house = house
        .with("BOT_METRICS_ADDR", "127.0.0.1:0")
        .with("PINGER_METRICS_ADDR", "127.0.0.1:0");
    let start = async |name| {
        let folder = house.folder.path();
        Binary::start(name, &house.settings(), folder)
            .await
            .unwrap()
    };
    let (bot, pinger) = tokio::join!(start("bot"), start("pinger"));
    let (of_bot, of_pinger) = (address(&bot).await, address(&pinger).await);
    let person = house.telegram.person("Анна", "ru").with_patience(LONG);
    person.say("/start");
    person.answer().await.unwrap();
    let star = house.star();
    add(&person, &star).await;
    house.settle().await;
    house.open(&star, house.city.wall(3, 9, 40));
    person.wait_for(is_alert).await.unwrap();

    let looking = metrics_with(&of_pinger, "talon_budget_used_ratio").await;
    let value = |values: &BTreeMap<String, f64>, name: &str| {
        let found = values.get(name).copied();
        found.unwrap_or_else(|| panic!("no {name} in {values:#?}"))
    };
    let requests = "talon_portal_requests_total{endpoint=\"slots\",result=\"answered\"}";
    let readings = "talon_readings_total{what=\"look\",outcome=\"good\"}";
    for name in [requests, readings, "talon_slots_opened_total"] {
        assert!(value(&looking, name) >= 1.0, "{name}");
    }
    assert!((0.0..=1.0).contains(&value(&looking, "talon_budget_used_ratio")));
    assert!((0.0..60.0).contains(&value(&looking, "talon_good_reading_age_seconds")));
    for name in [
        "talon_readings_due",
        "talon_readings_late",
        "talon_learned_departments",
    ] {
        assert!(value(&looking, name) >= 0.0, "{name}");
    }
    let telling = metrics_with(&of_bot, "talon_alert_wait_seconds_count").await;
    assert_eq!(value(&telling, "talon_alerts_total{outcome=\"told\"}"), 3.0);
    assert_eq!(value(&telling, "talon_alert_wait_seconds_count"), 3.0);
    assert!(
        !telling.contains_key("talon_alerts_late_total"),
        "{telling:#?}"
    );
    assert_eq!(value(&telling, "talon_people_pending"), 0.0);
    assert_eq!(get(&of_bot, "/healthz").await, "ok\n");
    assert_eq!(get(&of_pinger, "/healthz").await, "ok\n");
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
}
