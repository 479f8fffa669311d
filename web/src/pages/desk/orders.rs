//! The list of orders.

use super::{
    super::{ROWS, next_link, station_href},
    account_choices, site_choices,
};
use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::{
        Pager,
        desk::{Choice, OrderLine, OrdersPage, amount, order_tone, some_amount},
    },
};
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use chrono::{DateTime, Utc};
use csms::{
    pay::{STOP_LATE, State as OrderState},
    store::{
        Tx,
        pay::{
            disputes, inbox,
            orders::{self, Filter, OrderRow},
            tasks,
        },
    },
};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/orders", get(list))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    account: String,
    /// `tasks` or `notices`: orders that something is wrong with.
    #[serde(default)]
    trouble: String,
    #[serde(default)]
    before: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let before = wanted.before.parse().ok();
    let site = wanted.site.parse().ok();
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let filter = Filter {
        text: wanted.q.chars().take(100).collect(),
        state: OrderState::of_word(&wanted.state).map(|state| state.word().to_owned()),
        site,
        account: some(&wanted.account),
        ..Filter::default()
    };
    let mut tx = state.app.db.read().await?;
    let found = match wanted.trouble.as_str() {
        "tasks" | "notices" | "disputes" => {
            in_trouble(&mut tx, &wanted.trouble, before, visit.shell.now).await?
        }
        _ => {
            let rows = orders::list(&mut tx, &filter, before, ROWS + 1).await?;
            let more = rows.len() > ROWS as usize;
            let rows: Vec<_> = rows.into_iter().take(ROWS as usize).collect();
            let next = rows.last().map(|row| row.id).filter(|_| more);
            Found { rows, next }
        }
    };
    let figures = state.figures.of(&mut tx, &visit.shell).await?;
    let sites = site_choices(&mut tx, site).await?;
    drop(tx);
    let names: HashMap<i64, &str> =
        sites.iter().filter_map(|site| Some((site.value.parse().ok()?, site.name.as_str()))).collect();
    let query = [
        ("q", wanted.q.as_str()),
        ("state", wanted.state.as_str()),
        ("site", wanted.site.as_str()),
        ("account", wanted.account.as_str()),
        ("trouble", wanted.trouble.as_str()),
    ];
    let next = found.next.map(|id| id.to_string());
    let choice = |state: &OrderState| Choice {
        value: state.word().to_owned(),
        name: state.word().to_owned(),
        chosen: state.word() == wanted.state,
    };
    visit.show(&OrdersPage {
        figures,
        states: OrderState::ALL.iter().map(choice).collect(),
        accounts: account_choices(&state, &wanted.account),
        narrowed: query.iter().any(|(_, value)| !value.is_empty()),
        pager: Pager {
            first: before.is_some().then(|| next_link("/orders", &query, ("before", ""))),
            next: next.map(|next| next_link("/orders", &query, ("before", &next))),
        },
        rows: found.rows.into_iter().map(|row| line(row, &names)).collect(),
        sites,
        query: wanted.q,
        no_account: state.app.pay.accounts.is_empty(),
    })
}

/// Orders, and where the list goes on.
struct Found {
    rows: Vec<OrderRow>,
    next: Option<i64>,
}

/// Orders with tasks that were given up or sessions that do not stop, with disputes that nobody has decided, or with
/// notifications that contradict the books: a page of those, by what is wrong and newest first.
async fn in_trouble(
    tx: &mut Tx,
    trouble: &str,
    before: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Found, Fail> {
    let causes: Vec<(i64, Option<i64>)> = match trouble {
        "tasks" => {
            let rows = tasks::stuck(tx, now - STOP_LATE, before, ROWS + 1).await?;
            rows.into_iter().map(|row| (row.id, Some(row.order_id))).collect()
        }
        "disputes" => {
            let rows = disputes::list(tx, true, before, ROWS + 1).await?;
            rows.into_iter().map(|row| (row.id, Some(row.order_id))).collect()
        }
        _ => {
            let rows = inbox::list(tx, Some("review"), before, ROWS + 1).await?;
            rows.into_iter().map(|row| (row.id, row.order_id)).collect()
        }
    };
    let next =
        (causes.len() > ROWS as usize).then(|| causes.get(ROWS as usize - 1).map(|cause| cause.0)).flatten();
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for (_, order) in causes.into_iter().take(ROWS as usize) {
        let Some(order) = order.filter(|order| seen.insert(*order)) else { continue };
        rows.extend(orders::find(tx, order).await?);
    }
    Ok(Found { rows, next })
}

fn line(row: OrderRow, sites: &HashMap<i64, &str>) -> OrderLine {
    OrderLine {
        id: row.id,
        tone: order_tone(&row.state),
        station_href: station_href(&row.station_id),
        site: row.site_id.and_then(|site| sites.get(&site)).map_or(String::new(), |name| (*name).to_owned()),
        asked: amount(row.amount_minor, &row.currency),
        held: some_amount(row.held_minor, &row.currency),
        taken: some_amount(row.taken_minor, &row.currency),
        returned: some_amount(row.returned_minor, &row.currency),
        due: row.due_minor.map(|due| amount(due, &row.currency)).unwrap_or_default(),
        number: row.number,
        state: row.state,
        why: row.why,
        station: row.station_id,
        evse: row.evse,
        created_at: row.created_at,
        contact: row.contact,
    }
}
