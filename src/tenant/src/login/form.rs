//! Submitted forms of the hosted pages.

use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::Response;

use super::pending::{PendingLogin, PendingLoginError};
use crate::http::body::read_form_body;
use crate::http::peer::Peer;
use crate::state::Tenant;

/// The fields of a submitted form.
pub(super) struct Form(serde_json::Map<String, serde_json::Value>);

impl Form {
    /// Reads a form, after checking that the tenant's own page sent it.
    ///
    /// # Errors
    /// [`PendingLoginError::CrossSite`] for another `Origin`, [`PendingLoginError::Unreadable`] for a body that is no form.
    pub(super) async fn read(
        tenant: &Tenant,
        peer: &Peer,
        request: Request,
    ) -> Result<Self, PendingLoginError> {
        let origin = peer.headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        if origin.is_some_and(|origin| origin != tenant.0.issuer.origin()) {
            return Err(PendingLoginError::CrossSite);
        }
        read_form_body(&tenant.0.body_memory, request).await.map(Self).map_err(PendingLoginError::Unreadable)
    }

    /// Returns the names and values of the fields whose name begins with `prefix`, without it.
    pub(super) fn fields<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str()?)))
    }

    /// Returns a field without surrounding white space; empty if it is missing.
    pub(super) fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().trim()
    }

    /// Returns the address that was typed on another page of the login, if a button there led to this page; `None` for a form
    /// of this page.
    pub(super) fn address_brought(&self) -> Option<&str> {
        let typed = [self.text("email"), self.text("username")].into_iter().find(|typed| !typed.is_empty());
        (self.text("open") == "page").then(|| typed.unwrap_or_default())
    }

    /// Returns a field as it was typed: a password may start or end with a space.
    pub(super) fn untrimmed(&self, field: &str) -> &str {
        self.0.get(field).and_then(serde_json::Value::as_str).unwrap_or_default()
    }
}

/// A form of a pending login, sent by the tenant's own page from the browser of the login.
pub(super) struct Submitted {
    pub(super) peer: Peer,
    pub(super) form: Form,
    pub(super) pending: PendingLogin,
}

impl FromRequest<Tenant> for Submitted {
    type Rejection = Response;

    async fn from_request(request: Request, tenant: &Tenant) -> Result<Self, Response> {
        let peer = Peer::of(&request);
        let read = async {
            let form = Form::read(tenant, &peer, request).await?;
            let pending = PendingLogin::find(tenant, &peer, form.text("state")).await?;
            Ok::<_, PendingLoginError>((form, pending))
        };
        match read.await {
            Ok((form, pending)) => Ok(Self { peer, form, pending }),
            Err(error) => Err(error.into_response(tenant, &peer)),
        }
    }
}
