//! How numbers and instants are written. Energy and money stay whole numbers and decimals all the way.

use super::words::price_as_read;
use crate::i18n::{Catalog, Lang};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use tera::{Kwargs, State, Tera, TeraResult, Value};

/// A dash for what is not known.
const UNKNOWN: &str = "–";

/// `12_345_678` mWh → `12.346` (kWh, three decimals, rounded half up).
pub fn energy_text(mwh: i64) -> String {
    let wh = (mwh.unsigned_abs() + 500) / 1000;
    let sign = if mwh < 0 && wh > 0 { "−" } else { "" };
    format!("{sign}{}.{:03}", wh / 1000, wh % 1000)
}

/// `11_040` W → `11.0` (kW, one decimal, rounded half up).
pub fn power_text(watts: i64) -> String {
    let tenths = (watts.unsigned_abs() + 50) / 100;
    let sign = if watts < 0 && tenths > 0 { "−" } else { "" };
    format!("{sign}{}.{}", tenths / 10, tenths % 10)
}

/// `12_345_678` mWh → `12.3` (kWh, one decimal, rounded half up).
fn energy_short(mwh: i64) -> String {
    let tenths = (mwh.max(0) + 50_000) / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// `850` → `850 m`, `1_250` → `1.3 km`.
fn distance_text(metres: i64) -> String {
    if metres < 1_000 {
        return format!("{metres} m");
    }
    let tenths = (metres + 50) / 100;
    format!("{}.{} km", tenths / 10, tenths % 10)
}

/// `252` → `4:12`, `3_700` → `1:01:40`: as the script counts it down.
fn left_text(seconds: i64) -> String {
    let s = seconds.max(0);
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        hours => format!("{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// Seconds → `1 h 23 min`, in the language.
pub fn duration_text(seconds: i64, texts: &Catalog) -> String {
    let s = seconds.max(0);
    let (days, hours, minutes) = (s / 86_400, s / 3600 % 24, s / 60 % 60);
    let text = |key: &str, a: i64, b: i64| texts.text(key, &[("a", &a), ("b", &b)]).unwrap_or_default();
    match (days, hours, minutes) {
        (0, 0, 0) => text("time.span_s", s, 0),
        (0, 0, m) => text("time.span_min", m, s % 60),
        (0, h, m) => text("time.span_h", h, m),
        (d, h, _) => text("time.span_d", d, h),
    }
}

/// The zone of an IANA name; UTC where the name is unknown.
pub fn zone_of(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// `0.4` → `0.40`, `12.345` → `12.345`: at least the two decimals that people expect of money.
fn money_text(amount: &str, currency: &str) -> String {
    let Ok(value) = amount.parse::<Decimal>() else { return UNKNOWN.to_owned() };
    let value = value.normalize();
    let places = if currency == "JPY" || currency == "KRW" { 0 } else { 2 };
    let text =
        if value.scale() < places { format!("{value:.0$}", places as usize) } else { value.to_string() };
    format!("{text}\u{a0}{currency}")
}

fn ago_text(seconds: i64, texts: &Catalog) -> Option<String> {
    let (key, n) = match seconds {
        i64::MIN..=-1 => return None,
        0..=4 => ("time.now", 0),
        5..=89 => ("time.ago_s", seconds),
        90..=5399 => ("time.ago_min", (seconds + 30) / 60),
        5400..=86_399 => ("time.ago_h", (seconds + 1800) / 3600),
        _ => return None,
    };
    texts.text(key, &[("n", &n)]).ok()
}

/// What the frame says about time: the present and the zone.
fn frame(state: &State) -> TeraResult<(DateTime<Utc>, Tz)> {
    #[derive(serde::Deserialize)]
    struct Frame {
        now: DateTime<Utc>,
        zone: String,
    }
    let shell = state.get::<Value>("shell")?.unwrap_or_else(Value::none);
    let text = |name: &str| shell.get_from_path(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let frame = Frame { now: text("now").parse().unwrap_or_default(), zone: text("zone") };
    Ok((frame.now, zone_of(&frame.zone)))
}

fn parse(at: &Value) -> Option<DateTime<Utc>> {
    at.as_str().and_then(|text| text.parse().ok())
}

fn time_element(at: DateTime<Utc>, zone: Tz, text: &str) -> Value {
    let local = at.with_timezone(&zone);
    Value::safe_string(&format!(
        "<time datetime=\"{}\" title=\"{} {}\">{text}</time>",
        at.format("%Y-%m-%dT%H:%M:%SZ"),
        local.format("%Y-%m-%d %H:%M:%S"),
        zone.name(),
    ))
}

/// Registers the filters: `ago`, `at`, `clock`, `kwh`, `kw`, `money`, `span`.
pub(super) fn register(tera: &mut Tera, lang: Lang) {
    // Relative within a day, else the date.
    tera.register_filter("ago", move |at: Value, _: Kwargs, state: &State| -> TeraResult<Value> {
        let Some(at) = parse(&at) else { return Ok(Value::from(UNKNOWN)) };
        let (now, zone) = frame(state)?;
        let text = ago_text((now - at).num_seconds(), lang.catalog())
            .unwrap_or_else(|| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string());
        Ok(time_element(at, zone, &text))
    });
    // Date and time to the minute; `zone` may name another one than the frame's.
    tera.register_filter("at", |at: Value, kwargs: Kwargs, state: &State| -> TeraResult<Value> {
        let Some(at) = parse(&at) else { return Ok(Value::from(UNKNOWN)) };
        let zone = kwargs.get::<&str>("zone")?.map_or(frame(state)?.1, zone_of);
        Ok(time_element(at, zone, &at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()))
    });
    // Time of day to the second.
    tera.register_filter("clock", |at: Value, kwargs: Kwargs, state: &State| -> TeraResult<Value> {
        let Some(at) = parse(&at) else { return Ok(Value::from(UNKNOWN)) };
        let zone = kwargs.get::<&str>("zone")?.map_or(frame(state)?.1, zone_of);
        Ok(time_element(at, zone, &at.with_timezone(&zone).format("%m-%d %H:%M:%S").to_string()))
    });
    tera.register_filter("kwh", |mwh: Value, _: Kwargs, _: &State| -> String {
        mwh.as_i64().map_or(UNKNOWN.to_owned(), energy_text)
    });
    tera.register_filter("kw", |watts: Value, _: Kwargs, _: &State| -> String {
        watts.as_i64().map_or(UNKNOWN.to_owned(), power_text)
    });
    // For drivers: one decimal, whole kilowatts where they are whole, hours and minutes, metres, what is left of a time.
    tera.register_filter("kwh1", |mwh: i64, _: Kwargs, _: &State| -> String { energy_short(mwh) });
    tera.register_filter("kw_short", |watts: i64, _: Kwargs, _: &State| -> String {
        let text = power_text(watts);
        text.strip_suffix(".0").unwrap_or(&text).to_owned()
    });
    tera.register_filter("hm", |at: Value, kwargs: Kwargs, state: &State| -> TeraResult<Value> {
        let Some(at) = parse(&at) else { return Ok(Value::from(UNKNOWN)) };
        let zone = kwargs.get::<&str>("zone")?.map_or(frame(state)?.1, zone_of);
        Ok(time_element(at, zone, &at.with_timezone(&zone).format("%H:%M").to_string()))
    });
    tera.register_filter("metres", |metres: i64, _: Kwargs, _: &State| -> String { distance_text(metres) });
    tera.register_filter("clock_left", |seconds: i64, _: Kwargs, _: &State| -> String { left_text(seconds) });
    tera.register_filter("money", |amount: &str, kwargs: Kwargs, _: &State| -> TeraResult<String> {
        Ok(money_text(amount, kwargs.must_get::<&str>("in")?))
    });
    tera.register_filter("price", |amount: &str, kwargs: Kwargs, _: &State| -> TeraResult<String> {
        let read = || Some((amount.parse().ok()?, kwargs.get::<&str>("in").ok()??.parse().ok()?));
        Ok(read().map_or(UNKNOWN.to_owned(), |(amount, currency)| price_as_read(amount, currency)))
    });
    tera.register_filter("span", move |seconds: i64, _: Kwargs, _: &State| -> String {
        duration_text(seconds, lang.catalog())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_and_power_are_rounded_not_cut() {
        for (mwh, text) in
            [(0, "0.000"), (499, "0.000"), (500, "0.001"), (12_345_678, "12.346"), (-1_500_000, "−1.500")]
        {
            assert_eq!(energy_text(mwh), text);
        }
        for (watts, text) in
            [(0, "0.0"), (49, "0.0"), (50, "0.1"), (11_040, "11.0"), (149_960, "150.0"), (-3_680, "−3.7")]
        {
            assert_eq!(power_text(watts), text);
        }
    }

    #[test]
    fn money_keeps_what_is_there_and_shows_two_decimals() {
        assert_eq!(money_text("0.4", "EUR"), "0.40\u{a0}EUR");
        assert_eq!(money_text("12.345", "EUR"), "12.345\u{a0}EUR");
        assert_eq!(money_text("1200.00", "JPY"), "1200\u{a0}JPY");
        assert_eq!(money_text("", "EUR"), UNKNOWN);
    }

    #[test]
    fn what_drivers_read_is_short() {
        assert_eq!([energy_short(12_349_999), energy_short(12_350_000)], ["12.3", "12.4"]);
        assert_eq!([distance_text(850), distance_text(1_250)], ["850 m", "1.3 km"]);
        assert_eq!(
            [left_text(252), left_text(9), left_text(3_700), left_text(-1)],
            ["4:12", "0:09", "1:01:40", "0:00"]
        );
    }

    #[test]
    fn spans_and_ages_read_well() {
        let en = Lang::En.catalog();
        assert_eq!(duration_text(42, en), "42 s");
        assert_eq!(duration_text(4_980, en), "1 h 23 min");
        assert_eq!(duration_text(90_000, en), "1 d 1 h");
        assert_eq!(ago_text(2, en).unwrap(), "just now");
        assert_eq!(ago_text(89, en).unwrap(), "89 s ago");
        assert_eq!(ago_text(180, en).unwrap(), "3 min ago");
        assert_eq!(ago_text(86_400, en), None);
        assert_eq!(ago_text(-1, en), None);
    }
}
