//! Whatever has to do with money: orders and what belongs to them, drivers who pay later, codes, terminals, and behind them
//! routing, risk, the ledger and clearing. One file per noun. Who may only look at money acts on nothing: an act needs
//! `command` beside `money`, a rule or a contract `config`.

mod attempts;
mod balances;
mod cases;
mod clearing;
mod codes;
mod displays;
mod drivers;
mod fees;
mod ledger;
mod mandates;
mod merchants;
mod messages;
mod models;
mod orders;
mod receipts;
mod refunds;
mod risk;
mod risk_cases;
mod routing;
mod rules;
mod shares;
mod statements;
mod story;
mod terminals;
mod trouble;
mod vouchers;

use super::{op::Op, problem};
use crate::{WebState, api::Problem};
use csms::{
    clearing::{Clearing, ClearingError},
    pay::PayError,
    store::{
        StoreError, Tx,
        pay::{
            numbers,
            orders::{self as order_rows, OrderRow},
        },
    },
};
use payments::Amount;
use std::collections::HashMap;

/// The operations.
pub fn operations() -> Vec<Op> {
    let areas = [
        drivers::operations(),
        mandates::operations(),
        balances::operations(),
        codes::operations(),
        displays::operations(),
        terminals::operations(),
        vouchers::operations(),
        routing::operations(),
        merchants::operations(),
        risk::operations(),
        rules::operations(),
        risk_cases::operations(),
        models::operations(),
        ledger::operations(),
        clearing::operations(),
        cases::operations(),
        statements::operations(),
        fees::operations(),
        shares::operations(),
        messages::operations(),
        orders::operations(),
        story::operations(),
        trouble::operations(),
        receipts::operations(),
        refunds::operations(),
        attempts::operations(),
    ];
    areas.into_iter().flatten().collect()
}

/// The order with this number.
async fn order(tx: &mut Tx, number: &str) -> Result<OrderRow, Problem> {
    order_rows::by_number(tx, number).await?.ok_or_else(|| problem::missing("order", number))
}

/// The order that a filter names, if it names one; one that is not there has nothing.
async fn order_id(tx: &mut Tx, number: Option<&str>) -> Result<Option<i64>, StoreError> {
    Ok(match number {
        Some(number) => Some(order_rows::by_number(tx, number).await?.map_or(0, |row| row.id)),
        None => None,
    })
}

/// Orders' numbers by their ids, for a list.
struct Numbers(HashMap<i64, String>);

impl Numbers {
    async fn of(tx: &mut Tx, orders: impl Iterator<Item = i64>) -> Result<Numbers, StoreError> {
        let wanted: Vec<i64> = orders.filter(|order| *order != 0).collect();
        Ok(Numbers(numbers::of(tx, &wanted).await?))
    }

    fn get(&self, order: i64) -> Option<String> {
        self.0.get(&order).cloned()
    }
}

/// An amount of a body: more than nothing.
fn amount(minor: i64, currency: &str) -> Result<Amount, Problem> {
    let code =
        currency.parse().map_err(|_| problem::field("currency", format!("{currency:?} is no currency")))?;
    let amount = Amount::new(minor, code);
    if amount.is_positive() { Ok(amount) } else { Err(problem::field("amount_minor", "more than nothing")) }
}

/// Why a payment's act was not done, and what can be.
fn refused(error: PayError, order: &str) -> Problem {
    let word = error.word();
    match error {
        PayError::Store(error) => error.into(),
        PayError::NoOrder => problem::missing("order", order),
        PayError::NoDriver => problem::missing("driver", order),
        PayError::NoCode => problem::missing("code", order),
        PayError::NoAccount(_) => problem::field("account", error),
        PayError::Amount(_) | PayError::Voucher(_) => problem::conflict(word, error.to_string()),
        PayError::Random(_) | PayError::Ledger(_) | PayError::Unreadable { .. } => {
            tracing::error!(%error, "what the API was asked for was not done");
            Problem::broken()
        }
        error => problem::conflict(word, error.to_string()),
    }
}

/// Clearing as its functions want it.
fn books(state: &WebState) -> Clearing<'_> {
    let app = &state.app;
    Clearing { db: &app.db, ids: &app.ids, clock: &app.clock, config: &app.config.clearing }
}

/// Why clearing did not do it.
fn not_cleared(error: ClearingError) -> Problem {
    match error {
        ClearingError::Store(error) => error.into(),
        ClearingError::Refused(why) => problem::conflict("refused", why),
        ClearingError::Busy(_) => problem::conflict("under-way", error.to_string()),
        ClearingError::Statement(_) => problem::field("statement", error),
        ClearingError::Ledger(_) => problem::conflict("ledger-refused", error.to_string()),
        ClearingError::Unreadable(_) => {
            tracing::error!(%error, "clearing has not done what the API was asked for");
            Problem::broken()
        }
    }
}
