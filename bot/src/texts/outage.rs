//! A clinic or the whole portal is silent, or answers again.

use super::clean::{escape, tidy};
use super::fluent::{text, text_with};
use super::state::why;
use super::when::since;
use chrono::{DateTime, Utc};
use shared::failure::FailureKind;
use shared::store::{Lang, Outage, OutageFact, OutageKind, OutageNews};

/// The longest name of a clinic, in characters.
const MAX_NAME: usize = 60;

/// What a person is to hear of clinics and of the portal, in one message.
pub fn outages(lang: Lang, news: &OutageNews, now: DateTime<Utc>) -> String {
    let silent = |fact: &OutageFact| matches!(fact.kind, OutageKind::ClinicSilent { .. });
    let is_back_whole = !news.facts.iter().any(silent);
    let lines = news.facts.iter();
    let lines = lines.map(|fact| line(lang, fact, is_back_whole, now));
    lines.collect::<Vec<_>>().join("\n\n")
}

fn line(lang: Lang, fact: &OutageFact, is_back_whole: bool, now: DateTime<Utc>) -> String {
    let dated = |key, at| text_with(lang, key, &[("since", since(lang, at, now).into())]);
    match fact.kind {
        OutageKind::PortalDown { since, is_held } => dated(
            if is_held {
                "outage-held"
            } else {
                "outage-portal"
            },
            since,
        ),
        OutageKind::PortalBack if is_back_whole => text(lang, "outage-portal-back"),
        OutageKind::PortalBack => text(lang, "outage-portal-but"),
        OutageKind::ClinicSilent {
            since: at,
            why: kind,
        } => {
            let mut args = vec![
                ("clinic", clinic(lang, fact).into()),
                ("since", since(lang, at, now).into()),
            ];
            // That the clinic does not answer is said already.
            if kind == FailureKind::Clinic {
                return text_with(lang, "outage-clinic", &args);
            }
            args.push(("why", why(lang, kind).into()));
            text_with(lang, "outage-clinic-why", &args)
        }
        OutageKind::ClinicBack => {
            let args = [("clinic", clinic(lang, fact).into())];
            text_with(lang, "outage-clinic-back", &args)
        }
    }
}

fn clinic(lang: Lang, fact: &OutageFact) -> String {
    let name = fact.known.as_ref();
    let name = name.and_then(|lpu| tidy(&lpu.short_name, MAX_NAME));
    let name = name.unwrap_or_else(|| {
        let id = fact.lpu.map_or_else(String::new, |lpu| lpu.to_string());
        text_with(lang, "lpu-unnamed", &[("id", id.into())])
    });
    escape(&name)
}

/// The line of `/status` that the portal is down. `None` while it answers, and during a hold, which has a line of its own.
pub(super) fn in_status(lang: Lang, outage: Option<Outage>, now: DateTime<Utc>) -> Option<String> {
    let outage = outage.filter(|outage| outage.back_at.is_none() && !outage.is_held)?;
    let args = [("since", since(lang, outage.since, now).into())];
    Some(text_with(lang, "outage-status", &args))
}
