//! `csms needs`: what the vehicles of sessions need, and their plans.

use super::{out, registry::Registry, settings::Flags, trouble::Trouble};
use csms::{
    clock::Clock,
    needs::Vehicle,
    store::{
        needs::{self, NeedRow, PlanRow},
        sessions,
    },
};
use serde_json::Value;

/// `csms needs`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms needs show 301234567890
  csms needs plan 301234567890 off     no plan for this session; a running server tells the station within a minute")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// What the vehicle of a session has said it needs, and its plan
    Show {
        /// The session's id
        session: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Have the plan of a session made anew, or have none made
    Plan {
        /// The session's id
        session: i64,
        #[arg(value_enum)]
        wish: Wish,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Wish {
    /// Make it again, of what is known now
    Anew,
    /// Make none, and take back what the station holds
    Off,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Show { session, json } => {
            let mut tx = registry.read().await?;
            let Some(need) = needs::find(&mut tx, session).await? else {
                return Err(Trouble::new(format!(
                    "Nothing is known of what the vehicle of session {session} needs."
                ))
                .mend("Vehicles on ISO 15118 tell it; the session's page in the console has its id.")
                .into());
            };
            let plan = needs::plan(&mut tx, session).await?;
            if json {
                out::json(&told(&need, plan.as_ref()))
            } else {
                out::print(&words(&need, plan.as_ref()))
            }
        }
        Command::Plan { session, wish } => {
            let mut tx = registry.write().await?;
            let row = sessions::find(&mut tx, session).await?.filter(|row| row.state == "open");
            let row = row.ok_or_else(|| {
                Trouble::new(format!("There is no running session {session}."))
                    .mend("Its id is on its page in the console.")
            })?;
            let plans = match wish {
                Wish::Anew => "",
                Wish::Off => "off",
            };
            needs::choose(&mut tx, &row, plans, Clock::System.now()).await?;
            tx.commit().await?;
            out::print("Kept. A running server tells the station within a minute.\n")
        }
    }
}

fn told(need: &NeedRow, plan: Option<&PlanRow>) -> Value {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    serde_json::json!({
        "session": need.session_id, "station": need.station_id, "evse": need.evse, "needs": json(&need.body),
        "answer": need.answer, "reason": need.reason, "plans": need.plans, "schedule": json(&need.schedule),
        "schedule_answer": need.schedule_answer, "priority": need.priority,
        "plan": plan.map(|plan| serde_json::json!({"state": plan.state, "reason": plan.reason,
            "missing_wh": plan.missing_wh, "profile": json(&plan.profile), "at": plan.at})),
    })
}

fn words(need: &NeedRow, plan: Option<&PlanRow>) -> String {
    let vehicle = Vehicle::read(&serde_json::from_str(&need.body).unwrap_or_default());
    let number = |number: Option<i64>, unit: &str| number.map(|n| format!("{n} {unit}")).unwrap_or_default();
    let departure = vehicle.departure.map(|at| at.to_rfc3339()).unwrap_or_default();
    let answer = format!("{} {}", need.answer, need.reason);
    let plan = plan.map(|plan| format!("{}: {}", plan.state, plan.reason)).unwrap_or_default();
    let lines = [
        ("Station", format!("{} / {}", need.station_id, need.evse)),
        ("Transfer", vehicle.transfer),
        ("Energy", number(vehicle.energy_wh, "Wh")),
        ("At most", number(vehicle.most_w, "W")),
        ("Gives back", number(vehicle.back_w, "W")),
        ("Battery from", number(vehicle.both_ways.use_from_wh, "Wh")),
        ("Battery to", number(vehicle.both_ways.use_to_wh, "Wh")),
        ("Leaves", departure),
        ("Answered", answer.trim().to_owned()),
        ("Plans", need.plans.clone()),
        ("Its schedule", need.schedule_answer.clone()),
        ("Priority", need.priority.clone()),
        ("Plan", plan),
    ];
    let shown = lines.into_iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("{name:<13} {value}\n")).collect()
}
