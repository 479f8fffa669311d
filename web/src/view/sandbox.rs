//! The pages of the sandbox: the payer's and the books.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The page on which a person plays the payer of an order.
#[derive(Debug, Clone, Serialize)]
pub struct SandboxPay {
    /// Why the last wish was not fulfilled.
    pub no: Option<String>,
    pub reference: String,
    pub merchant: String,
    pub number: String,
    pub description: String,
    pub method: String,
    pub state: String,
    pub currency: String,
    /// Decimals, as all amounts.
    pub amount: String,
    pub held: Option<String>,
    pub taken: Option<String>,
    pub returned: Option<String>,
    /// The payment holds an amount instead of taking it.
    pub holds: bool,
    pub payer: String,
    pub dispute: String,
    pub pays_at: Option<DateTime<Utc>>,
    pub expires_at: DateTime<Utc>,
    pub holds_until: Option<DateTime<Utc>>,
    /// The merchant's page.
    pub back: String,
    pub can_pay: bool,
    pub comes_anyway: bool,
    pub can_dispute: bool,
    /// How things go at present.
    pub answers: String,
    pub notices: String,
    pub refunds_manner: String,
    /// What there is to choose from, for each of the three.
    pub choices: [&'static [&'static str]; 3],
    pub refunds: Vec<SandboxRefund>,
    pub sent: Vec<SandboxNotice>,
    pub css: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct SandboxRefund {
    pub state: String,
    pub amount: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SandboxNotice {
    pub kind: String,
    pub forged: bool,
    pub state: String,
    pub tries: i64,
    pub trouble: String,
    pub due_at: DateTime<Utc>,
}

/// What the sandbox has booked.
#[derive(Debug, Clone, Serialize)]
pub struct SandboxBooks {
    pub accounts: Vec<SandboxAccount>,
    pub choices: &'static [&'static str],
    pub orders: Vec<SandboxLine>,
    pub pager: Pager,
    /// The sums are of so many days.
    pub days: u64,
    pub css: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct SandboxAccount {
    pub merchant: String,
    pub answers: String,
    pub sums: Vec<SandboxSum>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SandboxSum {
    pub currency: String,
    pub taken: String,
    pub returned: String,
    pub fee: String,
    pub net: String,
    pub moves: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct SandboxLine {
    pub href: String,
    pub number: String,
    pub method: String,
    pub state: String,
    pub currency: String,
    pub amount: String,
    pub taken: String,
    pub returned: String,
    pub created_at: DateTime<Utc>,
}

impl Page for SandboxPay {
    const TEMPLATE: &'static str = "sandbox_pay.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let waiting = SandboxPay {
            no: None,
            reference: "0f3c".into(),
            merchant: "wattline".into(),
            number: "wt20260528a1b2c3d4".into(),
            description: "Charging at Yard <1>".into(),
            method: "hosted".into(),
            state: "waiting".into(),
            currency: "EUR".into(),
            amount: "25.00".into(),
            held: None,
            taken: None,
            returned: None,
            holds: true,
            payer: String::new(),
            dispute: String::new(),
            pays_at: None,
            expires_at: sample_ago(-200),
            holds_until: None,
            back: "http://localhost:8080/o/1".into(),
            can_pay: true,
            comes_anyway: false,
            can_dispute: false,
            answers: "usual".into(),
            notices: "once".into(),
            refunds_manner: "done".into(),
            choices: [
                &["usual", "hang", "broken"],
                &["once", "thrice", "jumbled", "late", "none"],
                &["done", "late", "fail"],
            ],
            refunds: Vec::new(),
            sent: Vec::new(),
            css: &crate::assets::SANDBOX.path,
        };
        let notice = |kind: &str, forged, state: &str, trouble: &str| SandboxNotice {
            kind: kind.into(),
            forged,
            state: state.into(),
            tries: 1,
            trouble: trouble.into(),
            due_at: sample_ago(30),
        };
        let paid = SandboxPay {
            no: Some("paid".into()),
            state: "taken".into(),
            taken: Some("18.40".into()),
            returned: Some("2.00".into()),
            payer: "ada".into(),
            dispute: "open".into(),
            can_pay: false,
            can_dispute: true,
            refunds: ["done", "waiting", "failed"]
                .map(|state| SandboxRefund { state: state.into(), amount: "2.00".into(), at: sample_ago(9) })
                .into(),
            sent: vec![
                notice("payment.held", false, "done", ""),
                notice("payment.taken", false, "waiting", "HTTP 503"),
                notice("refund.done", false, "given_up", "HTTP 500"),
                notice("payment.taken", true, "given_up", "HTTP 401"),
            ],
            ..waiting.clone()
        };
        let held = SandboxPay {
            state: "held".into(),
            held: Some("25.00".into()),
            holds_until: Some(sample_ago(-600_000)),
            can_pay: false,
            ..waiting.clone()
        };
        let closed = SandboxPay {
            no: Some("closed".into()),
            state: "closed".into(),
            can_pay: false,
            comes_anyway: true,
            back: String::new(),
            ..waiting.clone()
        };
        let late = SandboxPay {
            pays_at: Some(sample_ago(-100)),
            can_pay: false,
            no: Some("other".into()),
            ..waiting.clone()
        };
        vec![waiting, paid, held, closed, late]
    }
}

impl Page for SandboxBooks {
    const TEMPLATE: &'static str = "sandbox_books.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let sum = SandboxSum {
            currency: "EUR".into(),
            taken: "1204.40".into(),
            returned: "45.00".into(),
            fee: "7.23".into(),
            net: "1152.17".into(),
            moves: 61,
        };
        let line = SandboxLine {
            href: "/sandbox/pay/0f3c".into(),
            number: "wt20260528a1b2c3d4".into(),
            method: "code".into(),
            state: "taken".into(),
            currency: "EUR".into(),
            amount: "25.00".into(),
            taken: "18.40".into(),
            returned: "0.00".into(),
            created_at: super::shell::sample_ago(500),
        };
        let account = SandboxAccount { merchant: "wattline".into(), answers: "hang".into(), sums: vec![sum] };
        let full = SandboxBooks {
            accounts: vec![account.clone()],
            choices: &["usual", "hang", "broken"],
            orders: vec![line],
            pager: Pager { first: None, next: Some("/sandbox?before=1~0f3c".into()) },
            days: 30,
            css: &crate::assets::SANDBOX.path,
        };
        let empty = SandboxBooks {
            accounts: vec![SandboxAccount { sums: Vec::new(), ..account }],
            orders: Vec::new(),
            pager: Pager::default(),
            ..full.clone()
        };
        vec![full, empty]
    }
}
