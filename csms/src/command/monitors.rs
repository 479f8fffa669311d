//! What a station has answered about its monitors.

use crate::{
    app::App,
    model::StationId,
    monitors,
    store::{StoreError, monitors as rows, row::Write},
};
use serde_json::Value;

/// The calls whose answers say something.
const ABOUT: [&str; 4] =
    ["SetVariableMonitoring", "ClearVariableMonitoring", "SetMonitoringBase", "GetMonitoringReport"];

/// Changes of the known monitors.
pub(super) async fn learnt(
    app: &App,
    station: &StationId,
    record: &[Value],
) -> Result<Vec<Write>, StoreError> {
    let is_about = |entry: &Value| entry["action"].as_str().is_some_and(|action| ABOUT.contains(&action));
    if !record.iter().any(is_about) {
        return Ok(Vec::new());
    }
    let known = rows::list(&mut app.db.read().await?, station).await?;
    Ok(monitors::learnt(station, record, &known, app.clock.now()))
}
