//! Tariffs on their way to stations: what `tariffs` renders is what the schemas of OCPP ask for.
#![allow(clippy::unwrap_used)] // a helper of tests fails like a test

use ocpp::schema::{Kind, check};
use ocpp::v2::{
    ChangeTransactionTariffRequest, ClearTariffsRequest, CostUpdatedRequest, GetTariffsRequest,
    SetDefaultTariffRequest,
};
use ocpp::{Call, Version};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tariffs::ocpp::{Exported, california, content_id, cost_details, messages, write_tariff};
use tariffs::{Context, Tariff};

/// Peak and off-peak, fees by card, grace, a reservation, bounds, texts.
const TIME_OF_USE: &str = include_str!("../../tariffs/tests/data/time_of_use.json");

/// Every condition that OCPP has, taxes on taxes, every list of prices.
const EVERYTHING: &str = r#"{"id":"all","currency":"KWD","valid_from":"2026-01-01T00:00:00.5Z",
    "min_price":{"excl":"0.125","incl":"0.13"},
    "elements":[
      {"components":[
         {"dimension":"energy","price":"0.123456","taxes":[{"name":"State","percent":"5.25"},{"name":"VAT","percent":"7","stack":1}]},
         {"dimension":"time","price":"0.00006"},{"dimension":"parking_time","price":"59.99994","vat":"0"}],
       "restrictions":{"start_time":"22:00","end_time":"06:00","day_of_week":["sunday","monday"],
         "start_date":"2026-01-01","end_date":"2027-01-01","evse_kind":"dc","min_kwh":"0.000001","max_kwh":"1000000",
         "min_current":"0.001","max_current":"500","min_power":"0.000001","max_power":"1000","min_duration":1,
         "max_duration":34560000,"min_charging_time":1,"max_charging_time":2,"min_idle_time":1,"max_idle_time":2}},
      {"components":[{"dimension":"flat","price":"1"}],"restrictions":{"payment_brand":"VISA","payment_recognition":"Debit"}},
      {"components":[{"dimension":"flat","price":"2"},{"dimension":"time","price":"3"}],"restrictions":{"reservation":"reservation"}}]}"#;

fn exported(json: &str) -> Exported {
    let tariff = Tariff::from_json(json).unwrap();
    write_tariff(&Tariff { id: content_id(&tariff), ..tariff }).unwrap()
}

/// The payload passes the schema of its action, and our type of it takes it in and gives it back unchanged.
fn sound<T: Call + Serialize + DeserializeOwned>(payload: &Value) {
    check(Version::NEWEST, T::ACTION, Kind::Request, payload).unwrap();
    let typed: T = serde_json::from_value(payload.clone()).unwrap();
    assert_eq!(serde_json::to_value(typed).unwrap(), *payload);
}

#[test]
fn requests_with_tariffs_are_what_ocpp_asks_for() {
    for json in [TIME_OF_USE, EVERYTHING] {
        let tariff = exported(json);
        sound::<SetDefaultTariffRequest>(&messages::set_default_tariff(0, &tariff.json));
        sound::<ChangeTransactionTariffRequest>(&messages::change_transaction_tariff("tx-1", &tariff));
        let driver =
            json!({"idTokenInfo": {"status": "Accepted"}, "tariff": messages::driver_tariff(&tariff)});
        check(Version::NEWEST, "Authorize", Kind::Response, &driver).unwrap();
    }
}

#[test]
fn requests_about_tariffs_and_costs_are_what_ocpp_asks_for() {
    sound::<GetTariffsRequest>(&messages::get_tariffs(0));
    sound::<ClearTariffsRequest>(&messages::clear_tariffs(&[], None));
    sound::<ClearTariffsRequest>(&messages::clear_tariffs(&["a", "b"], Some(2)));
    sound::<CostUpdatedRequest>(&messages::cost_updated("tx-1", Decimal::new(1_234, 2)).unwrap());
    assert_eq!(messages::cost_updated("tx-1", Decimal::MAX), None);
}

#[test]
fn prices_for_the_displays_of_older_stations_are_what_ocpp_asks_for() {
    let tariff = Tariff::from_json(TIME_OF_USE).unwrap();
    let (tz, now) = (chrono_tz::America::Los_Angeles, "2026-11-24T00:30:00Z".parse().unwrap());
    let context = Context::default();
    let default = california::default_price(&tariff, tz, now, &context, "en");
    let texts = california::default_price_texts(&tariff, "en,es,zh");
    for key in [default.key].into_iter().chain(texts).chain(california::time_offset(tz, now).keys()) {
        let payload = json!({"key": key.name, "value": key.value});
        check(Version::V16, "ChangeConfiguration", Kind::Request, &payload).unwrap();
    }
    let running = california::RunningCost {
        tariff: &tariff,
        tz,
        situation: california::Situation::start(now, &context),
        transaction_id: 1,
        register: Decimal::from(1_000),
        cost: Decimal::ZERO,
    };
    let messages =
        [california::running_cost(&running).unwrap(), california::set_user_price(&tariff, "ABC", "es")];
    for message in messages {
        check(Version::V16, "DataTransfer", Kind::Request, &message.payload()).unwrap();
    }
}

#[test]
fn costs_that_pass_the_schema_are_read() {
    let costs = json!({
        "totalCost": {"currency": "EUR", "typeOfCost": "MaxCost", "total": {"inclTax": 6.05},
                      "energy": {"exclTax": 5, "inclTax": 6.05, "taxRates": [{"type": "VAT", "tax": 21}]}},
        "totalUsage": {"energy": 10000.5, "chargingTime": 3600, "idleTime": 0, "reservationTime": 60},
        "chargingPeriods": [{"startPeriod": "2026-11-23T08:00:00Z", "tariffId": "t",
                             "dimensions": [{"type": "Energy", "volume": 10000.5}]}],
        "failureToCalculate": false});
    let event = json!({"eventType": "Ended", "timestamp": "2026-11-23T09:00:00Z", "triggerReason": "StopAuthorized",
        "seqNo": 3, "transactionInfo": {"transactionId": "tx-1"}, "costDetails": costs});
    check(Version::NEWEST, "TransactionEvent", Kind::Request, &event).unwrap();
    let read = cost_details::read(&event["costDetails"]).unwrap();
    assert_eq!((read.kind, read.periods.len()), (cost_details::CostKind::Max, 1));
}
