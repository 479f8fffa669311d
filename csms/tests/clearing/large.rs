use crate::common::{House, Paper, at, on, paid};
use csms::store::clearing::testing::Paid;
use csms::store::testing::TestDb;
use std::collections::BTreeMap;
use std::time::Instant;

/// What is done to an order, by its number modulo this; the others agree.
const EVERY: i64 = 500;

type Expected = BTreeMap<(String, &'static str), u64>;

/// Orders, their statement of each of four days, and what must be found.
fn day_of(orders: i64) -> (Vec<Paid>, Vec<Paper>, Expected) {
    let mut all = Vec::new();
    let mut papers: Vec<Paper> = (0..4).map(|_| Paper::new()).collect();
    let mut expected = Expected::new();
    for n in 1..=orders {
        let minor = 500 + n * 37 % 20_000;
        let mut one = paid(n, minor, 60 + n * 86_000 / orders);
        if n % 3 == 0 {
            one.returned = Some((minor / 4, format!("R{n:07}"), at(120 + n * 86_000 / orders)));
        }
        let number = one.number.clone();
        let mut expect =
            |number: &str, reason| *expected.entry((number.to_owned(), reason)).or_default() += 1;
        let when = 60 + n * 86_000 / orders;
        match n % EVERY {
            1 => expect(&number, "missing_there"),
            2 => {
                papers[0].payment(&number, minor + 1, when);
                expect(&number, "amount");
            }
            4 => {
                papers[0].line("payment", &number, minor, 0, "EUR", when, "done");
                expect(&number, "currency");
            }
            5 => {
                papers[0].line("payment", &number, minor, 0, "CNY", when, "failed");
                expect(&number, "done_here_only");
            }
            7 => {
                one.taken_at = None;
                papers[0].payment(&number, minor, when);
                expect(&number, "done_there_only");
            }
            8 => {
                papers[0].line("payment", &number, minor, 2, "CNY", when, "done");
                expect(&number, "fee");
            }
            10 => {
                papers[0].payment(&number, minor, when);
                papers[0].payment(&number, minor, when);
                expect(&number, "duplicate");
            }
            11 => {
                papers[0].payment(&number, minor, when);
                papers[0].payment(&format!("X{n:07}"), minor, when);
                expect(&format!("X{n:07}"), "missing_here");
            }
            // Just before midnight here, just after it there; and the other way round.
            13 => {
                one.taken_at = Some(at(on(1, 0) - 1));
                papers[1].payment(&number, minor, on(1, 0) + 1);
            }
            14 => {
                one.taken_at = Some(at(on(1, 0) + 1));
                papers[0].payment(&number, minor, on(1, 0) - 1);
            }
            // Never paid, here as there.
            16 => {
                one.taken_at = None;
                papers[0].line("payment", &number, minor, 0, "CNY", when, "failed");
            }
            17 => one.taken_at = None,
            _ => papers[0].payment(&number, minor, when),
        }
        if one.taken_at.is_none() {
            one.returned = None;
        }
        if let Some((minor, number, _)) = &one.returned {
            match n % EVERY {
                3 => expect(number, "missing_there"),
                6 => {
                    papers[0].line("refund", number, minor + 5, 0, "CNY", when, "done");
                    expect(number, "amount");
                }
                9 => {
                    papers[0].line("refund", number, *minor, 0, "CNY", when, "failed");
                    expect(number, "done_here_only");
                }
                // Under way when the file was made.
                12 => papers[0].line("refund", number, *minor, 0, "CNY", when, "open"),
                15 => papers[2].line("refund", number, *minor, 0, "CNY", on(2, 1), "done"),
                _ => papers[0].line("refund", number, *minor, 0, "CNY", when, "done"),
            }
        }
        all.push(one);
    }
    (all, papers, expected)
}

async fn found(house: &House) -> Expected {
    let mut found = Expected::new();
    for case in house.cases().await {
        let reason = payments::clearing::matching::Reason::of(&case.reason).unwrap().word();
        *found.entry((case.number, reason)).or_default() += 1;
    }
    found
}

/// Settles and compares as the clock goes, day by day.
async fn go(house: &House, papers: &[Paper]) {
    for (day, paper) in papers.iter().enumerate() {
        let day = day as i64;
        house.now(on(day + 1, 3));
        house.clearing().settle_due().await.unwrap();
        house.now(on(day + 1, 11));
        house.import(day, &paper.text()).await.unwrap();
        house.clearing().compare(crate::common::ACCOUNT).await.unwrap();
    }
}

async fn finds_all_and_invents_none(test: TestDb, orders: i64) {
    let db = test.open().await.unwrap();
    let house = House::open(&db).await;
    let (all, papers, expected) = day_of(orders);
    house.pay(&all).await;
    drop(all);
    house.now(on(1, 3));
    let begun = Instant::now();
    let settled = house.clearing().settle_due().await.unwrap();
    let settling = begun.elapsed();
    assert!(settled.len() <= 3 && settled.iter().any(|day| day.items > orders as u64), "{settled:?}");
    let begun = Instant::now();
    house.now(on(1, 11));
    let text = papers[0].text();
    house.import(0, &text).await.unwrap();
    let importing = begun.elapsed();
    let begun = Instant::now();
    let compared = house.clearing().compare(crate::common::ACCOUNT).await.unwrap();
    let comparing = begun.elapsed();
    println!(
        "{orders} orders: settled in {settling:?}, {} bytes imported in {importing:?}, compared in {comparing:?}: {compared:?}; {}",
        text.len(),
        memory()
    );
    go(&house, &papers).await;
    assert_eq!(found(&house).await, expected);

    // All of it again, with later files too: nothing changes.
    let before = (house.cases().await, house.balances().await);
    let again =
        house.clearing().settle(chrono_tz::Asia::Shanghai, "2026-10-01".parse().unwrap()).await.unwrap();
    assert!(!again.changed, "a settlement made again is the same");
    go(&house, &papers).await;
    let compared = house.clearing().compare(crate::common::ACCOUNT).await.unwrap();
    assert_eq!((compared.matched, compared.cases.len()), (0, 0));
    assert_eq!((house.cases().await, house.balances().await), before);
    db.close().await;
}

/// The most that this process has had in memory.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("memory not known").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_difference_in_a_hundred_thousand_orders_is_found_and_none_invented() {
    finds_all_and_invents_none(TestDb::sqlite().unwrap(), 100_000).await;
}

/// Fewer, because each row goes through a socket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_difference_in_twenty_thousand_orders_is_found_on_postgresql() {
    if let Some(test) = TestDb::postgres().await.unwrap() {
        finds_all_and_invents_none(test, 20_000).await;
    }
}
