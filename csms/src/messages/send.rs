//! Brings messages to the mail server, the hook or a push service, with patience.

use super::{
    Kind,
    push::{self, Push},
};
use crate::{
    app::App,
    config,
    error::Error,
    store::messages::{self, MessageRow, Recipients},
};
use chrono::TimeDelta;
use futures::{StreamExt, stream};
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
/// Sent in one turn of a way at most …
const AT_ONCE: i64 = 32;
/// … and side by side.
const TOGETHER: usize = 8;
/// A hook may take so long, and a mail server to be reached.
const WITHIN: Duration = Duration::from_secs(15);
/// Sending a message takes no longer, whatever a mail server says, or does not: it is asked several things in turn.
const WHOLE: Duration = Duration::from_secs(60);
/// Whoever has taken messages to send them has so long; then somebody else does. A turn ends before that, also where
/// each message takes all of its time.
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

/// Each way is gone by itself: a server that hangs keeps only its own messages waiting.
#[derive(Debug, Clone, Copy)]
enum Way {
    Mail,
    /// Also who can be reached by none.
    Hook,
    Push,
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

    /// Who is reached this way; `None`: nobody.
    fn recipients(&self, way: Way) -> Option<Recipients> {
        let addresses = if self.mail.is_some() { "%@%" } else { "" };
        match way {
            Way::Mail if self.mail.is_none() => None,
            Way::Mail => Some(Recipients { like: addresses, but: [push::RECIPIENTS, ""] }),
            Way::Hook => Some(Recipients { like: "%", but: [push::RECIPIENTS, addresses] }),
            Way::Push => Some(Recipients { like: push::RECIPIENTS, but: [""; 2] }),
        }
    }

    async fn send(&self, way: Way, row: &MessageRow, now: i64) -> Result<(), String> {
        match (way, &self.mail, &self.hook) {
            (Way::Mail, Some(mail), _) => mail.send(row).await,
            (Way::Hook, _, Some(hook)) => hook.send(row, now).await,
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
    tokio::join!(go(&app, Way::Mail, &stop), go(&app, Way::Hook, &stop), go(&app, Way::Push, &stop));
}

async fn go(app: &App, way: Way, stop: &CancellationToken) {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = turns.tick() => {}
        }
        let work = turn_of(app, way);
        tokio::select! {
            () = stop.cancelled() => return,
            outcome = work => if let Err(error) = outcome {
                metrics::counter!("csms_job_failures_total", "job" => "messages").increment(1);
                tracing::warn!(%error, "messages could not be sent; tried again in the next turn");
            },
        }
    }
}

/// One turn of all ways: what is due is sent; returns how many were.
///
/// # Errors
/// The database.
pub async fn turn(app: &App) -> Result<usize, Error> {
    let (mail, hook, push) =
        tokio::join!(turn_of(app, Way::Mail), turn_of(app, Way::Hook), turn_of(app, Way::Push));
    Ok(mail? + hook? + push?)
}

async fn turn_of(app: &App, way: Way) -> Result<usize, Error> {
    let Some(whom) = app.senders.recipients(way) else { return Ok(0) };
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let rows = messages::lease(&mut tx, whom, now, now + LEASE, AT_ONCE).await?;
    tx.commit().await?;
    let all = stream::iter(rows).map(|row| bring(app, way, row)).buffer_unordered(TOGETHER);
    // What became of one is kept, whatever is wrong with another.
    let done: Vec<Result<bool, Error>> = all.collect().await;
    done.into_iter().try_fold(0, |sent, one| Ok(sent + usize::from(one?)))
}

/// Sends a message and keeps what became of it. True: it was taken.
async fn bring(app: &App, way: Way, row: MessageRow) -> Result<bool, Error> {
    let sending = async {
        match way {
            Way::Push => push::send(app, &row).await,
            _ => app.senders.send(way, &row, app.clock.now().timestamp()).await.map_err(Unsent::Again),
        }
    };
    let outcome = tokio::time::timeout(WHOLE, sending).await;
    let outcome = outcome.unwrap_or_else(|_| Err(Unsent::Again("it took too long".to_owned())));
    let sent = outcome.is_ok();
    let mut tx = app.db.write().await?;
    let secret = Kind::is_secret(&row.kind);
    let (word, kept) = match outcome {
        Ok(()) => ("sent", messages::sent(&mut tx, row.id, !secret, app.clock.now()).await?),
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
            let kept = messages::failed(&mut tx, (row.id, row.tries), again, &trouble).await?;
            (if again.is_some() { "failed" } else { "given_up" }, kept)
        }
    };
    tx.commit().await?;
    if kept {
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
