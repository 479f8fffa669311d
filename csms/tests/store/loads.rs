//! Grouped loads.

use crate::common::{at, on_both, session, station};
use csms::model::StationId;
use csms::store::row::{ConnectorRow, TokenRow, Write};
use csms::store::{Loads, Writer, tokens};

on_both! {
    async fn every_asker_gets_its_own_rows(db) {
        const STATIONS: i64 = 700;
        for n in 0..STATIONS {
            // One transaction for all would do; so many small ones also exercise the gate.
            if n % 100 == 0 {
                station(&db, &format!("CP{n}")).await;
            }
        }
        let writer = Writer::start(db.clone(), 64);
        let mut writes = Vec::new();
        for n in (0..STATIONS).step_by(100) {
            let id: StationId = format!("CP{n}").into();
            for connector in 1..=2 {
                writes.push(Write::Connector(ConnectorRow {
                    station: id.clone(), evse: connector, connector: 1, status: "Available".into(),
                    error_code: String::new(), info: String::new(), status_at: at(0),
                }));
            }
            writes.push(Write::Session(Box::new(session(n + 1, &id))));
            let mut ended = session(n + 2, &id);
            ended.state = "ended".into();
            writes.push(Write::Session(Box::new(ended)));
        }
        writer.commit(writes).await.unwrap();
        let loads = Loads::start(&db);
        let askers = (0..STATIONS).map(|n| {
            let loads = loads.clone();
            tokio::spawn(async move {
                let id: StationId = format!("CP{n}").into();
                let (row, sessions, connectors) = tokio::join!(
                    loads.station(&id), loads.open_sessions(&id), loads.connectors(&id));
                let (row, sessions, connectors) = (row.unwrap(), sessions.unwrap(), connectors.unwrap());
                if n % 100 == 0 {
                    assert_eq!(row.unwrap().id, &*id);
                    assert_eq!(sessions, [session(n + 1, &id)]);
                    assert_eq!(connectors.iter().map(|c| c.evse).collect::<Vec<_>>(), [1, 2]);
                } else {
                    assert!(row.is_none() && sessions.is_empty() && connectors.is_empty());
                }
            })
        });
        for asker in futures::future::join_all(askers).await {
            asker.unwrap();
        }
    }

    async fn the_same_key_may_be_asked_by_many(db) {
        station(&db, "CP1").await;
        let loads = Loads::start(&db);
        let id: StationId = "CP1".into();
        let answers = futures::future::join_all((0..50).map(|_| loads.station(&id))).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap().is_some_and(|row| row.id == "CP1")));
    }

    async fn tokens_and_their_use_are_found(db) {
        let token = TokenRow {
            id: 1, uid: "04AB".into(), kind: "ISO14443".into(), group_uid: Some("FLEET".into()),
            holder: "Ada".into(), language: "en".into(), blocked: false, expires_at: Some(at(9)),
            concurrent: true, created_at: at(0),
            max_cost: String::new(),
            max_energy_wh: None,
            max_time_s: None,
        };
        let same_uid = TokenRow { id: 2, kind: "Central".into(), expires_at: None, ..token.clone() };
        let mut tx = db.write().await.unwrap();
        tokens::create(&mut tx, &token).await.unwrap();
        tokens::create(&mut tx, &same_uid).await.unwrap();
        tx.commit().await.unwrap();
        let writer = Writer::start(db.clone(), 64);
        let mut other = session(2, "CP2");
        other.token_uid = "FF".into();
        let mut ended = session(3, "CP3");
        ended.state = "ended".into();
        let sessions = [session(1, "CP1"), other, ended].map(|row| Write::Session(Box::new(row)));
        writer.commit(sessions.into()).await.unwrap();
        let loads = Loads::start(&db);
        assert_eq!(loads.token("04AB").await.unwrap(), [same_uid, token]);
        assert_eq!(loads.token("04AC").await.unwrap(), []);
        let used = loads.token_use(&["04AB", "FF", "NONE"]).await.unwrap();
        let mut used: Vec<_> = used.iter().map(|u| (&*u.token_uid, u.session_id, &*u.station_id)).collect();
        used.sort_unstable();
        assert_eq!(used, [("04AB", 1, "CP1"), ("FF", 2, "CP2")]);
    }
}
