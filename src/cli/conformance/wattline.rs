//! An operator of Wattline itself: wishes go to its REST API.

use super::words;
use conformance::suite::{
    HookError, Operator, Wish,
    hook::{Registration, TokenState, Told},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::{future::Future, pin::Pin, time::Duration};
use tariffs::ocpp::read_tariff;

/// Waits for its turn so often: a run asks faster than a key may.
const TURNS_MAX: usize = 20;

/// A Wattline under test.
#[derive(Debug)]
pub struct Wattline {
    client: reqwest::Client,
    api: String,
    key: String,
}

/// What the API answered.
struct Answer {
    status: u16,
    body: Value,
}

impl Wattline {
    /// `url` is where people open the console.
    pub fn new(url: &str, key: String, patience: Duration) -> Result<Wattline, String> {
        let url = reqwest::Url::parse(url).map_err(|error| format!("{url} is no URL: {error}"))?;
        let client = reqwest::Client::builder()
            .timeout(patience)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Wattline { client, api: format!("{}/api/v1", url.as_str().trim_end_matches('/')), key })
    }

    async fn send(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, HookError> {
        let failed = |error: reqwest::Error| HookError::Failed(error.to_string());
        for _ in 0..TURNS_MAX {
            let mut request = self
                .client
                .request(method.clone(), format!("{}{path}", self.api))
                .bearer_auth(&self.key)
                .header("If-Match", "*");
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await.map_err(failed)?;
            let status = answer.status().as_u16();
            if status == 429 {
                let wait =
                    answer.headers().get("Retry-After").and_then(|wait| wait.to_str().ok()?.parse().ok());
                tokio::time::sleep(Duration::from_secs(wait.unwrap_or(1).clamp(1, 10))).await;
                continue;
            }
            let text = answer.text().await.map_err(failed)?;
            return Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or_default() });
        }
        Err(HookError::Failed("the API says that it is asked too fast, again and again".to_owned()))
    }

    /// The same, and anything but success is a failure.
    async fn done(&self, method: reqwest::Method, path: &str, body: &Value) -> Result<Value, HookError> {
        let answer = self.send(method, path, Some(body)).await?;
        if answer.status < 300 { Ok(answer.body) } else { Err(failed(path, &answer)) }
    }

    async fn wish(&self, wish: &Wish) -> Result<Told, HookError> {
        use reqwest::Method;
        match wish {
            Wish::Call { station, version, action, payload, free } => {
                self.command(station, &words::command(version, action, payload, free)).await?;
            }
            Wish::Station { station, password, registration } => {
                let registration = match registration {
                    Registration::Accepted => "accepted",
                    Registration::Pending => "pending",
                    Registration::Rejected => "rejected",
                };
                let made = json!({"id": station, "registration": registration});
                let answer = self.send(Method::POST, "/stations", Some(&made)).await?;
                let path = format!("/stations/{}", encoded(station));
                match answer.status {
                    409 => {
                        self.done(Method::PATCH, &path, &json!({"registration": registration})).await?;
                    }
                    status if status >= 300 => return Err(failed("/stations", &answer)),
                    _ => {}
                }
                self.done(Method::POST, &format!("{path}/password"), &json!({"password": password})).await?;
            }
            Wish::Token { token, token_type, state, group, balance, language } => {
                self.token(token, token_type, *state, group.as_deref(), language.as_deref()).await?;
                if let Some(balance) = balance {
                    self.prepaid(token, balance).await?;
                }
            }
            Wish::Tariff { station, token, tariff } => {
                self.tariff(station, token.as_deref(), tariff).await?;
            }
            Wish::Other { topic, station, facts, .. } if topic == "no_charging_profile" => {
                self.without_plan(station, &facts["evse"]).await?;
            }
            Wish::Other { topic, station, facts, .. } if topic == "items_per_message" => {
                if facts["action"] == "GetVariables" {
                    self.read_as_it_takes(station, &facts["payload"]).await?;
                } else {
                    let action = facts["action"].as_str().unwrap_or_default();
                    let command = words::command("ocpp2.0.1", action, &facts["payload"], &[]);
                    self.command(station, &command).await?;
                }
            }
            Wish::Other { topic, facts, .. } if topic == "transaction_limit" => self.limit(facts).await?,
            Wish::Other { topic, station, facts, .. } if topic == "kiosk" => {
                self.kiosk(station, facts).await?
            }
            Wish::Other { what, .. } => return Err(HookError::Unable(what.clone())),
        }
        Ok(Told::default())
    }

    /// Has a station asked something; the suite plays the station, and sees whether it comes.
    async fn command(&self, station: &str, command: &Value) -> Result<(), HookError> {
        let path = format!("/stations/{}/commands?wait_s=0", encoded(station));
        self.done(reqwest::Method::POST, &path, command).await.map(drop)
    }

    /// The sessions of a token are limited, and by nothing else than before this wish.
    async fn limit(&self, facts: &Value) -> Result<(), HookError> {
        let uid = facts["token"].as_str().unwrap_or_default();
        let limits = json!({"max_cost": text(&facts["maxCost"]), "max_energy_wh": facts["maxEnergy"],
            "max_time_s": facts["maxTime"]});
        for id in self.tokens(uid).await? {
            self.done(reqwest::Method::PATCH, &format!("/tokens/{id}"), &limits).await?;
        }
        Ok(())
    }

    /// A kiosk that has taken the money itself has a session begun that costs no more.
    async fn kiosk(&self, station: &str, facts: &Value) -> Result<(), HookError> {
        let card = &facts["idToken"];
        let more: Vec<Value> = card["additionalInfo"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|info| json!({"kind": info["type"], "text": info["additionalIdToken"]}))
            .collect();
        let start = json!({"command": "start", "evse": facts["evse"],
            "token": {"uid": card["idToken"], "kind": card["type"], "more": more},
            "limit": {"max_cost": text(&facts["maxCost"])}});
        self.command(station, &start).await
    }

    /// The numbers of the tokens with this identifier.
    async fn tokens(&self, uid: &str) -> Result<Vec<String>, HookError> {
        let path = format!("/tokens?q={}&limit=199", encoded(uid));
        let found = self.send(reqwest::Method::GET, &path, None).await?;
        let same = |item: &&Value| item["uid"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(uid));
        let items = found.body["items"].as_array().into_iter().flatten().filter(same);
        Ok(items.filter_map(|item| item["id"].as_str().map(str::to_owned)).collect())
    }

    /// No plan is made for the session at an EVSE.
    async fn without_plan(&self, station: &str, evse: &Value) -> Result<(), HookError> {
        use reqwest::Method;
        let path = format!("/sessions?state=open&station={}", encoded(station));
        let found = self.send(Method::GET, &path, None).await?;
        let sessions = found.body["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let session = sessions.iter().find(|session| session["evse"] == *evse);
        let Some(id) = session.and_then(|session| session["id"].as_str()) else {
            return Err(HookError::Failed(format!("no session runs at EVSE {evse} of {station}")));
        };
        self.done(Method::PUT, &format!("/sessions/{id}/plan"), &json!({"plan": "off"})).await.map(drop)
    }

    /// The station is asked how many variables it takes in one message, then for these.
    async fn read_as_it_takes(&self, station: &str, payload: &Value) -> Result<(), HookError> {
        let limit =
            json!({"component": "DeviceDataCtrlr", "name": "ItemsPerMessage", "instance": "GetVariables"});
        let first = json!({"command": "read", "variables": [limit]});
        self.command(station, &first).await?;
        let list = payload["getVariableData"].as_array().map(Vec::as_slice).unwrap_or_default();
        let variable =
            |one: &Value| json!({"component": one["component"]["name"], "name": one["variable"]["name"]});
        let variables: Vec<Value> = list.iter().map(variable).collect();
        let read = json!({"command": "read", "variables": variables});
        self.command(station, &read).await
    }

    /// Makes a token anew: whatever it was before.
    async fn token(
        &self,
        uid: &str,
        kind: &str,
        state: TokenState,
        group: Option<&str>,
        language: Option<&str>,
    ) -> Result<(), HookError> {
        use reqwest::Method;
        for id in self.tokens(uid).await? {
            let gone = self.send(Method::DELETE, &format!("/tokens/{id}"), None).await?;
            if gone.status >= 300 && gone.status != 404 {
                return Err(failed("/tokens", &gone));
            }
        }
        let mut new = json!({"uid": uid, "kind": kind, "concurrent": true});
        match state {
            // A token that stations must refuse as invalid is one that nobody knows.
            TokenState::Unknown | TokenState::Invalid => return Ok(()),
            TokenState::Accepted => {}
            TokenState::Blocked => new["blocked"] = json!(true),
            TokenState::Expired => new["expires_at"] = json!("2020-01-01T00:00:00Z"),
        }
        if let Some(group) = group {
            new["group"] = json!(group);
        }
        if let Some(language) = language {
            new["language"] = json!(language);
        }
        self.done(Method::POST, "/tokens", &new).await.map(drop)
    }

    /// The sessions of a token are paid from a balance that has so much.
    async fn prepaid(&self, uid: &str, balance: &str) -> Result<(), HookError> {
        use reqwest::Method;
        let new = json!({"token": uid, "pays_by": "balance"});
        let made = self.send(Method::POST, "/drivers", Some(&new)).await?;
        let driver = match made.status {
            // As it was left by an earlier run.
            409 => {
                let known = self.send(Method::GET, &format!("/drivers?token={}", encoded(uid)), None).await?;
                known.body["items"][0]["id"].clone()
            }
            status if status >= 300 => return Err(failed("/drivers", &made)),
            _ => made.body["id"].clone(),
        };
        let Some(driver) = driver.as_str() else { return Err(failed("/drivers", &made)) };
        if balance.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
            return Ok(());
        }
        let accounts = self.send(Method::GET, "/routing/accounts", None).await?;
        let mut accounts = accounts.body["items"].as_array().into_iter().flatten();
        let Some(till) = accounts.find(|account| account["provider"] == "station_terminal") else {
            let why = "no account of the settings is one where an operator takes money (station_terminal)";
            return Err(HookError::Unable(why.to_owned()));
        };
        let reference = format!("cert-{uid}-{:08x}", rand::random::<u32>());
        // The prices of the suite are in this currency.
        let amount: rust_decimal::Decimal = balance
            .parse()
            .map_err(|error| HookError::Unable(format!("{balance:?} is no amount: {error}")))?;
        let cents =
            rust_decimal::prelude::ToPrimitive::to_i64(&(amount * rust_decimal::Decimal::ONE_HUNDRED));
        let top_up = json!({"amount_minor": cents, "currency": "EUR", "reference": reference,
            "taken_at": till["account"]});
        self.done(Method::POST, &format!("/drivers/{driver}/balance/top-ups"), &top_up).await.map(drop)
    }

    /// Publishes a tariff and assigns it to the station, or to the token there.
    async fn tariff(&self, station: &str, token: Option<&str>, tariff: &Value) -> Result<(), HookError> {
        use reqwest::Method;
        let read = read_tariff(&tariff.to_string())
            .map_err(|error| HookError::Unable(format!("the tariff cannot be read: {error}")))?;
        // Tariffs are for ever: each wish has one of its own.
        let id = format!("cert-{}-{:08x}", station.to_lowercase(), rand::random::<u32>());
        let mut ours = serde_json::to_value(&read.tariff)
            .map_err(|error| HookError::Failed(format!("the tariff cannot be written: {error}")))?;
        ours["id"] = json!(id);
        let path = format!("/tariffs/{}", encoded(&id));
        self.done(Method::POST, &format!("{path}/versions"), &json!({"tariff": ours})).await?;
        let mut assignment = json!({"station_id": station, "replace": true});
        if let Some(token) = token {
            assignment["token"] = json!(token);
            assignment["token_kind"] = json!("ISO14443");
        }
        self.done(Method::POST, &format!("{path}/assignments"), &assignment).await.map(drop)
    }
}

impl Operator for Wattline {
    fn ask<'a>(
        &'a self,
        wish: &'a Wish,
    ) -> Pin<Box<dyn Future<Output = Result<Told, HookError>> + Send + 'a>> {
        Box::pin(self.wish(wish))
    }
}

fn failed(path: &str, answer: &Answer) -> HookError {
    let detail = answer.body["detail"].as_str().or(answer.body["title"].as_str()).unwrap_or_default();
    HookError::Failed(format!("{path} answers {} {detail}", answer.status))
}

/// A number as the API takes amounts: text, or nothing.
fn text(number: &Value) -> Option<String> {
    number.is_number().then(|| number.to_string())
}

/// A segment of a path, or a value of a query.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
