//! How much is held: what the tariff asks for so much charging at full power, within the limits of the settings.

use crate::{catalog::Snapshot, config};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use payments::Amount;
use rust_decimal::Decimal;
use std::sync::Arc;
use tariffs::{Activity, Energy, Money, Power, Pricer, Reading};

/// Assumed where nobody has said what an EVSE delivers, by its kind.
const DC_W: i64 = 50_000;
const AC_W: i64 = 11_000;

/// A session can be stopped within so long: what costs less cannot be kept to.
const LEAST_MINUTES: i64 = 5;

/// The amount to hold (or to pay up front); whole units of the currency.
pub(super) fn amount(
    config: &config::Pay,
    tariff: &Snapshot,
    zone: Tz,
    power_w: Option<i64>,
    kind: &str,
    now: DateTime<Utc>,
) -> Option<Amount> {
    let minutes = i64::from(config.hold_minutes.clamp(1, 24 * 60));
    let cost = cost(tariff, zone, power_w, kind, (now, minutes))?;
    let limits = config.holds.iter().find(|limits| limits.currency == tariff.currency);
    let (min, max) = limits.map_or((Decimal::ONE, Decimal::MAX), |limits| (limits.min, limits.max));
    let whole = cost.ceil().min(max).max(min).max(Decimal::ONE);
    Amount::of(Money { amount: whole, currency: tariff.currency }).ok()
}

/// The least that makes sense, whatever the driver wants: what is delivered before a session can be stopped costs as much.
pub(super) fn least(
    tariff: &Snapshot,
    zone: Tz,
    power_w: Option<i64>,
    kind: &str,
    now: DateTime<Utc>,
) -> Option<Amount> {
    let whole = cost(tariff, zone, power_w, kind, (now, LEAST_MINUTES))?.ceil().max(Decimal::ONE);
    Amount::of(Money { amount: whole, currency: tariff.currency }).ok()
}

/// What so many minutes at full power cost from then on.
fn cost(
    tariff: &Snapshot,
    zone: Tz,
    power_w: Option<i64>,
    kind: &str,
    (now, minutes): (DateTime<Utc>, i64),
) -> Option<Decimal> {
    let watts = power_w.filter(|w| *w > 0).unwrap_or(if kind == "dc" { DC_W } else { AC_W });
    let end = now + TimeDelta::minutes(minutes);
    let wh = Decimal::from(watts) * Decimal::from(minutes) / Decimal::from(60);
    let mut pricer = Pricer::with_plan(Arc::clone(&tariff.plan), zone, now);
    let begin = Reading::at(now)
        .register(Energy::from_mwh(0))
        .activity(Activity::Charging)
        .power(Power::from_w(watts.into()).ok()?);
    pricer.push(begin).ok()?;
    pricer.push(Reading::at(end).register(Energy::from_wh(wh).ok()?)).ok()?;
    Some(pricer.total(end).incl.amount)
}
