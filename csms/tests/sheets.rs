//! Sheets go out and come back: to the same bytes, on both databases, and nothing is kept of one that is wrong.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    clock::Clock,
    id::Ids,
    sheet::{Export, Fault, Format, Hand, ImportError, Options, ROWS_MAX, Report, Sheet, Wanted, import},
    store::{
        Db, events,
        row::{SessionRow, StationRow, TokenRow, Write},
        sessions, sites, stations,
        testing::TestDb,
        tokens,
        writer::Writer,
    },
};
use std::sync::atomic::{AtomicU16, Ordering};

fn now() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

async fn text(db: &Db, wanted: Wanted, format: Format) -> String {
    let mut export = Export::new(wanted, format, now());
    let mut all = Vec::new();
    while let Some(piece) = export.next(db).await.unwrap() {
        all.extend(piece);
    }
    String::from_utf8(all).unwrap()
}

async fn bring(db: &Db, sheet: Sheet, format: Format, text: &str, options: Options) -> Report {
    // The clock stands still: each import is a process of its own.
    static NODE: AtomicU16 = AtomicU16::new(10);
    let ids = Ids::new(Clock::fixed(now()), NODE.fetch_add(1, Ordering::Relaxed));
    let hand = Hand { db, ids: &ids, now: now(), by: "ada" };
    import(hand, sheet, format, text.as_bytes(), options).await.unwrap()
}

/// Stations, tokens and tariffs with all that is awkward in a table.
async fn furnish(db: &Db) {
    let ids = Ids::new(Clock::fixed(now() - TimeDelta::days(1)), 1);
    site(db, "Yard, \"north\"").await;
    let mut tx = db.write().await.unwrap();
    let yard = sites::named(&mut tx, "Yard, \"north\"").await.unwrap().remove(0).id;
    for n in 0..450 {
        let row = StationRow {
            id: format!("CP{n:03}"),
            name: if n == 3 { "=1+1".into() } else { format!("Bay {n}, \"left\"") },
            site_id: (n % 2 == 0).then_some(yard),
            protocols: if n == 1 { "ocpp1.6,ocpp2.1".into() } else { String::new() },
            validation: "strict".into(),
            registration: "pending".into(),
            created_at: now(),
            ..StationRow::default()
        };
        stations::create(&mut tx, &row).await.unwrap();
    }
    for (n, (kind, holder)) in
        [("ISO14443", "Ada"), ("eMAID", "@Bob"), ("KeyCode", "secret"), ("Local", "it's '=")]
            .into_iter()
            .enumerate()
    {
        let row = TokenRow {
            id: ids.next(),
            uid: format!("-04AB{n}"),
            kind: kind.into(),
            group_uid: (n == 1).then(|| "FLEET".into()),
            holder: holder.into(),
            language: "de".into(),
            blocked: n == 0,
            expires_at: (n == 1).then(|| now() + TimeDelta::microseconds(1_500_001)),
            concurrent: n == 3,
            created_at: now(),
            max_cost: if n == 3 { "50.00".into() } else { String::new() },
            max_energy_wh: None,
            max_time_s: None,
        };
        tokens::create(&mut tx, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
    let rows = format!(
        r#"[{{"id":"day","active_from":"2026-01-01T00:00:00Z","note":"-1 ct","tariff":{}}},
            {{"id":"day","active_from":"2026-08-01T00:00:00Z","tariff":{}}},{{"id":"night","tariff":{}}}]"#,
        tariff("day", "0.42"),
        tariff("day", "0.55"),
        tariff("night", "0.30")
    );
    let report = bring(db, Sheet::Tariffs, Format::Json, &rows, Options::default()).await;
    assert_eq!((report.created, report.changed, report.wrong), (2, 1, 0), "{report:?}");
}

async fn site(db: &Db, name: &str) {
    let ids = Ids::new(Clock::fixed(now()), 2);
    let row = sites::SiteRow {
        id: ids.next(),
        name: name.into(),
        address: String::new(),
        city: String::new(),
        country: String::new(),
        latitude: None,
        longitude: None,
        time_zone: "UTC".into(),
        created_at: now(),
    };
    let mut tx = db.write().await.unwrap();
    sites::create(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

fn tariff(id: &str, price: &str) -> String {
    format!(
        r#"{{"id":"{id}","name":"T","currency":"EUR","elements":[{{"components":
            [{{"dimension":"energy","price":"{price}"}}]}}]}}"#
    )
}

fn all(sheet: Sheet) -> Wanted {
    match sheet {
        Sheet::Stations => Wanted::Stations(stations::Filter::default()),
        Sheet::Tokens => Wanted::Tokens(tokens::Filter::default()),
        Sheet::Tariffs => Wanted::Tariffs,
        Sheet::Sessions => Wanted::Sessions(sessions::Filter::default()),
        other => panic!("{other:?} only goes out"),
    }
}

#[tokio::test]
async fn what_is_exported_is_imported_elsewhere_and_exported_to_the_same_bytes() {
    for format in [Format::Csv, Format::Json] {
        for (old, new) in TestDb::all().await.unwrap().into_iter().zip(TestDb::all().await.unwrap()) {
            let (from, to) = (old.open().await.unwrap(), new.open().await.unwrap());
            furnish(&from).await;
            site(&to, "Yard, \"north\"").await;
            for (sheet, rows) in [(Sheet::Stations, 450), (Sheet::Tokens, 3), (Sheet::Tariffs, 3)] {
                let before = text(&from, all(sheet), format).await;
                let report = bring(&to, sheet, format, &before, Options::default()).await;
                assert_eq!((report.rows, report.wrong, report.kept), (rows, 0, true), "{report:?}");
                assert_eq!(text(&to, all(sheet), format).await, before);
                // Once more: nothing changes, here or there.
                for db in [&from, &to] {
                    let again = bring(db, sheet, format, &before, Options::default()).await;
                    assert_eq!((again.unchanged, again.wrong), (rows, 0), "{sheet:?} {again:?}");
                }
            }
            from.close().await;
            to.close().await;
        }
    }
}

#[tokio::test]
async fn every_wrong_row_is_told_with_its_line_and_nothing_is_kept() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let sheet = "uid,kind,blocked,max_cost\n\
                     AA,,true,\n\
                     ,ISO14443,,\n\
                     \"B\nB\",ISO14443,,\n\
                     CC,Card,,\n\
                     DD,,maybe,\n\
                     EE,,,-5\n\
                     FF,,\n\
                     aa,,false,9.50\n";
        let report = bring(&db, Sheet::Tokens, Format::Csv, sheet, Options::default()).await;
        let told: Vec<(u64, &str)> =
            report.faults.iter().map(|Fault { line, column, .. }| (*line, column.as_str())).collect();
        // A cell of two lines does not move the lines after it.
        assert_eq!(told, [(3, "uid"), (4, "uid"), (6, "kind"), (7, "blocked"), (8, "max_cost"), (9, "")]);
        assert_eq!(
            (report.rows, report.wrong, report.created, report.changed, report.kept),
            (8, 6, 1, 1, false)
        );
        assert!(text(&db, all(Sheet::Tokens), Format::Csv).await.lines().count() == 1);

        let dry = Options { dry_run: true, partial: true };
        assert!(!bring(&db, Sheet::Tokens, Format::Csv, sheet, dry).await.kept);
        let partly = Options { partial: true, ..Options::default() };
        assert!(bring(&db, Sheet::Tokens, Format::Csv, sheet, partly).await.kept);
        let kept = text(&db, all(Sheet::Tokens), Format::Csv).await;
        assert!(kept.ends_with("\nAA,ISO14443,,,,false,,false,9.50,,\n"), "{kept}");
        let filter = events::Filter { kind: Some("token".into()), ..events::Filter::default() };
        let told = events::list(&mut db.read().await.unwrap(), &filter, None, 9).await.unwrap();
        assert_eq!(told.len(), 2, "made and changed");

        let strange =
            r#"[{"id":"A"},{"id":"a b"},{"id":"B","site":"Moon"},{"name":"x"},{"id":"C","vendor":"v"},7]"#;
        let report = bring(&db, Sheet::Stations, Format::Json, strange, Options::default()).await;
        let lines: Vec<u64> = report.faults.iter().map(|fault| fault.line).collect();
        assert_eq!((lines, report.created), (vec![2, 3, 4, 5, 6], 1), "{report:?}");
        db.close().await;
    }
}

#[tokio::test]
async fn what_is_no_sheet_is_refused_whole() {
    let test = TestDb::sqlite().unwrap();
    let db = test.open().await.unwrap();
    let ids = Ids::new(Clock::fixed(now()), 3);
    let hand = Hand { db: &db, ids: &ids, now: now(), by: "ada" };
    let many = format!("uid\n{}", "AA\n".repeat(ROWS_MAX + 1));
    for (format, bytes, why) in [
        (Format::Csv, &b""[..], "names the columns"),
        (Format::Csv, b"uid,colour\n", "no column \"colour\""),
        (Format::Csv, b"uid,uid\n", "twice"),
        (Format::Csv, b"uid\n\xff\n", "UTF-8"),
        (Format::Csv, b"uid\nA\0\n", "U+0000"),
        (Format::Json, b"{}", "array"),
        (Format::Json, b"[{\"uid\":\"A\\u0000\"}]", "U+0000"),
        (Format::Csv, many.as_bytes(), "20000 at most"),
    ] {
        match import(hand, Sheet::Tokens, format, bytes, Options::default()).await {
            Err(ImportError::Unreadable(said)) => assert!(said.contains(why), "{said}"),
            other => panic!("{why}: {other:?}"),
        }
    }
    db.close().await;
}

#[tokio::test]
async fn sessions_are_written_a_page_at_a_time() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let writer = Writer::start(db.clone(), 64);
        let row = |id: i64| SessionRow {
            id,
            station_id: "=CP".into(),
            evse: 1,
            connector: 1,
            reference: id.to_string(),
            generation: 0,
            protocol: "ocpp2.1".into(),
            start_digest: id,
            state: "ended".into(),
            token_uid: "1234".into(),
            token_kind: "KeyCode".into(),
            group_uid: None,
            verdict: "Accepted".into(),
            site_id: None,
            time_zone: "UTC".into(),
            tariff_hash: None,
            currency: "EUR".into(),
            started_at: now() + TimeDelta::minutes(id),
            ended_at: Some(now() + TimeDelta::minutes(id + 1)),
            last_at: now(),
            received_at: now(),
            start_mwh: Some(-5),
            last_mwh: None,
            stop_mwh: None,
            energy_mwh: 7,
            power_w: None,
            soc_percent: None,
            charging_state: String::new(),
            cost: "1.20".into(),
            seqs: String::new(),
            messages: 2,
            stop_reason: "Local".into(),
            stop_token: String::new(),
            remote_start: None,
            reservation: None,
            flags: String::new(),
        };
        writer.commit((1..=450).map(|id| Write::Session(Box::new(row(id)))).collect()).await.unwrap();
        let filter =
            sessions::Filter { from: Some(now() + TimeDelta::minutes(11)), ..sessions::Filter::default() };
        let mut export = Export::new(Wanted::Sessions(filter), Format::Csv, now());
        let (mut pieces, mut all) = (0, String::new());
        while let Some(piece) = export.next(&db).await.unwrap() {
            pieces += 1;
            all.push_str(std::str::from_utf8(&piece).unwrap());
        }
        assert_eq!((pieces, all.lines().count()), (3, 441));
        let first = all.lines().nth(1).unwrap();
        let wanted = "450,'=CP,1,1,450,ocpp2.1,ended,***,KeyCode,2026-05-01T19:30:00Z,2026-05-01T19:31:00Z,UTC,-5,,7,\
                      1.20,EUR,Local,";
        assert_eq!(first, wanted);
        writer.shutdown().await;
        db.close().await;
    }
}

#[tokio::test]
async fn what_a_sheet_does_not_name_stays_and_an_empty_cell_takes_away() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        furnish(&db).await;
        let options = Options::default();
        let report = bring(&db, Sheet::Stations, Format::Csv, "id,name\nCP002,Bay two\n", options).await;
        assert_eq!((report.changed, report.kept), (1, true), "{report:?}");
        let mut tx = db.read().await.unwrap();
        let row = stations::find(&mut tx, "CP002").await.unwrap().unwrap();
        assert_eq!((&*row.name, &*row.validation, &*row.registration), ("Bay two", "strict", "pending"));
        assert!(row.site_id.is_some());
        drop(tx);
        let sheet = r#"[{"id": "CP002", "validation": "lenient"}]"#;
        assert!(bring(&db, Sheet::Stations, Format::Json, sheet, options).await.kept);
        let report = bring(&db, Sheet::Stations, Format::Csv, "id,site\nCP002,\n", options).await;
        assert!(report.kept, "{report:?}");
        let mut tx = db.read().await.unwrap();
        let row = stations::find(&mut tx, "CP002").await.unwrap().unwrap();
        assert_eq!((&*row.name, &*row.validation, row.site_id), ("Bay two", "lenient", None));
        let token = tokens::list(&mut tx, &tokens::Filter::default(), None, 1).await.unwrap().remove(0);
        drop(tx);
        let sheet = format!("uid,kind,blocked\n{},{},true\n", token.uid, token.kind);
        assert!(bring(&db, Sheet::Tokens, Format::Csv, &sheet, options).await.kept);
        let mut tx = db.read().await.unwrap();
        let now = tokens::find(&mut tx, token.id).await.unwrap().unwrap();
        assert_eq!(now, TokenRow { blocked: true, ..token });
        drop(tx);
        db.close().await;
    }
}
