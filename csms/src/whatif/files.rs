//! Sessions out of files instead of a database: CDRs of OCPI 2.2.1, or readings of meters.

use super::{
    WhatIfError,
    readings::{ROWS_MAX, Row, csv, row},
    tally::{Costs, Outcome, Part, Tally},
};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::{Map, Value, value::RawValue};
use std::{collections::BTreeMap, sync::Arc};
use tariffs::{
    Bill, Charge, Energy, Plan, Policy, Pricer, Reading,
    ocpi::{
        Version,
        cdr::{Cdr, StatedCost, price, price_by_own, read_cdr},
    },
};

/// Under which tariff, and what the file does not tell.
#[derive(Debug, Clone)]
pub struct FileAsk {
    /// The other tariff.
    pub plan: Arc<Plan>,
    /// The clock of the place where the sessions were.
    pub zone: Tz,
    /// The tariff that readings were priced under: they have no price of their own.
    pub present: Option<Arc<Plan>>,
}

/// Prices the sessions of a file again. It is a JSON array, or JSON values one after another, of CDRs or of readings; or
/// CSV of readings with a line of names.
///
/// # Errors
/// [`WhatIfError::File`] names the CDR, the line and the field.
pub fn replay(text: &str, ask: &FileAsk) -> Result<Outcome, WhatIfError> {
    let mut tally = Tally::new(&ask.plan);
    match content(text)? {
        Content::Readings(sessions) => readings(sessions, ask, &mut tally)?,
        Content::Records(records) => {
            for (index, record) in records.iter().enumerate() {
                self::record(record.get(), index, ask, &mut tally)?;
            }
        }
    }
    Ok(tally.outcome())
}

/// The sessions of a file of readings, by their names; JSON or CSV as for [`replay`].
///
/// # Errors
/// [`WhatIfError::File`] names the line and the field.
pub fn sessions(text: &str) -> Result<BTreeMap<String, Vec<Reading>>, WhatIfError> {
    match content(text)? {
        Content::Readings(sessions) => Ok(sessions),
        Content::Records(_) => Err(refused("the file", "has CDRs, not readings")),
    }
}

/// What a file has.
enum Content<'a> {
    Records(Vec<&'a RawValue>),
    Readings(BTreeMap<String, Vec<Reading>>),
}

fn content(text: &str) -> Result<Content<'_>, WhatIfError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if !text.starts_with(['[', '{']) {
        return Ok(Content::Readings(by_session(csv(text)?)));
    }
    let values = values(text)?;
    let Some(first) = values.first() else { return Ok(Content::Records(values)) };
    if object(first, 0)?.contains_key("charging_periods") {
        return Ok(Content::Records(values));
    }
    let rows = values.iter().enumerate().map(|(index, value)| row(&object(value, index)?, index));
    Ok(Content::Readings(by_session(rows.collect::<Result<_, _>>()?)))
}

fn by_session(rows: Vec<Row>) -> BTreeMap<String, Vec<Reading>> {
    let mut sessions: BTreeMap<String, Vec<Reading>> = BTreeMap::new();
    for (session, reading) in rows {
        sessions.entry(session).or_default().push(reading);
    }
    sessions
}

/// A session's bill: from its first reading to its last.
pub fn bill(plan: &Arc<Plan>, zone: Tz, readings: &[Reading]) -> Bill {
    let at = |reading: &Reading| reading.at;
    let start = readings.iter().map(at).min().unwrap_or_default();
    let end = readings.iter().map(at).max().unwrap_or_default();
    Pricer::replay(plan.clone(), zone, start, readings.iter().copied()).bill(end)
}

pub(super) fn refused(place: impl Into<String>, why: impl std::fmt::Display) -> WhatIfError {
    WhatIfError::File { place: place.into(), why: why.to_string() }
}

/// The values of an array, or those that stand one after another.
fn values(text: &str) -> Result<Vec<&RawValue>, WhatIfError> {
    let read = if text.starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::Deserializer::from_str(text).into_iter::<&RawValue>().collect()
    };
    let values: Vec<&RawValue> = read.map_err(|error| refused("the file", error))?;
    if values.len() > ROWS_MAX {
        return Err(refused("the file", format!("has more than {ROWS_MAX} entries")));
    }
    Ok(values)
}

fn object(value: &RawValue, index: usize) -> Result<Map<String, Value>, WhatIfError> {
    serde_json::from_str(value.get()).map_err(|error| refused(format!("[{index}]"), error))
}

/// A CDR: what it states, and what it would state under the other tariff.
fn record(text: &str, index: usize, ask: &FileAsk, tally: &mut Tally) -> Result<(), WhatIfError> {
    let cdr = read_cdr(text, Version::V2_2_1).map_err(|invalid| refused(format!("[{index}]"), invalid))?;
    let name = if cdr.id.is_empty() { format!("[{index}]") } else { cdr.id.clone() };
    let tariff = ask.plan.tariff().currency;
    if let Some(is) = cdr.currency.filter(|is| *is != tariff) {
        return Err(WhatIfError::Currency { session: name, is, tariff });
    }
    let after =
        price(&cdr, &ask.plan, ask.zone).map_err(|wrong| refused(format!("[{index}]"), wrong))?.bill();
    let after = Costs::of(&after);
    let before = match stated(&cdr) {
        Some(before) => before,
        None => {
            let why = |problem: &dyn std::fmt::Display| {
                refused(
                    format!("[{index}].total_cost.incl_vat"),
                    format!("is missing, and the CDR cannot be priced by a tariff of its own ({problem})"),
                )
            };
            let priced = price_by_own(&cdr, ask.zone, Policy::default()).map_err(|problem| why(&problem))?;
            Costs::of(&priced.bill())
        }
    };
    // A Credit CDR takes back what it costs.
    let (before, after) = if cdr.credit { (before, negative(after)) } else { (before, after) };
    tally.add(&name, &before, &after);
    Ok(())
}

/// What a CDR states, if it states the gross.
fn stated(cdr: &Cdr) -> Option<Costs> {
    let stated = &cdr.stated;
    let total = stated.total_cost?;
    let hours = |hours: Option<Decimal>| hours.unwrap_or_default() * Decimal::from(3_600);
    let charging = hours(stated.total_time) - hours(stated.total_parking_time);
    let energy = stated.total_energy.unwrap_or_default();
    let parts = [
        (Charge::Energy, energy, stated.total_energy_cost),
        (Charge::Time, charging, stated.total_time_cost),
        (Charge::ParkingTime, hours(stated.total_parking_time), stated.total_parking_cost),
        (Charge::ReservationTime, Decimal::ONE, stated.total_reservation_cost),
        (Charge::Flat, Decimal::ONE, stated.total_fixed_cost),
    ];
    let part = |(charge, quantity, cost): (Charge, Decimal, Option<StatedCost>)| {
        let cost = cost?;
        let gross = cost.incl?;
        Some((charge, Part { quantity, net: cost.excl, gross }))
    };
    let energy = Energy::from_kwh(energy).map_or(0, Energy::mwh);
    Some(Costs {
        net: total.excl,
        gross: total.incl?,
        energy,
        parts: parts.into_iter().filter_map(part).collect(),
    })
}

fn negative(costs: Costs) -> Costs {
    let part = |(charge, part): (Charge, Part)| (charge, Part { net: -part.net, gross: -part.gross, ..part });
    Costs {
        net: -costs.net,
        gross: -costs.gross,
        energy: costs.energy,
        parts: costs.parts.into_iter().map(part).collect(),
    }
}

/// Prices readings, session by session, under both tariffs.
fn readings(
    sessions: BTreeMap<String, Vec<Reading>>,
    ask: &FileAsk,
    tally: &mut Tally,
) -> Result<(), WhatIfError> {
    let Some(present) = &ask.present else {
        return Err(refused(
            "the file",
            "has readings, which have no price of their own: name the present tariff too",
        ));
    };
    let (is, tariff) = (present.tariff().currency, ask.plan.tariff().currency);
    for (session, readings) in sessions {
        if is != tariff {
            return Err(WhatIfError::Currency { session, is, tariff });
        }
        let costs = |plan: &Arc<Plan>| Costs::of(&bill(plan, ask.zone, &readings));
        tally.add(&session, &costs(present), &costs(&ask.plan));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan(price: &str, currency: &str) -> Arc<Plan> {
        let json = json!({"id": price, "currency": currency, "elements": [{"components": [
            {"dimension": "energy", "price": price, "vat": "20"}, {"dimension": "parking_time", "price": "6"}]}]});
        Arc::new(Plan::new(Arc::new(tariffs::Tariff::from_json(&json.to_string()).unwrap())).unwrap())
    }

    fn ask(price: &str) -> FileAsk {
        FileAsk { plan: plan(price, "EUR"), zone: Tz::UTC, present: Some(plan("0.40", "EUR")) }
    }

    fn cdr(id: &str, kwh: &str, excl: &str, incl: &str) -> String {
        format!(
            r#"{{"id":"{id}","currency":"EUR","start_date_time":"2026-10-05T10:00:00Z",
            "end_date_time":"2026-10-05T11:00:00Z","charging_periods":[{{"start_date_time":"2026-10-05T10:00:00Z",
            "dimensions":[{{"type":"ENERGY","volume":{kwh}}},{{"type":"TIME","volume":1}}]}}],
            "total_energy":{kwh},"total_time":1,"total_energy_cost":{{"excl_vat":{excl},"incl_vat":{incl}}},
            "total_cost":{{"excl_vat":{excl},"incl_vat":{incl}}}}}"#
        )
    }

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn cdrs_are_compared_with_what_they_state() {
        let [a, b] = [cdr("a", "10", "4", "4.8"), cdr("b", "20", "8", "9.6")];
        for text in [format!("[{a},{b}]"), format!("{}\n{}\n", a.replace('\n', ""), b.replace('\n', ""))] {
            let outcome = replay(&text, &ask("0.50")).unwrap();
            assert_eq!((outcome.before.gross, outcome.after.gross), (dec("14.4"), dec("18")));
            assert_eq!((outcome.sessions, outcome.more.sessions), (2, 2));
            assert_eq!((outcome.rises[0].session.as_str(), outcome.rises[0].change), ("b", dec("2.4")));
            assert_eq!(outcome.parts.len(), 1);
            let same = replay(&text, &ask("0.40")).unwrap();
            assert_eq!((same.same.sessions, same.before, same.after), (2, outcome.before, outcome.before));
        }
    }

    #[test]
    fn a_credit_takes_back_under_both_tariffs() {
        let credit = cdr("c", "10", "4", "4.8")
            .replace(
                r#""total_cost":{"excl_vat":4,"incl_vat":4.8}"#,
                r#""total_cost":{"excl_vat":-4,"incl_vat":-4.8}"#,
            )
            .replacen('{', r#"{"credit":true,"#, 1);
        let outcome = replay(&credit, &ask("0.50")).unwrap();
        assert_eq!((outcome.before.gross, outcome.after.gross), (dec("-4.8"), dec("-6")));
    }

    #[test]
    fn readings_are_priced_under_both_tariffs() {
        let csv = "session,at,register_kwh,activity,power_kw\n\
                   s1,2026-10-05T11:00:00Z,110.5,parking,\n\
                   s1,2026-10-05T10:00:00+00:00,100.5,charging,11\n\
                   s2,2026-10-05T10:00:00Z,0,,\n\
                   s1,2026-10-05T11:30:00Z,,,\n\
                   s2,2026-10-05T12:00:00Z,20,,\n";
        let json = r#"[{"session":"s1","at":"2026-10-05T10:00:00Z","register_kwh":100.5,"power_kw":"11"},
            {"session":"s1","at":"2026-10-05T11:00:00Z","register_kwh":"110.5","activity":"parking"},
            {"session":"s1","at":"2026-10-05T11:30:00Z","register_kwh":null},
            {"session":"s2","at":"2026-10-05T10:00:00Z","register_kwh":0},
            {"session":"s2","at":"2026-10-05T12:00:00Z","register_kwh":20}]"#;
        for text in [csv, json] {
            let outcome = replay(text, &ask("0.30")).unwrap();
            // 30 kWh and half an hour of parking at 6.00 without VAT.
            assert_eq!((outcome.before.gross, outcome.after.gross), (dec("17.40"), dec("13.80")));
            assert_eq!(outcome.before.energy_kwh, dec("30"));
            assert_eq!((outcome.sessions, outcome.falls[0].session.as_str()), (2, "s2"));
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_by_its_place() {
        for (text, place, why) in [
            ("", "the file", "is empty"),
            ("[1]", "[0]", "expected a map"),
            ("{", "the file", "EOF"),
            ("session,at\n", "line 1", "has no column register_kwh"),
            ("session,at,register_kwh,soc\n", "line 1", "\"soc\""),
            ("session,at,register_kwh\na,2026-10-05T10:00:00Z\n", "line 2", "has 2 columns"),
            ("session,at,register_kwh\n,2026-10-05T10:00:00Z,1\n", "line 2: session", "is empty"),
            ("session,at,register_kwh\na,yesterday,1\n", "line 2: at", "2026-10-31T18:00:00Z"),
            (
                "session,at,register_kwh\na,2026-10-05T10:00:00Z,1e3\n",
                "line 2: register_kwh",
                "not a decimal",
            ),
            ("session,at,register_kwh,activity\na,2026-10-05T10:00:00Z,1,x\n", "line 2: activity", "parking"),
            (r#"[{"session":"a","at":"2026-10-05T10:00:00Z","kwh":1}]"#, "[0].kwh", "charging_periods"),
            (r#"[{"session":[],"at":"2026-10-05T10:00:00Z"}]"#, "[0].session", "neither"),
            (r#"[{"charging_periods":[]}]"#, "[0]", "start_date_time"),
        ] {
            let error = replay(text, &ask("1")).unwrap_err().to_string();
            assert!(error.starts_with(place) && error.contains(why), "{text:?}: {error}");
        }
        let bare = cdr("a", "1", "1", "1").replace(r#","incl_vat":1}}"#, "}}");
        let error = replay(&bare, &ask("1")).unwrap_err().to_string();
        assert!(error.starts_with("[0].total_cost.incl_vat: is missing"), "{error}");
        let readings = "session,at,register_kwh\na,2026-10-05T10:00:00Z,1\n";
        let without = FileAsk { present: None, ..ask("1") };
        assert!(replay(readings, &without).unwrap_err().to_string().contains("present tariff"));
    }

    #[test]
    fn two_currencies_are_refused_with_words() {
        let yuan = FileAsk { plan: plan("1", "CNY"), ..ask("1") };
        for text in
            [cdr("a", "1", "1", "1"), "session,at,register_kwh\na,2026-10-05T10:00:00Z,1\n".to_owned()]
        {
            let error = replay(&text, &yuan).unwrap_err().to_string();
            assert!(error.starts_with("session a was priced in EUR, and the tariff is in CNY"), "{error}");
        }
    }
}
