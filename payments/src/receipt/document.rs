//! What stands on a receipt, an invoice or a correction note.

use crate::Amount;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tariffs::{Bill, Currency, Language, Line};

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What was paid, for whoever has paid.
    Receipt,
    /// For bookkeeping: with the buyer, and a number without gaps.
    Invoice,
    /// Takes back an earlier invoice or receipt, line by line.
    Correction,
}

/// A document as issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub kind: Kind,
    /// Of the seller's series, e.g. `2026-000042`.
    pub number: String,
    /// In the seller's time zone.
    pub issued_on: NaiveDate,
    /// `en` or `zh`.
    pub language: String,
    pub seller: Seller,
    pub buyer: Option<Buyer>,
    pub supply: Supply,
    pub items: Vec<Item>,
    /// One row for each set of taxes.
    pub taxes: Vec<TaxRow>,
    pub currency: Currency,
    pub sums: Sums,
    /// Money that has moved, in order of time.
    pub moved: Vec<Moved>,
    /// What was still to be paid then, where that was something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Amount>,
    pub evidence: Evidence,
    pub corrects: Option<Corrected>,
    /// How anybody can prove that the books have it.
    pub notary: Option<Notary>,
}

/// Who sells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seller {
    pub name: String,
    /// Lines.
    pub address: Vec<String>,
    /// VAT identification number, 统一社会信用代码, …
    pub tax_id: String,
    /// Court and number of registration, where the law wants it.
    pub register: String,
    /// E-mail, phone or page for questions.
    pub contact: String,
}

/// Who buys, where that was told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Buyer {
    pub name: String,
    pub address: Vec<String>,
    pub tax_id: String,
}

/// What was delivered, where and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Supply {
    /// The order's number.
    pub order: String,
    pub site: String,
    pub place: String,
    /// The EVSE's id as drivers see it.
    pub evse: String,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub zone: Tz,
    /// kWh.
    #[serde(with = "rust_decimal::serde::str")]
    pub energy_kwh: Decimal,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub text: String,
    #[serde(with = "rust_decimal::serde::str")]
    pub net: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub tax: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub gross: Decimal,
}

/// What the lines with the same taxes add up to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaxRow {
    /// E.g. `19 %`, `State 6.25 % + City 2 %`; empty = no tax.
    pub rate: String,
    #[serde(with = "rust_decimal::serde::str")]
    pub net: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub tax: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub gross: Decimal,
}

/// All lines together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    #[serde(with = "rust_decimal::serde::str")]
    pub net: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub tax: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    pub gross: Decimal,
}

/// Money that has moved for this supply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    pub at: DateTime<Utc>,
    /// E.g. `Visa ••4242`, `WeChat Pay`.
    pub with: String,
    /// Paid; negative where it went back.
    pub amount: Amount,
    /// The provider's number.
    pub reference: String,
}

/// What the energy on the bill rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    pub meter: String,
    /// Register at the start and at the stop, kWh.
    pub start_kwh: String,
    pub stop_kwh: String,
    /// How many signed records of the meter are kept, and the SHA-256 of all of them.
    pub signed_records: u32,
    pub signed_digest: String,
    /// The tariff as it was for this session: its hash.
    pub tariff: String,
}

/// What a correction note corrects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    pub number: String,
    pub issued_on: NaiveDate,
    pub reason: String,
}

/// The entry in the sealed ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notary {
    /// Of the leaf in the ledger's tree.
    pub leaf: u64,
    /// Of the tree that was signed.
    pub size: u64,
    /// Base64.
    pub root: String,
    /// Where proof and checkpoint are.
    pub url: String,
}

impl Document {
    /// The lines, taxes and sums of a bill in the document's words.
    pub fn bill_parts(bill: &Bill, language: Language) -> (Vec<Item>, Vec<TaxRow>, Sums) {
        let texts = bill.explain(language);
        let item =
            |(line, text): (&Line, String)| Item { text, net: line.net, tax: line.tax, gross: line.gross };
        let items = bill.lines.iter().zip(texts).map(item).collect();
        let taxes = bill
            .vat_totals()
            .into_iter()
            .map(|total| {
                let several: Vec<String> = total
                    .taxes
                    .iter()
                    .map(|part| format!("{} {} %", part.name, part.percent.normalize()))
                    .collect();
                let rate = match total.vat {
                    _ if !several.is_empty() => several.join(" + "),
                    Some(vat) => format!("{} %", vat.normalize()),
                    None => String::new(),
                };
                TaxRow { rate, net: total.net, tax: total.tax, gross: total.gross }
            })
            .collect();
        let tax = bill.total_incl - bill.total_excl;
        (items, taxes, Sums { net: bill.total_excl, tax, gross: bill.total_incl })
    }

    /// The note that takes this document back: the same lines with the opposite sign.
    pub fn correction(&self, number: String, issued_on: NaiveDate, reason: &str) -> Document {
        let items = self.items.iter().map(|item| Item {
            text: item.text.clone(),
            net: -item.net,
            tax: -item.tax,
            gross: -item.gross,
        });
        let taxes = self.taxes.iter().map(|row| TaxRow {
            rate: row.rate.clone(),
            net: -row.net,
            tax: -row.tax,
            gross: -row.gross,
        });
        Document {
            kind: Kind::Correction,
            number,
            issued_on,
            items: items.collect(),
            taxes: taxes.collect(),
            sums: Sums { net: -self.sums.net, tax: -self.sums.tax, gross: -self.sums.gross },
            moved: Vec::new(),
            open: None,
            corrects: Some(Corrected {
                number: self.number.clone(),
                issued_on: self.issued_on,
                reason: reason.to_owned(),
            }),
            notary: None,
            ..self.clone()
        }
    }

    /// In which language.
    pub fn in_language(&self) -> Language {
        if self.language == "zh" { Language::Chinese } else { Language::English }
    }

    /// What was paid, less what went back.
    pub fn paid(&self) -> Amount {
        let minor = self.moved.iter().map(|moved| moved.amount.minor).sum();
        Amount::new(minor, self.currency)
    }
}
