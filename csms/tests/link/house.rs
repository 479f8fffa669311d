//! A whole server on a free port, over a database of its own.

use crate::client::Client;
use csms::{
    app::App,
    clock::Clock,
    config::Config,
    link::listen,
    store::{row::StationRow, stations, testing::TestDb},
};
use std::{future::Future, net::SocketAddr, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes, shorter than anybody's patience.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct House {
    pub app: App,
    pub address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    _db: TestDb,
}

impl House {
    pub async fn open(change: impl FnOnce(&mut Config)) -> House {
        let db = TestDb::sqlite().unwrap();
        let mut config = Config { database: db.config.clone(), ..Config::default() };
        change(&mut config);
        let app = App::open(config, Clock::System).await.unwrap();
        let listener = listen::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(listen::serve(app.clone(), listener, stop.clone()));
        House { app, address, stop, serving, _db: db }
    }

    /// Registers a station. `secret` is the kept form; empty = no password.
    pub async fn station(&self, id: &str, secret: &str) {
        self.register(StationRow { id: id.into(), secret: secret.into(), ..StationRow::default() }).await;
    }

    pub async fn register(&self, row: StationRow) {
        let row = StationRow { created_at: self.app.clock.now(), ..row };
        let mut tx = self.app.db.write().await.unwrap();
        stations::create(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn row(&self, id: &str) -> StationRow {
        self.app.loads.station(&id.into()).await.unwrap().unwrap()
    }

    /// A 1.6 station without a password, connected.
    pub async fn link(&self, id: &str) -> Client {
        self.station(id, "").await;
        self.again(id, "ocpp1.6").await
    }

    /// Another connection of a registered station.
    pub async fn again(&self, id: &str, protocol: &str) -> Client {
        let mut client = Client::connect(self.address).await;
        let answer = client.upgrade(&format!("/ocpp/{id}"), &[("Sec-WebSocket-Protocol", protocol)]).await;
        assert_eq!(answer.status, 101, "{}", answer.body);
        client
    }

    /// Tells the server to go down, without waiting for it.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Goes down, commits what is queued, and gives the database for a look at what is in it.
    pub async fn close(self) -> (App, TestDb) {
        self.stop.cancel();
        within(self.serving).await.unwrap();
        self.app.close().await;
        (self.app, self._db)
    }
}

/// The outcome, or a failed test instead of one that hangs.
pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("this takes too long")
}

/// Waits until something can be seen.
pub async fn until(what: impl Fn() -> bool) {
    within(async {
        while !what() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
