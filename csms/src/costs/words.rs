//! What a display is told, on the wire of its station.

use super::{ability::Ability, standing};
use crate::{
    catalog::Snapshot,
    session::zone,
    store::row::{BillRow, ReadingRow, SessionRow},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::sync::Arc;
use tariffs::{
    Bill, Context,
    ocpp::california::{self, DataTransfer},
};

/// Money is told with so many decimals.
const DECIMALS: u32 = 4;

/// An action and its payload.
pub(super) type Call = (&'static str, Value);

/// What a session that runs costs so far. `None`: it cannot be told.
pub(super) fn running(
    ability: &Ability,
    row: &SessionRow,
    tariff: &Snapshot,
    readings: &[ReadingRow],
) -> Option<Call> {
    let cost: Decimal = row.cost.parse().ok()?;
    match ability {
        Ability::Updates => {
            let cost: Value = serde_json::from_str(&cost.round_dp(DECIMALS).normalize().to_string()).ok()?;
            Some(("CostUpdated", json!({"totalCost": cost, "transactionId": row.reference})))
        }
        Ability::California { several, .. } => {
            // The tariff was made that of its EVSE and its driver when the session began.
            let context = Context::default();
            let told = california::running_cost(&california::RunningCost {
                tariff: tariff.tariff(),
                tz: zone(row),
                situation: standing::of(row, readings, &context),
                transaction_id: row.reference.parse().ok()?,
                register: Decimal::new(row.last_mwh.unwrap_or_default(), 3),
                cost,
            });
            told.map(|told| transfer(told, *several))
        }
    }
}

/// What a session has cost, to the cent of its bill.
pub(super) fn last(language: &str, several: bool, row: &SessionRow, bill: &BillRow) -> Option<Call> {
    let bill: Bill = serde_json::from_str(&bill.body).ok()?;
    let told = california::final_cost(&california::FinalCost {
        bill: &bill,
        transaction_id: row.reference.parse().ok()?,
        language,
        receipt: None,
    });
    told.map(|told| transfer(told, several))
}

/// The price for whoever has presented an identifier.
pub(super) fn price(tariff: &Arc<Snapshot>, uid: &str, language: &str, several: bool) -> Call {
    transfer(california::set_user_price(tariff.tariff(), uid, language), several)
}

/// Only who says so takes a text in several languages.
fn transfer(mut told: DataTransfer, several: bool) -> Call {
    if let Some(data) = told.data.as_object_mut().filter(|_| !several) {
        data.remove("priceTextExtra");
    }
    ("DataTransfer", told.payload())
}
