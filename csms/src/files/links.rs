//! One-time addresses: made for one station and one command, known to us by a hash alone.

use super::Refusal;
use crate::{
    app::App,
    link::hub::Hub,
    model::StationId,
    store::{
        Tx,
        files::{self, FirmwareRow, LinkRow},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use rand::{TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Bytes of a secret: nobody guesses 256 bits.
const SECRET_BYTES: usize = 32;
/// Requests with one address: a bad line breaks often, and what asks more often is no station.
const REQUESTS_MAX: i64 = 500;
/// What left us in whole may not have come in whole: the rest can be fetched for so long after the end.
const TAIL: TimeDelta = TimeDelta::minutes(10);
/// Paths of downloads and of uploads; what follows is the secret.
pub const DOWN: &str = "/files/down/";
pub const UP: &str = "/files/up/";

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Download,
    Upload,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Way::Download => "download",
            Way::Upload => "upload",
        }
    }
}

/// What an address is made for.
#[derive(Debug, Clone, Copy)]
pub struct For<'a> {
    pub station: &'a str,
    pub command: i64,
    /// Of a download; `None`: it is for an upload.
    pub firmware: Option<&'a FirmwareRow>,
    /// Whole transfers.
    pub allowed: i64,
    pub until: DateTime<Utc>,
}

/// Makes an address; those that the command had before are revoked. Gives what follows the server's own address.
///
/// # Errors
/// The system has no randomness, or the database fails.
pub async fn make(app: &App, tx: &mut Tx, what: For<'_>) -> Result<String, Refusal> {
    let mut secret = [0; SECRET_BYTES];
    OsRng.try_fill_bytes(&mut secret).map_err(std::io::Error::other)?;
    let secret = URL_SAFE_NO_PAD.encode(secret);
    let way = if what.firmware.is_some() { Way::Download } else { Way::Upload };
    let row = LinkRow {
        id: app.ids.next(),
        secret_hash: hash(&secret),
        kind: way.word().to_owned(),
        station_id: what.station.to_owned(),
        command_id: what.command,
        firmware_id: what.firmware.map(|firmware| firmware.id),
        allowed: what.allowed,
        done: 0,
        ends: 0,
        requests: 0,
        bytes: 0,
        created_at: app.clock.now(),
        expires_at: what.until,
        revoked_at: None,
        done_at: None,
    };
    files::add_link(tx, &row).await?;
    Ok(match what.firmware {
        // Chargers that look at the end of an address see what they expect: a file.
        Some(firmware) => format!("{DOWN}{secret}/{}", file_name(firmware)),
        // A name can be added, with a slash before it or without.
        None => format!("{UP}{secret}/"),
    })
}

/// A name for an image that every charger can use.
fn file_name(firmware: &FirmwareRow) -> String {
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '_' };
    let name: String = firmware.name.chars().take(60).map(plain).collect();
    if name.contains('.') { name } else { name + ".bin" }
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Who comes with an address.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    pub address: IpAddr,
    /// Where it says who it is (HTTP Basic), the name.
    pub name: Option<&'a str>,
}

/// The row of an address, if this visitor may use it this way now. The request is counted.
///
/// # Errors
/// Why it may not.
pub async fn open(app: &App, secret: &str, way: Way, visitor: Visitor<'_>) -> Result<LinkRow, Refusal> {
    // As long as those that we make: nothing else is looked for.
    if URL_SAFE_NO_PAD.decode(secret).map_or(0, |bytes| bytes.len()) != SECRET_BYTES {
        return Err(Refusal::Unknown);
    }
    let found = files::link(&mut app.db.read().await?, &hash(secret)).await?;
    let row = found.filter(|row| row.kind == way.word()).ok_or(Refusal::Unknown)?;
    let now = app.clock.now();
    if row.revoked_at.is_some() || now >= row.expires_at {
        return Err(Refusal::Expired);
    }
    let named = visitor.name.is_none_or(|name| name == row.station_id);
    if !named || app.config.files.same_address && !is_at(&app.hub, &row.station_id, visitor.address) {
        return Err(Refusal::Foreign);
    }
    let mut tx = app.db.write().await?;
    let counted = files::count_request(&mut tx, row.id, REQUESTS_MAX).await?;
    tx.commit().await?;
    if counted { Ok(row) } else { Err(Refusal::TooMany) }
}

/// Is the station connected from this address?
fn is_at(hub: &Hub, station: &str, address: IpAddr) -> bool {
    let station: StationId = station.into();
    hub.info(&station).is_some_and(|link| link.address.ip().to_canonical() == address.to_canonical())
}

/// May a part of a download that begins here still be fetched?
///
/// # Errors
/// [`Refusal::Used`].
pub fn may_fetch(row: &LinkRow, start: u64, now: DateTime<Utc>) -> Result<(), Refusal> {
    let in_tail = start > 0 && row.done_at.is_some_and(|done| now < done + TAIL);
    if row.done < row.allowed || in_tail { Ok(()) } else { Err(Refusal::Used) }
}
