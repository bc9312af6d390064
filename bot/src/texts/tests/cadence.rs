//! How often things are looked at.

use super::super::*;
use super::html::check_html;
use super::world::both;
use chrono::TimeDelta;
use shared::store::Cadence;

fn of(asked_s: i64, read_s: i64) -> Cadence {
    Cadence {
        asked_every: Some(TimeDelta::seconds(asked_s)),
        read_every: Some(TimeDelta::seconds(read_s)),
    }
}

#[test]
fn how_often_is_said_only_when_it_is_not_as_usual() {
    assert_eq!(cadence(Lang::Ru, &[]), None);
    assert_eq!(cadence(Lang::Ru, &[Cadence::default()]), None);
    assert_eq!(cadence(Lang::Ru, &[of(60, 62), of(20, 170)]), None);
    let said = both(|lang| {
        let lines = [
            cadence(lang, &[of(24, 40 * 60), of(3, 200)]),
            cadence(lang, &[of(1, 3700)]),
            cadence(lang, &[of(61, 6 * 3600)]),
            cadence(lang, &[of(8000, 300)]),
        ];
        let lines: Vec<_> = lines.into_iter().flatten().collect();
        lines.iter().for_each(|line| check_html(line));
        lines.join("\n")
    });
    insta::assert_snapshot!(said);
}
