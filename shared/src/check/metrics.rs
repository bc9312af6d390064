//! Whether the addresses a program listens on are free, or served by it.

use super::Report;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const WHAT: &str = "metrics";

/// An address nobody answers at in this time is as good as silent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks at the address, and takes it for a moment when nobody is there. `setting` names it.
pub async fn check_metrics(
    report: &mut Report,
    setting: &str,
    address: Option<SocketAddr>,
    is_running: bool,
) {
    let Some(address) = address else {
        report.ok(WHAT, format!("off ({setting} is not set)"));
        return;
    };
    // Asked first: taken first, it would be missing to a program that starts at this moment.
    if let Some((status, body)) = ask(reachable(address)).await {
        let is_ours = ["ok\n", "no heartbeat\n", "the database does not answer\n"];
        match (is_ours.contains(&body.as_str()), status) {
            (true, 200) => report.ok(WHAT, format!("served at {address} by the running program")),
            (true, _) => report.bad(WHAT, format!("{address}/healthz says: {}", body.trim_end())),
            (false, _) => report.bad(
                WHAT,
                format!("{address} is served by another program: choose another {setting}"),
            ),
        }
        return;
    }
    if is_running && address.port() != 0 {
        let text = format!(
            "nobody serves {address}, though the program runs: with another {setting}? Restart it"
        );
        report.bad(WHAT, text);
        return;
    }
    free(report, WHAT, setting, address).await;
}

/// Whether the program listens at an address of its own, or could.
pub async fn check_listener(
    report: &mut Report,
    what: &str,
    setting: &str,
    address: SocketAddr,
    is_running: bool,
) {
    let reached = timeout(PATIENCE, TcpStream::connect(reachable(address))).await;
    match (reached, is_running) {
        (Ok(Ok(_)), true) => report.ok(what, format!("{address} is listened on by the running program")),
        (Ok(Ok(_)), false) => report.bad(
            what,
            format!("{address} is taken by another program: choose another {setting}"),
        ),
        (_, true) => report.bad(
            what,
            format!("nobody listens on {address}, though the program runs: with another {setting}? Restart it"),
        ),
        (_, false) => free(report, what, setting, address).await,
    }
}

async fn free(report: &mut Report, what: &str, setting: &str, address: SocketAddr) {
    match TcpListener::bind(address).await {
        Ok(_) => report.ok(what, format!("{address} is free")),
        Err(error) => report.bad(
            what,
            format!("{address} cannot be listened on ({error}): choose another {setting}"),
        ),
    }
}

/// Where something that listens at this address can be asked.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}

/// Status and text of `/healthz`; `None` when nobody listens. What is no answer in HTTP has status 0.
async fn ask(address: SocketAddr) -> Option<(u16, String)> {
    if address.port() == 0 {
        return None;
    }
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    let asked = client
        .build()
        .ok()?
        .get(format!("http://{address}/healthz"));
    match asked.send().await {
        Ok(answer) => Some((
            answer.status().as_u16(),
            answer.text().await.unwrap_or_default(),
        )),
        Err(error) if error.is_connect() => None,
        Err(_) => Some((0, String::new())),
    }
}
