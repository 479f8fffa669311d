use crate::{Console, PASSWORD};
use csms::config::Config;

#[tokio::test]
async fn strangers_see_the_login_and_nothing_else() {
    let console = Console::start().await;
    let browser = console.browser();
    for path in
        ["/stations", "/stations/CP1", "/sessions/1?q=a", "/attempts", "/events", "/account", "/add-station"]
    {
        let answer = browser.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{path}");
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.starts_with("/login?next=%2F"), "{location}");
    }
    for path in ["/api/v1/stations", "/api/v1/stations/CP1", "/api/v1/sessions", "/api/v1/attempts", "/live"]
    {
        let answer = browser.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    for path in ["/stations/CP1/lift", "/stations/CP1/password", "/attempts/adopt", "/add-station", "/logout"]
    {
        let answer = browser.post(path).form(&[("csrf", "x")]).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["location"]),
            (303, &"/login".parse().unwrap()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_login_lasts_until_it_is_ended() {
    let console = Console::start().await;
    let browser = console.browser();
    let answer = browser.login("ada", PASSWORD).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/sessions".parse().unwrap())
    );
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("wattline=") && cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(browser.page("/account").await.contains("ada"));
    // Who is logged in needs no login page.
    assert_eq!(browser.get("/login").send().await.unwrap().status(), 303);
    assert_eq!(browser.submit("/logout", &[]).await.status(), 303);
    assert_eq!(browser.get("/account").send().await.unwrap().status(), 303);
    // The old cookie is worth nothing any more.
    let stolen = console.browser().get("/account").header("cookie", cookie.split(';').next().unwrap());
    assert_eq!(stolen.send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn a_login_expires() {
    let console = Console::start().await;
    let browser = console.as_user("ada").await;
    console.app.clock.advance(chrono::TimeDelta::hours(11));
    browser.page("/account").await;
    console.app.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(browser.get("/account").send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn wrong_passwords_and_unknown_names_look_alike_and_cost_time() {
    let console = Console::start().await;
    let browser = console.browser();
    let wrong = browser.login("ada", "wrong").await;
    let unknown = browser.login("nobody", "wrong").await;
    assert_eq!((wrong.status(), unknown.status()), (unknown.status(), 401.try_into().unwrap()));
    let text = wrong.text().await.unwrap();
    assert_eq!(
        text.replace("value=\"ada\"", ""),
        unknown.text().await.unwrap().replace("value=\"nobody\"", "")
    );
    for _ in 0..5 {
        assert_eq!(browser.login("ada", "wrong").await.status(), 401);
    }
    // Even the right one is not looked at now.
    assert_eq!(browser.login("ada", PASSWORD).await.status(), 429);
    console.app.clock.advance(chrono::TimeDelta::minutes(1));
    assert_eq!(browser.login("ada", PASSWORD).await.status(), 303);
}

#[tokio::test]
async fn behind_tls_cookies_are_for_tls_only() {
    let mut config = Config::default();
    config.web.public_url = "https://csms.example".into();
    let console = Console::start_with(config).await;
    let answer = console.browser().login("ada", PASSWORD).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-wattline=") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(answer.headers()["strict-transport-security"].to_str().unwrap().contains("max-age"));
}

#[tokio::test]
async fn a_new_password_ends_the_other_logins() {
    let console = Console::start().await;
    let (here, elsewhere) = (console.as_user("ada").await, console.as_user("ada").await);
    let new = "another long password";
    let change = |old, new, again| [("old", old), ("new", new), ("again", again)];
    for (form, word) in [
        (change("wrong", new, new), "present password is wrong"),
        (change(PASSWORD, new, "other"), "differ"),
        (change(PASSWORD, "short", "short"), "too short"),
    ] {
        let answer = here.submit("/account/password", &form).await;
        assert!(answer.text().await.unwrap().contains(word), "{word}");
    }
    let answer = here.submit("/account/password", &change(PASSWORD, new, new)).await;
    assert_eq!(answer.headers()["location"], "/account?done=password-changed");
    here.page("/account").await;
    assert_eq!(elsewhere.get("/account").send().await.unwrap().status(), 303);
    assert_eq!(console.browser().login("ada", PASSWORD).await.status(), 401);
    assert_eq!(console.browser().login("ada", new).await.status(), 303);
}

#[tokio::test]
async fn language_and_theme_are_remembered() {
    let console = Console::start().await;
    let browser = console.browser();
    let chinese =
        browser.get("/login").header("accept-language", "zh-CN").send().await.unwrap().text().await.unwrap();
    assert!(chinese.contains("lang=\"zh-Hans\"") && chinese.contains("密码"));
    for (name, value) in [("lang", "zh"), ("theme", "dark")] {
        let form = [(name, value), ("back", "/login?next=%2Fevents")];
        let answer = browser.post("/preferences").form(&form).send().await.unwrap();
        assert_eq!(answer.headers()["location"], "/login?next=%2Fevents");
    }
    let html = browser.get("/login?next=%2Fevents").send().await.unwrap().text().await.unwrap();
    assert!(html.contains("lang=\"zh-Hans\" data-theme=\"dark\""));
    // A form of another site cannot lead away.
    let form = [("back", "https://evil.example")];
    assert_eq!(browser.post("/preferences").form(&form).send().await.unwrap().headers()["location"], "/");
}
