//! Tests of the texts: the files themselves, samples side by side, and whatever the portal may send.

mod areas;
mod cadence;
mod chosen;
mod files;
mod html;
mod life;
mod monsters;
mod names;
mod openings;
mod outage;
mod samples;
mod talons;
mod visit;
mod when;
mod wish;
mod words;
mod world;
