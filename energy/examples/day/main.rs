//! A day of load management: 40 EVSEs, machines that start, stations that drop out, deadlines. Writes a table and a plot:
//!
//! `cargo run -p energy --example day -- docs`

#![expect(clippy::expect_used, reason = "an example that cannot go on stops")]

mod building;
mod cars;
mod chance;
mod plot;
mod world;

use std::fmt::Write;
use std::path::PathBuf;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| String::from(".")));
    let began = std::time::Instant::now();
    let day = world::live(SEED, world::Way::Managed);
    let took = began.elapsed();
    std::fs::write(folder.join("load-management.svg"), plot::svg(&day)).expect("the plot is written");
    std::fs::write(folder.join("load-management.csv"), table(&day)).expect("the table is written");
    for (at, name) in building::NODES.iter().enumerate() {
        let peak = day.peak_permille[at];
        println!(
            "{name:14} peak {:3}.{} % of its fuse, {} s above it",
            peak / 10,
            peak % 10,
            day.over_fuse_s[at]
        );
    }
    println!("operator's limit exceeded for {} s", day.over_limit_s);
    println!("deadlines met {} of {} (and {} got 90 % or more)", day.met, day.deadlines, day.nearly);
    println!("energy {} kWh taken, {} kWh needed", day.wh / 1000, day.needed_wh / 1000);
    println!("told {} profiles, {} refused, {} without an answer", day.told, day.refused, day.unanswered);
    println!("stations offline {} min together", day.offline_s / 60);
    let fixed = world::live(SEED, world::Way::Static);
    println!(
        "with fixed limits instead: met {} of {}, {} kWh taken, {} s above a fuse",
        fixed.met,
        fixed.deadlines,
        fixed.wh / 1000,
        fixed.over_fuse_s.iter().sum::<i64>()
    );
    println!("{} steps; the day took {} ms", day.steps, took.as_millis());
}

/// Any other gives another day; the test lives through more of them.
const SEED: u64 = 1;

/// Every fifth minute, in A.
fn table(day: &world::Day) -> String {
    let mut text = String::from("minute");
    for name in building::NODES {
        let name = name.replace(' ', "_");
        write!(text, ",{name}_others,{name}_all").expect("text grows");
    }
    text.push_str(",charging,waiting,offline\n");
    for row in day.rows.iter().step_by(5) {
        write!(text, "{}", row.minute).expect("text grows");
        for (others, all) in &row.nodes {
            write!(text, ",{},{}", others / 1000, all / 1000).expect("text grows");
        }
        writeln!(text, ",{},{},{}", row.charging, row.waiting, row.offline).expect("text grows");
    }
    text
}
