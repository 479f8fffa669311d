//! Prices with the public crate `ocpi-tariffs`.

use chrono::TimeDelta;
use chrono_tz::Tz;
use ocpi_tariffs::price::{Report, TariffSource};
use ocpi_tariffs::{Version, cdr, json, tariff};
use rust_decimal::Decimal;

use crate::totals::{Amount, Totals};

/// The whole report, or why there is none.
pub fn report(cdr: &str, tariff: &str, tz: Tz) -> Result<Report, String> {
    let cdr = cdr::from_json(json::parse_object(cdr).map_err(|error| error.to_string())?, Version::V221);
    let tariff =
        tariff::from_json(json::parse_object(tariff).map_err(|error| error.to_string())?, Version::V221);
    let (cdr, tariff) = (cdr.ignore_warnings(), tariff.ignore_warnings());
    match cdr::price(&cdr, TariffSource::single(tariff), tz) {
        Ok(report) => Ok(report.ignore_warnings()),
        Err(set) => Err(set.into_parts().0.warning().to_string()),
    }
}

/// What it comes to. A cost that it does not know of is none.
pub fn totals(report: &Report) -> Totals {
    let amount = |price: &Option<ocpi_tariffs::Price>| match price {
        Some(price) => Amount { excl: price.excl_vat.into(), incl: price.incl_vat.map(Decimal::from) },
        None => Amount { excl: Decimal::ZERO, incl: Some(Decimal::ZERO) },
    };
    let seconds =
        |time: TimeDelta| Decimal::from(time.num_seconds()) + Decimal::new(i64::from(time.subsec_nanos()), 9);
    Totals {
        cost: amount(&report.total_cost.calculated),
        fixed: amount(&report.total_fixed_cost.calculated),
        energy_cost: amount(&report.total_energy_cost.calculated),
        time_cost: amount(&report.total_charging_time_cost.calculated),
        parking_cost: amount(&report.total_idle_cost.calculated),
        energy: report.total_energy.calculated.map(Decimal::from).unwrap_or_default(),
        time: seconds(report.total_time.calculated),
        parking_time: report.total_idle_time.calculated.map(seconds).unwrap_or_default(),
    }
}
