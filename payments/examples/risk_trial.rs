//! Rules and model tried on a made-up population: `cargo run --release -p payments --example risk_trial [DRIVERS] [DAYS]
//! [SEED]`. `csms risk simulate` is the same as a command.

use payments::risk::{
    behaviour::{
        Plan,
        population::Scale,
        trial::{self, Report},
    },
    rules::RuleSet,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u32>());
    let mut next = |default: u32| numbers.next().unwrap_or(Ok(default));
    let (drivers, days, seed) = (next(1_000)?, next(120)?, next(1)?);
    let scale = Scale { seed: seed.into(), drivers: drivers as usize, days, fraud: true };
    let report: Option<Report> = trial::run(&scale, &RuleSet::defaults(), &Plan::default())?;
    println!("{}", report.ok_or("too few payments to learn from")?);
    Ok(())
}
