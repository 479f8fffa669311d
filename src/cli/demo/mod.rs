//! `csms demo`: the whole system with a ready site and a virtual fleet that charges, to look around.

mod seed;

use super::{
    log, out,
    serve::{end, process, process::Signals, server::Server},
    settings::{Flags, Settings},
    user,
};
use conformance::fleet::{Fleet, FleetOptions};
use csms::{
    config::{Config, PayAccount},
    link::auth::Vault,
    pay,
};
use payments::provider::{Setup, sandbox};
use std::{net::SocketAddr, path::Path, process::ExitCode, time::Duration};

/// Where the demo keeps its data.
const DATABASE: &str = "sqlite:data/demo.db";
/// The account of the demo.
const ACCOUNT: &str = "demo";

/// `csms demo`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms demo                                      keeps its data in data/demo.db
  csms demo --ephemeral                          leaves nothing behind
  csms demo --database postgres://u:p@db/demo    on a PostgreSQL database of its own

Both ports listen on this machine only. Three sites with 24 virtual stations of OCPP 1.6, 2.0.1 and
2.1 live through the last hours first and go on in real time. A real station can join: register it
in the console, or with csms station add --database sqlite:data/demo.db. Drivers pay with a simulated
provider, whose books are at /sandbox, unless the settings have accounts at others.")]
pub struct Args {
    /// Keep the data in a temporary folder that goes away at the end
    #[arg(long)]
    ephemeral: bool,
    /// Decides who charges when: the same seed, the same story
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How many hours the fleet has lived before the console opens
    #[arg(long, default_value_t = 6, value_name = "HOURS", value_parser = clap::value_parser!(u64).range(0..=48))]
    history: u64,
    /// Nothing goes wrong: no lost connections, no reboots, no messages sent twice
    #[arg(long)]
    no_mishaps: bool,
}

/// Runs until it is asked to end.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<ExitCode> {
    let folder = if args.ephemeral { Some(tempfile::tempdir()?) } else { None };
    let mut flags = flags.clone();
    if flags.log_level.is_none() {
        // The console is the show; standard output is for its address.
        flags.log_level = Some("warn".into());
    }
    let mut config = config(&flags, folder.as_ref().map(tempfile::TempDir::path)).await?;
    if config.pay.accounts.is_empty() {
        // Drivers can pay, with a provider that moves no real money.
        let setup = Setup::Sandbox(sandbox::Settings::default());
        let name = "sandbox".to_owned();
        config.pay.accounts.push(PayAccount { name, least: None, most: None, setup });
    }
    log::start(&config.log)?;
    process::raise_file_limit();
    let mut signals = Signals::listen()?;
    let server = Server::start(config).await?;
    let app = &server.app;

    let vault = Vault::open(&app.db, 1).await?;
    let world = seed::seed(&app.db, &app.ids, &vault, app.clock.now()).await?;
    app.catalog.reload(&app.db, app.clock.now()).await?;
    let password = Vault::generate()?;
    let mut tx = app.db.write().await?;
    user::put(&mut tx, &app.ids, app.clock.now(), ACCOUNT, "admin", &password).await?;
    tx.commit().await?;

    // One that the fleet leaves free comes first; at the others somebody who wants to pay waits his turn.
    let mut pay_url = String::new();
    let free = world.pay_at.first().cloned();
    for station in &world.pay_at {
        for code in pay::sticker_codes(app, &station.as_str().into(), &[1]).await? {
            let console = &server.ready.console_url;
            let whose =
                if Some(station) == free.as_ref() { "kept free for you" } else { "the fleet comes too" };
            pay_url += &format!("  Pay       {console}/p/{} (simulated, at {station}; {whose})\n", code.code);
        }
    }

    let fleet = Fleet::start(FleetOptions {
        stations: world.stations,
        quiet: free.into_iter().collect(),
        tokens: world.tokens,
        history: Duration::from_secs(args.history * 3600),
        mishaps: !args.no_mishaps,
        ..FleetOptions::new(&server.ready.ocpp_url, args.seed, 0)
    });
    out::print(&format!(
        "Wattline {} demo: three sites, 24 virtual stations, people who charge\n\n  Console   {}\n  \
         Log in    {ACCOUNT}\n  Password  {password}\n{pay_url}  Stations  {}/IDENTITY\n\nReady. Ctrl-C ends it.\n",
        env!("CARGO_PKG_VERSION"),
        server.ready.console_url,
        server.ready.ocpp_url,
    ))?;
    signals.next().await;
    out::print("Ending.\n")?;
    fleet.stop().await;
    end(server, signals).await
}

/// The settings in force, with the demo's own where nobody has set another: its database, and ports of this machine
/// only, others if those are taken.
async fn config(flags: &Flags, folder: Option<&Path>) -> anyhow::Result<Config> {
    let plain = Settings::load(flags, &[])?;
    let mut own = Vec::new();
    if let Some(folder) = folder {
        own.push(("database.url", format!("sqlite:{}", folder.join("demo.db").display())));
    } else if plain.is_default("database.url") {
        own.push(("database.url", DATABASE.to_owned()));
    }
    for (key, at) in [("ocpp.listen", plain.config.ocpp.listen), ("web.listen", plain.config.web.listen)] {
        if plain.is_default(key) {
            own.push((key, free_here(at.port()).await.to_string()));
        }
    }
    Ok(Settings::load(flags, &own)?.config)
}

/// This port on the loopback, or any free one if another program has it.
async fn free_here(port: u16) -> SocketAddr {
    let wanted = SocketAddr::from(([127, 0, 0, 1], port));
    match tokio::net::TcpListener::bind(wanted).await {
        Ok(_) => wanted,
        Err(_) => SocketAddr::from(([127, 0, 0, 1], 0)),
    }
}
