//! The desk: what operators see of payments, and what they do to them.

mod acts;
mod cases;
mod clearing;
mod fees;
mod figures;
mod ledger;
mod order;
mod orders;
mod papers;
mod refunds;
mod risk;
mod routing;
mod statement;

pub use figures::Figures;

use crate::{WebState, front::Fail, view::desk::Choice};
use axum::Router;
use chrono::{DateTime, TimeZone, Utc};
use csms::store::{Tx, query::PAGE_MAX, sites};
use payments::provider::Refusal;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .merge(orders::routes())
        .merge(order::routes())
        .merge(acts::routes())
        .merge(refunds::routes())
        .merge(routing::routes())
        .merge(ledger::routes())
        .merge(clearing::routes())
        .merge(cases::routes())
        .merge(fees::routes())
        .merge(risk::routes())
        .merge(papers::routes())
}

/// The page of an order.
fn order_href(id: i64) -> String {
    format!("/orders/{id}")
}

/// When the reader's day began.
fn day_begin(now: DateTime<Utc>, zone: &str) -> DateTime<Utc> {
    let zone = crate::view::zone_of(zone);
    let midnight = now.with_timezone(&zone).date_naive().and_time(chrono::NaiveTime::MIN);
    // Where the clocks leave midnight out, the day begins when they go on.
    zone.from_local_datetime(&midnight).earliest().map_or(now - chrono::TimeDelta::days(1), |at| at.to_utc())
}

/// Sites to choose from, the chosen one marked.
async fn site_choices(tx: &mut Tx, chosen: Option<i64>) -> Result<Vec<Choice>, Fail> {
    let rows = sites::list(tx, "", None, PAGE_MAX).await?;
    let choice = |row: sites::SiteRow| Choice {
        value: row.id.to_string(),
        name: row.name,
        chosen: Some(row.id) == chosen,
    };
    Ok(rows.into_iter().map(choice).collect())
}

/// The names of accounts to choose from, the chosen one marked.
fn account_choices(state: &WebState, chosen: &str) -> Vec<Choice> {
    let choice = |name: &String| Choice { value: name.clone(), name: name.clone(), chosen: name == chosen };
    state.app.pay.accounts.iter().map(|account| choice(&account.name)).collect()
}

/// A provider's no, as it is kept: its code and its words.
fn refusal_text(kept: &str) -> String {
    match serde_json::from_str::<Refusal>(kept) {
        Ok(refusal) if refusal.text.is_empty() => refusal.code,
        Ok(refusal) => format!("{}: {}", refusal.code, refusal.text),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_the_readers_midnight_also_where_there_is_none() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-05-01T23:30:00Z");
        assert_eq!(day_begin(now, "UTC"), at("2026-05-01T00:00:00Z"));
        assert_eq!(day_begin(now, "Asia/Shanghai"), at("2026-05-01T16:00:00Z"));
        assert_eq!(day_begin(now, "no zone"), at("2026-05-01T00:00:00Z"));
        // Santiago's clocks leave out midnight on 2026-09-06.
        let gap = day_begin(at("2026-09-06T12:00:00Z"), "America/Santiago");
        assert!(gap < at("2026-09-06T12:00:00Z"));
    }

    #[test]
    fn a_refusal_is_told_by_code_and_words() {
        let kept = r#"{"kind":"payer","code":"card_declined","text":"no funds"}"#;
        assert_eq!(refusal_text(kept), "card_declined: no funds");
        assert_eq!(refusal_text(""), "");
    }
}
