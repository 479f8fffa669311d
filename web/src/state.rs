//! What every handler gets.

use crate::{api, drive, login::Limits, pages::Figures};
use csms::{app::App, link::auth::Vault};
use std::{ops::Deref, sync::Arc};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Pages that are kept fresh at one time; beyond, a page is not live but works.
const LIVE_CLIENTS_MAX: usize = 500;
/// Passwords checked at one time: argon2 takes 19 MiB and tens of milliseconds each.
const PASSWORD_CHECKS_MAX: usize = 2;

/// What the console learns from the executable around it.
pub struct Outside {
    /// The metrics in the Prometheus text format.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Does the listener for stations accept connections?
    pub accepting: Box<dyn Fn() -> bool + Send + Sync>,
    /// Cancelled when the process begins to stop.
    pub shutdown: CancellationToken,
}

/// A cheap clone of everything a handler needs.
#[derive(Clone)]
pub struct WebState(Arc<Inner>);

/// What [`WebState`] shares.
pub struct Inner {
    /// The system.
    pub app: App,
    /// Makes and checks passwords.
    pub vault: Arc<Vault>,
    /// The executable.
    pub outside: Outside,
    /// Who has guessed wrong how often.
    pub limits: Limits,
    pub(crate) live_clients: Arc<Semaphore>,
    pub(crate) password_checks: Semaphore,
    pub(crate) api: api::Shared,
    pub(crate) drive: drive::Shared,
    pub(crate) figures: Figures,
    /// Browsers reach us over TLS: cookies are for TLS only.
    pub secure: bool,
}

impl WebState {
    /// A console for a system.
    pub fn new(app: App, vault: Arc<Vault>, outside: Outside) -> WebState {
        let secure = app.config.web.public_url.starts_with("https://");
        WebState(Arc::new(Inner {
            api: api::Shared::new(&app.config.api),
            app,
            vault,
            outside,
            limits: Limits::default(),
            live_clients: Arc::new(Semaphore::new(LIVE_CLIENTS_MAX)),
            password_checks: Semaphore::new(PASSWORD_CHECKS_MAX),
            drive: drive::Shared::default(),
            figures: Figures::default(),
            secure,
        }))
    }
}

impl Deref for WebState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
