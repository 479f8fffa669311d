//! `csms key`: the keys with which programs use the REST API.

use super::{
    out,
    registry::{PAGE, Registry, confirm, instant, missing, shown},
    settings::Flags,
    trouble::Trouble,
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::{self, NAME_MAX, Scope},
    link::auth::Vault,
    store::api_keys::{self, ApiKeyRow},
};
use serde_json::json;

/// `csms key`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms key create reports --scopes read            prints the key, once
  csms key create fleet --scopes read,command --expires 2027-12-31
  curl -H \"Authorization: Bearer $KEY\" https://SERVER/api/v1/stations
  csms key revoke 4611686018427387904              it is void at once

Scopes: read (all but money), command (have stations do something), config (change stations, sites, tokens, tariffs,
plans, firmware), money (whatever has to do with money; acts need command or config beside it), admin (users, keys,
webhooks).")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key and print it, once
    Create {
        /// Who uses it for what
        name: String,
        /// What it may do, e.g. read,command
        #[arg(long, default_value = "read")]
        scopes: String,
        /// Valid until then, e.g. 2027-12-31 [default: until it is revoked]
        #[arg(long, value_parser = instant)]
        expires: Option<DateTime<Utc>>,
    },
    /// List keys
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a key void
    Revoke {
        /// Its number (csms key list)
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
        Command::Create { name, scopes, expires } => create(&registry, name.trim(), &scopes, expires).await,
        Command::List { json } => list(&registry, json).await,
        Command::Revoke { id, yes } => revoke(&registry, id, yes).await,
    }
}

async fn create(
    registry: &Registry,
    name: &str,
    scopes: &str,
    expires: Option<DateTime<Utc>>,
) -> anyhow::Result<()> {
    let length = name.chars().count();
    if !(1..=NAME_MAX).contains(&length) || name.chars().any(char::is_control) {
        return Err(Trouble::new(format!("A name has 1 to {NAME_MAX} characters.")).into());
    }
    let wanted = Scope::parse_all(scopes).filter(|wanted| !wanted.is_empty()).ok_or_else(|| {
        Trouble::new(format!("{scopes:?} is no list of scopes."))
            .mend("name some of read, command, config, money, admin, with commas between them")
    })?;
    let now = registry.now();
    if expires.is_some_and(|until| until <= now) {
        return Err(Trouble::new("The key would have expired already.").into());
    }
    let vault = Vault::open(&registry.db, 1).await?;
    let (row, text) = api_key::make(&vault, &registry.ids, now, name, &wanted, expires, "command line")?;
    let mut tx = registry.write().await?;
    api_keys::create(&mut tx, &row).await?;
    tx.commit().await?;
    out::print(&format!("{text}\n(shown only now; it may: {})\n", row.scopes))
}

async fn list(registry: &Registry, json: bool) -> anyhow::Result<()> {
    let mut found: Vec<ApiKeyRow> = Vec::new();
    let mut tx = registry.read().await?;
    loop {
        let page = api_keys::list(&mut tx, found.last().map(|key| key.id), PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    if json {
        let as_json = |key: &ApiKeyRow| {
            json!({ "id": key.id.to_string(), "name": key.name, "scopes": key.scopes, "created_by": key.created_by,
                    "created_at": key.created_at, "expires_at": key.expires_at, "last_used_at": key.last_used_at,
                    "revoked_at": key.revoked_at })
        };
        return out::json(&found.iter().map(as_json).collect::<Vec<_>>());
    }
    if found.is_empty() {
        return out::print("There is no key yet: csms key create NAME\n");
    }
    let now = registry.now();
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|key| {
            let state = match () {
                () if key.revoked_at.is_some() => "revoked",
                () if !key.is_valid(now) => "expired",
                () => "valid",
            };
            let (until, used) = (shown(key.expires_at), shown(key.last_used_at));
            vec![key.id.to_string(), key.name, key.scopes, state.to_owned(), until, used]
        })
        .collect();
    out::print(&out::table(&["NUMBER", "NAME", "SCOPES", "STATE", "EXPIRES (UTC)", "LAST USED (UTC)"], &rows))
}

async fn revoke(registry: &Registry, id: i64, yes: bool) -> anyhow::Result<()> {
    let found = api_keys::find(&mut registry.read().await?, id).await?;
    let key = found.ok_or_else(|| missing("key", &id.to_string()))?;
    if !confirm(yes, &format!("Revoke the key {}? Programs that use it are locked out.", key.name))? {
        return out::print("Nothing was changed.\n");
    }
    let mut tx = registry.write().await?;
    api_keys::revoke(&mut tx, id, registry.now()).await?;
    tx.commit().await?;
    out::print(&format!("The key {} is void.\n", key.name))
}
