//! What holds for our sources as text.

use std::fs;
use std::path::{Path, PathBuf};

/// All our Rust sources below this folder.
pub(crate) fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found.sort();
    found
}

/// Names of SQL that may be put into a statement by a name of ours, and what they are: parts of statements, names of
/// tables and columns. None of them holds a value.
const PARTS: [(&str, &[&str]); 7] = [
    ("crowds.rs", &["columns", "rest"]),
    // Names of tables and columns, as the schema itself lists them.
    ("export.rs", &["from", "to", "parent", ""]),
    (
        "facts.rs",
        &[
            "columns", "doctor", "refused", "rest", "told", "tried", "which",
        ],
    ),
    // Names of tables and columns, chosen by the kind of what was read.
    ("looks.rs", &["table", "id", "key_value", "keys", "more"]),
    ("news.rs", &["columns", "rest"]),
    ("fill.rs", &["name"]),
    ("undelivered.rs", &["columns", "rest"]),
];
/// The same, in files where it is one name.
const MORE_PARTS: [(&str, &str); 4] = [
    ("operators.rs", "watching"),
    ("outage_news.rs", "who"),
    ("readings.rs", "unwatched"),
    ("vanished.rs", "who"),
];

/// The texts of all `format!` with these words in them, and like macros.
fn formats(source: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut found = Vec::new();
    for macro_name in ["format!(", "write!(", "writeln!(", "concat!("] {
        for (at, _) in source.match_indices(macro_name) {
            let Some((_, text)) = source[at..].split_once('"') else {
                continue;
            };
            let mut is_escaped = false;
            let end = text.find(|c| {
                let is_end = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                is_end
            });
            let text = &text[..end.unwrap()];
            if is_wanted(&text.to_lowercase()) {
                found.push(text);
            }
        }
    }
    found
}

fn is_sql(text: &str) -> bool {
    let words = [
        "select ", "insert ", "update ", "delete ", "drop ", "attach ", " where ", " from ",
        " = ?", " in (",
    ];
    words
        .iter()
        .any(|word| text.contains(word) || text.starts_with(word.trim_start()))
}

/// What a text puts in: names between braces.
fn put_in(text: &str) -> Vec<&str> {
    let pieces = text.split('{').skip(1);
    pieces
        .filter_map(|piece| piece.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn no_value_is_put_into_sql() {
    let mut n_checked = 0;
    for (path, source) in sources("shared/src/store") {
        let file = path.file_name().unwrap().to_str().unwrap();
        for text in formats(&source, is_sql) {
            for name in put_in(text) {
                n_checked += 1;
                let is_constant =
                    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
                let is_part = PARTS
                    .iter()
                    .any(|(known, names)| *known == file && names.contains(&name));
                let is_part = is_part || MORE_PARTS.contains(&(file, name));
                assert!(is_constant || is_part, "{file}: {{{name}}} in {text}");
            }
        }
    }
    assert!(n_checked > 30, "{n_checked}");
}

#[test]
fn sql_stands_in_the_store_alone() {
    for folder in ["bot/src", "pinger/src", "shared/src"] {
        for (path, source) in sources(folder) {
            let is_store = path.to_str().unwrap().contains("shared/src/store");
            // Tests may hold a database up.
            let source = source.split("#[cfg(test)]").next().unwrap();
            assert!(
                is_store || !source.contains("rusqlite"),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn every_property_test_draws_from_a_fixed_seed() {
    let mut n = 0;
    for folder in ["bot", "pinger", "shared", "sandbox"] {
        for (path, source) in sources(folder) {
            if path.ends_with("tests/it/sources.rs") {
                continue;
            }
            let mut blocks = source.split("proptest! {").skip(1);
            assert!(
                blocks.all(|block| {
                    n += 1;
                    let head = block.find("#[test]").map_or(block, |end| &block[..end]);
                    head.contains("RngSeed::Fixed(")
                }),
                "{}",
                path.display()
            );
        }
    }
    assert!(n > 10, "{n}");
}
