//! Typing narrows a list: "87" finds «ГП №87», "васил" finds «Василеостровский».

use crate::words::{is_form, is_slip, words};

/// How well a typed text fits; smaller is better.
pub(crate) type Rank = u8;

/// The worst rank of an entry whose name begins with what was typed.
pub(crate) const BEGINS: Rank = 1;

/// How `typed` fits an entry of this name and these further texts (official name, address); `None` = not at all.
/// Every typed word must be found; a number only as a whole number, or as the beginning of one.
pub(crate) fn fits(typed: &str, name: &str, further: &[&str]) -> Option<Rank> {
    let typed = words(typed);
    if typed.is_empty() {
        return None;
    }
    let name = words(name);
    let further: Vec<String> = further.iter().flat_map(|text| words(text)).collect();
    typed
        .iter()
        .map(|word| rank(word, &name, &further))
        .try_fold(0, |worst, rank| Some(worst.max(rank?)))
}

fn rank(word: &str, name: &[String], further: &[String]) -> Option<Rank> {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    let equals = |known: &String| known == word;
    let begins = |known: &String| known.starts_with(word);
    let holds = |known: &String| !is_number && word.chars().count() >= 3 && known.contains(word);
    let is_form = |known: &String| !is_number && is_form(known, word);
    let is_slip = |known: &String| !is_number && is_slip(known, word);
    let ranks: [(Rank, bool); 9] = [
        (0, name.iter().any(equals)),
        (BEGINS, name.iter().any(begins)),
        (2, name.iter().any(holds)),
        (3, name.iter().any(is_form)),
        (4, further.iter().any(equals)),
        (5, further.iter().any(begins)),
        (6, further.iter().any(holds)),
        (7, further.iter().any(is_form)),
        (8, name.iter().chain(further).any(is_slip)),
    ];
    ranks
        .into_iter()
        .find(|(_, fits)| *fits)
        .map(|(rank, _)| rank)
}

/// The entries that fit, best first; entries that fit equally keep their order. A number found whole in some names
/// leaves out the entries where it only stands in an address.
pub(crate) fn narrow<T>(
    typed: &str,
    entries: Vec<T>,
    texts: impl Fn(&T) -> (String, Vec<String>),
) -> Vec<T> {
    let mut ranked: Vec<(Rank, T)> = entries
        .into_iter()
        .filter_map(|entry| {
            let (name, further) = texts(&entry);
            let further: Vec<&str> = further.iter().map(String::as_str).collect();
            Some((fits(typed, &name, &further)?, entry))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let best = ranked.first().map_or(0, |(rank, _)| *rank);
    let has_number = typed.chars().any(|c| c.is_ascii_digit());
    if has_number && best == 0 {
        ranked.retain(|(rank, _)| *rank == 0);
    }
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLINICS: [(&str, &str); 5] = [
        ("ГП №87", "ул. Дыбенко, д. 21"),
        ("ГП №27", "Вознесенский пр., д. 27"),
        ("ДГП №87", "ул. Ёлочная, д. 8"),
        ("ГП №870", "пр. Мира, д. 1"),
        ("КВД №8", "ул. Народная, д. 87"),
    ];

    #[track_caller]
    fn check(typed: &str, want: &[&str]) {
        let texts = |clinic: &(&str, &str)| (clinic.0.to_owned(), vec![clinic.1.to_owned()]);
        let got: Vec<_> = narrow(typed, CLINICS.to_vec(), texts)
            .into_iter()
            .map(|clinic| clinic.0)
            .collect();
        assert_eq!(got, want, "{typed}");
    }

    #[test]
    fn a_number_finds_the_clinic_of_that_number() {
        check("87", &["ГП №87", "ДГП №87"]);
        check("гп87", &["ГП №87"]);
        check("ГП № 87", &["ГП №87"]);
    }

    #[test]
    fn a_part_of_a_street_finds_the_clinic() {
        check("елочная", &["ДГП №87"]);
        check("дыбен", &["ГП №87"]);
        check("народн 87", &["КВД №8"]);
    }

    #[test]
    fn forms_and_slips_of_a_word_find_it() {
        check("ёлочной", &["ДГП №87"]);
        check("народная улица", &[]);
        check("возниесенский", &["ГП №27"]);
        check("дыбеnко", &["ГП №87"]);
    }

    #[test]
    fn what_fits_nothing_finds_nothing() {
        check("поликлиника", &[]);
        check("...", &[]);
    }
}
