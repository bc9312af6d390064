//! The real programs, killed at random and at the worst moments; `cargo run -p sandbox --bin kills` does it for longer.

use sandbox::kills::{Plan, run};

/// Printed with everything else when the test fails.
const SEED: u64 = 20_261_121;

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_under_load_everything_open_is_told() {
    let plan = Plan {
        times: 20,
        seed: SEED,
        database: None,
    };
    let report = run(plan, |line| eprintln!("{line}")).await.unwrap();
    eprintln!("{report}");
    assert_eq!(report.broken, Vec::<String>::new());
    assert!(report.n_bot + report.n_pinger >= 20);
    // There was something to lose.
    assert!(report.n_owed > 0 && report.n_dialogues > 0);
}
