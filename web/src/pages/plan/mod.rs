//! The plan of a site: what is wired how. Its fuses and EVSEs are changed one by one, or all at once as text; each change is
//! checked as everywhere, shown with what the fuses would carry now, and kept if nobody was faster.

mod evse;
mod node;
mod read;

use super::{station_href, tell};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{PlanEvseLine, PlanNodeLine, PlanPage, PlanPhase, PlanPreview, PlanPreviewNode},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use csms::{
    event::list::GridPlanned,
    grid::{
        change::{Change, ChangeError},
        file::PlanFile,
        look::{NodeLook, look},
        plan::{self, PlanError},
    },
    store::{Tx, grid, sites},
};
use read::{amps, phases_of};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Bytes of a plan that is changed as text here; a larger one is imported.
const TEXT_MAX: usize = 100_000;
/// EVSEs named that do not charge while they are offline.
const IDLE: usize = 10;
const PHASES: [&str; 3] = ["L1", "L2", "L3"];

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/grid/{site}/plan", get(show).post(put))
        .route("/grid/{site}/plan/node", get(node::show).post(node::put))
        .route("/grid/{site}/plan/evse", get(evse::show).post(evse::put))
}

/// The plan as it is now.
struct Now {
    site: i64,
    name: String,
    /// 0: there is none.
    revision: i64,
    file: PlanFile,
    /// Why it cannot be read.
    broken: Option<String>,
}

impl Now {
    async fn read(tx: &mut Tx, site: i64) -> Result<Now, Fail> {
        let name = sites::find(tx, site).await?.ok_or(Fail::NotFound)?.name;
        let none = || PlanFile { voltage: None, policy: None, node: Vec::new(), evse: Vec::new() };
        let (revision, file, broken) = match plan::load(tx, site).await {
            Ok(Some((row, plan))) => (row.revision, PlanFile::of(&plan), None),
            Ok(None) => (0, none(), None),
            Err(PlanError::Store(error)) => return Err(error.into()),
            Err(PlanError::Unreadable(error)) => (0, none(), Some(error.to_string())),
        };
        Ok(Now { site, name, revision, file, broken })
    }

    fn href(&self) -> String {
        format!("/grid/{}/plan", self.site)
    }
}

/// What somebody wants of the plan.
struct Wish<'a> {
    file: &'a PlanFile,
    /// A node that is only called otherwise: its name before, and now.
    renamed: Option<(&'a str, &'a str)>,
    /// The revision that the form was made of.
    revision: &'a str,
    /// Not only looked at.
    keep: bool,
}

/// What has come of a wish.
enum Tried {
    Kept,
    Seen(PlanPreview),
    Refused(Vec<String>),
}

/// Looks at a wish, or keeps it.
async fn attempt(state: &WebState, visit: &Visit, now: &Now, wish: Wish<'_>) -> Result<Tried, Fail> {
    let db = &state.app.db;
    let mut tx = if wish.keep { db.write().await? } else { db.read().await? };
    match tried(&mut tx, visit, now, &wish).await {
        Ok(Some(preview)) => Ok(Tried::Seen(preview)),
        Ok(None) => {
            let (site_id, by) = (now.site.to_string(), visit.account.name.clone());
            tell(state, &mut tx, visit, &GridPlanned { site_id, what: "plan".into(), by }).await?;
            tx.commit().await?;
            tracing::info!(site = now.site, by = visit.account.name, "the plan of a site was put");
            Ok(Tried::Kept)
        }
        Err(ChangeError::NoSite(_)) => Err(Fail::NotFound),
        Err(ChangeError::Plan(PlanError::Store(error))) => Err(error.into()),
        Err(ChangeError::Refused(why)) => Ok(Tried::Refused(why)),
        Err(error @ (ChangeError::Meanwhile | ChangeError::Plan(_))) => {
            Ok(Tried::Refused(vec![error.to_string()]))
        }
    }
}

/// `None`: it is kept.
async fn tried(
    tx: &mut Tx,
    visit: &Visit,
    now: &Now,
    wish: &Wish<'_>,
) -> Result<Option<PlanPreview>, ChangeError> {
    if wish.keep {
        grid::lock(tx).await?;
    }
    let meant = wish.revision.parse().unwrap_or(-1);
    let change = Change::new(tx, now.site, wish.file, wish.renamed, Some(meant)).await?;
    if wish.keep {
        change.keep(tx, None, visit.shell.now).await?;
        return Ok(None);
    }
    let before = look(tx, now.site, visit.shell.now).await?.map(|look| look.nodes).unwrap_or_default();
    let after = change.outlook(tx, visit.shell.now).await?;
    Ok(Some(preview(&before, &after, wish.renamed, &change.without_default())))
}

fn preview(
    before: &[NodeLook],
    after: &[NodeLook],
    renamed: Option<(&str, &str)>,
    idle: &[(String, u16)],
) -> PlanPreview {
    let known: BTreeMap<&str, &NodeLook> = before.iter().map(|node| (node.name.as_str(), node)).collect();
    let nodes = after.iter().map(|node| {
        let was = renamed.filter(|(_, is)| *is == node.name).map_or(node.name.as_str(), |(was, _)| was);
        let old = known.get(was);
        let phase = |at: usize| PlanPhase {
            label: PHASES[at],
            fuse: node.fuse.0[at].to_string(),
            before: old.map(|old| old.headroom.0[at].to_string()),
            after: node.headroom.0[at].to_string(),
            over: node.headroom.0[at].0 < 0,
        };
        PlanPreviewNode {
            name: node.name.clone(),
            depth: node.depth.min(8),
            phases: (0..3).map(phase).collect(),
        }
    });
    PlanPreview {
        nodes: nodes.collect(),
        idle: idle.iter().take(IDLE).map(|(station, evse)| format!("{station} / {evse}")).collect(),
        idle_more: idle.len().saturating_sub(IDLE),
    }
}

fn kept(now: &Now) -> Response {
    Redirect::to(&format!("{}?done=grid-kept", now.href())).into_response()
}

async fn show(State(state): State<WebState>, visit: Visit, Path(site): Path<i64>) -> Result<Response, Fail> {
    let now = Now::read(&mut state.app.db.read().await?, site).await?;
    let text = toml::to_string(&now.file).unwrap_or_default();
    visit.show(&page(&now, text, None, Vec::new()))
}

fn page(now: &Now, text: String, preview: Option<PlanPreview>, why: Vec<String>) -> PlanPage {
    let too_large = text.len() > TEXT_MAX;
    let (nodes, evses) = (&now.file.node, &now.file.evse);
    // A node's depth; the plan is a tree of at most 8 levels.
    let depth = |name: &str| {
        let (mut at, mut depth) = (name, 0);
        while let Some(parent) =
            nodes.iter().find(|node| node.name == at).and_then(|node| node.parent.as_deref())
            && depth < 8
        {
            (at, depth) = (parent, depth + 1);
        }
        depth
    };
    let href = now.href();
    PlanPage {
        nodes: nodes
            .iter()
            .map(|node| PlanNodeLine {
                href: format!("{href}/node?name={}", super::encoded(&node.name)),
                name: node.name.clone(),
                depth: depth(&node.name),
                fuse: phases_of(node.fuse).join(" / "),
                reserve: node.others.as_ref().map(|others| phases_of(others.reserve).join(" / ")),
                max_age_s: node.others.as_ref().map_or(0, |others| others.max_age_s),
            })
            .collect(),
        evses: evses
            .iter()
            .map(|evse| PlanEvseLine {
                href: format!("{href}/evse?station={}&evse={}", super::encoded(&evse.station), evse.evse),
                station_href: station_href(&evse.station),
                station: evse.station.clone(),
                evse: evse.evse,
                node: evse.node.clone(),
                phases: read::words(&evse.phases).join(" ").to_uppercase(),
                rated: amps(evse.rated),
                default: evse.default.map(amps).unwrap_or_default(),
                method: read::word(&evse.method),
            })
            .collect(),
        site: now.name.clone(),
        grid: (now.revision > 0).then(|| format!("/grid/{}", now.site)),
        href,
        revision: now.revision.to_string(),
        broken: now.broken.clone(),
        text: if too_large { String::new() } else { text },
        too_large,
        preview,
        why,
    }
}

/// The plan as text.
#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    act: String,
    #[serde(default)]
    revision: String,
    #[serde(default)]
    text: String,
}

async fn put(
    State(state): State<WebState>,
    Path(site): Path<i64>,
    signed: Signed<Sent>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let now = Now::read(&mut state.app.db.read().await?, site).await?;
    let tried = match toml::from_str::<PlanFile>(&form.text) {
        Ok(file) => {
            let wish =
                Wish { file: &file, renamed: None, revision: &form.revision, keep: form.act == "keep" };
            attempt(&state, &visit, &now, wish).await?
        }
        Err(error) => Tried::Refused(error.to_string().lines().map(str::to_owned).collect()),
    };
    let (preview, why) = match tried {
        Tried::Kept => return Ok(kept(&now)),
        Tried::Seen(preview) => (Some(preview), Vec::new()),
        Tried::Refused(why) => (None, why),
    };
    // What was made of an older plan stays that, whatever is tried again.
    visit.show(&PlanPage { revision: form.revision, ..page(&now, form.text, preview, why) })
}
