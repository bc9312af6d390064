//! What people do while it is measured, and how long each thing takes.

use super::people::Scene;
use super::{ANSWERS_A_SECOND, PATIENCE, PRESSES_A_SECOND, is_told};
use crate::portal::Request;
use crate::telegram::Call;
use crate::{Endpoint, Whom, World};
use anyhow::Context;
use chrono::TimeDelta;
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// One talon for one person: from the portal's answer to the message. `None` when it cannot be said which answer showed
/// it first.
pub(super) async fn single(
    world: &World,
    chat: i64,
    whom: &Whom,
    n: usize,
) -> anyhow::Result<Option<Duration>> {
    let calls = world.telegram.log().end();
    // A request under way stands before the end.
    let requests = world.portal.log().end().saturating_sub(1_000);
    let opened = Instant::now();
    let (lpu, doctor) = (whom.doctor.lpu, &whom.doctor.doctor);
    let start = world.city.wall(2, 0, 0) + TimeDelta::minutes(i64::try_from(n)?);
    world.city.open_slot(lpu, doctor, start)?;
    let is_alert = |call: &Call| is_told(call) && call.chat == Some(chat);
    let alert = world.telegram.log().wait_for(calls, PATIENCE, is_alert);
    let alert = alert.await.context("an alert never came")?;
    let is_about = |request: &Request| {
        request.endpoint == Some(Endpoint::Appointments)
            && request.lpu == Some(lpu)
            && request.id.as_deref() == Some(&doctor.0)
    };
    let answers = world.portal.log().since(requests);
    let mut answers = answers.iter().filter(|request| is_about(request));
    let is_later = |request: &&Request| request.answered.is_some_and(|answered| answered >= opened);
    let answer = answers.find(is_later);
    let answer = answer.context("an alert came without an answer")?;
    let answered = answer.answered.context("it was answered")?;
    Ok((answer.at > opened).then(|| alert.at.saturating_duration_since(answered)))
}

/// So many presses one by one, people in turn: into a district and back. From the press to the edited menu.
pub(super) async fn leaf(scene: &Scene, n: usize) -> anyhow::Result<Vec<Duration>> {
    let log = scene.world.telegram.log();
    let district = scene.district()?;
    let mut every = interval(Duration::from_secs(1) / PRESSES_A_SECOND);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut took = Vec::with_capacity(n);
    for n in 0..n {
        every.tick().await;
        let person = &scene.pressing[n % scene.pressing.len()];
        // Whatever is shown now: out of a district, or into one.
        let menu = person.messages().pop().context("no menu is open")?;
        let is_out = menu.button(&district).is_some();
        let button = if is_out { &district } else { "Назад" };
        let from = log.end();
        let pressed = Instant::now();
        // A list that was still loading has come this very moment: the next one then.
        if person.press_on(menu.id, button).is_err() {
            continue;
        }
        let edited = log.wait_for(from, PATIENCE, |call| {
            call.did("editMessageText") && call.chat == Some(person.chat())
        });
        let edited = edited.await.context("a menu was not edited")?;
        let answered = edited.answered.context("it was answered")?;
        took.push(answered - pressed);
    }
    Ok(took)
}

/// Commands until `stop`, people in turn. From the command to the answer.
pub(super) async fn ask(scene: &Scene, stop: &CancellationToken) -> anyhow::Result<Vec<Duration>> {
    let people = &scene.asking;
    let log = scene.world.telegram.log();
    let from = log.end();
    let mut every = interval(Duration::from_secs(1) / ANSWERS_A_SECOND);
    let mut asked = Vec::new();
    for person in people.iter().cycle() {
        every.tick().await;
        if stop.is_cancelled() {
            break;
        }
        asked.push((person.chat(), Instant::now()));
        person.say("/help");
    }
    // Those on their way.
    let is_answer = |call: &Call| {
        call.did("sendMessage") && people.iter().any(|person| call.chat == Some(person.chat()))
    };
    let last = log
        .wait_for_nth(from, asked.len(), PATIENCE, is_answer)
        .await;
    last.context("an answer never came")?;
    let answers: Vec<_> = log.since(from).into_iter().filter(is_answer).collect();
    let took = asked.iter().map(|(chat, asked)| {
        let mut own = answers.iter().filter(|call| call.chat == Some(*chat));
        let answer = own.find(|call| call.at >= *asked);
        Ok(answer.context("a command without an answer")?.at - *asked)
    });
    took.collect()
}
