//! The response with the login page.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use model::purpose::Purpose;

use super::pages;
use super::pages::login::{ConnectionButton, FormError, LoginPage};
use super::pending::PendingLogin;
use super::response::page;
use crate::configuration::Connection;
use crate::state::Tenant;

pub(super) fn render(
    tenant: &Tenant,
    pending: &PendingLogin,
    email: &str,
    refusal: Option<FormError<'_>>,
) -> Response {
    let options = tenant.0.configuration.options();
    let offered = || pending.connections(tenant);
    let labelled: Vec<(&Connection, String)> = offered()
        .filter(|connection| !connection.is_database() && tenant.0.configuration.is_served(connection))
        .map(|connection| (connection, connection.label()))
        .collect();
    let view = LoginPage {
        context: pending.context(tenant),
        email,
        refusal,
        has_database: offered().any(Connection::is_database),
        has_usernames: offered()
            .any(|connection| connection.is_database() && connection.database.usernames.is_some()),
        sign_up: sign_up_connection(tenant, pending).is_some(),
        connections: labelled
            .iter()
            .map(|(connection, label)| ConnectionButton {
                connection: connection.name.as_str(),
                provider: connection.strategy.as_str(),
                label,
                stand_in: connection.needs_stand_in(),
            })
            .collect(),
        demo: options
            .demo_sign_ins
            .iter()
            .filter(|demo| pending.own.as_ref().is_none_or(|own| own.has_address(&demo.email)))
            .collect(),
    };
    let status = match refusal {
        None => StatusCode::OK,
        Some(FormError::TooManyAttempts) => StatusCode::TOO_MANY_REQUESTS,
        Some(FormError::Provider { problem, .. }) => problem.status(),
        Some(_) => StatusCode::UNAUTHORIZED,
    };
    let mut response = page(status, pages::login::login(&tenant.0.assets, &view));
    if status == StatusCode::UNAUTHORIZED {
        // Every 401 has a challenge (RFC 9110 section 11.6.1). Browsers ask for a password by themselves where they know
        // the scheme, and show the page where they do not.
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("FormBased"));
    }
    response
}

/// Returns the first database connection that the application can use and that allows sign-up.
/// There is none where a sign-in is one to an account or a login that exists.
pub(super) fn sign_up_connection<'t>(tenant: &'t Tenant, pending: &PendingLogin) -> Option<&'t Connection> {
    if pending.request.purpose.as_ref().is_some_and(|purpose| purpose.kind != Purpose::Link) {
        return None;
    }
    pending.connections(tenant).find(|connection| connection.is_database() && connection.database.sign_up)
}
