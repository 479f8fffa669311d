//! A turn of all campaigns: what has become of those asked, whether to halt, and who is asked next.

use super::{Counts, counts, tell};
use crate::{
    app::App,
    command::{self, Ask, Command, CommandError, UpdateFirmware},
    store::{
        StoreError,
        campaigns::{self, CampaignRow, MemberRow},
        commands::{self, CommandRow},
        sessions, stations,
    },
};

const PAGE: i64 = 200;
/// Who asks, in the rows of commands.
const ASKER: &str = "campaign";

/// Looks after all campaigns that have not ended.
///
/// # Errors
/// The database fails; what was done stays done.
pub async fn turn(app: &App) -> Result<(), StoreError> {
    let mut tx = app.db.read().await?;
    let (open, left) = (campaigns::open(&mut tx).await?, campaigns::left(&mut tx).await?);
    drop(tx);
    metrics::gauge!("csms_campaigns_open").set(open.len() as f64);
    for campaign in open {
        observe(app, &campaign).await?;
        let now = counts(&mut app.db.read().await?, campaign.id).await?;
        if campaign.state != "running" {
            continue;
        }
        if let Some(why) = trouble(&campaign, now) {
            halt(app, &campaign, &why).await?;
        } else if now.waiting == 0 && now.asked == 0 {
            end(app, &campaign, now).await?;
        } else {
            go_on(app, &campaign, now).await?;
        }
    }
    // What was asked before somebody has cancelled one is not called back: it comes to its end.
    for campaign in left {
        observe(app, &campaign).await?;
    }
    Ok(())
}

/// Looks at the commands of those that were asked.
async fn observe(app: &App, campaign: &CampaignRow) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let mut tx = app.db.read().await?;
        let page = campaigns::members(&mut tx, campaign.id, Some("asked"), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.seq);
        let mut changes = Vec::new();
        for member in page {
            let command = commands::find(&mut tx, member.command_id.unwrap_or(0)).await?;
            let station = stations::find(&mut tx, &member.station_id).await?;
            let firmware = station.map(|row| row.firmware).unwrap_or_default();
            if let Some((state, reason)) = became(command.as_ref(), &firmware, &campaign.version) {
                // Nobody will ask it again.
                let state = if state == "waiting" && campaign.ended_at.is_some() { "skipped" } else { state };
                changes.push(MemberRow {
                    state: state.to_owned(),
                    reason,
                    changed_at: app.clock.now(),
                    ..member
                });
            }
        }
        drop(tx);
        if changes.is_empty() {
            continue;
        }
        let mut tx = app.db.write().await?;
        for member in &mut changes {
            if member.state == "waiting" {
                member.tries += 1;
                member.canary = 0;
            }
            let outcome = member.state.clone();
            if campaigns::advance(&mut tx, member, "asked").await? && outcome != "waiting" {
                metrics::counter!("csms_campaign_stations_total", "outcome" => outcome).increment(1);
            }
        }
        tx.commit().await?;
    }
}

/// What has become of a station that was asked; `None`: it goes on.
fn became(command: Option<&CommandRow>, firmware: &str, wanted: &str) -> Option<(&'static str, String)> {
    let Some(row) = command else { return Some(("failed", "the command is gone".to_owned())) };
    match (row.state.as_str(), row.verdict.as_str(), row.outcome.as_str()) {
        ("queued" | "sent", ..) => None,
        ("offline" | "expired", ..) => Some(("waiting", row.reason.clone())),
        ("cancelled", ..) => Some(("skipped", row.reason.clone())),
        _ if firmware == wanted => Some(("done", format!("it has {wanted}"))),
        ("answered", "accepted", "pending") => None,
        ("answered", "accepted", "done") if row.outcome_word == "Installed" => {
            Some(("done", "Installed".to_owned()))
        }
        ("answered", "accepted", "done") => Some(("failed", row.outcome_word.clone())),
        ("answered", "accepted", "lost") => {
            Some(("failed", format!("nothing was heard of it after {:?}", row.outcome_word)))
        }
        ("answered", "accepted", _) => Some(("failed", row.outcome_word.clone())),
        _ => Some(("failed", row.reason.clone())),
    }
}

/// Why it should not go on.
fn trouble(campaign: &CampaignRow, now: Counts) -> Option<String> {
    let (failed, done) = (now.failed - campaign.base_failed, now.done - campaign.base_done);
    if failed <= 0 {
        return None;
    }
    let in_canaries = campaign.base_failed + campaign.base_done == 0 && now.canaries_failed > 0;
    if in_canaries {
        return Some(format!(
            "{} of the first {} stations have failed",
            now.canaries_failed, campaign.canaries
        ));
    }
    let over = failed * 100 > campaign.halt_percent * (failed + done.max(0));
    over.then(|| {
        format!("{failed} of {} stations have failed, more than {} %", failed + done, campaign.halt_percent)
    })
}

async fn halt(app: &App, campaign: &CampaignRow, why: &str) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    let halted =
        campaigns::set_state(&mut tx, campaign.id, ("running", "running"), "halted", why, None).await?;
    if halted {
        tell(app, &mut tx, campaign.id).await?;
    }
    tx.commit().await?;
    if halted {
        metrics::counter!("csms_campaign_halts_total").increment(1);
        tracing::warn!(campaign = campaign.id, name = campaign.name, why, "a campaign has halted");
    }
    Ok(())
}

async fn end(app: &App, campaign: &CampaignRow, now: Counts) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    let at = Some(app.clock.now());
    if campaigns::set_state(&mut tx, campaign.id, ("running", "running"), "done", "", at).await? {
        tell(app, &mut tx, campaign.id).await?;
    }
    tx.commit().await?;
    tracing::info!(
        campaign = campaign.id,
        name = campaign.name,
        done = now.done,
        failed = now.failed,
        "a campaign has ended"
    );
    Ok(())
}

/// Asks as many as may be asked now. Stations that are away or busy are passed over, and tried again in the next turn.
async fn go_on(app: &App, campaign: &CampaignRow, now: Counts) -> Result<(), StoreError> {
    let canaries_begun = now.canaries_asked + now.canaries_done + now.canaries_failed;
    let is_canary = canaries_begun < campaign.canaries;
    let mut room = if is_canary {
        campaign.canaries - canaries_begun
    } else if now.canaries_asked > 0 {
        0 // the others wait until all of the first have come through
    } else {
        campaign.at_once - now.asked
    };
    let mut after = None;
    while room > 0 {
        let page =
            campaigns::members(&mut app.db.read().await?, campaign.id, Some("waiting"), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.seq);
        for member in page {
            if room > 0
                && is_ready(app, campaign, &member).await?
                && ask(app, campaign, member, is_canary).await?
            {
                room -= 1;
            }
        }
    }
    Ok(())
}

/// Can it be asked now?
async fn is_ready(app: &App, campaign: &CampaignRow, member: &MemberRow) -> Result<bool, StoreError> {
    if !app.hub.online(&member.station_id.as_str().into()) {
        return Ok(false);
    }
    let mut tx = app.db.read().await?;
    let busy = campaign.idle_only == 1 && !sessions::open(&mut tx, &member.station_id).await?.is_empty();
    Ok(!busy && !campaigns::is_asked(&mut tx, &member.station_id).await?)
}

async fn ask(
    app: &App,
    campaign: &CampaignRow,
    member: MemberRow,
    is_canary: bool,
) -> Result<bool, StoreError> {
    let update =
        UpdateFirmware { firmware: Some(campaign.firmware_id.to_string()), ..UpdateFirmware::default() };
    // Somebody may have seen what it does to stations, and stopped it.
    let now = campaigns::find(&mut app.db.read().await?, campaign.id).await?;
    if now.is_none_or(|row| row.state != "running") {
        return Ok(false);
    }
    // After a restart in between, the same wish is the same command.
    let key = format!("{} {} {}", campaign.id, member.seq, member.tries);
    let ask = Ask::new(&member.station_id.as_str().into(), Command::UpdateFirmware(update), ASKER).keyed(key);
    let at = app.clock.now();
    let asked = match command::issue(app, ask).await {
        Ok(row) => MemberRow {
            state: "asked".to_owned(),
            command_id: Some(row.id),
            canary: is_canary.into(),
            reason: String::new(),
            changed_at: at,
            ..member
        },
        Err(CommandError::Store(error)) => return Err(error),
        Err(CommandError::Crowded(_)) => return Ok(false),
        Err(error) => {
            MemberRow { state: "failed".to_owned(), reason: error.to_string(), changed_at: at, ..member }
        }
    };
    let mut tx = app.db.write().await?;
    let mut advanced = campaigns::advance(&mut tx, &asked, "waiting").await?;
    tx.commit().await?;
    if let (false, Some(command)) = (advanced, asked.command_id) {
        // It was cancelled in this moment. What has left already comes to its end, and is looked after.
        if command::cancel(app, command, ASKER).await? {
            return Ok(false);
        }
        let mut tx = app.db.write().await?;
        advanced = campaigns::advance(&mut tx, &asked, "skipped").await?;
        tx.commit().await?;
    }
    Ok(advanced && asked.state == "asked")
}
