//! Files for and from stations: firmware that they fetch, logs that they bring. Who may transfer what is decided by one-time
//! addresses ([`links`]); no text from outside is ever a part of a path (`storage`).

mod deliver;
pub mod firmware;
mod form;
pub mod links;
mod names;
mod pace;
pub mod prepare;
mod range;
pub mod receive;
mod storage;
pub mod sweep;

pub use deliver::deliver;
pub use form::{Form, FormError, Piece};
pub use names::told_name;
pub use range::{Part, Wanted, wanted};
pub use receive::Receiving;
pub use storage::Storage;

use crate::{config, store::StoreError};
use pace::Pace;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Why a transfer is refused, or broken off.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such address")]
    Unknown,
    #[error("this address has expired")]
    Expired,
    #[error("this address was for one transfer, which is done")]
    Used,
    #[error("this address belongs to another station")]
    Foreign,
    #[error("too many requests with this address")]
    TooMany,
    #[error("too many transfers at this time; try again later")]
    Busy,
    #[error("another request with this address is under way")]
    Underway,
    #[error("the file is larger than {0} bytes, which is the limit")]
    TooLarge(u64),
    /// The station goes on elsewhere than where we are; we have so much.
    #[error("the upload goes on at the wrong place; {0} bytes are here")]
    Elsewhere(u64),
    #[error("there is no room for the file")]
    Full,
    #[error("the file is gone")]
    Gone,
    #[error("the transfer stood still for too long, or is too slow")]
    Slow,
    #[error("the upload ended early")]
    Cut,
    #[error("the upload cannot be read: {0}")]
    Malformed(&'static str),
    #[error("the file cannot be kept or read: {0}")]
    Disk(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// A word for the counter.
    pub fn word(&self) -> &'static str {
        match self {
            Refusal::Unknown => "unknown",
            Refusal::Expired => "expired",
            Refusal::Used => "used",
            Refusal::Foreign => "foreign",
            Refusal::TooMany => "too_many",
            Refusal::Busy => "busy",
            Refusal::Underway => "underway",
            Refusal::TooLarge(_) => "too_large",
            Refusal::Elsewhere(_) => "elsewhere",
            Refusal::Full => "full",
            Refusal::Gone => "gone",
            Refusal::Slow => "slow",
            Refusal::Cut => "cut",
            Refusal::Malformed(_) => "malformed",
            Refusal::Disk(_) => "disk",
            Refusal::Store(_) => "database",
        }
    }
}

/// What transfers share.
#[derive(Debug)]
pub struct Files {
    pub storage: Storage,
    places: Arc<Semaphore>,
    all: Arc<Pace>,
    each_kib_s: u32,
    busy: Arc<Mutex<HashSet<i64>>>,
}

impl Files {
    /// As the settings say. Nothing is touched yet.
    pub fn new(settings: &config::Files) -> Files {
        Files {
            storage: Storage::new(&settings.folder),
            places: Arc::new(Semaphore::new(settings.transfers_max)),
            all: Arc::new(Pace::new(settings.downloads_kib_s)),
            each_kib_s: settings.download_kib_s,
            busy: Arc::default(),
        }
    }

    /// A place for a transfer.
    pub fn place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        self.places.clone().try_acquire_owned().map_err(|_| Refusal::Busy)
    }

    /// Nobody else uploads to this address while this is held.
    fn alone(&self, link: i64) -> Result<Alone, Refusal> {
        if !lock(&self.busy).insert(link) {
            return Err(Refusal::Underway);
        }
        Ok(Alone { link, busy: self.busy.clone() })
    }

    /// Is somebody uploading to this address?
    fn is_busy(&self, link: i64) -> bool {
        lock(&self.busy).contains(&link)
    }
}

/// The only upload of an address.
#[derive(Debug)]
struct Alone {
    link: i64,
    busy: Arc<Mutex<HashSet<i64>>>,
}

impl Drop for Alone {
    fn drop(&mut self) {
        lock(&self.busy).remove(&self.link);
    }
}

fn lock(busy: &Mutex<HashSet<i64>>) -> MutexGuard<'_, HashSet<i64>> {
    busy.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long an upload of which so much has come may have taken: a minute, and then at least so many bytes a second.
pub fn patience(settings: &config::Files, received: u64) -> Duration {
    Duration::from_secs(60 + received / settings.upload_bytes_s_min.max(1))
}

/// Counts a refusal.
pub fn refused(refusal: &Refusal) {
    metrics::counter!("csms_file_refusals_total", "reason" => refusal.word()).increment(1);
}
