//! Firmware that is kept for stations, and campaigns that bring it to many. Images come in by `csms firmware add`
//! and by the console's form.

use super::{
    again::Once,
    caller::Asker,
    etag::Tagged,
    input::{Asked, At, Sent, id, reference, text},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{WebState, api::Problem};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    campaign::{self, Act, CampaignError, Choice, Counts, Wish},
    store::{
        Tx,
        campaigns::{self as rows, CampaignRow, MemberRow},
        files::{self, FirmwareRow},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) const TAG: &str = "Firmware";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/firmware", "listFirmware", Scope::Read, list)
            .says(TAG, "Firmware that is offered to stations, the newest first")
            .query::<Wanted>()
            .answers::<Page<Firmware>>(StatusCode::OK, "A page"),
        Op::get("/campaigns", "listCampaigns", Scope::Read, list_campaigns)
            .says(TAG, "Campaigns, the newest first")
            .query::<Wanted>()
            .answers::<Page<Campaign>>(StatusCode::OK, "A page"),
        Op::post("/campaigns", "startCampaign", Scope::Command, start)
            .says(TAG, "Bring firmware to all stations that fit and have other firmware")
            .body::<NewCampaign>()
            .answers::<Campaign>(StatusCode::CREATED, "It has begun"),
        Op::get("/campaigns/{id}", "getCampaign", Scope::Read, show)
            .says(TAG, "One campaign")
            .answers::<Campaign>(StatusCode::OK, "The campaign")
            .tagged(),
        Op::get("/campaigns/{id}/stations", "listCampaignStations", Scope::Read, members)
            .says(TAG, "The stations of a campaign, and how far each is")
            .query::<MembersWanted>()
            .answers::<Page<Member>>(StatusCode::OK, "A page"),
        Op::post("/campaigns/{id}/act", "actOnCampaign", Scope::Command, act)
            .says(
                TAG,
                "Pause a campaign, let it go on, or end it; stations that were asked are not called back",
            )
            .body::<Acting>()
            .answers::<Campaign>(StatusCode::OK, "As it is now")
            .problem(StatusCode::CONFLICT, "It is not in a state for that"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FirmwareFilter")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "CampaignStationState")]
enum Stage {
    Waiting,
    Asked,
    Done,
    Failed,
    Skipped,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CampaignStationFilter")]
struct MembersWanted {
    state: Option<Stage>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// An image of firmware.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Firmware {
    id: String,
    name: String,
    version: String,
    /// For stations of; empty = not said.
    vendor: String,
    model: String,
    size: i64,
    sha256: String,
    signed: bool,
    added_by: String,
    added_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCampaign {
    firmware_id: String,
    /// Empty: that of the firmware.
    #[serde(default)]
    #[schemars(length(max = 100))]
    name: String,
    /// Stations at this site; absent = at all.
    site_id: Option<String>,
    /// Of this vendor and model, whatever the case; empty = of all.
    #[serde(default)]
    vendor: String,
    #[serde(default)]
    model: String,
    /// Those that have this firmware now; empty = any other.
    #[serde(default)]
    from_version: String,
    /// So many are asked alone, before the others.
    #[serde(default = "one")]
    #[schemars(range(max = 1_000))]
    canaries: u32,
    /// Of the others.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 10_000))]
    at_once: u32,
    /// It halts when more of those that have ended have failed.
    #[serde(default = "ten")]
    #[schemars(range(max = 100))]
    halt_percent: u32,
    /// Only stations without a session.
    #[serde(default)]
    idle_only: bool,
}

fn one() -> u32 {
    1
}
fn ten() -> u32 {
    10
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "CampaignAct")]
enum Doing {
    Pause,
    Resume,
    Cancel,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CampaignActing")]
struct Acting {
    act: Doing,
}

/// A campaign.
#[derive(Debug, Serialize, JsonSchema)]
struct Campaign {
    id: String,
    name: String,
    firmware_id: String,
    version: String,
    /// `running`, `paused`, `halted`, `done` or `cancelled`.
    state: String,
    /// Why it is not running.
    reason: String,
    canaries: i64,
    at_once: i64,
    halt_percent: i64,
    idle_only: bool,
    /// Stations that are so far.
    waiting: i64,
    asked: i64,
    done: i64,
    failed: i64,
    skipped: i64,
    created_by: String,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// A station of a campaign.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CampaignStation")]
struct Member {
    station_id: String,
    /// `waiting`, `asked`, `done`, `failed` or `skipped`.
    state: String,
    canary: bool,
    tries: i64,
    command_id: Option<String>,
    reason: String,
    changed_at: DateTime<Utc>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Firmware>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let found = files::list_firmware(&mut state.app.db.read().await?, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), image)))
}

async fn list_campaigns(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Campaign>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let found = rows::list(&mut tx, before, limit + 1).await?;
    let mut counted = Vec::with_capacity(found.len());
    for row in found {
        let counts = campaign::counts(&mut tx, row.id).await?;
        counted.push((row, counts));
    }
    Ok(Json(Page::new(counted, limit, |(row, _)| row.id.to_string(), |(row, counts)| view(row, counts))))
}

async fn start(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    Sent(new): Sent<NewCampaign>,
) -> Result<Response, Problem> {
    let wish = Wish {
        name: text("name", &new.name, 100)?,
        firmware: reference("firmware_id", &new.firmware_id)?,
        choice: Choice {
            site: new.site_id.as_deref().map(|site| reference("site_id", site)).transpose()?,
            vendor: new.vendor,
            model: new.model,
            from_version: new.from_version,
        },
        canaries: new.canaries,
        at_once: new.at_once,
        halt_percent: new.halt_percent,
        idle_only: new.idle_only,
    };
    // The number is kept before the campaign: the same request finds it, or begins under it.
    let number = match once.made() {
        Some(made) => id("campaign", made)?,
        None => {
            let number = state.app.ids.next();
            let mut tx = state.app.db.write().await?;
            once.note(&mut tx, &number.to_string()).await?;
            tx.commit().await?;
            number
        }
    };
    let before = rows::find(&mut state.app.db.read().await?, number).await?;
    let row = match before {
        Some(row) => row,
        None => {
            campaign::begin_as(&state.app, number, wish, &asker.name).await.map_err(|error| match error {
                CampaignError::Unfit(why) => problem::conflict("campaign-refused", why),
                CampaignError::Store(error) => error.into(),
            })?
        }
    };
    let location = super::location("campaigns", &row.id.to_string());
    let counts = campaign::counts(&mut state.app.db.read().await?, row.id).await?;
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(view(row, counts))).into_response())
}

async fn find(tx: &mut Tx, text: &str) -> Result<CampaignRow, Problem> {
    let number = id("campaign", text)?;
    rows::find(tx, number).await?.ok_or_else(|| problem::missing("campaign", text))
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Tagged<Campaign>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &id).await?;
    let counts = campaign::counts(&mut tx, row.id).await?;
    Ok(Tagged(view(row, counts)))
}

async fn members(
    State(state): State<WebState>,
    At(id): At<String>,
    Asked(wanted): Asked<MembersWanted>,
) -> Result<Json<Page<Member>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let stage = wanted.state.map(|stage| match stage {
        Stage::Waiting => "waiting",
        Stage::Asked => "asked",
        Stage::Done => "done",
        Stage::Failed => "failed",
        Stage::Skipped => "skipped",
    });
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &id).await?;
    let found = rows::members(&mut tx, row.id, stage, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.seq.to_string(), member)))
}

async fn act(
    state: State<WebState>,
    asker: Asker,
    At(id): At<String>,
    Sent(acting): Sent<Acting>,
) -> Result<Tagged<Campaign>, Problem> {
    let row = find(&mut state.app.db.read().await?, &id).await?;
    let act = match acting.act {
        Doing::Pause => Act::Pause,
        Doing::Resume => Act::Resume,
        Doing::Cancel => Act::Cancel,
    };
    if !campaign::act(&state.app, row.id, act, &asker.name).await? {
        let row = find(&mut state.app.db.read().await?, &id).await?;
        return Err(problem::conflict("wrong-state", format!("The campaign is {}", row.state)));
    }
    show(state, At(id)).await
}

pub(super) fn image(row: FirmwareRow) -> Firmware {
    Firmware {
        id: row.id.to_string(),
        signed: !row.signature.is_empty(),
        name: row.name,
        version: row.version,
        vendor: row.vendor,
        model: row.model,
        size: row.size,
        sha256: row.sha256,
        added_by: row.added_by,
        added_at: row.added_at,
    }
}

fn view(row: CampaignRow, counts: Counts) -> Campaign {
    Campaign {
        id: row.id.to_string(),
        name: row.name,
        firmware_id: row.firmware_id.to_string(),
        version: row.version,
        state: row.state,
        reason: row.reason,
        canaries: row.canaries,
        at_once: row.at_once,
        halt_percent: row.halt_percent,
        idle_only: row.idle_only == 1,
        waiting: counts.waiting,
        asked: counts.asked,
        done: counts.done,
        failed: counts.failed,
        skipped: counts.skipped,
        created_by: row.created_by,
        created_at: row.created_at,
        ended_at: row.ended_at,
    }
}

fn member(row: MemberRow) -> Member {
    Member {
        station_id: row.station_id,
        state: row.state,
        canary: row.canary == 1,
        tries: row.tries,
        command_id: row.command_id.map(|id| id.to_string()),
        reason: row.reason,
        changed_at: row.changed_at,
    }
}
