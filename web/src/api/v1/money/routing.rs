//! Routing: the rule by which merchant accounts are chosen, and what another one would have done.

use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            etag::{IfMatch, Tagged},
            input::{Asked, Sent, text},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    api_key::Scope,
    routing::{self, Trial},
    store::routing::{self as rows, RuleRow},
};
use payments::routing::{Fallback, Rule};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Routing";
const NOTE_MAX: usize = 200;
/// Days that a trial goes back at most.
const DAYS_MAX: i64 = 90;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/routing/rule", "getRoutingRule", Scope::Money, show)
            .says(TAG, "The rule by which merchant accounts are chosen; version 0: the built-in one")
            .answers::<Kept>(StatusCode::OK, "The rule")
            .tagged(),
        Op::put("/routing/rule", "putRoutingRule", Scope::Money, set)
            .says(
                TAG,
                "Let a rule count from now on. Rules are kept as versions: to go back, put an older one. Needs the scope \
                 `config` too",
            )
            .body::<NewRule>()
            .answers::<Kept>(StatusCode::OK, "The rule that counts")
            .guarded()
            .tagged(),
        Op::get("/routing/rules", "listRoutingRules", Scope::Money, list)
            .says(TAG, "All rules that ever counted, the newest first")
            .query::<Pages>()
            .answers::<Page<Kept>>(StatusCode::OK, "A page"),
        Op::post("/routing/rule/trial", "tryRoutingRule", Scope::Money, try_rule)
            .says(TAG, "What a rule would have chosen among the accounts as they were; nothing is changed")
            .body::<NewTrial>()
            .answers::<Tried>(StatusCode::OK, "How many payments would have gone elsewhere"),
    ]
}

/// What happens where no account passes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RoutingFallback")]
enum Else {
    /// The most reliable that can take the payment.
    BestAvailable,
    /// None: the driver is told to pay another way.
    Refuse,
}

/// A rule. Shares are decimal text, in percent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RoutingRule")]
struct Body {
    /// The fee must be below this share of the amount; absent: any.
    #[serde(default)]
    fee_below_percent: Option<String>,
    /// The success rate must be above this.
    success_above_percent: String,
    /// Payments of so many hours back are counted.
    #[schemars(range(min = 1, max = 744))]
    window_hours: u32,
    /// An account without payments is taken to have had so many …
    #[schemars(range(min = 1, max = 100_000))]
    prior_payments: u32,
    /// … with this success rate.
    prior_success_percent: String,
    fallback: Else,
}

/// A rule as it is kept.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KeptRoutingRule")]
struct Kept {
    version: i64,
    rule: Body,
    note: String,
    by: String,
    /// Absent of the built-in one.
    created_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRoutingRule")]
struct NewRule {
    rule: Body,
    /// Why.
    #[serde(default)]
    #[schemars(length(max = 200))]
    note: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RoutingRulePage")]
struct Pages {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRoutingTrial")]
struct NewTrial {
    rule: Body,
    /// Payments of so many days back.
    #[schemars(range(min = 1, max = 90))]
    days: i64,
}

/// What a rule would have done.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RoutingTrial")]
struct Tried {
    payments: u64,
    /// Of those, the ones whose choice cannot be made again.
    unreadable: u64,
    moves: Vec<Moved>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RoutingMove")]
struct Moved {
    /// `none`: no account took it.
    was: String,
    would_be: String,
    payments: u64,
}

fn rule(body: &Body) -> Result<Rule, Problem> {
    let percent = |name: &str, text: &str| -> Result<Decimal, Problem> {
        let wrong = |_| problem::field(name, format!("{text:?} is no share: write it like 99.5"));
        tariffs::parse_decimal(text).map_err(wrong)
    };
    let fee = body.fee_below_percent.as_deref().map(|text| percent("fee_below_percent", text)).transpose()?;
    let rule = Rule {
        version: 0,
        fee_below_percent: fee,
        success_above_percent: percent("success_above_percent", &body.success_above_percent)?,
        window_hours: body.window_hours,
        prior_payments: body.prior_payments,
        prior_success_percent: percent("prior_success_percent", &body.prior_success_percent)?,
        fallback: match body.fallback {
            Else::BestAvailable => Fallback::BestAvailable,
            Else::Refuse => Fallback::Refuse,
        },
    };
    rule.check().map_err(|error| problem::field(error.field, error.why))?;
    Ok(rule)
}

fn body(rule: &Rule) -> Body {
    Body {
        fee_below_percent: rule.fee_below_percent.map(|fee| fee.normalize().to_string()),
        success_above_percent: rule.success_above_percent.normalize().to_string(),
        window_hours: rule.window_hours,
        prior_payments: rule.prior_payments,
        prior_success_percent: rule.prior_success_percent.normalize().to_string(),
        fallback: match rule.fallback {
            Fallback::BestAvailable => Else::BestAvailable,
            Fallback::Refuse => Else::Refuse,
        },
    }
}

fn kept(row: Option<RuleRow>) -> Kept {
    match row {
        Some(row) => Kept {
            version: row.version,
            rule: body(&serde_json::from_str(&row.body).unwrap_or_default()),
            note: row.note,
            by: row.created_by,
            created_at: Some(row.created_at),
        },
        None => {
            let (note, by) = (String::new(), String::new());
            Kept { version: 0, rule: body(&Rule::default()), note, by, created_at: None }
        }
    }
}

async fn show(State(state): State<WebState>) -> Result<Tagged<Kept>, Problem> {
    Ok(Tagged(kept(rows::rule(&mut state.app.db.read().await?).await?)))
}

async fn set(
    State(state): State<WebState>,
    asker: Asker,
    meant: IfMatch,
    Sent(new): Sent<NewRule>,
) -> Result<Tagged<Kept>, Problem> {
    asker.may(Scope::Config)?;
    let (rule, note) = (rule(&new.rule)?, text("note", &new.note, NOTE_MAX)?);
    let mut tx = state.app.db.write().await?;
    // Whoever else lets a rule count waits here for our end.
    rows::lock(&mut tx).await?;
    meant.check(&kept(rows::rule(&mut tx).await?))?;
    let now = state.app.clock.now();
    let row = routing::set_rule(&mut tx, &state.app.ids, &rule, &note, &asker.name, now).await?;
    tx.commit().await?;
    Ok(Tagged(kept(Some(row))))
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Pages>,
) -> Result<Json<Page<Kept>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let found = rows::rules(&mut state.app.db.read().await?, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.version.to_string(), |row| kept(Some(row)))))
}

async fn try_rule(State(state): State<WebState>, Sent(new): Sent<NewTrial>) -> Result<Json<Tried>, Problem> {
    let rule = rule(&new.rule)?;
    if !(1..=DAYS_MAX).contains(&new.days) {
        return Err(problem::field("days", format!("from 1 to {DAYS_MAX}")));
    }
    let since = state.app.clock.now() - TimeDelta::days(new.days);
    let Trial { payments, unreadable, moves } = routing::try_rule(&state.app.db, &rule, since).await?;
    let moved = |((was, would_be), payments)| Moved { was, would_be, payments };
    Ok(Json(Tried { payments: payments as u64, unreadable, moves: moves.into_iter().map(moved).collect() }))
}
