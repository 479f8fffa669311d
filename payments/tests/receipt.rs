//! Documents: what stands on them, and that the PDF is one.
#![allow(missing_docs, clippy::unwrap_used)]

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use payments::Amount;
use payments::receipt::{Document, Evidence, Kind, Moved, Notary, Seller, Supply, write};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use std::sync::Arc;
use tariffs::{Bill, Energy, Language, Pricer, Reading, Tariff};

const TARIFF: &str = r#"{ "id": "t", "currency": "EUR", "elements": [ { "components": [
    { "dimension": "energy", "price": "0.49", "vat": "19" },
    { "dimension": "flat", "price": "1.00", "vat": "7" } ] } ] }"#;

fn start() -> DateTime<Utc> {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn bill() -> Bill {
    let tariff = Tariff::from_json(TARIFF).unwrap();
    let mut pricer = Pricer::new(Arc::new(tariff), chrono_tz::Europe::Berlin, start()).unwrap();
    for (minutes, kwh) in [(0, dec!(100)), (30, dec!(112.345))] {
        let at = start() + TimeDelta::minutes(minutes);
        pricer.push(Reading::at(at).register(Energy::from_kwh(kwh).unwrap())).unwrap();
    }
    pricer.bill(start() + TimeDelta::minutes(30))
}

fn document(language: Language) -> Document {
    let bill = bill();
    let (items, taxes, sums) = Document::bill_parts(&bill, language);
    let euro = bill.currency;
    let moved = |minutes, minor, with: &str| Moved {
        at: start() + TimeDelta::minutes(minutes),
        with: with.to_owned(),
        amount: Amount::new(minor, euro),
        reference: "pi_3Nabc".to_owned(),
    };
    Document {
        kind: Kind::Invoice,
        number: "2026-000042".to_owned(),
        issued_on: NaiveDate::from_ymd_opt(2026, 11, 25).unwrap(),
        language: if language == Language::Chinese { "zh" } else { "en" }.to_owned(),
        seller: Seller {
            name: "Hafenstrom GmbH 港口电力".to_owned(),
            address: vec!["Am Kai 1".to_owned(), "20457 Hamburg".to_owned()],
            tax_id: "DE123456789".to_owned(),
            register: "HRB 1234, Hamburg".to_owned(),
            contact: "help@hafenstrom.example".to_owned(),
        },
        buyer: None,
        supply: Supply {
            order: "W7K2M9".to_owned(),
            site: "Harbour".to_owned(),
            place: "Am Kai 1, Hamburg".to_owned(),
            evse: "DE*HAF*E1*2".to_owned(),
            from: bill.from,
            to: bill.to,
            zone: bill.time_zone,
            energy_kwh: bill.energy.kwh(),
        },
        items,
        taxes,
        currency: euro,
        sums,
        moved: vec![moved(-2, 6_000, "Visa ••4242"), moved(40, -5_173, "Visa ••4242")],
        open: None,
        evidence: Evidence {
            meter: "EM-77".to_owned(),
            start_kwh: "100".to_owned(),
            stop_kwh: "112.345".to_owned(),
            tariff: "b5bb9d8014a0f9b1d61e21e796d78dcc".to_owned(),
            ..Evidence::default()
        },
        corrects: None,
        notary: Some(Notary {
            leaf: 7,
            size: 8,
            root: "Xcnaeacg4oyxCTs4hdFDdAahF0yzfhHK3pe88e4J8ig=".to_owned(),
            url: "https://pay.example/o/W7K2M9/proof".to_owned(),
        }),
    }
}

#[test]
fn lines_taxes_and_sums_are_those_of_the_bill() {
    let document = document(Language::English);
    let sum = |of: fn(&payments::receipt::Item) -> Decimal| document.items.iter().map(of).sum::<Decimal>();
    assert_eq!(sum(|item| item.net), document.sums.net);
    assert_eq!(sum(|item| item.gross), document.sums.gross);
    let taxed: Decimal = document.taxes.iter().map(|row| row.tax).sum();
    assert_eq!(taxed, document.sums.tax);
    let rates: Vec<&str> = document.taxes.iter().map(|row| row.rate.as_str()).collect();
    assert_eq!(rates, ["7 %", "19 %"]);
    assert_eq!(document.sums.gross, dec!(8.27));
    assert_eq!(document.paid().minor, 827, "what was held and released is no payment");
}

#[test]
fn a_correction_takes_back_every_line() {
    let document = document(Language::English);
    let day = document.issued_on;
    let note = document.correction("2026-000043".to_owned(), day, "energy was read wrong");
    assert_eq!(note.kind, Kind::Correction);
    assert_eq!(note.sums.gross + document.sums.gross, Decimal::ZERO);
    for (item, was) in note.items.iter().zip(&document.items) {
        assert_eq!((item.net, item.tax, item.gross), (-was.net, -was.tax, -was.gross));
    }
    let corrected = note.corrects.unwrap();
    assert_eq!((&*corrected.number, &*corrected.reason), ("2026-000042", "energy was read wrong"));
}

#[test]
fn a_document_is_read_back_as_it_was() {
    let document = document(Language::Chinese);
    let text = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), document);
}

#[test]
fn the_pdf_holds_the_number_and_has_as_many_pages_as_it_needs() {
    let mut document = document(Language::English);
    let one = write(&document);
    assert!(one.starts_with(b"%PDF-") && one == write(&document), "the same bytes each time");
    assert!(one.len() < 20_000, "{} bytes", one.len());
    let item = document.items[0].clone();
    document.items = vec![item; 150];
    let pages = |pdf: &[u8]| pdf.windows(12).filter(|bytes| bytes == b"/Type /Page\n").count();
    assert_eq!(pages(&one), 1);
    assert!(pages(&write(&document)) >= 3);
}

/// For people: writes both languages where `WATTLINE_RECEIPTS` says.
#[test]
fn the_pdfs_can_be_looked_at() {
    let Ok(folder) = std::env::var("WATTLINE_RECEIPTS") else { return };
    for (language, name) in [(Language::English, "en.pdf"), (Language::Chinese, "zh.pdf")] {
        std::fs::write(std::path::Path::new(&folder).join(name), write(&document(language))).unwrap();
    }
}
