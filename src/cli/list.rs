//! `csms list`: whom stations know themselves (local authorization lists). The server brings the stations there.

use super::{
    out,
    registry::{Registry, missing, shown},
    settings::Flags,
    site,
    trouble::Trouble,
};
use csms::{
    desired,
    locallist::{self, LIST_MAX, Rule, RuleError, Scope},
    model::Presented,
    store::{lists, sites, tokens},
};

/// Who acts, in rows.
const BY: &str = "command line";

/// `csms list`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms list rule all                            every station knows whoever may charge
  csms list rule marked --site Harbour          the stations of a site know those that are marked
  csms list rule none --station HALL-7          an empty list
  csms list rule unset --station HALL-7         what counts for its site, or for all
  csms list mark 04A1B2C3
  csms list show HALL-7

The server tells the stations, within a minute; it must use the same database.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say who is on the lists of all stations, of a site, or of one station
    Rule {
        /// Who: whoever may charge, those that are marked, nobody; or nothing of its own
        #[arg(value_parser = ["all", "marked", "none", "unset"])]
        rule: String,
        /// The site's number or name
        #[arg(long, conflicts_with = "station")]
        site: Option<String>,
        #[arg(long)]
        station: Option<String>,
    },
    /// List the rules there are
    Rules,
    /// How it stands with the list of a station
    Show { station: String },
    /// Mark an identifier for lists
    Mark { token: String },
    /// An identifier is no longer marked
    Unmark { token: String },
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Rule { rule, site, station } => set(&registry, &rule, site, station).await,
        Command::Rules => rules(&registry).await,
        Command::Show { station } => show(&registry, &station).await,
        Command::Mark { token } => mark(&registry, &token, true).await,
        Command::Unmark { token } => mark(&registry, &token, false).await,
    }
}

async fn set(
    registry: &Registry,
    word: &str,
    site: Option<String>,
    station: Option<String>,
) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let scope = match (site, station) {
        (Some(wanted), _) => Scope::Site(site::find(&mut tx, &wanted).await?.id),
        (None, Some(station)) => Scope::Station(station),
        (None, None) => Scope::Fleet,
    };
    match locallist::set(&mut tx, &scope, Rule::of(word), BY, registry.now()).await {
        Ok(()) => {}
        Err(RuleError::Unknown(what, name)) => return Err(missing(what, &name).into()),
        Err(RuleError::Store(error)) => return Err(error.into()),
    }
    tx.commit().await?;
    out::print("Kept. The server tells the stations within a minute.\n")
}

async fn rules(registry: &Registry) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let mut rows = Vec::new();
    for row in lists::rules(&mut tx).await? {
        let name = match (row.scope.as_str(), row.subject.parse()) {
            ("site", Ok(id)) => sites::find(&mut tx, id).await?.map(|site| site.name).unwrap_or_default(),
            _ => String::new(),
        };
        rows.push(vec![row.scope, row.subject, name, row.rule, row.changed_by, shown(Some(row.changed_at))]);
    }
    if rows.is_empty() {
        return out::print("Nobody says who is on lists; csms list rule does.\n");
    }
    out::print(&out::table(&["FOR", "WHICH", "NAME", "LISTED", "BY", "SINCE"], &rows))
}

async fn show(registry: &Registry, station: &str) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let Some(standing) = locallist::standing(&mut tx, station).await? else {
        return Err(missing("station", station).into());
    };
    let Some((row, rule)) = standing.rule else {
        return out::print("Nobody says who is to be listed there; csms list rule does.\n");
    };
    let mut text = format!("Rule: {} (of the {})\n", rule.word(), row.scope);
    if let Some(wanted) = standing.wanted {
        text += &format!("Version {} with {} entries", wanted.version, wanted.listed);
        if wanted.left_out > 0 {
            text += &format!("; {} are left out: the station, or a list, takes no more", wanted.left_out);
        }
        text += ".\n";
    }
    match standing.wish {
        Some(wish) => {
            let known = |version: Option<String>| version.unwrap_or_else(|| "not known".to_owned());
            let state = desired::state(&wish, true).word();
            let (accepted, told) = (known(wish.acknowledged), known(wish.reported));
            text += &format!("State: {state}; accepted {accepted}, told {told}.\n");
            if !wish.trouble.is_empty() {
                text += &format!("Trouble: {}\n", wish.trouble);
            }
        }
        None => text += &format!("The server has not looked yet. A list has at most {LIST_MAX} entries.\n"),
    }
    out::print(&text)
}

async fn mark(registry: &Registry, text: &str, marked: bool) -> anyhow::Result<()> {
    let key = Presented { uid: text.to_owned(), kind: String::new() }.key();
    let mut tx = registry.write().await?;
    let found = tokens::by_key(&mut tx, &key).await?;
    if found.is_empty() {
        return Err(Trouble::new(format!("There is no identifier {text}.")).mend("csms token list").into());
    }
    for token in found {
        lists::mark(&mut tx, token.id, marked).await?;
    }
    tx.commit().await?;
    out::print(if marked { "It is marked for lists.\n" } else { "It is not marked any more.\n" })
}
