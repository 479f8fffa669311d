//! A statement that should be there by now and is not is a case: it is told once, and closes by itself when the file
//! comes, however it comes.

use super::{Clearing, ClearingError, fetch::which};
use crate::store::{
    clearing::{
        cases::{self, CaseRow, LATE},
        runs,
    },
    events,
    row::EventRow,
};
use chrono::{NaiveDate, NaiveTime};
use payments::provider::FileKind;
use serde_json::json;

/// Characters that are kept of why it is not there.
const TROUBLE_MAX: usize = 200;

/// The key of the case about a file of a day.
pub(super) fn key(account: &str, file: &str, day: &str) -> String {
    format!("{LATE}:{account}:{file}:{day}")
}

impl Clearing<'_> {
    /// Makes cases of an account's statements that are late; gives how many are new.
    pub async fn find_late(&self, account: &str, kinds: &[FileKind]) -> Result<u64, ClearingError> {
        let mut tx = self.db.read().await?;
        let terms = self.terms(&mut tx, account).await?;
        // Nobody is late before he was asked.
        let begins = self.config.late_at.parse().unwrap_or(NaiveTime::MIN).max(terms.fetch_at);
        let late = self.missing(&mut tx, account, kinds, begins).await?;
        drop(tx);
        let mut new = 0;
        for wanted in late {
            new += u64::from(self.late(account, which(wanted.kind).word(), wanted.day).await?);
        }
        Ok(new)
    }

    /// How many statements are late now.
    pub async fn tell_late(&self) -> Result<(), ClearingError> {
        let late = cases::count_late(&mut self.db.read().await?).await?;
        metrics::gauge!("csms_clearing_statements_late").set(u32::try_from(late).unwrap_or(u32::MAX));
        Ok(())
    }

    async fn late(&self, account: &str, file: &str, day: NaiveDate) -> Result<bool, ClearingError> {
        let (day, now) = (day.to_string(), self.clock.now());
        let mut tx = self.db.write().await?;
        let run = runs::find(&mut tx, "fetch", &format!("{account}:{file}"), &day).await?;
        let trouble: String =
            run.map(|run| run.trouble).unwrap_or_default().chars().take(TROUBLE_MAX).collect();
        let row = CaseRow {
            id: self.ids.next(),
            key: key(account, file, &day),
            account: account.to_owned(),
            day: day.clone(),
            reason: LATE.to_owned(),
            kind: file.to_owned(),
            number: String::new(),
            reference: trouble.clone(),
            currency: String::new(),
            ours_minor: None,
            theirs_minor: None,
            gain_minor: 0,
            order_id: None,
            ref_id: None,
            line_id: None,
            suggestion: "accept".to_owned(),
            state: "open".to_owned(),
            resolution: String::new(),
            note: String::new(),
            asked_by: String::new(),
            resolved_by: String::new(),
            found_at: now,
            resolved_at: None,
        };
        if !cases::add(&mut tx, &row).await? {
            return Ok(false);
        }
        let event = EventRow {
            id: self.ids.next(),
            at: now,
            station_id: None,
            session_id: None,
            kind: "clearing.late".to_owned(),
            body: json!({"case": row.id, "account": account, "file": file, "day": day, "trouble": trouble})
                .to_string(),
        };
        events::add(&mut tx, &event).await?;
        tx.commit().await?;
        metrics::counter!("csms_clearing_cases_total", "reason" => LATE).increment(1);
        tracing::warn!(account, file, day, trouble, "a statement is late: it is a case now");
        Ok(true)
    }
}
