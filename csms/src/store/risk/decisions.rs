//! What was decided, and how often each rule hit.

use crate::store::StoreError;
use crate::store::db::Tx;
use crate::store::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `risk_decision`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct DecisionRow {
    pub id: i64,
    pub order_id: i64,
    pub click: i64,
    pub at: At,
    pub outcome: String,
    pub rules_version: i64,
    pub model: String,
    pub revision: i64,
    pub outside: Option<bool>,
    /// [`payments::risk::Decision`] as JSON.
    pub body: String,
}

/// Adds a decision.
pub async fn add(tx: &mut Tx, row: &DecisionRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO risk_decision (id, order_id, click, at, outcome, rules_version, model, revision, outside, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        row.id,
        row.order_id,
        row.click,
        row.at,
        &*row.outcome,
        row.rules_version,
        &*row.model,
        row.revision,
        row.outside,
        &*row.body,
    )?;
    Ok(())
}

/// Notes that a rule hit at a decision.
pub async fn add_hit(
    tx: &mut Tx,
    decision: &DecisionRow,
    rule: &str,
    outcome: &str,
    live: bool,
) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO risk_hit (decision_id, rule, rules_version, at, outcome, live) VALUES ($1, $2, $3, $4, $5, $6)",
        decision.id,
        rule,
        decision.rules_version,
        decision.at,
        outcome,
        live,
    )?;
    Ok(())
}

/// The decision of a click, if it has been made.
pub async fn of_click(tx: &mut Tx, order: i64, click: i64) -> Result<Option<DecisionRow>, StoreError> {
    one!(tx, "SELECT * FROM risk_decision WHERE order_id = $1 AND click = $2", order, click)
}

/// The decision of this number.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<DecisionRow>, StoreError> {
    one!(tx, "SELECT * FROM risk_decision WHERE id = $1", id)
}

/// The decisions of an order, oldest first.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Vec<DecisionRow>, StoreError> {
    all!(tx, "SELECT * FROM risk_decision WHERE order_id = $1 ORDER BY id LIMIT 100", order)
}

/// A page of decisions, newest first, those before `before`.
pub async fn list(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<DecisionRow>, StoreError> {
    Select::new("SELECT * FROM risk_decision").and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// Which decisions to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub order: Option<i64>,
    /// `allow`, `review`, `step_up` or `deny`.
    pub outcome: Option<String>,
    /// At which this rule hit.
    pub rule: Option<String>,
}

/// A page of decisions, newest first, those before `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<DecisionRow>, StoreError> {
    Select::new("SELECT * FROM risk_decision")
        .and_if("order_id = ?", filter.order)
        .and_if("outcome = ?", filter.outcome.as_deref())
        .and_if("id IN (SELECT h.decision_id FROM risk_hit h WHERE h.rule = ?)", filter.rule.as_deref())
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// How often a rule hit.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RuleHits {
    pub rule: String,
    pub live: bool,
    pub hits: i64,
    /// Orders among them.
    pub orders: i64,
    /// Of those orders, the ones that passed a second verification.
    pub passed: i64,
    /// And those that somebody found fraudulent.
    pub fraud: i64,
}

/// How often rules hit since an instant, and how many decisions there were.
pub async fn hits_since(tx: &mut Tx, since: At) -> Result<(Vec<RuleHits>, i64), StoreError> {
    let hits = all!(
        tx,
        "SELECT h.rule, h.live, COUNT(*) AS hits, COUNT(DISTINCT d.order_id) AS orders,
            COUNT(DISTINCT CASE WHEN EXISTS (SELECT 1 FROM risk_check c WHERE c.order_id = d.order_id
                AND c.state = 'passed') THEN d.order_id END) AS passed,
            COUNT(DISTINCT CASE WHEN EXISTS (SELECT 1 FROM risk_case c WHERE c.order_id = d.order_id
                AND c.verdict = 'fraud') THEN d.order_id END) AS fraud
         FROM risk_hit h JOIN risk_decision d ON d.id = h.decision_id
         WHERE h.at >= $1 GROUP BY h.rule, h.live ORDER BY h.rule, h.live LIMIT 1000",
        since,
    )?;
    let count: Option<(i64,)> = one!(tx, "SELECT COUNT(*) FROM risk_decision WHERE at >= $1", since)?;
    Ok((hits, count.map_or(0, |row| row.0)))
}

/// Since an instant: payments that a model judged, and those of them that were inside its region. Confirmed fraud does
/// not count.
pub async fn coverage(tx: &mut Tx, model: &str, since: At) -> Result<(i64, i64), StoreError> {
    let row: Option<(i64, i64)> = one!(
        tx,
        "SELECT COUNT(*), COUNT(CASE WHEN NOT d.outside THEN 1 END) FROM risk_decision d
         WHERE d.at >= $1 AND d.model = $2 AND d.outside IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM risk_case c WHERE c.order_id = d.order_id AND c.verdict = 'fraud')",
        since,
        model,
    )?;
    Ok(row.unwrap_or_default())
}

/// A page of decisions of a model that a calibration may learn from: their orders were paid, and nobody found them
/// fraudulent; in their order, those after `after` and made before an instant.
pub async fn to_learn_from(
    tx: &mut Tx,
    model: &str,
    after: i64,
    before: At,
    limit: i64,
) -> Result<Vec<DecisionRow>, StoreError> {
    Select::new("SELECT * FROM risk_decision")
        .and("model = ?", [model.into()])
        .and("id > ? AND at < ?", [after.into(), before.into()])
        .and(
            "EXISTS (SELECT 1 FROM risk_event e WHERE e.order_id = risk_decision.order_id AND e.what = 'success')",
            [],
        )
        .and(
            "NOT EXISTS (SELECT 1 FROM risk_case c WHERE c.order_id = risk_decision.order_id AND c.verdict = 'fraud')",
            [],
        )
        .page(tx, "id", limit)
        .await
}
