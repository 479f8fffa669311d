//! An EVSE of a plan: on which node and phases it hangs, what it takes, and how it is told.

use super::{Now, Tried, Wish, attempt, kept, read};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{PlanEvseForm, PlanEvsePage, PlanPreview},
};
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use csms::{
    grid::{
        amps::Amps,
        file::{EvseFile, PlanFile},
    },
    store::stations,
};
use serde::Deserialize;
use serde_json::json;

/// Stations of the site to choose from.
const STATIONS: i64 = 500;

#[derive(Deserialize)]
pub struct Wanted {
    /// Empty: a new one.
    #[serde(default)]
    station: String,
    #[serde(default)]
    evse: String,
}

pub async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Path(site): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    visit.operator()?;
    let now = Now::read(&mut state.app.db.read().await?, site).await?;
    let mut form = if wanted.station.is_empty() {
        PlanEvseForm {
            evse: "1".to_owned(),
            node: now.file.node.last().map(|node| node.name.clone()).unwrap_or_default(),
            phases: ["l1", "l2", "l3"].map(str::to_owned),
            least: "6".to_owned(),
            step: "1".to_owned(),
            unit: "amps".to_owned(),
            method: "tx".to_owned(),
            takes_zero: true,
            ..PlanEvseForm::default()
        }
    } else {
        let of = |evse: &&EvseFile| evse.station == wanted.station && evse.evse.to_string() == wanted.evse;
        of_file(now.file.evse.iter().find(of).ok_or(Fail::NotFound)?)
    };
    form.revision = now.revision.to_string();
    visit.show(&page(&state, &now, form, None, Vec::new()).await?)
}

fn of_file(evse: &EvseFile) -> PlanEvseForm {
    let mut phases = read::words(&evse.phases).into_iter();
    PlanEvseForm {
        revision: String::new(),
        was: evse.station.clone(),
        was_evse: evse.evse.to_string(),
        station: evse.station.clone(),
        evse: evse.evse.to_string(),
        node: evse.node.clone(),
        phases: [(); 3].map(|()| phases.next().unwrap_or_default()),
        rated: read::amps(evse.rated),
        least: read::amps(evse.least),
        step: read::amps(evse.step),
        back: read::amps(evse.back),
        default: evse.default.map(read::amps).unwrap_or_default(),
        spread: false,
        unit: read::word(&evse.unit),
        method: read::word(&evse.method),
        efficiency: evse.dc_efficiency_permille.map(|permille| permille.to_string()).unwrap_or_default(),
        takes_zero: evse.takes_zero,
        forgets: evse.forgets,
        profile_id: evse.profile_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}

async fn page(
    state: &WebState,
    now: &Now,
    form: PlanEvseForm,
    preview: Option<PlanPreview>,
    why: Vec<String>,
) -> Result<PlanEvsePage, Fail> {
    let filter = stations::Filter { site: Some(now.site), ..stations::Filter::default() };
    let found = stations::list(&mut state.app.db.read().await?, &filter, None, STATIONS).await?;
    Ok(PlanEvsePage {
        site: now.name.clone(),
        href: now.href(),
        stations: found.into_iter().map(|row| row.id).collect(),
        nodes: now.file.node.iter().map(|node| node.name.clone()).collect(),
        form,
        preview,
        why,
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Sent {
    act: String,
    revision: String,
    was: String,
    was_evse: String,
    station: String,
    evse: String,
    node: String,
    phase1: String,
    phase2: String,
    phase3: String,
    rated: String,
    least: String,
    step: String,
    back: String,
    default: String,
    spread: String,
    unit: String,
    method: String,
    efficiency: String,
    takes_zero: String,
    forgets: String,
    profile_id: String,
}

impl Sent {
    fn file(&self) -> Result<EvseFile, String> {
        let current = |what: &str, text: &str| {
            text.parse::<Amps>().map_err(|error| format!("{what}: {error}")).map(|_| text.trim().to_owned())
        };
        let mut evse = json!({
            "station": self.station.trim(),
            "evse": read::number::<u16>("EVSE", &self.evse)?,
            "node": self.node,
            "phases": self.phases()?,
            "rated": current("rated for", &self.rated)?,
            "least": current("least", &self.least)?,
            "step": current("step", &self.step)?,
            "unit": self.unit,
            "method": self.method,
            "takes_zero": !self.takes_zero.is_empty(),
            "forgets": !self.forgets.is_empty(),
        });
        if !self.back.trim().is_empty() {
            evse["back"] = current("gives back", &self.back)?.into();
        }
        if !self.default.trim().is_empty() {
            evse["default"] = current("default", &self.default)?.into();
        }
        if !self.efficiency.trim().is_empty() {
            evse["dc_efficiency_permille"] = read::number::<u16>("efficiency", &self.efficiency)?.into();
        }
        if !self.profile_id.trim().is_empty() {
            evse["profile_id"] = read::number::<i32>("profile", &self.profile_id)?.into();
        }
        serde_json::from_value(evse).map_err(|error| error.to_string())
    }

    /// The site's phases that its own hang on, without those at the end that it does not have.
    fn phases(&self) -> Result<Vec<&str>, String> {
        let all = [self.phase1.as_str(), &self.phase2, &self.phase3];
        let used = all.iter().rposition(|phase| !phase.is_empty()).map_or(0, |last| last + 1);
        match all[..used].iter().position(|phase| phase.is_empty()) {
            Some(gap) => Err(format!("phases: its L{} hangs on nothing, but a later one does", gap + 1)),
            None => Ok(all[..used].to_vec()),
        }
    }

    /// The plan with what is wished of this EVSE.
    fn apply(&self, mut file: PlanFile) -> Result<PlanFile, String> {
        let is_it = |evse: &EvseFile| evse.station == self.was && evse.evse.to_string() == self.was_evse;
        let place = file.evse.iter().position(is_it);
        if self.act == "remove" {
            file.evse.retain(|evse| !is_it(evse));
        } else {
            let evse = self.file()?;
            match place {
                Some(place) => file.evse[place] = evse,
                None if self.was.is_empty() => file.evse.push(evse),
                None => {
                    let (evse, station) = (&self.was_evse, &self.was);
                    return Err(format!(
                        "the plan has no EVSE {evse} of {station} any more; open the plan again"
                    ));
                }
            }
        }
        if !self.spread.is_empty() {
            for evse in &mut file.evse {
                evse.default = None;
            }
        }
        Ok(file)
    }

    fn form(self) -> PlanEvseForm {
        PlanEvseForm {
            revision: self.revision,
            was: self.was,
            was_evse: self.was_evse,
            station: self.station,
            evse: self.evse,
            node: self.node,
            phases: [self.phase1, self.phase2, self.phase3],
            rated: self.rated,
            least: self.least,
            step: self.step,
            back: self.back,
            default: self.default,
            spread: !self.spread.is_empty(),
            unit: self.unit,
            method: self.method,
            efficiency: self.efficiency,
            takes_zero: !self.takes_zero.is_empty(),
            forgets: !self.forgets.is_empty(),
            profile_id: self.profile_id,
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
            let keep = matches!(form.act.as_str(), "keep" | "remove");
            let wish = Wish { file: &file, renamed: None, revision: &form.revision, keep };
            attempt(&state, &visit, &now, wish).await?
        }
        Err(why) => Tried::Refused(vec![why]),
    };
    let (preview, why) = match tried {
        Tried::Kept => return Ok(kept(&now)),
        Tried::Seen(preview) => (Some(preview), Vec::new()),
        Tried::Refused(why) => (None, why),
    };
    visit.show(&page(&state, &now, form.form(), preview, why).await?)
}
