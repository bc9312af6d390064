//! How often a department opened on each day of the week, slowly forgotten.

use super::{Opening, SORTS, weight};

const WEEK: usize = 7;
/// A count is kept in steps of a hundredth, up to 655.
const STEPS: f64 = 100.0;
/// Bytes in the store.
pub(super) const BYTES: usize = 2 + 2 * SORTS * WEEK;

/// Weighted openings of each sort on each day of the week, as on one day.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// The day the weights are of.
    day: u16,
    n: [[f64; WEEK]; SORTS],
}

impl Counts {
    /// Of openings, oldest first.
    pub(super) fn of(openings: &[Opening]) -> Self {
        let mut counts = Self::default();
        for opening in openings {
            counts.add(opening);
        }
        counts
    }

    pub(super) fn add(&mut self, opening: &Opening) {
        self.n = self.weighted(opening.day);
        // Of the last one noted, even if the clock was ahead before.
        self.day = opening.day;
        self.n[opening.sort()][opening.weekday()] += 1.0;
    }

    /// One more of what was counted as another sort.
    pub(super) fn is_another_sort(&mut self, before: &Opening, after: &Opening) {
        let n = weight(before.day, self.day);
        let from = &mut self.n[before.sort()][before.weekday()];
        *from = (*from - n).max(0.0);
        self.n[after.sort()][after.weekday()] += n;
    }

    /// As on a day.
    fn weighted(&self, day: u16) -> [[f64; WEEK]; SORTS] {
        let faded = weight(self.day, day);
        self.n.map(|sort| sort.map(|n| n * faded))
    }

    /// Openings of a sort on each of these days of the week, weighted as on a day.
    pub(super) fn on(&self, sort: usize, weekdays: &[usize], day: u16) -> Vec<f64> {
        let n = self.weighted(day)[sort];
        weekdays.iter().map(|weekday| n[*weekday]).collect()
    }

    pub(super) fn encode(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let (chunks, _) = bytes.as_chunks_mut::<2>();
        chunks[0] = self.day.to_le_bytes();
        for (chunk, n) in chunks[1..].iter_mut().zip(self.n.iter().flatten()) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "never negative; a float too large becomes the largest number"
            )]
            let steps = (n * STEPS).round() as u16;
            *chunk = steps.to_le_bytes();
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8; BYTES]) -> Self {
        let (chunks, _) = bytes.as_chunks::<2>();
        let mut counts = Self {
            day: u16::from_le_bytes(chunks[0]),
            ..Self::default()
        };
        for (n, chunk) in counts.n.iter_mut().flatten().zip(&chunks[1..]) {
            *n = f64::from(u16::from_le_bytes(*chunk)) / STEPS;
        }
        counts
    }
}
