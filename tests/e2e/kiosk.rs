//! A charger with a sticker, where drivers pay with the fake of a provider: what the tests of payments stand on.

use crate::{
    harness::{Csms, Engine, Place, SEEN_WITHIN, eventually, text, within},
    phones::{Fake, Provider, Sums},
};
use chrono::Utc;
use conformance::{Hardware, Options, Station};
use csms::store::{
    Db,
    ledger::entries,
    pay::{attempts, codes, orders, refunds, story, tasks},
    sandbox,
};
use ocpp::Version;
use std::time::Duration;

/// What the sticker says.
pub const CODE: &str = "0f1e2d3c4b5a69788796a5b4c3d2e100";
pub const STATION: &str = "HALL-7";
/// Outlets of the station; a car is plugged in at the first.
pub const OUTLETS: i32 = 24;
/// States of orders in which nothing is left to do.
pub const OVER: [&str; 7] =
    ["captured", "released", "partly_refunded", "refunded", "cancelled", "expired", "failed"];
/// What every session uses, Wh.
pub const USED_WH: i64 = 5_000;
/// Everything comes to rest within this.
const RESTS_WITHIN: Duration = Duration::from_secs(90);

/// 1.20 a kWh and 0.50 a session, 13 % on top.
const YUAN: &str = r#"{ "id": "simple", "currency": "CNY", "elements": [ { "components": [
    { "dimension": "energy", "price": "1.20", "vat": "13" },
    { "dimension": "flat", "price": "0.50", "vat": "13" } ] } ] }"#;
/// 0.49 a kWh and 1.00 a session, 19 % on top.
const EURO: &str = crate::harness::TARIFF;

/// Whose money it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paid {
    To(Provider),
    /// With the simulation that is built in.
    Sandbox,
}

impl Paid {
    fn in_yuan(self) -> bool {
        !matches!(self, Paid::Sandbox | Paid::To(Provider::Stripe))
    }

    pub fn account(self) -> &'static str {
        match self {
            Paid::To(provider) => provider.account(),
            Paid::Sandbox => "sim",
        }
    }

    /// What the sessions of the tests cost.
    pub fn bill(self) -> i64 {
        // (5 × 1.20 + 0.50) × 1.13 = 7.345, and (5 × 0.49 + 1.00) × 1.19 = 4.1055.
        if self.in_yuan() { 735 } else { 411 }
    }

    /// A kWh with tax, and what is secured, as pages write them.
    pub fn shown(self) -> (&'static str, &'static str) {
        if self.in_yuan() { ("1.356", "30.00") } else { ("0.583", "20.00") }
    }

    /// What is held, or paid up front, at an outlet that nobody has described.
    pub fn secured(self) -> i64 {
        if self.in_yuan() { 3_000 } else { 2_000 }
    }
}

/// See the module.
pub struct Kiosk {
    pub csms: Csms,
    pub station: Station,
    pub db: Db,
    pub paid: Paid,
    fake: Option<Fake>,
}

impl Kiosk {
    /// Opens it. `None`: something that it needs is not there, and the test says so.
    /// `more`: further settings, before the accounts.
    pub async fn open(engine: Engine, version: Version, paid: Paid, more: &str) -> Option<Kiosk> {
        let place = Place::new(engine).await?;
        let (fake, accounts) = match paid {
            Paid::To(provider) => {
                let fake = Fake::start(provider, &place.path("provider")).await?;
                let settings = fake.settings.clone();
                (Some(fake), settings)
            }
            Paid::Sandbox => {
                let settings = "[[pay.accounts]]\nname = \"sim\"\nprovider = \"sandbox\"\nkey = \"sixteen letters or more\"\n";
                (None, settings.to_owned())
            }
        };
        let pay =
            "[receipts.seller]\nname = \"Harbour Power Ltd\"\naddress = [\"Pier 7\", \"20457 Hamburg\"]\n";
        std::fs::write(place.path("csms.toml"), format!("{more}\n{pay}\n{accounts}")).unwrap();
        let (tariff, zone) = if paid.in_yuan() { (YUAN, "Asia/Shanghai") } else { (EURO, "Europe/Berlin") };
        let added = place.feed(&["tariff", "add", "-", "--default"], tariff).await;
        assert!(added.status.success(), "{}", text(&added.stderr));
        place.done(&["site", "add", "Harbour", "--time-zone", zone, "--tariff", "simple"]).await;
        let told = place.done(&["station", "add", STATION, "--site", "harbour"]).await;
        let password = told.split_whitespace().find(|word| word.len() == 40).unwrap().to_owned();
        let db = place.db().await;
        let mut tx = db.write().await.unwrap();
        for outlet in 1..=OUTLETS {
            codes::create(&mut tx, &sticker(&code(outlet), outlet, None)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let csms = place.serve().await;
        if let Some(fake) = &fake {
            fake.notify(&csms.ready.console_url).await;
        }
        let hardware = Hardware { evses: OUTLETS, ..Hardware::default() };
        let options = Options::new(&csms.ready.ocpp_url, STATION, version)
            .password(&password)
            .hardware(hardware)
            .timeout(SEEN_WITHIN);
        let station = Station::connect(options).await.unwrap();
        assert_eq!(station.boot().await.unwrap().status, "Accepted");
        station.plug_in(1).await.unwrap();
        Some(Kiosk { csms, station, db, paid, fake })
    }

    pub fn fake(&self) -> &Fake {
        self.fake.as_ref().unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        self.csms.page(path)
    }

    /// The order that was made last.
    pub async fn newest(&self) -> orders::OrderRow {
        let all = orders::list(&mut self.db.read().await.unwrap(), &orders::Filter::default(), None, 1).await;
        all.unwrap().remove(0)
    }

    pub async fn order(&self, number: &str) -> orders::OrderRow {
        orders::by_number(&mut self.db.read().await.unwrap(), number).await.unwrap().unwrap()
    }

    /// Its attempts, oldest first.
    pub async fn attempts(&self, number: &str) -> Vec<attempts::AttemptRow> {
        let order = self.order(number).await;
        attempts::of_order(&mut self.db.read().await.unwrap(), order.id).await.unwrap()
    }

    /// All that is known of an order, for whoever has to find out why a test failed.
    pub async fn whole(&self, number: &str) -> String {
        let order = self.order(number).await;
        let mut tx = self.db.read().await.unwrap();
        let attempts = attempts::of_order(&mut tx, order.id).await.unwrap();
        let tasks = tasks::of_order(&mut tx, order.id).await.unwrap();
        let story = story::of_order(&mut tx, order.id).await.unwrap();
        let story: Vec<String> =
            story.iter().map(|line| format!("{} {} {}", line.at, line.kind, line.body)).collect();
        format!("{order:#?}\n{attempts:#?}\n{tasks:#?}\n{story:#?}\n{}", self.csms.place.log())
    }

    pub async fn until_state(&self, number: &str, states: &[&str]) -> orders::OrderRow {
        let what = format!("{number} in {states:?}");
        eventually(&what, || async {
            let order = self.order(number).await;
            states.contains(&&*order.state).then_some(order)
        })
        .await
    }

    /// The session of the order has begun by itself; it uses [`USED_WH`], and the station tells of it.
    pub async fn charge(&self, number: &str) {
        self.until_state(number, &["charging"]).await;
        eventually("the station charges", || async { self.station.charge_wh(1, USED_WH).ok() }).await;
        self.station.meter(1).await.unwrap();
    }

    /// The provider had nothing to object to, and everything adds up.
    pub async fn adds_up(&self) -> Sums {
        let sums = self.balances().await;
        if let Some(fake) = &self.fake {
            assert_eq!(fake.refused().await, Vec::<serde_json::Value>::new(), "the provider refused us");
        }
        sums
    }

    /// SIGKILL, a new start, and the station back on its line with what it could not deliver.
    pub async fn killed(self) -> Kiosk {
        let Kiosk { csms, station, db, paid, fake } = self;
        let csms = csms.kill().await.serve().await;
        station.reconnect().await.unwrap();
        station.replay().await.unwrap();
        Kiosk { csms, station, db, paid, fake }
    }

    /// Everything has come to rest: what the provider has is what our rows and the ledger say, to the cent, nothing is
    /// left between the accounts, and the ledger is what was sealed.
    pub async fn balances(&self) -> Sums {
        let account = self.paid.account();
        let ours = within(RESTS_WITHIN, || async {
            // In this order: what is over does not change any more while it is added up.
            let is_over = self.is_over().await;
            let (ours, theirs) = (self.ours().await, self.theirs().await);
            (is_over && ours == theirs).then_some(ours)
        });
        let Some(ours) = ours.await else {
            let last = (self.ours().await, self.theirs().await);
            panic!("ours and theirs: {last:?}\n{}", self.csms.place.log());
        };
        let mut tx = self.db.read().await.unwrap();
        let stands = entries::balances(&mut tx, "", None, 200).await.unwrap();
        drop(tx);
        let of = |prefix: &str| -> i64 {
            let all = stands.iter().filter(|row| row.account.starts_with(prefix));
            all.map(|row| row.posted_minor).sum()
        };
        assert_eq!(of(&format!("provider:{account}")), ours.taken - ours.returned, "{stands:?}");
        assert_eq!((of("deposits"), of("suspense"), of("receivable:")), (0, 0, 0), "{stands:?}");
        assert_eq!(of(""), 0, "{stands:?}");
        assert!(stands.iter().all(|row| row.pending_minor == 0), "{stands:?}");
        self.csms.place.done(&["ledger", "verify"]).await;
        ours
    }

    /// The sums of our rows.
    pub async fn ours(&self) -> Sums {
        let mut tx = self.db.read().await.unwrap();
        let mut sums = Sums { held: 0, taken: 0, returned: 0 };
        for order in orders::list(&mut tx, &orders::Filter::default(), None, 200).await.unwrap() {
            for attempt in attempts::of_order(&mut tx, order.id).await.unwrap() {
                sums.held += attempt.held_minor;
                sums.taken += attempt.taken_minor;
                sums.returned += attempt.returned_minor;
            }
        }
        sums
    }

    /// The sums of the provider's books.
    async fn theirs(&self) -> Sums {
        if let Some(fake) = &self.fake {
            return fake.sums().await;
        }
        let mut tx = self.db.read().await.unwrap();
        let mut sums = Sums { held: 0, taken: 0, returned: 0 };
        for order in orders::list(&mut tx, &orders::Filter::default(), None, 200).await.unwrap() {
            for attempt in attempts::of_order(&mut tx, order.id).await.unwrap() {
                if let Some(row) = sandbox::order(&mut tx, &attempt.reference).await.unwrap() {
                    sums.held += row.held_minor;
                    sums.taken += row.taken_minor;
                    sums.returned += row.returned_minor;
                }
            }
        }
        sums
    }

    /// Nothing is on its way any more.
    async fn is_over(&self) -> bool {
        let mut tx = self.db.read().await.unwrap();
        let refunds = refunds::list(&mut tx, &refunds::Filter::default(), None, 200).await.unwrap();
        let orders = orders::list(&mut tx, &orders::Filter::default(), None, 200).await.unwrap();
        refunds.iter().all(|row| row.state == "done") && orders.iter().all(|row| OVER.contains(&&*row.state))
    }

    /// How many notifications to an account ended so, by the metrics.
    pub async fn outcome(&self, account: &str, outcome: &str) -> u64 {
        let metrics =
            self.csms.browser().get(self.url("/metrics")).send().await.unwrap().text().await.unwrap();
        let series = format!("csms_pay_notices_total{{account=\"{account}\",outcome=\"{outcome}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&series));
        line.map_or(0, |count| count.trim().parse().unwrap())
    }
}

/// What the sticker of an outlet says.
pub fn code(outlet: i32) -> String {
    format!("0f1e2d3c4b5a69788796a5b4c3d2e1{:02}", outlet - 1)
}

/// A row for a code.
pub fn sticker(code: &str, outlet: i32, expires_at: Option<chrono::DateTime<Utc>>) -> codes::CodeRow {
    codes::CodeRow {
        code: code.into(),
        station_id: STATION.into(),
        evse: outlet.into(),
        kind: if expires_at.is_some() { "dynamic" } else { "static" }.into(),
        expires_at,
        revoked_at: None,
        created_at: Utc::now(),
    }
}

/// A driver whose browser is a program: for what needs no eyes.
pub struct Visitor {
    browser: reqwest::Client,
}

impl Visitor {
    pub fn new(kiosk: &Kiosk) -> Visitor {
        Visitor { browser: kiosk.csms.browser() }
    }

    /// Scans the code of an outlet and chooses how to pay; without a way the order is only made. Gives its number.
    pub async fn order(&self, kiosk: &Kiosk, outlet: i32, method: &str) -> String {
        let url = kiosk.url(&format!("/p/{}", code(outlet)));
        let page = self.browser.get(&url).send().await.unwrap().text().await.unwrap();
        let form =
            [("page_key", field(&page, "page_key")), ("token", field(&page, "token")), ("method", method)];
        let answer = self.browser.post(&url).form(&form).send().await.unwrap();
        let place = answer.url().to_string();
        let page = answer.text().await.unwrap();
        assert!(place.contains("/o/"), "no order was made: {page}");
        number_in(&place)
    }

    /// Sends a form of the order's page: `pay`, `cancel` or `stop`; gives the status.
    pub async fn act(&self, kiosk: &Kiosk, number: &str, what: &str, method: &str) -> u16 {
        let url = kiosk.url(&format!("/o/{number}"));
        let page = self.browser.get(&url).send().await.unwrap().text().await.unwrap();
        let Some(token) =
            page.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next())
        else {
            return 0;
        };
        // Of an order that is over nothing can be asked.
        let Some(version) =
            page.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next())
        else {
            return 0;
        };
        let form = [("version", version), ("token", token), ("method", method)];
        let sent = self.browser.post(format!("{url}/{what}")).form(&form).send().await.unwrap();
        sent.status().as_u16()
    }

    /// Where the order's page leads to now, if it leads anywhere.
    pub async fn link(&self, kiosk: &Kiosk, number: &str) -> Option<String> {
        let page = self.browser.get(kiosk.url(&format!("/o/{number}"))).send().await.unwrap();
        let page = page.text().await.unwrap();
        let (before, _) = page.split_once("data-go=")?;
        let href = before.rsplit("href=\"").next()?.split('"').next()?;
        Some(href.replace("&amp;", "&").replace("&#x2F;", "/"))
    }

    /// Presses the button on the provider's page; `mode`: how WeChat tells of it. True: it could be paid.
    pub async fn pay(&self, kiosk: &Kiosk, link: &str, attempt: &str, mode: &str) -> bool {
        let bare = link.split('?').next().unwrap();
        let post = match kiosk.paid {
            Paid::To(Provider::Wechat | Provider::WechatV2) => format!("{bare}?mode={mode}"),
            Paid::To(Provider::Alipay) => {
                self.browser.get(link).send().await.unwrap();
                format!("{}/cashier/pay/{attempt}", kiosk.fake().url)
            }
            Paid::To(Provider::Stripe) => format!("{bare}/pay"),
            Paid::Sandbox => panic!("the simulation has a form"),
        };
        let direct = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let status = direct.post(post).send().await.unwrap().status();
        status.is_success() || status.is_redirection()
    }
}

/// The number of the order that an address shows.
pub fn number_in(place: &str) -> String {
    let path = place.split("/o/").nth(1).unwrap_or_else(|| panic!("no order: {place}"));
    path.split(['?', '/']).next().unwrap().to_owned()
}

/// The value of the first field of that name.
pub fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    from.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no field {name} in {page}"))
}
