//! Tables for people's words, a slow reference for everything else.

use super::*;
use chrono::NaiveDateTime;
use proptest::prelude::*;

/// An instant by the clock of St. Petersburg.
fn at(wall: &str) -> DateTime<Utc> {
    from_wall(NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M:%S").unwrap())
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn slot(start: DateTime<Utc>) -> Slot {
    Slot {
        start,
        end: start,
        id: "1".into(),
        room: None,
        address: None,
        number: None,
        n_places: 1,
    }
}

/// Friday, shortly after noon.
fn now() -> DateTime<Utc> {
    at("2026-11-20 12:05:00")
}

#[track_caller]
fn check(wish: &Wish, fits: &[&str], does_not: &[&str]) {
    for start in fits {
        assert!(
            wish.suits(&slot(at(start)), now()),
            "{start} suits {wish:?}"
        );
    }
    for start in does_not {
        let suits = wish.suits(&slot(at(start)), now());
        assert!(!suits, "{start} does not suit {wish:?}");
    }
    assert_eq!(wish.can_suit(now()), !fits.is_empty(), "{wish:?}");
}

#[test]
fn without_a_limit_everything_ahead_suits() {
    check(
        &Wish::default(),
        &[
            "2026-11-20 12:05:01",
            "2026-11-20 23:59:59",
            "2027-11-21 00:00:00",
        ],
        &[
            "2026-11-20 12:05:00",
            "2026-11-20 12:04:59",
            "2026-11-19 18:00:00",
        ],
    );
}

#[test]
fn dates_are_days_of_the_wall_clock_both_included() {
    let wish = Wish {
        not_before: Some(date("2026-11-21")),
        not_after: Some(date("2026-11-28")),
        ..Wish::default()
    };
    // 00:30 in St. Petersburg is still the day before in UTC.
    check(
        &wish,
        &[
            "2026-11-21 00:00:00",
            "2026-11-21 00:30:00",
            "2026-11-28 23:59:59",
        ],
        &["2026-11-20 23:59:59", "2026-11-29 00:00:00"],
    );
}

#[test]
fn today_alone_suits_until_it_ends() {
    let wish = Wish {
        not_after: Some(date("2026-11-20")),
        ..Wish::default()
    };
    check(
        &wish,
        &["2026-11-20 12:06:00", "2026-11-20 23:59:59"],
        &["2026-11-21 00:00:00"],
    );
    assert!(wish.can_suit(at("2026-11-20 23:59:58")));
    assert!(!wish.can_suit(at("2026-11-21 00:00:00")));
}

#[test]
fn weekdays_have_hours_of_their_own() {
    let mut wish = Wish {
        hours: Hours::new(17 * 60, DAY).unwrap(),
        ..Wish::default()
    };
    wish.set_day(Weekday::Sat, Day::Own(Hours::new(0, 12 * 60).unwrap()));
    wish.set_day(Weekday::Sun, Day::Off);
    check(
        &wish,
        &[
            "2026-11-20 17:00:00",
            "2026-11-20 23:59:59",
            "2026-11-21 11:59:00",
            "2026-11-21 00:00:00",
        ],
        &[
            "2026-11-20 16:59:59",
            "2026-11-21 12:00:00",
            "2026-11-21 18:00:00",
            "2026-11-22 18:00:00",
        ],
    );
}

#[test]
fn notice_is_counted_from_now() {
    let wish = Wish {
        notice_min: 120,
        ..Wish::default()
    };
    check(
        &wish,
        &["2026-11-20 14:05:00", "2026-11-21 08:00:00"],
        &["2026-11-20 14:04:59", "2026-11-20 12:06:00"],
    );
}

#[test]
fn sooner_than_mine_is_strictly_sooner() {
    let timed = Wish {
        sooner_than: Some(at("2026-11-25 10:00:00")),
        ..Wish::default()
    };
    check(
        &timed,
        &["2026-11-25 09:59:00", "2026-11-24 18:00:00"],
        &["2026-11-25 10:00:00", "2026-11-26 08:00:00"],
    );
    let dated = Wish {
        sooner_than: Some(at("2026-11-25 00:00:00")),
        ..Wish::default()
    };
    check(
        &dated,
        &["2026-11-24 23:59:59"],
        &["2026-11-25 00:00:00", "2026-11-25 08:00:00"],
    );
}

#[test]
fn skipped_days_do_not_suit() {
    let wish = Wish {
        skipped: [date("2026-11-21"), date("2026-11-23")].into(),
        ..Wish::default()
    };
    check(
        &wish,
        &["2026-11-20 23:00:00", "2026-11-22 00:00:00"],
        &["2026-11-21 00:00:00", "2026-11-23 23:59:59"],
    );
}

#[test]
fn a_wish_that_leaves_nothing_says_so() {
    let week_off = Wish {
        days: [Day::Off; 7],
        ..Wish::default()
    };
    let passed = Wish {
        not_after: Some(date("2026-11-19")),
        ..Wish::default()
    };
    let turned = Wish {
        not_before: Some(date("2026-11-25")),
        not_after: Some(date("2026-11-24")),
        ..Wish::default()
    };
    let taken = Wish {
        sooner_than: Some(now()),
        ..Wish::default()
    };
    let skipped = Wish {
        not_after: Some(date("2026-11-21")),
        skipped: [date("2026-11-20"), date("2026-11-21")].into(),
        ..Wish::default()
    };
    let too_late = Wish {
        not_after: Some(date("2026-11-20")),
        hours: Hours::new(0, 14 * 60).unwrap(),
        notice_min: 120,
        ..Wish::default()
    };
    let no_such_weekday = Wish {
        not_after: Some(date("2026-11-21")),
        days: [
            Day::Common,
            Day::Common,
            Day::Common,
            Day::Common,
            Day::Off,
            Day::Off,
            Day::Common,
        ],
        ..Wish::default()
    };
    for wish in [
        week_off,
        passed,
        turned,
        taken,
        skipped,
        too_late,
        no_such_weekday,
    ] {
        check(
            &wish,
            &[],
            &[
                "2026-11-20 18:00:00",
                "2026-11-21 10:00:00",
                "2026-11-25 10:00:00",
            ],
        );
    }
    let far = Wish {
        not_before: Some(date("2030-01-01")),
        not_after: Some(date("2040-01-01")),
        ..Wish::default()
    };
    assert!(far.can_suit(now()));
}

#[test]
fn what_is_stored_reads_back_in_years() {
    assert_eq!(serde_json::from_str::<Wish>("{}").unwrap(), Wish::default());
    assert_eq!(serde_json::to_string(&Wish::default()).unwrap(), "{}");
    let newer = r#"{"not_after":"2026-11-28","colour":"green"}"#;
    let known = Wish {
        not_after: Some(date("2026-11-28")),
        ..Wish::default()
    };
    assert_eq!(serde_json::from_str::<Wish>(newer).unwrap(), known);

    let mut wish = Wish {
        not_before: Some(date("2026-11-21")),
        not_after: Some(date("2026-11-28")),
        hours: Hours::new(1020, 1440).unwrap(),
        notice_min: 120,
        sooner_than: Some(at("2026-12-01 10:00:00")),
        skipped: [date("2026-11-25")].into(),
        ..Wish::default()
    };
    wish.set_day(Weekday::Sat, Day::Own(Hours::new(540, 720).unwrap()));
    wish.set_day(Weekday::Sun, Day::Off);
    let stored = concat!(
        r#"{"not_before":"2026-11-21","not_after":"2026-11-28","hours":[1020,1440],"#,
        r#""days":["common","common","common","common","common",{"own":[540,720]},"off"],"#,
        r#""notice_min":120,"sooner_than":"2026-12-01T07:00:00Z","skipped":["2026-11-25"]}"#
    );
    assert_eq!(serde_json::to_string(&wish).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Wish>(stored).unwrap(), wish);
}

#[test]
fn hours_are_never_empty() {
    for (from, to) in [(0, 0), (720, 720), (720, 600), (0, 1441), (1440, 1440)] {
        assert_eq!(Hours::new(from, to), None);
        assert!(serde_json::from_str::<Hours>(&format!("[{from},{to}]")).is_err());
    }
    assert_eq!(Hours::new(0, 1440), Some(Hours::WHOLE_DAY));
}

fn some_hours() -> impl Strategy<Value = Hours> {
    // Whole hours mostly, as people choose them; any minute at times.
    let whole = (0_u16..24, 1_u16..=24)
        .prop_map(|(from, length)| (from * 60, (from + length).min(24) * 60));
    let any = (0..DAY, 1..=DAY).prop_map(|(from, length)| (from, (from + length).min(DAY)));
    prop_oneof![whole, any].prop_map(|(from, to)| Hours::new(from, to).unwrap())
}

fn some_day() -> impl Strategy<Value = Day> {
    prop_oneof![
        Just(Day::Common),
        Just(Day::Off),
        some_hours().prop_map(Day::Own)
    ]
}

/// Dates within two weeks around now.
fn some_date() -> impl Strategy<Value = NaiveDate> {
    (0_u64..15).prop_map(|days| date("2026-11-13") + Days::new(days))
}

fn some_wish() -> impl Strategy<Value = Wish> {
    let hours = prop_oneof![Just(Hours::WHOLE_DAY), some_hours()];
    let days = prop_oneof![Just([Day::Common; 7]), prop::array::uniform7(some_day())];
    let notice = prop_oneof![Just(0_u32), 0..3 * 24 * 60_u32];
    let mine = (some_date(), 0..i64::from(DAY)).prop_map(|(date, minute)| {
        from_wall(date.and_time(NaiveTime::MIN)) + TimeDelta::minutes(minute)
    });
    (
        prop::option::of(some_date()),
        prop::option::of(some_date()),
        hours,
        days,
        notice,
        prop::option::of(mine),
        prop::collection::btree_set(some_date(), 0..4),
    )
        .prop_map(
            |(not_before, not_after, hours, days, notice_min, sooner_than, skipped)| Wish {
                not_before,
                not_after,
                hours,
                days,
                notice_min,
                sooner_than,
                skipped,
            },
        )
}

fn some_instant() -> impl Strategy<Value = DateTime<Utc>> {
    let second = 0..86_400_i64;
    let edge = prop_oneof![Just(0), Just(1), Just(86_399), second];
    (some_date(), edge).prop_map(|(date, second)| {
        from_wall(date.and_time(NaiveTime::MIN)) + TimeDelta::seconds(second)
    })
}

/// A start anywhere, or within a second of an edge of the wish: its midnights, hours, notice, mine.
fn some_start(wish: &Wish, now: DateTime<Utc>) -> impl Strategy<Value = DateTime<Utc>> + use<> {
    let mut edges = vec![now, now + wish.notice()];
    edges.extend(wish.sooner_than);
    let dates = [wish.not_before, wish.not_after].into_iter().flatten();
    let dates: Vec<_> = dates
        .chain(wish.skipped.iter().copied())
        .chain([wall_date(now)])
        .collect();
    for date in dates {
        let midnight = from_wall(date.and_time(NaiveTime::MIN));
        edges.extend([midnight, midnight + TimeDelta::days(1)]);
        let hours = wish.hours_of(date.weekday()).unwrap_or_default();
        edges.extend(
            [hours.from, hours.to].map(|minute| midnight + TimeDelta::minutes(minute.into())),
        );
    }
    let edge = (prop::sample::select(edges), -1..=1_i64)
        .prop_map(|(edge, seconds)| edge + TimeDelta::seconds(seconds));
    prop_oneof![some_instant(), edge]
}

fn some_case() -> impl Strategy<Value = (Wish, DateTime<Utc>, DateTime<Utc>)> {
    (some_wish(), some_instant()).prop_flat_map(|(wish, now)| {
        let start = some_start(&wish, now);
        (Just(wish), Just(now), start)
    })
}

/// The same answer by calendar and clock as they are printed, one rule after the other.
fn reference(wish: &Wish, start: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let printed = |at: DateTime<Utc>, form: &str| {
        (at.naive_utc() + TimeDelta::hours(3))
            .format(form)
            .to_string()
    };
    let (day, time) = (printed(start, "%Y-%m-%d"), printed(start, "%H:%M"));
    let weekday: usize = printed(start, "%u").parse().unwrap();
    let mut ready = now;
    for _ in 0..wish.notice_min {
        ready += TimeDelta::minutes(1);
    }
    if start <= now || start < ready {
        return false;
    }
    if let Some(mine) = wish.sooner_than
        && mine.timestamp_millis() <= start.timestamp_millis()
    {
        return false;
    }
    if let Some(first) = wish.not_before
        && day < first.to_string()
    {
        return false;
    }
    if let Some(last) = wish.not_after
        && day > last.to_string()
    {
        return false;
    }
    if wish
        .skipped
        .iter()
        .any(|skipped| skipped.to_string() == day)
    {
        return false;
    }
    let hours = match wish.days[weekday - 1] {
        Day::Off => return false,
        Day::Common => wish.hours,
        Day::Own(hours) => hours,
    };
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    (hours.from..hours.to).any(|minute| clock(minute) == time)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn suiting_agrees_with_the_slow_reference((wish, now, start) in some_case()) {
        prop_assert_eq!(wish.suits(&slot(start), now), reference(&wish, start, now));
    }

    #[test]
    fn what_can_suit_nothing_suits_nothing((wish, now, start) in some_case()) {
        if reference(&wish, start, now) {
            prop_assert!(wish.can_suit(now));
        }
    }

    #[test]
    fn what_does_not_suit_never_will_by_waiting(
        (wish, now, start) in some_case(),
        later in 0..500_000_i64,
    ) {
        if !wish.suits(&slot(start), now) {
            prop_assert!(!wish.suits(&slot(start), now + TimeDelta::seconds(later)));
        }
    }

    #[test]
    fn every_wish_reads_back(wish in some_wish()) {
        let stored = serde_json::to_string(&wish).unwrap();
        prop_assert_eq!(serde_json::from_str::<Wish>(&stored).unwrap(), wish);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn what_can_suit_something_does((wish, now, _) in some_case()) {
        // Minute by minute over all the days a date of these tests can name, and with the seconds around each whole one.
        let begin = now - TimeDelta::seconds(now.timestamp() % 60);
        let mut starts = (0..30 * i64::from(DAY)).flat_map(|minute| {
            [0, 1, 59].map(|second| begin + TimeDelta::minutes(minute) + TimeDelta::seconds(second))
        });
        let found = starts.any(|start| wish.suits(&slot(start), now));
        prop_assert_eq!(wish.can_suit(now), found);
    }
}

#[test]
fn nothing_of_a_day_is_ahead_in_its_last_second() {
    let wish = Wish {
        not_after: Some("2026-11-27".parse().unwrap()),
        ..Wish::default()
    };
    let midnight: DateTime<Utc> = "2026-11-27T21:00:00Z".parse().unwrap();
    for (before_ms, can) in [(2_000, true), (1_001, true), (1_000, false), (1, false)] {
        let now = midnight - TimeDelta::milliseconds(before_ms);
        assert_eq!(wish.can_suit(now), can, "{before_ms} ms before midnight");
    }
}
