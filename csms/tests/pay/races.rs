//! Two phones, slow providers, two orders of one driver, hints that come in between.

use super::{
    house::{House, click, house, houses, houses_with},
    later::{charge, contract, orders_of, pass},
    provider::Fault,
};
use csms::{
    model::Phase,
    pay::{self, Clicked, PayError, State, later},
    store::{
        contracts,
        pay::{
            orders::{self, OrderRow},
            tasks,
        },
        testing::until_waited_for,
    },
};
use payments::provider::{Method, sandbox::wire::OrderState};
use tokio::task::JoinHandle;

#[tokio::test]
async fn a_payment_that_comes_in_the_moment_of_a_takeover_stays() {
    for mut house in houses().await {
        let order = house.order("a").await;
        house.click(&order, Method::Hosted).await.unwrap();
        assert_eq!(house.state(order.id).await, State::Pending, "as the other driver's page has seen it");
        house.pay(&order).await;
        let late = pay::make_room(&house.app, &order.number, "another driver").await;
        assert!(matches!(late, Err(PayError::NotNow(State::Authorized))), "{late:?}");
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, &*row.why), ("authorized", ""));

        house.advance(3_600);
        house.work().await;
        let unpaid = house.order("b").await;
        house.click(&unpaid, Method::Hosted).await.unwrap();
        pay::make_room(&house.app, &unpaid.number, "another driver").await.unwrap();
        house.work().await;
        assert_eq!(house.state(unpaid.id).await, State::Cancelled);
    }
}

#[tokio::test]
async fn of_two_phones_that_pay_one_order_one_pays() {
    for mut house in houses().await {
        for page in ["a", "b", "c", "d"] {
            let order = house.order(page).await;
            let (one, two) = (click(order.version, Method::Hosted), click(order.version, Method::Code));
            let both = tokio::join!(
                pay::click(&house.app, &order.number, &one),
                pay::click(&house.app, &order.number, &two)
            );
            let won =
                [&both.0, &both.1].iter().filter(|clicked| matches!(clicked, Ok(Clicked::Next(_)))).count();
            assert_eq!(won, 1, "{both:?}");
            for lost in
                [both.0, both.1].into_iter().filter(|clicked| !matches!(clicked, Ok(Clicked::Next(_))))
            {
                assert!(matches!(lost, Err(PayError::Changed | PayError::Busy)), "{lost:?}");
            }
            assert_eq!(house.attempts(order.id).await.len(), 1);
            pay::cancel(&house.app, &order.number, "driver").await.unwrap();
            house.work().await;
            assert_eq!(house.state(order.id).await, State::Cancelled);
        }
    }
}

#[tokio::test]
async fn another_wallet_opens_only_after_the_first_is_closed_at_its_provider() {
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    house.provider.will([Fault::Before]);
    let busy = house.click(&order, Method::Code).await;
    assert!(matches!(busy, Err(PayError::Busy)), "{busy:?}");
    assert_eq!(house.attempts(order.id).await.len(), 1);
    house.advance(3);
    house.work().await;
    house.click(&order, Method::Code).await.unwrap();
    let states: Vec<OrderState> = house.provider.orders().iter().map(|order| order.state).collect();
    assert_eq!(states.iter().filter(|state| **state == OrderState::Closed).count(), 1, "{states:?}");

    // The first was paid after all: the order is paid by whichever came first, the other goes back by itself.
    let attempts = house.attempts(order.id).await;
    assert!(house.provider.pay(&attempts[1].number));
    house.deliver("wallet").await;
    assert!(house.provider.pay_anyway(&attempts[0].number));
    house.deliver("cards").await;
    house.work().await;
    let attempts = house.attempts(order.id).await;
    assert!(attempts[0].extra && attempts[0].state == "released", "{:?}", attempts[0]);
    assert!(!attempts[1].extra && attempts[1].state == "taken");
    assert_eq!(house.state(order.id).await, State::Authorized);
}

#[tokio::test]
async fn a_page_that_is_out_of_date_pays_nothing() {
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    let stale = pay::click(&house.app, &order.number, &click(order.version, Method::Code)).await;
    assert!(matches!(stale, Err(PayError::Changed)), "{stale:?}");
    // The same click from a page that is not goes to the same place.
    let again = house.click(&order, Method::Hosted).await.unwrap();
    assert!(matches!(again, Clicked::Next(_)));
    assert_eq!(house.provider.orders().len(), 1);
}

#[tokio::test]
async fn a_provider_that_hangs_delays_no_station() {
    // It hangs for longer than the reports can take.
    let mut house = houses_with(|config| config.pay.call_timeout_s = 600).await.remove(0);
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    house.advance(6);
    house.provider.will([Fault::Hangs; 8]);
    let app = house.app.clone();
    let hanging = tokio::spawn(async move { pay::turn(&app).await });
    let asked = house.provider.calls().len();
    while house.provider.calls().len() == asked {
        tokio::task::yield_now().await;
    }
    for n in 0..50 {
        house.session(if n == 0 { Phase::Start } else { Phase::Update }, None, n * 100).await;
        house.advance(1);
    }
    assert!(!hanging.is_finished(), "all reports were answered while the provider said nothing");
    hanging.abort();
}

#[tokio::test]
async fn what_is_not_known_is_asked_after_and_never_paid_twice() {
    for fault in [Fault::Before, Fault::After, Fault::Broken, Fault::Unsigned] {
        let mut house = house().await;
        let order = house.order("a").await;
        house.provider.will([fault]);
        let clicked = house.click(&order, Method::Code).await.unwrap();
        assert_eq!(clicked, Clicked::Wait, "{fault:?}");
        assert_eq!(house.attempts(order.id).await[0].state, "unknown", "{fault:?}");
        house.advance(3);
        house.work().await;
        let attempt = house.attempts(order.id).await.remove(0);
        assert_eq!((&*attempt.state, attempt.next.is_empty()), ("open", false), "{fault:?}");
        assert_eq!(house.provider.orders().len(), 1, "{fault:?}");

        // The refund's answer is lost too.
        house.pay(&order).await;
        pay::cancel(&house.app, &order.number, "driver").await.unwrap();
        house.provider.will([fault]);
        for _ in 0..4 {
            house.work().await;
            house.advance(10);
        }
        assert_eq!(house.state(order.id).await, State::Refunded, "{fault:?}");
        assert_eq!(house.provider.balance(), 0, "{fault:?}");
    }
}

/// Until the task waits for a transaction of the test, or has not waited.
async fn waits<T>(house: &House, task: &JoinHandle<T>) {
    until_waited_for(&house.config.database, || task.is_finished()).await.unwrap();
}

async fn standing(house: &House, driver: i64) -> String {
    contracts::find(&mut house.app.db.read().await.unwrap(), driver).await.unwrap().unwrap().standing
}

#[tokio::test]
async fn a_driver_who_pays_one_bill_while_another_begins_to_be_owed_still_owes() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        house.provider.refuse_debits(["card_declined"; 10]);
        charge(&mut house, "T1").await;
        charge(&mut house, "T2").await;
        pass(&house, 26 * 60).await;
        let [paid, owed] = orders_of(&house, driver).await.try_into().unwrap();
        assert_eq!(
            (&*paid.state, &*owed.state, &*standing(&house, driver).await),
            ("owing", "owing", "owing")
        );
        let mut tx = house.app.db.write().await.unwrap();
        let before = OrderRow { state: "settling".to_owned(), ..owed.clone() };
        orders::update(&mut tx, &before).await.unwrap();
        tx.commit().await.unwrap();
        house.click(&paid, Method::Hosted).await.unwrap();
        house.provider.notices();
        assert!(house.provider.pay(&house.attempts(paid.id).await.pop().unwrap().number));
        let notice = house.provider.notices().remove(0);

        // As the bill of the other order does it.
        let mut tx = house.app.db.write().await.unwrap();
        contracts::lock(&mut tx, driver).await.unwrap();
        orders::update(&mut tx, &owed).await.unwrap();
        let app = house.app.clone();
        let paying = tokio::spawn(async move { pay::notice(&app, "cards", &notice).await.status });
        waits(&house, &paying).await;
        tx.commit().await.unwrap();
        assert_eq!(paying.await.unwrap(), 200);
        assert_eq!((house.state(paid.id).await, house.state(owed.id).await), (State::Captured, State::Owing));
        assert_eq!(standing(&house, driver).await, "owing");
    }
}

#[tokio::test]
async fn a_driver_who_is_blocked_while_he_begins_to_owe_is_blocked() {
    for house in houses().await {
        let driver = contract(&house).await;
        let mut tx = house.app.db.write().await.unwrap();
        assert!(contracts::set_standing(&mut tx, driver, "", "owing").await.unwrap());
        let app = house.app.clone();
        let blocking = tokio::spawn(async move { later::block(&app, driver, true).await });
        waits(&house, &blocking).await;
        tx.commit().await.unwrap();
        blocking.await.unwrap().unwrap();
        assert_eq!(standing(&house, driver).await, "blocked");
    }
}

#[tokio::test]
async fn a_hint_that_comes_while_a_task_is_done_has_it_done_once_more() {
    for mut house in houses().await {
        let order = house.order("a").await;
        house.click(&order, Method::Hosted).await.unwrap();
        let key = format!("query:{}", house.attempts(order.id).await[0].id);
        let lease = async |house: &House| {
            house.advance(1);
            let now = house.clock.now();
            let mut tx = house.app.db.write().await.unwrap();
            let leased = tasks::lease(&mut tx, now, now + chrono::TimeDelta::seconds(30), 10).await.unwrap();
            tx.commit().await.unwrap();
            leased.into_iter().find(|task| task.key == key)
        };
        let hint = async |house: &House| {
            house.advance(1);
            let mut tx = house.app.db.write().await.unwrap();
            assert!(tasks::hasten(&mut tx, &key, house.clock.now()).await.unwrap());
            tx.commit().await.unwrap();
        };
        house.advance(6);
        let task = lease(&house).await.unwrap();
        hint(&house).await;
        assert_eq!(lease(&house).await, None, "somebody is at it");
        let mut tx = house.app.db.write().await.unwrap();
        let later = house.clock.now() + chrono::TimeDelta::seconds(100);
        tasks::again(&mut tx, &task, later, "").await.unwrap();
        tx.commit().await.unwrap();

        for (hinted, state) in [(true, "waiting"), (false, "done")] {
            let task = lease(&house).await.expect("the last hint counts");
            if hinted {
                hint(&house).await;
            }
            let mut tx = house.app.db.write().await.unwrap();
            let ended = tasks::end(&mut tx, &task, "done", "", house.clock.now()).await.unwrap();
            assert_eq!(ended, !hinted);
            assert_eq!(tasks::by_key(&mut tx, &key).await.unwrap().unwrap().state, state);
            tx.commit().await.unwrap();
        }
    }
}
