//! Many cases settled at once, and fees that were agreed as time went by.

use crate::common::{ACCOUNT, House, Paper, on, paid};
use csms::clearing::bulk::TOGETHER_MAX;
use csms::clearing::resolve::{Resolution, Resolved};
use csms::store::clearing::cases::Filter;
use csms::store::clearing::fees;
use csms::store::testing::TestDb;

async fn days(house: &House, paper: &Paper) {
    house.days(paper).await;
    house.clearing().compare(ACCOUNT).await.unwrap();
}

/// Four payments of which the statement says nothing: of 1.00, 2.00, 4.00 and, above the limit of one person, 9.00; and
/// one whose fee is 7 too high.
async fn five_cases(house: &House) {
    let minors = [100, 200, 400, 900, 1_000];
    let all: Vec<_> = (1..).zip(minors).map(|(n, minor)| paid(n, minor, 60 + n)).collect();
    house.pay(&all).await;
    let mut paper = Paper::new();
    paper.line("payment", "A0000005", 1_000, 7, "CNY", 65, "done");
    days(house, &paper).await;
    assert_eq!(house.cases().await.len(), 5);
}

#[tokio::test]
async fn many_cases_are_looked_at_and_then_settled_each_by_itself() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        five_cases(&house).await;
        let clearing = house.clearing();
        let missing = Filter { reason: Some("missing_there"), account: Some(ACCOUNT), ..Filter::default() };
        let preview = clearing.preview(&missing, Resolution::WriteOff).await.unwrap();
        let sums: Vec<_> = preview
            .sums
            .iter()
            .map(|sum| (&*sum.currency, sum.cases, sum.long_minor, sum.short_minor))
            .collect();
        assert_eq!(sums, [("CNY", 4, 0, 1_600)]);
        assert_eq!((preview.cases.len(), preview.unfit, preview.need_two, preview.more), (4, 0, 1, false));
        assert!(house.cases().await.iter().all(|case| case.state == "open"), "nothing was changed");

        // Somebody settles one of them meanwhile; and one number is of nothing.
        let taken = preview.cases[3];
        clearing.resolve(taken, Resolution::Accept, "seen", "bert").await.unwrap();
        let chosen = [&preview.cases[..], &[4711]].concat();
        let outcomes =
            clearing.resolve_all(&chosen, Resolution::WriteOff, "their outage", "anna").await.unwrap();
        let word = |done: &Result<Resolved, String>| match done {
            Ok(resolved) => format!("{resolved:?}"),
            Err(why) => why.clone(),
        };
        let told: Vec<_> = outcomes.iter().map(|outcome| word(&outcome.done)).collect();
        assert_eq!(told[..4], ["Asked", "Done", "Done", "Before"]);
        assert!(told[4].contains("no case 4711"), "{told:?}");
        let settled: Vec<_> =
            house.cases().await.into_iter().filter(|case| case.resolved_by == "anna").collect();
        assert_eq!(settled.len(), 2);
        assert!(settled.iter().all(|case| case.note == "their outage" && case.resolution == "write_off"));
        assert!(house.balances().await.contains(&"expense:write_off 600".to_owned()));

        // The same click again settles nothing more; the second person ends what is left.
        let again = clearing.resolve_all(&preview.cases, Resolution::WriteOff, "x", "anna").await.unwrap();
        let told: Vec<_> = again.iter().map(|outcome| word(&outcome.done)).collect();
        assert!(told[0].contains("second person"), "{told:?}");
        assert_eq!(told[1..], ["Before", "Before", "Before"]);
        let asked = Filter { state: Some("asked"), ..Filter::default() };
        let preview = clearing.preview(&asked, Resolution::WriteOff).await.unwrap();
        let ended =
            clearing.resolve_all(&preview.cases, Resolution::WriteOff, "agreed", "bert").await.unwrap();
        assert_eq!(ended.iter().map(|outcome| word(&outcome.done)).collect::<Vec<_>>(), ["Done"]);
        assert!(house.balances().await.contains(&"expense:write_off 1500".to_owned()));
        db.close().await;
    }
}

#[tokio::test]
async fn what_is_chosen_is_bounded_and_what_does_not_fit_is_told() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        five_cases(&house).await;
        let clearing = house.clearing();
        let count = async |filter: Filter<'static>, way| {
            let preview = clearing.preview(&filter, way).await.unwrap();
            (preview.cases.len(), preview.unfit)
        };
        let all = Filter::default();
        assert_eq!(count(all, Resolution::PostFee).await, (1, 4));
        assert_eq!(count(Filter { reason: Some("fee"), ..all }, Resolution::PostFee).await, (1, 0));
        let up_to = Filter { currency: Some("CNY"), at_most_minor: Some(200), ..all };
        assert_eq!(count(up_to, Resolution::WriteOff).await, (2, 1));
        assert_eq!(count(Filter { currency: Some("EUR"), ..all }, Resolution::Accept).await, (0, 0));
        assert_eq!(count(Filter { kind: Some("refund"), ..all }, Resolution::Accept).await, (0, 0));
        assert_eq!(count(Filter { from_day: Some("2026-10-02"), ..all }, Resolution::Accept).await, (0, 0));
        assert_eq!(count(Filter { to_day: Some("2026-10-01"), ..all }, Resolution::Accept).await, (5, 0));
        for (note, by, chosen, why) in [
            (" ", "anna", vec![1], "says why"),
            ("x", " ", vec![1], "say who"),
            ("x", "anna", vec![1; TOGETHER_MAX + 1], "At most 500"),
        ] {
            let refused = clearing.resolve_all(&chosen, Resolution::Accept, note, by).await.unwrap_err();
            assert!(refused.to_string().contains(why), "{refused}");
        }
        assert!(house.cases().await.iter().all(|case| case.state == "open"));
        db.close().await;
    }
}

#[tokio::test]
async fn whose_days_statements_are_of_is_known_by_the_provider_until_something_else_is_agreed() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        let zone = async |account| {
            house.clearing().know_zone(account, chrono_tz::UTC).await.unwrap();
            house.clearing().terms(&mut db.read().await.unwrap(), account).await.unwrap().zone
        };
        assert_eq!(zone("st-main").await, chrono_tz::UTC);
        assert_eq!(zone("st-main").await, chrono_tz::UTC);
        assert_eq!(zone(ACCOUNT).await, chrono_tz::Asia::Shanghai, "that is agreed");
        db.close().await;
    }
}

#[tokio::test]
async fn a_fee_is_held_against_what_was_agreed_for_its_day() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        // 0.6% ever since; 0.5% from 2 October; a slip of the pen for the 3rd that is put right.
        assert!(house.agree(Some("2026-10-02"), Some(5_000)).await);
        assert!(house.agree(Some("2026-10-03"), Some(900_000)).await);
        assert!(house.agree(Some("2026-10-03"), Some(4_000)).await);
        assert!(!house.agree(Some("2026-10-03"), Some(4_000)).await, "said twice is said once");
        house.pay(&[paid(1, 10_000, 60), paid(2, 10_000, on(1, 1)), paid(3, 10_000, on(2, 1))]).await;
        let mut paper = Paper::new();
        paper.line("payment", "A0000001", 10_000, 0, "CNY", 60, "done");
        paper.line("payment", "A0000002", 10_000, 0, "CNY", on(1, 1), "done");
        paper.line("payment", "A0000003", 10_000, -20, "CNY", on(2, 1), "done");
        days(&house, &paper).await;
        // 0.60, 0.60 and 0.40 were kept; agreed were 0.60, 0.50 and 0.40.
        let cases = house.cases().await;
        let told: Vec<_> = cases
            .iter()
            .map(|case| (&*case.reason, &*case.number, case.ours_minor, case.theirs_minor, case.gain_minor))
            .collect();
        assert_eq!(told, [("fee", "A0000002", Some(50), Some(60), -10)]);
        assert!(house.balances().await.contains(&"fees:wx-main 150".to_owned()));
        let day = |text: &str| text.parse().unwrap();
        for (on, fee) in [("2026-10-01", 60), ("2026-10-02", 50), ("2026-10-03", 40)] {
            let settled = house.clearing().settle(chrono_tz::Asia::Shanghai, day(on)).await.unwrap();
            assert_eq!(settled.rows[0].fee_minor, fee, "{on}");
        }

        let mut tx = db.read().await.unwrap();
        let all = fees::of_account(&mut tx, ACCOUNT).await.unwrap();
        let told: Vec<_> = all
            .iter()
            .map(|row| (&*row.from_day, row.generation, row.rate_millionths, &*row.by_whom))
            .collect();
        assert_eq!(
            told,
            [
                ("2026-10-03", 2, Some(4_000), "tester"),
                ("2026-10-03", 1, Some(900_000), "tester"),
                ("2026-10-02", 1, Some(5_000), "tester"),
                ("0001-01-01", 1, Some(6_000), "tester"),
            ]
        );
        drop(tx);
        db.close().await;
    }
}
