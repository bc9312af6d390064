//! Pictures. Of the coming two weeks: days down, hours across, free talons filled, suiting ones bright. Of when talons
//! open: days of the week down, hours across.
//!
//! Drawn for a phone: a few large words, one number a cell, colours that differ in lightness too, its own background
//! in light and dark chats.

mod board;
mod paint;
mod week;

#[cfg(test)]
mod tests;

use board::{Board, DAYS};
use chrono::{DateTime, NaiveDate, Utc};
use paint::{Canvas, Ink, Pen};
use shared::clock::wall_date;
use shared::store::Lang;

pub use week::{Week, draw_week};

use crate::texts::{clock, picture_words as words};

/// A free talon of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// When the visit begins.
    pub start: DateTime<Utc>,
    /// Places at this time.
    pub n_places: u32,
    /// Whether it suits the person's wish.
    pub suits: bool,
}

/// What a picture shows.
#[derive(Debug, Clone)]
pub struct View {
    /// "Терапевт · Иванова А. П. · ГП №27", plain.
    pub title: String,
    /// Free talons in any order; those past the two weeks are counted at the foot.
    pub marks: Vec<Mark>,
    /// When the portal last said so; `None` before the first good reading.
    pub checked_at: Option<DateTime<Utc>>,
    /// The first row is this instant's day.
    pub now: DateTime<Utc>,
}

/// Width of every picture, in pixels.
pub const WIDTH: u32 = 960;

const MARGIN: i32 = 36;
const TITLE: i32 = 36;
const TITLE_STEP: i32 = 46;
const TITLE_LINES: usize = 3;
const SUBTITLE: i32 = 26;
/// Room for the name of a day.
const DAY_WIDTH: i32 = 216;
const ROW: i32 = 44;
const HEADER: i32 = 40;
const FOOT: i32 = 46;
const GAP: i32 = 2;

/// Where things stand; tells tests where to look as well.
#[derive(Debug, Clone)]
struct Layout {
    n_title_lines: i32,
    n_foot_lines: i32,
    hours: std::ops::Range<u32>,
}

impl Layout {
    fn subtitle_y(&self) -> i32 {
        MARGIN + self.n_title_lines * TITLE_STEP
    }

    fn header_y(&self) -> i32 {
        self.subtitle_y() + SUBTITLE + 26
    }

    fn grid_y(&self) -> i32 {
        self.header_y() + HEADER
    }

    fn foot_y(&self) -> i32 {
        self.grid_y() + ROW * days() + 22
    }

    fn height(&self) -> u32 {
        let height = self.foot_y() + FOOT * self.n_foot_lines + MARGIN - 14;
        u32::try_from(height).unwrap_or(1)
    }

    /// Left edge of an hour's column.
    fn x(&self, hour: u32) -> i32 {
        let n = i32::try_from(self.hours.len()).unwrap_or(1);
        let width = width() - 2 * MARGIN - DAY_WIDTH;
        let place = i32::try_from(hour - self.hours.start).unwrap_or(0);
        MARGIN + DAY_WIDTH + width * place / n
    }

    /// Top edge of a day's row.
    fn y(&self, day: usize) -> i32 {
        self.grid_y() + ROW * i32::try_from(day).unwrap_or(0)
    }

    /// The cell of an hour: left, top, right, bottom.
    fn cell(&self, day: usize, hour: u32) -> [i32; 4] {
        let (x, y) = (self.x(hour), self.y(day));
        [x + GAP, y + GAP, self.x(hour + 1) - GAP, y + ROW - GAP]
    }
}

fn days() -> i32 {
    i32::try_from(DAYS).unwrap_or(0)
}

fn width() -> i32 {
    i32::try_from(WIDTH).unwrap_or(0)
}

/// Draws a PNG, [`WIDTH`] pixels wide and about as high. The same view gives the same bytes. Takes some milliseconds
/// of a processor: not for the executor's threads.
///
/// # Errors
/// When the font built into the program or the encoder fails, in words: a build nobody tested.
pub fn draw(view: &View, lang: Lang) -> Result<Vec<u8>, String> {
    let board = Board::of(view);
    let pen = Pen::new()?;
    let title = paint::wrap(&pen, &view.title, TITLE, width() - 2 * MARGIN, TITLE_LINES);
    let foot = feet(lang, &board);
    let layout = layout(&board, title.len(), foot.len());
    let mut canvas = Canvas::new(WIDTH, layout.height());
    {
        let mut paper = canvas.paper(&pen)?;
        for (n, line) in title.iter().enumerate() {
            let y = MARGIN + TITLE_STEP * i32::try_from(n).unwrap_or(0);
            paper.bold(line, TITLE, (MARGIN, y + TITLE / 2), Ink::Text)?;
        }
        let checked = match view.checked_at {
            Some(at) => words::checked(lang, &clock(at), at, view.now),
            None => words::unchecked(lang),
        };
        let y = layout.subtitle_y() + SUBTITLE / 2;
        paper.plain(&checked, SUBTITLE, (MARGIN, y), Ink::Quiet)?;
        grid(&mut paper, &layout, &board, lang)?;
        if board.is_empty() {
            let x = (layout.x(layout.hours.start) + width() - MARGIN) / 2;
            let y = layout.grid_y() + ROW * days() / 2;
            paper.plate(&words::none(lang), 32, (x, y))?;
        }
        legend(&mut paper, &layout, &foot)?;
    }
    canvas.png()
}

fn layout(board: &Board, n_title_lines: usize, n_foot_lines: usize) -> Layout {
    Layout {
        n_title_lines: i32::try_from(n_title_lines.max(1)).unwrap_or(1),
        n_foot_lines: i32::try_from(n_foot_lines).unwrap_or(0),
        hours: board.hours.clone(),
    }
}

fn grid(
    paper: &mut paint::Paper<'_>,
    layout: &Layout,
    board: &Board,
    lang: Lang,
) -> Result<(), String> {
    for hour in board.hours.clone() {
        let x = (layout.x(hour) + layout.x(hour + 1)) / 2;
        let y = layout.header_y() + HEADER / 2;
        // Narrow columns (a doctor who works round the clock) name every other hour.
        if board.hours.len() <= 14 || hour % 2 == 0 {
            paper.centred(&hour.to_string(), 26, (x, y), Ink::Quiet)?;
        }
    }
    for (n, day) in board.days.iter().enumerate() {
        let y = layout.y(n) + ROW / 2;
        let ink = if day.is_weekend {
            Ink::Weekend
        } else {
            Ink::Text
        };
        name_day(paper, lang, day.date, (MARGIN, y), ink, day.n() > 0)?;
        for hour in board.hours.clone() {
            if n == 0 && hour < board.first_hour {
                continue; // has passed
            }
            let cell = layout.cell(n, hour);
            let middle = ((cell[0] + cell[2]) / 2, (cell[1] + cell[3]) / 2);
            let found = day.hours.get(&hour).copied().unwrap_or_default();
            let (fill, ink, n) = match found {
                board::Cell { n_suiting: 1.., .. } => (Ink::Bright, Ink::OnBright, found.n_suiting),
                board::Cell { n_other: 1.., .. } => (Ink::Dim, Ink::OnDim, found.n_other),
                _ if day.is_weekend => (Ink::EmptyWeekend, Ink::Quiet, 0),
                _ => (Ink::Empty, Ink::Quiet, 0),
            };
            paper.cell(cell, fill)?;
            if n > 0 {
                let n = if n > 99 {
                    "99+".to_owned()
                } else {
                    n.to_string()
                };
                paper.number(&n, 27, cell[2] - cell[0] - 3, middle, ink)?;
            }
        }
    }
    Ok(())
}

/// "сб", then "21 ноября" in a column of its own; days with talons in bold.
fn name_day(
    paper: &mut paint::Paper<'_>,
    lang: Lang,
    date: NaiveDate,
    (x, y): (i32, i32),
    ink: Ink,
    is_bold: bool,
) -> Result<(), String> {
    let (weekday, date) = words::day(lang, date);
    let size = 26;
    if is_bold {
        paper.bold(&weekday, size, (x, y), ink)?;
        paper.bold(&date, size, (x + 58, y), ink)
    } else {
        paper.plain(&weekday, size, (x, y), ink)?;
        paper.plain(&date, size, (x + 58, y), ink)
    }
}

/// A line under the grid.
enum Foot {
    /// A sample of a cell and what it means.
    Sample(Ink, String),
    /// Words.
    Line(String),
}

fn feet(lang: Lang, board: &Board) -> Vec<Foot> {
    let mut feet = Vec::new();
    if board.n_suiting > 0 {
        feet.push(Foot::Sample(
            Ink::Bright,
            words::bright(lang, board.n_other > 0),
        ));
    }
    if board.n_other > 0 {
        feet.push(Foot::Sample(Ink::Dim, words::dim(lang)));
    }
    if board.n_later > 0 {
        feet.push(Foot::Line(words::later(lang, board.n_later)));
    }
    feet
}

fn legend(paper: &mut paint::Paper<'_>, layout: &Layout, feet: &[Foot]) -> Result<(), String> {
    for (n, foot) in feet.iter().enumerate() {
        let y = layout.foot_y() + FOOT * i32::try_from(n).unwrap_or(0);
        let middle = y + FOOT / 2;
        match foot {
            Foot::Sample(ink, words) => {
                paper.cell([MARGIN, y + 6, MARGIN + 48, y + FOOT - 6], *ink)?;
                paper.plain(words, 26, (MARGIN + 64, middle), Ink::Text)?;
            }
            Foot::Line(words) => paper.plain(words, 26, (MARGIN, middle), Ink::Text)?,
        }
    }
    Ok(())
}

/// The first day of a picture drawn at this instant.
fn first_day(now: DateTime<Utc>) -> NaiveDate {
    wall_date(now)
}
