//! Routing: the rule, the accounts, and what operators want of them.

use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::desk::{AccountLine, RoutingPage, RuleView, WishLine},
};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{TimeDelta, Utc};
use csms::{
    pay::Account,
    routing::{self as choice, Grounds},
    store::routing::{self, OverrideRow},
};
use payments::routing::{Fallback, Fee};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A wish holds so many hours at most, unless it holds until further notice.
const HOURS_MAX: i64 = 24 * 90;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/routing", get(show))
        .route("/routing/wish", post(wish))
        .route("/routing/clear", post(clear))
}

async fn show(State(state): State<WebState>, visit: Visit) -> Result<Response, Fail> {
    let now = visit.shell.now;
    // Counts and fees are those that payments are decided by, seconds old at most; wishes are as they stand.
    let counted = state.app.routes.grounds(&state.app).await?;
    let mut tx = state.app.db.read().await?;
    let row = routing::rule(&mut tx).await?;
    let overrides = routing::overrides(&mut tx, now).await?;
    drop(tx);
    let rule = row.as_ref().and_then(|row| serde_json::from_str(&row.body).ok()).unwrap_or_default();
    let grounds = Grounds { rule, overrides, ..Grounds::clone(&counted) };
    let rule = &grounds.rule;
    let accounts: Vec<AccountLine> =
        state.app.pay.accounts.iter().map(|account| account_line(account, &grounds, now)).collect();
    let methods: BTreeSet<&'static str> = state
        .app
        .pay
        .accounts
        .iter()
        .flat_map(|account| account.provider.abilities().methods.iter().map(|method| method.word()))
        .collect();
    visit.show(&RoutingPage {
        rule: RuleView {
            version: row.as_ref().map_or(0, |row| row.version),
            fee_below: rule.fee_below_percent.map(|fee| fee.normalize().to_string()),
            success_above: rule.success_above_percent.normalize().to_string(),
            window_hours: rule.window_hours,
            prior_payments: rule.prior_payments,
            prior_success: rule.prior_success_percent.normalize().to_string(),
            fallback: match rule.fallback {
                Fallback::BestAvailable => "best_available",
                Fallback::Refuse => "refuse",
            },
            at: row.as_ref().map(|row| row.created_at),
            note: row.as_ref().map(|row| row.note.clone()).unwrap_or_default(),
            by: row.map(|row| row.created_by).unwrap_or_default(),
        },
        accounts,
        methods: methods.into_iter().collect(),
    })
}

fn account_line(account: &Account, grounds: &Grounds, now: chrono::DateTime<Utc>) -> AccountLine {
    let outcome = grounds.outcomes.iter().find(|row| row.account == account.name);
    let (succeeded, failed) = outcome.map_or((0, 0), |row| (row.succeeded, row.failed));
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let success = grounds.rule.success_percent(count(succeeded + failed), count(succeeded));
    let (fee, learnt) = grounds.fees.get(&account.name).copied().unwrap_or_default();
    let mut methods: Vec<String> =
        account.provider.abilities().methods.iter().map(|method| method.word().to_owned()).collect();
    methods.dedup();
    AccountLine {
        name: account.name.clone(),
        wallet: account.wallet.clone(),
        methods,
        fee: fee_text(fee),
        learnt,
        tried: succeeded + failed,
        succeeded,
        success: success.round_dp(2).normalize().to_string(),
        good: success > grounds.rule.success_above_percent,
        rests: account.rests(now),
        wishes: grounds
            .overrides
            .iter()
            .filter(|row| row.account == account.name)
            .map(|row| WishLine {
                wish: row.wish.clone(),
                method: row.method.clone(),
                note: row.note.clone(),
                until: row.until,
                by: row.created_by.clone(),
            })
            .collect(),
    }
}

/// `0.6 %`, or `1.5 % + 25`: what is fixed is in the smallest unit of whatever currency is paid in.
fn fee_text(fee: Fee) -> String {
    let percent = format!("{}\u{a0}%", fee.percent.normalize());
    if fee.fixed_minor == 0 { percent } else { format!("{percent} + {}", fee.fixed_minor) }
}

#[derive(Deserialize)]
struct Wish {
    account: String,
    wish: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    note: String,
    /// Empty: until further notice.
    #[serde(default)]
    hours: String,
}

async fn wish(State(state): State<WebState>, signed: Signed<Wish>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let account = state.app.pay.accounts.get(&form.account).ok_or(Fail::NotFound)?;
    let methods = &account.provider.abilities().methods;
    let known = form.method.is_empty() || methods.iter().any(|method| method.word() == form.method);
    if !known || !matches!(form.wish.as_str(), "off" | "preferred") {
        return Err(Fail::BadRequest);
    }
    let now = visit.shell.now;
    let until = match form.hours.trim() {
        "" => None,
        hours => {
            let hours: i64 = hours.parse().map_err(|_| Fail::BadRequest)?;
            if !(1..=HOURS_MAX).contains(&hours) {
                return Err(Fail::BadRequest);
            }
            Some(now + TimeDelta::hours(hours))
        }
    };
    let row = OverrideRow {
        account: account.name.clone(),
        method: form.method,
        wish: form.wish,
        note: form.note.trim().chars().take(200).collect(),
        until,
        created_by: visit.account.name.clone(),
        created_at: now,
    };
    let mut tx = state.app.db.write().await?;
    choice::want(&mut tx, &state.app.ids, &row).await?;
    tx.commit().await?;
    Ok(Redirect::to("/routing?done=wish-kept").into_response())
}

#[derive(Deserialize)]
struct Cleared {
    account: String,
    #[serde(default)]
    method: String,
}

async fn clear(State(state): State<WebState>, signed: Signed<Cleared>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let mut tx = state.app.db.write().await?;
    let (ids, by, now) = (&state.app.ids, &visit.account.name, visit.shell.now);
    if !choice::clear(&mut tx, ids, &form.account, &form.method, by, now).await? {
        return Err(Fail::NotFound);
    }
    tx.commit().await?;
    Ok(Redirect::to("/routing?done=wish-cleared").into_response())
}
