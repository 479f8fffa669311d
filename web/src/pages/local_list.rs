//! Local lists: who is on them, for all stations, for a site, for a station; and which identifiers are marked for them.

use super::{ROWS, record, site_choices, station_href, tell, turn};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{ListBox, ListRuleLine, ListTokenLine, LocalListsPage},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    desired,
    event::list::{ListRuled, TokenChanged},
    locallist::{self, Rule, RuleError, Scope},
    model::Presented,
    store::{Tx, lists, sites, tariffs::shown as secret, tokens},
};
use serde::Deserialize;

/// Rules shown at most; those of stations are on their pages too.
const RULES: usize = 200;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/stations/{id}/local-list", post(set))
        .route("/local-lists", get(list))
        .route("/local-lists/rules", post(rule))
        .route("/local-lists/marks", post(mark))
}

/// How it stands with a station's list.
pub(super) async fn shown(state: &WebState, tx: &mut Tx, station: &str) -> Result<ListBox, Fail> {
    let Some(standing) = locallist::standing(tx, station).await? else { return Ok(ListBox::default()) };
    let own = lists::rules(tx).await?;
    let own = own.into_iter().find(|row| row.scope == "station" && row.subject == station);
    let online = state.app.hub.online(&station.into());
    let (rule_of, rule) = standing.rule.map(|(row, rule)| (row.scope, rule.word())).unzip();
    let wish = standing.wish;
    Ok(ListBox {
        rule: rule.unwrap_or_default(),
        rule_of: rule_of.unwrap_or_default(),
        own: own.map(|row| row.rule).unwrap_or_default(),
        version: wish.as_ref().map(|wish| wish.value.clone()).unwrap_or_default(),
        entries: standing.wanted.as_ref().map_or(0, |wanted| wanted.listed),
        left_out: standing.wanted.as_ref().map_or(0, |wanted| wanted.left_out),
        state: wish.as_ref().map_or("", |wish| desired::state(wish, online).word()),
        trouble: wish.map(|wish| wish.trouble).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Wanted {
    /// A rule's word; empty: none of its own.
    #[serde(default)]
    rule: String,
}

async fn set(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Wanted>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let rule = Rule::of(&form.rule);
    if rule.is_none() && !form.rule.is_empty() {
        return Err(Fail::NotFound);
    }
    let (now, by) = (visit.shell.now, &visit.account.name);
    let mut tx = state.app.db.write().await?;
    match locallist::set(&mut tx, &Scope::Station(id.clone()), rule, by, now).await {
        Ok(()) => {}
        Err(RuleError::Unknown(..)) => return Err(Fail::NotFound),
        Err(RuleError::Store(error)) => return Err(error.into()),
    }
    record(&state, &mut tx, now, &id, "list.rule", by).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=list-kept#local-list", station_href(&id))).into_response())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Sought {
    q: String,
    marked: String,
    after: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(sought): Query<Sought>,
) -> Result<Response, Fail> {
    lists_page(&state, &visit, sought, None).await
}

async fn lists_page(
    state: &WebState,
    visit: &Visit,
    sought: Sought,
    error: Option<String>,
) -> Result<Response, Fail> {
    let after = sought.after.parse().ok();
    let marked = sought.marked == "1";
    let mut tx = state.app.db.read().await?;
    let all = lists::rules(&mut tx).await?;
    let more = all.len().saturating_sub(RULES);
    let fleet = all.iter().find(|row| row.scope == "fleet").map(|row| row.rule.clone()).unwrap_or_default();
    let mut rules = Vec::new();
    for row in all.into_iter().take(RULES) {
        let (name, href) = match (row.scope.as_str(), row.subject.parse()) {
            ("site", Ok(id)) => {
                (sites::find(&mut tx, id).await?.map(|site| site.name).unwrap_or_default(), String::new())
            }
            ("station", _) => (row.subject.clone(), station_href(&row.subject)),
            _ => (String::new(), String::new()),
        };
        rules.push(ListRuleLine {
            scope: row.scope,
            subject: row.subject,
            name,
            href,
            rule: row.rule,
            by: row.changed_by,
            at: row.changed_at,
        });
    }
    let filter = tokens::Filter { text: sought.q.clone(), marked, ..tokens::Filter::default() };
    let mut found = tokens::list(&mut tx, &filter, after, ROWS + 1).await?;
    let query = [("q", sought.q.as_str()), ("marked", if marked { "1" } else { "" })];
    let pager =
        turn(&mut found, "/local-lists", &query, ("after", after.is_some()), |row| row.id.to_string());
    let mut rows = Vec::new();
    for row in found {
        rows.push(ListTokenLine {
            marked: lists::is_marked(&mut tx, row.id).await?,
            never: lists::is_never_listed(&row),
            id: row.id.to_string(),
            // A code typed at a pad is a secret.
            uid: secret(Some(&row.uid), &row.kind).unwrap_or_default().to_owned(),
            kind: row.kind,
            holder: row.holder,
            blocked: row.blocked,
        });
    }
    let sites = site_choices(&mut tx).await?;
    drop(tx);
    visit.show(&LocalListsPage { rules, more, fleet, sites, query: sought.q, marked, rows, pager, error })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ruling {
    /// `fleet`, `site` or `station`.
    scope: String,
    subject: String,
    /// A rule's word; empty: none of its own.
    rule: String,
}

/// Says who is listed, for all stations, for a site or for a station.
async fn rule(State(state): State<WebState>, signed: Signed<Ruling>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let rule = Rule::of(&form.rule);
    if rule.is_none() && !form.rule.is_empty() {
        return Err(Fail::NotFound);
    }
    let scope = match form.scope.as_str() {
        "fleet" => Scope::Fleet,
        "site" => Scope::Site(form.subject.parse().map_err(|_| Fail::NotFound)?),
        "station" => Scope::Station(form.subject),
        _ => return Err(Fail::NotFound),
    };
    let (now, by) = (visit.shell.now, &visit.account.name);
    let mut tx = state.app.db.write().await?;
    match locallist::set(&mut tx, &scope, rule, by, now).await {
        Ok(()) => {}
        Err(RuleError::Unknown(..)) => return Err(Fail::NotFound),
        Err(RuleError::Store(error)) => return Err(error.into()),
    }
    match &scope {
        Scope::Station(id) => record(&state, &mut tx, now, id, "list.rule", by).await?,
        _ => {
            tell(&state, &mut tx, &visit, &ListRuled { by: by.clone() }).await?;
        }
    }
    tx.commit().await?;
    Ok(Redirect::to("/local-lists?done=rule-kept").into_response())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Marking {
    /// A number of ours, or
    id: String,
    /// the identifier as it is written.
    uid: String,
    /// `1`: it is marked; else no longer.
    marked: String,
    q: String,
}

/// Marks an identifier for lists, or no longer.
async fn mark(State(state): State<WebState>, signed: Signed<Marking>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let marked = form.marked == "1";
    let mut tx = state.app.db.write().await?;
    let found = if form.id.is_empty() {
        let key = Presented { uid: form.uid.clone(), kind: String::new() }.key();
        tokens::by_key(&mut tx, &key).await?
    } else {
        let id = form.id.parse().map_err(|_| Fail::NotFound)?;
        tokens::find(&mut tx, id).await?.into_iter().collect()
    };
    if found.is_empty() {
        drop(tx);
        let uid = if form.uid.is_empty() { form.id } else { form.uid };
        let why = format!("there is no identifier {uid:?}; add it first");
        let sought = Sought { q: form.q, ..Sought::default() };
        return lists_page(&state, &visit, sought, Some(why)).await;
    }
    for token in found {
        lists::mark(&mut tx, token.id, marked).await?;
        let told = TokenChanged { token_id: token.id.to_string(), by: visit.account.name.clone() };
        tell(&state, &mut tx, &visit, &told).await?;
    }
    tx.commit().await?;
    let done = if marked { "token-marked" } else { "token-unmarked" };
    let here = super::next_link("/local-lists", &[("q", form.q.as_str())], ("done", done));
    Ok(Redirect::to(&format!("{here}#tokens")).into_response())
}
