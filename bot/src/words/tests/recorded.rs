//! The clinics of the real city, when their recording is beside the project.

use super::today;
use crate::words::{Catalogue, read};
use shared::catalogue::{District, Lpu};
use shared::ids::LpuId;

fn recorded(name: &str) -> Option<Vec<serde_json::Value>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recorded");
    let text = std::fs::read_to_string(folder.join(name)).ok()?;
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    Some(answer["result"].as_array().unwrap().clone())
}

fn text(row: &serde_json::Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().trim().to_owned()
}

#[test]
fn a_numbered_clinic_is_found_by_its_own_name() {
    let both =
        recorded("shared_districts__2024-03.json").zip(recorded("shared_lpus__2024-03.json"));
    let Some((districts, lpus)) = both else {
        eprintln!("no recordings beside the project: clinics as recorded were not tried");
        return;
    };
    let districts: Vec<District> = districts
        .iter()
        .map(|row| District {
            id: text(row, "id").as_str().into(),
            name: text(row, "name"),
        })
        .collect();
    let lpus: Vec<Lpu> = lpus
        .iter()
        .map(|row| Lpu {
            id: LpuId(u32::try_from(row["id"].as_u64().unwrap()).unwrap()),
            district: row["districtId"].to_string().as_str().into(),
            short_name: text(row, "lpuShortName"),
            full_name: text(row, "lpuFullName"),
            kind: Some(text(row, "lpuType")),
            address: Some(text(row, "address")),
            phone: None,
            mis: None,
            is_active: true,
        })
        .collect();
    let catalogue = Catalogue {
        districts: &districts,
        lpus: &lpus,
        specialties: &[],
    };
    let lpu = |id: &LpuId| &lpus.iter().find(|lpu| lpu.id == *id).unwrap().short_name;
    let find = |said: &str| -> Vec<&str> {
        let phrase = read(said, today(), catalogue);
        phrase.lpus.iter().map(|id| lpu(id).as_str()).collect()
    };
    assert_eq!(find("окулист гп 27"), ["ГП №27"]);
    assert_eq!(find("окулист в 104 поликлинике"), ["ГП №104"]);
    assert_eq!(find("детский лор детская 44"), ["ДГП №44"]);
    assert_eq!(find("окулист невский до пятницы"), Vec::<&str>::new());
    // Plain names: a kind and a number, nothing more.
    let is_plain = |name: &&str| {
        let mut words = name.split(" №");
        let kind = words.next().unwrap_or_default();
        let kinds = ["ГП", "ДГП", "ЖК", "СП", "КВД", "ПНД", "ПТД", "ГБ"];
        kinds.contains(&kind) && words.next().is_some_and(|n| n.parse::<u32>().is_ok())
    };
    let names: Vec<&str> = lpus
        .iter()
        .map(|lpu| lpu.short_name.as_str())
        .filter(is_plain)
        .collect();
    assert!(names.len() > 100);
    let lost: Vec<_> = names
        .iter()
        .filter(|name| !find(&format!("хирург {name} после 17")).contains(name))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}
