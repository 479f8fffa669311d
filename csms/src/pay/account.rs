//! The accounts of the settings: which provider, how many calls at a time, and whether it is worth asking now.

use super::breaker::Breaker;
use crate::config;
use payments::provider::{Method, Provider, SetupError};
use std::{sync::Arc, time::Duration};
use tariffs::Currency;
use tokio::sync::Semaphore;

/// A merchant account at a provider.
#[derive(Debug)]
pub struct Account {
    /// In the settings, in URLs and in the ledger.
    pub name: String,
    /// What a driver pays with there: `wechat`, `alipay`, `stripe`, …
    pub wallet: String,
    pub provider: Box<dyn Provider>,
    pub(super) breaker: Breaker,
    pub(super) calls: Semaphore,
    pub(super) http: reqwest::Client,
    /// Presents the account's certificate.
    certified: Option<reqwest::Client>,
}

/// All accounts, in the order of the settings.
#[derive(Debug, Default)]
pub struct Accounts(Vec<Arc<Account>>);

/// The accounts of the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("pay.accounts: {name:?}: {source}")]
    Setup { name: String, source: SetupError },
    #[error(
        "pay.accounts: two accounts are called {0:?}: a name is in URLs and in the ledger, and never used again"
    )]
    Twice(String),
    #[error("pay.accounts: {0:?} is no name: 1 to 40 of a-z 0-9 - belong there")]
    Name(String),
    #[error("pay.accounts: {name:?}: calls cannot be made: {source}")]
    Http { name: String, source: reqwest::Error },
}

impl Accounts {
    /// Builds the accounts of the settings; files that they name are read here.
    ///
    /// # Errors
    /// Which account is wrong, and how.
    pub fn build(config: &config::Pay) -> Result<Accounts, AccountError> {
        let mut providers = Vec::new();
        for account in &config.accounts {
            let read = |path: &str| std::fs::read(path).map_err(|error| format!("{path}: {error}"));
            let provider = account
                .setup
                .build(&read)
                .map_err(|source| AccountError::Setup { name: account.name.clone(), source })?;
            providers.push((account.name.clone(), account.setup.wallet().to_owned(), provider));
        }
        Accounts::of(config, providers)
    }

    /// The same from providers that are built already: name, wallet, provider.
    ///
    /// # Errors
    /// Names that cannot be used.
    pub fn of(
        config: &config::Pay,
        providers: Vec<(String, String, Box<dyn Provider>)>,
    ) -> Result<Accounts, AccountError> {
        let mut accounts: Vec<Arc<Account>> = Vec::with_capacity(providers.len());
        for (name, wallet, provider) in providers {
            let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || name.len() > 40 || !name.chars().all(letter) {
                return Err(AccountError::Name(name));
            }
            if accounts.iter().any(|known| known.name == name) {
                return Err(AccountError::Twice(name));
            }
            let http_error = |source| AccountError::Http { name: name.clone(), source };
            let http = client(config).build().map_err(http_error)?;
            let certified = match provider.client_identity() {
                Some(pem) => {
                    let identity = reqwest::Identity::from_pem(pem).map_err(http_error)?;
                    Some(client(config).identity(identity).build().map_err(http_error)?)
                }
                None => None,
            };
            accounts.push(Arc::new(Account {
                breaker: Breaker::default(),
                calls: Semaphore::new(config.calls_per_account.max(1)),
                http,
                certified,
                name,
                wallet,
                provider,
            }));
        }
        Ok(Accounts(accounts))
    }

    /// The account of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Account>> {
        self.0.iter().find(|account| account.name == name)
    }

    /// All of them, in the order of the settings.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.0.iter()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn client(config: &config::Pay) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(config.call_timeout_s.max(1)))
        .connect_timeout(Duration::from_secs(config.call_timeout_s.clamp(1, 10)))
        .redirect(reqwest::redirect::Policy::none())
}

impl Account {
    /// It is left alone for a while: too many calls in a row have brought no answer.
    pub fn rests(&self, now: chrono::DateTime<chrono::Utc>) -> bool {
        self.breaker.closed_until(now).is_some()
    }

    /// Can it be paid so in this currency?
    pub fn takes(&self, method: &Method, currency: Currency) -> bool {
        let abilities = self.provider.abilities();
        abilities.takes(method)
            && (abilities.currencies.is_empty() || abilities.currencies.contains(&currency))
    }

    /// Can a method be left with it, to be debited later?
    pub fn keeps(&self) -> bool {
        let on_file = Method::OnFile { customer: String::new(), instrument: String::new() };
        self.provider.abilities().takes(&on_file)
    }

    /// What makes its calls; those of some operations present the account's own certificate.
    pub(super) fn client(&self, with_certificate: bool) -> Result<&reqwest::Client, String> {
        match (&self.certified, with_certificate) {
            (_, false) => Ok(&self.http),
            (Some(certified), true) => Ok(certified),
            (None, true) => Err("the call needs a client certificate, and the account has none".to_owned()),
        }
    }
}
