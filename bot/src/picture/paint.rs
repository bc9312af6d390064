//! Colours, letters and shapes.

use plotters::backend::BitMapBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::Rectangle;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle, register_font,
};
use std::sync::OnceLock;

const FAMILY: &str = "roboto";
static REGULAR: &[u8] = include_bytes!("../../assets/Roboto-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../assets/Roboto-Bold.ttf");

/// Corners of a cell.
const RADIUS: i32 = 7;

/// Numbers shrink no further.
const SMALLEST: i32 = 13;

/// What something is painted with. Bright and dim differ in lightness, not in hue alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Paper,
    Text,
    Quiet,
    Weekend,
    Empty,
    EmptyWeekend,
    Bright,
    OnBright,
    Dim,
    OnDim,
    /// Lighter to darker; the darkest is `Bright`.
    Shade1,
    Shade2,
    Shade3,
}

impl Ink {
    pub(super) fn rgb(self) -> [u8; 3] {
        match self {
            Self::Paper | Self::OnBright => [0xff, 0xff, 0xff],
            Self::Text => [0x1b, 0x24, 0x30],
            Self::Quiet => [0x5f, 0x6b, 0x7a],
            Self::Weekend => [0xb4, 0x3a, 0x3a],
            Self::Empty => [0xee, 0xf1, 0xf5],
            Self::EmptyWeekend => [0xf8, 0xee, 0xec],
            Self::Bright => [0x0b, 0x87, 0x3f],
            Self::Dim => [0xb9, 0xdc, 0xc5],
            Self::OnDim => [0x1f, 0x4d, 0x33],
            Self::Shade1 => [0xd6, 0xec, 0xdd],
            Self::Shade2 => [0x93, 0xcc, 0xa8],
            Self::Shade3 => [0x33, 0x98, 0x5c],
        }
    }

    fn color(self) -> RGBColor {
        let [r, g, b] = self.rgb();
        RGBColor(r, g, b)
    }
}

/// The letters, registered once.
#[derive(Clone, Copy)]
pub(super) struct Pen(());

impl Pen {
    pub(super) fn new() -> Result<Self, String> {
        static READY: OnceLock<bool> = OnceLock::new();
        let is_ready = READY.get_or_init(|| {
            register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
                && register_font(FAMILY, FontStyle::Bold, BOLD).is_ok()
        });
        if *is_ready {
            Ok(Self(()))
        } else {
            Err("the built-in font cannot be read".to_owned())
        }
    }

    fn font(self, size: i32, style: FontStyle) -> FontDesc<'static> {
        FontDesc::new(FontFamily::Name(FAMILY), f64::from(size), style)
    }

    /// Width of bold words in pixels.
    fn bold_width(self, words: &str, size: i32) -> i32 {
        let size = self.font(size, FontStyle::Bold).box_size(words);
        size.map_or(0, |(width, _)| i32::try_from(width).unwrap_or(i32::MAX))
    }
}

/// Characters the built-in font has; others would be drawn as boxes.
fn known(c: char) -> bool {
    matches!(c,
        ' '..='~' | '\u{a0}'..='\u{ff}' | '\u{400}'..='\u{45f}' | '\u{490}' | '\u{491}' | '\u{2010}'..='\u{2015}'
        | '\u{2018}'..='\u{201e}' | '…' | '•' | '№' | '−')
}

/// Bold words in at most `max` lines, cut with an ellipsis; never empty. Breaks at spaces where there are any.
pub(super) fn wrap(pen: &Pen, words: &str, size: i32, width: i32, max: usize) -> Vec<String> {
    let fits = |line: &str| pen.bold_width(line, size) <= width;
    let clean: String = words.chars().filter(|c| known(*c)).take(400).collect();
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in clean.split_whitespace() {
        let longer = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if fits(&longer) || line.is_empty() {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        }
    }
    lines.push(line);
    let is_cut = lines.len() > max;
    lines.truncate(max);
    let last = lines.len() - 1;
    for (n, line) in lines.iter_mut().enumerate() {
        if (n == last && is_cut) || !fits(line) {
            *line = cut(line, &fits);
        }
        // A separator hangs at an end only as noise.
        *line = line.trim_end_matches([' ', '·']).to_owned();
    }
    lines
}

fn cut(line: &str, fits: &impl Fn(&str) -> bool) -> String {
    let mut kept = line.to_owned();
    while !kept.is_empty() && !fits(&format!("{kept}…")) {
        kept.pop();
    }
    format!("{}…", kept.trim_end_matches([' ', '·', ',']))
}

/// Pixels.
pub(super) struct Canvas {
    pixels: Vec<u8>,
    size: (u32, u32),
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self {
            pixels: vec![0xff; 3 * width as usize * height as usize],
            size: (width, height),
        }
    }

    pub(super) fn paper<'a>(&'a mut self, pen: &Pen) -> Result<Paper<'a>, String> {
        let backend = BitMapBackend::with_buffer(&mut self.pixels, self.size);
        let area = backend.into_drawing_area();
        area.fill(&Ink::Paper.color()).map_err(in_words)?;
        Ok(Paper { area, pen: *pen })
    }

    pub(super) fn png(self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.size.0, self.size.1);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(in_words)?;
        writer.write_image_data(&self.pixels).map_err(in_words)?;
        writer.finish().map_err(in_words)?;
        Ok(bytes)
    }
}

fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Where one draws. Points of words are the middle of their height.
pub(super) struct Paper<'a> {
    area: DrawingArea<BitMapBackend<'a>, Shift>,
    pen: Pen,
}

impl Paper<'_> {
    fn words(
        &mut self,
        words: &str,
        font: FontDesc<'static>,
        (x, y): (i32, i32),
        hpos: HPos,
        ink: Ink,
    ) -> Result<(), String> {
        // The library centres the line, capitals and digits stand above its middle.
        let y = y + (font.get_size() * 0.14).round() as i32;
        let color = ink.color();
        let style = TextStyle::from(font)
            .color(&color)
            .pos(Pos::new(hpos, VPos::Center));
        self.area.draw_text(words, &style, (x, y)).map_err(in_words)
    }

    /// Width of words as [`Paper::plain`] draws them, in pixels.
    pub(super) fn plain_width(&self, words: &str, size: i32) -> i32 {
        let size = self.pen.font(size, FontStyle::Normal).box_size(words);
        size.map_or(0, |(width, _)| i32::try_from(width).unwrap_or(i32::MAX))
    }

    pub(super) fn plain(
        &mut self,
        words: &str,
        size: i32,
        at: (i32, i32),
        ink: Ink,
    ) -> Result<(), String> {
        let font = self.pen.font(size, FontStyle::Normal);
        self.words(words, font, at, HPos::Left, ink)
    }

    pub(super) fn bold(
        &mut self,
        words: &str,
        size: i32,
        at: (i32, i32),
        ink: Ink,
    ) -> Result<(), String> {
        let font = self.pen.font(size, FontStyle::Bold);
        self.words(words, font, at, HPos::Left, ink)
    }

    pub(super) fn centred(
        &mut self,
        words: &str,
        size: i32,
        at: (i32, i32),
        ink: Ink,
    ) -> Result<(), String> {
        let font = self.pen.font(size, FontStyle::Normal);
        self.words(words, font, at, HPos::Center, ink)
    }

    /// Bold, in the middle, no wider than `width`.
    pub(super) fn number(
        &mut self,
        words: &str,
        mut size: i32,
        width: i32,
        at: (i32, i32),
        ink: Ink,
    ) -> Result<(), String> {
        while size > SMALLEST && self.pen.bold_width(words, size) > width {
            size -= 1;
        }
        let font = self.pen.font(size, FontStyle::Bold);
        self.words(words, font, at, HPos::Center, ink)
    }

    /// Words on a plate of their own, in the middle of something.
    pub(super) fn plate(
        &mut self,
        words: &str,
        size: i32,
        (x, y): (i32, i32),
    ) -> Result<(), String> {
        let half = self.pen.bold_width(words, size) / 2 + 28;
        self.cell([x - half, y - size - 6, x + half, y + size + 6], Ink::Paper)?;
        self.number(words, size, 2 * half, (x, y), Ink::Text)
    }

    /// A filled cell with round, smooth corners; right and bottom lie outside it, as the library has it.
    pub(super) fn cell(
        &mut self,
        [left, top, right, bottom]: [i32; 4],
        ink: Ink,
    ) -> Result<(), String> {
        let fill = ink.color();
        let r = RADIUS;
        for corners in [
            [(left + r, top), (right - r, bottom)],
            [(left, top + r), (left + r, bottom - r)],
            [(right - r, top + r), (right, bottom - r)],
        ] {
            let bar = Rectangle::new(corners, ShapeStyle::from(&fill).filled());
            self.area.draw(&bar).map_err(in_words)?;
        }
        for x in 0..r {
            for y in 0..r {
                let share = covered(x, y, r);
                for at in [
                    (left + x, top + y),
                    (right - 1 - x, top + y),
                    (left + x, bottom - 1 - y),
                    (right - 1 - x, bottom - 1 - y),
                ] {
                    self.area
                        .draw_pixel(at, &fill.mix(share))
                        .map_err(in_words)?;
                }
            }
        }
        Ok(())
    }
}

/// How much of a pixel lies inside a quarter of a circle that fills the square of `r` pixels.
fn covered(x: i32, y: i32, r: i32) -> f64 {
    const PARTS: i32 = 4;
    let r = r * PARTS * 2;
    let inside = |n: &i32| {
        let (px, py) = (n % PARTS, n / PARTS);
        let distance = |at: i32, part: i32| r - ((at * PARTS + part) * 2 + 1);
        let (dx, dy) = (distance(x, px), distance(y, py));
        dx * dx + dy * dy <= r * r
    };
    let n = (0..PARTS * PARTS).filter(inside).count();
    n as f64 / f64::from(PARTS * PARTS)
}
