//! The command line, as a person meets it.

use crate::harness::{Engine, Place, bare, text};

#[tokio::test]
async fn an_unknown_setting_is_refused_with_its_neighbour() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("csms.toml"), "[ocpp]\nheartbeat_intervall_s = 60\n").unwrap();
    let output = bare(folder.path()).arg("serve").output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("csms.toml: ocpp.heartbeat_intervall_s: unknown key"), "{told}");
    assert!(told.contains("did you mean ocpp.heartbeat_interval_s?"), "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was made");
}

#[tokio::test]
async fn variables_go_over_the_file_and_are_checked_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("csms.toml"), "[web]\nlogin_hours = 2\n").unwrap();
    let config = |name: &'static str, value: &'static str| {
        let mut command = bare(folder.path());
        command.arg("config").env(name, value);
        async move { command.output().await.unwrap() }
    };
    let printed = text(&config("CSMS_WEB__LOGIN_HOURS", "3").await.stdout);
    assert!(printed.contains("(from CSMS_WEB__LOGIN_HOURS)\nlogin_hours = 3"), "{printed}");
    let printed = text(&config("CSMS_OCPP__PING_INTERVAL_S", "50").await.stdout);
    assert!(printed.contains("(from csms.toml)\nlogin_hours = 2"), "{printed}");
    let output = config("CSMS_WEB_LISTEN", "127.0.0.1:1").await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("did you mean CSMS_WEB__LISTEN?"), "{}", text(&output.stderr));
}

#[tokio::test]
async fn database_passwords_are_printed_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://csms:hush@localhost/csms";
    let hidden = bare(folder.path()).args(["config", "--database", url]).output().await.unwrap();
    assert!(!text(&hidden.stdout).contains("hush"));
    let shown =
        bare(folder.path()).args(["config", "--show-secrets", "--database", url]).output().await.unwrap();
    assert!(text(&shown.stdout).contains("hush"));
}

#[tokio::test]
async fn a_taken_port_is_named_with_a_cure() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = other.local_addr().unwrap().to_string();
    let output = place.run(&["serve", "--ocpp-listen", &at, "--web-listen", "127.0.0.1:0"]).await;
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains(&at) && told.contains("ocpp.listen"), "{told}");
}

#[tokio::test]
async fn completion_knows_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = bare(folder.path()).args(["completion", shell]).output().await.unwrap();
        assert!(text(&output.stdout).contains("doctor"), "{shell}");
    }
}

#[tokio::test]
async fn what_a_station_is_and_may_can_be_changed() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    place.done(&["station", "add", "S1", "--name", "Gate"]).await;
    let wishes = ["--validation", "strict", "--protocols", "ocpp1.6,ocpp2.1", "--registration", "pending"];
    place.done(&[&["station", "set", "S1"], &wishes[..]].concat()).await;
    let shown = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let station = shown(place.done(&["station", "show", "S1", "--json"]).await);
    assert_eq!(station["validation"], "strict");
    assert_eq!(station["protocols"], "ocpp1.6,ocpp2.1");
    assert_eq!(station["registration"], "pending");
    assert_eq!(station["name"], "Gate", "what is not named stays");
    place.done(&["station", "set", "S1", "--protocols", "all", "--registration", "accepted"]).await;
    let station = shown(place.done(&["station", "show", "S1", "--json"]).await);
    assert_eq!((&station["protocols"], &station["registration"]), (&"".into(), &"accepted".into()));
    for wrong in [["station", "set", "S2", "--name", "x"], ["station", "set", "S1", "--tariff", "none-such"]]
    {
        assert!(!place.run(&wrong).await.status.success(), "{wrong:?}");
    }
}

#[tokio::test]
async fn firmware_is_kept_and_brought_to_stations_from_the_command_line() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    std::fs::write(place.path("duo.bin"), b"an image").unwrap();
    place.done(&["station", "add", "S1"]).await;
    let add = ["firmware", "add", "duo.bin", "--name", "duo", "--version", "5.0.0"];
    let told = place.done(&add).await;
    let id = told.split_whitespace().nth(1).unwrap().to_owned();
    assert!(told.contains("8 bytes"), "{told}");
    assert!(!place.run(&add).await.status.success(), "it is kept already");
    assert!(place.done(&["firmware", "list"]).await.contains("5.0.0"));
    let told = place.done(&["firmware", "campaign", "start", &id, "--at-once", "3"]).await;
    assert!(told.contains("1 stations"), "{told}");
    let campaign = told.split_whitespace().nth(1).unwrap().to_owned();
    place.done(&["firmware", "campaign", "pause", &campaign]).await;
    assert!(place.done(&["firmware", "campaign", "show", &campaign]).await.contains("S1       waiting"));
    let twice = place.run(&["firmware", "campaign", "pause", &campaign]).await;
    assert!(text(&twice.stderr).contains("is paused"), "{}", text(&twice.stderr));
    place.done(&["firmware", "campaign", "cancel", &campaign]).await;
    assert!(place.done(&["firmware", "campaign", "list"]).await.contains("cancelled"));
    place.done(&["firmware", "remove", &id, "--yes"]).await;
    assert!(!place.run(&["firmware", "campaign", "start", &id]).await.status.success());
}
