//! What follows from the facts as they stand: the state, and what is to be asked for that has not been asked yet.

use super::model::{
    Asked, Dispute, Effect, End, Kind, Mode, Order, Refund, RefundStanding, Ruling, Standing, State, Try,
};
use crate::Amount;

/// Gives ids to refunds that begin.
pub(super) type Fresh<'a> = &'a mut dyn FnMut() -> i64;

impl Order {
    /// The try that pays the order, once there is one.
    pub fn winner(&self) -> Option<&Try> {
        self.winner_at().map(|at| &self.tries[at])
    }

    pub(super) fn winner_at(&self) -> Option<usize> {
        self.tries.iter().position(|t| !t.extra && is_paid(t))
    }

    /// The try that can be paid now.
    pub fn live(&self) -> Option<&Try> {
        self.tries.iter().find(|t| t.standing == Standing::Live)
    }

    pub(super) fn amount(&self, minor: i64) -> Amount {
        Amount::new(minor, self.currency)
    }

    /// Given back of a try, or on its way.
    pub fn outgoing(&self, of: i64) -> i64 {
        self.sum(of, |refund| refund.standing != RefundStanding::Failed)
    }

    /// The same without what the operator gives.
    fn outgoing_but_goodwill(&self, of: i64) -> i64 {
        self.sum(of, |refund| refund.standing != RefundStanding::Failed && refund.kind != Kind::Goodwill)
    }

    pub(super) fn sum(&self, of: i64, which: impl Fn(&Refund) -> bool) -> i64 {
        self.refunds
            .iter()
            .filter(|refund| refund.of == of && which(refund))
            .map(|refund| refund.amount)
            .sum()
    }

    /// What of a try is still with us: neither given back, nor on its way, nor taken back by the payer's bank.
    pub(super) fn left(&self, of: &Try) -> i64 {
        let gone: i64 = self.disputes.iter().filter(|dispute| dispute.of == of.id).map(Dispute::gone).sum();
        (of.taken - self.outgoing(of.id) - gone).max(0)
    }

    /// The tries that pay the order: one, and one more for each bill that is higher than what was there.
    fn payers(&self) -> impl Iterator<Item = &Try> {
        self.tries.iter().filter(|t| !t.extra && is_paid(t))
    }

    /// Nothing more can be paid: somebody has paid, or the operator has given it up, and no bill asks for more.
    pub(super) fn is_paid(&self) -> bool {
        (self.winner_at().is_some() || self.written_off > 0) && self.outstanding() <= 0
    }

    /// What is due, and was neither paid nor written off yet; less than nothing: what was paid beyond it.
    pub fn outstanding(&self) -> i64 {
        let paid: i64 = self.payers().map(|t| t.held.max(t.taken) - self.outgoing_but_goodwill(t.id)).sum();
        self.due.unwrap_or(0) - paid - self.written_off
    }

    /// What an operator can give up. Whoever is about to pay it is stopped then; what a hold is being asked for is waited for.
    pub fn owed(&self) -> i64 {
        let open = match self.state {
            State::Owing => true,
            State::Settling => self.winner().is_none() && self.live().is_some(),
            _ => false,
        };
        if open { self.outstanding().max(0) } else { 0 }
    }

    /// What is due of a try: what the tries before it have not paid.
    pub(super) fn due_of(&self, of: &Try) -> i64 {
        if of.extra {
            return 0;
        }
        let kept = |t: &Try| t.secured() - self.outgoing_but_goodwill(t.id);
        let before: i64 = self.payers().take_while(|t| t.id != of.id).map(kept).sum();
        self.due.map_or(of.taken, |due| (due - before).max(0))
    }

    /// What was taken by a try beyond what is due, less what goes back of it.
    fn beyond(&self, of: &Try) -> i64 {
        let due = self.due_of(of);
        (of.taken - self.outgoing_but_goodwill(of.id) - due).max(0)
    }

    /// What is to go back of a try beyond what is on its way, never more than is there.
    pub(super) fn surplus(&self, of: &Try) -> i64 {
        self.beyond(of).min(self.left(of))
    }

    /// What payers' banks have taken for good.
    pub fn lost(&self) -> i64 {
        self.tries.iter().map(|of| self.lost_of(of)).sum()
    }

    fn lost_of(&self, of: &Try) -> i64 {
        let lost = |dispute: &&Dispute| dispute.of == of.id && dispute.ruling == Ruling::Lost;
        self.disputes.iter().filter(lost).map(Dispute::gone).sum()
    }

    /// What of that was the payer's anyway: it was to be given back, and a lost dispute has done it.
    pub fn returned_by_banks(&self) -> i64 {
        self.tries.iter().map(|of| self.beyond(of).min(self.lost_of(of))).sum()
    }

    /// The last refund of this try has failed: another by itself would fail too. Of which kind it was.
    pub(super) fn stuck(&self, of: i64) -> Option<Kind> {
        let last = self.refunds.iter().rfind(|refund| refund.of == of && refund.kind != Kind::Goodwill);
        last.filter(|refund| refund.standing == RefundStanding::Failed).map(|refund| refund.kind)
    }
}

fn is_paid(one: &Try) -> bool {
    matches!(one.standing, Standing::Held | Standing::Taken | Standing::Released)
}

pub(super) fn settle(order: &mut Order, out: &mut Vec<Effect>, fresh: Fresh<'_>) {
    write_off_less(order, out);
    give_back_extra(order, out, fresh);
    let was = order.state;
    order.state = match (order.winner_at(), order.due) {
        (None, _) if order.mode == Mode::Later && order.session => unpaid_later(order),
        (None, _) => unpaid(order, out),
        (Some(winner), None) => running(order, winner, out),
        (Some(_), Some(_)) => squared(order, was, out, fresh),
    };
    // What is paid from a balance begins at the station, with the driver's own identifier.
    let begins = order.state == State::Authorized && was != State::Authorized;
    if begins && order.mode != Mode::Balance {
        out.push(Effect::Start);
    }
}

/// What is not due any more is not lost either.
fn write_off_less(order: &mut Order, out: &mut Vec<Effect>) {
    let most = (order.outstanding() + order.written_off).max(0);
    if order.written_off > most {
        out.push(Effect::WrittenOff { amount: order.amount(most - order.written_off) });
        order.written_off = most;
    }
}

/// Money that came twice, too late, or from a card that is refused.
fn give_back_extra(order: &mut Order, out: &mut Vec<Effect>, fresh: Fresh<'_>) {
    let kind = match (order.winner_at(), order.end) {
        (Some(_), _) => Kind::Extra,
        (None, Some(End::Denied)) => Kind::Denied,
        (None, _) => Kind::Late,
    };
    for at in 0..order.tries.len() {
        let Try { id, standing, extra: true, asked, .. } = order.tries[at] else { continue };
        match standing {
            Standing::Held if asked != Asked::Release => {
                order.tries[at].asked = Asked::Release;
                out.push(Effect::Release { attempt: id });
            }
            Standing::Taken => refund_surplus(order, at, kind, out, fresh),
            _ => {}
        }
    }
}

fn refund_surplus(order: &mut Order, at: usize, kind: Kind, out: &mut Vec<Effect>, fresh: Fresh<'_>) {
    let of = order.tries[at].id;
    let surplus = order.surplus(&order.tries[at]);
    if surplus == 0 || order.stuck(of).is_some() {
        return;
    }
    order.refund(of, surplus, kind, out, fresh);
}

impl Order {
    pub(super) fn refund(
        &mut self,
        of: i64,
        amount: i64,
        kind: Kind,
        out: &mut Vec<Effect>,
        fresh: Fresh<'_>,
    ) {
        let id = fresh();
        self.refunds.push(Refund { id, of, kind, amount, standing: RefundStanding::Open });
        out.push(Effect::Refund { refund: id, attempt: of, amount: self.amount(amount), kind });
    }

    pub(super) fn stop(&mut self, out: &mut Vec<Effect>) {
        if !self.stopping {
            self.stopping = true;
            out.push(Effect::Stop);
        }
    }
}

/// Nobody's money is there.
fn unpaid(order: &mut Order, out: &mut Vec<Effect>) -> State {
    let Some(end) = order.end else {
        return if order.tries.is_empty() { State::Created } else { State::Pending };
    };
    // It has not ended before its provider says so: the payer may be paying at this moment.
    let Some(live) = order.tries.iter_mut().find(|t| t.standing == Standing::Live) else {
        return end.state();
    };
    if live.asked != Asked::Close {
        live.asked = Asked::Close;
        out.push(Effect::Close { attempt: live.id });
    }
    State::Pending
}

/// Nobody's money is there, and nobody's need be before the bill.
fn unpaid_later(order: &Order) -> State {
    match order.due {
        None => State::Charging,
        Some(_) if order.live().is_some() => State::Settling,
        Some(_) if order.outstanding() <= 0 => State::Released,
        Some(_) => State::Owing,
    }
}

/// What is due is not known yet.
fn running(order: &mut Order, winner: usize, out: &mut Vec<Effect>) -> State {
    match (order.tries[winner].standing, order.session) {
        // The hold was lost before anything began: nothing shall begin any more …
        (Standing::Released, false) => {
            order.due = Some(0);
            State::Released
        }
        // … or while the session runs.
        (Standing::Released, true) => {
            order.stop(out);
            State::Charging
        }
        (_, true) => State::Charging,
        (_, false) => State::Authorized,
    }
}

/// What is due is known: the money is brought there.
fn squared(order: &mut Order, was: State, out: &mut Vec<Effect>, fresh: Fresh<'_>) -> State {
    let rest = order.mode == Mode::Prepay && !was.is_settled();
    let kind = if rest { Kind::Rest } else { Kind::Correction };
    for at in 0..order.tries.len() {
        match (order.tries[at].extra, order.tries[at].standing) {
            (false, Standing::Held) => bring(order, at, out),
            (false, Standing::Taken) => refund_surplus(order, at, kind, out, fresh),
            _ => {}
        }
    }
    let sum = |of: &dyn Fn(&Try) -> i64| order.payers().map(of).sum::<i64>();
    let taken = sum(&|t| t.taken);
    if order.payers().any(|t| t.standing == Standing::Held) {
        return State::Settling;
    }
    if taken == 0 {
        return if order.outstanding() > 0 { State::Owing } else { State::Released };
    }
    let open = sum(&|t| {
        order.sum(t.id, |refund| refund.standing == RefundStanding::Open && refund.kind != Kind::Goodwill)
    });
    let returned = sum(&|t| order.sum(t.id, |refund| refund.standing == RefundStanding::Done));
    if !was.is_settled() && (open > 0 || sum(&|t| order.surplus(t)) > 0) {
        State::Settling
    } else if order.outstanding() > 0 {
        State::Owing
    } else if returned == 0 {
        State::Captured
    } else if returned == taken {
        State::Refunded
    } else {
        State::PartlyRefunded
    }
}

/// Has a hold taken as far as it is due, or released.
fn bring(order: &mut Order, at: usize, out: &mut Vec<Effect>) {
    let Try { id, held, asked, .. } = order.tries[at];
    if matches!(asked, Asked::Capture(_) | Asked::Release) {
        return;
    }
    let amount = order.due_of(&order.tries[at]).min(held);
    let (asked, effect) = if amount == 0 {
        (Asked::Release, Effect::Release { attempt: id })
    } else {
        (Asked::Capture(amount), Effect::Capture { attempt: id, amount: order.amount(amount) })
    };
    order.tries[at].asked = asked;
    out.push(effect);
}
