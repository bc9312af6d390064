//! The visit as a file for a calendar.

use crate::texts::{Lang, visit};
use chrono::TimeDelta;
use icalendar::{Alarm, Calendar, Component as _, Event, EventLike as _, Property};
use shared::store::Booking;

/// A visit whose end the portal does not tell.
const USUAL: TimeDelta = TimeDelta::minutes(15);

/// The calendar's own alarm.
const ALARM: TimeDelta = TimeDelta::hours(2);

/// Name and contents of the file. Nothing in it says who goes; the same booking gives the same file, so that a calendar
/// given it twice keeps one visit.
pub(super) fn file(lang: Lang, booking: &Booking, link: &str) -> (String, Vec<u8>) {
    let view = &booking.visit;
    let summary = visit::summary(lang, view);
    let end = if view.end > view.start {
        view.end
    } else {
        view.start + USUAL
    };
    let utc = |at: chrono::DateTime<chrono::Utc>| at.format("%Y%m%dT%H%M%SZ").to_string();
    let uid = format!(
        "visit-{}-{}-{}@talon-watcher",
        view.target.department.lpu,
        utc(view.start),
        booking.id
    );
    let mut alarm = Alarm::display(&summary, -ALARM);
    alarm.add_property("UID", format!("alarm-{uid}"));
    alarm.add_property("DTSTAMP", utc(booking.created_at));
    let mut event = Event::new();
    event
        .uid(&uid)
        .timestamp(booking.created_at)
        .starts(view.start)
        .ends(end)
        .summary(&summary)
        .location(&visit::location(lang, view))
        .description(&visit::description(lang, view, link))
        .url(link)
        .alarm(alarm);
    let mut calendar = Calendar::new();
    calendar
        .properties
        .retain(|property| property.key() != "PRODID");
    calendar.append_property(Property::new("PRODID", "-//talon-watcher//visit//RU"));
    calendar.append_property(Property::new("METHOD", "PUBLISH"));
    calendar.push(event.done());
    let name = format!(
        "visit-{}.ics",
        shared::clock::wall(view.start).format("%Y-%m-%d-%H%M")
    );
    (name, calendar.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDateTime;
    use shared::catalogue::Lpu;
    use shared::clock::from_wall;
    use shared::ids::*;
    use shared::store::{Place, Visit};

    fn at(wall: &str) -> chrono::DateTime<chrono::Utc> {
        from_wall(NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M").unwrap())
    }

    fn booking(specialty: &str) -> Booking {
        let lpu = Lpu {
            id: LpuId(27),
            district: DistrictId("4".into()),
            short_name: "ГП №27".into(),
            full_name: String::new(),
            kind: None,
            address: Some("Ягодная ул., д. 7; лит. А".into()),
            phone: Some("(812) 000-00-27".into()),
            mis: None,
            is_active: true,
        };
        Booking {
            id: BookingId(12),
            person: PersonId(991_177),
            watch: None,
            visit: Visit {
                target: Target {
                    department: Department {
                        lpu: LpuId(27),
                        specialty: "35-1".into(),
                    },
                    doctor: Some("д26.114".into()),
                },
                place: Place {
                    lpu: Some(lpu),
                    specialty: Some(specialty.into()),
                    doctor: Some("Иванова Анна Петровна".into()),
                },
                start: at("2026-11-21 09:40"),
                end: at("2026-11-21 09:40"),
                room: Some("435".into()),
                address: None,
            },
            created_at: at("2026-11-20 12:05"),
            reminders: Vec::new(),
        }
    }

    fn read(specialty: &str) -> String {
        let (_, bytes) = file(
            Lang::Ru,
            &booking(specialty),
            "https://gorzdrav.example/#27",
        );
        String::from_utf8(bytes).unwrap().replace("\r\n ", "")
    }

    #[test]
    fn the_file_tells_when_and_where_in_utc() {
        let (name, _) = file(Lang::Ru, &booking("Терапевт"), "");
        assert_eq!(name, "visit-2026-11-21-0940.ics");
        insta::assert_snapshot!(read("Терапевт").replace("\r\n", "\n"));
    }

    #[test]
    fn a_calendar_given_the_file_twice_keeps_one_visit() {
        assert_eq!(read("Терапевт"), read("Терапевт"));
    }

    #[test]
    fn foreign_text_cannot_add_lines() {
        let text = read("Хирург; детский, \\ взрослый\r\nATTENDEE:mailto:x@example.org");
        assert!(
            !text.lines().any(|line| line.starts_with("ATTENDEE")),
            "{text}"
        );
        assert!(
            text.contains("Хирург\\; детский\\, \\\\ взрослый"),
            "{text}"
        );
    }

    #[test]
    fn nothing_says_who_goes() {
        assert!(!read("Терапевт").contains("991177"));
    }
}
