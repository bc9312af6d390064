//! The answer to `/status`.

use super::clean::escape;
use super::fluent::{text, text_with};
use super::names::target_title;
use super::outage::in_status;
use super::state::{Known, Rank, Waiting, is_unknown, known};
use super::summary::{is_summed, names_of, summary};
use super::when::{since, until};
use super::{MAX_MESSAGE, units};
use chrono::{DateTime, Datelike, Utc};
use shared::store::{Lang, Outage, Person, TargetState, WatchCard};

/// A pause until then or later has no end worth naming.
const ENDLESS_YEAR: i32 = 9000;

/// What `/status` knows.
#[derive(Debug, Clone, Copy)]
pub struct StatusView<'a> {
    /// Who asks.
    pub person: &'a Person,
    /// Their watches, in the order shown.
    pub cards: &'a [WatchCard],
    /// Whether anybody is checking.
    pub pinger: PingerSign,
    /// "Not before" of the portal; one that has passed is not told.
    pub held_until: Option<DateTime<Utc>>,
    /// The outage of the whole portal that goes on; `None` while it answers.
    pub outage: Option<Outage>,
    /// How far the fresh look has come.
    pub phase: Phase,
}

/// The pinger's sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PingerSign {
    /// It is checking.
    Alive,
    /// No sign since then.
    SilentSince(DateTime<Utc>),
    /// Ended in good order then.
    StoppedAt(DateTime<Utc>),
    /// Never ran on this database.
    NeverRan,
}

/// How far the fresh look asked for by `/status` has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Being asked.
    Asking,
    /// Everything was read.
    Fresh,
    /// Something is not read yet, and we stopped waiting.
    StillAsking,
}

/// One target, in two lengths.
struct Line {
    full: String,
    brief: String,
    rank: Rank,
}

/// What is known of everything a person waits for, with the age of each line.
pub fn status(lang: Lang, view: &StatusView<'_>, now: DateTime<Utc>) -> String {
    let mut head = Vec::new();
    if !view.cards.is_empty() {
        head.push(switch(lang, view, now));
    }
    head.extend(checking(lang, view, now));
    let lines: Vec<_> = view
        .cards
        .iter()
        .flat_map(|card| of_card(lang, view, card, now))
        .collect();
    let phase = match view.phase {
        Phase::Asking => Some(text(lang, "status-asking")),
        Phase::StillAsking => Some(text(lang, "status-still-asking")),
        Phase::Fresh => None,
    };
    if lines.is_empty() {
        head.push(text(lang, "status-empty"));
        return head.join("\n\n");
    }
    fit(lang, &head, &lines, phase.as_deref())
}

fn switch(lang: Lang, view: &StatusView<'_>, now: DateTime<Utc>) -> String {
    match (view.person.is_watching, view.person.watching_set) {
        (true, _) if view.pinger == PingerSign::Alive => text(lang, "status-on"),
        // No promise to write at once while nobody is checking.
        (true, _) => text(lang, "status-on-only"),
        (false, None) => text(lang, "status-off"),
        (false, Some(at)) => {
            let args = [("since", since(lang, at, now).into())];
            text_with(lang, "status-off-since", &args)
        }
    }
}

/// That nobody is checking, and since when; `None` while somebody is.
pub fn pinger_warning(lang: Lang, sign: PingerSign, now: DateTime<Utc>) -> Option<String> {
    let dated = |key, at| text_with(lang, key, &[("since", since(lang, at, now).into())]);
    match sign {
        PingerSign::Alive => None,
        PingerSign::SilentSince(at) => Some(dated("pinger-silent", at)),
        PingerSign::StoppedAt(at) => Some(dated("pinger-stopped", at)),
        PingerSign::NeverRan => Some(text(lang, "pinger-never")),
    }
}

/// Says plainly when nobody is checking.
fn checking(lang: Lang, view: &StatusView<'_>, now: DateTime<Utc>) -> Vec<String> {
    let sign = pinger_warning(lang, view.pinger, now);
    let sign = sign.map(|sign| match view.person.is_watching {
        true => format!("{sign} {}", text(lang, "pinger-back")),
        false => sign,
    });
    let held = view.held_until.filter(|until| *until > now).map(|at| {
        let args = [("until", until(lang, at, now).into())];
        text_with(lang, "portal-held", &args)
    });
    // Whose own clinics answer has nothing of it.
    let mut states = view.cards.iter().flat_map(|card| &card.targets);
    let is_hit = view.pinger == PingerSign::Alive && states.any(is_unknown);
    let outage = view.outage.filter(|_| is_hit && held.is_none());
    let down = in_status(lang, outage, now);
    sign.into_iter().chain(held).chain(down).collect()
}

fn of_card(lang: Lang, view: &StatusView<'_>, card: &WatchCard, now: DateTime<Utc>) -> Vec<Line> {
    let paused = paused(lang, card, now);
    let waiting = match view.phase {
        Phase::Asking => Waiting::Answer,
        _ if !view.person.is_watching => Waiting::On,
        _ => Waiting::Look,
    };
    if is_summed(card) {
        return vec![whole(lang, card, paused, waiting, now)];
    }
    let line = |state: &TargetState| {
        let title = format!(
            "<b>{}</b>",
            escape(&target_title(lang, &state.target, &state.place))
        );
        let known = match &paused {
            Some(paused) => Known {
                full: paused.clone(),
                brief: paused.clone(),
                caveat: None,
                rank: Rank::Quiet,
            },
            None => known(lang, state, waiting, now),
        };
        Line {
            full: format!("{title}\n{}", known.full),
            brief: format!("{title}\n{}", known.brief),
            rank: known.rank,
        }
    };
    card.targets.iter().map(line).collect()
}

/// A watch of an area, or of many targets: one line.
fn whole(
    lang: Lang,
    card: &WatchCard,
    paused: Option<String>,
    waiting: Waiting,
    now: DateTime<Utc>,
) -> Line {
    let names = names_of(lang, card).into_iter();
    let names: Vec<_> = names
        .map(|name| format!("<b>{}</b>", escape(&name)))
        .collect();
    let title = names.join("\n");
    if let Some(paused) = paused {
        let told = format!("{title}\n{paused}");
        return Line {
            full: told.clone(),
            brief: told,
            rank: Rank::Quiet,
        };
    }
    let known = summary(lang, card, waiting, now);
    Line {
        full: format!("{title}\n{}", known.full()),
        brief: format!("{title}\n{}", known.brief()),
        rank: known.rank,
    }
}

/// That a watch is silent by a pause of its own; `None` when it is not.
pub(super) fn paused(lang: Lang, card: &WatchCard, now: DateTime<Utc>) -> Option<String> {
    let end = card.paused_until.filter(|_| card.is_paused(now))?;
    if end.year() >= ENDLESS_YEAR {
        return Some(text(lang, "state-paused"));
    }
    let args = [("until", until(lang, end, now).into())];
    Some(text_with(lang, "state-paused-until", &args))
}

/// All lines in full; else in brief; else those that matter most, and how many are left out.
fn fit(lang: Lang, head: &[String], lines: &[Line], tail: Option<&str>) -> String {
    let join = |lines: Vec<&str>, more: Option<&str>| {
        let head = head.iter().map(String::as_str);
        head.chain(lines)
            .chain(more)
            .chain(tail)
            .collect::<Vec<_>>()
            .join("\n\n")
    };
    let full = join(lines.iter().map(|line| line.full.as_str()).collect(), None);
    if units(&full) <= MAX_MESSAGE {
        return full;
    }
    let brief = join(lines.iter().map(|line| line.brief.as_str()).collect(), None);
    if units(&brief) <= MAX_MESSAGE {
        return brief;
    }
    let more = |n: usize| text_with(lang, "status-more", &[("n", n.into())]);
    let mut used = units(&join(Vec::new(), Some(&more(lines.len())))) + 16;
    let mut by_rank: Vec<usize> = (0..lines.len()).collect();
    by_rank.sort_by_key(|n| lines[*n].rank);
    let mut kept = Vec::new();
    for n in by_rank {
        let need = units(&lines[n].brief) + 2;
        if used + need <= MAX_MESSAGE {
            used += need;
            kept.push(n);
        }
    }
    kept.sort_unstable();
    let n_more = lines.len() - kept.len();
    let kept = kept.into_iter().map(|n| lines[n].brief.as_str()).collect();
    join(kept, Some(&more(n_more)))
}
