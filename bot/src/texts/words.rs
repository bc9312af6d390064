//! What was read out of a person's own words.

use super::chosen::{area_line, area_paragraphs};
use super::clean::{escape, plain};
use super::fluent::{text, text_with};
use super::names::{short_title, target_title};
use super::units;
use super::wish::wish_words;
use chrono::{DateTime, Utc};
use shared::ids::{Area, Target};
use shared::store::{AreaExtent, Lang, Place};
use shared::wish::Wish;

/// Room for the names of a card's targets; those that do not fit are counted.
const TITLES: usize = 2_000;
/// Pieces that were not understood; more of them would only tire.
const PIECES: usize = 3;
/// The longest of them.
const PIECE: usize = 60;

/// What was said of a watch that is not made yet.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Whom to see, in the person's words, while no specialty is found by them.
    pub whom: Option<&'a str>,
    /// A surname not looked for yet.
    pub doctor: Option<&'a str>,
    /// Which slots suit.
    pub wish: &'a Wish,
    /// What nobody understood.
    pub not_understood: &'a [String],
    /// Said by somebody else, whose link was opened.
    pub is_shared: bool,
}

/// The card to confirm: "Понял так: Офтальмолог · любой врач · ГП №287 · после 17:00, по 27 ноября".
pub fn to_confirm(
    lang: Lang,
    targets: &[(Target, Place)],
    areas: &[(Area, AreaExtent)],
    said: &Said<'_>,
    now: DateTime<Utc>,
) -> String {
    let title = |(target, place): &(Target, Place)| escape(&target_title(lang, target, place));
    let can_suit = said.wish.can_suit(now);
    let told = match (targets, areas) {
        ([only], []) => {
            let wish = wish_words(lang, said.wish, now).filter(|_| can_suit);
            let wish = wish.map(|words| format!(" · {words}")).unwrap_or_default();
            format!("<b>{}</b>{wish}", title(only))
        }
        ([], [(area, extent)]) => {
            let wish = wish_words(lang, said.wish, now).filter(|_| can_suit);
            let wish = wish.map(|words| format!(" · {words}")).unwrap_or_default();
            let mut told = vec![format!("<b>{}</b>{wish}", area_line(lang, area, extent))];
            told.extend(area_paragraphs(lang, area, extent));
            told.join("\n\n")
        }
        (targets, areas) => {
            let areas = areas
                .iter()
                .map(|(area, extent)| area_line(lang, area, extent));
            let several: Vec<String> = areas.chain(targets.iter().map(title)).collect();
            let mut told = String::new();
            for (n, title) in several.iter().enumerate() {
                let title = format!("\n• {title}");
                if units(&told) + units(&title) > TITLES {
                    let more = several.len() - n;
                    told.push('\n');
                    told.push_str(&text_with(lang, "card-more", &[("n", more.into())]));
                    break;
                }
                told.push_str(&title);
            }
            let wish = wish_words(lang, said.wish, now).filter(|_| can_suit);
            let wish = wish.map(|words| text_with(lang, "wish-line", &[("wish", words.into())]));
            wish.map_or(told.clone(), |wish| format!("{told}\n{wish}"))
        }
    };
    let (key, ask) = match said.is_shared {
        true => ("words-shared-card", "words-shared-ask"),
        false => ("words-card", "words-ask"),
    };
    let mut told = vec![text_with(lang, key, &[("said", told.into())])];
    told.extend(not_understood(lang, said.not_understood));
    told.push(text(lang, if can_suit { ask } else { "wish-nothing" }));
    told.join("\n\n")
}

/// What was understood so far, for the menu that asks the rest; a paragraph each.
pub fn understood(lang: Lang, said: &Said<'_>, now: DateTime<Utc>) -> Vec<String> {
    let own = |words: &str| escape(&plain(words, PIECE));
    let parts = [
        said.whom.map(own),
        said.doctor.map(own),
        wish_words(lang, said.wish, now),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let told = (!parts.is_empty()).then(|| {
        text_with(
            lang,
            "words-understood",
            &[("said", parts.join(" · ").into())],
        )
    });
    told.into_iter()
        .chain(not_understood(lang, said.not_understood))
        .collect()
}

fn not_understood(lang: Lang, pieces: &[String]) -> Option<String> {
    let quoted = |piece: &String| {
        let piece = escape(&plain(piece, PIECE));
        text_with(lang, "words-quoted", &[("piece", piece.into())])
    };
    let told: Vec<String> = pieces.iter().take(PIECES).map(quoted).collect();
    let said = told.join(", ");
    (!told.is_empty()).then(|| text_with(lang, "words-not-understood", &[("said", said.into())]))
}

/// A button that adds again what was chosen lately. Plain text.
pub fn again(lang: Lang, target: &Target, place: &Place) -> String {
    let title = short_title(lang, target, place);
    text_with(lang, "words-again", &[("title", title.into())])
}
