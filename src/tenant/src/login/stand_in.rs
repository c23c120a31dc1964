//! Stand-ins: pages that take the place of social and enterprise providers on a developer's machine, and say so.
//! Like a provider, they remember who signed in before in this browser.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use model::{IdentityId, IdentityKey, NewIdentityId, Profile};
use serde::Deserialize;
use store::{IdentityRow, UserRow, fold_identifier};

use super::complete::{CompleteError, complete_with};
use super::form::{Form, Submitted};
use super::pages::stand_in::{self as stand_in_page, StandInFormError, StandInPage, StandInPerson};
use super::pending::{PendingLogin, PendingLoginError};
use super::response::page;
use crate::configuration::Connection;
use crate::database::accounts::{NewUserRow, new_user};
use crate::http::cookie::Cookie;
use crate::http::peer::Peer;
use crate::oauth::request::Prompt;
use crate::secret::{random_bytes, random_hex};
use crate::state::Tenant;

/// The maximum number of people that a stand-in offers.
const PEOPLE: u32 = 100;

#[derive(Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub(super) state: String,
    #[serde(default)]
    pub(super) connection: String,
}

/// `GET /u/connection?state=…&connection=…`: shows the people to choose from.
pub(super) async fn show(tenant: &Tenant, peer: &Peer, choice: &Choice) -> Response {
    let shown = async {
        let pending = PendingLogin::find(tenant, peer, &choice.state).await?;
        let connection = offered(tenant, &pending, &choice.connection)?;
        let known = remembered(tenant, peer, connection).await?;
        let refusal = match hinted(&pending, &known) {
            Some(person) => {
                match finish(tenant, peer, &pending, connection, (person.identity.key(), None)).await {
                    Ok(response) => return Ok(response),
                    Err(CompleteError::Pending(error)) => return Err(error),
                    Err(CompleteError::Blocked | CompleteError::OtherConnection) => {
                        Some(StandInFormError::Blocked)
                    }
                }
            }
            None => None,
        };
        Ok::<_, PendingLoginError>(render(tenant, &pending, connection, known, refusal).await?)
    };
    shown.await.unwrap_or_else(|error| error.into_response(tenant, peer))
}

/// `POST /u/stand-in`: signs in an existing person or a new one.
pub(super) async fn submit(State(tenant): State<Tenant>, submitted: Submitted) -> Response {
    match sign_in(&tenant, &submitted).await {
        Ok(response) => response,
        Err(error) => error.into_response(&tenant, &submitted.peer),
    }
}

/// Returns the connection with this name, if the application can use it and a stand-in serves it.
fn offered<'t>(
    tenant: &'t Tenant,
    pending: &PendingLogin,
    name: &str,
) -> Result<&'t Connection, PendingLoginError> {
    pending
        .connections(tenant)
        .find(|connection| connection.name.as_str() == name && connection.needs_stand_in())
        .filter(|_| tenant.0.configuration.options().stand_ins)
        .ok_or(PendingLoginError::Gone)
}

async fn sign_in(
    tenant: &Tenant,
    Submitted { peer, form, pending }: &Submitted,
) -> Result<Response, PendingLoginError> {
    let connection = offered(tenant, pending, form.text("connection"))?;
    let refusal = match choose(tenant, connection, form).await? {
        Ok(chosen) => match finish(tenant, peer, pending, connection, chosen).await {
            Ok(response) => return Ok(response),
            Err(CompleteError::Pending(error)) => return Err(error),
            Err(CompleteError::Blocked | CompleteError::OtherConnection) => StandInFormError::Blocked,
        },
        Err(refusal) => refusal,
    };
    let known = remembered(tenant, peer, connection).await?;
    Ok(render(tenant, pending, connection, known, Some(refusal)).await?)
}

/// Signs a person in, creating the user if necessary, and remembers the person in this browser.
async fn finish(
    tenant: &Tenant,
    peer: &Peer,
    pending: &PendingLogin,
    connection: &Connection,
    (key, created): (IdentityKey, Option<UserRow>),
) -> Result<Response, CompleteError> {
    let mut response = complete_with(tenant, &peer.headers, pending, key.clone(), created).await?;
    let cookie = Cookie::StandIn(&connection.id);
    let before = cookie.read(tenant, &peer.headers);
    let after = tenant.0.stand_in_sessions.add(connection, before.as_ref(), &key, tenant.now()).await?;
    response.headers_mut().append(header::SET_COOKIE, cookie.set(tenant, &after));
    Ok(response)
}

/// Removes the people that all stand-ins remember in this browser, as a provider does at a federated logout.
///
/// # Errors
/// The store's.
pub(crate) async fn forget(
    tenant: &Tenant,
    headers: &HeaderMap,
    response: &mut Response,
) -> Result<(), store::Error> {
    let stand_ins = tenant.0.configuration.connections().iter().filter(|one| one.needs_stand_in());
    for connection in stand_ins {
        let cookie = Cookie::StandIn(&connection.id);
        if let Some(known) = cookie.read(tenant, headers) {
            tenant.0.stand_in_sessions.remove(connection, &known).await?;
            response.headers_mut().append(header::SET_COOKIE, cookie.clear(tenant));
        }
    }
    Ok(())
}

/// Returns the people who signed in before in this browser and still exist, the latest first.
async fn remembered(
    tenant: &Tenant,
    peer: &Peer,
    connection: &Connection,
) -> Result<Vec<IdentityRow>, store::Error> {
    let cookie = Cookie::StandIn(&connection.id).read(tenant, &peer.headers);
    let keys = match cookie {
        Some(cookie) => tenant.0.stand_in_sessions.find(connection, &cookie, tenant.now()).await?,
        None => Vec::new(),
    };
    let mut reader = tenant.0.store.read().await?;
    let mut people = Vec::new();
    for key in keys {
        let Some(user) = reader.find_user_by_identity(&key).await? else { continue };
        let identity = user.identities.iter().find(|identity| identity.key() == key).cloned();
        people.extend(identity.map(|mut identity| IdentityRow {
            profile: identity.profile_data.take().unwrap_or(user.profile),
            identity,
            user_id: user.user_id,
        }));
    }
    Ok(people)
}

/// Returns the remembered person that matches the application's hint. `None` if the application requires a
/// new sign-in.
fn hinted<'p>(pending: &PendingLogin, known: &'p [IdentityRow]) -> Option<&'p IdentityRow> {
    let hint = pending.request.login_hint.as_deref()?;
    if pending.request.prompt == Some(Prompt::Login) {
        return None;
    }
    known.iter().find(|person| {
        let identity = &person.identity;
        hint == identity.user_id.as_str()
            || hint == identity.key().as_user_id().as_str()
            || person.profile.email().is_some_and(|email| fold_identifier(email) == fold_identifier(hint))
    })
}

/// Returns the identity that the form chooses, with the user to insert for a new person.
async fn choose(
    tenant: &Tenant,
    connection: &Connection,
    form: &Form,
) -> Result<Result<(IdentityKey, Option<UserRow>), StandInFormError>, store::Error> {
    // All identities, not only those that were offered, so that a typed address is recognized.
    let people = tenant.0.store.scan().await?.list_identities(&connection.name, u32::MAX).await?;
    let choice = form.text("choice");
    if !choice.is_empty() {
        let chosen = people.iter().find(|person| person.identity.user_id.as_str() == choice);
        let key = chosen.map(|person| (person.identity.key(), None));
        return Ok(key.ok_or(StandInFormError::UnknownPerson));
    }
    Ok(new_person(connection, form).and_then(|profile| {
        if let Some(person) = known(&people, &profile) {
            return Ok((person.identity.key(), None));
        }
        let id =
            NewIdentityId::new(new_id(connection, &profile)).map_err(|_| StandInFormError::InvalidAddress)?;
        let NewUserRow { key, row } = new_user(connection, id, profile, tenant.now().millis());
        Ok((key, Some(row)))
    }))
}

/// Reads the profile of a new person.
fn new_person(connection: &Connection, form: &Form) -> Result<Profile, StandInFormError> {
    let (name, email, phone) = (form.text("name"), form.text("email"), form.text("phone_number"));
    let mut profile = Profile::default();
    if connection.strategy.as_str() == "sms" {
        if phone.is_empty() {
            return Err(StandInFormError::MissingDetails);
        }
        let digits: String = phone.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        let is_number = digits
            .strip_prefix('+')
            .is_some_and(|rest| (1..=15).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit()));
        if !is_number {
            return Err(StandInFormError::InvalidAddress);
        }
        profile = profile.with("phone_number", digits).with("phone_verified", true);
    } else {
        if name.is_empty() && email.is_empty() {
            return Err(StandInFormError::MissingDetails);
        }
        if !email.is_empty() {
            let (local, domain) = email.rsplit_once('@').unwrap_or_default();
            if local.is_empty() || domain.is_empty() || email.contains(char::is_whitespace) {
                return Err(StandInFormError::InvalidAddress);
            }
            profile =
                profile.with("email", email).with("email_verified", form.text("email_verified") == "true");
        }
    }
    if !name.is_empty() {
        profile = profile.with("name", name);
    }
    if profile.remove_oversized().is_empty() { Ok(profile) } else { Err(StandInFormError::TooLong) }
}

/// Returns the person with the same address, as a provider would.
fn known<'p>(people: &'p [IdentityRow], typed: &Profile) -> Option<&'p IdentityRow> {
    let email = typed.email().map(fold_identifier);
    people.iter().find(|person| {
        (email.is_some() && person.profile.email().map(fold_identifier) == email)
            || (typed.phone_number().is_some() && person.profile.phone_number() == typed.phone_number())
    })
}

/// Returns a new id in the provider's format (contract [B3](model::contract#b3)).
fn new_id(connection: &Connection, profile: &Profile) -> IdentityId {
    let digits = |count: usize| -> String {
        let random = u128::from_be_bytes(random_bytes::<16>());
        let text = format!("1{random:039}");
        text.chars().take(count).collect()
    };
    let hex = |count: usize| random_hex::<16>().chars().take(count).collect::<String>();
    let name = profile.email().map_or_else(|| hex(12), str::to_owned);
    match connection.strategy.as_str() {
        "github" => IdentityId::from_parts(digits(8), true),
        "google-oauth2" => IdentityId::text(digits(21)),
        "apple" => IdentityId::text(format!("{}.{}.{}", digits(6), hex(32), digits(4))),
        "windowslive" => IdentityId::text(hex(16)),
        "linkedin" => IdentityId::text(hex(9)),
        "email" | "sms" => IdentityId::text(hex(24)),
        _ if connection.strategy.has_connection_in_id() => {
            IdentityId::text(format!("{}|{name}", connection.name))
        }
        "adfs" => IdentityId::text(name),
        _ => IdentityId::text(digits(16)),
    }
}

async fn render(
    tenant: &Tenant,
    pending: &PendingLogin,
    connection: &Connection,
    known: Vec<IdentityRow>,
    refusal: Option<StandInFormError>,
) -> Result<Response, store::Error> {
    let mut people = tenant.0.store.read().await?.list_identities(&connection.name, PEOPLE).await?;
    people.retain(|person| known.iter().all(|known| known.identity.key() != person.identity.key()));
    // A fresh sign-in is one to the account of this browser.
    let is_offered = |row: &&IdentityRow| pending.own.as_ref().is_none_or(|own| own.has(&row.identity.key()));
    let known = known.iter().filter(is_offered).map(|row| person(row, true));
    let label = connection.label();
    let view = StandInPage {
        context: pending.context(tenant),
        connection: connection.name.as_str(),
        label: &label,
        provider: connection.strategy.as_str(),
        people: known.chain(people.iter().filter(is_offered).map(|row| person(row, false))).collect(),
        new_person: pending.own.is_none(),
        refusal,
    };
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let markup = stand_in_page::stand_in(&tenant.0.assets, &view);
    Ok(page(status, markup))
}

fn person(row: &IdentityRow, known: bool) -> StandInPerson {
    let profile = &row.profile;
    let unverified = profile.email_verified() == Some(false) && profile.email().is_some();
    let linked = row.user_id != row.identity.key().as_user_id();
    let detail: Vec<&str> = [
        known.then_some("signed in here before"),
        profile.username(),
        unverified.then_some("e-mail not verified"),
        linked.then_some("linked to another account"),
    ]
    .into_iter()
    .flatten()
    .collect();
    StandInPerson {
        user_id: row.identity.user_id.as_str().to_owned(),
        name: profile.name().map(str::to_owned),
        email: profile.email().or(profile.phone_number()).map(str::to_owned),
        detail: (!detail.is_empty()).then(|| detail.join(" · ")),
    }
}
