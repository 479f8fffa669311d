//! What stations have told: sessions, readings, bills, events, variables, deviations, journal.

use crate::common::{at, on_both, reading, session};
use csms::store::row::{
    BillRow, DeviationRow, EventRow, JournalRow, MeterValueRow, SessionRow, VariableRow, Write,
};
use csms::store::sessions::Filter;
use csms::store::{Writer, bills, deviations, events, journal, sessions, tariffs, variables};

fn ids(rows: &[SessionRow]) -> Vec<i64> {
    rows.iter().map(|row| row.id).collect()
}

on_both! {
    async fn sessions_are_found_every_way(db) {
        let writer = Writer::start(db.clone(), 8);
        let mut rows: Vec<SessionRow> = (1..=6).map(|id| session(id, if id < 5 { "CP1" } else { "CP2" })).collect();
        rows[0].state = "ended".into();
        rows[0].ended_at = Some(at(50));
        for (generation, row) in [2, 0, 1].into_iter().zip(&mut rows) {
            row.reference = "7".into();
            row.generation = generation;
            row.start_digest = 99;
        }
        rows[5].site_id = Some(3);
        rows[5].token_uid = "FF".into();
        let writes = rows.iter().cloned().map(|row| Write::Session(Box::new(row))).collect();
        writer.commit(writes).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(sessions::find(&mut tx, 1).await.unwrap().as_ref(), Some(&rows[0]));
        assert_eq!(sessions::find(&mut tx, 9).await.unwrap(), None);
        assert_eq!(ids(&sessions::open(&mut tx, "CP1").await.unwrap()), [2, 3, 4]);
        assert_eq!(ids(&sessions::open_between(&mut tx, "CP1", "CP2").await.unwrap()), [2, 3, 4, 5, 6]);
        assert_eq!(ids(&sessions::open_between(&mut tx, "CP2", "CP2").await.unwrap()), [5, 6]);
        assert_eq!(sessions::count_open(&mut tx).await.unwrap(), 5);
        assert_eq!(ids(&sessions::by_reference(&mut tx, "CP1", "7").await.unwrap()), [1, 3, 2]);
        assert!(sessions::by_reference(&mut tx, "CP2", "7").await.unwrap().is_empty());
        assert_eq!(sessions::by_start(&mut tx, "CP1", 99).await.unwrap().unwrap().id, 3);
        assert_eq!(sessions::by_start(&mut tx, "CP2", 99).await.unwrap(), None);
        for (filter, expected) in [
            (Filter::default(), vec![6, 5, 4, 3, 2, 1]),
            (Filter { station: Some("CP2".into()), ..Filter::default() }, vec![6, 5]),
            (Filter { state: Some("ended".into()), ..Filter::default() }, vec![1]),
            (Filter { token: Some("FF".into()), ..Filter::default() }, vec![6]),
            (Filter { site: Some(3), ..Filter::default() }, vec![6]),
            (Filter { from: Some(at(2)), to: Some(at(4)), ..Filter::default() }, vec![3, 2]),
        ] {
            let listed = sessions::list(&mut tx, &filter, None, 50).await.unwrap();
            assert_eq!(ids(&listed), expected, "{filter:?}");
        }
        let page = sessions::list(&mut tx, &Filter::default(), Some(4), 2).await.unwrap();
        assert_eq!(ids(&page), [3, 2]);
    }

    async fn a_bill_has_revisions_and_the_newest_counts(db) {
        let bill = |revision: i64| BillRow {
            session_id: 1, revision, tariff_hash: Some("h".into()), currency: "EUR".into(),
            total_excl: "10.00".into(), total_incl: format!("{revision}.90"), energy_mwh: 7, body: "{}".into(),
            created_at: at(revision),
        };
        let writer = Writer::start(db.clone(), 8);
        let writes = [1, 2].map(|revision| Write::Bill(Box::new(bill(revision))));
        writer.commit(writes.into()).await.unwrap();
        // A bill that was sent is never rewritten.
        let forged = BillRow { total_incl: "0.00".into(), ..bill(2) };
        writer.commit(vec![Write::Bill(Box::new(forged))]).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(bills::latest(&mut tx, 1).await.unwrap(), Some(bill(2)));
        assert_eq!(bills::revisions(&mut tx, 1).await.unwrap(), [bill(2), bill(1)]);
        assert_eq!(bills::latest(&mut tx, 2).await.unwrap(), None);
    }

    async fn readings_and_meter_values_come_in_order(db) {
        let writer = Writer::start(db.clone(), 8);
        let values: Vec<MeterValueRow> = (1..=3).map(|id| MeterValueRow {
            id, station_id: "CP1".into(), evse: 0, at: at(id), received_at: at(id + 1), body: "[]".into(),
        }).collect();
        let mut writes: Vec<Write> = [3, 1, 2].map(|n| Write::Reading(Box::new(reading(1, n)))).into();
        writes.extend(values.iter().cloned().map(|row| Write::MeterValue(Box::new(row))));
        writes.push(Write::Reading(Box::new(reading(2, 1))));
        writer.commit(writes).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(sessions::readings(&mut tx, 1).await.unwrap(), [1, 2, 3].map(|n| reading(1, n)));
        let newest = sessions::meter_values(&mut tx, "CP1", None, 2).await.unwrap();
        assert_eq!(newest, [values[2].clone(), values[1].clone()]);
        let oldest = sessions::meter_values(&mut tx, "CP1", Some(2), 2).await.unwrap();
        assert_eq!(oldest, values[..1]);
        assert!(sessions::meter_values(&mut tx, "CP2", None, 2).await.unwrap().is_empty());
    }

    async fn events_are_read_both_ways(db) {
        let event = |id: i64, kind: &str, station: Option<&str>, session_id: Option<i64>| EventRow {
            id, at: at(id), station_id: station.map(str::to_owned), session_id, kind: kind.into(), body: "{}".into(),
        };
        let rows = [
            event(1, "station.booted", Some("CP1"), None),
            event(2, "session.started", Some("CP1"), Some(8)),
            event(3, "site.changed", None, None),
            event(4, "station.booted", Some("CP2"), None),
        ];
        let writer = Writer::start(db.clone(), 8);
        writer.commit(rows[..3].iter().cloned().map(Write::Event).collect()).await.unwrap();
        let mut tx = db.write().await.unwrap();
        events::add(&mut tx, &rows[3]).await.unwrap();
        assert!(events::add(&mut tx, &rows[3]).await.unwrap_err().is_duplicate());
        drop(tx);
        let mut tx = db.write().await.unwrap();
        events::add(&mut tx, &rows[3]).await.unwrap();
        let numbers = |rows: Vec<EventRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        let all = events::Filter::default();
        assert_eq!(events::list(&mut tx, &all, None, 1).await.unwrap(), rows[3..]);
        assert_eq!(numbers(events::list(&mut tx, &all, Some(4), 2).await.unwrap()), [3, 2]);
        assert_eq!(numbers(events::since(&mut tx, &all, 1, 2).await.unwrap()), [2, 3]);
        for (filter, expected) in [
            (events::Filter { station: Some("CP1".into()), ..all.clone() }, vec![2, 1]),
            (events::Filter { session: Some(8), ..all.clone() }, vec![2]),
            (events::Filter { kind: Some("station".into()), ..all.clone() }, vec![4, 1]),
            (events::Filter { kind: Some("station.booted".into()), ..all.clone() }, vec![4, 1]),
            // A part of a word names no area.
            (events::Filter { kind: Some("stat".into()), ..all.clone() }, vec![]),
        ] {
            assert_eq!(numbers(events::list(&mut tx, &filter, None, 9).await.unwrap()), expected);
        }
    }

    async fn a_variable_is_replaced_by_its_newest_report(db) {
        let variable = |name: &str, evse: i64, value: &str, second: i64| VariableRow {
            station_id: "CP1".into(), component: "EVSE".into(), component_instance: String::new(), evse,
            connector: 0, name: name.into(), instance: String::new(), attribute: "Actual".into(),
            value: Some(value.into()), mutability: "ReadOnly".into(), characteristics: "{}".into(),
            reported_at: at(second),
        };
        let writer = Writer::start(db.clone(), 8);
        let old = [variable("Power", 1, "1", 1), variable("Power", 2, "2", 1), variable("Power", 1, "3", 2)];
        writer.commit(old.into_iter().map(|row| Write::Variable(Box::new(row))).collect()).await.unwrap();
        let new = [variable("Power", 2, "4", 3), variable("Available", 1, "true", 3)];
        writer.commit(new.iter().cloned().map(|row| Write::Variable(Box::new(row))).collect()).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let power = [variable("Power", 1, "3", 2), new[0].clone()];
        assert_eq!(variables::named(&mut tx, "CP1", "EVSE", "Power").await.unwrap(), power);
        let all = variables::list(&mut tx, "CP1", None, 50).await.unwrap();
        assert_eq!(all, [new[1].clone(), power[0].clone(), power[1].clone()]);
        assert_eq!(variables::list(&mut tx, "CP1", Some(&all[0]), 1).await.unwrap(), power[..1]);
        assert!(variables::list(&mut tx, "CP2", None, 50).await.unwrap().is_empty());
    }

    async fn deviations_are_counted_per_kind_of_station(db) {
        let deviation = |model: &str, count: i64, second: i64| DeviationRow {
            vendor: "Acme".into(), model: model.into(), firmware: "1".into(), protocol: "ocpp1.6".into(),
            action: "MeterValues".into(), path: "/unit".into(), rule: "enum".into(),
            sample: format!("s{second}"), station_id: "CP1".into(), count, first_at: at(second),
            last_at: at(second),
        };
        let write = |row: DeviationRow| Write::Deviation(Box::new(row));
        let writer = Writer::start(db.clone(), 8);
        writer.commit(vec![write(deviation("X", 1, 1)), write(deviation("X", 2, 2)), write(deviation("Y", 1, 2))])
            .await.unwrap();
        writer.commit(vec![write(deviation("X", 4, 5))]).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let x = DeviationRow { first_at: at(1), ..deviation("X", 7, 5) };
        assert_eq!(deviations::list(&mut tx, "", None, 50).await.unwrap(), [x.clone(), deviation("Y", 1, 2)]);
        assert_eq!(deviations::list(&mut tx, "acme", Some(&x), 50).await.unwrap(), [deviation("Y", 1, 2)]);
        assert!(deviations::list(&mut tx, "other", None, 50).await.unwrap().is_empty());
        assert_eq!(deviations::forget(&mut tx, "Acme", "X", "1").await.unwrap(), 1);
        assert_eq!(deviations::list(&mut tx, "", None, 50).await.unwrap().len(), 1);
    }

    async fn the_journal_is_read_backwards_and_by_time(db) {
        let row = |id: i64| JournalRow {
            id, station_id: "CP1".into(), from_at: at(id * 10), to_at: at(id * 10 + 9), frames: 3,
            body: format!("[{id}]"),
        };
        let writer = Writer::start(db.clone(), 8);
        writer.commit((1..=4).map(|id| Write::Journal(row(id))).collect()).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let everything = journal::Span::default();
        let newest = journal::of_station(&mut tx, "CP1", everything, None, 2).await.unwrap();
        assert_eq!(newest, [row(4), row(3)]);
        assert_eq!(journal::of_station(&mut tx, "CP1", everything, Some(3), 2).await.unwrap(), [row(2), row(1)]);
        let span = journal::Span { from: Some(at(29)), to: Some(at(31)) };
        assert_eq!(journal::of_station(&mut tx, "CP1", span, None, 9).await.unwrap(), [row(3), row(2)]);
        assert!(journal::of_station(&mut tx, "CP2", everything, None, 9).await.unwrap().is_empty());
    }

    async fn a_snapshot_is_kept_once(db) {
        let writer = Writer::start(db.clone(), 8);
        for body in ["{\"a\":1}", "{\"a\":2}"] {
            let write = Write::Snapshot { hash: "h".into(), body: body.into() };
            writer.commit(vec![write]).await.unwrap();
        }
        let mut tx = db.read().await.unwrap();
        assert_eq!(tariffs::snapshot(&mut tx, "h").await.unwrap().as_deref(), Some("{\"a\":1}"));
        assert_eq!(tariffs::snapshot(&mut tx, "i").await.unwrap(), None);
    }
}
