//! What is known of one department as the store keeps it: 321 bytes at most.

use super::counts::Counts;
use super::{DAY, Habits, KEPT, Opening};

/// Written first, so that another way of writing it can be told apart.
const VERSION: u8 = 2;
/// As it was written before new days were told from other openings, and before the counts were kept.
const WITHOUT_COUNTS: u8 = 1;
/// Set in an opening's day when it was a new day that opened.
const NEW_DAY: u16 = 1 << 15;

impl Habits {
    /// For the store.
    pub(in crate::planner) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.since.unwrap_or_default().to_le_bytes());
        bytes.extend(self.counts.encode());
        for opening in &self.openings {
            let flag = if opening.is_new_day { NEW_DAY } else { 0 };
            bytes.extend((opening.day & !NEW_DAY | flag).to_le_bytes());
            // Two seconds are one step: a day fits into sixteen bits, and the span is never narrower than it was.
            for second in [opening.from / 2, opening.until.div_ceil(2)] {
                bytes.extend(u16::try_from(second).unwrap_or(u16::MAX).to_le_bytes());
            }
        }
        bytes
    }

    /// Reads it back; `None` when it was written by a later version or is damaged.
    pub(in crate::planner) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&version, rest) = bytes.split_first()?;
        let (since, rest) = rest.split_first_chunk::<2>()?;
        let (counts, rest) = match version {
            VERSION => {
                let (counts, rest) = rest.split_first_chunk()?;
                (Some(Counts::decode(counts)), rest)
            }
            WITHOUT_COUNTS => (None, rest),
            _ => return None,
        };
        if rest.len() % 6 != 0 || rest.len() > KEPT * 6 {
            return None;
        }
        let since = u16::from_le_bytes(*since);
        let openings: Vec<_> = rest.as_chunks::<6>().0.iter().map(opening).collect();
        let counts = counts.unwrap_or_else(|| Counts::of(&openings));
        let since = (since > 0).then_some(since);
        Some(Self::new(since, counts, openings))
    }
}

fn opening(&[a, b, c, d, e, f]: &[u8; 6]) -> Opening {
    let [day, from, until] = [[a, b], [c, d], [e, f]].map(u16::from_le_bytes);
    let from = (u32::from(from) * 2).min(DAY);
    Opening {
        day: day & !NEW_DAY,
        from,
        until: (u32::from(until) * 2).min(DAY).max(from),
        is_new_day: day & NEW_DAY != 0,
    }
}
