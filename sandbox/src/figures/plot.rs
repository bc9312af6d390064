//! Plots as SVG.

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::drawing::IntoDrawingArea as _;
use plotters::element::{Circle, PathElement};
use plotters::series::LineSeries;
use plotters::style::{Color as _, FontStyle, RGBColor, WHITE, register_font};
use std::ops::Range;
use std::sync::OnceLock;

const SIZE: (u32, u32) = (760, 420);
/// Only its measures are used; the reader's own letters show the text.
static LETTERS: &[u8] = include_bytes!("../../../bot/assets/Roboto-Regular.ttf");
const FAMILY: &str = "sans-serif";
/// Told apart by lightness too.
const INKS: [RGBColor; 6] = [
    RGBColor(0x8a, 0x93, 0x9e),
    RGBColor(0xd9, 0x7a, 0x1c),
    RGBColor(0x1f, 0x6f, 0xb4),
    RGBColor(0x0b, 0x87, 0x3f),
    RGBColor(0x1b, 0x24, 0x30),
    RGBColor(0xb4, 0x3a, 0x8c),
];

/// How values lie along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Evenly, from 0 on.
    Linear,
    /// By powers of ten; values that are not positive are left out.
    Log,
}

/// One axis.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    /// What it shows, with the unit.
    pub label: &'static str,
    /// How.
    pub scale: Scale,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
    /// Whether the points themselves are marked: a few measured ones, not a drawn distribution.
    pub is_marked: bool,
}

/// Lines over two axes.
#[derive(Debug, Clone)]
pub struct Plot {
    /// Above all.
    pub title: String,
    /// From left to right.
    pub x: Axis,
    /// From below.
    pub y: Axis,
    /// At most six are told apart by colour.
    pub series: Vec<Series>,
}

impl Plot {
    /// The picture.
    ///
    /// # Errors
    /// When the built-in letters cannot be used.
    pub fn svg(&self) -> anyhow::Result<String> {
        ready()?;
        let all = || self.series.iter().flat_map(|series| &series.points);
        let x = self.x.ruler(all().map(|point| point.0));
        let y = self.y.ruler(all().map(|point| point.1));
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            area.fill(&WHITE)?;
            let mut chart = ChartBuilder::on(&area)
                .caption(&self.title, (FAMILY, 18))
                .margin(12)
                .x_label_area_size(46)
                .y_label_area_size(64)
                .build_cartesian_2d(x, y)?;
            chart
                .configure_mesh()
                .light_line_style(WHITE)
                .x_desc(self.x.label)
                .y_desc(self.y.label)
                .x_label_formatter(&|value| self.x.text(*value))
                .y_label_formatter(&|value| self.y.text(*value))
                .label_style((FAMILY, 14))
                .draw()?;
            for (series, ink) in self.series.iter().zip(INKS.into_iter().cycle()) {
                let points: Vec<_> = series
                    .points
                    .iter()
                    .filter_map(|&(x, y)| Some((self.x.place(x)?, self.y.place(y)?)))
                    .collect();
                chart
                    .draw_series(LineSeries::new(points.clone(), ink.stroke_width(2)))?
                    .label(&series.name)
                    .legend(move |(x, y)| {
                        PathElement::new([(x, y), (x + 18, y)], ink.stroke_width(3))
                    });
                if series.is_marked {
                    let marks = points
                        .into_iter()
                        .map(|point| Circle::new(point, 4, ink.filled()));
                    chart.draw_series(marks)?;
                }
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperLeft)
                .background_style(WHITE.mix(0.8))
                .border_style(RGBColor(0xdd, 0xdd, 0xdd))
                .label_font((FAMILY, 14))
                .draw()?;
            area.present()?;
        }
        Ok(svg)
    }
}

impl Axis {
    /// Where a value lies; `None` = nowhere.
    fn place(self, value: f64) -> Option<f64> {
        match self.scale {
            Scale::Linear => Some(value),
            Scale::Log => (value > 0.0).then(|| value.log10()),
        }
    }

    /// An axis long enough for these values.
    fn ruler(self, values: impl Iterator<Item = f64>) -> Ruler {
        let placed = values.filter_map(|value| self.place(value));
        let (low, high) = placed.fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low > high {
            return Ruler(0.0..1.0, vec![0.0, 1.0]);
        }
        match self.scale {
            Scale::Linear => {
                let high = if high > 0.0 { high } else { 1.0 };
                let raw = high / 5.0;
                let power = 10_f64.powf(raw.log10().floor());
                let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
                let step = steps.into_iter().find(|step| *step >= raw * 0.999);
                let step = step.unwrap_or(raw);
                let n_steps = (high / step).ceil();
                let ticks = (0..).map(|n| f64::from(n) * step);
                let top = n_steps * step;
                let ticks = ticks.take_while(|tick| *tick <= top * 1.001);
                Ruler(0.0..top, ticks.collect())
            }
            Scale::Log => {
                let (low, high) = (low - 0.05, high + 0.05);
                let mantissas: &[f64] = if high - low > 3.0 {
                    &[1.0]
                } else {
                    &[1.0, 2.0, 5.0]
                };
                #[expect(clippy::cast_possible_truncation, reason = "powers of ten")]
                let powers = low.floor() as i32..=high.ceil() as i32;
                let ticks = powers.flat_map(|power| {
                    mantissas
                        .iter()
                        .map(move |mantissa| f64::from(power) + mantissa.log10())
                });
                let ticks = ticks.filter(|tick| (low..=high).contains(tick)).collect();
                Ruler(low..high, ticks)
            }
        }
    }

    fn text(self, place: f64) -> String {
        let value = match self.scale {
            Scale::Linear => place,
            Scale::Log => 10_f64.powf(place),
        };
        // Ticks are round: whatever lies behind the third digit is the machine's.
        let rounded = format!("{value:.3}");
        let rounded = rounded.trim_end_matches('0').trim_end_matches('.');
        match value {
            value if value >= 10_000.0 => super::stats::readable(value),
            _ => rounded.to_owned(),
        }
    }
}

/// From where to where an axis goes, and where its ticks are.
struct Ruler(Range<f64>, Vec<f64>);

impl Ranged for Ruler {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (place - self.0.start) / (self.0.end - self.0.start);
        #[expect(clippy::cast_possible_truncation, reason = "pixels")]
        let pixels = (f64::from(to - from) * share).round() as i32;
        from + pixels
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.1.clone()
    }

    fn range(&self) -> Range<f64> {
        self.0.clone()
    }
}

fn ready() -> anyhow::Result<()> {
    static READY: OnceLock<bool> = OnceLock::new();
    let is_ready = READY.get_or_init(|| register_font(FAMILY, FontStyle::Normal, LETTERS).is_ok());
    anyhow::ensure!(*is_ready, "the built-in letters cannot be read");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: Axis = Axis {
        label: "watches",
        scale: Scale::Log,
    };
    const LINEAR: Axis = Axis {
        label: "share",
        scale: Scale::Linear,
    };

    #[track_caller]
    fn check(axis: Axis, values: &[f64], want: &str) {
        let Ruler(_, ticks) = axis.ruler(values.iter().copied());
        let shown: Vec<_> = ticks.into_iter().map(|tick| axis.text(tick)).collect();
        assert_eq!(shown.join(" "), want);
    }

    #[test]
    fn ticks_are_round() {
        check(LOG, &[1.0, 10_000.0], "1 10 100 1000 10\u{a0}000");
        check(LOG, &[0.4, 3.0], "0.5 1 2");
        check(LINEAR, &[0.1, 1.0], "0 0.2 0.4 0.6 0.8 1");
        check(LINEAR, &[37.0], "0 10 20 30 40");
        check(LINEAR, &[], "0 1");
    }

    #[test]
    fn a_plot_shows_its_words() {
        let plot = Plot {
            title: "Waits".to_owned(),
            x: LOG,
            y: LINEAR,
            series: vec![Series {
                name: "gated".to_owned(),
                points: vec![(0.0, 3.0), (1.0, 0.5), (100.0, 1.0)],
                is_marked: true,
            }],
        };
        let svg = plot.svg().unwrap();
        for word in ["<svg", "Waits", "watches", "share", "gated", "100"] {
            assert!(svg.contains(word), "{word} in {svg}");
        }
    }
}
