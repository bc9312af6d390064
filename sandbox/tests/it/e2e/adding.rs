//! What adding does: what is free is told, off switches on, limits hold.

use super::house::is_alert;
use super::talk::{calm_house, check_says, say, tap, walk};
use sandbox::person::show;

#[tokio::test(flavor = "multi_thread")]
async fn any_doctor_means_whoever_has_a_talon() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    let done = walk(&anna, &["Центральный", "ГП №411", "Психиатр", "Любой врач"]).await;
    check_says(&done, &["Готово", "любой врач", "ГП №411"]);
    let first = anna.wait_for(is_alert).await.unwrap();
    check_says(&first, &["Ясенева", "09:00"]);
    // The other one.
    anna.look_away();
    let whom = house.city.doctors(shared::ids::LpuId(711)).pop().unwrap();
    house.open(&whom, house.city.wall(2, 13, 37));
    let alert = anna.wait_for(is_alert).await.unwrap();
    assert!(
        alert.text.lines().next().unwrap().contains("13:37"),
        "{}",
        show(&alert)
    );
    check_says(&alert, &["Психиатр, Ясенева К. Р."]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_without_a_name_and_names_with_markup_are_told() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    walk(&anna, &["Центральный", "ГП №355", "Терапевт"]).await;
    check_says(
        &tap(&anna, "врач без имени (1)").await,
        &["Готово", "врач без имени"],
    );
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["Терапевт", "14:00", "ГП №355"]);
    // Somebody at the clinic typed markup into a name.
    let whom = house.city.doctor_named("Рябинин").unwrap();
    let (lpu, doctor) = (whom.doctor.lpu, &whom.doctor.doctor);
    let name = "<b>Рябинин</b> & Ко <i>";
    house.city.rename(lpu, doctor, Some(name)).unwrap();
    house.open(&whom, house.city.wall(3, 10, 10));
    say(&anna, "/add").await;
    walk(&anna, &["Приморский", "ДГП №312", "Хирург детский"]).await;
    check_says(&tap(&anna, name).await, &["Готово", name]);
    let alert = anna.wait_for(|message| is_alert(message) && message.text.contains("10:10"));
    check_says(&alert.await.unwrap(), &["<b>Рябинин</b> & Ко"]);
    check_says(&say(&anna, "/list").await, &[name]);
    check_says(&say(&anna, "/status").await, &[name]);
    let refused = house
        .telegram
        .log()
        .count(|call| call.refusal() == Some(400));
    assert_eq!(refused, 0);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_after_off_switches_on_and_says_so() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    let first = walk(&anna, &["Приморский", "ГП №287", "▶", "Хирург", "Галкина"]).await;
    check_says(&first, &["Готово"]);
    assert!(!first.text.contains("было выключено"), "{}", first.text);
    anna.wait_for(is_alert).await.unwrap();
    say(&anna, "/off").await;
    say(&anna, "/add").await;
    let done = walk(&anna, &["Приморский", "ГП №287", "Офтальмолог", "Дроздова"]).await;
    check_says(
        &done,
        &["Готово", "Слежение было выключено, теперь включено"],
    );
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["Галкина"]);
    check_says(&say(&anna, "/status").await, &["Слежение включено"]);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_doctor_twice_is_one_line_of_the_list() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let way = ["Приморский", "ГП №287", "Офтальмолог", "Дроздова"];
    say(&anna, "/add").await;
    walk(&anna, &way).await;
    tap(&anna, "Добавить врача").await;
    let again = walk(&anna, &way).await;
    check_says(&again, &["уже есть в вашем списке", "Дроздова"]);
    check_says(&say(&anna, "/list").await, &["1 пункт"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_list_is_told_before_any_question() {
    let house = calm_house().await.with("MAX_WATCHES", "1");
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    // A menu opened while there was room.
    let second = say(&anna, "/add").await;
    walk(&anna, &["Приморский", "ГП №287", "Офтальмолог", "Дроздова"]).await;
    let full = say(&anna, "/add").await;
    check_says(&full, &["уже 1 пункт, больше нельзя", "/list"]);
    assert_eq!(full.button_texts(), ["📋 Мой список"]);
    assert_ne!(full.id, second.id);
    // By a link too; but what is in the list already is no more than it was.
    let page = "gorzdrav.spb.ru/service-free-schedule#";
    let other = "[{\"lpu\":\"287\"},{\"speciality\":\"2106\"},{\"doctor\":\"419\"}]";
    check_says(
        &say(&anna, &format!("{page}{other}")).await,
        &["больше нельзя"],
    );
    let same = other.replace("419", "418");
    check_says(&say(&anna, &format!("{page}{same}")).await, &["уже есть"]);
    check_says(&say(&anna, "/list").await, &["Дроздова"]);
    bot.stop().await;
}
