//! Methods that drivers leave for later, and pay with again.

use super::house::{click, houses};
use csms::pay::{self, later};
use payments::provider::Method;

#[tokio::test]
async fn a_method_is_kept_only_if_the_payer_agrees() {
    for mut house in houses().await {
        for (page, keep) in [("a", false), ("b", true)] {
            let order = house.order(page).await;
            let version = house.row(order.id).await.version;
            let click = pay::Click { keep, ..click(version, Method::Hosted) };
            pay::click(&house.app, &order.number, &click).await.unwrap();
            house.pay(&order).await;
            let row = house.row(order.id).await;
            assert_eq!(row.driver_id.is_some(), keep);
            if let Some(driver) = row.driver_id {
                let known = later::show(&house.app, driver).await.unwrap();
                assert_eq!((&*known.mandates[0].last4, &*known.mandates[0].made_by), ("4242", "driver"));
            }
            pay::cancel(&house.app, &order.number, "driver").await.unwrap();
            house.work().await;
        }
    }
}

#[tokio::test]
async fn a_known_driver_pays_with_the_card_that_was_kept_until_it_is_removed() {
    for mut house in houses().await {
        let ada = "ada@example.com";
        let order = house.order("a").await;
        let version = house.row(order.id).await.version;
        let usual = click(version, Method::Hosted);
        let click = pay::Click { keep: true, contact: ada.to_owned(), ..usual.clone() };
        pay::click(&house.app, &order.number, &click).await.unwrap();
        house.pay(&order).await;
        pay::cancel(&house.app, &order.number, "driver").await.unwrap();
        house.work().await;
        let euro = "EUR".parse().ok();
        let kept = pay::kept::of_contact(&house.app, ada, euro).await.unwrap();
        let [card] = kept.as_slice() else { panic!("{kept:?}") };
        assert_eq!(
            (card.last4.as_str(), Some(card.driver_id)),
            ("4242", house.row(order.id).await.driver_id)
        );
        assert!(pay::kept::of_contact(&house.app, "bob@example.com", euro).await.unwrap().is_empty());
        assert!(pay::kept::of_contact(&house.app, "", euro).await.unwrap().is_empty());

        let next = house.order("b").await;
        let version = house.row(next.id).await.version;
        let method = pay::kept::method(card);
        let account = Some(card.account.clone());
        let click = pay::Click { version, method, account, contact: ada.to_owned(), ..usual };
        pay::click(&house.app, &next.number, &click).await.unwrap();
        // The provider is asked by the clock: nobody has to come back from a page.
        house.advance(6);
        house.work().await;
        let attempts = house.attempts(next.id).await;
        assert_eq!((&*attempts[0].method, &*attempts[0].account), ("on_file", "cards"));
        assert_eq!(house.row(next.id).await.state, "authorized");

        assert!(!pay::kept::remove(&house.app, "bob@example.com", card.id).await.unwrap());
        assert!(pay::kept::remove(&house.app, ada, card.id).await.unwrap());
        assert!(pay::kept::of_contact(&house.app, ada, euro).await.unwrap().is_empty());
    }
}
