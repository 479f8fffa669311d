//! A site in Shanghai, an account, orders, and files of statements.

use chrono::{DateTime, TimeDelta, Utc};
use csms::clearing::import::{Imported, Incoming, Which};
use csms::clearing::terms::Agreement;
use csms::clearing::{Clearing, ClearingError, terms};
use csms::store::clearing::cases::{self, CaseRow, Filter};
use csms::store::clearing::terms::TermsRow;
use csms::store::clearing::testing::{self, Paid};
use csms::store::sites::{self, SiteRow};
use csms::store::{Db, query::PAGE_MAX};
use csms::{clock::Clock, config, id::Ids, ledger};
use payments::clearing::{Contract, Rate};
use std::fmt::Write;

pub const ACCOUNT: &str = "wx-main";
pub const SITE: i64 = 7;

/// 2026-10-01T00:00:00 in Shanghai, and so many seconds.
pub fn at(seconds: i64) -> DateTime<Utc> {
    "2026-09-30T16:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

/// Seconds until so many days later, so many hours past midnight.
pub fn on(day: i64, hour: i64) -> i64 {
    (day * 24 + hour) * 3600
}

pub struct House {
    pub db: Db,
    pub ids: Ids,
    pub clock: Clock,
    pub config: config::Clearing,
}

impl House {
    /// A site, and a contract of 0.6%.
    pub async fn open(db: &Db) -> House {
        let clock = Clock::fixed(at(0));
        let house = House {
            db: db.clone(),
            ids: Ids::new(clock.clone(), 1),
            clock,
            config: config::Clearing { write_off_limit: 5.into(), ..config::Clearing::default() },
        };
        let mut tx = db.write().await.unwrap();
        let site = SiteRow {
            id: SITE,
            name: "Yard".into(),
            address: String::new(),
            city: String::new(),
            country: "CHN".into(),
            latitude: None,
            longitude: None,
            time_zone: "Asia/Shanghai".into(),
            created_at: at(0),
        };
        sites::create(&mut tx, &site).await.unwrap();
        terms::put(&mut tx, &house.terms(), at(0)).await.unwrap();
        tx.commit().await.unwrap();
        house.agree(None, Some(6_000)).await;
        house
    }

    pub fn terms(&self) -> TermsRow {
        TermsRow {
            account: ACCOUNT.into(),
            zone: "Asia/Shanghai".into(),
            fetch_at: "10:30".into(),
            bank: String::new(),
            bank_text: String::new(),
            currency: String::new(),
            columns: String::new(),
            changed_at: at(0),
        }
    }

    /// So many millionths are agreed from a day on, or that fees are taken as they are.
    pub async fn agree(&self, from: Option<&str>, millionths: Option<u32>) -> bool {
        let contract =
            millionths.map(|n| Contract { rate: Rate::millionths(n), fixed: 0, returns: true, tolerance: 0 });
        let from = from.map(|day| day.parse().unwrap());
        let agreed = Agreement { account: ACCOUNT, from, contract, note: "", by: "tester" };
        self.clearing().agree(&agreed).await.unwrap()
    }

    pub fn clearing(&self) -> Clearing<'_> {
        Clearing { db: &self.db, ids: &self.ids, clock: &self.clock, config: &self.config }
    }

    /// The clock shows so many seconds.
    pub fn now(&self, seconds: i64) {
        self.clock.advance(at(seconds) - self.clock.now());
    }

    pub async fn pay(&self, all: &[Paid]) {
        let mut tx = self.db.write().await.unwrap();
        testing::add(&mut tx, all, at(0)).await.unwrap();
        csms::store::clearing::analyze(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Settles the first days, and takes their statements: that of the first says what the paper says.
    pub async fn days(&self, paper: &Paper) {
        self.import(0, &paper.text()).await.unwrap();
        for day in 1..=3 {
            self.import(day, &Paper::new().text()).await.unwrap();
        }
        self.now(on(4, 3));
        self.clearing().settle_due().await.unwrap();
    }

    /// Imports a provider's file.
    pub async fn import(&self, day: i64, text: &str) -> Result<Imported, ClearingError> {
        let day = (at(on(day, 12)) + TimeDelta::hours(8)).date_naive();
        let name = format!("{ACCOUNT} of {day}");
        let incoming = Incoming {
            account: ACCOUNT,
            file: Which::Trades,
            day: Some(day),
            format: None,
            name: &name,
            bytes: text.as_bytes(),
            by: "tester",
        };
        self.clearing().import(&incoming).await
    }

    pub async fn cases(&self) -> Vec<CaseRow> {
        let mut tx = self.db.read().await.unwrap();
        let mut all: Vec<CaseRow> = Vec::new();
        loop {
            let before = all.last().map(|case| case.id);
            let page = cases::list(&mut tx, &Filter::default(), before, PAGE_MAX).await.unwrap();
            let last = (page.len() as i64) < PAGE_MAX;
            all.extend(page);
            if last {
                return all;
            }
        }
    }

    /// What the ledger says of accounts, e.g. `fees:wx-main 60`.
    pub async fn balances(&self) -> Vec<String> {
        let rows = ledger::balances_of(&mut self.db.read().await.unwrap(), "", 100).await.unwrap();
        rows.into_iter().map(|row| format!("{} {}", row.account, row.posted_minor)).collect()
    }
}

/// A payment of so many fen, so many seconds into the first day.
pub fn paid(n: i64, minor: i64, seconds: i64) -> Paid {
    Paid {
        id: n,
        number: format!("A{n:07}"),
        account: ACCOUNT,
        site: Some(SITE),
        currency: "CNY",
        minor,
        taken_at: Some(at(seconds)),
        returned: None,
    }
}

/// A statement in the making.
pub struct Paper {
    lines: Vec<String>,
    sums: [i64; 3],
}

impl Paper {
    pub fn new() -> Paper {
        Paper { lines: Vec::new(), sums: [0; 3] }
    }

    /// A line; its fee is what the contract says, and so much more.
    #[expect(clippy::too_many_arguments)]
    pub fn line(
        &mut self,
        kind: &str,
        number: &str,
        minor: i64,
        extra: i64,
        currency: &str,
        seconds: i64,
        status: &str,
    ) {
        let right = Rate::millionths(6_000).of(minor);
        let (sign, sum) = if kind == "refund" { (-1, 1) } else { (1, 0) };
        let fee = sign * right + extra;
        self.sums[sum] += minor;
        self.sums[2] += fee;
        let at = at(seconds).to_rfc3339();
        let (minor, fee) = (decimal(minor), decimal(fee));
        self.lines.push(format!("{number},{kind},{minor},{fee},{currency},{at},P{number},{status}\n"));
    }

    pub fn payment(&mut self, number: &str, minor: i64, seconds: i64) {
        self.line("payment", number, minor, 0, "CNY", seconds, "done");
    }

    /// The file, its lines in an order of its own.
    pub fn text(&self) -> String {
        let mut text = "number,kind,amount,fee,currency,at,reference,status\n".to_owned();
        for at in 0..self.lines.len() {
            // 7919 is prime and no divisor of what is tested.
            text += &self.lines[(at * 7919 + 3) % self.lines.len()];
        }
        let [paid, returned, fees] = self.sums.map(decimal);
        writeln!(text, "#total,{},{paid},{returned},{fees}", self.lines.len()).unwrap();
        text
    }
}

fn decimal(minor: i64) -> String {
    rust_decimal::Decimal::new(minor, 2).to_string()
}
