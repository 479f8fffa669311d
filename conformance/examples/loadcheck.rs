//! What the load generator itself costs: it is driven against the smallest CSMS, in a process of its own.
//!
//! ```text
//! cargo run --release -p conformance --example loadcheck -- responder 127.0.0.1:9100 &
//! cargo run --release -p conformance --example loadcheck -- load ws://127.0.0.1:9100/ocpp 200 10
//! ```
//! The second command takes the number of stations and the seconds of each phase.

use std::time::Duration;

use conformance::load::{ClosedLoop, LoadOptions, SteadyRate, run};
use conformance::responder::Responder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["responder", address] => {
            let responder = Responder::start(address, false).await?;
            println!("{}", responder.url());
            tokio::signal::ctrl_c().await?;
        }
        ["load", url, stations, seconds] => {
            let (stations, duration) = (stations.parse()?, Duration::from_secs(seconds.parse()?));
            let mut options = LoadOptions::new(url, "LOAD", stations, None);
            options.hold = Some(Duration::from_secs(2));
            options.closed = Some(ClosedLoop { stations, duration });
            options.steady = Some(SteadyRate { stations, per_second: 1000, duration });
            println!("{}", run(options).await?);
        }
        _ => println!("responder ADDRESS | load URL STATIONS SECONDS"),
    }
    Ok(())
}
