//! Reads what `/authorize` says. Texts are those of Auth0's redirects and error pages and of the embedded tenant's (contract
//! [C1](model::contract#c1)).

use url::Url;

use crate::answer::Answer;

/// What the tenant says to an authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// It went on: to the callback, to a sign-in page, or with a message to the page.
    Accepted,
    /// The client does not exist.
    UnknownClient,
    /// The callback is not allowed.
    CallbackMismatch,
    /// The page may not get messages.
    OriginMismatch,
    /// An error for the client.
    Refused {
        /// The code, such as `invalid_request`.
        error: String,
        /// The text.
        description: String,
    },
    /// A page with a text that is not known.
    Unknown(u16),
}

impl Authorization {
    /// Reads the answer to a request.
    #[must_use]
    pub fn read(answer: &Answer) -> Self {
        if let Some(location) = answer.location() {
            // Custom error pages get the same parameters as callbacks.
            return match error_in(location) {
                Some((error, description)) => Self::of_error(error, description),
                None => Self::Accepted,
            };
        }
        match Self::of_text(&answer.body) {
            Some(found) => found,
            None if answer.status == 200 => Self::Accepted,
            None => Self::Unknown(answer.status),
        }
    }

    fn of_error(error: String, description: String) -> Self {
        match Self::of_text(&description) {
            Some(found) => found,
            // What the request asks for without a session.
            None if matches!(error.as_str(), "login_required" | "interaction_required" | "mfa_required") => {
                Self::Accepted
            }
            None => Self::Refused { error, description },
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let known = [
            ("unknown client", Self::UnknownClient),
            ("callback url mismatch", Self::CallbackMismatch),
            ("does not have a registered origin", Self::OriginMismatch),
            ("web origin mismatch", Self::OriginMismatch),
        ];
        known.into_iter().find(|(part, _)| text.contains(part)).map(|(_, found)| found)
    }
}

/// Returns `error` and `error_description` of an address: of its query, or of its fragment.
fn error_in(location: &str) -> Option<(String, String)> {
    // A relative address has the same parameters.
    let base = Url::parse("https://tenant.invalid/").ok()?;
    let url = base.join(location).ok()?;
    let in_fragment =
        url.fragment().map(|fragment| format!("?{fragment}")).and_then(|query| base.join(&query).ok());
    let pairs: Vec<(String, String)> = std::iter::once(&url)
        .chain(in_fragment.as_ref())
        .flat_map(Url::query_pairs)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    let find = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    find("error").map(|error| (error, find("error_description").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(location: &str) -> Answer {
        let headers = vec![("location".to_owned(), location.to_owned())];
        Answer { status: 302, headers, body: String::new() }
    }

    #[test]
    fn a_redirect_without_an_error_or_for_want_of_a_session_is_fine() {
        for location in [
            "/u/login?state=abc",
            "https://page.example/callback?code=a&state=b",
            "https://page.example/callback?error=login_required&error_description=Login%20required",
            "https://accounts.google.com/o/oauth2/auth?client_id=a",
        ] {
            assert_eq!(Authorization::read(&redirect(location)), Authorization::Accepted, "{location}");
        }
    }

    #[test]
    fn errors_are_read_from_the_query_the_fragment_and_pages() {
        let refused = |error: &str, description: &str| Authorization::Refused {
            error: error.to_owned(),
            description: description.to_owned(),
        };
        assert_eq!(
            Authorization::read(&redirect(
                "https://p.example/#error=access_denied&error_description=Service+not+found%3A+x"
            )),
            refused("access_denied", "Service not found: x")
        );
        let custom = "https://errors.example/?error=unauthorized_client&error_description=Callback+URL+mismatch.+x+is+not";
        assert_eq!(Authorization::read(&redirect(custom)), Authorization::CallbackMismatch);
        let page = |body: &str| Answer { status: 403, body: body.to_owned(), ..Answer::default() };
        assert_eq!(
            Authorization::read(&page("<p>invalid_request: Unknown client: abc</p>")),
            Authorization::UnknownClient
        );
        assert_eq!(Authorization::read(&page("<p>Oops</p>")), Authorization::Unknown(403));
    }
}
