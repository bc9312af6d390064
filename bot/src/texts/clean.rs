//! Foreign text made fit for a message.

use teloxide::utils::html;

/// Shown where nothing readable is left, so that no label or line is empty.
const NOTHING: &str = "—";

/// The longest foreign text in a sentence, in characters.
const MAX_ESCAPED: usize = 200;

/// Foreign text for a sentence: cleaned, cut to 200 characters, escaped for HTML. Never empty.
pub fn escape(portal_text: &str) -> String {
    html::escape(&plain(portal_text, MAX_ESCAPED))
}

/// Foreign text for a label, not HTML: cleaned and cut to `max` characters, the last of them `…` when something
/// was cut off. Never empty.
pub fn plain(portal_text: &str, max: usize) -> String {
    tidy(portal_text, max).unwrap_or_else(|| NOTHING.to_owned())
}

/// As [`plain`], escaped for HTML; `None` when nothing readable is left.
pub(super) fn fit(portal_text: &str, max: usize) -> Option<String> {
    tidy(portal_text, max).map(|text| html::escape(&text))
}

/// One line of readable characters with single spaces, at most `max` of them; `None` when nothing is left.
pub(super) fn tidy(portal_text: &str, max: usize) -> Option<String> {
    let mut text = String::new();
    let mut n = 0;
    let mut is_space = false;
    for c in portal_text.chars() {
        if c.is_whitespace() || c.is_control() {
            is_space = !text.is_empty();
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        n += 1 + usize::from(is_space);
        if n > max {
            return Some(cut(text, max));
        }
        if std::mem::take(&mut is_space) {
            text.push(' ');
        }
        text.push(c);
    }
    Some(text).filter(|text| !text.is_empty())
}

/// Makes room for the mark of what is missing.
fn cut(mut text: String, max: usize) -> String {
    let keep = max.saturating_sub(1);
    if let Some((end, _)) = text.char_indices().nth(keep) {
        text.truncate(end);
    }
    text.truncate(text.trim_end().len());
    text.push('…');
    text
}

/// Characters that draw nothing or turn the direction of the text around them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}
