//! The peer of a request: its headers and its IP address.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderMap};

/// Who sends a request, as far as HTTP tells.
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

    /// The address that the connection comes from.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    pub(crate) fn ip(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }
}
