//! A watch of an area, or of many targets, is named and told as a whole.

use super::super::*;
use super::html::check_html;
use super::world::*;
use insta::assert_snapshot;
use shared::failure::FailureKind;
use shared::ids::Area;
use shared::store::{Listed, TargetState, WatchCard, WatchedArea};

fn area(district: Option<&str>, is_for_children: Option<bool>) -> Area {
    Area {
        fer_id: Some("20".to_owned()),
        name: "офтальмолог".to_owned(),
        district: district.map(Into::into),
        is_for_children,
    }
}

/// A card of one area in Приморский with these departments.
fn card_in_district(states: Vec<TargetState>) -> WatchCard {
    let states = states.into_iter().map(|mut state| {
        state.area = Some(0);
        state
    });
    let mut card = card_of(states.collect());
    card.areas = vec![WatchedArea {
        area: area(Some("10"), None),
        district: Some("Приморский".to_owned()),
        n_lpus: 0,
        n_departments: 0,
        gone_at: None,
    }];
    card
}

/// Any ophthalmologist of a clinic of its own.
fn eyes(id: u32) -> TargetState {
    let clinic = lpu(id, &format!("ГП №{id}"), "Ягодная ул., д. 7");
    let mut state = quiet(&clinic, None);
    state.place.specialty = Some("Офтальмолог".to_owned());
    state.n_doctors = 3;
    state.listed = Listed::Unknown;
    state
}

fn several() -> Vec<TargetState> {
    let mut states = vec![
        with_free(eyes(27), "Иванова Анна Петровна", "11-23 10:00 x2"),
        with_free(eyes(5), "Петров Пётр Ильич", "11-21 09:40, 11-24 12:00"),
        with_free(eyes(98), "Зимин Олег Ильич", "11-25 12:00"),
        with_free(eyes(99), "Зимин Олег Ильич", "11-25 12:15"),
        with_free(eyes(100), "Зимин Олег Ильич", "11-25 12:30"),
        failing(FailureKind::Clinic, None, eyes(114)),
        failing(
            FailureKind::Portal,
            Some(at("2026-11-20 07:40:00")),
            eyes(115),
        ),
        unread(eyes(116)),
        eyes(117),
        eyes(118),
        eyes(119),
        eyes(120),
    ];
    states[8].good_at = Some(at("2026-11-20 12:01:00"));
    states
}

/// Sixty doctors of one clinic, chosen by hand.
fn by_hand() -> WatchCard {
    let names = ["Иванова Анна", "Петрова Ольга", "Зимина Вера"];
    let states = (0..60).map(|n| {
        let name = format!("{} Петровна", names[n % 3]);
        let mut state = quiet(&gp27(), Some(&name));
        let id = n.to_string();
        state.target.doctor = Some(id.as_str().into());
        match n {
            3 | 17 => with_free(state, &name, "11-21 09:40"),
            20 => failing(FailureKind::Clinic, None, state),
            21 => TargetState {
                listed: Listed::Gone,
                ..state
            },
            _ => state,
        }
    });
    card_of(states.collect())
}

fn kinds() -> Vec<WatchCard> {
    let mut paused = card_in_district(vec![eyes(27)]);
    paused.paused_until = Some(at("2026-11-21 09:00:00"));
    let mut unsuiting = vec![eyes(27), eyes(5)];
    unsuiting[1].n_unsuiting = 4;
    let mut mixed = card_in_district(vec![eyes(27), eyes(5)]);
    mixed.areas.push(WatchedArea {
        area: area(None, Some(true)),
        district: None,
        n_lpus: 0,
        n_departments: 0,
        gone_at: None,
    });
    mixed
        .targets
        .push(quiet(&gp27(), Some("Иванова Анна Петровна")));
    let mut gone = eyes(5);
    gone.listed = Listed::Gone;
    let mut missing = eyes(27);
    missing.listed = Listed::MissingSince(at("2026-11-19 01:20:00"));
    let mut ended = card_in_district(Vec::new());
    ended.areas[0].gone_at = Some(at("2026-11-14 01:20:00"));
    vec![
        card_in_district(several()),
        card_in_district(vec![eyes(27), eyes(5)]),
        card_in_district(Vec::new()),
        card_in_district(vec![unread(eyes(27))]),
        card_in_district(vec![failing(FailureKind::Clinic, None, eyes(27))]),
        card_in_district(unsuiting),
        card_in_district(vec![gone, eyes(27)]),
        paused,
        mixed,
        by_hand(),
        card_of(vec![missing]),
        ended,
    ]
}

#[test]
fn an_area_is_named_by_specialty_and_place() {
    let title = |area: &Area, district| both(|lang| area_title(lang, area, district));
    let told = [
        title(&area(Some("10"), None), Some("Приморский")),
        title(&area(Some("10"), Some(false)), Some("Приморский")),
        title(&area(None, Some(true)), None),
        title(&area(Some("10"), None), None),
        both(|lang| card_title(lang, &card_in_district(several()))),
        both(|lang| card_title(lang, &kinds()[8])),
    ];
    assert_snapshot!(told.join("\n\n"));
}

#[test]
fn cards_of_many() {
    let told = kinds().into_iter().map(|of| {
        both(|lang| {
            let html = card(lang, &of, true, now());
            check_html(&html);
            assert!(units(&html) <= 640, "{} units:\n{html}", units(&html));
            assert_eq!(card_in(lang, 640, &of, true, now()), html);
            html
        })
    });
    assert_snapshot!(told.collect::<Vec<_>>().join("\n\n\n"));
}

#[test]
fn status_of_many() {
    let person = person();
    let cards = kinds();
    let view = StatusView {
        person: &person,
        cards: &cards,
        pinger: PingerSign::Alive,
        held_until: None,
        outage: None,
        phase: Phase::Fresh,
    };
    let told = both(|lang| {
        let html = status(lang, &view, now());
        check_html(&html);
        html
    });
    assert_snapshot!(told);
}

#[test]
fn what_is_free_in_many_now() {
    let told = [&kinds()[0], &kinds()[1], &kinds()[2], &kinds()[9]].map(|of| {
        both(|lang| {
            let html = free_now(lang, of, now());
            check_html(&html);
            html
        })
    });
    assert_snapshot!(told.join("\n\n\n"));
}

#[test]
fn a_card_that_does_not_fit_a_page_is_told_as_a_whole_then_by_its_title() {
    let states = (0..4).map(|n| {
        let mut state = eyes(n);
        state.place.lpu = state.place.lpu.map(|mut lpu| {
            lpu.address = Some("Санкт-Петербург, ".repeat(10));
            lpu
        });
        state
    });
    let of = card_of(states.collect());
    let full = card(Lang::Ru, &of, true, now());
    assert_eq!(card_in(Lang::Ru, 4096, &of, true, now()), full);
    let whole = card_in(Lang::Ru, 400, &of, true, now());
    assert!(whole.contains("Проверены все"), "{whole}");
    let title = card_in(Lang::Ru, 100, &of, true, now());
    assert_eq!(title, "<b>Офтальмолог · любой врач · ГП №0 (+3)</b>");
}
