//! Site hosts are paid what they are owed.

use super::{Clearing, ClearingError};
use crate::{
    ledger::{self, Account, Entry},
    store::{counter, events, row::EventRow},
};
use payments::Amount;
use serde_json::json;

impl Clearing<'_> {
    /// Enters that a host was paid from a bank. `reference` is the transfer's: the same one is entered once. False: it
    /// was before.
    ///
    /// # Errors
    /// [`ClearingError::Refused`] if the host is owed less.
    pub async fn pay_host(
        &self,
        site: i64,
        amount: Amount,
        bank: &str,
        reference: &str,
        by: &str,
    ) -> Result<bool, ClearingError> {
        if !amount.is_positive() || reference.trim().is_empty() {
            return Err(ClearingError::refused(
                "A payout has an amount above nothing and the transfer's reference.",
            ));
        }
        let now = self.clock.now();
        let entry = Entry::posted("host_payout", format!("host_payout:{site}:{reference}"), now)
            .with(json!({"site": site, "reference": reference, "by": by}))
            .debit(Account::Host(site), amount)
            .credit(Account::Bank(bank.to_owned()), amount);
        let mut tx = self.db.write().await?;
        // Whoever else pays a host waits here for our end, so that two do not pay what is owed once.
        counter::take(&mut tx, "clearing.host_payout", 1).await?;
        let recorded = ledger::record(&mut tx, self.ids, &entry).await?;
        if !recorded.new {
            return Ok(false);
        }
        let left = ledger::balances(&mut tx, &Account::Host(site)).await?;
        let left =
            left.iter().find(|row| row.currency == amount.currency.code()).map_or(0, |row| row.posted_minor);
        if left > 0 {
            let owed = Amount::new(amount.minor - left, amount.currency);
            return Err(ClearingError::refused(format!(
                "The host of site {site} is owed {owed}, not {amount}."
            )));
        }
        let body = json!({"site": site, "amount_minor": amount.minor, "currency": amount.currency.code(),
                          "bank": bank, "reference": reference, "by": by});
        let event = EventRow {
            id: self.ids.next(),
            at: now,
            station_id: None,
            session_id: None,
            kind: "clearing.host_paid".to_owned(),
            body: body.to_string(),
        };
        events::add(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(true)
    }
}
