//! `csms grid`: load management. What is wired how at a site, what limits it, and how it stands.

mod plan;
mod said;
mod show;

use super::{
    out,
    registry::{Registry, confirm},
    settings::Flags,
    site,
    trouble::Trouble,
};
use csms::{
    grid::{
        plan::{Plan, load},
        switch::{Mode, SwitchError, switch},
    },
    store::{Tx, grid::GridRow, sites::SiteRow},
};
use std::path::PathBuf;

/// `csms grid`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms grid import Harbour harbour.toml        what is wired how; its stations are told from now on
  csms grid show Harbour                       fuses, what they carry, and how each EVSE stands
  csms grid limit add Harbour connection --amps 32 --from 2026-03-02T17:00:00Z --until 2026-03-02T19:00:00Z
  csms grid load set Harbour hall 12.5         what else was measured there
  csms grid need 7243 --wh 20000 --by 2026-03-02T16:30:00Z")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Take over a plan (TOML, or JSON if the file's name ends so): its fuses, its EVSEs, its policy
    Import {
        /// The site's number or name
        site: String,
        /// The file; - is standard input, in TOML
        file: PathBuf,
        /// Only look for mistakes
        #[arg(long)]
        check: bool,
        /// Do not tell stations yet (csms grid on)
        #[arg(long)]
        off: bool,
    },
    /// Print the plan, with all that was left out when it was written
    Export {
        /// The site's number or name
        site: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show how a site stands
    Show {
        /// The site's number or name
        site: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell stations what they may take
    On {
        /// The site's number or name
        site: String,
    },
    /// Tell stations nothing more: limits end by themselves, defaults stay
    Off {
        /// The site's number or name
        site: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Take limits and defaults away from stations; then nothing protects the fuses but themselves
    Clear {
        /// The site's number or name
        site: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Limits from outside: the grid operator's, a price's, a person's
    #[command(subcommand)]
    Limit(said::Limit),
    /// Measurements of other loads
    #[command(subcommand)]
    Load(said::Load),
    /// Say what a session needs, by when, and how important it is
    Need(said::Need),
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Import { site, file, check, off } => plan::import(&registry, &site, &file, check, off).await,
        Command::Export { site, json } => plan::export(&registry, &site, json).await,
        Command::Show { site, json } => show::show(&registry, &site, json).await,
        Command::On { site } => set_mode(&registry, &site, Mode::On).await,
        Command::Off { site, yes } => match confirm(yes, "Tell its stations nothing more?")? {
            true => set_mode(&registry, &site, Mode::Off).await,
            false => out::print("Nothing was changed.\n"),
        },
        Command::Clear { site, yes } => {
            match confirm(yes, "Take limits and defaults away from all its stations?")? {
                true => set_mode(&registry, &site, Mode::Clear).await,
                false => out::print("Nothing was changed.\n"),
            }
        }
        Command::Limit(limit) => said::limit(&registry, limit).await,
        Command::Load(load) => said::load(&registry, load).await,
        Command::Need(need) => said::need(&registry, need).await,
    }
}

/// A site and its plan.
async fn planned(tx: &mut Tx, wanted: &str) -> anyhow::Result<(SiteRow, GridRow, Plan)> {
    let site = site::find(tx, wanted).await?;
    match load(tx, site.id).await? {
        Some((row, plan)) => Ok((site, row, plan)),
        None => Err(unplanned(&site).into()),
    }
}

fn unplanned(site: &SiteRow) -> Trouble {
    Trouble::new(format!("{} has no plan.", site.name))
        .mend(format!("write one (docs/load-management.md) and csms grid import {} FILE", site.id))
}

async fn set_mode(registry: &Registry, wanted: &str, mode: Mode) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let site = site::find(&mut tx, wanted).await?;
    match switch(&mut tx, site.id, mode, registry.now()).await {
        Ok(_) => {}
        Err(SwitchError::NoPlan) => return Err(unplanned(&site).into()),
        Err(SwitchError::Wished(wished)) => {
            let refused = Trouble::new(format!("Load management of {} is not turned on.", site.name));
            return Err(wished.iter().fold(refused, Trouble::why).into());
        }
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    let told = match mode {
        Mode::On => "its stations are told what they may take, in a few seconds",
        Mode::Off => "its stations are told nothing more; limits end by themselves, defaults stay",
        Mode::Clear => {
            "limits and defaults are taken away; stations that are not connected are told within seven days"
        }
    };
    out::print(&format!("{}: {told}.\n", site.name))
}
