//! The portal's answers, in its own names and habits.

use super::route::Route;
use crate::city::{Clinic, Desk, Endpoint, Mis, Opening, Row, State, Ward};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use serde::Serialize;
use serde_json::{Value, json};
use shared::clock::{from_wall, wall, wall_date};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Working days shown by a timetable reach this far.
const TIMETABLE_DAYS: u64 = 30;

/// What the portal has to say: a result, or a code.
pub(super) type Answer = Result<Value, i32>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpecialtyRow<'a> {
    id: &'a str,
    fer_id: Option<&'a str>,
    name: &'a str,
    count_free_participant: u32,
    count_free_ticket: u32,
    last_date: Option<String>,
    nearest_date: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DoctorRow<'a> {
    aria_number: Option<&'a str>,
    aria_type: Option<&'a str>,
    comment: Option<&'a str>,
    free_participant_count: u32,
    free_ticket_count: u32,
    id: &'a str,
    last_date: Option<String>,
    name: Option<&'a str>,
    nearest_date: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SlotRow<'a> {
    id: String,
    visit_start: String,
    visit_end: String,
    address: Option<&'a str>,
    number: Value,
    room: Option<&'a str>,
}

/// The right answer to a request, by what is in the city now.
pub(super) fn answer(city: &State, route: &Route) -> Answer {
    let id = route.id.as_deref().unwrap_or_default();
    match route.endpoint {
        Endpoint::Districts => Ok(json!(city.districts)),
        Endpoint::Lpus => Ok(city
            .clinics
            .values()
            .map(|clinic| json!(clinic.row))
            .collect()),
        Endpoint::DistrictLpus => {
            let clinics = city.clinics.values();
            let inside = clinics.filter(|clinic| clinic.row.district_id.to_string() == id);
            Ok(inside.map(|clinic| json!(clinic.row)).collect())
        }
        Endpoint::Lpu => Ok(json!(clinic(city, route)?.row)),
        Endpoint::Specialties => specialties(clinic(city, route)?, city.now()),
        Endpoint::Doctors => doctors(clinic(city, route)?, id, city.now()),
        Endpoint::Appointments => {
            let clinic = clinic(city, route)?;
            let slots = slots(clinic, id, desk(clinic, id)?, city.now());
            let rows: Vec<&SlotRow<'_>> = slots.values().flatten().collect();
            if rows.is_empty() {
                Err(39)
            } else {
                Ok(json!(rows))
            }
        }
        Endpoint::Timetable => {
            let clinic = clinic(city, route)?;
            Ok(timetable(clinic, id, desk(clinic, id)?, city.now()))
        }
    }
}

fn clinic<'a>(city: &'a State, route: &Route) -> Result<&'a Clinic, i32> {
    route.lpu.and_then(|lpu| city.clinics.get(&lpu)).ok_or(610)
}

fn desk<'a>(clinic: &'a Clinic, id: &str) -> Result<&'a Desk, i32> {
    let id = shared::ids::DoctorId(id.to_owned());
    clinic.desks.get(&id).ok_or(645)
}

fn specialties(clinic: &Clinic, now: DateTime<Utc>) -> Answer {
    if let Some(code) = clinic.refusal {
        return Err(code);
    }
    let rows = clinic.departments.iter();
    let rows: Vec<_> = rows.map(|ward| specialty(clinic, ward, now)).collect();
    if rows.is_empty() {
        Err(37)
    } else {
        Ok(json!(rows))
    }
}

fn specialty<'a>(clinic: &Clinic, ward: &'a Ward, now: DateTime<Utc>) -> SpecialtyRow<'a> {
    let mut sum = Counted::default();
    for row in ward.rows.iter().filter(|row| row.n_lines > 0) {
        if let Some(desk) = clinic.desks.get(&row.doctor) {
            sum.add(Counted::of(desk, now));
        }
    }
    if ward.refusal.is_some() {
        sum.n_free = ward.recorded_free;
        sum.n_tickets = i64::from(ward.recorded_free);
    }
    let (nearest, last) = sum.dates(clinic.mis(), now, false);
    SpecialtyRow {
        id: &ward.id.0,
        fer_id: ward.fer_id.as_deref(),
        name: &ward.name,
        count_free_participant: sum.n_free,
        count_free_ticket: tickets(sum.n_tickets),
        last_date: last,
        nearest_date: nearest,
    }
}

fn doctors(clinic: &Clinic, specialty: &str, now: DateTime<Utc>) -> Answer {
    let ward = clinic.ward(specialty).ok_or(38)?;
    if let Some(code) = ward.refusal {
        return Err(code);
    }
    let lines = ward
        .rows
        .iter()
        .flat_map(|row| std::iter::repeat_n(row, usize::from(row.n_lines)));
    let rows: Vec<_> = lines.map(|row| doctor(clinic, row, now)).collect();
    if rows.is_empty() {
        Err(38)
    } else {
        Ok(json!(rows))
    }
}

fn doctor<'a>(clinic: &Clinic, row: &'a Row, now: DateTime<Utc>) -> DoctorRow<'a> {
    let desk = clinic.desks.get(&row.doctor);
    let counted = desk.map(|desk| Counted::of(desk, now)).unwrap_or_default();
    let (nearest, last) = counted.dates(clinic.mis(), now, true);
    DoctorRow {
        aria_number: row.area.as_deref(),
        aria_type: None,
        comment: row.comment.as_deref(),
        free_participant_count: counted.n_free,
        free_ticket_count: tickets(counted.n_tickets),
        id: &row.doctor.0,
        last_date: last,
        name: row.name.as_deref(),
        nearest_date: nearest,
    }
}

/// The counters of one row.
#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    n_free: u32,
    n_tickets: i64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

impl Counted {
    fn of(desk: &Desk, now: DateTime<Utc>) -> Self {
        let n_free = desk.n_shown(now);
        // Whoever shows nothing shows no dates either; whoever shows what is not there names tomorrow.
        let some = n_free > 0;
        let made_up = some.then(|| now + TimeDelta::days(1));
        let first = desk.ahead(now).next().map(|(start, _)| *start);
        let last = desk.ahead(now).next_back().map(|(start, _)| *start);
        Self {
            n_free,
            n_tickets: i64::from(n_free) + desk.n_hidden,
            first: first.filter(|_| some).or(made_up),
            last: last.filter(|_| some).or(made_up),
        }
    }

    fn add(&mut self, other: Self) {
        self.n_free += other.n_free;
        self.n_tickets += other.n_tickets;
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.into_iter().chain(other.last).max();
    }

    /// `nearestDate` and `lastDate` by the habits of the information system.
    fn dates(
        &self,
        mis: Mis,
        now: DateTime<Utc>,
        is_doctor: bool,
    ) -> (Option<String>, Option<String>) {
        if self.n_free == 0 && is_doctor {
            match mis {
                // Its server puts its clock where nothing is free: another text at every look.
                Mis::PetroMs => {
                    let stamp = wall(now).format("%Y-%m-%dT%H:%M:%S%.f%:z").to_string();
                    return (Some(stamp.clone()), Some(stamp));
                }
                Mis::VistaMed => return (Some(day(now)), None),
                _ => {}
            }
        }
        let write = if mis.tells_days_only() { day } else { local };
        (self.first.map(write), self.last.map(write))
    }
}

fn tickets(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(0)
}

fn local(at: DateTime<Utc>) -> String {
    wall(at).format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn day(at: DateTime<Utc>) -> String {
    wall(at).format("%Y-%m-%dT00:00:00").to_string()
}

/// Rows of a doctor's free times by day; every place is a row.
fn slots<'a>(
    clinic: &'a Clinic,
    doctor: &str,
    desk: &'a Desk,
    now: DateTime<Utc>,
) -> BTreeMap<NaiveDate, Vec<SlotRow<'a>>> {
    let mut days = BTreeMap::<NaiveDate, Vec<SlotRow<'a>>>::new();
    for (start, opening) in desk.ahead(now) {
        for place in 0..opening.n_places {
            let row = slot(clinic, doctor, desk, *start, *opening, place);
            days.entry(wall_date(*start)).or_default().push(row);
        }
    }
    days
}

fn slot<'a>(
    clinic: &'a Clinic,
    doctor: &str,
    desk: &'a Desk,
    start: DateTime<Utc>,
    opening: Opening,
    place: u32,
) -> SlotRow<'a> {
    let mis = clinic.mis();
    let at = wall(start);
    let mut hash = DefaultHasher::new();
    (clinic.row.id, doctor, start, place).hash(&mut hash);
    let hash = hash.finish();
    let id = match mis {
        Mis::SvMed => format!("{};{doctor}", at.format("%d.%m.%Y;%H:%M")),
        Mis::VistaMed => format!("{doctor}_{}", at.format("%Y-%m-%d_%H:%M:%S")),
        Mis::Itworks => format!(
            "{:08x}-0000-4000-8000-{:012x}",
            hash >> 32,
            hash & 0xffff_ffff
        ),
        _ => (hash % 100_000_000).to_string(),
    };
    let number = match mis {
        Mis::VistaMed => json!(hash % 60 + 1),
        Mis::Samson => json!((hash % 60 + 1).to_string()),
        _ => Value::Null,
    };
    SlotRow {
        id: if place == 0 || mis == Mis::Itworks {
            id
        } else {
            format!("{id}-{place}")
        },
        visit_start: local(start),
        visit_end: local(opening.end(start)),
        address: match mis {
            Mis::Ariadna => Some(""),
            Mis::Samson => None,
            _ => clinic.row.address.as_deref(),
        },
        number,
        room: desk.room.as_deref(),
    }
}

/// Working days ahead, and any other day that holds a slot, with the slots nested.
fn timetable(clinic: &Clinic, doctor: &str, desk: &Desk, now: DateTime<Utc>) -> Value {
    let mut by_day = slots(clinic, doctor, desk, now);
    let today = wall_date(now);
    for date in (0..TIMETABLE_DAYS).map(|n| today + Days::new(n)) {
        if !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            by_day.entry(date).or_default();
        }
    }
    let at = |date: NaiveDate, hour| {
        let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN);
        local(from_wall(date.and_time(time)))
    };
    by_day
        .into_iter()
        .map(|(date, rows)| {
            json!({
                "appointments": rows,
                "denyCause": desk.deny_cause,
                "recordableDay": desk.deny_cause.is_none(),
                "visitStart": at(date, 9),
                "visitEnd": at(date, 19),
            })
        })
        .collect()
}

/// The portal's words for its codes.
pub(super) fn message(code: i32) -> &'static str {
    match code {
        1 => "Внутренняя ошибка сервиса",
        37 => {
            "Отсутствуют специальности для записи на приём. Обратитесь в регистратуру медорганизации"
        }
        38 => "Отсутствуют специалисты для приёма по выбранной специальности",
        39 => "Отсутствуют свободные талоны. Попробуйте записаться позже",
        602 => "Медорганизация нам не ответила. Попробуйте записаться позже",
        603 => "Время ожидания ответа от медицинской организации истекло",
        610 => "Мы не смогли получить данные о выбранной медорганизации",
        616 => "Возникла ошибка в работе медицинской информационной системы",
        645 => "Не найдено расписание медицинского ресурса",
        660 => "Что-то пошло не так. Попробуйте записаться позже",
        _ => "Ошибка",
    }
}
