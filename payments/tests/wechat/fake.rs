//! The fake as a process, plain HTTP to it, and an address that it notifies.

use chrono::{DateTime, TimeDelta, Utc};
use payments::Amount;
use payments::provider::{
    Answer, Attempt, Call, Capture, Method, Notice, NoticeFault, Payer, PaymentFact, Provider, RefundAsk,
    RefundFact, Request, Response, Step, Told,
};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// What came of a notification.
pub type Noticed = Result<Vec<Notice>, NoticeFault>;

/// A running fake with the settings it made.
pub struct Fake {
    process: Child,
    folder: PathBuf,
    pub url: String,
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Fake {
    /// `None` without a Python.
    pub fn start() -> Option<Fake> {
        let Ok(python) = std::env::var("CSMS_TEST_PYTHON") else {
            eprintln!(
                "skipped: CSMS_TEST_PYTHON names no Python with the packages of tests/e2e/foreign/requirements.txt"
            );
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/e2e/foreign/fake_wechat.py");
        let name = format!("wechat-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut process = Command::new(python)
            .args(["-B", script, "--folder"])
            .arg(&folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("READY port=").unwrap_or_else(|| panic!("not ready: {line}"));
        let url = format!("http://127.0.0.1:{port}");
        Some(Fake { process, folder, url })
    }

    /// Settings that the fake wrote, `wechat_v3` or `wechat_v2`.
    pub fn settings(&self, name: &str) -> Value {
        let bytes = std::fs::read(self.folder.join(name).with_extension("json")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    pub fn get(&self, path: &str) -> Value {
        serde_json::from_slice(&send(&Request::get(format!("{}{path}", self.url))).body).unwrap()
    }

    pub fn post(&self, path: &str, body: &Value) -> Response {
        let bytes = body.to_string().into_bytes();
        send(&Request::post(format!("{}{path}", self.url), "application/json", bytes))
    }

    /// The payer presses the button of the page.
    pub fn pay(&self, key: &str, mode: &str) -> Response {
        self.post(&format!("/pay/{key}?mode={mode}"), &Value::Null)
    }

    /// What WeChat's browser does with the parameters of a page.
    pub fn bridge(&self, method: &str, parameters: &Value) -> Value {
        let answer = self.post("/_bridge", &json!({ "method": method, "parameters": parameters }));
        serde_json::from_slice::<Value>(&answer.body).unwrap()["err_msg"].clone()
    }
}

/// Reads the files that settings name.
pub fn files(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|why| why.to_string())
}

/// Sends a request as the server would.
pub fn send(request: &Request) -> Response {
    let rest = request.url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text =
        format!("{} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", request.verb.name());
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", request.body.len()));
    stream.write_all(text.as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
    read(&mut stream)
}

/// A response, or a request with the status 0; nothing at all has the status 0 as well.
fn read(stream: &mut TcpStream) -> Response {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.strip_prefix("HTTP/1.1 ").map_or(0, |rest| rest[..3].parse().unwrap());
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap() == 0 || header.trim().is_empty() {
            break;
        }
        let (name, value) = header.trim().split_once(": ").unwrap();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap();
        }
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Response { status, headers, body }
}

/// An account, its fake, and what it was notified of.
pub struct Place {
    pub fake: Fake,
    pub account: Arc<dyn Provider>,
    pub noticed: mpsc::Receiver<Noticed>,
    notify_url: String,
}

impl Place {
    pub fn new(fake: Fake, account: Arc<dyn Provider>) -> Place {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let notify_url = format!("http://{}/pay/notify/wx", listener.local_addr().unwrap());
        let (sender, noticed) = mpsc::channel();
        let provider = Arc::clone(&account);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let result = provider.notice(&read(&mut stream), Utc::now());
                let answer = provider.acknowledgement(result.is_ok());
                let head = format!(
                    "HTTP/1.1 {} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    answer.status,
                    answer.body.len()
                );
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(&answer.body).unwrap();
                if sender.send(result).is_err() {
                    return;
                }
            }
        });
        Place { fake, account, noticed, notify_url }
    }

    pub fn attempt(&self, method: Method) -> Attempt {
        let now = Utc::now();
        Attempt {
            number: format!("T{}-{}", now.timestamp_micros(), COUNT.fetch_add(1, Ordering::Relaxed)),
            amount: yuan(5_000),
            capture: if method == Method::Score { Capture::Later } else { Capture::Now },
            method,
            description: "充电 & <EVSE> 3".to_owned(),
            payer: Payer { address: "203.0.113.7".to_owned(), id: "oPayer".to_owned(), ..Payer::default() },
            created_at: now,
            expires_at: now + TimeDelta::minutes(5),
            notify_url: self.notify_url.clone(),
            return_url: String::new(),
            reference: None,
            charge: None,
        }
    }

    /// A call to its end: a statement takes two requests.
    pub fn call(&self, call: &Call<'_>) -> Answer {
        let now: DateTime<Utc> = Utc::now();
        let Step::Send(mut request) = self.account.request(call, now).unwrap() else {
            panic!("nothing to send")
        };
        loop {
            match self.account.answer(call, &send(&request), Utc::now()) {
                Answer::Then(next) => request = next,
                answer => return answer,
            }
        }
    }

    pub fn payment(&self, call: &Call<'_>) -> PaymentFact {
        match self.call(call) {
            Answer::Told(Told::Payment(fact)) => fact,
            other => panic!("{other:?}"),
        }
    }

    pub fn refund(&self, call: &Call<'_>) -> RefundFact {
        match self.call(call) {
            Answer::Told(Told::Refund(fact)) => fact,
            other => panic!("{other:?}"),
        }
    }

    pub fn next_notice(&self) -> Noticed {
        self.noticed.recv_timeout(PATIENCE).unwrap()
    }

    /// The next notification, which must be believed.
    pub fn believed(&self) -> Notice {
        self.next_notice().unwrap().remove(0)
    }
}

pub fn yuan(fen: i64) -> Amount {
    Amount::new(fen, "CNY".parse().unwrap())
}

pub fn ask(attempt: &Attempt, fen: i64, of: i64) -> RefundAsk {
    RefundAsk {
        number: format!("R{}", attempt.number),
        amount: yuan(fen),
        of: yuan(of),
        reason: "未用完".to_owned(),
        reference: None,
        spent: 0,
    }
}

/// Today, in Beijing.
pub fn today() -> chrono::NaiveDate {
    (Utc::now() + TimeDelta::hours(8)).date_naive()
}
