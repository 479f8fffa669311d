//! Notifications: believed only when they are signed, fresh, ours, and say what fits.

use super::{house::house, provider::KEY};
use csms::{
    pay::State,
    store::pay::{inbox, story},
};
use payments::provider::{Method, sandbox::wire::OrderState};

#[tokio::test]
async fn a_forged_or_unreadable_notification_changes_nothing() {
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    let number = house.attempts(order.id).await[0].number.clone();
    let before = house.row(order.id).await;
    let paid = |order: &mut payments::provider::sandbox::wire::Order| {
        (order.state, order.held) = (OrderState::Held, order.amount);
    };
    let mut forged = house.provider.notice_of(&number, "another key that nobody knows", paid);
    assert_ne!(house.notify("cards", &forged).await, 200);
    forged.body = b"{}".to_vec();
    assert_ne!(house.notify("cards", &forged).await, 200);
    forged.headers.clear();
    assert_ne!(house.notify("cards", &forged).await, 200);
    let old = house.provider.notice_of(&number, KEY, paid);
    assert_eq!(house.notify("nobody", &old).await, 404);
    house.advance(301);
    assert_ne!(house.notify("cards", &old).await, 200, "signed too long ago");
    assert_eq!(house.row(order.id).await, before);
    let kept = inbox::list(&mut house.app.db.read().await.unwrap(), None, None, 50).await.unwrap();
    assert!(kept.is_empty(), "{kept:?}");
}

#[tokio::test]
async fn what_does_not_fit_is_kept_for_people_and_moves_nothing() {
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    let number = house.attempts(order.id).await[0].number.clone();
    let less = house.provider.notice_of(&number, KEY, |order| {
        (order.state, order.held) = (OrderState::Held, 1);
    });
    let yen = house.provider.notice_of(&number, KEY, |order| {
        (order.state, order.held) = (OrderState::Held, order.amount);
        order.currency = "JPY".to_owned();
    });
    let right = |order: &mut payments::provider::sandbox::wire::Order| {
        (order.state, order.held) = (OrderState::Held, order.amount);
    };
    let elsewhere = house.provider.notice_of(&number, KEY, right);
    let foreign = house.provider.notice_of(&number, KEY, |order| order.number = "nobody-knows-it".to_owned());
    for (account, notice) in [("cards", &less), ("cards", &yen), ("wallet", &elsewhere), ("cards", &foreign)]
    {
        assert_eq!(house.notify(account, notice).await, 200, "it is stored, and need not come again");
    }
    assert_eq!(house.state(order.id).await, State::Pending);
    let mut tx = house.app.db.read().await.unwrap();
    let mut verdicts: Vec<String> =
        inbox::list(&mut tx, None, None, 50).await.unwrap().into_iter().map(|row| row.verdict).collect();
    verdicts.sort();
    assert_eq!(verdicts, ["review:account", "review:amount", "review:currency", "unknown_order"]);
    let story = story::of_order(&mut tx, order.id).await.unwrap();
    assert_eq!(story.iter().filter(|line| line.kind == "fact.review").count(), 3);
}

#[tokio::test]
async fn the_same_notification_counts_once_however_often_it_comes() {
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    let attempt = house.attempts(order.id).await.remove(0);
    assert!(house.provider.pay(&attempt.number));
    let notice = house.provider.notices().remove(0);
    for _ in 0..3 {
        assert_eq!(house.notify("cards", &notice).await, 200);
    }
    let mut tx = house.app.db.read().await.unwrap();
    let kept = inbox::list(&mut tx, None, None, 50).await.unwrap();
    assert_eq!((kept.len(), kept[0].times, &*kept[0].verdict), (1, 3, "applied"));
    drop(tx);
    // A restart forgets nothing of it.
    house.restart().await;
    let version = house.row(order.id).await.version;
    assert_eq!(house.notify("cards", &notice).await, 200);
    assert_eq!(house.row(order.id).await.version, version);
}
