//! Codes at EVSEs, printed on stickers. Those that displays show are signed and kept nowhere ([`crate::codes`]).

use super::{PayError, number};
use crate::{
    app::App,
    model::StationId,
    store::pay::codes::{self, CodeRow},
};

/// The sticker's code of each of these EVSEs: the one there is, or a new one. A sticker is printed once and stays.
///
/// # Errors
/// There is no such station.
pub async fn sticker_codes(app: &App, station: &StationId, evses: &[i64]) -> Result<Vec<CodeRow>, PayError> {
    let mut tx = app.db.write().await?;
    let known = codes::of_station(&mut tx, station, app.clock.now()).await?;
    let mut stickers = Vec::with_capacity(evses.len());
    for evse in evses.iter().take(500) {
        let old = known.iter().find(|row| row.kind == "static" && row.evse == *evse);
        let row = match old {
            Some(row) => row.clone(),
            None => {
                let row = make(app, station, *evse)?;
                create(&mut tx, &row).await?;
                row
            }
        };
        stickers.push(row);
    }
    tx.commit().await?;
    Ok(stickers)
}

/// The codes of a station that hold.
///
/// # Errors
/// The database could not be read.
pub async fn station_codes(app: &App, station: &StationId) -> Result<Vec<CodeRow>, PayError> {
    Ok(codes::of_station(&mut app.db.read().await?, station, app.clock.now()).await?)
}

/// The code does not hold any more: its sticker was lost, or somebody put another over it.
///
/// # Errors
/// There is no such code that holds.
pub async fn revoke_code(app: &App, code: &str) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    if !codes::revoke(&mut tx, code, app.clock.now()).await? {
        return Err(PayError::NoCode);
    }
    Ok(tx.commit().await?)
}

fn make(app: &App, station: &StationId, evse: i64) -> Result<CodeRow, PayError> {
    Ok(CodeRow {
        code: number::code()?,
        station_id: station.to_string(),
        evse,
        kind: "static".to_owned(),
        expires_at: None,
        revoked_at: None,
        created_at: app.clock.now(),
    })
}

async fn create(tx: &mut crate::store::Tx, row: &CodeRow) -> Result<(), PayError> {
    match codes::create(tx, row).await {
        Err(error) if error.is_reference() => Err(PayError::NoCode),
        other => Ok(other?),
    }
}
