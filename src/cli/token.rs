//! `csms token`: the identifiers (cards, keys, contracts) that may charge.

use super::{
    out,
    registry::{BY, PAGE, Registry, confirm, instant, missing, shown, taken},
    settings::Flags,
    trouble::Trouble,
};
use chrono::{DateTime, Utc};
use csms::{
    event::list::{TokenChanged, TokenCreated, TokenRemoved},
    store::{Tx, row::TokenRow, tokens},
};
use serde_json::json;

/// Kinds of identifiers (2.x IdTokenEnumType); 1.6 does not tell the kind.
const KINDS: [&str; 9] =
    ["ISO14443", "ISO15693", "eMAID", "KeyCode", "Central", "Local", "MacAddress", "EVCCID", "VIN"];

/// `csms token`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms token add 04A1B2C3D4E5F6 --holder Ada
  csms token add 04A1B2C3D4E5F7 --holder Bob --group FLEET --expires 2027-12-31
  csms token block 04A1B2C3D4E5F6              a lost card
  csms token block 04A1B2C3D4E5F6 --undo       found again

Identifiers compare without regard to letter case.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Let an identifier charge
    Add(Add),
    /// List identifiers
    List {
        /// Only those with this text in identifier or holder
        text: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Block an identifier, or unblock it
    Block {
        /// The identifier
        uid: String,
        /// Unblock it
        #[arg(long)]
        undo: bool,
    },
    /// Forget an identifier; its sessions and bills stay
    Remove {
        /// The identifier
        uid: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The identifier, e.g. a card's number in hexadecimal digits
    uid: String,
    /// What it is
    #[arg(long, default_value = "ISO14443", value_parser = KINDS)]
    kind: String,
    /// Who holds it
    #[arg(long, default_value = "")]
    holder: String,
    /// Members of a group may end each other's sessions
    #[arg(long)]
    group: Option<String>,
    /// The holder's language, e.g. de
    #[arg(long, default_value = "")]
    language: String,
    /// Valid until then, e.g. 2027-12-31
    #[arg(long, value_parser = instant)]
    expires: Option<DateTime<Utc>>,
    /// May run more than one session at a time
    #[arg(long)]
    concurrent: bool,
    /// A session may cost so much, including tax, e.g. 50.00; told to stations that can keep to it (2.1), as are the others
    #[arg(long, value_parser = cost)]
    max_cost: Option<String>,
    /// A session may take so much energy, watt-hours
    #[arg(long, value_parser = limit)]
    max_energy_wh: Option<i64>,
    /// A session may last so long, seconds
    #[arg(long, value_parser = limit)]
    max_time_s: Option<i64>,
}

fn cost(text: &str) -> Result<String, &'static str> {
    let wrong = "a number above 0 with four decimals at most, e.g. 50.00";
    if tokens::is_cost(text) { Ok(text.to_owned()) } else { Err(wrong) }
}

fn limit(text: &str) -> Result<i64, &'static str> {
    text.parse().ok().filter(|limit| tokens::is_limit(*limit)).ok_or("a whole number above 0")
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Add(add) => register(&registry, add).await,
        Command::List { text, json } => list(&registry, text.unwrap_or_default(), json).await,
        Command::Block { uid, undo } => block(&registry, &uid, !undo).await,
        Command::Remove { uid, yes } => remove(&registry, &uid, yes).await,
    }
}

fn key(uid: &str) -> String {
    csms::model::Presented { uid: uid.to_owned(), kind: String::new() }.key()
}

async fn register(registry: &Registry, add: Add) -> anyhow::Result<()> {
    let uid = key(&add.uid);
    if uid.is_empty() || uid.chars().count() > 255 {
        return Err(Trouble::new("An identifier has 1 to 255 characters.").into());
    }
    let token = TokenRow {
        id: registry.ids.next(),
        uid: uid.clone(),
        kind: add.kind,
        group_uid: add.group.as_deref().map(key),
        holder: add.holder,
        language: add.language,
        blocked: false,
        expires_at: add.expires,
        concurrent: add.concurrent,
        created_at: registry.now(),
        max_cost: add.max_cost.unwrap_or_default(),
        max_energy_wh: add.max_energy_wh,
        max_time_s: add.max_time_s,
    };
    let mut tx = registry.write().await?;
    tokens::create(&mut tx, &token).await.map_err(|error| taken(error, "token", &uid))?;
    registry.tell(&mut tx, &TokenCreated { token_id: token.id.to_string(), by: BY.to_owned() }).await?;
    tx.commit().await?;
    let until = token.expires_at.map(|at| format!(" until {} UTC", shown(Some(at)))).unwrap_or_default();
    out::print(&format!("{uid} ({}) may charge{until}.\n", token.kind))
}

async fn list(registry: &Registry, text: String, json: bool) -> anyhow::Result<()> {
    let filter = tokens::Filter { text, ..tokens::Filter::default() };
    let mut found: Vec<TokenRow> = Vec::new();
    let mut tx = registry.read().await?;
    loop {
        let page = tokens::list(&mut tx, &filter, found.last().map(|token| token.id), PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    if json {
        return out::json(&found.iter().map(as_json).collect::<Vec<_>>());
    }
    if found.is_empty() {
        return out::print("No identifier may charge yet: csms token add IDENTIFIER\n");
    }
    let now = registry.now();
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|token| {
            let state = match () {
                () if token.blocked => "blocked",
                () if token.expires_at.is_some_and(|at| at <= now) => "expired",
                () => "valid",
            };
            let group = token.group_uid.unwrap_or_default();
            vec![token.uid, token.kind, state.to_owned(), token.holder, group, shown(token.expires_at)]
        })
        .collect();
    out::print(&out::table(&["IDENTIFIER", "KIND", "STATE", "HOLDER", "GROUP", "EXPIRES (UTC)"], &rows))
}

async fn all_kinds(tx: &mut Tx, uid: &str) -> anyhow::Result<Vec<TokenRow>> {
    let found = tokens::by_key(tx, &key(uid)).await?;
    if found.is_empty() { Err(missing("token", uid).into()) } else { Ok(found) }
}

async fn block(registry: &Registry, uid: &str, blocked: bool) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    for token in all_kinds(&mut tx, uid).await? {
        registry.tell(&mut tx, &TokenChanged { token_id: token.id.to_string(), by: BY.to_owned() }).await?;
        tokens::update(&mut tx, &TokenRow { blocked, ..token }).await?;
    }
    tx.commit().await?;
    let state = if blocked { "is blocked: it starts no session any more" } else { "may charge again" };
    out::print(&format!("{} {state}.\n", key(uid)))
}

async fn remove(registry: &Registry, uid: &str, yes: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let found = all_kinds(&mut tx, uid).await?;
    drop(tx);
    if !confirm(yes, &format!("Forget {}? Its sessions and bills stay.", key(uid)))? {
        return out::print("Nothing was changed.\n");
    }
    let mut tx = registry.write().await?;
    for token in found {
        tokens::delete(&mut tx, token.id).await?;
        registry.tell(&mut tx, &TokenRemoved { token_id: token.id.to_string(), by: BY.to_owned() }).await?;
    }
    tx.commit().await?;
    out::print(&format!("{} is forgotten.\n", key(uid)))
}

fn as_json(token: &TokenRow) -> serde_json::Value {
    json!({
        "uid": token.uid,
        "kind": token.kind,
        "group": token.group_uid,
        "holder": token.holder,
        "language": token.language,
        "blocked": token.blocked,
        "expires_at": token.expires_at,
        "concurrent": token.concurrent,
    })
}
