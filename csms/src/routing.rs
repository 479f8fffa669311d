//! Which merchant account takes a payment: the rule that counts, what operators want, and how payments have gone lately,
//! put before [`payments::routing::choose`].

mod preview;
mod wishes;

pub use preview::{METHODS, method, preview};
pub use wishes::{Trial, clear, set_rule, try_rule, want};

use crate::{
    app::App,
    pay::Account,
    store::{
        StoreError, Tx,
        clearing::{fees, statements},
        routing::{self, OutcomeRow, OverrideRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use payments::clearing::Rate;
use payments::routing::{Asked, Candidate, Decision, Fee, Rule, choose};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;

/// Fees of so many days back are learnt from.
const LEARNT_DAYS: i64 = 30;
/// What is known is looked up again after this: nobody needs the last second, and a click should not wait for a count.
const FRESH: TimeDelta = TimeDelta::seconds(5);

/// What decisions rest on, as of a moment ago.
#[derive(Debug, Default)]
pub struct Routes(Mutex<Option<(DateTime<Utc>, Arc<Grounds>)>>);

/// The rule, the wishes and the counts.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    pub rule: Rule,
    pub overrides: Vec<OverrideRow>,
    pub outcomes: Vec<OutcomeRow>,
    /// By account: what it costs, and whether that was learnt from statements or is what was agreed.
    pub fees: BTreeMap<String, (Fee, bool)>,
}

impl Routes {
    /// What is known, read anew if it is too old.
    ///
    /// # Errors
    /// The database.
    pub async fn grounds(&self, app: &App) -> Result<Arc<Grounds>, StoreError> {
        let now = app.clock.now();
        let mut known = self.0.lock().await;
        if let Some((at, grounds)) = &*known
            && now - *at < FRESH
            && now >= *at
        {
            return Ok(grounds.clone());
        }
        let grounds = Arc::new(read(app, now).await?);
        *known = Some((now, grounds.clone()));
        Ok(grounds)
    }

    /// Chooses the account for a payment. `without`: accounts that have refused this order already.
    ///
    /// # Errors
    /// The database.
    pub async fn choose(
        &self,
        app: &App,
        accounts: &[Arc<Account>],
        asked: &Asked<'_>,
        without: &[String],
    ) -> Result<Decision, StoreError> {
        let grounds = self.grounds(app).await?;
        let now = app.clock.now();
        let wish = |account: &str, wish: &str| {
            let method = asked.method.word();
            grounds.overrides.iter().any(|row| {
                row.account == account
                    && row.wish == wish
                    && (row.method.is_empty() || row.method == method)
                    && row.until.is_none_or(|until| until > now)
            })
        };
        let candidates: Vec<Candidate<'_>> = accounts
            .iter()
            .map(|account| {
                let (tried, succeeded) = counts(&grounds.outcomes, &account.name);
                let settings = app.config.pay.accounts.iter().find(|known| known.name == account.name);
                Candidate {
                    name: &account.name,
                    abilities: account.provider.abilities(),
                    fee: grounds.fees.get(&account.name).map_or_else(Fee::default, |(fee, _)| *fee),
                    learnt: grounds.fees.get(&account.name).is_some_and(|(_, learnt)| *learnt),
                    tried,
                    succeeded,
                    disabled: wish(&account.name, "off") || without.contains(&account.name),
                    resting: account.rests(now),
                    least: settings.and_then(|settings| settings.least(asked.amount.currency)),
                    most: settings.and_then(|settings| settings.most(asked.amount.currency)),
                }
            })
            .collect();
        let preferred = accounts.iter().find(|account| wish(&account.name, "preferred"));
        let asked = Asked { wanted: asked.wanted.or(preferred.map(|account| &*account.name)), ..*asked };
        Ok(choose(&candidates, &grounds.rule, &asked))
    }
}

/// Payments that were tried, and those that succeeded.
fn counts(outcomes: &[OutcomeRow], account: &str) -> (u64, u64) {
    let Some(row) = outcomes.iter().find(|row| row.account == account) else { return (0, 0) };
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    (count(row.succeeded) + count(row.failed), count(row.succeeded))
}

async fn read(app: &App, now: DateTime<Utc>) -> Result<Grounds, StoreError> {
    let mut tx = app.db.read().await?;
    let rule = routing::rule(&mut tx).await?;
    let rule = match rule.map(|row| (row.version, serde_json::from_str::<Rule>(&row.body))) {
        Some((version, Ok(rule))) => Rule { version, ..rule },
        Some((version, Err(error))) => {
            tracing::error!(version, %error, "the routing rule cannot be read; the built-in one counts");
            Rule::default()
        }
        None => Rule::default(),
    };
    let since = now - TimeDelta::hours(i64::from(rule.window_hours));
    let overrides = routing::overrides(&mut tx, now).await?;
    let outcomes = routing::outcomes(&mut tx, since).await?;
    let mut fees = BTreeMap::new();
    for account in app.pay.accounts.iter() {
        if let Some(fee) = fee(&mut tx, &account.name, now).await? {
            fees.insert(account.name.clone(), fee);
        }
    }
    Ok(Grounds { rule, overrides, outcomes, fees })
}

/// What the account's provider has really kept of late; else what is agreed; else nobody knows.
async fn fee(tx: &mut Tx, account: &str, now: DateTime<Utc>) -> Result<Option<(Fee, bool)>, StoreError> {
    let percent = |millionths: u32| Decimal::new(i64::from(millionths), 4);
    let since = (now - TimeDelta::days(LEARNT_DAYS)).date_naive().to_string();
    let (paid, fees) = statements::kept_since(tx, account, &since).await?;
    if let Some(rate) = Rate::learned(fees, paid) {
        return Ok(Some((Fee { percent: percent(rate.as_millionths()), fixed_minor: 0 }, true)));
    }
    let agreed = fees::on(tx, account, &now.date_naive().to_string()).await?;
    Ok(agreed.and_then(|row| {
        let millionths = u32::try_from(row.rate_millionths?).ok()?;
        Some((Fee { percent: percent(millionths), fixed_minor: row.fixed_minor }, false))
    }))
}
