//! The HTTP client of the `oauth2` crate, over the browser's fetch.

use oauth2::http::{Response, StatusCode};
use oauth2::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::fetch;
use crate::json::seconds;

/// Why the token endpoint returned no response.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection, no response in time, or a redirect, which the `oauth2` crate forbids.
    #[error("{0}")]
    Fetch(#[from] gloo_net::Error),
    /// A request or a response that cannot be expressed.
    #[error("{0}")]
    Shape(#[from] oauth2::http::Error),
}

/// The texts in an answer of the token endpoint that the page uses.
const TEXTS: [&str; 5] = ["access_token", "id_token", "scope", "error", "error_description"];

/// Sends one request of the `oauth2` crate.
///
/// # Errors
/// [`HttpError::Fetch`] when no response came.
pub async fn send(request: HttpRequest) -> Result<HttpResponse, HttpError> {
    // The only request is the code exchange, which has these two headers. Reading the map of headers would link a
    // table of all header names, which weighs as much as this whole client.
    let fetch = fetch::request(request.method().clone(), &request.uri().to_string())
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = fetch.body(String::from_utf8_lossy(request.body()).into_owned())?.send().await?;
    let status = StatusCode::from_u16(answer.status()).map_err(oauth2::http::Error::from)?;
    // Without its type: what is JSON is read as JSON.
    let body = used_members(answer.binary().await?);
    Ok(Response::builder().status(status).body(body)?)
}

/// Returns an answer of the token endpoint with only those members that the page uses. The `oauth2` crate reads the
/// others too, and one of another type would take the tokens away.
fn used_members(body: Vec<u8>) -> Vec<u8> {
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(&body) else { return body };
    let lifetime = answer.remove("expires_in").and_then(|time| seconds(&time));
    let kind = answer.remove("token_type").filter(Value::is_string);
    answer.retain(|key, value| TEXTS.contains(&key.as_str()) && value.is_string());
    answer.extend(lifetime.map(|time| ("expires_in".to_owned(), time.max(0).into())));
    answer.insert("token_type".to_owned(), kind.unwrap_or_else(|| "Bearer".into()));
    Value::Object(answer).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn used(answer: &Value) -> Value {
        serde_json::from_slice(&used_members(answer.to_string().into_bytes())).unwrap()
    }

    #[test]
    fn a_member_that_the_page_does_not_use_takes_no_token_away() {
        let tokens =
            json!({ "access_token": "a", "id_token": "i", "token_type": "Bearer", "expires_in": 60 });
        let mut odd = tokens.clone();
        odd["scope"] = json!([1]);
        odd["refresh_token"] = json!({});
        odd["expires_in"] = json!("60");
        odd["token_type"] = Value::Null;
        assert_eq!(used(&odd), tokens);
        odd["expires_in"] = json!({});
        assert_eq!(used(&odd).get("expires_in"), None);
    }

    #[test]
    fn a_refusal_keeps_its_code_and_a_page_stays_as_it_is() {
        let refusal = json!({ "error": "invalid_grant", "error_description": 5, "token_type": "Bearer" });
        assert_eq!(used(&refusal), json!({ "error": "invalid_grant", "token_type": "Bearer" }));
        assert_eq!(used_members(b"<p>".to_vec()), b"<p>");
    }
}
