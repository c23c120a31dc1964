//! The pages on which providers list the applications that people signed in to, and revoke them.
//!
//! Unlinking an identity ends what it opens here; what the provider keeps about the application is the provider's own
//! business, and only the person can end it there.

use crate::provider::Provider;

/// The page of each provider that has one at a fixed address, each with where that address is documented.
const PAGES: &[(&str, &str)] = &[
    // The user guide of acd_cli, on revoking its permission.
    ("amazon", "https://www.amazon.com/ap/adam"),
    // <https://support.apple.com/102571>: sign in there, then Sign-In and Security, Sign in with Apple.
    ("apple", "https://account.apple.com/account/manage"),
    // The documentation of Docker Hub and of AWS CodeBuild, on unlinking Bitbucket.
    ("bitbucket", "https://bitbucket.org/account/settings/app-authorizations/"),
    // Privacy policies and manuals of applications that store files there.
    ("dropbox", "https://www.dropbox.com/account/connected_apps"),
    // Instructions on deleting data, which Meta demands of applications.
    ("facebook", "https://www.facebook.com/settings?tab=applications"),
    ("fitbit", "https://www.fitbit.com/settings/applications"),
    // <https://docs.github.com/rest>, on deleting an authorization; php-oauth.
    ("github", "https://github.com/settings/applications"),
    // php-oauth.
    ("google-oauth2", "https://myaccount.google.com/connections"),
    // Companion of Uppy, which leads people there.
    ("instagram", "https://www.instagram.com/accounts/manage_access/"),
    // Privacy policies of applications that post there.
    ("linkedin", "https://www.linkedin.com/psettings/permitted-services"),
    // php-oauth.
    ("soundcloud", "https://soundcloud.com/settings/connections"),
    // Privacy policies of applications that post there.
    ("twitter", "https://x.com/settings/connected_apps"),
    ("vkontakte", "https://vk.com/settings?act=apps"),
    // The documentation of the OneDrive API, on signing in with a Microsoft account; php-oauth.
    ("windowslive", "https://account.live.com/consent/Manage"),
    // php-oauth.
    ("wordpress", "https://wordpress.com/me/security/connected-applications"),
];

/// Returns the address of the page on which `provider` lists the applications that a person signed in to; `None` where
/// it is not known. The addresses of php-oauth are those of its table of providers
/// (<https://github.com/chillerlan/php-oauth>, "revoke").
#[must_use]
pub fn connected_apps(provider: &Provider) -> Option<&'static str> {
    PAGES.iter().find(|(wire_form, _)| *wire_form == provider.as_str()).map(|(_, page)| *page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_belongs_to_a_social_provider_that_the_management_api_knows() {
        for (wire_form, page) in PAGES {
            assert!(Provider::new(*wire_form).is_social(), "{wire_form}");
            assert!(page.starts_with("https://") && !page.contains(char::is_whitespace), "{page}");
        }
        assert!(PAGES.is_sorted());
    }

    #[test]
    fn what_is_no_network_of_its_own_has_no_page() {
        for provider in ["auth0", "email", "sms", "samlp", "oauth2", "new-network"] {
            assert_eq!(connected_apps(&Provider::new(provider)), None, "{provider}");
        }
        let google = connected_apps(&Provider::new("google-oauth2"));
        assert_eq!(google, Some("https://myaccount.google.com/connections"));
    }
}
