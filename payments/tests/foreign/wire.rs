//! Fakes as processes, and HTTP over loopback without a library: one request per connection.

use payments::provider::{Request, Response, Verb};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Nothing on loopback takes longer, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A fake at work; it ends with this.
pub struct Fake {
    process: Child,
    pub base: String,
    folder: PathBuf,
}

impl Fake {
    /// Starts a script of `tests/e2e/foreign`, if there is a Python for it.
    pub fn start(script: &str, more: &[&str]) -> Option<Fake> {
        let Ok(python) = std::env::var("CSMS_TEST_PYTHON") else {
            eprintln!("skipped: CSMS_TEST_PYTHON names no Python with the packages of tests/e2e/foreign");
            return None;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e/foreign").join(script);
        static STARTED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let which = STARTED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fake-{}-{which}", std::process::id()));
        let mut process = Command::new(python)
            .arg(script)
            .arg("--folder")
            .arg(&folder)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("READY port=").expect("the fake does not start").to_owned();
        Some(Fake { process, base: format!("http://127.0.0.1:{port}"), folder })
    }

    /// The settings that it wrote, as those of an account.
    pub fn settings(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder.join("settings.json")).unwrap()).unwrap()
    }

    pub fn books(&self) -> Value {
        let response = send(&Request::get(format!("{}/_books", self.base)));
        serde_json::from_slice(&response.body).unwrap()
    }

    /// How it misbehaves from now on.
    pub fn mode(&self, mode: &str) {
        let body = serde_json::json!({"mode": mode, "seconds": 0.5}).to_string();
        assert_eq!(post(&format!("{}/_mode", self.base), &body).status, 200);
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Presses a button, as a browser does.
pub fn post(url: &str, body: &str) -> Response {
    send(&Request::post(url.to_owned(), "application/json", body.as_bytes().to_vec()))
}

pub fn send(request: &Request) -> Response {
    let address = request.url.strip_prefix("http://").unwrap();
    let (host, path) = address.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let verb = if request.verb == Verb::Get { "GET" } else { "POST" };
    let mut head = format!("{verb} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in &request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", request.body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
    read(&mut stream).1
}

/// The first line and the rest of a message.
fn read(stream: &mut TcpStream) -> (String, Response) {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let first = line();
    let mut headers = Vec::new();
    loop {
        let line = line();
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let mut response = Response { status, headers, body: Vec::new() };
    let length = response.header("content-length").map_or(0, |length| length.parse().unwrap());
    response.body = vec![0; length];
    reader.read_exact(&mut response.body).unwrap();
    (first, response)
}

/// Where notifications go.
pub struct Receiver(TcpListener);

impl Receiver {
    pub fn new() -> Receiver {
        Receiver(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub fn url(&self) -> String {
        format!("http://{}/pay/notify/main", self.0.local_addr().unwrap())
    }

    /// Takes the next notification and answers it.
    pub fn next<T>(&self, check: impl FnOnce(&Response) -> (T, Response)) -> T {
        self.0.set_nonblocking(true).unwrap();
        let until = Instant::now() + PATIENCE;
        let mut stream = loop {
            match self.0.accept() {
                Ok((stream, _)) => break stream,
                Err(_) if Instant::now() < until => std::thread::yield_now(),
                Err(_) => panic!("no notification came"),
            }
        };
        stream.set_nonblocking(false).unwrap();
        let (_, mut call) = read(&mut stream);
        call.status = 0;
        let (told, answer) = check(&call);
        let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", answer.status);
        for (name, value) in &answer.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n", answer.body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&answer.body).unwrap();
        told
    }
}
