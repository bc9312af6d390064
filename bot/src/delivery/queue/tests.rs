//! The order of people, with a clock in hand.

use super::*;
use shared::ids::{DoctorId, LpuId};

const ANNA: PersonId = PersonId(1);
const BORIS: PersonId = PersonId(2);

const SENT: Turn = Turn::Done {
    was_sent: true,
    has_more: false,
};

fn crowd(doctor: &str, talon: i64, people: impl IntoIterator<Item = i64>) -> Crowd {
    Crowd {
        doctor: DoctorRef {
            lpu: LpuId(30),
            doctor: DoctorId(doctor.into()),
        },
        talon: Some(EventId(talon)),
        people: people.into_iter().map(PersonId).collect(),
    }
}

/// Tells everybody, one after another; the order they were told in.
fn tell_all(queue: &mut Queue, now: Instant) -> Vec<PersonId> {
    let mut told = Vec::new();
    while let Some(person) = queue.take(now) {
        queue.done(person, &SENT, now);
        told.push(person);
    }
    told
}

#[test]
fn one_message_per_person_is_on_its_way() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.poke(ANNA, now);
    assert_eq!(queue.take(now), Some(ANNA));
    queue.poke(ANNA, now);
    assert_eq!(queue.take(now), None);
    queue.done(ANNA, &Turn::NOTHING, now);
    assert_eq!(
        queue.take(now),
        Some(ANNA),
        "news that came meanwhile is not forgotten"
    );
    queue.done(ANNA, &Turn::NOTHING, now);
    assert_eq!((queue.take(now), queue.n_people()), (None, 0));
}

#[test]
fn what_did_not_fit_into_a_message_follows_in_another() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.add(crowd("36", 7, [1]), true, now);
    queue.take(now).unwrap();
    let more = Turn::Done {
        was_sent: true,
        has_more: true,
    };
    queue.done(ANNA, &more, now);
    assert_eq!(queue.take(now), Some(ANNA));
}

#[test]
fn one_chat_told_to_wait_holds_up_nobody_else() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.poke(ANNA, now);
    queue.poke(BORIS, now);
    assert_eq!(queue.take(now), Some(ANNA));
    queue.done(ANNA, &Turn::After(Duration::from_secs(9)), now);
    assert_eq!(queue.take(now), Some(BORIS));
    assert_eq!(queue.take(now + Duration::from_secs(8)), None);
    assert_eq!(queue.next_at(), Some(now + Duration::from_secs(9)));
    assert!(!queue.is_ready(now) && queue.is_ready(now + Duration::from_secs(9)));
    assert_eq!(queue.take(now + Duration::from_secs(9)), Some(ANNA));
}

#[test]
fn tries_grow_rarer_while_telegram_is_away() {
    let (mut queue, mut now) = (Queue::default(), Instant::now());
    queue.poke(ANNA, now);
    let mut waits = Vec::new();
    for _ in 0..8 {
        queue.take(now).unwrap();
        queue.done(ANNA, &Turn::Unreached, now);
        let next = queue.next_at().unwrap();
        waits.push((next - now).as_secs());
        now = next;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn whoever_was_not_reached_is_tried_when_somebody_else_was() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for person in [ANNA, BORIS] {
        queue.poke(person, now);
        queue.take(now).unwrap();
    }
    queue.done(ANNA, &Turn::Unreached, now);
    assert_eq!(queue.take(now), None);
    queue.done(BORIS, &SENT, now);
    assert_eq!(queue.take(now), Some(ANNA));
}

#[test]
fn sleepers_are_woken_by_news_and_by_nothing_else() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.add(crowd("36", 7, [1]), true, now);
    queue.take(now).unwrap();
    queue.done(ANNA, &Turn::Quiet(Duration::from_secs(3600)), now);
    queue.add(crowd("36", 7, [1]), false, now);
    assert_eq!(queue.take(now), None, "a full scan names everybody");
    queue.add(crowd("36", 8, [1]), true, now);
    assert_eq!(queue.take(now), Some(ANNA));
    // What came while the turn was under way may be worth waking for.
    queue.add(crowd("36", 9, [1]), true, now);
    queue.done(ANNA, &Turn::Quiet(Duration::from_secs(3600)), now);
    assert_eq!(queue.take(now), Some(ANNA));
}

#[test]
fn a_crowd_of_one_does_not_wait_behind_ten_thousand() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.add(crowd("36", 7, 1..=10_000), true, now);
    queue.add(crowd("47", 8, [20_000]), true, now);
    // Another talon of the same doctor, which suits one person only.
    queue.add(crowd("36", 9, [20_001]), true, now);
    let told = tell_all(&mut queue, now);
    let place = |id| told.iter().position(|person| *person == PersonId(id));
    assert!(place(20_000) <= Some(2), "{:?}", place(20_000));
    assert!(place(20_001) <= Some(5), "{:?}", place(20_001));
    assert_eq!(told.len(), 10_002);
}

#[test]
fn somebody_in_a_crowd_is_told_sooner_for_a_talon_of_their_own() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.add(crowd("36", 7, 1..=1_000), true, now);
    queue.add(crowd("47", 8, [1_000]), true, now);
    let told = tell_all(&mut queue, now);
    assert!(told[..2].contains(&PersonId(1_000)));
    assert_eq!(told.len(), 1_000, "and once");
}

#[test]
fn nobody_is_always_last_or_always_first() {
    for n in [2_i64, 3, 10, 97] {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let mut places = vec![0; n as usize];
        let (mut firsts, mut lasts) = (BTreeSet::new(), BTreeSet::new());
        let n_talons = 10 * n;
        for talon in 1..=n_talons {
            queue.add(crowd("36", talon, 1..=n), true, now);
            let told = tell_all(&mut queue, now);
            firsts.insert(told[0]);
            lasts.insert(told[told.len() - 1]);
            for (place, person) in told.iter().enumerate() {
                places[person.0 as usize - 1] += place as i64;
            }
        }
        assert_eq!((firsts.len(), lasts.len()), (n as usize, n as usize));
        let mean = (n - 1) as f64 / 2.0;
        for sum in places {
            let off = (sum as f64 / n_talons as f64 - mean).abs();
            assert!(off <= 0.1 * n as f64, "{n} people: {off} places off");
        }
    }
}

#[test]
fn memory_is_bounded_by_the_people() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for talon in 1..=100 {
        queue.add(crowd("36", talon, 1..=100), true, now);
    }
    let n = |queue: &Queue| -> usize {
        let crowds = queue.rounds.iter().flat_map(|round| &round.crowds);
        crowds.map(|(_, people)| people.len()).sum()
    };
    assert_eq!(n(&queue), 100 * MAX_PLACES);
    assert_eq!(tell_all(&mut queue, now).len(), 100);
    assert_eq!((n(&queue), queue.n_people()), (0, 0));
}

#[test]
fn a_wait_is_counted_from_the_news_to_the_telling_without_the_night() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let later = |seconds| now + Duration::from_secs(seconds);
    queue.add(crowd("36", 7, [1]), true, now);
    queue.take(now).unwrap();
    let waited = queue.done(ANNA, &Turn::After(Duration::from_secs(5)), later(1));
    assert_eq!(waited, None);
    queue.add(crowd("36", 8, [1]), true, later(3));
    queue.take(later(6)).unwrap();
    assert_eq!(
        queue.done(ANNA, &SENT, later(7)),
        Some(Duration::from_secs(7))
    );
    // Asleep for an hour, told two seconds after waking.
    queue.add(crowd("36", 9, [1]), true, later(10));
    queue.take(later(10)).unwrap();
    queue.done(ANNA, &Turn::Quiet(Duration::from_secs(300)), later(10));
    queue.add(crowd("36", 9, [1]), false, later(100));
    queue.take(later(310)).unwrap();
    assert_eq!(
        queue.done(ANNA, &SENT, later(312)),
        Some(Duration::from_secs(2))
    );
    // Nothing was sent: nobody waited.
    queue.poke(ANNA, later(400));
    queue.take(later(400)).unwrap();
    assert_eq!(queue.done(ANNA, &Turn::NOTHING, later(401)), None);
    assert!(queue.since.is_empty());
}
