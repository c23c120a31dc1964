//! Hosts and ports, and which of them name this machine.

use std::net::{IpAddr, SocketAddr};

use tenant::Issuer;

/// Splits `host:port`. An IPv6 host keeps its brackets.
pub(crate) fn split(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (authority, None),
        },
        None => (authority, None),
    }
}

/// Whether `host` always names this machine: `localhost`, a name below it (RFC 6761 section 6.3), or a
/// loopback address.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns the host of the issuer; an IPv6 address without its brackets.
pub(crate) fn host(issuer: &Issuer) -> &str {
    let authority = issuer.origin().split_once("://").map_or("", |(_, authority)| authority);
    split(authority).0.trim_start_matches('[').trim_end_matches(']')
}

/// Whether the issuer is an origin of this machine.
pub(crate) fn is_local(issuer: &Issuer) -> bool {
    is_loopback(host(issuer))
}

/// Returns the URL of the issuer for a server without `--issuer`. It is `localhost` also for a server that
/// listens on all addresses, because a browser on this machine uses that name.
pub(crate) fn default_issuer(scheme: &str, listening: SocketAddr) -> String {
    let address = listening.ip();
    if address.is_loopback() || address.is_unspecified() {
        format!("{scheme}://localhost:{}", listening.port())
    } else {
        format!("{scheme}://{listening}")
    }
}

/// Returns the URL for a program on this machine: the issuer if it names this socket, else the address of the
/// socket.
pub(crate) fn reachable_at(issuer: &Issuer, scheme: &str, listening: SocketAddr) -> String {
    let names_this_socket = is_local(issuer)
        && issuer.is_https() == (scheme == "https")
        && issuer.port() == Some(listening.port());
    if names_this_socket { issuer.origin().to_owned() } else { format!("{scheme}://{listening}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_its_port_are_split() {
        assert_eq!(split("localhost:3000"), ("localhost", Some(3000)));
        assert_eq!(split("example.com"), ("example.com", None));
        assert_eq!(split("[::1]:80"), ("[::1]", Some(80)));
        assert_eq!(split("[::1]"), ("[::1]", None));
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in ["localhost", "LOCALHOST", "tenant.localhost", "127.0.0.1", "127.8.9.1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["example.com", "0.0.0.0", "192.168.1.2", "localhost.example.com", "notlocalhost", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn the_default_issuer_is_the_name_that_a_local_browser_uses() {
        let issuer = |address: &str| default_issuer("http", address.parse().unwrap());
        assert_eq!(issuer("127.0.0.1:3000"), "http://localhost:3000");
        assert_eq!(issuer("[::1]:3000"), "http://localhost:3000");
        assert_eq!(issuer("0.0.0.0:80"), "http://localhost:80");
        assert_eq!(issuer("192.168.1.2:3000"), "http://192.168.1.2:3000");
        assert_eq!(issuer("[2001:db8::1]:3000"), "http://[2001:db8::1]:3000");
        assert_eq!(default_issuer("https", "127.0.0.1:3000".parse().unwrap()), "https://localhost:3000");
    }

    #[test]
    fn the_host_of_the_issuer_has_no_port_and_no_brackets() {
        for (issuer, expected) in [("https://Example.com", "example.com"), ("http://[::1]:3000", "::1")] {
            assert_eq!(host(&Issuer::parse(issuer).unwrap()), expected);
        }
    }
}
