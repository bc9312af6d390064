//! The buttons under an alert, and the visit a person booked: picture, calendar file, reminders.

use super::house::{House, Running, add, is_alert};
use super::talk::calm_house;
use chrono::{DateTime, TimeDelta, Utc};
use icalendar::{CalendarComponent, Component as _};
use sandbox::Person;
use sandbox::city::Whom;
use sandbox::telegram::{Calls, Message, Trouble};
use shared::ids::{Department, Target};
use shared::store::{NewBooking, Program, ReminderKind, Store, Visit};

/// A house where Anna was just told of talons at 09:40, 10:20 and 11:00.
struct Told {
    house: House,
    bot: Running,
    pinger: Running,
    anna: Person,
    whom: Whom,
    alert: Message,
}

impl Told {
    async fn of(language: &str) -> Self {
        let house = House::new().await;
        let (bot, pinger) = house.both().await;
        let anna = house.telegram.person("Анна", language);
        let whom = house.star();
        for (day, hour, minute) in [(2, 9, 40), (2, 10, 20), (3, 11, 0)] {
            house.open(&whom, house.city.wall(day, hour, minute));
        }
        anna.say("/start");
        anna.answer().await.unwrap();
        if language == "en" {
            anna.press("English").await.unwrap();
            anna.wait_for_text("Hello").await.unwrap();
            anna.say("/add");
            for text in [&whom.district, &whom.clinic, &whom.specialty] {
                anna.press(text).await.unwrap();
            }
            anna.press(whom.name.as_deref().unwrap()).await.unwrap();
        } else {
            add(&anna, &whom).await;
        }
        let alert = anna.wait_for(is_alert).await.unwrap();
        assert!(alert.text.contains("09:40"), "{}", alert.text);
        Self {
            house,
            bot,
            pinger,
            anna,
            whom,
            alert,
        }
    }

    fn press(&self, text: &str) {
        self.anna.press_on(self.alert.id, text).unwrap();
    }

    async fn end(self) {
        tokio::join!(self.bot.stop(), self.pinger.stop());
    }

    async fn store(&self) -> Store {
        store(&self.house).await
    }
}

async fn store(house: &House) -> Store {
    let path = house.folder.path().join("talon.db");
    Store::open(&path, Program::Bot).await.unwrap()
}

/// The bytes of a file, and whether it is a photo.
fn file(message: &Message) -> Option<(bool, Vec<u8>)> {
    let file = message.attachment.as_ref()?;
    Some((file.is_photo, file.bytes.to_vec()))
}

fn png_size(bytes: &[u8]) -> (u32, u32) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_offers_all_times_and_a_picture() {
    let told = Told::of("ru").await;
    assert_eq!(
        told.alert.button_texts(),
        [
            "Записаться на портале",
            "🕒 Все времена",
            "🖼 Картинка",
            "✅ Я записался",
            "🌙 Пауза до завтра",
            "✏️ Изменить",
        ]
    );
    told.press("Все времена");
    let all = told
        .anna
        .wait_for_text("Все свободные талоны")
        .await
        .unwrap();
    for part in ["09:40 · 10:20", "11:00", "проверено в", &told.whom.clinic] {
        assert!(all.text.contains(part), "no «{part}» in {}", all.text);
    }
    told.press("Картинка");
    let photo = told
        .anna
        .wait_for(|message| message.attachment.is_some())
        .await
        .unwrap();
    let (is_photo, bytes) = file(&photo).unwrap();
    assert!(is_photo);
    let (width, height) = png_size(&bytes);
    assert!(
        width == 960 && (600..1_100).contains(&height),
        "{width}x{height}"
    );
    told.press("Изменить");
    let card = told.anna.answer().await.unwrap();
    assert!(
        card.button("Дни недели").is_some(),
        "{:?}",
        card.button_texts()
    );
    // The alert itself is as it was.
    let alert = told.anna.message(told.alert.id).unwrap();
    assert_eq!(alert.text, told.alert.text);
    told.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_of_two_watches_asks_which_to_change() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    let (one, other) = (house.star(), house.city.doctor_named("Скворцов").unwrap());
    add(&anna, &one).await;
    add(&anna, &other).await;
    // Both doctors are in one message when it could not be sent until both were read.
    let calls = Calls::of("sendMessage").in_chat(anna.chat());
    let trouble = house
        .telegram
        .trouble(calls, Trouble::Refuse(500, "Internal Server Error".into()));
    house.open(&one, house.city.wall(4, 12, 0));
    house.open(&other, house.city.wall(4, 12, 20));
    house.settle().await;
    anna.look_away();
    house.telegram.clear(trouble);
    let both = |message: &Message| {
        is_alert(message) && message.text.contains("12:00") && message.text.contains("12:20")
    };
    let alert = anna.wait_for(both).await.unwrap();
    anna.press_on(alert.id, "Изменить").unwrap();
    let choice = anna.wait_for_text("Для какого врача").await.unwrap();
    anna.press_on(choice.id, "Скворцов").unwrap();
    let card = anna
        .wait_for(|message| message.button("Дни недели").is_some())
        .await
        .unwrap();
    assert_eq!(card.id, choice.id);
    assert!(card.text.contains("Скворцов"), "{}", card.text);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_till_tomorrow_is_silent_until_it_is_ended() {
    let told = Told::of("ru").await;
    told.press("Пауза до завтра");
    let paused = told.anna.wait_for_text("Об этом молчу").await.unwrap();
    assert!(
        paused.text.contains("до 08:00 завтрашнего дня"),
        "{}",
        paused.text
    );
    told.house.open(&told.whom, told.house.city.wall(4, 12, 30));
    told.house.settle().await;
    assert_eq!(told.house.n_told(&told.anna, "12:30"), 0);
    told.anna.press_on(paused.id, "Следить снова").unwrap();
    told.anna
        .wait_for(|message| is_alert(message) && message.text.contains("12:30"))
        .await
        .unwrap();
    told.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booked_visit_comes_as_a_calendar_file_with_reminders() {
    let told = Told::of("ru").await;
    told.press("Я записался");
    let which = told.anna.wait_for_text("На какое время").await.unwrap();
    let times = which.button_texts();
    assert_eq!(times.len(), 5, "{times:?}");
    assert!(times[1].contains("10:20"), "{times:?}");
    // Booked: the talon has left the portal, and the booking still knows all of it.
    told.house.take(&told.whom, told.house.city.wall(2, 10, 20));
    // In a hurry, twice.
    let press = told.anna.press_on(which.id, "10:20").unwrap();
    told.anna.press_data(which.id, &press.data);
    told.anna.toast(&press).await.unwrap();
    let booked = told.anna.wait_for_text("Вы записаны").await.unwrap();
    assert_eq!(booked.id, which.id, "the question becomes the answer");
    for part in [
        "10:20",
        &told.whom.clinic,
        "📍",
        "📞",
        "Напомню",
        "в 19:00",
        "в 08:20",
    ] {
        assert!(booked.text.contains(part), "no «{part}» in {}", booked.text);
    }
    let document = told
        .anna
        .wait_for(|message| message.attachment.is_some())
        .await
        .unwrap();
    let (is_photo, bytes) = file(&document).unwrap();
    assert!(!is_photo);
    let name = document.attachment.unwrap().file_name.unwrap();
    assert!(name.ends_with(".ics"), "{name}");
    let calendar: icalendar::Calendar = String::from_utf8(bytes).unwrap().parse().unwrap();
    let CalendarComponent::Event(event) = &calendar.components[0] else {
        panic!("no event in {calendar:?}");
    };
    let start = told
        .house
        .city
        .wall(2, 10, 20)
        .format("%Y%m%dT%H%M%SZ")
        .to_string();
    assert_eq!(event.property_value("DTSTART"), Some(start.as_str()));
    let location = event.property_value("LOCATION").unwrap();
    assert!(location.contains(&told.whom.clinic), "{location}");
    assert!(
        event
            .property_value("UID")
            .is_some_and(|uid| uid.contains('@'))
    );
    assert!(!format!("{calendar:?}").contains(&told.anna.user().id.to_string()));

    // It looks for something sooner from now on: what is free sooner is said at once, and only such is told.
    told.anna.press_on(booked.id, "Искать раньше").unwrap();
    let sooner = told.anna.wait_for_text("Ищу талон раньше").await.unwrap();
    assert!(
        sooner.text.contains("Сейчас такой есть один") && sooner.text.contains("09:40"),
        "{}",
        sooner.text
    );
    told.house.open(&told.whom, told.house.city.wall(5, 15, 15));
    told.house.open(&told.whom, told.house.city.wall(1, 8, 10));
    told.anna
        .wait_for(|message| is_alert(message) && message.text.contains("08:10"))
        .await
        .unwrap();
    told.house.settle().await;
    assert_eq!(told.house.n_told(&told.anna, "15:15"), 0);
    assert_eq!(told.house.n_told(&told.anna, "09:40"), 1, "listed is told");

    // And stops for good.
    told.anna.press_on(booked.id, "Больше не следить").unwrap();
    told.anna.wait_for_text("больше не пишу").await.unwrap();
    told.anna
        .press_on(booked.id, "Отменить напоминания")
        .unwrap();
    let quiet = told
        .anna
        .wait_for_text("Напоминаний не будет")
        .await
        .unwrap();
    assert_eq!(quiet.button_texts(), ["▶ Следить снова"]);
    let messages = told.anna.messages();
    let files = messages
        .iter()
        .filter(|message| message.attachment.is_some());
    assert_eq!(files.count(), 1, "two quick presses are one");
    told.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_time_only_asks_what_next() {
    let told = Told::of("ru").await;
    told.press("Я записался");
    told.anna.press("Другое время").await.unwrap();
    told.anna.wait_for_text("запоминать не буду").await.unwrap();
    told.anna.press("Больше не следить").await.unwrap();
    told.anna.wait_for_text("больше не пишу").await.unwrap();
    told.house.open(&told.whom, told.house.city.wall(4, 12, 30));
    told.house.settle().await;
    assert_eq!(told.house.n_told(&told.anna, "12:30"), 0);
    told.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_all_works_in_english() {
    let told = Told::of("en").await;
    told.press("All times");
    told.anna
        .wait_for_text("All available times")
        .await
        .unwrap();
    told.press("Picture");
    told.anna
        .wait_for(|message| message.attachment.is_some())
        .await
        .unwrap();
    told.press("I booked");
    told.anna.press("09:40").await.unwrap();
    let booked = told.anna.wait_for_text("You are booked").await.unwrap();
    assert!(
        booked.text.contains("Reminders will come"),
        "{}",
        booked.text
    );
    told.anna.press("Look for a sooner one").await.unwrap();
    told.anna
        .wait_for_text("There is none right now")
        .await
        .unwrap();
    told.anna.press("Cancel the reminders").await.unwrap();
    told.anna
        .wait_for_text("No reminders will come")
        .await
        .unwrap();
    told.press("Pause till tomorrow");
    told.anna.wait_for_text("Silent about this").await.unwrap();
    told.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_press_touches_nothing() {
    let told = Told::of("ru").await;
    told.press("Я записался");
    told.anna.press("09:40").await.unwrap();
    let booked = told.anna.wait_for_text("Вы записаны").await.unwrap();
    let quiet = booked.button("Отменить напоминания").unwrap();
    let sandbox::telegram::Action::Callback(data) = quiet.action.clone() else {
        panic!("{quiet:?}");
    };
    let boris = told.house.telegram.person("Борис", "ru");
    boris.say("/start");
    let hello = boris.answer().await.unwrap();
    boris.press_data(hello.id, &data);
    boris.wait_for_text("устарел").await.unwrap();
    let own = told.store().await;
    let anna = own.person(told.anna.chat()).await.unwrap().unwrap();
    let booking = shared::ids::BookingId(data.rsplit('.').next().unwrap().parse().unwrap());
    let kept = own.booking(anna.id, booking).await.unwrap().unwrap();
    assert_eq!(kept.reminders.len(), 2);
    told.end().await;
}

/// Keeps a booking of this person by the store, as a bot that stopped since had done.
async fn book(
    house: &House,
    chat: i64,
    start: DateTime<Utc>,
    due: &[(ReminderKind, DateTime<Utc>)],
) {
    let store = store(house).await;
    let whom = house.star();
    let now = Utc::now();
    let person = store
        .meet(chat, None, shared::store::Lang::Ru, now)
        .await
        .unwrap();
    let department = Department {
        lpu: whom.doctor.lpu,
        specialty: whom.department.specialty.clone(),
    };
    let visit = Visit {
        target: Target {
            department,
            doctor: Some(whom.doctor.doctor.clone()),
        },
        place: shared::store::Place::default(),
        start,
        end: start,
        room: Some("435".into()),
        address: Some("Запасной пр., д. 1".into()),
    };
    let new = NewBooking {
        person: person.id,
        watch: None,
        visit,
        reminders: due.to_vec(),
    };
    store.book(new, now).await.unwrap();
}

fn is_reminder(message: &Message) -> bool {
    message.text.contains("Приём:")
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_come_late_rather_than_never_and_once() {
    let house = House::new().await;
    let anna = house.telegram.person("Анна", "ru");
    let late = house.telegram.person("Лев", "ru");
    let off = house.telegram.person("Ольга", "ru");
    let forgotten = house.telegram.person("Фёдор", "ru");
    let begun = house.telegram.person("Борис", "ru");
    let bot = house.bot().await;
    for person in [&anna, &late, &off, &forgotten, &begun] {
        person.say("/start");
        person.answer().await.unwrap();
    }
    off.say("/off");
    off.answer().await.unwrap();
    bot.stop().await;
    let now = Utc::now();
    let hour = TimeDelta::hours(1);
    let evening = (ReminderKind::Evening, now - hour);
    // Tomorrow: the evening one is due, the other ahead.
    let start = now + TimeDelta::hours(20);
    let two = [evening, (ReminderKind::Soon, start - hour * 2)];
    book(&house, anna.chat(), start, &two).await;
    book(&house, off.chat(), start, &two).await;
    book(&house, forgotten.chat(), start, &two).await;
    // Both are late: one message for the two.
    let both = [
        (ReminderKind::Evening, now - hour * 15),
        (ReminderKind::Soon, now - hour),
    ];
    book(&house, late.chat(), now + hour, &both).await;
    book(&house, begun.chat(), now - hour, &both).await;
    {
        let store = store(&house).await;
        store.forget_person(forgotten.chat()).await.unwrap();
    }
    for person in [&anna, &late, &off, &forgotten, &begun] {
        person.look_away();
    }
    let bot = house.bot().await;
    let told = anna.wait_for(is_reminder).await.unwrap();
    for part in ["Кабинет: 435", "Запасной пр., д. 1", "🏥"] {
        assert!(told.text.contains(part), "no «{part}» in {}", told.text);
    }
    off.wait_for(is_reminder).await.unwrap();
    let told_late = late.wait_for(is_reminder).await.unwrap();
    assert!(told_late.keyboard.is_empty(), "nothing is left to cancel");
    // A restart repeats nothing.
    bot.stop().await;
    let bot = house.bot().await;
    anna.press("Отменить напоминания").await.unwrap();
    anna.wait_for_text("Напоминаний не будет").await.unwrap();
    bot.stop().await;
    for (person, want) in [
        (&anna, 0),
        (&late, 1),
        (&off, 1),
        (&forgotten, 0),
        (&begun, 0),
    ] {
        let all = person.messages();
        let n = all.iter().filter(|message| is_reminder(message)).count();
        assert_eq!(n, want, "{}", person.user().name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_survives_telegrams_troubles() {
    let house = House::new().await;
    let anna = house.telegram.person("Анна", "ru");
    let boris = house.telegram.person("Борис", "ru");
    let bot = house.bot().await;
    for person in [&anna, &boris] {
        person.say("/start");
        person.answer().await.unwrap();
    }
    bot.stop().await;
    let now = Utc::now();
    let due = [(ReminderKind::Evening, now - TimeDelta::hours(1))];
    let start = now + TimeDelta::hours(20);
    book(&house, anna.chat(), start, &due).await;
    book(&house, boris.chat(), start, &due).await;
    boris.block();
    let calls = sandbox::telegram::Calls::of("sendMessage").in_chat(anna.chat());
    house
        .telegram
        .trouble_times(calls, sandbox::telegram::Trouble::TooMany(Some(1)), 1);
    let bot = house.bot().await;
    anna.wait_for(is_reminder).await.unwrap();
    bot.stop().await;
    // The one who blocked the bot is told when they are back: it is still in time.
    boris.look_away();
    let bot = house.bot().await;
    boris.say("/start");
    boris
        .with_patience(std::time::Duration::from_secs(20))
        .wait_for(is_reminder)
        .await
        .unwrap();
    bot.stop().await;
}
