//! Messages on drivers' phones by Web Push (RFC 8030): the browser names an address at its maker's push service, and what
//! is posted there, encrypted for the browser alone, is shown even while our page is closed.

mod address;
mod sealed;
mod vapid;

use super::send::Unsent;
use crate::{
    app::App,
    config, egress,
    link::auth::VaultError,
    store::{
        StoreError,
        messages::MessageRow,
        pushes::{self, PushRow},
    },
};
pub use address::AddressFault;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use reqwest::{StatusCode, Url};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::sync::OnceCell;
use vapid::Signer;

/// What stands before a subscription's id where a message names its recipient.
pub(super) const RECIPIENT: &str = "push:";
/// The pattern of all of them.
pub(super) const RECIPIENTS: &str = "push:%";
/// Browsers of one driver.
pub(super) const PER_DRIVER: i64 = 5;
/// A browser that is not heard of is forgotten after this.
const KEPT: TimeDelta = TimeDelta::days(90);
/// A push service may take so long.
const WITHIN: Duration = Duration::from_secs(15);
/// Letters of a message: what is posted may have 4,096 bytes.
const TEXT_MAX: usize = 600;

/// The way to push services, as set up.
pub(super) struct Push {
    http: reqwest::Client,
    rules: address::Rules,
    /// Who sends, for the push service's operator: a `mailto:` or `https:` address; empty = not told.
    sender: String,
    signer: OnceCell<Signer>,
}

impl Push {
    /// `None`: the settings name no push service.
    pub(super) fn build(settings: &config::Messages, public_url: &str) -> reqwest::Result<Option<Push>> {
        if settings.push_hosts.is_empty() {
            return Ok(None);
        }
        let rules = address::Rules::of(&settings.push_hosts, settings.push_private);
        let http = reqwest::Client::builder()
            .timeout(WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(egress::Resolver { private: settings.push_private }))
            .build()?;
        let mail = settings.from.parse::<lettre::message::Mailbox>();
        let sender = match mail {
            Ok(mailbox) => format!("mailto:{}", mailbox.email),
            Err(_) if public_url.starts_with("https://") => public_url.to_owned(),
            Err(_) => String::new(),
        };
        Ok(Some(Push { http, rules, sender, signer: OnceCell::new() }))
    }

    async fn signer(&self, app: &App) -> Result<&Signer, VaultError> {
        self.signer.get_or_try_init(|| Signer::open(&app.db)).await
    }
}

/// What a browser tells of itself when it is subscribed.
#[derive(Debug, Clone, Copy)]
pub struct Subscription<'a> {
    pub endpoint: &'a str,
    /// Its public key, base64url.
    pub p256dh: &'a str,
    /// The secret that it shares with us, base64url.
    pub auth: &'a str,
    /// The cookie of the browser.
    pub device: &'a str,
    /// Who its driver has shown to be; empty: nobody knows.
    pub contact: &'a str,
}

/// A browser is not subscribed.
#[derive(Debug, thiserror::Error)]
pub enum PushFault {
    #[error("messages.push_hosts is empty: nothing is pushed")]
    Off,
    #[error(transparent)]
    Address(#[from] AddressFault),
    #[error("the browser's keys are not those of RFC 8291")]
    Keys,
    #[error(transparent)]
    Key(#[from] VaultError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The public key that browsers are subscribed with, base64url; `None`: nothing is pushed.
///
/// # Errors
/// The database, or a key that cannot be read.
pub async fn public_key(app: &App) -> Result<Option<String>, PushFault> {
    match &app.senders.push {
        Some(push) => Ok(Some(push.signer(app).await?.public_key())),
        None => Ok(None),
    }
}

/// The browser is told from now on.
///
/// # Errors
/// Its address is not one of a push service that is trusted, or its keys are none.
pub async fn subscribe(app: &App, new: &Subscription<'_>) -> Result<(), PushFault> {
    let kept = keep(app, new).await;
    let outcome = if kept.is_ok() { "kept" } else { "refused" };
    metrics::counter!("csms_push_subscriptions_total", "outcome" => outcome).increment(1);
    kept
}

async fn keep(app: &App, new: &Subscription<'_>) -> Result<(), PushFault> {
    let push = app.senders.push.as_ref().ok_or(PushFault::Off)?;
    push.rules.check(new.endpoint)?;
    sealed::keys(new.p256dh, new.auth).ok_or(PushFault::Keys)?;
    let now = app.clock.now();
    let row = PushRow {
        id: app.ids.next(),
        endpoint: new.endpoint.to_owned(),
        p256dh: new.p256dh.to_owned(),
        auth: new.auth.to_owned(),
        device: new.device.chars().take(64).collect(),
        contact: new.contact.to_owned(),
        created_at: now,
        expires_at: now + KEPT,
    };
    let mut tx = app.db.write().await?;
    pushes::put(&mut tx, &row, PER_DRIVER).await?;
    Ok(tx.commit().await?)
}

/// The browser is not told any more.
///
/// # Errors
/// The database.
pub async fn unsubscribe(app: &App, device: &str, endpoint: &str) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    pushes::forget(&mut tx, device, endpoint).await?;
    tx.commit().await
}

/// Posts a message for the subscription that its recipient names.
pub(super) async fn send(app: &App, message: &MessageRow) -> Result<(), Unsent> {
    let again = |error: &dyn std::fmt::Display| Unsent::Again(error.to_string());
    let id = message.recipient.strip_prefix(RECIPIENT).and_then(|id| id.parse().ok()).unwrap_or_default();
    let found = async { pushes::find(&mut app.db.read().await?, id).await };
    let Some(row) = found.await.map_err(|error: StoreError| again(&error))? else {
        return Err(Unsent::Never("the browser is not subscribed any more".to_owned()));
    };
    let Some(push) = &app.senders.push else {
        return Err(Unsent::Never("messages.push_hosts is empty: nothing is pushed".to_owned()));
    };
    let url = push.rules.check(&row.endpoint).map_err(|fault| Unsent::Never(fault.to_string()))?;
    let body = seal(&row, message).ok_or_else(|| Unsent::Never("its keys cannot be used".to_owned()))?;
    let signer = push.signer(app).await.map_err(|error| again(&error))?;
    let proof = signer.authorization(&url, &push.sender, app.clock.now()).map_err(|error| again(&error))?;
    let (urgency, lives) = urgency(&message.kind);
    let request = push
        .http
        .post(url)
        .header("authorization", proof)
        .header("content-encoding", "aes128gcm")
        .header("content-type", "application/octet-stream")
        .header("ttl", lives)
        .header("urgency", urgency)
        .body(body);
    let answer = request.send().await.map_err(|error| again(&error.without_url()))?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status @ (StatusCode::NOT_FOUND | StatusCode::GONE) => {
            let gone = async {
                let mut tx = app.db.write().await?;
                pushes::remove(&mut tx, row.id).await?;
                tx.commit().await
            };
            gone.await.map_err(|error: StoreError| again(&error))?;
            Err(Unsent::Never(format!("answered {status}: the subscription was removed")))
        }
        status => Err(Unsent::Again(format!("answered {status}"))),
    }
}

/// What the service worker shows.
fn seal(row: &PushRow, message: &MessageRow) -> Option<Vec<u8>> {
    let cut = |text: &str| text.chars().take(TEXT_MAX).collect::<String>();
    let text = json!({
        "title": cut(&message.subject), "body": cut(&message.body), "link": message.link,
        "tag": message.order_id.map(|id| id.to_string()).unwrap_or_default(), "lang": message.language,
    });
    let (key, auth) = sealed::keys(&row.p256dh, &row.auth)?;
    sealed::seal(&key, &auth, text.to_string().as_bytes())
}

/// How much it matters, and for how many seconds it is worth being delivered.
fn urgency(kind: &str) -> (&'static str, u32) {
    match kind {
        "interrupted" | "idle" => ("high", 3_600),
        _ => ("normal", 86_400),
    }
}

/// Bytes of base64url, as browsers write it: without padding, and some with it.
fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// Scheme, host and port of an address.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
