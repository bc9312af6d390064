//! A city of any size, all of it numbers.

use super::{Clinic, Desk, DistrictRow, Faults, LpuRow, Row, State, Ward};
use chrono::TimeDelta;
use shared::ids::{DoctorId, SpecialtyId};
use std::collections::BTreeMap;

/// A city with so many clinics, departments dealt out to them in turn, and doctors dealt out to those. Nothing is free.
pub(super) fn grow(n_clinics: u32, n_departments: u32, n_doctors: u32) -> State {
    let district = DistrictRow {
        id: "1".to_owned(),
        name: "Первый".to_owned(),
        okato: 1,
    };
    let clinics = (0..n_clinics).map(|number| {
        let wards = (number..n_departments).step_by(n_clinics.max(1) as usize);
        let mut clinic = Clinic {
            row: lpu(number + 1, &district.name),
            departments: Vec::new(),
            desks: Default::default(),
            refusal: None,
        };
        for ward in wards {
            let doctors = (ward..n_doctors).step_by(n_departments.max(1) as usize);
            let rows: Vec<_> = doctors.map(row).collect();
            let desks = rows.iter().map(|row| (row.doctor.clone(), Desk::default()));
            clinic.desks.extend(desks);
            clinic.departments.push(Ward {
                id: SpecialtyId((ward + 1).to_string()),
                fer_id: None,
                name: format!("Отделение {}", ward + 1),
                rows,
                refusal: None,
                recorded_free: 0,
            });
        }
        (clinic.id(), clinic)
    });
    State {
        clinics: clinics.collect::<BTreeMap<_, _>>(),
        districts: vec![district],
        faults: Faults::default(),
        star: None,
        shift: TimeDelta::zero(),
    }
}

fn row(number: u32) -> Row {
    Row {
        doctor: DoctorId(format!("д{}", number + 1)),
        name: Some(format!("Доктор {} Иванович", number + 1)),
        area: None,
        comment: None,
        n_lines: 1,
    }
}

fn lpu(id: u32, district: &str) -> LpuRow {
    LpuRow {
        covid_vaccination_ticket_count: None,
        covid_vaccination_ticket_receive_time: None,
        id,
        description: Some("Ариадна".to_owned()),
        district: 1,
        district_id: 1,
        district_name: district.to_owned(),
        is_active: true,
        lpu_full_name: format!("Городская поликлиника №{id}"),
        lpu_short_name: format!("ГП №{id}"),
        lpu_type: None,
        oid: None,
        part_of: None,
        head_organization: None,
        organization: None,
        address: None,
        phone: None,
        email: None,
        longitude: None,
        latitude: None,
        covid_vaccination: false,
        in_depth_examination: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_is_dealt_out() {
        let state = grow(5, 23, 80);
        let n_wards: usize = state
            .clinics
            .values()
            .map(|clinic| clinic.departments.len())
            .sum();
        let n_desks: usize = state
            .clinics
            .values()
            .map(|clinic| clinic.desks.len())
            .sum();
        assert_eq!((state.clinics.len(), n_wards, n_desks), (5, 23, 80));
        let wards = state
            .clinics
            .values()
            .flat_map(|clinic| &clinic.departments);
        assert!(wards.clone().all(|ward| (3..=4).contains(&ward.rows.len())));
    }
}
