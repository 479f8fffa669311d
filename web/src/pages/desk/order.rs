//! One order with its whole story.

use super::{
    super::{bill_view, station_href},
    ledger::entry_lines,
    papers::{message_line, paper_lines},
    refunds, refusal_text,
    risk::decision_words,
};
use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::{
        BillView, EventLine,
        desk::{
            AttemptView, ConsideredLine, Doing, NoticeLine, OrderDesk, RiskView, RouteView, StoryLine,
            TaskLine, Trouble, amount, order_tone, some_amount, step_tone,
        },
        zone_of,
    },
};
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use csms::{
    pay,
    store::{
        Tx, bills, documents, ledger as ledger_rows, messages,
        pay::{
            attempts::{self, AttemptRow},
            inbox::{self, InboxRow},
            orders::{self, OrderRow},
            refunds as refund_rows,
            story::{self, StoryRow},
            tasks::{self, TaskRow},
        },
        risk::decisions,
        sessions, sites,
    },
};
use payments::{Amount, provider::Instrument, routing::Decision};
use serde_json::Value;

/// Messages that are shown of an order.
const MESSAGES: i64 = 50;
/// Journal entries that are shown of an order.
const ENTRIES: usize = 60;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/orders/{id}", get(show))
}

async fn show(State(state): State<WebState>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fail> {
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    visit.show(&page(&state, &visit, id, None).await?)
}

/// The page again, with why something was not done.
pub async fn refused(state: &WebState, visit: &Visit, id: i64, trouble: String) -> Result<Response, Fail> {
    let page = visit.show(&page(state, visit, id, Some(trouble)).await?)?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

async fn page(state: &WebState, visit: &Visit, id: i64, trouble: Trouble) -> Result<OrderDesk, Fail> {
    let (now, lang) = (visit.shell.now, visit.shell.lang);
    let mut tx = state.app.db.read().await?;
    let row = orders::find(&mut tx, id).await?.ok_or(Fail::NotFound)?;
    let site = match row.site_id {
        Some(site) => sites::find(&mut tx, site).await?,
        None => None,
    };
    let attempts = attempts::of_order(&mut tx, id).await?;
    let refund_rows = refund_rows::of_order(&mut tx, id).await?;
    let notices = inbox::of_order(&mut tx, id).await?;
    let tasks = tasks::of_order(&mut tx, id).await?;
    let mut entries = ledger_rows::entries::of_order(&mut tx, id).await?;
    entries.truncate(ENTRIES);
    let entries = entry_lines(&mut tx, entries).await?;
    let papers = documents::of_order(&mut tx, id).await?;
    let told = messages::list(&mut tx, Some(id), None, MESSAGES).await?;
    let decided = decisions::of_order(&mut tx, id).await?;
    let story = story::of_order(&mut tx, id).await?;
    let bill = bill_of(&mut tx, &row, lang).await?;
    let session = match row.session_id {
        Some(session) => sessions::find(&mut tx, session).await?,
        None => None,
    };
    let runs = session.is_some_and(|session| session.state == "open");
    drop(tx);
    let owed = pay::owed(&state.app, id).await?;
    let zone = site
        .as_ref()
        .map_or_else(|| visit.shell.zone.clone(), |site| zone_of(&site.time_zone).name().to_owned());
    Ok(OrderDesk {
        id,
        driver_href: format!("/o/{}", row.number),
        tone: order_tone(&row.state),
        station_href: station_href(&row.station_id),
        site: site.map(|site| site.name).unwrap_or_default(),
        zone,
        asked: amount(row.amount_minor, &row.currency),
        held: some_amount(row.held_minor, &row.currency),
        taken: some_amount(row.taken_minor, &row.currency),
        returned: some_amount(row.returned_minor, &row.currency),
        due: row.due_minor.map(|due| amount(due, &row.currency)).unwrap_or_default(),
        doing: {
            let key = state.app.ids.next().to_string();
            doing(&row, &attempts, &refund_rows, &tasks, key, runs, owed)
        },
        attempts: attempts.into_iter().map(attempt_view).collect(),
        refunds: refund_rows.into_iter().map(|row| refunds::line(row, now)).collect(),
        notices: notices.into_iter().map(notice_line).collect(),
        tasks: tasks.into_iter().filter(|task| task.state != "done").map(task_line).collect(),
        entries,
        papers: paper_lines(papers),
        messages: told.into_iter().map(message_line).collect(),
        risk: decided
            .into_iter()
            .map(|row| RiskView {
                at: row.at,
                tone: super::risk::tone(&row.outcome),
                words: decision_words(&row.body, lang),
                outcome: row.outcome,
            })
            .collect(),
        story: story.into_iter().map(story_line).collect(),
        bill,
        number: row.number,
        state: row.state,
        why: row.why,
        mode: row.mode,
        purpose: row.purpose,
        station: row.station_id,
        evse: row.evse,
        created_at: row.created_at,
        expires_at: row.expires_at,
        start_by: row.start_by,
        settled_at: row.settled_at,
        contact: row.contact,
        agent: row.agent,
        address: row.address,
        language: row.language,
        session: row.session_id,
        trouble,
    })
}

async fn bill_of(tx: &mut Tx, row: &OrderRow, lang: crate::i18n::Lang) -> Result<Option<BillView>, Fail> {
    let Some(session) = row.session_id else { return Ok(None) };
    let Some(stored) = bills::latest(tx, session).await? else { return Ok(None) };
    let read = serde_json::from_str(&stored.body)
        .inspect_err(|error| tracing::error!(session, %error, "a stored bill cannot be read"));
    Ok(read.ok().map(|bill| bill_view(&bill, false, lang)))
}

/// What fits the order as it is; whether it is done is decided when it is asked for.
fn doing(
    row: &OrderRow,
    attempts: &[AttemptRow],
    refunds: &[refund_rows::RefundRow],
    tasks: &[TaskRow],
    key: String,
    runs: bool,
    owed: Option<Amount>,
) -> Doing {
    let currency = row.currency.parse::<tariffs::Currency>().ok();
    let left = |attempt: &AttemptRow| {
        let going = refunds.iter().filter(|refund| {
            refund.attempt_id == attempt.id && !matches!(refund.state.as_str(), "done" | "failed")
        });
        attempt.taken_minor - attempt.returned_minor - going.map(|refund| refund.amount_minor).sum::<i64>()
    };
    Doing {
        cancel: matches!(row.state.as_str(), "created" | "pending" | "authorized"),
        stop: runs,
        query: !attempts.is_empty(),
        retry: tasks.iter().filter(|task| task.state == "given_up").count(),
        refund: currency.map_or_else(Vec::new, |currency| {
            attempts
                .iter()
                .map(|attempt| (attempt, left(attempt)))
                .filter(|(_, left)| *left > 0)
                .map(|(attempt, left)| {
                    let left = Amount::new(left, currency).decimal();
                    [attempt.id.to_string(), attempt.number.clone(), left.to_string()]
                })
                .collect()
        }),
        elsewhere: refunds
            .iter()
            .filter(|refund| refund.state == "failed")
            .filter(|refund| {
                let attempt = attempts.iter().find(|attempt| attempt.id == refund.attempt_id);
                attempt.is_some_and(|attempt| left(attempt) >= refund.amount_minor)
            })
            .map(|refund| [refund.number.clone(), amount(refund.amount_minor, &refund.currency)])
            .collect(),
        write_off: owed.map(|owed| amount(owed.minor, &row.currency)).unwrap_or_default(),
        currency: row.currency.clone(),
        key,
        step: currency.map_or_else(String::new, |currency| Amount::new(1, currency).decimal().to_string()),
    }
}

fn attempt_view(row: AttemptRow) -> AttemptView {
    let instrument: Instrument = serde_json::from_str(&row.instrument).unwrap_or_default();
    let digits =
        if instrument.last4.is_empty() { String::new() } else { format!("···· {}", instrument.last4) };
    let parts = [instrument.brand, digits, instrument.country];
    AttemptView {
        id: row.id,
        tone: step_tone(&row.state),
        amount: amount(row.amount_minor, &row.currency),
        held: some_amount(row.held_minor, &row.currency),
        taken: some_amount(row.taken_minor, &row.currency),
        returned: some_amount(row.returned_minor, &row.currency),
        instrument: parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "),
        refusal: refusal_text(&row.refusal),
        route: route_view(&row.route),
        number: row.number,
        account: row.account,
        wallet: row.wallet,
        method: row.method,
        state: row.state,
        extra: row.extra,
        reference: row.reference,
        charge: row.charge,
        asked: row.asked,
        holds_until: row.holds_until,
        created_at: row.created_at,
    }
}

/// A word of an enum as it is kept.
fn word<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn route_view(kept: &str) -> Option<RouteView> {
    let decision: Decision = serde_json::from_str(kept).ok()?;
    Some(RouteView {
        how: word(decision.how),
        rule_version: decision.rule_version,
        considered: decision
            .considered
            .into_iter()
            .map(|one| ConsideredLine {
                chosen: decision.chosen.as_ref() == Some(&one.account),
                account: one.account,
                verdict: word(one.verdict),
                fee: one.fee_percent.normalize().to_string(),
                learnt: one.fee_learnt,
                success: one.success_percent.normalize().to_string(),
                tried: one.tried,
                succeeded: one.succeeded,
            })
            .collect(),
    })
}

fn notice_line(row: InboxRow) -> NoticeLine {
    let (verdict, why) = row.verdict.split_once(':').unwrap_or((&row.verdict, ""));
    NoticeLine {
        at: row.received_at,
        verdict: verdict.to_owned(),
        why: why.to_owned(),
        tone: step_tone(verdict),
        account: row.account,
        key: row.key,
        times: row.times,
    }
}

fn task_line(row: TaskRow) -> TaskLine {
    TaskLine {
        tone: step_tone(&row.state),
        kind: row.kind,
        state: row.state,
        tries: row.tries,
        due_at: row.due_at,
        trouble: row.trouble,
    }
}

fn story_line(row: StoryRow) -> StoryLine {
    let tone = match row.kind.rsplit('.').next().unwrap_or_default() {
        "held" | "taken" | "done" | "begun" | "created" => "ok",
        "won" => "ok",
        "failed" | "refused" | "given_up" | "review" | "disputed" | "lost" | "start_rejected" => "bad",
        "unknown" | "start_unknown" | "start_not_sent" => "wait",
        "state" | "billed" => "run",
        _ => "off",
    };
    StoryLine { at: row.at, tone, details: details(&row.body), by: row.by_whom, kind: row.kind }
}

/// Of what a line of the story says, its refusal in words and the rest as it is.
fn details(body: &str) -> Vec<[String; 2]> {
    let mut details = EventLine::details(body);
    for [name, value] in &mut details {
        if name == "refusal"
            && let Ok(Value::Object(_)) = serde_json::from_str(value)
        {
            let told = refusal_text(value);
            if !told.is_empty() {
                *value = told;
            }
        }
    }
    details
}
