//! The cases for a station under test, one file a topic. Where the same steps serve several versions they are a function,
//! and each version's case calls it.

mod availability;
mod boot;
mod connection;
mod files;
mod frames;
mod lists;
mod offline;
mod profiles;
mod remote;
mod reservation;
mod reset;
mod sessions;
mod settings;
mod transactions;
mod triggers;
mod variables;

use ocpp::Version;

use crate::suite::case::Case;
use crate::suite::catalog::select_from;

/// The blocks, in the order in which they are played: what restarts the station comes last.
const BLOCKS: &[&[Case]] = &[
    connection::ours::CASES,
    connection::new::CASES,
    frames::ours::CASES,
    frames::new::CASES,
    settings::old::CASES,
    variables::new::CASES,
    triggers::old::CASES,
    triggers::new::CASES,
    lists::old::CASES,
    lists::new::CASES,
    sessions::old::CASES,
    sessions::new::CASES,
    transactions::ours::CASES,
    remote::old::CASES,
    remote::new::CASES,
    availability::old::CASES,
    availability::new::CASES,
    reservation::old::CASES,
    reservation::new::CASES,
    profiles::old::CASES,
    profiles::new::CASES,
    files::old::CASES,
    files::new::CASES,
    offline::old::CASES,
    offline::new::CASES,
    reset::old::CASES,
    reset::new::CASES,
    boot::old::CASES,
    boot::new::CASES,
];

/// All cases for a station under test.
pub fn all() -> Vec<&'static Case> {
    BLOCKS.iter().flat_map(|block| block.iter()).collect()
}

/// The cases of a version; of these blocks and with these ids, if any are named.
pub fn select(version: Version, blocks: &[String], ids: &[String]) -> Vec<&'static Case> {
    select_from(all(), version, blocks, &[], ids)
}
