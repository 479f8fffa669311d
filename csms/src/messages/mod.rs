//! Messages to drivers: receipts, interruptions, refunds, links to sign in, one-time codes. A message is a row of the
//! cause's transaction ([`add`]); a job brings it to the operator's mail server, to a hook of theirs (SMS), and to the
//! browsers that want to be told ([`push`]).

pub mod push;
mod send;

pub use send::{SendersError, run, turn};

use crate::{
    app::App,
    store::{StoreError, Tx, messages, pushes},
};
use chrono::{DateTime, Utc};
pub(crate) use send::Senders;

/// What a message is about; the word is told to hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The bill is paid; the link leads to the receipt.
    Receipt,
    /// Charging has ended before the driver wanted it to.
    Interrupted,
    /// Money is on its way back, or has arrived.
    Refund,
    /// A link that signs in: secret.
    SignIn,
    /// A one-time code: secret.
    Code,
    /// Fees for staying plugged in begin soon.
    Idle,
    /// A bill is open.
    Owing,
}

impl Kind {
    /// The word in databases and hooks.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Receipt => "receipt",
            Kind::Interrupted => "interrupted",
            Kind::Refund => "refund",
            Kind::SignIn => "sign_in",
            Kind::Code => "code",
            Kind::Idle => "idle",
            Kind::Owing => "owing",
        }
    }

    /// Must not be kept once it was sent, nor shown.
    pub fn is_secret(word: &str) -> bool {
        matches!(word, "sign_in" | "code")
    }
}

/// A message to be kept and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// Of the cause: the same message is told once.
    pub key: &'a str,
    pub kind: Kind,
    /// E-mail address or phone number; empty: only the browsers of the order's driver are told.
    pub to: &'a str,
    /// `en` or `zh`.
    pub language: &'a str,
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
    /// Absolute; empty = none.
    pub link: &'a str,
    pub order: Option<i64>,
}

/// Can a contact be told anything at all?
pub fn possible(app: &App, to: &str) -> bool {
    let settings = &app.config.messages;
    !settings.hook_url.is_empty() || (to.contains('@') && !settings.smtp_url.is_empty())
}

/// Keeps a message with its cause: for the contact, and for each browser of the order's driver that wants to be told.
/// False: nobody can be told, or it was kept before.
///
/// # Errors
/// The database.
pub async fn add(
    app: &App,
    tx: &mut Tx,
    message: &Message<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut kept = false;
    if !message.to.is_empty() && possible(app, message.to) {
        kept |= keep(app, tx, message, message.key, message.to, now).await?;
    }
    // Secrets are for the contact that they are to prove.
    if let Some(order) =
        message.order.filter(|_| !Kind::is_secret(message.kind.word()) && app.senders.pushes())
    {
        for browser in pushes::of_order(tx, order, now, push::PER_DRIVER).await? {
            let to = format!("{}{}", push::RECIPIENT, browser.id);
            kept |= keep(app, tx, message, &format!("{}:{to}", message.key), &to, now).await?;
        }
    }
    Ok(kept)
}

async fn keep(
    app: &App,
    tx: &mut Tx,
    message: &Message<'_>,
    key: &str,
    to: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = messages::MessageRow {
        id: app.ids.next(),
        key: key.to_owned(),
        kind: message.kind.word().to_owned(),
        recipient: to.to_owned(),
        language: message.language.to_owned(),
        subject: message.subject.to_owned(),
        body: message.text.to_owned(),
        link: message.link.to_owned(),
        order_id: message.order,
        state: "waiting".to_owned(),
        tries: 0,
        due_at: now,
        trouble: String::new(),
        created_at: now,
        sent_at: None,
    };
    messages::add(tx, &row).await
}
