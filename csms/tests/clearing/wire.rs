//! HTTP on a loopback port: what is answered there is a function's business.

use futures::future::BoxFuture;
use payments::provider::Response;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// A request as it came.
pub struct Heard {
    pub verb: String,
    pub path: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Heard {
    /// The header of that name (lower case); empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// What is answered.
pub enum Said {
    Whole(Response),
    /// The connection ends after half of the body.
    Cut(Response),
}

pub type Answering = Arc<dyn Fn(Heard) -> BoxFuture<'static, Said> + Send + Sync>;

/// An address at which nobody answers yet.
pub struct Door {
    listener: TcpListener,
    pub address: SocketAddr,
}

/// Somebody answers for as long as this value lives.
pub struct Serving(tokio::task::JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Door {
    pub async fn new() -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Door { listener, address }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn serve(self, answering: Answering) -> Serving {
        Serving(tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = self.listener.accept().await else { continue };
                tokio::spawn(one(stream, answering.clone()));
            }
        }))
    }
}

/// One request of one connection.
async fn one(stream: TcpStream, answering: Answering) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (verb, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap_or(0))];
    stream.read_exact(&mut body).await.ok()?;
    let (response, cut) = match answering(Heard { verb, path, headers, body }).await {
        Said::Whole(response) => (response, false),
        Said::Cut(response) => (response, true),
    };
    let mut head = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", response.status);
    head += &format!("content-length: {}\r\n", response.body.len());
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.ok()?;
    let end = if cut { response.body.len() / 2 } else { response.body.len() };
    stream.write_all(&response.body[..end]).await.ok()?;
    stream.flush().await.ok()?;
    stream.shutdown().await.ok()
}
