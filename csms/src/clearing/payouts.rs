//! A provider's payouts against a bank's credits.

use super::{Clearing, ClearingError, currency, day, terms::BANK};
use crate::{
    ledger::{self, Account, Entry},
    store::{
        Tx,
        clearing::{
            cases::{self, CaseRow},
            lines::{self, LineRow},
            statements, terms,
        },
    },
};
use chrono::{NaiveDate, TimeDelta};
use payments::{
    Amount,
    clearing::payouts::{Movement, pairs},
};
use serde_json::json;

/// Payouts and credits without their other side that are looked at: a payout a day leaves years.
const OPEN_MAX: i64 = 5_000;

/// How it went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paid {
    pub matched: u64,
    pub cases: u64,
}

impl Clearing<'_> {
    /// Holds the payouts of every account against the credits of its bank.
    pub async fn compare_payouts(&self) -> Result<Paid, ClearingError> {
        let all = terms::list(&mut self.db.read().await?).await?;
        let mut paid = Paid::default();
        for row in all.iter().filter(|row| !row.bank.is_empty()) {
            let one = self.payouts_of(&row.account, &row.bank, &row.bank_text).await?;
            paid.matched += one.matched;
            paid.cases += one.cases;
        }
        Ok(paid)
    }

    async fn payouts_of(&self, account: &str, bank: &str, text: &str) -> Result<Paid, ClearingError> {
        let at_bank = format!("{BANK}{bank}");
        let mut tx = self.db.read().await?;
        let payouts = lines::payouts(&mut tx, account, OPEN_MAX).await?;
        let mut credits = lines::payouts(&mut tx, &at_bank, OPEN_MAX).await?;
        let banks_day = statements::days(&mut tx, &at_bank, "bank", 1).await?;
        let ours_day = match statements::days(&mut tx, account, "funds", 1).await? {
            days if days.is_empty() => statements::days(&mut tx, account, "trades", 1).await?,
            days => days,
        };
        drop(tx);
        // Two accounts may pay out to one bank: where the text is agreed, only such credits are this account's.
        let text = text.to_lowercase();
        credits.retain(|credit| text.is_empty() || credit.text.to_lowercase().contains(&text));
        let days = i64::from(self.config.payout_days);
        let found = pairs(&movements(&payouts)?, &movements(&credits)?, days);
        let mut paid = Paid::default();
        for (payout, credit) in &found {
            let Some(line) = payouts.iter().find(|line| line.id == *payout) else { continue };
            paid.matched += u64::from(self.settle_payout(account, bank, line, *credit).await?);
        }
        let alone = |rows: Vec<LineRow>, taken: Vec<i64>, there: Option<NaiveDate>| {
            rows.into_iter().filter(move |row| {
                let late = there
                    .zip(day(&row.day).ok())
                    .is_some_and(|(there, day)| there - day >= TimeDelta::days(days));
                late && row.state == "open" && !taken.contains(&row.id)
            })
        };
        let newest = |days: &[String]| days.first().map(|text| day(text)).transpose();
        let (taken_out, taken_in) = found.into_iter().unzip();
        for line in alone(payouts, taken_out, newest(&banks_day)?) {
            paid.cases += u64::from(self.case_of(account, "payout", &line, -line.amount_minor).await?);
        }
        if !text.is_empty() {
            for line in alone(credits, taken_in, newest(&ours_day)?) {
                paid.cases += u64::from(self.case_of(account, "credit", &line, line.amount_minor).await?);
            }
        }
        Ok(paid)
    }

    async fn settle_payout(
        &self,
        account: &str,
        bank: &str,
        payout: &LineRow,
        credit: i64,
    ) -> Result<bool, ClearingError> {
        let mut tx = self.db.write().await?;
        if !self.paired(&mut tx, "payout", payout.id).await?
            || !self.paired(&mut tx, "credit", credit).await?
        {
            return Ok(false);
        }
        let amount = Amount::new(payout.amount_minor, currency(&payout.currency)?);
        let entry = Entry::posted("payout", format!("clearing:payout:{}", payout.id), self.clock.now())
            .with(json!({"payout": payout.reference, "day": payout.day, "line": payout.id, "credit": credit}))
            .debit(Account::Bank(bank.to_owned()), amount)
            .credit(Account::Provider(account.to_owned()), amount);
        ledger::record(&mut tx, self.ids, &entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// A side is done with, and so is its case, if it has waited so long that it became one: bank files come by hand, and
    /// in any order. False: somebody else has settled it meanwhile.
    async fn paired(&self, tx: &mut Tx, reason: &str, line: i64) -> Result<bool, ClearingError> {
        let put =
            match cases::come(tx, &key(reason, line), "its other side has come", self.clock.now()).await? {
                true => lines::put(tx, "matched", &[line]).await?,
                false => lines::put_open(tx, "matched", &[line]).await?,
            };
        Ok(put > 0)
    }

    async fn case_of(
        &self,
        account: &str,
        reason: &'static str,
        line: &LineRow,
        gain: i64,
    ) -> Result<bool, ClearingError> {
        let (ours, theirs) = if reason == "payout" {
            (Some(line.amount_minor), None)
        } else {
            (None, Some(line.amount_minor))
        };
        let row = CaseRow {
            id: self.ids.next(),
            key: key(reason, line.id),
            account: account.to_owned(),
            day: line.day.clone(),
            reason: reason.to_owned(),
            kind: line.kind.clone(),
            number: line.number.clone(),
            reference: line.reference.clone(),
            currency: line.currency.clone(),
            ours_minor: ours,
            theirs_minor: theirs,
            gain_minor: gain,
            order_id: None,
            ref_id: None,
            line_id: Some(line.id),
            suggestion: "accept".to_owned(),
            state: "open".to_owned(),
            resolution: String::new(),
            note: String::new(),
            asked_by: String::new(),
            resolved_by: String::new(),
            found_at: self.clock.now(),
            resolved_at: None,
        };
        let mut tx = self.db.write().await?;
        // Somebody else has found its other side meanwhile.
        if lines::put_open(&mut tx, "case", &[line.id]).await? == 0 {
            return Ok(false);
        }
        let new = cases::add(&mut tx, &row).await?;
        tx.commit().await?;
        if new {
            metrics::counter!("csms_clearing_cases_total", "reason" => reason).increment(1);
        }
        Ok(new)
    }
}

/// Of the case of a line.
fn key(reason: &str, line: i64) -> String {
    format!("{reason}:line:{line}")
}

fn movements(rows: &[LineRow]) -> Result<Vec<Movement>, ClearingError> {
    let one = |row: &LineRow| {
        Ok(Movement {
            id: row.id,
            reference: row.reference.clone(),
            text: row.text.clone(),
            amount: Amount::new(row.amount_minor, currency(&row.currency)?),
            day: day(&row.day)?,
        })
    };
    rows.iter().map(one).collect()
}
