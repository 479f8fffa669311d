//! What the database has of a session, looked at behind the server's back.

use crate::harness::Place;
use csms::store::{
    bills,
    row::{BillRow, ReadingRow, SessionRow},
    sessions,
};

/// A session with all that belongs to it.
pub struct Record {
    pub session: SessionRow,
    pub readings: Vec<ReadingRow>,
    pub bill: Option<BillRow>,
}

/// All sessions of a station, newest first.
pub async fn of_station(place: &Place, station: &str) -> Vec<Record> {
    let db = place.db().await;
    let mut tx = db.read().await.unwrap();
    let filter = sessions::Filter { station: Some(station.to_owned()), ..sessions::Filter::default() };
    let mut records = Vec::new();
    let mut before = None;
    loop {
        let page = sessions::list(&mut tx, &filter, before, 200).await.unwrap();
        let Some(last) = page.last() else { return records };
        before = Some(last.id);
        for session in page {
            let readings = sessions::readings(&mut tx, session.id).await.unwrap();
            let bill = bills::latest(&mut tx, session.id).await.unwrap();
            records.push(Record { session, readings, bill });
        }
    }
}

/// The only session of a station.
pub async fn only(place: &Place, station: &str) -> Record {
    let mut records = of_station(place, station).await;
    assert_eq!(records.len(), 1, "one session at {station}");
    records.remove(0)
}
