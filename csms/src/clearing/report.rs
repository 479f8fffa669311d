//! What a person reads: the settlement of some days, what is long and short, and what site hosts get.

use super::{Clearing, ClearingError};
use crate::store::clearing::{
    cases::{self, Sum},
    runs::{self, SettlementRow},
    shares::{self, ShareRow},
};
use chrono::NaiveDate;
use payments::clearing::Rate;

/// Some days as they stand now.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub settlements: Vec<SettlementRow>,
    /// Long and short, by day, account, currency and reason.
    pub differences: Vec<Sum>,
    pub shares: Vec<ShareRow>,
    /// What was really kept of late, by account.
    pub learned: Vec<(String, Option<Rate>)>,
}

impl Clearing<'_> {
    /// The report of some days, both of them included.
    pub async fn report(&self, from: NaiveDate, to: NaiveDate) -> Result<Report, ClearingError> {
        let (from_day, to_day) = (from.to_string(), to.to_string());
        let mut tx = self.db.read().await?;
        let settlements = runs::settlements(&mut tx, &from_day, &to_day).await?;
        let mut accounts: Vec<String> = settlements.iter().map(|row| row.account.clone()).collect();
        accounts.sort();
        accounts.dedup();
        let mut learned = Vec::with_capacity(accounts.len());
        for account in accounts {
            let rate = self.learned(&mut tx, &account, to).await?;
            learned.push((account, rate));
        }
        Ok(Report {
            settlements,
            differences: cases::sums(&mut tx, &from_day, &to_day).await?,
            shares: shares::of_days(&mut tx, &from_day, &to_day).await?,
            learned,
        })
    }
}
