//! The city and the Telegram stand-in alone, for programs that were installed and are run as an operator runs them.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use anyhow::{Context, bail};
use sandbox::world::{Options, World};
use sandbox::{City, scene};
use std::time::Duration;
use tokio::task::block_in_place;

/// Programs of another user, perhaps on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints the settings that lead programs here, then does what lines of stdin say, until they end: `add` has a person
/// add a doctor, `open` opens one more talon of that doctor and waits for the alert. Each is answered by one line.
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let world = World::start(City::invented()?, Options::default()).await?;
    for (name, value) in &world.settings.variables {
        // Where the database lies is decided by whoever starts the programs.
        if name != "DATABASE_PATH" {
            println!("{name}={value}");
        }
    }
    println!("ready");
    let star = world.city.star()?;
    let anna = world.telegram.person("Анна", "ru").with_patience(PATIENCE);
    let mut n_open = 0;
    let mut lines = std::io::stdin().lines();
    while let Some(line) = block_in_place(|| lines.next()) {
        match line?.as_str() {
            "add" => {
                anna.say("/start");
                anna.answer().await.context("no answer to /start")?;
                scene::add(&anna, &star).await?;
                println!("added");
            }
            "open" => {
                n_open += 1;
                let start = world.city.wall(2, 9 + n_open, 20);
                anna.look_away();
                world
                    .city
                    .open_slot(star.doctor.lpu, &star.doctor.doctor, start)?;
                let time = format!("{}:20", 9 + n_open);
                let alert = anna.wait_for(|message| message.text.contains(&time));
                alert.await.with_context(|| format!("no alert of {time}"))?;
                println!("alerted");
            }
            other => bail!("not a thing to do: {other}"),
        }
    }
    Ok(())
}
