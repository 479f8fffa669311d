//! A payment that no order of ours asked for goes back to its payer.

use super::{Clearing, ClearingError, currency};
use crate::{
    ledger::{self, Account, Entry},
    store::{
        Tx,
        clearing::{cases::CaseRow, lines},
        pay::{attempts, effects, orders, refunds, tasks},
    },
};
use chrono::TimeDelta;
use payments::{
    Amount,
    clearing::days,
    order::{End, Mode, State},
    provider::{Attempt, Capture, Method, Payer},
};
use serde_json::json;

/// A refund is promised within so many days.
const REFUND_DAYS: i64 = 5;

impl Clearing<'_> {
    /// An order is made for the payment, paid and owed back: from there on it is a refund like any other.
    pub(super) async fn refund_orphan(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        by: &str,
    ) -> Result<(), ClearingError> {
        let line = match case.line_id {
            Some(id) => lines::find(tx, id).await?,
            None => None,
        };
        let line = line.ok_or_else(|| ClearingError::Unreadable(format!("the line of case {}", case.id)))?;
        if let Some(ours) = attempts::by_payment(tx, &case.account, &line.reference).await? {
            return Err(ClearingError::refused(format!(
                "The payment is ours by now, {}: compare {} again, and the case is settled by itself.",
                ours.number, case.account
            )));
        }
        let now = self.clock.now();
        let amount = Amount::new(line.amount_minor, currency(&line.currency)?);
        let [order_id, attempt_id, refund_id, task_id] = std::array::from_fn(|_| self.ids.next());
        // A payment without a number of ours is known by the provider's.
        let number = match line.number.as_str() {
            "" => format!("orphan-{order_id}"),
            number => number.to_owned(),
        };
        let (named, key) = ((order_id, format!("orphan-{}", case.id)), format!("clearing:case:{}", case.id));
        let order = orders::OrderRow {
            state: State::Captured.word().to_owned(),
            bill_revision: 0,
            due_minor: Some(0),
            taken_minor: amount.minor,
            why: End::Orphan.word().to_owned(),
            settled_at: Some(now),
            created_at: line.at.unwrap_or(now),
            ..orders::OrderRow::new(named, key, ("session", Mode::Prepay), amount, (now, now))
        };
        orders::create(tx, &order).await?;
        orders::update(tx, &order).await?;
        let asked = Attempt {
            number: number.clone(),
            amount,
            capture: Capture::Now,
            method: Method::Code,
            description: String::new(),
            payer: Payer::default(),
            created_at: order.created_at,
            expires_at: now,
            notify_url: String::new(),
            return_url: String::new(),
            reference: Some(line.reference.clone()),
            charge: Some(line.reference.clone()),
        };
        let body =
            serde_json::to_string(&asked).map_err(|error| ClearingError::refused(error.to_string()))?;
        let of = [case.account.as_str(), "", Method::Code.word()];
        let attempt = attempts::AttemptRow {
            state: "taken".to_owned(),
            body,
            reference: line.reference.clone(),
            charge: line.reference.clone(),
            taken_minor: amount.minor,
            created_at: order.created_at,
            ..attempts::AttemptRow::new(attempt_id, order_id, number, of, amount, now)
        };
        attempts::create(tx, &attempt).await?;
        attempts::update(tx, &attempt).await?;
        let refund = refunds::RefundRow {
            id: refund_id,
            order_id,
            attempt_id,
            number: format!("orphan-{refund_id}"),
            kind: "correction".to_owned(),
            currency: line.currency.clone(),
            amount_minor: amount.minor,
            reason: "No order of ours asked for it".to_owned(),
            state: "new".to_owned(),
            reference: String::new(),
            refusal: String::new(),
            asked_by: by.to_owned(),
            due_at: now + TimeDelta::days(REFUND_DAYS),
            done_at: None,
            created_at: now,
            changed_at: now,
        };
        refunds::create(tx, &refund).await?;
        let task = tasks::TaskRow {
            id: task_id,
            kind: "refund".to_owned(),
            order_id,
            attempt_id,
            refund_id,
            amount_minor: amount.minor,
            key: format!("refund:{refund_id}"),
            body: String::new(),
            state: "waiting".to_owned(),
            tries: 0,
            due_at: now,
            leased_until: None,
            trouble: String::new(),
            created_at: now,
            done_at: None,
        };
        tasks::add(tx, &task).await?;
        effects::note(tx, order_id, &format!("taken:{attempt_id}"), now).await?;
        let entry = Entry::posted("taken", format!("taken:{attempt_id}"), now)
            .of_order(order_id)
            .with(json!({"case": case.id, "number": attempt.number, "reference": line.reference}))
            .debit(Account::Provider(case.account.clone()), amount)
            .credit(Account::Deposits, amount);
        ledger::record(tx, self.ids, &entry).await?;
        // The payment is in our books now: it is held against its line with the next settlement.
        if line.number.is_empty() {
            lines::put(tx, "matched", &[line.id]).await?;
        } else {
            let terms = self.terms(tx, &case.account).await?;
            lines::reopen(tx, line.id, &days::day(terms.zone, now).to_string()).await?;
        }
        Ok(())
    }
}
