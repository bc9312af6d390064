//! What the benches share: a world with people who wait, and the real programs in it.
#![allow(dead_code, reason = "each bench uses its part")]

use anyhow::Context;
use chrono::Utc;
use sandbox::{Binary, Person, Whom, World};
use shared::ids::Target;
use shared::store::{Lang, Limits, NewWatch, Program, Store};
use shared::wish::Wish;
use std::collections::BTreeSet;

/// People who wait for a doctor with nothing free each, all of them different; written straight into the store, before
/// the programs run.
pub(crate) async fn waiting(world: &World, n: usize) -> anyhow::Result<Vec<(Person, Whom)>> {
    waiting_but(world, n, None).await
}

/// As [`waiting`], nobody for this one.
pub(crate) async fn waiting_but(
    world: &World,
    n: usize,
    but: Option<&Whom>,
) -> anyhow::Result<Vec<(Person, Whom)>> {
    let store = Store::open(&world.settings.database, Program::Bot).await?;
    let limits = Limits {
        watches: 1,
        targets: 1,
    };
    let clinics = world.city.clinics().into_iter();
    let doctors = clinics.flat_map(|row| world.city.doctors(shared::ids::LpuId(row.id)));
    let mut seen: BTreeSet<_> = but.map(|whom| whom.doctor.clone()).into_iter().collect();
    let doctors = doctors.filter(|whom| seen.insert(whom.doctor.clone()));
    let mut people = Vec::new();
    for whom in doctors.take(n) {
        world.city.take_all(whom.doctor.lpu, &whom.doctor.doctor)?;
        let person = world.telegram.person("Анна", "ru").known();
        let now = Utc::now();
        let known = store.meet(person.chat(), None, Lang::Ru, now).await?;
        let watch = NewWatch {
            person: known.id,
            targets: vec![Target {
                department: whom.department.clone(),
                doctor: Some(whom.doctor.doctor.clone()),
            }],
            areas: Vec::new(),
            wish: Wish::default(),
        };
        store.add_watch(watch, limits, now).await?;
        people.push((person, whom));
    }
    anyhow::ensure!(people.len() == n, "the city has too few doctors");
    Ok(people)
}

/// Starts `bot` and `pinger` in release mode.
pub(crate) async fn start(
    world: &World,
    variables: &[(String, String)],
) -> anyhow::Result<(Binary, Binary)> {
    let folder = world.settings.database.parent();
    let folder = folder.context("the database lies in a folder")?;
    let bot = Binary::start("bot", variables, folder).await?;
    let pinger = Binary::start("pinger", variables, folder).await?;
    Ok((bot, pinger))
}
