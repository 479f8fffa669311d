//! A driver who has typed a VAT number at the terminal wants an invoice: it is made with the receipt.

use crate::{
    model::Settlement,
    store::{
        StoreError, Tx,
        documents::{self, WishRow},
        pay::orders::OrderRow,
        vat,
    },
    vat::{Company, Number},
};
use chrono::{DateTime, Utc};

/// Characters of a line.
const LINE_MAX: usize = 120;

/// Notes the wish, if there is one.
pub(super) async fn wish(
    tx: &mut Tx,
    order: &OrderRow,
    settlement: &Settlement,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let told = settlement.company.clone().filter(|company| !company.name.trim().is_empty());
    if settlement.vat_number.is_empty() && told.is_none() {
        return Ok(());
    }
    let company = match told {
        Some(company) => company,
        None => known(tx, &settlement.vat_number, now).await?,
    };
    let line = |text: &str| text.trim().chars().take(LINE_MAX).collect::<String>();
    let place = format!("{} {}", company.postal_code, company.city);
    let lines = [&company.address1, &company.address2, &place, &company.country];
    let lines: Vec<String> =
        lines.into_iter().map(|text| line(text)).filter(|text| !text.is_empty()).collect();
    let row = WishRow {
        order_id: order.id,
        name: line(&company.name),
        address: lines.join("\n"),
        tax_id: line(&settlement.vat_number),
        created_at: now,
    };
    documents::wish(tx, &row).await
}

/// As the register said when the station asked; else nothing but the number is known.
async fn known(tx: &mut Tx, number: &str, now: DateTime<Utc>) -> Result<Company, StoreError> {
    let kept = match Number::read(number) {
        Some(number) => vat::find(tx, number.text(), now).await?,
        None => None,
    };
    let kept = kept.filter(|row| row.valid && !row.name.is_empty());
    Ok(kept.map_or_else(
        || Company { name: number.to_owned(), ..Company::default() },
        |row| Company {
            name: row.name,
            address1: row.address1,
            address2: row.address2,
            city: row.city,
            postal_code: row.postal_code,
            country: row.country,
        },
    ))
}
