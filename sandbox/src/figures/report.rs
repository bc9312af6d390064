//! `BENCHMARKS.md`: written section by section, each beside the others that are there.

use anyhow::Context;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

const HEAD: &str = "# Measured figures

Each section is written by the command beside its figures and replaces itself when that is run again; the raw samples
and the plots lie in `benchmarks/`. Simulated time is a virtual clock's: its figures repeat exactly with the seeds.
Everything else was measured on a machine that had other things to do, too: take it as an upper bound.
";

/// Where the figures go: `BENCHMARKS.md` and a folder `benchmarks` for samples and plots.
#[derive(Debug, Clone)]
pub struct Home(PathBuf);

impl Home {
    /// In this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// What is kept as the file `name`; `None` when there is no such file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn kept(&self, name: &str) -> anyhow::Result<Option<String>> {
        let path = self.file(name)?;
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        let mut text = String::new();
        if has_ending(name, "gz") {
            GzDecoder::new(&bytes[..]).read_to_string(&mut text)?;
        } else {
            text = String::from_utf8(bytes)?;
        }
        Ok(Some(text))
    }

    /// Keeps raw samples or anything else as the file `name`; compressed when that ends in `.gz`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, name: &str, content: &str) -> anyhow::Result<()> {
        let path = self.file(name)?;
        let bytes = if has_ending(name, "gz") {
            let mut packed = GzEncoder::new(Vec::new(), Compression::best());
            packed.write_all(content.as_bytes())?;
            packed.finish()?
        } else {
            content.as_bytes().to_vec()
        };
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))
    }

    fn page(&self) -> PathBuf {
        self.0.join("BENCHMARKS.md")
    }

    fn file(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.0.join("benchmarks");
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        Ok(folder.join(name))
    }
}

/// One section of the page, being written. Nothing of it is seen before [`Section::publish`], files aside.
#[derive(Debug)]
pub struct Section {
    home: Home,
    number: u8,
    name: &'static str,
    source: String,
    text: String,
    goals: Vec<Goal>,
}

/// What was promised of a figure.
#[derive(Debug, Clone)]
pub struct Goal {
    /// In words: "gated p50 ≤ 0.4 × even rounds".
    pub promise: String,
    /// What came out, with its unit: "0.31 ×".
    pub got: String,
    /// Whether it was kept.
    pub is_met: bool,
}

impl Goal {
    /// `got` may be `limit` at most; `unit` is written behind both.
    pub fn at_most(promise: &str, got: f64, limit: f64, unit: &str) -> Self {
        Self {
            promise: promise.to_owned(),
            got: format!("{} {unit}", super::stats::readable(got)),
            is_met: got <= limit,
        }
    }
}

impl Section {
    /// Begins section `number`, whose `command` ends in its `name` (`cargo run … -- waits`).
    pub fn new(home: &Home, number: u8, name: &'static str, title: &str, command: &str) -> Self {
        Self {
            home: home.clone(),
            number,
            name,
            source: format!("`{command}`"),
            text: format!("## {number}. {title}\n\n"),
            goals: Vec::new(),
        }
    }

    /// The seeds of everything that follows, said beside each figure.
    pub fn seeds(&mut self, seeds: &[u64]) {
        let seeds: Vec<_> = seeds.iter().map(u64::to_string).collect();
        let _ = write!(self.source, " · seeds {}", seeds.join(", "));
    }

    /// A paragraph of Markdown.
    pub fn say(&mut self, paragraph: &str) {
        let _ = writeln!(self.text, "{}\n", paragraph.trim());
    }

    /// A table with what it shows above and where it comes from below.
    pub fn table(
        &mut self,
        caption: &str,
        columns: &[&str],
        rows: &[Vec<String>],
        samples: &[&str],
    ) {
        let _ = writeln!(self.text, "**{caption}**\n\n| {} |", columns.join(" | "));
        let _ = writeln!(self.text, "|{}", " --- |".repeat(columns.len()));
        for row in rows {
            let _ = writeln!(self.text, "| {} |", row.join(" | "));
        }
        self.text.push('\n');
        self.sign(samples);
    }

    /// A plot, kept as the file `name` (`waits.svg`).
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn plot(
        &mut self,
        name: &str,
        plot: &super::plot::Plot,
        samples: &[&str],
    ) -> anyhow::Result<()> {
        self.keep(name, &plot.svg()?)?;
        let _ = writeln!(self.text, "![{}](benchmarks/{name})\n", plot.title);
        self.sign(samples);
        Ok(())
    }

    /// As [`Home::keep`].
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, name: &str, content: &str) -> anyhow::Result<()> {
        self.home.keep(name, content)
    }

    /// A promise and what came of it; all of them are listed at the end of the section.
    pub fn goal(&mut self, goal: Goal) {
        self.goals.push(goal);
    }

    /// The goals so far.
    pub fn goals(&self) -> &[Goal] {
        &self.goals
    }

    /// Puts the section on the page, in the place of an earlier one of its number and name.
    ///
    /// # Errors
    /// When the page cannot be read or written.
    pub fn publish(mut self) -> anyhow::Result<()> {
        if !self.goals.is_empty() {
            let goals = std::mem::take(&mut self.goals).into_iter();
            let rows: Vec<_> = goals
                .map(|goal| {
                    let is_met = if goal.is_met { "met" } else { "**missed**" };
                    vec![goal.promise, goal.got, is_met.to_owned()]
                })
                .collect();
            self.table("Goals", &["goal", "measured", ""], &rows, &[]);
        }
        let path = self.home.page();
        let before = match fs::read_to_string(&path) {
            Ok(page) => page,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        let mut sections = sections(&before);
        let key = (self.number, self.name.to_owned());
        sections.insert(key, self.text.trim_end().to_owned());
        let mut page = HEAD.to_owned();
        for ((number, name), text) in sections {
            let _ = write!(page, "\n{MARK}{number} {name} -->\n{text}\n");
        }
        fs::write(&path, page).with_context(|| format!("writing {}", path.display()))
    }

    fn sign(&mut self, samples: &[&str]) {
        let _ = write!(self.text, "<sub>{}", self.source);
        for (n, sample) in samples.iter().enumerate() {
            let lead = if n == 0 { " · samples: " } else { ", " };
            let _ = write!(self.text, "{lead}[{sample}](benchmarks/{sample})");
        }
        self.text.push_str("</sub>\n\n");
    }
}

/// Begins a section of the page: `<!-- section 1 waits -->`.
const MARK: &str = "<!-- section ";

fn sections(page: &str) -> BTreeMap<(u8, String), String> {
    let parts = page.split(MARK).skip(1);
    let read = parts.filter_map(|part| {
        let (mark, text) = part.split_once(" -->")?;
        let (number, name) = mark.split_once(' ')?;
        let key = (number.parse().ok()?, name.to_owned());
        Some((key, text.trim().to_owned()))
    });
    read.collect()
}

fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == ending)
}

/// The machine in neutral words: "2 cores, 23 GiB of memory".
pub fn machine() -> String {
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|info| {
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:"))?;
        let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib / (1024 * 1024))
    });
    let memory = memory.map_or(String::new(), |gib| format!(", {gib} GiB of memory"));
    format!("{n_cores} cores{memory}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(home: &Home, number: u8, name: &'static str, text: &str) {
        let mut section = Section::new(home, number, name, name, &format!("run {name}"));
        section.say(text);
        section.publish().unwrap();
    }

    #[test]
    fn sections_stand_in_order_and_replace_themselves_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        section(&home, 3, "store", "three");
        section(&home, 1, "waits", "one");
        section(&home, 1, "waits", "one again");
        section(&home, 2, "requests", "two");
        let page = fs::read_to_string(home.page()).unwrap();
        let titles: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(titles, ["## 1. waits", "## 2. requests", "## 3. store"]);
        assert!(page.starts_with(HEAD) && page.contains("one again") && page.contains("three"));
        assert!(!page.contains("\none\n"), "{page}");
    }

    #[test]
    fn figures_tell_where_they_come_from_and_goals_whether_they_are_met() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        let mut section = Section::new(&home, 1, "waits", "Waits", "run waits");
        section.seeds(&[1, 2]);
        section.keep("waits.csv.gz", "a,b\n1,2\n").unwrap();
        let row = vec!["1".to_owned(), "2".to_owned()];
        section.table("All", &["a", "b"], &[row], &["waits.csv.gz"]);
        section.goal(Goal::at_most("quick", 3.0, 5.0, "s"));
        section.goal(Goal::at_most("quicker", 3.0, 1.0, "s"));
        section.publish().unwrap();
        let page = fs::read_to_string(home.page()).unwrap();
        for part in [
            "| 1 | 2 |",
            "<sub>`run waits` · seeds 1, 2 · samples: [waits.csv.gz](benchmarks/waits.csv.gz)</sub>",
            "| quick | 3.0 s | met |",
            "| quicker | 3.0 s | **missed** |",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        let kept = home.kept("waits.csv.gz").unwrap();
        assert_eq!(kept.as_deref(), Some("a,b\n1,2\n"));
        assert_eq!(home.kept("other.csv").unwrap(), None);
    }
}
