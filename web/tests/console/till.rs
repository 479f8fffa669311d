//! A site that sells, and a provider that says what a test wants: nothing is sent anywhere.

use crate::{Browser, Console, now};
use chrono::{DateTime, Utc};
use csms::{
    config::Config,
    link::line::Line,
    pay::{self, Accounts},
    store::{
        assignments::{self, Assigned, AssignmentRow},
        pay::orders::{self, OrderRow},
        row::{ConnectorRow, StationRow, Write},
        sites::{self, SiteRow},
        stations,
        tariffs::Change,
        versions::{self, Published},
    },
};
use ocpp::Version;
use payments::provider::{
    Abilities, Answer, Attempt, Call, Method, Next, NoticeFault, PaymentFact, PaymentState, Provider,
    Refusal, RefusalKind, Response, Step, Told,
};
use std::sync::{Arc, Mutex};
use tariffs::Tariff;

/// What the provider says of every payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    Waiting,
    Held,
    Refuses,
}

/// A provider without a network.
#[derive(Debug)]
struct Fake {
    abilities: Abilities,
    says: Arc<Mutex<Says>>,
    asks_who: bool,
}

impl Provider for Fake {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn request(&self, call: &Call<'_>, _: DateTime<Utc>) -> Result<Step, Refusal> {
        let says = self.says.lock().unwrap().clone();
        let fact = |attempt: &Attempt, state: PaymentState| {
            let held = (state == PaymentState::Held).then_some(attempt.amount);
            Told::Payment(PaymentFact {
                number: attempt.number.clone(),
                reference: None,
                charge: None,
                state,
                amount: Some(attempt.amount),
                held,
                taken: None,
                payer: None,
                instrument: None,
                at: None,
                holds_until: None,
            })
        };
        Ok(Step::Done(Answer::Told(match call {
            Call::Identify { code } => Told::Payer(format!("payer-{code}")),
            Call::Open(_) if says == Says::Refuses => {
                let refusal = Refusal::new(RefusalKind::Payer, "declined", "no funds");
                return Ok(Step::Done(Answer::Refused(refusal)));
            }
            Call::Open(attempt) => {
                let next = match attempt.method {
                    Method::Code => Next::ShowCode { text: format!("weixin://pay/{}", attempt.number) },
                    Method::InWallet => {
                        Next::WechatBridge { parameters: serde_json::json!({"appId": "wx1", "sign": "a\"b"}) }
                    }
                    _ => Next::Redirect { url: format!("https://pay.example/{}?a=1&b=2", attempt.number) },
                };
                Told::Opened { reference: None, charge: None, next }
            }
            Call::Close(attempt) => fact(attempt, PaymentState::Closed),
            Call::Query(attempt) => fact(
                attempt,
                match says {
                    Says::Held => PaymentState::Held,
                    Says::Waiting | Says::Refuses => PaymentState::Waiting,
                },
            ),
            Call::Release { attempt, .. } => fact(attempt, PaymentState::Released),
            _ => return Err(Refusal::new(RefusalKind::Unsupported, "", "")),
        })))
    }

    fn answer(&self, _: &Call<'_>, _: &Response, _: DateTime<Utc>) -> Answer {
        Answer::Unknown("nothing is sent".into())
    }

    fn identify_at(&self, return_to: &str, state: &str) -> Option<String> {
        self.asks_who.then(|| format!("https://wallet.example/who?to={return_to}&state={state}"))
    }

    fn notice(
        &self,
        call: &Response,
        _: DateTime<Utc>,
    ) -> Result<Vec<payments::provider::Notice>, NoticeFault> {
        match call.body.as_slice() {
            b"nothing" => Ok(Vec::new()),
            _ => Err(NoticeFault::Forged("no signature".into())),
        }
    }

    fn acknowledgement(&self, took: bool) -> Response {
        Response::text(if took { 200 } else { 401 }, "text/plain", if took { "OK" } else { "NO" })
    }
}

/// A console that sells: one site, the stations CP1 (outlets 1 and 2, connected) and CP2 (not connected).
pub struct Till {
    pub console: Console,
    pub says: Arc<Mutex<Says>>,
    /// Of CP1, outlet 1.
    pub code: String,
    pub line: Arc<Line>,
}

impl Till {
    pub async fn open() -> Till {
        Till::open_with(Config::default(), false).await
    }

    pub async fn open_with(mut config: Config, asks_who: bool) -> Till {
        config.pay.operator = "Hafen & Söhne".into();
        // The stations here take calls and answer none.
        config.ocpp.call_timeout_s = 0;
        let says = Arc::new(Mutex::new(Says::Waiting));
        let fake = |methods: &[Method]| -> Box<dyn Provider> {
            let abilities =
                Abilities { methods: methods.to_vec(), holds: methods.to_vec(), ..Abilities::default() };
            Box::new(Fake {
                abilities,
                says: says.clone(),
                asks_who: asks_who && methods.contains(&Method::InWallet),
            })
        };
        let providers = vec![
            (
                "st".to_owned(),
                "stripe".to_owned(),
                fake(&[
                    Method::Hosted,
                    Method::Terminal { reader: String::new() },
                    Method::OnFile { customer: String::new(), instrument: String::new() },
                ]),
            ),
            (
                "wx".to_owned(),
                "wechat".to_owned(),
                fake(&[Method::InWallet, Method::Code, Method::PhoneBrowser]),
            ),
            ("ali".to_owned(), "alipay".to_owned(), fake(&[Method::PhoneBrowser])),
        ];
        let accounts = Accounts::of(&config.pay, providers).unwrap();
        let console = Console::start_selling(config, accounts).await;
        furnish(&console).await;
        let address = "192.0.2.1:5000".parse().unwrap();
        let hub = &console.app.hub;
        let line = hub.enter(hub.number(), &"CP1".into(), address, Version::NEWEST, now(), 16).unwrap();
        let code = pay::sticker_codes(&console.app, &"CP1".into(), &[1]).await.unwrap().remove(0).code;
        Till { console, says, code, line }
    }

    pub fn path(&self) -> String {
        format!("/p/{}", self.code)
    }

    pub fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    /// The status of an outlet.
    pub async fn set(&self, station: &str, evse: i64, status: &str, error: &str) {
        let write = Write::Connector(ConnectorRow {
            station: station.into(),
            evse,
            connector: 1,
            status: status.into(),
            error_code: error.into(),
            info: String::new(),
            status_at: self.console.app.clock.now() + chrono::TimeDelta::microseconds(1),
        });
        self.console.app.writer.commit(vec![write]).await.unwrap();
    }

    pub async fn orders(&self) -> Vec<OrderRow> {
        let mut tx = self.console.app.db.read().await.unwrap();
        orders::list(&mut tx, &orders::Filter::default(), None, 100).await.unwrap()
    }

    /// Sends the landing page's form.
    pub async fn click(&self, browser: &Browser, fields: &[(&str, &str)]) -> reqwest::Response {
        let page = browser.page(&self.path()).await;
        let (key, token) = (field(&page, "page_key"), field(&page, "token"));
        let mut form = vec![("page_key", key.as_str()), ("token", token.as_str())];
        form.extend_from_slice(fields);
        browser.post(&self.path()).form(&form).send().await.unwrap()
    }
}

/// The value of a hidden field.
pub fn field(html: &str, name: &str) -> String {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\"")).expect("the field is there");
    rest.split('"').next().unwrap().to_owned()
}

pub fn location(answer: &reqwest::Response) -> String {
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn furnish(console: &Console) {
    let mut tx = console.app.db.write().await.unwrap();
    let site = |id, name: &str, latitude: &str| SiteRow {
        id,
        name: name.into(),
        address: "Kai 4".into(),
        city: "Hamburg".into(),
        country: "DEU".into(),
        latitude: Some(latitude.into()),
        longitude: Some("9.99".into()),
        time_zone: "Europe/Berlin".into(),
        created_at: now(),
    };
    sites::create(&mut tx, &site(1, "Hafen <West>", "53.54")).await.unwrap();
    sites::create(&mut tx, &site(2, "Fähre", "53.55")).await.unwrap();
    for (id, site) in [("CP1", 1), ("CP2", 1)] {
        let row =
            StationRow { id: id.into(), site_id: Some(site), created_at: now(), ..StationRow::default() };
        stations::create(&mut tx, &row).await.unwrap();
    }
    let tariff = Tariff::from_json(include_str!("../tariffs/city.json")).unwrap();
    let change = || Change { id: console.app.ids.next(), at: now() - chrono::TimeDelta::days(1), by: "test" };
    let published = versions::publish(&mut tx, &tariff, None, "", &change()).await.unwrap();
    assert!(matches!(published, Published::Added { .. }));
    let row = AssignmentRow {
        tariff_id: "city".into(),
        site_id: Some(1),
        created_at: now(),
        ..AssignmentRow::default()
    };
    assert!(matches!(
        assignments::assign(&mut tx, &row, false, &change()).await.unwrap(),
        Assigned::Done { .. }
    ));
    tx.commit().await.unwrap();
    console.app.catalog.reload(&console.app.db, now()).await.unwrap();
    let outlet = |station: &str, evse| {
        Write::Connector(ConnectorRow {
            station: station.into(),
            evse,
            connector: 1,
            status: "Available".into(),
            error_code: String::new(),
            info: String::new(),
            status_at: now(),
        })
    };
    console.app.writer.commit(vec![outlet("CP1", 1), outlet("CP1", 2), outlet("CP2", 1)]).await.unwrap();
}
