//! Rules of risk: versions, which one counts, how often each rule hits, and what others would have stopped.

use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, At, Sent},
            op::Op,
            page::Page,
            problem,
        },
    },
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    api_key::Scope,
    risk::{self, dry_run::Tried},
    store::{
        Tx,
        risk::{decisions, rules as rows},
    },
};
use payments::risk::rules::RuleSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const TAG: &str = "Risk";
/// Days that hits are counted of, and that a trial goes back, at most.
const HITS_DAYS_MAX: i64 = 3_650;
const TRIAL_DAYS_MAX: i64 = 90;

/// The operations.
pub fn operations() -> Vec<Op> {
    let bad = (StatusCode::UNPROCESSABLE_ENTITY, "The rules cannot be used: `error` lists what is wrong");
    vec![
        Op::get("/risk/rules", "listRiskRules", Scope::Money, list)
            .says(TAG, "The versions of the rules, the newest first; the last one is that of a new installation")
            .answers::<Page<Version>>(StatusCode::OK, "The newest hundred"),
        Op::post("/risk/rules", "createRiskRules", Scope::Money, create)
            .says(
                TAG,
                "Keep rules as a new version; if the newest says the same, it is that one. It counts when it is made to. Needs \
                 the scope `config` too",
            )
            .body::<New>()
            .answers::<Whole>(StatusCode::CREATED, "The version")
            .problem(bad.0, bad.1),
        Op::get("/risk/rules/{version}", "getRiskRules", Scope::Money, show)
            .says(TAG, "The rules of a version; docs/risk.md explains them")
            .answers::<Whole>(StatusCode::OK, "The rules"),
        Op::get("/risk/rules/active", "getActiveRiskRules", Scope::Money, show_active)
            .says(TAG, "The rules that count")
            .answers::<Whole>(StatusCode::OK, "The rules"),
        Op::put("/risk/rules/active", "activateRiskRules", Scope::Money, activate)
            .says(TAG, "Let a version count from now on; an older one goes back. Needs the scope `config` too")
            .body::<Which>()
            .answers::<Whole>(StatusCode::OK, "The rules that count"),
        Op::post("/risk/rules/trial", "tryRiskRules", Scope::Money, try_rules)
            .says(TAG, "What rules would have stopped in the last days; nothing is changed")
            .body::<NewTrial>()
            .answers::<Trial>(StatusCode::OK, "What they would have done")
            .problem(bad.0, bad.1),
        Op::get("/risk/hits", "listRiskHits", Scope::Money, hits)
            .says(TAG, "How often each rule has hit in the last days")
            .query::<Days>()
            .answers::<Hits>(StatusCode::OK, "By rule"),
    ]
}

/// A version of the rules.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskRulesVersion")]
struct Version {
    /// 0: those of a new installation.
    version: i64,
    /// They count.
    active: bool,
    by: String,
    created_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskRules")]
struct Whole {
    version: i64,
    active: bool,
    /// As in docs/risk.md: `rule`, `segment`, `behaviour`.
    rules: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRiskRules")]
struct New {
    /// As in docs/risk.md: `rule`, `segment`, `behaviour`.
    rules: Map<String, Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ActiveRiskRules")]
struct Which {
    /// 0: those of a new installation.
    #[schemars(range(min = 0))]
    version: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRiskTrial")]
struct NewTrial {
    rules: Map<String, Value>,
    #[schemars(range(min = 1, max = 90))]
    days: i64,
}

/// What rules would have done.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskTrial")]
struct Trial {
    /// Attempts to pay in that time.
    payments: u64,
    /// By outcome, of the live rules.
    outcomes: BTreeMap<String, u64>,
    rules: Vec<TriedRule>,
    /// Payments that would have been stopped; the first twenty.
    examples: Vec<Example>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TriedRiskRule")]
struct TriedRule {
    rule: String,
    hits: u64,
    /// Orders among them.
    orders: u64,
    /// Of the hits, those that no other live rule would have stopped.
    alone: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskExample")]
struct Example {
    /// Its number.
    order: Option<String>,
    at: DateTime<Utc>,
    outcome: String,
    words: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RiskHitDays")]
struct Days {
    /// 7 if nothing is said.
    #[schemars(range(min = 1, max = 3650))]
    days: Option<i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskHits")]
struct Hits {
    /// Decisions in that time.
    decisions: i64,
    rules: Vec<Hit>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskHit")]
struct Hit {
    rule: String,
    /// It decides; else it is only counted.
    live: bool,
    hits: i64,
    orders: i64,
    /// Of those orders, the ones that passed a second verification.
    passed: i64,
    /// And those that somebody found fraudulent.
    fraud: i64,
}

/// Rules out of a body, checked.
fn read(rules: Map<String, Value>) -> Result<RuleSet, Problem> {
    RuleSet::from_json(&Value::Object(rules).to_string()).map_err(|problems| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-rules", "The rules cannot be used")
            .detail(problems.join("; "))
            .error(problems.into())
    })
}

async fn list(State(state): State<WebState>) -> Result<Json<Page<Version>>, Problem> {
    let mut tx = state.app.db.read().await?;
    let active = risk::active_rules(&mut tx).await?;
    let found = rows::list(&mut tx).await?;
    let first = Version { version: 0, active: active == 0, by: String::new(), created_at: None };
    let version = |row: rows::RulesRow| Version {
        version: row.version,
        active: row.version == active,
        by: row.by_whom,
        created_at: Some(row.created_at),
    };
    Ok(Json(Page { items: found.into_iter().map(version).chain([first]).collect(), next: None }))
}

async fn whole(tx: &mut Tx, version: i64) -> Result<Whole, Problem> {
    let active = risk::active_rules(tx).await? == version;
    let rules = if version == 0 {
        serde_json::to_value(RuleSet::defaults()).unwrap_or_default()
    } else {
        let row = rows::find(tx, version).await?;
        let row = row.ok_or_else(|| problem::missing("version of the rules", &version.to_string()))?;
        serde_json::from_str(&row.body).unwrap_or_default()
    };
    Ok(Whole { version, active, rules })
}

async fn show(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Whole>, Problem> {
    let mut tx = state.app.db.read().await?;
    let version = text.parse().map_err(|_| problem::missing("version of the rules", &text))?;
    Ok(Json(whole(&mut tx, version).await?))
}

async fn show_active(State(state): State<WebState>) -> Result<Json<Whole>, Problem> {
    let mut tx = state.app.db.read().await?;
    let version = risk::active_rules(&mut tx).await?;
    Ok(Json(whole(&mut tx, version).await?))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    Sent(new): Sent<New>,
) -> Result<Response, Problem> {
    asker.may(Scope::Config)?;
    let set = read(new.rules)?;
    let mut tx = state.app.db.write().await?;
    let version = risk::add_rules(&mut tx, &set, &asker.name, state.app.clock.now()).await?;
    let whole = whole(&mut tx, version).await?;
    tx.commit().await?;
    let location = crate::api::v1::location("risk/rules", &version.to_string());
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(whole)).into_response())
}

async fn activate(
    State(state): State<WebState>,
    asker: Asker,
    Sent(which): Sent<Which>,
) -> Result<Json<Whole>, Problem> {
    asker.may(Scope::Config)?;
    let now = state.app.clock.now();
    let mut tx = state.app.db.write().await?;
    if !risk::activate_rules(&mut tx, &state.app.ids, which.version, &asker.name, now).await? {
        return Err(problem::field("version", format!("there is no version {} of the rules", which.version)));
    }
    let whole = whole(&mut tx, which.version).await?;
    tx.commit().await?;
    Ok(Json(whole))
}

async fn try_rules(State(state): State<WebState>, Sent(new): Sent<NewTrial>) -> Result<Json<Trial>, Problem> {
    let set = read(new.rules)?;
    if !(1..=TRIAL_DAYS_MAX).contains(&new.days) {
        return Err(problem::field("days", format!("from 1 to {TRIAL_DAYS_MAX}")));
    }
    let from = state.app.clock.now() - TimeDelta::days(new.days);
    let Tried { payments, outcomes, rules, examples } = risk::dry_run::run(&state.app.db, &set, from).await?;
    let orders = examples.iter().map(|example| example.order);
    let numbers = super::Numbers::of(&mut state.app.db.read().await?, orders).await?;
    let rule = |(rule, tried): (String, risk::dry_run::Rule)| TriedRule {
        rule,
        hits: tried.hits,
        orders: tried.orders,
        alone: tried.alone,
    };
    let example = |one: risk::dry_run::Example| Example {
        order: numbers.get(one.order),
        at: one.at,
        outcome: one.outcome.word().to_owned(),
        words: one.words,
    };
    Ok(Json(Trial {
        payments,
        outcomes: outcomes.into_iter().map(|(word, count)| (word.to_owned(), count)).collect(),
        rules: rules.into_iter().map(rule).collect(),
        examples: examples.into_iter().map(example).collect(),
    }))
}

async fn hits(State(state): State<WebState>, Asked(wanted): Asked<Days>) -> Result<Json<Hits>, Problem> {
    let days = wanted.days.unwrap_or(7);
    if !(1..=HITS_DAYS_MAX).contains(&days) {
        return Err(problem::query(format!("days: from 1 to {HITS_DAYS_MAX}")));
    }
    let since = state.app.clock.now() - TimeDelta::days(days);
    let (found, decisions) = decisions::hits_since(&mut state.app.db.read().await?, since).await?;
    let hit = |row: decisions::RuleHits| Hit {
        rule: row.rule,
        live: row.live,
        hits: row.hits,
        orders: row.orders,
        passed: row.passed,
        fraud: row.fraud,
    };
    Ok(Json(Hits { decisions, rules: found.into_iter().map(hit).collect() }))
}
