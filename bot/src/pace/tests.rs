//! The windows by a clock in hand.

use super::*;
use proptest::prelude::*;
use std::sync::Arc;

const STEP: Duration = Duration::from_millis(1);

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Plays `seconds` of a crowd that always has somebody to tell, with answers at these milliseconds; each message takes
/// `way` to arrive and be answered. Arrivals of alerts and of answers, and the longest wait of an answer.
fn play(seconds: u64, answers: &[u64], way: Duration) -> (Vec<Instant>, Vec<Instant>, Duration) {
    let begun = Instant::now();
    let mut flow = Flow::new(28.0, begun);
    let (mut alerts, mut answered) = (Vec::new(), Vec::new());
    let (mut due, mut under_way) = (answers.to_vec(), VecDeque::new());
    let (mut longest, mut chat) = (Duration::ZERO, 0);
    due.sort_unstable();
    let mut due = VecDeque::from(due);
    for at in 0..seconds * 1_000 {
        let now = begun + STEP * u32::try_from(at).unwrap();
        while let Some((number, chat, kind, _)) =
            under_way.pop_front_if(|(.., done): &mut (u64, i64, Kind, Instant)| *done <= now)
        {
            flow.end(number, chat, kind, now);
        }
        while let Some(asked) = due.front().copied().filter(|asked| *asked <= at) {
            if flow.answer_wait(now) > Duration::ZERO {
                break;
            }
            due.pop_front();
            chat += 1;
            longest = longest.max(ms(at - asked));
            let number = flow.begin(chat, Kind::Answer, now);
            under_way.push_back((number, chat, Kind::Answer, now + way));
            answered.push(now + way);
        }
        while flow.wait(now).is_zero() {
            chat += 1;
            let number = flow.begin(chat, Kind::Alert, now);
            under_way.push_back((number, chat, Kind::Alert, now + way));
            alerts.push(now + way);
        }
    }
    (alerts, answered, longest)
}

/// The most of them within any second.
fn most_within(mut times: Vec<Instant>) -> usize {
    times.sort_unstable();
    let window = |first: usize| {
        let inside = times[first..].iter();
        inside
            .take_while(|time| **time - times[first] < SECOND)
            .count()
    };
    (0..times.len()).map(window).max().unwrap_or(0)
}

#[test]
fn a_crowd_is_told_at_the_full_rate() {
    for way in [0, 5, 30] {
        let (alerts, ..) = play(60, &[], ms(way));
        assert!(alerts.len() >= 27 * 60, "{way} ms: {}", alerts.len());
        assert!(most_within(alerts) <= 30, "{way} ms");
    }
}

#[test]
fn alerts_yield_what_answers_take() {
    let answers: Vec<u64> = (0..60 * 5).map(|n| n * 200).collect();
    let (alerts, answered, longest) = play(60, &answers, ms(5));
    let sum = alerts.len() + answered.len();
    assert!(sum >= 27 * 60, "{sum}");
    assert!(alerts.len() <= 24 * 60, "{}", alerts.len());
    assert_eq!(longest, Duration::ZERO);
    assert!(most_within([alerts, answered].concat()) <= 30);
}

#[test]
fn a_burst_of_answers_goes_before_the_crowd() {
    let (_, answered, longest) = play(5, &[2_000; 8], ms(5));
    assert_eq!(answered.len(), 8);
    assert!(longest < ms(300), "{longest:?}");
}

#[test]
fn a_chat_is_left_alone_for_a_second() {
    let now = Instant::now();
    let mut flow = Flow::new(28.0, now);
    let number = flow.begin(1, Kind::Alert, now);
    flow.end(number, 1, Kind::Alert, now + ms(10));
    assert_eq!(flow.chat_wait(1, Kind::Alert, now + ms(10)), PER_CHAT);
    assert_eq!(flow.chat_wait(2, Kind::Alert, now), Duration::ZERO);
    // Whoever leafs through a menu is told all the same.
    flow.begin(3, Kind::AnswerEdit, now);
    assert_eq!(flow.chat_wait(3, Kind::Alert, now), Duration::ZERO);
    flow.heard(4, now);
    assert_eq!(flow.chat_wait(4, Kind::Alert, now), ANSWERING);
}

#[test]
fn a_group_keeps_room_for_answers_and_edits_come_last() {
    let begun = Instant::now();
    let mut flow = Flow::new(28.0, begun);
    let (mut now, mut told) = (begun, Vec::new());
    while now < begun + ms(120_000) {
        if flow.chat_wait(-1, Kind::Alert, now).is_zero() {
            flow.begin(-1, Kind::Alert, now);
            told.push(now);
        }
        now += ms(50);
    }
    let within = |first: &Instant| {
        let minute = Duration::from_secs(60);
        let inside = told.iter().filter(|time| *time >= first);
        inside.filter(|time| **time - *first < minute).count()
    };
    assert_eq!(told.iter().map(within).max(), Some(GROUP_ALERTS));
    assert!(told.len() > GROUP_ALERTS, "it goes on");
    assert!(flow.chat_wait(-1, Kind::Edit, now) > flow.chat_wait(-1, Kind::Alert, now));
}

#[test]
fn memory_follows_who_was_written_to_lately() {
    let begun = Instant::now();
    let mut flow = Flow::new(1e6, begun);
    for n in 0..10_000_u32 {
        let now = begun + STEP * n;
        flow.heard(i64::from(n), now);
        let number = flow.begin(i64::from(n), Kind::Alert, now);
        flow.end(number, i64::from(n), Kind::Alert, now);
    }
    assert!(flow.chats.len() <= 1_100, "{}", flow.chats.len());
    assert!(flow.recent.len() <= 1_000, "{}", flow.recent.len());
}

/// A crowd asks for sixty answers a second for seven seconds; alerts wait all the time. Somebody asks for one.
#[tokio::test(flavor = "multi_thread")]
async fn one_word_is_answered_at_once_beside_a_crowd_that_writes_faster_than_anybody_can_answer() {
    let pace = Arc::new(Pace::new(28.0));
    let sent = Arc::new(Mutex::new(Vec::new()));
    let ask = |chat: i64| {
        let (pace, sent) = (Arc::clone(&pace), Arc::clone(&sent));
        tokio::spawn(async move {
            let begun = Instant::now();
            let counted = pace.answer(chat).await?;
            tokio::time::sleep(ms(5)).await;
            sent.lock().unwrap().push(Instant::now());
            drop(counted);
            Some(begun.elapsed())
        })
    };
    let alerts = {
        let (pace, sent) = (Arc::clone(&pace), Arc::clone(&sent));
        tokio::spawn(async move {
            for chat in 0.. {
                let turn = pace.turn().await;
                drop(turn.begin(1_000_000 + chat, Kind::Alert));
                sent.lock().unwrap().push(Instant::now());
            }
        })
    };
    let n_chats = 60;
    let (mut crowd, mut others) = (Vec::new(), Vec::new());
    for n in 0..7 * 60 {
        crowd.push(ask(n % n_chats));
        // The crowd is known by its second word.
        if n > 120 && n % 60 == 0 {
            others.push(ask(1_000 + n));
        }
        tokio::time::sleep(ms(1_000) / 60).await;
    }
    for other in others {
        let waited = other.await.unwrap().expect("it is answered");
        assert!(waited < ms(500), "{waited:?}");
    }
    let mut n_answered = 0;
    for asked in crowd {
        n_answered += usize::from(asked.await.unwrap().is_some());
    }
    alerts.abort();
    let sent = std::mem::take(&mut *sent.lock().unwrap());
    let n_others = 4;
    let n_alerted = sent.len() - n_answered - n_others;
    assert!(n_alerted >= 7 * 4, "alerts go on: {n_alerted}");
    assert!(n_answered >= 7 * 20, "and so does the crowd: {n_answered}");
    assert!(most_within(sent) <= OVERALL);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_the_line_holds_nobody_up() {
    let pace = Arc::new(Pace::new(28.0));
    for chat in 0..30 {
        std::mem::forget(pace.answer(chat).await.unwrap());
    }
    let waiting: Vec<_> = (0..20)
        .map(|n| {
            let pace = Arc::clone(&pace);
            tokio::spawn(async move { pace.answer(100 + n).await.is_some() })
        })
        .collect();
    tokio::time::sleep(ms(50)).await;
    let mut waiting = waiting.into_iter();
    // The first of them leads.
    for leaving in waiting.by_ref().take(10) {
        leaving.abort();
    }
    for stays in waiting {
        assert!(stays.await.unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]
    #[test]
    fn no_second_ever_holds_more_than_telegram_takes(
        answers in proptest::collection::vec(0_u64..4_000, 0..60),
        way in 0_u64..200,
    ) {
        let (alerts, answered, _) = play(5, &answers, ms(way));
        prop_assert!(most_within([alerts, answered].concat()) <= OVERALL);
    }
}
