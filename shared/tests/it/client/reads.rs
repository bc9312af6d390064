//! Good reads over a real socket: what is sent, and what comes back.

use super::faults::gzip;
use super::portal::{Portal, Reply, settings};
use super::{outcome, sample};
use shared::gorzdrav::{Api, ApiError};
use shared::ids::{Department, DoctorId, DoctorRef, LpuId};

/// A portal with the samples at the paths of the real one.
async fn portal() -> Portal {
    Portal::start(|path| {
        let name = match path {
            "/shared/districts" => "districts",
            "/shared/district/11/lpus" => "lpus",
            "/shared/district/19/lpus" => "lpus_of_unknown_district",
            "/shared/lpus" => "lpus",
            "/shared/lpu/9002" => "lpu",
            "/schedule/lpu/9002/specialties" => "specialties_svmed",
            "/schedule/lpu/9002/speciality/35-1/doctors" => "doctors_svmed",
            "/schedule/lpu/9002/doctor/%D0%BF900.136/appointments" => "slots_svmed",
            "/schedule/lpu/9002/doctor/%D0%BF900.136/timetable" => "timetable",
            _ => return Reply::status(404),
        };
        Reply::json(sample(name))
    })
    .await
}

fn doctor(id: &str) -> DoctorRef {
    DoctorRef {
        lpu: LpuId(9002),
        doctor: id.into(),
    }
}

fn department(specialty: &str) -> Department {
    Department {
        lpu: LpuId(9002),
        specialty: specialty.into(),
    }
}

#[tokio::test]
async fn each_endpoint_is_asked_at_its_path() {
    let portal = portal().await;
    let api = portal.api();
    let districts = api.districts(api.turn().await).await.unwrap();
    assert_eq!(districts.len(), 18);
    let lpus = api.lpus_of(api.turn().await, &"11".into()).await.unwrap();
    assert_eq!(lpus.len(), 12);
    let unknown = api.lpus_of(api.turn().await, &"19".into()).await.unwrap();
    assert_eq!(unknown, []);
    assert_eq!(api.lpus(api.turn().await).await.unwrap(), lpus);
    let lpu = api.lpu(api.turn().await, LpuId(9002)).await.unwrap();
    assert_eq!(lpu, lpus[1]);
    let specialties = api
        .specialties(api.turn().await, LpuId(9002))
        .await
        .unwrap();
    assert_eq!(specialties.len(), 4);
    let doctors = api
        .doctors(api.turn().await, &department("35-1"))
        .await
        .unwrap();
    assert_eq!(doctors.len(), 7);
    let slots = api
        .slots(api.turn().await, &doctor("п900.136"))
        .await
        .unwrap();
    assert_eq!(slots.len(), 2);
    let days = api
        .timetable(api.turn().await, &doctor("п900.136"))
        .await
        .unwrap();
    assert_eq!(days.len(), 4);
    assert_eq!(portal.seen().len(), 9, "one turn, one request");
}

#[tokio::test]
async fn every_character_of_an_id_arrives_as_it_is() {
    let portal = Portal::saying(Reply::json(sample("slots_empty"))).await;
    let api = portal.api();
    let lower = |text: String| text.to_ascii_lowercase();
    for (id, path) in [
        ("п100.136", "%D0%BF100.136"),
        ("Д71.93!", "%D0%9471.93%21"),
        ("47,1", "47%2C1"),
        ("-990000669", "-990000669"),
        ("a/b", "a%2Fb"),
        ("0/fl+A==", "0%2Ffl%2BA%3D%3D"),
        ("50%", "50%25"),
        ("%2F", "%252F"),
        ("18.02.2025;13:00", "18.02.2025%3B13%3A00"),
        ("a b?c#d\\e", "a%20b%3Fc%23d%5Ce"),
        ("%2e%2E", "%252e%252E"),
        ("...", "..."),
        (" x ", "%20x%20"),
        ("a~b_c", "a~b_c"),
    ] {
        let read = api.slots(api.turn().await, &doctor(id)).await;
        assert_eq!(outcome(&read), "ok", "{id}");
        let want = format!("/schedule/lpu/9002/doctor/{path}/appointments");
        assert_eq!(portal.paths().pop().map(lower), Some(lower(want)), "{id}");
    }
}

#[tokio::test]
async fn an_id_no_address_can_carry_is_never_asked() {
    let portal = Portal::saying(Reply::json(sample("slots_empty"))).await;
    let api = portal.api();
    for id in ["", ".", ".."] {
        let read = api.slots(api.turn().await, &doctor(id)).await;
        assert_eq!(outcome(&read), "unexpected: (path)", "{id:?}");
        let read = api.doctors(api.turn().await, &department(id)).await;
        assert_eq!(outcome(&read), "unexpected: (path)", "{id:?}");
    }
    assert_eq!(portal.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn a_base_address_keeps_its_prefix_with_or_without_a_slash() {
    let portal = Portal::saying(Reply::json(sample("districts"))).await;
    for (prefix, want) in [
        ("", "/shared/districts"),
        ("/", "/shared/districts"),
        ("/_api/api/v2", "/_api/api/v2/shared/districts"),
        ("/_api/api/v2/", "/_api/api/v2/shared/districts"),
        ("/v2?x=1#y", "/v2/shared/districts"),
    ] {
        let api = Api::new(&settings(portal.url.join(prefix).unwrap())).unwrap();
        api.districts(api.turn().await).await.unwrap();
        assert_eq!(portal.paths().pop().as_deref(), Some(want), "{prefix:?}");
    }
}

#[tokio::test]
async fn a_request_names_the_project_and_takes_gzip() {
    let portal = Portal::start(|_| gzip(&sample("lpus"))).await;
    let api = portal.api();
    let lpus = api.lpus(api.turn().await).await.unwrap();
    assert_eq!(lpus.len(), 12);
    let seen = portal.seen().pop().unwrap();
    let agent = seen.headers["user-agent"].to_str().unwrap();
    assert_eq!(
        agent,
        format!("talon-watcher/{}", env!("CARGO_PKG_VERSION"))
    );
    let encodings = seen.headers["accept-encoding"].to_str().unwrap();
    assert!(encodings.contains("gzip"), "{encodings}");
}

#[tokio::test]
async fn another_clinic_than_the_one_asked_for_is_no_answer() {
    let portal = Portal::saying(Reply::json(sample("lpu"))).await;
    let api = portal.api();
    let read = api.lpu(api.turn().await, LpuId(9003)).await;
    assert_eq!(outcome(&read), "unexpected: result.id");
}

#[tokio::test]
async fn a_large_answer_is_read_in_full() {
    let row = r#"{"id":"ID","visitStart":"2030-03-11T09:00:00","visitEnd":"2030-03-11T09:10:00","address":null,"number":null,"room":null}"#;
    let rows: Vec<_> = (0..6000)
        .map(|id| row.replace("ID", &id.to_string()))
        .collect();
    let body = format!(r#"{{"success":true,"result":[{}]}}"#, rows.join(","));
    assert!(body.len() > 512 * 1024);
    let portal = Portal::saying(Reply::json(body)).await;
    let api = portal.api();
    let slots = api.slots(api.turn().await, &doctor("1")).await.unwrap();
    assert_eq!(slots.len(), 1);
    assert_eq!(slots[0].n_places, 6000);
}

#[tokio::test]
async fn an_id_given_by_the_portal_leads_back_to_it() {
    let portal = Portal::start(|path| {
        let name = if path.ends_with("/doctors") {
            "doctors_sparm"
        } else {
            "slots_empty"
        };
        Reply::json(sample(name))
    })
    .await;
    let api = portal.api();
    let doctors = api
        .doctors(api.turn().await, &department("x"))
        .await
        .unwrap();
    let DoctorId(id) = &doctors[0].id;
    assert!(id.contains('/') && id.contains('='), "{id}");
    match api.slots(api.turn().await, &doctor(id)).await {
        Ok(slots) => assert_eq!(slots, []),
        Err(ApiError::Unexpected { field, .. }) => panic!("{field}"),
        Err(other) => panic!("{other}"),
    }
}
