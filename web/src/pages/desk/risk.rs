//! Risk: cases to look at, rules, the model, decisions.

use super::super::next_link;
use crate::{
    WebState,
    front::Fail,
    i18n::Lang,
    login::{Signed, Visit},
    view::{
        Pager,
        desk::{DecisionLine, ModelView, RiskCaseLine, RiskPage, RuleLine, SheddingView, amount},
    },
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    risk::{
        self,
        cases::{Resolution, Verdict},
    },
    store::{
        Tx,
        pay::orders,
        risk::{
            cases::{self, CaseRow},
            decisions::{self, RuleHits},
            models, rules,
        },
    },
};
use payments::risk::{
    Decision,
    rules::{Language, Measure, Mode, Rule, RuleSet, Subject},
};
use serde::Deserialize;

/// Cases of a page: each has an order and a decision of its own.
const CASES: i64 = 20;
/// Decisions of a page.
const DECISIONS: i64 = 30;
/// Hits are counted of so many days.
const DAYS: i64 = 30;
/// Who is found to be a fraud may not pay for so long.
const BLOCK: TimeDelta = TimeDelta::days(365);

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/risk", get(show)).route("/risk/cases/{id}", post(look))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    filter: String,
    #[serde(default)]
    before: String,
    /// The decision that the list of decisions goes on before.
    #[serde(default)]
    decided: String,
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let (now, lang) = (visit.shell.now, visit.shell.lang);
    let (before, decided_before) = (wanted.before.parse().ok(), wanted.decided.parse().ok());
    let filter = RiskPage::FILTERS.into_iter().find(|filter| *filter == wanted.filter).unwrap_or("open");
    let since = now - TimeDelta::days(DAYS);
    let mut tx = state.app.db.read().await?;
    let mut found = cases::list(&mut tx, filter == "all", before, CASES + 1).await?;
    let more = found.len() > CASES as usize;
    found.truncate(CASES as usize);
    let last = found.last().map(|row| row.id.to_string()).unwrap_or_default();
    let mut lines = Vec::with_capacity(found.len());
    for row in found {
        lines.push(case_line(&mut tx, row, lang).await?);
    }
    let version = risk::active_rules(&mut tx).await?;
    let set = match rules::find(&mut tx, version).await? {
        Some(row) => serde_json::from_str(&row.body)
            .inspect_err(|error| tracing::error!(version, %error, "the rules of risk cannot be read"))
            .unwrap_or_default(),
        None => RuleSet::defaults(),
    };
    let (hits, decided) = decisions::hits_since(&mut tx, since).await?;
    let model = model_view(&mut tx, since).await?;
    let mut made = decisions::list(&mut tx, decided_before, DECISIONS + 1).await?;
    drop(tx);
    let more_made = made.len() > DECISIONS as usize;
    made.truncate(DECISIONS as usize);
    let last_made = made.last().map(|row| row.id.to_string()).unwrap_or_default();
    let query = [("filter", wanted.filter.as_str())];
    let at_decisions = |key: &str| format!("{}#decisions", next_link("/risk", &query, ("decided", key)));
    let settings = &state.app.config.risk;
    let (shedding, per_s) = state.app.shed.look(&state.app);
    visit.show(&RiskPage {
        filter: filter.to_owned(),
        filters: RiskPage::FILTERS,
        cases: lines,
        cases_pager: Pager {
            first: before.is_some().then(|| next_link("/risk", &query, ("before", ""))),
            next: more.then(|| next_link("/risk", &query, ("before", &last))),
        },
        rules_version: version,
        days: DAYS,
        decided,
        rules: set.rules.iter().map(|rule| rule_line(rule, &hits)).collect(),
        model,
        decisions: made
            .into_iter()
            .map(|row| DecisionLine {
                id: row.id,
                order: row.order_id,
                at: row.at,
                tone: tone(&row.outcome),
                words: decision_words(&row.body, lang),
                outcome: row.outcome,
            })
            .collect(),
        decisions_pager: Pager {
            first: decided_before.is_some().then(|| at_decisions("")),
            next: more_made.then(|| at_decisions(&last_made)),
        },
        shedding: SheddingView {
            now: shedding,
            per_s,
            begin_per_s: settings.shed_begin_per_s,
            end_per_s: settings.shed_end_per_s,
            standby: settings.standby_url.clone(),
        },
    })
}

/// The colour of an outcome.
pub fn tone(outcome: &str) -> &'static str {
    match outcome {
        "allow" => "ok",
        "review" => "wait",
        "step_up" => "busy",
        "deny" => "bad",
        _ => "off",
    }
}

/// What spoke for or against a payment, in sentences of the reader's language.
pub fn decision_words(body: &str, lang: Lang) -> Vec<String> {
    let language = match lang {
        Lang::En => Language::English,
        Lang::Zh => Language::Chinese,
    };
    serde_json::from_str::<Decision>(body).map(|decision| decision.words(language)).unwrap_or_default()
}

async fn case_line(tx: &mut Tx, row: CaseRow, lang: Lang) -> Result<RiskCaseLine, Fail> {
    let order = orders::find(tx, row.order_id).await?;
    let decision = decisions::find(tx, row.decision_id).await?;
    Ok(RiskCaseLine {
        id: row.id,
        order: row.order_id,
        opened_at: row.opened_at,
        amount: order.map(|order| amount(order.amount_minor, &order.currency)).unwrap_or_default(),
        words: decision.map(|decision| decision_words(&decision.body, lang)).unwrap_or_default(),
        verdict: row.verdict,
        note: row.note,
        by: row.resolved_by,
        resolved_at: row.resolved_at,
    })
}

fn rule_line(rule: &Rule, hits: &[RuleHits]) -> RuleLine {
    let of: Vec<&RuleHits> = hits.iter().filter(|hit| hit.rule == rule.id).collect();
    let sum = |what: fn(&RuleHits) -> i64| of.iter().map(|hit| what(hit)).sum();
    let limits = rule
        .above
        .map(|above| above.to_string())
        .into_iter()
        .chain(rule.above_amount.iter().map(|(currency, above)| format!("{above}\u{a0}{currency}")));
    RuleLine {
        id: rule.id.clone(),
        subject: rule.subject.word(),
        measure: match rule.count {
            Measure::Attempts => "attempts",
            Measure::Charges => "charges",
            Measure::Refusals => "refusals",
            Measure::Refunds => "refunds",
            Measure::Cards => "cards",
            Measure::Drivers => "drivers",
            Measure::Sum => "sum",
            Measure::Amount => "amount",
        },
        seconds: i64::from(rule.within_minutes) * 60,
        limits: limits.collect(),
        outcome: rule.outcome.word(),
        mode: match rule.mode {
            Mode::Live => "live",
            Mode::DryRun => "dry_run",
            Mode::Off => "off",
        },
        hits: sum(|hit| hit.hits),
        orders: sum(|hit| hit.orders),
        passed: sum(|hit| hit.passed),
        fraud: sum(|hit| hit.fraud),
    }
}

async fn model_view(tx: &mut Tx, since: DateTime<Utc>) -> Result<Option<ModelView>, Fail> {
    let id = risk::active_model(tx).await?;
    let Some(row) = models::find(tx, &id).await? else { return Ok(None) };
    let (judged, inside) = decisions::coverage(tx, &id, since).await?;
    // In tenths of a percent, rounded half up.
    let coverage = (judged > 0).then(|| (inside * 2_000 + judged) / (2 * judged));
    Ok(Some(ModelView {
        id: row.id,
        revision: row.revision,
        drivers: row.drivers,
        payments: row.payments,
        trained_at: row.created_at,
        judged,
        inside,
        coverage: coverage.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)).unwrap_or_default(),
    }))
}

#[derive(Deserialize)]
struct Look {
    verdict: String,
    #[serde(default)]
    note: String,
    /// Whoever paid may not pay any more.
    #[serde(default)]
    block: String,
}

async fn look(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Look>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    let verdict = [Verdict::Honest, Verdict::Fraud, Verdict::Unclear]
        .into_iter()
        .find(|verdict| verdict.word() == form.verdict)
        .ok_or(Fail::BadRequest)?;
    let block: &[Subject] = if verdict == Verdict::Fraud && form.block == "yes" {
        &[Subject::Driver, Subject::Device, Subject::Card, Subject::Phone, Subject::Wallet]
    } else {
        &[]
    };
    let now = visit.shell.now;
    let note: String = form.note.trim().chars().take(500).collect();
    let resolution =
        Resolution { verdict, note: &note, block, block_until: now + BLOCK, by: &visit.account.name };
    let mut tx = state.app.db.write().await?;
    let found = risk::cases::resolve(&mut tx, &state.app.ids, id, &resolution, now).await?;
    found.ok_or(Fail::NotFound)?;
    tx.commit().await?;
    Ok(Redirect::to("/risk?done=case-looked-at").into_response())
}
