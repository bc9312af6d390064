//! The portal of the city answers as gorzdrav does, right and wrong.

use reqwest::Client;
use sandbox::{City, Endpoint, Fault, Portal, Scope};
use serde_json::{Value, json};
use shared::ids::{DoctorId, LpuId};
use std::time::Duration;

const CLINIC: LpuId = LpuId(287);
const EYE: &str = "418"; // nothing free at first
const SOON: Duration = Duration::from_secs(10);

struct Bench {
    city: City,
    portal: Portal,
    client: Client,
}

impl Bench {
    async fn start() -> Self {
        let city = City::invented().unwrap();
        let portal = Portal::start(city.clone()).await.unwrap();
        let client = Client::builder().no_proxy().timeout(SOON).build().unwrap();
        Self {
            city,
            portal,
            client,
        }
    }

    async fn get(&self, path: &str) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}/{path}", self.portal.base_url);
        self.client.get(url).send().await
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let kind = &answer.headers()["content-type"];
        assert_eq!(kind, "application/json; charset=utf-8");
        answer.json().await.unwrap()
    }

    async fn rows(&self, path: &str) -> Vec<Value> {
        let body = self.json(path).await;
        assert_eq!(body["success"], true, "{body}");
        body["result"].as_array().unwrap().clone()
    }
}

fn eye() -> DoctorId {
    DoctorId::from(EYE)
}

fn appointments(lpu: LpuId, doctor: &str) -> String {
    format!("schedule/lpu/{lpu}/doctor/{doctor}/appointments")
}

#[tokio::test]
async fn every_read_answers_in_its_envelope() {
    let bench = Bench::start().await;
    let body = bench.json("shared/districts").await;
    let keys: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        ["errorCode", "message", "result", "stackTrace", "success"]
    );
    assert_eq!(bench.rows("shared/districts").await.len(), 4);
    assert_eq!(bench.rows("shared/lpus").await.len(), 11);
    assert_eq!(bench.rows("shared/district/15/lpus").await.len(), 2);
    assert_eq!(bench.rows("shared/district/19/lpus").await.len(), 0); // unknown: a success
    assert_eq!(
        bench.json("shared/lpu/287").await["result"]["lpuShortName"],
        "ГП №287"
    );
    assert_eq!(bench.rows("schedule/lpu/287/specialties").await.len(), 10);
    assert_eq!(
        bench
            .rows("schedule/lpu/287/speciality/2105/doctors")
            .await
            .len(),
        2
    );
    assert_eq!(bench.rows(&appointments(CLINIC, "229")).await.len(), 12);
    let days = bench.rows("schedule/lpu/287/doctor/229/timetable").await;
    let nested = days
        .iter()
        .map(|day| day["appointments"].as_array().unwrap().len());
    assert_eq!(nested.sum::<usize>(), 12);
}

#[tokio::test]
async fn refusals_carry_a_code_and_no_result() {
    let bench = Bench::start().await;
    for (path, code) in [
        ("schedule/lpu/77777/specialties", 610),
        ("schedule/lpu/845/specialties", 37),
        ("schedule/lpu/1055/speciality/9999/doctors", 38),
        ("schedule/lpu/287/speciality/nobody/doctors", 38),
        ("schedule/lpu/287/doctor/418/appointments", 39),
        ("schedule/lpu/287/doctor/nobody/appointments", 645),
    ] {
        let body = bench.json(path).await;
        let keys: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            keys,
            ["errorCode", "message", "requestId", "success"],
            "{path}"
        );
        assert_eq!(body["errorCode"], code, "{path}");
    }
    assert_eq!(
        bench
            .get("schedule/lpu/287/specialities")
            .await
            .unwrap()
            .status(),
        404
    );
}

#[tokio::test]
async fn ids_of_every_shape_are_found_when_encoded() {
    let bench = Bench::start().await;
    for (lpu, doctor) in [
        (558, "eUF%2FZEFB%2BkFRQUU%3D"),
        (312, "%D0%B426.114"),
        (312, "47%2C1"),
        (312, "%D0%9471.93%21"),
        (620, "-990000669"),
        (402, "3f2c1d00-0000-4000-8000-00155d0a1b2c"),
    ] {
        let body = bench.json(&appointments(LpuId(lpu), doctor)).await;
        assert_ne!(body["errorCode"], 645, "{doctor}");
    }
    let specialty = "schedule/lpu/558/speciality/1uXt8vAg5%2BTs8O7i%2FPA%3D/doctors";
    assert_eq!(bench.rows(specialty).await.len(), 2);
    let raw = bench
        .get("schedule/lpu/558/doctor/eUF/ZEFB+kFRQUU=/appointments")
        .await;
    assert_eq!(raw.unwrap().status(), 404);
}

#[tokio::test]
async fn slots_open_and_go_and_the_counters_follow() {
    let bench = Bench::start().await;
    let start = bench.city.wall(2, 10, 15);
    let counter = async || {
        let rows = bench.rows("schedule/lpu/287/speciality/2106/doctors").await;
        let row = rows.into_iter().find(|row| row["id"] == EYE).unwrap();
        row["freeParticipantCount"].as_i64().unwrap()
    };
    assert_eq!(counter().await, 0);
    bench.city.open_slot(CLINIC, &eye(), start).unwrap();
    bench.city.open_slot(CLINIC, &eye(), start).unwrap();
    assert_eq!(counter().await, 2);
    let rows = bench.rows(&appointments(CLINIC, EYE)).await;
    assert_eq!(rows.len(), 2);
    assert!(
        rows[0]["visitStart"]
            .as_str()
            .unwrap()
            .ends_with("T10:15:00"),
        "{rows:?}"
    );
    assert_ne!(rows[0]["id"], rows[1]["id"]);
    bench.city.set_counter(CLINIC, &eye(), Some(0)).unwrap(); // counters lie
    assert_eq!(counter().await, 0);
    assert_eq!(bench.rows(&appointments(CLINIC, EYE)).await.len(), 2);
    bench.city.set_counter(CLINIC, &eye(), None).unwrap();
    assert!(bench.city.take_slot(CLINIC, &eye(), start).unwrap());
    assert!(bench.city.take_slot(CLINIC, &eye(), start).unwrap());
    assert!(!bench.city.take_slot(CLINIC, &eye(), start).unwrap());
    assert_eq!(
        bench.json(&appointments(CLINIC, EYE)).await["errorCode"],
        39
    );
    bench.city.open_slot(CLINIC, &eye(), start).unwrap();
    bench.city.step_time(chrono::TimeDelta::days(3)); // its start has passed
    assert_eq!(
        bench.json(&appointments(CLINIC, EYE)).await["errorCode"],
        39
    );
}

#[tokio::test]
async fn a_clinic_may_change_all_its_ids_overnight() {
    let bench = Bench::start().await;
    bench.city.renumber(CLINIC).unwrap();
    assert_eq!(
        bench.json(&appointments(CLINIC, "229")).await["errorCode"],
        645
    );
    assert_eq!(bench.rows(&appointments(CLINIC, "n-229")).await.len(), 12);
}

#[tokio::test]
async fn doctors_leave_the_list_and_come_twice() {
    let bench = Bench::start().await;
    let listed = async || {
        bench
            .rows("schedule/lpu/287/speciality/2106/doctors")
            .await
            .len()
    };
    bench.city.list_times(CLINIC, &eye(), 0).unwrap();
    assert_eq!(listed().await, 1);
    bench.city.list_times(CLINIC, &eye(), 2).unwrap();
    assert_eq!(listed().await, 3);
}

#[tokio::test]
async fn faults_spoil_what_they_are_told_to_and_no_more() {
    let bench = Bench::start().await;
    let path = appointments(CLINIC, "229");
    let seen = async || match bench.get(&path).await {
        Err(_) => "no answer".to_owned(),
        Ok(answer) => {
            let status = answer.status().as_u16();
            let is_json = answer.headers()["content-type"]
                .to_str()
                .unwrap()
                .contains("json");
            match answer.bytes().await {
                Err(_) => format!("{status} broken off"),
                Ok(body) => match serde_json::from_slice::<Value>(&body) {
                    Err(_) => format!("{status} json={is_json} unreadable"),
                    Ok(body) => {
                        let rows = body["result"].as_array().map(Vec::len);
                        let start = body["result"][0]["visitStart"].is_string();
                        let code = body["errorCode"].as_i64();
                        format!("{status} json={is_json} {code:?} {rows:?} {start}")
                    }
                },
            }
        }
    };
    let right = "200 json=true Some(0) Some(12) true";
    for (fault, want) in [
        (Fault::Slow(Duration::from_millis(1)), right),
        (Fault::Cut, "no answer"),
        (Fault::CutShort, "200 broken off"),
        (Fault::Status(502), "502 json=false unreadable"),
        (Fault::TooManyRequests(None), "429 json=false unreadable"),
        (Fault::Refusal(602), "200 json=true Some(602) None false"),
        (Fault::Html, "200 json=false unreadable"),
        (
            Fault::WrongContentType,
            "200 json=false Some(0) Some(12) true",
        ),
        (Fault::Truncated, "200 json=true unreadable"),
        (Fault::Empty, "200 json=true unreadable"),
        (Fault::WrongTypes, "200 json=true Some(0) Some(12) false"),
        (Fault::NullResult, "200 json=true Some(0) None false"),
        (Fault::UnknownFields, right),
        (Fault::NotUtf8, "200 json=true unreadable"),
        (Fault::HalfMissing, "200 json=true Some(0) Some(6) true"),
        (Fault::Repeated(30), "200 json=true Some(0) Some(30) true"),
    ] {
        let scope = Scope::lpu(CLINIC).at(Endpoint::Appointments).id("229");
        bench.city.fault_times(scope, fault.clone(), 1);
        assert!(
            bench.rows("schedule/lpu/287/specialties").await.len() > 1,
            "{fault:?} spreads"
        );
        assert_eq!(seen().await, want, "{fault:?}");
        assert_eq!(seen().await, right, "{fault:?} lasts");
    }
    let after = Fault::TooManyRequests(Some("7".to_owned()));
    let fault = bench.city.fault(Scope::all(), after);
    assert_eq!(
        bench.get("shared/lpus").await.unwrap().headers()["retry-after"],
        "7"
    );
    bench.city.clear(fault);
    assert_eq!(seen().await, right);
}

#[tokio::test]
async fn the_log_tells_what_was_asked_and_whether_it_was_answered() {
    let bench = Bench::start().await;
    bench
        .city
        .fault(Scope::endpoint(Endpoint::Lpus), Fault::Silent);
    let impatient = Client::builder()
        .no_proxy()
        .timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let url = format!("{}/shared/lpus", bench.portal.base_url);
    assert!(impatient.get(url).send().await.is_err());
    let log = bench.portal.log();
    let silent = log
        .wait_for(0, SOON, |request| request.is_over)
        .await
        .unwrap();
    assert_eq!(
        (silent.endpoint, silent.answered),
        (Some(Endpoint::Lpus), None)
    );

    let from = log.end();
    let waits = log.wait_for_nth(from, 2, SOON, |request| request.answered.is_some());
    let asks = async {
        bench.json(&appointments(CLINIC, EYE)).await;
        bench.json(&appointments(CLINIC, "229")).await;
    };
    let (second, ()) = tokio::join!(waits, asks);
    let second = second.unwrap();
    assert_eq!(second.lpu, Some(CLINIC));
    assert_eq!((second.id.as_deref(), second.code), (Some("229"), Some(0)));
    assert_eq!(bench.portal.most_in_flight(CLINIC), 1);
    assert_eq!(
        bench
            .portal
            .most_requests_within(from, Duration::from_secs(60)),
        2
    );
}

#[tokio::test]
async fn a_portal_that_is_down_refuses_and_comes_back_at_the_same_address() {
    let bench = Bench::start().await;
    bench.json("shared/districts").await;
    for _ in 0..3 {
        bench.portal.down().await.unwrap();
        assert!(
            bench
                .get("shared/districts")
                .await
                .unwrap_err()
                .is_connect()
        );
        bench.portal.up().await.unwrap();
        bench.json("shared/districts").await;
    }
}

#[tokio::test]
async fn the_information_systems_keep_their_habits() {
    let bench = Bench::start().await;
    let rows = bench.rows("schedule/lpu/15/speciality/107/doctors").await; // ПетроМС: its clock where nothing is free
    assert!(
        rows[0]["nearestDate"].as_str().unwrap().ends_with("+03:00"),
        "{rows:?}"
    );
    assert_eq!(rows[0]["name"], " Дежурный врач ");
    let rows = bench.rows("schedule/lpu/312/speciality/99_2/doctors").await; // СВ-Мед: days only
    assert!(
        rows[0]["nearestDate"]
            .as_str()
            .unwrap()
            .ends_with("T00:00:00"),
        "{rows:?}"
    );
    let rows = bench
        .rows("schedule/lpu/1055/speciality/000104/doctors")
        .await;
    assert_eq!(rows[0]["name"], json!(null));
    let rows = bench.rows("schedule/lpu/14/doctor/738/appointments").await; // Виста-Мед
    assert!(rows[0]["number"].is_i64(), "{rows:?}");
}

/// The recordings lie beside some checkouts; a clean clone has none.
#[tokio::test]
async fn the_recorded_city_keeps_its_counters() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recorded");
    let Some(dir) = dir
        .canonicalize()
        .ok()
        .or_else(|| std::env::var_os("RECORDED_DIR").map(Into::into))
    else {
        eprintln!("no recordings here: the recorded city is not tested");
        return;
    };
    let city = City::recorded(&dir, 1).unwrap();
    assert_eq!(city.clinics().len(), 551);
    let doctors: Vec<_> = city
        .clinics()
        .iter()
        .flat_map(|clinic| city.doctors(LpuId(clinic.id)))
        .collect();
    let n_free: u32 = doctors.iter().map(|whom| whom.n_free).sum();
    assert!(n_free > 90_000, "{n_free}");
    let star = city.star().unwrap();
    assert_eq!(star.n_free, 0);
    let again = City::recorded(&dir, 1).unwrap();
    let busy = doctors.iter().find(|whom| whom.n_free > 5).unwrap();
    let free = |city: &City| city.free(busy.doctor.lpu, &busy.doctor.doctor);
    assert_eq!(free(&city), free(&again));
}
