//! What the token endpoint issued, and whom it proves.

use model::Scope;
use model::settings::Bearer;
use serde_json::Value;

use super::credentials::{Authentication, Credentials, CurrentIdentity, Person};
use super::error::{SignInError, SignInErrorKind};
use super::id_token::{self, IdTokenError};
use super::transaction::Transaction;
use crate::json::{self, seconds};
use crate::settings::Tenant;
use crate::token::{BearerToken, IdToken};

/// What a successful answer of the token endpoint has for the page.
pub(super) struct Tokens {
    pub(super) access_token: String,
    /// Empty where there is none, which no check accepts.
    pub(super) id_token: String,
    /// The granted scopes, as far as the tenant says them.
    pub(super) scope: Option<String>,
    /// How long the access token lives, in seconds.
    pub(super) lifetime: Option<i64>,
}

impl Tokens {
    /// Reads an answer of the token endpoint (RFC 6749 sections 5.1 and 5.2). Members that the page does not use may be anything.
    ///
    /// # Errors
    /// The tenant's error, or [`SignInErrorKind::Malformed`] for what is no answer of such an endpoint.
    pub(super) fn read(status: u16, body: &str) -> Result<Self, SignInError> {
        // Without the body, which may contain tokens.
        let malformed = |reason: String| SignInError::with(SignInErrorKind::Malformed, reason);
        let answer: Value = json::read(body).map_err(|error| malformed(error.to_string()))?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let missing = |name: &str| malformed(format!("the answer of the token endpoint has no {name}"));
        if status != 200 {
            let error = text("error").ok_or_else(|| missing("error"))?;
            return Err(SignInError::refused(&error, text("error_description")));
        }
        Ok(Self {
            access_token: text("access_token").ok_or_else(|| missing("access_token"))?,
            id_token: text("id_token").unwrap_or_default(),
            scope: text("scope"),
            lifetime: answer.get("expires_in").and_then(seconds).map(|time| time.max(0)),
        })
    }
}

/// Checks the ID token of `tokens`, which came at `now` by the page's clock, and returns whom they prove.
///
/// # Errors
/// [`SignInErrorKind::Unproven`] when the ID token fails a check, [`SignInErrorKind::Settings`] when it is from another issuer
/// than the settings say.
pub(super) fn authentication(
    tenant: &Tenant,
    transaction: Transaction,
    tokens: Tokens,
    now: i64,
) -> Result<Authentication, SignInError> {
    let Tokens { access_token, id_token, scope, lifetime } = tokens;
    let within = transaction.since.map(|since| now.saturating_sub(since).max(0));
    let claims = id_token::check(&id_token, tenant, &transaction.nonce, within).map_err(unproven)?;
    let id_token = IdToken::new(id_token);
    let (bearer, expires_at) = match tenant.bearer {
        Bearer::AccessToken => (access_token, lifetime.and_then(|time| now.checked_add(time))),
        Bearer::IdToken => (id_token.secret().to_owned(), now.checked_add(claims.lifetime)),
    };
    let claimed = claims.profile.0.get(&tenant.identity_claim).and_then(CurrentIdentity::from_claim);
    // A tenant that grants what was requested need not say so (RFC 6749 section 5.1).
    let may_set_metadata = tenant.bearer == Bearer::IdToken
        || scope.is_none_or(|granted| granted.split(' ').any(may_set_metadata));
    let account = Credentials {
        may_set_metadata,
        current_identity: claimed.or_else(|| {
            transaction.connection.map(|connection| CurrentIdentity { connection, identity: None })
        }),
        person: Person { user_id: claims.user_id, profile: claims.profile },
        bearer: BearerToken::new(bearer),
        expires_at,
        // A requested fresh sign-in counts from now.
        auth_time: transaction.since.map(|_| now).or_else(|| now.checked_sub(claims.age?)),
        tenant_ahead: claims.issued_at.saturating_sub(now),
        proven: None,
    };
    Ok(Authentication { account, id_token })
}

/// Whether a scope permits changes of the user's metadata (contract [A4](model::contract#a4)).
fn may_set_metadata(scope: &str) -> bool {
    [Scope::UPDATE_CURRENT_USER_METADATA, Scope::CREATE_CURRENT_USER_METADATA]
        .iter()
        .any(|permitting| permitting.as_str() == scope)
}

fn unproven(reason: IdTokenError) -> SignInError {
    let kind = match reason {
        IdTokenError::Issuer(..) | IdTokenError::IssuerSlash(..) => SignInErrorKind::Settings,
        _ => SignInErrorKind::Unproven,
    };
    SignInError::with(kind, reason.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, answer: &Value) -> Result<(String, Option<String>, Option<i64>), SignInErrorKind> {
        let tokens = Tokens::read(status, &answer.to_string()).map_err(|error| error.kind)?;
        Ok((tokens.access_token, tokens.scope, tokens.lifetime))
    }

    #[test]
    fn a_member_that_the_page_does_not_use_takes_no_token_away() {
        let mut answer =
            json!({ "access_token": "a", "id_token": "i", "token_type": "Bearer", "expires_in": 60 });
        assert_eq!(read(200, &answer), Ok(("a".to_owned(), None, Some(60))));
        answer["scope"] = json!([1]);
        answer["refresh_token"] = json!({});
        answer["token_type"] = Value::Null;
        answer["expires_in"] = json!("60");
        assert_eq!(read(200, &answer), Ok(("a".to_owned(), None, Some(60))));
        answer["expires_in"] = json!({});
        assert_eq!(read(200, &answer), Ok(("a".to_owned(), None, None)));
    }

    #[test]
    fn a_refusal_keeps_its_code_and_anything_else_is_no_answer() {
        assert_eq!(
            read(400, &json!({ "error": "invalid_grant", "error_description": 5 })),
            Err(SignInErrorKind::Stale)
        );
        assert_eq!(read(400, &json!({})), Err(SignInErrorKind::Malformed));
        assert_eq!(read(200, &json!({ "id_token": "i" })), Err(SignInErrorKind::Malformed));
        let page = Tokens::read(502, "<p>s3cret</p>").err().unwrap();
        assert_eq!(page.kind, SignInErrorKind::Malformed);
        assert!(!page.details.unwrap().contains("s3cret"));
    }
}
