//! Around a visit, both languages side by side, and whatever the portal may send.

use super::super::visit::{
    Fate, all_times, booked, choice, description, location, reminder, summary,
};
use super::super::*;
use super::html::check_html;
use super::world::*;
use chrono::TimeDelta;
use insta::assert_snapshot;
use shared::ids::{BookingId, PersonId};
use shared::store::{Booking, Reminder, ReminderKind, Visit, WatchCard};
use shared::wish::Wish;

fn visit() -> Visit {
    let start = at("2026-11-21 09:40:00");
    Visit {
        target: target(27, Some("1")),
        place: place(&gp27(), "Терапевт", Some("Иванова Анна Петровна")),
        start,
        end: start,
        room: Some("435".into()),
        address: None,
    }
}

fn booking(times: &[(&str, Option<&str>)]) -> Booking {
    let kinds = [ReminderKind::Evening, ReminderKind::Soon];
    let reminders = times.iter().zip(kinds).map(|((due, sent), kind)| Reminder {
        kind,
        due_at: at(due),
        sent_at: sent.map(at),
    });
    Booking {
        id: BookingId(1),
        person: PersonId(1),
        watch: None,
        visit: visit(),
        created_at: now(),
        reminders: reminders.collect(),
    }
}

fn both_reminders() -> Booking {
    booking(&[("2026-11-20 19:00:00", None), ("2026-11-21 07:40:00", None)])
}

fn checked(render: impl Fn(Lang) -> String) -> String {
    both(|lang| {
        let html = render(lang);
        check_html(&html);
        html
    })
}

#[test]
fn all_free_times_with_the_suiting_ones_in_bold() {
    let times = "11-21 09:40, 11-21 09:55 x2, 11-24 18:20";
    let state = with_free(quiet(&gp27(), None), "Иванова Анна Петровна", times);
    let soon = Wish {
        sooner_than: Some(at("2026-11-22 00:00:00")),
        ..Wish::default()
    };
    let some = checked(|lang| all_times(lang, &[(&soon, std::slice::from_ref(&state))], now()));
    let any = Wish::default();
    let all = checked(|lang| all_times(lang, &[(&any, std::slice::from_ref(&state))], now()));
    let none = [quiet(&gp27(), None)];
    let none = checked(|lang| all_times(lang, &[(&any, &none)], now()));
    assert_snapshot!(format!("{some}\n\n{all}\n\n{none}"));
}

#[test]
fn what_two_watches_see_is_listed_once() {
    let state = with_free(quiet(&gp27(), None), "Иванова Анна Петровна", "11-21 09:40");
    let never = Wish {
        sooner_than: Some(now()),
        ..Wish::default()
    };
    let any = Wish::default();
    let state = std::slice::from_ref(&state);
    let html = all_times(Lang::Ru, &[(&never, state), (&any, state)], now());
    assert_eq!(html.matches("09:40").count(), 1, "{html}");
    assert!(!html.contains("Жирным"), "it suits one of them: {html}");
}

#[test]
fn a_booking_says_what_comes_next() {
    let sooner = |times: &str| {
        let state = quiet(&gp27(), None);
        let state = if times.is_empty() {
            state
        } else {
            with_free(state, "Иванова", times)
        };
        card_of(vec![state])
    };
    let (some, none): (WatchCard, WatchCard) = (sooner("11-20 18:00, 11-21 08:00"), sooner(""));
    let mut shown = Vec::new();
    for fate in [
        Fate::Open,
        Fate::GoesOn,
        Fate::Stopped,
        Fate::None,
        Fate::Sooner(&some),
        Fate::Sooner(&none),
    ] {
        shown.push(checked(|lang| booked(lang, &both_reminders(), fate, now())));
    }
    let one = booking(&[
        ("2026-11-20 10:00:00", Some("2026-11-20 10:00:01")),
        ("2026-11-21 07:40:00", None),
    ]);
    shown.push(checked(|lang| booked(lang, &one, Fate::None, now())));
    shown.push(checked(|lang| {
        booked(lang, &booking(&[]), Fate::None, now())
    }));
    assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn a_reminder_says_when_and_where() {
    let at_home = Visit {
        address: Some("Запасной пр., д. 1".into()),
        room: None,
        ..visit()
    };
    let evening = checked(|lang| reminder(lang, &visit(), at("2026-11-20 19:00:00")));
    let soon = checked(|lang| reminder(lang, &at_home, at("2026-11-21 07:40:00")));
    assert_snapshot!(format!("{evening}\n\n{soon}"));
}

#[test]
fn a_talon_on_a_button_is_short() {
    assert_eq!(
        choice(Lang::Ru, &visit(), false, now()),
        "завтра, сб 21 ноября, 09:40"
    );
    assert_eq!(
        choice(Lang::En, &visit(), true, now()),
        "tomorrow, Sat 21 November, 09:40 · Иванова"
    );
}

#[test]
fn monsters_fit() {
    for monster in [
        "<b>&".repeat(856),
        "😀\u{202e}\n".repeat(900),
        "я".repeat(3_426),
        String::new(),
    ] {
        let mut lpu = gp27();
        lpu.short_name.clone_from(&monster);
        lpu.address = Some(monster.clone());
        lpu.phone = Some(monster.clone());
        let visit = Visit {
            place: place(&lpu, &monster, Some(&monster)),
            room: Some(monster.clone()),
            address: Some(monster.clone()),
            ..visit()
        };
        let booking = Booking {
            visit: visit.clone(),
            ..both_reminders()
        };
        let states: Vec<_> = (0..30_i64)
            .map(|n| {
                let mut state = quiet(&lpu, None);
                state.place = visit.place.clone();
                for minute in 0..110 {
                    let mut one =
                        with_free(quiet(&lpu, None), &format!("{n}{monster}"), "11-21 09:40")
                            .free
                            .remove(0);
                    one.slot.start += TimeDelta::minutes(7 * minute + n);
                    one.slot.n_places = 1 + (minute % 3) as u32;
                    state.free.push(one);
                }
                state
            })
            .collect();
        let wish = Wish {
            sooner_than: Some(at("2026-11-21 12:00:00")),
            ..Wish::default()
        };
        for lang in Lang::ALL {
            check_html(&all_times(lang, &[(&wish, &states)], now()));
            check_html(&booked(
                lang,
                &booking,
                Fate::Sooner(&card_of(states.clone())),
                now(),
            ));
            check_html(&reminder(lang, &visit, now()));
            assert!((1..=64).contains(&choice(lang, &visit, true, now()).chars().count()));
            for plain in [
                summary(lang, &visit),
                location(lang, &visit),
                description(lang, &visit, ""),
            ] {
                assert!(plain.chars().count() < 700, "{plain}");
            }
        }
    }
}
