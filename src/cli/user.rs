//! `csms user`: the people who may log in to the console.

use super::{
    out,
    registry::{Registry, confirm, missing, password_from_stdin, shown, taken},
    settings::Flags,
    trouble::Trouble,
};
use csms::{
    account::{self, Changed, Hand, PASSWORD_CHARS_MIN},
    id::Ids,
    link::auth::Vault,
    store::{Tx, accounts, accounts::AccountRow},
};
use serde_json::json;

/// The account that the first start makes.
pub const FIRST: &str = "admin";

/// `csms user`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms user add ada --role operator       prints a password, once
  csms user passwd admin                  a new password; all logins of the account end
  csms user passwd admin --stdin < password.txt

Roles: a viewer looks, an operator also acts, an admin also keeps accounts.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add an account
    Add {
        /// The name to log in with
        name: String,
        /// What the account may do
        #[arg(long, default_value = "operator", value_parser = ["admin", "operator", "viewer"])]
        role: String,
        /// Take a password chosen by hand from standard input
        #[arg(long)]
        stdin: bool,
    },
    /// List accounts
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give an account a new password; its logins end
    Passwd {
        /// The account's name
        name: String,
        /// Take a password chosen by hand from standard input
        #[arg(long)]
        stdin: bool,
    },
    /// Remove an account; its logins end
    Remove {
        /// The account's name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Add { name, role, stdin } => add(&registry, &name, &role, stdin).await,
        Command::List { json } => list(&registry, json).await,
        Command::Passwd { name, stdin } => passwd(&registry, &name, stdin).await,
        Command::Remove { name, yes } => remove(&registry, &name, yes).await,
    }
}

/// Makes the first account if there is none at all. Returns its password, which nobody can find out later.
pub async fn first(
    tx: &mut Tx,
    ids: &Ids,
    now: chrono::DateTime<chrono::Utc>,
) -> anyhow::Result<Option<String>> {
    if !accounts::list(tx).await?.is_empty() {
        return Ok(None);
    }
    let password = Vault::generate()?;
    create(tx, ids, now, FIRST, "admin", &password).await?;
    Ok(Some(password))
}

/// Makes an account, or gives it this password if it is there.
pub async fn put(
    tx: &mut Tx,
    ids: &Ids,
    now: chrono::DateTime<chrono::Utc>,
    name: &str,
    role: &str,
    password: &str,
) -> anyhow::Result<()> {
    match accounts::by_name(tx, name).await? {
        Some(account) => {
            let kept = account::seal(password.to_owned()).await?;
            accounts::set_password(tx, account.id, &kept).await?;
            Ok(())
        }
        None => create(tx, ids, now, name, role, password).await,
    }
}

async fn create(
    tx: &mut Tx,
    ids: &Ids,
    now: chrono::DateTime<chrono::Utc>,
    name: &str,
    role: &str,
    password: &str,
) -> anyhow::Result<()> {
    let account = AccountRow {
        id: ids.next(),
        name: name.to_owned(),
        password: account::seal(password.to_owned()).await?,
        role: role.to_owned(),
        language: String::new(),
        created_at: now,
        last_login_at: None,
    };
    accounts::create(tx, &account).await.map_err(|error| taken(error, "user", name))
}

fn hand(registry: &Registry) -> Hand<'_> {
    Hand { ids: &registry.ids, now: registry.now(), by: "command line" }
}

fn chosen_or_generated(stdin: bool) -> anyhow::Result<(String, String)> {
    if stdin {
        return Ok((password_from_stdin(PASSWORD_CHARS_MIN)?, "with the password that you gave.".into()));
    }
    let password = Vault::generate()?;
    let told = format!("with the password {password} (shown only now).");
    Ok((password, told))
}

async fn add(registry: &Registry, name: &str, role: &str, stdin: bool) -> anyhow::Result<()> {
    if !account::is_name(name) {
        return Err(Trouble::new("A name has 1 to 64 characters, none of them a colon; names of parts of csms (grid, needs) are taken.").into());
    }
    let (password, told) = chosen_or_generated(stdin)?;
    let kept = account::seal(password).await?;
    let mut tx = registry.write().await?;
    account::add(&mut tx, hand(registry), name, role, kept)
        .await
        .map_err(|error| taken(error, "user", name))?;
    tx.commit().await?;
    out::print(&format!("{name} ({role}) logs in\n{told}\n"))
}

async fn list(registry: &Registry, json: bool) -> anyhow::Result<()> {
    let found = accounts::list(&mut registry.read().await?).await?;
    if json {
        let as_json = |account: &AccountRow| {
            json!({ "name": account.name, "role": account.role, "created_at": account.created_at,
                    "last_login_at": account.last_login_at })
        };
        return out::json(&found.iter().map(as_json).collect::<Vec<_>>());
    }
    if found.is_empty() {
        return out::print(
            "There is no account yet: the first csms serve makes one, or csms user add NAME\n",
        );
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|account| {
            vec![account.name, account.role, shown(Some(account.created_at)), shown(account.last_login_at)]
        })
        .collect();
    out::print(&out::table(&["NAME", "ROLE", "CREATED (UTC)", "LAST LOGIN (UTC)"], &rows))
}

async fn find(tx: &mut Tx, name: &str) -> anyhow::Result<AccountRow> {
    Ok(accounts::by_name(tx, name).await?.ok_or_else(|| missing("user", name))?)
}

async fn passwd(registry: &Registry, name: &str, stdin: bool) -> anyhow::Result<()> {
    find(&mut registry.read().await?, name).await?;
    let (password, told) = chosen_or_generated(stdin)?;
    let kept = account::seal(password).await?;
    let mut tx = registry.write().await?;
    let row = find(&mut tx, name).await?;
    account::set_password(&mut tx, hand(registry), row.id, &kept).await?;
    tx.commit().await?;
    out::print(&format!("{name} logs in from now on\n{told}\n"))
}

async fn remove(registry: &Registry, name: &str, yes: bool) -> anyhow::Result<()> {
    let row = find(&mut registry.read().await?, name).await?;
    if !confirm(yes, &format!("Remove the account {name}?"))? {
        return out::print("Nothing was changed.\n");
    }
    let mut tx = registry.write().await?;
    match account::remove(&mut tx, hand(registry), row.id).await? {
        Changed::Done(_) => {}
        Changed::Missing => return Err(missing("user", name).into()),
        Changed::LastAdmin => {
            return Err(Trouble::new(format!("{name} is the last admin."))
                .mend("add another one first")
                .into());
        }
    }
    tx.commit().await?;
    out::print(&format!("The account {name} is removed.\n"))
}
