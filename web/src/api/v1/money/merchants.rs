//! Merchant accounts: how they have done, what operators want of them, and which would take a payment.

use super::{amount, order, story};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, At, Sent, text},
            op::Op,
            page::Page,
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    pay::Account,
    routing::{self, Grounds},
    store::routing::{self as rows, OverrideRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Routing";
const NOTE_MAX: usize = 200;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/routing/accounts", "listMerchantAccounts", Scope::Money, accounts)
            .says(TAG, "The merchant accounts of the settings, how their payments have gone, and what is wanted of them")
            .answers::<Page<Standing>>(StatusCode::OK, "All of them, in the order of the settings"),
        Op::put("/routing/accounts/{account}/wish", "putAccountWish", Scope::Money, want)
            .says(
                TAG,
                "Prefer a merchant account, or take it nowhere, for one method or all; in the place of what was wanted for \
                 the same. Needs the scope `config` too",
            )
            .body::<NewWish>()
            .answers::<Standing>(StatusCode::OK, "The account"),
        Op::delete("/routing/accounts/{account}/wish", "deleteAccountWish", Scope::Money, clear)
            .says(TAG, "Let the rule alone decide about an account again. Needs the scope `config` too")
            .query::<OfMethod>()
            .done("It is wanted no more"),
        Op::get("/routing/preview", "previewRoute", Scope::Money, preview)
            .says(TAG, "Which merchant account would take a payment now, and what speaks for and against each")
            .query::<Payment>()
            .answers::<story::Choice>(StatusCode::OK, "What would be chosen")
            .problem(StatusCode::NOT_FOUND, "There is no such order"),
    ]
}

/// A merchant account. Nothing of its keys is told.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MerchantAccount")]
struct Standing {
    account: String,
    /// Its word in the settings.
    provider: String,
    /// What a driver pays with there.
    wallet: String,
    methods: Vec<String>,
    currencies: Vec<String>,
    /// Of a payment; decimal text. Absent: nobody knows.
    fee_percent: Option<String>,
    fee_fixed_minor: i64,
    /// From statements, and not only agreed.
    fee_learnt: bool,
    /// Payments of the rule's last hours.
    tried: i64,
    succeeded: i64,
    /// With the rule's prior; decimal text.
    success_percent: String,
    /// The rule takes it, as far as its success goes.
    reliable: bool,
    /// Too many calls in a row have brought no answer: it is left alone for a while.
    rests: bool,
    wishes: Vec<Wish>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "AccountWishWord")]
enum Word {
    /// Taken wherever it can be.
    Preferred,
    /// Taken nowhere.
    Off,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewAccountWish")]
struct NewWish {
    wish: Word,
    /// Only for this method; absent: all.
    #[serde(default)]
    method: Option<String>,
    /// It ends by itself at this instant.
    #[serde(default)]
    until: Option<DateTime<Utc>>,
    /// Why.
    #[serde(default)]
    #[schemars(length(max = 200))]
    note: String,
}

/// What is wanted of an account.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AccountWish")]
struct Wish {
    /// `preferred` or `off`.
    wish: String,
    /// Absent: all.
    method: Option<String>,
    until: Option<DateTime<Utc>>,
    note: String,
    by: String,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccountWishMethod")]
struct OfMethod {
    /// What was wanted for this method; absent: what was wanted for all.
    method: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RoutedPayment")]
struct Payment {
    wallet: String,
    /// `in_wallet`, `phone_browser`, `code`, `score`, `hosted`, `terminal` or `on_file`.
    method: String,
    /// Amount and currency are those of this order; its number decides between equals.
    order: Option<String>,
    /// Whole smallest units.
    amount_minor: Option<i64>,
    currency: Option<String>,
    /// An amount is held, and what is due taken later.
    #[serde(default)]
    hold: bool,
}

/// What payments are decided by: counts and fees are seconds old at most, wishes are as they stand.
async fn grounds(state: &WebState) -> Result<Grounds, Problem> {
    let counted = state.app.routes.grounds(&state.app).await?;
    let mut tx = state.app.db.read().await?;
    let overrides = rows::overrides(&mut tx, state.app.clock.now()).await?;
    Ok(Grounds { overrides, ..Grounds::clone(&counted) })
}

async fn accounts(State(state): State<WebState>) -> Result<Json<Page<Standing>>, Problem> {
    let grounds = grounds(&state).await?;
    let now = state.app.clock.now();
    let items =
        state.app.pay.accounts.iter().map(|account| standing(&state, account, &grounds, now)).collect();
    Ok(Json(Page { items, next: None }))
}

fn standing(state: &WebState, account: &Account, grounds: &Grounds, now: DateTime<Utc>) -> Standing {
    let setting = state.app.config.pay.accounts.iter().find(|setting| setting.name == account.name);
    let outcome = grounds.outcomes.iter().find(|row| row.account == account.name);
    let (succeeded, failed) = outcome.map_or((0, 0), |row| (row.succeeded, row.failed));
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let success = grounds.rule.success_percent(count(succeeded + failed), count(succeeded));
    let fee = grounds.fees.get(&account.name);
    let abilities = account.provider.abilities();
    let mut methods: Vec<String> = abilities.methods.iter().map(|method| method.word().to_owned()).collect();
    methods.dedup();
    let wishes = grounds.overrides.iter().filter(|row| row.account == account.name);
    Standing {
        account: account.name.clone(),
        provider: setting.map_or_else(String::new, |setting| setting.setup.word().to_owned()),
        wallet: account.wallet.clone(),
        methods,
        currencies: abilities.currencies.iter().map(|currency| currency.code().to_owned()).collect(),
        fee_percent: fee.map(|(fee, _)| fee.percent.normalize().to_string()),
        fee_fixed_minor: fee.map_or(0, |(fee, _)| fee.fixed_minor),
        fee_learnt: fee.is_some_and(|(_, learnt)| *learnt),
        tried: succeeded + failed,
        succeeded,
        success_percent: success.round_dp(2).normalize().to_string(),
        reliable: success > grounds.rule.success_above_percent,
        rests: account.rests(now),
        wishes: wishes.map(wish).collect(),
    }
}

fn wish(row: &OverrideRow) -> Wish {
    Wish {
        wish: row.wish.clone(),
        method: Some(row.method.clone()).filter(|method| !method.is_empty()),
        until: row.until,
        note: row.note.clone(),
        by: row.created_by.clone(),
        created_at: row.created_at,
    }
}

async fn want(
    State(state): State<WebState>,
    asker: Asker,
    At(name): At<String>,
    Sent(new): Sent<NewWish>,
) -> Result<Json<Standing>, Problem> {
    asker.may(Scope::Config)?;
    let account = state.app.pay.accounts.get(&name).ok_or_else(|| problem::missing("account", &name))?;
    let method = new.method.unwrap_or_default();
    let known = &account.provider.abilities().methods;
    if !method.is_empty() && !known.iter().any(|known| known.word() == method) {
        return Err(problem::field("method", format!("the account does not take {method:?}")));
    }
    let now = state.app.clock.now();
    if new.until.is_some_and(|until| until <= now) {
        return Err(problem::field("until", "it is over"));
    }
    let row = OverrideRow {
        account: account.name.clone(),
        method,
        wish: match new.wish {
            Word::Preferred => "preferred",
            Word::Off => "off",
        }
        .to_owned(),
        note: text("note", &new.note, NOTE_MAX)?,
        until: new.until,
        created_by: asker.name,
        created_at: now,
    };
    let mut tx = state.app.db.write().await?;
    routing::want(&mut tx, &state.app.ids, &row).await?;
    tx.commit().await?;
    Ok(Json(standing(&state, account, &grounds(&state).await?, now)))
}

async fn clear(
    State(state): State<WebState>,
    asker: Asker,
    At(account): At<String>,
    Asked(of): Asked<OfMethod>,
) -> Result<StatusCode, Problem> {
    asker.may(Scope::Config)?;
    let method = text("method", &of.method.unwrap_or_default(), 40)?;
    let (ids, now) = (&state.app.ids, state.app.clock.now());
    let mut tx = state.app.db.write().await?;
    if !routing::clear(&mut tx, ids, &account, &method, &asker.name, now).await? {
        return Err(Problem::not_found().detail(format!("Nothing is wanted of {account:?} for this method")));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn preview(
    State(state): State<WebState>,
    Asked(payment): Asked<Payment>,
) -> Result<Json<story::Choice>, Problem> {
    let methods = || format!("method: one of {}", routing::METHODS.join(", "));
    let method = routing::method(&payment.method).ok_or_else(|| problem::query(methods()))?;
    let (amount, tie) = match (&payment.order, payment.amount_minor, &payment.currency) {
        (Some(number), None, None) => {
            let row = order(&mut state.app.db.read().await?, number).await?;
            (
                amount(row.due_minor.filter(|due| *due > 0).unwrap_or(row.amount_minor), &row.currency)?,
                row.number,
            )
        }
        (None, Some(minor), Some(code)) => (amount(minor, code)?, String::new()),
        _ => return Err(problem::query("say order, or amount_minor and currency")),
    };
    let decision = routing::preview(&state.app, &payment.wallet, &method, amount, payment.hold, &tie).await?;
    Ok(Json(story::choice(decision)))
}
