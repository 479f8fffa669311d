//! Calls of theirs: parsed, translated, handled at the desk, answered.

use super::{End, Link};
use crate::{
    error::Error,
    link::{
        deviations::{Make, Place},
        dialect::{Question, Validation},
        journal::Direction,
        socket::Broken,
    },
    model::{Inbound, Reply, Report},
};
use chrono::{DateTime, Utc};
use ocpp::{Fault, Frame, FrameError, MessageId, Version};
use serde_json::Value;
use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// A call (or SEND) of theirs.
pub(super) struct Call {
    pub id: MessageId,
    pub action: String,
    pub payload: Value,
    /// False for SEND.
    pub wants_answer: bool,
    pub received_at: DateTime<Utc>,
}

pub(super) struct Theirs {
    pub id: MessageId,
    pub wants_answer: bool,
    pub question: Question,
    pub work: Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send>>,
    pub until: Instant,
}

impl Link {
    /// A message has come.
    pub(super) async fn heard(&mut self, text: &[u8]) -> Result<(), End> {
        let version = self.line.protocol;
        let text = std::str::from_utf8(text).map_err(|_| Broken::NotUtf8)?;
        let received_at = self.front.app.clock.now();
        self.line.received.fetch_add(1, Ordering::Relaxed);
        self.front.counters.received(version).increment(1);
        let parsed = Frame::parse(text, version);
        self.note(received_at, Direction::In, text, parsed.is_ok());
        let error = match (parsed, self.validation) {
            (Ok(frame), _) => return self.take(frame, received_at).await,
            (Err(error), Validation::Strict) => error,
            (Err(_), Validation::Lenient) => match Frame::parse_lenient(text, version) {
                Ok(mended) => {
                    for oddity in mended.oddities {
                        self.deviates("", "", oddity.rule(), "", received_at);
                    }
                    for frame in mended.frames {
                        self.take(frame, received_at).await?;
                    }
                    return Ok(());
                }
                Err(error) => error,
            },
        };
        self.no_frame(&error).await
    }

    async fn no_frame(&mut self, error: &FrameError) -> Result<(), End> {
        let version = self.line.protocol;
        metrics::counter!("csms_faults_total", "protocol" => version.subprotocol(), "code" => "frame")
            .increment(1);
        tracing::warn!(station = %self.line.station, "a message that is no OCPP frame: {error}");
        match error.answer(version) {
            Some(answer) => self.say(&answer).await,
            None => Ok(()),
        }
    }

    async fn take(&mut self, frame: Frame, received_at: DateTime<Utc>) -> Result<(), End> {
        match frame {
            Frame::Call { id, action, payload } => {
                self.waiting.push_back(Call { id, action, payload, wants_answer: true, received_at });
            }
            Frame::Send { id, action, payload } => {
                self.waiting.push_back(Call { id, action, payload, wants_answer: false, received_at });
            }
            Frame::Result { id, payload } => return self.settle(id, Ok(payload), received_at).await,
            Frame::Error { id, fault } => return self.settle(id, Err(fault), received_at).await,
            Frame::ResultError { id, fault } => {
                tracing::warn!(
                    station = %self.line.station, %id, code = fault.code.spelling(Version::V21),
                    "the station cannot use our answer: {}", fault.description
                );
            }
        }
        Ok(())
    }

    /// Begins with the next call of theirs, if none is being handled.
    pub(super) async fn begin(&mut self) -> Result<(), End> {
        while self.theirs.is_none()
            && let Some(call) = self.waiting.pop_front()
        {
            let Call { id, action, payload, wants_answer, received_at } = call;
            let digest = ocpp::digest(&action, &payload);
            let translated = match self.dialect.report(&action, payload, self.validation, received_at) {
                Ok(translated) => translated,
                Err(fault) => {
                    self.refuse(&action, wants_answer.then_some(id), fault).await?;
                    continue;
                }
            };
            let action = translated.question.action;
            for found in &translated.deviations {
                self.deviates(action, &found.path, found.rule, &found.sample, received_at);
            }
            if let Report::Boot(boot) = &translated.report {
                self.make = Arc::new(Make {
                    vendor: boot.vendor.clone(),
                    model: boot.model.clone(),
                    firmware: boot.firmware.clone(),
                });
            }
            let inbound = Inbound {
                received_at,
                digest,
                protocol: self.line.protocol,
                action,
                asked: self.asked.includes(action),
            };
            let (desk, report) = (self.desk.clone(), translated.report);
            self.theirs = Some(Theirs {
                id,
                wants_answer,
                question: translated.question,
                work: Box::pin(async move { desk.handle(report, inbound).await }),
                until: Instant::now() + Duration::from_secs(self.front.app.config.ocpp.handle_timeout_s),
            });
        }
        if self.waiting.is_empty() {
            self.waiting.shrink_to_fit();
        }
        Ok(())
    }

    /// A call of theirs has been handled.
    pub(super) async fn done(&mut self, outcome: Result<Reply, Error>) -> Result<(), End> {
        let Some(theirs) = self.theirs.take() else { return Ok(()) };
        let (action, id) = (theirs.question.action, theirs.wants_answer.then_some(theirs.id));
        let answer = match outcome {
            // A SEND has no answer that could be made.
            Ok(_) if id.is_none() => return Ok(()),
            Ok(reply) => self.dialect.reply(&theirs.question, &reply),
            Err(error) => {
                if !matches!(error, Error::Fault(_)) {
                    tracing::error!(station = %self.line.station, action, "{error}");
                }
                Err(error.fault())
            }
        };
        match (answer, id) {
            (Ok(payload), Some(id)) => self.say(&Frame::Result { id, payload }).await,
            (Ok(_), None) => Ok(()),
            (Err(fault), id) => self.refuse(action, id, fault).await,
        }
    }

    /// Answers CALLERROR (nothing to a SEND) and makes it seen.
    pub(super) async fn refuse(
        &mut self,
        action: &str,
        id: Option<MessageId>,
        fault: Fault,
    ) -> Result<(), End> {
        let version = self.line.protocol;
        let code = fault.code.spelling(version);
        metrics::counter!("csms_faults_total", "protocol" => version.subprotocol(), "code" => code)
            .increment(1);
        let shown: String = action.chars().filter(|c| c.is_ascii_graphic()).take(50).collect();
        tracing::warn!(station = %self.line.station, action = shown, code, "refused: {}", fault.description);
        match id {
            Some(id) => self.say(&Frame::Error { id, fault }).await,
            None => Ok(()),
        }
    }

    pub(super) fn deviates(
        &self,
        action: &str,
        path: &str,
        rule: &'static str,
        sample: &str,
        now: DateTime<Utc>,
    ) {
        let place = Place { protocol: self.line.protocol.subprotocol(), action, path, rule };
        self.front.deviations.note(&self.make, &place, sample, &self.line.station, now);
    }
}

/// The outcome of the call being handled; waits for ever if there is none.
pub(super) async fn work(theirs: &mut Option<Theirs>) -> Result<Reply, Error> {
    match theirs {
        Some(theirs) => theirs.work.as_mut().await,
        None => std::future::pending().await,
    }
}
