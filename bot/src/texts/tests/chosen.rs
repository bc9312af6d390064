//! What was chosen, in one line, and the cards of whole districts.

use super::super::*;
use super::html::check_html;
use super::world::{both, dgp5, gp27, lpu, now, place, target};
use insta::assert_snapshot;
use shared::ids::{Area, Department, DistrictId, LpuId, Target};
use shared::store::{AreaDepartment, AreaExtent, Place};
use shared::wish::{Hours, Wish};

fn eyes(district: Option<&str>) -> Area {
    Area {
        fer_id: Some("20".into()),
        name: "офтальмолог".into(),
        district: district.map(DistrictId::from),
        is_for_children: None,
    }
}

/// An area of so many clinics of a district, some of them unread.
fn extent(district: Option<&str>, n: u32, n_lpus_unread: usize) -> AreaExtent {
    let department = |id: u32| AreaDepartment {
        department: Department {
            lpu: LpuId(id),
            specialty: "35-1".into(),
        },
        specialty: "Врач-офтальмолог".into(),
        lpu: lpu(id, &format!("ГП №{id}"), "Ягодная ул., д. 7"),
    };
    AreaExtent {
        district: district.map(str::to_owned),
        departments: (1..=n).map(department).collect(),
        n_lpus: n as usize + n_lpus_unread,
        n_lpus_unread,
    }
}

fn doctors(names: &[&str]) -> Vec<(Target, Place)> {
    let doctor = |name: &&str| {
        (
            target(27, Some(*name)),
            place(&gp27(), "Терапевт", Some(*name)),
        )
    };
    names.iter().map(doctor).collect()
}

#[test]
fn what_was_chosen_in_one_line() {
    let any = |specialty: &str, clinic: &shared::catalogue::Lpu| {
        (target(clinic.id.0, None), place(clinic, specialty, None))
    };
    let here = [(eyes(Some("15")), extent(Some("Приморский"), 12, 0))];
    let city = [(eyes(None), extent(None, 1, 3))];
    let names = [
        "Иванова Анна Петровна",
        "Петров Борис Викторович",
        "Дежурный врач",
    ];
    let told = [
        both(|lang| chosen(lang, &doctors(&names[..1]), &[])),
        both(|lang| chosen(lang, &doctors(&names), &[])),
        both(|lang| {
            let several = [any("ЛОР", &dgp5()), any("Врач-оториноларинголог", &gp27())];
            chosen(lang, &several, &[])
        }),
        both(|lang| {
            let several = [any("ЛОР", &dgp5()), any("<b>Хирург</b>", &gp27())];
            chosen(lang, &several, &[])
        }),
        both(|lang| chosen(lang, &[], &here)),
        both(|lang| chosen(lang, &doctors(&names[..1]), &city)),
    ];
    assert_snapshot!(told.join("\n\n"));
}

#[test]
fn cards_of_areas() {
    let evenings = Wish {
        hours: Hours::new(17 * 60, 24 * 60).unwrap(),
        ..Wish::default()
    };
    let all = Wish::default();
    let card = |areas: &[(Area, AreaExtent)], wish: &Wish, is_shared| {
        both(|lang| {
            let said = Said {
                whom: None,
                doctor: None,
                wish,
                not_understood: &[],
                is_shared,
            };
            let html = to_confirm(lang, &[], areas, &said, now());
            check_html(&html);
            html
        })
    };
    let mut here = (eyes(Some("15")), extent(Some("Приморский"), 12, 4));
    let mut children = here.clone();
    (here.0.is_for_children, children.0.is_for_children) = (Some(false), Some(true));
    let city = (eyes(None), extent(None, 150, 1));
    let nothing = (eyes(Some("3")), extent(None, 0, 7));
    let cards = [
        card(std::slice::from_ref(&here), &evenings, false),
        card(std::slice::from_ref(&city), &all, true),
        card(std::slice::from_ref(&children), &all, false),
        card(std::slice::from_ref(&nothing), &all, false),
        card(&[here.clone(), city.clone()], &evenings, true),
    ];
    assert_snapshot!(cards.join("\n\n\n"));
}

#[test]
fn however_much_was_chosen_it_fits() {
    let long = "Ж<&>".repeat(4000);
    let mut clinic = gp27();
    clinic.short_name.clone_from(&long);
    let mut extent = extent(Some(&long), 400, 5);
    for one in &mut extent.departments {
        one.lpu.short_name.clone_from(&long);
    }
    let area = Area {
        fer_id: None,
        name: long.clone(),
        district: Some(DistrictId(long.clone())),
        is_for_children: Some(true),
    };
    let areas: Vec<_> = (0..40).map(|_| (area.clone(), extent.clone())).collect();
    let all = Wish::default();
    let said = Said {
        whom: None,
        doctor: None,
        wish: &all,
        not_understood: &[],
        is_shared: false,
    };
    for lang in Lang::ALL {
        for doctor in [None, Some(long.as_str())] {
            let targets: Vec<_> = (0..400)
                .map(|n| (target(n, doctor), place(&clinic, &long, doctor)))
                .collect();
            for (targets, areas) in [
                (&targets[..], &areas[..]),
                (&[], &areas[..1]),
                (&targets, &[]),
            ] {
                let html = text_with(
                    lang,
                    "add-done",
                    &[("title", chosen(lang, targets, areas).into())],
                );
                check_html(&html);
                assert!(units(&html) <= 2_500, "{}", units(&html));
                let html = to_confirm(lang, targets, areas, &said, now());
                check_html(&html);
                assert!(units(&html) <= MAX_MESSAGE, "{}", units(&html));
            }
        }
    }
}
