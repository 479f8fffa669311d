//! Load management and smart charging, as far as they can be thought without a clock, a network or a database.
//!
//! A [`grid::Site`] says what is wired how. [`control::step`] takes what is known now and what was seen since, and tells
//! what stations shall be told: no fuse is exceeded, whichever of them listen.
//!
//! | module | has |
//! |---|---|
//! | `profile` | charging profiles in our own words, and what is wrong with one before it is sent |
//! | `composite` | what all profiles of a station together allow, by the standard's stacking rules |
//! | `grid` | site, panels, circuits, EVSEs and their phases; other loads; limits from outside |
//! | `share` | what each session gets of what there is |
//! | `safe` | what each EVSE may draw at the worst, and defaults that make the worst harmless |
//! | `control` | one step: from events and measurements to what is sent |
//! | `plan` | limits over a day, by prices, limits and deadlines, also for vehicles that give back |

#![deny(clippy::float_arithmetic)]

pub mod composite;
pub mod control;
pub mod grid;
pub mod plan;
pub mod profile;
pub mod safe;
pub mod share;
pub mod units;
