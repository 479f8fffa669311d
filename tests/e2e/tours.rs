//! The commands that run everything by themselves: the demo and the bench.

use crate::harness::{bare, text};
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    time::timeout,
};

const WITHIN: Duration = Duration::from_secs(120);

#[tokio::test]
async fn the_demo_opens_a_console_with_life_in_it_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(folder.path());
    command.args(["demo", "--ephemeral", "--history", "2", "--set", "ocpp.listen=127.0.0.1:0"]);
    command.args(["--set", "web.listen=127.0.0.1:0", "--no-mishaps"]).stdout(Stdio::piped());
    let mut demo = command.spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let (mut console, mut name, mut password) = (String::new(), String::new(), String::new());
    let told = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let mut words = line.split_whitespace().rev();
            let last = words.next().unwrap_or_default().to_owned();
            match line.trim_start() {
                line if line.starts_with("Console") => console = last,
                line if line.starts_with("Log in") => name = last,
                line if line.starts_with("Password") => password = last,
                line if line.starts_with("Ready.") => return,
                _ => {}
            }
        }
    };
    timeout(WITHIN, told).await.expect("the demo does not start");

    let browser = reqwest::Client::builder().cookie_store(true).build().unwrap();
    let form = [("name", name.as_str()), ("password", password.as_str()), ("next", "/stations")];
    let login =
        browser.post(format!("{console}/login")).header("Origin", &console).form(&form).send().await.unwrap();
    assert!(login.status().is_success() && login.url().path() == "/stations", "{login:?}");
    let lively = async {
        loop {
            let page = browser.get(format!("{console}/sessions")).send().await.unwrap().text().await.unwrap();
            if ["HAM-SP-", "A39-EM-", "SHA-ZJ-"].iter().all(|site| page.contains(site)) {
                return;
            }
        }
    };
    timeout(WITHIN, lively).await.expect("nobody charges");

    let pid = rustix::process::Pid::from_raw(i32::try_from(demo.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let status = timeout(WITHIN, demo.wait()).await.expect("the demo does not end").unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_bench_measures_a_server_of_its_own_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(folder.path());
    command.args([
        "bench",
        "--json",
        "--stations",
        "6",
        "--active",
        "3",
        "--closed",
        "5",
        "--steady",
        "5",
        "--rate",
        "20",
    ]);
    let output = timeout(WITHIN, command.output()).await.expect("the bench does not end").unwrap();
    assert!(output.status.success(), "{}\n{}", text(&output.stderr), text(&output.stdout));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["connect"]["connected"], 6);
    assert!(report["closed"]["messages"].as_u64().unwrap() > 10, "{report}");
    assert!(report["steady"]["latency"]["p99_ms"].as_f64().unwrap() > 0.0, "{report}");
    assert!(
        report["closed"]["server_cpu_s_per_1000"].as_f64().is_some(),
        "the server's process is known: {report}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}
