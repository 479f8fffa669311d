use crate::Console;

#[tokio::test]
async fn every_page_shows_what_the_database_holds_and_none_of_it_as_markup() {
    let console = Console::start().await;
    console.populate().await;
    let ada = console.as_user("ada").await;
    for (path, words) in [
        ("/stations", &["CP&lt;1&gt;", "Charging", "11.000 kWh", "4.62"][..]),
        ("/stations?q=p%3C1&filter=charging", &["CP&lt;1&gt;"]),
        ("/stations?filter=offline", &["CP&lt;1&gt;"]),
        ("/stations?filter=online", &["Nothing found"]),
        ("/stations?filter=faulted", &["Nothing found"]),
        ("/stations/CP%3C1%3E", &["BootNotification", "&lt;i&gt;", "CP%3C1%3E"]),
        ("/stations/CP%3C1%3E?action=heart", &["Nothing found"]),
        ("/sessions", &["TAG1", "11.000 kWh", "Running", "Ended"]),
        ("/sessions?q=tag1&filter=ended", &["/sessions/10"]),
        (
            "/sessions/10",
            &["Register went back", "5.50", "0.88", "0.42", "Priced", "100 readings", "<svg", "13:00"],
        ),
        ("/sessions/10", &["The audit found", "different costs", "session.cost", "should be &lt;b&gt;5.50"]),
        ("/sessions/11", &["Running", "<svg"]),
        ("/attempts", &["CP2", "&lt;script&gt;"]),
        ("/events", &["&lt;b&gt;late", "/sessions/10"]),
        ("/events?kind=station", &["Nothing found"]),
        ("/account", &["Administrator"]),
    ] {
        let html = ada.page(path).await;
        for word in words {
            let known = html.contains(word) || (*word == "Priced" && html.contains("priced again"));
            assert!(known, "{path} lacks {word}");
        }
        for markup in ["<i>\"", "<b>late", "<script>x", "CP<1>"] {
            assert!(!html.contains(markup), "{path} has {markup}");
        }
    }
}

#[tokio::test]
async fn only_open_findings_are_shown() {
    let console = Console::start().await;
    console.populate().await;
    let ada = console.as_user("ada").await;
    let html = ada.page("/sessions/10").await;
    assert!(html.contains("different costs") && !html.contains("do not make the session"), "{html}");
    assert!(!ada.page("/sessions/11").await.contains("h-findings"));
}

#[tokio::test]
async fn lists_go_on_where_they_stopped() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    let mut tx = console.app.db.write().await.unwrap();
    for n in 0..120 {
        csms::store::stations::create_if_absent(&mut tx, &format!("CP{n:03}"), crate::now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    for filter in ["all", "offline"] {
        let mut path = format!("/stations?filter={filter}");
        let mut seen = Vec::new();
        loop {
            let html = ada.page(&path).await;
            seen.extend(html.split("id=\"s-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
            let Some((before, _)) = html.split_once("\">Next page") else { break };
            path = before
                .rsplit("href=\"")
                .next()
                .unwrap()
                .replace("&amp;", "&")
                .replace("&#x3D;", "=")
                .replace("&#x2F;", "/");
        }
        assert_eq!(seen, (0..120).map(|n| format!("CP{n:03}")).collect::<Vec<_>>(), "{filter}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_readers_language() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    for path in ["/nothing", "/stations/none", "/sessions/77", "/sessions/x"] {
        let answer = ada.get(path).header("accept-language", "zh").send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert!(answer.text().await.unwrap().contains("这里什么也没有"), "{path}");
    }
}

#[tokio::test]
async fn a_refresh_gets_the_content_alone() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    let whole = ada.page("/stations").await;
    let part =
        ada.get("/stations").header("x-fragment", "content").send().await.unwrap().text().await.unwrap();
    assert!(whole.contains("<html") && !part.contains("<html") && part.contains("No stations yet"));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_assets_may_be_kept() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    for path in ["/stations", "/login", "/nothing", "/api/v1/stations", "/healthz"] {
        let answer = ada.get(path).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{path}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
    let html = ada.page("/stations").await;
    let css = html
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&#x2F;", "/");
    let answer = ada.get(&css).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/css; charset=utf-8");
    assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
}

#[tokio::test]
async fn the_probes_tell_whether_it_lives_and_serves() {
    let console = Console::start().await;
    let browser = console.browser();
    assert_eq!(browser.page("/healthz").await, "ok\n");
    assert_eq!(browser.page("/readyz").await, "database: ok\nlistener: ok\nrunning: ok\n");
    assert_eq!(browser.page("/metrics").await, "csms_links 0\n");
    // Through a proxy the figures are for accounts only.
    let proxied = || browser.get("/metrics").header("x-forwarded-for", "203.0.113.1");
    assert_eq!(proxied().send().await.unwrap().status(), 401);
    let known = proxied().basic_auth("vic", Some(crate::PASSWORD)).send().await.unwrap();
    assert_eq!(known.status(), 200);
    console.app.db.close().await;
    let answer = browser.get("/readyz").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.text().await.unwrap().contains("database: failed"));
}
