//! How the looking goes, as metrics tell it.

use crate::planner::Figures;
use chrono::{DateTime, Utc};

/// Counts between two measurements.
#[derive(Debug)]
pub(crate) struct Meter {
    requests_per_second: f64,
    n_asked: u32,
    told_at: Option<DateTime<Utc>>,
    good_at: Option<DateTime<Utc>>,
    /// When to measure next.
    pub(crate) due_at: Option<DateTime<Utc>>,
}

impl Meter {
    pub(crate) fn new(requests_per_second: f64) -> Self {
        Self {
            requests_per_second,
            n_asked: 0,
            told_at: None,
            good_at: None,
            due_at: None,
        }
    }

    /// A request left.
    pub(crate) fn asked(&mut self) {
        self.n_asked = self.n_asked.saturating_add(1);
    }

    /// A good answer was recorded.
    pub(crate) fn good(&mut self, now: DateTime<Utc>) {
        self.good_at = Some(now);
    }

    /// Tells how it goes, and how much of the budget was used since the last time.
    pub(crate) fn tell(&mut self, figures: &Figures, now: DateTime<Utc>) {
        metrics::gauge!("talon_readings_due").set(to_f64(figures.n_due));
        metrics::gauge!("talon_readings_late").set(to_f64(figures.n_late));
        metrics::gauge!("talon_learned_departments").set(to_f64(figures.n_learned));
        metrics::gauge!("talon_load_ratio").set(figures.load);
        if let Some(at) = self.good_at {
            metrics::gauge!("talon_good_reading_age_seconds")
                .set((now - at).as_seconds_f64().max(0.0));
        }
        let n_asked = std::mem::take(&mut self.n_asked);
        let elapsed = self
            .told_at
            .replace(now)
            .map(|at| (now - at).as_seconds_f64());
        if let Some(elapsed) = elapsed.filter(|&elapsed| elapsed > 0.0) {
            let used = f64::from(n_asked) / (elapsed * self.requests_per_second);
            metrics::gauge!("talon_budget_used_ratio").set(used);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "doctors of a city")]
fn to_f64(n: usize) -> f64 {
    n as f64
}
