//! Concludes from what was recorded which clinics are silent and whether the portal is down; knows when our own trying
//! had a break, so that no break and no clock set forward passes for somebody's silence.

use chrono::{DateTime, TimeDelta, Utc};
use shared::store::{Judged, Program, Store};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Between two judgements.
const EVERY: Duration = Duration::from_secs(5);
/// Away for longer, we have not been trying.
const AWAY: TimeDelta = TimeDelta::minutes(1);
/// The two clocks drift apart by less between two judgements, unless one was set or the machine slept.
const DRIFT: TimeDelta = TimeDelta::seconds(5);

/// The last sign of life of the run before this one; `None` when there was none.
pub(crate) async fn last_beat(store: &Store) -> Option<DateTime<Utc>> {
    match store.heartbeat(Program::Pinger).await {
        Ok(beat) => beat.map(|beat| beat.at),
        Err(error) => {
            tracing::warn!(%error, "the last sign of life could not be read");
            None
        }
    }
}

/// Whether there was a break between the last sign of life and now.
fn was_away(last_beat: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    last_beat.is_none_or(|at| (now - at).abs() > AWAY)
}

/// Whether the wall clock went another way than the steady one.
fn has_jumped(wall: TimeDelta, steady: Duration) -> bool {
    let steady = TimeDelta::from_std(steady).unwrap_or(TimeDelta::MAX);
    (wall - steady).abs() > DRIFT
}

/// Judges every few seconds, for ever.
pub(crate) async fn judge(store: Store, last_beat: Option<DateTime<Utc>>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = (Utc::now(), Instant::now());
    let mut is_anew = was_away(last_beat, last.0);
    let mut is_failing = false;
    loop {
        ticks.tick().await;
        let now = (Utc::now(), Instant::now());
        if has_jumped(now.0 - last.0, now.1 - last.1) {
            tracing::warn!(by = ?(now.0 - last.0), "the clock was set, or the machine slept");
            is_anew = true;
        }
        last = now;
        let judged = async {
            if is_anew {
                store.begin_trying_anew(now.0).await?;
            }
            store.judge_outages(now.0).await
        };
        match judged.await {
            Ok(judged) => {
                (is_anew, is_failing) = (false, false);
                tell(&judged);
            }
            Err(error) => {
                if !is_failing {
                    tracing::warn!(%error, "silent clinics could not be judged; trying again");
                }
                is_failing = true;
            }
        }
    }
}

fn tell(judged: &Judged) {
    if let Some(since) = judged.is_down {
        tracing::error!(%since, "the portal is down: over half of the clinics do not answer, or it lets us ask nothing");
    }
    if let Some(since) = judged.is_back {
        tracing::info!(%since, "the portal answers again");
    }
    for (lpu, since) in &judged.silent {
        tracing::warn!(%lpu, %since, "the clinic is silent: every try has failed for a quarter of an hour");
    }
    let n_silent = u32::try_from(judged.n_silent).unwrap_or(u32::MAX);
    metrics::gauge!("talon_clinics_silent").set(f64::from(n_silent));
    metrics::gauge!("talon_portal_down").set(f64::from(u8::from(judged.portal_is_down)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_in_our_trying_is_seen() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let beat = |seconds| Some(now - TimeDelta::seconds(seconds));
        assert!(was_away(None, now));
        assert!(was_away(beat(61), now));
        assert!(was_away(beat(-61), now), "the clock was set back");
        assert!(!was_away(beat(12), now));
        let jumped = |wall| has_jumped(TimeDelta::seconds(wall), EVERY);
        assert!(!jumped(5));
        assert!(!jumped(9));
        assert!(jumped(3605));
        assert!(jumped(-3595));
    }
}
