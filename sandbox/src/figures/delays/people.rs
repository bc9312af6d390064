//! Who waits, presses and asks in the section on delays.

use super::PATIENCE;
use crate::figures::watching;
use crate::telegram::Limits;
use crate::{Binary, City, Options, Person, Whom, World};
use anyhow::Context;
use chrono::Utc;
use shared::ids::LpuId;
use shared::store::{Program, Store};
use std::time::Duration;

/// People with a doctor of their own each.
pub(super) const N_SINGLES: usize = 120;
/// People who ask for help in turn, so that none asks more than once a second.
pub(super) const N_ASKING: usize = 50;
/// People who leaf through a menu in turn.
pub(super) const N_PRESSING: usize = 20;
/// A clinic for each single person and one for the crowd.
const N_CLINICS: u32 = N_SINGLES as u32 + 1;
const N_DEPARTMENTS: u32 = 2 * N_CLINICS;
const N_DOCTORS: u32 = 2 * N_DEPARTMENTS;
/// How often doctors are looked at: sets how long the measuring takes, not what it measures.
const PERIOD: Duration = Duration::from_millis(500);

/// A world with everybody in it.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) singles: Vec<(Person, Whom)>,
    pub(super) asking: Vec<Person>,
    pub(super) pressing: Vec<Person>,
    star: Whom,
}

impl Scene {
    /// Everybody waits; no program runs yet.
    pub(super) async fn prepare(n_people: usize) -> anyhow::Result<Self> {
        let options = Options {
            poll_period: PERIOD,
            requests_per_second: 1_000,
            limits: Limits::strict(),
            ..Options::default()
        };
        let city = City::grown(N_CLINICS, N_DEPARTMENTS, N_DOCTORS);
        let world = World::start(city, options).await?;
        let clinics = world.city.clinics().into_iter();
        let first =
            |clinic: crate::city::LpuRow| world.city.doctors(LpuId(clinic.id)).into_iter().next();
        let mut doctors = clinics.filter_map(first);
        let star = doctors.next().context("the city has doctors")?;
        let person = |name: &str| world.telegram.person(name, "ru").known();
        let singles: Vec<_> = doctors.map(|whom| (person("Анна"), whom)).collect();
        let many = |name: &str, n: usize| -> Vec<_> {
            (0..n).map(|n| person(&format!("{name} {n}"))).collect()
        };
        let crowd = many("Борис", n_people);
        let waits = crowd.iter().map(|person| (person, &star));
        let waits = waits.chain(singles.iter().map(|(person, whom)| (person, whom)));
        let waits = waits.map(|(person, whom)| (person.chat(), vec![watching(whom)]));
        let store = Store::open(&world.settings.database, Program::Bot).await?;
        store.fill_watches(waits.collect(), Utc::now()).await?;
        let (asking, pressing) = (many("Вера", N_ASKING), many("Глеб", N_PRESSING));
        Ok(Self {
            singles,
            asking,
            pressing,
            star,
            world,
        })
    }

    /// The released programs.
    pub(super) async fn start(&self) -> anyhow::Result<(Binary, Binary)> {
        let settings = &self.world.settings;
        let folder = settings.database.parent();
        let folder = folder.context("the database lies in a folder")?;
        let bot = Binary::start("bot", &settings.variables, folder).await?;
        let pinger = Binary::start("pinger", &settings.variables, folder).await?;
        Ok((bot, pinger))
    }

    /// Returns once everybody's doctor was looked at, so that nobody's first talon is one that was found.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        let all = self.singles.iter().map(|(_, whom)| whom);
        for whom in all.chain([&self.star]) {
            self.world.looked(&whom.doctor, 0, PATIENCE).await?;
        }
        Ok(())
    }

    /// A talon for the crowd.
    pub(super) fn open_star(&self) -> anyhow::Result<()> {
        let start = self.world.city.wall(3, 9, 40);
        let doctor = &self.star.doctor;
        self.world.city.open_slot(doctor.lpu, &doctor.doctor, start)
    }

    /// The name of the district everybody who presses looks into.
    pub(super) fn district(&self) -> anyhow::Result<String> {
        let districts = self.world.city.districts().into_iter();
        let name = districts.map(|district| district.name).next();
        name.context("the city has a district")
    }

    /// The list of districts, open in front of everyone who presses.
    pub(super) async fn open_menus(&self) -> anyhow::Result<()> {
        for person in &self.pressing {
            person.say("/add");
            person.wait_for_text("В каком районе").await?;
        }
        Ok(())
    }
}
