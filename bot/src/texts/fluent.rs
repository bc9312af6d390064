//! Sentences by key.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use shared::store::Lang;
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use unic_langid::LanguageIdentifier;

/// The files of one language; both have the same.
macro_rules! files {
    ($lang:literal) => {
        &[
            include_str!(concat!("../../locales/", $lang, "/add.ftl")),
            include_str!(concat!("../../locales/", $lang, "/talk.ftl")),
            include_str!(concat!("../../locales/", $lang, "/talons.ftl")),
            include_str!(concat!("../../locales/", $lang, "/when.ftl")),
            include_str!(concat!("../../locales/", $lang, "/settings.ftl")),
            include_str!(concat!("../../locales/", $lang, "/visit.ftl")),
            include_str!(concat!("../../locales/", $lang, "/wish.ftl")),
            include_str!(concat!("../../locales/", $lang, "/life.ftl")),
            include_str!(concat!("../../locales/", $lang, "/words.ftl")),
            include_str!(concat!("../../locales/", $lang, "/cadence.ftl")),
            include_str!(concat!("../../locales/", $lang, "/openings.ftl")),
            include_str!(concat!("../../locales/", $lang, "/outage.ftl")),
        ]
    };
}

pub(super) type Bundle = FluentBundle<FluentResource>;

static RU: LazyLock<Bundle> = LazyLock::new(|| loaded(Lang::Ru));
static EN: LazyLock<Bundle> = LazyLock::new(|| loaded(Lang::En));

/// What has been complained about already, so that a log does not fill with one lapse: no more than
/// there are sentences.
static LAPSES: LazyLock<Mutex<HashSet<(Lang, String)>>> = LazyLock::new(Mutex::default);

/// A value put into a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// Text as it stands: escaped already where the sentence is HTML.
    Text(String),
    /// A number; chooses the plural form.
    Number(i64),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Arg {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// The sentence of a key that takes no arguments.
pub fn text(lang: Lang, key: &str) -> String {
    text_with(lang, key, &[])
}

/// The sentence of a key, filled. One that `lang` lacks is told in Russian; one nobody has is told by its key,
/// so that the answer is never empty.
pub fn text_with(lang: Lang, key: &str, args: &[(&str, Arg)]) -> String {
    match lang {
        Lang::Ru => told(&[&RU], lang, key, args),
        Lang::En => told(&[&EN, &RU], lang, key, args),
    }
}

/// The sentence by the first of the bundles that has it.
pub(super) fn told(bundles: &[&Bundle], lang: Lang, key: &str, args: &[(&str, Arg)]) -> String {
    for (n, bundle) in bundles.iter().enumerate() {
        if let Some(sentence) = filled(bundle, lang, key, args) {
            if n > 0 {
                complain(lang, key, "a text is not translated");
            }
            return sentence;
        }
    }
    complain(lang, key, "no such text");
    key.to_owned()
}

fn filled(bundle: &Bundle, lang: Lang, key: &str, args: &[(&str, Arg)]) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    let args: FluentArgs<'_> = args
        .iter()
        .map(|(name, arg)| {
            let value = match arg {
                Arg::Text(text) => FluentValue::from(text.as_str()),
                Arg::Number(number) => FluentValue::from(*number),
            };
            (*name, value)
        })
        .collect();
    let mut errors = Vec::new();
    let sentence = bundle.format_pattern(pattern, Some(&args), &mut errors);
    if !errors.is_empty() {
        complain(lang, key, "a text was filled badly");
    }
    Some(sentence.into_owned())
}

/// The texts of a language, file by file.
pub(super) fn sources(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::Ru => files!("ru"),
        Lang::En => files!("en"),
    }
}

fn loaded(lang: Lang) -> Bundle {
    let (bundle, errors) = load(lang, sources(lang));
    for error in errors {
        // A test reads every file: this is a build nobody tested. What could be read still serves.
        tracing::error!(lang = lang.as_str(), error, "a file of texts is broken");
    }
    bundle
}

/// Reads texts of a language; the errors are empty when the files are sound.
pub(super) fn load(lang: Lang, sources: &[&str]) -> (Bundle, Vec<String>) {
    let id: LanguageIdentifier = lang.as_str().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // The marks around inserted values would show up on some phones, and the portal's own are removed anyway.
    bundle.set_use_isolating(false);
    let mut errors = Vec::new();
    for source in sources {
        let file =
            FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(file, broken)| {
                errors.extend(broken.iter().map(ToString::to_string));
                file
            });
        if let Err(broken) = bundle.add_resource(file) {
            errors.extend(broken.iter().map(ToString::to_string));
        }
    }
    (bundle, errors)
}

/// Logs a lapse, the first time only.
fn complain(lang: Lang, key: &str, what: &str) {
    let mut lapses = LAPSES.lock().unwrap_or_else(PoisonError::into_inner);
    if lapses.insert((lang, key.to_owned())) {
        tracing::error!(lang = lang.as_str(), key, "{what}");
    }
}
