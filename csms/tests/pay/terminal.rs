//! Stations' own card terminals: holds that we capture, what could not be settled, and invoices.

use super::{
    house::{House, STATION, houses_with},
    provider::Fault,
    stations::{station, until},
};
use chrono::TimeDelta;
use conformance::Station;
use csms::{
    config::{Config, PayAccount, TerminalProvider},
    ledger::Account,
    pay::{self, PayError, State},
    store::{
        documents,
        pay::orders::{self, OrderRow},
    },
};
use ocpp::Version;
use payments::provider::{Method, Setup, sandbox::wire::OrderState, terminal};
use serde_json::{Value, json};

/// As its provider spells it: identifiers of stations know no case.
const REFERENCE: &str = "pi_MixedCase77";

fn terminals(config: &mut Config) {
    config.pay.terminal_account = "terminals".to_owned();
    let setup = Setup::Terminal(terminal::Settings::default());
    config.pay.accounts.push(PayAccount { name: "terminals".to_owned(), least: None, most: None, setup });
    let provider = TerminalProvider { name: "Acme Pay".to_owned(), account: "cards".to_owned() };
    config.pay.terminal_providers = vec![provider];
}

/// The station tells that it leaves the capture to us, and at whose provider.
async fn leaves_to_us(house: &House, station: &Station, provider: &str) {
    let variable = |name: &str, value: &str| {
        json!({"component": {"name": "PaymentCtrlr"}, "variable": {"name": name},
            "variableAttribute": [{"type": "Actual", "value": value}]})
    };
    let data = [
        variable("SettlementByCSMS", "true"),
        variable("PaymentServiceProvider", provider),
        variable("AuthorizationAmount", "40"),
    ];
    let report = json!({"requestId": 1, "seqNo": 0, "generatedAt": stamp(house), "reportData": data});
    station.call("NotifyReport", report).await.unwrap();
}

fn stamp(house: &House) -> String {
    house.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

async fn present(station: &Station) {
    let token = json!({"idToken": {"idToken": REFERENCE, "type": "DirectPayment"}});
    let answer = station.call("Authorize", token).await.unwrap();
    assert_eq!(answer["idTokenInfo"]["status"], "Accepted");
}

async fn transaction(house: &House, station: &Station, phase: &str, seq: i64, wh: i64) -> Value {
    let mut event = json!({"eventType": phase, "timestamp": stamp(house), "seqNo": seq,
        "triggerReason": if phase == "Ended" { "StopAuthorized" } else { "Authorized" },
        "transactionInfo": {"transactionId": "T1", "chargingState": if phase == "Ended" { "Idle" } else { "Charging" }},
        "meterValue": [{"timestamp": stamp(house), "sampledValue": [{"value": wh,
            "measurand": "Energy.Active.Import.Register", "unitOfMeasure": {"unit": "Wh"}}]}]});
    if phase == "Started" {
        event["evse"] = json!({"id": 1, "connectorId": 1});
        event["idToken"] = json!({"idToken": REFERENCE, "type": "DirectPayment"});
    }
    station.call("TransactionEvent", event).await.unwrap()
}

async fn all(house: &House) -> Vec<OrderRow> {
    let mut tx = house.app.db.read().await.unwrap();
    orders::list(&mut tx, &orders::Filter::default(), None, 20).await.unwrap()
}

async fn settle(station: &Station, status: &str, amount: &str, more: Value) -> Value {
    let mut told = json!({"transactionId": "T1", "pspRef": REFERENCE, "status": status,
        "settlementAmount": amount.parse::<serde_json::Number>().unwrap(), "settlementTime": "2026-03-02T09:00:00Z"});
    for (name, value) in more.as_object().unwrap() {
        told[name] = value.clone();
    }
    station.call("NotifySettlement", told).await.unwrap()
}

#[tokio::test]
async fn what_a_station_holds_and_raises_is_captured_here_for_exactly_the_bill() {
    for house in houses_with(terminals).await {
        let (station, _serving) = station(&house, Version::V21).await;
        leaves_to_us(&house, &station, "ACME Pay").await;
        house.provider.hold_elsewhere(REFERENCE, 4_000);
        present(&station).await;
        transaction(&house, &station, "Started", 0, 0).await;
        house.work().await;
        let order = all(&house).await.remove(0);
        until(&house, order.id, State::Charging).await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.mode, row.held_minor, row.amount_minor), ("hold", 4_000, 4_000));

        // 120 kWh: the station has had the hold raised meanwhile, and nobody has told.
        house.provider.hold_elsewhere(REFERENCE, 6_000);
        house.advance(3_600);
        transaction(&house, &station, "Ended", 1, 120_000).await;
        until(&house, order.id, State::Captured).await;
        let row = house.row(order.id).await;
        assert_eq!((row.due_minor, row.taken_minor, row.held_minor), (Some(4_800), 4_800, 0));
        assert_eq!(house.provider.balance(), 4_800);
        assert_eq!(all(&house).await.len(), 1, "one order, whatever is looked at again");
    }
}

#[tokio::test]
async fn a_hold_of_a_session_that_cost_nothing_is_released() {
    for house in houses_with(terminals).await {
        let (station, _serving) = station(&house, Version::V21).await;
        leaves_to_us(&house, &station, "acme pay").await;
        house.provider.hold_elsewhere(REFERENCE, 4_000);
        transaction(&house, &station, "Started", 0, 500).await;
        house.advance(30);
        let answer = transaction(&house, &station, "Ended", 1, 500).await;
        assert_eq!(answer["totalCost"], 0);
        assert_eq!(settle(&station, "Canceled", "0", json!({})).await, json!({}));
        house.work().await;
        let order = all(&house).await.remove(0);
        until(&house, order.id, State::Released).await;
        assert_eq!(house.provider.orders()[0].state, OrderState::Released);
    }
}

#[tokio::test]
async fn a_hold_that_its_provider_does_not_know_leaves_an_open_bill_and_stops_the_session() {
    for house in houses_with(terminals).await {
        let (station, _serving) = station(&house, Version::V21).await;
        leaves_to_us(&house, &station, "Acme Pay").await;
        transaction(&house, &station, "Started", 0, 0).await;
        house.work().await;
        let order = all(&house).await.remove(0);
        for _ in 0..6 {
            house.advance(240);
            house.work().await;
        }
        until(&house, order.id, State::Expired).await;
        let claim = all(&house).await.into_iter().find(|other| other.id != order.id).unwrap();
        assert_eq!(
            (&*claim.purpose, &*claim.state, claim.session_id),
            ("bill", "charging", order.session_id)
        );
        house.work().await;
        assert_eq!(station.expect_call("RequestStopTransaction").await.unwrap()["transactionId"], "T1");
        owed_once(&house, &station, (&order, &claim)).await;
    }
}

/// The session ends, and its claim alone is billed for it.
async fn owed_once(house: &House, station: &Station, (order, claim): (&OrderRow, &OrderRow)) {
    house.advance(60);
    transaction(house, station, "Ended", 1, 5_000).await;
    until(house, claim.id, State::Owing).await;
    house.work().await;
    assert_eq!((house.state(order.id).await, house.row(order.id).await.due_minor), (State::Expired, None));
    assert_eq!(house.earned().await, 200);
    assert_eq!(house.balance(Account::Receivable(order.id)).await, (0, 0));
    assert_eq!(house.balance(Account::Receivable(claim.id)).await, (200, 0));
    assert_eq!(house.findings().await, []);
}

#[tokio::test]
async fn a_hold_that_nobody_answers_about_for_a_day_leaves_an_open_bill_and_is_let_go() {
    for house in houses_with(terminals).await {
        let (station, _serving) = station(&house, Version::V21).await;
        leaves_to_us(&house, &station, "Acme Pay").await;
        house.provider.hold_elsewhere(REFERENCE, 4_000);
        transaction(&house, &station, "Started", 0, 0).await;
        house.provider.will([Fault::Broken; 2]);
        pay::turn(&house.app).await.unwrap();
        let order = all(&house).await.remove(0);
        house.clock.advance(TimeDelta::hours(25));
        pay::turn(&house.app).await.unwrap();
        let claim = all(&house).await.into_iter().find(|other| other.id != order.id).unwrap();
        assert_eq!((&*claim.state, claim.session_id), ("charging", order.session_id));
        house.provider.mend();
        for _ in 0..6 {
            house.work().await;
            house.advance(60);
        }
        assert_eq!(house.provider.orders()[0].state, OrderState::Released);
        owed_once(&house, &station, (&order, &claim)).await;
    }
}

#[tokio::test]
async fn a_station_may_not_name_the_payment_of_another_order_nor_an_unknown_provider() {
    for house in houses_with(terminals).await {
        let (station, _serving) = station(&house, Version::V21).await;
        leaves_to_us(&house, &station, "Somebody else").await;
        house.provider.hold_elsewhere(REFERENCE, 4_000);
        transaction(&house, &station, "Started", 0, 0).await;
        house.work().await;
        let claim = all(&house).await.remove(0);
        assert_eq!((&*claim.purpose, &*claim.mode, &*claim.state), ("bill", "later", "charging"));
        assert!(house.attempts(claim.id).await.is_empty() && house.provider.calls().is_empty());
    }
}

#[tokio::test]
async fn what_could_not_be_settled_is_owed_until_it_is_settled_after_all() {
    for word in ["Failed", "Rejected"] {
        for house in houses_with(terminals).await {
            let (station, _serving) = station(&house, Version::V21).await;
            transaction(&house, &station, "Started", 0, 0).await;
            house.advance(1_800);
            // It is told before the end of the session is.
            let told = settle(&station, word, "2.00", json!({"statusInfo": "no answer"})).await;
            let again = settle(&station, word, "2.00", json!({"statusInfo": "no answer"})).await;
            assert_eq!((&told, told["receiptUrl"].is_string()), (&again, true));
            transaction(&house, &station, "Ended", 1, 5_000).await;
            house.work().await;
            let claim = all(&house).await.remove(0);
            until(&house, claim.id, State::Owing).await;
            assert_eq!(house.row(claim.id).await.due_minor, Some(200));
            assert!(
                pay::status(&house.app, &claim.number).await.unwrap().can_pay,
                "by whoever has its number"
            );

            house.clock.advance(TimeDelta::minutes(5));
            settle(&station, "Settled", "2.00", json!({})).await;
            until(&house, claim.id, State::Captured).await;
            settle(&station, word, "2.00", json!({})).await;
            house.work().await;
            assert_eq!((house.state(claim.id).await, all(&house).await.len()), (State::Captured, 1));
        }
    }
}

#[tokio::test]
async fn what_a_station_took_beyond_the_bill_is_given_back_where_only_its_provider_can() {
    for house in houses_with(terminals).await {
        let (station, _serving) = station(&house, Version::V21).await;
        transaction(&house, &station, "Started", 0, 0).await;
        house.advance(1_800);
        transaction(&house, &station, "Ended", 1, 5_000).await;
        settle(&station, "Settled", "2.01", json!({})).await;
        let order = all(&house).await.remove(0);
        until(&house, order.id, State::Settling).await;
        house.work().await;
        let refund = house.refunds(order.id).await.remove(0);
        assert_eq!((refund.amount_minor, &*refund.kind, &*refund.state), (1, "rest", "failed"));
        csms::receipts::due_turn(&house.app).await.unwrap();
        let silent = pay::returned_elsewhere(&house.app, &refund.number, " ", "ada").await;
        assert!(matches!(silent, Err(PayError::Amount(_))), "{silent:?}");
        let none = pay::returned_elsewhere(&house.app, "none", "x", "ada").await;
        assert!(matches!(none, Err(PayError::NoOrder)), "{none:?}");
        assert_eq!(house.state(order.id).await, State::Settling);
        for _said_twice in 0..2 {
            pay::returned_elsewhere(&house.app, &refund.number, "Acme, slip 9", "ada").await.unwrap();
        }
        assert_eq!(house.state(order.id).await, State::PartlyRefunded);
        let books = house.balance(Account::Provider("terminals".into())).await;
        assert_eq!((books, house.balance(Account::Deposits).await), ((200, 0), (0, 0)));
        assert_eq!(csms::receipts::due_turn(&house.app).await.unwrap(), 1);
        assert_eq!(house.findings().await, []);
    }
}

#[tokio::test]
async fn what_no_terminal_can_settle_is_refused_and_the_books_can_be_added_up() {
    for house in houses_with(terminals).await {
        let (station, _serving) = station(&house, Version::V21).await;
        transaction(&house, &station, "Started", 0, 0).await;
        house.advance(1_800);
        transaction(&house, &station, "Ended", 1, 5_000).await;
        let told = |amount: &str| {
            json!({"transactionId": "T1", "pspRef": format!("{REFERENCE}-{amount}"), "status": "Settled",
                "settlementAmount": amount.parse::<serde_json::Number>().unwrap(), "settlementTime": stamp(&house)})
        };
        for amount in ["92233720368547758.07", "1000000000.01"] {
            let refused = station.call("NotifySettlement", told(amount)).await;
            let Err(refused) = refused else { panic!("{amount}: {refused:?}") };
            assert_eq!(refused.code(), Some("PropertyConstraintViolation"), "{amount}");
        }
        assert_eq!(all(&house).await, []);
        settle(&station, "Settled", "2.00", json!({})).await;
        let order = all(&house).await.remove(0);
        until(&house, order.id, State::Captured).await;
        assert_eq!(house.findings().await, []);
    }
}

/// A claim of 2.00 that whoever has its number can pay.
async fn claim(house: &House, station: &Station) -> OrderRow {
    transaction(house, station, "Started", 0, 0).await;
    house.advance(1_800);
    settle(station, "Failed", "2.00", json!({})).await;
    transaction(house, station, "Ended", 1, 5_000).await;
    house.work().await;
    let claim = all(house).await.remove(0);
    until(house, claim.id, State::Owing).await;
    assert_eq!(csms::receipts::due_turn(&house.app).await.unwrap(), 0, "nobody has paid anything");
    claim
}

#[tokio::test]
async fn a_claim_that_was_paid_and_is_settled_after_all_was_paid_twice() {
    for house in houses_with(terminals).await {
        let (station, _serving) = station(&house, Version::V21).await;
        let claim = claim(&house, &station).await;
        house.click(&claim, Method::Hosted).await.unwrap();
        house.work().await;
        house.pay(&claim).await;
        assert_eq!(house.state(claim.id).await, State::Captured);
        for _told_twice in 0..2 {
            house.clock.advance(TimeDelta::minutes(5));
            settle(&station, "Settled", "2.00", json!({})).await;
            house.work().await;
        }
        let taken: Vec<_> = house
            .attempts(claim.id)
            .await
            .iter()
            .map(|row| (row.account.clone(), row.taken_minor, row.extra))
            .collect();
        assert_eq!(taken, [("cards".to_owned(), 200, false), ("terminals".to_owned(), 200, true)]);
        assert_eq!(house.balance(Account::Provider("terminals".into())).await, (200, 0));
        let [refund] = house.refunds(claim.id).await.try_into().unwrap();
        assert_eq!((refund.amount_minor, &*refund.kind, &*refund.state), (200, "extra", "failed"));
        pay::returned_elsewhere(&house.app, &refund.number, "in cash", "ada").await.unwrap();
        assert_eq!(house.balance(Account::Provider("terminals".into())).await, (0, 0));
        assert_eq!((house.earned().await, house.state(claim.id).await), (200, State::Captured));
        assert_eq!(csms::receipts::due_turn(&house.app).await.unwrap(), 1);
        assert_eq!(house.findings().await, []);
    }
}

#[tokio::test]
async fn a_claim_that_is_settled_while_somebody_pays_it_is_paid_once() {
    for faster in [false, true] {
        for house in houses_with(terminals).await {
            let (station, _serving) = station(&house, Version::V21).await;
            let claim = claim(&house, &station).await;
            house.click(&claim, Method::Hosted).await.unwrap();
            house.work().await;
            house.clock.advance(TimeDelta::minutes(1));
            let answer = settle(&station, "Settled", "2.00", json!({})).await;
            assert!(answer["receiptUrl"].is_string(), "{answer}");
            let link = house.attempts(claim.id).await.remove(0);
            assert_eq!(house.state(claim.id).await, State::Captured);
            if faster {
                assert!(house.provider.pay_anyway(&link.number));
            }
            house.work().await;
            house.deliver("cards").await;
            house.work().await;
            house.deliver("cards").await;
            let link = house.attempts(claim.id).await.remove(0);
            assert_eq!((link.taken_minor > 0, link.extra), (faster, faster), "{link:?}");
            assert_eq!(house.provider.balance(), 0, "what came all the same went back");
            assert_eq!(house.balance(Account::Provider("terminals".into())).await, (200, 0));
            assert_eq!((house.earned().await, house.state(claim.id).await), (200, State::Captured));
        }
    }
}

#[tokio::test]
async fn a_vat_number_that_was_typed_at_the_terminal_becomes_an_invoice() {
    for house in houses_with(terminals).await {
        let (station, _serving) = station(&house, Version::V21).await;
        transaction(&house, &station, "Started", 0, 0).await;
        house.advance(1_800);
        transaction(&house, &station, "Ended", 1, 5_000).await;
        let company = json!({"name": "Lade GmbH", "address1": "Kai 1", "city": "Hamburg", "postalCode": "20457",
            "country": "DE"});
        let more = json!({"vatNumber": "DE123456789", "vatCompany": company, "receiptUrl": "https://own.example/r/1",
            "receiptId": "1"});
        let answer = settle(&station, "Settled", "2.00", more).await;
        assert_eq!(answer, json!({}), "the station has made the receipt itself");
        house.work().await;
        let order = all(&house).await.remove(0);
        let wish =
            documents::wished(&mut house.app.db.read().await.unwrap(), order.id).await.unwrap().unwrap();
        assert_eq!((&*wish.name, &*wish.tax_id), ("Lade GmbH", "DE123456789"));
        assert_eq!(wish.address, "Kai 1\n20457 Hamburg\nDE");
        csms::receipts::due_turn(&house.app).await.unwrap();
        let mut tx = house.app.db.read().await.unwrap();
        let made = documents::of_order(&mut tx, order.id).await.unwrap();
        assert_eq!(made.iter().map(|row| &*row.kind).collect::<Vec<_>>(), ["invoice"]);
        assert_eq!(order.station_id, STATION);
    }
}
