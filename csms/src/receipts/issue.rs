//! Issuing: which documents an order is due, in one transaction with their numbers.

use super::{ReceiptError, compose, current};
use crate::{
    app::App,
    messages::{self, Kind as MessageKind, Message},
    pay::{PayError, unpaid},
    store::{
        Tx, bills,
        documents::{self, DocumentRow, DueRow},
        pay::{
            attempts,
            orders::{self, OrderRow},
            refunds,
        },
        sessions,
    },
};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use payments::receipt::{Buyer, Document, Kind};
use sha2::{Digest, Sha256};

/// Orders looked at in one turn.
const AT_ONCE: i64 = 100;
/// What cannot be made is tried again so many minutes later; the last number holds on.
const AGAIN_MINUTES: [i64; 5] = [1, 5, 30, 240, 1_440];
/// Why a document is taken back.
const CHANGED: &str = "the bill has changed";

/// Issues what settled orders are due; returns how many documents were issued.
///
/// # Errors
/// The database. An order whose document cannot be made is logged and keeps no other waiting.
pub async fn due_turn(app: &App) -> Result<usize, ReceiptError> {
    let due = documents::due(&mut app.db.read().await?, app.clock.now(), AT_ONCE).await?;
    let mut issued = 0;
    for row in due {
        match issue(app, row.id).await {
            Ok(rows) => issued += rows.len(),
            Err(ReceiptError::NotYet) => {}
            Err(error) => {
                tracing::error!(order = row.id, tries = row.tries, %error, "the receipt of an order cannot be made");
                metrics::counter!("csms_documents_failed_total").increment(1);
                later(app, &row).await?;
            }
        }
    }
    Ok(issued)
}

/// Whatever is wrong with it, it stands in nobody's way, and is tried again.
async fn later(app: &App, row: &DueRow) -> Result<(), ReceiptError> {
    let tries = usize::try_from(row.tries).unwrap_or_default().min(AGAIN_MINUTES.len() - 1);
    let at = app.clock.now() + TimeDelta::minutes(AGAIN_MINUTES[tries]);
    let mut tx = app.db.write().await?;
    documents::look_later(&mut tx, row, at).await?;
    Ok(tx.commit().await?)
}

/// Issues what the order is due now: nothing, a first document, a correction and a new one, or a correction alone. Asked
/// again it issues nothing.
///
/// # Errors
/// [`ReceiptError::NotYet`] before the order is settled and something of it is paid, or where nothing was sold.
pub async fn issue(app: &App, order: i64) -> Result<Vec<DocumentRow>, ReceiptError> {
    let mut tx = app.db.write().await?;
    // Whoever else issues for the order waits here.
    let found = orders::lock(&mut tx, order).await?;
    documents::looked(&mut tx, order).await?;
    let Some(order) = found else {
        tx.commit().await?;
        return Err(ReceiptError::NotYet);
    };
    let outcome = issue_now(app, &mut tx, &order).await;
    match &outcome {
        Ok(issued) if !issued.is_empty() => {
            tx.commit().await?;
            app.live.touch(&order.station_id.as_str().into());
            for row in issued {
                metrics::counter!("csms_documents_issued_total", "kind" => row.kind.clone()).increment(1);
            }
        }
        // Looked at; the next change of the order has it looked at again.
        Ok(_) | Err(ReceiptError::NotYet) => tx.commit().await?,
        Err(_) => {}
    }
    outcome
}

async fn issue_now(app: &App, tx: &mut Tx, order: &OrderRow) -> Result<Vec<DocumentRow>, ReceiptError> {
    let now = app.clock.now();
    let Some(session) = order.session_id.filter(|_| order.settled_at.is_some()) else {
        return Err(ReceiptError::NotYet);
    };
    let rows = documents::of_order(tx, order.id).await?;
    let wish = documents::wished(tx, order.id).await?;
    let (attempts, refunds) =
        (attempts::of_order(tx, order.id).await?, refunds::of_order(tx, order.id).await?);
    let old = current(&rows);
    let kind = if wish.is_some() { "invoice" } else { "receipt" };
    let day = now.with_timezone(&app.config.receipts.time_zone).date_naive();
    let due = order.due_minor.unwrap_or(0);
    let unpaid = unpaid(app, tx, order).await.map_err(|error| match error {
        PayError::Store(error) => error.into(),
        error => ReceiptError::Unreadable(format!("of order {}: {error}", order.number)),
    })?;
    if due <= 0 || unpaid >= due {
        // What is out says what was billed before; about what is billed now nobody has paid anything.
        let wrong = |old: &&DocumentRow| due <= 0 || old.bill_revision != order.bill_revision;
        return match old {
            Some(old) if wrong(&old) => Ok(vec![take_back(app, tx, old, day, CHANGED, now).await?]),
            Some(_) => Ok(Vec::new()),
            None => Err(ReceiptError::NotYet),
        };
    }
    // What was given up is not paid, and nobody is asked for it any more.
    let open_minor = unpaid - order.written_off_minor;
    let reason = match old {
        Some(old) if old.bill_revision != order.bill_revision => CHANGED,
        Some(old) if old.kind != kind => "replaced by an invoice",
        Some(old) if old.open_minor > 0 && unpaid == 0 => "what was open has been paid",
        Some(_) => return Ok(Vec::new()),
        None => "",
    };
    let missing = || ReceiptError::Unreadable(format!("about the bill of order {}", order.number));
    let bill = bills::revisions(tx, session).await?;
    let bill = bill.into_iter().find(|row| row.revision == order.bill_revision).ok_or_else(missing)?;
    let session = sessions::find(tx, session).await?.ok_or_else(missing)?;
    let buyer = wish.map(|wish| Buyer {
        name: wish.name,
        address: wish.address.lines().map(str::to_owned).collect(),
        tax_id: wish.tax_id,
    });
    let sources = compose::Sources {
        attempts,
        refunds,
        readings: sessions::readings(tx, session.id).await?,
        place: compose::place(tx, order).await?,
        bill,
        session,
        buyer,
        open_minor,
    };
    let mut issued = Vec::new();
    if let Some(old) = old {
        issued.push(take_back(app, tx, old, day, reason, now).await?);
    }
    let document_kind = if kind == "invoice" { Kind::Invoice } else { Kind::Receipt };
    let number = number(app, tx, document_kind, day).await?;
    let document = compose::document(app, order, sources, document_kind, number, day)?;
    let row = row(app, order.id, order.session_id, &document, order.bill_revision, None, now);
    documents::create(tx, &row).await?;
    issued.push(row);
    tell(app, tx, order, &document, now).await?;
    Ok(issued)
}

async fn take_back(
    app: &App,
    tx: &mut Tx,
    old: &DocumentRow,
    day: NaiveDate,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<DocumentRow, ReceiptError> {
    let document: Document =
        serde_json::from_str(&old.body).map_err(|_| ReceiptError::Unreadable(old.number.clone()))?;
    let number = number(app, tx, Kind::Correction, day).await?;
    let note = document.correction(number, day, reason);
    let row = row(app, old.order_id, old.session_id, &note, old.bill_revision, Some(old.id), now);
    documents::create(tx, &row).await?;
    Ok(row)
}

fn row(
    app: &App,
    order_id: i64,
    session_id: Option<i64>,
    document: &Document,
    bill_revision: i64,
    corrects: Option<i64>,
    issued_at: DateTime<Utc>,
) -> DocumentRow {
    let body = serde_json::to_string(document).unwrap_or_default();
    let kind = match document.kind {
        Kind::Receipt => "receipt",
        Kind::Invoice => "invoice",
        Kind::Correction => "correction",
    };
    DocumentRow {
        id: app.ids.next(),
        number: document.number.clone(),
        kind: kind.to_owned(),
        order_id,
        session_id,
        bill_revision,
        corrects,
        hash: hex::encode(Sha256::digest(&body)),
        body,
        issued_at,
        open_minor: document.open.map_or(0, |open| open.minor),
    }
}

/// The next number of the kind; a series for each year where the format names the year.
async fn number(app: &App, tx: &mut Tx, kind: Kind, day: NaiveDate) -> Result<String, ReceiptError> {
    let settings = &app.config.receipts;
    let (series, format) = match kind {
        Kind::Receipt => ("receipt", &settings.receipt_number),
        Kind::Invoice => ("invoice", &settings.invoice_number),
        Kind::Correction => ("correction", &settings.correction_number),
    };
    let year = day.year().to_string();
    let series = if format.contains("{year}") { format!("{series}.{year}") } else { series.to_owned() };
    let n = documents::next_number(tx, &series).await?;
    Ok(format.replace("{year}", &year).replace("{n}", &format!("{n:06}")))
}

/// Tells the driver, where that was wanted.
async fn tell(
    app: &App,
    tx: &mut Tx,
    order: &OrderRow,
    document: &Document,
    now: DateTime<Utc>,
) -> Result<(), ReceiptError> {
    let base = app.config.web.public_url.trim_end_matches('/');
    let link = format!("{base}/o/{}", order.number);
    let total = format!("{} {}", document.sums.gross, document.currency);
    let energy = document.supply.energy_kwh.normalize();
    let site = &document.supply.site;
    let (subject, text) = if document.language == "zh" {
        let open = document.open.map(|open| format!("其中 {open} 尚未支付。")).unwrap_or_default();
        (
            format!("充电收据 {}：{total}", document.number),
            format!("您在 {site} 充电 {energy} kWh，共 {total}。{open}收据和明细见："),
        )
    } else {
        let open =
            document.open.map(|open| format!(" {open} of it is still to be paid.")).unwrap_or_default();
        (
            format!("Your charging receipt {}: {total}", document.number),
            format!("You charged {energy} kWh at {site} for {total}.{open} Receipt and details:"),
        )
    };
    let message = Message {
        key: &format!("document:{}", document.number),
        kind: MessageKind::Receipt,
        to: &order.contact,
        language: &document.language,
        subject: &subject,
        text: &text,
        link: &link,
        order: Some(order.id),
    };
    messages::add(app, tx, &message, now).await?;
    Ok(())
}
