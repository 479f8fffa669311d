//! Orders at work: a driver without a contract scans a code, pays, charges, and is billed exactly.
//!
//! What an event makes of an order is decided by [`payments::order`]; here it is kept (`docket`), and what it asks for
//! outside is done after the commit (`worker`). Pages call the functions of this module and read rows through
//! [`crate::store::pay`]. Nothing here is ever awaited by a desk: stations are answered whatever providers do.
//!
//! | file | does |
//! |---|---|
//! | `offer`, `open`, `click`, `act`, `elsewhere`, `status` | what pages call |
//! | `docket` | the one way in which an order changes |
//! | `fact`, `dispute`, `notice` | what providers say |
//! | `tasks`, `worker`, `payment`, `refund`, `station`, `call` | what is done outside |
//! | `kiosk` | card terminals that are driven from here |
//! | `terminal` | what card terminals of stations have settled |
//! | `statement` | files of accounts, for clearing |
//! | `watch`, `stay` | what time and sessions bring; a car that stays when it is full |
//! | `kept` | methods that a driver has left, used by the driver's own hand |
//! | `later`, `wallet` | drivers who charge before they pay, and prepaid balances |
//! | `counter` | money for a balance that the operator has taken |
//! | `voucher` | what offline wallets have signed, redeemed later |
//! | `books` | what it means for the ledger |

pub mod account;
mod act;
mod books;
mod breaker;
mod call;
mod click;
mod code;
pub mod counter;
mod dispute;
mod docket;
mod elsewhere;
mod error;
mod fact;
mod guard;
mod hold;
pub mod kept;
pub mod kiosk;
pub mod later;
mod lines;
mod notice;
mod number;
mod offer;
mod open;
mod payment;
mod refund;
mod route;
mod statement;
mod station;
mod status;
mod stay;
mod tasks;
mod tell;
pub(crate) mod terminal;
pub mod voucher;
pub mod wallet;
mod watch;
mod worker;

pub use account::{Account, AccountError, Accounts};
pub(crate) use act::unpaid;
pub use act::{
    RefundWish, awaits_code, cancel, make_room, owed, query_now, refund, retry, stop, verify, write_off,
};
pub use click::{Click, Clicked, click};
pub use code::{revoke_code, station_codes, sticker_codes};
pub use elsewhere::returned_elsewhere;
pub use error::PayError;
pub use lines::STORY_LINES;
pub use notice::{BYTES_MAX as NOTICE_BYTES_MAX, notice, notice_unread};
pub(crate) use number::is_token;
pub(crate) use offer::readiness;
pub use offer::{Agent, Offer, Readiness, Way, offer, offer_at, place, ways};
pub use open::{Wish, contact, open};
pub use payments::order::State;
pub use statement::statement;
pub use station::STOP_LATE;
pub use status::{Fault, Running, Status, readings_of, status, status_in, tariff_of};

use crate::{app::App, model::StationId};
use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicI64},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What payments hold in memory: the accounts, and where to look.
#[derive(Debug, Default)]
pub struct Pay {
    pub accounts: Accounts,
    /// There may be something to do.
    woken: Notify,
    /// Who redeems what offline wallets have signed.
    pub redeemers: Vec<Box<dyn voucher::Redeemer>>,
    /// Who says how much credit a driver has.
    pub scorers: later::Scorers,
    /// When sessions without an order were looked for the last time as far back as it is done, Unix seconds.
    looked_back: AtomicI64,
    /// The same for sessions whose order was given up before.
    late_at: AtomicI64,
    /// The same for old decisions about credit.
    credit_at: AtomicI64,
    /// Cars that stay after charging, and when to look at them again.
    staying: stay::Staying,
    watched: Mutex<Watched>,
}

/// Stations with orders that something may still happen to.
#[derive(Debug, Default)]
struct Watched {
    /// As of the last sweep.
    stations: HashSet<StationId>,
    /// Of orders that changed since the last sweep began: it may have come too early for them.
    made: HashSet<StationId>,
}

impl Watched {
    fn contains(&self, station: &StationId) -> bool {
        self.made.contains(station) || self.stations.contains(station)
    }

    /// The rows are going to be read.
    fn reading(&mut self) {
        self.stations.extend(self.made.drain());
    }
}

impl Pay {
    /// With these accounts.
    pub fn new(accounts: Accounts) -> Pay {
        Pay { accounts, ..Pay::default() }
    }

    /// The same with operators of offline wallets.
    pub fn redeemed_by(self, redeemers: Vec<Box<dyn voucher::Redeemer>>) -> Pay {
        Pay { redeemers, ..self }
    }

    /// The same with another scorer.
    pub fn scored_by(self, scorers: later::Scorers) -> Pay {
        Pay { scorers, ..self }
    }

    /// Something of an order at this station was committed: pages look again, and the worker does what it asks for.
    fn changed(&self, app: &App, station: &str) {
        let station = StationId::from(station);
        app.live.touch(&station);
        self.watched().made.insert(station);
        self.woken.notify_one();
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what orders ask for, until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    tokio::join!(worker::run(&app, &stop), watch::run(&app, &stop), later::watch(&app, &stop));
}

/// Looks once at everything that may be due, and does all tasks that are: what [`run`] does again and again. Returns how
/// many tasks were begun.
///
/// # Errors
/// The database could not be read.
pub async fn turn(app: &App) -> Result<usize, PayError> {
    later::ask(app).await?;
    watch::sweep(app).await?;
    worker::turn(app).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_station_whose_order_is_made_while_rows_are_read_stays_watched() {
        let mut watched = Watched::default();
        let new = StationId::from("new");
        watched.reading();
        watched.made.insert(new.clone());
        // A page that was read before.
        watched.stations = HashSet::new();
        assert!(watched.contains(&new));
        watched.reading();
        assert!(watched.contains(&new));
        watched.stations = HashSet::new();
        assert!(!watched.contains(&new), "nothing happens to it any more");
    }
}
