//! A small invented world: what the store would give.

use super::super::{Button, Lang, Message};
use chrono::{DateTime, NaiveDateTime, Utc};
use shared::catalogue::Lpu;
use shared::clock::from_wall;
use shared::failure::{Failure, FailureKind};
use shared::ids::{
    Department, DistrictId, DoctorId, DoctorRef, EventId, LpuId, PersonId, SlotId, SpecialtyId,
    Target, WatchId,
};
use shared::slot::Slot;
use shared::store::{
    DoctorNews, FreeSlot, Listed, News, Person, Place, Reading, TargetState, Timetable, WatchCard,
};
use shared::wish::Wish;

/// An instant by the clock of St. Petersburg: "2026-11-20 12:05:31".
pub(super) fn at(wall: &str) -> DateTime<Utc> {
    from_wall(NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M:%S").unwrap())
}

/// Friday, shortly after noon.
pub(super) fn now() -> DateTime<Utc> {
    at("2026-11-20 12:05:31")
}

pub(super) fn person() -> Person {
    Person {
        id: PersonId(1),
        chat: 1,
        topic: None,
        lang: Lang::Ru,
        is_watching: true,
        watching_set: Some(at("2026-11-18 09:00:00")),
        last_seen_at: now(),
        quiet: None,
        quiet_soon: true,
        one_alert: false,
        gone_at: None,
    }
}

pub(super) fn lpu(id: u32, name: &str, address: &str) -> Lpu {
    Lpu {
        id: LpuId(id),
        district: DistrictId("4".into()),
        short_name: name.into(),
        full_name: String::new(),
        kind: None,
        address: Some(address.into()),
        phone: Some("(812) 000-00-27".into()),
        mis: None,
        is_active: true,
    }
}

pub(super) fn gp27() -> Lpu {
    lpu(27, "ГП №27", "Санкт-Петербург, Ягодная ул., д. 7")
}

pub(super) fn dgp5() -> Lpu {
    lpu(
        5,
        "ДГП №5",
        "Санкт-Петербург, Клюквенный пр., д. 12, лит. А",
    )
}

pub(super) fn target(lpu: u32, doctor: Option<&str>) -> Target {
    Target {
        department: Department {
            lpu: LpuId(lpu),
            specialty: SpecialtyId("35-1".into()),
        },
        doctor: doctor.map(DoctorId::from),
    }
}

pub(super) fn place(lpu: &Lpu, specialty: &str, doctor: Option<&str>) -> Place {
    Place {
        lpu: Some(lpu.clone()),
        specialty: Some(specialty.into()),
        doctor: doctor.map(str::to_owned),
    }
}

/// Slots at "11-21 09:40", "11-21 09:55 x2", one a comma.
pub(super) fn slots(times: &str) -> Vec<Slot> {
    times
        .split(", ")
        .map(|time| {
            let (time, n_places) = time.split_once(" x").unwrap_or((time, "1"));
            let start = at(&format!("2026-{time}:00"));
            Slot {
                start,
                end: start,
                id: SlotId("1".into()),
                room: None,
                address: None,
                number: None,
                n_places: n_places.parse().unwrap(),
            }
        })
        .collect()
}

pub(super) fn news_of(target: Target, place: Place, slots: Vec<Slot>) -> DoctorNews {
    DoctorNews {
        target,
        place,
        checked_at: at("2026-11-20 12:05:29"),
        slots: slots
            .into_iter()
            .map(|slot| (slot, EventId(1), WatchId(1)))
            .collect(),
    }
}

pub(super) fn news(doctors: Vec<DoctorNews>) -> News {
    News {
        person: person(),
        through: EventId(1),
        cursors: vec![(WatchId(1), EventId(0))],
        joined: Vec::new(),
        doctors,
        awaits_look: false,
        to_ask: Vec::new(),
        breaks_quiet: false,
        joins: None,
        has_more: false,
    }
}

/// A link for each doctor, as with `LINK_DEPTH=doctor`.
pub(super) fn link(target: &Target, _: Option<&Lpu>) -> String {
    let doctor = target.doctor.clone().unwrap_or_else(|| "any".into());
    format!(
        "https://gorzdrav.example/{}/{doctor}",
        target.department.lpu
    )
}

pub(super) fn good(at: DateTime<Utc>) -> Reading {
    Reading {
        begun_at: at,
        read_at: at,
        good_at: Some(at),
        failing: None,
        refused_since: None,
    }
}

pub(super) fn failed(
    kind: FailureKind,
    since: DateTime<Utc>,
    good_at: Option<DateTime<Utc>>,
) -> Reading {
    Reading {
        begun_at: now(),
        read_at: now(),
        good_at,
        failing: Some((since, Failure { kind, code: None })),
        refused_since: None,
    }
}

/// A doctor with nothing free, read 12 seconds ago.
pub(super) fn quiet(lpu: &Lpu, doctor: Option<&str>) -> TargetState {
    let read_at = at("2026-11-20 12:05:19");
    TargetState {
        target: target(lpu.id.0, doctor.map(|_| "д26.114")),
        area: None,
        place: place(lpu, "Терапевт", doctor),
        listed: Listed::Yes,
        reading: Some(good(read_at)),
        n_doctors: 1,
        n_failing: 0,
        begun_at: Some(read_at),
        good_at: Some(read_at),
        free: Vec::new(),
        n_unsuiting: 0,
        timetable: None,
    }
}

pub(super) fn unread(state: TargetState) -> TargetState {
    TargetState {
        reading: None,
        begun_at: None,
        good_at: None,
        listed: Listed::Unknown,
        ..state
    }
}

pub(super) fn failing(
    kind: FailureKind,
    good_at: Option<DateTime<Utc>>,
    state: TargetState,
) -> TargetState {
    TargetState {
        reading: Some(failed(kind, at("2026-11-20 07:40:00"), good_at)),
        n_failing: 1,
        good_at,
        ..state
    }
}

pub(super) fn with_free(mut state: TargetState, doctor: &str, times: &str) -> TargetState {
    let doctor_ref = DoctorRef {
        lpu: state.target.department.lpu,
        doctor: doctor.into(),
    };
    state
        .free
        .extend(slots(times).into_iter().map(|slot| FreeSlot {
            doctor: doctor_ref.clone(),
            doctor_name: Some(doctor.to_owned()),
            slot,
            opened_by: EventId(1),
            checked_at: state.good_at,
        }));
    state.free.sort_by_key(|free| free.slot.start);
    state
}

pub(super) fn timetable(
    n_days: u32,
    days: Option<(&str, &str)>,
    deny_cause: Option<&str>,
) -> Timetable {
    let day = |date: &str| at(&format!("2026-{date} 09:00:00"));
    Timetable {
        read_at: at("2026-11-20 11:00:00"),
        n_days,
        first_day: days.map(|(first, _)| day(first)),
        last_day: days.map(|(_, last)| day(last)),
        deny_cause: deny_cause.map(str::to_owned),
    }
}

pub(super) fn card_of(targets: Vec<TargetState>) -> WatchCard {
    WatchCard {
        id: WatchId(1),
        person: PersonId(1),
        wish: Wish::default(),
        paused_until: None,
        is_urgent: false,
        deleted_at: None,
        created_at: at("2026-11-18 09:00:00"),
        areas: Vec::new(),
        targets,
    }
}

/// Both languages one after the other.
pub(super) fn both(render: impl Fn(Lang) -> String) -> String {
    Lang::ALL
        .map(|lang| format!("===== {} =====\n{}", lang.as_str(), render(lang)))
        .join("\n\n")
}

/// A message with its buttons.
pub(super) fn shown(message: &Message) -> String {
    let mut lines = vec![message.html.clone()];
    for row in &message.buttons {
        let row: Vec<_> = row
            .iter()
            .map(|button| match button {
                Button::Url { label, url } => format!("[{label}]({url})"),
                Button::Press { label, data } => format!("[{label}]({data})"),
            })
            .collect();
        lines.push(row.join(" "));
    }
    lines.join("\n")
}
