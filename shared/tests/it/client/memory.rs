//! Memory: no answers of a portal, however hostile and however many at once, make the client take more than 64 MiB.
//!
//! The client runs in a process of its own for each answer, so that its peak is nobody else's; the portal is here. Each
//! answer is read by two readers, and those that cost most are read sixty-four times at once. Seen, not optimised: 47 to 57 MiB for answers just below
//! 8 MiB, of which one alone takes 25 to 40; 28 MiB for a gigabyte in a megabyte; 20 MiB for what nests too deep.

use super::outcome;
use super::portal::{Portal, Reply, settings};
use flate2::{Compress, Compression, FlushCompress};
use shared::gorzdrav::Api;
use shared::ids::{DoctorRef, LpuId};
use std::fmt::Write as _;

/// Where the process that is measured finds the portal.
const PORTAL: &str = "TEST_MEMORY_PORTAL";
/// Promised for everything that reads foreign input.
const MOST_KIB: u64 = 64 * 1024;
/// How many times at once it reads the answer at last.
const TIMES: &str = "TEST_MEMORY_TIMES";
/// As many reads as the pinger ever has under way.
const N_AT_ONCE: usize = 64;
/// The most costly answers of each kind: all of them would take minutes.
const READ_AT_ONCE: [&str; 5] = [
    "a name of megabytes",
    "all that are read",
    "numbers for rows",
    "a deep row",
    "a gigabyte in a megabyte",
];

/// The process that is measured: reads the answer by two of the readers, says how that ended, and reads it many times at
/// once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the test below, in a process of its own"]
async fn measured() {
    let Ok(url) = std::env::var(PORTAL) else {
        return;
    };
    let settings = settings(url.parse().unwrap());
    let api = Api::new(&settings).unwrap();
    let doctor = DoctorRef {
        lpu: LpuId(9002),
        doctor: "1".into(),
    };
    let each = [
        outcome(&api.districts(api.turn().await).await),
        outcome(&api.slots(api.turn().await, &doctor).await),
    ];
    let n_times = std::env::var(TIMES).unwrap().parse().unwrap();
    let reads = (0..n_times).map(async |_| drop(api.slots(api.turn().await, &doctor).await));
    futures::future::join_all(reads).await;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.unwrap().trim().trim_end_matches(" kB");
    eprintln!("peak {peak}; {}", each.join("; "));
}

/// One `measured` against this answer: its peak in KiB, and what became of districts and of slots.
async fn measure(reply: Reply, n_times: usize) -> (u64, String) {
    let portal = Portal::saying(reply).await;
    let child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "client::memory::measured"])
        .args(["--ignored", "--nocapture"])
        .env(PORTAL, portal.url.as_str())
        .env(TIMES, n_times.to_string())
        .output();
    let child = child.await.unwrap();
    let said = String::from_utf8_lossy(&child.stderr).into_owned();
    assert!(child.status.success(), "{said}");
    let said = said.lines().find_map(|line| line.strip_prefix("peak "));
    let (peak, outcomes) = said.unwrap().split_once("; ").unwrap();
    (peak.parse().unwrap(), outcomes.to_owned())
}

fn list(rows: impl Iterator<Item = String>) -> String {
    let rows: Vec<_> = rows.collect();
    format!(r#"{{"success":true,"result":[{}]}}"#, rows.join(","))
}

/// A gigabyte of spaces in one megabyte.
fn bomb() -> Vec<u8> {
    let mut deflate = Compress::new(Compression::best(), false);
    let mut piece = Vec::with_capacity(1 << 16);
    let spaces = vec![b' '; 1 << 20];
    // A full flush leaves nothing behind that the next piece would refer to: pieces may be put together.
    deflate
        .compress_vec(&spaces, &mut piece, FlushCompress::Full)
        .unwrap();
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    [header.as_slice(), &piece.repeat(1024)].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_takes_more_than_64_mib() {
    let slot = |n: usize| {
        let start = format!("2030-03-11T{:02}:{:02}:00", n / 60 % 24, n % 60);
        format!(
            r#"{{"id":"{n}","visitStart":"{start}","visitEnd":"{start}","address":null,"number":"{n}","room":"412"}}"#
        )
    };
    let fill = |piece: &str, between: &str| {
        let n = (8 << 20) / (piece.len() + between.len()) - 100;
        vec![piece; n].join(between)
    };
    let mut names = String::new();
    for n in 0..600_000 {
        let _ = write!(names, r#""{n:x}":0,"#);
    }
    let deep = r#"{"a":"#;
    let n_deep = 1_000_000;
    let deep = format!("{}0{}", deep.repeat(n_deep), "}".repeat(n_deep));
    let one = |row: String| Reply::json(list(std::iter::once(row)));
    let small = |n| format!(r#"{{"id":"{n}","name":"a"}}"#);
    let long = r"\u044f".repeat(1_300_000);
    let table = [
        (
            "a deep list that never ends",
            Reply::json("[".repeat(8 << 20)),
            "(JSON)",
            "(JSON)",
        ),
        (
            "a name of megabytes",
            one(format!(r#"{{"id":"1","name":"{long}"}}"#)),
            "result[0].name",
            "result[0].visitStart",
        ),
        (
            "200,000 talons",
            Reply::json(list((0..200_000).map(slot))),
            "(size)",
            "(size)",
        ),
        (
            "200,000 small rows",
            Reply::json(list((0..200_000).map(small))),
            "result",
            "result[0].visitStart",
        ),
        (
            "all that are read",
            Reply::json(list((0..10_000).map(slot))),
            "result[0].name",
            "ok",
        ),
        (
            "empty rows",
            one(fill("{}", ",")),
            "result[0].id",
            "result[0].visitStart",
        ),
        (
            "small rows",
            one(fill(r#"{"a":0}"#, ",")),
            "result[0].id",
            "result[0].visitStart",
        ),
        (
            "numbers for rows",
            one(fill("0", ",")),
            "result[0]",
            "result[0]",
        ),
        (
            "a row of numbers",
            one(format!(r#"{{"id":[{}]}}"#, fill("0", ","))),
            "result[0].id",
            "result[0].visitStart",
        ),
        (
            "a row of fields",
            one(format!(r#"{{{names}"id":"1"}}"#)),
            "(JSON)",
            "(JSON)",
        ),
        (
            "an envelope of fields",
            Reply::json(format!(r#"{{{names}"success":true}}"#)),
            "result",
            "result",
        ),
        ("a deep row", one(deep), "(JSON)", "(JSON)"),
        (
            "a gigabyte in a megabyte",
            Reply::json(bomb()).header("content-encoding", "gzip"),
            "(size)",
            "(size)",
        ),
    ];
    let mut peaks = String::new();
    for (case, reply, districts, slots) in table {
        let is_costly = READ_AT_ONCE.contains(&case);
        let (peak, outcomes) = measure(reply, if is_costly { N_AT_ONCE } else { 1 }).await;
        let _ = writeln!(peaks, "{case}: {} MiB; {outcomes}", peak / 1024);
        assert!(peak <= MOST_KIB, "{peaks}");
        let want = [districts, slots].map(|field| match field {
            "ok" => field.to_owned(),
            field => format!("unexpected: {field}"),
        });
        assert_eq!(outcomes, want.join("; "), "{peaks}");
    }
    eprintln!("{peaks}");
}
