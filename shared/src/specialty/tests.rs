use super::*;
use crate::catalogue::Counters;
use crate::ids::LpuId;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn clinics_name_one_specialty_in_many_ways() {
    let rows: [(&str, &[&str]); 14] = [
        (
            "офтальмолог",
            &[
                "ОФТАЛЬМОЛОГ",
                " Офтальмология ",
                "Врач-офтальмолог",
                "Окулист (офтальмолог)",
            ],
        ),
        (
            "оториноларинголог",
            &[
                "ЛОР",
                "ЛОР (отоларинголог)",
                "Оториноларингология",
                "Врач-отоларинголог",
            ],
        ),
        ("невролог", &["Неврология", "НЕВРОПАТОЛОГ"]),
        (
            "терапевт",
            &[
                "Терапия",
                "ТЕРАПЕВТ УЧАСТ.",
                "Врач-терапевт участковый",
                "Врач терапевт",
            ],
        ),
        ("хирург", &["Хирургия", "Врач -хирург"]),
        (
            "врач общей практики",
            &[
                "Общая врачебная практика (семейная медицина)",
                "Врач общей практики (семейный врач)",
                "ВОП",
                "Врач общ.пр.",
                "Врач общей пркатики",
                "Семейный врач",
                "Общая практика",
            ],
        ),
        (
            "акушер-гинеколог",
            &[
                "Акушерство и гинекология",
                "АКУШЕР-ГИНЕКОЛ.",
                "Акушер- гинеколог",
                "Гинеколог",
            ],
        ),
        (
            "травматолог-ортопед",
            &[
                "Травматология и ортопедия",
                "ТРАВМАТОЛОГ/ОРТОПЕД",
                "Ортопед",
            ],
        ),
        (
            "дерматовенеролог",
            &["ДЕРМАТО-ВЕНЕРОЛ", "Дерматолог", "Венерология"],
        ),
        (
            "стоматолог-терапевт",
            &[
                "Стоматология терапевтическая [990000819]",
                "Врач-стоматолог-терапевт",
            ],
        ),
        (
            "детский стоматолог",
            &[
                "Стоматология детская",
                "Детская стоматология",
                "Врач-стоматолог детский",
            ],
        ),
        (
            "детский уролог-андролог",
            &[
                "Детский уролог - андролог",
                "Детская урология-андрология",
                "ДЕТСКИЙ УРОЛОГ",
            ],
        ),
        ("психотерапевт", &["Психотерапия", "Врач - психотерапевт"]),
        (
            "ультразвуковая диагностика",
            &["УЗИ", "Врач ультразвуковой диагностики (УЗИ)"],
        ),
    ];
    for (plain, names) in rows {
        for name in names {
            assert_eq!(plain_specialty(name), plain, "{name}");
        }
    }
}

#[test]
fn what_narrows_a_name_makes_it_another() {
    let names = [
        "Акушер-гинеколог",
        "Акушер-гинеколог (0-12 лет)",
        "Детский хирург",
        "Хирург",
        "Сосудистый хирург",
        "Невропатолог до 3х лет",
        "Невролог",
        "Педиатр",
        "Педиатр (для справок)",
        "Офтальмолог (ретинопатия)",
        "Офтальмолог",
        "Стоматолог-ортопед",
        "Стоматолог-ортопед (платный прием)",
        "Травматолог-ортопед",
        "Терапевт ЖК",
        "Терапевт",
        "Физиотерапевт",
        "Стоматолог-хирург",
    ];
    let plain: BTreeSet<_> = names.iter().map(|name| plain_specialty(name)).collect();
    assert_eq!(plain.len(), names.len(), "{plain:?}");
}

#[test]
fn names_of_nothing_are_empty_and_odd_ones_hold() {
    for name in ["", " ", "—", "()", "[12]", "][", "[[x"] {
        assert_eq!(plain_specialty(name), "", "{name}");
    }
    assert_eq!(plain_specialty("Участковый"), "участковый");
    assert_eq!(plain_specialty("Врач"), "врач");
    assert_eq!(plain_specialty("Зубной врач"), "зубной врач");
}

fn clinic(kind: Option<&str>, full_name: &str) -> Lpu {
    Lpu {
        id: LpuId(1),
        district: "1".into(),
        short_name: "П".into(),
        full_name: full_name.to_owned(),
        kind: kind.map(str::to_owned),
        address: None,
        phone: None,
        mis: None,
        is_active: true,
    }
}

fn area(name: &str, fer_id: Option<&str>) -> Area {
    let specialty = Specialty {
        id: "1".into(),
        fer_id: fer_id.map(str::to_owned),
        name: name.to_owned(),
        counters: Counters::default(),
    };
    Area::of(&specialty, None).unwrap()
}

#[test]
fn the_name_decides_and_a_code_tells_only_childrens_doctors() {
    let surgeon = area("Хирургия", Some("30"));
    assert!(surgeon.covers(Some("30"), "хирург"));
    assert!(surgeon.covers(None, "хирург"));
    assert!(!surgeon.covers(Some("11"), "хирург"));
    assert!(!surgeon.covers(Some("30"), "сосудистый хирург"));
    let gp = area("ВОП", Some("224"));
    for code in ["16", "27", "224"] {
        assert!(gp.covers(Some(code), "врач общей практики"), "{code}");
    }
    // The name says it, whatever the code.
    let childrens = area("Детский эндокринолог", Some("31"));
    assert!(childrens.covers(Some("83"), "детский эндокринолог"));
}

#[test]
fn a_clinic_for_children_is_told_by_its_kind_or_its_name() {
    let adults = clinic(Some("Поликлиника взрослая"), "Детская роща");
    let dentist = clinic(Some("Стоматологическая поликлиника"), "Детское отделение");
    for children in [
        &clinic(Some("Детская поликлиника"), ""),
        &clinic(Some("Поликлиника детская"), ""),
        &clinic(None, "Детская городская поликлиника №35"),
        &dentist,
    ] {
        assert!(children.is_for_children(), "{children:?}");
    }
    for other in [&adults, &clinic(None, ""), &clinic(Some("Прочее"), "ГП")] {
        assert!(!other.is_for_children(), "{other:?}");
    }
    let eyes = area("Офтальмолог", Some("20"));
    assert!(eyes.receives_at(&adults) && eyes.receives_at(&dentist));
    let for_adults = eyes.clone().like_at(&adults);
    assert!(for_adults.receives_at(&adults) && !for_adults.receives_at(&dentist));
    assert_eq!(eyes.like_at(&dentist).is_for_children, Some(true));
    let pediatrician = area("Педиатр", None);
    assert_eq!(pediatrician.like_at(&dentist).is_for_children, None);
}

fn recorded(name: &str) -> Option<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recorded");
    std::fs::read_to_string(folder.join(name)).ok()
}

#[test]
fn most_departments_of_the_recorded_city_fall_together() {
    let Some(crawl) = recorded("crawl/specialties.ndjson") else {
        eprintln!("no recordings beside the project: names as recorded were not tried");
        return;
    };
    let mut counts = BTreeMap::<String, usize>::new();
    for line in crawl.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        for row in line["response"]["result"].as_array().into_iter().flatten() {
            let name = row["name"].as_str().unwrap();
            let plain = plain_specialty(name);
            assert!(!plain.is_empty(), "{name}");
            assert_eq!(
                plain_specialty(&plain),
                plain,
                "plain names stay as they are"
            );
            *counts.entry(plain).or_default() += 1;
        }
    }
    let n_all: usize = counts.values().sum();
    let n_alone = counts.values().filter(|n| **n == 1).count();
    assert_eq!((n_all, n_alone), (1_252, 110));
    for (plain, n) in [
        ("терапевт", 86),
        ("офтальмолог", 77),
        ("оториноларинголог", 72),
        ("хирург", 54),
        ("врач общей практики", 54),
        ("акушер-гинеколог", 51),
        ("педиатр", 45),
        ("невролог", 39),
    ] {
        assert_eq!(counts.get(plain), Some(&n), "{plain}");
    }
}
