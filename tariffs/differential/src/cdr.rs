//! A CDR of OCPI 2.2.1 as the generator knows it, and its JSON.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;

/// The parts of a CDR that pricing looks at.
#[derive(Debug, Clone)]
pub struct Cdr {
    /// Of the session.
    pub start: DateTime<Utc>,
    /// Of the session.
    pub end: DateTime<Utc>,
    /// Each ends where the next one begins.
    pub periods: Vec<Period>,
    /// Does it take another one back?
    pub credit: bool,
}

/// A charging period.
#[derive(Debug, Clone)]
pub struct Period {
    /// When it begins.
    pub start: DateTime<Utc>,
    /// What was measured.
    pub dimensions: Vec<(Kind, Decimal)>,
}

/// What a dimension of a charging period measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// kWh.
    Energy,
    /// Hours.
    Time,
    /// Hours.
    ParkingTime,
    /// Hours.
    ReservationTime,
    /// kW.
    MinPower,
    /// kW.
    MaxPower,
    /// A.
    MinCurrent,
    /// A.
    MaxCurrent,
}

impl Kind {
    /// Those that have a price.
    pub const PRICED: [Kind; 3] = [Kind::Energy, Kind::Time, Kind::ParkingTime];

    /// Is it about power or current?
    pub fn electrical(self) -> bool {
        matches!(self, Kind::MinPower | Kind::MaxPower | Kind::MinCurrent | Kind::MaxCurrent)
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Energy => "ENERGY",
            Kind::Time => "TIME",
            Kind::ParkingTime => "PARKING_TIME",
            Kind::ReservationTime => "RESERVATION_TIME",
            Kind::MinPower => "MIN_POWER",
            Kind::MaxPower => "MAX_POWER",
            Kind::MinCurrent => "MIN_CURRENT",
            Kind::MaxCurrent => "MAX_CURRENT",
        }
    }
}

impl Period {
    /// What it says of one of them.
    pub fn volume(&self, kind: Kind) -> Option<Decimal> {
        self.dimensions.iter().find(|(of, _)| *of == kind).map(|(_, volume)| *volume)
    }
}

impl Cdr {
    /// The sum of a dimension.
    pub fn total(&self, kind: Kind) -> Decimal {
        self.periods.iter().filter_map(|period| period.volume(kind)).sum()
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dimension =
            |(kind, volume): &(Kind, Decimal)| format!(r#"{{"type":"{}","volume":{volume}}}"#, kind.name());
        let dimensions: Vec<String> = self.dimensions.iter().map(dimension).collect();
        let start = instant(self.start);
        let dimensions = dimensions.join(",");
        write!(f, r#"{{"start_date_time":"{start}","dimensions":[{dimensions}],"tariff_id":"T1"}}"#)
    }
}

/// The JSON of OCPI 2.2.1. Its total cost is of no interest: it is what is reckoned anew.
impl fmt::Display for Cdr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (instant(self.start), instant(self.end));
        let credit = if self.credit { r#""credit":true,"credit_reference_id":"C0","# } else { "" };
        let periods: Vec<String> = self.periods.iter().map(Period::to_string).collect();
        let hours = Decimal::from((self.end - self.start).num_milliseconds()) / Decimal::from(3_600_000);
        write!(
            f,
            r#"{{"country_code":"NL","party_id":"WAT","id":"C1","start_date_time":"{start}","end_date_time":"{end}",
"session_id":"S1","cdr_token":{{"country_code":"DE","party_id":"TNM","uid":"1","type":"RFID","contract_id":"DE8ACC12E46L89"}},
"auth_method":"WHITELIST","cdr_location":{{"id":"L1","address":"Quay 1","city":"Gent","country":"BEL",
"coordinates":{{"latitude":"51.047599","longitude":"3.729944"}},"evse_uid":"1","evse_id":"NL*WAT*E1","connector_id":"1",
"connector_standard":"IEC_62196_T2","connector_format":"SOCKET","connector_power_type":"AC_3_PHASE"}},
"currency":"EUR",{credit}"charging_periods":[{}],"total_cost":{{"excl_vat":0,"incl_vat":0}},
"total_energy":{},"total_time":{},"total_parking_time":{},"last_updated":"{end}"}}"#,
            periods.join(","),
            self.total(Kind::Energy),
            hours.round_dp(4),
            self.total(Kind::ParkingTime),
        )
    }
}
