//! Telegram's HTML: what it takes, what it refuses, and in which words.

use super::Refusal;
use serde_json::{Value, json};

/// Text without its markup, and the markup.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Formatted {
    pub(crate) text: String,
    /// Entities as the Bot API writes them; offsets and lengths in UTF-16 units.
    pub(crate) entities: Vec<Value>,
}

impl Formatted {
    /// Text as it is, without markup, ends trimmed.
    pub(crate) fn plain(text: &str) -> Self {
        let mut formatted = Self {
            text: text.to_owned(),
            entities: Vec::new(),
        };
        formatted.trim();
        formatted
    }

    /// Length as Telegram counts it.
    pub(crate) fn len_utf16(&self) -> usize {
        self.text.encode_utf16().count()
    }

    /// Drops white space around the text, as Telegram does, and moves the entities accordingly.
    fn trim(&mut self) {
        let n_before = self.text.len() - self.text.trim_start().len();
        let n_units = self.text[..n_before].encode_utf16().count() as u64;
        self.text = self.text.trim().to_owned();
        let end = self.len_utf16() as u64;
        for entity in &mut self.entities {
            let from = entity["offset"].as_u64().unwrap_or(0);
            let to = from + entity["length"].as_u64().unwrap_or(0);
            let from = from.saturating_sub(n_units).min(end);
            let to = to.saturating_sub(n_units).min(end);
            entity["offset"] = json!(from);
            entity["length"] = json!(to - from);
        }
        self.entities.retain(|entity| entity["length"] != 0);
    }
}

/// Reads Telegram's HTML.
///
/// # Errors
/// `Bad Request: can't parse entities: …`, as Telegram says it.
pub(crate) fn parse(html: &str) -> Result<Formatted, Refusal> {
    let mut reader = Reader {
        html,
        at: 0,
        text: String::new(),
        n_units: 0,
        open: Vec::new(),
        entities: Vec::new(),
    };
    reader
        .run()
        .map_err(|why| Refusal::bad(format!("can't parse entities: {why}")))
}

struct Reader<'a> {
    html: &'a str,
    /// Byte offset of what is read next.
    at: usize,
    text: String,
    n_units: u64,
    open: Vec<Tag>,
    entities: Vec<Value>,
}

struct Tag {
    name: String,
    /// Link, language, emoji or `expandable`, by the tag.
    argument: String,
    offset: u64,
}

type Why = String;

const TAGS: [&str; 17] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "code",
    "pre",
    "span",
    "tg-spoiler",
    "tg-emoji",
    "blockquote",
    "tg-time",
];

impl Reader<'_> {
    fn run(&mut self) -> Result<Formatted, Why> {
        while let Some(next) = self.peek() {
            match next {
                '<' => self.read_tag()?,
                '&' => {
                    let (decoded, length) = entity(&self.html[self.at..]).unwrap_or(('&', 1));
                    self.at += length;
                    self.push(decoded);
                }
                other => {
                    self.at += other.len_utf8();
                    self.push(other);
                }
            }
        }
        if let Some(tag) = self.open.last() {
            return Err(format!(
                "Can't find end tag corresponding to start tag \"{}\"",
                tag.name
            ));
        }
        let mut entities = std::mem::take(&mut self.entities);
        // Outer before inner, as they stand in the text.
        entities.sort_by_key(|entity| {
            let offset = entity["offset"].as_u64();
            (offset, std::cmp::Reverse(entity["length"].as_u64()))
        });
        let mut formatted = Formatted {
            text: std::mem::take(&mut self.text),
            entities,
        };
        formatted.trim();
        Ok(formatted)
    }

    fn peek(&self) -> Option<char> {
        self.html[self.at..].chars().next()
    }

    fn push(&mut self, c: char) {
        self.n_units += c.len_utf16() as u64;
        self.text.push(c);
    }

    fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &str {
        let from = self.at;
        let rest = &self.html[from..];
        let length = rest.find(|c: char| !is_wanted(c)).unwrap_or(rest.len());
        self.at += length;
        &self.html[from..self.at]
    }

    fn skip_space(&mut self) {
        self.take_while(is_space);
    }

    fn read_tag(&mut self) -> Result<(), Why> {
        let begin = self.at;
        self.at += 1;
        if self.peek() == Some('/') {
            self.at += 1;
            return self.read_end_tag(begin);
        }
        let name = self.take_while(|c| !is_space(c) && c != '>').to_lowercase();
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if !TAGS.contains(&name.as_str()) {
            return Err(format!(
                "Unsupported start tag \"{name}\" at byte offset {begin}"
            ));
        }
        let argument = self.read_attributes(&name, begin)?;
        if name == "span" && argument != "tg-spoiler" {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
            ));
        }
        let offset = self.n_units;
        self.open.push(Tag {
            name,
            argument,
            offset,
        });
        Ok(())
    }

    /// Attributes up to and with `>`; the value of the one that matters for this tag.
    fn read_attributes(&mut self, tag: &str, begin: usize) -> Result<String, Why> {
        let unclosed = || format!("Unclosed start tag \"{tag}\" at byte offset {begin}");
        let mut argument = String::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return Err(unclosed()),
                Some('>') => {
                    self.at += 1;
                    return Ok(argument);
                }
                Some(_) => {}
            }
            let name_at = self.at;
            let ends_name = |c| is_space(c) || matches!(c, '=' | '>' | '/' | '"' | '\'');
            let name = self.take_while(|c| !ends_name(c)).to_lowercase();
            if name.is_empty() {
                return Err(format!(
                    "Empty attribute name in the tag \"{tag}\" at byte offset {name_at}"
                ));
            }
            self.skip_space();
            let mut value = String::new();
            if self.peek() == Some('=') {
                self.at += 1;
                self.skip_space();
                value = self.read_value(tag, begin)?;
            }
            match (tag, name.as_str()) {
                ("a", "href") | ("span" | "code", "class") | ("tg-emoji", "emoji-id") => {
                    argument = value;
                }
                ("blockquote", "expandable") => argument = name,
                _ => {}
            }
        }
    }

    fn read_value(&mut self, tag: &str, begin: usize) -> Result<String, Why> {
        let unclosed = || format!("Unclosed start tag \"{tag}\" at byte offset {begin}");
        let quote = self.peek().ok_or_else(unclosed)?;
        if quote != '"' && quote != '\'' {
            let value_at = self.at;
            let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            let value = self.take_while(is_token).to_lowercase();
            return match self.peek() {
                Some(c) if is_space(c) || c == '>' => Ok(value),
                _ => Err(format!(
                    "Unexpected end of name token at byte offset {value_at}"
                )),
            };
        }
        self.at += 1;
        let mut value = String::new();
        loop {
            let next = self.peek().ok_or_else(unclosed)?;
            if next == quote {
                self.at += 1;
                return Ok(value);
            }
            let decoded = match next {
                '&' => entity(&self.html[self.at..]),
                _ => None,
            };
            let (c, length) = decoded.unwrap_or((next, next.len_utf8()));
            self.at += length;
            value.push(c);
        }
    }

    fn read_end_tag(&mut self, begin: usize) -> Result<(), Why> {
        let name = self.take_while(|c| !is_space(c) && c != '>').to_lowercase();
        self.skip_space();
        let Some(tag) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !name.is_empty() && name != tag.name {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
                tag.name
            ));
        }
        let length = self.n_units - tag.offset;
        if length == 0 {
            return Ok(());
        }
        let mut entity = json!({"offset": tag.offset, "length": length});
        entity["type"] = json!(match tag.name.as_str() {
            "b" | "strong" => "bold",
            "i" | "em" => "italic",
            "u" | "ins" => "underline",
            "s" | "strike" | "del" => "strikethrough",
            "span" | "tg-spoiler" => "spoiler",
            "blockquote" if tag.argument.is_empty() => "blockquote",
            "blockquote" => "expandable_blockquote",
            "code" => "code",
            "pre" => "pre",
            "tg-emoji" => {
                entity["custom_emoji_id"] = json!(tag.argument);
                "custom_emoji"
            }
            "a" => match tag.argument.as_str() {
                "" => return Ok(()), // a link to nowhere is plain text
                link => {
                    entity["url"] = json!(link);
                    "text_link"
                }
            },
            _ => return Ok(()),
        });
        self.entities.push(entity);
        Ok(())
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\0' | '\x0b')
}

/// The character an entity at the start of `text` means, and the entity's length. Others are plain text to Telegram.
fn entity(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix('&')?;
    let length = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '#');
    let name = &body[..length.unwrap_or(body.len())];
    let decoded = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    };
    let semicolon = usize::from(body[name.len()..].starts_with(';'));
    Some((decoded, 1 + name.len() + semicolon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, text: &str, entities: &str) {
        let read = parse(html).unwrap();
        assert_eq!(read.text, text, "{html}");
        let shown = read.entities.iter().map(|entity| {
            let kind = entity["type"].as_str().unwrap();
            format!("{kind} {}+{}", entity["offset"], entity["length"])
        });
        assert_eq!(shown.collect::<Vec<_>>().join(", "), entities, "{html}");
    }

    #[test]
    fn markup_becomes_text_and_entities() {
        check("просто", "просто", "");
        check(
            "<b>а</b> &lt;&amp;&gt;&quot; &#1103;&#x44f;",
            "а <&>\" яя",
            "bold 0+1",
        );
        check("<b>а<i>б</i></b>", "аб", "bold 0+2, italic 1+1");
        check("😀<s>x</s>", "😀x", "strikethrough 2+1"); // two units
        check(
            "<a href=\"https://x.y/?a=1&amp;b\">x</a>",
            "x",
            "text_link 0+1",
        );
        check("<a>x</a><b></b>", "x", "");
        check(
            "<blockquote expandable>x</blockquote>",
            "x",
            "expandable_blockquote 0+1",
        );
        check("<span class=\"tg-spoiler\">x</span>", "x", "spoiler 0+1");
        check("  <B>x </B>\n", "x", "bold 0+1");
        check("&nbsp; & a > b", "&nbsp; & a > b", "");
    }

    #[test]
    fn bad_markup_is_refused_in_telegrams_words() {
        for (html, want) in [
            (
                "<b>x",
                "Can't find end tag corresponding to start tag \"b\"",
            ),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            (
                "<b><i>x</b></i>",
                "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\"",
            ),
            ("<br>", "Unsupported start tag \"br\" at byte offset 0"),
            ("5 < 6", "Unsupported start tag \"\" at byte offset 2"),
            ("<p>x</p>", "Unsupported start tag \"p\" at byte offset 0"),
            ("<b", "Unclosed start tag at byte offset 0"),
            ("<b>x</b", "Unclosed end tag at byte offset 4"),
            (
                "<a href=\"x>y</a>",
                "Unclosed start tag \"a\" at byte offset 0",
            ),
            (
                "<a href=x/y>y</a>",
                "Unexpected end of name token at byte offset 8",
            ),
            (
                "<span class=\"big\">x</span>",
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
            ),
        ] {
            let refusal = parse(html).unwrap_err();
            let want = format!("Bad Request: can't parse entities: {want}");
            assert_eq!(refusal.description, want, "{html}");
        }
    }
}
