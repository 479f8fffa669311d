//! Every state × event pair: what it leads to, and what is to be done then.

use super::{Effect, End, Event, Mode, Order, Ruling, State, advance};
use crate::Amount;
use std::fmt::Write;

fn eur(minor: i64) -> Amount {
    Amount::new(minor, "EUR".parse().unwrap())
}

fn new(mode: Mode) -> Order {
    Order {
        state: State::Created,
        mode,
        currency: "EUR".parse().unwrap(),
        due: None,
        written_off: 0,
        end: None,
        session: false,
        stopping: false,
        tries: Vec::new(),
        refunds: Vec::new(),
        disputes: Vec::new(),
    }
}

/// The order after these events; refunds get the ids 90, 91, …
fn after(mode: Mode, events: &[Event]) -> Order {
    let mut order = new(mode);
    for event in events {
        let mut next = 90 + i64::try_from(order.refunds.len()).unwrap() - 1;
        order = advance(&order, event, &mut || {
            next += 1;
            next
        })
        .unwrap()
        .0;
    }
    order
}

const OPENED: Event = Event::Opened { attempt: 1, can_raise: true };

fn held(minor: i64) -> Event {
    Event::Held { attempt: 1, amount: eur(minor), free: true }
}

fn taken(minor: i64) -> Event {
    Event::Taken { attempt: 1, amount: eur(minor), free: true }
}

fn billed(minor: i64) -> Event {
    Event::Billed { due: eur(minor) }
}

fn disputed(ruling: Ruling, withdrawn: i64, reinstated: i64) -> Event {
    let (withdrawn, reinstated) = (eur(withdrawn), eur(reinstated));
    Event::Disputed { dispute: 70, attempt: 1, ruling, withdrawn, reinstated }
}

const REST: Event = Event::Opened { attempt: 3, can_raise: false };
const CLOSED: Event = Event::Closed { attempt: 1 };
const RELEASED: Event = Event::Released { attempt: 1 };
const NO_START: Event = Event::GiveUp { end: End::NoStart };

/// How an order comes to each state.
fn orders() -> Vec<(&'static str, Order)> {
    use Event::{Cancel, Expire, Started};
    let hold = |events: &[Event]| after(Mode::Hold, events);
    let prepay = |events: &[Event]| after(Mode::Prepay, events);
    let later = |events: &[Event]| after(Mode::Later, events);
    let balance = |events: &[Event]| after(Mode::Balance, events);
    let top_up = |events: &[Event]| {
        let known = Order { due: Some(5_000), ..new(Mode::Prepay) };
        events.iter().fold(known, |order, event| advance(&order, event, &mut || 90).unwrap().0)
    };
    let failed = Event::Failed { attempt: 1 };
    let returned = Event::Returned { refund: 90 };
    let rest_taken = Event::Taken { attempt: 3, amount: eur(1_000), free: true };
    vec![
        ("nobody has tried", new(Mode::Hold)),
        ("it is being paid", hold(&[OPENED])),
        ("it is being paid and was cancelled", hold(&[OPENED, Cancel])),
        ("held", hold(&[OPENED, held(5_000)])),
        ("paid up front", prepay(&[OPENED, taken(5_000)])),
        ("held and cancelled", hold(&[OPENED, held(5_000), Cancel])),
        ("held, cancelled, and begun after all", hold(&[OPENED, held(5_000), Cancel, Started])),
        ("charging on a hold", hold(&[OPENED, held(5_000), Started])),
        ("charging, paid up front", prepay(&[OPENED, taken(5_000), Started])),
        ("a part of the hold is being taken", hold(&[OPENED, held(5_000), Started, billed(1_234)])),
        ("the hold is being released", hold(&[OPENED, held(5_000), NO_START])),
        ("the rest goes back", prepay(&[OPENED, taken(5_000), Started, billed(1_234)])),
        ("captured", hold(&[OPENED, held(5_000), Started, billed(1_234), taken(1_234)])),
        ("released", hold(&[OPENED, held(5_000), NO_START, RELEASED])),
        ("the rest was given back", prepay(&[OPENED, taken(5_000), Started, billed(1_234), returned])),
        ("all was given back", prepay(&[OPENED, taken(5_000), NO_START, returned])),
        ("the card was declined", hold(&[OPENED, Event::Failed { attempt: 1 }, Expire])),
        ("nobody paid in time", hold(&[OPENED, Expire, CLOSED])),
        ("cancelled", hold(&[OPENED, Cancel, CLOSED])),
        ("more is due than was held", hold(&[OPENED, held(5_000), Started, billed(6_000), taken(5_000)])),
        ("captured late, and stopped", {
            hold(&[OPENED, held(5_000), Started, Event::Stop, billed(1_234), taken(1_234)])
        }),
        ("a part was owed, and somebody pays it", {
            let owing = [OPENED, held(5_000), Started, billed(6_000), taken(5_000)];
            hold(&[owing.as_slice(), &[REST]].concat())
        }),
        ("a part was owed, and was paid", {
            let owing = [OPENED, held(5_000), Started, billed(6_000), taken(5_000)];
            hold(&[owing.as_slice(), &[REST, rest_taken]].concat())
        }),
        ("a part was owed, and was written off", {
            let owing = [OPENED, held(5_000), Started, billed(6_000), taken(5_000)];
            hold(&[owing.as_slice(), &[Event::WriteOff]].concat())
        }),
        ("given back, begun after all, and billed", {
            prepay(&[OPENED, taken(5_000), NO_START, returned, Started, billed(1_234)])
        }),
        ("captured, and disputed", {
            let captured = [OPENED, held(5_000), Started, billed(1_234), taken(1_234)];
            hold(&[captured.as_slice(), &[disputed(Ruling::Open, 1_234, 0)]].concat())
        }),
        ("paid up front, and lost to the payer's bank", {
            prepay(&[OPENED, taken(5_000), Started, disputed(Ruling::Lost, 5_000, 0), billed(1_234)])
        }),
        ("later: no session yet", new(Mode::Later)),
        ("later: charging", later(&[Started])),
        ("later: billed", later(&[Started, billed(5_000)])),
        ("later: it is being debited", later(&[Started, billed(5_000), OPENED])),
        ("later: the debit was refused", later(&[Started, billed(5_000), OPENED, failed])),
        ("later: debited", later(&[Started, billed(5_000), OPENED, taken(5_000)])),
        ("later: debited, and the bill is higher now", {
            later(&[Started, billed(5_000), OPENED, taken(5_000), billed(6_000)])
        }),
        ("later: nothing is due", later(&[Started, billed(0)])),
        ("later: written off while it was being paid", {
            later(&[Started, billed(5_000), OPENED, Event::WriteOff])
        }),
        ("later: written off", later(&[Started, billed(5_000), OPENED, Event::WriteOff, CLOSED])),
        ("balance: held", balance(&[OPENED, held(5_000)])),
        ("balance: charging", balance(&[OPENED, held(5_000), Started])),
        ("balance: taken", balance(&[OPENED, held(5_000), Started, billed(1_234), taken(1_234)])),
        ("top-up: nobody has tried", top_up(&[])),
        ("top-up: it is being paid", top_up(&[OPENED])),
        ("top-up: paid", top_up(&[OPENED, taken(5_000)])),
    ]
}

fn events() -> Vec<(&'static str, Event)> {
    let second = |free| Event::Taken { attempt: 2, amount: eur(5_000), free };
    let step = |minor| Event::Running { cost: eur(minor), margin: eur(200), step: eur(5_000) };
    vec![
        ("a new attempt", Event::Opened { attempt: 2, can_raise: false }),
        ("held 50", held(5_000)),
        ("held 50, place gone", Event::Held { attempt: 1, amount: eur(5_000), free: false }),
        ("held 100", held(10_000)),
        ("taken 50", taken(5_000)),
        ("taken 12.34", taken(1_234)),
        ("taken 50, place gone", Event::Taken { attempt: 1, amount: eur(5_000), free: false }),
        ("another took 50", second(true)),
        ("released", RELEASED),
        ("closed", CLOSED),
        ("failed", Event::Failed { attempt: 1 }),
        ("pay otherwise", Event::Withdraw { attempt: 1 }),
        ("no raise", Event::RaiseRefused { attempt: 1 }),
        ("time is over", Event::Expire),
        ("cancel", Event::Cancel),
        ("no start", NO_START),
        ("started", Event::Started),
        ("costs 10", step(1_000)),
        ("costs 47", step(4_700)),
        ("stop", Event::Stop),
        ("billed 0", billed(0)),
        ("billed 12.34", billed(1_234)),
        ("billed 8", billed(800)),
        ("billed 60", billed(6_000)),
        ("write off", Event::WriteOff),
        ("give back 5", Event::Return { attempt: 1, amount: eur(500) }),
        ("refund done", Event::Returned { refund: 90 }),
        ("refund failed", Event::ReturnFailed { refund: 90 }),
        ("disputed, asked", disputed(Ruling::Open, 0, 0)),
        ("disputed, taken 12.34", disputed(Ruling::Open, 1_234, 0)),
        ("dispute won", disputed(Ruling::Won, 1_234, 1_234)),
        ("dispute lost", disputed(Ruling::Lost, 1_234, 0)),
    ]
}

fn words(effect: &Effect) -> String {
    match effect {
        Effect::Close { attempt } => format!("close {attempt}"),
        Effect::Raise { to, .. } => format!("raise to {}", to.decimal()),
        Effect::Capture { amount, .. } => format!("capture {}", amount.decimal()),
        Effect::Release { attempt } => format!("release {attempt}"),
        Effect::Refund { amount, kind, .. } => format!("refund {} {}", kind.word(), amount.decimal()),
        Effect::Start => "start".to_owned(),
        Effect::Stop => "stop".to_owned(),
        Effect::Held { more, .. } => format!("[held {}]", more.decimal()),
        Effect::Taken { amount, .. } => format!("[taken {}]", amount.decimal()),
        Effect::Released { held, .. } => format!("[released {}]", held.decimal()),
        Effect::Billed { due, .. } => format!("[due {}]", due.decimal()),
        Effect::WrittenOff { amount } => format!("[written off {}]", amount.decimal()),
        Effect::Returned { amount, .. } => format!("[returned {}]", amount.decimal()),
        Effect::ReturnFailed { amount, done: true, .. } => format!("[refund came back {}]", amount.decimal()),
        Effect::ReturnFailed { amount, .. } => format!("[refund failed {}]", amount.decimal()),
        Effect::Disputed { ruling, withdrawn, reinstated, .. } => {
            format!("[dispute {} -{} +{}]", ruling.word(), withdrawn.decimal(), reinstated.decimal())
        }
    }
}

/// One line per pair. "=" is nothing new, "!" cannot be.
fn table() -> String {
    let mut table = String::new();
    for (name, mut order) in orders() {
        let _ = writeln!(table, "{} ({name})", order.state.word());
        for (what, event) in events() {
            // Where an order has no second attempt that could pay, it is given one that somebody has forgotten.
            if what == "another took 50" && order.tries.iter().all(|t| t.id != 2) {
                let mut forgotten = super::Try::new(2, false);
                forgotten.standing = super::Standing::Closed;
                order.tries.push(forgotten);
            } else {
                order.tries.retain(|t| t.id != 2);
            }
            let line = match advance(&order, &event, &mut || 99) {
                Err(illegal) => format!("! {}", illegal.why),
                Ok((next, effects)) if next == order && effects.is_empty() => "=".to_owned(),
                Ok((next, effects)) => {
                    let effects: Vec<String> = effects.iter().map(words).collect();
                    format!("{} {}", next.state.word(), effects.join(", "))
                }
            };
            let _ = writeln!(table, "  {what:<22}{}", line.trim_end());
        }
    }
    table
}

#[test]
fn every_event_in_every_state_has_its_answer() {
    insta::assert_snapshot!(table());
}

#[test]
fn the_table_has_every_state_and_every_event() {
    let states: std::collections::BTreeSet<State> =
        orders().into_iter().map(|(_, order)| order.state).collect();
    assert_eq!(states.len(), State::ALL.len(), "states: {states:?}");
    let events: std::collections::BTreeSet<&str> = events().iter().map(|(_, event)| event.name()).collect();
    assert_eq!(events.len(), 20, "events: {events:?}");
}

#[test]
fn amounts_of_another_currency_or_sign_are_refused() {
    let order = after(Mode::Hold, &[OPENED]);
    let yuan = Amount::new(5_000, "CNY".parse().unwrap());
    for amount in [yuan, eur(-1), eur(0)] {
        let event = Event::Held { attempt: 1, amount, free: true };
        assert!(advance(&order, &event, &mut || 99).is_err(), "{amount}");
    }
    let event = Event::Taken { attempt: 7, amount: eur(1), free: true };
    assert!(advance(&order, &event, &mut || 99).is_err(), "an attempt that it does not have");
}
