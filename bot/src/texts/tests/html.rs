//! What Telegram takes: a small strict reader of its HTML.

use super::super::{Button, MAX_MESSAGE, Message};

const TAGS: [&str; 7] = ["b", "i", "u", "s", "code", "a", "blockquote"];
const ENTITIES: [&str; 4] = ["amp", "lt", "gt", "quot"];

/// Fails when Telegram would refuse the text, or when it could turn the text around it.
#[track_caller]
pub(super) fn check_html(html: &str) {
    let n = html.encode_utf16().count();
    assert!(n <= MAX_MESSAGE, "{n} units:\n{html}");
    match read(html) {
        Ok(text) => assert!(
            text.chars().any(|c| !c.is_whitespace()),
            "nothing to read in {html:?}"
        ),
        Err(why) => panic!("{why}:\n{html}"),
    }
    let bad = |c: &char| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c);
    assert_eq!(html.chars().find(bad), None, "{html:?}");
    assert!(!html.contains("\n\n\n"), "a gap:\n{html}");
    assert_eq!(html, html.trim(), "an edge");
}

/// As [`check_html`], with the buttons.
#[track_caller]
pub(super) fn check_message(message: &Message) {
    check_html(&message.html);
    assert!(message.buttons.len() <= 6);
    for button in message.buttons.iter().flatten() {
        let label = match button {
            Button::Url { label, url } => {
                assert!(url.starts_with("https://"), "{url}");
                label
            }
            Button::Press { label, data } => {
                assert!((1..=64).contains(&data.len()), "{data}");
                label
            }
        };
        assert!((1..=64).contains(&label.chars().count()), "{label:?}");
        assert!(!label.contains(char::is_control), "{label:?}");
    }
}

/// The text without its markup.
pub(super) fn read(html: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '>', '&']) {
        text.push_str(&rest[..at]);
        let mark = &rest[at..];
        rest = if let Some(entity) = mark.strip_prefix('&') {
            let (name, rest) = entity.split_once(';').ok_or("a bare ampersand")?;
            if !ENTITIES.contains(&name) {
                return Err(format!("an unknown entity {name:?}"));
            }
            text.push('&');
            rest
        } else if let Some(tag) = mark.strip_prefix("</") {
            let (name, rest) = tag.split_once('>').ok_or("a bare bracket")?;
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes nothing"));
            }
            rest
        } else if let Some(tag) = mark.strip_prefix('<') {
            let (name, rest) = tag.split_once('>').ok_or("a bare bracket")?;
            if !TAGS.contains(&name) {
                return Err(format!("an unknown tag {name:?}"));
            }
            open.push(name);
            rest
        } else {
            return Err("a bare bracket".to_owned());
        };
    }
    text.push_str(rest);
    match open.as_slice() {
        [] => Ok(text),
        open => Err(format!("{open:?} left open")),
    }
}

#[test]
fn the_reader_sees_what_telegram_refuses() {
    assert_eq!(read("<b>a &amp; b</b>"), Ok("a & b".to_owned()));
    for bad in [
        "<b>a",
        "a</b>",
        "<b><i>a</b></i>",
        "a < b",
        "a > b",
        "a & b",
        "<p>a</p>",
        "&nbsp;",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}
