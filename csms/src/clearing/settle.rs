//! Stage 1: our own settlement of a day, per site, merchant account and currency, and the shares of site hosts.

use super::{Clearing, ClearingError, currency};
use crate::{
    ledger::{self, Account, Entry},
    store::{
        Tx,
        clearing::{
            items::{self, Place, Span},
            runs::{self, SettlementRow},
            shares::{self, RuleRow, ShareRow},
            statements,
        },
    },
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use payments::{
    Amount,
    clearing::{Rate, days, split},
};
use serde_json::json;
use std::collections::BTreeMap;

/// Effects of one transaction: stations wait for the database meanwhile.
const PAGE: i64 = 2_000;
/// Nobody needs so long for a day.
const LEASE: TimeDelta = TimeDelta::minutes(30);
/// The rate that is learned is that of so many days.
const LEARNED_DAYS: i64 = 30;
/// Days that are caught up in one turn.
const CATCH_UP: usize = 60;

/// How a day's settlement went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub zone: Tz,
    pub day: NaiveDate,
    /// Payments and refunds that were new to it.
    pub items: u64,
    /// False: all was as before.
    pub changed: bool,
    pub rows: Vec<SettlementRow>,
}

impl Clearing<'_> {
    /// Settles the days of all zones that are over and have not been settled: the one before today from 03:00 there,
    /// and those that were missed.
    pub async fn settle_due(&self) -> Result<Vec<Settled>, ClearingError> {
        let mut tx = self.db.read().await?;
        let Some(first) = items::first_effect(&mut tx).await? else { return Ok(Vec::new()) };
        let mut zones = items::zones(&mut tx).await?;
        drop(tx);
        if !zones.contains(&self.config.time_zone) {
            zones.push(self.config.time_zone.clone());
        }
        let mut settled = Vec::new();
        for zone in zones {
            let zone: Tz = zone.parse().map_err(|_| ClearingError::Unreadable(format!("the zone {zone}")))?;
            for day in self.due(zone, first).await? {
                match self.settle(zone, day).await {
                    // Another node does it.
                    Err(ClearingError::Busy(_)) => break,
                    done => settled.push(done?),
                }
            }
        }
        Ok(settled)
    }

    /// The days of a zone that are to be settled, oldest first: also one before another that somebody has settled by hand.
    async fn due(&self, zone: Tz, first: DateTime<Utc>) -> Result<Vec<NaiveDate>, ClearingError> {
        let begins = super::terms::time(&self.config.settle_at).unwrap_or_default();
        let last = days::due(zone, self.clock.now(), begins);
        let first = days::day(zone, first);
        let span = (&*first.to_string(), &*last.to_string());
        let done = runs::done_days(&mut self.db.read().await?, "settle", zone.name(), span).await?;
        let all = first.iter_days().take_while(|day| *day <= last);
        Ok(all.filter(|day| !done.contains(&day.to_string())).take(CATCH_UP).collect())
    }

    /// Settles a day of a zone, or settles it again: what is the same stays as it is.
    ///
    /// # Errors
    /// [`ClearingError::Refused`] if the day is not over there, [`ClearingError::Busy`] if somebody is at it.
    pub async fn settle(&self, zone: Tz, day: NaiveDate) -> Result<Settled, ClearingError> {
        let (text, now) = (day.to_string(), self.clock.now());
        if !days::over(zone, day, now) {
            // It would count as done, and what comes of it later would be in no settlement.
            return Err(ClearingError::refused(format!("{day} is not over in {zone}: settle it tomorrow.")));
        }
        let mut tx = self.db.write().await?;
        let lease = runs::lease(&mut tx, "settle", zone.name(), &text, now, now + LEASE).await?;
        tx.commit().await?;
        if lease.is_none() {
            return Err(ClearingError::Busy(format!("The settlement of {day} in {zone}")));
        }
        let outcome = self.settle_leased(zone, day, &text).await;
        if let Err(error) = &outcome {
            let mut tx = self.db.write().await?;
            runs::failed(&mut tx, "settle", zone.name(), &text, &error.to_string(), now).await?;
            tx.commit().await?;
        }
        outcome
    }

    async fn settle_leased(&self, zone: Tz, day: NaiveDate, text: &str) -> Result<Settled, ClearingError> {
        let (from, to) = days::bounds(zone, day);
        let span = Span { zone: zone.name(), usual: &self.config.time_zone, day: text, from, to };
        let items = self.make_items(&span).await?;
        let mut tx = self.db.read().await?;
        let sums = items::sums(&mut tx, zone.name(), text).await?;
        let before = runs::settlement(&mut tx, zone.name(), text).await?;
        let mut rows = Vec::with_capacity(sums.len());
        let mut known: BTreeMap<String, (super::terms::Terms, Option<Rate>)> = BTreeMap::new();
        for sum in sums {
            if !known.contains_key(&sum.account) {
                let terms = self.terms(&mut tx, &sum.account).await?;
                let learned = self.learned(&mut tx, &sum.account, day).await?;
                known.insert(sum.account.clone(), (terms, learned));
            }
            let (contract, learned) =
                known.get(&sum.account).map_or((None, None), |(terms, l)| (terms.contracts.on(day), *l));
            let fee = contract.map_or(0, |contract| {
                let rate =
                    contract.rate.of(sum.paid_minor).saturating_add(contract.fixed.saturating_mul(sum.paid));
                rate - if contract.returns { contract.rate.of(sum.returned_minor) } else { 0 }
            });
            let net = sum.paid_minor - sum.returned_minor;
            rows.push(SettlementRow {
                zone: zone.name().to_owned(),
                day: text.to_owned(),
                site_id: sum.site_id,
                account: sum.account,
                currency: sum.currency,
                paid: sum.paid,
                paid_minor: sum.paid_minor,
                returned: sum.returned,
                returned_minor: sum.returned_minor,
                fee_minor: fee,
                learned_minor: learned.map(|rate| rate.of(net)),
                net_minor: net - fee,
            });
        }
        let rules = shares::on_day(&mut tx, zone.name(), text).await?;
        drop(tx);
        // What was learned since then changes nothing of a day that was settled.
        let same = before.len() == rows.len()
            && before
                .iter()
                .zip(&rows)
                .all(|(old, new)| *old == SettlementRow { learned_minor: old.learned_minor, ..new.clone() });
        let mut tx = self.db.write().await?;
        if !same {
            runs::replace(&mut tx, zone.name(), text, &rows).await?;
        }
        let shared = self.share(&mut tx, &rules, text, (from, to)).await?;
        let changed = !same || shared || items > 0;
        runs::done(&mut tx, "settle", zone.name(), text, changed, self.clock.now()).await?;
        tx.commit().await?;
        metrics::counter!("csms_clearing_settlements_total").increment(1);
        let rows = if same { before } else { rows };
        Ok(Settled { zone, day, items, changed, rows })
    }

    async fn make_items(&self, span: &Span<'_>) -> Result<u64, ClearingError> {
        let first = span.from - TimeDelta::microseconds(1);
        let mut after = Place { at: first, order_id: 0, effect: String::new() };
        let mut made = 0;
        while let Some(last) = items::page_end(&mut self.db.read().await?, span, &after, PAGE).await? {
            let mut tx = self.db.write().await?;
            made += items::make(&mut tx, span, &after, &last).await?;
            tx.commit().await?;
            after = last;
        }
        Ok(made)
    }

    /// The rate that the account's provider has really kept in the thirty days before; `None` = not known.
    pub async fn learned(
        &self,
        tx: &mut Tx,
        account: &str,
        day: NaiveDate,
    ) -> Result<Option<Rate>, ClearingError> {
        let since = day - TimeDelta::days(LEARNED_DAYS);
        let (paid, fees) = statements::kept_since(tx, account, &since.to_string()).await?;
        Ok(Rate::learned(fees, paid))
    }

    /// Enters what site hosts get of the day. Where revenue was entered after the first time, the difference is.
    async fn share(
        &self,
        tx: &mut Tx,
        rules: &[RuleRow],
        day: &str,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<bool, ClearingError> {
        let mut changed = false;
        for rule in rules {
            let rate = Rate::millionths(u32::try_from(rule.rate_millionths).unwrap_or_default());
            let mut bases: BTreeMap<String, i64> = BTreeMap::new();
            for revenue in shares::revenue(tx, rule.site_id, from, to).await? {
                let what = revenue.account.trim_start_matches("revenue:");
                if rule.revenue == "all" || rule.revenue.split(',').any(|of| of.trim() == what) {
                    *bases.entry(revenue.currency).or_default() += revenue.minor;
                }
            }
            for (code, base) in bases {
                let share = split(base, &[rate]).first().map_or(0, |part| part.minor);
                let before = shares::newest(tx, rule.id, day, &code).await?;
                let (generation, had) =
                    before.map_or((1, None), |row| (row.generation + 1, Some(row.share_minor)));
                if had == Some(share) || (had.is_none() && share == 0) {
                    continue;
                }
                let row = ShareRow {
                    rule_id: rule.id,
                    day: day.to_owned(),
                    currency: code.clone(),
                    generation,
                    base_minor: base,
                    share_minor: share,
                };
                shares::put(tx, &row).await?;
                let amount = Amount::new(share - had.unwrap_or(0), currency(&code)?);
                let key = format!("share:{}:{day}:{code}:{generation}", rule.id);
                let entry = Entry::posted("share", key, self.clock.now())
                    .with(json!({"rule": rule.id, "host": rule.host, "site": rule.site_id, "day": day,
                                 "base_minor": base, "share_minor": share}))
                    .debit(Account::Shares(rule.site_id), amount)
                    .credit(Account::Host(rule.site_id), amount);
                ledger::record(tx, self.ids, &entry).await?;
                changed = true;
            }
        }
        Ok(changed)
    }
}
