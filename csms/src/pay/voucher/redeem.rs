//! Redeeming: in batches, at the operator of the wallet. What it clears pays the order; what it rejects is owed by the driver.

use super::{
    super::{PayError, docket::Docket},
    Voucher,
};
use crate::{
    app::App,
    store::vouchers::{self, VoucherRow},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use futures::future::BoxFuture;
use payments::{Amount, order::Event};
use serde_json::json;

/// Vouchers of one batch.
const AT_ONCE: i64 = 100;
/// Whoever redeems a batch has so long; asked again after this if the operator does not answer.
const LEASE: TimeDelta = TimeDelta::minutes(15);

/// What the operator says of one voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// The money is ours.
    Cleared,
    /// It is not, and why.
    Rejected(String),
    /// Somebody has redeemed it before.
    Duplicate,
}

/// An operator of offline wallets.
pub trait Redeemer: Send + Sync + std::fmt::Debug {
    /// The name in vouchers and in the ledger: of `a-z 0-9 -`.
    fn operator(&self) -> &str;

    /// It only plays the part, and no money moves.
    fn is_simulation(&self) -> bool;

    /// One answer for each, in their order. Asked again it gives the same answers.
    ///
    /// # Errors
    /// In words, why there are none: all are asked after again.
    fn redeem<'a>(&'a self, batch: &'a [Voucher]) -> BoxFuture<'a, Result<Vec<Redeemed>, String>>;
}

/// Redeems what is due. Gives how many vouchers have ended.
///
/// # Errors
/// The database.
pub async fn turn(app: &App) -> Result<usize, PayError> {
    if app.pay.redeemers.is_empty() {
        return Ok(0);
    }
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let leased = vouchers::lease(&mut tx, now, now + LEASE, AT_ONCE).await?;
    tx.commit().await?;
    let mut ended = 0;
    for redeemer in &app.pay.redeemers {
        let of: Vec<(&VoucherRow, Voucher)> = leased
            .iter()
            .filter(|row| row.operator == redeemer.operator())
            .filter_map(|row| Some((row, read(row)?)))
            .collect();
        if of.is_empty() {
            continue;
        }
        let (rows, batch): (Vec<_>, Vec<_>) = of.into_iter().unzip();
        let answers = redeemer.redeem(&batch).await.and_then(|answers| match answers.len() == rows.len() {
            true => Ok(answers),
            false => Err(format!("{} answers for {} vouchers", answers.len(), rows.len())),
        });
        match answers {
            Ok(answers) => {
                for (row, answer) in rows.into_iter().zip(answers) {
                    ended += usize::from(judge(app, row, redeemer.as_ref(), answer).await?);
                }
            }
            Err(why) => {
                metrics::counter!("csms_pay_vouchers_total", "outcome" => "unanswered")
                    .increment(rows.len() as u64);
                tracing::warn!(
                    operator = redeemer.operator(),
                    why,
                    "vouchers were not redeemed; they are tried again"
                );
                let mut tx = app.db.write().await?;
                for row in rows {
                    vouchers::again(&mut tx, row.id, now + LEASE, &why).await?;
                }
                tx.commit().await?;
            }
        }
    }
    Ok(ended)
}

fn read(row: &VoucherRow) -> Option<Voucher> {
    Some(Voucher {
        operator: row.operator.clone(),
        proof_id: row.proof_id.clone(),
        device: row.device.clone(),
        counter: row.counter,
        amount: Amount::new(row.amount_minor, row.currency.parse().ok()?),
        taken_at: row.taken_at,
        proof: STANDARD.decode(&row.proof).ok()?,
    })
}

async fn judge(
    app: &App,
    row: &VoucherRow,
    redeemer: &dyn Redeemer,
    answer: Redeemed,
) -> Result<bool, PayError> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let mut docket = Docket::open(app, &mut tx, row.order_id).await?.ok_or(PayError::NoOrder)?;
    let (word, reason) = match &answer {
        Redeemed::Cleared => ("cleared", ""),
        Redeemed::Rejected(why) => ("rejected", why.as_str()),
        Redeemed::Duplicate => ("duplicate", "it was redeemed before"),
    };
    if !vouchers::end(&mut tx, row.id, word, reason, now).await? {
        return Ok(false);
    }
    let attempt = row.attempt_id;
    let event = match answer {
        Redeemed::Cleared => {
            let amount = Amount::new(row.amount_minor, docket.currency);
            Event::Taken { attempt, amount, free: true }
        }
        Redeemed::Rejected(_) | Redeemed::Duplicate => Event::Failed { attempt },
    };
    let body = json!({"operator": row.operator, "proof": row.proof_id, "answer": word, "why": reason,
        "simulation": redeemer.is_simulation()});
    docket.tell(&mut tx, "voucher.redeemed", redeemer.operator(), body).await?;
    docket.take(&mut tx, &event, redeemer.operator()).await?;
    tx.commit().await?;
    metrics::counter!("csms_pay_vouchers_total", "outcome" => word).increment(1);
    app.pay.changed(app, &docket.order.station_id);
    Ok(true)
}
