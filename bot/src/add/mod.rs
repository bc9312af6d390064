//! `/add`: district → clinic → specialty → doctor, one message edited in place.

mod area;
mod carried;
mod city;
mod clinics;
mod entries;
mod finish;
mod flow;
mod lead;
mod link;
mod page;
mod phrase;
mod search;
mod share;
mod state;
mod ticks;
mod view;

pub(crate) use flow::{open, press, reopen, say, say_old, type_text};
pub(crate) use link::paste;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use search::fits;
pub(crate) use share::{open_shared, share};
pub(crate) use view::button;
