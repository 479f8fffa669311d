//! Clearing by days: what was settled, what is long and short, what hosts get, and doing what is due.

use super::{books, not_cleared};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, Sent},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use csms::{
    api_key::Scope,
    clearing::report::Report as Found,
    store::clearing::{
        cases::Sum,
        runs::{self, Filter, RunRow, SettlementRow},
        shares::ShareRow,
    },
};
use payments::clearing::days;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Clearing";
/// Days of a report at most.
const DAYS_MAX: i64 = 31;
/// No statement is of another year.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2200;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/clearing/settlements", "listSettlements", Scope::Money, list)
            .says(TAG, "Our own settlement of each day, by site, merchant account and currency; the oldest first")
            .query::<Wanted>()
            .answers::<Page<Settlement>>(StatusCode::OK, "A page"),
        Op::get("/clearing/report", "getClearingReport", Scope::Money, report)
            .says(TAG, "What is long and short on some days, what hosts get of them, and what accounts have kept of late")
            .query::<Days>()
            .answers::<Report>(StatusCode::OK, "The report"),
        Op::get("/clearing/runs", "listClearingRuns", Scope::Money, list_runs)
            .says(TAG, "The work of clearing, by day, the newest first: settlements, and statements that were asked for")
            .query::<RunsWanted>()
            .answers::<Page<Run>>(StatusCode::OK, "A page"),
        Op::post("/clearing/runs", "startClearingRun", Scope::Money, run)
            .says(
                TAG,
                "Do what is due now, or settle one day again; what has not changed stays as it is, however often it is done. \
                 Needs the scope `command` too",
            )
            .body::<NewRun>()
            .answers::<Done>(StatusCode::OK, "It is done")
            .problem(StatusCode::CONFLICT, "Another process is at it"),
    ]
}

/// A day of a query or a body.
pub fn day(name: &str, text: &str) -> Result<NaiveDate, Problem> {
    let day = text.parse::<NaiveDate>().ok().filter(|day| YEARS.contains(&day.year()));
    day.ok_or_else(|| problem::field(name, format!("{text:?} is no day: write it like 2026-05-01")))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SettlementFilter")]
struct Wanted {
    /// The first day.
    from: Option<String>,
    /// The last day.
    to: Option<String>,
    site_id: Option<String>,
    account: Option<String>,
    currency: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// What a day came to. Amounts are whole smallest units.
#[derive(Debug, Serialize, JsonSchema)]
struct Settlement {
    day: String,
    /// Whose day it is.
    time_zone: String,
    /// Absent: orders without a site.
    site_id: Option<String>,
    account: String,
    currency: String,
    /// How many payments.
    paid: i64,
    paid_minor: i64,
    returned: i64,
    returned_minor: i64,
    /// By what is agreed.
    fee_minor: i64,
    /// By what the provider has kept of late; absent: not known.
    learned_fee_minor: Option<i64>,
    /// What was paid less what was given back less fees.
    net_minor: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClearingDays")]
struct Days {
    /// The first day.
    from: String,
    /// The last day, 31 days later at most; absent: the first.
    to: Option<String>,
}

/// Some days as they stand now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingReport")]
struct Report {
    differences: Vec<Difference>,
    shares: Vec<Share>,
    learned: Vec<Learned>,
}

/// What is long and short for one reason.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingDifference")]
struct Difference {
    day: String,
    account: String,
    currency: String,
    reason: String,
    cases: i64,
    open: i64,
    /// By their books we have so much more …
    long_minor: i64,
    /// … and so much less.
    short_minor: i64,
}

/// What a host gets of a day.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingShare")]
struct Share {
    day: String,
    /// Of `/clearing/share-rules`.
    rule_id: String,
    currency: String,
    base_minor: i64,
    share_minor: i64,
}

/// What an account has kept of late.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LearnedFee")]
struct Learned {
    account: String,
    /// E.g. `0.6%`; absent: nothing is known.
    rate: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClearingRunFilter")]
struct RunsWanted {
    /// `settle` or `fetch`.
    kind: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A piece of work.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingRun")]
struct Run {
    /// `settle` or `fetch`.
    kind: String,
    /// A time zone, or an account and a file.
    subject: String,
    day: String,
    /// `waiting` or `done`.
    state: String,
    /// How often it has changed something.
    generation: i64,
    tries: i64,
    /// Somebody is at it until then.
    under_way_until: Option<DateTime<Utc>>,
    /// Why it came to nothing the last time.
    trouble: String,
    done_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewClearingRun")]
struct NewRun {
    /// Settle this day, which is over, and nothing else; absent: everything that is due.
    #[serde(default)]
    day: Option<String>,
    /// Whose day that is, e.g. `Europe/Berlin`; absent: UTC.
    #[serde(default)]
    time_zone: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingDone")]
struct Done {
    /// The day's settlement; absent where everything was done that is due.
    settlement: Option<Vec<Settlement>>,
    /// It is another one than before.
    changed: Option<bool>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Settlement>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let of_day =
        |name, text: Option<String>| text.map(|text| day(name, &text).map(|day| day.to_string())).transpose();
    let filter = Filter {
        from_day: of_day("from", wanted.from)?,
        to_day: of_day("to", wanted.to)?,
        site: wanted.site_id.map(|text| page::number("site_id", &text)).transpose()?,
        account: wanted.account,
        currency: wanted.currency,
    };
    let after = page::parts::<5>(wanted.cursor.as_deref())?;
    let after = match &after {
        Some([day, zone, site, account, currency]) => {
            let site = page::after(Some(site))?.unwrap_or_default();
            Some((day.as_str(), zone.as_str(), site, account.as_str(), currency.as_str()))
        }
        None => None,
    };
    let found = runs::settlement_page(&mut state.app.db.read().await?, &filter, after, limit + 1).await?;
    let cursor = |row: &SettlementRow| {
        page::joined(&[&row.day, &row.zone, &row.site_id.to_string(), &row.account, &row.currency])
    };
    Ok(Json(Page::new(found, limit, cursor, settlement)))
}

fn settlement(row: SettlementRow) -> Settlement {
    Settlement {
        day: row.day,
        time_zone: row.zone,
        site_id: (row.site_id != 0).then(|| row.site_id.to_string()),
        account: row.account,
        currency: row.currency,
        paid: row.paid,
        paid_minor: row.paid_minor,
        returned: row.returned,
        returned_minor: row.returned_minor,
        fee_minor: row.fee_minor,
        learned_fee_minor: row.learned_minor,
        net_minor: row.net_minor,
    }
}

async fn report(State(state): State<WebState>, Asked(wanted): Asked<Days>) -> Result<Json<Report>, Problem> {
    let from = day("from", &wanted.from)?;
    let to = wanted.to.map_or(Ok(from), |text| day("to", &text))?;
    if to < from || to - from >= TimeDelta::days(DAYS_MAX) {
        return Err(problem::query(format!("to: not before from, and {DAYS_MAX} days at most")));
    }
    let Found { differences, shares, learned, .. } =
        books(&state).report(from, to).await.map_err(not_cleared)?;
    let difference = |sum: Sum| Difference {
        day: sum.day,
        account: sum.account,
        currency: sum.currency,
        reason: sum.reason,
        cases: sum.cases,
        open: sum.open,
        long_minor: sum.long_minor,
        short_minor: sum.short_minor,
    };
    let share = |row: ShareRow| Share {
        day: row.day,
        rule_id: row.rule_id.to_string(),
        currency: row.currency,
        base_minor: row.base_minor,
        share_minor: row.share_minor,
    };
    Ok(Json(Report {
        differences: differences.into_iter().map(difference).collect(),
        shares: shares.into_iter().map(share).collect(),
        learned: learned
            .into_iter()
            .map(|(account, rate)| Learned { account, rate: rate.map(|rate| rate.to_string()) })
            .collect(),
    }))
}

async fn list_runs(
    State(state): State<WebState>,
    Asked(wanted): Asked<RunsWanted>,
) -> Result<Json<Page<Run>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::parts::<3>(wanted.cursor.as_deref())?;
    let after = after.as_ref().map(|[day, kind, subject]| (day.as_str(), kind.as_str(), subject.as_str()));
    let mut tx = state.app.db.read().await?;
    let found = runs::page(&mut tx, wanted.kind.as_deref(), after, limit + 1).await?;
    let run = |row: RunRow| Run {
        kind: row.kind,
        subject: row.subject,
        day: row.day,
        state: row.state,
        generation: row.generation,
        tries: row.tries,
        under_way_until: row.leased_until,
        trouble: row.trouble,
        done_at: row.done_at,
    };
    Ok(Json(Page::new(found, limit, |row| page::joined(&[&row.day, &row.kind, &row.subject]), run)))
}

async fn run(
    State(state): State<WebState>,
    asker: Asker,
    Sent(new): Sent<NewRun>,
) -> Result<Json<Done>, Problem> {
    asker.may(Scope::Command)?;
    let Some(text) = new.day else {
        if new.time_zone.is_some() {
            return Err(problem::field("time_zone", "it is of a day: say which"));
        }
        books(&state).turn().await.map_err(not_cleared)?;
        tracing::info!(by = asker.name, "clearing has done what was due");
        return Ok(Json(Done { settlement: None, changed: None }));
    };
    let day = day("day", &text)?;
    let zone = new.time_zone.as_deref().unwrap_or("UTC");
    let zone: Tz =
        zone.parse().map_err(|_| problem::field("time_zone", format!("{zone:?} is no time zone")))?;
    if !days::over(zone, day, state.app.clock.now()) {
        return Err(problem::field("day", "it is not over there"));
    }
    let settled = books(&state).settle(zone, day).await.map_err(not_cleared)?;
    tracing::info!(%day, %zone, changed = settled.changed, by = asker.name, "a day was settled");
    let rows = settled.rows.into_iter().map(settlement).collect();
    Ok(Json(Done { settlement: Some(rows), changed: Some(settled.changed) }))
}
