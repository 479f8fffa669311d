//! What a case is, and what comes of it.

use futures::future::BoxFuture;
use ocpp::Version;

use super::stage::Stage;
use crate::testbed::Bed;

/// How a case ends: `Ok` is a pass.
pub type Play = Result<(), Broken>;

/// Why a case did not pass. What is under test is a CSMS or a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// What is under test broke a rule.
    Fail(String),
    /// The case asks for something that it, or this connection, does not claim to have.
    NotApplicable(String),
    /// Nothing can be said about it: nobody triggered it, something was missing.
    Inconclusive(String),
}

impl Broken {
    /// A rule was broken.
    pub fn fail(why: impl Into<String>) -> Broken {
        Broken::Fail(why.into())
    }

    /// Nothing can be said.
    pub fn inconclusive(why: impl Into<String>) -> Broken {
        Broken::Inconclusive(why.into())
    }

    /// The same, told with what was being done.
    #[must_use]
    pub fn while_doing(self, what: &str) -> Broken {
        match self {
            Broken::Fail(why) => Broken::Fail(format!("{what}: {why}")),
            Broken::NotApplicable(why) => Broken::NotApplicable(format!("{what}: {why}")),
            Broken::Inconclusive(why) => Broken::Inconclusive(format!("{what}: {why}")),
        }
    }
}

/// What is said about the CSMS, or the station, under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// All checks held.
    Pass,
    /// One did not.
    Fail,
    /// What the case asks for is not claimed.
    NotApplicable,
    /// It could not be found out.
    Inconclusive,
}

impl Verdict {
    /// In the order of reports.
    pub const ALL: [Verdict; 4] =
        [Verdict::Pass, Verdict::Fail, Verdict::NotApplicable, Verdict::Inconclusive];

    /// As it is printed.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "PASS",
            Verdict::Fail => "FAIL",
            Verdict::NotApplicable => "NOT APPLICABLE",
            Verdict::Inconclusive => "INCONCLUSIVE",
        }
    }
}

/// One case.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// OCA's id, or one of ours, which begins with `WL_`.
    pub id: &'static str,
    /// What is looked at, in our words.
    pub title: &'static str,
    /// The requirements that are checked: ids of Part 2 or Part 4 (2.x), sections (1.6), or use cases.
    pub requirements: &'static [&'static str],
    /// In which versions it is played.
    pub versions: &'static [Version],
    /// The functional block: a letter of 2.x, or a feature profile of 1.6.
    pub block: &'static str,
    /// Steps and checks.
    pub play: Steps,
}

/// The steps of a case, by who is under test.
#[derive(Debug, Clone, Copy)]
pub enum Steps {
    /// A CSMS: the suite is the station.
    Csms(for<'a> fn(&'a mut Stage) -> BoxFuture<'a, Play>),
    /// A station: the suite is the CSMS.
    Station(for<'a> fn(&'a mut Bed) -> BoxFuture<'a, Play>),
}

/// Who is under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A CSMS.
    Csms,
    /// A station.
    Station,
}

impl Case {
    /// Who is under test in this case.
    pub const fn side(&self) -> Side {
        match self.play {
            Steps::Csms(_) => Side::Csms,
            Steps::Station(_) => Side::Station,
        }
    }
}

/// Fails the case unless `holds`; `why` says what should have been.
pub(crate) fn ensure(holds: bool, why: impl FnOnce() -> String) -> Play {
    if holds { Ok(()) } else { Err(Broken::Fail(why())) }
}

/// A block of cases: `"ID" "title" ["requirement", …] => |stage| { steps }`, one after the other. Those for a station
/// under test begin with `Station;` and play on a [`Bed`].
macro_rules! cases {
    (Station; $block:literal in $versions:expr; $($rest:tt)*) => {
        $crate::suite::case::cases! { @ Station, $block in $versions; $($rest)* }
    };
    ($block:literal in $versions:expr; $($rest:tt)*) => {
        $crate::suite::case::cases! { @ Csms, $block in $versions; $($rest)* }
    };
    (@ $side:ident, $block:literal in $versions:expr; $($id:literal $title:literal [$($rule:literal),*] => |$stage:ident| $steps:block)*) => {
        pub(crate) static CASES: &[$crate::suite::case::Case] = &[$($crate::suite::case::Case {
            id: $id,
            title: $title,
            requirements: &[$($rule),*],
            versions: $versions,
            block: $block,
            play: $crate::suite::case::Steps::$side(|$stage| Box::pin(async move {
                $steps
                Ok(())
            })),
        }),*];
    };
}
pub(crate) use cases;
