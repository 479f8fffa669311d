//! An order in all its phases, for tests and pictures.

use super::{
    BillView, LineView, TaxView, drive_landing,
    drive_landing::Choice,
    drive_order::{
        EndedView, FullView, IdleView, InvoiceView, LiveView, MoneyView, OrderPage, PayView, Qr, RefundView,
        TroubleView,
    },
    drive_qr::qr,
    shell::sample_ago,
};

fn sample_money() -> MoneyView {
    MoneyView {
        currency: "EUR".into(),
        mode: "hold",
        asked: "60.00".into(),
        held: "60.00".into(),
        taken: String::new(),
        kept: String::new(),
        released: String::new(),
        returned: String::new(),
        owed: String::new(),
        refunds: Vec::new(),
        instrument: "visa ••4242".into(),
    }
}

fn sample_bill(running: bool) -> BillView {
    let line = |kind: &str, explanation: &str, amount: &str| LineView {
        kind: kind.into(),
        explanation: explanation.into(),
        amount: amount.into(),
    };
    BillView {
        currency: "EUR".into(),
        gross: true,
        lines: vec![
            line("flat", "1 × 0.35 EUR", "0.35"),
            line("energy", "31.200 kWh × 0.52 EUR/kWh, 18:00–18:42", "16.22"),
            line("parking_time", "12 min × 6.00 EUR/h", "1.20"),
        ],
        total_excl: "14.93".into(),
        taxes: vec![TaxView { name: "19 %".into(), amount: "2.84".into() }],
        total_incl: "17.77".into(),
        running,
    }
}

/// One of each phase, and of each way to a provider.
pub(super) fn orders() -> Vec<OrderPage> {
    let choice = |value: &str, brand| Choice {
        value: value.into(),
        word: value.into(),
        brand,
        mode: "hold",
        name: String::new(),
    };
    let choose = OrderPage {
        number: "20260528Kx7Q".into(),
        href: "/o/20260528Kx7Q".into(),
        version: 1,
        token: "t1".into(),
        spot: drive_landing::sample_spot(),
        phase: "choose",
        tone: "wait",
        moving: false,
        fresh: false,
        pay: None,
        choices: vec![choice("hosted", "card"), choice("alipay", "alipay")],
        seconds_left: Some(271),
        may_cancel: true,
        live: None,
        trouble: None,
        bill: None,
        money: MoneyView { held: String::new(), instrument: String::new(), ..sample_money() },
        session: None,
        again: None,
        receipt: None,
        invoice: None,
        error: Some("declined"),
        contact: String::new(),
        asks_contact: false,
        asks_code: false,
        keeps: String::new(),
        secure: "hold",
        push: None,
    };
    let pay = |link: Option<&str>, bridge: Option<&str>, code: Option<Qr>| PayView {
        word: "wechat".into(),
        brand: "wechat",
        attempt: "a1".into(),
        link: link.map(str::to_owned),
        bridge: bridge.map(str::to_owned),
        code,
        been: false,
        identity: None,
        value: "wechat.in_wallet".into(),
    };
    let paying = |pay: PayView| OrderPage {
        phase: "pay",
        moving: true,
        fresh: true,
        choices: Vec::new(),
        pay: Some(pay),
        error: None,
        ..choose.clone()
    };
    let link = paying(pay(Some("https://pay.example/checkout/1"), None, None));
    let bridge = paying(pay(None, Some(r#"{"appId":"wx1"}"#), None));
    let code = paying(pay(None, None, qr("weixin://wxpay/bizpayurl?pr=8kQ2")));
    let mut identity = paying(pay(None, None, None));
    identity.pay = identity.pay.map(|pay| PayView { identity: Some(["c".into(), "s".into()]), ..pay });
    let asks_contact = OrderPage { asks_contact: true, error: Some("contact-wanted"), ..choose.clone() };
    let asks_code = OrderPage { asks_code: true, contact: "ada@example.com".into(), ..choose.clone() };
    let checking = OrderPage {
        phase: "checking",
        pay: None,
        choices: Vec::new(),
        moving: true,
        fresh: true,
        error: None,
        ..choose.clone()
    };
    let start =
        OrderPage { phase: "start", seconds_left: Some(840), money: sample_money(), ..checking.clone() };
    let leaving = OrderPage { phase: "leaving", ..start.clone() };
    let live = LiveView {
        power_w: Some(45_200),
        energy_mwh: 12_408_000,
        seconds: 1_140,
        soc_percent: Some(61),
        ring: Some(61),
        full: Some(FullView { minutes: 32, battery_kwh: 58 }),
        cost: "6.80".into(),
        currency: "EUR".into(),
        used_percent: 11,
        idle: Some(IdleView {
            idle: false,
            begins_s: None,
            begins_at: None,
            grace_min: Some(15),
            amount: "6.00".into(),
            currency: "EUR".into(),
        }),
        stopping: false,
        silent_s: None,
    };
    let charging = OrderPage {
        phase: "charging",
        tone: "ok",
        live: Some(live.clone()),
        bill: Some(sample_bill(true)),
        seconds_left: None,
        may_cancel: false,
        ..start.clone()
    };
    let full = OrderPage {
        phase: "full",
        tone: "wait",
        live: Some(LiveView {
            power_w: Some(0),
            soc_percent: Some(100),
            ring: Some(100),
            full: None,
            idle: Some(IdleView {
                idle: true,
                begins_s: Some(540),
                begins_at: Some(sample_ago(-540)),
                grace_min: None,
                amount: "6.00".into(),
                currency: "EUR".into(),
            }),
            ..live.clone()
        }),
        ..charging.clone()
    };
    let stopping = OrderPage {
        live: Some(LiveView {
            stopping: true,
            soc_percent: None,
            ring: None,
            full: None,
            idle: None,
            power_w: None,
            silent_s: Some(310),
            ..live
        }),
        ..charging.clone()
    };
    let faulted = OrderPage {
        phase: "settling",
        tone: "bad",
        live: None,
        again: Some("/p/4cFq".into()),
        trouble: Some(TroubleView {
            word: "fault".into(),
            code: "GroundFailure".into(),
            at: Some(sample_ago(60)),
            place: "HARBOUR-001 / 2".into(),
            nearby: drive_landing::sample_near(),
        }),
        ..charging.clone()
    };
    let done = OrderPage {
        phase: "done",
        tone: "ok",
        moving: false,
        fresh: false,
        live: None,
        bill: Some(sample_bill(false)),
        session: Some(EndedView {
            started_at: sample_ago(2_600),
            ended_at: Some(sample_ago(40)),
            seconds: 2_560,
            energy_mwh: 31_200_000,
            mean_w: Some(43_800),
        }),
        money: MoneyView {
            held: String::new(),
            taken: "17.77".into(),
            kept: "17.77".into(),
            released: "42.23".into(),
            ..sample_money()
        },
        again: Some("/p/4cFq".into()),
        receipt: Some("/o/20260528Kx7Q/receipt.pdf".into()),
        invoice: Some(InvoiceView {
            state: "open",
            name: "Ada <Ltd>".into(),
            error: Some("tax"),
            ..InvoiceView::default()
        }),
        contact: "ada@example.com".into(),
        asks_contact: false,
        asks_code: false,
        keeps: String::new(),
        secure: "hold",
        push: None,
        ..charging.clone()
    };
    let refund = |state, done: bool| RefundView {
        kind: "rest".into(),
        amount: "82.23".into(),
        state,
        due_at: sample_ago(-259_200),
        done_at: done.then(|| sample_ago(10)),
    };
    let returned = OrderPage {
        phase: "returned",
        tone: "off",
        bill: None,
        session: None,
        receipt: None,
        invoice: None,
        trouble: Some(TroubleView {
            word: "no_start".into(),
            code: String::new(),
            at: None,
            place: "HARBOUR-001 / 2".into(),
            nearby: Vec::new(),
        }),
        money: MoneyView {
            mode: "prepay",
            taken: "100.00".into(),
            kept: String::new(),
            returned: "17.77".into(),
            released: String::new(),
            refunds: vec![refund("waiting", false), refund("done", true), refund("failed", false)],
            ..sample_money()
        },
        ..done.clone()
    };
    let owing = OrderPage {
        phase: "owing",
        tone: "bad",
        choices: vec![choice("hosted", "card")],
        again: None,
        money: MoneyView { owed: "4.10".into(), ..done.money.clone() },
        ..done.clone()
    };
    let over = |phase, tone| OrderPage {
        phase,
        tone,
        choices: Vec::new(),
        seconds_left: None,
        may_cancel: false,
        again: Some("/p/4cFq".into()),
        ..choose.clone()
    };
    vec![
        choose.clone(),
        link,
        bridge,
        code,
        identity,
        asks_contact,
        asks_code,
        checking,
        start,
        leaving,
        charging,
        full,
        stopping,
        faulted,
        done,
        returned,
        owing,
        over("failed", "bad"),
        over("expired", "off"),
        over("cancelled", "off"),
    ]
}
