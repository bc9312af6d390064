//! The samples of a part as files, and back.

use super::cases::{N_MEASURED, Outcome, Part, Sample, Way};
use crate::figures::report::Home;
use crate::figures::sim::{Counts, Wait};
use anyhow::Context;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// File of the waits of a part.
pub(super) fn waits_file(part: Part) -> String {
    format!("waits-{}.csv.gz", part.name())
}

/// File of the requests of a part.
pub(super) fn requests_file(part: Part) -> String {
    format!("requests-{}.csv", part.name())
}

/// Writes both files.
pub(super) fn keep(home: &Home, part: Part, outcomes: &[Outcome]) -> anyhow::Result<()> {
    let mut waits = "way,seed,habit,answered_s,read_s\n".to_owned();
    let mut requests =
        "way,seed,watched_doctors,days,gates,lists,looks,others,unanswered\n".to_owned();
    for outcome in outcomes {
        let way = outcome.case.way.name();
        for sample in &outcome.samples {
            let seed = sample.seed;
            // Sorted they pack well; to a hundredth of a second.
            let mut all: Vec<_> = sample
                .waits
                .iter()
                .map(|wait| (wait.habit, wait.answered, wait.read))
                .collect();
            all.sort_unstable();
            for (habit, answered, read) in all {
                let (answered, read) = (answered as f64 / 1000.0, read as f64 / 1000.0);
                let _ = writeln!(waits, "{way},{seed},{habit},{answered:.2},{read:.2}");
            }
            let Counts {
                gates,
                lists,
                looks,
                others,
            } = sample.requests;
            let (n_doctors, n_unanswered) = (sample.n_doctors, sample.n_unanswered);
            let _ = writeln!(
                requests,
                "{way},{seed},{n_doctors},{N_MEASURED},{gates},{lists},{looks},{others},{n_unanswered}"
            );
        }
    }
    home.keep(&waits_file(part), &waits)?;
    home.keep(&requests_file(part), &requests)
}

/// Reads both files; empty when the part was never simulated.
pub(super) fn read(home: &Home, part: Part) -> anyhow::Result<Vec<Outcome>> {
    let (waits, requests) = (waits_file(part), requests_file(part));
    let (Some(waits), Some(requests)) = (home.kept(&waits)?, home.kept(&requests)?) else {
        return Ok(Vec::new());
    };
    let mut samples = BTreeMap::new();
    for line in requests.lines().skip(1) {
        let (key, sample) =
            read_sample(line).with_context(|| format!("requests of {}: {line}", part.name()))?;
        samples.insert(key, sample);
    }
    for line in waits.lines().skip(1) {
        let (key, wait) =
            read_wait(line).with_context(|| format!("waits of {}: {line}", part.name()))?;
        samples
            .get_mut(&key)
            .context("waits without requests")?
            .waits
            .push(wait);
    }
    let outcomes = Way::ALL.map(|way| Outcome {
        case: part.case(way),
        samples: samples
            .iter()
            .filter(|((of_way, _), _)| of_way == way.name())
            .map(|(_, sample)| sample.clone())
            .collect(),
    });
    Ok(outcomes
        .into_iter()
        .filter(|outcome| !outcome.samples.is_empty())
        .collect())
}

type Key = (String, u64);

fn read_sample(line: &str) -> Option<(Key, Sample)> {
    let mut words = line.split(',');
    let way = words.next()?.to_owned();
    let numbers: Vec<u64> = words.map(str::parse).collect::<Result<_, _>>().ok()?;
    let [
        seed,
        n_doctors,
        _,
        gates,
        lists,
        looks,
        others,
        n_unanswered,
    ] = numbers[..]
    else {
        return None;
    };
    let sample = Sample {
        seed,
        waits: Vec::new(),
        requests: Counts {
            gates,
            lists,
            looks,
            others,
        },
        n_doctors: usize::try_from(n_doctors).ok()?,
        n_unanswered: usize::try_from(n_unanswered).ok()?,
    };
    Some(((way, seed), sample))
}

fn read_wait(line: &str) -> Option<(Key, Wait)> {
    let mut words = line.split(',');
    let (way, seed, habit) = (words.next()?, words.next()?, words.next()?);
    let habit = ["minute", "window", "random"]
        .into_iter()
        .find(|known| *known == habit)?;
    let mut ms = || -> Option<i64> {
        let seconds: f64 = words.next()?.parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of days")]
        let ms = (seconds * 1000.0).round() as i64;
        Some(ms)
    };
    let (answered, read) = (ms()?, ms()?);
    let wait = Wait {
        habit,
        answered,
        read,
    };
    Some(((way.to_owned(), seed.parse().ok()?), wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_back_as_they_were_kept() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        let part = Part::ALL[0];
        assert!(read(&home, part).unwrap().is_empty());
        let wait = |habit, answered| Wait {
            habit,
            answered,
            read: answered + 500,
        };
        let outcome = Outcome {
            case: part.case(Way::Gated),
            samples: vec![Sample {
                seed: 3,
                waits: vec![wait("minute", 1_230), wait("random", 86_400_000)],
                requests: Counts {
                    gates: 1,
                    lists: 2,
                    looks: 3,
                    others: 4,
                },
                n_doctors: 5,
                n_unanswered: 0,
            }],
        };
        keep(&home, part, std::slice::from_ref(&outcome)).unwrap();
        assert_eq!(read(&home, part).unwrap(), [outcome]);
    }
}
