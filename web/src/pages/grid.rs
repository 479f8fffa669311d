//! Load management: what each site's fuses carry, and how its EVSEs stand.

use super::{grid_acts, site_choices, station_href};
use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::{GridBar, GridEvse, GridLimit, GridLimitForm, GridLine, GridNode, GridPage, GridPhase, GridsPage},
};
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use csms::{
    grid::{
        look::{EvseLook, Look, NodeLook, look},
        plan::PlanError,
        stepped_at,
    },
    store::{grid, sites},
};

const PHASES: [&str; 3] = ["L1", "L2", "L3"];

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/grid", get(list)).route("/grid/{site}", get(show)).merge(grid_acts::routes())
}

async fn list(State(state): State<WebState>, visit: Visit) -> Result<Response, Fail> {
    let mut tx = state.app.db.read().await?;
    let mut rows = Vec::new();
    for row in grid::list(&mut tx).await? {
        let name = sites::find(&mut tx, row.site_id).await?.map(|site| site.name).unwrap_or_default();
        let found = match look(&mut tx, row.site_id, visit.shell.now).await {
            Ok(found) => found,
            Err(PlanError::Store(error)) => return Err(error.into()),
            // Its own page says why.
            Err(PlanError::Unreadable(_)) => None,
        };
        let (nodes, evses) = found.map(|found| (found.nodes, found.evses)).unwrap_or_default();
        rows.push(GridLine {
            href: format!("/grid/{}", row.site_id),
            name,
            mode: row.mode,
            charging: evses.iter().filter(|evse| evse.charges).count(),
            troubled: evses.iter().filter(|evse| tone(&standing(evse)) == "bad").count(),
            over: nodes.iter().any(over),
            nodes: nodes.len(),
            evses: evses.len(),
        });
    }
    let planned: Vec<&str> = rows.iter().filter_map(|row| row.href.strip_prefix("/grid/")).collect();
    let mut sites = site_choices(&mut tx).await?;
    sites.retain(|[id, _]| !planned.contains(&id.as_str()));
    drop(tx);
    visit.show(&GridsPage { rows, sites })
}

async fn show(State(state): State<WebState>, visit: Visit, Path(site): Path<i64>) -> Result<Response, Fail> {
    shown(&state, &visit, site, Refused::Nothing).await
}

/// What was asked in vain, and why.
pub(super) enum Refused {
    Nothing,
    /// A limit, with its form as it was sent.
    Limit(GridLimitForm, String),
    /// Another mode.
    Mode(String),
}

/// The page, with what was asked in vain.
pub(super) async fn shown(
    state: &WebState,
    visit: &Visit,
    site: i64,
    refused: Refused,
) -> Result<Response, Fail> {
    let mut tx = state.app.db.read().await?;
    let row = grid::find(&mut tx, site).await?.ok_or(Fail::NotFound)?;
    let name = sites::find(&mut tx, site).await?.map(|site| site.name).unwrap_or_default();
    let (form, error, not_switched) = match refused {
        Refused::Nothing => (GridLimitForm::default(), None, None),
        Refused::Limit(form, why) => (form, Some(why), None),
        Refused::Mode(why) => (GridLimitForm::default(), None, Some(why)),
    };
    let mut page = GridPage {
        site: name,
        mode: row.mode,
        stepped_at: stepped_at(&state.app, &mut tx, site).await?,
        broken: None,
        nodes: Vec::new(),
        evses: Vec::new(),
        limits: Vec::new(),
        href: format!("/grid/{site}"),
        form,
        error,
        not_switched,
    };
    match look(&mut tx, site, visit.shell.now).await {
        Ok(Some(found)) => fill(&mut page, found),
        Ok(None) => return Err(Fail::NotFound),
        Err(PlanError::Store(error)) => return Err(error.into()),
        Err(PlanError::Unreadable(error)) => page.broken = Some(error.to_string()),
    }
    drop(tx);
    visit.show(&page)
}

fn fill(page: &mut GridPage, found: Look) {
    page.nodes = found.nodes.iter().map(node).collect();
    page.evses = found.evses.into_iter().map(evse).collect();
    // What a station has told is not ours to take back.
    let limit = |limit: csms::grid::look::LimitLook| GridLimit {
        id: (limit.source != "on_site").then(|| limit.id.to_string()),
        place: limit.place,
        most: limit.most,
        source: limit.source,
        told_by: limit.told_by,
        from: limit.from,
        until: limit.until,
        holds: limit.holds,
    };
    page.limits = found.limits.into_iter().map(limit).collect();
}

fn over(node: &NodeLook) -> bool {
    node.headroom.0.iter().any(|left| left.0 < 0)
}

fn node(node: &NodeLook) -> GridNode {
    let phase = |at: usize| {
        let fuse = node.fuse.0[at];
        let permille = |milliamps: i64| (milliamps.saturating_mul(1000) / fuse.0.max(1)).clamp(0, 1000);
        let (others, used, promised) = (node.others.0[at], node.used.0[at], node.promised.0[at]);
        let limit = node.limit.map(|limit| limit.0[at]).filter(|limit| *limit < fuse);
        GridPhase {
            label: PHASES[at],
            fuse: fuse.to_string(),
            limit: limit.map(|limit| limit.to_string()),
            others: others.to_string(),
            used: used.to_string(),
            promised: promised.to_string(),
            headroom: node.headroom.0[at].to_string(),
            over: node.headroom.0[at].0 < 0,
            bar: GridBar {
                others: permille(others.0),
                used: permille(used.0),
                promised: permille(promised.0),
                limit: limit.map(|limit| permille(limit.0)),
            },
        }
    };
    GridNode {
        name: node.name.clone(),
        depth: node.depth.min(8),
        measured: node.measured,
        phases: (0..3).map(phase).collect(),
        export: (node.export.0.iter().any(|phase| phase.0 > 0))
            .then(|| (format!("{} A", node.export), format!("{} A", node.export_left))),
    }
}

/// The standing's word.
fn standing(evse: &EvseLook) -> String {
    let word = serde_json::to_value(evse.standing).ok();
    word.as_ref().and_then(|word| word.as_str()).unwrap_or_default().to_owned()
}

fn tone(standing: &str) -> &'static str {
    match standing {
        "limited" | "default" => "ok",
        "telling" => "wait",
        "offline" => "off",
        _ => "bad",
    }
}

fn evse(evse: EvseLook) -> GridEvse {
    let standing = standing(&evse);
    GridEvse {
        href: station_href(&evse.station),
        tone: tone(&standing),
        standing,
        station: evse.station,
        evse: evse.evse,
        node: evse.node,
        limit: evse.limit.map(|limit| limit.to_string()),
        until: evse.until,
        default: evse.default.to_string(),
        counted: evse.counted.to_string(),
        drawn: evse.drawn.map(|drawn| drawn.to_string()),
        charges: evse.charges,
        deadline: evse.deadline,
        why: evse.told,
        told_at: evse.told_at,
        outcome: if evse.outcome.is_empty() { "waiting".to_owned() } else { evse.outcome },
        words: evse.words,
        differs: (evse.checked == "differs").then_some(evse.checked_words),
    }
}
