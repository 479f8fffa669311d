//! Deleting what is past its time.

use crate::common::{at, on_both};
use chrono::TimeDelta;
use csms::config::Retention;
use csms::id::Ids;
use csms::store::retention::{Removed, run};
use csms::store::row::{AttemptRow, EventRow, JournalRow, MeterValueRow, Write};
use csms::store::sessions::meter_values;
use csms::store::{Writer, attempts, events, journal};

const KEEP: Retention = Retention {
    journal_days: 10,
    journal_rows_max: 1_000_000,
    meter_value_days: 10,
    event_days: 10,
    attempt_days: 10,
    attempt_rows_max: 1_000_000,
};

/// One row of each kind, so many days old.
fn aged(days: i64, n: i64) -> [Write; 4] {
    let then = at(0) - TimeDelta::days(days);
    let id = Ids::floor(then) + n;
    [
        Write::Journal(JournalRow {
            id,
            station_id: "CP1".into(),
            from_at: then,
            to_at: then,
            frames: 1,
            body: String::new(),
        }),
        Write::MeterValue(Box::new(MeterValueRow {
            id,
            station_id: "CP1".into(),
            evse: 0,
            at: then,
            received_at: then,
            body: String::new(),
        })),
        Write::Event(EventRow {
            id,
            at: then,
            station_id: None,
            session_id: None,
            kind: "k".into(),
            body: String::new(),
        }),
        Write::Attempt(Box::new(AttemptRow {
            identity: format!("{days}-{n}"),
            cause: "unknown".into(),
            address: String::new(),
            detail: String::new(),
            protocols: String::new(),
            agent: String::new(),
            count: 1,
            first_at: then,
            last_at: then + TimeDelta::microseconds(n),
        })),
    ]
}

on_both! {
    async fn only_what_is_old_goes(db) {
        let writer = Writer::start(db.clone(), 8);
        let old = (0..2_500).flat_map(|n| aged(11, n));
        let young = (0..5).flat_map(|n| aged(9, n));
        writer.commit(old.chain(young).collect()).await.unwrap();
        let removed = run(&db, &KEEP, at(0)).await.unwrap();
        let expected =
            Removed { journal: 2_500, meter_values: 2_500, events: 2_500, attempts: 2_500, logins: 0 };
        assert_eq!(removed, expected);
        assert_eq!(run(&db, &KEEP, at(0)).await.unwrap(), Removed::default());
        let mut tx = db.read().await.unwrap();
        let all = journal::Span::default();
        assert_eq!(journal::of_station(&mut tx, "CP1", all, None, 99).await.unwrap().len(), 5);
        assert_eq!(meter_values(&mut tx, "CP1", None, 99).await.unwrap().len(), 5);
        assert_eq!(events::list(&mut tx, &events::Filter::default(), None, 99).await.unwrap().len(), 5);
        assert_eq!(attempts::count(&mut tx).await.unwrap(), 5);
    }

    async fn what_is_too_much_goes_whatever_its_age(db) {
        let writer = Writer::start(db.clone(), 8);
        writer.commit((0..20).flat_map(|n| aged(1, n)).collect()).await.unwrap();
        let keep = Retention { journal_rows_max: 12, attempt_rows_max: 15, ..KEEP };
        let removed = run(&db, &keep, at(0)).await.unwrap();
        assert_eq!(removed, Removed { journal: 8, attempts: 5, ..Removed::default() });
        let mut tx = db.read().await.unwrap();
        let left = journal::of_station(&mut tx, "CP1", journal::Span::default(), None, 99).await.unwrap();
        assert_eq!(left.len(), 12);
        assert_eq!(left[11].id, Ids::floor(at(0) - TimeDelta::days(1)) + 8);
        let left = attempts::list(&mut tx, "", None, 99).await.unwrap();
        assert_eq!(left.last().unwrap().identity, "1-5");
    }
}
