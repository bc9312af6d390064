//! A department that joins a watch is told from its beginning, and nothing else is told again.

use super::*;

const DOCTOR: &str = "д1";

/// A slot so many hours after nine o'clock of the first day.
fn slot(hour: i64) -> Slot {
    let base: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
    Slot {
        start: base + TimeDelta::hours(hour),
        end: base + TimeDelta::hours(hour) + TimeDelta::minutes(15),
        id: hour.to_string().as_str().into(),
        room: None,
        address: None,
        number: None,
        n_places: 1,
    }
}

impl Bench {
    /// A list with one doctor, then a good look at them: free at these hours.
    async fn look(&mut self, lpu: u32, specialty: &str, hours: &[i64]) {
        self.now += TimeDelta::seconds(60);
        let doctor = Doctor {
            id: DOCTOR.into(),
            name: Some("Иванова Анна Петровна".to_owned()),
            area: None,
            comment: None,
            counters: Counters::default(),
        };
        let list = ListLook {
            department: department(lpu, specialty),
            begun_at: self.now,
            outcome: Ok(Some(vec![doctor])),
        };
        self.store.record_list(list, self.now).await.unwrap();
        let look = Look {
            doctor: DoctorRef {
                lpu: LpuId(lpu),
                doctor: DoctorId::from(DOCTOR),
            },
            begun_at: self.now,
            outcome: Ok(hours.iter().map(|hour| slot(*hour)).collect()),
        };
        self.store.record_look(look, self.now).await.unwrap();
    }

    /// Hours pending for the person, each with its clinic.
    async fn pending(&self, chat: i64) -> Vec<(u32, i64)> {
        let person = self.person(chat).await;
        let Some(news) = self.store.news(person, self.now).await.unwrap() else {
            return Vec::new();
        };
        let mut pending: Vec<_> = news
            .doctors
            .iter()
            .flat_map(|doctor| {
                let lpu = doctor.target.department.lpu.0;
                let slots = doctor.slots.iter();
                slots.map(move |(found, ..)| (lpu, (found.start - slot(0).start).num_hours()))
            })
            .collect();
        pending.sort_unstable();
        pending
    }

    async fn tell(&self, chat: i64) -> Vec<(u32, i64)> {
        let told = self.pending(chat).await;
        let person = self.person(chat).await;
        if let Some(news) = self.store.news(person, self.now).await.unwrap() {
            self.store.told(news, Some(7), self.now).await.unwrap();
        }
        told
    }

    async fn with_news(&self) -> Vec<PersonId> {
        let (crowds, _) = self.store.crowds(EventId(0), self.now).await.unwrap();
        let named: std::collections::BTreeSet<_> =
            crowds.into_iter().flat_map(|crowd| crowd.people).collect();
        named.into_iter().collect()
    }
}

const NOTHING: [(u32, i64); 0] = [];

/// Anna waits for eyes in district 1 and has been told of 10; Boris has made us look at 13, which nobody listed yet.
async fn before_joining() -> (Bench, WatchId) {
    let mut bench = Bench::with_city().await;
    let watch = bench.watch(ANNA, &[eyes("1")]).await;
    bench.add(BORIS, &[any(13, "3")], &[]).await;
    bench.look(13, "3", &[30, 31]).await;
    bench.look(10, "20", &[5, 6]).await;
    assert_eq!(bench.tell(ANNA).await, [(10, 5), (10, 6)]);
    assert_eq!(bench.tell(BORIS).await, [(13, 30), (13, 31)]);
    (bench, watch)
}

async fn join(bench: &Bench) {
    bench.list(13, &["3 Офтальмолог 20"]).await;
    assert_eq!(bench.expand().await.n_joined, 1);
}

#[tokio::test]
async fn what_is_free_where_a_department_joined_is_told_and_nothing_again() {
    let (mut bench, _) = before_joining().await;
    join(&bench).await;
    let anna = bench.person(ANNA).await;
    assert_eq!(bench.with_news().await, [anna]);
    assert_eq!(bench.tell(ANNA).await, [(13, 30), (13, 31)]);
    assert_eq!(bench.tell(ANNA).await, NOTHING);
    assert!(bench.with_news().await.is_empty());
    // The cursor is theirs too now.
    bench.look(13, "3", &[30, 31, 32]).await;
    bench.look(10, "20", &[5, 6, 7]).await;
    assert_eq!(bench.tell(ANNA).await, [(10, 7), (13, 32)]);
    assert_eq!(bench.tell(BORIS).await, [(13, 32)]);
}

#[tokio::test]
async fn growth_does_not_repeat_what_another_watch_told_before_it_was_deleted() {
    let mut bench = Bench::with_city().await;
    let AddOutcome::Added(first) = bench.add(ANNA, &[any(10, "20")], &[]).await else {
        panic!("not added")
    };
    bench.watch(ANNA, &[eyes("1")]).await;
    bench.add(BORIS, &[any(13, "3")], &[]).await;
    bench.look(13, "3", &[30]).await;
    bench.look(10, "20", &[5]).await;
    assert_eq!(bench.tell(ANNA).await, [(10, 5)], "told by the first");
    // Nothing but the cursor of the area remembers it from here on.
    bench.store.delete_watch(first, bench.now).await.unwrap();
    bench
        .store
        .purge_deleted(bench.now + TimeDelta::hours(1))
        .await
        .unwrap();
    join(&bench).await;
    assert_eq!(bench.tell(ANNA).await, [(13, 30)]);
}

#[tokio::test]
async fn a_department_that_joins_while_a_message_is_on_its_way_is_told_next() {
    let (mut bench, _) = before_joining().await;
    bench.look(10, "20", &[5, 6, 7]).await;
    let person = bench.person(ANNA).await;
    let on_its_way = bench.store.news(person, bench.now).await.unwrap().unwrap();
    join(&bench).await;
    bench
        .store
        .told(on_its_way, Some(8), bench.now)
        .await
        .unwrap();
    assert_eq!(bench.tell(ANNA).await, [(13, 30), (13, 31)]);
    assert_eq!(bench.tell(ANNA).await, NOTHING);
}

#[tokio::test]
async fn a_message_that_was_not_accepted_leaves_what_joined_pending() {
    let (bench, _) = before_joining().await;
    join(&bench).await;
    assert_eq!(bench.pending(ANNA).await, [(13, 30), (13, 31)]);
    assert_eq!(bench.pending(ANNA).await, [(13, 30), (13, 31)]);
}

#[tokio::test]
async fn what_the_person_was_told_by_hand_is_no_news_from_an_area_that_grew() {
    let (mut bench, _) = before_joining().await;
    bench.add(ANNA, &[any(13, "3")], &[]).await;
    bench.look(13, "3", &[30, 31]).await;
    assert_eq!(bench.tell(ANNA).await, [(13, 30), (13, 31)]);
    join(&bench).await;
    assert_eq!(bench.tell(ANNA).await, NOTHING);
    bench.look(13, "3", &[30, 31, 33]).await;
    assert_eq!(bench.tell(ANNA).await, [(13, 33)]);
}

#[tokio::test]
async fn a_department_that_was_away_for_a_night_does_not_repeat_itself() {
    let (mut bench, watch) = before_joining().await;
    bench.now += TimeDelta::hours(1);
    bench.list(10, &["14 Невролог 14"]).await;
    assert_eq!(bench.expand().await, Expanded::default());
    bench.list(10, &["20 Офтальмолог 20"]).await;
    assert_eq!(bench.expand().await, Expanded::default());
    assert_eq!(bench.covered(ANNA, watch).await, ["10/20", "11/77-1"]);
    bench.look(10, "20", &[5, 6]).await;
    assert_eq!(bench.tell(ANNA).await, NOTHING);
}

#[tokio::test]
async fn a_department_that_left_and_came_back_tells_only_what_was_not_told() {
    let (mut bench, watch) = before_joining().await;
    // The clinic renames it and takes that back: it leaves at once, and joins again.
    bench.list(10, &["20 Офтальмолог (платно) 20"]).await;
    assert_eq!(bench.expand().await.n_left, 1);
    bench.list(10, &["20 Офтальмолог 20"]).await;
    assert_eq!(bench.expand().await.n_joined, 1);
    assert_eq!(bench.covered(ANNA, watch).await, ["10/20", "11/77-1"]);
    bench.look(10, "20", &[5, 6, 8]).await;
    assert_eq!(bench.tell(ANNA).await, [(10, 8)]);
}
