//! The guard over what is secured waits for nobody outside; the guard over payments forgets nobody.

use super::{
    house::{click, houses},
    later::{contract, driver},
};
use csms::{
    model::Phase,
    pay::{self, PayError, State, later::PaysBy},
    risk::{self, Facts, blocks},
    store::risk::events,
};
use payments::{Amount, provider::Method, risk::rules::Subject};
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

#[tokio::test]
async fn who_is_blocked_stays_so_though_the_first_decision_of_all_was_not_kept() {
    for mut house in houses().await {
        let order = house.order("a").await;
        let facts = Facts {
            order: order.id,
            click: order.version,
            amount: Amount::new(order.amount_minor, "EUR".parse().unwrap()),
            station: &order.station_id,
            site: None,
            session: true,
            driver: None,
            device: "phone",
            card: "",
            address: "192.0.2.7",
            phone: "",
            wallet: "",
            group: "",
        };
        let mut tx = house.app.db.write().await.unwrap();
        risk::decide(&mut tx, &house.app, &facts).await.unwrap();
        drop(tx);

        house.click(&order, Method::Hosted).await.unwrap();
        let mut tx = house.app.db.write().await.unwrap();
        let device = events::newest_of(&mut tx, order.id).await.unwrap().unwrap().device;
        let now = house.clock.now();
        let (subject, until) = ((Subject::Device, &*device), now + chrono::TimeDelta::days(180));
        assert!(blocks::block(&mut tx, &house.app.ids, subject, Some(until), "anna", now).await.unwrap());
        tx.commit().await.unwrap();
        pay::cancel(&house.app, &order.number, "driver").await.unwrap();
        house.work().await;

        house.restart().await;
        let next = house.order("b").await;
        let refused = pay::click(&house.app, &next.number, &click(next.version, Method::Hosted)).await;
        assert!(matches!(refused, Err(PayError::Denied(_))), "{refused:?}");
    }
}
