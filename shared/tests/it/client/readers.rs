//! The readers as pure functions: rows that must be refused, and bytes that must not break them.

use super::{outcome, sample};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::gorzdrav::{Endpoint, wire};
use shared::ids::LpuId;

/// The outcome of one reader for one row, after `change` was done to it.
fn of_row(reader: &str, change: impl FnOnce(&mut Value)) -> String {
    let name = match reader {
        "specialties" | "doctors" | "slots" => format!("{reader}_ariadna"),
        other => other.to_owned(),
    };
    let mut body: Value = serde_json::from_slice(&sample(&name)).unwrap();
    change(&mut body["result"][1]);
    let body = body.to_string();
    let body = body.as_bytes();
    match reader {
        "districts" => outcome(&wire::read_districts(body)),
        "lpus" => outcome(&wire::read_lpus(Endpoint::Lpus, body)),
        "specialties" => outcome(&wire::read_specialties(body)),
        "doctors" => outcome(&wire::read_doctors(body)),
        "slots" => outcome(&wire::read_slots(body)),
        "timetable" => outcome(&wire::read_timetable(body)),
        other => panic!("no reader {other}"),
    }
}

#[test]
fn a_row_that_cannot_be_read_makes_the_answer_unreadable() {
    let cases: [(&str, &str, &[Value]); 26] = [
        (
            "districts",
            "id",
            &[json!(null), json!(""), json!(1.5), json!([1])],
        ),
        ("districts", "name", &[json!(null), json!("  "), json!(7)]),
        (
            "lpus",
            "id",
            &[json!(null), json!("x"), json!(-1), json!(1e20), json!("")],
        ),
        ("lpus", "districtId", &[json!(null), json!(""), json!(true)]),
        ("lpus", "isActive", &[json!(null), json!("true"), json!(1)]),
        ("lpus", "address", &[json!(5), json!({})]),
        ("specialties", "id", &[json!(null), json!(""), json!(7210)]),
        ("specialties", "name", &[json!(null), json!(""), json!(1)]),
        (
            "specialties",
            "countFreeParticipant",
            &[json!(null), json!(-1), json!("5"), json!(1.5), json!(5e9)],
        ),
        ("specialties", "countFreeTicket", &[json!(null), json!(-1)]),
        (
            "specialties",
            "nearestDate",
            &[json!(5), json!("завтра"), json!("2030-02-30T10:00:00")],
        ),
        ("specialties", "lastDate", &[json!({}), json!("2030-03-11")]),
        ("doctors", "id", &[json!(null), json!(""), json!(613)]),
        ("doctors", "name", &[json!(5)]),
        (
            "doctors",
            "freeParticipantCount",
            &[json!(null), json!(-1), json!("0")],
        ),
        ("doctors", "freeTicketCount", &[json!(null), json!(-1)]),
        ("doctors", "nearestDate", &[json!(5), json!("11.03.2030")]),
        ("slots", "id", &[json!(null), json!(""), json!(5)]),
        (
            "slots",
            "visitStart",
            &[
                json!(null),
                json!(""),
                json!("сегодня"),
                json!(1_900_000_000),
            ],
        ),
        ("slots", "visitEnd", &[json!(null), json!("")]),
        ("slots", "number", &[json!([1]), json!(true)]),
        ("slots", "room", &[json!(412)]),
        ("timetable", "visitStart", &[json!(null), json!("?")]),
        ("timetable", "recordableDay", &[json!(null), json!("true")]),
        ("timetable", "denyCause", &[json!(1)]),
        ("timetable", "appointments", &[json!(null), json!(5)]),
    ];
    for (reader, field, values) in cases {
        for value in values {
            let read = of_row(reader, |row| row[field] = value.clone());
            assert_eq!(
                read,
                format!("unexpected: result[1].{field}"),
                "{reader} {value}"
            );
        }
    }
}

#[test]
fn a_row_without_a_needed_field_is_refused_and_without_another_read() {
    for (reader, needed) in [
        ("districts", &["id", "name"][..]),
        ("lpus", &["id", "districtId", "isActive"]),
        (
            "specialties",
            &["id", "name", "countFreeParticipant", "countFreeTicket"],
        ),
        (
            "doctors",
            &["id", "freeParticipantCount", "freeTicketCount"],
        ),
        ("slots", &["id", "visitStart", "visitEnd"]),
        (
            "timetable",
            &["visitStart", "visitEnd", "recordableDay", "appointments"],
        ),
    ] {
        for field in needed {
            let read = of_row(reader, |row| {
                row.as_object_mut().unwrap().remove(*field);
            });
            assert_eq!(read, format!("unexpected: result[1].{field}"), "{reader}");
        }
        let read = of_row(reader, |row| {
            row.as_object_mut().unwrap().retain(|name, _| {
                needed.contains(&name.as_str()) || name == "lpuShortName" || name == "lpuFullName"
            });
        });
        assert_eq!(read, "ok", "{reader}");
        let read = of_row(reader, |row| row["somethingNew"] = json!({"a": [1, null]}));
        assert_eq!(read, "ok", "{reader}");
    }
}

#[test]
fn a_row_that_is_no_object_is_refused() {
    for reader in [
        "districts",
        "lpus",
        "specialties",
        "doctors",
        "slots",
        "timetable",
    ] {
        for value in [json!(null), json!("x"), json!(["1", "x"])] {
            let read = of_row(reader, |row| *row = value.clone());
            assert_eq!(read, "unexpected: result[1]", "{reader} {value}");
        }
    }
}

#[test]
fn ids_of_districts_and_clinics_are_read_as_number_and_as_text() {
    assert_eq!(of_row("districts", |row| row["id"] = json!(2)), "ok");
    assert_eq!(of_row("lpus", |row| row["id"] = json!("9002")), "ok");
    assert_eq!(of_row("lpus", |row| row["districtId"] = json!("11")), "ok");
}

#[test]
fn a_clinic_without_a_short_name_goes_by_its_full_one() {
    assert_eq!(
        of_row("lpus", |row| row["lpuShortName"] = json!(null)),
        "ok"
    );
    let nameless = |row: &mut Value| {
        row["lpuShortName"] = json!(" ");
        row["lpuFullName"] = json!(null);
    };
    assert_eq!(
        of_row("lpus", nameless),
        "unexpected: result[1].lpuShortName"
    );
}

#[test]
fn one_id_at_two_times_hides_neither() {
    let body = json!({"success": true, "result": [
        {"id": "a", "visitStart": "2030-03-11T10:00:00", "visitEnd": "2030-03-11T10:10:00"},
        {"id": "a", "visitStart": "2030-03-11T11:00:00", "visitEnd": "2030-03-11T11:10:00"},
    ]});
    assert_eq!(
        wire::read_slots(body.to_string().as_bytes()).unwrap().len(),
        2
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_answer() {
    let body = [b"\xEF\xBB\xBF".as_slice(), &sample("districts")].concat();
    assert_eq!(wire::read_districts(&body).unwrap().len(), 18);
}

/// All readers over one body. None may panic, and what is no answer is never "nothing".
fn read_all(body: &[u8]) {
    let _ = wire::read_districts(body);
    let _ = wire::read_lpus(Endpoint::LpusOf, body);
    let _ = wire::read_lpu(body, LpuId(9002));
    let _ = wire::read_specialties(body);
    let _ = wire::read_doctors(body);
    let _ = wire::read_slots(body);
    let _ = wire::read_timetable(body);
}

/// JSON of the shapes the readers look into, with the names they look for.
fn json_value() -> impl Strategy<Value = Value> {
    const NAMES: &str = "result|success|errorCode|id|name|visitStart|visitEnd|nearestDate|lastDate|number|appointments\
        |countFreeParticipant|countFreeTicket|freeParticipantCount|freeTicketCount|districtId|lpuShortName|isActive\
        |recordableDay";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[-+]?[0-9]{1,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,12})?(Z|[-+][0-9]{2}:[0-9]{2})?"
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(NAMES, inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_break_a_reader(body in prop::collection::vec(any::<u8>(), 0..256)) {
        read_all(&body);
    }

    #[test]
    fn no_json_breaks_a_reader(value in json_value()) {
        read_all(value.to_string().as_bytes());
        read_all(json!({"success": true, "result": value}).to_string().as_bytes());
        read_all(json!({"success": false, "errorCode": value}).to_string().as_bytes());
    }

    #[test]
    fn no_date_breaks_a_reader(start in "[-+]?[0-9]{1,6}-(0[1-9]|1[0-2])-[0-2][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{0,12})?(Z|[-+][0-2][0-9]:[0-5][0-9])?") {
        let row = json!({"id": "1", "visitStart": start, "visitEnd": start});
        let body = json!({"success": true, "result": [row]}).to_string();
        if let Ok(slots) = wire::read_slots(body.as_bytes()) {
            // What was read can be shown: the wall clock does not overflow.
            let _ = shared::clock::wall(slots[0].start).to_string();
        }
    }

    #[test]
    fn a_sample_cut_anywhere_is_never_read(cut in 0_usize..1000) {
        let whole = sample("slots_svmed");
        let end = whole.iter().rposition(|&byte| byte == b'}').unwrap();
        let cut = &whole[..end * cut / 1000];
        prop_assert!(wire::read_slots(cut).is_err());
    }
}
