//! Firmware that operators keep: images by their content, rows by what they are.

use super::{Refusal, receive::hash_of, storage};
use crate::{
    app::App,
    store::{
        StoreError,
        files::{self, FirmwareRow},
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncWriteExt},
};

/// Letters of a name, a version, a vendor, a model.
const TEXT_MAX: usize = 100;
/// A certificate in PEM, and a signature in base64: what the standard lets a station be sent.
const CERTIFICATE_MAX: usize = 5_500;
const SIGNATURE_MAX: usize = 800;
const PIECE: usize = 256 * 1024;

/// What an image is.
#[derive(Debug, Clone, Default)]
pub struct About {
    pub name: String,
    pub version: String,
    pub vendor: String,
    pub model: String,
    /// PEM; with `signature`.
    pub signing_certificate: String,
    /// Base64.
    pub signature: String,
    /// That the image must have, in hex; empty: whatever it has.
    pub sha256: String,
}

/// The firmware cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum FirmwareError {
    #[error("{0}")]
    Unfit(String),
    #[error("there is firmware of that name and version already; remove it first")]
    Known,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<StoreError> for FirmwareError {
    fn from(error: StoreError) -> FirmwareError {
        if error.is_duplicate() { FirmwareError::Known } else { FirmwareError::Refused(error.into()) }
    }
}

impl From<std::io::Error> for FirmwareError {
    fn from(error: std::io::Error) -> FirmwareError {
        FirmwareError::Refused(match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Refusal::Full,
            _ => error.into(),
        })
    }
}

impl About {
    /// Why it cannot be taken so.
    pub fn fault(&self) -> Option<String> {
        for (what, text) in [
            ("name", &self.name),
            ("version", &self.version),
            ("vendor", &self.vendor),
            ("model", &self.model),
        ] {
            if text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
                return Some(format!("the {what} has at most {TEXT_MAX} letters, all of them printable"));
            }
        }
        if self.name.trim().is_empty() || self.version.trim().is_empty() {
            return Some("firmware has a name and a version".to_owned());
        }
        if !self.sha256.is_empty()
            && (self.sha256.len() != 64 || !self.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return Some("a SHA-256 has 64 hexadecimal digits".to_owned());
        }
        match (self.signing_certificate.is_empty(), self.signature.is_empty()) {
            (true, true) => return None,
            (false, false) => {}
            _ => return Some("a signature needs its certificate, and the other way round".to_owned()),
        }
        if self.signing_certificate.len() > CERTIFICATE_MAX
            || !self.signing_certificate.contains("-----BEGIN CERTIFICATE-----")
        {
            return Some(format!("the certificate is PEM, at most {CERTIFICATE_MAX} letters"));
        }
        if self.signature.len() > SIGNATURE_MAX || STANDARD.decode(&self.signature).is_err() {
            return Some(format!("the signature is base64, at most {SIGNATURE_MAX} letters"));
        }
        None
    }
}

/// Keeps an image that lies on this machine. The same content is kept once, whatever it is called.
///
/// # Errors
/// See [`FirmwareError`].
pub async fn add(app: &App, image: &Path, about: About, by: &str) -> Result<FirmwareRow, FirmwareError> {
    if let Some(fault) = about.fault() {
        return Err(FirmwareError::Unfit(fault));
    }
    let (mut source, mut buffer) = (File::open(image).await?, vec![0; PIECE]);
    let mut incoming = Incoming::begin(app).await?;
    loop {
        let read = source.read(&mut buffer).await?;
        if read == 0 {
            return incoming.keep(about, by).await;
        }
        incoming.write(&buffer[..read]).await?;
    }
}

/// The firmware of that name and version for these stations, if it is offered.
///
/// # Errors
/// The database fails.
pub async fn known(app: &App, about: &About) -> Result<Option<FirmwareRow>, StoreError> {
    let texts = [&about.name, &about.version, &about.vendor, &about.model].map(|text| text.trim());
    files::firmware_named(&mut app.db.read().await?, texts).await
}

/// An image while it comes. Dropped before it is kept, it leaves nothing behind.
pub struct Incoming<'a> {
    app: &'a App,
    id: i64,
    path: PathBuf,
    file: File,
    size: u64,
}

impl<'a> Incoming<'a> {
    /// Begins one.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn begin(app: &'a App) -> Result<Incoming<'a>, FirmwareError> {
        app.files.storage.prepare()?;
        let id = app.ids.next();
        let path = app.files.storage.adding(id);
        let file = File::create(&path).await?;
        Ok(Incoming { app, id, path, file, size: 0 })
    }

    /// So many bytes have come.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// It is larger than the settings allow, or the disk is full or fails.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), FirmwareError> {
        self.size += bytes.len() as u64;
        let max = size_max(self.app);
        if self.size > max {
            return Err(Refusal::TooLarge(max).into());
        }
        Ok(self.file.write_all(bytes).await?)
    }

    /// All of it has come: it is kept if it is what `about` says.
    ///
    /// # Errors
    /// See [`FirmwareError`].
    pub async fn keep(mut self, about: About, by: &str) -> Result<FirmwareRow, FirmwareError> {
        if let Some(fault) = about.fault() {
            return Err(FirmwareError::Unfit(fault));
        }
        if self.size == 0 {
            return Err(FirmwareError::Unfit("the image is empty".to_owned()));
        }
        self.file.flush().await?;
        self.file.sync_all().await?;
        // Of what was written, not of what was read.
        let mut hash = Sha256::new();
        let written = hash_of(&self.path, &mut hash).await?;
        if written != self.size {
            return Err(FirmwareError::Unfit("the image changed while it was read".to_owned()));
        }
        let sha256 = hex::encode(hash.finalize());
        if !about.sha256.is_empty() && !about.sha256.eq_ignore_ascii_case(&sha256) {
            let wanted = about.sha256;
            return Err(FirmwareError::Unfit(format!(
                "the image has the SHA-256 {sha256}, not {wanted}: it is another file, or did not come whole; bring it again"
            )));
        }
        keep(self.app, self.id, self.size, sha256, about, by).await
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        if let Err(error) = storage::remove(&self.path) {
            tracing::error!(%error, "an image that is not kept cannot be removed");
        }
    }
}

/// Bytes of an image at most.
pub fn size_max(app: &App) -> u64 {
    app.config.files.firmware_mib_max.saturating_mul(1024 * 1024)
}

async fn keep(
    app: &App,
    id: i64,
    size: u64,
    sha256: String,
    about: About,
    by: &str,
) -> Result<FirmwareRow, FirmwareError> {
    let target = app.files.storage.firmware(&sha256).ok_or(Refusal::Gone)?;
    let row = FirmwareRow {
        id,
        name: about.name.trim().to_owned(),
        version: about.version.trim().to_owned(),
        vendor: about.vendor.trim().to_owned(),
        model: about.model.trim().to_owned(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        sha256,
        signing_certificate: about.signing_certificate,
        signature: about.signature,
        added_by: by.to_owned(),
        added_at: app.clock.now(),
        removed_at: None,
    };
    let mut tx = app.db.write().await?;
    // Within the transaction, as its removal is: nobody takes the image away in between.
    files::lock_firmware(&mut tx).await?;
    files::add_firmware(&mut tx, &row).await?;
    app.files.storage.settle(&app.files.storage.adding(id), &target)?;
    tx.commit().await?;
    tracing::info!(firmware = id, name = row.name, version = row.version, by, "firmware added");
    Ok(row)
}

/// Takes firmware out of what is offered, and its image from the disk unless other firmware has the same. Transfers that run
/// go on to their end. False if there is none.
///
/// # Errors
/// The disk or the database fails.
pub async fn remove(app: &App, id: i64, by: &str) -> Result<bool, Refusal> {
    let mut tx = app.db.write().await?;
    let Some(row) = files::firmware(&mut tx, id).await? else { return Ok(false) };
    let removed = files::remove_firmware(&mut tx, id, app.clock.now()).await?;
    tx.commit().await?;
    if removed {
        // Not before: what is offered has its image, also if the commit fails.
        let mut tx = app.db.write().await?;
        files::lock_firmware(&mut tx).await?;
        let in_use = files::content_in_use(&mut tx, &row.sha256).await?;
        if let Some(path) = app.files.storage.firmware(&row.sha256).filter(|_| !in_use) {
            storage::remove(&path)?;
        }
        drop(tx);
        tracing::info!(firmware = id, name = row.name, version = row.version, by, "firmware removed");
    }
    Ok(removed)
}
