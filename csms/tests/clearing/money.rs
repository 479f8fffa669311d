use crate::common::{ACCOUNT, House, Paper, at, on, paid};
use csms::clearing::ClearingError;
use csms::clearing::import::{Incoming, Which};
use csms::clearing::payouts::Paid;
use csms::clearing::resolve::{Resolution, Resolved};
use csms::ledger::{self, Account, Entry};
use csms::store::clearing::cases::CaseRow;
use csms::store::clearing::terms::TermsRow;
use csms::store::pay::{orders, refunds, tasks};
use csms::store::testing::TestDb;
use payments::Amount;
use payments::order::{End, State};

/// Three days' statements, of which the first has the lines.
async fn days(house: &House, first: &Paper) {
    for day in 0..4 {
        house.now(on(day + 1, 3));
        house.clearing().settle_due().await.unwrap();
        house.now(on(day + 1, 11));
        let empty = Paper::new();
        house.import(day, &if day == 0 { first } else { &empty }.text()).await.unwrap();
        house.clearing().compare(ACCOUNT).await.unwrap();
    }
}

async fn only_case(house: &House) -> CaseRow {
    let mut cases = house.cases().await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    cases.remove(0)
}

async fn settle(house: &House, case: &CaseRow, how: Resolution, by: &str) -> Result<Resolved, ClearingError> {
    house.clearing().resolve(case.id, how, "as agreed by phone", by).await
}

/// What was taken, as the order's flow enters it.
async fn taken(house: &House, n: i64, minor: i64) {
    let amount = Amount::new(minor, "CNY".parse().unwrap());
    let entry = Entry::posted("taken", format!("taken:{n}"), at(60))
        .debit(Account::Provider(ACCOUNT.into()), amount)
        .credit(Account::Deposits, amount);
    let mut tx = house.db.write().await.unwrap();
    ledger::record(&mut tx, &house.ids, &entry).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_contracts_fee_is_entered_at_once_and_the_rest_when_somebody_agrees() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 60), paid(2, 5_000, 70)]).await;
        let mut paper = Paper::new();
        paper.line("payment", "A0000001", 10_000, 15, "CNY", 60, "done");
        paper.payment("A0000002", 5_000, 70);
        days(&house, &paper).await;
        let case = only_case(&house).await;
        let told = (&*case.reason, case.ours_minor, case.theirs_minor, case.gain_minor, &*case.suggestion);
        assert_eq!(told, ("fee", Some(60), Some(75), -15, "post_fee"));
        assert_eq!(house.balances().await, ["fees:wx-main 90", "provider:wx-main -90"]);
        let refused = settle(&house, &case, Resolution::WriteOff, "anna").await.unwrap_err().to_string();
        assert!(refused.contains("choose post_fee, accept"), "{refused}");
        assert_eq!(settle(&house, &case, Resolution::PostFee, "anna").await.unwrap(), Resolved::Done);
        assert_eq!(settle(&house, &case, Resolution::PostFee, "bert").await.unwrap(), Resolved::Before);
        assert_eq!(house.balances().await, ["fees:wx-main 105", "provider:wx-main -105"]);
        // What was really kept is learned: 1.05 of 150.00.
        let (mut tx, day) = (db.read().await.unwrap(), at(on(1, 0)).date_naive());
        let learned = house.clearing().learned(&mut tx, ACCOUNT, day).await.unwrap();
        assert_eq!(learned.unwrap().to_string(), "0.7%");
        drop(tx);
        db.close().await;
    }
}

#[tokio::test]
async fn a_large_difference_is_written_off_by_two_people() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 60)]).await;
        taken(&house, 1, 10_000).await;
        days(&house, &Paper::new()).await;
        let case = only_case(&house).await;
        assert_eq!((&*case.reason, case.gain_minor), ("missing_there", -10_000));
        assert_eq!(settle(&house, &case, Resolution::WriteOff, "anna").await.unwrap(), Resolved::Asked);
        let refused = settle(&house, &case, Resolution::WriteOff, "anna").await.unwrap_err().to_string();
        assert!(refused.contains("second person"), "{refused}");
        assert_eq!(house.balances().await, ["deposits -10000", "provider:wx-main 10000"]);
        assert_eq!(settle(&house, &case, Resolution::WriteOff, "bert").await.unwrap(), Resolved::Done);
        assert_eq!(settle(&house, &case, Resolution::WriteOff, "carl").await.unwrap(), Resolved::Before);
        let expected = ["deposits -10000", "expense:write_off 10000", "provider:wx-main 0"];
        assert_eq!(house.balances().await, expected);
        let case = only_case(&house).await;
        assert_eq!((&*case.asked_by, &*case.resolved_by, &*case.state), ("anna", "bert", "resolved"));
        db.close().await;
    }
}

#[tokio::test]
async fn a_payment_of_nobody_goes_back_to_its_payer() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 60)]).await;
        let mut paper = Paper::new();
        paper.payment("A0000001", 10_000, 60);
        paper.payment("STRANGER", 2_000, 80);
        days(&house, &paper).await;
        let case = only_case(&house).await;
        assert_eq!(
            (&*case.reason, &*case.suggestion, case.gain_minor),
            ("missing_here", "refund_orphan", 2_000)
        );
        for _ in 0..2 {
            settle(&house, &case, Resolution::RefundOrphan, "anna").await.unwrap();
        }
        let mut tx = db.read().await.unwrap();
        let page = refunds::list(&mut tx, &refunds::Filter::default(), None, 10).await.unwrap();
        let told: Vec<_> = page.iter().map(|row| (row.amount_minor, &*row.state, &*row.asked_by)).collect();
        assert_eq!(told, [(2_000, "new", "anna")]);
        let task = tasks::by_key(&mut tx, &format!("refund:{}", page[0].id)).await.unwrap().unwrap();
        assert_eq!((&*task.kind, task.attempt_id, task.amount_minor), ("refund", page[0].attempt_id, 2_000));
        // The refund goes the way of all others: the machine knows every word of the order.
        let order = orders::find(&mut tx, page[0].order_id).await.unwrap().unwrap();
        assert_eq!(
            (State::of_word(&order.state), End::of_word(&order.why)),
            (Some(State::Captured), Some(End::Orphan))
        );
        let attempt = csms::store::pay::attempts::find(&mut tx, page[0].attempt_id).await.unwrap().unwrap();
        assert_eq!((&*attempt.state, attempt.extra, attempt.taken_minor), ("taken", false, 2_000));
        drop(tx);
        // It is in our books from then on, and agrees with its line.
        house.now(on(6, 3));
        house.clearing().settle_due().await.unwrap();
        let compared = house.clearing().compare(ACCOUNT).await.unwrap();
        assert_eq!((compared.matched, compared.cases.len()), (1, 0));
        assert!(house.balances().await.contains(&"deposits -2000".to_owned()));
        db.close().await;
    }
}

#[tokio::test]
async fn a_payment_whose_notice_was_lost_is_asked_for_and_then_agrees() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        let mut unpaid = paid(1, 10_000, 60);
        unpaid.taken_at = None;
        house.pay(&[unpaid, paid(2, 500, 60)]).await;
        let mut paper = Paper::new();
        paper.payment("A0000001", 10_000, 60);
        paper.payment("A0000002", 500, 60);
        days(&house, &paper).await;
        let case = only_case(&house).await;
        assert_eq!((&*case.reason, &*case.suggestion), ("done_there_only", "query"));
        settle(&house, &case, Resolution::Query, "anna").await.unwrap();
        let queued = tasks::of_order(&mut db.read().await.unwrap(), 1).await.unwrap();
        assert_eq!(
            queued.iter().map(|task| (&*task.kind, task.attempt_id)).collect::<Vec<_>>(),
            [("query", 1)]
        );

        // Nothing has come of it yet: the case is open again, and is the same one.
        house.clearing().compare(ACCOUNT).await.unwrap();
        assert_eq!(only_case(&house).await.state, "open");
        // The answer: it was paid.
        let mut tx = db.write().await.unwrap();
        let mut row = csms::store::pay::attempts::find(&mut tx, 1).await.unwrap().unwrap();
        row.state = "taken".into();
        row.taken_minor = 10_000;
        csms::store::pay::attempts::update(&mut tx, &row).await.unwrap();
        csms::store::pay::effects::note(&mut tx, 1, "taken:1", house.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        house.now(on(5, 3));
        house.clearing().settle_due().await.unwrap();
        let compared = house.clearing().compare(ACCOUNT).await.unwrap();
        assert_eq!((compared.matched, compared.cases.len()), (1, 0));
        let case = only_case(&house).await;
        assert_eq!((&*case.state, &*case.resolution), ("resolved", "by_itself"));
        db.close().await;
    }
}

#[tokio::test]
async fn what_is_accepted_needs_a_reason_and_moves_nothing() {
    let test = TestDb::sqlite().unwrap();
    let db = test.open().await.unwrap();
    let house = House::open(&db).await;
    house.pay(&[paid(1, 10_000, 60)]).await;
    days(&house, &Paper::new()).await;
    let case = only_case(&house).await;
    let clearing = house.clearing();
    assert!(clearing.resolve(case.id, Resolution::Accept, " ", "anna").await.is_err());
    assert!(clearing.resolve(case.id, Resolution::Accept, "their outage of 1 October", "").await.is_err());
    assert!(
        clearing
            .resolve(4711, Resolution::Accept, "x", "anna")
            .await
            .unwrap_err()
            .to_string()
            .contains("no case 4711")
    );
    clearing.resolve(case.id, Resolution::Accept, "their outage of 1 October", "anna").await.unwrap();
    assert!(house.balances().await.is_empty());
    assert!(clearing.compare(ACCOUNT).await.unwrap().cases.is_empty());
    db.close().await;
}

#[tokio::test]
async fn payouts_meet_their_credits_at_the_bank() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        let mut tx = db.write().await.unwrap();
        let terms = TermsRow { bank: "icbc".into(), bank_text: "tenpay".into(), ..house.terms() };
        csms::clearing::terms::put(&mut tx, &terms, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        let funds = "kind,amount,currency,at,reference\n\
            payout,99.40,CNY,2026-10-01T08:00:00Z,PAYOUT-000001\npayout,50.00,CNY,2026-10-01T09:00:00Z,PAYOUT-000002\n";
        let bank = ":20:X\r\n:25:1\r\n:60F:C261002CNY1,00\r\n:61:261002C99,40NTRFNONREF//B1\r\n:86:TENPAY PAYOUT-000001\r\n\
            :61:261002C7,00NTRFNONREF//B2\r\n:86:TENPAY something else\r\n:61:261002C900,00NTRFNONREF//B3\r\n:86:A TENANT\r\n\
            :62F:C261002CNY1007,40\r\n";
        let day = |text: &str| Some(text.parse().unwrap());
        let file = |account, file, day, text: &'static str| Incoming {
            account,
            file,
            day,
            format: None,
            name: "file",
            bytes: text.as_bytes(),
            by: "tester",
        };
        let clearing = house.clearing();
        clearing.import(&file(ACCOUNT, Which::Funds, day("2026-10-01"), funds)).await.unwrap();
        clearing.import(&file("bank:icbc", Which::Bank, day("2026-10-02"), bank)).await.unwrap();
        let paid = clearing.compare_payouts().await.unwrap();
        assert_eq!((paid.matched, paid.cases), (1, 0));
        assert_eq!(house.balances().await, ["bank:icbc 9940", "provider:wx-main -9940"]);
        // Days later the one is missing at the bank, and the other is of nobody.
        clearing.import(&file(ACCOUNT, Which::Funds, day("2026-10-08"), "")).await.unwrap();
        clearing.import(&file("bank:icbc", Which::Bank, day("2026-10-08"), "")).await.unwrap();
        assert_eq!(clearing.compare_payouts().await.unwrap().cases, 2);
        assert_eq!(clearing.compare_payouts().await.unwrap().cases, 0);
        let mut told: Vec<_> =
            house.cases().await.into_iter().map(|case| (case.reason, case.gain_minor)).collect();
        told.sort();
        assert_eq!(told, [("credit".to_owned(), 700), ("payout".to_owned(), -5_000)]);
        // Files come by hand, and in any order: what one of a day long past has settles the case that was made of it.
        let late = ":20:Y\r\n:25:1\r\n:60F:C261003CNY1,00\r\n:61:261003C50,00NTRFNONREF//B4\r\n\
            :86:TENPAY PAYOUT-000002\r\n:62F:C261003CNY51,00\r\n";
        clearing.import(&file("bank:icbc", Which::Bank, day("2026-10-03"), late)).await.unwrap();
        let paid = clearing.compare_payouts().await.unwrap();
        assert_eq!((paid.matched, paid.cases), (1, 0));
        assert_eq!(house.balances().await, ["bank:icbc 14940", "provider:wx-main -14940"]);
        let late = "kind,amount,currency,at,reference\npayout,7.00,CNY,2026-10-02T01:00:00Z,PAYOUT-000003\n";
        clearing.import(&file(ACCOUNT, Which::Funds, day("2026-10-02"), late)).await.unwrap();
        assert_eq!(clearing.compare_payouts().await.unwrap().matched, 1);
        let booked = ["bank:icbc 15640", "provider:wx-main -15640"];
        assert_eq!(house.balances().await, booked);
        for case in house.cases().await {
            assert_eq!((&*case.state, &*case.resolution), ("resolved", "by_itself"));
        }
        assert_eq!(clearing.compare_payouts().await.unwrap(), Paid::default());
        assert_eq!(house.balances().await, booked);
        db.close().await;
    }
}
