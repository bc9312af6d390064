//! Everyday words against names as clinics write them.

use crate::words::Asked;

/// What is typed; names that are just this; names that are not.
const TABLE: &[(&str, &[&str], &[&str])] = &[
    (
        "окулист",
        &[
            "Офтальмолог",
            "ОФТАЛЬМОЛОГ",
            "Офтальмология",
            "Врач-офтальмолог",
            "Окулист (офтальмолог)",
        ],
        &["Онколог"],
    ),
    ("глазной врач", &["Офтальмолог"], &["Врач-уролог"]),
    (
        "лор",
        &[
            "Отоларинголог",
            "Оториноларингология",
            "ЛОР",
            "Врач оториноларинголог",
            "Оториноларинголог (ЛОР)",
        ],
        &["Ларинголог-фониатр", "Логопед"],
    ),
    ("ухо-горло-нос", &["Отоларинголог", "ЛОР"], &["Онколог"]),
    (
        "зубной",
        &["Врач-стоматолог", "Зубной врач", "СТОМАТОЛОГ"],
        &["Хирург"],
    ),
    (
        "детский хирург",
        &[
            "Детский хирург",
            "Детская хирургия",
            "Хирург детский",
            "Врач-детский хирург",
        ],
        &["Хирург", "Детский кардиолог"],
    ),
    (
        "детский зубной",
        &[
            "Стоматолог детский",
            "Детская стоматология",
            "Врач-стоматолог детский",
        ],
        &["Врач-стоматолог"],
    ),
    (
        "женский",
        &[
            "Акушер-гинеколог",
            "АКУШЕР-ГИНЕКОЛ.",
            "Акушерство и гинекология",
            "Гинеколог",
        ],
        &["Уролог"],
    ),
    (
        "кожник",
        &["Дерматовенеролог", "Дерматолог", "Дерматовенерология"],
        &["Венеролог"],
    ),
    (
        "невропатолог",
        &["Невролог", "НЕВРОПАТОЛОГ", "Неврология"],
        &["Нефролог", "НЕФРОЛОГИ"],
    ),
    ("нефролог", &["Нефрология", "НЕФРОЛОГИ"], &["Невролог"]),
    (
        "участковый терапевт",
        &["ТЕРАПЕВТ УЧАСТ.", "Терапевт участковый"],
        &["Педиатр участковый"],
    ),
    (
        "семейный врач",
        &[
            "ВОП",
            "Врач общей практики (семейный врач)",
            "Общая практика",
            "ВРАЧИ ОБЩЕЙ ПРАКТИКИ (ОВОП №3) ТО №1",
            "Врач общей пркатики",
            "Врач общ.пр.",
        ],
        &["Стоматолог-хирург"],
    ),
    (
        "узи",
        &[
            "Ультразвуковая диагностика",
            "Врач ультразвуковой диагностики (УЗИ)",
            "УЗИ",
        ],
        &["Функциональная диагностика"],
    ),
    ("экг", &["ЭКГ"], &["УЗИ"]),
    (
        "флюорография",
        &["ФЛГ", "Флюорография", "Флюорографический кабинет"],
        &["Физиотерапия"],
    ),
    (
        "прививка",
        &["Вакцинация по национальному календарю"],
        &["Диспансеризация"],
    ),
    ("травматолог", &["Травматолог"], &["Терапевт"]),
    (
        "уролог",
        &["Урология", "Врач-уролог", "УРОЛОГ"],
        &["Невролог"],
    ),
    ("аллерголог", &["Аллерголог", "АЛЛЕРГОЛОГ"], &["Уролог"]),
    (
        "детский врач",
        &["Педиатр", "Педиатрия", "ПЕДИАТР УЧАСТ."],
        &["Детский хирург"],
    ),
    (
        "проктолог",
        &["Колопроктолог", "Врач колопроктолог", "Колопроктология"],
        &["Пульмонолог"],
    ),
    (
        "терапевт",
        &["Терапия", "Врач терапевт", "1-ое Терапевтическое отд."],
        &["Психотерапевт", "Физиотерапевт"],
    ),
    ("dentist", &["Врач-стоматолог"], &["Хирург"]),
    ("ent", &["Отоларинголог"], &["Хирург"]),
    ("children's surgeon", &["Детский хирург"], &["Хирург"]),
    ("акулист", &["Офтальмолог"], &["Фтизиатр"]),
    ("гениколог", &["Акушер-гинеколог"], &["Гематолог"]),
    ("кардиалог", &["Кардиолог"], &["Радиолог"]),
];

#[test]
fn everyday_words_find_the_portals_names() {
    for (typed, just, not) in TABLE {
        let asked = Asked::read(typed);
        for name in *just {
            assert_eq!(asked.rank(name), Some(0), "{typed} is {name}: {asked:?}");
        }
        for name in *not {
            assert_eq!(asked.rank(name), None, "{typed} is not {name}");
        }
    }
}

#[test]
fn a_name_of_several_kinds_is_second_to_the_plain_one() {
    for (typed, name) in [
        ("хирург", "Врач-стоматолог-хирург"),
        ("терапевт", "Стоматолог-терапевт"),
        ("травматолог", "Травматолог-ортопед"),
        ("кардиолог", "Детский кардиолог"),
        ("терапевт", "ТЕРАПЕВТ ДЛЯ БЕРЕМЕННЫХ"),
        ("гинеколог", "Гинеколог - эндокринолог"),
    ] {
        assert_eq!(Asked::read(typed).rank(name), Some(1), "{typed} {name}");
    }
}

#[test]
fn in_a_childrens_clinic_the_plain_name_serves() {
    let asked = Asked::read("детский лор");
    assert!(asked.is_child() && !asked.is_only_child());
    assert_eq!(asked.rank("ЛОР"), None);
    assert_eq!(asked.loosened(true).rank("ЛОР"), Some(0));
    assert_eq!(asked.loosened(false).rank("ЛОР"), None);
    let local = Asked::read("участковый терапевт");
    assert_eq!(local.rank("Терапевт"), None);
    assert_eq!(local.loosened(false).rank("Терапевт"), Some(0));
    assert!(Asked::read("детский").is_only_child());
}

/// Every word of the table finds some name among those really recorded, save the few that no clinic has just now.
#[test]
fn recorded_names_are_of_known_kinds() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/recorded/crawl/specialties.ndjson");
    let Ok(recorded) = std::fs::read_to_string(&file) else {
        eprintln!("no recordings beside the project: names as recorded were not tried");
        return;
    };
    let mut names = std::collections::BTreeSet::new();
    for line in recorded.lines() {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        for row in answer["response"]["result"]
            .as_array()
            .into_iter()
            .flatten()
        {
            names.insert(row["name"].as_str().unwrap_or_default().trim().to_owned());
        }
    }
    let unknown: Vec<_> = names
        .iter()
        .filter(|name| Asked::read(name).kinds.is_empty())
        .collect();
    eprintln!("{} names, of no known kind: {unknown:?}", names.len());
    assert!(
        !names.is_empty() && unknown.len() * 20 < names.len(),
        "{unknown:?}"
    );
    // A name finds itself.
    for name in names.iter().filter(|name| !Asked::read(name).is_empty()) {
        assert!(Asked::read(name).rank(name).is_some(), "{name}");
    }
}
