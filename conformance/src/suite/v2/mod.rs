//! The cases for 2.0.1, by functional block. Those for 2.1 are these, and more.

mod authorization;
mod availability;
pub(crate) mod certificates;
pub(crate) mod charging;
mod charging_profiles;
mod diagnostics;
pub(crate) mod display;
mod ends;
mod firmware;
mod lists;
mod meter;
mod monitoring;
pub(crate) mod provisioning;
mod remote;
mod reservation;
mod reset;
mod security;
mod tariff;
mod transactions;
mod transfer;

use ocpp::Version;

use super::case::Case;

/// The versions in which these cases are played.
pub(crate) const BOTH: &[Version] = &[Version::V201, Version::V21];

/// In the order of reports.
pub(crate) const BLOCKS: &[&[Case]] = &[
    security::CASES,
    security::combined::CASES,
    provisioning::CASES,
    reset::CASES,
    authorization::CASES,
    lists::CASES,
    transactions::CASES,
    ends::CASES,
    remote::CASES,
    availability::CASES,
    reservation::CASES,
    tariff::CASES,
    meter::CASES,
    charging::CASES,
    charging_profiles::CASES,
    firmware::CASES,
    certificates::CASES,
    monitoring::CASES,
    diagnostics::CASES,
    display::CASES,
    transfer::CASES,
];

pub(crate) use charging::profile;
