//! A CSMS that does everything right, unless a test asks it not to: what the suite is held against.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

use conformance::CallError;
use conformance::responder::{Guest, Manners, Responder, Seen};
use conformance::suite::hook::{Registration, TokenState};
use conformance::suite::{HookError, Operator, Wish};
use futures::future::BoxFuture;
use ocpp::Version;
use ocpp::schema::{self, Kind};
use serde_json::{Value, json};

use crate::answers;

/// What a test has it do wrong.
#[derive(Clone, Copy, Default)]
pub struct Defect {
    /// Changes what it sends.
    pub sent: Option<fn(&str, &mut Value)>,
    /// Changes what it answers.
    pub answered: Option<fn(&Seen, &mut Value)>,
    /// Takes whatever can be understood.
    pub lenient: bool,
    /// Never sends what it is asked to.
    pub mute: bool,
    /// Answers all but boots and statuses with an error.
    pub grumpy: bool,
    /// Lets everybody in.
    pub open: bool,
    /// The status for a wrong password, instead of 401.
    pub turns_away: Option<u16>,
    /// Forgets what it was told.
    pub forgetful: bool,
    /// Reads and sets things by itself after each boot.
    pub busy: bool,
    /// Ends a station's new connection some time after it came.
    pub jealous: bool,
}

/// What it knows.
#[derive(Default)]
pub struct Book {
    pub tokens: HashMap<String, Token>,
    pub stations: HashMap<String, (Vec<u8>, Registration)>,
    pub starts: HashMap<String, i64>,
    pub limits: HashMap<String, Value>,
    pub tariffs: HashMap<String, Value>,
    pub dynamic: Vec<i64>,
    pub unplanned: Vec<String>,
    pub limited: Vec<String>,
    pub charged: Vec<String>,
    pub connections: HashMap<String, usize>,
    /// The transaction that a station has told last.
    pub running: HashMap<String, String>,
    /// SetChargingProfile, by transaction.
    pub profiles: HashMap<String, Value>,
    pub next: i64,
}

/// A token.
#[derive(Clone)]
pub struct Token {
    pub state: TokenState,
    pub group: Option<String>,
    pub balance: Option<f64>,
    pub language: Option<String>,
}

pub struct Good {
    pub defect: Defect,
    book: Mutex<Book>,
    responder: OnceLock<Responder>,
    myself: Weak<Good>,
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Good {
    /// Starts it on a free port.
    pub async fn start(defect: Defect) -> Arc<Good> {
        let good = Arc::new_cyclic(|myself| Good {
            defect,
            book: Mutex::default(),
            responder: OnceLock::new(),
            myself: myself.clone(),
            turns: Mutex::default(),
        });
        let responder = Responder::start_with("127.0.0.1:0", good.clone()).await.expect("a port");
        assert!(good.responder.set(responder).is_ok());
        good
    }

    pub fn url(&self) -> String {
        self.responder.get().expect("started").url()
    }

    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no panic")
    }

    /// Calls a station, one call at a time.
    async fn send(&self, station: &str, action: &str, mut payload: Value) -> Result<Value, HookError> {
        if self.defect.mute {
            return Ok(Value::Null);
        }
        if let Some(change) = self.defect.sent {
            change(action, &mut payload);
        }
        let turn = self.turns.lock().expect("no panic").entry(station.to_owned()).or_default().clone();
        let _turn = turn.lock().await;
        let responder = self.responder.get().expect("started");
        let answer = responder.call(station, action, payload.clone()).await;
        let answer = answer.ok_or_else(|| HookError::Failed("the station is offline".to_owned()))?;
        let answer = answer.unwrap_or_default();
        self.remember(station, action, &payload, &answer);
        Ok(answer)
    }

    fn remember(&self, station: &str, action: &str, payload: &Value, answer: &Value) {
        if self.defect.forgetful {
            return;
        }
        let mut book = self.book();
        let password = match action {
            "SetVariables" if answer["setVariableResult"][0]["attributeStatus"] == "Accepted" => {
                let first = &payload["setVariableData"][0];
                let value = first["attributeValue"].as_str().unwrap_or_default();
                (first["variable"]["name"] == "BasicAuthPassword").then(|| value.as_bytes().to_vec())
            }
            "ChangeConfiguration" if payload["key"] == "AuthorizationKey" => {
                let digits = payload["value"].as_str().unwrap_or_default();
                let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok();
                (0..digits.len() / 2).map(byte).collect()
            }
            "SetChargingProfile" => {
                book.dynamic.extend(payload["chargingProfile"]["id"].as_i64());
                if let Some(transaction) = payload["chargingProfile"]["transactionId"].as_str() {
                    book.profiles.insert(transaction.to_owned(), payload.clone());
                }
                None
            }
            _ => None,
        };
        if let (Some(password), Some(known)) = (password, book.stations.get_mut(station)) {
            known.0 = password;
        }
    }

    /// Gives its own numbers where it is free to.
    fn number(&self, action: &str, payload: &mut Value, free: &[String]) {
        let own = ["/chargingProfile/id", "/csChargingProfiles/chargingProfileId"];
        let is_own = |place: &str| match action {
            "ReserveNow" => ["/id", "/reservationId"].contains(&place),
            _ => own.contains(&place),
        };
        for place in free.iter().filter(|place| is_own(place) && !self.defect.forgetful) {
            let mut book = self.book();
            book.next += 1;
            *payload.pointer_mut(place).expect("a place in the payload") = (2000 + book.next).into();
        }
    }

    /// Makes a plan for the car of a station.
    pub fn plan(&self, station: &str) {
        let transaction = self.book().running.get(station).cloned();
        let Some(transaction) = transaction.filter(|_| !self.defect.forgetful) else { return };
        let start = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let profile = json!({ "id": 7777, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute", "transactionId": transaction, "chargingSchedule": [{ "id": 1,
            "startSchedule": start, "duration": 3600, "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 10.0 }] }] });
        self.follow_up(station, "SetChargingProfile", json!({ "evseId": 1, "chargingProfile": profile }));
    }

    /// A transaction goes on: its profile is sent again.
    pub fn resumed(&self, station: &str, transaction: &str) {
        let known = self.book().profiles.get(transaction).cloned();
        if let Some(payload) = known {
            self.follow_up(station, "SetChargingProfile", payload);
        }
    }

    /// Sends something a moment later, by itself.
    pub fn follow_up(&self, station: &str, action: &'static str, payload: Value) {
        let (myself, station) = (self.myself.clone(), station.to_owned());
        tokio::spawn(async move {
            if let Some(good) = myself.upgrade() {
                let _ = good.send(&station, action, payload).await;
            }
        });
    }

    /// What many CSMS do with a station that has booted.
    fn meddle(&self, station: &str, version: Version) {
        let variable =
            json!({ "component": { "name": "OCPPCommCtrlr" }, "variable": { "name": "HeartbeatInterval" } });
        let mut value = variable.clone();
        value["attributeValue"] = "300".into();
        match version {
            Version::V16 => {
                self.follow_up(station, "GetConfiguration", json!({ "key": ["HeartbeatInterval"] }));
                self.follow_up(
                    station,
                    "ChangeConfiguration",
                    json!({ "key": "HeartbeatInterval", "value": "300" }),
                );
            }
            Version::V201 | Version::V21 => {
                self.follow_up(station, "GetVariables", json!({ "getVariableData": [variable] }));
                self.follow_up(station, "SetVariables", json!({ "setVariableData": [value] }));
                self.follow_up(
                    station,
                    "GetBaseReport",
                    json!({ "requestId": 1, "reportBase": "SummaryInventory" }),
                );
            }
        }
    }

    async fn other(&self, station: &str, topic: &str, facts: &Value) -> Result<(), HookError> {
        match topic {
            "items_per_message" => {
                let items = usize::try_from(facts["items"].as_u64().unwrap_or(1)).expect("few");
                let items = if self.defect.forgetful { 100 } else { items };
                let fields = facts["payload"].as_object().expect("a payload");
                let (name, list) = fields.iter().next().expect("a list");
                let action = if name == "id" { "ClearVariableMonitoring" } else { "GetVariables" };
                for part in list.as_array().expect("a list").chunks(items) {
                    self.follow_up(station, action, json!({ (name.clone()): part }));
                }
            }
            "transaction_limit" => {
                let token = facts["token"].as_str().unwrap_or_default().to_ascii_lowercase();
                let mut limit = facts.clone();
                limit.as_object_mut().map(|fields| fields.remove("token"));
                self.book().limits.insert(token, limit);
            }
            "kiosk" => self.follow_up(
                station,
                "RequestStartTransaction",
                json!({ "evseId": facts["evse"], "remoteStartId": 8, "idToken": facts["idToken"] }),
            ),
            "no_charging_profile" => self.book().unplanned.push(station.to_owned()),
            "qr_scan" => {
                let good = facts["totp"] == "valid" && facts["query"] == "maxenergy=20000";
                if good || self.defect.forgetful {
                    let payment = "psp-qr-1";
                    self.book()
                        .limits
                        .insert(payment.to_owned(), json!({ "maxEnergy": 20_000, "maxCost": 50 }));
                    self.follow_up(
                        station,
                        "RequestStartTransaction",
                        json!({ "evseId": 1, "remoteStartId": 9,
                        "idToken": { "idToken": payment, "type": "DirectPayment" } }),
                    );
                }
            }
            _ => return Err(HookError::Unable(topic.to_owned())),
        }
        Ok(())
    }
}

impl Operator for Good {
    fn ask<'a>(&'a self, wish: &'a Wish) -> BoxFuture<'a, Result<conformance::suite::hook::Told, HookError>> {
        Box::pin(async move {
            match wish {
                Wish::Call { station, action, payload, free, .. } => {
                    let mut payload = payload.clone();
                    self.number(action, &mut payload, free);
                    self.send(station, action, payload).await?;
                }
                Wish::Station { station, password, registration } => {
                    let known = (password.clone().into_bytes(), *registration);
                    self.book().stations.insert(station.clone(), known);
                }
                Wish::Token { token, state, group, balance, language, .. } => {
                    let balance = balance.as_ref().and_then(|text| text.parse().ok());
                    let known =
                        Token { state: *state, group: group.clone(), balance, language: language.clone() };
                    self.book().tokens.insert(token.to_ascii_lowercase(), known);
                }
                Wish::Tariff { token, tariff, .. } => {
                    let token = token.clone().unwrap_or_default().to_ascii_lowercase();
                    self.book().tariffs.insert(token, tariff.clone());
                }
                Wish::Other { station, topic, facts, .. } => self.other(station, topic, facts).await?,
            }
            Ok(conformance::suite::hook::Told::default())
        })
    }
}

impl Manners for Good {
    fn greet(&self, guest: &Guest) -> Result<String, u16> {
        let spoken = |name: &&String| Version::from_subprotocol(name).is_some();
        let picked = guest.offered.iter().find(spoken).cloned();
        if self.defect.open {
            return Ok(picked.or_else(|| guest.offered.first().cloned()).unwrap_or_default());
        }
        let book = self.book();
        let (password, _) = book.stations.get(&guest.station).ok_or(404_u16)?;
        let mut pair = format!("{}:", guest.station).into_bytes();
        pair.extend_from_slice(password);
        let expected = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair);
        if guest.authorization.as_deref() != Some(&format!("Basic {expected}")) {
            return Err(self.defect.turns_away.unwrap_or(401));
        }
        drop(book);
        *self.book().connections.entry(guest.station.clone()).or_default() += 1;
        picked.ok_or(400)
    }

    fn answer(&self, seen: &Seen) -> Option<Option<Result<Value, CallError>>> {
        let error = |code: &str| {
            let code = code.to_owned();
            Some(Some(Err(CallError { code, description: String::new(), details: json!({}) })))
        };
        let version = Version::from_subprotocol(&seen.subprotocol)?;
        let known = schema::knows(version, &seen.action);
        if !known.is_some_and(|from| from.meets(schema::Direction::Station)) {
            return error("NotImplemented");
        }
        if !self.defect.lenient
            && let Err(broken) = schema::check(version, &seen.action, Kind::Request, &seen.payload)
        {
            return error(broken.code.spelling(version));
        }
        if self.defect.grumpy && !["BootNotification", "StatusNotification"].contains(&seen.action.as_str()) {
            return error("InternalError");
        }
        let registration =
            self.book().stations.get(&seen.station).map_or(Registration::Accepted, |known| known.1);
        if registration != Registration::Accepted
            && seen.action != "BootNotification"
            && !self.defect.forgetful
        {
            return error("SecurityError");
        }
        if self.defect.jealous && seen.action == "Heartbeat" && self.book().connections[&seen.station] > 1 {
            // What a careless clean-up of the old connection does to the new one.
            self.responder.get().expect("started").kick(&seen.station);
        }
        if self.defect.busy && seen.action == "BootNotification" && registration == Registration::Accepted {
            self.meddle(&seen.station, version);
        }
        let mut answer = answers::to(self, version, seen, registration);
        if let Some(change) = self.defect.answered {
            change(seen, &mut answer);
        }
        if answer.is_null() {
            return Some(None);
        }
        Some(Some(Ok(answer)))
    }
}
