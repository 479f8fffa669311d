//! `csms serve`: the central system.

mod metrics;
pub mod process;
pub mod ready;
pub mod server;

use super::{
    log, out,
    settings::{Flags, Settings, masked},
    user,
};
use process::Signals;
use server::Server;
use std::{path::PathBuf, process::ExitCode};

/// `csms serve`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms serve
  csms serve --config /etc/csms.toml
  csms serve --ocpp-listen 0.0.0.0:9000 --web-listen 127.0.0.1:8080
  csms serve --set ocpp.open_registration=true      let unknown stations in, to try things out

The first start makes the database and the account admin, and prints its password, once.
SIGTERM or SIGINT ends it in order: links are closed, what is queued is committed. A second
signal ends it at once; nothing that was acknowledged is lost.")]
pub struct Args {
    /// Where stations connect; port 0 = any free one (setting ocpp.listen)
    #[arg(long, value_name = "ADDRESS:PORT")]
    ocpp_listen: Option<String>,
    /// Where people open the console; port 0 = any free one (setting web.listen)
    #[arg(long, value_name = "ADDRESS:PORT")]
    web_listen: Option<String>,
    /// Write the addresses to this file, as JSON, once everything listens
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

/// Runs until it is asked to end.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<ExitCode> {
    let own = [("ocpp.listen", args.ocpp_listen), ("web.listen", args.web_listen)];
    let own: Vec<(&str, String)> = own.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let settings = Settings::load(flags, &own)?;
    log::start(&settings.config.log)?;
    process::raise_file_limit();
    let mut signals = Signals::listen()?;
    let database = masked(&settings.config.database.url);
    let mut server = Server::start(settings.config).await?;
    if let Some(path) = &args.ready_file {
        server.ready.write(path)?;
    }
    out::print(&banner(&server, &database))?;
    tracing::info!(ocpp = %server.ready.ocpp, web = %server.ready.web, database, "ready");
    let died = tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "ending");
            None
        }
        part = server.part_ended() => Some(part),
    };
    if let Some(part) = died {
        // Better to be started anew by the supervisor than to live on without it.
        anyhow::bail!("{part} ended by itself; see the log");
    }
    end(server, signals).await
}

/// Ends the server; a second signal ends it at once.
pub async fn end(server: Server, mut signals: Signals) -> anyhow::Result<ExitCode> {
    tokio::select! {
        sound = server.stop() => {
            tracing::info!("ended");
            Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        signal = signals.next() => {
            tracing::warn!(signal, "ended at once");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn banner(server: &Server, database: &str) -> String {
    let ready = &server.ready;
    let mut text = format!(
        "Wattline {}\n\n  Stations  {}/IDENTITY   (OCPP 1.6, 2.0.1, 2.1)\n  Console   {}\n  Database  {database}\n\n",
        env!("CARGO_PKG_VERSION"),
        ready.ocpp_url,
        ready.console_url
    );
    if let Some(password) = &server.first_password {
        text += &format!(
            "  Log in as {} with the password {password}\n  (shown only now; csms user passwd {} makes another)\n\n",
            user::FIRST,
            user::FIRST
        );
    }
    text + "Ready. Ctrl-C ends it.\n"
}
