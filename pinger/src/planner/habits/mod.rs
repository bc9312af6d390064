//! When one department opens talons: what was seen, and how likely it is at each second of a day. No clock, no I/O.
//!
//! Kept are the openings themselves, each as the span between the last answer without it and the first with it. How
//! likely one is at a time of day is a mixture of the same openings seen through lenses of different width, from under a
//! minute to the whole day, and the lenses that foretell the openings best weigh most: each opening is foretold from the
//! others. A department with a fixed minute is so told from one with a window, and both from one without any rule, after
//! a few days and without a threshold. In the same way it is found out whether a day of the week has times of its own.
//!
//! Told apart are working days and weekends, and two sorts of openings: a new day at the horizon, which comes once a day
//! and by the clock, and everything else, which people's cancellations bring at any time. One that was taken back at
//! seven says nothing of the new day that opens at eight. An opening counts half after four weeks.

mod counts;
mod kept;
mod lenses;

use self::counts::Counts;
use self::lenses::{Mixture, of_weekday};
use super::claims::sum;

/// Seconds of a day.
pub(super) const DAY: u32 = 24 * 3600;

/// Openings kept, of all sorts together.
const KEPT: usize = 48;
/// An opening counts half after so many days.
const HALF_LIFE: f64 = 28.0;
/// New days and other openings.
const SORTS: usize = 2;
/// Openings a day before any was seen, by sort and kind of day, and so many days' worth of belief in it.
const USUAL: [[f64; 2]; SORTS] = [[0.9, 0.2], [0.1, 0.05]];
const USUAL_DAYS: f64 = 1.5;
/// Neighbouring rates are one step while they differ less than so many times.
const ALIKE: f64 = 1.6;
/// However regularly it opens once a day, it may open again this much as likely…
const LEAST_AGAIN: f64 = 0.15;
/// …and is never looked for more than so many times more eagerly than usual when it has not opened yet.
const BOOST: f64 = 4.0;
/// Openings of one department so close together are one: its doctors are read one after another.
const TOGETHER: u32 = 180;
/// From so many openings on it can be said to have times of its own.
const ENOUGH: usize = 4;

/// One opening, between two answers of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    /// The day, counted from 1970 on the wall clock; below 32,768.
    pub(super) day: u16,
    /// Seconds of the day: the last answer without it…
    pub(super) from: u32,
    /// …and the first with it; not before `from`.
    pub(super) until: u32,
    /// A day further ahead than any before opened.
    pub(super) is_new_day: bool,
}

impl Opening {
    fn width(&self) -> f64 {
        f64::from(self.until - self.from).max(1.0)
    }

    fn sort(&self) -> usize {
        usize::from(!self.is_new_day)
    }

    fn weekday(&self) -> usize {
        weekday(self.day)
    }
}

/// From `from` on it opens at this rate, until the next step or the end of the day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// Second of the day.
    pub(super) from: u32,
    /// Openings expected per second.
    pub(super) rate: f32,
}

/// What is known of one department.
#[derive(Debug, Clone)]
pub(super) struct Habits {
    /// The first day it was looked at.
    since: Option<u16>,
    /// Openings, oldest first: fewer than were counted, when there are many.
    openings: Vec<Opening>,
    counts: Counts,
    /// By sort, of working days and of weekends; worked out when an opening is noted.
    mixtures: [[Mixture; 2]; SORTS],
}

impl Default for Habits {
    fn default() -> Self {
        Self::new(None, Counts::default(), Vec::new())
    }
}

/// 0 = a working day, 1 = Saturday or Sunday.
fn kind(day: u16) -> usize {
    usize::from(weekday(day) >= 5)
}

/// The days of the week of a kind.
fn weekdays(kind: usize) -> &'static [usize] {
    [&[0, 1, 2, 3, 4][..], &[5, 6]][kind]
}

/// 0 = Monday.
fn weekday(day: u16) -> usize {
    // The first of January 1970 was a Thursday.
    (usize::from(day) + 3) % 7
}

fn weight(day: u16, now: u16) -> f64 {
    let age = f64::from(now.saturating_sub(day));
    (-age / HALF_LIFE).exp2()
}

impl Habits {
    fn new(since: Option<u16>, counts: Counts, openings: Vec<Opening>) -> Self {
        let mut habits = Self {
            since,
            openings,
            counts,
            mixtures: [[Mixture::of(&[]); 2]; SORTS],
        };
        for sort in 0..SORTS {
            for kind in 0..2 {
                habits.weigh(sort, kind);
            }
        }
        habits
    }

    /// It is looked at from this day on, if not longer.
    pub(super) fn begin(&mut self, day: u16) {
        let since = self.since.get_or_insert(day);
        *since = day.min(*since);
    }

    /// Notes an opening; `false` when it was part of one noted before.
    pub(super) fn note(&mut self, opening: Opening) -> bool {
        self.begin(opening.day);
        let is_known = |known: &&mut Opening| {
            known.day == opening.day
                && opening.from <= known.until + TOGETHER
                && known.from <= opening.until + TOGETHER
        };
        let known = self.openings.iter_mut().rev().take(3).find(is_known);
        if let Some(known) = known {
            let before = *known;
            // The narrower span says more, and one new day among other openings is still a new day.
            if opening.width() < known.width() {
                *known = opening;
            }
            known.is_new_day = before.is_new_day || opening.is_new_day;
            let after = *known;
            if after.is_new_day != before.is_new_day {
                self.counts.is_another_sort(&before, &after);
                self.weigh(before.sort(), kind(before.day));
            }
            if after != before {
                self.weigh(after.sort(), kind(after.day));
            }
            return false;
        }
        self.counts.add(&opening);
        self.openings.push(opening);
        if self.openings.len() > KEPT {
            self.drop_one();
        }
        self.weigh(opening.sort(), kind(opening.day));
        true
    }

    /// Of what there is most of: new days must not be lost to many cancellations, nor Mondays to a busy Friday.
    fn drop_one(&mut self) {
        let mut n = [[[0_usize; 7]; 2]; SORTS];
        for opening in &self.openings {
            n[opening.sort()][kind(opening.day)][opening.weekday()] += 1;
        }
        let group = |opening: &Opening| {
            let group = n[opening.sort()][kind(opening.day)];
            (group.iter().sum::<usize>(), group[opening.weekday()])
        };
        let most = self.openings.iter().map(group).max();
        let oldest = self
            .openings
            .iter()
            .position(|opening| Some(group(opening)) == most);
        if let Some(oldest) = oldest {
            let dropped = self.openings.remove(oldest);
            self.weigh(dropped.sort(), kind(dropped.day));
        }
    }

    /// Works out anew what foretells the openings of a sort on a kind of days.
    fn weigh(&mut self, sort: usize, kind: usize) {
        let openings: Vec<_> = self.of(sort, kind).copied().collect();
        self.mixtures[sort][kind] = Mixture::of(&openings);
    }

    fn of(&self, sort: usize, kind_of_day: usize) -> impl Iterator<Item = &Opening> {
        let is_one =
            move |opening: &&Opening| opening.sort() == sort && kind(opening.day) == kind_of_day;
        self.openings.iter().filter(is_one)
    }

    /// How many openings are kept.
    #[cfg(test)]
    pub(super) fn n_openings(&self) -> usize {
        self.openings.len()
    }

    /// Whether it opens at its own times on such days: enough was seen, and most of it was foretold.
    pub(super) fn is_learned(&self, day: u16) -> bool {
        (0..SORTS).any(|sort| {
            let is_enough = self.of(sort, kind(day)).count() >= ENOUGH;
            is_enough && self.mixture(sort, day).whole_day() < 0.5
        })
    }

    /// What foretells openings of a sort on a day.
    fn mixture(&self, sort: usize, day: u16) -> Mixture {
        let has_own = self
            .of(sort, kind(day))
            .any(|opening| opening.weekday() == weekday(day));
        self.mixtures[sort][kind(day)].on(has_own)
    }

    /// The rates of a day, in steps from its first second; never empty, never zero.
    pub(super) fn rates(&self, day: u16) -> Vec<Step> {
        let [new_days, others] = [0, 1].map(|sort| self.rates_of(sort, day));
        sum(&[(1.0, &new_days), (1.0, &others)])
    }

    /// The rates of one sort of openings.
    fn rates_of(&self, sort: usize, day: u16) -> Vec<Step> {
        let mixture = self.mixture(sort, day);
        let openings: Vec<_> = self
            .of(sort, kind(day))
            .map(|opening| (*opening, weight(opening.day, day)))
            .collect();
        let total: f64 = openings.iter().map(|(_, weight)| weight).sum();
        let same = |opening: &Opening| opening.weekday() == weekday(day);
        let of_same = openings.iter().filter(|(opening, _)| same(opening));
        let same_total: f64 = of_same.map(|(_, weight)| weight).sum();
        let a_day = self.a_day(sort, day);
        let whole_day = if total > 0.0 {
            mixture.whole_day()
        } else {
            1.0
        };
        // Where the rate rises and falls, and by how much.
        let mut edges = vec![(0.0, a_day * whole_day / f64::from(DAY))];
        for (opening, weight) in &openings {
            let of_same = if same(opening) {
                weight / same_total
            } else {
                0.0
            };
            for (from, until, belief) in mixture.boxes(opening, weight / total, of_same) {
                let rise = a_day * belief / (until - from);
                edges.push((from.max(0.0), rise));
                edges.push((until, -rise));
            }
        }
        edges.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut steps = steps(&edges);
        self.expect(&mut steps, sort, day, a_day, total);
        steps
    }

    /// A department that opens once a day opens hardly again when it has, and the more likely while it has not.
    fn expect(&self, steps: &mut Vec<Step>, sort: usize, day: u16, a_day: f64, total: f64) {
        let again = self.again(sort, day, total);
        let opened = self
            .of(sort, kind(day))
            .filter(|opening| opening.day == day);
        let opened_at = opened.map(|opening| opening.until).min();
        if let Some(at) = opened_at
            && let Some(place) = steps.iter().rposition(|step| step.from <= at)
        {
            let rate = steps[place].rate;
            steps.insert(place + 1, Step { from: at, rate });
        }
        let mut past = 0.0;
        for place in 0..steps.len() {
            let until = steps.get(place + 1).map_or(DAY, |step| step.from);
            let step = &mut steps[place];
            let mass = f64::from(step.rate) * f64::from(until - step.from);
            let factor = if opened_at.is_some_and(|at| step.from >= at) {
                again
            } else {
                // Half of the step itself has passed, on the average.
                let left = 1.0 - (past + mass / 2.0) / a_day.max(1.0) * (1.0 - again);
                (1.0 / left.max(1.0 / BOOST)).max(1.0)
            };
            past += mass;
            #[expect(clippy::cast_possible_truncation, reason = "a rate of seconds")]
            let rate = (f64::from(step.rate) * factor) as f32;
            step.rate = rate;
        }
    }

    /// How many times as likely an opening is when there was one that day already; 1 when nothing is known.
    fn again(&self, sort: usize, now: u16, total: f64) -> f64 {
        let mut days: Vec<_> = self
            .of(sort, kind(now))
            .map(|opening| opening.day)
            .collect();
        days.dedup();
        let days: f64 = days.into_iter().map(|day| weight(day, now)).sum();
        ((total - days + 1.0) / (days + 1.0)).clamp(LEAST_AGAIN, 1.0)
    }

    /// Openings of a sort expected on a day.
    fn a_day(&self, sort: usize, day: u16) -> f64 {
        let kind_of_day = kind(day);
        let since = self.since.unwrap_or(day).max(day.saturating_sub(365));
        let days: f64 = (since..day)
            .filter(|past| kind(*past) == kind_of_day)
            .map(|past| weight(past, day))
            .sum();
        let weekdays = weekdays(kind_of_day);
        let n = self.counts.on(sort, weekdays, day);
        let total: f64 = n.iter().sum();
        let usual = USUAL[sort][kind_of_day] * USUAL_DAYS;
        let which = weekday(day) - weekdays[0];
        (total + usual) / (days + USUAL_DAYS) * of_weekday(&n, which)
    }
}

/// Steps from edges in order, neighbours that are alike made one.
fn steps(edges: &[(f64, f64)]) -> Vec<Step> {
    let mut all: Vec<(f64, f64, f64)> = Vec::new();
    let mut rate = 0.0;
    for (place, (at, rise)) in edges.iter().enumerate() {
        rate += rise;
        let until = edges
            .get(place + 1)
            .map_or(f64::from(DAY), |(at, _)| *at)
            .min(f64::from(DAY));
        if until - at < 1.0 && place + 1 < edges.len() {
            continue;
        }
        let from = all.last().map_or(0.0, |(_, until, _)| *until);
        if until <= from {
            continue;
        }
        match all.last_mut() {
            Some((begin, end, mean)) if rate < *mean * ALIKE && *mean < rate * ALIKE => {
                *mean = (*mean * (*end - *begin) + rate * (until - *end)) / (until - *begin);
                *end = until;
            }
            _ => all.push((from, until, rate)),
        }
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds of a day"
    )]
    let step = |(from, _, rate): (f64, f64, f64)| Step {
        from: from as u32,
        rate: rate.max(1e-9) as f32,
    };
    all.into_iter().map(step).collect()
}
