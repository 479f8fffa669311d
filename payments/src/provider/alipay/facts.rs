//! Trades and holds as Alipay tells them, in answers and in notifications, in our words.

use super::envelope::{amount, moment};
use crate::{
    Amount,
    provider::{Instrument, PaymentFact, PaymentState, Refusal, RefusalKind},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Words by name: the parameters of a notification, or what an answer says at its first level.
#[derive(Debug, Default)]
pub(super) struct Words(pub BTreeMap<String, String>);

impl Words {
    /// Of an answer. Amounts come as texts or as numbers.
    pub(super) fn of_json(text: &str) -> Result<Words, String> {
        let all: BTreeMap<String, Value> =
            serde_json::from_str(text).map_err(|why| format!("Alipay's answer cannot be read: {why}"))?;
        let word = |(name, value)| match value {
            Value::String(text) => Some((name, text)),
            Value::Number(number) => Some((name, number.to_string())),
            _ => None,
        };
        Ok(Words(all.into_iter().filter_map(word).collect()))
    }

    /// Empty = not said.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(super) fn some(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|text| !text.is_empty()).cloned()
    }

    /// An amount, if there is one.
    pub(super) fn amount(&self, name: &str) -> Result<Option<Amount>, String> {
        match self.get(name) {
            "" => Ok(None),
            text => amount(text).map(Some),
        }
    }
}

/// A trade: paid at once, or the taking of a hold.
pub(super) fn of_trade(said: &Words) -> Result<PaymentFact, String> {
    let total = said.amount("total_amount")?;
    let state = match (said.get("trade_status"), total) {
        ("TRADE_SUCCESS" | "TRADE_FINISHED", Some(_)) => PaymentState::Taken,
        // Closed after it was paid: given back whole. That it was paid stays true.
        ("TRADE_CLOSED", Some(_)) if was_paid(said)? => PaymentState::Taken,
        ("TRADE_CLOSED", _) => PaymentState::Closed,
        _ => PaymentState::Waiting,
    };
    Ok(PaymentFact {
        reference: said.some("trade_no"),
        taken: if state == PaymentState::Taken { total } else { None },
        amount: total,
        payer: payer(said),
        instrument: Some(alipay()),
        at: moment(said.get("gmt_payment")).or(moment(said.get("send_pay_date"))),
        ..bare(said.get("out_trade_no"), state)
    })
}

fn was_paid(said: &Words) -> Result<bool, String> {
    let received = said.amount("receipt_amount")?.is_some_and(Amount::is_positive);
    Ok(received || moment(said.get("send_pay_date")).is_some() || moment(said.get("gmt_payment")).is_some())
}

/// A hold, or something that was done to it.
pub(super) fn of_hold(said: &Words) -> Result<PaymentFact, String> {
    let (rest, paid) = (said.amount("rest_amount")?, said.amount("total_pay_amount")?);
    // `amount` is of what was done; all that was ever held is told beside it.
    let whole = match said.get("operation_type") {
        "UNFREEZE" | "PAY" => said.amount("total_freeze_amount")?,
        _ => said.amount("amount")?.or(said.amount("total_freeze_amount")?),
    };
    let positive = |amount: Option<Amount>| amount.is_some_and(Amount::is_positive);
    let state = match said.get("status") {
        "SUCCESS" if positive(paid) => PaymentState::Taken,
        "SUCCESS" if positive(rest) => PaymentState::Held,
        "SUCCESS" if rest.is_some() => PaymentState::Released,
        // Alipay tells the rest with every hold; without it nothing is concluded.
        "SUCCESS" => PaymentState::Waiting,
        "CLOSED" => PaymentState::Closed,
        "FAIL" => {
            let text = "Alipay could not hold the amount";
            PaymentState::Failed { refusal: Refusal::new(RefusalKind::Payer, "FAIL", text) }
        }
        _ => PaymentState::Waiting,
    };
    Ok(PaymentFact {
        reference: said.some("auth_no"),
        charge: said.some("auth_no"),
        held: if state == PaymentState::Held { rest } else { None },
        taken: if state == PaymentState::Taken { paid } else { None },
        amount: whole,
        payer: payer(said),
        instrument: Some(alipay()),
        at: moment(said.get("gmt_trans")),
        ..bare(said.get("out_order_no"), state)
    })
}

fn alipay() -> Instrument {
    Instrument { brand: "alipay".to_owned(), ..Instrument::default() }
}

fn payer(said: &Words) -> Option<String> {
    ["buyer_user_id", "buyer_id", "buyer_open_id", "payer_user_id", "payer_open_id"]
        .into_iter()
        .find_map(|name| said.some(name))
}

/// A payment of which Alipay says no more than how it stands.
pub(super) fn bare(number: &str, state: PaymentState) -> PaymentFact {
    PaymentFact {
        number: number.to_owned(),
        reference: None,
        charge: None,
        state,
        amount: None,
        held: None,
        taken: None,
        payer: None,
        instrument: None,
        at: None,
        holds_until: None,
    }
}
