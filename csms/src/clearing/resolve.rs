//! A case is settled by a person, in one transaction with what comes of it, once.

use super::{Clearing, ClearingError, currency};
use crate::{
    ledger::{self, Account, Entry, Expense},
    store::{
        Tx,
        clearing::{
            cases::{self, CaseRow},
            items, lines,
        },
        events,
        pay::{refunds, tasks},
        row::EventRow,
    },
};
use payments::{
    Amount,
    clearing::{Kind, days, matching::Reason},
};
use serde_json::json;

/// Characters of a note at most.
const NOTE_MAX: usize = 1_000;

/// How a case is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// The provider is asked how it stands, and its answer is taken as always; both sides are compared again.
    Query,
    /// What was kept beyond the contract is a fee; what was kept less is none.
    PostFee,
    /// A payment that no order of ours asked for goes back to its payer.
    RefundOrphan,
    /// It is as they say, for the reason in the note; nothing moves.
    Accept,
    /// The difference is our gain or our loss.
    WriteOff,
}

impl Resolution {
    /// All of them.
    pub const ALL: [Resolution; 5] = [
        Resolution::Query,
        Resolution::PostFee,
        Resolution::RefundOrphan,
        Resolution::Accept,
        Resolution::WriteOff,
    ];

    /// The word in databases and commands.
    pub fn word(self) -> &'static str {
        match self {
            Resolution::Query => "query",
            Resolution::PostFee => "post_fee",
            Resolution::RefundOrphan => "refund_orphan",
            Resolution::Accept => "accept",
            Resolution::WriteOff => "write_off",
        }
    }

    /// What a word means.
    pub fn of(word: &str) -> Option<Resolution> {
        Resolution::ALL.into_iter().find(|resolution| resolution.word() == word)
    }

    /// Can a case of this reason be settled so?
    pub fn fits(self, case: &CaseRow) -> bool {
        let reason = Reason::of(&case.reason);
        match self {
            // Where both sides are there and done, asking changes nothing, and their fee is in the ledger.
            Resolution::Query => {
                case.ref_id.is_some()
                    && matches!(
                        reason,
                        Some(
                            Reason::MissingThere
                                | Reason::DoneHereOnly
                                | Reason::DoneThereOnly
                                | Reason::Currency
                        )
                    )
            }
            Resolution::PostFee => reason == Some(Reason::Fee),
            Resolution::RefundOrphan => {
                reason == Some(Reason::MissingHere) && case.kind == "payment" && case.line_id.is_some()
            }
            Resolution::Accept => true,
            Resolution::WriteOff => {
                case.gain_minor != 0 && !matches!(reason, Some(Reason::Fee | Reason::DoneThereOnly))
            }
        }
    }
}

/// What is usually done about it.
pub fn suggested(reason: Reason, kind: Kind) -> Resolution {
    match reason {
        Reason::MissingThere | Reason::DoneHereOnly | Reason::DoneThereOnly => Resolution::Query,
        Reason::MissingHere if kind == Kind::Payment => Resolution::RefundOrphan,
        Reason::Amount | Reason::MissingHere => Resolution::WriteOff,
        Reason::Fee => Resolution::PostFee,
        Reason::Currency | Reason::Duplicate => Resolution::Accept,
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    Done,
    /// The amount needs a second person.
    Asked,
    /// It was settled before.
    Before,
}

impl Clearing<'_> {
    /// Settles a case. Doing it twice is doing it once.
    ///
    /// # Errors
    /// [`ClearingError::Refused`] if there is no such case, it cannot be settled so, a note is missing, or the second
    /// person is the first.
    pub async fn resolve(
        &self,
        id: i64,
        resolution: Resolution,
        note: &str,
        by: &str,
    ) -> Result<Resolved, ClearingError> {
        if by.trim().is_empty() {
            return Err(ClearingError::refused("Somebody settles a case: say who."));
        }
        if note.chars().count() > NOTE_MAX {
            return Err(ClearingError::refused(format!("A note has at most {NOTE_MAX} characters.")));
        }
        let mut tx = self.db.write().await?;
        let Some(case) = cases::find(&mut tx, id).await? else {
            return Err(ClearingError::refused(format!(
                "There is no case {id}: csms clearing cases lists them."
            )));
        };
        if case.state == "resolved" {
            return Ok(Resolved::Before);
        }
        if !resolution.fits(&case) {
            let fit: Vec<_> =
                Resolution::ALL.into_iter().filter(|r| r.fits(&case)).map(Resolution::word).collect();
            return Err(ClearingError::refused(format!(
                "A case of reason {} is not settled by {}: choose {}.",
                case.reason,
                resolution.word(),
                fit.join(", ")
            )));
        }
        if resolution == Resolution::Accept && note.trim().is_empty() {
            return Err(ClearingError::refused("What is accepted needs a note that says why."));
        }
        if resolution == Resolution::WriteOff && self.needs_two(&case)? {
            if case.state == "open" || case.resolution != resolution.word() {
                if !cases::ask(&mut tx, id, resolution.word(), note, by).await? {
                    return Err(ClearingError::refused("Somebody else is settling this case."));
                }
                self.tell(&mut tx, &case, "clearing.asked", resolution, note, by).await?;
                tx.commit().await?;
                return Ok(Resolved::Asked);
            }
            if case.asked_by == by {
                let text = format!("{by} has agreed already; an amount like this needs a second person.");
                return Err(ClearingError::refused(text));
            }
        }
        if !cases::resolve(&mut tx, id, resolution.word(), note, by, self.clock.now()).await? {
            return Ok(Resolved::Before);
        }
        match resolution {
            Resolution::Query => self.query(&mut tx, &case).await?,
            Resolution::PostFee => self.post_fee(&mut tx, &case).await?,
            Resolution::RefundOrphan => self.refund_orphan(&mut tx, &case, by).await?,
            Resolution::WriteOff => self.write_off(&mut tx, &case).await?,
            Resolution::Accept => {}
        }
        self.tell(&mut tx, &case, "clearing.resolved", resolution, note, by).await?;
        tx.commit().await?;
        metrics::counter!("csms_clearing_resolved_total", "resolution" => resolution.word()).increment(1);
        Ok(Resolved::Done)
    }

    /// Above the limit one person is not enough.
    pub(super) fn needs_two(&self, case: &CaseRow) -> Result<bool, ClearingError> {
        let limit = Amount::exact(self.config.write_off_limit, currency(&case.currency)?)
            .map_err(|error| ClearingError::refused(format!("clearing.write_off_limit: {error}")))?;
        Ok(case.gain_minor.saturating_abs() > limit.minor)
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        case: &CaseRow,
        kind: &str,
        resolution: Resolution,
        note: &str,
        by: &str,
    ) -> Result<(), ClearingError> {
        let body = json!({"case": case.id, "reason": case.reason, "account": case.account, "day": case.day,
                          "number": case.number, "gain_minor": case.gain_minor, "currency": case.currency,
                          "resolution": resolution.word(), "note": note, "by": by});
        let event = EventRow {
            id: self.ids.next(),
            at: self.clock.now(),
            station_id: None,
            session_id: None,
            kind: kind.to_owned(),
            body: body.to_string(),
        };
        Ok(events::add(tx, &event).await?)
    }

    /// The worker asks the provider; the line waits for what comes of it.
    async fn query(&self, tx: &mut Tx, case: &CaseRow) -> Result<(), ClearingError> {
        let Some(reference) = case.ref_id else { return Ok(()) };
        self.hold_still(tx, &case.account).await?;
        let refund = match case.kind.as_str() {
            "refund" => refunds::find(tx, reference).await?,
            _ => None,
        };
        let now = self.clock.now();
        // It may be asked again, when it is found again.
        let key = format!("clearing:{}:{}", case.id, now.timestamp_micros());
        let task = tasks::TaskRow {
            id: self.ids.next(),
            kind: if refund.is_some() { "query_refund" } else { "query" }.to_owned(),
            order_id: case.order_id.unwrap_or_default(),
            attempt_id: refund.as_ref().map_or(reference, |refund| refund.attempt_id),
            refund_id: refund.as_ref().map_or(0, |refund| refund.id),
            amount_minor: refund.as_ref().map_or(0, |refund| refund.amount_minor),
            key,
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
        let terms = self.terms(tx, &case.account).await?;
        if let Some(line) = case.line_id {
            lines::reopen(tx, line, &days::day(terms.zone, now).to_string()).await?;
        }
        // Only ours: if the provider does not know it either, it is found again with the next statement.
        items::put(tx, &case.kind, "open", &[reference]).await?;
        Ok(())
    }

    async fn post_fee(&self, tx: &mut Tx, case: &CaseRow) -> Result<(), ClearingError> {
        let more = case.theirs_minor.unwrap_or(0) - case.ours_minor.unwrap_or(0);
        let amount = Amount::new(more, currency(&case.currency)?);
        let entry = self
            .entry("fee", case)
            .debit(Account::Fees(case.account.clone()), amount)
            .credit(Account::Provider(case.account.clone()), amount);
        ledger::record(tx, self.ids, &entry).await?;
        self.done_with(tx, case).await
    }

    async fn write_off(&self, tx: &mut Tx, case: &CaseRow) -> Result<(), ClearingError> {
        let gain = Amount::new(case.gain_minor, currency(&case.currency)?);
        let entry = self
            .entry("write_off", case)
            .debit(Account::Provider(case.account.clone()), gain)
            .credit(Account::Expense(Expense::WriteOff), gain);
        ledger::record(tx, self.ids, &entry).await?;
        self.done_with(tx, case).await
    }

    fn entry(&self, kind: &str, case: &CaseRow) -> Entry {
        let entry = Entry::posted(kind, format!("clearing:case:{}", case.id), self.clock.now())
            .with(json!({"case": case.id, "reason": case.reason, "day": case.day, "number": case.number}));
        match case.order_id {
            Some(order) => entry.of_order(order),
            None => entry,
        }
    }

    /// Both sides are done with.
    async fn done_with(&self, tx: &mut Tx, case: &CaseRow) -> Result<(), ClearingError> {
        if let Some(line) = case.line_id {
            lines::put(tx, "matched", &[line]).await?;
        }
        Ok(())
    }
}
