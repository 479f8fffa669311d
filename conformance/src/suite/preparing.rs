//! What a case needs the CSMS to know: stations, tokens, prices.

use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::asking::of_hook;
use super::case::{Broken, Play};
use super::hook::{Registration, Told, Wish};
use super::rig::TokenKind;
use super::stage::{Event, Stage};

impl Stage {
    /// Has the operator prepare something, and returns what it told.
    ///
    /// # Errors
    /// Nobody to ask, or it cannot be done.
    pub async fn prepare(&mut self, wished: Wish) -> Result<Told, Broken> {
        let mut asking = self.begin_asking(wished)?;
        let deadline = Instant::now() + self.rig.pace.operator;
        loop {
            let online = self.link.is_some();
            tokio::select! {
                told = asking.wait() => return told.map_err(of_hook),
                event = self.event(), if online => match event? {
                    Event::Call(heard) => self.receive(heard).await?,
                    Event::Answer(..) | Event::Closed => {}
                },
                () = sleep_until(deadline) => {
                    return Err(Broken::inconclusive("the operator has not come back"));
                }
            }
        }
    }

    /// Has the operator do something for which there is no call: told as a sentence, with facts for a program.
    ///
    /// # Errors
    /// Nobody to ask, or it cannot be done.
    pub async fn other(&mut self, topic: &str, what: &str, facts: Value) -> Result<Told, Broken> {
        let (station, topic, what) = (self.id.clone(), topic.to_owned(), what.to_owned());
        self.prepare(Wish::Other { station, topic, what, facts }).await
    }

    /// A token of some kind: one that the user has named, or one that the operator makes.
    ///
    /// # Errors
    /// Neither.
    pub async fn token(&mut self, kind: TokenKind) -> Result<String, Broken> {
        let slot = self.slot.to_string();
        if let Some(token) = self.rig.rules.tokens.get(kind.name()) {
            return Ok(token.replace("{n}", &slot));
        }
        let token = format!("WL{}{slot}", kind.name().replace('_', "").to_ascii_uppercase());
        if kind == TokenKind::Unknown {
            return Ok(token);
        }
        if self.rig.operator.is_none() {
            let name = kind.name();
            return Err(Broken::inconclusive(format!(
                "needs a token that is `{name}`: name one with --token {name}=TEXT, or give an operator"
            )));
        }
        let group = match kind {
            TokenKind::GroupA | TokenKind::GroupB => Some(self.group()),
            TokenKind::Master => Some(self.master_group()),
            _ => None,
        };
        let wished = Wish::Token {
            token: token.clone(),
            token_type: "ISO14443".to_owned(),
            state: kind.state(),
            group,
            balance: kind.balance().map(str::to_owned),
            language: None,
        };
        self.prepare_once(wished).await?;
        Ok(token)
    }

    /// A value that the user may have named, or what stands for it.
    pub fn value(&self, name: &str, otherwise: &str) -> String {
        self.rig.value(name, otherwise)
    }

    /// The group of [`TokenKind::GroupA`] and [`TokenKind::GroupB`].
    pub fn group(&self) -> String {
        self.rig.value("group", "WLGROUP{n}").replace("{n}", &self.slot.to_string())
    }

    /// The group of [`TokenKind::Master`].
    pub fn master_group(&self) -> String {
        self.rig.value("master_group", "WLMASTERGROUP")
    }

    /// Makes a wish unless an earlier case has made the same.
    pub(crate) async fn prepare_once(&mut self, wished: Wish) -> Play {
        let key = serde_json::to_string(&wished).unwrap_or_default();
        if self.rig.prepared().contains(&key) {
            return Ok(());
        }
        self.prepare(wished).await?;
        self.rig.prepared().insert(key);
        Ok(())
    }

    /// The next case that needs this token has it made anew.
    pub(crate) fn used_up(&mut self, token: &str) {
        let named = serde_json::json!(token).to_string();
        self.rig.prepared().retain(|wish| !wish.contains(&named));
    }

    /// Lets the station connect, if somebody can see to that.
    pub(crate) async fn register(&mut self, registration: Registration) -> Result<bool, Broken> {
        let able = self.rig.operator.as_ref().is_some_and(|operator| operator.prepares());
        if !able {
            return match registration {
                Registration::Accepted => Ok(false),
                _ => Err(Broken::inconclusive(format!(
                    "needs an operator who has the CSMS answer BootNotification with {registration:?}"
                ))),
            };
        }
        let password =
            self.rig.rules.password.clone().unwrap_or_else(|| format!("wattline-suite-{:04}", self.slot));
        self.password = Some(password.clone().into_bytes());
        let wished = Wish::Station { station: self.id.clone(), password, registration };
        match registration {
            Registration::Accepted => self.prepare_once(wished).await?,
            _ => {
                self.undone = true;
                let id = self.id.clone();
                self.rig.prepared().retain(|wish| !wish.contains(&id));
                self.prepare(wished).await?;
            }
        }
        Ok(true)
    }
}
