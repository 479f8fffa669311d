//! Brings messages to the mail server, the hook or a push service, with patience.

use super::{
    Kind,
    push::{self, Push},
};
use crate::{
    app::App,
    config,
    error::Error,
    store::messages::{self, MessageRow},
};
use chrono::TimeDelta;
use hmac::{Hmac, Mac};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message as Mail, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use serde_json::json;
use sha2::Sha256;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// New messages are looked for this often.
const EVERY: Duration = Duration::from_secs(2);
/// Sent in one turn at most.
const AT_ONCE: i64 = 50;
/// A mail server or hook may take so long.
const WITHIN: Duration = Duration::from_secs(15);
/// Whoever has taken messages to send them has so long; then somebody else does.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// Tried again after these minutes, then given up.
const LADDER: [i64; 7] = [1, 2, 5, 15, 60, 240, 720];
/// A secret is of no use later than this many tries.
const SECRET_TRIES: i64 = 3;

/// The ways out, as set up.
#[derive(Default)]
pub(crate) struct Senders {
    hook: Option<Hook>,
    mail: Option<Mailer>,
    pub(super) push: Option<Push>,
}

/// A message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unsent {
    /// It may be later.
    Again(String),
    /// Nobody is there to take it.
    Never(String),
}

impl std::fmt::Debug for Senders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is = [self.hook.is_some(), self.mail.is_some(), self.push.is_some()];
        write!(f, "Senders(hook: {}, mail: {}, push: {})", is[0], is[1], is[2])
    }
}

struct Hook {
    url: String,
    secret: String,
    http: reqwest::Client,
}

struct Mailer {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// The settings of messages cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SendersError {
    #[error("messages.hook_url: {0}")]
    Hook(reqwest::Error),
    #[error(
        "messages.hook_secret is empty: whoever takes messages at messages.hook_url must be able to tell that they are ours"
    )]
    NoSecret,
    #[error("messages.smtp_url: {0}. Write smtps://USER:PASSWORD@HOST or smtp://HOST:587?tls=required")]
    Smtp(lettre::transport::smtp::Error),
    #[error("messages.from: {0:?} is no e-mail address")]
    From(String),
    #[error("messages.push_hosts: {0}")]
    Push(reqwest::Error),
}

impl Senders {
    pub(crate) fn build(settings: &config::Messages, public_url: &str) -> Result<Senders, SendersError> {
        let push = Push::build(settings, public_url).map_err(SendersError::Push)?;
        let mut senders = Senders { push, ..Senders::default() };
        if !settings.hook_url.is_empty() {
            if settings.hook_secret.is_empty() {
                return Err(SendersError::NoSecret);
            }
            let http = reqwest::Client::builder()
                .timeout(WITHIN)
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .map_err(SendersError::Hook)?;
            let (url, secret) = (settings.hook_url.clone(), settings.hook_secret.clone());
            senders.hook = Some(Hook { url, secret, http });
        }
        if !settings.smtp_url.is_empty() {
            let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.smtp_url)
                .map_err(SendersError::Smtp)?
                .timeout(Some(WITHIN))
                .build();
            let from = settings.from.parse().map_err(|_| SendersError::From(settings.from.clone()))?;
            senders.mail = Some(Mailer { from, transport });
        }
        Ok(senders)
    }

    /// Are browsers told?
    pub(super) fn pushes(&self) -> bool {
        self.push.is_some()
    }

    async fn send(&self, row: &MessageRow, now: i64) -> Result<(), String> {
        match (&self.mail, &self.hook) {
            (Some(mail), _) if row.recipient.contains('@') => mail.send(row).await,
            (_, Some(hook)) => hook.send(row, now).await,
            _ => {
                Err("there is no way to this recipient: set messages.smtp_url or messages.hook_url"
                    .to_owned())
            }
        }
    }
}

impl Mailer {
    async fn send(&self, row: &MessageRow) -> Result<(), String> {
        let to: Mailbox = row.recipient.parse().map_err(|error| format!("no e-mail address: {error}"))?;
        let link = if row.link.is_empty() { String::new() } else { format!("\n\n{}", row.link) };
        let mail = Mail::builder()
            .from(self.from.clone())
            .to(to)
            .subject(row.subject.clone())
            .message_id(Some(format!("<{}@wattline>", row.id)))
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}{link}\n", row.body))
            .map_err(|error| error.to_string())?;
        self.transport.send(mail).await.map(|_| ()).map_err(|error| error.to_string())
    }
}

impl Hook {
    async fn send(&self, row: &MessageRow, now: i64) -> Result<(), String> {
        let body = json!({
            "id": row.id.to_string(), "kind": row.kind, "to": row.recipient, "language": row.language,
            "subject": row.subject, "text": row.body, "link": row.link, "created_at": row.created_at,
        });
        let body = body.to_string();
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("wattline-signature", signature(&self.secret, now, &body))
            .body(body);
        let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("answered {}", answer.status())) }
    }
}

/// `t=SECONDS,v1=HEX`: HMAC-SHA256 over `SECONDS.BODY`.
fn signature(secret: &str, now: i64, body: &str) -> String {
    // A MAC of this kind takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{now}.{body}").as_bytes());
    format!("t={now},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// Sends what is due, until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = turns.tick() => {}
        }
        let work = turn(&app);
        tokio::select! {
            () = stop.cancelled() => return,
            outcome = work => if let Err(error) = outcome {
                metrics::counter!("csms_job_failures_total", "job" => "messages").increment(1);
                tracing::warn!(%error, "messages could not be sent; tried again in the next turn");
            },
        }
    }
}

/// One turn: what is due is sent, one after the other; returns how many were.
///
/// # Errors
/// The database.
pub async fn turn(app: &App) -> Result<usize, Error> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let rows = messages::lease(&mut tx, now, now + LEASE, AT_ONCE).await?;
    tx.commit().await?;
    let mut sent = 0;
    for row in &rows {
        let outcome = if row.recipient.starts_with(push::RECIPIENT) {
            push::send(app, row).await
        } else {
            app.senders.send(row, app.clock.now().timestamp()).await.map_err(Unsent::Again)
        };
        let mut tx = app.db.write().await?;
        let secret = Kind::is_secret(&row.kind);
        let word = match outcome {
            Ok(()) => {
                sent += 1;
                messages::sent(&mut tx, row.id, !secret, app.clock.now()).await?;
                "sent"
            }
            Err(unsent) => {
                let (trouble, may) = match unsent {
                    Unsent::Again(trouble) => (trouble, true),
                    Unsent::Never(trouble) => (trouble, false),
                };
                let again = again(row.tries, secret).filter(|_| may).map(|after| app.clock.now() + after);
                tracing::warn!(
                    message = row.id,
                    kind = row.kind,
                    tries = row.tries,
                    trouble,
                    "a message was not sent"
                );
                messages::failed(&mut tx, row.id, again, &trouble).await?;
                if again.is_some() { "failed" } else { "given_up" }
            }
        };
        tx.commit().await?;
        metrics::counter!("csms_messages_to_drivers_total", "outcome" => word).increment(1);
    }
    Ok(sent)
}

/// When a message that was tried so often is tried again.
fn again(tries: i64, secret: bool) -> Option<TimeDelta> {
    if secret && tries >= SECRET_TRIES {
        return None;
    }
    let step = usize::try_from(tries.max(1) - 1).ok()?;
    LADDER.get(step).map(|minutes| TimeDelta::minutes(*minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_for_most_of_a_day_and_a_secret_for_minutes() {
        assert_eq!(again(1, false), Some(TimeDelta::minutes(1)));
        assert_eq!(again(7, false), Some(TimeDelta::minutes(720)));
        assert_eq!(again(8, false), None);
        assert_eq!(again(2, true), Some(TimeDelta::minutes(2)));
        assert_eq!(again(3, true), None);
    }

    #[test]
    fn a_hook_can_tell_that_a_message_is_ours() {
        let text = signature("s", 1_700_000_000, "{}");
        assert!(text.starts_with("t=1700000000,v1=") && text.len() == 16 + 64);
        assert_ne!(text, signature("s", 1_700_000_001, "{}"));
        assert_ne!(text, signature("s", 1_700_000_000, "[]"));
    }
}
