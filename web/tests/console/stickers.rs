use crate::till::Till;
use csms::store::pay::codes;

#[tokio::test]
async fn codes_of_a_site_are_made_printed_and_revoked_by_operators_only() {
    let till = Till::open().await;
    let (ada, vic) = (till.console.as_user("ada").await, till.console.as_user("vic").await);
    let page = ada.page("/sites/1/stickers").await;
    assert!(
        page.contains("Scan to pay")
            && page.contains("扫码支付")
            && page.contains("for outlets without one: 2")
    );
    assert!(page.contains("which phones on the street may not reach"), "{page}");
    assert_eq!(page.matches("class=\"sticker\"").count(), 1);
    for path in ["/sites/1/stickers", "/sites/1/stickers/revoke"] {
        assert_eq!(vic.submit(path, &[("code", &till.code)]).await.status(), 403);
        let form = [("code", till.code.as_str()), ("csrf", "0")];
        assert_eq!(ada.post(path).form(&form).send().await.unwrap().status(), 403);
    }
    let answer = ada.submit("/sites/1/stickers", &[]).await;
    assert_eq!(answer.headers()["location"], "/sites/1/stickers?done=codes-made");
    let page = ada.page("/sites/1/stickers").await;
    assert_eq!(page.matches("class=\"sticker\"").count(), 3);
    assert!(page.contains(&till.code) && !page.contains("for outlets without one"));
    // Again: the stickers on the housing stay.
    ada.submit("/sites/1/stickers", &[]).await;
    assert_eq!(ada.page("/sites/1/stickers").await.matches("class=\"sticker\"").count(), 3);
    assert_eq!(ada.submit("/sites/2/stickers/revoke", &[("code", &till.code)]).await.status(), 404);
    ada.submit("/sites/1/stickers/revoke", &[("code", &till.code)]).await;
    let row = codes::find(&mut till.console.app.db.read().await.unwrap(), &till.code).await.unwrap().unwrap();
    assert!(row.revoked_at.is_some());
    assert_eq!(ada.get(&till.path()).send().await.unwrap().status(), 410);
    assert!(ada.page("/events").await.contains("Code revoked"));
    assert_eq!(ada.get("/sites/9/stickers").send().await.unwrap().status(), 404);
    assert!(vic.page("/sites/2/stickers").await.contains("No outlets are known here"));
}
