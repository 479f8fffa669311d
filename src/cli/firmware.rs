//! `csms firmware`: images that stations fetch, and campaigns that bring them to many.

use super::{
    out,
    registry::{NODE, PAGE, confirm, shown, unusable},
    settings::{Flags, Settings},
    site,
    trouble::Trouble,
};
use csms::{
    app::App,
    campaign::{self, Act, Choice, Wish},
    clock::Clock,
    files::firmware::{self, About},
    store::{campaigns, files},
};
use std::path::PathBuf;

/// Who acts, in rows.
const BY: &str = "command line";

/// `csms firmware`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms firmware add duo-5.0.bin --name duo --version 5.0.0 --vendor Hafenwerk --model 'Duo 22'
  csms firmware add duo-5.0.bin --name duo --version 5.0.0 --certificate sign.pem --signature duo-5.0.sig.b64
  csms firmware list
  csms firmware campaign start ID --canaries 2 --at-once 10 --halt-percent 5 --idle
  csms firmware campaign show ID

The server looks after campaigns; it must use the same database and the same files.folder.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Keep an image, by its content
    Add {
        image: PathBuf,
        #[arg(long)]
        name: String,
        /// As stations tell it when they boot with it
        #[arg(long)]
        version: String,
        /// For stations of this vendor, as they tell it
        #[arg(long, default_value = "")]
        vendor: String,
        /// For stations of this model
        #[arg(long, default_value = "")]
        model: String,
        /// The signing certificate, PEM
        #[arg(long, requires = "signature")]
        certificate: Option<PathBuf>,
        /// The signature, base64
        #[arg(long, requires = "certificate")]
        signature: Option<PathBuf>,
        /// Only if it has this SHA-256
        #[arg(long, default_value = "")]
        sha256: String,
    },
    /// List the firmware that is kept, newest first
    List,
    /// Take firmware out of what stations can fetch
    Remove {
        id: i64,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Bring firmware to many stations
    Campaign {
        #[command(subcommand)]
        command: CampaignCommand,
    },
}

#[derive(Debug, clap::Subcommand)]
enum CampaignCommand {
    /// Begin a campaign
    Start {
        /// The firmware's number
        firmware: i64,
        #[arg(long, default_value = "")]
        name: String,
        /// Only stations of this site (number or name)
        #[arg(long)]
        site: Option<String>,
        #[arg(long, default_value = "")]
        vendor: String,
        #[arg(long, default_value = "")]
        model: String,
        /// Only stations that have this firmware now
        #[arg(long, default_value = "")]
        from_version: String,
        /// So many alone, before the others
        #[arg(long, default_value_t = 1)]
        canaries: u32,
        /// Of the others, at one time
        #[arg(long, default_value_t = 5)]
        at_once: u32,
        /// Halt when more of those that have ended have failed
        #[arg(long, default_value_t = 10)]
        halt_percent: u32,
        /// Only stations without a session
        #[arg(long)]
        idle: bool,
    },
    /// List campaigns, newest first
    List,
    /// Show how far a campaign is, station by station
    Show { id: i64 },
    /// Ask no further station
    Pause { id: i64 },
    /// Let it go on
    Resume { id: i64 },
    /// End it; stations that were asked go on
    Cancel { id: i64 },
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let mut config = Settings::load(flags, &[])?.config;
    config.database.node = NODE;
    let app = App::open(config, Clock::System).await.map_err(unusable)?;
    let done = match args.command {
        Command::Campaign { command } => of_campaign(&app, command).await,
        command => of_firmware(&app, command).await,
    };
    app.close().await;
    done
}

async fn of_firmware(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add { image, name, version, vendor, model, certificate, signature, sha256 } => {
            let text = |path: Option<PathBuf>| match path {
                Some(path) => std::fs::read_to_string(&path)
                    .map_err(|error| Trouble::new(format!("{} cannot be read.", path.display())).why(error)),
                None => Ok(String::new()),
            };
            let (signing_certificate, signature) = (text(certificate)?, text(signature)?.trim().to_owned());
            let about = About { name, version, vendor, model, signing_certificate, signature, sha256 };
            let row = firmware::add(app, &image, about, BY).await;
            let row = row.map_err(|error| Trouble::new("The firmware was not added.").why(error))?;
            out::print(&format!("Firmware {} is kept: {} bytes, SHA-256 {}.\n", row.id, row.size, row.sha256))
        }
        Command::Remove { id, yes } => {
            if !confirm(yes, &format!("Remove firmware {id}?"))? {
                return Ok(());
            }
            if !firmware::remove(app, id, BY).await? {
                return Err(Trouble::new(format!("There is no firmware {id}."))
                    .mend("csms firmware list")
                    .into());
            }
            out::print("Removed.\n")
        }
        Command::List | Command::Campaign { .. } => {
            let rows = files::list_firmware(&mut app.db.read().await?, None, PAGE).await?;
            if rows.is_empty() {
                return out::print("No firmware is kept; csms firmware add keeps some.\n");
            }
            let rows: Vec<Vec<String>> = rows
                .into_iter()
                .map(|row| {
                    let signed = if row.signature.is_empty() { "" } else { "yes" }.to_owned();
                    let (id, size) = (row.id.to_string(), row.size.to_string());
                    vec![
                        id,
                        row.name,
                        row.version,
                        row.vendor,
                        row.model,
                        size,
                        signed,
                        shown(Some(row.added_at)),
                        row.sha256,
                    ]
                })
                .collect();
            let head = ["ID", "NAME", "VERSION", "VENDOR", "MODEL", "BYTES", "SIGNED", "ADDED", "SHA-256"];
            out::print(&out::table(&head, &rows))
        }
    }
}

async fn of_campaign(app: &App, command: CampaignCommand) -> anyhow::Result<()> {
    match command {
        CampaignCommand::Start {
            firmware,
            name,
            site,
            vendor,
            model,
            from_version,
            canaries,
            at_once,
            halt_percent,
            idle,
        } => {
            let site = match site {
                Some(wanted) => Some(site::find(&mut app.db.read().await?, &wanted).await?.id),
                None => None,
            };
            let choice = Choice { site, vendor, model, from_version };
            let wish = Wish { name, firmware, choice, canaries, at_once, halt_percent, idle_only: idle };
            let row = campaign::begin(app, wish, BY).await;
            let row = row.map_err(|error| Trouble::new("The campaign was not begun.").why(error))?;
            let counts = campaign::counts(&mut app.db.read().await?, row.id).await?;
            out::print(&format!("Campaign {} begins: {} stations.\n", row.id, counts.all()))
        }
        CampaignCommand::List => list(app).await,
        CampaignCommand::Show { id } => show(app, id).await,
        CampaignCommand::Pause { id } => act(app, id, Act::Pause).await,
        CampaignCommand::Resume { id } => act(app, id, Act::Resume).await,
        CampaignCommand::Cancel { id } => act(app, id, Act::Cancel).await,
    }
}

async fn list(app: &App) -> anyhow::Result<()> {
    let mut tx = app.db.read().await?;
    let mut rows = Vec::new();
    for row in campaigns::list(&mut tx, None, PAGE).await? {
        let now = campaign::counts(&mut tx, row.id).await?;
        let (done, failed) = (format!("{}/{}", now.done, now.all()), now.failed.to_string());
        rows.push(vec![
            row.id.to_string(),
            row.name,
            row.version,
            row.state,
            done,
            failed,
            shown(Some(row.created_at)),
            row.reason,
        ]);
    }
    if rows.is_empty() {
        return out::print("No campaign has begun yet.\n");
    }
    out::print(&out::table(&["ID", "NAME", "VERSION", "STATE", "DONE", "FAILED", "BEGUN", "WHY"], &rows))
}

fn missing(id: i64) -> Trouble {
    Trouble::new(format!("There is no campaign {id}."))
        .mend("csms firmware campaign list shows what there is")
}

async fn show(app: &App, id: i64) -> anyhow::Result<()> {
    let mut tx = app.db.read().await?;
    let row = campaigns::find(&mut tx, id).await?.ok_or_else(|| missing(id))?;
    let now = campaign::counts(&mut tx, id).await?;
    out::print(&format!(
        "{} ({}): {} {}\n{} of {} done, {} failed, {} under way, {} waiting, {} left out\n\n",
        row.name,
        row.version,
        row.state,
        row.reason,
        now.done,
        now.all(),
        now.failed,
        now.asked,
        now.waiting,
        now.skipped
    ))?;
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = campaigns::members(&mut tx, id, None, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.seq);
        rows.extend(
            page.into_iter()
                .map(|row| vec![row.station_id, row.state, shown(Some(row.changed_at)), row.reason]),
        );
    }
    out::print(&out::table(&["STATION", "STATE", "SINCE", "WHY"], &rows))
}

async fn act(app: &App, id: i64, act: Act) -> anyhow::Result<()> {
    if campaign::act(app, id, act, BY).await? {
        return out::print("Done.\n");
    }
    let row = campaigns::find(&mut app.db.read().await?, id).await?.ok_or_else(|| missing(id))?;
    Err(Trouble::new(format!("Campaign {id} is {}: that cannot be done with it.", row.state)).into())
}
