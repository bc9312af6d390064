//! Look requests: who is asked about, and since when an answer counts.

use super::Planner;
use super::units::{Asked, ask};
use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::DoctorRef;
use shared::store::LookRequest;
use std::collections::BTreeMap;

/// A reading begun so long before the request serves as its answer.
const FRESH: TimeDelta = TimeDelta::seconds(15);
/// Doctors of an asked department line up this far apart, so that a request for one doctor need not wait for them all.
const STAGGER: TimeDelta = TimeDelta::seconds(1);

/// A live look request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    /// As the store has it.
    asked_at: DateTime<Utc>,
    /// The same, brought back to when it was first heard of if the clock says it lies ahead.
    pub(super) at: DateTime<Utc>,
}

impl Planner {
    /// The look requests of the last [`REQUEST_LIFE`](super::REQUEST_LIFE), met or not, all of them.
    pub fn set_requests(&mut self, requests: &[LookRequest], now: DateTime<Utc>) {
        self.advance(now);
        let mut asks = BTreeMap::new();
        for LookRequest { target, asked_at } in requests {
            let known = self
                .asks
                .get(target)
                .filter(|ask| ask.asked_at == *asked_at);
            let ask = known.copied().unwrap_or(Ask {
                asked_at: *asked_at,
                at: now.min(*asked_at),
            });
            asks.insert(target.clone(), ask);
        }
        self.asks = asks;
        self.spread_asks(now);
    }

    /// Works out anew who is asked about: the list of an asked department first, then its doctors.
    pub(super) fn spread_asks(&mut self, now: DateTime<Utc>) {
        let (lists, doctors) = std::mem::take(&mut self.asked);
        for department in &lists {
            if let Some(unit) = self.lists.get_mut(department) {
                unit.asked = None;
            }
        }
        for doctor in &doctors {
            if let Some(unit) = self.doctors.get_mut(doctor) {
                unit.asked = None;
            }
        }
        let (was_asked_lists, was_asked_doctors) = (lists, doctors);
        let asks: Vec<_> = self.asks.iter().map(|(t, ask)| (t.clone(), *ask)).collect();
        for (target, Ask { at, .. }) in asks {
            let asked = Asked {
                since: at - FRESH,
                order: at,
            };
            if let Some(doctor) = target.doctor_ref() {
                self.ask_doctor(doctor, asked, now);
                continue;
            }
            let unit = self.list_unit(&target.department, now);
            ask(&mut unit.asked, asked);
            let listed = if unit.is_listed_since(asked.since) {
                unit.listed.clone()
            } else {
                Vec::new()
            };
            self.asked.0.insert(target.department.clone());
            let mut order = at;
            for doctor in listed {
                let lpu = target.department.lpu;
                self.ask_doctor(DoctorRef { lpu, doctor }, Asked { order, ..asked }, now);
                order += STAGGER;
            }
        }
        let (lists, doctors) = self.asked.clone();
        for department in was_asked_lists.union(&lists) {
            self.place_list(department, now);
        }
        for doctor in was_asked_doctors.union(&doctors) {
            self.place_doctor(doctor, now);
        }
    }

    fn ask_doctor(&mut self, doctor: DoctorRef, asked: Asked, now: DateTime<Utc>) {
        ask(&mut self.doctor_unit(&doctor, now).asked, asked);
        self.asked.1.insert(doctor);
    }
}
