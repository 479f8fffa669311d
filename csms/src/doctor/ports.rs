//! The two addresses that csms listens on: free, ours already, or somebody else's?

use super::Finding;
use crate::config::Config;
use std::{
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Looks at both listeners, and at whether stations' passwords cross a network in clear.
pub async fn check(config: &Config) -> Vec<Finding> {
    // The console's health page is ours to know; the other port must at least refuse what is no station.
    let console = asked(config.web.listen).await.starts_with(b"HTTP/1.1 200");
    let stations = console && asked(config.ocpp.listen).await.starts_with(b"HTTP/1.1 4");
    let mut findings = vec![
        port("station port", "ocpp.listen", config.ocpp.listen, stations).await,
        port("console port", "web.listen", config.web.listen, console).await,
    ];
    if !config.web.listen.ip().is_loopback() && !config.web.public_url.starts_with("https://") {
        findings.push(Finding::warning(
            "console port",
            format!("{} is open to the network without TLS: logins can be read on the way", config.web.listen),
            "put a TLS proxy before it and set web.public_url to its https:// address, or listen on 127.0.0.1",
        ));
    }
    findings
}

async fn port(check: &'static str, key: &str, at: SocketAddr, ours: bool) -> Finding {
    match TcpListener::bind(at).await {
        Ok(_) => Finding::good(check, format!("{at} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && ours => {
            Finding::good(check, format!("{at} is taken, and csms is running"))
        }
        Err(error) => {
            let (found, mend) = cannot_listen(key, at, &error);
            Finding::bad(check, found, mend)
        }
    }
}

/// Why an address cannot be listened on, and what to do.
pub fn cannot_listen(key: &str, at: SocketAddr, error: &std::io::Error) -> (String, String) {
    let mend = match error.kind() {
        ErrorKind::AddrInUse => format!(
            "end the other program (ss -ltnp 'sport = :{}' names it), or set {key} to another port",
            at.port()
        ),
        ErrorKind::PermissionDenied => {
            format!("set {key} to a port above 1023, or grant CAP_NET_BIND_SERVICE")
        }
        ErrorKind::AddrNotAvailable => {
            format!("{} is no address of this machine: set {key} to one, or to 0.0.0.0", at.ip())
        }
        _ => format!("set {key} to another address"),
    };
    (format!("{at} cannot be listened on: {error}"), mend)
}

/// What is answered there to a request for the health page; nothing if nobody answers in time.
async fn asked(at: SocketAddr) -> Vec<u8> {
    let answer = timeout(ANSWER_WITHIN, async {
        let mut stream = TcpStream::connect(reachable(at)).await?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    });
    answer.await.ok().and_then(Result::ok).unwrap_or_default()
}

/// Where to knock: an address that listens everywhere is reached on the loopback.
pub fn reachable(at: SocketAddr) -> SocketAddr {
    let ip = match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ip => ip,
    };
    SocketAddr::new(ip, at.port())
}

#[cfg(test)]
mod tests {
    use super::super::Grade;
    use super::*;

    #[tokio::test]
    async fn a_port_of_another_program_is_bad_and_named() {
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = other.local_addr().unwrap();
        let finding = port("station port", "ocpp.listen", at, false).await;
        assert_eq!(finding.grade, Grade::Bad);
        assert!(
            finding.mend.contains("ocpp.listen") && finding.mend.contains(&at.port().to_string()),
            "{finding:?}"
        );
        assert_eq!(port("station port", "ocpp.listen", at, true).await.grade, Grade::Good);
        drop(other);
        assert_eq!(port("station port", "ocpp.listen", at, false).await.grade, Grade::Good);
    }

    #[test]
    fn an_address_that_listens_everywhere_is_reached_on_the_loopback() {
        assert_eq!(reachable("0.0.0.0:80".parse().unwrap()), "127.0.0.1:80".parse().unwrap());
        assert_eq!(reachable("[::]:80".parse().unwrap()), "[::1]:80".parse().unwrap());
        assert_eq!(reachable("10.0.0.1:80".parse().unwrap()), "10.0.0.1:80".parse().unwrap());
    }
}
