//! Orders, and what belongs to them, for the pages of the desk.

use crate::{Console, now};
use chrono::TimeDelta;
use csms::{
    ledger::{self, Account, Entry},
    receipts,
    store::{
        clearing::cases::{self as clearing_cases, CaseRow},
        messages::{self, MessageRow},
        pay::{
            attempts::{self, AttemptRow},
            inbox::{self, InboxRow},
            orders::{self, OrderRow},
            refunds::{self, RefundRow},
            story::{self, StoryRow},
            tasks::{self, TaskRow},
        },
        risk::{
            cases as risk_cases,
            decisions::{self, DecisionRow},
        },
    },
};
use payments::Amount;
use serde_json::json;

pub fn order(id: i64, state: &str) -> OrderRow {
    OrderRow {
        id,
        number: format!("order{id}"),
        purpose: "session".into(),
        mode: "hold".into(),
        state: state.into(),
        version: 1,
        page_key: format!("key{id}"),
        station_id: "CP1".into(),
        evse: 1,
        site_id: Some(1),
        driver_id: None,
        token_uid: String::new(),
        session_id: None,
        bill_revision: -1,
        tariff_hash: String::new(),
        currency: "EUR".into(),
        amount_minor: 5000,
        due_minor: None,
        held_minor: 0,
        taken_minor: 0,
        returned_minor: 0,
        written_off_minor: 0,
        device: String::new(),
        address: "203.0.113.9".into(),
        agent: "browser".into(),
        language: "en".into(),
        contact: "<b>ada@example.org".into(),
        why: String::new(),
        expires_at: now() + TimeDelta::minutes(5),
        start_by: None,
        stop_asked_at: None,
        settled_at: None,
        created_at: now(),
        changed_at: now(),
    }
}

fn task(id: i64, kind: &str) -> TaskRow {
    TaskRow {
        id,
        kind: kind.into(),
        order_id: 7,
        attempt_id: 71,
        refund_id: 0,
        amount_minor: 0,
        key: format!("{kind}:71"),
        body: String::new(),
        state: "waiting".into(),
        tries: 0,
        due_at: now() + TimeDelta::hours(1),
        leased_until: None,
        trouble: String::new(),
        created_at: now(),
        done_at: None,
    }
}

fn message(id: i64, kind: &str, text: &str) -> MessageRow {
    MessageRow {
        id,
        key: id.to_string(),
        kind: kind.into(),
        recipient: "ada@example.org".into(),
        language: "en".into(),
        subject: format!("{text} as subject"),
        body: text.into(),
        link: format!("https://x.example/{text}"),
        order_id: Some(7),
        state: "waiting".into(),
        tries: 0,
        due_at: now(),
        trouble: String::new(),
        created_at: now(),
        sent_at: None,
    }
}

/// Order 7 was paid (18.93 of a session that is billed with 5.50, so 13.43 too much), order 8 nobody has tried to pay.
pub async fn furnish(console: &Console) {
    console.populate().await;
    let app = &console.app;
    let eur = |minor| Amount::new(minor, "EUR".parse().unwrap());
    let mut tx = app.db.write().await.unwrap();
    let paid = OrderRow {
        session_id: Some(10),
        bill_revision: 1,
        due_minor: Some(1893),
        taken_minor: 1893,
        settled_at: Some(now()),
        ..order(7, "captured")
    };
    for row in [&paid, &order(8, "created")] {
        assert!(orders::create(&mut tx, row).await.unwrap());
        orders::update(&mut tx, row).await.unwrap();
    }
    let considered = |account: &str, verdict: &str| {
        json!({"account": account, "verdict": verdict, "fee_percent": "0.5", "fee_learnt": true, "tried": 812,
               "succeeded": 809, "success_percent": "99.61"})
    };
    let route = json!({"chosen": "st", "how": "by_rule", "rule_version": 3,
                       "considered": [considered("st", "chosen"), considered("other", "too_expensive")]});
    let attempt = AttemptRow {
        id: 71,
        order_id: 7,
        number: "A7".into(),
        account: "st".into(),
        wallet: "stripe".into(),
        method: "hosted".into(),
        state: "taken".into(),
        extra: false,
        body: "{}".into(),
        next: String::new(),
        reference: "pi_<1>".into(),
        charge: "ch_1".into(),
        instrument: r#"{"brand":"visa","last4":"4242","country":"DE"}"#.into(),
        payer: String::new(),
        currency: "EUR".into(),
        amount_minor: 5000,
        held_minor: 0,
        taken_minor: 1893,
        returned_minor: 0,
        asked: String::new(),
        asked_minor: 0,
        raise_minor: 0,
        can_raise: false,
        holds_until: None,
        refusal: String::new(),
        route: route.to_string(),
        created_at: now(),
        changed_at: now(),
    };
    attempts::create(&mut tx, &attempt).await.unwrap();
    attempts::update(&mut tx, &attempt).await.unwrap();
    for (id, state, amount_minor) in [(81, "failed", 100), (82, "waiting", 50)] {
        let refusal =
            if state == "failed" { r#"{"kind":"setup","code":"NOTENOUGH","text":"<i>low"}"# } else { "" };
        let row = RefundRow {
            id,
            order_id: 7,
            attempt_id: 71,
            number: format!("R{id}"),
            kind: "goodwill".into(),
            currency: "EUR".into(),
            amount_minor,
            reason: String::new(),
            state: state.into(),
            reference: String::new(),
            refusal: refusal.into(),
            asked_by: "ada".into(),
            due_at: now() - TimeDelta::hours(1),
            done_at: None,
            created_at: now(),
            changed_at: now(),
        };
        refunds::create(&mut tx, &row).await.unwrap();
        refunds::update(&mut tx, &row).await.unwrap();
    }
    let notice = InboxRow {
        id: 91,
        account: "st".into(),
        key: "evt_<1>".into(),
        order_id: Some(7),
        fact: "{}".into(),
        body: "{}".into(),
        verdict: "review:amount".into(),
        times: 1,
        received_at: now(),
    };
    inbox::take(&mut tx, &notice).await.unwrap();
    assert!(tasks::add(&mut tx, &task(61, "query")).await.unwrap());
    let release = task(62, "release");
    assert!(tasks::add(&mut tx, &release).await.unwrap());
    assert!(tasks::end(&mut tx, &release, "given_up", "no answer <b>", now()).await.unwrap());
    let line = StoryRow {
        id: 51,
        order_id: 7,
        at: now(),
        kind: "attempt.taken".into(),
        by_whom: "st".into(),
        body: r#"{"amount":"18.93 EUR"}"#.into(),
    };
    story::add(&mut tx, &line).await.unwrap();
    let entry = Entry::posted("taken", "taken:71", now())
        .of_order(7)
        .debit(Account::Provider("st".into()), eur(1893))
        .credit(Account::Deposits, eur(1893));
    ledger::record(&mut tx, &app.ids, &entry).await.unwrap();
    for row in [message(31, "receipt", "thanks"), message(32, "code", "s3cr3t-482913")] {
        assert!(messages::add(&mut tx, &row).await.unwrap());
    }
    let decision = DecisionRow {
        id: 41,
        order_id: 7,
        click: 1,
        at: now(),
        outcome: "review".into(),
        rules_version: 0,
        model: String::new(),
        revision: 0,
        outside: None,
        body: json!({"outcome": "review", "hits": [], "blocked": ["card"]}).to_string(),
    };
    decisions::add(&mut tx, &decision).await.unwrap();
    risk_cases::open(&mut tx, 45, 7, 41, now()).await.unwrap();
    let case = CaseRow {
        id: 21,
        key: "c".into(),
        account: "st".into(),
        day: "2026-04-30".into(),
        reason: "missing_here".into(),
        kind: "payment".into(),
        number: "<n>".into(),
        reference: String::new(),
        currency: "EUR".into(),
        ours_minor: None,
        theirs_minor: Some(1200),
        gain_minor: 1200,
        order_id: None,
        ref_id: None,
        line_id: None,
        suggestion: "accept".into(),
        state: "open".into(),
        resolution: String::new(),
        note: String::new(),
        asked_by: String::new(),
        resolved_by: String::new(),
        found_at: now(),
        resolved_at: None,
    };
    assert!(clearing_cases::add(&mut tx, &case).await.unwrap());
    tx.commit().await.unwrap();
    receipts::issue(app, 7).await.unwrap();
}

pub async fn order_of(console: &Console, id: i64) -> OrderRow {
    orders::find(&mut console.app.db.read().await.unwrap(), id).await.unwrap().unwrap()
}

pub async fn refunds_of(console: &Console) -> Vec<RefundRow> {
    refunds::of_order(&mut console.app.db.read().await.unwrap(), 7).await.unwrap()
}
