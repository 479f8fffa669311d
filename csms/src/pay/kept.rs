//! Methods that a driver has left with a provider, used again by the driver's own hand; and whose a payment is. That is known
//! by the contact that the driver has shown to be (a link was sent there and opened), by a method that was left, and by the
//! payer's own account at a wallet; an address that somebody types is none.

use super::{Accounts, PayError, click::Click, docket::Docket, later};
use crate::{
    app::App,
    store::{
        Tx,
        mandates::MandateRow,
        pay::{
            drivers::{self, DriverRow},
            kept, orders,
        },
    },
};
use payments::provider::{Instrument, Method};
use tariffs::Currency;

/// The method that debits what this mandate names.
pub fn method(mandate: &MandateRow) -> Method {
    Method::OnFile { customer: mandate.customer.clone(), instrument: mandate.instrument.clone() }
}

/// Can a method be left with an account of this wallet?
pub fn keeps(accounts: &Accounts, wallet: &str) -> bool {
    accounts.iter().any(|account| account.wallet == wallet && account.keeps())
}

/// What a driver of this contact has left and can pay in this currency with; `None`: in any.
///
/// # Errors
/// The database.
pub async fn of_contact(
    app: &App,
    contact: &str,
    currency: Option<Currency>,
) -> Result<Vec<MandateRow>, PayError> {
    let mut found = kept::of_contact(&mut app.db.read().await?, contact).await?;
    if let Some(currency) = currency {
        found.retain(|row| {
            let account = app.pay.accounts.get(&row.account);
            account.is_some_and(|account| account.takes(&method(row), currency))
        });
    }
    Ok(found)
}

/// It is not debited any more. False: this contact has left no such method.
///
/// # Errors
/// The database.
pub async fn remove(app: &App, contact: &str, mandate: i64) -> Result<bool, PayError> {
    let found = of_contact(app, contact, None).await?;
    match found.iter().find(|row| row.id == mandate) {
        Some(row) => later::revoke(app, row.driver_id).await,
        None => Ok(false),
    }
}

/// Whose order it is, as far as this click shows that: by the method that was left, by the contact, or by the payer's own
/// account at the wallet of this merchant account. Who is shown to be and was not known gets a driver's row.
pub(super) async fn belong(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    click: &Click,
    account: &str,
    payer: &str,
) -> Result<(), PayError> {
    if docket.order.driver_id.is_some() {
        return Ok(());
    }
    let left = mandate(tx, &click.method, account).await?.map(|mandate| mandate.driver_id);
    let known = match left {
        Some(driver) => Some(driver),
        None if !click.contact.is_empty() => kept::driver(tx, &click.contact).await?.map(|row| row.id),
        None if !payer.is_empty() => kept::of_payer(tx, account, payer).await?,
        None => return Ok(()),
    };
    let id = match known {
        Some(id) => id,
        None => create(docket, tx, &click.contact).await?,
    };
    docket.order.driver_id = Some(id);
    // It is so whatever becomes of the click; the page needs no new look for that.
    Ok(orders::update(tx, &docket.order).await?)
}

async fn create(docket: &Docket<'_>, tx: &mut Tx, contact: &str) -> Result<i64, PayError> {
    let (email, phone) = if contact.contains('@') { (contact, "") } else { ("", contact) };
    let row = DriverRow {
        id: docket.app.ids.next(),
        email: email.to_owned(),
        phone: phone.to_owned(),
        language: docket.order.language.clone(),
        token_uid: String::new(),
        standing: String::new(),
        created_at: docket.now,
    };
    drivers::create(tx, &row).await?;
    Ok(row.id)
}

/// The mandate behind a method that was left with an account.
async fn mandate(tx: &mut Tx, method: &Method, account: &str) -> Result<Option<MandateRow>, PayError> {
    match method {
        Method::OnFile { customer, instrument } => {
            Ok(kept::by_method(tx, account, customer, instrument).await?)
        }
        _ => Ok(None),
    }
}

/// The provider's fingerprint of the card that was left, if the provider has told it; else empty.
pub(super) async fn fingerprint(tx: &mut Tx, method: &Method, account: &str) -> Result<String, PayError> {
    let Some(mandate) = mandate(tx, method, account).await? else { return Ok(String::new()) };
    let told = kept::instruments(tx, &mandate).await?;
    let cards = told.iter().filter_map(|text| serde_json::from_str::<Instrument>(text).ok());
    let mut prints = cards.map(|card| card.fingerprint);
    Ok(prints.find(|print| !print.is_empty()).unwrap_or_default())
}
