//! Prices with the crate `tariffs`.

use std::sync::Arc;

use chrono_tz::Tz;
use rust_decimal::Decimal;
use tariffs::ocpi::{self, Version};
use tariffs::{Plan, Policy};

use crate::totals::{Amount, Totals};

/// A plan of a tariff of OCPI 2.2.1, or why there is none.
pub fn plan(tariff: &str, policy: Policy) -> Result<Arc<Plan>, String> {
    plan_as(Version::V2_2_1, tariff, policy)
}

fn plan_as(version: Version, tariff: &str, policy: Policy) -> Result<Arc<Plan>, String> {
    let imported = ocpi::read_tariff(tariff, version).map_err(|error| error.to_string())?;
    let plan = Plan::with_policy(Arc::new(imported.tariff), policy).map_err(|error| error.to_string())?;
    Ok(Arc::new(plan))
}

/// What the CDR comes to, or why it comes to nothing; both are of OCPI 2.2.1.
pub fn totals(cdr: &str, tariff: &str, tz: Tz, policy: Policy) -> Result<Totals, String> {
    totals_as(Version::V2_2_1, cdr, tariff, tz, policy)
}

/// The same for any version of OCPI.
pub fn totals_as(
    version: Version,
    cdr: &str,
    tariff: &str,
    tz: Tz,
    policy: Policy,
) -> Result<Totals, String> {
    let plan = plan_as(version, tariff, policy)?;
    let cdr = ocpi::read_cdr(cdr, version).map_err(|error| error.to_string())?;
    let totals = ocpi::price(&cdr, &plan, tz).map_err(|error| error.to_string())?.totals();
    let amount = |cost: ocpi::Cost| Amount { excl: cost.excl, incl: Some(cost.incl) };
    let hours = |hours: Decimal| hours * Decimal::from(3_600);
    Ok(Totals {
        cost: amount(totals.total_cost),
        fixed: amount(totals.total_fixed_cost),
        energy_cost: amount(totals.total_energy_cost),
        time_cost: amount(totals.total_time_cost),
        parking_cost: amount(totals.total_parking_cost),
        energy: totals.total_energy,
        time: hours(totals.total_time),
        parking_time: hours(totals.total_parking_time),
    })
}
