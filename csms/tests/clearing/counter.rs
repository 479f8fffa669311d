//! A system whose one account is at somebody who answers over HTTP.

use crate::{
    common::{ACCOUNT, House, at},
    wire::{Answering, Door, Serving},
};
use csms::{
    app::App,
    clearing::{Clearing, work},
    clock::Clock,
    config::{Config, PayAccount},
    store::{
        clearing::{
            runs,
            statements::{self, StatementRow},
        },
        testing::TestDb,
    },
};
use payments::provider::Setup;

pub struct Counter {
    pub app: App,
    /// Its books; its clock is that of the system.
    pub house: House,
    _serving: Serving,
    _db: TestDb,
}

impl Counter {
    /// Before anybody answers at the door, the account is set up with its address.
    pub async fn open(
        db: TestDb,
        door: Door,
        mut setup: Setup,
        answering: impl FnOnce(&App) -> Answering,
    ) -> Counter {
        let clock = Clock::fixed(at(0));
        if let Setup::Sandbox(settings) = &mut setup {
            settings.here = true;
            settings.base_url = format!("{}/sandbox", door.url());
        }
        let mut config = Config { database: db.config.clone(), ..Config::default() };
        config.pay.call_timeout_s = 10;
        config.pay.accounts = vec![PayAccount { name: ACCOUNT.to_owned(), least: None, most: None, setup }];
        let app = App::open(config, clock).await.unwrap();
        let serving = door.serve(answering(&app));
        let house = House { clock: app.clock.clone(), ..House::open(&app.db).await };
        Counter { app, house, _serving: serving, _db: db }
    }

    pub fn clearing(&self) -> Clearing<'_> {
        let app = &self.app;
        Clearing { db: &app.db, ids: &app.ids, clock: &app.clock, config: &app.config.clearing }
    }

    /// The job at so many seconds.
    pub async fn turn(&self, seconds: i64) {
        self.house.now(seconds);
        work::turn(&self.app).await.unwrap();
    }

    /// The files that have come, as account, kind and day.
    pub async fn files(&self) -> Vec<String> {
        self.rows().await.iter().map(|row| format!("{} {} {}", row.file, row.day, row.lines)).collect()
    }

    pub async fn rows(&self) -> Vec<StatementRow> {
        let mut rows = statements::list(&mut self.app.db.read().await.unwrap(), None, 50).await.unwrap();
        rows.sort_by(|a, b| (&a.day, &a.file).cmp(&(&b.day, &b.file)));
        rows
    }

    /// Why the file of the first day is not there.
    pub async fn trouble(&self, file: &str) -> String {
        let subject = format!("{ACCOUNT}:{file}");
        let mut tx = self.app.db.read().await.unwrap();
        let run = runs::find(&mut tx, "fetch", &subject, "2026-10-01").await.unwrap();
        run.map(|run| run.trouble).unwrap_or_default()
    }
}
