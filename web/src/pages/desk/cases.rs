//! Cases of clearing, and what people do about one or many of them.

use super::{
    super::{ROWS, next_link},
    clearing,
};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{
        Pager,
        desk::{
            CaseLine, CasesPage, Choice, FailedLine, PreviewBox, ResultsBox, SumLine, Trouble, amount,
            some_amount,
        },
    },
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    clearing::{
        ClearingError,
        bulk::{Outcome, Preview, TOGETHER_MAX},
        resolve::{Resolution, Resolved},
    },
    store::clearing::{
        cases::{self, CaseRow, Filter},
        terms,
    },
};
use payments::{Amount, clearing::matching::Reason};
use serde::Deserialize;
use tariffs::Currency;

/// States of cases, in the order of the filter.
const STATES: [&str; 3] = ["open", "asked", "resolved"];
/// What cases can be about.
const KINDS: [&str; 7] = ["payment", "refund", "fee", "payout", "other", "trades", "funds"];

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/clearing/cases", get(show).post(settle_all))
        .route("/clearing/cases/{id}", post(settle))
}

/// Which cases, and how all of them might be settled.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    state: String,
    reason: String,
    kind: String,
    account: String,
    from: String,
    to: String,
    currency: String,
    at_most: String,
    before: String,
    way: String,
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    visit.show(&page(&state, &wanted, None).await?)
}

/// The page again, with why something was not done.
async fn refused(state: &WebState, visit: &Visit, trouble: String) -> Result<Response, Fail> {
    let page = visit.show(&page(state, &Wanted::default(), Some(trouble)).await?)?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// An amount that differences are bounded by, where one is given: it needs a currency, as differences of several have
/// no common measure.
fn bound(wanted: &Wanted) -> Result<Option<Amount>, String> {
    if wanted.at_most.trim().is_empty() {
        return Ok(None);
    }
    let currency: Currency =
        wanted.currency.parse().map_err(|_| "An amount needs a currency beside it.".to_owned())?;
    let decimal = tariffs::parse_decimal(wanted.at_most.trim())
        .map_err(|_| format!("{:?} is no amount: write it like 12.30.", wanted.at_most))?;
    Amount::exact(decimal, currency).map(Some).map_err(|error| error.to_string())
}

async fn page(state: &WebState, wanted: &Wanted, trouble: Trouble) -> Result<CasesPage, Fail> {
    let some = |text: &'_ str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let word = |words: &[&'static str], text: &str| words.iter().copied().find(|word| *word == text);
    let filter_state = word(&STATES, &wanted.state).unwrap_or("open");
    let (reason, kind) = (word(&reasons(), &wanted.reason), word(&KINDS, &wanted.kind));
    let (account, currency) = (some(&wanted.account), some(&wanted.currency));
    let day = |text: &str| text.parse::<chrono::NaiveDate>().ok().map(|day| day.to_string());
    let (from, to) = (day(&wanted.from), day(&wanted.to));
    let bound = bound(wanted);
    let filter = Filter {
        account: account.as_deref(),
        reason,
        kind,
        state: Some(filter_state),
        currency: currency.as_deref(),
        at_most_minor: bound.as_ref().ok().and_then(|bound| bound.map(|amount| amount.minor)),
        from_day: from.as_deref(),
        to_day: to.as_deref(),
        ..Filter::default()
    };
    let before = wanted.before.parse().ok();
    let mut tx = state.app.db.read().await?;
    let mut found = cases::list(&mut tx, &filter, before, ROWS + 1).await?;
    let open = cases::count_open(&mut tx).await?;
    let known = clearing::accounts(state, terms::list(&mut tx).await?);
    drop(tx);
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let last = found.last().map(|row| row.id.to_string()).unwrap_or_default();
    let query = [
        ("state", wanted.state.as_str()),
        ("reason", wanted.reason.as_str()),
        ("kind", wanted.kind.as_str()),
        ("account", wanted.account.as_str()),
        ("from", wanted.from.as_str()),
        ("to", wanted.to.as_str()),
        ("currency", wanted.currency.as_str()),
        ("at_most", wanted.at_most.as_str()),
    ];
    let at = |key: &str| next_link("/clearing/cases", &query, ("before", key));
    let choice = |word: &str, chosen: bool| Choice { value: word.to_owned(), name: word.to_owned(), chosen };
    let way = Resolution::of(&wanted.way).filter(|_| filter_state != "resolved");
    let trouble = trouble.or(bound.as_ref().err().cloned());
    let preview = match way {
        // What a wrong bound would choose is not offered.
        Some(way) if bound.is_ok() => {
            Some(preview_box(clearing::of(state).preview(&filter, way).await?, way))
        }
        _ => None,
    };
    let ways: &[Resolution] =
        if found.is_empty() || filter_state == "resolved" { &[] } else { &Resolution::ALL };
    Ok(CasesPage {
        states: STATES.iter().map(|word| choice(word, *word == filter_state)).collect(),
        reasons: reasons().iter().map(|word| choice(word, Some(*word) == reason)).collect(),
        kinds: KINDS.iter().map(|word| choice(word, Some(*word) == kind)).collect(),
        accounts: known.iter().map(|name| choice(name, *name == wanted.account)).collect(),
        ways: ways.iter().map(|one| choice(one.word(), Some(*one) == way)).collect(),
        from: from.unwrap_or_default(),
        to: to.unwrap_or_default(),
        currency: wanted.currency.clone(),
        at_most: wanted.at_most.clone(),
        cases: found.into_iter().map(case_line).collect(),
        pager: Pager { first: before.is_some().then(|| at("")), next: more.then(|| at(&last)) },
        open,
        preview,
        results: None,
        trouble,
    })
}

/// Reasons of cases: those of comparing, of payouts, and of statements.
fn reasons() -> Vec<&'static str> {
    Reason::ALL.iter().map(|reason| reason.word()).chain(["payout", "credit", cases::LATE]).collect()
}

fn preview_box(preview: Preview, way: Resolution) -> PreviewBox {
    let ids: Vec<String> = preview.cases.iter().map(i64::to_string).collect();
    PreviewBox {
        way: way.word().to_owned(),
        count: ids.len(),
        ids: ids.join(" "),
        sums: preview
            .sums
            .into_iter()
            .map(|sum| SumLine {
                cases: sum.cases,
                long: some_amount(sum.long_minor, &sum.currency),
                short: some_amount(sum.short_minor, &sum.currency),
            })
            .collect(),
        unfit: preview.unfit,
        need_two: preview.need_two,
        more: preview.more.then_some(TOGETHER_MAX),
    }
}

fn case_line(row: CaseRow) -> CaseLine {
    let mut ways: Vec<&'static str> = Vec::new();
    if row.state != "resolved" {
        ways.extend(Resolution::ALL.into_iter().filter(|way| way.fits(&row)).map(Resolution::word));
        // Of two people, the second agrees to what the first has chosen.
        let first = if row.state == "asked" { &row.resolution } else { &row.suggestion };
        ways.sort_by_key(|way| way != first);
    }
    let known = |minor: Option<i64>| minor.map(|minor| amount(minor, &row.currency)).unwrap_or_default();
    CaseLine {
        id: row.id,
        ours: known(row.ours_minor),
        theirs: known(row.theirs_minor),
        gain: some_amount(row.gain_minor, &row.currency),
        ways,
        day: row.day,
        account: row.account,
        reason: row.reason,
        state: row.state,
        kind: row.kind,
        number: row.number,
        reference: row.reference,
        order: row.order_id,
        resolution: row.resolution,
        note: row.note,
        asked_by: row.asked_by,
        resolved_by: row.resolved_by,
        found_at: row.found_at,
        resolved_at: row.resolved_at,
    }
}

#[derive(Deserialize)]
struct Settle {
    way: String,
    #[serde(default)]
    note: String,
}

async fn settle(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Settle>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    let way = Resolution::of(&form.way).ok_or(Fail::BadRequest)?;
    match clearing::of(&state).resolve(id, way, form.note.trim(), &visit.account.name).await {
        Ok(resolved) => {
            let done = if resolved == Resolved::Asked { "case-asked" } else { "case-settled" };
            Ok(Redirect::to(&format!("/clearing/cases?done={done}")).into_response())
        }
        Err(error @ (ClearingError::Refused(_) | ClearingError::Busy(_) | ClearingError::Ledger(_))) => {
            refused(&state, &visit, error.to_string()).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The cases that somebody has seen in a preview, and what is done with all of them.
#[derive(Deserialize)]
struct SettleAll {
    way: String,
    #[serde(default)]
    note: String,
    cases: String,
}

async fn settle_all(State(state): State<WebState>, signed: Signed<SettleAll>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let way = Resolution::of(&form.way).ok_or(Fail::BadRequest)?;
    let chosen: Result<Vec<i64>, _> =
        form.cases.split_whitespace().take(TOGETHER_MAX + 1).map(str::parse).collect();
    let chosen = chosen.map_err(|_| Fail::BadRequest)?;
    match clearing::of(&state).resolve_all(&chosen, way, form.note.trim(), &visit.account.name).await {
        Ok(outcomes) => {
            let page = page(&state, &Wanted::default(), None).await?;
            visit.show(&CasesPage { results: Some(results(outcomes)), ..page })
        }
        Err(error @ ClearingError::Refused(_)) => refused(&state, &visit, error.to_string()).await,
        Err(error) => Err(error.into()),
    }
}

fn results(outcomes: Vec<Outcome>) -> ResultsBox {
    let mut results = ResultsBox { settled: 0, asked: 0, before: 0, failed: Vec::new() };
    for outcome in outcomes {
        match outcome.done {
            Ok(Resolved::Done) => results.settled += 1,
            Ok(Resolved::Asked) => results.asked += 1,
            Ok(Resolved::Before) => results.before += 1,
            Err(why) => results.failed.push(FailedLine { case: outcome.case, why }),
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_an_amount_in_a_currency() {
        let wanted = |at_most: &str, currency: &str| Wanted {
            at_most: at_most.into(),
            currency: currency.into(),
            ..Wanted::default()
        };
        assert_eq!(bound(&wanted("", "")), Ok(None));
        assert_eq!(bound(&wanted(" 0.5 ", "EUR")).unwrap().unwrap().minor, 50);
        for (at_most, currency) in [("1", ""), ("1", "nothing"), ("x", "EUR"), ("0.5", "JPY"), ("1e3", "EUR")]
        {
            assert!(bound(&wanted(at_most, currency)).is_err(), "{at_most} {currency}");
        }
    }
}
