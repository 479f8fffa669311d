//! Who gets which part of a site's revenue, and that it was paid.

use super::{amount, books, clearing::day, not_cleared};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, At, Sent, id, reference, word},
            op::Op,
            page::{self, Page},
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
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    clearing::shares::{REVENUE, Share},
    store::clearing::shares::{self as rows, RuleRow},
};
use payments::clearing::Rate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Clearing";
const NAME_MAX: usize = 120;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/clearing/share-rules", "listShareRules", Scope::Money, list)
            .says(TAG, "Which hosts get which part of a site's revenue")
            .query::<Wanted>()
            .answers::<Page<Rule>>(StatusCode::OK, "A page"),
        Op::post("/clearing/share-rules", "createShareRule", Scope::Money, create)
            .says(
                TAG,
                "Give a host a part of a site's revenue. The same rule again is the one that is there. Needs the scope \
                 `config` too",
            )
            .body::<New>()
            .answers::<Rule>(StatusCode::CREATED, "The rule")
            .problem(StatusCode::CONFLICT, "The site's hosts would get more than everything"),
        Op::get("/clearing/share-rules/{id}", "getShareRule", Scope::Money, show)
            .says(TAG, "One rule")
            .answers::<Rule>(StatusCode::OK, "The rule"),
        Op::put("/clearing/share-rules/{id}/last-day", "endShareRule", Scope::Money, end)
            .says(TAG, "Say which day is a rule's last. Needs the scope `config` too")
            .body::<LastDay>()
            .answers::<Rule>(StatusCode::OK, "The rule")
            .problem(StatusCode::CONFLICT, "The rule begins later"),
        Op::post("/clearing/host-payouts", "enterHostPayout", Scope::Money, pay)
            .says(
                TAG,
                "Enter that a host was paid from a bank what it is owed. The same transfer is entered once. Needs the scope \
                 `command` too",
            )
            .body::<Payout>()
            .answers::<Paid>(StatusCode::OK, "It is entered")
            .problem(StatusCode::CONFLICT, "The host is owed less"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ShareRuleFilter")]
struct Wanted {
    site_id: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A host gets a part of a site's revenue.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ShareRule")]
struct Rule {
    id: String,
    site_id: String,
    host: String,
    /// E.g. `30%`.
    rate: String,
    /// Of what: `all`, or some of `energy`, `service`, `time`, `idle`, `flat`, `reservation`, `other`.
    of: Vec<String>,
    /// The first day.
    from: String,
    /// The last day; absent: until further notice.
    to: Option<String>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewShareRule")]
struct New {
    site_id: String,
    #[schemars(length(min = 1, max = 120))]
    host: String,
    rate: String,
    /// Absent: `all`.
    #[serde(default)]
    #[schemars(length(max = 8))]
    of: Option<Vec<String>>,
    /// Absent: today, UTC.
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ShareRuleLastDay")]
struct LastDay {
    /// E.g. `2026-05-31`.
    day: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HostPayout")]
struct Payout {
    site_id: String,
    /// Whole smallest units.
    #[schemars(range(min = 1))]
    amount_minor: i64,
    currency: String,
    /// NAME of `bank:NAME`.
    #[schemars(length(min = 1, max = 120))]
    bank: String,
    /// The transfer's.
    #[schemars(length(min = 1, max = 120))]
    reference: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EnteredPayout")]
struct Paid {
    /// It had been entered: nothing was changed.
    known: bool,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Rule>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let site = wanted.site_id.map(|text| page::number("site_id", &text)).transpose()?;
    let found = rows::page(&mut state.app.db.read().await?, site, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn find(state: &WebState, text: &str) -> Result<RuleRow, Problem> {
    let number = id("rule", text)?;
    let row = rows::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("rule", text))
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Rule>, Problem> {
    Ok(Json(view(find(&state, &id).await?)))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    Sent(new): Sent<New>,
) -> Result<Response, Problem> {
    asker.may(Scope::Config)?;
    let host = word("host", &new.host, NAME_MAX)?;
    let of = new.of.unwrap_or_else(|| vec!["all".to_owned()]);
    if of.len() > REVENUE.len() {
        return Err(problem::field("of", format!("at most {} words", REVENUE.len())));
    }
    let share = Share {
        site: reference("site_id", &new.site_id)?,
        host: &host,
        rate: new
            .rate
            .parse::<Rate>()
            .map_err(|error| problem::field("rate", format!("{error}; write it like 30%")))?,
        of: &of,
        from: new.from.map(|text| day("from", &text)).transpose()?,
        to: new.to.map(|text| day("to", &text)).transpose()?,
    };
    let row = books(&state).add_share(&share).await.map_err(not_cleared)?;
    tracing::info!(
        rule = row.id,
        site = row.site_id,
        by = asker.name,
        "a host gets a part of a site's revenue"
    );
    let location = crate::api::v1::location("clearing/share-rules", &row.id.to_string());
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(view(row))).into_response())
}

async fn end(
    State(state): State<WebState>,
    asker: Asker,
    At(text): At<String>,
    Sent(last): Sent<LastDay>,
) -> Result<Json<Rule>, Problem> {
    asker.may(Scope::Config)?;
    let (number, last) = (id("rule", &text)?, day("day", &last.day)?);
    if !books(&state).end_share(number, last).await.map_err(not_cleared)? {
        return Err(problem::missing("rule", &text));
    }
    tracing::info!(rule = number, day = %last, by = asker.name, "a share has a last day");
    Ok(Json(view(find(&state, &text).await?)))
}

async fn pay(
    State(state): State<WebState>,
    asker: Asker,
    Sent(paid): Sent<Payout>,
) -> Result<Json<Paid>, Problem> {
    asker.may(Scope::Command)?;
    let site = reference("site_id", &paid.site_id)?;
    let amount = amount(paid.amount_minor, &paid.currency)?;
    let bank = word("bank", &paid.bank, NAME_MAX)?;
    let reference = word("reference", &paid.reference, NAME_MAX)?;
    let new = books(&state).pay_host(site, amount, &bank, &reference, &asker.name).await;
    let new = new.map_err(not_cleared)?;
    if new {
        tracing::info!(site, %amount, reference, by = asker.name, "a host was paid");
    }
    Ok(Json(Paid { known: !new }))
}

fn view(row: RuleRow) -> Rule {
    Rule {
        id: row.id.to_string(),
        site_id: row.site_id.to_string(),
        host: row.host,
        rate: Rate::millionths(u32::try_from(row.rate_millionths).unwrap_or_default()).to_string(),
        of: row.revenue.split(',').map(str::to_owned).collect(),
        from: row.from_day,
        to: row.to_day,
        created_at: row.created_at,
    }
}
