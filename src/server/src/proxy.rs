//! The address of a client behind trusted proxies.
//!
//! `X-Forwarded-For` is read only when a trusted proxy sent it: from anybody else it is what the client
//! claims about itself.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Parses a network such as `10.0.0.0/8`, or a single address.
///
/// # Errors
/// A message that says what is expected.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse()
        .ok()
        .or_else(address)
        .ok_or_else(|| "expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8".to_owned())
}

/// Adds a layer that replaces the address of a trusted proxy by the address of the client that the proxy
/// forwarded.
pub(crate) fn trust_forwarded_for(router: Router, trusted: &[IpNet]) -> Router {
    if trusted.is_empty() {
        return router;
    }
    router.layer(from_fn_with_state(Arc::<[IpNet]>::from(trusted), rewrite_peer))
}

async fn rewrite_peer(State(trusted): State<Arc<[IpNet]>>, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let client = client_address(peer.ip(), request.headers(), &trusted);
        if client != peer.ip() {
            // The port of a client behind a proxy is unknown, and not used.
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 0)));
        }
    }
    next.run(request).await
}

/// Returns the nearest address that does not belong to a trusted proxy.
///
/// Each proxy appends the address of its peer, so the list is read from its end, and only as far as the
/// proxies that wrote it are trusted.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let values = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer.to_canonical();
    for hop in hops.into_iter().rev() {
        if !is_trusted(client) {
            break;
        }
        // A proxy would have written a valid address: what precedes an invalid one is not trusted.
        let Some(address) = parse_hop(hop) else { break };
        client = address.to_canonical();
    }
    client
}

/// Parses an address as proxies write it: bare, or with a port. An IPv6 address may have brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    /// Returns the client address that a handler sees.
    async fn observed_peer(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<_> = trusted.iter().map(|text| network(text).unwrap()).collect();
        let echo = get(async |ConnectInfo(address): ConnectInfo<SocketAddr>| address.ip().to_string());
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        for value in forwarded {
            request.headers_mut().append(FORWARDED_FOR, value.parse().unwrap());
        }
        let response =
            trust_forwarded_for(Router::new().route("/", echo), &trusted).oneshot(request).await.unwrap();
        String::from_utf8(to_bytes(response.into_body(), 100).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_address_that_a_trusted_proxy_forwards_is_used() {
        let trusted = ["10.0.0.0/8", "::1"];
        assert_eq!(observed_peer(&trusted, "10.1.2.3", &["192.0.2.7"]).await, "192.0.2.7");
        assert_eq!(observed_peer(&trusted, "::1", &["192.0.2.7, 10.9.9.9"]).await, "192.0.2.7");
        assert_eq!(observed_peer(&trusted, "10.1.2.3", &["192.0.2.7", "10.9.9.9"]).await, "192.0.2.7");
        assert_eq!(observed_peer(&trusted, "::ffff:10.1.2.3", &["[2001:db8::1]:443"]).await, "2001:db8::1");
        assert_eq!(observed_peer(&trusted, "10.1.2.3", &["192.0.2.7:5000"]).await, "192.0.2.7");
        assert_eq!(observed_peer(&trusted, "10.1.2.3", &[]).await, "10.1.2.3");
    }

    #[tokio::test]
    async fn a_client_cannot_forge_its_address() {
        let trusted = ["10.0.0.0/8"];
        // No proxy is trusted, or not this one.
        assert_eq!(observed_peer(&[], "10.1.2.3", &["192.0.2.7"]).await, "10.1.2.3");
        assert_eq!(observed_peer(&trusted, "198.51.100.1", &["192.0.2.7"]).await, "198.51.100.1");
        // Through the proxy: what the client wrote precedes what the proxy appends.
        assert_eq!(observed_peer(&trusted, "10.1.2.3", &["192.0.2.7, 198.51.100.1"]).await, "198.51.100.1");
        assert_eq!(observed_peer(&trusted, "10.1.2.3", &["192.0.2.7", "198.51.100.1"]).await, "198.51.100.1");
        assert_eq!(observed_peer(&trusted, "10.1.2.3", &["10.0.0.9, 198.51.100.1"]).await, "198.51.100.1");
        for garbage in ["192.0.2.7, unknown", "192.0.2.7,", "192.0.2.7, 300.1.1.1", "192.0.2.7, _hidden"] {
            assert_eq!(observed_peer(&trusted, "10.1.2.3", &[garbage]).await, "10.1.2.3", "{garbage}");
        }
    }

    #[test]
    fn an_invalid_network_is_refused() {
        for invalid in ["", "10.0.0.0/33", "10.0.0", "localhost", "*"] {
            assert!(network(invalid).is_err(), "{invalid}");
        }
    }
}
