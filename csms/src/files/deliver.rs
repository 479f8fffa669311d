//! Sending a file: in pieces, at the pace that the settings allow, and counted.

use super::{Part, Refusal, pace::Pace};
use crate::{
    app::App,
    store::{
        StoreError,
        files::{self, FirmwareRow, LinkRow},
    },
};
use bytes::Bytes;
use std::{io, io::SeekFrom, time::Duration};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

/// Bytes read at once, and pieces that may wait for the socket: what a transfer takes of memory.
const PIECE: usize = 64 * 1024;
const WAITING_MAX: usize = 2;

/// Begins to send a part of firmware; gives its pieces, which end early where it breaks off. What was sent is counted.
/// `hang_up` is cancelled when the other side takes nothing for too long.
///
/// # Errors
/// There is no place, or no file.
pub async fn deliver(
    app: &App,
    link: LinkRow,
    firmware: &FirmwareRow,
    part: Part,
    hang_up: CancellationToken,
) -> Result<mpsc::Receiver<io::Result<Bytes>>, Refusal> {
    let place = app.files.place()?;
    let path = app.files.storage.firmware(&firmware.sha256).ok_or(Refusal::Gone)?;
    let mut file = match File::open(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Refusal::Gone),
        other => other?,
    };
    file.seek(SeekFrom::Start(part.start)).await?;
    let (pieces, waiting) = mpsc::channel(WAITING_MAX);
    let sending =
        Sending { app: app.clone(), link, size: firmware.size, file, part, pieces, hang_up, sent: 0 };
    tokio::spawn(async move {
        sending.run().await;
        drop(place);
    });
    Ok(waiting)
}

struct Sending {
    app: App,
    link: LinkRow,
    size: i64,
    file: File,
    part: Part,
    pieces: mpsc::Sender<io::Result<Bytes>>,
    hang_up: CancellationToken,
    sent: u64,
}

impl Sending {
    async fn run(mut self) {
        let ended = self.send().await;
        if let Err(error) = &ended {
            tracing::error!(link = self.link.id, %error, "firmware could not be sent to a station");
            // Whoever waits for the rest is told by the end of the connection.
            let _ = self.pieces.try_send(Err(io::Error::from(io::ErrorKind::UnexpectedEof)));
        }
        let whole = self.part.end == u64::try_from(self.size).unwrap_or(0) && self.sent == self.part.len();
        if !whole && let Err(error) = self.count(false).await {
            tracing::error!(link = self.link.id, %error, "what was sent to a station could not be counted");
        }
        metrics::counter!("csms_file_bytes_total", "way" => "download").increment(self.sent);
        let LinkRow { station_id: station, command_id: command, .. } = &self.link;
        tracing::info!(station, command, from = self.part.start, sent = self.sent, whole, "firmware sent");
        self.app.live.touch(&station.as_str().into());
    }

    /// Sends until the end, or until nobody takes it any more.
    async fn send(&mut self) -> Result<(), Refusal> {
        let own = Pace::new(self.app.files.each_kib_s);
        let idle = Duration::from_secs(self.app.config.files.idle_timeout_s);
        while self.sent < self.part.len() {
            let rest = self.part.len() - self.sent;
            let mut piece = vec![0; usize::try_from(rest).unwrap_or(PIECE).min(PIECE)];
            let read = self.file.read(&mut piece).await?;
            if read == 0 {
                return Err(Refusal::Gone);
            }
            piece.truncate(read);
            own.take(read).await;
            self.app.files.all.take(read).await;
            self.sent += read as u64;
            if self.sent == self.part.len() && self.part.end == u64::try_from(self.size).unwrap_or(0) {
                // Before the last piece leaves: whoever has all of it finds it counted.
                self.count(true).await?;
            }
            match tokio::time::timeout(idle, self.pieces.send(Ok(Bytes::from(piece)))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Ok(()),
                Err(_) => {
                    super::refused(&Refusal::Slow);
                    self.hang_up.cancel();
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn count(&self, to_end: bool) -> Result<(), StoreError> {
        let mut tx = self.app.db.write().await?;
        let sent = i64::try_from(self.sent).unwrap_or(i64::MAX);
        files::sent(&mut tx, self.link.id, sent, self.size, to_end, self.app.clock.now()).await?;
        tx.commit().await
    }
}
