//! What an event makes of an order.

use super::model::{
    Asked, Dispute, Effect, End, Event, Illegal, Kind, Mode, Order, Refund, RefundStanding, Ruling, Standing,
    Try,
};
use super::settle::{Fresh, settle};
use crate::Amount;

/// The order after the event, and what has to be done. No effects and the same order: nothing new.
///
/// `fresh` gives the ids of refunds that begin.
///
/// # Errors
/// [`Illegal`]: the event cannot be about this order as it stands. Where it is a provider's word, somebody has to look.
pub fn advance(order: &Order, event: &Event, fresh: Fresh<'_>) -> Result<(Order, Vec<Effect>), Illegal> {
    let mut change = Change { order: order.clone(), out: Vec::new(), event };
    change.take(fresh)?;
    let Change { mut order, mut out, .. } = change;
    settle(&mut order, &mut out, fresh);
    Ok((order, out))
}

struct Change<'a> {
    order: Order,
    out: Vec<Effect>,
    event: &'a Event,
}

impl Change<'_> {
    fn illegal(&self, why: &'static str) -> Illegal {
        Illegal { state: self.order.state, event: self.event.name(), why }
    }

    /// Changes the facts; what follows from them is left to `settle`.
    fn take(&mut self, fresh: Fresh<'_>) -> Result<(), Illegal> {
        match *self.event {
            Event::Opened { attempt, can_raise } => self.opened(attempt, can_raise),
            Event::Held { attempt, amount, free } => self.held(attempt, amount, free),
            Event::Taken { attempt, amount, free } => self.taken(attempt, amount, free),
            Event::Released { attempt } => self.released(attempt),
            Event::Closed { attempt } => self.shut(attempt, Standing::Closed),
            Event::Failed { attempt } => self.shut(attempt, Standing::Failed),
            Event::Withdraw { attempt } => {
                let at = self.at(attempt)?;
                let one = &mut self.order.tries[at];
                if one.standing == Standing::Live && one.asked != Asked::Close {
                    one.asked = Asked::Close;
                    self.out.push(Effect::Close { attempt });
                }
                Ok(())
            }
            Event::RaiseRefused { attempt } => {
                let at = self.at(attempt)?;
                if self.order.tries[at].standing == Standing::Held {
                    (self.order.tries[at].raising, self.order.tries[at].can_raise) = (None, false);
                }
                Ok(())
            }
            Event::Expire => {
                // What is paid later has no time within which it must be paid.
                let ends = !(self.order.mode == Mode::Later && self.order.session);
                if ends && self.order.winner().is_none() && self.order.end.is_none() {
                    let refused = self.order.tries.iter().any(|t| t.standing == Standing::Failed);
                    self.order.end = Some(if refused { End::Declined } else { End::Expired });
                }
                Ok(())
            }
            Event::Cancel => self.cancel(),
            Event::GiveUp { end } => self.give_up(end),
            Event::Started => self.started(),
            Event::Running { cost, margin, step } => self.running(cost, margin, step),
            Event::Stop => self.stop(),
            Event::Billed { due } => self.billed(due),
            Event::WriteOff => self.write_off(),
            Event::Return { attempt, amount } => self.give_back(attempt, amount, fresh),
            Event::Returned { refund } => self.returned(refund),
            Event::ReturnFailed { refund } => self.return_failed(refund),
            Event::Disputed { dispute, attempt, ruling, withdrawn, reinstated } => {
                let money = (self.minor(withdrawn)?, self.minor(reinstated)?);
                let told =
                    Dispute { id: dispute, of: attempt, ruling, withdrawn: money.0, reinstated: money.1 };
                self.disputed(told, fresh)
            }
        }
    }

    fn at(&self, attempt: i64) -> Result<usize, Illegal> {
        let at = self.order.tries.iter().position(|t| t.id == attempt);
        at.ok_or_else(|| self.illegal("it has no such attempt"))
    }

    /// Smallest units of an amount that must be in the order's currency and not negative.
    fn minor(&self, amount: Amount) -> Result<i64, Illegal> {
        if amount.currency != self.order.currency {
            return Err(self.illegal("it is in another currency"));
        }
        if amount.minor < 0 {
            return Err(self.illegal("the amount is negative"));
        }
        Ok(amount.minor)
    }

    fn opened(&mut self, attempt: i64, can_raise: bool) -> Result<(), Illegal> {
        let order = &self.order;
        // A rest can be paid however the order has ended.
        if order.is_paid() || (order.end.is_some() && order.winner().is_none()) {
            return Err(self.illegal("it is paid, or it has ended"));
        }
        if order.live().is_some() {
            return Err(self.illegal("another attempt can still be paid"));
        }
        if order.mode == Mode::Later && order.due.is_none_or(|due| due <= 0) {
            return Err(self.illegal("nothing is due, or nobody knows yet how much"));
        }
        self.order.tries.push(Try::new(attempt, can_raise));
        Ok(())
    }

    fn held(&mut self, attempt: i64, amount: Amount, free: bool) -> Result<(), Illegal> {
        let (at, held) = (self.at(attempt)?, self.minor(amount)?);
        let known = self.order.tries[at].clone();
        match known.standing {
            // An older word than the one that is known.
            Standing::Taken | Standing::Released => return Ok(()),
            Standing::Held if held <= known.held => return Ok(()),
            Standing::Held => self.order.tries[at].raising = None,
            Standing::Live | Standing::Closed | Standing::Failed => {
                if held == 0 {
                    return Err(self.illegal("nothing is held"));
                }
                self.money_came(at, free);
            }
        }
        let more = self.order.amount(held - known.held);
        let one = &mut self.order.tries[at];
        (one.standing, one.held) = (Standing::Held, held);
        self.out.push(Effect::Held { attempt, more });
        Ok(())
    }

    fn taken(&mut self, attempt: i64, amount: Amount, free: bool) -> Result<(), Illegal> {
        let (at, taken) = (self.at(attempt)?, self.minor(amount)?);
        if taken == 0 {
            return Err(self.illegal("nothing was taken"));
        }
        let known = self.order.tries[at].clone();
        match known.standing {
            Standing::Taken if taken == known.taken => return Ok(()),
            Standing::Taken => return Err(self.illegal("another amount was taken before")),
            Standing::Released => return Err(self.illegal("the hold was released before")),
            Standing::Held if taken > known.held => return Err(self.illegal("more was taken than was held")),
            Standing::Held => {}
            Standing::Live | Standing::Closed | Standing::Failed => self.money_came(at, free),
        }
        let held = self.order.amount(known.held);
        let one = &mut self.order.tries[at];
        (one.standing, one.taken, one.held) = (Standing::Taken, taken, 0);
        (one.asked, one.raising) = (Asked::Nothing, None);
        self.out.push(Effect::Taken { attempt, amount, held });
        Ok(())
    }

    /// The first word of money: it pays the order, or what is left of its bill; unless the order is paid, or its time is over
    /// and the place gone.
    fn money_came(&mut self, at: usize, free: bool) {
        self.order.tries[at].asked = Asked::Nothing;
        if self.order.is_paid() {
            self.order.tries[at].extra = true;
        } else if self.order.winner().is_some() {
            // The rest of a bill.
        } else if free || self.order.mode == Mode::Later {
            self.order.end = None;
        } else {
            self.order.tries[at].extra = true;
            self.order.end.get_or_insert(End::Occupied);
        }
    }

    fn released(&mut self, attempt: i64) -> Result<(), Illegal> {
        let at = self.at(attempt)?;
        let known = self.order.tries[at].clone();
        match known.standing {
            Standing::Released | Standing::Closed | Standing::Failed => return Ok(()),
            Standing::Taken => return self.after_taken(attempt),
            // Nothing was ever held.
            Standing::Live => self.order.tries[at].standing = Standing::Closed,
            Standing::Held => {
                self.order.tries[at].standing = Standing::Released;
                self.out.push(Effect::Released { attempt, held: self.order.amount(known.held) });
            }
        }
        let one = &mut self.order.tries[at];
        (one.held, one.asked, one.raising) = (0, Asked::Nothing, None);
        Ok(())
    }

    fn shut(&mut self, attempt: i64, standing: Standing) -> Result<(), Illegal> {
        let at = self.at(attempt)?;
        match self.order.tries[at].standing {
            Standing::Live => {
                (self.order.tries[at].standing, self.order.tries[at].asked) = (standing, Asked::Nothing);
                Ok(())
            }
            Standing::Released | Standing::Closed | Standing::Failed => Ok(()),
            // A card that was refused before another one did: an older word.
            Standing::Held | Standing::Taken if standing == Standing::Failed => Ok(()),
            Standing::Held => Err(self.illegal("money is held, and only a release ends that")),
            Standing::Taken => self.after_taken(attempt),
        }
    }

    /// Some providers call a payment closed when all of it was given back.
    fn after_taken(&self, attempt: i64) -> Result<(), Illegal> {
        let taken = self.order.tries.iter().find(|t| t.id == attempt).map_or(0, |t| t.taken);
        if self.order.outgoing(attempt) == taken {
            return Ok(());
        }
        Err(self.illegal("money was taken, and has not been given back"))
    }

    fn cancel(&mut self) -> Result<(), Illegal> {
        let order = &mut self.order;
        if order.session {
            return Err(self.illegal("the session has begun: it can be stopped"));
        }
        match order.winner() {
            None if order.end.is_none() => order.end = Some(End::Cancelled),
            // The station has been asked to begin. What it may deliver by now is paid with this money, so that stays until
            // the session has begun, and is stopped, or is known not to begin.
            Some(winner) if order.due.is_none() && winner.standing != Standing::Released => {
                order.end = Some(End::Cancelled);
            }
            _ if order.end == Some(End::Cancelled) => {}
            _ => return Err(self.illegal("it has ended")),
        }
        Ok(())
    }

    fn give_up(&mut self, end: End) -> Result<(), Illegal> {
        let order = &mut self.order;
        let Some(winner) = order.winner() else { return Err(self.illegal("nobody has paid")) };
        // A session that began after all is stronger, and so is what was decided before.
        if !order.session && order.due.is_none() && winner.standing != Standing::Released {
            order.due = Some(0);
            order.end.get_or_insert(end);
        }
        Ok(())
    }

    fn started(&mut self) -> Result<(), Illegal> {
        if self.order.mode == Mode::Later {
            (self.order.session, self.order.end) = (true, None);
            return Ok(());
        }
        if self.order.winner().is_none() {
            return Err(self.illegal("nobody has paid"));
        }
        if !self.order.session {
            self.order.session = true;
            // Nobody wants it any more, and its money may be on the way back.
            if self.order.due.is_some() || self.order.end.is_some() {
                self.order.stop(&mut self.out);
            }
        }
        Ok(())
    }

    fn running(&mut self, cost: Amount, margin: Amount, step: Amount) -> Result<(), Illegal> {
        let (cost, margin, step) = (self.minor(cost)?, self.minor(margin)?, self.minor(step)?);
        let at = self.order.winner_at().filter(|_| self.order.session);
        let Some(at) = at else { return Err(self.illegal("no session runs that somebody has paid")) };
        // What it was paid with is on its way back, or where it belongs: nothing pays for what goes on.
        if self.order.due.is_some() {
            self.order.stop(&mut self.out);
            return Ok(());
        }
        let winner = &mut self.order.tries[at];
        let secured = winner.secured();
        let near = |margins: i64| cost.saturating_add(margin.saturating_mul(margins)) >= secured;
        let can_raise = winner.can_raise && winner.standing == Standing::Held && step > 0;
        if near(2) && can_raise && winner.raising.is_none() && !self.order.stopping {
            let to = winner.held.saturating_add(step);
            winner.raising = Some(to);
            let attempt = winner.id;
            self.out.push(Effect::Raise { attempt, to: self.order.amount(to) });
        } else if near(1) && (winner.raising.is_none() || cost >= secured) {
            self.order.stop(&mut self.out);
        }
        Ok(())
    }

    fn stop(&mut self) -> Result<(), Illegal> {
        if !self.order.session {
            return Err(self.illegal("no session has begun"));
        }
        self.order.stop(&mut self.out);
        Ok(())
    }

    fn billed(&mut self, due: Amount) -> Result<(), Illegal> {
        let minor = self.minor(due)?;
        if !self.order.session {
            return Err(self.illegal("no session has begun"));
        }
        if self.order.due != Some(minor) {
            let was = self.order.due.map(|was| self.order.amount(was));
            self.order.due = Some(minor);
            self.out.push(Effect::Billed { due, was });
            self.close_rest();
        }
        Ok(())
    }

    /// What somebody is paying of a bill at this moment is not what is due any more.
    fn close_rest(&mut self) {
        let rest = self.order.mode == Mode::Later || self.order.winner().is_some();
        let live = self.order.tries.iter_mut().find(|one| one.standing == Standing::Live);
        if let Some(live) = live.filter(|one| rest && one.asked != Asked::Close) {
            live.asked = Asked::Close;
            self.out.push(Effect::Close { attempt: live.id });
        }
    }

    fn write_off(&mut self) -> Result<(), Illegal> {
        if self.order.outstanding() <= 0 && self.order.written_off > 0 {
            return Ok(());
        }
        let left = self.order.owed();
        if left == 0 {
            return Err(self.illegal("nothing is owed, or its money is on the way"));
        }
        self.order.written_off += left;
        self.out.push(Effect::WrittenOff { amount: self.order.amount(left) });
        self.close_rest();
        Ok(())
    }

    fn give_back(&mut self, attempt: i64, amount: Amount, fresh: Fresh<'_>) -> Result<(), Illegal> {
        let (at, minor) = (self.at(attempt)?, self.minor(amount)?);
        let of = &self.order.tries[at];
        if of.standing != Standing::Taken || (self.order.due.is_none() && !of.extra) {
            return Err(self.illegal("nothing was taken, or what is due is not known yet"));
        }
        if minor == 0 || minor > self.order.left(of) {
            return Err(self.illegal("there is not so much left to give back"));
        }
        let kind = match (of.extra, minor <= self.order.surplus(of)) {
            (true, _) => Kind::Extra,
            (false, true) => Kind::Correction,
            (false, false) => Kind::Goodwill,
        };
        self.order.refund(attempt, minor, kind, &mut self.out, fresh);
        Ok(())
    }

    fn refund_at(&self, refund: i64) -> Result<usize, Illegal> {
        let at = self.order.refunds.iter().position(|known| known.id == refund);
        at.ok_or_else(|| self.illegal("it has no such refund"))
    }

    fn returned(&mut self, refund: i64) -> Result<(), Illegal> {
        let at = self.refund_at(refund)?;
        let Refund { id, of, kind, amount, standing } = self.order.refunds[at];
        match standing {
            RefundStanding::Done => return Ok(()),
            RefundStanding::Failed => {
                let taken = self.order.tries.iter().find(|t| t.id == of).map_or(0, |t| t.taken);
                if self.order.outgoing(of) + amount > taken {
                    return Err(self.illegal("it had failed, and was made good by another"));
                }
            }
            RefundStanding::Open => {}
        }
        self.order.refunds[at].standing = RefundStanding::Done;
        let amount = self.order.amount(amount);
        self.out.push(Effect::Returned { refund: id, attempt: of, amount, kind });
        Ok(())
    }

    fn return_failed(&mut self, refund: i64) -> Result<(), Illegal> {
        let at = self.refund_at(refund)?;
        let Refund { id, of, kind, amount, standing } = self.order.refunds[at];
        if standing == RefundStanding::Failed {
            return Ok(());
        }
        // Some providers call a refund done before the payer's bank has taken it.
        let done = standing == RefundStanding::Done;
        self.order.refunds[at].standing = RefundStanding::Failed;
        let amount = self.order.amount(amount);
        self.out.push(Effect::ReturnFailed { refund: id, attempt: of, amount, kind, done });
        Ok(())
    }

    /// Sums only grow and a decision ends the dispute, so the order in which its words come does not matter.
    /// What a provider refused to give back while the payer's bank had the money can be given back now.
    fn give_back_again(&mut self, of: i64, fresh: Fresh<'_>) {
        let Some(kind) = self.order.stuck(of) else { return };
        let surplus = self.order.tries.iter().find(|t| t.id == of).map_or(0, |of| self.order.surplus(of));
        if surplus > 0 {
            self.order.refund(of, surplus, kind, &mut self.out, fresh);
        }
    }

    fn disputed(&mut self, told: Dispute, fresh: Fresh<'_>) -> Result<(), Illegal> {
        let at = self.at(told.of)?;
        if self.order.tries[at].standing != Standing::Taken {
            return Err(self.illegal("nothing was taken that could be disputed"));
        }
        if told.withdrawn > self.order.tries[at].taken || told.reinstated > told.withdrawn {
            return Err(self.illegal("more moved than there was"));
        }
        let new = Dispute { ruling: Ruling::Open, withdrawn: 0, reinstated: 0, ..told };
        let at = self.order.disputes.iter().position(|known| known.id == told.id);
        let known = at.map_or(new, |at| self.order.disputes[at]);
        let ruling = match (known.ruling, told.ruling) {
            (ruling, Ruling::Open) => ruling,
            (Ruling::Won, Ruling::Lost) => return Err(self.illegal("it was won before")),
            // What was lost can be won after all.
            (_, ruling) => ruling,
        };
        let next = Dispute {
            ruling,
            withdrawn: known.withdrawn.max(told.withdrawn),
            reinstated: known.reinstated.max(told.reinstated),
            ..known
        };
        if at.is_some() && next == known {
            return Ok(());
        }
        self.out.push(Effect::Disputed {
            dispute: next.id,
            attempt: next.of,
            ruling,
            withdrawn: self.order.amount(next.withdrawn - known.withdrawn),
            reinstated: self.order.amount(next.reinstated - known.reinstated),
        });
        match at {
            Some(at) => self.order.disputes[at] = next,
            None => self.order.disputes.push(next),
        }
        if next.reinstated > known.reinstated {
            self.give_back_again(next.of, fresh);
        }
        Ok(())
    }
}
