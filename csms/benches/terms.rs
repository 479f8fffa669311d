//! What it costs to find a session's tariff among 10,000 assignments and with discounts for members. Run with
//! `cargo bench -p csms --bench terms`.

use chrono::Utc;
use csms::{
    catalog::{Asked, Catalog},
    store::{
        assignments::{self, AssignmentRow},
        benefits::{self, BenefitRow},
        stations,
        tariffs::Change,
        testing::TestDb,
        versions,
    },
};
use std::time::Instant;

const STATIONS: i64 = 2_500;
const GROUPS: i64 = 5_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo test --benches` only wants to know that it runs.
    let scale = if std::env::args().any(|a| a == "--bench") { 1 } else { 100 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(scale))
}

async fn measure(scale: i64) -> Result<(), Box<dyn std::error::Error>> {
    let test = TestDb::sqlite()?;
    let db = test.open().await?;
    let now = Utc::now();
    let mut events = 0;
    let mut change = || {
        events += 1;
        Change { id: events, at: now, by: "bench" }
    };
    let mut tx = db.write().await?;
    for n in 0..100 {
        let json = format!(
            r#"{{"id":"t{n}","currency":"EUR","elements":[{{"components":[{{"dimension":"energy","price":"0.40"}}]}}]}}"#
        );
        versions::publish(&mut tx, &tariffs::Tariff::from_json(&json)?, None, "", &change()).await?;
    }
    let row = |n: i64| AssignmentRow {
        tariff_id: format!("t{}", n % 100),
        created_at: now,
        ..AssignmentRow::default()
    };
    let mut rows = vec![row(0)];
    for n in 0..STATIONS / scale {
        let station = format!("CP{n}");
        stations::create_if_absent(&mut tx, &station, now).await?;
        rows.push(AssignmentRow { station_id: Some(station.clone()), ..row(n) });
        rows.push(AssignmentRow { station_id: Some(station), evse: Some(1), ..row(n + 1) });
    }
    rows.extend((0..GROUPS / scale).map(|n| AssignmentRow { group_uid: Some(format!("G{n}")), ..row(n) }));
    for row in &rows {
        assignments::assign(&mut tx, row, false, &change()).await?;
    }
    let member = BenefitRow {
        body: r#"{"name":"Member","percent":"10"}"#.to_owned(),
        group_uid: Some("G7".to_owned()),
        created_at: now,
        ..BenefitRow::default()
    };
    benefits::add(&mut tx, &member, &change()).await?;
    tx.commit().await?;
    let (catalog, begin) = (Catalog::default(), Instant::now());
    catalog.reload(&db, now).await?;
    let first = begin.elapsed();
    let begin = Instant::now();
    catalog.reload(&db, now).await?;
    println!("{} assignments: loaded in {first:?}, again in {:?}", rows.len(), begin.elapsed());
    let asked = |station, group| Asked {
        station,
        evse: 1,
        site: Some(1),
        token: Some("04AB"),
        token_kind: "ISO14443",
        group,
        at: now,
    };
    for (name, asked) in [
        ("of an EVSE", asked("CP17", None)),
        ("of a group, everywhere", asked("other", Some("G8"))),
        ("with a member's discount", asked("CP17", Some("G7"))),
    ] {
        let rounds = 1_000_000 / (scale * scale);
        let begin = Instant::now();
        for _ in 0..rounds {
            std::hint::black_box(catalog.terms(std::hint::black_box(&asked)));
        }
        println!("{name}: {:.0} ns", begin.elapsed().as_secs_f64() * 1e9 / rounds as f64);
    }
    db.close().await;
    Ok(())
}
