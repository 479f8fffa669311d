//! What only the API asks: pages of everything, runs of the audit, and changes that wait for each other.

use crate::common::{at, on_both, session, station};
use csms::{
    account::{self, Changed, Hand},
    clock::Clock,
    flags::Flag,
    id::Ids,
    store::{
        Writer, accounts, audit_runs,
        audit_runs::{Begun, RunRow},
        files::{self, UploadFilter, UploadRow},
        findings::{self, FindingRow},
        grid::{self, GridRow},
        lists::{self, RuleRow},
        row::{SessionRow, Write},
        sessions,
        sites::{self, SiteRow},
        stations::{self, EvseRow},
        texts,
    },
};

fn site(id: i64) -> SiteRow {
    SiteRow {
        id,
        name: format!("Yard {id}"),
        address: String::new(),
        city: String::new(),
        country: String::new(),
        latitude: None,
        longitude: None,
        time_zone: "UTC".into(),
        created_at: at(0),
    }
}

on_both! {
    async fn the_last_admin_stays_whoever_asks(db) {
        let ids = Ids::new(Clock::fixed(at(0)), 0);
        let hand = Hand { ids: &ids, now: at(0), by: "test" };
        let mut tx = db.write().await.unwrap();
        let ada = account::add(&mut tx, hand, "ada", "admin", "x".into()).await.unwrap();
        let ben = account::add(&mut tx, hand, "ben", "admin", "x".into()).await.unwrap();
        tx.commit().await.unwrap();
        // Two at once: one waits for the other, and then there is one admin left.
        let removes = |id: i64| {
            let (db, ids) = (&db, &ids);
            async move {
                let mut tx = db.write().await.unwrap();
                let hand = Hand { ids, now: at(1), by: "test" };
                let done = account::remove(&mut tx, hand, id).await.unwrap();
                tx.commit().await.unwrap();
                matches!(done, Changed::Done(_))
            }
        };
        let (one, two) = tokio::join!(removes(ada.id), removes(ben.id));
        assert!(one != two, "{one} {two}");
        let mut tx = db.write().await.unwrap();
        let left = accounts::page(&mut tx, None, 10).await.unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(account::set_role(&mut tx, hand, left[0].id, "viewer").await.unwrap(), Changed::LastAdmin);
        assert_eq!(account::set_role(&mut tx, hand, 77, "viewer").await.unwrap(), Changed::Missing);
        assert_eq!(accounts::page(&mut tx, Some(left[0].id), 10).await.unwrap(), []);
        assert_eq!(accounts::end_logins(&mut tx, left[0].id).await.unwrap(), 0);
    }

    async fn one_run_of_the_audit_is_under_way_at_a_time(db) {
        let new = |second| RunRow {
            asked_by: "ada".into(),
            state: "running".into(),
            begun_at: at(second),
            touched_at: at(second),
            from_at: Some(at(0)),
            ..RunRow::default()
        };
        let mut tx = db.write().await.unwrap();
        let Begun::New(first) = audit_runs::begin(&mut tx, &new(0), at(-300)).await.unwrap() else { panic!() };
        assert_eq!(
            audit_runs::begin(&mut tx, &new(10), at(-290)).await.unwrap(),
            Begun::Busy(first.clone())
        );
        let on = RunRow { audited: 50, differ: 1, reached_id: Some(7), ..first.clone() };
        assert!(audit_runs::reached(&mut tx, &on, at(20)).await.unwrap());
        // Its process is gone: it is over, and another one begins.
        let Begun::New(second) = audit_runs::begin(&mut tx, &new(400), at(100)).await.unwrap() else { panic!() };
        let lost = audit_runs::find(&mut tx, first.id).await.unwrap().unwrap();
        assert_eq!((&*lost.state, lost.audited, lost.reached_id), ("failed", 50, Some(7)));
        assert!(!audit_runs::reached(&mut tx, &on, at(401)).await.unwrap());
        assert!(audit_runs::end(&mut tx, second.id, "stopped", "by ada", at(402)).await.unwrap());
        assert!(!audit_runs::end(&mut tx, second.id, "done", "", at(403)).await.unwrap());
        let ids = |rows: Vec<RunRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(audit_runs::list(&mut tx, None, 1).await.unwrap()), [second.id]);
        assert_eq!(ids(audit_runs::list(&mut tx, Some(second.id), 9).await.unwrap()), [first.id]);
    }

    async fn odd_sessions_and_findings_are_paged(db) {
        let writer = Writer::start(db.clone(), 16);
        let odd = |id: i64, flags: &str| {
            Write::Session(Box::new(SessionRow { flags: flags.into(), ..session(id, "CP1") }))
        };
        writer.commit(vec![odd(1, ""), odd(2, "stop-missing,offline"), odd(3, "offline")]).await.unwrap();
        writer.shutdown().await;
        let mut tx = db.write().await.unwrap();
        let filter = |flag| sessions::Filter { flag: Some(flag), ..sessions::Filter::default() };
        let found = sessions::list(&mut tx, &filter(Flag::Offline), None, 1).await.unwrap();
        assert_eq!(found[0].id, 3);
        let found = sessions::list(&mut tx, &filter(Flag::Offline), Some(3), 9).await.unwrap();
        assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [2]);
        assert!(sessions::list(&mut tx, &filter(Flag::StopAwaited), None, 9).await.unwrap().is_empty());

        for (session_id, kind) in [(2, "bill"), (2, "cost"), (3, "bill")] {
            let row = FindingRow {
                session_id,
                kind: kind.into(),
                detail: "[]".into(),
                bill_revision: 1,
                first_at: at(0),
                last_at: at(0),
                cleared_at: None,
            };
            findings::put(&mut tx, &row).await.unwrap();
        }
        findings::clear(&mut tx, 3, "bill", at(1)).await.unwrap();
        let all = findings::Filter { cleared: true, ..findings::Filter::default() };
        let keys = |rows: Vec<FindingRow>| {
            rows.into_iter().map(|row| (row.session_id, row.kind)).collect::<Vec<_>>()
        };
        let found = keys(findings::list(&mut tx, &all, None, 2).await.unwrap());
        assert_eq!(found, [(3, "bill".to_owned()), (2, "bill".to_owned())]);
        let found = keys(findings::list(&mut tx, &all, Some((2, "bill")), 9).await.unwrap());
        assert_eq!(found, [(2, "cost".to_owned())]);
        let open = findings::Filter { kind: Some("bill".into()), ..findings::Filter::default() };
        assert_eq!(keys(findings::list(&mut tx, &open, None, 9).await.unwrap()), [(2, "bill".to_owned())]);
    }

    async fn plans_rules_uploads_and_evses_are_paged(db) {
        station(&db, "A").await;
        station(&db, "B").await;
        let mut tx = db.write().await.unwrap();
        grid::lock(&mut tx).await.unwrap();
        texts::lock(&mut tx).await.unwrap();
        lists::lock(&mut tx).await.unwrap();
        for id in [1, 2] {
            sites::create(&mut tx, &site(id)).await.unwrap();
            let row = GridRow {
                site_id: id,
                mode: "off".into(),
                voltage: "{}".into(),
                policy: "{}".into(),
                revision: 1,
                changed_at: at(0),
            };
            assert!(grid::replace(&mut tx, &row, &[], &[], 0).await.unwrap());
        }
        let found = grid::page(&mut tx, Some(1), 9).await.unwrap();
        assert_eq!(found.iter().map(|row| row.site_id).collect::<Vec<_>>(), [2]);
        grid::remove(&mut tx, 2).await.unwrap();
        assert_eq!(grid::find(&mut tx, 2).await.unwrap(), None);
        assert_eq!(grid::need(&mut tx, 7).await.unwrap(), None);

        for (scope, subject) in [("fleet", ""), ("station", "A"), ("station", "B")] {
            let row = RuleRow {
                scope: scope.into(),
                subject: subject.into(),
                rule: "all".into(),
                changed_by: "ada".into(),
                changed_at: at(0),
            };
            lists::set_rule(&mut tx, &row).await.unwrap();
        }
        let found = lists::rules_after(&mut tx, Some(("fleet", "")), 1).await.unwrap();
        assert_eq!((found.len(), &*found[0].subject), (1, "A"));
        assert_eq!(lists::rule(&mut tx, "station", "B").await.unwrap().unwrap().rule, "all");
        assert_eq!(lists::marked(&mut tx, None, 9).await.unwrap(), []);

        for (id, station) in [(1, "A"), (2, "A"), (3, "B")] {
            let row = UploadRow {
                id,
                station_id: station.into(),
                command_id: 5,
                name: "log".into(),
                content_type: String::new(),
                size: 1,
                sha256: String::new(),
                received_at: at(0),
                removed_at: None,
            };
            files::add_upload(&mut tx, &row).await.unwrap();
        }
        files::upload_removed(&mut tx, 1, at(1)).await.unwrap();
        let filter = UploadFilter { station: Some("A".into()), command: Some(5), removed: false };
        let ids = |rows: Vec<UploadRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(files::list_uploads(&mut tx, &filter, None, 9).await.unwrap()), [2]);
        let all = UploadFilter { removed: true, ..UploadFilter::default() };
        assert_eq!(ids(files::list_uploads(&mut tx, &all, Some(3), 9).await.unwrap()), [2, 1]);
        assert_eq!(files::firmware_named(&mut tx, ["fw", "1", "", ""]).await.unwrap(), None);

        for (station, evse) in [("A", 1), ("A", 2), ("B", 1)] {
            let row = EvseRow { station_id: station.into(), evse, max_power_w: None, kind: "ac".into() };
            stations::set_evse(&mut tx, &row).await.unwrap();
        }
        let found = stations::all_evses(&mut tx, None, Some(("A".into(), 1)), 9).await.unwrap();
        let keys: Vec<(&str, i64)> = found.iter().map(|row| (&*row.station_id, row.evse)).collect();
        assert_eq!(keys, [("A", 2), ("B", 1)]);
        assert_eq!(stations::all_evses(&mut tx, Some("B"), None, 9).await.unwrap().len(), 1);
        assert!(stations::clear_evse(&mut tx, "B", 1).await.unwrap());
        assert!(!stations::clear_evse(&mut tx, "B", 1).await.unwrap());
    }
}
