//! From the portal's answer to the alert: how long our part of the way takes.
//!
//! ```text
//! cargo build --release -p bot -p pinger
//! cargo bench -p sandbox --bench latency
//! ```
//!
//! Runs the release programs as processes of their own (built first when they are missing or old), opens one talon at a
//! time for one of many people, a thousand times, and measures from the moment the portal's answer with the talon is
//! ready to the moment the message reaches the Telegram stand-in (`sendMessage`, or `editMessageText` within a minute
//! of an alert about the same doctor): the pinger reading and recording it, the bot hearing
//! of the commit, composing and sending. Takes about two minutes. The promise is 99 of 100 within 100 ms.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod common;

use anyhow::Context;
use chrono::TimeDelta;
use sandbox::portal::Request;
use sandbox::telegram::Call;
use sandbox::{City, Endpoint, Options, Whom, World};
use std::time::{Duration, Instant};

const N_ALERTS: usize = 1_000;
/// So many that the turn of each comes no more often than Telegram allows.
const N_PEOPLE: usize = 24;
/// Sets how long the bench takes, not what it measures.
const PERIOD: Duration = Duration::from_millis(200);
const PROMISE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options {
        poll_period: PERIOD,
        requests_per_second: 1_000,
        ..Options::default()
    };
    let world = World::start(City::invented()?, options).await?;
    let people = common::waiting(&world, N_PEOPLE).await?;
    let (bot, pinger) = common::start(&world, &world.settings.variables).await?;
    for (_, whom) in &people {
        world.looked(&whom.doctor, 0, PATIENCE).await?;
    }

    let begun = Instant::now();
    let mut took = Vec::with_capacity(N_ALERTS);
    let mut n_ambiguous = 0;
    for n in 0.. {
        if took.len() == N_ALERTS {
            break;
        }
        let (person, whom) = &people[n % N_PEOPLE];
        match one(&world, person.chat(), whom, n).await? {
            Some(time) => took.push(time),
            None => n_ambiguous += 1,
        }
    }
    let is_refused = |call: &Call| call.chat.is_some() && call.refusal().is_some();
    let n_refused = world.telegram.log().count(is_refused);
    let elapsed = begun.elapsed();
    tokio::try_join!(bot.terminate(), pinger.terminate())?;

    took.sort_unstable();
    let at = |share: f64| took[((took.len() as f64 * share).ceil() as usize).max(1) - 1];
    let n_within = took.iter().filter(|time| **time <= PROMISE).count();
    println!("portal's answer to the message, {N_ALERTS} single alerts in {elapsed:.0?}:");
    for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)] {
        println!("  {name}  {:>8.2?}", at(share));
    }
    let share = 100.0 * n_within as f64 / took.len() as f64;
    println!("  within {PROMISE:?}: {share:.1} %");
    println!(
        "  left out, the answer being written as the talon opened: {n_ambiguous}; refused by Telegram: {n_refused}"
    );
    Ok(())
}

/// One talon for one person. `None` when it cannot be said which answer showed it first.
async fn one(world: &World, chat: i64, whom: &Whom, n: usize) -> anyhow::Result<Option<Duration>> {
    let minutes = TimeDelta::minutes(i64::try_from(n)?);
    let calls = world.telegram.log().end();
    // A request under way stands before the end.
    let requests = world.portal.log().end().saturating_sub(1_000);
    let opened = Instant::now();
    let (lpu, doctor) = (whom.doctor.lpu, &whom.doctor.doctor);
    world
        .city
        .open_slot(lpu, doctor, world.city.wall(2, 0, 0) + minutes)?;
    let alert = world.telegram.log().wait_for(calls, PATIENCE, |call| {
        matches!(call.method.as_str(), "sendMessage" | "editMessageText") && call.chat == Some(chat)
    });
    let alert = alert.await.context("an alert never came")?;
    let is_about = |request: &Request| {
        request.endpoint == Some(Endpoint::Appointments)
            && request.lpu == Some(lpu)
            && request.id.as_deref() == Some(&doctor.0)
    };
    let answers = world.portal.log().since(requests);
    let answer = answers
        .iter()
        .filter(|request| is_about(request))
        .find(|request| request.answered.is_some_and(|answered| answered >= opened));
    let answer = answer.context("an alert came without an answer")?;
    let answered = answer.answered.context("it was answered")?;
    Ok((answer.at > opened).then(|| alert.at.saturating_duration_since(answered)))
}
