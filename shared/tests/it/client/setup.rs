//! Settings: proxy, certificates, and what must not be inherited.

use super::portal::{Portal, Reply, settings};
use super::sample;
use shared::gorzdrav::{Api, SetupError};
use std::process::Command;
use url::Url;

#[tokio::test]
async fn a_proxy_of_the_settings_is_used() {
    let proxy = Portal::saying(Reply::json(sample("districts"))).await;
    let mut settings = settings(Url::parse("http://portal.invalid/v2").unwrap());
    settings.proxy = Some(proxy.url.clone());
    let api = Api::new(&settings).unwrap();
    api.districts(api.turn().await).await.unwrap();
    assert_eq!(proxy.paths(), ["http://portal.invalid/v2/shared/districts"]);
}

/// Runs a test that reads from loopback once more, in a process whose environment names a proxy that is not there.
#[test]
fn a_proxy_of_the_environment_is_not_inherited() {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args([
        "--exact",
        "client::reads::each_endpoint_is_asked_at_its_path",
    ]);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ] {
        again.env(name, "http://127.0.0.1:9");
    }
    let run = again
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_wrong_setting_is_told_apart() {
    let good = || settings(Url::parse("https://portal.invalid/v2").unwrap());
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "not a certificate").unwrap();

    let mut wrong = good();
    wrong.base_url = Url::parse("mailto:portal").unwrap();
    assert!(matches!(Api::new(&wrong).err(), Some(SetupError::BaseUrl)));

    let mut wrong = good();
    wrong.ca_file = Some(folder.path().join("absent.pem"));
    assert!(matches!(
        Api::new(&wrong).err(),
        Some(SetupError::CaFile(_))
    ));

    let mut wrong = good();
    wrong.ca_file = Some(empty);
    assert!(matches!(
        Api::new(&wrong).err(),
        Some(SetupError::CaContent(_))
    ));

    let mut wrong = good();
    wrong.proxy = Some(Url::parse("ftp://proxy.invalid").unwrap());
    assert!(matches!(Api::new(&wrong).err(), Some(SetupError::Proxy(_))));

    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut wrong = good();
        wrong.requests_per_second = rate;
        assert!(
            matches!(Api::new(&wrong).err(), Some(SetupError::Rate)),
            "{rate}"
        );
    }
    assert!(Api::new(&good()).is_ok());
}
