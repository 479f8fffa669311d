//! What is said of a site: limits from outside, measurements of other loads, needs of sessions.

use super::planned;
use crate::cli::{
    out,
    registry::{Registry, confirm, missing},
    trouble::Trouble,
};
use chrono::{DateTime, Utc};
use csms::{
    grid::{
        amps::{Amps, PhaseAmps},
        limit::{self, LimitError, LimitWish},
        said::{self, SaidError},
    },
    store::grid,
};

/// `csms grid limit`
#[derive(Debug, clap::Subcommand)]
pub enum Limit {
    /// Add a limit on all that flows through a node, other loads included
    Add(AddLimit),
    /// List the limits that hold or will
    List {
        /// The site's number or name
        site: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a limit back
    Remove {
        /// The site's number or name
        site: String,
        /// The limit's number (csms grid limit list)
        limit: i64,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
#[group(id = "most", required = true, multiple = false)]
pub struct Most {
    /// On each phase, in A: 32, or 32,32,16
    #[arg(long, group = "most")]
    amps: Option<PhaseAmps>,
    /// Over all phases, in W
    #[arg(long, group = "most", value_parser = clap::value_parser!(i64).range(0..=10_000_000_000))]
    watts: Option<i64>,
}

#[derive(Debug, clap::Args)]
pub struct AddLimit {
    /// The site's number or name
    site: String,
    /// The node's name
    node: String,
    #[command(flatten)]
    most: Most,
    /// From when, e.g. 2026-03-02T17:00:00Z [default: now]
    #[arg(long)]
    from: Option<DateTime<Utc>>,
    /// Until when [default: until it is taken back]
    #[arg(long)]
    until: Option<DateTime<Utc>>,
    /// Who limits
    #[arg(long, value_enum, default_value = "operator")]
    source: Source,
    /// In words: who says so, or why
    #[arg(long, default_value = "")]
    note: String,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Source {
    /// The grid operator
    GridOperator,
    /// A signal with a start and an end
    Signal,
    /// A contract, or a price of power
    Price,
    /// A person
    Operator,
}

/// `csms grid load`
#[derive(Debug, clap::Subcommand)]
pub enum Load {
    /// Tell what the other loads directly at a node take now
    Set {
        /// The site's number or name
        site: String,
        /// The node's name
        node: String,
        /// In A: one for all phases, or 12,10.5,8
        amps: PhaseAmps,
        /// When it was measured [default: now]
        #[arg(long)]
        at: Option<DateTime<Utc>>,
    },
}

/// `csms grid need`
#[derive(Debug, clap::Args)]
pub struct Need {
    /// The session's number
    session: i64,
    /// What it still needs, in Wh
    #[arg(long, value_parser = clap::value_parser!(i64).range(0..=10_000_000))]
    wh: Option<i64>,
    /// By when
    #[arg(long)]
    by: Option<DateTime<Utc>>,
    /// Higher ones are served before; 0 is for those who may wait for all others, 1 is usual
    #[arg(long)]
    class: Option<u8>,
    /// The most it takes on a phase, in A
    #[arg(long)]
    most: Option<Amps>,
    /// What it shall give back on each phase, in A: no more than it has offered, and than its circuits let through
    #[arg(long, requires = "give_until")]
    give: Option<Amps>,
    /// Until when it shall give back
    #[arg(long, requires = "give")]
    give_until: Option<DateTime<Utc>>,
}

/// Runs `csms grid limit`.
pub async fn limit(registry: &Registry, command: Limit) -> anyhow::Result<()> {
    match command {
        Limit::Add(limit) => add(registry, limit).await,
        Limit::List { site, json } => list(registry, &site, json).await,
        Limit::Remove { site, limit, yes } => {
            if !confirm(yes, &format!("Take limit {limit} back?"))? {
                return out::print("Nothing was changed.\n");
            }
            let mut tx = registry.write().await?;
            let (site, _, _) = planned(&mut tx, &site).await?;
            if !grid::remove_limit(&mut tx, site.id, limit).await? {
                return Err(Trouble::new(format!("{} has no limit {limit}.", site.name))
                    .mend(format!("csms grid limit list {} shows what there is", site.id))
                    .into());
            }
            tx.commit().await?;
            out::print(&format!("Limit {limit} is taken back.\n"))
        }
    }
}

async fn add(registry: &Registry, wanted: AddLimit) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let (site, _, plan) = planned(&mut tx, &wanted.site).await?;
    let from = wanted.from.unwrap_or(registry.now());
    let wish = LimitWish {
        node: wanted.node.clone(),
        most: match (wanted.most.amps, wanted.most.watts) {
            (Some(amps), _) => limit::current(amps),
            (None, watts) => limit::power(watts.unwrap_or_default()),
        },
        from,
        until: wanted.until,
        source: match wanted.source {
            Source::GridOperator => "grid_operator",
            Source::Signal => "signal",
            Source::Price => "price",
            Source::Operator => "operator",
        }
        .to_owned(),
        note: wanted.note,
    };
    let row = limit::add(&mut tx, (site.id, &plan), registry.ids.next(), wish, registry.now()).await;
    let row = row.map_err(|error| {
        let trouble = Trouble::new(format!("{} is not limited.", site.name)).why(&error);
        if let LimitError::NoNode(_) = error {
            trouble.mend("csms grid export shows its plan")
        } else {
            trouble
        }
    })?;
    tx.commit().await?;
    out::print(&format!("Limit {} holds at {} of {} from {from}.\n", row.id, wanted.node, site.name))
}

/// Why it was not taken, and what to do.
fn refused(error: SaidError, site: &str) -> anyhow::Error {
    let trouble = match error {
        SaidError::NoNode(node) => {
            Trouble::new(format!("{site} has no node {node}.")).mend("csms grid export shows its plan")
        }
        SaidError::NoSession(session) => Trouble::new(format!("There is no session {session} that runs."))
            .mend("the console lists sessions"),
        SaidError::NotPlanned { station, evse } => missing("plan", &format!("with EVSE {evse} of {station}")),
        other => return other.into(),
    };
    trouble.into()
}

async fn list(registry: &Registry, wanted: &str, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let (site, _, _) = planned(&mut tx, wanted).await?;
    let look = csms::grid::look::look(&mut tx, site.id, registry.now()).await?;
    let limits = look.map(|look| look.limits).unwrap_or_default();
    if json {
        return out::json(&limits);
    }
    if limits.is_empty() {
        return out::print(&format!("Nothing limits {} from outside.\n", site.name));
    }
    out::print(&super::show::limits(&limits))
}

/// Runs `csms grid load`.
pub async fn load(registry: &Registry, command: Load) -> anyhow::Result<()> {
    let Load::Set { site, node, amps, at } = command;
    let mut tx = registry.write().await?;
    let (site, _, _) = planned(&mut tx, &site).await?;
    let believed = said::set_load(&mut tx, site.id, &node, amps, at.unwrap_or(registry.now())).await;
    let believed = believed.map_err(|error| refused(error, &site.name))?;
    tx.commit().await?;
    let told = match believed {
        0 => format!("Kept, but the plan believes no measurement of {node}: its max_age_s is 0.\n"),
        seconds => format!("Counts at {node} for {seconds} s.\n"),
    };
    out::print(&told)
}

/// Runs `csms grid need`.
pub async fn need(registry: &Registry, need: Need) -> anyhow::Result<()> {
    let wish = said::Need {
        wh: need.wh,
        by: need.by,
        class: need.class,
        most: need.most,
        give: need.give,
        give_until: need.give_until,
    };
    let mut tx = registry.write().await?;
    let taken = said::set_need(&mut tx, &registry.ids, need.session, &wish).await;
    taken.map_err(|error| refused(error, ""))?;
    tx.commit().await?;
    out::print("It counts from the next step on.\n")
}
