//! One session: curve, bill, oddities, timeline.

use super::{Click, record, rows, station_href, tariff_href};
use crate::{
    WebState,
    front::Fail,
    i18n::Lang,
    login::{Signed, Visit},
    view::{
        BillView, Chart, DiffersView, Fact, FindingView, LineView, Moment, Point, SessionPage, TariffLink,
        TaxView, energy_text, zone_of,
    },
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    audit::Differs,
    catalog::Snapshot,
    session::Live,
    store::{
        Tx, bills,
        console::{self, CurvePoint},
        events,
        findings::{self, FindingRow},
        row::{EventRow, ReadingRow, SessionRow},
        sessions,
        tariffs::{self as tariff_rows, masked},
    },
};
use serde::Deserialize;
use tariffs::{Bill, Charge, Line, Reason, Tariff, TaxIncluded};

/// Readings listed at the beginning and at the end of a long session.
const HEAD: i64 = 20;
const TAIL: i64 = 180;
const EVENTS: i64 = 100;
/// A session with more readings shows its running cost, but its running bill only when it has ended.
const RUNNING_READINGS_MAX: i64 = 2_000;
/// A message that comes later than this after what it tells is marked.
const LATE: TimeDelta = TimeDelta::minutes(1);

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/sessions/{id}", get(show)).route("/sessions/{id}/end", post(end))
}

/// Ends a session whose stop will never come, as of its last message, and bills it. The charger is asked nothing.
async fn end(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    let session = id.parse().map_err(|_| Fail::NotFound)?;
    let mut tx = state.app.db.read().await?;
    let row = sessions::find(&mut tx, session).await?.ok_or(Fail::NotFound)?;
    drop(tx);
    let desk = state.app.desk(&row.station_id.as_str().into());
    if desk.give_up(Some(session), visit.shell.now).await? > 0 {
        let mut tx = state.app.db.write().await?;
        let now = visit.shell.now;
        record(&state, &mut tx, now, &row.station_id, "session.ended_by_hand", &visit.account.name).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("/sessions/{session}?done=session-ended")).into_response())
}

async fn show(State(state): State<WebState>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fail> {
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    let now = visit.shell.now;
    let mut tx = state.app.db.read().await?;
    let row = sessions::find(&mut tx, id).await?.ok_or(Fail::NotFound)?;
    let curve = console::curve(&mut tx, id).await?;
    let count = console::count_readings(&mut tx, id).await?;
    let of_session = events::Filter { session: Some(id), ..events::Filter::default() };
    let events = events::list(&mut tx, &of_session, None, EVENTS).await?;
    let (readings, hidden) = listed(&mut tx, id, count).await?;
    let tariff = tariff_of(&mut tx, &row).await?;
    let bill = bill_of(&mut tx, &row, tariff.as_deref(), count, now).await?;
    let findings = findings::of_session(&mut tx, id).await?;
    let tariff = link_of(&mut tx, tariff.as_deref()).await?;
    let needs = super::session_needs::of(&mut tx, id).await?;
    drop(tx);

    let zone = zone_of(&row.time_zone);
    let points: Vec<Point> = curve.iter().map(|point| point_of(point, &row)).collect();
    let (first, last) = (points.first().map(|p| p.at), points.last().map(|p| p.at));
    let chart = first.zip(last).and_then(|(first, last)| Chart::draw(&points, first, last, zone));
    let open = row.state == "open";
    visit.show(&SessionPage {
        id,
        station_href: station_href(&row.station_id),
        place: rows::place_of(row.evse, row.connector),
        open,
        started_at: row.started_at,
        ended_at: row.ended_at,
        seconds: rows::seconds_of(&row, now),
        energy_mwh: row.energy_mwh,
        power_w: row.power_w,
        soc_percent: row.soc_percent,
        zone: zone.name().to_owned(),
        facts: facts(&row),
        flags: rows::flags_of(&row.flags),
        findings: findings.into_iter().map(finding_view).collect(),
        chart,
        bill: bill.map(|bill| bill_view(&bill, open, visit.shell.lang)),
        tariff,
        needs,
        moments: moments(readings, events),
        hidden,
        station: row.station_id,
        cost: row.cost,
        currency: row.currency,
    })
}

/// Energy on the curve counts from the start of the session.
fn point_of(point: &CurvePoint, row: &SessionRow) -> Point {
    let energy_mwh = point.register_mwh.zip(row.start_mwh).map(|(register, start)| (register - start).max(0));
    Point { at: point.at, power_w: point.power_w, energy_mwh, soc_percent: point.soc_percent }
}

/// All readings, or the first and the last ones and how many are between.
async fn listed(tx: &mut Tx, id: i64, count: i64) -> Result<(Vec<ReadingRow>, usize), Fail> {
    let mut last = console::last_readings(tx, id, TAIL).await?;
    last.reverse();
    if count <= TAIL {
        return Ok((last, 0));
    }
    let head = HEAD.min(count - TAIL);
    let mut readings = console::first_readings(tx, id, head).await?;
    readings.append(&mut last);
    Ok((readings, usize::try_from(count - TAIL - head).unwrap_or(0)))
}

/// The tariff as it was when the session started, as JSON.
async fn tariff_of(tx: &mut Tx, row: &SessionRow) -> Result<Option<String>, Fail> {
    match row.tariff_hash.as_deref() {
        Some(hash) => Ok(tariff_rows::snapshot(tx, hash).await?),
        None => Ok(None),
    }
}

/// Its name and, as long as it is there, its page.
async fn link_of(tx: &mut Tx, tariff: Option<&str>) -> Result<Option<TariffLink>, Fail> {
    let Some(tariff) = tariff.and_then(|body| Tariff::from_json(body).ok()) else { return Ok(None) };
    let known = tariff_rows::find(tx, &tariff.id).await?;
    Ok(Some(TariffLink {
        name: if tariff.name.is_empty() { tariff.id } else { tariff.name },
        href: known.map(|known| tariff_href(&known.id)),
    }))
}

/// The stored bill; of a session that runs, the bill so far.
async fn bill_of(
    tx: &mut Tx,
    row: &SessionRow,
    tariff: Option<&str>,
    count: i64,
    now: DateTime<Utc>,
) -> Result<Option<Bill>, Fail> {
    if row.state != "open" {
        let stored = bills::latest(tx, row.id).await?;
        return Ok(stored.and_then(|bill| {
            serde_json::from_str(&bill.body)
                .inspect_err(
                    |error| tracing::error!(session = row.id, %error, "a stored bill cannot be read"),
                )
                .ok()
        }));
    }
    let Some(snapshot) = tariff.and_then(|body| Snapshot::read(body.to_owned()).ok()) else {
        return Ok(None);
    };
    if count > RUNNING_READINGS_MAX {
        return Ok(None);
    }
    let readings = sessions::readings(tx, row.id).await?;
    Ok(Live::replay(row.clone(), Some(&std::sync::Arc::new(snapshot)), &readings).bill(now))
}

/// Values of one kind that are shown; there may be more of the same cause.
const DIFFERS: usize = 5;

fn finding_view(row: FindingRow) -> FindingView {
    let differs: Vec<Differs> = serde_json::from_str(&row.detail).unwrap_or_default();
    let view = |Differs { field, is, should }| DiffersView { field, value: is, wanted: should };
    FindingView { kind: row.kind, differs: differs.into_iter().take(DIFFERS).map(view).collect() }
}

/// A bill as pages show it; `running`: so far.
pub fn bill_view(bill: &Bill, running: bool, lang: Lang) -> BillView {
    let gross = bill.tax_included == TaxIncluded::Yes;
    BillView {
        currency: bill.currency.to_string(),
        gross,
        lines: bill
            .lines
            .iter()
            .zip(bill.explain(lang.of_tariffs()))
            .map(|(line, explanation)| LineView {
                kind: kind_of(line).to_owned(),
                explanation,
                amount: if gross { line.gross } else { line.net }.to_string(),
            })
            .collect(),
        total_excl: bill.total_excl.to_string(),
        taxes: bill
            .vat_totals()
            .into_iter()
            .flat_map(|total| {
                let vat = total.vat.map(|rate| TaxView {
                    name: format!("{} %", rate.normalize()),
                    amount: total.tax.to_string(),
                });
                let others = total.taxes.into_iter().map(|part| TaxView {
                    name: format!("{} {} %", part.name, part.percent.normalize()),
                    amount: part.amount.to_string(),
                });
                vat.into_iter().chain(others)
            })
            .collect(),
        total_incl: bill.total_incl.to_string(),
        running,
    }
}

/// A word of the texts' family `reason`.
fn kind_of(line: &Line) -> &'static str {
    match line.reason {
        Reason::MinPrice => "min_price",
        Reason::MaxPrice => "max_price",
        Reason::Rounding => "rounding",
        Reason::Cap { .. } => "cap",
        Reason::Discount => "discount",
        Reason::Price | Reason::Free | Reason::Step { .. } => match line.dimension {
            Some(Charge::Energy) => "energy",
            Some(Charge::Service) => "service",
            Some(Charge::Time) => "time",
            Some(Charge::ParkingTime) => "parking_time",
            Some(Charge::ReservationTime | Charge::ReservationFlat) => "reservation",
            Some(Charge::Flat) | None => "flat",
        },
    }
}

fn facts(row: &SessionRow) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut fact = |key: &'static str, value: String, code: bool| {
        if !value.is_empty() {
            facts.push(Fact { key, value, code });
        }
    };
    let kwh = |mwh: Option<i64>| mwh.map(|mwh| format!("{} kWh", energy_text(mwh))).unwrap_or_default();
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let token = match row.token_kind.as_str() {
        "" => row.token_uid.clone(),
        kind => format!("{} ({kind})", masked(row.token_uid.clone(), kind)),
    };
    fact("session.token", token.trim_start_matches(" ").to_owned(), true);
    fact("session.group", row.group_uid.clone().unwrap_or_default(), true);
    fact("session.verdict", row.verdict.clone(), false);
    fact("session.transaction", row.reference.clone(), true);
    fact("session.protocol", row.protocol.clone(), false);
    fact("session.charging_state", row.charging_state.clone(), false);
    fact("session.register_start", kwh(row.start_mwh), false);
    match row.stop_mwh {
        Some(stop) => fact("session.register_stop", kwh(Some(stop)), false),
        None => fact("session.register_last", kwh(row.last_mwh), false),
    }
    fact("session.stop_reason", row.stop_reason.clone(), false);
    fact("session.stop_token", row.stop_token.clone(), true);
    fact("session.remote_start", number(row.remote_start), true);
    fact("session.reservation", number(row.reservation), true);
    fact("session.sequence", row.seqs.replace(',', ", "), true);
    facts
}

/// What a person reads of a stored message.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Told {
    trigger: String,
    charging_state: String,
}

/// Messages and events together, in the order of time.
fn moments(readings: Vec<ReadingRow>, events: Vec<EventRow>) -> Vec<Moment> {
    let told = readings.into_iter().map(|row| {
        let told: Told = serde_json::from_str(&row.body).unwrap_or_default();
        let words = [told.trigger, told.charging_state];
        let late = row.received_at - row.at;
        Moment {
            at: row.at,
            late_s: (late > LATE).then(|| late.num_seconds()),
            word: row.phase,
            event: false,
            seq: row.seq,
            register_mwh: row.register_mwh,
            power_w: row.power_w,
            soc_percent: row.soc_percent,
            note: words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" · "),
        }
    });
    // Start and end are messages as well: their events would say the same again.
    let happened = events
        .into_iter()
        .filter(|row| !matches!(row.kind.as_str(), "session.started" | "session.ended"))
        .map(|row| {
            let details = crate::view::EventLine::details(&row.body);
            Moment {
                at: row.at,
                late_s: None,
                word: row.kind,
                event: true,
                seq: None,
                register_mwh: None,
                power_w: None,
                soc_percent: None,
                note: details
                    .into_iter()
                    .map(|[name, value]| format!("{name} {value}"))
                    .collect::<Vec<_>>()
                    .join(" · "),
            }
        });
    let mut moments: Vec<Moment> = told.chain(happened).collect();
    moments.sort_by_key(|moment| moment.at);
    moments
}
