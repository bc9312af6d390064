//! The picture of a week: days of the week down, hours across, the more talons opened the darker.

use super::paint::{self, Canvas, Ink, Paper, Pen};
use super::{GAP, MARGIN, SUBTITLE, TITLE, TITLE_LINES, TITLE_STEP, WIDTH, width};
use crate::texts::{WEEK, picture_words as words, weekday};
use shared::store::Lang;
use std::ops::Range;

/// Hours shown whatever opened: when people expect it.
const USUAL: Range<usize> = 7..20;

/// Room for the name of a day.
const DAY_WIDTH: i32 = 76;
const ROW: i32 = 58;
const HEADER: i32 = 40;
const FOOT: i32 = 50;

/// What the picture of a week shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// "Терапевт · Иванова А. П. · ГП №27", plain.
    pub title: String,
    /// Talons that opened, by weekday (0 = Monday) and hour of the wall clock.
    pub hours: [[u32; 24]; 7],
    /// Openings it is drawn from.
    pub n_openings: usize,
    /// Days on which there was one.
    pub n_days: usize,
}

impl Week {
    fn hours(&self) -> Range<usize> {
        let mut shown = USUAL;
        for hour in (0..24).filter(|hour| self.hours.iter().any(|day| day[*hour] > 0)) {
            shown = shown.start.min(hour)..shown.end.max(hour + 1);
        }
        shown
    }

    fn most(&self) -> u32 {
        self.hours.iter().flatten().copied().max().unwrap_or(0)
    }
}

/// How dark a cell is: a quarter of the most each.
pub(super) fn shade(n: u32, most: u32) -> Ink {
    if n == 0 || most == 0 {
        return Ink::Empty;
    }
    match (u64::from(n) * 4).div_ceil(u64::from(most)) {
        ..=1 => Ink::Shade1,
        2 => Ink::Shade2,
        3 => Ink::Shade3,
        _ => Ink::Bright,
    }
}

fn ink_on(shade: Ink) -> Ink {
    match shade {
        Ink::Shade3 | Ink::Bright => Ink::OnBright,
        _ => Ink::OnDim,
    }
}

/// Where things stand; tells tests where to look as well.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    n_title_lines: i32,
    hours: Range<usize>,
}

impl Layout {
    pub(super) fn of(week: &Week, n_title_lines: usize) -> Self {
        Self {
            n_title_lines: i32::try_from(n_title_lines.max(1)).unwrap_or(1),
            hours: week.hours(),
        }
    }

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
        self.grid_y() + ROW * 7 + 22
    }

    pub(super) fn height(&self) -> u32 {
        u32::try_from(self.foot_y() + 2 * FOOT + MARGIN - 14).unwrap_or(1)
    }

    fn x(&self, hour: usize) -> i32 {
        let n = i32::try_from(self.hours.len()).unwrap_or(1);
        let place = i32::try_from(hour - self.hours.start).unwrap_or(0);
        MARGIN + DAY_WIDTH + (width() - 2 * MARGIN - DAY_WIDTH) * place / n
    }

    fn y(&self, day: usize) -> i32 {
        self.grid_y() + ROW * i32::try_from(day).unwrap_or(0)
    }

    /// The cell of an hour: left, top, right, bottom.
    pub(super) fn cell(&self, day: usize, hour: usize) -> [i32; 4] {
        let (x, y) = (self.x(hour), self.y(day));
        [x + GAP, y + GAP, self.x(hour + 1) - GAP, y + ROW - GAP]
    }
}

/// Draws a PNG, [`WIDTH`] pixels wide and about two thirds as high. The same week gives the same bytes. Takes some
/// milliseconds of a processor: not for the executor's threads.
///
/// # Errors
/// When the font built into the program or the encoder fails, in words: a build nobody tested.
pub fn draw_week(week: &Week, lang: Lang) -> Result<Vec<u8>, String> {
    let pen = Pen::new()?;
    let title = paint::wrap(&pen, &week.title, TITLE, width() - 2 * MARGIN, TITLE_LINES);
    let layout = Layout::of(week, title.len());
    let mut canvas = Canvas::new(WIDTH, layout.height());
    {
        let mut paper = canvas.paper(&pen)?;
        for (n, line) in title.iter().enumerate() {
            let y = MARGIN + TITLE_STEP * i32::try_from(n).unwrap_or(0);
            paper.bold(line, TITLE, (MARGIN, y + TITLE / 2), Ink::Text)?;
        }
        let y = layout.subtitle_y() + SUBTITLE / 2;
        paper.plain(&words::week_of(lang), SUBTITLE, (MARGIN, y), Ink::Quiet)?;
        grid(&mut paper, &layout, week, lang)?;
        legend(&mut paper, &layout, week, lang)?;
    }
    canvas.png()
}

fn grid(paper: &mut Paper<'_>, layout: &Layout, week: &Week, lang: Lang) -> Result<(), String> {
    for hour in layout.hours.clone() {
        let x = (layout.x(hour) + layout.x(hour + 1)) / 2;
        let y = layout.header_y() + HEADER / 2;
        // Narrow columns (somewhere talons open at night) name every other hour.
        if layout.hours.len() <= 14 || hour % 2 == 0 {
            paper.centred(&hour.to_string(), 26, (x, y), Ink::Quiet)?;
        }
    }
    let most = week.most();
    for (n, day) in WEEK.into_iter().enumerate() {
        let ink = match n {
            5.. => Ink::Weekend,
            _ => Ink::Text,
        };
        let at = (MARGIN, layout.y(n) + ROW / 2);
        paper.bold(&weekday(lang, day), 28, at, ink)?;
        for hour in layout.hours.clone() {
            let cell = layout.cell(n, hour);
            let n_talons = week.hours[n][hour];
            let fill = match shade(n_talons, most) {
                Ink::Empty if n >= 5 => Ink::EmptyWeekend,
                fill => fill,
            };
            paper.cell(cell, fill)?;
            if n_talons > 0 {
                let number = match n_talons {
                    1_000.. => "999+".to_owned(),
                    n => n.to_string(),
                };
                let middle = ((cell[0] + cell[2]) / 2, (cell[1] + cell[3]) / 2);
                paper.number(&number, 27, cell[2] - cell[0] - 3, middle, ink_on(fill))?;
            }
        }
    }
    Ok(())
}

/// "меньше ▢▢▢▢ больше", and what it is drawn from.
fn legend(paper: &mut Paper<'_>, layout: &Layout, week: &Week, lang: Lang) -> Result<(), String> {
    let y = layout.foot_y();
    let middle = y + FOOT / 2;
    let (less, more) = words::less_and_more(lang);
    paper.plain(&less, 26, (MARGIN, middle), Ink::Text)?;
    let mut x = MARGIN + paper.plain_width(&less, 26) + 16;
    for ink in [Ink::Shade1, Ink::Shade2, Ink::Shade3, Ink::Bright] {
        paper.cell([x, y + 7, x + 52, y + FOOT - 7], ink)?;
        x += 56;
    }
    paper.plain(&more, 26, (x + 12, middle), Ink::Text)?;
    let from = words::week_from(lang, week.n_openings, week.n_days);
    paper.plain(&from, 26, (MARGIN, middle + FOOT), Ink::Quiet)
}
