//! Payments of offline wallets of digital currency: a device signs while nothing is online, and the wallet's operator
//! redeems the signature later. Until then the order is neither paid nor open: it waits.
//!
//! What a proof is and how it is checked is the operator's matter ([`Redeemer`]). The only one here is a **simulation**.

mod redeem;
mod simulator;

pub use redeem::{Redeemed, Redeemer, turn};
pub use simulator::Simulator;

use super::{PayError, click::public_url, docket::Docket, number};
use crate::{
    app::App,
    config::HoldLimits,
    store::{
        pay::{
            attempts::{self, AttemptRow},
            orders,
        },
        vouchers::{self, VoucherRow},
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use payments::{
    Amount,
    order::{Event, Mode},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// In the place of a method.
pub(super) const METHOD: &str = "voucher";
/// Older than this nobody knows whether it can be redeemed.
const AGE_MAX: TimeDelta = TimeDelta::days(30);
/// A device's clock may be so much ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(10);
/// Characters of each name, and bytes of a proof, at most.
const NAME_MAX: usize = 64;
const PROOF_MAX: usize = 8 * 1024;

/// Settings of vouchers.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Vouchers {
    /// Public key (Ed25519, 64 hex digits) of the SIMULATED wallet operator; empty: vouchers are not taken. For demos and tests.
    pub simulator_key: String,
    /// Accepted without asking the operator, by currency: `min` is the most of one voucher, `max` the most of a device that nobody
    /// has redeemed yet.
    pub floors: Vec<HoldLimits>,
}

/// What a device has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    pub operator: String,
    /// The operator's number of this payment.
    pub proof_id: String,
    pub device: String,
    /// Rises with every payment of the device.
    pub counter: i64,
    pub amount: Amount,
    /// By the device's clock.
    pub taken_at: DateTime<Utc>,
    /// Opaque.
    pub proof: Vec<u8>,
}

/// Why a voucher is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VoucherFault {
    #[error("nobody redeems vouchers of that wallet operator here")]
    Operator,
    #[error("the voucher cannot be read: a name, its counter, its amount or its proof is not as it must be")]
    Malformed,
    #[error("it is too old, or of the future")]
    Time,
    #[error("it is more than may be accepted offline")]
    Floor,
    #[error("it was shown before, or the device has counted further")]
    Replayed,
    #[error("it is not what is due of the order")]
    Amount,
}

impl VoucherFault {
    /// Of the texts' family `refusal`.
    pub(super) fn refusal(self) -> &'static str {
        match self {
            VoucherFault::Operator => "voucher-operator",
            VoucherFault::Malformed => "voucher-malformed",
            VoucherFault::Time => "voucher-time",
            VoucherFault::Floor => "voucher-floor",
            VoucherFault::Replayed => "voucher-replayed",
            VoucherFault::Amount => "voucher-amount",
        }
    }

    fn word(self) -> &'static str {
        match self {
            VoucherFault::Operator => "operator",
            VoucherFault::Malformed => "malformed",
            VoucherFault::Time => "time",
            VoucherFault::Floor => "floor",
            VoucherFault::Replayed => "replayed",
            VoucherFault::Amount => "amount",
        }
    }
}

/// The ledger's name of what an operator of wallets owes us.
fn account(operator: &str) -> String {
    format!("{METHOD}-{operator}")
}

/// Accepts a voucher for an open bill; shown again for the same bill it is the same. Redeemed later.
///
/// # Errors
/// [`PayError::Voucher`]: nothing was kept.
pub async fn accept(app: &App, order: &str, voucher: &Voucher) -> Result<VoucherRow, PayError> {
    let outcome = take(app, order, voucher).await;
    let word = match &outcome {
        Ok(_) => "accepted",
        Err(PayError::Voucher(fault)) => {
            tracing::warn!(order, device = voucher.device, proof = voucher.proof_id, %fault, "a voucher was refused");
            fault.word()
        }
        Err(_) => "not_stored",
    };
    metrics::counter!("csms_pay_vouchers_total", "outcome" => word).increment(1);
    outcome
}

async fn take(app: &App, order: &str, voucher: &Voucher) -> Result<VoucherRow, PayError> {
    let now = app.clock.now();
    let fault = |fault| Err(PayError::Voucher(fault));
    let named = |text: &str| {
        (1..=NAME_MAX).contains(&text.chars().count()) && text.chars().all(|c| c.is_ascii_graphic())
    };
    let sound = named(&voucher.proof_id)
        && named(&voucher.device)
        && voucher.counter > 0
        && voucher.amount.is_positive()
        && (1..=PROOF_MAX).contains(&voucher.proof.len());
    if !sound {
        return fault(VoucherFault::Malformed);
    }
    if !app.pay.redeemers.iter().any(|redeemer| redeemer.operator() == voucher.operator) {
        return fault(VoucherFault::Operator);
    }
    if voucher.taken_at > now + AHEAD || voucher.taken_at < now - AGE_MAX {
        return fault(VoucherFault::Time);
    }
    let currency = voucher.amount.currency;
    let floors = &app.config.pay.vouchers.floors;
    let Some(floor) = floors.iter().find(|floor| floor.currency == currency) else {
        return fault(VoucherFault::Floor);
    };
    let mut tx = app.db.write().await?;
    let id = orders::by_number(&mut tx, order).await?.ok_or(PayError::NoOrder)?.id;
    let mut docket = Docket::open(app, &mut tx, id).await?.ok_or(PayError::NoOrder)?;
    if let Some(known) = vouchers::by_proof(&mut tx, &voucher.operator, &voucher.proof_id).await? {
        let same = (known.order_id, known.counter, &known.device, known.amount_minor)
            == (id, voucher.counter, &voucher.device, voucher.amount.minor);
        return if same { Ok(known) } else { fault(VoucherFault::Replayed) };
    }
    if docket.order.mode != Mode::Later.word() || docket.outstanding()?.is_zero() {
        return Err(PayError::NotNow(docket.state()?));
    }
    if docket.outstanding()? != voucher.amount {
        return fault(VoucherFault::Amount);
    }
    if docket.live().is_some() {
        return Err(PayError::Busy);
    }
    // The device's row is locked from here on.
    if !vouchers::raise(&mut tx, &voucher.operator, &voucher.device, voucher.counter).await? {
        return fault(VoucherFault::Replayed);
    }
    let open = vouchers::open_of(&mut tx, &voucher.operator, &voucher.device, currency.code()).await?;
    let all = Amount::new(open.saturating_add(voucher.amount.minor), currency).decimal();
    if voucher.amount.decimal() > floor.min || all > floor.max {
        return fault(VoucherFault::Floor);
    }
    let attempt = AttemptRow {
        reference: voucher.proof_id.clone(),
        state: "open".to_owned(),
        ..AttemptRow::new(
            app.ids.next(),
            id,
            number::merchant(now)?,
            [&account(&voucher.operator), METHOD, METHOD],
            voucher.amount,
            now,
        )
    };
    attempts::create(&mut tx, &attempt).await?;
    docket.take(&mut tx, &Event::Opened { attempt: attempt.id, can_raise: false }, "driver").await?;
    let row = VoucherRow {
        id: app.ids.next(),
        operator: voucher.operator.clone(),
        proof_id: voucher.proof_id.clone(),
        device: voucher.device.clone(),
        counter: voucher.counter,
        currency: currency.code().to_owned(),
        amount_minor: voucher.amount.minor,
        proof: STANDARD.encode(&voucher.proof),
        order_id: id,
        attempt_id: attempt.id,
        taken_at: voucher.taken_at,
        state: "accepted".to_owned(),
        reason: String::new(),
        tries: 0,
        due_at: now,
        created_at: now,
        ended_at: None,
    };
    match vouchers::create(&mut tx, &row).await {
        Err(error) if error.is_duplicate() => return fault(VoucherFault::Replayed),
        other => other?,
    }
    let body = json!({"operator": voucher.operator, "proof": voucher.proof_id, "device": voucher.device,
        "amount": voucher.amount.to_string(), "link": format!("{}/o/{order}", public_url(app))});
    docket.tell(&mut tx, "voucher.accepted", "driver", body).await?;
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(row)
}
