//! Drivers who charge first: the order comes by itself, and the method on file is debited until it succeeds.

use super::{
    house::{House, STATION, house, houses},
    provider::Fault,
};
use chrono::TimeDelta;
use csms::{
    ledger::{self, Account},
    model::{AuthStatus, Phase},
    pay::{
        self, PayError, State, Wish,
        later::{self, Fallback, NewDriver, OnFile, PaysBy},
    },
    store::{
        Writer, bills, contracts, messages,
        pay::orders::{self, OrderRow},
        row::{BillRow, TokenRow, Write},
        sessions, tokens,
    },
};
use payments::provider::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub const CARD: &str = "04A1B2C3";

/// A driver whose card's sessions are paid so.
pub async fn driver(house: &House, card: &str, pays_by: PaysBy) -> i64 {
    let token = TokenRow {
        id: house.app.ids.next(),
        uid: card.to_owned(),
        kind: "Central".to_owned(),
        group_uid: None,
        holder: String::new(),
        language: String::new(),
        blocked: false,
        expires_at: None,
        concurrent: true,
        created_at: house.clock.now(),
        max_cost: String::new(),
        max_energy_wh: None,
        max_time_s: None,
    };
    let mut tx = house.app.db.write().await.unwrap();
    tokens::create(&mut tx, &token).await.unwrap();
    tx.commit().await.unwrap();
    let new =
        NewDriver { email: "ada@example.org", phone: "", language: "en", contract: Some((card, pays_by)) };
    later::add(&house.app, &new).await.unwrap()
}

const ON_FILE: OnFile<'static> =
    OnFile { account: "cards", customer: "customer-1", instrument: "card-1", brand: "visa", last4: "4242" };

pub async fn contract(house: &House) -> i64 {
    let id = driver(house, CARD, PaysBy::Later).await;
    assert!(later::mandate(&house.app, id, &ON_FILE, "operator").await.unwrap());
    assert!(!later::mandate(&house.app, id, &ON_FILE, "operator").await.unwrap(), "it is the same");
    id
}

/// 10 kWh, an hour: 4.00 EUR.
pub async fn charge(house: &mut House, name: &str) {
    house.told(name, 1, Phase::Start, Some(CARD), 0).await;
    house.work().await;
    house.advance(3_600);
    house.told(name, 1, Phase::End, None, 10_000).await;
}

pub async fn orders_of(house: &House, driver: i64) -> Vec<OrderRow> {
    let filter = orders::Filter { driver: Some(driver), ..orders::Filter::default() };
    let mut tx = house.app.db.read().await.unwrap();
    orders::list(&mut tx, &filter, None, 100).await.unwrap()
}

async fn standing(house: &House, driver: i64) -> String {
    contracts::find(&mut house.app.db.read().await.unwrap(), driver).await.unwrap().unwrap().standing
}

/// The subjects of what drivers were told, oldest first.
async fn told(house: &House) -> Vec<String> {
    let mut tx = house.app.db.read().await.unwrap();
    let rows = messages::list(&mut tx, None, None, 100).await.unwrap();
    rows.into_iter().rev().filter(|row| row.kind == "owing").map(|row| row.subject).collect()
}

async fn debits(house: &House, order: i64) -> usize {
    house.attempts(order).await.iter().filter(|row| row.method == "on_file").count()
}

/// A scorer on a loopback port that gives this answer, or none at all.
async fn scorer(answer: Option<&'static str>) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/score", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 4096];
            let read = stream.read(&mut asked).await.unwrap();
            let asked = String::from_utf8_lossy(&asked[..read]).into_owned();
            assert!(asked.contains("wattline-signature: t=") && !asked.contains("ada@"), "{asked}");
            match answer {
                Some(body) => {
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    stream.write_all(head.as_bytes()).await.unwrap();
                }
                None => open.push(stream),
            }
        }
    });
    (url, serving)
}

#[tokio::test]
async fn a_scorer_elsewhere_decides_and_when_it_hangs_its_stand_in_does() {
    for mut house in houses().await {
        let id = contract(&house).await;
        let cases = [
            (Some(r#"{"score":700,"reason":"bureau"}"#), Fallback::History, "http", "middle"),
            (Some(r#"{"score":12}"#), Fallback::History, "http", "none"),
            (Some(r#"{"score":5000}"#), Fallback::History, "fallback", "low"),
            (None, Fallback::History, "fallback", "low"),
            (None, Fallback::Refuse, "fallback", "none"),
        ];
        for (answer, fallback, by, band) in cases {
            let (url, serving) = scorer(answer).await;
            let settings = &mut house.config.pay.later;
            (settings.scorer_url, settings.scorer_fallback) = (url, fallback);
            // Who answers has all the time.
            let timeout_ms = if answer.is_some() { 20_000 } else { 200 };
            (settings.scorer_secret, settings.scorer_timeout_ms) = ("s".to_owned(), timeout_ms);
            house.restart().await;
            house.advance(60);
            later::decide(&house.app, id).await.unwrap();
            let decision = later::show(&house.app, id).await.unwrap().decisions.remove(0);
            assert_eq!((&*decision.scorer, &*decision.band), (by, band));
            let wanted = if band == "none" { AuthStatus::NoCredit } else { AuthStatus::Accepted };
            assert_eq!(house.authorize(CARD).await.status, wanted);
            serving.abort();
        }
    }
}

/// Lets time pass in small steps, and works.
pub async fn pass(house: &House, minutes: i64) {
    for _ in 0..minutes / 5 {
        house.advance(300);
        house.work().await;
    }
}

/// Nothing in the books stands where it should not.
async fn sound(house: &House) {
    house.advance(120);
    assert_eq!(ledger::checks::turn(&house.app.db, house.clock.now()).await.unwrap(), 0);
}

#[tokio::test]
async fn no_page_finds_or_takes_the_order_of_a_session() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
        let session =
            sessions::open(&mut house.app.db.read().await.unwrap(), STATION).await.unwrap().remove(0);
        let wish = Wish { page_key: format!("session:{}", session.id), ..house.wish("a") };
        let taken = pay::open(&house.app, &wish).await;
        assert!(matches!(taken, Err(PayError::Changed)), "its order would be nobody's: {taken:?}");
        house.work().await;
        let order = orders_of(&house, driver).await.remove(0);
        assert_eq!(order.page_key, wish.page_key);
        let found = pay::open(&house.app, &wish).await;
        assert!(matches!(found, Err(PayError::Changed)), "it is another's: {found:?}");
    }
}

#[tokio::test]
async fn a_session_of_a_contract_is_debited_by_itself() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        let verdict = house.authorize(CARD).await;
        assert_eq!(verdict.status, AuthStatus::Accepted);
        assert_eq!(
            verdict.max_cost.map(|most| most.to_string()).as_deref(),
            Some("50.00"),
            "a new driver's ceiling"
        );
        house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
        house.work().await;
        let order = orders_of(&house, driver).await.remove(0);
        assert_eq!((&*order.purpose, &*order.mode, &*order.state), ("bill", "later", "charging"));
        let status = pay::status(&house.app, &order.number).await.unwrap();
        assert!(status.can_stop && !status.can_pay && !status.can_cancel);

        house.advance(3_600);
        house.told("T1", 1, Phase::End, None, 10_000).await;
        house.work().await;
        assert_eq!(house.balance(Account::Receivable(order.id)).await, (400, 0), "owed until it is debited");
        pass(&house, 5).await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.due_minor, row.taken_minor), ("captured", Some(400), 400));
        assert_eq!(house.balance(Account::Provider("cards".into())).await, (400, 0));
        assert_eq!(house.balance(Account::Receivable(order.id)).await, (0, 0));
        assert_eq!(house.earned().await, 400);
        assert_eq!(debits(&house, order.id).await, 1);
        pass(&house, 60).await;
        assert_eq!(house.waiting(order.id).await, Vec::<String>::new());
        assert!(told(&house).await.is_empty());
        assert_eq!(orders_of(&house, driver).await.len(), 1, "one order, however often it is looked");
        sound(&house).await;
    }
}

#[tokio::test]
async fn the_ladder_has_its_hours_and_at_its_end_nothing_begins_any_more() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        house.provider.refuse_debits(["card_declined"; 5]);
        charge(&mut house, "T1").await;
        house.work().await;
        let order = orders_of(&house, driver).await.remove(0);
        let begun = house.clock.now();
        let mut at = Vec::new();
        for _ in 0..25 * 12 {
            house.advance(300);
            house.work().await;
            let count = debits(&house, order.id).await;
            if count > at.len() {
                at.push((house.clock.now() - begun).num_hours());
            }
        }
        assert_eq!(at, [0, 1, 4, 12, 24]);
        assert_eq!(standing(&house, driver).await, "owing");
        assert_eq!(
            told(&house).await,
            ["Please pay 4.00 EUR for charging", "4.00 EUR for charging is unpaid"]
        );
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::NoCredit);
        let reply = house.told("T2", 1, Phase::Start, Some(CARD), 10_000).await;
        assert_eq!(reply.verdict.unwrap().status, AuthStatus::NoCredit);
        house.told("T2", 1, Phase::End, None, 10_000).await;

        pass(&house, 3 * 24 * 60).await;
        assert_eq!(told(&house).await.last().unwrap(), "Reminder: 4.00 EUR for charging is unpaid");
        assert_eq!(debits(&house, order.id).await, 5, "it is not tried for ever");

        // The driver pays by the link.
        let status = pay::status(&house.app, &order.number).await.unwrap();
        assert!(status.can_pay && status.state == State::Owing && status.amount.minor == 400);
        house.click(&order, Method::Hosted).await.unwrap();
        house.pay(&order).await;
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Captured);
        assert_eq!(standing(&house, driver).await, "", "free again by itself");
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::Accepted);
        sound(&house).await;
    }
}

#[tokio::test]
async fn a_debit_that_needs_the_driver_asks_the_driver_once() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        house.provider.refuse_debits(["authentication_required"]);
        charge(&mut house, "T1").await;
        pass(&house, 10).await;
        let order = orders_of(&house, driver).await.remove(0);
        assert_eq!(house.state(order.id).await, State::Owing);
        assert_eq!(told(&house).await, ["Please pay 4.00 EUR for charging"]);
        assert_eq!(standing(&house, driver).await, "", "the day is not over");
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::NoCredit, "one unpaid session is enough");
        pass(&house, 60).await;
        assert_eq!(house.state(order.id).await, State::Captured, "the next step of the ladder");
        assert_eq!(told(&house).await.len(), 1);
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::Accepted);
    }
}

#[tokio::test]
async fn paid_by_link_and_by_debit_one_of_them_goes_back() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        house.provider.refuse_debits(["card_declined"]);
        charge(&mut house, "T1").await;
        pass(&house, 10).await;
        let order = orders_of(&house, driver).await.remove(0);
        house.click(&order, Method::Hosted).await.unwrap();
        let by_hand = house.attempts(order.id).await.pop().unwrap();
        // The next step withdraws the page that nobody seems to pay, and debits …
        pass(&house, 65).await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.taken_minor), ("captured", 400));
        // … and the payer had been faster than the withdrawal.
        assert!(house.provider.pay_anyway(&by_hand.number));
        house.deliver("cards").await;
        house.work().await;
        house.deliver("cards").await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.taken_minor, row.returned_minor), ("captured", 800, 400));
        assert_eq!(house.refunds(order.id).await.remove(0).kind, "extra");
        assert_eq!(house.balance(Account::Provider("cards".into())).await, (400, 0));
        assert_eq!(house.earned().await, 400);
        sound(&house).await;
    }
}

#[tokio::test]
async fn whenever_the_process_dies_the_bill_is_debited_once() {
    for (nth, mut house) in houses().await.into_iter().enumerate() {
        let driver = contract(&house).await;
        for round in 0..12 {
            charge(&mut house, &format!("T{round}")).await;
            if round % 3 == 1 {
                house.provider.will([Fault::After]);
            }
            for turn in 0..12 {
                house.work_and_die(3 + (round * 7 + turn * 5 + nth) % 60).await;
                house.advance(70);
            }
            pass(&house, 30).await;
            house.provider.mend();
        }
        let orders = orders_of(&house, driver).await;
        assert_eq!(orders.len(), 12);
        for order in orders {
            assert_eq!((&*order.state, order.taken_minor), ("captured", 400), "{order:?}");
        }
        assert_eq!(house.provider.balance(), 12 * 400);
        assert_eq!(house.earned().await, 12 * 400);
        sound(&house).await;
    }
}

#[tokio::test]
async fn a_bill_that_is_made_anew_while_a_page_is_open_is_paid_at_its_new_amount() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        house.provider.refuse_debits(["card_declined"]);
        house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
        house.advance(600);
        house.told("T1", 1, Phase::Update, None, 10_000).await;
        house.work().await;
        let order = orders_of(&house, driver).await.remove(0);
        // The stop was lost, and the session is given up; the bill is by what is known.
        let desk = house.app.desk(&STATION.into());
        let session = house.row(order.id).await.session_id;
        assert_eq!(desk.give_up(session, house.clock.now()).await.unwrap(), 1);
        pass(&house, 10).await;
        assert_eq!(house.row(order.id).await.due_minor, Some(400));
        house.click(&order, Method::Hosted).await.unwrap();
        let old = house.attempts(order.id).await.pop().unwrap();
        // The stop comes after all.
        house.told("T1", 1, Phase::End, None, 12_000).await;
        pass(&house, 10).await;
        let row = house.row(order.id).await;
        assert_eq!((row.due_minor, row.amount_minor), (Some(480), 480));
        assert!(!house.provider.pay(&old.number), "the page with the old amount cannot be paid any more");
        pass(&house, 60).await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.taken_minor), ("captured", 480));
        assert_eq!(house.earned().await, 480);
        sound(&house).await;
    }
}

#[tokio::test]
async fn without_a_method_a_score_or_room_below_the_ceiling_nobody_charges_first() {
    for mut house in houses().await {
        let id = driver(&house, CARD, PaysBy::Later).await;
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::NoCredit, "no method on file");
        later::mandate(&house.app, id, &ON_FILE, "operator").await.unwrap();
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::Accepted);
        later::block(&house.app, id, true).await.unwrap();
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::Blocked);
        later::block(&house.app, id, false).await.unwrap();
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::Accepted);
        later::revoke(&house.app, id).await.unwrap();
        assert_eq!(house.authorize(CARD).await.status, AuthStatus::NoCredit);
        let decisions = later::show(&house.app, id).await.unwrap().decisions;
        let bands: Vec<&str> = decisions.iter().map(|decision| &*decision.band).collect();
        assert_eq!(bands, ["none", "low", "none"], "newest first");
        assert_eq!(decisions[1].reason, "base 600, method on file +60");
    }
}

#[tokio::test]
async fn a_session_that_comes_to_the_drivers_ceiling_is_stopped() {
    let mut house = house().await;
    let driver = contract(&house).await;
    house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
    house.work().await;
    house.advance(3_600);
    house.told("T1", 1, Phase::Update, None, 100_000).await;
    house.work().await;
    let order = orders_of(&house, driver).await.remove(0);
    assert!(order.stop_asked_at.is_none(), "40 EUR of 50");
    house.advance(600);
    house.told("T1", 1, Phase::Update, None, 122_000).await;
    house.work().await;
    assert!(house.row(order.id).await.stop_asked_at.is_some(), "48.80 EUR and rising");
}

#[tokio::test]
async fn what_a_decision_says_is_renewed_after_a_day() {
    let house = house().await;
    let id = contract(&house).await;
    let count = later::show(&house.app, id).await.unwrap().decisions.len();
    house.work().await;
    assert_eq!(later::show(&house.app, id).await.unwrap().decisions.len(), count);
    house.clock.advance(TimeDelta::hours(25));
    house.work().await;
    assert_eq!(later::show(&house.app, id).await.unwrap().decisions.len(), count + 1);
}

/// A session whose stop was lost: it is billed by what is known, 10 kWh, 4.00 EUR. Gives its order.
pub async fn given_up(house: &mut House, driver: i64) -> i64 {
    house.told("T1", 1, Phase::Start, Some(CARD), 0).await;
    house.work().await;
    house.advance(3_600);
    house.told("T1", 1, Phase::Update, None, 10_000).await;
    let order = orders_of(house, driver).await.remove(0);
    let desk = house.app.desk(&STATION.into());
    assert_eq!(desk.give_up(order.session_id, house.clock.now()).await.unwrap(), 1);
    order.id
}

/// The stop comes after all, a day later: 13 kWh, 5.20 EUR.
pub async fn stop_comes(house: &mut House) {
    house.advance(86_400);
    house.told("T1", 1, Phase::End, None, 13_000).await;
}

/// Somebody makes the bill anew.
pub async fn rebill(house: &House, session: i64, total: &str) {
    rebill_as(house, session, total, |bill| bill).await;
}

pub async fn rebill_as(house: &House, session: i64, total: &str, change: impl FnOnce(BillRow) -> BillRow) {
    let last = bills::latest(&mut house.app.db.read().await.unwrap(), session).await.unwrap().unwrap();
    let revision = last.revision + 1;
    let created_at = house.clock.now();
    let bill = change(BillRow { revision, total_incl: total.to_owned(), created_at, ..last });
    Writer::start(house.app.db.clone(), 1).commit(vec![Write::Bill(Box::new(bill))]).await.unwrap();
}

#[tokio::test]
async fn a_higher_bill_after_the_debit_is_debited_once_more_and_a_lower_one_goes_back() {
    for mut house in houses().await {
        let id = contract(&house).await;
        let order = given_up(&mut house, id).await;
        pass(&house, 30).await;
        assert_eq!((house.state(order).await, debits(&house, order).await), (State::Captured, 1));
        stop_comes(&mut house).await;
        pass(&house, 30).await;
        let attempts = house.attempts(order).await;
        let taken: Vec<_> = attempts.iter().map(|row| (row.taken_minor, row.extra)).collect();
        assert_eq!(taken, [(400, false), (120, false)]);
        assert_ne!(attempts[0].number, attempts[1].number);
        let row = house.row(order).await;
        assert_eq!((&*row.state, row.taken_minor, row.due_minor), ("captured", 520, Some(520)));
        assert_eq!(house.balance(Account::Receivable(order)).await, (0, 0));
        assert_eq!((house.provider.balance(), house.earned().await), (520, 520));
        assert!(house.waiting(order).await.is_empty(), "{:?}", house.waiting(order).await);
        sound(&house).await;
        // Then it was only 3.60: so much goes back as is too much.
        rebill(&house, row.session_id.unwrap(), "3.60").await;
        pass(&house, 30).await;
        let row = house.row(order).await;
        assert_eq!((row.due_minor, row.taken_minor - row.returned_minor), (Some(360), 360), "{row:?}");
        assert_eq!((house.provider.balance(), house.earned().await), (360, 360));
        assert_eq!(debits(&house, order).await, 2);
        sound(&house).await;
    }
}

#[tokio::test]
async fn the_ladder_begins_anew_for_what_a_later_bill_asks_more() {
    for mut house in houses().await {
        let id = contract(&house).await;
        house.provider.refuse_debits(["card_declined"]);
        let order = given_up(&mut house, id).await;
        pass(&house, 120).await;
        assert_eq!((house.state(order).await, debits(&house, order).await), (State::Captured, 2));
        house.provider.refuse_debits(["card_declined", "card_declined"]);
        stop_comes(&mut house).await;
        pass(&house, 15).await;
        // All hours of the first ladder are long over, and still the next try waits for its own.
        assert_eq!((house.state(order).await, debits(&house, order).await), (State::Owing, 3));
        let status = pay::status(&house.app, &house.row(order).await.number).await.unwrap();
        assert_eq!((status.can_pay, status.amount.minor), (true, 120), "only what is missing");
        pass(&house, 5 * 60).await;
        let row = house.row(order).await;
        assert_eq!((&*row.state, row.taken_minor, debits(&house, order).await), ("captured", 520, 5));
        sound(&house).await;
    }
}
