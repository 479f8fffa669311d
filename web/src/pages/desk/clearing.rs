//! Clearing: what we settle, what others say, and what is late.

use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::desk::{
        ClearingPage, DayLine, DifferenceLine, LateLine, LearnedLine, SettlementLine, ShareLine,
        StatementLine, Trouble, amount, some_amount,
    },
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::{Datelike, NaiveDate, TimeDelta};
use csms::{
    clearing::{Clearing, report::Report},
    store::{
        Tx,
        clearing::{
            cases::{self, Filter},
            runs::{self, SettlementRow},
            shares, statements,
            terms::{self, TermsRow},
        },
        query::PAGE_MAX,
        sites,
    },
};
use payments::clearing::read::Format;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Days that are shown if nobody says which, and at most.
const DAYS: i64 = 7;
const DAYS_MAX: i64 = 92;
/// Lines of settlements, differences and shares that are listed at most.
const LINES: usize = 200;
/// Late statements that are listed.
const LATE_MAX: i64 = 50;
/// Files that are listed.
const FILES: i64 = 20;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/clearing", get(show)).route(
        "/clearing/statements",
        post(super::statement::take).layer(DefaultBodyLimit::max(super::statement::BYTES_MAX + 64 * 1024)),
    )
}

#[derive(Deserialize, Default)]
pub struct Wanted {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// Clearing as its functions want it.
pub fn of(state: &WebState) -> Clearing<'_> {
    let app = &state.app;
    Clearing { db: &app.db, ids: &app.ids, clock: &app.clock, config: &app.config.clearing }
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    visit.show(&page(&state, &visit, &wanted, None).await?)
}

/// The page again, with why something was not done.
pub async fn refused(state: &WebState, visit: &Visit, trouble: String) -> Result<Response, Fail> {
    let page = visit.show(&page(state, visit, &Wanted::default(), Some(trouble)).await?)?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// The days that are wanted: the last week if none are, three months at most.
fn span(wanted: &Wanted, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    // Within what a calendar has: a day beyond would be none.
    let day = |text: &str| text.parse().ok().filter(|day: &NaiveDate| (1..9000).contains(&day.year()));
    let to = day(&wanted.to).unwrap_or(today);
    let from = day(&wanted.from).unwrap_or(to - TimeDelta::days(DAYS - 1));
    let (from, to) = (from.min(to), from.max(to));
    (from.max(to - TimeDelta::days(DAYS_MAX - 1)), to)
}

async fn page(
    state: &WebState,
    visit: &Visit,
    wanted: &Wanted,
    trouble: Trouble,
) -> Result<ClearingPage, Fail> {
    let zone = crate::view::zone_of(&visit.shell.zone);
    let (from, to) = span(wanted, visit.shell.now.with_timezone(&zone).date_naive());
    let report = of(state).report(from, to).await?;
    let mut tx = state.app.db.read().await?;
    let late = late(&mut tx).await?;
    let open = cases::count_open(&mut tx).await?;
    let files = statements::list(&mut tx, None, FILES).await?;
    let agreed = terms::list(&mut tx).await?;
    let rules = shares::list(&mut tx, None).await?;
    let names: HashMap<i64, String> = sites::list(&mut tx, "", None, PAGE_MAX)
        .await?
        .into_iter()
        .map(|site| (site.id, site.name))
        .collect();
    drop(tx);
    let site = |id: i64| match (id, names.get(&id)) {
        (0, _) => String::new(),
        (_, Some(name)) => name.clone(),
        (id, None) => id.to_string(),
    };
    let accounts = accounts(state, agreed);
    let Report { settlements, differences, shares, learned } = report;
    Ok(ClearingPage {
        from: from.to_string(),
        to: to.to_string(),
        days: days(&settlements),
        hidden: settlements.len().saturating_sub(LINES),
        settlements: settlements
            .into_iter()
            .rev()
            .take(LINES)
            .map(|row| settlement_line(row, &site))
            .collect(),
        differences: differences
            .into_iter()
            .rev()
            .take(LINES)
            .map(|sum| DifferenceLine {
                long: some_amount(sum.long_minor, &sum.currency),
                short: some_amount(sum.short_minor, &sum.currency),
                day: sum.day,
                account: sum.account,
                reason: sum.reason,
                cases: sum.cases,
                open: sum.open,
            })
            .collect(),
        shares: shares
            .into_iter()
            .rev()
            .take(LINES)
            .map(|row| {
                let rule = rules.iter().find(|rule| rule.id == row.rule_id);
                ShareLine {
                    site: rule.map(|rule| site(rule.site_id)).unwrap_or_default(),
                    host: rule.map(|rule| rule.host.clone()).unwrap_or_default(),
                    rate: rule
                        .map(|rule| format!("{}\u{a0}%", percent(rule.rate_millionths)))
                        .unwrap_or_default(),
                    base: amount(row.base_minor, &row.currency),
                    share: amount(row.share_minor, &row.currency),
                    day: row.day,
                }
            })
            .collect(),
        learned: learned
            .into_iter()
            .map(|(account, rate)| LearnedLine {
                account,
                rate: rate.map(|rate| percent(i64::from(rate.as_millionths()))).unwrap_or_default(),
            })
            .collect(),
        files: files
            .into_iter()
            .map(|row| StatementLine {
                account: row.account,
                file: row.file,
                day: row.day,
                format: row.format,
                name: row.name,
                lines: row.lines,
                bytes: row.bytes,
                whole: row.whole,
                by: row.by_whom,
                at: row.created_at,
            })
            .collect(),
        late,
        open,
        accounts,
        formats: Format::ALL.iter().map(|format| format.word()).collect(),
        upload_mib: super::statement::BYTES_MAX / 1024 / 1024,
        trouble,
    })
}

/// Accounts that a file or a case can be of: merchant accounts, and banks.
pub fn accounts(state: &WebState, agreed: Vec<TermsRow>) -> Vec<String> {
    let mut accounts: BTreeSet<String> =
        state.app.pay.accounts.iter().map(|account| account.name.clone()).collect();
    for row in agreed {
        if !row.bank.is_empty() {
            accounts.insert(format!("bank:{}", row.bank.trim_start_matches("bank:")));
        }
        accounts.insert(row.account);
    }
    accounts.into_iter().collect()
}

/// Statements that are late, and why they were not to be had when they were asked for last.
async fn late(tx: &mut Tx) -> Result<Vec<LateLine>, Fail> {
    let filter = Filter { reason: Some(cases::LATE), unsettled: true, ..Filter::default() };
    let mut lines = Vec::new();
    for case in cases::list(tx, &filter, None, LATE_MAX).await? {
        let run = runs::find(tx, "fetch", &format!("{}:{}", case.account, case.kind), &case.day).await?;
        lines.push(LateLine {
            trouble: run.map(|run| run.trouble).unwrap_or_default(),
            account: case.account,
            file: case.kind,
            day: case.day,
            case: case.id,
        });
    }
    Ok(lines)
}

/// Millionths in percent.
pub fn percent(millionths: i64) -> String {
    Decimal::new(millionths, 4).normalize().to_string()
}

/// The days of settlements, newest first, a line for each currency.
fn days(rows: &[SettlementRow]) -> Vec<DayLine> {
    #[derive(Default)]
    struct Sum {
        paid: i64,
        paid_minor: i64,
        returned: i64,
        returned_minor: i64,
        fee_minor: i64,
        net_minor: i64,
    }
    let mut sums: BTreeMap<(&str, &str), Sum> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry((&row.day, &row.currency)).or_default();
        sum.paid = sum.paid.saturating_add(row.paid);
        sum.paid_minor = sum.paid_minor.saturating_add(row.paid_minor);
        sum.returned = sum.returned.saturating_add(row.returned);
        sum.returned_minor = sum.returned_minor.saturating_add(row.returned_minor);
        sum.fee_minor = sum.fee_minor.saturating_add(row.fee_minor);
        sum.net_minor = sum.net_minor.saturating_add(row.net_minor);
    }
    sums.into_iter()
        .rev()
        .map(|((day, currency), sum)| DayLine {
            day: day.to_owned(),
            paid: sum.paid,
            paid_sum: amount(sum.paid_minor, currency),
            returned: sum.returned,
            returned_sum: amount(sum.returned_minor, currency),
            fees: amount(sum.fee_minor, currency),
            net: amount(sum.net_minor, currency),
        })
        .collect()
}

fn settlement_line(row: SettlementRow, site: &impl Fn(i64) -> String) -> SettlementLine {
    SettlementLine {
        site: site(row.site_id),
        paid_sum: amount(row.paid_minor, &row.currency),
        returned_sum: amount(row.returned_minor, &row.currency),
        fee: amount(row.fee_minor, &row.currency),
        learned: row.learned_minor.map(|fee| amount(fee, &row.currency)).unwrap_or_default(),
        net: amount(row.net_minor, &row.currency),
        day: row.day,
        zone: row.zone,
        account: row.account,
        paid: row.paid,
        returned: row.returned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_bounded_and_in_order() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let wanted = |from: &str, to: &str| Wanted { from: from.into(), to: to.into() };
        let today = day("2026-05-28");
        assert_eq!(span(&wanted("", ""), today), (day("2026-05-22"), today));
        assert_eq!(span(&wanted("2026-05-03", "2026-05-01"), today), (day("2026-05-01"), day("2026-05-03")));
        assert_eq!(span(&wanted("1990-01-01", "2026-05-28"), today), (day("2026-02-26"), today));
        assert_eq!(span(&wanted("x", "y"), today), (day("2026-05-22"), today));
    }

    #[test]
    fn a_day_is_added_up_by_currency() {
        let row = |site_id, currency: &str, paid_minor| SettlementRow {
            zone: "UTC".into(),
            day: "2026-05-01".into(),
            site_id,
            account: "a".into(),
            currency: currency.into(),
            paid: 1,
            paid_minor,
            returned: 0,
            returned_minor: 0,
            fee_minor: 1,
            learned_minor: None,
            net_minor: paid_minor - 1,
        };
        let days = days(&[row(1, "EUR", 100), row(2, "EUR", 150), row(2, "JPY", 40)]);
        let told: Vec<_> =
            days.iter().map(|day| (day.paid, day.paid_sum.as_str(), day.net.as_str())).collect();
        assert_eq!(told, [(1, "40\u{a0}JPY", "39\u{a0}JPY"), (2, "2.50\u{a0}EUR", "2.48\u{a0}EUR")]);
        assert_eq!(percent(6_000), "0.6");
    }
}
