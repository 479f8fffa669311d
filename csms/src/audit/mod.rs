//! The audit: a session, its readings, its bill and its CDR say the same numbers, or a finding says where they do not.
//!
//! [`check`] is pure: the rows of one session go in, what differs comes out. [`run`] goes through the sessions of a
//! database, on request or for ever in the background, and keeps what it finds.

mod billing;
pub mod job;
mod metering;
mod periods;
mod record;
pub mod run;

use crate::{
    catalog::Snapshot,
    session::{Keep, Live},
    store::row::{BillRow, ReadingRow, SessionRow},
    store::sessions::READINGS_MAX,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use tariffs::Bill;

/// So much of one kind is told; there may be more.
const DIFFERS_MAX: usize = 20;
/// A value that is told is cut here.
const VALUE_CHARS_MAX: usize = 300;

/// What can differ. Each kind is one finding of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The standings at start and stop do not make the session's energy.
    Register,
    /// The stored readings are not those that the session was made of.
    Readings,
    /// The session's energy is not the bill's.
    Energy,
    /// The session's cost is not the bill's.
    Cost,
    /// The tariff that the session started with is gone, or is another one.
    Tariff,
    /// The bill made anew from the readings is another one.
    Bill,
    /// The bill's lines do not add up to its totals.
    Sums,
    /// The charging periods do not add up to the session.
    Periods,
    /// The CDR of OCPI 2.2.1 says other numbers.
    #[serde(rename = "cdr-2.2.1")]
    Cdr221,
    /// The CDR of OCPI 2.3.0 says other numbers.
    #[serde(rename = "cdr-2.3.0")]
    Cdr230,
}

impl Kind {
    /// All kinds, in the order of the enum.
    pub const ALL: [Kind; 10] = [
        Kind::Register,
        Kind::Readings,
        Kind::Energy,
        Kind::Cost,
        Kind::Tariff,
        Kind::Bill,
        Kind::Sums,
        Kind::Periods,
        Kind::Cdr221,
        Kind::Cdr230,
    ];

    /// As stored and counted.
    pub const fn key(self) -> &'static str {
        match self {
            Kind::Register => "register",
            Kind::Readings => "readings",
            Kind::Energy => "energy",
            Kind::Cost => "cost",
            Kind::Tariff => "tariff",
            Kind::Bill => "bill",
            Kind::Sums => "sums",
            Kind::Periods => "periods",
            Kind::Cdr221 => "cdr-2.2.1",
            Kind::Cdr230 => "cdr-2.3.0",
        }
    }
}

/// A value that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differs {
    /// Where it stands, e.g. `bill.lines[2].net`.
    pub field: String,
    /// What is there.
    pub is: String,
    /// What should be there.
    pub should: String,
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, should be {}", self.field, self.is, self.should)
    }
}

/// All that differs in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub kind: Kind,
    pub differs: Vec<Differs>,
}

/// The rows of an ended session that has a bill.
#[derive(Debug, Clone)]
pub struct Case {
    pub session: SessionRow,
    /// The newest one.
    pub bill: BillRow,
    /// All of them.
    pub readings: Vec<ReadingRow>,
    /// The tariff that was kept when the session started, as JSON; `None` if it is not there.
    pub tariff: Option<String>,
}

/// Collects what differs in one way.
struct Found {
    kind: Kind,
    differs: Vec<Differs>,
}

impl Found {
    fn new(kind: Kind) -> Found {
        Found { kind, differs: Vec::new() }
    }

    /// Notes a value that is not what it should be.
    fn note(&mut self, field: impl Into<String>, is: impl fmt::Display, should: impl fmt::Display) {
        let short = |value: String| value.chars().take(VALUE_CHARS_MAX).collect();
        if self.differs.len() < DIFFERS_MAX {
            self.differs.push(Differs {
                field: field.into(),
                is: short(is.to_string()),
                should: short(should.to_string()),
            });
        }
    }

    /// Compares two values of which both can be shown.
    fn same<T: PartialEq + fmt::Display>(&mut self, field: impl Into<String>, is: T, should: T) {
        if is != should {
            self.note(field, is, should);
        }
    }
}

/// Everything that differs in a session.
pub fn check(case: &Case) -> Vec<Difference> {
    let mut found = vec![metering::register(&case.session)];
    let bill = billing::read(&case.bill);
    found.extend(match &bill {
        Ok(bill) => {
            vec![
                metering::energy(&case.session, &case.bill, bill),
                billing::cost(&case.session, &case.bill),
                billing::sums(bill),
            ]
        }
        Err(unreadable) => vec![Found { kind: Kind::Bill, differs: vec![unreadable.clone()] }],
    });
    match (snapshot(case), bill) {
        (Err(wrong), _) => found.push(wrong),
        (Ok(tariff), bill) => found.extend(anew(case, &tariff, bill.ok().as_ref())),
    }
    found.retain(|found| !found.differs.is_empty());
    found.sort_by_key(|found| found.kind);
    found.into_iter().map(|Found { kind, differs }| Difference { kind, differs }).collect()
}

/// The tariff that was kept, if it is what its name says: without it nothing can be made anew.
fn snapshot(case: &Case) -> Result<Snapshot, Found> {
    let mut wrong = Found::new(Kind::Tariff);
    let hash = case.session.tariff_hash.as_deref().unwrap_or_default();
    let Some(body) = &case.tariff else {
        wrong.note("tariff_snapshot", "missing", format!("the tariff with the hash {hash:?}"));
        return Err(wrong);
    };
    match Snapshot::read(body.clone()) {
        Ok(snapshot) if snapshot.hash == hash => Ok(snapshot),
        Ok(snapshot) => {
            wrong.note("tariff_snapshot.hash", snapshot.hash, hash);
            Err(wrong)
        }
        Err(invalid) => {
            wrong.note("tariff_snapshot.body", invalid, "a tariff");
            Err(wrong)
        }
    }
}

/// What the stored readings make of the session, held against what is stored of it.
fn anew(case: &Case, tariff: &Snapshot, bill: Option<&Bill>) -> Vec<Found> {
    if case.readings.len() as i64 >= READINGS_MAX {
        let mut many = Found::new(Kind::Readings);
        many.note("readings", case.readings.len(), format!("fewer than {READINGS_MAX}, to be counted again"));
        return vec![many];
    }
    let replay = |keep| {
        let plan = Some(tariff.plan.clone());
        Live::replay_under(case.session.clone(), plan, &case.readings, keep)
    };
    let live = replay(Keep::Periods);
    let mut found = vec![metering::readings(&case.session, &live)];
    let Some(bill) = bill else { return found };
    let end = case.session.ended_at.unwrap_or(case.session.last_at).max(case.session.started_at);
    let mut made = live.bill(end);
    if made.as_ref() != Some(bill) {
        // As the desk makes it, without keeping periods: if that is the stored one, the periods are at fault.
        made = replay(Keep::Totals).bill(end);
    }
    if let Some(made) = made {
        found.push(billing::anew(&case.bill, bill, &made));
    }
    let periods = live.periods(end);
    found.push(periods::check(&case.session, bill, &periods, live.reached()));
    found.extend(record::check(bill, &periods, &tariff.plan));
    found
}
