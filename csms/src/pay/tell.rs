//! What a driver is told while nobody looks at the page: charging broke off, money is on its way back. Kept with the
//! cause; see [`crate::messages`].

use super::{PayError, docket::Docket};
use crate::{
    app::App,
    event::{self, list::OrderChanged},
    messages::{self, Kind, Message},
    store::{StoreError, Tx, events, pay::orders::OrderRow, row::SessionRow},
};
use payments::{
    Amount,
    order::{Effect, Kind as RefundKind},
};

/// Reasons of a stop that the driver did not want (OCPP 1.6 and 2.x).
const BROKEN_OFF: [&str; 11] = [
    "EmergencyStop",
    "GroundFault",
    "HardReset",
    "ImmediateReset",
    "OvercurrentFault",
    "PowerLoss",
    "PowerQuality",
    "Reboot",
    "SoftReset",
    "Timeout",
    "UnlockCommand",
];

/// Charging has broken off: why, and where to go on.
pub(super) async fn broken_off(
    docket: &Docket<'_>,
    tx: &mut Tx,
    session: &SessionRow,
) -> Result<(), PayError> {
    if !BROKEN_OFF.contains(&session.stop_reason.as_str()) {
        return Ok(());
    }
    let reason = &session.stop_reason;
    let (subject, text) = if chinese(docket) {
        ("充电已中断".to_owned(), format!("您的充电已被充电桩中断（{reason}）。账单和附近可用的充电桩见："))
    } else {
        (
            "Charging has been interrupted".to_owned(),
            format!("The station has ended your session ({reason}). What it cost, and free chargers nearby:"),
        )
    };
    send(docket, tx, Kind::Interrupted, "interrupted", &subject, &text).await
}

/// The bill is higher than what could be taken: how much is left, and where it is paid.
pub(super) async fn owing(docket: &Docket<'_>, tx: &mut Tx) -> Result<(), PayError> {
    let amount = docket.outstanding()?;
    let (subject, text) = if chinese(docket) {
        (
            format!("尚需支付 {amount}"),
            format!("您的充电费用高于已支付的金额，尚需支付 {amount}。明细和支付见："),
        )
    } else {
        (
            format!("{amount} are still to pay"),
            format!(
                "Your session has cost more than was paid: {amount} are left. What it is for, and how to pay:"
            ),
        )
    };
    let what = format!("owing:{}", docket.order.due_minor.unwrap_or_default());
    send(docket, tx, Kind::Owing, &what, &subject, &text).await
}

/// Money goes back; by when.
pub(super) async fn going_back(docket: &Docket<'_>, tx: &mut Tx, effects: &[Effect]) -> Result<(), PayError> {
    for effect in effects {
        let Effect::Refund { refund, amount, kind, .. } = effect else { continue };
        // The rest of a prepayment stands on the receipt.
        if *kind == RefundKind::Rest && docket.order.due_minor != Some(0) {
            continue;
        }
        let Some(row) = docket.refunds.iter().find(|row| row.id == *refund) else { continue };
        let (subject, text) = refund_text(docket, *amount, &row.due_at.format("%Y-%m-%d").to_string());
        send(docket, tx, Kind::Refund, &format!("refund:{refund}"), &subject, &text).await?;
    }
    Ok(())
}

fn refund_text(docket: &Docket<'_>, amount: Amount, by: &str) -> (String, String) {
    if chinese(docket) {
        (format!("退款 {amount}"), format!("{amount} 将原路退回，最迟 {by} 到账。进度见："))
    } else {
        (
            format!("Refund of {amount}"),
            format!("{amount} goes back the way it came, by {by} at the latest. How it stands:"),
        )
    }
}

fn chinese(docket: &Docket<'_>) -> bool {
    docket.order.language.starts_with("zh")
}

async fn send(
    docket: &Docket<'_>,
    tx: &mut Tx,
    kind: Kind,
    what: &str,
    subject: &str,
    text: &str,
) -> Result<(), PayError> {
    let order = &docket.order;
    let link = format!("{}/o/{}", super::click::public_url(docket.app), order.number);
    let message = Message {
        key: &format!("order:{}:{what}", order.id),
        kind,
        to: &order.contact,
        language: &order.language,
        subject,
        text,
        link: &link,
        order: Some(order.id),
    };
    messages::add(docket.app, tx, &message, docket.now).await?;
    Ok(())
}

/// Tells partners how an order stands.
pub(super) async fn changed(app: &App, tx: &mut Tx, order: &OrderRow) -> Result<(), StoreError> {
    let told = OrderChanged {
        number: order.number.clone(),
        state: order.state.clone(),
        why: order.why.clone(),
        currency: order.currency.clone(),
        amount_minor: order.amount_minor,
        due_minor: order.due_minor,
        held_minor: order.held_minor,
        taken_minor: order.taken_minor,
        returned_minor: order.returned_minor,
        written_off_minor: order.written_off_minor,
    };
    let station = Some(order.station_id.as_str()).filter(|station| !station.is_empty());
    events::add(tx, &event::row(&app.ids, app.clock.now(), station, order.session_id, &told)).await
}
