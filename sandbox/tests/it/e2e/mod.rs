//! The whole way: a person, the real bot, the real pinger, the city.

mod adding;
mod alive;
mod areas;
mod gates;
mod greeting;
mod groups;
mod growth;
mod house;
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
mod ticks;
mod trouble;
mod visit;
mod way;
mod wish;
mod words;
