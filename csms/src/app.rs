//! Everything the system has, in one cheap clone: composed once by the executable, handed to links, pages and jobs.

use crate::{
    catalog::Catalog,
    clock::Clock,
    codes::Codes,
    command::Commands,
    config::Config,
    costs::Costs,
    desired::Desires,
    desk::{Desk, Desks, Starting},
    display::Displays,
    event::Feed,
    files::Files,
    grid::Steps,
    id::{Ids, TransactionIds},
    link::{
        auth::{Vault, VaultError},
        hub::Hub,
    },
    live::Live,
    local_tariffs::Visits,
    messages::{Senders, SendersError},
    model::StationId,
    needs::Needs,
    pay::{
        AccountError, Accounts, Pay,
        later::Scorers,
        voucher::{Redeemer, Simulator},
    },
    reservation::Reservations,
    risk::Risk,
    rounds::Rounds,
    routing::Routes,
    sandbox::Sandbox,
    shed::Shed,
    store::{Db, StoreError, load::Loads, writer::Writer},
    texts::Texts,
    vat::Registers,
    webhook::{self, Hooks},
};
use std::{ops::Deref, sync::Arc};

/// The system cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    House(#[from] VaultError),
    /// An account at a provider cannot be used as it is set.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The scorer of the settings cannot be asked.
    #[error("pay.later.scorer_url: {0}")]
    Scorer(#[from] reqwest::Error),
    /// The register of VAT numbers cannot be asked.
    #[error("vat.base_url: {0}")]
    Vat(reqwest::Error),
    /// Webhooks cannot be posted to.
    #[error("webhooks: {0}")]
    Webhooks(reqwest::Error),
    #[error("{0}")]
    Voucher(String),
    #[error(transparent)]
    Senders(#[from] SendersError),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> OpenError {
        OpenError::House(error.into())
    }
}

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
    /// Events in the order in which they are told.
    pub feed: Feed,
    pub loads: Loads,
    pub catalog: Catalog,
    pub vault: Vault,
    pub hub: Hub,
    pub live: Live,
    pub local_tariffs: Visits,
    pub codes: Codes,
    pub commands: Commands,
    /// What stations shall be like.
    pub desires: Desires,
    pub reservations: Reservations,
    /// Load management's last steps.
    pub grid: Steps,
    /// Vehicles whose plans are to be looked after.
    pub needs: Needs,
    /// Stations whose own codes are to be looked after.
    pub code_rounds: Rounds,
    pub displays: Displays,
    /// Costs on displays.
    pub costs: Costs,
    pub texts: Texts,
    pub files: Files,
    pub(crate) senders: Senders,
    pub pay: Pay,
    pub routes: Routes,
    pub shed: Shed,
    pub desks: Desks,
    pub sandbox: Arc<Sandbox>,
    pub risk: Risk,
    pub vat: Registers,
    pub hooks: Hooks,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Opens the database (and brings it up to date) and starts the group writer. No port is bound yet.
    pub async fn open(config: Config, clock: Clock) -> Result<App, OpenError> {
        let accounts = Accounts::build(&config.pay)?;
        App::open_with(config, clock, accounts).await
    }

    /// The same with accounts at providers that are built already.
    pub async fn open_with(config: Config, clock: Clock, accounts: Accounts) -> Result<App, OpenError> {
        let db = Db::open(&config.database).await?;
        let writer = Writer::start(db.clone(), config.database.group_max);
        let loads = Loads::start(&db);
        let catalog = Catalog::load(&db, clock.now()).await?;
        let codes = Codes::open(&db).await?;
        let risk = Risk::open(&db).await?;
        let vault = Vault::open(&db, config.ocpp.limits.password_checks_max).await?;
        let mut redeemers: Vec<Box<dyn Redeemer>> = Vec::new();
        if !config.pay.vouchers.simulator_key.is_empty() {
            let simulator = Simulator::new(&config.pay.vouchers.simulator_key).map_err(OpenError::Voucher)?;
            tracing::warn!("vouchers of a SIMULATED wallet operator are taken: no money moves with them");
            redeemers.push(Box::new(simulator));
        }
        let sandbox = Arc::new(Sandbox::new(&config, db.clone(), clock.clone()));
        Ok(App(Arc::new(Parts {
            sandbox,
            ids: Ids::new(clock.clone(), config.database.node),
            transaction_ids: TransactionIds::default(),
            starting: Starting::default(),
            vault,
            hub: Hub::default(),
            live: Live::default(),
            feed: Feed::default(),
            local_tariffs: Visits::default(),
            codes,
            commands: Commands::default(),
            desires: Desires::default(),
            reservations: Reservations::default(),
            grid: Steps::default(),
            needs: Needs::default(),
            code_rounds: Rounds::default(),
            displays: Displays::default(),
            costs: Costs::default(),
            texts: Texts::default(),
            files: Files::new(&config.files),
            senders: Senders::build(&config.messages, &config.web.public_url)?,
            pay: Pay::new(accounts).scored_by(Scorers::build(&config.pay.later)?).redeemed_by(redeemers),
            routes: Routes::default(),
            shed: Shed::new(&config.risk),
            desks: Desks::default(),
            risk,
            hooks: Hooks::new(webhook::Client::build(&config.webhooks).map_err(OpenError::Webhooks)?),
            vat: Registers::build(&config.vat).map_err(OpenError::Vat)?,
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
