//! Payments of offline wallets: accepted once, within limits, and redeemed later. The operator here is a simulation.

use super::{
    house::{House, house, houses},
    later::{CARD, driver, orders_of},
};
use chrono::TimeDelta;
use csms::{
    config::HoldLimits,
    ledger::{self, Account},
    model::Phase,
    pay::{
        PayError, State,
        later::PaysBy,
        voucher::{self, Simulator, Voucher, VoucherFault},
    },
    store::pay::orders::OrderRow,
};
use payments::Amount;
use ring::signature::{Ed25519KeyPair, KeyPair};

fn key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

fn eur(minor: i64) -> Amount {
    Amount::new(minor, "EUR".parse().unwrap())
}

/// An open bill of 4.00 EUR of a driver without a method on file, and a house that takes vouchers.
async fn bill(house: &mut House, name: &str) -> OrderRow {
    if house.config.pay.vouchers.simulator_key.is_empty() {
        house.config.pay.vouchers.simulator_key = hex::encode(key().public_key().as_ref());
        let floor = HoldLimits { currency: "EUR".parse().unwrap(), min: 5.into(), max: 9.into() };
        house.config.pay.vouchers.floors = vec![floor];
        house.restart().await;
        driver(house, CARD, PaysBy::Later).await;
    }
    house.told(name, 1, Phase::Start, Some(CARD), 0).await;
    house.advance(3_600);
    house.told(name, 1, Phase::End, None, 10_000).await;
    house.work().await;
    let mut tx = house.app.db.read().await.unwrap();
    let known = csms::store::contracts::by_token(&mut tx, CARD).await.unwrap().unwrap();
    drop(tx);
    orders_of(house, known.id).await.remove(0)
}

fn signed(house: &House, proof_id: &str, counter: i64, amount: Amount) -> Voucher {
    let mut voucher = Voucher {
        operator: "simulation".to_owned(),
        proof_id: proof_id.to_owned(),
        device: "pos-1".to_owned(),
        counter,
        amount,
        taken_at: house.clock.now(),
        proof: Vec::new(),
    };
    voucher.proof = Simulator::sign(&key(), &voucher);
    voucher
}

fn fault<T: std::fmt::Debug>(outcome: Result<T, PayError>) -> VoucherFault {
    match outcome {
        Err(PayError::Voucher(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_voucher_waits_and_is_redeemed_once() {
    for mut house in houses().await {
        let order = bill(&mut house, "T1").await;
        let voucher = signed(&house, "p-1", 1, eur(400));
        let first = voucher::accept(&house.app, &order.number, &voucher).await.unwrap();
        assert_eq!(house.state(order.id).await, State::Settling);
        assert_eq!(
            house.balance(Account::Receivable(order.id)).await,
            (400, 0),
            "nothing is ours before it is redeemed"
        );
        let again = voucher::accept(&house.app, &order.number, &voucher).await.unwrap();
        assert_eq!(again.id, first.id, "shown again it is the same");
        house.restart().await;
        assert_eq!(voucher::turn(&house.app).await.unwrap(), 1);
        assert_eq!(house.state(order.id).await, State::Captured);
        assert_eq!(house.balance(Account::Provider("voucher-simulation".into())).await, (400, 0));
        assert_eq!(house.balance(Account::Receivable(order.id)).await, (0, 0));
        house.advance(3_600);
        assert_eq!(voucher::turn(&house.app).await.unwrap(), 0);
        house.advance(120);
        assert_eq!(ledger::checks::turn(&house.app.db, house.clock.now()).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn what_the_operator_rejects_the_driver_owes() {
    for mut house in houses().await {
        let order = bill(&mut house, "T1").await;
        let mut forged = signed(&house, "p-1", 1, eur(400));
        forged.proof[0] ^= 1;
        voucher::accept(&house.app, &order.number, &forged).await.unwrap();
        assert_eq!(voucher::turn(&house.app).await.unwrap(), 1);
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Owing);
        assert_eq!(house.balance(Account::Receivable(order.id)).await, (400, 0));
        let row = house.row(order.id).await;
        assert!(csms::pay::status(&house.app, &row.number).await.unwrap().can_pay, "by another way");
    }
}

#[tokio::test]
async fn nothing_is_accepted_twice_or_beyond_the_floor() {
    for mut house in houses().await {
        let order = bill(&mut house, "T1").await;
        let accept = async |voucher: &Voucher| voucher::accept(&house.app, &order.number, voucher).await;
        let good = signed(&house, "p-5", 5, eur(400));
        let other = Voucher { operator: "bank".to_owned(), ..good.clone() };
        assert_eq!(fault(accept(&other).await), VoucherFault::Operator);
        assert_eq!(fault(accept(&Voucher { counter: 0, ..good.clone() }).await), VoucherFault::Malformed);
        let old = Voucher { taken_at: house.clock.now() - TimeDelta::days(31), ..good.clone() };
        assert_eq!(fault(accept(&old).await), VoucherFault::Time);
        assert_eq!(fault(accept(&signed(&house, "p-2", 2, eur(399))).await), VoucherFault::Amount);
        accept(&good).await.unwrap();
        voucher::turn(&house.app).await.unwrap();

        // The same proof for another bill, and a device that counts back.
        let next = bill(&mut house, "T2").await;
        let (third, fourth) = (bill(&mut house, "T3").await, bill(&mut house, "T4").await);
        let accept = async |order: &OrderRow, voucher: &Voucher| {
            voucher::accept(&house.app, &order.number, voucher).await
        };
        assert_eq!(fault(accept(&next, &good).await), VoucherFault::Replayed);
        let back = signed(&house, "p-4", 4, eur(400));
        assert_eq!(fault(accept(&next, &back).await), VoucherFault::Replayed);
        let same = signed(&house, "p-6", 5, eur(400));
        assert_eq!(fault(accept(&next, &same).await), VoucherFault::Replayed);
        // Two wait, and a third is more than the device may have open; what was redeemed does not count.
        accept(&next, &signed(&house, "p-7", 7, eur(400))).await.unwrap();
        accept(&third, &signed(&house, "p-8", 8, eur(400))).await.unwrap();
        let more = signed(&house, "p-9", 9, eur(400));
        assert_eq!(fault(accept(&fourth, &more).await), VoucherFault::Floor);
        assert_eq!(voucher::turn(&house.app).await.unwrap(), 2);
        accept(&fourth, &more).await.unwrap();
    }
}

#[tokio::test]
async fn one_voucher_shown_for_two_bills_at_once_pays_one() {
    for mut house in houses().await {
        let one = bill(&mut house, "T1").await;
        let two = bill(&mut house, "T2").await;
        let voucher = signed(&house, "p-1", 1, eur(400));
        let (first, second) = tokio::join!(
            voucher::accept(&house.app, &one.number, &voucher),
            voucher::accept(&house.app, &two.number, &voucher),
        );
        assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first:?} {second:?}");
    }
}

#[tokio::test]
async fn without_an_operator_no_voucher_is_taken() {
    let house = house().await;
    let voucher = signed(&house, "p-1", 1, eur(400));
    assert_eq!(fault(voucher::accept(&house.app, "x", &voucher).await), VoucherFault::Operator);
}
