//! A vehicle that gives back, from what it tells to what its driver pays.

use crate::house::{House, start};
use chrono::TimeDelta;
use conformance::{Station, battery::Battery};
use csms::store::testing::TestDb;
use ocpp::Version;
use serde_json::{Value, json};
use std::time::Duration;

/// Dear until ten in the evening, then cheap.
const TARIFF: &str = r#"{"id":"night","currency":"EUR","elements":[
    {"components":[{"dimension":"energy","price":"0.20"}],"restrictions":{"start_time":"22:00","end_time":"05:00"}},
    {"components":[{"dimension":"energy","price":"0.60"}]}]}"#;

/// It wants 10 kWh by six in the morning, and lends 8 kWh of what is in it.
fn needs() -> Value {
    json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_BPT", "availableEnergyTransfer": ["AC_BPT"],
        "controlMode": "DynamicControl", "departureTime": (start() + TimeDelta::hours(12)).to_rfc3339(),
        "v2xChargingParameters": {"minChargePower": 1400, "maxChargePower": 11_040, "maxDischargePower": 6_900,
        "evTargetEnergyRequest": 10_000, "evMinEnergyRequest": -9_000, "evMaxEnergyRequest": 30_000,
        "evMinV2XEnergyRequest": -8_000, "evMaxV2XEnergyRequest": 25_000}}})
}

/// A quarter of an hour, minute by minute: a virtual station looks at its profile once a step.
fn quarter(station: &Station) {
    for _ in 0..15 {
        station.charge_for(1, Duration::from_secs(60)).unwrap();
    }
}

async fn begins(house: &House) -> Station {
    house.tariff(TARIFF).await;
    house.says("SmartChargingCtrlr", "PeriodsPerSchedule", "", "24").await;
    let station = house.connect(Version::V21).await;
    let battery = Battery::family_car(500).gives_back(6_900, 200);
    station.plug_in_car(1, battery).await.unwrap();
    station.start(1, "TAG").await.unwrap();
    let answer = station.call("NotifyEVChargingNeeds", needs()).await.unwrap();
    assert_eq!(answer["status"], "Accepted");
    station
}

#[tokio::test]
async fn it_gives_back_while_that_is_dear_and_pays_for_what_it_takes_alone() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open_with(&db, |config| config.charging.give_back = true).await;
        let station = begins(&house).await;
        let plan = house.plan("set", 1).await;
        assert!(plan.reason.contains("gives back") && plan.missing_wh == 0, "{plan:?}");
        let profile: Value = serde_json::from_str(&plan.profile).unwrap();
        let first = &profile["chargingSchedule"][0]["chargingSchedulePeriod"][0];
        assert_eq!(first["operationMode"], "CentralSetpoint");
        let register = station.register_wh(1).unwrap();

        // Four dear hours, the night, and a dear hour before it leaves; in steps, as a meter tells them.
        let mut evening = 0;
        for step in 0..48 {
            if step == 16 {
                evening = station.exported_wh(1).unwrap();
            }
            house.clock.advance(TimeDelta::minutes(15));
            quarter(&station);
            station.meter(1).await.unwrap();
        }
        assert!((6_000..=8_000).contains(&evening), "no more than it lends: {evening} Wh");
        let (exported, imported) =
            (station.exported_wh(1).unwrap(), station.register_wh(1).unwrap() - register);
        assert!((evening..=15_000).contains(&exported), "{exported} Wh");
        assert!(imported >= 10_000 + exported, "it has what it needs, and what it has lent: {imported} Wh");
        let charge = station.soc_permille(1).unwrap();
        assert!(charge >= 640, "64 kWh at 50 % and 9 kWh more are 64 %: {charge}");
        station.stop(1, "Local").await.unwrap();
        let session = house.session().await;
        assert_eq!(session.state, "ended");
        assert_eq!(session.energy_mwh, imported * 1_000, "what was given back is no energy that is billed");
        let cost: rust_decimal::Decimal = session.cost.parse().unwrap();
        let cheap = rust_decimal::Decimal::new(imported * 20, 5);
        assert!(
            cost >= cheap.round_dp(2) && cost < cheap * rust_decimal::Decimal::TWO,
            "{cost} for {imported} Wh"
        );
    }
}

#[tokio::test]
async fn a_new_plan_knows_what_was_lent_before() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open_with(&db, |config| config.charging.give_back = true).await;
        let station = begins(&house).await;
        assert_eq!(house.plan("set", 1).await.lent_wh, 0);
        let quarters = async |count: usize| {
            for _ in 0..count {
                house.clock.advance(TimeDelta::minutes(15));
                quarter(&station);
                station.meter(1).await.unwrap();
            }
        };
        quarters(4).await;
        csms::needs::choose(&house.app, &house.session().await, "").await.unwrap();
        let plan = house.plan("set", 2).await;
        assert_eq!(plan.lent_wh, 6_900, "an hour of 10 A on three phases");
        quarters(12).await;
        let evening = station.exported_wh(1).unwrap();
        assert!((6_900..9_000).contains(&evening), "what it lends is lent once: {evening} Wh");
    }
}

#[tokio::test]
async fn unless_it_is_turned_on_it_only_charges_and_says_why() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let station = begins(&house).await;
    let plan = house.plan("set", 1).await;
    assert!(plan.reason.contains("gives nothing back: charging.give_back is off"), "{plan:?}");
    assert!(!plan.profile.contains("setpoint"), "{plan:?}");
    assert_eq!(station.power_w(1), 0, "it waits for the cheap hours");
}
