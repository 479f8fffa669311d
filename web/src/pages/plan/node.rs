//! A fuse of a plan: made, changed, called otherwise, taken out.

use super::{Now, Tried, Wish, attempt, kept, read};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{PlanNodeForm, PlanNodePage, PlanPreview},
};
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use csms::grid::{
    amps::PhaseAmps,
    file::{NodeFile, OthersFile, PlanFile},
};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Wanted {
    /// Empty: a new one.
    #[serde(default)]
    name: String,
}

pub async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Path(site): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    visit.operator()?;
    let now = Now::read(&mut state.app.db.read().await?, site).await?;
    let mut form = PlanNodeForm { revision: now.revision.to_string(), ..PlanNodeForm::default() };
    if !wanted.name.is_empty() {
        let node = now.file.node.iter().find(|node| node.name == wanted.name).ok_or(Fail::NotFound)?;
        form.was.clone_from(&node.name);
        form.name.clone_from(&node.name);
        form.parent = node.parent.clone().unwrap_or_default();
        form.fuse = read::phases_of(node.fuse);
        form.export = read::phases_of(node.export);
        if let Some(others) = &node.others {
            form.reserve = read::phases_of(others.reserve);
            form.margin = read::phases_of(others.margin);
            form.max_age_s = others.max_age_s.to_string();
        }
    } else if let Some(connection) = now.file.node.first() {
        form.parent.clone_from(&connection.name);
    }
    visit.show(&page(&now, form, None, Vec::new()))
}

fn page(now: &Now, form: PlanNodeForm, preview: Option<PlanPreview>, why: Vec<String>) -> PlanNodePage {
    let others = now.file.node.iter().filter(|node| node.name != form.was);
    PlanNodePage {
        site: now.name.clone(),
        href: now.href(),
        parents: others.map(|node| node.name.clone()).collect(),
        form,
        preview,
        why,
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Sent {
    act: String,
    revision: String,
    was: String,
    name: String,
    parent: String,
    fuse1: String,
    fuse2: String,
    fuse3: String,
    export1: String,
    export2: String,
    export3: String,
    reserve1: String,
    reserve2: String,
    reserve3: String,
    margin1: String,
    margin2: String,
    margin3: String,
    max_age_s: String,
}

impl Sent {
    fn node(&self) -> Result<NodeFile, String> {
        let fuse = read::phase_amps("fuse", [&self.fuse1, &self.fuse2, &self.fuse3])?;
        let export = read::phase_amps("given back", [&self.export1, &self.export2, &self.export3])?;
        let reserve = read::phase_amps("other loads", [&self.reserve1, &self.reserve2, &self.reserve3])?;
        let margin = read::phase_amps("margin", [&self.margin1, &self.margin2, &self.margin3])?;
        let max_age_s = match self.max_age_s.trim() {
            "" => 0,
            text => read::number("measurements count for", text)?,
        };
        let nothing = || "0".parse::<PhaseAmps>().map_err(|error| format!("{error}"));
        let others = match (reserve, margin) {
            (None, None) if max_age_s == 0 => None,
            (None, _) => {
                return Err("other loads: say the most that they ever take, for each phase".to_owned());
            }
            (Some(reserve), None) => Some(OthersFile { reserve, margin: nothing()?, max_age_s }),
            (Some(reserve), Some(margin)) => Some(OthersFile { reserve, margin, max_age_s }),
        };
        Ok(NodeFile {
            name: self.name.trim().to_owned(),
            parent: Some(self.parent.clone()).filter(|parent| !parent.is_empty()),
            fuse: fuse.ok_or("fuse: say what it carries, in A")?,
            others,
            export: export.map_or_else(nothing, Ok)?,
        })
    }

    /// The plan with what is wished of this node.
    fn apply(&self, mut file: PlanFile) -> Result<PlanFile, String> {
        let place = file.node.iter().position(|node| node.name == self.was);
        if self.act == "remove" {
            file.node.retain(|node| node.name != self.was);
            return Ok(file);
        }
        let node = self.node()?;
        match place {
            Some(place) => {
                for other in &mut file.node {
                    if other.parent.as_deref() == Some(&*self.was) {
                        other.parent = Some(node.name.clone());
                    }
                }
                for evse in file.evse.iter_mut().filter(|evse| evse.node == self.was) {
                    evse.node.clone_from(&node.name);
                }
                file.node[place] = node;
            }
            None if self.was.is_empty() => file.node.push(node),
            None => return Err(format!("the plan has no node {} any more; open the plan again", self.was)),
        }
        Ok(file)
    }

    fn form(self) -> PlanNodeForm {
        PlanNodeForm {
            revision: self.revision,
            was: self.was,
            name: self.name,
            parent: self.parent,
            fuse: [self.fuse1, self.fuse2, self.fuse3],
            export: [self.export1, self.export2, self.export3],
            reserve: [self.reserve1, self.reserve2, self.reserve3],
            margin: [self.margin1, self.margin2, self.margin3],
            max_age_s: self.max_age_s,
        }
    }
}

pub async fn put(
    State(state): State<WebState>,
    Path(site): Path<i64>,
    signed: Signed<Sent>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let now = Now::read(&mut state.app.db.read().await?, site).await?;
    let tried = match form.apply(now.file.clone()) {
        Ok(file) => {
            let name = form.name.trim();
            let renamed = !form.was.is_empty() && form.was != name && form.act != "remove";
            let wish = Wish {
                file: &file,
                renamed: renamed.then_some((form.was.as_str(), name)),
                revision: &form.revision,
                keep: matches!(form.act.as_str(), "keep" | "remove"),
            };
            attempt(&state, &visit, &now, wish).await?
        }
        Err(why) => Tried::Refused(vec![why]),
    };
    let (preview, why) = match tried {
        Tried::Kept => return Ok(kept(&now)),
        Tried::Seen(preview) => (Some(preview), Vec::new()),
        Tried::Refused(why) => (None, why),
    };
    visit.show(&page(&now, form.form(), preview, why))
}
