//! From `/add` to the alert, and through silence and restarts.

use super::house::{House, PERIOD, add, is_alert};
use std::time::Duration;

/// Beside the period, an alert may take so long on a shared machine; the promise itself is for the bench.
const SLACK: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_person_hears_of_a_talon_once() {
    let house = House::new().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    let whom = house.star();
    anna.say("/start");
    anna.answer().await.unwrap();
    add(&anna, &whom).await;

    // A talon opens: exactly one alert, naming doctor, date, time, link.
    let start = house.city.wall(2, 9, 40);
    anna.look_away();
    house.open(&whom, start);
    let alert = anna
        .with_patience(PERIOD + SLACK)
        .wait_for(is_alert)
        .await
        .unwrap();
    let surname = whom.name.as_deref().unwrap().split(' ').next().unwrap();
    for part in [surname, "09:40", &whom.clinic, "проверено в"] {
        assert!(alert.text.contains(part), "no «{part}» in {}", alert.text);
    }
    assert!(
        alert.text.lines().next().unwrap().contains("09:40"),
        "{}",
        alert.text
    );
    assert!(alert.links()[0].starts_with("https://gorzdrav.spb.ru/service-free-schedule#"));
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 1);

    // Silence.
    anna.say("/off");
    anna.answer().await.unwrap();
    let later = house.city.wall(3, 11, 20);
    house.open(&whom, later);
    house.settle().await;
    assert_eq!(house.n_told(&anna, "11:20"), 0);

    // On again: told what is free.
    anna.say("/on");
    anna.wait_for(|message| is_alert(message) && message.text.contains("09:40"))
        .await
        .unwrap();
    anna.wait_for(|message| is_alert(message) && message.text.contains("11:20"))
        .await
        .unwrap();

    // A restart of both repeats nothing and loses nothing.
    let n_told = house.n_told(&anna, "09:40");
    tokio::join!(bot.stop(), pinger.stop());
    house.open(&whom, house.city.wall(4, 12, 30));
    anna.look_away();
    let (bot, pinger) = house.both().await;
    anna.wait_for(|message| is_alert(message) && message.text.contains("12:30"))
        .await
        .unwrap();
    house.settle().await;
    assert_eq!(house.n_told(&anna, "12:30"), 1);
    assert_eq!(house.n_told(&anna, "09:40"), n_told);

    // A second person on the same doctor is told what is free at once.
    let boris = house.telegram.person("Борис", "ru");
    boris.say("/start");
    boris.answer().await.unwrap();
    add(&boris, &whom).await;
    let alert = boris.wait_for(is_alert).await.unwrap();
    for time in ["09:40", "11:20", "12:30"] {
        assert!(alert.text.contains(time), "no {time} in {}", alert.text);
    }
    tokio::join!(bot.stop(), pinger.stop());
}
