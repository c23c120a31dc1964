//! `PATCH /api/v2/users/{id}` (contract [A9](model::contract#a9)).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ConnectionName, Identity, IdentityKey, Metadata, Profile};
use serde_json::{Map, Value};
use store::{Address, CredentialRow, Unit, UserRow, fold_identifier};

use super::key_order::UserBody;
use super::metadata::{check_size, merge};
use super::path::PathIds;
use super::{body, schema};
use crate::configuration::PasswordPolicy;
use crate::database::accounts::{normalize_username, set_password};
use crate::database::ticket_mails::send_email_verification;
use crate::http::bearer::Caller;
use crate::http::error::ApiError;
use crate::http::response::management_json;
use crate::notice_mails::{self, Login};
use crate::password_policy::Owner;
use crate::secret::Secret;
use crate::state::Tenant;

/// The attributes that name or depict a person.
const NAMES: [&str; 5] = ["family_name", "given_name", "name", "nickname", "picture"];

/// Pairs of properties that cannot be changed in one request, in the order of the checks.
const EXCLUSIVE: [(&str, &str); 5] = [
    ("password", "email"),
    ("password", "email_verified"),
    ("username", "email"),
    ("username", "email_verified"),
    ("username", "password"),
];

/// Updates a user: 200 with the whole user. Metadata are merged, other attributes replaced.
pub(crate) async fn update(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let permission = caller.may_update(path.user())?;
    let (mut body, encoding) = body::read(&tenant, request).await?;
    permission.covers(body.keys())?;
    schema::check(&mut body, encoding, schema::UPDATED_USER, &[])?;
    for (one, other) in EXCLUSIVE {
        if body.contains_key(one) && body.contains_key(other) {
            return refuse(format!("Cannot update {one} and {other} simultaneously."));
        }
    }
    let named = body.get("connection").and_then(Value::as_str).map(str::to_owned);
    if named.as_deref().is_some_and(|name| tenant.0.configuration.connection(name).is_none()) {
        return refuse("Connection does not exist.");
    }
    let hash = match body.remove("password") {
        Some(Value::String(password)) => {
            let user = tenant.0.store.read().await?.find_user(permission.user_id()).await?;
            let policy = password_policy(&tenant, user.as_ref(), named.as_deref());
            let owner = owner_of(user.as_ref(), &body);
            Some(policy.hash(Secret::new(password), &owner).await?)
        }
        _ => None,
    };
    let verify = body.get("verify_email") == Some(&Value::Bool(true));
    let rules = tenant.clone();
    let now = tenant.now().millis();
    let has_password = hash.is_some();
    let (changed, change, email) = tenant
        .0
        .store
        .write::<_, ApiError, _>(move |unit| {
            Box::pin(async move {
                let user = unit.find_user(permission.user_id()).await?.ok_or(ApiError::UnknownUser)?;
                let change = change(user.clone(), &body, hash.is_some(), &rules, now)?;
                check_size(Some(&user), &change.user)?;
                write(unit, &change, hash).await?;
                let changed = unit.find_user(permission.user_id()).await?.ok_or(ApiError::UnknownUser)?;
                let own = matches!(change.identity.provider.as_str(), "auth0" | "email");
                let email = change.after.email().filter(|_| verify && own).map(str::to_owned);
                Ok((changed, change, email))
            })
        })
        .await?;
    let identity = &change.identity;
    tell(&tenant, &changed, &change, has_password).await;
    if let Some(email) = email {
        send_email_verification(&tenant, &identity.connection, &email, identity.key()).await?;
    }
    Ok(management_json(StatusCode::OK, &UserBody::of(&changed)))
}

/// Tells the person that the password or the address was changed. The address of before is told, too.
async fn tell(tenant: &Tenant, changed: &UserRow, change: &Change, password: bool) {
    let Some(account) = Login::primary(changed) else { return };
    let with_profile = |profile: &Profile| {
        let identity = Identity { profile_data: Some(profile.clone()), ..change.identity.clone() };
        Login::new(&identity, changed)
    };
    let new_address = change.before.email().map(fold_identifier) != change.after.email().map(fold_identifier);
    if password {
        let login = with_profile(&change.after);
        notice_mails::send(tenant, &changed.user_id, notice_mails::Change::Password, &login, &account).await;
    } else if new_address && change.before.email().is_some() {
        let login = with_profile(&change.before);
        // The new address may be somebody else's.
        let is_primary = changed.identities.first().is_some_and(|first| first.key() == change.identity.key());
        let account = if is_primary { login.clone() } else { account };
        notice_mails::send(tenant, &changed.user_id, notice_mails::Change::Address, &login, &account).await;
    }
}

fn refuse<T>(message: impl Into<String>) -> Result<T, ApiError> {
    Err(ApiError::Refused(message.into()))
}

/// The effect of a request.
struct Change {
    /// The account with its new values.
    user: UserRow,
    /// The identity to change.
    identity: Identity,
    /// Its previous profile.
    before: Profile,
    /// Its new profile.
    after: Profile,
}

/// Applies the rules of contract [A9](model::contract#a9): which attributes of which identity can change, and
/// how.
fn change(
    mut user: UserRow,
    body: &Map<String, Value>,
    password: bool,
    tenant: &Tenant,
    now: i64,
) -> Result<Change, ApiError> {
    let place = match body.get("connection").and_then(Value::as_str) {
        None => 0,
        Some(name) => match user.identities.iter().position(|one| one.connection.as_str() == name) {
            Some(place) => place,
            None => return refuse("Connection is not supported for this operation."),
        },
    };
    let identity = user.identities[place].clone();
    let connection = tenant.0.configuration.connection(identity.connection.as_str());
    let usernames = connection.and_then(|connection| connection.database.usernames);
    check_attributes(&identity, place > 0, body, password, usernames.is_some())?;

    let before = identity.profile_data.clone().unwrap_or_else(|| user.profile.clone());
    let mut after = before.clone();
    for (name, value) in body {
        match name.as_str() {
            "user_metadata" | "app_metadata" => {
                let stored =
                    if name == "user_metadata" { &mut user.user_metadata } else { &mut user.app_metadata };
                *stored = Some(merge(stored.take(), value.as_object().unwrap_or(&Metadata::new())));
            }
            "blocked" => user.blocked = value.as_bool(),
            "email" => {
                let email = fold_identifier(value.as_str().unwrap_or_default());
                if before.email().map(fold_identifier).as_ref() != Some(&email)
                    && !body.contains_key("email_verified")
                {
                    // The new address is not verified yet.
                    after = after.with("email_verified", false);
                }
                after = after.with("email", email);
            }
            "username" => {
                let rule = usernames.unwrap_or_default();
                let name = normalize_username(rule, value.as_str().unwrap_or_default())
                    .map_err(ApiError::Refused)?;
                after = after.with("username", name);
            }
            "connection" | "client_id" | "verify_email" | "verify_phone_number" => {}
            name if value.is_null() => {
                after.0.remove(name);
            }
            name => after = after.with(name, value.clone()),
        }
    }
    user.updated_at = now;
    if password {
        user.last_password_reset = Some(now);
    }
    if place == 0 {
        user.profile = after.clone();
    }
    Ok(Change { user, identity, before, after })
}

/// Checks which attributes of an identity the Management API can change.
fn check_attributes(
    identity: &Identity,
    secondary: bool,
    body: &Map<String, Value>,
    password: bool,
    usernames: bool,
) -> Result<(), ApiError> {
    let strategy = identity.provider.as_str();
    let (database, email, phone) = (strategy == "auth0", strategy == "email", strategy == "sms");
    let names: Vec<&str> = NAMES.into_iter().filter(|name| body.contains_key(*name)).collect();
    if secondary && !names.is_empty() {
        return refuse(format!(
            "The following user attributes cannot be updated: {}. The specified connection belongs to a \
             secondary identity.",
            names.join(", ")
        ));
    }
    if body.contains_key("email") && !database && !email {
        return refuse("Cannot update email for non-database user.");
    }
    if body.contains_key("email_verified") && identity.provider.is_enterprise() {
        return refuse("Email verification is not supported for enterprise users.");
    }
    if password && !database {
        return refuse("Connection is not supported for this operation.");
    }
    if body.contains_key("username") && !usernames {
        return refuse("Cannot set username for connection without requires_username.");
    }
    // Other providers set these attributes at each sign-in, so they cannot be changed here.
    let mut foreign: Vec<&str> = Vec::new();
    if !(database || email || phone) {
        foreign.extend(names);
    }
    if body.contains_key("email_verified") && !database && !email {
        foreign.push("email_verified");
    }
    foreign.extend(
        ["phone_number", "phone_verified"].into_iter().filter(|name| !phone && body.contains_key(*name)),
    );
    if foreign.is_empty() {
        return Ok(());
    }
    refuse(format!(
        "Your account is not allowed to update the following user attributes: {}",
        foreign.join(", ")
    ))
}

async fn write(unit: &mut Unit, change: &Change, hash: Option<String>) -> Result<(), ApiError> {
    let key: &IdentityKey = &change.identity.key();
    let connection = &change.identity.connection;
    unit.update_account(&change.user).await?;
    let (before, after) = (&change.before, &change.after);
    if before != after {
        let email = after.email().filter(|_| before.email() != after.email());
        let phone = after.phone_number().filter(|_| before.phone_number() != after.phone_number());
        let addresses = [
            email.map(|email| Address::Email(email.to_owned())),
            phone.map(|number| Address::Phone(number.to_owned())),
        ];
        for address in addresses.into_iter().flatten() {
            if unit.find_identity_by_address(connection, &address, Some(key)).await?.is_some() {
                return Err(ApiError::EmailExists);
            }
        }
        unit.update_profile(key, after).await?;
        let taken = |message: fn() -> ApiError| {
            move |error| match error {
                store::Error::Conflict => message(),
                other => ApiError::from(other),
            }
        };
        if let (Some(from), Some(to)) = (before.email(), email) {
            unit.rename_identifier(key, from, to).await.map_err(taken(|| ApiError::EmailExists))?;
        }
        let name = after.text("username").filter(|name| before.text("username") != Some(*name));
        if let Some(to) = name {
            let exists = || ApiError::Refused("The specified new username already exists".to_owned());
            change_username(unit, connection, key, before, to).await.map_err(taken(exists))?;
        }
    }
    if let Some(hash) = hash {
        if !set_password(unit, key, connection, after, &hash).await? {
            return refuse("Connection is not supported for this operation.");
        }
        // A new password ends all sessions of the account, also those of linked identities, and invalidates
        // links that reset the password.
        unit.sign_out(&change.user.user_id).await?;
        unit.remove_tickets_of(key).await?;
    }
    Ok(())
}

/// Replaces the username of an identity, or adds its first one if it has a password.
async fn change_username(
    unit: &mut Unit,
    connection: &ConnectionName,
    key: &IdentityKey,
    before: &Profile,
    to: &str,
) -> Result<(), store::Error> {
    if let Some(from) = before.text("username") {
        unit.rename_identifier(key, from, to).await?;
    } else if let Some(email) = before.email().map(fold_identifier)
        && let Some(credential) = unit.find_credential(connection, &email).await?
    {
        unit.insert_credential(&CredentialRow { identifier: to.to_owned(), ..credential }).await?;
    }
    Ok(())
}

/// Returns the password policy of the named connection, or else that of the user's primary identity.
fn password_policy(tenant: &Tenant, user: Option<&UserRow>, named: Option<&str>) -> PasswordPolicy {
    let primary = user.and_then(|user| user.identities.first()).map(|primary| primary.connection.as_str());
    let connection = named.or(primary).and_then(|name| tenant.0.configuration.connection(name));
    connection.map(|connection| connection.database.passwords.clone()).unwrap_or_default()
}

/// Returns what is known of a user, before and after a change.
fn owner_of(user: Option<&UserRow>, body: &Map<String, Value>) -> Owner {
    let metadata = body.get("user_metadata").and_then(Value::as_object);
    let mut owner = Owner::of(&Profile(body.clone()), metadata);
    if let Some(user) = user {
        owner.add(&user.profile, user.user_metadata.as_ref());
        for profile in user.identities.iter().filter_map(|identity| identity.profile_data.as_ref()) {
            owner.add(profile, None);
        }
    }
    owner
}
