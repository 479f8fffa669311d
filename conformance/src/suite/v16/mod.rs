//! The cases for 1.6J, by feature profile.

mod charging;
mod core;
mod faults;
mod firmware;
mod lists;
mod remote;
mod reservation;
mod security;
mod trigger;

use super::case::Case;

/// In the order of reports.
pub(crate) const BLOCKS: &[&[Case]] = &[
    core::CASES,
    remote::CASES,
    faults::CASES,
    lists::CASES,
    firmware::CASES,
    reservation::CASES,
    trigger::CASES,
    charging::CASES,
    security::CASES,
];
