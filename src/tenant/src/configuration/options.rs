//! The options of a tenant as a whole.

use std::time::Duration;

use model::settings::IDENTITY_CLAIM;

use crate::http::rate_limit::RateLimit;

/// Options of the tenant as a whole.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as in the tenant's settings")]
pub struct Options {
    /// The name of the tenant on the hosted pages.
    pub friendly_name: String,
    /// The maximum lifetime of a session.
    pub session_lifetime: Duration,
    /// How long a session may stay unused.
    pub idle_session_lifetime: Duration,
    /// The audience of authorization requests without one; `None` for an opaque token.
    pub default_audience: Option<String>,
    /// The allowed return URLs of logout requests without an application.
    pub allowed_logout_urls: Vec<String>,
    /// The link on the last page of a flow, if the application is unknown or has no URL for it.
    pub default_redirection_uri: Option<String>,
    /// Whether the discovery document contains `/oidc/logout`. The endpoint exists in any case (contract
    /// [C5](model::contract#c5)).
    pub end_session_discovery: bool,
    /// Whether the Management API accepts ID tokens in place of access tokens, as old applications send them (contract
    /// E). Each application that signs a person in then has access to the account.
    pub id_token_bearer: bool,
    /// The name of the ID-token claim for the identity that is signed in: a URL, as for all custom claims (OpenID
    /// Connect Core 5.1.2). Its value has the identity's `provider`, `user_id` and `connection`.
    pub identity_claim: String,
    /// Whose e-mail addresses linking requires to be verified. Not part of Auth0's API.
    pub verified_email_to_link: VerifiedEmailToLink,
    /// How long after a sign-in its ID token proves the account for `link_with`. Not part of Auth0's API.
    pub link_proof_max_age: Duration,
    /// How old the sign-in of a person may be who links or unlinks; `None` for any age. Not part of Auth0's API.
    pub fresh_sign_in: Option<Duration>,
    /// The lifetime of an access token for the Management API.
    pub access_token_lifetime: Duration,
    /// The rate limit of the Management API; `None` for no limit.
    pub rate_limit: Option<RateLimit>,
    /// The timeout of a request to a provider.
    pub provider_timeout: Duration,
    /// The root certificates for requests to providers, DER. Without any, https requests fail.
    pub provider_authorities: Vec<Vec<u8>>,
    /// Whether stand-ins serve connections without a provider.
    pub stand_ins: bool,
    /// Whether users can plan faults for their own requests to the Management API, to test clients. Not for a tenant that
    /// others can reach.
    pub faults: bool,
    /// Sign-ins shown on the login page of a demo tenant: e-mail address and password.
    pub demo_sign_ins: Vec<DemoSignIn>,
}

impl Default for Options {
    /// Returns the defaults: sessions of three days, unused for one day at most, and access tokens of two hours. Auth0's
    /// sessions last 168 and 72 hours; a tool on a developer's machine is safer with less.
    fn default() -> Self {
        Self {
            friendly_name: "Linked Accounts".to_owned(),
            session_lifetime: Duration::from_hours(72),
            idle_session_lifetime: Duration::from_hours(24),
            default_audience: None,
            allowed_logout_urls: Vec::new(),
            default_redirection_uri: None,
            end_session_discovery: false,
            id_token_bearer: false,
            identity_claim: IDENTITY_CLAIM.to_owned(),
            verified_email_to_link: VerifiedEmailToLink::default(),
            link_proof_max_age: Duration::from_mins(10),
            fresh_sign_in: None,
            access_token_lifetime: Duration::from_hours(2),
            rate_limit: None,
            provider_timeout: Duration::from_secs(5),
            provider_authorities: Vec::new(),
            stand_ins: false,
            faults: false,
            demo_sign_ins: Vec::new(),
        }
    }
}

/// Whose e-mail addresses linking requires to be verified, of both accounts. It protects from people who sign up with the
/// address of somebody else, and wait for its owner with a login of their own linked to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VerifiedEmailToLink {
    /// Nobody's.
    Nobody,
    /// That of every identity of a database, where a person links. A machine acts with the authority of a server.
    #[default]
    Databases,
    /// That of the primary identity of every account, also where a machine links.
    Everybody,
}

/// A sign-in that the login page of a demo tenant shows.
#[derive(Clone, Debug)]
pub struct DemoSignIn {
    /// What the user demonstrates, in a few words: "three logins", "twelve logins, one from work".
    pub about: String,
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
}
