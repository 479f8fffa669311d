//! A small HTTP server on a loopback port: what others run, played by a test.

use std::{pin::Pin, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A request is this long at most.
const REQUEST_MAX: usize = 64 * 1024;

/// A status and JSON.
pub type Answering = Pin<Box<dyn Future<Output = (u16, String)> + Send>>;
/// What a request is answered with, by its first line and its body.
pub type Answers = dyn Fn(String, Vec<u8>) -> Answering + Send + Sync;

/// A server; dropped, it ends.
pub struct Served {
    pub url: String,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Served {
    /// Listens, and answers.
    pub async fn start(answers: Arc<Answers>) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                tokio::spawn(serve(stream, answers.clone()));
            }
        });
        Served { url, serving }
    }
}

async fn serve(mut stream: TcpStream, answers: Arc<Answers>) {
    let Some((head, body)) = read(&mut stream).await else { return };
    let first = head.lines().next().unwrap_or_default().to_owned();
    let (status, body) = answers(first, body).await;
    let text = format!(
        "HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    drop(stream.write_all(text.as_bytes()).await);
}

async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 || bytes.len() > REQUEST_MAX {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = bytes.split_off(head_end);
    while body.len() < length.unwrap_or(0).min(REQUEST_MAX) {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, body))
}
