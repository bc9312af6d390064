//! Presses nobody was shown: whatever number one person puts into them, nothing of another is touched.

use super::house::{add, is_alert};
use super::talk::{calm_house, check_says, say, store};

/// What buttons say of a watch, a booking, an alert or a message to all, but for its number `#`.
const FORGED: [&str; 35] = [
    "w.#.n",
    "w.#.p",
    "w.#.r",
    "w.#.d",
    "w.#.u",
    "w.#.s",
    "w.#.w",
    "e.#.c",
    "e.#.Wd",
    "e.#.F20300101",
    "e.#.T20300101",
    "e.#.D1",
    "e.#.Pw",
    "e.#.H0-8-12",
    "e.#.E1-8-12",
    "e.#.N60",
    "v.r.#",
    "v.p.#.0",
    "v.t.#.0",
    "v.t.#.1",
    "v.o.#",
    "v.x.#",
    "v.s.#",
    "v.l.#",
    "v.g.#",
    "v.w.#",
    "v.q.#",
    "y.a.#",
    "y.s.#",
    "y.w.#",
    "y.t.#",
    "y.b.#",
    "y.x.#",
    "f.#.1",
    "m.#.1.1.i0",
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_person_is_touched() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let (anna, mallory) = (
        house.telegram.person("Анна", "ru"),
        house.telegram.person("Мэллори", "ru"),
    );
    let whom = house.star();
    house.open(&whom, house.city.wall(2, 9, 40));
    say(&anna, "/start").await;
    add(&anna, &whom).await;
    let alert = anna.wait_for(is_alert).await.unwrap();
    anna.press_on(alert.id, "Я записался").unwrap();
    anna.press("09:40").await.unwrap();
    anna.wait_for_text("Вы записаны").await.unwrap();
    pinger.stop().await;
    let store = store(&house).await;
    let before = store.export(anna.chat()).await.unwrap();
    for part in ["bookings", "watches", "reminders"] {
        assert!(before.to_string().contains(part), "{before}");
    }

    let hello = say(&mallory, "/start").await;
    // Small numbers are Anna's watch and booking; the others are her messages and herself.
    let numbers = (0..6).chain([alert.id, anna.chat()]);
    for number in numbers {
        let mut presses = Vec::new();
        for data in FORGED {
            let data = data.replace('#', &number.to_string());
            presses.push(mallory.press_data(hello.id, &data));
        }
        for press in &presses {
            mallory.toast(press).await.unwrap();
        }
        // What it led to, if anything, is over: what a chat says is served in its order.
        say(&mallory, "/help").await;
        mallory.wait_for_text("Как я работаю").await.unwrap();
    }
    let after = store.export(anna.chat()).await.unwrap();
    assert_eq!(before.to_string(), after.to_string());
    check_says(&say(&anna, "/list").await, &["1 пункт", "Дроздова"]);
    bot.stop().await;
}
