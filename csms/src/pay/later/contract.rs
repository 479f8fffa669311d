//! Contracts: whose sessions an identifier's are, and what they are paid with. For the operator, and for a driver who
//! leaves a method when paying.

use super::{super::PayError, credit};
use crate::{
    app::App,
    pay::docket::Docket,
    store::{
        Tx,
        contracts::{self, ContractRow, DecisionRow},
        mandates::{self, MandateRow},
        pay::{
            attempts::AttemptRow,
            drivers::{self, DriverRow},
            orders::{self, OrderRow},
        },
    },
};
use payments::provider::{Attempt, Instrument};
use serde_json::json;

/// How a driver's sessions are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaysBy {
    /// After the session, by the method on file.
    Later,
    /// From the prepaid balance.
    Balance,
}

impl PaysBy {
    /// As stored.
    pub fn word(self) -> &'static str {
        match self {
            PaysBy::Later => "later",
            PaysBy::Balance => "balance",
        }
    }
}

/// A driver to be added.
#[derive(Debug, Clone)]
pub struct NewDriver<'a> {
    pub email: &'a str,
    pub phone: &'a str,
    /// `en` or `zh`.
    pub language: &'a str,
    /// The identifier as of [`crate::model::Presented::key`], and how its sessions are paid.
    pub contract: Option<(&'a str, PaysBy)>,
}

/// A method that a provider keeps.
#[derive(Debug, Clone, Copy)]
pub struct OnFile<'a> {
    /// Of the settings.
    pub account: &'a str,
    pub customer: &'a str,
    pub instrument: &'a str,
    pub brand: &'a str,
    pub last4: &'a str,
}

/// What is known of a driver.
#[derive(Debug, Clone)]
pub struct Driver {
    pub row: ContractRow,
    pub mandates: Vec<MandateRow>,
    pub decisions: Vec<DecisionRow>,
    /// The newest orders.
    pub orders: Vec<OrderRow>,
}

/// Adds a driver. Gives the id.
///
/// # Errors
/// The identifier is another driver's.
pub async fn add(app: &App, new: &NewDriver<'_>) -> Result<i64, PayError> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let row = driver(app, new.email, new.phone, new.language);
    drivers::create(&mut tx, &row).await?;
    if let Some((key, pays_by)) = new.contract {
        agree_in(&mut tx, row.id, key, pays_by, now).await?;
    }
    tx.commit().await?;
    if new.contract.is_some() {
        credit::decide(app, row.id).await?;
    }
    Ok(row.id)
}

/// The sessions of this identifier are the driver's from now on.
///
/// # Errors
/// There is no such driver, or the identifier is another one's.
pub async fn agree(app: &App, id: i64, key: &str, pays_by: PaysBy) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    if !contracts::lock(&mut tx, id).await? {
        return Err(PayError::NoDriver);
    }
    agree_in(&mut tx, id, key, pays_by, app.clock.now()).await?;
    tx.commit().await?;
    credit::decide(app, id).await
}

async fn agree_in(
    tx: &mut Tx,
    id: i64,
    key: &str,
    pays_by: PaysBy,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), PayError> {
    match contracts::agree(tx, id, key, pays_by.word(), now).await {
        Err(error) if error.is_duplicate() => Err(PayError::TakenToken),
        other => Ok(other?),
    }
}

fn driver(app: &App, email: &str, phone: &str, language: &str) -> DriverRow {
    DriverRow {
        id: app.ids.next(),
        email: email.trim().to_lowercase(),
        phone: phone.trim().to_owned(),
        language: language.to_owned(),
        token_uid: String::new(),
        standing: String::new(),
        created_at: app.clock.now(),
    }
}

/// Keeps a method that the operator knows the driver has left with a provider, in place of the one before.
///
/// # Errors
/// There is no such driver, or no such account.
pub async fn mandate(app: &App, id: i64, on_file: &OnFile<'_>, by: &str) -> Result<bool, PayError> {
    if app.pay.accounts.get(on_file.account).is_none() {
        return Err(PayError::NoAccount(on_file.account.to_owned()));
    }
    let mut tx = app.db.write().await?;
    if !contracts::lock(&mut tx, id).await? {
        return Err(PayError::NoDriver);
    }
    let new = mandates::put(&mut tx, &row(app, id, on_file, by, None)).await?;
    tx.commit().await?;
    credit::decide(app, id).await?;
    Ok(new)
}

fn row(app: &App, driver: i64, on_file: &OnFile<'_>, by: &str, order: Option<i64>) -> MandateRow {
    let cut = |text: &str, max: usize| text.chars().take(max).collect::<String>();
    MandateRow {
        id: app.ids.next(),
        driver_id: driver,
        account: on_file.account.to_owned(),
        customer: on_file.customer.to_owned(),
        instrument: on_file.instrument.to_owned(),
        brand: cut(on_file.brand, 40),
        last4: cut(on_file.last4, 4),
        state: "active".to_owned(),
        made_by: by.to_owned(),
        order_id: order,
        created_at: app.clock.now(),
        revoked_at: None,
    }
}

/// The method on file is not debited any more.
///
/// # Errors
/// There is no such driver.
pub async fn revoke(app: &App, id: i64) -> Result<bool, PayError> {
    let mut tx = app.db.write().await?;
    if !contracts::lock(&mut tx, id).await? {
        return Err(PayError::NoDriver);
    }
    let had = mandates::revoke(&mut tx, id, app.clock.now()).await?;
    tx.commit().await?;
    credit::decide(app, id).await?;
    Ok(had)
}

/// The operator's word: the driver begins no session, or may again. What is owed stays owed.
///
/// # Errors
/// There is no such driver.
pub async fn block(app: &App, id: i64, blocked: bool) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    // How the driver stands may change at this moment.
    contracts::lock(&mut tx, id).await?;
    let known = contracts::find(&mut tx, id).await?.ok_or(PayError::NoDriver)?;
    if blocked {
        contracts::set_standing(&mut tx, id, &known.standing, "blocked").await?;
    } else if known.standing == "blocked" {
        // Whoever owes is not freed by being unblocked.
        contracts::set_standing(&mut tx, id, "blocked", "owing").await?;
        contracts::clear_owing(&mut tx, id, 0).await?;
    }
    Ok(tx.commit().await?)
}

/// All drivers with a contract, in pages.
///
/// # Errors
/// The database could not be read.
pub async fn list(app: &App, after: i64, limit: i64) -> Result<Vec<ContractRow>, PayError> {
    Ok(contracts::list(&mut app.db.read().await?, after, limit).await?)
}

/// What is known of a driver.
///
/// # Errors
/// There is no such driver.
pub async fn show(app: &App, id: i64) -> Result<Driver, PayError> {
    let mut tx = app.db.read().await?;
    let row = contracts::find(&mut tx, id).await?.ok_or(PayError::NoDriver)?;
    let filter = orders::Filter { driver: Some(id), ..orders::Filter::default() };
    Ok(Driver {
        row,
        mandates: mandates::of_driver(&mut tx, id).await?,
        decisions: contracts::decisions(&mut tx, id, 20).await?,
        orders: orders::list(&mut tx, &filter, None, 20).await?,
    })
}

/// A provider tells that a method was left with it, as the driver agreed when paying: it is kept. Whoever pays without being
/// known gets a driver's row of his own; an address that somebody types is no proof of who he is.
pub(in crate::pay) async fn learn(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    attempt: &AttemptRow,
    instrument: &Instrument,
) -> Result<(), PayError> {
    let Some((customer, method)) = &instrument.on_file else { return Ok(()) };
    let agreed = serde_json::from_str::<Attempt>(&attempt.body).is_ok_and(|attempt| attempt.payer.keep);
    if !agreed || customer.is_empty() || method.is_empty() {
        return Ok(());
    }
    let app = docket.app;
    let id = match docket.order.driver_id {
        Some(id) => id,
        None => {
            let contact = docket.order.contact.clone();
            let (email, phone) = if contact.contains('@') { (&*contact, "") } else { ("", &*contact) };
            let row = driver(app, email, phone, &docket.order.language);
            drivers::create(tx, &row).await?;
            docket.order.driver_id = Some(row.id);
            docket.touched(tx).await?;
            row.id
        }
    };
    contracts::lock(tx, id).await?;
    let on_file = OnFile {
        account: &attempt.account,
        customer,
        instrument: method,
        brand: &instrument.brand,
        last4: &instrument.last4,
    };
    if mandates::put(tx, &row(app, id, &on_file, "driver", Some(docket.order.id))).await? {
        let body = json!({"driver": id.to_string(), "brand": instrument.brand, "last4": instrument.last4});
        docket.tell(tx, "mandate.kept", &attempt.account, body).await?;
    }
    Ok(())
}
