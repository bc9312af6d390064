//! Starting and ending, in-process and as the real binary.

use super::bench::Bench;
use super::portal::Trouble;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// However the portal behaves, the program ends within this.
const PROMISED: Duration = Duration::from_secs(5);

#[tokio::test]
async fn it_signs_that_it_lives_and_that_it_ended() {
    let bench = Bench::new().await;
    let pinger = bench.run();
    assert_eq!(bench.until_alive().await.stopped_at, None);
    pinger.stop().await;
    assert!(bench.until_alive().await.stopped_at.is_some());
}

#[tokio::test]
async fn it_ends_while_the_portal_hangs_and_records_nothing_of_it() {
    let mut bench = Bench::new().await;
    bench.set("REQUEST_TIMEOUT", "1h");
    bench.portal.trouble(1, Trouble::Hangs);
    bench.watch("1/ent/a").await;
    let pinger = bench.run();
    bench.portal.wait_asked("slots 1/a", 1).await;
    timeout(PROMISED, pinger.stop())
        .await
        .expect("ends in time");
    assert!(bench.state("1/ent/a").await.reading.is_none());
}

#[tokio::test]
async fn the_binary_ends_on_sigterm_with_zero() {
    let mut bench = Bench::new().await;
    bench.set("REQUEST_TIMEOUT", "1h");
    bench.portal.trouble(1, Trouble::Hangs);
    bench.watch("1/ent/a").await;
    let mut pinger = Command::new(env!("CARGO_BIN_EXE_pinger"))
        .env_clear()
        .env("GORZDRAV_API_URL", &bench.portal.address)
        .env("DATABASE_PATH", bench.store.path())
        .current_dir(bench.store.path().parent().unwrap())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    bench.portal.wait_asked("slots 1/a", 1).await;
    let id = pinger.id().unwrap().to_string();
    let kill = Command::new("kill").args(["-TERM", &id]).status();
    assert!(kill.await.unwrap().success());
    let ended = timeout(PROMISED, pinger.wait())
        .await
        .expect("ends in time");
    assert_eq!(ended.unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_wrong_setting_is_one_line_and_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, "no certificate").unwrap();
    let ca = ca.display().to_string();
    for (name, value) in [
        ("POLL_PERIOD", "soon"),
        ("REQUESTS_PER_SECOND", "-1"),
        ("GORZDRAV_API_URL", "gorzdrav"),
        ("GORZDRAV_CA_FILE", ca.as_str()),
        ("PINGER_METRICS_ADDR", "here"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_pinger"))
            .env_clear()
            .env(name, value)
            .current_dir(folder.path())
            .kill_on_drop(true)
            .output();
        let output = timeout(super::PATIENCE, output)
            .await
            .expect("ends")
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(name), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[tokio::test]
async fn a_foreign_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    std::fs::write(
        &path,
        "a letter to nobody, longer than the header of a database file would be",
    )
    .unwrap();
    let config =
        shared::settings::from_pairs(&[("DATABASE_PATH", path.to_str().unwrap())]).unwrap();
    let error = pinger::run(config, Default::default()).await.unwrap_err();
    assert!(format!("{error:#}").contains("left untouched"), "{error:#}");
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("a letter")
    );
}
