//! Statistics of samples.

/// What is said of many waits or times. All zero when there was no sample.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Summary {
    /// How many samples.
    pub n: usize,
    /// The median.
    pub p50: f64,
    /// 95 of 100 are no longer.
    pub p95: f64,
    /// 99 of 100 are no longer.
    pub p99: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// The longest.
    pub max: f64,
}

impl Summary {
    /// Of samples in any order, in their own unit.
    pub fn of(samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let Some(&max) = sorted.last() else {
            return Self::default();
        };
        Self {
            n: sorted.len(),
            p50: percentile(&sorted, 0.5),
            p95: percentile(&sorted, 0.95),
            p99: percentile(&sorted, 0.99),
            mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
            max,
        }
    }
}

/// The smallest of the samples that so large a `share` (0 to 1) of them do not exceed (nearest rank); 0 of none.
/// They must be sorted.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among samples in memory"
    )]
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

/// At most `n_points` points (value, share of the samples that do not exceed it), for a plot of the distribution.
/// The samples must be sorted.
pub fn distribution(sorted: &[f64], n_points: usize) -> Vec<(f64, f64)> {
    let n_points = n_points.min(sorted.len());
    let shares = (1..=n_points).map(|point| point as f64 / n_points as f64);
    shares
        .map(|share| (percentile(sorted, share), share))
        .collect()
}

/// `text` of a number with so many digits as are worth reading: `0.031`, `4.2`, `75`, `1 240`.
pub fn readable(value: f64) -> String {
    let digits = match value.abs() {
        abs if abs >= 9.95 || abs == 0.0 => 0,
        abs if abs >= 0.995 => 1,
        abs if abs >= 0.0995 => 2,
        _ => 3,
    };
    let plain = format!("{value:.digits$}");
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        let n_left = whole.len() - place;
        if place > 0 && n_left.is_multiple_of(3) && whole.as_bytes()[place - 1] != b'-' {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    if rest.is_empty() {
        grouped
    } else {
        format!("{grouped}.{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_by_nearest_rank() {
        let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
        for (share, want) in [
            (0.0, 1.0),
            (0.005, 1.0),
            (0.5, 50.0),
            (0.95, 95.0),
            (0.99, 99.0),
            (1.0, 100.0),
        ] {
            assert_eq!(percentile(&sorted, share), want, "{share}");
        }
        assert_eq!(percentile(&[7.0], 0.5), 7.0);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }

    #[test]
    fn a_summary_needs_no_order() {
        let summary = Summary::of(&[4.0, 1.0, 3.0, 2.0]);
        let want = Summary {
            n: 4,
            p50: 2.0,
            p95: 4.0,
            p99: 4.0,
            mean: 2.5,
            max: 4.0,
        };
        assert_eq!(summary, want);
        assert_eq!(Summary::of(&[]), Summary::default());
    }

    #[test]
    fn a_distribution_ends_at_the_longest() {
        let sorted: Vec<f64> = (1..=1000).map(f64::from).collect();
        let points = distribution(&sorted, 4);
        assert_eq!(
            points,
            [(250.0, 0.25), (500.0, 0.5), (750.0, 0.75), (1000.0, 1.0)]
        );
        assert_eq!(distribution(&[5.0], 100), [(5.0, 1.0)]);
        assert!(distribution(&[], 100).is_empty());
    }

    #[test]
    fn numbers_are_readable() {
        let cases = [
            (0.0, "0"),
            (0.0312, "0.031"),
            (0.1, "0.10"),
            (0.5, "0.50"),
            (0.999, "1.0"),
            (4.25, "4.2"),
            (9.97, "10"),
            (75.4, "75"),
            (1240.0, "1\u{a0}240"),
            (1_234_567.0, "1\u{a0}234\u{a0}567"),
            (-123.0, "-123"),
        ];
        for (value, want) in cases {
            assert_eq!(readable(value), want);
        }
    }
}
