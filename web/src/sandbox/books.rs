//! `/sandbox`: the sandbox's books, for those who may see the console.

use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{Pager, SandboxAccount, SandboxBooks, SandboxLine, SandboxSum},
};
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Days};
use csms::{
    sandbox::play::Manner,
    store::sandbox::{self as rows, OrderRow},
};
use payments::Amount;
use serde::Deserialize;

/// Orders of a page.
const ROWS: i64 = 50;
/// The sums are of so many days.
const DAYS: u64 = 30;

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    before: String,
}

/// Sums and orders.
pub async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let now = visit.shell.now;
    let sandbox = &state.app.sandbox;
    let mut accounts = Vec::new();
    for account in sandbox.accounts() {
        let answers = sandbox.answers(&account.merchant).await?;
        let since = now.checked_sub_days(Days::new(DAYS)).unwrap_or(now);
        let until = now + chrono::TimeDelta::seconds(1);
        let sums = rows::sums(&mut state.app.db.read().await?, &account.merchant, (since, until)).await?;
        let sums = sums.into_iter().map(|row| {
            let net = row.taken_minor - row.returned_minor - row.fee_minor;
            let [taken, returned, fee, net] = [row.taken_minor, row.returned_minor, row.fee_minor, net]
                .map(|minor| decimal(minor, &row.currency));
            SandboxSum { currency: row.currency, taken, returned, fee, net, moves: row.moves }
        });
        accounts.push(SandboxAccount { merchant: account.merchant.clone(), answers, sums: sums.collect() });
    }
    let before = wanted
        .before
        .split_once('~')
        .and_then(|(at, reference)| Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, reference)));
    let mut found = rows::orders(&mut state.app.db.read().await?, before, ROWS + 1).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let next = found
        .last()
        .filter(|_| more)
        .map(|row| format!("/sandbox?before={}~{}", row.created_at.timestamp_micros(), row.reference));
    visit.show(&SandboxBooks {
        accounts,
        choices: &Manner::ANSWERS,
        orders: found.into_iter().map(line).collect(),
        pager: Pager { first: before.is_some().then(|| "/sandbox".to_owned()), next },
        days: DAYS,
        css: &crate::assets::SANDBOX.path,
    })
}

#[derive(Deserialize)]
pub struct Answers {
    merchant: String,
    answers: String,
}

/// From now on all calls of an account are answered like this.
pub async fn answers(State(state): State<WebState>, signed: Signed<Answers>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    state.app.sandbox.set_answers(&form.merchant, &form.answers).await.map_err(|fault| match fault {
        csms::sandbox::Fault::No(..) => Fail::BadRequest,
        fault => fault.into(),
    })?;
    Ok(Redirect::to("/sandbox").into_response())
}

fn line(row: OrderRow) -> SandboxLine {
    SandboxLine {
        href: format!("/sandbox/pay/{}", row.reference),
        amount: decimal(row.amount_minor, &row.currency),
        taken: decimal(row.taken_minor, &row.currency),
        returned: decimal(row.returned_minor, &row.currency),
        number: row.number,
        method: row.method,
        state: row.state,
        currency: row.currency,
        created_at: row.created_at,
    }
}

fn decimal(minor: i64, currency: &str) -> String {
    match currency.parse() {
        Ok(currency) => Amount::new(minor, currency).decimal().to_string(),
        Err(_) => minor.to_string(),
    }
}
