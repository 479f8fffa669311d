//! Campaigns that bring firmware to many stations: beginning one, how far it is, and what can be done with it.

use super::{Click, ROWS, firmware::id_of, site_choices, station_href, turn};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{CampaignForm, CampaignLine, CampaignPage, MemberLine, NewCampaignPage, OutlookLine, OutlookView},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    campaign::{self, Act, CampaignError, Choice, Wish},
    store::{
        Tx,
        campaigns::{self, CampaignRow, MemberRow},
        commands, files, stations,
    },
};
use serde::Deserialize;

/// Images that can be chosen from.
const IMAGES: i64 = 100;
/// Stations shown of what a campaign would be.
const SHOWN: usize = 20;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/campaigns", post(begin))
        .route("/campaigns/new", get(new))
        .route("/campaigns/{id}", get(show))
        .route("/campaigns/{id}/{act}", post(act))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    after: String,
}

#[derive(Deserialize)]
struct Chosen {
    /// An image's number.
    #[serde(default)]
    firmware: String,
}

async fn new(
    State(state): State<WebState>,
    visit: Visit,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Fail> {
    visit.operator()?;
    let form = CampaignForm {
        firmware: chosen.firmware,
        canaries: "1".to_owned(),
        at_once: "10".to_owned(),
        halt_percent: "10".to_owned(),
        idle_only: true,
        ..CampaignForm::default()
    };
    form_page(&state, &visit, form, None, None).await
}

async fn form_page(
    state: &WebState,
    visit: &Visit,
    form: CampaignForm,
    outlook: Option<OutlookView>,
    error: Option<String>,
) -> Result<Response, Fail> {
    let mut tx = state.app.db.read().await?;
    let images = files::list_firmware(&mut tx, None, IMAGES).await?;
    let sites = site_choices(&mut tx).await?;
    drop(tx);
    let images = images.into_iter().map(|row| {
        let stations = format!("{} {}", row.vendor, row.model);
        [row.id.to_string(), format!("{} {}", row.name, row.version), stations.trim().to_owned()]
    });
    visit.show(&NewCampaignPage { images: images.collect(), sites, form, outlook, error })
}

/// The form; `act` is the button.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Sent {
    act: String,
    firmware: String,
    name: String,
    site: String,
    vendor: String,
    model: String,
    from_version: String,
    canaries: String,
    at_once: String,
    halt_percent: String,
    idle_only: String,
}

impl Sent {
    fn wish(&self) -> Result<Wish, String> {
        let number = |what: &str, text: &str| {
            text.trim().parse::<u32>().map_err(|_| format!("{what}: {text:?} is no whole number"))
        };
        let site = match self.site.as_str() {
            "" => None,
            site => Some(site.parse().map_err(|_| format!("{site:?} is no site"))?),
        };
        Ok(Wish {
            name: self.name.trim().to_owned(),
            firmware: self.firmware.parse().map_err(|_| "choose the firmware".to_owned())?,
            choice: Choice {
                site,
                vendor: self.vendor.trim().to_owned(),
                model: self.model.trim().to_owned(),
                from_version: self.from_version.trim().to_owned(),
            },
            canaries: number("first", &self.canaries)?,
            at_once: number("at once", &self.at_once)?,
            halt_percent: number("percent", &self.halt_percent)?,
            idle_only: !self.idle_only.is_empty(),
        })
    }

    fn form(self) -> CampaignForm {
        CampaignForm {
            firmware: self.firmware,
            name: self.name,
            site: self.site,
            vendor: self.vendor,
            model: self.model,
            from_version: self.from_version,
            canaries: self.canaries,
            at_once: self.at_once,
            halt_percent: self.halt_percent,
            idle_only: !self.idle_only.is_empty(),
        }
    }
}

/// Shows which stations it would be for, or begins it.
async fn begin(State(state): State<WebState>, signed: Signed<Sent>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let wish = match form.wish() {
        Ok(wish) => wish,
        Err(why) => return form_page(&state, &visit, form.form(), None, Some(why)).await,
    };
    let refused = if form.act == "begin" {
        match campaign::begin(&state.app, wish, &visit.account.name).await {
            Ok(row) => {
                let to = format!("/campaigns/{}?done=campaign-begun", row.id);
                return Ok(Redirect::to(&to).into_response());
            }
            Err(error) => error,
        }
    } else {
        match outlook(&state, &wish).await {
            Ok(outlook) => return form_page(&state, &visit, form.form(), Some(outlook), None).await,
            Err(error) => error,
        }
    };
    match refused {
        CampaignError::Unfit(why) => form_page(&state, &visit, form.form(), None, Some(why)).await,
        CampaignError::Store(error) => Err(error.into()),
    }
}

async fn outlook(state: &WebState, wish: &Wish) -> Result<OutlookView, CampaignError> {
    let outlook = campaign::outlook(&state.app, wish).await?;
    let mut tx = state.app.db.read().await?;
    let (mut rows, canaries) = (Vec::new(), wish.canaries as usize);
    for (at, id) in outlook.stations.iter().take(SHOWN).enumerate() {
        let firmware = stations::find(&mut tx, id).await?.map(|row| row.firmware).unwrap_or_default();
        rows.push(OutlookLine {
            href: station_href(id),
            online: state.app.hub.online(&id.as_str().into()),
            canary: at < canaries,
            station: id.clone(),
            firmware,
        });
    }
    Ok(OutlookView { stations: outlook.stations.len(), version: outlook.firmware.version, rows })
}

/// A campaign in a list.
pub(super) async fn line(tx: &mut Tx, row: CampaignRow) -> Result<CampaignLine, Fail> {
    let counts = campaign::counts(tx, row.id).await?;
    let tone = match row.state.as_str() {
        "running" => "run",
        "halted" => "bad",
        "done" => "ok",
        _ => "off",
    };
    Ok(CampaignLine {
        id: row.id.to_string(),
        name: row.name,
        version: row.version,
        state: row.state,
        tone,
        reason: row.reason,
        waiting: counts.waiting,
        asked: counts.asked,
        done: counts.done,
        failed: counts.failed,
        skipped: counts.skipped,
        all: counts.all(),
        created_by: row.created_by,
        created_at: row.created_at,
    })
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let id = id_of(&id)?;
    let after = wanted.after.parse().ok();
    let mut tx = state.app.db.read().await?;
    let row = campaigns::find(&mut tx, id).await?.ok_or(Fail::NotFound)?;
    let mut members = campaigns::members(&mut tx, id, None, after, ROWS + 1).await?;
    let href = format!("/campaigns/{id}");
    let pager = turn(&mut members, &href, &[], ("after", after.is_some()), |row| row.seq.to_string());
    let mut lines = Vec::new();
    for member in members {
        lines.push(member_line(&mut tx, member).await?);
    }
    let (canaries, at_once, halt_percent, idle_only) =
        (row.canaries, row.at_once, row.halt_percent, row.idle_only == 1);
    let campaign = line(&mut tx, row).await?;
    drop(tx);
    visit.show(&CampaignPage {
        can_pause: campaign.state == "running",
        can_resume: matches!(campaign.state.as_str(), "paused" | "halted"),
        can_cancel: matches!(campaign.state.as_str(), "running" | "paused" | "halted"),
        campaign,
        canaries,
        at_once,
        halt_percent,
        idle_only,
        rows: lines,
        pager,
    })
}

async fn member_line(tx: &mut Tx, row: MemberRow) -> Result<MemberLine, Fail> {
    // While it is under way, the station's last word says how far.
    let command = match (row.state.as_str(), row.command_id) {
        ("asked", Some(command)) => commands::find(tx, command).await?,
        _ => None,
    };
    let tone = match row.state.as_str() {
        "asked" => "run",
        "done" => "ok",
        "failed" => "bad",
        _ => "off",
    };
    Ok(MemberLine {
        href: station_href(&row.station_id),
        station: row.station_id,
        state: row.state,
        tone,
        canary: row.canary == 1,
        reason: command.map_or(row.reason, |command| command.outcome_word),
        changed_at: row.changed_at,
    })
}

async fn act(
    State(state): State<WebState>,
    Path((id, word)): Path<(String, String)>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    signed.visit.operator()?;
    let id = id_of(&id)?;
    let act = match word.as_str() {
        "pause" => Act::Pause,
        "resume" => Act::Resume,
        "cancel" => Act::Cancel,
        _ => return Err(Fail::NotFound),
    };
    if campaigns::find(&mut state.app.db.read().await?, id).await?.is_none() {
        return Err(Fail::NotFound);
    }
    // Somebody else may have been faster; the page says how it stands.
    let done = campaign::act(&state.app, id, act, &signed.visit.account.name).await?;
    let told = if done { "?done=campaign-changed" } else { "" };
    Ok(Redirect::to(&format!("/campaigns/{id}{told}")).into_response())
}
