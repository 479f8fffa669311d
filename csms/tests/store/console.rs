//! What only the console asks.

use crate::common::{at, on_both, reading, session, station};
use csms::store::console::{self, CurvePoint, Only, Summary};
use csms::store::row::{ConnectorRow, DeviationRow, Write};
use csms::store::{Writer, accounts};

const PASSWORD: &str = "old";

on_both! {
    async fn stations_are_listed_by_their_state(db) {
        for id in ["CP1", "CP2", "CP3", "CP_4"] {
            station(&db, id).await;
        }
        let writer = Writer::start(db.clone(), 8);
        let fault = ConnectorRow {
            station: "CP2".into(),
            evse: 1,
            connector: 1,
            status: "Faulted".into(),
            error_code: String::new(),
            info: String::new(),
            status_at: at(1),
        };
        let mut running = session(1, "CP1");
        running.power_w = Some(11_000);
        let mut ended = session(3, "CP3");
        ended.state = "ended".into();
        let writes = vec![
            Write::Connector(fault),
            Write::Session(Box::new(running)),
            Write::Session(Box::new(session(2, "CP1"))),
            Write::Session(Box::new(ended)),
            Write::Quarantine { station: "CP3".into(), until: Some(at(60)), reason: "flapping".into() },
        ];
        writer.commit(writes).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let expected = Summary { stations: 4, sessions: 2, power_w: 11_000 };
        assert_eq!(console::summary(&mut tx).await.unwrap(), expected);
        for (text, only, after, expected) in [
            ("", Only::All, None, vec!["CP1", "CP2", "CP3", "CP_4"]),
            ("", Only::All, Some("CP2"), vec!["CP3", "CP_4"]),
            ("p_", Only::All, None, vec!["CP_4"]),
            ("", Only::Charging, None, vec!["CP1"]),
            ("", Only::Faulted, None, vec!["CP2"]),
            ("", Only::Quarantined(at(59)), None, vec!["CP3"]),
            ("", Only::Quarantined(at(60)), None, vec![]),
            ("cp1", Only::Faulted, None, vec![]),
        ] {
            let found = console::stations(&mut tx, text, only, after, 50).await.unwrap();
            let ids: Vec<_> = found.iter().map(|row| row.id.as_str()).collect();
            assert_eq!(ids, expected, "{text:?} {only:?} {after:?}");
        }
        for (text, state, before, expected) in [
            ("", None, None, vec![3, 2, 1]),
            ("CP1", None, Some(2), vec![1]),
            (" 04ab ", Some("ended"), None, vec![3]),
            ("CP", None, None, vec![]),
        ] {
            let found = console::sessions(&mut tx, text, state, before, 50).await.unwrap();
            assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "{text:?} {state:?}");
        }
        drop(tx);
        writer.shutdown().await;
    }

    async fn an_empty_house_adds_up_to_nothing(db) {
        let mut tx = db.read().await.unwrap();
        assert_eq!(console::summary(&mut tx).await.unwrap(), Summary::default());
    }

    async fn the_readings_of_a_session_are_thin_and_in_order(db) {
        let writer = Writer::start(db.clone(), 8);
        let writes = [3, 1, 2, 5, 4].map(|n| Write::Reading(Box::new(reading(7, n))));
        writer.commit(writes.into()).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(console::count_readings(&mut tx, 7).await.unwrap(), 5);
        let curve = console::curve(&mut tx, 7).await.unwrap();
        let point = |n| CurvePoint { at: at(n), register_mwh: Some(n * 10), power_w: None, soc_percent: Some(50) };
        assert_eq!(curve, [1, 2, 3, 4, 5].map(point));
        let first = console::first_readings(&mut tx, 7, 2).await.unwrap();
        assert_eq!(first, [reading(7, 1), reading(7, 2)]);
        let last = console::last_readings(&mut tx, 7, 2).await.unwrap();
        assert_eq!(last, [reading(7, 5), reading(7, 4)]);
        drop(tx);
        writer.shutdown().await;
    }

    async fn deviations_of_a_model_come_newest_first(db) {
        let writer = Writer::start(db.clone(), 8);
        let row = |model: &str, path: &str, seconds| DeviationRow {
            vendor: "V".into(),
            model: model.into(),
            firmware: "1".into(),
            protocol: "ocpp1.6".into(),
            action: "BootNotification".into(),
            path: path.into(),
            rule: "maxLength 20".into(),
            sample: "x".into(),
            station_id: "CP1".into(),
            count: 1,
            first_at: at(seconds),
            last_at: at(seconds),
        };
        let rows = [row("M", "/a", 1), row("M", "/b", 2), row("N", "/c", 3)];
        writer.commit(rows.map(|row| Write::Deviation(Box::new(row))).into()).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let found = console::deviations(&mut tx, "V", "M", 50).await.unwrap();
        assert_eq!(found.iter().map(|row| row.path.as_str()).collect::<Vec<_>>(), ["/b", "/a"]);
        drop(tx);
        writer.shutdown().await;
    }

    async fn a_changed_password_keeps_the_login_that_changed_it(db) {
        let account = accounts::AccountRow {
            id: 1,
            name: "ada".into(),
            password: PASSWORD.into(),
            role: "admin".into(),
            language: String::new(),
            created_at: at(0),
            last_login_at: None,
        };
        let login = |key: &str| accounts::LoginRow {
            key_hash: key.into(),
            account_id: 1,
            csrf: String::new(),
            created_at: at(0),
            expires_at: at(100),
        };
        let mut tx = db.write().await.unwrap();
        accounts::create(&mut tx, &account).await.unwrap();
        assert!(accounts::log_in(&mut tx, &login("here"), PASSWORD).await.unwrap());
        assert!(accounts::log_in(&mut tx, &login("elsewhere"), PASSWORD).await.unwrap());
        assert!(console::set_account_password(&mut tx, 1, (PASSWORD, "new"), "here").await.unwrap());
        assert!(!console::set_account_password(&mut tx, 1, (PASSWORD, "newer"), "here").await.unwrap(), "it has another");
        assert!(!console::set_account_password(&mut tx, 2, (PASSWORD, "new"), "here").await.unwrap());
        let (_, found) = accounts::logged_in(&mut tx, "here", at(1)).await.unwrap().unwrap();
        assert_eq!(found.password, "new");
        assert_eq!(accounts::logged_in(&mut tx, "elsewhere", at(1)).await.unwrap(), None);
        tx.commit().await.unwrap();
    }
}
