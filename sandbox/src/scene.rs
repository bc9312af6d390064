//! The scene: a person waits for a doctor, a talon opens, the alert comes. Told line by line as it happens.

use crate::city::Whom;
use crate::person::{Person, show};
use crate::telegram::Message;
use crate::world::World;
use anyhow::Context;
use std::time::{Duration, Instant};

/// A step that has to do with the bot alone.
const PATIENCE: Duration = Duration::from_secs(15);
/// Pages turned before a name is given up.
const MAX_PAGES: usize = 80;
/// Looks waited for before a talon opens.
const MAX_FIRST_LOOKS: usize = 5;
const NEXT_PAGE: &str = "▶";

/// How the scene went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Played {
    /// From `/add` to the bot's word that it watches.
    pub adding: Duration,
    /// From the talon's opening to the portal's answer that showed it.
    pub seeing: Duration,
    /// From the talon's opening to the alert in the chat.
    pub alert: Duration,
}

/// Plays the scene with programs already running; every line goes to `tell`.
///
/// # Errors
/// When something that must come does not come in time: a menu, a name in it, the alert.
pub async fn play(world: &World, mut tell: impl FnMut(&str)) -> anyhow::Result<Played> {
    let whom = world.city.star()?;
    let anna = world.telegram.person("Анна", "ru").with_patience(PATIENCE);
    let mut stage = Stage::new(&anna, &mut tell);

    stage.say("/start").await?;
    let begun = Instant::now();
    let from = world.portal.log().end();
    stage.add(&whom).await?;
    let adding = begun.elapsed();

    stage.aside("Пингер узнаёт, за кем следить, и смотрит на портал…");
    settle(world, &whom, from)
        .await
        .context("the pinger has not looked at the doctor")?;
    let start = world.city.wall(2, 10, 20);
    let from = world.portal.log().end();
    anna.look_away();
    let opened = Instant::now();
    world
        .city
        .open_slot(whom.doctor.lpu, &whom.doctor.doctor, start)?;
    stage.aside(&format!(
        "Сразу после взгляда открылся талон: {}, {}, послезавтра в 10:20.",
        whom.clinic,
        whom.name.as_deref().unwrap_or(&whom.specialty),
    ));
    let patient = anna.with_patience(world.settings.poll_period + PATIENCE);
    let (alert, seen) = tokio::join!(
        patient.wait_for(|message| message.text.contains("10:20")),
        world.looked(&whom.doctor, from, PATIENCE),
    );
    let alert = alert.context("no alert came")?;
    let alerted = arrival(world, &alert).unwrap_or_else(Instant::now);
    let played = Played {
        adding,
        seeing: seen?.duration_since(opened),
        alert: alerted.duration_since(opened),
    };
    stage.bot(&alert, played.alert);
    for link in alert.links() {
        stage.aside(&format!("Ссылка: {link}"));
    }
    stage.aside(&format!(
        "Добавить врача: {}. От талона до взгляда пингера: {}. От талона до сообщения: {} (смотрит каждые {}).",
        shown(played.adding),
        shown(played.seeing),
        shown(played.alert),
        shown(world.settings.poll_period),
    ));
    Ok(played)
}

/// Returns right after a look in the usual rhythm, when the next one is furthest: a new watch is looked at several times at first.
async fn settle(world: &World, whom: &Whom, mut from: u64) -> anyhow::Result<()> {
    let mut last = None;
    for _ in 0..MAX_FIRST_LOOKS {
        let looked = world.looked(&whom.doctor, from, PATIENCE).await?;
        from = world.portal.log().end();
        let gap = last.map(|last| looked.duration_since(last));
        if gap.is_some_and(|gap| gap > world.settings.poll_period / 2) {
            break;
        }
        last = Some(looked);
    }
    Ok(())
}

/// Adds a doctor by menu, as a person does: `/add`, district, clinic, specialty, doctor. What the bot said when it was done.
///
/// # Errors
/// When a menu, a name in it or the last word does not come in time.
pub async fn add(person: &Person, whom: &Whom) -> anyhow::Result<Message> {
    Stage::new(person, &mut |_| {}).add(whom).await
}

/// When the call that brought a message reached Telegram.
fn arrival(world: &World, message: &Message) -> Option<Instant> {
    let calls = world.telegram.log().all();
    let brought = calls.iter().rev().find(|call| {
        call.chat == Some(message.chat) && call.message == Some(message.id) && call.is_done()
    });
    brought.map(|call| call.at)
}

/// The person, and the ear of whoever listens.
struct Stage<'a> {
    person: Person,
    tell: &'a mut dyn FnMut(&str),
    /// Revision of the last message told of.
    told: u64,
}

impl<'a> Stage<'a> {
    fn new(person: &Person, tell: &'a mut dyn FnMut(&str)) -> Self {
        Self {
            person: person.clone(),
            tell,
            told: 0,
        }
    }

    async fn add(&mut self, whom: &Whom) -> anyhow::Result<Message> {
        let name = whom.name.as_deref().context("the doctor has no name")?;
        self.say("/add").await?;
        self.pick(&whom.district).await?;
        self.pick(&whom.clinic).await?;
        self.pick(&whom.specialty).await?;
        self.pick(name).await?;
        let asked = Instant::now();
        let surname = name.split_whitespace().next().unwrap_or(name);
        let done = self.person.wait_for_text(surname).await?;
        self.bot(&done, asked.elapsed());
        Ok(done)
    }

    async fn say(&mut self, text: &str) -> anyhow::Result<()> {
        (self.tell)(&format!("{}: {text}", self.person.user().name));
        self.person.say(text);
        self.answer().await
    }

    /// Presses a name in a menu, turning its pages until it shows.
    async fn pick(&mut self, name: &str) -> anyhow::Result<()> {
        let mut asked = Instant::now();
        for _ in 0..MAX_PAGES {
            // Only what came after the last press: what stood there before must not be pressed again.
            let is_menu = |message: &Message| {
                label(message, name).is_some() || message.button_texts().contains(&NEXT_PAGE)
            };
            let menu = self.person.wait_for(is_menu).await;
            let menu = menu.with_context(|| format!("picking «{name}»"))?;
            self.bot(&menu, asked.elapsed());
            let label = label(&menu, name);
            let text = label.as_deref().unwrap_or(NEXT_PAGE);
            (self.tell)(&format!("{} нажимает [{text}]", self.person.user().name));
            asked = Instant::now();
            let press = self.person.press_on(menu.id, text)?;
            self.person.toast(&press).await?;
            if label.is_some() {
                return Ok(());
            }
        }
        anyhow::bail!("«{name}» is on none of {MAX_PAGES} pages")
    }

    async fn answer(&mut self) -> anyhow::Result<()> {
        let asked = Instant::now();
        let answer = self.person.answer().await?;
        self.bot(&answer, asked.elapsed());
        Ok(())
    }

    /// Tells of a message, unless it was told of as it is now.
    fn bot(&mut self, message: &Message, after: Duration) {
        if message.revision <= self.told {
            return;
        }
        self.told = message.revision;
        let lines = show(message);
        let mut lines = lines.lines();
        let first = lines.next().unwrap_or_default();
        (self.tell)(&format!("      Бот: {first}    ({})", shown(after)));
        for line in lines {
            (self.tell)(format!("           {line}").trim_end());
        }
    }

    fn aside(&mut self, text: &str) {
        (self.tell)(&format!("* {text}"));
    }
}

/// The button that stands for a name: with exactly this text, holding it, or beginning as it does (long names are cut).
fn label(menu: &Message, name: &str) -> Option<String> {
    let buttons = menu.button_texts();
    let exact = buttons.iter().find(|text| **text == name);
    let held = || buttons.iter().find(|text| text.contains(name));
    let cut = || {
        let mut cut = buttons.iter();
        cut.find(|text| {
            let begin = text.trim_end_matches('…').trim_end();
            text.ends_with('…') && begin.chars().count() >= 12 && name.starts_with(begin)
        })
    };
    let found = exact.or_else(held).or_else(cut)?;
    Some((*found).to_owned())
}

fn shown(length: Duration) -> String {
    match length.as_millis() {
        0..1000 => format!("{} мс", length.as_millis()),
        _ => format!("{:.1} с", length.as_secs_f64()),
    }
}
