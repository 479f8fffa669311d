//! `csms webhook`: where events are posted to.

use super::{
    out,
    registry::{PAGE, Registry, confirm, missing, shown},
    settings::Flags,
    trouble::Trouble,
};
use csms::{
    event::{Feed, Wish},
    store::{
        Tx,
        hold::{Row, hold},
        webhooks::{self, WebhookRow},
    },
    webhook::{self, HookError},
};
use serde_json::json;

/// `csms webhook`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms webhook add office https://hooks.example/wattline --kinds session,station.booted
                                                   prints the secret, once
  csms webhook log 4611686018427387904             what was delivered, and what was not
  csms webhook ping 4611686018427387904            try the way
  csms webhook replay 4611686018427387904 --after 1200
  csms webhook rotate 4611686018427387904          a new secret; the old one signs beside it for a day

A running server sees what is changed here within a second. docs/webhooks.md tells what is posted.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Have events posted to an address from now on, and print the secret, once
    Add {
        /// For people
        name: String,
        /// https://…
        url: String,
        /// Kinds (station.booted) and areas (station), with commas between them [default: all]
        #[arg(long, default_value = "")]
        kinds: String,
        /// Only events of this station
        #[arg(long)]
        station: Option<String>,
        /// Events of money too
        #[arg(long)]
        money: bool,
    },
    /// List webhooks
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// What was delivered to a webhook, the newest first
    Log {
        /// Its number (csms webhook list)
        id: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Turn a webhook on; it goes on where it was
    On {
        /// Its number
        id: i64,
    },
    /// Turn a webhook off
    Off {
        /// Its number
        id: i64,
    },
    /// Have the way tried
    Ping {
        /// Its number
        id: i64,
    },
    /// Have events told again that it was told of already
    Replay {
        /// Its number
        id: i64,
        /// All after the event with this number; 0 = all that are kept
        #[arg(long, required_unless_present = "delivery", conflicts_with = "delivery")]
        after: Option<i64>,
        /// Only this line of its log
        #[arg(long)]
        delivery: Option<i64>,
    },
    /// Give a webhook a new secret and print it, once; the old one signs beside it for a while
    Rotate {
        /// Its number
        id: i64,
    },
    /// Remove a webhook, with its log
    Remove {
        /// Its number
        id: i64,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Add { name, url, kinds, station, money } => {
            let wish = Wish::new(&kinds, station, money).map_err(|fault| refused(&fault.into()))?;
            add(&registry, webhook::New { name, url, wish, by: "command line".to_owned() }).await
        }
        Command::List { json } => list(&registry, json).await,
        Command::Log { id, json } => log(&registry, id, json).await,
        Command::On { id } => switch(&registry, id, true).await,
        Command::Off { id } => switch(&registry, id, false).await,
        Command::Ping { id } => {
            let mut tx = registry.write().await?;
            let row = find(&mut tx, id).await?;
            webhook::ping(&mut tx, &registry.ids, row.id, registry.now()).await?;
            tx.commit().await?;
            out::print(&format!("The server tries it; csms webhook log {id} tells what came of it.\n"))
        }
        Command::Replay { id, after, delivery } => replay(&registry, id, after, delivery).await,
        Command::Rotate { id } => rotate(&registry, id).await,
        Command::Remove { id, yes } => remove(&registry, id, yes).await,
    }
}

fn refused(error: &HookError) -> Trouble {
    Trouble::new("The webhook cannot be kept.").why(error)
}

fn told(error: HookError) -> anyhow::Error {
    match error {
        HookError::Store(error) => error.into(),
        other => refused(&other).into(),
    }
}

async fn find(tx: &mut Tx, id: i64) -> anyhow::Result<WebhookRow> {
    Ok(webhooks::find(tx, id).await?.ok_or_else(|| missing("webhook", &id.to_string()))?)
}

async fn add(registry: &Registry, new: webhook::New) -> anyhow::Result<()> {
    // What has happened until now is numbered, so that it begins after it.
    Feed::default().turn(&registry.db).await?;
    let mut tx = registry.write().await?;
    let settings = &registry.config.webhooks;
    let row = webhook::make(&mut tx, &registry.ids, settings, new, registry.now()).await.map_err(told)?;
    tx.commit().await?;
    out::print(&format!("{}\n{}\n(the secret is shown only now)\n", row.id, row.secret))
}

fn state(row: &WebhookRow) -> String {
    match (row.state.as_str(), row.failures) {
        ("on", 0) => "on".to_owned(),
        ("on", failures) => format!("failing ({failures})"),
        _ => format!("off: {}", row.reason),
    }
}

async fn list(registry: &Registry, json: bool) -> anyhow::Result<()> {
    let mut found: Vec<WebhookRow> = Vec::new();
    let mut tx = registry.read().await?;
    loop {
        let page = webhooks::list(&mut tx, found.last().map(|row| row.id), PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    if json {
        let as_json = |row: &WebhookRow| {
            json!({ "id": row.id.to_string(), "name": row.name, "url": row.url, "kinds": row.kinds,
                    "station_id": row.station_id, "money": row.money == 1, "state": row.state, "reason": row.reason,
                    "failures": row.failures, "failing_since": row.failing_since,
                    "position": row.position.to_string() })
        };
        return out::json(&found.iter().map(as_json).collect::<Vec<_>>());
    }
    if found.is_empty() {
        return out::print("There is no webhook yet: csms webhook add NAME URL\n");
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|row| {
            let kinds = if row.kinds.is_empty() { "all".to_owned() } else { row.kinds.clone() };
            vec![row.id.to_string(), state(&row), row.name, kinds, row.url]
        })
        .collect();
    out::print(&out::table(&["NUMBER", "STATE", "NAME", "EVENTS", "ADDRESS"], &rows))
}

async fn log(registry: &Registry, id: i64, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let row = find(&mut tx, id).await?;
    let found = webhooks::log(&mut tx, row.id, None, None, PAGE).await?;
    if json {
        let lines: Vec<_> = found
            .iter()
            .map(|row| {
                json!({ "id": row.id.to_string(), "event_id": row.seq.to_string(), "kind": row.kind,
                        "state": row.state, "tries": row.tries, "tried_at": row.tried_at, "status": row.status,
                        "answer": row.answer, "trouble": row.trouble, "took_ms": row.took_ms })
            })
            .collect();
        return out::json(&lines);
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|row| {
            let event = if row.seq > 0 { row.seq.to_string() } else { String::new() };
            let status = if row.status > 0 { row.status.to_string() } else { String::new() };
            vec![
                row.id.to_string(),
                event,
                row.kind,
                row.state,
                row.tries.to_string(),
                shown(row.tried_at),
                status,
                row.trouble,
            ]
        })
        .collect();
    let head = ["NUMBER", "EVENT", "KIND", "STATE", "TRIES", "TRIED (UTC)", "STATUS", "TROUBLE"];
    out::print(&out::table(&head, &rows))
}

async fn switch(registry: &Registry, id: i64, on: bool) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    hold(&mut tx, Row::Webhook(id)).await?;
    let row = find(&mut tx, id).await?;
    let row = webhook::switch(row, on, "turned off on the command line", registry.now());
    webhooks::update(&mut tx, &row).await?;
    tx.commit().await?;
    out::print(&format!("The webhook {} is {}.\n", row.name, row.state))
}

async fn replay(
    registry: &Registry,
    id: i64,
    after: Option<i64>,
    delivery: Option<i64>,
) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let row = find(&mut tx, id).await?;
    let many = match delivery {
        None => webhook::replay(&mut tx, &row, after.unwrap_or(0)).await?,
        Some(number) => {
            let found = webhooks::delivery(&mut tx, number).await?.filter(|found| found.webhook_id == id);
            let found = found.ok_or_else(|| {
                Trouble::new(format!("The webhook has no delivery {number}."))
                    .mend(format!("csms webhook log {id} shows what there is"))
            })?;
            webhook::again(&mut tx, &registry.ids, &found, registry.now()).await?;
            1
        }
    };
    tx.commit().await?;
    out::print(&format!("{many} events are looked at again; those that it wants are told.\n"))
}

async fn rotate(registry: &Registry, id: i64) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let row = find(&mut tx, id).await?;
    let row = webhook::rotate(&mut tx, &registry.config.webhooks, row, registry.now()).await.map_err(told)?;
    tx.commit().await?;
    let until = shown(row.old_until);
    out::print(&format!("{}\n(shown only now; the old one signs beside it until {until} UTC)\n", row.secret))
}

async fn remove(registry: &Registry, id: i64, yes: bool) -> anyhow::Result<()> {
    let row = find(&mut registry.read().await?, id).await?;
    if !confirm(yes, &format!("Remove the webhook {} and its log?", row.name))? {
        return out::print("Nothing was changed.\n");
    }
    let mut tx = registry.write().await?;
    webhooks::delete(&mut tx, id).await?;
    tx.commit().await?;
    out::print(&format!("The webhook {} is removed.\n", row.name))
}
