//! What a case asks of others: that the CSMS does something by itself, or that an operator makes it.

use std::time::Duration;

use chrono::Utc;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::case::{Broken, Play};
use super::hook::{HookError, Told, Wish};
use super::secure::Secure;
use super::stage::{Event, Heard, Reply, Stage};
use super::template::{fits, free, wish};
use super::trace::Speaker;
use super::{defaults, handshake};

/// A wish that the operator works on; dropping it takes it back.
pub(crate) struct Asking(Option<BoxFuture<'static, Result<Told, HookError>>>);

impl Asking {
    /// What the operator tells, once; then never again.
    pub(crate) async fn wait(&mut self) -> Result<Told, HookError> {
        let Some(work) = &mut self.0 else { return std::future::pending().await };
        let told = work.await;
        self.0 = None;
        told
    }

    fn is_done(&self) -> bool {
        self.0.is_none()
    }
}

/// A call of the CSMS that the station has not answered yet.
pub(crate) struct Open {
    heard: Heard,
    asking: Asking,
}

impl Stage {
    /// Has the operator make the CSMS send a call that fits the template, and answers it. Returns the payload.
    ///
    /// # Errors
    /// Nobody to ask, or the CSMS sends something else, or nothing.
    pub async fn ask(
        &mut self,
        action: &'static str,
        template: Value,
        reply: impl Into<Reply>,
    ) -> Result<Value, Broken> {
        let asked = self.ask_kept(action, &template, &reply.into()).await;
        // What comes of this action from now on is answered as usual.
        self.kept.remove(action);
        asked
    }

    async fn ask_kept(
        &mut self,
        action: &'static str,
        template: &Value,
        reply: &Reply,
    ) -> Result<Value, Broken> {
        let mut asking = self.wish_for(action, template)?;
        let mut deadline = Instant::now() + self.rig.pace.operator;
        let (mut wrong, mut sent) = (None, None);
        loop {
            while let Some(heard) = self.next_waiting(action) {
                match fits(template, &heard.payload) {
                    Ok(()) if sent.is_none() => {
                        self.reply(&heard, reply).await?;
                        deadline = deadline.min(Instant::now() + self.rig.pace.answer);
                        sent = Some(heard.payload);
                    }
                    Ok(()) => self.reply_as_usual(&heard).await?,
                    Err(why) => {
                        wrong = Some(why);
                        if asking.is_done() {
                            deadline = deadline.min(Instant::now() + self.rig.pace.quiet);
                        }
                        self.reply_as_usual(&heard).await?;
                    }
                }
            }
            // Only when the operator has come back as well is the next thing asked for.
            if asking.is_done()
                && let Some(payload) = sent
            {
                return Ok(payload);
            }
            tokio::select! {
                told = asking.wait() => {
                    match told {
                        Ok(_) => {
                            // After a call that does not fit, another one is hardly on its way.
                            let pace = self.rig.pace;
                            let patience = if wrong.is_some() { pace.quiet } else { pace.answer };
                            deadline = deadline.min(Instant::now() + patience);
                        }
                        Err(error) if sent.is_some() => self.note(&format!("{error}, but the call came")),
                        Err(error) => return Err(wrong.map_or_else(|| of_hook(error), |why| wrongly(action, &why))),
                    }
                }
                event = self.event() => match event? {
                    Event::Call(heard) => self.receive(heard).await?,
                    Event::Answer(..) => {}
                    Event::Closed if sent.is_some() => asking = Asking(None),
                    Event::Closed => return Err(ended_before(action)),
                },
                () = sleep_until(deadline) => {
                    if let Some(payload) = sent {
                        self.note("the operator has not come back");
                        return Ok(payload);
                    }
                    return Err(match wrong {
                        Some(why) => wrongly(action, &why),
                        None => Broken::fail(format!("{action} was asked for, but did not come")),
                    });
                }
            }
        }
    }

    /// Begins to ask the operator for a call.
    ///
    /// # Errors
    /// Nobody to ask.
    pub(crate) fn wish_for(&mut self, action: &'static str, template: &Value) -> Result<Asking, Broken> {
        let (station, version) = (self.id.clone(), self.version.subprotocol().to_owned());
        let (payload, free) = (wish(template, Utc::now()), free(template));
        self.keep(action);
        self.begin_asking(Wish::Call { station, version, action: action.to_owned(), payload, free })
    }

    /// Has the operator make the CSMS send a call, and leaves it without an answer.
    ///
    /// # Errors
    /// As [`Stage::ask`].
    pub(crate) async fn ask_open(&mut self, action: &'static str, template: Value) -> Result<Open, Broken> {
        let asking = self.wish_for(action, &template)?;
        self.open_of(action, template, asking).await
    }

    /// Waits for a call that was wished for, and leaves it without an answer.
    ///
    /// # Errors
    /// As [`Stage::ask`].
    pub(crate) async fn open_of(
        &mut self,
        action: &'static str,
        template: Value,
        mut asking: Asking,
    ) -> Result<Open, Broken> {
        let deadline = Instant::now() + self.rig.pace.operator;
        loop {
            if let Some(heard) = self.next_waiting(action) {
                fits(&template, &heard.payload).map_err(|why| wrongly(action, &why))?;
                self.kept.remove(action);
                return Ok(Open { heard, asking });
            }
            tokio::select! {
                told = asking.wait() => drop(told.map_err(of_hook)?),
                event = self.event() => match event? {
                    Event::Call(heard) => self.receive(heard).await?,
                    Event::Answer(..) => {}
                    Event::Closed => return Err(ended_before(action)),
                },
                () = sleep_until(deadline) => {
                    return Err(Broken::fail(format!("{action} was asked for, but did not come")));
                }
            }
        }
    }

    /// Answers a call that was left open, and waits for the operator to come back.
    ///
    /// # Errors
    /// No connection, or a broken rule.
    pub(crate) async fn answer_open(&mut self, mut open: Open, reply: Reply) -> Play {
        self.reply(&open.heard, &reply).await?;
        let deadline = Instant::now() + self.rig.pace.answer;
        while !open.asking.is_done() {
            tokio::select! {
                // Whatever the operator makes of the station's answer, the call came.
                _ = open.asking.wait() => {}
                event = self.event() => match event? {
                    Event::Call(heard) => self.receive(heard).await?,
                    Event::Answer(..) => {}
                    Event::Closed => return Ok(()),
                },
                () = sleep_until(deadline) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Waits for a call that the CSMS makes by itself, and answers it. If none that fits comes in time: what was wrong
    /// with the last one, if one came at all.
    async fn come(
        &mut self,
        action: &'static str,
        template: &Value,
        reply: &Reply,
        patience: Duration,
    ) -> Result<Result<Value, Option<String>>, Broken> {
        self.keep(action);
        let deadline = Instant::now() + patience;
        let mut wrong = None;
        loop {
            while let Some(heard) = self.next_waiting(action) {
                match fits(template, &heard.payload) {
                    Ok(()) => {
                        self.reply(&heard, reply).await?;
                        self.kept.remove(action);
                        return Ok(Ok(heard.payload));
                    }
                    Err(why) => {
                        wrong = Some(why);
                        self.reply_as_usual(&heard).await?;
                    }
                }
            }
            match timeout_at(deadline, self.event()).await {
                Err(_) => {
                    self.kept.remove(action);
                    return Ok(Err(wrong));
                }
                Ok(event) => match event? {
                    Event::Call(heard) => self.receive(heard).await?,
                    Event::Answer(..) => {}
                    Event::Closed => return Err(ended_before(action)),
                },
            }
        }
    }

    /// Waits for a call that the CSMS has to make by itself; `why` is the event that asks for it.
    ///
    /// # Errors
    /// It does not come, or not as the template says.
    pub async fn expect(
        &mut self,
        action: &'static str,
        template: Value,
        reply: impl Into<Reply>,
        why: &str,
    ) -> Result<Value, Broken> {
        let patience = self.rig.pace.follow_up;
        self.expect_within(patience, action, template, reply, why).await
    }

    /// The same, with a patience of its own.
    ///
    /// # Errors
    /// It does not come, or not as the template says.
    pub(crate) async fn expect_within(
        &mut self,
        patience: Duration,
        action: &'static str,
        template: Value,
        reply: impl Into<Reply>,
        why: &str,
    ) -> Result<Value, Broken> {
        let came = self.come(action, &template, &reply.into(), patience).await?;
        came.map_err(|wrong| match wrong {
            Some(wrong) => wrongly(action, &wrong),
            None => Broken::fail(format!("no {action} within {patience:?} {why}")),
        })
    }

    /// Waits a moment for a call that many CSMS make by themselves, then asks the operator for it.
    ///
    /// # Errors
    /// As [`Stage::ask`].
    pub async fn expect_or_ask(
        &mut self,
        action: &'static str,
        template: Value,
        answer: Value,
    ) -> Result<Value, Broken> {
        let patience = self.rig.pace.quiet;
        let reply = Reply::With(answer);
        match self.come(action, &template, &reply, patience).await? {
            Ok(payload) => Ok(payload),
            Err(Some(wrong)) if self.rig.operator.is_none() => Err(wrongly(action, &wrong)),
            Err(_) => self.ask(action, template, reply).await,
        }
    }

    /// Makes sure that no call of this action comes for a while.
    ///
    /// # Errors
    /// It comes.
    pub async fn never(&mut self, action: &'static str, why: &str) -> Play {
        self.keep(action);
        self.listen().await?;
        self.kept.remove(action);
        match self.next_waiting(action) {
            None => Ok(()),
            Some(heard) => Err(Broken::fail(format!("{action} came, {why}: {}", heard.payload))),
        }
    }

    /// Takes the next kept call of an action.
    pub(crate) fn next_waiting(&mut self, action: &str) -> Option<Heard> {
        let place = self.waiting.iter().position(|heard| heard.action == action)?;
        self.waiting.remove(place)
    }

    /// What comes of this action is nobody's business any more: it is answered as usual, as is what has come.
    ///
    /// # Errors
    /// No connection.
    pub(crate) async fn let_go(&mut self, action: &'static str) -> Play {
        self.kept.remove(action);
        while let Some(heard) = self.next_waiting(action) {
            self.reply_as_usual(&heard).await?;
        }
        Ok(())
    }

    async fn reply_as_usual(&mut self, heard: &Heard) -> Play {
        let reply = defaults::reply(self.version, &heard.action, &heard.payload);
        self.reply(heard, &reply).await
    }

    pub(crate) fn begin_asking(&mut self, wished: Wish) -> Result<Asking, Broken> {
        let told = serde_json::to_string(&wished).unwrap_or_default();
        let Some(operator) = self.rig.operator.clone() else {
            let what = match &wished {
                Wish::Call { action, .. } => format!("make the CSMS send {action}"),
                Wish::Station { .. } => "register a station".to_owned(),
                Wish::Token { .. } => "prepare a token".to_owned(),
                Wish::Tariff { .. } => "set a tariff".to_owned(),
                Wish::Other { what, .. } => what.clone(),
            };
            return Err(Broken::inconclusive(format!(
                "nobody to ask: an operator is needed (--hook URL, or --operator ask) to {what}"
            )));
        };
        self.trace.put(Speaker::Operator, &told);
        Ok(Asking(Some(Box::pin(async move { operator.ask(&wished).await }))))
    }

    /// How this station knocks: its own identity, version and password.
    pub(crate) fn knock(&self) -> handshake::Knock {
        handshake::Knock {
            url: self.rig.url.clone(),
            path: encode(&self.id),
            basic: self.password.clone().map(|password| (self.id.clone(), password)),
            secure: self.rig.trust.clone().map(Secure::new),
            offered: vec![self.version.subprotocol().to_owned()],
            deflate: false,
        }
    }
}

/// The identity as a segment of a path: all but unreserved characters are percent-encoded.
pub(crate) fn encode(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let parts = id.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    parts.collect()
}

pub(crate) fn of_hook(error: HookError) -> Broken {
    match error {
        HookError::NotOffered(_) => Broken::NotApplicable(error.to_string()),
        HookError::Unable(_) | HookError::Failed(_) => Broken::Inconclusive(error.to_string()),
    }
}

fn ended_before(action: &str) -> Broken {
    Broken::fail(format!("the connection was ended instead of sending {action}"))
}

fn wrongly(action: &str, why: &str) -> Broken {
    Broken::fail(format!("{action} was not sent as the case asks: {why}"))
}

/// The `idToken` of 2.x for a card.
pub(crate) fn card(token: &str) -> Value {
    json!({ "idToken": token, "type": "ISO14443" })
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn an_identity_becomes_a_segment_of_a_path() {
        assert_eq!(encode("CS-1"), "CS-1");
        assert_eq!(encode("A/B c"), "A%2FB%20c");
    }
}
