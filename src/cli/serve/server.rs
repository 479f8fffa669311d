//! The whole system, composed: database, links, console, jobs. Read it top to bottom.

use super::{metrics as gauges, ready::Ready};
use crate::cli::{doctor, registry, trouble::Trouble, user};
use csms::{
    app::App,
    clock::Clock,
    config::Config,
    jobs,
    link::{auth::Vault, listen},
    local_tariffs,
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use web::{Outside, WebState};

/// Everything together may take so long to end.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// A running system.
pub struct Server {
    pub app: App,
    pub ready: Ready,
    /// Of the account that this start has made; nobody can find it out later.
    pub first_password: Option<String>,
    stop: CancellationToken,
    links: JoinHandle<()>,
    console: JoinHandle<()>,
    chores: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the database, binds both ports, and serves.
    ///
    /// # Errors
    /// A [`Trouble`] that says what to do about it.
    pub async fn start(config: Config) -> anyhow::Result<Server> {
        let metrics = gauges::install()?;
        // Bound before the database is touched: a second csms by mistake ends here.
        let stations = listen::bind(config.ocpp.listen)
            .map_err(|error| cannot_listen("ocpp.listen", "stations", config.ocpp.listen, &error))?;
        let people = TcpListener::bind(config.web.listen)
            .await
            .map_err(|error| cannot_listen("web.listen", "people", config.web.listen, &error))?;
        let ready = Ready::new(&config, stations.local_addr()?, people.local_addr()?);

        let app = App::open(config, Clock::System).await.map_err(registry::unusable)?;
        let vault = Arc::new(Vault::open(&app.db, app.config.ocpp.limits.password_checks_max).await?);
        let mut tx = app.db.write().await?;
        let first_password = user::first(&mut tx, &app.ids, app.clock.now()).await?;
        tx.commit().await?;

        let stop = CancellationToken::new();
        let accepting = Arc::new(AtomicBool::new(true));
        let outside = Outside {
            metrics: Box::new({
                let metrics = metrics.clone();
                move || metrics.render()
            }),
            accepting: Box::new({
                let accepting = accepting.clone();
                move || accepting.load(Ordering::Relaxed)
            }),
            shutdown: stop.clone(),
        };
        let links = tokio::spawn({
            let serving = listen::serve(app.clone(), stations, stop.clone());
            async move {
                serving.await;
                accepting.store(false, Ordering::Relaxed);
            }
        });
        let console =
            tokio::spawn(web::serve(people, WebState::new(app.clone(), vault, outside), stop.clone()));
        let chores = vec![
            tokio::spawn(jobs::run(app.clone(), stop.clone())),
            tokio::spawn(local_tariffs::run(app.clone(), stop.clone())),
            tokio::spawn(gauges::keep_up(metrics, stop.clone())),
        ];
        Ok(Server { app, ready, first_password, stop, links, console, chores })
    }

    /// Ends in order: no new connections, links closed with 1001, requests answered, the writer drained. Returns
    /// false if that took too long, or a part had died.
    pub async fn stop(self) -> bool {
        self.stop.cancel();
        let end = async {
            let mut sound = self.links.await.is_ok();
            sound &= self.console.await.is_ok();
            for chore in self.chores {
                sound &= chore.await.is_ok();
            }
            self.app.close().await;
            self.app.db.close().await;
            sound
        };
        tokio::time::timeout(STOP_WITHIN, end).await.unwrap_or_else(|_| {
            tracing::warn!("not everything ended in time; what was acknowledged is safe");
            false
        })
    }

    /// Returns when a part that should run for ever has ended.
    pub async fn part_ended(&mut self) -> &'static str {
        tokio::select! {
            _ = &mut self.links => "the listener for stations",
            _ = &mut self.console => "the console",
        }
    }
}

fn cannot_listen(key: &str, whom: &str, at: SocketAddr, error: &std::io::Error) -> Trouble {
    let (why, mend) = doctor::ports::cannot_listen(key, at, error);
    Trouble::new(format!("The port for {whom} cannot be opened.")).why(why).mend(mend)
}
