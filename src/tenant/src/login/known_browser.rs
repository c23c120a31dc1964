//! Known browsers: those in which somebody signed in to an account with its password before. Guesses of strangers do not
//! slow them (OWASP: device cookies).
//!
//! The cookie is a random part and its HMAC together with the account, so nothing is stored for it. It proves nobody: a
//! password is still needed.

use axum::http::{HeaderMap, HeaderValue};

use super::login_throttle::Guesser;
use crate::http::cookie::Cookie;
use crate::http::peer::Peer;
use crate::secret::Secret;
use crate::state::Tenant;

/// Returns who attempts to sign in as `login`: a known browser with its cookie, or else a stranger.
pub(super) fn guesser<'g>(
    tenant: &Tenant,
    peer: &Peer,
    login: &str,
    cookie: Option<&'g Secret>,
) -> Guesser<'g> {
    match cookie.filter(|cookie| is_known(tenant, login, cookie)) {
        Some(cookie) => Guesser::KnownBrowser(cookie),
        None => Guesser::Stranger(peer.address()),
    }
}

/// Returns the cookie of a request, whether or not it is valid.
pub(super) fn cookie(tenant: &Tenant, headers: &HeaderMap) -> Option<Secret> {
    Cookie::KnownBrowser.read(tenant, headers)
}

/// Returns the `Set-Cookie` header that makes a browser known to the account with this login.
pub(super) fn remember(tenant: &Tenant, login: &str) -> HeaderValue {
    let random = Secret::random();
    let mac = mac(tenant, login, random.expose());
    Cookie::KnownBrowser.set(tenant, &Secret::new(format!("{}.{}", random.expose(), mac.expose())))
}

fn is_known(tenant: &Tenant, login: &str, cookie: &Secret) -> bool {
    cookie.expose().split_once('.').is_some_and(|(random, given)| mac(tenant, login, random).equals(given))
}

fn mac(tenant: &Tenant, login: &str, random: &str) -> Secret {
    // The random part comes first and has no line feed.
    tenant.0.browser_key.derive(&format!("known browser\n{random}\n{login}"))
}
