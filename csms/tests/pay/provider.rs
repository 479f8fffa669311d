//! The other side of the sandbox's protocol, on a loopback port: books of its own, and faults on order.

use super::http::request;
use chrono::{DateTime, TimeDelta, Utc};
use csms::clock::Clock;
use payments::provider::{
    Capture, Instrument, Method, Refusal, RefusalKind, Response,
    sandbox::wire::{
        self, About, Code, Disputed, Event, Kind, NewOrder, NewRefund, No, Order, OrderState, Refund,
        RefundStep, Signed, Sum,
    },
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

pub const KEY: &str = "0123456789abcdef0123456789abcdef";
pub const MERCHANT: &str = "m1";
/// What a dispute costs that is not won.
pub const DISPUTE_FEE: i64 = 1_500;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before anything was done.
    Before,
    /// It was done, and the answer is lost.
    After,
    /// It was done, and the answer is HTTP 500.
    Broken,
    /// It was done, and the answer's signature is wrong.
    Unsigned,
    /// Nothing was done, and it says so.
    Busy,
    /// The connection stays open, and nothing is ever said.
    Hangs,
}

#[derive(Debug)]
struct Kept {
    order: Order,
    capture: Capture,
    refunds: Vec<Refund>,
    dispute: Option<Disputed>,
}

#[derive(Debug, Default)]
struct Books {
    orders: BTreeMap<String, Kept>,
    faults: VecDeque<Fault>,
    notices: Vec<Response>,
    events: u64,
    calls: Vec<String>,
    /// Refunds wait until somebody does them.
    refunds_wait: bool,
    /// Refunds are refused so.
    no_refunds: Option<Code>,
    /// The next debits of a method on file are refused so; none: they succeed.
    refusals: VecDeque<Refusal>,
}

/// A provider that runs for as long as this value.
pub struct Provider {
    pub address: SocketAddr,
    clock: Clock,
    books: Arc<Mutex<Books>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Provider {
    pub async fn start(clock: &Clock) -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let books = Arc::<Mutex<Books>>::default();
        let serving = tokio::spawn({
            let (books, clock) = (books.clone(), clock.clone());
            async move {
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    tokio::spawn(serve(stream, books.clone(), clock.clone()));
                }
            }
        });
        Provider { address, clock: clock.clone(), books, serving }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// These faults happen to the next calls, one each.
    pub fn will(&self, faults: impl IntoIterator<Item = Fault>) {
        self.books().faults.extend(faults);
    }

    /// The next debits of a method on file are refused by the payer's bank with these codes, one each.
    pub fn refuse_debits(&self, codes: impl IntoIterator<Item = &'static str>) {
        let refusals = codes.into_iter().map(|code| Refusal::new(RefusalKind::Payer, code, "no"));
        self.books().refusals.extend(refusals);
    }

    /// No more faults.
    pub fn mend(&self) {
        self.books().faults.clear();
    }

    pub fn refunds_wait(&self, wait: bool) {
        self.books().refunds_wait = wait;
    }

    /// Refunds are refused so from now on, or not any more; whoever asks how they stand is answered.
    pub fn refuse_refunds(&self, code: Option<Code>) {
        self.books().no_refunds = code;
    }

    /// The verb and path of every call so far.
    pub fn calls(&self) -> Vec<String> {
        self.books().calls.clone()
    }

    /// All orders, in the order of their numbers.
    pub fn orders(&self) -> Vec<Order> {
        self.books().orders.values().map(|kept| kept.order.clone()).collect()
    }

    /// Taken less returned, by all orders.
    pub fn balance(&self) -> i64 {
        self.orders().iter().map(|order| order.taken - order.returned).sum()
    }

    /// The payer confirms an order that can be paid; a notification is written.
    pub fn pay(&self, number: &str) -> bool {
        let open =
            self.books().orders.get(number).is_some_and(|kept| kept.order.state == OrderState::Waiting);
        open && self.pay_anyway(number)
    }

    /// The same, even if the order was closed: the payer was faster, and the close was told too early.
    pub fn pay_anyway(&self, number: &str) -> bool {
        let now = self.clock.now();
        let mut books = self.books();
        let Some(kept) = books.orders.get_mut(number) else { return false };
        match kept.capture {
            Capture::Later => {
                (kept.order.state, kept.order.held) = (OrderState::Held, kept.order.amount);
                kept.order.holds_until = Some(now + TimeDelta::days(7));
            }
            Capture::Now => (kept.order.state, kept.order.taken) = (OrderState::Taken, kept.order.amount),
        }
        kept.order.payer = Some("payer-1".to_owned());
        books.tell_payment(number, now);
        true
    }

    /// The payer was faster than the close of an order that was told to be closed.
    pub fn pay_closed(&self, number: &str) {
        let closed =
            self.books().orders.get(number).is_some_and(|kept| kept.order.state == OrderState::Closed);
        if closed {
            self.pay_anyway(number);
        }
    }

    /// A station's own terminal holds an amount here, or more than before; no order of ours is behind it.
    pub fn hold_elsewhere(&self, number: &str, amount: i64) {
        let order = Order {
            pay_url: String::new(),
            number: number.to_owned(),
            reference: number.to_owned(),
            state: OrderState::Held,
            currency: "EUR".to_owned(),
            amount,
            held: amount,
            taken: 0,
            returned: 0,
            payer: None,
            instrument: None,
            refusal: None,
            at: None,
            holds_until: None,
        };
        let kept = Kept { order, capture: Capture::Later, refunds: Vec::new(), dispute: None };
        self.books().orders.insert(number.to_owned(), kept);
    }

    /// The payer is refused.
    pub fn decline(&self, number: &str) {
        let now = self.clock.now();
        let mut books = self.books();
        let Some(kept) = books.orders.get_mut(number) else { return };
        if kept.order.state == OrderState::Waiting {
            kept.order.state = OrderState::Failed;
            books.tell_payment(number, now);
        }
    }

    /// The payer's bank takes the money of an order, or goes on with what it has begun; a notification is written. False: it
    /// cannot be.
    pub fn dispute(&self, number: &str, ruling: &str) -> bool {
        let now = self.clock.now();
        let mut books = self.books();
        let Some(kept) = books.orders.get_mut(number) else { return false };
        let (left, order) = (kept.order.taken - kept.order.returned, &kept.order);
        let waits = kept.refunds.iter().any(|refund| refund.state == RefundStep::Waiting);
        let told = match (&mut kept.dispute, ruling) {
            (None, "open") if left > 0 && !waits => kept.dispute.insert(Disputed {
                reference: format!("dp-{number}"),
                order: number.to_owned(),
                currency: order.currency.clone(),
                amount: left,
                state: "open".to_owned(),
                reason: "fraudulent".to_owned(),
                withdrawn: left,
                reinstated: 0,
                fee: DISPUTE_FEE,
            }),
            (Some(known), "won" | "lost") if known.state == "open" => {
                ruling.clone_into(&mut known.state);
                if ruling == "won" {
                    (known.reinstated, known.fee) = (known.withdrawn, 0);
                }
                known
            }
            _ => return false,
        };
        let about = About::Dispute { dispute: told.clone() };
        books.tell(about, now);
        true
    }

    /// What payers' banks have taken, less what they gave back; and what we pay for it.
    pub fn disputed(&self) -> (i64, i64) {
        let books = self.books();
        let all = books.orders.values().filter_map(|kept| kept.dispute.as_ref());
        all.fold((0, 0), |sum, one| (sum.0 + one.withdrawn - one.reinstated, sum.1 + one.fee))
    }

    /// Notifications that were written and not taken away yet, oldest first.
    pub fn notices(&self) -> Vec<Response> {
        std::mem::take(&mut self.books().notices)
    }

    /// A notification about an order with whatever was changed in it, signed by `key`.
    pub fn notice_of(&self, number: &str, key: &str, change: impl FnOnce(&mut Order)) -> Response {
        let mut books = self.books();
        let mut order = books.orders[number].order.clone();
        change(&mut order);
        books.events += 1;
        let id = format!("evt-x{}", books.events);
        event(id, About::Payment { order }, key, self.clock.now())
    }
}

impl Books {
    fn tell(&mut self, about: About, now: DateTime<Utc>) {
        self.events += 1;
        let notice = event(format!("evt-{}", self.events), about, KEY, now);
        self.notices.push(notice);
    }

    fn tell_payment(&mut self, number: &str, now: DateTime<Utc>) {
        let order = self.orders[number].order.clone();
        self.tell(About::Payment { order }, now);
    }

    fn perform(&mut self, verb: &str, path: &str, body: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>, Code> {
        let parts: Vec<&str> = path.trim_start_matches("/v1/orders").split('/').skip(1).collect();
        match (verb, parts.as_slice()) {
            ("POST", []) => self.open(body),
            ("GET", [number]) => self.order(number),
            ("POST", [number, "close"]) => {
                let kept = self.kept(number)?;
                match kept.order.state {
                    OrderState::Waiting => kept.order.state = OrderState::Closed,
                    OrderState::Held | OrderState::Taken => return Err(Code::Paid),
                    _ => {}
                }
                self.order(number)
            }
            ("POST", [number, "raise"]) => {
                let sum: Sum = serde_json::from_slice(body).map_err(|_| Code::Malformed)?;
                let kept = self.kept(number)?;
                if kept.order.state != OrderState::Held {
                    return Err(Code::NotHeld);
                }
                kept.order.held = sum.amount;
                self.tell_payment(number, now);
                self.order(number)
            }
            ("POST", [number, "capture"]) => {
                let sum: Sum = serde_json::from_slice(body).map_err(|_| Code::Malformed)?;
                let kept = self.kept(number)?;
                match kept.order.state {
                    OrderState::Held if sum.amount <= kept.order.held => {
                        kept.order.state = OrderState::Taken;
                        (kept.order.taken, kept.order.held) = (sum.amount, 0);
                        self.tell_payment(number, now);
                    }
                    OrderState::Taken if kept.order.taken == sum.amount => {}
                    OrderState::Held => return Err(Code::TooMuch),
                    _ => return Err(Code::NotHeld),
                }
                self.order(number)
            }
            ("POST", [number, "release"]) => {
                let kept = self.kept(number)?;
                match kept.order.state {
                    OrderState::Held => {
                        (kept.order.state, kept.order.held) = (OrderState::Released, 0);
                        self.tell_payment(number, now);
                    }
                    OrderState::Released => {}
                    _ => return Err(Code::NotHeld),
                }
                self.order(number)
            }
            ("POST", [number, "refunds"]) => self.refund(number, body, now),
            ("GET", [number, "refunds", refund]) => {
                let wait = self.refunds_wait;
                let kept = self.kept(number)?;
                let known = kept.refunds.iter_mut().find(|known| known.number == *refund);
                let known = known.ok_or(Code::NoSuchRefund)?;
                if !wait && known.state == RefundStep::Waiting {
                    known.state = RefundStep::Done;
                    kept.order.returned += known.amount;
                }
                Ok(json(known))
            }
            _ => Err(Code::Malformed),
        }
    }

    fn kept(&mut self, number: &str) -> Result<&mut Kept, Code> {
        self.orders.get_mut(number).ok_or(Code::NoSuchOrder)
    }

    fn order(&mut self, number: &str) -> Result<Vec<u8>, Code> {
        Ok(json(&self.kept(number)?.order))
    }

    fn open(&mut self, body: &[u8]) -> Result<Vec<u8>, Code> {
        let new: NewOrder = serde_json::from_slice(body).map_err(|_| Code::Malformed)?;
        let reference = format!("ref-{}", new.number);
        let kept = self.orders.entry(new.number.clone()).or_insert_with(|| Kept {
            capture: new.capture,
            refunds: Vec::new(),
            dispute: None,
            order: Order {
                pay_url: format!("https://sandbox.example/{}", new.number),
                number: new.number.clone(),
                reference,
                state: OrderState::Waiting,
                currency: new.currency.clone(),
                amount: new.amount,
                held: 0,
                taken: 0,
                returned: 0,
                payer: None,
                instrument: None,
                refusal: None,
                at: None,
                holds_until: None,
            },
        });
        if let (Method::OnFile { .. }, OrderState::Waiting) = (&new.method, kept.order.state) {
            match self.refusals.pop_front() {
                Some(refusal) => {
                    kept.order.state = OrderState::Failed;
                    kept.order.refusal = Some(refusal);
                }
                None => (kept.order.state, kept.order.taken) = (OrderState::Taken, kept.order.amount),
            }
        }
        if new.keep && kept.order.instrument.is_none() {
            kept.order.instrument = Some(Instrument {
                brand: "visa".to_owned(),
                last4: "4242".to_owned(),
                fingerprint: "print-1".to_owned(),
                on_file: Some(("customer-1".to_owned(), "card-1".to_owned())),
                ..Instrument::default()
            });
        }
        if kept.order.amount != new.amount || kept.order.currency != new.currency {
            return Err(Code::Differs);
        }
        self.order(&new.number)
    }

    fn refund(&mut self, number: &str, body: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>, Code> {
        let new: NewRefund = serde_json::from_slice(body).map_err(|_| Code::Malformed)?;
        if let Some(code) = self.no_refunds {
            return Err(code);
        }
        let wait = self.refunds_wait;
        let kept = self.kept(number)?;
        if let Some(known) = kept.refunds.iter().find(|known| known.number == new.number) {
            return if known.amount == new.amount { Ok(json(known)) } else { Err(Code::Differs) };
        }
        // The payer has the money, or may get it from the bank.
        if kept.dispute.as_ref().is_some_and(|dispute| dispute.state != "won") {
            return Err(Code::TooMuch);
        }
        let asked: i64 = kept.refunds.iter().map(|known| known.amount).sum();
        if asked + new.amount > kept.order.taken {
            return Err(Code::TooMuch);
        }
        let refund = Refund {
            number: new.number.clone(),
            reference: format!("rf-{}", new.number),
            order: number.to_owned(),
            state: if wait { RefundStep::Waiting } else { RefundStep::Done },
            currency: kept.order.currency.clone(),
            amount: new.amount,
            refusal: None,
            at: None,
        };
        if !wait {
            kept.order.returned += new.amount;
        }
        kept.refunds.push(refund.clone());
        self.tell(About::Refund { refund: refund.clone() }, now);
        Ok(json(&refund))
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

pub fn event(id: String, about: About, key: &str, now: DateTime<Utc>) -> Response {
    let body = json(&Event { id: id.clone(), merchant: MERCHANT.to_owned(), about });
    let timestamp = now.timestamp();
    let signed = Signed { kind: Kind::Notice, merchant: MERCHANT, timestamp, id: &id, body: &body };
    let headers = vec![
        (wire::MERCHANT.to_owned(), MERCHANT.to_owned()),
        (wire::TIMESTAMP.to_owned(), timestamp.to_string()),
        (wire::SIGNATURE.to_owned(), signed.sign(key)),
        (wire::ID.to_owned(), id),
    ];
    Response { status: 0, headers, body }
}

async fn serve(stream: TcpStream, books: Arc<Mutex<Books>>, clock: Clock) {
    let mut stream = BufReader::new(stream);
    while let Some((verb, path, id, body)) = request(&mut stream).await {
        let fault = {
            let mut books = books.lock().unwrap();
            books.calls.push(format!("{verb} {path}"));
            books.faults.pop_front()
        };
        match fault {
            Some(Fault::Before) => return,
            Some(Fault::Hangs) => return std::future::pending().await,
            _ => {}
        }
        let performed = match fault {
            Some(Fault::Busy) => Err(Code::Busy),
            _ => books.lock().unwrap().perform(&verb, &path, &body, clock.now()),
        };
        let (status, body) = match performed {
            _ if fault == Some(Fault::Broken) => (500, b"oops".to_vec()),
            Ok(body) => (200, body),
            Err(code) => (code.status(), json(&No { code, text: "no".to_owned() })),
        };
        if fault == Some(Fault::After) {
            return;
        }
        let timestamp = clock.now().timestamp();
        let signed =
            Signed { kind: Kind::Answer { status }, merchant: MERCHANT, timestamp, id: &id, body: &body };
        let key = if fault == Some(Fault::Unsigned) { "another key, not known" } else { KEY };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{}: {MERCHANT}\r\n{}: {timestamp}\r\n{}: {id}\r\n{}: {}\r\n\r\n",
            body.len(),
            wire::MERCHANT,
            wire::TIMESTAMP,
            wire::ID,
            wire::SIGNATURE,
            signed.sign(key),
        );
        let whole = [head.as_bytes(), &body[..]].concat();
        if stream.get_mut().write_all(&whole).await.is_err() {
            return;
        }
    }
}
