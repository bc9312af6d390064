//! What people write, and what is read out of it.

mod phrases;
mod recorded;
mod specialties;
mod strange;

use super::{Catalogue, Phrase, read};
use chrono::{NaiveDate, Timelike as _};
use shared::catalogue::{District, Lpu};
use shared::clock::wall;
use shared::ids::LpuId;
use shared::wish::{Day, Hours, Wish};

pub(super) const DISTRICTS: [&str; 18] = [
    "Адмиралтейский",
    "Василеостровский",
    "Выборгский",
    "Калининский",
    "Кировский",
    "Колпинский",
    "Красногвардейский",
    "Красносельский",
    "Кронштадтский",
    "Курортный",
    "Московский",
    "Невский",
    "Петроградский",
    "Петродворцовый",
    "Приморский",
    "Пушкинский",
    "Фрунзенский",
    "Центральный",
];

/// Short name, district by its place, kind, address.
const CLINICS: [(&str, usize, &str, &str); 16] = [
    (
        "ГП №27",
        0,
        "Поликлиника взрослая",
        "ул. Тростниковая, д. 4",
    ),
    ("ГП №27 ДПО", 0, "Поликлиника детская", "пер. Медовый, д. 3"),
    ("ГП №87", 11, "Поликлиника взрослая", "ул. Яблочная, д. 27"),
    ("ДГП №87", 11, "Поликлиника детская", "пр. Кленовый, д. 18"),
    (
        "ГП №122 ДПО №67",
        13,
        "Поликлиника детская",
        "г. Петергоф, ул. Липовая, д. 1",
    ),
    ("ГП №287", 14, "Поликлиника взрослая", "ул. Дыбенко, д. 4"),
    ("ДГП №312", 14, "Поликлиника детская", "пр. Кленовый, д. 19"),
    ("ГП №98", 14, "Поликлиника взрослая", "б-р Осенний, д. 14"),
    ("ЖК №40", 14, "Женская консультация", "ул. Вербная, д. 16"),
    ("ГП №8", 11, "Поликлиника взрослая", "ул. Тихая, д. 8"),
    (
        "СП №8",
        11,
        "Стоматологическая поликлиника",
        "ул. Тихая, д. 9",
    ),
    (
        "КВД №8",
        11,
        "Кожно-венерологическая служба",
        "ул. Тихая, д. 10",
    ),
    ("ПНД №8", 11, "Прочее", "ул. Тихая, д. 11"),
    (
        "ГБ №40 ПО №70",
        9,
        "Поликлиника взрослая",
        "г. Сестрорецк, ул. Садовая, д. 2",
    ),
    (
        "Поликлиника «Каштан»",
        0,
        "Поликлиника взрослая",
        "наб. Тихая, д. 7",
    ),
    ("ЖК №27", 2, "Женская консультация", "ул. Долгая, д. 5"),
];

const SPECIALTIES: [&str; 20] = [
    "Офтальмолог",
    "Оториноларинголог",
    "Хирург",
    "Хирург детский",
    "Врач-стоматолог-хирург",
    "Врач-стоматолог",
    "Терапевт",
    "Терапевт участковый",
    "Врач общей практики",
    "Педиатр участковый",
    "Акушер-гинеколог",
    "Невролог",
    "Дерматовенеролог",
    "Вакцинация от COVID-19",
    "Профпатолог",
    "Ультразвуковая диагностика",
    "Детский кардиолог",
    "Гинеколог-эндокринолог",
    "Травматолог-ортопед",
    "Кардиолог",
];

pub(super) struct City {
    districts: Vec<District>,
    lpus: Vec<Lpu>,
    specialties: Vec<String>,
}

pub(super) fn city() -> City {
    let districts = (1..).zip(DISTRICTS).map(|(n, name)| District {
        id: n.to_string().as_str().into(),
        name: name.to_owned(),
    });
    let districts: Vec<District> = districts.collect();
    let lpus = (1..)
        .zip(CLINICS)
        .map(|(n, (name, district, kind, address))| Lpu {
            id: LpuId(n),
            district: districts[district].id.clone(),
            short_name: name.to_owned(),
            full_name: String::new(),
            kind: Some(kind.to_owned()),
            address: Some(address.to_owned()),
            phone: None,
            mis: None,
            is_active: true,
        });
    City {
        lpus: lpus.collect(),
        districts,
        specialties: SPECIALTIES.map(str::to_owned).to_vec(),
    }
}

impl City {
    pub(super) fn catalogue(&self) -> Catalogue<'_> {
        Catalogue {
            districts: &self.districts,
            lpus: &self.lpus,
            specialties: &self.specialties,
        }
    }

    pub(super) fn read(&self, text: &str) -> Phrase {
        read(text, today(), self.catalogue())
    }

    /// "Приморский · ГП №287 · окулист · ?дроздова · после 17 … · не понял"
    pub(super) fn show(&self, phrase: &Phrase) -> String {
        let mut told = Vec::new();
        if let Some(id) = &phrase.district {
            let district = self.districts.iter().find(|district| district.id == *id);
            told.push(district.unwrap().name.clone());
        }
        let name = |id: &LpuId| {
            let lpu = self.lpus.iter().find(|lpu| lpu.id == *id);
            lpu.unwrap().short_name.clone()
        };
        if !phrase.lpus.is_empty() {
            let between = if phrase.is_each { " + " } else { " | " };
            told.push(
                phrase
                    .lpus
                    .iter()
                    .map(name)
                    .collect::<Vec<_>>()
                    .join(between),
            );
        }
        told.extend(phrase.specialty.clone());
        told.extend(phrase.doctor.as_ref().map(|doctor| format!("@{doctor}")));
        told.extend(phrase.reach.as_ref().map(|(reach, _)| match reach {
            super::Reach::City => "city".to_owned(),
            super::Reach::Any => "any".to_owned(),
        }));
        told.extend(show_wish(&phrase.wish));
        told.extend(phrase.not_understood.iter().map(|text| format!("«{text}»")));
        told.join(" · ")
    }
}

/// Friday.
pub(super) fn today() -> NaiveDate {
    "2026-11-20".parse().unwrap()
}

fn show_hours(hours: Hours) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{}-{}", clock(hours.from()), clock(hours.to()))
}

fn show_wish(wish: &Wish) -> Vec<String> {
    let mut told = Vec::new();
    let date = |date: Option<NaiveDate>| date.map(|date| date.format("%d.%m.%y").to_string());
    match (date(wish.not_before), date(wish.not_after)) {
        (None, None) => {}
        (first, last) => {
            let [first, last] = [first, last].map(Option::unwrap_or_default);
            told.push(format!("{first}..{last}"));
        }
    }
    if wish.days.iter().any(|day| *day != Day::Common) {
        let names = ["пн", "вт", "ср", "чт", "пт", "сб", "вс"];
        let shown = names
            .iter()
            .zip(wish.days)
            .filter_map(|(name, day)| match day {
                Day::Off => None,
                Day::Common => Some((*name).to_owned()),
                Day::Own(hours) => Some(format!("{name} {}", show_hours(hours))),
            });
        told.push(shown.collect::<Vec<_>>().join(","));
    }
    if !wish.hours.is_whole_day() {
        told.push(show_hours(wish.hours));
    }
    if wish.notice_min > 0 {
        told.push(format!("+{}m", wish.notice_min));
    }
    if let Some(mine) = wish.sooner_than {
        told.push(format!("<{}", wall(mine).hour()));
    }
    let skipped = wish
        .skipped
        .iter()
        .map(|day| format!("-{}", day.format("%d.%m")));
    told.extend(skipped);
    told
}
