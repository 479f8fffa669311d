//! Rows as rules and model want them.

use super::Facts;
use crate::store::{
    StoreError, Tx,
    risk::{
        events::EventRow,
        history::{self, PaidRow},
    },
    sites,
};
use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Tz;
use payments::{
    Amount,
    risk::{
        behaviour::{SEEN, Visit},
        rules::{Event, Seen, Subject, What},
    },
};

/// An event as rules count it; `None` if the row cannot be understood.
pub(super) fn seen(row: &EventRow) -> Option<Seen> {
    Some(Seen {
        at: row.at,
        what: What::of(&row.what)?,
        amount: Amount::new(row.amount_minor, row.currency.parse().ok()?),
        card: row.card.clone(),
        driver: row.driver.clone(),
    })
}

/// An event with all its subjects.
pub(super) fn event(row: &EventRow) -> Option<Event> {
    let keys = [
        (Subject::Driver, &row.driver),
        (Subject::Device, &row.device),
        (Subject::Card, &row.card),
        (Subject::Address, &row.address),
        (Subject::Station, &row.station),
        (Subject::Phone, &row.phone),
        (Subject::Wallet, &row.wallet),
    ];
    let keys = keys.into_iter().filter(|(_, key)| !key.is_empty());
    Some(Event {
        at: row.at,
        what: What::of(&row.what)?,
        amount: Amount::new(row.amount_minor, row.currency.parse().ok()?),
        keys: keys.map(|(subject, key)| (subject, key.clone())).collect(),
    })
}

/// The newest payments of a driver without those of this order, oldest first.
pub(super) async fn visits(tx: &mut Tx, driver: i64, without: i64) -> Result<Vec<Visit>, StoreError> {
    let mut rows = history::of_driver(tx, driver, without, SEEN as i64).await?;
    rows.reverse();
    Ok(in_order(rows.iter().filter_map(paid).collect()))
}

/// A session that was told late has a later order than what came after it.
pub(super) fn in_order(mut visits: Vec<Visit>) -> Vec<Visit> {
    visits.sort_by_key(|visit| visit.at);
    visits
}

/// A payment of the past; `None` if the row cannot be understood.
pub(super) fn paid(row: &PaidRow) -> Option<Visit> {
    let seconds = match (row.started_at, row.ended_at) {
        (Some(from), Some(to)) => (to - from).num_seconds().max(0),
        _ => 0,
    };
    let at = row.started_at.filter(|_| row.purpose == "bill").unwrap_or(row.created_at);
    Some(Visit {
        at,
        minute_of_week: minute_of_week(at, row.time_zone.as_deref()),
        amount: Amount::new(row.amount_minor, row.currency.parse().ok()?),
        place: row.site.clone().unwrap_or_else(|| row.station_id.clone()),
        energy_wh: row.energy_mwh.unwrap_or(0) / 1_000,
        seconds,
    })
}

/// The payment that is asked about.
pub(super) async fn visit(tx: &mut Tx, facts: &Facts<'_>, now: DateTime<Utc>) -> Result<Visit, StoreError> {
    let site = match facts.site {
        Some(site) => sites::find(tx, site).await?,
        None => None,
    };
    let zone = site.as_ref().map(|site| site.time_zone.as_str());
    Ok(Visit {
        at: now,
        minute_of_week: minute_of_week(now, zone),
        amount: facts.amount,
        place: site.map_or_else(|| facts.station.to_owned(), |site| site.name),
        energy_wh: 0,
        seconds: 0,
    })
}

/// By the site's clock; UTC where it has none.
fn minute_of_week(at: DateTime<Utc>, zone: Option<&str>) -> u16 {
    let zone = zone.and_then(|zone| zone.parse::<Tz>().ok()).unwrap_or(Tz::UTC);
    let local = at.with_timezone(&zone);
    let minutes = local.weekday().num_days_from_monday() * 1_440 + local.hour() * 60 + local.minute();
    u16::try_from(minutes).unwrap_or(0)
}
