//! Everything the system has, in one cheap clone: composed once by the executable, handed to links, pages and jobs.

use crate::{
    catalog::Catalog,
    clock::Clock,
    config::Config,
    desk::{Desk, Desks, Starting},
    id::{Ids, TransactionIds},
    link::{
        auth::{Vault, VaultError},
        hub::Hub,
    },
    live::Live,
    local_tariffs::Rounds,
    model::StationId,
    store::{Db, load::Loads, writer::Writer},
};
use std::{ops::Deref, sync::Arc};

/// A handle to the running system.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] shares.
pub struct Parts {
    pub config: Config,
    pub clock: Clock,
    pub ids: Ids,
    pub transaction_ids: TransactionIds,
    pub(crate) starting: Starting,
    pub db: Db,
    pub writer: Writer,
    pub loads: Loads,
    pub catalog: Catalog,
    pub vault: Vault,
    pub hub: Hub,
    pub live: Live,
    pub local_tariffs: Rounds,
    pub desks: Desks,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Opens the database (and brings it up to date) and starts the group writer. No port is bound yet.
    pub async fn open(config: Config, clock: Clock) -> Result<App, VaultError> {
        let db = Db::open(&config.database).await?;
        let writer = Writer::start(db.clone(), config.database.group_max);
        let loads = Loads::start(&db);
        let catalog = Catalog::load(&db, clock.now()).await?;
        let vault = Vault::open(&db, config.ocpp.limits.password_checks_max).await?;
        Ok(App(Arc::new(Parts {
            ids: Ids::new(clock.clone(), config.database.node),
            transaction_ids: TransactionIds::default(),
            starting: Starting::default(),
            vault,
            hub: Hub::default(),
            live: Live::default(),
            local_tariffs: Rounds::default(),
            desks: Desks::default(),
            config,
            clock,
            db,
            writer,
            loads,
            catalog,
        })))
    }

    /// The desk of a station: the one place where its reports are handled, one at a time.
    pub fn desk(&self, station: &StationId) -> Arc<Desk> {
        self.desks.open(self, station)
    }

    /// Commits what is still queued. Call it after the links are closed.
    pub async fn close(&self) {
        self.writer.shutdown().await;
    }
}
