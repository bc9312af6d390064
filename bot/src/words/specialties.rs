//! Everyday names of doctors, and the portal's.

use super::fold::{begins, is_form, is_slip, length, words};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// One kind of doctor: a line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Concept(u16);

/// "Children's": not a line, because it says whose doctor, not which.
const CHILD: Concept = Concept(u16::MAX);

/// "Of my area": most clinics leave it out.
const LOCAL: Concept = Concept(u16::MAX - 1);

const LOCAL_WORDS: [&str; 3] = ["участков*", "участ", "уч"];

/// Words for "children's".
const CHILD_WORDS: [&str; 7] = [
    "детск*",
    "ребен*",
    "подростк*",
    "подростков*",
    "pediatric",
    "child*",
    "kids",
];

/// One name of a table, as words.
#[derive(Debug)]
pub(super) struct Name(Vec<Pattern>);

#[derive(Debug)]
enum Pattern {
    /// The word in any form.
    Whole(String),
    /// A word that begins so.
    Beginning(String),
}

impl Name {
    pub(super) fn read(text: &str) -> Self {
        let pattern = |word: &str| match word.strip_suffix('*') {
            Some(beginning) => Pattern::Beginning(beginning.to_owned()),
            None => Pattern::Whole(word.to_owned()),
        };
        Self(text.split_whitespace().map(pattern).collect())
    }

    /// How many of the words it takes from their beginning; `None` when they are no such name.
    pub(super) fn take(&self, words: &[&str]) -> Option<usize> {
        let n = self.0.len();
        let said = words.get(..n)?;
        let fits = |(pattern, word): (&Pattern, &&str)| match pattern {
            Pattern::Whole(known) => is_form(known, word) || is_slip(known, word),
            Pattern::Beginning(known) => begins(word, known),
        };
        self.0.iter().zip(said).all(fits).then_some(n)
    }

    /// The words themselves.
    fn plain(&self) -> String {
        let word = |pattern: &Pattern| match pattern {
            Pattern::Whole(word) | Pattern::Beginning(word) => word.clone(),
        };
        self.0.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    /// Whether the words say it letter by letter: such a reading goes before one that forgives a slip.
    fn is_literal(&self, words: &[&str]) -> bool {
        let fits = |(pattern, word): (&Pattern, &&str)| match pattern {
            Pattern::Whole(known) => is_form(known, word),
            Pattern::Beginning(known) => word.starts_with(known.as_str()),
        };
        self.0.iter().zip(words).all(fits)
    }
}

/// The table: names, line by line.
static TABLE: LazyLock<Vec<Vec<Name>>> = LazyLock::new(|| {
    let is_line = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    include_str!("specialties.txt")
        .lines()
        .filter(is_line)
        .map(|line| line.split(',').map(Name::read).collect())
        .collect()
});

static MARKS: LazyLock<Vec<(Concept, Name)>> = LazyLock::new(|| {
    let names =
        |mark, words: &'static [&str]| words.iter().map(move |word| (mark, Name::read(word)));
    names(CHILD, &CHILD_WORDS)
        .chain(names(LOCAL, &LOCAL_WORDS))
        .collect()
});

/// The kinds that the words begin to name, with the number of words taken: the longest name counts, a literal one
/// before a slip. Empty when they name none. ("дерматовенеролог" is of two kinds.)
pub(crate) fn kinds(words: &[&str]) -> (usize, BTreeSet<Concept>) {
    let marks = MARKS.iter().map(|(mark, name)| (*mark, name));
    let lines = (0..).zip(TABLE.iter());
    let names = lines.flat_map(|(n, names)| names.iter().map(move |name| (Concept(n), name)));
    let mut best = (0, false);
    let mut found = BTreeSet::new();
    for (concept, name) in names.chain(marks) {
        let Some(n) = name.take(words) else { continue };
        let rank = (n, name.is_literal(words));
        if rank > best {
            best = rank;
            found.clear();
        }
        if rank == best {
            found.insert(concept);
        }
    }
    (best.0, found)
}

/// What a text asks for: kinds that must all be there, and words that are no kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Each item: any of these kinds.
    pub(crate) kinds: Vec<BTreeSet<Concept>>,
    /// Words of the portal's own that the table does not have.
    pub(crate) words: Vec<String>,
}

impl Asked {
    /// Reads a typed text.
    pub(crate) fn read(text: &str) -> Self {
        let words = words(text);
        let mut left: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut asked = Self::default();
        while let Some(first) = left.first().copied() {
            let (n, found) = kinds(&left);
            if n > 0 {
                asked.kinds.push(found);
            } else if !is_title(first) && length(first) > 1 {
                asked.words.push(first.to_owned());
            }
            left.drain(..n.max(1));
        }
        asked
    }

    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.words.is_empty()
    }

    /// How a name of the portal fits; `None` = not at all. `0` = it is just this, `1` = this and something besides.
    pub(crate) fn rank(&self, name: &str) -> Option<u8> {
        self.rank_of(&Read::of(name))
    }

    /// As [`Asked::rank`], of a name read before.
    pub(crate) fn rank_of(&self, name: &Read) -> Option<u8> {
        let all: BTreeSet<Concept> = name.kinds.iter().flatten().copied().collect();
        let has = |kinds: &BTreeSet<Concept>| !kinds.is_disjoint(&all);
        let says = |word: &String| name.words.iter().any(|known| is_form(known, word));
        if self.is_empty() || !self.kinds.iter().all(has) || !self.words.iter().all(says) {
            return None;
        }
        let asked: BTreeSet<_> = self.kinds.iter().flatten().copied().collect();
        let is_asked =
            |kinds: &BTreeSet<Concept>| kinds.contains(&LOCAL) || !kinds.is_disjoint(&asked);
        Some(u8::from(!name.kinds.iter().all(is_asked)))
    }

    /// What the portal most likely calls it: "офтальмолог", "детский хирург". `None` when words are asked for that
    /// the table does not have.
    pub(crate) fn name(&self) -> Option<String> {
        if self.is_empty() || !self.words.is_empty() {
            return None;
        }
        let name = |kinds: &BTreeSet<Concept>| {
            let concept = kinds.first()?;
            let names = TABLE.get(usize::from(concept.0));
            match *concept {
                CHILD => Some("детский".to_owned()),
                _ => Some(names?.first()?.plain()),
            }
        };
        let mut names: Vec<String> = Vec::new();
        for kinds in self.kinds.iter().filter(|kinds| !kinds.contains(&LOCAL)) {
            let name = name(kinds)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// Whether "children's" is asked for, among other things.
    pub(crate) fn is_child(&self) -> bool {
        self.kinds.iter().any(|kinds| kinds.contains(&CHILD)) && self.kinds.len() > 1
    }

    /// Whether nothing but "children's" is asked for.
    pub(crate) fn is_only_child(&self) -> bool {
        self.kinds.iter().any(|kinds| kinds.contains(&CHILD))
            && self.kinds.len() == 1
            && self.words.is_empty()
    }

    /// The same without what clinics leave out: "of my area", and in a children's clinic "children's".
    pub(crate) fn loosened(&self, is_childrens: bool) -> Self {
        let mut same = self.clone();
        let is_left_out = |kinds: &BTreeSet<Concept>| {
            kinds.contains(&LOCAL) || (is_childrens && kinds.contains(&CHILD))
        };
        same.kinds.retain(|kinds| !is_left_out(kinds));
        same
    }
}

/// A name of the portal, read once.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// As in [`Asked::kinds`]: "дерматовенеролог" is one item of two kinds.
    kinds: Vec<BTreeSet<Concept>>,
    words: Vec<String>,
}

impl Read {
    /// Reads it.
    pub(crate) fn of(name: &str) -> Self {
        let words = words(name);
        let left: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut kinds = Vec::new();
        let mut at = 0;
        while let Some(rest) = left.get(at..).filter(|rest| !rest.is_empty()) {
            let (n, found) = self::kinds(rest);
            if n > 0 {
                kinds.push(found);
            }
            at += n.max(1);
        }
        Self { kinds, words }
    }
}

/// Words that name nobody: "врач", "доктор".
pub(crate) fn is_title(word: &str) -> bool {
    [
        "врач",
        "доктор",
        "специалист",
        "doctor",
        "doctors",
        "dr",
        "specialist",
    ]
    .iter()
    .any(|title| is_form(title, word))
}

/// Whether a word says something in the portal's own names of specialties, and is long enough to trust.
pub(crate) fn is_of(word: &str, names: &[Read]) -> bool {
    length(word) >= 5
        && names
            .iter()
            .any(|name| name.words.iter().any(|known| is_form(known, word)))
}
