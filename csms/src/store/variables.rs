//! What 2.x stations report of themselves. Written by the group writer.

use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all};
pub use super::row::VariableRow;

/// A page of a station's variables in the order of their keys, those after `after` (the last one of the page
/// before).
pub async fn list(
    tx: &mut Tx,
    station: &str,
    after: Option<&VariableRow>,
    limit: i64,
) -> Result<Vec<VariableRow>, StoreError> {
    const KEY: &str = "component, component_instance, evse, connector, name, instance, attribute";
    let mut select = Select::new("SELECT * FROM variable").and("station_id = ?", [station.into()]);
    if let Some(row) = after {
        let condition = format!("({KEY}) > (?, ?, ?, ?, ?, ?, ?)");
        select = select.and(
            &condition,
            [
                (&*row.component).into(),
                (&*row.component_instance).into(),
                row.evse.into(),
                row.connector.into(),
                (&*row.name).into(),
                (&*row.instance).into(),
                (&*row.attribute).into(),
            ],
        );
    }
    select.page(tx, KEY, limit).await
}

/// All attributes of a variable, wherever on the station and in whatever instance it is.
pub async fn named(
    tx: &mut Tx,
    station: &str,
    component: &str,
    name: &str,
) -> Result<Vec<VariableRow>, StoreError> {
    let sql = "SELECT * FROM variable WHERE station_id = $1 AND component = $2 AND name = $3
               ORDER BY component_instance, evse, connector, instance, attribute LIMIT 1000";
    all!(tx, sql, station, component, name)
}

/// The EVSEs that have a component of this name.
pub async fn evses_with(tx: &mut Tx, station: &str, component: &str) -> Result<Vec<i64>, StoreError> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "SELECT DISTINCT evse FROM variable WHERE station_id = $1 AND component = $2 AND evse > 0
         ORDER BY evse LIMIT 1000",
        station,
        component,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
