//! Prepaid balances: paid in, held, taken, given back, and never below nothing.

use super::{
    house::{House, house, houses, houses_with},
    later::{CARD, driver, orders_of, rebill},
};
use csms::{
    config::{Config, PayAccount},
    ledger::{self, Account},
    model::{AuthStatus, Phase, StationId},
    pay::{
        PayError, State,
        counter::{self, Taken},
        later::{Allowed, PaysBy},
        wallet,
    },
};
use payments::{
    Amount,
    provider::{Method, Setup, terminal},
};

fn eur(minor: i64) -> Amount {
    Amount::new(minor, "EUR".parse().unwrap())
}

async fn top_up(house: &House, driver: i64, minor: i64) -> csms::store::pay::orders::OrderRow {
    let order = wallet::top_up(&house.app, driver, eur(minor), None).await.unwrap();
    house.click(&order, Method::Hosted).await.unwrap();
    house.pay(&order).await;
    assert_eq!(house.state(order.id).await, State::Captured);
    order
}

async fn available(house: &House, driver: i64) -> i64 {
    let mut tx = house.app.db.read().await.unwrap();
    wallet::available(&mut tx, driver, "EUR".parse().unwrap()).await.unwrap().minor
}

/// Is the amount of a session there held?
async fn reserve(house: &House, station: &StationId) -> bool {
    let held = wallet::reserve(&house.app, station, 1, CARD, "Central").await.unwrap();
    matches!(held, Some(Allowed::UpTo(_)))
}

async fn sound(house: &House) {
    house.advance(120);
    assert_eq!(ledger::checks::turn(&house.app.db, house.clock.now()).await.unwrap(), 0);
}

#[tokio::test]
async fn what_an_operator_has_taken_is_on_the_balance_once() {
    let till = |config: &mut Config| {
        let setup = Setup::Terminal(terminal::Settings::default());
        config.pay.accounts.push(PayAccount { name: "till".to_owned(), least: None, most: None, setup });
    };
    for mut house in houses_with(till).await {
        let driver = driver(&house, CARD, PaysBy::Balance).await;
        let verdict = house.authorize(CARD).await;
        assert_eq!((verdict.status, verdict.cache_until), (AuthStatus::NoCredit, Some(house.clock.now())));
        let taken = |account: &'static str, minor, reference: &'static str| Taken {
            amount: eur(minor),
            account,
            reference,
            by: "ada",
        };
        let app = house.app.clone();
        for _told_twice in 0..2 {
            let order = counter::paid_in(&app, driver, &taken("till", 2_500, "slip 17")).await.unwrap();
            assert_eq!((&*order.state, order.taken_minor), ("captured", 2_500));
            assert_eq!(available(&house, driver).await, 2_500);
        }
        assert_eq!(house.balance(Account::Provider("till".to_owned())).await, (2_500, 0));
        let verdict = house.authorize(CARD).await;
        assert_eq!((verdict.status, verdict.max_cost), (AuthStatus::Accepted, Some(eur(2_500).decimal())));
        assert_eq!(verdict.cache_until, Some(house.clock.now()), "the next time it is another amount");
        for (account, minor, reference) in [
            ("till", 2_600, "slip 17"),
            ("cards", 100, "x"),
            ("none", 100, "x"),
            ("till", 0, "x"),
            ("till", 100, ""),
        ] {
            let refused = counter::paid_in(&app, driver, &taken(account, minor, reference)).await;
            let known = matches!(refused, Err(PayError::Amount(_) | PayError::NoAccount(_)));
            assert!(known, "{account} {minor} {reference}: {refused:?}");
        }
        assert_eq!(available(&house, driver).await, 2_500);
        // Nobody can be asked to give it back: the counter has to, and until then it stays where it is.
        wallet::give_back(&app, driver, eur(1_000), None, "ada").await.unwrap();
        assert_eq!(available(&house, driver).await, 1_500);
        house.work().await;
        assert_eq!(available(&house, driver).await, 2_500);
        sound(&house).await;
        // The counter has: so much is not on the balance any more.
        let order = orders_of(&house, driver).await.remove(0);
        let refund = house.refunds(order.id).await.remove(0);
        for _said_twice in 0..2 {
            csms::pay::returned_elsewhere(&app, &refund.number, "in cash", "ada").await.unwrap();
        }
        assert_eq!(available(&house, driver).await, 1_500);
        assert_eq!(house.balance(Account::Refunds).await, (0, 0));
        assert_eq!(house.balance(Account::Provider("till".to_owned())).await, (1_500, 0));
        // What is spent meanwhile cannot be given back as well.
        wallet::give_back(&app, driver, eur(1_000), None, "ada").await.unwrap();
        house.work().await;
        let failed = house.refunds(order.id).await.pop().unwrap();
        house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
        assert!(available(&house, driver).await < 1_000);
        let none = csms::pay::returned_elsewhere(&app, &failed.number, "in cash", "ada").await;
        assert!(matches!(none, Err(PayError::Amount(_))), "{none:?}");
    }
}

#[tokio::test]
async fn a_session_is_held_on_the_balance_and_taken_from_it() {
    for mut house in houses().await {
        let driver = driver(&house, CARD, PaysBy::Balance).await;
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::NoCredit, "empty");
        top_up(&house, driver, 3_000).await;
        assert_eq!(house.balance(Account::Balance(driver)).await, (-3_000, 0));
        let verdict = house.authorize(CARD).await;
        assert_eq!((verdict.status, verdict.max_cost), (AuthStatus::Accepted, Some(eur(3_000).decimal())));

        house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
        assert_eq!(available(&house, driver).await, 1_000, "20 EUR are held");
        house.work().await;
        let order = orders_of(&house, driver).await.remove(0);
        assert_eq!((&*order.mode, &*order.state, order.held_minor), ("balance", "charging", 2_000));
        house.advance(3_600);
        house.told("T1", 1, Phase::End, None, 10_000).await;
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.due_minor, row.taken_minor), ("captured", Some(400), 400));
        assert_eq!(available(&house, driver).await, 2_600);
        assert_eq!(house.balance(Account::Deposits).await, (0, 0));
        assert_eq!(house.earned().await, 400);
        assert!(house.waiting(order.id).await.is_empty());
        let statement = wallet::statement(&house.app, driver, None, 10).await.unwrap();
        let lines: Vec<(String, String)> = statement
            .into_iter()
            .map(|(_, line)| (format!("{} {}", line.kind, line.phase), line.amount.to_string()))
            .collect();
        let line = |kind: &str, amount: &str| (kind.to_owned(), amount.to_owned());
        assert_eq!(
            lines,
            [line("taken post", "-4.00"), line("held pending", "-20.00"), line("taken posted", "30.00")]
        );
        sound(&house).await;
    }
}

#[tokio::test]
async fn what_a_bill_asks_beyond_the_hold_is_taken_from_the_balance_too() {
    for mut house in houses().await {
        let driver = driver(&house, CARD, PaysBy::Balance).await;
        top_up(&house, driver, 10_000).await;
        house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
        house.work().await;
        assert_eq!(available(&house, driver).await, 8_000);
        // The station was away, and tells all at once.
        house.advance(3_600);
        house.told("T1", 1, Phase::End, None, 75_000).await;
        house.work().await;
        let order = orders_of(&house, driver).await.remove(0);
        assert_eq!((&*order.state, order.due_minor, order.taken_minor), ("captured", Some(3_000), 3_000));
        assert_eq!(available(&house, driver).await, 7_000);
        assert_eq!(house.earned().await, 3_000);
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::Accepted);
        sound(&house).await;
    }
}

#[tokio::test]
async fn what_is_not_on_the_balance_is_owed_and_nothing_begins_until_it_is_paid() {
    for mut house in houses().await {
        let driver = driver(&house, CARD, PaysBy::Balance).await;
        top_up(&house, driver, 2_500).await;
        house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
        house.work().await;
        house.advance(3_600);
        house.told("T1", 1, Phase::End, None, 75_000).await;
        house.work().await;
        let order = orders_of(&house, driver).await.remove(0);
        assert_eq!((&*order.state, order.due_minor, order.taken_minor), ("owing", Some(3_000), 2_500));
        assert_eq!(available(&house, driver).await, 0);
        assert_eq!(house.balance(Account::Receivable(order.id)).await, (500, 0));
        let told = async |house: &House| {
            let mut tx = house.app.db.read().await.unwrap();
            csms::store::messages::list(&mut tx, Some(order.id), None, 5).await.unwrap()
        };
        let once = told(&house).await;
        let [message] = once.as_slice() else { panic!("{once:?}") };
        assert!(message.body.contains("did not cover 5.00 EUR"), "{message:?}");
        sound(&house).await;
        top_up(&house, driver, 5_000).await;
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::NoCredit, "he owes");
        // The bill was wrong.
        rebill(&house, order.session_id.unwrap(), "25.00").await;
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Captured);
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::Accepted);
        sound(&house).await;
        // And was not as wrong as that: the driver hears of this debt too.
        house.advance(60);
        rebill(&house, order.session_id.unwrap(), "28.00").await;
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Owing);
        let twice = told(&house).await;
        assert_eq!(twice.len(), 2, "{twice:?}");
        let newest = twice.iter().max_by_key(|message| message.id).unwrap();
        assert!(newest.body.contains("did not cover 3.00 EUR"), "{newest:?}");
    }
}

#[tokio::test]
async fn a_session_goes_on_as_far_as_the_balance_reaches() {
    let mut house = house().await;
    let driver = driver(&house, CARD, PaysBy::Balance).await;
    for _ in 0..2 {
        top_up(&house, driver, 10_000).await;
    }
    house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
    house.work().await;
    let order = orders_of(&house, driver).await.remove(0);
    // 20 EUR are 50 kWh, and 200 EUR ten times as much.
    for wh in (10_000..480_000).step_by(10_000) {
        house.advance(1_200);
        house.told("T1", 1, Phase::Update, None, wh).await;
        house.work().await;
        assert_eq!(house.row(order.id).await.stop_asked_at, None, "{wh} Wh");
    }
    house.advance(1_200);
    house.told("T1", 1, Phase::Update, None, 499_000).await;
    // There is no more to be held; the next look stops it.
    house.work().await;
    house.work().await;
    let row = house.row(order.id).await;
    assert!(row.stop_asked_at.is_some() && row.held_minor == 20_000, "{row:?}");
}

#[tokio::test]
async fn two_sessions_race_for_one_balance_and_it_never_falls_below_nothing() {
    for mut house in houses().await {
        let driver = driver(&house, CARD, PaysBy::Balance).await;
        top_up(&house, driver, 2_100).await;
        let (station, other): (StationId, StationId) = ("CP1".into(), "CP2".into());
        let mut tx = house.app.db.write().await.unwrap();
        csms::store::stations::create_if_absent(&mut tx, "CP2", house.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let one = reserve(&house, &station);
        let two = reserve(&house, &other);
        let (one, two) = tokio::join!(one, two);
        let held = [one, two];
        assert_eq!(held.iter().filter(|held| **held).count(), 1, "{held:?}");
        assert_eq!(available(&house, driver).await, 100);
        // Asked again, the winner has what it has.
        let winner = if held[0] { &station } else { &other };
        assert!(reserve(&house, winner).await);
        assert_eq!(available(&house, driver).await, 100);
        // No session comes: it is free again.
        house.advance(3_600);
        house.work().await;
        assert_eq!(available(&house, driver).await, 2_100);
        house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
        assert_eq!(available(&house, driver).await, 100);
        let reply = house.told("T2", 2, Phase::Start, Some(CARD), 0).await;
        assert_eq!(reply.verdict.unwrap().status, AuthStatus::NoCredit);
        sound(&house).await;
    }
}

#[tokio::test]
async fn a_balance_goes_back_the_way_it_came_and_only_what_is_there() {
    for house in houses().await {
        let driver = driver(&house, CARD, PaysBy::Balance).await;
        let first = top_up(&house, driver, 1_000).await;
        let second = top_up(&house, driver, 2_000).await;
        let too_much = wallet::give_back(&house.app, driver, eur(3_001), None, "operator").await;
        assert!(matches!(too_much, Err(PayError::Amount(_))), "{too_much:?}");
        house.provider.refunds_wait(true);
        let give =
            async |minor| wallet::give_back(&house.app, driver, eur(minor), Some("case 7"), "operator").await;
        assert!(give(2_500).await.unwrap());
        assert!(!give(2_500).await.unwrap(), "what was given back under a name is not given back again");
        assert!(matches!(give(10).await, Err(PayError::Amount(_))), "and the name is of one amount");
        let stranger = wallet::give_back(&house.app, 7, eur(1), Some("case 7"), "operator").await;
        assert!(matches!(stranger, Err(PayError::NoDriver)), "{stranger:?}");
        assert_eq!(available(&house, driver).await, 500, "it cannot be spent while it goes back");
        let again = wallet::give_back(&house.app, driver, eur(600), None, "operator").await;
        assert!(matches!(again, Err(PayError::Amount(_))), "{again:?}");
        house.provider.refunds_wait(false);
        house.advance(60);
        house.work().await;
        house.deliver("cards").await;
        assert_eq!(house.row(second.id).await.returned_minor, 2_000, "the newest first");
        assert_eq!(house.row(first.id).await.returned_minor, 500);
        assert_eq!(house.balance(Account::Refunds).await, (0, 0));
        assert_eq!(house.balance(Account::Balance(driver)).await, (-500, 0));
        assert_eq!(house.provider.balance(), 500);
        sound(&house).await;
    }
}

#[tokio::test]
async fn a_session_told_late_is_paid_from_the_balance_too() {
    let mut house = house().await;
    let driver = driver(&house, CARD, PaysBy::Balance).await;
    top_up(&house, driver, 3_000).await;
    // Nobody was asked at its start: nothing is held.
    house.told("T1", 1, Phase::Update, Some(CARD), 0).await;
    house.work().await;
    house.advance(3_600);
    house.told("T1", 1, Phase::End, None, 10_000).await;
    house.work().await;
    let order = orders_of(&house, driver).await.remove(0);
    assert_eq!((&*order.mode, &*order.state, order.taken_minor), ("later", "captured", 400));
    assert_eq!(available(&house, driver).await, 2_600);
    sound(&house).await;
}

#[tokio::test]
async fn only_amounts_within_the_limits_can_be_paid_in() {
    let house = house().await;
    let driver = driver(&house, CARD, PaysBy::Balance).await;
    for minor in [0, 499, 50_001, -500] {
        assert!(matches!(
            wallet::top_up(&house.app, driver, eur(minor), None).await,
            Err(PayError::Amount(_))
        ));
    }
    assert!(matches!(wallet::top_up(&house.app, 7, eur(1_000), None).await, Err(PayError::NoDriver)));
    let named = async |minor| wallet::top_up(&house.app, driver, eur(minor), Some("invoice 9")).await;
    let order = named(1_000).await.unwrap();
    assert_eq!(named(1_000).await.unwrap().number, order.number, "asked for twice it is one order");
    assert!(matches!(named(2_000).await, Err(PayError::Amount(_))));
}

#[tokio::test]
async fn a_link_to_pay_in_is_good_for_days_and_what_is_tried_there_for_minutes() {
    for house in houses().await {
        let driver = driver(&house, CARD, PaysBy::Balance).await;
        let order = wallet::top_up(&house.app, driver, eur(1_000), None).await.unwrap();
        house.clock.advance(chrono::TimeDelta::days(3));
        house.work().await;
        assert!(csms::pay::status(&house.app, &order.number).await.unwrap().can_pay);
        // One goes away and comes back the next day.
        for _ in 0..2 {
            house.click(&order, Method::Hosted).await.unwrap();
            let attempt = house.attempts(order.id).await.pop().unwrap();
            let body: payments::provider::Attempt = serde_json::from_str(&attempt.body).unwrap();
            assert_eq!((body.expires_at - house.clock.now()).num_minutes(), 5);
            house.work().await;
            if house.attempts(order.id).await.len() == 1 {
                house.provider.decline(&attempt.number);
                house.deliver("cards").await;
                house.clock.advance(chrono::TimeDelta::days(1));
                house.work().await;
            }
        }
        house.pay(&order).await;
        assert_eq!((house.state(order.id).await, available(&house, driver).await), (State::Captured, 1_000));
        let late = wallet::top_up(&house.app, driver, eur(1_000), None).await.unwrap();
        house.clock.advance(chrono::TimeDelta::days(8));
        house.work().await;
        assert_eq!(house.state(late.id).await, State::Expired);
    }
}
