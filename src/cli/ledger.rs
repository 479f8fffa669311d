//! `csms ledger`: is the ledger what it was, what stands where, and proofs for others.

use super::{
    audit::progress,
    out,
    registry::{Registry, missing},
    settings::Flags,
    trouble::Trouble,
};
use csms::{
    ledger::{LedgerError, balances_of, key, prove, tree, verify},
    store::ledger::{checkpoints, entries, leaves},
};
use payments::ledger::{Note, PortableProof, PublicKey, Subject};
use serde_json::json;
use std::{io::Read, path::PathBuf, process::ExitCode};

/// Balances that are listed.
const BALANCES_MAX: usize = 100_000;
/// A file of checkpoints, or of proofs, is no larger.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Leaves that one query of the export reads.
const PAGE: i64 = 1_000;

/// `csms ledger`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Compute everything anew from the rows, and name what is not as it was sealed
    #[command(after_help = "Examples:
  csms ledger verify                                     by the checkpoints that the database keeps
  csms ledger verify --checkpoint /mnt/safe/checkpoints  and by those that were published
  csms ledger verify --checkpoint note.txt --public-key 'wattline-ledger/1a2b…'

Only a checkpoint from outside shows that the whole ledger was rewritten and signed anew.

Exit code: 0 everything is as it was, 1 something is not.")]
    Verify {
        /// Published checkpoints: one signed note, or many one after the other, oldest first
        #[arg(long)]
        checkpoint: Vec<PathBuf>,
        /// The key that must have signed them; without it, the one of this installation
        #[arg(long)]
        public_key: Option<PublicKey>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// What each account stands at, debit positive
    Balances {
        /// Only accounts that begin like this, e.g. provider:
        #[arg(default_value = "")]
        account: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print proofs (JSON) that the entries of an order, or one entry, are in the sealed ledger
    Prove {
        /// The number of an order, or the id of an entry
        what: String,
    },
    /// Check proofs without a database
    #[command(after_help = "Exit code: 0 all proofs hold, 1 one does not.")]
    CheckProof {
        /// What `csms ledger prove` printed, or one proof of a receipt; - = standard input
        file: PathBuf,
        /// The public key of the ledger, from its operator (csms ledger key)
        #[arg(long)]
        public_key: PublicKey,
    },
    /// Print all that is sealed, one JSON object a line, and the newest checkpoint: for whoever checks it elsewhere
    Export,
    /// Print the public key that checkpoints are checked by
    Key,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Verify { checkpoint, public_key, json } => verify(flags, &checkpoint, public_key, json).await,
        Action::Balances { account, json } => balances(flags, &account, json).await,
        Action::Prove { what } => prove(flags, &what).await,
        Action::CheckProof { file, public_key } => check_proof(&file, &public_key),
        Action::Export => export(flags).await,
        Action::Key => {
            let registry = Registry::open(flags).await?;
            out::print(&format!("{}\n", own_key(&registry).await?))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn own_key(registry: &Registry) -> anyhow::Result<PublicKey> {
    Ok(key::load(&registry.db, &registry.config.ledger).await?.public().clone())
}

fn read(file: &PathBuf) -> Result<String, Trouble> {
    let failed = |why: String| Trouble::new(format!("{} cannot be read.", file.display())).why(why);
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().take(FILE_BYTES_MAX + 1).read_to_string(&mut text)
    } else {
        let opened = std::fs::File::open(file).map_err(|error| failed(error.to_string()))?;
        opened.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)
    };
    read.map_err(|error| failed(error.to_string()))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(failed("it is larger than 64 MiB".to_owned()));
    }
    Ok(text)
}

async fn verify(
    flags: &Flags,
    files: &[PathBuf],
    public_key: Option<PublicKey>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let mut outside = Vec::new();
    for file in files {
        let notes = Note::read_all(&read(file)?)
            .map_err(|fault| Trouble::new(format!("{} holds no checkpoints.", file.display())).why(fault))?;
        outside.extend(notes);
    }
    let registry = Registry::open(flags).await?;
    let key = match public_key {
        Some(key) => key,
        None => own_key(&registry).await?,
    };
    let told = |done| progress(&format!("{done} leaves verified"));
    let done = verify::all(&registry.db, &key, &outside, told).await?;
    progress("");
    if json {
        out::json(&done)?;
    } else {
        let mut text = format!(
            "{} leaves ({} entries, {} records), {} checkpoints kept, {} of {} published ones hold.\n",
            done.leaves,
            done.entries,
            done.records,
            done.checkpoints,
            done.outside,
            outside.len()
        );
        if done.unsealed > 0 {
            text += &format!("{} are not sealed yet.\n", done.unsealed);
        }
        if outside.is_empty() {
            text += "No published checkpoint was given: a ledger that was rewritten whole would look like this too.\n";
        } else if done.uncovered > 0 {
            text += &format!("{} leaves are newer than the newest published checkpoint.\n", done.uncovered);
        }
        for fault in &done.faults {
            text += &format!("  {fault}\n");
        }
        text += &match done.faults.first() {
            None => "Everything is as it was sealed, and the books are right.\n".to_owned(),
            Some(first) => format!("The ledger is not what it was. The first that is wrong: {first}\n"),
        };
        out::print(&text)?;
    }
    Ok(if done.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn balances(flags: &Flags, account: &str, json: bool) -> anyhow::Result<ExitCode> {
    let registry = Registry::open(flags).await?;
    let rows = balances_of(&mut registry.read().await?, account, BALANCES_MAX).await?;
    let amount = |minor: i64, currency: &str| match currency.parse() {
        Ok(currency) => payments::Amount::new(minor, currency).decimal().to_string(),
        Err(_) => minor.to_string(),
    };
    if json {
        let of = |row: &csms::store::ledger::BalanceRow| {
            json!({"account": row.account, "currency": row.currency, "posted_minor": row.posted_minor,
                   "pending_minor": row.pending_minor})
        };
        out::json(&rows.iter().map(of).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let cells = |row: &csms::store::ledger::BalanceRow| {
        vec![
            row.account.clone(),
            amount(row.posted_minor, &row.currency),
            amount(row.pending_minor, &row.currency),
            row.currency.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    out::print(&out::table(&["ACCOUNT", "POSTED", "PENDING", "CURRENCY"], &rows))?;
    Ok(ExitCode::SUCCESS)
}

async fn prove(flags: &Flags, what: &str) -> anyhow::Result<ExitCode> {
    let registry = Registry::open(flags).await?;
    let mut tx = registry.read().await?;
    let wanted: Vec<i64> = match entries::order_by_number(&mut tx, what).await? {
        Some(order) => entries::of_order(&mut tx, order).await?.into_iter().map(|row| row.id).collect(),
        None => match what.parse() {
            Ok(id) if entries::find(&mut tx, id).await?.is_some() => vec![id],
            _ => return Err(Trouble::new(format!("There is no order and no entry {what}.")).into()),
        },
    };
    if wanted.is_empty() {
        return Err(missing("entry of the order", what).into());
    }
    let mut proofs = Vec::new();
    for id in wanted {
        let Some(proof) = prove::prove(&mut tx, id).await? else {
            return Err(Trouble::new(format!("The entry {id} cannot be proved yet."))
                .why("no checkpoint covers it")
                .mend("wait for a minute (ledger.checkpoint_every_s) while csms serve runs")
                .into());
        };
        proofs.push(proof);
    }
    out::json(&proofs)?;
    Ok(ExitCode::SUCCESS)
}

fn check_proof(file: &PathBuf, key: &PublicKey) -> anyhow::Result<ExitCode> {
    let text = read(file)?;
    let proofs: Vec<PortableProof> = serde_json::from_str(&text)
        .or_else(|_| serde_json::from_str::<PortableProof>(&text).map(|proof| vec![proof]))
        .map_err(|error| Trouble::new(format!("{} holds no proof.", file.display())).why(error))?;
    let mut sound = !proofs.is_empty();
    let mut text = String::new();
    for proof in &proofs {
        let what = match &proof.subject {
            Subject::Entry(entry) => format!("entry {} ({})", entry.id, entry.key),
            Subject::Record(record) => format!("{} {} ({})", record.kind, record.id, record.subject),
        };
        match proof.check(key) {
            Ok(checkpoint) => {
                text += &format!(
                    "{what} is leaf {} of the ledger {} with {} leaves.\n",
                    proof.index, checkpoint.origin, checkpoint.size
                );
            }
            Err(fault) => {
                sound = false;
                text += &format!("{what}: {fault}\n");
            }
        }
    }
    text += if sound { "All proofs hold.\n" } else { "This proves nothing.\n" };
    out::print(&text)?;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn export(flags: &Flags) -> anyhow::Result<ExitCode> {
    let registry = Registry::open(flags).await?;
    let mut tx = registry.read().await?;
    leaves::one_moment(&mut tx).await?;
    let size = leaves::size(&mut tx).await?;
    let mut from = 0;
    while from < size {
        let to = size.min(from + PAGE);
        let mut text = String::new();
        for (index, subject) in tree::subjects(&mut tx, from, to).await? {
            text += &(json!({"index": index, "subject": subject}).to_string() + "\n");
        }
        out::print(&text)?;
        from = to;
    }
    let mut above = 0;
    loop {
        let page = checkpoints::above(&mut tx, above, PAGE).await?;
        let Some(last) = page.last() else { break };
        above = last.size;
        let text: String =
            page.iter().map(|row| json!({"checkpoint": row.note}).to_string() + "\n").collect();
        out::print(&text)?;
    }
    if let Some((_, note)) =
        prove::newest(&mut tx).await.map_err(|error: LedgerError| anyhow::anyhow!(error))?
    {
        out::print(&(json!({"newest": note.as_str()}).to_string() + "\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}
