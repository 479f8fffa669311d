use crate::common::{ACCOUNT, House, Paper, at, on, paid};
use csms::clearing::ClearingError;
use csms::clearing::import::{Incoming, Which};
use csms::store::clearing::{lines, statements};
use csms::store::testing::TestDb;
use payments::provider::{FileKind, Told};

#[tokio::test]
async fn a_file_whose_totals_differ_leaves_no_trace() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        let mut paper = Paper::new();
        for n in 0..20 {
            paper.payment(&format!("A{n}"), 100 + n, 60);
        }
        let whole = paper.text();
        let cut = whole.replacen("1.07", "1.08", 1);
        let error = house.import(0, &cut).await.unwrap_err();
        assert!(matches!(error, ClearingError::Statement(_)), "{error}");
        assert!(error.to_string().contains("payments"), "{error}");
        let lost: String = whole
            .lines()
            .enumerate()
            .filter(|(at, _)| *at != 5)
            .map(|(_, line)| format!("{line}\n"))
            .collect();
        assert!(house.import(0, &lost).await.unwrap_err().to_string().contains("lines"));
        let mut tx = db.read().await.unwrap();
        assert!(statements::list(&mut tx, None, 10).await.unwrap().is_empty());
        assert!(lines::open(&mut tx, ACCOUNT, ("", "", 0), 10).await.unwrap().is_empty());
        drop(tx);
        assert_eq!(house.import(0, &whole).await.unwrap().new, 20);
        db.close().await;
    }
}

#[tokio::test]
async fn a_line_counts_once_whatever_files_it_comes_in() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        let mut paper = Paper::new();
        paper.payment("A1", 100, 60);
        paper.payment("A1", 100, 60);
        let first = house.import(0, &paper.text()).await.unwrap();
        assert_eq!((first.lines, first.new, first.known), (2, 2, false));
        let again = house.import(0, &paper.text()).await.unwrap();
        assert_eq!((again.lines, again.new, again.known, again.statement), (2, 0, true, first.statement));
        // The provider writes the day anew, with a line that was missing; and the next day's file has it as well.
        paper.payment("A2", 300, 90);
        assert_eq!(house.import(0, &paper.text()).await.unwrap().new, 1);
        assert_eq!(house.import(1, &paper.text()).await.unwrap().new, 0);
        let raw = statements::raw(&mut db.read().await.unwrap(), first.statement).await.unwrap().unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*raw), &mut text).unwrap();
        assert!(text.contains("#total,2,2.00"), "the file is kept as it came: {text}");
        db.close().await;
    }
}

#[tokio::test]
async fn an_import_that_was_cut_off_goes_on() {
    let test = TestDb::sqlite().unwrap();
    let db = test.open().await.unwrap();
    let house = House::open(&db).await;
    let mut paper = Paper::new();
    for n in 0..5 {
        paper.payment(&format!("A{n}"), 100 + n, 60);
    }
    let first = house.import(0, &paper.text()).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let csms::store::Tx::Sqlite(connection, _) = &mut tx else { panic!() };
    for sql in ["UPDATE clearing_statement SET whole = FALSE", "DELETE FROM clearing_line WHERE row > 3"] {
        sqlx::query(sql).execute(&mut **connection).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(statements::days(&mut db.read().await.unwrap(), ACCOUNT, "trades", 9).await.unwrap().is_empty());
    let again = house.import(0, &paper.text()).await.unwrap();
    assert_eq!((again.statement, again.known, again.new), (first.statement, false, 3));
    db.close().await;
}

#[tokio::test]
async fn files_of_a_folder_are_taken_or_refused_with_the_reason() {
    let test = TestDb::sqlite().unwrap();
    let db = test.open().await.unwrap();
    let mut house = House::open(&db).await;
    let folder = tempfile::tempdir().unwrap();
    house.config.drop_folder = folder.path().display().to_string();
    house.pay(&[paid(1, 500, 60)]).await;
    house.now(on(1, 11));
    let mut paper = Paper::new();
    paper.payment("A0000001", 500, 60);
    let good = format!("{ACCOUNT}_trades_2026-10-01.csv");
    std::fs::write(folder.path().join(&good), paper.text()).unwrap();
    std::fs::write(folder.path().join(format!("{ACCOUNT}_trades_2026-10-02.csv")), "nonsense").unwrap();
    std::fs::write(folder.path().join("holiday.jpg"), "nonsense").unwrap();
    house.clearing().turn().await.unwrap();
    let there = |name: &str| folder.path().join(name).exists();
    assert!(there(&format!("done/{good}")) && there("refused/holiday.jpg"));
    let why = std::fs::read_to_string(
        folder.path().join(format!("refused/{ACCOUNT}_trades_2026-10-02.csv.why.txt")),
    )
    .unwrap();
    assert!(why.contains("looks like no statement"), "{why}");
    let open = lines::open(&mut db.read().await.unwrap(), ACCOUNT, ("", "", 0), 10).await.unwrap();
    assert!(open.is_empty(), "what was taken was compared: {open:?}");
    db.close().await;
}

#[tokio::test]
async fn a_statement_is_wanted_from_half_past_ten_until_it_is_there() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 500, 60)]).await;
        let kinds = [FileKind::Trades];
        house.now(on(1, 10));
        assert!(house.clearing().wanted(ACCOUNT, &kinds).await.unwrap().is_empty());
        house.now(on(1, 11));
        let wanted = house.clearing().wanted(ACCOUNT, &kinds).await.unwrap();
        assert_eq!(wanted.iter().map(|one| one.day.to_string()).collect::<Vec<_>>(), ["2026-10-01"]);
        assert!(house.clearing().wanted(ACCOUNT, &kinds).await.unwrap().is_empty(), "somebody is asking");
        assert_eq!(house.clearing().told(&wanted[0], Ok(&Told::FileLater)).await.unwrap(), None);
        assert!(house.clearing().wanted(ACCOUNT, &kinds).await.unwrap().is_empty(), "not so soon");
        house.now(on(1, 11) + 600);
        assert_eq!(house.clearing().wanted(ACCOUNT, &kinds).await.unwrap(), wanted);
        // A day on which nothing happened is a day with a statement.
        assert!(house.clearing().told(&wanted[0], Ok(&Told::FileEmpty)).await.unwrap().is_some());
        house.now(on(1, 23));
        assert!(house.clearing().wanted(ACCOUNT, &kinds).await.unwrap().is_empty());
        db.close().await;
    }
}

#[tokio::test]
async fn a_banks_file_is_for_a_bank() {
    let test = TestDb::sqlite().unwrap();
    let db = test.open().await.unwrap();
    let house = House::open(&db).await;
    let text = ":20:X\r\n:25:1\r\n:60F:C261001CNY1,00\r\n:62F:C261001CNY1,00\r\n";
    let incoming = Incoming {
        account: ACCOUNT,
        file: Which::Bank,
        day: Some(at(0).date_naive()),
        format: None,
        name: "bank.sta",
        bytes: text.as_bytes(),
        by: "tester",
    };
    let error = house.clearing().import(&incoming).await.unwrap_err().to_string();
    assert!(error.contains("name it bank:NAME"), "{error}");
    let there = house.clearing().import(&Incoming { account: "bank:icbc", ..incoming }).await.unwrap();
    assert_eq!((there.lines, there.known), (0, false));
    db.close().await;
}
