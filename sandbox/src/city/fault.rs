//! What can go wrong at the portal, and where.

use shared::ids::LpuId;
use std::time::Duration;

/// Which of the portal's reads a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// `/shared/districts`
    Districts,
    /// `/shared/district/{d}/lpus`
    DistrictLpus,
    /// `/shared/lpus`
    Lpus,
    /// `/shared/lpu/{lpu}`
    Lpu,
    /// `/schedule/lpu/{lpu}/specialties`
    Specialties,
    /// `/schedule/lpu/{lpu}/speciality/{spec}/doctors`
    Doctors,
    /// `/schedule/lpu/{lpu}/doctor/{doc}/appointments`
    Appointments,
    /// `/schedule/lpu/{lpu}/doctor/{doc}/timetable`
    Timetable,
}

/// How an answer is spoiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Accepted, never answered.
    Silent,
    /// Answered rightly, this much later.
    Slow(Duration),
    /// The connection is reset before an answer.
    Cut,
    /// The answer breaks off in the middle of its body, by its own length.
    CutShort,
    /// A bare HTTP status with a short HTML page.
    Status(u16),
    /// 429; the header's value as given: seconds or an HTTP date.
    TooManyRequests(Option<String>),
    /// `success: false` with this `errorCode` and the portal's text for it.
    Refusal(i32),
    /// An HTML page with status 200.
    Html,
    /// The right answer under `text/html`.
    WrongContentType,
    /// JSON that ends in the middle.
    Truncated,
    /// Status 200, no body.
    Empty,
    /// Rows whose fields have other types.
    WrongTypes,
    /// `success: true, result: null`.
    NullResult,
    /// The right answer with fields nobody knows.
    UnknownFields,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// A list that misses every second row.
    HalfMissing,
    /// A list of this many rows, repeating its own.
    Repeated(usize),
}

/// Which requests a fault meets; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// This read only.
    pub endpoint: Option<Endpoint>,
    /// This clinic only.
    pub lpu: Option<LpuId>,
    /// This doctor or specialty only, by its id.
    pub id: Option<String>,
}

impl Scope {
    /// Every request.
    pub fn all() -> Self {
        Self::default()
    }

    /// Every request about a clinic.
    pub fn lpu(lpu: LpuId) -> Self {
        Self {
            lpu: Some(lpu),
            ..Self::default()
        }
    }

    /// Every request of this kind.
    pub fn endpoint(endpoint: Endpoint) -> Self {
        Self {
            endpoint: Some(endpoint),
            ..Self::default()
        }
    }

    /// Narrowed to one kind of request.
    #[must_use]
    pub fn at(self, endpoint: Endpoint) -> Self {
        Self {
            endpoint: Some(endpoint),
            ..self
        }
    }

    /// Narrowed to one doctor or specialty.
    #[must_use]
    pub fn id(self, id: impl ToString) -> Self {
        Self {
            id: Some(id.to_string()),
            ..self
        }
    }

    fn covers(&self, endpoint: Endpoint, lpu: Option<LpuId>, id: Option<&str>) -> bool {
        self.endpoint.is_none_or(|wanted| wanted == endpoint)
            && self.lpu.is_none_or(|wanted| Some(wanted) == lpu)
            && self.id.as_deref().is_none_or(|wanted| Some(wanted) == id)
    }
}

/// Names a fault, to clear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultId(u64);

/// The faults there are now.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    next: u64,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    id: u64,
    scope: Scope,
    fault: Fault,
    /// How many more times; `None` = until cleared.
    left: Option<usize>,
}

impl Faults {
    pub(crate) fn add(&mut self, scope: Scope, fault: Fault, left: Option<usize>) -> FaultId {
        self.next += 1;
        let id = self.next;
        self.rules.push(Rule {
            id,
            scope,
            fault,
            left,
        });
        FaultId(id)
    }

    pub(crate) fn clear(&mut self, FaultId(id): FaultId) {
        self.rules.retain(|rule| rule.id != id);
    }

    pub(crate) fn clear_lpu(&mut self, lpu: LpuId) {
        self.rules.retain(|rule| rule.scope.lpu != Some(lpu));
    }

    pub(crate) fn clear_all(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn of_lpu(&self, lpu: LpuId) -> Vec<Fault> {
        let rules = self.rules.iter();
        rules
            .filter(|rule| rule.scope.lpu == Some(lpu))
            .map(|rule| rule.fault.clone())
            .collect()
    }

    /// The fault this request meets: the one set last. Uses it up by one.
    pub(crate) fn meet(
        &mut self,
        endpoint: Endpoint,
        lpu: Option<LpuId>,
        id: Option<&str>,
    ) -> Option<Fault> {
        let index = self
            .rules
            .iter()
            .rposition(|rule| rule.scope.covers(endpoint, lpu, id))?;
        let rule = &mut self.rules[index];
        let fault = rule.fault.clone();
        if let Some(left) = &mut rule.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.rules.remove(index);
            }
        }
        Some(fault)
    }
}
