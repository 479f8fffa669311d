//! All cases, and which certificate asks for which.

use ocpp::Version;

use super::case::{Case, Side};
use super::{own, v2, v16, v21};

/// Whether a certificate demands a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Always.
    Mandatory,
    /// If the feature was declared.
    If(&'static str),
}

/// Where a case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The certification profile.
    pub profile: &'static str,
    /// Whether it is demanded there.
    pub mark: Mark,
}

/// The profiles of a 2.0.1 certificate with their cases, by block: a number alone is mandatory, `number=feature` is
/// asked for if the feature was declared.
const PROFILES: &[(&str, &[(&str, &str)])] = &[
    (
        "Core",
        &[
            ("A", "01 02 03 04 06 09 10 19"),
            (
                "B",
                "01 06 09 20 21 22 42 44 02=C-44 07=C-45 10=C-46 12=C-17 13=C-50.2 25=C-13 26=C-13 27=C-13 30=C-44 31=C-44",
            ),
            ("C", "02 06 07 08 20 37 38 39 47 48 49"),
            (
                "E",
                "01 02 03 04 07 08 09 10 11 12 14 15 16 17 19 20 21 22 26 38 39 53 29=C-16 30=C-16 31=C-16 33=C-16 34=C-16",
            ),
            (
                "F",
                "01 02 03 04 20 27 06=C-11 11=C-29.1 12=C-29.1 13=C-29.2 14=C-29.2 15=C-29.3 18=C-29.4 23=C-29.5 24=C-29.5",
            ),
            ("G", "03 04 05 06 07 08 11 14 17 20"),
            ("J", "01 02 03 04 07 08 09 10 11"),
            ("L", "01 04 05 06 07 08 09 10 11 13 02=C-15 03=C-15"),
            ("M", "01 02 05 13 18 19 20 21"),
            ("N", "25 27 28 29 30 31 32 34 35 36 62=C-14"),
            ("P", "02 03"),
        ],
    ),
    ("Advanced Security", &[("A", "07 08 11 14")]),
    ("Local Authorization List Management", &[("C", "40 43"), ("D", "01 02 03 04 09 08=LA-2"), ("N", "46")]),
    ("Smart Charging", &[("K", "01 03 04 05 06 08 15 19 29 30 31 32 33 34 35 36 37 43 44 60 70 10=SC-4")]),
    (
        "Advanced Device Management",
        &[("B", "12 14 18"), ("N", "01 02 03 05 08 16 17 18 21 24 44 47 49 50 60")],
    ),
    ("Reservation", &[("H", "01 07 17 19 20 22 08=R-2 14=R-2 15=R-1")]),
    (
        "Advanced User Interface",
        &[("I", "01 02"), ("O", "01 02 03 04 05 06 07 08 09 10 12 13 14 17 18 19 26 27 28")],
    ),
    (
        "ISO 15118 Support",
        &[
            ("A", "12 13=ISO-3"),
            ("C", "50 51 52"),
            ("K", "01 03 04 05 06 08 10 19 29 30 31 32 33 34 35 36 43 44 53 55 57 58 59 60"),
            ("M", "03 04 14 15 16 24 26 28"),
            ("N", "63=ISO-4"),
        ],
    ),
];

/// All cases: OCA's in the order of their ids, then ours.
pub fn all() -> Vec<&'static Case> {
    let blocks = [v16::BLOCKS, v2::BLOCKS, v21::BLOCKS, own::BLOCKS];
    blocks.into_iter().flatten().flat_map(|block| block.iter()).collect()
}

/// Where a case counts in a CSMS's certificate of a version: nowhere if it is one of ours, or for stations.
pub fn places(case: &Case, version: Version) -> Vec<Place> {
    if case.id.starts_with("WL_") || case.side() == Side::Station {
        return Vec::new();
    }
    if version == Version::V16 {
        return vec![Place { profile: case.block, mark: Mark::Mandatory }];
    }
    let Some((block, number)) = case.id.strip_prefix("TC_").and_then(|id| id.split_once('_')) else {
        return Vec::new();
    };
    let number = number.trim_end_matches("_CSMS");
    let mut found = Vec::new();
    for (profile, blocks) in PROFILES {
        let lists = blocks.iter().filter(|(of, _)| *of == block);
        for item in lists.flat_map(|(_, list)| list.split(' ')) {
            match item.split_once('=') {
                None if item == number => found.push(Place { profile, mark: Mark::Mandatory }),
                Some((is, feature)) if is == number => {
                    found.push(Place { profile, mark: Mark::If(feature) });
                }
                _ => {}
            }
        }
    }
    found
}

/// The cases of a version; of these blocks and profiles and with these ids, if any are named. Names are compared
/// without case, ids without `TC_`, and without `_CSMS` or `_CS`.
pub fn select(
    version: Version,
    blocks: &[String],
    profiles: &[String],
    ids: &[String],
) -> Vec<&'static Case> {
    select_from(all(), version, blocks, profiles, ids)
}

/// As [`select`], of these cases.
pub fn select_from(
    cases: Vec<&'static Case>,
    version: Version,
    blocks: &[String],
    profiles: &[String],
    ids: &[String],
) -> Vec<&'static Case> {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let bare = |id: &str| {
        let id = id.to_ascii_uppercase();
        id.trim_start_matches("TC_").trim_end_matches("_CSMS").trim_end_matches("_CS").to_owned()
    };
    let fits = |case: &&Case| {
        case.versions.contains(&version)
            && (blocks.is_empty() || blocks.iter().any(|block| same(block, case.block)))
            && (ids.is_empty() || ids.iter().any(|id| bare(id) == bare(case.id)))
            && (profiles.is_empty()
                || places(case, version)
                    .iter()
                    .any(|place| profiles.iter().any(|profile| same(profile, place.profile))))
    };
    cases.into_iter().filter(fits).collect()
}
