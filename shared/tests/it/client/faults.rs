//! Every way an answer can fail, at every endpoint: none of them may read as "nothing there".

use super::portal::{Portal, Reply, raw, settings};
use super::{outcome, sample};
use flate2::{Compression, write::GzEncoder};
use shared::failure::{Failure, FailureKind};
use shared::gorzdrav::{Api, ApiError};
use shared::ids::{Department, DoctorRef, LpuId};
use std::io::Write;
use std::time::Duration;
use url::Url;

const LPU: LpuId = LpuId(9002);

/// The outcome of each read, in the order of the endpoints; each by a client that was held by none before.
async fn outcomes(api: impl Fn() -> Api) -> Vec<String> {
    let department = Department {
        lpu: LPU,
        specialty: "35-1".into(),
    };
    let doctor = DoctorRef {
        lpu: LPU,
        doctor: "п900.136".into(),
    };
    let mut outcomes = Vec::new();
    let it = api();
    outcomes.push(outcome(&it.districts(it.turn().await).await));
    let it = api();
    outcomes.push(outcome(&it.lpus_of(it.turn().await, &"1".into()).await));
    let it = api();
    outcomes.push(outcome(&it.lpus(it.turn().await).await));
    let it = api();
    outcomes.push(outcome(&it.lpu(it.turn().await, LPU).await));
    let it = api();
    outcomes.push(outcome(&it.specialties(it.turn().await, LPU).await));
    let it = api();
    outcomes.push(outcome(&it.doctors(it.turn().await, &department).await));
    let it = api();
    outcomes.push(outcome(&it.slots(it.turn().await, &doctor).await));
    let it = api();
    outcomes.push(outcome(&it.timetable(it.turn().await, &doctor).await));
    outcomes
}

#[track_caller]
fn assert_all(case: &str, outcomes: &[String], want: &str) {
    assert!(
        outcomes.len() == 8 && outcomes.iter().all(|outcome| outcome == want),
        "{case}: {outcomes:?}, not {want:?}"
    );
}

#[tokio::test]
async fn each_fault_has_its_reaction() {
    let html = "<html><body>Ведутся технические работы</body></html>";
    let envelope = |result: &str| format!(r#"{{"result":{result},"success":true,"errorCode":0}}"#);
    let cases = [
        (
            "429 in seconds",
            Reply::status(429).header("retry-after", "7"),
            "later: status 429, 7 s",
        ),
        (
            "429 without a time",
            Reply::status(429),
            "later: status 429, 30 s",
        ),
        (
            "429 with a broken time",
            Reply::status(429).header("retry-after", "скоро"),
            "later: status 429, 30 s",
        ),
        (
            "429 for a day",
            Reply::status(429).header("retry-after", "86400"),
            "later: status 429, 3600 s",
        ),
        (
            "429 until a date gone by",
            Reply::status(429).header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
            "later: status 429, 1 s",
        ),
        (
            "429 until a far date",
            Reply::status(429).header("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"),
            "later: status 429, 3600 s",
        ),
        (
            "503 with a time",
            Reply::status(503).header("retry-after", "120"),
            "later: status 503, 120 s",
        ),
        ("503 without", Reply::status(503), "later: status 503"),
        ("500", Reply::status(500), "later: status 500"),
        (
            "502 in HTML",
            Reply::status(502)
                .header("content-type", "text/html")
                .body(html),
            "later: status 502",
        ),
        (
            "500 with a JSON refusal",
            Reply::json(sample("error_39")).with_status(500),
            "later: status 500",
        ),
        ("404", Reply::status(404), "later: status 404"),
        (
            "403 in HTML",
            Reply::status(403)
                .header("content-type", "text/html")
                .body(html),
            "later: status 403",
        ),
        (
            "redirect",
            Reply::status(302).header("location", "/elsewhere"),
            "later: status 302",
        ),
        (
            "200 in HTML",
            Reply::json(html).header("content-type", "text/html; charset=utf-8"),
            "unexpected: (content-type)",
        ),
        (
            "JSON called text",
            Reply::json(sample("error_39")).header("content-type", "text/plain"),
            "unexpected: (content-type)",
        ),
        (
            "no content type",
            Reply::status(200).body(sample("error_39")),
            "unexpected: (content-type)",
        ),
        ("HTML called JSON", Reply::json(html), "unexpected: (JSON)"),
        ("empty body", Reply::json(""), "unexpected: (JSON)"),
        (
            "cut JSON",
            Reply::json(&sample("lpus")[..700]),
            "unexpected: (JSON)",
        ),
        (
            "JSON and more",
            Reply::json(envelope("[]") + "{}"),
            "unexpected: (JSON)",
        ),
        (
            "not UTF-8",
            Reply::json(*b"{\"success\":true,\"result\":\"\xcf\xf0\"}"),
            "unexpected: (UTF-8)",
        ),
        (
            "too deep",
            Reply::json("[".repeat(100_000)),
            "unexpected: (JSON)",
        ),
        ("a list", Reply::json("[]"), "unexpected: (object)"),
        ("null", Reply::json("null"), "unexpected: (object)"),
        ("empty object", Reply::json("{}"), "unexpected: success"),
        (
            "success of a wrong type",
            Reply::json(r#"{"success":"true","result":[]}"#),
            "unexpected: success",
        ),
        (
            "null result",
            Reply::json(envelope("null")),
            "unexpected: result",
        ),
        (
            "no result",
            Reply::json(r#"{"success":true}"#),
            "unexpected: result",
        ),
        (
            "result of a wrong type",
            Reply::json(envelope("\"[]\"")),
            "unexpected: result",
        ),
        (
            "refusal without a code",
            Reply::json(sample("error_no_code")),
            "unexpected: errorCode",
        ),
        (
            "refusal with code 0",
            Reply::json(r#"{"success":false,"errorCode":0}"#),
            "unexpected: errorCode",
        ),
        (
            "refusal with a code of a wrong type",
            Reply::json(r#"{"success":false,"errorCode":[39]}"#),
            "unexpected: errorCode",
        ),
        (
            "refusal with a text code",
            Reply::json(r#"{"success":false,"errorCode":"602"}"#),
            "later: code 602",
        ),
        (
            "9 MiB",
            Reply::json(envelope(&" ".repeat(9 << 20))),
            "unexpected: (size)",
        ),
        (
            "9 MiB in a small gzip",
            gzip(envelope(&" ".repeat(9 << 20)).as_bytes()),
            "unexpected: (size)",
        ),
        (
            "damaged gzip",
            damaged(gzip(&sample("lpus"))),
            "unexpected: (content-encoding)",
        ),
        (
            "gzip that is none",
            Reply::json("{}").header("content-encoding", "gzip"),
            "unexpected: (content-encoding)",
        ),
    ];
    for (case, reply, want) in cases {
        let portal = Portal::saying(reply).await;
        assert_all(case, &outcomes(|| portal.api()).await, want);
        assert_eq!(portal.seen().len(), 8, "{case}: one request each, no retry");
    }
}

#[tokio::test]
async fn each_refusal_has_its_reaction() {
    for (code, want, failure) in [
        (1, "later: code 1", Some(FailureKind::Portal)),
        (37, "nothing free", None),
        (38, "nothing free", None),
        (39, "nothing free", None),
        (45, "later: code 45", Some(FailureKind::Portal)),
        (602, "later: code 602", Some(FailureKind::Clinic)),
        (603, "later: code 603", Some(FailureKind::Clinic)),
        (610, "gone: 610", Some(FailureKind::Gone)),
        (616, "later: code 616", Some(FailureKind::Clinic)),
        (639, "later: code 639", Some(FailureKind::Portal)),
        (645, "gone: 645", Some(FailureKind::Gone)),
        (660, "later: code 660", Some(FailureKind::Portal)),
        (676, "later: code 676", Some(FailureKind::Portal)),
        (751, "later: code 751", Some(FailureKind::Portal)),
        (9001, "later: code 9001", Some(FailureKind::Portal)),
    ] {
        let portal = Portal::saying(Reply::json(sample(&format!("error_{code}")))).await;
        let outcomes = outcomes(|| portal.api()).await;
        // Where slots are asked for, "nothing free" is what an empty list says.
        let (lists, of_a_doctor) = outcomes.split_at(6);
        let of_a_doctor_want = if want == "nothing free" { "ok" } else { want };
        assert!(lists.iter().all(|one| one == want), "{code}: {outcomes:?}");
        assert!(
            of_a_doctor.iter().all(|one| one == of_a_doctor_want),
            "{code}: {outcomes:?}"
        );

        let api = portal.api();
        let error = api.specialties(api.turn().await, LPU).await.unwrap_err();
        let want = failure.map(|kind| Failure {
            kind,
            code: Some(code),
        });
        assert_eq!(error.failure(), want, "{code}");
    }
}

#[tokio::test]
async fn a_failure_outside_the_envelope_says_whose_it_is() {
    for (reply, kind, code) in [
        (Reply::status(429), FailureKind::TooMany, Some(429)),
        (Reply::status(502), FailureKind::Portal, Some(502)),
        (Reply::status(404), FailureKind::Portal, Some(404)),
        (Reply::json("<html>"), FailureKind::Unreadable, None),
    ] {
        let portal = Portal::saying(reply).await;
        let api = portal.api();
        let error = api.districts(api.turn().await).await.unwrap_err();
        assert_eq!(error.failure(), Some(Failure { kind, code }), "{error}");
    }
    let api = api_at(&raw(b"").await);
    let error = api.districts(api.turn().await).await.unwrap_err();
    let unreachable = Failure {
        kind: FailureKind::Unreachable,
        code: None,
    };
    assert_eq!(error.failure(), Some(unreachable), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_unreachable() {
    const CUT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"success\":true,\"result\":[]}";
    for (case, bytes) in [
        ("cut short", CUT),
        ("closed without a word", b"".as_slice()),
    ] {
        let url = raw(bytes).await;
        assert_all(case, &outcomes(|| api_at(&url)).await, "unreachable");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_unreachable() {
    let url = raw(b"SSH-2.0-OpenSSH\r\n\r\n").await;
    assert_all("not HTTP", &outcomes(|| api_at(&url)).await, "unreachable");
}

#[tokio::test]
async fn a_portal_that_is_not_there_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    assert_all("refused", &outcomes(|| api_at(&url)).await, "unreachable");
}

#[tokio::test]
async fn a_silent_portal_times_out() {
    let portal = Portal::saying(Reply::Silence).await;
    let mut settings = settings(portal.url.clone());
    settings.timeout = Duration::from_millis(50);
    let api = || Api::new(&settings).unwrap();
    assert_all("silence", &outcomes(api).await, "later: timed out");
}

#[tokio::test]
async fn a_body_that_stalls_times_out() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let _ = socket.read(&mut [0; 4096]).await;
            let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{";
            let _ = socket.write_all(head).await;
            open.push(socket);
        }
    });
    let mut settings = settings(url);
    settings.timeout = Duration::from_millis(50);
    let api = || Api::new(&settings).unwrap();
    assert_all("stall", &outcomes(api).await, "later: timed out");
}

#[tokio::test]
async fn the_sample_is_the_first_200_characters() {
    let portal = Portal::saying(Reply::json("щ".repeat(500))).await;
    let api = portal.api();
    match api.districts(api.turn().await).await {
        Err(ApiError::Unexpected {
            endpoint, sample, ..
        }) => {
            assert_eq!(endpoint.to_string(), "districts");
            assert_eq!(sample, "щ".repeat(200));
        }
        other => panic!("{other:?}"),
    }
}

fn api_at(url: &Url) -> Api {
    Api::new(&settings(url.clone())).unwrap()
}

/// A good answer, compressed.
pub(super) fn gzip(body: &[u8]) -> Reply {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    Reply::json(encoder.finish().unwrap()).header("content-encoding", "gzip")
}

fn damaged(reply: Reply) -> Reply {
    match reply {
        Reply::Answer {
            status,
            headers,
            mut body,
        } => {
            let middle = body.len() / 2;
            body[middle..middle + 8].fill(0xFF);
            Reply::Answer {
                status,
                headers,
                body,
            }
        }
        other => other,
    }
}
