//! Ten thousand people wait for one doctor: what a talon of that doctor costs everybody else.
//!
//! ```text
//! cargo build --release -p bot -p pinger
//! cargo bench -p sandbox --bench crowd                # about eight minutes
//! cargo bench -p sandbox --bench crowd -- 1000        # with a smaller crowd
//! ```
//!
//! Runs the release programs against a Telegram that counts its limits to the letter: 30 messages to all and one to a
//! chat within any second, 20 to a group within any minute. One talon opens for the crowd. While it is told (first
//! alone, then with presses of menus, then with 5 commands a second) single talons open for single people. Promised:
//! not one 429; at least 27 alerts a second alone and 27 messages a second in sum with answers, whose p99 stays under
//! 300 ms; menus edited within 30 ms p99; a crowd of one told within 2 s.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod common;

use anyhow::Context;
use chrono::{TimeDelta, Utc};
use sandbox::portal::Request;
use sandbox::telegram::{Call, Limits};
use sandbox::{City, Endpoint, Options, Person, Whom, World};
use shared::ids::Target;
use shared::store::{Lang, Limits as WatchLimits, NewWatch, Program, Store};
use shared::wish::Wish;
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval};

const N_PEOPLE: usize = 10_000;
/// People with a doctor of their own each.
const N_SINGLES: usize = 30;
/// Single alerts measured while nothing else happens.
const N_IDLE: usize = 60;
/// Between two single talons while the crowd is told.
const SINGLE_EVERY: Duration = Duration::from_millis(1_500);
/// People who ask for help in turn, so that none asks more than once a second.
const N_ASKING: usize = 50;
const ANSWERS_A_SECOND: u32 = 5;
/// People who leaf through a menu in turn.
const N_PRESSING: usize = 20;
const PRESSES_A_SECOND: u32 = 10;
const PERIOD: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let n_people = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let n_people: usize = n_people.unwrap_or(N_PEOPLE);
    let options = Options {
        poll_period: PERIOD,
        requests_per_second: 1_000,
        limits: Limits::strict(),
        ..Options::default()
    };
    let world = World::start(City::invented()?, options).await?;
    let star = world.city.star()?;
    world.city.take_all(star.doctor.lpu, &star.doctor.doctor)?;
    let begun = Instant::now();
    let crowd = crowd(&world, &star, n_people).await?;
    println!("{n_people} watches written in {:.1?}", begun.elapsed());
    let singles = common::waiting_but(&world, N_SINGLES, Some(&star)).await?;
    let asking = known(&world, N_ASKING);
    let pressing = known(&world, N_PRESSING);
    let (bot, pinger) = common::start(&world, &world.settings.variables).await?;
    for (_, whom) in &singles {
        world.looked(&whom.doctor, 0, PATIENCE).await?;
    }
    world.looked(&star.doctor, 0, PATIENCE).await?;

    let mut n = 0;
    let mut idle = Vec::new();
    while idle.len() < N_IDLE {
        let (person, whom) = &singles[n % singles.len()];
        idle.extend(single(&world, person.chat(), whom, n).await?);
        n += 1;
    }
    print_times("single alerts, idle", idle);

    // Menus are warm once everything in them was shown.
    for person in &pressing {
        person.say("/add");
        person.wait_for_text("В каком районе").await?;
    }
    leaf(&world, &pressing, 2 * N_PRESSING).await?;
    print_times(
        "menus, press to edit, idle",
        leaf(&world, &pressing, 100).await?,
    );

    let from = world.telegram.log().end();
    let opened = Instant::now();
    world.city.open_slot(
        star.doctor.lpu,
        &star.doctor.doctor,
        world.city.wall(3, 9, 40),
    )?;
    wait_told(&world, from, 1).await?;
    println!("the crowd's first alert after {:.0?}", opened.elapsed());

    let phase = n_people / 10;
    let alone = Phase::begin(&world);
    wait_told(&world, from, phase * 2).await?;
    alone.print("alerts alone", n_people);

    let with_menus = Phase::begin(&world);
    let n_presses = phase * PRESSES_A_SECOND as usize / 28;
    let (menus, told) = tokio::join!(
        leaf(&world, &pressing, n_presses),
        wait_told(&world, from, phase * 3)
    );
    told?;
    with_menus.print("with menus", n_people);
    print_times("menus, press to edit, in the crowd", menus?);

    let with_answers = Phase::begin(&world);
    let stop = tokio_util::sync::CancellationToken::new();
    let answering = ask(&world, &asking, &stop);
    let opening = async {
        let mut took = Vec::new();
        let mut every = interval(SINGLE_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            every.tick().await;
            let (person, whom) = &singles[n % singles.len()];
            took.extend(single(&world, person.chat(), whom, n).await?);
            n += 1;
        }
        anyhow::Ok(took)
    };
    let waiting = async {
        let told = wait_told(&world, from, n_people - 20).await;
        stop.cancel();
        told
    };
    let (answers, took, told) = tokio::join!(answering, opening, waiting);
    told?;
    with_answers.print("with answers", n_people);
    print_times("answers to commands, in the crowd", answers?);
    print_times("single alerts, in the crowd", took?);

    let calls = world.telegram.log().all();
    let n_refused = calls
        .iter()
        .filter(|call| call.refusal() == Some(429))
        .count();
    let (overall, chat) = world.telegram.most_sent_within(0, Duration::from_secs(1));
    println!("429: {n_refused}; most within a second: {overall} to all, {chat} to one chat");
    drop(crowd);
    tokio::try_join!(bot.terminate(), pinger.terminate())?;
    Ok(())
}

fn known(world: &World, n: usize) -> Vec<Person> {
    let person = |n| world.telegram.person(&format!("Борис {n}"), "ru").known();
    (0..n).map(person).collect()
}

/// People who wait for one doctor.
async fn crowd(world: &World, whom: &Whom, n: usize) -> anyhow::Result<Vec<Person>> {
    let store = Store::open(&world.settings.database, Program::Bot).await?;
    let limits = WatchLimits {
        watches: 1,
        targets: 1,
    };
    let people = known(world, n);
    for some in people.chunks(64) {
        let waits = some.iter().map(async |person| {
            let now = Utc::now();
            let known = store.meet(person.chat(), None, Lang::Ru, now).await?;
            let watch = NewWatch {
                person: known.id,
                targets: vec![Target {
                    department: whom.department.clone(),
                    doctor: Some(whom.doctor.doctor.clone()),
                }],
                areas: Vec::new(),
                wish: Wish::default(),
            };
            store.add_watch(watch, limits, now).await.map(drop)
        });
        futures::future::try_join_all(waits).await?;
    }
    Ok(people)
}

/// Alerts alone have links.
fn is_told(call: &Call) -> bool {
    call.did("sendMessage") && call.params["reply_markup"].to_string().contains("url")
}

/// Returns once so many were told.
async fn wait_told(world: &World, from: u64, n: usize) -> anyhow::Result<()> {
    let within = PATIENCE + Duration::from_secs(n as u64 / 10);
    let told = world.telegram.log().wait_for_nth(from, n, within, is_told);
    told.await.map(drop).context("alerts stopped coming")
}

/// A stretch of the fan-out.
struct Phase<'a> {
    world: &'a World,
    from: u64,
    begun: Instant,
}

impl<'a> Phase<'a> {
    fn begin(world: &'a World) -> Self {
        Self {
            world,
            from: world.telegram.log().end(),
            begun: Instant::now(),
        }
    }

    fn print(&self, name: &str, n_people: usize) {
        let seconds = self.begun.elapsed().as_secs_f64();
        let calls = self.world.telegram.log().since(self.from);
        let n_alerts = calls.iter().filter(|call| is_told(call)).count() as f64;
        let n_sent = calls.iter().filter(|call| call.did("sendMessage")).count() as f64;
        let n_edited = calls
            .iter()
            .filter(|call| call.did("editMessageText"))
            .count() as f64;
        println!(
            "{name} ({n_people} people, {seconds:.0} s): {:.1} alerts a second; {:.1} messages, {:.1} with edits",
            n_alerts / seconds,
            n_sent / seconds,
            (n_sent + n_edited) / seconds,
        );
    }
}

/// One talon for one person: from the portal's answer to the message, or to the edit of an alert of the last minute.
/// `None` when it cannot be said which answer showed it first.
async fn single(
    world: &World,
    chat: i64,
    whom: &Whom,
    n: usize,
) -> anyhow::Result<Option<Duration>> {
    let minutes = TimeDelta::minutes(i64::try_from(n)?);
    let calls = world.telegram.log().end();
    // A request under way stands before the end.
    let requests = world.portal.log().end().saturating_sub(1_000);
    let opened = Instant::now();
    let (lpu, doctor) = (whom.doctor.lpu, &whom.doctor.doctor);
    let start = world.city.wall(2, 0, 0) + minutes;
    world.city.open_slot(lpu, doctor, start)?;
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

/// Presses one by one, people in turn: into a district and back. From the press to the edited menu.
async fn leaf(world: &World, people: &[Person], n: usize) -> anyhow::Result<Vec<Duration>> {
    let log = world.telegram.log();
    let mut every = interval(Duration::from_secs(1) / PRESSES_A_SECOND);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut took = Vec::with_capacity(n);
    for n in 0..n {
        every.tick().await;
        let person = &people[n % people.len()];
        let is_in = (n / people.len()) % 2 == 1;
        let button = if is_in {
            "Назад"
        } else {
            "Приморский"
        };
        let menu = person.messages().pop().context("no menu is open")?;
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
async fn ask(
    world: &World,
    people: &[Person],
    stop: &tokio_util::sync::CancellationToken,
) -> anyhow::Result<Vec<Duration>> {
    let log = world.telegram.log();
    let from = log.end();
    let mut every = interval(Duration::from_secs(1) / ANSWERS_A_SECOND);
    let mut asked = Vec::new();
    for n in 0.. {
        every.tick().await;
        if stop.is_cancelled() {
            break;
        }
        let person = &people[n % people.len()];
        asked.push((person.chat(), Instant::now()));
        person.say("/help");
    }
    // Those on their way.
    let n = asked.len();
    let is_answer = |call: &Call| {
        call.did("sendMessage") && people.iter().any(|person| call.chat == Some(person.chat()))
    };
    let last = log.wait_for_nth(from, n, PATIENCE, is_answer).await;
    last.context("an answer never came")?;
    let answers: Vec<_> = log.since(from).into_iter().filter(is_answer).collect();
    let took = asked.iter().filter_map(|(chat, asked)| {
        let mut own = answers.iter().filter(|call| call.chat == Some(*chat));
        let answer = own.find(|call| call.at >= *asked)?;
        Some(answer.at - *asked)
    });
    Ok(took.collect())
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
