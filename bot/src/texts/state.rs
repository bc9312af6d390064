//! What is known of a target, in short sentences. A failure is never told as "no talons".

use super::clean::fit;
use super::fluent::{text, text_with};
use super::free::n_talons;
use super::names;
use super::when::{ago, date, day_of, since, time};
use chrono::{DateTime, TimeDelta, Utc};
use shared::clock::wall_date;
use shared::failure::FailureKind;
use shared::store::{FreeSlot, Lang, Listed, Reading, TargetState, Timetable};

/// A reading older than this is told in the past tense.
pub(super) const OLD: TimeDelta = TimeDelta::minutes(10);
/// A timetable older than this explains nothing any more.
const STALE_TIMETABLE: TimeDelta = TimeDelta::hours(24);
/// The longest explanation of a clinic, in characters.
const MAX_CAUSE: usize = 160;

/// Who failed, to stand after a colon: "поликлиника не отвечает порталу".
pub fn why(lang: Lang, kind: FailureKind) -> String {
    let key = match kind {
        FailureKind::Clinic => "failure-clinic",
        FailureKind::Portal => "failure-portal",
        FailureKind::Gone => "failure-gone",
        FailureKind::Unreadable => "failure-unreadable",
        FailureKind::Unreachable => "failure-unreachable",
        FailureKind::TooMany => "failure-too-many",
    };
    text(lang, key)
}

/// How much it matters that a person sees it when not all fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Something is free.
    Free,
    /// Nobody knows.
    Failing,
    /// Nothing free, paused, never looked at.
    Quiet,
}

/// What is known of a target.
pub(super) struct Known {
    /// All there is to say.
    pub(super) full: String,
    /// The least that is still true: what is free or not, and how old that is.
    pub(super) brief: String,
    /// What could not be learnt, if anything.
    pub(super) caveat: Option<String>,
    /// How much it matters.
    pub(super) rank: Rank,
}

/// What a target that was never looked at is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// The first look.
    Look,
    /// An answer: the portal is being asked right now.
    Answer,
    /// `/on`.
    On,
}

/// Tells what is known of a target.
pub(super) fn known(
    lang: Lang,
    state: &TargetState,
    waiting: Waiting,
    now: DateTime<Utc>,
) -> Known {
    let mut told = Told {
        lang,
        now,
        full: Vec::new(),
        brief: Vec::new(),
        caveat: None,
    };
    let is_unknown = is_unknown(state);
    match &state.reading {
        None => told.key(match waiting {
            Waiting::Look => "state-never",
            Waiting::Answer => "state-asking",
            Waiting::On => "state-never-off",
        }),
        Some(reading) if state.listed == Listed::Gone => told.gone(state, reading),
        Some(reading) if is_unknown => told.unknown(state, reading),
        Some(reading) => told.seen(state, reading),
    }
    let rank = match () {
        () if !state.free.is_empty() => Rank::Free,
        () if is_unknown => Rank::Failing,
        () => Rank::Quiet,
    };
    Known {
        full: told.full.join(" "),
        brief: told.brief.join(" "),
        caveat: told.caveat,
        rank,
    }
}

/// Whether the last try says nothing about slots.
pub(super) fn is_unknown(state: &TargetState) -> bool {
    let failing = state
        .reading
        .as_ref()
        .is_some_and(|reading| reading.failing.is_some());
    failing || (state.n_failing > 0 && state.n_failing >= state.n_doctors)
}

struct Told {
    lang: Lang,
    now: DateTime<Utc>,
    full: Vec<String>,
    brief: Vec<String>,
    caveat: Option<String>,
}

impl Told {
    fn key(&mut self, key: &str) {
        self.say(text(self.lang, key));
    }

    fn say(&mut self, sentence: String) {
        self.brief.push(sentence.clone());
        self.full.push(sentence);
    }

    fn warn(&mut self, sentence: String) {
        self.caveat = Some(sentence.clone());
        self.say(sentence);
    }

    /// Says what may be left out.
    fn add(&mut self, sentence: Option<String>) {
        self.full.extend(sentence);
    }

    fn gone(&mut self, state: &TargetState, reading: &Reading) {
        if !state.free.is_empty() {
            self.free(state);
        }
        self.key(if reading.is_gone() || state.target.doctor.is_none() {
            "state-gone-place"
        } else {
            "state-gone-doctor"
        });
        self.say(self.at("state-checked", state.good_at.unwrap_or(reading.read_at)));
    }

    fn unknown(&mut self, state: &TargetState, reading: &Reading) {
        match reading.failing {
            Some((from, failure)) => {
                let args = [
                    ("since", since(self.lang, from, self.now).into()),
                    ("why", why(self.lang, failure.kind).into()),
                ];
                self.warn(text_with(self.lang, "state-failing", &args));
            }
            None => {
                let args = [("n", state.n_doctors.into())];
                self.warn(text_with(self.lang, "state-failing-all", &args));
            }
        }
        match (state.free.first(), state.good_at, reading.good_at) {
            (Some(nearest), _, _) => {
                let at = nearest
                    .checked_at
                    .or(state.good_at)
                    .unwrap_or(reading.read_at);
                let mut args = self.free_args(state, nearest);
                args.push(("ago", ago(self.lang, at, self.now).into()));
                self.say(text_with(self.lang, "state-last-free", &args));
            }
            (None, Some(good_at), _) => self.say(self.at("state-last-none", good_at)),
            (None, None, None) => self.key("state-failing-ever"),
            (None, None, Some(list_at)) => self.say(self.at("state-list-checked", list_at)),
        }
    }

    fn seen(&mut self, state: &TargetState, reading: &Reading) {
        let is_any = state.target.doctor.is_none();
        let is_whole = state.n_failing == 0 && state.good_at.is_some();
        if !state.free.is_empty() {
            self.free(state);
        } else if is_any && state.n_doctors == 0 {
            self.key("state-no-doctors");
        } else if state.n_unsuiting > 0 {
            let is_old = state.good_at.is_some_and(|at| self.now - at > OLD);
            let key = match is_old {
                true => "state-none-suiting-old",
                false => "state-none-suiting",
            };
            let args = [("n", state.n_unsuiting.into())];
            self.say(text_with(self.lang, key, &args));
        } else if is_whole {
            let is_old = state.good_at.is_some_and(|at| self.now - at > OLD);
            self.key(if is_old {
                "state-none-old"
            } else {
                "state-none"
            });
            self.add(self.reason(state.timetable.as_ref()));
        } else {
            self.key("state-none-seen");
        }
        if is_any && state.n_failing > 0 {
            let args = [
                ("failing", state.n_failing.into()),
                ("n", state.n_doctors.into()),
            ];
            self.warn(text_with(self.lang, "state-failing-some", &args));
        } else if is_any && state.good_at.is_none() {
            self.warn(text(self.lang, "state-not-all-read"));
        } else if is_any && state.n_doctors > 0 {
            let args = [("n", state.n_doctors.into())];
            self.add(Some(text_with(self.lang, "state-n-doctors", &args)));
        }
        if let Listed::MissingSince(from) = state.listed {
            let args = [("since", since(self.lang, from, self.now).into())];
            let key = match is_any {
                true => "state-missing-place",
                false => "state-missing",
            };
            self.add(Some(text_with(self.lang, key, &args)));
        }
        match state.good_at {
            Some(good_at) => self.say(self.at("state-checked", good_at)),
            None => {
                let list_at = reading.good_at.unwrap_or(reading.read_at);
                self.say(self.at("state-list-checked", list_at));
            }
        }
    }

    fn at(&self, key: &str, at: DateTime<Utc>) -> String {
        text_with(
            self.lang,
            key,
            &[("ago", ago(self.lang, at, self.now).into())],
        )
    }

    fn free(&mut self, state: &TargetState) {
        let Some(nearest) = state.free.first() else {
            return;
        };
        let is_old = nearest.checked_at.is_some_and(|at| self.now - at > OLD);
        let key = if is_old {
            "state-free-old"
        } else {
            "state-free"
        };
        self.say(text_with(self.lang, key, &self.free_args(state, nearest)));
    }

    fn free_args(
        &self,
        state: &TargetState,
        nearest: &FreeSlot,
    ) -> Vec<(&'static str, super::Arg)> {
        let doctor = match state.target.doctor {
            Some(_) => None,
            None => nearest.doctor_name.as_deref().and_then(names::short),
        };
        let key = match doctor {
            Some(_) => "state-when-doctor",
            None => "state-when",
        };
        let args = [
            (
                "day",
                day_of(self.lang, nearest.slot.start, self.now).into(),
            ),
            ("time", time(nearest.slot.start).into()),
            (
                "doctor",
                doctor
                    .and_then(|name| fit(&name, 40))
                    .unwrap_or_default()
                    .into(),
            ),
        ];
        let when = text_with(self.lang, key, &args);
        let n = n_talons(state.free.iter().map(|free| &free.slot));
        vec![("n", n.into()), ("when", when.into())]
    }

    /// Why there is nothing, as far as a fresh timetable knows.
    fn reason(&self, timetable: Option<&Timetable>) -> Option<String> {
        let timetable =
            timetable.filter(|timetable| self.now - timetable.read_at < STALE_TIMETABLE)?;
        let denied = timetable
            .deny_cause
            .as_deref()
            .and_then(|cause| fit(cause, MAX_CAUSE));
        let denied =
            denied.map(|cause| text_with(self.lang, "state-denied", &[("cause", cause.into())]));
        let reasons: Vec<_> = [self.days(timetable), denied]
            .into_iter()
            .flatten()
            .collect();
        Some(reasons.join(" ")).filter(|reasons| !reasons.is_empty())
    }

    fn days(&self, timetable: &Timetable) -> Option<String> {
        if timetable.n_days == 0 {
            return Some(text(self.lang, "state-no-reception"));
        }
        let today = wall_date(self.now);
        let last = wall_date(timetable.last_day?);
        if last < today {
            return None;
        }
        let first = timetable.first_day.map_or(today, wall_date);
        let key = match () {
            () if first == last => "state-full-day",
            () if first > today => "state-full-between",
            () => "state-full-until",
        };
        let args = [
            ("first", date(self.lang, first, today).into()),
            ("last", date(self.lang, last, today).into()),
        ];
        Some(text_with(self.lang, key, &args))
    }
}
