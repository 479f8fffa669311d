//! What a station's terminal could not settle (OCPP 2.1, C22) is owed: an open bill, which people are told of, and which
//! whoever has its number can pay.

use super::super::{PayError, docket::Docket, number, terminal};
use crate::{
    app::App,
    store::{
        Tx,
        pay::orders::{self, OrderRow},
        row::SessionRow,
    },
};
use payments::{
    Amount,
    order::{Event, Mode},
};
use serde_json::json;

/// Why it is open.
pub(super) struct Of<'a> {
    pub station: &'a str,
    pub reference: &'a str,
    /// The station's word, or ours.
    pub status: &'a str,
    pub info: &'a str,
}

/// Opens the claim of a session. `None`: it is open already, by the same key.
pub(super) async fn open<'a>(
    app: &'a App,
    tx: &mut Tx,
    session: &SessionRow,
    key: String,
    amount: Amount,
    of: &Of<'_>,
) -> Result<Option<Docket<'a>>, PayError> {
    let now = app.clock.now();
    let named = (app.ids.next(), number::order()?);
    let order = OrderRow {
        station_id: session.station_id.clone(),
        evse: session.evse,
        site_id: session.site_id,
        tariff_hash: session.tariff_hash.clone().unwrap_or_default(),
        agent: terminal::AGENT.to_owned(),
        ..OrderRow::new(named, key, ("bill", Mode::Later), amount, (now, now))
    };
    if !orders::create(tx, &order).await? {
        return Ok(None);
    }
    let mut docket = Docket::open(app, tx, order.id).await?.ok_or(PayError::NoOrder)?;
    docket.session = Some(session.id);
    let body = json!({"session": session.id, "transaction": session.reference, "reference": of.reference,
        "status": of.status, "info": of.info.chars().take(500).collect::<String>(), "amount": amount.to_string()});
    docket.tell(tx, "terminal.unsettled", of.station, body).await?;
    docket.take(tx, &Event::Started, of.station).await?;
    tracing::error!(
        station = of.station,
        order = order.number,
        reference = of.reference,
        status = of.status,
        info = of.info,
        "a card payment at a station was not settled: the bill is open, and somebody has to act"
    );
    metrics::counter!("csms_pay_orders_total", "state" => "created").increment(1);
    Ok(Some(docket))
}
