//! A document from the rows that an order has left.

use super::ReceiptError;
use crate::{
    app::App,
    session::fact::Body,
    store::{
        StoreError, Tx,
        pay::{attempts::AttemptRow, orders::OrderRow, refunds::RefundRow},
        row::{BillRow, ReadingRow, SessionRow},
        sites, stations,
    },
};
use chrono::NaiveDate;
use payments::{
    Amount,
    provider::Instrument,
    receipt::{Buyer, Document, Evidence, Kind, Moved, Supply},
};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use tariffs::{Bill, Language};

/// What a document is made of.
pub(super) struct Sources {
    pub attempts: Vec<AttemptRow>,
    pub refunds: Vec<RefundRow>,
    pub readings: Vec<ReadingRow>,
    pub place: PlaceText,
    pub bill: BillRow,
    pub session: SessionRow,
    pub buyer: Option<Buyer>,
    /// What is still to be paid, smallest units.
    pub open_minor: i64,
}

/// Where it was, in words.
#[derive(Debug, Default)]
pub(super) struct PlaceText {
    site: String,
    address: String,
    meter: String,
}

pub(super) async fn place(tx: &mut Tx, order: &OrderRow) -> Result<PlaceText, StoreError> {
    let mut place = PlaceText::default();
    if let Some(site) = order.site_id
        && let Some(site) = sites::find(tx, site).await?
    {
        let parts = [site.address, site.city].into_iter().filter(|part| !part.is_empty());
        place.address = parts.collect::<Vec<_>>().join(", ");
        place.site = site.name;
    }
    if let Some(station) = stations::find(tx, &order.station_id).await? {
        place.meter = station.meter_serial;
    }
    Ok(place)
}

pub(super) fn document(
    app: &App,
    order: &OrderRow,
    sources: Sources,
    kind: Kind,
    number: String,
    day: NaiveDate,
) -> Result<Document, ReceiptError> {
    let unreadable = || ReceiptError::Unreadable(number.clone());
    let bill: Bill = serde_json::from_str(&sources.bill.body).map_err(|_| unreadable())?;
    let language = if order.language.starts_with("zh") { Language::Chinese } else { Language::English };
    let (items, taxes, sums) = Document::bill_parts(&bill, language);
    let session = &sources.session;
    Ok(Document {
        kind,
        issued_on: day,
        language: if language == Language::Chinese { "zh" } else { "en" }.to_owned(),
        seller: app.config.receipts.seller.clone(),
        buyer: sources.buyer,
        supply: Supply {
            order: order.number.clone(),
            site: sources.place.site,
            place: sources.place.address,
            evse: format!("{} / {}", order.station_id, order.evse),
            from: bill.from,
            to: bill.to,
            zone: bill.time_zone,
            energy_kwh: bill.energy.kwh(),
        },
        items,
        taxes,
        currency: bill.currency,
        sums,
        moved: moved(&sources.attempts, &sources.refunds),
        open: (sources.open_minor > 0).then(|| Amount::new(sources.open_minor, bill.currency)),
        evidence: Evidence {
            meter: sources.place.meter,
            start_kwh: kwh(session.start_mwh),
            stop_kwh: kwh(session.stop_mwh.or(session.last_mwh)),
            tariff: session.tariff_hash.clone().unwrap_or_default(),
            ..signed(&sources.readings)
        },
        corrects: None,
        notary: None,
        number,
    })
}

/// Milliwatt-hours as kWh.
fn kwh(mwh: Option<i64>) -> String {
    mwh.map(|mwh| Decimal::new(mwh, 6).normalize().to_string()).unwrap_or_default()
}

/// What was taken and what went back, in order of time. Money of a second payment by mistake is in neither.
fn moved(attempts: &[AttemptRow], refunds: &[RefundRow]) -> Vec<Moved> {
    let mut moved = Vec::new();
    for attempt in attempts.iter().filter(|attempt| attempt.taken_minor > 0 && !attempt.extra) {
        let Ok(currency) = attempt.currency.parse() else { continue };
        moved.push(Moved {
            at: attempt.changed_at,
            with: with(attempt),
            amount: Amount::new(attempt.taken_minor, currency),
            reference: attempt.number.clone(),
        });
        let back = refunds.iter().filter(|refund| refund.attempt_id == attempt.id && refund.state == "done");
        moved.extend(back.map(|refund| Moved {
            at: refund.done_at.unwrap_or(refund.changed_at),
            with: with(attempt),
            amount: Amount::new(-refund.amount_minor, currency),
            reference: refund.number.clone(),
        }));
    }
    moved.sort_by_key(|moved| moved.at);
    moved
}

/// E.g. `visa ••4242`.
fn with(attempt: &AttemptRow) -> String {
    let instrument: Instrument = serde_json::from_str(&attempt.instrument).unwrap_or_default();
    let brand = name(if instrument.brand.is_empty() { &attempt.wallet } else { &instrument.brand });
    if instrument.last4.is_empty() { brand } else { format!("{brand} ••{}", instrument.last4) }
}

/// A brand as it writes itself.
fn name(brand: &str) -> String {
    match brand {
        "wechat" => "WeChat Pay".to_owned(),
        "alipay" => "Alipay".to_owned(),
        "jcb" => "JCB".to_owned(),
        "amex" => "American Express".to_owned(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// The meter's signed records among the readings, and a digest over all of them in their order.
fn signed(readings: &[ReadingRow]) -> Evidence {
    let mut hash = Sha256::new();
    let mut count = 0;
    for reading in readings {
        let Ok(body) = serde_json::from_str::<Body>(&reading.body) else { continue };
        for sample in body.readings.iter().flat_map(|reading| &reading.samples) {
            if let Some(raw) = &sample.raw {
                hash.update(raw.to_string());
                count += 1;
            }
        }
    }
    let signed_digest = if count == 0 { String::new() } else { hex::encode(hash.finalize()) };
    Evidence { signed_records: count, signed_digest, ..Evidence::default() }
}
