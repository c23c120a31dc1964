//! Mails that tell people what happened to their account: a login was linked or unlinked, the password or the address was
//! changed. They have no links, and are sent after the change is stored.
//!
//! Who is in somebody else's account can change it; its owner reads that at the addresses that the account had.

use model::bidi::isolate;
use model::{ConnectionName, Identity, Profile, Provider, UserId};
use store::UserRow;

use crate::configuration::Configuration;
use crate::http::error::log_failure;
use crate::mail::{Mail, is_address};
use crate::state::Tenant;

/// A login as a mail names it.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    provider: Provider,
    connection: ConnectionName,
    email: Option<String>,
}

impl Login {
    /// Returns an identity with its profile, which is that of its user if it is primary.
    pub(crate) fn new(identity: &Identity, user: &UserRow) -> Self {
        Self::with_profile(identity, identity.profile_data.as_ref().unwrap_or(&user.profile))
    }

    /// Returns an identity that has this profile.
    pub(crate) fn with_profile<P>(identity: &Identity<P>, profile: &Profile) -> Self {
        Self {
            provider: identity.provider.clone(),
            connection: identity.connection.clone(),
            email: known_address(&identity.provider, profile),
        }
    }

    /// Returns the primary identity of a user. A user without identities does not exist.
    pub(crate) fn primary<P>(user: &UserRow<P>) -> Option<Self> {
        user.identities.first().map(|identity| Self::with_profile(identity, &user.profile))
    }

    /// Returns the address, unless it could be mistaken for a link.
    fn plain_address(&self) -> Option<&str> {
        self.email.as_deref().filter(|email| !email.contains(['/', ':']))
    }

    /// Returns the login as a sentence names it: with the name that its connection has on the pages.
    fn words(&self, configuration: &Configuration) -> String {
        let name = isolate(&configuration.login_label(&self.connection, &self.provider));
        match self.plain_address() {
            Some(email) => format!("{name} ({})", isolate(email)),
            None => name,
        }
    }
}

/// What happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The login was linked to the account.
    Linked,
    /// The login was unlinked from it.
    Unlinked,
    /// The password of the login was changed.
    Password,
    /// The address of the login was changed, from the one that it is named with.
    Address,
}

impl Change {
    fn subject(self, tenant: &str) -> String {
        match self {
            Self::Linked => format!("A login was linked to your account at {tenant}"),
            Self::Unlinked => format!("A login was unlinked from your account at {tenant}"),
            Self::Password => format!("Your password at {tenant} was changed"),
            Self::Address => format!("Your e-mail address at {tenant} was changed"),
        }
    }

    fn sentence(self, login: &str, account: Option<&str>, tenant: &str) -> String {
        let account = account
            .map_or_else(|| "your account".to_owned(), |email| format!("the account {}", isolate(email)));
        match self {
            Self::Linked => {
                format!("The login {login} was linked to {account} at {tenant}, and opens it from now on.")
            }
            Self::Unlinked => {
                format!("The login {login} was unlinked from {account} at {tenant}, and no longer opens it.")
            }
            Self::Password => format!(
                "The password of the login {login} at {tenant} was changed, and everybody was signed out of its account."
            ),
            Self::Address => {
                format!("The e-mail address of the login {login} at {tenant} was changed to another one.")
            }
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Linked | Self::Unlinked => {
                "If this was not you, somebody else is in the account: set a new password by \"Forgot your password?\" where \
                 you sign in, and look at the logins that are linked."
            }
            Self::Password => {
                "If this was not you, set another one by \"Forgot your password?\" where you sign in."
            }
            Self::Address => "If this was not you, ask whoever runs this service.",
        }
    }
}

/// Returns the address of an identity at which somebody can be told. One that a provider says it did not verify is left out:
/// it may be anybody's.
fn known_address(provider: &Provider, profile: &Profile) -> Option<String> {
    let is_own = matches!(provider.as_str(), "auth0" | "email");
    let email = profile.email().filter(|email| is_address(email))?;
    (is_own || profile.email_verified() != Some(false)).then(|| email.to_owned())
}

/// Tells the addresses of `login` and of `account`, the login that stands for the account, what happened.
///
/// One address gets only so many of these mails about one account; what others do elsewhere uses up nothing of it. A mail that
/// cannot be sent is logged.
pub(crate) async fn send(tenant: &Tenant, user_id: &UserId, change: Change, login: &Login, account: &Login) {
    let now = tenant.now();
    let name = isolate(tenant.name());
    let subject = change.subject(&name);
    let sentence = change.sentence(&login.words(&tenant.0.configuration), account.plain_address(), &name);
    let time = now.iso();
    let text = format!("{sentence}\n\nTime: {time}\n\n{}\n", change.advice());
    let mut recipients: Vec<&String> = [&account.email, &login.email].into_iter().flatten().collect();
    recipients.dedup_by_key(|address| store::fold_identifier(address));
    for to in recipients {
        let key = format!("{user_id} {}", store::fold_identifier(to));
        let permitted = tenant.0.notices_to.take(&key, now).await;
        if let Err(error) = &permitted {
            // The change is stored, and its mail matters more than the limit.
            log_failure(error);
        }
        if matches!(permitted, Ok(Err(_))) {
            tracing::warn!(%user_id, ?change, "a mail about a change is not sent: there were too many");
        } else {
            let (time, to, subject, text) = (time.clone(), to.clone(), subject.clone(), text.clone());
            tenant.0.mails.add(Mail { time, to, subject, text, link: None }).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_a_provider_did_not_verify_is_told_nothing() {
        let profile = |verified: Option<bool>| {
            let profile = Profile::default().with("email", "ada@example.test");
            match verified {
                Some(verified) => profile.with("email_verified", verified),
                None => profile,
            }
        };
        let known =
            |provider: &str, verified| known_address(&Provider::new(provider), &profile(verified)).is_some();
        assert!(known("auth0", Some(false)) && known("github", None) && known("github", Some(true)));
        assert!(!known("github", Some(false)));
    }

    #[test]
    fn an_address_that_looks_like_a_link_is_not_written_into_a_mail() {
        let provider = Provider::new("github");
        let connection = ConnectionName::new("github");
        let login = Login { provider, connection, email: Some("http://evil.test/@x".to_owned()) };
        let configuration = Configuration::new(crate::configuration::Parts::default()).unwrap();
        assert_eq!(login.words(&configuration), "\u{2068}GitHub\u{2069}");
    }
}
