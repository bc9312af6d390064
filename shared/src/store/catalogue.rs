//! The catalogue of names: what the portal listed, with its age. The newer answer wins, nothing is deleted.

use super::rows::{counters, doctor_id, instant, lpu_id, ms, specialty_id};
use super::{Store, StoreError};
use crate::catalogue::{Dated, District, Doctor, Lpu, Specialty};
use crate::ids::{Department, DistrictId, DoctorId, LpuId};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};
use std::collections::BTreeMap;

const DISTRICTS: &str = "districts";
const LPUS: &str = "lpus";

fn lpus_of(district: &DistrictId) -> String {
    format!("lpus/{district}")
}

fn specialties_of(lpu: LpuId) -> String {
    format!("specialties/{lpu}")
}

fn doctors_of(department: &Department) -> String {
    format!("doctors/{}/{}", department.lpu, department.specialty)
}

fn list_read(db: &Transaction<'_>, name: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert into catalogue_lists (name, read_at) values (?1, ?2)
         on conflict (name) do update set read_at = max(read_at, excluded.read_at)",
    )?
    .execute((name, ms(at)))?;
    Ok(())
}

fn list_age(db: &Transaction<'_>, name: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let found = db
        .prepare_cached("select read_at from catalogue_lists where name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(found.map(instant))
}

fn read_district(row: &Row<'_>) -> rusqlite::Result<District> {
    Ok(District {
        id: DistrictId(row.get("id")?),
        name: row.get("name")?,
    })
}

pub(super) fn read_lpu(row: &Row<'_>) -> rusqlite::Result<Lpu> {
    Ok(Lpu {
        id: LpuId(row.get("id")?),
        district: DistrictId(row.get("district_id")?),
        short_name: row.get("short_name")?,
        full_name: row.get("full_name")?,
        kind: row.get("kind")?,
        address: row.get("address")?,
        phone: row.get("phone")?,
        mis: row.get("mis")?,
        is_active: row.get("is_active")?,
    })
}

fn read_specialty(row: &Row<'_>) -> rusqlite::Result<Specialty> {
    Ok(Specialty {
        id: specialty_id(row)?,
        fer_id: row.get("fer_id")?,
        name: row.get("name")?,
        counters: counters(row)?,
    })
}

fn read_doctor(row: &Row<'_>) -> rusqlite::Result<Doctor> {
    Ok(Doctor {
        id: doctor_id(row)?,
        name: row.get("name")?,
        area: row.get("area")?,
        comment: row.get("comment")?,
        counters: counters(row)?,
    })
}

fn save_lpu(db: &Transaction<'_>, lpu: &Lpu, at: DateTime<Utc>) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert into lpus (id, district_id, short_name, full_name, kind, address, phone, mis, is_active, read_at,
                           closed_since)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, iif(?9, null, ?10))
         on conflict (id) do update set district_id = excluded.district_id, short_name = excluded.short_name,
             full_name = excluded.full_name, kind = excluded.kind, address = excluded.address,
             phone = excluded.phone, mis = excluded.mis, is_active = excluded.is_active,
             read_at = excluded.read_at,
             closed_since = iif(excluded.is_active, null, ifnull(closed_since, excluded.read_at))
         where excluded.read_at >= read_at",
    )?
    .execute(rusqlite::params![
        lpu.id.0,
        lpu.district.0,
        lpu.short_name,
        lpu.full_name,
        lpu.kind,
        lpu.address,
        lpu.phone,
        lpu.mis,
        lpu.is_active,
        ms(at),
    ])?;
    Ok(())
}

pub(super) fn save_doctors(
    db: &Transaction<'_>,
    department: &Department,
    doctors: &[Doctor],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut upsert = db.prepare_cached(
        "insert into doctors (lpu_id, specialty_id, doctor_id, name, area, comment,
                              n_free, n_tickets, nearest, last, read_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         on conflict (lpu_id, specialty_id, doctor_id) do update set name = excluded.name,
             area = excluded.area, comment = excluded.comment, n_free = excluded.n_free,
             n_tickets = excluded.n_tickets, nearest = excluded.nearest, last = excluded.last,
             read_at = excluded.read_at
         where excluded.read_at >= read_at",
    )?;
    for doctor in doctors {
        upsert.execute(rusqlite::params![
            department.lpu.0,
            department.specialty.0,
            doctor.id.0,
            doctor.name,
            doctor.area,
            doctor.comment,
            doctor.counters.n_free,
            doctor.counters.n_tickets,
            doctor.counters.nearest.map(ms),
            doctor.counters.last.map(ms),
            ms(at),
        ])?;
    }
    list_read(db, &doctors_of(department), at)
}

pub(super) fn save_specialties(
    db: &Transaction<'_>,
    lpu: LpuId,
    specialties: &[Specialty],
    read_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut upsert = db.prepare_cached(
        "insert into departments (lpu_id, specialty_id, name, fer_id, n_free, n_tickets, nearest, last, read_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         on conflict (lpu_id, specialty_id) do update set name = excluded.name, fer_id = excluded.fer_id,
             n_free = excluded.n_free, n_tickets = excluded.n_tickets, nearest = excluded.nearest,
             last = excluded.last, read_at = excluded.read_at, missing_since = null
         where excluded.read_at >= read_at",
    )?;
    for specialty in specialties {
        upsert.execute(rusqlite::params![
            lpu.0,
            specialty.id.0,
            specialty.name,
            specialty.fer_id,
            specialty.counters.n_free,
            specialty.counters.n_tickets,
            specialty.counters.nearest.map(ms),
            specialty.counters.last.map(ms),
            ms(read_at),
        ])?;
    }
    list_read(db, &specialties_of(lpu), read_at)?;
    db.prepare_cached(
        "update departments set missing_since = ?2
         where lpu_id = ?1 and read_at < ?2 and missing_since is null
               and ?2 = (select read_at from catalogue_lists where name = ?3)",
    )?
    .execute((lpu.0, ms(read_at), specialties_of(lpu)))?;
    Ok(())
}

pub(super) fn lpu(db: &Transaction<'_>, id: LpuId) -> Result<Option<Dated<Lpu>>, StoreError> {
    let found = db
        .prepare_cached("select * from lpus where id = ?1")?
        .query_row([id.0], |row| {
            Ok(Dated {
                value: read_lpu(row)?,
                read_at: instant(row.get("read_at")?),
            })
        })
        .optional()?;
    Ok(found)
}

pub(super) fn specialty_name(
    db: &Transaction<'_>,
    department: &Department,
) -> Result<Option<String>, StoreError> {
    let found = db
        .prepare_cached("select name from departments where lpu_id = ?1 and specialty_id = ?2")?
        .query_row((department.lpu.0, &department.specialty.0), |row| {
            row.get(0)
        })
        .optional()?;
    Ok(found)
}

pub(super) fn doctor_name(
    db: &Transaction<'_>,
    lpu: LpuId,
    doctor: &DoctorId,
) -> Result<Option<String>, StoreError> {
    let found = db
        .prepare_cached(
            "select name from doctors where lpu_id = ?1 and doctor_id = ?2 order by read_at desc limit 1",
        )?
        .query_row((lpu.0, &doctor.0), |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// Rows of a list, or `None` when the list was never read.
fn dated<T>(
    age: Option<DateTime<Utc>>,
    rows: impl FnOnce(DateTime<Utc>) -> Result<Vec<T>, StoreError>,
) -> Result<Option<Dated<Vec<T>>>, StoreError> {
    age.map(|read_at| {
        Ok(Dated {
            value: rows(read_at)?,
            read_at,
        })
    })
    .transpose()
}

impl Store {
    /// Keeps the list of districts as the portal gave it at `read_at`.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn save_districts(
        &self,
        districts: Vec<District>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let mut upsert = db.prepare_cached(
                "insert into districts (id, name, read_at) values (?1, ?2, ?3)
                 on conflict (id) do update set name = excluded.name, read_at = excluded.read_at
                 where excluded.read_at >= read_at",
            )?;
            for district in &districts {
                upsert.execute((&district.id.0, &district.name, ms(read_at)))?;
            }
            list_read(db, DISTRICTS, read_at)
        })
        .await
    }

    /// Districts of the last good list, by number; `None` when it was never read.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn districts(&self) -> Result<Option<Dated<Vec<District>>>, StoreError> {
        self.read(|db| {
            dated(list_age(db, DISTRICTS)?, |read_at| {
                let mut query = db.prepare_cached(
                    "select id, name from districts where read_at >= ?1 order by cast(id as integer), id",
                )?;
                Ok(query.query_map([ms(read_at)], read_district)?.collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// Keeps the list of all Lpus.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn save_lpus(
        &self,
        lpus: Vec<Lpu>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            for lpu in &lpus {
                save_lpu(db, lpu, read_at)?;
            }
            list_read(db, LPUS, read_at)
        })
        .await
    }

    /// Keeps the list of one district's Lpus.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn save_lpus_of(
        &self,
        district: DistrictId,
        lpus: Vec<Lpu>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            for lpu in &lpus {
                save_lpu(db, lpu, read_at)?;
            }
            list_read(db, &lpus_of(&district), read_at)
        })
        .await
    }

    /// Keeps one Lpu.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn save_lpu(&self, lpu: Lpu, read_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| save_lpu(db, &lpu, read_at)).await
    }

    /// Lpus of a district in the last good list that covers it; `None` when there was none.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn lpus_of(
        &self,
        district: &DistrictId,
    ) -> Result<Option<Dated<Vec<Lpu>>>, StoreError> {
        let district = district.clone();
        self.read(move |db| {
            let age = list_age(db, &lpus_of(&district))?.max(list_age(db, LPUS)?);
            dated(age, |read_at| {
                let mut query = db.prepare_cached(
                    "select * from lpus where district_id = ?1 and read_at >= ?2 order by id",
                )?;
                Ok(query
                    .query_map((&district.0, ms(read_at)), read_lpu)?
                    .collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// All Lpus of the last good list of the whole city; `None` when it was never read.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn lpus(&self) -> Result<Option<Dated<Vec<Lpu>>>, StoreError> {
        self.read(|db| {
            dated(list_age(db, LPUS)?, |read_at| {
                let mut query =
                    db.prepare_cached("select * from lpus where read_at >= ?1 order by id")?;
                Ok(query
                    .query_map([ms(read_at)], read_lpu)?
                    .collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// One Lpu as last read; `None` when it was in no answer yet.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn lpu(&self, id: LpuId) -> Result<Option<Dated<Lpu>>, StoreError> {
        self.read(move |db| lpu(db, id)).await
    }

    /// Keeps an Lpu's list of specialties.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn save_specialties(
        &self,
        lpu: LpuId,
        specialties: Vec<Specialty>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| save_specialties(db, lpu, &specialties, read_at))
            .await
    }

    /// Specialties of the Lpu's last good list, by name; `None` when it was never read.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn specialties(
        &self,
        lpu: LpuId,
    ) -> Result<Option<Dated<Vec<Specialty>>>, StoreError> {
        self.read(move |db| {
            dated(list_age(db, &specialties_of(lpu))?, |read_at| {
                let mut query = db.prepare_cached(
                    "select * from departments where lpu_id = ?1 and read_at >= ?2 order by name, specialty_id",
                )?;
                Ok(query.query_map((lpu.0, ms(read_at)), read_specialty)?.collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// Specialties of every Lpu whose list was ever read, as in its last good list. An Lpu that is not among them
    /// was never read.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn known_specialties(&self) -> Result<BTreeMap<LpuId, Vec<Specialty>>, StoreError> {
        self.read(|db| {
            let mut lists = db.prepare_cached(
                "select cast(substr(name, ?2) as integer) as lpu_id, read_at
                 from catalogue_lists where name like ?1 || '%'",
            )?;
            let prefix = "specialties/";
            let first = i64::try_from(prefix.len() + 1).unwrap_or(i64::MAX);
            let ages: BTreeMap<LpuId, i64> = lists
                .query_map((prefix, first), |row| {
                    Ok((lpu_id(row)?, row.get("read_at")?))
                })?
                .collect::<Result<_, _>>()?;
            let mut known: BTreeMap<LpuId, Vec<Specialty>> =
                ages.keys().map(|lpu| (*lpu, Vec::new())).collect();
            let mut query =
                db.prepare_cached("select * from departments order by name, specialty_id")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let lpu = lpu_id(row)?;
                let is_listed = ages
                    .get(&lpu)
                    .is_some_and(|age| row.get("read_at").is_ok_and(|at: i64| at >= *age));
                if is_listed && let Some(list) = known.get_mut(&lpu) {
                    list.push(read_specialty(row)?);
                }
            }
            Ok(known)
        })
        .await
    }

    /// Doctors of the whole catalogue, listed now or once, whose name `fits` holds for.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn doctors_where(
        &self,
        fits: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Vec<(Department, DoctorId, String)>, StoreError> {
        self.read(move |db| {
            let mut query = db.prepare_cached(
                "select lpu_id, specialty_id, doctor_id, name from doctors where name is not null",
            )?;
            let mut rows = query.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let name: String = row.get("name")?;
                if fits(&name) {
                    let department = Department {
                        lpu: lpu_id(row)?,
                        specialty: specialty_id(row)?,
                    };
                    found.push((department, doctor_id(row)?, name));
                }
            }
            Ok(found)
        })
        .await
    }

    /// Keeps a department's list of doctors.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn save_doctors(
        &self,
        department: Department,
        doctors: Vec<Doctor>,
        read_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| save_doctors(db, &department, &doctors, read_at))
            .await
    }

    /// Doctors of the department's last good list, by name; `None` when it was never read.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn doctors(
        &self,
        department: &Department,
    ) -> Result<Option<Dated<Vec<Doctor>>>, StoreError> {
        let department = department.clone();
        self.read(move |db| {
            dated(list_age(db, &doctors_of(&department))?, |read_at| {
                let mut query = db.prepare_cached(
                    "select * from doctors where lpu_id = ?1 and specialty_id = ?2 and read_at >= ?3
                     order by name, doctor_id",
                )?;
                let rows = query.query_map(
                    (department.lpu.0, &department.specialty.0, ms(read_at)),
                    read_doctor,
                )?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }
}
