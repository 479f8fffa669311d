//! The merchant's side: signed requests in, signed answers out.

use super::{Fault, NOTICES_MAX, Sandbox, WAITING_MAX, Which, book, broken, find, random, statement};
use crate::store::sandbox::{self as rows, OrderRow, RefundRow};
use chrono::TimeDelta;
use payments::provider::{
    Capture, Method,
    sandbox::{
        Settings,
        wire::{self, Code, Kind, NewOrder, NewRefund, No, OrderState, Signed, Sum},
    },
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// A call that hangs is answered after this; nobody waits so long.
const HANG: Duration = Duration::from_secs(60);
/// An amount at most, in the smallest unit.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub verb: &'a str,
    /// Below the sandbox's address: `/v1/…`.
    pub path: &'a str,
    /// The headers of [`wire`]; empty where one is missing.
    pub merchant: &'a str,
    pub timestamp: &'a str,
    pub id: &'a str,
    pub signature: &'a str,
    pub body: &'a [u8],
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Sandbox {
    /// Answers a request: believed only with a fresh signature of an account of ours.
    pub async fn serve(&self, ask: Ask<'_>) -> Reply {
        let now = self.clock.now();
        let account = match self.believed(&ask, now) {
            Ok(account) => account,
            // Nothing is signed for somebody unknown.
            Err(why) => {
                metrics::counter!("csms_sandbox_refused_total", "code" => Code::BadSignature.word())
                    .increment(1);
                let merchant: String = ask.merchant.chars().take(64).collect();
                tracing::warn!(merchant, why, "the sandbox refused a request");
                let no = No { code: Code::BadSignature, text: why.to_owned() };
                let body = serde_json::to_vec(&no).unwrap_or_default();
                let headers = vec![("content-type", "application/json".to_owned())];
                return Reply { status: Code::BadSignature.status(), headers, body };
            }
        };
        let (status, kind, body) = match self.dispatch(account, &ask).await {
            Ok((kind, body)) => (200, kind, body),
            Err(fault) => {
                let (code, text) = match fault {
                    Fault::No(code, text) => (code, text),
                    Fault::Store(error) => {
                        tracing::error!(%error, "the sandbox cannot keep its books");
                        (Code::Broken, "the database does not answer".to_owned())
                    }
                };
                metrics::counter!("csms_sandbox_refused_total", "code" => code.word()).increment(1);
                tracing::debug!(code = code.word(), text, path = ask.path, "the sandbox said no");
                let body = serde_json::to_vec(&No { code, text }).unwrap_or_default();
                (code.status(), "application/json", body)
            }
        };
        let merchant = &*account.merchant;
        let timestamp = self.clock.now().timestamp();
        let signed = Signed { kind: Kind::Answer { status }, merchant, timestamp, id: ask.id, body: &body };
        let headers = vec![
            ("content-type", kind.to_owned()),
            (wire::MERCHANT, account.merchant.clone()),
            (wire::TIMESTAMP, timestamp.to_string()),
            (wire::ID, ask.id.to_owned()),
            (wire::SIGNATURE, signed.sign(&account.key)),
        ];
        Reply { status, headers, body }
    }

    fn believed(&self, ask: &Ask<'_>, now: chrono::DateTime<chrono::Utc>) -> Result<&Settings, &'static str> {
        let account = self.account(ask.merchant).ok_or("there is no such merchant")?;
        let timestamp = ask.timestamp.parse().map_err(|_| "the timestamp is no number")?;
        let kind = Kind::Request { verb: ask.verb, path: ask.path };
        let signed = Signed { kind, merchant: ask.merchant, timestamp, id: ask.id, body: ask.body };
        if !signed.verify(&account.key, ask.signature) {
            return Err("the signature does not verify");
        }
        if !signed.is_fresh(now) {
            return Err("it was signed at another time: are both clocks right?");
        }
        Ok(account)
    }

    /// The content type and the bytes of the answer.
    async fn dispatch(&self, account: &Settings, ask: &Ask<'_>) -> Result<(&'static str, Vec<u8>), Fault> {
        let parts: Vec<&str> = ask.path.split('/').skip(1).collect();
        let number = parts.get(2).copied().unwrap_or_default();
        let manner = self.manner(&account.merchant, number).await?;
        if manner == "broken" {
            return Err(Fault::no(Code::Broken, "the sandbox is out of order, as somebody wished"));
        }
        let which = Which::Number { merchant: &account.merchant, number };
        let done = match (ask.verb, &*parts) {
            ("POST", ["v1", "orders"]) => json(&self.open(account, parse(ask.body)?).await?),
            ("GET", ["v1", "orders", _]) => {
                let (row, _) = self.change(which, |_, _, _| Ok(book::Changed::default())).await?;
                json(&self.wire(&row)?)
            }
            ("POST", ["v1", "orders", _, what @ ("close" | "release" | "raise" | "capture")]) => {
                json(&self.wire(&self.order(account, which, what, ask.body).await?)?)
            }
            ("POST", ["v1", "orders", _, "refunds"]) => self.refund(which, parse(ask.body)?).await,
            ("GET", ["v1", "orders", _, "refunds", refund]) => self.find_refund(which, refund).await,
            ("GET", ["v1", "statements", day, kind]) => {
                return Ok(("text/csv; charset=utf-8", statement::write(self, account, day, kind).await?));
            }
            _ => Err(Fault::no(Code::Malformed, "there is no such address")),
        };
        if manner == "hang" {
            // Done, but whoever asked does not learn of it in time.
            let Ok(_place) = self.hanging.try_acquire() else {
                return Err(Fault::no(Code::Busy, "too many calls hang already"));
            };
            tokio::time::sleep(HANG).await;
        }
        Ok(("application/json", done?))
    }

    /// How this call is to be answered, as somebody plays it: of the order, else of the account.
    async fn manner(&self, merchant: &str, number: &str) -> Result<String, Fault> {
        let mut tx = self.db.read().await?;
        let of_order = rows::order_of(&mut tx, merchant, number).await?.map(|row| row.answers);
        match of_order.filter(|answers| answers != "usual") {
            Some(answers) => Ok(answers),
            None => Ok(rows::answers(&mut tx, merchant).await?.unwrap_or_default()),
        }
    }

    async fn order(
        &self,
        account: &Settings,
        which: Which<'_>,
        what: &str,
        body: &[u8],
    ) -> Result<OrderRow, Fault> {
        let sum = |body| parse::<Sum>(body);
        let (row, _) = match what {
            "close" => self.change(which, |row, _, _| Ok(book::close(row))).await?,
            "release" => self.change(which, |row, _, now| book::release(row, now)).await?,
            "raise" if !account.raises => {
                return Err(Fault::no(Code::NotOffered, "this account cannot raise holds"));
            }
            "raise" => {
                let Sum { amount, key } = sum(body)?;
                amount_fits(amount)?;
                self.change(which, |row, _, _| book::raise(row, amount, &key)).await?
            }
            _ => {
                let Sum { amount, key } = sum(body)?;
                self.change(which, |row, _, now| book::capture(row, account, amount, &key, now)).await?
            }
        };
        Ok(row)
    }

    async fn open(&self, account: &Settings, new: NewOrder) -> Result<wire::Order, Fault> {
        check(account, &new)?;
        let asked = serde_json::to_string(&new).map_err(broken)?;
        let row = self.new_row(account, &new, asked.clone())?;
        let mut tx = self.db.write().await?;
        if rows::waiting_notices(&mut tx, WAITING_MAX).await? >= WAITING_MAX {
            return Err(Fault::no(Code::Busy, "too many notifications wait to be sent"));
        }
        let which = Which::Number { merchant: &account.merchant, number: &new.number };
        if !rows::add_order(&mut tx, &row).await? {
            let known = find(&mut tx, which).await?;
            return match book::state(&known) {
                _ if known.asked != asked => {
                    Err(Fault::no(Code::Differs, "the number was used for another order"))
                }
                OrderState::Waiting => self.wire(&known),
                OrderState::Closed | OrderState::Failed => {
                    Err(Fault::no(Code::Closed, "the order is closed"))
                }
                OrderState::Held | OrderState::Taken | OrderState::Released => {
                    Err(Fault::no(Code::Paid, "the order has been paid"))
                }
            };
        }
        tx.commit().await?;
        let Method::OnFile { customer, instrument } = &new.method else { return self.wire(&row) };
        // Nobody has to do anything: it is debited now.
        let declined = instrument.contains("declined");
        let (row, _) = self
            .change(which, |row, _, now| match declined {
                true => book::fail(row, "CARD_DECLINED", "the card was declined"),
                false => book::pay(row, account, customer.trim_start_matches("customer-"), now),
            })
            .await?;
        self.wire(&row)
    }

    fn new_row(&self, account: &Settings, new: &NewOrder, asked: String) -> Result<OrderRow, Fault> {
        let word = |word: &str| word.to_owned();
        Ok(OrderRow {
            reference: random()?,
            merchant: account.merchant.clone(),
            number: new.number.clone(),
            version: 1,
            state: word(OrderState::Waiting.word()),
            currency: new.currency.clone(),
            amount_minor: new.amount,
            held_minor: 0,
            taken_minor: 0,
            returned_minor: 0,
            asked,
            method: word(new.method.word()),
            payer: String::new(),
            instrument: String::new(),
            refusal: String::new(),
            dispute: String::new(),
            last_key: String::new(),
            answers: word("usual"),
            notices: word("once"),
            refunds: word("done"),
            pays_at: None,
            moved_at: None,
            holds_until: None,
            expires_at: new.expires_at,
            created_at: self.clock.now(),
        })
    }

    async fn refund(&self, which: Which<'_>, new: NewRefund) -> Result<Vec<u8>, Fault> {
        number_fits(&new.number)?;
        let reference = format!("r-{}", random()?);
        let (row, refunds) = self
            .change(which, |row, refunds, now| {
                if refunds.len() >= NOTICES_MAX {
                    return Err(Fault::no(Code::TooMuch, "the order has too many refunds"));
                }
                let seconds = match &*row.refunds {
                    "late" => 60,
                    "fail" => 3,
                    _ => 0,
                };
                let refund = RefundRow {
                    reference: reference.clone(),
                    order_reference: row.reference.clone(),
                    number: new.number.clone(),
                    state: "waiting".to_owned(),
                    amount_minor: new.amount,
                    reason: new.reason.chars().take(80).collect(),
                    fails: row.refunds == "fail",
                    ends_at: now + TimeDelta::seconds(seconds),
                };
                book::refund(row, refunds, refund, now)
            })
            .await?;
        refund_of(&row, &refunds, &new.number)
    }

    async fn find_refund(&self, which: Which<'_>, number: &str) -> Result<Vec<u8>, Fault> {
        let mut tx = self.db.read().await?;
        let row = find(&mut tx, which).await?;
        let refunds = rows::refunds(&mut tx, &row.reference).await?;
        refund_of(&row, &refunds, number)
    }
}

fn refund_of(row: &OrderRow, refunds: &[RefundRow], number: &str) -> Result<Vec<u8>, Fault> {
    let refund = refunds.iter().find(|refund| refund.number == number);
    let refund = refund.ok_or_else(|| Fault::no(Code::NoSuchRefund, "there is no such refund"))?;
    json(&book::refund_wire(row, refund))
}

/// Is it an order that this account may make?
fn check(account: &Settings, new: &NewOrder) -> Result<(), Fault> {
    let has = |words: &[String]| words.iter().any(|word| word == new.method.word());
    number_fits(&new.number)?;
    amount_fits(new.amount)?;
    let currency =
        new.currency.parse().map_err(|_| Fault::no(Code::Malformed, "there is no such currency"))?;
    if !account.currencies.is_empty() && !account.currencies.contains(&currency) {
        return Err(Fault::no(Code::NotOffered, "this account does not take the currency"));
    }
    if !has(&account.methods) || (new.capture == Capture::Later && !has(&account.holds)) {
        return Err(Fault::no(Code::NotOffered, "this account does not take the method"));
    }
    for url in [&new.notify_url, &new.return_url] {
        let http = url.starts_with("http://") || url.starts_with("https://");
        if !http || url.len() > 500 {
            return Err(Fault::no(
                Code::Malformed,
                "an http or https address of at most 500 bytes belongs here",
            ));
        }
    }
    if new.description.chars().count() > 127 {
        return Err(Fault::no(Code::Malformed, "the description has more than 127 characters"));
    }
    Ok(())
}

fn amount_fits(amount: i64) -> Result<(), Fault> {
    if (1..=AMOUNT_MAX).contains(&amount) {
        return Ok(());
    }
    Err(Fault::no(Code::Malformed, format!("an amount is 1 to {AMOUNT_MAX}")))
}

fn number_fits(number: &str) -> Result<(), Fault> {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_' || letter == b'-';
    if (6..=32).contains(&number.len()) && number.bytes().all(plain) {
        return Ok(());
    }
    Err(Fault::no(Code::Malformed, "a number is 6 to 32 of 0-9 A-Z a-z _ -"))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::no(Code::Malformed, error.to_string()))
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(body).map_err(broken)
}
