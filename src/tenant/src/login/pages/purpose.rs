//! What the pages of a sign-in say that it is for.

use model::bidi::isolate;
use model::purpose::Purpose;

use crate::configuration::Connection;

/// Returns the name of a connection's logins within a sentence, isolated.
pub(crate) fn login_name(connection: &Connection) -> String {
    let has_no_name = connection.is_database() && connection.display_name.is_none();
    if has_no_name { "your password".to_owned() } else { isolate(&connection.label()) }
}

/// Returns the title of a page of a sign-in for this purpose. `login` names the login that it is about.
pub(crate) fn purpose_title(purpose: Purpose, login: Option<&str>) -> String {
    match (purpose, login) {
        (Purpose::ConfirmUnlink, Some(login)) => format!("Confirm it's you to unlink {login}"),
        (Purpose::ConfirmUnlink, None) => "Confirm it's you to unlink logins".to_owned(),
        (Purpose::ConfirmLink, Some(login)) => format!("Confirm it's you to link {login}"),
        (Purpose::ConfirmLink, None) => "Confirm it's you to link a login".to_owned(),
        (Purpose::ConfirmUndo, Some(login)) => format!("Confirm it's you to link {login} again"),
        (Purpose::ConfirmUndo, None) => "Confirm it's you to link a login again".to_owned(),
        (Purpose::Confirm, _) => "Confirm it's you to change your logins".to_owned(),
        (Purpose::Link, Some(login)) => format!("Sign in with {login} to link it"),
        (Purpose::Link, None) => "Sign in with the login to link".to_owned(),
        (Purpose::Undo, Some(login)) => format!("Sign in with {login} to link it again"),
        (Purpose::Undo, None) => "Sign in with the login to link again".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_its_sign_in_is_for() {
        let titles = [
            Purpose::ConfirmUnlink,
            Purpose::ConfirmLink,
            Purpose::ConfirmUndo,
            Purpose::Link,
            Purpose::Undo,
        ]
        .map(|purpose| purpose_title(purpose, Some("GitHub")));
        insta::assert_snapshot!(titles.join("\n"), @"
        Confirm it's you to unlink GitHub
        Confirm it's you to link GitHub
        Confirm it's you to link GitHub again
        Sign in with GitHub to link it
        Sign in with GitHub to link it again
        ");
    }
}
