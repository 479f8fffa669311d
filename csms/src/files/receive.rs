//! Taking an upload: written as it comes, within its limits, on the disk before it is acknowledged.

use super::{Alone, Refusal, storage};
use crate::{
    app::App,
    store::files::{self, LinkRow, UploadRow},
};
use sha2::{Digest, Sha256};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncReadExt, AsyncWriteExt, BufWriter},
    sync::OwnedSemaphorePermit,
};

/// Bytes written at once.
const BUFFER: usize = 256 * 1024;

/// An upload that comes. Dropped, what has come stays for a station that goes on from there; until then it is no file of ours.
pub struct Receiving {
    app: App,
    link: LinkRow,
    file: BufWriter<File>,
    path: PathBuf,
    hash: Sha256,
    size: u64,
    max: u64,
    _alone: Alone,
    _place: OwnedSemaphorePermit,
}

impl Receiving {
    /// Begins, or goes on where `start` is not 0.
    ///
    /// # Errors
    /// The address is used up, another upload to it is under way, there is no place, or it goes on at the wrong place.
    pub async fn begin(app: &App, link: LinkRow, start: u64) -> Result<Receiving, Refusal> {
        if link.done >= link.allowed {
            return Err(Refusal::Used);
        }
        let place = app.files.place()?;
        let alone = app.files.alone(link.id)?;
        app.files.storage.prepare()?;
        let path = app.files.storage.incoming(link.id);
        let mut hash = Sha256::new();
        let mut options = OpenOptions::new();
        options.write(true).create(true);
        let file = if start == 0 {
            options.truncate(true).open(&path).await?
        } else {
            let here = hash_of(&path, &mut hash).await?;
            if here != start {
                return Err(Refusal::Elsewhere(here));
            }
            options.truncate(false).append(true).open(&path).await?
        };
        let max = app.config.files.upload_mib_max.saturating_mul(1024 * 1024);
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Receiving {
            app: app.clone(),
            link,
            file,
            path,
            hash,
            size: start,
            max,
            _alone: alone,
            _place: place,
        })
    }

    /// So much is here.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Will an upload of this size be refused?
    ///
    /// # Errors
    /// [`Refusal::TooLarge`]; what was there is removed.
    pub fn announce(&self, size: u64) -> Result<(), Refusal> {
        if size > self.max {
            storage::remove(&self.path)?;
            return Err(Refusal::TooLarge(self.max));
        }
        Ok(())
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// It is too large, or there is no room: what has come is removed.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.announce(self.size.saturating_add(bytes.len() as u64))?;
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| self.broken(error))
    }

    /// Keeps what came of an upload of which more is to come.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn pause(mut self) -> Result<u64, Refusal> {
        let flushed = self.file.flush().await;
        flushed.map_err(|error| self.broken(error))?;
        Ok(self.size)
    }

    /// It is whole: kept for good, with what the station calls it, before this returns.
    ///
    /// # Errors
    /// The disk or the database fails, or another upload was faster.
    pub async fn finish(mut self, name: &str, content_type: &str) -> Result<UploadRow, Refusal> {
        let flushed = self.file.flush().await;
        flushed.map_err(|error| self.broken(error))?;
        let synced = self.file.get_ref().sync_all().await;
        synced.map_err(|error| self.broken(error))?;
        let now = self.app.clock.now();
        let row = UploadRow {
            id: self.app.ids.next(),
            station_id: self.link.station_id.clone(),
            command_id: self.link.command_id,
            name: super::told_name(name),
            content_type: content_type.chars().filter(|letter| !letter.is_control()).take(100).collect(),
            size: i64::try_from(self.size).unwrap_or(i64::MAX),
            sha256: hex::encode(std::mem::take(&mut self.hash).finalize()),
            received_at: now,
            removed_at: None,
        };
        let target = self.app.files.storage.upload(row.id);
        let (storage, from, to) = (self.app.files.storage.clone(), self.path.clone(), target.clone());
        tokio::task::spawn_blocking(move || storage.settle(&from, &to)).await.map_err(io::Error::other)??;
        let kept = self.keep(&row).await;
        // Where nobody knows whether it is kept, the file stays: one that belongs to no row is swept away later.
        if matches!(kept, Ok(false)) {
            storage::remove(&target)?;
        }
        if !kept? {
            return Err(Refusal::Used);
        }
        metrics::counter!("csms_file_bytes_total", "way" => "upload").increment(self.size);
        metrics::counter!("csms_uploads_total").increment(1);
        tracing::info!(
            station = row.station_id,
            command = row.command_id,
            size = row.size,
            name = row.name,
            "an upload"
        );
        self.app.live.touch(&row.station_id.as_str().into());
        if let Err(error) = super::sweep::make_room(&self.app).await {
            tracing::warn!(%error, "no room could be made behind an upload; the sweep tries again");
        }
        Ok(row)
    }

    async fn keep(&self, row: &UploadRow) -> Result<bool, Refusal> {
        let mut tx = self.app.db.write().await?;
        let first = files::received(&mut tx, self.link.id, row.size, row.received_at).await?;
        if first {
            files::add_upload(&mut tx, row).await?;
            tx.commit().await?;
        }
        Ok(first)
    }

    /// The disk is full or fails: the part is of no use and takes room.
    fn broken(&self, error: io::Error) -> Refusal {
        if let Err(error) = storage::remove(&self.path) {
            tracing::error!(%error, "a part of an upload cannot be removed");
        }
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Refusal::Full,
            _ => Refusal::Disk(error),
        }
    }
}

/// How much of an upload is here, for a station that asks where to go on.
///
/// # Errors
/// The address is used up, or the disk fails.
pub async fn here(app: &App, link: &LinkRow) -> Result<u64, Refusal> {
    if link.done >= link.allowed {
        return Err(Refusal::Used);
    }
    match tokio::fs::metadata(app.files.storage.incoming(link.id)).await {
        Ok(file) => Ok(file.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Adds a file to a hash; gives its size. That there is none is a size of 0.
pub(super) async fn hash_of(path: &Path, hash: &mut Sha256) -> Result<u64, Refusal> {
    let mut file = match File::open(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other?,
    };
    let mut buffer = vec![0; BUFFER];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer).await?;
        if read == 0 {
            return Ok(size);
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
}
