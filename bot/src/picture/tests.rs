//! What is drawn is where it should be, and nothing makes it fail.

use super::*;
use chrono::{NaiveDateTime, TimeDelta};
use shared::clock::from_wall;

fn at(wall: &str) -> DateTime<Utc> {
    from_wall(NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M").unwrap())
}

/// Friday, shortly after noon.
fn now() -> DateTime<Utc> {
    at("2026-11-20 12:05")
}

fn mark(wall: &str, n_places: u32, suits: bool) -> Mark {
    Mark {
        start: at(&format!("2026-{wall}")),
        n_places,
        suits,
    }
}

fn view(marks: Vec<Mark>) -> View {
    View {
        title: "Терапевт · Иванова А. П. · ГП №27".to_owned(),
        marks,
        checked_at: Some(at("2026-11-20 12:04") + TimeDelta::seconds(29)),
        now: now(),
    }
}

fn ordinary() -> View {
    view(vec![
        mark("11-20 16:15", 1, true),
        mark("11-21 09:40", 1, true),
        mark("11-21 09:55", 2, true),
        mark("11-24 18:20", 1, false),
        mark("11-24 17:05", 12, true),
        mark("11-25 08:00", 1, false),
        mark("11-30 11:00", 1, false),
        mark("12-01 19:45", 1, true),
        mark("12-03 10:00", 7, true),
        mark("12-20 10:00", 3, true),
    ])
}

struct Decoded {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Decoded {
    fn of(png: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(png))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        Self {
            width: info.width,
            height: info.height,
            pixels,
        }
    }

    fn at(&self, x: i32, y: i32) -> [u8; 3] {
        let start = 3 * (y as usize * self.width as usize + x as usize);
        self.pixels[start..start + 3].try_into().unwrap()
    }

    /// The colour of a cell, beside its number.
    fn cell(&self, layout: &Layout, day: usize, hour: u32) -> [u8; 3] {
        let [left, top, ..] = layout.cell(day, hour);
        self.at(left + 8, top + 4)
    }
}

#[track_caller]
fn drawn(view: &View, lang: Lang) -> (Decoded, Layout) {
    let png = draw(view, lang).unwrap();
    assert!(png.len() < 200_000, "{} bytes", png.len());
    let decoded = Decoded::of(&png);
    assert_eq!(decoded.width, WIDTH);
    assert!(
        (600..=1_100).contains(&decoded.height),
        "{}",
        decoded.height
    );
    let board = Board::of(view);
    let n_lines = paint::wrap(
        &Pen::new().unwrap(),
        &view.title,
        TITLE,
        width() - 2 * MARGIN,
        TITLE_LINES,
    )
    .len();
    let layout = layout(&board, n_lines, feet(lang, &board).len());
    assert_eq!(decoded.height, layout.height());
    (decoded, layout)
}

#[test]
fn talons_are_filled_and_suiting_ones_are_bright() {
    for lang in Lang::ALL {
        let (picture, layout) = drawn(&ordinary(), lang);
        for (day, hour, want) in [
            (0, 16, Ink::Bright),
            (1, 9, Ink::Bright),
            (1, 10, Ink::EmptyWeekend),
            (4, 17, Ink::Bright),
            (4, 18, Ink::Dim),
            (5, 8, Ink::Dim),
            (5, 9, Ink::Empty),
            (11, 19, Ink::Bright),
            (13, 10, Ink::Bright),
            // Has passed today.
            (0, 9, Ink::Paper),
        ] {
            assert_eq!(
                picture.cell(&layout, day, hour),
                want.rgb(),
                "day {day}, {hour}:00"
            );
        }
    }
}

#[test]
fn an_hour_with_a_suiting_talon_is_bright_whatever_else_is_free_then() {
    let view = view(vec![
        mark("11-21 09:40", 1, true),
        mark("11-21 09:10", 5, false),
    ]);
    let (picture, layout) = drawn(&view, Lang::Ru);
    assert_eq!(picture.cell(&layout, 1, 9), Ink::Bright.rgb());
}

#[test]
fn a_doctor_who_works_at_night_gets_columns_for_it() {
    let view = view(vec![
        mark("11-21 00:10", 1, true),
        mark("11-22 23:50", 1, true),
    ]);
    let (picture, layout) = drawn(&view, Lang::Ru);
    assert_eq!(picture.cell(&layout, 1, 0), Ink::Bright.rgb());
    assert_eq!(picture.cell(&layout, 2, 23), Ink::Bright.rgb());
}

#[test]
fn the_same_view_gives_the_same_bytes() {
    assert_eq!(draw(&ordinary(), Lang::Ru), draw(&ordinary(), Lang::Ru));
}

#[test]
fn nothing_free_is_a_picture_too() {
    drawn(&view(Vec::new()), Lang::Ru);
    let unread = View {
        checked_at: None,
        ..view(Vec::new())
    };
    drawn(&unread, Lang::En);
}

#[test]
fn monsters_are_drawn() {
    let marks = (0..3_131).map(|n| Mark {
        start: now() + TimeDelta::minutes(7 * n),
        n_places: if n % 50 == 0 { u32::MAX } else { 1 },
        suits: n % 3 == 0,
    });
    let titles = [
        "Врач-оториноларинголог ".repeat(150),
        "Ъ".repeat(3_426),
        "\u{202e}<b>&😀".to_owned(),
        String::new(),
    ];
    for (title, lang) in titles.into_iter().zip(Lang::ALL.into_iter().cycle()) {
        let monster = View {
            title,
            ..view(marks.clone().collect())
        };
        drawn(&monster, lang);
    }
}

/// Mostly in the mornings of working days.
fn week() -> Week {
    let mut hours = [[0; 24]; 7];
    for (day, hour, n) in [
        (0, 8, 12),
        (0, 9, 3),
        (1, 8, 9),
        (2, 8, 6),
        (3, 8, 1),
        (3, 15, 4),
        (4, 8, 11),
        (5, 10, 2),
    ] {
        hours[day][hour] = n;
    }
    Week {
        title: "Терапевт · Иванова А. П. · ГП №27".to_owned(),
        hours,
        n_openings: 24,
        n_days: 17,
    }
}

#[track_caller]
fn drawn_week(week: &Week, lang: Lang) -> (Decoded, week::Layout) {
    let png = draw_week(week, lang).unwrap();
    assert!(png.len() < 200_000, "{} bytes", png.len());
    let decoded = Decoded::of(&png);
    assert_eq!(decoded.width, WIDTH);
    assert!((560..=850).contains(&decoded.height), "{}", decoded.height);
    let pen = Pen::new().unwrap();
    let title = paint::wrap(&pen, &week.title, TITLE, width() - 2 * MARGIN, TITLE_LINES);
    let layout = week::Layout::of(week, title.len());
    assert_eq!(decoded.height, layout.height());
    (decoded, layout)
}

#[test]
fn hours_with_more_openings_are_darker() {
    for lang in Lang::ALL {
        let (picture, layout) = drawn_week(&week(), lang);
        for (day, hour, want) in [
            (0, 8, Ink::Bright),
            (0, 9, Ink::Shade1),
            (1, 8, Ink::Shade3),
            (2, 8, Ink::Shade2),
            (3, 8, Ink::Shade1),
            (4, 8, Ink::Bright),
            (5, 10, Ink::Shade1),
            (2, 9, Ink::Empty),
            (6, 9, Ink::EmptyWeekend),
        ] {
            let [left, top, ..] = layout.cell(day, hour);
            let seen = picture.at(left + 8, top + 4);
            assert_eq!(seen, want.rgb(), "day {day}, {hour}:00");
        }
    }
    // Each shade is darker than the one before.
    let light = |ink: Ink| ink.rgb().iter().map(|part| u32::from(*part)).sum::<u32>();
    let shades = [
        Ink::Empty,
        Ink::Shade1,
        Ink::Shade2,
        Ink::Shade3,
        Ink::Bright,
    ];
    assert!(shades.is_sorted_by(|one, next| light(*one) > light(*next)));
}

#[test]
fn a_week_of_nothing_of_one_and_of_very_much_is_drawn() {
    let empty = Week {
        hours: [[0; 24]; 7],
        ..week()
    };
    drawn_week(&empty, Lang::Ru);
    let mut one = empty;
    one.hours[6][23] = 1;
    let (picture, layout) = drawn_week(&one, Lang::En);
    let [left, top, ..] = layout.cell(6, 23);
    assert_eq!(picture.at(left + 8, top + 4), Ink::Bright.rgb());
    let full = Week {
        title: "Врач-оториноларинголог ".repeat(150),
        hours: [[u32::MAX; 24]; 7],
        n_openings: usize::MAX,
        n_days: usize::MAX,
    };
    drawn_week(&full, Lang::Ru);
    assert_eq!(draw_week(&week(), Lang::Ru), draw_week(&week(), Lang::Ru));
}

/// Writes pictures to look at into the folder of `PICTURES`; draws nothing without it.
#[test]
fn show() {
    let Some(folder) = std::env::var_os("PICTURES").map(std::path::PathBuf::from) else {
        return;
    };
    for lang in Lang::ALL {
        let save = |name: &str, view: &View| {
            let path = folder.join(format!("{name}-{}.png", lang.as_str()));
            std::fs::write(path, draw(view, lang).unwrap()).unwrap();
        };
        save("ordinary", &ordinary());
        let save_week = |name: &str, week: &Week| {
            let path = folder.join(format!("week-{name}-{}.png", lang.as_str()));
            std::fs::write(path, draw_week(week, lang).unwrap()).unwrap();
        };
        save_week("ordinary", &week());
        let mut few = Week {
            hours: [[0; 24]; 7],
            n_openings: 8,
            n_days: 5,
            ..week()
        };
        for (day, hour) in [(0, 0), (1, 8), (2, 12), (4, 19)] {
            few.hours[day][hour] = 2;
        }
        save_week("few", &few);
        let mut many = week();
        many.title =
            "Акушер-гинеколог (женская консультация) · любой врач · Женская консультация №22 (+11)"
                .to_owned();
        for (day, hours) in many.hours.iter_mut().enumerate() {
            for (hour, n) in hours.iter_mut().enumerate() {
                let (day, hour) = (day as u32, hour as u32);
                *n = (day * 37 + hour * 101) % 211 * u32::from((6..23).contains(&hour));
            }
        }
        many.hours[0][8] = 1_432;
        save_week("many", &many);
        save("empty", &view(Vec::new()));
        let marks = (0..3_131).map(|n| Mark {
            start: now() + TimeDelta::minutes(7 * n),
            n_places: if n % 50 == 0 { 500 } else { 1 },
            suits: n % 3 == 0,
        });
        let title = "Акушер-гинеколог (женская консультация) · Константинопольская-Преображенская А. П. · Женская консультация №22 СПб ГБУЗ".to_owned();
        save(
            "monster",
            &View {
                title,
                ..view(marks.collect())
            },
        );
    }
}
