//! Areas on a real file: what they cover, how they grow and shrink, and that nothing is lost or told twice by it.

use chrono::{DateTime, TimeDelta, Utc};
use shared::catalogue::{Counters, District, Doctor, Lpu, Specialty};
use shared::ids::{
    Area, Department, DistrictId, DoctorId, DoctorRef, EventId, LpuId, PersonId, Target, WatchId,
};
use shared::slot::Slot;
use shared::store::{
    AddOutcome, Expanded, Lang, Limits, ListLook, Look, NewWatch, Program, Shared, Store, WatchCard,
};
use shared::wish::Wish;
use tempfile::TempDir;

mod life;
mod news;
mod vanished;

const LIMITS: Limits = Limits {
    watches: 5,
    targets: 2,
};
const ANNA: i64 = 100;
const BORIS: i64 = 200;

/// A store of its own file, with the clock in hand.
struct Bench {
    store: Store,
    now: DateTime<Utc>,
    folder: TempDir,
}

fn department(lpu: u32, specialty: &str) -> Department {
    Department {
        lpu: LpuId(lpu),
        specialty: specialty.into(),
    }
}

fn any(lpu: u32, specialty: &str) -> Target {
    Target {
        department: department(lpu, specialty),
        doctor: None,
    }
}

fn clinic(id: u32, district: &str) -> Lpu {
    Lpu {
        id: LpuId(id),
        district: district.into(),
        short_name: format!("ГП №{id}"),
        full_name: format!("Городская поликлиника №{id}"),
        kind: Some("Поликлиника взрослая".to_owned()),
        address: None,
        phone: None,
        mis: None,
        is_active: true,
    }
}

/// "20 Офтальмолог 20": id, name, code; "-" = no code.
fn specialty(text: &str) -> Specialty {
    let (id, rest) = text.split_once(' ').unwrap();
    let (name, code) = rest.rsplit_once(' ').unwrap();
    Specialty {
        id: id.into(),
        fer_id: (code != "-").then(|| code.to_owned()),
        name: name.to_owned(),
        counters: Counters::default(),
    }
}

/// Eyes in a district; "" = the whole city.
fn eyes(district: &str) -> Area {
    let district = (!district.is_empty()).then(|| DistrictId::from(district));
    Area::of(&specialty("1 Офтальмолог 20"), district).unwrap()
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("talon.db"), Program::Bot)
            .await
            .unwrap();
        let now = "2026-11-20T09:00:00Z".parse().unwrap();
        let districts = [("1", "Адмиралтейский"), ("2", "Приморский")];
        let districts = districts.map(|(id, name)| District {
            id: id.into(),
            name: name.to_owned(),
        });
        store.save_districts(districts.into(), now).await.unwrap();
        Self { store, now, folder }
    }

    /// The usual city: eyes at 10 and 11 of district 1, at 20 of district 2; 12 has no eyes, 13 was never read.
    async fn with_city() -> Self {
        let bench = Self::new().await;
        bench.city(&[10, 11, 12, 13, 20]).await;
        bench
            .list(10, &["20 Офтальмолог 20", "14 Невролог 14"])
            .await;
        bench.list(11, &["77-1 ВРАЧ-ОФТАЛЬМОЛОГ -"]).await;
        bench
            .list(12, &["30 Хирург 30", "9 Офтальмолог (для справок) 20"])
            .await;
        bench.list(20, &["55 Окулист (офтальмолог) 20"]).await;
        bench
    }

    /// The list of the whole city: a clinic below 20 is in district 1.
    async fn city(&self, ids: &[u32]) {
        let district = |id: &u32| if *id < 20 { "1" } else { "2" };
        let lpus = ids.iter().map(|id| clinic(*id, district(id))).collect();
        self.store.save_lpus(lpus, self.now).await.unwrap();
    }

    async fn list(&self, lpu: u32, specialties: &[&str]) {
        let specialties = specialties.iter().map(|text| specialty(text)).collect();
        self.store
            .save_specialties(LpuId(lpu), specialties, self.now)
            .await
            .unwrap();
    }

    async fn person(&self, chat: i64) -> PersonId {
        let met = self.store.meet(chat, None, Lang::Ru, self.now).await;
        met.unwrap().id
    }

    async fn add(&self, chat: i64, targets: &[Target], areas: &[Area]) -> AddOutcome {
        let new = NewWatch {
            person: self.person(chat).await,
            targets: targets.to_vec(),
            areas: areas.to_vec(),
            wish: Wish::default(),
        };
        self.store.add_watch(new, LIMITS, self.now).await.unwrap()
    }

    async fn watch(&self, chat: i64, areas: &[Area]) -> WatchId {
        match self.add(chat, &[], areas).await {
            AddOutcome::Added(watch) => watch,
            other => panic!("{other:?}"),
        }
    }

    async fn expand(&self) -> Expanded {
        self.store.expand_areas(self.now).await.unwrap()
    }

    async fn card(&self, chat: i64, watch: WatchId) -> WatchCard {
        let person = self.person(chat).await;
        let card = self.store.watch(person, watch, self.now).await.unwrap();
        card.unwrap()
    }

    /// Departments of a watch: "10/20", in order.
    async fn covered(&self, chat: i64, watch: WatchId) -> Vec<String> {
        let card = self.card(chat, watch).await;
        let mut shown: Vec<_> = card
            .targets
            .iter()
            .map(|state| {
                let Department { lpu, specialty } = &state.target.department;
                format!("{lpu}/{specialty}")
            })
            .collect();
        shown.sort();
        shown
    }
}

#[tokio::test]
async fn an_area_is_one_target_and_covers_what_the_catalogue_has() {
    let bench = Bench::with_city().await;
    let extent = bench.store.area_extent(eyes("1")).await.unwrap();
    let found: Vec<_> = extent
        .departments
        .iter()
        .map(|one| (one.lpu.id.0, one.specialty.as_str()))
        .collect();
    assert_eq!(found, [(10, "Офтальмолог"), (11, "ВРАЧ-ОФТАЛЬМОЛОГ")]);
    assert_eq!(extent.district.as_deref(), Some("Адмиралтейский"));
    assert_eq!((extent.n_clinics(), extent.n_lpus), (2, 4));
    assert_eq!(extent.n_lpus_unread, 1, "13 was never read");

    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    assert_eq!(bench.covered(ANNA, watch).await, ["10/20", "11/77-1"]);
    let card = bench.card(ANNA, watch).await;
    let [area] = card.areas.as_slice() else {
        panic!("{:?}", card.areas)
    };
    assert_eq!(area.area, eyes("1"));
    assert_eq!((area.n_lpus, area.n_departments), (2, 2));
    assert!(card.targets.iter().all(|state| state.area == Some(0)));
    let watched = bench.store.watched(bench.now).await.unwrap();
    assert_eq!(watched.len(), 2, "the pinger sees departments");
    let asked = bench.store.look_requests(bench.now).await.unwrap();
    assert_eq!(asked.len(), 2);

    // Three departments, two areas, one target by hand: two targets are allowed.
    let outcome = bench.add(ANNA, &[], &[eyes("1"), eyes("2")]).await;
    let AddOutcome::Added(both) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(bench.covered(ANNA, both).await.len(), 3);
    let many = bench
        .add(ANNA, &[any(12, "30")], &[eyes("1"), eyes("2")])
        .await;
    assert_eq!(many, AddOutcome::TooManyTargets);
    assert_eq!(
        bench.add(ANNA, &[], &[]).await,
        AddOutcome::TooManyTargets,
        "nothing at all is refused as before"
    );
}

#[tokio::test]
async fn the_whole_city_is_every_district() {
    let bench = Bench::with_city().await;
    let extent = bench.store.area_extent(eyes("")).await.unwrap();
    assert_eq!(extent.district, None);
    assert_eq!((extent.n_clinics(), extent.n_lpus), (3, 5));
    let watch = bench.watch(ANNA, &[eyes("")]).await;
    assert_eq!(
        bench.covered(ANNA, watch).await,
        ["10/20", "11/77-1", "20/55"]
    );
}

#[tokio::test]
async fn an_area_nobody_has_read_yet_covers_nothing_and_grows() {
    let mut bench = Bench::new().await;
    assert_eq!(bench.store.catalogue_read_at().await.unwrap(), None);
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    let card = bench.card(ANNA, watch).await;
    assert!(card.targets.is_empty());
    assert_eq!(card.areas.len(), 1);
    let person = bench.person(ANNA).await;
    assert!(
        bench
            .store
            .news(person, bench.now)
            .await
            .unwrap()
            .is_none_or(|news| news.doctors.is_empty())
    );
    assert_eq!(bench.expand().await, Expanded::default());

    bench.now += TimeDelta::minutes(10);
    bench.city(&[10]).await;
    bench.list(10, &["20 Офтальмология 20"]).await;
    assert_eq!(
        bench.store.catalogue_read_at().await.unwrap(),
        Some(bench.now)
    );
    let expanded = bench.expand().await;
    assert_eq!((expanded.n_joined, expanded.n_left), (1, 0));
    assert_eq!(expanded.people, [person]);
    assert_eq!(bench.covered(ANNA, watch).await, ["10/20"]);
    let asked = bench.store.look_requests(bench.now).await.unwrap();
    assert_eq!(
        asked.len(),
        1,
        "a look is asked for at what joined: {asked:?}"
    );
    assert_eq!(
        bench.expand().await,
        Expanded::default(),
        "and nothing more"
    );
}

#[tokio::test]
async fn a_silent_watch_grows_without_a_look() {
    let mut bench = Bench::with_city().await;
    let paused = bench.watch(ANNA, &[eyes("1")]).await;
    bench.store.pause_watch(paused, None).await.unwrap();
    bench.now += TimeDelta::hours(1);
    bench.list(13, &["3 Офтальмолог 20"]).await;
    let expanded = bench.expand().await;
    assert_eq!((expanded.n_joined, expanded.people.len()), (1, 0));
    let asked = bench.store.look_requests(bench.now).await.unwrap();
    assert!(asked.is_empty(), "{asked:?}");
    bench.store.resume_watch(paused, bench.now).await.unwrap();
    let asked = bench.store.look_requests(bench.now).await.unwrap();
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn a_department_leaves_when_good_lists_are_without_it_for_three_days() {
    let mut bench = Bench::with_city().await;
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    bench.now += TimeDelta::days(1);
    bench.list(10, &["14 Невролог 14"]).await;
    assert_eq!(bench.expand().await, Expanded::default());
    let extent = bench.store.area_extent(eyes("1")).await.unwrap();
    assert_eq!(extent.n_clinics(), 1, "nobody new gets what is missing");

    // No good list for a week says nothing.
    bench.now += TimeDelta::days(7);
    assert_eq!(bench.expand().await, Expanded::default());
    // Back for a day: the three days begin anew.
    bench
        .list(10, &["14 Невролог 14", "20 Офтальмолог 20"])
        .await;
    bench.now += TimeDelta::days(1);
    bench.list(10, &["14 Невролог 14"]).await;
    bench.now += TimeDelta::days(2) + TimeDelta::hours(23);
    bench.list(10, &["14 Невролог 14"]).await;
    assert_eq!(bench.expand().await, Expanded::default());
    bench.now += TimeDelta::hours(1);
    bench.list(10, &["14 Невролог 14"]).await;
    let expanded = bench.expand().await;
    assert_eq!((expanded.n_joined, expanded.n_left), (0, 1));
    assert_eq!(bench.covered(ANNA, watch).await, ["11/77-1"]);
}

#[tokio::test]
async fn a_closed_or_vanished_clinic_leaves_after_three_days_and_adds_nothing() {
    let mut bench = Bench::with_city().await;
    let watch = bench.watch(ANNA, &[eyes("")]).await;
    let close = |at: DateTime<Utc>| {
        let mut closed = clinic(10, "1");
        closed.is_active = false;
        bench.store.save_lpu(closed, at)
    };
    let first = bench.now + TimeDelta::days(1);
    close(first).await.unwrap();
    bench.now = first;
    assert_eq!(bench.expand().await, Expanded::default());
    let extent = bench.store.area_extent(eyes("")).await.unwrap();
    assert_eq!((extent.n_clinics(), extent.n_lpus), (2, 4));

    // 20 is in the list of the city no more.
    bench.now += TimeDelta::days(3);
    let mut closed = clinic(10, "1");
    closed.is_active = false;
    bench
        .store
        .save_lpus(vec![closed, clinic(11, "1")], bench.now)
        .await
        .unwrap();
    let expanded = bench.expand().await;
    assert_eq!((expanded.n_joined, expanded.n_left), (0, 2));
    assert_eq!(bench.covered(ANNA, watch).await, ["11/77-1"]);

    // Open again: it joins again.
    bench.city(&[10, 11]).await;
    assert_eq!(bench.expand().await.n_joined, 1);
}

#[tokio::test]
async fn a_clinic_that_changed_its_ids_overnight_is_followed() {
    let mut bench = Bench::with_city().await;
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    bench.now += TimeDelta::hours(12);
    bench
        .list(10, &["49900 Офтальмология 20", "49901 Неврология 14"])
        .await;
    assert_eq!(bench.expand().await.n_joined, 1);
    let covered = bench.covered(ANNA, watch).await;
    assert_eq!(covered, ["10/20", "10/49900", "11/77-1"]);
    bench.now += TimeDelta::days(3);
    bench.list(10, &["49900 Офтальмология 20"]).await;
    assert_eq!(bench.expand().await.n_left, 1);
    assert_eq!(bench.covered(ANNA, watch).await, ["10/49900", "11/77-1"]);
}

#[tokio::test]
async fn a_department_that_is_called_otherwise_or_moved_is_of_the_area_no_more() {
    let mut bench = Bench::with_city().await;
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    bench.now += TimeDelta::hours(1);
    bench.list(10, &["20 Офтальмолог (платно) 20"]).await;
    assert_eq!(bench.expand().await.n_left, 1);
    let moved = clinic(11, "2");
    bench.store.save_lpu(moved, bench.now).await.unwrap();
    assert_eq!(bench.expand().await.n_left, 1);
    assert!(bench.covered(ANNA, watch).await.is_empty());
    assert_eq!(bench.card(ANNA, watch).await.areas.len(), 1);
}

#[tokio::test]
async fn clinics_for_children_are_apart_when_the_area_says_so() {
    let bench = Bench::with_city().await;
    let mut children = clinic(14, "1");
    children.kind = Some("Детская поликлиника".to_owned());
    bench
        .store
        .save_lpu(children.clone(), bench.now)
        .await
        .unwrap();
    bench.list(14, &["1 Офтальмолог 20"]).await;
    let grown = clinic(10, "1");
    for (area, n) in [
        (eyes("1"), 3),
        (eyes("1").like_at(&grown), 2),
        (eyes("1").like_at(&children), 1),
    ] {
        let extent = bench.store.area_extent(area.clone()).await.unwrap();
        assert_eq!(extent.n_clinics(), n, "{area:?}");
        let watch = bench.watch(ANNA, std::slice::from_ref(&area)).await;
        assert_eq!(bench.covered(ANNA, watch).await.len(), n);
        assert_eq!(bench.card(ANNA, watch).await.areas[0].area, area);
    }
}

#[tokio::test]
async fn what_was_chosen_by_hand_stays_whatever_an_area_does() {
    let mut bench = Bench::with_city().await;
    let AddOutcome::Added(watch) = bench.add(ANNA, &[any(10, "20")], &[eyes("1")]).await else {
        panic!("not added")
    };
    let card = bench.card(ANNA, watch).await;
    let by: Vec<_> = card.targets.iter().map(|state| state.area).collect();
    assert_eq!(by, [None, Some(0)], "once, by hand");
    for _ in 0..2 {
        bench.now += TimeDelta::days(3);
        bench.list(10, &["14 Невролог 14"]).await;
        bench.expand().await;
    }
    assert_eq!(bench.covered(ANNA, watch).await, ["10/20", "11/77-1"]);
}

#[tokio::test]
async fn where_areas_of_a_watch_meet_the_other_one_takes_over() {
    let mut bench = Bench::with_city().await;
    let watch = bench.watch(ANNA, &[eyes("1"), eyes("")]).await;
    let brought = |card: &WatchCard| {
        let areas = card.areas.iter();
        areas.map(|area| area.n_departments).collect::<Vec<_>>()
    };
    let before = bench.card(ANNA, watch).await;
    assert_eq!(brought(&before).iter().sum::<usize>(), 3);
    bench.now += TimeDelta::hours(1);
    let moved = clinic(10, "2");
    bench.store.save_lpu(moved, bench.now).await.unwrap();
    let expanded = bench.expand().await;
    assert_eq!((expanded.n_joined, expanded.n_left), (0, 0));
    assert_eq!(bench.covered(ANNA, watch).await.len(), 3);
    assert_eq!(bench.expand().await, Expanded::default());
}
