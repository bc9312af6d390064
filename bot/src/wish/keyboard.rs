//! Buttons of the card, part by part.

use super::change::{LAST_PAGE, PAGE, monday_of};
use super::touch::{Change, Part, Quick, Touch, View};
use crate::press::{Press, Verb};
use crate::texts::{Arg, Lang, WEEK, date_label, text, text_with, weekday};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use shared::clock::wall_date;
use shared::ids::WatchId;
use shared::wish::{Day, Hours, Wish};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};

type Row = Vec<InlineKeyboardButton>;

/// Hours a person may choose by the hour: clinics receive from eight to nine.
const FROM_HOURS: std::ops::RangeInclusive<u16> = 7..=20;
const TO_HOURS: std::ops::RangeInclusive<u16> = 8..=21;

/// Notice a person may choose, in minutes, besides none.
const NOTICE_HOURS: [u32; 3] = [1, 2, 4];
const NOTICE_DAY: u32 = 24 * 60;

/// Hours chosen with one press.
fn presets() -> [(&'static str, Hours); 4] {
    let hours = |from: u16, to: u16| Hours::new(from * 60, to * 60).unwrap_or_default();
    [
        ("wish-btn-morning", hours(0, 12)),
        ("wish-btn-noon", hours(12, 17)),
        ("wish-btn-evening", hours(17, 24)),
        ("wish-btn-any-hour", Hours::WHOLE_DAY),
    ]
}

/// Makes the buttons of one card.
pub(super) struct Buttons<'a> {
    /// Language of the labels.
    pub(super) lang: Lang,
    /// Whose wish.
    pub(super) watch: WatchId,
    /// The wish as it is.
    pub(super) wish: &'a Wish,
    /// Whether it breaks the quiet hours; `None` = there are none to break.
    pub(super) is_urgent: Option<bool>,
    /// The day people have now.
    pub(super) today: NaiveDate,
    /// Where "back" leads from the card.
    pub(super) page: usize,
}

impl Buttons<'_> {
    /// The keyboard of a part of the card.
    pub(super) fn of(&self, view: View) -> InlineKeyboardMarkup {
        InlineKeyboardMarkup::new(match view {
            View::Card => self.card(),
            View::When => self.when(),
            View::Since(page) => self.since(page),
            View::Until(page) => self.until(page),
            View::Days => self.days(),
            View::Hours => self.hours(),
            View::HoursOf(day) => self.hours_of(day),
            View::Exact(day) => self.exact(day),
            View::Notice => self.notice(),
            View::Sooner(page) => self.sooner(page),
            View::Skip(page) => self.skip(page),
        })
    }

    fn button(&self, label: String, touch: Touch) -> InlineKeyboardButton {
        InlineKeyboardButton::callback(label, Press::Wish(self.watch, touch).to_string())
    }

    fn show(&self, key: &str, view: View) -> InlineKeyboardButton {
        self.button(text(self.lang, key), Touch::Show(view))
    }

    /// A choice, marked when it is the one that holds.
    fn choice(&self, label: String, change: Change, is_chosen: bool) -> InlineKeyboardButton {
        let label = match is_chosen {
            true => self.marked("wish-btn-chosen", label),
            false => label,
        };
        self.button(label, Touch::Change(change))
    }

    fn change(&self, key: &str, change: Change, is_chosen: bool) -> InlineKeyboardButton {
        self.choice(text(self.lang, key), change, is_chosen)
    }

    fn marked(&self, key: &str, label: impl Into<Arg>) -> String {
        text_with(self.lang, key, &[("label", label.into())])
    }

    fn back(&self, view: View) -> Row {
        vec![self.show("btn-back", view)]
    }

    fn card(&self) -> Vec<Row> {
        let mut rows = vec![
            vec![
                self.show("wish-btn-when", View::When),
                self.show("wish-btn-days", View::Days),
            ],
            vec![
                self.show("wish-btn-hours", View::Hours),
                self.show("wish-btn-notice", View::Notice),
            ],
            vec![self.show("wish-btn-sooner", View::Sooner(0))],
            vec![self.show("wish-btn-skip", View::Skip(0))],
        ];
        if let Some(is_urgent) = self.is_urgent {
            let key = match is_urgent {
                true => "wish-btn-not-urgent",
                false => "wish-btn-urgent",
            };
            rows.push(vec![
                self.button(text(self.lang, key), Touch::Urgent(!is_urgent)),
            ]);
        }
        if !self.wish.is_any() {
            rows.push(vec![self.change("wish-btn-reset", Change::Reset, false)]);
        }
        for (key, verb) in [("btn-when", Verb::When), ("btn-share", Verb::Share)] {
            let press = Press::Watch(self.watch, verb).to_string();
            let label = text(self.lang, key);
            rows.push(vec![InlineKeyboardButton::callback(label, press)]);
        }
        let list = Press::List(self.page).to_string();
        let back = text(self.lang, "btn-back");
        rows.push(vec![InlineKeyboardButton::callback(back, list)]);
        rows
    }

    fn when(&self) -> Vec<Row> {
        let dates = (self.wish.not_before, self.wish.not_after);
        let quick = |key, quick: Quick| {
            self.change(key, Change::Dates(quick), dates == quick.dates(self.today))
        };
        vec![
            vec![
                quick("wish-btn-today", Quick::Today),
                quick("wish-btn-tomorrow", Quick::Tomorrow),
            ],
            vec![
                quick("wish-btn-week", Quick::Week),
                quick("wish-btn-fortnight", Quick::Fortnight),
            ],
            vec![quick("wish-btn-any-date", Quick::Any)],
            vec![
                self.show("wish-btn-since", View::Since(0)),
                self.show("wish-btn-until", View::Until(0)),
            ],
            self.back(View::Card),
        ]
    }

    fn since(&self, page: u8) -> Vec<Row> {
        let chosen = self.wish.not_before;
        let mut rows = self.calendar(page, self.today, View::Since, |date, label| {
            self.choice(label, Change::Since(Some(date)), chosen == Some(date))
        });
        rows.push(vec![self.change(
            "wish-btn-any-day",
            Change::Since(None),
            chosen.is_none(),
        )]);
        rows.push(self.back(View::When));
        rows
    }

    fn until(&self, page: u8) -> Vec<Row> {
        let chosen = self.wish.not_after;
        let mut rows = self.calendar(page, self.today, View::Until, |date, label| {
            self.choice(label, Change::Until(Some(date)), chosen == Some(date))
        });
        rows.push(vec![self.change(
            "wish-btn-any-day",
            Change::Until(None),
            chosen.is_none(),
        )]);
        rows.push(self.back(View::When));
        rows
    }

    fn sooner(&self, page: u8) -> Vec<Row> {
        let chosen = self.wish.sooner_than.map(wall_date);
        // Nothing ahead is sooner than an appointment of today.
        let tomorrow = self.today.succ_opt().unwrap_or(self.today);
        let mut rows = self.calendar(page, tomorrow, View::Sooner, |date, label| {
            self.choice(label, Change::Sooner(Some(date)), chosen == Some(date))
        });
        rows.push(vec![self.change(
            "wish-btn-not-sooner",
            Change::Sooner(None),
            chosen.is_none(),
        )]);
        rows.push(self.back(View::Card));
        rows
    }

    fn skip(&self, page: u8) -> Vec<Row> {
        let mut rows = self.calendar(page, self.today, View::Skip, |date, label| {
            let label = match self.wish.skipped.contains(&date) {
                true => self.marked("wish-btn-left-out", label),
                false => label,
            };
            self.button(label, Touch::Change(Change::Skip(date)))
        });
        if !self.wish.skipped.is_empty() {
            rows.push(vec![self.change(
                "wish-btn-no-skip",
                Change::SkipNone,
                false,
            )]);
        }
        rows.push(self.back(View::Card));
        rows
    }

    /// Five weeks from Monday to Sunday under their names; days before `first` cannot be pressed.
    fn calendar(
        &self,
        page: u8,
        first: NaiveDate,
        view: impl Fn(u8) -> View,
        day: impl Fn(NaiveDate, String) -> InlineKeyboardButton,
    ) -> Vec<Row> {
        let page = page.min(LAST_PAGE);
        let monday = monday_of(page, self.today);
        // Pressed, it shows the same page again.
        let still = |label| self.button(label, Touch::Show(view(page)));
        let mut rows = vec![WEEK.map(|day| still(weekday(self.lang, day))).to_vec()];
        let dates: Vec<NaiveDate> = (0..u64::from(PAGE))
            .filter_map(|n| monday.checked_add_days(Days::new(n)))
            .collect();
        for week in dates.chunks(7) {
            let cells = week.iter().map(|date| match *date < first {
                true => still("·".to_owned()),
                false => day(*date, date.day().to_string()),
            });
            rows.push(cells.collect());
        }
        let mut turns = Vec::new();
        if page > 0 {
            turns.push(self.show("btn-prev", view(page - 1)));
        }
        let named = |date: Option<&NaiveDate>| {
            let date = date.copied().unwrap_or(monday);
            date_label(self.lang, date, self.today).into()
        };
        let shown = [
            ("first", named(dates.first())),
            ("last", named(dates.last())),
        ];
        turns.push(still(text_with(self.lang, "wish-btn-span", &shown)));
        if page < LAST_PAGE {
            turns.push(self.show("btn-next", view(page + 1)));
        }
        rows.push(turns);
        rows
    }

    fn days(&self) -> Vec<Row> {
        let day = |day: &Weekday| {
            let key = match self.wish.day(*day) {
                Day::Off => "wish-btn-left-out",
                Day::Common | Day::Own(_) => "wish-btn-chosen",
            };
            let label = self.marked(key, weekday(self.lang, *day));
            self.button(label, Touch::Change(Change::Day(*day)))
        };
        let part = |key, part: Part| {
            let is_chosen = WEEK
                .iter()
                .all(|day| part.holds(*day) == (self.wish.day(*day) != Day::Off));
            self.change(key, Change::Days(part), is_chosen)
        };
        vec![
            WEEK[..4].iter().map(day).collect(),
            WEEK[4..].iter().map(day).collect(),
            vec![
                part("wish-btn-work", Part::Work),
                part("wish-btn-weekend", Part::Weekend),
            ],
            vec![part("wish-btn-whole-week", Part::All)],
            self.back(View::Card),
        ]
    }

    fn preset_rows(&self, day: Option<Weekday>, chosen: Option<Hours>) -> Vec<Row> {
        let buttons = presets()
            .map(|(key, hours)| self.change(key, Change::Hours(day, hours), chosen == Some(hours)));
        buttons.chunks(2).map(<[_]>::to_vec).collect()
    }

    fn hours(&self) -> Vec<Row> {
        let mut rows = self.preset_rows(None, Some(self.wish.hours));
        rows.push(vec![self.show("wish-btn-exact", View::Exact(None))]);
        let days = WEEK.map(|day| {
            let label = weekday(self.lang, day);
            let label = match self.wish.day(day) {
                Day::Own(_) => self.marked("wish-btn-chosen", label),
                Day::Off => self.marked("wish-btn-left-out", label),
                Day::Common => label,
            };
            self.button(label, Touch::Show(View::HoursOf(day)))
        });
        rows.extend([days[..4].to_vec(), days[4..].to_vec()]);
        rows.push(self.back(View::Card));
        rows
    }

    fn hours_of(&self, day: Weekday) -> Vec<Row> {
        let own = match self.wish.day(day) {
            Day::Own(hours) => Some(hours),
            Day::Common | Day::Off => None,
        };
        let is_common = self.wish.day(day) == Day::Common;
        let mut rows = self.preset_rows(Some(day), own);
        rows.push(vec![self.show("wish-btn-exact", View::Exact(Some(day)))]);
        rows.push(vec![self.change(
            "wish-btn-common",
            Change::Common(day),
            is_common,
        )]);
        rows.push(self.back(View::Hours));
        rows
    }

    fn exact(&self, day: Option<Weekday>) -> Vec<Row> {
        let now = match day {
            None => self.wish.hours,
            Some(day) => self.wish.hours_of(day).unwrap_or(self.wish.hours),
        };
        let hour = |key, hour: u16, hours: Option<Hours>, is_chosen| {
            let label = text_with(self.lang, key, &[("hour", u32::from(hour).into())]);
            self.choice(
                label,
                Change::Exact(day, hours.unwrap_or_default()),
                is_chosen,
            )
        };
        let from = FROM_HOURS.map(|from| {
            // An end that would come before the beginning gives way.
            let hours =
                Hours::new(from * 60, now.to()).or(Hours::new(from * 60, Hours::WHOLE_DAY.to()));
            hour("wish-btn-from-hour", from, hours, now.from() == from * 60)
        });
        let to = TO_HOURS.map(|to| {
            let hours = Hours::new(now.from(), to * 60).or(Hours::new(0, to * 60));
            hour("wish-btn-to-hour", to, hours, now.to() == to * 60)
        });
        let (from, to): (Row, Row) = (from.collect(), to.collect());
        let mut rows: Vec<Row> = from
            .chunks(5)
            .chain(to.chunks(5))
            .map(<[_]>::to_vec)
            .collect();
        let whole = Change::Exact(day, Hours::WHOLE_DAY);
        rows.push(vec![self.change(
            "wish-btn-any-hour",
            whole,
            now.is_whole_day(),
        )]);
        rows.push(self.back(day.map_or(View::Hours, View::HoursOf)));
        rows
    }

    fn notice(&self) -> Vec<Row> {
        let now = self.wish.notice_min;
        let hours = NOTICE_HOURS.map(|n| {
            let label = text_with(self.lang, "wish-btn-notice-hours", &[("n", n.into())]);
            self.choice(label, Change::Notice(n * 60), now == n * 60)
        });
        vec![
            vec![self.change("wish-btn-no-notice", Change::Notice(0), now == 0)],
            hours.to_vec(),
            vec![self.change(
                "wish-btn-notice-day",
                Change::Notice(NOTICE_DAY),
                now == NOTICE_DAY,
            )],
            self.back(View::Card),
        ]
    }
}

#[cfg(test)]
mod tests;
