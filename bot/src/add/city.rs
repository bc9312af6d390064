//! What the city has, as far as it is known, compared with a person's words.

use super::view::QUICK;
use crate::context::{Context, Talk};
use crate::words::{self, Asked, Catalogue, Phrase, is_form};
use shared::catalogue::{District, Lpu, Specialty};
use shared::clock::wall_date;
use shared::ids::{Area, DistrictId, LpuId};
use shared::specialty::plain_specialty;
use shared::store::StoreError;
use std::collections::{BTreeMap, BTreeSet};

/// Names of the city at hand, without waiting for the portal.
pub(super) struct City {
    pub(super) districts: Vec<District>,
    pub(super) lpus: Vec<Lpu>,
    pub(super) specialties: BTreeMap<LpuId, Vec<Specialty>>,
}

impl City {
    /// Reads them: from memory, else what the store has.
    pub(super) async fn read(ctx: &Context) -> Result<Self, StoreError> {
        let districts = tokio::time::timeout(QUICK, ctx.menus.districts()).await;
        let lpus = tokio::time::timeout(QUICK, ctx.menus.lpus()).await;
        let districts = match districts {
            Ok(Ok(list)) => list.value.to_vec(),
            _ => ctx
                .store
                .districts()
                .await?
                .map_or_else(Vec::new, |list| list.value),
        };
        let lpus = match lpus {
            Ok(Ok(list)) => list.value.to_vec(),
            _ => ctx
                .store
                .lpus()
                .await?
                .map_or_else(Vec::new, |list| list.value),
        };
        Ok(Self {
            districts,
            lpus,
            specialties: ctx.store.known_specialties().await?,
        })
    }

    /// Reads a text by these names.
    pub(super) fn phrase(&self, text: &str, talk: &Talk) -> Phrase {
        let names: BTreeSet<&str> = self
            .specialties
            .values()
            .flatten()
            .map(|specialty| specialty.name.as_str())
            .collect();
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let catalogue = Catalogue {
            districts: &self.districts,
            lpus: &self.lpus,
            specialties: &names,
        };
        words::read(text, wall_date(talk.now), catalogue)
    }

    /// One specialty for what is asked, wherever it is in this district, or in the city: what most clinics call it
    /// that have just this; while none is known, what it is called officially. `None` when that is not known either.
    ///
    /// At clinics for children only when a child's doctor is asked for, or nobody else has one.
    pub(super) fn area(&self, asked: &Asked, district: Option<&DistrictId>) -> Option<Area> {
        let mut asked = asked.clone();
        let mut found = self.named(&asked, district, false);
        if found.is_empty() && asked.is_child() {
            // A clinic for children leaves out whose doctor it is.
            let shorter = asked.loosened(true);
            found = self.named(&shorter, district, true);
            if !found.is_empty() {
                asked = shorter;
            }
        }
        let official = asked.name().map(|name| plain_specialty(&name));
        let name = match official {
            Some(official) if found.is_empty() || found.contains_key(&official) => official,
            _ => {
                let most = found.iter().rev().max_by_key(|(_, rows)| rows.len());
                most?.0.clone()
            }
        };
        let rows = found.remove(&name).unwrap_or_default();
        let mut codes = BTreeMap::<&str, usize>::new();
        for code in rows.iter().filter_map(|(_, row)| row.fer_id.as_deref()) {
            *codes.entry(code).or_default() += 1;
        }
        let code = codes.iter().max_by_key(|(_, n)| **n);
        let area = Area {
            fer_id: code.map(|(code, _)| (*code).to_owned()),
            name,
            district: district.cloned(),
            is_for_children: None,
        };
        let is_grown_up = |lpu: &&Lpu| !lpu.is_for_children();
        let like = match rows.first() {
            Some((first, _)) => Some(*first),
            None => self.lpus.iter().find(is_grown_up),
        };
        let grown_up = rows.iter().map(|(lpu, _)| *lpu).find(is_grown_up);
        let area = match grown_up.or(like) {
            Some(lpu) => area.like_at(lpu),
            None => area,
        };
        (!area.name.is_empty()).then_some(area)
    }

    /// Specialties that fit best, by their plain names, each with its clinic.
    fn named(
        &self,
        asked: &Asked,
        district: Option<&DistrictId>,
        is_for_children: bool,
    ) -> BTreeMap<String, Vec<(&Lpu, &Specialty)>> {
        let is_here = |lpu: &&Lpu| {
            let is_here = district.is_none_or(|id| lpu.district == *id);
            lpu.is_active && is_here && (!is_for_children || lpu.is_for_children())
        };
        let here = self.lpus.iter().filter(is_here);
        let rows: Vec<(&Lpu, &Specialty)> = here
            .flat_map(|lpu| {
                let list = self.specialties.get(&lpu.id).into_iter().flatten();
                list.map(move |specialty| (lpu, specialty))
            })
            .collect();
        let names = rows.iter().map(|(_, specialty)| specialty.name.as_str());
        let mut found = BTreeMap::<String, Vec<(&Lpu, &Specialty)>>::new();
        for (lpu, specialty) in best(asked, false, names)
            .into_iter()
            .filter_map(|place| rows.get(place).copied())
        {
            let name = plain_specialty(&specialty.name);
            found.entry(name).or_default().push((lpu, specialty));
        }
        found
    }

    /// A clinic by its id.
    pub(super) fn lpu(&self, id: LpuId) -> Option<&Lpu> {
        self.lpus.iter().find(|lpu| lpu.id == id)
    }

    /// The clinics among these that have what is asked for, then those nobody has read yet.
    pub(super) fn having(
        &self,
        asked: &Asked,
        among: impl Iterator<Item = LpuId>,
    ) -> (Vec<LpuId>, Vec<LpuId>) {
        let (mut having, mut unknown) = (Vec::new(), Vec::new());
        for id in among {
            match self.specialties.get(&id) {
                None => unknown.push(id),
                Some(list) => {
                    let is_childrens = self.lpu(id).is_some_and(Lpu::is_for_children);
                    let names = list.iter().map(|specialty| specialty.name.as_str());
                    if !best(asked, is_childrens, names).is_empty() {
                        having.push(id);
                    }
                }
            }
        }
        (having, unknown)
    }
}

/// Places of the names that fit best; of several kinds only when none is plain.
pub(super) fn best<'a>(
    asked: &Asked,
    is_childrens: bool,
    names: impl Iterator<Item = &'a str>,
) -> Vec<usize> {
    let names: Vec<&str> = names.collect();
    for asked in [asked.clone(), asked.loosened(is_childrens)] {
        let ranked: Vec<(u8, usize)> = names
            .iter()
            .enumerate()
            .filter_map(|(place, name)| Some((asked.rank(name)?, place)))
            .collect();
        if let Some(best) = ranked.iter().map(|(rank, _)| *rank).min() {
            let is_best = |(rank, _): &&(u8, usize)| *rank == best;
            return ranked
                .iter()
                .filter(is_best)
                .map(|(_, place)| *place)
                .collect();
        }
    }
    Vec::new()
}

/// Whether a doctor's name has these words: the surname in any form, the others by their beginning.
pub(super) fn is_named(name: &str, said: &str) -> bool {
    let name = words::words(name);
    let mut said = said.split(' ');
    let (Some(surname), Some(known)) = (said.next(), name.first()) else {
        return false;
    };
    let is_surname = is_form(known, surname) || words::is_slip(known, surname);
    let mut rest = name.iter().skip(1);
    is_surname && said.all(|word| rest.any(|known| known.starts_with(word) || is_form(known, word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surname_in_any_form_names_its_doctor() {
        let name = "Дроздова Мария Львовна";
        for said in [
            "дроздова",
            "дроздовой",
            "дроздову",
            "дроздова мария",
            "дроздовой м л",
            "драздова",
        ] {
            assert!(is_named(name, said), "{said}");
        }
        for said in ["дрозд", "мария", "дроздова анна", "", "львовна"]
        {
            assert!(!is_named(name, said), "{said}");
        }
    }

    #[test]
    fn the_plain_name_is_best_and_children_are_children() {
        let names = ["Врач-стоматолог-хирург", "Хирург", "Хирург детский"];
        let find =
            |typed: &str, is_childrens| best(&Asked::read(typed), is_childrens, names.into_iter());
        assert_eq!(find("хирург", false), [1]);
        assert_eq!(find("детский хирург", false), [2]);
        assert_eq!(find("зубной", false), [0]);
        assert!(find("лор", false).is_empty());
        assert!(find("детский лор", true).is_empty());
        let grown_up = ["Хирург", "ЛОР"];
        assert!(best(&Asked::read("детский лор"), false, grown_up.into_iter()).is_empty());
        assert_eq!(
            best(&Asked::read("детский лор"), true, grown_up.into_iter()),
            [1]
        );
    }
}
