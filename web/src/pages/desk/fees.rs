//! What is agreed with providers about their fees: what counts, what will, and who said so.

use super::clearing;
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::desk::{AgreedLine, FeeLine, FeesPage, Trouble},
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::NaiveDate;
use csms::{
    clearing::{ClearingError, terms::Agreement},
    store::clearing::{
        fees::{self, FeeRow},
        terms,
    },
};
use payments::clearing::{Contract, Rate, days};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What was agreed that is listed.
const LISTED: i64 = 100;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/clearing/fees", get(show).post(agree))
}

async fn show(State(state): State<WebState>, visit: Visit) -> Result<Response, Fail> {
    visit.show(&page(&state, &visit, None).await?)
}

async fn page(state: &WebState, visit: &Visit, trouble: Trouble) -> Result<FeesPage, Fail> {
    let (clearing, now) = (clearing::of(state), visit.shell.now);
    let mut tx = state.app.db.read().await?;
    let rows = terms::list(&mut tx).await?;
    let banks: BTreeMap<String, String> =
        rows.iter().map(|row| (row.account.clone(), row.bank.clone())).collect();
    let names: BTreeSet<String> = clearing::accounts(state, rows)
        .into_iter()
        .filter(|name| !name.starts_with(csms::clearing::terms::BANK))
        .collect();
    let mut accounts = Vec::with_capacity(names.len());
    for name in names {
        let agreed = clearing.terms(&mut tx, &name).await?;
        let today = days::day(agreed.zone, now);
        let all = fees::of_account(&mut tx, &name).await?;
        let text = today.to_string();
        let counting = all.iter().find(|row| row.from_day <= text);
        let next = all.iter().rfind(|row| row.from_day > text).map(|row| row.from_day.clone());
        let next = next.and_then(|day| all.iter().find(|row| row.from_day == day));
        let kept = clearing.learned(&mut tx, &name, today).await?;
        accounts.push(AgreedLine {
            fee: counting.map(fee).unwrap_or_default(),
            kept: kept.map(|rate| rate.to_string()).unwrap_or_default(),
            since: counting.map(since).unwrap_or_default(),
            returns: counting.is_some_and(|row| row.returns_fees),
            tolerance: counting.map_or(0, |row| row.tolerance_minor),
            next: next.map(fee).unwrap_or_default(),
            next_from: next.map(since).unwrap_or_default(),
            zone: agreed.zone.name().to_owned(),
            fetch_at: agreed.fetch_at.format("%H:%M").to_string(),
            bank: banks.get(&name).cloned().unwrap_or_default(),
            account: name,
        });
    }
    let mut history = fees::newest(&mut tx, LISTED + 1).await?;
    drop(tx);
    let more = history.len() > LISTED as usize;
    history.truncate(LISTED as usize);
    let newest: BTreeMap<(String, String), i64> = history.iter().fold(BTreeMap::new(), |mut newest, row| {
        let generation = newest.entry((row.account.clone(), row.from_day.clone())).or_default();
        *generation = row.generation.max(*generation);
        newest
    });
    let zone = crate::view::zone_of(&visit.shell.zone);
    Ok(FeesPage {
        accounts,
        history: history
            .into_iter()
            .map(|row| FeeLine {
                replaced: newest.get(&(row.account.clone(), row.from_day.clone())) != Some(&row.generation),
                from: since(&row),
                fee: fee(&row),
                returns: row.returns_fees,
                tolerance: row.tolerance_minor,
                account: row.account,
                note: row.note,
                by: row.by_whom,
                at: row.created_at,
            })
            .collect(),
        more,
        tomorrow: days::next(days::day(zone, now)).to_string(),
        trouble,
    })
}

/// `0.6% + 25`; nothing, where fees are taken as they are.
fn fee(row: &FeeRow) -> String {
    let Some(millionths) = row.rate_millionths else { return String::new() };
    let percent = clearing::percent(millionths);
    if row.fixed_minor == 0 { format!("{percent}%") } else { format!("{percent}% + {}", row.fixed_minor) }
}

/// The first day; nothing, where it counts ever since.
fn since(row: &FeeRow) -> String {
    if row.from_day.starts_with("0001") { String::new() } else { row.from_day.clone() }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Agreed {
    account: String,
    from: String,
    /// In percent; empty: fees are taken as they are.
    rate: String,
    fixed: String,
    tolerance: String,
    returns: Option<String>,
    note: String,
}

async fn agree(State(state): State<WebState>, signed: Signed<Agreed>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let known = state.app.pay.accounts.get(&form.account).is_some();
    let read = if known { read(&form) } else { Err("Whose fees are they? Choose an account.".to_owned()) };
    let (from, contract) = match read {
        Ok(read) => read,
        Err(why) => return refused(&state, &visit, why).await,
    };
    let agreed = Agreement {
        account: &form.account,
        from: Some(from),
        contract,
        note: &form.note,
        by: &visit.account.name,
    };
    match clearing::of(&state).agree(&agreed).await {
        Ok(new) => {
            let done = if new { "fees-kept" } else { "fees-known" };
            Ok(Redirect::to(&format!("/clearing/fees?done={done}")).into_response())
        }
        Err(error @ ClearingError::Refused(_)) => refused(&state, &visit, error.to_string()).await,
        Err(error) => Err(error.into()),
    }
}

async fn refused(state: &WebState, visit: &Visit, trouble: String) -> Result<Response, Fail> {
    let page = visit.show(&page(state, visit, Some(trouble)).await?)?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// What the form says, or what is wrong with it.
fn read(form: &Agreed) -> Result<(NaiveDate, Option<Contract>), String> {
    let from = form.from.trim();
    let from = from.parse().map_err(|_| format!("{from:?} is no day: write it like 2026-05-01."))?;
    let rate = form.rate.trim().trim_end_matches('%').trim();
    if rate.is_empty() {
        return Ok((from, None));
    }
    let units = |text: &str| match text.trim() {
        "" => Ok(0),
        text => {
            text.parse().map_err(|_| format!("{text:?} is no number of smallest units: write it like 25."))
        }
    };
    let contract = Contract {
        rate: format!("{rate}%").parse::<Rate>().map_err(|error| error.to_string())?,
        fixed: units(&form.fixed)?,
        returns: form.returns.is_some(),
        tolerance: units(&form.tolerance)?,
    };
    Ok((from, Some(contract)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_writes_is_taken_exactly_or_not_at_all() {
        let form = |rate: &str, fixed: &str| Agreed {
            from: "2026-05-01".into(),
            rate: rate.into(),
            fixed: fixed.into(),
            ..Agreed::default()
        };
        let told =
            |form: &Agreed| read(form).map(|(_, contract)| contract.map(|c| (c.rate.to_string(), c.fixed)));
        assert_eq!(told(&form(" 0.60 % ", "25")), Ok(Some(("0.6%".to_owned(), 25))));
        assert_eq!(told(&form("1.5", "")), Ok(Some(("1.5%".to_owned(), 0))));
        assert_eq!(told(&form("", "25")), Ok(None));
        for (rate, fixed) in [("x", ""), ("101", ""), ("0.00001", ""), ("-1", ""), ("1", "0.5"), ("1", "x")] {
            assert!(told(&form(rate, fixed)).is_err(), "{rate} {fixed}");
        }
        assert!(read(&Agreed { from: "soon".into(), ..form("1", "") }).is_err());
    }
}
