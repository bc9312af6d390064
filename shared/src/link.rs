//! Links to the portal's page of free times, and finding one in a pasted text.
//!
//! The page keeps the choice in its fragment: `…/service-free-schedule#` and a percent-encoded JSON array of
//! one-key objects, `[{"district":"14"},{"lpu":"308"},{"speciality":"40"},{"schedule":"127"},{"doctor":"127"}]`.

use crate::ids::{DistrictId, DoctorId, LpuId, SpecialtyId, Target};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};
use std::str::FromStr;

/// The page; the fragment follows.
const PAGE: &str = "https://gorzdrav.spb.ru/service-free-schedule#";
/// Everything but unreserved characters and the `:` and `,` that the site itself leaves alone. Telegram refuses
/// a button whose address it cannot read.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b',');

/// The host by which a link is found in a text.
const HOST: &str = "gorzdrav.spb.ru";
/// How much of a pasted text is read: Telegram's longest message in the worst encoding is not longer.
const MAX_TEXT: usize = 16 * 1024;
/// How many addresses in one text are tried.
const MAX_TRIES: usize = 4;
/// How often a text may have been percent-encoded: once is ordinary, a link inside a link is twice.
const MAX_ENCODINGS: usize = 3;
/// Longer ids are nobody's: the longest seen has 56 characters.
const MAX_ID: usize = 256;

/// How deep a link to the portal goes. The setting `LINK_DEPTH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LinkDepth {
    /// To the list of doctors: what the portal itself copies since 2025.
    #[value(name = "speciality")]
    Specialty,
    /// To the doctor's free times.
    #[value(name = "doctor")]
    Doctor,
}

impl FromStr for LinkDepth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as clap::ValueEnum>::from_str(text, false)
    }
}

/// The address where a person takes a talon of `target`. It ends at the specialty when `depth` says so or when
/// the target is any doctor. The page opens only with its district: without one the link lacks it and the
/// person may have to choose anew.
pub fn link(district: Option<&DistrictId>, target: &Target, depth: LinkDepth) -> String {
    let department = &target.department;
    let mut steps = Vec::new();
    steps.extend(district.map(|district| json!({ "district": district.0 })));
    steps.push(json!({ "lpu": department.lpu.to_string() }));
    steps.push(json!({ "speciality": department.specialty.0 }));
    if let (LinkDepth::Doctor, Some(doctor)) = (depth, &target.doctor) {
        steps.push(json!({ "schedule": doctor.0 }));
        steps.push(json!({ "doctor": doctor.0 }));
    }
    let fragment = Value::Array(steps).to_string();
    format!("{PAGE}{}", utf8_percent_encode(&fragment, ENCODED))
}

/// What a link to the portal names; at least one of it. Nothing is checked against the portal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortalLink {
    /// District.
    pub district: Option<DistrictId>,
    /// Institution. When it is missing, so are specialty and doctor: their ids mean nothing without it.
    pub lpu: Option<LpuId>,
    /// Specialty.
    pub specialty: Option<SpecialtyId>,
    /// Doctor; may come without a specialty.
    pub doctor: Option<DoctorId>,
}

impl PortalLink {
    /// The first link to the portal's page in a text that names something; `None` when there is none.
    ///
    /// The text is what people paste: with words around, raw or encoded (also twice), with or without `https://`
    /// and `www.`, of any depth, with numbers or strings as values.
    pub fn find(text: &str) -> Option<Self> {
        let text = &text[..text.floor_char_boundary(MAX_TEXT)];
        peel(text).find_map(|text| Self::find_plain(&text))
    }

    /// In a text whose link may be encoded in its fragment only.
    fn find_plain(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase(); // the same length, so its positions hold in `text`
        let mut hosts = lower.match_indices(HOST).take(MAX_TRIES);
        // What stands before the host does not matter: only ids are taken.
        hosts.find_map(|(at, host)| {
            let fragment = fragment_of(&text[at + host.len()..])?;
            // It is encoded at least once by the rules; decoding one that is not leaves it as it is.
            let mut decoded = peel(fragment).skip(1);
            decoded.find_map(|json| Self::from_fragment(&json))
        })
    }

    /// `json` may have anything behind the array: the rest of the message.
    fn from_fragment(json: &str) -> Option<Self> {
        let mut values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
        let Ok(Value::Array(steps)) = values.next()? else {
            return None;
        };
        let named = |key: &str| {
            let value = steps.iter().find_map(|step| step.get(key))?;
            let id = match value {
                Value::String(id) => id.clone(),
                Value::Number(id) => id.to_string(),
                _ => return None,
            };
            (!id.is_empty() && id.len() <= MAX_ID).then_some(id)
        };
        let lpu = named("lpu")
            .and_then(|lpu| lpu.trim().parse().ok())
            .map(LpuId);
        let inside = |key| lpu.and_then(|_| named(key));
        let link = Self {
            district: named("district").map(DistrictId),
            lpu,
            specialty: inside("speciality").map(SpecialtyId),
            doctor: inside("doctor")
                .or_else(|| inside("schedule"))
                .map(DoctorId),
        };
        (link != Self::default()).then_some(link)
    }
}

/// The text as it is, then percent-decoded once, twice, … up to [`MAX_ENCODINGS`] times.
fn peel(text: &str) -> impl Iterator<Item = String> {
    let decode = |text: &String| Some(percent_decode_str(text).decode_utf8_lossy().into_owned());
    std::iter::successors(Some(text.to_owned()), decode).take(MAX_ENCODINGS + 1)
}

/// What follows `#` when `rest` is the path of the page; a port, a closing `/` and a query may stand in it.
fn fragment_of(rest: &str) -> Option<&str> {
    let (path, fragment) = rest.split_once('#')?;
    let path = path.split('?').next()?.trim_end_matches('/');
    let (port, page) = path.split_once('/')?;
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    (is_port && page.eq_ignore_ascii_case("service-free-schedule")).then_some(fragment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Department;
    use proptest::prelude::*;

    const RAW: &str = r#"gorzdrav.spb.ru/service-free-schedule#[{"district":"14"},{"lpu":"308"},{"speciality":"40"},{"schedule":"127"},{"doctor":"127"}]"#;

    fn target(lpu: u32, specialty: &str, doctor: Option<&str>) -> Target {
        Target {
            department: Department {
                lpu: LpuId(lpu),
                specialty: specialty.into(),
            },
            doctor: doctor.map(DoctorId::from),
        }
    }

    fn full() -> PortalLink {
        PortalLink {
            district: Some("14".into()),
            lpu: Some(LpuId(308)),
            specialty: Some("40".into()),
            doctor: Some("127".into()),
        }
    }

    fn encode(text: &str) -> String {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }

    #[test]
    fn a_link_reads_as_the_portals_own() {
        let target = target(308, "40", Some("127"));
        let link = |depth| link(Some(&"14".into()), &target, depth);
        let to_specialty = "https://gorzdrav.spb.ru/service-free-schedule#%5B%7B%22district%22:%2214%22%7D,%7B%22lpu%22:%22308%22%7D,%7B%22speciality%22:%2240%22%7D";
        assert_eq!(link(LinkDepth::Specialty), format!("{to_specialty}%5D"));
        assert_eq!(
            link(LinkDepth::Doctor),
            format!(
                "{to_specialty},%7B%22schedule%22:%22127%22%7D,%7B%22doctor%22:%22127%22%7D%5D"
            )
        );
    }

    #[test]
    fn ids_of_every_alphabet_make_a_valid_address() {
        let target = target(558, "0vLwIPA+/w==", Some("д26.114"));
        let link = link(None, &target, LinkDepth::Doctor);
        assert!(link.contains("%220vLwIPA%2B%2Fw%3D%3D%22"), "{link}");
        assert!(link.contains("%D0%B426.114"), "{link}");
        assert_eq!(url::Url::parse(&link).unwrap().as_str(), link);
    }

    #[test]
    fn any_doctor_is_linked_at_the_specialty() {
        let link = link(None, &target(1, "2", None), LinkDepth::Doctor);
        let found = PortalLink::find(&link).unwrap();
        assert_eq!((found.specialty, found.doctor), (Some("2".into()), None));
    }

    #[test]
    fn a_pasted_link_is_found_however_it_looks() {
        let encoded = RAW
            .replace('[', "%5B")
            .replace(']', "%5D")
            .replace('"', "%22")
            .replace('{', "%7B");
        let fully = encode(&RAW[RAW.find('#').unwrap() + 1..]);
        let table = [
            RAW.to_owned(),
            format!("https://{RAW}"),
            format!("http://www.{RAW}"),
            format!("https://www.{encoded}"),
            format!("Смотрите: https://{encoded}. Запишите на 100% меня!"),
            format!("«{RAW}», «{RAW}»"),
            format!("<a href='https://{encoded}'>"),
            format!(
                "HTTPS://{}",
                RAW.replacen("gorzdrav.spb.ru", "GorZdrav.SPB.ru", 1)
            ),
            RAW.replace('#', "/#"),
            RAW.replace('#', "?utm=1#"),
            RAW.replacen("ru/", "ru:443/", 1),
            RAW.replace(',', ", ").replace(':', ": "),
            format!("https://gorzdrav.spb.ru/service-free-schedule#{fully}"),
            format!(
                "https://gorzdrav.spb.ru/service-free-schedule#{}",
                encode(&fully)
            ),
            format!(
                "https://t.me/share?url={}",
                encode(&format!("https://{encoded}"))
            ),
            format!("gorzdrav.spb.ru/ and then https://{RAW}"),
            RAW.replace("\"308\"", "308")
                .replace("\"127\"", "127")
                .replace("\"14\"", "14"),
            RAW.replace(r#"{"schedule":"127"},"#, ""),
            RAW.replace(r#",{"doctor":"127"}"#, ""),
            RAW.replace("},{", ","),
        ];
        for text in table {
            assert_eq!(PortalLink::find(&text), Some(full()), "{text}");
        }
    }

    #[test]
    fn ids_encoded_inside_a_raw_fragment_are_decoded() {
        let link = RAW.replace("\"127\"", "\"%D0%B426.114\"");
        assert_eq!(
            PortalLink::find(&link).unwrap().doctor,
            Some("д26.114".into())
        );
    }

    #[test]
    fn a_shallow_link_names_what_it_names() {
        let find = |steps: &str| {
            PortalLink::find(&format!("gorzdrav.spb.ru/service-free-schedule#{steps}"))
        };
        let district = find(r#"[{"district":"14"}]"#).unwrap();
        assert_eq!(
            district,
            PortalLink {
                district: Some("14".into()),
                ..PortalLink::default()
            }
        );
        let clinic = find(r#"[{"district":"14"},{"lpu":"308"}]"#).unwrap();
        assert_eq!(clinic.lpu, Some(LpuId(308)));
        // Ids of a specialty and a doctor mean nothing without a clinic.
        let orphan = find(r#"[{"district":"14"},{"lpu":"x"},{"speciality":"40"},{"doctor":"1"}]"#);
        assert_eq!(orphan, Some(district));
    }

    #[test]
    fn what_names_nothing_is_no_link() {
        let page = "https://gorzdrav.spb.ru/service-free-schedule";
        let table = [
            String::new(),
            "офтальмолог приморский".to_owned(),
            page.to_owned(),
            format!("{page}#"),
            format!("{page}#[]"),
            format!("{page}#[{{}}]"),
            format!("{page}#[1,null,\"lpu\",[\"lpu\"]]"),
            format!("{page}#[{{\"lpu\":null}},{{\"district\":\"\"}}]"),
            format!("{page}#{{\"lpu\":\"308\"}}"),
            format!("{page}#[{{\"lpu\":\"308\"}}").replace("}", ""),
            format!("{page}#{}", "[".repeat(5_000)),
            format!("{page}#[{{\"district\":\"{}\"}}]", "1".repeat(MAX_ID + 1)),
            RAW.replace("service-free-schedule", "service-referral-schedule"),
            RAW.replace("gorzdrav", "example"),
            RAW.replace(".ru/", ".ru.example/"),
            "gorzdrav.spb.ru".repeat(10_000),
        ];
        for text in table {
            assert_eq!(PortalLink::find(&text), None, "{text}");
        }
    }

    #[test]
    fn the_depth_is_set_by_its_name() {
        assert_eq!("speciality".parse(), Ok(LinkDepth::Specialty));
        assert_eq!("doctor".parse(), Ok(LinkDepth::Doctor));
        assert!("lpu".parse::<LinkDepth>().is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn what_is_linked_is_found(
            district in prop::option::of("[1-9][0-9]?"), lpu: u32, specialty in r"\PC{1,56}", doctor in prop::option::of(r"\PC{1,56}"),
            deep: bool, before in r"[^#]{0,20}", after in r"\PC{0,20}", n_encodings in 0..2_usize,
        ) {
            let district = district.map(DistrictId);
            let target = target(lpu, &specialty, doctor.as_deref());
            let depth = if deep { LinkDepth::Doctor } else { LinkDepth::Specialty };
            let mut pasted = link(district.as_ref(), &target, depth);
            for _ in 0..n_encodings {
                pasted = encode(&pasted);
            }
            let found = PortalLink::find(&format!("{before} {pasted} {after}"));
            let want = PortalLink {
                district,
                lpu: Some(LpuId(lpu)),
                specialty: Some(SpecialtyId(specialty)),
                doctor: doctor.filter(|_| deep).map(DoctorId),
            };
            prop_assert_eq!(found, Some(want));
        }

        #[test]
        fn no_text_breaks_the_search(noise in r#"(gorzdrav\.spb\.ru|/service-free-schedule|#|%23|%25|%|"|[\[\]{},:]|lpu|doctor|[0-9a-fЯ\n\x00]){0,60}"#) {
            let _ = PortalLink::find(&noise);
            let _ = PortalLink::find(&format!("gorzdrav.spb.ru/service-free-schedule#{noise}"));
        }
    }
}
