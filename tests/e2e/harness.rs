//! The real executable, its database, and what a test needs to reach both.

use csms::store::{
    Db,
    testing::{TestDb, port},
};
use serde::Deserialize;
use std::{
    future::Future,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpSocket,
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// A start takes well under a second; a loaded machine may take its time.
const START_WITHIN: Duration = Duration::from_secs(60);
const END_WITHIN: Duration = Duration::from_secs(60);

/// 0.49 a kWh and 1.00 a session, 19 % VAT on top.
pub const TARIFF: &str = r#"{ "id": "simple", "currency": "EUR", "elements": [ { "components": [
    { "dimension": "energy", "price": "0.49", "vat": "19" },
    { "dimension": "flat", "price": "1.00", "vat": "19" } ] } ] }"#;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// What `csms serve --ready-file` writes.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {
    pub ocpp_url: String,
    pub console_url: String,
    pub ocpp: SocketAddr,
    pub web: SocketAddr,
}

/// A server on a database of its own. Dropped, both go away.
pub struct Csms {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    pub ready: Ready,
    /// What it printed up to the line that says that it is ready.
    pub banner: String,
    pub place: Place,
}

/// A database and a folder for files, outliving the server on them.
pub struct Place {
    database: TestDb,
    folder: tempfile::TempDir,
    settings: Vec<String>,
    /// Where stations and browsers find the server, also after a restart. No other program is given their
    /// ports.
    ports: [TcpSocket; 2],
}

impl Place {
    /// An empty database. `None`: there is no PostgreSQL to test with, and the test says so.
    pub async fn new(engine: Engine) -> Option<Place> {
        let database = match engine {
            Engine::Sqlite => Some(TestDb::sqlite().unwrap()),
            Engine::Postgres => TestDb::postgres().await.unwrap(),
        };
        if database.is_none() {
            eprintln!("skipped: CSMS_TEST_PG names no PostgreSQL server");
        }
        Some(Place {
            database: database?,
            folder: tempfile::tempdir().unwrap(),
            settings: Vec::new(),
            ports: [port().unwrap(), port().unwrap()],
        })
    }

    /// With a setting, e.g. `ocpp.open_registration=true`.
    pub fn set(mut self, setting: &str) -> Place {
        self.settings.push(setting.to_owned());
        self
    }

    /// A path in the folder of this place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The executable with this place's settings, in this place's folder, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(self.folder.path());
        command.args(arguments).args(["--database", &self.database.config.url]);
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        command
    }

    /// Runs a command that is fed this text; gives its output.
    pub async fn feed(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        child.wait_with_output().await.unwrap()
    }

    /// Registers a tariff, a site, a station and an identifier, as a person would; gives the station's password.
    pub async fn furnish(&self, station: &str, token: &str) -> String {
        let added = self.feed(&["tariff", "add", "-", "--default"], TARIFF).await;
        assert!(added.status.success(), "{}", text(&added.stderr));
        self.done(&["site", "add", "Harbour", "--time-zone", "Europe/Berlin", "--tariff", "simple"]).await;
        self.done(&["token", "add", token, "--holder", "Ada"]).await;
        let told = self.done(&["station", "add", station, "--site", "harbour"]).await;
        let password =
            told.split_whitespace().find(|word| word.len() == 40).expect("the password is printed");
        password.to_owned()
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().await.unwrap()
    }

    /// Runs a command that must succeed; gives what it printed.
    pub async fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "csms {arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The rows behind the server's back.
    pub async fn db(&self) -> Db {
        self.database.open().await.unwrap()
    }

    /// Starts the server and waits until it listens.
    pub async fn serve(self) -> Csms {
        let ready_file = self.path("ready.json");
        let log = std::fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        let [ocpp, web] = self.ports.each_ref().map(|port| port.local_addr().unwrap().to_string());
        let mut command = self.command(&["serve", "--ocpp-listen", &ocpp, "--web-listen", &web]);
        command.arg("--ready-file").arg(&ready_file);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = String::new();
        let ready = async {
            while let Some(line) = stdout.next_line().await.unwrap() {
                banner += &(line.clone() + "\n");
                if line.starts_with("Ready.") {
                    return;
                }
            }
            panic!("csms ended early:\n{banner}\n{}", self.log());
        };
        timeout(START_WITHIN, ready).await.unwrap_or_else(|_| panic!("csms does not start:\n{}", self.log()));
        let ready: Ready = serde_json::from_slice(&std::fs::read(&ready_file).unwrap()).unwrap();
        Csms { child, stdout, ready, banner, place: self }
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Csms {
    /// An empty database and a server on it.
    pub async fn spawn(engine: Engine) -> Option<Csms> {
        Some(Place::new(engine).await?.serve().await)
    }

    /// Ends the process as a power cut would; the place stays.
    pub async fn kill(mut self) -> Place {
        self.child.kill().await.unwrap();
        self.place
    }

    /// Asks the process to end (SIGTERM) and waits; gives how it ended, and what it printed after the banner.
    pub async fn terminate(mut self) -> (Place, ExitStatus, String) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let end = async {
            let mut rest = String::new();
            while let Some(line) = self.stdout.next_line().await.unwrap() {
                rest += &(line + "\n");
            }
            (self.child.wait().await.unwrap(), rest)
        };
        let (status, rest) = timeout(END_WITHIN, end).await.expect("csms does not end");
        (self.place, status, rest)
    }

    /// An HTTP client with a cookie jar, as a browser has.
    pub fn browser(&self) -> reqwest::Client {
        let follow = reqwest::redirect::Policy::limited(5);
        reqwest::Client::builder().cookie_store(true).redirect(follow).build().unwrap()
    }

    /// An address of the console.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.ready.console_url)
    }
}

/// The executable without any setting of this machine.
pub fn bare(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_csms"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CSMS_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Another process, its database or a provider's fake is looked at so often: they tell nobody when they change.
pub const LOOKS_EVERY: Duration = Duration::from_millis(50);
/// Lost notifications are found within seconds, and a loaded machine may take its time.
pub const SEEN_WITHIN: Duration = Duration::from_secs(90);

/// Looks again and again until something is there. `None`: it was not within this time.
pub async fn within<T, F: Future<Output = Option<T>>>(
    deadline: Duration,
    mut look: impl FnMut() -> F,
) -> Option<T> {
    let seen = async {
        let mut turn = tokio::time::interval(LOOKS_EVERY);
        turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turn.tick().await;
            if let Some(seen) = look().await {
                return seen;
            }
        }
    };
    timeout(deadline, seen).await.ok()
}

/// Looks again and again until something is there, which must be soon.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl FnMut() -> F) -> T {
    within(SEEN_WITHIN, look).await.unwrap_or_else(|| panic!("not seen in time: {what}"))
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
