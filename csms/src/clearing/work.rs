//! The job: what is due is done, once in a while, and may be cut off at any moment.

use super::{Clearing, ClearingError};
use crate::{
    app::App,
    pay,
    store::clearing::{cases, terms},
};
use payments::provider::FileKind;
use std::{collections::BTreeSet, path::Path};

/// What is compared beside what has come: the accounts that are known.
const ACCOUNTS_MAX: usize = 1_000;

/// One turn: settles days that are over, takes dropped files, asks providers for statements, compares, and tells which
/// statements are late.
pub async fn turn(app: &App) -> Result<(), ClearingError> {
    let clearing = Clearing { db: &app.db, ids: &app.ids, clock: &app.clock, config: &app.config.clearing };
    let compared = clearing.turn().await;
    let fetched = fetch(app, &clearing).await;
    compared.and(fetched)
}

/// Asks for the statements that are due. One account out of order does not keep the others waiting; the first trouble is
/// told in the end.
async fn fetch(app: &App, clearing: &Clearing<'_>) -> Result<(), ClearingError> {
    let mut outcome = Ok(());
    for account in app.pay.accounts.iter() {
        let kinds = &account.provider.abilities().statements;
        if !kinds.is_empty() {
            outcome = outcome.and(told(&account.name, fetch_of(app, clearing, &account.name, kinds).await));
        }
    }
    outcome = outcome.and(clearing.tell_late().await);
    outcome.and(clearing.tell_open().await)
}

async fn fetch_of(
    app: &App,
    clearing: &Clearing<'_>,
    account: &str,
    kinds: &[FileKind],
) -> Result<(), ClearingError> {
    let known = app.config.pay.accounts.iter().find(|known| known.name == account);
    if let Some(known) = known {
        clearing.know_zone(account, known.setup.statement_zone()).await?;
    }
    let mut come = false;
    for wanted in clearing.wanted(account, kinds).await? {
        let told = pay::statement(app, &wanted.account, wanted.day, wanted.kind).await;
        match clearing.told(&wanted, told.as_ref().map_err(String::as_str)).await {
            Ok(imported) => come |= imported.is_some(),
            Err(error @ (ClearingError::Store(_) | ClearingError::Ledger(_))) => return Err(error),
            // Told and counted; it is asked for again.
            Err(_) => {}
        }
    }
    let compared = match come {
        true => clearing.compare_all(account).await.map(|_| ()),
        false => Ok(()),
    };
    clearing.find_late(account, kinds).await?;
    compared
}

/// What is out of order with one account is told with its name.
fn told<T>(account: &str, outcome: Result<T, ClearingError>) -> Result<(), ClearingError> {
    outcome.map(|_| ()).inspect_err(|error| {
        tracing::error!(account, %error, "the clearing of an account is out of order; the others go on");
    })
}

impl Clearing<'_> {
    /// One turn, see [`turn`].
    pub async fn turn(&self) -> Result<(), ClearingError> {
        let mut fresh: BTreeSet<String> = BTreeSet::new();
        for settled in self.settle_due().await? {
            tracing::info!(day = %settled.day, zone = %settled.zone, items = settled.items, "settled a day");
            fresh.extend(settled.rows.into_iter().map(|row| row.account));
        }
        let folder = self.config.drop_folder.trim();
        if !folder.is_empty() {
            for file in self.take_dropped(Path::new(folder)).await? {
                tracing::info!(
                    file = file.name,
                    taken = file.taken.is_some(),
                    trouble = file.trouble,
                    "took a file"
                );
                fresh.extend(file.taken);
            }
        }
        fresh.extend(self.wanted_again().await?);
        let mut outcome = Ok(());
        for account in fresh.into_iter().take(ACCOUNTS_MAX) {
            outcome = outcome.and(told(&account, self.compare_all(&account).await));
        }
        outcome
    }

    async fn tell_open(&self) -> Result<(), ClearingError> {
        let open = cases::count_open(&mut self.db.read().await?).await?;
        metrics::gauge!("csms_clearing_open_cases").set(u32::try_from(open).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Compares an account, or the payouts to a bank.
    pub async fn compare_all(&self, account: &str) -> Result<super::against::Compared, ClearingError> {
        let done = self.compare(account).await?;
        if !terms::list(&mut self.db.read().await?).await?.is_empty() {
            self.compare_payouts().await?;
        }
        Ok(done)
    }
}
