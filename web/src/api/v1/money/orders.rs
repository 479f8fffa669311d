//! Orders: what drivers are to pay, and what operators do to one.

use super::refused;
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            again::Once,
            caller::Asker,
            etag::Tagged,
            input::{Asked, At, Sent, word},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    pay::{self, PayError},
    store::pay::orders::{self, OrderRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Money";
const REASON_MAX: usize = 200;

/// The operations.
pub fn operations() -> Vec<Op> {
    let act = |op: Op, says: &'static str, good: &'static str| {
        op.says(TAG, says).answers::<Order>(StatusCode::OK, good).problem(
            StatusCode::CONFLICT,
            "The order is in a state in which that cannot be done; `detail` names it",
        )
    };
    vec![
        Op::get("/orders", "listOrders", Scope::Money, list)
            .says(TAG, "Orders of drivers, the newest first")
            .query::<Wanted>()
            .answers::<Page<Order>>(StatusCode::OK, "A page"),
        Op::get("/orders/{number}", "getOrder", Scope::Money, show)
            .says(TAG, "One order, by the number that the driver sees")
            .answers::<Order>(StatusCode::OK, "The order")
            .tagged(),
        act(
            Op::post("/orders/{number}/cancel", "cancelOrder", Scope::Money, cancel),
            "Cancel an order before its session has begun; what is held or paid goes back. Needs the scope `command` too",
            "It is cancelled, or will be as soon as the provider has let go what it holds",
        ),
        act(
            Op::post("/orders/{number}/stop", "stopOrder", Scope::Money, stop),
            "Have the session of an order end: its station is asked to. Needs the scope `command` too",
            "The station is being asked",
        ),
        act(
            Op::post("/orders/{number}/query", "queryOrder", Scope::Money, query),
            "Ask the providers now how all attempts of an order stand, and not when it is due. Needs the scope `command` too",
            "They are being asked; `changed_at` moves if they say something new",
        ),
        act(
            Op::post("/orders/{number}/retry", "retryOrder", Scope::Money, retry),
            "Have everything tried again that was given up for an order (`/payment-tasks?state=given_up`). Needs the scope \
             `command` too",
            "It is being tried again; nothing happens where nothing was given up",
        ),
        act(
            Op::post("/orders/{number}/write-off", "writeOffOrder", Scope::Money, write_off)
                .body::<WriteOff>(),
            "Write off what an order still owes: it goes from `receivable` to `expense:write_off`, and nobody can pay it any \
             more. Needs the scope `command` too",
            "Nothing is owed any more",
        ),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrderFilter")]
struct Wanted {
    /// A number of the order or of an attempt (whole), a contact, or a part of the station's identity.
    #[serde(default)]
    q: String,
    state: Option<String>,
    station: Option<String>,
    site_id: Option<String>,
    session_id: Option<String>,
    driver_id: Option<String>,
    /// Tried at this merchant account.
    account: Option<String>,
    /// Made at this instant or later.
    from: Option<DateTime<Utc>>,
    /// Made before this instant.
    to: Option<DateTime<Utc>>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// An order. Amounts are whole smallest units of its currency.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Order {
    number: String,
    /// What it is for.
    purpose: String,
    mode: String,
    state: String,
    /// A word for why it ended so.
    why: String,
    station_id: String,
    evse: i64,
    site_id: Option<String>,
    session_id: Option<String>,
    driver_id: Option<String>,
    currency: String,
    amount_minor: i64,
    /// Known when the session is billed.
    due_minor: Option<i64>,
    held_minor: i64,
    taken_minor: i64,
    returned_minor: i64,
    /// Of what is due, what an operator has written off.
    written_off_minor: i64,
    expires_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrderWriteOff")]
struct WriteOff {
    /// Why nobody will pay it; it stands in the order's story.
    #[schemars(length(min = 1, max = 200))]
    reason: String,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Order>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let number = |name, text: Option<String>| text.map(|text| page::number(name, &text)).transpose();
    let filter = orders::Filter {
        text: wanted.q,
        state: wanted.state,
        station: wanted.station,
        site: number("site_id", wanted.site_id)?,
        driver: number("driver_id", wanted.driver_id)?,
        session: number("session_id", wanted.session_id)?,
        account: wanted.account,
        from: wanted.from,
        to: wanted.to,
    };
    let found = orders::list(&mut state.app.db.read().await?, &filter, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), order)))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Order>, Problem> {
    let row = orders::by_number(&mut state.app.db.read().await?, &number).await?;
    Ok(Tagged(order(row.ok_or_else(|| problem::missing("order", &number))?)))
}

/// The order as it stands after an act.
async fn done(state: &WebState, number: &str, result: Result<(), PayError>) -> Result<Json<Order>, Problem> {
    result.map_err(|error| refused(error, number))?;
    let row = orders::by_number(&mut state.app.db.read().await?, number).await?;
    Ok(Json(order(row.ok_or_else(|| problem::missing("order", number))?)))
}

async fn cancel(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Order>, Problem> {
    asker.may(Scope::Command)?;
    let result = pay::cancel(&state.app, &number, &asker.name).await;
    done(&state, &number, result).await
}

async fn stop(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Order>, Problem> {
    asker.may(Scope::Command)?;
    let result = pay::stop(&state.app, &number, &asker.name).await;
    done(&state, &number, result).await
}

async fn query(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Order>, Problem> {
    asker.may(Scope::Command)?;
    let result = pay::query_now(&state.app, &number, &asker.name).await;
    done(&state, &number, result).await
}

async fn retry(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Order>, Problem> {
    asker.may(Scope::Command)?;
    let result = pay::retry(&state.app, &number, &asker.name).await.map(|_| ());
    done(&state, &number, result).await
}

async fn write_off(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    At(number): At<String>,
    Sent(wish): Sent<WriteOff>,
) -> Result<Json<Order>, Problem> {
    asker.may(Scope::Command)?;
    let reason = word("reason", &wish.reason, REASON_MAX)?;
    let key = once.name().map(|name| format!("{} {name}", asker.id()));
    let result = pay::write_off(&state.app, &number, &reason, &asker.name, key.as_deref()).await;
    if result.is_ok() {
        tracing::info!(order = number, by = asker.name, "what an order owed was written off");
    }
    done(&state, &number, result).await
}

pub fn order(row: OrderRow) -> Order {
    Order {
        number: row.number,
        purpose: row.purpose,
        mode: row.mode,
        state: row.state,
        why: row.why,
        station_id: row.station_id,
        evse: row.evse,
        site_id: row.site_id.map(|id| id.to_string()),
        session_id: row.session_id.map(|id| id.to_string()),
        driver_id: row.driver_id.map(|id| id.to_string()),
        currency: row.currency,
        amount_minor: row.amount_minor,
        due_minor: row.due_minor,
        held_minor: row.held_minor,
        taken_minor: row.taken_minor,
        returned_minor: row.returned_minor,
        written_off_minor: row.written_off_minor,
        expires_at: row.expires_at,
        settled_at: row.settled_at,
        created_at: row.created_at,
        changed_at: row.changed_at,
    }
}
