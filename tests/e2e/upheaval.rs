//! Six drivers at once, and everything goes wrong that can: notifications twice, late, forged, out of order or never,
//! answers that are lost, drivers who change their mind, and a server that is killed again and again. By a seed, so that
//! what fails fails again. In the end the money is where it belongs.

use crate::{
    harness::{Engine, within},
    kiosk::{Kiosk, OVER, Paid, Visitor},
    phones::Provider,
};
use ocpp::Version;
use serde_json::{Value, json};
use std::time::Duration;

const DRIVERS: i32 = 6;
const STEPS: usize = 60;
/// What a server that was killed had begun is begun anew half a minute later. Who cancels while a station begins waits until
/// it has, or for the time to start and a minute more.
const OVER_WITHIN: Duration = Duration::from_secs(300);
const SETTINGS: &str = "[pay]\nstart_minutes = 1\n";

/// Enough of chance for a plan: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

struct Upheaval {
    kiosk: Kiosk,
    visitor: Visitor,
    orders: Vec<String>,
    method: &'static str,
    wechat: bool,
    dice: Dice,
    told: Vec<String>,
}

async fn whatever_happens(
    engine: Engine,
    version: Version,
    provider: Provider,
    method: &'static str,
    seed: u64,
) {
    let Some(kiosk) = Kiosk::open(engine, version, Paid::To(provider), SETTINGS).await else { return };
    let visitor = Visitor::new(&kiosk);
    let mut orders = Vec::new();
    for outlet in 1..=DRIVERS {
        if outlet > 1 {
            kiosk.station.plug_in(outlet).await.unwrap();
        }
        orders.push(visitor.order(&kiosk, outlet, method).await);
    }
    let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut all =
        Upheaval { kiosk, visitor, orders, method, wechat: provider.is_wechat(), dice, told: Vec::new() };
    for _ in 0..STEPS {
        all = all.step().await;
    }
    println!("seed {seed}: {}", all.told.join(", "));
    all.settle().await;
}

impl Upheaval {
    async fn step(mut self) -> Upheaval {
        let nth = self.dice.below(self.orders.len());
        let (number, outlet) = (self.orders[nth].clone(), i32::try_from(nth).unwrap() + 1);
        let what = self.dice.below(12);
        self.told.push(format!("{what}:{outlet}"));
        match what {
            0..=3 => self.pay(&number).await,
            4 => self.answers().await,
            5 | 6 => return self.killed().await,
            7 => {
                // The car may be full, and the session not begun.
                drop(self.kiosk.station.charge_wh(outlet, 2_000));
                drop(self.kiosk.station.meter(outlet).await);
            }
            // It may not charge yet, or not any more.
            8 => drop(self.kiosk.station.stop(outlet, "Local").await),
            9 => drop(self.visitor.act(&self.kiosk, &number, "cancel", "").await),
            10 => drop(self.visitor.act(&self.kiosk, &number, "pay", self.method).await),
            _ => drop(self.visitor.act(&self.kiosk, &number, "stop", "").await),
        }
        self
    }

    /// The driver presses the provider's button, if the page leads there.
    async fn pay(&mut self, number: &str) {
        let mode = if self.wechat {
            self.dice.one(&["normal", "duplicate", "delayed", "forged", "reordered", "none"])
        } else {
            self.dice.one(&["", "duplicate", "delayed", "forged", "reordered", "lost"])
        };
        if !self.wechat {
            self.kiosk.fake().behave(&json!({"mode": mode, "seconds": 1})).await;
        }
        if let Some(link) = self.visitor.link(&self.kiosk, number).await {
            let attempt = self.kiosk.attempts(number).await.pop().unwrap().number;
            self.visitor.pay(&self.kiosk, &link, &attempt, mode).await;
        }
    }

    /// The provider's next answers go wrong.
    async fn answers(&mut self) {
        let how: Value = if self.wechat {
            let answers = self.dice.one(&["error", "lost", "unsigned", "wrong", "stale"]);
            json!({"answers": answers, "times": 1 + self.dice.below(3)})
        } else {
            json!({"mode": self.dice.one(&["500", "lost_answer"])})
        };
        self.kiosk.fake().behave(&how).await;
    }

    /// SIGKILL, a new start, and the station back on its line with what it could not deliver.
    async fn killed(self) -> Upheaval {
        let kiosk = self.kiosk.killed().await;
        Upheaval { kiosk, ..self }
    }

    /// The provider is well again, everybody charges or leaves, and all comes to rest.
    async fn settle(self) {
        let well = if self.wechat {
            json!({"mode": "normal", "answers": "", "times": 0, "flush": true})
        } else {
            json!({"mode": ""})
        };
        self.kiosk.fake().behave(&well).await;
        for (outlet, number) in (1..).zip(&self.orders) {
            if within(OVER_WITHIN, || self.ends(outlet, number)).await.is_none() {
                panic!("{number} does not end: {}", self.kiosk.whole(number).await);
            }
        }
        let sums = self.kiosk.balances().await;
        let mut due = 0;
        for number in &self.orders {
            let order = self.kiosk.order(number).await;
            let kept = order.taken_minor - order.returned_minor;
            assert_eq!(kept, order.due_minor.unwrap_or(0), "{order:#?}");
            due += kept;
        }
        assert_eq!(sums.taken - sums.returned, due);
        println!("{sums:?}");
    }

    /// The driver ends it, one way or the other; or it has ended.
    async fn ends(&self, outlet: i32, number: &str) -> Option<()> {
        let order = self.kiosk.order(number).await;
        match order.state.as_str() {
            state if OVER.contains(&state) => return Some(()),
            // Whoever has not paid by now leaves; a payment that is on its way comes back.
            "created" | "pending" => drop(self.visitor.act(&self.kiosk, number, "cancel", "").await),
            "charging" => {
                drop(self.kiosk.station.charge_wh(outlet, 1_000));
                drop(self.kiosk.station.stop(outlet, "Local").await);
            }
            _ => {}
        }
        None
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_wechat_and_we_agree_on_sqlite() {
    whatever_happens(Engine::Sqlite, Version::V201, Provider::Wechat, "wechat.phone_browser", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_wechat_and_we_agree_on_postgres() {
    whatever_happens(Engine::Postgres, Version::V16, Provider::Wechat, "wechat.phone_browser", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_stripe_and_we_agree_on_sqlite() {
    whatever_happens(Engine::Sqlite, Version::V21, Provider::Stripe, "stripe.hosted", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_stripe_and_we_agree_on_postgres() {
    whatever_happens(Engine::Postgres, Version::V201, Provider::Stripe, "stripe.hosted", 4).await;
}
