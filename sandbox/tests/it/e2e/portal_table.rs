//! The portal's faults as two tables: what is stored, what people are told, what the log says. The bot, and the pinger as a
//! process of its own, whose log is read.
//!
//! What one fault brings, from the client to the program, is also tested nearer to it: every fault at every read in
//! `shared/tests/it/client/faults.rs`, back-offs in `pinger/tests/it`. What lasts is in `outages.rs`.

use super::house::{House, Running, add, is_alert};
use super::talk::store;
use chrono::{TimeDelta, Utc};
use futures::StreamExt as _;
use sandbox::telegram::Message;
use sandbox::{Binary, Endpoint, Fault, Person, Scope, Whom};
use shared::event::EventKind;
use shared::failure::FailureKind::{self, Clinic, Gone, Portal, TooMany, Unreachable, Unreadable};
use shared::ids::{EventId, Target};
use shared::store::{Listed, Store, TargetState};
use std::future::Future;
use std::time::{Duration, Instant};

/// Longer than the longest back-off, two minutes: on a slow machine a clinic fails often enough to meet it.
const LONG: Duration = Duration::from_secs(240);
/// Houses at once: each runs two programs and a city.
const AT_ONCE: usize = 10;

/// What goes wrong.
#[derive(Debug, Clone)]
enum What {
    /// At the clinic, whatever is asked.
    Clinic(Fault),
    /// At the clinic, when slots are asked for.
    Slots(Fault),
    /// Connections are refused.
    Refused,
}

/// One fault that is no answer: nothing of it changes a slot, or makes anybody hear of one.
struct Row {
    name: &'static str,
    what: What,
    /// Stored: how the doctor's reading failed.
    stored: (FailureKind, Option<i32>),
    /// Told by `/status`, beside the talon of before.
    told: &'static str,
    /// Logged: each of these once — the first one once for each series of failures — and no other warning.
    logged: &'static [&'static str],
}

const TROUBLE: &str = "на портале сейчас неполадки";
const ODD: &str = "портал ответил непонятно";
const AWAY: &str = "портал не отвечает";
const ILL: &str = "поликлиника не отвечает порталу";
const UNKNOWN: &str = "портал не находит эту поликлинику";
const SLOWER: &str = "пореже";

const FAILS: &str = "the clinic does not answer";
const ANSWERS: &str = "the clinic answers again";
const SHAPE_SLOTS: &str = "the answer of slots cannot be read";
const HOLD: &str = "the portal asks for a pause (429)";

fn row(
    name: &'static str,
    what: What,
    stored: (FailureKind, Option<i32>),
    told: &'static str,
    logged: &'static [&'static str],
) -> Row {
    Row {
        name,
        what,
        stored,
        told,
        logged,
    }
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use Fault as F;
    use What::{Clinic as At, Refused, Slots};
    let date = (Utc::now() + TimeDelta::seconds(60)).format("%a, %d %b %Y %H:%M:%S GMT");
    vec![
        //  fault                                                         stored                      told      logged
        row("refused connection", Refused,                               (Unreachable, None),        AWAY,    &[FAILS]),
        row("reset",              At(F::Cut),                            (Unreachable, None),        AWAY,    &[FAILS]),
        row("ends in the middle", At(F::CutShort),                       (Unreachable, None),        AWAY,    &[FAILS]),
        row("hangs",              At(F::Silent),                         (Unreachable, None),        AWAY,    &[FAILS]),
        row("403",                At(F::Status(403)),                    (Portal, Some(403)),        TROUBLE, &[FAILS]),
        row("404",                At(F::Status(404)),                    (Portal, Some(404)),        TROUBLE, &[FAILS]),
        row("500",                At(F::Status(500)),                    (Portal, Some(500)),        TROUBLE, &[FAILS]),
        row("502",                At(F::Status(502)),                    (Portal, Some(502)),        TROUBLE, &[FAILS]),
        row("503",                At(F::Status(503)),                    (Portal, Some(503)),        TROUBLE, &[FAILS]),
        row("504",                At(F::Status(504)),                    (Portal, Some(504)),        TROUBLE, &[FAILS]),
        row("429 in seconds",     Slots(F::TooManyRequests(Some("1".into()))), (TooMany, Some(429)), SLOWER,  &[HOLD]),
        row("429 without a time", Slots(F::TooManyRequests(None)),       (TooMany, Some(429)),       SLOWER,  &[HOLD]),
        row("429 until a date",   Slots(F::TooManyRequests(Some(date.to_string()))), (TooMany, Some(429)), SLOWER, &[HOLD]),
        row("a page, status 200", Slots(F::Html),                        (Unreadable, None),         ODD,     &[SHAPE_SLOTS]),
        row("wrong content type", Slots(F::WrongContentType),            (Unreadable, None),         ODD,     &[SHAPE_SLOTS]),
        row("empty",              Slots(F::Empty),                       (Unreadable, None),         ODD,     &[SHAPE_SLOTS]),
        row("truncated",          Slots(F::Truncated),                   (Unreadable, None),         ODD,     &[SHAPE_SLOTS]),
        row("null result",        Slots(F::NullResult),                  (Unreadable, None),         ODD,     &[SHAPE_SLOTS]),
        row("wrong types",        Slots(F::WrongTypes),                  (Unreadable, None),         ODD,     &[SHAPE_SLOTS]),
        row("not UTF-8",          Slots(F::NotUtf8),                     (Unreadable, None),         ODD,     &[SHAPE_SLOTS]),
        row("200,000 rows",       Slots(F::Repeated(200_000)),           (Unreadable, None),         ODD,     &[SHAPE_SLOTS]),
        row("code 1",             At(F::Refusal(1)),                     (Portal, Some(1)),          TROUBLE, &[FAILS]),
        row("code 45",            At(F::Refusal(45)),                    (Portal, Some(45)),         TROUBLE, &[FAILS]),
        row("code 602",           At(F::Refusal(602)),                   (Clinic, Some(602)),        ILL,     &[FAILS]),
        row("code 603",           At(F::Refusal(603)),                   (Clinic, Some(603)),        ILL,     &[FAILS]),
        row("code 610",           At(F::Refusal(610)),                   (Gone, Some(610)),          UNKNOWN, &[FAILS]),
        row("code 616",           At(F::Refusal(616)),                   (Clinic, Some(616)),        ILL,     &[FAILS]),
        row("code 639",           At(F::Refusal(639)),                   (Portal, Some(639)),        TROUBLE, &[FAILS]),
        row("code 645",           At(F::Refusal(645)),                   (Gone, Some(645)),          UNKNOWN, &[FAILS]),
        row("code 660",           At(F::Refusal(660)),                   (Portal, Some(660)),        TROUBLE, &[FAILS]),
        row("code 676",           At(F::Refusal(676)),                   (Portal, Some(676)),        TROUBLE, &[FAILS]),
        row("code 751",           At(F::Refusal(751)),                   (Portal, Some(751)),        TROUBLE, &[FAILS]),
        row("a code nobody knows", At(F::Refusal(9999)),                 (Portal, Some(9999)),       TROUBLE, &[FAILS]),
    ]
}

/// Runs rows side by side, a few at a time; names those that fail.
async fn all<F: Future<Output = ()> + Send + 'static>(rows: Vec<(&'static str, F)>) {
    let mut rows = futures::stream::iter(rows)
        .map(async |(name, row)| (name, tokio::spawn(row).await))
        .buffer_unordered(AT_ONCE);
    let mut failed = Vec::new();
    while let Some((name, row)) = rows.next().await {
        if row.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_changes_nothing() {
    let rows = rows().into_iter();
    all(rows.map(|row| (row.name, changes_nothing(row))).collect()).await;
}

/// A city, the programs, somebody who waits for the star, and what is known of them.
struct Scene {
    house: House,
    whom: Whom,
    anna: Person,
    store: Store,
    bot: Running,
    pinger: Binary,
}

fn tells(time: &str) -> impl Fn(&Message) -> bool + '_ {
    move |message| is_alert(message) && message.text.contains(time)
}

impl Scene {
    /// With a talon at 09:40 that was told.
    async fn new(house: House) -> Self {
        let whom = house.star();
        let store = store(&house).await;
        let bot = house.bot().await;
        let settings = house.settings();
        let pinger = Binary::start("pinger", &settings, house.folder.path());
        let pinger = pinger.await.unwrap();
        let anna = house.telegram.person("Анна", "ru").with_patience(LONG);
        anna.say("/start");
        anna.answer().await.unwrap();
        add(&anna, &whom).await;
        anna.look_away();
        house.open(&whom, house.city.wall(2, 9, 40));
        anna.wait_for(tells("09:40")).await.unwrap();
        Self {
            house,
            whom,
            anna,
            store,
            bot,
            pinger,
        }
    }

    async fn state(&self) -> TargetState {
        let target = Target {
            department: self.whom.department.clone(),
            doctor: Some(self.whom.doctor.doctor.clone()),
        };
        self.store.target_state(target, Utc::now()).await.unwrap()
    }

    /// Waits for a state of the store.
    async fn until(&self, is_so: impl Fn(&TargetState) -> bool) -> TargetState {
        let reached = async {
            loop {
                let state = self.state().await;
                if is_so(&state) {
                    return state;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let reached = tokio::time::timeout(LONG, reached).await;
        reached.expect("the store comes to be so")
    }

    /// Waits until the clinic was asked this so many times more.
    async fn asked(&self, endpoint: Endpoint, n: usize) {
        let log = self.house.portal.log();
        let asked = log.wait_for_nth(log.end(), n, LONG, |request| {
            request.endpoint == Some(endpoint)
                && request.lpu == Some(self.whom.doctor.lpu)
                && request.is_over
        });
        asked.await.expect("the clinic is asked");
    }

    async fn looked(&self, n: usize) {
        self.asked(Endpoint::Appointments, n).await;
    }

    /// Waits until the doctor's list has failed, too, again and again, in this way.
    async fn list_fails(&self, stored: (FailureKind, Option<i32>)) {
        let mut seen = None;
        let mut n_tries = 0;
        let failing = async {
            while n_tries < 3 {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let states = self.store.list_states(vec![self.whom.department.clone()]);
                let reading = states.await.unwrap().remove(0).reading.unwrap();
                if let Some((_, failure)) = reading.failing
                    && seen != Some(reading.begun_at)
                {
                    assert_eq!((failure.kind, failure.code), stored);
                    seen = Some(reading.begun_at);
                    n_tries += 1;
                }
            }
        };
        let failing = tokio::time::timeout(LONG, failing).await;
        failing.expect("the list fails");
    }

    async fn status(&self, part: &str) -> Message {
        self.anna.look_away();
        self.anna.say("/status");
        self.anna.wait_for_text(part).await.unwrap()
    }

    async fn n_events(&self, kind: EventKind) -> usize {
        let events = self.store.events_after(EventId(0), 10_000).await.unwrap();
        let of_star = events
            .iter()
            .filter(|event| event.lpu == self.whom.doctor.lpu)
            .filter(|event| {
                event
                    .doctor
                    .as_ref()
                    .is_none_or(|id| *id == self.whom.doctor.doctor)
            });
        of_star.filter(|event| event.kind == kind).count()
    }

    /// What opens now is told, what was told is not told again; the programs end. The pinger's log.
    async fn goes_on(self) -> String {
        self.house.open(&self.whom, self.house.city.wall(3, 11, 20));
        self.anna.wait_for(tells("11:20")).await.unwrap();
        self.house.settle().await;
        // A message whose talons are all gone has no link any more.
        assert!(self.house.n_told(&self.anna, "09:40") <= 1);
        assert_eq!(self.house.n_told(&self.anna, "11:20"), 1);
        self.bot.stop().await;
        self.pinger.terminate().await.unwrap()
    }
}

/// Lines that warn.
fn warnings(log: &str) -> Vec<&str> {
    let warns = |line: &&str| line.contains(" WARN ") || line.contains("ERROR ");
    log.lines().filter(warns).collect()
}

async fn changes_nothing(row: Row) {
    let name = row.name;
    // What is large takes its time to be made up; what hangs is waited for.
    let patience = match row.what {
        What::Slots(Fault::Repeated(_)) => "30s",
        What::Clinic(Fault::Silent) => "700ms",
        _ => "5s",
    };
    let house = House::new().await.with("REQUEST_TIMEOUT", patience);
    let begun = Instant::now();
    let scene = Scene::new(house).await;
    let city = &scene.house.city;
    let clinic = Scope::lpu(scene.whom.doctor.lpu);
    let failed = |state: &TargetState| {
        let reading = state.reading.as_ref();
        reading.is_some_and(|reading| reading.failing.is_some())
    };
    match &row.what {
        // Looks first: of a clinic where everything fails the list is asked, and looks wait for their turn.
        What::Clinic(fault) | What::Slots(fault) => {
            city.fault(clinic.clone().at(Endpoint::Appointments), fault.clone());
        }
        // What a person asks for has a turn of its own.
        What::Refused => {
            scene.house.portal.down().await.unwrap();
            scene.anna.say("/status");
        }
    }
    // Stored: the failure, beside what was known before. Missing twice would be gone, had these been answers.
    let first = scene.until(failed).await.reading.unwrap();
    let again = |state: &TargetState| {
        let reading = state.reading.as_ref();
        reading.is_some_and(|reading| reading.begun_at > first.begun_at)
    };
    let is_long_hold = matches!(&row.what, What::Slots(Fault::TooManyRequests(after)) if after.as_deref() != Some("1"));
    let state = match is_long_hold || matches!(row.what, What::Refused) {
        true => scene.state().await,
        false => scene.until(again).await,
    };
    if let What::Clinic(fault) = &row.what {
        city.fault(clinic, fault.clone());
        scene.list_fails(row.stored).await;
    }
    let (_, failure) = state.reading.unwrap().failing.expect("it fails on");
    assert_eq!((failure.kind, failure.code), row.stored, "{name}");
    assert_eq!(state.free.len(), 1, "{name}");
    // Told: who did not answer, and what was known; never that there is nothing.
    let status = scene.status(row.told).await;
    assert!(status.text.contains("09:40"), "{name}: {}", status.text);
    assert!(!status.text.contains("Талонов"), "{name}: {}", status.text);

    if is_long_hold {
        // Half a minute or more: the hold itself is tested beside. Nothing else is told or logged meanwhile.
        scene.bot.stop().await;
        let said = scene.pinger.terminate().await.unwrap();
        assert_eq!(said.matches(HOLD).count(), 1, "{name}: {said}");
        return;
    }
    match row.what {
        What::Refused => scene.house.portal.up().await.unwrap(),
        _ => scene.house.city.clear_faults(),
    }
    scene.until(|state| !failed(state)).await;
    assert_eq!(scene.n_events(EventKind::Gone).await, 0, "{name}");
    assert_eq!(scene.n_events(EventKind::ClinicSilent).await, 0, "{name}");
    // Logged: once, however often it came.
    let log = scene.goes_on().await;
    let warnings = warnings(&log);
    let count = |part: &str| warnings.iter().filter(|line| line.contains(part)).count();
    for &part in row.logged {
        let is_right = match part {
            // Once for each series of failures, and each of them has ended.
            FAILS => count(FAILS) > 0 && count(FAILS) == log.matches(ANSWERS).count(),
            HOLD => (1..=1 + begun.elapsed().as_secs() / 60).contains(&(count(HOLD) as u64)),
            _ => count(part) == 1,
        };
        assert!(is_right, "{name}: {part} in {log}");
    }
    // Where lists are answered and looks are not, the clinic answers and does not, in turns.
    let expected =
        |line: &&&str| line.contains(FAILS) || row.logged.iter().any(|part| line.contains(part));
    let others: Vec<_> = warnings.iter().filter(|line| !expected(line)).collect();
    assert!(others.is_empty(), "{name}: {others:#?}");
}

type Story = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Answers that are odd and yet answers: what is true in them is stored and told, nothing is logged as wrong.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_and_yet_an_answer_is_read() {
    #[rustfmt::skip]
    let rows: Vec<(&'static str, Story)> = vec![
        // fault                                stored                             told
        ("unknown fields",                     Box::pin(unknown_fields())),     // as ever                 as ever
        ("a doctor listed twice",              Box::pin(listed_twice())),       // one doctor              once
        ("counters of 0 while slots exist",    Box::pin(hidden_by_counters())), // the slot                the talon
        ("counters of 7 while none exists",    Box::pin(made_up_counters())),   // no slot                 nothing
        ("half of the slots missing once",     Box::pin(half_of_slots())),      // both slots              nothing more
        ("half of the doctors missing once",   Box::pin(half_of_doctors())),    // the doctor, listed      nothing
        ("39: nothing free",                   Box::pin(nothing_free())),       // gone after two          struck out
        ("38: nobody to book with",           Box::pin(nobody_listed(38))),       // the doctor, the slot    nothing
        ("37: no specialty to book",          Box::pin(nobody_listed(37))),      // the doctor, the slot    nothing
        ("all ids of a clinic changed",        Box::pin(renumbered())),         // refused, the slot       that it is unknown; days later: `vanished`
    ];
    all(rows).await;
}

async fn scene() -> Scene {
    Scene::new(House::new().await).await
}

fn at(scene: &Scene, endpoint: Endpoint) -> Scope {
    Scope::lpu(scene.whom.doctor.lpu).at(endpoint)
}

async fn no_warnings(scene: Scene) {
    let log = scene.goes_on().await;
    assert!(warnings(&log).is_empty(), "{log}");
}

async fn unknown_fields() {
    let scene = scene().await;
    scene.house.city.fault(Scope::all(), Fault::UnknownFields);
    scene.looked(2).await;
    assert_eq!(scene.state().await.free.len(), 1);
    no_warnings(scene).await;
}

async fn listed_twice() {
    let scene = scene().await;
    let (lpu, id) = (scene.whom.doctor.lpu, &scene.whom.doctor.doctor);
    scene.house.city.list_times(lpu, id, 2).unwrap();
    scene.looked(3).await;
    let states = scene.store.list_states(vec![scene.whom.department.clone()]);
    let doctors = states.await.unwrap().remove(0).doctors;
    assert_eq!(doctors.iter().filter(|doctor| *doctor == id).count(), 1);
    no_warnings(scene).await;
}

async fn hidden_by_counters() {
    let scene = scene().await;
    let (lpu, id) = (scene.whom.doctor.lpu, &scene.whom.doctor.doctor);
    scene.house.city.set_counter(lpu, id, Some(0)).unwrap();
    scene.looked(1).await;
    // What opens behind them is told: `goes_on` waits for it.
    no_warnings(scene).await;
}

async fn made_up_counters() {
    let scene = scene().await;
    let (lpu, id) = (scene.whom.doctor.lpu, &scene.whom.doctor.doctor);
    scene
        .house
        .take(&scene.whom, scene.house.city.wall(2, 9, 40));
    scene.house.city.set_counter(lpu, id, Some(7)).unwrap();
    scene.until(|state| state.free.is_empty()).await;
    scene.status("Талонов нет").await;
    scene.house.city.set_counter(lpu, id, None).unwrap();
    no_warnings(scene).await;
}

async fn half_of_slots() {
    let scene = scene().await;
    scene
        .house
        .open(&scene.whom, scene.house.city.wall(2, 10, 20));
    scene.until(|state| state.free.len() == 2).await;
    let slots = at(&scene, Endpoint::Appointments);
    scene.house.city.fault_times(slots, Fault::HalfMissing, 1);
    scene.looked(3).await;
    let state = scene.until(|state| state.free.len() == 2).await;
    assert_eq!(state.free.len(), 2);
    assert_eq!(scene.n_events(EventKind::Gone).await, 0);
    no_warnings(scene).await;
}

async fn half_of_doctors() {
    let scene = scene().await;
    let (lpu, id) = (scene.whom.doctor.lpu, &scene.whom.doctor.doctor);
    // Every second row goes: listed first, she would stay.
    scene.house.city.list_times(lpu, id, 0).unwrap();
    let missing = |state: &TargetState| matches!(state.listed, Listed::MissingSince(_));
    scene.until(missing).await;
    scene.house.city.list_times(lpu, id, 1).unwrap();
    scene.until(|state| state.listed == Listed::Yes).await;
    let lists = at(&scene, Endpoint::Doctors);
    scene.house.city.fault_times(lists, Fault::HalfMissing, 1);
    scene.looked(3).await;
    scene.until(|state| state.listed == Listed::Yes).await;
    assert_eq!(scene.state().await.free.len(), 1);
    assert_eq!(scene.n_events(EventKind::DoctorGone).await, 0);
    no_warnings(scene).await;
}

async fn nothing_free() {
    let scene = scene().await;
    let slots = at(&scene, Endpoint::Appointments);
    let fault = scene.house.city.fault(slots, Fault::Refusal(39));
    scene.until(|state| state.free.is_empty()).await;
    assert_eq!(scene.n_events(EventKind::Gone).await, 1);
    let state = scene.state().await;
    assert!(state.reading.unwrap().failing.is_none(), "an answer");
    scene.status("Талонов нет").await;
    // So that it does not come back as another talon.
    scene
        .house
        .take(&scene.whom, scene.house.city.wall(2, 9, 40));
    scene.house.city.clear(fault);
    no_warnings(scene).await;
}

async fn nobody_listed(code: i32) {
    let scene = scene().await;
    let lists = at(&scene, Endpoint::Doctors);
    let fault = scene.house.city.fault(lists, Fault::Refusal(code));
    scene.asked(Endpoint::Doctors, 4).await;
    let state = scene.state().await;
    assert_eq!((state.listed, state.free.len()), (Listed::Yes, 1));
    scene.house.city.clear(fault);
    no_warnings(scene).await;
}

async fn renumbered() {
    let scene = scene().await;
    scene.house.city.renumber(scene.whom.doctor.lpu).unwrap();
    // The portal knows neither her nor her department; "gone" only after three days of that.
    let refused = |state: &TargetState| {
        let reading = state.reading.as_ref();
        reading.is_some_and(|reading| reading.refused_since.is_some())
    };
    let state = scene.until(refused).await;
    assert_eq!((state.listed, state.free.len()), (Listed::Yes, 1));
    let status = scene.status(UNKNOWN).await;
    assert!(status.text.contains("09:40"), "{}", status.text);
    assert_eq!(scene.n_events(EventKind::Gone).await, 0);
    scene.bot.stop().await;
    let said = scene.pinger.terminate().await.unwrap();
    assert!(!said.contains("ERROR"), "{said}");
}
