//! Too much at once: what a flood of one chat, a crowd of many and a backlog do to the answers everybody else gets.
//!
//! ```text
//! cargo build --release -p bot
//! cargo bench -p sandbox --bench floods               # about thirteen minutes
//! cargo bench -p sandbox --bench floods -- 60 5000    # the crowd within 60 seconds, with 5,000 updates
//! ```
//!
//! Runs the release bot against the Telegram stand-in, which hands updates over as fast as they are read and, so that
//! the bot alone is measured, puts up with any number of messages. One chat says 1,000 words a second for 30 s; then
//! 5,000 people send 100,000 updates; then 1,000 of them write 100 words a second for a minute, three times as many as
//! Telegram lets the bot answer; then 20,000 words of 400 chats wait for a bot that was away. Beside the first two,
//! twenty others ask for help in turn; beside the third, somebody new does each second. Promised: their p99 stays under
//! 1 s; a backlog is read off at 2,000 a second or faster, and each chat gets one answer.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use anyhow::Context;
use chrono::TimeDelta;
use sandbox::telegram::{Call, Limits};
use sandbox::{Binary, City, Options, Person, World};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval, sleep};

const FLOOD_A_SECOND: u32 = 1_000;
const FLOOD_SECONDS: u32 = 30;
const N_CROWD: usize = 5_000;
const N_UPDATES: u32 = 100_000;
const CROWD_SECONDS: u32 = 600;
const N_WRITING: usize = 1_000;
const WORDS_A_SECOND: u32 = 100;
const WRITING_SECONDS: u32 = 60;
const N_ASKING: usize = 20;
const ASKED_A_SECOND: u32 = 10;
const N_BACKLOG: usize = 20_000;
const N_AWAY: usize = 400;
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut numbers = std::env::args().filter_map(|word| word.parse().ok());
    let seconds: u32 = numbers.next().unwrap_or(CROWD_SECONDS);
    let n_updates: u32 = numbers.next().unwrap_or(N_UPDATES);
    let options = Options {
        limits: Limits::unhurried(),
        ..Options::default()
    };
    let world = World::start(City::invented()?, options).await?;
    let folder = world.settings.database.parent();
    let folder = folder.context("the database lies in a folder")?;
    let variables = &world.settings.variables;
    let people = |name: &str, n: usize| -> Vec<Person> {
        let person = |n| world.telegram.person(&format!("{name} {n}"), "ru").known();
        (0..n).map(person).collect()
    };
    let asking = people("Борис", N_ASKING);
    let bot = Binary::start("bot", variables, folder).await?;
    bot.says("Telegram answers", PATIENCE).await?;
    memory("at the start", &bot)?;

    println!("nobody else, {ASKED_A_SECOND} questions a second");
    let done = AtomicBool::new(false);
    let (asked, ()) = tokio::join!(ask(&world, &asking, ASKED_A_SECOND, &done), async {
        sleep(Duration::from_secs(10)).await;
        done.store(true, Ordering::Relaxed);
    });
    print_times("answers", asked?);

    println!("one chat, {FLOOD_A_SECOND} words a second for {FLOOD_SECONDS} s");
    let mallory = people("Мэллори", 1);
    let done = AtomicBool::new(false);
    let flood = say_all(
        &mallory,
        FLOOD_A_SECOND * FLOOD_SECONDS,
        FLOOD_SECONDS,
        false,
        &done,
    );
    let (asked, said) = tokio::join!(ask(&world, &asking, ASKED_A_SECOND, &done), flood);
    print_times("answers to others", asked?);
    println!(
        "said within {said:.1?}; {} left unread",
        world.telegram.n_pending_updates()
    );
    let to_mallory = world
        .telegram
        .log()
        .count(|call| call.chat == Some(mallory[0].chat()));
    println!("calls about the chat that floods: {to_mallory}");
    memory("after the flood", &bot)?;

    println!("{n_updates} updates of {N_CROWD} people within {seconds} s");
    let crowd = people("Анна", N_CROWD);
    let from = world.telegram.log().end();
    let done = AtomicBool::new(false);
    let (asked, said) = tokio::join!(
        ask(&world, &asking, ASKED_A_SECOND, &done),
        say_all(&crowd, n_updates, seconds, true, &done)
    );
    print_times("answers to others", asked?);
    wait_read(&world).await?;
    let calls = world.telegram.log().since(from);
    let n_sent = calls.iter().filter(|call| call.did("sendMessage")).count();
    let n_toasts = calls
        .iter()
        .filter(|call| call.did("answerCallbackQuery"))
        .count();
    println!("said within {said:.1?}; {n_sent} messages and {n_toasts} toasts sent");
    memory("after the crowd", &bot)?;

    println!("{N_WRITING} of them, {WORDS_A_SECOND} words a second for {WRITING_SECONDS} s");
    // Each writes once.
    let new = people("Глеб", WRITING_SECONDS as usize);
    let from = world.telegram.log().end();
    let done = AtomicBool::new(false);
    let n_words = WORDS_A_SECOND * WRITING_SECONDS;
    let (asked, said) = tokio::join!(
        ask(&world, &new, 1, &done),
        say_all(&crowd[..N_WRITING], n_words, WRITING_SECONDS, false, &done)
    );
    print_times("answers to others", asked?);
    let calls = world.telegram.log().since(from);
    let n_sent = calls.iter().filter(|call| call.did("sendMessage")).count();
    println!("said within {said:.1?}; {n_sent} messages sent");
    memory("after those who write", &bot)?;
    bot.terminate().await?;

    println!("{N_BACKLOG} words of {N_AWAY} chats, said an hour before the bot came back");
    let away = people("Вера", N_AWAY);
    for n in 0..N_BACKLOG {
        away[n % N_AWAY].say_ago("/help", TimeDelta::minutes(60));
    }
    let from = world.telegram.log().end();
    let bot = Binary::start("bot", variables, folder).await?;
    let log = world.telegram.log();
    let polled = log.wait_for(from, PATIENCE, |call| call.method == "getUpdates");
    polled.await.context("the bot never asked for updates")?;
    let begun = Instant::now();
    wait_read(&world).await?;
    let took = begun.elapsed();
    println!(
        "read off in {took:.2?}: {:.0} a second",
        N_BACKLOG as f64 / took.as_secs_f64()
    );
    let is_answer = |call: &Call| call.did("sendMessage") && call.is_done();
    let last = log.wait_for_nth(from, N_AWAY, PATIENCE, is_answer).await;
    last.context("not every chat was answered")?;
    println!("all chats answered after {:.1?}", begun.elapsed());
    sleep(Duration::from_secs(2)).await;
    let mut answers = HashMap::<_, usize>::new();
    for call in log.since(from).into_iter().filter(is_answer) {
        *answers.entry(call.chat).or_default() += 1;
    }
    println!(
        "answers a chat: at most {}",
        answers.values().max().unwrap_or(&0)
    );
    memory("after the backlog", &bot)?;
    bot.terminate().await?;
    Ok(())
}

/// So many updates at an even pace, people in turn, nine in ten a press if they press; how long it took.
async fn say_all(
    people: &[Person],
    n: u32,
    seconds: u32,
    do_press: bool,
    done: &AtomicBool,
) -> Duration {
    let begun = Instant::now();
    let mut every = interval(Duration::from_millis(10));
    every.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut n_said = 0;
    while n_said < n {
        every.tick().await;
        let due = begun.elapsed().as_secs_f64() / f64::from(seconds) * f64::from(n);
        while n_said < n && f64::from(n_said) <= due {
            let person = &people[n_said as usize % people.len()];
            match n_said % 10 {
                // Telegram takes thirty messages a second, and no more answers can be given.
                1..10 if do_press => drop(person.press_data(1, "nonsense")),
                _ => drop(person.say("/help")),
            }
            n_said += 1;
        }
    }
    done.store(true, Ordering::Relaxed);
    begun.elapsed()
}

/// Questions at an even pace, people in turn, until it is done; from each question to its answer.
async fn ask(
    world: &World,
    people: &[Person],
    a_second: u32,
    done: &AtomicBool,
) -> anyhow::Result<Vec<Duration>> {
    let log = world.telegram.log();
    let mut every = interval(Duration::from_secs(1) / a_second);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asked = Vec::new();
    for person in people.iter().cycle() {
        every.tick().await;
        if done.load(Ordering::Relaxed) {
            break;
        }
        let (chat, from, begun) = (person.chat(), log.end(), Instant::now());
        person.say("/help");
        asked.push(async move {
            let is_answer = |call: &Call| call.did("sendMessage") && call.chat == Some(chat);
            let answer = log.wait_for(from, PATIENCE, is_answer).await;
            Some(answer?.at.saturating_duration_since(begun))
        });
    }
    let took = futures::future::join_all(asked).await;
    took.into_iter()
        .collect::<Option<_>>()
        .context("somebody was never answered")
}

/// Returns when the bot has read every update.
async fn wait_read(world: &World) -> anyhow::Result<()> {
    let begun = Instant::now();
    while world.telegram.n_pending_updates() > 0 {
        anyhow::ensure!(begun.elapsed() < PATIENCE, "updates are left unread");
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// What the bot's process takes of memory. Linux only.
fn memory(when: &str, bot: &Binary) -> anyhow::Result<()> {
    let pid = bot.pid().context("the bot has ended")?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let of = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).unwrap_or(0) / 1024
    };
    println!(
        "memory {when}: {} MiB, at most {} MiB",
        of("VmRSS:"),
        of("VmHWM:")
    );
    Ok(())
}

fn print_times(name: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    if took.is_empty() {
        println!("{name}: none");
        return;
    }
    let at = |share: f64| took[((took.len() as f64 * share).ceil() as usize).max(1) - 1];
    println!(
        "{name}, {}: p50 {:.1?}, p99 {:.1?}, max {:.1?}",
        took.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
