//! What people were told, held against what opened.

use super::load::Talon;
use super::town::{Town, Waiting};
use super::{Death, Report};
use crate::telegram::{Action, Call, Keyboard, Message, Telegram};
use chrono::{DateTime, Datelike, Utc};
use shared::clock::wall;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// Months as the texts write them, January first.
const MONTHS: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// Between two looks at what was told, at most.
const TURN: Duration = Duration::from_secs(1);

/// Whether a call tells of talons: only alerts have a button with a link.
pub(super) fn is_alert(call: &Call) -> bool {
    let is_message = matches!(call.method.as_str(), "sendMessage" | "editMessageText");
    is_message && call.params["reply_markup"].to_string().contains("url")
}

/// Everybody's messages and the talons they may tell of.
pub(super) struct Ledger<'a> {
    telegram: &'a Telegram,
    town: &'a Town,
    talons: &'a [Talon],
    /// Number of a talon by how a message writes it: ("22 ноября", "09:40").
    written: HashMap<(String, String), usize>,
}

/// A message as it looked from some instant on.
struct Showing {
    at: DateTime<Utc>,
    message: i64,
    talons: BTreeSet<usize>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(telegram: &'a Telegram, town: &'a Town, talons: &'a [Talon]) -> Self {
        let written = talons.iter().enumerate().map(|(n, talon)| {
            let start = wall(talon.start);
            let date = format!("{} {}", start.day(), MONTHS[start.month0() as usize]);
            ((date, start.format("%H:%M").to_string()), n)
        });
        Self {
            telegram,
            town,
            talons,
            written: written.collect(),
        }
    }

    /// Returns once everybody has been told of everything, or when time is up.
    pub(super) async fn wait_until_told(&self, within: Duration) {
        let told = async {
            let mut from = 0;
            while !self
                .town
                .people
                .iter()
                .all(|waiting| self.owed(waiting).is_subset(&self.told(waiting)))
            {
                let log = self.telegram.log();
                let news = log.wait_for(from, TURN, |call| call.is_done() && is_alert(call));
                news.await;
                // What was under way by now is seen a turn later at most.
                from = log.end();
            }
        };
        let _ = tokio::time::timeout(within, told).await; // judged later
    }

    /// Talons that stayed open and suit this person.
    fn owed(&self, waiting: &Waiting) -> BTreeSet<usize> {
        let all = self.talons.iter().enumerate();
        all.filter(|(_, talon)| !talon.was_taken && waiting.suits(&talon.whom, talon.start))
            .map(|(n, _)| n)
            .collect()
    }

    fn told(&self, waiting: &Waiting) -> BTreeSet<usize> {
        let showings = self.showings(waiting).into_iter();
        showings.flat_map(|showing| showing.talons).collect()
    }

    /// Everything that told this person of talons, in the order it came.
    fn showings(&self, waiting: &Waiting) -> Vec<Showing> {
        let messages = self.telegram.messages(waiting.person.chat());
        let mut showings: Vec<_> = messages
            .iter()
            .flat_map(|message| self.looks(message))
            .collect();
        showings.sort_by_key(|showing| showing.at);
        showings
    }

    fn looks(&self, message: &Message) -> Vec<Showing> {
        let now = (
            message.edited.unwrap_or(message.sent),
            &message.text,
            &message.keyboard,
        );
        let before = message.editions.iter();
        let before = before.map(|edition| (edition.at, &edition.text, &edition.keyboard));
        let alerts = before
            .chain([now])
            .filter(|(_, _, keyboard)| has_link(keyboard));
        alerts
            .map(|(at, text, _)| Showing {
                at,
                message: message.id,
                talons: self.read(text),
            })
            .collect()
    }

    /// "завтра, вс 22 ноября: 09:40 · 10:20 ×2" names two talons.
    fn read(&self, text: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for (day, times) in text.lines().filter_map(|line| line.split_once(": ")) {
            let mut words = day.split(' ').rev();
            let (Some(month), Some(number)) = (words.next(), words.next()) else {
                continue;
            };
            for time in times.split(" · ") {
                let time: String = time.chars().take(5).collect();
                found.extend(self.written.get(&(format!("{number} {month}"), time)));
            }
        }
        found
    }

    /// Everybody was told of what stayed open; what was told again was on its way at a kill.
    pub(super) fn judge(&self, deaths: &[Death], report: &mut Report) {
        report.n_opened = self.talons.len();
        report.n_stayed = self.talons.iter().filter(|talon| !talon.was_taken).count();
        for waiting in &self.town.people {
            let (owed, told) = (self.owed(waiting), self.told(waiting));
            report.n_owed += owed.len();
            report.n_told += owed.intersection(&told).count();
            for missing in owed.difference(&told) {
                let talon = &self.talons[*missing];
                report.broken.push(format!(
                    "{} was never told of {} with {:?}",
                    waiting.person.user().name,
                    wall(talon.start),
                    talon.whom.name,
                ));
            }
            for foreign in told.iter().map(|n| &self.talons[*n]) {
                if !waiting.suits(&foreign.whom, foreign.start) {
                    let name = &waiting.person.user().name;
                    let start = wall(foreign.start);
                    report
                        .broken
                        .push(format!("{name} was told of {start}, which does not suit"));
                }
            }
            self.judge_repeats(waiting, deaths, report);
        }
    }

    /// A talon told again was in the message on its way at a kill, and no kill explains two repeats in one chat.
    fn judge_repeats(&self, waiting: &Waiting, deaths: &[Death], report: &mut Report) {
        let name = &waiting.person.user().name;
        let mut n = 0;
        // In which message each talon was first told, and what told something so far.
        let mut told_in = HashMap::<usize, i64>::new();
        let mut tellings = Vec::<Showing>::new();
        let mut used = BTreeSet::<usize>::new();
        for showing in self.showings(waiting) {
            let message = showing.message;
            let is_again =
                |talon: &usize| told_in.get(talon).is_some_and(|known| *known != message);
            let again: BTreeSet<usize> = showing.talons.iter().copied().filter(is_again).collect();
            let is_news = |talon: &usize| !told_in.contains_key(talon);
            if again.is_empty() && !showing.talons.iter().any(is_news) {
                continue; // an edit that strikes out
            }
            if !again.is_empty() {
                n += 1;
                let explains = |(number, death): &(usize, &Death)| {
                    let (before, after) = **death;
                    let on_its_way =
                        [before, after].map(|at| tellings.iter().rfind(|told| told.at <= at));
                    let mut on_its_way = on_its_way.into_iter().flatten();
                    before <= showing.at
                        && !used.contains(number)
                        && on_its_way.any(|told| again.is_subset(&told.talons))
                };
                match deaths.iter().enumerate().rev().find(explains) {
                    Some((number, _)) => drop(used.insert(number)),
                    None => report.broken.push(format!(
                        "{name} was told again of what no kill explains: {}, after {}; kills {:?}",
                        self.show(&showing),
                        tellings
                            .iter()
                            .rev()
                            .take(4)
                            .map(|told| self.show(told))
                            .collect::<Vec<_>>()
                            .join(", "),
                        deaths
                            .iter()
                            .rev()
                            .filter(|death| death.0 <= showing.at)
                            .take(3)
                            .collect::<Vec<_>>(),
                    )),
                }
            }
            told_in.extend(showing.talons.iter().map(|talon| (*talon, message)));
            tellings.push(showing);
        }
        report.n_repeats += n;
        report.n_repeats_of_one = report.n_repeats_of_one.max(n);
        if n > deaths.len() {
            let allowed = deaths.len();
            report
                .broken
                .push(format!("{name} got {n} repeats, {allowed} kills allow"));
        }
    }

    fn show(&self, showing: &Showing) -> String {
        let times = showing.talons.iter().map(|n| {
            wall(self.talons[*n].start)
                .format("%d.%m %H:%M")
                .to_string()
        });
        let times = times.collect::<Vec<_>>().join(" ");
        format!("message {} at {} with {times}", showing.message, showing.at)
    }
}

fn has_link(keyboard: &Keyboard) -> bool {
    let mut buttons = keyboard.iter().flatten();
    buttons.any(|button| matches!(button.action, Action::Url(_)))
}
