//! Deleting what is past its time.

use crate::common::{at, on_both};
use chrono::TimeDelta;
use csms::config::Retention;
use csms::id::Ids;
use csms::store::pay::{
    drivers::{self, DriverRow},
    effects,
    inbox::{self, InboxRow},
    orders::{self, OrderRow},
    story::{self, StoryRow},
    tasks::{self, TaskRow},
};
use csms::store::retention::{Removed, run};
use csms::store::row::{AttemptRow, EventRow, JournalRow, MeterValueRow, Write};
use csms::store::sessions::meter_values;
use csms::store::{
    Writer, attempts,
    commands::{self, AnsweredRow, CommandRow, PartRow},
    events, journal,
};
use payments::{Amount, order::Mode};

const KEEP: Retention = Retention {
    journal_days: 10,
    journal_rows_max: 1_000_000,
    meter_value_days: 10,
    stream_value_days: 10,
    event_days: 10,
    command_days: 10,
    customer_days: 10,
    progress_days: 10,
    delivery_days: 10,
    attempt_days: 10,
    attempt_rows_max: 1_000_000,
    notice_days: 40,
    task_days: 10,
    story_days: 10,
    decision_days: 10,
    contact_days: 10,
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
            kind: "station.data".into(),
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
        let n = 2_500;
        let expected = Removed { journal: n, meter_values: n, events: n, attempts: n, ..Removed::default() };
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

    async fn a_command_goes_when_it_is_over_and_old_with_its_parts(db) {
        let command = |days: i64, state: &str| CommandRow {
            id: Ids::floor(at(0) - TimeDelta::days(days)),
            station_id: "CP1".into(),
            kind: "inventory".into(),
            body: "{}".into(),
            asked_by: "ada".into(),
            state: state.into(),
            created_at: at(0) - TimeDelta::days(days),
            node: 0,
            outcome: String::new(),
            key: String::new(),
            rank: 0,
            reference: days,
            expires_at: None,
            sent_at: None,
            answered_at: None,
            calls: "[]".into(),
            verdict: String::new(),
            reason: String::new(),
            watch: String::new(),
            watch_ref: String::new(),
            watch_until: None,
            outcome_word: String::new(),
            outcome_at: None,
            session_id: None,
        };
        let all = [
            command(11, "offline"), command(12, "expired"), command(13, "queued"), command(14, "queued"), command(9, "offline"),
        ];
        let mut tx = db.write().await.unwrap();
        for row in &all {
            assert!(commands::create(&mut tx, row).await.unwrap());
        }
        // One was answered, and something is still to come; one waits.
        assert!(commands::sent(&mut tx, all[2].id, 0, "[]", ("report", "1", None), at(0)).await.unwrap());
        tx.commit().await.unwrap();
        let writer = Writer::start(db.clone(), 8);
        let part = PartRow { command_id: all[0].id, seq: 0, at: at(0), body: "{}".into() };
        let answered = AnsweredRow {
            state: "answered",
            id: all[2].id, at: at(0), body: "{}".into(), calls: "[]".into(), verdict: "accepted", reason: String::new(), goes_on: true,
        };
        writer.commit(vec![Write::Part(Box::new(part)), Write::Answered(Box::new(answered))]).await.unwrap();
        assert_eq!(run(&db, &KEEP, at(0)).await.unwrap(), Removed { commands: 2, ..Removed::default() });
        let mut tx = db.read().await.unwrap();
        assert!(commands::parts(&mut tx, all[0].id).await.unwrap().is_empty());
        let left = commands::list(&mut tx, &commands::Filter::default(), None, 99).await.unwrap();
        assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), [all[4].id, all[2].id, all[3].id]);
    }

    async fn a_guest_who_has_not_come_back_is_nobody_any_more(db) {
        let id = |days: i64| Ids::floor(at(0) - TimeDelta::days(days));
        let mut tx = db.write().await.unwrap();
        // Who has paid 41 days ago, who has paid 9 days ago too, who has paid into a balance, who has never paid.
        let drivers = [(50, vec![41], "session"), (51, vec![42, 9], "session"), (52, vec![43], "top_up"), (53, vec![], "")];
        for (days, orders_at, purpose) in &drivers {
            let when = at(0) - TimeDelta::days(*days);
            let row = DriverRow {
                id: id(*days),
                email: "ada@example.org".to_owned(),
                phone: String::new(),
                language: "en".to_owned(),
                token_uid: String::new(),
                standing: String::new(),
                created_at: when,
            };
            drivers::create(&mut tx, &row).await.unwrap();
            for paid in orders_at {
                let when = at(0) - TimeDelta::days(*paid);
                let named = (id(*paid), format!("N{paid}"));
                let amount = Amount::new(100, "EUR".parse().unwrap());
                let order = OrderRow {
                    state: "captured".to_owned(),
                    driver_id: Some(id(*days)),
                    ..OrderRow::new(named, format!("page-{paid}"), (purpose, Mode::Prepay), amount, (when, when))
                };
                assert!(orders::create(&mut tx, &order).await.unwrap());
            }
        }
        tx.commit().await.unwrap();
        assert_eq!(run(&db, &KEEP, at(0)).await.unwrap(), Removed { contacts: 1, ..Removed::default() });
        let mut tx = db.read().await.unwrap();
        for (days, ..) in &drivers {
            let row = drivers::find(&mut tx, id(*days)).await.unwrap().unwrap();
            assert_eq!(row.email.is_empty(), *days == 50, "{days}");
        }
    }

    async fn of_an_order_the_money_stays_and_what_was_told_about_it_goes(db) {
        let id = |days: i64| Ids::floor(at(0) - TimeDelta::days(days));
        let mut tx = db.write().await.unwrap();
        for (days, state, contact) in [(41, "captured", "ada@example.org"), (39, "captured", ""), (42, "owing", "bob"), (9, "captured", "eve")] {
            let (id, when) = (id(days), at(0) - TimeDelta::days(days));
            let named = (id, format!("N{days}"));
            let amount = Amount::new(100, "EUR".parse().unwrap());
            let order = OrderRow {
                state: state.to_owned(),
                contact: contact.to_owned(),
                device: "cookie".to_owned(),
                ..OrderRow::new(named, format!("page-{days}"), ("session", Mode::Prepay), amount, (when, when))
            };
            assert!(orders::create(&mut tx, &order).await.unwrap());
            effects::note(&mut tx, id, "taken:1", when).await.unwrap();
            let line = StoryRow { id, order_id: id, at: when, kind: "order.created".into(), by_whom: String::new(), body: "{}".into() };
            story::add(&mut tx, &line).await.unwrap();
            let notice = InboxRow {
                id,
                account: "cards".into(),
                key: format!("evt-{days}"),
                order_id: Some(id),
                fact: String::new(),
                body: String::new(),
                verdict: "applied".into(),
                times: 1,
                received_at: when,
            };
            assert!(inbox::take(&mut tx, &notice).await.unwrap().is_none_or(|kept| kept.times == 1));
            for (n, state) in ["done", "given_up"].into_iter().enumerate() {
                let n = n as i64;
                let task = TaskRow {
                    id: id + n,
                    kind: "query".into(),
                    order_id: id,
                    attempt_id: 0,
                    refund_id: 0,
                    amount_minor: 0,
                    key: format!("query:{days}:{n}"),
                    body: String::new(),
                    state: state.to_owned(),
                    tries: 1,
                    due_at: when,
                    leased_until: None,
                    trouble: String::new(),
                    created_at: when,
                    done_at: Some(when),
                };
                assert!(tasks::add(&mut tx, &task).await.unwrap());
                assert!(tasks::end(&mut tx, &task, state, "", when).await.unwrap());
            }
        }
        tx.commit().await.unwrap();
        let removed = run(&db, &KEEP, at(0)).await.unwrap();
        let expected = Removed { notices: 2, tasks: 3, stories: 3, contacts: 2, ..Removed::default() };
        assert_eq!(removed, expected);
        assert_eq!(run(&db, &KEEP, at(0)).await.unwrap(), Removed::default());
        let mut tx = db.write().await.unwrap();
        for (days, contact) in [(41, ""), (42, "bob"), (9, "eve")] {
            let order = orders::find(&mut tx, id(days)).await.unwrap().unwrap();
            assert_eq!((&*order.contact, order.amount_minor), (contact, 100));
            // What has happened once does not happen again.
            assert!(!effects::note(&mut tx, order.id, "taken:1", at(0)).await.unwrap());
        }
        assert_eq!(tasks::stuck(&mut tx, at(0), None, 10).await.unwrap().len(), 4);
        // Notifications are kept as long as they may come again, whatever the settings say.
        let keep = Retention { notice_days: 0, ..KEEP };
        tx.commit().await.unwrap();
        assert_eq!(run(&db, &keep, at(0)).await.unwrap().notices, 1, "39 days");
    }
}
