//! Watching over the other program's signs of life without trusting the clock.
//!
//! A sign that changes is life, whatever time stands in it; one that does not change ages by how long it was watched.
//! So a clock that jumps fakes no silence and hides none, and neither does a program of ours that was itself asleep.

use crate::store::Heartbeat;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::{Duration, Instant};

/// More than this between two looks was not watched: we slept ourselves.
const LONGEST_STEP: Duration = Duration::from_secs(20);

/// Times closer than this are the same.
const CLOSE: TimeDelta = TimeDelta::minutes(1);

/// What was seen of one program.
#[derive(Debug, Clone, Default)]
pub struct Vigil {
    /// The sign seen last, when, and for how long it has been the same.
    seen: Option<(Option<Heartbeat>, Instant, Duration)>,
    has_changed: bool,
}

impl Vigil {
    /// Another look. Must be told of every look: what lies between two counts as watched.
    pub fn look(&mut self, beat: Option<Heartbeat>, now: Instant) {
        let (is_new, watched) = match &self.seen {
            Some((seen, at, silent)) => {
                let step = now.saturating_duration_since(*at).min(LONGEST_STEP);
                (*seen != beat, *silent + step)
            }
            None => (false, Duration::ZERO),
        };
        self.has_changed |= is_new;
        let silent = if is_new { Duration::ZERO } else { watched };
        self.seen = Some((beat, now, silent));
    }

    /// For how long nothing changed while we watched.
    pub fn silent_for(&self) -> Duration {
        self.seen
            .as_ref()
            .map_or(Duration::ZERO, |(_, _, silent)| *silent)
    }

    /// Whether life was seen: a sign that changed since we began to watch.
    pub fn has_seen_life(&self) -> bool {
        self.has_changed
    }

    /// How old this sign is. It may be newer than what was looked at last. Before anything was seen to change, the
    /// time in it counts, when it is past.
    pub fn age(&self, beat: &Heartbeat, now: DateTime<Utc>) -> TimeDelta {
        let silent = TimeDelta::from_std(self.silent_for()).unwrap_or(TimeDelta::MAX);
        match &self.seen {
            Some((seen, ..)) if seen.as_ref() != Some(beat) => TimeDelta::zero(),
            Some(_) if self.has_changed => silent,
            _ => silent.max(now - beat.at),
        }
    }

    /// Since when there is no newer sign, by today's clock.
    pub fn silent_since(&self, beat: &Heartbeat, now: DateTime<Utc>) -> DateTime<Utc> {
        let since = now - self.age(beat, now);
        // The program's own word is the exact one, unless a clock was set since.
        if (since - beat.at).abs() < CLOSE {
            beat.at
        } else {
            since
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Watches in steps of five seconds; minutes of a clock that may jump.
    struct Scene {
        vigil: Vigil,
        now: Instant,
        clock: DateTime<Utc>,
        beat: Option<Heartbeat>,
    }

    impl Scene {
        fn new() -> Self {
            Self {
                vigil: Vigil::default(),
                now: Instant::now(),
                clock: "2026-11-21T09:00:00Z".parse().unwrap(),
                beat: None,
            }
        }

        fn beat(&mut self) {
            self.beat = Some(Heartbeat {
                started_at: DateTime::UNIX_EPOCH,
                at: self.clock,
                stopped_at: None,
            });
        }

        fn pass(&mut self, seconds: u32, is_alive: bool) {
            for _ in 0..seconds / 5 {
                self.now += Duration::from_secs(5);
                self.clock += TimeDelta::seconds(5);
                if is_alive {
                    self.beat();
                }
                self.vigil.look(self.beat, self.now);
            }
        }

        fn age(&self) -> i64 {
            self.vigil
                .age(&self.beat.unwrap(), self.clock)
                .num_seconds()
        }

        fn since(&self) -> String {
            let since = self.vigil.silent_since(&self.beat.unwrap(), self.clock);
            since.format("%H:%M:%S").to_string()
        }
    }

    #[test]
    fn silence_grows_while_it_is_watched_and_ends_with_the_next_sign() {
        let mut scene = Scene::new();
        scene.pass(60, true);
        assert_eq!((scene.age(), scene.since().as_str()), (0, "09:01:00"));
        scene.pass(180, false);
        assert_eq!(scene.vigil.silent_for(), Duration::from_secs(180));
        assert_eq!((scene.age(), scene.since().as_str()), (180, "09:01:00"));
        scene.pass(5, true);
        assert_eq!(scene.vigil.silent_for(), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_jumps_fakes_no_silence_and_hides_none() {
        for hours in [-1, 1] {
            let mut scene = Scene::new();
            scene.pass(60, true);
            scene.clock += TimeDelta::hours(hours);
            assert_eq!(scene.age(), 0, "{hours}");
            scene.pass(30, false);
            assert_eq!(scene.age(), 30, "{hours}");
            // By the clock as it is now.
            let since = if hours > 0 { "10:01:00" } else { "08:01:00" };
            assert_eq!(scene.since(), since);
        }
    }

    #[test]
    fn whoever_starts_first_is_patient_with_an_old_sign() {
        let mut scene = Scene::new();
        scene.beat();
        scene.clock += TimeDelta::hours(1);
        assert_eq!(
            scene.age(),
            3600,
            "what stands there is all there is to know"
        );
        scene.pass(170, false);
        assert_eq!(scene.vigil.silent_for(), Duration::from_secs(165));
        assert!(!scene.vigil.has_seen_life());
        scene.pass(5, true);
        assert_eq!((scene.age(), scene.vigil.has_seen_life()), (0, true));
    }

    #[test]
    fn what_was_slept_through_was_not_watched() {
        let mut scene = Scene::new();
        scene.pass(60, true);
        // Both stopped for ten minutes; we wake up first.
        scene.now += Duration::from_secs(600);
        scene.clock += TimeDelta::seconds(600);
        scene.pass(5, false);
        assert_eq!(scene.vigil.silent_for(), LONGEST_STEP);
    }

    #[test]
    fn a_sign_newer_than_the_last_look_is_life() {
        let mut scene = Scene::new();
        scene.pass(60, true);
        scene.pass(120, false);
        scene.beat();
        assert_eq!(scene.age(), 0);
    }

    #[test]
    fn a_program_that_never_ran_is_silent_for_as_long_as_it_was_watched() {
        let mut scene = Scene::new();
        scene.pass(185, false);
        assert_eq!(scene.vigil.silent_for(), Duration::from_secs(180));
    }
}
