//! The guard over what is secured waits for nobody outside.

use super::{
    house::houses,
    later::{contract, driver},
};
use csms::{
    model::Phase,
    pay::{self, State, later::PaysBy},
};
use payments::provider::Method;
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;

/// Much less than the scorer may take, and more than a slow machine needs.
const PATIENCE: Duration = Duration::from_secs(25);

#[tokio::test]
async fn what_is_nearly_used_up_is_stopped_while_a_scorer_hangs() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/score", listener.local_addr().unwrap());
    let asked = Arc::new(Notify::new());
    let serving = tokio::spawn({
        let asked = asked.clone();
        async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.push(stream);
                asked.notify_one();
            }
        }
    });
    for mut house in houses().await {
        contract(&house).await;
        driver(&house, "04A1", PaysBy::Later).await;
        let order = house.order("a").await;
        house.click(&order, Method::Code).await.unwrap();
        house.pay(&order).await;
        let token = house.row(order.id).await.token_uid;
        house.session(Phase::Start, Some(&token), 0).await;
        house.work().await;
        house.session(Phase::Update, None, 10_000).await;
        assert_eq!(house.state(order.id).await, State::Charging);

        let settings = &mut house.config.pay.later;
        (settings.scorer_url, settings.scorer_secret) = (url.clone(), "s".to_owned());
        (settings.scorer_timeout_ms, settings.score_hours) = (30_000, 1);
        house.restart().await;
        // What was decided about the drivers is old now.
        house.advance(3_700);
        // 19.60 of 20.00.
        house.session(Phase::Update, None, 49_000).await;
        let stop = CancellationToken::new();
        let running = tokio::spawn(pay::run(house.app.clone(), stop.clone()));
        timeout(PATIENCE, asked.notified()).await.expect("the scorer is asked");
        let stopped = timeout(PATIENCE, async {
            while house.row(order.id).await.stop_asked_at.is_none() {
                tokio::task::yield_now().await;
            }
        });
        assert!(stopped.await.is_ok(), "nobody has looked at the order");
        stop.cancel();
        timeout(PATIENCE, running).await.expect("the end waits for no scorer").unwrap();
    }
    serving.abort();
}
