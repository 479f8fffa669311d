//! Phones with a real browser (Chromium), and the fakes of payment providers that they meet: programs of `foreign/`.

use crate::harness::text;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
    time::timeout,
};

/// A program of `foreign/` is there, or has done what it was told, within this; a loaded machine may take its time.
const WITHIN: Duration = Duration::from_secs(120);

/// The Python of the tests, or a word that there is none.
pub fn python() -> Option<String> {
    let python = std::env::var("CSMS_TEST_PYTHON").ok();
    if python.is_none() {
        eprintln!(
            "skipped: CSMS_TEST_PYTHON names no Python with the packages of tests/e2e/foreign/requirements.txt"
        );
    }
    python
}

/// Starts a program of `foreign/`, and gives the first line that it says.
async fn start(
    python: &str,
    script: &str,
    arguments: &[&str],
    stderr: Stdio,
) -> (Child, ChildStdin, Lines<BufReader<ChildStdout>>, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/foreign").join(script);
    let mut command = Command::new(python);
    command.arg(path).args(arguments).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = timeout(WITHIN, said.next_line()).await.unwrap_or_else(|_| panic!("{script} does not start"));
    let first = first.unwrap().unwrap_or_else(|| panic!("{script} ended at once"));
    let stdin = child.stdin.take().unwrap();
    (child, stdin, said, first)
}

/// One browser with as many phones as wanted; a phone has cookies of its own. Dropped, the browser ends.
#[derive(Clone)]
pub struct Phones(Arc<Mutex<Pipe>>);

struct Pipe {
    _child: Child,
    stdin: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

/// The app that shows the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum App {
    Browser,
    Wechat,
    Alipay,
}

/// How somebody looks at pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub width: u32,
    pub dark: bool,
    pub lang: &'static str,
}

/// A phone.
#[derive(Clone)]
pub struct Phone {
    phones: Phones,
    name: String,
}

impl Phones {
    /// Starts the browser. `None`: there is none to test with, and the test says so.
    pub async fn start() -> Option<Phones> {
        let Ok(chromium) = std::env::var("CSMS_TEST_CHROMIUM") else {
            eprintln!("skipped: CSMS_TEST_CHROMIUM names no Chromium (scripts/setup installs one)");
            return None;
        };
        let python = python()?;
        let mut arguments = vec![chromium.as_str()];
        let folder = std::env::var("WATTLINE_SCREENSHOTS").ok();
        arguments.extend(folder.as_deref());
        let (child, stdin, said, _) = start(&python, "phone.py", &arguments, Stdio::null()).await;
        Some(Phones(Arc::new(Mutex::new(Pipe { _child: child, stdin, said }))))
    }

    /// A new phone. `bridge`: where the browser of WeChat reaches its own side.
    pub async fn phone(&self, name: &str, app: App, bridge: Option<&str>) -> Phone {
        let app = match app {
            App::Browser => "browser",
            App::Wechat => "wechat",
            App::Alipay => "alipay",
        };
        self.tell(json!({"do": "new", "phone": name, "app": app, "bridge": bridge})).await;
        Phone { phones: self.clone(), name: name.to_owned() }
    }

    /// A browser of somebody at work.
    pub async fn desk(&self, name: &str, look: Look) -> Phone {
        let Look { width, dark, lang } = look;
        self.tell(json!({"do": "desk", "phone": name, "width": width, "dark": dark, "lang": lang})).await;
        Phone { phones: self.clone(), name: name.to_owned() }
    }

    /// Taps the same on all of these at the same time.
    pub async fn tap_all(&self, phones: &[&Phone], at: &str) {
        let names: Vec<&str> = phones.iter().map(|phone| phone.name.as_str()).collect();
        self.tell(json!({"do": "tap", "phones": names, "at": at})).await;
    }

    async fn tell(&self, command: Value) -> Value {
        let mut pipe = self.0.lock().await;
        pipe.stdin.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let line = timeout(WITHIN, pipe.said.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("no answer to {command}")).unwrap();
        let mut answer: Value = serde_json::from_str(&line.expect("the browser is gone")).unwrap();
        if let Some(why) = answer["no"].as_str() {
            panic!("{command}: {why}");
        }
        answer["ok"].take()
    }
}

impl Phone {
    async fn tell(&self, mut command: Value) -> Value {
        command["phone"] = json!(self.name);
        self.phones.tell(command).await
    }

    /// Opens an address; gives the status.
    pub async fn open(&self, url: &str) -> u64 {
        self.tell(json!({"do": "open", "url": url})).await.as_u64().unwrap()
    }

    /// Waits until an element is visible, and gives its text.
    pub async fn see(&self, at: &str) -> String {
        self.see_with(at, "").await
    }

    /// The same of an element that has this text in it.
    pub async fn see_with(&self, at: &str, text: &str) -> String {
        let seen = self.tell(json!({"do": "see", "at": at, "text": text})).await;
        seen.as_str().unwrap().to_owned()
    }

    pub async fn tap(&self, at: &str) {
        self.phones.tap_all(&[self], at).await;
    }

    pub async fn tick(&self, at: &str) {
        self.tell(json!({"do": "tick", "at": at})).await;
    }

    /// Writes into a field, or chooses the option of this value.
    pub async fn fill(&self, at: &str, text: &str) {
        self.tell(json!({"do": "fill", "at": at, "text": text})).await;
    }

    /// Chooses a file.
    pub async fn file(&self, at: &str, path: &Path) {
        self.tell(json!({"do": "file", "at": at, "path": path})).await;
    }

    /// Presses a key at an element, and waits for nothing.
    pub async fn press(&self, at: &str, key: &str) {
        self.tell(json!({"do": "press", "at": at, "key": key})).await;
    }

    /// What sticks out of the page to the right.
    pub async fn over(&self) -> Vec<String> {
        let over = self.tell(json!({"do": "over"})).await;
        over.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// The values of an attribute of all elements that are there now; the texts, if it is empty.
    pub async fn read(&self, at: &str, attribute: &str) -> Vec<String> {
        let read = self.tell(json!({"do": "read", "at": at, "name": attribute})).await;
        read.as_array().unwrap().iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Waits until the address begins so; gives it.
    pub async fn away(&self, prefix: &str) -> String {
        self.tell(json!({"do": "away", "prefix": prefix})).await.as_str().unwrap().to_owned()
    }

    /// Asks for something with the phone's cookies; status, type and bytes.
    pub async fn get(&self, url: &str) -> (u64, String, Vec<u8>) {
        let answer = self.tell(json!({"do": "get", "url": url})).await;
        let body = answer["body"].as_str().unwrap().chars().map(|byte| u8::try_from(byte).unwrap()).collect();
        (answer["status"].as_u64().unwrap(), answer["type"].as_str().unwrap().to_owned(), body)
    }

    /// A picture, if somebody wants to look (WATTLINE_SCREENSHOTS).
    pub async fn shot(&self, name: &str) {
        self.tell(json!({"do": "shot", "name": name})).await;
    }

    /// What has gone wrong in its pages: errors of scripts, what the content policy has stopped, what did not load.
    pub async fn moans(&self) -> Vec<String> {
        let moans = self.tell(json!({"do": "moans"})).await;
        moans.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }
}

/// The providers that are faked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Wechat,
    /// Its older API, at the same fake.
    WechatV2,
    Alipay,
    Stripe,
}

/// A fake of a provider, which checks our signatures with its SDK, and has books of its own. Dropped, it ends.
pub struct Fake {
    _child: Child,
    _stdin: ChildStdin,
    provider: Provider,
    pub url: String,
    http: reqwest::Client,
    /// `[[pay.accounts]]` that speak to it.
    pub settings: String,
}

/// What a provider says that it has; in cents, or fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    pub held: i64,
    pub taken: i64,
    pub returned: i64,
}

impl Fake {
    /// Starts it, with its keys in this folder. `None`: there is no Python, and the test says so.
    pub async fn start(provider: Provider, folder: &Path) -> Option<Fake> {
        let python = python()?;
        let script = match provider {
            Provider::Wechat | Provider::WechatV2 => "fake_wechat.py",
            Provider::Alipay => "fake_alipay.py",
            Provider::Stripe => "fake_stripe.py",
        };
        let folder: PathBuf = folder.to_owned();
        let (child, stdin, _, first) =
            start(&python, script, &["--folder", folder.to_str().unwrap()], Stdio::inherit()).await;
        let port = first.strip_prefix("READY port=").unwrap_or_else(|| panic!("{script}: {first}"));
        let written = text(&std::fs::read(folder.join("settings.toml")).unwrap());
        let settings = if provider.is_wechat() {
            // Of its two accounts, the one that is wanted.
            let name = format!("name = \"{}\"", provider.account());
            let blocks: Vec<&str> = written.split("[[pay.accounts]]").collect();
            let block = blocks.iter().find(|block| block.contains(&name)).unwrap();
            format!("[[pay.accounts]]{block}")
        } else {
            format!("[[pay.accounts]]\nname = {:?}\n{written}", provider.account())
        };
        let url = format!("http://127.0.0.1:{port}");
        Some(Fake { _child: child, _stdin: stdin, provider, url, http: reqwest::Client::new(), settings })
    }

    /// Tells it where notifications go, where an order does not say that.
    pub async fn notify(&self, web: &str) {
        if self.provider == Provider::Stripe {
            self.post("/_notify", &json!({"url": format!("{web}/pay/notify/{}", self.provider.account())}))
                .await;
        }
    }

    /// How it behaves from now on: `forged`, `duplicate`, `hang`, … as its file says.
    pub async fn behave(&self, how: &Value) {
        let path = if self.provider.is_wechat() { "/_control" } else { "/_mode" };
        self.post(path, how).await;
    }

    pub async fn post(&self, path: &str, body: &Value) {
        let answer =
            self.http.post(format!("{}{path}", self.url)).body(body.to_string()).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    /// All that it knows.
    pub async fn books(&self) -> Value {
        let answer = self.http.get(format!("{}/_books", self.url)).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    pub async fn sums(&self) -> Sums {
        let books = self.books().await;
        let yuan = |name: &str| {
            let text = books["sums"][name].as_str().unwrap();
            let (whole, part) = text.split_once('.').unwrap_or((text, ""));
            format!("{whole}{:0<2}", part).parse::<i64>().unwrap()
        };
        let minor = |value: &Value| value.as_i64().unwrap();
        match self.provider {
            Provider::Wechat | Provider::WechatV2 => Sums {
                held: minor(&books["held"]),
                taken: minor(&books["taken_fen"]),
                returned: minor(&books["refunded_fen"]),
            },
            Provider::Alipay => Sums { held: yuan("held"), taken: yuan("taken"), returned: yuan("returned") },
            Provider::Stripe => Sums {
                held: minor(&books["sums"]["held"]),
                taken: minor(&books["sums"]["taken"]),
                returned: minor(&books["sums"]["returned"]),
            },
        }
    }

    /// What it has refused: nothing, if we speak as the provider wants it.
    pub async fn refused(&self) -> Vec<Value> {
        self.books().await["refused"].as_array().unwrap().clone()
    }
}

impl Provider {
    pub fn is_wechat(self) -> bool {
        matches!(self, Provider::Wechat | Provider::WechatV2)
    }

    /// The account that journeys use.
    pub fn account(self) -> &'static str {
        match self {
            Provider::Wechat => "wx-main",
            Provider::WechatV2 => "wx-old",
            Provider::Alipay => "ali-main",
            Provider::Stripe => "st-main",
        }
    }
}
