//! What comes after the money: documents with numbers without gaps, messages to drivers, card terminals' settlements.

use super::{
    house::{House, STATION, houses, houses_with},
    provider::MERCHANT,
};
use hook::Hook;

use csms::{
    config::PayAccount,
    ledger::Account,
    messages,
    model::{AuthStatus, Inbound, Phase, Presented, Reply, Report, Settlement, Stamp},
    pay::State,
    receipts::{self, ReceiptError},
    store::documents::{self, DocumentRow},
};
use ocpp::Version;
use payments::{
    provider::{Method, Setup, terminal},
    receipt::{Buyer, Document},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// 5 kWh at 0.40 are 2.00.
async fn charged(house: &mut House, page: &str) -> i64 {
    let order = house.order(page).await;
    house.click(&order, Method::Hosted).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 1_000).await;
    house.work().await;
    house.advance(1_800);
    house.session(Phase::End, None, 6_000).await;
    house.work().await;
    house.deliver("cards").await;
    house.work().await;
    order.id
}

async fn documents(house: &House, order: i64) -> Vec<DocumentRow> {
    documents::of_order(&mut house.app.db.read().await.unwrap(), order).await.unwrap()
}

fn read(row: &DocumentRow) -> Document {
    serde_json::from_str(&row.body).unwrap()
}

#[tokio::test]
async fn a_paid_order_gets_one_receipt_that_says_what_the_bill_says() {
    for mut house in houses().await {
        let order = charged(&mut house, "a").await;
        assert_eq!(receipts::due_turn(&house.app).await.unwrap(), 1);
        assert_eq!(receipts::due_turn(&house.app).await.unwrap(), 0, "asked again, nothing is due");
        let rows = documents(&house, order).await;
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((&*row.number, &*row.kind), ("R2026-000001", "receipt"));
        let document = read(row);
        assert_eq!((document.sums.gross, document.paid().minor), (Decimal::new(200, 2), 200));
        assert_eq!(document.supply.energy_kwh, Decimal::from(5));
        assert_eq!((&*document.evidence.start_kwh, &*document.evidence.stop_kwh), ("1", "6"));
        let pdf = receipts::pdf(row, None).unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
    }
}

#[tokio::test]
async fn an_invoice_takes_the_place_of_the_receipt_and_numbers_have_no_gaps() {
    for mut house in houses().await {
        let order = charged(&mut house, "a").await;
        receipts::due_turn(&house.app).await.unwrap();
        let buyer = Buyer {
            name: "Ada Lovelace Ltd".to_owned(),
            address: vec!["1 St James".to_owned(), "London".to_owned()],
            tax_id: "GB1".to_owned(),
        };
        let row = house.row(order).await;
        let now = house.clock.now();
        receipts::want_invoice(&house.app, &row, &buyer, now).await.unwrap();
        let rows = documents(&house, order).await;
        let numbers: Vec<&str> = rows.iter().map(|row| row.number.as_str()).collect();
        assert_eq!(numbers, ["R2026-000001", "C2026-000001", "I2026-000001"]);
        assert_eq!(rows[1].corrects, Some(rows[0].id));
        assert_eq!(read(&rows[1]).sums.gross, Decimal::new(-200, 2));
        assert_eq!(receipts::current(&rows).unwrap().number, "I2026-000001");
        assert_eq!(read(&rows[2]).buyer, Some(buyer.clone()));
        let again = receipts::want_invoice(&house.app, &row, &buyer, now).await;
        assert!(matches!(again, Err(ReceiptError::Issued)), "{again:?}");
        let nobody = Buyer::default();
        assert!(matches!(
            receipts::want_invoice(&house.app, &row, &nobody, now).await,
            Err(ReceiptError::Issued | ReceiptError::Buyer(..))
        ));
        let other = charged_again(&mut house).await;
        receipts::due_turn(&house.app).await.unwrap();
        assert_eq!(documents(&house, other).await[0].number, "R2026-000002");
    }
}

/// Another session at the same station: its transaction has another id there, so the first one's is given up.
async fn charged_again(house: &mut House) -> i64 {
    house.advance(3_600);
    charged(house, "b").await
}

#[tokio::test]
async fn a_driver_is_sent_the_receipt_signed_and_again_until_it_is_taken() {
    let hook = Hook::start().await;
    let url = hook.url.clone();
    for mut house in houses_with(move |config| {
        config.messages.hook_url = url.clone();
        config.messages.hook_secret = "s3cret".to_owned();
    })
    .await
    {
        house.connect();
        let mut wish = house.wish("m");
        wish.contact = "ada@example.com".to_owned();
        let order = csms::pay::open(&house.app, &wish).await.unwrap();
        house.disconnect();
        house.click(&order, Method::Hosted).await.unwrap();
        house.pay(&order).await;
        let token = house.row(order.id).await.token_uid;
        house.session(Phase::Start, Some(&token), 0).await;
        house.work().await;
        house.advance(1_800);
        house.session(Phase::End, None, 5_000).await;
        house.work().await;
        house.deliver("cards").await;
        receipts::due_turn(&house.app).await.unwrap();

        hook.answers(503);
        assert_eq!(messages::turn(&house.app).await.unwrap(), 0);
        house.advance(61);
        hook.answers(200);
        assert_eq!(messages::turn(&house.app).await.unwrap(), 1);
        house.advance(3_600);
        assert_eq!(messages::turn(&house.app).await.unwrap(), 0, "taken once");
        let (signature, body) = hook.last();
        assert!(signature.starts_with("t=") && signature.contains(",v1="), "{signature}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&body["kind"], &body["to"]), (&json!("receipt"), &json!("ada@example.com")));
        assert!(body["link"].as_str().unwrap().ends_with(&order.number));
    }
}

async fn tell(house: &House, report: Report) -> Reply {
    let at = house.clock.now();
    let digest = at.timestamp_micros();
    let inbound = Inbound { received_at: at, digest, protocol: Version::V21, action: "", asked: false };
    house.app.desk(&STATION.into()).handle(report, inbound).await.unwrap()
}

fn settlement(reference: &str, status: &str, cents: i64) -> Report {
    Report::Settlement(Settlement {
        reference: reference.to_owned(),
        status: status.to_owned(),
        transaction: Some("T1".to_owned()),
        amount: Decimal::new(cents, 2),
        at: None,
        info: String::new(),
        receipt_url: String::new(),
        vat_number: String::new(),
        company: None,
        body: json!({"pspRef": reference}),
    })
}

#[tokio::test]
async fn what_a_stations_card_terminal_took_is_in_the_books_once_with_a_receipt() {
    let terminals = |config: &mut csms::config::Config| {
        config.pay.terminal_account = "terminals".to_owned();
        let setup = Setup::Terminal(terminal::Settings::default());
        let account = PayAccount { name: "terminals".to_owned(), least: None, most: None, setup };
        config.pay.accounts.push(account);
    };
    for mut house in houses_with(terminals).await {
        let card = Presented { uid: "psp-77".to_owned(), kind: "DirectPayment".to_owned() };
        let Reply::Authorize(verdict) = tell(&house, Report::Authorize(card)).await else { panic!() };
        assert_eq!(verdict.status, AuthStatus::Accepted, "the terminal has had it pre-authorised");
        house.session(Phase::Start, Some("psp-77"), 0).await;
        house.advance(1_800);
        house.session(Phase::End, None, 5_000).await;
        house.advance(1);
        let Reply::Settled { receipt_url, receipt_id } =
            tell(&house, settlement("psp-77", "Settled", 200)).await
        else {
            panic!("a settlement of a known session has a receipt")
        };
        assert!(receipt_url.ends_with(&format!("/o/{receipt_id}")));
        house.advance(1);
        let again = tell(&house, settlement("psp-77", "Settled", 200)).await;
        assert_eq!(
            again,
            Reply::Settled { receipt_url, receipt_id: receipt_id.clone() },
            "told twice, kept once"
        );
        house.work().await;
        let mut tx = house.app.db.read().await.unwrap();
        let order = csms::store::pay::orders::by_number(&mut tx, &receipt_id).await.unwrap().unwrap();
        drop(tx);
        assert_eq!(State::of_word(&order.state), Some(State::Captured));
        assert_eq!(house.balance(Account::Provider("terminals".into())).await, (200, 0));
        assert_eq!((house.balance(Account::Deposits).await, house.earned().await), ((0, 0), 200));
        receipts::due_turn(&house.app).await.unwrap();
        assert_eq!(documents(&house, order.id).await.len(), 1);
        house.advance(1);
        assert_eq!(tell(&house, settlement("psp-78", "Canceled", 0)).await, Reply::Noted);
        assert_ne!(MERCHANT, "terminals");
    }
}

#[tokio::test]
async fn without_an_account_for_terminals_their_cards_begin_nothing() {
    for house in houses().await {
        let card = Presented { uid: "psp-1".to_owned(), kind: "DirectPayment".to_owned() };
        let Reply::Authorize(verdict) = tell(&house, Report::Authorize(card)).await else { panic!() };
        assert_eq!(verdict.status, AuthStatus::Unknown);
        house.advance(1);
        let stamp = Stamp { at: house.clock.now() };
        let Report::Settlement(told) = settlement("psp-1", "Settled", 100) else { unreachable!() };
        let told = Report::Settlement(Settlement { at: Some(stamp), ..told });
        assert_eq!(tell(&house, told).await, Reply::Noted);
    }
}

/// A hook that keeps what it is sent.
mod hook {
    use std::sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    pub struct Hook {
        pub url: String,
        status: Arc<AtomicU16>,
        last: Arc<Mutex<(String, String)>>,
    }

    impl Hook {
        pub async fn start() -> Hook {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/hook", listener.local_addr().unwrap());
            let status = Arc::new(AtomicU16::new(200));
            let last = Arc::new(Mutex::new((String::new(), String::new())));
            let (kept, answer) = (last.clone(), status.clone());
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let _ = serve(stream, answer.load(Ordering::SeqCst), &kept).await;
                }
            });
            Hook { url, status, last }
        }

        pub fn answers(&self, status: u16) {
            self.status.store(status, Ordering::SeqCst);
        }

        pub fn last(&self) -> (String, String) {
            self.last.lock().unwrap().clone()
        }
    }

    async fn serve(
        mut stream: TcpStream,
        status: u16,
        kept: &Mutex<(String, String)>,
    ) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        let (head, length) = loop {
            let mut part = [0; 4096];
            let n = stream.read(&mut part).await?;
            bytes.extend_from_slice(&part[..n]);
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
                let value = |name: &str| {
                    head.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
                };
                let length: usize = value("content-length:").and_then(|text| text.parse().ok()).unwrap_or(0);
                break (value("wattline-signature:").unwrap_or_default(), end + 4 + length);
            }
            if n == 0 {
                return Ok(());
            }
        };
        while bytes.len() < length {
            let mut part = [0; 4096];
            let n = stream.read(&mut part).await?;
            bytes.extend_from_slice(&part[..n]);
        }
        let start = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        *kept.lock().unwrap() = (head, String::from_utf8_lossy(&bytes[start..length]).into_owned());
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await
    }
}
