//! Stage 2: an account's open lines against our open items. What agrees is done with, and its fee is entered; what does
//! not becomes a case.

use super::{
    Clearing, ClearingError, currency, day,
    sides::{PAGE, Sides},
    terms::Terms,
    turns::Turn,
};
use crate::{
    ledger::{self, Account, Entry},
    store::{
        Tx,
        clearing::{
            cases::{self, CaseRow},
            items, lines, statements,
        },
        pay::{attempts, refunds},
    },
};
use payments::{
    Amount,
    clearing::{
        Kind, Line, Standing,
        matching::{Found, Matcher, Ours, Reason, Rules, Step, Theirs},
    },
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Days whose statements are looked for: a row that waits longer has long become a case.
const COVERED: i64 = 200;
/// Cases that come right in one turn.
const RIGHT_MAX: i64 = 1_000;

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    pub matched: u64,
    /// Their partner may still come.
    pub parked: u64,
    /// New cases, by reason.
    pub cases: BTreeMap<&'static str, u64>,
    /// Nothing was done here: another process is at it, and it is done once more after that.
    pub under_way: bool,
}

impl Clearing<'_> {
    /// See [`Clearing::compare`].
    pub(super) async fn compare_now(&self, account: &str, turn: Turn<'_>) -> Result<Compared, ClearingError> {
        let mut tx = self.db.read().await?;
        let covered = statements::days(&mut tx, account, "trades", COVERED).await?;
        let terms = self.terms(&mut tx, account).await?;
        drop(tx);
        let covered = covered.iter().map(|text| day(text)).collect::<Result<BTreeSet<_>, _>>()?;
        let Some(until) = covered.last().copied() else { return Ok(Compared::default()) };
        let mut tx = self.db.write().await?;
        self.go_on(&mut tx, turn).await?;
        // When they came, it may have been unknown what the provider calls our payments: a query was still to be made.
        lines::name(&mut tx, account).await?;
        tx.commit().await?;
        self.come_right(account).await?;
        let parked_days = i64::from(self.config.parked_days);
        let rules = Rules { until, parked_days, covered, contracts: terms.contracts.clone() };
        let mut run = Run {
            clearing: self,
            account,
            turn,
            terms: &terms,
            sides: Sides::new(self.db, account, terms.zone),
            found: Vec::new(),
            done: Compared::default(),
        };
        run.go(Matcher::new(rules)).await?;
        let mut done = run.done;
        self.enter_fee_lines(account).await?;
        done.matched += self.compare_disputes(account).await?;
        Ok(done)
    }

    /// Cases whose missing side has come are settled by themselves, and both sides are held against each other again.
    async fn come_right(&self, account: &str) -> Result<(), ClearingError> {
        for case in cases::named(&mut self.db.read().await?, account, RIGHT_MAX).await? {
            self.by_itself(&case).await?;
        }
        // Then: the line that a payment of ours was missing may be one of those.
        for case in cases::come_right(&mut self.db.read().await?, account, RIGHT_MAX).await? {
            self.by_itself(&case).await?;
        }
        Ok(())
    }

    async fn by_itself(&self, case: &CaseRow) -> Result<(), ClearingError> {
        let mut tx = self.db.write().await?;
        if cases::resolve(&mut tx, case.id, "by_itself", "its other side has come", "", self.clock.now())
            .await?
        {
            if let Some(line) = case.line_id {
                lines::put(&mut tx, "open", &[line]).await?;
                cases::name(&mut tx, case.id).await?;
            }
            if let Some(item) = case.ref_id.filter(|_| case.reason == Reason::MissingThere.word()) {
                items::put(&mut tx, &case.kind, "open", &[item]).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Fees that belong to no payment.
    async fn enter_fee_lines(&self, account: &str) -> Result<(), ClearingError> {
        let fees = lines::fees(&mut self.db.read().await?, account, PAGE).await?;
        for line in fees {
            let amount = Amount::new(line.amount_minor, currency(&line.currency)?);
            let mut tx = self.db.write().await?;
            if lines::put_open(&mut tx, "matched", &[line.id]).await? > 0 && !amount.is_zero() {
                let entry = Entry::posted("fee", format!("clearing:fee:{}", line.id), self.clock.now())
                    .with(json!({"line": line.id, "reference": line.reference, "day": line.day}))
                    .debit(Account::Fees(account.to_owned()), amount)
                    .credit(Account::Provider(account.to_owned()), amount);
                ledger::record(&mut tx, self.ids, &entry).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

/// One pass over an account.
struct Run<'a> {
    clearing: &'a Clearing<'a>,
    account: &'a str,
    turn: Turn<'a>,
    terms: &'a Terms,
    sides: Sides<'a>,
    found: Vec<Found>,
    done: Compared,
}

impl Run<'_> {
    async fn go(&mut self, mut matcher: Matcher) -> Result<(), ClearingError> {
        let disorder =
            |error: payments::clearing::matching::Disorder| ClearingError::Unreadable(error.to_string());
        loop {
            match matcher.step() {
                Step::WantOurs => {
                    let (page, ended) = self.sides.ours().await?;
                    matcher.ours(page, ended).map_err(disorder)?;
                }
                Step::WantTheirs => {
                    let (page, ended) = self.sides.theirs().await?;
                    matcher.theirs(page, ended).map_err(disorder)?;
                }
                Step::Found(Found::Parked) => self.done.parked += 1,
                Step::Found(found) => {
                    self.found.push(found);
                    if self.found.len() as i64 >= PAGE {
                        self.apply().await?;
                    }
                }
                Step::End => return self.apply().await,
            }
        }
    }

    /// Writes down what was found: states, cases and fees in one transaction.
    async fn apply(&mut self) -> Result<(), ClearingError> {
        let found = std::mem::take(&mut self.found);
        let mut batch = Batch::default();
        let mut tx = self.clearing.db.write().await?;
        self.clearing.go_on(&mut tx, self.turn).await?;
        for found in found {
            self.one(&mut tx, found, &mut batch).await?;
        }
        for (kind, state, ids) in [
            ("payment", "matched", &batch.items_matched.0),
            ("refund", "matched", &batch.items_matched.1),
            ("payment", "case", &batch.items_case.0),
            ("refund", "case", &batch.items_case.1),
        ] {
            items::put(&mut tx, kind, state, ids).await?;
        }
        lines::put_open(&mut tx, "matched", &batch.lines_matched).await?;
        lines::put_open(&mut tx, "case", &batch.lines_case).await?;
        lines::put_open(&mut tx, "kept", &batch.lines_kept).await?;
        self.enter_fees(&mut tx, &batch.fees).await?;
        tx.commit().await?;
        self.done.matched += batch.agreed;
        for (reason, n) in batch.cases {
            metrics::counter!("csms_clearing_cases_total", "reason" => reason).increment(n);
            *self.done.cases.entry(reason).or_default() += n;
        }
        Ok(())
    }

    /// Enters the fees of lines, in one sum of each currency. That of a line is entered once, whatever becomes of its
    /// case: no line is the first one of two sums.
    async fn enter_fees(&self, tx: &mut Tx, fees: &[(i64, Amount)]) -> Result<(), ClearingError> {
        let ids: Vec<i64> = fees.iter().map(|(line, _)| *line).collect();
        let fresh: BTreeSet<i64> = lines::enter_fees(tx, &ids).await?.into_iter().collect();
        let mut sums: BTreeMap<&str, (i64, i64, u64)> = BTreeMap::new();
        for (line, fee) in fees.iter().filter(|(line, _)| fresh.contains(line)) {
            let (_, minor, lines) = sums.entry(fee.currency.code()).or_insert((*line, 0, 0));
            *minor += fee.minor;
            *lines += 1;
        }
        for (code, (first, minor, lines)) in sums {
            let amount = Amount::new(minor, currency(code)?);
            if amount.is_zero() {
                continue;
            }
            let key = format!("clearing:fees:{first}:{code}");
            let entry = Entry::posted("fee", key, self.clearing.clock.now())
                .with(json!({"first_line": first, "lines": lines}))
                .debit(Account::Fees(self.account.to_owned()), amount)
                .credit(Account::Provider(self.account.to_owned()), amount);
            ledger::record(tx, self.clearing.ids, &entry).await?;
        }
        Ok(())
    }

    async fn one(&self, tx: &mut Tx, found: Found, batch: &mut Batch) -> Result<(), ClearingError> {
        match found {
            Found::Parked => {}
            Found::Pair { ours, theirs, reasons } => {
                let (item, line) = match reasons.is_empty() {
                    true => (&mut batch.items_matched, &mut batch.lines_matched),
                    false => (&mut batch.items_case, &mut batch.lines_case),
                };
                if ours.standing == Standing::Done {
                    if ours.kind == Kind::Refund { item.1.push(ours.id) } else { item.0.push(ours.id) }
                }
                line.push(theirs.id);
                let done = theirs.line.standing == Standing::Done;
                batch.agreed += u64::from(reasons.is_empty());
                for reason in &reasons {
                    self.case(tx, *reason, Some(&ours), Some(&theirs), batch).await?;
                }
                // Of a wrong fee the right one is entered; the case is about the difference.
                let counts =
                    done && !reasons.contains(&Reason::Currency) && !reasons.contains(&Reason::DoneThereOnly);
                if counts || reasons.is_empty() {
                    batch.fee(&theirs, self.fee(&theirs.line, reasons.contains(&Reason::Fee)));
                }
            }
            Found::OnlyOurs(ours) => {
                let item = &mut batch.items_case;
                if ours.kind == Kind::Refund {
                    item.1.push(ours.id)
                } else {
                    item.0.push(ours.id)
                }
                self.case(tx, Reason::MissingThere, Some(&ours), None, batch).await?;
            }
            Found::OnlyTheirs(theirs) if theirs.line.standing != Standing::Done => {
                batch.lines_kept.push(theirs.id);
            }
            Found::OnlyTheirs(theirs) => {
                // One with its number was held against ours in an earlier run.
                let (kind, number) = (theirs.line.kind.word(), &theirs.line.number);
                let known = match number.as_str() {
                    "" => None,
                    number => items::state(tx, self.account, kind, number).await?,
                };
                let reason = if known.is_some() { Reason::Duplicate } else { Reason::MissingHere };
                batch.lines_case.push(theirs.id);
                self.case(tx, reason, None, Some(&theirs), batch).await?;
            }
            Found::Again(theirs) => {
                batch.lines_case.push(theirs.id);
                self.case(tx, Reason::Duplicate, None, Some(&theirs), batch).await?;
            }
        }
        Ok(())
    }

    /// The fee that is entered for a line.
    fn fee(&self, line: &Line, wrong: bool) -> Option<Amount> {
        let contract = self.terms.contracts.on(line.day).filter(|_| wrong);
        match (contract, line.kind) {
            (Some(contract), Kind::Refund) => Some(contract.of_refund(line.amount)),
            (Some(contract), _) => Some(contract.of_payment(line.amount)),
            (None, _) => line.fee,
        }
    }

    async fn case(
        &self,
        tx: &mut Tx,
        reason: Reason,
        ours: Option<&Ours>,
        theirs: Option<&Theirs>,
        batch: &mut Batch,
    ) -> Result<(), ClearingError> {
        let kind =
            ours.map(|ours| ours.kind).or(theirs.map(|theirs| theirs.line.kind)).unwrap_or(Kind::Other);
        let counted = ours.filter(|ours| ours.standing == Standing::Done).map(|ours| ours.amount);
        let told =
            theirs.filter(|theirs| theirs.line.standing == Standing::Done).map(|theirs| theirs.line.amount);
        let amount = told.or(counted).or(theirs.map(|theirs| theirs.line.amount));
        let Some(amount) = amount else { return Ok(()) };
        let (ours_minor, theirs_minor, gain) = match (reason, theirs) {
            (Reason::Fee, Some(theirs)) => {
                let (right, kept) = (self.fee(&theirs.line, true), theirs.line.fee);
                let (right, kept) = (right.map(|fee| fee.minor), kept.map(|fee| fee.minor));
                (right, kept, right.unwrap_or(0) - kept.unwrap_or(0))
            }
            // In two currencies there is no difference to tell.
            (Reason::Currency, _) => (counted.map(|ours| ours.minor), told.map(|theirs| theirs.minor), 0),
            _ => {
                let (ours, theirs) = (counted.map(|ours| ours.minor), told.map(|theirs| theirs.minor));
                let more = theirs.unwrap_or(0) - ours.unwrap_or(0);
                (ours, theirs, if kind == Kind::Refund { -more } else { more })
            }
        };
        let number = ours.map_or_else(|| theirs.map_or("", |t| &t.line.number), |ours| &ours.number);
        let line = theirs.map(|theirs| theirs.id);
        let key = match (ours, line) {
            (Some(ours), _) => format!("{}:{}:{}", reason.word(), kind.word(), ours.id),
            (None, line) => format!("{}:line:{}", reason.word(), line.unwrap_or_default()),
        };
        let order = match ours {
            Some(ours) if ours.kind == Kind::Refund => {
                refunds::find(tx, ours.id).await?.map(|row| row.order_id)
            }
            Some(ours) => attempts::find(tx, ours.id).await?.map(|row| row.order_id),
            None => None,
        };
        let on = theirs.map_or_else(|| ours.map(|ours| ours.day), |theirs| Some(theirs.line.day));
        let row = CaseRow {
            id: self.clearing.ids.next(),
            key,
            account: self.account.to_owned(),
            day: on.map(|day| day.to_string()).unwrap_or_default(),
            reason: reason.word().to_owned(),
            kind: kind.word().to_owned(),
            number: number.to_owned(),
            reference: theirs.map(|theirs| theirs.line.reference.clone()).unwrap_or_default(),
            currency: amount.currency.code().to_owned(),
            ours_minor,
            theirs_minor,
            gain_minor: gain,
            order_id: order,
            ref_id: ours.map(|ours| ours.id),
            line_id: line,
            suggestion: super::resolve::suggested(reason, kind).word().to_owned(),
            state: "open".to_owned(),
            resolution: String::new(),
            note: String::new(),
            asked_by: String::new(),
            resolved_by: String::new(),
            found_at: self.clearing.clock.now(),
            resolved_at: None,
        };
        if cases::add(tx, &row).await? {
            *batch.cases.entry(reason.word()).or_default() += 1;
        }
        Ok(())
    }
}

/// What one transaction writes: of items, payments and refunds.
#[derive(Default)]
struct Batch {
    items_matched: (Vec<i64>, Vec<i64>),
    items_case: (Vec<i64>, Vec<i64>),
    lines_matched: Vec<i64>,
    lines_case: Vec<i64>,
    lines_kept: Vec<i64>,
    /// Of which lines.
    fees: Vec<(i64, Amount)>,
    cases: BTreeMap<&'static str, u64>,
    agreed: u64,
}

impl Batch {
    fn fee(&mut self, theirs: &Theirs, fee: Option<Amount>) {
        self.fees.extend(fee.map(|fee| (theirs.id, fee)));
    }
}
