//! Where a request comes from.

use crate::api::Problem;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, HeaderName, request::Parts},
};
use std::net::{IpAddr, SocketAddr};

/// The address of whoever asks; behind a proxy of the own network the one that the proxy names.
pub struct Peer(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Peer, Problem> {
        Peer::of(parts).ok_or_else(Problem::broken)
    }
}

impl Peer {
    /// `None`: the server has not said where the connection comes from.
    pub fn of(parts: &Parts) -> Option<Peer> {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(Peer(source(peer.ip(), &parts.headers)))
    }
}

/// Where a request comes from. Behind a proxy of the own network that is what the proxy says, which writes the address
/// that it saw at the end; what anybody else says is not believed.
pub fn source(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !is_near(peer) {
        return peer;
    }
    headers
        .get_all(HeaderName::from_static("x-forwarded-for"))
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok())
        .unwrap_or(peer)
}

/// An IPv6 customer has a /64: that is one address where addresses are counted.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

/// An address of the own network.
pub fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_own_network_is_near_and_the_rest_is_far() {
        for near in
            ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "fd00::1", "::ffff:127.0.0.1"]
        {
            assert!(is_near(near.parse().unwrap()), "{near}");
        }
        for far in ["203.0.113.4", "2001:db8::1", "::ffff:203.0.113.4"] {
            assert!(!is_near(far.parse().unwrap()), "{far}");
        }
    }

    #[test]
    fn a_proxy_of_the_own_network_is_believed_and_nobody_else() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("198.51.100.1, 203.0.113.7"));
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(source(ip("127.0.0.1"), &headers), ip("203.0.113.7"));
        assert_eq!(source(ip("10.0.0.2"), &headers), ip("203.0.113.7"));
        assert_eq!(source(ip("192.0.2.9"), &headers), ip("192.0.2.9"));
        assert_eq!(source(ip("127.0.0.1"), &HeaderMap::new()), ip("127.0.0.1"));
        headers.append("x-forwarded-for", HeaderValue::from_static("unknown"));
        assert_eq!(source(ip("127.0.0.1"), &headers), ip("127.0.0.1"));
    }

    #[test]
    fn a_whole_network_is_one_address() {
        let one = network("2001:db8::1".parse().unwrap());
        assert_eq!(one, network("2001:db8::ffff:1".parse().unwrap()));
        assert_ne!(one, network("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
