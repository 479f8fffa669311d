//! The report for programs.

use serde_json::{Value, json};

use super::profiles;
use crate::suite::case::{Side, Verdict};
use crate::suite::run::{Outcome, Summary};
use crate::suite::trace::millis;

/// All cases with their traces. `docs/conformance.md` describes it.
pub fn json(summary: &Summary) -> Value {
    let mut counts = json!({});
    for verdict in Verdict::ALL {
        counts[name(verdict)] = summary.count(verdict).into();
    }
    let side = match summary.side {
        Side::Csms => "url",
        Side::Station => "station",
    };
    json!({
        side: summary.subject,
        "at": summary.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "took_ms": millis(summary.took),
        "counts": counts,
        "cases": summary.outcomes.iter().map(case).collect::<Vec<_>>(),
    })
}

fn case(outcome: &Outcome) -> Value {
    json!({
        "id": outcome.case.id,
        "version": outcome.version.subprotocol(),
        "block": outcome.case.block,
        "profiles": profiles(outcome),
        "title": outcome.case.title,
        "requirements": outcome.case.requirements,
        "verdict": name(outcome.verdict),
        "reason": outcome.reason,
        "took_ms": millis(outcome.took),
        "trace": outcome.trace,
    })
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::NotApplicable => "not_applicable",
        Verdict::Inconclusive => "inconclusive",
    }
}
