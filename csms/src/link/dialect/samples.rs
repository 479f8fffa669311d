//! Meter values of all versions as readings: defaults filled in, numbers and units as the standard writes them.

use super::fields::{Context, Fields, decimal, exact};
use crate::meter;
use crate::model::{Reading, Sample};
use chrono::TimeDelta;
use ocpp::Fault;
use rust_decimal::Decimal;
use serde_json::Value;

/// Parts of one reading that a station spreads over several entries lie at most so far apart.
const SAME_INSTANT: TimeDelta = TimeDelta::seconds(2);

/// Reads a list of `MeterValue` (1.6 §7.30) or `MeterValueType` (2.x).
///
/// # Errors
/// In strict mode, for an instant that cannot be read.
pub fn readings(list: Vec<Value>, context: &mut Context) -> Result<Vec<Reading>, Fault> {
    let mut readings: Vec<Reading> = Vec::with_capacity(list.len());
    for entry in list {
        let mut entry = Fields::of(entry);
        let at = context.instant(entry.peek("timestamp"), "/meterValue/*/timestamp")?.at;
        let samples: Vec<Sample> =
            entry.list("sampledValue").into_iter().map(|value| sample(Fields::of(value), context)).collect();
        match readings.last_mut() {
            Some(last) if (at - last.at).abs() <= SAME_INSTANT && complements(&last.samples, &samples) => {
                last.samples.extend(samples);
            }
            _ if samples.is_empty() => {}
            _ => readings.push(Reading { at, samples }),
        }
    }
    Ok(readings)
}

/// Some stations send each phase as an entry of its own: they belong together unless one repeats another.
fn complements(one: &[Sample], other: &[Sample]) -> bool {
    let same =
        |a: &Sample, b: &Sample| a.measurand == b.measurand && a.phase == b.phase && a.location == b.location;
    !other.iter().any(|sample| one.iter().any(|known| same(known, sample)))
}

fn sample(mut fields: Fields, context: &mut Context) -> Sample {
    let or = |told: Option<String>, default: &str| told.unwrap_or_else(|| default.to_owned());
    let measurand = or(fields.some("measurand"), meter::IMPORT_REGISTER);
    let mut measure = fields.object("unitOfMeasure");
    let told_unit = measure.some("unit").or_else(|| fields.some("unit"));
    let multiplier = measure.int("multiplier").unwrap_or(0);
    let is_signed = fields.peek("format") == Some("SignedData");
    let signature = fields.take("signedMeterValue");
    let told = fields.take("value");
    let value = if is_signed { None } else { told.as_ref().and_then(|told| number(told, context)) };
    let value = value.and_then(|value| scale(value, multiplier));
    let raw = match (signature, value) {
        (Some(signature), _) => Some(signature),
        (None, Some(_)) => None,
        (None, None) => told,
    };
    Sample {
        unit: unit(told_unit.as_deref(), &measurand, context),
        measurand,
        value,
        phase: fields.text("phase"),
        context: or(fields.some("context"), "Sample.Periodic"),
        location: or(fields.some("location"), "Outlet"),
        raw,
    }
}

/// A number by the letter, else as printed by careless firmware: blanks, quotes, a decimal comma, a unit behind it.
fn number(value: &Value, context: &mut Context) -> Option<Decimal> {
    let read = match value {
        Value::String(text) => exact(text),
        other => decimal(other),
    };
    if read.is_some() {
        return read;
    }
    let Value::String(text) = value else { return None };
    context.note("/meterValue/*/sampledValue/*/value", "odd-number", text);
    careless(text)
}

fn careless(text: &str) -> Option<Decimal> {
    let bare: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\0')).collect();
    let bare = bare.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    let (comma, point) = (bare.rfind(','), bare.rfind('.'));
    match (comma, point) {
        (None, _) => exact(bare),
        // "1,234.5": the comma groups thousands.
        (Some(comma), Some(point)) if comma < point => exact(&bare.replace(',', "")),
        (Some(_), Some(_)) => exact(&bare.replace('.', "").replace(',', ".")),
        (Some(_), None) if bare.matches(',').count() == 1 => exact(&bare.replace(',', ".")),
        (Some(_), None) => exact(&bare.replace(',', "")),
    }
}

/// value · 10^multiplier; `None` where that leaves the range of any meter.
fn scale(value: Decimal, multiplier: i64) -> Option<Decimal> {
    let ten = Decimal::TEN;
    let steps = u32::try_from(multiplier.unsigned_abs()).ok().filter(|steps| *steps <= 20)?;
    (0..steps).try_fold(
        value,
        |value, _| {
            if multiplier > 0 { value.checked_mul(ten) } else { value.checked_div(ten) }
        },
    )
}

/// The unit as the standard spells it; a unit that nobody knows stays as it was sent.
fn unit(told: Option<&str>, measurand: &str, context: &mut Context) -> String {
    let Some(told) = told else { return default_unit(measurand).to_owned() };
    const KNOWN: [&str; 19] = [
        "Wh",
        "kWh",
        "varh",
        "kvarh",
        "VAh",
        "kVAh",
        "W",
        "kW",
        "VA",
        "kVA",
        "var",
        "kvar",
        "A",
        "V",
        "Percent",
        "Celsius",
        "Fahrenheit",
        "K",
        "Hz",
    ];
    if KNOWN.contains(&told) {
        return told.to_owned();
    }
    match told {
        // 1.6 has these words in its own list, one of them misspelt.
        "Celcius" => return "Celsius".to_owned(),
        "Hertz" => return "Hz".to_owned(),
        _ => {}
    }
    let bare = told.trim();
    let meant = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(bare)).or_else(|| {
        Some(match bare.to_lowercase().as_str() {
            "celcius" | "c" | "°c" => "Celsius",
            "f" | "°f" => "Fahrenheit",
            "kelvin" => "K",
            "hertz" => "Hz",
            "%" | "percentage" => "Percent",
            "amp" | "amps" | "ampere" | "amperes" => "A",
            "volt" | "volts" => "V",
            "watt" | "watts" => "W",
            _ => return None,
        })
    });
    match meant {
        Some(meant) => {
            context.note("/meterValue/*/sampledValue/*/unit", "odd-unit", told);
            meant.to_owned()
        }
        None => told.to_owned(),
    }
}

fn default_unit(measurand: &str) -> &'static str {
    let reactive = measurand.contains(".Reactive.");
    match measurand.split('.').next() {
        Some("Energy") if reactive => "varh",
        Some("Energy") => "Wh",
        Some("Power") if reactive => "var",
        Some("Power") if measurand.ends_with(".Factor") => "",
        Some("Power") => "W",
        Some("Current") => "A",
        Some("Voltage") => "V",
        Some("Frequency") => "Hz",
        Some("SoC") => "Percent",
        Some("Temperature") => "Celsius",
        _ => "",
    }
}

#[cfg(test)]
#[path = "samples_tests.rs"]
mod tests;
