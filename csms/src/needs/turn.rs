//! One round with one station: sessions that want a plan are given one.

use super::{
    NAME,
    back::{self, Giving},
    most,
    plan::{Given, Made, Price, make},
    vehicle::Vehicle,
};
use crate::{
    app::App,
    command::{self, Ask, ClearProfile, Command, CommandError, SetProfile, Until},
    grid,
    link::dialect,
    model::StationId,
    store::{
        self, StoreError, Tx,
        needs::{self, NeedRow, PlanRow},
        row::SessionRow,
        sessions, stations, tariffs,
    },
};
use ::tariffs::{EvseKind, Language, Tariff};
use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::Value;
use std::time::Duration;

/// A station has so long to answer; the standard gives a plan a minute (K15.FR.08).
const ANSWER_WITHIN: TimeDelta = TimeDelta::seconds(30);
const PATIENCE: Duration = Duration::from_secs(30);
/// Prices are looked up so far ahead, a week at a time.
const WEEKS: u64 = 2;

/// Does the round.
///
/// # Errors
/// The database, or commands that wait for the station already.
pub async fn turn(app: &App, station: &StationId) -> Result<(), CommandError> {
    let rows = needs::open(&mut app.db.read().await?, station).await?;
    for need in rows {
        one(app, station, &need).await?;
    }
    Ok(())
}

async fn one(app: &App, station: &StationId, need: &NeedRow) -> Result<(), CommandError> {
    let Some(link) = app.hub.info(station).filter(|link| link.protocol.tells_needs()) else {
        return Ok(());
    };
    let mut tx = app.db.read().await?;
    let before = needs::plan(&mut tx, need.session_id).await?;
    let Some(session) = sessions::find(&mut tx, need.session_id).await? else { return Ok(()) };
    if need.plans == "off" {
        drop(tx);
        return take_back(app, &session, need, before, "an operator wants no plan for this session").await;
    }
    // Its limits would be refused beside a plan of ours (K01.FR.39).
    if owned(&mut tx, station, need.evse).await? {
        drop(tx);
        return take_back(app, &session, need, before, "load management plans for this EVSE").await;
    }
    if need.body.is_empty() || !matches!(need.answer.as_str(), "accepted" | "processing") {
        return Ok(());
    }
    let body: Value = serde_json::from_str(&need.body).unwrap_or_default();
    let vehicle = Vehicle::read(&body);
    let evse_most_w = evse_most(&mut tx, station, need.evse).await?;
    let now = app.clock.now();
    let stands = before.as_ref().is_some_and(|plan| {
        plan.round == need.round
            && most(&vehicle, evse_most_w) == Some(plan.most)
            && match plan.state.as_str() {
                "set" | "refused" => true,
                "sent" => now - plan.at < ANSWER_WITHIN,
                _ => false,
            }
    });
    if stands {
        return Ok(());
    }
    let prices = prices(&mut tx, station, &session, now).await?;
    let said = grid::said(&mut tx, station, dialect::profile_rules(link.protocol)).await?;
    drop(tx);
    let taken = (session.energy_mwh - need.energy_mwh).max(0) / 1000;
    // What earlier plans had it lend since it told its needs is bought again, and counts against what it offers.
    let lent_wh =
        before.as_ref().filter(|plan| need.told_at <= plan.at).map_or(0, |plan| match plan.state.as_str() {
            // It gave nothing back by this one; what it lent before is owed to it all the same.
            "refused" => plan.lent_wh,
            _ => plan.lent_wh.saturating_add(back::given_wh(&plan.profile, now)),
        });
    let efficiency = i64::from(app.config.charging.give_back_efficiency_permille.clamp(1, 1000));
    let again = lent_wh.saturating_mul(1000) / efficiency;
    let given = Given {
        vehicle: &vehicle,
        stored_wh: (taken * efficiency / 1000).saturating_sub(lent_wh),
        evse: need.evse,
        transaction: &session.reference,
        evse_most_w,
        needs_wh: vehicle.energy_wh.map(|needs| needs.saturating_sub(taken).saturating_add(again).max(0)),
        prices: &prices,
        max_periods: said.periods.and_then(|most| u32::try_from(most).ok()),
        takes_amps: said.amps.unwrap_or(true),
        takes_watts: said.watts.unwrap_or(true),
        has_modes: link.protocol.has_operation_modes(),
        giving: app.config.charging.give_back.then(|| Giving {
            gain: app.config.charging.give_back_gain,
            efficiency_permille: app.config.charging.give_back_efficiency_permille,
        }),
        now,
    };
    match make(&given) {
        Some(made) => tell(app, station, need, before.as_ref(), (made, lent_wh)).await,
        None => {
            let reason = "neither the EVSE nor the vehicle says how much goes".to_owned();
            let row = PlanRow {
                session_id: need.session_id,
                round: need.round,
                state: "none".to_owned(),
                reason,
                at: now,
                lent_wh,
                ..PlanRow::default()
            };
            Ok(keep(app, &row).await?)
        }
    }
}

/// Tells the station the plan, and keeps how it took it. The plan is kept first: the vehicle may answer to it at once.
async fn tell(
    app: &App,
    station: &StationId,
    need: &NeedRow,
    before: Option<&PlanRow>,
    (made, lent_wh): (Made, i64),
) -> Result<(), CommandError> {
    let now = app.clock.now();
    let mut row = PlanRow {
        session_id: need.session_id,
        round: need.round,
        state: "sent".to_owned(),
        profile: made.profile.to_string(),
        most: made.most_w,
        missing_wh: made.missing_wh,
        reason: made.words,
        command_id: None,
        at: now,
        lent_wh,
    };
    keep(app, &row).await?;
    let evse = u32::try_from(need.evse).unwrap_or_default();
    let command = Command::SetProfile(SetProfile { evse, profile: made.profile });
    let last = before.map_or(0, |plan| plan.at.timestamp_micros());
    let ask = Ask {
        expires_at: Some(now + ANSWER_WITHIN),
        ..Ask::new(station, command, NAME).keyed(format!("{}:{}:{last}", need.session_id, need.round))
    };
    let command = command::issue(app, ask).await?;
    row.command_id = Some(command.id);
    let answered = command::wait(app, command.id, Until::Answer, PATIENCE).await?;
    let (state, why) = match answered {
        Some(row) if row.state == "answered" && row.verdict == "accepted" => ("set", String::new()),
        Some(row) if row.state == "answered" => {
            ("refused", format!("the station: {} {}", row.verdict, row.reason))
        }
        Some(row) => ("lost", row.reason),
        None => ("lost", "the command is not there any more".to_owned()),
    };
    metrics::counter!("csms_plans_total", "outcome" => state).increment(1);
    state.clone_into(&mut row.state);
    if !why.is_empty() {
        row.reason = why;
    }
    keep(app, &row).await?;
    app.live.touch(station);
    Ok(())
}

/// No plan is wanted any more: what the station holds of ours is removed. Without an answer it is tried again in the next round.
async fn take_back(
    app: &App,
    session: &SessionRow,
    need: &NeedRow,
    before: Option<PlanRow>,
    why: &str,
) -> Result<(), CommandError> {
    let Some(mut plan) = before.filter(|plan| plan.state != "none") else { return Ok(()) };
    let profile: Value = serde_json::from_str(&plan.profile).unwrap_or_default();
    let mut is_gone = true;
    if let Some(id) = profile["id"].as_i64().and_then(|id| i32::try_from(id).ok()) {
        let clear = Command::ClearProfile(ClearProfile { id: Some(id), ..ClearProfile::default() });
        let key = format!("{}:{}:{}:off", session.id, need.round, plan.at.timestamp_micros());
        let ask = Ask::new(&session.station_id.as_str().into(), clear, NAME).keyed(key);
        let command =
            command::issue(app, Ask { expires_at: Some(app.clock.now() + ANSWER_WITHIN), ..ask }).await?;
        let answered = command::wait(app, command.id, Until::Answer, PATIENCE).await?;
        is_gone = answered.is_some_and(|row| row.state == "answered");
    }
    plan.state = if is_gone { "none" } else { "lost" }.to_owned();
    plan.round = need.round;
    plan.reason = why.to_owned();
    plan.at = app.clock.now();
    Ok(keep(app, &plan).await?)
}

async fn keep(app: &App, row: &PlanRow) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    needs::set_plan(&mut tx, row).await?;
    tx.commit().await
}

/// Does load management look after this EVSE?
pub(crate) async fn owned(tx: &mut Tx, station: &str, evse: i64) -> Result<bool, StoreError> {
    let Some(site) = store::grid::site_of(tx, station, evse).await? else { return Ok(false) };
    Ok(store::grid::find(tx, site).await?.is_some_and(|row| row.mode == "on"))
}

/// W that the EVSE gives at most, where somebody has said so.
pub(crate) async fn evse_most(tx: &mut Tx, station: &str, evse: i64) -> Result<Option<i64>, StoreError> {
    let known = stations::evses(tx, station).await?;
    Ok(known
        .into_iter()
        .find(|row| row.evse == evse)
        .and_then(|row| row.max_power_w)
        .filter(|most| *most > 0))
}

/// The prices of a kWh from now on, where they change.
async fn prices(
    tx: &mut Tx,
    station: &str,
    session: &SessionRow,
    now: DateTime<Utc>,
) -> Result<Vec<Price>, StoreError> {
    let Some(hash) = &session.tariff_hash else { return Ok(Vec::new()) };
    let Some(tariff) = tariffs::snapshot(tx, hash).await?.and_then(|body| Tariff::from_json(&body).ok())
    else {
        return Ok(Vec::new());
    };
    let kind = stations::evses(tx, station).await?.into_iter().find(|row| row.evse == session.evse);
    let kind = kind.and_then(|row| match row.kind.as_str() {
        "ac" => Some(EvseKind::Ac),
        "dc" => Some(EvseKind::Dc),
        _ => None,
    });
    let zone: chrono_tz::Tz = session.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let today = now.with_timezone(&zone).date_naive();
    let weeks = (0..WEEKS).filter_map(|week| today.checked_add_days(Days::new(7 * week)));
    let segments = weeks.flat_map(|day| tariff.week(day, zone, kind, Language::English).days);
    let mut prices: Vec<Price> = Vec::new();
    for segment in segments.flat_map(|day| day.segments).filter(|segment| segment.to > now) {
        let price = segment.per_kwh.gross();
        if prices.last().is_none_or(|(_, last)| *last != price) {
            prices.push((segment.from, price));
        }
    }
    Ok(prices)
}
