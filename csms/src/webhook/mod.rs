//! Webhooks: events that are posted to others, signed, until they are taken. A webhook is a row that knows up to which event
//! deliveries were made of it; deliveries are rows too. So nothing is lost with the process, and what had been sent when it
//! ended is sent again under the same name.

mod post;
mod run;
pub mod sign;

pub use post::Client;
pub use run::{Hooks, run};

use crate::{
    egress,
    event::{Wish, WishFault},
    id::Ids,
    store::{
        StoreError, Tx, events,
        webhooks::{self, DeliveryRow, WebhookRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;
use std::net::IpAddr;

/// Characters of a webhook's name, and of its address.
pub const NAME_MAX: usize = 100;
const ADDRESS_MAX: usize = 800;
/// The kind of a delivery that only tries the way.
pub const PING: &str = "ping";

/// A webhook cannot be as somebody wants it.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("url: {0}")]
    Address(&'static str),
    #[error("kinds: {0}")]
    Kinds(#[from] WishFault),
    #[error("name: 1 to {NAME_MAX} printable characters")]
    Name,
    #[error("there are {0} webhooks already (webhooks.endpoints_max)")]
    TooMany(u32),
    #[error("a secret could not be made: the system has no randomness")]
    NoRandom,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What somebody wants told where.
#[derive(Debug, Clone)]
pub struct New {
    pub name: String,
    pub url: String,
    pub wish: Wish,
    pub by: String,
}

/// An address that may be posted to: `https`, with a name or a public address. `private` allows all, for receivers in the
/// same house and for tests.
///
/// # Errors
/// Why it may not.
pub fn check_address(text: &str, private: bool) -> Result<Url, HookError> {
    let fault = |why| Err(HookError::Address(why));
    if text.len() > ADDRESS_MAX {
        return fault("at most 800 characters");
    }
    let Ok(url) = text.parse::<Url>() else { return fault("no address; write https://HOST/PATH") };
    if !url.username().is_empty() || url.password().is_some() {
        return fault("no user and no password in it; what is posted is signed");
    }
    if !(url.scheme() == "https" || (private && url.scheme() == "http")) {
        return fault("https:// only (webhooks.private allows http:// inside the house)");
    }
    let Some(host) = url.host_str() else { return fault("no address; write https://HOST/PATH") };
    let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    if literal.is_some_and(|address| !private && !egress::is_public(address)) {
        return fault("an address inside our own networks (webhooks.private allows it)");
    }
    Ok(url)
}

/// Checks name and address.
///
/// # Errors
/// See [`HookError`].
pub fn check(name: &str, url: &str, private: bool) -> Result<(), HookError> {
    let length = name.chars().count();
    if !(1..=NAME_MAX).contains(&length) || name.chars().any(char::is_control) || name.trim() != name {
        return Err(HookError::Name);
    }
    check_address(url, private).map(|_| ())
}

/// Makes a webhook that is told of what happens from now on. Its row has the secret, which is to be shown once.
///
/// # Errors
/// See [`HookError`].
pub async fn make(
    tx: &mut Tx,
    ids: &Ids,
    settings: &crate::config::Webhooks,
    new: New,
    now: DateTime<Utc>,
) -> Result<WebhookRow, HookError> {
    check(&new.name, &new.url, settings.private)?;
    if webhooks::count(tx).await? >= i64::from(settings.endpoints_max) {
        return Err(HookError::TooMany(settings.endpoints_max));
    }
    let row = WebhookRow {
        id: ids.next(),
        name: new.name,
        url: new.url,
        kinds: new.wish.kinds(),
        station_id: new.wish.station,
        money: new.wish.money.into(),
        secret: sign::secret().ok_or(HookError::NoRandom)?,
        old_secret: String::new(),
        old_until: None,
        state: "on".to_owned(),
        reason: String::new(),
        position: events::newest(tx).await?,
        replay_next: 0,
        replay_last: 0,
        failures: 0,
        failing_since: None,
        created_by: new.by,
        created_at: now,
        changed_at: now,
    };
    webhooks::create(tx, &row).await?;
    Ok(row)
}

/// Gives it a new secret; the old one signs beside it for a while. Gives back the row with both.
///
/// # Errors
/// The database fails, or there is no randomness.
pub async fn rotate(
    tx: &mut Tx,
    settings: &crate::config::Webhooks,
    row: WebhookRow,
    now: DateTime<Utc>,
) -> Result<WebhookRow, HookError> {
    let row = WebhookRow {
        old_secret: row.secret,
        old_until: Some(now + TimeDelta::hours(i64::from(settings.rotation_hours))),
        secret: sign::secret().ok_or(HookError::NoRandom)?,
        changed_at: now,
        ..row
    };
    webhooks::update(tx, &row).await?;
    Ok(row)
}

/// Turns it on, and forgets what it has failed to take; or off.
pub fn switch(row: WebhookRow, on: bool, reason: &str, now: DateTime<Utc>) -> WebhookRow {
    let (state, reason) = if on { ("on", "") } else { ("off", reason) };
    WebhookRow {
        state: state.to_owned(),
        reason: reason.to_owned(),
        failures: 0,
        failing_since: None,
        changed_at: now,
        ..row
    }
}

/// A delivery of an event (0: a ping) that is due at once.
fn delivery(
    ids: &Ids,
    webhook: i64,
    (seq, kind): (i64, &str),
    again: bool,
    now: DateTime<Utc>,
) -> DeliveryRow {
    DeliveryRow {
        id: ids.next(),
        webhook_id: webhook,
        seq,
        kind: kind.to_owned(),
        state: "waiting".to_owned(),
        tries: 0,
        due_at: now,
        node: -1,
        status: 0,
        answer: String::new(),
        trouble: String::new(),
        took_ms: 0,
        again: again.into(),
        created_at: now,
        tried_at: None,
    }
}

/// Has the way tried.
///
/// # Errors
/// The database fails.
pub async fn ping(
    tx: &mut Tx,
    ids: &Ids,
    webhook: i64,
    now: DateTime<Utc>,
) -> Result<DeliveryRow, StoreError> {
    let row = delivery(ids, webhook, (0, PING), false, now);
    webhooks::add(tx, &row).await?;
    Ok(row)
}

/// Has one delivery made again, under the name that it had; it is a line of its own in the log.
///
/// # Errors
/// The database fails.
pub async fn again(
    tx: &mut Tx,
    ids: &Ids,
    earlier: &DeliveryRow,
    now: DateTime<Utc>,
) -> Result<DeliveryRow, StoreError> {
    let row = delivery(ids, earlier.webhook_id, (earlier.seq, &earlier.kind), true, now);
    webhooks::add(tx, &row).await?;
    Ok(row)
}

/// Has all events after a number told again, up to those that it was told of already. Gives back how many numbers those
/// are; which of them it wants is seen on the way.
///
/// # Errors
/// The database fails.
pub async fn replay(tx: &mut Tx, row: &WebhookRow, after: i64) -> Result<i64, StoreError> {
    let after = after.clamp(0, row.position);
    // One that is on its way is part of it from here on: nothing that was promised is left out.
    let under_way = (1..=row.replay_last).contains(&row.replay_next);
    let first = if under_way { row.replay_next.min(after + 1) } else { after + 1 };
    webhooks::replay(tx, row.id, first, row.position).await?;
    Ok(row.position - after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_to_the_outside_is_posted_to() {
        for good in ["https://hooks.example/a?b=c", "https://hooks.example:8443/", "https://142.250.1.1/x"] {
            assert!(check_address(good, false).is_ok(), "{good}");
        }
        let long = format!("https://hooks.example/{}", "x".repeat(ADDRESS_MAX));
        for bad in [
            "http://hooks.example/",
            "https://me:secret@hooks.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://0x7f.1/",
            "https://169.254.169.254/latest/meta-data",
            "ftp://hooks.example/",
            "file:///etc/passwd",
            "hooks.example",
            &long,
        ] {
            assert!(check_address(bad, false).is_err(), "{bad}");
        }
        assert!(check_address("http://127.0.0.1:4711/", true).is_ok());
        assert!(check_address("ftp://127.0.0.1/", true).is_err());
    }
}
