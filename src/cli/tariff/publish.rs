//! `csms tariff add`, `versions`, `withdraw`, `remove`: what a tariff says, from when on.

use super::{assign, files::Source, hand, show};
use crate::cli::{
    out,
    registry::{PAGE, Registry, confirm, missing, shown, since},
    trouble::Trouble,
};
use chrono::{DateTime, Utc};
use csms::store::{
    Tx,
    tariffs::{self as rows, Removed},
    versions::{self, BEGINNING, Published, Refusal, VersionRow, Withdrawn},
};

/// Why a version was made is a sentence.
const NOTE_CHARS_MAX: usize = 500;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a tariff from a JSON file, or a new version of the one with the same id
    Add(Add),
    /// List the versions of a tariff, the newest first
    Versions {
        /// The tariff's id
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Withdraw a version that is not active yet
    Withdraw {
        /// The tariff's id
        id: String,
        /// The version's number (csms tariff versions)
        version: i64,
    },
    /// Remove a tariff that is not assigned any more; sessions keep the one they started with
    Remove {
        /// Its id
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
pub struct Add {
    #[command(flatten)]
    source: Source,
    /// It counts for sessions that start at or after this, e.g. 2027-01-01 (UTC) or 2027-01-01T00:00:00+01:00
    /// [default: now; a tariff's first version: always]
    #[arg(long, value_name = "INSTANT", value_parser = since)]
    from: Option<DateTime<Utc>>,
    /// Why, for whoever looks at the versions later
    #[arg(long, default_value = "")]
    note: String,
    /// The tariff counts where no other is assigned
    #[arg(long)]
    default: bool,
}

/// Runs it.
pub async fn run(registry: &Registry, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(wish) => add(registry, wish).await,
        Command::Versions { id, json } => list(registry, &id, json).await,
        Command::Withdraw { id, version } => withdraw(registry, &id, version).await,
        Command::Remove { id, yes } => remove(registry, &id, yes).await,
    }
}

async fn add(registry: &Registry, wish: Add) -> anyhow::Result<()> {
    let refused = || Trouble::new(format!("The tariff in {} cannot be used.", wish.source.file.display()));
    if wish.note.chars().count() > NOTE_CHARS_MAX {
        return Err(refused().why(format!("the note has more than {NOTE_CHARS_MAX} characters")).into());
    }
    let tariff = wish.source.load()?.tariff;
    let problems = tariff.check();
    if !problems.is_empty() {
        return Err(problems.iter().fold(refused(), |trouble, problem| trouble.why(problem)).into());
    }
    let mut tx = registry.write().await?;
    let published =
        versions::publish(&mut tx, &tariff, wish.from, &wish.note, &hand(registry).change()).await?;
    let told = match published {
        Published::Added { version, replaced } => {
            let replaced =
                replaced.map(|number| format!(", in place of version {number}")).unwrap_or_default();
            format!("{} counts {}{replaced}.\n", named(&version), counts(&version, registry.now()))
        }
        Published::Unchanged(version) => {
            format!(
                "Nothing to do: version {} says the same, and counts {}.\n",
                version.version,
                counts(&version, registry.now())
            )
        }
        Published::Refused(why) => return Err(refusal(refused(), &tariff.id, &why).into()),
    };
    let default =
        if wish.default { assign::everywhere(registry, &mut tx, &tariff.id).await? } else { String::new() };
    tx.commit().await?;
    out::print(&format!("{told}{default}\n{}", show::words(&tariff)))
}

fn refusal(trouble: Trouble, id: &str, why: &Refusal) -> Trouble {
    let other = "give the tariff another id and assign that one";
    match why {
        Refusal::Currency(code) => {
            trouble.why(format!("the other versions of {id} are in {code}")).mend(other)
        }
        Refusal::Kind(kind) => {
            let kind = if kind.is_empty() { "none" } else { kind };
            trouble.why(format!("the kind of the other versions of {id} is {kind}")).mend(other)
        }
        Refusal::Offered(version) => trouble
            .why(format!("version {version} of {id} is what was offered then, and that stays as it was"))
            .mend("let it count from a later instant (--from), or from now on (without --from)"),
    }
}

fn named(version: &VersionRow) -> String {
    format!("Version {} of the tariff {}", version.version, version.tariff_id)
}

/// From when on, as the end of a sentence.
pub fn counts(version: &VersionRow, now: DateTime<Utc>) -> String {
    match version.active_from {
        from if from == BEGINNING => "from the beginning".to_owned(),
        from if from <= now => format!("from now on ({} UTC)", shown(Some(from))),
        from => format!("for sessions that start at {} UTC or later", shown(Some(from))),
    }
}

async fn all(tx: &mut Tx, id: &str) -> anyhow::Result<Vec<VersionRow>> {
    rows::find(tx, id).await?.ok_or_else(|| missing("tariff", id))?;
    let mut found: Vec<VersionRow> = Vec::new();
    loop {
        let before = found.last().map(|row| row.version);
        let page = versions::list(tx, id, before, PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            return Ok(found);
        }
    }
}

async fn list(registry: &Registry, id: &str, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let found = all(&mut tx, id).await?;
    let active = versions::active(&mut tx, id, registry.now()).await?.map(|row| row.version);
    let state = |row: &VersionRow| match (row.withdrawn_at, active) {
        (Some(_), _) => "withdrawn",
        (None, Some(active)) if active == row.version => "active",
        (None, _) if row.active_from > registry.now() => "to come",
        (None, _) => "past",
    };
    if json {
        let as_json = |row: &VersionRow| {
            serde_json::json!({
                "version": row.version, "active_from": row.active_from, "state": state(row), "note": row.note,
                "created_by": row.created_by, "created_at": row.created_at, "withdrawn_at": row.withdrawn_at,
            })
        };
        return out::json(&found.iter().map(as_json).collect::<Vec<_>>());
    }
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|row| {
            let from = if row.active_from == BEGINNING {
                "the beginning".to_owned()
            } else {
                shown(Some(row.active_from))
            };
            vec![
                row.version.to_string(),
                from,
                state(row).to_owned(),
                shown(Some(row.created_at)),
                row.note.clone(),
            ]
        })
        .collect();
    out::print(&out::table(&["VERSION", "FROM (UTC)", "", "MADE (UTC)", "NOTE"], &rows))
}

async fn withdraw(registry: &Registry, id: &str, version: i64) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    rows::find(&mut tx, id).await?.ok_or_else(|| missing("tariff", id))?;
    match versions::withdraw(&mut tx, id, version, &hand(registry).change()).await? {
        Withdrawn::Done(row) => {
            tx.commit().await?;
            let before = "what counts before it goes on";
            out::print(&format!("{} is withdrawn; {before}.\n", named(&row)))
        }
        Withdrawn::Active(row) => Err(Trouble::new(format!("{} cannot be withdrawn.", named(&row)))
            .why("it is active, or will be within half a minute: sessions may have started with it")
            .mend("publish another version (csms tariff add FILE)")
            .into()),
        Withdrawn::Missing => {
            Err(Trouble::new(format!("The tariff {id} has no version {version} to withdraw."))
                .mend(format!("csms tariff versions {id} shows what there is"))
                .into())
        }
    }
}

async fn remove(registry: &Registry, id: &str, yes: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    rows::find(&mut tx, id).await?.ok_or_else(|| missing("tariff", id))?;
    drop(tx);
    if !confirm(yes, &format!("Remove the tariff {id} with all its versions?"))? {
        return out::print("Nothing was changed.\n");
    }
    let mut tx = registry.write().await?;
    match rows::delete(&mut tx, id, &hand(registry).change()).await? {
        Removed::Done => {}
        Removed::Missing => return Err(missing("tariff", id).into()),
        Removed::Assigned(row) => {
            return Err(Trouble::new(format!("The tariff {id} cannot be removed."))
                .why(format!("it is assigned {}", assign::sentence(&mut tx, &row).await?))
                .mend(format!(
                    "end that first (csms tariff unassign {}), or assign another one there",
                    row.id
                ))
                .into());
        }
    }
    tx.commit().await?;
    out::print(&format!("The tariff {id} is removed; sessions keep the one they started with.\n"))
}
