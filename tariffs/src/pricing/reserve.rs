//! The time that an EVSE was kept for a driver.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::charge::Charge;
use crate::pricing::calendar::Opening;
use crate::pricing::ledger::{Ledger, Span};
use crate::pricing::plan::Plan;
use crate::pricing::rule::Moment;

/// A reservation, priced by the elements that are restricted to reservations (OCPI ReservationRestrictionType).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved {
    /// When it was made.
    pub from: DateTime<Utc>,
    /// When charging began, or when it expired or was given up.
    pub until: DateTime<Utc>,
    /// It ended without a session. Then what is priced for expired reservations goes before what is for any.
    pub expired: bool,
}

pub(crate) fn price_reservation(
    plan: &Plan,
    ledger: &mut Ledger,
    opening: &mut Opening,
    tz: Tz,
    reserved: Reserved,
) {
    let (from, until) = (reserved.from.timestamp_micros(), reserved.until.timestamp_micros());
    let mut at = from;
    loop {
        plan.calendar.open_at(at, tz, opening);
        let now = Moment { duration: at - from, ..Moment::BEFORE };
        let component = |charge: Charge| {
            if reserved.expired {
                plan.expired_component(charge, &opening.open, &now)
            } else {
                plan.component(charge, &opening.open, &now)
            }
        };
        if let Some(flat) = component(Charge::ReservationFlat) {
            ledger.charge_flat(Charge::ReservationFlat, flat, at);
        }
        if at >= until {
            return;
        }
        let lasts = plan.lasts(&now, true).map_or(i64::MAX, |left| at.saturating_add(left));
        let next = until.min(opening.until).min(lasts);
        if plan.prices(Charge::ReservationTime) {
            let charge = Charge::ReservationTime;
            let component = component(charge);
            let span = Span { charge, component, from: at, to: next, quantity: next - at };
            ledger.add(plan, span, opening.day);
        }
        at = next;
    }
}
