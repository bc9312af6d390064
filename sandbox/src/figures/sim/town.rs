//! The model of a city: clinics, departments, doctors, and everything that changes in their counters.

use super::{DAY, HOUR, MINUTE, Ms, SECOND};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use std::ops::Range;

/// Doctors of a department, all equally likely: 3.4 on average, most have few.
const N_DOCTORS: [usize; 8] = [1, 1, 1, 2, 3, 4, 6, 9];
/// Other people's bookings in a department on a working day…
const N_BOOKINGS: usize = 20;
/// …and on a day of the weekend.
const N_WEEKEND_BOOKINGS: usize = 5;
/// How likely a department opens on a day of the weekend.
const WEEKEND_OPENING: f64 = 0.2;
/// Places of one opening: what is booked in a week comes again.
const N_PLACES: u32 = 24;
/// Free places of a department at the start.
const N_FIRST_PLACES: u32 = 60;
/// Shares of departments by habit; the rest open at any time.
const MINUTE_SHARE: f64 = 0.3;
const WINDOW_SHARE: f64 = 0.3;
/// Fixed minutes lie in these hours…
const MINUTE_HOURS: Range<Ms> = 7 * HOUR..20 * HOUR;
/// …and openings this far around them.
const AROUND: Ms = MINUTE;
/// Windows lie in this hour and are so long.
const WINDOW_HOUR: Range<Ms> = 8 * HOUR..9 * HOUR;
const WINDOW: Ms = 20 * MINUTE;

/// How much is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Watches, each for one doctor.
    pub n_watches: usize,
    /// Departments they are dealt out to evenly.
    pub n_departments: usize,
    /// Clinics of these departments; each has at least one of them.
    pub n_clinics: usize,
}

/// What a city is made from.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How much is watched.
    pub size: Size,
    /// Days from the start; the last [`Plan::n_measured`] of them count.
    pub n_days: u32,
    /// Days that count.
    pub n_measured: u32,
    /// All fixed minutes are 08:00, and nobody is a second early or late.
    pub is_sharp: bool,
    /// Cities of equal plans and seeds are equal.
    pub seed: u64,
}

impl Plan {
    /// When the days begin that count.
    pub fn measured_from(&self) -> Ms {
        DAY * Ms::from(self.n_days - self.n_measured)
    }

    /// When the last day ends.
    pub fn ends_at(&self) -> Ms {
        DAY * Ms::from(self.n_days)
    }
}

/// When a department opens talons on a working day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Habit {
    /// At a fixed minute, or as close as this: milliseconds of the day.
    Minute(Range<Ms>),
    /// Anywhere in a window of the morning.
    Window(Range<Ms>),
    /// At any time of the day.
    AnyTime,
}

impl Habit {
    /// When talons may open on a working day; each moment is equally likely.
    pub fn span(&self) -> Range<Ms> {
        match self {
            Self::Minute(span) | Self::Window(span) => span.clone(),
            Self::AnyTime => 0..DAY,
        }
    }

    /// Its name in samples.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Minute(_) => "minute",
            Self::Window(_) => "window",
            Self::AnyTime => "random",
        }
    }
}

/// A clinic.
#[derive(Debug, Clone, Default)]
pub struct Clinic {
    /// Its departments with somebody waiting.
    pub departments: Vec<usize>,
}

/// A department.
#[derive(Debug, Clone)]
pub struct Department {
    /// Where it is.
    pub clinic: usize,
    /// Its doctors.
    pub doctors: Range<usize>,
    /// When it opens talons.
    pub habit: Habit,
    /// What happens to its counters, in order.
    pub changes: Vec<Change>,
}

/// A doctor.
#[derive(Debug, Clone)]
pub struct Doctor {
    /// Their department.
    pub department: usize,
    /// How many wait for them.
    pub n_watches: u32,
    /// Free places at the start.
    pub n_first: u32,
}

/// Something that moves a doctor's counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Ms,
    /// Whose.
    pub doctor: usize,
    /// What.
    pub what: What,
}

/// What moves a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Somebody else booked a place.
    Booking,
    /// Places opened: which of the city's openings it is, and how many.
    Opening(usize, u32),
}

/// Talons open for somebody's doctor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// When.
    pub at: Ms,
    /// Whose.
    pub doctor: usize,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Town {
    /// What it was made from.
    pub plan: Plan,
    /// All clinics.
    pub clinics: Vec<Clinic>,
    /// All departments with somebody waiting.
    pub departments: Vec<Department>,
    /// All doctors of these departments.
    pub doctors: Vec<Doctor>,
    /// All openings, by department and then in order.
    pub openings: Vec<Opening>,
}

impl Town {
    /// The city of a plan.
    pub fn new(plan: Plan) -> Self {
        let mut rng = StdRng::seed_from_u64(plan.seed);
        let Size {
            n_watches,
            n_departments,
            n_clinics,
        } = plan.size;
        let mut town = Self {
            plan,
            clinics: vec![Clinic::default(); n_clinics],
            departments: Vec::with_capacity(n_departments),
            doctors: Vec::new(),
            openings: Vec::new(),
        };
        for (number, habit) in habits(n_departments, plan.is_sharp, &mut rng)
            .into_iter()
            .enumerate()
        {
            let clinic = if number < n_clinics {
                number
            } else {
                rng.random_range(0..n_clinics)
            };
            let first = town.doctors.len();
            let n_doctors = N_DOCTORS.choose(&mut rng).copied().unwrap_or(1);
            town.doctors.extend((0..n_doctors).map(|_| Doctor {
                department: number,
                n_watches: 0,
                n_first: 0,
            }));
            town.clinics[clinic].departments.push(number);
            town.departments.push(Department {
                clinic,
                doctors: first..first + n_doctors,
                habit,
                changes: Vec::new(),
            });
        }
        for watch in 0..n_watches {
            let doctors = town.departments[watch % n_departments].doctors.clone();
            let doctor = doctors.start + watch / n_departments % doctors.len();
            town.doctors[doctor].n_watches += 1;
        }
        for number in 0..n_departments {
            town.live(number, &mut rng);
        }
        town
    }

    /// Everything that happens to a department's counters.
    fn live(&mut self, number: usize, rng: &mut StdRng) {
        let doctors = self.departments[number].doctors.clone();
        let habit = self.departments[number].habit.clone();
        let watched: Vec<_> = doctors
            .clone()
            .filter(|&doctor| self.doctors[doctor].n_watches > 0)
            .collect();
        let mut moments: Vec<(Ms, bool)> = Vec::new();
        for day in 0..self.plan.n_days {
            let midnight = DAY * Ms::from(day);
            let (opens, n_bookings) = if is_weekend(midnight) {
                let opens = rng.random_bool(WEEKEND_OPENING).then_some(0..DAY);
                (opens, N_WEEKEND_BOOKINGS)
            } else {
                (Some(habit.span()), N_BOOKINGS)
            };
            moments.extend(opens.map(|span| (midnight + rng.random_range(span), true)));
            moments.extend((0..n_bookings).map(|_| (midnight + rng.random_range(0..DAY), false)));
        }
        moments.sort_unstable();
        for _ in 0..N_FIRST_PLACES {
            self.doctors[rng.random_range(doctors.clone())].n_first += 1;
        }
        let mut free: Vec<_> = doctors
            .clone()
            .map(|doctor| self.doctors[doctor].n_first)
            .collect();
        let mut changes = Vec::with_capacity(moments.len());
        for (at, is_opening) in moments {
            let (doctor, what) = if is_opening {
                let Some(&doctor) = watched.choose(rng) else {
                    continue;
                };
                free[doctor - doctors.start] += N_PLACES;
                self.openings.push(Opening { at, doctor });
                (doctor, What::Opening(self.openings.len() - 1, N_PLACES))
            } else {
                let with_places: Vec<_> = doctors
                    .clone()
                    .filter(|doctor| free[doctor - doctors.start] > 0)
                    .collect();
                let Some(&doctor) = with_places.choose(rng) else {
                    continue;
                };
                free[doctor - doctors.start] -= 1;
                (doctor, What::Booking)
            };
            changes.push(Change { at, doctor, what });
        }
        self.departments[number].changes = changes;
    }

    /// The rate at which a department opens talons at a moment, per second.
    pub fn rate(&self, department: usize, at: Ms) -> f64 {
        if is_weekend(at) {
            return WEEKEND_OPENING / seconds(DAY);
        }
        let span = self.departments[department].habit.span();
        if span.contains(&at.rem_euclid(DAY)) {
            1.0 / seconds(span.end - span.start)
        } else {
            0.0
        }
    }

    /// Doctors somebody waits for.
    pub fn watched(&self) -> impl Iterator<Item = usize> {
        let all = self.doctors.iter().enumerate();
        all.filter(|(_, doctor)| doctor.n_watches > 0)
            .map(|(number, _)| number)
    }

    /// The openings that count.
    pub fn measured(&self) -> impl Iterator<Item = (usize, &Opening)> {
        let from = self.plan.measured_from();
        self.openings
            .iter()
            .enumerate()
            .filter(move |(_, opening)| opening.at >= from)
    }
}

/// Whether a moment lies on a Saturday or a Sunday.
pub(super) fn is_weekend(at: Ms) -> bool {
    at.div_euclid(DAY).rem_euclid(7) >= 5
}

fn seconds(ms: Ms) -> f64 {
    ms as f64 / SECOND as f64
}

/// A habit for each department. Shares are kept as exactly as the number allows; who has which is random.
fn habits(n: usize, is_sharp: bool, rng: &mut StdRng) -> Vec<Habit> {
    let mut habits: Vec<_> = (0..n)
        .map(|place| {
            let share = (place as f64 + rng.random::<f64>()) / n as f64;
            if share < MINUTE_SHARE {
                Habit::Minute(minute(is_sharp, rng))
            } else if share < MINUTE_SHARE + WINDOW_SHARE {
                let from = rng.random_range(WINDOW_HOUR.start..=WINDOW_HOUR.end - WINDOW);
                Habit::Window(from..from + WINDOW)
            } else {
                Habit::AnyTime
            }
        })
        .collect();
    habits.shuffle(rng);
    habits
}

fn minute(is_sharp: bool, rng: &mut StdRng) -> Range<Ms> {
    if is_sharp {
        return 8 * HOUR..8 * HOUR + 1;
    }
    let minute = rng.random_range(MINUTE_HOURS.start / MINUTE..MINUTE_HOURS.end / MINUTE) * MINUTE;
    minute - AROUND..minute + AROUND
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(n_departments: usize) -> Plan {
        Plan {
            size: Size {
                n_watches: n_departments * 3,
                n_departments,
                n_clinics: n_departments / 4,
            },
            n_days: 7,
            n_measured: 2,
            is_sharp: false,
            seed: 1,
        }
    }

    #[test]
    fn habits_have_their_shares_and_times() {
        let town = Town::new(plan(1000));
        let mut n = [0; 3];
        for department in &town.departments {
            let span = department.habit.span();
            match department.habit {
                Habit::Minute(_) => {
                    n[0] += 1;
                    let minute = span.start + MINUTE;
                    assert!(MINUTE_HOURS.contains(&minute) && minute % MINUTE == 0);
                    assert_eq!(span.end - span.start, 2 * MINUTE);
                }
                Habit::Window(_) => {
                    n[1] += 1;
                    assert!(span.start >= 8 * HOUR && span.end <= 9 * HOUR);
                    assert_eq!(span.end - span.start, 20 * MINUTE);
                }
                Habit::AnyTime => n[2] += 1,
            }
        }
        assert_eq!(n, [300, 300, 400]);
        let early = town
            .departments
            .iter()
            .filter(|department| match &department.habit {
                Habit::Minute(span) => span.start < 13 * HOUR + 30 * MINUTE,
                _ => false,
            });
        let early = early.count();
        assert!(
            (120..=180).contains(&early),
            "{early} of 300 in the first half of the day"
        );
    }

    #[test]
    fn a_department_opens_once_a_working_day_in_its_own_time() {
        let town = Town::new(plan(400));
        let mut n_weekend = 0;
        for department in &town.departments {
            let openings: Vec<_> = department
                .changes
                .iter()
                .filter_map(|change| match change.what {
                    What::Opening(number, _) => Some(town.openings[number]),
                    What::Booking => None,
                })
                .collect();
            let working: Vec<_> = openings
                .iter()
                .filter(|opening| !is_weekend(opening.at))
                .collect();
            assert_eq!(working.len(), 5);
            n_weekend += openings.len() - 5;
            for opening in working {
                assert!(department.habit.span().contains(&(opening.at % DAY)));
                assert!(town.doctors[opening.doctor].n_watches > 0, "somebody waits");
            }
        }
        // 400 departments, two days, one in five.
        assert!(
            (120..=200).contains(&n_weekend),
            "{n_weekend} openings at the weekend"
        );
    }

    #[test]
    fn other_people_move_counters_twenty_times_a_working_day() {
        let town = Town::new(plan(100));
        for department in &town.departments {
            let bookings = department
                .changes
                .iter()
                .filter(|change| change.what == What::Booking);
            let n_working = bookings.filter(|change| !is_weekend(change.at)).count();
            assert_eq!(n_working, 5 * N_BOOKINGS);
            assert!(department.changes.is_sorted_by_key(|change| change.at));
        }
    }

    #[test]
    fn rates_sum_up_to_the_openings() {
        let town = Town::new(plan(40));
        for department in 0..40 {
            let of_day = |day: Ms| -> f64 {
                let seconds = 0..DAY / SECOND;
                seconds
                    .map(|second| town.rate(department, day * DAY + second * SECOND))
                    .sum()
            };
            assert!(
                (of_day(0) - 1.0).abs() < 0.01,
                "{:?}: {}",
                town.departments[department].habit,
                of_day(0)
            );
            assert!((of_day(5) - WEEKEND_OPENING).abs() < 0.01);
        }
    }

    #[test]
    fn sharp_minutes_are_eight_o_clock() {
        let town = Town::new(Plan {
            is_sharp: true,
            ..plan(100)
        });
        let minutes = town
            .departments
            .iter()
            .filter(|department| department.habit.name() == "minute");
        let spans: Vec<_> = minutes.map(|department| department.habit.span()).collect();
        assert_eq!(spans, vec![8 * HOUR..8 * HOUR + 1; 30]);
    }

    #[test]
    fn watches_are_dealt_out_evenly_and_cities_repeat_with_their_seed() {
        let town = Town::new(plan(100));
        for department in &town.departments {
            let n_watches: u32 = town.doctors[department.doctors.clone()]
                .iter()
                .map(|doctor| doctor.n_watches)
                .sum();
            assert_eq!(n_watches, 3);
        }
        assert!(
            town.clinics
                .iter()
                .all(|clinic| !clinic.departments.is_empty())
        );
        assert_eq!(town.openings, Town::new(plan(100)).openings);
        assert_ne!(
            town.openings,
            Town::new(Plan {
                seed: 2,
                ..plan(100)
            })
            .openings
        );
    }
}
