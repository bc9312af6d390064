//! When one department opens talons: what was seen, and how likely it is at each second of a day. No clock, no I/O.
//!
//! Kept are the openings themselves, each as the span between the last answer without it and the first with it. How
//! likely one is at a time of day is a mixture of the same openings seen through lenses of different width, from under a
//! minute to the whole day, and the lenses that foretell the openings best weigh most: each opening is foretold from the
//! others. A department with a fixed minute is so told from one with a window, and both from one without any rule, after
//! a few days and without a threshold. Working days and weekends are two things. An opening counts half after four weeks.

/// Seconds of a day.
pub(super) const DAY: u32 = 24 * 3600;

/// Openings kept, working days and weekends together; the blob is six bytes for each and a few more.
const KEPT: usize = 48;
/// An opening counts half after so many days.
const HALF_LIFE: f64 = 28.0;
/// Widths of the lenses, seconds to each side. The last resort is the whole day.
const LENSES: [f64; 5] = [40.0, 120.0, 360.0, 1200.0, 5400.0];
/// So many openings' worth of belief in each lens, and in the whole day, before any was seen.
const LENS_PRIOR: f64 = 0.15;
const WHOLE_DAY_PRIOR: f64 = 1.0;
/// Openings a day before any was seen, and so many days' worth of belief in it.
const USUAL: [f64; 2] = [1.0, 0.25];
const USUAL_DAYS: f64 = 1.5;
/// Neighbouring rates are one step while they differ less than so many times.
const ALIKE: f64 = 1.6;
/// However regularly it opens once a day, it may open again this much as likely…
const LEAST_AGAIN: f64 = 0.15;
/// …and is never looked for more than so many times more eagerly than usual when it has not opened yet.
const BOOST: f64 = 4.0;
/// Openings of one department so close together are one: its doctors are read one after another.
const TOGETHER: u32 = 180;
/// Written first in a blob, so that another way of writing it can be told apart.
const VERSION: u8 = 1;

/// One opening, between two answers of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    /// The day, counted from 1970 on the wall clock.
    pub(super) day: u16,
    /// Seconds of the day: the last answer without it…
    pub(super) from: u32,
    /// …and the first with it; not before `from`.
    pub(super) until: u32,
}

impl Opening {
    fn width(&self) -> f64 {
        f64::from(self.until - self.from).max(1.0)
    }

    /// The box of this opening seen through a lens.
    fn seen(&self, lens: f64) -> (f64, f64) {
        let (from, until) = (f64::from(self.from) - lens, f64::from(self.until) + lens);
        (from, until.max(from + 1.0))
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

/// How much each lens and, last, the whole day is believed in.
type Mixture = [f64; LENSES.len() + 1];

/// What is known of one department.
#[derive(Debug, Clone)]
pub(super) struct Habits {
    /// The first day it was looked at.
    since: Option<u16>,
    /// Openings, oldest first.
    openings: Vec<Opening>,
    /// Of working days and of weekends; worked out when an opening is noted.
    mixtures: [Mixture; 2],
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            since: None,
            openings: Vec::new(),
            mixtures: [0, 1].map(|of| mixture(&[], of)),
        }
    }
}

/// 0 = a working day, 1 = Saturday or Sunday.
fn kind(day: u16) -> usize {
    usize::from(weekday(day) >= 5)
}

/// 0 = Monday.
fn weekday(day: u16) -> u16 {
    // The first of January 1970 was a Thursday.
    (day + 3) % 7
}

fn weight(day: u16, now: u16) -> f64 {
    let age = f64::from(now.saturating_sub(day));
    (-age / HALF_LIFE).exp2()
}

impl Habits {
    /// It is looked at from this day on, if not longer.
    pub(super) fn begin(&mut self, day: u16) {
        let since = self.since.get_or_insert(day);
        *since = day.min(*since);
    }

    /// Notes an opening; `false` when it was part of one noted before.
    pub(super) fn note(&mut self, opening: Opening) -> bool {
        self.begin(opening.day);
        let of = kind(opening.day);
        let is_known = |known: &Opening| {
            known.day == opening.day
                && opening.from <= known.until + TOGETHER
                && known.from <= opening.until + TOGETHER
        };
        if let Some(known) = self
            .openings
            .iter_mut()
            .rev()
            .take(3)
            .find(|known| is_known(known))
        {
            // The narrower span says more.
            if opening.width() < known.width() {
                *known = opening;
                self.mixtures[of] = mixture(&self.openings, of);
            }
            return false;
        }
        self.openings.push(opening);
        if self.openings.len() > KEPT {
            // Of the kind there is more of: a rare weekend must not be lost to a busy week.
            let n_weekends = self
                .openings
                .iter()
                .filter(|opening| kind(opening.day) == 1)
                .count();
            let common = usize::from(2 * n_weekends > self.openings.len());
            if let Some(oldest) = self
                .openings
                .iter()
                .position(|opening| kind(opening.day) == common)
            {
                self.openings.remove(oldest);
            }
        }
        self.mixtures[of] = mixture(&self.openings, of);
        true
    }

    /// How many openings are kept.
    #[cfg(test)]
    pub(super) fn n_openings(&self) -> usize {
        self.openings.len()
    }

    /// Whether it opens at its own times on such days: enough was seen, and most of it was foretold.
    pub(super) fn is_learned(&self, day: u16) -> bool {
        let n = self
            .openings
            .iter()
            .filter(|opening| kind(opening.day) == kind(day))
            .count();
        n >= 4 && self.mixtures[kind(day)][LENSES.len()] < 0.5
    }

    /// The rates of a day, in steps from its first second; never empty, never zero.
    pub(super) fn rates(&self, day: u16) -> Vec<Step> {
        let of = kind(day);
        let mixture = self.mixtures[of];
        let openings: Vec<_> = self
            .openings
            .iter()
            .filter(|opening| kind(opening.day) == of)
            .map(|opening| (*opening, weight(opening.day, day)))
            .collect();
        let total: f64 = openings.iter().map(|(_, weight)| weight).sum();
        let a_day = self.a_day(day, total) * self.of_weekday(day, total);
        let whole_day = if total > 0.0 {
            mixture[LENSES.len()]
        } else {
            1.0
        };
        // Where the rate rises and falls, and by how much.
        let mut edges = vec![(0.0, a_day * whole_day / f64::from(DAY))];
        for (opening, weight) in &openings {
            for (lens, belief) in LENSES.iter().zip(mixture) {
                let (from, until) = opening.seen(*lens);
                let rise = a_day * belief * weight / total / (until - from);
                edges.push((from.max(0.0), rise));
                edges.push((until, -rise));
            }
        }
        edges.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut steps = steps(&edges);
        self.expect(&mut steps, day, a_day, total);
        steps
    }

    /// A department that opens once a day opens hardly again when it has, and the more likely while it has not.
    fn expect(&self, steps: &mut Vec<Step>, day: u16, a_day: f64, total: f64) {
        let again = self.again(kind(day), day, total);
        let opened = self
            .openings
            .iter()
            .rev()
            .take_while(|opening| opening.day == day);
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
    fn again(&self, of: usize, now: u16, total: f64) -> f64 {
        let mut days: Vec<_> = self
            .openings
            .iter()
            .map(|opening| opening.day)
            .filter(|day| kind(*day) == of)
            .collect();
        days.dedup();
        let days: f64 = days.into_iter().map(|day| weight(day, now)).sum();
        ((total - days + 1.0) / (days + 1.0)).clamp(LEAST_AGAIN, 1.0)
    }

    /// Openings a day on days like this one.
    fn a_day(&self, day: u16, total: f64) -> f64 {
        let of = kind(day);
        let since = self.since.unwrap_or(day).max(day.saturating_sub(365));
        // What no longer fits in is not counted, and neither are the days it is of.
        let since = if self.openings.len() < KEPT {
            since
        } else {
            self.openings
                .first()
                .map_or(since, |oldest| oldest.day.max(since))
        };
        let days: f64 = (since..day)
            .filter(|day| kind(*day) == of)
            .map(|past| weight(past, day))
            .sum();
        (total + USUAL[of] * USUAL_DAYS) / (days + USUAL_DAYS)
    }

    /// How much more or less this day of the week opens than the others of its kind.
    fn of_weekday(&self, day: u16, total: f64) -> f64 {
        const DOUBT: f64 = 3.0;

        let n_days = if kind(day) == 0 { 5.0 } else { 2.0 };
        let same = self
            .openings
            .iter()
            .filter(|opening| weekday(opening.day) == weekday(day));
        let same: f64 = same.map(|opening| weight(opening.day, day)).sum();
        (same + DOUBT) / (total / n_days + DOUBT)
    }

    /// For the store: at most 300 bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.since.unwrap_or_default().to_le_bytes());
        for opening in &self.openings {
            bytes.extend(opening.day.to_le_bytes());
            // Two seconds are one step: a day fits into sixteen bits, and the span is never narrower than it was.
            bytes.extend(
                u16::try_from(opening.from / 2)
                    .unwrap_or(u16::MAX)
                    .to_le_bytes(),
            );
            bytes.extend(
                u16::try_from(opening.until.div_ceil(2))
                    .unwrap_or(u16::MAX)
                    .to_le_bytes(),
            );
        }
        bytes
    }

    /// Reads it back; `None` when it was written by another version or is damaged.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&version, rest) = bytes.split_first()?;
        let (since, rest) = rest.split_first_chunk::<2>()?;
        if version != VERSION || rest.len() % 6 != 0 || rest.len() > KEPT * 6 {
            return None;
        }
        let since = u16::from_le_bytes(*since);
        let openings: Vec<_> = rest
            .as_chunks::<6>()
            .0
            .iter()
            .map(|&[a, b, c, d, e, f]| {
                let [day, from, until] = [[a, b], [c, d], [e, f]].map(u16::from_le_bytes);
                let from = (u32::from(from) * 2).min(DAY);
                Opening {
                    day,
                    from,
                    until: (u32::from(until) * 2).min(DAY).max(from),
                }
            })
            .collect();
        Some(Self {
            since: (since > 0).then_some(since),
            mixtures: [0, 1].map(|of| mixture(&openings, of)),
            openings,
        })
    }
}

/// Which lenses foretell the openings of one kind of days best, each from the others.
fn mixture(openings: &[Opening], of: usize) -> Mixture {
    const ROUNDS: usize = 12;

    let mut prior = [LENS_PRIOR; LENSES.len() + 1];
    prior[LENSES.len()] = WHOLE_DAY_PRIOR;
    let priors: f64 = prior.iter().sum();
    let mut mixture = prior.map(|prior| prior / priors);
    let openings: Vec<_> = openings
        .iter()
        .filter(|opening| kind(opening.day) == of)
        .collect();
    let now = openings
        .iter()
        .map(|opening| opening.day)
        .max()
        .unwrap_or_default();
    let weights: Vec<_> = openings
        .iter()
        .map(|opening| weight(opening.day, now))
        .collect();
    let total: f64 = weights.iter().sum();
    let likely: Vec<Mixture> = openings
        .iter()
        .enumerate()
        .map(|(place, opening)| {
            let mut likely = [0.0; LENSES.len() + 1];
            likely[LENSES.len()] = 1.0 / f64::from(DAY);
            for (lens, likely) in LENSES.iter().zip(&mut likely) {
                let others = openings.iter().zip(&weights).enumerate();
                let others = others.filter(|(other, _)| *other != place);
                let sum: f64 = others
                    .map(|(_, (other, weight))| weight * overlap(opening, other, *lens))
                    .sum();
                *likely = sum / (total - weights[place]).max(f64::MIN_POSITIVE);
            }
            likely
        })
        .collect();
    for _ in 0..ROUNDS {
        let mut belief = prior;
        for (likely, weight) in likely.iter().zip(&weights) {
            let shares: Mixture = std::array::from_fn(|lens| likely[lens] * mixture[lens]);
            let sum: f64 = shares.iter().sum();
            for (belief, share) in belief.iter_mut().zip(shares) {
                *belief += weight * share / sum;
            }
        }
        let sum: f64 = belief.iter().sum();
        mixture = belief.map(|belief| belief / sum);
    }
    mixture
}

/// How likely an opening is, foretold by another one through a lens; per second.
fn overlap(opening: &Opening, other: &Opening, lens: f64) -> f64 {
    let (from, until) = other.seen(lens);
    let (begin, end) = (
        f64::from(opening.from),
        f64::from(opening.from) + opening.width(),
    );
    let common = (end.min(until) - begin.max(from)).max(0.0);
    common / (end - begin) / (until - from)
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
