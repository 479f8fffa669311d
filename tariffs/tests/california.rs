//! Prices on the displays of OCPP 1.6 stations.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::America::Los_Angeles;
use chrono_tz::Australia::Lord_Howe;
use common::*;
use insta::assert_json_snapshot;
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::{Value, json};
use tariffs::ocpp::california::{
    FinalCost, RunningCost, Situation, default_price, default_price_texts, final_cost, price_text,
    read_unplugged, running_cost, set_user_price, texts, time_offset,
};
use tariffs::{Activity, Context, EvseKind, Tariff};

const TIME_OF_USE: &str = include_str!("data/time_of_use.json");

/// Nothing is known of EVSE and payment.
static UNKNOWN: Context =
    Context { evse_kind: None, payment_brand: String::new(), payment_recognition: String::new() };

fn ac() -> Context {
    Context { evse_kind: Some(EvseKind::Ac), ..UNKNOWN.clone() }
}

fn harbour() -> Tariff {
    full(TIME_OF_USE)
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn offsets(tz: chrono_tz::Tz, now: &str) -> Vec<(String, String)> {
    time_offset(tz, instant(now)).keys().into_iter().map(|key| (key.name, key.value)).collect()
}

fn keys(offset: &str, at: &str, next: &str) -> Vec<(String, String)> {
    [("TimeOffset", offset), ("NextTimeOffsetTransitionDateTime", at), ("TimeOffsetNextTransition", next)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

#[test]
fn clocks_are_changed_in_both_nights() {
    let spring = keys("-08:00", "2026-03-08T10:00:00Z", "-07:00");
    let autumn = keys("-07:00", "2026-11-01T09:00:00Z", "-08:00");
    assert_eq!(offsets(Los_Angeles, "2026-01-15T12:00:00Z"), spring);
    assert_eq!(offsets(Los_Angeles, "2026-03-08T09:59:59Z"), spring);
    assert_eq!(offsets(Los_Angeles, "2026-03-08T10:00:00Z"), autumn);
    assert_eq!(offsets(Los_Angeles, "2026-11-01T08:59:59Z"), autumn);
    assert_eq!(offsets(Los_Angeles, "2026-11-01T09:00:00Z")[0].1, "-08:00");
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    let autumn = keys("+11:00", "2026-04-04T15:00:00Z", "+10:30");
    assert_eq!(offsets(Lord_Howe, "2026-01-15T12:00:00Z"), autumn);
    assert_eq!(offsets(Lord_Howe, "2026-04-04T14:59:59Z"), autumn);
    assert_eq!(offsets(Lord_Howe, "2026-04-04T15:00:00Z"), keys("+10:30", "2026-10-03T15:30:00Z", "+11:00"));
}

#[test]
fn where_clocks_are_never_changed_there_is_only_an_offset() {
    assert_eq!(offsets(chrono_tz::Asia::Shanghai, "2026-01-15T12:00:00Z").len(), 1);
    assert_eq!(offsets(chrono_tz::Asia::Kathmandu, "2026-01-15T12:00:00Z")[0].1, "+05:45");
}

#[test]
fn the_keys_of_a_time_of_use_tariff() {
    // Monday 16:30 in Los Angeles: peak begins in half an hour.
    let now = instant("2026-11-24T00:30:00Z");
    let price = default_price(&harbour(), Los_Angeles, now, &ac(), "en");
    let texts = default_price_texts(&harbour(), "en, es,zh-CN,de");
    let keys: Vec<(String, Value)> = std::iter::once(&price.key)
        .chain(&texts)
        .map(|key| (key.name.clone(), serde_json::from_str(&key.value).unwrap()))
        .collect();
    let notes: Vec<String> = price.notes.iter().map(ToString::to_string).collect();
    assert_eq!(price.until, Some(instant("2026-11-24T01:00:00Z")));
    assert_json_snapshot!("keys", json!({"keys": keys, "notes": notes}));
}

#[test]
fn a_session_is_told_its_cost_and_what_comes_next() {
    let tariff = harbour();
    let context = ac();
    let mut situation = Situation::start(instant("2026-11-24T00:30:00Z"), &context);
    let told = |situation: Situation<'_>, cost: Decimal, register: i64| {
        let running = RunningCost {
            tariff: &tariff,
            tz: Los_Angeles,
            situation,
            transaction_id: 12_345,
            register: register.into(),
            cost,
        };
        running_cost(&running).unwrap()
    };
    let begins = told(situation, dec!(0.55), 1_234_000);
    situation.at += TimeDelta::minutes(45);
    situation.charging_seconds = 2_700;
    situation.kwh = dec!(7.5);
    let peak = told(situation, dec!(4.62), 1_241_500);
    situation.at += TimeDelta::minutes(15);
    situation.activity = Activity::Parking;
    situation.idle_seconds = 300;
    let idle = told(situation, dec!(5.5), 1_243_000);
    let shown = json!({"begins": begins.data, "peak": peak.data, "idle": idle.data});
    assert_json_snapshot!("running_cost", shown);
    let payload = begins.payload();
    assert_eq!(payload["vendorId"], "org.openchargealliance.costmsg");
    assert_eq!(payload["messageId"], "RunningCost");
    let data: Value = serde_json::from_str(payload["data"].as_str().unwrap()).unwrap();
    assert_eq!(data, begins.data);
}

fn data(tariff: &Tariff, situation: Situation<'_>) -> Value {
    let running = RunningCost {
        tariff,
        tz: Los_Angeles,
        situation,
        transaction_id: 1,
        register: Decimal::ZERO,
        cost: Decimal::ZERO,
    };
    running_cost(&running).unwrap().data
}

#[test]
fn readings_are_asked_for_where_energy_or_power_change_the_price() {
    let tiers = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.3"}],"restrictions":{"max_kwh":"20","max_power":"50"}},
           {"components":[{"dimension":"energy","price":"0.5"}],"restrictions":{"max_power":"150"}},
           {"components":[{"dimension":"energy","price":"0.7"}]}"#,
    );
    let mut situation = Situation::start(instant("2026-11-24T00:30:00Z"), &UNKNOWN);
    situation.power = Some(dec!(40));
    situation.kwh = dec!(5);
    assert_eq!(data(&tiers, situation)["triggerMeterValue"], json!({"atEnergykWh": 20, "atPowerkW": 50}));
    situation.kwh = dec!(20);
    // Now 50 kW change nothing any more.
    assert_eq!(data(&tiers, situation)["triggerMeterValue"], json!({"atPowerkW": 150}));
    assert_eq!(data(&tiers, situation)["chargingPrice"], json!({"kWhPrice": 0.5}));
}

#[test]
fn a_price_that_changes_with_the_duration_changes_at_an_instant() {
    let hours = tariff(
        r#"{"components":[{"dimension":"time","price":"6"}],"restrictions":{"min_duration":7200}},
           {"components":[{"dimension":"time","price":"0.6"}],"restrictions":{"max_charging_time":1800}},
           {"components":[{"dimension":"time","price":"1.2"}]}"#,
    );
    let begins = instant("2026-11-24T00:00:00Z");
    let mut situation = Situation::start(begins, &UNKNOWN);
    let next = |situation: Situation<'_>| {
        let data = data(&hours, situation);
        (data["nextPeriod"]["atTime"].clone(), data["nextPeriod"]["chargingPrice"]["hourPrice"].clone())
    };
    assert_eq!(next(situation), (json!("2026-11-24T00:30:00Z"), json!(1.2)));
    // While it parks it does not charge for longer, so that only the duration is left.
    situation.activity = Activity::Parking;
    assert_eq!(next(situation), (json!("2026-11-24T02:00:00Z"), json!(6)));
}

#[test]
fn an_hour_that_is_skipped_begins_no_period() {
    // 02:00–03:00 does not exist in Los Angeles on 8 March 2026, a Sunday.
    let night = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.1"}],"restrictions":{"start_time":"02:00","end_time":"03:00"}},
           {"components":[{"dimension":"energy","price":"0.5"}]}"#,
    );
    let at =
        |now: &str| data(&night, Situation::start(instant(now), &UNKNOWN))["nextPeriod"]["atTime"].clone();
    assert_eq!(at("2026-03-08T08:00:00Z"), json!("2026-03-09T09:00:00Z"));
    // A window that is open when the clocks are put forward closes then.
    let late = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.1"}],"restrictions":{"start_time":"01:00","end_time":"02:30"}},
           {"components":[{"dimension":"energy","price":"0.5"}]}"#,
    );
    let closes = data(&late, Situation::start(instant("2026-03-08T09:30:00Z"), &UNKNOWN));
    assert_eq!(closes["nextPeriod"]["atTime"], json!("2026-03-08T10:00:00Z"));
}

#[test]
fn grace_counts_from_the_first_idle_minute() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"parking_time","price":"12"}],"restrictions":{"min_idle_time":3600}},
           {"components":[{"dimension":"parking_time","price":"6"}],"restrictions":{"min_idle_time":90}}"#,
    );
    let mut situation = Situation::start(instant("2026-11-24T00:00:00Z"), &UNKNOWN);
    assert_eq!(data(&tariff, situation)["idlePrice"], json!({"graceMinutes": 2, "hourPrice": 6}));
    situation.activity = Activity::Parking;
    situation.idle_seconds = 1_800;
    let idle = data(&tariff, situation);
    assert_eq!(idle["idlePrice"], json!({"graceMinutes": 2, "hourPrice": 6}));
    assert_eq!(idle["nextPeriod"]["atTime"], json!("2026-11-24T00:30:00Z"));
    assert_eq!(idle["nextPeriod"]["idlePrice"]["hourPrice"], json!(12));
}

#[test]
fn a_price_of_zero_until_some_idle_time_is_a_grace() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"parking_time","price":"0"}],"restrictions":{"max_idle_time":2700}},
           {"components":[{"dimension":"parking_time","price":"1"}],"restrictions":{"min_idle_time":1800}}"#,
    );
    let mut situation = Situation::start(instant("2026-11-24T00:00:00Z"), &UNKNOWN);
    situation.activity = Activity::Parking;
    assert_eq!(data(&tariff, situation)["idlePrice"], json!({"graceMinutes": 45, "hourPrice": 1}));
    situation.idle_seconds = 2_000;
    assert_eq!(data(&tariff, situation)["idlePrice"], json!({"graceMinutes": 45, "hourPrice": 1}));
}

#[test]
fn service_and_energy_are_one_price() {
    let tariff = full(
        r#"{"id":"t","currency":"CNY","elements":[{"components":[{"dimension":"energy","price":"0.6","vat":"13"},
            {"dimension":"service","price":"0.4","vat":"6"}]}]}"#,
    );
    let data = data(&tariff, Situation::start(instant("2026-11-24T00:00:00Z"), &UNKNOWN));
    // 0.6 × 1.13 + 0.4 × 1.06
    assert_eq!(data["chargingPrice"], json!({"kWhPrice": 1.102}));
    assert_eq!(price_text(&tariff, "zh-CN"), "0.678 CNY/kWh；服务费 0.424 CNY/kWh");
}

#[test]
fn what_the_model_lacks_is_in_the_text_and_noted() {
    let tariff = full(
        r#"{"id":"t","currency":"EUR","max_price":{"excl":"50"},
            "caps":[{"dimensions":["parking_time"],"per":"day","amount":"20"}],
            "discounts":[{"name":"Member","percent":"10"},{"name":"Hello","free_kwh":"5"}],
            "elements":[{"components":[{"dimension":"energy","price":"0.3"}],"restrictions":{"max_kwh":"20","evse_kind":"ac"}},
              {"components":[{"dimension":"energy","price":"0.5","step_size":100}]},
              {"components":[{"dimension":"parking_time","price":"6"}],
               "restrictions":{"min_idle_time":1800,"day_of_week":["saturday","monday","tuesday","wednesday"],"end_time":"00:00","start_time":"08:00"}},
              {"components":[{"dimension":"flat","price":"1"}],"restrictions":{"payment_brand":"VISA","start_date":"2026-01-01"}},
              {"components":[{"dimension":"flat","price":"3"}],"restrictions":{"reservation":"reservation"}}]}"#,
    );
    let price = default_price(&tariff, Los_Angeles, instant("2026-11-24T00:00:00Z"), &UNKNOWN, "en");
    let notes: Vec<String> = price.notes.iter().map(ToString::to_string).collect();
    let shown = json!({"en": price_text(&tariff, "en"), "zh": price_text(&tariff, "zh"), "notes": notes});
    assert_json_snapshot!("beyond", shown);
}

#[test]
fn a_text_that_is_too_long_for_a_key_is_cut() {
    let mut tariff = harbour();
    tariff.description[0].text = "\"".repeat(512);
    let price = default_price(&tariff, Los_Angeles, instant("2026-11-24T00:00:00Z"), &UNKNOWN, "en");
    assert!(price.key.value.chars().count() <= 500, "{}", price.key.value.len());
    assert!(price.key.value.contains("…"));
    serde_json::from_str::<Value>(&price.key.value).unwrap();
    assert!(price.notes.iter().any(|note| note.message.contains("is cut")));
}

#[test]
fn a_driver_is_told_the_price_in_every_language_there_is() {
    let told = set_user_price(&harbour(), "ABC123", "es");
    assert_eq!(told.data["idToken"], "ABC123");
    assert!(told.data["priceText"].as_str().unwrap().contains("Punta"));
    let extra: Vec<&str> = told.data["priceTextExtra"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["language"].as_str().unwrap())
        .collect();
    assert_eq!(extra, ["en", "zh"]);
    assert_eq!(texts(&harbour()).len(), 3);
}

#[test]
fn the_final_cost_has_its_parts() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.12","vat":"10"},{"dimension":"parking_time","price":"1","vat":"10"}]}"#,
    );
    let bill = replay(
        &tariff,
        Los_Angeles,
        "08:00",
        &[read("08:00", 0), parks("09:30"), read("09:30", 23_400)],
        "10:00",
    );
    let last = FinalCost {
        bill: &bill,
        transaction_id: 98_765,
        language: "en",
        receipt: Some("https://example.com/r/1"),
    };
    let data = final_cost(&last).unwrap().data;
    let words = "energy 23.4 kWh 3.09 EUR; idle time 30 min 0.55 EUR; total 3.64 EUR";
    assert_eq!(
        data,
        json!({"transactionId": 98_765, "cost": 3.64, "priceText": words, "qrCodeText": "https://example.com/r/1",
               "priceTextExtra": [{"format": "UTF8", "language": "zh",
                                   "content": "电费 23.4 kWh 3.09 EUR；占位费 30 分钟 0.55 EUR；合计 3.64 EUR"}]})
    );
    let chinese = final_cost(&FinalCost { language: "zh-CN", receipt: None, ..last }).unwrap().data;
    assert!(chinese["priceText"].as_str().unwrap().starts_with("电费"));
}

#[test]
fn an_unplugged_connector_is_read() {
    let read = read_unplugged(r#"{"transactionId": 123456, "timestamp": "2020-06-01T12:34:00Z"}"#).unwrap();
    assert_eq!((read.transaction_id, read.at), (123_456, instant("2020-06-01T12:34:00Z")));
    let wrong = read_unplugged(r#"{"transactionId": "x"}"#).unwrap_err();
    let problems: Vec<String> = wrong.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["transactionId: is not a whole number", "timestamp: is missing"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Until the next period the prices are those that were told, and at it those that were announced.
    #[test]
    fn the_announced_prices_are_those_that_come(start in 0_i64..20_000, seconds in 0_i64..691_200) {
        let tariff = harbour();
        // Around the night in which clocks go back.
        let begins = instant("2026-10-26T00:00:00Z") + TimeDelta::minutes(start);
        let now = data(&tariff, Situation::start(begins, &UNKNOWN));
        let next = instant(now["nextPeriod"]["atTime"].as_str().unwrap());
        let prices = |value: &Value| (value["chargingPrice"].clone(), value["idlePrice"].clone());
        let at = |at: DateTime<Utc>| {
            let situation = Situation { at, charging_seconds: (at - begins).num_seconds() as u32, ..Situation::start(begins, &UNKNOWN) };
            prices(&data(&tariff, situation))
        };
        prop_assert_eq!(at(next), prices(&now["nextPeriod"]));
        prop_assert_ne!(at(next), prices(&now));
        let between = begins + TimeDelta::seconds(seconds % (next - begins).num_seconds().max(1));
        prop_assert_eq!(at(between), prices(&now));
    }
}
