//! How one group of openings foretells its own: which lenses, and whether the day of the week matters.

use super::{DAY, Opening, weekday, weight};

/// Widths of the lenses, seconds to each side. The last resort is the whole day.
const LENSES: [f64; 5] = [40.0, 120.0, 360.0, 1200.0, 5400.0];
/// So many openings' worth of belief in each lens, in each that looks at the same day of the week alone, and in the
/// whole day, before any was seen.
const LENS_PRIOR: f64 = 0.15;
const WEEKDAY_PRIOR: f64 = 0.03;
const WHOLE_DAY_PRIOR: f64 = 1.0;
/// So much is believed beforehand in days of the week that differ in how often they open.
const DIFFER_PRIOR: f64 = 0.2;
/// An opening on each day of the week counts so much before any was seen.
const DOUBT: f64 = 0.5;

/// How much each lens is believed in, over all days of a kind and over the same day of the week alone; and, with both
/// of no use, the whole day. Their sum is 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mixture {
    all: [f64; LENSES.len()],
    same: [f64; LENSES.len()],
    whole_day: f64,
}

impl Mixture {
    const PRIOR: Self = Self {
        all: [LENS_PRIOR; LENSES.len()],
        same: [WEEKDAY_PRIOR; LENSES.len()],
        whole_day: WHOLE_DAY_PRIOR,
    };

    /// Of these openings, each foretold from the others.
    pub(super) fn of(openings: &[Opening]) -> Self {
        const ROUNDS: usize = 12;

        let now = openings.iter().map(|opening| opening.day).max();
        let now = now.unwrap_or_default();
        let weights: Vec<_> = openings
            .iter()
            .map(|opening| weight(opening.day, now))
            .collect();
        let likely: Vec<Self> = (0..openings.len())
            .map(|place| Self::likely(openings, &weights, place))
            .collect();
        let mut mixture = Self::PRIOR.scaled();
        for _ in 0..ROUNDS {
            let mut belief = Self::PRIOR;
            for (likely, weight) in likely.iter().zip(&weights) {
                let shares = likely.with(&mixture, |likely, mixture| likely * mixture);
                let sum = shares.sum();
                belief = belief.with(&shares, |belief, share| belief + weight * share / sum);
            }
            mixture = belief.scaled();
        }
        mixture
    }

    /// How likely each part of a mixture makes one of the openings, going by the others; per second.
    fn likely(openings: &[Opening], weights: &[f64], place: usize) -> Self {
        let opening = &openings[place];
        let mut likely = Self {
            all: [0.0; LENSES.len()],
            same: [0.0; LENSES.len()],
            whole_day: 1.0 / f64::from(DAY),
        };
        let (mut total, mut same_total) = (0.0, 0.0);
        for (number, (other, weight)) in openings.iter().zip(weights).enumerate() {
            if number == place {
                continue;
            }
            let is_same = weekday(other.day) == weekday(opening.day);
            total += weight;
            same_total += if is_same { *weight } else { 0.0 };
            for (number, lens) in LENSES.into_iter().enumerate() {
                let overlap = weight * overlap(opening, other, lens);
                likely.all[number] += overlap;
                likely.same[number] += if is_same { overlap } else { 0.0 };
            }
        }
        likely.all = likely.all.map(|sum| sum / total.max(f64::MIN_POSITIVE));
        likely.same = likely
            .same
            .map(|sum| sum / same_total.max(f64::MIN_POSITIVE));
        likely
    }

    /// What is believed on a day of the week that has openings of its own or none: of the latter nothing more is known
    /// than that it opens at any time.
    pub(super) fn on(mut self, has_own: bool) -> Self {
        if !has_own {
            self.whole_day += self.same.iter().sum::<f64>();
            self.same = [0.0; LENSES.len()];
        }
        self
    }

    /// How much the whole day is believed in, which is how little is foretold.
    pub(super) fn whole_day(&self) -> f64 {
        self.whole_day
    }

    /// The boxes of an opening seen through the lenses that are believed in: from when, until when, how much. It is a
    /// share `of_all` of all openings, and a share `of_same` of those of the day of the week.
    pub(super) fn boxes(
        &self,
        opening: &Opening,
        of_all: f64,
        of_same: f64,
    ) -> impl Iterator<Item = (f64, f64, f64)> {
        let beliefs = self.all.iter().zip(self.same);
        let beliefs = beliefs.map(move |(all, same)| all * of_all + same * of_same);
        LENSES.into_iter().zip(beliefs).map(|(lens, belief)| {
            let (from, until) = seen(opening, lens);
            (from, until, belief)
        })
    }

    fn with(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let each = |ours: &[f64; LENSES.len()], theirs: &[f64; LENSES.len()]| {
            std::array::from_fn(|lens| f(ours[lens], theirs[lens]))
        };
        Self {
            all: each(&self.all, &other.all),
            same: each(&self.same, &other.same),
            whole_day: f(self.whole_day, other.whole_day),
        }
    }

    fn sum(&self) -> f64 {
        self.all.iter().chain(&self.same).sum::<f64>() + self.whole_day
    }

    /// The same, made to sum up to 1.
    fn scaled(&self) -> Self {
        let sum = self.sum();
        self.with(self, |part, _| part / sum)
    }
}

/// How many times as often as on the average of its kind it opens on one of these days of the week, from how often it
/// opened on each.
pub(super) fn of_weekday(n: &[f64], which: usize) -> f64 {
    let total: f64 = n.iter().sum();
    let n_days = n.iter().map(|_| 1.0).sum::<f64>();
    let own = |n: f64, total: f64| n_days * (n + DOUBT) / (total + n_days * DOUBT);
    // Each opening foretold from the others: how much better by its own day of the week than by none.
    let others = |n: f64| own((n - 1.0).max(0.0), (total - 1.0).max(0.0));
    let better: f64 = n.iter().map(|&n| n * others(n).ln()).sum();
    let odds = DIFFER_PRIOR / (1.0 - DIFFER_PRIOR) * better.clamp(-50.0, 50.0).exp();
    let belief = odds / (1.0 + odds);
    1.0 - belief + belief * own(n.get(which).copied().unwrap_or_default(), total)
}

/// The box of an opening seen through a lens.
fn seen(opening: &Opening, lens: f64) -> (f64, f64) {
    let (from, until) = (
        f64::from(opening.from) - lens,
        f64::from(opening.until) + lens,
    );
    (from, until.max(from + 1.0))
}

/// How likely an opening is, foretold by another one through a lens; per second.
fn overlap(opening: &Opening, other: &Opening, lens: f64) -> f64 {
    let (from, until) = seen(other, lens);
    let (begin, end) = (
        f64::from(opening.from),
        f64::from(opening.from) + opening.width(),
    );
    let common = (end.min(until) - begin.max(from)).max(0.0);
    common / (end - begin) / (until - from)
}
