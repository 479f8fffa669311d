//! How a run went, for people and for machines.

mod html;
mod json;
mod junit;
mod text;

pub use html::html;
pub use json::json;
pub use junit::junit;
pub use text::{line, text, totals};

use super::case::Verdict;
use super::catalog::{Mark, places};
use super::run::Outcome;

/// The places of a case for people: `Core`, or `Core if C-44`.
pub fn profiles(outcome: &Outcome) -> String {
    let places = places(outcome.case, outcome.version);
    let words = places.iter().map(|place| match place.mark {
        Mark::Mandatory => place.profile.to_owned(),
        Mark::If(feature) => format!("{} if {feature}", place.profile),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Blocks of versions in the order of the run, with how many cases ended how (in the order of [`Verdict::ALL`]).
pub(crate) fn blocks(outcomes: &[Outcome]) -> Vec<(String, [usize; 4])> {
    let mut rows: Vec<(String, [usize; 4])> = Vec::new();
    for outcome in outcomes {
        let name = format!("{} {}", outcome.version.subprotocol(), outcome.case.block);
        let place = rows.iter().position(|(is, _)| *is == name).unwrap_or_else(|| {
            rows.push((name, [0; 4]));
            rows.len() - 1
        });
        for (count, verdict) in rows[place].1.iter_mut().zip(Verdict::ALL) {
            *count += usize::from(outcome.verdict == verdict);
        }
    }
    rows
}
