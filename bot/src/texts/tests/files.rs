//! The files are sound, and both languages say the same things.

use super::super::fluent::{load, sources, told};
use super::super::{Arg, Lang, text, text_with};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use std::collections::{BTreeMap, BTreeSet};

/// Texts the handlers ask for, with what they put in.
const ASKED: &[(&str, &[&str])] = &[
    ("start", &[]),
    ("start-back", &["n"]),
    ("help", &[]),
    ("cmd-start", &[]),
    ("cmd-help", &[]),
    ("cmd-add", &[]),
    ("cmd-list", &[]),
    ("cmd-status", &[]),
    ("cmd-on", &[]),
    ("cmd-off", &[]),
    ("cmd-settings", &[]),
    ("cmd-forget", &[]),
    ("btn-add", &[]),
    ("btn-list", &[]),
    ("btn-status", &[]),
    ("btn-back", &[]),
    ("btn-cancel", &[]),
    ("btn-any-doctor", &[]),
    ("btn-prev", &[]),
    ("btn-next", &[]),
    ("btn-now", &[]),
    ("btn-pause", &[]),
    ("btn-resume", &[]),
    ("btn-delete", &[]),
    ("btn-undo", &[]),
    ("btn-refresh", &[]),
    ("btn-open-again", &[]),
    ("btn-all", &[]),
    ("btn-yes-forget", &[]),
    ("btn-no", &[]),
    ("btn-lang-ru", &[]),
    ("btn-lang-en", &[]),
    ("btn-retry", &[]),
    ("add-district", &[]),
    ("add-lpu", &["district"]),
    ("add-specialty", &["lpu"]),
    ("add-doctor", &["lpu", "specialty"]),
    ("add-page", &["page", "pages"]),
    ("add-filter", &["query", "n"]),
    ("add-nothing-found", &["query"]),
    ("add-empty-lpus", &[]),
    ("add-empty-specialties", &[]),
    ("add-empty-doctors", &[]),
    ("add-could-not-look", &["why"]),
    ("add-old-copy", &["ago"]),
    ("add-loading", &[]),
    ("add-done", &["title"]),
    ("add-done-already", &["title"]),
    ("add-done-resumed", &[]),
    ("add-too-many", &["max"]),
    ("add-too-many-targets", &["max"]),
    ("add-cancelled", &[]),
    ("add-link-unknown", &[]),
    ("add-tick-doctors", &["lpu", "specialty"]),
    ("add-ticked", &["n", "names"]),
    ("add-tick-full", &["max"]),
    ("btn-tick", &[]),
    ("btn-ticked", &["n"]),
    ("btn-elsewhere", &[]),
    ("btn-tick-lpus", &[]),
    ("btn-district", &[]),
    ("btn-all-of", &["district"]),
    ("btn-city", &[]),
    ("add-lpu-city", &[]),
    ("add-place", &[]),
    ("add-tick-clinics", &["specialty", "district"]),
    ("add-unread", &["n"]),
    ("add-not-there", &["lpu"]),
    ("add-not-read", &["lpu"]),
    ("add-nowhere-else", &[]),
    ("add-empty-clinics", &[]),
    ("words-several", &[]),
    ("words-no-specialty", &[]),
    ("words-no-doctor", &[]),
    ("words-no-clinic", &[]),
    ("words-clinics", &["n"]),
    ("words-clinics-some", &["n", "unknown"]),
    ("words-clinics-unknown", &[]),
    ("btn-watch", &[]),
    ("btn-share", &[]),
    ("share-link", &["title", "url"]),
    ("share-too-many", &[]),
    ("share-unknown", &[]),
    ("menu-old", &[]),
    ("menu-foreign", &[]),
    ("toast-old", &[]),
    ("off-done", &[]),
    ("off-already", &[]),
    ("on-done", &["n"]),
    ("on-done-empty", &[]),
    ("on-already", &[]),
    ("list-empty", &[]),
    ("list-title", &["n"]),
    ("deleted", &["title"]),
    ("undone", &[]),
    ("undo-late", &[]),
    ("forget-confirm", &["n"]),
    ("forget-done", &[]),
    ("forget-cancelled", &[]),
    ("settings-title", &[]),
    ("settings-lang", &[]),
    ("unknown", &[]),
    ("not-allowed", &[]),
    ("too-fast", &[]),
    ("went-wrong", &[]),
    ("status-empty", &[]),
    ("failure-clinic", &[]),
    ("failure-portal", &[]),
    ("failure-gone", &[]),
    ("failure-unreadable", &[]),
    ("failure-unreachable", &[]),
    ("failure-too-many", &[]),
    ("fact-unknown-since", &[]),
    ("btn-widen", &[]),
    ("btn-retie", &[]),
    ("widened", &[]),
    ("retied", &[]),
    ("nothing-to-change", &[]),
    ("btn-keep", &[]),
    ("btn-any", &[]),
    ("btn-stop", &[]),
    ("kept", &[]),
    ("stopped", &["title"]),
    ("only-admins", &[]),
    ("rights-unknown", &[]),
    ("settings-who-all", &[]),
    ("settings-who-admins", &[]),
    ("btn-taken", &[]),
    ("taken-toast-you", &[]),
    ("taken-toast-free", &[]),
    ("export-caption", &[]),
    ("export-empty", &[]),
    ("operator-silence", &[]),
    ("operator-return", &["since"]),
    ("broadcast-how", &[]),
    ("broadcast-too-long", &[]),
    ("broadcast-ask", &["n"]),
    ("btn-broadcast-send", &[]),
    ("btn-broadcast-drop", &[]),
    ("btn-broadcast-stop", &[]),
];

#[test]
fn the_files_can_be_read() {
    for lang in Lang::ALL {
        let (_, errors) = load(lang, sources(lang));
        assert!(errors.is_empty(), "{}: {errors:?}", lang.as_str());
    }
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_variables() {
    let [ru, en] = Lang::ALL.map(messages);
    let keys =
        |texts: &BTreeMap<String, BTreeSet<String>>| texts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&ru), keys(&en));
    for (key, variables) in &ru {
        assert_eq!(variables, &en[key], "variables of {key}");
    }
}

#[test]
fn every_text_the_handlers_ask_for_is_there_and_takes_what_they_give() {
    for lang in Lang::ALL {
        let known = messages(lang);
        for (key, variables) in ASKED {
            let variables: BTreeSet<_> = variables.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(known.get(*key), Some(&variables), "{key}");
        }
    }
}

#[test]
fn a_text_missing_in_english_is_told_in_russian_and_one_nobody_has_by_its_key() {
    let (en, _) = load(Lang::En, &["one = One"]);
    let (ru, _) = load(Lang::Ru, &["one = Один\ntwo = Два"]);
    let say = |key| told(&[&en, &ru], Lang::En, key, &[]);
    assert_eq!(
        [say("one"), say("two"), say("three")],
        ["One", "Два", "three"]
    );
    assert_eq!(text(Lang::En, "three"), "three");
}

#[test]
fn a_broken_file_is_an_error_and_the_rest_of_it_serves() {
    let (ru, errors) = load(Lang::Ru, &["one = Один\n= ничей\ntwo = Два"]);
    assert!(!errors.is_empty());
    assert_eq!(told(&[&ru], Lang::Ru, "two", &[]), "Два");
}

#[test]
fn a_text_filled_badly_is_still_told() {
    assert!(
        text_with(Lang::Ru, "add-page", &[("page", Arg::from(1_u32))]).starts_with("Страница 1")
    );
}

/// Variables of each text of a language.
fn messages(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    for source in sources(lang) {
        let file = fluent_syntax::parser::parse(*source).unwrap();
        for entry in file.body {
            if let Entry::Message(message) = entry {
                let mut variables = BTreeSet::new();
                of_pattern(&message.value.unwrap(), &mut variables);
                let twice = messages.insert(message.id.name.to_owned(), variables);
                assert!(twice.is_none(), "{} is there twice", message.id.name);
            }
        }
    }
    messages
}

fn of_pattern(pattern: &Pattern<&str>, into: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            of_expression(expression, into);
        }
    }
}

fn of_expression(expression: &Expression<&str>, into: &mut BTreeSet<String>) {
    let of_inline = |inline: &InlineExpression<&str>, into: &mut BTreeSet<String>| match inline {
        InlineExpression::VariableReference { id } => {
            into.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => of_expression(expression, into),
        _ => {}
    };
    match expression {
        Expression::Inline(inline) => of_inline(inline, into),
        Expression::Select { selector, variants } => {
            of_inline(selector, into);
            for variant in variants {
                of_pattern(&variant.value, into);
            }
        }
    }
}
