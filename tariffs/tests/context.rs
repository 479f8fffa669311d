//! What is known of the EVSE, of the payment, and of the reservation before the session.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use chrono_tz::UTC;
use common::*;
use rust_decimal_macros::dec;
use tariffs::{Activity, Charge, Context, EvseKind, Plan, Pricer, Reserved};

fn plan(elements: &str) -> Arc<Plan> {
    Arc::new(Plan::new(Arc::new(tariff(elements))).unwrap())
}

#[test]
fn prices_may_differ_by_evse_and_card() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.7"}],"restrictions":{"evse_kind":"dc"}},
           {"components":[{"dimension":"energy","price":"0.4"}]},
           {"components":[{"dimension":"flat","price":"0.3"}],
            "restrictions":{"payment_brand":"VISA","payment_recognition":"CC"}},
           {"components":[{"dimension":"flat","price":"0.1"}]}"#,
    );
    let dc = dc_evse();
    let visa = Context { payment_brand: "Visa".into(), payment_recognition: "cc".into(), ..dc.clone() };
    for (context, total) in [(Context::default(), dec!(4.10)), (dc, dec!(7.10)), (visa, dec!(7.30))] {
        let mut session = begin(&tariff.at(&context), UTC, "10:00");
        session.push(read("10:00", 0)).unwrap();
        session.push(read("11:00", 10_000)).unwrap();
        assert_eq!(session.bill(at("11:00")).total_excl, total, "{context:?}");
    }
    assert!(tariff.asks_context());
    assert_ne!(
        tariff.at(&Context::default()).hash(),
        tariff.at(&dc_evse()).hash(),
        "a session keeps what held"
    );
}

fn dc_evse() -> Context {
    Context { evse_kind: Some(EvseKind::Dc), ..Context::default() }
}

#[test]
fn a_reservation_is_billed_with_its_session() {
    let plan = plan(
        r#"{"name":"kept","components":[{"dimension":"flat","price":2},{"dimension":"time","price":5,"step_size":300}],
            "restrictions":{"reservation":"reservation"}},
           {"name":"missed","components":[{"dimension":"flat","price":4}],
            "restrictions":{"reservation":"reservation_expires"}},
           {"components":[{"dimension":"energy","price":"0.25"},{"dimension":"flat","price":"0.5"}]}"#,
    );
    let mut session = Pricer::with_plan(plan.clone(), UTC, at("10:00"));
    session.reserve(Reserved { from: at("09:47"), until: at("10:00"), expired: false });
    session.push(read("10:00", 0)).unwrap();
    session.push(read("11:00", 20_000)).unwrap();
    let bill = session.bill(at("11:00"));
    assert_adds_up(&bill);
    // 2.00, 13 min as 15 at 5.00 an hour, 0.50, 20 kWh
    assert_eq!(bill.total_excl, dec!(8.75));
    let reserved = bill.totals.iter().find(|total| total.dimension == Charge::ReservationTime).unwrap();
    assert_eq!((reserved.quantity, reserved.net), (dec!(900), dec!(1.25)));

    let mut missed = Pricer::with_plan(plan, UTC, at("10:30"));
    missed.reserve(Reserved { from: at("10:00"), until: at("10:30"), expired: true });
    let bill = missed.bill(at("10:30"));
    assert_adds_up(&bill);
    // The fee for missing it goes before the fee for any; time has only one price.
    assert_eq!(bill.total_excl, dec!(6.50));
    assert!(bill.lines.iter().all(|line| !line.label.is_empty()));
    // Whatever is told of a session that cannot be costs nothing.
    missed.push(read("10:30", 0)).unwrap();
    missed.push(read("11:30", 20_000)).unwrap();
    assert_eq!(missed.bill(at("11:30")).total_excl, dec!(6.50));
}

#[test]
fn charging_periods_begin_where_a_price_does() {
    let plan = plan(
        r#"{"components":[{"dimension":"energy","price":1}],"restrictions":{"max_kwh":5}},
           {"components":[{"dimension":"energy","price":2}],"restrictions":{"start_time":"10:45"}},
           {"components":[{"dimension":"energy","price":3},{"dimension":"parking_time","price":3}]}"#,
    );
    let mut session = Pricer::with_plan(plan, UTC, at("10:00")).recording();
    for reading in
        [read("10:00", 0), read("10:15", 2_500), read("10:18", 3_000), read("11:00", 10_000), parks("11:00")]
    {
        session.push(reading).unwrap();
    }
    let periods = session.periods(at("11:30"));
    let shown: Vec<String> = periods
        .iter()
        .map(|period| {
            let (from, to) = (period.from.format("%H:%M:%S"), period.to.format("%H:%M:%S"));
            format!("{from}-{to} {} {:?}", period.energy, period.activity)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "10:00:00-10:30:00 5 kWh Charging",
            "10:30:00-10:45:00 2.5 kWh Charging",
            "10:45:00-11:00:00 2.5 kWh Charging",
            "11:00:00-11:30:00 0 kWh Parking",
        ]
    );
    assert!(periods.iter().all(|period| period.to > period.from));
    assert_eq!(periods[3].activity, Activity::Parking);
}
