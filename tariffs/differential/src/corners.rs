//! The corners in which the two engines decide differently, each with the switch of our policy.
//!
//! `docs/pricing-differences.md` tells of each, and of the clause of the standard that decides it.

use ocpi_tariffs::price::{Dimension, Report};
use rust_decimal::Decimal;
use tariffs::{
    EqualTimes, LimitSide, Policy, PowerRange, ReservationElements, StepBasis, UnknownPower, ZeroVolume,
};

use crate::cdr::Kind;
use crate::pair::Pair;

/// Where the engines may differ.
pub struct Corner {
    /// Its name in the documentation, which is that of the switch.
    pub name: &'static str,
    /// Is this tariff and this CDR in the corner? Their report tells which periods they gave a price.
    pub holds: fn(&Pair, &Report) -> bool,
    /// Makes ours decide as theirs does.
    pub follow: fn(&mut Policy),
}

/// All of them.
pub const CORNERS: [Corner; 7] = [
    Corner {
        name: "step_basis",
        holds: |_, report| partly_free(report),
        follow: |policy| policy.step_basis = StepBasis::Used,
    },
    Corner {
        name: "limit_side",
        holds: |pair, _| {
            let limits = [pair.tariff.min_price, pair.tariff.max_price];
            limits.iter().flatten().any(|limit| limit.incl.is_none())
        },
        follow: |policy| policy.limit_side = LimitSide::GivenOnly,
    },
    Corner {
        name: "equal_times",
        holds: |pair, _| {
            let restrictions = pair.tariff.elements.iter().map(|element| &element.restrictions);
            let mut equal = restrictions.filter(|given| given.start_time == given.end_time);
            equal.any(|given| given.start_time.is_some_and(|minutes| minutes > 0))
        },
        follow: |policy| policy.equal_times = EqualTimes::Never,
    },
    Corner {
        name: "unknown_power",
        holds: |pair, _| electrical(pair, |low, high| low.is_none() || high.is_none()),
        follow: |policy| policy.unknown_power = UnknownPower::Met,
    },
    Corner {
        name: "power_range",
        holds: |pair, _| electrical(pair, |low, high| low != high),
        follow: |policy| policy.power_range = PowerRange::Touches,
    },
    Corner {
        name: "zero_volume",
        holds: |pair, _| {
            let mut volumes = pair.cdr.periods.iter().flat_map(|period| &period.dimensions);
            volumes.any(|(kind, volume)| Kind::PRICED.contains(kind) && volume.is_zero())
        },
        follow: |policy| policy.zero_volume = ZeroVolume::Counts,
    },
    Corner {
        name: "reservation",
        holds: |pair, _| {
            let mut elements = pair.tariff.elements.iter();
            let told = |kind| pair.cdr.periods.iter().any(|period| period.volume(kind).is_some());
            elements.any(|element| element.restrictions.reservation.is_some()) || told(Kind::ReservationTime)
        },
        follow: |policy| policy.reservation = ReservationElements::Skipped,
    },
];

/// Decides every corner as `ocpi-tariffs` does.
pub fn theirs() -> Policy {
    let mut policy = Policy::default();
    for corner in &CORNERS {
        (corner.follow)(&mut policy);
    }
    policy
}

/// Does the tariff ask for power or current, and does a period tell the least and the most of one of them like this?
fn electrical(pair: &Pair, odd: impl Fn(Option<Decimal>, Option<Decimal>) -> bool) -> bool {
    let asked = pair.tariff.elements.iter().any(|element| element.restrictions.electrical());
    let kinds = [(Kind::MinPower, Kind::MaxPower), (Kind::MinCurrent, Kind::MaxCurrent)];
    let mut periods = pair.cdr.periods.iter();
    asked
        && periods
            .any(|period| kinds.iter().any(|(low, high)| odd(period.volume(*low), period.volume(*high))))
}

/// Did a dimension have a price in one period, and was some of it used in another where it had none?
fn partly_free(report: &Report) -> bool {
    fn both<V: PartialEq + Default>(dimensions: Vec<&Dimension<V>>) -> bool {
        let free = |dimension: &&&Dimension<V>| dimension.price.is_none();
        dimensions.iter().any(|dimension| dimension.price.is_some())
            && dimensions.iter().filter(free).any(|dimension| dimension.volume != V::default())
    }
    let periods = || report.periods.iter().map(|period| &period.dimensions);
    both(periods().filter_map(|of| of.energy.as_ref()).collect())
        || both(periods().filter_map(|of| of.duration_charging.as_ref()).collect())
        || both(periods().filter_map(|of| of.duration_idle.as_ref()).collect())
}
