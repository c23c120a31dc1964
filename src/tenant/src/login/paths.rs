//! The paths of the hosted pages.

/// The login page.
pub(crate) const LOGIN: &str = "/u/login";
/// The start of a sign-in through a connection other than a database.
pub(crate) const CONNECTION: &str = "/u/connection";
/// The page that asks whether an application may have what it requests.
pub(crate) const CONSENT: &str = "/u/consent";
/// The sign-up page.
pub(crate) const SIGN_UP: &str = "/u/signup";
/// The page after signing up, which tells of the mail to confirm the address.
pub(crate) const SIGNED_UP: &str = "/u/signed-up";
/// The page that sends a mail to reset the password.
pub(crate) const FORGOT_PASSWORD: &str = "/u/forgot-password";
/// The page behind the link in that mail.
pub(crate) const RESET: &str = "/u/reset-password";
/// The form that sends that mail in place of a link that is no longer good.
pub(crate) const RESET_MAIL: &str = "/u/reset-password/mail";
/// The page behind the link that verifies an e-mail address.
pub(crate) const VERIFY: &str = "/u/verify-email";
/// The page that sends that link again, also in place of one that is no longer good.
pub(crate) const VERIFY_MAIL: &str = model::route::VERIFICATION_MAIL;
/// The form of a stand-in.
pub(crate) const STAND_IN: &str = "/u/stand-in";

/// Returns a path with a query, encoded as a form is (URL Standard, section 5.2).
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

/// Returns the address of the login page of a pending login.
pub(crate) fn login_path(state: &str) -> String {
    with_query(LOGIN, &[("state", state)])
}
