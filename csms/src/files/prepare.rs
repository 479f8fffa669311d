//! Commands that move files get their one-time addresses here, at the moment they are sent.

use super::{
    Refusal,
    links::{self, For},
};
use crate::{
    app::App,
    command::Command,
    store::{
        StoreError,
        commands::CommandRow,
        files::{self, FirmwareRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};

/// Whole transfers of one address at most, however often the station may try.
const ALLOWED_MAX: i64 = 5;
/// An address lives a little longer than what is waited for.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// The command as it is sent: with the address of its file, and what is known of that. `Err` within: why it cannot be.
pub async fn command(
    app: &App,
    row: &CommandRow,
    command: &Command,
) -> Result<Result<Command, String>, StoreError> {
    let now = app.clock.now();
    match command {
        Command::GetLog(log) if log.url.is_none() => {
            let until = now + crate::command::watch::LOG + MARGIN;
            let url = match address(app, row, None, log.retries, until).await? {
                Ok(url) => url,
                Err(why) => return Ok(Err(why)),
            };
            let mut log = log.clone();
            log.url = Some(url);
            Ok(Ok(Command::GetLog(log)))
        }
        Command::UpdateFirmware(update) => {
            let wanted = match (&update.url, &update.firmware) {
                (Some(_), None) => return Ok(Ok(command.clone())),
                (None, Some(wanted)) => wanted,
                _ => return Ok(Err("it takes either url or firmware".to_owned())),
            };
            let found = match wanted.parse() {
                Ok(id) => files::firmware(&mut app.db.read().await?, id).await?,
                Err(_) => None,
            };
            let Some(firmware) = found.filter(|firmware| firmware.removed_at.is_none()) else {
                return Ok(Err(format!("there is no firmware {wanted}")));
            };
            let begin =
                [update.retrieve_at, update.install_at].into_iter().flatten().fold(now, DateTime::max);
            let until = begin + crate::command::watch::FIRMWARE + MARGIN;
            let url = match address(app, row, Some(&firmware), update.retries, until).await? {
                Ok(url) => url,
                Err(why) => return Ok(Err(why)),
            };
            let mut update = update.clone();
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            update.url = Some(url);
            update.firmware = None;
            update.signing_certificate = update.signing_certificate.or(given(&firmware.signing_certificate));
            update.signature = update.signature.or(given(&firmware.signature));
            Ok(Ok(Command::UpdateFirmware(update)))
        }
        _ => Ok(Ok(command.clone())),
    }
}

async fn address(
    app: &App,
    row: &CommandRow,
    firmware: Option<&FirmwareRow>,
    retries: Option<u32>,
    until: DateTime<Utc>,
) -> Result<Result<String, String>, StoreError> {
    let Some(base) = base(app) else {
        return Ok(
            Err("files.public_url is not set: stations cannot be told where our files are".to_owned()),
        );
    };
    // The station may try again after a transfer that seemed whole to us.
    let allowed = (i64::from(retries.unwrap_or(0)) + 1).min(ALLOWED_MAX);
    let what = For { station: &row.station_id, command: row.id, firmware, allowed, until };
    let mut tx = app.db.write().await?;
    match links::make(app, &mut tx, what).await {
        Ok(path) => {
            tx.commit().await?;
            Ok(Ok(base + &path))
        }
        Err(Refusal::Store(error)) => Err(error),
        Err(other) => Ok(Err(other.to_string())),
    }
}

/// Where stations reach our files.
fn base(app: &App) -> Option<String> {
    let (files, web) = (&app.config.files, &app.config.web);
    let said = [files.public_url.as_str(), web.public_url.as_str()].into_iter().find(|url| !url.is_empty());
    if let Some(url) = said {
        return Some(url.trim_end_matches('/').to_owned());
    }
    let listen = files.listen.parse().unwrap_or(web.listen);
    (!listen.ip().is_unspecified() && listen.port() != 0).then(|| format!("http://{listen}"))
}

/// The station does not carry the command out: its addresses are worth nothing.
pub async fn revoke(app: &App, command: i64) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    files::revoke(&mut tx, command, app.clock.now()).await?;
    tx.commit().await
}
