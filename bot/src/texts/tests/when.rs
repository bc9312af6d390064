//! Days, hours and plurals.

use super::super::when::{since, until};
use super::super::*;
use super::world::{at, now};
use chrono::NaiveDate;

#[test]
fn days_are_near_or_named() {
    let today = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    for (y, m, d, ru, en) in [
        (
            2026,
            11,
            20,
            "сегодня, пт 20 ноября",
            "today, Fri 20 November",
        ),
        (
            2026,
            11,
            21,
            "завтра, сб 21 ноября",
            "tomorrow, Sat 21 November",
        ),
        (2026, 11, 24, "вт 24 ноября", "Tue 24 November"),
        (
            2026,
            11,
            19,
            "вчера, чт 19 ноября",
            "yesterday, Thu 19 November",
        ),
        (2027, 1, 11, "пн 11 января 2027", "Mon 11 January 2027"),
    ] {
        let date = NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(day(Lang::Ru, date, today), ru);
        assert_eq!(day(Lang::En, date, today), en);
    }
}

#[test]
fn hours_are_those_of_st_petersburg() {
    let utc = "2026-11-20T21:05:09Z".parse().unwrap();
    assert_eq!(time(utc), "00:05");
    assert_eq!(clock(utc), "00:05:09");
}

#[test]
fn ages_are_told_as_people_tell_them() {
    for (then, ru, en) in [
        ("2026-11-20 12:05:31", "только что", "just now"),
        ("2026-11-20 12:05:41", "только что", "just now"), // another clock, slightly ahead
        ("2026-11-20 12:05:28", "3 секунды назад", "3 seconds ago"),
        ("2026-11-20 12:05:19", "12 секунд назад", "12 seconds ago"),
        ("2026-11-20 12:05:10", "21 секунду назад", "21 seconds ago"),
        ("2026-11-20 12:04:31", "1 минуту назад", "1 minute ago"),
        ("2026-11-20 12:02:00", "3 минуты назад", "3 minutes ago"),
        ("2026-11-20 11:05:32", "59 минут назад", "59 minutes ago"),
        ("2026-11-20 11:05:31", "в 11:05", "at 11:05"),
        ("2026-11-19 07:40:00", "вчера в 07:40", "yesterday at 07:40"),
        (
            "2026-11-18 07:40:00",
            "18 ноября в 07:40",
            "on 18 November at 07:40",
        ),
        (
            "2025-11-18 07:40:00",
            "18 ноября 2025 в 07:40",
            "on 18 November 2025 at 07:40",
        ),
        ("2026-11-20 13:05:31", "в 13:05", "at 13:05"), // a clock that jumped
    ] {
        assert_eq!(ago(Lang::Ru, at(then), now()), ru);
        assert_eq!(ago(Lang::En, at(then), now()), en);
    }
}

#[test]
fn half_an_hour_over_midnight_is_still_minutes() {
    let (then, now) = (at("2026-11-19 23:50:00"), at("2026-11-20 00:20:00"));
    assert_eq!(ago(Lang::Ru, then, now), "30 минут назад");
}

#[test]
fn since_and_until_name_the_day_when_it_is_another() {
    for (then, ru, en) in [
        ("2026-11-20 07:40:00", "с 07:40", "since 07:40"),
        (
            "2026-11-19 07:40:00",
            "с 07:40 вчерашнего дня",
            "since 07:40 yesterday",
        ),
        (
            "2026-11-18 07:40:00",
            "с 07:40 18 ноября",
            "since 07:40 on 18 November",
        ),
    ] {
        assert_eq!(since(Lang::Ru, at(then), now()), ru);
        assert_eq!(since(Lang::En, at(then), now()), en);
    }
    for (then, ru, en) in [
        ("2026-11-20 17:40:00", "до 17:40", "until 17:40"),
        (
            "2026-11-21 07:40:00",
            "до 07:40 завтрашнего дня",
            "until 07:40 tomorrow",
        ),
        (
            "2026-12-18 07:40:00",
            "до 07:40 18 декабря",
            "until 07:40 on 18 December",
        ),
    ] {
        assert_eq!(until(Lang::Ru, at(then), now()), ru);
        assert_eq!(until(Lang::En, at(then), now()), en);
    }
}

#[test]
fn talons_are_counted_in_good_russian() {
    let say = |lang, n: u32| text_with(lang, "more-of-doctor", &[("n", n.into())]);
    for (n, ru, en) in [
        (0, "и ещё 0 талонов", "and 0 more appointments"),
        (1, "и ещё 1 талон", "and 1 more appointment"),
        (2, "и ещё 2 талона", "and 2 more appointments"),
        (5, "и ещё 5 талонов", "and 5 more appointments"),
        (11, "и ещё 11 талонов", "and 11 more appointments"),
        (21, "и ещё 21 талон", "and 21 more appointments"),
        (101, "и ещё 101 талон", "and 101 more appointments"),
        (1111, "и ещё 1111 талонов", "and 1111 more appointments"),
    ] {
        assert_eq!(say(Lang::Ru, n), ru);
        assert_eq!(say(Lang::En, n), en);
    }
}
