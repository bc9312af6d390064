//! Alerts, statuses and cards, both languages side by side.

use super::super::*;
use super::html::{check_html, check_message, read};
use super::world::*;
use insta::assert_snapshot;
use shared::failure::FailureKind;
use shared::slot::Slot;
use shared::store::{Listed, News, Person, Reading, TargetState, WatchCard};

const IVANOVA: &str = "Иванова Анна Петровна";

#[track_caller]
fn told(news: &News) -> String {
    both(|lang| {
        let message = alert(lang, news, &link, now());
        check_message(&message);
        shown(&message)
    })
}

fn room(room: &str, mut slots: Vec<Slot>) -> Vec<Slot> {
    for slot in &mut slots {
        slot.room = Some(room.to_owned());
    }
    slots
}

fn addresses(addresses: &[&str], mut slots: Vec<Slot>) -> Vec<Slot> {
    for (slot, address) in slots.iter_mut().zip(addresses.iter().cycle()) {
        slot.address = Some((*address).to_owned());
    }
    slots
}

fn every_quarter_hour(day: &str, n: usize) -> String {
    let time = |n: usize| format!("{day} {:02}:{:02}", 8 + n / 4, n % 4 * 15);
    (0..n).map(time).collect::<Vec<_>>().join(", ")
}

#[test]
fn one_talon() {
    let slots = room("435", slots("11-21 09:40"));
    let one = news_of(
        target(27, Some("1")),
        place(&gp27(), "Терапевт", Some(IVANOVA)),
        slots,
    );
    assert_snapshot!(told(&news(vec![one])));
}

#[test]
fn several_talons_of_one_doctor() {
    let slots = slots("11-20 18:00, 11-21 09:40, 11-21 09:55 x2, 11-21 10:10, 12-01 08:00");
    let slots = addresses(&["Санкт-Петербург, Ягодная ул., д. 7"], slots);
    let one = news_of(
        target(27, Some("1")),
        place(&gp27(), "Терапевт", Some(IVANOVA)),
        slots,
    );
    assert_snapshot!(told(&news(vec![one])));
}

#[test]
fn doctors_of_two_clinics_and_more_talons_than_are_shown() {
    let (gp, dgp) = (gp27(), dgp5());
    let doctors = vec![
        news_of(
            target(27, Some("1")),
            place(&gp, "Терапевт", Some(IVANOVA)),
            room("каб. 12", slots(&every_quarter_hour("11-21", 40))),
        ),
        news_of(
            target(5, Some("2")),
            place(
                &dgp,
                "ОФТАЛЬМОЛОГ",
                Some("ПЕТРОВА М.И. 12 уч. (отпуск с 01.12)"),
            ),
            addresses(
                &["Брусничная ул., д. 3"],
                slots("11-23 12:00, 11-24 12:00 x3"),
            ),
        ),
        news_of(
            target(27, Some("3")),
            place(&gp, "Терапевт", Some("Дежурный врач")),
            addresses(
                &["Брусничная ул., д. 3", "Черничная ул., д. 1"],
                slots("11-25 12:00, 11-25 12:15, 11-25 12:30"),
            ),
        ),
    ];
    assert_snapshot!(told(&news(doctors)));
}

#[test]
fn a_doctor_nobody_named_at_a_clinic_nobody_knows() {
    let one = news_of(
        target(1055, Some("002250")),
        Default::default(),
        slots("11-24 09:00"),
    );
    assert_snapshot!(told(&news(vec![one])));
}

#[test]
fn an_alert_that_waited_says_how_old_it_is() {
    let place = place(&gp27(), "Терапевт", Some("Дежурный врач"));
    let mut one = news_of(target(27, Some("1")), place, slots("11-24 09:00"));
    one.checked_at = at("2026-11-20 11:41:07");
    assert_snapshot!(told(&news(vec![one])));
}

#[test]
fn the_first_line_needs_no_second() {
    let place = place(&gp27(), "Терапевт", Some(IVANOVA));
    let one = news_of(
        target(27, Some("1")),
        place,
        slots("11-21 09:40 x3, 11-21 10:00 x3"),
    );
    let html = alert(Lang::Ru, &news(vec![one]), &link, now()).html;
    let first = read(html.lines().next().unwrap()).unwrap();
    assert_eq!(
        first,
        "Терапевт, Иванова А. П.: завтра, сб 21 ноября, 09:40 (+5)"
    );
}

#[test]
fn links_that_are_the_same_make_one_button() {
    let of = |doctor: &str| {
        let place = place(&gp27(), "Терапевт", Some(doctor));
        news_of(target(27, Some(doctor)), place, slots("11-21 09:40"))
    };
    let news = news(vec![of("Иванова А.П."), of("Петрова М.И.")]);
    let buttons =
        |links: &dyn Fn(&_, Option<&_>) -> String| alert(Lang::Ru, &news, links, now()).buttons;
    assert_eq!(
        buttons(&|_, _| "https://gorzdrav.example/27".to_owned()).len(),
        1
    );
    assert_eq!(buttons(&link).len(), 2);
}

#[test]
fn buttons_of_namesakes_differ() {
    let of = |lpu: &shared::catalogue::Lpu, id: &str, doctor: &str| {
        let place = place(lpu, "Терапевт", Some(doctor));
        news_of(target(lpu.id.0, Some(id)), place, slots("11-21 09:40"))
    };
    let news = news(vec![
        of(&gp27(), "1", "Иванова А.П."),
        of(&gp27(), "2", "Иванова М.И."),
        of(&dgp5(), "3", "Иванова А.П."),
        of(&dgp5(), "4", "Петрова М.И."),
    ]);
    let labels: Vec<_> = alert(Lang::Ru, &news, &link, now())
        .buttons
        .into_iter()
        .flatten()
        .map(|button| match button {
            Button::Url { label, .. } | Button::Press { label, .. } => label,
        })
        .collect();
    assert_eq!(
        labels,
        [
            "Записаться: Иванова А. П., ГП №27",
            "Записаться: Иванова М. И.",
            "Записаться: Иванова А. П., ДГП №5",
            "Записаться: Петрова",
        ]
    );
}

/// Every kind of line `/status` has.
fn all_kinds() -> Vec<TargetState> {
    let gp = gp27();
    let quiet = || quiet(&gp, Some(IVANOVA));
    let any = |n_doctors: u32, n_failing: u32| TargetState {
        n_doctors,
        n_failing,
        listed: Listed::Unknown,
        ..super::world::quiet(&gp, None)
    };
    let yesterday = at("2026-11-19 07:35:00");
    let refused = Reading {
        refused_since: Some(at("2026-11-16 12:00:00")),
        ..failed(
            FailureKind::Gone,
            at("2026-11-16 12:00:00"),
            Some(at("2026-11-16 11:59:00")),
        )
    };
    let with = |timetable| TargetState {
        timetable: Some(timetable),
        ..quiet()
    };
    vec![
        with_free(quiet(), IVANOVA, "11-21 09:40"),
        with_free(quiet(), IVANOVA, "11-21 09:40 x2, 11-23 10:00"),
        with_free(any(5, 0), IVANOVA, "11-21 09:40 x21"),
        with_free(any(5, 2), IVANOVA, "11-21 09:40, 11-21 10:00"),
        quiet(),
        with(timetable(12, Some(("11-20", "12-15")), None)),
        with(timetable(
            3,
            Some(("12-01", "12-15")),
            Some("Остались талоны для записи по телефону"),
        )),
        with(timetable(1, Some(("12-01", "12-01")), None)),
        with(timetable(0, None, None)),
        any(5, 0),
        any(5, 2),
        any(5, 5),
        any(0, 0),
        TargetState {
            begun_at: None,
            good_at: None,
            ..any(5, 0)
        },
        unread(quiet()),
        failing(FailureKind::Clinic, Some(yesterday), quiet()),
        failing(
            FailureKind::Portal,
            Some(yesterday),
            with_free(quiet(), IVANOVA, "11-21 09:40, 11-23 10:00"),
        ),
        failing(FailureKind::Unreachable, None, quiet()),
        failing(FailureKind::TooMany, Some(yesterday), any(5, 0)),
        TargetState {
            reading: Some(good(yesterday)),
            good_at: Some(yesterday),
            ..quiet()
        },
        TargetState {
            listed: Listed::MissingSince(at("2026-11-20 07:40:00")),
            ..quiet()
        },
        TargetState {
            listed: Listed::Gone,
            ..quiet()
        },
        TargetState {
            listed: Listed::Gone,
            good_at: refused.good_at,
            reading: Some(refused),
            ..quiet()
        },
    ]
}

fn view<'a>(person: &'a Person, cards: &'a [WatchCard]) -> StatusView<'a> {
    StatusView {
        person,
        cards,
        pinger: PingerSign::Alive,
        held_until: None,
        outage: None,
        phase: Phase::Fresh,
    }
}

#[test]
fn status_of_every_kind_of_line() {
    let person = person();
    let told = all_kinds().into_iter().map(|state| {
        let cards = [card_of(vec![state])];
        both(|lang| {
            let html = status(lang, &view(&person, &cards), now());
            check_html(&html);
            // The switch, then the title, then what is known.
            html.lines().skip(3).collect::<Vec<_>>().join("\n")
        })
    });
    assert_snapshot!(told.collect::<Vec<_>>().join("\n\n\n"));
}

#[test]
fn status_as_a_whole() {
    let person = person();
    let mut paused = card_of(vec![quiet(&gp27(), Some("Дежурный врач"))]);
    paused.paused_until = Some(at("2026-11-21 09:00:00"));
    let cards = [
        card_of(vec![with_free(
            quiet(&gp27(), Some(IVANOVA)),
            IVANOVA,
            "11-21 09:40, 11-23 10:00",
        )]),
        card_of(vec![quiet(&dgp5(), None)]),
        paused,
    ];
    for (name, view) in [
        ("fresh", view(&person, &cards)),
        (
            "asking",
            StatusView {
                phase: Phase::Asking,
                ..view(&person, &cards)
            },
        ),
        (
            "still_asking",
            StatusView {
                phase: Phase::StillAsking,
                ..view(&person, &cards)
            },
        ),
    ] {
        let told = both(|lang| status(lang, &view, now()));
        assert_snapshot!(format!("status_{name}"), told);
    }
}

#[test]
fn status_says_when_nobody_checks() {
    let on = person();
    let off = Person {
        is_watching: false,
        watching_set: Some(at("2026-11-19 22:10:00")),
        ..person()
    };
    let cards = [card_of(vec![unread(quiet(&gp27(), Some(IVANOVA)))])];
    let silent = StatusView {
        pinger: PingerSign::SilentSince(at("2026-11-20 07:40:00")),
        ..view(&on, &cards)
    };
    let views = [
        silent,
        StatusView {
            pinger: PingerSign::StoppedAt(at("2026-11-19 07:40:00")),
            ..silent
        },
        StatusView {
            pinger: PingerSign::NeverRan,
            ..silent
        },
        StatusView {
            held_until: Some(at("2026-11-20 12:30:00")),
            ..view(&on, &cards)
        },
        StatusView {
            held_until: Some(at("2026-11-20 12:00:00")),
            ..view(&on, &cards)
        },
        view(&off, &cards),
        view(&on, &[]),
    ];
    let told = views.map(|view| {
        both(|lang| {
            let html = status(lang, &view, now());
            check_html(&html);
            html
        })
    });
    assert_snapshot!(told.join("\n\n\n"));
}

#[test]
fn a_status_too_long_keeps_what_is_free_and_says_how_much_is_left_out() {
    let person = person();
    let busy = TargetState {
        timetable: Some(timetable(
            12,
            Some(("11-20", "12-15")),
            Some(&"занято ".repeat(30)),
        )),
        ..quiet(&gp27(), Some(IVANOVA))
    };
    let mut cards = vec![card_of(vec![busy; 5]); 12];
    cards.push(card_of(vec![with_free(
        quiet(&dgp5(), Some("Дежурный врач")),
        "Дежурный врач",
        "11-21 09:40",
    )]));
    let html = status(Lang::Ru, &view(&person, &cards), now());
    check_html(&html);
    assert!(html.contains("Есть талон: завтра"), "{html}");
    let n_shown = html.matches("<b>Терапевт").count();
    assert!(
        html.contains(&format!("И ещё {} пункт", 61 - n_shown)),
        "{n_shown} shown:\n{html}"
    );
}

#[test]
fn cards() {
    let mut paused = card_of(vec![quiet(&gp27(), None)]);
    paused.paused_until = Some(at("9999-12-31 00:00:00"));
    let several = vec![
        failing(FailureKind::Clinic, None, quiet(&gp27(), Some(IVANOVA))),
        with_free(
            quiet(&dgp5(), Some("Дежурный врач")),
            "Дежурный врач",
            "11-21 09:40",
        ),
    ];
    let cards = [
        (card_of(vec![quiet(&gp27(), Some(IVANOVA))]), true),
        (card_of(vec![unread(quiet(&gp27(), Some(IVANOVA)))]), false),
        (paused, true),
        (card_of(several), true),
    ];
    let told = cards.map(|(of, is_watching)| {
        both(|lang| {
            let html = card(lang, &of, is_watching, now());
            check_html(&html);
            format!("{}\n---\n{html}", card_title(lang, &of))
        })
    });
    assert_snapshot!(told.join("\n\n\n"));
}

#[test]
fn what_is_free_now() {
    let any = TargetState {
        n_doctors: 5,
        n_failing: 2,
        ..quiet(&gp27(), None)
    };
    let any = with_free(any, IVANOVA, "11-21 09:40, 11-21 10:00 x2");
    let any = with_free(any, "Дежурный врач", "11-20 18:00");
    let several = vec![
        any.clone(),
        failing(FailureKind::Clinic, None, quiet(&dgp5(), Some(IVANOVA))),
    ];
    let cards = [
        card_of(vec![quiet(&gp27(), Some(IVANOVA))]),
        card_of(vec![failing(
            FailureKind::Portal,
            None,
            quiet(&gp27(), Some(IVANOVA)),
        )]),
        card_of(vec![any]),
        card_of(several),
    ];
    let told = cards.map(|card| {
        both(|lang| {
            let html = free_now(lang, &card, now());
            check_html(&html);
            html
        })
    });
    assert_snapshot!(told.join("\n\n\n"));
}
