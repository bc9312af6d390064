//! Living with the list: news of doctors, the week, who takes a talon, how things are.

use super::clean::{escape, plain};
use super::fluent::{text, text_with};
use super::names::{area_title, card_title, target_title};
use super::when::{ago, since};
use super::{MAX_MESSAGE, units};
use chrono::{DateTime, TimeDelta, Utc};
use shared::store::{About, Broadcast, FactKind, Facts, Heartbeat, Lang, Stats, Week, Weekly};

/// A person's first name in a line, in characters.
const MAX_NAME: usize = 40;

/// What became of doctors and specialties a person waits for; numbered when there are several.
pub fn facts(lang: Lang, facts: &Facts, now: DateTime<Utc>) -> String {
    let line = |fact: &shared::store::Fact| {
        let (title, is_doctor) = match &fact.about {
            About::Target { target, place } => {
                (target_title(lang, target, place), target.doctor.is_some())
            }
            About::Area { area, district } => (area_title(lang, area, district.as_deref()), false),
        };
        let key = match (&fact.kind, &fact.about) {
            (FactKind::Gone, _) => "fact-gone",
            (FactKind::PlaceGone, About::Target { .. }) => "fact-gone-place",
            (FactKind::PlaceGone, About::Area { .. }) => "fact-gone-area",
            (FactKind::Renumbered(_), _) => "fact-renumbered",
            (FactKind::Back, _) if is_doctor => "fact-back",
            (FactKind::Back, About::Target { .. }) => "fact-back-place",
            (FactKind::Back, About::Area { .. }) => "fact-back-area",
        };
        let from = fact.since.map_or_else(
            || text(lang, "fact-unknown-since"),
            |at| since(lang, at, now),
        );
        let args = [("title", escape(&title).into()), ("since", from.into())];
        text_with(lang, key, &args)
    };
    let lines = facts.facts.iter().map(line);
    if facts.facts.len() == 1 {
        return lines.collect();
    }
    let numbered = lines
        .enumerate()
        .map(|(n, line)| format!("<b>{}.</b> {line}", n + 1));
    numbered.collect::<Vec<_>>().join("\n\n")
}

/// How the week of a person's watches went. Returns the text and how many of the watches it tells of, first ones first.
pub fn weekly(lang: Lang, weekly: &Weekly, max: usize) -> (String, usize) {
    let title = text(lang, "weekly-title");
    let ask = text(lang, "weekly-ask");
    let more = |n: usize| text_with(lang, "weekly-more", &[("n", n.into())]);
    let all = weekly.weeks.len();
    let mut used = units(&title) + units(&ask) + units(&more(all)) + 6;
    let mut blocks = vec![title];
    let mut n_told = 0;
    for (n, week) in weekly.weeks.iter().enumerate().take(max) {
        let number = if all > 1 {
            format!("<b>{}.</b> ", n + 1)
        } else {
            String::new()
        };
        let block = format!("{number}{}", of_week(lang, week));
        used += units(&block) + 2;
        if used > MAX_MESSAGE {
            break;
        }
        blocks.push(block);
        n_told += 1;
    }
    if n_told < all {
        blocks.push(more(all - n_told));
    }
    blocks.push(ask);
    (blocks.join("\n\n"), n_told)
}

fn of_week(lang: Lang, week: &Week) -> String {
    let tally = &week.tally;
    let lasted = tally
        .lasted
        .map_or_else(String::new, |lasted| lasting(lang, lasted));
    let args = [
        ("title", escape(&card_title(lang, &week.card)).into()),
        ("looks", week.n_looks.into()),
        ("failed", week.n_failed.into()),
        ("seen", tally.n_seen.into()),
        ("lasted", lasted.into()),
        (
            "unsuiting",
            (tally.n_seen - tally.n_suiting.min(tally.n_seen)).into(),
        ),
    ];
    text_with(lang, "weekly-line", &args)
}

fn lasting(lang: Lang, lasted: TimeDelta) -> String {
    let (key, n) = match lasted.num_minutes() {
        ..1 => return text(lang, "weekly-lasted-short"),
        n @ 1..90 => ("weekly-lasted", n),
        n => ("weekly-lasted-hours", (n + 30) / 60),
    };
    text_with(lang, key, &[("n", n.into())])
}

/// The line under an alert that says who of the group takes it. `name` is the first name as Telegram has it.
pub fn taken_line(lang: Lang, name: &str) -> String {
    let name = teloxide::utils::html::escape(&plain(name, MAX_NAME));
    text_with(lang, "taken-line", &[("name", name.into())])
}

/// The notice for whoever came second. Plain text.
pub fn taken_by(lang: Lang, name: &str) -> String {
    text_with(
        lang,
        "taken-toast-other",
        &[("name", plain(name, MAX_NAME).into())],
    )
}

/// How things are, for operators.
pub fn stats(
    lang: Lang,
    stats: &Stats,
    bot: Option<Heartbeat>,
    pinger: Option<String>,
    now: DateTime<Utc>,
) -> String {
    let read = stats
        .read_at
        .map_or_else(|| text(lang, "stats-never"), |at| ago(lang, at, now));
    let running = bot.map_or_else(
        || text(lang, "stats-never"),
        |beat| since(lang, beat.started_at, now),
    );
    let args = [
        ("people", stats.n_people.into()),
        ("on", stats.n_on.into()),
        ("gone", stats.n_gone.into()),
        ("watches", stats.n_watches.into()),
        ("active", stats.n_active.into()),
        ("departments", stats.n_departments.into()),
        ("alerts", stats.n_alerts.into()),
        ("read", read.into()),
        ("requests", stats.n_requests.into()),
        ("failed", stats.n_failed.into()),
        ("failing", stats.n_failing_lpus.into()),
        ("bot", running.into()),
    ];
    let told = text_with(lang, "stats", &args);
    match pinger {
        Some(pinger) => format!("{told}\n\n{pinger}"),
        None => told,
    }
}

/// How far a message to everybody is.
pub fn broadcast(lang: Lang, broadcast: &Broadcast) -> String {
    let served = broadcast.n_sent + broadcast.n_failed;
    let key = match (broadcast.started_at, broadcast.ended_at) {
        (None, _) => return text(lang, "broadcast-dropped"),
        (_, None) => "broadcast-running",
        (_, Some(_)) if served < broadcast.n_people => "broadcast-stopped",
        _ => "broadcast-done",
    };
    let args = [
        ("sent", broadcast.n_sent.into()),
        ("n", broadcast.n_people.into()),
        ("failed", broadcast.n_failed.into()),
    ];
    text_with(lang, key, &args)
}
