//! Cases of clearing: what does not agree, and settling one or many of it.

use super::{Numbers, amount, books, clearing::day, not_cleared};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, At, Sent, id, reference, text},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    clearing::{
        bulk::{self, Outcome, TOGETHER_MAX},
        resolve::{Resolution, Resolved},
    },
    store::clearing::cases::{self, CaseRow, Filter},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Clearing";
const NOTE_MAX: usize = 1_000;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/clearing/cases", "listClearingCases", Scope::Money, list)
            .says(TAG, "What does not agree between our books and those of providers and banks, the newest first")
            .query::<Wanted>()
            .answers::<Page<Case>>(StatusCode::OK, "A page"),
        Op::get("/clearing/cases/{id}", "getClearingCase", Scope::Money, show)
            .says(TAG, "One case, with the ways in which it can be settled")
            .answers::<Case>(StatusCode::OK, "The case"),
        Op::post("/clearing/cases/{id}/resolution", "resolveClearingCase", Scope::Money, resolve)
            .says(
                TAG,
                "Settle a case, in the ledger where money moves; done twice it is done once. A large write-off needs two \
                 askers: it is `asked` until the second says the same. Needs the scope `command` too",
            )
            .body::<New>()
            .answers::<Case>(StatusCode::OK, "The case as it is now: `resolved`, or `asked`")
            .problem(StatusCode::CONFLICT, "It cannot be settled so; `detail` says why"),
        Op::get("/clearing/resolutions/preview", "previewResolutions", Scope::Money, preview)
            .says(TAG, "What settling all cases of a filter in one way would do; nothing is changed")
            .query::<PreviewWanted>()
            .answers::<Preview>(StatusCode::OK, "What would be settled"),
        Op::post("/clearing/resolutions", "resolveClearingCases", Scope::Money, resolve_all)
            .says(
                TAG,
                "Settle many cases, 500 at most, each by itself: one that cannot be settled leaves the others as they are. \
                 Done again it finds them settled. Needs the scope `command` too",
            )
            .body::<NewMany>()
            .answers::<Page<Settled>>(StatusCode::OK, "What became of each"),
    ]
}

/// How a case is settled.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ClearingWay")]
enum Way {
    /// The provider is asked how it stands; both sides are compared again.
    Query,
    /// What was kept beyond the contract is a fee.
    PostFee,
    /// A payment that no order of ours asked for goes back to its payer.
    RefundOrphan,
    /// It is as they say, for the reason in the note; nothing moves.
    Accept,
    /// The difference is our gain or our loss.
    WriteOff,
}

impl From<Way> for Resolution {
    fn from(way: Way) -> Resolution {
        match way {
            Way::Query => Resolution::Query,
            Way::PostFee => Resolution::PostFee,
            Way::RefundOrphan => Resolution::RefundOrphan,
            Way::Accept => Resolution::Accept,
            Way::WriteOff => Resolution::WriteOff,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClearingCaseFilter")]
struct Wanted {
    account: Option<String>,
    /// E.g. `missing_there`; `statement`: one that is late.
    reason: Option<String>,
    /// Of what: `payment`, `refund`, `fee`, `payout`, `other`; of a late statement `trades` or `funds`.
    kind: Option<String>,
    /// `open`, `asked` or `resolved`.
    state: Option<String>,
    /// The first day.
    from: Option<String>,
    /// The last day.
    to: Option<String>,
    currency: Option<String>,
    /// The difference is at most this, whoever has more; needs `currency`.
    at_most_minor: Option<i64>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResolutionPreviewFilter")]
struct PreviewWanted {
    way: Way,
    account: Option<String>,
    reason: Option<String>,
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    currency: Option<String>,
    /// Needs `currency`.
    at_most_minor: Option<i64>,
}

/// Something that does not agree. Amounts are whole smallest units.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingCase")]
struct Case {
    id: String,
    day: String,
    account: String,
    reason: String,
    kind: String,
    /// Of the attempt or the refund.
    number: String,
    /// The provider's.
    reference: String,
    currency: String,
    /// Absent: it is not in our books.
    ours_minor: Option<i64>,
    /// Absent: it is not in theirs.
    theirs_minor: Option<i64>,
    /// By their books we have so much more; negative: less.
    gain_minor: i64,
    order: Option<String>,
    /// What is usually done about it.
    suggestion: String,
    /// How it can be settled; nothing, if it is.
    ways: Vec<String>,
    /// `open`, `asked` or `resolved`.
    state: String,
    resolution: Option<String>,
    note: String,
    asked_by: Option<String>,
    resolved_by: Option<String>,
    found_at: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClearingResolution")]
struct New {
    /// Absent: what the case suggests.
    #[serde(default)]
    way: Option<Way>,
    /// Why; what is accepted needs it.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    note: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClearingResolutions")]
struct NewMany {
    way: Way,
    /// Why.
    #[schemars(length(min = 1, max = 1000))]
    note: String,
    #[schemars(length(min = 1, max = 500))]
    cases: Vec<String>,
}

/// What would be done.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ResolutionPreview")]
struct Preview {
    /// Those that can be settled so.
    cases: Vec<String>,
    sums: Vec<Sum>,
    /// Chosen as well, but not to be settled so.
    unfit: u64,
    /// Those of `cases` that need a second asker.
    need_two: u64,
    /// There are more than are settled at once.
    more: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ResolutionSum")]
struct Sum {
    currency: String,
    cases: u64,
    long_minor: i64,
    short_minor: i64,
}

/// What became of one case.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettledCase")]
struct Settled {
    id: String,
    /// `settled`, `asked` (the amount needs a second asker), `before` or `failed`.
    outcome: String,
    /// Why it was not settled.
    why: Option<String>,
}

/// Texts that a filter borrows.
struct Days(Option<String>, Option<String>);

fn days(from: Option<&str>, to: Option<&str>) -> Result<Days, Problem> {
    let of =
        |name, text: Option<&str>| text.map(|text| day(name, text).map(|day| day.to_string())).transpose();
    Ok(Days(of("from", from)?, of("to", to)?))
}

fn bound(minor: Option<i64>, currency: Option<&str>) -> Result<Option<i64>, Problem> {
    match (minor, currency) {
        (None, _) => Ok(None),
        (Some(0), Some(_)) => Ok(Some(0)),
        (Some(minor), Some(code)) => amount(minor, code).map(|amount| Some(amount.minor)),
        (Some(_), None) => Err(problem::query(
            "at_most_minor: amounts of several currencies have no common measure; say currency",
        )),
    }
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Case>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let days = days(wanted.from.as_deref(), wanted.to.as_deref())?;
    let filter = Filter {
        account: wanted.account.as_deref(),
        reason: wanted.reason.as_deref(),
        kind: wanted.kind.as_deref(),
        state: wanted.state.as_deref(),
        unsettled: false,
        currency: wanted.currency.as_deref(),
        at_most_minor: bound(wanted.at_most_minor, wanted.currency.as_deref())?,
        from_day: days.0.as_deref(),
        to_day: days.1.as_deref(),
    };
    let mut tx = state.app.db.read().await?;
    let found = cases::list(&mut tx, &filter, before, limit + 1).await?;
    let numbers = Numbers::of(&mut tx, found.iter().filter_map(|row| row.order_id)).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), |row| view(row, &numbers))))
}

async fn find(state: &WebState, text: &str) -> Result<(CaseRow, Numbers), Problem> {
    let number = id("case", text)?;
    let mut tx = state.app.db.read().await?;
    let row = cases::find(&mut tx, number).await?.ok_or_else(|| problem::missing("case", text))?;
    let numbers = Numbers::of(&mut tx, row.order_id.into_iter()).await?;
    Ok((row, numbers))
}

async fn show(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Case>, Problem> {
    let (row, numbers) = find(&state, &text).await?;
    Ok(Json(view(row, &numbers)))
}

async fn resolve(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
    Sent(new): Sent<New>,
) -> Result<Json<Case>, Problem> {
    asker.may(Scope::Command)?;
    let note = text("note", &new.note, NOTE_MAX)?;
    let (row, _) = find(&state, &number).await?;
    let way = match new.way {
        Some(way) => way.into(),
        None => Resolution::of(&row.suggestion).unwrap_or(Resolution::Accept),
    };
    books(&state).resolve(row.id, way, &note, &asker.name).await.map_err(not_cleared)?;
    let (row, numbers) = find(&state, &number).await?;
    Ok(Json(view(row, &numbers)))
}

async fn preview(
    State(state): State<WebState>,
    Asked(wanted): Asked<PreviewWanted>,
) -> Result<Json<Preview>, Problem> {
    let days = days(wanted.from.as_deref(), wanted.to.as_deref())?;
    let filter = Filter {
        account: wanted.account.as_deref(),
        reason: wanted.reason.as_deref(),
        kind: wanted.kind.as_deref(),
        state: None,
        unsettled: true,
        currency: wanted.currency.as_deref(),
        at_most_minor: bound(wanted.at_most_minor, wanted.currency.as_deref())?,
        from_day: days.0.as_deref(),
        to_day: days.1.as_deref(),
    };
    let found = books(&state).preview(&filter, wanted.way.into()).await.map_err(not_cleared)?;
    let sum = |sum: bulk::Sum| Sum {
        currency: sum.currency,
        cases: sum.cases,
        long_minor: sum.long_minor,
        short_minor: sum.short_minor,
    };
    Ok(Json(Preview {
        cases: found.cases.iter().map(i64::to_string).collect(),
        sums: found.sums.into_iter().map(sum).collect(),
        unfit: found.unfit,
        need_two: found.need_two,
        more: found.more,
    }))
}

async fn resolve_all(
    State(state): State<WebState>,
    asker: Asker,
    Sent(new): Sent<NewMany>,
) -> Result<Json<Page<Settled>>, Problem> {
    asker.may(Scope::Command)?;
    let note = text("note", &new.note, NOTE_MAX)?;
    if new.cases.is_empty() || new.cases.len() > TOGETHER_MAX {
        return Err(problem::field("cases", format!("1 to {TOGETHER_MAX} of them")));
    }
    let chosen: Result<Vec<i64>, Problem> = new.cases.iter().map(|text| reference("cases", text)).collect();
    let outcomes = books(&state).resolve_all(&chosen?, new.way.into(), &note, &asker.name).await;
    let outcomes = outcomes.map_err(not_cleared)?;
    let settled = |Outcome { case, done }| {
        let (outcome, why) = match done {
            Ok(Resolved::Done) => ("settled", None),
            Ok(Resolved::Asked) => ("asked", None),
            Ok(Resolved::Before) => ("before", None),
            Err(why) => ("failed", Some(why)),
        };
        Settled { id: case.to_string(), outcome: outcome.to_owned(), why }
    };
    Ok(Json(Page { items: outcomes.into_iter().map(settled).collect(), next: None }))
}

fn view(row: CaseRow, numbers: &Numbers) -> Case {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let open = row.state != "resolved";
    let ways = Resolution::ALL.into_iter().filter(|way| open && way.fits(&row));
    Case {
        ways: ways.map(|way| way.word().to_owned()).collect(),
        id: row.id.to_string(),
        day: row.day,
        account: row.account,
        reason: row.reason,
        kind: row.kind,
        number: row.number,
        reference: row.reference,
        currency: row.currency,
        ours_minor: row.ours_minor,
        theirs_minor: row.theirs_minor,
        gain_minor: row.gain_minor,
        order: row.order_id.and_then(|order| numbers.get(order)),
        suggestion: row.suggestion,
        state: row.state,
        resolution: given(row.resolution),
        note: row.note,
        asked_by: given(row.asked_by),
        resolved_by: given(row.resolved_by),
        found_at: row.found_at,
        resolved_at: row.resolved_at,
    }
}
