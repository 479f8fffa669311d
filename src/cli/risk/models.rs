//! `csms risk train` and `csms risk models`.

use super::BY;
use crate::cli::{
    out,
    registry::{Registry, shown},
    settings::Flags,
    trouble::Trouble,
};
use csms::{
    clock::Clock,
    risk::{
        self,
        job::{self, Made},
    },
    store::risk::models as rows,
};
use serde_json::json;

/// `csms risk train`
#[derive(Debug, clap::Args)]
pub struct Train {
    /// Keep it without letting it count
    #[arg(long)]
    keep_only: bool,
}

/// `csms risk models`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the models, newest first
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let a model count from now on; an older one goes back
    Activate {
        /// Its id (csms risk models list)
        model: String,
    },
    /// Let no model count: rules only
    Off,
}

/// Trains now.
pub async fn train(flags: &Flags, args: Train) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    let least = registry.config.risk.train_payments_min;
    let made =
        job::train(&registry.db, &registry.ids, &Clock::System, least as usize, !args.keep_only).await?;
    match made {
        Made::TooFew { payments } => Err(Trouble::new("No model was trained.")
            .why(format!(
                "known drivers made {payments} payments in the last 180 days, and {least} are needed"
            ))
            .mend("wait, or lower risk.train_payments_min")
            .into()),
        Made::Model { id, before, after, payments, active } => {
            let counts = if active { "It counts from now on." } else { "It does not count." };
            out::print(&format!(
                "Model {id}, trained on {payments} payments: surprise {before:.3} before, {after:.3} after. {counts}\n"
            ))
        }
    }
}

/// Runs `models`.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::List { json } => list(&registry, json).await,
        Command::Activate { model } => activate(&registry, &model).await,
        Command::Off => activate(&registry, "").await,
    }
}

async fn activate(registry: &Registry, model: &str) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    if !risk::activate_model(&mut tx, &registry.ids, model, BY, registry.now()).await? {
        let trouble = Trouble::new(format!("There is no model {model}."));
        return Err(trouble.mend("csms risk models list shows what there is").into());
    }
    tx.commit().await?;
    let told = match model {
        "" => "No model counts from now on.\n".to_owned(),
        model => format!("The model {model} counts from now on.\n"),
    };
    out::print(&told)
}

async fn list(registry: &Registry, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let active = risk::active_model(&mut tx).await?;
    let rows = rows::list(&mut tx).await?;
    if json {
        let of = |row: &rows::ModelRow| {
            let report = serde_json::from_str::<serde_json::Value>(&row.report).unwrap_or_default();
            json!({"model": row.id, "active": row.id == active, "created_at": row.created_at,
                   "drivers": row.drivers, "payments": row.payments, "calibration": row.revision, "report": report})
        };
        return out::json(&rows.iter().map(of).collect::<Vec<_>>());
    }
    let cells = |row: &rows::ModelRow| {
        vec![
            row.id.clone(),
            if row.id == active { "counts".to_owned() } else { String::new() },
            shown(Some(row.created_at)),
            row.drivers.to_string(),
            row.payments.to_string(),
            row.revision.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    out::print(&out::table(&["MODEL", "", "TRAINED", "DRIVERS", "PAYMENTS", "CALIBRATION"], &rows))
}
