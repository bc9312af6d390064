//! Whatever the portal sends, Telegram takes the message and it does not lie.

use super::super::free::{Found, shares};
use super::super::*;
use super::html::{check_html, check_message, read};
use super::world::*;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::select;
use shared::catalogue::Lpu;
use shared::failure::FailureKind;
use shared::ids::{Area, Target, WatchId};
use shared::slot::Slot;
use shared::store::{
    DoctorNews, Listed, Outage, OutageFact, OutageKind, OutageNews, Person, Place, TargetState,
    Timetable, WatchCard, WatchedArea,
};

/// Text as no clinic should write it.
fn monstrous() -> impl Strategy<Value = String> {
    let bits = [
        "<b>",
        "&",
        "&amp;",
        "</b>",
        "\u{202e}",
        "\u{200f}",
        "👩\u{200d}⚕️",
        "\n",
        " ",
        "\"",
        "Иванова А.П.",
        "😀",
        "т",
        "\u{301}",
    ];
    prop_oneof![
        Just(String::new()),
        Just("<b>&".repeat(856)),
        Just("😀".repeat(3426)),
        Just("я".repeat(3426)),
        Just("\u{202e}\u{feff} \n".to_owned()),
        prop::collection::vec(select(bits.to_vec()), 0..40).prop_map(|bits| bits.concat()),
        any::<String>(),
    ]
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    prop::option::of(monstrous())
}

fn lpu_of_monsters() -> impl Strategy<Value = Lpu> {
    (1_u32..6, monstrous(), maybe(), maybe()).prop_map(|(id, short_name, address, phone)| Lpu {
        short_name,
        address,
        phone,
        ..lpu(id, "", "")
    })
}

fn place_of_monsters() -> impl Strategy<Value = Place> {
    (prop::option::of(lpu_of_monsters()), maybe(), maybe()).prop_map(|(lpu, specialty, doctor)| {
        Place {
            lpu,
            specialty,
            doctor,
        }
    })
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    // Two years around now, and every year a date of the portal could name.
    prop_oneof![
        (-365 * 24 * 60..365 * 24 * 60_i64).prop_map(|minutes| now() + TimeDelta::minutes(minutes)),
        (-2_000_000_000..250_000_000_000_i64).prop_map(|s| DateTime::from_timestamp(s, 0).unwrap()),
    ]
}

fn slot_of_monsters() -> impl Strategy<Value = Slot> {
    let places = prop_oneof![Just(1_u32), any::<u32>()];
    (instant(), places, maybe(), maybe()).prop_map(|(start, n_places, room, address)| Slot {
        start,
        n_places,
        room,
        address,
        ..slots("11-21 09:40").remove(0)
    })
}

fn news_of_monsters() -> impl Strategy<Value = DoctorNews> {
    let slots = prop::collection::vec(slot_of_monsters(), 0..12);
    (any::<u8>(), place_of_monsters(), slots, instant()).prop_map(
        |(id, place, mut slots, checked_at)| {
            slots.sort_by_key(|slot| slot.start);
            let lpu = place.lpu.as_ref().map_or(9, |lpu| lpu.id.0);
            DoctorNews {
                checked_at,
                ..news_of(target(lpu, Some(&id.to_string())), place, slots)
            }
        },
    )
}

fn state_of_monsters() -> impl Strategy<Value = TargetState> {
    let kind = select(vec![
        FailureKind::Clinic,
        FailureKind::Portal,
        FailureKind::Gone,
        FailureKind::Unreadable,
        FailureKind::Unreachable,
        FailureKind::TooMany,
    ]);
    let reading = prop_oneof![
        Just(None),
        instant().prop_map(|at| Some(good(at))),
        (kind, instant(), prop::option::of(instant()))
            .prop_map(|(kind, since, good_at)| Some(failed(kind, since, good_at))),
    ];
    let listed = prop_oneof![
        Just(Listed::Yes),
        Just(Listed::Gone),
        Just(Listed::Unknown),
        instant().prop_map(Listed::MissingSince),
    ];
    let timetable = (instant(), 0_u32..3, prop::option::of(instant()), maybe()).prop_map(
        |(read_at, n_days, last_day, deny_cause)| Timetable {
            read_at,
            n_days,
            first_day: last_day,
            last_day,
            deny_cause,
        },
    );
    let free = prop::collection::vec(
        (maybe(), slot_of_monsters(), prop::option::of(instant())),
        0..6,
    );
    let counts = (0_u32..60, 0_u32..60, any::<bool>());
    (
        place_of_monsters(),
        reading,
        listed,
        prop::option::of(timetable),
        free,
        counts,
        prop::option::of(instant()),
    )
        .prop_map(
            |(place, reading, listed, timetable, free, (n_doctors, n_failing, is_any), good_at)| {
                let mut state = TargetState {
                    target: target(7, (!is_any).then_some("1")),
                    area: None,
                    place,
                    listed,
                    reading,
                    n_doctors,
                    n_failing: n_failing.min(n_doctors),
                    begun_at: good_at,
                    good_at,
                    free: Vec::new(),
                    n_unsuiting: 0,
                    timetable,
                };
                for (name, slot, checked_at) in free {
                    let mut of = with_free(state.clone(), "1", "11-21 09:40").free.remove(0);
                    (of.doctor_name, of.slot, of.checked_at) = (name, slot, checked_at);
                    state.free.push(of);
                }
                state.free.sort_by_key(|free| free.slot.start);
                state
            },
        )
}

fn card_of_monsters(n_targets: usize) -> impl Strategy<Value = WatchCard> {
    let targets = prop::collection::vec(state_of_monsters(), 0..=n_targets);
    (targets, prop::option::of(instant())).prop_map(|(targets, paused_until)| WatchCard {
        paused_until,
        ..card_of(targets)
    })
}

/// Some of the targets brought by areas whose names are as odd.
fn card_of_areas(n_targets: usize) -> impl Strategy<Value = WatchCard> {
    let area = (
        monstrous(),
        prop::option::of(monstrous()),
        any::<Option<bool>>(),
    );
    let areas = prop::collection::vec(area, 0..6);
    (card_of_monsters(n_targets), areas).prop_map(|(mut card, areas)| {
        let n = areas.len();
        for (place, state) in card.targets.iter_mut().enumerate() {
            state.area = Some(place % (n + 1)).filter(|area| *area < n);
            state.target.department.lpu.0 = u32::try_from(place % 7).unwrap();
        }
        let watched = areas
            .into_iter()
            .map(|(name, district, is_for_children)| WatchedArea {
                area: Area {
                    fer_id: None,
                    name,
                    district: district.clone().map(|name| name.as_str().into()),
                    is_for_children,
                },
                district,
                n_lpus: 1,
                n_departments: 1,
                gone_at: None,
            });
        card.areas = watched.collect();
        card
    })
}

fn long_link(target: &Target, lpu: Option<&Lpu>) -> String {
    format!("{}?{}", link(target, lpu), "%D0%B8".repeat(100))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_alert_is_taken(doctors in prop::collection::vec(news_of_monsters(), 0..60)) {
        let news = news(doctors);
        for lang in Lang::ALL {
            check_message(&alert(lang, &news, &long_link, now()));
        }
    }

    #[test]
    fn any_card_is_taken(of in card_of_monsters(30), is_watching: bool) {
        for lang in Lang::ALL {
            check_html(&card(lang, &of, is_watching, now()));
            check_html(&free_now(lang, &of, now()));
            prop_assert!(card_title(lang, &of).chars().count() < 120);
        }
    }

    #[test]
    fn any_card_of_areas_is_taken(of in card_of_areas(80), is_watching: bool) {
        for lang in Lang::ALL {
            check_html(&card(lang, &of, is_watching, now()));
            check_html(&card_in(lang, 640, &of, is_watching, now()));
            prop_assert!(units(&card_in(lang, 640, &of, is_watching, now())) <= 1_300);
            check_html(&free_now(lang, &of, now()));
            prop_assert!(card_title(lang, &of).chars().count() < 120);
            let person = person();
            let cards = vec![of.clone(); 3];
            let view = StatusView { person: &person, cards: &cards, pinger: PingerSign::Alive, held_until: None, outage: None, phase: Phase::Fresh };
            check_html(&status(lang, &view, now()));
        }
    }

    #[test]
    fn failures_of_many_are_never_told_as_no_talons(of in card_of_areas(12)) {
        let is_unsure = of.targets.iter().any(|state| state.good_at.is_none() || state.reading.is_none() || state.n_failing > 0
            || state.reading.as_ref().is_some_and(|reading| reading.failing.is_some()));
        let html = card(Lang::Ru, &of, true, now());
        if is_unsure && !of.areas.is_empty() {
            prop_assert!(!html.contains("Талонов не"), "{html}");
        }
    }

    #[test]
    fn any_silence_is_taken(names in prop::collection::vec(monstrous(), 7), at in instant()) {
        let why = FailureKind::Unreadable;
        let silent = |name: &String| OutageFact {
            kind: OutageKind::ClinicSilent { since: at, why },
            lpu: Some(gp27().id),
            known: Some(lpu(27, &name.repeat(20), "")),
            number: 1,
        };
        let news = OutageNews { person: person(), facts: names.iter().map(silent).collect() };
        for lang in Lang::ALL {
            check_html(&outages(lang, &news, now()));
            prop_assert!(units(&outages(lang, &news, now())) <= MAX_MESSAGE);
        }
    }

    #[test]
    fn any_status_is_taken(cards in prop::collection::vec(card_of_monsters(8), 0..20), at in instant(), phase in 0..3) {
        let person = Person { is_watching: phase != 0, watching_set: Some(at), ..person() };
        let phase = [Phase::Asking, Phase::Fresh, Phase::StillAsking][usize::try_from(phase).unwrap()];
        let pinger = if phase == Phase::Asking { PingerSign::SilentSince(at) } else { PingerSign::Alive };
        let held_until = (phase == Phase::StillAsking).then_some(at);
        let view = StatusView { person: &person, cards: &cards, pinger, held_until, outage: Some(Outage { since: at, is_held: false, back_at: None }), phase };
        for lang in Lang::ALL {
            check_html(&status(lang, &view, now()));
        }
    }

    #[test]
    fn a_failure_is_never_told_as_no_talons(state in state_of_monsters()) {
        let is_failing = state.reading.as_ref().is_some_and(|reading| reading.failing.is_some());
        let html = card(Lang::Ru, &card_of(vec![state.clone()]), true, now());
        if is_failing || state.n_failing > 0 || state.good_at.is_none() || state.reading.is_none() {
            prop_assert!(!html.contains("Талонов не"), "{html}");
        }
        if is_failing && state.listed != Listed::Gone {
            prop_assert!(html.contains("Не удаётся узнать"), "{html}");
        }
    }

    #[test]
    fn foreign_text_is_cut_and_clean(text in monstrous(), max in 1_usize..300) {
        let label = plain(&text, max);
        prop_assert!((1..=max).contains(&label.chars().count()));
        prop_assert_eq!(label.trim(), &label);
        prop_assert!(!label.contains(char::is_control));
        check_html(&escape(&text));
    }

    #[test]
    fn everyone_gets_a_share_and_the_nearest_come_first(
        doctors in prop::collection::vec(prop::collection::vec(0_i64..500, 1..40), 1..50),
        limit in 1_usize..40,
    ) {
        let place = Place::default();
        let mut all: Vec<Vec<Slot>> = doctors.into_iter().map(of_minutes).collect();
        all.sort_by_key(|slots| slots[0].start);
        let found: Vec<_> = all.iter().map(|slots| Found {
            target: target(27, Some("1")),
            place: &place,
            name: None,
            slots: slots.iter().collect(),
            checked_at: now(),
        }).collect();
        let shares = shares(&found, limit);
        let n: usize = all.iter().map(Vec::len).sum();
        prop_assert_eq!(shares.iter().sum::<usize>(), n.min(limit));
        prop_assert!(shares.iter().take(limit).all(|share| *share > 0));
        // No slot left out is sooner than one shown beyond the first of its doctor.
        let last = found.iter().zip(&shares).filter(|(_, share)| **share > 1).map(|(doctor, share)| doctor.slots[share - 1].start).max();
        let left = found.iter().zip(&shares).filter(|(_, share)| **share > 0).filter_map(|(doctor, share)| doctor.slots.get(*share)).map(|slot| slot.start).min();
        if let (Some(last), Some(left)) = (last, left) {
            prop_assert!(last <= left);
        }
    }
}

fn of_minutes(mut minutes: Vec<i64>) -> Vec<Slot> {
    minutes.sort_unstable();
    let slot = slots("11-21 09:40").remove(0);
    minutes
        .into_iter()
        .map(|minute| Slot {
            start: now() + TimeDelta::minutes(minute),
            ..slot.clone()
        })
        .collect()
}

#[test]
fn the_largest_vaccination_room_and_sixty_doctors_fit_one_message() {
    let doctor = |n: u32, n_slots: i64| {
        let name = format!("{}<b>& {n}", "Кабинет вакцинации ".repeat(170));
        let place = place(&gp27(), &"&".repeat(137), Some(&name));
        news_of(
            target(n % 7, Some(&n.to_string())),
            place,
            of_minutes((1..=n_slots).map(|n| n * 5).collect()),
        )
    };
    let news = news(
        (0..60)
            .map(|n| doctor(n, if n == 0 { 3131 } else { 50 }))
            .collect(),
    );
    for lang in Lang::ALL {
        let message = alert(lang, &news, &long_link, now());
        check_message(&message);
        assert_eq!(message.buttons.len(), 6);
        let text = read(&message.html).unwrap();
        assert!(text.lines().next().unwrap().ends_with("(+6080)"), "{text}");
    }
    let several: Vec<_> = (0..30)
        .map(|_| with_free(quiet(&gp27(), None), "1", "11-21 09:40"))
        .collect();
    let mut card = card_of(several);
    card.id = WatchId(2);
    check_html(&free_now(Lang::Ru, &card, now()));
}
