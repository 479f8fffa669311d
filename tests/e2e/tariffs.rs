//! Tariffs in files, as whoever writes, checks or is billed by them meets them. No database is made for it.

use crate::harness::{bare, text};
use serde_json::{Value, json};
use std::{path::Path, process::Output};

/// The complex example of OCPI's chapter Tariffs.
fn ocpi() -> Value {
    let week = json!(["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]);
    let element = |kind: &str, price: f64, vat: i32, step: i32, restrictions: Value| {
        json!({ "price_components": [{ "type": kind, "price": price, "vat": vat, "step_size": step }],
            "restrictions": restrictions })
    };
    json!({
        "country_code": "DE", "party_id": "ALL", "id": "14", "currency": "EUR", "type": "REGULAR",
        "elements": [
            element("FLAT", 2.5, 15, 1, Value::Null),
            element("TIME", 1.0, 20, 900, json!({ "max_current": 32 })),
            element("TIME", 2.0, 20, 600, json!({ "min_current": 32, "day_of_week": week })),
            element("TIME", 1.25, 20, 600, json!({ "min_current": 32, "day_of_week": ["SATURDAY", "SUNDAY"] })),
            element("PARKING_TIME", 6.0, 10, 300,
                json!({ "start_time": "10:00", "end_time": "17:00", "day_of_week": ["SATURDAY"] })),
        ],
        "last_updated": "2015-06-29T20:39:09Z"
    })
}

/// Its Saturday: 114 minutes of charging at 43 A, 71 minutes of parking.
fn saturday() -> Value {
    json!({
        "id": "cdr-1", "currency": "EUR",
        "start_date_time": "2026-11-28T12:30:00Z", "end_date_time": "2026-11-28T15:35:00Z",
        "charging_periods": [
            { "start_date_time": "2026-11-28T12:30:00Z", "dimensions": [{ "type": "TIME", "volume": 1.9 },
                { "type": "MIN_CURRENT", "volume": 43 }, { "type": "MAX_CURRENT", "volume": 43 }] },
            { "start_date_time": "2026-11-28T14:24:00Z", "dimensions": [{ "type": "PARKING_TIME", "volume": 1.1833 }] }
        ],
        "total_cost": { "excl_vat": 12.28, "incl_vat": 13.861 }, "total_energy": 0, "total_time": 3.0833
    })
}

fn write(folder: &Path, name: &str, content: &Value) {
    std::fs::write(folder.join(name), content.to_string()).unwrap();
}

async fn tariff(folder: &Path, arguments: &str) -> Output {
    let output = bare(folder).arg("tariff").args(arguments.split(' ')).output().await.unwrap();
    let made = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        made.into_iter().all(|name| name.to_string_lossy().ends_with(".json")),
        "only our files are here"
    );
    output
}

#[tokio::test]
async fn a_record_is_priced_to_ocpis_totals_in_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let (old, mut new) = (ocpi(), ocpi());
    new["tax_included"] = json!("NO");
    write(folder.path(), "old.json", &old);
    write(folder.path(), "new.json", &new);
    let mut cdr = saturday();
    write(folder.path(), "cdr-old.json", &cdr);
    cdr["total_cost"] = json!({ "before_taxes": 12.28, "taxes": [{ "name": "VAT", "amount": 1.581 }] });
    write(folder.path(), "cdr-new.json", &cdr);
    let price = "price --time-zone Europe/Amsterdam --json";
    let mut totals = Vec::new();
    for arguments in [
        format!("{price} --tariff old.json --cdr cdr-old.json"),
        format!("{price} --tariff old.json --cdr cdr-old.json --version 2.2.1"),
        format!("{price} --tariff new.json --cdr cdr-new.json --version 2.3.0"),
    ] {
        let output = tariff(folder.path(), &arguments).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        totals.push(serde_json::from_slice::<Value>(&output.stdout).unwrap());
    }
    assert_eq!(totals[0]["total_cost"], json!({ "excl_vat": 12.375, "incl_vat": 13.975 }));
    assert_eq!(totals[0]["total_fixed_cost"], json!({ "excl_vat": 2.5, "incl_vat": 2.875 }));
    assert_eq!(totals[0]["total_time_cost"], json!({ "excl_vat": 2.375, "incl_vat": 2.85 }));
    assert_eq!(totals[0]["total_parking_cost"], json!({ "excl_vat": 7.5, "incl_vat": 8.25 }));
    assert_eq!(totals[0]["total_energy_cost"], json!({ "excl_vat": 0, "incl_vat": 0 }));
    assert!(totals.iter().all(|other| *other == totals[0]), "{totals:#?}");

    let output =
        tariff(folder.path(), "price --time-zone Europe/Amsterdam --tariff old.json --cdr cdr-old.json")
            .await;
    let told = text(&output.stdout);
    assert!(told.contains("13:30–15:24 charging, 1 h 54 min × 1.25/h = 2.38 EUR"), "{told}");
    assert!(told.contains("Differs: total_cost.excl_vat: stated is 12.28, priced is 12.375"), "{told}");
}

#[tokio::test]
async fn a_record_may_bring_its_own_tariff() {
    let folder = tempfile::tempdir().unwrap();
    let mut cdr = saturday();
    cdr["tariffs"] = json!([ocpi()]);
    write(folder.path(), "cdr.json", &cdr);
    let output =
        tariff(folder.path(), "price --time-zone Europe/Amsterdam --cdr cdr.json --json --decimals 2").await;
    let totals: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(totals["total_cost"], json!({ "excl_vat": 12.38, "incl_vat": 13.98 }));
}

#[tokio::test]
async fn sessions_of_meter_readings_are_billed() {
    let folder = tempfile::tempdir().unwrap();
    let own = json!({ "id": "t", "currency": "EUR", "elements": [
        { "components": [{ "dimension": "energy", "price": "0.5", "vat": "20" }] },
        { "components": [{ "dimension": "parking_time", "price": "6", "vat": "20" }],
          "restrictions": { "min_idle_time": 900 } }] });
    write(folder.path(), "own.json", &own);
    let reading = |session: &str, at: &str, kwh: &str, activity: Value| {
        json!({ "session": session,
        "at": format!("2026-11-23T{at}:00Z"), "register_kwh": kwh, "activity": activity })
    };
    let readings = json!([
        reading("a", "10:00", "100", Value::Null),
        reading("a", "11:00", "112.345", json!("parking")),
        reading("a", "12:00", "112.345", Value::Null),
        reading("b", "10:30", "7", Value::Null),
        reading("b", "10:45", "8", Value::Null),
    ]);
    write(folder.path(), "readings.json", &readings);
    let price = "price --tariff own.json --readings readings.json --time-zone Europe/Berlin";
    let told = text(&tariff(folder.path(), price).await.stdout);
    assert!(
        told.contains("11:00–12:00, 12.345 kWh × 0.50 = 6.17 EUR, with 20 % VAT 1.24: 7.41 EUR"),
        "{told}"
    );
    assert!(told.contains("12:15–13:00 parking, 45 min × 6.00/h = 4.50 EUR"), "{told}");
    let bills: Value =
        serde_json::from_slice(&tariff(folder.path(), &format!("{price} --json")).await.stdout).unwrap();
    assert_eq!((&bills[0]["session"], &bills[0]["bill"]["total_incl"]), (&json!("a"), &json!("12.81")));
    assert_eq!((&bills[1]["session"], &bills[1]["bill"]["total_excl"]), (&json!("b"), &json!("0.50")));
    let refused = tariff(folder.path(), "price --tariff own.json --readings own.json --time-zone UTC").await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("The readings in own.json cannot be used."));
}

#[tokio::test]
async fn absurd_input_is_refused_by_the_path_of_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = ocpi();
    wrong["elements"][1]["price_components"][0]["price"] = json!(-1);
    wrong["elements"][4]["restrictions"]["end_time"] = json!("25:00");
    write(folder.path(), "wrong.json", &wrong);
    write(folder.path(), "cdr.json", &saturday());
    let output = tariff(folder.path(), "check wrong.json").await;
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stdout);
    assert!(told.contains("error    elements[1].price_components[0].price: is negative"), "{told}");
    assert!(told.contains("elements[4].restrictions.end_time: is not a time of day"), "{told}");
    let output =
        tariff(folder.path(), "price --time-zone UTC --tariff wrong.json --cdr cdr.json --json").await;
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("elements[1].price_components[0].price: is negative"));
    let mut cdr = saturday();
    cdr["charging_periods"][1]["dimensions"][0]["volume"] = json!(-2);
    write(folder.path(), "cdr.json", &cdr);
    write(folder.path(), "right.json", &ocpi());
    let output = tariff(folder.path(), "price --time-zone UTC --tariff right.json --cdr cdr.json").await;
    let told = text(&output.stderr);
    assert!(told.contains("charging_periods[1].dimensions[0].volume: is negative"), "{told}");
    let output = tariff(folder.path(), "price --time-zone Mars --tariff right.json --cdr cdr.json").await;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("Mars is not a time zone like Europe/Amsterdam"));
}

#[tokio::test]
async fn a_tariff_is_explained_and_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let own = json!({ "id": "day-night", "currency": "EUR", "elements": [
        { "name": "night", "components": [{ "dimension": "energy", "price": "0.3", "vat": "19" }],
          "restrictions": { "start_time": "22:00", "end_time": "06:00" } },
        { "components": [{ "dimension": "energy", "price": "0.5", "vat": "19" }] },
        { "components": [{ "dimension": "parking_time", "price": "6", "vat": "19" }],
          "restrictions": { "min_idle_time": 900 } }] });
    write(folder.path(), "own.json", &own);
    let told = text(
        &tariff(folder.path(), "explain own.json --time-zone Europe/Berlin --week 2026-10-25").await.stdout,
    );
    assert!(told.contains("0.30 EUR per kWh plus 19 % VAT"), "{told}");
    assert!(told.contains("Week of 2026-10-19, Europe/Berlin: from 0.357 to 0.595"), "{told}");
    let zh = text(&tariff(folder.path(), "explain own.json --language zh").await.stdout);
    assert!(zh.contains("增值税"), "{zh}");
    let ocpp: Value =
        serde_json::from_slice(&tariff(folder.path(), "render own.json --as ocpp-2.1").await.stdout).unwrap();
    assert_eq!(ocpp["idleTime"]["prices"][0]["conditions"]["minIdleTime"], 900);
    assert_eq!(ocpp["energy"]["prices"][0]["conditions"]["startTimeOfDay"], "22:00");
    // A grace is what OCPI has no word for.
    let refused = tariff(folder.path(), "render own.json --as ocpi-2.2.1 --country DE --party WAT").await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("elements[2].restrictions.min_idle_time"),
        "{}",
        text(&refused.stderr)
    );
    let keys: Value =
        serde_json::from_slice(&tariff(folder.path(), "render own.json --as california").await.stdout)
            .unwrap();
    assert!(keys["DefaultPrice"].as_str().unwrap().contains("chargingPrice"), "{keys}");
}
