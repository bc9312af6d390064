//! Text made comparable: case, ё, look-alike letters, endings, slips of one letter.

use std::ops::Range;

/// A piece of a text: letters, digits, or one sign that can mean something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Folded: small letters, no ё, Latin look-alikes inside a Cyrillic word as Cyrillic.
    pub(crate) text: String,
    /// Where it stands, in bytes of the text it was read from.
    pub(crate) at: Range<usize>,
    /// Whether it was written with a capital.
    pub(crate) is_capital: bool,
}

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters.
    Word,
    /// ASCII digits.
    Number,
    /// One of `:.,-/№#+`.
    Mark,
}

/// Latin letters that look like Cyrillic ones.
const LOOK_ALIKES: [(char, char); 14] = [
    ('a', 'а'),
    ('b', 'в'),
    ('c', 'с'),
    ('e', 'е'),
    ('h', 'н'),
    ('i', 'і'),
    ('k', 'к'),
    ('m', 'м'),
    ('o', 'о'),
    ('p', 'р'),
    ('t', 'т'),
    ('x', 'х'),
    ('y', 'у'),
    ('n', 'п'),
];

/// Endings a word may have in one form and lack in another.
const ENDINGS: &[&str] = &[
    "", "а", "ам", "ами", "ах", "ая", "го", "е", "ев", "его", "ее", "ей", "ем", "ему", "ею", "и",
    "ие", "ий", "им", "ими", "их", "й", "м", "му", "о", "ов", "ого", "ое", "ой", "ом", "ому", "ою",
    "у", "ую", "ы", "ые", "ый", "ым", "ыми", "ых", "ь", "ю", "юю", "я", "яя",
];

/// A word this long is still known with one letter wrong, missing, doubled or swapped.
const FORGIVEN: usize = 6;

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{4ff}')
}

fn fold(word: &str) -> String {
    let small = word.to_lowercase();
    let is_mixed = small.chars().any(is_cyrillic) && small.chars().any(|c| c.is_ascii_alphabetic());
    let clear = |c: char| match c {
        'ё' => 'е',
        c if is_mixed => LOOK_ALIKES
            .iter()
            .find(|(latin, _)| *latin == c)
            .map_or(c, |(_, cyrillic)| *cyrillic),
        c => c,
    };
    // Accents that were put on by hand ("за́мок") are not letters of the word.
    small
        .chars()
        .filter(|c| !matches!(c, '\u{300}'..='\u{36f}'))
        .map(clear)
        .collect()
}

/// Reads a text in one pass: "гп87" is "гп" and "87".
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let kind_of = |c: char| match c {
        c if c.is_ascii_digit() => Some(Kind::Number),
        c if c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}') => Some(Kind::Word),
        ':' | '.' | ',' | '-' | '/' | '№' | '#' | '+' => Some(Kind::Mark),
        '–' | '—' | '−' | '‑' => Some(Kind::Mark),
        _ => None,
    };
    let mut tokens = Vec::new();
    let mut open: Option<(Kind, Range<usize>)> = None;
    for (place, c) in text.char_indices() {
        let kind = kind_of(c);
        let end = place + c.len_utf8();
        match (&mut open, kind) {
            (Some((known, at)), Some(kind)) if *known == kind && kind != Kind::Mark => at.end = end,
            _ => {
                tokens.extend(open.take().map(|piece| token(text, piece)));
                open = kind.map(|kind| (kind, place..end));
            }
        }
    }
    tokens.extend(open.map(|piece| token(text, piece)));
    tokens
}

fn token(text: &str, (kind, at): (Kind, Range<usize>)) -> Token {
    let raw = text.get(at.clone()).unwrap_or_default();
    let text = match raw {
        "–" | "—" | "−" | "‑" => "-".to_owned(),
        "#" => "№".to_owned(),
        raw => fold(raw),
    };
    Token {
        kind,
        text,
        is_capital: raw.starts_with(char::is_uppercase),
        at,
    }
}

/// Letters and digits alone, in their order.
pub(crate) fn words(text: &str) -> Vec<String> {
    tokens(text)
        .into_iter()
        .filter(|token| token.kind != Kind::Mark)
        .map(|token| token.text)
        .collect()
}

/// Length in characters.
pub(crate) fn length(word: &str) -> usize {
    word.chars().count()
}

/// Whether two words are forms of one: "приморском" and "приморский", "дроздовой" and "дроздова". Words of three
/// letters and less are only themselves.
pub(crate) fn is_form(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let common: usize = a
        .chars()
        .zip(b.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let rest = |word: &str| {
        word.get(common..)
            .is_some_and(|rest| ENDINGS.contains(&rest))
    };
    let n_common = a.get(..common).map_or(0, length);
    n_common >= 4 && rest(a) && rest(b)
}

/// One slip leaves one of the first two letters in its place, or swaps them: a quick no to most pairs of words.
fn may_be_slip(a: &str, b: &str) -> bool {
    let first = |word: &str| {
        let mut letters = word.chars();
        (letters.next(), letters.next())
    };
    let (a, b) = (first(a), first(b));
    a.0 == b.0 || a.1 == b.1 || a.0 == b.1 || a.1 == b.0
}

/// Whether two long words differ by one slip: a letter wrong, missing, too many, or two neighbours swapped.
pub(crate) fn is_slip(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if a.len().abs_diff(b.len()) > 4 || !may_be_slip(a, b) {
        return false;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().max(b.len()) < FORGIVEN || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let n_same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[n_same..], &b[n_same..]);
    let after = |word: &[char], n: usize| word.get(n..).unwrap_or_default().to_vec();
    let is_swap = a.len() > 1 && b.len() > 1 && a[0] == b[1] && a[1] == b[0];
    after(a, 1) == after(b, 1)
        || after(a, 1) == b
        || a == after(b, 1)
        || (is_swap && after(a, 2) == after(b, 2))
}

/// Whether a word begins with `beginning`, a slip in a long beginning forgiven.
pub(crate) fn begins(word: &str, beginning: &str) -> bool {
    if word.starts_with(beginning) {
        return true;
    }
    if !may_be_slip(word, beginning) {
        return false;
    }
    let n = length(beginning);
    if n < FORGIVEN || length(word) + 1 < n {
        return false;
    }
    [n, n - 1, n + 1].into_iter().any(|n| {
        let end = word.char_indices().nth(n).map_or(word.len(), |(at, _)| at);
        word.get(..end).is_some_and(|part| is_slip(part, beginning))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_folded_alike() {
        for (text, want) in [
            ("ГП №87", "гп 87"),
            ("гп87", "гп 87"),
            ("Ёлочная", "елочная"),
            ("Tepапевт", "терапевт"),
            ("ухо-горло-нос", "ухо горло нос"),
            ("Lor", "lor"),
            ("…", ""),
        ] {
            assert_eq!(words(text).join(" "), want, "{text}");
        }
    }

    #[test]
    fn forms_of_a_word_are_one_word() {
        for (a, b) in [
            ("приморском", "приморский"),
            ("дроздовой", "дроздова"),
            ("кедрову", "кедров"),
            ("окулиста", "окулист"),
            ("галкиной", "галкина"),
            ("невском", "невский"),
        ] {
            assert!(is_form(a, b) && is_form(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("невролог", "невский"),
            ("терапевт", "терапия"),
            ("лор", "лоры"),
            ("кировский", "калининский"),
        ] {
            assert!(!is_form(a, b), "{a} {b}");
        }
    }

    #[test]
    fn one_slip_in_a_long_word_is_forgiven() {
        for (a, b) in [
            ("акулист", "окулист"),
            ("офтольмолог", "офтальмолог"),
            ("невролг", "невролог"),
            ("терапетв", "терапевт"),
            ("хирурург", "хирург"),
        ] {
            let n_slips = if b == "хирург" { 2 } else { 1 };
            assert_eq!(is_slip(a, b), n_slips == 1, "{a} {b}");
        }
        assert!(!is_slip("лор", "лол"));
        assert!(begins("офтольмология", "офтальмолог"));
        assert!(begins("гениколога", "гинеколог") || !is_slip("гениколог", "гинеколог"));
        assert!(!begins("уролог", "невролог"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn nothing_panics(a in "\\PC{0,40}", b in "\\PC{0,40}") {
            for token in tokens(&a) {
                prop_assert!(a.get(token.at).is_some());
            }
            let _ = (is_form(&a, &b), is_slip(&a, &b), begins(&a, &b));
            prop_assert!(is_form(&a, &a) && is_slip(&a, &a) && begins(&a, &a));
        }
    }
}
