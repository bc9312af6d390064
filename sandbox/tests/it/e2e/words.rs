//! A person's own words: phrases, cards to confirm, recent choices, links that pass a watch on.

use super::house::{House, add, is_alert};
use super::talk::{
    calm_house, check_keeps_silent_about, check_says, entries, n_messages, newest, say, tap, walk,
};
use sandbox::Person;
use sandbox::telegram::Message;
use shared::clock::wall;

/// Writes, and reads what the bot has to say when all is looked up.
async fn read(person: &Person, text: &str) -> Message {
    person.say(text);
    let done = |message: &Message| !message.text.contains("Спрашиваю портал");
    person.wait_for(done).await.unwrap()
}

/// Buttons of the card to confirm.
#[track_caller]
fn check_card(message: &Message) {
    assert_eq!(
        message.button_texts(),
        ["🔔 Следить", "⚙ Изменить", "Отмена"],
        "{}",
        sandbox::person::show(message)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phrase_is_a_card_a_tap_and_an_alert_only_of_what_suits() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    let star = house.star();

    let card = read(&anna, "/add окулист гп 287 Дроздова после 17").await;
    check_says(
        &card,
        &[
            "Понял так",
            "Офтальмолог · Дроздова Мария Львовна · ГП №287",
            "после 17:00",
        ],
    );
    check_keeps_silent_about(&card, &["Не понял"]);
    check_card(&card);
    let done = tap(&anna, "Следить").await;
    check_says(&done, &["Готово", "Дроздова", "после 17:00"]);
    assert_eq!(n_messages(&anna), 1, "one message all the way");

    house.open(&star, house.city.wall(2, 9, 40));
    house.open(&star, house.city.wall(2, 18, 20));
    let alert = anna.wait_for(is_alert).await.unwrap();
    check_says(&alert, &["18:20"]);
    house.settle().await;
    assert_eq!(
        (house.n_told(&anna, "09:40"), house.n_told(&anna, "18:20")),
        (0, 1)
    );
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_surname_any_doctor_is_meant_and_what_is_unknown_is_said() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    // No command, no menu.
    let card = read(
        &anna,
        "глазной в 287 поликлинике по будням, только очень срочно",
    )
    .await;
    check_says(
        &card,
        &[
            "Офтальмолог · любой врач · ГП №287",
            "будни",
            "Не понял: «очень срочно»",
        ],
    );
    check_card(&card);
    // Days and hours said while the card is open are put into it.
    let card = read(&anna, "вечером").await;
    check_says(
        &card,
        &["Офтальмолог · любой врач · ГП №287", "после 17:00"],
    );
    check_keeps_silent_about(&card, &["будни", "Не понял"]);
    // Something unreadable leaves it as it is, and is said.
    let card = read(&anna, "фыва").await;
    check_says(&card, &["Офтальмолог · любой врач", "Не понял: «фыва»"]);
    // To change is to choose another doctor there, with the hours kept.
    let menu = tap(&anna, "Изменить").await;
    check_says(&menu, &["К кому именно?", "после 17:00"]);
    let done = tap(&anna, "Чижов").await;
    check_says(&done, &["Готово", "Чижов", "после 17:00"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_can_be_cancelled() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    check_card(&read(&anna, "/add окулист 287").await);
    check_says(&tap(&anna, "Отмена").await, &["ничего не добавляю"]);
    check_says(&say(&anna, "/list").await, &["пуст"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_district_and_a_specialty_list_the_clinics_that_have_it() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    // Nobody has looked yet: said, and all are listed.
    let menu = read(&anna, "/add хирург детский приморский до пятницы").await;
    check_says(
        &menu,
        &[
            "Приморский",
            "хирург детский",
            "пока не знаю",
            "включительно",
        ],
    );
    assert_eq!(entries(&menu), ["ГП №287", "ДГП №312"]);
    // The clinic is chosen, the rest is filled in.
    let card = tap(&anna, "ДГП №312").await;
    check_says(
        &card,
        &["Хирург детский · любой врач · ДГП №312", "включительно"],
    );
    check_card(&card);
    tap(&anna, "Следить").await;

    // By now one clinic's list is known: it stands first.
    let menu = read(&anna, "лор приморский").await;
    check_says(&menu, &["в первых по списку: 1", "Про остальные (1)"]);
    assert_eq!(entries(&menu), ["ДГП №312", "ГП №287"]);
    let all = tap(&anna, "Показать все").await;
    assert_eq!(entries(&all), ["ГП №287", "ДГП №312"]);
    check_card(&tap(&anna, "ГП №287").await);

    // Both are known: only one has it, and it is taken.
    let card = read(&anna, "/add педиатр приморский").await;
    check_says(&card, &["Педиатр участковый · любой врач · ДГП №312"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_several_is_asked_and_the_hours_are_kept() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    // A specialty alone: the district is asked.
    let menu = read(&anna, "/add терапевт с 9 до 12").await;
    check_says(&menu, &["В каком районе", "терапевт", "с 09:00 до 12:00"]);
    let menu = tap(&anna, "Центральный").await;
    check_says(&menu, &["терапевт", "с 09:00 до 12:00"]);
    let card = tap(&anna, "ГП №355").await;
    check_says(
        &card,
        &["Терапевт · любой врач · ГП №355", "с 09:00 до 12:00"],
    );
    // The clinic has no such doctor: said, and here is who there is.
    let menu = read(&anna, "/add кардиолог гп 402").await;
    check_says(
        &menu,
        &[
            "Такого врача в этой поликлинике нет",
            "Не понял: «кардиолог»",
        ],
    );
    assert_eq!(entries(&menu), ["Врач общей практики"]);
    // No such surname there.
    let menu = read(&anna, "/add окулист 287 Иванова").await;
    check_says(&menu, &["с такой фамилией здесь нет", "«иванова»"]);
    assert_eq!(entries(&menu).len(), 2);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everyday_words_are_understood_at_every_step() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/add").await;
    let menu = read(&anna, "ухо-горло-нос").await;
    check_says(&menu, &["В каком районе", "Понял: ухо горло нос"]);
    assert_eq!(n_messages(&anna), 1, "in the same menu");
    tap(&anna, "Приморский").await;
    check_says(
        &tap(&anna, "ГП №287").await,
        &["Оториноларинголог · любой врач · ГП №287"],
    );

    walk(&anna, &["Отмена", "Добавить", "Приморский"]).await;
    let menu = read(&anna, "окулист").await;
    check_says(&menu, &["Приморский", "Понял: окулист"]);

    walk(&anna, &["Отмена", "Добавить", "Приморский", "ДГП №312"]).await;
    assert_eq!(entries(&read(&anna, "ухо горло нос").await), ["ЛОР"]);
    assert_eq!(
        entries(&read(&anna, "детский врач").await),
        ["Педиатр участковый"]
    );
    assert_eq!(entries(&read(&anna, "хируг").await), ["Хирург детский"]);
    walk(&anna, &["Показать все", "ЛОР"]).await;
    assert_eq!(
        entries(&read(&anna, "тополеву").await),
        ["Тополев Ян Игоревич"]
    );
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_surname_finds_a_doctor_once_met() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add(&anna, &house.star()).await;
    let boris = house.telegram.person("Борис", "ru");
    let card = read(&boris, "к Чижову завтра").await;
    let tomorrow = wall(house.city.wall(1, 12, 0)).format("%-d").to_string();
    check_says(
        &card,
        &["Офтальмолог · Чижов Антон Павлович · ГП №287", &tomorrow],
    );
    check_card(&card);
    // Words that name nothing are no phrase.
    let vera = house.telegram.person("Вера", "ru");
    check_says(&say(&vera, "Спасибо большое!").await, &["Я не понял"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn english_is_understood_too() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let john = house.telegram.person("John", "en");
    say(&john, "/settings").await;
    tap(&john, "English").await;
    let card = read(
        &john,
        "/add eye doctor clinic 287 after 5pm on weekdays asap",
    )
    .await;
    check_says(
        &card,
        &[
            "I understood",
            "Офтальмолог · any doctor · ГП №287",
            "17:00",
            "Not understood: “asap”",
        ],
    );
    assert_eq!(card.button_texts(), ["🔔 Watch", "⚙ Change", "Cancel"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recent_choices_stand_on_top_and_are_forgotten_on_request() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add(&anna, &house.star()).await;
    assert!(
        !entries(&say(&anna, "/add").await)[0].contains("🕘"),
        "it is watched"
    );
    say(&anna, "/list").await;
    tap(&anna, "Удалить").await;
    let menu = say(&anna, "/add").await;
    assert_eq!(entries(&menu)[0], "🕘 Офтальмолог · Дроздова · ГП №287");
    check_says(&tap(&anna, "🕘").await, &["Готово", "Дроздова"]);
    check_says(&say(&anna, "/list").await, &["Дроздова"]);
    // Somebody else is offered nothing of hers.
    let boris = house.telegram.person("Борис", "ru");
    assert_eq!(entries(&say(&boris, "/add").await).len(), 4);

    say(&anna, "/forget").await;
    tap(&anna, "Да").await;
    assert_eq!(entries(&say(&anna, "/add").await).len(), 4);
    bot.stop().await;
}

/// Shares the only watch; the link's text.
async fn share(person: &Person) -> String {
    say(person, "/list").await;
    tap(person, "Изменить").await;
    person.press("Поделиться").await.unwrap();
    let message = person.wait_for_text("https://t.me/").await.unwrap();
    check_says(&message, &["переслать", "90 дней"]);
    let url = message.text.lines().last().unwrap().trim().to_owned();
    let (bot, token) = url.split_once("?start=").unwrap();
    assert_eq!(bot, format!("https://t.me/{}", sandbox::telegram::BOT_NAME));
    assert!(token.len() <= 64 && token.chars().all(|c| c.is_ascii_alphanumeric()));
    token.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_passes_a_watch_on_with_its_wish_and_nothing_else() {
    let house = calm_house().await;
    let (bot, pinger) = house.both().await;
    let anna = house.telegram.person("Анна", "ru");
    check_card(&read(&anna, "/add окулист 287 Дроздова после 17").await);
    tap(&anna, "Следить").await;
    let token = share(&anna).await;
    assert_eq!(share(&anna).await, token, "the same again is the same link");

    let boris = house.telegram.person("Борис", "ru");
    let card = say(&boris, &format!("/start {token}")).await;
    check_says(
        &card,
        &[
            "Вам прислали",
            "Офтальмолог · Дроздова Мария Львовна · ГП №287",
            "после 17:00",
        ],
    );
    check_keeps_silent_about(&card, &["Анна"]);
    check_card(&card);
    tap(&boris, "Следить").await;
    // Hers is gone; the link and his watch live on.
    say(&anna, "/forget").await;
    tap(&anna, "Да").await;
    let star = house.star();
    house.open(&star, house.city.wall(3, 10, 10));
    house.open(&star, house.city.wall(3, 19, 30));
    check_says(&boris.wait_for(is_alert).await.unwrap(), &["19:30"]);
    house.settle().await;
    assert_eq!(house.n_told(&boris, "10:10"), 0);
    assert_eq!(house.n_told(&anna, "19:30"), 0);
    let vera = house.telegram.person("Вера", "ru");
    check_card(&say(&vera, &format!("/start {token}")).await);
    tokio::join!(bot.stop(), pinger.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_link_is_answered_kindly() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    let answer = say(&anna, "/start 0123456789abcdefABCDEF").await;
    check_says(&answer, &["больше не работает"]);
    assert!(answer.button("Добавить").is_some());
    // What no link carries is a greeting like any other.
    check_says(&say(&anna, "/start привет всем").await, &["Здравствуйте"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_outlives_a_restart() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    check_card(&read(&anna, "/add окулист 287 вечером").await);
    bot.stop().await;
    let bot = house.bot().await;
    check_says(&tap(&anna, "Следить").await, &["Готово", "после 17:00"]);
    assert_eq!(newest(&anna).text.matches("Готово").count(), 1);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_full_takes_no_phrase_and_no_link() {
    let house: House = calm_house().await.with("MAX_WATCHES", "1");
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    add(&anna, &house.star()).await;
    let token = share(&anna).await;
    for words in [
        "/add окулист 287".to_owned(),
        "лор 287".to_owned(),
        format!("/start {token}"),
    ] {
        check_says(&say(&anna, &words).await, &["больше нельзя"]);
    }
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_links_nor_phrases_reach_the_logs_of_any_level() {
    let levels =
        "trace,hyper=trace,hyper_util=trace,reqwest=trace,teloxide=trace,teloxide_core=trace";
    let house = calm_house().await.with("RUST_LOG", levels);
    let settings = house.settings();
    let bot = sandbox::Binary::start("bot", &settings, house.folder.path())
        .await
        .unwrap();
    let anna = house.telegram.person("Анна", "ru");
    let phrase = "тютельке";
    let card = read(&anna, &format!("/add окулист 287 вечером к {phrase}")).await;
    check_says(&card, &[phrase]);
    tap(&anna, "Отмена").await;
    add(&anna, &house.star()).await;
    let token = share(&anna).await;
    let boris = house.telegram.person("Борис", "ru");
    check_card(&say(&boris, &format!("/start {token}")).await);
    let unknown = "0123456789abcdefABCDEF";
    say(&boris, &format!("/start {unknown}")).await;
    let said = bot.terminate().await.unwrap();
    assert!(said.contains("TRACE"), "the finest level is on: {said}");
    for private in [token.as_str(), unknown, phrase] {
        let line = said.lines().find(|line| line.contains(private));
        assert_eq!(line, None, "«{private}» is in the log");
    }
}
