//! Clinics that are silent, a portal that is down.

use super::super::*;
use super::html::check_html;
use super::world::*;
use insta::assert_snapshot;
use shared::failure::FailureKind;
use shared::ids::LpuId;
use shared::store::{Outage, OutageFact, OutageKind, OutageNews, WatchCard};

fn fact(kind: OutageKind) -> OutageFact {
    let is_portal = matches!(kind, OutageKind::PortalDown { .. } | OutageKind::PortalBack);
    OutageFact {
        kind,
        lpu: (!is_portal).then_some(LpuId(27)),
        known: (!is_portal).then(gp27),
        number: 1,
    }
}

fn silent(why: FailureKind) -> OutageFact {
    let since = at("2026-11-20 07:40:10");
    fact(OutageKind::ClinicSilent { since, why })
}

fn down(is_held: bool) -> OutageFact {
    let since = at("2026-11-19 23:50:00");
    fact(OutageKind::PortalDown { since, is_held })
}

#[test]
fn what_is_told_of_silence() {
    let rows = [
        vec![silent(FailureKind::Clinic)],
        vec![
            silent(FailureKind::Unreachable),
            OutageFact {
                known: None,
                ..silent(FailureKind::Unreadable)
            },
        ],
        vec![fact(OutageKind::ClinicBack)],
        vec![down(false)],
        vec![down(true)],
        vec![fact(OutageKind::PortalBack)],
        vec![fact(OutageKind::PortalBack), fact(OutageKind::ClinicBack)],
        vec![fact(OutageKind::PortalBack), silent(FailureKind::Clinic)],
    ];
    let told = rows.map(|facts| {
        let news = OutageNews {
            person: person(),
            facts,
        };
        both(|lang| {
            let told = outages(lang, &news, now());
            check_html(&told);
            told
        })
    });
    assert_snapshot!(told.join("\n\n=====\n\n"));
}

#[test]
fn the_status_says_that_the_portal_is_down_to_whom_it_hits() {
    let person = person();
    let well = [card_of(vec![quiet(&gp27(), Some("Иванова Анна Петровна"))])];
    let mut ill = well.clone();
    for state in &mut ill[0].targets {
        state.n_failing = 1;
    }
    let outage = Outage {
        since: at("2026-11-20 07:40:10"),
        is_held: false,
        back_at: None,
    };
    let said = |cards: &[WatchCard], outage| {
        let view = StatusView {
            person: &person,
            cards,
            pinger: PingerSign::Alive,
            held_until: None,
            outage: Some(outage),
            phase: Phase::Fresh,
        };
        status(Lang::Ru, &view, now()).contains("Портал записи не отвечает с 07:40")
    };
    assert!(said(&ill, outage));
    assert!(!said(&well, outage));
    let back = Outage {
        back_at: Some(now()),
        ..outage
    };
    assert!(!said(&ill, back));
}
