//! The pages for people keep to the sources: metrics, log lines, refusals, links, commands.

use crate::sources::sources;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Programs and the library, whose words an operator reads.
const FOLDERS: [&str; 3] = ["bot/src", "pinger/src", "shared/src"];
const PAGES: [&str; 2] = ["data/OPERATORS.md", "data/OPERATORS.en.md"];
const READMES: [&str; 2] = ["README.md", "README.en.md"];
/// Pages whose links are followed.
const LINKED: [&str; 6] = [
    "README.md",
    "README.en.md",
    "data/OPERATORS.md",
    "data/OPERATORS.en.md",
    "CHANGELOG.md",
    "sandbox/BENCHMARKS.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the programs are built from: no tests.
fn built() -> Vec<(PathBuf, String)> {
    let all = FOLDERS.iter().flat_map(|folder| sources(folder));
    let built = all.filter(|(path, _)| {
        let is_tests = |part: &std::ffi::OsStr| part == "tests" || part == "tests.rs";
        !path.iter().any(is_tests)
    });
    let built = built.map(|(path, text)| {
        let end = text.find("#[cfg(test)]\nmod").unwrap_or(text.len());
        (path, text[..end].to_owned())
    });
    built.collect()
}

/// The arguments of a macro or a function.
struct Call {
    /// The string literals in them, in order, unescaped.
    strings: Vec<String>,
    /// Whether the last argument is such a literal and nothing else.
    ends_with_one: bool,
    /// All of it, up to the closing bracket.
    text: String,
}

/// Reads a call from behind its opening bracket.
fn call(source: &str) -> Call {
    let (mut strings, mut text, mut depth) = (Vec::new(), String::new(), 1);
    let (mut since_comma, mut is_alone) = (0, false);
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                let literal = literal(&mut chars);
                is_alone = depth == 1 && since_comma == 0;
                text.push_str(&format!("{literal:?}"));
                strings.push(literal);
                since_comma += 1;
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 1 => {
                // One may stand behind the last argument.
                if source[source.len() - chars.as_str().len()..]
                    .trim_start()
                    .starts_with(')')
                {
                    continue;
                }
                (since_comma, is_alone) = (0, false);
                text.push(c);
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if !c.is_whitespace() {
            since_comma += 1;
            is_alone = false;
        }
        text.push(c);
    }
    Call {
        strings,
        ends_with_one: is_alone,
        text,
    }
}

/// The rest of a string literal, its quote having been read.
fn literal(chars: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => return text,
            '\\' => match chars.next() {
                Some('\n') => *chars = chars.as_str().trim_start().chars(),
                Some('n') => text.push('\n'),
                Some(c) => text.push(c),
                None => break,
            },
            c => text.push(c),
        }
    }
    panic!("a string without an end: {text}");
}

/// Levels by message.
type Messages = BTreeMap<String, BTreeSet<&'static str>>;

/// Functions that log what they are given, by how they are called, and at which level they do.
const SPEAKERS: [(&str, &str); 2] = [("complain(lang, key, ", "error"), ("door.refuse(", "warn")];

/// What is logged at `info` and above. Where the words are put in, those that are put in.
fn logged() -> Messages {
    let mut found = Messages::new();
    for (path, source) in built() {
        let shown = path.display();
        assert!(
            !source.contains("use tracing::"),
            "{shown}: its lines would not be found"
        );
        let spoken = |(call, _): &(&str, &str)| source.contains(call);
        for level in ["info", "warn", "error"] {
            for (at, name) in source.match_indices(&format!("tracing::{level}!(")) {
                let call = call(&source[at + name.len()..]);
                assert!(
                    call.ends_with_one,
                    "{shown}: a line without words: {}",
                    call.text
                );
                let words = call.strings.last().unwrap();
                if words.starts_with('{') {
                    // Why a program does not start has its own table.
                    let is_known = words == "{error:#}" || SPEAKERS.iter().any(spoken);
                    assert!(is_known, "{shown}: whose words are put into this line?");
                    continue;
                }
                found.entry(words.clone()).or_default().insert(level);
            }
        }
        for (speaker, level) in SPEAKERS {
            for (at, name) in source.match_indices(speaker) {
                let words = call(&source[at + name.len()..]).strings.pop();
                if let Some(words) = words {
                    found.entry(words).or_default().insert(level);
                }
            }
        }
    }
    found
}

/// Kind and labels of each metric.
fn measured() -> BTreeMap<String, (&'static str, BTreeSet<String>)> {
    let mut found = BTreeMap::new();
    for (path, source) in built() {
        for kind in ["counter", "gauge", "histogram"] {
            for (at, name) in source.match_indices(&format!("metrics::{kind}!(")) {
                let call = call(&source[at + name.len()..]);
                let name = call.strings.first().unwrap();
                assert!(name.starts_with("talon_"), "{}: {name}", path.display());
                let labels = call.text.split('"').skip(1).step_by(2).skip(1);
                let ends = call.text.split('"').skip(2).step_by(2).skip(1);
                let labels = labels
                    .zip(ends)
                    .filter(|(_, end)| end.trim_start().starts_with("=>"))
                    .map(|(label, _)| label.to_owned());
                found.insert(name.clone(), (kind, labels.collect()));
            }
        }
    }
    found
}

/// What keeps a program from starting, or a copy from being made, as the code words it.
fn refusals() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, source) in built() {
        let files = ["shared/src/store/mod.rs", "shared/src/backups.rs"];
        if !files.iter().any(|file| path.ends_with(file)) {
            continue;
        }
        for (at, name) in source.match_indices("#[error(") {
            found.extend(call(&source[at + name.len()..]).strings.pop());
        }
    }
    found
}

/// Cells of the rows of each table that follows `<!-- NAME -->`, up to `<!-- /NAME -->`.
fn rows(page: &str, name: &str) -> Vec<Vec<String>> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let parts = page.split(&begin).skip(1);
    let lines = parts.flat_map(|part| part.split(&end).next().unwrap().lines());
    let rows = lines.filter(|line| line.starts_with("| `")).map(|line| {
        let cells = line.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    });
    rows.collect()
}

/// What stands between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn first_of(row: &[String]) -> String {
    code(&row[0]).next().unwrap().to_owned()
}

#[track_caller]
fn are_the_same(page: &str, what: &str, told: &BTreeSet<String>, true_ones: &BTreeSet<String>) {
    let untold: Vec<_> = true_ones.difference(told).collect();
    assert!(untold.is_empty(), "{page} lacks {what}: {untold:#?}");
    let unknown: Vec<_> = told.difference(true_ones).collect();
    assert!(
        unknown.is_empty(),
        "{page} tells {what} that are not in the code: {unknown:#?}"
    );
}

#[test]
fn the_operators_pages_tell_every_metric_and_no_other() {
    let measured = measured();
    assert!(measured.len() > 15, "{}", measured.len());
    let names: BTreeSet<_> = measured.keys().cloned().collect();
    for name in PAGES {
        let page = page(name);
        let rows = rows(&page, "metrics");
        let told = rows.iter().map(|row| first_of(row)).collect();
        are_the_same(name, "metrics", &told, &names);
        assert_eq!(rows.len(), told.len(), "{name}: each once");
        for row in &rows {
            let metric = first_of(row);
            let (kind, labels) = &measured[&metric];
            assert_eq!(&row[1], kind, "{name}: {metric}");
            let shown: BTreeSet<_> = code(&row[2]).map(str::to_owned).collect();
            assert!(shown.is_superset(labels), "{name}: {metric} has {labels:?}");
        }
        // Everywhere else, in alerting rules above all.
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        for word in page.split(|c| !is_part(c)) {
            if !word.starts_with("talon_") {
                continue;
            }
            let stem = ["_sum", "_count"]
                .iter()
                .find_map(|end| word.strip_suffix(end));
            let is_summed =
                stem.is_some_and(|stem| measured.get(stem).is_some_and(|of| of.0 == "histogram"));
            assert!(names.contains(word) || is_summed, "{name}: {word}");
        }
    }
}

#[test]
fn the_operators_pages_tell_every_line_of_the_log_and_no_other() {
    let logged = logged();
    assert!(logged.len() > 100, "{}", logged.len());
    let lines: BTreeSet<_> = logged.keys().cloned().collect();
    for name in PAGES {
        let page = page(name);
        let rows = rows(&page, "log");
        let told: BTreeSet<_> = rows.iter().map(|row| first_of(row)).collect();
        are_the_same(name, "lines of the log", &told, &lines);
        assert_eq!(rows.len(), told.len(), "{name}: each once");
        for row in &rows {
            let line = first_of(row);
            let [_, level, meaning] = row.as_slice() else {
                panic!("{name}: {line}: three cells, not {}", row.len());
            };
            let shown: BTreeSet<_> = level.split(", ").collect();
            assert_eq!(shown, logged[&line], "{name}: {line}");
            assert!(meaning.chars().count() > 10, "{name}: {line}");
        }
    }
}

#[test]
fn the_operators_pages_tell_every_refusal_and_no_other() {
    let refusals = refusals();
    assert!(refusals.len() > 10, "{refusals:?}");
    for name in PAGES {
        let told = rows(&page(name), "refusals");
        let told = told.iter().map(|row| first_of(row)).collect();
        are_the_same(name, "refusals", &told, &refusals);
    }
}

/// Lines outside of fenced blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        !is_fenced && !is_fence
    })
}

/// The names by which headings are linked to, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page).filter(|line| line.starts_with('#'));
    let mut found = BTreeSet::new();
    for heading in headings {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let taken = (1..).map(|n| format!("{anchor}-{n}"));
        let mut names = std::iter::once(anchor.clone()).chain(taken);
        let name = names.find(|name| !found.contains(name));
        found.extend(name);
    }
    found
}

/// Targets of `[…](target)`.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(page) {
        // What stands between backticks is no link.
        let text: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap();
            found.push(target.to_owned());
        }
    }
    found
}

#[test]
fn every_link_of_the_pages_leads_somewhere() {
    let mut n_followed = 0;
    for name in LINKED {
        let text = page(name);
        let folder = root().join(name).parent().unwrap().to_owned();
        for link in links(&text) {
            if link.starts_with("https://") {
                continue;
            }
            n_followed += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = folder.join(file);
            let there = if file.is_empty() {
                text.clone()
            } else {
                assert!(target.exists(), "{name}: {link}");
                fs::read_to_string(&target).unwrap_or_default()
            };
            assert!(
                anchor.is_empty() || anchors(&there).contains(anchor),
                "{name}: {link}: one of {:?}",
                anchors(&there)
            );
        }
    }
    assert!(n_followed > 20, "{n_followed}");
}

/// The blocks of commands.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            is_inside = !is_inside && line == "```sh";
        } else if is_inside {
            // What a comment says is for the reader.
            let command = line.split(" # ").next().unwrap().trim();
            if !command.is_empty() && !command.starts_with('#') {
                found.push(command.to_owned());
            }
        }
    }
    found
}

/// A command without the one word that is said in the language of the page.
fn untranslated(command: &str) -> String {
    command.replace("ДАТА", "DATE")
}

/// Flags of a program as its sources name them: fields of `clap` structs, and settings.
fn flags(folder: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let shared = "shared/src/settings";
    let folders = if folder == "sandbox" {
        vec!["sandbox/src"]
    } else {
        vec![folder, shared]
    };
    for (_, source) in folders.iter().flat_map(|folder| sources(folder)) {
        let mut is_field = false;
        for line in source.lines().map(str::trim) {
            if line.starts_with("#[arg(") {
                is_field = true;
            } else if is_field && line.contains(':') && !line.starts_with("#[") {
                let name = line.trim_start_matches("pub ").split(':').next().unwrap();
                found.insert(format!("--{}", name.replace('_', "-")));
                is_field = false;
            }
        }
    }
    found
}

/// Whether a command is one of ours; what it names is there then.
fn is_true(page: &str, command: &str) -> bool {
    let mut words = command.split_whitespace().peekable();
    // `sudo -u talon env NAME=value program`
    let is_before =
        |word: &&str| matches!(*word, "sudo" | "env" | "-u" | "talon") || word.contains('=');
    while words.next_if(is_before).is_some() {}
    let Some(program) = words.next() else {
        return false;
    };
    let program = program.rsplit('/').next().unwrap();
    let rest: Vec<_> = words.take_while(|word| *word != "&").collect();
    match program {
        "cargo" => is_true_of_cargo(page, &rest),
        "bot" | "pinger" => is_true_of_program(page, program, &rest),
        _ => return false,
    }
    true
}

fn is_true_of_cargo(page: &str, words: &[&str]) {
    let (ours, of_program) = words.split_at(
        words
            .iter()
            .position(|word| *word == "--")
            .unwrap_or(words.len()),
    );
    let mut package = None;
    let mut words = ours.iter();
    while let Some(word) = words.next() {
        match *word {
            "run" | "build" | "test" | "install" | "deb" | "--release" | "--workspace"
            | "--locked" | "cargo-deb" => {}
            "-p" => {
                let name = *words.next().unwrap();
                assert!(
                    root().join(name).join("Cargo.toml").exists(),
                    "{page}: -p {name}"
                );
                package = Some(name);
            }
            "--path" => {
                let path = root().join(words.next().unwrap());
                assert!(path.join("Cargo.toml").exists(), "{page}: {ours:?}");
            }
            "--bin" => {
                let name = words.next().unwrap();
                let file = format!("{}/src/bin/{name}.rs", package.unwrap());
                assert!(root().join(&file).exists(), "{page}: no {file}");
            }
            word => panic!("{page}: cargo … {word}: check it by hand and name it here"),
        }
    }
    let flags = flags(package.unwrap_or("sandbox"));
    for word in of_program.iter().filter(|word| word.len() > 2) {
        if word.starts_with("--") {
            // Binaries beside the main one take their own.
            assert!(
                flags.contains(*word) || *word == "--times",
                "{page}: {word} of {flags:?}"
            );
        }
    }
}

fn is_true_of_program(page: &str, program: &str, words: &[&str]) {
    let flags = flags(program);
    for word in words.iter().filter(|word| word.starts_with("--")) {
        let is_known = flags.contains(*word) || ["--version", "--help"].contains(word);
        assert!(is_known, "{page}: {program} {word}");
    }
    let Some(asked) = words.first().filter(|word| !word.starts_with('-')) else {
        return;
    };
    // A subcommand is a variant of `Command`.
    let variant = format!("{}{}", asked[..1].to_uppercase(), &asked[1..]);
    let names = |line: &str| {
        let rest = line.trim().strip_prefix(&variant);
        rest.is_some_and(|rest| rest.starts_with([' ', ',', '(']))
    };
    let knows = |source: &str| {
        let variants = source.split("pub enum Command {").nth(1);
        let variants = variants.and_then(|rest| rest.split("\n}").next());
        variants.is_some_and(|variants| variants.lines().any(names))
    };
    let sources = sources(&format!("{program}/src"));
    assert!(
        sources.iter().any(|(_, source)| knows(source)),
        "{page}: {program} {asked}"
    );
}

#[test]
fn the_commands_of_the_pages_name_what_there_is() {
    for name in READMES.into_iter().chain(PAGES) {
        let mut n_checked = 0;
        let text = page(name);
        let of_blocks = commands(&text);
        let is_log = |line: &&str| line.starts_with("| `");
        let in_line = prose(&text).filter(|line| !is_log(line)).flat_map(code);
        let in_line = in_line.map(str::to_owned);
        let in_line = in_line.filter(|code| {
            ["cargo run", "cargo test", "cargo build", "cargo install"]
                .iter()
                .any(|begin| code.starts_with(begin))
                || ["pinger ", "bot "].iter().any(|begin| {
                    code.strip_prefix(begin)
                        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
                })
        });
        for line in of_blocks.into_iter().chain(in_line) {
            for command in line.split(['|', ';']).flat_map(|part| part.split("&&")) {
                n_checked += u32::from(is_true(name, command.trim()));
            }
        }
        assert!(n_checked > 3, "{name}: {n_checked}");
    }
}

#[test]
fn both_languages_show_the_same_commands_and_links() {
    for [ru, en] in [READMES, PAGES] {
        let of = |name| {
            let commands = commands(&page(name));
            commands
                .iter()
                .map(|line| untranslated(line))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(ru), of(en), "{ru}, {en}");
        let files = |name| {
            let links = links(&page(name));
            let files = links.iter().map(|link| link.split('#').next().unwrap());
            let files = files.map(|file| file.replace(".en.md", ".md"));
            files.collect::<BTreeSet<_>>()
        };
        assert_eq!(files(ru), files(en), "{ru}, {en}");
    }
}
