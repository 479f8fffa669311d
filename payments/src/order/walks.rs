//! Random walks: whatever happens in whatever order, the money is never in two places, and in the end it is where it
//! belongs.

use super::{
    Asked, Dispute, Effect, End, Event, Kind, Mode, Order, RefundStanding, Ruling, Standing, State, advance,
};
use crate::Amount;
use proptest::prelude::*;

const ASKED: i64 = 5_000;

fn eur(minor: i64) -> Amount {
    Amount::new(minor, "EUR".parse().unwrap())
}

/// What may happen next; numbers choose among what there is.
#[derive(Debug, Clone, Copy)]
enum Step {
    Open,
    Held(usize, bool),
    Taken(usize, i64, bool),
    Released(usize),
    Closed(usize),
    Failed(usize),
    Withdraw(usize),
    RaiseRefused(usize),
    Expire,
    Cancel,
    GiveUp,
    Started,
    Running(i64),
    Stop,
    Billed(i64),
    WriteOff,
    Return(usize, i64),
    Returned(usize),
    ReturnFailed(usize),
    /// Which dispute, of which attempt, how it stands, and what has moved.
    Disputed(usize, usize, usize, i64, i64),
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let nth = 0..4_usize;
    prop_oneof![
        3 => Just(Open),
        3 => (nth.clone(), any::<bool>()).prop_map(|(n, free)| Held(n, free)),
        3 => (nth.clone(), 1..=ASKED, any::<bool>()).prop_map(|(n, part, free)| Taken(n, part, free)),
        1 => nth.clone().prop_map(Released),
        1 => nth.clone().prop_map(Closed),
        1 => nth.clone().prop_map(Failed),
        1 => nth.clone().prop_map(Withdraw),
        1 => nth.clone().prop_map(RaiseRefused),
        1 => Just(Expire),
        1 => Just(Cancel),
        1 => Just(GiveUp),
        2 => Just(Started),
        1 => (0..2 * ASKED).prop_map(Running),
        1 => Just(Stop),
        2 => (0..2 * ASKED).prop_map(Billed),
        1 => Just(WriteOff),
        1 => (nth.clone(), 1..ASKED).prop_map(|(n, minor)| Return(n, minor)),
        2 => nth.clone().prop_map(Returned),
        1 => nth.clone().prop_map(ReturnFailed),
        2 => (nth.clone(), nth, 0..Ruling::ALL.len(), 0..=ASKED, 0..=ASKED)
            .prop_map(|(n, of, ruling, gone, back)| Disputed(n, of, ruling, gone, back)),
    ]
}

fn event(order: &Order, step: Step) -> Option<Event> {
    let at = |n: usize| order.tries.get(n % order.tries.len().max(1)).map(|t| t.id);
    let refund = |n: usize| order.refunds.get(n % order.refunds.len().max(1)).map(|r| r.id);
    Some(match step {
        Step::Open => Event::Opened { attempt: 1 + order.tries.len() as i64, can_raise: true },
        Step::Held(n, free) => Event::Held { attempt: at(n)?, amount: eur(ASKED), free },
        // A provider takes all, or of a hold what it was asked for.
        Step::Taken(n, part, free) => {
            let one = order.tries.iter().find(|t| Some(t.id) == at(n))?;
            let minor = match (one.asked, one.standing) {
                (Asked::Capture(minor), _) => minor,
                (_, Standing::Held) => part.min(one.held),
                (_, Standing::Taken) => one.taken,
                _ => ASKED,
            };
            Event::Taken { attempt: one.id, amount: eur(minor), free }
        }
        Step::Released(n) => Event::Released { attempt: at(n)? },
        Step::Closed(n) => Event::Closed { attempt: at(n)? },
        Step::Failed(n) => Event::Failed { attempt: at(n)? },
        Step::Withdraw(n) => Event::Withdraw { attempt: at(n)? },
        Step::RaiseRefused(n) => Event::RaiseRefused { attempt: at(n)? },
        Step::Expire => Event::Expire,
        Step::Cancel => Event::Cancel,
        Step::GiveUp => Event::GiveUp { end: End::NoStart },
        Step::Started => Event::Started,
        Step::Running(minor) => Event::Running { cost: eur(minor), margin: eur(100), step: eur(ASKED) },
        Step::Stop => Event::Stop,
        Step::Billed(minor) => Event::Billed { due: eur(minor) },
        Step::WriteOff => Event::WriteOff,
        Step::Return(n, minor) => Event::Return { attempt: at(n)?, amount: eur(minor) },
        Step::Returned(n) => Event::Returned { refund: refund(n)? },
        Step::ReturnFailed(n) => Event::ReturnFailed { refund: refund(n)? },
        Step::Disputed(n, of, ruling, gone, back) => {
            let dispute = 70 + (n % 2) as i64;
            let known = order.disputes.iter().find(|known| known.id == dispute);
            let attempt = known.map_or(at(of)?, |known| known.of);
            let (withdrawn, reinstated) = (eur(gone), eur(back.min(gone)));
            Event::Disputed { dispute, attempt, ruling: Ruling::ALL[ruling], withdrawn, reinstated }
        }
    })
}

fn take(order: &Order, event: &Event) -> Option<(Order, Vec<Effect>)> {
    let mut next = 100 + order.refunds.len() as i64;
    advance(order, event, &mut || {
        next += 1;
        next
    })
    .ok()
}

/// What must hold after every step.
fn sound(before: &Order, event: &Event, after: &Order, effects: &[Effect]) {
    let paid = |t: &&super::Try| matches!(t.standing, Standing::Held | Standing::Taken | Standing::Released);
    // The rest of a bill is paid by another.
    let payers = |order: &Order| order.tries.iter().filter(|t| !t.extra).filter(paid).count();
    let more = before.outstanding() > 0;
    assert!(payers(after) <= 1.max(payers(before) + usize::from(more)), "two pay one order");
    assert!(after.tries.iter().filter(|t| t.standing == Standing::Live).count() <= 1, "two can be paid");
    for one in &after.tries {
        let out = after.outgoing(one.id);
        assert!((0..=one.taken).contains(&out), "{out} of {} goes back", one.taken);
        // A refund that begins is of what is there.
        let asked =
            effects.iter().filter(|e| matches!(e, Effect::Refund { attempt, .. } if *attempt == one.id));
        let gone: i64 = after.disputes.iter().filter(|d| d.of == one.id).map(Dispute::gone).sum();
        assert!(
            asked.count() == 0 || out + gone <= one.taken,
            "{out} goes back, {gone} is gone of {}",
            one.taken
        );
        let known = before.tries.iter().find(|t| t.id == one.id);
        if known.is_some_and(|known| known.standing == Standing::Taken) {
            assert_eq!((one.standing, Some(one.taken)), (Standing::Taken, known.map(|t| t.taken)));
        }
        // Money moves only by an explicit word of the provider about this very attempt.
        let told = matches!(event, Event::Held { attempt, .. } | Event::Taken { attempt, .. } | Event::Released { attempt } if *attempt == one.id);
        if !told {
            assert_eq!(known.map_or((0, 0), |t| (t.held, t.taken)), (one.held, one.taken), "{event:?}");
        }
    }
    for effect in effects {
        match effect {
            Effect::Capture { attempt, amount } => {
                let one = before.tries.iter().find(|t| t.id == *attempt).unwrap();
                assert!(
                    amount.minor <= one.held.max(after.tries.iter().find(|t| t.id == *attempt).unwrap().held)
                );
                assert!(!matches!(one.asked, Asked::Capture(_) | Asked::Release), "asked twice");
            }
            Effect::Release { attempt } => {
                let one = before.tries.iter().find(|t| t.id == *attempt).unwrap();
                assert!(!matches!(one.asked, Asked::Capture(_) | Asked::Release), "asked twice");
            }
            Effect::Start => assert!(before.winner().is_none() && after.winner().is_some()),
            Effect::Stop => assert!(!before.stopping),
            _ => {}
        }
    }
    for dispute in &after.disputes {
        let known = before.disputes.iter().find(|known| known.id == dispute.id);
        assert!((0..=dispute.withdrawn).contains(&dispute.reinstated), "{dispute:?}");
        let grows = known.is_none_or(|known| {
            dispute.withdrawn >= known.withdrawn
                && dispute.reinstated >= known.reinstated
                && (dispute.ruling == known.ruling || known.ruling != Ruling::Won)
        });
        assert!(grows, "{known:?} -> {dispute:?}");
    }
    assert!((0..=after.due.unwrap_or(0)).contains(&after.written_off), "{after:?}");
    assert!((0..=after.lost()).contains(&after.returned_by_banks()), "{after:?}");
    // What has been paid is never offered to be paid again.
    if before.winner().is_some() {
        assert!(!matches!(after.state, State::Created | State::Pending) && !after.state.is_unpaid_end());
    }
    // A rest is owed until somebody pays it, or until its bill is made anew.
    let owes = before.outstanding() > 0 || (before.mode == Mode::Later && before.winner().is_none());
    if before.state.is_settled() && !owes {
        assert!(after.state.is_settled(), "{:?} -> {:?}", before.state, after.state);
    }
    // The same word again is nothing new.
    if !matches!(event, Event::Opened { .. } | Event::Return { .. } | Event::Running { .. })
        && let Some((again, effects)) = take(after, event)
    {
        assert_eq!((&again, effects.as_slice()), (after, [].as_slice()), "{event:?} twice");
    }
}

/// An obedient provider and a driver who drives away: everything that was asked for is done.
fn finish(mut order: Order) -> Order {
    let go = |order: &mut Order, event: Event| {
        if let Some((next, _)) = take(order, &event) {
            *order = next;
        }
    };
    go(&mut order, Event::Expire);
    go(&mut order, Event::GiveUp { end: End::NoStart });
    if order.session && order.due.is_none() {
        go(&mut order, Event::Billed { due: eur(1_234) });
    }
    for _ in 0..20 {
        for one in order.tries.clone() {
            match (one.standing, one.asked) {
                (Standing::Live, _) => go(&mut order, Event::Closed { attempt: one.id }),
                (Standing::Held, Asked::Release) => go(&mut order, Event::Released { attempt: one.id }),
                (Standing::Held, Asked::Capture(minor)) => {
                    go(&mut order, Event::Taken { attempt: one.id, amount: eur(minor), free: true });
                }
                _ => {}
            }
        }
        // Payers' banks decide: what is won comes back.
        for dispute in order.disputes.clone() {
            let Dispute { id, of, ruling, withdrawn, .. } = dispute;
            let ruling = if ruling == Ruling::Open && id % 2 == 0 { Ruling::Won } else { ruling };
            let ruling = if ruling == Ruling::Open { Ruling::Lost } else { ruling };
            let back = if ruling == Ruling::Won { withdrawn } else { 0 };
            let (withdrawn, reinstated) = (eur(withdrawn), eur(back));
            go(&mut order, Event::Disputed { dispute: id, attempt: of, ruling, withdrawn, reinstated });
        }
        for refund in order.refunds.clone() {
            match refund.standing {
                RefundStanding::Open => go(&mut order, Event::Returned { refund: refund.id }),
                // Somebody acts.
                RefundStanding::Failed => {
                    let one = order.tries.iter().find(|t| t.id == refund.of).unwrap().clone();
                    let surplus = order.surplus(&one);
                    if surplus > 0 {
                        go(&mut order, Event::Return { attempt: one.id, amount: eur(surplus) });
                    }
                }
                RefundStanding::Done => {}
            }
        }
    }
    order
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_money_ends_where_it_belongs(mode in 0..Mode::ALL.len(), steps in prop::collection::vec(step(), 0..40)) {
        let mut order = Order {
            state: State::Created,
            mode: Mode::ALL[mode],
            currency: "EUR".parse().unwrap(),
            due: None,
            written_off: 0,
            end: None,
            session: false,
            stopping: false,
            tries: Vec::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
        };
        for step in steps {
            let Some(event) = event(&order, step) else { continue };
            if let Some((after, effects)) = take(&order, &event) {
                sound(&order, &event, &after, &effects);
                order = after;
            }
        }
        let order = finish(order);
        prop_assert!(order.state.is_settled() || order.state.is_unpaid_end(), "{:?}", order);
        let (mut all, due) = (0, order.due.unwrap_or(0));
        for one in &order.tries {
            prop_assert!(!matches!(one.standing, Standing::Live | Standing::Held), "{:?}", order);
            let back = order.outgoing(one.id);
            let goodwill = order.sum(one.id, |r| r.standing == RefundStanding::Done && r.kind == Kind::Goodwill);
            // What payers' banks have taken for good is not given back a second time.
            let gone: i64 = order.disputes.iter().filter(|d| d.of == one.id).map(Dispute::gone).sum();
            let over = one.taken - back - (order.due_of(one).min(one.taken) - goodwill).max(0);
            if gone > 0 && over > 0 {
                prop_assert!(over <= gone, "{:?}", order);
            } else if one.extra {
                prop_assert_eq!(back, one.taken);
            } else {
                // What is kept is at most what is due less what was given away.
                let (kept, due) = (one.taken - back, order.due_of(one));
                prop_assert!(kept <= (due.min(one.taken) - goodwill).max(0), "{:?}", order);
            }
            if !one.extra {
                all += one.taken - back + goodwill;
            }
        }
        // Together it is what is due, or somebody owes the rest.
        prop_assert!(all + order.written_off >= due || order.state == State::Owing, "{:?}", order);
    }
}
