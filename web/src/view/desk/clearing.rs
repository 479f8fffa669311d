//! Clearing: days as we settle them, files of providers and banks, what is long and short, and what is late.

use super::{super::Page, Trouble};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Clearing of some days.
#[derive(Debug, Clone, Serialize)]
pub struct ClearingPage {
    pub from: String,
    pub to: String,
    pub days: Vec<DayLine>,
    pub settlements: Vec<SettlementLine>,
    /// There are more settlements than are listed; by so many.
    pub hidden: usize,
    pub differences: Vec<DifferenceLine>,
    pub shares: Vec<ShareLine>,
    pub learned: Vec<LearnedLine>,
    pub files: Vec<StatementLine>,
    /// Statements that should be there and are not.
    pub late: Vec<LateLine>,
    /// Cases that are not settled, of all days.
    pub open: i64,
    /// Accounts that a file can be of.
    pub accounts: Vec<String>,
    pub formats: Vec<&'static str>,
    /// Of a file at most, in MiB.
    pub upload_mib: usize,
    pub trouble: Trouble,
}

/// A statement that should be there and is not.
#[derive(Debug, Clone, Serialize)]
pub struct LateLine {
    pub account: String,
    pub file: String,
    pub day: String,
    /// Why it was not to be had when it was asked for last.
    pub trouble: String,
    pub case: i64,
}

/// A day of all zones, in one currency.
#[derive(Debug, Clone, Serialize)]
pub struct DayLine {
    pub day: String,
    pub paid: i64,
    pub paid_sum: String,
    pub returned: i64,
    pub returned_sum: String,
    pub fees: String,
    pub net: String,
}

/// What a day came to at a site, at an account.
#[derive(Debug, Clone, Serialize)]
pub struct SettlementLine {
    pub day: String,
    pub zone: String,
    /// Empty: of no site.
    pub site: String,
    pub account: String,
    pub paid: i64,
    pub paid_sum: String,
    pub returned: i64,
    pub returned_sum: String,
    pub fee: String,
    /// By what the provider has kept of late; empty: not known.
    pub learned: String,
    pub net: String,
}

/// What is long and short for one reason.
#[derive(Debug, Clone, Serialize)]
pub struct DifferenceLine {
    pub day: String,
    pub account: String,
    /// Word of the texts' family `desk.reason`.
    pub reason: String,
    pub cases: i64,
    pub open: i64,
    pub long: String,
    pub short: String,
}

/// What the host of a site gets of a day.
#[derive(Debug, Clone, Serialize)]
pub struct ShareLine {
    pub day: String,
    pub site: String,
    pub host: String,
    pub rate: String,
    pub base: String,
    pub share: String,
}

/// What an account's provider really keeps.
#[derive(Debug, Clone, Serialize)]
pub struct LearnedLine {
    pub account: String,
    /// In percent; empty: not known.
    pub rate: String,
}

/// A file that came.
#[derive(Debug, Clone, Serialize)]
pub struct StatementLine {
    pub account: String,
    pub file: String,
    pub day: String,
    pub format: String,
    pub name: String,
    pub lines: i64,
    pub bytes: i64,
    /// All its lines are there.
    pub whole: bool,
    /// Empty: fetched.
    pub by: String,
    pub at: DateTime<Utc>,
}

impl Page for ClearingPage {
    const TEMPLATE: &'static str = "desk_clearing.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::super::shell::sample_ago;
        let eur = |text: &str| format!("{text}\u{a0}EUR");
        let full = ClearingPage {
            from: "2026-05-21".into(),
            to: "2026-05-27".into(),
            days: vec![DayLine {
                day: "2026-05-27".into(),
                paid: 120,
                paid_sum: eur("2,410.00"),
                returned: 3,
                returned_sum: eur("12.00"),
                fees: eur("14.46"),
                net: eur("2,383.54"),
            }],
            settlements: vec![SettlementLine {
                day: "2026-05-27".into(),
                zone: "Europe/Berlin".into(),
                site: "Harbour <West>".into(),
                account: "st-eu".into(),
                paid: 120,
                paid_sum: eur("2,410.00"),
                returned: 3,
                returned_sum: eur("12.00"),
                fee: eur("14.46"),
                learned: eur("14.50"),
                net: eur("2,383.54"),
            }],
            hidden: 12,
            differences: vec![DifferenceLine {
                day: "2026-05-27".into(),
                account: "wx-main".into(),
                reason: "missing_here".into(),
                cases: 2,
                open: 1,
                long: eur("12.00"),
                short: String::new(),
            }],
            shares: vec![ShareLine {
                day: "2026-05-27".into(),
                site: "Harbour <West>".into(),
                host: "Port <Ltd>".into(),
                rate: "20 %".into(),
                base: eur("2,000.00"),
                share: eur("400.00"),
            }],
            learned: vec![
                LearnedLine { account: "st-eu".into(), rate: "0.6".into() },
                LearnedLine { account: "wx-main".into(), rate: String::new() },
            ],
            files: vec![StatementLine {
                account: "st-eu".into(),
                file: "trades".into(),
                day: "2026-05-27".into(),
                format: "stripe_csv".into(),
                name: "<may>.csv".into(),
                lines: 123,
                bytes: 20_480,
                whole: false,
                by: "ada".into(),
                at: sample_ago(4_000),
            }],
            late: vec![LateLine {
                account: "st-eu".into(),
                file: "trades".into(),
                day: "2026-05-26".into(),
                trouble: "<not> yet".into(),
                case: 94,
            }],
            open: 2,
            accounts: vec!["st-eu".into(), "bank:main".into()],
            formats: vec!["stripe_csv", "camt053"],
            upload_mib: 16,
            trouble: Some("<may>.csv, row 3: no amount".into()),
        };
        let empty = ClearingPage {
            days: Vec::new(),
            settlements: Vec::new(),
            hidden: 0,
            differences: Vec::new(),
            shares: Vec::new(),
            learned: Vec::new(),
            files: Vec::new(),
            late: Vec::new(),
            open: 0,
            accounts: Vec::new(),
            trouble: None,
            ..full.clone()
        };
        vec![full, empty]
    }
}
