//! A tariff of OCPI 2.2.1 as the generator knows it, and its JSON.

use std::fmt::{self, Write as _};

use chrono::{NaiveDate, Weekday};
use rust_decimal::Decimal;

/// A tariff in euros.
#[derive(Debug, Clone, Default)]
pub struct Tariff {
    /// In order.
    pub elements: Vec<Element>,
    /// What a session costs at least.
    pub min_price: Option<Limit>,
    /// What a session costs at most.
    pub max_price: Option<Limit>,
}

/// A limit of the total.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Without VAT.
    pub excl: Decimal,
    /// With VAT, if given.
    pub incl: Option<Decimal>,
}

/// Components with the restrictions that they share.
#[derive(Debug, Clone, Default)]
pub struct Element {
    /// At most one of each dimension.
    pub components: Vec<Component>,
    /// All must be met.
    pub restrictions: Restrictions,
}

/// The price of one dimension.
#[derive(Debug, Clone, Copy)]
pub struct Component {
    /// What is priced.
    pub dimension: Dimension,
    /// Per kWh, per hour, or once.
    pub price: Decimal,
    /// In percent.
    pub vat: Option<Decimal>,
    /// In Wh or in seconds.
    pub step_size: u32,
}

/// What a component prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Energy.
    Energy,
    /// The session.
    Flat,
    /// Time without charging.
    ParkingTime,
    /// Time of charging.
    Time,
}

/// When an element holds.
#[derive(Debug, Clone, Default)]
pub struct Restrictions {
    /// In minutes since midnight, local.
    pub start_time: Option<u16>,
    /// In minutes since midnight, local.
    pub end_time: Option<u16>,
    /// The first day.
    pub start_date: Option<NaiveDate>,
    /// The day after the last.
    pub end_date: Option<NaiveDate>,
    /// In Wh.
    pub min_wh: Option<i64>,
    /// In Wh.
    pub max_wh: Option<i64>,
    /// In A.
    pub min_current: Option<Decimal>,
    /// In A.
    pub max_current: Option<Decimal>,
    /// In kW.
    pub min_power: Option<Decimal>,
    /// In kW.
    pub max_power: Option<Decimal>,
    /// In seconds.
    pub min_duration: Option<u32>,
    /// In seconds.
    pub max_duration: Option<u32>,
    /// Any day if empty.
    pub days: Vec<Weekday>,
    /// `RESERVATION` or `RESERVATION_EXPIRES`.
    pub reservation: Option<&'static str>,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Dimension; 4] =
        [Dimension::Energy, Dimension::Flat, Dimension::ParkingTime, Dimension::Time];

    fn name(self) -> &'static str {
        match self {
            Dimension::Energy => "ENERGY",
            Dimension::Flat => "FLAT",
            Dimension::ParkingTime => "PARKING_TIME",
            Dimension::Time => "TIME",
        }
    }
}

impl Restrictions {
    /// Is one of them about power or current?
    pub fn electrical(&self) -> bool {
        [self.min_current, self.max_current, self.min_power, self.max_power].iter().any(Option::is_some)
    }

    fn json(&self) -> String {
        let mut fields = Vec::new();
        let mut field = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                fields.push(format!(r#""{name}":{value}"#));
            }
        };
        let clock = |minutes: u16| format!(r#""{:02}:{:02}""#, minutes / 60, minutes % 60);
        let date = |date: NaiveDate| format!(r#""{date}""#);
        let kwh = |wh: i64| Decimal::new(wh, 3).normalize().to_string();
        let text = |value: Decimal| value.to_string();
        field("start_time", self.start_time.map(clock));
        field("end_time", self.end_time.map(clock));
        field("start_date", self.start_date.map(date));
        field("end_date", self.end_date.map(date));
        field("min_kwh", self.min_wh.map(kwh));
        field("max_kwh", self.max_wh.map(kwh));
        field("min_current", self.min_current.map(text));
        field("max_current", self.max_current.map(text));
        field("min_power", self.min_power.map(text));
        field("max_power", self.max_power.map(text));
        field("min_duration", self.min_duration.map(|seconds| seconds.to_string()));
        field("max_duration", self.max_duration.map(|seconds| seconds.to_string()));
        let days: Vec<&str> = self.days.iter().map(|day| day_name(*day)).collect();
        field("day_of_week", (!days.is_empty()).then(|| format!(r#"["{}"]"#, days.join(r#"",""#))));
        field("reservation", self.reservation.map(|kind| format!(r#""{kind}""#)));
        fields.join(",")
    }
}

fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "MONDAY",
        Weekday::Tue => "TUESDAY",
        Weekday::Wed => "WEDNESDAY",
        Weekday::Thu => "THURSDAY",
        Weekday::Fri => "FRIDAY",
        Weekday::Sat => "SATURDAY",
        Weekday::Sun => "SUNDAY",
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"{{"type":"{}","price":{}"#, self.dimension.name(), self.price)?;
        if let Some(vat) = self.vat {
            write!(f, r#","vat":{vat}"#)?;
        }
        write!(f, r#","step_size":{}}}"#, self.step_size)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"{{"excl_vat":{}"#, self.excl)?;
        if let Some(incl) = self.incl {
            write!(f, r#","incl_vat":{incl}"#)?;
        }
        f.write_char('}')
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let components: Vec<String> = self.components.iter().map(Component::to_string).collect();
        write!(f, r#"{{"price_components":[{}]"#, components.join(","))?;
        let restrictions = self.restrictions.json();
        if !restrictions.is_empty() {
            write!(f, r#","restrictions":{{{restrictions}}}"#)?;
        }
        f.write_char('}')
    }
}

/// The JSON of OCPI 2.2.1.
impl fmt::Display for Tariff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"{"country_code":"NL","party_id":"WAT","id":"T1","currency":"EUR""#)?;
        for (name, limit) in [("min_price", self.min_price), ("max_price", self.max_price)] {
            if let Some(limit) = limit {
                write!(f, r#","{name}":{limit}"#)?;
            }
        }
        let elements: Vec<String> = self.elements.iter().map(Element::to_string).collect();
        write!(f, r#","elements":[{}],"last_updated":"2024-01-01T00:00:00Z"}}"#, elements.join(","))
    }
}
