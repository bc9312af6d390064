//! Goes through a text piece by piece and keeps what each rule makes of it.

use super::everywhere::{self, Reach};
use super::fold::{Kind, Token, length, tokens};
use super::little::{ends_as_surname, is_noise, is_street_word};
use super::places::{Clinic, ClinicKind, Index};
use super::plan::Plan;
use super::{Asked, Catalogue, Phrase, dates, places, specialties, when};
use chrono::NaiveDate;
use shared::ids::{DistrictId, LpuId};
use std::ops::Range;

/// Pieces of a text that are read; nobody says more of one doctor, and the rest is not understood.
const MOST_PIECES: usize = 300;

/// Words looked up one by one among all clinics and specialties.
const MOST_LOOKED_UP: usize = 12;

/// Names that one specialty is put together of; no clinic has one of more.
const MOST_KINDS: usize = 6;

/// Reads a text said on the day `today`.
pub(super) fn read(text: &str, today: NaiveDate, catalogue: Catalogue<'_>) -> Phrase {
    let mut tokens = tokens(text);
    let rest = tokens.get(MOST_PIECES).map(|token| token.at.start);
    tokens.truncate(MOST_PIECES);
    let mut reader = Reader {
        text,
        today,
        catalogue,
        tokens: &tokens,
        at: 0,
        n_looked_up: 0,
        index: None,
        names: None,
        plan: Plan::default(),
        district: None,
        clinics: Vec::new(),
        by_name: Vec::new(),
        whom: Vec::new(),
        doctor: Vec::new(),
        reach: None,
        unknown: Vec::new(),
    };
    while reader.at < tokens.len() {
        let n = reader.step();
        reader.at += n.max(1);
    }
    if let Some(start) = rest {
        reader.unknown.push(start..text.len());
    }
    reader.finish()
}

struct Reader<'a> {
    text: &'a str,
    today: NaiveDate,
    catalogue: Catalogue<'a>,
    tokens: &'a [Token],
    at: usize,
    n_looked_up: usize,
    /// Names and addresses of clinics, folded when first needed.
    index: Option<Index>,
    /// Names of specialties, read when first needed.
    names: Option<Vec<specialties::Read>>,
    plan: Plan,
    district: Option<(DistrictId, Range<usize>)>,
    clinics: Vec<(Clinic, Range<usize>)>,
    /// Found by a street or a name of their own.
    by_name: Vec<(Vec<LpuId>, Range<usize>)>,
    whom: Vec<(String, Range<usize>)>,
    doctor: Vec<(String, Range<usize>)>,
    reach: Option<(Reach, Range<usize>)>,
    unknown: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [Token] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    /// Bytes of the text under the next `n` tokens.
    fn span(&self, n: usize) -> Range<usize> {
        let pieces = self.rest();
        let last = pieces.get(n.max(1) - 1).or(pieces.last());
        match (pieces.first(), last) {
            (Some(first), Some(last)) => first.at.start..last.at.end,
            _ => 0..0,
        }
    }

    fn index(&mut self) -> &Index {
        let lpus = self.catalogue.lpus;
        self.index.get_or_insert_with(|| Index::of(lpus))
    }

    fn word_before(&self) -> Option<&'a str> {
        let signs = |token: &&Token| token.kind != Kind::Mark || token.text != ".";
        let before = self.tokens.get(..self.at)?.iter().rev().find(signs)?;
        (before.kind == Kind::Word).then_some(before.text.as_str())
    }

    /// Reads what stands next; the number of tokens taken.
    fn step(&mut self) -> usize {
        let rest = self.rest();
        let Some(first) = rest.first() else { return 1 };
        if first.kind == Kind::Mark && first.text != "№" {
            if first.text == "," {
                self.plan.pause();
            }
            return 1;
        }
        if let Some((n, reach)) = everywhere::read(rest, self.catalogue.districts) {
            let span = self.span(n);
            match &self.reach {
                Some((known, _)) if *known != reach => self.unknown.push(span),
                Some(_) => {}
                None => self.reach = Some((reach, span)),
            }
            return n;
        }
        if let Some((n, clinic)) = numbered_first(rest).or_else(|| places::clinic(rest)) {
            if self.clinics.len() < MOST_LOOKED_UP {
                self.clinics.push((clinic, self.span(n)));
            } else {
                self.unknown.push(self.span(n));
            }
            return n;
        }
        if let Some((n, said)) = when::read(rest, self.today) {
            if !self.plan.take(said, when::begins(self.today)) {
                self.unknown.push(self.span(n));
            }
            return n;
        }
        if first.kind == Kind::Word
            && let Some(n) = self.kind()
        {
            return n;
        }
        if let Some(n) = self.district() {
            return n;
        }
        if first.kind == Kind::Number {
            // No rule of days took it: "31 февраля" is no day.
            if dates::word(rest, 1).is_some_and(|word| dates::month(word).is_some()) {
                self.unknown.push(self.span(2));
                return 2;
            }
            let number = first.text.parse().ok();
            let any = Clinic {
                kind: ClinicKind::Any,
                number,
            };
            let n = 1 + ordinal(rest);
            let is_short = self.clinics.len() < MOST_LOOKED_UP;
            if is_short && number.is_some() && !self.index().find(any, None).is_empty() {
                self.clinics.push((any, self.span(n)));
            } else {
                self.unknown.push(self.span(n));
            }
            return n;
        }
        if is_noise(&first.text) {
            return 1;
        }
        self.other(first)
    }

    /// "детский хирург", "ухо-горло-нос"
    fn kind(&mut self) -> Option<usize> {
        let mut said: Vec<&str> = Vec::new();
        let mut ends = Vec::new();
        for (place, token) in self.rest().iter().enumerate().take(12) {
            match token.kind {
                Kind::Mark if token.text == "-" || token.text == "/" => {}
                Kind::Mark => break,
                _ => {
                    said.push(&token.text);
                    ends.push(place + 1);
                }
            }
        }
        let (n, _) = specialties::kinds(&said);
        let taken = ends.get(n.checked_sub(1)?).copied()?;
        self.whom.push((said[..n].join(" "), self.span(taken)));
        Some(taken)
    }

    fn district(&mut self) -> Option<usize> {
        let rest = self.rest();
        let (mut n, district) = places::district(rest, self.catalogue.districts)?;
        // "Московский проспект" is no district.
        if is_street_word(dates::word(rest, n)) || is_street_word(self.word_before()) {
            return None;
        }
        let is_short = dates::is_any(rest, n, &["р"]) && dates::is_mark(rest, n + 1, "-");
        n += if is_short { 3 } else { 0 };
        let n = n.min(rest.len());
        let known = self.district.as_ref().map(|(id, _)| id);
        if known.is_some_and(|id| *id != district.id) {
            self.unknown.push(self.span(n));
        } else {
            self.district = Some((district.id.clone(), self.span(n)));
        }
        Some(n)
    }

    /// A word no rule knows: a clinic's own name, a street, a specialty of the portal's, a surname, or nothing.
    fn other(&mut self, token: &Token) -> usize {
        let before = self.word_before();
        let is_street = is_street_word(before)
            || before == Some("на")
            || is_street_word(dates::word(self.rest(), 1));
        let is_whom = before.is_some_and(|word| {
            ["к", "ко", "у", "dr", "doctor"].contains(&word) || specialties::is_title(word)
        });
        if is_street_word(Some(&token.text)) {
            return 1;
        }
        self.n_looked_up += 1;
        let is_looked_up = self.n_looked_up <= MOST_LOOKED_UP;
        let is_named = !self.clinics.is_empty() || !self.by_name.is_empty();
        if is_looked_up && !is_whom && (is_street || !is_named) {
            let district = self.district.as_ref().map(|(id, _)| id.clone());
            let index = self.index();
            let mut found = index.find_named(token, is_street, district.as_ref());
            if found.is_empty() {
                found = index.find_named(token, is_street, None);
            }
            if !found.is_empty() {
                let n = 1 + usize::from(is_street) * self.house();
                self.by_name.push((found, self.span(n)));
                return n;
            }
        }
        if is_looked_up && !is_whom {
            let known = self.catalogue.specialties;
            let read = || {
                known
                    .iter()
                    .map(|name| specialties::Read::of(name))
                    .collect()
            };
            if specialties::is_of(&token.text, self.names.get_or_insert_with(read)) {
                self.whom.push((token.text.clone(), self.span(1)));
                return 1;
            }
        }
        let is_next = self
            .doctor
            .last()
            .is_some_and(|(_, last)| self.joins(last.end, token.at.start));
        let is_name = is_whom || token.is_capital || ends_as_surname(&token.text);
        let is_first = self.doctor.is_empty() && length(&token.text) >= 3 && is_name;
        let is_more = is_next && (token.is_capital || length(&token.text) == 1);
        if (is_first || is_more) && is_looked_up && !when::is_of_time(&token.text) {
            self.doctor.push((token.text.clone(), self.span(1)));
        } else {
            self.unknown.push(self.span(1));
        }
        1
    }

    /// Tokens of a house number after a street: it is no clinic's.
    fn house(&self) -> usize {
        let after = self.rest().get(1..).unwrap_or_default();
        let mut n = 0;
        while dates::is_any(after, n, &["д", "дом", "пр", "проспект", "ул", "улица"])
            || dates::is_mark(after, n, ",")
            || dates::is_mark(after, n, ".")
        {
            n += 1;
        }
        if dates::number(after, n).is_some() {
            n + 1
        } else {
            0
        }
    }

    /// Whether nothing but signs and spaces stands between two places of the text.
    fn gap(&self, from: usize, to: usize) -> bool {
        self.text
            .get(from..to)
            .is_some_and(|between| !between.chars().any(char::is_alphanumeric))
    }

    /// Whether nothing or "и" stands between two surnames.
    fn joins(&self, from: usize, to: usize) -> bool {
        let between = self.text.get(from..to).map(str::trim);
        self.gap(from, to) || between.is_some_and(|word| ["и", "and"].contains(&word))
    }

    fn finish(mut self) -> Phrase {
        let whom = self.whom();
        let mut district = self.district.take();
        let (mut lpus, is_each) = self.lpus(&mut district);
        let reach = self.reach(whom.is_some(), !lpus.is_empty(), &mut district);
        let lpu = |id: LpuId| self.catalogue.lpus.iter().find(|lpu| lpu.id == id);
        lpus.sort();
        lpus.dedup();
        let mut theirs = lpus.iter().filter_map(|id| Some(&lpu(*id)?.district));
        let first = theirs.next();
        let district = match first {
            Some(only) if theirs.all(|district| district == only) => Some(only.clone()),
            _ => district.map(|(id, _)| id),
        };
        let doctor: Vec<&str> = self.doctor.iter().map(|(word, _)| word.as_str()).collect();
        Phrase {
            district,
            is_each: is_each && lpus.len() > 1,
            lpus,
            specialty: whom,
            doctor: (!doctor.is_empty()).then(|| doctor.join(" ")),
            reach,
            wish: self.plan.wish().unwrap_or_default(),
            not_understood: self.pieces(),
        }
    }

    /// Whom to see. Kinds that no name of the portal has together are not understood, the first one aside.
    fn whom(&mut self) -> Option<String> {
        let join = |parts: &[(String, Range<usize>)]| {
            let words: Vec<&str> = parts.iter().map(|(words, _)| words.as_str()).collect();
            words.join(" ")
        };
        if self.whom.is_empty() {
            return None;
        }
        let known = self.catalogue.specialties;
        let is_known = |text: &str| {
            let asked = Asked::read(text);
            known.is_empty() || known.iter().any(|name| asked.rank(name).is_some())
        };
        let mut kept: Vec<(String, Range<usize>)> = Vec::new();
        for part in std::mem::take(&mut self.whom) {
            if kept.len() >= MOST_KINDS {
                self.unknown.push(part.1);
                continue;
            }
            kept.push(part);
            let asked = Asked::read(&join(&kept));
            let is_plain = asked.kinds.len() + asked.words.len() < 2;
            let is_fine = is_plain || asked.is_child() || is_known(&join(&kept));
            if !is_fine && let Some((_, span)) = kept.pop() {
                self.unknown.push(span);
            }
        }
        // "Детский" alone says which clinic.
        if Asked::read(&join(&kept)).is_only_child() {
            let named = Clinic {
                kind: ClinicKind::Child,
                number: None,
            };
            let span = kept.first().map_or(0..0, |(_, span)| span.clone());
            if self.clinics.is_empty() {
                self.clinics.push((named, span));
            }
            return None;
        }
        Some(join(&kept)).filter(|whom| !whom.is_empty())
    }

    /// Clinics that fit all that was said, and whether each of them was named by itself; a district that contradicts
    /// them is not understood.
    fn lpus(&mut self, district: &mut Option<(DistrictId, Range<usize>)>) -> (Vec<LpuId>, bool) {
        let mut is_each = self.by_name.is_empty();
        let here = district.as_ref().map(|(id, _)| id.clone());
        let mut lpus: Vec<LpuId> = Vec::new();
        for (named, span) in std::mem::take(&mut self.clinics) {
            // A kind alone narrows a district; of the whole city it says nothing yet.
            if named.number.is_none() && here.is_none() {
                continue;
            }
            let mut found = self.index().find(named, here.as_ref());
            if found.is_empty() && named.number.is_some() {
                found = self.index().find(named, None);
                if !found.is_empty()
                    && let Some((_, span)) = district.take()
                {
                    self.unknown.push(span);
                }
            }
            if found.is_empty() && named.kind != ClinicKind::Clinic {
                self.unknown.push(span);
            }
            is_each &= found.len() == 1;
            lpus.extend(found);
        }
        for (mut found, span) in std::mem::take(&mut self.by_name) {
            if !lpus.is_empty() {
                // A number and a street together: the clinics that fit both.
                found.retain(|lpu| lpus.contains(lpu));
                if found.is_empty() {
                    self.unknown.push(span);
                } else {
                    lpus = found;
                }
            } else {
                lpus = found;
            }
        }
        (lpus, is_each)
    }

    /// How far they would go; beside a clinic, or without saying to whom, it says nothing.
    fn reach(
        &mut self,
        is_whom: bool,
        is_clinic: bool,
        district: &mut Option<(DistrictId, Range<usize>)>,
    ) -> Option<(Reach, String)> {
        let (reach, span) = self.reach.take()?;
        if is_clinic || (!is_whom && self.doctor.is_empty()) {
            self.unknown.push(span);
            return None;
        }
        if reach == Reach::City
            && let Some((_, contrary)) = district.take()
        {
            self.unknown.push(contrary);
        }
        Some((reach, self.text.get(span).unwrap_or_default().to_owned()))
    }

    /// What was not understood, neighbours together.
    fn pieces(&mut self) -> Vec<String> {
        let mut spans = std::mem::take(&mut self.unknown);
        spans.sort_by_key(|span| span.start);
        let mut joined: Vec<Range<usize>> = Vec::new();
        for span in spans {
            match joined.last_mut() {
                Some(last) if self.gap(last.end.min(span.start), span.start) => {
                    last.end = last.end.max(span.end);
                }
                _ => joined.push(span),
            }
        }
        joined
            .into_iter()
            .filter_map(|span| self.text.get(span))
            .map(str::to_owned)
            .collect()
    }
}

/// "27 поликлиника", "87-я детская"
fn numbered_first(tokens: &[Token]) -> Option<(usize, Clinic)> {
    let number = dates::number(tokens, 0)?;
    let n = 1 + ordinal(tokens);
    let rest = tokens.get(n..)?;
    let (taken, kind) = places::kind_word(rest)?;
    // "27 детская 87" names the clinic by what follows.
    if dates::number(rest, taken).is_some() || dates::is_mark(rest, taken, "№") {
        return None;
    }
    let number = Some(number);
    Some((n + taken, Clinic { kind, number }))
}

/// Tokens of "-я", "-й" and the like after a number.
fn ordinal(tokens: &[Token]) -> usize {
    let dash = usize::from(dates::is_mark(tokens, 1, "-"));
    let endings = ["я", "й", "ая", "ой", "ю", "ую", "е", "th", "st", "nd", "rd"];
    match dates::is_any(tokens, 1 + dash, &endings) {
        true => dash + 1,
        false => 0,
    }
}
