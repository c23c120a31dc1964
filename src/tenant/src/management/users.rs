//! `/api/v2/users/{id}` (contract A5).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::path::PathIds;
use crate::http::bearer::Caller;
use crate::http::body::read_form;
use crate::http::error::{ApiError, management_json};
use crate::{Tenant, view};

/// Which keys of a user to show: `fields` and `include_fields`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fields {
    names: Vec<String>,
    exclude: bool,
}

impl Fields {
    /// Reads a query; unknown names and unknown parameters are ignored (contract A3).
    fn parse(query: &str) -> Result<Self, ApiError> {
        let query = read_form(query.as_bytes()).map_err(|_| ApiError::Query {
            message: "Expected a single value".to_owned(),
            property: "fields",
        })?;
        let text = |key: &str| query.get(key).and_then(Value::as_str);
        let exclude = match text("include_fields") {
            None | Some("true" | "") => false,
            Some("false") => true,
            Some(_) => {
                return Err(ApiError::Query {
                    message: "Expected type boolean but found type string".to_owned(),
                    property: "include_fields",
                });
            }
        };
        let names = text("fields").unwrap_or_default().split(',').map(str::trim);
        Ok(Self { names: names.filter(|name| !name.is_empty()).map(str::to_owned).collect(), exclude })
    }

    fn apply(&self, user: &mut Value) {
        if let (Value::Object(user), false) = (user, self.names.is_empty()) {
            user.retain(|key, _| self.names.iter().any(|name| name == key) != self.exclude);
        }
    }
}

/// One user. 404 when nobody has this id, which includes the old id of a linked secondary.
pub(crate) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let permission = caller.may_read(path.user())?;
    let fields = Fields::parse(query.as_deref().unwrap_or_default())?;
    let row = tenant.0.store.read().await?.find_user(permission.user_id()).await?;
    let row = row.ok_or(ApiError::UnknownUser)?;
    let mut user = serde_json::to_value(view::user(&row)).map_err(|_| ApiError::Internal)?;
    fields.apply(&mut user);
    Ok(management_json(StatusCode::OK, &user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_show_or_hide_what_they_name() {
        let user = || serde_json::json!({ "user_id": "a|1", "email": "e", "name": "n" });
        let apply = |query: &str| {
            let mut user = user();
            Fields::parse(query).unwrap().apply(&mut user);
            user
        };
        assert_eq!(
            apply("fields=email,user_id,unheard"),
            serde_json::json!({ "user_id": "a|1", "email": "e" })
        );
        assert_eq!(
            apply("fields=email&include_fields=false"),
            serde_json::json!({ "user_id": "a|1", "name": "n" })
        );
        assert_eq!(apply("include_fields=false&other=1"), user());
        assert!(Fields::parse("include_fields=perhaps").is_err());
        assert!(Fields::parse("fields=a&fields=b").is_err());
    }
}
