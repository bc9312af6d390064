use super::*;
use teloxide::types::InlineKeyboardButtonKind;

const WATCH: WatchId = WatchId(i64::MAX);

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A wish with every limit.
fn picky() -> Wish {
    let mut wish = Wish {
        not_before: Some(date("2026-11-21")),
        not_after: Some(date("2027-01-15")),
        hours: Hours::new(1020, 1440).unwrap(),
        notice_min: 120,
        sooner_than: Some("2026-12-01T07:00:00Z".parse().unwrap()),
        skipped: [date("2026-11-25")].into(),
        ..Wish::default()
    };
    wish.set_day(Weekday::Sat, Day::Own(Hours::new(545, 600).unwrap()));
    wish.set_day(Weekday::Sun, Day::Off);
    wish
}

fn views() -> Vec<View> {
    let mut views = vec![
        View::Card,
        View::When,
        View::Days,
        View::Hours,
        View::Notice,
        View::Exact(None),
    ];
    for page in [0, 1, LAST_PAGE, 255] {
        views.extend([
            View::Since(page),
            View::Until(page),
            View::Sooner(page),
            View::Skip(page),
        ]);
    }
    views.extend(WEEK.map(View::HoursOf));
    views.extend(WEEK.map(|day| View::Exact(Some(day))));
    views
}

fn keyboard(lang: Lang, wish: &Wish, view: View) -> Vec<Vec<(String, String)>> {
    let today = date("2026-11-20");
    let buttons = Buttons {
        lang,
        watch: WATCH,
        wish,
        is_urgent: Some(false),
        today,
        page: 3,
    };
    let rows = buttons.of(view).inline_keyboard.into_iter();
    rows.map(|row| {
        row.into_iter()
            .map(|button| match button.kind {
                InlineKeyboardButtonKind::CallbackData(data) => (button.text, data),
                other => panic!("{other:?}"),
            })
            .collect()
    })
    .collect()
}

#[test]
fn telegram_takes_every_keyboard() {
    for lang in Lang::ALL {
        for wish in [Wish::default(), picky()] {
            for view in views() {
                let rows = keyboard(lang, &wish, view);
                assert!(rows.iter().map(Vec::len).sum::<usize>() <= 100, "{view:?}");
                for row in &rows {
                    assert!((1..=8).contains(&row.len()), "{view:?}: {row:?}");
                }
                for (label, data) in rows.iter().flatten() {
                    assert!((1..=30).contains(&label.chars().count()), "{label}");
                    assert!(data.len() <= 64, "{data}");
                    assert!(Press::read(data).is_some(), "{data}");
                }
            }
        }
    }
}

#[test]
fn every_part_leads_back() {
    for view in views() {
        let rows = keyboard(Lang::Ru, &picky(), view);
        let (label, data) = &rows.last().unwrap()[0];
        assert_eq!(label, "Назад", "{view:?}");
        let is_list = matches!(Press::read(data), Some(Press::List(3)));
        assert_eq!(is_list, view == View::Card, "{view:?}");
    }
}

fn labels(wish: &Wish, view: View) -> Vec<String> {
    let rows = keyboard(Lang::Ru, wish, view).into_iter();
    rows.map(|row| {
        row.into_iter()
            .map(|(label, _)| label)
            .collect::<Vec<_>>()
            .join(" | ")
    })
    .collect()
}

#[test]
fn what_holds_is_marked() {
    let wish = picky();
    assert_eq!(
        labels(&wish, View::Days)[..2],
        ["✓ пн | ✓ вт | ✓ ср | ✓ чт", "✓ пт | ✓ сб | ✗ вс"]
    );
    assert_eq!(
        labels(&wish, View::Hours)[1],
        "✓ Вечер, после 17 | Любое время"
    );
    assert_eq!(
        labels(&wish, View::Hours)[3..5],
        ["пн | вт | ср | чт", "пт | ✓ сб | ✗ вс"]
    );
    assert_eq!(labels(&wish, View::Notice)[1], "1 час | ✓ 2 часа | 4 часа");
    assert_eq!(labels(&Wish::default(), View::When)[2], "✓ Любые числа");
}

#[test]
fn a_calendar_begins_on_monday_and_days_that_have_passed_cannot_be_pressed() {
    let wish = picky();
    assert_eq!(
        labels(&wish, View::Skip(0)),
        [
            "пн | вт | ср | чт | пт | сб | вс",
            "· | · | · | · | 20 | 21 | 22",
            "23 | 24 | ✗ 25 | 26 | 27 | 28 | 29",
            "30 | 1 | 2 | 3 | 4 | 5 | 6",
            "7 | 8 | 9 | 10 | 11 | 12 | 13",
            "14 | 15 | 16 | 17 | 18 | 19 | 20",
            "16 ноября – 20 декабря | ▶",
            "Не пропускать",
            "Назад",
        ]
    );
    assert_eq!(
        labels(&wish, View::Until(1))[4],
        "11 | 12 | 13 | 14 | ✓ 15 | 16 | 17"
    );
    assert_eq!(
        labels(&wish, View::Until(1))[6],
        "◀ | 21 декабря – 24 января 2027 | ▶"
    );
    assert_eq!(
        labels(&wish, View::Sooner(0))[1],
        "· | · | · | · | · | 21 | 22"
    );
    assert_eq!(labels(&wish, View::Since(LAST_PAGE)).len(), 9);
}

#[test]
fn one_end_of_the_hours_gives_way_to_the_other() {
    let wish = picky();
    let exact = keyboard(Lang::Ru, &wish, View::Exact(None));
    let data = |label: &str| {
        let found = exact.iter().flatten().find(|(of, _)| of == label).unwrap();
        match Press::read(&found.1) {
            Some(Press::Wish(_, Touch::Change(Change::Exact(None, hours)))) => {
                (hours.from(), hours.to())
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(data("с 9"), (540, 1440));
    assert_eq!(data("✓ с 17"), (1020, 1440));
    assert_eq!(data("до 18"), (1020, 1080));
    assert_eq!(
        data("до 12"),
        (0, 720),
        "from five to noon would be nothing"
    );
}
