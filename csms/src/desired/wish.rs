//! Wishing: somebody wants something of one station. It is kept, and the rest is the job's.

use super::{Kind, certificate, password, profile, template};
use crate::{
    grid,
    link::auth::VaultError,
    model::StationId,
    store::{
        self, Db, StoreError, Tx,
        desired::{self, NewRow, OF_STATION_MAX},
        stations,
    },
};
use chrono::{DateTime, Utc};

/// What is wanted of a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub kind: Kind,
    pub key: String,
    pub value: String,
    /// What goes with the value: of a certificate its PEM.
    pub body: String,
}

/// A wish that cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there is no station {0}")]
    UnknownStation(StationId),
    #[error("{0}")]
    Unfit(String),
    #[error("of station {0} so much is wished already that nothing can be added; drop something first")]
    Crowded(StationId),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A wish in the form in which it is kept.
///
/// # Errors
/// [`WishError::Unfit`] says what is wrong with the key or the value.
pub fn wish(kind: Kind, key: &str, value: &str) -> Result<Wish, WishError> {
    let key = kind.key(key).map_err(WishError::Unfit)?;
    let value = kind.value(&key, value).map_err(WishError::Unfit)?;
    if kind == Kind::Certificate {
        return Err(WishError::Unfit("a certificate comes with its PEM".to_owned()));
    }
    if kind.is_password(&key) {
        password::check(&value).map_err(WishError::Unfit)?;
    }
    Ok(Wish { kind, key, value, body: String::new() })
}

/// A wish for a root certificate: that it is installed for a use, or that it is not.
///
/// # Errors
/// [`WishError::Unfit`] says what is wrong with the use, the name or the certificate.
pub fn certificate_wish(key: &str, value: &str, pem: &str) -> Result<Wish, WishError> {
    certificate::check(pem).map_err(WishError::Unfit)?;
    let kind = Kind::Certificate;
    let key = kind.key(key).map_err(WishError::Unfit)?;
    let value = kind.value(&key, value).map_err(WishError::Unfit)?;
    Ok(Wish { kind, key, value, body: pem.trim().to_owned() + "\n" })
}

/// Wishes that can be kept: what takes its time is done.
#[derive(Debug)]
pub struct Prepared(Vec<(Wish, String)>);

/// Makes wishes ready to be kept, outside of any transaction.
///
/// # Errors
/// [`WishError::Vault`]: a password cannot be sealed.
pub async fn prepare(wishes: Vec<Wish>) -> Result<Prepared, WishError> {
    let mut all = Vec::with_capacity(wishes.len());
    for wish in wishes {
        let sealed = match wish.kind.is_password(&wish.key) {
            true => password::seal(&wish.value).await?,
            false => String::new(),
        };
        all.push((wish, sealed));
    }
    Ok(Prepared(all))
}

/// Wants something of one station; it wins over every template. What is wanted already is no change.
///
/// # Errors
/// See [`WishError`].
pub async fn set(
    db: &Db,
    station: &StationId,
    wishes: Vec<Wish>,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), WishError> {
    let prepared = prepare(wishes).await?;
    let mut tx = db.write().await?;
    set_in(&mut tx, station, prepared, by, now).await?;
    Ok(tx.commit().await?)
}

/// The same in a transaction of others.
///
/// # Errors
/// See [`WishError`].
pub async fn set_in(
    tx: &mut Tx,
    station: &StationId,
    wishes: Prepared,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), WishError> {
    if stations::find(tx, station).await?.is_none() {
        return Err(WishError::UnknownStation(station.clone()));
    }
    for (wish, sealed) in wishes.0 {
        if wish.kind == Kind::Profile {
            free(tx, station, &wish, now).await?;
        }
        keep(tx, station, &wish, &sealed, "", by, now).await?;
    }
    Ok(())
}

/// May a profile be wished here and now?
async fn free(tx: &mut Tx, station: &StationId, wish: &Wish, now: DateTime<Utc>) -> Result<(), WishError> {
    if profile::is_over(&wish.key, &wish.value, now) {
        return Err(WishError::Unfit(format!("{}: its validity (validTo) is over", wish.key)));
    }
    let slot = profile::Slot::read(&wish.key).map_err(WishError::Unfit)?;
    // A plan that is turned on at the same time sees the wish, or is seen here.
    store::grid::lock(tx).await?;
    match grid::owner(tx, station, &slot).await? {
        Some(why) => Err(WishError::Unfit(why)),
        None => Ok(()),
    }
}

/// Keeps a wish in a transaction of others. False: it was wanted already, or a template wants what somebody wants otherwise.
pub(super) async fn keep(
    tx: &mut Tx,
    station: &StationId,
    wish: &Wish,
    sealed: &str,
    template: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, WishError> {
    let before = desired::find(tx, station, wish.kind.word(), &wish.key).await?;
    match &before {
        Some(row) if row.value == wish.value && row.body == wish.body && row.template == template => {
            return Ok(false);
        }
        // The station's own wins, also if it was made since the template was looked at.
        Some(row) if row.template.is_empty() && !template.is_empty() => return Ok(false),
        None if desired::count(tx, station).await? >= OF_STATION_MAX => {
            return Err(WishError::Crowded(station.clone()));
        }
        _ => {}
    }
    let row = NewRow {
        station_id: station,
        kind: wish.kind.word(),
        key: &wish.key,
        value: &wish.value,
        body: &wish.body,
        sealed,
        template,
        wanted_by: by,
        wanted_at: now,
    };
    desired::put(tx, &row).await?;
    Ok(true)
}

/// Wants something no longer; a template that wants it of the station has its turn again. The station keeps what it has. False:
/// nobody wanted it of this station.
///
/// # Errors
/// The database fails.
pub async fn forget(
    db: &Db,
    station: &StationId,
    kind: Kind,
    key: &str,
    now: DateTime<Utc>,
) -> Result<bool, WishError> {
    let mut tx = db.write().await?;
    let own = forget_in(&mut tx, station, kind, key, now).await?;
    tx.commit().await?;
    Ok(own)
}

/// The same in a transaction of others.
///
/// # Errors
/// The database fails.
pub async fn forget_in(
    tx: &mut Tx,
    station: &StationId,
    kind: Kind,
    key: &str,
    now: DateTime<Utc>,
) -> Result<bool, WishError> {
    let row = desired::find(tx, station, kind.word(), key).await?;
    if row.is_none_or(|row| !row.template.is_empty()) {
        return Ok(false);
    }
    desired::remove(tx, station, kind.word(), key).await?;
    if let Some(row) = stations::find(tx, station).await? {
        template::apply_in(tx, &row, now).await?;
    }
    Ok(true)
}

/// Has wishes of a station tried now, whatever they wait for: one, or all. Returns how many there are.
///
/// # Errors
/// The database fails.
pub async fn hurry(
    db: &Db,
    station: &StationId,
    only: Option<(Kind, &str)>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let mut tx = db.write().await?;
    let many = desired::hurry(&mut tx, station, only.map(|(kind, key)| (kind.word(), key)), now).await?;
    tx.commit().await?;
    Ok(many)
}
