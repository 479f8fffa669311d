//! Whose VAT number is it? A station asks while its driver waits at the terminal (OCPP 2.1, C18): the number's form is
//! looked at first, then what was found not long ago, then a register is asked, for no longer than a station waits.

mod number;
mod vies;

pub use number::Number;
pub use vies::Vies;

use crate::{
    app::App,
    config,
    store::{
        StoreError,
        vat::{self, VatRow},
    },
};
use chrono::TimeDelta;
use futures::future::BoxFuture;
use std::{fmt, time::Duration};

/// A number that is in no register may be in it soon: that is believed for so long.
const INVALID_FOR: TimeDelta = TimeDelta::hours(1);

/// To whom a number belongs, as far as the register says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Company {
    pub name: String,
    pub address1: String,
    /// Empty = none.
    pub address2: String,
    pub city: String,
    /// Empty = not told.
    pub postal_code: String,
    /// Two letters (ISO 3166-1).
    pub country: String,
}

/// What a register says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is in use; not every register tells by whom.
    Valid(Option<Company>),
    Invalid,
}

/// A register of VAT numbers.
pub trait Register: Send + Sync + fmt::Debug {
    /// The word in events.
    fn word(&self) -> &'static str;

    /// Is the number in use?
    ///
    /// # Errors
    /// In words, why the register does not say.
    fn look_up<'a>(&'a self, number: &'a Number) -> BoxFuture<'a, Result<Found, String>>;
}

/// The register of the settings, if one is asked.
#[derive(Debug, Default)]
pub struct Registers(Option<Box<dyn Register>>);

impl Registers {
    /// As set.
    ///
    /// # Errors
    /// There can be no client for the register.
    pub fn build(settings: &config::Vat) -> Result<Registers, reqwest::Error> {
        Ok(match settings.register {
            config::VatRegister::Off => Registers(None),
            config::VatRegister::Vies => Registers(Some(Box::new(Vies::new(settings)?))),
        })
    }

    /// One that is built already.
    pub fn of(register: Box<dyn Register>) -> Registers {
        Registers(Some(register))
    }
}

/// What a station is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub accepted: bool,
    pub company: Option<Company>,
    /// `valid`, `invalid`, `malformed`, `unreachable`, `off`.
    pub why: &'static str,
}

impl Answer {
    /// Nobody was asked.
    pub(crate) fn off() -> Answer {
        Answer { accepted: false, company: None, why: "off" }
    }

    fn of(found: Found) -> Answer {
        match found {
            Found::Valid(company) => Answer { accepted: true, company, why: "valid" },
            Found::Invalid => Answer { accepted: false, company: None, why: "invalid" },
        }
    }
}

/// Is this number, as it was typed, somebody's? Takes no longer than `vat.timeout_ms` and a moment.
pub(crate) async fn check(app: &App, typed: &str) -> Answer {
    let no = |why| Answer { accepted: false, company: None, why };
    let (answer, source) = match (&app.vat.0, Number::read(typed)) {
        (None, _) => (no("off"), "off"),
        (Some(_), None) => (no("malformed"), "form"),
        (Some(register), Some(number)) => look(app, &**register, &number).await,
    };
    metrics::counter!("csms_vat_checks_total", "outcome" => answer.why, "source" => source).increment(1);
    answer
}

async fn look(app: &App, register: &dyn Register, number: &Number) -> (Answer, &'static str) {
    match known(app, number).await {
        Ok(Some(found)) => return (Answer::of(found), "kept"),
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(%error, "what is kept of VAT numbers cannot be read; the register is asked")
        }
    }
    let limit = Duration::from_millis(app.config.vat.timeout_ms.max(1));
    let found = match tokio::time::timeout(limit, register.look_up(number)).await {
        Ok(found) => found,
        Err(_) => Err(format!("no answer within {} ms", limit.as_millis())),
    };
    match found {
        Ok(found) => {
            if let Err(error) = keep(app, number, &found).await {
                tracing::warn!(%error, "what the register of VAT numbers says could not be kept");
            }
            (Answer::of(found), register.word())
        }
        Err(why) => {
            tracing::warn!(
                register = register.word(), why, decision = ?app.config.vat.unreachable,
                "a register of VAT numbers does not answer; vat.unreachable decides"
            );
            let accepted = app.config.vat.unreachable == config::Unreachable::Accept;
            (Answer { accepted, company: None, why: "unreachable" }, register.word())
        }
    }
}

async fn known(app: &App, number: &Number) -> Result<Option<Found>, StoreError> {
    let now = app.clock.now();
    let row = vat::find(&mut app.db.read().await?, number.text(), now).await?;
    Ok(row.map(|row| {
        if !row.valid {
            return Found::Invalid;
        }
        let company = Company {
            name: row.name,
            address1: row.address1,
            address2: row.address2,
            city: row.city,
            postal_code: row.postal_code,
            country: row.country,
        };
        Found::Valid(Some(company).filter(|company| !company.name.is_empty()))
    }))
}

async fn keep(app: &App, number: &Number, found: &Found) -> Result<(), StoreError> {
    let now = app.clock.now();
    let (valid, company) = match found {
        Found::Valid(company) => (true, company.clone().unwrap_or_default()),
        Found::Invalid => (false, Company::default()),
    };
    let long = TimeDelta::hours(i64::from(app.config.vat.valid_hours));
    let row = VatRow {
        number: number.text().to_owned(),
        valid,
        name: company.name,
        address1: company.address1,
        address2: company.address2,
        city: company.city,
        postal_code: company.postal_code,
        country: company.country,
        checked_at: now,
        good_until: now + if valid { long } else { long.min(INVALID_FOR) },
    };
    let mut tx = app.db.write().await?;
    vat::keep(&mut tx, &row).await?;
    tx.commit().await
}
