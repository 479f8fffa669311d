//! Rules tried on what has happened: what would they have stopped?

use super::past;
use crate::store::{Db, StoreError, risk::events};
use chrono::{DateTime, TimeDelta, Utc};
use payments::risk::{
    Outcome,
    rules::{Language, Past, Payment, RuleSet, What, evaluate, windows},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one query.
const PAGE: i64 = 200;
/// Subjects that nothing can count of any more are forgotten after so many pages.
const FORGET_PAGES: usize = 100;
/// Payments that are told one by one.
const EXAMPLES_MAX: usize = 20;

/// What rules would have done. Runs dry or live, each counted rule counts here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Attempts to pay in that time.
    pub payments: u64,
    /// By outcome, of the live rules.
    pub outcomes: BTreeMap<&'static str, u64>,
    pub rules: BTreeMap<String, Rule>,
    pub examples: Vec<Example>,
}

/// What one rule would have done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rule {
    pub hits: u64,
    /// Orders among them.
    pub orders: u64,
    /// Of the hits, those that no other live rule would have stopped: what this rule alone brings.
    pub alone: u64,
}

/// A payment that would have been stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    pub order: i64,
    pub at: DateTime<Utc>,
    pub outcome: Outcome,
    pub words: Vec<String>,
}

/// Tries rules on the attempts from an instant on. Payments keep the segment that they had: who belonged to which group
/// then is not known any more.
pub async fn run(db: &Db, rules: &RuleSet, from: DateTime<Utc>) -> Result<Tried, StoreError> {
    let longest = windows(rules).into_values().max().unwrap_or(0);
    let begin = from - TimeDelta::minutes(i64::from(longest));
    let (mut past, mut tried) = (Past::default(), Tried::default());
    let mut orders: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let (mut after, mut pages) = (None, 0);
    loop {
        let page = events::page(&mut db.read().await?, begin, after, PAGE).await?;
        for row in &page {
            let Some(event) = past::event(row) else { continue };
            if event.what == What::Attempt && event.at >= from {
                let segment = Some(row.segment.as_str()).filter(|segment| !segment.is_empty());
                let payment = Payment { at: event.at, amount: event.amount, keys: &event.keys, segment };
                let hits = evaluate(rules, &payment, |subject| past.of(&payment, subject));
                tried.payments += 1;
                let outcome =
                    hits.iter().filter(|hit| hit.live).map(|hit| hit.outcome).max().unwrap_or(Outcome::Allow);
                *tried.outcomes.entry(outcome.word()).or_default() += 1;
                let stopping = hits.iter().filter(|hit| hit.live && !hit.outcome.goes_on()).count();
                for hit in &hits {
                    let rule = tried.rules.entry(hit.rule.clone()).or_default();
                    rule.hits += 1;
                    rule.alone += u64::from(stopping == 1 && hit.live && !hit.outcome.goes_on());
                    orders.entry(hit.rule.clone()).or_default().insert(row.order_id);
                }
                if !outcome.goes_on() && tried.examples.len() < EXAMPLES_MAX {
                    let words = hits.iter().filter(|hit| hit.live).map(|hit| hit.words(Language::English));
                    let words = words.collect();
                    tried.examples.push(Example { order: row.order_id, at: event.at, outcome, words });
                }
            }
            past.add(&event);
        }
        pages += 1;
        match page.last() {
            Some(last) if page.len() as i64 == PAGE => {
                if pages % FORGET_PAGES == 0 {
                    past.forget(last.at);
                }
                after = Some((last.at, last.id));
            }
            _ => break,
        }
    }
    for (rule, orders) in orders {
        tried.rules.entry(rule).or_default().orders = orders.len() as u64;
    }
    Ok(tried)
}
