//! `csms bench`: many virtual stations against a central system, ours or another, and what it takes.

use super::{
    out,
    registry::NODE,
    settings::{Flags, Settings},
    tariff::{Hand, put_at},
    trouble::Trouble,
};
use anyhow::Context;
use chrono::Utc;
use conformance::load::{self, ClosedLoop, LoadOptions, SteadyRate};
use csms::{
    clock::Clock,
    config::Database,
    id::Ids,
    link::auth::Vault,
    store::{
        Db,
        row::{StationRow, TokenRow},
        stations, tokens, versions,
    },
};
use ocpp::Version;
use serde::Deserialize;
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// Stations are called this and a number.
const PREFIX: &str = "BENCH";
/// Identifiers too.
const TOKEN_PREFIX: &str = "BENCH";
/// What charging costs in a run: prices are computed with every reading.
const TARIFF: &str = r#"{ "id": "bench", "currency": "EUR", "elements": [
    { "components": [ { "dimension": "energy", "price": "0.49", "vat": "19" },
                      { "dimension": "time", "price": "1.20", "vat": "19", "step_size": 60 } ] } ] }"#;
/// Rows written in one database transaction while the stage is set.
const SEED_CHUNK: usize = 1_000;

/// `csms bench`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms bench                                              a server of its own, on a temporary SQLite file
  csms bench --database postgres://u:p@localhost/bench    on PostgreSQL; the database should be empty
  csms bench --stations 19000 --active 200 --hold 10      memory of many idle connections first
  csms bench --rate 1000 --steady 30                      latency at a steady rate
  csms bench --url ws://127.0.0.1:9000/ocpp               another CSMS that lets BENCH-00001 … in

Phases, one after the other: all stations connect and boot (connect storm); they are held idle
(--hold); whole sessions as fast as answers come (--closed); whole sessions at a set rate (--steady).
Server figures are those of the process that listens on the port, if it runs on this machine.
Send load only where you may.")]
pub struct Args {
    /// The CSMS to measure [default: a server of its own, on this machine]
    #[arg(long, value_name = "WS-URL")]
    url: Option<String>,
    /// How many stations connect and boot
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=99_999))]
    stations: u32,
    /// How many of them charge [default: all]
    #[arg(long)]
    active: Option<u32>,
    /// Hold the connections idle for so many seconds and measure memory
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    hold: u64,
    /// Sessions as fast as answers come, for so many seconds; 0 = leave out
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    closed: u64,
    /// Sessions at the set rate, for so many seconds; 0 = leave out
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    steady: u64,
    /// Messages a second at the set rate, all stations together
    #[arg(long, default_value_t = 1_000)]
    rate: u32,
    /// Readings in each session
    #[arg(long, default_value_t = 8)]
    meter_values: u32,
    /// Each session begins with Authorize
    #[arg(long)]
    authorize: bool,
    /// Protocols spoken, in turn
    #[arg(long, value_delimiter = ',', default_value = "ocpp1.6,ocpp2.0.1,ocpp2.1",
          value_parser = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])]
    versions: Vec<String>,
    /// Stations that connect at the same time
    #[arg(long, default_value_t = 256)]
    connecting: u32,
    /// How long an answer may take, seconds
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    timeout: u64,
    /// Password of all stations, for --url
    #[arg(long, requires = "url")]
    password: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Runs it; fails if anything failed in the run.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<std::process::ExitCode> {
    super::serve::process::raise_file_limit();
    let (url, password, own) = match &args.url {
        Some(url) => (url.clone(), args.password.clone(), None),
        None => {
            let own = Own::start(flags, args.stations).await?;
            (own.url.clone(), Some(own.password.clone()), Some(own))
        }
    };
    let report = load::run(options(&args, &url, password.as_deref(), own.as_ref())).await;
    if let Some(own) = own {
        own.stop().await?;
    }
    let report = report.map_err(|error| {
        Trouble::new(format!("{url} cannot be measured."))
            .why(error)
            .mend("is it ws://HOST:PORT/PATH, without an identity?")
    })?;
    if args.json {
        out::json(&report)?;
    } else {
        out::print(&report.to_string())?;
    }
    Ok(if report.errors() == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE })
}

fn options(args: &Args, url: &str, password: Option<&str>, own: Option<&Own>) -> LoadOptions {
    let active = args.active.unwrap_or(args.stations).min(args.stations) as usize;
    let seconds = |seconds: u64| Some(Duration::from_secs(seconds)).filter(|time| !time.is_zero());
    LoadOptions {
        versions: args.versions.iter().filter_map(|name| Version::from_subprotocol(name)).collect(),
        token_prefix: TOKEN_PREFIX.into(),
        connecting: args.connecting.max(1) as usize,
        hold: seconds(args.hold),
        closed: seconds(args.closed).map(|duration| ClosedLoop { stations: active, duration }),
        steady: seconds(args.steady).map(|duration| SteadyRate {
            stations: active,
            per_second: args.rate,
            duration,
        }),
        meter_values: args.meter_values,
        authorize: args.authorize,
        timeout: Duration::from_secs(args.timeout.max(1)),
        server_pid: own.and_then(|own| own.child.id()),
        ..LoadOptions::new(url, PREFIX, args.stations as usize, password)
    }
}

/// A server of our own, in a process of its own, so that its CPU and memory are only its own.
struct Own {
    child: Child,
    url: String,
    password: String,
    _folder: tempfile::TempDir,
}

#[derive(Deserialize)]
struct Ready {
    ocpp_url: String,
}

impl Own {
    async fn start(flags: &Flags, count: u32) -> anyhow::Result<Own> {
        let folder = tempfile::Builder::new().prefix("csms-bench").tempdir()?;
        let plain = Settings::load(flags, &[])?;
        let mut database = plain.config.database.clone();
        if plain.is_default("database.url") {
            database.url = format!("sqlite:{}", folder.path().join("bench.db").display());
        }
        let password = seed(&database, count as usize).await?;
        let ready_file = folder.path().join("ready.json");
        let mut command = Command::new(std::env::current_exe().context("where this program is")?);
        command.arg("serve").arg("--ready-file").arg(&ready_file).args(["--database", &database.url]);
        command.args(["--ocpp-listen", "127.0.0.1:0", "--web-listen", "127.0.0.1:0"]);
        command.args(["--log-level", flags.log_level.as_deref().unwrap_or("warn")]);
        if let Some(config) = &flags.config {
            command.arg("--config").arg(config);
        }
        for set in &flags.set {
            command.args(["--set", set]);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let url = ready_url(&mut child, &ready_file).await?;
        Ok(Own { child, url, password, _folder: folder })
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(pid) =
            self.child.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?))
        {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        self.child.wait().await?;
        Ok(())
    }
}

async fn ready_url(child: &mut Child, ready_file: &Path) -> anyhow::Result<String> {
    let stdout = child.stdout.take().context("the server's output")?;
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if line.starts_with("Ready.") {
            let ready: Ready = serde_json::from_slice(&std::fs::read(ready_file)?)?;
            return Ok(ready.ocpp_url);
        }
    }
    Err(Trouble::new("The server to be measured did not start.").why("see above").into())
}

/// Registers the stations (one password for all, each sealed on its own) and the identifiers that are not there yet.
async fn seed(database: &Database, count: usize) -> anyhow::Result<String> {
    let db = Db::open(database).await.map_err(super::registry::unusable)?;
    let (vault, ids, now) = (Vault::open(&db, 1).await?, Ids::new(Clock::System, NODE), Utc::now());
    let password = Vault::generate()?;
    let mut tx = db.write().await?;
    let (tariff, hand) = (tariffs::Tariff::from_json(TARIFF)?, Hand { ids: &ids, now, by: "bench" });
    versions::publish(&mut tx, &tariff, None, "", &hand.change()).await?;
    put_at(&hand, &mut tx, (None, None), Some(&tariff.id), true).await?;
    tx.commit().await?;
    let numbers: Vec<usize> = (1..=count).collect();
    for chunk in numbers.chunks(SEED_CHUNK) {
        let mut tx = db.write().await?;
        for number in chunk {
            let (id, secret) = (format!("{PREFIX}-{number:05}"), vault.seal_generated(&password)?);
            if !stations::set_secret(&mut tx, &id, &secret).await? {
                stations::create(
                    &mut tx,
                    &StationRow { id, secret, created_at: now, ..StationRow::default() },
                )
                .await?;
            }
            let uid = format!("{TOKEN_PREFIX}{number:05}");
            if tokens::by_key(&mut tx, &uid).await?.is_empty() {
                tokens::create(&mut tx, &token(ids.next(), uid, now)).await?;
            }
        }
        tx.commit().await?;
    }
    db.close().await;
    Ok(password)
}

fn token(id: i64, uid: String, now: chrono::DateTime<Utc>) -> TokenRow {
    TokenRow {
        id,
        uid,
        kind: "ISO14443".into(),
        group_uid: None,
        holder: String::new(),
        language: String::new(),
        blocked: false,
        expires_at: None,
        concurrent: true,
        created_at: now,
        max_cost: String::new(),
        max_energy_wh: None,
        max_time_s: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn phases_of_no_length_are_left_out() {
        let line =
            ["bench", "--stations", "50", "--active", "80", "--closed", "0", "--steady", "3", "--rate", "7"];
        let options = options(&Line::parse_from(line).args, "ws://127.0.0.1:1/ocpp", Some("p"), None);
        assert_eq!(options.stations.len(), 50);
        assert_eq!((options.hold, options.closed), (None, None));
        let steady = SteadyRate { stations: 50, per_second: 7, duration: Duration::from_secs(3) };
        assert_eq!(options.steady, Some(steady), "more cannot charge than there are");
        assert_eq!(options.versions.len(), 3);
        assert_eq!(options.stations[49].id, "BENCH-00050");
    }
}
