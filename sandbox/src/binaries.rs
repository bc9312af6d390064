//! The real `bot` and `pinger` as processes of their own, as an operator runs them.

use anyhow::{Context, bail, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What the programs are made of, beside this crate's folder.
const SOURCES: [&str; 6] = [
    "bot/src",
    "bot/locales",
    "pinger/src",
    "shared/src",
    "Cargo.toml",
    "Cargo.lock",
];

/// What a program promises to end within.
const END_WITHIN: Duration = Duration::from_secs(5);

/// A running program. Dropped, it is killed.
#[derive(Debug)]
pub struct Binary {
    name: &'static str,
    child: Child,
    said: watch::Sender<String>,
    readers: [JoinHandle<()>; 2],
}

impl Binary {
    /// Starts the `bot` or the `pinger` that was built with this executable, with these variables and no others.
    ///
    /// # Errors
    /// When there is none and cargo cannot build it, or the system does not start it.
    pub async fn start(
        name: &'static str,
        variables: &[(String, String)],
        folder: &Path,
    ) -> anyhow::Result<Self> {
        Self::start_through(name, variables, folder, &[]).await
    }

    /// As [`Binary::start`], by way of a command that ends by becoming the program: `nsenter …`, `sh -c '…; exec "$0"'`.
    ///
    /// # Errors
    /// As [`Binary::start`].
    pub async fn start_through(
        name: &'static str,
        variables: &[(String, String)],
        folder: &Path,
        through: &[&str],
    ) -> anyhow::Result<Self> {
        let path = tokio::task::spawn_blocking(move || built(name)).await??;
        let mut command = match through {
            [] => Command::new(&path),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(&path);
                command
            }
        };
        let mut child = command
            .current_dir(folder)
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", path.display()))?;
        let said = watch::Sender::new(String::new());
        let out = child.stdout.take().context("no stdout")?;
        let err = child.stderr.take().context("no stderr")?;
        Ok(Self {
            name,
            readers: [listen(out, said.clone()), listen(err, said.clone())],
            child,
            said,
        })
    }

    /// Its process id; `None` when it has ended.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Everything it wrote to stdout and stderr so far.
    pub fn said(&self) -> String {
        self.said.borrow().clone()
    }

    /// Waits until it has written this.
    ///
    /// # Errors
    /// When it does not in `within`.
    pub async fn says(&self, part: &str, within: Duration) -> anyhow::Result<()> {
        let mut said = self.said.subscribe();
        let found = timeout(within, said.wait_for(|said| said.contains(part))).await;
        ensure!(
            matches!(found, Ok(Ok(_))),
            "{} never said «{part}», but: {}",
            self.name,
            self.said()
        );
        Ok(())
    }

    /// Sends SIGTERM and waits for the end; all it ever said.
    ///
    /// # Errors
    /// When it does not end in the time it promises, or not with exit code 0.
    pub async fn terminate(mut self) -> anyhow::Result<String> {
        let pid = self.pid().context("it has ended before")?;
        // The shell's own `kill`: the standard library sends SIGKILL only.
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -TERM {pid}")])
            .status()
            .await?;
        ensure!(sent.success(), "SIGTERM was not sent");
        let status = timeout(END_WITHIN, self.child.wait()).await;
        let said = self.said();
        let status = status.with_context(|| format!("{} did not end in time: {said}", self.name));
        let said = self.last_words().await;
        let status = status??;
        ensure!(
            status.success(),
            "{} ended with {status}: {said}",
            self.name
        );
        Ok(said)
    }

    /// Waits for it to end by itself: how it did, and all it ever said.
    ///
    /// # Errors
    /// When it goes on for longer than `within`.
    pub async fn ends(mut self, within: Duration) -> anyhow::Result<(ExitStatus, String)> {
        let ended = timeout(within, self.child.wait()).await;
        let status = ended.with_context(|| format!("{} goes on: {}", self.name, self.said()))??;
        Ok((status, self.last_words().await))
    }

    /// Lets the running program have no more than so much of something, by the name `prlimit` has for it: `nofile` in
    /// descriptors, `fsize` in bytes. `None` = as much as at its start.
    ///
    /// # Errors
    /// When it has ended, or the system does not allow it.
    pub async fn limit(&self, what: &str, most: Option<u64>) -> anyhow::Result<()> {
        let pid = self.pid().context("it has ended")?;
        // The soft limit only: what was lowered can be raised again by anybody up to the hard one.
        let most = match most {
            Some(most) => most.to_string(),
            None => hard_limit(pid, what)?,
        };
        let set = Command::new("prlimit")
            .args(["--pid", &pid.to_string(), &format!("--{what}={most}:")])
            .status();
        let set = set.await.context("running prlimit, of util-linux")?;
        ensure!(set.success(), "{what} was not limited to {most}");
        Ok(())
    }

    /// Kills it, as the power does.
    ///
    /// # Errors
    /// When it had ended before.
    pub async fn kill(mut self) -> anyhow::Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended with {status}: {}", self.name, self.said());
        }
        self.child.kill().await?;
        Ok(self.child.wait().await?)
    }

    async fn last_words(&mut self) -> String {
        for reader in &mut self.readers {
            let _ = timeout(END_WITHIN, reader).await; // as far as it was read
        }
        self.said()
    }
}

fn listen(
    mut stream: impl AsyncRead + Unpin + Send + 'static,
    said: watch::Sender<String>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(n @ 1..) = stream.read(&mut bytes).await {
            let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
            said.send_modify(|said| said.push_str(&text));
        }
    })
}

/// The hard limit of a process, as `/proc` says it.
fn hard_limit(pid: u32, what: &str) -> anyhow::Result<String> {
    let line = match what {
        "nofile" => "Max open files",
        "fsize" => "Max file size",
        _ => bail!("no limit called {what}"),
    };
    let limits = fs::read_to_string(format!("/proc/{pid}/limits"))?;
    let found = limits.lines().find_map(|known| known.strip_prefix(line));
    let hard = found.and_then(|found| found.split_whitespace().nth(1));
    Ok(hard.context("no such limit in /proc")?.to_owned())
}

/// The program beside this executable, built first when it is missing or older than its sources: cargo builds the
/// binaries of other packages only when it tests or builds those too.
fn built(name: &str) -> anyhow::Result<PathBuf> {
    // Looked at once: a program that none of the changes went into stays older than they are, however often it is built.
    static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let own = std::env::current_exe()?;
    let folder = own
        .ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps"));
    let folder = folder.context("an executable lies in a folder")?;
    let path = folder.join(name);
    if !known.contains(name) && !is_fresh(&path) {
        build(folder)?;
    }
    known.insert(name.to_owned());
    ensure!(
        path.exists(),
        "there is no {}: run `cargo build -p bot -p pinger` first",
        path.display()
    );
    Ok(path)
}

fn is_fresh(program: &Path) -> bool {
    let Ok(built_at) = fs::metadata(program).and_then(|file| file.modified()) else {
        return false;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let newest = SOURCES
        .iter()
        .filter_map(|source| newest(&root.join(source)));
    newest.max().is_none_or(|changed_at| changed_at <= built_at)
}

/// When something in this file or folder last changed; `None` when it is not there.
fn newest(path: &Path) -> Option<SystemTime> {
    let changed_at = fs::metadata(path).and_then(|file| file.modified()).ok()?;
    let inside = fs::read_dir(path).into_iter().flatten().flatten();
    let inside = inside.filter_map(|entry| newest(&entry.path()));
    inside.chain([changed_at]).max()
}

fn build(folder: &Path) -> anyhow::Result<()> {
    let target = folder.parent().context("a profile lies in a folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = std::process::Command::new(cargo);
    build
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "-p", "bot", "-p", "pinger", "--target-dir"])
        .arg(target);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    let status = build.status().context("running cargo")?;
    ensure!(status.success(), "cargo could not build bot and pinger");
    Ok(())
}
