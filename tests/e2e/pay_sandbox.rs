//! A driver without a contract pays with the simulated provider: pages, notifications and stations over real sockets, and
//! what goes wrong on the way ends with the money where it belongs.

use crate::harness::{Csms, Engine, Place, SEEN_WITHIN, eventually, within};
use chrono::Utc;
use conformance::{Options, Station};
use csms::store::{
    Db, commands,
    pay::{attempts, codes, orders, refunds, story},
    sandbox,
};
use ocpp::Version;
use reqwest::Client;

const CODE: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// A street with one charger, its sticker, and a driver.
struct Street {
    csms: Csms,
    station: Station,
    db: Db,
    driver: Client,
}

/// The value of the first field of that name.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    from.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no field {name} in {page}"))
}

impl Street {
    /// `holds`: the provider holds amounts, or takes them at once.
    async fn open(engine: Engine, version: Version, holds: bool) -> Option<Street> {
        let place = Place::new(engine).await?;
        let more = if holds { "" } else { "holds = []\n" };
        let settings = format!(
            "[[pay.accounts]]\nname = \"sim\"\nprovider = \"sandbox\"\nkey = \"sixteen letters or more\"\n{more}"
        );
        std::fs::write(place.path("csms.toml"), settings).unwrap();
        let password = place.furnish("HALL-7", "04A1B2C3D4E5F6").await;
        let db = place.db().await;
        let mut tx = db.write().await.unwrap();
        let code = codes::CodeRow {
            code: CODE.into(),
            station_id: "HALL-7".into(),
            evse: 1,
            kind: "static".into(),
            expires_at: None,
            revoked_at: None,
            created_at: Utc::now(),
        };
        codes::create(&mut tx, &code).await.unwrap();
        tx.commit().await.unwrap();
        let csms = place.serve().await;
        let options = Options::new(&csms.ready.ocpp_url, "HALL-7", version).password(&password);
        let station = Station::connect(options).await.unwrap();
        assert_eq!(station.boot().await.unwrap().status, "Accepted");
        station.plug_in(1).await.unwrap();
        let driver = csms.browser();
        Some(Street { csms, station, db, driver })
    }

    async fn get(&self, path: &str) -> String {
        let response = self.driver.get(self.csms.page(path)).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.text().await.unwrap()
    }

    /// Scans, chooses the provider's own page, and gives the number of the order.
    async fn scan(&self) -> String {
        let page = self.get(&format!("/p/{CODE}")).await;
        let form = [
            ("page_key", field(&page, "page_key")),
            ("token", field(&page, "token")),
            ("method", "sandbox.hosted"),
        ];
        let response =
            self.driver.post(self.csms.page(&format!("/p/{CODE}"))).form(&form).send().await.unwrap();
        let path = response.url().path().to_owned();
        let page = response.text().await.unwrap();
        let number = path.strip_prefix("/o/").unwrap_or_else(|| panic!("not an order: {path} {page}"));
        eventually("the page leads to the provider", async || {
            self.get(&path).await.contains("/sandbox/pay/").then_some(())
        })
        .await;
        number.to_owned()
    }

    /// Chooses another way for the order.
    async fn choose(&self, number: &str, method: &str) {
        let page = self.get(&format!("/o/{number}")).await;
        let form =
            [("version", field(&page, "version")), ("token", field(&page, "token")), ("method", method)];
        let response =
            self.driver.post(self.csms.page(&format!("/o/{number}/pay"))).form(&form).send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
    }

    async fn order(&self, number: &str) -> orders::OrderRow {
        orders::by_number(&mut self.db.read().await.unwrap(), number).await.unwrap().unwrap()
    }

    async fn attempts(&self, number: &str) -> Vec<attempts::AttemptRow> {
        let order = self.order(number).await;
        attempts::of_order(&mut self.db.read().await.unwrap(), order.id).await.unwrap()
    }

    /// The provider's page of the newest attempt: its reference.
    async fn reference(&self, number: &str) -> String {
        self.attempts(number).await.pop().unwrap().reference
    }

    /// What the provider has in its books.
    async fn books(&self, reference: &str) -> sandbox::OrderRow {
        sandbox::order(&mut self.db.read().await.unwrap(), reference).await.unwrap().unwrap()
    }

    /// Presses a button on the provider's page.
    async fn play(&self, reference: &str, what: &str, notices: &str) {
        let form = [
            ("what", what),
            ("payer", "ada"),
            ("answers", "usual"),
            ("notices", notices),
            ("refunds", "done"),
        ];
        let url = self.csms.page(&format!("/sandbox/pay/{reference}"));
        let response = self.driver.post(url).form(&form).send().await.unwrap();
        assert!(
            response.status().is_success() && response.url().query().is_none(),
            "{what}: {}",
            response.url()
        );
    }

    /// The notifications of the order that were sent, as they ended.
    async fn sent(&self, reference: &str) -> Vec<(String, String)> {
        let rows = sandbox::notices(&mut self.db.read().await.unwrap(), reference).await.unwrap();
        rows.into_iter().map(|row| (row.kind, row.state)).collect()
    }

    async fn until_state(&self, number: &str, states: &[&str]) -> orders::OrderRow {
        let seen = within(SEEN_WITHIN, || async {
            let order = self.order(number).await;
            states.contains(&&*order.state).then_some(order)
        });
        match seen.await {
            Some(order) => order,
            None => panic!("{number} not in {states:?}: {}", self.whole(number).await),
        }
    }

    /// All that is known of an order, for whoever has to find out what went wrong.
    async fn whole(&self, number: &str) -> String {
        let order = self.order(number).await;
        let mut tx = self.db.read().await.unwrap();
        let asked = commands::list(&mut tx, &commands::Filter::default(), None, 20).await.unwrap();
        let story = story::of_order(&mut tx, order.id).await.unwrap();
        let story: Vec<String> =
            story.iter().map(|line| format!("{} {} {}", line.at, line.kind, line.body)).collect();
        format!("{order:#?}\n{story:#?}\n{asked:#?}\n{}", self.csms.place.log())
    }

    /// The session begins by itself, uses 5 kWh and ends; the order when it is settled.
    async fn charge(&self, number: &str) -> orders::OrderRow {
        self.until_state(number, &["charging"]).await;
        self.station.charge_wh(1, 5_000).unwrap();
        self.station.meter(1).await.unwrap();
        self.station.stop(1, "Local").await.unwrap();
        self.until_state(number, &["captured", "released", "partly_refunded", "refunded"]).await
    }
}

/// 5 kWh × 0.49 + 1.00, 19 % on top.
const BILL: i64 = 411;

async fn a_hold_becomes_the_bill(engine: Engine, version: Version) {
    let Some(street) = Street::open(engine, version, true).await else { return };
    let number = street.scan().await;
    let reference = street.reference(&number).await;
    // Who looks, or lies, changes nothing.
    street.get(&format!("/sandbox/pay/{reference}")).await;
    street.play(&reference, "forge", "once").await;
    eventually("the forged notification was refused", || async {
        let sent = street.sent(&reference).await;
        (sent == [("payment.held".to_owned(), "given_up".to_owned())]).then_some(())
    })
    .await;
    assert_eq!(street.order(&number).await.state, "pending", "nobody has paid");

    street.play(&reference, "pay", "once").await;
    let order = street.charge(&number).await;
    assert_eq!((order.due_minor, order.taken_minor, order.held_minor), (Some(BILL), BILL, 0), "{order:?}");
    let books = street.books(&reference).await;
    assert_eq!((&*books.state, books.taken_minor, books.held_minor), ("taken", BILL, 0));
    assert!(order.amount_minor > BILL, "the rest was released by the capture");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_becomes_the_bill_by_ocpp_1_6_on_sqlite() {
    a_hold_becomes_the_bill(Engine::Sqlite, Version::V16).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_becomes_the_bill_by_ocpp_2_0_1_on_sqlite() {
    a_hold_becomes_the_bill(Engine::Sqlite, Version::V201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_becomes_the_bill_by_ocpp_2_1_on_postgres() {
    a_hold_becomes_the_bill(Engine::Postgres, Version::V21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_at_once_and_not_used_goes_back() {
    let Some(street) = Street::open(Engine::Sqlite, Version::V201, false).await else { return };
    let number = street.scan().await;
    let reference = street.reference(&number).await;
    street.play(&reference, "pay", "once").await;
    let order = street.charge(&number).await;
    let back = eventually("the rest is back", || async {
        let books = street.books(&reference).await;
        (books.taken_minor - books.returned_minor == BILL).then_some(books)
    })
    .await;
    assert_eq!(back.taken_minor, order.amount_minor);
    let given = refunds::of_order(&mut street.db.read().await.unwrap(), order.id).await.unwrap();
    assert_eq!(given.iter().map(|row| row.amount_minor).sum::<i64>(), order.amount_minor - BILL);
}

/// However notifications come, the order is paid once, and billed once.
async fn notices_that(come: &str) {
    let Some(street) = Street::open(Engine::Sqlite, Version::V201, true).await else { return };
    let number = street.scan().await;
    let reference = street.reference(&number).await;
    street.play(&reference, "pay", come).await;
    let order = street.charge(&number).await;
    assert_eq!((order.taken_minor, order.returned_minor), (BILL, 0), "{order:?}");
    eventually("all notifications are taken", || async {
        street.sent(&reference).await.iter().all(|(_, state)| state == "done").then_some(())
    })
    .await;
    let order = street.order(&number).await;
    assert_eq!((&*order.state, order.taken_minor, order.returned_minor), ("captured", BILL, 0));
    assert_eq!(street.books(&reference).await.taken_minor, BILL);
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_come_three_times_count_once() {
    notices_that("thrice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_come_in_the_wrong_order_change_nothing_back() {
    notices_that("jumbled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_that_never_come_are_found_by_asking() {
    notices_that("none").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_pays_twice_gets_the_second_payment_back() {
    let Some(street) = Street::open(Engine::Sqlite, Version::V201, false).await else { return };
    let number = street.scan().await;
    let first = street.reference(&number).await;
    street.choose(&number, "sandbox.code").await;
    let second = eventually("another attempt", || async {
        let reference = street.reference(&number).await;
        (!reference.is_empty() && reference != first).then_some(reference)
    })
    .await;
    assert_eq!(street.books(&first).await.state, "closed", "closed at the provider before another opened");
    street.play(&second, "pay", "once").await;
    street.until_state(&number, &["authorized", "charging"]).await;
    // The first one's money was on its way all the same.
    street.play(&first, "pay-anyway", "once").await;
    eventually("the payment too much is back", || async {
        let books = street.books(&first).await;
        (books.taken_minor > 0 && books.returned_minor == books.taken_minor).then_some(())
    })
    .await;
    let extra: Vec<bool> = street.attempts(&number).await.iter().map(|row| row.extra).collect();
    assert_eq!(extra, [true, false]);
    assert_eq!(street.books(&second).await.returned_minor, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cancels_may_try_again() {
    let Some(street) = Street::open(Engine::Sqlite, Version::V201, true).await else { return };
    let number = street.scan().await;
    let reference = street.reference(&number).await;
    street.play(&reference, "refuse", "once").await;
    eventually("the attempt has failed", || async {
        (street.attempts(&number).await[0].state == "failed").then_some(())
    })
    .await;
    assert_eq!(street.books(&reference).await.taken_minor, 0);
    street.choose(&number, "sandbox.hosted").await;
    let again = eventually("another attempt", || async {
        let reference_now = street.reference(&number).await;
        (!reference_now.is_empty() && reference_now != reference).then_some(reference_now)
    })
    .await;
    street.play(&again, "pay", "once").await;
    street.charge(&number).await;
    assert_eq!(street.books(&again).await.taken_minor, BILL);
}

/// The process is killed right after each step; whoever starts it anew finds the order where it was.
async fn kills_between_steps_move_no_money(engine: Engine) {
    let Some(mut street) = Street::open(engine, Version::V201, true).await else { return };
    let number = street.scan().await;
    let reference = street.reference(&number).await;
    street = street.killed().await;
    street.play(&reference, "pay", "once").await;
    street = street.killed().await;
    street.until_state(&number, &["charging"]).await;
    street.station.charge_wh(1, 5_000).unwrap();
    street.station.meter(1).await.unwrap();
    street = street.killed().await;
    street.station.stop(1, "Local").await.unwrap();
    street = street.killed().await;
    let order = street.until_state(&number, &["captured"]).await;
    assert_eq!((order.taken_minor, order.returned_minor), (BILL, 0), "{order:?}");
    let books = street.books(&reference).await;
    assert_eq!((&*books.state, books.taken_minor, books.returned_minor), ("taken", BILL, 0));
}

impl Street {
    /// SIGKILL, a new start, and the station back on its line with what it could not deliver.
    async fn killed(self) -> Street {
        let Street { csms, station, db, driver } = self;
        let csms = csms.kill().await.serve().await;
        station.reconnect().await.unwrap();
        station.replay().await.unwrap();
        Street { csms, station, db, driver }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_between_steps_move_no_money_on_sqlite() {
    kills_between_steps_move_no_money(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_between_steps_move_no_money_on_postgres() {
    kills_between_steps_move_no_money(Engine::Postgres).await;
}
