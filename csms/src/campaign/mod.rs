//! Campaigns: firmware for a group of stations. A few are asked first, the canaries; if all of them come through, the others
//! follow, so many at once. A campaign halts by itself when a canary fails, or too many of the others. All it knows is in rows: a
//! restart goes on where it was.

mod turn;

pub use turn::turn;

use crate::{
    app::App,
    event::{self, list::CampaignState},
    store::{
        StoreError, Tx,
        campaigns::{self, CampaignRow},
        events,
        files::{self, FirmwareRow},
        row::StationRow,
        stations,
    },
};
use serde::{Deserialize, Serialize};

/// Stations of one campaign.
const STATIONS_MAX: usize = 20_000;
const PAGE: i64 = 200;

/// Which stations; everything empty = all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    pub site: Option<i64>,
    /// As the station tells it, whatever the case.
    pub vendor: String,
    pub model: String,
    /// The firmware that it has now.
    pub from_version: String,
}

impl Choice {
    fn fits(&self, station: &StationRow) -> bool {
        let same =
            |wanted: &str, is: &str| wanted.is_empty() || wanted.trim().eq_ignore_ascii_case(is.trim());
        same(&self.vendor, &station.vendor)
            && same(&self.model, &station.model)
            && (self.from_version.is_empty() || self.from_version == station.firmware)
    }
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wish {
    pub name: String,
    pub firmware: i64,
    pub choice: Choice,
    /// So many alone, before the others.
    pub canaries: u32,
    /// Of the others.
    pub at_once: u32,
    /// It halts when more of those that have ended have failed.
    pub halt_percent: u32,
    /// Only stations without a session.
    pub idle_only: bool,
}

/// The campaign cannot be made, or changed.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn unfit<T>(why: impl Into<String>) -> Result<T, CampaignError> {
    Err(CampaignError::Unfit(why.into()))
}

/// What a campaign would be.
#[derive(Debug)]
pub struct Outlook {
    pub firmware: FirmwareRow,
    pub choice: Choice,
    /// In the order in which they would be asked.
    pub stations: Vec<String>,
}

/// Which stations a campaign would be for, if it began now.
///
/// # Errors
/// See [`CampaignError`].
pub async fn outlook(app: &App, wish: &Wish) -> Result<Outlook, CampaignError> {
    if !(1..=10_000).contains(&wish.at_once) || wish.canaries > 1_000 || wish.halt_percent > 100 {
        return unfit(
            "at least one station at once and at most 10000, at most 1000 canaries, 0 to 100 percent",
        );
    }
    if wish.name.chars().count() > 100 || wish.name.chars().any(char::is_control) {
        return unfit("the name has at most 100 letters, all of them printable");
    }
    let mut tx = app.db.read().await?;
    let firmware = files::firmware(&mut tx, wish.firmware).await?.filter(|row| row.removed_at.is_none());
    let Some(firmware) = firmware else { return unfit(format!("there is no firmware {}", wish.firmware)) };
    let mut choice = wish.choice.clone();
    // Firmware that is for certain stations is for no others.
    for (chosen, own) in [(&mut choice.vendor, &firmware.vendor), (&mut choice.model, &firmware.model)] {
        if chosen.is_empty() {
            chosen.clone_from(own);
        } else if !own.is_empty() && !own.eq_ignore_ascii_case(chosen) {
            return unfit(format!("the firmware is for stations of {} {}", firmware.vendor, firmware.model));
        }
    }
    let stations = chosen(&mut tx, &choice, &firmware.version).await?;
    if stations.is_empty() {
        return unfit("no station fits that does not have this firmware already");
    }
    Ok(Outlook { firmware, choice, stations })
}

/// Begins a campaign with the stations that fit now and do not have the firmware.
///
/// # Errors
/// See [`CampaignError`].
pub async fn begin(app: &App, wish: Wish, by: &str) -> Result<CampaignRow, CampaignError> {
    begin_as(app, app.ids.next(), wish, by).await
}

/// The same under a number that the caller knows beforehand, and has kept.
///
/// # Errors
/// As [`begin`]'s.
pub async fn begin_as(app: &App, id: i64, wish: Wish, by: &str) -> Result<CampaignRow, CampaignError> {
    let now = app.clock.now();
    let Outlook { firmware, choice, stations: chosen } = outlook(app, &wish).await?;
    let row = CampaignRow {
        id,
        name: if wish.name.trim().is_empty() {
            format!("{} {}", firmware.name, firmware.version)
        } else {
            wish.name
        },
        firmware_id: firmware.id,
        version: firmware.version,
        chosen: serde_json::to_string(&choice).unwrap_or_default(),
        canaries: i64::from(wish.canaries).min(i64::try_from(chosen.len()).unwrap_or(i64::MAX)),
        at_once: wish.at_once.into(),
        halt_percent: wish.halt_percent.into(),
        idle_only: wish.idle_only.into(),
        state: "running".to_owned(),
        reason: String::new(),
        base_done: 0,
        base_failed: 0,
        created_by: by.to_owned(),
        created_at: now,
        ended_at: None,
    };
    let mut tx = app.db.write().await?;
    campaigns::create(&mut tx, &row).await?;
    for (seq, station) in (1..).zip(&chosen) {
        campaigns::add(&mut tx, row.id, seq, station, now).await?;
    }
    tell(app, &mut tx, row.id).await?;
    tx.commit().await?;
    tracing::info!(campaign = row.id, name = row.name, stations = chosen.len(), by, "a campaign begins");
    Ok(row)
}

/// The stations that fit and have other firmware, in the order of their identities.
async fn chosen(tx: &mut Tx, choice: &Choice, version: &str) -> Result<Vec<String>, CampaignError> {
    let filter = stations::Filter { site: choice.site, ..stations::Filter::default() };
    let (mut chosen, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = stations::list(tx, &filter, after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(chosen) };
        after = Some(last.id.clone());
        chosen.extend(
            page.iter().filter(|row| choice.fits(row) && row.firmware != version).map(|row| row.id.clone()),
        );
        if chosen.len() > STATIONS_MAX {
            return unfit(format!("more than {STATIONS_MAX} stations fit; make several campaigns"));
        }
    }
}

/// How many stations of a campaign are how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: i64,
    pub asked: i64,
    pub done: i64,
    pub failed: i64,
    pub skipped: i64,
    /// Of those asked, done and failed: the first ones.
    pub canaries_asked: i64,
    pub canaries_done: i64,
    pub canaries_failed: i64,
}

impl Counts {
    pub fn all(&self) -> i64 {
        self.waiting + self.asked + self.done + self.failed + self.skipped
    }
}

/// Counts the stations of a campaign.
///
/// # Errors
/// The database fails.
pub async fn counts(tx: &mut Tx, campaign: i64) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    for (state, canary, many) in campaigns::counts(tx, campaign).await? {
        let of_canaries = if canary == 1 { many } else { 0 };
        match state.as_str() {
            "waiting" => counts.waiting += many,
            "asked" => {
                (counts.asked, counts.canaries_asked) =
                    (counts.asked + many, counts.canaries_asked + of_canaries)
            }
            "done" => {
                (counts.done, counts.canaries_done) = (counts.done + many, counts.canaries_done + of_canaries)
            }
            "failed" => {
                (counts.failed, counts.canaries_failed) =
                    (counts.failed + many, counts.canaries_failed + of_canaries);
            }
            _ => counts.skipped += many,
        }
    }
    Ok(counts)
}

/// What somebody does with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// No further station is asked.
    Pause,
    /// It goes on; what had failed before a halt is not counted again.
    Resume,
    /// It ends; stations that were asked are not called back.
    Cancel,
}

/// Does it. False: the campaign is not in a state for that.
///
/// # Errors
/// The database fails.
pub async fn act(app: &App, id: i64, act: Act, by: &str) -> Result<bool, StoreError> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let done = match act {
        Act::Pause => {
            let why = format!("paused by {by}");
            campaigns::set_state(&mut tx, id, ("running", "running"), "paused", &why, None).await?
        }
        Act::Resume => {
            let halted = campaigns::set_state(&mut tx, id, ("halted", "halted"), "running", "", None).await?;
            // Whoever resumes after a halt has looked at what had failed; a pause is none.
            if halted {
                let so_far = counts(&mut tx, id).await?;
                campaigns::set_base(&mut tx, id, so_far.done, so_far.failed).await?;
            }
            halted || campaigns::set_state(&mut tx, id, ("paused", "paused"), "running", "", None).await?
        }
        Act::Cancel => {
            let why = format!("cancelled by {by}");
            let mut ended = false;
            for from in [("running", "paused"), ("halted", "halted")] {
                ended |= campaigns::set_state(&mut tx, id, from, "cancelled", &why, Some(now)).await?;
            }
            if ended {
                campaigns::skip_waiting(&mut tx, id, &why, now).await?;
            }
            ended
        }
    };
    if done {
        tell(app, &mut tx, id).await?;
    }
    tx.commit().await?;
    if done {
        tracing::info!(campaign = id, ?act, by, "a campaign was changed");
    }
    Ok(done)
}

/// Tells of the state that a campaign has now.
async fn tell(app: &App, tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    let Some(row) = campaigns::find(tx, id).await? else { return Ok(()) };
    let told = CampaignState {
        campaign_id: row.id.to_string(),
        name: row.name,
        state: row.state,
        reason: row.reason,
    };
    events::add(tx, &event::row(&app.ids, app.clock.now(), None, None, &told)).await
}
