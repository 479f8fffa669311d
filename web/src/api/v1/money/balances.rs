//! Prepaid balances of drivers: what is there, what has moved, paying in and giving back.

use super::{Numbers, amount, drivers, orders, refused};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, At, Sent, id, word},
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
    ledger::{self, Account},
    pay::{
        PayError,
        counter::{self, Taken},
        wallet::{self, Movement},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Drivers";
/// Characters of a reference at most.
const REFERENCE_MAX: usize = 100;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/drivers/{id}/balance", "getDriverBalance", Scope::Money, show)
            .says(TAG, "What is on a driver's prepaid balance, by currency")
            .answers::<Page<Balance>>(StatusCode::OK, "A line for each currency"),
        Op::get("/drivers/{id}/balance/movements", "listBalanceMovements", Scope::Money, movements)
            .says(TAG, "What has moved on a driver's balance, the newest first")
            .query::<Wanted>()
            .answers::<Page<Moved>>(StatusCode::OK, "A page"),
        Op::post("/drivers/{id}/balance/top-ups", "topUpBalance", Scope::Money, top_up)
            .says(
                TAG,
                "Pay into a driver's balance. An order is made that is paid at `/o/{number}` like any other; with `taken_at` \
                 the operator has the money already, and it is on the balance. Asked again with the same `reference` it is \
                 the same order. Needs the scope `command` too",
            )
            .body::<NewTopUp>()
            .answers::<orders::Order>(StatusCode::CREATED, "The order")
            .problem(StatusCode::CONFLICT, "That amount cannot be paid in, or the reference was used for another one"),
        Op::post("/drivers/{id}/balance/returns", "giveBalanceBack", Scope::Money, give_back)
            .says(
                TAG,
                "Give a part of a driver's balance back the way it came: to the newest top-ups first. Asked again with the \
                 same `reference` nothing is given back again. Needs the scope `command` too",
            )
            .body::<Sum>()
            .answers::<Page<Balance>>(StatusCode::ACCEPTED, "It is on its way; the balance as it is now")
            .problem(StatusCode::CONFLICT, "There is not so much, or not so much of it came by top-ups, or the reference was used for another amount"),
    ]
}

/// What stands on a balance in one currency. Amounts are whole smallest units.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DriverBalance")]
struct Balance {
    currency: String,
    amount_minor: i64,
    /// Of it, what sessions that run have held.
    held_minor: i64,
    /// What can be spent.
    available_minor: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BalanceMovementPage")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// One movement.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BalanceMovement")]
struct Moved {
    /// Of the ledger's entry.
    entry_id: String,
    at: DateTime<Utc>,
    /// `taken` (of a top-up: paid in), `held`, `released`, `returned`, …
    kind: String,
    /// `pending` and `void` change only what can be spent.
    phase: String,
    order: Option<String>,
    currency: String,
    /// What came to the balance; negative: what left it. Decimal text.
    amount: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BalanceAmount")]
struct Sum {
    /// Whole smallest units, more than nothing.
    #[schemars(range(min = 1))]
    amount_minor: i64,
    currency: String,
    /// What you call it, e.g. the number of a case: the same one is done once.
    #[schemars(length(min = 1, max = 100))]
    reference: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BalanceTopUp")]
struct NewTopUp {
    /// Whole smallest units, more than nothing.
    #[schemars(range(min = 1))]
    amount_minor: i64,
    currency: String,
    /// What you call it, e.g. the number of a case or of the paper receipt: the same one is paid in once.
    #[schemars(length(min = 1, max = 100))]
    reference: String,
    /// The operator has taken it already: the account of the settings where it stands, one that nobody can be asked about
    /// (`station_terminal`).
    taken_at: Option<String>,
}

async fn show(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Page<Balance>>, Problem> {
    let driver = drivers::find(&state, &text).await?;
    let mut tx = state.app.db.read().await?;
    let rows =
        ledger::balances(&mut tx, &Account::Balance(driver.id)).await.map_err(super::ledger::unreadable)?;
    // The ledger has what we owe as a credit.
    let line = |row: csms::store::ledger::BalanceRow| Balance {
        amount_minor: row.posted_minor.saturating_neg(),
        held_minor: row.pending_minor,
        available_minor: row.posted_minor.saturating_add(row.pending_minor).saturating_neg(),
        currency: row.currency,
    };
    Ok(Json(Page { items: rows.into_iter().map(line).collect(), next: None }))
}

async fn movements(
    State(state): State<WebState>,
    At(text): At<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Moved>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let driver = drivers::find(&state, &text).await?;
    let found = wallet::statement(&state.app, driver.id, before, limit + 1).await;
    let found = found.map_err(|error| refused(error, &text))?;
    let orders = found.iter().filter_map(|(_, movement)| movement.order);
    let numbers = Numbers::of(&mut state.app.db.read().await?, orders).await?;
    let moved = |(entry, movement): (i64, Movement)| Moved {
        entry_id: entry.to_string(),
        at: movement.at,
        kind: movement.kind,
        phase: movement.phase,
        order: movement.order.and_then(|order| numbers.get(order)),
        amount: movement.amount.to_string(),
        currency: movement.currency,
    };
    Ok(Json(Page::new(found, limit, |(entry, _)| entry.to_string(), moved)))
}

async fn top_up(
    State(state): State<WebState>,
    asker: Asker,
    At(text): At<String>,
    Sent(sum): Sent<NewTopUp>,
) -> Result<Response, Problem> {
    asker.may(Scope::Command)?;
    let number = id("driver", &text)?;
    let reference = word("reference", &sum.reference, REFERENCE_MAX)?;
    let amount = amount(sum.amount_minor, &sum.currency)?;
    let order = match &sum.taken_at {
        None => wallet::top_up(&state.app, number, amount, Some(&reference)).await,
        Some(account) => {
            let taken = Taken { amount, account, reference: &reference, by: &asker.name };
            counter::paid_in(&state.app, number, &taken).await
        }
    };
    let order = order.map_err(|error| match error {
        PayError::NoAccount(_) => problem::field("taken_at", error),
        error => refused(error, &text),
    })?;
    tracing::info!(driver = number, order = order.number, %amount, by = asker.name, "a top-up");
    let location = crate::api::v1::location("orders", &order.number);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(orders::order(order))).into_response())
}

async fn give_back(
    state: State<WebState>,
    asker: Asker,
    At(text): At<String>,
    Sent(sum): Sent<Sum>,
) -> Result<(StatusCode, Json<Page<Balance>>), Problem> {
    asker.may(Scope::Command)?;
    let number = id("driver", &text)?;
    let reference = word("reference", &sum.reference, REFERENCE_MAX)?;
    let amount = amount(sum.amount_minor, &sum.currency)?;
    let new = wallet::give_back(&state.app, number, amount, Some(&reference), &asker.name).await;
    if new.map_err(|error| refused(error, &text))? {
        tracing::info!(driver = number, %amount, reference, by = asker.name, "a part of a balance is given back");
    }
    Ok((StatusCode::ACCEPTED, show(state, At(text)).await?))
}
