use super::super::Validation;
use super::*;
use crate::link::dialect::tests::now;
use ocpp::Version;
use proptest::prelude::*;
use serde_json::json;

fn lenient() -> Context {
    Context::new(Version::V16, Validation::Lenient, now())
}

fn read(sampled: Value) -> Sample {
    let list = vec![json!({"timestamp": "2026-08-22T10:20:30Z", "sampledValue": [sampled]})];
    readings(list, &mut lenient()).unwrap().remove(0).samples.remove(0)
}

#[test]
fn what_is_left_out_means_the_default() {
    let sample = read(json!({"value": "1500"}));
    assert_eq!(sample.measurand, meter::IMPORT_REGISTER);
    assert_eq!((sample.unit.as_str(), sample.value), ("Wh", Some(Decimal::from(1500))));
    assert_eq!((sample.context.as_str(), sample.location.as_str()), ("Sample.Periodic", "Outlet"));
    for (measurand, unit) in [
        ("Energy.Reactive.Import.Register", "varh"),
        ("Power.Active.Import", "W"),
        ("Power.Reactive.Import", "var"),
        ("Power.Factor", ""),
        ("Current.Import", "A"),
        ("Voltage", "V"),
        ("SoC", "Percent"),
        ("Frequency", "Hz"),
        ("Temperature", "Celsius"),
    ] {
        assert_eq!(read(json!({"value": "1", "measurand": measurand})).unit, unit, "{measurand}");
    }
}

/// Quirk 25 of the field.
#[test]
fn units_are_spelt_as_the_standard_spells_them() {
    for (told, want) in [
        ("kWh", "kWh"),
        ("kwh", "kWh"),
        ("KWH", "kWh"),
        ("wh", "Wh"),
        ("Celcius", "Celsius"),
        ("Hertz", "Hz"),
        ("hz", "Hz"),
        ("%", "Percent"),
        ("percent", "Percent"),
        ("Amps", "A"),
        (" W ", "W"),
        ("furlong", "furlong"),
    ] {
        assert_eq!(read(json!({"value": "1", "unit": told})).unit, want, "{told}");
    }
}

/// Quirk 28 of the field.
#[test]
fn numbers_are_read_strictly_then_carelessly() {
    for (told, want) in [
        ("12.5", Some("12.5")),
        ("-1", Some("-1")),
        ("+7", Some("7")),
        ("1e3", Some("1000")),
        ("1.5E-3", Some("0.0015")),
        (" 12.5 ", Some("12.5")),
        ("\"12.5\"", Some("12.5")),
        ("12,5", Some("12.5")),
        ("1,234,567", Some("1234567")),
        ("1,234.5", Some("1234.5")),
        ("1.234,5", Some("1234.5")),
        ("230 V", Some("230")),
        ("81%", Some("81")),
        ("12345678901234567.123", Some("12345678901234567.123")),
        ("NaN", None),
        ("inf", None),
        ("", None),
        ("--", None),
        ("1_000", None),
        ("99999999999999999999999999999999", None),
    ] {
        let sample = read(json!({"value": told}));
        assert_eq!(
            sample.value.map(|v| v.normalize()),
            want.map(|w| w.parse::<Decimal>().unwrap()),
            "{told}"
        );
        // What cannot be read is kept as it came.
        assert_eq!(sample.raw, want.is_none().then(|| told.into()), "{told}");
    }
}

#[test]
fn multipliers_are_applied() {
    for (value, multiplier, want) in
        [("7.4", 3, Some("7400")), ("7400", -3, Some("7.4")), ("5", 0, Some("5")), ("5", 99, None)]
    {
        let value: Value = serde_json::from_str(value).unwrap();
        let sample = read(json!({"value": value, "unitOfMeasure": {"unit": "W", "multiplier": multiplier}}));
        assert_eq!(sample.value.map(|v| v.normalize()), want.map(|w| w.parse::<Decimal>().unwrap()));
        assert_eq!(sample.unit, "W");
    }
}

#[test]
fn signed_data_is_kept_to_the_byte() {
    let ocmf = "OCMF|{\"FV\" : \"1.0\",\"RD\":[{\"RV\":1.500}]}|{\"SD\":\"3045…\"}";
    let sample = read(json!({"value": ocmf, "format": "SignedData", "context": "Transaction.End"}));
    assert_eq!((sample.value, sample.raw), (None, Some(ocmf.into())));
    let signed =
        json!({"signedMeterData": ocmf, "encodingMethod": "OCMF", "signingMethod": "", "publicKey": ""});
    let sample = read(json!({"value": 1.5, "signedMeterValue": signed}));
    assert_eq!((sample.value, sample.raw), (Some("1.5".parse().unwrap()), Some(signed)));
}

/// Quirk 27 of the field.
#[test]
fn phases_that_are_spread_over_entries_are_one_reading() {
    let entry = |second: u32, phase: &str, value: &str| json!({"timestamp": format!("2026-08-22T10:20:{second:02}Z"), "sampledValue": [{"value": value, "phase": phase}]});
    let spread = vec![entry(1, "L1", "1"), entry(1, "L2", "2"), entry(2, "L3", "3"), entry(30, "L1", "4")];
    let got = readings(spread, &mut lenient()).unwrap();
    assert_eq!(got.iter().map(|r| r.samples.len()).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(meter::register_wh(&got[0].samples), Some(Decimal::from(6)));
    // A total that follows within a second is a reading of its own.
    let totals = vec![entry(1, "", "1"), entry(2, "", "2")];
    assert_eq!(readings(totals, &mut lenient()).unwrap().len(), 2);
}

#[test]
fn instants_that_cannot_be_read_are_those_of_arrival() {
    let entry = json!({"timestamp": "yesterday", "sampledValue": [{"value": "1"}]});
    let mut context = lenient();
    assert_eq!(readings(vec![entry.clone()], &mut context).unwrap()[0].at, now());
    assert_eq!(context.deviations[0].rule, "unreadable-time");
    let mut strict = Context::new(Version::V16, Validation::Strict, now());
    assert!(readings(vec![entry], &mut strict).is_err());
}

proptest! {
    #[test]
    fn any_value_is_read_or_kept(text in "\\PC{0,30}", digits in "[-+]?[0-9]{0,30}[.,]?[0-9]{0,10}([eE]-?[0-9]{1,4})?") {
        for told in [text, digits] {
            let sample = read(json!({"value": told.clone()}));
            prop_assert_eq!(sample.value.is_none(), sample.raw == Some(told.into()));
        }
    }

    #[test]
    fn decimals_survive_the_way_through_json(whole in -1_000_000_000i64..1_000_000_000, millis in 0u32..1000) {
        let told = format!("{whole}.{millis:03}");
        let value: Value = serde_json::from_str(&told).unwrap();
        prop_assert_eq!(read(json!({"value": value})).value.unwrap(), told.parse::<Decimal>().unwrap());
    }
}
