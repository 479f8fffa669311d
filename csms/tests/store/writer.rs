//! The group writer.

use crate::common::{at, on_both, progress, reading, session, station};
use csms::store::row::{ConnectorRow, Write};
use csms::store::{Writer, stations};

on_both! {
    async fn a_cause_is_there_when_its_commit_returns(db) {
        station(&db, "CP1").await;
        let writer = Writer::start(db.clone(), 16);
        let connector = ConnectorRow {
            station: "CP1".into(), evse: 2, connector: 1, status: "Available".into(),
            error_code: "NoError".into(), info: String::new(), status_at: at(3),
        };
        writer
            .commit(vec![
                Write::Connector(connector),
                Write::Session(Box::new(session(1, "CP1"))),
                Write::Reading(Box::new(reading(1, 1))),
                Write::Progress(Box::new(progress(1, 55))),
            ])
            .await
            .unwrap();
        let mut tx = db.read().await.unwrap();
        let row = stations::find(&mut tx, "CP1").await.unwrap().unwrap();
        assert_eq!(row.last_session_at, Some(at(1)));
        let connectors = stations::connectors(&mut tx, "CP1").await.unwrap();
        assert_eq!(connectors.len(), 1);
        writer.shutdown().await;
    }
}
