//! What may become of an order at the sandbox. Pure: rows in, rows out.

use super::{Fault, broken};
use crate::store::sandbox::{OrderRow, RefundRow};
use chrono::{DateTime, TimeDelta, Utc};
use payments::provider::{
    Capture, Instrument, Method, Refusal, RefusalKind,
    sandbox::{
        Settings,
        wire::{About, Code, Disputed, NewOrder, Order, OrderState, Refund, RefundStep},
    },
};

/// What a change brings beside the order itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changed {
    pub moved: Option<Moved>,
    /// A refund to be added.
    pub refund: Option<RefundRow>,
    /// A refund that ends, in its new state.
    pub ended: Option<RefundRow>,
    pub told: Vec<Told>,
}

/// A line of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    pub kind: &'static str,
    /// The refund's number.
    pub refund: String,
    pub minor: i64,
    pub fee: i64,
}

/// What the merchant is notified of.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Order,
    Refund(RefundRow),
    Dispute(Disputed),
}

impl Changed {
    fn told() -> Changed {
        Changed { told: vec![Told::Order], ..Changed::default() }
    }
}

/// Seconds after which the notifications of one event are sent.
pub fn delays(notices: &str) -> &'static [i64] {
    match notices {
        "none" => &[],
        "thrice" => &[0, 0, 2],
        "late" => &[60],
        _ => &[0],
    }
}

/// An order that nobody has paid in time closes, unless a payment is under way.
pub fn expire(row: &mut OrderRow, now: DateTime<Utc>) {
    if state(row) == OrderState::Waiting && row.expires_at <= now && row.pays_at.is_none() {
        set(row, OrderState::Closed);
    }
}

/// The payer pays: held or taken. What was closed or refused is paid all the same, as when the money was on its way.
pub fn pay(
    row: &mut OrderRow,
    account: &Settings,
    payer: &str,
    now: DateTime<Utc>,
) -> Result<Changed, Fault> {
    if matches!(state(row), OrderState::Held | OrderState::Taken | OrderState::Released) {
        return Err(Fault::no(Code::Paid, "the order has been paid"));
    }
    let asked = asked(row)?;
    row.pays_at = None;
    row.moved_at = Some(now);
    row.refusal = String::new();
    row.payer = payer.to_owned();
    row.instrument = serde_json::to_string(&instrument(&asked, payer)).map_err(broken)?;
    let mut changed = Changed::told();
    match asked.capture {
        Capture::Later => {
            row.held_minor = row.amount_minor;
            row.holds_until = Some(now + TimeDelta::days(i64::from(account.hold_days)));
            set(row, OrderState::Held);
        }
        Capture::Now => changed.moved = Some(take(row, account, row.amount_minor)),
    }
    Ok(changed)
}

/// The payer pays later, by itself.
pub fn pay_later(row: &mut OrderRow, payer: &str, at: DateTime<Utc>) -> Result<Changed, Fault> {
    if state(row) != OrderState::Waiting {
        return Err(Fault::no(Code::Closed, "nobody can pay the order any more"));
    }
    row.pays_at = Some(at);
    row.payer = payer.to_owned();
    Ok(Changed::default())
}

/// It was tried and will not succeed.
pub fn fail(row: &mut OrderRow, code: &str, text: &str) -> Result<Changed, Fault> {
    if state(row) != OrderState::Waiting {
        return Err(Fault::no(Code::Closed, "nobody can pay the order any more"));
    }
    row.pays_at = None;
    row.refusal = serde_json::to_string(&Refusal::new(RefusalKind::Payer, code, text)).map_err(broken)?;
    set(row, OrderState::Failed);
    Ok(Changed::told())
}

/// Nobody may pay it any more. A payment that is under way comes all the same.
pub fn close(row: &mut OrderRow) -> Changed {
    if state(row) == OrderState::Waiting {
        set(row, OrderState::Closed);
    }
    Changed::default()
}

/// Holds more.
pub fn raise(row: &mut OrderRow, to: i64, key: &str) -> Result<Changed, Fault> {
    if known(row, "raise", key, to)? {
        return Ok(Changed::default());
    }
    if state(row) != OrderState::Held {
        return Err(Fault::no(Code::NotHeld, "nothing is held"));
    }
    if to <= row.held_minor {
        return Err(Fault::no(Code::Malformed, "a hold can only be raised"));
    }
    row.held_minor = to;
    row.last_key = format!("raise:{to}:{key}");
    Ok(Changed::told())
}

/// Takes a part of what is held and releases the rest.
pub fn capture(
    row: &mut OrderRow,
    account: &Settings,
    amount: i64,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Changed, Fault> {
    if known(row, "capture", key, amount)? {
        return Ok(Changed::default());
    }
    if state(row) != OrderState::Held {
        return Err(Fault::no(Code::NotHeld, "nothing is held"));
    }
    if amount <= 0 || amount > row.held_minor {
        return Err(Fault::no(Code::TooMuch, format!("{} is held", row.held_minor)));
    }
    row.last_key = format!("capture:{amount}:{key}");
    row.moved_at = Some(now);
    let mut changed = Changed::told();
    changed.moved = Some(take(row, account, amount));
    Ok(changed)
}

/// Releases all that is held.
pub fn release(row: &mut OrderRow, now: DateTime<Utc>) -> Result<Changed, Fault> {
    match state(row) {
        OrderState::Released => Ok(Changed::default()),
        OrderState::Held => {
            row.held_minor = 0;
            row.holds_until = None;
            row.moved_at = Some(now);
            set(row, OrderState::Released);
            Ok(Changed::told())
        }
        OrderState::Taken => Err(Fault::no(Code::Paid, "it has been taken: it can only be refunded")),
        _ => Err(Fault::no(Code::NotHeld, "nothing is held")),
    }
}

/// Gives back a part of what was taken; the same number is the same refund.
pub fn refund(
    row: &mut OrderRow,
    refunds: &[RefundRow],
    new: RefundRow,
    now: DateTime<Utc>,
) -> Result<Changed, Fault> {
    if let Some(known) = refunds.iter().find(|known| known.number == new.number) {
        return match known.amount_minor == new.amount_minor {
            true => Ok(Changed::default()),
            false => Err(Fault::no(Code::Differs, "the refund's number was used for another amount")),
        };
    }
    if matches!(&*row.dispute, "open" | "lost") {
        return Err(Fault::no(Code::TooMuch, "the payer's bank has the money"));
    }
    let given: i64 = refunds
        .iter()
        .filter(|known| known.state != RefundStep::Failed.word())
        .map(|known| known.amount_minor)
        .sum();
    let left = row.taken_minor - given;
    if state(row) != OrderState::Taken || new.amount_minor <= 0 || new.amount_minor > left {
        return Err(Fault::no(Code::TooMuch, format!("{left} can be refunded")));
    }
    if new.ends_at > now {
        return Ok(Changed { refund: Some(new), ..Changed::default() });
    }
    let mut changed = end_refund(row, &new, now);
    changed.refund = changed.ended.take();
    Ok(changed)
}

/// A refund ends as it was decided.
pub fn end_refund(row: &mut OrderRow, refund: &RefundRow, now: DateTime<Utc>) -> Changed {
    let step = if refund.fails { RefundStep::Failed } else { RefundStep::Done };
    let ended = RefundRow { state: step.word().to_owned(), ..refund.clone() };
    let mut changed =
        Changed { ended: Some(ended.clone()), told: vec![Told::Refund(ended)], ..Changed::default() };
    if !refund.fails {
        row.returned_minor += refund.amount_minor;
        row.moved_at = Some(now);
        let (number, minor) = (refund.number.clone(), -refund.amount_minor);
        changed.moved = Some(Moved { kind: "returned", refund: number, minor, fee: 0 });
    }
    changed
}

/// The payer's bank wants the money back, or has decided.
pub fn dispute(row: &mut OrderRow, to: &str) -> Result<Changed, Fault> {
    let amount = row.taken_minor - row.returned_minor;
    let allowed = match to {
        "open" => row.dispute.is_empty() && amount > 0,
        _ => row.dispute == "open",
    };
    if !allowed {
        return Err(Fault::no(Code::NotOffered, "this cannot be disputed like that"));
    }
    row.dispute = to.to_owned();
    // The money is the payer's until the bank has decided for the merchant.
    let back = if to == "won" { amount } else { 0 };
    let disputed = Disputed {
        reference: format!("d-{}", row.reference),
        order: row.number.clone(),
        currency: row.currency.clone(),
        amount,
        state: to.to_owned(),
        reason: "the payer does not know the payment".to_owned(),
        withdrawn: amount,
        reinstated: back,
        fee: 0,
    };
    let minor = if to == "open" { -amount } else { back };
    let moved = Moved { kind: "disputed", refund: String::new(), minor, fee: 0 };
    Ok(Changed {
        moved: (minor != 0).then_some(moved),
        told: vec![Told::Dispute(disputed)],
        ..Changed::default()
    })
}

/// The state of the row; one that cannot be read is a failed order.
pub fn state(row: &OrderRow) -> OrderState {
    OrderState::of(&row.state).unwrap_or(OrderState::Failed)
}

/// What the merchant asked for.
pub fn asked(row: &OrderRow) -> Result<NewOrder, Fault> {
    serde_json::from_str(&row.asked).map_err(broken)
}

/// The order as it is told.
pub fn order_wire(row: &OrderRow, base_url: &str) -> Result<Order, Fault> {
    Ok(Order {
        number: row.number.clone(),
        reference: row.reference.clone(),
        state: state(row),
        currency: row.currency.clone(),
        amount: row.amount_minor,
        held: row.held_minor,
        taken: row.taken_minor,
        returned: row.returned_minor,
        payer: (!row.payer.is_empty()).then(|| row.payer.clone()),
        instrument: parsed(&row.instrument)?,
        refusal: parsed(&row.refusal)?,
        at: row.moved_at,
        holds_until: row.holds_until,
        pay_url: format!("{}/pay/{}", base_url.trim_end_matches('/'), row.reference),
    })
}

/// A refund as it is told.
pub fn refund_wire(row: &OrderRow, refund: &RefundRow) -> Refund {
    let state = RefundStep::of(&refund.state).unwrap_or(RefundStep::Waiting);
    let account_closed =
        || Refusal::new(RefusalKind::Payer, "ACCOUNT_CLOSED", "the payer's account is closed");
    Refund {
        number: refund.number.clone(),
        reference: refund.reference.clone(),
        order: row.number.clone(),
        state,
        currency: row.currency.clone(),
        amount: refund.amount_minor,
        refusal: (state == RefundStep::Failed).then(account_closed),
        at: (state != RefundStep::Waiting).then_some(refund.ends_at),
    }
}

/// In a word or two, for people.
pub fn kind_of(about: &About) -> String {
    match about {
        About::Payment { order } => format!("payment.{}", order.state.word()),
        About::Refund { refund } => format!("refund.{}", refund.state.word()),
        About::Dispute { dispute } => format!("dispute.{}", dispute.state),
    }
}

fn set(row: &mut OrderRow, state: OrderState) {
    row.state = state.word().to_owned();
}

fn take(row: &mut OrderRow, account: &Settings, minor: i64) -> Moved {
    row.taken_minor = minor;
    row.held_minor = 0;
    row.holds_until = None;
    set(row, OrderState::Taken);
    // Half up; an amount has at most twelve digits.
    let fee = (minor * i64::from(account.fee_bp) + 5_000) / 10_000;
    Moved { kind: "taken", refund: String::new(), minor, fee }
}

/// Is it the same wish again? The same key with another amount is refused.
fn known(row: &OrderRow, what: &str, key: &str, amount: i64) -> Result<bool, Fault> {
    let mut last = row.last_key.splitn(3, ':');
    let (kind, sum, known) = (last.next(), last.next(), last.next());
    if kind != Some(what) || known != Some(key) {
        return Ok(false);
    }
    match sum == Some(&*amount.to_string()) {
        true => Ok(true),
        false => Err(Fault::no(Code::Differs, "the key was used for another amount")),
    }
}

/// What a simulated payer pays with: the same payer, the same card.
fn instrument(asked: &NewOrder, payer: &str) -> Instrument {
    let digits = payer.bytes().fold(4_242_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 10_000);
    Instrument {
        brand: "sandbox".to_owned(),
        last4: format!("{digits:04}"),
        country: String::new(),
        fingerprint: format!("sandbox-{payer}"),
        on_file: match &asked.method {
            Method::OnFile { customer, instrument } => Some((customer.clone(), instrument.clone())),
            _ => asked.keep.then(|| (format!("customer-{payer}"), format!("card-{payer}"))),
        },
    }
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<Option<T>, Fault> {
    if text.is_empty() { Ok(None) } else { serde_json::from_str(text).map(Some).map_err(broken) }
}
