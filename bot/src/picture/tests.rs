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
