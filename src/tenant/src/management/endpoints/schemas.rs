//! The schemas of the objects in the OpenAPI document.

use serde_json::{Value, json};

use super::endpoint::reference;

/// Returns the schemas by their names.
pub(super) fn all() -> Value {
    let mut schemas = of_users();
    for more in [of_configuration(), of_access()] {
        if let (Value::Object(schemas), Value::Object(more)) = (&mut schemas, more) {
            schemas.extend(more);
        }
    }
    schemas
}

fn of_users() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    json!({
        "Error": {
            "type": "object",
            "required": ["statusCode", "error", "message"],
            "properties": {
                "statusCode": { "type": "integer" },
                "error": text("The reason phrase of the status"),
                "message": text("A description of the error"),
                "errorCode": text("A stable code for programs"),
                "attributes": { "type": "object", "properties": { "error": { "type": "string" } } },
            },
        },
        "Identity": {
            "type": "object",
            "required": ["connection", "user_id", "provider", "isSocial"],
            "properties": {
                "connection": { "type": "string" },
                "user_id": { "type": ["string", "integer"] },
                "provider": { "type": "string" },
                "isSocial": { "type": "boolean" },
                "profileData": { "type": "object", "additionalProperties": true },
            },
        },
        "User": {
            "type": "object",
            "properties": {
                "user_id": text("The id of the user: provider|id of the primary identity"),
                "identities": { "type": "array", "items": reference("#/components/schemas/Identity") },
                "user_metadata": { "type": "object", "additionalProperties": true },
                "app_metadata": { "type": "object", "additionalProperties": true },
            },
            "additionalProperties": true,
        },
    })
}

fn of_configuration() -> Value {
    json!({
        "Connection": {
            "type": "object",
            "properties": {
                "id": { "type": "string", "pattern": "^con_[A-Za-z0-9]{16}$" },
                "name": { "type": "string" },
                "strategy": { "type": "string" },
                "enabled_clients": { "type": "array", "items": { "type": "string" } },
            },
            "additionalProperties": true,
        },
        "Client": {
            "type": "object",
            "properties": {
                "client_id": { "type": "string" },
                "name": { "type": "string" },
                "app_type": { "type": "string" },
            },
            "additionalProperties": true,
        },
        "ClientGrant": {
            "type": "object",
            "properties": {
                "id": { "type": "string", "pattern": "^cgr_[A-Za-z0-9]{16}$" },
                "client_id": { "type": "string" },
                "audience": { "type": "string" },
                "scope": { "type": "array", "items": { "type": "string" } },
                "subject_type": { "type": "string" },
            },
            "additionalProperties": true,
        },
        "ResourceServer": {
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "name": { "type": "string" },
                "identifier": { "type": "string" },
                "scopes": { "type": "array", "items": { "type": "object" } },
            },
            "additionalProperties": true,
        },
        "Role": {
            "type": "object",
            "properties": {
                "id": { "type": "string", "pattern": "^rol_[A-Za-z0-9]{16}$" },
                "name": { "type": "string" },
                "description": { "type": ["string", "null"] },
            },
        },
        "Permission": {
            "type": "object",
            "properties": {
                "permission_name": { "type": "string" },
                "description": { "type": "string" },
                "resource_server_name": { "type": "string" },
                "resource_server_identifier": { "type": "string" },
                "sources": { "type": "array", "items": { "type": "object" } },
            },
        },
    })
}

fn of_access() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    json!({
        "Session": {
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "user_id": { "type": "string" },
                "authenticated_at": { "type": "string" },
                "expires_at": { "type": "string" },
                "clients": { "type": "array", "items": { "type": "object" } },
            },
            "additionalProperties": true,
        },
        "RefreshToken": {
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "user_id": { "type": "string" },
                "client_id": { "type": "string" },
                "session_id": { "type": "string" },
                "expires_at": { "type": ["string", "null"] },
                "rotating": { "type": "boolean" },
            },
            "additionalProperties": true,
        },
        "Grant": {
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "clientID": { "type": "string" },
                "user_id": { "type": "string" },
                "audience": { "type": "string" },
                "scope": { "type": "array", "items": { "type": "string" } },
            },
            "additionalProperties": true,
        },
        "Job": {
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "type": { "type": "string" },
                "status": { "type": "string" },
                "created_at": { "type": "string" },
                "location": text("The address of the file of an export"),
                "summary": { "type": "object" },
            },
            "additionalProperties": true,
        },
    })
}
