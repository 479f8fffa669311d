//! The bill: its sums, its row, the session's cost, and the bill made anew.

use super::{Differs, Found, Kind};
use crate::store::row::{BillRow, SessionRow};
use rust_decimal::Decimal;
use tariffs::{Bill, Charge, Line};

/// The stored bill.
pub(super) fn read(row: &BillRow) -> Result<Bill, Differs> {
    serde_json::from_str(&row.body).map_err(|error| Differs {
        field: "bill.body".to_owned(),
        is: format!("not a bill: {error}"),
        should: "a bill".to_owned(),
    })
}

/// The session costs what its bill says, in the same currency and under the same tariff.
pub(super) fn cost(session: &SessionRow, row: &BillRow) -> Found {
    let mut found = Found::new(Kind::Cost);
    let amount = |text: &str| text.parse::<Decimal>().ok();
    if amount(&session.cost).is_none() || amount(&session.cost) != amount(&row.total_incl) {
        found.note("session.cost", format!("{:?}", session.cost), &row.total_incl);
    }
    found.same("session.currency", &session.currency, &row.currency);
    let hash = |hash: &Option<String>| hash.clone().unwrap_or_default();
    found.same("bill.tariff_hash", hash(&row.tariff_hash), hash(&session.tariff_hash));
    found
}

/// Lines add up to totals, and in each line net and tax are the gross.
pub(super) fn sums(bill: &Bill) -> Found {
    let mut found = Found::new(Kind::Sums);
    for (index, line) in bill.lines.iter().enumerate() {
        found.same(format!("bill.lines[{index}].gross"), line.gross, line.net + line.tax);
        if !line.taxes.is_empty() {
            let vat_too = line.vat.is_some();
            let named: Decimal = line.taxes.iter().map(|part| part.amount).sum();
            if !vat_too {
                found.same(format!("bill.lines[{index}].tax"), line.tax, named);
            }
        }
    }
    let sum = |side: fn(&Line) -> Decimal| bill.lines.iter().map(side).sum::<Decimal>();
    found.same("bill.total_excl", bill.total_excl, sum(|line| line.net));
    found.same("bill.total_incl", bill.total_incl, sum(|line| line.gross));
    for charge in Charge::ALL {
        let of = || bill.lines.iter().filter(|line| line.dimension == Some(charge));
        let told = || bill.totals.iter().filter(|total| total.dimension == charge);
        let name = serde_json::to_value(charge).ok().and_then(|name| name.as_str().map(str::to_owned));
        let name = format!("bill.totals.{}", name.unwrap_or_default());
        let (net, gross) = (told().map(|total| total.net).sum(), told().map(|total| total.gross).sum());
        found.same(format!("{name}.net"), net, of().map(|line| line.net).sum::<Decimal>());
        found.same(format!("{name}.gross"), gross, of().map(|line| line.gross).sum::<Decimal>());
    }
    found
}

/// The columns of the bill's row, for lists and exports, are those of the bill.
fn columns(found: &mut Found, row: &BillRow, bill: &Bill) {
    let amount = |text: &str| text.parse::<Decimal>().ok();
    for (field, text, should) in [
        ("bill.row.total_excl", &row.total_excl, bill.total_excl),
        ("bill.row.total_incl", &row.total_incl, bill.total_incl),
    ] {
        if amount(text) != Some(should) {
            found.note(field, format!("{text:?}"), should);
        }
    }
    found.same("bill.row.currency", row.currency.as_str(), bill.currency.code());
}

/// The stored bill is the one that readings and tariff make.
pub(super) fn anew(row: &BillRow, stored: &Bill, made: &Bill) -> Found {
    let mut found = Found::new(Kind::Bill);
    columns(&mut found, row, stored);
    if stored == made {
        return found;
    }
    found.same("bill.currency", stored.currency, made.currency);
    found.same("bill.time_zone", stored.time_zone.name(), made.time_zone.name());
    found.same("bill.from", stored.from, made.from);
    found.same("bill.to", stored.to, made.to);
    found.same("bill.energy", stored.energy, made.energy);
    found.same("bill.total_excl", stored.total_excl, made.total_excl);
    found.same("bill.total_incl", stored.total_incl, made.total_incl);
    found.same("bill.lines", stored.lines.len(), made.lines.len());
    if stored.tax_included != made.tax_included {
        found.note("bill.tax_included", json(&stored.tax_included), json(&made.tax_included));
    }
    for (index, (is, should)) in stored.lines.iter().zip(&made.lines).enumerate() {
        if is != should {
            found.note(format!("bill.lines[{index}]"), json(is), json(should));
        }
    }
    if stored.totals != made.totals {
        found.note("bill.totals", json(&stored.totals), json(&made.totals));
    }
    if stored.anomalies != made.anomalies {
        found.note("bill.anomalies", json(&stored.anomalies), json(&made.anomalies));
    }
    found
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
