//! What a tariff says, as a superset of OCPI 2.2.1 and 2.3.0 (module Tariffs), OCPP 2.1 (TariffType) and what operators
//! in China need, in plainer JSON: snake_case, decimals as strings.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::adjust::{Cap, Discount};
use crate::model::check::{Invalid, Problem};
use crate::model::currency::Currency;
use crate::model::exact;
use crate::model::money::Price;
use crate::model::offer::{EnergyMix, Kind, Text};
use crate::model::season::MonthDay;
use crate::model::tax::Tax;
use crate::model::time_of_day::TimeOfDay;

/// How charging is priced: a list of elements, read from the top. For each dimension the first element that has a
/// component of it and whose restrictions all hold sets the price; where none does, the dimension is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// Unique among the operator's tariffs, 1–255 characters.
    pub id: String,
    /// For people, e.g. "Night and day".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The currency of all prices.
    pub currency: Currency,
    /// Do prices contain the VAT?
    #[serde(default, skip_serializing_if = "is_default")]
    pub tax_included: TaxIncluded,
    /// For whom or for which way of charging; `None`: for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// What the operator tells drivers in its own words, one text per language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub description: Vec<Text>,
    /// A page about the tariff.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// At least one; the order matters.
    pub elements: Vec<Element>,
    /// A session costs at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_price: Option<PriceLimit>,
    /// A session costs at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_price: Option<PriceLimit>,
    /// Bounds of what some dimensions cost, per session or per day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// What is taken off, in order: promotions of the tariff, memberships and vouchers of the session.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// Where the energy comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_mix: Option<EnergyMix>,
    /// Sessions that start earlier cannot have this tariff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<DateTime<Utc>>,
    /// Sessions that start then or later cannot have this tariff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<DateTime<Utc>>,
}

/// Whether prices contain the VAT (OCPI 2.3.0 TaxIncluded; OCPI 2.2.1 knows `No` only).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxIncluded {
    /// Prices are net; VAT is added.
    #[default]
    No,
    /// Prices are gross; VAT is taken out.
    Yes,
    /// No tax is due; `vat` is not looked at.
    NotApplicable,
}

/// A bound of what a session costs (OCPI 2.2.1 Price, 2.3.0 PriceLimit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceLimit {
    /// Before VAT.
    #[serde(with = "exact")]
    pub excl: Decimal,
    /// After VAT. May be left out where all components have the same VAT, which then applies to `excl`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub incl: Option<Decimal>,
}

/// Prices that hold together under the same restrictions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// For people and the lines of the bill, e.g. "peak".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// At least one, at most one of each dimension.
    pub components: Vec<Component>,
    /// When the element holds; without any it always does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub restrictions: Restrictions,
}

/// The price of one dimension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// What is priced.
    pub dimension: Dimension,
    /// Per kWh, per hour or once; see [`Dimension`].
    pub price: Price,
    /// Percent. Absent: no VAT applies, which is not the same as a rate of 0.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub vat: Option<Decimal>,
    /// Where VAT alone does not tell it: several taxes, or taxes on taxes. Not together with `vat`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<Tax>,
    /// The session's total of the dimension is rounded up to a multiple of this: Wh for energy, seconds for time.
    /// 0 or absent: billed exactly.
    #[serde(default, skip_serializing_if = "is_default")]
    pub step_size: u32,
}

/// What a price is for (OCPI TariffDimensionType, and the service fee).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Energy taken, per kWh. Beside a service fee: the electricity fee.
    Energy,
    /// The operator's service for the same energy, per kWh, priced by itself (China: service fee beside electricity fee).
    Service,
    /// Time while charging, per hour.
    Time,
    /// Time plugged in without asking for power, per hour.
    ParkingTime,
    /// Once per session.
    Flat,
}

impl Dimension {
    /// All dimensions, in the order of a bill.
    pub const ALL: [Dimension; 5] =
        [Dimension::Energy, Dimension::Service, Dimension::Time, Dimension::ParkingTime, Dimension::Flat];
}

/// When an element holds: all that are given must be met (OCPI TariffRestrictions, OCPP 2.1 TariffConditionsType).
/// Lower bounds are inclusive, upper bounds exclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Restrictions {
    /// From this time of day, in the time zone of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<TimeOfDay>,
    /// Until this time of day. Before `start_time`: across midnight. `00:00`: the end of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<TimeOfDay>,
    /// From this local date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// Until before this local date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    /// From this day of every year; with an `end_day` before it across New Year. Both or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_day: Option<MonthDay>,
    /// Until before this day of every year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_day: Option<MonthDay>,
    /// Once the session has taken this much energy.
    #[serde(skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub min_kwh: Option<Decimal>,
    /// As long as the session has taken less.
    #[serde(skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub max_kwh: Option<Decimal>,
    /// While the sum of all phases is at least this, in A.
    #[serde(skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub min_current: Option<Decimal>,
    /// While the sum of all phases is below this, in A.
    #[serde(skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub max_current: Option<Decimal>,
    /// While the power is at least this, in kW.
    #[serde(skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub min_power: Option<Decimal>,
    /// While the power is below this, in kW.
    #[serde(skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub max_power: Option<Decimal>,
    /// Once the session has lasted this long, idle time included, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_duration: Option<u32>,
    /// As long as the session has lasted less, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<u32>,
    /// Once the vehicle has charged this long in all, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_charging_time: Option<u32>,
    /// As long as the vehicle has charged less, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_charging_time: Option<u32>,
    /// Once the vehicle has been idle this long without a break, in seconds: the grace before an idle fee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_idle_time: Option<u32>,
    /// As long as the vehicle has been idle for less without a break, in seconds; while it charges this is met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_idle_time: Option<u32>,
    /// At EVSEs of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evse_kind: Option<EvseKind>,
    /// When paid by this brand of card or app, e.g. "VISA"; for flat fees. Compared without regard to case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub payment_brand: String,
    /// When the payment is recognised like this, e.g. "CC" or "Debit"; for flat fees. Compared without regard to case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub payment_recognition: String,
    /// On these local days; empty: on all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub day_of_week: Vec<Day>,
    /// For reservations only, never for charging.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservation: Option<Reservation>,
}

/// What an EVSE delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvseKind {
    /// Alternating current.
    Ac,
    /// Direct current.
    Dc,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days speak for themselves")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Which reservations an element prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reservation {
    /// Those that are used.
    Reservation,
    /// Those that expire unused.
    ReservationExpires,
}

impl Tariff {
    /// Reads and checks a tariff. Errors name the field by its path, e.g. `elements[2].components[0].price`.
    pub fn from_json(json: &str) -> Result<Tariff, Invalid> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let tariff: Tariff = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            Problem::new(if path == "." { String::new() } else { path }, error.inner())
        })?;
        reader.end().map_err(|error| Problem::new(String::new(), &error))?;
        let problems = tariff.check();
        if problems.is_empty() { Ok(tariff) } else { Err(Invalid { problems }) }
    }

    /// The canonical JSON: no spaces, fields in the order of the model, decimals as strings without trailing zeros,
    /// nothing that is absent. Equal tariffs have equal text.
    pub fn to_json(&self) -> String {
        // Strings as keys and no foreign writer: there is nothing that could fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// SHA-256 of the canonical JSON, in lower-case hex: names this content for ever.
    pub fn hash(&self) -> String {
        Sha256::digest(self.to_json()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// May a session that starts then have this tariff?
    pub fn valid_at(&self, start: DateTime<Utc>) -> bool {
        self.valid_from.is_none_or(|from| from <= start) && self.valid_to.is_none_or(|to| start < to)
    }
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str =
        r#"{"id":"t","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":"0.4"}]}]}"#;

    #[test]
    fn equal_content_has_equal_text_and_hash() {
        let written = r#" {"elements": [{"components": [{"price": 0.40, "dimension": "energy"}],
            "restrictions": {}}], "currency": "EUR", "id": "t", "name": "", "min_price": null} "#;
        let tariff = Tariff::from_json(written).unwrap();
        assert_eq!(tariff.to_json(), SMALL);
        assert_eq!(tariff.hash(), Tariff::from_json(SMALL).unwrap().hash());
        assert_eq!(tariff.hash().len(), 64);
        assert_ne!(tariff.hash(), Tariff { name: "x".into(), ..tariff.clone() }.hash());
    }

    /// Snapshots that are stored today must have the same name tomorrow.
    #[test]
    fn the_hash_is_fixed() {
        let hash = Tariff::from_json(SMALL).unwrap().hash();
        assert_eq!(hash, "729417055080c18ecad7f2479bd49724202230ae905cb27e42f5a4cf436317b2");
    }

    #[test]
    fn errors_name_the_field() {
        let cases = [
            (r#"{"currency":"EUR","elements":[]}"#, "", "missing field `id`"),
            (&SMALL.replace("EUR", "EURO"), "currency", "not a currency"),
            (&SMALL.replace("\"0.4\"", "\"zero\""), "elements[0].components[0].price", "not a decimal"),
            (&SMALL.replace("energy", "kwh"), "elements[0].components[0].dimension", "unknown variant"),
            (&SMALL.replace("\"price\"", "\"prise\""), "elements[0].components[0].prise", "unknown field"),
            (&format!("{SMALL}x"), "", "trailing characters"),
            ("[", "", "EOF"),
        ];
        for (json, path, message) in cases {
            let problem = Tariff::from_json(json).unwrap_err().problems.remove(0);
            assert_eq!(problem.path, path, "{json}");
            assert!(problem.message.contains(message), "{}", problem.message);
        }
    }

    #[test]
    fn validity_includes_its_beginning_and_excludes_its_end() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let mut tariff = Tariff::from_json(SMALL).unwrap();
        assert!(tariff.valid_at(at("1970-01-01T00:00:00Z")));
        tariff.valid_from = Some(at("2026-01-01T00:00:00Z"));
        tariff.valid_to = Some(at("2027-01-01T00:00:00Z"));
        assert!(!tariff.valid_at(at("2025-12-31T23:59:59Z")));
        assert!(tariff.valid_at(at("2026-01-01T00:00:00Z")));
        assert!(!tariff.valid_at(at("2027-01-01T00:00:00Z")));
    }
}
