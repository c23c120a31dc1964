//! The options of a tenant as a whole.

use std::time::Duration;

use model::settings::IDENTITY_CLAIM;

use crate::http::rate_limit::RateLimit;

/// Options of the tenant as a whole.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as in the tenant's settings")]
pub struct Options {
    /// What the hosted pages call the tenant.
    pub friendly_name: String,
    /// How long a sign-in lasts at the tenant at most, whatever happens.
    pub session_lifetime: Duration,
    /// How long a sign-in lasts at the tenant without being used.
    pub idle_session_lifetime: Duration,
    /// The audience of authorization requests that name none; `None` means an opaque token.
    pub default_audience: Option<String>,
    /// Where sign-out may return to when the request names no application.
    pub allowed_logout_urls: Vec<String>,
    /// Where a person goes on who is left on a page of the tenant, when the application is not known or has no address
    /// of its own for that.
    pub default_redirection_uri: Option<String>,
    /// Whether discovery names `/oidc/logout`; the endpoint is there either way (contract [C5](model::contract#c5)).
    pub end_session_discovery: bool,
    /// Whether the Management API takes a person's ID token for an access token, as old applications send it
    /// (contract E). Every application that signs the person in then holds a key to their account.
    pub id_token_bearer: bool,
    /// The claim that tells which identity is signed in, in ID tokens: a URL, as claims of one's own are named
    /// (OpenID Connect Core 5.1.2). Its value has the identity's `provider`, `user_id` and `connection`.
    pub identity_claim: String,
    /// Whether accounts can be linked only when both have a verified e-mail address. A rule of ours, beyond the
    /// contract; it keeps whoever signed up with another's address from being taken for them.
    pub verified_email_to_link: bool,
    /// How long an access token for the Management API lasts.
    pub access_token_lifetime: Duration,
    /// How many calls the Management API answers; `None` is as many as it can.
    pub rate_limit: Option<RateLimit>,
    /// How long a provider may take for one answer.
    pub provider_timeout: Duration,
    /// Certificates of the authorities that providers are believed by, DER; without any, no provider is reached by https.
    pub provider_authorities: Vec<Vec<u8>>,
    /// Whether connections without credentials of their own are served by stand-ins.
    pub stand_ins: bool,
    /// Whether people can plan faults for their own calls of the Management API, to see what a client does then. Not
    /// for a tenant that others can reach.
    pub faults: bool,
    /// Sign-ins shown on the login page of a demo tenant: e-mail address and password.
    pub demo_sign_ins: Vec<DemoSignIn>,
}

impl Default for Options {
    /// The defaults of a new tenant: a session of three days, idle for one day at most (Auth0's own are
    /// 168 and 72 hours; a tool on a developer's machine is better with less), tokens of two hours.
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
            verified_email_to_link: false,
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

/// A sign-in that a demo tenant shows to everybody.
#[derive(Clone, Debug)]
pub struct DemoSignIn {
    /// What this person shows, in a few words: "three logins", "twelve logins, one from work".
    pub about: String,
    /// What to type as e-mail address.
    pub email: String,
    /// What to type as password.
    pub password: String,
}
