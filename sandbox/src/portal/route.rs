//! Which read a path means.

use crate::city::Endpoint;
use percent_encoding::percent_decode_str;
use shared::ids::LpuId;

/// Everything is served below this path, as at the real portal.
pub(super) const BASE: &str = "/_api/api/v2";

/// A request that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) endpoint: Endpoint,
    pub(super) lpu: Option<LpuId>,
    /// District, specialty or doctor, decoded.
    pub(super) id: Option<String>,
}

/// Reads a raw path; `None` when the portal has no such page. Segments are split before they are decoded: an id may hold `/`.
pub(super) fn read(path: &str) -> Option<Route> {
    let rest = path.strip_prefix(BASE)?.strip_prefix('/')?;
    let segments: Option<Vec<String>> = rest.split('/').map(decode).collect();
    let segments = segments?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let route = |endpoint, lpu: Option<&str>, id: Option<&str>| {
        let lpu = match lpu {
            Some(lpu) => Some(LpuId(lpu.parse().ok()?)),
            None => None,
        };
        Some(Route {
            endpoint,
            lpu,
            id: id.map(str::to_owned),
        })
    };
    match segments[..] {
        ["shared", "districts"] => route(Endpoint::Districts, None, None),
        ["shared", "district", id, "lpus"] => route(Endpoint::DistrictLpus, None, Some(id)),
        ["shared", "lpus"] => route(Endpoint::Lpus, None, None),
        ["shared", "lpu", lpu] => route(Endpoint::Lpu, Some(lpu), None),
        ["schedule", "lpu", lpu, "specialties"] => route(Endpoint::Specialties, Some(lpu), None),
        ["schedule", "lpu", lpu, "speciality", id, "doctors"] => {
            route(Endpoint::Doctors, Some(lpu), Some(id))
        }
        ["schedule", "lpu", lpu, "doctor", id, "appointments"] => {
            route(Endpoint::Appointments, Some(lpu), Some(id))
        }
        ["schedule", "lpu", lpu, "doctor", id, "timetable"] => {
            route(Endpoint::Timetable, Some(lpu), Some(id))
        }
        _ => None,
    }
}

fn decode(segment: &str) -> Option<String> {
    let decoded = percent_decode_str(segment).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_decoded_after_the_path_is_split() {
        let id =
            |rest: &str| read(&format!("{BASE}/schedule/lpu/7/{rest}")).and_then(|route| route.id);
        assert_eq!(
            id("doctor/a%2Fb%2B%3D/appointments").as_deref(),
            Some("a/b+=")
        );
        assert_eq!(id("doctor/a/b/appointments"), None);
        assert_eq!(
            id("doctor/%D0%B426.114/timetable").as_deref(),
            Some("д26.114")
        );
        assert_eq!(id("speciality/47,1/doctors").as_deref(), Some("47,1"));
        assert_eq!(id("speciality/%FF/doctors"), None);
        assert_eq!(id("specialities/1/doctors"), None);
    }
}
