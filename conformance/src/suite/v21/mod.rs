//! The cases for 2.1 beyond those of 2.0.1, as far as their ids are public, by functional block.

mod charging;
mod payments;
mod provisioning;
mod small;
mod streams;
mod tariffs;
mod transactions;
mod v2x;

use ocpp::Version;

use super::case::Case;

/// The version in which these cases are played.
pub(crate) const ONLY: &[Version] = &[Version::V21];

/// In the order of reports.
pub(crate) const BLOCKS: &[&[Case]] = &[
    provisioning::CASES,
    payments::CASES,
    transactions::CASES,
    small::remote::CASES,
    small::availability::CASES,
    tariffs::CASES,
    charging::CASES,
    small::certificates::CASES,
    streams::CASES,
    small::display::CASES,
    v2x::CASES,
    small::grid::CASES,
    small::batteries::CASES,
];
