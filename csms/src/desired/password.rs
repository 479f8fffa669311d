//! Passwords: what a station is told to connect with is what it may connect with. From before the frame with a new password leaves,
//! that one is right beside the old one. When the station accepts it, or connects with it, it is the only one (A01.FR.03); when it
//! refuses it, it is none (A01.FR.04). Where the answer is lost or cannot be read, or it counts after a restart, it stays open beside
//! the old one and whatever else is, until one of them is used: that one, and what was told after it, are right from then on.

use super::{Kind, WishError, wish::keep};
use crate::{
    app::App,
    link::{
        auth::{Check, Vault, VaultError},
        dialect::ask::{self, Verdict, Wire},
    },
    model::StationId,
    store::{Db, StoreError, desired, row::Write, stations},
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// The setting, as its key is kept.
pub const KEY: &str = "SecurityCtrlr.BasicAuthPassword";
/// What both 1.6 and 2.x allow: 16 characters at least, 40 at most.
const LENGTH: std::ops::RangeInclusive<usize> = 16..=40;

/// Passwords that a station was told and that are not settled; each is one more to be checked when it connects.
const OPEN_MAX: usize = 4;
/// Why it is told no other.
pub(crate) const CROWDED: &str = "it is not known yet which of the passwords that the station was told before it uses; restart the station \
     first, or set its password here and at the station";

/// A station that comes back before its answer is kept waits so long at most.
const SETTLES: Duration = Duration::from_secs(3);

/// Can a station be told this as its password?
pub(super) fn check(password: &str) -> Result<(), String> {
    if !LENGTH.contains(&password.len()) || !password.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "a station's password has {} to {} printable ASCII characters; for 1.6 stations 32 to 40 hexadecimal digits",
            LENGTH.start(),
            LENGTH.end()
        ));
    }
    Ok(())
}

/// The kept form of a password that somebody has chosen.
pub(crate) async fn seal(password: &str) -> Result<String, VaultError> {
    let password = password.to_owned();
    let sealed = tokio::task::spawn_blocking(move || Vault::seal_chosen(&password)).await;
    sealed.unwrap_or_else(|error| Err(VaultError::Secret(error.to_string())))
}

/// Gives a station a new password of our own making. Nobody sees it; the station is told as soon as it can be.
///
/// # Errors
/// See [`WishError`].
pub async fn rotate(
    db: &Db,
    vault: &Vault,
    station: &StationId,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), WishError> {
    let secret = Vault::generate()?;
    let sealed = vault.seal_generated(&secret)?;
    let wish = super::wish(Kind::Configuration, KEY, &secret)?;
    let mut tx = db.write().await?;
    if stations::find(&mut tx, station).await?.is_none() {
        return Err(WishError::UnknownStation(station.clone()));
    }
    keep(&mut tx, station, &wish, &sealed, "", by, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Stations that are being told a password, until it is known and kept what they made of it.
#[derive(Debug, Default)]
pub(crate) struct Telling(Mutex<HashMap<StationId, CancellationToken>>);

impl Telling {
    /// From before the frame leaves until this is dropped.
    pub fn begin(&self, station: &StationId) -> Told<'_> {
        self.stations().insert(station.clone(), CancellationToken::new());
        Told { telling: self, station: station.clone() }
    }

    /// Whoever comes meanwhile waits a moment: which password is right is known then.
    pub async fn settled(&self, station: &StationId) {
        let told = self.stations().get(station).cloned();
        if let Some(told) = told {
            // If it takes longer, both are right.
            let _ = tokio::time::timeout(SETTLES, told.cancelled()).await;
        }
    }

    fn stations(&self) -> MutexGuard<'_, HashMap<StationId, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A station is being told a password.
pub(crate) struct Told<'a> {
    telling: &'a Telling,
    station: StationId,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if let Some(told) = self.telling.stations().remove(&self.station) {
            told.cancel();
        }
    }
}

/// The passwords, in their kept form, that a station was told and that are not settled, the oldest first. `kept` is as the
/// station's row has them.
pub(crate) fn open(kept: &str) -> impl Iterator<Item = &str> {
    kept.split_whitespace()
}

/// Is this one of them?
pub(crate) fn is_open(kept: &str, sealed: &str) -> bool {
    open(kept).any(|told| told == sealed)
}

/// Those of them that it was told after this one, as its row has them.
pub(crate) fn later(kept: &str, sealed: &str) -> String {
    open(kept).skip_while(|told| *told != sealed).skip(1).map(|told| format!("{told} ")).collect()
}

/// May the station be told this one as well?
pub(crate) fn has_room(kept: &str, sealed: &str) -> bool {
    open(kept).count() < OPEN_MAX || is_open(kept, sealed)
}

/// The kept form of the password that one of these calls tells the station, if one does: whoever asks for it, from now on the
/// station may connect with it. `kept` are those that it was told before.
pub(crate) async fn told(
    app: &App,
    station: &StationId,
    calls: &[Wire],
    kept: &str,
) -> Result<Option<String>, StoreError> {
    let Some(password) = calls.iter().rev().find_map(ask::password) else { return Ok(None) };
    for sealed in open(kept) {
        if app.vault.check(Some(sealed), password.as_bytes()).await == Check::Right {
            return Ok(Some(sealed.to_owned()));
        }
    }
    let kind = Kind::Configuration.word();
    let row = desired::find(&mut app.db.read().await?, station, kind, KEY).await?;
    if let Some(row) = row.filter(|row| row.value == password && !row.sealed.is_empty()) {
        let known = app.vault.check(Some(&row.sealed), password.as_bytes()).await;
        if known == Check::Right {
            return Ok(Some(row.sealed));
        }
    }
    match seal(password).await {
        Ok(sealed) => Ok(Some(sealed)),
        Err(error) => {
            tracing::error!(%station, %error, "a station's new password cannot be kept; it is not sent");
            Err(StoreError::Exhausted("randomness for a password"))
        }
    }
}

/// What the answer means for the password. `was_open`: the station was told it before.
pub(crate) fn answered(station: &StationId, sealed: &str, was_open: bool, record: &[Value]) -> Option<Write> {
    let taken = ask::settings(record).into_iter().rfind(|taken| ask::is_password(&taken.name));
    // Within a network profile it counts once the station goes by that.
    let profile = record.iter().rfind(|entry| entry["action"] == "SetNetworkProfile");
    let (step, write) = match taken {
        None if profile.is_some_and(|entry| entry["answer"]["status"] == "Accepted") => ("after-boot", None),
        Some(taken) if taken.after_boot => ("after-boot", None),
        Some(taken) if taken.unclear => ("unclear", None),
        Some(taken) if taken.verdict == Verdict::Accepted => {
            let (station, sealed, later) = (station.clone(), sealed.to_owned(), String::new());
            ("accepted", Some(Write::PasswordUsed { station, sealed, later }))
        }
        _ => ("refused", (!was_open).then(|| untold(station, sealed.to_owned()))),
    };
    metrics::counter!("csms_station_passwords_total", "step" => step).increment(1);
    write
}

/// The station has not heard of it, or does not want it.
pub(crate) fn untold(station: &StationId, sealed: String) -> Write {
    Write::PasswordRefused { station: station.clone(), sealed }
}
