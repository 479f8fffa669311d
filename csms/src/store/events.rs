//! Events: what has happened, in order.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, run, starting};
use super::row::EventRow;

/// Which events to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub station: Option<String>,
    pub session: Option<i64>,
    /// A kind (`station.booted`) or the area before the dot (`station`).
    pub kind: Option<String>,
}

impl Filter {
    fn select(&self) -> Select {
        let select = Select::new("SELECT * FROM event")
            .and_if("station_id = ?", self.station.as_deref())
            .and_if("session_id = ?", self.session);
        match self.kind.as_deref() {
            Some(area) if !area.contains('.') => {
                select.and("kind LIKE ? ESCAPE '!'", [starting(&format!("{area}."))])
            }
            kind => select.and_if("kind = ?", kind),
        }
    }
}

/// Records an event in the same transaction as what it tells of.
pub async fn add(tx: &mut Tx, event: &EventRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO event (id, at, station_id, session_id, kind, body) VALUES ($1, $2, $3, $4, $5, $6)",
        event.id,
        event.at,
        event.station_id.as_deref().map(clean),
        event.session_id,
        &*event.kind,
        clean(&event.body),
    )?;
    Ok(())
}

/// A page of events, newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    filter.select().and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// A page of events, oldest first, those after `after`: for readers who resume.
pub async fn since(
    tx: &mut Tx,
    filter: &Filter,
    after: i64,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    filter.select().and("id > ?", [after.into()]).page(tx, "id", limit).await
}
