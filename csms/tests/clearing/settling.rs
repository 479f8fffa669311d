use crate::common::{ACCOUNT, House, SITE, at, on, paid};
use chrono::NaiveDate;
use csms::clearing::ClearingError;
use csms::ledger::{self, Account, Entry, Revenue};
use csms::store::clearing::runs;
use csms::store::clearing::shares::{self, RuleRow};
use csms::store::testing::TestDb;
use payments::Amount;

fn yuan(minor: i64) -> Amount {
    Amount::new(minor, "CNY".parse().unwrap())
}

#[tokio::test]
async fn a_day_is_settled_at_three_on_its_sites_clock_and_missed_days_are_caught_up() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        let mut second = paid(2, 3_000, on(2, 5));
        second.returned = Some((1_000, "R2".into(), at(on(2, 6))));
        let mut nowhere = paid(3, 700, on(1, 0));
        nowhere.site = None;
        house.pay(&[paid(1, 10_000, 10), second, nowhere]).await;

        house.now(on(1, 3) - 1);
        assert!(
            house
                .clearing()
                .settle_due()
                .await
                .unwrap()
                .iter()
                .all(|day| day.zone != chrono_tz::Asia::Shanghai)
        );
        house.now(on(1, 3));
        let settled = house.clearing().settle_due().await.unwrap();
        let row = &settled.iter().find(|day| day.zone == chrono_tz::Asia::Shanghai).unwrap().rows[0];
        assert_eq!((row.site_id, &*row.account, &*row.day), (SITE, ACCOUNT, "2026-10-01"));
        assert_eq!((row.paid, row.paid_minor, row.fee_minor, row.net_minor), (1, 10_000, 60, 9_940));

        // Nobody was there for some days.
        house.now(on(5, 3));
        let settled = house.clearing().settle_due().await.unwrap();
        let days: Vec<_> = settled.iter().filter(|day| day.zone == chrono_tz::Asia::Shanghai).collect();
        let told: Vec<_> = days.iter().map(|day| (day.day.to_string(), day.items, day.rows.len())).collect();
        let day = |text: &str, items, rows| (text.to_owned(), items, rows);
        let expected = [
            day("2026-10-02", 0, 0),
            day("2026-10-03", 2, 1),
            day("2026-10-04", 0, 0),
            day("2026-10-05", 0, 0),
        ];
        assert_eq!(told, expected);
        let row = &days[1].rows[0];
        assert_eq!(
            (row.paid_minor, row.returned_minor, row.fee_minor, row.net_minor),
            (3_000, 1_000, 12, 1_988)
        );
        // What happened at no site is on the clock of the settings.
        let utc = runs::settlement(&mut db.read().await.unwrap(), "UTC", "2026-10-01").await.unwrap();
        assert_eq!(utc.iter().map(|row| (row.site_id, row.paid_minor)).collect::<Vec<_>>(), [(0, 700)]);
        assert!(house.clearing().settle_due().await.unwrap().is_empty());
        db.close().await;
    }
}

#[tokio::test]
async fn a_day_settled_by_hand_leaves_no_day_before_it_unsettled() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 10), paid(2, 3_000, on(1, 5)), paid(3, 700, on(2, 5))]).await;
        let (zone, clearing) = (chrono_tz::Asia::Shanghai, house.clearing());
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        // One that goes on is not settled: what is paid until midnight would be in no settlement.
        house.now(on(3, 0) - 1);
        let refused = clearing.settle(zone, day("2026-10-03")).await.unwrap_err();
        assert!(matches!(&refused, ClearingError::Refused(_)), "{refused}");
        house.now(on(3, 3));
        assert_eq!(clearing.settle(zone, day("2026-10-02")).await.unwrap().rows[0].paid_minor, 3_000);
        let settled = clearing.settle_due().await.unwrap();
        let told: Vec<_> = settled
            .iter()
            .filter(|day| day.zone == zone)
            .map(|day| (day.day.to_string(), day.rows[0].paid_minor))
            .collect();
        assert_eq!(told, [("2026-10-01".to_owned(), 10_000), ("2026-10-03".to_owned(), 700)]);
        assert!(clearing.settle_due().await.unwrap().is_empty());
        db.close().await;
    }
}

#[tokio::test]
async fn a_day_that_is_being_settled_elsewhere_is_left_alone() {
    let test = TestDb::sqlite().unwrap();
    let db = test.open().await.unwrap();
    let house = House::open(&db).await;
    house.pay(&[paid(1, 10_000, 10)]).await;
    house.now(on(1, 3));
    let mut tx = db.write().await.unwrap();
    let until = at(on(1, 4));
    runs::lease(&mut tx, "settle", "Asia/Shanghai", "2026-10-01", at(on(1, 3)), until)
        .await
        .unwrap()
        .unwrap();
    tx.commit().await.unwrap();
    assert!(house.clearing().settle_due().await.unwrap().iter().all(|day| day.items == 0));
    // Whoever it was has died.
    house.now(on(1, 4));
    assert!(house.clearing().settle_due().await.unwrap().iter().any(|day| day.items == 1));
    db.close().await;
}

#[tokio::test]
async fn hosts_get_their_part_once_and_the_difference_when_revenue_comes_late() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 10)]).await;
        let rule = |id, revenue: &str, rate, from: &str, to: Option<&str>| RuleRow {
            id,
            site_id: SITE,
            host: "Harbour Ltd".into(),
            rate_millionths: rate,
            revenue: revenue.into(),
            from_day: from.into(),
            to_day: to.map(str::to_owned),
            created_at: at(0),
        };
        let earn = async |key: &str, revenue, minor, seconds| {
            let mut tx = db.write().await.unwrap();
            let entry = Entry::posted("billed", key, at(seconds))
                .of_order(1)
                .debit(Account::Deposits, yuan(minor))
                .credit(Account::Revenue(revenue), yuan(minor));
            ledger::record(&mut tx, &house.ids, &entry).await.unwrap();
            tx.commit().await.unwrap();
        };
        let mut tx = db.write().await.unwrap();
        shares::add(&mut tx, &rule(1, "service", 300_000, "2026-09-01", None)).await.unwrap();
        shares::add(&mut tx, &rule(2, "all", 100_000, "2026-10-01", Some("2026-10-01"))).await.unwrap();
        shares::add(&mut tx, &rule(3, "all", 500_000, "2026-10-02", None)).await.unwrap();
        tx.commit().await.unwrap();
        earn("a", Revenue::Energy, 7_001, 20).await;
        earn("b", Revenue::Service, 1_999, 30).await;
        earn("next day", Revenue::Service, 500_000, on(1, 0)).await;
        house.now(on(1, 3));
        house.clearing().settle_due().await.unwrap();
        // 30% of 19.99 is 5.997, 10% of 90.00 is 9.00; nobody gets a part of a fen too much.
        assert!(house.balances().await.contains(&"host:7 -1499".to_owned()), "{:?}", house.balances().await);

        earn("c", Revenue::Service, 1_000, 40).await;
        let day = "2026-10-01".parse().unwrap();
        assert!(house.clearing().settle(chrono_tz::Asia::Shanghai, day).await.unwrap().changed);
        assert!(!house.clearing().settle(chrono_tz::Asia::Shanghai, day).await.unwrap().changed);
        // 8.997 and 10.00
        assert!(house.balances().await.contains(&"host:7 -1899".to_owned()), "{:?}", house.balances().await);
        assert!(house.balances().await.contains(&"shares:7 1899".to_owned()));

        let clearing = house.clearing();
        let refused =
            clearing.pay_host(SITE, yuan(1_900), "icbc", "T1", "anna").await.unwrap_err().to_string();
        assert!(refused.contains("is owed 18.99 CNY, not 19.00 CNY"), "{refused}");
        assert!(clearing.pay_host(SITE, yuan(1_800), "icbc", "T1", "anna").await.unwrap());
        assert!(!clearing.pay_host(SITE, yuan(1_800), "icbc", "T1", "anna").await.unwrap());
        assert!(house.balances().await.contains(&"host:7 -99".to_owned()));
        db.close().await;
    }
}
