//! The peer of a request: its headers and its IP address.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderMap};

/// The sender of a request, as far as HTTP identifies it.
pub(crate) struct Peer {
    pub(crate) headers: HeaderMap,
    address: Option<IpAddr>,
}

impl Peer {
    pub(crate) fn of(request: &Request) -> Self {
        Self::new(request.headers(), request.extensions())
    }

    pub(crate) fn new(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let address = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Self { headers: headers.clone(), address }
    }

    /// Returns the IP address of the connection; `None` if the router is served without connection info.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Returns the network of the connection as text; empty if it is unknown.
    pub(crate) fn network(&self) -> String {
        self.address.map(|address| network(address).to_string()).unwrap_or_default()
    }

    /// Returns the IP address as text; empty if it is unknown.
    pub(crate) fn ip(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }
}

/// Returns the network that an address is counted by: for IPv6 the first 64 bits, because one site has a whole network
/// (RFC 6177).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}
