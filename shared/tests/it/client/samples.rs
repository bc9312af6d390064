//! The invented answers of `data/api`, one per kind of clinic system: a clean clone tests the same ground.

use super::sample;
use chrono::{DateTime, Utc};
use shared::catalogue::{Doctor, Specialty};
use shared::gorzdrav::{Endpoint, wire};
use shared::ids::{DistrictId, LpuId};

/// Systems of the fact sheet, with their counts of specialties and doctors in the samples.
const SYSTEMS: [(&str, usize, usize); 12] = [
    ("ariadna", 3, 2),
    ("svmed", 4, 7),
    ("samson", 1, 1),
    ("vistamed", 2, 2),
    ("petroms", 1, 4),
    ("narkologia", 1, 1),
    ("itworks", 1, 1),
    ("avicenna", 2, 2),
    ("sparm", 1, 1),
    ("medis", 1, 2),
    ("medialog", 1, 1),
    ("vitasoft", 2, 2),
];

fn specialties(system: &str) -> Vec<Specialty> {
    wire::read_specialties(&sample(&format!("specialties_{system}"))).unwrap()
}

fn doctors(system: &str) -> Vec<Doctor> {
    wire::read_doctors(&sample(&format!("doctors_{system}"))).unwrap()
}

fn doctor(system: &str, id: &str) -> Doctor {
    let found = doctors(system).into_iter().find(|doctor| doctor.id.0 == id);
    found.unwrap_or_else(|| panic!("{system} {id}"))
}

fn utc(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

#[test]
fn every_system_is_read_in_full() {
    for (system, n_specialties, n_doctors) in SYSTEMS {
        assert_eq!(specialties(system).len(), n_specialties, "{system}");
        assert_eq!(doctors(system).len(), n_doctors, "{system}");
    }
    let lpus = wire::read_lpus(Endpoint::Lpus, &sample("lpus")).unwrap();
    assert_eq!(lpus.len(), SYSTEMS.len(), "a clinic of each system");
}

#[test]
fn ids_stay_as_they_were_sent() {
    let ids = |system| -> Vec<String> { doctors(system).into_iter().map(|it| it.id.0).collect() };
    let svmed = ids("svmed");
    for id in ["п900.136", "Д91.93!", "97,1", "gk.901", "019"] {
        assert!(svmed.iter().any(|known| known == id), "{id}: {svmed:?}");
    }
    assert_eq!(
        svmed.last().map(|id| id.chars().nth(3)),
        Some(Some('c')),
        "a Latin letter in a Cyrillic id"
    );
    assert_eq!(ids("medis"), ["-990000001", "77"]);
    assert_eq!(ids("vitasoft"), ["002901", "002902"]);
    let specialties: Vec<_> = specialties("svmed").into_iter().map(|it| it.id.0).collect();
    assert_eq!(specialties, ["35-1", "37.1", "99_2", "4"]);
}

#[test]
fn names_are_trimmed_and_may_be_absent() {
    assert_eq!(
        doctor("ariadna", "612").name.as_deref(),
        Some("Образцов Иван Примерович")
    );
    assert_eq!(doctor("vitasoft", "002901").name, None);
    assert_eq!(specialties("ariadna")[1].name, "Учебный хирург");
}

#[test]
fn empty_texts_are_absent_ones() {
    let doctor = doctor("svmed", "п900.136");
    assert_eq!(doctor.area, None);
    assert_eq!(
        doctor.comment.as_deref(),
        Some("каб. 12 &gt; 2 этаж &lt;налево&gt;")
    );
    let codes: Vec<_> = specialties("svmed")
        .into_iter()
        .map(|it| it.fer_id)
        .collect();
    assert_eq!(
        codes,
        [
            Some("118".to_owned()),
            Some("14".to_owned()),
            None,
            Some("145".to_owned())
        ]
    );
    assert_eq!(specialties("vistamed")[0].fer_id, None);
}

#[test]
fn a_doctor_listed_twice_is_one() {
    let ids: Vec<_> = doctors("avicenna").into_iter().map(|it| it.id.0).collect();
    assert_eq!(ids, ["310.924", "311"]);
}

#[test]
fn counters_may_contradict_each_other() {
    let doctor = doctor("svmed", "д96.114");
    assert_eq!((doctor.counters.n_free, doctor.counters.n_tickets), (2, 1));
    assert!(doctor.counters.nearest > doctor.counters.last);
    let specialty = &specialties("svmed")[1];
    assert_eq!(
        (specialty.counters.n_free, specialty.counters.n_tickets),
        (0, 2)
    );
    assert_eq!(specialty.counters.nearest, None);
    assert_eq!(specialty.counters.last, utc("2030-03-18T21:00:00Z"));
}

#[test]
fn the_clinics_clock_is_no_date() {
    let of = |id| doctor("petroms", id).counters;
    assert_eq!((of("5501").nearest, of("5501").last), (None, None));
    assert_eq!(
        (of("5502").nearest, of("5502").last),
        (None, utc("2030-03-24T16:40:00Z"))
    );
    assert_eq!((of("5503").nearest, of("5503").last), (None, None));
    assert_eq!(of("5504").nearest, utc("2030-03-12T05:20:00Z"));
}

#[test]
fn a_clinic_keeps_what_may_be_null() {
    let lpus = wire::read_lpus(Endpoint::Lpus, &sample("lpus")).unwrap();
    assert_eq!(lpus[0].kind, None);
    assert_eq!((&lpus[1].address, &lpus[1].phone), (&None, &None));
    assert_eq!(lpus[1].mis.as_deref(), Some("СВ-Мед"));
    assert_eq!(lpus[2].phone.as_deref(), Some("(812) 000-00-00"));
    assert_eq!((lpus[4].is_active, lpus[3].is_active), (false, true));
    assert_eq!(
        (lpus[4].short_name.as_str(), lpus[5].short_name.as_str()),
        ("УП №5", "УП №5")
    );
    assert_eq!(lpus[4].full_name, "Учебная поликлиника \"Образец 5\"");
    assert_eq!(
        (lpus[0].id, &lpus[0].district),
        (LpuId(9001), &DistrictId("6".to_owned()))
    );
}

#[test]
fn slots_come_soonest_first() {
    let slots = wire::read_slots(&sample("slots_svmed")).unwrap();
    let starts: Vec<_> = slots.iter().map(|slot| Some(slot.start)).collect();
    assert_eq!(
        starts,
        [utc("2030-03-11T10:00:00Z"), utc("2030-03-11T10:10:00Z")]
    );
    assert_eq!(slots[0].id.0, "11.03.2030;13:00;п900.136");
    assert_eq!(slots[0].room.as_deref(), Some("412"));
    assert_eq!(slots[0].address.as_deref(), Some("Примерный пер., 2"));
    assert_eq!(slots[0].number, None);
}

#[test]
fn a_ticket_number_is_a_number_a_text_or_nothing() {
    let number = |name| -> Vec<_> {
        let slots = wire::read_slots(&sample(name)).unwrap();
        slots.into_iter().map(|slot| slot.number).collect()
    };
    assert_eq!(
        number("slots_vistamed"),
        [Some("7".to_owned()), Some("8".to_owned())]
    );
    assert_eq!(number("slots_ariadna"), [Some("12".to_owned()), None]);
}

#[test]
fn places_at_one_start_are_counted_and_a_repeated_row_is_not() {
    let slots = wire::read_slots(&sample("slots_ariadna")).unwrap();
    let places: Vec<_> = slots.iter().map(|slot| slot.n_places).collect();
    assert_eq!(places, [2, 1]);
    assert_eq!(slots[0].id.0, "90735418", "of the first place");
}

#[test]
fn a_timetable_tells_why_a_day_has_nothing() {
    let days = wire::read_timetable(&sample("timetable")).unwrap();
    let told: Vec<_> = days
        .iter()
        .map(|day| (day.n_slots, day.is_recordable, day.deny_cause.as_deref()))
        .collect();
    let by_phone = Some("Остались талоны для записи по телефону");
    assert_eq!(
        told,
        [
            (0, true, None),
            (1, true, None),
            (0, false, by_phone),
            (0, false, None)
        ]
    );
    assert_eq!(days[3].start, days[3].end, "no reception that day");
}
