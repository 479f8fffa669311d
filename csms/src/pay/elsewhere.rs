//! Money that was given back where nobody here can have it given back, e.g. at the provider of a station's terminal: an
//! operator says so.

use super::{
    PayError,
    docket::{Docket, TakeError, refund_standing},
    wallet,
};
use crate::{
    app::App,
    ledger::{self, Account, Entry},
    store::pay::refunds::{self, RefundRow},
};
use payments::{
    Amount,
    order::{Event, RefundStanding},
};
use serde_json::json;

/// Characters of a note that are kept.
const NOTE_MAX: usize = 200;

/// A refund that has failed was made good outside, as the note says. Said again it is the same.
///
/// # Errors
/// There is no such refund, it has not failed, another one has made it good, or nobody says how.
pub async fn returned_elsewhere(app: &App, refund: &str, note: &str, by: &str) -> Result<(), PayError> {
    let note: String = note.trim().chars().take(NOTE_MAX).collect();
    if note.is_empty() {
        return Err(PayError::Amount("say how it was given back".to_owned()));
    }
    let mut tx = app.db.write().await?;
    let RefundRow { id, order_id, .. } =
        refunds::by_number(&mut tx, refund).await?.ok_or(PayError::NoOrder)?;
    let mut docket = Docket::open(app, &mut tx, order_id).await?.ok_or(PayError::NoOrder)?;
    let row = docket.refunds.iter().find(|row| row.id == id).ok_or(PayError::NoOrder)?;
    match refund_standing(&row.state) {
        RefundStanding::Done => return Ok(()),
        // Its provider may be doing it at this moment.
        RefundStanding::Open => return Err(PayError::Amount("the refund is on its way".to_owned())),
        RefundStanding::Failed => {}
    }
    let amount = Amount::new(row.amount_minor, docket.currency);
    // Of a balance: it came to the balance again when the refund failed, and leaves it now.
    if let Some(driver) = docket.order.driver_id.filter(|_| docket.order.purpose == "top_up") {
        wallet::must_have(&mut tx, driver, amount).await?;
        let entry = Entry::posted("returning", format!("returning_elsewhere:{id}"), docket.now)
            .of_order(order_id)
            .debit(Account::Balance(driver), amount)
            .credit(Account::Refunds, amount);
        ledger::record(&mut tx, &app.ids, &entry).await?;
    }
    let body = json!({"refund": refund, "note": note});
    docket.tell(&mut tx, "refund.elsewhere", by, body).await?;
    match docket.take(&mut tx, &Event::Returned { refund: id }, by).await {
        Err(TakeError::Illegal(illegal)) => return Err(PayError::Amount(illegal.why.to_owned())),
        other => other?,
    };
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}
