//! Payments that offline wallets have signed: what was accepted, what became of it, and how far their devices have counted.

use super::{Numbers, amount, order_id, refused};
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
use axum::{Json, extract::State, http::StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    pay::voucher::{self, Voucher as Signed},
    store::vouchers::{self, DeviceRow, Filter, VoucherRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Vouchers of offline wallets";
const NAME_MAX: usize = 64;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/vouchers", "listVouchers", Scope::Money, list)
            .says(TAG, "What offline wallets have signed and was accepted, the newest first. The signature itself is not shown")
            .query::<Wanted>()
            .answers::<Page<Voucher>>(StatusCode::OK, "A page"),
        Op::get("/vouchers/{id}", "getVoucher", Scope::Money, show)
            .says(TAG, "One voucher")
            .answers::<Voucher>(StatusCode::OK, "The voucher"),
        Op::post("/orders/{number}/vouchers", "acceptVoucher", Scope::Money, accept)
            .says(
                TAG,
                "Accept a voucher for an open bill; it is redeemed at the wallet's operator later. Shown again for the same \
                 bill it is the same. Needs the scope `command` too",
            )
            .body::<New>()
            .answers::<Voucher>(StatusCode::OK, "It is accepted; the bill is paid when it is redeemed")
            .problem(StatusCode::CONFLICT, "It is not accepted; `detail` says why"),
        Op::get("/voucher-devices", "listVoucherDevices", Scope::Money, list_devices)
            .says(TAG, "Devices of offline wallets, and the highest counter that each has shown")
            .query::<DevicesWanted>()
            .answers::<Page<Device>>(StatusCode::OK, "A page"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VoucherFilter")]
struct Wanted {
    /// Number of an order.
    order: Option<String>,
    operator: Option<String>,
    device: Option<String>,
    /// `accepted`, `cleared`, `rejected` or `duplicate`.
    state: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A voucher.
#[derive(Debug, Serialize, JsonSchema)]
struct Voucher {
    id: String,
    /// Of the wallet.
    operator: String,
    /// The operator's number of this payment.
    proof_id: String,
    device: String,
    counter: i64,
    currency: String,
    amount_minor: i64,
    order: Option<String>,
    attempt_id: String,
    /// By the device's clock.
    taken_at: DateTime<Utc>,
    /// `accepted`, `cleared`, `rejected` or `duplicate`.
    state: String,
    /// What its operator has said.
    reason: String,
    tries: i64,
    due_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewVoucher")]
struct New {
    #[schemars(length(min = 1, max = 64))]
    operator: String,
    #[schemars(length(min = 1, max = 64))]
    proof_id: String,
    #[schemars(length(min = 1, max = 64))]
    device: String,
    /// Rises with every payment of the device.
    #[schemars(range(min = 1))]
    counter: i64,
    /// Whole smallest units.
    #[schemars(range(min = 1))]
    amount_minor: i64,
    currency: String,
    taken_at: DateTime<Utc>,
    /// Base64; 8 KiB at most.
    #[schemars(length(max = 12_000))]
    proof: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VoucherDeviceFilter")]
struct DevicesWanted {
    operator: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A device of an offline wallet.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VoucherDevice")]
struct Device {
    operator: String,
    device: String,
    /// What is not above it was shown before.
    counter: i64,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Voucher>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let filter = Filter {
        operator: wanted.operator,
        device: wanted.device,
        state: wanted.state,
        order: order_id(&mut tx, wanted.order.as_deref()).await?,
    };
    let found = vouchers::page(&mut tx, &filter, before, limit + 1).await?;
    let numbers = Numbers::of(&mut tx, found.iter().map(|row| row.order_id)).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), |row| view(row, &numbers))))
}

async fn show(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Voucher>, Problem> {
    let number = id("voucher", &text)?;
    let mut tx = state.app.db.read().await?;
    let row = vouchers::find(&mut tx, number).await?.ok_or_else(|| problem::missing("voucher", &text))?;
    let numbers = Numbers::of(&mut tx, [row.order_id].into_iter()).await?;
    Ok(Json(view(row, &numbers)))
}

async fn accept(
    State(state): State<WebState>,
    asker: Asker,
    At(order): At<String>,
    Sent(new): Sent<New>,
) -> Result<Json<Voucher>, Problem> {
    asker.may(Scope::Command)?;
    let proof = STANDARD.decode(&new.proof);
    let signed = Signed {
        operator: word("operator", &new.operator, NAME_MAX)?,
        proof_id: word("proof_id", &new.proof_id, NAME_MAX)?,
        device: word("device", &new.device, NAME_MAX)?,
        counter: new.counter,
        amount: amount(new.amount_minor, &new.currency)?,
        taken_at: new.taken_at,
        proof: proof.map_err(|error| problem::field("proof", format!("no base64: {error}")))?,
    };
    let row = voucher::accept(&state.app, &order, &signed).await.map_err(|error| refused(error, &order))?;
    let numbers = Numbers::of(&mut state.app.db.read().await?, [row.order_id].into_iter()).await?;
    Ok(Json(view(row, &numbers)))
}

fn view(row: VoucherRow, numbers: &Numbers) -> Voucher {
    Voucher {
        id: row.id.to_string(),
        operator: row.operator,
        proof_id: row.proof_id,
        device: row.device,
        counter: row.counter,
        currency: row.currency,
        amount_minor: row.amount_minor,
        order: numbers.get(row.order_id),
        attempt_id: row.attempt_id.to_string(),
        taken_at: row.taken_at,
        state: row.state,
        reason: row.reason,
        tries: row.tries,
        due_at: row.due_at,
        created_at: row.created_at,
        ended_at: row.ended_at,
    }
}

async fn list_devices(
    State(state): State<WebState>,
    Asked(wanted): Asked<DevicesWanted>,
) -> Result<Json<Page<Device>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::parts::<2>(wanted.cursor.as_deref())?;
    let after = after.as_ref().map(|[operator, device]| (operator.as_str(), device.as_str()));
    let mut tx = state.app.db.read().await?;
    let found = vouchers::devices(&mut tx, wanted.operator.as_deref(), after, limit + 1).await?;
    let view = |row: DeviceRow| Device { operator: row.operator, device: row.device, counter: row.counter };
    Ok(Json(Page::new(found, limit, |row| page::joined(&[&row.operator, &row.device]), view)))
}
