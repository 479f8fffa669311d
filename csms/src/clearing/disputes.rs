//! What statements say of disputes. The provider's notifications have brought it into our books before
//! (`pay::dispute`); a line that says the same is done with, and one that goes on saying otherwise is a case.

use super::{Clearing, ClearingError, currency, day, resolve, sides::PAGE};
use crate::store::clearing::{
    cases::{self, CaseRow},
    disputes::{self, DisputedRow},
    lines,
};
use chrono::TimeDelta;
use payments::clearing::{Kind, days, matching::Reason};

impl Clearing<'_> {
    /// Holds an account's lines about disputes against these. Gives how many agree.
    pub(super) async fn compare_disputes(&self, account: &str) -> Result<u64, ClearingError> {
        let mut tx = self.db.read().await?;
        let rows = disputes::lines(&mut tx, account, PAGE).await?;
        let zone = self.terms(&mut tx, account).await?.zone;
        drop(tx);
        // The notification may still come.
        let parked = TimeDelta::days(i64::from(self.config.parked_days));
        let until = days::day(zone, self.clock.now()) - parked;
        let mut matched = 0;
        for about in rows.chunk_by(|one, next| one.line_id == next.line_id) {
            let Some(first) = about.first() else { continue };
            let mut tx = self.db.write().await?;
            if about.iter().any(agrees) {
                matched += lines::put(&mut tx, "matched", &[first.line_id]).await?;
            } else if day(&first.day)? < until {
                lines::put(&mut tx, "case", &[first.line_id]).await?;
                cases::add(&mut tx, &self.differs(account, first)?).await?;
            }
            tx.commit().await?;
        }
        Ok(matched)
    }

    fn differs(&self, account: &str, row: &DisputedRow) -> Result<CaseRow, ClearingError> {
        let ours = ours(row);
        // In two currencies there is no difference to tell.
        let same = row.currency == row.dispute_currency;
        let reason = if same { Reason::Amount } else { Reason::Currency };
        Ok(CaseRow {
            id: self.ids.next(),
            key: format!("{}:dispute:{}", reason.word(), row.line_id),
            account: account.to_owned(),
            day: row.day.clone(),
            reason: reason.word().to_owned(),
            kind: Kind::Other.word().to_owned(),
            number: row.number.clone(),
            reference: row.reference.clone(),
            currency: currency(&row.currency)?.code().to_owned(),
            ours_minor: Some(ours),
            theirs_minor: Some(row.amount_minor),
            gain_minor: if same { row.amount_minor - ours } else { 0 },
            order_id: Some(row.order_id),
            ref_id: None,
            line_id: Some(row.line_id),
            suggestion: resolve::suggested(reason, Kind::Other).word().to_owned(),
            state: "open".to_owned(),
            resolution: String::new(),
            note: String::new(),
            asked_by: String::new(),
            resolved_by: String::new(),
            found_at: self.clock.now(),
            resolved_at: None,
        })
    }
}

/// What we have of what the line is about: what was taken from us, or what came back.
fn ours(row: &DisputedRow) -> i64 {
    if row.amount_minor < 0 { -row.withdrawn_minor } else { row.reinstated_minor }
}

fn agrees(row: &DisputedRow) -> bool {
    row.currency == row.dispute_currency && row.amount_minor == ours(row)
}
