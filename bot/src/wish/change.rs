//! What a press makes of a wish.

use super::touch::{Change, Part, Quick, Touch, View};
use crate::texts::WEEK;
use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};
use shared::clock::from_wall;
use shared::wish::{Day, Wish};

/// Days on one page of the calendar: five whole weeks.
pub(super) const PAGE: u8 = 35;

/// The last page of the calendar; the portal never shows so far ahead.
pub(super) const LAST_PAGE: u8 = 3;

impl Change {
    /// The wish after it.
    pub(super) fn apply(self, wish: &Wish, today: NaiveDate) -> Wish {
        let mut wish = wish.clone();
        match self {
            Self::Dates(quick) => (wish.not_before, wish.not_after) = quick.dates(today),
            Self::Since(date) => {
                wish.not_before = date;
                // Chosen last, meant most: a limit that would leave no day goes.
                wish.not_after = wish
                    .not_after
                    .filter(|last| date.is_none_or(|first| first <= *last));
            }
            Self::Until(date) => {
                wish.not_after = date;
                wish.not_before = wish
                    .not_before
                    .filter(|first| date.is_none_or(|last| *first <= last));
            }
            Self::Day(day) => {
                let turned = match wish.day(day) {
                    Day::Off => Day::Common,
                    Day::Common | Day::Own(_) => Day::Off,
                };
                wish.set_day(day, turned);
            }
            Self::Days(part) => part.choose(&mut wish),
            Self::Hours(None, hours) | Self::Exact(None, hours) => wish.hours = hours,
            Self::Hours(Some(day), hours) | Self::Exact(Some(day), hours) => {
                wish.set_day(day, Day::Own(hours));
            }
            Self::Common(day) => wish.set_day(day, Day::Common),
            Self::Notice(minutes) => wish.notice_min = minutes,
            // Its hour is not known: only earlier days are surely sooner.
            Self::Sooner(date) => {
                wish.sooner_than = date.map(|date| from_wall(date.and_time(NaiveTime::MIN)));
            }
            Self::Skip(date) => {
                if !wish.skipped.remove(&date) {
                    wish.skipped.insert(date);
                }
            }
            Self::SkipNone => wish.skipped.clear(),
            Self::Reset => wish = Wish::default(),
        }
        // Days that have passed limit nothing any more.
        wish.skipped = wish.skipped.split_off(&today);
        wish
    }

    /// What the card shows next: the whole wish after a choice, the same part while one goes on choosing.
    fn view(self, today: NaiveDate) -> View {
        match self {
            Self::Since(_) | Self::Until(_) => View::When,
            Self::Day(_) => View::Days,
            Self::Hours(Some(_), _) | Self::Common(_) => View::Hours,
            Self::Exact(day, _) => View::Exact(day),
            Self::Skip(date) => View::Skip(page_of(date, today)),
            _ => View::Card,
        }
    }
}

impl Touch {
    /// The part of the card to show.
    pub(super) fn view(self, today: NaiveDate) -> View {
        match self {
            Self::Show(view) => view,
            Self::Change(change) => change.view(today),
            Self::Urgent(_) => View::Card,
        }
    }
}

impl Quick {
    /// The first and the last day.
    pub(super) fn dates(self, today: NaiveDate) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let after = |days| today.checked_add_days(Days::new(days));
        match self {
            Self::Any => (None, None),
            Self::Today => (None, Some(today)),
            Self::Tomorrow => (after(1), after(1)),
            Self::Week => (
                None,
                after(u64::from(6 - today.weekday().num_days_from_monday())),
            ),
            Self::Fortnight => (None, after(13)),
        }
    }
}

impl Part {
    pub(super) fn holds(self, day: Weekday) -> bool {
        let is_work = WEEK[..5].contains(&day);
        match self {
            Self::All => true,
            Self::Work => is_work,
            Self::Weekend => !is_work,
        }
    }

    /// Hours of their own stay with the days that suit.
    fn choose(self, wish: &mut Wish) {
        for day in WEEK {
            let chosen = match (self.holds(day), wish.day(day)) {
                (false, _) => Day::Off,
                (true, Day::Off) => Day::Common,
                (true, kept) => kept,
            };
            wish.set_day(day, chosen);
        }
    }
}

/// The Monday a page of the calendar begins with.
pub(super) fn monday_of(page: u8, today: NaiveDate) -> NaiveDate {
    let monday = today.week(Weekday::Mon).first_day();
    let ahead = Days::new(u64::from(page.min(LAST_PAGE)) * u64::from(PAGE));
    monday.checked_add_days(ahead).unwrap_or(monday)
}

/// The page of the calendar that holds a date.
pub(super) fn page_of(date: NaiveDate, today: NaiveDate) -> u8 {
    let days = (date - monday_of(0, today)).num_days();
    u8::try_from(days.max(0) / i64::from(PAGE)).map_or(LAST_PAGE, |page| page.min(LAST_PAGE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::wish::Hours;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A Friday.
    fn today() -> NaiveDate {
        date("2026-11-20")
    }

    fn after(changes: &[Change]) -> Wish {
        let start = Wish::default();
        changes
            .iter()
            .fold(start, |wish, change| change.apply(&wish, today()))
    }

    #[test]
    fn quick_dates_are_counted_from_today() {
        for (quick, first, last) in [
            (Quick::Any, None, None),
            (Quick::Today, None, Some("2026-11-20")),
            (Quick::Tomorrow, Some("2026-11-21"), Some("2026-11-21")),
            (Quick::Week, None, Some("2026-11-22")),
            (Quick::Fortnight, None, Some("2026-12-03")),
        ] {
            assert_eq!(quick.dates(today()), (first.map(date), last.map(date)));
        }
        let sunday = date("2026-11-22");
        assert_eq!(Quick::Week.dates(sunday), (None, Some(sunday)));
    }

    #[test]
    fn of_two_dates_that_leave_nothing_the_last_chosen_stays() {
        let wish = after(&[
            Change::Since(Some(date("2026-11-25"))),
            Change::Until(Some(date("2026-11-23"))),
        ]);
        assert_eq!(
            (wish.not_before, wish.not_after),
            (None, Some(date("2026-11-23")))
        );
        let wish = Change::Since(Some(date("2026-11-24"))).apply(&wish, today());
        assert_eq!(
            (wish.not_before, wish.not_after),
            (Some(date("2026-11-24")), None)
        );
    }

    #[test]
    fn weekdays_come_and_go_and_keep_their_hours_among_others() {
        let own = Hours::new(0, 720).unwrap();
        let wish = after(&[
            Change::Hours(Some(Weekday::Sat), own),
            Change::Day(Weekday::Mon),
            Change::Days(Part::Weekend),
        ]);
        assert_eq!(wish.day(Weekday::Mon), Day::Off);
        assert_eq!(wish.day(Weekday::Sat), Day::Own(own));
        assert_eq!(wish.day(Weekday::Sun), Day::Common);
        let wish = Change::Days(Part::All).apply(&wish, today());
        assert_eq!(wish.day(Weekday::Mon), Day::Common);
        let wish = Change::Common(Weekday::Sat).apply(&wish, today());
        assert!(wish.is_any());
    }

    #[test]
    fn skipped_days_come_back_and_past_ones_are_dropped() {
        let (past, next) = (date("2026-11-19"), date("2026-11-23"));
        let mut wish = Wish {
            skipped: [past].into(),
            ..Wish::default()
        };
        wish = Change::Skip(next).apply(&wish, today());
        assert_eq!(wish.skipped, [next].into());
        assert!(Change::Skip(next).apply(&wish, today()).is_any());
        assert!(Change::SkipNone.apply(&wish, today()).is_any());
    }

    #[test]
    fn a_date_is_on_the_page_that_shows_it() {
        for (day, page) in [
            ("2026-11-16", 0),
            ("2026-12-20", 0),
            ("2026-12-21", 1),
            ("2027-04-04", 3),
            ("2040-01-01", 3),
            ("2020-01-01", 0),
        ] {
            assert_eq!(page_of(date(day), today()), page, "{day}");
        }
        assert_eq!(monday_of(1, today()), date("2026-12-21"));
        assert_eq!(monday_of(200, today()), monday_of(3, today()));
    }
}
