//! When a clinic counts as silent, and when the whole portal does. No clock, no I/O.
//!
//! A try is a look, a list of doctors or a list of specialties. It failed when it *could not look* (rule 2: 1, 602, 603,
//! 616, 660, HTTP, time-out, bad body); "nothing free" is a good answer. A 429 is nobody's fault: it is neither, and a hold
//! that lasts is the portal's row. 610 and 645 have a way of their own ("gone" after three days): they end a series of
//! failures and begin none.
//!
//! - A clinic is *silent* when every try failed for [`SILENT_AFTER`], at least [`SILENT_TRIES`] of them. Where looks fail,
//!   good lists end nothing: they tell nobody of a talon.
//! - The portal is *down* when over half of the clinics tried of late have given no good answer for [`WINDOW`]; or when
//!   a hold has kept us from every good answer for as long. Of fewer than [`FEWEST_CLINICS`] nothing is concluded: then
//!   each clinic speaks for itself.
//!
//! A gap in our own trying is nobody's silence: a series whose tries lie further apart than [`LONGEST_GAP`] begins anew, and
//! so does everything after the pinger was away or the clock jumped (`Store::begin_trying_anew`).

use crate::failure::{Failure, FailureKind};
use chrono::{DateTime, TimeDelta, Utc};

/// Every try at a clinic has failed for so long: it is silent…
pub const SILENT_AFTER: TimeDelta = TimeDelta::minutes(15);
/// …if there were so many.
pub const SILENT_TRIES: u32 = 3;
/// Tries further apart than this are no series. Longer than any pause of the planner: it obeys `Retry-After` up to 15 minutes.
pub const LONGEST_GAP: TimeDelta = TimeDelta::minutes(20);
/// Without a good answer for so long, a clinic counts against the portal.
pub const WINDOW: TimeDelta = TimeDelta::minutes(5);
/// Fewer clinics say nothing of the portal.
pub const FEWEST_CLINICS: usize = 3;

/// A well clinic was tried of late. Longer than [`WINDOW`]: failing ones are tried sooner again, and where everything is
/// read rarely they would outvote the others.
const TRIED_OF_LATE: TimeDelta = TimeDelta::minutes(10);
/// One failure of a clinic counts against the portal only when it has stood for so long.
const ONE_FAILURE: TimeDelta = TimeDelta::minutes(1);
/// Tries recorded at once may be noted in another order; a clock that falls back further was set.
const JITTER: TimeDelta = TimeDelta::minutes(1);

/// An unbroken series of failed tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    /// The first of them.
    pub since: DateTime<Utc>,
    /// The last of them.
    pub failed_at: DateTime<Utc>,
    /// How many.
    pub n_failed: u32,
    /// There were looks among them.
    pub has_looks: bool,
    /// How the last one failed.
    pub last: Failure,
}

impl Series {
    /// Long enough to call the clinic silent.
    pub fn is_silence(&self) -> bool {
        self.n_failed >= SILENT_TRIES && self.failed_at - self.since >= SILENT_AFTER
    }
}

/// How the tries at one clinic went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// The last one.
    pub tried_at: DateTime<Utc>,
    /// The last that was answered; `None` when none was.
    pub good_at: Option<DateTime<Utc>>,
    /// The failures since; `None` when the last try did not fail.
    pub failing: Option<Series>,
}

/// One try that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Try {
    /// About the slots of a doctor.
    pub is_look: bool,
    /// `None` = answered.
    pub failure: Option<Failure>,
}

/// How the tries stand after one more, that ended at `now`; `None` = it says nothing.
pub fn after(before: Option<Tries>, one: Try, now: DateTime<Utc>) -> Option<Tries> {
    let Some(failure) = one.failure else {
        let failing = before.and_then(|before| before.failing);
        // Looks that fail are not mended by lists, as long as looks are tried.
        let goes_on = |series: &Series| {
            series.has_looks && !one.is_look && now - series.failed_at <= LONGEST_GAP
        };
        return Some(Tries {
            tried_at: now,
            good_at: Some(now),
            failing: failing.filter(goes_on),
        });
    };
    let good_at = before.and_then(|before| before.good_at);
    match failure.kind {
        FailureKind::TooMany => None,
        FailureKind::Gone => before.map(|before| Tries {
            failing: None,
            ..before
        }),
        _ => {
            let is_one = |series: &Series| {
                let gap = now - series.failed_at;
                gap <= LONGEST_GAP && gap >= -JITTER && series.since <= now + JITTER
            };
            let series = before.and_then(|before| before.failing).filter(is_one);
            Some(Tries {
                tried_at: now,
                good_at,
                failing: Some(Series {
                    since: series.map_or(now, |series| series.since),
                    failed_at: now,
                    n_failed: series.map_or(0, |series| series.n_failed).saturating_add(1),
                    has_looks: one.is_look || series.is_some_and(|series| series.has_looks),
                    last: failure,
                }),
            })
        }
    }
}

/// Whether a clinic counts against the portal at `now`.
pub fn fails(tries: &Tries, now: DateTime<Utc>) -> bool {
    let is_old = |at: DateTime<Utc>| now - at >= WINDOW;
    tries.good_at.is_none_or(is_old)
        && tries.failing.is_some_and(|series| {
            now - series.failed_at <= LONGEST_GAP
                && (series.n_failed > 1 || now - series.since >= ONE_FAILURE)
        })
}

/// What the clinics say of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Portal {
    /// Half of them or more answer, or nobody is asked.
    Up,
    /// Over half of them have not answered for long. Since then more than half have failed.
    Down(DateTime<Utc>),
    /// Too few, or not tried for long enough, to say.
    Unknown,
}

/// Judges the portal by its clinics. `trying_since` = since when we have been trying without a break.
pub fn judge(
    clinics: impl IntoIterator<Item = Tries>,
    trying_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Portal {
    let (mut n_well, mut failing) = (0, Vec::new());
    for tries in clinics {
        if fails(&tries, now) {
            failing.extend(tries.failing.map(|series| series.since));
        } else if now - tries.tried_at <= TRIED_OF_LATE && tries.tried_at <= now + JITTER {
            n_well += 1;
        }
    }
    if failing.len() <= n_well {
        return Portal::Up;
    }
    let n = failing.len() + n_well;
    if n < FEWEST_CLINICS || now - trying_since < WINDOW {
        return Portal::Unknown;
    }
    failing.sort_unstable();
    // The failure that made it more than half.
    failing
        .get(n / 2)
        .map_or(Portal::Unknown, |&since| Portal::Down(since))
}

#[cfg(test)]
mod tests;
