//! How much stations take at once, as they say themselves.

use super::Command;
use crate::{
    link::dialect::ask::{Room, Rooms, limited_list},
    store::{StoreError, Tx, row::VariableRow, variables},
};

/// Where nothing is said: what every station must be able to take, or nearly so.
const READ: usize = 20;
const WRITE: usize = 10;
const LIST: usize = 20;
/// No station is believed to take more.
const MOST: usize = 500;

/// Where nothing is said of monitors.
const MONITORS: usize = 10;

/// What a call with a list has besides its entries.
const LIST_FRAME: usize = 256;

/// Variables of a call that reads, of one that writes, entries of one with a local list, and their bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub read: usize,
    pub write: usize,
    pub list: usize,
    pub list_bytes: usize,
    pub rooms: Rooms,
    /// Items of a raw call; `None`: the station has not said it, and whoever asks is believed.
    pub call: Option<usize>,
}

pub(super) async fn of(tx: &mut Tx, station: &str, command: &Command) -> Result<Limits, StoreError> {
    let items = variables::named(tx, station, "DeviceDataCtrlr", "ItemsPerMessage").await?;
    let (read, write) = (said(&items, "GetVariables"), said(&items, "SetVariables"));
    let report = said(&items, "GetReport").unwrap_or(MOST).clamp(1, MOST);
    let keys = actual(tx, station, "", "GetConfigurationMaxKeys").await?;
    let list = match actual(tx, station, "LocalAuthListCtrlr", "ItemsPerMessage").await? {
        Some(list) => Some(list),
        None => actual(tx, station, "", "SendLocalListMaxLength").await?,
    };
    let bytes = actual(tx, station, "LocalAuthListCtrlr", "BytesPerMessage").await?;
    let list_bytes = bytes.map_or(usize::MAX, |bytes| bytes.saturating_sub(LIST_FRAME));
    let bounded = |said: Option<usize>, otherwise: usize| said.unwrap_or(otherwise).clamp(1, MOST);
    Ok(Limits {
        read: bounded(read.or(keys), READ),
        write: bounded(write, WRITE),
        list: bounded(list, LIST),
        list_bytes,
        rooms: Rooms {
            set_monitors: monitors(tx, station, "SetVariableMonitoring").await?,
            clear_monitors: monitors(tx, station, "ClearVariableMonitoring").await?,
            report,
        },
        call: of_call(tx, station, command).await?.map(|call| call.clamp(1, MOST)),
    })
}

async fn monitors(tx: &mut Tx, station: &str, action: &str) -> Result<Room, StoreError> {
    let items = variables::named(tx, station, "MonitoringCtrlr", "ItemsPerMessage").await?;
    let bytes = variables::named(tx, station, "MonitoringCtrlr", "BytesPerMessage").await?;
    Ok(Room {
        items: said(&items, action).unwrap_or(MONITORS).clamp(1, MOST),
        bytes: said(&bytes, action).map_or(usize::MAX, |bytes| bytes.saturating_sub(LIST_FRAME)),
    })
}

/// How many items of a raw call the station takes, by its own word.
async fn of_call(tx: &mut Tx, station: &str, command: &Command) -> Result<Option<usize>, StoreError> {
    let Command::Call(call) = command else { return Ok(None) };
    if limited_list(&call.action).is_none() {
        return Ok(None);
    }
    let component = if call.action.ends_with("Monitoring") { "MonitoringCtrlr" } else { "DeviceDataCtrlr" };
    let rows = variables::named(tx, station, component, "ItemsPerMessage").await?;
    Ok(said(&rows, &call.action))
}

/// What rows of one variable say in this instance.
fn said(rows: &[VariableRow], instance: &str) -> Option<usize> {
    let row =
        rows.iter().find(|row| row.attribute == "Actual" && row.instance.eq_ignore_ascii_case(instance));
    row?.value.as_deref()?.trim().parse().ok()
}

async fn actual(
    tx: &mut Tx,
    station: &str,
    component: &str,
    name: &str,
) -> Result<Option<usize>, StoreError> {
    let rows = variables::named(tx, station, component, name).await?;
    let row = rows.iter().find(|row| row.attribute == "Actual");
    Ok(row.and_then(|row| row.value.as_deref()?.trim().parse().ok()))
}
