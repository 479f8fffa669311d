//! Cases of our own: races and faults that systems in the field have had, and quirks of stations in the field.

mod connection;
mod frames;
mod pending;
mod quirks;
mod sessions16;
mod sessions2;

use ocpp::Version;

use super::case::Case;

/// Cases that mean the same in every version.
pub(crate) const EVERY: &[Version] = &[Version::V16, Version::V201, Version::V21];
/// Cases of 2.x.
pub(crate) const TWO: &[Version] = &[Version::V201, Version::V21];

/// In the order of reports.
pub(crate) const BLOCKS: &[&[Case]] = &[
    connection::CASES,
    connection::two::CASES,
    frames::CASES,
    pending::CASES,
    sessions16::CASES,
    sessions2::CASES,
    quirks::CASES,
    quirks::old::CASES,
    quirks::two::CASES,
];
