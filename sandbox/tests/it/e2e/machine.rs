//! The machine in trouble: a full disk, a locked database, no descriptors, a clock that is set. Nothing is lost, people
//! are told when it is their press that fails, and the log does not drown.

use super::house::{House, is_alert};
use super::processes::{start, waiting};
use rusqlite::Connection;
use sandbox::telegram::Message;
use sandbox::{Binary, Person};
use shared::store::integrity;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

/// Longer than any pause of the programs that a test meets.
const LONG: Duration = Duration::from_secs(90);
/// As long as somebody else may hold the database.
const A_MINUTE: Duration = Duration::from_secs(60);
/// What a person reads when their press could not be served.
const KIND: &str = "У меня что-то сломалось, вы ни при чём";

fn tells(time: &str) -> impl Fn(&Message) -> bool + '_ {
    move |message| is_alert(message) && message.text.contains(time)
}

async fn told(person: &Person, time: &str) -> Message {
    let patient = person.with_patience(LONG);
    patient.wait_for(tells(time)).await.unwrap()
}

/// Presses that need the database written, and one that does not.
async fn is_served_kindly(person: &Person) {
    let person = person.with_patience(LONG);
    person.say("/off");
    person.wait_for_text(KIND).await.unwrap();
    person.say("/help");
    person.wait_for_text("/forget").await.unwrap();
}

/// Lines of trouble: a handful at once, and then a few a second at most.
#[track_caller]
fn is_not_drowned(program: &Binary, since: Instant, n_before: usize) {
    let said = program.said();
    let n_lines = n_lines(program) - n_before;
    let seconds = usize::try_from(since.elapsed().as_secs()).unwrap();
    assert!(
        n_lines <= 20 + 3 * seconds,
        "{n_lines} lines in {seconds} s: {said}"
    );
    assert!(!said.contains("panicked"), "{said}");
}

fn n_lines(program: &Binary) -> usize {
    program.said().lines().count()
}

/// A disk that can be full.
enum Disk {
    /// A small file system of its own, mounted where only its holder and the programs see it.
    Small(Child),
    /// No file of the programs may grow, or be written to at all.
    Limited,
}

impl Disk {
    /// `None` where the system gives nobody a namespace to mount in.
    async fn small(folder: &Path) -> Option<Self> {
        let script = "mount -t tmpfs -o size=4m talon \"$0\" && echo mounted && exec sleep 1000";
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let mut said = [0; 8];
        holder.stdout.take()?.read_exact(&mut said).await.ok()?;
        Some(Self::Small(holder))
    }

    async fn start(&self, house: &House, name: &'static str) -> Binary {
        let pid;
        let through = match self {
            Self::Small(holder) => {
                pid = holder.id().unwrap().to_string();
                vec![
                    "nsenter",
                    "--target",
                    &pid,
                    "--user",
                    "--mount",
                    "--preserve-credentials",
                ]
            }
            // A program that is not told of the limit by a signal hears of it as an error of the write.
            Self::Limited => vec!["sh", "-c", "trap '' XFSZ; exec \"$0\""],
        };
        let folder = house.folder.path();
        let settings = house.settings();
        let program = Binary::start_through(name, &settings, folder, &through);
        program.await.unwrap()
    }

    /// Where we see a file of this disk.
    fn path(&self, path: &Path) -> PathBuf {
        match self {
            Self::Small(holder) => {
                let root = PathBuf::from(format!("/proc/{}/root", holder.id().unwrap()));
                root.join(path.strip_prefix("/").unwrap())
            }
            Self::Limited => path.to_owned(),
        }
    }

    async fn fill(&self, folder: &Path, programs: &[&Binary]) {
        match self {
            Self::Small(_) => {
                let filler = self.path(&folder.join("filler"));
                let filled = fs::write(&filler, vec![0; 8 * 1024 * 1024]);
                let full = filled.unwrap_err();
                assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
            }
            Self::Limited => {
                for program in programs {
                    program.limit("fsize", Some(0)).await.unwrap();
                }
            }
        }
    }

    async fn free(&self, folder: &Path, programs: &[&Binary]) {
        match self {
            Self::Small(_) => fs::remove_file(self.path(&folder.join("filler"))).unwrap(),
            Self::Limited => {
                for program in programs {
                    program.limit("fsize", None).await.unwrap();
                }
            }
        }
    }
}

async fn a_full_disk(house: House, disk: Disk, folder: &Path) {
    let database = folder.join("talon.db");
    let house = house.with("DATABASE_PATH", database.to_str().unwrap());
    let (bot, pinger) = (
        disk.start(&house, "bot").await,
        disk.start(&house, "pinger").await,
    );
    let anna = waiting(&house).await;
    house.open(&house.star(), house.city.wall(2, 9, 40));
    told(&anna, "09:40").await;
    house.settle().await;

    let (since, before) = (Instant::now(), [n_lines(&bot), n_lines(&pinger)]);
    disk.fill(folder, &[&bot, &pinger]).await;
    house.open(&house.star(), house.city.wall(3, 11, 20));
    is_served_kindly(&anna).await;
    pinger.says("could not be recorded", LONG).await.unwrap();
    assert_eq!(house.n_told(&anna, "11:20"), 0);
    is_not_drowned(&bot, since, before[0]);
    is_not_drowned(&pinger, since, before[1]);

    disk.free(folder, &[&bot, &pinger]).await;
    told(&anna, "11:20").await;
    house.settle().await;
    for time in ["09:40", "11:20"] {
        assert_eq!(house.n_told(&anna, time), 1, "{time}");
    }
    anna.say("/off");
    anna.wait_for_text("молчу").await.unwrap();
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
    let copy = house.folder.path().join("copy.db"); // SQLite follows no way through /proc
    fs::copy(disk.path(&database), &copy).unwrap();
    let wrong = integrity(&copy).await.unwrap();
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_loses_nothing() {
    let house = House::new().await;
    let folder = house.folder.path().to_owned();
    a_full_disk(house, Disk::Limited, &folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_file_system_loses_nothing() {
    let house = House::new().await;
    let folder = house.folder.path().join("small");
    fs::create_dir(&folder).unwrap();
    let Some(disk) = Disk::small(&folder).await else {
        eprintln!(
            "skipped: no file system can be mounted here; the test beside this one refuses the writes"
        );
        return;
    };
    a_full_disk(house, disk, &folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_and_cannot_be_noted_is_not_told_again() {
    let house = House::new().await;
    let disk = Disk::Limited;
    let (bot, pinger) = (
        disk.start(&house, "bot").await,
        start(&house, "pinger").await,
    );
    let anna = waiting(&house).await;
    house.settle().await;
    let (since, before) = (Instant::now(), n_lines(&bot));
    // The talon is recorded by the pinger; the bot tells of it and cannot write that down.
    bot.limit("fsize", Some(0)).await.unwrap();
    house.open(&house.star(), house.city.wall(2, 9, 40));
    told(&anna, "09:40").await;
    let said = "could not note that an alert was told";
    bot.says(said, LONG).await.unwrap();
    house.open(&house.star(), house.city.wall(2, 11, 20));
    anna.say("/help");
    anna.wait_for_text("/forget").await.unwrap();
    is_not_drowned(&bot, since, before);
    bot.limit("fsize", None).await.unwrap();
    told(&anna, "11:20").await;
    house.settle().await;
    bot.terminate().await.unwrap();
    let bot = start(&house, "bot").await;
    house.settle().await;
    for time in ["09:40", "11:20"] {
        assert_eq!(house.n_told(&anna, time), 1, "{time}");
    }
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
}

/// Locks the database as anybody can who opens it.
fn lock(house: &House) -> Connection {
    let db = Connection::open(house.folder.path().join("talon.db")).unwrap();
    db.busy_timeout(LONG).unwrap();
    db.execute_batch("begin exclusive").unwrap();
    db
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_locked_for_a_minute_loses_nothing() {
    let house = House::new().await;
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let anna = waiting(&house).await;
    let others = ["Борис", "Вера", "Глеб"].map(|name| house.telegram.person(name, "ru"));
    for person in &others {
        person.say("/start");
        person.answer().await.unwrap();
    }
    let (since, before) = (Instant::now(), [n_lines(&bot), n_lines(&pinger)]);
    let locked = lock(&house);
    house.open(&house.star(), house.city.wall(2, 9, 40));
    // Together: nobody waits for their press behind everybody else's. And longer than a write waits for the lock.
    let presses = others.iter().chain([&anna]).map(is_served_kindly);
    futures::future::join_all(presses).await;
    pinger.says("could not be recorded", LONG).await.unwrap();
    // All of it passes: what is given up after so many tries would be given up by then.
    tokio::time::sleep_until((since + A_MINUTE).into()).await;
    is_served_kindly(&others[0]).await;
    assert_eq!(house.n_told(&anna, "09:40"), 0);
    is_not_drowned(&bot, since, before[0]);
    is_not_drowned(&pinger, since, before[1]);
    locked.execute_batch("rollback").unwrap();
    told(&anna, "09:40").await;
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 1);
    anna.say("/off");
    anna.wait_for_text("молчу").await.unwrap();
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_locked_at_start_is_waited_for() {
    let house = House::new().await;
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let anna = waiting(&house).await;
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
    let locked = lock(&house);
    house.open(&house.star(), house.city.wall(2, 9, 40));
    let said = "the database is locked by someone else; waiting";
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    bot.says(said, LONG).await.unwrap();
    pinger.says(said, LONG).await.unwrap();
    // Asked to end meanwhile, they do.
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    bot.says(said, LONG).await.unwrap();
    pinger.says(said, LONG).await.unwrap();
    locked.execute_batch("rollback").unwrap();
    told(&anna, "09:40").await;
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_without_descriptors_come_back_with_them() {
    let house = House::new().await;
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let anna = waiting(&house).await;
    house.settle().await;
    let (since, before) = (Instant::now(), [n_lines(&bot), n_lines(&pinger)]);
    for program in [&bot, &pinger] {
        program.limit("nofile", Some(3)).await.unwrap();
    }
    // What is open stays so. New connections are needed from here on, and there are none.
    house.telegram.down().await.unwrap();
    house.telegram.up().await.unwrap();
    house.portal.down().await.unwrap();
    house.portal.up().await.unwrap();
    bot.says("updates could not be read", LONG).await.unwrap();
    anna.say("/help");
    house.open(&house.star(), house.city.wall(2, 9, 40));
    pinger.says("WARN", LONG).await.unwrap();
    assert!(
        anna.messages()
            .iter()
            .all(|message| !tells("09:40")(message))
    );
    is_not_drowned(&bot, since, before[0]);
    is_not_drowned(&pinger, since, before[1]);
    for program in [&bot, &pinger] {
        program.limit("nofile", None).await.unwrap();
    }
    let patient = anna.with_patience(LONG);
    patient.wait_for_text("/forget").await.unwrap();
    told(&anna, "09:40").await;
    house.settle().await;
    assert_eq!(house.n_told(&anna, "09:40"), 1);
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
}

/// A library that moves a program's wall clock, and the file it reads how far from.
async fn stepping_clock(folder: &Path) -> (PathBuf, PathBuf) {
    let (library, shift) = (folder.join("clock.so"), folder.join("shift"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/e2e/clock.c");
    // The compiler the bundled SQLite is built with.
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut compile = Command::new(compiler);
    compile
        .args(["-shared", "-fPIC", "-O1", source, "-o"])
        .arg(&library);
    assert!(compile.status().await.unwrap().success());
    fs::write(&shift, 0_i64.to_ne_bytes()).unwrap();
    (library, shift)
}

/// Sets the clock, in the file that is mapped.
fn step(shift: &Path, seconds: i64) {
    use std::os::unix::fs::FileExt as _;
    let file = fs::OpenOptions::new().write(true).open(shift).unwrap();
    file.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_by_an_hour_either_way_stalls_nothing() {
    let house = House::new().await;
    let (library, shift) = stepping_clock(house.folder.path()).await;
    let house = house
        .with("LD_PRELOAD", library.to_str().unwrap())
        .with("CLOCK_SHIFT", shift.to_str().unwrap());
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    let anna = waiting(&house).await;
    let (since, before) = (Instant::now(), [n_lines(&bot), n_lines(&pinger)]);
    house.open(&house.star(), house.city.wall(2, 8, 40));
    let mut last = told(&anna, "08:40").await;
    for (seconds, hour) in [(3600, 9), (0, 10), (-3600, 11), (0, 12)] {
        house.settle().await;
        step(&shift, seconds);
        house.open(&house.star(), house.city.wall(2, hour, 40));
        let time = format!("{hour:02}:40");
        let alert = told(&anna, &time).await;
        // With a sound: what was told an hour ago, or in an hour, is no alert of this minute.
        assert!(alert.id != last.id, "{time}");
        last = alert;
        anna.say("/status");
        let answer = anna.wait_for_text("Проверено").await;
        answer.unwrap();
    }
    house.settle().await;
    for hour in 8..=12 {
        assert_eq!(house.n_told(&anna, &format!("{hour:02}:40")), 1);
    }
    is_not_drowned(&bot, since, before[0]);
    is_not_drowned(&pinger, since, before[1]);
    // Started anew on what was written an hour ahead, too.
    step(&shift, 3600);
    house.settle().await;
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
    step(&shift, 0);
    let (bot, pinger) = (start(&house, "bot").await, start(&house, "pinger").await);
    house.open(&house.star(), house.city.wall(2, 13, 40));
    told(&anna, "13:40").await;
    tokio::try_join!(bot.terminate(), pinger.terminate()).unwrap();
}
