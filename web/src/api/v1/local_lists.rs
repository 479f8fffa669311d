//! Local lists: whom stations know themselves, and how it stands with that.

use super::{
    caller::Asker,
    etag::{IfMatch, Tagged},
    input::{Asked, At, Sent, id},
    op::Op,
    page::{self, Page},
    problem, record, record_at,
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope as Right,
    command::ListEntry,
    desired,
    event::list::{ListRuled, TokenChanged},
    locallist::{self, Rule, RuleError, Scope, Standing},
    store::{Tx, lists, row::TokenRow, tariffs, tokens},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Local lists";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/local-list-rules", "listLocalListRules", Right::Read, rules)
            .says(TAG, "Who is on the lists of which stations. The narrower rule counts: of the station, of its site, of the fleet")
            .query::<RulesWanted>()
            .answers::<Page<ListRule>>(StatusCode::OK, "A page"),
        Op::get("/local-list-rules/{scope}", "getLocalListRule", Right::Read, show_rule)
            .says(TAG, "What is said of `fleet`, of one `site` or of one `station`; `rule` is `null` where the wider one counts")
            .query::<Subject>()
            .answers::<OneRule>(StatusCode::OK, "The rule")
            .tagged(),
        Op::put("/local-list-rules/{scope}", "setLocalListRule", Right::Config, set)
            .says(TAG, "Say who is on the lists of the `fleet`, of a `site`, or of a `station`. The stations are told within a minute")
            .query::<Subject>()
            .guarded()
            .body::<NewRule>()
            .problem(StatusCode::UNPROCESSABLE_ENTITY, "There is no such site or station")
            .answers::<OneRule>(StatusCode::OK, "It counts from now on")
            .tagged(),
        Op::get("/stations/{id}/local-list", "getLocalList", Right::Read, show)
            .says(TAG, "How it stands with the list of a station")
            .answers::<LocalList>(StatusCode::OK, "The list")
            .tagged(),
        Op::get("/stations/{id}/local-list/entries", "listLocalListEntries", Right::Read, entries)
            .says(TAG, "Who is on the list that a station shall have, by identifier")
            .query::<EntriesWanted>()
            .answers::<Page<Entry>>(StatusCode::OK, "A page")
            .problem(StatusCode::CONFLICT, "The list has changed since the page before; begin anew"),
        Op::get("/local-list-tokens", "listMarkedTokens", Right::Read, marked)
            .says(TAG, "Identifiers that are marked for the lists of stations with the rule `marked`")
            .query::<Paging>()
            .answers::<Page<Marked>>(StatusCode::OK, "A page"),
        Op::get("/tokens/{id}/local-list", "getTokenMark", Right::Read, show_mark)
            .says(TAG, "Is an identifier marked for the lists of stations with the rule `marked`?")
            .answers::<IsMarked>(StatusCode::OK, "As it is now"),
        Op::put("/tokens/{id}/local-list", "markToken", Right::Config, mark)
            .says(TAG, "Mark an identifier for the lists of stations with the rule `marked`, or no longer")
            .body::<Mark>()
            .done("It counts from now on"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LocalListRuleFilter")]
struct RulesWanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LocalListSubject")]
struct Subject {
    /// The site's or the station's id; absent for the fleet.
    #[serde(default)]
    subject: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LocalListEntryFilter")]
struct EntriesWanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MarkedTokenFilter")]
struct Paging {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Who is listed.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "LocalListed")]
enum Who {
    /// Nobody: an empty list.
    None,
    /// Whoever may charge.
    All,
    /// Those that are marked.
    Marked,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewLocalListRule")]
struct NewRule {
    /// `null`: no rule of its own; the wider one counts.
    rule: Option<Who>,
}

/// What is said of one scope.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LocalListRuleOf")]
struct OneRule {
    /// `fleet`, `site` or `station`.
    scope: String,
    /// The site's or the station's id; empty for the fleet.
    subject: String,
    /// `none`, `all` or `marked`; `null`: the wider rule counts.
    rule: Option<String>,
    changed_by: Option<String>,
    changed_at: Option<DateTime<Utc>>,
}

/// Somebody on a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LocalListEntry")]
struct Entry {
    token: String,
    kind: String,
    /// `Accepted` or `Blocked`.
    status: Option<String>,
    group: Option<String>,
    expires_at: Option<DateTime<Utc>>,
}

/// An identifier that is marked.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MarkedToken")]
struct Marked {
    token_id: String,
    /// A key code is a secret and shown as `***`.
    uid: String,
    kind: String,
    group: Option<String>,
    blocked: bool,
    expires_at: Option<DateTime<Utc>>,
}

/// Is it marked?
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TokenMark")]
struct IsMarked {
    token_id: String,
    marked: bool,
}

/// Who is on the lists of the stations of a scope.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LocalListRule")]
struct ListRule {
    /// `fleet`, `site` or `station`.
    scope: String,
    /// The site's or the station's id; empty for the fleet.
    subject: String,
    /// `none`, `all` or `marked`.
    rule: String,
    changed_by: String,
    changed_at: DateTime<Utc>,
}

/// The list of a station.
#[derive(Debug, Serialize, JsonSchema)]
struct LocalList {
    station_id: String,
    /// `none`, `all` or `marked`; absent: nobody says who is to be listed.
    rule: Option<String>,
    /// Whose rule it is: `fleet`, `site` or `station`.
    rule_of: Option<String>,
    /// The version that the station shall have; 0 = empty.
    version: Option<i64>,
    entries: Option<i64>,
    /// Identifiers for which the station has no room; those used last go first.
    left_out: Option<i64>,
    /// The version that it has accepted last.
    acknowledged: Option<String>,
    /// The version that it has told last.
    reported: Option<String>,
    /// `in-step`, `drifted`, `on-its-way`, `after-boot`, `refused` or `waits`.
    state: Option<String>,
    /// The station's last refusal.
    trouble: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LocalListMark")]
struct Mark {
    marked: bool,
}

async fn rules(
    State(state): State<WebState>,
    Asked(wanted): Asked<RulesWanted>,
) -> Result<Json<Page<ListRule>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let split = |cursor: &'_ str| {
        let found = cursor.split_once('_').map(|(scope, subject)| (scope.to_owned(), subject.to_owned()));
        found.ok_or_else(page::lost)
    };
    let after = wanted.cursor.as_deref().map(split).transpose()?;
    let after = after.as_ref().map(|(scope, subject)| (scope.as_str(), subject.as_str()));
    let found = lists::rules_after(&mut state.app.db.read().await?, after, limit + 1).await?;
    let item = |row: lists::RuleRow| ListRule {
        scope: row.scope,
        subject: row.subject,
        rule: row.rule,
        changed_by: row.changed_by,
        changed_at: row.changed_at,
    };
    Ok(Json(Page::new(found, limit, |row| format!("{}_{}", row.scope, row.subject), item)))
}

fn scope_of(word: &str, subject: String) -> Result<Scope, Problem> {
    match word {
        "fleet" if subject.is_empty() => Ok(Scope::Fleet),
        "fleet" => Err(problem::query("subject: not for the fleet")),
        "site" => Ok(Scope::Site(super::input::reference("subject", &subject)?)),
        "station" => Ok(Scope::Station(subject)),
        _ => {
            Err(Problem::not_found()
                .detail(format!("Rules are for fleet, site or station, not for {word:?}")))
        }
    }
}

async fn rule_now(tx: &mut Tx, scope: &Scope) -> Result<OneRule, Problem> {
    let (word, subject) = scope.parts();
    let row = lists::rule(tx, word, &subject).await?;
    Ok(OneRule {
        scope: word.to_owned(),
        subject,
        rule: row.as_ref().map(|row| row.rule.clone()),
        changed_by: row.as_ref().map(|row| row.changed_by.clone()),
        changed_at: row.map(|row| row.changed_at),
    })
}

async fn show_rule(
    State(state): State<WebState>,
    At(scope): At<String>,
    Asked(of): Asked<Subject>,
) -> Result<Tagged<OneRule>, Problem> {
    let scope = scope_of(&scope, of.subject)?;
    Ok(Tagged(rule_now(&mut state.app.db.read().await?, &scope).await?))
}

async fn set(
    State(state): State<WebState>,
    asker: Asker,
    meant: IfMatch,
    At(scope): At<String>,
    Asked(of): Asked<Subject>,
    Sent(wish): Sent<NewRule>,
) -> Result<Tagged<OneRule>, Problem> {
    let scope = scope_of(&scope, of.subject)?;
    let rule = wish.rule.map(|who| match who {
        Who::None => Rule::Nobody,
        Who::All => Rule::All,
        Who::Marked => Rule::Marked,
    });
    let mut tx = state.app.db.write().await?;
    lists::lock(&mut tx).await?;
    meant.check(&rule_now(&mut tx, &scope).await?)?;
    match locallist::set(&mut tx, &scope, rule, &asker.name, state.app.clock.now()).await {
        Ok(()) => {}
        Err(error @ RuleError::Unknown(..)) => return Err(problem::field("subject", error)),
        Err(RuleError::Store(error)) => return Err(error.into()),
    }
    match &scope {
        Scope::Station(id) => record_at(&state, &mut tx, id, "list.rule", &asker).await?,
        _ => record(&state, &mut tx, &ListRuled { by: asker.name.clone() }).await?,
    }
    let now = rule_now(&mut tx, &scope).await?;
    tx.commit().await?;
    Ok(Tagged(now))
}

async fn entries(
    State(state): State<WebState>,
    At(station): At<String>,
    Asked(wanted): Asked<EntriesWanted>,
) -> Result<Json<Page<Entry>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let place = |cursor: &str| {
        let found = cursor.split_once('_');
        let found = found.and_then(|(version, seen)| Some((version.parse().ok()?, seen.parse().ok()?)));
        found.ok_or_else(page::lost)
    };
    let after: Option<(i64, usize)> = wanted.cursor.as_deref().map(place).transpose()?;
    let mut tx = state.app.db.read().await?;
    let standing = locallist::standing(&mut tx, &station).await?;
    let standing = standing.ok_or_else(|| problem::missing("station", &station))?;
    let version = standing.wanted.map_or(0, |wanted| wanted.version);
    if after.is_some_and(|(seen, _)| seen != version) {
        return Err(problem::conflict(
            "list-changed",
            "The list has changed since the page before; begin anew",
        ));
    }
    let content = lists::content(&mut tx, &station, version).await?;
    drop(tx);
    let all: Vec<ListEntry> = content.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let seen = after.map_or(0, |(_, seen)| seen);
    let found: Vec<(usize, ListEntry)> = (1..).zip(all).skip(seen).collect();
    let view = |(_, entry): (usize, ListEntry)| Entry {
        token: entry.token.uid,
        kind: entry.token.kind,
        status: entry.status,
        group: entry.group.map(|group| group.uid),
        expires_at: entry.expires_at,
    };
    Ok(Json(Page::new(found, limit, |(nth, _)| format!("{version}_{nth}"), view)))
}

async fn marked(
    State(state): State<WebState>,
    Asked(wanted): Asked<Paging>,
) -> Result<Json<Page<Marked>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let found = lists::marked(&mut state.app.db.read().await?, after, limit + 1).await?;
    let view = |row: TokenRow| Marked {
        token_id: row.id.to_string(),
        uid: tariffs::shown(Some(&row.uid), &row.kind).unwrap_or_default().to_owned(),
        kind: row.kind,
        group: row.group_uid,
        blocked: row.blocked,
        expires_at: row.expires_at,
    };
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn show_mark(State(state): State<WebState>, At(text): At<String>) -> Result<Json<IsMarked>, Problem> {
    let token = id("token", &text)?;
    let mut tx = state.app.db.read().await?;
    if tokens::find(&mut tx, token).await?.is_none() {
        return Err(problem::missing("token", &text));
    }
    Ok(Json(IsMarked { token_id: text, marked: lists::is_marked(&mut tx, token).await? }))
}

async fn show(State(state): State<WebState>, At(station): At<String>) -> Result<Tagged<LocalList>, Problem> {
    let standing = locallist::standing(&mut state.app.db.read().await?, &station).await?;
    let Some(Standing { rule, wish, wanted }) = standing else {
        return Err(problem::missing("station", &station));
    };
    let online = state.app.hub.online(&station.as_str().into());
    let (rule_of, rule) = rule.map(|(row, rule)| (row.scope, rule.word().to_owned())).unzip();
    Ok(Tagged(LocalList {
        rule,
        rule_of,
        version: wish.as_ref().and_then(|wish| wish.value.parse().ok()),
        entries: wanted.as_ref().map(|wanted| wanted.listed),
        left_out: wanted.as_ref().map(|wanted| wanted.left_out),
        state: wish.as_ref().map(|wish| desired::state(wish, online).word().to_owned()),
        trouble: wish.as_ref().map(|wish| wish.trouble.clone()).filter(|trouble| !trouble.is_empty()),
        acknowledged: wish.as_ref().and_then(|wish| wish.acknowledged.clone()),
        reported: wish.and_then(|wish| wish.reported),
        station_id: station,
    }))
}

async fn mark(
    State(state): State<WebState>,
    asker: Asker,
    At(text): At<String>,
    Sent(wish): Sent<Mark>,
) -> Result<StatusCode, Problem> {
    let token = id("token", &text)?;
    let mut tx = state.app.db.write().await?;
    if tokens::find(&mut tx, token).await?.is_none() {
        return Err(problem::missing("token", &text));
    }
    lists::mark(&mut tx, token, wish.marked).await?;
    record(&state, &mut tx, &TokenChanged { token_id: token.to_string(), by: asker.name.clone() }).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
