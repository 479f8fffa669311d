//! Risk at work: a payment is held against rules and model in the transaction of its click.
//!
//! [`decide`] is asked at the click, before a provider is, [`decide_card`] when the provider has told the card; [`told`] hears
//! what became of the payment. Whether a window's limit is reached is exact, because every subject of a payment is locked
//! while it is decided. [`checks`] are second verifications, [`cases`] what people look at, [`job`] trains and calibrates,
//! [`dry_run`] tries rules on history.

mod active;
pub mod blocks;
mod card;
pub mod cases;
pub mod checks;
pub mod dry_run;
pub mod job;
mod keys;
mod past;

pub use active::{Risk, activate_model, activate_rules, active_model, active_rules, add_rules};
pub use card::decide_card;
pub use payments::risk::rules::What;
pub use payments::risk::{Decision, Outcome};

use crate::{
    app::App,
    store::{
        StoreError, Tx,
        risk::{
            cases as case_rows, checks as check_rows,
            decisions::{self, DecisionRow},
            events::{self, EventRow},
            history,
        },
    },
};
use active::Active;
use chrono::{DateTime, TimeDelta, Utc};
use payments::{
    Amount,
    risk::{
        behaviour::{Asked, Finding},
        rules::{Hit, Mode, Payment, RuleSet, Seen, Subject, evaluate, windows},
    },
};
use std::{collections::BTreeMap, time::Instant};

/// What is known at a click. Empty = not known.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub order: i64,
    /// The order's version at the click: asked again it is the same decision.
    pub click: i64,
    /// To be held or paid.
    pub amount: Amount,
    pub station: &'a str,
    pub site: Option<i64>,
    /// A session begins with it. What is paid for something else, a bill, what is left of one, or a balance, is not like what
    /// is usual for sessions.
    pub session: bool,
    pub driver: Option<i64>,
    /// The browser's random cookie.
    pub device: &'a str,
    /// The provider's fingerprint of a card on file; others are known later, see [`decide_card`].
    pub card: &'a str,
    /// Source address of the browser.
    pub address: &'a str,
    pub phone: &'a str,
    /// The payer's own id at the wallet (openid, buyer id).
    pub wallet: &'a str,
    /// Group of the driver's own identifier.
    pub group: &'a str,
}

/// A decision and its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub id: i64,
    pub decision: Decision,
}

/// Decides about a payment, in the transaction of its click (a writing one), and writes down what and why. A second
/// verification that was passed for the order counts.
pub async fn decide(tx: &mut Tx, app: &App, facts: &Facts<'_>) -> Result<Decided, StoreError> {
    let begun = Instant::now();
    let now = app.clock.now();
    let active = active::load(tx, app).await?;
    let keys = active.keys.of(facts);
    // In the order of subjects, so that two payments never wait for each other.
    let mut blocked = Vec::new();
    for (subject, key) in &keys {
        if events::lock(tx, *subject, key, now).await? {
            blocked.push(*subject);
        }
    }
    if let Some(row) = decisions::of_click(tx, facts.order, facts.click).await? {
        return read(row);
    }
    let segment = active.rules.segment(facts.group, facts.site, facts.station);
    let payment = Payment { at: now, amount: facts.amount, keys: &keys, segment };
    let hits = hits(tx, &active.rules, &payment, None).await?;
    let behaviour = usual(tx, facts, &active, &keys, now).await?;
    let device = keys.get(&Subject::Device).map_or("", String::as_str);
    let verified = verified(tx, app, facts.order, device, facts.amount).await?;
    let decision = Decision::of(hits, behaviour, blocked, verified, segment.unwrap_or_default());
    add_attempt(tx, app, facts, &keys, &decision).await?;
    let decided = add(tx, app, &active, (facts.order, facts.click), decision).await?;
    metrics::histogram!("csms_risk_decision_seconds").record(begun.elapsed().as_secs_f64());
    Ok(decided)
}

/// The rules that hit. `but`: the event of this payment itself, which is not a thing of the past.
async fn hits(
    tx: &mut Tx,
    rules: &RuleSet,
    payment: &Payment<'_>,
    but: Option<i64>,
) -> Result<Vec<Hit>, StoreError> {
    let mut past: BTreeMap<Subject, Vec<Seen>> = BTreeMap::new();
    for (subject, minutes) in windows(rules) {
        if let Some(key) = payment.keys.get(&subject) {
            let since = payment.at - TimeDelta::minutes(i64::from(minutes));
            let rows = events::of(tx, subject, key, since).await?;
            let rows = rows.iter().rev().filter(|row| Some(row.id) != but);
            past.insert(subject, rows.filter_map(past::seen).collect());
        }
    }
    Ok(evaluate(rules, payment, |subject| past.get(&subject).map_or(&[][..], Vec::as_slice)))
}

/// What became of a payment.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub order: i64,
    /// [`What::Success`], [`What::Refusal`], or [`What::Refund`] (in full or on request; the rest of a prepayment is none).
    pub what: What,
    /// Of the effect, unique: told twice it is counted once.
    pub key: &'a str,
    pub amount: Amount,
    /// Known by now: the card's fingerprint, the payer's id at the wallet. Empty = as before.
    pub card: &'a str,
    pub wallet: &'a str,
}

/// Hears what became of a payment, in the transaction of that effect. Orders that no decision was made about are none of
/// our business.
pub async fn told(tx: &mut Tx, app: &App, told: &Told<'_>) -> Result<(), StoreError> {
    let Some(before) = events::newest_of(tx, told.order).await? else { return Ok(()) };
    let active = active::load(tx, app).await?;
    let or = |value: &str, before: String| if value.is_empty() { before } else { active.keys.hash(value) };
    let row = EventRow {
        id: app.ids.next(),
        key: format!("{}:{}", told.what.word(), told.key),
        at: app.clock.now(),
        what: told.what.word().to_owned(),
        currency: told.amount.currency.code().to_owned(),
        amount_minor: told.amount.minor,
        card: or(told.card, before.card),
        wallet: or(told.wallet, before.wallet),
        ..before
    };
    events::add(tx, &row).await?;
    Ok(())
}

/// What the model says, and whether that counts.
async fn usual(
    tx: &mut Tx,
    facts: &Facts<'_>,
    active: &Active,
    keys: &BTreeMap<Subject, String>,
    now: DateTime<Utc>,
) -> Result<Option<(Finding, Mode)>, StoreError> {
    let gate = &active.rules.behaviour;
    let (Some(driver), Some((model, calibration)), true) =
        (facts.driver, &active.model, facts.session && gate.mode != Mode::Off)
    else {
        return Ok(None);
    };
    let before = past::visits(tx, driver, facts.order).await?;
    let visit = past::visit(tx, facts, now).await?;
    // A browser without a cookie is no new device: nothing is known of it.
    let known = history::knows_device(tx, driver, facts.device, facts.order).await?;
    let new_device = !facts.device.is_empty() && !known;
    let key = |subject| keys.get(&subject).map_or("", String::as_str);
    let since = now - TimeDelta::hours(i64::from(gate.rest_hours.min(24 * 365)));
    let device = key(Subject::Device);
    let rests = !device.is_empty() && check_rows::passed_by(tx, key(Subject::Driver), device, since).await?;
    let asked = Asked { before: &before, visit: &visit, new_device, rests };
    let finding = Finding::of(model, calibration, gate, &asked);
    if finding.as_ref().is_some_and(|finding| finding.asks) {
        let mode = if gate.mode == Mode::Live { "live" } else { "dry_run" };
        metrics::counter!("csms_risk_unusual_total", "mode" => mode).increment(1);
    }
    Ok(finding.map(|finding| (finding, gate.mode)))
}

/// Was a second verification passed for this order, by this device (its key), for so much?
async fn verified(
    tx: &mut Tx,
    app: &App,
    order: i64,
    device: &str,
    amount: Amount,
) -> Result<bool, StoreError> {
    let since = app.clock.now() - TimeDelta::minutes(i64::from(app.config.risk.verified_minutes));
    check_rows::passed_for(tx, order, device, amount.currency.code(), amount.minor, since).await
}

async fn add_attempt(
    tx: &mut Tx,
    app: &App,
    facts: &Facts<'_>,
    keys: &BTreeMap<Subject, String>,
    decision: &Decision,
) -> Result<(), StoreError> {
    let key = |subject| keys.get(&subject).cloned().unwrap_or_default();
    let event = EventRow {
        id: app.ids.next(),
        key: format!("attempt:{}:{}", facts.order, facts.click),
        order_id: facts.order,
        at: app.clock.now(),
        what: What::Attempt.word().to_owned(),
        currency: facts.amount.currency.code().to_owned(),
        amount_minor: facts.amount.minor,
        segment: decision.segment.clone(),
        driver: key(Subject::Driver),
        device: key(Subject::Device),
        card: key(Subject::Card),
        address: key(Subject::Address),
        station: key(Subject::Station),
        phone: key(Subject::Phone),
        wallet: key(Subject::Wallet),
    };
    events::add(tx, &event).await?;
    Ok(())
}

/// Keeps a decision about an order as it was in this version.
async fn add(
    tx: &mut Tx,
    app: &App,
    active: &Active,
    (order, version): (i64, i64),
    decision: Decision,
) -> Result<Decided, StoreError> {
    let row = DecisionRow {
        id: app.ids.next(),
        order_id: order,
        click: version,
        at: app.clock.now(),
        outcome: decision.outcome.word().to_owned(),
        rules_version: active.rules_version,
        model: decision.behaviour.as_ref().map(|finding| finding.model.clone()).unwrap_or_default(),
        revision: active.revision,
        outside: decision.behaviour.as_ref().map(|finding| finding.outside),
        body: serde_json::to_string(&decision).map_err(|error| unreadable(&error))?,
    };
    decisions::add(tx, &row).await?;
    for hit in &decision.hits {
        decisions::add_hit(tx, &row, &hit.rule, hit.outcome.word(), hit.live).await?;
    }
    if decision.outcome == Outcome::Review {
        case_rows::open(tx, app.ids.next(), order, row.id, row.at).await?;
    }
    metrics::counter!("csms_risk_decisions_total", "outcome" => decision.outcome.word()).increment(1);
    Ok(Decided { id: row.id, decision })
}

fn read(row: DecisionRow) -> Result<Decided, StoreError> {
    let decision = serde_json::from_str(&row.body).map_err(|error| unreadable(&error))?;
    Ok(Decided { id: row.id, decision })
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    sqlx::Error::Protocol(format!("a decision about risk cannot be read or written: {error}")).into()
}
