//! Living with the list: doctors who vanish, weeks, groups, export, operators, floods.

use super::house::{House, add, is_alert};
use super::talk::{calm_house, check_says, n_messages, newest, say, store, tap};
use chrono::{DateTime, TimeDelta, Utc};
use sandbox::Person;
use sandbox::city::Whom;
use sandbox::telegram::Role;
use shared::catalogue::{Counters, Doctor};
use shared::ids::{DoctorId, PersonId, SlotId, Target, WatchId};
use shared::slot::Slot;
use shared::store::{AddOutcome, Lang, ListLook, Look, NewWatch, Store};
use shared::wish::Wish;
use std::time::Duration;

/// A watch for this doctor, made days ago, by whoever talks in this chat.
async fn watched(store: &Store, chat: i64, whom: &Whom) -> (PersonId, WatchId) {
    let long_ago = Utc::now() - TimeDelta::hours(200);
    let person = store.meet(chat, None, Lang::Ru, long_ago).await.unwrap();
    let target = Target {
        department: whom.department.clone(),
        doctor: Some(whom.doctor.doctor.clone()),
    };
    let new = NewWatch {
        person: person.id,
        targets: vec![target],
        areas: Vec::new(),
        wish: Wish::default(),
    };
    let limits = shared::store::Limits {
        watches: 20,
        targets: 30,
    };
    match store.add_watch(new, limits, long_ago).await.unwrap() {
        AddOutcome::Added(watch) => (person.id, watch),
        other => panic!("{other:?}"),
    }
}

/// A good list, so many hours ago, with these ids for doctors named so.
async fn listed(store: &Store, whom: &Whom, hours: i64, doctors: &[(&str, &str)]) {
    let at = Utc::now() - TimeDelta::hours(hours);
    let doctors = doctors.iter().map(|(id, name)| Doctor {
        id: DoctorId::from(*id),
        name: Some((*name).to_owned()),
        area: None,
        comment: None,
        counters: Counters::default(),
    });
    let look = ListLook {
        department: whom.department.clone(),
        begun_at: at,
        outcome: Ok(Some(doctors.collect())),
    };
    store.record_list(look, at).await.unwrap();
}

/// A good look at this doctor, so many minutes ago, with talons at these times.
async fn looked(store: &Store, whom: &Whom, minutes: i64, starts: &[DateTime<Utc>]) {
    let at = Utc::now() - TimeDelta::minutes(minutes);
    let slots = starts.iter().map(|&start| Slot {
        start,
        end: start,
        id: SlotId::from("1"),
        room: None,
        address: None,
        number: None,
        n_places: 1,
    });
    let look = Look {
        doctor: whom.doctor.clone(),
        begun_at: at,
        outcome: Ok(slots.collect()),
    };
    store.record_look(look, at).await.unwrap();
}

const OTHER: (&str, &str) = ("other", "Зимин Олег Ильич");

fn surname(whom: &Whom) -> &str {
    whom.name.as_deref().unwrap().split(' ').next().unwrap()
}

/// The doctor vanished long enough ago.
async fn vanished(store: &Store, whom: &Whom) {
    let known = (whom.doctor.doctor.0.as_str(), whom.name.as_deref().unwrap());
    listed(store, whom, 50, &[known, OTHER]).await;
    for hours in [40, 20, 1] {
        listed(store, whom, hours, &[OTHER]).await;
    }
}

/// Targets of a watch: the doctors' ids.
async fn doctors(store: &Store, person: PersonId, watch: WatchId) -> Vec<Option<String>> {
    let card = store.watch(person, watch, Utc::now()).await.unwrap();
    let targets = card.unwrap().targets.into_iter();
    targets
        .map(|state| state.target.doctor.map(|doctor| doctor.0))
        .collect()
}

/// People who have written to the bot before it runs.
fn people<const N: usize>(house: &House, names: [&str; N]) -> [Person; N] {
    names.map(|name| {
        let person = house.telegram.person(name, "ru");
        person.say("/help");
        person
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_doctor_is_told_once_to_whoever_listens_and_widened_in_one_tap() {
    let house = calm_house().await;
    let store = store(&house).await;
    let whom = house.star();
    let [anna, boris] = people(&house, ["Анна", "Борис"]);
    // Anna is off and was met first: she would be told before him.
    let (silent, _) = watched(&store, anna.chat(), &whom).await;
    let (person, watch) = watched(&store, boris.chat(), &whom).await;
    store.switch_off(silent, Utc::now()).await.unwrap();
    vanished(&store, &whom).await;

    let bot = house.bot().await;
    let surname = surname(&whom);
    let told = boris.wait_for_text("нет в списке").await.unwrap();
    check_says(&told, &[surname]);
    boris.press("Любой врач специальности").await.unwrap();
    let told = boris.wait_for_text("жду любого врача").await.unwrap();
    check_says(&told, &[surname]);
    assert!(told.button("Любой врач специальности").is_none());
    assert_eq!(doctors(&store, person, watch).await, [None]);
    assert_eq!(store.people_with_facts(Utc::now()).await.unwrap(), []);
    bot.stop().await;

    let told = |person: &Person| {
        let messages = person.messages().into_iter();
        messages
            .filter(|message| message.text.contains("нет в списке"))
            .count()
    };
    assert_eq!((told(&anna), told(&boris)), (0, 1));

    // A restart repeats nothing; switched on she hears it, for it is still true.
    listed(&store, &whom, 0, &[OTHER]).await;
    let bot = house.bot().await;
    say(&boris, "/help").await;
    assert_eq!(told(&boris), 1);
    bot.stop().await;
    let before = Utc::now() - TimeDelta::minutes(1);
    store.switch_on(silent, before).await.unwrap();
    listed(&store, &whom, 0, &[OTHER]).await;
    let bot = house.bot().await;
    anna.wait_for_text("нет в списке").await.unwrap();
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_is_followed_in_one_tap_and_a_return_is_told() {
    let house = calm_house().await;
    let store = store(&house).await;
    let whom = house.star();
    let [anna] = people(&house, ["Анна"]);
    let (person, watch) = watched(&store, anna.chat(), &whom).await;
    let name = whom.name.as_deref().unwrap();
    let old = whom.doctor.doctor.0.as_str();
    listed(&store, &whom, 3, &[(old, name), OTHER]).await;
    listed(&store, &whom, 1, &[("new", &name.to_uppercase()), OTHER]).await;
    let bot = house.bot().await;
    anna.wait_for_text("другой номер").await.unwrap();
    bot.stop().await;

    listed(&store, &whom, 0, &[(old, name), OTHER]).await;
    let bot = house.bot().await;
    let told = anna.wait_for_text("снова в списке").await.unwrap();
    assert!(told.button_texts().is_empty());
    bot.stop().await;

    listed(&store, &whom, 0, &[("new", name), OTHER]).await;
    let bot = house.bot().await;
    anna.look_away();
    anna.wait_for_text("другой номер").await.unwrap();
    tap(&anna, "Следить за новым номером").await;
    anna.wait_for_text("Слежу за новым номером").await.unwrap();
    assert_eq!(
        doctors(&store, person, watch).await,
        [Some("new".to_owned())]
    );
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_offers_any_doctor_for_one_who_is_gone() {
    let house = calm_house().await;
    let store = store(&house).await;
    let whom = house.star();
    let [anna] = people(&house, ["Анна"]);
    let (person, watch) = watched(&store, anna.chat(), &whom).await;
    store.pause_watch(watch, None).await.unwrap();
    vanished(&store, &whom).await;
    let bot = house.bot().await;
    anna.wait_for_text("Как я работаю").await.unwrap();
    say(&anna, "/list").await;
    let list = tap(&anna, "Любой врач специальности").await;
    check_says(&list, &["жду любого врача", "любой врач"]);
    assert!(list.button("Любой врач специальности").is_none());
    assert_eq!(doctors(&store, person, watch).await, [None]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_week_each_watch_says_how_it_went() {
    let house = calm_house().await.with_week_ending_now();
    let store = store(&house).await;
    let whom = house.star();
    let [anna, boris] = people(&house, ["Анна", "Борис"]);
    let (person, watch) = watched(&store, anna.chat(), &whom).await;
    let known = (whom.doctor.doctor.0.as_str(), whom.name.as_deref().unwrap());
    listed(&store, &whom, 51, &[known]).await;
    let start = house.city.wall(9, 9, 40);
    for (minutes, slots) in [
        (3004, vec![]),
        (3003, vec![start]),
        (3002, vec![]),
        (3001, vec![]),
    ] {
        looked(&store, &whom, minutes, &slots).await;
    }
    let bot = house.bot().await;
    let week = anna.wait_for_text("Как прошла неделя").await.unwrap();
    check_says(&week, &[surname(&whom), "4 раза", "1 талон", "держится"]);
    bot.stop().await;
    // Once: people are told in their order, and whoever is next has been.
    watched(&store, boris.chat(), &whom).await;
    let bot = house.bot().await;
    let foreign = boris.wait_for_text("Как прошла неделя").await.unwrap();
    let weeks = anna.messages().into_iter();
    let weeks = weeks.filter(|message| message.text.contains("Как прошла неделя"));
    assert_eq!(weeks.count(), 1);
    boris.press_data(foreign.id, &format!("y.s.{watch}"));
    boris.wait_for_text("устарел").await.unwrap();
    anna.press_on(week.id, "Любой врач").unwrap();
    anna.wait_for_text("жду любого врача").await.unwrap();
    assert_eq!(doctors(&store, person, watch).await, [None]);
    anna.press_data(week.id, "y.k");
    anna.wait_for_text("всё по-прежнему").await.unwrap();
    anna.press_data(week.id, &format!("y.s.{watch}"));
    anna.wait_for_text("Больше не жду").await.unwrap();
    check_says(&say(&anna, "/list").await, &["пуст"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_kept_is_exported_and_forgotten() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    check_says(&say(&anna, "/export").await, &["ничего не храню"]);
    add(&anna, &house.star()).await;
    let sent = say(&anna, "/export").await;
    let file = sent.attachment.as_ref().unwrap();
    assert_eq!(file.file_name.as_deref(), Some("talons.json"));
    let kept: serde_json::Value = serde_json::from_slice(&file.bytes).unwrap();
    assert_eq!(kept["kept"]["people"][0]["chat_id"], anna.chat());
    assert_eq!(kept["kept"]["watch_targets"].as_array().unwrap().len(), 1);
    check_says(&say(&anna, "/help").await, &["/export"]);
    let menu = house.telegram.commands("ru");
    assert!(menu.iter().all(|(command, _)| command != "export"));
    say(&anna, "/forget").await;
    tap(&anna, "Да, стереть всё").await;
    check_says(&say(&anna, "/export").await, &["ничего не храню"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_blocked_us_returns_by_any_message_with_their_watches() {
    let house = calm_house().await;
    let store = store(&house).await;
    let whom = house.star();
    let [anna] = people(&house, ["Анна"]);
    watched(&store, anna.chat(), &whom).await;
    vanished(&store, &whom).await;
    anna.block();
    let mut changes = store.changes().await.unwrap();
    let bot = house.bot().await;
    let gone = async || {
        let person = store.person(anna.chat()).await.unwrap().unwrap();
        person.gone_at.is_some()
    };
    while !gone().await {
        changes.next().await;
    }
    anna.say("привет");
    anna.wait_for_text("Я не понял").await.unwrap();
    assert!(!gone().await);
    anna.say("/list");
    let list = anna.wait_for_text("Ваш список").await.unwrap();
    check_says(&list, &[surname(&whom)]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_shows_who_takes_a_talon() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let [anna, boris] = people(&house, ["Анна <b>", "Борис"]);
    let family = house.telegram.group("Семья", &[&anna, &boris]);
    let (anna, boris) = (anna.at(family), boris.at(family));
    let whom = house.star();
    add(&anna, &whom).await;
    let (first, second) = (house.city.wall(2, 9, 40), house.city.wall(3, 11, 20));
    house.open(&whom, first);
    house.open(&whom, second);
    let alert = anna
        .wait_for(|message| is_alert(message) && message.text.contains("11:20"))
        .await
        .unwrap();
    let taken = anna.press_on(alert.id, "Записываю я").unwrap();
    anna.wait_for_text("Записывает Анна <b>").await.unwrap();
    check_toast(&anna, &taken, "Все увидят").await;
    let late = boris.press_on(alert.id, "Записываю я").unwrap();
    check_toast(&boris, &late, "Уже записывает Анна <b>").await;
    let shown = anna.message(alert.id).unwrap();
    assert_eq!(shown.text.matches("✍️").count(), 1);
    assert_eq!(shown.links(), alert.links());
    // The alert goes on living with the line at its end.
    anna.look_away();
    house.take(&whom, second);
    let struck = anna
        .wait_for(|message| message.id == alert.id)
        .await
        .unwrap();
    assert!(
        struck.text.ends_with("✍️ Записывает Анна <b>"),
        "{}",
        struck.text
    );
    anna.press_on(alert.id, "Записываю я").unwrap();
    let free = anna
        .wait_for(|message| message.id == alert.id)
        .await
        .unwrap();
    assert!(!free.text.contains("✍️"), "{}", free.text);
    boris.press_on(alert.id, "Записываю я").unwrap();
    boris.wait_for_text("Записывает Борис").await.unwrap();
    tokio::join!(bot.stop(), pinger.stop());
}

async fn check_toast(person: &Person, press: &sandbox::person::Press, part: &str) {
    let toast = person.toast(press).await.unwrap();
    assert!(toast.text.contains(part), "{toast:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_may_keep_the_list_of_a_group_to_themselves() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let [anna, boris, vera] = people(&house, ["Анна", "Борис", "Вера"]);
    let family = house.telegram.group("Семья", &[&anna, &boris, &vera]);
    house.telegram.set_role(family, &vera, Role::Admin);
    let (anna, boris, vera) = (anna.at(family), boris.at(family), vera.at(family));
    let settings = say(&anna, "/settings").await;
    let all = "Менять список могут: все";
    let refused = boris.press_on(settings.id, all).unwrap();
    check_toast(&boris, &refused, "только её администраторы").await;
    anna.press_on(settings.id, all).unwrap();
    let settings = anna.answer().await.unwrap();
    assert!(settings.button("только админы").is_some());

    for change in ["/add", "/on", "/off", "/forget"] {
        check_says(&say(&boris, change).await, &["только её администраторы"]);
    }
    check_says(&say(&boris, "/list").await, &["пуст"]);
    let refused = boris.press("Добавить врача").await.unwrap();
    check_toast(&boris, &refused, "только её администраторы").await;
    check_says(&say(&vera, "/add").await, &["район"]);
    // What Telegram does not say is no permission.
    use sandbox::telegram::{Calls, Trouble};
    let stranger = house.telegram.person("Глеб", "ru").at(family);
    let trouble = house.telegram.trouble(
        Calls::of("getChatMember"),
        Trouble::Refuse(400, "Bad Request: user not found".into()),
    );
    check_says(&say(&stranger, "/add").await, &["Попробуйте ещё раз"]);
    house.telegram.clear(trouble);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_threw_us_out_is_gone_until_it_writes() {
    let house = calm_house().await;
    let store = store(&house).await;
    let whom = house.star();
    let [anna] = people(&house, ["Анна"]);
    let family = house.telegram.group("Семья", &[&anna]);
    watched(&store, family, &whom).await;
    vanished(&store, &whom).await;
    house.telegram.kick_bot(family);
    let mut changes = store.changes().await.unwrap();
    let bot = house.bot().await;
    let gone = async || {
        let person = store.person(family).await.unwrap().unwrap();
        person.gone_at.is_some()
    };
    while !gone().await {
        changes.next().await;
    }
    house.telegram.invite_bot(family);
    check_says(&say(&anna.at(family), "/list").await, &[surname(&whom)]);
    assert!(!gone().await);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_how_things_are_and_reach_everybody() {
    let house = calm_house().await;
    let [anna, boris, vera] = people(&house, ["Анна", "Борис", "Вера"]);
    let house = house.with("ADMIN_CHATS", &anna.chat().to_string());
    let store = store(&house).await;
    let whom = house.star();
    watched(&store, anna.chat(), &whom).await;
    let (off, _) = watched(&store, boris.chat(), &whom).await;
    watched(&store, vera.chat(), &whom).await;
    store.switch_off(off, Utc::now()).await.unwrap();
    let bot = house.bot().await;
    for person in [&anna, &boris, &vera] {
        person.wait_for_text("Как я работаю").await.unwrap();
    }
    for word in ["/stats", "/broadcast всем привет"] {
        check_says(&say(&boris, word).await, &["Я не понял"]);
    }
    let stats = say(&anna, "/stats").await;
    check_says(&stats, &["Людей и групп: 3, включены: 2", "отделений: 1"]);
    check_says(&say(&anna, "/broadcast").await, &["сразу после команды"]);

    vera.block();
    let words = "Завтра <b>профилактика</b> & тишина";
    anna.say(&format!("/broadcast {words}"));
    let question = anna.wait_for_text("Отправить?").await.unwrap();
    check_says(&question, &["3 человека"]);
    assert!(anna.messages().iter().any(|message| message.text == words));
    boris.press_data(newest(&boris).id, "y.b.1");
    assert!(boris.messages().iter().all(|message| message.text != words));
    anna.press("Отправить всем").await.unwrap();
    boris.wait_for_text(words).await.unwrap();
    let done = anna.wait_for_text("Отправлено").await.unwrap();
    assert_eq!(done.id, question.id);
    check_says(&done, &["доставлено 2 из 3, не удалось 1"]);
    assert!(done.button_texts().is_empty());

    anna.say("/broadcast ещё одно");
    anna.wait_for_text("Отправить?").await.unwrap();
    anna.press("Не отправлять").await.unwrap();
    anna.wait_for_text("Не отправлено").await.unwrap();
    bot.stop().await;

    // What a run before has begun goes on.
    let (id, _) = store
        .draft_broadcast(anna.chat(), None, "после перерыва".into(), Utc::now())
        .await
        .unwrap();
    let message = i32::try_from(question.id).unwrap();
    store
        .start_broadcast(id, anna.chat(), message, Utc::now())
        .await
        .unwrap()
        .unwrap();
    let bot = house.bot().await;
    boris.wait_for_text("после перерыва").await.unwrap();
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_slows_nobody_else() {
    let house = calm_house().await.with_flood_control();
    let bot = house.bot().await;
    let (anna, boris) = (
        house.telegram.person("Анна", "ru"),
        house.telegram.person("Борис", "ru"),
    );
    for _ in 0..300 {
        anna.say("/help");
    }
    check_says(&say(&boris, "/help").await, &["Как я работаю"]);
    anna.wait_for_text("Не успеваю").await.unwrap();
    // All of hers has been read when he is answered again.
    let patience = Duration::from_secs(30);
    assert!(house.telegram.all_confirmed(patience).await);
    say(&boris, "/help").await;
    let warned = anna.messages();
    let warned = warned
        .iter()
        .filter(|message| message.text.contains("Не успеваю"));
    assert_eq!(warned.count(), 1);
    assert!(n_messages(&anna) <= 21);
    bot.stop().await;
}
