//! The whole way: a person, the real bot, the real pinger, the city.

mod adding;
mod alive;
mod crowd;
mod greeting;
mod groups;
mod house;
mod joins;
mod life;
mod links;
mod list;
mod loading;
mod menus;
mod portal_faults;
mod processes;
mod settings;
mod silence;
mod stale;
mod status;
mod talk;
mod trouble;
mod visit;
mod way;
mod wish;
mod words;
