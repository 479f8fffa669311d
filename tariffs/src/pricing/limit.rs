//! The least and the highest price of a session.

use rust_decimal::Decimal;

use crate::model::policy::LimitSide;
use crate::pricing::bill::Reason;
use crate::pricing::plan::{Limit, Plan};
use crate::pricing::settle::Amount;

/// A total within its limits.
pub(crate) struct Limited {
    pub total: Amount,
    /// What was added for it, in order.
    pub steps: Vec<(Reason, Amount)>,
}

/// Holds net and gross within their limits, each for itself; a side without a limit follows in proportion or stays, as
/// the policy says. `round` is what was applied to the total.
pub(crate) fn limited(plan: &Plan, total: Amount, round: impl Fn(Decimal) -> Decimal) -> Limited {
    let mut limited = Limited { total, steps: Vec::new() };
    if let Some(min) = plan.min_price {
        let total = limited.total;
        let net = total.net.max(round(min.excl));
        let gross = match other_side(plan, total, min) {
            Some(incl) => total.gross.max(round(incl)),
            None => total.gross,
        };
        limited.move_to(Reason::MinPrice, Amount { net, gross });
    }
    if let Some(max) = plan.max_price {
        let total = limited.total;
        let net = total.net.min(round(max.excl));
        let gross = match other_side(plan, total, max) {
            Some(incl) => total.gross.min(round(incl)),
            None => total.gross,
        };
        limited.move_to(Reason::MaxPrice, Amount { net, gross });
    }
    limited
}

/// The limit of the gross: as given, or in proportion to what the session has cost so far.
fn other_side(plan: &Plan, total: Amount, limit: Limit) -> Option<Decimal> {
    let proportional = || {
        let first = plan.taxes.first().map_or(Decimal::ONE, |taxes| taxes.factor());
        let rate = total.gross.checked_div(total.net).filter(|rate| *rate >= Decimal::ONE);
        limit.excl * rate.unwrap_or(first)
    };
    match plan.policy.limit_side {
        LimitSide::Proportional => Some(limit.incl.unwrap_or_else(proportional)),
        LimitSide::GivenOnly => limit.incl,
    }
}

impl Limited {
    fn move_to(&mut self, reason: Reason, to: Amount) {
        if to != self.total {
            let step = Amount { net: to.net - self.total.net, gross: to.gross - self.total.gross };
            self.steps.push((reason, step));
            self.total = to;
        }
    }
}
