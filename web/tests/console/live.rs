use crate::Console;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn a_page_hears_of_a_change_and_of_no_other_station() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    let mut answer = ada.get("/live?station=CP1").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert!(answer.headers().get("content-encoding").is_none());
    console.app.live.touch(&"CP2".into());
    console.app.live.touch(&"CP1".into());
    let first = answer.chunk().await.unwrap().unwrap();
    assert_eq!(first, "event: hint\ndata: changed\n\n");
}

#[tokio::test]
async fn the_server_stops_while_pages_are_open() {
    let mut console = Console::start().await;
    let ada = console.as_user("ada").await;
    let mut open = ada.get("/live").send().await.unwrap();
    let server = console.server.take().unwrap();
    console.shutdown.cancel();
    server.await.unwrap();
    assert!(open.chunk().await.is_ok_and(|rest| rest.is_none()));
    assert!(TcpStream::connect(console.address).await.is_err());
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let console = Console::start().await;
    let mut stream = TcpStream::connect(console.address).await.unwrap();
    let mut answer = Vec::new();
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}", "y".repeat(70_000));
    // The server may close before all of it is sent.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.read_to_end(&mut answer).await;
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"),
        "{:?}",
        String::from_utf8_lossy(&answer)
    );
}
