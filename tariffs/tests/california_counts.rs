//! A station that counts on with the prices that it was told comes to what the pricer bills.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::America::Los_Angeles;
use common::*;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::Value;
use tariffs::ocpp::california::{RunningCost, Situation, running_cost};
use tariffs::{Activity, Context, Energy, EvseKind, Plan, Power, Pricer, Reading, Tariff};

/// 36 kW: 10 Wh a second.
const KW: Decimal = dec!(36);

fn any_tariff() -> impl Strategy<Value = Tariff> {
    let when = select(vec![
        "",
        r#""start_time":"01:15","end_time":"02:30""#,
        r#""start_time":"23:30","end_time":"00:00","day_of_week":["saturday"]"#,
        r#""end_date":"2026-11-01""#,
        r#""start_day":"11-01","end_day":"03-01""#,
        r#""max_kwh":"20""#,
        r#""min_kwh":"30.5""#,
        r#""min_duration":3000"#,
        r#""max_charging_time":2000"#,
        r#""max_idle_time":2700"#,
        r#""min_idle_time":1800"#,
        r#""min_idle_time":600,"max_power":"1""#,
        r#""min_power":"30","evse_kind":"dc""#,
        r#""evse_kind":"ac""#,
    ]);
    let component = |dimension: &'static str| {
        (0_i64..100, any::<bool>()).prop_map(move |(price, given)| {
            given.then(|| format!(r#"{{"dimension":"{dimension}","price":"{price}","vat":"25"}}"#))
        })
    };
    let all = (component("energy"), component("service"), component("time"), component("parking_time"));
    let element = (when, all).prop_filter_map("some price", |(when, all)| {
        let given: Vec<String> = [all.0, all.1, all.2, all.3].into_iter().flatten().collect();
        let components = given.join(",");
        (!given.is_empty()).then(|| format!(r#"{{"components":[{components}],"restrictions":{{{when}}}}}"#))
    });
    proptest::collection::vec(element, 1..6).prop_map(|elements| tariff(&elements.join(",")))
}

/// A session that charges at an even power and then idles.
struct Session {
    start: DateTime<Utc>,
    charges: i64,
}

impl Session {
    fn wh(&self, seconds: i64) -> i64 {
        seconds.min(self.charges) * 10
    }

    /// What the pricer bills up to so many seconds.
    fn bill(&self, tariff: &Tariff, context: &Context, seconds: i64) -> Decimal {
        let power = |kw: Decimal| Some(Power::from_kw(kw).unwrap());
        let at = |seconds: i64| self.start + TimeDelta::seconds(seconds);
        let reading = |seconds: i64| Reading::at(at(seconds)).register(wh(self.wh(seconds)));
        let mut readings =
            vec![Reading { power: power(KW), ..Reading::at(self.start).register(Energy::ZERO) }];
        if seconds > self.charges {
            let idle = reading(self.charges).activity(Activity::Parking);
            readings.push(Reading { power: power(Decimal::ZERO), ..idle });
        }
        readings.push(Reading { order: 1, ..reading(seconds) });
        let plan = Plan::new(Arc::new(tariff.at(context))).unwrap();
        let mut pricer = Pricer::with_plan(Arc::new(plan), Los_Angeles, self.start);
        for reading in readings {
            pricer.push(reading).unwrap();
        }
        pricer.bill(at(seconds)).total_incl
    }

    fn situation<'a>(&self, context: &'a Context, seconds: i64) -> Situation<'a> {
        let idles = seconds >= self.charges;
        let whole = |seconds: i64| u32::try_from(seconds).unwrap();
        Situation {
            at: self.start + TimeDelta::seconds(seconds),
            activity: if idles { Activity::Parking } else { Activity::Charging },
            kwh: Decimal::new(self.wh(seconds), 3),
            charging_seconds: whole(seconds.min(self.charges)),
            idle_seconds: whole(seconds - seconds.min(self.charges)),
            power: Some(if idles { Decimal::ZERO } else { KW }),
            ..Situation::start(self.start, context)
        }
    }
}

fn decimal(value: &Value) -> Decimal {
    if value.is_null() { Decimal::ZERO } else { value.to_string().parse().unwrap() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_station_counts_what_the_pricer_bills(
        tariff in any_tariff(),
        // From the evening before clocks go back in Los Angeles until they did.
        start in 0_i64..8 * 3_600,
        charges in 0_i64..7_200,
        now in 0_i64..10_000,
        ahead in 1_i64..10_000,
    ) {
        let context = Context { evse_kind: Some(EvseKind::Dc), ..Context::default() };
        let session = Session { start: at("2026-11-01T04:00:00Z") + TimeDelta::seconds(start), charges };
        let situation = session.situation(&context, now);
        let told = RunningCost {
            tariff: &tariff,
            tz: Los_Angeles,
            situation,
            transaction_id: 1,
            register: Decimal::ZERO,
            cost: session.bill(&tariff, &context, now),
        };
        let told = running_cost(&told).unwrap().data;
        // The station is told anew when the prices change and when the vehicle begins to idle.
        let mut until = now + ahead;
        if now < charges {
            until = until.min(charges);
        }
        if let Some(next) = told["nextPeriod"]["atTime"].as_str() {
            until = until.min((at(next) - session.start).num_seconds());
        }
        let limit = decimal(&told["triggerMeterValue"]["atEnergykWh"]);
        if now < charges && !limit.is_zero() {
            let reached: i64 = (limit * dec!(100)).try_into().unwrap();
            until = until.min(reached);
        }
        let seconds = Decimal::from(until - now);
        let counted = if now < charges {
            let kwh = Decimal::new(session.wh(until) - session.wh(now), 3);
            kwh * decimal(&told["chargingPrice"]["kWhPrice"])
                + seconds * decimal(&told["chargingPrice"]["hourPrice"]) / dec!(3600)
        } else {
            let grace = decimal(&told["idlePrice"]["graceMinutes"]) * dec!(60);
            let free = (grace - Decimal::from(situation.idle_seconds)).max(Decimal::ZERO).min(seconds);
            (seconds - free) * decimal(&told["idlePrice"]["hourPrice"]) / dec!(3600)
        };
        let billed = session.bill(&tariff, &context, until) - session.bill(&tariff, &context, now);
        // Both bills are rounded to the cent.
        prop_assert!((billed - counted).abs() <= dec!(0.02), "{billed} billed, {counted} counted of {told}");
    }
}
