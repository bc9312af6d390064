//! The `.env` file, in dotenvy's syntax.

use super::SettingError;
use std::{
    cell::Cell,
    io::{self, Read},
};

/// Its names and values, in order.
///
/// # Errors
/// [`SettingError::Wrong`] with the number of the broken line; the line itself is never shown.
pub(super) fn read(text: &str) -> Result<Vec<(String, String)>, SettingError> {
    let text = text.trim_start_matches('\u{feff}'); // Notepad
    let ended = format!("{text}\n"); // a last line that ends with a space is broken to dotenvy otherwise
    let n_served = Cell::new(0);
    let reader = LineByLine {
        rest: ended.as_bytes(),
        n_served: &n_served,
    };
    let lines = dotenvy::from_read_iter(reader).collect::<Result<_, _>>();
    lines.map_err(|error| {
        let place = match &error {
            // An open quote makes one piece of many lines: the first of them is the one to look at.
            dotenvy::Error::LineParse(piece, _) => {
                let n_lines = piece.lines().count().max(1);
                let n_line = (n_served.get() + 1).saturating_sub(n_lines);
                format!(".env, line {n_line}")
            }
            _ => ".env".to_owned(),
        };
        // Never the error's own text: it repeats the line.
        let problem = "expected NAME=value, with quotes around a value that has spaces";
        SettingError::wrong(place, problem)
    })
}

/// Serves a text one line at a time, so that it is known which line dotenvy has read: its errors do not say.
struct LineByLine<'a> {
    rest: &'a [u8],
    n_served: &'a Cell<usize>,
}

impl Read for LineByLine<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let line = self.rest.iter().position(|&byte| byte == b'\n');
        let n = line.map_or(self.rest.len(), |at| at + 1).min(buffer.len());
        let (served, rest) = self.rest.split_at(n);
        buffer[..n].copy_from_slice(served);
        self.rest = rest;
        if served.ends_with(b"\n") {
            self.n_served.set(self.n_served.get() + 1);
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn no_text_breaks_the_reader(text in r#"([A-Z]{0,2}[= \\"'#\n\r$\{\}a-zЯ]{0,6}){0,20}"#) {
            let _ = super::read(&text);
        }

        #[test]
        fn the_named_line_is_the_broken_one(before in 0_usize..5, after in 0_usize..5, long in 0_usize..10_000) {
            let good = format!("A=1\n# B\n\nC=\"{}\n2\"\n", "x".repeat(long));
            let text = format!("{}BROKEN LINE\n{}", good.repeat(before), good.repeat(after));
            let error = super::read(&text).unwrap_err().to_string();
            let place = format!(".env, line {}: ", before * 5 + 1);
            prop_assert!(error.starts_with(&place), "{error}");
        }
    }
}
