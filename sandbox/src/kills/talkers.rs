//! People who talk with the bot while it dies: what they began goes on where it was.

use super::Report;
use super::town::Town;
use crate::city::Whom;
use crate::person::{Person, show};
use crate::telegram::{Message, Telegram};
use anyhow::Context;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const N_TALKERS: usize = 6;
/// A step that brought nothing in this time was swallowed by a kill, and is taken again.
const PATIENCE: Duration = Duration::from_secs(5);
/// As often as that at most, then the bot has lost its thread.
const TRIES: usize = 8;
/// Between two steps, at most.
const PAUSE: Duration = Duration::from_millis(700);

/// How it went so far.
#[derive(Debug, Default, Clone, Copy)]
struct Talked {
    n_dialogues: usize,
    n_steps: usize,
    n_again: usize,
}

/// People in dialogues.
pub(super) struct Talkers {
    stop: CancellationToken,
    tasks: JoinSet<anyhow::Result<Talked>>,
}

impl Talkers {
    pub(super) fn start(telegram: &Telegram, town: &Town, seed: u64) -> Self {
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        for n in 0..N_TALKERS {
            let person = telegram.person(&format!("Говорящий {n}"), "ru");
            let talker = Talker {
                person: person.with_patience(PATIENCE),
                dice: StdRng::seed_from_u64(seed.wrapping_add(n as u64)),
                talked: Talked::default(),
            };
            tasks.spawn(talker.talk(town.quiet.clone(), stop.clone()));
        }
        Self { stop, tasks }
    }

    /// Lets everybody finish what they began.
    pub(super) async fn stop(mut self, report: &mut Report) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(talked) = self.tasks.join_next().await {
            match talked? {
                Ok(talked) => {
                    report.n_dialogues += talked.n_dialogues;
                    report.n_steps += talked.n_steps;
                    report.n_steps_again += talked.n_again;
                }
                Err(error) => report
                    .broken
                    .push(format!("a dialogue did not survive: {error:#}")),
            }
        }
        Ok(())
    }
}

struct Talker {
    person: Person,
    dice: StdRng,
    talked: Talked,
}

impl Talker {
    async fn talk(mut self, doctors: Vec<Whom>, stop: CancellationToken) -> anyhow::Result<Talked> {
        self.say("/start", |message| message.text.contains("Здравствуйте"))
            .await?;
        while !stop.is_cancelled() {
            let whom = doctors[self.dice.random_range(0..doctors.len())].clone();
            self.add(&whom).await?;
            self.talked.n_dialogues += 1;
            let (command, answer) =
                [("/list", "Доктор"), ("/help", "/forget")][self.dice.random_range(0..2)];
            self.say(command, |message| message.text.contains(answer))
                .await?;
        }
        Ok(self.talked)
    }

    /// Adds a doctor: names are pressed, the doctor's is typed now and then.
    async fn add(&mut self, whom: &Whom) -> anyhow::Result<()> {
        let name = whom.name.clone().context("a doctor without a name")?;
        let has = |button: &str| {
            let button = button.to_owned();
            move |message: &Message| message.button(&button).is_some()
        };
        self.say("/add", has(&whom.district)).await?;
        let way = [&whom.district, &whom.clinic, &whom.specialty];
        for (pressed, next) in way.iter().zip([&whom.clinic, &whom.specialty, &name]) {
            self.press(pressed, has(next)).await?;
        }
        if self.dice.random_bool(0.4) {
            let typed = name.to_lowercase();
            let is_narrowed =
                |message: &Message| message.text.contains(&typed) && has(&name)(message);
            self.say(&typed, is_narrowed).await?;
        }
        let is_added = |message: &Message| {
            let said = ["Готово", "Это уже есть"];
            said.iter().any(|said| message.text.contains(said)) && message.text.contains(&name)
        };
        self.press(&name, is_added).await
    }

    async fn say(
        &mut self,
        text: &str,
        is_wanted: impl Fn(&Message) -> bool,
    ) -> anyhow::Result<()> {
        let say = |person: &Person| {
            person.say(text);
            Ok(())
        };
        self.step(text, say, is_wanted).await
    }

    async fn press(
        &mut self,
        button: &str,
        is_wanted: impl Fn(&Message) -> bool,
    ) -> anyhow::Result<()> {
        let press = |person: &Person| {
            let messages = person.messages().into_iter().rev();
            let mut menus = messages.filter(|message| message.button(button).is_some());
            let menu = menus
                .next()
                .with_context(|| format!("no button «{button}»: {}", person.screen()))?;
            person.press_on(menu.id, button).map(drop)
        };
        self.step(button, press, is_wanted).await
    }

    /// Does it, again while nothing comes of it.
    async fn step(
        &mut self,
        what: &str,
        act: impl Fn(&Person) -> anyhow::Result<()>,
        is_wanted: impl Fn(&Message) -> bool,
    ) -> anyhow::Result<()> {
        tokio::time::sleep(PAUSE.mul_f64(self.dice.random())).await;
        self.talked.n_steps += 1;
        for n in 0..TRIES {
            self.talked.n_again += usize::from(n > 0);
            act(&self.person)?;
            if self.person.wait_for(&is_wanted).await.is_ok() {
                return Ok(());
            }
            // It may have come of the try before, just when this one was made.
            if self.person.messages().last().is_some_and(&is_wanted) {
                return Ok(());
            }
        }
        let screen: Vec<_> = self
            .person
            .messages()
            .iter()
            .rev()
            .take(2)
            .map(show)
            .collect();
        anyhow::bail!("nothing came of {what}; the person sees {screen:#?}")
    }
}
