//! What a station has answered about its monitors.

use crate::{
    app::App,
    event,
    id::Ids,
    model::StationId,
    monitors,
    store::{
        StoreError, Tx,
        monitors::{self as rows, MonitorEventRow, MonitorRow},
        row::Write,
    },
};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// The calls whose answers say something.
const ABOUT: [&str; 4] =
    ["SetVariableMonitoring", "ClearVariableMonitoring", "SetMonitoringBase", "GetMonitoringReport"];

/// Of what monitors that are new have told before they were known, so much is looked at.
const EARLY_MAX: usize = 2_000;
const PAGE: i64 = 200;

/// Does a record say something of monitors?
pub(super) fn tells(record: &[Value]) -> bool {
    record.iter().any(|entry| entry["action"].as_str().is_some_and(|action| ABOUT.contains(&action)))
}

/// Changes of the known monitors, by calls that were begun at `since`. One that was set by the first of many has been at work while the
/// others were asked for: what it has told meanwhile was not known to be grave.
pub(super) async fn learnt(
    app: &App,
    station: &StationId,
    record: &[Value],
    since: DateTime<Utc>,
) -> Result<Vec<Write>, StoreError> {
    let mut tx = app.db.read().await?;
    let known = rows::list(&mut tx, station).await?;
    let mut writes = monitors::learnt(station, record, &known, app.clock.now());
    let is_new = |row: &MonitorRow| known.iter().all(|known| known.monitor_id != row.monitor_id);
    if !writes.iter().any(|write| matches!(write, Write::Monitor(row) if is_new(row))) {
        return Ok(writes);
    }
    let early = early(&mut tx, station, Ids::floor(since)).await?;
    let mut alerts = Vec::new();
    for write in &mut writes {
        let Write::Monitor(row) = write else { continue };
        if !is_new(row) {
            continue;
        }
        let monitor = Some(row.monitor_id);
        for told in early.iter().rev().filter(|event| event.monitor_id == monitor) {
            // Where the station has said it, it was told then.
            if told.severity.is_none() {
                let grave = MonitorEventRow { severity: Some(row.severity), ..told.clone() };
                let alert = monitors::alert(&grave, app.config.monitors.alert_severity);
                let event = |alert| event::row(&app.ids, told.at, Some(station), None, &alert);
                alerts.extend(alert.map(event).map(Write::Event));
            }
            if let Some(after) = monitors::after(row, told) {
                **row = after;
            }
        }
    }
    writes.extend(alerts);
    Ok(writes)
}

/// What the monitors of a station have told from this id on, the newest first.
async fn early(tx: &mut Tx, station: &StationId, from: i64) -> Result<Vec<MonitorEventRow>, StoreError> {
    let mut events: Vec<MonitorEventRow> = Vec::new();
    while events.len() < EARLY_MAX {
        let before = events.last().map(|event| event.id);
        let page = rows::events(tx, station, None, before, PAGE).await?;
        let is_last = page.last().is_none_or(|event| event.id < from);
        events.extend(page.into_iter().filter(|event| event.id >= from));
        if is_last {
            break;
        }
    }
    Ok(events)
}
