//! Card terminals that are driven through their provider: the driver chooses an outlet, the reader holds the card, the
//! station begins, and the exact bill is taken.

use super::{
    house::{House, STATION, houses_with},
    provider::Fault,
    stations::{station, until},
};
use csms::{
    config::{Config, PayAccount},
    model::{Inbound, Presented, Reply, Report},
    pay::{self, PayError, State, kiosk},
    receipts,
    store::{documents, pay::orders, readers::ReaderRow},
};
use ocpp::Version;
use payments::provider::{Setup, sandbox::wire::OrderState};

/// Beside the others, an account that drives readers.
fn with_readers(config: &mut Config) {
    let PayAccount { mut setup, .. } = config.pay.accounts[0].clone();
    if let Setup::Sandbox(settings) = &mut setup {
        settings.methods = vec!["terminal".to_owned()];
        settings.holds = vec!["terminal".to_owned()];
    }
    config.pay.accounts.push(PayAccount { name: "readers".to_owned(), least: None, most: None, setup });
}

async fn reader(house: &House, evse: i64) -> ReaderRow {
    let row = ReaderRow {
        id: 0,
        account: "readers".to_owned(),
        reader: "tmr_1".to_owned(),
        name: "Pay station".to_owned(),
        code: String::new(),
        station_id: Some(STATION.to_owned()),
        evse,
        site_id: None,
        created_at: house.clock.now(),
    };
    kiosk::assign(&house.app, row).await.unwrap()
}

fn choice(reader: &ReaderRow, page: &str) -> kiosk::Choice {
    kiosk::Choice {
        code: reader.code.clone(),
        station: STATION.into(),
        evse: 1,
        page_key: format!("kiosk-0123456789-{page}"),
        language: "en".to_owned(),
    }
}

async fn by_number(house: &House, number: &str) -> orders::OrderRow {
    orders::by_number(&mut house.app.db.read().await.unwrap(), number).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_card_held_to_the_reader_begins_the_session_and_pays_exactly_the_bill() {
    for version in [Version::V16, Version::V201, Version::V21] {
        for house in houses_with(with_readers).await {
            let (station, _serving) = station(&house, version).await;
            let reader = reader(&house, 0).await;
            let offers = kiosk::outlets(&house.app, &reader).await.unwrap();
            assert_eq!(
                offers.iter().map(|offer| (offer.evse, offer.amount.minor)).collect::<Vec<_>>(),
                [(1, 2_000)]
            );
            let number = kiosk::choose(&house.app, &choice(&reader, "a")).await.unwrap();
            assert_eq!(kiosk::choose(&house.app, &choice(&reader, "a")).await.unwrap(), number, "sent twice");
            let order = by_number(&house, &number).await;
            assert_eq!((&*order.mode, &*order.state, &*order.agent), ("hold", "pending", "kiosk"));
            let attempts = house.attempts(order.id).await;
            assert_eq!(
                (attempts.len(), &*attempts[0].account, &*attempts[0].method),
                (1, "readers", "terminal")
            );

            house.pay(&order).await;
            until(&house, order.id, State::Charging).await;
            let action =
                if version == Version::V16 { "RemoteStartTransaction" } else { "RequestStartTransaction" };
            let call = station.expect_call(action).await.unwrap();
            let token = house.row(order.id).await.token_uid;
            let kind = call["idToken"]["type"].as_str();
            let wanted = [
                (Version::V16, None),
                (Version::V201, Some("Central")),
                (Version::V21, Some("DirectPayment")),
            ];
            assert!(wanted.contains(&(version, kind)), "{version:?} {kind:?}");
            if version == Version::V21 {
                assert_eq!(call["idToken"]["idToken"], token.as_str());
                let presented = Presented { uid: token.clone(), kind: "DirectPayment".to_owned() };
                let received_at = house.clock.now();
                let inbound = Inbound { received_at, digest: 1, protocol: version, action: "", asked: false };
                let reply =
                    house.app.desk(&STATION.into()).handle(Report::Authorize(presented), inbound).await;
                let Reply::Authorize(verdict) = reply.unwrap() else { panic!() };
                assert_eq!(verdict.max_cost, Some(20.into()), "told as transactionLimit.maxCost");
            }
            station.charge_wh(1, 5_000).unwrap();
            station.meter(1).await.unwrap();
            pay::stop(&house.app, &number, "driver").await.unwrap();
            until(&house, order.id, State::Captured).await;
            let row = house.row(order.id).await;
            assert_eq!((row.due_minor, row.taken_minor, row.held_minor), (Some(200), 200, 0), "{version:?}");
            assert_eq!(house.provider.balance(), 200);
            receipts::due_turn(&house.app).await.unwrap();
            let mut tx = house.app.db.read().await.unwrap();
            assert_eq!(documents::of_order(&mut tx, order.id).await.unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_refused_card_ends_the_order_at_once_and_the_next_driver_can_pay() {
    for mut house in houses_with(with_readers).await {
        house.connect();
        let reader = reader(&house, 1).await;
        let number = kiosk::choose(&house.app, &choice(&reader, "a")).await.unwrap();
        let order = by_number(&house, &number).await;
        house.provider.decline(&house.attempts(order.id).await[0].number);
        house.deliver("readers").await;
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, &*row.why, row.held_minor), ("failed", "declined", 0));
        let next = kiosk::choose(&house.app, &choice(&reader, "b")).await.unwrap();
        assert_ne!(next, number);
        assert_eq!(by_number(&house, &next).await.state, "pending");
    }
}

#[tokio::test]
async fn a_lost_notice_is_found_by_asking() {
    for mut house in houses_with(with_readers).await {
        house.connect();
        let reader = reader(&house, 1).await;
        let number = kiosk::choose(&house.app, &choice(&reader, "a")).await.unwrap();
        let order = by_number(&house, &number).await;
        assert!(house.provider.pay(&house.attempts(order.id).await[0].number));
        house.provider.notices();
        house.advance(6);
        // Nobody would answer what the station is asked then.
        house.disconnect();
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Authorized);
    }
}

#[tokio::test]
async fn a_busy_reader_is_told_at_once_and_nothing_waits() {
    for mut house in houses_with(with_readers).await {
        house.connect();
        let reader = reader(&house, 1).await;
        house.provider.will([Fault::Busy]);
        let refused = kiosk::choose(&house.app, &choice(&reader, "a")).await;
        assert!(matches!(refused, Err(PayError::Refused(_))), "{refused:?}");
        house.work().await;
        let filter = orders::Filter { state: Some("failed".to_owned()), ..orders::Filter::default() };
        let mut tx = house.app.db.read().await.unwrap();
        assert_eq!(orders::list(&mut tx, &filter, None, 5).await.unwrap().len(), 1);
        drop(tx);
        kiosk::choose(&house.app, &choice(&reader, "b")).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_comes_with_a_card_or_somebody_cancels() {
    for mut house in houses_with(with_readers).await {
        house.connect();
        let reader = reader(&house, 1).await;
        let late = by_number(&house, &kiosk::choose(&house.app, &choice(&reader, "a")).await.unwrap()).await;
        house.advance(301);
        house.work().await;
        house.work().await;
        assert_eq!(house.state(late.id).await, State::Expired);
        let cancelled = kiosk::choose(&house.app, &choice(&reader, "b")).await.unwrap();
        kiosk::cancel(&house.app, &cancelled).await.unwrap();
        house.work().await;
        assert_eq!(by_number(&house, &cancelled).await.state, "cancelled");
        assert!(house.provider.orders().iter().all(|order| order.state == OrderState::Closed));
    }
}

#[tokio::test]
async fn a_reader_takes_money_for_its_own_place_and_only_where_its_account_can() {
    for mut house in houses_with(with_readers).await {
        house.connect();
        let reader = reader(&house, 1).await;
        let elsewhere = kiosk::Choice { evse: 2, ..choice(&reader, "a") };
        assert!(matches!(kiosk::choose(&house.app, &elsewhere).await, Err(PayError::NoCode)));
        let unknown = kiosk::Choice { code: "x".to_owned(), ..choice(&reader, "a") };
        assert!(matches!(kiosk::choose(&house.app, &unknown).await, Err(PayError::NoCode)));
        let again = ReaderRow { site_id: None, ..reader.clone() };
        let twice = kiosk::assign(&house.app, again).await;
        assert!(matches!(&twice, Err(PayError::Store(error)) if error.is_duplicate()), "{twice:?}");
        let cannot = ReaderRow { account: "wallet".to_owned(), ..reader };
        assert!(matches!(kiosk::assign(&house.app, cannot).await, Err(PayError::NoWay)));
    }
}
