//! Money for a balance that the operator has taken without us: at a counter, by a bank transfer. It stands at an account of the
//! settings whose provider is not reached from here (`station_terminal`), like what stations' own terminals have settled.

use super::{
    PayError,
    docket::Docket,
    number,
    wallet::{self, order},
};
use crate::{
    app::App,
    store::{
        Tx, contracts,
        pay::{
            attempts::{self, AttemptRow},
            orders::{self, OrderRow},
        },
    },
};
use payments::{
    Amount,
    order::{Event, Mode},
    provider::{Attempt, Capture, Method, Payer, Setup},
};
use serde_json::json;

/// Characters of the operator's own name for it.
pub const REFERENCE_MAX: usize = 100;

/// What was taken, and where.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    pub amount: Amount,
    /// Of the settings.
    pub account: &'a str,
    /// The operator's own name for it, e.g. of the paper receipt: the same is kept once.
    pub reference: &'a str,
    /// Who says so.
    pub by: &'a str,
}

/// Puts it on a driver's balance. Gives the order, which is paid; told again it is the same one.
///
/// # Errors
/// There is no such driver or account, the provider of the account would have to be asked, or the reference was used for
/// something else.
pub async fn paid_in(app: &App, driver: i64, taken: &Taken<'_>) -> Result<OrderRow, PayError> {
    let Taken { amount, account, reference, by } = *taken;
    if !amount.is_positive() {
        return Err(PayError::Amount("more than nothing is paid in".to_owned()));
    }
    if reference.is_empty() || reference.chars().count() > REFERENCE_MAX {
        return Err(PayError::Amount(format!("its reference has 1 to {REFERENCE_MAX} characters")));
    }
    let settings = app.config.pay.accounts.iter().find(|settings| settings.name == account);
    match settings.map(|settings| &settings.setup) {
        None => return Err(PayError::NoAccount(account.to_owned())),
        Some(Setup::Terminal(_)) => {}
        Some(other) => {
            let why = format!("what {account} takes, {} tells by itself", other.word());
            return Err(PayError::Amount(why));
        }
    }
    let now = app.clock.now();
    let page_key = format!("counter:{account}:{reference}");
    let mut tx = app.db.write().await?;
    let driver = contracts::find(&mut tx, driver).await?.ok_or(PayError::NoDriver)?;
    let new = order(app, &driver, "top_up", Mode::Prepay, amount)?;
    let new = OrderRow { page_key, due_minor: Some(amount.minor), ..new };
    if !orders::create(&mut tx, &new).await? {
        let known = orders::by_page(&mut tx, &new.page_key).await?.ok_or(PayError::Changed)?;
        return same(known, driver.id, amount);
    }
    let method = Method::Terminal { reader: account.to_owned() };
    let number = number::merchant(now)?;
    // A refund is asked for in these words, and refused by the provider in its own.
    let body = Attempt {
        number: number.clone(),
        amount,
        capture: Capture::Now,
        method: method.clone(),
        description: "Balance for charging".to_owned(),
        payer: Payer::default(),
        created_at: now,
        expires_at: now,
        notify_url: String::new(),
        return_url: String::new(),
        reference: Some(reference.to_owned()),
        charge: None,
    };
    let attempt = AttemptRow {
        state: "open".to_owned(),
        body: serde_json::to_string(&body).unwrap_or_default(),
        reference: reference.to_owned(),
        ..AttemptRow::new(
            app.ids.next(),
            new.id,
            number,
            [account, wallet_of(app, account), method.word()],
            amount,
            now,
        )
    };
    attempts::create(&mut tx, &attempt).await?;
    settle(app, &mut tx, &new, &attempt, by).await?;
    tx.commit().await?;
    metrics::counter!("csms_pay_orders_total", "state" => "created").increment(1);
    let order = orders::find(&mut app.db.read().await?, new.id).await?;
    order.ok_or(PayError::NoOrder)
}

async fn settle(
    app: &App,
    tx: &mut Tx,
    order: &OrderRow,
    attempt: &AttemptRow,
    by: &str,
) -> Result<(), PayError> {
    let mut docket = Docket::open(app, tx, order.id).await?.ok_or(PayError::NoOrder)?;
    let amount = Amount::new(attempt.amount_minor, docket.currency);
    let driver = order.driver_id.unwrap_or_default().to_string();
    let body = json!({"driver": driver, "amount": amount.to_string(), "account": attempt.account,
        "reference": attempt.reference});
    docket.tell(tx, "order.created", by, body).await?;
    docket.take(tx, &Event::Taken { attempt: attempt.id, amount, free: true }, by).await?;
    Ok(())
}

/// Of an account of the settings: what a driver pays with there.
fn wallet_of<'a>(app: &'a App, account: &str) -> &'a str {
    app.pay.accounts.get(account).map(|account| account.wallet.as_str()).unwrap_or(wallet::ACCOUNT)
}

fn same(known: OrderRow, driver: i64, amount: Amount) -> Result<OrderRow, PayError> {
    let is_same = known.driver_id == Some(driver)
        && known.amount_minor == amount.minor
        && known.currency == amount.currency.code();
    match is_same {
        true => Ok(known),
        false => Err(PayError::Amount("its reference belongs to something else that was paid in".to_owned())),
    }
}
