//! The whole system, composed: database, links, console, jobs. Read it top to bottom.

use super::{metrics as gauges, ready::Ready};
use crate::cli::{registry, trouble::Trouble, user};
use csms::{
    app::{App, OpenError},
    clock::Clock,
    codes, command,
    config::Config,
    costs, desired, display, event, grid, jobs,
    link::{auth::Vault, listen},
    local_tariffs, locallist, messages, needs, pay, reservation, risk, sandbox, texts, webhook,
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};
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
    chores: JoinSet<()>,
}

impl Server {
    /// Opens the database, binds both ports, and serves.
    ///
    /// # Errors
    /// A [`Trouble`] that says what to do about it.
    pub async fn start(mut config: Config) -> anyhow::Result<Server> {
        let metrics = gauges::install()?;
        // Bound before the database is touched: a second csms by mistake ends here.
        let stations = listen::bind(config.ocpp.listen)
            .map_err(|error| cannot_listen("ocpp.listen", "stations", config.ocpp.listen, &error))?;
        let people = TcpListener::bind(config.web.listen)
            .await
            .map_err(|error| cannot_listen("web.listen", "people", config.web.listen, &error))?;
        let files = match config.files.listen.parse::<SocketAddr>() {
            Ok(at) => {
                let bound = TcpListener::bind(at).await;
                let bound =
                    bound.map_err(|error| cannot_listen("files.listen", "stations' files", at, &error))?;
                // Addresses that we make name the port that was bound.
                config.files.listen = bound.local_addr()?.to_string();
                Some(bound)
            }
            Err(_) => None,
        };
        let ready = Ready::new(&config, stations.local_addr()?, people.local_addr()?);

        // Links that we make name the port that was bound, where any free one was asked for.
        config.web.listen = ready.web;
        sandbox::settle(&mut config, &ready.console_url)?;
        let app = match App::open(config, Clock::System).await {
            Err(OpenError::Account(error)) => return Err(cannot_pay(&error).into()),
            other => other.map_err(registry::unusable)?,
        };
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
        let state = WebState::new(app.clone(), vault, outside);
        let files = files.map(|files| (files, state.clone()));
        let console = tokio::spawn(web::serve(people, state, stop.clone()));
        let mut chores = JoinSet::new();
        chores.spawn(event::run(app.clone(), stop.clone()));
        chores.spawn(webhook::run(app.clone(), stop.clone()));
        chores.spawn(jobs::run(app.clone(), stop.clone()));
        chores.spawn(command::run(app.clone(), stop.clone()));
        chores.spawn(reservation::run(app.clone(), stop.clone()));
        chores.spawn(desired::run(app.clone(), stop.clone()));
        chores.spawn(locallist::run(app.clone(), stop.clone()));
        chores.spawn(grid::run(app.clone(), stop.clone()));
        chores.spawn(costs::run(app.clone(), stop.clone()));
        chores.spawn(texts::run(app.clone(), stop.clone()));
        chores.spawn(needs::run(app.clone(), stop.clone()));
        chores.spawn(local_tariffs::run(app.clone(), stop.clone()));
        chores.spawn(codes::provision::run(app.clone(), stop.clone()));
        chores.spawn(display::run(app.clone(), stop.clone()));
        chores.spawn(messages::run(app.clone(), stop.clone()));
        chores.spawn(sandbox::post::run(app.sandbox.clone(), stop.clone()));
        chores.spawn(pay::run(app.clone(), stop.clone()));
        chores.spawn(risk::job::run(app.clone(), stop.clone()));
        chores.spawn(gauges::keep_up(metrics, stop.clone()));

        if let Some((files, state)) = files {
            chores.spawn(web::serve_files(files, state, stop.clone()));
        }
        Ok(Server { app, ready, first_password, stop, links, console, chores })
    }

    /// Ends in order: no new connections, links closed with 1001, requests answered, the writer drained. Returns
    /// false if that took too long, or a part had died.
    pub async fn stop(mut self) -> bool {
        self.stop.cancel();
        let end = async {
            let mut sound = self.links.await.is_ok();
            sound &= self.console.await.is_ok();
            while let Some(ended) = self.chores.join_next().await {
                sound &= ended.is_ok();
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
            () = broken(&mut self.chores) => "a job",
        }
    }
}

/// Returns when a job has broken off, which is a bug. One that has nothing to do (any more) just ends.
async fn broken(chores: &mut JoinSet<()>) {
    while let Some(ended) = chores.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a job broke off");
            return;
        }
    }
    std::future::pending().await
}

fn cannot_listen(key: &str, whom: &str, at: SocketAddr, error: &std::io::Error) -> Trouble {
    let (why, mend) = csms::doctor::ports::cannot_listen(key, at, error);
    Trouble::new(format!("The port for {whom} cannot be opened.")).why(why).mend(mend)
}

fn cannot_pay(error: &pay::AccountError) -> Trouble {
    Trouble::new("An account at a payment provider cannot be used.")
        .why(error)
        .mend("mend it under [[pay.accounts]], or take it out; docs/payments.md tells what belongs there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_breaks_off_is_noticed_and_one_that_ends_is_not() {
        let mut chores = JoinSet::new();
        chores.spawn(async {});
        chores.spawn(std::future::pending());
        chores.spawn(async { assert_eq!(1, 2, "a bug") });
        broken(&mut chores).await;
        assert_eq!(chores.len(), 1);
        chores.shutdown().await;
        chores.spawn(async {});
        let quiet = tokio::time::timeout(std::time::Duration::from_millis(50), broken(&mut chores)).await;
        assert!(quiet.is_err(), "there is none left, and none was broken");
    }
}
