//! The prices that hold at a moment, and what changes them next.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};

use super::zone;
use super::{IdlePrice, NextPeriod, Prices};
use crate::model::season::MonthDay;
use crate::model::tariff::{Component, Day, Dimension, Element, Restrictions, Tariff, TaxIncluded};
use crate::pricing::rule::Context;
use crate::pricing::session::Activity;

/// Changes further away are told in time anyway.
const HORIZON_DAYS: i64 = 8;
const DAYS: [Day; 7] =
    [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday, Day::Sunday];

/// Where a session stands: all that decides which prices hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation<'a> {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The start of the session.
    pub started: DateTime<Utc>,
    /// What the vehicle does.
    pub activity: Activity,
    /// What the session has taken.
    pub kwh: Decimal,
    /// How long it has charged, in seconds.
    pub charging_seconds: u32,
    /// How long it is idle without a break, in seconds; 0 while it charges.
    pub idle_seconds: u32,
    /// In kW, if known.
    pub power: Option<Decimal>,
    /// In A, the sum of the phases, if known.
    pub current: Option<Decimal>,
    /// What the EVSE delivers and who pays; see the pricer.
    pub context: &'a Context,
}

impl<'a> Situation<'a> {
    /// A session that begins now.
    pub fn start(at: DateTime<Utc>, context: &'a Context) -> Situation<'a> {
        Situation {
            at,
            started: at,
            activity: Activity::Charging,
            kwh: Decimal::ZERO,
            charging_seconds: 0,
            idle_seconds: 0,
            power: None,
            current: None,
            context,
        }
    }

    /// The same session at a later instant, if it goes on like this.
    fn later(self, at: DateTime<Utc>) -> Situation<'a> {
        let passed = u32::try_from((at - self.at).num_seconds()).unwrap_or(0);
        let mut later = Situation { at, ..self };
        match self.activity {
            Activity::Charging => later.charging_seconds = self.charging_seconds.saturating_add(passed),
            Activity::Parking => later.idle_seconds = self.idle_seconds.saturating_add(passed),
        }
        later
    }

    fn duration(&self) -> u32 {
        u32::try_from((self.at - self.started).num_seconds()).unwrap_or(0)
    }
}

/// Elements that price charging.
pub(super) fn charging(tariff: &Tariff) -> impl Iterator<Item = &Element> {
    tariff.elements.iter().filter(|element| element.restrictions.reservation.is_none())
}

/// A component's price after tax, with 6 decimals.
pub(super) fn after_tax(tariff: &Tariff, component: &Component) -> Decimal {
    let factor = match tariff.tax_included {
        TaxIncluded::No => tariff.taxes_of(component).factor(),
        TaxIncluded::Yes | TaxIncluded::NotApplicable => Decimal::ONE,
    };
    (component.price.0 * factor).round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero).normalize()
}

/// The prices of a moment.
pub(super) fn prices(tariff: &Tariff, tz: Tz, now: &Situation<'_>) -> Prices {
    let charges = Situation { idle_seconds: 0, activity: Activity::Charging, ..*now };
    let of = |dimension, situation: &Situation<'_>| price(tariff, tz, dimension, situation);
    let energy = of(Dimension::Energy, &charges);
    let service = of(Dimension::Service, &charges);
    let kwh = match (energy, service) {
        (None, None) => None,
        (energy, service) => Some(energy.unwrap_or_default() + service.unwrap_or_default()),
    };
    Prices {
        kwh,
        hour: of(Dimension::Time, &charges),
        flat: of(Dimension::Flat, &charges),
        idle: idle(tariff, tz, now),
    }
}

fn price(tariff: &Tariff, tz: Tz, dimension: Dimension, now: &Situation<'_>) -> Option<Decimal> {
    let mut candidates = charging(tariff).filter_map(|element| {
        let component = element.components.iter().find(|component| component.dimension == dimension)?;
        Some((element, component))
    });
    let (_, component) = candidates.find(|(element, _)| holds(&element.restrictions, tz, now))?;
    Some(after_tax(tariff, component))
}

/// The idle price with its grace, which stations count from the moment the vehicle became idle.
fn idle(tariff: &Tariff, tz: Tz, now: &Situation<'_>) -> Option<IdlePrice> {
    let idle_for = |seconds| {
        let idle = Situation { activity: Activity::Parking, idle_seconds: seconds, ..*now };
        price(tariff, tz, Dimension::ParkingTime, &idle).unwrap_or_default()
    };
    // A price of zero up to some idle time is a grace as well.
    let bounds = charging(tariff)
        .flat_map(|element| [element.restrictions.min_idle_time, element.restrictions.max_idle_time]);
    let graces: BTreeSet<u32> = std::iter::once(0).chain(bounds.flatten()).collect();
    let grace = graces.into_iter().find(|seconds| !idle_for(*seconds).is_zero())?;
    let hour = idle_for(grace.max(now.idle_seconds));
    Some(IdlePrice { grace_minutes: grace.div_ceil(60), hour })
}

/// The first instant at which other prices hold because time goes by.
pub(super) fn next_period(tariff: &Tariff, tz: Tz, now: &Situation<'_>) -> Option<NextPeriod> {
    let before = prices(tariff, tz, now);
    instants(tariff, tz, now).into_iter().find_map(|at| {
        let prices = prices(tariff, tz, &now.later(at));
        (prices != before).then_some(NextPeriod { at, prices })
    })
}

/// The first amount of energy at which other prices hold.
pub(super) fn next_energy(tariff: &Tariff, tz: Tz, now: &Situation<'_>) -> Option<Decimal> {
    let before = prices(tariff, tz, now);
    let bounds =
        charging(tariff).flat_map(|element| [element.restrictions.min_kwh, element.restrictions.max_kwh]);
    let bounds: BTreeSet<Decimal> = bounds.flatten().filter(|kwh| *kwh > now.kwh).collect();
    bounds.into_iter().find(|kwh| prices(tariff, tz, &Situation { kwh: *kwh, ..*now }) != before)
}

/// The power nearest to the present one at which other prices hold, in kW.
pub(super) fn next_power(tariff: &Tariff, tz: Tz, now: &Situation<'_>) -> Option<Decimal> {
    let bounds =
        charging(tariff).flat_map(|element| [element.restrictions.min_power, element.restrictions.max_power]);
    let bounds: BTreeSet<Decimal> = bounds.flatten().collect();
    let below = Decimal::new(1, 6);
    let with = |power| prices(tariff, tz, &Situation { power: Some(power), ..*now });
    let changing = bounds.into_iter().filter(|power| with(*power) != with(*power - below));
    let present = now.power.unwrap_or_default();
    changing.min_by_key(|power| (*power - present).abs())
}

/// Instants after now at which a restriction may begin or end, in order.
fn instants(tariff: &Tariff, tz: Tz, now: &Situation<'_>) -> BTreeSet<DateTime<Utc>> {
    let mut instants = BTreeSet::new();
    let mut minutes = BTreeSet::new();
    for Element { restrictions: given, .. } in charging(tariff) {
        let times = [given.start_time, given.end_time].into_iter().flatten();
        minutes.extend(times.map(|time| u32::from(time.minutes())));
        let dates = [given.start_date, given.end_date].into_iter().flatten().next().is_some();
        if dates || given.start_day.is_some() || !given.day_of_week.is_empty() || given.start_time.is_some() {
            minutes.insert(0);
        }
        let in_seconds =
            |at: u32, passed: u32| now.at + TimeDelta::seconds(i64::from(at) - i64::from(passed));
        let ways = [
            (given.min_duration, now.duration(), true),
            (given.max_duration, now.duration(), true),
            (given.min_charging_time, now.charging_seconds, now.activity == Activity::Charging),
            (given.max_charging_time, now.charging_seconds, now.activity == Activity::Charging),
            (given.min_idle_time, now.idle_seconds, now.activity == Activity::Parking),
            (given.max_idle_time, now.idle_seconds, now.activity == Activity::Parking),
        ];
        for (bound, passed, _) in ways.into_iter().filter(|(_, _, runs)| *runs) {
            instants.extend(bound.map(|bound| in_seconds(bound, passed)));
        }
    }
    let today = now.at.with_timezone(&tz).date_naive();
    for date in today.iter_days().take(HORIZON_DAYS as usize + 1) {
        for minute in &minutes {
            let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap_or_default();
            let local = tz.from_local_datetime(&date.and_time(time));
            instants.extend([local.earliest(), local.latest()].into_iter().flatten().map(|at| at.to_utc()));
        }
    }
    if !minutes.is_empty() {
        // A time that the clocks leave out is met, or missed, when they are changed.
        instants.extend(zone::next_change(tz, now.at, now.at + TimeDelta::days(HORIZON_DAYS)));
    }
    instants.retain(|at| *at > now.at && *at <= now.at + TimeDelta::days(HORIZON_DAYS));
    instants
}

/// Are all restrictions met? What is not known meets none.
fn holds(given: &Restrictions, tz: Tz, now: &Situation<'_>) -> bool {
    let local = now.at.with_timezone(&tz);
    let minute = local.hour() * 60 + local.minute();
    let (date, weekday) = (local.date_naive(), DAYS[local.weekday().num_days_from_monday() as usize]);
    let within = |min: Option<u32>, max: Option<u32>, value: u32| {
        min.is_none_or(|min| min <= value) && max.is_none_or(|max| value < max)
    };
    let between = |min: Option<Decimal>, max: Option<Decimal>, value: Option<Decimal>| match value {
        Some(value) => min.is_none_or(|min| min <= value) && max.is_none_or(|max| value < max),
        None => min.is_none() && max.is_none(),
    };
    in_hours(given, minute)
        && given.start_date.is_none_or(|start| start <= date)
        && given.end_date.is_none_or(|end| date < end)
        && in_season(given, date)
        && (given.day_of_week.is_empty() || given.day_of_week.contains(&weekday))
        && between(given.min_kwh, given.max_kwh, Some(now.kwh))
        && between(given.min_power, given.max_power, now.power)
        && between(given.min_current, given.max_current, now.current)
        && within(given.min_duration, given.max_duration, now.duration())
        && within(given.min_charging_time, given.max_charging_time, now.charging_seconds)
        && within(given.min_idle_time, given.max_idle_time, now.idle_seconds)
        && given.evse_kind.is_none_or(|kind| now.context.evse_kind == Some(kind))
        && paid(&given.payment_brand, &now.context.payment_brand)
        && paid(&given.payment_recognition, &now.context.payment_recognition)
}

fn paid(asked: &str, is: &str) -> bool {
    asked.is_empty() || asked.eq_ignore_ascii_case(is)
}

fn in_hours(given: &Restrictions, minute: u32) -> bool {
    let start = given.start_time.map_or(0, |time| u32::from(time.minutes()));
    let end = match given.end_time.map_or(0, |time| u32::from(time.minutes())) {
        0 => 24 * 60,
        end => end,
    };
    if start < end { start <= minute && minute < end } else { start <= minute || minute < end }
}

fn in_season(given: &Restrictions, date: NaiveDate) -> bool {
    let (Some(start), Some(end)) = (given.start_day, given.end_day) else { return true };
    let place = |day: MonthDay| (u32::from(day.month()), u32::from(day.day()));
    let (start, end, today) = (place(start), place(end), (date.month(), date.day()));
    if start < end { start <= today && today < end } else { start <= today || today < end }
}
