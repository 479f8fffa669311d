//! Templates: configuration for groups of stations, tried out before it is kept.

use super::{Click, encoded, site_choices, station_href};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{PreviewLine, PreviewView, TemplateForm, TemplateLine, TemplatePage, TemplatesPage},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    desired::{
        WishError,
        template::{self, Choice, Template},
    },
    store::{
        Tx, events,
        hold::{Row, hold},
        row::EventRow,
        sites, templates as rows,
    },
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Changes shown of a preview.
const SHOWN: usize = 50;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/templates", get(list).post(keep))
        .route("/templates/new", get(new))
        .route("/templates/{id}", get(show))
        .route("/templates/{id}/remove", post(remove))
}

async fn list(State(state): State<WebState>, visit: Visit) -> Result<Response, Fail> {
    let mut tx = state.app.db.read().await?;
    let mut lines = Vec::new();
    for template in rows::all(&mut tx).await?.into_iter().map(Template::of) {
        lines.push(TemplateLine {
            href: format!("/templates/{}", encoded(&template.id)),
            group: group(&mut tx, template.choice).await?,
            id: template.id,
            priority: template.priority,
            settings: template.settings.len(),
            by: template.changed_by,
            at: template.changed_at,
        });
    }
    drop(tx);
    visit.show(&TemplatesPage { rows: lines })
}

/// By what stations are chosen.
async fn group(tx: &mut Tx, choice: Choice) -> Result<Vec<String>, Fail> {
    let site = match choice.site {
        Some(site) => sites::find(tx, site).await?.map_or_else(|| site.to_string(), |site| site.name),
        None => String::new(),
    };
    let mut words = vec![site, choice.vendor, choice.model, choice.firmware, choice.protocol];
    words.extend(choice.stations.into_iter().take(5));
    words.retain(|word| !word.is_empty());
    Ok(words)
}

async fn page(state: &WebState, form: TemplateForm, is_new: bool) -> Result<TemplatePage, Fail> {
    let sites = site_choices(&mut state.app.db.read().await?).await?;
    Ok(TemplatePage { id: form.id.clone(), is_new, form, sites, ..TemplatePage::default() })
}

async fn new(State(state): State<WebState>, visit: Visit) -> Result<Response, Fail> {
    visit.operator()?;
    let form = TemplateForm { priority: "0".to_owned(), ..TemplateForm::default() };
    visit.show(&page(&state, form, true).await?)
}

async fn show(State(state): State<WebState>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fail> {
    let row = rows::find(&mut state.app.db.read().await?, &id).await?.ok_or(Fail::NotFound)?;
    let Template { id, priority, choice, settings, revision, .. } = Template::of(row);
    let lines: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let form = TemplateForm {
        id,
        priority: priority.to_string(),
        site: choice.site.map(|site| site.to_string()).unwrap_or_default(),
        vendor: choice.vendor,
        model: choice.model,
        firmware: choice.firmware,
        protocol: choice.protocol,
        stations: choice.stations.join(", "),
        settings: lines.join("\n"),
        revision: revision.to_string(),
    };
    visit.show(&page(&state, form, false).await?)
}

/// The form; `act` is the button.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Sent {
    act: String,
    id: String,
    priority: String,
    site: String,
    vendor: String,
    model: String,
    firmware: String,
    protocol: String,
    stations: String,
    settings: String,
    revision: String,
}

impl Sent {
    fn template(&self) -> Result<Template, String> {
        let priority =
            self.priority.trim().parse().map_err(|_| "the priority is a whole number".to_owned())?;
        let site = match self.site.as_str() {
            "" => None,
            site => Some(site.parse().map_err(|_| format!("{site:?} is no site"))?),
        };
        let mut settings = BTreeMap::new();
        for line in self.settings.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (key, value) = line.split_once('=').ok_or_else(|| format!("{line:?}: write KEY=VALUE"))?;
            settings.insert(key.trim().to_owned(), value.trim().to_owned());
        }
        let names = self.stations.split([',', '\n', '\r']).map(str::trim).filter(|name| !name.is_empty());
        let choice = Choice {
            site,
            vendor: self.vendor.trim().to_owned(),
            model: self.model.trim().to_owned(),
            firmware: self.firmware.trim().to_owned(),
            protocol: self.protocol.clone(),
            stations: names.map(str::to_owned).collect(),
        };
        Template::new(self.id.trim(), priority, choice, &settings).map_err(|error| error.to_string())
    }

    fn form(self) -> TemplateForm {
        TemplateForm {
            id: self.id,
            priority: self.priority,
            site: self.site,
            vendor: self.vendor,
            model: self.model,
            firmware: self.firmware,
            protocol: self.protocol,
            stations: self.stations,
            settings: self.settings,
            revision: self.revision,
        }
    }
}

/// Shows what would change, or keeps it.
async fn keep(State(state): State<WebState>, signed: Signed<Sent>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let is_new = form.revision.is_empty();
    let template = match form.template() {
        Ok(template) => template,
        Err(why) => {
            let page = page(&state, form.form(), is_new).await?;
            return visit.show(&TemplatePage { why: Some(why), ..page });
        }
    };
    if form.act != "keep" {
        let (changes, stations, first) =
            template::preview(&state.app.db, &template.id, Some(&template)).await?;
        let rows = first.into_iter().take(SHOWN).map(|change| PreviewLine {
            href: station_href(&change.station),
            station: change.station,
            key: change.key,
            from: change.from,
            to: change.to.map(|(value, _)| value),
        });
        let preview = Some(PreviewView { changes, stations, rows: rows.collect() });
        let page = page(&state, form.form(), is_new).await?;
        return visit.show(&TemplatePage { preview, ..page });
    }
    let mut tx = state.app.db.write().await?;
    hold(&mut tx, Row::Template(&template.id)).await?;
    let before = rows::find(&mut tx, &template.id).await?.map_or(0, |row| row.revision);
    let why = if before != form.revision.parse().unwrap_or(0) {
        drop(tx);
        "somebody has made or changed a template of this name meanwhile; open it again".to_owned()
    } else {
        match template::put_in(&mut tx, &template, &visit.account.name, visit.shell.now).await {
            Ok(_) => {
                tell(&state, &mut tx, "template.changed", &visit).await?;
                tx.commit().await?;
                state.app.desires.templates_changed();
                let id = encoded(&template.id);
                return Ok(Redirect::to(&format!("/templates/{id}?done=template-kept")).into_response());
            }
            Err(WishError::Store(error)) => return Err(error.into()),
            Err(error) => {
                drop(tx);
                error.to_string()
            }
        }
    };
    let page = page(&state, form.form(), is_new).await?;
    visit.show(&TemplatePage { why: Some(why), ..page })
}

/// What an operator did, in the same transaction as what it tells of.
async fn tell(state: &WebState, tx: &mut Tx, kind: &str, visit: &Visit) -> Result<(), Fail> {
    let event = EventRow {
        id: state.app.ids.next(),
        at: visit.shell.now,
        station_id: None,
        session_id: None,
        kind: kind.to_owned(),
        body: serde_json::json!({ "by": visit.account.name }).to_string(),
    };
    Ok(events::add(tx, &event).await?)
}

async fn remove(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    signed.visit.operator()?;
    let mut tx = state.app.db.write().await?;
    if !template::remove_in(&mut tx, &id).await? {
        return Err(Fail::NotFound);
    }
    tell(&state, &mut tx, "template.removed", &signed.visit).await?;
    tx.commit().await?;
    state.app.desires.templates_changed();
    Ok(Redirect::to("/templates?done=template-removed").into_response())
}
