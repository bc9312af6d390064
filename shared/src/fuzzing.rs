//! What is read from outside, one function per reader that takes any bytes: for `sandbox/fuzz` and property tests.
//!
//! Each panics when a reader breaks its word: then the bytes are kept as a case.

use crate::gorzdrav::{ApiError, Endpoint, wire};
use crate::ids::{Department, LpuId, Target};
use crate::link::{LinkDepth, PortalLink, link};
use crate::slot::Slot;

/// An answer of the portal: the first byte chooses the reader, the rest is the body.
pub fn wire(data: &[u8]) {
    let (reader, body) = data.split_first().unwrap_or((&0, &[]));
    match reader % 7 {
        0 => whole(body, wire::read_districts(body), |row| names(&[&row.name])),
        1 => whole(body, wire::read_lpus(Endpoint::Lpus, body), |row| {
            names(&[&row.short_name]);
        }),
        2 => whole(
            body,
            wire::read_lpu(body, LpuId(9002)).map(|one| vec![one]),
            |row| {
                assert_eq!(row.id, LpuId(9002));
            },
        ),
        3 => whole(body, wire::read_specialties(body), |row| {
            names(&[&row.name])
        }),
        4 => whole(body, wire::read_doctors(body), |row| {
            names(&row.name.iter().map(String::as_str).collect::<Vec<_>>());
        }),
        5 => {
            let read = wire::read_slots(body);
            if let Ok(slots) = &read {
                assert!(
                    slots.is_sorted_by(|a, b| a.start < b.start),
                    "soonest first, one each"
                );
            }
            whole(body, read, shown);
        }
        _ => {
            let read = wire::read_timetable(body);
            if let Ok(days) = &read {
                assert!(days.is_sorted_by_key(|day| day.start));
            }
            whole(body, read, |_| {});
        }
    }
}

/// What was read was there, and what was not says so in few words.
fn whole<T>(body: &[u8], read: Result<Vec<T>, ApiError>, check: impl Fn(&T)) {
    match read {
        Ok(rows) => {
            // The shortest row that any reader takes is longer than this.
            assert!(rows.len() <= body.len() / 10 + 1);
            rows.iter().for_each(check);
        }
        Err(error) => assert!(error.to_string().len() < 10_000),
    }
}

fn names(names: &[&str]) {
    for name in names {
        assert!(!name.is_empty() && name.trim() == *name);
    }
}

/// The wall clock of what was read does not overflow.
fn shown(slot: &Slot) {
    let _ = crate::clock::wall(slot.start).to_string();
    let _ = crate::clock::wall(slot.end).to_string();
    assert!(slot.n_places > 0);
}

/// A pasted text. What is found in it makes a link in which the same is found.
pub fn pasted(text: &str) {
    let Some(found) = PortalLink::find(text) else {
        return;
    };
    let (Some(lpu), Some(specialty)) = (found.lpu, &found.specialty) else {
        return;
    };
    let target = Target {
        department: Department {
            lpu,
            specialty: specialty.clone(),
        },
        doctor: found.doctor.clone(),
    };
    let link = link(found.district.as_ref(), &target, LinkDepth::Doctor);
    assert!(url::Url::parse(&link).is_ok(), "{link}");
    assert_eq!(PortalLink::find(&link), Some(found), "{link}");
}

#[cfg(test)]
mod tests {
    use crate::settings::Variables;
    use proptest::prelude::*;
    use std::path::Path;

    /// The seeds of `sandbox/fuzz`, each read as its target reads it.
    #[test]
    fn every_seed_is_read() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sandbox/fuzz/seeds");
        for (target, read) in [
            ("wire", super::wire as fn(&[u8])),
            ("pasted", |data| {
                super::pasted(&String::from_utf8_lossy(data))
            }),
        ] {
            let mut n = 0;
            for seed in std::fs::read_dir(seeds.join(target)).unwrap() {
                read(&std::fs::read(seed.unwrap().path()).unwrap());
                n += 1;
            }
            assert!(n > 0, "{target}");
        }
    }

    /// A sample of the portal's answers with something done to it.
    fn spoilt() -> impl Strategy<Value = Vec<u8>> {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/api");
        let mut files: Vec<_> = std::fs::read_dir(samples)
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect();
        files.sort();
        let samples: Vec<_> = files
            .iter()
            .map(|path| std::fs::read(path).unwrap())
            .collect();
        const PIECES: &[&str] = &[
            "null",
            "\"\"",
            "-1",
            "1e400",
            "\\ud800",
            "[",
            "{",
            "}",
            "]",
            ",",
            ":",
            "\"",
            "true",
            "\u{feff}",
            "9999-12-31T23:59:59",
        ];
        let change = (
            any::<prop::sample::Index>(),
            0_usize..40,
            prop::sample::select(PIECES),
        );
        let changes = prop::collection::vec(change, 0..6);
        (prop::sample::select(samples), any::<u8>(), changes).prop_map(
            |(mut body, reader, changes)| {
                for (place, n_cut, piece) in changes {
                    let at = place.index(body.len() + 1);
                    let end = (at + n_cut).min(body.len());
                    body.splice(at..end, piece.bytes());
                }
                body.insert(0, reader);
                body
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn no_spoilt_answer_breaks_a_reader(data in spoilt()) {
            super::wire(&data);
        }

        #[test]
        fn no_bytes_break_a_reader(data in prop::collection::vec(any::<u8>(), 0..600)) {
            super::wire(&data);
            let text = String::from_utf8_lossy(&data);
            super::pasted(&text);
            let _ = Variables::from_file(&text);
        }

        #[test]
        fn no_link_breaks_the_search(
            ids in prop::collection::vec("\\PC{0,20}|[0-9]{1,12}|[\"\\\\%#/+ ]{1,4}", 5), n_encoded in 0_usize..4, cut in 0_usize..400,
        ) {
            let names = ["district", "lpu", "speciality", "schedule", "doctor"];
            let steps = names.iter().zip(&ids).map(|(name, id)| serde_json::json!({ *name: id }));
            let mut steps = serde_json::Value::Array(steps.collect()).to_string();
            steps.truncate(steps.floor_char_boundary(cut.max(steps.len() / 2)));
            for _ in 0..n_encoded {
                let encoded = percent_encoding::utf8_percent_encode(&steps, percent_encoding::NON_ALPHANUMERIC);
                steps = encoded.to_string();
            }
            super::pasted(&format!("см. gorzdrav.spb.ru/service-free-schedule#{steps}, вот"));
        }
    }
}
