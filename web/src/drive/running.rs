//! A session that runs, as its driver sees it: power, cost by line, when the battery is full, and the fee for staying.

use crate::{
    WebState,
    front::Fail,
    pages::bill_view,
    view::{BillView, FullView, IdleView, LiveView, Shell},
};
use chrono::{DateTime, Utc};
use csms::{
    catalog::Snapshot,
    pay::{self, Status},
    session::{
        self,
        full::{self, Full},
        stay,
    },
    store::{Tx, pay::orders::OrderRow, row::SessionRow},
};
use rust_decimal::{Decimal, prelude::ToPrimitive};

/// What is shown of a session that runs.
pub struct Running {
    pub live: LiveView,
    pub bill: Option<BillView>,
    /// The car takes nothing any more.
    pub idle: bool,
}

/// Reads it.
pub async fn running(
    state: &WebState,
    tx: &mut Tx,
    shell: &Shell,
    status: &Status,
    row: SessionRow,
    kind: &str,
) -> Result<Running, Fail> {
    let (now, order) = (shell.now, &status.order);
    let tariff = pay::tariff_of(&state.app, tx, &row).await?;
    let readings = pay::readings_of(tx, &row).await?;
    let since = stay::idle_since(&row, &readings);
    let fast = kind == "dc" || row.power_w.is_some_and(|watts| watts > 22_500);
    let full = if since.is_none() { full::forecast(&row, &readings, fast) } else { None };
    let bill = status.bill.as_ref();
    let cost = bill.map_or_else(|| row.cost.clone(), |bill| bill.total_incl.to_string());
    let live = LiveView {
        power_w: row.power_w,
        energy_mwh: row.energy_mwh,
        seconds: (now - row.started_at).num_seconds().max(0),
        soc_percent: row.soc_percent,
        ring: row.soc_percent.map(|percent| percent.clamp(0, 100)),
        used_percent: used(&cost, order),
        idle: tariff.as_ref().and_then(|tariff| fee(tariff, &row, since, full, now)),
        full: full.map(|full| FullView { minutes: full.minutes, battery_kwh: full.battery_kwh }),
        cost,
        currency: row.currency.clone(),
        stopping: order.stop_asked_at.is_some(),
        silent_s: (!status.online).then(|| (now - row.received_at).num_seconds().max(0)),
    };
    Ok(Running { live, bill: bill.map(|bill| bill_view(bill, true, shell.lang)), idle: since.is_some() })
}

fn fee(
    tariff: &Snapshot,
    row: &SessionRow,
    since: Option<DateTime<Utc>>,
    full: Option<Full>,
    now: DateTime<Utc>,
) -> Option<IdleView> {
    let end = now + chrono::TimeDelta::minutes(full.map_or(0, |full| full.minutes));
    let fee = stay::fee(tariff, session::zone(row), row.started_at, since.unwrap_or(end))?;
    let left = (fee.begins - now).num_seconds();
    Some(IdleView {
        idle: since.is_some(),
        begins_s: (since.is_some() && left > 0).then_some(left),
        begins_at: (since.is_some() && left > 0).then_some(fee.begins),
        grace_min: since.is_none().then(|| (fee.begins - end).num_minutes().max(0)),
        amount: fee.hour.normalize().to_string(),
        currency: tariff.currency.to_string(),
    })
}

/// Of the security, 0–100.
fn used(cost: &str, order: &OrderRow) -> i64 {
    let secured = order
        .currency
        .parse()
        .ok()
        .map(|currency| payments::Amount::new(order.amount_minor, currency).decimal());
    let percent = secured.filter(|secured| *secured > Decimal::ZERO).and_then(|secured| {
        cost.parse::<Decimal>()
            .ok()?
            .checked_mul(Decimal::ONE_HUNDRED)?
            .checked_div(secured)?
            .trunc()
            .to_i64()
    });
    percent.unwrap_or(0).clamp(0, 100)
}
