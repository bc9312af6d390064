//! What Telegram may do to the bot, row by row: what people get of it, what the log says, and which test holds it.
//!
//! | Telegram | people get | the log | held by |
//! |---|---|---|---|
//! | is down at the start | everything, later | "cannot be reached", once in five minutes | `trouble::telegram_away_loses_nothing`, `processes::both_end_in_time_while_everything_hangs` |
//! | is down for long | every alert once, after at most a minute (unit tests of `listen` and `delivery::queue` play an hour) | once in five minutes, however many wait (unit test of `once`) | [`an_outage_loses_nothing_and_is_logged_once`], `trouble::telegram_away_loses_nothing` |
//! | 429 on an alert, with and without `retry_after` | that chat's alert after the wait, everybody else's at once | "asks one chat to wait" | `trouble::one_chat_told_to_wait_holds_up_nobody_else` |
//! | 429 on an answer, with and without | the answer after the wait | nothing | `trouble::an_answer_survives_what_passes` |
//! | 5xx, nonsense, a broken connection, on an alert or an answer | it, once | "not delivered; it stays pending" | `trouble::an_alert_survives_what_passes_and_is_told_once`, `trouble::an_answer_survives_what_passes` |
//! | any of these on the way of updates to us | one answer to everything said | "updates could not be read", once | [`updates_survive_what_passes`] |
//! | takes a poll and never answers it | answers, half a minute late at most | "updates could not be read", once | [`a_poll_that_is_never_answered_is_given_up`] |
//! | accepts and the answer is lost | an alert or answer at most twice | as a broken connection | `trouble::an_alert_survives_what_passes_and_is_told_once`, `trouble::an_answer_survives_what_passes` |
//! | 403, chat not found, on an alert | silence until they write, then what was missed | "cannot be reached any more", once | `trouble::who_cannot_be_reached_is_left_alone_until_they_write` |
//! | 403, chat not found, on an answer | the same | the same | [`an_answer_that_cannot_be_given_silences_until_they_write`] |
//! | moved a group, seen by an alert | the alert at the new place, once | "its watches moved" | `trouble::a_group_that_moved_during_an_alert_is_told_at_its_new_place` |
//! | moved a group, seen by an answer | the answer at the new place, once | "its watches moved" | [`an_answer_to_a_group_that_moved_is_given_at_its_new_place`] |
//! | brings what makes a handler panic | that update nothing, the chat's next one its answer | "a handler panicked" | unit tests of `routes`: no input is known that would do it to the real program |
//! | refuses the markup of an alert | it, plain, with its link | "markup was refused; sending it plain" | `trouble::an_alert_whose_form_is_refused_arrives_in_another` |
//! | refuses the markup of an answer or a caption | it, plain | "markup was refused; sent plain" | `trouble::an_answer_survives_what_passes`, `openings::a_picture_that_is_refused_leaves_the_words` |
//! | 409: a second bot has the same token | answers, of one of the two | "a second bot runs", once in five minutes | [`two_bots_with_one_token_say_so_once_and_yield`], `processes::a_second_bot_with_the_same_token_is_told_of_and_ends_nobody` |
//! | hands updates over twice | one answer, one change | nothing | [`updates_that_come_twice_are_served_once`] |
//! | brings forged and foreign presses | the owner nothing, whoever forged them a toast | nothing | `stale::forged_presses_do_no_harm`, `groups::a_menu_belongs_to_who_opened_it` |
//! | brings replayed presses | "this menu is out of date", or the same once more | nothing | `stale::a_finished_menu_cannot_be_replayed`, `stale::a_second_tap_goes_no_further_than_the_first` |
//! | brings presses years old | what they ask if it still is theirs, in a new message | nothing | [`a_press_years_old_is_served_below_or_told_to_be_old`], `stale::a_press_too_old_to_be_answered_is_still_served` |
//! | has 10,000 updates waiting at the start | one answer a chat, `/off` and `/on` done | how many chats are answered | [`ten_thousand_that_waited_get_one_answer_a_chat`] |

use super::house::{House, add, is_alert};
use super::talk::{calm_house, check_says, n_messages, say, store, tap};
use sandbox::telegram::{Calls, Outcome, TOKEN, Trouble};
use sandbox::{Binary, Person};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(40);

fn sends_to(person: &Person) -> Calls {
    Calls::of("sendMessage").in_chat(person.chat())
}

/// Somebody who waits for the star.
async fn waiting(house: &House, name: &str) -> Person {
    let person = house.telegram.person(name, "ru").with_patience(LONG);
    say(&person, "/start").await;
    add(&person, &house.star()).await;
    person.look_away();
    person
}

async fn start(house: &House, name: &'static str) -> Binary {
    let settings = house.settings();
    Binary::start(name, &settings, house.folder.path())
        .await
        .unwrap()
}

/// How many lines of a log say this; and none of them gives the token away.
#[track_caller]
fn n_lines(log: &str, part: &str) -> usize {
    let secret = TOKEN.split(':').next_back().unwrap();
    assert!(!log.contains(secret), "the token is in the log: {log}");
    log.lines().filter(|line| line.contains(part)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_loses_nothing_and_is_logged_once() {
    let house = House::new().await;
    let pinger = house.pinger().await;
    let bot = start(&house, "bot").await;
    let (anna, boris) = (
        waiting(&house, "Анна").await,
        waiting(&house, "Борис").await,
    );
    // Connections break, again and again, polls and alerts alike.
    let from = house.telegram.log().end();
    let outage = house.telegram.trouble(Calls::all(), Trouble::Cut);
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let tries = |person: &Person| {
        let chat = Some(person.chat());
        let calls = house.telegram.log().since(from).into_iter();
        let calls = calls.filter(|call| call.method == "sendMessage" && call.chat == chat);
        calls.map(|call| call.at).collect::<Vec<_>>()
    };
    for person in [&anna, &boris] {
        let log = house.telegram.log();
        let fourth = log.wait_for_nth(from, 4, LONG, |call| {
            call.method == "sendMessage" && call.chat == Some(person.chat())
        });
        fourth.await.unwrap();
        let tries = tries(person);
        for (n, pair) in tries.windows(2).take(3).enumerate() {
            let apart = pair[1] - pair[0];
            assert!(apart >= Duration::from_millis(900 << n), "{n}: {apart:?}");
        }
    }
    let log = house.telegram.log();
    let unread = log.wait_for_nth(from, 3, LONG, |call| {
        call.method == "getUpdates" && call.outcome == Some(Outcome::Broken)
    });
    unread.await.unwrap();
    house.telegram.clear(outage);
    for person in [&anna, &boris] {
        let told = person.wait_for(|message| is_alert(message) && message.text.contains("09:40"));
        told.await.unwrap();
    }
    anna.say("/help");
    anna.wait_for_text("/forget").await.unwrap();
    house.settle().await;
    for person in [&anna, &boris] {
        assert_eq!(house.n_told(person, "09:40"), 1);
    }
    pinger.stop().await;
    let log = bot.terminate().await.unwrap();
    for said in [
        "updates could not be read; trying again",
        "an alert was not delivered; it stays pending",
    ] {
        // Broken connections, none at all and time-outs are troubles of three kinds, each said once.
        assert!((1..=3).contains(&n_lines(&log, said)), "{said}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_survive_what_passes() {
    let house = calm_house().await;
    let bot = start(&house, "bot").await;
    let anna = house.telegram.person("Анна", "ru").with_patience(LONG);
    say(&anna, "/start").await;
    let polls = Calls::of("getUpdates");
    let troubles = [
        Trouble::TooMany(Some(1)),
        Trouble::TooMany(None),
        Trouble::Refuse(502, "Bad Gateway".into()),
        Trouble::Garbage,
        Trouble::Cut,
        // What was handed over and not received is handed over again.
        Trouble::LoseAnswer,
    ];
    let n_troubles = troubles.len();
    for trouble in troubles {
        // The poll under way is answered as if nothing were; the one after it meets the trouble.
        house
            .telegram
            .trouble_times(polls.clone(), trouble.clone(), 1);
        for _ in 0..2 {
            let n = n_messages(&anna);
            anna.say("/help");
            anna.wait_for_text("/forget").await.unwrap();
            assert_eq!(n_messages(&anna), n + 1, "{trouble:?}");
        }
    }
    // Every one of them was met.
    let met = house.telegram.log().count(|call| {
        call.method == "getUpdates" && !matches!(call.outcome, None | Some(Outcome::Done))
    });
    assert!(met >= n_troubles, "{met}");
    assert_eq!(n_messages(&anna), 1 + 2 * n_troubles);
    let log = bot.terminate().await.unwrap();
    // Once a kind: two of them are broken connections, two are told to wait.
    let n_said = n_lines(&log, "updates could not be read");
    assert!((1..n_troubles).contains(&n_said), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_is_never_answered_is_given_up() {
    let house = calm_house().await;
    let bot = start(&house, "bot").await;
    let anna = house.telegram.person("Анна", "ru");
    let anna = anna.with_patience(Duration::from_secs(60));
    say(&anna, "/start").await;
    let from = house.telegram.log().end();
    let polls = Calls::of("getUpdates");
    house.telegram.trouble_times(polls, Trouble::Hang, 1);
    // The poll under way brings this; the next one hangs.
    say(&anna, "/help").await;
    let is_hung = |call: &sandbox::telegram::Call| {
        call.method == "getUpdates" && call.outcome.is_none() && call.answered.is_none()
    };
    let hung = house.telegram.log().wait_for(from, LONG, is_hung).await;
    let hung = hung.expect("a poll hangs").at;
    let n = n_messages(&anna);
    anna.say("/help");
    anna.wait_for_text("/forget").await.unwrap();
    assert_eq!(n_messages(&anna), n + 1);
    let took = hung.elapsed();
    assert!(took < Duration::from_secs(35), "{took:?}");
    // And polls are as quick as ever.
    let begun = Instant::now();
    say(&anna, "/help").await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    let log = bot.terminate().await.unwrap();
    assert_eq!(n_lines(&log, "updates could not be read"), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_given_silences_until_they_write() {
    let house = House::new().await;
    let pinger = house.pinger().await;
    let bot = start(&house, "bot").await;
    let people = [
        waiting(&house, "Анна").await,
        waiting(&house, "Борис").await,
    ];
    let refusals = [
        (403, "Forbidden: bot was blocked by the user"),
        (400, "Bad Request: chat not found"),
    ];
    for (person, (code, words)) in people.iter().zip(refusals) {
        let refusal = Trouble::Refuse(code, words.into());
        house.telegram.trouble_times(sends_to(person), refusal, 1);
        let from = house.telegram.log().end();
        person.say("/help");
        let refused = house.telegram.log().wait_for(from, LONG, |call| {
            call.chat == Some(person.chat())
                && matches!(call.outcome, Some(Outcome::Refused(by, _)) if by == code)
        });
        refused.await.unwrap();
    }
    bot.says("a chat cannot be reached any more", LONG)
        .await
        .unwrap();
    house.open(&house.star(), house.city.wall(2, 9, 40));
    house.settle().await;
    for person in &people {
        assert_eq!(house.n_told(person, "09:40"), 0);
        person.say("/help");
        let told = person.wait_for(|message| is_alert(message) && message.text.contains("09:40"));
        told.await.unwrap();
    }
    pinger.stop().await;
    let log = bot.terminate().await.unwrap();
    assert_eq!(
        n_lines(&log, "a chat cannot be reached any more"),
        2,
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_group_that_moved_is_given_at_its_new_place() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru").with_patience(LONG);
    let group = house.telegram.group("Семья", &[&anna]);
    let old = anna.at(group);
    add(&old, &house.star()).await;
    bot.stop().await;
    // Said before the group moved, read after it: the answer meets the move before we hear of it.
    old.say("/list");
    let new = anna.at(house.telegram.upgrade_group(group));
    let bot = house.bot().await;
    let list = new.wait_for_text("Ваш список").await.unwrap();
    check_says(&list, &["1 пункт"]);
    check_says(&say(&new, "/list").await, &["1 пункт"]);
    assert_eq!(n_messages(&new), 2);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bots_with_one_token_say_so_once_and_yield() {
    let house = House::new().await;
    let first = start(&house, "bot").await;
    let anna = house.telegram.person("Анна", "ru").with_patience(LONG);
    say(&anna, "/start").await;
    let mut settings = house.settings();
    let path = house.folder.path().join("second.db");
    settings.push(("DATABASE_PATH".into(), path.to_str().unwrap().into()));
    let from = house.telegram.log().end();
    let second = Binary::start("bot", &settings, house.folder.path());
    let second = second.await.unwrap();
    let refused = house.telegram.log().wait_for_nth(from, 5, LONG, |call| {
        matches!(call.outcome, Some(Outcome::Refused(409, _)))
    });
    refused.await.unwrap();
    // Whoever was refused leaves the other its turn: five refusals, and never two at once.
    let calls = house.telegram.log().since(from).into_iter();
    let refused: Vec<Instant> = calls
        .filter(|call| matches!(call.outcome, Some(Outcome::Refused(409, _))))
        .filter_map(|call| call.answered)
        .collect();
    let apart = refused[4] - refused[0];
    assert!(apart >= Duration::from_secs(1), "{apart:?}");
    let second = second.terminate().await.unwrap();
    anna.say("/help");
    anna.wait_for_text("/forget").await.unwrap();
    let first = first.terminate().await.unwrap();
    let said = "a second bot runs with the same token";
    assert!(n_lines(&first, said) <= 1, "{first}");
    assert!(n_lines(&second, said) <= 1, "{second}");
    assert!(
        n_lines(&first, said) + n_lines(&second, said) >= 1,
        "{first}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_that_come_twice_are_served_once() {
    let house = calm_house().await;
    house.telegram.repeat_updates();
    let bot = house.bot().await;
    let anna = house.telegram.person("Анна", "ru");
    say(&anna, "/start").await;
    add(&anna, &house.star()).await;
    let list = say(&anna, "/list").await;
    check_says(&list, &["1 пункт"]);
    anna.press("Удалить").await.unwrap();
    anna.wait_for_text("Удалено").await.unwrap();
    tap(&anna, "Вернуть").await;
    check_says(&say(&anna, "/list").await, &["1 пункт"]);
    // A greeting, the menu that became "done", two lists.
    assert_eq!(n_messages(&anna), 4);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_years_old_is_served_below_or_told_to_be_old() {
    let house = calm_house().await;
    let bot = house.bot().await;
    let anna = waiting(&house, "Анна").await;
    let list = say(&anna, "/list").await;
    let pause = list.button("Пауза").unwrap().action.clone();
    let sandbox::telegram::Action::Callback(pause) = pause else {
        panic!("no callback");
    };
    // Telegram tells of a message so old only where it was, and does not let it be edited.
    let gone = 999_999;
    let old = Trouble::Refuse(400, "Bad Request: message can't be edited".into());
    let edits = Calls::of("editMessageText").in_chat(anna.chat());
    house.telegram.trouble(edits, old);
    anna.press_data(gone, "l.0");
    let below = anna.wait_for_text("Ваш список").await.unwrap();
    assert!(below.id > list.id);
    anna.press_data(gone, &pause);
    let paused = anna.wait_for_text("Ваш список").await.unwrap();
    assert!(paused.button("Следить снова").is_some());
    // Words of a program there was years ago.
    for data in ["doctor:36:1", "pick_5", "w.1", "v1|menu|2"] {
        let n = n_messages(&anna);
        let press = anna.press_data(gone, data);
        let toast = anna.toast(&press).await.unwrap();
        assert!(!toast.text.is_empty(), "{data}");
        assert_eq!(n_messages(&anna), n, "{data}");
    }
    // A watch that is no more.
    let press = anna.press_data(gone, "w.123456.d");
    anna.toast(&press).await.unwrap();
    check_says(&anna.answer().await.unwrap(), &["устарел"]);
    bot.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "how fast is measured, not asserted")]
async fn ten_thousand_that_waited_get_one_answer_a_chat() {
    const CHATS: usize = 200;
    const EACH: usize = 50;
    let house = calm_house().await.with("ALERTS_PER_SECOND", "1000");
    let bot = house.bot().await;
    let anna = waiting(&house, "Анна").await;
    bot.stop().await;
    let n_before = n_messages(&anna);
    let mut people: Vec<Person> = (1..CHATS)
        .map(|n| house.telegram.acquaintance(&format!("Человек {n}"), "ru"))
        .collect();
    people.push(anna);
    let words = [
        "/help",
        "/list",
        "окулист",
        "/off",
        "/status",
        "спасибо",
        "/add",
    ];
    for n in 0..EACH {
        for person in &people {
            let last = n + 1 == EACH;
            person.say(if last {
                "/help"
            } else {
                words[n % words.len()]
            });
        }
    }
    house.telegram.age_updates(Duration::from_secs(3_600));
    assert_eq!(house.telegram.n_pending_updates(), CHATS * EACH);
    let begun = Instant::now();
    let bot = house.bot().await;
    assert!(house.telegram.all_confirmed(LONG).await);
    let took = begun.elapsed();
    println!(
        "{} updates that waited were read in {took:?}: {:.0} a second",
        CHATS * EACH,
        (CHATS * EACH) as f64 / took.as_secs_f64()
    );
    for person in &people {
        let patient = person.with_patience(LONG);
        patient.wait_for_text("/forget").await.unwrap();
    }
    // Whoever writes now is answered beside all that, and after it.
    let vera = house.telegram.person("Вера", "ru");
    say(&vera, "/start").await;
    let last = people.len() - 1;
    for (n, person) in people.iter().enumerate() {
        let answered = n_messages(person) - if n == last { n_before } else { 0 };
        assert_eq!(answered, 1, "{}", person.screen());
    }
    bot.stop().await;
    // What they asked for is done all the same.
    let store = store(&house).await;
    for person in &people {
        let known = store.person(person.chat()).await.unwrap().unwrap();
        assert!(!known.is_watching);
    }
}
